"""How fast maps are, against optax under `jax.vmap` in the same process: `python -m tests.bench.maps`.

First what a visitor waits for: a map of 128 x 128 races of Adam on Beale's function, 300 steps, coarse to fine, as
the server computes it. Then 64 x 64 races of 500 steps over learning rate and beta1 on both sides, float64, one
thread each: ours as `Bulk`, theirs as one jitted `lax.scan` over `jax.vmap` of `optax.adam`, compiled before.
Time is the processor's, of all threads, so that others at work change it little. How soon a map ends when a slider
moves is measured by `tests.bench.cancelling`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import engine
from engine.experiments.race.bulk import Air, Bulk, with_arrays
from engine.optimizers import RULES
from engine.params import check
from engine.replay import Run
from engine.surfaces import SURFACES

SIDE, STEPS, REPEATS = 64, 500, 25
RATES = np.geomspace(1e-4, 1.0, SIDE)
BETAS = np.linspace(0.0, 0.99, SIDE)


def whole_map() -> tuple[float, float]:
    """Return seconds of a processor until the first and the last answer of the map."""
    race = engine.experiment("race")
    params = {"surface": "beale", "steps": 300, "racers": [{"rule": "adam"}]}
    run = Run(race, check(race.Params, params))
    began = process_time()
    answers = race.answers(run.simulation, "map", {"y": "beta1"})
    times = [process_time() - began for frame in answers if frame is not None]
    return times[0], times[-1]


def ours() -> np.ndarray:
    """Return the losses (SIDE, SIDE) of the engine's races."""
    surface = SURFACES["beale"]
    rule = with_arrays(RULES["adam"](), {"learning_rate": RATES[None, :], "beta1": BETAS[:, None]})
    bulk = Bulk(surface, rule, np.array(surface.start), Air(STEPS), (SIDE, SIDE))
    bulk.advance(STEPS)
    return bulk.loss


def theirs() -> Callable[[], np.ndarray]:
    """Return the same with optax, compiled."""
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_ENABLE_X64"] = "1"
    import jax
    import jax.numpy as jnp
    import optax

    def beale(theta: Any) -> Any:
        x, y = theta
        return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2

    def race(rate: Any, beta: Any) -> Any:
        optimizer = optax.adam(rate, b1=beta)
        start = jnp.array(SURFACES["beale"].start)

        def step(carry: Any, _: Any) -> Any:
            theta, state = carry
            updates, state = optimizer.update(jax.grad(beale)(theta), state)
            return (optax.apply_updates(theta, updates), state), None

        (theta, _), _ = jax.lax.scan(step, (start, optimizer.init(start)), None, length=STEPS)
        return beale(theta)

    rates, betas = np.meshgrid(RATES, BETAS)
    compiled = jax.jit(jax.vmap(race)).lower(rates.ravel(), betas.ravel()).compile()
    return lambda: np.asarray(compiled(rates.ravel(), betas.ravel())).reshape(SIDE, SIDE)


def taken(work: Callable[[], Any]) -> float:
    """Return the seconds of a processor that some work takes."""
    began = process_time()
    work()
    return process_time() - began


def main() -> None:
    """Print the table."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    whole_map()
    first, last = whole_map()
    print(f"128 x 128 x 300 steps of Adam on Beale: first answer {first:.3f} s, last {last:.3f} s of a processor")
    other = theirs()
    assert np.allclose(ours(), other(), rtol=1e-6, atol=1e-9, equal_nan=True)
    runs = SIDE * SIDE * STEPS / 1e6
    pairs = [(taken(ours), taken(other)) for _ in range(REPEATS)]  # taking turns
    mine, jitted = (min(times) for times in zip(*pairs, strict=True))
    usual = median(theirs / own for own, theirs in pairs)
    print(
        f"64 x 64 x 500: engine {runs / mine:.1f}, jitted vmap of optax {runs / jitted:.1f} million steps a second"
    )
    print(
        f"ratio of the best {jitted / mine:.2f}, median of {REPEATS} pairs {usual:.2f} (float64, one thread each)"
    )


if __name__ == "__main__":
    main()
