"""The page's JavaScript modules: which a script needs, in which order, and many of them joined into one file.

A browser learns of an import only when it has the file that names it: sixty files five levels deep are five
journeys and sixty requests. Joined they are one. Each module stays a scope of its own:

    $modules["js/number.js"] = (() => { ...its lines...; return { formatNumber, readNumber }; })();

so that names do not meet and every line keeps its number, which is all that a source map has to say. What is
written in ``static/js`` must be plain: ``import { a, b as c } from "./x.js"`` and ``export`` before ``const``,
``function``, ``async function`` or ``class``; anything else is refused with its place. What others wrote
(``static/vendor``) is taken as it is: one module that imports nothing and ends with its list of exports.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Sequence

from app.javascript import without_comments

_IMPORT = re.compile(r"""^import (?:\{(?P<names>[^{}]*)\} from )?["'](?P<path>\.{1,2}/[^"']+)["'];?""", re.M)
_EXPORT = re.compile(
    r"^export (?P<rest>(?:const|class|function|async function\*?) (?P<name>[A-Za-z_$][\w$]*))", re.M
)
_LIST = re.compile(r"\bexport\s*\{(?P<names>[^{}]*)\}\s*;?\s*(?P<rest>(?:/\*.*?\*/\s*)*)\Z", re.S)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.M)
_DYNAMIC = re.compile(r"(?<![\w$.])import\(")

SHARED = """export const $modules = {};
export const $import = async (from, path) => {
  const name = new URL(path, `file:///${from}`).pathname.slice(1);
  return $modules[name] ?? Promise.reject(new Error(`${name} is not among the modules of this page`));
};
"""
BORROWED = 'import {{ $modules, $import }} from "{}";\n'


def imports(source: str) -> list[str]:
    """Return what a module imports, as it is written there.

    >>> imports('import { a } from "./x.js";\\nimport "../y.js";\\nconst z = import(`./z.js`);')
    ['./x.js', '../y.js']
    """
    return [found["path"] for found in _IMPORT.finditer(without_comments(source))]


def needed(read: Callable[[str], str | None], names: Iterable[str]) -> list[str]:
    """Return modules and all that they import, each once, those that others wait for first.

    Args:
        read: gives a module's text by its name, for example ``js/lab.js``; None where there is none.
    Raises:
        ValueError: a module is missing, or modules import each other in a circle.
    """
    order: dict[str, None] = {}
    above: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        if name in above:
            raise ValueError(f"modules import each other: {' -> '.join([*above, name])}")
        source = read(name)
        if source is None:
            raise ValueError(f"{above[-1] if above else 'the page'} imports {name}, which does not exist")
        above.append(name)
        for path in imports(source):
            visit(_absolute(name, path))
        above.pop()
        order[name] = None

    for name in names:
        visit(name)
    return list(order)


def join(sources: Iterable[tuple[str, str]], borrow: str | None = None) -> str:
    """Return modules as the text of one.

    Args:
        sources: names and texts, those that others import first.
        borrow: where the joined file is that has what these import but do not hold; None makes such a file.
    Raises:
        ValueError: a module says something that cannot be joined.
    """
    head = BORROWED.format(borrow) if borrow else SHARED
    return head + "".join(_wrapped(name, source) for name, source in sources)


def _wrapped(name: str, source: str) -> str:
    """Return a module as an entry of ``$modules``, its lines one below where they stood."""
    if name.startswith("vendor/"):
        listed = _LIST.search(source)
        if listed is None:
            raise ValueError(f"{name} cannot be joined: it does not end with a list of exports")
        names = [part.split(" as ") for part in listed["names"].split(",") if part.strip()]
        given = ", ".join(f"{pair[-1].strip()}: {pair[0].strip()}" for pair in names)
        return f'$modules["{name}"] = (() => {{\n{source[: listed.start()]}\nreturn {{ {given} }};\n}})();\n'
    text = without_comments(source)
    exported = [found["name"] for found in _EXPORT.finditer(text)]
    text = _IMPORT.sub(lambda found: _taken(name, found), _EXPORT.sub(r"\g<rest>", text))
    text = _DYNAMIC.sub(f'$import("{name}", ', text)
    for left in _LEFT.finditer(text):
        line = text.count("\n", 0, left.start()) + 1
        raise ValueError(f"{name}, line {line}, cannot be joined: {left[0][:80]}")
    return f'$modules["{name}"] = (() => {{\n{text}\nreturn {{ {", ".join(exported)} }};\n}})();\n'


def _taken(name: str, found: re.Match[str]) -> str:
    if found["names"] is None:
        return ""  # imported for what it does: it has done it, for it comes before
    names = re.sub(r"\s+as\s+", ": ", found["names"]).strip()
    return f'const {{ {names} }} = $modules["{_absolute(name, found["path"])}"];'


def _absolute(name: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def source_map(sources: Sequence[tuple[str, str]], borrow: bool, root: str) -> str:
    """Return the source map of `join`: which line of which file each line was.

    Args:
        borrow: whether the file borrows from another.
        root: where the files are, as seen from the joined one.
    """
    lines = ["" for _ in range((BORROWED if borrow else SHARED).count("\n"))]
    before_file = before_line = 0
    for file, (_name, source) in enumerate(sources):
        lines.append("")
        for line in range(source.count("\n") + 1):
            lines.append("A" + _vlq(file - before_file) + _vlq(line - before_line) + "A")
            before_file, before_line = file, line
        lines += ["", ""]
    names = [name for name, _source in sources]
    return json.dumps(
        {"version": 3, "sourceRoot": root, "sources": names, "names": [], "mappings": ";".join(lines)}
    )


def _vlq(number: int) -> str:
    """Return a number as source maps write it: five bits a sign, the least first, the sign of the number in front.

    >>> _vlq(0), _vlq(-1), _vlq(16)
    ('A', 'D', 'gB')
    """
    left = -number << 1 | 1 if number < 0 else number << 1
    text = ""
    while True:
        digit, left = left & 31, left >> 5
        text += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[digit | (32 if left else 0)]
        if not left:
            return text
