"""What a net makes of a text: its units at every character, its surprise, what it expects next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from pydantic import Field

from engine.autodiff.softmax import probabilities
from engine.autodiff.tape import Array
from engine.experiment import Question
from engine.experiments.charrnn.questions.asked import (
    CHARACTERS,
    EXPECTED,
    NATS,
    UNKNOWN,
    Arrays,
    Layer,
    OfNet,
    Prime,
    Temperature,
    after_line_end,
    check_cost,
    expectations,
    ids_of,
    read_prime,
    read_through,
    walker_of,
)
from engine.frame import ArraySpec, Told
from engine.message import _, say
from engine.nn.recurrent import LSTM, Cell, Window
from engine.params import refused
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiments.charrnn.learner import Learner
    from engine.experiments.charrnn.simulation import CharRNNSimulation

_TEXT = ArraySpec((), _("The text that was read"))


class Think(OfNet):
    """Run a text through the net: every unit of a layer at every character, and how surprised the net was.

    quantity: ``h``, the LSTM's ``c``, or a gate's letter (i f g o, r z n).
    """

    text: str = Field(min_length=1, max_length=2000, title=_("Text"), description=_("What the net reads."))
    layer: Layer = 0
    quantity: Literal["h", "c", "i", "f", "g", "o", "r", "z", "n"] = Field(
        "h", title=_("Quantity"), description=_("The state h, the LSTM's c, or a gate.")
    )

    def answer_in_pieces(self, simulation: CharRNNSimulation) -> Pieces[Arrays]:
        """Return every unit of the layer at every character, and what the net expected there."""
        learner = self.learner(simulation)
        layers = learner.net.layers
        if self.layer >= layers:
            sentence = _("There is no layer {layer}; there are {layers}, counted from 0.")
            raise refused(say(sentence, layer=self.layer, layers=layers), "layer")
        inside = quantities(learner)
        if self.quantity not in inside:
            sentence = _("This cell has no {name}; it has {names}.")
            raise refused(say(sentence, name=self.quantity, names=", ".join(inside)), "quantity")
        ids, unknown = ids_of(simulation, self.text)
        check_cost(learner, len(ids), "text")
        text = after_line_end(simulation, ids)
        scores, values = yield from read_through(learner, text, self._seen)
        surprise, candidates, chances = expectations(scores[:-1], ids)
        return {
            "activations": np.concatenate(values)[1:],
            "surprise": surprise,
            "candidates": candidates,
            "chances": chances,
            "text": simulation.text.alphabet.decode(ids),
            "unknown": unknown,
            "quantities": Told(inside),
            "characters": simulation.text.alphabet.characters,
        }

    def _seen(self, window: Window) -> Array:
        """Return the quantity at every character of a stretch, (T, H)."""
        cell = window.cells[self.layer]
        return of_state(cell, self.quantity) if self.quantity in "hc" else cell.gate(self.quantity)[..., 0].copy()


def of_state(cell: Cell, quantity: str) -> Array:
    """Return h, or an LSTM's c, after every step of the last window, (T, H); new memory."""
    states = cast(LSTM, cell).C if quantity == "c" else cell.H
    return states[1 : cell.steps + 1, :, 0].copy()


def quantities(learner: Learner) -> list[str]:
    """Return what can be seen inside a net's cells."""
    cell = learner.net.cell
    return {"rnn": ["h"], "lstm": ["h", "c", "i", "f", "g", "o"], "gru": ["h", "r", "z", "n"]}[cell]


class Next(OfNet):
    """The distribution of the character that follows a text."""

    prime: Prime = ""
    temperature: Temperature = 1.0

    def answer_in_pieces(self, simulation: CharRNNSimulation) -> Pieces[Arrays]:
        """Return the probabilities, the likeliest first in ``order``, and their entropy."""
        scores, unknown = yield from read_prime(simulation, walker_of(self.learner(simulation)), self.prime)
        p = probabilities(scores.astype(np.float64), 0, self.temperature)
        logs = np.log(p, out=np.zeros_like(p), where=p > 0)
        return {
            "probabilities": p,
            "scores": scores,
            "order": np.argsort(-p, kind="stable").astype(np.int32),
            "entropy": np.array(-(p * logs).sum()),
            "characters": simulation.text.alphabet.characters,
            "unknown": unknown,
        }


class Score(OfNet):
    """How likely the net finds a text, character by character."""

    text: str = Field(min_length=1, max_length=5000, title=_("Text"), description=_("What the net reads."))

    def answer_in_pieces(self, simulation: CharRNNSimulation) -> Pieces[Arrays]:
        """Return the text's surprise by character, its total and the perplexity."""
        learner = self.learner(simulation)
        ids, unknown = ids_of(simulation, self.text)
        check_cost(learner, len(ids), "text")
        scores, _kept = yield from read_through(learner, after_line_end(simulation, ids), lambda _window: None)
        surprise, candidates, chances = expectations(scores[:-1], ids)
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


QUESTIONS = (
    Question(
        "think",
        _("Every unit of a layer while the net reads a text"),
        Think,
        {
            "activations": ArraySpec(("character", "unit"), _("The units' values at each character")),
            **EXPECTED,
            "text": _TEXT,
            "unknown": UNKNOWN,
            "quantities": ArraySpec((), _("What this net's cells can show")),
            "characters": CHARACTERS,
        },
    ),
    Question(
        "next",
        _("What the net expects after a text"),
        Next,
        {
            "probabilities": ArraySpec(("candidate",), _("Probability of each character of the alphabet")),
            "scores": ArraySpec(("candidate",), _("The scores that go into the softmax, before the temperature")),
            "order": ArraySpec(("rank",), _("The characters, likeliest first")),
            "entropy": ArraySpec((), _("Entropy of the distribution"), NATS),
            "characters": CHARACTERS,
            "unknown": UNKNOWN,
        },
    ),
    Question(
        "score",
        _("How likely the net finds a text"),
        Score,
        {
            **EXPECTED,
            "total": ArraySpec((), _("Surprise at the whole text"), NATS),
            "perplexity": ArraySpec((), _("Perplexity: e to the mean surprise")),
            "text": _TEXT,
            "characters": CHARACTERS,
            "unknown": UNKNOWN,
        },
    ),
)
