"""Large random matrices, remembered: a slider that scales the weights need not draw them anew."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from engine.autodiff.tape import Array

SMALLEST = 1 << 14
"""Entries from which a matrix is remembered; smaller ones are drawn as quickly."""
MOST = 64_000_000
"""Bytes remembered in all."""


class Draws:
    """The latest matrices that generators drew, by the state that each generator was in before.

    The numbers, and the generator's state afterwards, are those of drawing. Serves several threads.

    Args:
        most: bytes to keep; the longest unused go first.

    >>> draws = Draws()
    >>> a = draws.get("normal", np.random.default_rng(0), (200, 200), lambda rng: rng.standard_normal((200, 200)))
    >>> b = draws.get("normal", np.random.default_rng(0), (200, 200), lambda rng: rng.standard_normal((200, 200)))
    >>> a is b
    True
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.size = 0
        self._kept: OrderedDict[Hashable, tuple[Array, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(
        self,
        kind: str,
        rng: np.random.Generator,
        shape: tuple[int, ...],
        make: Callable[[np.random.Generator], Array],
    ) -> Array:
        """Return ``make(rng)``, read-only where it is remembered, and leave ``rng`` as if it had drawn.

        Args:
            kind: a name of what ``make`` does; with the generator's state and the shape it decides the result.
        """
        if int(np.prod(shape)) < SMALLEST:
            return make(rng)
        key = kind, shape, repr(rng.bit_generator.state)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
        if found is not None:
            rng.bit_generator.state = found[1]
            return found[0]
        made = make(rng)
        made.flags.writeable = False
        with self._lock:
            if key not in self._kept and made.nbytes <= self.most:
                self._kept[key] = made, rng.bit_generator.state
                self.size += made.nbytes
                while self.size > self.most:
                    self.size -= self._kept.popitem(last=False)[1][0].nbytes
        return made


DRAWS = Draws()
"""What this process remembers."""
