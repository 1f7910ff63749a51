"""Maps of very many races: loss or rate over two settings, loss over the learning rate, basins of attraction."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from engine.asked import Growing
from engine.experiment import Question
from engine.experiments.race.bulk import compile_in_pieces, with_arrays
from engine.experiments.race.course import RATE, Course, Range, Way
from engine.experiments.race.params import racer_field
from engine.experiments.race.theory import optimum, quadratic_of, theory_of
from engine.frame import ArraySpec, Frame, Told
from engine.message import Message, _, say
from engine.params import Refusal, choice, refused

if TYPE_CHECKING:
    from engine.experiments.race.simulation import RaceSimulation

Array = NDArray[np.float64]
Lines = list[tuple[Array, Array]]

MOST_WORK = 6e8
"""What one map may cost, in steps of a racer (see `Course.weight`): a map of dear races has fewer cells."""
FEWEST = 8
COARSE = 16


class Survey(Growing):
    """What all maps are asked with."""

    racer: int = racer_field()
    cells: int = Field(
        128,
        ge=FEWEST,
        le=128,
        title=_("Cells"),
        description=_("How many cells a side of the map has at most; it has fewer where the races are long."),
    )
    x_range: Range | None = choice(
        None, _("Range across"), _("Lowest and highest value; None takes the usual ones.")
    )
    y_range: Range | None = choice(None, _("Range up"), _("Lowest and highest value; None takes the usual ones."))

    @model_validator(mode="after")
    def _ascend(self) -> Survey:
        for given in (self.x_range, self.y_range):
            if given is not None and not given[0] < given[1]:
                raise Refusal(say("A range needs its lower end first, then a higher one."))
        return self


class Map(Survey):
    """Loss, rate or time over two settings of a racer."""

    x: str = Field(
        "", max_length=60, title=_("Across"), description=_("A setting of the racer; “” is the learning rate.")
    )
    y: str = Field("", max_length=60, title=_("Up"), description=_("A second setting; “” is its first other one."))
    measure: Literal["loss", "rate", "steps"] = choice(
        "loss",
        _("Colour"),
        _("The loss after the last step, by what a step multiplies the distance, or the steps to the finish."),
        labels={
            "loss": _("loss above the minimum, at the end"),
            "rate": _("rate of convergence"),
            "steps": _("steps to the finish"),
        },
    )

    def answers(self, simulation: RaceSimulation) -> Generator[Frame | None, None, None]:
        course = Course(simulation, self.racer)
        across = course.axis(self.x or RATE, "x", self.x_range)
        up = course.axis(self.y or course.second(across.setting), "y", self.y_range)
        if across.setting == up.setting:
            raise refused(say("Both axes are the same setting; choose another for one of them."), "y")
        yield from _grown(course, self, across, up, self.measure)


class Strip(Survey):
    """The loss of every racer over the learning rate."""

    def answers(self, simulation: RaceSimulation) -> Generator[Frame | None, None, None]:
        courses = [Course(simulation, i) for i in range(len(simulation.rules))]
        step, axis = simulation.step, courses[0].axis(RATE, "x", self.x_range)
        yield from compile_in_pieces(courses[0].surface)
        most = max(COARSE, min(2 * self.cells, int(MOST_WORK / sum(course.work for course in courses))))
        columns = sorted({min(most, n) for n in (COARSE, 64, 256)})
        for n in columns:
            x = axis.places(n)
            rows = np.empty((len(courses), n))
            for row, course in zip(rows, courses, strict=True):
                row[...] = yield from course.run({RATE: x}, (n,), "loss")
            lines, titles = _borders(courses)
            yield _frame(
                step,
                (x, np.arange(len(rows), dtype=np.float64), rows),
                lines,
                {
                    **_told([axis], _shown(courses[0], "loss"), n / columns[-1], n * len(courses)),
                    "curves": [{"series": c.racer, "path": f"racers.{c.racer}.{RATE}"} for c in courses],
                    "lines": titles,
                },
            )


class Basin(Survey):
    """At which minimum a racer ends, over the places where it may start."""

    def answers(self, simulation: RaceSimulation) -> Generator[Frame | None, None, None]:
        course = Course(simulation, self.racer)
        across, up = (course.axis(f"start.{i}", "xy"[i], (self.x_range, self.y_range)[i]) for i in range(2))
        yield from _grown(course, self, across, up, "basin")


def finest_of(course: Course, cells: int) -> int:
    """Return how many cells a side the finest map has: as many as were asked for, or as can be afforded."""
    return max(FEWEST, min(cells, int(np.sqrt(MOST_WORK / course.work))))


def _grown(
    course: Course, asked: Survey, across: Way, up: Way, measure: str
) -> Generator[Frame | None, None, None]:
    """Yield the map over two axes, coarse to fine, the finest one block after the other."""
    if measure in ("rate", "steps") and not course.surface.minima:
        raise refused(say("This surface has no lowest minimum; colour the map by the loss."), "measure")
    yield from compile_in_pieces(course.surface)
    finest = finest_of(course, asked.cells)
    lines, told = _theory(course, across, up, measure)
    sizes = [n for n in (COARSE, 32, 64) if n < finest] + [finest]
    axes_told = {"axes": [{"name": axis.setting, "title": axis.called} for axis in course.axes().values()]}
    all_runs, done = sum(n * n for n in sizes), 0
    before: Array | None = None
    for n in sizes:
        x, y = across.places(n), up.places(n)
        values = np.full((n, n), np.nan) if before is None else _stretched(before, n)
        height = max(1, course.block // n)
        for low in range(0, n, height):
            rows = slice(low, min(n, low + height))
            given = {across.setting: x[None, :], up.setting: y[rows, None]}
            values[rows] = yield from course.run(given, values[rows].shape, measure)
            done += values[rows].size
            if before is not None or rows.stop == n:
                yield _frame(course.step, (x, y, values.copy()), lines, {
                    **_told((across, up), _shown(course, measure), done / all_runs, n * n), **axes_told, **told,
                })  # fmt: skip
        before = values


def _theory(course: Course, across: Way, up: Way, measure: str) -> tuple[Lines, dict[str, Any]]:
    """Return the lines of theory as (x, y), and what is told of them."""
    if measure == "basin":
        names = [Message("({x:.3g}, {y:.3g})", {"x": x, "y": y}) for x, y in course.ends]
        dots = [{"x": x, "y": y, "class": i} for i, (x, y) in enumerate(course.ends)]
        classes = [*names, say("at none of them")]
        return [], {
            "value": {"title": Message(_TITLES["basin"]), "scale": "linear", "classes": classes},
            "dots": dots,
        }
    eigenvalues, theory = quadratic_of(course.surface), theory_of(course.rule)
    ways = {across.setting: across, up.setting: up}
    if eigenvalues is None or theory is None or not course.plain or RATE not in ways:
        return [], {}
    other = up if across.setting == RATE else across
    places = np.concatenate([[other.low], other.places(160), [other.high]])
    if not other.setting.startswith("start"):
        theory = theory_of(with_arrays(course.rule, {other.setting: places}))
        assert theory is not None
    found = (theory.border(float(eigenvalues.max())), theory.best(eigenvalues))
    border, best = (np.broadcast_to(line, places.shape) for line in found)
    lines = [(line, places) if across.setting == RATE else (places, line) for line in (border, best)]
    told: dict[str, Any] = {"lines": [
        {"title": say("stable only on the left of it: theory") if across.setting == RATE
         else say("stable only below it: theory")},
        {"title": say("fastest learning rate: theory"), "dash": "dash"},
    ]}  # fmt: skip
    top = optimum(theory.kind, eigenvalues) if other.setting == "momentum" else None
    if top is not None:
        place = top if across.setting == RATE else top[::-1]
        title = say("best of all: theory") if theory.kind == "heavy ball" else say("textbook choice")
        told["dots"] = [{"x": place[0], "y": place[1], "title": title}]
    return lines, told


def _stretched(values: Array, n: int) -> Array:
    """Return a coarser map with n cells a side."""
    places = np.minimum((np.arange(n) + 0.5) / n * len(values), len(values) - 1).astype(int)
    return np.asarray(values[np.ix_(places, places)])


def _borders(courses: list[Course]) -> tuple[Lines, list[dict[str, Any]]]:
    """Return an upright line at each racer's border, where theory knows one."""
    lines, titles = [], []
    for course in courses:
        eigenvalues, theory = quadratic_of(course.surface), theory_of(course.rule)
        if eigenvalues is None or theory is None or not course.plain:
            continue
        at = theory.border(float(eigenvalues.max()))
        lines.append((np.array([at, at]), np.array([-np.inf, np.inf])))
        titles.append({"title": say("border of {rule}: theory", rule=course.rule.called), "series": course.racer})
    return lines, titles


_TITLES = {
    "loss": _("loss above the minimum, at the end"),
    "height": _("loss at the end"),
    "rate": _("rate: by what a step multiplies the distance"),
    "steps": _("steps to the finish"),
    "basin": _("where it ends"),
}


def _shown(course: Course, measure: str) -> str:
    """Return what is measured, as it is called: a loss counts from the lowest minimum where there is one."""
    return "height" if measure == "loss" and not course.surface.minima else measure


def _told(ways: Sequence[Way], measure: str, done: float, runs: int) -> dict[str, Any]:
    value: dict[str, Any] = {
        "title": say(_TITLES[measure]),
        "scale": "log" if measure in {"loss", "steps"} else "linear",
    }
    if measure == "rate":
        value |= {"most": 1.2, "levels": [1.0]}
    return {
        **dict(zip("xy", [way.told() for way in ways], strict=False)),
        "value": value,
        "bad": say("diverged"),
        "missing": say("not at the finish") if measure == "steps" else "",
        "done": done,
        "runs": runs,
    }


def _frame(step: int, drawn: tuple[Array, Array, Array], lines: Lines, told: dict[str, Any]) -> Frame:
    longest = max((len(line) for line, _ in lines), default=0)
    arrays = dict(zip(("across", "up", "reached"), drawn, strict=True))
    for i, name in enumerate(("line_x", "line_y")):
        arrays[name] = np.array([line[i] for line in lines]).reshape(len(lines), longest)
    return Frame(step, {**arrays, "survey": Told(told)})


_ANSWER = {
    "across": ArraySpec(("column",), _("Value of the setting across")),
    "up": ArraySpec(("row",), _("Value of the setting up, or the number of the racer")),
    "reached": ArraySpec(("row", "column"), _("What each race came to; infinity where it diverged")),
    "line_x": ArraySpec(("line", "point"), _("Lines of theory, across")),
    "line_y": ArraySpec(("line", "point"), _("Lines of theory, up")),
    "survey": ArraySpec((), _("The axes, the value, and what the lines are")),
}
SURVEYS = (
    Question("map", _("A racer's loss or rate over two settings"), Map, _ANSWER, parts=True),
    Question("strip", _("Every racer's loss over the learning rate"), Strip, _ANSWER, parts=True),
    Question("basin", _("Where a racer ends, over where it starts"), Basin, _ANSWER, parts=True),
)
