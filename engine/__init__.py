"""Descent Lab's engine: NumPy experiments that show how networks train, usable without any server.

>>> import engine
>>> [frame.step for frame in engine.run("race", {"steps": 600})]
[0, 500, 600]
"""

# First, or the package would replace the function of that name when it is imported later.
import engine.experiments  # noqa: F401  # registers them
from engine.experiment import Advance, claims, experiment, run
from engine.experiment import registry as experiments
from engine.frame import Frame
from engine.params import InvalidParams

__all__ = ["Advance", "Frame", "InvalidParams", "claims", "experiment", "experiments", "run"]
