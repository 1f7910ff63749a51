"""Who trains the trials of searches: kept work, crews of processes and of a Dask cluster, the command."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from app import cli
from app.settings import Settings
from app.trainers import hire
from app.trainers.crew import PATIENCE, RETRIES, Hands, TrainingCrew
from app.trainers.store import Store, packed, unpacked
from engine.crew import Done, Job, train
from engine.experiments.search.params import SearchParams
from engine.params import InvalidParams
from engine.replay import Run
from tests.app.client import wait_for

SMALL: dict[str, Any] = {"budget": 6, "repeats": 2, "updates": 20, "samplers": ["grid", "random"]}


def job(number: int, **changes: Any) -> Job:
    base = SearchParams(updates=10).space.base
    return Job("playground", (base.model_copy(update={"seed": number, **changes}).model_dump_json(),))


def done(size: int = 3) -> Done:
    return Done(np.arange(size), np.arange(size)[None] / 7, np.array([size - 1]))


# -- what is kept -------------------------------------------------------------------------------------------------


def same(one: Done | None, other: Done) -> bool:
    return one is not None and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name == "curves")
        for name in ("steps", "curves", "spent")
    )


def test_kept_work_outlives_a_restart_to_the_last_bit(tmp_path: Path) -> None:
    path = tmp_path / "new" / "trials.sqlite"
    store = Store(path, 10**6)
    odd = Done(np.arange(3), np.array([[0.1, 1e-300, np.nan]]), np.array([2]))
    store.put(job(0), odd)
    store.close()
    again = Store(path, 10**6)
    assert same(again.get(job(0)), odd)
    assert again.get(job(1)) is None
    assert again.trouble is None
    assert same(unpacked(packed(odd)), odd)


def test_work_of_other_code_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "t", 10**6)
    store.put(job(0), done())
    monkeypatch.setattr("app.trainers.store.code_version", lambda: "another")
    assert store.get(job(0)) is None


def test_the_file_stays_bounded_and_forgets_the_oldest(tmp_path: Path) -> None:
    store = Store(tmp_path / "t", 20_000)
    for number in range(60):
        store.put(job(number), done())
    store.close()
    with sqlite3.connect(tmp_path / "t") as file:
        assert file.execute("select sum(size) from work").fetchone()[0] <= 20_000
    again = Store(tmp_path / "t", 20_000)
    assert again.get(job(59)) is not None
    assert again.get(job(0)) is None


def troubled(path: Path, at_once: bool = True) -> str:
    """Open a store on a bad path; it works on in memory and says why."""
    store = Store(path, 10**6)
    assert (store.trouble is not None) == at_once
    store.put(job(0), done())
    assert same(store.get(job(0)), done())
    store.close()
    return str(store.trouble)


def test_a_corrupt_file_is_a_sentence_and_memory_serves(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"this is no database " * 500)
    assert "not a database" in troubled(tmp_path / "t")


def test_a_directory_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert str(tmp_path) in troubled(tmp_path / "file" / "t")


def test_a_full_disk_is_a_sentence_and_memory_serves(tmp_path: Path) -> None:
    store = Store(tmp_path / "t", 10**9)
    assert store._file is not None
    store._file.execute("pragma max_page_count = 12")  # what SQLite then says is what a full disk makes it say
    for number in range(40):
        store.put(job(number), done(400))
    assert "full" in str(store.trouble)
    assert same(store.get(job(39)), done(400))


def test_kept_work_that_is_damaged_is_trained_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "t", 10**6)
    store.put(job(0), done())
    store.close()
    with sqlite3.connect(tmp_path / "t") as file:
        file.execute("update work set data = ?", (b"rubbish",))
    assert Store(tmp_path / "t", 10**6).get(job(0)) is None


# -- a crew -------------------------------------------------------------------------------------------------------


class Desk(Executor):
    """Takes jobs; a test says when they are finished, and how."""

    def __init__(self) -> None:
        self.taken: list[tuple[Job, Future[Done]]] = []
        self.closed = False

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.taken.append((args[0], future))
        return future


def crew_at(*desks: Desk, places: int = 1) -> TrainingCrew:
    waiting = list(desks)

    def make() -> Hands:
        desk = waiting.pop(0)
        return Hands(desk, places, lambda: setattr(desk, "closed", True))

    crew = TrainingCrew(make, Store(None, 0))
    hired(crew)
    return crew


def hired(crew: TrainingCrew) -> None:
    """Wait until the hands that were asked for are there."""
    crew.look([job(99)])
    wait_for(lambda: crew._hands is not None)
    crew._wanted.clear()


def test_only_what_is_asked_for_is_begun_and_what_was_left_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    crew = crew_at(desk)
    now = time.monotonic()
    monkeypatch.setattr("app.trainers.crew.time.monotonic", lambda: now)
    jobs = [job(number) for number in range(6)]
    assert crew.look(jobs) == [None] * 6
    assert [one for one, _future in desk.taken] == jobs[:2]  # two for each place
    now += PATIENCE + 1  # the visitor has paused
    crew.look([])
    desk.taken[0][1].set_result(done())
    assert same(crew.look([jobs[0]])[0], done())  # what ran was finished and kept
    assert len(desk.taken) == 2  # nothing further was begun
    crew.look(jobs)
    assert desk.taken[2][0] == jobs[2]


def test_a_job_that_was_lost_is_done_by_others_and_one_that_fails_each_time_is_a_sentence() -> None:
    first, second = Desk(), Desk()
    crew = crew_at(first, second)
    crew.look([job(0)])
    first.taken[0][1].set_exception(BrokenExecutor("a process died"))
    wait_for(lambda: crew.look([job(0)]) and second.taken)
    assert first.closed
    second.taken[0][1].set_result(done())
    assert same(crew.look([job(0)])[0], done())
    for _try in range(RETRIES + 1):
        crew.look([job(1)])
        second.taken[-1][1].set_exception(ZeroDivisionError("at step 3"))
    with pytest.raises(InvalidParams, match="ZeroDivisionError"):
        crew.look([job(1)])
    assert crew.look([job(1)]) == [None]  # asked again, it is tried again


def test_where_nobody_can_be_hired_that_is_said_and_tried_again() -> None:
    desk, answers = Desk(), [OSError("no processes left")]

    def make() -> Hands:
        if answers:
            raise answers.pop()
        return Hands(desk, 1, lambda: None)

    crew = TrainingCrew(make, Store(None, 0))
    with pytest.raises(InvalidParams, match="no processes left"):
        crew.get(job(0))
    wait_for(lambda: crew.look([job(0)]) and desk.taken)


# -- processes ----------------------------------------------------------------------------------------------------


def values(run: Run) -> np.ndarray[Any, Any]:
    """Finish a run; return its losses."""
    frames = [run.first()]
    while not run.done:
        wait_for(lambda: not run.simulation.waiting)
        frames.append(run.advance(100))
    return np.concatenate([np.asarray(frame["values"]) for frame in frames], axis=1)


def searched(crew: Any = None, **params: Any) -> Run:
    laboratory = engine.experiment("search")
    return Run(laboratory.with_crew(crew) if crew else laboratory, SearchParams(**{**SMALL, **params}))


@pytest.fixture
def pooled(tmp_path: Path) -> Iterator[TrainingCrew]:
    crew = hire.crew_of(Settings(trainers=1, trials_file=str(tmp_path / "t")))
    yield crew
    crew.close()


def test_processes_give_the_same_bits_and_a_killed_one_loses_nothing(pooled: TrainingCrew) -> None:
    run = searched(pooled)
    run.first()
    assert run.simulation.waiting
    wait_for(lambda: run.simulation.waiting and pooled._hands and pooled._hands.executor._processes)  # type: ignore[attr-defined] # of a pool of processes
    assert pooled._hands is not None
    os.kill(next(iter(pooled._hands.executor._processes)), signal.SIGKILL)  # type: ignore[attr-defined] # of a pool of processes
    assert values(run).tobytes() == values(searched()).tobytes()


@pytest.mark.slow
def test_dask_gives_the_same_bits_survives_a_killed_worker_and_a_lost_scheduler_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hire, "DASK_SECONDS", 60)  # a busy machine is slow, not wrong
    distributed = pytest.importorskip("distributed", reason="the extra “dask” is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        crew = hire.crew_of(Settings(dask=cluster.scheduler_address, trials_file=""))
        run = searched(crew)
        run.first()
        assert run.simulation.waiting
        os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
        assert values(run).tobytes() == values(searched()).tobytes()
        wait_for(lambda: len(cluster.scheduler.workers) == 2)  # else it starts a worker while it closes
        cluster.close()
        monkeypatch.setattr(hire, "DASK_SECONDS", 1)
        with pytest.raises(InvalidParams, match="Dask scheduler"):
            values(searched(crew, seed=7))
        crew.close()


def test_the_command_writes_a_table_that_pandas_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pandas = pytest.importorskip("pandas", reason="the test extra is not installed")
    monkeypatch.setattr(hire, "pool", lambda places: Hands(InThisProcess(), 1, lambda: None))
    said = json.dumps(SMALL)
    assert cli.main(["search", said, "--table", str(tmp_path / "t.csv"), "--quiet"]) == 0
    assert cli.main(["search", said, "--table", str(tmp_path / "t.json"), "--quiet"]) == 0
    table, other = pandas.read_csv(tmp_path / "t.csv"), pandas.read_json(tmp_path / "t.json")
    assert len(table) == len(other) == 24
    assert list(table.columns) == list(other.columns)
    losses = values(searched())[:, 1:]
    for i, (sampler, repeat) in enumerate((name, r) for name in ("grid", "random") for r in (1, 2)):
        mine = table[(table["sampler"] == sampler) & (table["repeat"] == repeat)].sort_values("trial")
        np.testing.assert_array_equal(mine["loss"].to_numpy(), losses[i])


class InThisProcess(Executor):
    """Does each job at once."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(train(args[0]))
        return future


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (['{"budget": 0}'], "at least 4"),
        (["{"], "JSON"),
        (["no-such-file.json"], "cannot be read"),
        (['{"axes": [{"setting": "warmth"}, {"setting": "l2"}]}'], "warmth"),
        (["{}", "--trainers", "-1"], "trainers"),
    ],
)
def test_the_command_refuses_bad_input_with_a_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["search", *arguments]) == 2
    assert said in capsys.readouterr().err
