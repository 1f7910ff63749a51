"""JSON from outside: read strictly, refused in sentences. JSON to outside: problems in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from app.i18n import Translator
from engine.message import Message, _, say
from engine.params import Problem, refused


def parse(text: str | bytes, what: Message) -> Any:
    """Read JSON, without the NaN and Infinity that Python would let through.

    Args:
        what: names the text in the refusal, for example “the request”.
    Raises:
        InvalidParams: for anything that is not JSON, however long or deep.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise refused(say(_("{what} is not UTF-8 text."), what=what)) from None
    except RecursionError:
        raise refused(say(_("{what} is nested too deeply."), what=what)) from None
    except json.JSONDecodeError as error:
        sentence = say(
            _("{what} is not JSON: see line {line}, column {column}."),
            what=what,
            line=error.lineno,
            column=error.colno,
        )
        raise refused(sentence, position=error.pos) from None
    except ValueError as error:  # a constant that is no JSON, or an integer of thousands of digits
        raise refused(
            say(_("{what} holds a number that is not allowed: {reason}."), what=what, reason=str(error)[:80])
        ) from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def problems_json(problems: Iterable[Problem], translator: Translator) -> list[dict[str, Any]]:
    """Return problems as the page reads them: ``[{"path", "sentence", "position"}]``."""
    return [
        {"path": problem.path, "sentence": translator.say(problem.message), "position": problem.position}
        for problem in problems
    ]
