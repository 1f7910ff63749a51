"""Surfaces: the published minima, curvatures and saddles, and derivatives against central differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.formula import compile_formula
from engine.params import Refusal
from engine.surfaces import SURFACES, custom, find_critical_points, quadratic

# name: value at the minimum, condition number, 2 / lambda_max (where gradient descent ceases to be stable)
PUBLISHED = {
    "rosenbrock": (0, 2508, 0.001997),
    "beale": (0, 162.5, 0.0408),
    "rastrigin": (0, 1, 0.00504),
    "six_hump_camel": (-1.031628, 2.15, 0.121),
    "booth": (0, 9, 0.111),
    "matyas": (0, 25, 2),
    "styblinski_tang": (-78.332331, 1, 0.0578),
    "mccormick": (-1.913223, 2.31, 0.5),
    "goldstein_price": (3, 2.40, 0.00207),
}
SMOOTH = [name for name in SURFACES if name != "ackley"]
shares = st.floats(0.01, 0.99)


def point_in(surface, x, y):
    low, high = np.array(surface.domain).T
    return low + np.array([x, y]) * (high - low)


@pytest.mark.parametrize("name", SURFACES)
@settings(max_examples=25)
@given(x=shares, y=shares)
def test_gradient_and_hessian_agree_with_central_differences(name, x, y):
    surface = SURFACES[name]
    formula, at, h = surface.formula, point_in(surface, x, y), 1e-5
    if name == "ackley" and np.abs(at).max() < 0.05:
        return  # the tip
    steps = h * np.eye(2)
    scale = 1 + np.abs(formula.value(at + 100 * np.vstack([steps, -steps]))).max()
    numeric = (formula.value(at + steps) - formula.value(at - steps)) / (2 * h)
    np.testing.assert_allclose(formula.gradient(at), numeric, rtol=1e-5, atol=1e-8 * scale)
    numeric = (formula.gradient(at + steps) - formula.gradient(at - steps)) / (2 * h)
    np.testing.assert_allclose(formula.hessian(at), numeric, rtol=1e-5, atol=1e-6 * scale)


@pytest.mark.parametrize("name", SMOOTH)
def test_gradient_is_zero_at_every_critical_point_to_the_last_digits(name):
    surface = SURFACES[name]
    points = np.array([*surface.minima, *surface.local_minima, *surface.saddles]).reshape(-1, 2)
    steepness = np.linalg.norm(surface.formula.hessian(points), axis=(-1, -2))
    slack = 4e-15 * steepness * (1 + np.abs(points).max(-1))
    assert (np.linalg.norm(surface.formula.gradient(points), axis=-1) <= slack).all()


@pytest.mark.parametrize("name", SMOOTH)
def test_hessian_tells_minima_from_saddles(name):
    surface = SURFACES[name]
    for point in surface.minima + surface.local_minima:
        assert (np.linalg.eigvalsh(surface.formula.hessian(point)) > 0).all()
    for point in surface.saddles:
        eigenvalues = np.linalg.eigvalsh(surface.formula.hessian(point))
        assert eigenvalues[0] < 0 < eigenvalues[1] or (name == "monkey_saddle" and not eigenvalues.any())


@pytest.mark.parametrize("name", PUBLISHED)
def test_minimum_has_the_published_value_and_curvature(name):
    surface, (value, condition, limit) = SURFACES[name], PUBLISHED[name]
    assert surface.lowest == pytest.approx(value, abs=5e-7)
    for point in surface.minima:
        eigenvalues = np.linalg.eigvalsh(surface.formula.hessian(point))
        assert eigenvalues[1] / eigenvalues[0] == pytest.approx(condition, rel=2e-3)
        assert 2 / eigenvalues[1] == pytest.approx(limit, rel=5e-3)


def test_himmelblaus_four_minima_have_the_published_condition_numbers():
    eigenvalues = np.linalg.eigvalsh(SURFACES["himmelblau"].formula.hessian(SURFACES["himmelblau"].minima))
    np.testing.assert_allclose(eigenvalues[:, 1] / eigenvalues[:, 0], [3.20, 1.24, 1.89, 3.67], atol=0.006)
    np.testing.assert_allclose(
        SURFACES["himmelblau"].minima,
        [(3, 2), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127)],
        atol=5e-7,
    )


def test_beales_saddle_is_the_published_one():
    formula = SURFACES["beale"].formula
    assert formula.value([0.0, 1.0]) == 14.203125
    np.testing.assert_allclose(np.linalg.eigvalsh(formula.hessian([0.0, 1.0])), [-27.75, 27.75])


def test_rosenbrock_starts_at_24_2():
    surface = SURFACES["rosenbrock"]
    assert surface.start == (-1.2, 1.0)
    assert surface.formula.value(surface.start) == pytest.approx(24.2)


def test_ackley_is_lowest_at_its_tip_and_has_no_gradient_there():
    formula = SURFACES["ackley"].formula
    assert formula.value([0.0, 0.0]) == pytest.approx(0, abs=1e-14)
    assert not np.isfinite(formula.gradient([0.0, 0.0])).any()
    assert (formula.value(np.random.default_rng(0).uniform(-5, 5, (1000, 2))) > 0).all()


@pytest.mark.parametrize("name", SURFACES)
def test_no_point_of_the_picture_is_lower_than_the_stated_minima(name):
    surface = SURFACES[name]
    (x0, x1), (y0, y1) = surface.domain
    grid = np.stack(np.meshgrid(np.linspace(x0, x1, 201), np.linspace(y0, y1, 201)), -1)
    assert surface.formula.value(grid).min() >= surface.lowest - 1e-12 * (1 + abs(surface.lowest))
    assert x0 < surface.start[0] < x1
    assert y0 < surface.start[1] < y1


@pytest.mark.parametrize("name", [n for n in SURFACES if n not in {"rastrigin", "ackley", "monkey_saddle"}])
def test_search_finds_exactly_the_stated_critical_points(name):
    surface = SURFACES[name]
    found = find_critical_points(surface.formula, surface.domain)
    for kind in ("minima", "local_minima", "saddles"):
        stated, searched = sorted(getattr(surface, kind)), sorted(getattr(found, kind))
        np.testing.assert_allclose(
            np.reshape(sorted(np.round(searched, 7).tolist()), (-1, 2)),
            np.reshape(sorted(np.round(stated, 7).tolist()), (-1, 2)),
            atol=1e-6,
        )


@settings(max_examples=20)
@given(condition=st.floats(1, 1000))
def test_quadratic_has_the_condition_number_that_was_asked_for(condition):
    np.testing.assert_allclose(quadratic(condition).formula.hessian([3.0, 1.0]), np.diag([1.0, condition]))


def test_a_visitors_formula_gets_its_critical_points():
    surface = custom("(x**2 - 1)**2 + y**2 + x/10")
    assert len(surface.minima) == len(surface.local_minima) == len(surface.saddles) == 1
    assert surface.minima[0][0] < -1 < 0 < surface.local_minima[0][0] < 1
    np.testing.assert_allclose(surface.formula.gradient(surface.minima), 0, atol=1e-12)


def test_a_minimum_in_a_corner_is_found_where_newton_cannot():
    np.testing.assert_allclose(custom("abs(x - 1) + 2*abs(y + x)").minima, [(1, -1)], atol=1e-9)


@pytest.mark.parametrize("text", ["x", "3", "x*y", "log(x)", "sqrt(-1 - x**2)", "1/x"])
def test_a_surface_without_a_minimum_says_so(text):
    surface = custom(text)
    assert surface.minima == ()
    assert surface.lowest == -np.inf


def test_a_bad_formula_is_no_surface():
    with pytest.raises(Refusal):
        custom("x +")


@pytest.mark.parametrize("name", SURFACES)
def test_every_surface_is_described(name):
    surface = SURFACES[name]
    assert surface.name == name
    assert surface.title
    assert surface.source
    assert len(surface.note) > 30
    assert not surface.text or compile_formula(surface.text) is surface.formula
