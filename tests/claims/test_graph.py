"""The claims on back-propagation: they hold with other seeds, and a tape with a wrong rule does not pass."""

from __future__ import annotations

import pytest

from engine.autodiff import arithmetic, operations
from engine.autodiff.tape import Operand, Tensor, primitive, read
from engine.experiment import experiment

CLAIMS = {claim.id: claim for claim in experiment("graph").claims}
SEEDS = (11, 12)


@pytest.mark.parametrize("name", CLAIMS)
def test_the_claim_holds_with_other_seeds(name: str) -> None:
    assert CLAIMS[name].check(SEEDS).holds == "yes"


def test_the_notes_numbers_are_in_the_verdicts() -> None:
    neuron = str(CLAIMS["B3"].check(SEEDS).evidence)
    assert all(number in neuron for number in ("0.73", "−0.20", "−0.39", "0.20", "0.39", "−0.59"))
    assert "−4, −4, 3" in str(CLAIMS["B4"].check(SEEDS).headline)


def test_only_the_claim_on_costs_gives_its_sides_unequal_budgets() -> None:
    for claim in CLAIMS.values():
        assert claim.check(SEEDS).fair == (not claim.unequal)


def _swapped(a: Operand, b: Operand) -> Tensor:
    """Multiply with a wrong rule: each factor receives itself."""
    x, y = read(a), read(b)
    return primitive(x * y, (a, b), lambda g: (g * x, g * y), "multiply")


def _tanh(x: Operand) -> Tensor:
    """Tanh with a slope of 1 - x**2."""
    value = read(x)
    y = operations.np.tanh(value)
    return primitive(y, (x,), lambda g: (g * (1 - value * value),), "tanh")


@pytest.mark.parametrize("name", ["B1", "B2", "B4"])
def test_a_product_that_does_not_swap_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.autodiff import expression

    monkeypatch.setattr(arithmetic, "multiply", _swapped)
    monkeypatch.setitem(expression._ARITHMETIC, "*", _swapped)
    assert CLAIMS[name].check(SEEDS).holds == "no"


@pytest.mark.parametrize("name", ["B1", "B5"])
def test_a_wrong_slope_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.autodiff import expression

    monkeypatch.setitem(expression._ELEMENTWISE, "tanh", _tanh)
    assert CLAIMS[name].check(SEEDS).holds == "no"
