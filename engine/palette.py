"""The colours of curves, marks and nets: one palette for rules, laboratories and the page's scripts.

Okabe and Ito's eight, by which nine in ten colour-blind readers tell curves apart; the yellow is darker, so that
it shows on white. Who has several curves of one colour tells them apart by the dash.

Source: Okabe & Ito 2008, "Color Universal Design".
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle
from typing import Any

BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
ORANGE = "#E69F00"
SKY = "#56B4E9"
YELLOW = "#F5C710"
BLACK = "#000000"
GREY = "#7F7F7F"

SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, YELLOW, BLACK)
"""Colours of curves that have none of their own, in the order in which they are given out."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def series(names: Iterable[Any], colors: Iterable[str] = SERIES) -> list[dict[str, Any]]:
    """Return what a scene tells of its series: name, colour and dash of each, dealt out in turn.

    Args:
        names: texts or messages. colors: in the same order; begun anew where they do not suffice.
    >>> series(["a", "b"])[1]
    {'name': 'b', 'color': '#D55E00', 'dash': 'dash'}
    """
    dealt = zip(names, cycle(colors), cycle(DASHES), strict=False)
    return [{"name": name, "color": color, "dash": dash} for name, color, dash in dealt]
