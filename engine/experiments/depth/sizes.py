"""How large the nets are, in bytes and multiplications: known, and refused if too much, before any allocation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.memory import copies_kept
from engine.message import say
from engine.nn.dense import DenseNet
from engine.optimizers.memory import copied_vectors, refuse_long_memory, vectors
from engine.params import Refusal

if TYPE_CHECKING:
    from engine.experiments.depth.params import DepthParams, NetChoice

MEMORY = 600_000_000
"""Bytes that all nets of a run may hold at once."""
WORK = 25_000_000_000
"""Multiplications of one look at all layers of all nets, forward and backward; those of float64 count twice.
About a second of one core, in which nobody else has it."""
LAYER_WORK = 5_000_000_000
"""Multiplications that preparing one layer may take, of all nets."""
PREPARING = {"rbm": 25, "autoencoder": 30, "lsuv": 11}
"""How often each weight of a layer meets each row while it is prepared, about."""
FAST = 500_000_000
"""Multiplications of a look from which a net is computed in float32."""
DEEPEST_FLOAT32 = 40
"""Deeper nets are computed in float64: their signals may fall below 1e-38."""


def architecture(params: DepthParams, choice: NetChoice, inputs: int, outputs: int) -> DenseNet:
    """Return what one net of the comparison is made of."""
    return DenseNet.uniform(
        inputs,
        params.depth,
        params.width,
        outputs,
        choice.activation,
        normalization=choice.normalization,
        skip=choice.skip,
        dropout=params.dropout,
        dropout_scaling=params.dropout_scaling,
    )


def dtype_of(built: DenseNet, samples: int) -> np.dtype[np.float32] | np.dtype[np.float64]:
    """Return float32 for a large net that is not deep, else float64.

    Float32 halves the time; its statistics agree with float64's to about six digits.
    """
    large = built.multiplications(samples) > FAST and built.depth <= DEEPEST_FLOAT32
    return np.dtype(np.float32) if large else np.dtype(np.float64)


def refuse_too_large(params: DepthParams, inputs: int, outputs: int) -> None:
    """Refuse nets that memory or patience would not hold; nothing is allocated to find out.

    Raises:
        Refusal: with how much they would need and how much is allowed.
    """
    memory, theta, work, preparing = memory_of(params, inputs, outputs), 0, 0, 0
    for choice in params.nets:
        built = architecture(params, choice, inputs, outputs)
        dtype = dtype_of(built, params.samples)
        theta += built.layout.size * dtype.itemsize
        work += built.multiplications(params.samples) * (2 if dtype == np.float64 else 1)
        widest = max(rows * columns for rows, columns in shapes(built))
        preparing += PREPARING.get(choice.init, 0) * params.samples * widest
    if params.steps:
        refuse_long_memory(params.optimizer, theta, MEMORY)
    if memory > MEMORY:
        raise Refusal(
            say(
                "{count} nets of {depth} layers x {width} units on {samples} rows would need about {need:.1f} GB; "
                "at most {most:.1f} GB are allowed. Make them narrower or shallower, compare fewer, or set "
                "“steps” to 0.",
                count=len(params.nets),
                depth=params.depth,
                width=params.width,
                samples=params.samples,
                need=memory / 1e9,
                most=MEMORY / 1e9,
            )
        )
    if work > WORK:
        raise Refusal(
            say(
                "One look at these nets would take {need:.0f} billion multiplications; at most {most:.0f} billion "
                "are allowed. Make them narrower or shallower, or take fewer rows.",
                need=work / 1e9,
                most=WORK / 1e9,
            )
        )

    if preparing > LAYER_WORK:
        raise Refusal(
            say(
                "Preparing one layer of these nets would take {need:.0f} billion multiplications; at most "
                "{most:.0f} billion are allowed. Make them narrower, or take fewer rows.",
                need=preparing / 1e9,
                most=LAYER_WORK / 1e9,
            )
        )


def memory_of(params: DepthParams, inputs: int, outputs: int) -> float:
    """Return about how many bytes a run holds at most, snapshots included."""
    memory, theta, remembered = 0.0, 0, vectors(params.optimizer)
    for choice in params.nets:
        built = architecture(params, choice, inputs, outputs)
        whole = replace(built, dropout=0.5) if params.dropout else built
        dtype = dtype_of(built, params.samples)
        memory += whole.memory(params.samples, dtype, remembered)
        theta += built.layout.size * dtype.itemsize
    copied = copied_vectors(params.optimizer) * theta
    return memory + (copies_kept(copied) * copied if params.steps else 0)


def shapes(built: DenseNet) -> list[tuple[int, int]]:
    """Return the shape of every matrix of a net."""
    found = (built.layout.entries[name].shape for name in built.layout.names("weight"))
    return [(shape[0], shape[1]) for shape in found]
