"""What mean field theory expects of a comparison: lines and bands through the layers, and the phase diagram."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.params import PHASED, NetChoice
from engine.nn.initializers import INITIALIZERS, Scales
from engine.nn.meanfield import gaussian_moments
from engine.nn.prediction import predict

NAMES = (
    "theory_activation_std",
    "theory_activation_low",
    "theory_activation_high",
    "theory_gradient_std",
    "theory_gradient_low",
    "theory_gradient_high",
)
HOMOGENEOUS = frozenset({"linear", "relu", "leaky_relu", "prelu", "maxout"})
GRID_W, GRID_B = 61, 41
HIGHEST_B = 2.0


def scales_of(choice: NetChoice, fan_in: int, fan_out: int) -> tuple[float, float]:
    """Return (sigma_w, sigma_b) of a layer; NaN where the weights are no independent draws."""
    if choice.init in PHASED or INITIALIZERS[choice.init].family == "constant":
        return math.nan, math.nan
    scales = Scales(choice.init_std, choice.constant, choice.sigma_w, choice.sigma_b)
    sigma_b = choice.sigma_b if choice.init == "mean_field" else 0.0
    return INITIALIZERS[choice.init].sigma_w(fan_in, fan_out, scales), sigma_b


def layerwise(
    choice: NetChoice, depth: int, width: int, inputs: int, *, rows: int, mean_square: float, last_gradient: float
) -> dict[str, Array]:
    """Return theory's arrays for a net, (depth,) each; NaN where there is no theory.

    Args:
        inputs: features. rows: of the data. mean_square: of the data's entries.
        last_gradient: measured standard deviation of the last layer's gradient, on which the prediction is hung:
            theory knows how it changes from there back.
    """
    sigma_w, sigma_b = scales_of(choice, width, width)
    first_w, _ = scales_of(choice, inputs, width)
    if not math.isfinite(sigma_w) or (choice.activation == "prelu" and choice.skip == "polynet"):
        return {name: np.full(depth, np.nan) for name in NAMES}
    try:
        line = predict(
            choice.activation,
            depth,
            width,
            sigma_w,
            sigma_b,
            first_variance=first_w**2 * mean_square + sigma_b**2,
            rows=rows,
            normalization=choice.normalization,
            skip=choice.skip,
        )
    except OverflowError:  # signals beyond 1e150: there is nothing to draw either
        return {name: np.full(depth, np.nan) for name in NAMES}
    drawn = (line.std, line.std_low, line.std_high)
    back = (line.gradient, line.gradient_low, line.gradient_high)
    with np.errstate(all="ignore"):
        return dict(zip(NAMES, [*drawn, *(part * last_gradient for part in back)], strict=True))


@lru_cache(maxsize=16)
def _table(activation: str) -> tuple[Array, Array, Array]:
    """Return log q, E[phi²] / q and E[phi'²] on a grid of q."""
    q = np.geomspace(1e-8, 1e6, 561)
    m = gaussian_moments(activation, q)
    return np.log(q), m.square / q, m.slope


@lru_cache(maxsize=16)
def phase(activation: str) -> dict[str, Array]:
    """Return the phase diagram of an activation.

    Returns:
        ``phase_sigma_w`` (n,), ``phase_sigma_b`` (m,), ``phase_chi`` (m, n) at the fixed point of q, bounded to
        [1e-3, 1e3]; ``critical_sigma_w``, ``critical_sigma_b``: the line chi = 1. Along it q is the parameter:
        sigma_w² = 1/E[phi'²], sigma_b² = q - sigma_w² E[phi²], wherever that is not negative.
    """
    log_q, ratio, slope = _table(activation)
    highest_w = max(3.0, math.ceil(1.3 / math.sqrt(slope.max())))  # the line's left end lies within
    w, b = np.linspace(0, highest_w, GRID_W), np.linspace(0, HIGHEST_B, GRID_B)
    ww, bb = np.meshgrid(w**2, b**2)
    now = np.zeros_like(ww)  # ln q
    with np.errstate(all="ignore"):
        for _ in range(400):
            q = np.exp(now)
            following = np.log(np.maximum(ww * np.interp(now, log_q, ratio) * q + bb, 1e-8))
            following = np.minimum(following, log_q[-1])
            if np.abs(following - now).max() < 1e-9:
                break
            now = following
        chi = ww * np.interp(now, log_q, slope)
        q = np.exp(log_q)
        critical_w2 = 1 / slope
        critical_b2 = q - critical_w2 * ratio * q
    if activation in HOMOGENEOUS:
        critical_w2, critical_b2 = np.full(2, 1 / slope[0]), np.array([0.0, HIGHEST_B**2])
    inside = (critical_b2 >= -1e-12) & (critical_b2 <= HIGHEST_B**2) & (critical_w2 <= highest_w**2)
    return {
        "phase_sigma_w": w,
        "phase_sigma_b": b,
        "phase_chi": np.clip(chi, 1e-3, 1e3),
        "critical_sigma_w": np.sqrt(critical_w2[inside]),
        "critical_sigma_b": np.sqrt(np.maximum(critical_b2[inside], 0)),
    }


def diagram(choices: list[NetChoice], width: int) -> dict[str, Array]:
    """Return the first net's phase diagram with a dot (sigma_w, sigma_b) for each net of its activation.

    A net of another activation has another diagram: its dot is NaN.
    """
    first = choices[0].activation
    dots = np.array(
        [
            scales_of(choice, width, width) if choice.activation == first else (math.nan, math.nan)
            for choice in choices
        ]
    )
    return {**phase(first), "phase_dots": dots}
