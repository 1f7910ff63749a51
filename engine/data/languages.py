"""Generated languages whose entropy rate is known exactly: the loss no model can get below.

A text made of independent lines has the entropy of a line over its mean length; a chain's entropy is that of its
next letter, averaged over how often it stands where. Each takes a ``length`` in characters and a ``seed``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

LENGTH = 300_000
"""Characters of each generated text, give or take a line."""
Floats = NDArray[np.float64]


# A Markov chain of order two

LETTERS = "abcdefghij"


@cache
def markov_table() -> Floats:
    """Return P(next | two before), (10, 10, 10): rows drawn once and for ever from a Dirichlet distribution."""
    n = len(LETTERS)
    return np.random.default_rng(20).dirichlet(np.full(n, 0.35), (n, n))


def markov(length: int = LENGTH, seed: int = 1) -> str:
    """Return a text of the chain."""
    cumulative = np.cumsum(markov_table(), axis=2)
    cumulative[:, :, -1] = 1.0
    rows = cumulative.tolist()
    a, b, letters = 0, 1, []
    for u in np.random.default_rng(seed).random(length).tolist():
        a, b = b, bisect_right(rows[a][b], u)
        letters.append(LETTERS[b])
    return "".join(letters)


@cache
def markov_entropy() -> float:
    """Return the entropy rate, nats a letter."""
    P = markov_table()
    n = len(P)
    share = np.full((n, n), 1 / n**2)
    for _step in range(2000):
        share = np.einsum("ab,abc->bc", share, P)
    return float(np.einsum("ab,ab->", share, _entropies(P)))


def _entropies(P: Floats) -> Floats:
    """Return -sum P ln P along the last axis."""
    logs = np.log(P, out=np.zeros_like(P), where=P > 0)
    total: Floats = -(P * logs).sum(axis=-1)
    return total


# Balanced brackets

PAIRS = ("()", "[]", "{}")
DEEPEST = 12
OPENING = 0.48
"""Chance to open another bracket rather than close the innermost, where both may be done."""


def brackets(length: int = LENGTH, seed: int = 2) -> str:
    """Return nested brackets, one group a line, at most `DEEPEST` deep."""
    rng = np.random.default_rng(seed)
    coins, kinds = rng.random(length).tolist(), rng.integers(0, len(PAIRS), length).tolist()
    stack: list[str] = []
    text: list[str] = []
    started = False
    for coin, kind in zip(coins, kinds, strict=True):
        if not stack and started:
            text.append("\n")
            started = False
        elif not stack or (len(stack) < DEEPEST and coin < OPENING):
            stack.append(PAIRS[kind][1])
            text.append(PAIRS[kind][0])
            started = True
        else:
            text.append(stack.pop())
    return "".join(text)


@cache
def brackets_entropy() -> float:
    """Return the entropy rate, nats a character.

    States are "a line begins", depth 1 to 12, and "the group has closed": only where a bracket may be opened is
    there any choice, and the kind of a closing bracket is certain.
    """
    start, done = 0, DEEPEST + 1
    step = np.zeros((DEEPEST + 2, DEEPEST + 2))
    choice = np.zeros(DEEPEST + 2)
    step[start, 1], choice[start] = 1, np.log(len(PAIRS))
    coin = -(OPENING * np.log(OPENING) + (1 - OPENING) * np.log(1 - OPENING))
    for depth in range(1, DEEPEST + 1):
        up = OPENING if depth < DEEPEST else 0.0
        below = depth - 1 if depth > 1 else done
        step[depth, below] += 1 - up
        if up:
            step[depth, depth + 1] = up
            choice[depth] = coin + OPENING * np.log(len(PAIRS))
    step[done, start] = 1
    share = np.linalg.lstsq(
        np.vstack([step.T - np.eye(len(step)), np.ones(len(step))]), np.append(np.zeros(len(step)), 1), rcond=None
    )[0]
    return float(share @ choice)


# Exclusive or, sums, dates


def _lines(choices: Sequence[str], length: int, seed: int) -> str:
    """Return independent lines, each drawn evenly from a list."""
    mean = sum(map(len, choices)) / len(choices)
    picks = np.random.default_rng(seed).integers(0, len(choices), int(length / mean) + 1)
    return "".join([choices[pick] for pick in picks.tolist()])


def _lines_entropy(choices: Sequence[str]) -> float:
    return float(np.log(len(choices)) * len(choices) / sum(map(len, choices)))


EXCLUSIVE_OR = tuple(f"{a}{b}{a ^ b}\n" for a, b in product((0, 1), repeat=2))
"""Two bits and their exclusive or, a line each."""


def exclusive_or(length: int = LENGTH, seed: int = 6) -> str:
    """Return lines of two random bits and their exclusive or."""
    return _lines(EXCLUSIVE_OR, length, seed)


def exclusive_or_entropy() -> float:
    """Return the entropy rate, nats a character: two free bits in four characters."""
    return _lines_entropy(EXCLUSIVE_OR)


@cache
def _sums() -> Sequence[str]:
    pairs = list(product(range(100), repeat=2))
    return [f"{a}+{b}={a + b}\n" for a, b in pairs] + [f"{a}-{b}={a - b}\n" for a, b in pairs]


def arithmetic(length: int = LENGTH, seed: int = 3) -> str:
    """Return lines like 37+58=95 and 12-40=-28."""
    return _lines(_sums(), length, seed)


@cache
def arithmetic_entropy() -> float:
    """Return the entropy rate, nats a character: only the task is a choice, its result is not."""
    return _lines_entropy(_sums())


_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@cache
def _days() -> Sequence[str]:
    first = date(1950, 1, 1)
    days = [first + timedelta(days=n) for n in range(36525)]
    return [f"{day.day} {_MONTHS[day.month - 1]} {day.year} = {day.isoformat()}\n" for day in days]


def dates(length: int = LENGTH, seed: int = 4) -> str:
    """Return lines like 5 March 2024 = 2024-03-05, from the hundred years after 1950."""
    return _lines(_days(), length, seed)


@cache
def dates_entropy() -> float:
    """Return the entropy rate, nats a character."""
    return _lines_entropy(_days())


# A small Korean

_SUBJECTS = [
    "고양이",
    "강아지",
    "토끼",
    "호랑이",
    "곰",
    "사슴",
    "선생님",
    "학생",
    "친구",
    "동생",
    "누나",
    "형",
    "왕",
    "여우",
    "늑대",
    "닭",
]
_OBJECTS = [
    "사과",
    "밥",
    "빵",
    "물",
    "책",
    "노래",
    "편지",
    "꽃",
    "별",
    "달",
    "감",
    "떡",
    "국수",
    "신문",
    "그림",
    "옷",
]
_PLACES = ["집", "학교", "산", "바다", "강", "시장", "공원", "숲"]
_VERBS = ["찾았다", "좋아한다", "보았다", "그렸다", "샀다", "가져왔다", "잃어버렸다", "기다린다"]


def _closed(word: str) -> bool:
    """Return whether a Hangul word's last syllable ends in a consonant."""
    return (ord(word[-1]) - 0xAC00) % 28 != 0


@cache
def _sentences() -> Sequence[str]:
    """Every sentence: subject with 은/는, perhaps a place, object with 을/를, verb; the particle fits its noun."""
    subjects = [word + ("은" if _closed(word) else "는") for word in _SUBJECTS]
    objects = [word + ("을" if _closed(word) else "를") for word in _OBJECTS]
    places = ["", *(f" {word}에서" for word in _PLACES)]
    return [f"{s}{p} {o} {v}.\n" for s, p, o, v in product(subjects, places, objects, _VERBS)]


def hangul(length: int = LENGTH, seed: int = 5) -> str:
    """Return short Korean sentences, a line each."""
    return _lines(_sentences(), length, seed)


@cache
def hangul_entropy() -> float:
    """Return the entropy rate, nats a character."""
    return _lines_entropy(_sentences())
