"""Claims."""

from engine.experiment import Claim

CLAIMS: tuple[Claim, ...] = ()
