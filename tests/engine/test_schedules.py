"""Schedules: their shape, their ends, and their words."""

from __future__ import annotations

from typing import Any, get_args

import latex2mathml.converter
import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from engine.optimizers import AnySchedule, Schedule

KINDS: tuple[type[Schedule], ...] = get_args(get_args(AnySchedule)[0])
_SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(AnySchedule)


def factors(total: int, **raw: Any) -> np.ndarray:
    schedule = _SCHEDULE.validate_python(raw)
    return np.array([schedule.factor(step, total) for step in range(total)])


def test_the_schedules_are_those_of_the_design() -> None:
    names = [kind.model_fields["schedule"].default for kind in KINDS]
    assert names == ["constant", "step", "exponential", "inverse_time", "cosine", "warmup", "one_cycle"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("total", [1, 2, 3, 4, 10, 1000])
def test_factors_are_plain_floats_between_0_and_1(kind: type[Schedule], total: int) -> None:
    values = [kind.model_construct(**dict(kind())).factor(step, total) for step in range(total + 3)]
    assert all(type(value) is float for value in values)  # a NumPy float64 would upcast float32 parameters
    assert all(0.0 <= value <= 1.0 for value in values)


@pytest.mark.parametrize("kind", KINDS)
def test_schedule_is_documented_and_typesets(kind: type[Schedule]) -> None:
    assert kind.title
    assert latex2mathml.converter.convert(kind.equation).startswith("<math")
    assert "Convention:" in (kind.__doc__ or "") or kind.__name__ == "Constant"
    assert len({k.title for k in KINDS}) == len(KINDS)


def test_constant_is_one() -> None:
    assert (factors(9, schedule="constant") == 1.0).all()


def test_step_drops_by_gamma_every_so_many_steps() -> None:
    np.testing.assert_allclose(
        factors(7, schedule="step", every=3, gamma=0.5), [1, 1, 1, 0.5, 0.5, 0.5, 0.25], rtol=1e-15
    )


def test_exponential_has_a_constant_ratio() -> None:
    values = factors(50, schedule="exponential", gamma=0.9)
    np.testing.assert_allclose(values[1:] / values[:-1], 0.9, rtol=1e-12)


def test_inverse_time_halves_after_one_over_decay_steps() -> None:
    values = factors(101, schedule="inverse_time", decay=0.01)
    assert (values[0], values[100]) == (1.0, 0.5)


def test_cosine_goes_from_one_to_the_floor_through_the_middle() -> None:
    values = factors(100, schedule="cosine", floor=0.2)
    assert values[0] == 1.0
    assert values[50] == pytest.approx(0.6)
    assert _SCHEDULE.validate_python({"schedule": "cosine", "floor": 0.2}).factor(100, 100) == pytest.approx(0.2)
    assert (np.diff(values) < 0).all()


def test_warm_up_is_a_line_and_then_flat() -> None:
    values = factors(20, schedule="warmup", over=10, start=0.1)
    np.testing.assert_allclose(values[:11], np.linspace(0.1, 1.0, 11))
    assert (values[10:] == 1.0).all()


def test_one_cycle_rises_from_a_25th_to_one_and_falls_to_almost_nothing() -> None:
    values = factors(100, schedule="one_cycle", rise=0.3)
    assert values[0] == pytest.approx(1 / 25)
    assert values.argmax() == 29
    assert values[29] == pytest.approx(1.0)
    assert values[-1] == pytest.approx(1 / 25 / 1e4)


@pytest.mark.parametrize(
    "bad", [{"schedule": "cosinus"}, {"schedule": "step", "every": 0}, {"schedule": "cosine", "gamma": 0.5}, {}]
)
def test_bad_schedules_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _SCHEDULE.validate_python(bad)
