"""A run's whole state as a file (see `engine.checkpoint`): it goes on from there bit for bit."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError, create_model

from engine.autodiff.tape import Array
from engine.checkpoint import File, GeneratorState, damaged, no_checkpoint, opened, pack
from engine.data.batches import Rows
from engine.experiments.playground.params import MOST_MEMBERS, Edit, PlaygroundParams
from engine.experiments.playground.past import EDITS, LIVE, Past
from engine.experiments.playground.sizes import LOOKS
from engine.message import say
from engine.params import Params
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiments.playground.simulation import Checkup, PlaygroundSimulation
    from engine.experiments.playground.team import Learner

LARGEST = 40_000_000
"""Bytes of a file."""
LARGEST_PAST = 2_000_000
"""Bytes of what a file tells of the run's past."""
MOST_ROWS = 2000
Count = Annotated[int, Field(ge=0, le=MOST_ROWS)]


class DeckMeta(Params):
    """What deals batches: its generator, and how many rows of the epoch are left."""

    dealer: GeneratorState
    left: Count


class NetMeta(Params):
    """One net: which deck it is dealt from, and its generators."""

    deck: Annotated[int, Field(ge=0, le=3)]
    dropout: GeneratorState
    moves: GeneratorState


class Meta(Params):
    """What a checkpoint says about itself; ``run`` is equal for runs that it fits."""

    format: Literal["descentlab playground 1"] = "descentlab playground 1"
    run: str = Field(max_length=40)
    step: Annotated[int, Field(ge=0, lt=2**53)]
    past: Annotated[int, Field(ge=0, le=LARGEST_PAST)]
    batch: Count
    virtual: list[Count] | None = Field(max_length=3)
    looks: Annotated[int, Field(ge=0, le=2 * LOOKS)]
    checkups: Annotated[int, Field(ge=1, le=2)]
    decks: list[DeckMeta] = Field(min_length=1, max_length=4)
    nets: list[NetMeta] = Field(max_length=4)
    members: list[GeneratorState] = Field(max_length=MOST_MEMBERS)


def save(simulation: PlaygroundSimulation) -> Pieces[bytes]:
    """Return the file of the present state.

    Raises:
        InvalidParams: where it would be too large.
    """
    decks = list({id(one.rows): one.rows for one in simulation.learners}.values())
    past = _told(simulation.past)
    virtual = simulation.teams[0].virtual
    meta = Meta(
        run=_digest(simulation.params),
        step=simulation.step,
        past=len(past),
        batch=len(simulation.batch),
        virtual=None if virtual is None else list(virtual.shape),
        looks=len(simulation.looks),
        checkups=len(simulation.checkups),
        decks=[DeckMeta(dealer=GeneratorState.of(one.rng), left=len(one.order)) for one in decks],
        nets=[
            NetMeta(
                deck=next(place for place, deck in enumerate(decks) if deck is one.rows),
                dropout=GeneratorState.of(one.rng),
                moves=GeneratorState.of(one.moves),
            )
            for one in simulation.learners
        ],
        members=[GeneratorState.of(one.rng) for one in simulation.members],
    )
    arrays = {**_trained(simulation), **_seen(simulation), "past": past}
    for place, deck in enumerate(decks):
        arrays[f"deck{place}"] = _filled(deck.order, deck.count)
    if virtual is not None:
        arrays["virtual"] = virtual
    if sum(array.nbytes for array in arrays.values()) > LARGEST:
        raise no_checkpoint(say("These nets are too large to be kept."))
    yield
    return (yield from pack(meta, arrays))


def load(simulation: PlaygroundSimulation, data: bytes) -> None:
    """Take over the state of a file, if it fits the run's data and nets.

    Raises:
        InvalidParams: with a sentence; the simulation is then undefined.
    """
    with opened(data) as file:
        _load(simulation, file)


def _digest(params: PlaygroundParams) -> str:
    """Return a short text that is equal where all settings are that cannot change while nets train."""
    said = params.model_dump_json(exclude={*LIVE, EDITS})
    return hashlib.blake2b(said.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _groups(simulation: PlaygroundSimulation) -> Iterator[tuple[str, list[Learner]]]:
    """Yield learners whose arrays are kept together."""
    for place, one in enumerate(simulation.learners):
        yield f"net{place}", [one]
    if simulation.members:
        yield "members", simulation.members


def _trained(simulation: PlaygroundSimulation) -> dict[str, Array]:
    """Return what nets and rules remember, (learner, ...) each."""
    parts = {
        id(one): part for team in simulation.teams for one, part in zip(team.learners, team.parts(), strict=True)
    }
    found: dict[str, Array] = {}
    for name, group in _groups(simulation):
        thetas, runnings, states = zip(*(parts[id(one)] for one in group), strict=True)
        found |= {f"{name}.theta": np.stack(thetas), f"{name}.running": np.stack(runnings)}
        for key in states[0]:
            found[f"{name}.rule.{key}"] = np.stack([np.asarray(state[key]) for state in states])
    return found


def _seen(simulation: PlaygroundSimulation) -> dict[str, Array]:
    """Return what the last looks saw."""
    nets = len(simulation.learners)
    found = {
        "batch": np.asarray(simulation.batch, np.int64),
        "best_step": simulation.best_step,
        "best_loss": simulation.best_loss,
        "looks": np.stack(simulation.looks) if simulation.looks else np.empty((0, 2, nets)),
        **{f"last.{name}": values for name, values in {**simulation.updated, **simulation.last}.items()},
        **{f"voted.{name}": values for name, values in simulation.voted.items()},
    }
    for ago, checkups in enumerate(reversed(simulation.checkups)):
        for net, one in enumerate(checkups):
            found |= {f"checkup{ago}.{net}.{name}": np.asarray(value) for name, value in vars(one).items()}
    return found


def _told(past: Past) -> Array:
    """Return a run's past as text: of every stretch what differs from the one before."""
    stretches = []
    before: dict[str, Any] = {}
    for one in past.stretches:
        values = one.params.model_dump(mode="json", include=set(LIVE))
        stretches.append((one.step, {name: value for name, value in values.items() if before.get(name) != value}))
        before = values
    edits = [edit.model_dump(mode="json") for edit in past.edits]
    text = json.dumps({"stretches": stretches, "edits": edits}).encode(errors="surrogatepass")
    if len(text) > LARGEST_PAST:
        raise no_checkpoint(say("Too much was changed on the way to be kept."))
    return np.frombuffer(text, np.uint8)


_Live: Any = create_model(
    "_Live",
    __base__=Params,
    **{name: (field.annotation, field) for name, field in PlaygroundParams.model_fields.items() if name in LIVE},  # type: ignore[call-overload]  # fields by name
)


class _Past(Params):
    stretches: list[tuple[Annotated[int, Field(ge=0, lt=2**53)], dict[str, Any]]] = Field(min_length=1)
    edits: list[Edit]


def _past_of(text: bytes, params: PlaygroundParams) -> Past:
    """Return the past of a run whose settings that cannot change are those of ``params``."""
    try:
        told = _Past.model_validate_json(text)
        past = Past((), tuple(told.edits))
        values: dict[str, Any] = {}
        for begun, changes in told.stretches:
            values = {**values, **changes}
            live = _Live.model_validate(values)
            past = past.changed(begun, params.model_copy(update={name: getattr(live, name) for name in LIVE}))
    except ValidationError:
        raise damaged("past") from None
    return past


def _load(simulation: PlaygroundSimulation, file: File) -> None:
    """Bring a simulation at its start where the file's run stood, then make it go on under its own settings."""
    meta = file.meta(Meta)
    learners, members = simulation.learners, simulation.members
    sizes = [len(meta.nets), len(meta.members)]
    if meta.run != _digest(simulation.params) or sizes != [len(learners), len(members)]:
        raise no_checkpoint(say("The checkpoint was made with other data or other nets. Set these first."))
    if meta.step > simulation.total:
        raise no_checkpoint(say("The checkpoint is of a longer run. Raise “steps” first."))
    if meta.virtual is not None and 8 * math.prod(meta.virtual) > LARGEST:
        raise damaged("virtual")
    count = simulation.points.ends[0]
    past = _past_of(file.array("past", np.empty(meta.past, np.uint8)).tobytes(), simulation.params)
    wanted, theirs = simulation.params, past.stretches[-1].params
    changed = wanted.model_copy(update={EDITS: []}) != theirs
    if changed:
        simulation.change(theirs)
    found = file.arrays(_expected(simulation, meta))
    for place in range(len(meta.decks)):
        _within(found[f"deck{place}"], count, f"deck{place}")
    _within(found["batch"], count, "batch")
    decks = [_deck(told, found[f"deck{place}"], count) for place, told in enumerate(meta.decks)]
    for told, one in zip(meta.nets, learners, strict=True):
        if told.deck >= len(decks):
            raise damaged("decks")
        one.rows = decks[told.deck]
        told.dropout.give(one.rng)
        told.moves.give(one.moves)
    for generator, one in zip(meta.members, members, strict=True):
        generator.give(one.rng)
        one.rows = learners[0].rows
    states = {
        id(one): part[2]
        for team in simulation.teams
        for one, part in zip(team.learners, team.parts(), strict=True)
    }
    for name, group in _groups(simulation):
        for r, one in enumerate(group):
            one.theta, one.running, one.steps = found[f"{name}.theta"][r], found[f"{name}.running"][r], meta.step
            one.state = {
                key: np.array(found[f"{name}.rule.{key}"][r])
                if isinstance(value, np.ndarray)
                else type(value)(found[f"{name}.rule.{key}"][r])
                for key, value in states[id(one)].items()
            }
    simulation.step = meta.step
    simulation.past = past
    simulation.form(simulation.params.optimizer)
    simulation.teams[0].virtual = found.get("virtual")
    _show(simulation, meta, found)
    if changed:
        simulation.change(wanted)


def _expected(simulation: PlaygroundSimulation, meta: Meta) -> dict[str, Array]:
    """Return arrays like those that the file must have; ``simulation`` stands at its start."""
    count, nets = simulation.points.ends[0], len(simulation.learners)
    seen = _seen(simulation)
    if meta.checkups == 2:
        seen |= {
            name.replace("checkup0", "checkup1"): value
            for name, value in seen.items()
            if name.startswith("checkup0")
        }
    lengths: dict[str, Array] = {
        "batch": np.empty(meta.batch, np.int64),
        "looks": np.empty((meta.looks, 2, nets)),
        "past": np.empty(meta.past, np.uint8),
        **{f"deck{place}": np.empty(count, np.int64) for place in range(len(meta.decks))},
    }
    virtual: dict[str, Array] = {} if meta.virtual is None else {"virtual": np.empty(meta.virtual)}
    return {**_trained(simulation), **seen, **lengths, **virtual}


def _show(simulation: PlaygroundSimulation, meta: Meta, found: Mapping[str, Array]) -> None:
    """Take over what the last looks saw."""
    simulation.batch = found["batch"].astype(np.int32)
    simulation.best_step, simulation.best_loss = found["best_step"], found["best_loss"]
    simulation.looks = list(found["looks"])
    for kept, word in ((simulation.updated, "last"), (simulation.last, "last"), (simulation.voted, "voted")):
        kept.update({name: found[f"{word}.{name}"] for name in kept})
    now = simulation.checkups[-1]
    simulation.checkups = [
        [_checkup(one, f"checkup{ago}.{net}", found) for net, one in enumerate(now)]
        for ago in reversed(range(meta.checkups))
    ]


def _checkup(like: Checkup, prefix: str, found: Mapping[str, Array]) -> Checkup:
    values: dict[str, Any] = {}
    for name, value in vars(like).items():
        kept = found[f"{prefix}.{name}"]
        values[name] = kept if isinstance(value, np.ndarray) else type(value)(kept.tolist())
    return type(like)(**values)


def _filled(order: Array, count: int) -> Array:
    """Return rows with zeros behind them, (count,)."""
    return np.concatenate([order, np.zeros(count - len(order), np.int64)]).astype(np.int64)


def _deck(told: DeckMeta, order: Array, count: int) -> Rows:
    deck = Rows(count, np.random.default_rng(0))
    told.dealer.give(deck.rng)
    deck.order = order[: told.left].astype(np.intp)
    return deck


def _within(rows: Array, count: int, name: str) -> None:
    if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < count:
        raise damaged(name)
