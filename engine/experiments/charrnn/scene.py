"""What does not change during a run: the alphabet, the text's beginning, the lines a loss is held against."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from engine import palette
from engine.data.corpora import CORPORA
from engine.experiments.charrnn.params import CharRNNParams
from engine.frame import Frame, Told
from engine.message import Message, _, say

EXCERPT = 4000
COLORS = {"rnn": palette.VERMILLION, "lstm": palette.BLUE, "gru": palette.GREEN}
"""A cell has one colour everywhere."""


def scene(params: CharRNNParams) -> Frame:
    """Return the scene.

    ``baselines`` (lines, 2) are the levels of a loss, drawn from ``baseline_x`` (2,), named by
    ``baseline_names``: the blind guess ln V, n-grams of order 1 to 5, the entropy where it is known. ``entropy``
    is that entropy, NaN where nobody knows it.
    """
    text = params.reading
    levels = {_("uniform guess, ln V"): float(np.log(text.vocabulary))}
    names = (_("1-gram"), _("2-gram"), _("3-gram"), _("4-gram"), _("5-gram"))
    levels |= {name: float(loss) for name, loss in zip(names, text.baselines, strict=True) if np.isfinite(loss)}
    if text.entropy is not None:
        levels[_("entropy of the rule")] = text.entropy
    architectures = params.architectures
    return Frame(
        0,
        {
            "baselines": np.repeat(np.array(list(levels.values()))[:, None], 2, axis=1),
            "baseline_x": np.array([0.0, params.steps]),
            "baseline_names": Told([Message(name) for name in levels]),
            "entropy": np.array(np.nan if text.entropy is None else text.entropy),
            "characters": text.alphabet.characters,
            "excerpt": text.alphabet.decode(text.train[:EXCERPT]),
            "held_out_excerpt": text.alphabet.decode(text.held_out[:EXCERPT]),
            "lengths": np.array([len(text.train), len(text.held_out), text.vocabulary], np.int32),
            "offer": Told(_offer(params)),
            "columns": np.array(params.columns, np.int32),
            "quantities": Told([_quantities(one.cell) for one in architectures]),
            "layers": np.array([one.layers for one in architectures], np.int32),
            "series": Told(
                palette.series(
                    [f"{one.cell.upper()} {one.hidden}" for one in architectures],
                    [COLORS[one.cell] for one in architectures],
                )
            ),
            "hidden_sizes": np.array([one.hidden for one in architectures], np.int32),
            "parameter_counts": np.array([one.layout.size for one in architectures], np.int32),
            "notices": Told(notices(params)),
        },
    )


def _quantities(cell: str) -> list[dict[str, Any]]:
    """Return what may be looked at in a cell: a ``share`` of 1, ``signed`` within ±1, or ``free``."""
    state = [("h", say("h, the state"), "signed")]
    inside = {
        "rnn": [],
        "lstm": [
            ("c", say("c, the cell state"), "free"),
            ("i", say("i, input gate"), "share"),
            ("f", say("f, forget gate"), "share"),
            ("g", say("g, candidate"), "signed"),
            ("o", say("o, output gate"), "share"),
        ],
        "gru": [
            ("r", say("r, reset gate"), "share"),
            ("z", say("z, update gate"), "share"),
            ("n", say("n, candidate"), "signed"),
        ],
    }
    return [{"name": name, "title": title, "scale": scale} for name, title, scale in state + inside[cell]]


def _offer(params: CharRNNParams) -> dict[str, Any] | None:
    """Return what else could be trained beside the net, while nothing is."""
    others = [cell for cell in COLORS if cell != params.cell]
    if params.compare:
        return None
    title = say("Train {a} and {b} beside it", a=others[0].upper(), b=others[1].upper())
    return {"title": title, "changes": {"compare": others}}


def notices(params: CharRNNParams) -> list[Message]:
    """Return what a visitor should know about these settings."""
    found = []
    if params.columns < params.batch_size:
        found.append(
            say(
                "The text is long enough for {columns} columns only, so that many are used.",
                columns=params.columns,
            )
        )
    if params.reading.held is None:
        found.append(say("The text is too short to hold a part out, so there is no held-out loss."))
    if params.dropout > 0 and params.layers == 1:
        found.append(say("Dropout acts between layers; with one layer it does nothing."))
    return found


def scene_key(params: CharRNNParams) -> str:
    """Return a text that is equal for equal scenes."""
    fields = (
        "corpus",
        "cell",
        "hidden_size",
        "layers",
        "compare",
        "steps",
        "sequence_length",
        "batch_size",
        "reset",
    )
    chosen = {name: getattr(params, name) for name in fields}
    chosen["dropped"] = params.dropout > 0
    own = hashlib.sha256(params.text.encode()).hexdigest() if params.text is not None else ""
    return hashlib.sha256(json.dumps([chosen, own, sorted(CORPORA)]).encode()).hexdigest()[:24]
