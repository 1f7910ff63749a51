"""The tape: a `Tensor` remembers which tensors it was computed from and how a gradient flows back to them.

The whole mechanism is `Tensor`, `primitive` and `backward`; a new operation is one function that ends in one
call of `primitive`, its gradient rule beside its value:

    def exp(x):
        y = np.exp(read(x))
        return primitive(y, (x,), lambda g: (g * y,))

There is no global tape: the graph hangs on the tensors themselves and is freed with the last of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Pullback: TypeAlias = Callable[[Any], Sequence[Array | None]]


class Tensor:
    """An array on the tape.

    Args:
        value: array of floats, kept without copying (float64 and float32 both stay what they are).
        gradient: a buffer of the value's shape, holding zeros, into which gradients are to be added (a view
            of one flat gradient vector, see `engine.nn.layout`). None lets `backward` allocate.

    After `backward`, ``gradient`` is d loss / d value, or None where the loss does not depend on it.
    Gradients of inner tensors are kept too, for statistics; they may share memory, so read only.

    >>> x = Tensor(np.array([3.0]))
    >>> backward(x * x + 2.0 * x)
    >>> x.gradient
    array([8.])
    """

    __slots__ = ("_owned", "_untouched", "gradient", "parents", "pullback", "tracked", "value")
    __array_ufunc__ = None  # array + Tensor must reach Tensor.__radd__

    def __init__(self, value: Any, gradient: Array | None = None) -> None:
        self.value: Array = value if isinstance(value, np.ndarray) else _as_array(value)
        self.gradient = gradient
        self.parents: tuple[Any, ...] = ()
        self.pullback: Pullback | None = None
        self.tracked = True
        """False for what came from plain arrays alone: no gradient flows there, nothing is recorded."""
        self._owned = self._untouched = gradient is not None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value."""
        return self.value.shape

    def accumulate(self, gradient: Array) -> None:
        """Add a gradient that arrives from one use of this tensor; ``gradient`` itself is never changed."""
        if self.gradient is None:
            self.gradient = gradient
        elif self._owned:
            self.gradient += gradient
            self._untouched = False
        else:
            self.gradient = self.gradient + gradient
            self._owned = True

    def room(self) -> Array | None:
        """Return the gradient's own buffer if nothing was added to it yet, else None.

        For fused primitives: whoever takes it must overwrite it wholly (``np.matmul(a, b, out=room)``) and
        return None as this parent's gradient. That spares one pass over memory a weight matrix.
        """
        if self._untouched:
            self._untouched = False
            return self.gradient
        return None

    def reset(self) -> None:
        """Forget the gradient: zero an owned buffer, drop any other."""
        if self.pullback is None and self._owned and self.gradient is not None:
            self.gradient.fill(0)
            self._untouched = True
        else:
            self.gradient = None
            self._owned = False

    def __repr__(self) -> str:
        return f"Tensor(shape={self.value.shape}, dtype={self.value.dtype})"

    def __add__(self, other: Any) -> Tensor:
        return add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return add(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return subtract(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return subtract(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return multiply(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return multiply(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return divide(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return divide(other, self)

    def __pow__(self, exponent: float) -> Tensor:
        return power(self, exponent)

    def __neg__(self) -> Tensor:
        return negative(self)

    def __matmul__(self, other: Any) -> Tensor:
        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return matmul(other, self)


def _as_array(value: Any) -> Array:
    return np.asarray(value) if isinstance(value, np.generic | np.ndarray) else np.asarray(value, dtype=np.float64)


Operand: TypeAlias = Tensor | Array | float
"""What a primitive takes: a tensor, or a plain array or number, which is a constant."""


def primitive(value: Array, parents: tuple[Operand, ...], pullback: Pullback) -> Tensor:
    """Record one operation on the tape.

    Args:
        value: its result.
        parents: its operands in order; plain arrays and numbers among them are constants.
        pullback: maps d loss / d value to one entry per parent: d loss / d parent, of the parent's shape;
            None where there is none to add (a constant, or already written into `Tensor.room`). It must not
            change its argument, nor refer to the returned tensor (that would be a cycle).
    """
    result = Tensor(value)
    for parent in parents:
        if isinstance(parent, Tensor) and parent.tracked:
            result.parents = parents
            result.pullback = pullback
            return result
    result.tracked = False
    return result


def backward(loss: Tensor, upstream: Array | None = None) -> None:
    """Fill `Tensor.gradient` of everything that ``loss`` was computed from.

    Gradients of leaves add up over several calls (call `Tensor.reset` between); those of inner tensors are of
    this call, if each graph is traversed once.

    Args:
        loss: usually of one element. upstream: d objective / d loss, of the loss' shape; ones by default.
    """
    loss.gradient = np.ones_like(loss.value) if upstream is None else upstream
    for node in reversed(ordered(loss)):
        gradient, pullback = node.gradient, node.pullback
        if pullback is None or gradient is None:  # the loss itself may be a leaf
            continue
        for parent, part in zip(node.parents, pullback(gradient), strict=True):
            if part is not None and isinstance(parent, Tensor) and parent.tracked:
                parent.accumulate(part)


def ordered(loss: Tensor) -> list[Tensor]:
    """Return every computed tensor that ``loss`` depends on, itself last, each after its parents; no leaves."""
    chain = [loss]
    while len(before := [p for p in chain[-1].parents if isinstance(p, Tensor) and p.pullback]) == 1:
        chain += before
    if not before:  # one operation after the other, as in a plain net
        return chain[::-1]
    order: list[Tensor] = []
    seen: set[Tensor] = set()
    done: set[Tensor] = set()
    stack: list[Tensor] = [loss]
    while stack:
        node = stack[-1]
        if node not in seen:  # first visit: its parents go before it
            seen.add(node)
            stack += [p for p in node.parents if isinstance(p, Tensor) and p.pullback and p not in seen]
            if stack[-1] is not node:
                continue
        stack.pop()
        if node not in done:
            done.add(node)
            order.append(node)
    return order


def read(operand: Operand) -> Any:
    """Return the plain value of an operand."""
    return operand.value if isinstance(operand, Tensor) else operand


def as_tensor(operand: Operand) -> Tensor:
    """Return the operand itself if it is a tensor, else an untracked tensor of the constant."""
    return operand if isinstance(operand, Tensor) else primitive(_as_array(operand), (), lambda g: ())


def tracks(operand: Operand) -> bool:
    """Return whether a gradient flows to this operand, so that its part of a pullback is worth computing."""
    return isinstance(operand, Tensor) and operand.tracked


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which an operand of this shape was broadcast.

    >>> unbroadcast(np.ones((4, 3)), (3,))
    array([4., 4., 4.])
    """
    if gradient.shape == shape:
        return gradient
    extra = gradient.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(
        extra + axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[extra + axis] != 1
    )
    summed: Array = np.asarray(gradient.sum(axis=axes))
    return summed.reshape(shape)


def add(a: Operand, b: Operand) -> Tensor:
    """Return a + b with broadcasting: both receive the upstream gradient."""
    x, y = read(a), read(b)
    return primitive(np.add(x, y), (a, b), lambda g: (unbroadcast(g, np.shape(x)), unbroadcast(g, np.shape(y))))


def subtract(a: Operand, b: Operand) -> Tensor:
    """Return a - b with broadcasting."""
    x, y = read(a), read(b)
    return primitive(
        np.subtract(x, y), (a, b), lambda g: (unbroadcast(g, np.shape(x)), unbroadcast(-g, np.shape(y)))
    )


def multiply(a: Operand, b: Operand) -> Tensor:
    """Return a * b elementwise with broadcasting: each receives the gradient times the other."""
    x, y = read(a), read(b)
    return primitive(
        np.multiply(x, y), (a, b), lambda g: (unbroadcast(g * y, np.shape(x)), unbroadcast(g * x, np.shape(y)))
    )


def divide(a: Operand, b: Operand) -> Tensor:
    """Return a / b elementwise with broadcasting."""
    x, y = read(a), read(b)
    quotient = np.divide(x, y)
    return primitive(
        quotient, (a, b), lambda g: (unbroadcast(g / y, np.shape(x)), unbroadcast(-g * quotient / y, np.shape(y)))
    )


def negative(a: Operand) -> Tensor:
    """Return -a."""
    return primitive(np.negative(read(a)), (a,), lambda g: (-g,))


def power(a: Operand, exponent: float) -> Tensor:
    """Return a ** exponent elementwise, for a constant exponent."""
    x = read(a)
    return primitive(np.power(x, exponent), (a,), lambda g: (g * (exponent * np.power(x, exponent - 1)),))


def matmul(a: Operand, b: Operand) -> Tensor:
    """Return the matrix product a @ b, of matrices or of stacks of them (leading axes broadcast).

    Args:
        a: (..., n, k). b: (..., k, m).
    """
    x, y = read(a), read(b)

    def pullback(g: Array) -> tuple[Array, Array]:
        return (unbroadcast(g @ np.swapaxes(y, -1, -2), x.shape), unbroadcast(np.swapaxes(x, -1, -2) @ g, y.shape))

    return primitive(np.matmul(x, y), (a, b), pullback)
