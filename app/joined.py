"""What a page loads, joined: one script that all pages share, one script and one stylesheet for each page.

A page is named by its entry and its kinds of panel, ``lab.code.landscape.series``: its files are
``joined/lab.code.landscape.series.js`` and ``.css`` below the versioned address of static files. The name says all
that is needed to make them, so that any process answers for any page. A kind of panel is ``js/panels/<kind>.js``
and perhaps ``css/panels/<kind>.css``; nothing else names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app import modules

FOLDER = "joined/"
SHARED = "shared"

Read = Callable[[str], str | None]
"""Gives the text of a static file by its name, None where there is none."""


@dataclass(frozen=True)
class Entry:
    """What pages of a sort begin with: their script, and their stylesheets around those of the kinds of panel."""

    script: str
    styles: tuple[str, ...]
    last: tuple[str, ...] = ()


ENTRIES = {
    "lab": Entry("js/lab.js", ("base", "lab", "claims", "controls", "panels")),
    "gallery": Entry("js/gallery.js", ("base", "panels"), ("gallery",)),
    "claims": Entry("js/walkcards.js", ("base", "claims")),
    "error": Entry("js/theme.js", ("base",)),
}
LARGEST = "lab"
"""What its script needs, all pages share: who has been on one has it for the others."""

_NAME = re.compile(r"joined/(?P<page>[a-z]+(?:\.[a-z]+)*?)\.(?P<type>js\.map|js|css)")


def page(entry: str, kinds: Iterable[str] = ()) -> str:
    """Return the name of a page's files.

    >>> page("lab", {"series", "map"})
    'lab.map.series'
    """
    return ".".join([entry, *sorted(set(kinds))])


def make(name: str, read: Read) -> str | None:
    """Return a joined file by its name, for example ``joined/lab.map.js``; None where it names none."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    entry, *kinds = found["page"].split(".")
    is_known = entry in ENTRIES or (entry == SHARED and not kinds)
    if not is_known or found["page"] != page(entry, kinds) or not all(map(read, map(_script, kinds))):
        return None
    if found["type"] == "css":
        return _styles(entry, kinds, read) if entry in ENTRIES else None
    shared = modules.needed(read, [ENTRIES[LARGEST].script])[:-1]
    if entry == SHARED:
        names, borrow = shared, None
    else:
        wanted = modules.needed(read, [*map(_script, kinds), ENTRIES[entry].script])
        names, borrow = [one for one in wanted if one not in shared], f"./{SHARED}.js"
    sources = [(one, read(one) or "") for one in names]
    if found["type"] == "js.map":
        return modules.source_map(sources, borrow is not None, "../")
    return f"{modules.join(sources, borrow)}//# sourceMappingURL={found['page']}.js.map\n"


def needs_plotly(kinds: Iterable[str], read: Read) -> bool:
    """Tell whether one of these kinds of panel draws with Plotly: its module says so."""
    return any("\nexport const plotly = true" in (read(_script(kind)) or "") for kind in kinds)


def _script(kind: str) -> str:
    return f"js/panels/{kind}.js"


def _styles(entry: str, kinds: Iterable[str], read: Read) -> str:
    of_kinds = (read(f"css/panels/{kind}.css") for kind in kinds)  # not every kind has one
    first, last = (
        [read(f"css/{name}.css") for name in names] for names in (ENTRIES[entry].styles, ENTRIES[entry].last)
    )
    return "\n".join(text for text in [*first, *of_kinds, *last] if text)
