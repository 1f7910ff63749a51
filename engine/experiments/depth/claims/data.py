"""Claims on preparing the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.autodiff.tape import Array
from engine.claim import Budget, Claim, Look, Prediction, Verdict, equal
from engine.data.preprocessing import condition
from engine.experiments.depth.claims.measure import Preset
from engine.experiments.depth.dataset import dataset
from engine.experiments.depth.params import DepthParams
from engine.message import _, say
from engine.params import check

_CLOUDS: Preset = {
    "data": "clouds",
    "preprocessing": "standardize",
    "width": 32,
    "depth": 2,
    "samples": 300,
    "compare": [],
}


def _rows(seed: int, how: str) -> Array:
    """Return the training inputs as the laboratory prepares them."""
    return dataset(check(DepthParams, {**_CLOUDS, "preprocessing": how, "seed": seed})).inputs


def _prepared(draws: int, *sides: str) -> tuple[Budget, ...]:
    """Return the budgets of sides that each prepared the same rows."""
    return (*equal(draws, *sides, unit=_("draws of the data")), *equal(_CLOUDS["samples"], *sides, unit=_("rows")))


def _min_max_scales(seeds: Sequence[int]) -> Verdict:
    """D29: [0, 1] makes the scales equal too, but leaves the mean, and with it a larger condition number."""
    conditions, spans = [], []
    for seed in seeds:
        kinds = [_rows(seed, how) for how in ("none", "minmax", "standardize")]
        conditions.append([condition(rows) for rows in kinds])
        spans.append([kinds[1].min(), kinds[1].max()])
    raw, scaled, standard = (float(x) for x in np.exp(np.mean(np.log(conditions), axis=0)))
    low, high = float(np.min(spans)), float(np.max(spans))
    helps = all(one[1] < 0.5 * one[0] for one in conditions)
    behind = all(one[1] > one[2] for one in conditions)
    return Verdict(
        ("half" if behind else "yes") if helps and abs(low) < 1e-9 and abs(high - 1) < 1e-9 else "no",
        say(
            "Every feature then lies between {low:.0f} and {high:.0f}. Before, the condition number was "
            "{raw:.0f}. The scaled features have a mean of about a half; standardizing removes the mean too.",
            low=abs(low),
            high=high,
            raw=raw,
        ),
        say(
            "Condition number {scaled:.0f} with [0, 1], {standard:.0f} standardized.",
            scaled=scaled,
            standard=standard,
        ),
        _prepared(len(seeds), _("Raw"), "[0, 1]", _("Standardized")),
    )


def _pca_and_whitening(seeds: Sequence[int]) -> Verdict:
    """D22: the covariance after PCA is diagonal, after whitening the identity."""
    before, diagonal, identity = [], 0.0, 0.0
    for seed in seeds:
        raw, pca, white = (np.cov(_rows(seed, how).T, bias=True) for how in ("none", "pca", "whiten"))
        before.append(raw[0, 1] / np.sqrt(raw[0, 0] * raw[1, 1]))
        diagonal = max(diagonal, float(abs(pca[0, 1]) / pca[1, 1]))
        identity = max(identity, float(np.abs(white - np.eye(2)).max()))
    return Verdict(
        "yes" if diagonal < 1e-9 and identity < 1e-6 and min(before) > 0.3 else "no",
        say(
            "The raw features had a correlation of {before:.2f}. After PCA the covariance is {diagonal:.0e} "
            "of the smaller variance.",
            before=float(np.mean(before)),
            diagonal=diagonal,
        ),
        say(
            "After whitening the covariance matrix is the identity; the largest difference is {identity:.0e}.",
            identity=identity,
        ),
        _prepared(len(seeds), _("Raw"), "PCA", _("Whitened")),
    )


_WHERE, _VIEW, _SHOWN = _("Data preprocessing"), _("Data"), (_("Before and after preprocessing"),)
DATA: tuple[Claim, ...] = (
    Claim(
        "D22",
        _("PCA decorrelates the features; whitening gives them unit covariance."),
        {**_CLOUDS, "preprocessing": "whiten"},
        _pca_and_whitening,
        where=_WHERE,
        by_construction=True,
        look=Look(_VIEW, panels=_SHOWN),
        prediction=Prediction(
            _("What do the loss contours look like after whitening?"),
            (_("circles"), _("ovals"), _("a long valley")),
            0,
        ),
        try_this=_("Choose PCA: the long valley is still there, because the variances differ."),
    ),
    Claim(
        "D29",
        _("Features may also be scaled to [0, 1] by their minimum and maximum."),
        {**_CLOUDS, "preprocessing": "minmax"},
        _min_max_scales,
        where=_WHERE,
        look=Look(_VIEW, panels=_SHOWN),
        prediction=Prediction(
            _("Which leaves the smaller condition number?"), (_("[0, 1]"), _("standardizing")), 1
        ),
        try_this=_("Choose standardizing and compare the contours."),
    ),
)
