"""Mean field theory of wide random nets: how variance and gradients pass, with a band for the finite width.

With weights N(0, sigma_w²/fan_in) and biases N(0, sigma_b²), z Gaussian of variance q, all E over a standard
Gaussian x:

    q'  = sigma_w² E[phi(sqrt(q) x)²] + sigma_b²               variance of the next layer's z
    chi = sigma_w² E[phi'(sqrt(q) x)²]                         growth of the squared gradient, a layer

Gradients vanish where chi < 1 and explode where chi > 1; the critical line of the (sigma_w, sigma_b) plane is
chi = 1 at the fixed point of q.

Source: Poole et al. 2016, arXiv:1606.05340; Schoenholz et al. 2017, arXiv:1611.01232; for batch normalization
Yang et al. 2019, arXiv:1902.08129; for the width Hanin & Rolnick 2018, arXiv:1803.01719.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.activations import ACTIVATIONS


@lru_cache(maxsize=1)
def _quadrature() -> tuple[Array, Array]:
    """Return nodes and weights for E over a standard Gaussian: x (n,) and w (n,), sum(w) = 1.

    Gauss-Legendre panels from -12 to 12 with an edge at 0, where activations have their kinks, and narrower
    ones near 0, where saturating activations of a large q turn. Gauss-Hermite, exact for polynomials, is off
    by 1e-3 at a kink; this is good to 1e-12 for q up to 1e8.
    """
    node, weight = np.polynomial.legendre.leggauss(12)
    side = np.concatenate([[0.0], np.geomspace(1e-4, 1.0, 9), np.linspace(1.0, 12.0, 12)[1:]])
    edges = np.concatenate([-side[:0:-1], side])
    half = np.diff(edges)[:, None] / 2
    x = (edges[:-1, None] + half * (1 + node)).ravel()
    w = (half * weight).ravel() * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return x, w / w.sum()


@dataclass(frozen=True)
class Moments:
    """Expectations at pre-activation variance q; arrays of q's shape.

    Args:
        mean: E[phi]. square: E[phi²]. variance: E[(phi - mean)²]. fourth: E[(phi - mean)⁴].
        slope: E[phi'²]. slope_fourth: E[phi'⁴].
    """

    mean: Array
    square: Array
    variance: Array
    fourth: Array
    slope: Array
    slope_fourth: Array


def gaussian_moments(activation: str, q: Array | float) -> Moments:
    """Return the expectations over z ~ N(0, q), elementwise in q >= 0; not finite where q is not.

    Maxout is that of two independent pieces: E[max] = sqrt(q/pi), and each gradient takes one piece.
    """
    variance = np.asarray(q, np.float64)
    x, w = _quadrature()
    phi = ACTIVATIONS[activation]
    with np.errstate(all="ignore"):
        if phi.pieces > 1:
            one, left = np.ones_like(variance), variance * (1 - 1 / math.pi)
            fourth = variance**2 * (3 - 4 / math.pi - 3 / math.pi**2)  # with E[max³] = 5/2 sqrt(q³/pi)
            return Moments(np.sqrt(variance / math.pi), variance, left, fourth, one, one)
        z = np.sqrt(variance)[..., None] * x
        h = phi.function(z)
        d = phi.derivative(z, h)
        mean = h @ w
        centred = h - mean[..., None]
        c2, d2 = centred * centred, d * d
        return Moments(mean, (h * h) @ w, c2 @ w, (c2 * c2) @ w, d2 @ w, (d2 * d2) @ w)


def next_variance(activation: str, q: Array | float, sigma_w: Array | float, sigma_b: Array | float) -> Array:
    """Return q', the variance of the next layer's z.

    Args:
        activation: its name. q: variance of this layer's pre-activations, at least 0.
        sigma_w, sigma_b: standard deviations of weights (times the root of fan_in) and of biases; all broadcast.
    """
    result: Array = np.asarray(
        np.square(sigma_w) * gaussian_moments(activation, q).square + np.square(sigma_b), np.float64
    )
    return result


def growth(activation: str, q: Array | float, sigma_w: Array | float) -> Array:
    """Return chi, by which a layer multiplies the mean squared gradient on its way back.

    Args:
        activation: its name. q: variance of the pre-activations, at least 0.
        sigma_w: standard deviation of the weights times the root of fan_in; broadcasts with q.
    """
    return np.asarray(np.square(sigma_w) * gaussian_moments(activation, q).slope, np.float64)


@lru_cache(maxsize=32)
def _table(activation: str) -> tuple[Array, Moments]:
    """Return q from 1e-12 to 1e12, forty a decade, and the moments there."""
    q = np.logspace(-12, 12, 961)
    return q, gaussian_moments(activation, q)


def fixed_point(
    activation: str, sigma_w: Array | float, sigma_b: Array | float, start: float = 1.0, polish: int = 40
) -> Array:
    """Return q* to which the variance tends from ``start``: 0 where it dies, infinity where it has no bound.

    E[phi²] grows with q, so the iteration is monotone and stops at the first fixed point on its way: the first
    change of sign of q' - q on a fine grid, then refined (Illinois) on the exact map.

    Args:
        activation: a key of `ACTIVATIONS`. sigma_w, sigma_b: >= 0, broadcast together.
        start: q of the first layer, > 0.
        polish: at most so many refinements; 0 interpolates, to a relative 1e-4, for pictures.
    """
    w2, b2 = (np.square(np.asarray(a, np.float64)) for a in np.broadcast_arrays(sigma_w, sigma_b))
    shape, w2, b2 = w2.shape, w2.ravel(), b2.ravel()
    grid, moments = _table(activation)

    def excess(q: Array) -> Array:
        return np.asarray(w2 * gaussian_moments(activation, q).square + b2 - q)

    surplus = w2[:, None] * moments.square + b2[:, None] - grid
    first = int(np.searchsorted(grid, start * (1 + 1e-12)))  # the first grid point above the start
    at_start = excess(np.full(w2.shape, start))
    result = np.full(w2.shape, start)
    still = np.abs(at_start) <= 1e-13 * start  # on a line of fixed points, as ReLU's is
    low, high = np.zeros(w2.shape, int), np.zeros(w2.shape, int)
    up, down = surplus[:, first:] <= 0, surplus[:, :first] >= 0
    rising = (at_start > 0) & ~still
    falling = ~rising & ~still
    result[rising & ~up.any(axis=1)] = np.inf
    result[falling & ~down.any(axis=1)] = 0.0
    high[:] = np.where(rising, first + up.argmax(axis=1), first - down[:, ::-1].argmax(axis=1))
    low[:] = high - 1
    inside = (rising & up.any(axis=1)) | (falling & down.any(axis=1))
    rows = np.flatnonzero(inside)
    w2, b2 = w2[rows], b2[rows]
    low, high = np.clip(low[rows], 0, len(grid) - 1), np.clip(high[rows], 0, len(grid) - 1)
    result[rows] = _bracketed_root(
        excess, (grid[low], grid[high]), (surplus[rows, low], surplus[rows, high]), polish
    )
    return result.reshape(shape)


def _bracketed_root(
    function: Callable[[Array], Array], bracket: tuple[Array, Array], values: tuple[Array, Array], steps: int
) -> Array:
    """Return roots inside brackets, elementwise, by regula falsi in Illinois' version."""
    (a, b), (fa, fb) = bracket, values
    with np.errstate(all="ignore"):
        root = np.where(fa == fb, a, a - fa * (b - a) / (fb - fa))
        for _ in range(steps):
            value = function(root)
            left = np.sign(value) == np.sign(fa)
            a, b = np.where(left, root, a), np.where(left, b, root)
            fa, fb = np.where(left, value, fa / 2), np.where(left, fb / 2, value)
            following = np.where(fa == fb, root, a - fa * (b - a) / (fb - fa))
            settled = np.all(np.abs(following - root) <= 4e-16 * root)
            root = np.where(value == 0, root, following)
            if settled:
                break
    return root


def critical_line(activation: str, sigma_b_max: float = 3.0, count: int = 200) -> tuple[Array, Array]:
    """Return (sigma_w, sigma_b) along chi = 1: between the ordered and the chaotic phase.

    Read off by the fixed point's q: sigma_w² = 1/E[phi'²], sigma_b² = q - sigma_w² E[phi²] where that is not
    negative. For ReLU and its like the line is the single point (sqrt 2, 0), returned alone.

    Args:
        activation: its name. sigma_b_max: how far the line is followed. count: points, about.
    Returns:
        two arrays of about ``count`` points at most in the order of q, within ``sigma_b_max``; NaN parts pieces.
    """
    q = np.logspace(-10, 4, 4 * count)
    m = gaussian_moments(activation, q)
    with np.errstate(all="ignore"):
        w2 = 1 / m.slope
        b2 = q - w2 * m.square
        outside = ~((b2 >= -1e-9 * q) & (b2 <= sigma_b_max**2) & np.isfinite(w2))
        w, b = np.sqrt(w2), np.sqrt(np.maximum(b2, 0))
    if np.all(np.abs(b2) <= 1e-10 * q):  # the same at every q: the map is linear in q
        return w[:1], np.zeros(1)
    w[outside] = b[outside] = np.nan
    gap = outside & ~np.roll(outside, 1)  # one NaN for each gap
    end = ~outside & (np.roll(outside, 1) | np.roll(outside, -1))
    kept = gap | end | (~outside & (np.arange(len(q)) % 4 == 0))
    places = np.flatnonzero(kept)
    inner = places[places <= np.max(np.flatnonzero(~outside), initial=-1)]  # no NaN after the last piece
    return w[inner], b[inner]


@dataclass(frozen=True)
class PhaseDiagram:
    """The (sigma_b, sigma_w) plane of an activation: rows are sigma_b, columns sigma_w.

    Args:
        q: fixed point of the variance; infinity where it has no bound.
        chi: growth of the squared gradient a layer there; where q is infinite, its limit for large q.
    """

    sigma_w: Array
    sigma_b: Array
    q: Array
    chi: Array


def phase_diagram(activation: str, sigma_w: Array, sigma_b: Array) -> PhaseDiagram:
    """Return the phase diagram on a grid, to about four digits: for a picture.

    Args:
        activation: its name. sigma_w: (columns,). sigma_b: (rows,).
    """
    w, b = np.meshgrid(sigma_w, sigma_b)
    q = fixed_point(activation, w, b, polish=0)
    grid, moments = _table(activation)
    clipped = np.log(np.clip(q, grid[0], grid[-1]))
    slope = np.interp(clipped, np.log(grid), moments.slope)
    return PhaseDiagram(np.asarray(sigma_w), np.asarray(sigma_b), q, w**2 * slope)
