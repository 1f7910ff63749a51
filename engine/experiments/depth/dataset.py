"""The rows that the nets are fed: made or read once, prepared, and shared by all nets that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.data.own import OwnTable, table
from engine.data.preprocessing import fit
from engine.data.toys import TOYS, gaussian
from engine.experiments.depth.params import CLASSES, DepthParams


@dataclass(frozen=True)
class TrainingData:
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

    def __deepcopy__(self, memo: dict[int, Any]) -> TrainingData:
        return self  # nobody writes into it

    def __post_init__(self) -> None:
        for array in (self.inputs, self.targets, self.validation_inputs, self.validation_targets, self.raw):
            array.flags.writeable = False


def dataset(params: DepthParams) -> TrainingData:
    """Return the data of a run; the same parameters give the same numbers."""
    own = isinstance(params.data, OwnTable)
    name = params.data.csv if isinstance(params.data, OwnTable) else params.data
    return _made(name, own, (params.width, params.samples), params.preprocessing, params.seed)


@lru_cache(maxsize=4)
def _made(name: str, own: bool, sizes: tuple[int, int], preprocessing: str, seed: int) -> TrainingData:
    width, samples = sizes
    rng = np.random.default_rng([seed, 1])
    count = samples + max(2, samples // 4)
    if own:
        whole = table(name)
        found = whole.take(rng.permutation(len(whole.inputs))[:count])
        samples = len(found.inputs) * 4 // 5
    elif name in TOYS:
        found = TOYS[name].make(count, rng)
    else:
        found = gaussian(count, rng, width, CLASSES)
    raw = found.inputs[:samples].copy()
    prepare = fit(preprocessing, raw).apply
    targets = found.targets
    if not found.classes:
        columns = np.asarray(targets, np.float64)[:, None]
        targets = fit("standardize" if own else "none", columns[:samples]).apply(columns)
    return TrainingData(
        prepare(raw),
        targets[:samples].copy(),
        prepare(found.inputs[samples:]),
        targets[samples:].copy(),
        found.outputs,
        found.classes > 0,
        raw,
    )
