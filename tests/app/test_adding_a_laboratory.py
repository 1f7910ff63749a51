"""What it costs to add a surface (an entry) and a laboratory (a file, a template), shown in a copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

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
from engine.experiment import Experiment, Question, Simulation
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

USE = """
import json
from pathlib import Path
from app import i18n
words = json.loads(Path("words.json").read_text("utf-8"))
catalog = i18n.update(Path("."), "ko")
path = i18n.LOCALE_FOLDER / "ko.po"
text = path.read_text("utf-8")
for english, korean in words.items():
    assert f'msgid "{english}"' in text, english
    text = text.replace(f'msgid "{english}"\\nmsgstr ""', f'msgid "{english}"\\nmsgstr "{korean}"')
path.write_text(text, "utf-8")

from starlette.testclient import TestClient
from app.main import create_app
from app.settings import Settings
from app.cli import main

with TestClient(create_app(Settings()), base_url="http://127.0.0.1") as http:
    page = {language: http.get(f"/ball?lang={language}").text for language in ("en", "ko")}
    card = http.get("/api/experiments/ball?lang=ko").json()
    lines = http.post("/api/experiments/ball/run", json={"steps": 3}).text.splitlines()
    inquiry = {"question": "height", "run": {"steps": 2}}
    answer = http.post("/api/experiments/ball/ask", json=inquiry).json()
    trough = {"surface": "trough", "steps": 2}
    race = http.post("/api/experiments/race/run", json=trough).text.splitlines()
    schema = http.get("/api/experiments/race?lang=ko").json()["schema"]
    surfaces = schema["properties"]["surface"]["labels"]
    gallery = http.get("/?lang=ko").text
    headers = {"host": "127.0.0.1", "origin": "http://127.0.0.1"}
    with http.websocket_connect("/stream/ball", headers=headers) as stream:
        stream.send_json({"type": "start", "epoch": 0, "params": {"steps": 3}})
        ready, frame = stream.receive_json(), stream.receive_bytes()
print(json.dumps({
    "prose": [">Look at the ball<" in page["en"], ">" + words["Look at the ball"] + "<" in page["ko"]],
    "boot": [words["The rolling ball"] in page["ko"], words["The ball's height"] in page["ko"]],
    "table": card["arrays"]["height"]["description"] == words["The ball's height"],
    "lines": [json.loads(line)["step"] for line in lines],
    "answer": answer,
    "race": json.loads(race[-1])["step"], "label": surfaces["trough"] == words["A trough"],
    "gallery": words["The rolling ball"] in gallery,
    "stream": [ready["type"], ready["total"], b'"height"' in frame],
}))
main(["run", "ball", '{"steps": 1}'])
"""


def test_a_surface_is_an_entry_and_a_laboratory_a_file_and_a_template(tmp_path: Path) -> None:
    for folder in ("engine", "app", "templates", "static"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    table = tmp_path / "engine/surfaces/table.py"
    text = table.read_text("utf-8")
    assert text.rstrip().endswith(")")
    table.write_text(text.rstrip()[:-1] + SURFACE, "utf-8")
    (tmp_path / "engine/experiments/ball.py").write_text(LABORATORY, "utf-8")
    (tmp_path / "templates/labs/ball.html").write_text(TEMPLATE, "utf-8")
    (tmp_path / "words.json").write_text(json.dumps(WORDS), "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-c", USE], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen, *run = done.stdout.splitlines()
    assert json.loads(seen) == {
        "prose": [True, True],
        "boot": [True, True],
        "table": True,
        "lines": [0, 3],
        "answer": {"step": 2, "now": 0.81},
        "race": 2,
        "label": True,
        "gallery": True,
        "stream": ["ready", 3, True],
    }
    assert [json.loads(line)["step"] for line in run] == [0, 1]
