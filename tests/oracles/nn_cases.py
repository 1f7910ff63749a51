"""Which primitives and layers are compared with torch: inputs, the engine's function, torch's function.

Each case projects its result on a random vector; the projection's gradient by every input is compared too.
`torch_nn` writes torch's answers to torch_nn.npz; the tests need only that file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.autodiff import arithmetic, products, shapes, softmax, tape
from engine.autodiff import operations as op
from engine.autodiff.convolution import conv2d, conv_transpose2d, max_pool2d, mean_pool2d
from engine.nn.activations import ACTIVATIONS, activate
from engine.nn.losses import hinge, softmax_cross_entropy, squared_error
from engine.nn.normalization import batch_norm, batch_norm_test, layer_norm

CLASSES = np.array([0, 2, 1, 2, 4])
ROWS = np.array([0, 2, 2, 4])


@dataclass(frozen=True)
class Case:
    """One comparison: ``ours`` and ``torch`` map arrays of these ``shapes`` to one result.

    ``torch`` takes the torch module first, so that naming the case does not import it. ``positive`` inputs
    are exponentials of Gaussians.
    """

    shapes: tuple[tuple[int, ...], ...]
    ours: Callable[..., tape.Tensor]
    torch: Callable[..., Any]
    positive: bool = False

    def inputs(self, name: str) -> list[np.ndarray]:
        """Return the inputs, the same each time, drawn by a generator that NumPy never changes."""
        draw = np.random.RandomState(sum(map(ord, name)))  # its stream is frozen for good
        arrays = [2 * draw.standard_normal(shape) for shape in self.shapes]
        return [np.exp(array) for array in arrays] if self.positive else arrays

    def projection(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Return the random vector that the result is projected on."""
        draw = np.random.RandomState(1 + sum(map(ord, name)))  # as above
        return np.asarray(draw.standard_normal(shape))


def _index(t: Any, array: np.ndarray) -> Any:
    return t.from_numpy(array)


CASES: dict[str, Case] = {
    "add": Case(((5, 3), (3,)), arithmetic.add, lambda t, a, b: a + b),
    "add_outer": Case(((5, 1), (1, 4)), arithmetic.add, lambda t, a, b: a + b),
    "subtract": Case(((2, 5, 3), (5, 1)), arithmetic.subtract, lambda t, a, b: a - b),
    "multiply": Case(((5, 3), (1, 3)), arithmetic.multiply, lambda t, a, b: a * b),
    "divide": Case(((5, 3), (3,)), arithmetic.divide, lambda t, a, b: a / b),
    "negative": Case(((5, 3),), arithmetic.negative, lambda t, a: -a),
    "power": Case(((5, 3),), lambda a: arithmetic.power(a, 2.7), lambda t, a: a**2.7, positive=True),
    "cube": Case(((5, 3),), lambda a: arithmetic.power(a, 3), lambda t, a: a**3),
    "matmul": Case(((5, 3), (3, 4)), arithmetic.matmul, lambda t, a, b: a @ b),
    "matmul_stack": Case(((2, 5, 3), (3, 4)), arithmetic.matmul, lambda t, a, b: a @ b),
    "operators": Case(
        ((4, 4), (4, 4)),
        lambda a, b: tape.as_tensor(a) @ b - 2.0 / (a * a + 1.0) + (3.0 - b) * b,
        lambda t, a, b: a @ b - 2.0 / (a * a + 1.0) + (3.0 - b) * b,
    ),
    "exp": Case(((5, 3),), op.exp, lambda t, a: t.exp(a)),
    "log": Case(((5, 3),), op.log, lambda t, a: t.log(a), positive=True),
    "sqrt": Case(((5, 3),), op.sqrt, lambda t, a: t.sqrt(a), positive=True),
    "tanh_primitive": Case(((5, 3),), op.tanh, lambda t, a: t.tanh(a)),
    "sigmoid_primitive": Case(((5, 3),), op.sigmoid, lambda t, a: t.sigmoid(a)),
    "relu_primitive": Case(((5, 3),), op.relu, lambda t, a: t.relu(a)),
    "absolute": Case(((5, 3),), op.absolute, lambda t, a: t.abs(a)),
    "maximum": Case(((5, 3), (3,)), op.maximum, lambda t, a, b: t.maximum(a, b)),
    "total": Case(((5, 3, 2),), lambda a: op.total(a, (0, 2)), lambda t, a: a.sum((0, 2))),
    "total_all": Case(((5, 3),), op.total, lambda t, a: a.sum()),
    "mean": Case(((5, 3),), lambda a: op.mean(a, 1, True), lambda t, a: a.mean(1, True)),
    "mean_all": Case(((5, 3),), op.mean, lambda t, a: a.mean()),
    "largest": Case(((5, 3),), lambda a: op.largest(a, 1), lambda t, a: a.amax(1)),
    "largest_all": Case(((5, 3),), op.largest, lambda t, a: a.amax()),
    "reshape": Case(((5, 4),), lambda a: shapes.reshape(a, (2, 10)), lambda t, a: a.reshape(2, 10)),
    "transpose": Case(((5, 3, 2),), lambda a: shapes.transpose(a, (2, 0, 1)), lambda t, a: a.permute(2, 0, 1)),
    "transpose_all": Case(((5, 3),), shapes.transpose, lambda t, a: a.T),
    "take_slice": Case(((5, 3),), lambda a: shapes.take(a, (slice(1, 4), 2)), lambda t, a: a[1:4, 2]),
    "take_columns": Case(
        ((3, 5),), lambda a: shapes.take(a, (slice(None), ROWS)), lambda t, a: a[:, _index(t, ROWS)]
    ),
    "concatenate": Case(
        ((5, 3), (5, 2)), lambda a, b: shapes.concatenate([a, b], 1), lambda t, a, b: t.cat([a, b], 1)
    ),
    "affine": Case(((5, 3), (3, 4), (4,)), products.affine, lambda t, x, w, b: t.addmm(b, x, w)),
    "affine_bare": Case(((5, 3), (3, 4)), products.affine, lambda t, x, w: x @ w),
    "affine_sequence": Case(((2, 5, 3), (3, 4), (4,)), products.affine, lambda t, x, w, b: x @ w + b),
    "affine_runs": Case(((5, 3), (2, 3, 4), (2, 4)), products.affine, lambda t, x, w, b: x @ w + b[:, None]),
    "power_of_both": Case(((5, 3), (3,)), arithmetic.power, lambda t, a, b: a**b, positive=True),
    "matmul_vectors": Case(((4,), (4,)), arithmetic.matmul, lambda t, a, b: a @ b),
    "matmul_vector_left": Case(((3,), (2, 3, 4)), arithmetic.matmul, lambda t, a, b: a @ b),
    "matmul_vector_right": Case(((2, 5, 3), (3,)), arithmetic.matmul, lambda t, a, b: a @ b),
    "sin": Case(((5, 3),), op.sin, lambda t, a: t.sin(a)),
    "cos": Case(((5, 3),), op.cos, lambda t, a: t.cos(a)),
    "softplus_primitive": Case(((5, 3),), op.softplus, lambda t, a: t.nn.functional.softplus(a, threshold=1000)),
    "minimum": Case(((5, 3), (3,)), op.minimum, lambda t, a, b: t.minimum(a, b)),
    "where": Case(
        ((5, 3), (3,)),
        lambda a, b: op.where(CLASSES[:, None] > 1, a, b),
        lambda t, a, b: t.where(_index(t, CLASSES)[:, None] > 1, a, b),
    ),
    "smallest": Case(((5, 3, 2),), lambda a: op.smallest(a, (0, 2), True), lambda t, a: a.amin((0, 2), True)),
    "transpose_from_the_end": Case(
        ((5, 3, 2),), lambda a: shapes.transpose(a, (-1, 0, 1)), lambda t, a: a.permute(-1, 0, 1)
    ),
    "gather": Case(
        ((5, 3),),
        lambda a: shapes.gather(a, ROWS.reshape(2, 2)),
        lambda t, a: t.nn.functional.embedding(_index(t, ROWS).reshape(2, 2), a),
    ),
    "stack": Case(((5, 3), (5, 3)), lambda a, b: shapes.stack([a, b], -1), lambda t, a, b: t.stack([a, b], -1)),
    "softmax": Case(((5, 3, 2),), lambda a: softmax.softmax(a, 1), lambda t, a: a.softmax(1)),
    "log_softmax": Case(((5, 3),), softmax.log_softmax, lambda t, a: a.log_softmax(-1)),
    "attention": Case(
        ((2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 7)),
        lambda q, k, v: softmax.attention(q, k, v)[0],
        lambda t, q, k, v: t.nn.functional.scaled_dot_product_attention(q, k, v),
    ),
    "attention_causal": Case(
        ((2, 4, 5), (4, 5), (4, 3)),
        lambda q, k, v: softmax.attention(q, k, v, np.tri(4, dtype=bool))[0],
        lambda t, q, k, v: t.nn.functional.scaled_dot_product_attention(
            q, k.expand(2, 4, 5), v.expand(2, 4, 3), is_causal=True
        ),
    ),
    "conv2d": Case(((2, 3, 6, 7), (4, 3, 3, 2), (4,)), conv2d, lambda t, x, w, b: t.nn.functional.conv2d(x, w, b)),
    "conv2d_all": Case(
        ((2, 3, 9, 8), (4, 3, 3, 2), (4,)),
        lambda x, w, b: conv2d(x, w, b, stride=(2, 3), padding=(2, 1), dilation=(2, 3)),
        lambda t, x, w, b: t.nn.functional.conv2d(x, w, b, (2, 3), (2, 1), (2, 3)),
    ),
    "conv2d_one_image": Case(
        ((3, 5, 5), (2, 3, 3, 3)),
        lambda x, w: conv2d(x, w, stride=2),
        lambda t, x, w: t.nn.functional.conv2d(x, w, stride=2),
    ),
    "conv_transpose2d": Case(
        ((2, 3, 4, 5), (3, 4, 3, 2), (4,)),
        conv_transpose2d,
        lambda t, x, w, b: t.nn.functional.conv_transpose2d(x, w, b),
    ),
    "conv_transpose2d_all": Case(
        ((2, 3, 4, 5), (3, 4, 3, 2), (4,)),
        lambda x, w, b: conv_transpose2d(
            x, w, b, stride=(2, 3), padding=(1, 2), output_padding=(1, 0), dilation=(2, 3)
        ),
        lambda t, x, w, b: t.nn.functional.conv_transpose2d(x, w, b, (2, 3), (1, 2), (1, 0), 1, (2, 3)),
    ),
    "max_pool2d": Case(((2, 3, 6, 7),), lambda x: max_pool2d(x, 2), lambda t, x: t.nn.functional.max_pool2d(x, 2)),
    "max_pool2d_all": Case(
        ((2, 3, 7, 9),),
        lambda x: max_pool2d(x, (3, 2), stride=(2, 1), padding=1, dilation=(1, 2)),
        lambda t, x: t.nn.functional.max_pool2d(x, (3, 2), (2, 1), 1, (1, 2)),
    ),
    "mean_pool2d": Case(
        ((2, 3, 6, 7),), lambda x: mean_pool2d(x, 2), lambda t, x: t.nn.functional.avg_pool2d(x, 2)
    ),
    "mean_pool2d_all": Case(
        ((2, 3, 7, 9),),
        lambda x: mean_pool2d(x, (3, 2), stride=(2, 1), padding=1),
        lambda t, x: t.nn.functional.avg_pool2d(x, (3, 2), (2, 1), 1),
    ),
    "batch_norm": Case(
        ((7, 4), (4,), (4,)), batch_norm, lambda t, z, g, b: t.nn.functional.batch_norm(z, None, None, g, b, True)
    ),
    "batch_norm_test": Case(
        ((7, 4), (4,), (4,)),
        lambda z, g, b: batch_norm_test(z, g, b, np.arange(4.0), np.arange(1.0, 5)),
        lambda t, z, g, b: t.nn.functional.batch_norm(
            z, t.arange(4, dtype=z.dtype), t.arange(1, 5, dtype=z.dtype), g, b, False
        ),
    ),
    "layer_norm": Case(
        ((7, 4), (4,), (4,)), layer_norm, lambda t, z, g, b: t.nn.functional.layer_norm(z, (4,), g, b)
    ),
    "softmax_cross_entropy": Case(
        ((5, 6),),
        lambda z: softmax_cross_entropy(z, CLASSES),
        lambda t, z: t.nn.functional.cross_entropy(z, _index(t, CLASSES)),
    ),
    "hinge": Case(
        ((5, 6),),
        lambda z: hinge(z, CLASSES),
        lambda t, z: 6 * t.nn.functional.multi_margin_loss(z, _index(t, CLASSES)),
    ),
    "squared_error": Case(
        ((5, 3),),
        lambda z: squared_error(z, np.ones((5, 3))),
        lambda t, z: t.nn.functional.mse_loss(z, t.ones_like(z)),
    ),
    "prelu_slope": Case(
        ((5, 3), (1,)), lambda z, a: activate("prelu", z, a), lambda t, z, a: t.nn.functional.prelu(z, a)
    ),
    "maxout": Case(((5, 6),), lambda z: activate("maxout", z), lambda t, z: t.maximum(z[:, :3], z[:, 3:])),
    **{
        name: Case(
            ((40, 25),),
            lambda z, name=name: activate(name, z),
            lambda t, z, source=activation.torch: eval(source, vars(t.nn)).double()(z),
        )
        for name, activation in ACTIVATIONS.items()
        if activation.torch
    },
}
