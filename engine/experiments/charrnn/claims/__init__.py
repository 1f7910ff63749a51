"""The claims of the notes about recurrent nets, each with the run that shows it and a check on its numbers."""

from __future__ import annotations

from engine.claim import Claim, with_readings
from engine.experiments.charrnn.claims.basics import BASICS
from engine.experiments.charrnn.claims.gates import GATES
from engine.experiments.charrnn.claims.learning import LEARNING
from engine.experiments.charrnn.claims.readings import READINGS
from engine.experiments.charrnn.claims.time import TIME

CLAIMS: tuple[Claim, ...] = with_readings((*BASICS, *TIME, *GATES, *LEARNING), READINGS)
"""Every claim of the char-RNN, by number."""
