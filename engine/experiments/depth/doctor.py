"""The doctor: which net is ill in which layer, since when, why, and what would cure it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.cures import cure
from engine.experiments.depth.member import Member
from engine.experiments.depth.params import DepthParams
from engine.formula import latex_to_mathml
from engine.message import Message, _, say
from engine.nn.activations import ACTIVATIONS
from engine.nn.statistics import LayerStatistics

VANISHED = 1e-2
"""A signal has vanished where it is below this share of what it began as; exploded above the inverse."""
MOSTLY = 0.5
"""Share of saturated entries from which a layer counts as saturated."""
MANY_DEAD = 0.5
"""Share of dead units from which a layer counts as dead."""

EQUATIONS: Mapping[str, str] = {
    "nan": r"\theta \leftarrow \theta - \alpha g,\qquad \|g\| \to \infty",
    "symmetric": r"\frac{\partial L}{\partial W_{ij}} = \frac{\partial L}{\partial W_{ik}}\quad\forall j, k",
    "saturated": r"\delta_l = \varphi'(z_l)\odot W_{l+1}\delta_{l+1},\qquad \varphi'(z)\approx 0",
    "dead": r"z < 0 \text{ on every row} \Rightarrow h = 0,\ \frac{\partial L}{\partial W} = 0",
    "vanishing": r"\|\delta_1\| \approx \chi^{(L-1)/2}\,\|\delta_L\|,\qquad "
    r"\chi = \sigma_w^2\,E[\varphi'(\sqrt q\, x)^2] < 1",
    "exploding": r"\|\delta_1\| \approx \chi^{(L-1)/2}\,\|\delta_L\|,\qquad "
    r"\chi = \sigma_w^2\,E[\varphi'(\sqrt q\, x)^2] > 1",
    "fading": r"q_{l+1} = \sigma_w^2\,E[\varphi(\sqrt{q_l}\, x)^2] < q_l",
    "growing": r"q_{l+1} = \sigma_w^2\,E[\varphi(\sqrt{q_l}\, x)^2] > q_l",
}


NAMES: Mapping[str, str] = {
    "nan": _("not a number"),
    "symmetric": _("symmetric"),
    "saturated": _("saturated"),
    "dead": _("dead units"),
    "vanishing": _("vanishing"),
    "exploding": _("exploding"),
    "healthy": _("healthy"),
}
"""What a visitor reads, by illness."""
TONES: Mapping[str, str] = {"nan": "bad", "exploding": "bad", "healthy": "good"}
"""How grave it is: ``bad``, ``good``, else ``half``."""


def _named(illness: str) -> dict[str, Any]:
    return {"illness": illness, "name": Message(NAMES[illness]), "tone": TONES.get(illness, "half")}


@dataclass(frozen=True)
class Symptom:
    """What is wrong with a net.

    Args:
        illness: ``nan``, ``symmetric``, ``saturated``, ``dead``, ``vanishing`` or ``exploding``.
        layer: the layer at fault, from 1. sentence: says so with the number. equation: a key of `EQUATIONS`.
    """

    illness: str
    layer: int
    sentence: Message
    equation: str


def symptoms(one: Member, statistics: LayerStatistics | None) -> list[Symptom]:
    """Return what ails a net at a look, the cause before its effects; nothing for a healthy one."""
    if one.stopped >= 0 or statistics is None:
        return [_stopped(one)]
    found = [_symmetric(one), _saturated(one, statistics), _dead(statistics)]
    found += _signals(statistics.activation_std, statistics.gradient_std)
    present = [symptom for symptom in found if symptom is not None]
    if present and present[0].illness == "symmetric":
        return present[:1]  # what else shows follows from it
    return present


def _stopped(one: Member) -> Symptom:
    if one.stopped == 0:
        sentence = say("The very first signals overflow: the loss is no finite number.")
    else:
        sentence = say(
            "Step {step} made a number that is not finite; the loss before it was {loss:.3g}. The net was stopped "
            "there, the others go on.",
            step=one.stopped,
            loss=one.last_loss,
        )
    return Symptom("nan", one.net.depth, sentence, "nan")


def _symmetric(one: Member) -> Symptom | None:
    """Every unit of some layer has the same incoming weights."""
    tolerance = 1e-9 if one.trainer.theta.dtype == np.float64 else 1e-4
    for l, width in enumerate(one.net.widths, start=1):
        w = one.views[f"W{l}"]
        if width < 2:
            continue
        limit = tolerance * max(float(np.abs(w[:, 0]).max()), 1e-300)
        if all(float(np.abs(part - part[:, :1]).max()) <= limit for part in (w[:1], w)):  # mostly one row tells
            sentence = say(
                "All {units} units of layer {layer} have the same weights. They get the same gradient and stay "
                "alike for ever: the layer is as wide as one unit.",
                units=width,
                layer=l,
            )
            return Symptom("symmetric", l, sentence, "symmetric")
    return None


def _saturated(one: Member, statistics: LayerStatistics) -> Symptom | None:
    """Most of a layer lies on the flat ends of an activation that is flat at both."""
    flat = [None not in ACTIVATIONS[name].bounds for name in one.net.activations]
    shares = np.where(flat, statistics.saturated, 0.0)
    worst = int(np.nanargmax(shares))
    if not shares[worst] > MOSTLY:
        return None
    sentence = say(
        "{share:.0%} of layer {layer}'s activations lie on the flat ends of {activation}, where almost no "
        "gradient passes.",
        share=float(shares[worst]),
        layer=worst + 1,
        activation=Message(ACTIVATIONS[one.choice.activation].title),
    )
    return Symptom("saturated", worst + 1, sentence, "saturated")


def _dead(statistics: LayerStatistics) -> Symptom | None:
    worst = int(np.nanargmax(statistics.dead))
    share = float(statistics.dead[worst])
    if not share > MANY_DEAD:
        return None
    sentence = say(
        "{share:.0%} of layer {layer}'s units give 0 on every row. No gradient reaches their weights, so they "
        "never come back.",
        share=share,
        layer=worst + 1,
    )
    return Symptom("dead", worst + 1, sentence, "dead")


def _signals(activations: Array, gradients: Array) -> list[Symptom]:
    """Judge how the sizes change with depth: activations from the first layer on, gradients from the last back."""
    depth = len(activations)
    if depth < 2:
        return []
    with np.errstate(all="ignore"):
        forward = activations / activations[0]
        back = gradients / gradients[-1]
    found: dict[str, Symptom] = {}
    for illness, equation, bad in (
        ("vanishing", "fading", forward < VANISHED),
        ("exploding", "growing", forward > 1 / VANISHED),
    ):
        if bad.any() and activations[0] > 0:
            l = int(np.argmax(bad))
            values = {"layer": l + 1, "std": float(activations[l]), "first": float(activations[0])}
            sentence = (
                say(
                    "The signal fades on its way forward: its standard deviation is {std:.2g} in layer {layer} "
                    "and was {first:.2g} in the first.",
                    **values,
                )
                if illness == "vanishing"
                else say(
                    "The signal grows on its way forward: its standard deviation is {std:.2g} in layer "
                    "{layer} and was {first:.2g} in the first.",
                    **values,
                )
            )
            found[illness] = Symptom(illness, l + 1, sentence, equation)
    for illness, bad in (("vanishing", back < VANISHED), ("exploding", back > 1 / VANISHED)):
        if illness not in found and bad.any():
            l = int(np.flatnonzero(bad)[-1])
            values = {"layer": l + 1, "std": float(gradients[l]), "last": float(gradients[-1]), "depth": depth}
            sentence = (
                say(
                    "The gradient fades on its way back: {last:.1e} in layer {depth}, {std:.1e} in layer {layer}. "
                    "The layers before it hardly learn.",
                    **values,
                )
                if illness == "vanishing"
                else say(
                    "The gradient grows on its way back: {last:.1e} in layer {depth}, {std:.1e} in layer "
                    "{layer}. A step that suits the last layers is too long for the first.",
                    **values,
                )
            )
            found[illness] = Symptom(illness, l + 1, sentence, illness)
    if not found and not gradients.any():
        nothing = say("No gradient reaches any layer: it is exactly 0.")
        found["vanishing"] = Symptom("vanishing", depth, nothing, "dead")
    return list(found.values())


def findings(
    params: DepthParams, members: Sequence[Member], measured: Sequence[LayerStatistics | None], step: int
) -> list[dict[str, Any]]:
    """Return the doctor's findings, net by net, as JSON with `Message`s in it.

    Notes in `Member.since` from which step each illness was seen at every look.
    """
    found = []
    for i, (one, statistics) in enumerate(zip(members, measured, strict=True)):
        present = symptoms(one, statistics)
        one.since = {s.illness: one.since.get(s.illness, _begin(one, s, step)) for s in present}
        evidence = _evidence(one, statistics)
        for symptom in present:
            since = one.since[symptom.illness]
            sentence = symptom.sentence
            if symptom.illness != "nan":
                when = say("So from the start.") if since == 0 else say("Since step {since}.", since=since)
                sentence = say("{finding} {when}", finding=sentence, when=when)
            found.append(
                {
                    "net": i,
                    "layer": symptom.layer,
                    **_named(symptom.illness),
                    "since": since,
                    "sentence": sentence,
                    "equation": latex_to_mathml(EQUATIONS[symptom.equation]),
                    "evidence": evidence,
                    "fix": cure(params, i, symptom.illness, since),
                }
            )
        if not present:
            found.append(
                {
                    "net": i,
                    "layer": 0,
                    **_named("healthy"),
                    "since": step,
                    "evidence": evidence,
                    "sentence": say(
                        "Healthy: signals and gradients keep their size through all {depth} layers.",
                        depth=one.net.depth,
                    ),
                }
            )
    return found


def _begin(one: Member, symptom: Symptom, step: int) -> int:
    return one.stopped if symptom.illness == "nan" else step


def _evidence(one: Member, statistics: LayerStatistics | None) -> Message:
    """Return the numbers to compare before and after a cure."""
    if statistics is None:
        return say("The last finite loss was {loss:.3g}.", loss=one.last_loss)
    return say(
        "Activations have a standard deviation of {first:.2g} in the first layer and {last:.2g} in the last; "
        "gradients one of {gradient_first:.1e} and {gradient_last:.1e}. {saturated:.0%} saturated, {dead:.0%} "
        "dead in the worst layer. Loss {loss:.3g}.",
        first=float(statistics.activation_std[0]),
        last=float(statistics.activation_std[-1]),
        gradient_first=float(statistics.gradient_std[0]),
        gradient_last=float(statistics.gradient_std[-1]),
        saturated=float(np.nanmax(statistics.saturated)),
        dead=float(np.nanmax(statistics.dead)),
        loss=one.last_loss,
    )
