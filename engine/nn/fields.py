"""The parameters of training that laboratories share: one spelling, range and explanation each.

Each returns a field of a parameter model; ``how`` is passed on to `engine.params.choice` or `slider` (``group``,
``first``).
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from engine.message import _
from engine.optimizers import RULE_KINDS, Clip, Rule
from engine.optimizers.schedules import SCHEDULES, Constant
from engine.params import choice, slider


def optimizer(default: Rule, *, without: AbstractSet[str] = frozenset(), **how: Any) -> Any:
    """The update rule; ``without``: names of rules that the laboratory cannot use."""
    return choice(
        default,
        _("Optimizer"),
        _("The update rule that trains every net."),
        effect="live",
        labels={name: rule.title for name, rule in RULE_KINDS.items() if name not in without},
        **how,
    )


def schedule(
    description: str = _("What the learning rate is multiplied by as training goes on."), **how: Any
) -> Any:
    """The schedule of the learning rate, constant by default."""
    labels = {kind: schedule.title for kind, schedule in SCHEDULES.items()}
    return choice(Constant(), _("Schedule"), description, effect="live", labels=labels, **how)


def clipping(default: Clip | None = None, **how: Any) -> Any:
    """Whether gradients are clipped; not by default."""
    description = _("Shortens long gradients before the rule uses them.")
    return choice(default or Clip(), _("Clipping"), description, effect="live", **how)


def l1(**how: Any) -> Any:
    """The strength of L1 regularization, see `engine.nn.penalty.Penalty`."""
    description = _("λ₁ Σ|w| is added to the loss: it makes weights exactly 0.")
    return slider(0.0, 0.0, 1.0, _("L1"), description, scale="log", effect="live", **how)


def l2(**how: Any) -> Any:
    """The strength of L2 regularization."""
    description = _("λ₂ Σw²/2 is added to the loss: it shrinks all weights. Both together are the elastic net.")
    return slider(0.0, 0.0, 1.0, _("L2"), description, scale="log", effect="live", **how)


def max_norm(**how: Any) -> Any:
    """The longest that a unit's incoming weights may be, 0 for any length."""
    description = _("The vector of a unit's incoming weights is shortened to this length; 0 switches this off.")
    return slider(0.0, 0.0, 10.0, _("Max-norm"), description, effect="live", **how)
