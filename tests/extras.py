"""Libraries that others' numbers come from: the package needs none of them, the comparisons do."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

import pytest

LIBRARIES = ("torch", "scipy", "optax", "sklearn")


def library(name: str) -> Any:
    """Import a library, or skip the test (at the top of a file: all of it) where it is not installed."""
    return pytest.importorskip(name, reason=f"{name} is not installed: only the comparison with it needs it")


def compares_with(*names: str) -> pytest.MarkDecorator:
    """Mark what compares with libraries anew, case by case: it is left out where one of them is not installed."""
    return pytest.mark.compares_with(*names)


def missing(*names: str) -> list[str]:
    """Return which libraries are not installed; without names, of all that are compared with."""
    return [name for name in names or LIBRARIES if not _installed(name)]


@cache
def _installed(name: str) -> bool:
    return find_spec(name) is not None
