"""The claims of the notes about learning and generalizing, each with its comparison and a check on its numbers."""

from __future__ import annotations

from engine.claim import Claim, with_readings
from engine.experiments.playground.claims.capacity import CAPACITY
from engine.experiments.playground.claims.control import CONTROL
from engine.experiments.playground.claims.data import DATA
from engine.experiments.playground.claims.readings import READINGS

__all__ = ["CLAIMS"]

CLAIMS: tuple[Claim, ...] = with_readings((*CAPACITY, *CONTROL, *DATA), READINGS)
"""Every claim of the playground, by number."""
