"""The points of a run: made, read or painted once, parted into those that train, validate and test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.data.dataset import DataSet
from engine.data.digits import digits
from engine.data.own import OwnTable
from engine.data.preprocessing import Preprocessing, fit
from engine.data.toys import TOYS
from engine.experiments.playground.features import of_points
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.sizes import row_counts
from engine.experiments.playground.tables import DIGITS, Painted, painted, table

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Points:
    """The points of a run, those that train first, then those that validate, then those that test.

    Args:
        raw: (n, columns). inputs: what the nets are fed, (n, D). targets: classes (n,), or numbers (n, 1).
        classes: 0 for numbers to predict. ends: where each part ends. flipped: training points with a wrong class.
        prepare: from raw to what features are made of. features: names, empty where a table is fed as it is.
        labels, columns: names of classes and columns, or empty. scale: mean and standard deviation that numbers to
            predict were freed of.
    """

    raw: Array
    inputs: Array
    targets: Array
    classes: int
    ends: tuple[int, int, int]
    flipped: int
    prepare: Preprocessing
    features: tuple[str, ...]
    labels: tuple[str, ...]
    columns: tuple[str, ...]
    scale: tuple[float, float]
    images: bool = False
    """Whether a row is an image of a digit."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Points:
        return self  # nobody writes into it

    def __post_init__(self) -> None:
        for array in (self.raw, self.inputs, self.targets):
            array.flags.writeable = False

    @property
    def parts(self) -> tuple[slice, slice, slice]:
        """The rows that train, validate and test."""
        train, validation, test = self.ends
        return slice(0, train), slice(train, validation), slice(validation, test)

    def feed(self, raw: Array) -> Array:
        """Return what a net is fed of further points, (n, columns) as they came, (n, D)."""
        ready = self.prepare.apply(raw)
        return of_points(ready, self.features) if self.features else ready


def points_of(params: PlaygroundParams) -> Points:
    """Return the points of a run; the same parameters give the same numbers."""
    own = params.data
    key = own.model_dump_json() if isinstance(own, Painted) else own.csv if isinstance(own, OwnTable) else own
    return _made(key, _Made(params))


class _Made:
    """The parameters, equal where the points are."""

    def __init__(self, params: PlaygroundParams) -> None:
        self.params = params
        self.key = (
            params.samples,
            params.noise,
            params.wrong_labels,
            params.test_share,
            params.validation_share,
            params.standardize,
            params.distinct,
            tuple(params.features),
            params.seed,
            type(params.data),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Made) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=8)
def _made(_key: str, made: _Made) -> Points:
    params = made.params
    rng = np.random.default_rng([params.seed, 1])
    found = _rows(params, rng)
    train, validation, test = row_counts(params)
    order = rng.permutation(train + validation + test)
    found = found.take(order)
    raw = found.inputs
    prepare = fit("standardize" if params.standardize else "none", raw[:train])
    targets, scale, flipped = np.asarray(found.targets), (0.0, 1.0), 0
    if found.classes:
        targets, flipped = _with_wrong(targets, found.classes, train, params.wrong_labels, rng)
    else:
        columns = targets.astype(np.float64)[:, None]
        if isinstance(params.data, OwnTable):
            scale = float(columns[:train].mean()), float(columns[:train].std()) or 1.0
        targets = (columns - scale[0]) / scale[1]
    features = tuple(params.features) if raw.shape[1] == 2 else ()
    ready = prepare.apply(raw)
    return Points(
        raw,
        of_points(ready, features) if features else ready,
        targets,
        found.classes,
        (train, train + validation, train + validation + test),
        flipped,
        prepare,
        features,
        found.labels,
        found.columns,
        scale,
        params.data == DIGITS,
    )


def _rows(params: PlaygroundParams, rng: np.random.Generator) -> DataSet:
    """Return the points in the order in which they were made."""
    data = params.data
    if isinstance(data, Painted):
        return painted(data)
    if isinstance(data, OwnTable):
        whole = table(data.csv, params.distinct)
        return whole.take(rng.permutation(len(whole.inputs))[: params.samples])
    if data == DIGITS:
        whole = digits()
        found = whole.take(rng.permutation(len(whole.inputs))[: params.samples])
        return replace(found, inputs=found.inputs + params.noise * rng.standard_normal(found.inputs.shape))
    return TOYS[data].make(params.samples, rng, params.noise)


def _with_wrong(
    targets: Array, classes: int, train: int, share: float, rng: np.random.Generator
) -> tuple[Array, int]:
    """Give a share of the training points another class; return the classes and how many were changed."""
    wrong = rng.permutation(train)[: round(share * train)]
    shift = rng.integers(1, classes, len(wrong))
    changed = targets.copy()
    changed[wrong] = (changed[wrong] + shift) % classes
    return changed, len(wrong)
