"""The smallest additions that are something whole: a surface and a laboratory, in a copy of the project."""

from __future__ import annotations

import shutil
from pathlib import Path

from app import i18n

ROOT = Path(__file__).resolve().parents[1]

SURFACE = """    Surface(
        name="trough",
        title=_("A trough"),
        text="x**2 + 0*y",
        domain=_square(2.0),
        start=(1.0, 1.0),
        minima=((0.0, 0.0),),
        note=_("Flat along y."),
        source="none",
    ),
)
"""

LABORATORY = '''"""A ball that rolls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from engine import params
from engine.experiment import Experiment, Question
from engine.simulation import Simulation
from engine.frame import ArraySpec, Frame, Panel
from engine.message import _
from engine.params import slider


class BallParams(params.Params):
    """Of the ball."""

    rate: float = slider(0.1, 0.0, 1.0, _("Ball's rate"), _("What a step takes away."), effect="live")
    steps: int = slider(20, 1, 100, _("Steps"), _("How many."))
    seed: int = slider(0, 0, 9, _("Seed"), _("Unused."))


class Height(params.Params):
    """Of the question."""


class Roll(Simulation):
    """Keeps its height."""

    def __init__(self, params: BallParams) -> None:
        self.params, self.total, self.height = params, params.steps, 1.0

    def first(self) -> Frame:
        return Frame(0, {"height": np.array([self.height])})

    def advance(self, steps: int) -> Frame:
        heights = []
        for _step in range(min(steps, self.total - self.step)):
            self.height *= 1 - self.params.rate
            heights.append(self.height)
            self.step += 1
        return Frame(self.step, {"height": np.array(heights)}, self.step == self.total)

    def change(self, params: Any) -> None:
        self.params = params

    def answer(self, name: str, params: Any) -> Frame:
        return Frame(self.step, {"now": np.array(self.height)})


class Ball(Experiment):
    """See the module."""

    name = "ball"
    title = _("The rolling ball")
    summary = _("It rolls.")
    Params = BallParams
    arrays: ClassVar[Mapping[str, ArraySpec]] = {"height": ArraySpec(("step",), _("The ball's height"))}
    questions: ClassVar[Sequence[Question]] = (
        Question("height", _("How high?"), Height, {"now": ArraySpec((), _("The ball's height"))}),
    )
    panels: ClassVar[Sequence[Panel]] = (Panel("series", _("The ball's height"), {"y": "height"}),)

    def begin(self, params: BallParams, rng: np.random.Generator) -> Simulation:
        return Roll(params)
'''

TEMPLATE = '<section><h2>{{ _("Look at the ball") }}</h2></section>'

WORDS = {
    "The rolling ball": "구르는 공",
    "Look at the ball": "공을 보세요",
    "The ball's height": "공의 높이",
    "A trough": "홈통",
}


def copy_part(name: str, folder: Path) -> None:
    """Copy a folder of the project into another.

    What is compiled is copied too: it is good as long as its source is as old as it was. Other tests compile at
    the same time: what they are still writing (`x.pyc.123`) may be gone before it is copied.
    """
    shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.pyc.*"))


def copy_with_additions(folder: Path) -> None:
    """Copy the project into a folder; add an entry to the surfaces, and a file and a template for a laboratory."""
    for name in ("engine", "app", "templates", "static"):
        copy_part(name, folder)
    (folder / "tests").mkdir()
    shutil.copy(__file__, folder / "tests/minimal.py")
    table = folder / "engine/surfaces/table.py"
    text = table.read_text("utf-8")
    assert text.rstrip().endswith(")")
    table.write_text(text.rstrip()[:-1] + SURFACE, "utf-8")
    (folder / "engine/experiments/ball.py").write_text(LABORATORY, "utf-8")
    (folder / "templates/labs/ball.html").write_text(TEMPLATE, "utf-8")


def translate() -> None:
    """Bring the catalog of the project that this runs in up to date, and fill in `WORDS`."""
    i18n.update(Path("."), "ko")
    path = i18n.LOCALE_FOLDER / "ko.po"
    text = path.read_text("utf-8")
    for english, korean in WORDS.items():
        assert f'msgid "{english}"' in text, english
        text = text.replace(f'msgid "{english}"\nmsgstr ""', f'msgid "{english}"\nmsgstr "{korean}"')
    path.write_text(text, "utf-8")
