"""A wheel built from the checkout works in an empty environment and from any directory.

The environment holds the wheel and what it declares to need, nothing else of this one; so no package is fetched.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement

from tests.address import address_of
from tests.timing import PATIENCE

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def declared(wheel: Distribution) -> dict[str, Distribution]:
    """What a distribution declares to need, and what that needs, as it is installed here."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    todo = [(wheel, "")]
    while todo:
        one, extra = todo.pop()
        for need in map(Requirement, one.requires or ()):
            if need.marker is not None and not need.marker.evaluate({"extra": extra}):
                continue
            for wanted in {"", *need.extras}:
                if (need.name, wanted) not in seen:
                    seen.add((need.name, wanted))
                    found[need.name] = distribution(need.name)
                    todo.append((found[need.name], wanted))
    return found


def run(*command: str | Path, folder: Path) -> None:
    """Run a command in a folder to its good end."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that holds a fresh wheel and what it declares to need."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, folder=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", symlinks=True)
    pip = (sys.executable, "-m", "pip", "--python", folder / "venv", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, folder=folder)
    (packages,) = (folder / "venv").glob("lib/python*/site-packages")
    (itself,) = packages.glob("descentlab-*.dist-info")
    for one in declared(Distribution.at(itself)).values():
        for part in {file.parts[0] for file in one.files or () if file.parts[0] not in ("..", "__pycache__")}:
            if not (packages / part).exists():
                (packages / part).symlink_to(Path(str(one.locate_file(part))))
    run(*pip, "check", folder=folder)  # each is there, in a version that the others can use
    return folder / "venv" / "bin"


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
            with httpx.Client(base_url=address_of(process), timeout=PATIENCE) as client:
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
