"""Python's parser, for one thread at a time."""

from __future__ import annotations

import ast
import threading
from typing import Literal, overload

_ONE = threading.Lock()


@overload
def parse(source: str, mode: Literal["exec"] = "exec") -> ast.Module: ...
@overload
def parse(source: str, mode: Literal["eval"]) -> ast.Expression: ...
def parse(source: str, mode: Literal["exec", "eval"] = "exec") -> ast.AST:
    """Return what `ast.parse` does.

    Before Python 3.13 all threads count the depth of their trees in one place: two that parse at once may get a
    SystemError, "AST constructor recursion depth mismatch".

    Source: https://github.com/python/cpython/issues/106905
    """
    with _ONE:
        return ast.parse(source, mode=mode)
