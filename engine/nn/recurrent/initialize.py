"""How the weights of a recurrent net are drawn."""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.initializers import orthogonal
from engine.nn.layout import Entry
from engine.nn.recurrent.net import RecurrentNet
from engine.pieces import Pieces, whole

Init: TypeAlias = Literal["torch", "orthogonal", "identity", "xavier", "small_normal", "zeros"]

ORTHOGONAL: frozenset[Init] = frozenset({"orthogonal", "identity"})
"""Those whose recurrent blocks have eigenvalues of absolute value 1, all of them."""
AT_ONCE = 256
"""Rows up to which all eigenvalues of a matrix are found in one piece: about 50 milliseconds."""


def initialize(net: RecurrentNet, init: Init, rng: np.random.Generator, **how: Any) -> Array:
    """Return a new theta for a net; the arguments are those of `initialize_in_pieces`."""
    return whole(initialize_in_pieces(net, init, rng, **how))


def initialize_in_pieces(
    net: RecurrentNet,
    init: Init,
    rng: np.random.Generator,
    *,
    forget_bias: float = 0.0,
    update_bias: float = 0.0,
    spectral_radius: float = 0.0,
    dtype: type[np.floating] = np.float32,
) -> Pieces[Array]:
    """Return a new theta for a net, a matrix of a gate at a time.

    torch: everything uniform in +-1/sqrt(H). orthogonal: each gate's Wh an orthogonal matrix, Wx and Wy
    Xavier's, biases 0. identity: as orthogonal, but the candidate's Wh (g, n, or the RNN's own) is the
    identity. xavier: uniform in +-sqrt(6 / (fan_in + fan_out)), a gate at a time. small_normal: .01 times a
    normal, biases 0.
    zeros: nothing breaks the symmetry between units, so they stay alike.

    Args:
        init: one of the above. rng: draws the weights. dtype: of theta; what is drawn is drawn in float64.
        forget_bias: added to the LSTM's input bias of the forget gate (0 leaves what was drawn).
        update_bias: added to the GRU's input bias of the update gate z, which keeps the old state.
        spectral_radius: each gate's Wh is rescaled to it; 0 leaves them.
    Convention: the draws of "torch" are those of torch.nn by distribution, not by number.
    Source: torch.nn.LSTM; Le, Jaitly, Hinton 2015, arXiv:1504.00941 (identity); Saxe et al. 2013
        (orthogonal); Gers et al. 2000, Jozefowicz et al. 2015 (forget bias); Karpathy 2015, min-char-rnn
        (small normal).
    """
    layout, H = net.layout, net.hidden
    theta = layout.start()
    views = layout.views(theta)
    for entry in layout.entries.values():
        yield from _draw(entry, views[entry.name], init, H, rng)
    if init == "identity":
        place = len(net.gates) - 1 if net.cell != "lstm" else net.gates.index("g")
        for layer in range(net.layers):
            views[f"Wh{layer}"][place * H : (place + 1) * H] = np.eye(H)
    if spectral_radius > 0:
        for layer in range(net.layers):
            if init in ORTHOGONAL:
                views[f"Wh{layer}"] *= spectral_radius
                continue
            yield from rescale(views[f"Wh{layer}"], spectral_radius)
    for gate, bias in (("f", forget_bias), ("z", update_bias)):
        if gate in net.gates:
            place = net.gates.index(gate)
            for layer in range(net.layers):
                views[f"bx{layer}"][place * H : (place + 1) * H] += bias
    return theta.astype(dtype)


def _draw(entry: Entry, view: Array, init: Init, H: int, rng: np.random.Generator) -> Pieces[None]:
    if init == "torch":
        view[...] = rng.uniform(-1, 1, view.shape) / np.sqrt(H)
    elif entry.kind == "bias" or init == "zeros":
        view[...] = 0
    elif init == "small_normal":
        view[...] = 0.01 * rng.standard_normal(view.shape)
    elif entry.kind == "recurrent" and init != "xavier":
        for block in view.reshape(-1, H, H):
            block[...] = orthogonal(H, H, rng)
            yield
    else:
        rows = len(view) if entry.name == "Wy" else H
        view[...] = rng.uniform(-1, 1, view.shape) * np.sqrt(6 / (rows + view.shape[1]))
    yield


def rescale(Wh: Array, radius: float) -> Pieces[None]:
    """Scale each gate's square block of Wh, (G*H, H), to this spectral radius, in place; zeros stay."""
    H = Wh.shape[1]
    for block in Wh.reshape(-1, H, H):
        own = yield from spectral_radius(block)
        if own > 0:
            np.multiply(block, radius / own, out=block)


def singular_and_spectral(matrix: Array) -> Pieces[tuple[float, float]]:
    """Return the largest singular value and the spectral radius of a square matrix; nan if not finite."""
    if not np.isfinite(matrix).all():
        return float("nan"), float("nan")
    singular = float(np.linalg.norm(matrix.astype(np.float64), 2))
    yield
    return singular, (yield from spectral_radius(matrix))


def spectral_radius(matrix: Array) -> Pieces[float]:
    """Return the largest absolute eigenvalue of a square matrix; nan if it is not finite.

    Of a large one by products, each a piece, to about ten digits:

        |lambda| = lim |A^n|^(1/n),   n = 1, 2, 4, ... 2^40

    Where rounding leaves nothing of A^n, as of a Jordan block, by all eigenvalues in one piece.

    Source: Gelfand 1941, Normierte Ringe.
    """
    power = matrix.astype(np.float64)
    if not np.isfinite(power).all():
        return float("nan")
    if len(power) <= AT_ONCE:
        return _largest(power)
    logarithm = 0.0
    for doubling in range(41):
        size = float(np.linalg.norm(power))
        if size == 0:
            return _largest(matrix.astype(np.float64))
        logarithm += math.log(size) / 2**doubling
        power /= size
        power = power @ power
        yield
    return math.exp(logarithm)


def _largest(matrix: Array) -> float:
    """Return the largest absolute eigenvalue, from all of them."""
    return float(np.abs(np.linalg.eigvals(matrix)).max())
