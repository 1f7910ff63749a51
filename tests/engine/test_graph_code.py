"""Exported programs run, and find what the tape found."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from typing import Any

import numpy as np
import pytest

import engine
from engine.experiment import experiment
from engine.params import check
from tests.extras import compares_with

GRAPH = experiment("graph")
LINES = {
    "along_axes": "max(x)*min(W) + sum(softmax(W, 0), 1) - log_softmax(x) + mean(W, 1)*max(W, 0)/min(W, 1)",
    "branches": "where(x > y, x*2, -y) + where(W > 0, 1, W)",
    "names_again": "h = tanh(w*h); h = tanh(w*h); k = h; max(k, 0) - abs(-2**w) * transpose(V) @ V",
    "numbers": "a = 2*3; exp(2)*x + 1/4 - min(a, x) + sqrt(2)**x - softplus(x)",
    "words_of_python": "np = x*x; d = np + t1; t1*d",
    "bell": "sum(x*(1 + erf(0.7*x))/2) + erf(2)*sum(x)",
    "steps": "sum(sign(W) @ W) + (W @ x) @ sign(W @ x)",
    "products": "sum(x @ W) + x @ x + sum(W @ W) + sum(W @ x)",
}
PROGRAMS = {**{one.name: one.params for one in GRAPH.presets}, **{k: {"expression": v} for k, v in LINES.items()}}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("library", ["numpy", pytest.param("torch", marks=compares_with("torch"))])
def test_the_exported_program_finds_the_tapes_gradients(name: str, library: str, tmp_path: Path) -> None:
    params: dict[str, Any] = {"values": {}, **PROGRAMS[name]}
    checked = check(GRAPH.Params, params)
    simulation = GRAPH.begin(checked, np.random.default_rng(0))
    program = tmp_path / "program.py"
    program.write_text(GRAPH.ask(simulation, "code", {"library": library})["code"])
    found = run_path(str(program))
    frame = next(engine.run("graph", checked))
    assert np.ravel(_plain(found["result"])) == pytest.approx(frame["outputs"], rel=1e-12)
    leaves = {node.label: node for node in checked.walked.leaves}
    assert set(found["gradients"]) == set(leaves)
    for label, node in leaves.items():
        np.testing.assert_allclose(_plain(found["gradients"][label]), node.gradient, rtol=1e-11, atol=1e-13)


def _plain(value: Any) -> Any:
    return value.detach().numpy() if hasattr(value, "detach") else value
