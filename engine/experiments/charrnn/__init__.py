"""A recurrent net learns to write, character by character, while one watches it think."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np

from engine import params
from engine.claim import Claim
from engine.data.corpora import english
from engine.experiment import Experiment, Preset, Question
from engine.experiments.charrnn import adding
from engine.experiments.charrnn import scene as scenery
from engine.experiments.charrnn.claims import CLAIMS
from engine.experiments.charrnn.params import CharRNNParams
from engine.experiments.charrnn.presets import PRESETS
from engine.experiments.charrnn.questions import QUESTIONS
from engine.experiments.charrnn.simulation import CharRNNSimulation
from engine.experiments.charrnn.stack import trials
from engine.frame import ArraySpec, Frame, Panel
from engine.memory import copies_kept
from engine.message import _
from engine.notation import RECURRENT, Symbol
from engine.pieces import Pieces, whole
from engine.preview import Preview
from engine.simulation import Simulation
from engine.trials import Goal, Going

_NATS = _("nats a character")
_LEARNING, _TIME = _("Learning"), _("Gradient through time")
_RHYME = (
    "She sells sea shells by the sea shore.\n"
    "The shells she sells are sea shells, I'm sure.\n"
    "So if she sells sea shells on the sea shore,\n"
    "then I'm sure she sells sea-shore shells.\n"
)


class CharRNN(Experiment):
    """The laboratory of character-level recurrent nets."""

    name: ClassVar[str] = "charrnn"
    title: ClassVar[str] = _("The char-RNN")
    summary: ClassVar[str] = _(
        "A recurrent net reads your text and learns to write like it. Watch its gates, its surprise at "
        "each character and its gradient through time while it trains."
    )
    Params: ClassVar[type[params.Params]] = CharRNNParams
    stride: ClassVar[int] = 25
    order: ClassVar[int] = 120
    chapter: ClassVar[str] = _("Sequences")
    notation: ClassVar[Sequence[Symbol]] = RECURRENT
    objective: ClassVar[Goal] = Goal(
        "validation_loss",
        _("Held-out loss"),
        _NATS,
        settings={"text": _RHYME * 12, "hidden_size": 24, "batch_size": 8, "sequence_length": 20, "steps": 200},
        axes={"optimizer.learning_rate": (1e-4, 0.3), "hidden_size": (4, 64)},
        stride=2,
        together=4,
        script="pytorch",
        trained=True,
    )
    preview: ClassVar[Preview] = Preview(
        panel="What it writes",
        params={
            "text": _RHYME * 12,
            "hidden_size": 40,
            "batch_size": 8,
            "sequence_length": 24,
            "temperature": 0.6,
            "steps": 400,
            "optimizer": {"rule": "adam", "learning_rate": 0.01},
        },
        frames=4,
        seconds=9.0,
    )
    pace: ClassVar[Literal["ahead", "live"]] = "live"
    arrays: ClassVar[Mapping[str, ArraySpec]] = {
        "loss": ArraySpec(("step",), _("Training loss of the window, before its update"), _NATS),
        "smoothed_loss": ArraySpec(("step",), _("Training loss, smoothed"), _NATS),
        "validation_loss": ArraySpec(("step",), _("Held-out loss, measured every 100 steps"), _NATS),
        "gradient_norm": ArraySpec(("step",), _("Norm of the gradient before clipping")),
        "clipped_norm": ArraySpec(("step",), _("Norm of the gradient after clipping")),
        "characters": ArraySpec(("step",), _("Characters learned so far"), _("characters")),
        "losses": ArraySpec(("net", "step"), _("Training loss of every net"), _NATS),
        "smoothed_losses": ArraySpec(("net", "step"), _("Smoothed training loss of every net"), _NATS),
        "validation_losses": ArraySpec(("net", "step"), _("Held-out loss of every net"), _NATS),
        "gradient_norms": ArraySpec(("net", "step"), _("Norm of every net's gradient before clipping")),
        "clipped_norms": ArraySpec(("net", "step"), _("Norm of every net's gradient after clipping")),
        "validation_now": ArraySpec(("net",), _("Held-out loss at the last measurement"), _NATS),
        "sample": ArraySpec((), _("What the net wrote last")),
        "sample_step": ArraySpec((), _("The step at which it wrote that")),
        "sample_loss": ArraySpec((), _("Its held-out loss then"), _NATS),
        "status": ArraySpec((), _("Why the run was stopped, a sentence each; empty while all is well")),
        "lag_gradients": ArraySpec(
            ("net", "lag"), _("dL/dh, so many steps before the last one, where the loss is")
        ),
        "lag_state_gradients": ArraySpec(("net", "lag"), _("The same for what is carried: the LSTM's c, else h")),
        "lag_direct": ArraySpec(("net", "lag"), _("Its part along the direct way, through the forget gates")),
        "lag_around": ArraySpec(("net", "lag"), _("Its part along the way around, through h and the gates")),
        "lag_bound": ArraySpec(("net", "lag"), _("The bound of the vanilla RNN: σ₁(Whh) to the power of the lag")),
        **adding.ARRAYS,
        "spectrum": ArraySpec(("net", "measure"), _("Largest singular value and spectral radius of Whh")),
    }
    questions: ClassVar[Sequence[Question]] = QUESTIONS
    panels: ClassVar[Sequence[Panel]] = (
        Panel(
            "series",
            _("Loss"),
            {
                "y": "loss",
                "y2": "smoothed_loss",
                "y3": "validation_loss",
                "theory": "baselines",
                "x": "baseline_x",
            },
            {
                "y_title": _NATS,
                "theory_names": "baseline_names",
                "faint": ["y"],
                "labels": [_("each window"), _("smoothed"), _("held out")],
            },
            place="stage",
            view=_LEARNING,
        ),
        Panel(
            "training",
            _("Training"),
            {
                "loss": "smoothed_loss",
                "validation": "validation_loss",
                "characters": "characters",
                "status": "status",
                "baselines": "baselines",
                "baseline_names": "baseline_names",
                "entropy": "entropy",
            },
            place="side",
            questions={"checkpoint": "checkpoint", "code": "pytorch"},
        ),
        Panel(
            "samples",
            _("What it writes"),
            {"sample": "sample", "step": "sample_step", "loss": "sample_loss"},
            place="stage",
            view=_LEARNING,
        ),
        Panel(
            "series",
            _("Gradient norm"),
            {"y": "gradient_norm", "y2": "clipped_norm"},
            {"y_scale": "log", "labels": [_("before clipping"), _("after clipping")]},
            view=_LEARNING,
        ),
        Panel(
            "series",
            _("Held-out loss of every net"),
            {"y": "validation_losses"},
            {"y_title": _NATS, "series_axis": "net"},
            view=_LEARNING,
        ),
        Panel(
            "thinking",
            _("Inside the net while it reads"),
            {},
            place="stage",
            view=_("Inside"),
            questions={"reading": "think", "units": "units", "held": "ablate"},
        ),
        Panel(
            "nextchar",
            _("The next character"),
            {},
            place="stage",
            view=_("Next character"),
            questions={"next": "next", "score": "score", "sample": "sample"},
        ),
        Panel(
            "timeflow",
            _("The gradient on its way back"),
            {"spectrum": "spectrum"},
            {"window": "sequence_length"},
            place="stage",
            view=_TIME,
            questions={"flow": "flow"},
        ),
        Panel(
            "profile",
            _("The adding problem: error"),
            {"y": "adding_error"},
            {
                "y_scale": "log",
                "x_title": _("tens of updates"),
                "series_axis": "net",
                "references": [{"at": 1 / 6, "label": "1/6"}],
            },
            view=_TIME,
            questions={"y": "adding"},
        ),
        Panel(
            "byhand",
            _("“hello” in numbers"),
            {},
            place="stage",
            view=_("“hello” by hand"),
            questions={"numbers": "hello"},
        ),
    )
    presets: ClassVar[Sequence[Preset]] = PRESETS
    claims: ClassVar[Sequence[Claim]] = CLAIMS

    def warm(self) -> None:
        super().warm()
        english()  # half a second: the library is parsed for its docstrings

    def memory(self, params: CharRNNParams) -> float:
        return params.memory + copies_kept(params.copied) * params.copied

    def begin(self, params: CharRNNParams, rng: np.random.Generator) -> Simulation:
        return whole(CharRNNSimulation.begin(params, rng))

    def begin_in_pieces(self, params: CharRNNParams, rng: np.random.Generator) -> Pieces[Simulation]:
        return (yield from CharRNNSimulation.begin(params, rng))

    def trials(self, settings: Sequence[CharRNNParams]) -> Going:
        return trials(self, settings)

    def scene(self, params: CharRNNParams) -> Frame:
        return scenery.scene(params)

    def scene_key(self, params: CharRNNParams) -> str:
        return scenery.scene_key(params)
