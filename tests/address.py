"""Where a server answers that a test has started in a process of its own."""

from __future__ import annotations

import re
import subprocess
import threading

from tests.timing import PATIENCE


def address_of(process: subprocess.Popen[str]) -> str:
    """Return the address that a server prints when it answers, without a slash at its end.

    Raises:
        RuntimeError: when it ends, or stays silent and is ended, or prints something else.
    """
    assert process.stdout is not None
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        said = process.stdout.readline()
    finally:
        watchdog.cancel()
    found = re.search(r"http://127\.0\.0\.1:\d+", said)
    if not found:
        process.kill()
        raise RuntimeError(f"the server said {said!r} and ended with code {process.wait()}")
    return found[0]
