"""A deep net of dense layers: what it is made of, its layout, and forward code only; the tape does the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self, cast

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff.arithmetic import add
from engine.autodiff.memory import FRESH, Memory
from engine.autodiff.products import affine
from engine.autodiff.tape import Array, Operand, Tensor, as_tensor, read
from engine.nn.activations import ACTIVATIONS, activate, dense
from engine.nn.dropout import Rng, Scaling, dropout
from engine.nn.initializers import DEFAULT_SCALES, INITIALIZERS, Scales
from engine.nn.layout import Entry, Layout, Parameters, Values
from engine.nn.normalization import batch_norm, batch_norm_test, layer_norm
from engine.nn.workspace import Workspace
from engine.pieces import LARGE, Pieces, whole

Normalization = Literal["none", "batch", "layer"]
Skip = Literal["none", "residual", "polynet"]
Mode = Literal["train", "measure", "test"]


@dataclass(slots=True)
class LayerSignals:
    """What passed through hidden layer l; after `backward` each tensor's ``gradient`` is d loss by it.

    Args:
        pre: z_l, (B, stream): what the matrix made (and the skip added to).
        normalized: N(z_l), the activation's argument; ``pre`` itself without normalization.
        post: h_l = phi(N(z_l)), (B, width). output: after dropout; ``post`` itself without.
    """

    pre: Tensor
    normalized: Tensor
    post: Tensor
    output: Tensor


@dataclass(slots=True)
class Signals:
    """One forward pass: the input, every hidden layer, the outputs (B, outputs)."""

    inputs: Operand
    layers: list[LayerSignals]
    outputs: Tensor


@dataclass(frozen=True)
class DenseNet:
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

    >>> net = DenseNet.uniform(inputs=2, depth=3, width=8, outputs=2)
    >>> parameters = net.start()
    >>> net.initialize(parameters.theta, "xavier_normal", np.random.default_rng(0))
    >>> signals = net.forward(parameters, np.ones((5, 2)))
    >>> parameters.backward(softmax_cross_entropy(signals.outputs, np.zeros(5, int)))
    >>> signals.layers[0].pre.gradient.shape
    (5, 8)
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
        if self.inputs < 1 or self.outputs < 0 or min(self.widths, default=1) < 1:
            raise ValueError("a net needs at least one input, and at least one unit in each layer")
        if not self.widths and not self.outputs:
            raise ValueError("a net needs hidden layers or outputs")
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
        """Return a net whose hidden layers are all alike; ``more`` are further fields.

        Args:
            inputs, outputs: how many. depth: hidden layers. width: units of each.
            activation: of all hidden layers. more: further fields of the net.
        """
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

    @cached_property
    def _layers(self) -> tuple[tuple[str, str, str], ...]:
        """Each hidden layer's matrix, bias and activation, by name."""
        return tuple((f"W{l}", f"b{l}", name) for l, name in enumerate(self.activations, start=1))

    def _entries(self) -> Iterator[Entry]:
        fan_in = self.inputs
        for l, width in enumerate(self.widths, start=1):
            size = self.stream(l)
            yield Entry(f"W{l}", (fan_in, size), "weight")
            yield Entry(f"b{l}", (size,), "bias")
            if self.skip == "polynet" and self.skips(l):
                yield Entry(f"V{l}", (width, size), "weight")
                yield Entry(f"c{l}", (size,), "bias")
            if self.normalization != "none":
                yield Entry(f"gamma{l}", (size,), "gain")
                yield Entry(f"beta{l}", (size,), "shift")
            if ACTIVATIONS[self.activations[l - 1]].slope:
                yield Entry(f"slope{l}", (1,), "slope")
            fan_in = width
        if self.outputs:
            yield Entry(f"W{self.depth + 1}", (fan_in, self.outputs), "weight")
            yield Entry(f"b{self.depth + 1}", (self.outputs,), "bias")

    def _running(self) -> Iterator[Entry]:
        for l in range(1, self.depth + 1):
            if self.normalization == "batch":
                yield Entry(f"mean{l}", (self.stream(l),), "mean")
                yield Entry(f"variance{l}", (self.stream(l),), "variance")

    @cached_property
    def layout(self) -> Layout:
        """Where each parameter lies in theta: W1, b1, ... in the order of the layers.

        Its ``running`` is batch normalization's mean1, variance1, ...
        """
        return Layout(self._entries(), self._running())

    def start(self, dtype: DTypeLike = np.float64) -> Parameters:
        """Return new values before anything is drawn: weights 0, gains 1.

        Args:
            dtype: float64, or float32 where speed is wanted: half the time, and numbers below 1e-38 are lost.
        """
        return self.layout.parameters(self.layout.start(dtype))

    def initialize(
        self, theta: Array, name: str, rng: np.random.Generator, scales: Scales = DEFAULT_SCALES
    ) -> None:
        """Draw every matrix of theta (n,) with an initializer of `INITIALIZERS`; biases N(0, sigma_b²).

        The rest goes where it starts. The numbers drawn do not depend on the dtype: float32 rounds the same ones.

        Args:
            theta: filled. name: of the initializer. rng: draws the numbers. scales: sigma_w, sigma_b and the like.
        """
        whole(self.initialize_in_pieces(theta, name, rng, scales))

    def initialize_in_pieces(
        self, theta: Array, name: str, rng: np.random.Generator, scales: Scales = DEFAULT_SCALES
    ) -> Pieces[None]:
        """Do what `initialize` does, a matrix at a time."""
        theta[...] = self.layout.start(theta.dtype)
        views = self.layout.views(theta)
        yield
        for weight in self.layout.names("weight"):
            view = views[weight]
            INITIALIZERS[name].draw(rng, view.shape[0], view.shape[1], scales, view)
            yield
        if scales.sigma_b > 0:
            for bias in self.layout.names("bias"):
                views[bias][...] = scales.sigma_b * rng.standard_normal(views[bias].shape)

    def memory(self, samples: int, dtype: DTypeLike = np.float64, remembered: int = 0) -> int:
        """Return about how many bytes a forward and backward pass holds; computed without allocating any.

        Theta and its gradient, an optimizer's memory, and per layer the stream, the activation and the gradients
        of both, with their temporaries.

        Args:
            samples: B rows. dtype: of theta and the signals. remembered: vectors like theta in the optimizer's
                memory; fewer than four are counted as four.
        """
        parameters = self.layout.size
        signals = samples * (self.inputs + self.outputs + sum(self.stream(l + 1) for l in range(self.depth)))
        copies = 4 + (2 if self.normalization != "none" else 0) + (2 if self.dropout else 0)
        return ((2 + max(remembered, 4)) * parameters + copies * signals) * np.dtype(dtype).itemsize

    def multiplications(self, samples: int) -> int:
        """Return how many multiply-adds one forward and backward pass of this many rows takes."""
        weights = sum(self.layout.entries[name].size for name in self.layout.names("weight"))
        return 3 * samples * weights

    def forward(
        self,
        parameters: Values,
        inputs: Operand,
        mode: Mode = "measure",
        rng: Rng = None,
        *,
        workspace: Workspace | None = None,
    ) -> Signals:
        """Compute every layer's signals.

        Args:
            parameters: by name; plain arrays record nothing.
            inputs: (B, D), converted to the parameters' dtype; a Tensor to have the gradient by the input too.
            mode: ``train`` normalizes by the batch, remembers running statistics, drops units; ``measure``
                normalizes by the batch and does neither; ``test`` uses the running statistics.
            rng: draws dropout's masks; needed in ``train`` if the net drops.
            workspace: where signals and gradients shall lie; overwrites the pass before. None takes new memory.
        Raises:
            ValueError: when units are to be dropped and there is no ``rng``.
        """
        with np.errstate(all="ignore"):  # a diverging net is a result
            return whole(self.forward_in_pieces(parameters, inputs, mode, rng, workspace=workspace))

    def forward_in_pieces(
        self,
        parameters: Values,
        inputs: Operand,
        mode: Mode = "measure",
        rng: Rng = None,
        *,
        workspace: Workspace | None = None,
    ) -> Pieces[Signals]:
        """Do what `forward` does, and yield after each `LARGE` layer; to be done `quiet`."""
        if self.dropout and mode == "train" and rng is None:
            raise ValueError("dropout in training needs a random generator")
        p = parameters.by_name if isinstance(parameters, Parameters) else parameters
        x: Operand = inputs if isinstance(inputs, Tensor) else np.asarray(inputs, read(p["W1"]).dtype)
        h: Operand = x
        layers: list[LayerSignals] = []
        plain = self.is_plain
        memory: Memory = FRESH
        if workspace is not None:
            workspace.rewind()
            memory = workspace
        for l, (weight, bias, activation) in enumerate(self._layers, start=1):
            if plain:
                z, h = dense(h, p[weight], p[bias], activation, memory)
                layers.append(LayerSignals(z, z, h, h))
            else:
                layers.append(self.layer(p, l, h, layers[-1].pre if layers else None, mode=mode, rng=rng))
                h = layers[-1].output
            if h.value.size >= LARGE:
                yield
        last = self.depth + 1
        outputs = affine(h, p[f"W{last}"], p[f"b{last}"]) if self.outputs else as_tensor(h)
        return Signals(x, layers, outputs)

    def layer(
        self,
        parameters: Values,
        l: int,
        inputs: Operand,
        stream: Tensor | None,
        *,
        mode: Mode = "measure",
        rng: Rng = None,
    ) -> LayerSignals:
        """Compute hidden layer l = 1..L alone.

        Args:
            inputs: h_(l-1), (B, width). stream: z_(l-1), needed where the layer skips.
            parameters, mode, rng: as in `forward`.
        """
        p = parameters
        z = affine(inputs, p[f"W{l}"], p[f"b{l}"])
        if stream is not None and self.skips(l):
            z = self._skip(l, stream, z, p)
        normalized = self._normalize(l, z, mode, p)
        post = output = activate(self.activations[l - 1], normalized, p.get(f"slope{l}"))
        if self.dropout and mode != "measure":
            output = dropout(post, self.dropout, rng if mode == "train" else None, self.dropout_scaling)
        return LayerSignals(z, normalized, post, output)

    def _skip(self, l: int, before: Tensor, branch: Tensor, p: Values) -> Tensor:
        stream = add(before, branch)
        if self.skip == "residual":
            return stream
        inner = activate(self.activations[l - 1], branch, p.get(f"slope{l}"))
        return add(stream, affine(inner, p[f"V{l}"], p[f"c{l}"]))

    def _normalize(self, l: int, z: Tensor, mode: Mode, p: Values) -> Tensor:
        if self.normalization == "none":
            return z
        gamma, beta = p[f"gamma{l}"], p[f"beta{l}"]
        if self.normalization == "layer":
            return layer_norm(z, gamma, beta)
        if mode == "measure":
            return batch_norm(z, gamma, beta)
        running = cast(Array, p[f"mean{l}"]), cast(Array, p[f"variance{l}"])
        if mode == "test":
            return batch_norm_test(z, gamma, beta, *running)
        return batch_norm(z, gamma, beta, running)

    def calibrate(self, parameters: Parameters, inputs: Array) -> None:
        """Set batch normalization's running statistics to those of these rows: test mode then shows them.

        Args:
            parameters: whose running statistics are set. inputs: (B, D).
        """
        with np.errstate(all="ignore"):
            whole(self.calibrate_in_pieces(parameters, inputs))

    def calibrate_in_pieces(self, parameters: Parameters, inputs: Array) -> Pieces[None]:
        """Do what `calibrate` does, `LARGE` layers one by one; to be done `quiet`."""
        if not self.layout.running.size:
            return
        views = parameters.views
        signals = yield from self.forward_in_pieces(views, inputs)
        for l, layer in enumerate(signals.layers, start=1):
            views[f"mean{l}"][...] = layer.pre.value.mean(axis=-2)
            views[f"variance{l}"][...] = layer.pre.value.var(axis=-2)
