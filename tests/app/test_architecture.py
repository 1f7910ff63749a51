"""The house's rules: what is public says what it is, and names that must agree do agree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import engine
from engine.frame import PANEL_KINDS
from engine.optimizers import RULES

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for folder in ("engine", "app") for path in (ROOT / folder).rglob("*.py"))
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def is_public(name: str) -> bool:
    """Whether a name is meant for others."""
    return not name.startswith("_")


def public_objects(path: Path) -> Iterator[tuple[str, Documented]]:
    """Yield (place, syntax node) of a module and of its public classes, functions and methods."""
    tree = ast.parse(path.read_text("utf-8"))
    where = path.relative_to(ROOT).as_posix()
    yield where, tree
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and is_public(node.name):
            yield f"{where}:{node.lineno} {node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public_methods(where, node)


def public_methods(where: str, owner: ast.ClassDef) -> Iterator[tuple[str, Documented]]:
    """Yield the public methods that a class introduces; one that fulfils a base's contract is described there."""
    bases = {base.id for base in owner.bases if isinstance(base, ast.Name)}
    inherited = {name for base in bases for name in contracts().get(base, ())}
    for node in owner.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_public(node.name):
            decorators = {name.id for name in node.decorator_list if isinstance(name, ast.Name)}
            if node.name not in inherited and not decorators & {"overload", "override"}:
                yield f"{where}:{node.lineno} {owner.name}.{node.name}", node


@cache
def contracts() -> dict[str, set[str]]:
    """Documented public methods of every class, by the name of the class, those of its bases included."""
    own: dict[str, set[str]] = {}
    bases: dict[str, set[str]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                methods = [part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
                own[node.name] = {method.name for method in methods if ast.get_docstring(method)}
                bases[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}

    def collect(name: str, seen: frozenset[str]) -> set[str]:
        above = (collect(base, seen | {name}) for base in bases.get(name, set()) - seen)
        return own.get(name, set()).union(*above)

    return {name: collect(name, frozenset()) for name in own}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_public_objects_have_docstrings(path: Path) -> None:
    bare = [where for where, node in public_objects(path) if not (ast.get_docstring(node) or "").strip()]
    assert bare == []


@pytest.mark.parametrize("name", RULES)
def test_rule_names_its_convention_and_its_source(name: str) -> None:
    words = RULES[name].__dict__.get("__doc__") or ""
    assert "Convention:" in words
    assert "Source:" in words


def test_every_panel_kind_is_one_file() -> None:
    files = {path.stem for path in (ROOT / "static/js/panels").glob("*.js")}
    assert files == set(PANEL_KINDS)


def test_every_panel_kind_is_used() -> None:
    used = {panel.kind for name, one in engine.experiments().items() if name != "toy" for panel in one.panels}
    to_come = {"attention"}  # of a next laboratory; a recording draws it
    assert used == set(PANEL_KINDS) - to_come


LABORATORIES = [*engine.experiments()]


@pytest.mark.parametrize("name", LABORATORIES)
def test_every_laboratory_has_its_prose(name: str) -> None:
    assert (ROOT / f"templates/labs/{name}.html").read_text("utf-8").strip()


@pytest.mark.parametrize("name", LABORATORIES)
def test_panels_show_arrays_that_exist(name: str) -> None:
    experiment = engine.experiment(name)
    params = experiment.Params()
    answers = {name for question in experiment.questions for name in question.arrays}
    known = set(experiment.arrays) | set(experiment.scene(params)) | answers
    for panel in experiment.panels:
        assert set(panel.arrays.values()) <= known, panel.title


@pytest.mark.parametrize("name", LABORATORIES)
def test_presets_and_claims_are_valid_and_their_names_differ(name: str) -> None:
    experiment = engine.experiment(name)
    presets = [preset.name for preset in experiment.presets]
    claims = [claim.id for claim in experiment.claims]
    assert len(set(presets)) == len(presets)
    assert len(set(claims)) == len(claims)
    for one in [*experiment.presets, *experiment.claims]:
        experiment.Params.model_validate(dict(one.params))


def test_files_are_short() -> None:
    pages = [*SOURCES, *(ROOT / "static/js").rglob("*.js")]
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in pages
        if (count := len(path.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}


def test_type_has_five_sizes_and_titles_larger_ones() -> None:
    """The sizes are tokens; what stands in pixels is a title, larger than all of them."""
    for path in (ROOT / "static/css").rglob("*.css"):
        for size in re.findall(r"font(?:-size)?: ?(?:italic |[0-9]{3} )*([0-9.]+)px", path.read_text("utf-8")):
            assert float(size) > 17, f"{path.name}: {size}px"


def test_canvases_and_plots_write_in_the_five_sizes() -> None:
    sized = re.compile(r"font[a-z]*\b.*[0-9]px|font[a-z]*: \{ size: [0-9]|\.font = (?!lettering\(|font;)")
    for path in (ROOT / "static/js").rglob("*.js"):
        found = [line.strip() for line in path.read_text("utf-8").splitlines() if sized.search(line)]
        assert found == [], path.name


def test_scripts_draw_in_the_palettes_colours() -> None:
    literal = re.compile(r"""["'`](?:#[0-9a-fA-F]{3,8}["'`]|(?:rgb|hsl)a?\()""")
    for path in (ROOT / "static/js").rglob("*.js"):
        if path.name != "palette.js":
            found = [line.strip() for line in path.read_text("utf-8").splitlines() if literal.search(line)]
            assert found == [], path.name


def test_javascript_knows_no_laboratory() -> None:
    for path in (ROOT / "static/js").rglob("*.js"):
        text = path.read_text("utf-8")
        named = [name for name in LABORATORIES if f'"{name}"' in text or f"'{name}'" in text]
        assert named == [], path


def test_scripts_and_styles_know_no_laboratory() -> None:
    """What a laboratory calls its states, findings, cells and quantities comes from the server, in words."""
    from engine.experiments.depth.doctor import NAMES
    from engine.experiments.race.standing import STATUSES

    names = {*LABORATORIES, *NAMES, *STATUSES, "lstm", "gru", "rnn", "entropy of the rule"} - {
        "running",
        "minimum",
        "nan",
    }
    found = []
    for path in sorted([*(ROOT / "static").rglob("*.js"), *(ROOT / "static").rglob("*.css")]):
        if "vendor" in path.parts:  # written by others
            continue
        text = re.sub(
            r"//.*|/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL if path.suffix == ".css" else 0
        )
        words = set(re.findall(r"""["'`]([\w ]+)["'`]""", text)) | set(
            re.findall(r"[.#]([a-z][\w-]*)\s*[{,:]", text)
        )
        found += [f"{path.relative_to(ROOT)}: {word}" for word in sorted(words & names)]
        if "panels" in path.parts and path.suffix == ".js":  # a parameter's name comes by the panel's options
            found += [
                f"{path.relative_to(ROOT)}: params.{name}" for name in re.findall(r"panel\.params\.(\w+)", text)
            ]
    assert not found


def test_what_silences_a_tool_or_skips_a_test_says_why() -> None:
    mark = re.compile(r"(# noqa|# type: ignore|lint-ignore|@ts-ignore|@ts-expect-error)(?!.*(#|--) \w)")
    skip = re.compile(r"(importorskip|mark\.(skip|skipif|xfail))(?!.*reason=)|\bskip\(\)")
    silent = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in [*SOURCES, *(ROOT / "static" / "js").rglob("*.js"), *(ROOT / "tests").rglob("*.[pj][ys]")]
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if path != Path(__file__) and (mark.search(line) or skip.search(line))
    ]
    assert not silent, "\n".join(silent)


def unnamed(path: Path) -> Iterator[str]:
    """Yield the arguments of public functions that a docstring with ``Args`` leaves out."""
    for place, node in public_objects(path):
        told = ast.get_docstring(node) or ""
        if isinstance(node, ast.FunctionDef) and "Args:" in told:
            every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            for name in sorted({one.arg for one in every} - {"self", "cls"}):
                if not re.search(rf"\b{name}\b", told):
                    yield f"{place}: {name}"


def unlisted(path: Path) -> Iterator[str]:
    """Yield the public functions that say nothing of two of their arguments or more, here or in the module.

    A function that does what another does says so ("Do what `f` does"), and lists nothing again.
    """
    module = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    for place, node in public_objects(path):
        told = ast.get_docstring(node) or ""
        if isinstance(node, ast.FunctionDef) and not re.search(
            "(Do what|Return|as in|arguments are those of) `", told
        ):
            every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            names = {one.arg for one in every} - {"self", "cls"}
            mute = {name for name in names if not re.search(rf"\b{name}\b", told + module)}
            if len(mute) > 1:
                yield f"{place}: {', '.join(sorted(mute))}"


def test_what_is_public_in_the_library_tells_of_its_arguments() -> None:
    """The helpers of a laboratory take its own objects, whose types say what they are."""
    library = [
        path for path in SOURCES if path.is_relative_to(ROOT / "engine") and "experiments" not in path.parts
    ]
    assert [fault for path in library for fault in unlisted(path)] == []


def test_a_public_class_of_the_library_has_its_name_alone() -> None:
    """Two things of one name are taken for one another."""
    places: dict[str, list[str]] = {}
    for path in SOURCES:
        parts = path.relative_to(ROOT).parts
        if parts[0] == "engine" and parts[1] != "experiments":
            for place, node in public_objects(path):
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(place)
    assert [where for where in places.values() if len(where) > 1] == []


def test_a_docstring_that_lists_arguments_names_every_one() -> None:
    engines = [path for path in SOURCES if path.is_relative_to(ROOT / "engine")]
    assert [fault for path in engines for fault in unnamed(path)] == []
