"""A deep net with its weights: forward code only; the tape does the rest."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff.products import affine
from engine.autodiff.tape import FRESH, Array, Memory, Operand, Tensor, add, as_tensor, backward
from engine.nn.activations import PRELU_START, activate, dense
from engine.nn.architecture import Architecture
from engine.nn.dropout import dropout
from engine.nn.initializers import DEFAULT_SCALES, INITIALIZERS, Scales
from engine.nn.losses import LOSSES
from engine.nn.normalization import batch_norm, batch_norm_test, layer_norm
from engine.nn.workspace import Workspace

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


class Net:
    """A deep net: an architecture, its flat theta, and batch normalization's running statistics.

    Args:
        architecture: see there. dtype: float64, or float32 where speed is wanted: half the time, and numbers
            below 1e-38 are lost.

    ``theta`` is zero (gamma 1, PReLU slopes 0.25) until `initialize`. ``parameters`` are its leaves on the tape,
    ``parameters.gradient`` the flat gradient. `copy.deepcopy` gives an independent net.

    >>> net = Net(Architecture.uniform(inputs=2, depth=3, width=8, outputs=2))
    >>> net.initialize("xavier_normal", np.random.default_rng(0))
    >>> signals = net.forward(np.ones((5, 2)))
    >>> net.backward(signals, np.zeros(5, int)).shape, signals.layers[0].pre.gradient.shape
    ((), (5, 8))
    """

    def __init__(self, architecture: Architecture, dtype: DTypeLike = np.float64) -> None:
        self.architecture = architecture
        self.layout = architecture.layout
        self.dtype = np.dtype(dtype)
        self.theta = self.layout.zeros(dtype)
        self.running = architecture.running_layout.zeros(dtype)
        self._bind()
        self._reset_norms()

    def _bind(self) -> None:
        self.parameters = self.layout.parameters(self.theta)
        self.views = self.layout.views(self.theta)
        self.running_views = self.architecture.running_layout.views(self.running)

    def _reset_norms(self) -> None:
        for name, view in self.views.items():
            if name.startswith("gamma"):
                view.fill(1)
            elif name.startswith("slope"):
                view.fill(PRELU_START)
        for name, view in self.running_views.items():
            view.fill(1 if name.startswith("variance") else 0)

    def __deepcopy__(self, memo: dict[int, Any]) -> Net:
        duplicate = object.__new__(Net)
        memo[id(self)] = duplicate
        duplicate.architecture, duplicate.layout, duplicate.dtype = self.architecture, self.layout, self.dtype
        duplicate.theta = copy.deepcopy(self.theta, memo)
        duplicate.running = copy.deepcopy(self.running, memo)
        duplicate._bind()
        return duplicate

    def initialize(self, name: str, rng: np.random.Generator, scales: Scales = DEFAULT_SCALES) -> None:
        """Draw every matrix with an initializer of `INITIALIZERS`; biases N(0, sigma_b²); reset the rest.

        The numbers drawn do not depend on the dtype: float32 rounds the same ones.
        """
        initializer = INITIALIZERS[name]
        self.theta.fill(0)
        for weight in self.architecture.weight_names:
            view = self.views[weight]
            initializer.draw(rng, view.shape[0], view.shape[1], scales, view)
        if scales.sigma_b > 0:
            for bias, view in self.views.items():
                if bias[0] in "bc" and bias[1:].isdigit():
                    view[...] = scales.sigma_b * rng.standard_normal(view.shape)
        self._reset_norms()

    def forward(
        self,
        inputs: Operand,
        mode: Mode = "measure",
        rng: np.random.Generator | None = None,
        parameters: Mapping[str, Operand] | None = None,
        workspace: Workspace | None = None,
    ) -> Signals:
        """Compute every layer's signals.

        Args:
            inputs: (B, D), converted to the net's dtype; a Tensor to have the gradient by the input too.
            mode: ``train`` normalizes by the batch, remembers running statistics, drops units; ``measure``
                normalizes by the batch and does neither; ``test`` uses the running statistics.
            rng: draws dropout's masks; needed in ``train`` if the net drops.
            parameters: other leaves or plain arrays to use in place of the net's own: the loss elsewhere.
                Plain arrays record nothing.
            workspace: where signals and gradients shall lie; overwrites the pass before. None takes new memory.
        """
        a = self.architecture
        p: Mapping[str, Operand] = self.parameters.tensors if parameters is None else parameters
        x: Operand = inputs if isinstance(inputs, Tensor) else np.asarray(inputs, self.dtype)
        h: Operand = x
        if a.dropout and mode == "train" and rng is None:
            raise ValueError("dropout in training needs a random generator")
        layers: list[LayerSignals] = []
        plain = a.is_plain
        memory: Memory = FRESH
        if workspace is not None:
            workspace.rewind()
            memory = workspace
        with np.errstate(all="ignore"):  # a diverging net is a result
            for l, activation in enumerate(a.activations, start=1):
                if plain:
                    z, post = dense(h, p[f"W{l}"], p[f"b{l}"], activation, memory)
                    layers.append(LayerSignals(z, z, post, post))
                else:
                    layers.append(self.layer(l, h, layers[-1].pre if layers else None, mode, rng, parameters=p))
                h = layers[-1].output
            last = a.depth + 1
            outputs = affine(h, p[f"W{last}"], p[f"b{last}"]) if a.outputs else as_tensor(h)
        return Signals(x, layers, outputs)

    def layer(
        self,
        l: int,
        inputs: Operand,
        stream: Tensor | None,
        mode: Mode = "measure",
        rng: np.random.Generator | None = None,
        *,
        parameters: Mapping[str, Operand] | None = None,
    ) -> LayerSignals:
        """Compute hidden layer l = 1..L alone.

        Args:
            inputs: h_(l-1), (B, width). stream: z_(l-1), needed where the layer skips. Others: as in `forward`.
        """
        a = self.architecture
        p: Mapping[str, Operand] = self.parameters.tensors if parameters is None else parameters
        z = affine(inputs, p[f"W{l}"], p[f"b{l}"])
        if stream is not None and a.skips(l):
            z = self._skip(l, stream, z, p)
        normalized = self._normalize(l, z, mode, p)
        post = output = activate(a.activations[l - 1], normalized, p.get(f"slope{l}"))
        if a.dropout and mode != "measure":
            output = dropout(post, a.dropout, rng if mode == "train" else None, a.dropout_scaling)
        return LayerSignals(z, normalized, post, output)

    def _skip(self, l: int, before: Tensor, branch: Tensor, p: Mapping[str, Operand]) -> Tensor:
        stream = add(before, branch)
        if self.architecture.skip == "residual":
            return stream
        inner = activate(self.architecture.activations[l - 1], branch, p.get(f"slope{l}"))
        return add(stream, affine(inner, p[f"V{l}"], p[f"c{l}"]))

    def _normalize(self, l: int, z: Tensor, mode: Mode, p: Mapping[str, Operand]) -> Tensor:
        kind = self.architecture.normalization
        if kind == "none":
            return z
        gamma, beta = p[f"gamma{l}"], p[f"beta{l}"]
        if kind == "layer":
            return layer_norm(z, gamma, beta)
        running = self.running_views[f"mean{l}"], self.running_views[f"variance{l}"]
        if mode == "test":
            return batch_norm_test(z, gamma, beta, *running)
        return batch_norm(z, gamma, beta, running if mode == "train" else None)

    def calibrate(self, inputs: Array) -> None:
        """Set batch normalization's running statistics to those of these rows: test mode then shows them."""
        kept = self.running_views
        for l, layer in enumerate(self.forward(inputs, parameters=self.views).layers, start=1):
            if f"mean{l}" in kept:
                kept[f"mean{l}"][...] = layer.pre.value.mean(axis=0)
                kept[f"variance{l}"][...] = layer.pre.value.var(axis=0)

    def backward(self, signals: Signals, targets: Array, loss: str = "cross_entropy") -> Tensor:
        """Compute the loss and fill every gradient: `Parameters.gradient` and each signal's own.

        Args:
            signals: of a forward pass with the net's own parameters.
            targets: as the loss takes them, see `LOSSES`.
        Returns: the loss, a tensor of one number.
        """
        with np.errstate(all="ignore"):
            value = LOSSES[loss].function(signals.outputs, targets)
            self.parameters.reset()
            backward(value)
        return value

    def backward_from(self, signals: Signals, upstream: Array) -> None:
        """Fill every gradient from a given gradient of the outputs, (B, outputs): no loss, theory's setting."""
        with np.errstate(all="ignore"):
            self.parameters.reset()
            backward(signals.outputs, np.asarray(upstream, self.dtype))
