"""What mean field theory expects of a comparison: lines and bands through the layers, and the phase diagram."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.params import HIGHEST_SIGMA_W, PHASED, NetChoice
from engine.nn.initializers import INITIALIZERS, Scales
from engine.nn.meanfield import critical_line, phase_diagram
from engine.nn.prediction import Expectation, predict

NAMES = (
    "theory_activation_std",
    "theory_activation_low",
    "theory_activation_high",
    "theory_gradient_std",
    "theory_gradient_low",
    "theory_gradient_high",
)
GRID_W, GRID_B = 61, 41
LEAST_W, HIGHEST_B = 3.0, 2.0
"""Of the diagram: sigma_w reaches at least so far (and at most where its slider ends), sigma_b so far."""


def scales_of(choice: NetChoice, fan_in: int, fan_out: int) -> tuple[float, float]:
    """Return (sigma_w, sigma_b) of a layer; NaN where the weights are no independent draws."""
    if choice.init in PHASED or INITIALIZERS[choice.init].family == "constant":
        return math.nan, math.nan
    scales = Scales(choice.init_std, choice.constant, choice.sigma_w, choice.sigma_b)
    sigma_b = choice.sigma_b if choice.init == "mean_field" else 0.0
    return INITIALIZERS[choice.init].sigma_w(fan_in, fan_out, scales), sigma_b


def expectation(
    choice: NetChoice, depth: int, width: int, inputs: int, *, rows: int, mean_square: float
) -> Expectation | None:
    """Return what theory expects of a net as it is drawn; None where there is no theory.

    Args:
        choice: the net, of ``depth`` layers of ``width`` units. inputs: features. rows: of the data.
        mean_square: of the data's entries.
    """
    sigma_w, sigma_b = scales_of(choice, width, width)
    first_w, _ = scales_of(choice, inputs, width)
    if not math.isfinite(sigma_w) or (choice.activation == "prelu" and choice.skip == "polynet"):
        return None
    try:
        return predict(
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
        return None


def layerwise(line: Expectation | None, depth: int, last_gradient: float) -> dict[str, Array]:
    """Return theory's arrays for a net, (depth,) each; NaN where there is no theory.

    Args:
        line: what `expectation` returned.
        last_gradient: measured standard deviation of the last layer's gradient, on which the prediction is
            hung: theory knows how it changes from there back.
    """
    if line is None:
        return {name: np.full(depth, np.nan) for name in NAMES}
    drawn = (line.std, line.std_low, line.std_high)
    back = (line.gradient, line.gradient_low, line.gradient_high)
    with np.errstate(all="ignore"):
        return dict(zip(NAMES, [*drawn, *(part * last_gradient for part in back)], strict=True))


@lru_cache(maxsize=16)
def phase(activation: str) -> dict[str, Array]:
    """Return the phase diagram of an activation as the page draws it.

    Returns:
        ``phase_sigma_w`` (n,), ``phase_sigma_b`` (m,), ``phase_chi`` (m, n) at the fixed point of q, bounded to
        [1e-3, 1e3]; ``critical_sigma_w``, ``critical_sigma_b``: the line chi = 1, which for ReLU and its like is
        upright: their chi is the same at every q.
    """
    line_w, line_b = critical_line(activation, HIGHEST_B)
    if len(line_w) == 1:
        line_w, line_b = np.repeat(line_w, 2), np.array([0.0, HIGHEST_B])
    leftmost = float(np.nanmin(line_w)) if np.isfinite(line_w).any() else 0.0
    highest_w = min(max(LEAST_W, math.ceil(1.3 * leftmost)), HIGHEST_SIGMA_W)
    seen = ~(line_w > highest_w)
    made = phase_diagram(activation, np.linspace(0, highest_w, GRID_W), np.linspace(0, HIGHEST_B, GRID_B))
    return {
        "phase_sigma_w": made.sigma_w,
        "phase_sigma_b": made.sigma_b,
        "phase_chi": np.clip(made.chi, 1e-3, 1e3),
        "critical_sigma_w": line_w[seen],
        "critical_sigma_b": line_b[seen],
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
