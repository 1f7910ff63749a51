"""What the char-RNN laboratory can be told: the text, the net, how it is trained, how it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, field_validator, model_validator

from engine.data.corpora import CORPORA, LARGEST_TEXT
from engine.experiments.charrnn.text import Text, corpus_text, own_text
from engine.message import _, say
from engine.nn import fields
from engine.nn.recurrent import RecurrentNet
from engine.nn.recurrent.initialize import ORTHOGONAL, Init
from engine.nn.recurrent.net import CellName, Reset, Squashing
from engine.optimizers import AnyRule, Clip
from engine.optimizers.adam import Adam
from engine.params import Params, Refusal, choice, seed, slider

if TYPE_CHECKING:
    CorpusName = str
else:
    CorpusName = Literal[tuple(CORPORA)]

MOST_BYTES = 6e8
"""Memory that the buffers of a run may take."""
MOST_OPERATIONS = 8e10
"""Multiplications and additions that one training step may take: about a second of a core."""
MOST_RESCALED = 6e8
"""The sum of units³ over all matrices whose eigenvalues are wanted at the start: about a second of a core."""
UNUSABLE = frozenset({"newton", "bfgs", "lbfgs"})
"""Rules that want the Hessian, a matrix over all parameters, or the same batch twice."""

_NET, _TRAINING, _WRITING = _("The net"), _("Training"), _("Writing")


class CharRNNParams(Params):
    """The parameters of a char-RNN."""

    corpus: CorpusName = choice(
        "reference",
        _("Text"),
        _("What the net reads. Or give it your own text below."),
        labels={name: corpus.title for name, corpus in CORPORA.items()},
    )
    text: str | None = choice(
        None,
        _("Your own text"),
        _(
            "Paste or drop a text in any language, up to 5 MB. It replaces the one above. The last tenth is "
            "held out."
        ),
        widget="text",
        max_length=LARGEST_TEXT,
    )
    cell: CellName = choice(
        "lstm",
        _("Cell"),
        _("What carries the past: one state (RNN), a state and a gated cell (LSTM), a gated state (GRU)."),
        labels={"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"},
        group=_NET,
    )
    hidden_size: int = slider(
        128,
        1,
        512,
        _("Hidden units"),
        _("H: the length of h. It sets how much a layer can carry from character to character."),
        scale="log",
        group=_NET,
    )
    layers: int = slider(1, 1, 4, _("Layers"), _("L: the h of each layer is the input of the next."), group=_NET)
    activation: Squashing = choice(
        "tanh",
        _("Activation"),
        _("φ in h = φ(Wxh x + Whh h + b). If it is linear, the whole recurrence is one matrix."),
        labels={"tanh": "tanh", "relu": "ReLU", "linear": _("none (linear)")},
        shown_when={"cell": ["rnn"]},
        group=_NET,
    )
    reset: Reset = choice(
        "after",
        _("Reset gate"),
        _("Whether r is multiplied with Whh h (torch, cuDNN) or with h before the product (the paper of 2014)."),
        labels={"after": _("after the product"), "before": _("before the product")},
        shown_when={"cell": ["gru"]},
        group=_NET,
    )
    compare: list[CellName] = Field(
        [],
        max_length=3,
        title=_("Train beside it"),
        description=_(
            "More cells, trained on the same characters in the same order. Their widths are set so that all "
            "have the same number of parameters, as nearly as possible."
        ),
        json_schema_extra={
            "effect": "restart",
            "labels": {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"},
            "group": _NET,
        },
    )
    init: Init = choice(
        "torch",
        _("Initialization"),
        _(
            "How the weights are drawn before the first step. Var(w) is 1/(3H) with torch's uniform, 1/H "
            "with orthogonal Whh, 2/(n_in + n_out) with Xavier and 10⁻⁴ with normal × 0.01."
        ),
        labels={
            "torch": _("uniform in ±1/√H (torch)"),
            "orthogonal": _("orthogonal"),
            "identity": _("identity"),
            "xavier": "Xavier",
            "small_normal": _("normal × 0.01"),
            "zeros": _("zeros"),
        },
        group=_NET,
    )
    forget_bias: float = slider(
        1.0,
        -5.0,
        5.0,
        _("Forget-gate bias"),
        _("Added to the pre-activation of the LSTM's forget gate at the start; above 0 the gate is open."),
        shown_when={"cell": ["lstm"]},
        group=_NET,
    )
    update_bias: float = slider(
        0.0,
        -5.0,
        5.0,
        _("Update-gate bias"),
        _(
            "Added to the pre-activation of the GRU's update gate z at the start; above 0 most of the old "
            "state is kept."
        ),
        shown_when={"cell": ["gru"]},
        group=_NET,
    )
    spectral_radius: float = slider(
        0.0,
        0.0,
        3.0,
        _("Spectral radius of Whh"),
        _(
            "ρ(Whh): Whh is rescaled at the start so that its largest eigenvalue has this absolute value; 0 "
            "leaves it as drawn."
        ),
        group=_NET,
    )
    steps: int = slider(
        4000,
        1,
        200_000,
        _("Steps"),
        _("The number of updates; each learns one window."),
        scale="log",
        group=_TRAINING,
    )
    sequence_length: int = slider(
        50,
        1,
        500,
        _("Window"),
        _("T: how many characters back the gradient goes. The state is carried further."),
        scale="log",
        unit=_("characters"),
        group=_TRAINING,
    )
    batch_size: int = slider(
        32,
        1,
        256,
        _("Columns"),
        _("B: the batch size, the number of places in the text that are read side by side."),
        scale="log",
        group=_TRAINING,
    )
    carry_state: bool = choice(
        True,
        _("Carry the state"),
        _("Start each window with the last h of the one before. When off, it starts with zeros."),
        group=_TRAINING,
    )
    optimizer: AnyRule = fields.optimizer(Adam(learning_rate=3e-3), without=UNUSABLE, group=_TRAINING)
    clip: Clip = fields.clipping(Clip(mode="norm", threshold=5.0), group=_TRAINING)
    dropout: float = slider(
        0.0,
        0.0,
        0.9,
        _("Dropout"),
        _("The probability that a unit between two layers is dropped during training."),
        effect="live",
        group=_TRAINING,
    )
    temperature: float = slider(
        0.8,
        0.0,
        2.0,
        _("Temperature"),
        _(
            "τ in softmax(y/τ). Below 1 likely characters become likelier; at 0 the likeliest one is taken "
            "every time."
        ),
        effect="live",
        group=_WRITING,
    )
    seed: int = seed(_("Chooses the first weights, the dropout and the samples."))

    @field_validator("text")
    @classmethod
    def _readable(cls, text: str | None) -> str | None:
        if text is not None:
            own_text(text)
        return text

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.optimizer.rule in UNUSABLE:
            raise Refusal(
                say(
                    "“{rule}” needs curvature, or the same batch twice; choose a first-order rule here.",
                    rule=self.optimizer.rule,
                )
            )
        text = self.reading
        if len(text.train) < self.sequence_length + 1:
            raise Refusal(
                say(
                    "The text has {count} characters to learn from, fewer than a window of {window} needs; "
                    "shorten the "
                    "window to {shorter} or give a longer text.",
                    count=len(text.train),
                    window=self.sequence_length,
                    shorter=max(1, len(text.train) - 1),
                )
            )
        parameters, cells = self.architecture.layout.size, 1 + len(self.compare)
        places, size = self.sequence_length * self.columns, self.memory
        if size > MOST_BYTES:
            raise Refusal(
                say(
                    "This needs about {size:.0f} MB; at most {most:.0f} MB are allowed. Take fewer units, columns "
                    "or layers, or a shorter window.",
                    size=size / 1e6,
                    most=MOST_BYTES / 1e6,
                )
            )
        if 6.0 * cells * places * parameters > MOST_OPERATIONS:
            raise Refusal(
                say("One step would take seconds. Take fewer units, columns or layers, or a shorter window.")
            )
        cubes = sum(len(net.gates) * net.layers * float(net.hidden) ** 3 for net in self.architectures)
        if self.spectral_radius > 0 and self.init not in ORTHOGONAL and cubes > MOST_RESCALED:
            raise Refusal(
                say(
                    "The eigenvalues of so many large matrices would take seconds. Take fewer units or layers, "
                    "orthogonal matrices, whose eigenvalues are known, or 0 as the spectral radius."
                )
            )
        return self

    @property
    def memory(self) -> float:
        """About how many bytes the buffers of a run take."""
        places, vocabulary = self.sequence_length * self.columns, self.reading.vocabulary
        buffers = 4 * places * (self.hidden_size * (7 * self.layers + 10) + 2 * vocabulary)
        return (1 + len(self.compare)) * (buffers + 24.0 * self.architecture.layout.size)

    @property
    def copied(self) -> float:
        """About how many bytes a copy of a run's state takes: theta, the rule's memory, the last good theta."""
        return (1 + len(self.compare)) * 20.0 * self.architecture.layout.size

    @property
    def reading(self) -> Text:
        """The text: the visitor's own if there is one."""
        return corpus_text(self.corpus) if self.text is None else own_text(self.text)

    @property
    def columns(self) -> int:
        """How many columns the text has room for, at most ``batch_size``."""
        return self.reading.columns(self.batch_size, self.sequence_length)

    @property
    def architecture(self) -> RecurrentNet:
        """The first net's."""
        vocabulary = self.reading.vocabulary
        return RecurrentNet(
            self.cell, vocabulary, vocabulary, self.hidden_size, self.layers, self.activation, self.reset
        )

    @property
    def architectures(self) -> list[RecurrentNet]:
        """The net's and those of the cells that are trained beside it, of equal size."""
        first = self.architecture
        return [first, *(first.resized(cell, first.layout.size) for cell in self.compare)]
