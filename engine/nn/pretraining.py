"""Greedy layer-wise pre-training: each layer first learns to describe the layer below, without labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from engine.autodiff.products import affine
from engine.autodiff.tape import Array, Tensor
from engine.data.batches import epoch_of
from engine.nn.activations import ACTIVATIONS, activate
from engine.nn.dense import DenseNet
from engine.nn.dropout import Rng
from engine.nn.initializers import INITIALIZERS
from engine.nn.layout import Entry, Layout, Values
from engine.nn.losses import squared_error
from engine.nn.training import Trainer
from engine.optimizers.adam import Adam


@dataclass(frozen=True)
class PretrainingStep:
    """One epoch of one layer: its mean squared error of reconstruction over the data."""

    layer: int
    epoch: int
    error: float


def pretrain_autoencoder(
    net: DenseNet,
    theta: Array,
    data: Array,
    rng: np.random.Generator,
    *,
    epochs: int = 5,
    batch_size: int = 64,
    learning_rate: float = 1e-3,
) -> Iterator[PretrainingStep]:
    """Train W_l, b_l of each layer in turn as the encoder of an auto-encoder; one item an epoch.

        h = phi(x W_l + b_l),   x_hat = h D + c,   minimize mean (x_hat - x)²;   then x := h for the layer above

    Args:
        theta: the net's, (n,), changed in place; start it from an initializer. The last, linear layer is left
            alone.
        data: (N, D). rng: draws decoders and batches. epochs: passes over the data, for each layer.
        batch_size: rows of an update. learning_rate: of Adam.
    Convention: the decoder D is linear, not tied to W_l, and thrown away. Normalization, skips and dropout are
        left out while pre-training.
    Source: Bengio et al. 2007, Greedy Layer-Wise Training of Deep Networks.
    """
    x = np.asarray(data, theta.dtype)
    kept = net.layout.views(theta)
    rule = Adam(learning_rate=learning_rate)
    for l, activation in enumerate(net.activations, start=1):
        w, b = kept[f"W{l}"], kept[f"b{l}"]
        width = net.widths[l - 1]
        D = x.shape[1]
        pair = Entry("W", w.shape), Entry("b", b.shape, "bias"), Entry("D", (width, D)), Entry("c", (D,), "bias")
        layout = Layout(pair)
        parameters = layout.parameters(layout.start(theta.dtype))
        views = parameters.views
        views["W"][...], views["b"][...] = w, b
        views["D"][...] = INITIALIZERS["lecun_normal"].draw(rng, width, D)
        trainer = Trainer(parameters, rule)
        for epoch in range(1, epochs + 1):
            total = 0.0
            for rows in epoch_of(len(x), batch_size, rng):
                step = trainer.step(partial(_reconstruction, activation, x[rows]))
                total += float(step.loss) * len(rows)
            w[...], b[...] = views["W"], views["b"]
            yield PretrainingStep(l, epoch, total / len(x))
        with np.errstate(all="ignore"):
            x = activate(activation, x @ w + b).value


def pretrain_rbm(
    net: DenseNet,
    theta: Array,
    data: Array,
    rng: np.random.Generator,
    *,
    epochs: int = 5,
    batch_size: int = 64,
    learning_rate: float = 0.05,
    steps: int = 1,
) -> Iterator[PretrainingStep]:
    """Train W_l, b_l of each layer in turn as a restricted Boltzmann machine by contrastive divergence.

        P(h=1|v) = sigmoid(v W + b),  v|h = sigmoid(h W' + c)   (in the first layer Gaussian: h W' + c + noise)
        W = W + learning_rate (v0' P(h|v0) - vk' P(h|vk)) / B   after k steps of Gibbs sampling

    Args:
        theta: the net's, (n,), changed in place, its matrices redrawn N(0, 0.01²) as the recipe has it; meant for
            sigmoid units (others keep the weights all the same). Not for Maxout.
        data: (N, D), each feature standardized: the visible units of the first layer have unit variance.
        rng: draws weights, batches and samples. epochs: passes over the data, for each layer. batch_size: B.
        steps: k of CD-k. learning_rate: a tenth of it in the first, Gaussian layer.
    Raises:
        ValueError: for a Maxout layer, whose units have two arguments.
    Convention: hidden units are sampled, reconstructions are means (Hinton's guide); momentum 0.5 in the first
        layer's and every epoch up to the fifth, then 0.9.
    Source: Hinton, Osindero & Teh 2006; Hinton 2010, A Practical Guide to Training RBMs.
    """
    if any(ACTIVATIONS[name].pieces > 1 for name in net.activations):
        raise ValueError("a restricted Boltzmann machine has no Maxout units")
    sigmoid = ACTIVATIONS["sigmoid"].function
    v_all, kept = np.asarray(data, np.float64), net.layout.views(theta)
    for l in range(1, net.depth + 1):
        shape = kept[f"W{l}"].shape
        w, b, c = 0.01 * rng.standard_normal(shape), np.zeros(shape[1]), v_all.mean(axis=0)
        gaussian = l == 1
        if not gaussian:
            c = np.log(np.clip(c, 1e-3, 1 - 1e-3) / np.clip(1 - c, 1e-3, 1 - 1e-3))
        rate = learning_rate * (0.1 if gaussian else 1.0)
        velocity = [np.zeros_like(part) for part in (w, b, c)]
        for epoch in range(1, epochs + 1):
            momentum = 0.5 if epoch <= 5 else 0.9
            total = 0.0
            for rows in epoch_of(len(v_all), batch_size, rng):
                v0 = v = v_all[rows]
                p0 = p = sigmoid(v @ w + b)
                for _ in range(steps):
                    drawn = (rng.random(p.shape) < p).astype(np.float64)
                    v = drawn @ w.T + c
                    if not gaussian:
                        v = sigmoid(v)
                    p = sigmoid(v @ w + b)
                count = len(rows)
                gradients = (v0.T @ p0 - v.T @ p) / count, (p0 - p).mean(axis=0), (v0 - v).mean(axis=0)
                for part, moving, gradient in zip((w, b, c), velocity, gradients, strict=True):
                    np.multiply(moving, momentum, out=moving)
                    np.add(moving, rate * gradient, out=moving)
                    np.add(part, moving, out=part)
                total += float(((v - v0) ** 2).mean()) * count
            kept[f"W{l}"][...], kept[f"b{l}"][...] = w, b
            yield PretrainingStep(l, epoch, total / len(v_all))
        v_all = sigmoid(v_all @ w + b)


def _reconstruction(activation: str, x: Array, parameters: Values, _rng: Rng = None) -> Tensor:
    """Return the mean squared error of the decoder's output against x, (B, D)."""
    code = activate(activation, affine(x, parameters["W"], parameters["b"]))
    return squared_error(affine(code, parameters["D"], parameters["c"]), x)
