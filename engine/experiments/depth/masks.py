"""What dropout's masks do on average: does the mean output need scaling at test time?"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from engine.autodiff.tape import Array
from engine.frame import ArraySpec, Told, Value
from engine.message import Message, _, say
from engine.nn.dropout import Scaling, dropout

DRAWS = 400
LARGEST = 20_000
"""Activations that are dropped at once: more rows are left out."""
ARRAYS: Mapping[str, ArraySpec] = {
    "masks": ArraySpec(("index",), _("Masks drawn")),
    "mask_means": ArraySpec(("curve", "index"), _("Mean output over the masks so far, over the test output")),
    "mask_names": ArraySpec((), _("Kinds of dropout")),
    "mask_remark": ArraySpec((), _("What the numbers mean")),
}
"""The answer to ``masks``."""
_KINDS: tuple[tuple[Scaling, str], ...] = (("inverted", _("inverted dropout")), ("plain", _("plain dropout")))


def over_masks(h: Array, rate: float, scaling: Scaling, rng: np.random.Generator) -> Array:
    """Return the mean output over the first 1, 2, ... masks, over the output without a mask, (DRAWS,).

    NaN or infinite where the output without a mask has mean 0.

    Args:
        h: the activations (B, H). rate: the share that is dropped. scaling: plain or inverted.
        rng: draws the masks.
    """
    rows = h[: max(1, LARGEST // h.shape[1])]
    means = np.array([dropout(rows, rate, rng, scaling).value.mean() for _draw in range(DRAWS)])
    found: Array = np.cumsum(means) / np.arange(1, DRAWS + 1) / rows.mean()
    return found


def answer(h: Array, rate: float, seed: int) -> dict[str, Value]:
    """Return both kinds' means, each from masks of the same seed."""
    means = np.array([over_masks(h, rate, kind, np.random.default_rng(seed)) for kind, _name in _KINDS])
    return {
        "masks": np.arange(1.0, DRAWS + 1),
        "mask_means": means,
        "mask_names": Told([{"name": say(name)} for _kind, name in _KINDS]),
        "mask_remark": Told(_remark(*map(float, means[:, -1]))),
    }


def _remark(inverted: float, plain: float) -> Message:
    if not math.isfinite(inverted + plain):
        return say("The mean test output is 0, or no finite number, so there is nothing to compare with.")
    return say(
        "After {draws} masks the mean output is {inverted:.3f} times the test output with inverted dropout, "
        "{plain:.3f} times with plain dropout.",
        draws=DRAWS,
        inverted=inverted,
        plain=plain,
    )
