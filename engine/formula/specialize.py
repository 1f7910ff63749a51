"""A program for given switches: what is 0 or off folds away, what nothing needs is dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.formula.arithmetic import CAREFUL
from engine.formula.language import RULE
from engine.formula.program import Program
from engine.formula.reader import Assignment
from engine.formula.tree import COMPARISONS, ONE, ZERO, Apply, Name, Node, Number, apply, names, replaced

_DECAY = Assignment("g", apply("+", Name("g"), apply("*", Name("weight_decay"), Name("theta"))))


def decayed(program: Program) -> tuple[Assignment, ...]:
    """Return the lines with L2 weight decay before them, unless the program speaks of ``weight_decay`` itself."""
    spoken = any("weight_decay" in names(line.value) for line in program.lines)
    return program.lines if spoken else (_DECAY, *program.lines)


def specialized(lines: Sequence[Assignment], constants: Mapping[str, float]) -> tuple[Assignment, ...]:
    """Return the lines with ``constants`` put in, folded, and without what theta never needs.

    >>> from engine.formula.program import read_program
    >>> program = read_program("b = k*b + g; theta = theta - learning_rate*b")
    >>> [line.target for line in specialized(program.lines, {"k": 0.0})]
    ['b', 'theta']
    """
    filled = [
        Assignment(line.target, folded(replaced(line.value, lambda n: _constant(n, constants)))) for line in lines
    ]
    moving = {line.target for line in filled if line.value != Name(line.target)}
    still = {line.target for line in filled} - moving - set(RULE.given)
    if still:  # such as m = m: a state that stays at its start, which is 0
        rest = [line for line in filled if line.target not in still]
        return specialized(rest, dict.fromkeys(still, 0.0))
    return needed([line for line in filled if line.value != Name(line.target)])


def _constant(name: str, constants: Mapping[str, float]) -> Node:
    return Number(constants[name]) if name in constants else Name(name)


def needed(lines: Sequence[Assignment]) -> tuple[Assignment, ...]:
    """Return the lines without those on which no later theta depends."""
    live, targets = {"theta"}, {line.target for line in lines}
    while True:
        wanted, kept = set(live), []
        for line in reversed(lines):
            if line.target in wanted:
                wanted.discard(line.target)
                wanted.update(names(line.value))
                kept.append(line)
        kept.reverse()
        lasting = live | (wanted & targets)
        if lasting == live:
            return tuple(kept)
        live = lasting


def folded(node: Node) -> Node:
    """Return the tree with constant parts computed, and what is added 0 or multiplied by 0 or 1 left out."""
    if not isinstance(node, Apply):
        return node
    parts = tuple(map(folded, node.parts))
    match node.head, parts:
        case "where", (Number(condition), a, b):
            return a if condition else b
        case "where", (_, a, b) if a == b:
            return a
        case "where", (Apply(">", (Name("t"), Number(1.0))), Name() as state, Number(0.0)):
            return state  # which starts at 0 by itself
        case "neg", (Number(value),):
            return Number(-value)
        case head, (Number(a), Number(b)) if head in COMPARISONS:
            return Number(float(compare(head, a, b)))
        case "+" | "-" | "*", (Number(a), Number(b)):
            return Number({"+": a + b, "-": a - b, "*": a * b}[node.head])
        case "/" | "**", (Number(a), Number(b)):
            return Number(CAREFUL[node.head](a, b))
        case "+", (Number(0.0), other) | (other, Number(0.0)):
            return other
        case "-", (other, Number(0.0)):
            return other
        case "-", (Number(0.0), other):
            return apply("neg", other)
        case "*", (Number(0.0), _) | (_, Number(0.0)):
            return ZERO
        case "*", (Number(1.0), other) | (other, Number(1.0)):
            return other
        case "/", (Number(0.0), _):
            return ZERO
        case (("/" | "**"), (other, Number(1.0))):
            return other
        case "**", (_, Number(0.0)):
            return ONE
    return Apply(node.head, parts)


def compare(head: str, a: float, b: float) -> bool:
    """Return whether ``a head b``; false with NaN, but for ``!=``.

    Args:
        head: one of < <= > >= == !=. a, b: its sides.
    """
    return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}[head])
