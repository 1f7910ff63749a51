"""Optuna's tree-structured Parzen estimator as a function of what was seen: no study is kept."""

from __future__ import annotations

import warnings

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

from engine.experiments.search.space import Points, Space


def suggest(space: Space, seen: Points, values: Points, count: int, seed: int) -> Points:
    """Return where to look next, (count, axis).

    Args:
        space: the axes. seen, values: (n, axis) and (n,). What has no value counts as the worst that was seen.
        count: how many points are wanted. seed: of what is drawn.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    shapes: dict[str, BaseDistribution] = {
        str(i): CategoricalDistribution(range(len(side.choices))) if side.choices else FloatDistribution(0, 1)
        for i, side in enumerate(space.sides)
    }
    worst = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # options called experimental
        sampler = optuna.samplers.TPESampler(
            seed=(seed * 7919 + len(seen)) % 2**31, n_startup_trials=0, multivariate=True, constant_liar=True
        )
        study = optuna.create_study(sampler=sampler)
        for point, value in zip(seen, values, strict=True):
            params = {
                str(i): _choice(u, len(side.choices)) if side.choices else float(u)
                for i, (side, u) in enumerate(zip(space.sides, point, strict=True))
            }
            told = float(value) if np.isfinite(value) else worst
            study.add_trial(optuna.trial.create_trial(params=params, distributions=shapes, value=told))
        asked = [study.ask(shapes).params for _further in range(count)]
    return np.array(
        [
            [
                (one[str(i)] + 0.5) / len(side.choices) if side.choices else one[str(i)]
                for i, side in enumerate(space.sides)
            ]
            for one in asked
        ]
    )


def _choice(u: float, count: int) -> int:
    return min(count - 1, int(u * count))
