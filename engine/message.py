"""Sentences for people: a template that a translator sees, and the values that fill it."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _(text: str) -> str:
    """Mark a literal for translation; returns it unchanged. The page translates, the engine never does."""
    return text


class _Numbers(string.Formatter):
    """`str.format` that writes powers of ten, and the minus sign of numbers, as they are printed."""

    def format_field(self, value: Any, format_spec: str) -> str:
        text = str(super().format_field(value, format_spec))
        printed = _printed(text) if format_spec[-1:] in ("e", "g") else text
        return printed.replace("-", "−") if isinstance(value, Real) else printed


def _printed(text: str) -> str:
    """Return a number without the computer's e: 4e-16 is 4·10⁻¹⁶, 1e+06 is 10⁶, 0e+00 is 0."""
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    if float(mantissa) == 0:
        return "0"
    power = f"10{str(int(exponent)).translate(_RAISED)}" if int(exponent) else ""
    if not power:
        return mantissa
    return power if mantissa == "1" else f"-{power}" if mantissa == "-1" else f"{mantissa}·{power}"


_NUMBERS = _Numbers()


@dataclass(frozen=True)
class Message:
    """A translatable sentence.

    Args:
        template: English source with ``{name}`` fields, in `str.format` syntax.
        values: what fills the fields; a nested `Message` is translated too.
    >>> str(Message("std fell to {std:.4f} by layer {layer}", {"std": 0.00053, "layer": 5}))
    'std fell to 0.0005 by layer 5'
    >>> str(Message("off by {most:.0e}, {least:.0e} here", {"most": 4.4e-16, "least": 0.0}))
    'off by 4·10⁻¹⁶, 0 here'
    """

    template: str
    values: dict[str, Any] = field(default_factory=dict)

    def translate(self, gettext: Callable[[str], str]) -> str:
        """Fill the translated template. ``gettext`` maps an English template to the reader's language."""
        filled = {
            name: value.translate(gettext) if isinstance(value, Message) else value
            for name, value in self.values.items()
        }
        return _NUMBERS.format(gettext(self.template), **filled)

    def __str__(self) -> str:
        return self.translate(_)

    def __hash__(self) -> int:
        return hash(self.template)


def say(template: str, /, **values: Any) -> Message:
    """Make a `Message`; the extraction of strings knows this name, so the template must be a literal."""
    return Message(template, values)
