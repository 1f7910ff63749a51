"""What may be asked about the nets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from engine.asked import Asked
from engine.experiment import Question
from engine.experiments.playground import checkpoint
from engine.experiments.playground.export import training_script
from engine.experiments.playground.panels import STILLS
from engine.experiments.playground.reliance import ARRAYS as WITHOUT
from engine.experiments.playground.reliance import without_each_unit
from engine.experiments.playground.sizes import architecture
from engine.frame import ArraySpec, Value, by_net
from engine.message import _, say
from engine.nn import written
from engine.nn.torch_script import to_pytorch
from engine.params import refused
from engine.pieces import Pieces, in_turn

if TYPE_CHECKING:
    from engine.experiments.playground.simulation import PlaygroundSimulation

FILE: Mapping[str, ArraySpec] = {"file": ArraySpec(("byte",), _("The file's bytes"))}
CODE: Mapping[str, ArraySpec] = {"code": ArraySpec((), _("A PyTorch script"))}


NARROWER = (48, 32, 24, 16, 8)
"""Widths that are offered where a net is too large to be drawn as a graph."""


class OfNet(Asked):
    """A question about one net."""

    net: int = Field(0, ge=0, le=3, title=_("Net"), description=_("Which net of the comparison, from 0 on."))

    def place(self, simulation: PlaygroundSimulation) -> int:
        """Return the net's place.

        Raises:
            InvalidParams: where the comparison has no such net.
        """
        count = len(simulation.learners)
        if self.net >= count:
            sentence = say("There is no net {net}; the comparison has {count}.", net=self.net, count=count)
            raise refused(sentence, "net")
        return self.net


class Training(OfNet):
    """The whole training of a net as a script."""

    def answer_in_pieces(self, simulation: PlaygroundSimulation) -> Pieces[dict[str, Value]]:
        """Return the text ``code``."""
        past = simulation.past.foreseen(simulation.step, simulation.params, simulation.to_come)
        return {"code": (yield from training_script(past, self.place(simulation)))}


class Pictures(Asked):
    """What a frame shows that ends at this very step."""

    def answer_in_pieces(self, simulation: PlaygroundSimulation) -> Pieces[dict[str, Value]]:
        """Return the arrays and texts of the frame that have no steps."""
        return simulation.pictures()


class Checkpoint(Asked):
    """The run's state as a file."""

    def answer_in_pieces(self, simulation: PlaygroundSimulation) -> Pieces[dict[str, Value]]:
        """Return the bytes ``file``."""
        return {"file": np.frombuffer((yield from checkpoint.save(simulation)), np.uint8)}


class Trained(OfNet):
    """The net as it stands as a script, its weights in it."""

    def answer(self, simulation: PlaygroundSimulation) -> dict[str, Value]:
        """Return the text ``code``."""
        net, theta, running = simulation.net(self.place(simulation))
        parameters = net.layout.parameters(theta.copy())
        parameters.running[...] = running
        return {"code": to_pytorch(net, parameters)}


class Graph(OfNet):
    """A net at some of its training points, as an expression for the laboratory of graphs."""

    row: int = Field(
        0, ge=0, le=100_000, title=_("Row"), description=_("The first row of the data to pass through.")
    )
    rows: int = Field(
        1,
        ge=1,
        le=4,
        title=_("Rows"),
        description=_("How many rows at once; two at least with batch normalization."),
    )

    def answer(self, simulation: PlaygroundSimulation) -> dict[str, Value]:
        """Return the text ``opens``: where the net can be walked, and with what."""
        points, task = simulation.points, simulation.task
        net, theta, running = simulation.net(self.place(simulation))
        last = self.row + max(self.rows, written.fewest_rows(net))
        if last > points.ends[0]:
            raise refused(say("The data has {count} rows.", count=points.ends[0]), "row")
        views = {**net.layout.views(theta), **net.layout.running.views(running)}
        chosen = slice(self.row, last)
        return written.opened(
            lambda: written.dense(net, views, points.inputs[chosen], points.targets[chosen], LOSSES[task.kind]),
            self._smaller(simulation, chosen),
        )

    def _smaller(self, simulation: PlaygroundSimulation, chosen: slice) -> Iterator[written.Smaller]:
        """Yield settings of a narrower first net."""
        points, own = simulation.points, simulation.params
        for most in NARROWER if self.net == 0 else ():
            params = own.model_copy(update={"hidden": [min(width, most) for width in own.hidden]})
            net = architecture(params, params.nets[0])
            yield written.Smaller(
                {"hidden": params.hidden},
                say("Take at most {units} units in each layer", units=most),
                partial(
                    written.dense,
                    net,
                    net.start().views,
                    points.inputs[chosen],
                    points.targets[chosen],
                    LOSSES[simulation.task.kind],
                ),
            )


class Without(Asked):
    """How much each net's training loss grows when one unit of its last hidden layer is left out."""

    def answer_in_pieces(self, simulation: PlaygroundSimulation) -> Pieces[dict[str, Value]]:
        """Return the factors, (net, unit)."""
        nets = range(len(simulation.learners))
        return {"without": by_net((yield from in_turn(without_each_unit(simulation, net) for net in nets)))}


LOSSES = {"two": "sigmoid_cross_entropy", "several": "cross_entropy", "number": "squared_error"}
"""The loss of each task, as `engine.nn.written` calls it."""

QUESTIONS: Sequence[Question] = (
    Question("training", _("The whole training as a PyTorch script"), Training, CODE),
    Question("pytorch", _("The net as PyTorch code"), Trained, CODE),
    Question("pictures", _("The pictures of a step"), Pictures, STILLS, exact=True),
    Question("checkpoint", _("The run as a file"), Checkpoint, FILE),
    Question("without", _("The training loss without each unit"), Without, WITHOUT),
    Question("graph", _("The net as a graph"), Graph, written.OPENS),
)
