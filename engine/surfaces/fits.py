"""Losses of real models on visible rows of data: a line, an S-curve, a boundary; each has two parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from engine.catalog import by_name
from engine.data.dataset import DataSet
from engine.data.preprocessing import fit as prepare
from engine.formula import latex_to_mathml
from engine.message import _
from engine.surfaces.surface import Array, Domain, Loss, Point, Rows, Surface

ROWS = 100
"""How many rows every set has."""
_SEED = 11
_MARGIN = 1.3  # the picture reaches this many standard errors of a hundredth part of the rows about the minimum


class MeanLoss:
    """The mean loss of a linear model over rows: with z = design · theta,

        squares   f = mean (z - y)² / 2
        logistic  f = mean log(1 + exp z) - y z,   y = 0 or 1

    Args:
        design: (N, 2), what multiplies the two parameters in each row. targets: (N,).
    """

    def __init__(self, kind: Literal["squares", "logistic"], design: Array, targets: Array, latex: str) -> None:
        self.kind, self.design, self.targets, self.latex = kind, design, targets, latex
        self._across = np.ascontiguousarray(design.T)

    def __deepcopy__(self, memo: dict[int, Any]) -> MeanLoss:
        return self  # immutable

    @cached_property
    def mathml(self) -> str:
        """The loss as it is written, ``<math ...>``."""
        return latex_to_mathml(self.latex)

    def on(self, rows: Rows) -> MeanLoss:
        """Return the mean over some of the rows."""
        return MeanLoss(self.kind, self.design[rows], self.targets[rows], self.latex)

    def value(self, points: ArrayLike) -> Array:
        """Return f (...) at points (..., 2)."""
        return np.asarray(self._value(np.asarray(points, dtype=np.float64) @ self._across))

    def _value(self, z: Array) -> Array:
        with np.errstate(all="ignore"):
            if self.kind == "squares":
                return np.asarray(0.5 * np.square(z - self.targets).mean(-1))
            return np.asarray((np.logaddexp(0.0, z) - self.targets * z).mean(-1))

    def _errors(self, z: Array) -> Array:
        """Return the derivative of each row's loss by z."""
        return (z if self.kind == "squares" else _sigmoid(z)) - self.targets

    def value_and_gradient(self, points: ArrayLike) -> tuple[Array, Array]:
        """Return f (...) and its gradient (..., 2) at points (..., 2)."""
        z = np.asarray(points, dtype=np.float64) @ self._across
        with np.errstate(all="ignore"):
            return self._value(z), np.asarray(self._errors(z) @ self.design / len(self.targets))

    def evaluate(self, points: Array, value: Array, gradient: Array) -> None:
        """Write f and its gradient into arrays.

        Args:
            points: (..., 2). value: (...), written. gradient: (..., 2), written.
        """
        value[...], gradient[...] = self.value_and_gradient(points)

    def gradient(self, points: ArrayLike) -> Array:
        """Return the gradient (..., 2) at points (..., 2)."""
        z = np.asarray(points, dtype=np.float64) @ self._across
        return np.asarray(self._errors(z) @ self.design / len(self.targets))

    def gradients(self, point: ArrayLike) -> Array:
        """Return the gradient of each row's own loss at one point, (N, 2); the gradient is their mean."""
        return np.asarray(self._errors(self.design @ np.asarray(point))[:, None] * self.design)

    def batch_gradients(self, points: Array, rows: Rows) -> Array:
        """Return the gradient (..., S, 2) at points (..., S, 2), each of the S on its own batch, rows (S, B)."""
        design = self.design[rows]
        z = np.einsum("...sj,sbj->...sb", points, design)
        errors = (z if self.kind == "squares" else _sigmoid(z)) - self.targets[rows]
        return np.asarray(np.einsum("...sb,sbj->...sj", errors, design) / rows.shape[-1])

    def hessian(self, points: ArrayLike) -> Array:
        """Return the Hessian (..., 2, 2) at points (..., 2)."""
        z = np.asarray(points, dtype=np.float64) @ self._across
        bends = np.ones_like(z) if self.kind == "squares" else _sigmoid(z) * _sigmoid(-z)
        return np.asarray(np.einsum("...n,ni,nj->...ij", bends, self.design, self.design) / len(self.targets))


def _sigmoid(z: Array) -> Array:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)))


@dataclass(frozen=True)
class Model:
    """A model of two parameters on rows of data.

    Args:
        name: what is drawn of it: a ``line`` or a ``curve`` y over x, or a ``boundary`` between two classes.
        kind: of `MeanLoss`. latex: its loss. titles: of the data's two axes, translatable.
    """

    name: Literal["line", "curve", "boundary"]
    kind: Literal["squares", "logistic"]
    latex: str
    coordinates: tuple[str, str]

    def design(self, inputs: Array) -> Array:
        """Return what multiplies the parameters: the feature and 1, or both features."""
        return inputs if self.name == "boundary" else np.column_stack([inputs[:, 0], np.ones(len(inputs))])


@dataclass(frozen=True, kw_only=True)
class Fit(Surface):
    """A surface whose height is a model's mean loss on rows of data. Made by `_fitted`.

    Args:
        draw: makes the raw rows from a generator. scaling: of `engine.data.preprocessing`, for the inputs.
    """

    model: Model
    draw: Callable[[np.random.Generator], DataSet]
    scaling: str = "none"

    @property
    def raw(self) -> DataSet:
        """The rows as they were drawn."""
        return self.draw(np.random.default_rng(_SEED))

    @cached_property
    def data(self) -> DataSet:
        raw = self.raw
        return replace(raw, inputs=prepare(self.scaling, raw.inputs).apply(raw.inputs))

    @cached_property
    def formula(self) -> MeanLoss:
        return MeanLoss(
            self.model.kind,
            self.model.design(self.data.inputs),
            np.asarray(self.data.targets, dtype=np.float64),
            self.model.latex,
        )

    @property
    def rows(self) -> int:
        return len(self.data.targets)

    def on(self, rows: Rows) -> Loss:
        return self.formula.on(rows)

    def shaped(self, by: Mapping[str, Any]) -> Surface:
        return _fitted(self, str(by["scaling"]))


@cache
def _fitted(fit: Fit, scaling: str) -> Fit:
    """Return a fit on its rows scaled so, with its minimum and a picture that holds it and the start at 0."""
    fit = replace(fit, scaling=scaling)
    lowest = _minimum(fit.formula)
    spread = np.sqrt(np.diagonal(np.linalg.inv(fit.formula.hessian(lowest))))
    half = np.maximum(1.25 * np.abs(lowest), _MARGIN * spread)
    domain: Domain = tuple((float(at - by), float(at + by)) for at, by in zip(lowest, half, strict=True))  # type: ignore[assignment]  # two
    minimum: Point = (float(lowest[0]), float(lowest[1]))
    return replace(fit, domain=domain, minima=(minimum,))


def _minimum(loss: MeanLoss) -> Array:
    """Return where a convex loss is lowest: Newton's method, each step halved until it goes down."""
    theta = np.zeros(2)
    for _iteration in range(100):
        value, gradient = loss.value_and_gradient(theta)
        step = np.linalg.solve(loss.hessian(theta), gradient)
        while loss.value(theta - step) > value and np.abs(step).max() > 1e-15:
            step = step / 2
        theta = theta - step
    return theta


def _heights(rng: np.random.Generator) -> DataSet:
    x = rng.uniform(2.0, 12.0, ROWS)
    return DataSet(x[:, None], 1.0 + 0.6 * x + rng.standard_normal(ROWS), 0)


def _passes(rng: np.random.Generator) -> DataSet:
    x = rng.uniform(0.0, 8.0, ROWS)
    passes = rng.random(ROWS) < _sigmoid(1.2 * (x - 4.0))
    return DataSet(x[:, None], passes.astype(np.intp), 2)


def _pairs(rng: np.random.Generator) -> DataSet:
    first = rng.normal(3.0, 1.0, ROWS)
    second = 2.0 * first + rng.normal(0.0, 3.0, ROWS)
    above = rng.random(ROWS) < _sigmoid(1.2 * (second - 2.0 * first))
    return DataSet(np.column_stack([first, second]), above.astype(np.intp), 2)


_LOGISTIC = r"\log\left(1 + e^{z_i}\right) - y_i z_i"
_LINE = Model("line", "squares", r"\frac{1}{2 N} \sum_i (w x_i + b - y_i)^2", ("w", "b"))
_CURVE = Model("curve", "logistic", rf"\frac{{1}}{{N}} \sum_i {_LOGISTIC}, \quad z_i = w x_i + b", ("w", "b"))
_BOUNDARY = Model(
    "boundary",
    "logistic",
    rf"\frac{{1}}{{N}} \sum_i {_LOGISTIC}, \quad z_i = w_1 x_{{1i}} + w_2 x_{{2i}}",
    ("w₁", "w₂"),
)


def _entry(name: str, title: str, note: str, model: Model, draw: Callable[[np.random.Generator], DataSet]) -> Fit:
    plain = Fit(
        name=name,
        title=title,
        text="",
        domain=((0.0, 0.0), (0.0, 0.0)),
        start=(0.0, 0.0),
        minima=(),
        note=note,
        source="Made for this page: a hundred rows, drawn once",
        coordinates=model.coordinates,
        model=model,
        draw=draw,
    )
    return _fitted(plain, "none")


FITS: dict[str, Fit] = by_name(
    [
        _entry(
            "linear_regression",
            _("Linear regression: slope and intercept"),
            _(
                "The mean squared error of a line. On raw data slope and intercept depend on each other, so the "
                "valley is long; centre or standardize the data and it becomes round."
            ),
            _LINE,
            _heights,
        ),
        _entry(
            "logistic_regression",
            _("Logistic regression: slope and intercept"),
            _(
                "The cross-entropy of an S-shaped curve. It flattens far from the minimum, so the curvature there "
                "says little about the one at the bottom."
            ),
            _CURVE,
            _passes,
        ),
        _entry(
            "logistic_boundary",
            _("Logistic regression: two weights"),
            _(
                "The cross-entropy of a boundary through the origin between two classes. The features have "
                "different scales until they are standardized."
            ),
            _BOUNDARY,
            _pairs,
        ),
    ]
)
"""Every model on data by name, in the order of the menu."""
