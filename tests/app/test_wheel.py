"""A wheel built from the checkout works in an empty environment and from any directory."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an empty environment into which a fresh wheel was installed, with its own dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
        text=True,
    )
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    commands = folder / "venv" / "bin"
    subprocess.run(
        [commands / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", str(wheel)],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    return commands


def environment() -> dict[str, str]:
    """No path may lead back to the checkout."""
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "DISPLAY")}


def test_installed_command_line_runs_elsewhere(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [installed / "descentlab", "run", "race", '{"surface": "beale", "steps": 5}'],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
    )
    assert [json.loads(line)["step"] for line in done.stdout.splitlines()] == [0, 5]


def test_installed_server_serves_pages_and_files_elsewhere(installed: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [installed / "descentlab", "--port", "0", "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(),
    ) as process:
        try:
            assert process.stdout is not None
            address = re.search(r"http://\S+(?=/ )", process.stdout.readline())
            assert address
            with httpx.Client(base_url=address[0], timeout=30) as client:
                for page in ("/", "/race", "/race?lang=ko"):
                    html = client.get(page)
                    assert html.status_code == 200, html.text[:300]
                    links = re.findall(r'(?:src|href)="(/static/[^"]+)"', html.text)
                    assert any(link.endswith(".css") for link in links)
                    assert {client.get(link).status_code for link in links} == {200}
                assert "재생" in client.get("/race?lang=ko").text
                static = re.search(r"/static/\w+", html.text)
                assert static
                for kind in ("landscape", "series", "ranking"):
                    assert client.get(f"{static[0]}/js/panels/{kind}.js").status_code == 200
                run = client.post("/api/experiments/race/run", json={"steps": 3})
                assert run.status_code == 200
        finally:
            process.kill()
