"""Initializers: how each weight matrix is drawn, and the variance that theory expects of it.

Those that need no data; `engine.nn.lsuv` and `engine.nn.pretraining` go on from here with data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.autodiff.tape import Array
from engine.catalog import by_name
from engine.message import _
from engine.nn.draws import DRAWS


@dataclass(frozen=True)
class Scales:
    """The numbers that some initializers read off sliders.

    Args:
        init_std: standard deviation of ``normal`` and ``uniform``. constant: of ``constant``.
        sigma_w: of ``mean_field``, whose weights have variance sigma_w²/fan_in.
        sigma_b: standard deviation of every bias, with any initializer; 0 sets them to 0.
    """

    init_std: float = 0.01
    constant: float = 0.1
    sigma_w: float = 1.0
    sigma_b: float = 0.0


DEFAULT_SCALES = Scales()


@dataclass(frozen=True)
class Initializer:
    """One way to fill a weight matrix.

    Args:
        name: its key in `INITIALIZERS`. title: for people, translatable. latex: the distribution.
        family: ``constant``, ``normal``, ``uniform`` or ``orthogonal``.
        variance: (fan_in, fan_out, scales) -> variance of an entry (of ``constant``: the value itself).
        source: where it was proposed.
    """

    name: str
    title: str
    latex: str
    family: str
    variance: Callable[[int, int, Scales], float]
    source: str

    def draw(
        self,
        rng: np.random.Generator,
        fan_in: int,
        fan_out: int,
        scales: Scales = DEFAULT_SCALES,
        out: Array | None = None,
    ) -> Array:
        """Return a new (fan_in, fan_out) float64 matrix, or ``out`` filled with it, rounded to its dtype.

        Args:
            rng: draws the numbers. fan_in, fan_out: inputs and outputs. scales: what the variance reads.
            out: (fan_in, fan_out), filled; None makes it.
        Convention: fan_in is the number of inputs of a unit; a layer computes x @ W. Uniform ones reach
            sqrt(3 variance) either way. Orthogonal: QR of a Gaussian matrix with the signs of R's diagonal
            divided out (torch.nn.init.orthogonal_); if not square, its shorter side is orthonormal.
        """
        shape, amount = (fan_in, fan_out), self.variance(fan_in, fan_out, scales)
        matrix = np.empty(shape) if out is None else out
        if self.family == "constant":
            matrix.fill(amount)
        elif self.family == "uniform":
            reach = math.sqrt(3 * amount)
            matrix[...] = rng.uniform(-reach, reach, shape)
        elif self.family == "orthogonal":
            matrix[...] = DRAWS.get("orthogonal", rng, shape, lambda r: orthogonal(fan_in, fan_out, r))
        else:
            unit = DRAWS.get("normal", rng, shape, lambda r: r.standard_normal(shape))
            np.multiply(unit, math.sqrt(amount), out=matrix, casting="same_kind")
        return matrix

    def sigma_w(self, fan_in: int, fan_out: int, scales: Scales = DEFAULT_SCALES) -> float:
        """Return sqrt(fan_in * variance): the scale that mean field theory speaks of.

        A constant matrix is no random one; its sigma_w is 0 (nothing random passes).

        Args:
            fan_in, fan_out: inputs and outputs of the layer. scales: what the variance reads.
        """
        if self.family == "constant":
            return 0.0
        return math.sqrt(fan_in * self.variance(fan_in, fan_out, scales))


def orthogonal(rows: int, columns: int, rng: np.random.Generator) -> Array:
    """Return a matrix with orthonormal rows or columns (the fewer), uniform over all of them.

    Args:
        rows, columns: of the matrix.
        rng: draws a Gaussian matrix; the result is its Q with the signs of R's diagonal.
    """
    gaussian = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(gaussian)
    q *= np.sign(np.diagonal(r))
    return np.ascontiguousarray(q if rows >= columns else q.T)


def _entries() -> list[Initializer]:
    glorot = "Glorot & Bengio 2010, AISTATS"
    he = "He et al. 2015, arXiv:1502.01852"
    lecun = "LeCun et al. 1998, Efficient BackProp, section 4.6"
    n = r"\mathcal N\left(0, {}\right)"
    u = r"\mathcal U\left(\pm\sqrt{{{}}}\right), \ \mathrm{{Var}}(w) = {}"
    xavier, two = r"\frac{2}{n_{in}+n_{out}}", r"\frac{2}{n_{in}}"
    return [
        Initializer("zeros", _("Zeros"), "0", "constant", lambda i, o, s: 0.0, "the mistake to see once"),
        Initializer("constant", _("Constant"), "c", "constant", lambda i, o, s: s.constant, "CS231n, lecture 6"),
        Initializer("normal", _("Normal"), n.format("s^2"), "normal", lambda i, o, s: s.init_std**2, "CS231n"),
        Initializer(
            "uniform", _("Uniform"), u.format("3s^2", "s^2"), "uniform", lambda i, o, s: s.init_std**2, ""
        ),
        Initializer(
            "standard_uniform",
            _("Standard uniform"),
            u.format(r"\frac{1}{n_{in}}", r"\frac{1}{3 n_{in}}"),
            "uniform",
            lambda i, o, s: 1 / (3 * i),
            "the heuristic named in " + glorot + "; torch.nn.Linear",
        ),
        Initializer(
            "lecun_normal",
            _("LeCun normal"),
            n.format(r"\frac{1}{n_{in}}"),
            "normal",
            lambda i, o, s: 1 / i,
            lecun,
        ),
        Initializer(
            "lecun_uniform",
            _("LeCun uniform"),
            u.format(r"\frac{3}{n_{in}}", r"\frac{1}{n_{in}}"),
            "uniform",
            lambda i, o, s: 1 / i,
            lecun,
        ),
        Initializer(
            "xavier_normal", _("Xavier normal"), n.format(xavier), "normal", lambda i, o, s: 2 / (i + o), glorot
        ),
        Initializer(
            "xavier_uniform",
            _("Xavier uniform"),
            u.format(r"\frac{6}{n_{in}+n_{out}}", xavier),
            "uniform",
            lambda i, o, s: 2 / (i + o),
            glorot,
        ),
        Initializer("he_normal", _("He normal"), n.format(two), "normal", lambda i, o, s: 2 / i, he),
        Initializer(
            "he_uniform", _("He uniform"), u.format(r"\frac{6}{n_{in}}", two), "uniform", lambda i, o, s: 2 / i, he
        ),
        Initializer(
            "orthogonal",
            _("Orthogonal"),
            r"W^\top W = I, \ \mathrm{Var}(w) = \frac{1}{\max(n_{in}, n_{out})}",
            "orthogonal",
            lambda i, o, s: 1 / max(i, o),
            "Saxe, McClelland & Ganguli 2013, arXiv:1312.6120",
        ),
        Initializer(
            "mean_field",
            _("Mean field (σ_w, σ_b)"),
            n.format(r"\frac{\sigma_w^2}{n_{in}}"),
            "normal",
            lambda i, o, s: s.sigma_w**2 / i,
            "Poole et al. 2016, arXiv:1606.05340",
        ),
    ]


INITIALIZERS: dict[str, Initializer] = by_name(_entries())
"""Every initializer that needs no data, by name, in the order of menus."""

SUITED: Mapping[str, str] = {
    "linear": "xavier_normal",
    "tanh": "xavier_normal",
    "sigmoid": "xavier_normal",
    "softplus": "xavier_normal",
    "selu": "lecun_normal",
    "maxout": "lecun_normal",
}
"""The initialization that suits an activation; He's for all others."""


def suited(activation: str) -> str:
    """Return the initialization that suits an activation."""
    return SUITED.get(activation, "he_normal")
