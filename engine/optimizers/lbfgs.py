"""L-BFGS."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.line_search import TOLERANCE_CHANGE
from engine.optimizers.quasi_newton import Movers, QuasiNewton, Runs
from engine.optimizers.rule import Array, LossAndGradient, State
from engine.optimizers.runs import dot, doubles, pick, wide
from engine.params import slider
from engine.pieces import Pieces


class LBFGS(QuasiNewton):
    """L-BFGS: BFGS from the last few pairs of steps and gradient changes, without ever forming the matrix.

        s = theta - theta_before,  q = g - g_before,  r = 1 / s'q         (the last ``history_size`` pairs)
        d = -g;  for each pair, newest first:  a_i = r_i s_i'd;  d = d - a_i q_i
        d = d * s'q / q'q;  for each pair, oldest first:  d = d + s_i (a_i - r_i q_i'd)
        theta = theta + t * d

    Convention: one update is one call of torch.optim.LBFGS(max_iter=1), line search included (max_eval=26):
        t is the learning rate, in the first step times min(1, 1/|g|_1); a pair counts when s'q > 1e-10;
        nothing moves where no component of g exceeds 1e-7 or g'd > -1e-9. Weight decay, which torch lacks,
        is L2.
    Raises: ValueError for a line search without objective.
    Source: Liu & Nocedal 1989, On the limited memory BFGS method; Nocedal & Wright 2006, Algorithm 7.4
        (there y for q).
    """

    title: ClassVar[str] = _("L-BFGS")
    color: ClassVar[str] = palette.GREEN
    dash: ClassVar[str] = "dash"
    order: ClassVar[int] = 2
    year: ClassVar[int] = 1989
    needs: ClassVar[tuple[str, ...]] = ("function",)

    rule: Literal["lbfgs"] = "lbfgs"
    learning_rate: float = fields.learning_rate(1.0)
    history_size: int = slider(
        100,
        1,
        100,
        _("History"),
        _("k: how many pairs of steps and gradient changes are kept."),
        unit=_("pairs"),
        effect="live",
        group=_("More"),
    )
    line_search: Literal["none", "strong_wolfe"] = fields.line_search("none")
    weight_decay: float = fields.weight_decay()

    def equations(self) -> tuple[str, ...]:
        return (
            r"s_i = \theta_{i+1} - \theta_i, \quad q_i = g_{i+1} - g_i, \quad i = t-k, \dots, t-1",
            r"P = P(s_i, q_i), \quad P_0 = \frac{s^\top q}{q^\top q}\, I",
            r"\theta \leftarrow \theta - \alpha\, P g",
        )

    def init(self, theta: Array) -> State:
        runs, n, size = theta.shape[:-1], theta.shape[-1], int(np.max(self.history_size))
        return {
            "step": 0,
            "moves": np.zeros(runs, np.int64),
            "direction": np.zeros_like(theta),
            "length": np.zeros(runs),
            "g": np.zeros_like(theta),
            "scale": np.ones(runs),
            "pairs": np.zeros(runs, np.int64),
            "s": np.zeros((*runs, size, n), theta.dtype),
            "y": np.zeros((*runs, size, n), theta.dtype),
            "r": np.zeros((*runs, size)),
        }

    def update_in_pieces(
        self, state: State, theta: Array, gradient: Array, factor: float, objective: LossAndGradient | None
    ) -> Pieces[None]:
        self.fit(state)
        yield from super().update_in_pieces(state, theta, gradient, factor, objective)

    def _move(self, state: State, movers: Movers) -> Pieces[Array]:
        runs, g = movers.runs, movers.g
        self._remember(runs, state, wide(state["length"][runs]) * state["direction"][runs], g - state["g"][runs])
        direction = self._two_loops(runs, state, g, self._each(self.history_size, runs, state["g"]))
        slope = dot(g, direction)
        t = movers.first_lengths(state["moves"][runs] > 0)
        t, step = yield from self._stride(movers, direction, slope, t, ~(slope > -TOLERANCE_CHANGE))
        state["direction"][runs], state["length"][runs], state["g"][runs] = direction, t, g
        state["moves"][runs] += 1
        return step

    @staticmethod
    def _remember(runs: Runs, state: State, s: Array, y: Array) -> None:
        """Take in the pairs that count, each in its run's ring, which forgets the oldest."""
        sy = doubles(dot(s, y))
        taken = sy > 1e-10
        if not taken.any():
            return
        sy = pick(taken, sy, 1.0)
        place = (*runs, state["pairs"][runs] % state["s"].shape[-2])
        for name, value in (("s", s), ("y", y), ("r", 1.0 / sy)):
            state[name][place] = pick(taken, value, state[name][place])
        state["scale"][runs] = pick(taken, sy / pick(taken, doubles(dot(y, y)), 1.0), state["scale"][runs])
        state["pairs"][runs] += taken

    @staticmethod
    def _two_loops(runs: Runs, state: State, g: Array, history: Any) -> Array:
        """Return -H g (..., n) in new memory, from the last ``history`` pairs of each run."""
        (size, n), pairs = state["s"].shape[-2:], state["pairs"][runs]
        ages = np.arange(np.minimum(np.minimum(pairs, history), size).max())
        slots = (wide(pairs) - 1 - ages) % size  # newest first
        r = np.where(ages < wide(np.minimum(pairs, history)), state["r"][_beside(runs, slots)], 0.0)
        number = np.reshape(np.ravel_multi_index(runs, state["pairs"].shape), (-1, 1)) if runs else 0
        places, weights = list((number * size + slots).T), list(r.T)
        s, y = state["s"].reshape(-1, n), state["y"].reshape(-1, n)
        shares: list[Any] = []
        q = -g
        for place, weight in zip(places, weights, strict=True):
            share = dot(_rows(s, place), q) * weight
            q -= wide(share.astype(q.dtype, copy=False)) * _rows(y, place)
            shares.append(share)
        q *= wide(state["scale"][runs].astype(q.dtype, copy=False))
        for place, weight, share in zip(places[::-1], weights[::-1], shares[::-1], strict=True):
            more = share - dot(_rows(y, place), q) * weight
            q += wide(more.astype(q.dtype, copy=False)) * _rows(s, place)
        return q

    def fit(self, state: State) -> None:
        """Keep the newest pairs of each run when the history's size has changed on the way."""
        old, new, pairs = state["s"].shape[-2], int(np.max(self.history_size)), state["pairs"]
        if old == new:
            return
        kept = np.minimum(pairs, min(old, new))
        places = np.arange(new)
        slots = (pairs - kept)[..., None] + places
        known = places < kept[..., None]
        for name, axes in (("s", 1), ("y", 1), ("r", 0)):
            held = np.take_along_axis(state[name], wide(slots % old, axes), pairs.ndim)
            state[name] = np.where(wide(known, axes), held, np.zeros_like(held))
        state["pairs"] = np.asarray(kept)


def _beside(runs: Runs, slots: Array) -> tuple[Any, ...]:
    """Return the index of several slots of each run."""
    return (*(axis[:, None] for axis in runs), slots)


def _rows(vectors: Array, place: Any) -> Array:
    """Return one of the vectors (m, n), or those at places (R,) in new memory; NumPy's index takes far longer."""
    return vectors.take(place, 0) if isinstance(place, np.ndarray) else vectors[place]
