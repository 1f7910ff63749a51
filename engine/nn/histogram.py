"""Histograms of large arrays, quick and with stated edges: equal bins, or one bin an octave of magnitude."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from engine.autodiff.tape import Array

_CHUNK = 32768  # entries worked on at a time: they stay in the processor's cache
_SMALL = 255  # so many bins fit a byte, with one to spare for NaN


@dataclass(frozen=True)
class Bins:
    """Edges that several histograms share, so that they can be compared.

    Args:
        low, high: the range. ``linear``: of the values; what lies beyond counts in the end bins. ``octave``: of
            the magnitudes |x|, both powers of two (rounded outward to such); magnitudes below ``low``, zeros
            too, count in the first bin and those above ``high`` in the last.
        count: number of linear bins; octaves have log2(high/low).

    Every entry is counted, none is sampled; NaN counts nowhere.

    >>> Bins(-1, 1, 4).counts(np.array([-0.9, 0.1, 0.2, 7.0]))
    array([1, 0, 2, 1])
    >>> Bins(0.25, 4, scale="octave").counts(np.array([0.0, -0.3, 0.6, 3.0]))
    array([2, 1, 0, 1])
    """

    low: float
    high: float
    count: int = 64
    scale: Literal["linear", "octave"] = "linear"

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.scale == "octave" and self.low <= 0):
            raise ValueError(f"no range: {self.low} to {self.high}")

    @cached_property
    def _exponents(self) -> tuple[int, int]:
        low = int(np.floor(np.log2(self.low)))
        return low, max(int(np.ceil(np.log2(self.high))), low + 1)

    @cached_property
    def edges(self) -> Array:
        """The edges, (bins + 1,)."""
        if self.scale == "linear":
            return np.linspace(self.low, self.high, self.count + 1)
        low, high = self._exponents
        return np.ldexp(1.0, np.arange(low, high + 1))

    def counts(self, values: Array) -> Array:
        """Return how many entries lie in each bin, (bins,) integers; a bin holds its left edge, not its right.

        In float32 an entry within rounding of an edge may land on its other side.
        """
        flat = values.reshape(-1)
        return self._linear(flat) if self.scale == "linear" else self._octaves(flat)

    def shares(self, values: Array) -> Array:
        """Return the counts divided by the number of entries: they sum to 1 less the share of NaN."""
        return self.counts(values) / max(values.size, 1)

    def _linear(self, flat: Array) -> Array:
        factor = self.count / (self.high - self.low)
        shift = -self.low * factor
        index = np.empty(flat.size, np.uint8 if self.count <= _SMALL else np.intp)
        buffer = np.empty(min(_CHUNK, flat.size), flat.dtype)
        for start in range(0, flat.size, _CHUNK):
            part = flat[start : start + _CHUNK]
            scaled = buffer[: part.size]
            np.multiply(part, factor, out=scaled)
            scaled += shift
            scaled.clip(0, self.count - 1, out=scaled)  # before the cast, which has no room for 1e30
            if np.isnan(scaled.max()):
                scaled[np.isnan(scaled)] = self.count
            np.copyto(index[start : start + _CHUNK], scaled, casting="unsafe")
        return _tally(index, self.count + 1)[: self.count]

    def _octaves(self, flat: Array) -> Array:
        """Read the exponent out of the bits of each float: its octave exactly."""
        if flat.dtype not in (np.float32, np.float64):
            raise TypeError(f"octaves are of float32 or float64, not {flat.dtype}")
        low, high = self._exponents
        bins = high - low
        if flat.dtype == np.float32:
            exponent = np.ascontiguousarray(flat).view(np.uint32) >> np.uint32(23)
            by_exponent = _tally(exponent.astype(np.uint8), 256)  # the cast drops the sign
            result = np.zeros(bins, np.int64)
            np.add.at(result, np.clip(np.arange(256) - 127 - low, 0, bins - 1), by_exponent)
        else:
            raw = (np.ascontiguousarray(flat).view(np.uint64) >> np.uint64(52)).astype(np.int16)
            raw &= 0x7FF
            raw -= 1023 + low
            raw.clip(0, bins - 1, out=raw)
            result = _tally(raw.astype(np.uint8 if bins <= _SMALL else np.intp), bins)
        if result[-1]:
            result[-1] -= np.count_nonzero(np.isnan(flat))
        return result


def _tally(index: Array, bins: int) -> Array:
    """Count each index; of many bytes two at a time, which takes half the counting and spares a wide cast."""
    if index.dtype != np.uint8 or index.size < 1 << 17:
        return np.bincount(index, minlength=bins)
    even = index.size // 2 * 2
    pairs = np.bincount(index[:even].view(np.uint16), minlength=1 << 16).reshape(256, 256)
    counts: Array = pairs.sum(axis=0) + pairs.sum(axis=1)
    counts[index[even:]] += 1
    return counts[:bins]
