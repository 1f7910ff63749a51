"""A crew elsewhere: jobs go through a `concurrent.futures.Executor`, what comes back is kept.

Only what somebody still asks for is begun: who pauses or leaves a search stops asking, and what was not begun is
dropped. What runs is finished and kept. So pausing needs no word, and nothing is trained for nobody.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass

from app.trainers.store import Store
from app.trainers.worker import do
from engine.crew import Done, Job
from engine.message import Message, _, say
from engine.params import InvalidParams, refused

PATIENCE = 3.0
"""Seconds for which a job waits that nobody asks for any more."""
RETRIES = 3
"""So often a job is given to somebody else when who did it died."""


@dataclass(frozen=True)
class Hands:
    """Who does the work.

    Args:
        executor: takes jobs. places: how many it does at once. close: lets it go.
        lost: exceptions that say that it is gone as a whole. gone: the sentence that is then said; without one
            others are hired in silence. alive: whether it still answers.
    """

    executor: Executor
    places: int
    close: Callable[[], None]
    lost: tuple[type[BaseException], ...] = (BrokenExecutor,)
    gone: Message | None = None
    alive: Callable[[], bool] = lambda: True


class TrainingCrew:
    """A crew of other processes.

    Args:
        hire: makes the hands when they are first wanted, and anew when they are lost. store: keeps what was done.
    Raises:
        InvalidParams: from `look` and `get`, where nobody can be hired, or a job failed for good.
    """

    __slots__ = (
        "_failed",
        "_hands",
        "_hire",
        "_hiring",
        "_lock",
        "_news",
        "_refusal",
        "_running",
        "_store",
        "_tries",
        "_wanted",
        "closed",
    )  # what has no __dict__ is not counted as the memory of a run
    elsewhere = True

    def __init__(self, hire: Callable[[], Hands], store: Store) -> None:
        self._hire, self._store = hire, store
        self._hands: Hands | None = None
        self._hiring: threading.Thread | None = None
        self._refusal: InvalidParams | None = None
        self._lock = threading.RLock()
        self._news = threading.Event()
        """Set when work has ended."""
        self._wanted: OrderedDict[str, tuple[Job, float]] = OrderedDict()
        """What waits, in the order in which it was first asked for, and when it was last."""
        self._running: dict[str, tuple[Job, Future[Done]]] = {}
        self._tries: dict[str, int] = {}
        self._failed: dict[str, InvalidParams] = {}
        self.closed = False

    def look(self, jobs: Sequence[Job]) -> list[Done | None]:
        """Return what came of each job, None where it is still to come; these are begun in turn."""
        with self._lock:
            self._collect()
            if self._refusal is not None:
                refusal, self._refusal = self._refusal, None
                raise refusal
            now = time.monotonic()
            found: list[Done | None] = []
            for job in jobs:
                if job.key in self._failed:
                    raise self._failed.pop(job.key)
                done = None if job.key in self._running or job.key in self._wanted else self._store.get(job)
                if done is None and job.key not in self._running:
                    self._wanted[job.key] = job, now
                found.append(done)
            self._begin(now)
            return found

    def get(self, job: Job) -> Done:
        """Wait for a job."""
        while True:
            (found,) = self.look([job])
            if found is not None:
                return found
            self.wait(0.05)

    def wait(self, seconds: float) -> None:
        """Wait until work has ended, at most so long; `look` says what came of it."""
        self._news.wait(seconds)
        self._news.clear()

    @property
    def trouble(self) -> Message | None:
        """Why finished trials are not kept, a sentence; None while they are."""
        return self._store.trouble

    def _begin(self, now: float) -> None:
        """Give out what somebody asked for a short while ago, as far as there are hands; two jobs for each."""
        for key, (_job, asked) in list(self._wanted.items()):
            if now - asked > PATIENCE:
                del self._wanted[key]
        while self._wanted:
            hands = self._hired()
            if hands is None or len(self._running) >= 2 * hands.places:
                return
            key, (job, _asked) = self._wanted.popitem(last=False)
            try:
                future = hands.executor.submit(do, job)
            except (RuntimeError, OSError, *hands.lost):  # type: ignore[misc]  # mypy knows no star here
                self._wanted[key] = job, now
                self._lose(hands)
                raise refused(hands.gone or _gone()) from None
            self._running[key] = job, future
            future.add_done_callback(lambda _ended: self._news.set())

    def _hired(self) -> Hands | None:
        """Return the hands; None while they are being hired, which may take seconds and is done in a thread."""
        if self.closed:
            raise refused(say(_("The server is stopping.")))
        if self._hands is None and self._hiring is None:
            self._hiring = threading.Thread(target=self._find_hands, daemon=True)
            self._hiring.start()
        return self._hands

    def _find_hands(self) -> None:
        hands: Hands | None = None
        refusal: InvalidParams | None = None
        try:
            hands = self._hire()
        except InvalidParams as error:
            refusal = error
        except Exception as error:
            refusal = refused(say(_("Nobody could be hired to train: {reason}."), reason=str(error)[:200]))
        with self._lock:
            self._hands, self._refusal, self._hiring = hands, refusal, None
            if self.closed and hands is not None:
                hands.close()
                self._hands = None

    def _collect(self) -> None:
        """Keep what is finished; give to others what was lost with who did it."""
        hands = self._hands
        if hands is not None and not hands.alive():
            self._lose(hands)
            self._refusal = refused(hands.gone or _gone())
        finished = [(key, job, future) for key, (job, future) in self._running.items() if future.done()]
        for key, job, future in sorted(
            finished, key=lambda one: one[2].cancelled() or one[2].exception() is not None
        ):
            if self._running.pop(key, None) is None:
                continue  # lost with the hands, and wanted again
            try:
                self._store.put(job, future.result())
                self._tries.pop(key, None)
            except InvalidParams as error:
                self._failed[key] = error
            except (Exception, CancelledError) as error:
                self._again(key, job, error)

    def _again(self, key: str, job: Job, error: BaseException) -> None:
        hands = self._hands
        if hands is not None and isinstance(error, hands.lost):
            self._lose(hands)
        self._tries[key] = self._tries.get(key, 0) + 1
        if self._tries[key] > RETRIES:
            del self._tries[key]
            sentence = _("A trial failed {times} times where it was trained ({reason}); change a setting.")
            reason = f"{type(error).__name__}: {error}"[:200]
            told = say(sentence, times=RETRIES + 1, reason=reason)
            self._failed[key] = refused(
                hands.gone if hands and hands.gone and isinstance(error, hands.lost) else told
            )
        else:
            self._wanted[key] = job, time.monotonic()
            self._wanted.move_to_end(key, last=False)

    def _lose(self, hands: Hands) -> None:
        """Forget hands that are gone; what they did is wanted again."""
        if self._hands is hands:
            self._hands = None
            for key, (job, _future) in self._running.items():
                self._wanted[key] = job, time.monotonic()
            self._running.clear()
            hands.close()

    def close(self) -> None:
        """Let the hands go; nothing is hired any more."""
        with self._lock:
            self.closed = True
            self._wanted.clear()
            if self._hands is not None:
                self._hands.close()
                self._hands = None
            self._store.close()


def _gone() -> Message:
    return say(_("The processes that train are gone. Go on in a moment: others are started, and nothing is lost."))
