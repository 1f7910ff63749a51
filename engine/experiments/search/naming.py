"""What a trial's loss curve says about its settings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.message import _

OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("good", _("good"), _("The loss has fallen and come to rest.")),
    ("slow", _("too low"), _("The loss is still falling at the end: a higher learning rate, or more updates.")),
    ("wild", _("too high"), _("The loss diverges or jumps about: a lower learning rate.")),
    ("rising", _("overfits"), _("The loss on held-out data has risen again: stop earlier, or regularize.")),
    ("stuck", _("does not learn"), _("The loss hardly moves from where it began, and does not jump about.")),
    ("stopped", _("given up"), _("Others of its group were better at a rung, so it was stopped early.")),
    ("refused", _("not possible"), _("The laboratory refuses this combination of settings.")),
)
"""Name, word and sentence of each outcome; a trial's code is its place here."""
CODES = {name: code for code, (name, _word, _sentence) in enumerate(OUTCOMES)}
STILL_FALLING = 0.1
"""The share of the whole descent that falls into the last quarter of a trial that should go on."""
RISEN = 0.15
"""The share of the whole descent by which a loss has risen from its lowest point."""
JUMPY = 0.12
"""How far the second half strays from its own line (standard deviation over the range) before it jumps."""
AT_REST = 4
"""So many looks are averaged where one alone would say too much."""
DESCENT = 0.02
"""A smaller share of the first loss is no descent."""


def outcome(curve: NDArray[np.float64], whole: bool = True) -> str:
    """Return the name of what a loss curve says, judged by its own shape alone.

    Args:
        curve: (k,) at even steps, the start first; NaN from where it diverged. whole: it was not given up.
    >>> outcome(np.array([1.0, 0.5, 0.3, 0.25, 0.24, 0.24, 0.24, 0.24]))
    'good'
    >>> outcome(np.linspace(1.0, 0.5, 9))
    'slow'
    """
    if not np.isfinite(curve).all():
        return "wild"
    if not whole:
        return "stopped"
    curve = curve / (np.abs(curve).max() or 1)  # the square of a loss may be no number
    first, lowest = float(curve[0]), float(curve.min())
    descent = first - lowest
    half = curve[len(curve) // 2 :]
    places = np.arange(len(half))
    strays = half - np.polyval(np.polyfit(places, half, 1), places) if len(half) > 2 else np.zeros(1)
    few = min(AT_REST, max(1, len(curve) // 4))
    calm = np.convolve(curve, np.full(few, 1 / few), "valid")
    span = max(first, float(calm.max())) - float(calm.min())
    jumps = strays.std() > JUMPY * max(span, DESCENT * abs(first))
    if descent < DESCENT * abs(first):
        return "wild" if jumps or calm[-1] > first + DESCENT * abs(first) else "stuck"
    if jumps:
        return "wild"
    if calm[-1] - calm.min() > RISEN * descent:
        return "rising"
    if calm[-1 - len(calm) // 4] - calm[-1] > STILL_FALLING * descent:
        return "slow"
    return "good"
