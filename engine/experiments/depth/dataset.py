"""The rows that the nets are fed: made or read once, prepared, and shared by all nets that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.params import CLASSES, DepthParams


@dataclass(frozen=True)
class DataSet:
    """Rows to train on and rows to validate on.

    Args:
        inputs: (n, D). targets: classes (n,) as integers, or numbers (n, 1). validation_inputs,
            validation_targets: alike. outputs: how many a net has. classifies: whether targets are classes.
        raw: the training inputs before preprocessing.
    """

    inputs: Array
    targets: Array
    validation_inputs: Array
    validation_targets: Array
    outputs: int
    classifies: bool
    raw: Array

    def __deepcopy__(self, memo: dict[int, Any]) -> DataSet:
        return self  # nobody writes into it

    def __post_init__(self) -> None:
        for array in (self.inputs, self.targets, self.validation_inputs, self.validation_targets, self.raw):
            array.flags.writeable = False


def dataset(params: DepthParams) -> DataSet:
    """Return the data of a run; the same parameters give the same numbers."""
    name = params.data if isinstance(params.data, str) else params.data.csv
    return _made(name, params.width, params.samples, params.preprocessing, params.seed)


@lru_cache(maxsize=4)
def _made(name: str, width: int, samples: int, preprocessing: str, seed: int) -> DataSet:
    rng = np.random.default_rng([seed, 1])
    extra = max(2, samples // 4)
    rows = rng.standard_normal((samples + extra, width))
    teacher = rng.standard_normal((width, CLASSES))
    classes = (rows @ teacher).argmax(axis=1)
    return DataSet(
        rows[:samples], classes[:samples], rows[samples:], classes[samples:], CLASSES, True, rows[:samples]
    )
