"""A race's surface as source: a formula, or a model's mean loss on rows of data."""

from __future__ import annotations

import re
from textwrap import fill

import numpy as np
import sympy
from numpy.typing import NDArray

from engine.experiments.race.bulk import FAR
from engine.experiments.race.params import RaceParams
from engine.experiments.race.script import NAMES, Told
from engine.formula import Formula
from engine.formula.code import expression
from engine.formula.floats import from_sympy
from engine.formula.language import SURFACE
from engine.formula.reader import read_formula
from engine.formula.tree import names
from engine.message import say
from engine.optimizers.script import Library
from engine.params import refused
from engine.surfaces import Fit, Surface

_TORCH = '''
def loss(theta):
    """{title}"""
    x, y = theta
    return {value}
'''
_NUMPY = '''
def slopes(theta):
    """{title}: the loss and its gradient."""
    x, y = theta
{shared}
    return {value}, np.array([{slopes}], dtype=float)
'''
_NUMPY_HESSIAN = """

def hessian(theta):
    x, y = theta
{shared}
    return np.array([[{xx}, {xy}], [{xy}, {yy}]], dtype=float)
"""
_DATA = """
{features}
{targets}
{scaled}X = {design}  # what multiplies the two parameters in each row
Y = TARGETS
"""
_SCALED = {
    "none": "",
    "center": "FEATURES = FEATURES - FEATURES.mean(axis=0)\n",
    "standardize": "FEATURES = (FEATURES - FEATURES.mean(axis=0)) / FEATURES.std(axis=0)\n",
}
_TORCH_FIT = '''X, Y = torch.from_numpy(X), torch.from_numpy(Y)


def loss(theta, rows=slice(None)):
    """{title}: the mean over rows."""
    z = X[rows] @ theta
    return {value}
'''
_TORCH_LOSS = {
    "squares": "((z - Y[rows]) ** 2).mean() / 2",
    "logistic": "F.binary_cross_entropy_with_logits(z, Y[rows])",
}
_NUMPY_FIT = '''

def slopes(theta, rows=slice(None)):
    """{title}: the mean loss over rows and its gradient."""
    x, y = X[rows], Y[rows]
    z = x @ theta
    return {value}, {errors} @ x / len(y)


def hessian(theta, rows=slice(None)):
    x = X[rows]
    z = x @ theta
    return (x * ({bends})[:, None]).T @ x / len(x)
'''
_NUMPY_LOSS = {
    "squares": {"value": "((z - y) ** 2).mean() / 2", "errors": "(z - y)", "bends": "np.ones(len(z))"},
    "logistic": {
        "value": "(np.logaddexp(0.0, z) - y * z).mean()",
        "errors": "(0.5 + 0.5 * np.tanh(0.5 * z) - y)",
        "bends": "0.25 / np.cosh(0.5 * z) ** 2",
    },
}


def surface_told(params: RaceParams, library: Library) -> Told:
    """Return what a race descends as source.

    Raises:
        InvalidParams: where a formula's derivatives cannot be written in NumPy.
    """
    surface = params.landscape
    reach = FAR * max(high - low for low, high in surface.domain)
    constants = (
        f"START = {[float(at) for at in params.origin]}\nREACH = {reach!r}  # farther away a racer is out\n"
    )
    source = _fit(surface, library) if isinstance(surface, Fit) else _formula(surface, library)
    name = surface.name.replace("_", " ") if surface.name else "a surface of one's own"
    return Told(
        title=f"A race of Descent Lab, on {name}, in {NAMES[library]}.",
        source=constants + source,
        n=2,
        rows=surface.rows,
        setup=[f"noises = np.random.default_rng({params.seed})", "batches = noises.spawn(1)[0]"],
        batch=f"np.argsort(batches.random({surface.rows}))[:batch_size]",
        flags=frozenset() if surface.rows else frozenset({"kinked"}),
    )


def _formula(surface: Surface, library: Library) -> str:
    formula = surface.formula
    assert isinstance(formula, Formula)
    title = " ".join(re.sub(r"[^\w\s.,+*/()-]", "", formula.text).split())  # a visitor may have typed a remark
    tree = read_formula(formula.text, SURFACE, ("x", "y"))
    value = expression(tree, ("x", "y"), library)
    if library == "torch":
        return _TORCH.format(title=title, value=value if set(names(tree)) else f"{value} + 0 * (x + y)")
    try:
        shared, slopes = _trees(formula.first_derivatives)
        more, bends = _trees(formula.second_derivatives)
    except NotImplementedError:
        sentence = say("The derivatives of this formula are not written in NumPy; take PyTorch, which finds them.")
        raise refused(sentence, "library") from None
    code = _NUMPY.format(title=title, shared=shared, value=value, slopes=", ".join(slopes))
    return code + _NUMPY_HESSIAN.format(shared=more, xx=bends[0], xy=bends[1], yy=bends[2])


def _trees(expressions: list[sympy.Expr]) -> tuple[str, list[str]]:
    """Return expressions of x and y as NumPy code: lines of what they share, and each."""
    parts, results = sympy.cse(expressions, symbols=sympy.numbered_symbols("q"))
    known = ("x", "y", *(str(symbol) for symbol, _part in parts))
    lines = [f"    {symbol} = {expression(from_sympy(part), known, 'numpy')}" for symbol, part in parts]
    return "\n".join(lines), [expression(from_sympy(one), known, "numpy") for one in results]


def _fit(fit: Fit, library: Library) -> str:
    model, raw = fit.model, fit.raw
    data = _DATA.format(
        features=listed("FEATURES", raw.inputs),
        targets=listed("TARGETS", np.asarray(raw.targets, dtype=np.float64)),
        scaled=_SCALED[fit.scaling],
        design="FEATURES" if model.name == "boundary" else "np.column_stack([FEATURES, np.ones(len(FEATURES))])",
    )
    title = fit.name.replace("_", " ").capitalize()
    if library == "torch":
        return data + _TORCH_FIT.format(title=title, value=_TORCH_LOSS[model.kind])
    return data + _NUMPY_FIT.format(title=title, **_NUMPY_LOSS[model.kind])


def listed(name: str, numbers: NDArray[np.float64]) -> str:
    """Return an assignment of an array, its numbers to be read."""
    shape = "" if numbers.ndim == 1 else f".reshape({', '.join(map(str, numbers.shape))})"
    text = ", ".join(map(repr, numbers.ravel().tolist()))
    inner = fill(text, 110, initial_indent="    ", subsequent_indent="    ", break_long_words=False)
    return f"{name} = np.array([\n{inner}\n]){shape}"
