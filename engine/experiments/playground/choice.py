"""What one net of the comparison can be told: how it is built, and what holds it back from learning by heart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from engine.message import Message, _, say
from engine.nn import fields
from engine.nn.activations import ACTIVATIONS
from engine.nn.initializers import INITIALIZERS
from engine.params import Params, choice, slider

MOST_LAYERS, MOST_UNITS = 8, 64
KINDS = {name: entry for name, entry in ACTIVATIONS.items() if entry.pieces == 1}
"""Activations whose units have one input each, as the picture of the net draws them."""

if TYPE_CHECKING:
    ActivationName = str
    InitName = str
else:
    ActivationName = Literal[tuple(KINDS)]
    InitName = Literal[tuple(INITIALIZERS)]

Width = Annotated[int, Field(ge=1, le=MOST_UNITS)]
NET, TRAINING, AGAINST = _("The net"), _("Training"), _("Against overfitting")


class Augmentation(Params):
    """Virtual points: how every point of a batch is moved before a net sees it; targets stay."""

    noise: float = slider(
        0.0,
        0.0,
        1.0,
        _("Noise"),
        _("Standard deviation of what moves each point by itself, anew in every batch."),
        step=0.01,
        effect="live",
    )
    shift: float = slider(
        0.0,
        0.0,
        1.0,
        _("Shift"),
        _("All points of a batch move together, by up to this much along each axis."),
        step=0.01,
        effect="live",
    )
    turn: float = slider(
        0.0,
        0.0,
        180.0,
        _("Turn"),
        _("All points of a batch turn about their middle, by up to this angle to either side."),
        step=1,
        unit=_("degrees"),
        effect="live",
    )

    @property
    def idle(self) -> bool:
        """Whether nothing is moved."""
        return not (self.noise or self.shift or self.turn)


class Transfer(Params):
    """What a net learned elsewhere: layers of a net that was trained on many points of a related task."""

    keep: int = slider(
        0,
        0,
        MOST_LAYERS,
        _("Layers kept"),
        _("How many hidden layers begin as they came from the related task; 0: from scratch."),
        effect="restart",
    )
    freeze: bool = choice(
        False,
        _("Freeze them"),
        _("The layers kept stay as they are; off: they are tuned on."),
        shown_when={"keep": list(range(1, MOST_LAYERS + 1))},
    )


class NetChoice(Params):
    """One net: what sets it apart from those beside it."""

    name: str = Field(
        "",
        max_length=40,
        title=_("Name"),
        description=_("The name of the net. When empty, it is named after its settings."),
        json_schema_extra={"effect": "restart", "group": NET},
    )
    hidden: list[Width] = Field(
        [6, 4],
        max_length=MOST_LAYERS,
        title=_("Hidden layers"),
        description=_("How many units each hidden layer has, the first one first; none makes a linear net."),
        json_schema_extra={"first": 6, "effect": "restart", "widget": "counts", "add": 4},
    )
    activation: ActivationName = choice(
        "tanh",
        _("Activation"),
        _("φ: the activation function after every hidden layer."),
        labels={name: entry.title for name, entry in KINDS.items()},
        first=5,
    )
    init: InitName = choice(
        "xavier_normal",
        _("Initialization"),
        _("How the weights are drawn before training."),
        labels={name: entry.title for name, entry in INITIALIZERS.items()},
        group=NET,
    )
    init_std: float = slider(
        0.5,
        1e-4,
        10.0,
        _("Standard deviation"),
        _("s: weights are drawn with this standard deviation."),
        scale="log",
        shown_when={"init": ["normal", "uniform"]},
        group=NET,
    )
    batch_norm: bool = choice(
        False,
        _("Batch normalization"),
        _("Before φ every unit is given mean 0 and variance 1 over the batch; then γ and β are applied."),
        group=NET,
    )
    batch_size: int = slider(
        10,
        1,
        2000,
        _("Batch size"),
        _("How many points one update sees; from all of them on it is the full batch."),
        scale="log",
        unit=_("points"),
        effect="live",
        first=3,
    )
    l1: float = fields.l1(group=AGAINST)
    l2: float = fields.l2(group=AGAINST)
    max_norm: float = fields.max_norm(group=AGAINST)
    dropout: float = slider(
        0.0,
        0.0,
        0.9,
        _("Dropout"),
        _("The share of hidden units set to 0 in each update."),
        effect="live",
        group=AGAINST,
    )

    augmentation: Augmentation = choice(
        Augmentation(),
        _("Augmentation"),
        _("The net learns from moved copies of the points, drawn anew in every batch."),
        effect="live",
        group=AGAINST,
    )
    transfer: Transfer = choice(
        Transfer(),
        _("Transfer"),
        _("The net has first learned the same shape turned by 30 degrees, from 2,000 points."),
        group=AGAINST,
    )

    @property
    def title(self) -> Message | str:
        """The net's own name, or one made of what it is."""
        if self.name:
            return self.name
        said: Message | str = "-".join(map(str, self.hidden)) if self.hidden else Message(_("no hidden layer"))
        if self.hidden:
            said = say("{net} · {extra}", net=said, extra=Message(ACTIVATIONS[self.activation].title))
        extras: list[Message] = []
        if self.batch_norm:
            extras.append(Message(_("batch norm")))
        if self.dropout:
            extras.append(say("dropout {share:g}", share=self.dropout))
        if self.l1:
            extras.append(say("L1 {size:g}", size=self.l1))
        if self.l2:
            extras.append(say("L2 {size:g}", size=self.l2))
        if self.max_norm:
            extras.append(say("max-norm {size:g}", size=self.max_norm))
        if not self.augmentation.idle:
            extras.append(Message(_("augmented")))
        if self.transfer.keep and self.transfer.freeze:
            extras.append(say("{count} layers frozen", count=self.transfer.keep))
        elif self.transfer.keep:
            extras.append(say("{count} layers kept", count=self.transfer.keep))
        for extra in extras:
            said = say("{net} · {extra}", net=said, extra=extra)
        return said
