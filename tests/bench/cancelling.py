"""How soon a slider that is moved ends a map, as a visitor feels it, and what the longest piece of a map takes.

The visitor sits at a real server of one process, warmed up. He starts a race, asks for a map, a strip or the
basins, and moves the start somewhere in the midst of that; his wait lasts from sending to the first frame of the
new race. Each typed formula is one that the server has never seen. Beside the clock stands the server's processor
time within the wait, which others at work change little. Pieces are measured in this process, by the processor
time of its thread: from one place where a slider may interrupt to the next, from a race's start on.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Iterator
from typing import Any

import engine
from engine.params import check
from engine.replay import Run
from tests.app.client import Page, Picture, page
from tests.load.__main__ import server

STEPS = 500
WITHIN = 0.6
"""Seconds after the question within which the slider moves."""
VISITS = 3
ENOUGH = 0.8
"""Seconds of a processor after which a map's further pieces are not looked at: they are like those before."""
RULES = {"adam": "beta1", "newton": "weight_decay", "bfgs": "weight_decay", "lbfgs": "history_size"}
SURFACES = ("beale", "rosenbrock", "typed", "logistic_regression")
QUESTIONS = ("map", "strip", "basin")
Wait = tuple[float, float]
"""Seconds by the clock, and of the server's processor."""


def race(surface: str, rule: str, rng: random.Random) -> dict[str, Any]:
    """Return a race's parameters; a typed formula differs from all others in its numbers."""
    params = {"surface": surface, "steps": STEPS, "racers": [{"rule": rule}], "seed": rng.randrange(10**6)}
    if surface == "typed":
        a, b, c = (rng.uniform(0.5, 2) for _ in range(3))
        text = f"{a:.9f}*log(1 + x**2) + (y - {b:.9f}*sin(x))**2 + exp(-x**2 - {c:.9f}*y**2) + x**4/50"
        return {**params, "surface": {"formula": text}, "start": moved(rng)}
    if surface == "logistic_regression":
        params["batch_size"] = 8
    return {**params, "start": moved(rng)}


def moved(rng: random.Random) -> list[float]:
    """Return a place to start from, inside of all the pictures."""
    return [rng.uniform(-2, 2), rng.uniform(-1, 1)]


def asked(question: str, rule: str) -> dict[str, Any]:
    """Return the parameters of a question."""
    return {"y": RULES[rule]} if question == "map" else {}


def wait(visitor: Page, params: dict[str, Any], question: str, pid: int, rng: random.Random) -> Wait:
    """Return the seconds, by the clock and of the server's processor, from a new start to its first frame."""
    (racer,) = params["racers"]
    epoch = visitor.sent
    told = visitor.start(epoch=epoch, params=params)
    scene = next(one["scene"] for one in told if isinstance(one, dict) and one["type"] == "ready")
    visitor.send(type="ask", epoch=epoch, id=epoch, question=question, params=asked(question, racer["rule"]))
    time.sleep(rng.uniform(0, WITHIN))
    clock = (~pid << 3) | 2  # clock_getcpuclockid(3): of all threads of a process
    new = {"type": "start", "epoch": epoch + 1, "params": {**params, "start": moved(rng)}, "scene": scene}
    began, spent = time.perf_counter(), time.clock_gettime(clock)
    visitor.send(**new)
    while True:
        message = visitor.receive()
        if isinstance(message, Picture) and message.kind == "frame" and message.header["epoch"] == epoch + 1:
            return time.perf_counter() - began, time.clock_gettime(clock) - spent
        assert isinstance(message, Picture) or message["type"] != "error", message


def pieces(params: dict[str, Any], question: str) -> Iterator[float]:
    """Yield the seconds of a processor of each piece of a race's start and of the answer."""
    (racer,) = params["racers"]
    run = Run(engine.experiment("race"), check(engine.experiment("race").Params, params))

    def work() -> Iterator[object]:
        yield from run.begun()
        yield from run.answers(run.simulation, question, asked(question, racer["rule"]))

    first = began = time.thread_time()
    for _piece in work():
        now = time.thread_time()
        yield now - began
        if now - first > ENOUGH:
            return
        began = time.thread_time()


def longest(rng: random.Random) -> dict[tuple[str, str], float]:
    """Return the longest piece of each rule on each surface, in seconds; the heap is frozen as in the server."""
    engine.experiment("race").warm()
    gc.collect()
    gc.freeze()
    return {
        (surface, rule): max(max(pieces(race(surface, rule, rng), question)) for question in QUESTIONS)
        for surface in SURFACES
        for rule in RULES
    }


def main(visits: int = VISITS) -> None:
    """Print the table: a row for each surface and rule over the three questions, and one for all."""
    rng = random.Random(11)
    print(f"{'slider moved in the midst of a map (ms)':44}{'median':>8}{'p95':>8}{'worst':>8}", end="")
    print(f"{'of a processor: p95':>21}{'worst':>8}{'longest piece':>15}")
    every: list[Wait] = []
    worst = longest(rng)
    with server(1) as (url, pid):
        for (surface, rule), piece in worst.items():
            with page(url, "race") as visitor:
                waits = [
                    wait(visitor, race(surface, rule, rng), question, pid, rng)
                    for question in QUESTIONS
                    for _visit in range(visits)
                ]
            every += waits
            row(f"{surface}, {rule}", waits, piece)
    row("all", every, max(worst.values()))


def row(title: str, waits: list[Wait], piece: float) -> None:
    """Print a row."""
    clock, spent = (sorted(1e3 * one for one in column) for column in zip(*waits, strict=True))
    last = int(0.95 * (len(clock) - 1))
    print(f"{title:44}{statistics.median(clock):8.1f}{clock[last]:8.1f}{clock[-1]:8.1f}", end="")
    print(f"{spent[last]:21.1f}{spent[-1]:8.1f}{1e3 * piece:15.1f}", flush=True)


if __name__ == "__main__":
    main()
