"""Dropout, plain and inverted, as a primitive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from engine.autodiff.tape import Array, Operand, Tensor, primitive, read

Scaling = Literal["inverted", "plain"]
Rng = np.random.Generator | Sequence[np.random.Generator] | None


def dropout(h: Operand, rate: float, rng: Rng, scaling: Scaling = "inverted") -> Tensor:
    """Set each entry to 0 with probability ``rate``, independently, or do what test time asks for.

        inverted:  training h * mask / keep,  test h           (keep = 1 - rate)
        plain:     training h * mask,         test h * keep

    Either way the expectation in training is what test time shows; inverted needs no work at test time. Its
    variance is h² rate / keep.

    Args:
        h: any shape. rate: in [0, 1). scaling: inverted or plain.
        rng: draws the mask in training; one generator for each run of the first axis makes stacked runs drop
            what they would drop alone. None is test time.
    Raises:
        ValueError: when there are generators for another number of runs.
    Source: Srivastava et al. 2014, JMLR 15 (plain); torch.nn.Dropout (inverted).
    """
    value = read(h)
    keep = 1.0 - rate
    if rng is None:
        if scaling == "inverted" or rate == 0:
            return primitive(value.view(), (h,), lambda g: (g,), "dropout")
        return primitive(value * keep, (h,), lambda g: (g * keep,), "dropout")
    draw_type = np.float32 if value.dtype == np.float32 else np.float64
    drawn: Array
    if isinstance(rng, np.random.Generator):
        drawn = np.asarray(rng.random(value.shape, dtype=draw_type))
    elif len(rng) == len(value):
        drawn = np.stack([one.random(value.shape[1:], dtype=draw_type) for one in rng])
    else:
        raise ValueError(f"{len(rng)} generators for {len(value)} runs")
    kept = drawn < keep
    mask = kept.astype(value.dtype)
    if scaling == "inverted":
        mask *= 1 / keep
    return primitive(value * mask, (h,), lambda g: (g * mask,), "dropout")
