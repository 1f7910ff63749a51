"""Modules joined into one file are the modules that they were."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import httpx
import pytest
from deno import find_deno_bin

import engine
from app import joined
from app.assets import Assets, folder
from app.javascript import without_comments
from app.modules import imports, join, needed, source_map
from engine.frame import PANEL_KINDS

ASSETS = Assets(folder("static"), joined.make)
SCRIPTS = sorted((folder("static") / "js").rglob("*.js"))
KINDS = [f"js/panels/{kind}.js" for kind in sorted(PANEL_KINDS)]


@pytest.fixture(autouse=True)
def _files_are_read() -> None:
    assert ASSETS.version


def test_imports_are_found_in_every_way_they_are_written() -> None:
    source = """
import { a } from "./a.js";
import {
  b,
} from "../b.js";
import "./c.js";
/** @import { Type } from "./types.d.ts" */
// import { no } from "./no.js";
const later = () => import("./later.js");
"""
    assert imports(source) == ["./a.js", "../b.js", "./c.js"]


def test_each_module_comes_after_those_it_imports() -> None:
    order = needed(ASSETS.text, ["js/lab.js", *KINDS])
    assert len(order) == len(set(order))
    for place, name in enumerate(order):
        for imported in imports(ASSETS.text(name) or ""):
            target = (Path("/") / name).parent.joinpath(imported).resolve().relative_to("/").as_posix()
            assert target in order[:place]


def test_a_circle_of_imports_and_a_missing_module_are_refused_by_name() -> None:
    files = {
        "a.js": 'import { b } from "./b.js";',
        "b.js": 'import { a } from "./a.js";',
        "c.js": 'import "./d.js";',
    }
    with pytest.raises(ValueError, match=r"a\.js -> b\.js -> a\.js"):
        needed(files.get, ["a.js"])
    with pytest.raises(ValueError, match=r"c\.js imports d\.js"):
        needed(files.get, ["c.js"])


@pytest.mark.parametrize(
    "line",
    [
        "export default 1;",
        "export let a = 1;",
        "export { a };",
        'export * from "./b.js";',
        'import * as b from "./b.js";',
        'import b from "./b.js";',
    ],
)
def test_what_cannot_be_joined_is_refused_with_its_place(line: str) -> None:
    with pytest.raises(ValueError, match=r"a\.js, line 2, cannot be joined"):
        join([("a.js", f"const a = 1;\n{line}\n")])


def test_without_comments_every_line_keeps_its_number() -> None:
    for path in SCRIPTS:
        source = path.read_text("utf-8")
        bare = without_comments(source)
        for before, after in zip(source.split("\n"), bare.split("\n"), strict=True):
            if not re.match(r"\s*(//|/?\*)", before) and "//" not in before and "/*" not in before:
                assert after.strip() == before.strip(), path


def run_deno(script: Path, *arguments: str) -> str:
    """Run a script with Deno; return what it prints."""
    environment = {**os.environ, "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"}
    command = [
        find_deno_bin(),
        "run",
        "--quiet",
        "--no-remote",
        "--no-npm",
        "--no-check",
        "--allow-read",
        str(script),
    ]
    done = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_joined_modules_export_what_they_exported(tmp_path: Path) -> None:
    names = needed(ASSETS.text, KINDS)
    everything = join([(name, ASSETS.text(name) or "") for name in names])
    (tmp_path / "all.js").write_text(everything, "utf-8")
    (tmp_path / "compare.js").write_text(
        """
globalThis.window = globalThis;
const [root, names] = Deno.args;
const { $modules } = await import("./all.js");
const told = (module) => Object.entries(module).map(([key, value]) => `${key}: ${typeof value}`).sort().join();
const wrong = [];
for (const name of JSON.parse(names)) {
  if (told(await import(`file://${root}/${name}`)) !== told($modules[name])) wrong.push(name);
}
console.log(JSON.stringify(wrong));
"""
    )
    found = run_deno(tmp_path / "compare.js", str(folder("static").resolve()), json.dumps(names))
    assert json.loads(found) == []


def test_a_joined_file_runs_borrows_and_imports_what_it_holds(tmp_path: Path) -> None:
    files = {
        "js/a.js": """
export const one = () => 1; // "import { x }"
export class Two { static is = `import { no }`; }
""",
        "js/b.js": """
import { one as first, Two } from "./a.js";
export async function three() {
  const { four } = await import(`./kinds/${"c"}.js`);
  return first() + Two.is.length + four;
}
""",
        "js/kinds/c.js": """
import { one } from "../a.js";
export const four = one() + 3;
""",
        "js/main.js": """
import { three } from "./b.js";
three().then((sum) => console.log(sum));
console.log("begun");
""",
    }
    shared = [(name, files[name]) for name in ("js/a.js", "js/b.js")]
    own = [(name, files[name]) for name in ("js/kinds/c.js", "js/main.js")]
    (tmp_path / "shared.js").write_text(join(shared))
    (tmp_path / "page.js").write_text(join(own, "./shared.js"))
    assert run_deno(tmp_path / "page.js").split() == ["begun", str(1 + len("import { no }") + 4)]


def test_a_source_map_leads_back_to_every_line() -> None:
    sources = [(name, ASSETS.text(name) or "") for name in needed(ASSETS.text, ["js/panels/map.js"])]
    lines = join(sources).split("\n")
    told = json.loads(source_map(sources, borrow=False, root="../"))
    assert told["sources"] == [name for name, _text in sources]
    alphabet = {
        letter: i for i, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    }
    file = line = mapped = 0
    for text, segment in zip(lines, told["mappings"].split(";"), strict=False):
        if not segment:
            continue
        numbers, value, shift = [], 0, 0
        for letter in segment:
            value |= (alphabet[letter] & 31) << shift
            shift += 5
            if alphabet[letter] < 32:
                numbers.append(-(value >> 1) if value & 1 else value >> 1)
                value = shift = 0
        file, line, mapped = file + numbers[1], line + numbers[2], mapped + 1
        original = without_comments(sources[file][1]).split("\n")[line]
        if not re.match(r"import |export ", original) and "import(" not in original:
            assert text == original
    assert mapped == sum(text.count("\n") + 1 for _name, text in sources)


@pytest.mark.parametrize("name", [*engine.experiments()])
def test_a_page_loads_two_scripts_and_one_stylesheet_of_ours(http: httpx.Client, name: str) -> None:
    html = http.get(f"/{name}").text
    kinds = {panel.kind for panel in engine.experiment(name).panels}
    page = joined.page("lab", kinds)
    links = set(re.findall(r'(?:href|src)="/static/\w+/([^"]+)"', html)) - {
        "favicon.svg",
        "js/early.js",
        "plotly.min.js",
    }
    assert links == {"joined/shared.js", f"joined/{page}.js", f"joined/{page}.css"}
    assert ("plotly.min.js" in html) == joined.needs_plotly(kinds, ASSETS.text)
    static = re.search(r"/static/\w+/", html)
    assert static is not None
    script, shared = (http.get(f"{static[0]}joined/{file}.js").text for file in (page, "shared"))
    for module in needed(ASSETS.text, ["js/lab.js", *(f"js/panels/{kind}.js" for kind in kinds)]):
        assert (f'$modules["{module}"] =' in script) + (f'$modules["{module}"] =' in shared) == 1  # one instance
    style = http.get(f"{static[0]}joined/{page}.css").text
    assert all((ASSETS.text(f"css/panels/{kind}.css") or "") in style for kind in kinds)
    assert http.get(f"{static[0]}joined/{page}.js.map").json()["version"] == 3


@pytest.mark.parametrize(
    "name",
    [
        "lab.nothing.js",
        "lab.series.map.js",
        "lab.map.map.js",
        "other.js",
        "shared.map.js",
        "shared.css",
        "../lab.js",
    ],
)
def test_what_names_no_page_is_not_made(http: httpx.Client, name: str) -> None:
    assert http.get(f"/static/x/joined/{name}").status_code == 404
