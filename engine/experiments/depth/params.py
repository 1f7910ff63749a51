"""What the depth laboratory can be told: the nets, their data, and how they train."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator, model_validator

from engine.data.own import OwnTable, table
from engine.data.preprocessing import KINDS
from engine.data.toys import TOYS
from engine.experiments.depth.sizes import refuse_too_large
from engine.message import Message, _, say
from engine.nn import fields
from engine.nn.activations import ACTIVATIONS
from engine.nn.initializers import INITIALIZERS
from engine.nn.losses import LOSSES
from engine.optimizers import RULES, AnyRule
from engine.params import Params, Refusal, check, choice, seed, slider

PHASED: dict[str, str] = {
    "lsuv": _("LSUV, layer by layer"),
    "rbm": _("Pre-training: RBM"),
    "autoencoder": _("Pre-training: auto-encoder"),
}
"""Initializers that look at the data, one layer a step, before training begins."""
DATA: dict[str, str] = {"unit_gaussian": _("Gaussian noise, N(0, 1)")} | {
    toy.name: toy.title for toy in TOYS.values()
}
INITS: dict[str, str] = {name: entry.title for name, entry in INITIALIZERS.items()} | PHASED
HIGHEST_SIGMA_W = 5.0

if TYPE_CHECKING:
    ActivationName = str
    InitName = str
    DataName = str
    PreprocessingName = str
    LossName = str
else:
    ActivationName = Literal[tuple(ACTIVATIONS)]
    InitName = Literal[tuple(INITS)]
    DataName = Literal[tuple(DATA)]
    PreprocessingName = Literal[tuple(KINDS)]
    LossName = Literal[tuple(LOSSES)]

_SCALED = {"init": ["normal", "uniform"]}


CLASSES = 10
"""Classes of the Gaussian noise, told apart by a random linear teacher."""


class Shape(Params):
    """The sizes that all compared nets share."""

    depth: int = slider(
        10, 1, 200, _("Depth"), _("The number of hidden layers of every net."), scale="log", unit=_("layers")
    )
    width: int = slider(
        100, 2, 1000, _("Width"), _("n: the number of units of every hidden layer."), scale="log", unit=_("units")
    )
    samples: int = slider(
        500,
        2,
        5000,
        _("Samples"),
        _(
            "How many rows of data the nets are trained and measured on. A quarter as many more are used "
            "for validation."
        ),
        scale="log",
        unit=_("rows"),
    )


class NetChoice(Params):
    """One net of the comparison: what sets it apart from the others."""

    name: str = Field(
        "",
        max_length=40,
        title=_("Name"),
        description=_("The name of the net. When empty, it is named after its settings."),
        json_schema_extra={"effect": "restart"},
    )
    activation: ActivationName = choice(
        "tanh",
        _("Activation"),
        _("φ: the activation function after every hidden layer."),
        labels={name: entry.title for name, entry in ACTIVATIONS.items()},
    )
    init: InitName = choice(
        "xavier_normal", _("Initialization"), _("How the weights are drawn before training."), labels=INITS
    )
    init_std: float = slider(
        0.01,
        1e-4,
        10.0,
        _("Standard deviation"),
        _("s: weights are drawn with this standard deviation."),
        scale="log",
        shown_when=_SCALED,
    )
    constant: float = slider(
        0.1,
        -2.0,
        2.0,
        _("Constant"),
        _("c: every weight begins as this number."),
        shown_when={"init": ["constant"]},
    )
    sigma_w: float = slider(
        1.0,
        0.0,
        HIGHEST_SIGMA_W,
        _("σ_w"),
        _("Weights are drawn with variance σ_w² divided by the number of inputs."),
        step=0.01,
        shown_when={"init": ["mean_field"]},
    )
    sigma_b: float = slider(
        0.0,
        0.0,
        3.0,
        _("σ_b"),
        _("Biases are drawn with this standard deviation; 0 sets them to 0."),
        step=0.01,
        shown_when={"init": ["mean_field"]},
    )
    batch_norm: bool = choice(
        False,
        _("Batch normalization"),
        _("Before φ every unit is given mean 0 and variance 1 over the batch; then γ and β are applied."),
    )
    layer_norm: bool = choice(
        False,
        _("Layer normalization"),
        _(
            "Every row is given mean 0 and variance 1 over its units. It has no effect while batch "
            "normalization is on."
        ),
        shown_when={"batch_norm": [False]},
    )
    residual: bool = choice(
        False, _("Residual connections"), _("Every layer adds to its input: h + F(h), as in ResNet.")
    )
    polynet: bool = choice(
        False,
        _("PolyNet"),
        _("Every layer adds a second-order path: h + F(h) + G(F(h)). It replaces residual connections."),
    )

    @property
    def normalization(self) -> Literal["none", "batch", "layer"]:
        """What stands before the activations."""
        return "batch" if self.batch_norm else "layer" if self.layer_norm else "none"

    @property
    def skip(self) -> Literal["none", "residual", "polynet"]:
        """What leads past the layers."""
        return "polynet" if self.polynet else "residual" if self.residual else "none"

    @property
    def title(self) -> Message | str:
        """The net's own name, or one made of what it is."""
        if self.name:
            return self.name
        said: Message = Message(INITS[self.init])
        if self.init in {"normal", "uniform"}:
            said = say("{init} {std:g}", init=said, std=self.init_std)
        if self.init == "mean_field":
            said = say("σ_w {w:g}, σ_b {b:g}", w=self.sigma_w, b=self.sigma_b)
        said = say("{init} · {activation}", init=said, activation=Message(ACTIVATIONS[self.activation].title))
        extras = {
            "batch": _("batch norm"),
            "layer": _("layer norm"),
            "residual": _("residual"),
            "polynet": _("PolyNet"),
            "none": "",
        }
        for extra in (extras[self.normalization], extras[self.skip]):
            if extra:
                said = say("{net} · {extra}", net=said, extra=Message(extra))
        return said


_OTHERS = [NetChoice(init="normal", init_std=0.01), NetChoice(init="normal", init_std=1.0)]


class DepthParams(NetChoice, Shape):
    """The parameters of the depth laboratory; the fields of `NetChoice` among them are those of the first net."""

    compare: list[NetChoice] = Field(
        _OTHERS,
        max_length=3,
        title=_("Compared with"),
        description=_("Up to three more nets of the same depth and width, with the same data and seed."),
        json_schema_extra={"effect": "restart", "widget": "cards", "series_from": 1},
    )
    data: DataName | OwnTable = choice(
        "unit_gaussian",
        _("Data"),
        _("What goes into the nets: generated rows, or a table of your own."),
        labels=DATA,
        group=_("Data"),
    )
    preprocessing: PreprocessingName = choice(
        "none",
        _("Preprocessing"),
        _("What is done to the inputs. The statistics are those of the training rows."),
        labels=KINDS,
        group=_("Data"),
    )
    steps: int = slider(
        100,
        0,
        5000,
        _("Steps"),
        _("How many updates to train for. With 0 only the signals at the start are shown."),
        scale="log",
        unit=_("steps"),
        group=_("Training"),
    )
    loss: LossName = choice(
        "cross_entropy",
        _("Loss"),
        _("What training minimizes. For regression it is the squared error, whatever is chosen."),
        labels={name: loss.title for name, loss in LOSSES.items()},
        group=_("Training"),
    )
    optimizer: AnyRule = fields.optimizer(check(RULES["sgd"], {"learning_rate": 0.1}), group=_("Training"))
    batch_size: int = slider(
        64,
        1,
        5000,
        _("Batch size"),
        _("How many rows one update uses."),
        scale="log",
        unit=_("rows"),
        group=_("Training"),
    )
    dropout: float = slider(
        0.0,
        0.0,
        0.95,
        _("Dropout"),
        _("The share of units set to 0 in each training step."),
        effect="live",
        group=_("Regularization"),
    )
    dropout_scaling: Literal["inverted", "plain"] = choice(
        "inverted",
        _("Dropout's scaling"),
        _(
            "Inverted dropout divides by the share of units kept during training; plain dropout multiplies "
            "by it at test time."
        ),
        labels={"inverted": _("inverted"), "plain": _("plain")},
        group=_("Regularization"),
    )
    l1: float = fields.l1(group=_("Regularization"))
    l2: float = fields.l2(group=_("Regularization"))
    max_norm: float = fields.max_norm(group=_("Regularization"))
    seed: int = seed(_("Chooses data, weights and batches; the same seed gives the same numbers."))

    @property
    def nets(self) -> list[NetChoice]:
        """All nets compared, the first one first."""
        own = {name: getattr(self, name) for name in NetChoice.model_fields}
        return [NetChoice.model_construct(**own), *self.compare]

    @field_validator("data", mode="before")
    @classmethod
    def _known(cls, data: Any) -> Any:
        """Refuse with one sentence, where the union of name and table would give two."""
        if isinstance(data, OwnTable) or (isinstance(data, str) and data in DATA):
            return data
        if isinstance(data, Mapping) and set(data) == {"csv"} and isinstance(data["csv"], str):
            return data
        raise Refusal(
            say(
                "There is no such data; give one of {names}, or an object with a “csv” text.",
                names=", ".join(DATA),
            )
        )

    @field_validator("data")
    @classmethod
    def _readable(cls, data: Any) -> Any:
        if isinstance(data, OwnTable):
            table(data.csv)
        return data

    @field_validator("optimizer")
    @classmethod
    def _affordable(cls, rule: Any) -> Any:
        if rule.rule in {"newton", "bfgs"}:
            raise Refusal(
                say(
                    "“{rule}” keeps a matrix with as many rows and columns as there are weights, too large for a "
                    "net; take L-BFGS.",
                    rule=rule.title,
                )
            )
        return rule

    @model_validator(mode="after")
    def _fits(self) -> DepthParams:
        refuse_too_large(self, *features(self))
        if any(net.init == "rbm" and net.activation == "maxout" for net in self.nets):
            raise Refusal(say("A restricted Boltzmann machine has no Maxout units; choose another activation."))
        return self


def features(params: DepthParams) -> tuple[int, int]:
    """Return how many inputs and outputs the nets have, without making the data."""
    if isinstance(params.data, OwnTable):
        own = table(params.data.csv)
        return own.inputs.shape[1], own.outputs
    if params.data in TOYS:
        return 2, TOYS[params.data].classes or 1
    return params.width, CLASSES
