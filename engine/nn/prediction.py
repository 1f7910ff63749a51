"""What theory expects of each layer of a net of finite width: means, spreads, gradients, with bands.

The band says how far one draw of the weights strays. Given the layer below, z_l is Gaussian with variance
q_l = sigma_w² mean(h²) + sigma_b², a mean over `width` units, so ln q_l gathers variance layer by layer:

    S' = (d ln q'/d ln q)² S + sigma_w⁴ (E[phi⁴] - E[phi²]²) / (width q'²)

and ln of the squared gradient likewise. Rows of a batch share the weights: what two rows have in common, by
their correlation c' = (sigma_w² E[phi(z_a) phi(z_b)] + sigma_b²)/q', does not average out over the batch.
The correlation itself scatters from pair to pair, by about 1/width a layer, which is traced too.

Source: Poole et al. 2016, arXiv:1606.05340 (q and c); Hanin & Rolnick 2018, arXiv:1803.01719 (the width: ReLU
gathers 5/width a layer); Yang et al. 2019, arXiv:1902.08129 (batch normalization).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.activations import ACTIVATIONS
from engine.nn.dense import Normalization, Skip
from engine.nn.meanfield import Moments, gaussian_moments

DEVIATIONS = 2.0
"""Half the band, in standard deviations: about 95 of 100 draws."""


@dataclass(frozen=True)
class Expectation:
    """What theory expects of each hidden layer, first to last; arrays of (L,), float64.

    Args:
        variance: q_l, mean square of z_l's entries (with a skip, of the stream).
        mean: of h_l's entries. std: of h_l's entries around the layer's mean.
        std_low, std_high: the band of ``std``.
        gradient: root mean square of d loss / d z_l, over that of the last layer.
        gradient_low, gradient_high: its band (no width at the last layer, where it is 1).
        chi: growth of the squared gradient from layer l+1's z to layer l's; NaN at the last.
        correlation: c_l between the z_l of two typical rows.
    """

    variance: Array
    mean: Array
    std: Array
    std_low: Array
    std_high: Array
    gradient: Array
    gradient_low: Array
    gradient_high: Array
    chi: Array
    correlation: Array


class _Layer(NamedTuple):
    q: float
    mean: float
    variance: float
    spread: float  # variance of ln(variance of h), batch averaged
    chi: float
    correlation: float
    fresh: float  # share of the squared gradient that passed this layer's own matrix
    crossed: float  # noise of paths of different length that meet in a skip
    fourth: float  # E[phi'⁴]/E[phi'²]²
    fourth_pair: float  # E[phi'_a² phi'_b²]/E[phi'²]²
    slope_pair: float  # E[phi'_a phi'_b]/E[phi'²]


def predict(
    activation: str,
    depth: int,
    width: int,
    sigma_w: float,
    sigma_b: float = 0.0,
    *,
    first_variance: float | None = None,
    rows: int = 1000,
    overlap: float = 1.0,
    normalization: Normalization = "none",
    skip: Skip = "none",
) -> Expectation:
    """Return the prediction for a net whose hidden layers are all alike, before training.

    Args:
        activation: a key of `ACTIVATIONS`. depth: L hidden layers.
        sigma_w: sqrt(fan_in * variance of an entry), see `Initializer.sigma_w`. sigma_b: of the biases.
        first_variance: of z_1, when the first layer's or the data's scale differs; None supposes inputs of
            unit mean square: sigma_w² + sigma_b².
        rows: of the batch; they are supposed uncorrelated at the input.
        overlap: mean squared cosine between two rows' gradients of the last layer, in [0, 1]: 1/(classes - 1)
            for softmax at its start, 0 for random ones. 1 gives the widest band.
        normalization, skip: as in `DenseNet`; with normalization phi sees variance 1.

    Convention: the theory of Gaussian weights; orthogonal ones stray less. Batch normalization supposes a large
        batch whose normalized rows are uncorrelated on average. The band allows 3/width for the theory's own
        error.
    """
    q = sigma_w**2 + sigma_b**2 if first_variance is None else first_variance
    state = _State(activation, width, sigma_w, sigma_b, rows, normalization, skip, q)
    with np.errstate(all="ignore"):
        layers = [state.advance() for _ in range(depth)]
        q, mean, variance, spread, chi, correlation = np.array([layer[:6] for layer in layers], np.float64).T
        std = np.sqrt(variance)
        error = 3 / width
        half = np.exp(DEVIATIONS / 2 * np.sqrt(spread) + error)
        above = np.concatenate([np.cumsum(np.log(chi[:-1])[::-1])[::-1], [0.0]])
        gradient = np.exp(above / 2)
        gathered = _gathered(layers, width, rows, overlap)
        wide = np.exp(DEVIATIONS / 2 * np.sqrt(gathered) + error * (np.arange(depth) < depth - 1))
        chi[-1] = np.nan
        return Expectation(
            q, mean, std, std / half, std * half, gradient, gradient / wide, gradient * wide, chi, correlation
        )


@dataclass
class _State:
    """Where the recursion stands: q of the layer to come and what is known of its scatter."""

    activation: str
    width: int
    sigma_w: float
    sigma_b: float
    rows: int
    normalization: Normalization
    skip: Skip
    q: float
    correlation: float = 0.0
    own: float = 0.0
    """Variance of ln q of one row."""
    shared: float = 0.0
    """Covariance of ln q between two rows."""
    scatter: float = 0.0
    """Variance of c from pair to pair."""

    def __post_init__(self) -> None:
        if self.q > 0:
            self.correlation = self.sigma_b**2 / self.q
        self.scatter = 1 / self.width
        self.batch_variance = self.q - self.sigma_b**2  # around each unit's mean over the batch
        if self.skip != "none":  # a stream keeps what z_1 happened to be
            self.own, self.shared = 2 / self.width, 2 * self.correlation**2 / self.width

    def advance(self) -> _Layer:
        """Return the present layer and go on to the next."""
        normalized = self.normalization != "none"
        n, w2, q = self.width, self.sigma_w**2, self.q
        seen = 1.0 if normalized and q > 0 else q
        c = 0.0 if self.normalization == "batch" else self.correlation
        m = gaussian_moments(self.activation, seen)
        square, variance = float(m.square), float(m.variance)
        own = 0.0 if normalized else self.own
        shared = 0.0 if normalized else self.shared

        # The spread of h: what q brings along, and that this layer has only n units.
        nudged = gaussian_moments(self.activation, seen * np.array([0.999, 1.001]))
        through_variance = _log_slope(nudged.variance)
        product = _pairs(self.activation, seen, c).product
        typical = math.sqrt(min(c * c + self.scatter, 1.0))
        pair = _pairs(self.activation, seen, typical)
        steady = gaussian_moments(self.activation, _in_range(seen))
        unit_noise = max(_ratio(float(steady.fourth), float(steady.variance) ** 2) - 1, 0.0)
        pair_noise = max(_ratio(pair.squares, float(steady.variance) ** 2), 0.0)
        spread = self._over_rows(
            through_variance**2 * own + unit_noise / n, through_variance**2 * shared + pair_noise / n
        )

        slope = float(m.slope)
        chi = self._back(slope)
        fresh, crossed = 1.0, 0.0
        inner = 1.0 + w2 * float(gaussian_moments(self.activation, w2 * square + self.sigma_b**2).slope)
        if self.skip != "none":
            branch_growth = chi * (inner if self.skip == "polynet" else 1.0)
            chi = 1 + branch_growth
            fresh = (branch_growth / chi) ** 2
            crossed = 4 * branch_growth / chi**2 / n
        layer = _Layer(
            q,
            float(m.mean),
            variance,
            spread,
            chi,
            c,
            fresh,
            crossed,
            _ratio(float(m.slope_fourth), slope**2),
            _ratio(pair.slopes_squared, slope**2),
            _ratio(abs(pair.slopes), slope),
        )
        self._forward(m, product, typical, _log_slope(nudged.square), (own, shared))
        return layer

    def _over_rows(self, own: float, shared: float) -> float:
        return shared + max(own - shared, 0.0) / self.rows

    def _back(self, slope: float) -> float:
        """Return chi of the branch alone."""
        scale = {"none": 1.0, "layer": self.q, "batch": self.batch_variance}[self.normalization]
        return self.sigma_w**2 * slope / scale if scale > 0 else math.nan

    def _forward(
        self, m: Moments, product: float, typical: float, through: float, strayed: tuple[float, float]
    ) -> None:
        square, (own, shared) = float(m.square), strayed
        n, w2, b2, q = self.width, self.sigma_w**2, self.sigma_b**2, self.q
        seen = 1.0 if self.normalization != "none" and q > 0 else q
        branch = w2 * square + b2
        signal = _ratio(w2 * square, branch)  # the share of it that is no bias
        through *= signal
        fresh = signal**2 * (_joint(self.activation, seen, 1.0) - 1) / n
        fresh_shared = signal**2 * (_joint(self.activation, seen, typical) - 1) / n
        nearby = _pairs(self.activation, seen, self.correlation - 0.01 * math.copysign(1, self.correlation))
        drift = w2 * abs(product - nearby.product) / 0.01
        added, covariance, batch = branch, w2 * product + b2, w2 * float(m.variance)
        if self.skip == "polynet":
            inner = gaussian_moments(self.activation, branch)
            second = w2 * float(inner.square) + b2
            covariance += w2 * _pairs(self.activation, branch, _ratio(covariance, branch)).product + b2
            added += second
            batch += w2 * float(inner.variance)
            beyond = _ratio(second, added) ** 2 / n  # G(F) strays with F, and by itself
            fresh += beyond * (_joint(self.activation, branch, 1.0) - 1)
            fresh_shared += beyond * (_joint(self.activation, branch, typical) - 1)
        following = added
        if self.skip != "none":
            following = q + added
            s = _ratio(added, following)
            covariance += self.correlation * q
            batch += self.batch_variance
            meeting = (2 * s * s + 4 * s * (1 - s)) / n
            fresh, fresh_shared = s * s * fresh + meeting, s * s * fresh_shared + typical**2 * meeting
            drift += q
            through = 1 - s + s * through
            own, shared = self.own, self.shared
        if 0 < following < math.inf:
            self.own = through**2 * own + fresh
            self.shared = through**2 * shared + fresh_shared
            self.correlation = min(max(covariance / following, -1.0), 1.0)
            loose = (1 - self.correlation**2) ** 2 * signal**2 * _joint(self.activation, seen, typical)
            self.scatter = min((drift / following) ** 2 * self.scatter + loose / n, 1.0)
        self.q, self.batch_variance = following, batch


def _log_slope(pair: Array) -> float:
    """Return d ln f / d ln q from f at 0.999 q and 1.001 q; 0 where f vanishes."""
    low, high = float(pair[0]), float(pair[1])
    return (math.log(high) - math.log(low)) / math.log(1.001 / 0.999) if 0 < low < math.inf > high > 0 else 0.0


def _in_range(q: float) -> float:
    """Return q where fourth powers have a place in float64; ratios of moments no longer depend on it there."""
    return min(max(q, 1e-60), 1e60)


def _ratio(a: float, b: float) -> float:
    return a / b if b else 0.0


@lru_cache(maxsize=1)
def _plane() -> tuple[Array, Array, Array]:
    """Return two independent standard Gaussians and weights, for expectations over pairs: to about 1e-3."""
    x, w = np.polynomial.hermite_e.hermegauss(40)
    a, b = np.meshgrid(x, x)
    weights = np.outer(w, w).ravel()
    return a.ravel(), b.ravel(), weights / weights.sum()


def _both(activation: str, q: float, c: float) -> tuple[Array, Array, Array, Array, Array]:
    x, y, w = _plane()
    c = min(max(c, -1.0), 1.0)
    root = math.sqrt(q) if 0 <= q < math.inf else math.nan
    za, zb = root * x, root * (c * x + math.sqrt(1 - c * c) * y)
    phi = ACTIVATIONS[activation]
    return za, phi.function(za), zb, phi.function(zb), w


class _Pairs(NamedTuple):
    """Expectations over z_a, z_b of variance q and correlation c."""

    product: float  # E[phi_a phi_b]
    squares: float  # Cov[(phi_a - mean)², (phi_b - mean)²], at q kept in range
    slopes: float  # E[phi'_a phi'_b]
    slopes_squared: float  # E[phi'_a² phi'_b²]


def _pairs(activation: str, q: float, c: float) -> _Pairs:
    if ACTIVATIONS[activation].pieces > 1:  # taken as linear in the correlation, around its mean
        m = gaussian_moments(activation, q)
        return _Pairs(
            float(m.mean) ** 2 + c * float(m.variance), c * c * float(m.fourth - m.variance**2), 1.0, 1.0
        )
    phi = ACTIVATIONS[activation]
    za, ha, zb, hb, w = _both(activation, q, c)
    product = float((ha * hb) @ w)
    if q != _in_range(q):
        za, ha, zb, hb, w = _both(activation, _in_range(q), c)
    mean = float(ha @ w)
    a2, b2 = (ha - mean) ** 2, (hb - mean) ** 2
    slopes = phi.derivative(za, ha) * phi.derivative(zb, hb)
    return _Pairs(
        product, float((a2 * b2) @ w - (a2 @ w) * (b2 @ w)), float(slopes @ w), float((slopes * slopes) @ w)
    )


def _joint(activation: str, q: float, c: float) -> float:
    """Return E[phi_a² phi_b²] / E[phi²]²; for c = 1 the kurtosis."""
    if ACTIVATIONS[activation].pieces > 1:
        return 1 + 2 * c * c
    _, ha, _, hb, w = _both(activation, _in_range(q), c)
    a2, b2 = ha * ha, hb * hb
    return _ratio(float((a2 * b2) @ w), float(a2 @ w) ** 2)


def _gathered(layers: list[_Layer], width: int, rows: int, overlap: float) -> Array:
    """Return the variance of ln(squared gradient), of the batch, against the last layer's."""
    result = np.zeros(len(layers))
    own = shared = 0.0
    for l in range(len(layers) - 2, -1, -1):
        layer = layers[l]
        own += layer.fresh * (3 * layer.fourth - 1) / width + layer.crossed
        in_common = max((1 + 2 * overlap) * layer.fourth_pair - 1, 0.0)
        shared += layer.fresh * in_common / width + layer.crossed * overlap
        overlap = min(overlap * layer.slope_pair**2 + 1 / width, 1.0)
        result[l] = shared + max(own - shared, 0.0) / rows
    return result
