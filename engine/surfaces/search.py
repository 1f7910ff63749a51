"""Where a formula's gradient is zero: minima and saddles, found numerically."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.formula import Formula
from engine.pieces import Pieces, quiet, whole
from engine.surfaces.surface import Domain, Point

Array = NDArray[np.float64]


class CriticalPoints(NamedTuple):
    """Where a gradient is zero: the lowest minima, the other minima, the saddles; each in ascending value."""

    minima: tuple[Point, ...]
    local_minima: tuple[Point, ...]
    saddles: tuple[Point, ...]


def find_critical_points(formula: Formula, domain: Domain, *, most: int = 40) -> CriticalPoints:
    """Find a formula's critical points in a domain: Newton from a grid of starts, told apart by the Hessian.

    Takes 10 to 200 ms. A minimum where the surface has a corner is found by closing in on the lowest point.

    Args:
        formula: of two variables.
        domain: ((x low, x high), (y low, y high)).
        most: how many of a kind to keep.
    """
    return whole(find_in_pieces(formula, domain, most=most))


def find_in_pieces(formula: Formula, domain: Domain, *, most: int = 40) -> Pieces[CriticalPoints]:
    """Do what `find_critical_points` does, and yield after each step of Newton's method."""
    return quiet(_search(formula, domain, most))  # where values overflow, the comparisons below say no


def _search(formula: Formula, domain: Domain, most: int) -> Pieces[CriticalPoints]:
    low, high = np.array(domain).T
    axes = [np.linspace(a, b, 40) for a, b in domain]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    width = high - low
    for _iteration in range(30):
        points = points - _newton_step(formula, points, width)
        inside = (np.abs(points - (low + high) / 2) <= width).all(-1)
        points = points[inside]
        yield
    points = points[((points >= low) & (points <= high)).all(-1)]
    still = np.abs(_newton_step(formula, points, width)).max(-1, initial=0) < 1e-9 * width.max()
    points = _distinct(points[still], 1e-6 * width)
    values, hessians = formula.value(points), formula.hessian(points)
    good = np.isfinite(values) & np.isfinite(hessians).all((-1, -2))
    points, values, hessians = points[good], values[good], hessians[good]
    eigenvalues = np.linalg.eigvalsh(hessians) if len(points) else np.empty((0, 2))
    order = np.argsort(values, kind="stable")
    points, values, eigenvalues = points[order], values[order], eigenvalues[order]
    flat = 1e-9 * np.abs(eigenvalues).max(-1, initial=0)
    minima, saddle = eigenvalues[:, 0] > flat, (eigenvalues[:, 0] < -flat) & (eigenvalues[:, 1] > flat)
    wells, depths = points[minima], values[minima]
    yield
    corner = yield from _corner(formula, domain, axes)
    if corner is not None:
        depth = formula.value(corner)
        if not len(wells) or depth < depths[0] - 1e-9 * (1 + abs(depths[0])):
            wells, depths = np.vstack([corner, wells]), np.append(depth, depths)
    lowest = depths <= depths[0] + 1e-9 * (1 + abs(depths[0])) if len(depths) else np.zeros(0, bool)
    return CriticalPoints(*(_tuple(kind[:most]) for kind in (wells[lowest], wells[~lowest], points[saddle])))


def _newton_step(formula: Formula, points: Array, width: Array) -> Array:
    """Return Newton's step towards a zero of the gradient, no longer than a tenth of the domain."""
    g, h = formula.gradient(points), formula.hessian(points)
    determinant = h[:, 0, 0] * h[:, 1, 1] - h[:, 0, 1] ** 2
    step = np.stack([h[:, 1, 1] * g[:, 0] - h[:, 0, 1] * g[:, 1], h[:, 0, 0] * g[:, 1] - h[:, 0, 1] * g[:, 0]], -1)
    step /= determinant[:, None]
    step[(g == 0).all(-1)] = 0  # there already, also where the Hessian is singular
    longest = np.abs(step / width).max(-1, keepdims=True)
    shortened: Array = step * np.minimum(1, 0.1 / np.maximum(longest, 1e-300))
    return shortened


def _distinct(points: Array, grain: Array) -> Array:
    """Return one point of each cluster, leaving out what is not finite."""
    points = points[np.isfinite(points).all(-1)]
    for shift in (0.0, 0.5):  # a cluster on the border of two cells lies inside one of the shifted cells
        cells = np.round(points / grain + shift)
        points = points[np.unique(cells, axis=0, return_index=True)[1]]
    return points


def _corner(formula: Formula, domain: Domain, axes: list[Array]) -> Pieces[Array | None]:
    """Close in on the lowest point of the grid; None where it lies on the edge of the domain."""
    low, high = np.array(domain).T
    spacing = (high - low) / (len(axes[0]) - 1)
    centre: Array = (low + high) / 2
    reach = (high - low) / 2
    window = np.linspace(-1, 1, 41)
    while (reach > 1e-14 * (high - low)).all():
        grid = np.stack(np.meshgrid(*(centre[:, None] + reach[:, None] * window), indexing="ij"), -1)
        values = formula.value(grid)
        if not np.isfinite(values).any():
            return None
        lowest = int(np.nanargmin(values))
        centre = grid.reshape(-1, 2)[lowest]
        if ((centre < low + spacing / 2) | (centre > high - spacing / 2)).any():
            return None
        reach = reach / 10
        yield
    return centre


def _tuple(points: Array) -> tuple[Point, ...]:
    # Adding 0.0 turns -0.0 into 0.0.
    return tuple((float(x) + 0.0, float(y) + 0.0) for x, y in points)
