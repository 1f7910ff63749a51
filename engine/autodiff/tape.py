"""The tape: a `Tensor` remembers which tensors it was computed from and how a gradient flows back to them.

The whole mechanism is `Tensor`, `primitive` and `backward`; a new operation is one function that ends in one
call of `primitive`, its gradient rule beside its value:

    def exp(x):
        y = np.exp(read(x))
        return primitive(y, (x,), lambda g: (g * y,), "exp")

There is no global tape: the graph hangs on the tensors themselves. Operators (+, @, ...) stand in `arithmetic`.

What would make a wrong gradient is refused: writing into a recorded result (its array is read-only), going back
through memory overwritten since (`Owner`), a gradient of another shape, a loss that depends on nothing. One thing
is not noticed: a plain array, or a leaf's without an owner, written between recording and `backward`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.autodiff.buffers import NONE, OLD, USED, ZEROS
from engine.autodiff.memory import Owner, StaleError
from engine.autodiff.order import SEVERAL, ordered
from engine.pieces import LARGE, Pieces

Array: TypeAlias = NDArray[Any]
Pullback: TypeAlias = Callable[[Any], Sequence[Array | None]]


class Tensor:
    """An array on the tape: here a leaf; `primitive` makes the computed ones.

    Args:
        value: array of floats, kept without copying (float64 and float32 both stay what they are). A number or
            a list becomes float64.
        gradient: a buffer of the value's shape that gradients are added into (a view of one flat gradient
            vector, see `engine.nn.layout`); it is zeroed. None lets `backward` allocate.

    After `backward`, ``gradient`` is d loss / d value, or None where the loss does not depend on it.
    Gradients of inner tensors are kept too, for statistics; they may share memory, so read only.

    Raises:
        TypeError: when the value's entries are not real floats (a gradient in integers would be cut).
        ValueError: when the buffer has another shape than the value, or is the value itself.

    >>> x = Tensor(np.array([3.0]))
    >>> backward(x * x + 2.0 * x)
    >>> x.gradient
    array([8.])
    """

    __slots__ = (
        "_before",
        "_buffer",
        "_owner",
        "_stamp",
        "gradient",
        "name",
        "parents",
        "pullback",
        "tracked",
        "value",
    )
    __array_ufunc__: ClassVar[None] = None  # array + Tensor must reach Tensor.__radd__

    def __init__(self, value: Any, gradient: Array | None = None) -> None:
        self.value: Array = value if isinstance(value, np.ndarray) else _as_array(value)
        if self.value.dtype.kind != "f":
            raise TypeError(f"a tensor holds real floats, not {self.value.dtype}; convert the array first")
        if gradient is not None:
            if gradient.shape != self.value.shape:
                raise ValueError(f"the gradient's buffer has shape {gradient.shape}, the value {self.value.shape}")
            if np.may_share_memory(gradient, self.value):
                raise ValueError("the gradient's buffer must not be the value's own memory")
            gradient.fill(0)
        self.gradient = gradient
        self.name = ""
        """What computed it, for graphs: the primitive's name; "" for a leaf until someone names it."""
        self.parents: tuple[Any, ...] = ()
        self.pullback: Pullback | None = None
        self.tracked = True
        """False for what came from plain arrays alone: no gradient flows there, nothing is recorded."""
        self._before: Tensor | None = None
        """The one computed parent, None if there is none, `SEVERAL` if there are more."""
        self._buffer = NONE if gradient is None else ZEROS
        """Whose memory ``gradient`` is, and what it holds (see `engine.autodiff.buffers`)."""
        self._owner: Owner | None = None
        self._stamp = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value."""
        return self.value.shape

    def accumulate(self, gradient: Array) -> None:
        """Add a gradient that arrives from one use of this tensor; ``gradient`` itself is never changed.

        A leaf without a buffer gets one of its own, so that its gradient outlives the pass.

        Raises:
            ValueError: when it has another shape than the value.
        """
        value, sum_so_far = self.value, self.gradient
        if gradient.shape != value.shape:
            raise ValueError(f"a gradient of shape {gradient.shape} came to {self!r}: a rule is wrong")
        if sum_so_far is None:
            if self.pullback is None:
                self.gradient = np.array(gradient, value.dtype)
                self._buffer = USED
            else:
                self.gradient = gradient if gradient.dtype is value.dtype else gradient.astype(value.dtype)
        else:
            if self._buffer == OLD:
                sum_so_far[...] = gradient
            elif self._buffer:
                self.gradient += gradient  # of a single number NumPy makes a new one
            else:
                self.gradient = np.add(sum_so_far, gradient, dtype=value.dtype)
            self._buffer = USED

    def room(self) -> Array | None:
        """Return the gradient's own buffer if nothing was added to it yet, else None.

        For fused primitives: whoever takes it must overwrite it wholly (``np.matmul(a, b, out=room)``) and
        return None as this parent's gradient. That spares one pass over memory a weight matrix.
        """
        state, room = self._buffer, self.gradient
        if state <= USED or room is None or not room.size:
            return None
        self._buffer = USED
        return room if state == OLD or not (room.item(0) or room.item(-1)) else None  # else somebody wrote: add

    def reset(self) -> None:
        """Forget the gradient: zero a leaf's buffer, drop any other."""
        if self.pullback is None and self._buffer and self.gradient is not None:
            self.gradient.fill(0)
            self._buffer = ZEROS
        else:
            self.gradient = None
            self._buffer = NONE

    def belongs(self, version: Owner) -> None:
        """Say who writes this leaf's value; once its generation rises, graphs recorded before are refused."""
        self._owner, self._stamp = version, -1

    def check(self) -> None:
        """Refuse a tensor whose memory was overwritten since.

        Raises:
            StaleError: when its owner began another pass.
        """
        if self._owner is not None and 0 <= self._stamp != self._owner.generation:
            raise StaleError(
                f"{self!r} was computed from memory that was overwritten since, by a later pass or an update of "
                "the parameters; go back through a pass before that, or record it anew"
            )

    def __repr__(self) -> str:
        named = f"{self.name!r}, " if self.name else ""
        return f"Tensor({named}shape={self.value.shape}, dtype={self.value.dtype})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        """Copy a leaf with its buffer. A computed tensor becomes a constant: its rules belong to the original."""
        copied = _new(Tensor)
        memo[id(self)] = copied
        copied.value = self.value.copy()
        copied.gradient = None if self.gradient is None else np.array(self.gradient)
        copied.name, copied.parents, copied.pullback = self.name, (), None
        copied.tracked = self.tracked and self.pullback is None
        copied._buffer, copied._before, copied._owner, copied._stamp = self._buffer, None, None, 0
        return copied

    def __array__(self, *_args: Any, **_options: Any) -> NoReturn:
        raise TypeError("a tensor is no plain array: use the functions of engine.autodiff, or its .value")

    def __array_function__(self, function: Any, *_args: Any) -> NoReturn:
        raise TypeError(f"NumPy's {function.__name__} would leave the tape: use engine.autodiff's, or .value")

    def __bool__(self) -> NoReturn:
        raise TypeError("a tensor is neither true nor false: compare its .value")

    def __add__(self, other: Any) -> Tensor:
        return arithmetic.add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return arithmetic.add(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return arithmetic.subtract(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return arithmetic.subtract(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return arithmetic.multiply(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return arithmetic.multiply(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return arithmetic.divide(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return arithmetic.divide(other, self)

    def __pow__(self, exponent: Any) -> Tensor:
        return arithmetic.power(self, exponent)

    def __rpow__(self, base: Any) -> Tensor:
        return arithmetic.power(base, self)

    def __neg__(self) -> Tensor:
        return arithmetic.negative(self)

    def __matmul__(self, other: Any) -> Tensor:
        return arithmetic.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return arithmetic.matmul(other, self)


_new = object.__new__


def _as_array(value: Any) -> Array:
    return np.asarray(value) if isinstance(value, np.generic | np.ndarray) else np.asarray(value, dtype=np.float64)


Operand: TypeAlias = Tensor | Array | float
"""What a primitive takes: a tensor, or a plain array or number, which is a constant."""


def primitive(
    value: Any, parents: tuple[Operand, ...], pullback: Pullback, name: str = "", owner: Owner | None = None
) -> Tensor:
    """Record one operation on the tape.

    Args:
        value: its result, an array made for it; read-only from now on if it is recorded.
        parents: its operands in order; plain arrays and numbers among them are constants.
        pullback: maps d loss / d value to one entry per parent: d loss / d parent, of the parent's shape;
            None where there is none to add (a constant, or already written into `Tensor.room`). It must not
            change its argument, nor refer to the returned tensor (that would be a cycle).
        name: the operation's, for whoever draws or walks the graph (`engine.autodiff.graph`).
        owner: of buffers that the value or the pullback uses, if they will be overwritten some day.
    Raises:
        StaleError: when an operand's memory was overwritten since.
    """
    result = _new(Tensor)
    result.value = array = value if isinstance(value, np.ndarray) else np.asarray(value)
    result.gradient = None
    result.name = name
    result._buffer = NONE
    tracked, before = False, None
    for parent in parents:
        if isinstance(parent, Tensor):
            theirs = parent._owner
            if theirs is not None:
                if parent._stamp < 0:  # a leaf whose array is written from time to time
                    if owner is None:
                        owner = theirs
                elif parent._stamp != theirs.generation:
                    parent.check()
            if parent.tracked:
                tracked = True
                if parent.pullback is not None:
                    before = parent if before is None else SEVERAL
    result.tracked = tracked
    result._owner = owner
    if owner is not None:
        result._stamp = owner.generation
    if tracked:
        result.parents = parents
        result.pullback = pullback
        result._before = before
        array.setflags(write=False)
    else:
        result.parents, result.pullback, result._before = (), None, None
    return result


def onward(value: Array, before: Tensor, pullback: Pullback, name: str, owner: Owner | None = None) -> Tensor:
    """Return `primitive` of one operand that was recorded a moment ago, without looking at it again.

    For a fused primitive's inner tensors, which small nets feel.
    """
    if not before.tracked:
        return primitive(value, (before,), pullback, name, owner)
    result = _new(Tensor)
    result.value, result.gradient, result.name = value, None, name
    result.parents, result.pullback, result._before = (before,), pullback, before
    result.tracked, result._buffer, result._owner = True, NONE, owner
    if owner is not None:
        result._stamp = owner.generation
    value.setflags(write=False)
    return result


def backward(loss: Tensor, upstream: Array | float | None = None, *, keep: bool = True) -> None:
    """Fill `Tensor.gradient` of everything that ``loss`` was computed from.

    Gradients of leaves add up over several calls (call `Tensor.reset` between); those of inner tensors are of
    this call alone. A graph may be walked again, with another upstream too.

    Args:
        loss: usually of one element. upstream: d objective / d loss, of the loss' shape; ones by default.
        keep: False when only the leaves' gradients are wanted: each inner one is let go once it was passed on.
    Raises:
        ValueError: when upstream has another shape, or the loss depends on no tracked tensor.
        StaleError: when memory of the graph was overwritten since it was recorded.
    """
    _pass_back(_seeded(loss, upstream), keep=keep)


def backward_in_pieces(loss: Tensor, upstream: Array | float | None = None, *, keep: bool = True) -> Pieces[None]:
    """Do what `backward` does, and yield after each operation with a `LARGE` result."""
    order = _seeded(loss, upstream)
    begin = 0
    for end, node in enumerate(order, start=1):
        if node.value.size >= LARGE:
            _pass_back(order[begin:end], keep=keep)
            begin = end
            yield
    _pass_back(order[begin:], keep=keep)


def _seeded(loss: Tensor, upstream: Array | float | None) -> list[Tensor]:
    """Return what a gradient passes through, the loss first; give it its gradient, and the others none."""
    if not loss.tracked:
        raise ValueError("no gradient can be had: the loss was computed from constants alone")
    value = loss.value
    seed = np.array(1 if upstream is None else upstream, value.dtype)
    if upstream is None:
        seed = seed if value.ndim == 0 else np.ones_like(value)
    elif seed.shape != loss.value.shape:
        raise ValueError(f"upstream has shape {seed.shape}, the loss {loss.value.shape}")
    if loss.pullback is None:  # a leaf is its own loss
        loss.accumulate(seed)
        return []
    order = ordered(loss)
    for node in order:
        owner = node._owner
        if owner is not None and node._stamp != owner.generation:
            node.check()
        node.gradient = None
        node._buffer = NONE
    loss.gradient = seed
    order.reverse()
    return order


def _pass_back(nodes: list[Tensor], *, keep: bool) -> None:
    """Hand each node's gradient on to its operands."""
    for node in nodes:
        gradient = node.gradient
        if gradient is None:  # a rule may send nothing on
            continue
        if not keep:
            node.gradient = None
        parts, parents = node.pullback(gradient), node.parents  # type: ignore[misc]  # all of `order` have one
        if len(parts) != len(parents):
            raise ValueError(f"{node!r} has {len(parents)} operands, and its rule {len(parts)} gradients")
        for parent, part in zip(parents, parts):  # noqa: B905  # told above; strict takes longer
            if part is None or not isinstance(parent, Tensor) or not parent.tracked:
                continue
            if parent.gradient is None and parent.pullback is not None:
                value = parent.value
                if part.shape == value.shape and part.dtype is value.dtype:
                    parent.gradient = part  # the common case, without a call
                    continue
            parent.accumulate(part)


def read(operand: Operand) -> Any:
    """Return the plain value of an operand."""
    return operand.value if isinstance(operand, Tensor) else operand


def as_tensor(operand: Operand) -> Tensor:
    """Return the operand itself if it is a tensor, else an untracked tensor of the constant."""
    return operand if isinstance(operand, Tensor) else primitive(_as_array(operand), (), lambda g: ())


def constant(operand: Operand) -> Tensor:
    """Return the value off the tape: no gradient flows past it (torch's ``detach``)."""
    return primitive(np.asarray(read(operand)), (), lambda g: ())


def tracks(operand: Operand) -> bool:
    """Return whether a gradient flows to this operand, so that its part of a pullback is worth computing."""
    return isinstance(operand, Tensor) and operand.tracked


from engine.autodiff import arithmetic  # noqa: E402  # last: it is made of the above, whose operators call it
