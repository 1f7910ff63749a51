"""How often a critical point of a random function is a minimum, by the number of dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.asked import Asked
from engine.experiment import Question
from engine.frame import ArraySpec, Told, Value
from engine.message import _, say
from engine.params import slider
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiments.race.simulation import RaceSimulation

Array = NDArray[np.float64]

DIMENSIONS = (1, 2, 3, 4, 5, 6)
GOE_MINIMA = {1: 1 / 2, 2: (2 - np.sqrt(2)) / 4, 3: (np.pi - 2 * np.sqrt(2)) / (4 * np.pi)}
"""Probability that a random symmetric matrix (GOE) is positive definite: .5, .1464, .0249."""
SMOOTH_MINIMA = {1: 1 / 2, 2: 1 / 4, 3: (29 - 6 * np.sqrt(6)) / 116}
"""Share of minima among the critical points of an isotropic Gaussian field: .5, .25, .1233."""


def random_hessians(dimension: int, draws: int, rng: np.random.Generator) -> Array:
    """Return matrices (draws, n, n) of the Gaussian orthogonal ensemble: (A + A')/2 of normal entries."""
    a = rng.standard_normal((draws, dimension, dimension))
    return np.asarray((a + a.transpose(0, 2, 1)) / 2)


def share_of_minima(dimension: int, draws: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return which share of random critical points are minima, for two kinds of random function.

    The first has a Hessian of the GOE at its critical point. The second is a smooth random function that looks the
    same everywhere and in every direction (an isotropic Gaussian field): at a point where its gradient is 0 the
    Hessian is sqrt(2) GOE + xi I, xi one normal number, and a point counts |det H| times (Kac and Rice), because
    that is how densely such points lie.

    Source: Bray & Dean 2007, Statistics of critical points of Gaussian fields on large-dimensional spaces; the
        closed form in three dimensions: Bardeen, Bond, Kaiser & Szalay 1986.
    """
    goe = random_hessians(dimension, draws, rng)
    eigenvalues = np.linalg.eigvalsh(goe)
    level = rng.standard_normal((draws, 1))
    curvatures = np.sqrt(2.0) * eigenvalues + level
    weights = np.abs(curvatures.prod(-1))
    first = float((eigenvalues[:, 0] > 0).mean())
    return first, float(weights[curvatures[:, 0] > 0].sum() / weights.sum())


class CriticalPoints(Asked):
    """Random critical points by dimension."""

    draws: int = slider(
        10_000, 2_000, 20_000, _("Draws"), _("How many random critical points in each dimension."), scale="log"
    )

    def answer_in_pieces(self, simulation: RaceSimulation) -> Pieces[dict[str, Value]]:
        """Return the shares of minima by dimension, and the closed form where there is one."""
        rng = np.random.default_rng(simulation.params.seed)
        found = []
        for n in DIMENSIONS:
            found.append(share_of_minima(n, self.draws, rng))
            yield
        shares = np.array(found).T
        theory = np.array([[known.get(n, np.nan) for n in DIMENSIONS] for known in (GOE_MINIMA, SMOOTH_MINIMA)])
        remark = say(
            "With a random Hessian {two:.1%} of the critical points are minima in two dimensions (theory "
            "{expected_two:.1%}), {three:.2%} in three (theory {expected_three:.2%}) and {six:.3%} in six. A "
            "smooth random function has {smooth_two:.0%} in two and {smooth_six:.1%} in six.",
            two=float(shares[0, 1]),
            three=float(shares[0, 2]),
            expected_two=float(theory[0, 1]),
            expected_three=float(theory[0, 2]),
            six=float(shares[0, 5]),
            smooth_two=float(shares[1, 1]),
            smooth_six=float(shares[1, 5]),
        )
        return {
            "dimensions": np.array(DIMENSIONS, dtype=np.float64),
            "minima_share": np.where(shares[0] > 0, shares[0], np.nan),
            "minima_share_smooth": np.where(shares[1] > 0, shares[1], np.nan),
            "minima_theory": theory[0],
            "minima_theory_smooth": theory[1],
            "minima_remark": Told(remark),
        }


_BY_DIMENSION = ("dimension",)
QUESTIONS = (
    Question(
        "critical_points",
        _("How often a random critical point is a minimum"),
        CriticalPoints,
        {
            "dimensions": ArraySpec(_BY_DIMENSION, _("Dimensions")),
            "minima_share": ArraySpec(_BY_DIMENSION, _("Share of minima where the Hessian is random")),
            "minima_share_smooth": ArraySpec(_BY_DIMENSION, _("Share of minima of a smooth random function")),
            "minima_theory": ArraySpec(_BY_DIMENSION, _("Closed form for a random Hessian, up to 3 dimensions")),
            "minima_theory_smooth": ArraySpec(
                _BY_DIMENSION, _("Closed form for a smooth one, up to 3 dimensions")
            ),
            "minima_remark": ArraySpec((), _("In a sentence")),
        },
    ),
)
