"""Whatever a checkpoint holds: it is refused with a sentence, or the run goes on from it."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from engine.experiment import experiment
from engine.params import InvalidParams, check
from engine.replay import Run
from tests.fuzz.conftest import Watch
from tests.fuzz.params import WRONG

Cases = Callable[[int], Iterator[random.Random]]
Parts = dict[str, bytes]
SMALL: dict[str, dict[str, Any]] = {
    "charrnn": {
        "corpus": "hangul",
        "hidden_size": 6,
        "batch_size": 2,
        "sequence_length": 4,
        "steps": 60,
        "layers": 2,
        "dropout": 0.3,
        "compare": ["gru"],
    },
    "playground": {
        "samples": 30,
        "hidden": [3],
        "batch_size": 4,
        "steps": 60,
        "dropout": 0.3,
        "compare": [{"hidden": [2]}],
        "ensemble": 2,
        "augmentation": {"noise": 0.1},
    },
}


def pack(parts: Parts) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def unpack(data: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)
    return file.getvalue()


def read(content: bytes) -> Any:
    return np.lib.format.read_array(io.BytesIO(content))


def bent(rng: random.Random, content: bytes) -> bytes:
    """Return bytes of which some are others, missing or too many."""
    letters = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8))):
        place = rng.randrange(max(1, len(letters)))
        letters[place : place + rng.choice((0, 1, 1, 4, 50))] = rng.randbytes(rng.choice((0, 1, 1, 4)))
    return bytes(letters)


def retold(rng: random.Random, value: Any) -> Any:
    """Return JSON in which one thing, however deep, is another or is missing."""
    if rng.random() < 0.15 or not isinstance(value, dict | list) or not value:
        number = isinstance(value, int | float)
        return rng.choice((value + 1, -value, value * 1e9)) if number and rng.random() < 0.5 else rng.choice(WRONG)
    key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
    if rng.random() < 0.1:
        return {k: v for k, v in value.items() if k != key} if isinstance(value, dict) else value[:key]
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[key] = retold(rng, value[key])
    return changed


def rearranged(rng: random.Random, content: bytes) -> bytes:
    """Return an array of other numbers, another type or another shape."""
    array = read(content)
    kind = rng.randrange(5)
    if kind == 0 and array.size:
        array = array.copy()
        array.flat[rng.randrange(array.size)] = rng.choice((0, 1, 127))
        if array.dtype.kind == "f":
            array.flat[rng.randrange(array.size)] = rng.choice((np.nan, np.inf, -1e30, 1e30))
    elif kind == 1:
        array = array.astype(rng.choice(("float16", "float64", "int8", "uint8", "complex64", "bool", "U3")))
    elif kind == 2:
        array = array.ravel()[: rng.randrange(array.size + 1)]
    elif kind == 3:
        array = array[None]
    else:
        array = np.concatenate([array.ravel(), array.ravel()])
    return npy(array)


def spoiled(rng: random.Random, good: bytes) -> bytes:
    """Return a checkpoint in which something is wrong, or a little different."""
    kind = rng.random()
    if kind < 0.2:
        return bent(rng, good)
    if kind < 0.25:
        return good[: rng.randrange(len(good))]
    parts = unpack(good)
    name = rng.choice(list(parts))
    if kind < 0.35:
        parts[name] = bent(rng, parts[name])
    elif kind < 0.4:
        del parts[name]
    elif kind < 0.45:
        parts[rng.choice(("x.npy", "../x.npy", "net9.theta.npy", "/", "한글"))] = parts[name]
    elif kind < 0.5:
        parts[name] = parts[rng.choice(list(parts))]
    elif kind < 0.7:
        parts[name] = rearranged(rng, parts[name])
    else:
        meta = json.loads(read(parts["meta.npy"]).tobytes())
        text = json.dumps(retold(rng, meta)).encode("utf-8", "surrogatepass")
        parts["meta.npy"] = npy(np.frombuffer(text, np.uint8))
    return pack(parts)


@pytest.mark.parametrize("name", SMALL)
def test_every_checkpoint_is_refused_or_goes_on(name: str, cases: Cases, watch: Watch) -> None:
    laboratory = experiment(name)
    params = check(laboratory.Params, SMALL[name])
    made, run = Run(laboratory, params), Run(laboratory, params)
    run.first()
    made.first()
    made.advance(3)
    good = made.ask("checkpoint", {})["file"].tobytes()
    accepted = refused = 0

    def attempt(data: bytes) -> None:
        nonlocal accepted, refused
        try:
            frame = watch.piece(lambda: run.restore(data))
        except InvalidParams:
            refused += 1
            return
        accepted += 1
        if not run.done:
            assert run.advance(1).step == frame.step + 1

    for rng in cases(150):
        seed = rng.random()
        data = spoiled(random.Random(seed), good)
        watch.case(lambda data=data: attempt(data), f"spoiled(random.Random({seed}))")
    assert refused > 50
    assert accepted > 3
