"""What the nets are to say of a point: one of two classes, one of several, or a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.autodiff.softmax import probabilities
from engine.autodiff.tape import Array, Operand, Tensor
from engine.nn.activations import ACTIVATIONS
from engine.nn.losses import sigmoid_cross_entropy, softmax_cross_entropy, squared_error


@dataclass(frozen=True)
class Task:
    """What is learned.

    Args:
        kind: which of the three. loss: of outputs (..., B, n) and targets, the mean over the batch.
        torch: the loss in PyTorch, of ``outputs`` and ``targets``.
    """

    kind: Literal["two", "several", "number"]
    loss: Callable[[Operand, Array], Tensor]
    torch: str

    @property
    def classifies(self) -> bool:
        """Whether there are classes."""
        return self.kind != "number"

    def said(self, outputs: Array) -> Array:
        """Return what outputs (..., n) say: the second class's chance, each class's (..., n), or the number."""
        if self.kind == "several":
            return probabilities(outputs)
        first: Array = outputs[..., 0]
        return ACTIVATIONS["sigmoid"].function(first) if self.kind == "two" else first

    def right(self, outputs: Array, targets: Array) -> Array:
        """Return which rows (..., B) are told right."""
        chosen = outputs.argmax(axis=-1) if self.kind == "several" else outputs[..., 0] > 0
        return np.asarray(chosen == targets)


TWO = Task("two", sigmoid_cross_entropy, "F.binary_cross_entropy_with_logits(outputs[..., 0], targets)")
SEVERAL = Task("several", softmax_cross_entropy, "F.cross_entropy(outputs, targets)")
NUMBER = Task("number", squared_error, "F.mse_loss(outputs, targets)")


def task_of(classes: int) -> Task:
    """Return the task with so many classes; 0 means numbers."""
    return NUMBER if classes == 0 else TWO if classes == 2 else SEVERAL
