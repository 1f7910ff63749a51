"""The claims of the notes about signals through depth, each with its comparison and a check on its numbers."""

from __future__ import annotations

from engine.claim import Claim, with_readings
from engine.experiments.depth.claims.activations import ACTIVE
from engine.experiments.depth.claims.data import DATA
from engine.experiments.depth.claims.normalization import NORMALIZATION
from engine.experiments.depth.claims.paths import PATHS
from engine.experiments.depth.claims.prepared import PREPARED
from engine.experiments.depth.claims.readings import READINGS
from engine.experiments.depth.claims.relu import RELU
from engine.experiments.depth.claims.weights import WEIGHTS

__all__ = ["CLAIMS"]

CLAIMS: tuple[Claim, ...] = with_readings(
    (*WEIGHTS, *PREPARED, *ACTIVE, *RELU, *NORMALIZATION, *PATHS, *DATA), READINGS
)
"""Every claim of the depth laboratory, by number."""
