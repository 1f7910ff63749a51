"""Visitors over real WebSockets: each moves a slider, waits for the picture, thinks, and moves it again."""

from __future__ import annotations

import asyncio
import json
import random
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import websockets

RATES = [0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
Params = dict[str, Any]


def racing(rng: random.Random) -> Params:
    """Return the default race with the slider of one racer moved."""
    return {"start": [rng.uniform(-4, 4), rng.uniform(-4, 4)], "noise": rng.choice([0, 0.1])}


def deep(rng: random.Random) -> Params:
    """Return a narrow deep net."""
    return {"depth": rng.randint(5, 20), "width": 64, "init_std": rng.uniform(0.01, 0.2), "steps": 100}


def reading(rng: random.Random) -> Params:
    """Return a small char-RNN."""
    return {"hidden_size": 64, "seed": rng.randrange(1000), "steps": 2000}


def playing(rng: random.Random) -> Params:
    """Return two small nets on other points."""
    data = rng.choice(["circles", "spirals", "moons"])
    return {"data": data, "noise": rng.uniform(0, 0.3), "seed": rng.randrange(1000), "steps": 500}


def walking(rng: random.Random) -> Params:
    """Return an expression at other values."""
    return {"expression": "sigmoid(w*x + b)", "values": {"w": rng.gauss(0, 1), "x": rng.gauss(0, 1)}}


MAKERS = {"race": racing, "depth": deep, "charrnn": reading, "playground": playing, "graph": walking}


@dataclass
class Tally:
    """What one kind of visitor met with.

    Args:
        waits: seconds from a slider's move to the whole picture (the end of a race or a walk; the third frame of
            what is watched live). steps: of computing, one entry a visitor. lost: connections that ended.
    """

    waits: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    lost: int = 0
    refused: int = 0

    def share(self, part: float) -> float:
        """Return a quantile of the waits."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


async def visit(url: str, name: str, tally: Tally, *, until: float, think: float, seed: int, live: bool) -> None:
    """Be one visitor until a time of `time.perf_counter`.

    Args:
        think: seconds from one move to the next (on the average); a picture that comes later delays the next.
        live: keep on asking for frames between the moves, as a page does that plays.
    """
    rng = random.Random(seed)
    steps = 0
    address = url.replace("http", "ws", 1) + f"/stream/{name}"
    try:
        async with websockets.connect(
            address, compression=None, max_size=None, proxy=None, open_timeout=60
        ) as socket:
            await asyncio.sleep(rng.random() * think)
            epoch, scene = 0, ""
            while not epoch or time.perf_counter() < until:  # on however busy a machine, everybody moves once
                began = time.perf_counter()
                epoch += 1
                params = MAKERS[name](rng)
                start = {"type": "start", "epoch": epoch, "params": params, "scene": scene}
                await socket.send(json.dumps({**start, "advance": {"budget_ms": 40}}))
                frames, whole, ready = 0, False, False
                pause = began + think * rng.uniform(0.5, 1.5)
                while not whole or (live and time.perf_counter() < min(pause, until)):
                    header = _header(await asyncio.wait_for(socket.recv(), 120))
                    if header.get("type") == "error":
                        tally.refused += 1
                        break
                    if header.get("epoch") != epoch:
                        continue
                    if header.get("type") == "ready":
                        scene, ready = header["scene"], True
                    elif header.get("kind") == "frame" and ready:
                        frames += 1
                        ended = header["final"]
                        if not whole and (ended or (live and frames == 3)):
                            whole = True
                            tally.waits.append(time.perf_counter() - began)
                            steps += 0 if live else header["step"]
                        if ended:
                            break
                        if frames > 1:
                            await socket.send(json.dumps({"type": "advance", "budget_ms": 40}))
                        steps += live
                await asyncio.sleep(max(0.0, pause - time.perf_counter()))
    except (websockets.ConnectionClosed, OSError, TimeoutError):
        tally.lost += 1
    tally.steps.append(steps)


def _header(message: str | bytes) -> Mapping[str, Any]:
    if isinstance(message, str):
        told: dict[str, Any] = json.loads(message)
        return told
    (length,) = struct.unpack_from("<I", message)
    header: dict[str, Any] = json.loads(message[4 : 4 + length])
    return header


async def crowd(url: str, kinds: Mapping[str, int], *, seconds: float, think: float) -> dict[str, Tally]:
    """Let visitors of several laboratories come at once; return what each kind met with."""
    tallies = {name: Tally() for name in kinds}
    until = time.perf_counter() + seconds
    async with asyncio.TaskGroup() as group:
        for name, count in kinds.items():
            for i in range(count):
                one = visit(
                    url, name, tallies[name], until=until, think=think, seed=i, live=name not in ("race", "graph")
                )
                group.create_task(one)
    return tallies
