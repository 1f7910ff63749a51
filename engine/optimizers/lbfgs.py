"""L-BFGS."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.line_search import TOLERANCE_CHANGE, first_length, search_along
from engine.optimizers.quasi_newton import QuasiNewton
from engine.optimizers.rule import Array, Objective, State
from engine.params import slider


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
        runs, n = theta.shape[:-1], theta.shape[-1]
        return {
            "step": 0,
            "moves": np.zeros(runs, np.int64),
            "direction": np.zeros_like(theta),
            "length": np.zeros(runs),
            "g": np.zeros_like(theta),
            "scale": np.ones(runs),
            "pairs": np.zeros(runs, np.int64),
            "s": np.zeros((*runs, self.history_size, n), theta.dtype),
            "y": np.zeros((*runs, self.history_size, n), theta.dtype),
            "r": np.zeros((*runs, self.history_size)),
        }

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        if state["s"].shape[-2] != self.history_size:
            self._resize(state)
        super().update(state, theta, gradient, factor, objective)

    def _advance(
        self, run: tuple[int, ...], state: State, theta: Array, g: Array, *, t: Any, objective: Objective | None
    ) -> None:
        direction = state["direction"][run]
        if state["moves"][run] == 0:
            np.negative(g, direction)
            t = first_length(g, t)
        else:
            self._remember(run, state, direction * state["length"][run], g - state["g"][run])
            direction[...] = self._two_loops(run, state, g)
        state["moves"][run] += 1
        state["g"][run] = g
        slope = g.dot(direction)
        if slope <= -TOLERANCE_CHANGE or np.isnan(slope):
            if self.line_search != "none":
                t = search_along(objective, theta, direction, g, slope=slope, t=t, decay=self.weight_decay)
            theta += (t * direction).astype(theta.dtype, copy=False)
        state["length"][run] = t

    @staticmethod
    def _remember(run: tuple[int, ...], state: State, s: Array, y: Array) -> None:
        """Take in a pair, in a ring that forgets the oldest."""
        sy = float(s.dot(y))
        if not sy > 1e-10:
            return
        slot = state["pairs"][run] % state["s"].shape[-2]
        state["s"][run][slot] = s
        state["y"][run][slot] = y
        state["r"][run][slot] = 1.0 / sy
        state["scale"][run] = sy / float(y.dot(y))
        state["pairs"][run] += 1

    @staticmethod
    def _two_loops(run: tuple[int, ...], state: State, g: Array) -> Array:
        """Return -H g (n,) in new memory."""
        size, pairs = state["s"].shape[-2], int(state["pairs"][run])
        s, y, r = list(state["s"][run]), list(state["y"][run]), state["r"][run].tolist()
        slots = [i % size for i in range(max(0, pairs - size), pairs)]
        share = [0.0] * size
        q = -g
        for i in reversed(slots):
            share[i] = a = float(s[i].dot(q)) * r[i]
            q -= a * y[i]
        q *= float(state["scale"][run])
        for i in slots:
            q += (share[i] - float(y[i].dot(q)) * r[i]) * s[i]
        return q

    def _resize(self, state: State) -> None:
        """Keep the newest pairs when the history's size has changed on the way."""
        old, new = state["s"].shape[-2], self.history_size
        kept = {name: state[name] for name in ("s", "y", "r")}
        state["s"], state["y"] = (
            np.zeros((*kept[name].shape[:-2], new, kept[name].shape[-1]), kept[name].dtype) for name in ("s", "y")
        )
        state["r"] = np.zeros((*kept["r"].shape[:-1], new))
        for run in np.ndindex(state["pairs"].shape):
            pairs = int(state["pairs"][run])
            slots = [i % old for i in range(max(0, pairs - min(old, new)), pairs)]
            for name, values in kept.items():
                state[name][run][: len(slots)] = values[run][slots]
            state["pairs"][run] = len(slots)
