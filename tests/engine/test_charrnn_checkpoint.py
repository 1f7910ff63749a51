"""Laws of checkpoints: bit for bit, and deaf to hostile files."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.experiments.charrnn import CharRNN
from engine.experiments.charrnn.params import CharRNNParams
from engine.params import InvalidParams, check
from engine.replay import Run

SMALL = {
    "corpus": "hangul",
    "hidden_size": 10,
    "batch_size": 4,
    "sequence_length": 8,
    "steps": 60,
    "layers": 2,
    "dropout": 0.3,
    "compare": ["gru"],
}


def begin(**params: Any) -> Run:
    run = Run(CharRNN(), check(CharRNNParams, {**SMALL, **params}))
    run.first()
    return run


def saved(run: Run) -> bytes:
    data: bytes = run.ask("checkpoint", {})["file"].tobytes()
    return data


@pytest.mark.parametrize("rule", ["adam", "sgd", "momentum", "nadam", "lion", "adagrad", "rmsprop", "radam"])
@pytest.mark.parametrize("steps", [0, 17])
def test_a_checkpoint_goes_on_bit_for_bit(rule: str, steps: int) -> None:
    run = begin(optimizer={"rule": rule, "learning_rate": 0.01})
    if steps:
        run.advance(steps)
    data = saved(run)
    other = begin(optimizer={"rule": rule, "learning_rate": 0.01}, seed=9)
    frame = other.restore(data)
    assert frame.step == steps
    assert saved(other) == data
    one, two = run.advance(20), other.advance(20)
    np.testing.assert_array_equal(one["losses"], two["losses"])
    np.testing.assert_array_equal(one["smoothed_losses"], two["smoothed_losses"])
    assert one["sample"] == two["sample"]


def test_rewinding_a_restored_run_goes_to_its_checkpoint() -> None:
    run = begin()
    run.advance(10)
    data = saved(run)
    other = begin()
    other.restore(data)
    first = other.advance(15)["losses"]
    assert other.first().step == 10
    np.testing.assert_array_equal(other.advance(15)["losses"], first)


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(parts: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=True)
    return file.getvalue()


class Bomb:
    def __reduce__(self) -> Any:
        return pytest.fail, ("the file was unpickled",)


def hostile() -> dict[str, Callable[[], bytes]]:
    """Bad files by name, each made when it is wanted: some are large."""
    good = saved(begin())
    parts = members(good)
    theta = np.lib.format.read_array(io.BytesIO(parts["net0.theta.npy"]))
    meta = json.loads(np.lib.format.read_array(io.BytesIO(parts["meta.npy"])).tobytes())

    def described(**changes: Any) -> bytes:
        text = json.dumps({**meta, **changes}).encode()
        return pack({**parts, "meta.npy": npy(np.frombuffer(text, np.uint8))})

    def lying() -> bytes:
        file = bytearray(pack({**parts, "net0.theta.npy": b"0" * 50_000_000}, zipfile.ZIP_DEFLATED))
        place = file.rfind(b"net0.theta.npy") - 46  # the central directory's entry says another size
        struct.pack_into("<I", file, place + 24, len(parts["net0.theta.npy"]))
        return bytes(file)

    nets = meta["nets"]
    return {
        "nothing": lambda: b"",
        "no zip": lambda: b"hello" * 100,
        "cut off": lambda: good[: len(good) // 2],
        "a pickle": lambda: pickle.dumps(Bomb()),
        "a pickled array": lambda: pack({**parts, "net0.theta.npy": npy(np.array([Bomb()], dtype=object))}),
        "a bomb": lambda: pack({**parts, "net0.theta.npy": b"\0" * 200_000_000}, zipfile.ZIP_DEFLATED),
        "a lying bomb": lying,
        "a bomb of meta": lambda: pack({**parts, "meta.npy": b"\0" * 200_000_000}, zipfile.ZIP_DEFLATED),
        "missing part": lambda: pack({name: part for name, part in parts.items() if name != "net1.theta.npy"}),
        "another part": lambda: pack({**parts, "evil.npy": b"x"}),
        "a path": lambda: pack({**parts, "../../evil.npy": b"x"}),
        "many parts": lambda: pack({**parts, **{f"x{i}.npy": b"" for i in range(3000)}}),
        "too short": lambda: pack({**parts, "net0.theta.npy": npy(theta[:-1])}),
        "an open bracket": lambda: pack({**parts, "net0.theta.npy": npy(theta).replace(b")", b" ", 1)}),
        "a length as Python 2 wrote it": lambda: pack(
            {**parts, "net0.theta.npy": npy(theta).replace(b",), }  ", b"L,), } ", 1)}
        ),
        "another type": lambda: pack({**parts, "net0.theta.npy": npy(theta.astype(np.float16))}),
        "another shape": lambda: pack({**parts, "net0.theta.npy": npy(theta[None])}),
        "not finite": lambda: pack({**parts, "net0.theta.npy": npy(np.full_like(theta, np.nan))}),
        "no meta": lambda: pack({name: part for name, part in parts.items() if name != "meta.npy"}),
        "other nets": lambda: described(nets=[{**nets[0], "hidden": 11}, nets[1]]),
        "many nets": lambda: described(nets=nets * 50),
        "other layers": lambda: described(layers=10**9),
        "other columns": lambda: described(columns=5),
        "other text": lambda: described(alphabet="abc"),
        "another version": lambda: described(format="descentlab charrnn 2"),
        "another laboratory": lambda: described(format="descentlab depth 1"),
        "other rule": lambda: described(nets=[{**nets[0], "rule": "lion"}, nets[1]]),
        "negative step": lambda: described(step=-1),
        "infinite position": lambda: described(position=float("inf")),
        "bad generator": lambda: described(nets=[{**nets[0], "dropout": {"state": -1}}, nets[1]]),
        "deep json": lambda: pack({**parts, "meta.npy": npy(np.frombuffer(b"[" * 100_000, np.uint8))}),
    }


HOSTILE = hostile()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence(name: str) -> None:
    run = begin()
    before = saved(run)
    with pytest.raises(InvalidParams) as refusal:
        run.restore(HOSTILE[name]())
    assert refusal.value.problems[0].path == "checkpoint"
    assert str(refusal.value.problems[0].message).endswith((".", "first."))
    assert saved(run) == before


def test_a_file_of_another_version_is_told_apart_from_a_damaged_one() -> None:
    with pytest.raises(InvalidParams, match="“descentlab charrnn 2”"):
        begin().restore(HOSTILE["another version"]())


def test_a_file_from_before_the_rules_first_step_loads() -> None:
    """Older files hold no memory of a rule that had not begun; it then begins."""
    run = begin()
    parts = members(saved(run))
    meta = json.loads(np.lib.format.read_array(io.BytesIO(parts["meta.npy"])).tobytes())
    text = json.dumps({**meta, "nets": [{**net, "rule": ""} for net in meta["nets"]]}).encode()
    kept = {name: part for name, part in parts.items() if ".rule." not in name}
    other = begin(seed=9)
    other.restore(pack({**kept, "meta.npy": npy(np.frombuffer(text, np.uint8))}))
    np.testing.assert_array_equal(other.advance(10)["losses"], run.advance(10)["losses"])


def test_a_far_position_begins_the_text_again() -> None:
    run = begin()
    parts = members(saved(run))
    meta = json.loads(np.lib.format.read_array(io.BytesIO(parts["meta.npy"])).tobytes())
    text = json.dumps({**meta, "position": 2**52}).encode()
    run.restore(pack({**parts, "meta.npy": npy(np.frombuffer(text, np.uint8))}))
    assert np.isfinite(run.advance(5)["losses"]).all()


def test_there_is_no_good_state_before_one_was_reached() -> None:
    with pytest.raises(InvalidParams, match="No good state"):
        begin().ask("checkpoint", {"which": "good"})
