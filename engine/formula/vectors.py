"""A plan as NumPy code that works in place on whole vectors: the kernel by which a rule trains a net."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from engine.formula.arithmetic import ELEMENTWISE
from engine.formula.floats import WORDS, Writer, made
from engine.formula.memory import Scratch, aligned, each
from engine.formula.plan import Plan, plan
from engine.formula.reader import Assignment
from engine.formula.scalars import numbers_of, scalars_of
from engine.formula.tree import Apply, Name, Node, Number, names

BLOCK = 32_768
"""Vectors are worked on in pieces of this length, which stay in the processor's cache from pass to pass."""
_UFUNCS = {name for name, function in ELEMENTWISE.items() if isinstance(function, np.ufunc)}


@dataclass(frozen=True)
class Kernel:
    """A rule's update as two functions.

    Args:
        plan: what they compute.
        numbers: (inputs..., numbers of the state...) -> the scalars of a step, and the numbers of the next state.
        careful: the same where ``numbers`` raises: with infinities, or arrays.
        halves: the same of a stack; a product or quotient is told as (ufunc, a, b), for `memory.each` to work out.
        move: (theta, g, vectors of the state..., scalars..., scratch...) changes theta and the vectors in place.
        works: how many scratch arrays like theta ``move`` takes.
        plain: makes the kernel for when a number that is commonly positive is not.
        stacked: whether hyperparameters may be arrays, one value a run.
    """

    plan: Plan
    numbers: Any
    careful: Any
    halves: Any
    move: Any
    works: int
    plain: Callable[[], Kernel]
    stacked: bool

    def __call__(
        self, state: dict[str, Any], theta: Any, g: Any, inputs: list[Any], scratch: Scratch | None = None
    ) -> None:
        """Take a step: change ``theta`` and ``state`` in place.

        Args:
            scratch: kept by the caller from step to step; None takes new memory.
        """
        plan = self.plan
        given = [*inputs, *[state[name] for name in plan.numbers]] if plan.numbers else inputs
        try:
            scalars, after, positive = self.numbers(*given)
        except (ArithmeticError, ValueError, TypeError):
            scalars, after, positive = self.careful(*given)
        if not positive:
            self.plain()(state, theta, g, inputs, scratch)
            return
        vectors = [theta, g, *[state[name] for name in plan.states]] if plan.states else [theta, g]
        if scratch is None:
            scratch = Scratch()
        if self.stacked and any(isinstance(value, np.ndarray) for value in scalars):
            self.move(*vectors, *scalars, *scratch.vectors(self.works, theta))
        elif theta.size <= BLOCK + BLOCK // 2 or not all(v.flags.c_contiguous for v in vectors):
            if len(scalars) > 2:
                scalars = scratch.numbers(scalars, theta.dtype)
            self.move(*vectors, *scalars, *scratch.vectors(self.works, theta))
        else:
            numbers, pieces = scratch.numbers(scalars, theta.dtype), [v.reshape(-1) for v in vectors]
            works = scratch.vectors(self.works, theta, BLOCK)
            for begin in range(0, theta.size, BLOCK):
                block = [v[begin : begin + BLOCK] for v in pieces]
                self.move(*block, *numbers, *[w[: len(block[0])] for w in works])
        if plan.numbers:
            state.update(zip(plan.numbers, after, strict=True))

    def steps(self, state: dict[str, Any], theta: Any, g: Any, inputs: list[Any], count: int) -> Iterator[None]:
        """Take a step at each `next`, with the gradient that is in ``g`` then, for a plan without `numbers`.

        The numbers of all steps are worked out at once.

        Args:
            state, theta, g: changed and read in place; theta is (n, ...), of many runs. inputs: those that change
                have the steps, ``count`` of them, before the axes of the runs.
        """
        scalars, _, positive = self.halves(*inputs)
        if not positive:
            yield from self.plain().steps(state, theta, g, inputs, count)
            return
        vectors = [theta, g, *[state[name] for name in self.plan.states]]
        works = [aligned(theta.shape) for _ in range(self.works)]
        columns = [each(value, count, theta.shape) for value in scalars]
        for numbers in zip(*columns, strict=True):
            self.move(*vectors, *numbers, *works)
            yield


def kernel(
    lines: tuple[Assignment, ...], *, stacked: bool = False, functions: dict[str, Any] | None = None
) -> Kernel:
    """Compile a specialized program.

    Args:
        lines: the program. stacked: whether hyperparameters may be arrays, one value a run.
        functions: NumPy's by the names of `ELEMENTWISE`; another set can watch them.
    """
    bold = plan(lines, assume_positive=True)
    careful = numbers_of(bold, careful=True, stacked=stacked)
    quick = careful if stacked else numbers_of(bold, careful=False, stacked=False)
    halves = numbers_of(bold, careful=True, stacked=True, apart=True)
    move, works = _Vectors(bold, stacked).made(functions or ELEMENTWISE)
    return Kernel(bold, quick, careful, halves, move, works, lambda: _plain(lines, stacked), stacked)


def in_place(plan: Plan) -> tuple[Any, int]:
    """Compile a plan's vectors alone: the function (see `Kernel.move`), and how many scratch arrays it takes."""
    return _Vectors(plan, False).made(ELEMENTWISE)


@lru_cache(maxsize=64)
def _plain(lines: tuple[Assignment, ...], stacked: bool) -> Kernel:
    shy = plan(lines)
    move, works = _Vectors(shy, stacked).made(ELEMENTWISE)
    careful = numbers_of(shy, careful=True, stacked=stacked)
    halves = numbers_of(shy, careful=True, stacked=True, apart=True)
    return Kernel(shy, careful, careful, halves, move, works, lambda: _plain(lines, stacked), stacked)


class _Vectors:
    """Writes the vectors' lines as calls that put every result into memory at hand."""

    def __init__(self, plan: Plan, stacked: bool) -> None:
        self._plan = plan
        self._stacked = stacked
        self._lines: list[str] = []
        self._spare: list[str] = []
        self._waiting: list[set[str]] = []
        self._works = 0
        self._home = {"theta": "theta", **{name: f"s{i}" for i, name in enumerate(plan.states)}}
        self._place = {"theta@0": "theta", "g@0": "g"}
        self._place |= {before: self._home[name] for name, (before, _) in plan.states.items()}
        self._scalar = {name: f"c{i}" for i, name in enumerate(scalars_of(plan))}
        self._uses = Counter(n for line in plan.vectors for n in names(line.value) if n not in self._scalar)
        self._last = {plan.theta: "theta", **{after: self._home[n] for n, (_, after) in plan.states.items()}}
        self._pad = "    "

    def made(self, functions: dict[str, Any]) -> tuple[Any, int]:
        """Return the function, and how many scratch arrays it takes."""
        plan = self._plan
        for line in plan.vectors:
            self._assign(line)
        # What could not be written where it belongs, as something there was still needed.
        moves = [(self._place[v], home) for v, home in self._last.items() if self._place.get(v, home) != home]
        held = [f"k{i}" for i in range(len(moves))] if len(moves) > 1 else []
        for name, (place, _) in zip(held, moves, strict=False):
            self._lines.append(f"    {name} = {place}.copy()")
        for i, (place, home) in enumerate(moves):
            self._lines.append(f"    f_copyto({home}, {held[i] if held else place})")
        works = [f"w{i}" for i in range(self._works)]
        given = ["theta", "g", *(self._home[name] for name in plan.states), *self._scalar.values(), *works]
        source = [f"def move({', '.join(given)}):", *self._lines, "    return None"]
        return made(source, "move", {**functions, "copyto": np.copyto}), self._works

    def _assign(self, line: Assignment) -> None:
        home = self._last.get(line.target)
        if home is not None and not self._free(home, line.value):
            home = None
        place = self._into(line.value, home)
        if isinstance(line.value, Name) and self._place.get(line.value.id) == place and place != home:
            fresh = home or self._work()  # another name for a value that lives on: a copy
            self._lines.append(f"{self._pad}f_copyto({fresh}, {place})")
            place = fresh
        self._place[line.target] = place
        if not self._uses[line.target] and line.target not in self._last:
            self._release(place)

    def _free(self, home: str, value: Node) -> bool:
        """Tell whether memory holds nothing that is needed after ``value`` is computed."""
        inside = Counter(names(value))
        return not any(
            place == home and (self._uses[name] > inside[name] or name in self._last)
            for name, place in self._place.items()
        )

    def _work(self) -> str:
        if self._spare:
            return self._spare.pop()
        self._works += 1
        return f"w{self._works - 1}"

    def _release(self, place: str) -> None:
        if place.startswith("w") and place not in self._spare:
            self._spare.append(place)

    def _use(self, name: str) -> str:
        """Read a vector by name; memory of our own is free once the last use is past."""
        self._uses[name] -= 1
        return self._place[name]

    def _operands(self, parts: Sequence[Node], home: str | None = None) -> list[tuple[str, str]]:
        """Return operands that one call reads together (see `_operand`).

        Memory that an earlier one names is not free while a later one is computed: it is still to be read.
        """
        found: list[tuple[str, str]] = []
        for i, part in enumerate(parts):
            self._waiting.append({text for text, _ in found})
            found.append(self._operand(part, self._lent(home, i, parts)))
            self._waiting.pop()
        mine = {self._mine(part) for part in parts if isinstance(part, Name)}
        return [(text, own or (text if text in mine else "")) for text, own in found]

    def _mine(self, name: Name) -> str:
        """Return the memory of our own that a name was read from for the last time, "" if it is none."""
        place = self._place.get(name.id, "")
        last = place.startswith("w") and not self._uses[name.id] and name.id not in self._last
        return place if last and not any(place in texts for texts in self._waiting) else ""

    def _operand(self, node: Node, home: str | None = None) -> tuple[str, str]:
        """Return the text of an operand, and the memory that its reader may take over ("" for none)."""
        match node:
            case Number():
                return Writer(str).write(node), ""
            case Name(name) if name in self._scalar:
                return self._scalar[name], ""
            case Name(name):
                return self._use(name), self._mine(node)
        place = self._into(node, home)
        return place, "" if place == home else place

    def _into(self, node: Node, home: str | None) -> str:
        """Compute a tree into ``home``, or into other memory, which is returned."""
        if not isinstance(node, Apply):
            text, mine = self._operand(node)
            if mine and home is None:
                return mine
            if home is None and isinstance(node, Name) and node.id not in self._scalar:
                return text
            target = home or self._work()
            if text != target:
                self._lines.append(f"{self._pad}f_copyto({target}, {text})")
            self._release(mine)
            return target
        match node.head, node.parts:
            case "where", (condition, a, b) if not self._stacked and self._plain(condition):
                return self._branch(condition, a, b, home)
            case "**", (base, Number(2.0)):
                return self._square(base, home)
            case "**", (base, Number(3.0 | 4.0 as exponent)):
                return self._cube(base, home, fourth=exponent == 4.0)
            case "**", (base, Number(0.5)):
                return self._into(Apply("sqrt", (base,)), home)
            case "where", (condition, a, b):
                return self._choose(condition, a, b, home)
        operands = self._operands(node.parts, home)
        return self._call(node.head, operands, home)

    def _lent(self, home: str | None, index: int, parts: Sequence[Node]) -> str | None:
        """Return ``home`` for a part to be computed into, if no other part still has to read there."""
        others = [name for i, part in enumerate(parts) if i != index for name in names(part)]
        if home is None or any(self._place.get(name) == home for name in others):
            return None
        return home if not any(isinstance(part, Apply) for part in parts[:index]) else None

    def _call(self, head: str, operands: list[tuple[str, str]], home: str | None) -> str:
        own = [mine for _, mine in operands if mine]
        target = home or (own[0] if own else self._work())
        if head == "sign" and target in [text for text, _ in operands]:
            target = self._work()  # in place NumPy's takes thirty times as long
        texts = ", ".join(text for text, _ in operands)
        word = f"f_{WORDS.get(head, head)}"
        if head not in _UFUNCS:
            self._lines.append(f"{self._pad}f_copyto({target}, {word}({texts}))")
        else:  # NumPy wants the word before the output of these two
            out = "out=" if head in ("min", "max") else ""
            self._lines.append(f"{self._pad}{word}({texts}, {out}{target})")
        self._give_back(own, target)
        return target

    def _choose(self, condition: Node, a: Node, b: Node, home: str | None) -> str:
        """Compute both sides and take from each what the condition says, component by component."""
        parts = condition.parts if isinstance(condition, Apply) else (condition,)
        operands = self._operands((*parts, a, b))
        own = [mine for _, mine in operands if mine]
        target = home or (own[0] if own else self._work())
        texts = [text for text, _ in operands]
        test = ", ".join(texts[:-2])
        if isinstance(condition, Apply):
            test = f"f_{WORDS[condition.head]}({test})"
        self._lines.append(f"{self._pad}f_copyto({target}, f_where({test}, {', '.join(texts[-2:])}))")
        self._give_back(own, target)
        return target

    def _give_back(self, own: list[str], target: str) -> None:
        for mine in own:
            if mine != target:
                self._release(mine)

    def _square(self, base: Node, home: str | None) -> str:
        text, mine = self._operand(base)
        return self._call("*", [(text, mine), (text, "")], home)

    def _cube(self, base: Node, home: str | None, *, fourth: bool) -> str:
        text, mine = self._operand(base)
        square = self._call("*", [(text, ""), (text, "")], None)
        other = (square, "") if fourth else (text, mine)
        result = self._call("*", [(square, square), other], home)
        if fourth:
            self._release(mine)
        return result

    def _plain(self, condition: Node) -> bool:
        return all(name in self._scalar for name in names(condition))

    def _branch(self, condition: Node, a: Node, b: Node, home: str | None) -> str:
        """Compute one side only, as a number tells; both leave their result in the same memory."""
        target = home or self._work()
        pad, spare = self._pad, list(self._spare)
        self._pad = pad + "    "
        self._lines.append(f"{pad}if {Writer(lambda name: self._scalar[name]).write(condition)}:")
        self._copy(a, target)
        self._spare = spare
        self._lines.append(f"{pad}else:")
        self._copy(b, target)
        self._pad = pad
        return target

    def _copy(self, node: Node, target: str) -> None:
        before = len(self._lines)
        place = self._into(node, target)
        if place != target:
            self._lines.append(f"{self._pad}f_copyto({target}, {place})")
            self._release(place)
        if len(self._lines) == before:
            self._lines.append(f"{self._pad}pass")
