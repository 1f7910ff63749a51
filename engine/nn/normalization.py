"""Batch and layer normalization as fused primitives, for one net and for a stack of them."""

from __future__ import annotations

import numpy as np

from engine.autodiff.arithmetic import unbroadcast
from engine.autodiff.tape import Array, Operand, Tensor, primitive, read

EPS = 1e-5
MOMENTUM = 0.1


def batch_norm(
    z: Operand,
    gamma: Operand,
    beta: Operand,
    running: tuple[Array, Array] | None = None,
    *,
    eps: float = EPS,
    momentum: float = MOMENTUM,
) -> Tensor:
    """Normalize every feature over the batch, then scale by gamma and shift by beta: training's version.

        x_hat = (z - mean) / sqrt(var + eps),   y = gamma * x_hat + beta
        dz = gamma / sqrt(var + eps) * (dy - mean(dy) - x_hat * mean(dy * x_hat))

    Args:
        z: (..., B, n); leading axes are runs, each with its own batch. gamma, beta: (n,) or (..., n).
        running: mean and variance, (n,) or (..., n) each, moved in place towards the batch's by ``momentum``;
            None leaves none. The variance remembered is the unbiased one, var * B/(B-1).
    Convention: the batch's own variance is biased (divided by B); running = 0.9 running + 0.1 new (torch;
        Keras keeps .99 of the old and remembers the biased one).
    Source: Ioffe & Szegedy 2015, arXiv:1502.03167; torch.nn.BatchNorm1d.
    """
    value, scale, shift = read(z), read(gamma), read(beta)
    count = value.shape[-2]
    mean = value.mean(axis=-2)
    x_hat = value - mean[..., None, :]
    variance = np.einsum("...bn,...bn->...n", x_hat, x_hat) / count
    inverse = 1 / np.sqrt(variance + eps)
    x_hat *= inverse[..., None, :]
    if running is not None:
        running_mean, running_variance = running
        running_mean += momentum * (mean - running_mean)
        running_variance += momentum * (variance * (count / max(count - 1, 1)) - running_variance)
    y = x_hat * scale[..., None, :]
    y += shift[..., None, :]

    def pullback(g: Array) -> tuple[Array, Array, Array]:
        d_beta = g.sum(axis=-2)
        d_gamma = np.einsum("...bn,...bn->...n", g, x_hat)
        dz = x_hat * (d_gamma / -count)[..., None, :]
        dz += g
        dz -= (d_beta / count)[..., None, :]
        dz *= (scale * inverse)[..., None, :]
        return dz, unbroadcast(d_gamma, scale.shape), unbroadcast(d_beta, shift.shape)

    return primitive(y, (z, gamma, beta), pullback, "batch_norm")


def batch_norm_test(
    z: Operand, gamma: Operand, beta: Operand, mean: Array, variance: Array, *, eps: float = EPS
) -> Tensor:
    """Normalize by remembered statistics: test time's version, an affine map of each row by itself.

    Args:
        z: (..., B, n). gamma, beta, mean, variance: (n,) or (..., n); mean and variance are constants.
        eps: added to the variance, > 0.
    """
    value, scale, shift = read(z), read(gamma), read(beta)
    mean, variance = mean.astype(value.dtype, copy=False), variance.astype(value.dtype, copy=False)
    inverse = 1 / np.sqrt(variance + eps)
    x_hat = (value - mean[..., None, :]) * inverse[..., None, :]
    y = x_hat * scale[..., None, :] + shift[..., None, :]

    def pullback(g: Array) -> tuple[Array, Array, Array]:
        dz = unbroadcast(g * (scale * inverse)[..., None, :], value.shape)
        return dz, _over_rows(g, x_hat, scale.shape), unbroadcast(g.sum(axis=-2), shift.shape)

    return primitive(y, (z, gamma, beta), pullback, "batch_norm_test")


def layer_norm(z: Operand, gamma: Operand, beta: Operand, eps: float = EPS) -> Tensor:
    """Normalize every row over its features, then scale by gamma and shift by beta; the same at test time.

    Args:
        z: (..., B, n). gamma, beta: (n,) or (..., n), one for each run.
    Convention: biased variance, eps inside the root (torch).
    Source: Ba, Kiros & Hinton 2016, arXiv:1607.06450; torch.nn.LayerNorm.
    """
    value, scale, shift = read(z), read(gamma), read(beta)
    width = value.shape[-1]
    x_hat = value - value.mean(axis=-1, keepdims=True)
    variance = np.einsum("...n,...n->...", x_hat, x_hat) / width
    inverse = (1 / np.sqrt(variance + eps))[..., None]
    x_hat *= inverse
    y = x_hat * scale[..., None, :]
    y += shift[..., None, :]

    def pullback(g: Array) -> tuple[Array, Array, Array]:
        upstream = g * scale[..., None, :]
        projection = np.einsum("...n,...n->...", upstream, x_hat)[..., None] / width
        dz = upstream - upstream.mean(axis=-1, keepdims=True)
        dz -= x_hat * projection
        dz *= inverse
        return dz, _over_rows(g, x_hat, scale.shape), unbroadcast(g.sum(axis=-2), shift.shape)

    return primitive(y, (z, gamma, beta), pullback, "layer_norm")


def _over_rows(g: Array, x_hat: Array, shape: tuple[int, ...]) -> Array:
    """Return the sum of g * x_hat over the rows, and over runs that share a gamma of this shape."""
    return unbroadcast(np.einsum("...bn,...bn->...n", g, x_hat), shape)
