"""Why a run exploded, in a sentence with its numbers and the remedy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.experiments.charrnn.params import CharRNNParams
from engine.message import Message, say

PATIENCE = 30
"""Steps in a row that a loss may stand five times above a blind guess."""


def endless(loss: float, norm: float, above: int) -> bool:
    """Return whether nothing can come of going on.

    Args:
        loss, norm: of the last step. above: steps in a row with a loss five times that of a blind guess.
    """
    return not (np.isfinite(loss) and np.isfinite(norm)) or above >= PATIENCE


def diagnose(step: int, history: Sequence[tuple[float, float]], params: CharRNNParams) -> list[Message]:
    """Return what happened and what to do, a message a sentence.

    Args:
        step: at which it happened. history: loss and gradient norm of the last steps. params: of the run.
    """
    norms = np.array([norm for _loss, norm in history])
    finite = norms[np.isfinite(norms)]
    rate = f"{params.optimizer.learning_rate / 10:.2g}"
    if params.cell == "rnn" and params.activation != "tanh" and params.clip.mode == "none":
        advice = say(
            "Without tanh h has no bound: clip the gradient by norm, or start with a spectral radius below 1."
        )
    elif params.clip.mode == "none":
        advice = say(
            "The gradient is not clipped: clip it by norm at 5, or take a learning rate of {rate}.", rate=rate
        )
    else:
        advice = say("The steps are too long for this loss: take a learning rate of {rate}.", rate=rate)
    if not len(finite):
        what = say("Stopped at step {step}: the first gradient is not a finite number.", step=step)
        return [what, advice]
    low, high = float(np.median(finite[: max(1, len(finite) // 2)])), float(finite.max())
    what = say(
        "Stopped at step {step}: the training exploded. The norm of the gradient rose from {low} to "
        "{high} in {count} steps.",
        step=step,
        low=f"{low:.3g}",
        high=f"{high:.3g}" if np.isfinite(norms[-1]) else "∞",
        count=len(history),
    )
    return [what, advice, say("The run can go on from the last good state.")]
