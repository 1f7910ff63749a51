"""`python -m tests.load`: serve with two processes, let crowds come, print how long they waited.

`--memory SECONDS` lets a few visitors of all laboratories come for so long instead, who leave and come back, and
prints the server's memory on the way. Memory and CPU time are what all processes of the server took together
(Linux).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.address import address_of
from tests.load.visitors import crowd

CROWDS = (
    ("100 race, a move a second", {"race": 100}, 1.0),
    ("300 race, a move in 5 s", {"race": 300}, 5.0),
    ("mixed, a move in 5 s", {"race": 30, "depth": 10, "charrnn": 10, "playground": 10, "graph": 10}, 5.0),
)


@contextlib.contextmanager
def server(workers: int) -> Iterator[tuple[str, int]]:
    """Run a server of its own; give its address and its process id."""
    command = [sys.executable, "-m", "app.cli", "--no-browser", "--port", "0", "--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = address_of(process)
        rest(process.pid)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(20)


def memory(pid: int) -> float:
    """Return the megabytes that a process and its children hold."""
    total = 0.0
    for one in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            status = dict(line.split(":", 1) for line in (one / "status").read_text().splitlines() if ":" in line)
            if int(one.name) == pid or int(status["PPid"]) == pid:
                total += int(status.get("VmRSS", "0").split()[0]) / 1e3
    return total


def computed(pid: int) -> float:
    """Return the seconds of CPU that a process and its children have used."""
    ticks = 0
    for one in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (one / "stat").read_text().rpartition(")")[2].split()
            if int(one.name) == pid or int(fields[1]) == pid:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def rest(pid: int) -> None:
    """Return when a process and its children compute nothing more: a server has warmed up."""
    spent = -1.0
    while (now := computed(pid)) > spent + 0.05:
        spent = now
        time.sleep(1)


def watch_memory(url: str, pid: int, seconds: float, looks: int = 20) -> None:
    """Print the server's memory while a few visitors of all laboratories come and go."""
    kinds = {"race": 3, "depth": 2, "charrnn": 2, "playground": 2, "graph": 2}

    async def come_and_go() -> None:
        for _look in range(looks):
            tallies = await crowd(url, kinds, seconds=seconds / looks, think=1.0)
            with urllib.request.urlopen(f"{url}/healthz") as answer:
                health = json.load(answer)
            moves, lost = map(sum, zip(*[(len(one.waits), one.lost) for one in tallies.values()], strict=True))
            told = f"{memory(pid):7.1f} MB, of which runs {health['held_mb']:5} MB; {moves} moves, {lost} lost"
            print(f"{time.perf_counter() - began:6.0f} s {told}", flush=True)

    began = time.perf_counter()
    print(f"{0:6} s {memory(pid):7.1f} MB")
    asyncio.run(come_and_go())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--only", type=int, choices=range(len(CROWDS)))
    parser.add_argument("--url", help="of a server that runs already")
    parser.add_argument("--memory", type=float, metavar="SECONDS", help="watch the memory for so long")
    options = parser.parse_args()
    print(f"load average before: {os.getloadavg()[0]:.1f}")
    if options.memory:
        with server(options.workers) as (url, pid):
            watch_memory(url, pid, options.memory)
        return
    print(
        f"{'crowd':28} {'laboratory':10} {'moves':>6} {'p50 ms':>7} {'p95 ms':>7} {'max ms':>7} "
        f"{'slowest/mean':>12} {'lost':>5} {'refused':>7} {'MB':>6} {'CPU s':>6}"
    )
    with contextlib.nullcontext((options.url, 0)) if options.url else server(options.workers) as (url, pid):
        for title, kinds, think in CROWDS if options.only is None else [CROWDS[options.only]]:
            before = computed(pid)
            tallies = asyncio.run(crowd(url, kinds, seconds=options.seconds, think=think))
            for name, one in tallies.items():
                mean = sum(one.steps) / max(1, len(one.steps))
                print(
                    f"{title:28} {name:10} {len(one.waits):6} {one.share(0.5) * 1e3:7.0f} "
                    f"{one.share(0.95) * 1e3:7.0f} {max(one.waits, default=0) * 1e3:7.0f} "
                    f"{min(one.steps) / max(mean, 1e-9):12.2f} {one.lost:5} {one.refused:7} {memory(pid):6.0f} "
                    f"{computed(pid) - before:6.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
