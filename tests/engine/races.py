"""Races for tests: a few fields of racers, run to the end in frames of any size."""

import numpy as np

from engine.experiment import experiment
from engine.experiments.race.standing import STATUSES
from engine.optimizers import RULES
from engine.params import check
from engine.replay import Run

RACE = experiment("race")
ALL_RULES = [{"rule": name} for name in RULES]
GENTLE = [{"rule": "sgd", "learning_rate": 1e-3}, {"rule": "adam", "learning_rate": 0.05}]
FULL = {
    "surface": "himmelblau",
    "racers": [*GENTLE, {"rule": "momentum", "learning_rate": 1e-3}, {"rule": "bfgs"}, {"rule": "newton"}],
    "steps": 60,
    "noise": 0.5,
    "weight_decay": 0.01,
    "clip": {"mode": "norm", "threshold": 5.0},
    "schedule": {"schedule": "cosine"},
    "seed": 3,
}


def params_of(data):
    return check(RACE.Params, data)


def race(data, *, frames=(10_000,), changes=()):
    """Run to the end in frames of the given sizes (repeated); returns the start frame and the others."""
    run = Run(RACE, params_of(data), changes)
    found = [run.first()]
    i = 0
    while not run.done:
        found.append(run.advance(frames[i % len(frames)]))
        i += 1
    return found


def joined(frames, name):
    return np.concatenate([frame[name] for frame in frames], axis=1)


def statuses(frame):
    return [STATUSES[code] for code in frame["status"]]
