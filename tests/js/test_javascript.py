"""The page's JavaScript: its types hold, lint has nothing to say, its unit tests pass. No npm, nothing is fetched.

Types are checked in every file; the compiler's options are in ``deno.json``. Editors go by ``// @ts-check``.
A single unit test: ``.venv/bin/deno test --config tests/js/deno.json tests/js/session_test.js``.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from deno import find_deno_bin

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "js"
SOURCES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "static" / "js").rglob("*.js"))
TESTS = sorted(str(path.relative_to(ROOT)) for path in HERE.rglob("*.js"))


def deno(command: str, *arguments: str) -> None:
    """Run deno on the checkout; fail with all that it says."""
    done = subprocess.run(
        [find_deno_bin(), command, "--quiet", "--config", str(HERE / "deno.json"), *arguments],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_types_hold() -> None:
    deno("check", "--no-remote", "--no-npm", *SOURCES, *TESTS)


def test_lint_has_nothing_to_say() -> None:
    deno("lint", *SOURCES, *TESTS)


def test_unit_tests_pass() -> None:
    deno("test", "--no-remote", "--no-npm", "--no-check", "--allow-read=static,tests", "tests/js")
