"""The claims of the notes about learning and generalizing, each with its comparison and a check on its numbers."""

from __future__ import annotations

from engine.claim import Claim
from engine.experiments.playground.claims.capacity import CAPACITY
from engine.experiments.playground.claims.control import CONTROL
from engine.experiments.playground.claims.data import DATA

__all__ = ["CLAIMS"]

CLAIMS: tuple[Claim, ...] = tuple(sorted((*CAPACITY, *CONTROL, *DATA), key=lambda claim: int(claim.id[1:])))
"""Every claim of the playground, by number."""
