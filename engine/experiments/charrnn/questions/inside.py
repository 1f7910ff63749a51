"""What goes on inside: units that follow something, the gradient on its way back, "hello" by hand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from engine.asked import Asked
from engine.autodiff.tape import Array
from engine.experiment import Question
from engine.experiments.charrnn import adding, hello, units
from engine.experiments.charrnn.flow import curves_of, measure_flow, remark_on
from engine.experiments.charrnn.questions.asked import (
    Arrays,
    OfNet,
    Seed,
    affordable,
    check_cost,
    held_out,
    ids_of,
    read_through,
)
from engine.experiments.charrnn.questions.reading import of_state
from engine.frame import ArraySpec, Told
from engine.message import _, say
from engine.nn.recurrent import Window
from engine.nn.recurrent.initialize import rescale
from engine.nn.recurrent.written import recurrent
from engine.nn.written import OPENS, Smaller, opened
from engine.params import refused
from engine.pieces import Pieces, in_turn

if TYPE_CHECKING:
    from engine.experiments.charrnn.simulation import CharRNNSimulation

_BY_FEATURE = ("feature", "rank")
_BY_LAG = ("net", "lag")
FEWER = (64, 32, 24, 16, 8, 4)
"""Hidden units that are offered where a net is too large to be drawn as a graph."""
READ = 6000
"""Held-out characters that the unit finder reads."""


class Units(OfNet):
    """Which units track quotes, brackets, the place in the line, the indentation."""

    text: str | None = Field(
        None, max_length=20_000, title=_("Text"), description=_("What the net reads; when empty, held-out text.")
    )
    most: int = Field(8, ge=1, le=64, title=_("Units"), description=_("How many units for each feature."))

    def answer_in_pieces(self, simulation: CharRNNSimulation) -> Pieces[Arrays]:
        """Return for each feature of the text the units that follow it best (see `units.rank`)."""
        learner = self.learner(simulation)
        ids = (
            held_out(simulation, min(READ, affordable(learner)))
            if self.text is None
            else ids_of(simulation, self.text)[0]
        )
        if len(ids) < 100:
            raise refused(say("The unit finder needs a text of at least 100 characters."), "text")
        check_cost(learner, len(ids), "text")
        names = ["h", "c"] if learner.net.cell == "lstm" else ["h"]

        def seen(window: Window) -> dict[str, Array]:
            return {name: np.stack([of_state(cell, name) for cell in window.cells], axis=1) for name in names}

        _scores, stretches = yield from read_through(learner, ids, seen)
        activations = {name: np.concatenate([one[name] for one in stretches]) for name in names}
        return units.rank(simulation.text.alphabet.decode(ids), activations, self.most)


class Flow(Asked):
    """The gradient's way back through a window, Wh perhaps rescaled for the question."""

    window: int = Field(50, ge=2, le=300, title=_("Window"), description=_("How many characters to go back."))
    spectral_radius: float = Field(
        0.0,
        ge=0,
        le=5,
        title=_("Spectral radius"),
        description=_("Whh is rescaled to it, for this answer only; 0 leaves Whh as it is."),
    )

    def answer_in_pieces(self, simulation: CharRNNSimulation) -> Pieces[Arrays]:
        """Return the gradient by lag for every net (see `engine.experiments.charrnn.flow`)."""
        rows = simulation.text.train[: 8 * (self.window + 1)]
        columns = min(8, len(rows) // (self.window + 1))
        if not columns:
            raise refused(say("The text is too short for a window of {window}.", window=self.window), "window")
        passes = 3 * len(simulation.learners)  # back costs twice as much as forward
        for learner in simulation.learners:  # large nets are averaged over fewer columns
            check_cost(learner, self.window, "window", passes)
            columns = min(columns, max(1, affordable(learner, passes) // self.window))
        ids = rows[: columns * (self.window + 1)].reshape(columns, -1).T.astype(np.intp)
        found = []
        for learner in simulation.learners:
            views = {name: view.copy() for name, view in learner.views.items()}
            if self.spectral_radius > 0:
                yield from rescale(views[f"Wh{learner.net.layers - 1}"], self.spectral_radius)
            window = Window(learner.net, columns, self.window)
            found.append((yield from measure_flow(window, views, ids[:-1], ids[-1])))
        return {
            **{
                name: np.array([getattr(one, name) for one in found])
                for name in ("hidden", "state", "direct", "around", "bound")
            },
            "spectrum": np.array([[one.singular, one.spectral] for one in found]),
            "curves": Told(
                [curve for net, learner in enumerate(simulation.learners) for curve in curves_of(net, learner.net)]
            ),
            "remark": Told(remark_on([one.net.cell for one in simulation.learners], found)),
        }


class Hello(Asked):
    """Every number of a small vanilla RNN's forward and backward pass over "hello"."""

    trained: int = Field(
        0,
        ge=0,
        le=2000,
        title=_("Steps"),
        description=_("Steps of plain gradient descent before the numbers are shown."),
    )
    seed: Seed = 0
    lecture: bool = Field(
        False, title=_("The lecture's numbers"), description=_("Begin with the lecture's own states and scores.")
    )

    def answer(self, simulation: CharRNNSimulation) -> Arrays:
        """Return every number (see `engine.experiments.charrnn.hello`)."""
        return hello.numbers(self.trained, self.seed, self.lecture)


class Adding(Asked):
    """The adding problem: two marked numbers among thirty are to be added (see `..adding`)."""

    def answer_in_pieces(self, simulation: CharRNNSimulation) -> Pieces[Arrays]:
        """Return the error of every net's cell, trained on it with equal budgets, by tens of updates."""
        seed = simulation.params.seed
        curves = yield from in_turn(adding.curve(learner.net.cell, seed) for learner in simulation.learners)
        return {"adding_error": np.array(curves)}


class Graph(OfNet):
    """A net that reads a few characters, as an expression for the laboratory of graphs."""

    text: str = Field(
        "",
        max_length=5,
        title=_("Text"),
        description=_("What the net reads and guesses; empty takes the beginning of the text."),
    )

    def answer(self, simulation: CharRNNSimulation) -> Arrays:
        """Return ``opens``: where the net can be walked, and with what."""
        learner = self.learner(simulation)
        ids = ids_of(simulation, self.text)[0] if self.text else simulation.text.train[:3].astype(np.intp)
        if len(ids) < 2:
            raise refused(say("Two characters are needed: one to read and one to guess."), "text")
        return opened(
            lambda: recurrent(learner.net, learner.views, ids.tolist()), self._smaller(simulation, ids.tolist())
        )

    def _smaller(self, simulation: CharRNNSimulation, ids: list[int]) -> Iterator[Smaller]:
        """Yield settings of smaller nets: of fewer units first, then of one layer."""
        own = simulation.params
        for layers in sorted({own.layers, 1}, reverse=True):
            for hidden in (few for few in FEWER if few < own.hidden_size):
                params = own.model_copy(update={"layers": layers, "hidden_size": hidden})
                net = params.architectures[self.net]
                yield Smaller(
                    {"layers": layers, "hidden_size": hidden},
                    say("Take one layer of {units} hidden units", units=hidden)
                    if layers == 1
                    else say("Take {layers} layers of {units} hidden units", layers=layers, units=hidden),
                    partial(recurrent, net, net.layout.views(net.layout.zeros()), ids),
                )


QUESTIONS = (
    Question("graph", _("The net as a graph"), Graph, OPENS),
    Question(
        "units",
        _("Which units follow quotes, brackets, the place in the line"),
        Units,
        {
            "correlation": ArraySpec(_BY_FEATURE, _("Correlation with the feature on the other half of the text")),
            "chosen_by": ArraySpec(_BY_FEATURE, _("Correlation on the half by which the unit was chosen")),
            "quantity": ArraySpec(
                _BY_FEATURE, _("Which quantity of the unit: its place in the list of quantities")
            ),
            "layer": ArraySpec(_BY_FEATURE, _("The unit's layer")),
            "unit": ArraySpec(_BY_FEATURE, _("The unit")),
            "quantities": ArraySpec((), _("The quantities")),
            "features": ArraySpec((), _("The features' names")),
            "words": ArraySpec((), _("The features in words")),
        },
    ),
    Question(
        "flow",
        _("The gradient on its way back through time"),
        Flow,
        {
            "hidden": ArraySpec(_BY_LAG, _("dL/dh, so many steps before the last one, where the loss is")),
            "state": ArraySpec(_BY_LAG, _("The same for what is carried: the LSTM's c, else h")),
            "direct": ArraySpec(_BY_LAG, _("Its part along the direct way, through the forget gates")),
            "around": ArraySpec(_BY_LAG, _("Its part along the way around, through h and the gates")),
            "bound": ArraySpec(_BY_LAG, _("The bound of the vanilla RNN: σ₁(Whh) to the power of the lag")),
            "spectrum": ArraySpec(("net", "measure"), _("Largest singular value and spectral radius of Whh")),
            "curves": ArraySpec((), _("Which rows are curves, and what they are called")),
            "remark": ArraySpec((), _("What the curves mean")),
        },
    ),
    Question("adding", _("The adding problem, with every cell of the run"), Adding, adding.ARRAYS),
    Question("hello", _("“hello” in numbers"), Hello, hello.ARRAYS),
)
