"""The WebSocket of an open laboratory: the page pulls, one worker obeys its orders one after the other.

Two tasks: a listener reads messages into a short queue (so a flood waits in the sender's own socket), a worker
takes them out and computes in slices. The listener knows of newer orders before their turn comes, so the worker
leaves out what a newer order has made pointless. A question whose answer grows is a task beside them, until its
last answer is sent or something newer takes its place.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from app import messages, wire
from app.answers import Answer, Answers
from app.desk import Desk
from app.i18n import Translator, choose_language, translator
from app.jsonio import problems_json
from app.ledger import keys_of
from app.listener import LARGE, Listener, Order
from app.slices import join
from app.track import Track, frame_bytes
from app.turns import Seat, Work
from engine.experiment import Experiment
from engine.frame import Frame
from engine.message import _, say
from engine.params import InvalidParams, Problem, refused
from engine.replay import Change, Run

LOG = logging.getLogger(__name__)
QUEUE = 32
TRY_AGAIN_LATER = 1013
IDLE = 4000


async def serve(websocket: WebSocket, name: str, desk: Desk) -> None:
    """Hold the conversation of one stream until one side leaves. Host and Origin were checked before."""
    wanted = websocket.query_params.get("lang")
    words = translator(choose_language(wanted, websocket.headers.get("accept-language")))
    try:
        experiment = desk.experiment(name)
    except InvalidParams as error:
        await websocket.send_denial_response(
            JSONResponse({"problems": problems_json(error.problems, words)}, status_code=404)
        )
        return
    await websocket.accept()
    try:
        with desk.visit() as seat:
            await Stream(websocket, experiment, desk, words, seat).converse()
    except InvalidParams as error:
        with contextlib.suppress(WebSocketDisconnect):
            await websocket.send_json(
                {"type": "error", "epoch": 0, "problems": problems_json(error.problems, words)}
            )
            await websocket.close(TRY_AGAIN_LATER)


class Stream:
    """One open laboratory: its run, and the conversation about it."""

    def __init__(
        self, websocket: WebSocket, experiment: Experiment, desk: Desk, words: Translator, seat: Seat
    ) -> None:
        self.websocket = websocket
        self.experiment = experiment
        self.desk = desk
        self.settings = desk.settings
        self.words = words
        self.seat = seat
        self.track: Track | None = None
        """The run that is read here, and up to where."""
        self.step = 0
        self.to_follow: list[Change] = []
        """The changes after the checkpoint that is announced."""
        growing = frozenset(question.name for question in experiment.questions if question.parts)
        self.listener = Listener(websocket, desk, seat, growing)
        self.epoch = -1
        self.scene_held = ""
        self._beside: TaskGroup
        self._sending = anyio.Lock()

    async def converse(self) -> None:
        """Listen and work until the page leaves, or falls silent for too long."""
        sender, receiver = anyio.create_memory_object_stream[Order](QUEUE)
        try:
            async with anyio.create_task_group() as tasks, sender, receiver:
                self._beside = tasks

                async def work() -> None:
                    await self._until_it_leaves(self._work(receiver))
                    tasks.cancel_scope.cancel()

                tasks.start_soon(work)
                if await self.listener.listen(sender):
                    tasks.cancel_scope.cancel()
        finally:
            if self.track is not None:
                self.desk.ledger.release(self.track)

    async def _until_it_leaves(self, work: Awaitable[None]) -> None:
        try:
            await work
        except WebSocketDisconnect:
            LOG.debug("a page left while it was being answered")

    # -- the worker -----------------------------------------------------------------------------------------

    async def _work(self, orders: MemoryObjectReceiveStream[Order]) -> None:
        async for order in orders:
            if order.serial < self.listener.newest_start:
                continue  # a newer start replaces all that came before it
            await self._explained(order, self._obey(order))
            if self.track is not None:
                self.desk.ledger.touch(self.track)
            if order.last:
                await self.websocket.close(IDLE)
                return

    async def _explained(self, order: Order, work: Awaitable[None]) -> None:
        """Do what was ordered; where it cannot be done, say why."""
        try:
            await work
        except InvalidParams as error:
            await self._send_error(error.problems, order.epoch, order.said)
        except WebSocketDisconnect:
            raise
        except Exception:
            LOG.exception("laboratory %s failed on %r", self.experiment.name, type(order.said).__name__)
            sentence = say(
                _("The laboratory failed at this; that is a fault of ours. Start again, or change a setting.")
            )
            await self._send_error([Problem("", sentence)], order.epoch, order.said)

    async def _obey(self, order: Order) -> None:
        said = order.said
        if order.problems:
            raise InvalidParams(list(order.problems))
        if isinstance(said, messages.Advance):
            await self._advance(order, said)
        elif isinstance(said, messages.Start):
            self.epoch = order.epoch
            await self._start(order, said)
        elif isinstance(said, messages.SetLive):
            self.epoch = order.epoch
            await self._set(order, said)
        elif isinstance(said, messages.Rewind):
            self.epoch = order.epoch
            track = self._present_track()
            await self._show_start(order, track, await self._first(track), said.advance)
        elif isinstance(said, messages.Ask):
            await self._ask(order, said)
        elif isinstance(said, messages.Upload):
            self.epoch = order.epoch
            self.to_follow = [Change(step, values) for step, values in said.changes]
        elif isinstance(said, bytes):
            await self._restore(order, said)

    async def _start(self, order: Order, said: messages.Start) -> None:
        changes = [Change(step, values) for step, values in said.changes]
        track = await self.desk.open_run(self.seat, self.experiment, said.params, changes)
        try:
            frame = await self._first(track)
        except BaseException:
            self.desk.ledger.release(track)
            raise
        self._take(track)
        self.scene_held = said.scene
        await self._show_start(order, track, frame, said.advance)

    async def _first(self, track: Track) -> Frame:
        if track.start is not None:
            return track.start
        async with track.lock:
            return await self.desk.turns.run(self.seat, track.begin())

    async def _show_start(self, order: Order, track: Track, frame: Frame, how_far: messages.HowFar | None) -> None:
        self.step = frame.step
        await self._send_ready(track)
        await self._send_frame(frame)
        await self._go_on(order, track, how_far)

    async def _restore(self, order: Order, data: bytes) -> None:
        before = self._present_track()

        track = self.desk.new_track(Run(self.experiment, before.run.params, self.to_follow))
        await self.desk.turns.run(self.seat, track.restore(data))
        self.desk.ledger.hold(track)
        self._take(track)
        await self._show_start(order, track, await self._first(track), None)

    async def _set(self, order: Order, said: messages.SetLive) -> None:
        track = self._present_track()

        def branch() -> Work[Track | None]:
            track.run.experiment.altered(track.run.params_at(said.step), said.changes)
            yield
            made = track.branch(said.step, take=track.readers == 1)
            if not (yield from made.travel(said.step, self._replaced_after(order))):
                return None
            made.run.set(said.changes, said.step)
            return made

        async with track.lock:
            made = await self.desk.turns.run(self.seat, branch())
        if made is None:
            return
        self.step = made.run.simulation.step
        self.desk.ledger.hold(made, keys_of(self.experiment, made.run.params, made.run.changes)[-1])
        self._take(made)
        await self._send_ready(made)
        await self._go_on(order, made, said.advance)

    async def _advance(self, order: Order, said: messages.Advance) -> None:
        if order.serial < self.listener.newest_serial:
            return  # asked before a set or rewind: the page no longer wants it
        try:
            track = self._present_track()
            if self.step >= track.total:
                await self._send_end()
            else:
                await self._go_on(order, track, said)
        finally:
            if order.serial == self.listener.newest_serial:
                self.listener.waiting_advances -= 1

    async def _go_on(self, order: Order, track: Track, how_far: messages.HowFar | None) -> None:
        if self.step >= track.total:
            await self._send_end()
            return
        if how_far is None:
            return
        seconds = self.settings.budget_ms / 1000
        if how_far.budget_ms is not None:
            seconds = min(seconds, how_far.budget_ms / 1000)
        elif how_far.steps is None:
            seconds = self.desk.slice_seconds
        deadline = time.perf_counter() + seconds
        target = track.total if how_far.steps is None else min(track.total, self.step + how_far.steps)
        frames: list[Frame] = []
        while frame := await self._read(order, target, deadline):
            frames.append(frame)
            self.step = frame.step
            late = time.perf_counter() >= deadline or order.serial < self.listener.newest_serial
            large = sum(map(frame_bytes, frames)) >= self.settings.frame_bytes
            if how_far.steps is None or self.step >= min(target, self._present_track().total) or late or large:
                break
        if frames:
            await self._send_frame(join(frames, self.experiment.arrays))
        if self.step >= self._present_track().total:
            await self._send_end()

    async def _read(self, order: Order, target: int, deadline: float) -> Frame | None:
        """Return the next stretch of the run, from what is recorded or computed; None when a newer order came."""
        track, most = self._present_track(), self.settings.frame_bytes
        self.desk.ledger.touch(track)
        frame = track.recorded(self.step, target, most)
        if frame is not None:
            return frame
        async with track.lock:
            frame = track.recorded(self.step, target, most)  # another reader may have computed it meanwhile
            if frame is not None:
                return frame
            if self.step < track.end:  # its frames are cut elsewhere, or gone: go on by oneself
                track = await self.desk.turns.call(self.seat, lambda: track.branch(self.step, take=False))
        if track is not self.track:
            self.desk.ledger.hold(track)
            self._take(track)
        async with track.lock:
            return await self.desk.turns.run(
                self.seat,
                track.compute(
                    self.step,
                    target,
                    deadline=deadline,
                    most_bytes=most,
                    superseded=lambda: order.serial < self.listener.newest_serial,
                ),
            )

    async def _ask(self, order: Order, said: messages.Ask) -> None:
        if said.epoch != self.epoch:
            raise refused(say(_("The run that was asked about is over; ask again.")))
        track = self._present_track()
        if self.experiment.question(said.question).parts:
            answering = self._answer(said, track, lambda: self.listener.outlived(order, said))
            self._beside.start_soon(self._until_it_leaves, self._explained(order, answering))
        else:
            await self._answer(said, track, self._replaced_after(order))

    async def _answer(self, said: messages.Ask, track: Track, superseded: Callable[[], bool]) -> None:
        """Send the answers to a question, the better after the worse; while its state is read the run is held."""

        def begun() -> Work[Answers | None]:
            if said.at is None or self.experiment.question(said.question).exact:
                state = yield from track.state_at(self.step if said.at is None else said.at, superseded)
            else:
                state = track.run.nearest(said.at)
            yield
            if state is None or superseded():
                return None
            answers = Answers(track.run.answers(state, said.question, said.params))
            yield from answers.begin(wholly=not self.experiment.question(said.question).parts)
            return answers

        async with track.lock:
            answers = await self.desk.turns.run(self.seat, begun())
        self.desk.ledger.touch(track)
        if answers is None or not await self._send_answers(said, answers, superseded):
            await self._tell({"type": "dropped", "epoch": said.epoch, "id": said.id})

    async def _send_answers(self, said: messages.Ask, answers: Answers, superseded: Callable[[], bool]) -> bool:
        """Return whether the last answer was sent, before something newer took the question's place."""

        def encoded() -> Work[tuple[Answer, bytes] | None]:
            answer = yield from answers.next(superseded)
            if answer is None:
                return None
            more = {"more": True} if answer.more else {}
            return answer, wire.encode(answer.frame, "answer", said.epoch, self.words.say, id=said.id, **more)

        with contextlib.closing(answers):
            while (found := await self.desk.turns.run(self.seat, encoded())) is not None:
                answer, message = found
                async with self._sending:
                    if superseded():
                        break
                    await self.websocket.send_bytes(message)
                if not answer.more:
                    return True
        return False

    def _replaced_after(self, order: Order) -> Callable[[], bool]:
        return lambda: order.serial < self.listener.newest_start

    def _take(self, track: Track) -> None:
        if self.track is not None:
            self.desk.ledger.release(self.track)
        self.track = track

    def _present_track(self) -> Track:
        if self.track is None:
            raise refused(say(_("No run has been started yet; send “start” first.")))
        return self.track

    # -- what is sent ---------------------------------------------------------------------------------------

    async def _send_ready(self, track: Track) -> None:
        def look() -> Work[tuple[str, Frame | None]]:
            params = track.run.params_at(self.step)
            key = self.experiment.scene_key(params)
            yield
            return key, self.experiment.scene(params) if key and key != self.scene_held else None

        key, scene = await self.desk.turns.run(self.seat, look())
        await self._tell(
            {"type": "ready", "epoch": self.epoch, "step": self.step, "total": track.total, "scene": key}
        )
        if scene is not None:
            await self._send_picture(scene, "scene")
        self.scene_held = key

    async def _send_frame(self, frame: Frame) -> None:
        await self._send_picture(frame, "frame")

    async def _send_picture(self, frame: Frame, kind: wire.Kind) -> None:
        def encode() -> bytes:
            return wire.encode(frame, kind, self.epoch, self.words.say)

        large = frame_bytes(frame) > LARGE
        message = await self.desk.turns.call(self.seat, encode) if large else encode()
        async with self._sending:
            await self.websocket.send_bytes(message)

    async def _send_end(self) -> None:
        await self._tell({"type": "end", "epoch": self.epoch, "step": self.step})

    async def _send_error(self, problems: list[Problem], epoch: int, said: Any = None) -> None:
        answer: dict[str, Any] = {
            "type": "error",
            "epoch": max(epoch, 0),
            "problems": problems_json(problems, self.words),
        }
        if isinstance(said, messages.Ask):
            answer["id"] = said.id
        await self._tell(answer)

    async def _tell(self, words: dict[str, Any]) -> None:
        async with self._sending:
            await self.websocket.send_json(words)
