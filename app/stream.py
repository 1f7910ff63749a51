"""The WebSocket of an open laboratory: the page pulls, one worker obeys its orders one after the other.

Two tasks: a listener reads messages into a short queue (so a flood waits in the sender's own socket), a worker
takes them out, computes in slices, and is the only one that sends. The listener knows of newer orders before
their turn comes, so the worker leaves out what a newer order has made pointless.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

import engine
from app import messages, wire
from app.i18n import Translator, choose_language, translator
from app.jsonio import problems_json, refused
from app.settings import Settings
from app.slices import Pace, compute, travel
from engine.experiment import Change, Experiment, Run
from engine.frame import Frame
from engine.message import Message, _, say
from engine.params import InvalidParams, Problem, check

LOG = logging.getLogger(__name__)
QUEUE = 32
IN_FLIGHT = 2
TRY_AGAIN_LATER = 1013
IDLE = 4000
T = TypeVar("T")


class Desk:
    """What the streams of one process share: the limiter of computing and the count of open streams."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.limiter = anyio.CapacityLimiter(settings.workers)
        self.open = 0


@dataclass(frozen=True)
class Order:
    """A message in the queue: what was said, or why it is refused; ``serial`` counts starts, sets and rewinds."""

    said: messages.Said | bytes | None
    serial: int
    epoch: int
    problems: tuple[Problem, ...] = ()
    last: bool = False


async def serve(websocket: WebSocket, name: str, desk: Desk) -> None:
    """Hold the conversation of one stream until one side leaves. Host and Origin were checked before."""
    wanted = websocket.query_params.get("lang")
    words = translator(choose_language(wanted, websocket.headers.get("accept-language")))
    try:
        experiment = engine.experiment(name)
    except InvalidParams as error:
        await websocket.send_denial_response(
            JSONResponse({"problems": problems_json(error.problems, words)}, status_code=404)
        )
        return
    await websocket.accept()
    stream = Stream(websocket, experiment, desk, words)
    if desk.open >= desk.settings.sessions:
        sentence = say(
            _("All {count} places on this server are taken. Please try again in a few minutes."),
            count=desk.settings.sessions,
        )
        await stream.turn_away(sentence)
        return
    desk.open += 1
    try:
        await stream.converse()
    finally:
        desk.open -= 1


class Stream:
    """One open laboratory: its run, and the conversation about it."""

    def __init__(self, websocket: WebSocket, experiment: Experiment, desk: Desk, words: Translator) -> None:
        self.websocket = websocket
        self.experiment = experiment
        self.desk = desk
        self.settings = desk.settings
        self.words = words
        self.pace = Pace(desk.settings.slice_ms / 1000)
        self.run: Run | None = None
        # Known to the listener, so ahead of the worker:
        self.newest_epoch = -1
        self.newest_serial = 0
        self.newest_start = 0
        self.waiting_advances = 0
        self.upload_announced = False
        # Known to the worker:
        self.epoch = -1
        self.scene_held = ""

    async def turn_away(self, sentence: Message) -> None:
        """Say why there is no place, and close."""
        try:
            await self._send_error([Problem("", sentence)], 0)
            await self.websocket.close(TRY_AGAIN_LATER)
        except WebSocketDisconnect:
            return

    async def converse(self) -> None:
        """Listen and work until the page leaves, or falls silent for too long."""
        sender, receiver = anyio.create_memory_object_stream[Order](QUEUE)
        async with anyio.create_task_group() as tasks, sender, receiver:

            async def work() -> None:
                try:
                    await self._work(receiver)
                except WebSocketDisconnect:
                    LOG.debug("a page left while it was being answered")
                tasks.cancel_scope.cancel()

            tasks.start_soon(work)
            if await self._listen(sender):
                tasks.cancel_scope.cancel()

    # -- the listener ---------------------------------------------------------------------------------------

    async def _listen(self, orders: MemoryObjectSendStream[Order]) -> bool:
        """Queue what comes; return True when the page has left, False when it was told to."""
        while True:
            event: Any = None
            with anyio.move_on_after(self.settings.idle_minutes * 60):
                event = await self.websocket.receive()
            if event is None:
                sentence = say(
                    _(
                        "Nothing happened here for a long time, so the connection was closed. It opens "
                        "again when you go on."
                    )
                )
                await orders.send(self._refusal(sentence, last=True))
                return False
            if event["type"] == "websocket.disconnect":
                return True
            text, data = event.get("text"), event.get("bytes")
            try:
                order = self._binary(data) if text is None else self._text(text)
            except InvalidParams as error:
                order = Order(None, self.newest_serial, self.newest_epoch, tuple(error.problems))
            await orders.send(order)

    def _refusal(self, sentence: Message, last: bool = False) -> Order:
        return Order(None, self.newest_serial, self.newest_epoch, (Problem("", sentence),), last)

    def _binary(self, data: bytes) -> Order:
        if not self.upload_announced:
            return self._refusal(say(_("A binary message is a checkpoint, and none was announced.")))
        self.upload_announced = False
        if len(data) > self.settings.upload_bytes:
            raise _too_large(len(data), self.settings.upload_bytes)
        return Order(data, self.newest_serial, self.newest_epoch)

    def _text(self, text: str) -> Order:
        if len(text) > self.settings.message_bytes:
            raise _too_large(len(text), self.settings.message_bytes)
        said = messages.read(text)
        if isinstance(said, messages.Advance):
            if self.waiting_advances >= IN_FLIGHT:
                raise refused(
                    say(_("At most {count} requests may be on their way; wait for an answer."), count=IN_FLIGHT)
                )
            self.waiting_advances += 1
            return Order(said, self.newest_serial, self.newest_epoch)
        if isinstance(said, messages.Ask):
            return Order(said, self.newest_serial, said.epoch)
        if said.epoch <= self.newest_epoch:
            raise refused(
                say(
                    _("The epoch must grow with each start, set, rewind and upload; {epoch} came after {newest}."),
                    epoch=said.epoch,
                    newest=self.newest_epoch,
                ),
                "epoch",
            )
        self.newest_epoch = said.epoch
        self.newest_serial += 1
        self.waiting_advances = 0
        self.upload_announced = isinstance(said, messages.Upload)
        if isinstance(said, messages.Start):
            self.newest_start = self.newest_serial
        return Order(said, self.newest_serial, said.epoch)

    # -- the worker -----------------------------------------------------------------------------------------

    async def _work(self, orders: MemoryObjectReceiveStream[Order]) -> None:
        async for order in orders:
            if order.serial < self.newest_start:
                continue  # a newer start replaces all that came before it
            try:
                await self._obey(order)
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
            if order.last:
                await self.websocket.close(IDLE)
                return

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
            run = self._present_run()
            await self._show_start(order, run, await self._in_thread(run.first), said.advance)
        elif isinstance(said, messages.Ask):
            await self._ask(said)
        elif isinstance(said, messages.Upload):
            self.epoch = order.epoch
        elif isinstance(said, bytes):
            run = self._present_run()
            await self._show_start(order, run, await self._in_thread(lambda: run.restore(said)), None)

    async def _start(self, order: Order, said: messages.Start) -> None:
        def begin() -> tuple[Run, Frame]:
            params = check(self.experiment.Params, said.params)
            run = Run(self.experiment, params, [Change(step, values) for step, values in said.changes])
            return run, run.first()

        run, frame = await self._in_thread(begin)
        self.run = run
        self.scene_held = said.scene
        await self._show_start(order, run, frame, said.advance)

    async def _show_start(self, order: Order, run: Run, frame: Frame, how_far: messages.HowFar | None) -> None:
        self.pace.restart()
        await self._send_ready(run)
        await self._send_frame(frame)
        if run.done:
            await self._send_end(run)
        elif how_far is not None:
            await self._go_on(order, run, how_far)

    async def _set(self, order: Order, said: messages.SetLive) -> None:
        run = self._present_run()
        run.experiment.altered(run.params_at(said.step), said.changes)
        if not await travel(run, said.step, self.pace, self.desk.limiter, self._replaced_after(order)):
            return
        await self._in_thread(lambda: run.set(said.changes, said.step))
        await self._send_ready(run)
        if run.done:
            await self._send_end(run)
        elif said.advance is not None:
            await self._go_on(order, run, said.advance)

    async def _advance(self, order: Order, said: messages.Advance) -> None:
        if order.serial < self.newest_serial:
            return  # asked before a set or rewind: the page no longer wants it
        try:
            run = self._present_run()
            if run.done:
                await self._send_end(run)
            else:
                await self._go_on(order, run, said)
        finally:
            if order.serial == self.newest_serial:
                self.waiting_advances -= 1

    async def _go_on(self, order: Order, run: Run, how_far: messages.HowFar) -> None:
        seconds = self.settings.budget_ms / 1000
        if how_far.budget_ms is not None:
            seconds = min(seconds, how_far.budget_ms / 1000)
        elif how_far.steps is None:
            seconds = self.pace.slice_seconds
        frame = await compute(
            run,
            self.pace,
            self.desk.limiter,
            steps=how_far.steps,
            seconds=seconds,
            most_bytes=self.settings.frame_bytes,
            superseded=lambda: order.serial < self.newest_serial,
        )
        await self._send_frame(frame)
        if run.done:
            await self._send_end(run)

    async def _ask(self, said: messages.Ask) -> None:
        if said.epoch != self.epoch:
            raise refused(say(_("The run that was asked about is over; ask again.")))
        run = self._present_run()
        frame = await self._in_thread(lambda: run.ask(said.question, said.params, said.at))
        await self.websocket.send_bytes(wire.encode(frame, "answer", self.epoch, self.words.say, id=said.id))

    def _replaced_after(self, order: Order) -> Callable[[], bool]:
        return lambda: order.serial < self.newest_start

    def _present_run(self) -> Run:
        if self.run is None:
            raise refused(say(_("No run has been started yet; send “start” first.")))
        return self.run

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self.desk.limiter)

    # -- what is sent ---------------------------------------------------------------------------------------

    async def _send_ready(self, run: Run) -> None:
        step = run.simulation.step
        params = run.params_at(step)
        key = await self._in_thread(lambda: self.experiment.scene_key(params))
        await self.websocket.send_json(
            {"type": "ready", "epoch": self.epoch, "step": step, "total": run.simulation.total, "scene": key}
        )
        if key and key != self.scene_held:
            scene = await self._in_thread(lambda: self.experiment.scene(params))
            await self.websocket.send_bytes(wire.encode(scene, "scene", self.epoch, self.words.say))
        self.scene_held = key

    async def _send_frame(self, frame: Frame) -> None:
        await self.websocket.send_bytes(wire.encode(frame, "frame", self.epoch, self.words.say))

    async def _send_end(self, run: Run) -> None:
        await self.websocket.send_json({"type": "end", "epoch": self.epoch, "step": run.simulation.step})

    async def _send_error(self, problems: list[Problem], epoch: int, said: Any = None) -> None:
        answer: dict[str, Any] = {
            "type": "error",
            "epoch": max(epoch, 0),
            "problems": problems_json(problems, self.words),
        }
        if isinstance(said, messages.Ask):
            answer["id"] = said.id
        await self.websocket.send_json(answer)


def _too_large(size: int, limit: int) -> InvalidParams:
    sentence = _("The message has {size:,} bytes; at most {limit:,} are allowed.")
    return refused(say(sentence, size=size, limit=limit))
