"""Gradient clipping: a bound on the gradient's length or on each of its components."""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.message import _
from engine.optimizers.rule import Array
from engine.params import Params, choice, slider


class Clip(Params):
    """Clip a gradient by its norm or by value, or not at all.

        norm:   g = g * min(1, threshold / (|g| + 1e-6))
        value:  g = min(max(g, -threshold), threshold)

    Convention: torch.nn.utils.clip_grad_norm_ (with its 1e-6) and clip_grad_value_. Each run stacked in the
        leading axes has its own norm. A non-finite norm leaves a non-finite gradient.
    Source: Pascanu, Mikolov & Bengio 2013, On the difficulty of training recurrent neural networks,
        arXiv:1211.5063.
    """

    mode: Literal["none", "norm", "value"] = choice(
        "none",
        _("Clip the gradient"),
        _(
            "By norm: the direction is kept and the length is bounded. By value: each component is bounded "
            "by itself."
        ),
        effect="live",
        labels={"none": _("no"), "norm": _("by norm"), "value": _("by value")},
    )
    threshold: float = slider(
        1.0,
        1e-4,
        1e4,
        _("Clipping threshold"),
        _("The largest norm, or the largest component, that is left unchanged."),
        scale="log",
        effect="live",
        shown_when={"mode": ["norm", "value"]},
    )

    def apply(self, gradient: Array) -> Array:
        """Clip ``gradient`` (..., n) in place; returns its norms (...) from before, in new memory."""
        norm: Array = np.sqrt(np.einsum("...i,...i->...", gradient, gradient))
        if self.mode == "norm":
            gradient *= np.minimum(self.threshold / (norm + 1e-6), 1.0)[..., None]
        elif self.mode == "value":
            np.clip(gradient, -self.threshold, self.threshold, out=gradient)
        return norm
