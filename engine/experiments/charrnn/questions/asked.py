"""What every question about a char-RNN shares: which net, which characters, and how refusals are said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

import numpy as np
from pydantic import Field

from engine.asked import Asked
from engine.autodiff.softmax import probabilities
from engine.autodiff.tape import Array, read
from engine.frame import ArraySpec, Value
from engine.message import _, say
from engine.nn.recurrent import Window
from engine.nn.recurrent.walker import Hold, Walker
from engine.params import refused
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiments.charrnn.learner import Learner
    from engine.experiments.charrnn.simulation import CharRNNSimulation

T = TypeVar("T")
Arrays = dict[str, Value]
Layer = Annotated[int, Field(ge=0, le=3, title=_("Layer"), description=_("Counted from 0."))]
Unit = Annotated[int, Field(ge=0, le=511, title=_("Unit"), description=_("Counted from 0."))]
Temperature = Annotated[
    float,
    Field(
        ge=0,
        le=5,
        title=_("Temperature"),
        description=_("Divides the scores; at 0 the likeliest character is taken."),
    ),
]
Prime = Annotated[
    str,
    Field(
        max_length=2000, title=_("Beginning"), description=_("What the net reads first; when empty, a line break.")
    ),
]
Seed = Annotated[
    int, Field(ge=0, lt=2**31, title=_("Seed"), description=_("The seed of what is drawn for the answer."))
]
Length = Annotated[int, Field(ge=1, title=_("Length"), description=_("How many characters to write."))]
Held = Annotated[
    list[tuple[Layer, Unit, Annotated[float, Field(ge=-100, le=100)]]],
    Field(
        max_length=8,
        title=_("Held units"),
        description=_("The layer, the unit and the value at which it is held."),
    ),
]

WORK = 3e9
"""Multiplications that an answer may take: about a second."""
PIECE = 1e8
"""Multiplications of a piece of it."""
NATS = _("nats")
CANDIDATES = 5
"""Likeliest characters that are given at each place."""
CHARACTERS = ArraySpec((), _("The alphabet: a character's number is its place here"))
UNKNOWN = ArraySpec((), _("Given characters that the net does not know"))
EXPECTED = {
    "surprise": ArraySpec(("character",), _("Surprise at each character"), NATS),
    "candidates": ArraySpec(("character", "rank"), _("The likeliest characters at each place")),
    "chances": ArraySpec(("character", "rank"), _("Their probabilities")),
}
"""What `expectations` gives."""


class OfNet(Asked):
    """A question about one net of the run: 0 is the first, 1 and on those trained beside it."""

    net: int = Field(
        0, ge=0, le=3, title=_("Net"), description=_("0 is the first net; those trained beside it follow from 1.")
    )

    def learner(self, simulation: CharRNNSimulation) -> Learner:
        """Return the net that is meant.

        Raises:
            InvalidParams: when there are fewer.
        """
        learners = simulation.learners
        if self.net >= len(learners):
            sentence = say(
                "This run trains {count} nets; there is no net {which}.", count=len(learners), which=self.net
            )
            raise refused(sentence, "net")
        return learners[self.net]


def affordable(learner: Learner, passes: int = 1) -> int:
    """Return how many characters may go through a net so many times for one answer: fewer, the larger it is."""
    return max(100, int(WORK // (passes * learner.net.layout.size)))


def check_cost(learner: Learner, characters: int, path: str, passes: int = 1) -> None:
    """Refuse an answer that nobody could interrupt for seconds.

    Args:
        learner: whose net answers. characters: how many go through it, ``passes`` times.
        path: of the parameter that asks for so many.
    Raises:
        InvalidParams: with how many characters there may be.
    """
    most = affordable(learner, passes)
    if characters > most:
        sentence = _(
            "A net of this size reads and writes at most {most} characters for an answer; you asked for {count}."
        )
        raise refused(say(sentence, most=most, count=characters), path)


def ids_of(simulation: CharRNNSimulation, text: str, path: str = "text") -> tuple[Array, str]:
    """Return a text's known characters as numbers, and the unknown ones.

    Raises:
        InvalidParams: when none is known.
    """
    ids, unknown = simulation.text.alphabet.encode(text)
    if not len(ids):
        raise refused(
            say("The net knows none of these characters. It can read only characters of its own text."), path
        )
    return ids, unknown


def walker_of(learner: Learner, hold: Sequence[tuple[int, int, float]] = ()) -> Walker:
    """Return a walker with some units held.

    Raises:
        InvalidParams: when there is no such unit.
    """
    holds = [Hold(*one) for one in hold]
    layers, hidden = learner.net.layers, learner.net.hidden
    for one in holds:
        if one.layer >= layers or one.unit >= hidden:
            sentence = _(
                "There is no unit {unit} in layer {layer}: there are {hidden} units in {layers} layers, both "
                "counted from 0."
            )
            values = {"unit": one.unit, "layer": one.layer, "hidden": hidden, "layers": layers}
            raise refused(say(sentence, **values), "hold")
    return Walker(learner.net, learner.views, holds)


def read_prime(simulation: CharRNNSimulation, walker: Walker, prime: str) -> Pieces[tuple[Array, str]]:
    """Let a walker read a text (a line's end if it is empty); return the scores after it, and what is unknown."""
    ids, unknown = simulation.text.alphabet.encode(prime)
    start = ids if len(ids) else np.array([simulation.text.prime])
    return (yield from walker.read_in_pieces(start))[-1], unknown


def after_line_end(simulation: CharRNNSimulation, ids: Array) -> Array:
    """Return a text with a line's end before it, so that something is expected of its first character too."""
    return np.concatenate([[simulation.text.prime], ids])


def read_through(learner: Learner, ids: Array, seen: Callable[[Window], T]) -> Pieces[tuple[Array, list[T]]]:
    """Read a text some characters at a time.

    Args:
        learner: whose net reads. ids: the text, (T,).
        seen: what to keep of a stretch, given the buffers after it; copies, since the next stretch takes them.
    Returns:
        the scores after each character, (T, V), and what was kept of each stretch.
    """
    length = int(np.clip(PIECE // learner.net.layout.size, 1, len(ids)))
    window, views = Window(learner.net, 1, length), learner.views
    states, scores, kept = window.zero_state(), [], []
    for start in range(0, len(ids), length):
        h = window.forward(views, ids[start : start + length, None], states)
        scores.append(window.scores(views, read(h))[..., 0])
        kept.append(seen(window))
        states = window.last_states()
        yield
    return np.concatenate(scores), kept


def expectations(scores: Array, ids: Array) -> tuple[Array, Array, Array]:
    """Return the surprise of each character in nats, and the likeliest at its place with their probabilities.

    Args:
        scores: before each character, (T, V). ids: the characters, (T,).
    """
    p = probabilities(scores.astype(np.float64))
    surprise = -np.log(p[np.arange(len(ids)), ids])
    order = np.argsort(-p, axis=1, kind="stable")[:, :CANDIDATES]
    return surprise, order.astype(np.int32), np.take_along_axis(p, order, axis=1)


def held_out(simulation: CharRNNSimulation, most: int) -> Array:
    """Return the first held-out characters, or of the training part where there are too few."""
    text = simulation.text
    chosen = text.held_out if len(text.held_out) >= 200 else text.train
    found: Array = chosen[:most].astype(np.intp)
    return found
