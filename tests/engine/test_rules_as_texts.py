"""The language of update rules: what it reads, what it refuses and where, and that every kernel computes it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import engine
from engine.formula import latex_to_mathml
from engine.formula.arithmetic import CAREFUL
from engine.formula.language import RULE
from engine.formula.program import Program, read_program
from engine.formula.specialize import compare, decayed, specialized
from engine.formula.tree import COMPARISONS, Apply, Name, Node, Number, names, walk
from engine.formula.vectors import BLOCK, kernel
from engine.optimizers import RULES, OwnRule
from engine.optimizers.formula_rule import FormulaRule
from engine.params import InvalidParams, Refusal, check

TEXTS = {name: rule for name, rule in RULES.items() if issubclass(rule, FormulaRule)}


def refused(text: str, known: tuple[str, ...] | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_program(text, known)
    return caught.value


def test_what_is_read_before_it_is_assigned_is_state_and_the_rest_are_hyperparameters() -> None:
    program = read_program("m = beta1*m + (1 - beta1)*g  # mean\n\nh = m/2; theta = theta - learning_rate*h - k*g")
    assert program.states == ("m",)
    assert program.free == ("beta1", "k")
    assert [line.target for line in program.lines] == ["m", "h", "theta"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ""),
        ("theta", "theta"),
        ("theta = ", " "),
        ("theta == g", "theta"),
        ("m = g", ""),
        ("t = 1\ntheta = g", "t = 1"),
        ("theta = thta - g", "thta"),
        ("theta = theta - learnin_rate*g", "learnin_rate"),
        ("theta = theta - lambda*g", "lambda"),
        ("theta = theta - g.real", ".real"),
        ("theta = theta - [g]", "[g]"),
        ("theta = theta - (g", "(g"),
        ("theta = theta g", "g"),
        ("theta = theta - foo(g)", "foo(g)"),
        ("theta = theta - where(g, 1)", "where(g, 1)"),
        ("theta = theta - (g > 1)", "g > 1)"),
        ("theta = 1e200*g", "1e200*g"),
        ("θ = g", "θ"),
        ("theta = __import__(g)", "__import__"),
        ("theta = theta - g²", "²"),
        ("theta = theta\nm = m + 'a'", "'a'"),
    ],
)
def test_an_error_stands_under_its_character(text: str, found: str) -> None:
    refusal = refused(text)
    assert str(refusal.message)
    assert refusal.position is not None
    assert text[refusal.position :].startswith(found)


def test_a_rule_is_bounded_in_length_lines_nodes_and_depth() -> None:
    step = "theta = theta - g"
    assert read_program(step + " " * (RULE.length - len(step)))
    assert "characters" in str(refused(step + " " * RULE.length).message)
    assert "lines" in str(refused("\n".join([step] * 40)).message)
    assert "too long" in str(refused("theta = theta" + "+g" * 400).message)
    assert refused("theta = " + "-" * 100 + "g")
    assert refused("theta = " + "(" * 60 + "g" + ")" * 60)


NAMES = ["theta", "g", "t", "m", "v", "learning_rate", "beta", "where", "sqrt", "sign", "max", "lambda", "pi", "e"]
WORDS = st.sampled_from([*NAMES, *"()=,<*-+/;#10_.θ² \n", "==", "**", "2.5", "1e9"])


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=40).map(" ".join), st.lists(WORDS).map("".join)))
def test_any_text_is_a_rule_or_refused_with_a_sentence_and_a_place(text: str) -> None:
    caught: Refusal | None = None
    try:
        assert sum(len([*walk(line.value)]) for line in read_program(text).lines) < 2 * RULE.length
    except Refusal as refusal:
        caught = refusal
    assert caught is None or str(caught.message)
    assert caught is None or 0 <= (caught.position or 0) <= len(text)


LEAVES = st.sampled_from(["theta", "g", "t", "a", "b", "m", "v", "learning_rate", "k", "0", "1", "2", "0.5"])
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(inner, st.sampled_from(["2", "3", "4", "0.5", "k", "(-1)"])).map(lambda p: f"({p[0]})**{p[1]}"),
        st.tuples(st.sampled_from(["sqrt", "abs", "sign", "tanh", "exp", "-"]), inner).map(
            lambda p: f"{p[0]}({p[1]})"
        ),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
        st.tuples(inner, st.sampled_from(COMPARISONS), inner, inner, inner).map(
            lambda p: f"where({p[0]} {p[1]} {p[2]}, {p[3]}, {p[4]})"
        ),
    ),
    max_leaves=10,
)
PROGRAMS = st.lists(
    st.tuples(st.sampled_from(["m", "v", "a", "b", "g", "theta"]), EXPRESSIONS), min_size=1, max_size=6
)


def test_a_state_that_is_only_given_itself_stays_zero() -> None:
    for text in ("m = m; theta = theta - m", "m = k*m + m; theta = theta - m - g"):
        lines = specialized(decayed(read_program(text, ("k",))), {"k": 0.0, "weight_decay": 0.0})
        assert all("m" not in names(line.value) for line in lines)


def value(node: Node, at: dict[str, float]) -> float:
    """Compute a tree by going through it: the reference."""
    match node:
        case Number(number):
            return number
        case Name(name):
            return at[name]
        case Apply("where", (condition, a, b)):
            return value(a, at) if value(condition, at) else value(b, at)
        case Apply("neg", (a,)):
            return -value(a, at)
        case Apply(head, (a, b)) if head in COMPARISONS:
            return float(compare(head, value(a, at), value(b, at)))
        case Apply("+" | "-" | "*" as head, (a, b)):
            x, y = value(a, at), value(b, at)
            return x + y if head == "+" else x - y if head == "-" else x * y
        case Apply(head, parts):
            return float(CAREFUL[head](*(value(part, at) for part in parts)))
    raise TypeError(node)


def interpreted(
    program: Program, thetas: np.ndarray, gs: list[np.ndarray], values: dict[str, float]
) -> np.ndarray:
    result = []
    for i in range(len(thetas)):
        theta, kept = float(thetas[i]), dict.fromkeys(program.states, 0.0)
        for t, g in enumerate(gs, 1):
            at = {**values, **kept, "theta": theta, "g": float(g[i]), "t": float(t)}
            for line in program.lines:
                at[line.target] = value(line.value, at)
            theta, kept = at["theta"], {name: at[name] for name in program.states}
        result.append(theta)
    return np.array(result)


def by_kernel(program: Program, thetas: np.ndarray, gs: list[np.ndarray], values: dict[str, float]) -> np.ndarray:
    made = kernel(specialized(program.lines, {}))
    theta = thetas.copy()
    state: dict[str, Any] = {name: np.zeros_like(theta) for name in made.plan.states}
    state |= dict.fromkeys(made.plan.numbers, 0.0)
    for t, g in enumerate(gs, 1):
        before = g.copy()
        made(state, theta, g, [{**values, "t": float(t)}[name] for name in made.plan.inputs])
        np.testing.assert_array_equal(g, before)
    return theta


@settings(max_examples=300)
@given(PROGRAMS)
@example([("m", "theta + g"), ("v", "m + (m + m)"), ("theta", "v*v + m*(v - m)")])
@example([("v", "theta"), ("theta", "(theta + theta)"), ("m", "(theta + theta)")])
def test_the_kernel_computes_what_the_text_says(lines: list[tuple[str, str]]) -> None:
    text = "; ".join(f"{target} = {expression}" for target, expression in lines)
    try:
        program = read_program(text + "; theta = theta + m + v", ("k",))
    except Refusal:
        return
    draw = np.random.default_rng(len(text))
    thetas, values = draw.normal(size=3), {"k": 0.7, "learning_rate": 0.1, "a": 0.3, "b": -0.4, "m": 0.2, "v": 0.1}
    gs = [draw.normal(size=3) for _ in range(3)]
    with np.errstate(all="ignore"):
        ours = by_kernel(program, thetas, gs, values)
    told = interpreted(program, thetas, gs, values)
    sound = np.isfinite(told) & (np.abs(told) < 1e6) & np.isfinite(ours)
    np.testing.assert_allclose(ours[sound], told[sound], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", TEXTS)
def test_long_vectors_worked_on_in_pieces_equal_short_ones(name: str) -> None:
    rule, n = TEXTS[name](), BLOCK * 2 + 5
    theta, g = np.random.default_rng(0).normal(size=(2, n))
    part, state = theta[-7:].copy(), rule.init(theta)
    short = rule.init(part)
    for _ in range(3):
        rule.update(state, theta, g)
        rule.update(short, part, g[-7:])
    np.testing.assert_allclose(theta[-7:], part, rtol=1e-14)


def as_typed(rule: FormulaRule) -> dict[str, Any]:
    """Return the own rule that has a shipped one's text and numbers."""
    own: dict[str, Any] = {"rule": "own", "text": rule.source()}
    own |= {key: getattr(rule, key) for key in ("learning_rate", "weight_decay")}
    own["hyperparameters"] = {
        key: {"value": float(number), "low": 0.0, "high": 10.0}
        for key, number in rule.values().items()
        if key not in ("learning_rate", "weight_decay")
    }
    return own


@pytest.mark.parametrize("name", TEXTS)
def test_a_shipped_rules_text_typed_as_ones_own_is_the_same_rule(name: str) -> None:
    given = TEXTS[name]().model_copy(update={"weight_decay": 0.3})
    typed = check(OwnRule, as_typed(given))
    a, b = np.ones(3), np.ones(3)
    states = typed.init(a), given.init(b)
    for _ in range(8):
        typed.update(states[0], a, np.sin(a) + 0.1)
        given.update(states[1], b, np.sin(b) + 0.1)
    np.testing.assert_allclose(a, b, rtol=1e-12)


SMALL = {
    "depth": {"width": 6, "depth": 2, "samples": 40, "steps": 6},
    "charrnn": {"hidden_size": 6, "sequence_length": 8, "batch_size": 4, "steps": 6},
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("laboratory", SMALL)
def test_a_net_trained_by_a_typed_rule_takes_the_path_of_the_shipped_one(laboratory: str, name: str) -> None:
    rule, paths = TEXTS[name](), []
    for optimizer in (rule.model_dump(), as_typed(rule)):
        run = engine.run(laboratory, {**SMALL[laboratory], "optimizer": optimizer})
        paths.append([np.ravel(frame.arrays["loss"]) for frame in run])
    (shipped, typed) = (np.concatenate(path) for path in paths)
    assert np.ptp(shipped[np.isfinite(shipped)]) > 0
    np.testing.assert_allclose(typed, shipped, rtol=1e-4)


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_off_or_zero_has_no_place_in_the_equations(name: str) -> None:
    lines = TEXTS[name](weight_decay=0.0).equations()
    assert not any(r"\lambda" in line for line in lines)
    assert any(r"\lambda" in line for line in TEXTS[name](weight_decay=0.1).equations())
    for line in lines:
        assert "merror" not in latex_to_mathml(line)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"text": "theta = theta - speed*g"}, "text"),
        ({"text": "a=a+b;b=b+c;c=c+d;d=d+f;f=f+g;theta=theta-a"}, "text"),
        ({"hyperparameters": {"theta": {"value": 0.1}}}, "hyperparameters"),
        ({"hyperparameters": {"x y": {"value": 0.1}}}, "hyperparameters"),
        ({"hyperparameters": {"beta": {"value": 3.0}}}, "hyperparameters.beta"),
        ({"hyperparameters": {"beta": {"value": 0.5, "low": 1.0, "high": 0.0}}}, "hyperparameters.beta"),
        ({"hyperparameters": {"beta": {"value": 0.5, "low": -1.0, "scale": "log"}}}, "hyperparameters.beta"),
        ({"name": "x" * 31}, "name"),
    ],
)
def test_a_bad_own_rule_is_refused_where_it_is_bad(change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidParams) as caught:
        check(OwnRule, {"rule": "own", **change})
    assert caught.value.problems[0].path == path


def test_decay_enters_the_gradient_unless_the_text_speaks_of_it() -> None:
    plain, spoken = read_program("theta = theta - g"), read_program("theta = theta - g*weight_decay")
    assert len(decayed(plain)) == 2
    assert decayed(spoken) == spoken.lines


def test_numbers_beyond_floats_are_no_error() -> None:
    rule = check(OwnRule, {"text": "theta = theta - 3**(t*400)*g/0**beta - sqrt(beta - 2)*g"})
    theta = np.ones(2)
    rule.update(rule.init(theta), theta, np.ones(2))
    assert not any(map(math.isfinite, theta))
