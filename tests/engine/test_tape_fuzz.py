"""Random graphs, walked in random ways, have torch's gradients: reuse, broadcasting, shared trunks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.autodiff import operations as op
from engine.autodiff import shapes, softmax
from engine.autodiff.tape import Tensor, backward, constant
from tests.extras import library

torch = library("torch")

SHAPES = [(), (3,), (2, 3), (2, 1), (3, 3)]
UNARY: list[tuple[Callable[..., Tensor], Callable[..., Any]]] = [
    (op.tanh, torch.tanh),
    (op.sigmoid, torch.sigmoid),
    (op.sin, torch.sin),
    (op.softplus, lambda x: torch.nn.functional.softplus(x, threshold=1000)),
    (lambda x: -x, lambda x: -x),
    (lambda x: x**2, lambda x: x**2),
    (op.total, torch.sum),
    (op.mean, torch.mean),
    (shapes.transpose, lambda x: x.permute(tuple(range(x.ndim)[::-1]))),
    (lambda x: shapes.reshape(x, (-1,)), lambda x: x.reshape(-1)),
    (lambda x: shapes.reshape(x, x.shape), lambda x: x.reshape(x.shape)),
    (constant, lambda x: x.detach()),
    (lambda x: softmax.softmax(x) if x.shape else x, lambda x: x.softmax(-1) if x.ndim else x),
]
BINARY: list[tuple[Callable[..., Tensor], Callable[..., Any]]] = [
    (lambda a, b: a + b, lambda a, b: a + b),
    (lambda a, b: a - b, lambda a, b: a - b),
    (lambda a, b: a * b, lambda a, b: a * b),
    (lambda a, b: a / (b * b + 1.0), lambda a, b: a / (b * b + 1.0)),
    (op.maximum, torch.maximum),
    (op.minimum, torch.minimum),
    (
        lambda a, b: op.where(np.arange(a.value.size).reshape(a.shape) % 2 == 0, a, b * 2.0),
        lambda a, b: torch.where(torch.arange(a.numel()).reshape(a.shape) % 2 == 0, a, b * 2.0),
    ),
    (lambda a, b: shapes.stack([a, a]) * b, lambda a, b: torch.stack([a, a]) * b),
    (lambda a, b: a @ b, lambda a, b: a @ b),
]


@settings(max_examples=250)
@given(st.data())
def test_any_graph_has_torchs_gradients(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    ours: list[Tensor] = []
    theirs: list[Any] = []
    buffers = []
    for shape in SHAPES:
        value = rng.normal(size=shape)
        buffer = np.zeros(shape) if data.draw(st.booleans()) else None
        buffers.append(buffer)
        ours.append(Tensor(value, buffer))
        theirs.append(torch.tensor(value, requires_grad=True))
    leaves = len(ours)
    for _ in range(data.draw(st.integers(1, 12))):
        if data.draw(st.booleans()):
            f, g = data.draw(st.sampled_from(UNARY))
            places = [data.draw(st.integers(0, len(ours) - 1))]
        else:
            f, g = data.draw(st.sampled_from(BINARY))
            places = [data.draw(st.integers(0, len(ours) - 1)) for _ in range(2)]
        try:
            right = g(*(theirs[place] for place in places))
        except RuntimeError:  # shapes that do not fit, or a product of single numbers
            continue
        result = f(*(ours[place] for place in places))
        assert result.shape == tuple(right.shape)
        if result.value.size > 200 or not np.isfinite(result.value).all():
            continue
        ours.append(result)
        theirs.append(right)
    expected = [np.zeros(leaf.shape) for leaf in ours[:leaves]]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(ours) - 1))
        if not theirs[place].requires_grad:
            with pytest.raises(ValueError, match="constants"):
                backward(ours[place])
            continue
        upstream = rng.normal(size=ours[place].shape)
        backward(ours[place], upstream)
        found = torch.autograd.grad(
            theirs[place], theirs[:leaves], torch.tensor(upstream), retain_graph=True, allow_unused=True
        )
        expected = [e if part is None else e + part.numpy() for e, part in zip(expected, found, strict=True)]
    for leaf, buffer, total in zip(ours, buffers, expected, strict=False):
        got = np.zeros(leaf.shape) if leaf.gradient is None else leaf.gradient
        np.testing.assert_allclose(got, total, rtol=1e-9, atol=1e-9)
        assert buffer is None or leaf.gradient is buffer
