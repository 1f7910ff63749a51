"""Ten exercises, from one gate to a layer: the visitor fills in the gradients; values are drawn with a seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.message import Message, say


@dataclass(frozen=True)
class Exercise:
    """An exercise.

    Args:
        name: as in an address. title: what it trains. lines: the expression. teaches: what to think of.
        shapes: of variables whose name does not tell it.
    """

    name: str
    title: Message
    lines: str
    teaches: Message
    shapes: dict[str, list[int]] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Return it as the page loads it."""
        return {
            "name": self.name,
            "title": self.title,
            "expression": self.lines,
            "shapes": self.shapes,
            "teaches": self.teaches,
        }


EXERCISES: tuple[Exercise, ...] = (
    Exercise("multiply", say("Multiply"), "x*y", say("Each factor receives the other, times what arrives.")),
    Exercise("add", say("Addition"), "(x + y)*z", say("A sum passes what arrives to each of its parts.")),
    Exercise("max", say("The larger of two"), "max(x, y)*z", say("Only the larger receives anything.")),
    Exercise(
        "branches",
        say("Branches"),
        "x*y + x*z",
        say("A variable that is used twice receives the sum of what its uses send."),
    ),
    Exercise("square", say("A square"), "(x - y)**2", say("The derivative of u² is 2u; minus turns the sign.")),
    Exercise("quotient", say("A quotient"), "x/y + x", say("By the divisor it is −x/y².")),
    Exercise(
        "sigmoid",
        say("The sigmoid as one gate"),
        "sigmoid(w*x)*v",
        say("The derivative of s = σ(a) is (1 − s)·s: the result itself is enough."),
    ),
    Exercise(
        "neuron",
        say("A neuron with a loss"),
        "s = tanh(w*x + b)\n(s - t)**2",
        say("From the loss back: the square, the minus, tanh, the sum, the product."),
    ),
    Exercise(
        "skip",
        say("ReLU with a skip"),
        "h = relu(w*x + b)\nv*h + x",
        say("A closed ReLU sends 0; the skip still passes everything."),
    ),
    Exercise(
        "layer",
        say("A product with a matrix"),
        "q = W @ x\nsum(q**2)",
        say("The gradient by W has the shape of W: what arrives at each row, times x."),
        {"W": [2, 2], "x": [2]},
    ),
)
"""In the order of difficulty."""
