"""Every activation once: the function, its derivative, its name for people, its formula, its name in torch.

`activate` puts one on the tape as a single fused primitive. Adding an activation is adding one entry to
`ACTIVATIONS`; the tests, the theory of `engine.nn.meanfield` and the export to PyTorch follow from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.autodiff.operations import back, into, ones
from engine.autodiff.tape import Array, Operand, Tensor, primitive, read, tracks
from engine.message import _
from engine.nn.error_function import erf

SELU_ALPHA = 1.6732632423543778
SELU_SCALE = 1.0507009873554805
LEAK = 0.01
PRELU_START = 0.25


@dataclass(frozen=True)
class Activation:
    """A nonlinearity phi.

    Args:
        name: its key in `ACTIVATIONS`. title: for people, translatable. latex: phi(z).
        function: z -> h = phi(z), new memory, any shape and float dtype.
        derivative: (z, h) -> phi'(z), new memory. At a kink it is what torch takes there.
        torch: an expression for `torch.nn` that builds the same module, "" where the export writes it out.
        bounds: the values it approaches at minus and plus infinity where it flattens to a finite bound on
            that side, else None: what "saturated" means.
        kinks: points where the derivative jumps; quadrature splits there.
        slope: True when a slope is learned (one a layer).
        pieces: how many inputs a unit takes the largest of.
    """

    name: str
    title: str
    latex: str
    function: Callable[[Array], Array]
    derivative: Callable[[Array, Array], Array]
    torch: str
    bounds: tuple[float | None, float | None] = (None, None)
    kinks: tuple[float, ...] = ()
    slope: bool = False
    pieces: int = 1


def _sigmoid(z: Array) -> Array:
    with np.errstate(over="ignore"):  # e**-z = inf gives the right 0
        h: Array = np.exp(-z)
    h += 1
    np.reciprocal(h, out=h)
    return h


def _step(z: Array) -> Array:
    return (z > 0).astype(z.dtype)


def _tanh_derivative(z: Array, h: Array) -> Array:
    d: Array = h * h
    np.subtract(1, d, out=d)
    return d


def _elu(z: Array) -> Array:
    h: Array = np.minimum(z, 0)
    np.expm1(h, out=h)
    h += np.maximum(z, 0)
    return h


def _elu_derivative(z: Array, h: Array) -> Array:
    d: Array = np.minimum(h, 0)
    d += 1
    return d


def _selu(z: Array) -> Array:
    h: Array = np.minimum(z, 0)
    np.expm1(h, out=h)
    h *= SELU_ALPHA
    h += np.maximum(z, 0)
    h *= SELU_SCALE
    return h


def _selu_derivative(z: Array, h: Array) -> Array:
    d: Array = np.minimum(h, 0)
    d += SELU_ALPHA * SELU_SCALE
    d -= (SELU_ALPHA - 1) * SELU_SCALE * _step(z)
    return d


def _normal_cdf(z: Array) -> Array:
    p: Array = erf(z * (1 / math.sqrt(2)))
    p += 1
    p *= 0.5
    return p


def _gelu_derivative(z: Array, h: Array) -> Array:
    cdf: Array = np.divide(h, z, out=np.full_like(z, 0.5), where=z != 0)  # h = z Phi(z)
    cdf += z * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return cdf


def _silu_derivative(z: Array, h: Array) -> Array:
    s = _sigmoid(z)
    d: Array = s + h * (1 - s)
    return d


def _softplus(z: Array) -> Array:
    h: Array = np.abs(z)
    np.negative(h, out=h)
    np.exp(h, out=h)
    np.log1p(h, out=h)
    h += np.maximum(z, 0)
    return h


def _tanh_of_softplus(z: Array) -> tuple[Array, Array]:
    """Return t = tanh(softplus(z)) = w/(w+2), w = e^z (e^z + 2), and 1 - t, without cancellation."""
    e = np.exp(np.minimum(z, 20))
    w = e * (e + 2)
    rest = 2 / (w + 2)
    return w * rest * 0.5, rest


def _mish(z: Array) -> Array:
    h: Array = z * _tanh_of_softplus(z)[0]
    return h


def _mish_derivative(z: Array, h: Array) -> Array:
    t, rest = _tanh_of_softplus(z)
    d: Array = t + z * rest * (1 + t) * _sigmoid(z)
    return d


def _leaky(slope: float) -> tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]:
    def function(z: Array) -> Array:
        h: Array = z * slope
        return np.maximum(z, h, out=h)

    def derivative(z: Array, h: Array) -> Array:
        d = _step(z)
        d *= 1 - slope
        d += slope
        return d

    return function, derivative


def _activations() -> dict[str, Activation]:
    exp_one = r"e^{z}-1"
    entries = [
        Activation("linear", _("linear"), r"z", np.copy, lambda z, h: np.ones_like(z), "Identity()"),
        Activation(
            "sigmoid", _("sigmoid"), r"\frac{1}{1+e^{-z}}", _sigmoid, lambda z, h: h * (1 - h), "Sigmoid()",
            bounds=(0.0, 1.0),
        ),
        Activation("tanh", _("tanh"), r"\tanh z", np.tanh, _tanh_derivative, "Tanh()", bounds=(-1.0, 1.0)),
        Activation(
            "relu", _("ReLU"), r"\max(0, z)", lambda z: np.maximum(z, 0), lambda z, h: _step(z), "ReLU()",
            bounds=(0.0, None), kinks=(0.0,),
        ),
        Activation(
            "leaky_relu", _("leaky ReLU"), r"\max(0.01\,z, z)", *_leaky(LEAK), f"LeakyReLU({LEAK})",
            kinks=(0.0,),
        ),
        Activation(
            "prelu", _("PReLU"), r"\max(0, z) + a\,\min(0, z)", *_leaky(PRELU_START),
            f"PReLU(1, {PRELU_START})", kinks=(0.0,), slope=True,
        ),
        Activation(
            "elu", _("ELU"), rf"z \text{{ if }} z > 0 \text{{ else }} {exp_one}",
            _elu, _elu_derivative, "ELU()", bounds=(-1.0, None), kinks=(0.0,),
        ),
        Activation(
            "selu", _("SELU"), rf"\lambda\,(z \text{{ if }} z > 0 \text{{ else }} \alpha({exp_one}))",
            _selu, _selu_derivative, "SELU()", bounds=(-SELU_ALPHA * SELU_SCALE, None), kinks=(0.0,),
        ),
        Activation(
            "gelu", _("GELU"), r"z\,\Phi(z)", lambda z: z * _normal_cdf(z), _gelu_derivative, "GELU()",
            bounds=(0.0, None),
        ),
        Activation(
            "silu", _("SiLU"), r"z\,\sigma(z)", lambda z: z * _sigmoid(z), _silu_derivative, "SiLU()",
            bounds=(0.0, None),
        ),
        Activation(
            "softplus", _("softplus"), r"\ln(1+e^{z})", _softplus, lambda z, h: _sigmoid(z),
            "Softplus(threshold=1000)", bounds=(0.0, None),
        ),
        Activation(
            "mish", _("Mish"), r"z\tanh(\ln(1+e^{z}))", _mish, _mish_derivative, "Mish()", bounds=(0.0, None)
        ),
        # Of one piece, as the theory sees it along one input: the second piece is another Gaussian.
        Activation(
            "maxout", _("Maxout"), r"\max(z_1, z_2)", np.copy, lambda z, h: np.ones_like(z), "", pieces=2
        ),
    ]  # fmt: skip
    return {entry.name: entry for entry in entries}


ACTIVATIONS: dict[str, Activation] = _activations()
"""Every activation by name, in the order of menus.

Convention: ELU alpha = 1, leaky slope 0.01, PReLU one slope a layer from 0.25, GELU exact (not its tanh
    approximation), Maxout of two pieces: the defaults of torch.nn.
Source: Maas 2013 (leaky ReLU), He et al. 2015 arXiv:1502.01852 (PReLU), Clevert et al. 2015
    arXiv:1511.07289 (ELU), Klambauer et al. 2017 arXiv:1706.02515 (SELU), Hendrycks & Gimpel 2016
    arXiv:1606.08415 (GELU, SiLU), Misra 2019 arXiv:1908.08681 (Mish),
    Goodfellow et al. 2013 arXiv:1302.4389 (Maxout).
"""


def activate(name: str, z: Operand, slope: Operand | None = None) -> Tensor:
    """Return phi(z) as one fused primitive.

    Args:
        name: of an entry of `ACTIVATIONS`.
        z: (B, n); for Maxout (B, pieces * n), piece after piece.
        slope: PReLU's learned slope, (1,); its start 0.25 when None.
    Returns: (B, n).
    """
    activation = ACTIVATIONS[name]
    if activation.pieces > 1:
        return _maxout(z, activation.pieces)
    if activation.slope and slope is not None:
        return _prelu(z, slope)
    value = read(z)
    if name == "linear":
        return primitive(value, (z,), lambda g: (g,))
    h = activation.function(value)

    def pullback(g: Array) -> tuple[Array]:
        d = activation.derivative(value, h)
        d *= g
        return (d,)

    return primitive(h, (z,), pullback)


def dense(x: Operand, weight: Operand, bias: Operand, name: str) -> tuple[Tensor, Tensor]:
    """Return z = x @ weight + bias and h = phi(z) as one fused primitive, for elementwise activations.

    Half the tape's work of `affine` followed by `activate`. z is beside the tape, not on it: read its value
    and, after `backward`, its gradient, but do not compute further with it.

    Args:
        x: (B, n). weight: (n, m). bias: (m,). name: of an activation of one piece without a learned slope.
    """
    inputs, matrix = read(x), read(weight)
    z = np.matmul(inputs, matrix)
    z += read(bias)
    activation = ACTIVATIONS[name]
    h = activation.function(z)
    pre = Tensor(z)
    pre.tracked = False

    def pullback(g: Array) -> tuple[Array | None, Array | None, Array | None]:
        d = activation.derivative(z, h)
        d *= g
        pre.gradient = d
        into_x = back(d, matrix) if tracks(x) else None
        return into_x, into(weight, inputs.T, d), into(bias, ones(len(d), d.dtype), d)

    return pre, primitive(h, (x, weight, bias), pullback)


def _prelu(z: Operand, slope: Operand) -> Tensor:
    """Return max(0, z) + slope * min(0, z); at 0 the gradient is the slope (torch)."""
    value, a = read(z), read(slope)
    negative = np.minimum(value, 0)
    h = np.maximum(value, 0)
    h += a * negative

    def pullback(g: Array) -> tuple[Array, Array | None]:
        d = _step(value)
        d *= 1 - a
        d += a
        d *= g
        share = np.array([np.vdot(g, negative)], a.dtype) if tracks(slope) else None
        return d, share

    return primitive(h, (z, slope), pullback)


def _maxout(z: Operand, pieces: int) -> Tensor:
    """Return the largest of the pieces; the gradient goes to the first that attains it."""
    value = read(z)
    stack = value.reshape(value.shape[0], pieces, -1)
    h = stack.max(axis=1)

    def pullback(g: Array) -> tuple[Array]:
        spread = np.zeros_like(stack)
        np.put_along_axis(spread, stack.argmax(axis=1)[:, None], g[:, None], axis=1)
        return (spread.reshape(value.shape),)

    return primitive(h, (z,), pullback)
