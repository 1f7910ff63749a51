"""The claims of the notes about optimizers, each with the race that shows it and a check on its numbers."""

from __future__ import annotations

from engine.claim import Claim, with_readings
from engine.experiments.race.claims.adaptive import ADAPTIVE
from engine.experiments.race.claims.corrected import CORRECTED
from engine.experiments.race.claims.momentum import MOMENTUM
from engine.experiments.race.claims.noise import NOISE
from engine.experiments.race.claims.plain import PLAIN
from engine.experiments.race.claims.readings import READINGS
from engine.experiments.race.claims.second_order import SECOND_ORDER

__all__ = ["CLAIMS"]

CLAIMS: tuple[Claim, ...] = with_readings(
    (*PLAIN, *NOISE, *MOMENTUM, *ADAPTIVE, *CORRECTED, *SECOND_ORDER), READINGS
)
"""Every claim of the race, by number."""
