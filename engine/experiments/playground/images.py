"""What is shown of nets that read images: the batch, the first layer's weights, confusions, the worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.autodiff.tape import Array
from engine.data.digits import SIDE
from engine.experiments.playground.dataset import Points
from engine.experiments.playground.look import Net
from engine.experiments.playground.task import Task
from engine.frame import Told, Value, by_net
from engine.pieces import Pieces

SHOWN, MISTAKES = 24, 12
"""Images of a batch, and mistakes, that are shown."""


def of_batch(points: Points, rows: Array, virtual: Array | None) -> dict[str, Value]:
    """Return the images of a batch as the first net saw them, and their classes; before any the first rows."""
    rows = (rows if len(rows) else np.arange(points.ends[0]))[:SHOWN]
    seen = points.raw[rows] if virtual is None else virtual[: len(rows)]
    names = [points.labels[label] for label in points.targets[rows]]
    return {"batch_images": _squares(seen), "batch_captions": Told(names)}


def pictures(points: Points, nets: Sequence[Net], task: Task) -> Pieces[dict[str, Value]]:
    """Return what each net makes of the held-out images (of all, where none is held out).

    Returns: ``filters`` (net, unit, y, x), ``counts`` (net, class, class said), ``worst`` (net, image, y, x) and
        ``worst_captions``: the class, what was said, and with which probability.
    """
    held = slice(points.ends[0], points.ends[2]) if points.ends[2] > points.ends[0] else slice(None)
    inputs, targets = points.inputs[held].astype(np.float32), points.targets[held]
    filters, counts, worst, captions = [], [], [], []
    for net, theta, kept in nets:
        small, running = theta.astype(np.float32), kept.astype(np.float32)
        views = {**net.layout.views(small), **net.layout.running.views(running)}
        filters.append(_squares(views["W1"].T))
        signals = yield from net.forward_in_pieces(views, inputs, "test")
        chances = task.said(signals.outputs.value)
        said = chances.argmax(axis=-1)
        table = np.zeros((points.classes, points.classes), np.int32)
        np.add.at(table, (targets, said), 1)
        counts.append(table)
        wrong = np.flatnonzero(said != targets)
        sure = chances[wrong, said[wrong]]
        wrong = wrong[np.argsort(-sure, kind="stable")[:MISTAKES]]
        shown = np.full((MISTAKES, SIDE, SIDE), np.nan, np.float32)
        shown[: len(wrong)] = _squares(points.raw[held][wrong])
        worst.append(shown)
        captions.append(
            [
                f"{points.labels[targets[i]]}→{points.labels[said[i]]} {chances[i, said[i]]:.0%}"
                for i in wrong
                if np.isfinite(chances[i]).all()
            ]
        )
    return {
        "filters": by_net(filters).astype(np.float32),
        "counts": np.stack(counts),
        "worst": np.stack(worst),
        "worst_captions": Told(captions),
    }


def _squares(rows: Array) -> Array:
    return np.asarray(rows, np.float32).reshape(-1, SIDE, SIDE)
