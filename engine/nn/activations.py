"""Every activation once: the function, its derivative, its name for people, its formula, its name in torch.

`activate` puts one on the tape as a single fused primitive. Adding an activation is adding one entry to
`ACTIVATIONS`; the tests, the theory of `engine.nn.meanfield` and the export to PyTorch follow from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.autodiff.arithmetic import unbroadcast
from engine.autodiff.error_function import erf
from engine.autodiff.memory import FRESH, Memory
from engine.autodiff.products import affine, into, ones
from engine.autodiff.tape import Array, Operand, Tensor, onward, primitive, read, tracks
from engine.catalog import by_name
from engine.message import _

SELU_ALPHA = 1.6732632423543778
SELU_SCALE = 1.0507009873554805
LEAK = 0.01
PRELU_START = 0.25


Out = Array | None


@dataclass(frozen=True)
class Activation:
    """A nonlinearity phi.

    Args:
        name: its key in `ACTIVATIONS`. title: for people, translatable. latex: phi(z).
        function: (z, out=None) -> h = phi(z), any shape and float dtype; new memory, or ``out`` filled.
        derivative: (z, h, out=None) -> phi'(z), likewise. At a kink it is what torch takes there.
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
    function: Callable[..., Array]
    derivative: Callable[..., Array]
    torch: str
    bounds: tuple[float | None, float | None] = (None, None)
    kinks: tuple[float, ...] = ()
    slope: bool = False
    pieces: int = 1


def _sigmoid(z: Array, out: Out = None) -> Array:
    h: Array = np.negative(z, out=out)
    with np.errstate(over="ignore"):  # e**-z = inf gives the right 0
        np.exp(h, out=h)
    h += 1
    np.reciprocal(h, out=h)
    return h


def _sigmoid_derivative(z: Array, h: Array, out: Out = None) -> Array:
    d: Array = np.subtract(1, h, out=out)
    d *= h
    return d


def _positive(z: Array, out: Out = None) -> Array:
    """Return max(z, 0); with bounds of z's own type `clip` takes a third of the time of `maximum`."""
    h: Array = z.clip(z.dtype.type(0), z.dtype.type(math.inf), out=out)
    return h


def _negative(z: Array, out: Out = None) -> Array:
    """Return min(z, 0)."""
    h: Array = z.clip(z.dtype.type(-math.inf), z.dtype.type(0), out=out)
    return h


def _step(z: Array, h: Array | None = None, out: Out = None) -> Array:
    """Return 1 where z > 0, else 0."""
    d: Array = np.empty_like(z) if out is None else out
    np.greater(z, 0, out=d)
    return d


def _one(z: Array, h: Array, out: Out = None) -> Array:
    d: Array = np.empty_like(z) if out is None else out
    d.fill(1)
    return d


def _tanh_derivative(z: Array, h: Array, out: Out = None) -> Array:
    d: Array = np.multiply(h, h, out)
    np.subtract(ones((), d.dtype), d, d)  # on small arrays a Python 1 would take twice as long
    return d


def _elu(z: Array, out: Out = None) -> Array:
    h = _negative(z, out)
    np.expm1(h, out=h)
    h += _positive(z)
    return h


def _elu_derivative(z: Array, h: Array, out: Out = None) -> Array:
    d = _negative(h, out)
    d += 1
    return d


def _selu(z: Array, out: Out = None) -> Array:
    h = _negative(z, out)
    np.expm1(h, out=h)
    h *= SELU_ALPHA
    h += _positive(z)
    h *= SELU_SCALE
    return h


def _selu_derivative(z: Array, h: Array, out: Out = None) -> Array:
    d = _negative(h, out)
    d += SELU_ALPHA * SELU_SCALE
    d -= (SELU_ALPHA - 1) * SELU_SCALE * _step(z)
    return d


def _gelu(z: Array, out: Out = None) -> Array:
    cdf = erf(z * (1 / math.sqrt(2)))
    cdf += 1
    cdf *= 0.5
    h: Array = np.multiply(z, cdf, out=out)
    return h


def _gelu_derivative(z: Array, h: Array, out: Out = None) -> Array:
    d: Array = np.empty_like(z) if out is None else out
    d.fill(0.5)
    np.divide(h, z, out=d, where=z != 0)  # h = z Phi(z)
    d += z * np.exp(-0.5 * z * z) * (1 / math.sqrt(2 * math.pi))
    return d


def _silu(z: Array, out: Out = None) -> Array:
    h = _sigmoid(z, out)
    h *= z
    return h


def _silu_derivative(z: Array, h: Array, out: Out = None) -> Array:
    s = _sigmoid(z)
    d: Array = np.subtract(1, s, out=out)
    d *= h
    d += s
    return d


def _softplus(z: Array, out: Out = None) -> Array:
    h: Array = np.abs(z, out=out)
    np.negative(h, out=h)
    np.exp(h, out=h)
    np.log1p(h, out=h)
    h += _positive(z)
    return h


def _softplus_derivative(z: Array, h: Array, out: Out = None) -> Array:
    return _sigmoid(z, out)


def _tanh_of_softplus(z: Array) -> tuple[Array, Array]:
    """Return t = tanh(softplus(z)) = w/(w+2), w = e^z (e^z + 2), and 1 - t, without cancellation."""
    e = np.exp(np.minimum(z, 40 if z.dtype == np.float32 else 300))  # so that w stays finite
    w = e * (e + 2)
    rest = 2 / (w + 2)
    return w * rest * 0.5, rest


def _mish(z: Array, out: Out = None) -> Array:
    h: Array = np.multiply(z, _tanh_of_softplus(z)[0], out=out)
    return h


def _mish_derivative(z: Array, h: Array, out: Out = None) -> Array:
    t, rest = _tanh_of_softplus(z)
    d: Array = np.multiply(rest, z, out=out)
    d *= 1 + t
    d *= _sigmoid(z)
    d += t
    return d


def _leaky(slope: float) -> tuple[Callable[..., Array], Callable[..., Array]]:
    def function(z: Array, out: Out = None) -> Array:
        h: Array = np.multiply(z, slope, out=out)
        np.maximum(z, h, out=h)
        return h

    def derivative(z: Array, h: Array, out: Out = None) -> Array:
        d = _step(z, out=out)
        d *= 1 - slope
        d += slope
        return d

    return function, derivative


def _copy(z: Array, out: Out = None) -> Array:
    h: Array = np.positive(z, out=out)
    return h


def _activations() -> dict[str, Activation]:
    exp_one = r"e^{z}-1"
    entries = [
        Activation("linear", _("linear"), r"z", _copy, _one, "Identity()"),
        Activation(
            "sigmoid",
            _("sigmoid"),
            r"\frac{1}{1+e^{-z}}",
            _sigmoid,
            _sigmoid_derivative,
            "Sigmoid()",
            bounds=(0.0, 1.0),
        ),
        Activation("tanh", _("tanh"), r"\tanh z", np.tanh, _tanh_derivative, "Tanh()", bounds=(-1.0, 1.0)),
        Activation("relu", _("ReLU"), r"\max(0, z)", _positive, _step, "ReLU()", bounds=(0.0, None), kinks=(0.0,)),
        Activation(
            "leaky_relu", _("leaky ReLU"), r"\max(0.01\,z, z)", *_leaky(LEAK), f"LeakyReLU({LEAK})", kinks=(0.0,)
        ),
        Activation(
            "prelu",
            _("PReLU"),
            r"\max(0, z) + a\,\min(0, z)",
            *_leaky(PRELU_START),
            f"PReLU(1, {PRELU_START})",
            kinks=(0.0,),
            slope=True,
        ),
        Activation(
            "elu",
            _("ELU"),
            rf"z \text{{ if }} z > 0 \text{{ else }} {exp_one}",
            _elu,
            _elu_derivative,
            "ELU()",
            bounds=(-1.0, None),
            kinks=(0.0,),
        ),
        Activation(
            "selu",
            _("SELU"),
            rf"\lambda\,(z \text{{ if }} z > 0 \text{{ else }} \alpha({exp_one}))",
            _selu,
            _selu_derivative,
            "SELU()",
            bounds=(-SELU_ALPHA * SELU_SCALE, None),
            kinks=(0.0,),
        ),
        Activation("gelu", _("GELU"), r"z\,\Phi(z)", _gelu, _gelu_derivative, "GELU()", bounds=(0.0, None)),
        Activation("silu", _("SiLU"), r"z\,\sigma(z)", _silu, _silu_derivative, "SiLU()", bounds=(0.0, None)),
        Activation(
            "softplus",
            _("softplus"),
            r"\ln(1+e^{z})",
            _softplus,
            _softplus_derivative,
            "Softplus(threshold=1000)",
            bounds=(0.0, None),
        ),
        Activation(
            "mish", _("Mish"), r"z\tanh(\ln(1+e^{z}))", _mish, _mish_derivative, "Mish()", bounds=(0.0, None)
        ),
        # Of one piece, as the theory sees it along one input: the second piece is another Gaussian.
        Activation("maxout", _("Maxout"), r"\max(z_1, z_2)", _copy, _one, "", pieces=2),
    ]
    return by_name(entries)


ACTIVATIONS: dict[str, Activation] = _activations()
"""Every activation by name, in the order of menus.

Convention: ELU alpha = 1, leaky slope 0.01, PReLU one slope a layer from 0.25, GELU exact (not its tanh
    approximation), Maxout of two pieces: the defaults of torch.nn.
Source: Maas 2013 (leaky ReLU), He et al. 2015 arXiv:1502.01852 (PReLU), Clevert et al. 2015
    arXiv:1511.07289 (ELU), Klambauer et al. 2017 arXiv:1706.02515 (SELU), Hendrycks & Gimpel 2016
    arXiv:1606.08415 (GELU, SiLU), Misra 2019 arXiv:1908.08681 (Mish),
    Goodfellow et al. 2013 arXiv:1302.4389 (Maxout).
"""


def activate(name: str, z: Operand, slope: Operand | None = None, memory: Memory = FRESH) -> Tensor:
    """Return phi(z) as one fused primitive.

    Args:
        name: of an entry of `ACTIVATIONS`.
        z: (..., B, n); for Maxout (..., B, pieces * n), piece after piece. Leading axes are runs.
        slope: PReLU's learned slope, (1,), or (..., 1) of each run; its start 0.25 when None.
        memory: where h and the gradient by z lie.
    Returns: (..., B, n).
    """
    activation = ACTIVATIONS[name]
    if activation.pieces > 1:
        return _maxout(z, activation.pieces)
    if activation.slope and slope is not None:
        return _prelu(z, slope)
    value = read(z)
    if name == "linear":
        return primitive(value.view(), (z,), lambda g: (g,), name)
    kept = None if memory is FRESH else memory
    h = activation.function(value, None if kept is None else kept.empty(value.shape, value.dtype))

    def pullback(g: Array) -> tuple[Array]:
        d = activation.derivative(value, h, None if kept is None else kept.empty(value.shape, value.dtype))
        d *= g
        return (d,)

    return primitive(h, (z,), pullback, name, kept)


def dense(x: Operand, weight: Operand, bias: Operand, name: str, memory: Memory = FRESH) -> tuple[Tensor, Tensor]:
    """Return z = x @ weight + bias and h = phi(z), for activations without a learned slope.

    Both are on the tape. For one net it is `affine` and `activate` in one function, which small nets feel.

    Args:
        x, weight, bias, memory: see `engine.autodiff.products.affine`. name: of an entry of `ACTIVATIONS`.
    """
    inputs, matrix, shift = read(x), read(weight), read(bias)
    activation, dtype = ACTIVATIONS[name], matrix.dtype
    if inputs.ndim != 2 or matrix.ndim != 2 or inputs.dtype is not dtype or activation.pieces > 1:
        pre = affine(x, weight, bias, memory)
        return pre, activate(name, pre, None, memory)
    shape, empty, derivative, onwards = (len(inputs), len(shift)), memory.empty, activation.derivative, tracks(x)
    z = inputs.dot(matrix, empty(shape, dtype))
    z += shift
    owner = None if memory is FRESH else memory
    h = activation.function(z, None if owner is None else empty(shape, dtype))

    def unsquash(g: Array) -> tuple[Array]:
        d = derivative(z, h, None if owner is None else empty(shape, dtype))
        d *= g
        return (d,)

    def unmix(d: Array) -> tuple[Array | None, Array | None, Array | None]:
        into_x = d.dot(matrix.T, empty(inputs.shape, dtype)) if onwards else None
        return into_x, into(weight, inputs.T, d), into(bias, ones(len(d), dtype), d)

    pre = primitive(z, (x, weight, bias), unmix, "affine", owner)
    return pre, onward(h, pre, unsquash, name, owner)


def _prelu(z: Operand, slope: Operand) -> Tensor:
    """Return max(0, z) + slope * min(0, z); at 0 the gradient is the slope (torch)."""
    value, a = read(z), read(slope)[..., None, :]
    negative = _negative(value)
    h = _positive(value)
    h += a * negative

    def pullback(g: Array) -> tuple[Array, Array | None]:
        d = _step(value)
        d *= 1 - a
        d += a
        d *= g
        return d, unbroadcast(g * negative, a.shape)[..., 0, :] if tracks(slope) else None

    return primitive(h, (z, slope), pullback, "prelu")


def _maxout(z: Operand, pieces: int) -> Tensor:
    """Return the largest of the pieces; the gradient goes to the first that attains it."""
    value = read(z)
    stack = value.reshape(*value.shape[:-1], pieces, -1)
    h = stack.max(axis=-2)

    def pullback(g: Array) -> tuple[Array]:
        spread = np.zeros_like(stack)
        winners = stack.argmax(axis=-2, keepdims=True)
        np.put_along_axis(spread, winners, g[..., None, :], axis=-2)
        return (spread.reshape(value.shape),)

    return primitive(h, (z,), pullback, "maxout")
