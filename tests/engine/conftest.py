"""For tests of the engine: work cut as finely as it can be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.autodiff import tape
from engine.nn import dense, statistics, training
from engine.nn.recurrent import window


@pytest.fixture
def every_layer_large(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes each layer of a net, however small, a piece of its own from then on."""

    def enlarge() -> None:
        for module in (tape, dense, statistics, training, window):
            monkeypatch.setattr(module, "LARGE", 1)

    return enlarge
