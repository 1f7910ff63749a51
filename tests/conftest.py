"""For all tests: one BLAS thread (two cores are shared by many tests), no files kept, the slow ones at the end."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("DESCENTLAB_TRIALS_FILE", "")  # searches keep what they train in memory

import pytest
from hypothesis import HealthCheck, settings

import app
import engine
from tests.extras import missing


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the long modes.

    ``--fuzz N`` or ``--fuzz FROM:TO``: every fuzzer tries these cases; time and memory count, and Hypothesis draws
    other examples in each run. ``--seeds N``: every claim is checked on so many other seeds. ``--late WHAT``:
    in the browser everything of a kind is late, which finds the tests that read what has not come yet.
    """
    help = "cases of each fuzzer, a number or FROM:TO (few without)"
    parser.addoption("--seeds", type=int, default=0, metavar="N", help="other seeds of every claim (none without)")
    parser.addoption("--late", choices=("fetch", "frames", "stream", "timers"), help="what is late in the browser")
    parser.addoption("--fuzz", type=_cases, default=range(0), metavar="N", help=help)


def pytest_configure(config: pytest.Config) -> None:
    """Let the suite say the same of the same commit on any machine: the same examples, however long they take."""
    slow = [HealthCheck.too_slow]
    settings.register_profile("suite", deadline=None, suppress_health_check=slow, derandomize=True, database=None)
    settings.register_profile("search", deadline=None, suppress_health_check=slow)
    settings.load_profile("search" if config.getoption("--fuzz") else "suite")


def _cases(text: str) -> range:
    begin, _, end = text.rpartition(":")
    return range(int(begin or 0), int(end))


def pytest_report_header() -> str | None:
    """Say which comparisons are left out."""
    names = ", ".join(missing())
    return names and f"not installed, so not compared with (numbers of theirs that are committed are): {names}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot be told here; put what is slow behind everything else: a mistake shows early."""
    kept, left_out = [], []
    for item in items:
        (kept if _applies(item, config) else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    if any(getattr(getattr(item, "obj", None), "is_hypothesis_test", False) for item in kept):
        _import_everything()
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("slow") is not None)


def _import_everything() -> None:
    """Import all modules: Hypothesis draws constants from those that are loaded, and must not depend on which."""
    for package in (engine, app):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            with contextlib.suppress(ImportError):  # what needs an extra that is not installed
                importlib.import_module(module.name)


def _applies(item: pytest.Item, config: pytest.Config) -> bool:
    if item.get_closest_marker("other_seeds") and not config.getoption("--seeds"):
        return False
    return not any(missing(*mark.args) for mark in item.iter_markers("compares_with"))
