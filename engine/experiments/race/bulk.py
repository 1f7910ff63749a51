"""Very many races as one array program: one rule on one surface, hyperparameters and starts as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.formula import Formula
from engine.formula.memory import aligned
from engine.formula.terrain import Terrain, terrain, terrain_in_pieces
from engine.message import say
from engine.optimizers import Clip, Rule, Schedule
from engine.optimizers.formula_rule import FormulaRule
from engine.optimizers.own import OwnRule
from engine.optimizers.schedules import Constant
from engine.params import refused
from engine.pieces import Pieces
from engine.surfaces import Surface
from engine.surfaces.fits import MeanLoss
from engine.surfaces.surface import Loss, Rows

Array = NDArray[np.float64]

FAR = 1e6
"""A racer this many widths of the domain away from the origin has diverged."""


class Air(NamedTuple):
    """What all racers share, beside the surface.

    Args:
        total: steps of the whole race, for the schedule. schedule, clip: as in `RaceParams`.
        noise: what is added to each step's gradient: (steps, 2), or (steps, 2, ...) where each racer has its own.
    """

    total: int
    schedule: Schedule = Constant()
    clip: Clip = Clip()
    noise: Array | None = None


def with_arrays(rule: Rule, arrays: Mapping[str, Any]) -> Rule:
    """Return a rule some of whose hyperparameters are arrays (trusted), which broadcast against the racers.

    Raises:
        InvalidParams: where the rule has no such hyperparameter.
    """
    changed: dict[str, Any] = {}
    for name, values in arrays.items():
        if isinstance(rule, OwnRule) and name in rule.hyperparameters:
            own = changed.get("hyperparameters", rule.hyperparameters)
            changed["hyperparameters"] = {**own, name: own[name].model_copy(update={"value": values})}
        elif name in type(rule).model_fields and name not in ("rule", "dialect", "hyperparameters", "text"):
            changed[name] = values
        else:
            sentence = say("{rule} has no “{name}”; choose one of its own settings.", rule=rule.called, name=name)
            raise refused(sentence, name)
    return rule.model_copy(update=changed)


def can_bulk(rule: Rule) -> bool:
    """Tell whether a rule can race in bulk: it is a text; those that solve systems or search go in a `Stack`."""
    return isinstance(rule, FormulaRule) and type(rule).update is FormulaRule.update


def compile_in_pieces(surface: Surface) -> Pieces[None]:
    """Compile what very many races, and theory, ask of a surface; a formula seen for the first time takes long."""
    loss = surface.formula
    if isinstance(loss, Formula):
        yield from loss.compile_in_pieces(hessian=True)
        yield from terrain_in_pieces(loss)


class _Plain:
    """A loss that is no formula, asked as it can be asked."""

    works = (0, 0)

    def __init__(self, loss: Loss) -> None:
        self._loss = loss

    def within(self, reach: float) -> bool:
        """Tell whether value and slopes are surely finite as far as ``reach`` from the origin."""
        return isinstance(self._loss, MeanLoss) and reach < 1e100  # it grows like a square at most

    def evaluate(self, theta: Array, value: Array | None, slope: Array | None, scratch: list[Array]) -> None:
        """As `Terrain.evaluate`; the slopes too only where they are wanted."""
        places = np.moveaxis(theta, 0, -1)
        if slope is not None:
            slope[...] = np.moveaxis(self._loss.gradient(places), -1, 0)
        if value is not None:
            value[...] = self._loss.value(places)


class Bulk:
    """R races of one rule side by side; each goes as it would alone, to rounding.

    A racer that goes off to infinity, or to where the loss is no number, is out: its place is NaN from then on.

    Args:
        surface: on which they race. rule: `can_bulk`; its hyperparameters may be arrays (see `with_arrays`).
        starts: (2, ...) or what broadcasts to it; the racers have the shape ``...``, to which the hyperparameters
            broadcast.
        shape: of the racers, where the starts alone do not tell.

    Attributes: ``theta`` (2, ...), ``out`` (...): the step at which a racer went out, or -1; ``step``. Every step
    has cost each racer one evaluation of the gradient.
    """

    def __init__(self, surface: Surface, rule: Rule, starts: Any, air: Air, shape: tuple[int, ...] = ()) -> None:
        assert isinstance(rule, FormulaRule)
        assert can_bulk(rule)
        loss = self._loss = surface.formula
        made = (terrain(loss) if isinstance(loss, Formula) else None) or _Plain(loss)
        self._terrain: Terrain | _Plain = made
        self.air = air
        self.step = 0
        starts = np.asarray(starts, dtype=np.float64)
        shape = np.broadcast_shapes(starts.shape[1:], shape)
        starts = starts.reshape(2, *[1] * (len(shape) - starts.ndim + 1), *starts.shape[1:])
        self.theta = aligned((2, *shape), starts)
        self.out = np.full(shape, -1)
        self._limit = (FAR * max(high - low for low, high in surface.domain)) ** 2
        self._sure = made.within(self._limit**0.5)
        self._rule = rule
        self._state = {
            name: aligned(held.shape, held) if isinstance(held, np.ndarray) else held
            for name, held in rule.init(self.theta).items()
        }
        self._slope = aligned((2, *shape))
        self._value: Array = aligned(shape)
        self._scratch = [aligned(shape) for _ in range(max(2, *made.works))]
        self._good = np.empty(shape, np.bool_)
        self._alive = int(np.prod(shape, dtype=int))
        with np.errstate(all="ignore"):
            self._look(needed=True)

    @property
    def loss(self) -> Array:
        """The loss of each racer (...), NaN for those that are out; new memory."""
        value = np.empty_like(self._value)
        with np.errstate(all="ignore"):
            self._terrain.evaluate(self.theta, value, np.empty_like(self._slope), self._scratch)
        return value

    def advance(self, steps: int, losses: Array | None = None, rows: Rows | None = None) -> None:
        """Take so many steps with all racers.

        Args:
            losses: (steps, ...), filled with the loss after each step.
            rows: where the loss is one on data, the batch of each step: (at least steps, B), or one for each of
                the S racers of the last axis (at least steps, S, B); None for all rows, of which the losses are.
        """
        air = self.air
        slope = self._slope
        factors = [air.schedule.factor(self.step + j, air.total) for j in range(steps)]
        moves = self._rule.steps(self._state, self.theta, slope, factors)
        with np.errstate(all="ignore"):
            for j in range(steps):
                if rows is not None:
                    slope[...] = self._on(rows[j])
                if air.noise is not None:
                    gust = air.noise[self.step]
                    slope += gust.reshape(2, *[1] * (slope.ndim - gust.ndim), *gust.shape[1:])
                if air.clip.mode != "none":
                    air.clip.apply(np.moveaxis(slope, 0, -1))
                next(moves)
                self.step += 1
                self._look(needed=losses is not None, slopes=rows is None)
                if losses is not None:
                    losses[j] = self._value

    def _on(self, rows: Rows) -> Array:
        """Return the slopes (2, ...) of a batch, or of one for each racer of the last axis."""
        assert isinstance(self._loss, MeanLoss)
        places = np.moveaxis(self.theta, 0, -1)
        each = self._loss.on(rows).gradient(places) if rows.ndim == 1 else self._loss.batch_gradients(places, rows)
        return np.moveaxis(each, -1, 0)

    def _look(self, *, needed: bool, slopes: bool = True) -> None:
        """Ask the surface about the present places, and take out who is lost.

        Args:
            needed: whether the loss is. slopes: whether they are; batches have their own.
        """
        value = self._value if needed or not self._sure else None
        if isinstance(self._terrain, Terrain) or slopes:
            self._terrain.evaluate(self.theta, value, self._slope, self._scratch)
        else:
            self._terrain.evaluate(self.theta, value, None, self._scratch)
        flat = self.theta.reshape(-1)
        if self._sure and flat @ flat < self._limit:  # all of them are near
            return
        (x, y), (a, b) = self.theta, self._scratch[:2]
        np.multiply(x, x, a)
        np.multiply(y, y, b)
        np.add(a, b, a)
        np.less(a, self._limit, self._good)
        if not self._sure:
            self._good &= np.isfinite(self._value)
            odd = ~np.isfinite(self._slope).all(0)
            if odd.any():
                self._slope[:, odd] = 0.0
        alive = int(np.count_nonzero(self._good))
        if alive < self._alive:
            self._alive = alive
            lost = ~self._good & (self.out < 0)
            self.out[lost] = self.step
            self.theta[:, lost] = np.nan
