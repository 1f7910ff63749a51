"""What the doctor prescribes: a change of parameters that a visitor makes with one click."""

from __future__ import annotations

from typing import Any

from engine.experiments.depth.params import INITS, PHASED, DepthParams, NetChoice
from engine.findings import Cure, at_rate, of_net
from engine.message import Message, say
from engine.nn.activations import ACTIVATIONS
from engine.nn.initializers import suited

ALSO_SUITED = frozenset({"orthogonal", "lsuv", "rbm", "autoencoder"})
MILD = frozenset({"growing", "fading", "saturated"})
EASED = 10.0
"""By what the learning rate is divided when training broke a net."""


def cure(params: DepthParams, net: int, illness: str, since: int) -> Cure | None:
    """Return what suits the cause of a net's illness, one thing at a time.

    What broke in training is a learning rate too high; what was ill from the start is the initialization, else the
    activation, else it takes normalization, else residual connections. A mild change is left alone where the
    initialization suits: None.
    """
    choice = params.nets[net]
    prepared = params.depth if any(one.init in PHASED for one in params.nets) else 0
    if since > prepared and illness in {"nan", "dead", "exploding"}:
        return at_rate(params.optimizer, 1 / EASED)
    if illness in MILD and not _blind(choice):
        return None
    return of_net(params, net, *_for_net(choice, illness))


def _blind(choice: NetChoice) -> bool:
    """Return whether the initialization pays no heed to the activation."""
    return choice.init not in {suited(choice.activation), *ALSO_SUITED}


def _for_net(choice: NetChoice, illness: str) -> tuple[Message, dict[str, Any]]:
    init = suited(choice.activation)
    if choice.activation == "sigmoid" and illness != "symmetric":
        return (
            say("Take tanh with {init}", init=Message(INITS["xavier_normal"])),
            {"activation": "tanh", "init": "xavier_normal"},
        )
    if _blind(choice) and not (choice.skip != "none" and illness in {"exploding", "growing"}):
        return (
            say("Initialize with {init}", init=Message(INITS[init])),
            {"init": init} | ({"sigma_b": 0.0} if choice.sigma_b else {}),
        )
    if illness == "dead":
        leaky = Message(ACTIVATIONS["leaky_relu"].title)
        return say("Take {activation}", activation=leaky), {"activation": "leaky_relu"}
    if choice.normalization == "none":
        return say("Switch batch normalization on"), {"batch_norm": True}
    if choice.skip == "none":
        return say("Add residual connections"), {"residual": True}
    return say("Take {activation}", activation=Message(ACTIVATIONS["tanh"].title)), {"activation": "tanh"}
