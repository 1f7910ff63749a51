"""What a graph may be asked."""

from __future__ import annotations

from engine.experiment import Question
from engine.experiments.graph.questions.check import Check
from engine.experiments.graph.questions.descend import Descend
from engine.experiments.graph.questions.export import Code
from engine.experiments.graph.questions.jacobian import Jacobian
from engine.experiments.graph.questions.numeric import Cost, Numeric
from engine.frame import ArraySpec
from engine.message import _

_REMARK = ArraySpec((), _("What the numbers mean"))
_SECONDS = _("seconds")

QUESTIONS: tuple[Question, ...] = (
    Question(
        "check",
        _("Are these gradients right?"),
        Check,
        {"verdicts": ArraySpec((), _("For each blank: right, or the mistake and a hint"))},
    ),
    Question(
        "numeric",
        _("The numeric gradient by one number"),
        Numeric,
        {
            "h": ArraySpec(("h",), _("Width h of the difference")),
            "errors": ArraySpec(("curve", "h"), _("Relative error of the numeric derivative")),
            "exact": ArraySpec((), _("The derivative from the tape")),
            "best": ArraySpec(("curve",), _("The h with the smallest error")),
            "curves": ArraySpec((), _("What the curves are")),
            "numbers": ArraySpec((), _("The exact derivative beside both differences")),
            "remark": _REMARK,
        },
        parts=True,
    ),
    Question(
        "cost",
        _("What numeric gradients cost"),
        Cost,
        {
            "inputs": ArraySpec(("size",), _("Inputs of the function")),
            "evaluations": ArraySpec(("size",), _("Evaluations that central differences need")),
            "numeric_seconds": ArraySpec(("size",), _("Time of all central differences"), _SECONDS),
            "backward_seconds": ArraySpec(("size",), _("Time of one pass forward and backward"), _SECONDS),
            "remark": _REMARK,
        },
    ),
    Question(
        "jacobian",
        _("The Jacobian of a function"),
        Jacobian,
        {
            "jacobian": ArraySpec(("output", "input"), _("Derivative of each output by each input")),
            "x": ArraySpec(("input",), _("The inputs")),
            "y": ArraySpec(("output",), _("The outputs")),
            "numbers": ArraySpec((), _("Counts and sizes")),
            "remark": _REMARK,
        },
    ),
    Question(
        "descend",
        _("Steps along minus the gradient"),
        Descend,
        {
            "lengths": ArraySpec(("length",), _("Step length")),
            "along": ArraySpec(("length",), _("The result after a step of this length")),
            "predicted": ArraySpec(("length",), _("What the gradient's straight line promises")),
            "steps": ArraySpec(("count",), _("The result after each step")),
            "values": ArraySpec((), _("The variables after the last step")),
            "remark": _REMARK,
        },
        parts=True,
    ),
    Question(
        "code",
        _("The expression as a program"),
        Code,
        {"code": ArraySpec((), _("The program")), "name": ArraySpec((), _("A name for the file"))},
    ),
)
