"""Gradient checks by random projection: the tape against central differences, for any function of arrays."""

from collections.abc import Callable

import numpy as np

from engine.autodiff.tape import Array, Tensor, backward


def check_gradients(
    function: Callable[..., Tensor], *arguments: Array, step: float = 1e-5, tolerance: float = 1e-7
) -> None:
    """Assert that every argument's gradient agrees with central differences along random directions.

    The result is projected on a random vector u, each argument moved along random v: d(u.f)/dv, by differences
    of fourth order over five points. The relative error must stay below ``tolerance``.
    """
    rng = np.random.default_rng(1)
    leaves = [Tensor(np.array(argument, dtype=np.float64)) for argument in arguments]
    result = function(*leaves)
    projection = rng.normal(size=result.shape)
    backward(result, projection)
    for position, leaf in enumerate(leaves):
        assert leaf.gradient is not None, f"no gradient reached argument {position}"
        assert leaf.gradient.shape == leaf.value.shape
        for _ in range(3):
            direction = rng.normal(size=leaf.value.shape)

            def moved(steps: int, position: int = position, direction: Array = direction) -> Array:
                shifted = [other.value.copy() for other in leaves]
                shifted[position] = shifted[position] + steps * step * direction
                value: Array = function(*shifted).value
                return value

            differences = 8 * (moved(+1) - moved(-1)) - (moved(+2) - moved(-2))
            numeric = np.sum(differences * projection) / (12 * step)
            exact = np.sum(leaf.gradient * direction)
            scale = max(abs(numeric), abs(exact), 1e-3)
            assert abs(numeric - exact) <= tolerance * scale, (position, exact, numeric)
