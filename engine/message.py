"""Sentences for people: a template that a translator sees, and the values that fill it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


def _(text: str) -> str:
    """Mark a literal for translation; returns it unchanged. The page translates, the engine never does."""
    return text


@dataclass(frozen=True)
class Message:
    """A translatable sentence.

    Args:
        template: English source with ``{name}`` fields, in `str.format` syntax.
        values: what fills the fields; a nested `Message` is translated too.
    >>> str(Message("std fell to {std:.4f} by layer {layer}", {"std": 0.00053, "layer": 5}))
    'std fell to 0.0005 by layer 5'
    """

    template: str
    values: dict[str, Any] = field(default_factory=dict)

    def translate(self, gettext: Callable[[str], str]) -> str:
        """Fill the translated template. ``gettext`` maps an English template to the reader's language."""
        filled = {
            name: value.translate(gettext) if isinstance(value, Message) else value
            for name, value in self.values.items()
        }
        return gettext(self.template).format(**filled)

    def __str__(self) -> str:
        return self.translate(_)


def say(template: str, /, **values: Any) -> Message:
    """Make a `Message`; the extraction of strings knows this name, so the template must be a literal."""
    return Message(template, values)
