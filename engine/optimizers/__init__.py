"""Update rules on a flat parameter vector: what races on a surface is what trains a network."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from engine.catalog import by_name
from engine.optimizers.clipping import Clip
from engine.optimizers.own import OwnRule
from engine.optimizers.rule import Objective, Rule, State
from engine.optimizers.schedules import AnySchedule, Schedule

__all__ = [
    "RULES",
    "RULE_KINDS",
    "AnyRule",
    "AnySchedule",
    "Clip",
    "Objective",
    "OwnRule",
    "Rule",
    "Schedule",
    "State",
]


def _find_rules() -> dict[str, type[Rule]]:
    """Look into this package's modules for rules; menus show them by order, then by year."""
    found: list[type[Rule]] = []
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        found += [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, Rule)
            and value.__module__ == module.__name__
            and isinstance(value.model_fields["rule"].default, str)
        ]
    found.sort(key=lambda rule: (rule.order, rule.year))
    return by_name(found, lambda rule: rule.model_fields["rule"].default)


RULE_KINDS: dict[str, type[Rule]] = _find_rules()
"""Every kind of rule by its name, the visitor's own included."""
RULES: dict[str, type[Rule]] = {name: rule for name, rule in RULE_KINDS.items() if rule is not OwnRule}
"""Every rule that stands here, by its name."""

if TYPE_CHECKING:
    AnyRule = Rule
else:
    AnyRule = Annotated[Union[tuple(RULE_KINDS.values())], Field(discriminator="rule")]  # noqa: UP007  # made at run time
    """The type of a field that holds any rule, told apart by ``rule``."""
