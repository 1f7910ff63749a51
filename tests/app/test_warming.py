"""What is done when a server starts, before anybody asks for it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import engine
from app.assets import Assets
from app.main import _warm
from tests.app.toy import Toy


class Broken(Toy):
    """Cannot be warmed."""

    def warm(self) -> None:
        raise RuntimeError("a bug in a laboratory")


class Warmed(Toy):
    """Counts."""

    times = 0

    def warm(self) -> None:
        Warmed.times += 1


def test_a_laboratory_that_cannot_be_warmed_is_told_in_the_log_and_the_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(engine, "experiments", lambda: {"one": Broken(), "two": Warmed()})
    monkeypatch.setattr("app.main.gc.freeze", lambda: None)
    leaving = threading.Event()
    _warm(Assets(tmp_path), leaving)
    assert Warmed.times == 1
    assert "could not be warmed" in caplog.text
    assert "a bug in a laboratory" in caplog.text
    leaving.set()
    _warm(Assets(tmp_path), leaving)
    assert Warmed.times == 1
