"""Convolution and pooling of images as fused primitives: (..., C, H, W) channels, rows, columns.

Convention: torch.nn.functional throughout: "convolution" is cross-correlation (the kernel is not flipped), padding
is of zeros, what does not fill a whole stride at the right and at the bottom is left out.

The windows of an image are laid out as columns of one matrix (im2col, from a strided view), so that BLAS does the
work; the way back adds each column where it came from, one kernel entry at a time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from engine.autodiff.tape import Array, Operand, Tensor, primitive, read, tracks

Pair = int | tuple[int, int]


def pair(value: Pair, what: str, least: int) -> tuple[int, int]:
    """Return (rows, columns) of a size that may be given as one number.

    Args:
        value: one number, or (rows, columns). what: the size, for the sentence.
        least: the smallest that either may be.
    Raises:
        ValueError: below ``least``.
    """
    rows, columns = (value, value) if isinstance(value, int | np.integer) else value
    if min(rows, columns) < least:
        raise ValueError(f"{what} must be at least {least}, not {value}")
    return int(rows), int(columns)


class Patches:
    """Where the windows of a kernel lie on an image.

    Args:
        size: H, W of the image. kernel: its rows and columns. stride: from window to window. padding: zeros
            around the image. dilation: from kernel entry to kernel entry.
    Raises:
        ValueError: when the kernel does not fit.
    """

    def __init__(
        self, size: tuple[int, int], kernel: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1
    ) -> None:
        self.size = size
        self.kernel, self.stride = pair(kernel, "a kernel", 1), pair(stride, "the stride", 1)
        self.padding, self.dilation = pair(padding, "the padding", 0), pair(dilation, "the dilation", 1)
        rows, columns = (
            (length + 2 * pad - step * (count - 1) - 1) // hop + 1
            for length, pad, step, count, hop in zip(
                size, self.padding, self.dilation, self.kernel, self.stride, strict=True
            )
        )
        if min(rows, columns, *size) < 1:
            raise ValueError(
                f"a kernel of {self.kernel} with dilation {self.dilation} does not fit an image of {size} "
                f"with padding {self.padding}"
            )
        self.count = rows, columns

    def padded(self, image: Array, fill: float = 0.0) -> Array:
        """Return the image with its margin, itself without one. (N, C, H, W)."""
        down, across = self.padding
        if down == across == 0:
            return image
        height, width = self.size
        wide = np.full((*image.shape[:2], height + 2 * down, width + 2 * across), fill, image.dtype)
        wide[:, :, down : down + height, across : across + width] = image
        return wide

    def view(self, image: Array) -> Array:
        """Return the windows of a padded image, (N, C, kernel rows, kernel columns, rows, columns): a view."""
        n, c, *_ = image.shape
        planes, channels, down, across = image.strides
        return as_strided(
            image,
            (n, c, *self.kernel, *self.count),
            (
                planes,
                channels,
                down * self.dilation[0],
                across * self.dilation[1],
                down * self.stride[0],
                across * self.stride[1],
            ),
            writeable=False,
        )

    def columns(self, image: Array) -> Array:
        """Return the windows as columns, (N, C * kernel entries, windows), new memory."""
        windows = self.view(self.padded(image))
        return windows.reshape(len(image), math.prod(windows.shape[1:4]), -1)

    def gathered(self, parts: Array) -> Array:
        """Return the image that windows add up to, the transpose of `view`: (N, C, H, W).

        Args:
            parts: (N, C, kernel rows, kernel columns, rows, columns).
        """
        (height, width), (down, across) = self.size, self.padding
        rows, columns = self.count
        image = np.zeros((*parts.shape[:2], height + 2 * down, width + 2 * across), parts.dtype)
        for i in range(self.kernel[0]):
            top = i * self.dilation[0]
            for j in range(self.kernel[1]):
                left = j * self.dilation[1]
                image[
                    :,
                    :,
                    top : top + rows * self.stride[0] : self.stride[0],
                    left : left + columns * self.stride[1] : self.stride[1],
                ] += parts[:, :, i, j]
        return image[:, :, down : down + height, across : across + width]


def _planes(x: Array) -> Array:
    """Return images (N, C, H, W) of any number of leading axes."""
    if x.ndim < 3:
        raise ValueError(f"images have channels, rows and columns, not the shape {x.shape}")
    return x.reshape(-1, *x.shape[-3:])


def conv2d(
    x: Operand,
    weight: Operand,
    bias: Operand | None = None,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
) -> Tensor:
    """Return the cross-correlation of images with kernels.

        y[o, i, j] = bias[o] + sum over c, a, b of weight[o, c, a, b] x[c, i*stride + a*dilation, ...]

    Args:
        x: (..., C, H, W). weight: (O, C, kernel rows, kernel columns). bias: (O,) or None.
    Returns: (..., O, H', W') with H' = (H + 2 padding - dilation (rows - 1) - 1) // stride + 1.
    Raises:
        ValueError: when channels differ or the kernel does not fit.
    """
    images, kernel = _planes(read(x)), read(weight)
    if kernel.ndim != 4 or kernel.shape[1] != images.shape[1]:
        raise ValueError(f"kernels of shape {kernel.shape} for images of {images.shape[1]} channels")
    windows = Patches(images.shape[2:], kernel.shape[2:], stride, padding, dilation)
    columns = windows.columns(images)
    matrix = kernel.reshape(len(kernel), -1)
    product = np.matmul(matrix, columns)
    if bias is not None:
        product += read(bias)[:, None]
    value = product.reshape(*read(x).shape[:-3], len(kernel), *windows.count)

    def pullback(g: Array) -> tuple[Array | None, ...]:
        maps = g.reshape(len(images), len(kernel), -1)
        into_x = into_weight = None
        if tracks(x):
            parts = np.matmul(matrix.T, maps).reshape(len(images), *kernel.shape[1:], *windows.count)
            into_x = windows.gathered(parts).reshape(read(x).shape)
        if tracks(weight):
            into_weight = np.matmul(maps, columns.swapaxes(1, 2)).sum(axis=0).reshape(kernel.shape)
        return (into_x, into_weight) if bias is None else (into_x, into_weight, maps.sum(axis=(0, 2)))

    return primitive(value, (x, weight) if bias is None else (x, weight, bias), pullback, "conv2d")


def conv_transpose2d(
    x: Operand,
    weight: Operand,
    bias: Operand | None = None,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    dilation: Pair = 1,
) -> Tensor:
    """Return the transpose of `conv2d`, which enlarges images: each entry lays a scaled kernel, and they add up.

    Args:
        x: (..., C, H, W). weight: (C, O, kernel rows, kernel columns). bias: (O,) or None.
        output_padding: rows and columns added at the bottom and at the right, below stride or dilation: says
            which of the sizes that `conv2d` maps to H, W is meant.
    Returns: (..., O, H', W') with H' = (H - 1) stride - 2 padding + dilation (rows - 1) + output_padding + 1.
    Raises:
        ValueError: when channels differ or nothing is left.
    """
    images, kernel = _planes(read(x)), read(weight)
    if kernel.ndim != 4 or kernel.shape[0] != images.shape[1]:
        raise ValueError(f"kernels of shape {kernel.shape} for images of {images.shape[1]} channels")
    hop, pad = pair(stride, "the stride", 1), pair(padding, "the padding", 0)
    step, extra = pair(dilation, "the dilation", 1), pair(output_padding, "the output padding", 0)
    if any(more >= max(a, b) for more, a, b in zip(extra, hop, step, strict=True)):
        raise ValueError(f"the output padding {extra} must be smaller than the stride or the dilation")
    size = tuple(
        (images.shape[2 + d] - 1) * hop[d] - 2 * pad[d] + step[d] * (kernel.shape[2 + d] - 1) + extra[d] + 1
        for d in range(2)
    )
    windows = Patches((size[0], size[1]), kernel.shape[2:], hop, pad, step)
    maps = images.reshape(len(images), len(kernel), -1)
    matrix = kernel.reshape(len(kernel), -1)
    parts = np.matmul(matrix.T, maps).reshape(len(images), *kernel.shape[1:], *images.shape[2:])
    value = windows.gathered(parts)
    if bias is not None:
        value = value + read(bias)[:, None, None]

    def pullback(g: Array) -> tuple[Array | None, ...]:
        planes = _planes(g)
        columns = windows.columns(planes)
        into_x = np.matmul(matrix, columns).reshape(read(x).shape) if tracks(x) else None
        into_weight = None
        if tracks(weight):
            into_weight = np.matmul(maps, columns.swapaxes(1, 2)).sum(axis=0).reshape(kernel.shape)
        return (into_x, into_weight) if bias is None else (into_x, into_weight, planes.sum(axis=(0, 2, 3)))

    shaped = value.reshape(*read(x).shape[:-3], *value.shape[1:])
    return primitive(shaped, (x, weight) if bias is None else (x, weight, bias), pullback, "conv_transpose2d")


def max_pool2d(
    x: Operand, kernel: Pair, *, stride: Pair | None = None, padding: Pair = 0, dilation: Pair = 1
) -> Tensor:
    """Return the largest entry of each window; its gradient goes there, to the first of equals (torch).

    Args:
        x: (..., C, H, W). stride: the kernel's size by default. padding: at most half the kernel; never wins.
        dilation: rows and columns from one entry of a window to the next.
    """
    images = _planes(read(x))
    windows = Patches(images.shape[2:], kernel, kernel if stride is None else stride, padding, dilation)
    _check_margin(windows)
    views = windows.view(windows.padded(images, -math.inf))
    n, c = images.shape[:2]
    best = views[:, :, 0, 0].copy()
    entries = [divmod(k, windows.kernel[1]) for k in range(math.prod(windows.kernel))]
    where = np.zeros(best.shape, np.int16 if len(entries) < 2**15 else np.int64)
    for number, (i, j) in enumerate(entries[1:], start=1):
        entry = views[:, :, i, j]
        higher = (entry > best) | np.isnan(entry)
        where[higher] = number
        np.copyto(best, entry, where=higher)

    def pullback(g: Array) -> tuple[Array]:
        planes = _planes(g)
        parts = np.zeros((n, c, *windows.kernel, *windows.count), g.dtype)
        for number, (i, j) in enumerate(entries):
            np.copyto(parts[:, :, i, j], planes, where=where == number)
        return (windows.gathered(parts).reshape(read(x).shape),)

    return primitive(best.reshape(*read(x).shape[:-2], *windows.count), (x,), pullback, "max_pool2d")


def mean_pool2d(x: Operand, kernel: Pair, *, stride: Pair | None = None, padding: Pair = 0) -> Tensor:
    """Return the mean of each window, zeros of the padding counted (torch.nn.functional.avg_pool2d).

    Args:
        x: (..., C, H, W). stride: the kernel's size by default. padding: at most half the kernel.
    """
    images = _planes(read(x))
    windows = Patches(images.shape[2:], kernel, kernel if stride is None else stride, padding)
    _check_margin(windows)
    views = windows.view(windows.padded(images))
    value = views.mean(axis=(2, 3))
    share = 1 / math.prod(windows.kernel)

    def pullback(g: Array) -> tuple[Array]:
        planes = _planes(g) * share
        parts = np.broadcast_to(planes[:, :, None, None], (*planes.shape[:2], *windows.kernel, *windows.count))
        return (windows.gathered(parts).reshape(read(x).shape),)

    return primitive(value.reshape(*read(x).shape[:-2], *windows.count), (x,), pullback, "mean_pool2d")


def _check_margin(windows: Patches) -> None:
    if any(2 * pad > size for pad, size in zip(windows.padding, windows.kernel, strict=True)):
        raise ValueError(f"a pool's padding {windows.padding} is at most half its kernel {windows.kernel}")
