"""What a deep net is made of, before any number is drawn: sizes, activations, normalization, skips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import DTypeLike

from engine.nn.activations import ACTIVATIONS
from engine.nn.dropout import Scaling
from engine.nn.layout import Layout

Normalization = Literal["none", "batch", "layer"]
Skip = Literal["none", "residual", "polynet"]


@dataclass(frozen=True)
class Architecture:
    """A deep net of dense layers. With x_0 the input, phi an activation, N the normalization:

        plain:     z_l = h_(l-1) W_l + b_l                 h_l = phi(N(z_l)),  h_0 = x_0
        residual:  z_l = z_(l-1) + F_l                     F_l = h_(l-1) W_l + b_l
        polynet:   z_l = z_(l-1) + F_l + G_l(F_l)          G_l(u) = phi(u) V_l + c_l
        outputs    h_L W_(L+1) + b_(L+1)

    A skip begins at the second layer and only where the widths agree.

    Args:
        inputs: features D of a row. widths: units of each hidden layer, (L,).
        outputs: of the last, linear layer; 0 leaves it out, and h_L is the output.
        activations: a name of `ACTIVATIONS` per hidden layer.
        dropout: share of each h_l set to 0 in training, in [0, 1).
    Raises:
        ValueError: where sizes or names are impossible.
    Convention: a residual branch ends in its matrix (pre-activation, He et al. 2016), so that the branch adds
        its variance to the stream's. With batch normalization the biases stay, though beta makes them idle.
    Source: He et al. 2016, arXiv:1603.05027; Zhang et al. 2016 (PolyNet), arXiv:1611.05725.

    >>> Architecture.uniform(inputs=2, depth=3, width=4, outputs=2).layout.size
    62
    """

    inputs: int
    widths: tuple[int, ...]
    outputs: int
    activations: tuple[str, ...]
    normalization: Normalization = "none"
    skip: Skip = "none"
    dropout: float = 0.0
    dropout_scaling: Scaling = "inverted"

    def __post_init__(self) -> None:
        if self.inputs < 1 or self.outputs < 0 or not self.widths or min(self.widths) < 1:
            raise ValueError("a net needs at least one input and one layer of at least one unit")
        if len(self.activations) != len(self.widths):
            raise ValueError(f"{len(self.widths)} layers need as many activations, not {len(self.activations)}")
        unknown = set(self.activations) - set(ACTIVATIONS)
        if unknown:
            raise ValueError(f"unknown activations: {sorted(unknown)}")
        if not 0 <= self.dropout < 1:
            raise ValueError("dropout must lie in [0, 1)")

    @classmethod
    def uniform(
        cls, inputs: int, depth: int, width: int, outputs: int, activation: str = "tanh", **more: Any
    ) -> Self:
        """Return a net whose hidden layers are all alike; ``more`` are further fields."""
        return cls(inputs, (width,) * depth, outputs, (activation,) * depth, **more)

    @property
    def depth(self) -> int:
        """Number L of hidden layers."""
        return len(self.widths)

    def stream(self, layer: int) -> int:
        """Return the size of z_l, for layer 1..L: the width times the pieces of a Maxout."""
        return self.widths[layer - 1] * ACTIVATIONS[self.activations[layer - 1]].pieces

    def skips(self, layer: int) -> bool:
        """Return whether layer 1..L adds its branch to z_(l-1)."""
        return self.skip != "none" and layer > 1 and self.stream(layer) == self.stream(layer - 1)

    @cached_property
    def is_plain(self) -> bool:
        """True when every layer is just a matrix, a bias and an elementwise function: the fused path."""
        kinds = [ACTIVATIONS[name] for name in self.activations]
        return (
            self.normalization == "none"
            and not self.dropout
            and not any(self.skips(l + 1) for l in range(self.depth))
            and not any(kind.slope or kind.pieces > 1 for kind in kinds)
        )

    def _shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        fan_in = self.inputs
        for l, width in enumerate(self.widths, start=1):
            size = self.stream(l)
            yield f"W{l}", (fan_in, size)
            yield f"b{l}", (size,)
            if self.skip == "polynet" and self.skips(l):
                yield f"V{l}", (width, size)
                yield f"c{l}", (size,)
            if self.normalization != "none":
                yield f"gamma{l}", (size,)
                yield f"beta{l}", (size,)
            if ACTIVATIONS[self.activations[l - 1]].slope:
                yield f"slope{l}", (1,)
            fan_in = width
        if self.outputs:
            yield f"W{self.depth + 1}", (fan_in, self.outputs)
            yield f"b{self.depth + 1}", (self.outputs,)

    @cached_property
    def layout(self) -> Layout:
        """Where each parameter lies in theta: W1, b1, ... in the order of the layers."""
        return Layout(dict(self._shapes()))

    @cached_property
    def running_layout(self) -> Layout:
        """Where batch normalization's running statistics lie in a vector of their own: mean1, variance1, ..."""
        layers = range(1, self.depth + 1) if self.normalization == "batch" else ()
        names = [(f"{kind}{l}", (self.stream(l),)) for l in layers for kind in ("mean", "variance")]
        return Layout(dict(names))

    @cached_property
    def weight_names(self) -> tuple[str, ...]:
        """Names of the matrices, in order: what initializers fill and penalties shrink."""
        return tuple(name for name, shape in self.layout.shapes.items() if len(shape) == 2)

    def memory(self, samples: int, dtype: DTypeLike = np.float64) -> int:
        """Return about how many bytes a forward and backward pass holds; computed without allocating any.

        Theta and its gradient, four vectors of an optimizer's state, and per layer the stream, the activation
        and the gradients of both, with their temporaries.
        """
        parameters = sum(int(np.prod(shape)) for _, shape in self._shapes())
        signals = samples * (self.inputs + self.outputs + sum(self.stream(l + 1) for l in range(self.depth)))
        copies = 4 + (2 if self.normalization != "none" else 0) + (2 if self.dropout else 0)
        return (6 * parameters + copies * signals) * np.dtype(dtype).itemsize

    def multiplications(self, samples: int) -> int:
        """Return how many multiply-adds one forward and backward pass of this many rows takes."""
        weights = sum(int(np.prod(shape)) for _, shape in self._shapes() if len(shape) == 2)
        return 3 * samples * weights
