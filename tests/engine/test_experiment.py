"""Laboratories and runs: a run is its parameters and its changes, and nothing else."""

import importlib
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.catalog import by_name
from engine.experiment import Advance, Experiment, Preset, experiment, registry
from engine.frame import PANEL_KINDS, ArraySpec, Frame, Panel
from engine.memory import MOST_COPIES
from engine.params import InvalidParams, Params, check, slider
from engine.replay import Change, Run
from engine.simulation import Simulation


class WalkParams(Params):
    """Of a random walk."""

    stride: float = slider(1.0, 0.0, 10.0, "Stride", "How far a step goes.", effect="live")
    drift: float = slider(0.0, -1.0, 1.0, "Drift", "Where it tends.", effect="live")
    steps: int = slider(40, 1, 1000, "Steps", "How many.")
    seed: int = slider(0, 0, 99, "Seed", "Of the noise.")


class Walk(Simulation):
    """A random walk."""

    def __init__(self, params, rng):
        self.params, self.rng, self.total, self.place = params, rng, params.steps, 0.0

    def first(self):
        return Frame(0, {"places": np.array([self.place])})

    def advance(self, steps):
        k = min(steps, self.total - self.step)
        moves = self.params.stride * self.rng.standard_normal(k) + self.params.drift
        places = np.empty(k)
        for i in range(k):
            self.place += moves[i]
            places[i] = self.place
        self.step += k
        return Frame(self.step, {"places": places}, final=self.step == self.total)

    def change(self, params):
        self.params = params


class Walks(Experiment):
    """The laboratory of random walks; registered nowhere, since it lives in no module of the experiments."""

    name: ClassVar[str] = "walks"
    title: ClassVar[str] = "Walks"
    summary: ClassVar[str] = "A walk."
    Params = WalkParams
    arrays: ClassVar = {"places": ArraySpec(("step",), "Where it is")}
    panels: ClassVar = ()
    stride: ClassVar[int] = 7

    def begin(self, params, rng):
        return Walk(params, rng)


WALKS = Walks()


def walk(**data):
    return Run(WALKS, check(WalkParams, data))


def to_the_end(run, size=1000):
    found = [run.first()["places"]] if run.simulation.step == 0 else []
    while not run.done:
        found.append(run.advance(size)["places"])
    return np.concatenate(found)


changes_strategy = st.lists(
    st.builds(
        Change,
        st.integers(0, 39),
        st.sampled_from([{"stride": 0.5}, {"stride": 3.0}, {"drift": 1.0}, {"drift": -1.0, "stride": 2.0}]),
    ),
    max_size=5,
)


@given(changes=changes_strategy, size=st.integers(1, 50))
def test_a_run_is_its_parameters_and_changes_whatever_the_frame_size(changes, size):
    params = check(WalkParams, {"seed": 3})
    whole = to_the_end(Run(WALKS, params, changes))
    assert len(whole) == 41
    assert whole.tobytes() == to_the_end(Run(WALKS, params, changes), size).tobytes()


@given(
    changes=changes_strategy,
    jumps=st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=12),
    last=st.integers(0, 39),
)
def test_going_anywhere_and_back_gives_the_numbers_of_the_straight_way(changes, jumps, last):
    params = check(WalkParams, {"seed": 5})
    straight = to_the_end(Run(WALKS, params, changes))
    run = Run(WALKS, params, changes)
    for step, remember in jumps:
        run.go_to(step)
        assert run.simulation.step == step
        if remember:
            run.snapshot()
    run.go_to(last)
    following = run.advance(1)["places"]
    assert following.tobytes() == straight[last + 1 : last + 2].tobytes()


@given(settings_made=st.lists(st.tuples(st.integers(0, 39), st.floats(0, 10)), min_size=1, max_size=6))
def test_setting_live_is_the_same_as_having_recorded_it(settings_made):
    run = walk(seed=2)
    for step, stride in settings_made:
        run.advance(9)
        run.snapshot()
        run.set({"stride": stride}, step)
        assert run.simulation.step == step
    replay = Run(WALKS, run.params, run.changes)
    expected = to_the_end(replay)[run.simulation.step + 1 :]
    assert to_the_end(run)[-len(expected) :].tobytes() == expected.tobytes()


def test_setting_forgets_what_was_recorded_later():
    run = walk()
    run.set({"stride": 2.0}, 30)
    run.set({"drift": 1.0}, 10)
    assert [change.step for change in run.changes] == [10]
    assert run.params_at(35).stride == 1.0
    assert (run.params_at(9).drift, run.params_at(10).drift) == (0.0, 1.0)


def test_a_change_takes_effect_with_the_update_after_its_step():
    calm = to_the_end(walk(stride=0.0))
    changed = to_the_end(Run(WALKS, check(WalkParams, {"stride": 0.0}), [Change(5, {"drift": 1.0})]))
    assert (changed[:6] == calm[:6]).all()
    assert changed[6] == 1.0


def test_a_refused_change_leaves_the_run_as_it_was():
    run, twin = walk(), walk()
    run.advance(12)
    twin.advance(12)
    for bad in ({"stride": 11}, {"steps": 7}, {"nothing": 1}):
        with pytest.raises(InvalidParams):
            run.set(bad, 4)
    assert (run.simulation.step, run.changes) == (12, [])
    assert to_the_end(run).tobytes() == to_the_end(twin).tobytes()


def test_a_recorded_change_that_is_not_allowed_is_refused_at_once():
    for bad in ({"stride": 11}, {"seed": 7}):
        with pytest.raises(InvalidParams):
            Run(WALKS, WalkParams(), [Change(3, bad)])


def test_frames_stop_at_a_recorded_change():
    run = Run(WALKS, WalkParams(), [Change(13, {"drift": 1.0})])
    assert [run.advance(10).step, run.advance(10).step, run.advance(10).step] == [10, 13, 23]


def test_many_snapshots_are_thinned_and_still_serve():
    run = walk(steps=200)
    straight = to_the_end(walk(steps=200))
    for step in range(0, 200, 5):
        run.go_to(step)
        run.snapshot()
    assert len(run._snapshots) <= MOST_COPIES
    run.go_to(101)
    assert run.advance(1)["places"][0] == straight[102]


def test_first_goes_back_to_the_start():
    run = walk(seed=8)
    before = to_the_end(run)
    assert run.done
    assert run.first().step == 0
    assert to_the_end(run).tobytes() == before[:].tobytes()


def test_the_last_frame_and_only_it_is_final():
    run = walk()
    assert [run.advance(15).final for _ in range(3)] == [False, False, True]


def test_generator_yields_the_start_then_strides():
    frames = list(WALKS.run(WalkParams(), np.random.default_rng(0)))
    assert [frame.step for frame in frames] == [0, 7, 14, 21, 28, 35, 40]


def test_generator_takes_frame_sizes_and_live_changes():
    frames = WALKS.run(WalkParams(stride=0.0), np.random.default_rng(0))
    next(frames)
    assert frames.send(Advance(steps=3)).step == 3
    changed = frames.send(Advance(steps=2, changes={"drift": 1.0}))
    assert changed["places"].tolist() == [1.0, 2.0]
    with pytest.raises(InvalidParams):
        frames.send(Advance(changes={"seed": 1}))


def test_generator_and_run_give_the_same_numbers():
    generated = list(WALKS.run(WalkParams(), np.random.default_rng(0)))
    assert np.concatenate([frame["places"] for frame in generated]).tobytes() == to_the_end(walk()).tobytes()


def test_laboratories_register_themselves_and_are_complete():
    assert "race" in registry()
    assert "walks" not in registry()
    for name, laboratory in registry().items():
        assert laboratory.name == name
        assert laboratory.title
        assert laboratory.summary
        assert laboratory.arrays
        assert laboratory.panels
        for panel in laboratory.panels:
            assert panel.kind in PANEL_KINDS
        ids = [claim.id for claim in laboratory.claims]
        assert len(set(ids)) == len(ids)
        for shown in (*laboratory.presets, *laboratory.claims):
            check(laboratory.Params, shown.params)


def test_an_unknown_laboratory_is_refused_with_the_names_of_those_that_exist():
    with pytest.raises(InvalidParams, match="race"):
        experiment("alchemy")


def test_run_validates_before_the_first_frame_is_asked_for():
    with pytest.raises(InvalidParams):
        engine.run("race", {"steps": -1})


def test_a_panel_of_an_unknown_kind_cannot_be_declared():
    with pytest.raises(ValueError, match="PANEL_KINDS"):
        Panel("hologram", "Title", {})


# -- questions ----------------------------------------------------------------------------------------------------

SMALL = {
    "playground": {"samples": 40, "hidden": [3], "steps": 12, "compare": [{"hidden": []}]},
    "charrnn": {"steps": 3, "hidden_size": 8, "compare": ["gru"]},
    "depth": {"depth": 3, "width": 8, "samples": 64, "steps": 3, "compare": [{"init": "zeros"}]},
    "graph": {},
    "race": {"steps": 3},
    "search": {"budget": 4, "repeats": 1, "updates": 10},
}
"""Parameters under which a laboratory is quick."""
GIVEN = {"think": {"text": "The"}, "score": {"text": "The"}, "ablate": {"hold": [[0, 0, 1.0]]}}
"""Parameters of questions that have no default."""
GROUND = {name: {"surface": "linear_regression"} for name in ("batch_noise", "batch_progress")}
"""Parameters of the run for questions that not every run can answer."""
ASKED = [(one.name, question.name) for one in registry().values() for question in one.questions]


def small_run(name, question=""):
    laboratory = experiment(name)
    run = Run(laboratory, check(laboratory.Params, {**SMALL[name], **GROUND.get(question, {})}))
    return laboratory, run


@pytest.mark.parametrize(("name", "question"), ASKED, ids=lambda part: part)
def test_an_answer_holds_what_its_question_declares_and_leaves_the_run_alone(name, question):
    laboratory, run = small_run(name, question)
    _laboratory, other = small_run(name, question)
    frame = run.ask(question, GIVEN.get(question, {}))
    specs = laboratory.question(question).arrays
    if question == "pictures":  # what a frame has, and no run has all
        specs = {array: specs[array] for array in other.first() if "step" not in laboratory.arrays[array].axes}
    assert set(frame) == set(specs)
    for array, spec in specs.items():
        value = frame[array]
        assert (value.ndim if isinstance(value, np.ndarray) else 0) == len(spec.axes), array
    after, untouched = run.advance(3), other.advance(3)
    for array in ("loss", "losses", "batch_loss"):
        if array in after:
            assert after[array].tobytes() == untouched[array].tobytes()


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_frame_holds_only_what_is_declared_with_its_axes(name):
    laboratory, run = small_run(name)
    for frame in (run.first(), run.advance(3)):
        for array, value in frame.items():
            assert np.ndim(value if isinstance(value, np.ndarray) else "") == len(laboratory.arrays[array].axes), (
                array
            )


def test_an_unknown_question_names_those_that_exist():
    with pytest.raises(InvalidParams, match="there are graph, pytorch, spectrum"):
        experiment("depth").question("spectra")
    with pytest.raises(InvalidParams, match="answers no questions"):
        walk().ask("spectrum", {})


# -- names --------------------------------------------------------------------------------------------------------


def test_two_entries_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two are named"):
        by_name([Preset("a", "A", {}), Preset("a", "B", {})])


def test_a_laboratory_that_uses_a_name_twice_is_refused_when_it_is_declared():
    with pytest.raises(ValueError, match="two are named 'fast'"):
        type("Twice", (Walks,), {"name": "twice", "presets": (Preset("fast", "A", {}), Preset("fast", "B", {}))})
    asking = Panel("code", "Code", {"text": "code"}, questions={"text": "spectre"})
    with pytest.raises(ValueError, match="spectre"):
        type("Asking", (Walks,), {"name": "asking", "panels": (asking,)})


def test_two_laboratories_of_one_name_are_refused(monkeypatch):
    module = importlib.import_module("engine.experiments.race")
    other = type("Other", (Walks,), {"name": "race", "__module__": "engine.experiments.race"})
    monkeypatch.setattr(module, "Other", other, raising=False)
    with pytest.raises(ValueError, match="two are named 'race'"):
        registry.__wrapped__()


@pytest.mark.parametrize("name", sorted(registry()))
def test_every_role_of_a_panel_names_an_array_that_exists(name):
    laboratory = experiment(name)
    scene = laboratory.scene(laboratory.Params())
    for panel in laboratory.panels:
        for role, array in panel.arrays.items():
            asked = laboratory.question(panel.questions[role]).arrays if role in panel.questions else {}
            assert array in {**laboratory.arrays, **asked} or array in scene, (panel.title, role)
