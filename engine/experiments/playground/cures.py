"""What is prescribed to a net of the playground: one change of its parameters, to be held against what was."""

from __future__ import annotations

from engine.experiments.playground.choice import MOST_UNITS, Augmentation, NetChoice
from engine.experiments.playground.course import SPENT, Course
from engine.experiments.playground.params import PlaygroundParams
from engine.findings import Cure, at_rate, of_net
from engine.message import Message, say
from engine.nn.activations import ACTIVATIONS
from engine.nn.initializers import INITIALIZERS, suited

WIDER = 16
"""Units of a layer that tells most shapes of the plane apart."""
L2 = 0.01
ALSO_SUITED = frozenset({"orthogonal"})


def slower(params: PlaygroundParams) -> Cure:
    """Return the cure of steps that are too long."""
    return at_rate(params.optimizer, 0.1)


def faster(params: PlaygroundParams, course: Course) -> Cure:
    """Return the cure of steps that are too short: a rate with which the run will be done."""
    wanted = (course.typical(course.train) - SPENT * course.blind) / max(course.pace * params.steps, 1e-300)
    return at_rate(params.optimizer, 10 if wanted > 3 else 3)


def freer(params: PlaygroundParams, net: int) -> Cure:
    """Return the cure of a net that cannot say what its points say: no restraint, else more units or more time."""
    choice = params.nets[net]
    if restrained(choice):
        free = {"l1": 0.0, "l2": 0.0, "max_norm": 0.0, "dropout": 0.0, "augmentation": Augmentation().model_dump()}
        return of_net(params, net, say("Take away what holds the net back"), free)
    most = max(choice.hidden, default=0)
    if len(choice.hidden) < 2 or most < WIDER or choice.activation == "linear":
        units = min(MOST_UNITS, max(WIDER, most))
        bent = "tanh" if choice.activation == "linear" else choice.activation
        title = say("Take two layers of {units} units", units=units)
        return of_net(params, net, title, {"hidden": [units, units], "activation": bent})
    if most < MOST_UNITS:
        hidden = [min(MOST_UNITS, 2 * units) for units in choice.hidden]
        return of_net(params, net, say("Take twice as many units"), {"hidden": hidden})
    return Cure(say("Train four times as long"), {"steps": min(50_000, 4 * params.steps)})


def restrained(choice: NetChoice) -> bool:
    """Return whether anything keeps a net from fitting its points."""
    return bool(choice.l1 or choice.l2 or choice.max_norm or choice.dropout) or not choice.augmentation.idle


def calmer(params: PlaygroundParams, net: int, best: int) -> Cure | None:
    """Return the cure of a net that learns by heart: L2, else a stop where the held-out loss was lowest."""
    choice = params.nets[net]
    if not choice.l2:
        return of_net(params, net, say("Set L2 to {size:g}", size=L2), {"l2": L2})
    if best > 0:
        return Cure(say("Stop at step {step}", step=best), {"steps": best})
    return None


def leaky(params: PlaygroundParams, net: int) -> Cure:
    """Return the cure of dead units: a slope below 0 too."""
    title = say("Take {activation}", activation=Message(ACTIVATIONS["leaky_relu"].title))
    return of_net(params, net, title, {"activation": "leaky_relu", "init": "he_normal"})


def unsaturated(params: PlaygroundParams, net: int) -> Cure:
    """Return the cure of units on a flat end: first weights that suit them, else shorter steps."""
    choice = params.nets[net]
    init = suited(choice.activation)
    if choice.init in {init, *ALSO_SUITED}:
        return slower(params)
    return of_net(
        params, net, say("Initialize with {init}", init=Message(INITIALIZERS[init].title)), {"init": init}
    )
