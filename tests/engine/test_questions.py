"""Laws of questions: whatever state a run is in, they are answered without a warning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.experiment import experiment
from engine.frame import Told
from engine.params import check
from engine.replay import Run


def asked(laboratory: str, question: str, **params: Any) -> Any:
    """Return the answer at the start of a run."""
    run = Run(experiment(laboratory), check(experiment(laboratory).Params, params))
    run.first()
    return run.ask(question, {})


def test_masks_of_a_layer_that_puts_out_zero_have_no_ratio_and_say_so() -> None:
    found = asked("depth", "masks", init="zeros", depth=2, width=5)
    assert not np.isfinite(found["mask_means"]).any()
    assert isinstance(found["mask_remark"], Told)
    assert "nothing to compare" in str(found["mask_remark"].content)


def test_a_net_without_loss_relies_on_a_unit_infinitely_or_says_nothing() -> None:
    far = {"points": [[-9, -9, 0], [-8, -9, 0], [9, 9, 1], [8, 9, 1]]}
    edits = [{"step": 0, "layer": 1, "unit": 0, "source": place, "value": 1e3} for place in (0, 1)]
    edits.append({"step": 0, "layer": 2, "unit": 0, "source": 0, "value": 1e5})
    found = asked("playground", "without", data=far, hidden=[3], test_share=0.25, validation_share=0, edits=edits)
    ratios = found["without"]
    assert not np.isfinite(ratios).any()
    assert np.isinf(ratios[0, 0])


@pytest.mark.parametrize("question", ["units", "spectrum", "masks"])
def test_a_net_that_overflows_is_asked_without_a_warning(question: str) -> None:
    params = {"activation": "relu", "init": "normal", "init_std": 10.0, "depth": 200, "width": 64, "samples": 10}
    assert asked("depth", question, **params)
