"""How fast the playground trains, beside torch in eager mode: python -m tests.bench.playground.

All times are the least of several rounds that take turns in one process, on one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from engine.experiments.playground import look
from engine.experiments.playground.export import training_script
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.past import Past
from engine.experiments.playground.simulation import PlaygroundSimulation
from engine.params import check
from engine.pieces import whole

ROUNDS, STEPS, MEMBERS, BATCH, POINTS = 8, 200, 16, 32, 150


def begin(**params: object) -> PlaygroundSimulation:
    """Return a run of 2-8-8-1 with batches of 32."""
    checked = check(PlaygroundParams, {"hidden": [8, 8], "batch_size": BATCH, "data": "spirals", **params})
    return whole(PlaygroundSimulation.begin(checked, np.random.default_rng(0)))


def ours(simulation: PlaygroundSimulation) -> Callable[[], None]:
    """Return one update of all nets of a run."""
    team = simulation.teams[0]

    def step() -> None:
        whole(team.step(simulation.points, simulation.task, team.take()))

    return step


def theirs() -> Callable[[], None]:
    """Return one update of the same net in torch."""
    linear, tanh = torch.nn.Linear, torch.nn.Tanh
    net = torch.nn.Sequential(linear(2, 8), tanh(), linear(8, 8), tanh(), linear(8, 1))
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    inputs = torch.randn(POINTS, 2)
    targets = (inputs[:, 0] > 0).float()

    def step() -> None:
        rows = torch.randperm(POINTS)[:BATCH]
        outputs = net(inputs[rows])[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(outputs, targets[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def seconds(step: Callable[[], None]) -> float:
    """Return how long one update takes."""
    began = time.perf_counter()
    for _step in range(STEPS):
        step()
    return (time.perf_counter() - began) / STEPS


SPIRAL = {
    "data": "spirals",
    "noise": 0.02,
    "samples": 1000,
    "hidden": [8, 8],
    "batch_size": 10,
    "optimizer": {"rule": "adam", "learning_rate": 0.01},
}
GOAL, FRAME, NETS = 0.01, 1 / 60, 4


def spiral() -> tuple[int, float, float]:
    """Return after how many updates the test loss is at the goal, our seconds until there, and torch's.

    Torch runs the exported script: the same updates, first weights and batches. Ours looks at all points besides.
    """
    params = check(PlaygroundParams, {**SPIRAL, "steps": 20_000})
    simulation = whole(PlaygroundSimulation.begin(params, np.random.default_rng(0)))
    while simulation.step < simulation.total and simulation.last["test_loss"][0] > GOAL:
        simulation.advance(simulation.every)
    steps = simulation.step
    space: dict[str, Any] = {"__name__": "exported"}
    exec(whole(training_script(Past.of(params), 0)), space)
    both = []
    for _round in range(2):
        again = whole(PlaygroundSimulation.begin(params, np.random.default_rng(0)))
        began = time.perf_counter()
        again.advance(steps)
        between = time.perf_counter()
        space["train"](steps)
        both.append((between - began, time.perf_counter() - between))
    torch.set_default_dtype(torch.float32)
    return steps, *np.min(both, axis=0)


def fields() -> float:
    """Return how many seconds the pictures of four nets take at 100 x 100."""
    compare = [{"hidden": [8, 8], "batch_size": BATCH}] * (NETS - 1)
    simulation = begin(compare=compare)
    nets = [simulation.net(place) for place in range(NETS)]
    assert simulation.plane is not None
    assert len(simulation.plane.x) == 100
    taken = []
    for _round in range(5 * ROUNDS):
        began = time.perf_counter()
        whole(look.pictures(simulation.plane, nets, simulation.task))
        taken.append(time.perf_counter() - began)
    return min(taken)


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    steps = [ours(begin()), ours(begin(ensemble=MEMBERS)), theirs()]
    single, stacked, torch_s = np.min([[seconds(step) for step in steps] for _round in range(ROUNDS)], axis=0)
    print(f"a step of 2-8-8-1, batch {BATCH}: {1e6 * single:.0f} us; torch eager {1e6 * torch_s:.0f} us")
    print(f"torch / ours: {torch_s / single:.1f} (aim: at least 4)")
    print(f"{MEMBERS} members stacked: {stacked / single:.1f} single ones (aim: at most 5)")
    print(f"{MEMBERS} torch nets / stacked: {MEMBERS * torch_s / stacked:.0f} (aim: at least 20)")
    picture = fields()
    print(f"pictures of {NETS} nets at 100 x 100: {1e3 * picture:.1f} ms; 60 a second leave {1e3 * FRAME:.1f}")
    steps, own, torch_own = spiral()
    print(f"spiral to test loss {GOAL}: {steps} steps, {own:.1f} s; torch eager {torch_own:.1f} s")
    print(f"torch / ours: {torch_own / own:.1f} (aim: at least 4)")


if __name__ == "__main__":
    main()
