"""Every model is a function of one flat vector theta; a `Layout` gives its stretches names, shapes and kinds.

layout = Layout([Entry("W1", (784, 100), "weight"), Entry("b1", (100,), "bias")])
theta = layout.start()
layout.views(theta)["W1"][...] = rng.normal(size=(784, 100)) / 28    # writes into theta
parameters = layout.parameters(theta)     # leaves of the tape, their gradients views of one flat vector
parameters.backward(loss(parameters["W1"], parameters["b1"]))
rule.update(state, theta, parameters.gradient)
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff.buffers import outdated, settled, zeroed
from engine.autodiff.memory import Version
from engine.autodiff.tape import Array, Operand, Tensor, backward, backward_in_pieces
from engine.formula.memory import aligned
from engine.nn.activations import PRELU_START
from engine.pieces import Pieces

Kind: TypeAlias = Literal["weight", "recurrent", "bias", "gain", "shift", "slope", "mean", "variance"]
"""What a stretch of theta is for.

``weight`` multiplies inputs, ``recurrent`` the net's own past; ``gain`` and ``shift`` are a normalization's,
``slope`` an activation's; ``mean`` and ``variance`` are remembered, not learned.
"""
MATRICES: tuple[Kind, ...] = ("weight", "recurrent")
"""The kinds that initializers draw and penalties shrink."""
_START: Mapping[str, float] = {"gain": 1.0, "variance": 1.0, "slope": PRELU_START}
"""Where a kind stands before anything is drawn; the others at 0."""

Values: TypeAlias = Mapping[str, Operand]
"""A model's parameters by name, and what it remembers: `Parameters`, or plain arrays, which record nothing."""


class Entry(NamedTuple):
    """One stretch of theta.

    Args:
        units: of a matrix, the axis along which units are counted: 1 where it is (inputs, units), 0 where it is
            (units, inputs).
    """

    name: str
    shape: tuple[int, ...]
    kind: Kind = "weight"
    units: int = 1

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


class Layout:
    """Named shapes inside one flat vector, in the order given.

    Args:
        entries: they lie one after another without gaps, each in C order.
        running: what the model remembers and nobody learns (batch normalization's statistics), in a flat vector of
            its own.
    Raises:
        ValueError: for a name given twice.

    >>> layout = Layout([Entry("W", (2, 3)), Entry("b", (3,), "bias")])
    >>> layout.size, layout.slices["b"], layout.names("bias")
    (9, slice(6, 9, None), ('b',))
    """

    def __init__(self, entries: Iterable[Entry], running: Iterable[Entry] = ()) -> None:
        self._running = tuple(running)
        listed = tuple(entries)
        self.entries = {entry.name: entry for entry in listed}
        if len({entry.name for entry in (*listed, *self._running)}) != len(listed) + len(self._running):
            raise ValueError("a layout has each name once")
        self.slices: dict[str, slice] = {}
        start = 0
        for entry in listed:
            self.slices[entry.name] = slice(start, start + entry.size)
            start += entry.size
        self.size = start

    @cached_property
    def running(self) -> Layout:
        """The layout of what is remembered; empty where there is nothing."""
        return Layout(self._running)

    def names(self, *kinds: Kind) -> tuple[str, ...]:
        """Return the names of some kinds, in order."""
        return tuple(entry.name for entry in self.entries.values() if entry.kind in kinds)

    def zeros(self, dtype: DTypeLike = np.float64) -> Array:
        """Return a new vector of zeros, (size,)."""
        flat: Array = aligned(self.size, 0, dtype)
        return flat

    def start(self, dtype: DTypeLike = np.float64) -> Array:
        """Return a new vector, (size,), as it stands before anything is drawn: gains at 1, most at 0."""
        flat = self.zeros(dtype)
        for name, entry in self.entries.items():
            flat[self.slices[name]] = _START.get(entry.kind, 0.0)
        return flat

    def views(self, flat: Array) -> dict[str, Array]:
        """Return each name's stretch of ``flat`` in its shape: views, so that writing to them writes to it.

        Args:
            flat: (..., size) with a contiguous last axis; leading axes (a stack of runs) stay in front.
        Raises:
            ValueError: when ``flat`` has another length, or its last axis is not contiguous.
        """
        if flat.shape[-1] != self.size:
            raise ValueError(f"the vector has {flat.shape[-1]} entries, the layout {self.size}")
        if self.size > 1 and flat.strides[-1] != flat.itemsize:
            raise ValueError("the vector's last axis must be contiguous for views into it")
        lead = flat.shape[:-1]
        return {
            name: flat[..., part].reshape(lead + self.entries[name].shape) for name, part in self.slices.items()
        }

    def parameters(self, theta: Array, gradient: Array | None = None) -> Parameters:
        """Return theta's stretches as leaves of the tape (see `Parameters`)."""
        return Parameters(self, theta, gradient)


class Parameters(Mapping[str, Operand]):
    """A model's values, as its owner holds them: leaves on views of theta, their gradients views of one vector.

    A rule that changes theta in place changes what the next forward pass reads; nothing is copied either way.
    `copy.deepcopy` keeps that bond: the copy's leaves are views of the copy's theta.

    Args:
        theta: (n,), or (R, n) for a stack of R runs; kept.
        gradient: like theta, to add into, zeroed here; None allocates.
        running: like theta, what the model remembers (see `Layout`), kept; None starts anew.

    Reading a name gives a leaf of the tape, or a plain array of what is remembered. ``views`` has plain arrays
    of all: a forward pass on them records nothing.
    """

    def __init__(
        self, layout: Layout, theta: Array, gradient: Array | None = None, running: Array | None = None
    ) -> None:
        self.layout, self.theta = layout, theta
        self.gradient = aligned(theta.shape, dtype=theta.dtype) if gradient is None else gradient
        self.gradient.fill(0)
        start = layout.running.start(theta.dtype)
        self.running = np.tile(start, (*theta.shape[:-1], 1)) if running is None else running
        if running is None and theta.ndim == 1:
            self.running = start
        kept = layout.running.views(self.running)
        self.views: dict[str, Array] = {**layout.views(theta), **kept}
        gradients = layout.views(self.gradient)
        self.tensors = {name: Tensor(self.views[name], gradients[name]) for name in layout.entries}
        self.by_name: dict[str, Operand] = {**self.tensors, **kept}
        self._leaves = tuple(self.tensors.values())
        self._version = Version()
        for tensor in self.tensors.values():
            tensor.belongs(self._version)

    def changed(self) -> None:
        """Say that theta was written: the tape refuses to go back through what was recorded before."""
        self._version.generation += 1

    def reset(self) -> None:
        """Zero the gradient, before the next backward pass."""
        self.gradient.fill(0)
        zeroed(self._leaves)

    def backward(self, loss: Tensor, upstream: Array | None = None) -> None:
        """Fill the gradient with that of ``loss`` alone; numbers that are not finite are a result.

        Args:
            loss: computed from these leaves. upstream: d objective / d loss, of the loss' shape; ones by default.
        """
        with np.errstate(all="ignore"):
            self.fill(loss, upstream)

    def fill(self, loss: Tensor, upstream: Array | None = None, *, keep: bool = True) -> None:
        """Do what `backward` does under whatever NumPy warns of now; inner gradients are kept or let go."""
        outdated(self._leaves)
        try:
            backward(loss, upstream, keep=keep)
        finally:
            settled(self._leaves)

    def fill_in_pieces(self, loss: Tensor, *, keep: bool = True) -> Pieces[None]:
        """Do what `fill` does, `LARGE` layers one by one; to be done `quiet`."""
        outdated(self._leaves)
        try:
            yield from backward_in_pieces(loss, keep=keep)
        finally:
            settled(self._leaves)

    def __getitem__(self, name: str) -> Operand:
        return self.by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameters:
        gradient = copy.deepcopy(self.gradient, memo)
        kept = gradient.copy()
        theta, running = copy.deepcopy(self.theta, memo), copy.deepcopy(self.running, memo)
        duplicate = Parameters(self.layout, theta, gradient, running)
        memo[id(self)] = duplicate
        if kept.any():
            gradient[...] = kept
            for name, tensor in duplicate.tensors.items():
                tensor._buffer = self.tensors[name]._buffer
        return duplicate
