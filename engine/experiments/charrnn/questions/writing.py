"""What a net writes: from a beginning, with units held, and what it wrote so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from engine.asked import Asked
from engine.experiment import Question
from engine.experiments.charrnn.questions.asked import (
    CHARACTERS,
    EXPECTED,
    NATS,
    UNKNOWN,
    Arrays,
    Held,
    Length,
    OfNet,
    Prime,
    Seed,
    Temperature,
    affordable,
    check_cost,
    expectations,
    held_out,
    read_prime,
    walker_of,
)
from engine.frame import ArraySpec, Told
from engine.message import _
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiments.charrnn.simulation import CharRNNSimulation

ABLATED = 1500
"""Held-out characters on which a held unit is judged."""


class Sample(OfNet):
    """Write on from a text. To fork a sample at a character, ask again with the text up to there and another."""

    prime: Prime = ""
    length: Length = Field(200, le=2000)
    temperature: Temperature = 1.0
    seed: Seed = 0
    hold: Held = Field([])

    def answer_in_pieces(self, simulation: CharRNNSimulation) -> Pieces[Arrays]:
        """Return what was written, the surprise and the likeliest at each character, and any loop."""
        learner = self.learner(simulation)
        check_cost(learner, len(self.prime) + self.length, "length")
        walker = walker_of(learner, self.hold)
        scores, unknown = yield from read_prime(simulation, walker, self.prime)
        rng = np.random.default_rng([self.seed, 5])
        rows, written = [], []
        for _place in range(self.length):
            rows.append(scores)
            chosen, scores = yield from walker.write_in_pieces(scores, 1, self.temperature, rng)
            written += chosen
        ids = np.array(written)
        surprise, candidates, chances = expectations(np.array(rows), ids)
        return {
            "text": simulation.text.alphabet.decode(written),
            "surprise": surprise,
            "candidates": candidates,
            "chances": chances,
            "loop": np.array(find_loop(written), np.int32),
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


class Ablate(OfNet):
    """Hold units at values: what becomes of the loss on held-out text, and of a sample."""

    hold: Held = Field(min_length=1)
    prime: Prime = ""
    length: Length = Field(200, le=1000)
    temperature: Temperature = 0.5
    seed: Seed = 0

    def answer_in_pieces(self, simulation: CharRNNSimulation) -> Pieces[Arrays]:
        """Return the held-out loss with and without the units held, and what the net writes either way."""
        learner = self.learner(simulation)
        check_cost(learner, 2 * (len(self.prime) + self.length), "length")
        ids = held_out(simulation, min(ABLATED, affordable(learner)))
        results: Arrays = {}
        for name, hold in (("free", ()), ("held", self.hold)):
            scores = yield from walker_of(learner, hold).read_in_pieces(ids[:-1])
            surprise = expectations(scores, ids[1:])[0]
            fresh = walker_of(learner, hold)
            start, _unknown = yield from read_prime(simulation, fresh, self.prime)
            rng = np.random.default_rng([self.seed, 5])
            written, _scores = yield from fresh.write_in_pieces(start, self.length, self.temperature, rng)
            results[f"{name}_loss"] = np.array(surprise.mean())
            results[f"{name}_surprise"] = surprise
            results[f"{name}_sample"] = simulation.text.alphabet.decode(written)
        return {**results, "text": simulation.text.alphabet.decode(ids[1:])}


class Timeline(Asked):
    """The samples so far, the first and the last among them."""

    def answer(self, simulation: CharRNNSimulation) -> Arrays:
        """Return the samples with their steps and held-out losses."""
        return {
            "steps": np.array([step for step, _loss, _text in simulation.samples], np.int32),
            "losses": np.array([loss for _step, loss, _text in simulation.samples]),
            "samples": Told([text for _step, _loss, text in simulation.samples]),
        }


QUESTIONS = (
    Question(
        "sample",
        _("What the net writes after a text"),
        Sample,
        {
            "text": ArraySpec((), _("What it wrote")),
            **EXPECTED,
            "loop": ArraySpec(("part",), _("Where an endless loop begins, and its period; -1 and 0 without one")),
            "characters": CHARACTERS,
            "unknown": UNKNOWN,
        },
    ),
    Question(
        "ablate",
        _("Loss and sample when units are held"),
        Ablate,
        {
            "free_loss": ArraySpec((), _("Held-out loss of the net as it is"), NATS),
            "free_surprise": ArraySpec(("character",), _("Its surprise at each held-out character"), NATS),
            "free_sample": ArraySpec((), _("What it writes")),
            "held_loss": ArraySpec((), _("Held-out loss with the units held"), NATS),
            "held_surprise": ArraySpec(("character",), _("Surprise at each held-out character, units held"), NATS),
            "held_sample": ArraySpec((), _("What it writes with the units held")),
            "text": ArraySpec((), _("The held-out characters")),
        },
    ),
    Question(
        "timeline",
        _("The samples so far"),
        Timeline,
        {
            "steps": ArraySpec(("sample",), _("The step of each sample")),
            "losses": ArraySpec(("sample",), _("The held-out loss then"), NATS),
            "samples": ArraySpec((), _("The samples, oldest first")),
        },
    ),
)
