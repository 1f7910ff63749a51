"""A net read one character at a time: to sample, to probe, to hold a unit fixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine.autodiff.softmax import probabilities
from engine.autodiff.tape import Array
from engine.nn.recurrent.cell import CellState, Weights
from engine.nn.recurrent.net import RecurrentNet
from engine.nn.recurrent.window import Window
from engine.pieces import Pieces, whole


class Hold(NamedTuple):
    """A unit kept at a value: of the cell state c where there is one, else of h."""

    layer: int
    unit: int
    value: float


class Walker:
    """Steps of a net on one column; the weights are laid out once.

    Args:
        net: the model. views: its parameters by name. holds: units kept fixed.
        dtype: float64 doubles the time.
    """

    def __init__(
        self,
        net: RecurrentNet,
        views: Mapping[str, Array],
        holds: Iterable[Hold] = (),
        dtype: type[np.floating] = np.float32,
    ) -> None:
        self.window = Window(net, 1, 1, dtype)
        self.holds = list(holds)
        self._Wy, self._by = views["Wy"], views["by"]
        self._weights: list[Weights | None] = [
            Weights(*(views[f"{name}{layer}"] for name in Weights._fields)) for layer in range(net.layers)
        ]
        self.states: list[CellState] = self.window.zero_state()

    def step(self, character: int) -> Array:
        """Read a character and return the scores of the next, (V,)."""
        x: Array = np.array([[character]])
        for layer, cell in enumerate(self.window.cells):
            x = cell.forward(x, self._weights[layer], self.states[layer])
            self._weights[layer] = None
            self.states[layer] = cell.last_state()
            for hold in self.holds:
                if hold.layer == layer:
                    x = self._hold(layer, hold)
        scores: Array = self._Wy @ x[0, :, 0] + self._by
        return scores

    def _hold(self, layer: int, hold: Hold) -> Array:
        cell, state = self.window.cells[layer], self.states[layer]
        state[-1][hold.unit] = hold.value
        if len(state) > 1:  # h follows from c: h = o tanh(c)
            state[0][hold.unit] = cell.gate("o")[0, hold.unit] * np.tanh(state[1][hold.unit])
        return state[0][None]

    def read(self, characters: Sequence[int] | Array) -> Array:
        """Read characters in turn and return the scores after each, (n, V)."""
        return whole(self.read_in_pieces(characters))

    def read_in_pieces(self, characters: Sequence[int] | Array) -> Pieces[Array]:
        """Do what `read` does, a character at a time."""
        scores = np.empty((len(characters), len(self._by)), self.window.dtype)
        for place, character in enumerate(characters):
            scores[place] = self.step(int(character))
            yield
        return scores

    def write(
        self, scores: Array, count: int, temperature: float, rng: np.random.Generator
    ) -> tuple[list[int], Array]:
        """Sample ``count`` characters, each read back in; at temperature 0 the likeliest each time.

        Args:
            scores: of the first character, (V,). count: how many. temperature: >= 0. rng: draws the characters.
        Returns:
            the characters, and the scores after the last.
        """
        return whole(self.write_in_pieces(scores, count, temperature, rng))

    def write_in_pieces(
        self, scores: Array, count: int, temperature: float, rng: np.random.Generator
    ) -> Pieces[tuple[list[int], Array]]:
        """Do what `write` does, a character at a time."""
        written: list[int] = []
        for _ in range(count):
            written.append(draw(scores, temperature, rng))
            scores = self.step(written[-1])
            yield
        return written, scores


def draw(scores: Array, temperature: float, rng: np.random.Generator) -> int:
    """Return a character drawn from softmax(scores / temperature); the likeliest at temperature 0.

    Args:
        scores: (V,); where one is not finite, every character is as likely. temperature: >= 0. rng: draws.
    """
    if not np.isfinite(scores).all():
        return int(rng.integers(len(scores)))
    if temperature == 0:
        return int(np.argmax(scores))
    total = np.cumsum(probabilities(scores.astype(np.float64), 0, temperature))
    return int(min(np.searchsorted(total, rng.random() * total[-1], side="right"), len(scores) - 1))


def mean_loss(window: Window, views: Mapping[str, Array], streams: Array, warm: int = 0) -> Any:
    """Return `mean_loss_in_pieces` at once."""
    return whole(mean_loss_in_pieces(window, views, streams, warm))


def mean_loss_in_pieces(
    window: Window, views: Mapping[str, Array], streams: Array, warm: int = 0, at_once: int | None = None
) -> Pieces[Any]:
    """Return the mean loss over parallel streams of text, state carried from window to window; (R,) of a stack.

    A window is a piece, a layer of a large one; between two windows others may use the buffers.

    Args:
        window: with as many columns as there are streams. views: the parameters by name.
        streams: (n + 1, B) characters.
        warm: how many characters are read first without counting.
        at_once: how many characters are read in a piece; as many as the window holds by default.
    """
    length = min(at_once or window.length, window.length)
    total: Any = 0.0
    states, start, last = window.zero_state(), 0, len(streams) - 1
    while start < last:
        end = min(start + length, last if start >= warm else warm)
        loss = yield from window.loss_in_pieces(views, streams[start:end], streams[start + 1 : end + 1], states)
        if start >= warm:
            total = total + (loss.value if window.runs else float(loss.value)) * (end - start)
        states, start = window.last_states(), end
        yield
    return total / (last - warm)
