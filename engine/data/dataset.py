"""A data set: rows, and what to say of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DataSet:
    """Rows and what to say of each.

    Args:
        inputs: (N, D) float64. targets: (N,), integers 0..classes-1, or float64 numbers when classes is 0.
        classes: how many; 0 means numbers to predict (regression).
        columns: names of the features, or empty. labels: names of the classes, or empty.
    """

    inputs: Array
    targets: NDArray[np.intp] | Array
    classes: int
    columns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def outputs(self) -> int:
        """How many outputs a net needs: one a class, or one number."""
        return self.classes or 1

    def take(self, rows: NDArray[np.intp]) -> DataSet:
        """Return the data set of some rows, in new memory."""
        return DataSet(self.inputs[rows], self.targets[rows], self.classes, self.columns, self.labels)
