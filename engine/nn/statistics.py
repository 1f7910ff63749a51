"""What passes through the layers, in numbers: moments, histograms, flat and dead units, spectra, Jacobians."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np

from engine.autodiff.tape import Array, Tensor, backward_in_pieces
from engine.nn.activations import ACTIVATIONS
from engine.nn.dense import DenseNet, LayerSignals, Signals
from engine.nn.histogram import Bins
from engine.nn.layout import Parameters
from engine.pieces import LARGE, Pieces, quiet, whole

FLAT = 1 - 0.99**2
"""A unit is saturated where its slope is at most this share of the activation's steepest: |tanh| >= .99."""

GRADIENT_BINS = Bins(2.0**-60, 2.0**20, scale="octave")
"""Octaves of |gradient| from 9e-19 to 1e6: wide enough for vanishing and exploding alike."""


@dataclass(frozen=True)
class LayerStatistics:
    """One number, or one histogram, a hidden layer; arrays of (L,) or (L, bins), float64.

    Activations are h_l = phi(z_l), with dropout if it was on. Gradients are d loss / d z_l, by what the
    layer's matrix made (Glorot & Bengio's "back-propagated gradients"; with a skip, by the stream), NaN before
    any backward pass. Standard deviations are over all entries of (B, width), around the layer's own mean.

    Args:
        saturated: share of entries on a flat stretch of phi (see `flat_below_above`); ReLU's is z <= 0.
        dead: share of units whose activation is exactly 0 on every row of the batch.
        zero: share of entries exactly 0.
        weight_std: of the matrix' entries. weight_gradient_std: of the gradient by them.
        activation_histogram: shares of ``activation_edges``. gradient_histogram: of |d loss / d z_l| in
            ``gradient_edges``. Shares sum to 1; every entry is counted.
    """

    activation_mean: Array
    activation_std: Array
    gradient_mean: Array
    gradient_std: Array
    saturated: Array
    dead: Array
    zero: Array
    weight_std: Array
    weight_gradient_std: Array
    activation_histogram: Array
    gradient_histogram: Array
    activation_edges: Array
    gradient_edges: Array

    def arrays(self) -> dict[str, Array]:
        """Return every array by name, as a frame wants them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def layer_statistics(
    net: DenseNet,
    parameters: Parameters,
    signals: Signals,
    activation_bins: Bins,
    gradient_bins: Bins = GRADIENT_BINS,
) -> LayerStatistics:
    """Measure every hidden layer of a pass, forward and (after `Parameters.backward`) backward.

    Args:
        net: the model. parameters: with the gradient of the pass. signals: what the pass computed.
        activation_bins, gradient_bins: the same for all layers, and for all nets that are compared.
    """
    return whole(quiet(layer_statistics_in_pieces(net, parameters, signals, activation_bins, gradient_bins)))


def layer_statistics_in_pieces(
    net: DenseNet,
    parameters: Parameters,
    signals: Signals,
    activation_bins: Bins,
    gradient_bins: Bins = GRADIENT_BINS,
) -> Pieces[LayerStatistics]:
    """Do what `layer_statistics` does, `LARGE` layers one by one; to be done `quiet`."""
    views, gradients = parameters.views, net.layout.views(parameters.gradient)
    table = np.full((net.depth, 9), np.nan)
    forward, back = [], []
    for l, (layer, activation) in enumerate(zip(signals.layers, net.activations, strict=True)):
        h = layer.output.value
        table[l, :2] = moments(h)
        table[l, 4:7] = _shares(layer, activation)
        table[l, 7] = moments(views[f"W{l + 1}"])[1]
        forward.append(activation_bins.shares(h))
        g = layer.pre.gradient
        if g is None:
            back.append(np.full(len(gradient_bins.edges) - 1, np.nan))
        else:
            table[l, 2:4] = moments(g)
            table[l, 8] = moments(gradients[f"W{l + 1}"])[1]
            back.append(gradient_bins.shares(g))
        if h.size >= LARGE:
            yield
    columns = dict(zip((field.name for field in fields(LayerStatistics)), table.T.copy(), strict=False))
    return LayerStatistics(
        activation_histogram=np.array(forward),
        gradient_histogram=np.array(back),
        activation_edges=activation_bins.edges,
        gradient_edges=gradient_bins.edges,
        **columns,
    )


def _shares(layer: LayerSignals, activation: str) -> tuple[float, float, float]:
    """Return the shares saturated, dead and exactly zero of a layer."""
    argument, h = layer.normalized.value, layer.post.value
    below, above = flat_below_above(activation)
    flat = np.count_nonzero(argument <= below) if below > -math.inf else 0
    flat += np.count_nonzero(argument >= above) if above < math.inf else 0
    zeros = np.count_nonzero(h == 0)
    dead = np.count_nonzero(~h.any(axis=0)) if zeros >= len(h) else 0
    return flat / argument.size, dead / h.shape[1], zeros / h.size


def identical_units(net: DenseNet, parameters: Mapping[str, Any]) -> int:
    """Return the first hidden layer, from 1, whose units all have the same weights to rounding; 0: none.

    Args:
        net: the model. parameters: its arrays by name.
    """
    for l, width in enumerate(net.widths, start=1):
        w = parameters[f"W{l}"]
        if width < 2:
            continue
        tolerance = 1e-9 if w.dtype == np.float64 else 1e-4
        limit = tolerance * max(float(np.abs(w[:, 0]).max()), 1e-300)
        if all(float(np.abs(part - part[:, :1]).max()) <= limit for part in (w[:1], w)):  # mostly one row tells
            return l
    return 0


def moments(values: Array) -> tuple[float, float]:
    """Return the mean and the standard deviation of all entries, in two passes.

    Squares that overflow are scaled first, so that a finite array has a finite standard deviation.
    """
    flat = values.reshape(-1)
    with np.errstate(all="ignore"):
        mean = float(flat.sum()) / flat.size
        centred = flat - flat.dtype.type(mean)
        variance = float(np.dot(centred, centred)) / flat.size
    if not 1e-30 < variance < 1e30:  # float32 squares are near its ends, or the array is constant or not finite
        wide = flat.astype(np.float64)
        top = float(np.abs(wide).max())
        if not 0 < top < math.inf:
            return (0.0, 0.0) if top == 0 else (float(wide.mean()), math.nan)
        wide /= top
        return float(wide.mean()) * top, float(wide.std()) * top
    return mean, math.sqrt(variance)


@lru_cache(maxsize=64)
def flat_below_above(activation: str) -> tuple[float, float]:
    """Return the arguments at or below, and at or above, which the activation is flat (infinite: never).

    Flat means |phi'| <= 0.0199 max|phi'| from there on, on a side with a bound: for tanh |h| >= .99, for the
    sigmoid the same slope, for ReLU z <= 0, for ELU h <= -.98.
    """
    phi = ACTIVATIONS[activation]
    z = np.linspace(-40, 40, 80001)
    slope = np.abs(phi.derivative(z, phi.function(z)))
    steep = np.flatnonzero(slope > FLAT * slope.max())
    first, last = steep[0], steep[-1]
    left, right = phi.bounds
    below = -math.inf if left is None or first == 0 else _crossing(activation, z[first - 1], z[first])
    above = math.inf if right is None or last == len(z) - 1 else _crossing(activation, z[last + 1], z[last])
    return below, above


def _crossing(activation: str, flat: float, steep: float) -> float:
    """Bisect for the argument where the slope passes the threshold, on the flat side."""
    phi = ACTIVATIONS[activation]
    z = np.linspace(-40, 40, 80001)
    threshold = FLAT * np.abs(phi.derivative(z, phi.function(z))).max()
    for _ in range(60):
        middle = np.array([(flat + steep) / 2])
        if abs(phi.derivative(middle, phi.function(middle))[0]) > threshold:
            steep = float(middle[0])
        else:
            flat = float(middle[0])
    return float(flat)


def update_ratios(net: DenseNet, theta: Array, before: Array) -> Array:
    """Return |change| / |weights| of each hidden layer's matrix, (L,): healthy near 1e-3.

    Args:
        net: the model. theta: its parameters (n,). before: those from before the update. A matrix of zeros gives
            infinity, or NaN if it did not move.
    Source: the notes (CS231n, "babysitting the learning process").
    """
    new, old = net.layout.views(theta), net.layout.views(before)
    with np.errstate(all="ignore"):
        return np.array(
            [
                np.linalg.norm(new[f"W{l}"] - old[f"W{l}"]) / np.linalg.norm(old[f"W{l}"])
                for l in range(1, net.depth + 1)
            ]
        )


def singular_values(matrix: Array) -> Array:
    """Return a matrix' singular values, descending, (min(rows, columns),) float64.

    By the eigenvalues of the smaller Gram matrix, twice as quick as an SVD; what lies below 1e-8 of the
    largest is rounding. A matrix that is not finite gives NaN.
    """
    wide = np.asarray(matrix, np.float64)
    top = float(np.abs(wide).max())
    if not math.isfinite(top):
        return np.full(min(wide.shape), np.nan)
    wide = wide / (top or 1.0)
    gram = wide @ wide.T if wide.shape[0] <= wide.shape[1] else wide.T @ wide
    values: Array = np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[::-1], 0)) * top
    return values


def weight_spectra(net: DenseNet, theta: Array) -> Iterator[Array]:
    """Yield the singular values of every hidden layer's matrix, first layer first.

    Args:
        net: the model. theta: its parameters, (n,).
    """
    views = net.layout.views(theta)
    for l in range(1, net.depth + 1):
        yield singular_values(views[f"W{l}"])


def jacobian(net: DenseNet, parameters: Parameters, row: Array, batch: Array | None = None) -> Array:
    """Return the Jacobian of the outputs by the inputs at one row, (outputs, D).

    Costs a pass over as many rows as there are outputs; with outputs=0 that is the last width.

    Args:
        net, parameters: the model. row: (D,).
        batch: rows whose statistics batch normalization shall use; None uses the running ones.
    """
    return whole(quiet(jacobian_in_pieces(net, parameters, row, batch)))


def jacobian_in_pieces(
    net: DenseNet, parameters: Parameters, row: Array, batch: Array | None = None
) -> Pieces[Array]:
    """Do what `jacobian` does, `LARGE` layers one by one; to be done `quiet`."""
    count = net.outputs or net.widths[-1]
    theta = parameters.theta
    constants = Parameters(net.layout, theta, running=parameters.running.copy())
    if batch is not None:
        yield from net.calibrate_in_pieces(constants, batch)
    inputs = Tensor(np.tile(np.asarray(row, theta.dtype), (count, 1)))
    signals = yield from net.forward_in_pieces(constants.views, inputs, "test")
    yield from backward_in_pieces(signals.outputs, np.eye(count, dtype=theta.dtype))
    return np.zeros(inputs.shape) if inputs.gradient is None else inputs.gradient
