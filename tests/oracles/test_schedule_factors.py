"""Every schedule multiplies the learning rate by what torch's scheduler multiplies it by."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from pydantic import TypeAdapter

from engine.optimizers import AnySchedule, Schedule
from tests.extras import compares_with
from tests.oracles.cases import CASES, FACTORS

DATA = np.load(Path(__file__).with_name("factors.npz"))
_SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(AnySchedule)


@pytest.mark.parametrize("name", FACTORS)
def test_factors_are_those_of_torch(name: str) -> None:
    raw, total = FACTORS[name]
    schedule = _SCHEDULE.validate_python(raw)
    ours = [schedule.factor(step, total) for step in range(total)]
    np.testing.assert_allclose(ours, DATA[name], rtol=1e-9, atol=1e-15)


def test_every_schedule_has_a_row() -> None:
    kinds: tuple[Any, ...] = get_args(get_args(AnySchedule)[0])
    names = {kind.model_fields["schedule"].default for kind in kinds}
    checked = {raw["schedule"] for raw, _total in FACTORS.values()}
    checked |= {case.schedule["schedule"] for case in CASES}  # 1/t is Adagrad's lr_decay in torch
    assert checked == names


@compares_with("torch")
@pytest.mark.parametrize("name", FACTORS)
def test_torch_here_gives_the_committed_factors(name: str) -> None:
    from tests.oracles.references import torch_factors

    np.testing.assert_allclose(torch_factors(*FACTORS[name]), DATA[name], rtol=1e-9, atol=1e-15)
