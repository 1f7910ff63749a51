"""A small net that the racers train, and the plane that its loss is drawn on, as source."""

from __future__ import annotations

from itertools import pairwise

from engine.experiments.race.net_plane import OfNet
from engine.experiments.race.params import RaceParams
from engine.experiments.race.script import NAMES, Told
from engine.experiments.race.script_surface import listed
from engine.experiments.race.small_net import FAR, POINTS, SmallNet
from engine.optimizers.script import Library

_NET = """
{start}
REACH = {reach!r}  # farther from 0 a racer has diverged
{inputs}
{targets}
LAYERS = {layers}  # in, out
"""
_OUTPUTS = '''

def outputs(theta, x):
    """The log-odds (..., B) that nets theta (..., n) give to points x (B, 2)."""
    h, at = x, 0
    for layer, (fan_in, units) in enumerate(LAYERS):
        if layer:
            h = {phi}
        stop = at + fan_in * units
        W = theta[..., at:stop].reshape(*theta.shape[:-1], fan_in, units)
        h, at = h @ W + theta[..., None, stop : stop + units], stop + units
    return h[..., 0]
'''
_TORCH = '''X, Y = torch.from_numpy(X), torch.from_numpy(Y)
{outputs}

def loss(theta, rows=slice(None)):
    """The mean cross-entropy (...) over rows of nets theta (..., n)."""
    z = outputs(theta, X[rows])
    return F.binary_cross_entropy_with_logits(z, Y[rows].expand_as(z), reduction="none").mean(-1)


def heights(thetas):
    """The losses (...) of nets (..., n), as arrays."""
    with torch.no_grad():
        return loss(torch.from_numpy(thetas)).numpy()
'''
_NUMPY = '''{outputs}

@np.errstate(all="ignore")
def heights(thetas):
    """The mean cross-entropies (...) over all rows of nets (..., n)."""
    z = outputs(thetas, X)
    return (np.logaddexp(0.0, z) - Y * z).mean(-1)


def slopes(theta, rows=slice(None)):
    """The mean cross-entropy over rows of a net theta (n,), and its gradient: backpropagation by hand."""
    h, y, at, layers = X[rows], Y[rows], 0, []
    for fan_in, units in LAYERS:
        if layers:
            h = {phi}
        stop = at + fan_in * units
        W = theta[at:stop].reshape(fan_in, units)
        layers.append((h, W, at, stop))
        h, at = h @ W + theta[stop : stop + units], stop + units
    z, gradient = h[:, 0], np.empty_like(theta)
    delta = ((0.5 + 0.5 * np.tanh(0.5 * z) - y) / len(y))[:, None]
    for h, W, at, stop in reversed(layers):
        gradient[at:stop] = (h.T @ delta).ravel()
        gradient[stop : stop + W.shape[1]] = delta.sum(axis=0)
        delta = (delta @ W.T) * {slope}
    return (np.logaddexp(0.0, z) - y * z).mean(), gradient
'''
_PHI = {
    ("tanh", "torch"): "torch.tanh(h)",
    ("relu", "torch"): "torch.relu(h)",
    ("tanh", "numpy"): "np.tanh(h)",
    ("relu", "numpy"): "np.maximum(h, 0.0)",
}
_SLOPE = {"tanh": "(1 - h**2)", "relu": "(h > 0)"}
_THROUGH = '''
RACER = {racer}  # in NAMES: the plane goes through its last point


def plane(paths):
    """The origin (n,) and the two directions (2, n) of the plane: {what}."""
    there = np.isfinite(paths).all(-1)
    origin = paths[RACER, there[RACER]][-1]
'''
_PRINCIPAL = """{ends}    points = paths[ends][there[ends]]
    directions = np.linalg.svd(points - points.mean(0), full_matrices=False)[2][:2]
    away = directions @ (START - origin)
    return origin, np.where(away > 0, -1.0, 1.0)[:, None] * directions  # the start lies left and below
"""
_ALL = """    ends = there.all(-1)
    ends[RACER] |= not ends.any()
"""
_ONE = """    ends = np.arange(len(NAMES)) == RACER
"""
_RANDOM = """    rng, directions = np.random.default_rng({seed}), np.zeros((2, len(origin)))
    for direction in directions:
        at = 0
        for fan_in, units in LAYERS:
            stop = at + fan_in * units
            W, draw = origin[at:stop].reshape(fan_in, units), rng.standard_normal((fan_in, units))
            draw *= np.linalg.norm(W, axis=0) / np.linalg.norm(draw, axis=0)  # as long as W, unit by unit
            direction[at:stop], at = draw.ravel(), stop + units
    return origin, directions
"""
_WHAT = {
    "paths": "the main directions of all paths",
    "path": "the main directions of one path",
    "random": "filter-normalized random directions",
}
_AFTER = '''

def shadow(paths, origin, directions):
    """Coordinates of the plane's nearest points to the paths, the losses there, and the distances to them."""
    on = (paths - origin) @ np.linalg.pinv(directions)
    nearest = origin + on @ directions
    return on, heights(nearest), np.linalg.norm(paths - nearest, axis=-1)


def ground(origin, directions, x, y):
    """The loss on a grid of the plane, (len(y), len(x))."""
    return np.stack([heights(origin + np.stack([x, np.full_like(x, at)], -1) @ directions) for at in y])
'''
_MAIN = """    origin, directions = plane(paths)
    on, flat, off = shadow(paths, origin, directions)
    x, y = (np.linspace(np.nanmin(on[..., i]), np.nanmax(on[..., i]), 65) for i in range(2))
    surface = ground(origin, directions, x, y)
    np.savez("net_plane.npz", paths=paths, losses=losses, on=on, flat=flat, off=off, x=x, y=y, surface=surface)
    print("The paths, and the loss on the plane (65 x 65), are in net_plane.npz.")
"""


def net_told(params: RaceParams, asked: OfNet, racer: int, library: Library) -> Told:
    """Return the small net of a race, and its plane, as source.

    Args:
        params: of the race. asked: which net and plane. library: that the script needs.
        racer: through whose last point the plane goes, among those that train the net.
    """
    small = SmallNet.made(asked.data, asked.activation, params.seed)
    net = small.net
    sizes = [net.inputs, *net.widths, net.outputs]
    phi = _PHI[asked.activation, library]
    inside = {"outputs": _OUTPUTS.format(phi=phi), "phi": phi, "slope": _SLOPE[asked.activation]}
    source = _NET.format(
        start=listed("START", small.start),
        reach=FAR,
        inputs=listed("X", small.data.inputs),
        targets=listed("Y", small.data.targets.astype(float)),
        layers=list(pairwise(sizes)),
    ) + (_TORCH if library == "torch" else _NUMPY).format(**inside)
    through = _THROUGH.format(racer=racer, what=_WHAT[asked.plane])
    if asked.plane == "random":
        through += _RANDOM.format(seed=[params.seed, 13])
    else:
        through += _PRINCIPAL.format(ends=_ALL if asked.plane == "paths" else _ONE)
    return Told(
        title=f"A small net of Descent Lab's race, and its loss on a plane, in {NAMES[library]}.",
        source=source,
        n=small.layout.size,
        rows=POINTS,
        setup=[f"noises, batches = np.random.default_rng({[params.seed, 12]}).spawn(2)"],
        batch=f"batches.permutation({POINTS})[:batch_size]",
        flags=frozenset({"net"}),
        after=through + _AFTER,
        main=_MAIN,
    )
