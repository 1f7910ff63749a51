"""A run's whole state as a file: an npz without pickle, read with suspicion."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError

from engine.autodiff.tape import Array
from engine.message import Message, say
from engine.params import InvalidParams, Params, Problem

if TYPE_CHECKING:
    from engine.experiments.charrnn.learner import Learner
    from engine.experiments.charrnn.simulation import CharRNNSimulation

MOST_MEMBERS = 256
LARGEST_META = 200_000
"""Bytes of the part that describes the rest (the samples so far are in it)."""
Big = Annotated[int, Field(ge=0, lt=2**128)]


class Generator(Params):
    """The state of a random generator (PCG64)."""

    state: Big
    inc: Big
    has_uint32: Annotated[int, Field(ge=0, le=1)]
    uinteger: Annotated[int, Field(ge=0, lt=2**32)]


class NetMeta(Params):
    """One net of a checkpoint."""

    cell: str = Field(max_length=10)
    hidden: int
    rule: str = Field(max_length=30)
    carried: bool
    dropout: Generator


class Meta(Params):
    """What a checkpoint says about itself."""

    format: Literal["descentlab charrnn 1"] = "descentlab charrnn 1"
    alphabet: str = Field(max_length=6000)
    layers: int
    activation: str = Field(max_length=10)
    reset: str = Field(max_length=10)
    columns: int
    base: Annotated[int, Field(ge=0, lt=2**62)]
    step: Annotated[int, Field(ge=0, lt=2**53)]
    position: Annotated[int, Field(ge=0, lt=2**53)]
    nets: list[NetMeta] = Field(max_length=4)
    samples: list[tuple[int, float | None, Annotated[str, Field(max_length=1000)]]] = Field(max_length=100)


def save(simulation: CharRNNSimulation, good: bool = False) -> bytes:
    """Return the file of the present state, or of the last one from which all was well.

    Raises:
        InvalidParams: when there is no such state yet.
    """
    step, learners, position = simulation.step, simulation.learners, simulation.windows.position
    if good:
        if simulation.good is None:
            raise refusal(say("No good state was reached yet; start again with other settings."))
        step, learners, position = simulation.good
    first = learners[0].net
    meta = Meta(
        alphabet=simulation.text.alphabet.characters,
        layers=first.layers,
        activation=first.activation,
        reset=first.reset,
        columns=simulation.columns,
        base=simulation.base,
        step=step,
        position=position,
        nets=[
            NetMeta(
                cell=net.net.cell,
                hidden=net.net.hidden,
                rule=net.trainer.rule.rule,
                carried=net.states is not None,
                dropout=_generator(net.trainer.rng),
            )
            for net in learners
        ],
        samples=[
            (at, loss if np.isfinite(loss) else None, text) for at, loss, text in simulation.samples if at <= step
        ],
    )
    arrays: dict[str, Array] = {"meta": np.frombuffer(meta.model_dump_json().encode(), np.uint8)}
    for k, net in enumerate(learners):
        arrays |= {f"net{k}.{name}": np.asarray(value) for name, value in _parts(net)}
    arrays |= {"smoothed": simulation.smoothed, "validation": simulation.validation}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _parts(net: Learner) -> Iterator[tuple[str, Any]]:
    yield "theta", net.theta
    for name, value in net.trainer.memory.items():
        yield f"rule.{name}", value
    for layer, state in enumerate(net.states or []):
        for which, part in zip("hc", state, strict=False):
            yield f"state.{layer}.{which}", part


def _generator(rng: np.random.Generator) -> Generator:
    state: Any = rng.bit_generator.state
    return Generator(**state["state"], has_uint32=state["has_uint32"], uinteger=state["uinteger"])


def load(simulation: CharRNNSimulation, data: bytes) -> None:
    """Take over the state of a file, if it fits the run's nets and text.

    Nothing is decompressed before its size is known to be right: names, types and shapes are those of the nets
    that the parameters describe, whatever the file claims.

    Raises:
        InvalidParams: with a sentence; the simulation is then undefined.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _load(simulation, archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError) as error:
        if isinstance(error, InvalidParams):
            raise
        raise refusal(say("This file is no checkpoint of this laboratory, or it is damaged.")) from None


def _load(simulation: CharRNNSimulation, archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS or len({member.filename for member in members}) != len(members):
        raise refusal(say("This file is no checkpoint of this laboratory: it has parts that do not belong there."))
    meta = _read_meta(archive)
    _compare(simulation, meta)
    expected: dict[str, Array] = {"smoothed": simulation.smoothed, "validation": simulation.validation}
    for k, (net, told) in enumerate(zip(simulation.learners, meta.nets, strict=True)):
        net.carry(told.carried)
        parts = {f"net{k}.{name}": np.asarray(value) for name, value in _parts(net)}
        if not told.rule:  # as files of before told of a rule that had not begun
            parts = {name: value for name, value in parts.items() if not name.startswith(f"net{k}.rule.")}
        expected |= parts
    found = {name: _read(archive, name, like) for name, like in expected.items()}
    if {member.filename for member in members} != {f"{name}.npy" for name in (*expected, "meta")}:
        raise refusal(say("This file is no checkpoint of this laboratory: it has parts that do not belong there."))
    for k, (net, told) in enumerate(zip(simulation.learners, meta.nets, strict=True)):
        if not np.isfinite(found[f"net{k}.theta"]).all():
            raise refusal(say("The checkpoint’s weights are not all finite numbers; it cannot be taken up."))
        _fill(net, {name.partition(".")[2]: found[name] for name in found if name.startswith(f"net{k}.")})
        net.trainer.rng.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {"state": told.dropout.state, "inc": told.dropout.inc},
            "has_uint32": told.dropout.has_uint32,
            "uinteger": told.dropout.uinteger,
        }
    simulation.base, simulation.step, simulation.windows.position = meta.base, meta.step, meta.position
    simulation.total = max(simulation.total, simulation.step)
    simulation.smoothed, simulation.validation = found["smoothed"], found["validation"]
    simulation.best = float(simulation.smoothed[0]) if np.isfinite(simulation.smoothed[0]) else np.inf
    nan = float("nan")
    simulation.samples = [(at, nan if loss is None else loss, text) for at, loss, text in meta.samples]
    if not simulation.samples:
        simulation.samples = [(meta.step, nan, "")]


def _fill(net: Learner, found: Mapping[str, Array]) -> None:
    net.theta[...] = found["theta"]
    for name, value in net.trainer.memory.items():
        if f"rule.{name}" in found:
            new = found[f"rule.{name}"]
            net.trainer.state[name] = new if isinstance(value, np.ndarray) else type(value)(new)
    for layer, state in enumerate(net.states or []):
        for which, part in zip("hc", state, strict=False):
            part[...] = found[f"state.{layer}.{which}"]


def _read_meta(archive: zipfile.ZipFile) -> Meta:
    member = archive.getinfo("meta.npy") if "meta.npy" in archive.namelist() else None
    if member is None or member.file_size > LARGEST_META:
        raise refusal(say("This file is no checkpoint of this laboratory, or it is damaged."))
    like = np.empty(member.file_size, np.uint8)
    with archive.open(member) as file:
        header = io.BytesIO(file.read(LARGEST_META))
    shape, dtype = _header(header)
    if dtype != like.dtype or len(shape) != 1:
        raise refusal(say("This file is no checkpoint of this laboratory, or it is damaged."))
    try:
        return Meta.model_validate_json(header.read())
    except ValidationError:
        raise refusal(say("This file is no checkpoint of this laboratory, or it is damaged.")) from None


def _compare(simulation: CharRNNSimulation, meta: Meta) -> None:
    first = simulation.learners[0].net
    if meta.alphabet != simulation.text.alphabet.characters:
        raise refusal(
            say("The checkpoint was made on another text: its characters differ. Choose that text first.")
        )
    ours = [(net.net.cell, net.net.hidden) for net in simulation.learners]
    theirs = [(net.cell, net.hidden) for net in meta.nets]
    shape = (meta.layers, meta.activation, meta.reset, meta.columns)
    if ours != theirs or shape != (first.layers, first.activation, first.reset, simulation.columns):
        nets = ", ".join(f"{cell.upper()} {hidden}" for cell, hidden in theirs)
        raise refusal(
            say(
                "The checkpoint holds other nets ({nets}, {layers} layers, {columns} columns). Set these first.",
                nets=nets[:80],
                layers=meta.layers,
                columns=meta.columns,
            )
        )
    rule = simulation.params.optimizer.rule
    if any(net.rule not in ("", rule) for net in meta.nets):
        raise refusal(
            say("The checkpoint was trained with “{rule}”. Choose that optimizer first.", rule=meta.nets[0].rule)
        )


def _read(archive: zipfile.ZipFile, name: str, like: Array) -> Array:
    """Return a member that must have the type and shape of ``like``; not a byte more is decompressed."""
    damaged = refusal(
        say("The checkpoint is damaged: its part “{name}” is missing or has a wrong size.", name=name)
    )
    if f"{name}.npy" not in archive.namelist():
        raise damaged
    member = archive.getinfo(f"{name}.npy")
    if not like.nbytes < member.file_size <= like.nbytes + 1024:
        raise damaged
    with archive.open(member) as file:
        content = io.BytesIO(file.read(like.nbytes + 1024))
    shape, dtype = _header(content)
    rest = content.read()
    if shape != like.shape or dtype != like.dtype or len(rest) != like.nbytes:
        raise damaged
    return np.frombuffer(rest, like.dtype).reshape(like.shape).copy()


def _header(file: io.BytesIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("another version of the npy format")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=1000)
    if fortran or dtype.hasobject:
        raise ValueError("another layout than was written")
    return shape, dtype


def refusal(message: Message) -> InvalidParams:
    """Return the refusal of a checkpoint."""
    return InvalidParams([Problem("checkpoint", message)])
