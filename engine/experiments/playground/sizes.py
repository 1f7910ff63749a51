"""How large the nets are: known, and refused if too much, before anything is allocated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.memory import copies_kept
from engine.message import say
from engine.nn.dense import DenseNet
from engine.optimizers.memory import copied_vectors, refuse_long_memory, vectors
from engine.params import Refusal

if TYPE_CHECKING:
    from engine.experiments.playground.choice import NetChoice
    from engine.experiments.playground.params import PlaygroundParams

MEMORY = 200_000_000
"""Bytes that a run may hold."""
WORK = 1_500_000_000
"""Multiplications of one update of all nets."""
FEWEST_ROWS = 2
LOOKS = 250
"""About how many times in a run all points are looked at."""
FINE, COARSE = 100, 48
"""Points of the field along an axis: of small nets, and of large ones."""
UNIT_GRID = 20
"""Points of a unit's own field along an axis."""
MOST_DRAWN = 200
"""Units, inputs and outputs among them, up to which each shows its own field."""
_FINE_WORK = 40_000_000


def inputs_of(params: PlaygroundParams) -> int:
    """Return how many inputs the nets have."""
    columns = params.shape.columns
    return len(params.features) if columns == 2 else columns


def outputs_of(params: PlaygroundParams) -> int:
    """Return how many outputs: one for two classes or a number, else one a class."""
    classes = params.shape.classes
    return classes if classes > 2 else 1


def architecture(params: PlaygroundParams, choice: NetChoice) -> DenseNet:
    """Return what one net of the comparison is made of."""
    return DenseNet(
        inputs_of(params),
        tuple(choice.hidden),
        outputs_of(params),
        (choice.activation,) * len(choice.hidden),
        normalization="batch" if choice.batch_norm else "none",
        dropout=choice.dropout,
    )


def row_counts(params: PlaygroundParams) -> tuple[int, int, int]:
    """Return how many points train, validate and test."""
    rows = params.shape.rows
    test, validation = round(rows * params.test_share), round(rows * params.validation_share)
    return rows - test - validation, validation, test


def looks_every(steps: int) -> int:
    """Return after how many updates all points are looked at again."""
    return max(1, math.ceil(steps / LOOKS))


def grid_of(params: PlaygroundParams) -> int:
    """Return how many points the field has along an axis."""
    work = sum(architecture(params, choice).multiplications(FINE * FINE) for choice in params.nets)
    return FINE if work <= 3 * _FINE_WORK else COARSE


def memory_of(params: PlaygroundParams) -> float:
    """Return about how many bytes a run holds at most."""
    rows = params.shape.rows
    grid = grid_of(params)
    whole, theta, remembered = 1e6, 0, vectors(params.optimizer)
    for choice in _all_nets(params):
        net = architecture(params, choice)
        whole += net.memory(max(min(choice.batch_size, rows), 1), remembered=remembered)
        theta += 8 * net.layout.size
        whole += 4.0 * (2 * rows + COARSE * COARSE) * (sum(net.widths) + 8)
    whole += 4.0 * grid * grid * max(max((*choice.hidden, 8)) for choice in params.nets)
    copied = copied_vectors(params.optimizer) * theta
    return whole + copies_kept(copied) * copied


def _all_nets(params: PlaygroundParams) -> list[NetChoice]:
    """Return the nets that are compared, and the first one's choice for each other member of its ensemble."""
    return [*params.nets, *[params.nets[0]] * (params.ensemble - 1)]


def refuse(params: PlaygroundParams) -> None:
    """Refuse what cannot be trained; nothing is allocated to find out.

    Raises:
        Refusal: with how much it would need, or what is missing.
    """
    training, _validation, _test = row_counts(params)
    if training < FEWEST_ROWS:
        raise Refusal(
            say(
                "Of {rows} points {left} would be left to learn from; lower “test_share” or “validation_share”.",
                rows=params.shape.rows,
                left=max(training, 0),
            )
        )
    theta = sum(8 * architecture(params, choice).layout.size for choice in _all_nets(params))
    refuse_long_memory(params.optimizer, theta, MEMORY)
    memory = memory_of(params)
    if memory > MEMORY:
        raise Refusal(
            say(
                "These nets would need about {need:.0f} MB; at most {most:.0f} MB are allowed. Take fewer or "
                "smaller layers, or fewer nets.",
                need=memory / 1e6,
                most=MEMORY / 1e6,
            )
        )
    each = [architecture(params, net).multiplications(min(net.batch_size, training)) for net in params.nets]
    work = sum(each) + each[0] * (params.ensemble - 1)
    if work > WORK:
        raise Refusal(
            say(
                "One update of these nets would take {need:.1f} billion multiplications; at most {most:.1f} "
                "billion are allowed. Take smaller nets or smaller batches.",
                need=work / 1e9,
                most=WORK / 1e9,
            )
        )
