"""Random parameters, drawn from a laboratory's own JSON schema: mostly allowed, now and then not."""

from __future__ import annotations

import math
import random
from typing import Any

from tests.fuzz.formulas import any_formula
from tests.fuzz.programs import any_program

Json = Any
WRONG: list[Json] = [
    None,
    True,
    -1,
    0,
    1e308,
    -1e-300,
    2**63,
    "",
    "x",
    "\ud800",
    [],
    {},
    [[1]],
    {"rule": "adam"},
    1.5,
]


class Drawing:
    """Draws values for a JSON schema.

    Args:
        schema: of the whole model, with its ``$defs``. size: how far towards the upper bounds numbers go, 0 to 1.
        wrong: the chance of a value that is not allowed.
    """

    def __init__(self, schema: Json, rng: random.Random, *, size: float = 1.0, wrong: float = 0.02) -> None:
        self.schema, self.rng, self.size, self.wrong = schema, rng, size, wrong

    def params(self, share: float = 0.5) -> dict[str, Json]:
        """Return some of the parameters, each with the chance ``share``."""
        properties = self.schema["properties"]
        found = {name: self.value(one, name) for name, one in properties.items() if self.rng.random() < share}
        if "expression" in properties and self.rng.random() < 0.8:  # lines that fit their values are rare
            found |= any_program(self.rng)
        for name, one in properties.items():
            if name in found and "known" in one:
                of = found.get("laboratory", properties["laboratory"]["default"])
                self._settings(found[name], one["known"].get(of, []) if isinstance(of, str) else [])
        return found

    def _settings(self, drawn: Json, known: Json) -> None:
        """Name settings that a laboratory has: as axes of a search, or as what its trials share."""
        for axis in drawn if isinstance(drawn, list) and known else ():
            if isinstance(axis, dict) and self.rng.random() < 0.9:
                axis["setting"] = self.rng.choice(known)["setting"]
                for bound in ("low", "high"):
                    axis.pop(bound, None) if self.rng.random() < 0.5 else None
        if isinstance(drawn, dict) and known:
            for one in self.rng.sample(known, min(len(known), 2)):
                choices = one["choices"] or [one["low"], one["high"], (one["low"] + one["high"]) / 2]
                drawn[one["setting"]] = self.rng.choice(choices)

    def value(self, one: Json, name: str = "") -> Json:
        """Return a value for a part of the schema."""
        rng = self.rng
        if rng.random() < self.wrong:
            return rng.choice(WRONG)
        if "$ref" in one:
            return self.value(self.schema["$defs"][one["$ref"].rpartition("/")[2]], name)
        for union in ("anyOf", "oneOf", "allOf"):
            if union in one:
                return self.value(rng.choice(one[union]), name)
        if "const" in one:
            return one["const"]
        if "enum" in one:
            return rng.choice(one["enum"])
        return getattr(self, f"_{one.get('type', 'nothing')}", self._nothing)(one, name)

    def _nothing(self, one: Json, name: str) -> Json:
        return self.rng.choice(WRONG)

    def _null(self, one: Json, name: str) -> Json:
        return None

    def _boolean(self, one: Json, name: str) -> Json:
        return self.rng.random() < 0.5

    def _number(self, one: Json, name: str) -> Json:
        low = one.get("minimum", one.get("exclusiveMinimum", -10.0))
        high = one.get("maximum", one.get("exclusiveMaximum", 10.0))
        share = self.rng.choice([0.0, self.size, self.rng.random() * self.size])
        if one.get("scale") == "log" and high > 0:
            floor = low or high * 1e-6
            return low if share == 0 else min(high, floor * math.exp(share * math.log(high / floor)))
        return low + share * (high - low)

    def _integer(self, one: Json, name: str) -> Json:
        return round(self._number(one, name))

    def _string(self, one: Json, name: str) -> Json:
        if name == "formula":
            return any_formula(self.rng)
        if name == "csv":
            rows = self.rng.randint(1, 20)
            return "\n".join(",".join(f"{self.rng.gauss(0, 1):.3g}" for _ in range(3)) for _ in range(rows))
        length = self.rng.choice([0, 1, 20, 2000])
        return "".join(self.rng.choice("abc \n한글\t\"'0") for _ in range(length))

    def _array(self, one: Json, name: str) -> Json:
        if "prefixItems" in one:
            return [self.value(item, name) for item in one["prefixItems"]]
        fewest, most = one.get("minItems", 0), min(one.get("maxItems", 4), 4)
        count = self.rng.choice([fewest, self.rng.randint(fewest, most)])  # none at all is an edge of its own
        return [self.value(one.get("items", {}), name) for _ in range(count)]

    def _object(self, one: Json, name: str) -> Json:
        properties, required = one.get("properties", {}), one.get("required", ())
        return {
            key: self.value(inner, key)
            for key, inner in properties.items()
            if key in required or key == "rule" or self.rng.random() < 0.5
        }
