"""Every model is a function of one flat vector theta; a `Layout` gives its stretches names and shapes.

layout = Layout({"W1": (784, 100), "b1": (100,)})
theta = layout.zeros()
layout.views(theta)["W1"][...] = rng.normal(size=(784, 100)) / 28    # writes into theta
parameters = layout.parameters(theta)     # leaves of the tape, their gradients views of one flat vector
backward(loss(parameters["W1"], parameters["b1"]))
rule.update(state, theta, parameters.gradient)
parameters.reset()                        # before the next backward
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff.tape import Array, Tensor


class Layout:
    """Named shapes inside one flat vector, in the order given.

    Args:
        shapes: name -> shape. They lie one after another without gaps, each in C order.

    >>> layout = Layout({"W": (2, 3), "b": (3,)})
    >>> layout.size, layout.slices["b"]
    (9, slice(6, 9, None))
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.shapes = dict(shapes)
        self.slices: dict[str, slice] = {}
        start = 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            self.slices[name] = slice(start, stop)
            start = stop
        self.size = start

    def zeros(self, dtype: DTypeLike = np.float64) -> Array:
        """Return a new vector of zeros, (size,)."""
        return np.zeros(self.size, dtype)

    def views(self, flat: Array) -> dict[str, Array]:
        """Return each name's stretch of ``flat`` in its shape: views, so that writing to them writes to it.

        Args:
            flat: (..., size) with a contiguous last axis; leading axes (a stack of runs) stay in front.
        """
        if flat.shape[-1] != self.size:
            raise ValueError(f"the vector has {flat.shape[-1]} entries, the layout {self.size}")
        if self.size > 1 and flat.strides[-1] != flat.itemsize:
            raise ValueError("the vector's last axis must be contiguous for views into it")
        lead = flat.shape[:-1]
        return {name: flat[..., part].reshape(lead + self.shapes[name]) for name, part in self.slices.items()}

    def parameters(self, theta: Array, gradient: Array | None = None) -> Parameters:
        """Return theta's stretches as leaves of the tape (see `Parameters`)."""
        return Parameters(self, theta, gradient)

    def name_of(self, index: int) -> str:
        """Return the name of the stretch that holds entry ``index`` of the flat vector."""
        for name, part in self.slices.items():
            if part.start <= index < part.stop:
                return name
        raise IndexError(index)


class Parameters(Mapping[str, Tensor]):
    """The leaves of a model: tensors that are views of theta, with gradients that are views of one vector.

    A rule that changes theta in place changes what the next forward pass reads; nothing is copied either way.
    `copy.deepcopy` keeps that bond: the copy's leaves are views of the copy's theta.

    Args:
        theta: (n,), kept. gradient: (n,) to add into, zeroed here; None allocates.
    """

    def __init__(self, layout: Layout, theta: Array, gradient: Array | None = None) -> None:
        self.layout = layout
        self.theta = theta
        self.gradient = np.zeros_like(theta) if gradient is None else gradient
        self.gradient.fill(0)
        values, gradients = layout.views(self.theta), layout.views(self.gradient)
        self.tensors = {name: Tensor(values[name], gradients[name]) for name in layout.shapes}

    def reset(self) -> None:
        """Zero the gradient, before the next backward pass."""
        self.gradient.fill(0)
        for tensor in self.tensors.values():
            tensor.zeroed()

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tensors)

    def __len__(self) -> int:
        return len(self.tensors)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameters:
        gradient = copy.deepcopy(self.gradient, memo)
        kept = gradient.copy()
        duplicate = Parameters(self.layout, copy.deepcopy(self.theta, memo), gradient)
        memo[id(self)] = duplicate
        if kept.any():
            gradient[...] = kept
            for name, tensor in duplicate.tensors.items():
                tensor._buffer = self.tensors[name]._buffer
        return duplicate
