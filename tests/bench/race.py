"""How fast races are, against torch.optim's loops in the same process: `python -m tests.bench.race`.

The same work on both sides: nine first-order rules, 500 steps on Beale's function, float64, every position, loss
and gradient norm kept. torch walks each optimizer by itself, as its users do; the engine walks all nine at once.
A second table gives the cost of one update of each rule alone, on two numbers and on 500,000 float32 ones.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import engine
from engine.optimizers import RULES

RACERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "adamw", "nadam")
STEPS = 500
START = (1.0, 1.0)
REPEATS = 5
COMPARED = 201  # later on Adadelta's path on Beale doubles rounding errors
TARGET = 150.0


def seconds(work: Callable[[], Any], repeats: int) -> float:
    """Return the median duration of ``work``."""
    durations = []
    for _ in range(repeats):
        began = perf_counter()
        work()
        durations.append(perf_counter() - began)
    return median(durations)


def race() -> dict[str, np.ndarray]:
    """Run the nine rules with the engine; returns the path (steps + 1, 2) of each."""
    params = {"surface": "beale", "start": START, "steps": STEPS, "racers": [{"rule": name} for name in RACERS]}
    frames = [frame["positions"] for frame in engine.run("race", params)]
    return dict(zip(RACERS, np.concatenate(frames, axis=1), strict=True))


def torch_race() -> dict[str, np.ndarray]:
    """Run the nine optimizers with torch.optim, one after the other; returns the path (steps + 1, 2) of each."""
    import torch

    from tests.oracles.references import torch_optimizer
    from tests.oracles.torch_surfaces import SURFACES

    paths = {}
    for name in RACERS:
        theta = torch.tensor(START, dtype=torch.float64, requires_grad=True)
        optimizer = torch_optimizer({"rule": name}, theta)
        positions, losses, norms = np.empty((STEPS + 1, 2)), np.empty(STEPS), np.empty(STEPS)
        positions[0] = START
        for step in range(STEPS):
            optimizer.zero_grad()
            loss = SURFACES["beale"](theta[0], theta[1])
            loss.backward()
            assert theta.grad is not None
            losses[step], norms[step] = loss.item(), theta.grad.norm().item()
            optimizer.step()
            positions[step + 1] = theta.detach().numpy()
        paths[name] = positions
    return paths


class Bowl:
    """f = |theta|²/2, what the second-order rules ask while their updates are timed."""

    def value_and_gradient(self, theta: np.ndarray) -> tuple[Any, np.ndarray]:
        """Return f and its gradient."""
        return theta.dot(theta) / 2, theta

    def hessian(self, theta: np.ndarray) -> np.ndarray:
        """Return the identity."""
        return np.eye(len(theta))


def update_cost(name: str, size: int, dtype: Any, calls: int) -> float:
    """Return the microseconds that one update of ``size`` parameters takes."""
    theta = np.random.default_rng(0).normal(size=size).astype(dtype)
    gradient, rule, bowl = theta * dtype(0.1), RULES[name](), Bowl()
    state = rule.init(theta)
    start = theta.copy()

    def work() -> None:
        theta[...] = start
        for _ in range(calls):
            rule.update(state, theta, gradient, 1.0, bowl)

    return seconds(work, 5) / calls * 1e6


def compare() -> float | None:
    """Print the race's table; returns how many times faster the engine is, or None where torch is missing."""
    write = sys.stdout.write
    began = perf_counter()
    ours = race()
    first = perf_counter() - began
    has_torch = importlib.util.find_spec("torch") is not None
    apart = None
    if has_torch:
        import torch

        torch.set_num_threads(1)
        theirs = torch_race()
        apart = max(float(np.abs(ours[name] - theirs[name])[:COMPARED].max()) for name in RACERS)
    quick, slow = [], []
    for _ in range(REPEATS):  # in turns, so that a busy machine is unfair to both alike
        quick.append(seconds(race, 3))
        if has_torch:
            slow.append(seconds(torch_race, 1))
    each = 1e6 / len(RACERS) / STEPS
    write(f"Nine rules x {STEPS} steps on Beale, {platform.machine()}, NumPy {np.__version__}\n\n")
    write(f"{'':24}{'ms':>10}{'µs a step of one rule':>24}\n")
    write(f"{'engine, first race':24}{first * 1e3:10.1f}\n")
    write(f"{'engine':24}{median(quick) * 1e3:10.1f}{median(quick) * each:24.2f}\n")
    if not has_torch:
        write("\ntorch is not installed: no ratio\n")
        return None
    ratio = median(b / a for a, b in zip(quick, slow, strict=True))
    write(f"{'torch.optim':24}{median(slow) * 1e3:10.1f}{median(slow) * each:24.2f}\n")
    write(f"\nratio {ratio:.1f} (target {TARGET:.0f}); the paths differ by {apart:.1e} at most\n")
    return ratio


def main() -> int:
    """Print the tables; returns 1 when the race misses its target."""
    ratio = compare()
    write = sys.stdout.write
    write(f"\n{'one update, µs':24}{'2 x float64':>14}{'500,000 x float32':>20}\n")
    with np.errstate(all="ignore"):
        for name, rule in RULES.items():
            large = f"{update_cost(name, 500_000, np.float32, 10):20.0f}" if rule.order == 1 else ""
            write(f"{name:24}{update_cost(name, 2, np.float64, 500):14.2f}{large}\n")
    return int(ratio is not None and ratio < TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
