"""Lion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule

_DIALECTS: Mapping[str, Mapping[str, Any]] = {"optax": {"weight_decay": 1e-3}}


class Lion(FormulaRule):
    """Lion: only the sign of an average counts, so that every component moves by the learning rate.

    Convention: m enters with beta1 but is kept with beta2; sign(0) = 0; the decay is decoupled. torch has no
        Lion: the defaults are those of the authors' code (1e-4, no decay); optax decays by 1e-3.
    Source: Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, Algorithm 2, arXiv:2302.06675.
    """

    title: ClassVar[str] = _("Lion")
    formula: ClassVar[str] = """
        d = beta1*m + (1 - beta1)*g
        theta = theta - learning_rate*weight_decay*theta
        theta = theta - learning_rate*sign(d)
        m = beta2*m + (1 - beta2)*g
    """
    color: ClassVar[str] = palette.VERMILLION
    dash: ClassVar[str] = "dash"
    year: ClassVar[int] = 2023
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["lion"] = "lion"
    learning_rate: float = fields.learning_rate(1e-4)
    beta1: float = fields.beta1()
    beta2: float = fields.beta2(0.99)
    weight_decay: float = fields.weight_decay(decoupled=True)
    dialect: Literal["torch", "optax"] = fields.dialect(_DIALECTS)
