"""What it costs to add a rule: one file with one text, in a copy of the engine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.minimal import copy_part

RULE = '''"""SignSGD."""

from __future__ import annotations

from typing import ClassVar, Literal

from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule


class SignSGD(FormulaRule):
    """SignSGD: every component moves by the learning rate.

    Convention: sign(0) = 0.
    Source: Bernstein et al. 2018, arXiv:1802.04434.
    """

    title: ClassVar[str] = "SignSGD"
    formula: ClassVar[str] = "theta = theta - learning_rate*sign(g)"
    color: ClassVar[str] = "#009E73"
    dash: ClassVar[str] = "dot"
    year: ClassVar[int] = 2018

    rule: Literal["signsgd"] = "signsgd"
    learning_rate: float = fields.learning_rate(0.01)
    weight_decay: float = fields.weight_decay()
'''

USE = """
import json
import engine
from engine.optimizers import RULES

rule = RULES["signsgd"]()
race = engine.run("race", {"racers": [{"rule": "signsgd"}, {"rule": "adam"}], "steps": 20})
frames = list(race)
params = {"optimizer": {"rule": "signsgd"}, "steps": 2, "depth": 2, "width": 8, "samples": 32}
steps = [frame.step for frame in engine.run("depth", params)]
labels = engine.experiment("race").Params.model_json_schema()["properties"]["racers"]["labels"]
print(json.dumps([frames[-1].step, steps[-1], labels["signsgd"], rule.equations(), rule.code("torch")]))
"""


def test_a_rule_is_one_file_with_one_text(tmp_path: Path) -> None:
    copy_part("engine", tmp_path)
    (tmp_path / "engine/optimizers/signsgd.py").write_text(RULE, "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", USE], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert '[20, 2, "SignSGD"' in done.stdout
    assert "sign" in done.stdout
    assert "class SignSGD(torch.optim.Optimizer)" in done.stdout
