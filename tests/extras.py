"""Libraries that others' numbers come from: the package needs none of them, the comparisons do."""

from __future__ import annotations

from typing import Any

import pytest


def library(name: str) -> Any:
    """Import a library, or skip the test (at the top of a file: all of it) where it is not installed."""
    return pytest.importorskip(name, reason=f"{name} is not installed: only the comparison with it needs it")
