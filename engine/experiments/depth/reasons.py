"""Why a net is as it is: the cause in a sentence, and the equations with the net's own numbers in them.

As it was drawn, theory knows the numbers (`Member.expected`). Weights that were trained, or made by looking at the
data, are no independent draws: then the equation stands with what was measured.
"""

from __future__ import annotations

import math

import numpy as np

from engine.experiments.depth.member import Member
from engine.experiments.depth.params import INITS
from engine.experiments.depth.signs import HEALTHY, Signs
from engine.experiments.depth.theory import scales_of
from engine.formula import notation
from engine.message import Message, say
from engine.nn.activations import ACTIVATIONS
from engine.nn.initializers import suited
from engine.nn.meanfield import gaussian_moments
from engine.nn.prediction import Expectation
from engine.nn.statistics import LayerStatistics

_SYMMETRIC = r"\frac{\partial L}{\partial W_{ij}} = \frac{\partial L}{\partial W_{ik}}\quad\forall j, k"
_DEAD = r"a \le 0 \text{ on every row} \Rightarrow h = 0,\ \frac{\partial L}{\partial W} = 0"
_BACK = r"\delta_l = \varphi'(a_l)\odot W_{l+1}^\top\delta_{l+1}"


def cause(one: Member, found: Signs) -> Message:
    """Return why a net as it was drawn grows or fades."""
    growing = found.illness in {"exploding", "growing"}
    choice, theory = one.choice, one.expected
    said: Message | None = None
    if growing and choice.skip != "none" and choice.normalization == "none":
        said = say("Every block adds its own size to the stream, and nothing takes it away.")
    elif growing and choice.normalization == "batch" and found.back.up > HEALTHY:
        said = say("Batch normalization makes the gradient grow at every layer, whatever the weights.")
    elif choice.init == "mean_field" and choice.sigma_b > choice.sigma_w:
        said = say(
            "The biases are large: σ_b is {b:.3g}. They decide what a unit does, more than the rows.",
            b=choice.sigma_b,
        )
    elif theory is not None and choice.normalization == "none":
        said = _wrong_scale(one, growing)
    passes = theory is not None and one.net.depth > 1 and found.back.up + found.back.down > 1 + HEALTHY
    if said is None and theory is not None and passes:
        said = say(
            "A layer with {activation} multiplies the gradient by {factor:.2g} on its way back.",
            activation=Message(ACTIVATIONS[choice.activation].title),
            factor=float(np.exp(np.mean(np.log(theory.chi[:-1])) / 2)),
        )
    if said is not None:
        return said
    return say("Layer by layer it grows.") if growing else say("Layer by layer it fades.")


def _wrong_scale(one: Member, growing: bool) -> Message | None:
    """Return that the weights are larger, or smaller, than those that suit the activation, where they are."""
    width, init = one.net.widths[0], suited(one.choice.activation)
    sigma, _b = _scales(one)
    right, _b = scales_of(one.choice.model_copy(update={"init": init}), width, width)
    values = {
        "sigma": sigma,
        "right": right,
        "init": Message(INITS[init]),
        "activation": Message(ACTIVATIONS[one.choice.activation].title),
    }
    if growing and sigma > 1.05 * right:
        return say(
            "The weights are too large for {activation}: σ_w is {sigma:.3g}, {init} has {right:.3g}.", **values
        )
    if not growing and sigma < 0.95 * right:
        return say(
            "The weights are too small for {activation}: σ_w is {sigma:.3g}, {init} has {right:.3g}.", **values
        )
    return None


def equations(
    one: Member, statistics: LayerStatistics, found: Signs, *, born: bool, fresh: bool = True
) -> list[str]:
    """Return LaTeX lines that say why, the net's numbers in them.

    Args:
        one, statistics, found: the net, a look at it, and what the look shows.
        born: whether its weights were drawn with the illness. fresh: whether they are still as they were drawn.
    """
    if found.illness in {"healthy", "symmetric", "dead"}:
        return {"healthy": [], "symmetric": [_SYMMETRIC], "dead": [_DEAD]}[found.illness]
    lines: list[str] = []
    depth = one.net.depth
    theory = one.expected if born else None
    at = max(1, depth // 2)
    if max(found.forward.up, found.forward.down) > HEALTHY and theory is not None and depth > 1:
        lines.append(_forward(one, theory, 1))
    if theory is not None and depth > 1:
        lines.append(_growth(one, theory, at))
    elif depth > 1:
        lines.append(_BACK)
    if max(found.back.up, found.back.down) > HEALTHY and statistics.gradient_std[-1] > 0:
        ratio = rf"\frac{{\|\delta_1\|}}{{\|\delta_{{{depth}}}\|}}"
        with np.errstate(all="ignore"):  # 0/0 is told as no number
            measured = number(float(statistics.gradient_std[0] / statistics.gradient_std[-1]))
        lines.append(rf"{ratio} = {measured}")
        if theory is not None and fresh:
            lines[-1] += rf"\approx \sqrt{{\textstyle\prod_l \chi_l}} = {number(float(theory.gradient[0]))}"
    if found.surprise.up > HEALTHY and found.surprise.up >= found.growth.up:
        last = math.hypot(float(statistics.activation_mean[-1]), float(statistics.activation_std[-1]))
        scale = math.sqrt(one.net.widths[-1]) * float(one.views[f"W{depth + 1}"].std())
        lines.append(
            rf"\sqrt{{E[s^2]}} = \sigma_w \sqrt{{E[h_{{{depth}}}^2]}} = {number(scale)}\cdot {number(last)} "
            rf"= {number(scale * last)}"
        )
    return lines


def number(value: float) -> str:
    """Return a number as LaTeX, three digits of it."""
    return notation.number(value, 3)


def _squared(value: float) -> str:
    text = number(value)
    return rf"\left({text}\right)^2" if "^" in text else f"{text}^2"


def _moments(one: Member, variance: float) -> tuple[float, float]:
    """Return E[phi²] and E[phi'²] of what a layer's activation sees."""
    m = gaussian_moments(one.choice.activation, 1.0 if one.choice.normalization != "none" else variance)
    return float(m.square), float(m.slope)


def _seen(one: Member, l: int) -> str:
    return r"\xi" if one.choice.normalization != "none" else rf"\sqrt{{q_{{{l}}}}}\,\xi"


def _scales(one: Member) -> tuple[float, float]:
    return scales_of(one.choice, *(one.net.widths[0],) * 2)


def _forward(one: Member, theory: Expectation, l: int) -> str:
    """Return how the variance of the stream goes from layer l to the next."""
    q, following = float(theory.variance[l - 1]), float(theory.variance[l])
    (w, b), (square, _slope) = _scales(one), _moments(one, q)
    terms, values = [], []
    if one.choice.skip != "none":
        terms.append(rf"q_{{{l}}}")
        values.append(number(q))
    terms.append(rf"\sigma_w^2\,E[\varphi({_seen(one, l)})^2]")
    values.append(rf"{_squared(w)}\cdot {number(square)}")
    if b:
        terms.append(r"\sigma_b^2")
        values.append(_squared(b))
    if one.choice.skip == "polynet":
        branch = w * w * square + b * b
        terms.append(r"E[G(F)^2]")
        values.append(number(following - q - branch))
    return rf"q_{{{l + 1}}} = {' + '.join(terms)} = {' + '.join(values)} = {number(following)}"


def _growth(one: Member, theory: Expectation, l: int) -> str:
    """Return by what layer l multiplies the squared gradient."""
    chi, (w, _b) = float(theory.chi[l - 1]), _scales(one)
    _square, slope = _moments(one, float(theory.variance[l - 1]))
    normalized, skips = one.choice.normalization != "none", one.choice.skip != "none"
    term = rf"\sigma_w^2\,E[\varphi'({_seen(one, l)})^2]"
    value = rf"{_squared(w)}\cdot {number(slope)}"
    branch = chi - skips
    if one.choice.skip == "polynet":
        second = branch / (w * w * slope) if not normalized else math.nan
        if normalized:
            return rf"\chi_{{{l}}} = 1 + \chi_F\,(1 + \chi_G) = {number(chi)}"
        term, value = rf"{term}\,(1 + \chi_G)", rf"{value}\cdot {number(second)}"
    elif normalized:
        spread = w * w * slope / branch if branch else math.inf
        term, value = rf"\frac{{{term}}}{{\mathrm{{Var}}\,a_{{{l}}}}}", rf"\frac{{{value}}}{{{number(spread)}}}"
    before = "1 + " if skips else ""
    return rf"\chi_{{{l}}} = {before}{term} = {before}{value} = {number(chi)}"
