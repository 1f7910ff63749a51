"""The hyperparameters that rules share: one spelling, range and explanation each; defaults are the rule's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.message import _
from engine.params import choice, slider


def learning_rate(default: float) -> Any:
    """The factor of the whole step, alpha in the formulas."""
    return slider(
        default,
        1e-6,
        100.0,
        _("Learning rate"),
        _(
            "α: the step is multiplied by it. If it is too small, progress is slow; if it is too large, the "
            "run diverges."
        ),
        scale="log",
        effect="live",
        symbol="α",
    )


def momentum(default: float = 0.9) -> Any:
    """The share of the velocity that survives a step, mu in the formulas."""
    return slider(
        default,
        0.0,
        0.9999,
        _("Momentum"),
        _("μ: how much of the velocity is kept in each step. It remembers about 1/(1−μ) gradients."),
        step=0.001,
        effect="live",
        symbol="μ",
    )


def dampening() -> Any:
    """The share of each new gradient that is left out of the velocity, tau in the formulas."""
    return slider(
        0.0,
        0.0,
        1.0,
        _("Dampening"),
        _("ζ: a new gradient enters the velocity times 1−ζ. Keras and optax have no dampening."),
        step=0.01,
        effect="live",
        symbol="τ",
        shown_when={"dialect": ["torch"]},
    )


def beta1(default: float = 0.9) -> Any:
    """The decay of the gradient's running mean."""
    return slider(
        default,
        0.0,
        0.9999,
        _("β₁"),
        _(
            "How much of m, the running mean of the gradients, is kept in each step. It remembers about "
            "1/(1−β₁) of them."
        ),
        step=0.001,
        effect="live",
    )


def beta2(default: float = 0.999) -> Any:
    """The decay of the running mean of squares (for Lion: of the momentum)."""
    return slider(
        default,
        0.0,
        0.99999,
        _("β₂"),
        _("How much of the second running mean is kept in each step. It remembers about 1/(1−β₂) steps."),
        step=0.0001,
        effect="live",
    )


def rho(default: float) -> Any:
    """The decay of the running mean of squared gradients in RMSProp and Adadelta."""
    return slider(
        default,
        0.0,
        0.9999,
        _("ρ"),
        _(
            "How much of v, the running mean of the squared gradients, is kept in each step. It remembers "
            "about 1/(1−ρ) of them."
        ),
        step=0.001,
        effect="live",
    )


def eps(default: float) -> Any:
    """The small number that keeps the denominator from 0."""
    return slider(
        default,
        0.0,
        1.0,
        _("ε"),
        _(
            "Added to the denominator so that it is not 0. With large values the rule becomes like plain "
            "gradient descent."
        ),
        scale="log",
        effect="live",
        group=_("More"),
    )


def weight_decay(default: float = 0.0, *, decoupled: bool = False) -> Any:
    """The pull towards the origin: λθ inside the gradient, or apart from it.

    Args:
        default: of the slider. decoupled: whether the decay stays out of the gradient, as in AdamW.
    """
    description = (
        _("λ: each step also multiplies θ by 1−αλ, apart from the gradient.")
        if decoupled
        else _("λ: adds λθ to the gradient, which is λ/2·|θ|² in the loss. It pulls towards the origin.")
    )
    return slider(default, 0.0, 10.0, _("Weight decay"), description, scale="log", effect="live", group=_("More"))


def dialect(defaults: Mapping[str, Mapping[str, Any]]) -> Any:
    """Whose formula: PyTorch's is the default; ``defaults`` are those that another library fills in."""
    return choice(
        "torch",
        _("Library"),
        _("Whose formula and defaults are used. Libraries differ in details that change the path."),
        effect="live",
        group=_("More"),
        labels={"torch": "PyTorch", "keras": "Keras", "optax": "optax"},
        defaults={name: dict(values) for name, values in defaults.items()},
    )


def line_search(default: str) -> Any:
    """Whether a step's length is searched for."""
    return choice(
        default,
        _("Line search"),
        _("How far to go: α times the direction, or a length that meets the Wolfe conditions."),
        effect="live",
        labels={"none": _("none: the learning rate"), "strong_wolfe": _("strong Wolfe")},
    )
