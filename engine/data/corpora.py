"""Texts to learn from, none of them downloaded: what comes with Python, and what a visitor brings.

The generated languages, whose entropy is known exactly, are in `engine.data.languages`.
"""

from __future__ import annotations

import ast
import importlib.util
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.catalog import by_name
from engine.data import languages
from engine.message import Message, _, say
from engine.params import Refusal
from engine.syntax import parse

Ids: TypeAlias = NDArray[np.intp]
"""A text as integers, (n,)."""

Codes: TypeAlias = NDArray[np.integer]
"""The same in any integer type."""

LARGEST_TEXT = 5_000_000
"""Bytes in UTF-8 that a visitor's text may have."""
MOST_CHARACTERS = 6_000
"""Different characters that a text may have."""
STANDARD_LENGTH = 1_000_000
"""Characters of the texts that come with Python."""


@dataclass(frozen=True)
class Corpus:
    """A text to learn from.

    Args:
        name, title, description: the last two translatable.
        make: returns the text. entropy: its entropy rate in nats a character, where that is known exactly.
        source: where the text or the rule that makes it is from.
    """

    name: str
    title: str
    description: str
    make: Callable[[], str]
    source: str
    entropy: Callable[[], float] | None = None


@cache
def python_topics() -> str:
    """Return the language reference that comes with Python: about half a megabyte of English prose."""
    from pydoc_data.topics import topics

    return "\n\n".join(topics[name] for name in sorted(topics))


# Modules whose documentation makes up the English text; one that this Python lacks is left out.
_MODULES = (
    "argparse",
    "ast",
    "asyncio.base_events",
    "asyncio.streams",
    "calendar",
    "cmd",
    "code",
    "codecs",
    "collections",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "dis",
    "doctest",
    "email.message",
    "email.header",
    "enum",
    "filecmp",
    "fractions",
    "ftplib",
    "functools",
    "getopt",
    "gettext",
    "glob",
    "gzip",
    "heapq",
    "html.parser",
    "http.client",
    "http.cookiejar",
    "http.server",
    "imaplib",
    "inspect",
    "ipaddress",
    "json.decoder",
    "locale",
    "logging",
    "logging.handlers",
    "mailbox",
    "mimetypes",
    "numbers",
    "optparse",
    "os",
    "pathlib",
    "pdb",
    "pickle",
    "pickletools",
    "platform",
    "plistlib",
    "pprint",
    "pydoc",
    "queue",
    "random",
    "sched",
    "selectors",
    "shelve",
    "shlex",
    "shutil",
    "smtplib",
    "socket",
    "socketserver",
    "ssl",
    "statistics",
    "string",
    "subprocess",
    "tarfile",
    "tempfile",
    "textwrap",
    "threading",
    "timeit",
    "tokenize",
    "trace",
    "traceback",
    "turtle",
    "types",
    "typing",
    "unittest.case",
    "unittest.mock",
    "urllib.parse",
    "urllib.request",
    "uuid",
    "warnings",
    "wave",
    "weakref",
    "xml.dom.minidom",
    "xml.etree.ElementTree",
    "zipfile",
)


def _source(module: str) -> str:
    """Return a standard module's source without running it, or nothing."""
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return ""
    loader = spec.loader if spec else None
    get_source = getattr(loader, "get_source", None)
    return (get_source(module) or "") if get_source else ""


_BLOCKS = (ast.stmt, ast.excepthandler, ast.match_case)
"""Where definitions may stand; expressions, most of a tree, hold none."""


@cache
def english() -> str:
    """Return a megabyte of English: Python's language reference, then the docstrings of its standard modules."""
    parts = [python_topics()]
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    length = len(parts[0])
    for module in _MODULES:
        if length > STANDARD_LENGTH:
            break
        blocks: deque[ast.AST] = deque([parse(_source(module))])
        while blocks:
            block = blocks.popleft()
            if isinstance(block, documented) and (docstring := ast.get_docstring(block)):
                parts.append(docstring)
                length += len(docstring) + 2
            blocks += [child for child in ast.iter_child_nodes(block) if isinstance(child, _BLOCKS)]
    return "\n\n".join(parts)[:STANDARD_LENGTH]


@cache
def python_source() -> str:
    """Return a megabyte of Python: the source of standard modules."""
    parts: list[str] = []
    length = 0
    for module in _MODULES:
        parts.append(_source(module))
        length += len(parts[-1])
        if length > STANDARD_LENGTH:
            break
    return "\n".join(parts)[:STANDARD_LENGTH]


_GENERATED = _("Generated here; the entropy is computed from the rule, not measured.")


def _language(name: str, title: str, about: str) -> Corpus:
    """Return one of `engine.data.languages` as a corpus."""
    return Corpus(name, title, about, getattr(languages, name), _GENERATED, getattr(languages, f"{name}_entropy"))


CORPORA: Mapping[str, Corpus] = by_name(
    (
        Corpus(
            "english",
            _("English: Python's documentation"),
            _("A megabyte of English with some code: the language reference and the library's docstrings."),
            english,
            "pydoc_data.topics and docstrings of the running Python; its license",
        ),
        Corpus(
            "reference",
            _("English: the language reference"),
            _("Half a megabyte: the language reference alone, which Python's own help shows."),
            python_topics,
            "pydoc_data.topics of the running Python; its license",
        ),
        Corpus(
            "source",
            _("Source code: Python's library"),
            _("A megabyte of standard modules: indentation, brackets and quotes to keep track of."),
            python_source,
            "source of the running Python's standard modules; its license",
        ),
        _language(
            "markov",
            _("A Markov chain"),
            _(
                "Ten letters, each drawn given the two before it. No model has a lower expected loss than the "
                "entropy."
            ),
        ),
        _language(
            "brackets",
            _("Balanced brackets"),
            _("Three kinds of brackets, properly nested: to close the right one a net has to remember."),
        ),
        _language(
            "exclusive_or",
            _("Exclusive or"),
            _("Lines of two random bits and their exclusive or: the third is certain, but not to a linear map."),
        ),
        _language(
            "arithmetic",
            _("Sums"),
            _("Lines such as 37+58=95: what follows the equals sign is certain for a model that can add."),
        ),
        _language(
            "dates",
            _("Dates"),
            _("Lines such as 5 March 2024 = 2024-03-05: the second half copies the first in another order."),
        ),
        _language(
            "hangul",
            _("Korean sentences"),
            _("Small sentences in Hangul; which particle follows depends on the noun's last consonant."),
        ),
        Corpus(
            "hello",
            "hello",
            _("Five letters, the lecture's example: after h comes e, after e l, after l l, after l o."),
            lambda: "hello",
            "CS231n, lecture 10",
        ),
    )
)
"""Every text of the house by its name."""


@dataclass(frozen=True)
class Alphabet:
    """The different characters of a text, V of them, in the order of code points; the net knows their places.

    >>> Alphabet("abc").decode([2, 0])
    'ca'
    """

    characters: str

    def __len__(self) -> int:
        return len(self.characters)

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of some numbers."""
        return "".join(self.characters[int(i)] for i in ids)

    def encode(self, text: str) -> tuple[Ids, str]:
        """Return the numbers of the characters that are known, and those that are not, each once."""
        place = {character: i for i, character in enumerate(self.characters)}
        known = np.array([place[character] for character in text if character in place], np.intp)
        return known, "".join(sorted({character for character in text if character not in place}))


def encode(text: str) -> tuple[Alphabet, Ids]:
    """Number a text's characters.

    Raises:
        Refusal: when there are too many different ones.
    """
    unique, ids = np.unique(_code_points(text), return_inverse=True)
    if len(unique) > MOST_CHARACTERS:
        raise Refusal(
            say(
                "The text has {count} different characters, more than the {most} that can be learned here.",
                count=len(unique),
                most=MOST_CHARACTERS,
            )
        )
    return Alphabet("".join(map(chr, unique.tolist()))), ids.astype(np.intp)


def clean(text: str) -> str:
    """Return a visitor's text with plain line ends, after looking whether it is one.

    Control characters other than tab and line feed are left out.

    Raises:
        Refusal: empty, one character, too large, broken Unicode, or mostly control characters.
    """
    if not text:
        raise Refusal(say("There is no text yet. Paste or drop one, or choose one of the list."))
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise Refusal(
            say("Character {position} is half of a pair (a lone surrogate); remove it.", position=error.start),
            error.start,
        ) from None
    if size > LARGEST_TEXT:
        raise Refusal(_too_large(size))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    points = _code_points(text)
    controls = _controls(points)
    kept = "".join(map(chr, points[~controls].tolist())) if controls.any() else text
    if len(text) - len(kept) > max(3, len(text) // 100):
        raise Refusal(
            say(
                "{count} of {total} characters are control characters; this looks like a program or a picture, "
                "not a text.",
                count=len(text) - len(kept),
                total=len(text),
            )
        )
    if len(kept) < 2:
        raise Refusal(
            say(
                "The text has only one character; the net learns which character follows which, so it needs at "
                "least two."
            )
        )
    return kept


def _code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _controls(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return which characters are control characters other than tab and line feed."""
    bad: NDArray[np.bool_] = ((points < 32) & (points != 9) & (points != 10)) | ((points >= 127) & (points < 160))
    return bad


def _too_large(size: int) -> Message:
    return say(
        "The text has {size:.1f} MB; at most {most} MB can be learned here. Use a part of it.",
        size=size / 1e6,
        most=LARGEST_TEXT // 1_000_000,
    )


def split(ids: Codes) -> tuple[Codes, Codes]:
    """Return the training part and the held-out part: the last tenth, in one piece."""
    held_out = len(ids) // 10
    return ids[: len(ids) - held_out], ids[len(ids) - held_out :]
