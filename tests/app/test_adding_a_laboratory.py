"""What it costs to add a surface (an entry) and a laboratory (a file, a template), shown in a copy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.minimal import copy_with_additions

USE = """
import json
from tests.minimal import WORDS as words, translate
translate()

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
    recording = http.get("/api/experiments/ball/preview")
    linked = http.get('/ball?state={"params":{"rate":0.5}}').text
    bad = http.get('/ball?state={"params":{"rate":5}}').text
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
    "preview": [recording.status_code, b'"height"' in recording.content],
    "link": ['"rate": 0.5' in linked or '"rate":0.5' in linked, "at most 1" in bad],
    "stream": [ready["type"], ready["total"], b'"height"' in frame],
}))
main(["run", "ball", '{"steps": 1}'])
main(["ask", "ball", "height", "--run", '{"steps": 1}'])
"""


def test_a_surface_is_an_entry_and_a_laboratory_a_file_and_a_template(tmp_path: Path) -> None:
    copy_with_additions(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-c", USE], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen, *run, answer = done.stdout.splitlines()
    assert json.loads(seen) == {
        "prose": [True, True],
        "boot": [True, True],
        "table": True,
        "lines": [0, 3],
        "answer": {"step": 2, "now": 0.81},
        "race": 2,
        "label": True,
        "gallery": True,
        "preview": [200, True],
        "link": [True, True],
        "stream": ["ready", 3, True],
    }
    assert [json.loads(line)["step"] for line in run] == [0, 1]
    assert json.loads(answer) == {"step": 1, "now": 0.9}
