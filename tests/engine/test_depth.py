"""Laws of the depth laboratory: published figures, theory, the doctor, training, and what it refuses."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import engine
from engine.experiment import experiment
from engine.experiments.depth import look as looking
from engine.experiments.depth.dataset import dataset
from engine.experiments.depth.params import DepthParams
from engine.experiments.depth.simulation import DepthSimulation
from engine.frame import Frame, Told
from engine.nn import dense, statistics
from engine.nn.dense import DenseNet
from engine.nn.initializers import Initializer
from engine.params import InvalidParams, check
from engine.pieces import whole
from engine.replay import Run
from tests.engine.small_depth import SMALL, array, first

LECTURE: dict[str, Any] = {"depth": 10, "width": 500, "samples": 1000, "compare": [], "steps": 0}


def at(frame: Frame, name: str, net: int = 0) -> NDArray[Any]:
    """Return one net's part of an array."""
    return array(frame, name)[net]


def findings(frame: Frame, net: int = 0) -> list[dict[str, Any]]:
    """Return what the doctor says of a net."""
    told = frame["doctor"]
    assert isinstance(told, Told)
    return [one for one in told.content if one["net"] == net]


def illnesses(frame: Frame, net: int = 0) -> list[str]:
    """Return the names of a net's illnesses."""
    return [one["illness"] for one in findings(frame, net)]


# -- published figures (shared notes, "Signals through depth") ---------------------------------------------------


@pytest.fixture(scope="module")
def lecture() -> Frame:
    """Return the lecture's three nets: Xavier, 0.01 and 1."""
    compare = [{"init": "normal", "init_std": 0.01}, {"init": "normal", "init_std": 1.0}]
    return next(engine.run("depth", {**LECTURE, "compare": compare}))


def test_small_weights_kill_the_signal_as_published(lecture: Frame) -> None:
    published = [0.213081, 0.047551, 0.010630, 0.002378, 0.000532]
    assert at(lecture, "activation_std", 1)[:5] == pytest.approx(published, rel=0.01)


def test_xaviers_weights_follow_the_theory_of_tanh(lecture: Frame) -> None:
    theory = [0.6279, 0.4863, 0.4082, 0.3576, 0.3216, 0.2944, 0.2729, 0.2554, 0.2409, 0.2285]
    assert at(lecture, "activation_std") == pytest.approx(theory, rel=0.02)
    assert at(lecture, "theory_activation_std") == pytest.approx(theory, rel=2e-3)


def test_large_weights_saturate_as_published(lecture: Frame) -> None:
    assert at(lecture, "activation_std", 2).mean() == pytest.approx(0.98167, abs=2e-3)
    assert at(lecture, "saturated", 2).mean() == pytest.approx(0.904, abs=0.005)


def test_relu_halves_the_variance_under_xavier_and_keeps_it_under_he() -> None:
    nets = {"activation": "relu", "init": "lecun_normal", "compare": [{"activation": "relu", "init": "he_normal"}]}
    frame = next(engine.run("depth", {**LECTURE, **nets}))
    halving = 0.5838 * 2 ** (-np.arange(10) / 2)
    assert at(frame, "activation_std") == pytest.approx(halving, rel=0.15)
    assert at(frame, "activation_mean", 1) == pytest.approx(np.full(10, 0.5642), rel=0.15)
    assert at(frame, "activation_std", 1) == pytest.approx(np.full(10, 0.8256), rel=0.15)


def test_most_layers_lie_in_theorys_band(lecture: Frame) -> None:
    inside = []
    for net in (0, 1):
        for kind in ("activation", "gradient"):
            measured = at(lecture, f"{kind}_std", net)
            low, high = (at(lecture, f"theory_{kind}_{end}", net) for end in ("low", "high"))
            inside.append(np.mean((measured >= low * (1 - 1e-9)) & (measured <= high * (1 + 1e-9))))
    assert np.mean(inside) > 0.7


def test_the_critical_line_of_tanh_passes_the_published_points() -> None:
    scene = experiment("depth").scene(check(DepthParams, SMALL))
    w, b = array(scene, "critical_sigma_w"), array(scene, "critical_sigma_b")
    for b2, w2 in ((0.05, 1.7610), (0.1, 1.9861)):
        assert np.interp(np.sqrt(b2), b, w) ** 2 == pytest.approx(w2, rel=2e-3)
    chi = array(scene, "phase_chi")
    assert chi.shape == (len(array(scene, "phase_sigma_b")), len(array(scene, "phase_sigma_w")))
    assert chi[10, 5] < 1 < chi[10, -5]


# -- the run ------------------------------------------------------------------------------------------------------


def test_ten_and_fifteen_steps_are_twenty_five() -> None:
    params = check(DepthParams, {**SMALL, "steps": 25, "dropout": 0.2, "compare": [{"batch_norm": True}]})
    one, two = (whole(DepthSimulation.begin(params, np.random.default_rng(3))) for _ in range(2))
    at_once = one.advance(25)
    parts = [two.advance(10), two.advance(15)]
    joined = np.concatenate([array(part, "loss") for part in parts], axis=1)
    assert joined.tobytes() == array(at_once, "loss").tobytes()
    assert at(parts[1], "activation_std", 1).tobytes() == at(at_once, "activation_std", 1).tobytes()


def test_a_start_a_look_and_an_update_are_cut_by_matrix_and_by_layer(
    monkeypatch: pytest.MonkeyPatch, every_layer_large: Callable[[], None]
) -> None:
    """In pieces a run is what it is at once; no piece draws two matrices or passes two layers of a large net."""
    done: list[str] = []

    def noted(of: Any, name: str) -> None:
        what, wanted = f"{of.__name__}.{name}", getattr(of, name)
        monkeypatch.setattr(of, name, lambda *given, **named: (done.append(what), wanted(*given, **named))[1])

    for of, name in (
        (Initializer, "draw"),
        (dense, "dense"),
        (DenseNet, "layer"),
        (statistics, "_shares"),
        (looking, "singular_values"),
        (statistics, "singular_values"),
    ):
        noted(of, name)
    params = check(DepthParams, {**SMALL, "steps": 4, "init": "orthogonal", "compare": [{}, {"batch_norm": True}]})
    at_once, parted = Run(experiment("depth"), params), Run(experiment("depth"), params)
    for pieces, expected in (
        (parted.first_in_pieces(), at_once.first()),
        (parted.advance_in_pieces(4), at_once.advance(4)),
    ):
        every_layer_large()
        done.clear()
        seen: list[str] = []
        while True:
            try:
                next(pieces)
            except StopIteration as finished:
                for name, value in expected.items():
                    np.testing.assert_equal(finished.value[name], value)
                break
            assert len(done) <= 1, done
            seen += done
            done.clear()
        passed = [name for name in seen if name.endswith((".dense", ".layer"))]
        assert len(passed) >= 3 * SMALL["depth"]
    assert "Initializer.draw" not in seen


def test_a_copy_goes_on_as_the_original_does() -> None:
    params = check(DepthParams, {**SMALL, "steps": 20, "init": "lsuv", "optimizer": {"rule": "adam"}})
    one = whole(DepthSimulation.begin(params, np.random.default_rng(0)))
    one.advance(7)
    other = copy.deepcopy(one)
    assert array(one.advance(9), "loss").tobytes() == array(other.advance(9), "loss").tobytes()


def test_rewind_keeps_the_weights() -> None:
    run = Run(experiment("depth"), check(DepthParams, {**SMALL, "steps": 5}))
    before = at(run.first(), "activation_std")
    run.advance(5)
    assert at(run.first(), "activation_std").tobytes() == before.tobytes()


def test_equal_nets_train_alike_and_the_net_axis_tells_them_apart() -> None:
    frame = list(engine.run("depth", {**SMALL, "steps": 10, "compare": [{}, {"init": "he_normal"}]}))[-1]
    losses = array(frame, "loss")
    assert losses[0].tobytes() == losses[1].tobytes()
    assert losses[0].tobytes() != losses[2].tobytes()
    assert at(frame, "activation_std").tobytes() == at(frame, "activation_std", 1).tobytes()


def test_a_learning_rate_changed_on_the_way_counts_from_there() -> None:
    laboratory = experiment("depth")
    params = check(DepthParams, {**SMALL, "steps": 10})
    runs = [Run(laboratory, params) for _ in range(2)]
    for run in runs:
        run.advance(5)
    runs[1].set({"optimizer": {"rule": "sgd", "learning_rate": 0.001}}, 5)
    a, b = (array(run.advance(5), "loss")[0] for run in runs)
    assert a[0] == b[0]  # the loss of the batch before the first changed update
    assert abs(a[1:] - b[1:]).min() > 0


def test_histograms_share_their_edges_and_count_every_entry() -> None:
    frame = first(compare=[{"init": "normal", "init_std": 1.0}])
    for name in ("activation_histogram", "gradient_histogram"):
        assert array(frame, name).sum(axis=2) == pytest.approx(np.ones((2, 5)))
    assert len(array(frame, "activation_edges")) == at(frame, "activation_histogram").shape[1] + 1


def test_lsuv_fits_one_layer_a_step() -> None:
    params = check(DepthParams, {**SMALL, "init": "lsuv", "activation": "relu"})
    simulation = whole(DepthSimulation.begin(params, np.random.default_rng(0)))
    frames = [simulation.advance(1) for _ in range(5)]
    member, inputs = simulation.members[0], simulation.data.inputs
    variances = [float(layer.pre.value.var()) for layer in member.forward(inputs).layers]
    assert frames[-1].final
    assert variances == pytest.approx(np.ones(5), abs=0.021)
    assert at(frames[1], "activation_std")[4] != pytest.approx(at(frames[4], "activation_std")[4])


# -- training ----------------------------------------------------------------------------------------------------


def test_a_net_that_breaks_is_stopped_and_the_others_go_on() -> None:
    params = {
        **SMALL,
        "steps": 40,
        "activation": "elu",
        "init": "he_normal",
        "optimizer": {"rule": "sgd", "learning_rate": 30.0},
        "compare": [{"batch_norm": True, "activation": "tanh"}],
    }
    frames = list(engine.run("depth", params))
    last = frames[-1]
    finding = findings(last)[0]
    assert finding["illness"] == "nan"
    assert 1 <= finding["since"] <= 40
    assert finding["fix"]["changes"]["optimizer"]["learning_rate"] == pytest.approx(3.0)
    assert np.isnan(at(last, "activation_std")).all()
    assert np.isfinite(array(last, "loss")[1]).all()
    assert np.isfinite(at(last, "activation_std", 1)).all()


def test_units_that_die_in_training_are_dated_and_blamed_on_the_learning_rate() -> None:
    params = {
        **SMALL,
        "steps": 40,
        "activation": "relu",
        "init": "he_normal",
        "batch_size": 20,
        "optimizer": {"rule": "sgd", "learning_rate": 3.0},
        "seed": 1,
    }
    frames = list(engine.run("depth", params))
    assert "dead" not in illnesses(frames[0])
    ill = [one for one in findings(frames[-1]) if one["illness"] in {"dead", "nan"}]
    assert ill
    assert ill[0]["since"] > 0
    assert ill[0]["fix"]["changes"]["optimizer"]["learning_rate"] == pytest.approx(0.3)


def test_frames_between_looks_hold_curves_only_and_a_long_advance_ends_with_a_look() -> None:
    params = check(DepthParams, {**SMALL, "steps": 30, "batch_size": 10})
    simulation = whole(DepthSimulation.begin(params, np.random.default_rng(0)))
    assert simulation.every == 10
    short, long = simulation.advance(3), simulation.advance(12)
    assert "activation_std" not in short
    assert "activation_std" in long
    assert array(long, "loss").shape == (1, 12)


@pytest.mark.parametrize("init", ["rbm", "autoencoder"])
def test_pretraining_changes_one_layer_a_step(init: str) -> None:
    params = check(DepthParams, {**SMALL, "depth": 3, "init": init, "activation": "sigmoid"})
    simulation = whole(DepthSimulation.begin(params, np.random.default_rng(0)))
    net = simulation.members[0]
    for step in range(3):
        before = {name: net.views[name].copy() for name in ("W1", "W2", "W3")}
        simulation.advance(1)
        changed = [name for name, old in before.items() if not np.array_equal(old, net.views[name])]
        assert changed == [f"W{step + 1}"]


# -- what it refuses ----------------------------------------------------------------------------------------------


def test_nets_beyond_memory_are_refused_with_the_number() -> None:
    with pytest.raises(InvalidParams, match=r"\d\d\d\.\d GB; at most 0\.6 GB"):
        engine.run("depth", {"depth": 200, "width": 1000, "samples": 5000})


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"depth": 3, "width": 1000, "samples": 1500, "steps": 0}, "One look"),
        ({"depth": 5, "width": 426, "samples": 2000, "init": "rbm", "compare": []}, "one layer"),
        ({"depth": 5, "width": 600, "samples": 2000, "init": "lsuv", "compare": []}, "one layer"),
    ],
)
def test_work_that_nobody_could_interrupt_is_refused(params: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidParams, match=f"{sentence}.* billion"):
        engine.run("depth", params)


def test_a_copy_made_while_weights_are_prepared_goes_on_to_the_same_numbers() -> None:
    params = {
        **SMALL,
        "init": "rbm",
        "activation": "sigmoid",
        "dropout": 0.3,
        "steps": 3,
        "compare": [{"init": "lsuv"}],
    }
    laboratory = experiment("depth")
    simulation = laboratory.begin(check(DepthParams, params), np.random.default_rng(1))
    simulation.first()
    simulation.advance(2)
    copied = copy.deepcopy(simulation)
    ends = [one.advance(one.total)["loss"] for one in (simulation, copied)]
    np.testing.assert_array_equal(*ends)


HEAD = "a,b,kind\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD + "1,2,x\n" * 3, "3 rows"),
        (HEAD + "1,,x\n" * 9, "Line 2 has a gap in column “b”"),
        (HEAD + "1,two,x\n" * 9, "“two”"),
        ("1,2\n" * 1_000_000, "1,000,000 lines"),
    ],
)
def test_a_bad_table_is_refused_in_plain_words(text: str, sentence: str) -> None:
    with pytest.raises(InvalidParams, match=sentence):
        engine.run("depth", {**SMALL, "data": {"csv": text}})


def test_a_table_with_semicolons_and_decimal_commas_is_the_same_table() -> None:
    rows = [(i / 8, (i * 5 % 7) / 4, i % 2) for i in range(24)]
    commas = HEAD + "".join(f"{a},{b},{kind}\n" for a, b, kind in rows)
    semicolons = commas.replace(",", ";").replace(".", ",")
    one, two = (dataset(check(DepthParams, {**SMALL, "data": {"csv": text}})) for text in (commas, semicolons))
    np.testing.assert_array_equal(one.inputs, two.inputs)
    np.testing.assert_array_equal(one.targets, two.targets)


def test_a_good_table_is_learned() -> None:
    rng = np.random.default_rng(0)
    rows = "\n".join(f"{x:.3f},{y:.3f},{'up' if x + y > 0 else 'down'}" for x, y in rng.standard_normal((120, 2)))
    adam = {"rule": "adam", "learning_rate": 0.02}
    params = {**SMALL, "depth": 2, "steps": 80, "data": {"csv": HEAD + rows}, "optimizer": adam}
    last = list(engine.run("depth", params))[-1]
    assert array(last, "validation_accuracy")[0, -1] > 0.85


def test_large_nets_are_validated_when_training_begins() -> None:
    run = engine.run("depth", {**SMALL, "depth": 2, "width": 300, "samples": 1000, "steps": 40})
    assert np.isnan(array(next(run), "validation_loss")).all()
    assert np.isfinite(array(next(run), "validation_loss")).all()
    assert np.isfinite(array(first(steps=40), "validation_loss")).all()


def test_a_look_leaves_the_numbers_of_the_look_before_alone() -> None:
    before = first()
    kept = {name: value.copy() for name, value in before.items() if isinstance(value, np.ndarray)}
    first(init="normal", init_std=0.5, compare=[{}, {"init": "zeros"}])
    for name, value in kept.items():
        np.testing.assert_array_equal(before[name], value)


@pytest.mark.parametrize("how", ["center", "standardize", "pca", "whiten"])
def test_preprocessing_takes_its_statistics_from_the_training_rows(how: str) -> None:
    data = dataset(check(DepthParams, {**SMALL, "data": "clouds", "preprocessing": how}))
    assert data.inputs.mean(axis=0) == pytest.approx(np.zeros(2), abs=1e-9)
    assert abs(data.validation_inputs.mean(axis=0)).max() > 1e-6


def test_answers_know_their_nets() -> None:
    simulation = whole(DepthSimulation.begin(check(DepthParams, SMALL), np.random.default_rng(0)))
    code = experiment("depth").ask(simulation, "pytorch", {"net": 0})["code"]
    assert isinstance(code, str)
    assert "import torch" in code
    assert array(experiment("depth").ask(simulation, "spectrum", {}), "singular_values").shape == (1, 5, 9)
    deviations = array(experiment("depth").ask(simulation, "units", {}), "unit_std")
    layers = simulation.members[0].forward(simulation.data.inputs).layers
    assert deviations[0, -1] == pytest.approx(np.std(np.asarray(layers[-1].output.value), axis=0))
    with pytest.raises(InvalidParams, match="no net 3"):
        experiment("depth").ask(simulation, "pytorch", {"net": 3})
    with pytest.raises(InvalidParams):
        experiment("depth").ask(simulation, "recipe", {})
