"""Answers to what a page asks about a net: how it thinks, what it expects, what it would write."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from engine.autodiff.tape import Array, read
from engine.experiments.charrnn import checkpoint, export, hello, questions, units
from engine.experiments.charrnn.flow import measure_flow
from engine.frame import Frame, Value
from engine.message import _, say
from engine.nn.recurrent import LSTM, Net, softmax
from engine.nn.recurrent.initialize import rescale
from engine.nn.recurrent.walker import Hold, Walker
from engine.params import InvalidParams, Problem

if TYPE_CHECKING:
    from engine.experiments.charrnn.learner import Learner
    from engine.experiments.charrnn.simulation import CharRNNSimulation

Arrays = dict[str, Value]
CANDIDATES = 5
"""Likeliest characters that are given at each place."""
ABLATED = 1500
"""Held-out characters on which a held unit is judged."""


def answer(simulation: CharRNNSimulation, question: Mapping[str, Any]) -> Frame:
    """Answer a question (see `engine.experiments.charrnn.questions`); the simulation stays as it is.

    Raises:
        InvalidParams: when it makes no sense.
    """
    asked = questions.read(question)
    handlers: Mapping[type, Callable[[Any, Any], Arrays]] = {
        questions.Think: think,
        questions.Next: following,
        questions.Sample: sample,
        questions.Score: score,
        questions.Units: find_units,
        questions.Ablate: ablate,
        questions.FlowQuestion: flow,
        questions.Hello: by_hand,
        questions.Checkpoint: keep,
        questions.PyTorch: program,
        questions.Timeline: timeline,
    }
    with np.errstate(all="ignore"):
        return Frame(simulation.step, handlers[type(asked)](simulation, asked))


def learner_of(simulation: CharRNNSimulation, which: int) -> Learner:
    """Return one of the run's nets.

    Raises:
        InvalidParams: when there are fewer.
    """
    if which >= len(simulation.learners):
        raise refusal(
            "net",
            say(
                "This run trains {count} nets; there is no net {which}.",
                count=len(simulation.learners),
                which=which,
            ),
        )
    return simulation.learners[which]


def refusal(path: str, sentence: Any) -> InvalidParams:
    """Return the refusal of a question."""
    return InvalidParams([Problem(path, sentence)])


def ids_of(simulation: CharRNNSimulation, text: str, path: str = "text") -> tuple[Array, str]:
    """Return a text's known characters as numbers, and the unknown ones.

    Raises:
        InvalidParams: when none is known.
    """
    ids, unknown = simulation.text.alphabet.encode(text)
    if not len(ids):
        raise refusal(path, say("The net knows none of these characters; it reads only what its text has."))
    return ids, unknown


def walker_of(
    simulation: CharRNNSimulation, learner: Learner, hold: Sequence[tuple[int, int, float]] = ()
) -> Walker:
    """Return a walker with some units held.

    Raises:
        InvalidParams: when there is no such unit.
    """
    holds = [Hold(*one) for one in hold]
    layers, hidden = learner.architecture.layers, learner.architecture.hidden
    for one in holds:
        if one.layer >= layers or one.unit >= hidden:
            sentence = _("There is no unit {unit} in layer {layer}: there are {hidden} and {layers}, from 0 on.")
            values = {"unit": one.unit, "layer": one.layer, "hidden": hidden, "layers": layers}
            raise refusal("hold", say(sentence, **values))
    return Walker(learner.architecture, learner.views, holds)


def read_prime(simulation: CharRNNSimulation, walker: Walker, prime: str) -> tuple[Array, str]:
    """Let a walker read a text (a line's end if it is empty); return the scores after it, and what is unknown."""
    ids, unknown = simulation.text.alphabet.encode(prime)
    start = ids if len(ids) else np.array([simulation.text.prime])
    return walker.read(start)[-1], unknown


def think(simulation: CharRNNSimulation, question: questions.Think) -> Arrays:
    """Return ``activations`` (T, H), ``surprise`` (T,) in nats, the likeliest characters before each."""
    learner = learner_of(simulation, question.net)
    architecture = learner.architecture
    if question.layer >= architecture.layers:
        raise refusal(
            "layer",
            say(
                "There is no layer {layer}; there are {layers}, counted from 0.",
                layer=question.layer,
                layers=architecture.layers,
            ),
        )
    if question.quantity not in quantities(learner):
        raise refusal(
            "quantity",
            say(
                "This cell has no {name}; it has {names}.",
                name=question.quantity,
                names=", ".join(quantities(learner)),
            ),
        )
    ids, unknown = ids_of(simulation, question.text)
    net, scores = _read_all(simulation, learner, ids)
    surprise, candidates, chances = expectations(scores, ids)
    cell = net.cells[question.layer]
    if question.quantity == "h":
        values = cell.H[2:]
    elif question.quantity == "c":
        values = cast(LSTM, cell).C[2:]
    else:
        values = cell.gate(question.quantity)[1:]
    return {
        "activations": np.ascontiguousarray(values[:, :, 0]),
        "surprise": surprise,
        "candidates": candidates,
        "chances": chances,
        "text": simulation.text.alphabet.decode(ids),
        "unknown": unknown,
        "quantities": json.dumps(quantities(learner)),
        "characters": simulation.text.alphabet.characters,
    }


def quantities(learner: Learner) -> list[str]:
    """Return what can be seen inside a net's cells."""
    cell = learner.architecture.cell
    return {"rnn": ["h"], "lstm": ["h", "c", "i", "f", "g", "o"], "gru": ["h", "r", "z", "n"]}[cell]


def _read_all(simulation: CharRNNSimulation, learner: Learner, ids: Array) -> tuple[Net, Array]:
    """Read a text after a line's end; return the net with its buffers, and the scores before each character."""
    net = Net(learner.architecture, 1, len(ids) + 1)
    h = net.hidden(learner.views, np.concatenate([[simulation.text.prime], ids])[:, None])
    return net, net.scores(learner.views, read(h))[:-1, :, 0]


def expectations(scores: Array, ids: Array) -> tuple[Array, Array, Array]:
    """Return the surprise of each character in nats, and the likeliest at its place with their probabilities.

    Args:
        scores: before each character, (T, V). ids: the characters, (T,).
    """
    p = softmax(scores.T.astype(np.float64)).T
    surprise = -np.log(p[np.arange(len(ids)), ids])
    order = np.argsort(-p, axis=1, kind="stable")[:, :CANDIDATES]
    return surprise, order.astype(np.int32), np.take_along_axis(p, order, axis=1)


def following(simulation: CharRNNSimulation, question: questions.Next) -> Arrays:
    """Return ``probabilities`` (V,), likeliest first in ``order``, their ``entropy`` in nats."""
    learner = learner_of(simulation, question.net)
    scores, unknown = read_prime(simulation, walker_of(simulation, learner), question.prime)
    p = softmax(scores.astype(np.float64), question.temperature)
    logs = np.log(p, out=np.zeros_like(p), where=p > 0)
    return {
        "probabilities": p,
        "scores": scores,
        "order": np.argsort(-p, kind="stable").astype(np.int32),
        "entropy": np.array(-(p * logs).sum()),
        "characters": simulation.text.alphabet.characters,
        "unknown": unknown,
    }


def sample(simulation: CharRNNSimulation, question: questions.Sample) -> Arrays:
    """Return the text written, and for each character its surprise, the likeliest at its place, and any loop."""
    learner = learner_of(simulation, question.net)
    walker = walker_of(simulation, learner, question.hold)
    scores, unknown = read_prime(simulation, walker, question.prime)
    rng = np.random.default_rng([question.seed, 5])
    rows, written = [], []
    for _place in range(question.length):
        rows.append(scores)
        chosen, scores = walker.write(scores, 1, question.temperature, rng)
        written += chosen
    ids = np.array(written)
    surprise, candidates, chances = expectations(np.array(rows), ids)
    start, period = find_loop(written)
    return {
        "text": simulation.text.alphabet.decode(written),
        "surprise": surprise,
        "candidates": candidates,
        "chances": chances,
        "loop": np.array([start, period], np.int32),
        "characters": simulation.text.alphabet.characters,
        "unknown": unknown,
    }


def find_loop(written: list[int], repeats: int = 3) -> tuple[int, int]:
    """Return where a text begins to repeat itself to its end and with which period; (-1, 0) if it does not.

    >>> find_loop([9, 1, 2, 1, 2, 1, 2])
    (1, 2)
    """
    ids = np.array(written)
    for period in range(1, len(ids) // repeats + 1):
        different = np.flatnonzero(ids[period:] != ids[:-period])
        start = int(different[-1]) + 1 if len(different) else 0
        if len(ids) - start >= repeats * period:
            return start, period
    return -1, 0


def score(simulation: CharRNNSimulation, question: questions.Score) -> Arrays:
    """Return the text's surprise by character, in nats, and its total and perplexity."""
    learner = learner_of(simulation, question.net)
    ids, unknown = ids_of(simulation, question.text)
    _net, scores = _read_all(simulation, learner, ids)
    surprise, candidates, chances = expectations(scores, ids)
    return {
        "surprise": surprise,
        "candidates": candidates,
        "chances": chances,
        "total": np.array(surprise.sum()),
        "perplexity": np.array(np.exp(surprise.mean())),
        "text": simulation.text.alphabet.decode(ids),
        "characters": simulation.text.alphabet.characters,
        "unknown": unknown,
    }


def held_out(simulation: CharRNNSimulation, most: int) -> Array:
    """Return the first held-out characters, or of the training part where there are too few."""
    text = simulation.text
    chosen = text.held_out if len(text.held_out) >= 200 else text.train
    found: Array = chosen[:most].astype(np.intp)
    return found


def find_units(simulation: CharRNNSimulation, question: questions.Units) -> Arrays:
    """Return for each feature of a text the units that follow it best (see `units.rank`)."""
    learner = learner_of(simulation, question.net)
    ids = held_out(simulation, 6000)
    if question.text is not None:
        ids = ids_of(simulation, question.text)[0]
    if len(ids) < 100:
        raise refusal("text", say("The unit finder needs a text of at least 100 characters."))
    net = Net(learner.architecture, 1, len(ids))
    net.hidden(learner.views, ids[:, None])
    activations = {"h": np.stack([cell.H[1:, :, 0] for cell in net.cells], axis=1)}
    if learner.architecture.cell == "lstm":
        activations["c"] = np.stack([cast(LSTM, cell).C[1:, :, 0] for cell in net.cells], axis=1)
    return units.rank(simulation.text.alphabet.decode(ids), activations, question.most)


def ablate(simulation: CharRNNSimulation, question: questions.Ablate) -> Arrays:
    """Return the held-out loss with and without the units held, and what the net writes either way."""
    learner = learner_of(simulation, question.net)
    ids = held_out(simulation, ABLATED)
    results: Arrays = {}
    for name, hold in (("free", ()), ("held", question.hold)):
        walker = walker_of(simulation, learner, hold)
        scores = walker.read(ids[:-1])
        surprise = expectations(scores, ids[1:])[0]
        fresh = walker_of(simulation, learner, hold)
        start, _unknown = read_prime(simulation, fresh, question.prime)
        rng = np.random.default_rng([question.seed, 5])
        written, _scores = fresh.write(start, question.length, question.temperature, rng)
        results[f"{name}_loss"] = np.array(surprise.mean())
        results[f"{name}_surprise"] = surprise
        results[f"{name}_sample"] = simulation.text.alphabet.decode(written)
    return {**results, "text": simulation.text.alphabet.decode(ids[1:])}


def flow(simulation: CharRNNSimulation, question: questions.FlowQuestion) -> Arrays:
    """Return the gradient by lag for every net (see `engine.experiments.charrnn.flow`), (net, T)."""
    rows = simulation.text.train[: 8 * (question.window + 1)]
    columns = min(8, len(rows) // (question.window + 1))
    if not columns:
        raise refusal("window", say("The text is too short for a window of {window}.", window=question.window))
    ids = rows[: columns * (question.window + 1)].reshape(columns, -1).T.astype(np.intp)
    found = []
    for learner in simulation.learners:
        views = {name: view.copy() for name, view in learner.views.items()}
        if question.spectral_radius > 0:
            rescale(views[f"Wh{learner.architecture.layers - 1}"], question.spectral_radius)
        found.append(measure_flow(Net(learner.architecture, columns, question.window), views, ids[:-1], ids[-1]))
    return {
        **{
            name: np.array([getattr(one, name) for one in found])
            for name in ("hidden", "state", "direct", "around", "bound")
        },
        "spectrum": np.array([[one.singular, one.spectral] for one in found]),
        "cells": json.dumps([learner.architecture.cell for learner in simulation.learners]),
    }


def by_hand(simulation: CharRNNSimulation, question: questions.Hello) -> Arrays:
    """Return every number of "hello" (see `engine.experiments.charrnn.hello`)."""
    return hello.numbers(question.trained, question.seed)


def keep(simulation: CharRNNSimulation, question: questions.Checkpoint) -> Arrays:
    """Return the file as bytes."""
    data = checkpoint.save(simulation, good=question.which == "good")
    return {"file": np.frombuffer(data, np.uint8), "name": f"charrnn-{simulation.step}.npz"}


def program(simulation: CharRNNSimulation, question: questions.PyTorch) -> Arrays:
    """Return a program in PyTorch."""
    learner = learner_of(simulation, question.net)
    code = export.pytorch(learner.architecture, learner.views, simulation.text.alphabet.characters)
    return {"code": code, "name": "charrnn.py"}


def timeline(simulation: CharRNNSimulation, question: questions.Timeline) -> Arrays:
    """Return the samples so far, the first and the last among them."""
    return {
        "steps": np.array([step for step, _loss, _text in simulation.samples], np.int32),
        "losses": np.array([loss for _step, loss, _text in simulation.samples]),
        "samples": json.dumps([text for _step, _loss, text in simulation.samples], ensure_ascii=False),
    }
