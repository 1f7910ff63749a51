"""What a page says on the stream, read as it comes: into orders for the worker, who obeys one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectSendStream
from starlette.websockets import WebSocket

from app import messages
from app.desk import Desk
from app.turns import Seat
from engine.message import Message, _, say
from engine.params import InvalidParams, Problem, refused

IN_FLIGHT = 2
LARGE = 200_000
"""Bytes from which reading and writing a message takes milliseconds: it is done in turns."""


@dataclass(frozen=True)
class Order:
    """A message in the queue: what was said, or why it is refused; ``serial`` counts starts, sets and rewinds."""

    said: messages.Said | bytes | None
    serial: int
    epoch: int
    problems: tuple[Problem, ...] = ()
    last: bool = False


class Listener:
    """Reads one page's messages.

    It knows of newer orders before their turn comes, so that the worker may leave out what they made pointless.

    Args:
        growing: names of the questions whose answers grow; of each only the newest is answered.
    """

    def __init__(
        self, websocket: WebSocket, desk: Desk, seat: Seat, growing: frozenset[str] = frozenset()
    ) -> None:
        self._websocket = websocket
        self._growing = growing
        self._desk = desk
        self._seat = seat
        self.newest_epoch = -1
        self.newest_serial = 0
        self.newest_start = 0
        self.waiting_advances = 0
        self.newest_asks: dict[str, int] = {}
        """Growing question -> id of the newest one that is still wanted."""
        self._upload_announced = False

    def outlived(self, order: Order, asked: messages.Ask) -> bool:
        """Tell whether something newer took the place of a question whose answer grows."""
        return order.serial < self.newest_serial or self.newest_asks.get(asked.question) != asked.id

    async def listen(self, orders: MemoryObjectSendStream[Order]) -> bool:
        """Queue what comes; return True when the page has left, False when it was told to."""
        while True:
            event: Any = None
            with anyio.move_on_after(self._desk.settings.idle_minutes * 60):
                event = await self._websocket.receive()
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
                order = self._binary(data) if text is None else await self._text(text)
            except InvalidParams as error:
                order = Order(None, self.newest_serial, self.newest_epoch, tuple(error.problems))
            if order is not None:
                await orders.send(order)

    def _refusal(self, sentence: Message, last: bool = False) -> Order:
        return Order(None, self.newest_serial, self.newest_epoch, (Problem("", sentence),), last)

    def _binary(self, data: bytes) -> Order:
        if not self._upload_announced:
            return self._refusal(say(_("A binary message is a checkpoint, and none was announced.")))
        self._upload_announced = False
        if len(data) > self._desk.settings.upload_bytes:
            raise _too_large(len(data), self._desk.settings.upload_bytes)
        return Order(data, self.newest_serial, self.newest_epoch)

    async def _text(self, text: str) -> Order | None:
        if len(text) > self._desk.settings.message_bytes:
            raise _too_large(len(text), self._desk.settings.message_bytes)
        if len(text) > LARGE:
            said = await self._desk.turns.call(self._seat, lambda: messages.read(text))
        else:
            said = messages.read(text)
        if isinstance(said, messages.Advance):
            if self.waiting_advances >= IN_FLIGHT:
                raise refused(
                    say(_("At most {count} requests may be on their way; wait for an answer."), count=IN_FLIGHT)
                )
            self.waiting_advances += 1
            return Order(said, self.newest_serial, self.newest_epoch)
        if isinstance(said, messages.Drop):
            self.newest_asks = {name: id for name, id in self.newest_asks.items() if id != said.id}
            return None
        if isinstance(said, messages.Ask):
            if said.question in self._growing:
                self.newest_asks[said.question] = said.id
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
        self._upload_announced = isinstance(said, messages.Upload)
        if isinstance(said, messages.Start):
            self.newest_start = self.newest_serial
        return Order(said, self.newest_serial, said.epoch)


def _too_large(size: int, limit: int) -> InvalidParams:
    sentence = _("The message has {size:,} bytes; at most {limit:,} are allowed.")
    return refused(say(sentence, size=size, limit=limit))
