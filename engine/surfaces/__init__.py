"""Loss surfaces over two parameters: test functions, a bowl with a slider, models on data, a visitor's own."""

from __future__ import annotations

from functools import partial

from engine.catalog import by_name
from engine.formula import compile_formula
from engine.message import _
from engine.pieces import Pieces, remembered, whole
from engine.surfaces.fits import FITS, ROWS, Fit, MeanLoss
from engine.surfaces.search import CriticalPoints, find_critical_points, find_in_pieces
from engine.surfaces.surface import Domain, Loss, Point, Surface
from engine.surfaces.table import ENTRIES

__all__ = [
    "FITS",
    "ROWS",
    "SURFACES",
    "CriticalPoints",
    "Domain",
    "Fit",
    "Loss",
    "MeanLoss",
    "Point",
    "Surface",
    "custom",
    "custom_in_pieces",
    "find_critical_points",
    "quadratic",
]

SURFACES: dict[str, Surface] = by_name([*ENTRIES, *FITS.values()])
"""Every surface by name, in the order of the menu."""


def quadratic(condition: float) -> Surface:
    """Return the bowl (x² + condition y²)/2, whose Hessian has the eigenvalues 1 and ``condition`` (>= 1)."""
    return SURFACES["quadratic"].shaped({"condition": condition})


def custom(text: str, domain: Domain = ((-5.0, 5.0), (-5.0, 5.0))) -> Surface:
    """Return a visitor's own formula as a surface, its minima and saddles found numerically.

    Args:
        text: the formula. domain: what is drawn and searched, ((x low, x high), (y low, y high)).
    Raises:
        Refusal: as `compile_formula` does.
    """
    return whole(custom_in_pieces(text, domain))


@partial(remembered, most=64)
def custom_in_pieces(text: str, domain: Domain) -> Pieces[Surface]:
    """Do what `custom` does, and yield on the way: a long formula takes a second."""
    formula = compile_formula(text)
    yield from formula.compile_in_pieces(hessian=True)
    found = yield from find_in_pieces(formula, domain)
    (x_low, x_high), (y_low, y_high) = domain
    return Surface(
        name="",
        title=_("Your own surface"),
        text=text,
        domain=domain,
        start=(x_low + 0.85 * (x_high - x_low), y_low + 0.75 * (y_high - y_low)),
        note=_("Minima and saddles were searched for inside the picture only."),
        source="",
        **found._asdict(),
    )
