"""The page's JavaScript modules: which of them a laboratory needs, found by following their imports.

A browser learns of an import only when it has the file that names it: sixty files five levels deep are five
journeys. For a page that names them all (``modulepreload``) they are one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache

from app.assets import Assets

_IMPORT = re.compile(rb"""^(?:import|export)\s(?:[^;"']*?\sfrom\s*)?["'](\.{1,2}/[^"']+)["']""", re.M)


def imports(content: bytes) -> list[str]:
    """Return what a module imports, as it is written there.

    >>> imports(b'import { a } from "./x.js";\\nimport "../y.js";\\nconst z = import(`./z.js`);')
    ['./x.js', '../y.js']
    """
    return [name.decode() for name in _IMPORT.findall(content)]


@lru_cache(maxsize=64)
def of_laboratory(assets: Assets, version: str, kinds: frozenset[str]) -> list[str]:
    """Return the modules of a laboratory's page: the page's own, and those of its kinds of panel.

    Args:
        version: of the assets; another one is looked up anew.
    """
    return needed(assets, ["js/lab.js", *(f"js/panels/{kind}.js" for kind in sorted(kinds))])


def needed(assets: Assets, names: Iterable[str]) -> list[str]:
    """Return modules and all that they import, each once, those that others wait for first.

    Args:
        names: below the folder of static files, for example ``js/lab.js``; one that does not exist is left out.
    """
    order: dict[str, None] = {}
    open_: set[str] = set()

    def visit(name: str) -> None:
        if name in order or name in open_:
            return
        asset = assets.find(name)
        if asset is None:
            return
        open_.add(name)
        for imported in imports(asset.content):
            visit(posixpath.normpath(posixpath.join(posixpath.dirname(name), imported)))
        order[name] = None

    for name in names:
        visit(name)
    return list(order)
