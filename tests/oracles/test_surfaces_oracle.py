"""Every surface has the value, gradient and Hessian of torch autograd on an independently typed formula."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.surfaces import SURFACES
from tests.extras import compares_with

FORMULAS = [name for name, surface in SURFACES.items() if surface.text]
DATA = np.load(Path(__file__).with_name("surfaces.npz"))


def test_every_surface_has_a_row() -> None:
    assert set(DATA.files) == set(FORMULAS)


@pytest.mark.parametrize("name", FORMULAS)
def test_surface_agrees_with_autograd(name: str) -> None:
    rows = DATA[name]
    assert len(rows) >= 20
    points, value, gradient, hessian = rows[:, :2], rows[:, 2], rows[:, 3:5], rows[:, 5:].reshape(-1, 2, 2)
    formula = SURFACES[name].formula
    ours, our_gradient = formula.value_and_gradient(points)
    for mine, reference in ((ours, value), (our_gradient, gradient), (formula.hessian(points), hessian)):
        scale = np.abs(reference).max()
        np.testing.assert_allclose(mine, reference, rtol=1e-10, atol=1e-12 * scale)
    np.testing.assert_allclose(formula.value(points), value, rtol=1e-10, atol=1e-12 * np.abs(value).max())


@compares_with("torch")
@pytest.mark.parametrize("name", FORMULAS)
def test_torch_here_gives_the_committed_row(name: str) -> None:
    from tests.oracles.references import probe_surfaces

    live = probe_surfaces()[name]
    np.testing.assert_allclose(live, DATA[name], rtol=1e-9, atol=1e-12 * np.abs(live).max())
