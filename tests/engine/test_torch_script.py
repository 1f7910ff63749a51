"""A net exported as PyTorch is that net."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from engine.nn import ACTIVATIONS, DenseNet, Scales, to_pytorch
from tests.engine.nets import Held
from tests.extras import compares_with, library

KINDS = [
    *(("none", "none", name, 0.0, "inverted") for name in ACTIVATIONS),
    *(
        (normalization, skip, "prelu", 0.2, "plain")
        for normalization, skip in itertools.product(("none", "batch", "layer"), ("residual", "polynet"))
    ),
    ("batch", "polynet", "maxout", 0.3, "inverted"),
]


def build(kind: tuple[Any, ...], dtype: Any = np.float64, outputs: int = 3) -> tuple[Held, np.ndarray]:
    normalization, skip, activation, rate, scaling = kind
    rng = np.random.default_rng(4)
    net = Held(
        DenseNet.uniform(
            6,
            5,
            7,
            outputs,
            activation,
            normalization=normalization,
            skip=skip,
            dropout=rate,
            dropout_scaling=scaling,
        ),
        dtype,
    )
    net.initialize("he_normal", rng, Scales(sigma_b=0.5))
    net.theta[...] += 0.1 * rng.normal(size=net.theta.shape)
    x = rng.normal(size=(20, 6))
    for _ in range(3):
        net.forward(x, "train", rng)
    return net, x


def run(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source, "exported.py", "exec"), namespace)
    return namespace


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_script_compiles(kind: tuple[Any, ...]) -> None:
    net, _ = build(kind)
    source = to_pytorch(net.net, net.parameters)
    compile(source, "exported.py", "exec")
    assert max(map(len, source.splitlines())) < 120


@compares_with("torch")
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_its_activations_are_the_nets_to_1e_10(kind: tuple[Any, ...]) -> None:
    torch = library("torch")
    net, x = build(kind)
    theirs = run(to_pytorch(net.net, net.parameters))["build"]().activations(torch.from_numpy(x))
    signals = net.forward(x, "test")
    ours = [layer.post.value for layer in signals.layers] + [signals.outputs.value]
    assert len(theirs) == len(ours)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b.detach().numpy(), rtol=1e-10, atol=1e-10)


@compares_with("torch")
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_whole_nets_gradient_is_torchs_to_1e_10(kind: tuple[Any, ...]) -> None:
    torch = library("torch")
    net, x = build((*kind[:3], 0.0, "inverted"))
    y = np.arange(20) % 3
    loss = net.backward(net.forward(x), y)
    program = run(to_pytorch(net.net, net.parameters))
    module = program["build"]().train()
    theirs = torch.nn.functional.cross_entropy(module(torch.from_numpy(x)), torch.from_numpy(y))
    theirs.backward()
    assert float(loss.value) == pytest.approx(float(theirs.detach()), rel=1e-12)
    leaves = dict(module.named_parameters())
    parts = [
        (leaves[name].grad.T if transposed else leaves[name].grad).numpy().ravel()
        for name, transposed in program["PLACES"]
        if name in leaves
    ]
    np.testing.assert_allclose(net.parameters.gradient, np.concatenate(parts), rtol=1e-9, atol=1e-12)


@compares_with("torch")
@pytest.mark.parametrize("outputs", [0, 3])
def test_float32_and_a_net_without_readout(outputs: int) -> None:
    torch = library("torch")
    net, x = build(KINDS[2], np.float32, outputs)
    theirs = run(to_pytorch(net.net, net.parameters))["build"]()(torch.from_numpy(x.astype(np.float32)))
    np.testing.assert_allclose(net.forward(x, "test").outputs.value, theirs.detach().numpy(), rtol=1e-4, atol=1e-5)
