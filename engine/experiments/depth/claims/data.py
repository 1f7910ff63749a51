"""Claims on preparing the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.autodiff.tape import Array
from engine.claim import Claim, Verdict
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


def _condition(rows: Array) -> float:
    """Return the condition number of a linear unit's squared loss over its weights and its bias."""
    features = np.hstack([rows, np.ones((len(rows), 1))])
    values = np.linalg.eigvalsh(features.T @ features / len(rows))
    return float(values[-1] / values[0])


def _sensitivity(rows: Array, rng: np.random.Generator) -> float:
    """Return the share of its spread by which a unit's output moves when its weights turn by one per cent."""
    w = rng.standard_normal((200, 2))
    nudge = rng.standard_normal((200, 2))
    nudge *= 0.01 * np.linalg.norm(w, axis=1, keepdims=True) / np.linalg.norm(nudge, axis=1, keepdims=True)
    moved = np.mean((rows @ nudge.T) ** 2, axis=0) / np.var(rows @ w.T, axis=0)
    return float(np.sqrt(np.median(moved)))


def _raw_data_is_sensitive(seeds: Sequence[int]) -> Verdict:
    """D21: condition numbers of the raw, the standardized and the whitened clouds, and what a nudge does."""
    conditions, nudges = [], []
    for seed in seeds:
        kinds = [_rows(seed, how) for how in ("none", "standardize", "whiten")]
        conditions.append([_condition(rows) for rows in kinds])
        nudges.append([_sensitivity(rows, np.random.default_rng(seed)) for rows in kinds])
    raw, scaled, white = (float(x) for x in np.exp(np.mean(np.log(conditions), axis=0)))
    before, after, _white = (float(x) for x in np.mean(nudges, axis=0))
    better = all(one[0] > 10 * one[1] for one in conditions) and before > 1.5 * after
    return Verdict(
        ("yes" if scaled < 3 else "half") if better else "no",
        say(
            "The condition number of the loss was {raw:.0f} on the raw clouds, {scaled:.0f} standardized and "
            "{white:.0f} whitened. Weights moved by 1% moved the outputs by {before:.1%} of their spread before "
            "and {after:.1%} after. Scaling helps; only whitening also undoes the correlation.",
            raw=raw,
            scaled=scaled,
            white=white,
            before=before,
            after=after,
        ),
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
            "The raw features had a correlation of {before:.2f}. After PCA their covariance was 0 to within "
            "{diagonal:.0e} of the smaller variance, after whitening the covariance matrix was the identity to "
            "within {identity:.0e}.",
            before=float(np.mean(before)),
            diagonal=diagonal,
            identity=identity,
        ),
    )


DATA: tuple[Claim, ...] = (
    Claim(
        "D21",
        _(
            "Unnormalized data makes the loss very sensitive to small changes of the weights; centring and "
            "scaling cure it."
        ),
        _CLOUDS,
        _raw_data_is_sensitive,
    ),
    Claim(
        "D22",
        _("PCA decorrelates the features; whitening gives them unit covariance."),
        {**_CLOUDS, "preprocessing": "whiten"},
        _pca_and_whitening,
    ),
)
