"""Dropout, plain and inverted, as a primitive."""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.autodiff.tape import Array, Operand, Tensor, primitive, read

Scaling = Literal["inverted", "plain"]


def dropout(h: Operand, rate: float, rng: np.random.Generator | None, scaling: Scaling = "inverted") -> Tensor:
    """Set each entry to 0 with probability ``rate``, independently, or do what test time asks for.

        inverted:  training h * mask / keep,  test h           (keep = 1 - rate)
        plain:     training h * mask,         test h * keep

    Either way the expectation in training is what test time shows; inverted needs no work at test time. Its
    variance is h² rate / keep.

    Args:
        h: any shape. rate: in [0, 1). rng: draws the mask in training; None is test time.
    Source: Srivastava et al. 2014, JMLR 15 (plain); torch.nn.Dropout (inverted).
    """
    value = read(h)
    keep = 1.0 - rate
    if rng is None:
        if scaling == "inverted" or rate == 0:
            return primitive(value, (h,), lambda g: (g,))
        return primitive(value * keep, (h,), lambda g: (g * keep,))
    draw_type = np.float32 if value.dtype == np.float32 else np.float64
    kept: Array = np.asarray(rng.random(value.shape, dtype=draw_type) < keep)
    mask = kept.astype(value.dtype)
    if scaling == "inverted":
        mask *= 1 / keep
    return primitive(value * mask, (h,), lambda g: (g * mask,))
