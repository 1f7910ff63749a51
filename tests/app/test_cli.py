"""The command line: called in this process where a process of its own would tell nothing more."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import engine
from app.cli import main
from app.wire import plain
from tests.address import address_of
from tests.extras import library
from tests.timing import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "app.cli"]
HIDDEN = ("DISPLAY", "WAYLAND_DISPLAY", "LANG")
ENVIRONMENT = {key: value for key, value in os.environ.items() if key not in HIDDEN}


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def descentlab(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return the command, called in this process: what it printed, and its exit code."""
    for name in HIDDEN:
        monkeypatch.delenv(name, raising=False)

    def command(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        try:
            code = main(arguments)
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        printed = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, code, printed.out, printed.err)

    return command


def in_a_process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command to its end in a process of its own."""
    options = {"env": ENVIRONMENT, "cwd": ROOT, "timeout": 300, **options}
    command = [*COMMAND, *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, **options)


def test_run_prints_the_frames_of_the_engine_as_json_lines() -> None:
    params = {"surface": "beale", "steps": 40}
    done = in_a_process("run", "race", json.dumps(params))
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        plain(frame) for frame in engine.run("race", params)
    ]


def test_pandas_reads_the_lines(descentlab: Command) -> None:
    pandas = library("pandas")

    done = descentlab("run", "race", '{"surface":"beale","steps":30}', "--stride", "25")
    table = pandas.read_json(io.StringIO(done.stdout), lines=True)
    assert list(table["step"]) == [0, 25, 30]
    assert len(table["positions"][1][0]) == 25


def test_lines_are_flat_records_of_one_shape(descentlab: Command) -> None:
    # What pandas' read_json(lines=True) needs, where pandas is not installed: objects with the same keys.
    records = [json.loads(line) for line in descentlab("run", "race", '{"steps":30}').stdout.splitlines()]
    assert len({tuple(record) for record in records}) == 1


def test_ask_prints_the_answer_at_a_step(descentlab: Command) -> None:
    run = {"depth": 3, "width": 8, "samples": 64, "steps": 4, "compare": []}
    done = descentlab("ask", "depth", "spectrum", "--run", json.dumps(run), "--at", "2")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["step"] == 2
    assert np.shape(answer["singular_values"]) == (1, 3, 9)
    refused = descentlab("ask", "depth", "spectre")
    assert refused.returncode == 2
    assert "spectrum" in refused.stderr


def test_seed_stride_and_changes_are_taken(descentlab: Command) -> None:
    params = {"surface": "beale", "racers": [{"rule": "sgd", "learning_rate": 1e-4}], "steps": 30, "noise": 0.1}
    change = {"racers": [{"rule": "sgd", "learning_rate": 1e-5}]}
    done = descentlab(
        "run", "race", json.dumps(params), "--seed", "7", "--stride", "10", "--changes", json.dumps([[15, change]])
    )
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["step"] for record in records] == [0, 10, 15, 25, 30]
    run = engine.run("race", {**params, "seed": 7})
    frames = [next(run), *(run.send(engine.Advance(*order)) for order in ((10,), (5,), (10, change), (5,)))]
    assert records == [plain(frame) for frame in frames]


def test_params_come_from_stdin_too(descentlab: Command) -> None:
    done = descentlab("run", "race", "-", typed='{"steps": 3}')
    assert [json.loads(line)["step"] for line in done.stdout.splitlines()] == [0, 3]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "nope"), ["no laboratory", "race"]),
        (("run", "race", "{"), ["not JSON"]),
        (("run", "race", "[]"), ["must be an object"]),
        (("run", "race", '{"steps": 0, "speed": 1}'), ["steps", "at least", "speed", "no parameter"]),
        (("run", "race", '{"surface": {"formula": "x +"}}'), ["surface"]),
        (("run", "race", "{}", "--changes", "7"), ["[[step,"]),
        (("run", "race", "{}", "--changes", '[[5, {"surface": "beale"}]]'), ["cannot change during a run"]),
        (("--port", "70000"), ["port", "65535"]),
        (("--port", "many"), ["port"]),
    ],
)
def test_bad_input_is_a_sentence_and_code_2(
    descentlab: Command, arguments: tuple[str, ...], words: list[str]
) -> None:
    done = descentlab(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr


def test_reader_that_has_enough_ends_the_run_quietly() -> None:
    process = subprocess.Popen(
        [*COMMAND, "run", "race", '{"steps": 5000}'],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=ENVIRONMENT,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(PATIENCE) == 0
    process.stderr.close()


@pytest.fixture
def served() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`descentlab` on a free port, and the address that it prints."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
    )
    try:
        yield process, address_of(process)
    finally:
        process.kill()
        process.communicate()


def test_serve_prints_the_address_serves_and_stops(served: tuple[subprocess.Popen[str], str]) -> None:
    process, address = served
    assert httpx.get(address, timeout=PATIENCE).status_code == 200
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) in (0, 130, -signal.SIGINT)
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()


def test_several_processes_share_the_port_and_stop_together() -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--workers", "2", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
    )
    try:
        address = address_of(process)
        # The process that answers says which one it is; every connection is dealt out anew.
        answered = {httpx.get(address + "/healthz", timeout=PATIENCE).json()["process"] for _ in range(40)}
        assert len(answered) == 2
        assert process.pid not in answered
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) in (0, 130, -signal.SIGINT)
    finally:
        process.kill()
        process.communicate()


def test_taken_port_is_a_sentence_and_code_1() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = in_a_process("--port", str(port), "--no-browser")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Port {port} is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_come_from_the_environment(descentlab: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESCENTLAB_PORT", "not-a-port")
    done = descentlab()
    assert done.returncode == 2
    assert "port" in done.stderr


def test_doctor_prints_how_often_its_diagnoses_came_true(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--half", "report"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["diverged", "learned"]
    right, count = map(int, lines[-1].split("/"))
    assert 0.8 * count < right <= count


def test_doctor_trains_anew_a_share_of_the_nets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--run", "500"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("/2")
