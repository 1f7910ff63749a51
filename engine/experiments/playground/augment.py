"""Virtual points: a batch as augmentation moves it, before a net sees it."""

from __future__ import annotations

import numpy as np

from engine.autodiff.tape import Array
from engine.data.digits import sampler
from engine.experiments.playground.choice import Augmentation


def moved(raw: Array, how: Augmentation, rng: np.random.Generator, images: bool = False) -> Array:
    """Return a batch (..., B, columns) as augmentation moves it: turned, shifted, shaken.

    Points turn about their middle; of more than two columns the first two turn. Images turn and shift as a whole,
    a shift of 1 being half of their width; what leaves the image is gone, what comes in is empty.
    """
    noise = how.noise * rng.standard_normal(raw.shape[-2:])
    angle = np.deg2rad(how.turn) * rng.uniform(-1, 1)
    shift = how.shift * rng.uniform(-1, 1, 2 if images else raw.shape[-1])
    if images:
        return np.asarray(raw @ sampler(angle, *shift) + noise)
    found = raw + noise
    if how.turn and raw.shape[-1] > 1:
        middle = raw[..., :2].mean(axis=-2, keepdims=True)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        found[..., :2] = (found[..., :2] - middle) @ turn + middle
    return np.asarray(found + shift)
