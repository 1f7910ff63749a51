"""Which trajectories are compared: a rule, where it runs, and which library walked the reference.

`make_trajectories` walks them with torch, optax, Keras or SciPy; `test_trajectories` with the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STEPS = 200
STARTS = {"beale": (1.0, 1.0), "rosenbrock": (-1.2, 1.0), "himmelblau": (0.5, -0.5), "booth": (-4.0, 2.5)}
# Quasi-Newton steps far from a minimum double rounding errors; these starts keep them from growing to 1e-9.
_NEARER = {"rosenbrock": (0.6, 0.3), "himmelblau": (2.0, 1.0)}


@dataclass(frozen=True)
class Case:
    """One trajectory. ``rule``, ``schedule`` and ``clip`` are what the engine's models validate."""

    id: str
    library: str
    rule: dict[str, Any]
    surface: str
    schedule: dict[str, Any] = field(default_factory=lambda: {"schedule": "constant"})
    clip: dict[str, Any] = field(default_factory=dict)

    @property
    def start(self) -> tuple[float, float]:
        """Where it begins."""
        nearer = _NEARER if self.rule["rule"] in ("bfgs", "lbfgs") else {}
        return nearer.get(self.surface, STARTS[self.surface])


# Hyperparameters other than the defaults, of every rule; the learning rate may depend on the surface.
_STEEP = {"beale": 0.004, "rosenbrock": 0.0004, "himmelblau": 0.006, "booth": 0.03}
_OTHERS: dict[str, dict[str, Any]] = {
    "sgd": {"learning_rate": _STEEP, "weight_decay": 0.02},
    "momentum": {
        "learning_rate": {name: rate / 3 for name, rate in _STEEP.items()},
        "momentum": 0.8,
        "dampening": 0.3,
        "weight_decay": 0.02,
    },
    "nesterov": {
        "learning_rate": {name: rate / 3 for name, rate in _STEEP.items()},
        "momentum": 0.85,
        "weight_decay": 0.02,
    },
    "adagrad": {"learning_rate": 0.4, "eps": 1e-4, "initial_accumulator": 0.5, "weight_decay": 0.05},
    "rmsprop": {"learning_rate": 0.004, "rho": 0.95, "eps": 1e-3, "weight_decay": 0.05},
    "adadelta": {"learning_rate": 0.3, "rho": 0.97, "eps": 1e-5, "weight_decay": 0.05},
    "adam": {"learning_rate": 0.03, "beta1": 0.8, "beta2": 0.99, "eps": 1e-3, "weight_decay": 0.05},
    "adamw": {"learning_rate": 0.03, "beta1": 0.85, "beta2": 0.98, "eps": 1e-4, "weight_decay": 0.2},
    "amsgrad": {"learning_rate": 0.05, "beta1": 0.7, "beta2": 0.95, "eps": 1e-4, "weight_decay": 0.05},
    "nadam": {
        "learning_rate": 0.03,
        "beta1": 0.8,
        "beta2": 0.99,
        "eps": 1e-3,
        "momentum_decay": 0.1,
        "weight_decay": 0.05,
    },
    "radam": {"learning_rate": 0.01, "beta1": 0.8, "beta2": 0.97, "eps": 1e-3, "weight_decay": 0.05},
    "lion": {"learning_rate": 0.003, "beta1": 0.7, "beta2": 0.95, "weight_decay": 0.1},
    "newton": {"learning_rate": 0.3, "weight_decay": 0.05},
    "bfgs": {"learning_rate": 0.3, "line_search": "none", "weight_decay": 0.05},
    "lbfgs": {"learning_rate": 0.7, "history_size": 3, "line_search": "strong_wolfe", "weight_decay": 0.05},
}
_LIBRARY = {"lion": "optax", "newton": "torch-hessian", "bfgs": "scipy"}

# The same rule in another dialect: its own defaults, and others.
_DIALECTS: dict[str, list[dict[str, Any]]] = {
    "keras": [
        {"rule": "momentum", "learning_rate": 0.0005, "momentum": 0.85},
        {"rule": "nesterov", "learning_rate": 0.0005, "momentum": 0.85},
        {"rule": "adagrad"},
        {"rule": "adagrad", "learning_rate": 0.3, "eps": 1e-3, "initial_accumulator": 0.7},
        {"rule": "rmsprop"},
        {"rule": "rmsprop", "learning_rate": 0.004, "rho": 0.95, "eps": 1e-3, "centered": True, "momentum": 0.5},
        {"rule": "adadelta"},
        {"rule": "adadelta", "learning_rate": 0.5, "rho": 0.97, "eps": 1e-4},
        {"rule": "adam"},
        {"rule": "adam", "learning_rate": 0.03, "beta1": 0.8, "beta2": 0.99, "eps": 1e-3},
        {"rule": "adamw"},
        {"rule": "adamw", "learning_rate": 0.03, "beta1": 0.8, "beta2": 0.99, "eps": 1e-3, "weight_decay": 0.2},
        {"rule": "amsgrad"},
        {"rule": "amsgrad", "learning_rate": 0.05, "beta1": 0.7, "beta2": 0.95, "eps": 1e-3},
        {"rule": "nadam"},
        {"rule": "nadam", "learning_rate": 0.03, "beta1": 0.8, "beta2": 0.99, "eps": 1e-3},
    ],
    "optax": [
        {"rule": "momentum", "learning_rate": 0.0005, "momentum": 0.85, "weight_decay": 0.05},
        {"rule": "nesterov", "learning_rate": 0.0005, "momentum": 0.85, "weight_decay": 0.05},
        {"rule": "adagrad", "learning_rate": 0.3},
        {"rule": "adagrad", "learning_rate": 0.3, "eps": 1e-3, "initial_accumulator": 0.7},
        {"rule": "rmsprop", "learning_rate": 0.004},
        {"rule": "rmsprop", "learning_rate": 0.004, "rho": 0.95, "eps": 1e-3, "centered": True, "momentum": 0.5},
        {"rule": "adadelta", "learning_rate": 1.0},
        {"rule": "adadelta", "learning_rate": 0.5, "rho": 0.95, "eps": 1e-4, "weight_decay": 0.05},
        {"rule": "adam", "learning_rate": 0.03},
        {"rule": "adamw", "learning_rate": 0.03},
        {"rule": "amsgrad", "learning_rate": 0.05},
        {"rule": "amsgrad", "learning_rate": 0.05, "beta1": 0.7, "beta2": 0.95, "eps": 1e-3},
        {"rule": "nadam", "learning_rate": 0.03},
        {"rule": "nadam", "learning_rate": 0.03, "beta1": 0.8, "beta2": 0.99, "eps": 1e-3},
        {"rule": "radam", "learning_rate": 0.01},
        {"rule": "radam", "learning_rate": 0.01, "beta1": 0.8, "beta2": 0.97, "eps": 1e-2},
        {"rule": "lion", "learning_rate": 0.003},
        {"rule": "lion", "learning_rate": 0.003, "beta1": 0.7, "beta2": 0.95, "weight_decay": 0.2},
    ],
}

# torch's own further switches, and forms that only a dozen lines of plain Python have.
_FURTHER: list[tuple[str, dict[str, Any]]] = [
    ("torch", {"rule": "rmsprop", "learning_rate": 0.01, "rho": 0.98, "eps": 0.3, "centered": True}),
    ("torch", {"rule": "rmsprop", "learning_rate": 0.002, "rho": 0.9, "eps": 1e-3, "momentum": 0.8}),
    ("torch", {"rule": "lbfgs", "line_search": "strong_wolfe"}),
    ("torch", {"rule": "lbfgs", "learning_rate": 0.2, "history_size": 5}),
    ("scipy", {"rule": "bfgs", "learning_rate": 0.5, "weight_decay": 0.1}),
    ("plain", {"rule": "adam", "learning_rate": 0.01, "eps": 1e-4, "bias_correction": False}),
    (
        "plain",
        {"rule": "momentum", "dialect": "keras", "learning_rate": 0.0005, "momentum": 0.8, "weight_decay": 0.3},
    ),
]

_SCHEDULES: list[dict[str, Any]] = [
    {"schedule": "step", "every": 30, "gamma": 0.5},
    {"schedule": "exponential", "gamma": 0.98},
    {"schedule": "cosine", "floor": 0.1},
    {"schedule": "warmup", "over": 40, "start": 0.05},
    {"schedule": "one_cycle", "rise": 0.4},
]
_SCHEDULED: list[tuple[str, dict[str, Any]]] = [
    ("torch", {"rule": "momentum", "learning_rate": 0.0005}),
    ("torch", {"rule": "adam", "learning_rate": 0.05}),
    ("keras", {"rule": "momentum", "dialect": "keras", "learning_rate": 0.0005}),
    ("keras", {"rule": "rmsprop", "dialect": "keras", "learning_rate": 0.004, "eps": 1e-3, "momentum": 0.5}),
]
_CLIPPED: list[dict[str, Any]] = [
    {"rule": "sgd", "learning_rate": 0.01},
    {"rule": "adam", "learning_rate": 0.01, "weight_decay": 0.05},
    {"rule": "momentum", "learning_rate": 0.003},
]


def _make() -> list[Case]:
    cases = []
    for rule, others in _OTHERS.items():
        library = _LIBRARY.get(rule, "torch")
        for surface in STARTS:
            cases.append(Case(f"{rule} default {surface}", library, {"rule": rule}, surface))
            rate = others["learning_rate"]
            fitted = {**others, "learning_rate": rate[surface] if isinstance(rate, dict) else rate}
            cases.append(Case(f"{rule} others {surface}", library, {"rule": rule, **fitted}, surface))
    for library, rules in _DIALECTS.items():
        for number, rule in enumerate(rules):
            for surface in ("beale", "himmelblau"):
                name = f"{rule['rule']} {library}{number} {surface}"
                cases.append(Case(name, library, {**rule, "dialect": library}, surface))
    for number, (library, rule) in enumerate(_FURTHER):
        cases += [Case(f"{rule['rule']} further{number} {s}", library, rule, s) for s in STARTS]
    for number, (library, rule) in enumerate(_SCHEDULED):
        for schedule in _SCHEDULES:
            name = f"{rule['rule']} {schedule['schedule']}{number} himmelblau"
            cases.append(Case(name, library, rule, "himmelblau", schedule))
    decay = {"schedule": "inverse_time", "decay": 0.05}
    adagrad = {"rule": "adagrad", "learning_rate": 0.5}
    cases += [Case(f"adagrad lr_decay {s}", "torch", adagrad, s, decay) for s in STARTS]
    for rule in _CLIPPED:
        for mode in ("norm", "value"):
            clip = {"mode": mode, "threshold": 2.5}
            cases += [Case(f"{rule['rule']} clip-{mode} {s}", "torch", rule, s, clip=clip) for s in STARTS]
    return cases


CASES = _make()

FACTORS: dict[str, tuple[dict[str, Any], int]] = {
    f"{schedule['schedule']} {number} {total}": (schedule, total)
    for number, schedule in enumerate(
        [
            {"schedule": "constant"},
            *_SCHEDULES,
            {"schedule": "step", "every": 1, "gamma": 0.9},
            {"schedule": "cosine", "floor": 0.0},
            {"schedule": "warmup", "over": 5, "start": 1 / 3},
            {"schedule": "one_cycle", "rise": 0.3},
            {"schedule": "one_cycle", "rise": 0.75},
        ]
    )
    for total in (10, 77, 500)
}
"""Schedules whose factors are compared with those of torch's schedulers, and the length of the run."""
