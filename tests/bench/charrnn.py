"""Characters trained a second: this engine, torch.nn, the bare NumPy products, and the 112-line NumPy RNN.

    python tests/bench/charrnn.py [--threads 2] [--rounds 5]

A training step is the same work on every side: a window of 50 characters of V = 65 forward and backward, clipping
by norm, Adam, in float32 (torch takes one-hot vectors, the same model). Sides take turns; the best time of each
counts, since other programs can only add to it.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import threadpoolctl

from engine.autodiff.tape import backward
from engine.nn.recurrent import RecurrentNet, Window
from engine.nn.recurrent.initialize import initialize
from engine.nn.training import Trainer
from engine.optimizers import RULES, Clip

V, T = 65, 50
SIZES = ((100, 1), (128, 32), (256, 32))
GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def engine_step(cell: Any, H: int, B: int) -> Callable[[], None]:
    """Return a function that does one training step of the engine."""
    rng = np.random.default_rng(0)
    net = RecurrentNet(cell, V, V, H)
    parameters = net.layout.parameters(initialize(net, "torch", rng))
    window, ids = Window(net, B, T), rng.integers(0, V, (T + 1, B))
    clip = Clip(mode="norm", threshold=5.0)
    trainer = Trainer(parameters, RULES["adam"](learning_rate=2e-3), clip=clip)
    states = window.zero_state()

    def loss(p: Any, _rng: Any) -> Any:
        return window.loss(p, ids[:-1], ids[1:], states)

    def step() -> None:
        nonlocal states
        trainer.step(loss)
        states = window.last_states()

    return step


def torch_step(cell: str, H: int, B: int) -> Callable[[], None]:
    """Return a function that does the same step in torch."""
    import torch

    layer = getattr(torch.nn, cell.upper())(V, H)
    readout = torch.nn.Linear(H, V)
    leaves = [*layer.parameters(), *readout.parameters()]
    optimizer = torch.optim.Adam(leaves, 2e-3)
    ids, eye = torch.randint(0, V, (T + 1, B)), torch.eye(V)
    state: Any = None

    def step() -> None:
        nonlocal state
        h, state = layer(eye[ids[:-1]], state)
        state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
        loss = torch.nn.functional.cross_entropy(readout(h).reshape(T * B, V), ids[1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(leaves, 5.0)
        optimizer.step()

    return step


def products_step(cell: str, H: int, B: int) -> Callable[[], None]:
    """Return a function that does the matrix products of a step and nothing else."""
    rng, G = np.random.default_rng(0), GATES[cell] * H

    def normal(*shape: int) -> Any:
        return rng.standard_normal(shape, dtype=np.float32)

    Wh, WhT, Wy, h, z = normal(G, H), normal(H, G), normal(V, H), normal(H, B), normal(G, B)
    dz, past, one_hot, y = normal(G, T * B), normal(H, T * B), normal(V, T * B), normal(V, T * B)
    dWh, dWx, dWy, dh = normal(G, H), normal(G, V), normal(V, H), normal(H, T * B)

    def step() -> None:
        for _ in range(T):
            np.matmul(Wh, h, out=z)
        np.matmul(Wy, past, out=y)
        np.matmul(y, past.T, out=dWy)
        np.matmul(Wy.T, y, out=dh)
        for _ in range(T):
            np.matmul(WhT, z, out=h)
        np.matmul(dz, past.T, out=dWh)
        np.matmul(dz, one_hot.T, out=dWx)
        np.multiply(h, 1e-3, out=h)  # keep the numbers ordinary

    return step


def split_step(cell: Any, H: int, B: int, pool: ThreadPoolExecutor) -> Callable[[], None]:
    """Return a step that gives each of two Python threads half of the batch (BLAS then keeps to one thread)."""
    rng = np.random.default_rng(0)
    architecture = RecurrentNet(cell, V, V, H)
    theta = initialize(architecture, "torch", rng)
    halves = []
    for _ in range(2):
        net = Window(architecture, B // 2, T)
        halves.append((net, architecture.layout.parameters(theta), rng.integers(0, V, (T + 1, B // 2))))
    rule, clip = RULES["adam"](learning_rate=2e-3), Clip(mode="norm", threshold=5.0)
    optimizer = rule.init(theta)

    def half(net: Any, parameters: Any, ids: Any) -> None:
        parameters.reset()
        backward(net.loss(parameters, ids[:-1], ids[1:]))

    def step() -> None:
        other = pool.submit(half, *halves[0])
        half(*halves[1])
        other.result()
        gradient = halves[0][1].gradient
        gradient += halves[1][1].gradient
        clip.apply(gradient)
        rule.update(optimizer, theta, gradient)

    return step


def min_char_rnn(H: int = 100, length: int = 25) -> Callable[[], None]:
    """Return a step of the well-known 112-line NumPy RNN: one character at a time, one-hot, float64, Adagrad."""
    rng = np.random.default_rng(0)
    Wxh, Whh, Why = (0.01 * rng.standard_normal(shape) for shape in ((H, V), (H, H), (V, H)))
    bh, by, ids = np.zeros((H, 1)), np.zeros((V, 1)), rng.integers(0, V, length + 1)
    memory = [np.zeros_like(p) for p in (Wxh, Whh, Why, bh, by)]
    hprev = np.zeros((H, 1))

    def step() -> None:
        nonlocal hprev
        xs, hs, ps, loss = {}, {-1: np.copy(hprev)}, {}, 0.0
        for t in range(length):
            xs[t] = np.zeros((V, 1))
            xs[t][ids[t]] = 1
            hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t - 1]) + bh)
            y = np.dot(Why, hs[t]) + by
            ps[t] = np.exp(y) / np.sum(np.exp(y))
            loss += -np.log(ps[t][ids[t + 1], 0])
        dWxh, dWhh, dWhy, dbh, dby = (np.zeros_like(p) for p in (Wxh, Whh, Why, bh, by))
        dhnext = np.zeros_like(hs[0])
        for t in reversed(range(length)):
            dy = np.copy(ps[t])
            dy[ids[t + 1]] -= 1
            dWhy += np.dot(dy, hs[t].T)
            dby += dy
            dhraw = (1 - hs[t] * hs[t]) * (np.dot(Why.T, dy) + dhnext)
            dbh += dhraw
            dWxh += np.dot(dhraw, xs[t].T)
            dWhh += np.dot(dhraw, hs[t - 1].T)
            dhnext = np.dot(Whh.T, dhraw)
        hprev = hs[length - 1]
        parameters, gradients = (Wxh, Whh, Why, bh, by), (dWxh, dWhh, dWhy, dbh, dby)
        for k, gradient in enumerate(gradients):
            np.clip(gradient, -5, 5, out=gradient)
            memory[k][...] += gradient * gradient
            parameters[k][...] += -0.1 * gradient / np.sqrt(memory[k] + 1e-8)

    return step


def best(steps: dict[str, Callable[[], None]], rounds: int, seconds: float = 0.4) -> dict[str, float]:
    """Return the shortest time of each, in seconds; they take turns."""
    times = dict.fromkeys(steps, np.inf)
    for step in steps.values():
        step()
    for _ in range(rounds):
        for name, step in steps.items():
            time.sleep(0.3)  # the other side's idle threads spin for a while
            step()
            until = time.perf_counter() + seconds
            while time.perf_counter() < until:
                start = time.perf_counter()
                step()
                times[name] = min(times[name], time.perf_counter() - start)
    return times


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    torch: Any = None
    with contextlib.suppress(ImportError):
        import torch
    if torch:
        torch.set_num_threads(options.threads)
    print(f"{options.threads} thread(s); milliseconds a step of {T} characters a column, best of several")
    print(f"{'cell':5}{'H':>5}{'B':>4}{'engine':>9}{'torch':>9}{'products':>9}", end="")
    print("   torch/engine engine/products  chars/s")
    with threadpoolctl.threadpool_limits(options.threads):
        for H, B in SIZES:
            for cell in GATES:
                sides = {"engine": engine_step(cell, H, B), "products": products_step(cell, H, B)}
                if torch:
                    sides["torch"] = torch_step(cell, H, B)
                found = best(sides, options.rounds)
                e, p, t = found["engine"], found["products"], found.get("torch", np.nan)
                print(
                    f"{cell:5}{H:5}{B:4}{1e3 * e:9.2f}{1e3 * t:9.2f}{1e3 * p:9.2f}"
                    f"   {t / e:12.2f} {e / p:15.2f} {T * B / e:8.0f}"
                )
        sides = {"ours": engine_step("rnn", 100, 32), "ours, one column": engine_step("rnn", 100, 1)}
        found = best({**sides, "theirs": min_char_rnn()}, options.rounds)
    theirs, ours, single = 25 / found["theirs"], T * 32 / found["ours"], T / found["ours, one column"]
    print(f"H = 100 tanh RNN: the 112-line program {theirs:.0f} characters a second, here {ours:.0f} (B = 32),")
    print(f"{ours / theirs:.0f} times as many; with one column {single:.0f}, {single / theirs:.1f} times")
    if options.threads > 1:
        print("two Python threads over the batch, each with one BLAS thread, milliseconds:")
        with threadpoolctl.threadpool_limits(1), ThreadPoolExecutor(1) as pool:
            for H, B in SIZES[1:]:
                found = best({cell: split_step(cell, H, B, pool) for cell in GATES}, options.rounds)
                print("  ", H, B, "  ".join(f"{cell} {1e3 * found[cell]:.2f}" for cell in GATES))


if __name__ == "__main__":
    main()
