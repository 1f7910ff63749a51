"""The rows that the nets are fed: made or read once, prepared, and shared by all nets that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.params import CLASSES, DepthParams, OwnTable
from engine.experiments.depth.table import read_table
from engine.experiments.depth.toys import preprocess, toy


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
    own = isinstance(params.data, OwnTable)
    name = params.data.csv if isinstance(params.data, OwnTable) else params.data
    return _made(name, own, (params.width, params.samples), params.preprocessing, params.seed)


@lru_cache(maxsize=4)
def _made(name: str, own: bool, sizes: tuple[int, int], preprocessing: str, seed: int) -> DataSet:
    width, samples = sizes
    rng = np.random.default_rng([seed, 1])
    count = samples + max(2, samples // 4)
    classifies = name != "regression"
    if own:
        table = read_table(name)
        order = rng.permutation(len(table.inputs))[:count]
        rows, targets, outputs = table.inputs[order], table.targets[order], table.outputs
        samples, classifies = len(order) * 4 // 5, bool(table.classes)
    elif name == "unit_gaussian":
        rows, outputs = rng.standard_normal((count, width)), CLASSES
        targets = (rows @ rng.standard_normal((width, CLASSES))).argmax(axis=1)
    else:
        rows, targets, outputs = toy(name, count, rng)
    raw = rows[:samples].copy()
    train, validation = preprocess(preprocessing, raw, rows[samples:])
    return DataSet(train, targets[:samples].copy(), validation, targets[samples:].copy(), outputs, classifies, raw)
