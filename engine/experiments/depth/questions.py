"""What may be asked about the nets: things too dear, or too long, for every frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from engine.asked import Asked
from engine.experiment import Question
from engine.experiments.depth import cost, look, masks
from engine.experiments.depth.panels import CODE, SPECTRA, TRIAL, UNITS
from engine.experiments.depth.params import features
from engine.experiments.depth.sizes import architecture
from engine.frame import Told, Value
from engine.message import _, say
from engine.nn import written
from engine.nn.torch_script import to_pytorch
from engine.params import refused
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.autodiff.tape import Array
    from engine.experiments.depth.simulation import DepthSimulation

LARGEST_EXPORT = 3_000_000
"""Parameters up to which a net is written out as text."""
DEAREST_SPECTRUM = 3_000_000_000
"""depth x width³ of one net up to which spectra are computed on request."""


SHALLOWER = (20, 10, 5, 3, 2, 1)
NARROWER = (64, 32, 16, 8, 4)
"""Sizes that are offered where a net is too large to be drawn as a graph."""


class PyTorch(Asked):
    """A net as a PyTorch script, its present weights in it."""

    net: int = Field(0, ge=0, le=3, title=_("Net"), description=_("Which net of the comparison, counted from 0."))

    def answer(self, simulation: DepthSimulation) -> dict[str, Value]:
        """Return the text ``code``."""
        members = simulation.members
        if self.net >= len(members):
            sentence = say("There is no net {net}; the comparison has {count}.", net=self.net, count=len(members))
            raise refused(sentence, "net")
        one = members[self.net]
        if one.trainer.theta.size > LARGEST_EXPORT:
            sentence = say(
                "The net has {size:,} parameters; at most {most:,} are written out as text.",
                size=one.trainer.theta.size,
                most=LARGEST_EXPORT,
            )
            raise refused(sentence, "net")
        return {"code": to_pytorch(one.net, one.parameters)}


class Spectrum(Asked):
    """The singular values of every net's weights and of its Jacobian."""

    def answer_in_pieces(self, simulation: DepthSimulation) -> Pieces[dict[str, Value]]:
        """Return what `look.spectra` finds."""
        if any(look.spectrum_work([one]) > DEAREST_SPECTRUM for one in simulation.members):
            sentence = say(
                "The singular values of so many large matrices would take too long; make the net narrower."
            )
            raise refused(sentence)
        return dict((yield from look.spectra(simulation.members, simulation.data.inputs)))


class Units(Asked):
    """How much the activation of every unit varies from row to row; 0 is a unit that says the same of all."""

    def answer_in_pieces(self, simulation: DepthSimulation) -> Pieces[dict[str, Value]]:
        """Return what `look.unit_deviations` finds."""
        return {"unit_std": (yield from look.unit_deviations(simulation.members, simulation.data.inputs))}


class Graph(Asked):
    """A net at some of its rows, as an expression for the laboratory of graphs."""

    net: int = Field(0, ge=0, le=9, title=_("Net"), description=_("Which net of the comparison, from 0 on."))
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

    def answer(self, simulation: DepthSimulation) -> dict[str, Value]:
        """Return the text ``opens``: where the net can be walked, and with what."""
        members = simulation.members
        if self.net >= len(members):
            sentence = say("There is no net {net}; the comparison has {count}.", net=self.net, count=len(members))
            raise refused(sentence, "net")
        inputs, targets = simulation.data.inputs, simulation.targets
        one = members[self.net]
        last = self.row + max(self.rows, written.fewest_rows(one.net))
        if last > len(inputs):
            raise refused(say("The data has {count} rows.", count=len(inputs)), "row")
        chosen = slice(self.row, last)
        return written.opened(
            lambda: written.dense(one.net, one.views, inputs[chosen], targets[chosen], simulation.loss),
            self._smaller(simulation, targets[chosen]),
        )

    def _smaller(self, simulation: DepthSimulation, targets: Array) -> Iterator[written.Smaller]:
        """Yield settings of smaller nets: narrower ones first, then shallower ones."""
        own = simulation.params
        for depth in (own.depth, *(few for few in SHALLOWER if few < own.depth)):
            for width in (own.width, *(few for few in NARROWER if few < own.width)):
                params = own.model_copy(update={"depth": depth, "width": width})
                inputs, outputs = features(params)
                net = architecture(params, own.nets[self.net], inputs, outputs)
                if net.layout.size > written.MOST_NUMBERS:
                    continue
                rows = np.ones((len(targets), inputs))
                yield written.Smaller(
                    {"depth": depth, "width": width},
                    say("Take {depth} layers of {width} units", depth=depth, width=width),
                    partial(written.dense, net, net.start().views, rows, targets, simulation.loss),
                )


class Trial(Asked):
    """How often the doctor's diagnoses of the planted nets came true; the same at every step of every run."""

    def answer(self, simulation: DepthSimulation) -> dict[str, Value]:
        """Return the text ``trial``, see `trial.confusion.confusion`."""
        from engine.experiments.depth.trial.confusion import confusion

        return {"trial": Told(confusion())}


class Masks(Asked):
    """What the first hidden layer puts out on average, over many masks of dropout."""

    rate: float = Field(0.5, gt=0, lt=1, title=_("Dropped"), description=_("The share of units that is dropped."))

    def answer_in_pieces(self, simulation: DepthSimulation) -> Pieces[dict[str, Value]]:
        """Return what `masks.answer` finds for the first net."""
        first = simulation.members[0]
        signals = yield from first.net.forward_in_pieces(first.views, simulation.data.inputs)
        return masks.answer(signals.layers[0].post.value, self.rate, simulation.params.seed)


class Cost(Asked):
    """What activation functions cost beside the matrix product; timed now, the same in every run."""

    def answer(self, simulation: DepthSimulation) -> dict[str, Value]:
        """Return what `cost.answer` measures."""
        return cost.answer()


QUESTIONS: Sequence[Question] = (
    Question("graph", _("The net as a graph"), Graph, written.OPENS),
    Question("pytorch", _("The net as PyTorch code"), PyTorch, CODE),
    Question("spectrum", _("Singular values of the weights and of the Jacobian"), Spectrum, SPECTRA),
    Question("units", _("How much each unit's activation varies"), Units, UNITS),
    Question("masks", _("Mean output over many masks"), Masks, masks.ARRAYS),
    Question("cost", _("What an activation costs"), Cost, cost.ARRAYS),
    Question("trial", _("How often the doctor was right"), Trial, TRIAL),
)
