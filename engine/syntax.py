"""Python's parser, for one thread at a time.

Before Python 3.13 all threads count the depth of their trees in one place: two that parse at once may get a
SystemError, "AST constructor recursion depth mismatch" (https://github.com/python/cpython/issues/106905).
"""

from __future__ import annotations

import ast
import threading

_ONE = threading.Lock()


def parse(source: str) -> ast.Module:
    """Return the tree of a program, as `ast.parse` does."""
    with _ONE:
        return ast.parse(source)


def parse_expression(source: str) -> ast.expr:
    """Return the tree of an expression."""
    with _ONE:
        return ast.parse(source, mode="eval").body
