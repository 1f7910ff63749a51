"""Recorded runs for pictures: the laboratories' own, and made-up ones for kinds that none uses yet."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import engine
from app import wire
from app.describe import experiment_json
from app.i18n import translator
from engine.frame import ArraySpec, Frame, Panel, Told
from engine.params import check
from engine.replay import Run


def packed(frame: Frame, kind: wire.Kind, **more: Any) -> str:
    """Return a frame as the wire has it, in base 64."""
    return base64.b64encode(wire.encode(frame, kind, **more)).decode()


@dataclass(frozen=True)
class Recording:
    """What a page needs to draw panels without a server."""

    panels: list[dict[str, Any]]
    arrays: dict[str, Any]
    scene: str
    frames: list[str]
    answers: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    schema: dict[str, Any] = field(default_factory=dict)
    total: int = 0

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return dict(vars(self))


MOST_FRAMES = 12
QUESTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "playground": {"training": {}},
    "charrnn": {
        "think": {"text": "ab ab (ab)"},
        "units": {"most": 4},
        "ablate": {"hold": [[0, 1, 0.5]]},
        "next": {"prime": "ab"},
        "score": {"text": "abab"},
        "sample": {"length": 20},
        "flow": {"window": 20},
        "hello": {"trained": 10},
    },
    "depth": {"spectrum": {}, "pytorch": {}, "units": {}},
    "graph": {"descend": {}, "numeric": {"node": 0}, "jacobian": {}, "cost": {}},
    "race": {},
}
PARAMS: dict[str, dict[str, Any]] = {
    "playground": {
        "samples": 80,
        "hidden": [4, 3],
        "steps": 60,
        "dropout": 0.2,
        "ensemble": 3,
        "compare": [{"hidden": [2], "l1": 0.01}],
    },
    "graph": {"expression": "h = tanh(W @ a + b)\nsum(h*w) + max(u, v)*u", "values": {}},
    "race": {"steps": 60},
    "depth": {
        "depth": 8,
        "width": 24,
        "samples": 64,
        "steps": 20,
        "compare": [{"init": "normal", "init_std": 1.0, "activation": "tanh"}],
    },
    "charrnn": {
        "text": "ab (ab) ab\n" * 120,
        "cell": "lstm",
        "hidden_size": 16,
        "sequence_length": 12,
        "batch_size": 4,
        "compare": ["rnn"],
        "steps": 60,
    },
}


def recorded(name: str) -> Recording:
    """Return a short run of a laboratory, or the beginning of one, with the answers to its questions."""
    laboratory = engine.experiment(name)
    params = check(laboratory.Params, PARAMS.get(name, {}))
    run = Run(laboratory, params)
    frames = [run.first()]
    while not run.done and len(frames) < MOST_FRAMES:
        frames.append(run.advance(10))
    answers = {}
    questions = QUESTIONS.get(name, {question.name: {} for question in laboratory.questions})
    for question in laboratory.questions:
        if question.name in questions:
            asked = check(question.Params, questions[question.name])
            answers[question.name] = packed(run.simulation.answer(question.name, asked), "answer", id=1)
    told = experiment_json(laboratory, translator("en"))
    return Recording(
        told["panels"],
        told["arrays"],
        packed(laboratory.scene(params), "scene"),
        [packed(frame, "frame") for frame in frames],
        answers,
        params.model_dump(mode="json"),
        told["schema"],
        run.simulation.total,
    )


def made_up() -> Recording:
    """Return what no laboratory shows yet: a field, a net, images, attention, each over three frames."""
    rng = np.random.default_rng(0)
    x = np.linspace(-1.5, 1.5, 40)
    points = rng.normal(size=(60, 2)) * 0.6
    labels = (np.hypot(*points.T) < 0.7).astype(np.int32)
    sizes = np.array([2, 5, 4, 1], np.int32)
    edges = int((sizes[1:] * sizes[:-1]).sum())
    words = ["the", " ", "cat", " ", "sat", "\n"]
    arrays = {
        "field": ArraySpec(("y", "x"), "What the net answers"),
        "sizes": ArraySpec(("layer",), "Units"),
        "weights": ArraySpec(("edge",), "Weights"),
        "biases": ArraySpec(("unit",), "Biases"),
        "unit_fields": ArraySpec(("unit", "y", "x"), "What every unit answers"),
        "images": ArraySpec(("image", "row", "column"), "Filters"),
        "jacobian": ArraySpec(("output", "input"), "Derivative of each output by each input"),
        "attention": ArraySpec(("head", "query", "key"), "Weights of attention"),
    }
    frames = []
    for step in (0, 10, 20):
        turn = step / 20
        grid = 1 / (1 + np.exp(-6 * turn * (0.7 - np.hypot(x[:, None], x[None, :]))))
        units = int(sizes.sum())
        small = np.linspace(-1, 1, 12)
        angles = np.linspace(0, 3, units)[:, None, None]
        fields = np.tanh(
            3 * (np.cos(angles) * small[None, None, :] + np.sin(angles) * small[None, :, None]) * (0.3 + turn)
        )
        attention = np.exp(rng.normal(size=(2, 6, 6)) * (1 + 2 * turn))
        frames.append(
            Frame(
                step,
                {
                    "field": grid,
                    "sizes": sizes,
                    "weights": rng.normal(size=edges) * (0.2 + turn),
                    "biases": rng.normal(size=units - 2),
                    "unit_fields": fields,
                    "images": rng.normal(size=(12, 8, 8)) * (0.2 + turn),
                    "jacobian": np.arange(12.0).reshape(3, 4) * (turn + 0.1),
                    "attention": attention / attention.sum(-1, keepdims=True),
                },
                final=step == 20,
            )
        )
    scene = Frame(
        0,
        {
            "series": json.dumps([{"name": "net", "color": "#0072B2", "dash": "solid"}]),
            "x": x,
            "points": points,
            "labels": labels,
            "held_out": (np.arange(60) % 4 == 0).astype(np.int32),
            "words": Told(words),
            "inputs": Told(["x₁", "x₂"]),
            "captions": Told([f"filter {i + 1}" for i in range(12)]),
        },
    )
    panels = [
        Panel(
            "field",
            "What it has learned",
            {
                "values": "field",
                "x": "x",
                "y": "x",
                "points": "points",
                "labels": "labels",
                "held_out": "held_out",
            },
            {"classes": ["outside", "inside"]},
            place="stage",
        ),
        Panel(
            "netgraph",
            "The net",
            {
                "sizes": "sizes",
                "weights": "weights",
                "biases": "biases",
                "fields": "unit_fields",
                "inputs": "inputs",
            },
            place="stage",
        ),
        Panel("images", "Filters", {"images": "images", "captions": "captions"}, {"signed": True}),
        Panel("attention", "Attention", {"weights": "attention", "tokens": "words"}, place="stage"),
        Panel(
            "map",
            "A map of rates",
            {"x": "x", "y": "x", "values": "field"},
            {"contours": [0.2, 0.5], "x_title": "β₁", "y_title": "β₂", "value_title": "loss"},
        ),
        Panel("heatmap", "A Jacobian", {"value": "jacobian"}, {"signed": True, "rows": "input"}),
        Panel("profile", "Weights, one by one", {"y": "biases"}, {"x_title": "unit"}),
    ]
    return Recording(
        [
            {
                "kind": one.kind,
                "title": one.title,
                "arrays": dict(one.arrays),
                "options": dict(one.options),
                "questions": {},
                "place": one.place,
                "view": "",
            }
            for one in panels
        ],
        {
            name: {"axes": list(spec.axes), "description": spec.description, "unit": ""}
            for name, spec in arrays.items()
        },
        packed(scene, "scene"),
        [packed(frame, "frame") for frame in frames],
        total=20,
    )
