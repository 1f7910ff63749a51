"""The doctor: one diagnosis for each net, why it is so, what follows, what training will do, and a cure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.experiments.depth.cures import MILD, cure
from engine.experiments.depth.member import Member
from engine.experiments.depth.params import PHASED, DepthParams
from engine.experiments.depth.reasons import cause, equations
from engine.experiments.depth.signs import HEALTHY, MOSTLY, Signs, signs
from engine.findings import Finding, Tone
from engine.message import Message, _, say
from engine.nn.activations import ACTIVATIONS
from engine.nn.statistics import LayerStatistics

NAMES: Mapping[str, str] = {
    "nan": _("not a number"),
    "exploding": _("exploding"),
    "growing": _("mild growth"),
    "healthy": _("healthy"),
    "saturated": _("saturated"),
    "fading": _("mild fading"),
    "vanishing": _("vanishing"),
    "dead": _("dead units"),
    "symmetric": _("symmetric"),
}
"""What a visitor reads, by diagnosis; in the order in which they are listed."""
TONES: Mapping[str, Tone] = {"healthy": "good", **dict.fromkeys(MILD, "half")}
"""How grave it is: ``good``, ``half``, else ``bad``."""
PREDICTIONS: Mapping[str, str] = {
    "nan": _("Training cannot begin: the first step is no number."),
    "exploding": _("Training will diverge at a learning rate with which a healthy net learns."),
    "growing": _("Training will work; the learning rate may have to be smaller."),
    "healthy": _("Training will work with a learning rate that suits it."),
    "saturated": _("Training will work all the same: enough gradient passes."),
    "fading": _("Training will work; the first layers learn more slowly than the last."),
    "vanishing": _("Training will get nowhere: the first layers hardly move, or the loss stays at a blind guess."),
    "dead": _("Training will leave most of these units at 0: their weights get no gradient."),
    "symmetric": _("Training will keep these units equal: the layer stays as wide as one unit."),
}
"""What each diagnosis says will happen; the trial holds it against what does."""


def findings(
    params: DepthParams,
    members: Sequence[Member],
    measured: Sequence[LayerStatistics | None],
    *,
    losses: Sequence[float],
    silent: float,
    step: int,
) -> list[Finding]:
    """Return the diagnosis of each net.

    Notes in `Member.since` from which step a net has had its illness.

    Args:
        params: of the run. members: the nets. measured: a look at each, None for one that overflowed.
        losses: of each net on all rows. silent: that of scores that are all 0. step: of this look.
    """
    return [
        _overflown(params, i, one)
        if statistics is None or one.stopped >= 0
        else _finding(params, i, one, (statistics, signs(one, statistics, loss, silent)), step)
        for i, (one, statistics, loss) in enumerate(zip(members, measured, losses, strict=True))
    ]


def diagnosis(one: Member, statistics: LayerStatistics | None, loss: float, silent: float) -> str:
    """Return a net's illness, a key of `NAMES`; arguments as in `findings`."""
    if statistics is None or one.stopped >= 0:
        return "nan"
    return signs(one, statistics, loss, silent).illness


def named(illness: str) -> dict[str, Any]:
    """Return a diagnosis as the page wants it: its key, its name, how grave it is."""
    return {"illness": illness, "name": Message(NAMES[illness]), "tone": TONES.get(illness, "bad")}


def _finding(
    params: DepthParams, net: int, one: Member, look: tuple[LayerStatistics, Signs], step: int
) -> Finding:
    statistics, found = look
    illness = found.illness
    one.since = {illness: one.since.get(illness, step)}
    since = one.since[illness]
    prepared = params.depth if any(choice.init in PHASED for choice in params.nets) else 0
    born = since <= prepared
    treated = illness != "healthy" and (born or illness not in MILD)
    return Finding(
        net=net,
        layer=found.layer,
        **named(illness),
        since=since,
        sentence=_headline(one, found, born, since),
        consequences=_consequences(one, statistics, found),
        prediction=Message(PREDICTIONS[illness]),
        equations=equations(one, statistics, found, born=born, fresh=step == 0),
        evidence=_evidence(statistics, found, one.last_loss),
        cure=cure(params, net, illness, since) if treated else None,
    )


def _headline(one: Member, found: Signs, born: bool, since: int) -> Message:
    """Return the cause in a sentence, and since when it is so."""
    illness = found.illness
    if illness == "healthy":
        return say("Signals and gradients keep their size through all {depth} layers.", depth=one.net.depth)
    if illness == "saturated":
        return say(
            "{share:.0%} of layer {layer}'s activations lie on the flat ends of {activation}. The gradient keeps "
            "its size all the same: what passes the other units is enough.",
            share=found.flat,
            layer=found.flat_layer,
            activation=Message(ACTIVATIONS[one.choice.activation].title),
        )
    if illness == "symmetric":
        return say(
            "All {units} units of layer {layer} have the same weights, so they get the same gradient.",
            units=one.net.widths[found.equal_layer - 1],
            layer=found.equal_layer,
        )
    if illness == "dead":
        sentence = say(
            "{share:.0%} of layer {layer}'s units give 0 on every row, so no gradient reaches their weights.",
            share=found.dead,
            layer=found.dead_layer,
        )
    elif born:
        return cause(one, found)
    else:
        sentence = say("It came with training.")
    return sentence if born else say("{finding} Since step {since}.", finding=sentence, since=since)


def _consequences(one: Member, statistics: LayerStatistics, found: Signs) -> list[Message]:
    """Return what follows from the cause, a sentence each: what a visitor sees in the other panels."""
    said: list[Message] = []
    if found.illness in {"symmetric", "healthy", "saturated"}:
        return said
    ends = {"depth": one.net.depth}
    sizes = statistics.activation_std
    forward = {"first": float(sizes[0]), "last": float(sizes[-1]), **ends}
    if found.forward.up > HEALTHY:
        said.append(say("The signal grows: {first:.2g} in layer 1, {last:.2g} in layer {depth}.", **forward))
    if found.forward.down > HEALTHY:
        said.append(say("The signal fades: {first:.2g} in layer 1, {last:.2g} in layer {depth}.", **forward))
    back = {"first": float(statistics.gradient_std[0]), "last": float(statistics.gradient_std[-1]), **ends}
    if found.back.up > HEALTHY:
        said.append(
            say("On its way back the gradient grows from {last:.1e} in layer {depth} to {first:.1e}.", **back)
        )
    if not statistics.gradient_std.any():
        said.append(say("No gradient reaches any layer: it is exactly 0."))
    elif found.back.down > HEALTHY:
        said.append(
            say("On its way back the gradient fades from {last:.1e} in layer {depth} to {first:.1e}.", **back)
        )
    if found.surprise.up > HEALTHY:
        said.append(say("The loss is {times:.2g} times that of equal scores.", times=found.surprise.up))
    if found.flat > MOSTLY:
        said.append(
            say(
                "{share:.0%} of layer {layer}'s activations lie on the flat ends of {activation}.",
                share=found.flat,
                layer=found.flat_layer,
                activation=Message(ACTIVATIONS[one.choice.activation].title),
            )
        )
    return said


def _overflown(params: DepthParams, net: int, one: Member) -> Finding:
    if one.stopped == 0:
        sentence = say("The very first signals overflow: the loss is no finite number.")
        prediction = Message(PREDICTIONS["nan"])
    else:
        sentence = say(
            "Step {step} made a number that is not finite; the loss before it was {loss:.3g}.",
            step=one.stopped,
            loss=one.last_loss,
        )
        prediction = say("The net was stopped there, the others go on.")
    one.since = {"nan": one.stopped}
    return Finding(
        net=net,
        layer=one.net.depth,
        **named("nan"),
        since=one.stopped,
        sentence=sentence,
        prediction=prediction,
        equations=[r"\theta \leftarrow \theta - \alpha g,\qquad \|g\| \to \infty"],
        evidence=say("The last finite loss was {loss:.3g}.", loss=one.last_loss),
        cure=cure(params, net, "nan", one.stopped),
    )


def _evidence(statistics: LayerStatistics, found: Signs, loss: float) -> Message:
    """Return the numbers to compare before and after a cure."""
    return say(
        "Activations have a standard deviation of {first:.2g} in the first layer and {last:.2g} in the last; "
        "gradients one of {gradient_first:.1e} and {gradient_last:.1e}. {saturated:.0%} saturated, {dead:.0%} "
        "dead in the worst layer. Loss {loss:.3g}.",
        first=float(statistics.activation_std[0]),
        last=float(statistics.activation_std[-1]),
        gradient_first=float(statistics.gradient_std[0]),
        gradient_last=float(statistics.gradient_std[-1]),
        saturated=float(np.nanmax(statistics.saturated)),
        dead=found.dead,
        loss=loss,
    )
