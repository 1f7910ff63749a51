"""The notes' claims on back-propagation, as experiments on the tape."""

from __future__ import annotations

from engine.claim import Claim, with_readings
from engine.experiments.graph.claims.cost import COST
from engine.experiments.graph.claims.readings import READINGS
from engine.experiments.graph.claims.rules import RULES

CLAIMS: tuple[Claim, ...] = with_readings((*RULES, *COST), READINGS)
