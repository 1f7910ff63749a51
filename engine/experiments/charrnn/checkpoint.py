"""A run's whole state as a file (see `engine.checkpoint`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from engine.autodiff.tape import Array
from engine.checkpoint import File, GeneratorState, no_checkpoint, opened, pack
from engine.message import say
from engine.params import Params
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiments.charrnn.learner import Learner
    from engine.experiments.charrnn.simulation import CharRNNSimulation


class NetMeta(Params):
    """One net of a checkpoint."""

    cell: str = Field(max_length=10)
    hidden: int
    rule: str = Field(max_length=30)
    carried: bool
    dropout: GeneratorState


Step = Annotated[int, Field(ge=0, lt=2**31)]
"""So many updates fit a frame's steps."""


class Meta(Params):
    """What a checkpoint says about itself."""

    format: Literal["descentlab charrnn 1"] = "descentlab charrnn 1"
    alphabet: str = Field(max_length=6000)
    layers: int
    activation: str = Field(max_length=10)
    reset: str = Field(max_length=10)
    columns: int
    base: Annotated[int, Field(ge=0, lt=2**62)]
    step: Step
    position: Annotated[int, Field(ge=0, lt=2**53)]
    nets: list[NetMeta] = Field(max_length=4)
    samples: list[tuple[Step, float | None, Annotated[str, Field(max_length=1000)]]] = Field(max_length=100)


def save(simulation: CharRNNSimulation, good: bool = False) -> Pieces[bytes]:
    """Return the file of the present state, or of the last one from which all was well.

    Raises:
        InvalidParams: when there is no such state yet.
    """
    step, learners, position = simulation.step, simulation.learners, simulation.windows.position
    if good:
        if simulation.good is None:
            raise no_checkpoint(say("No good state was reached yet; start again with other settings."))
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
                dropout=GeneratorState.of(net.trainer.generator),
            )
            for net in learners
        ],
        samples=[
            (at, loss if np.isfinite(loss) else None, text) for at, loss, text in simulation.samples if at <= step
        ],
    )
    arrays: dict[str, Array] = {"smoothed": simulation.smoothed, "validation": simulation.validation}
    for k, net in enumerate(learners):
        arrays |= {f"net{k}.{name}": np.asarray(value) for name, value in _parts(net)}
    return (yield from pack(meta, arrays))


def _parts(net: Learner) -> Iterator[tuple[str, Any]]:
    yield "theta", net.theta
    for name, value in net.trainer.state.items():
        yield f"rule.{name}", value
    for layer, state in enumerate(net.states or []):
        for which, part in zip("hc", state, strict=False):
            yield f"state.{layer}.{which}", part


def load(simulation: CharRNNSimulation, data: bytes) -> None:
    """Take over the state of a file, if it fits the run's nets and text.

    Raises:
        InvalidParams: with a sentence; the simulation is then undefined.
    """
    with opened(data) as file:
        _load(simulation, file)


def _load(simulation: CharRNNSimulation, file: File) -> None:
    meta = file.meta(Meta)
    _compare(simulation, meta)
    expected: dict[str, Array] = {"smoothed": simulation.smoothed, "validation": simulation.validation}
    for k, (net, told) in enumerate(zip(simulation.learners, meta.nets, strict=True)):
        net.carry(told.carried)
        parts = {f"net{k}.{name}": np.asarray(value) for name, value in _parts(net)}
        if not told.rule:  # as files of before told of a rule that had not begun
            parts = {name: value for name, value in parts.items() if not name.startswith(f"net{k}.rule.")}
        expected |= parts
    found = file.arrays(expected)
    for k, (net, told) in enumerate(zip(simulation.learners, meta.nets, strict=True)):
        if not np.isfinite(found[f"net{k}.theta"]).all():
            raise no_checkpoint(
                say("Not all weights of the checkpoint are finite numbers, so the run cannot go on from it.")
            )
        _fill(net, {name.partition(".")[2]: found[name] for name in found if name.startswith(f"net{k}.")})
        told.dropout.give(net.trainer.generator)
    simulation.base, simulation.step, simulation.windows.position = meta.base, meta.step, meta.position
    simulation.total = max(simulation.total, simulation.step)
    simulation.smoothed, simulation.validation = found["smoothed"], found["validation"]
    simulation.best = float(simulation.smoothed[0]) if np.isfinite(simulation.smoothed[0]) else np.inf
    nan = float("nan")
    simulation.samples = [
        (at, nan if loss is None else loss, text) for at, loss, text in meta.samples if at <= meta.step
    ]
    if not simulation.samples:
        simulation.samples = [(meta.step, nan, "")]


def _fill(net: Learner, found: Mapping[str, Array]) -> None:
    net.theta[...] = found["theta"]
    for name, value in net.trainer.state.items():
        if f"rule.{name}" in found:
            new = found[f"rule.{name}"]
            net.trainer.state[name] = new if isinstance(value, np.ndarray) else type(value)(new)
    for layer, state in enumerate(net.states or []):
        for which, part in zip("hc", state, strict=False):
            part[...] = found[f"state.{layer}.{which}"]


def _compare(simulation: CharRNNSimulation, meta: Meta) -> None:
    first = simulation.learners[0].net
    if meta.alphabet != simulation.text.alphabet.characters:
        raise no_checkpoint(
            say("The checkpoint was made on another text: its characters differ. Choose that text first.")
        )
    ours = [(net.net.cell, net.net.hidden) for net in simulation.learners]
    theirs = [(net.cell, net.hidden) for net in meta.nets]
    shape = (meta.layers, meta.activation, meta.reset, meta.columns)
    if ours != theirs or shape != (first.layers, first.activation, first.reset, simulation.columns):
        nets = ", ".join(f"{cell.upper()} {hidden}" for cell, hidden in theirs)
        raise no_checkpoint(
            say(
                "The checkpoint holds other nets ({nets}, {layers} layers, {columns} columns). Set these first.",
                nets=nets[:80],
                layers=meta.layers,
                columns=meta.columns,
            )
        )
    rule = simulation.params.optimizer.rule
    if any(net.rule not in ("", rule) for net in meta.nets):
        raise no_checkpoint(
            say("The checkpoint was trained with “{rule}”. Choose that optimizer first.", rule=meta.nets[0].rule)
        )
