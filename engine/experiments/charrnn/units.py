"""The unit finder: which units of a net follow what a reader would follow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.autodiff.tape import Array
from engine.frame import Told, Value
from engine.message import Message, _

FEATURES: Mapping[str, str] = {
    "quotes": _("inside quotation marks"),
    "brackets": _("depth of brackets"),
    "line": _("place in the line"),
    "indentation": _("indentation of the line"),
    "word": _("place in the word"),
}
"""What is looked for, by name, with words for people."""
_OPEN, _CLOSE = "([{", ")]}"
DEEPEST = 20


def features(text: str) -> dict[str, Array]:
    """Return each feature's value after every character of a text, (T,).

    Quotes toggle at every double quotation mark and end with a blank line. A bracket that was never opened
    closes nothing.
    """
    found = {name: np.zeros(len(text)) for name in FEATURES}
    quoted, depth, column, indentation, word = 0, 0, 0, 0, 0
    leading, empty = True, False
    for place, character in enumerate(text):
        if character == "\n":
            if empty:
                quoted = depth = 0
            column = indentation = word = 0
            leading, empty = True, True
        else:
            empty = False
            column += 1
            if leading and character in " \t":
                indentation += 1
            else:
                leading = False
            word = word + 1 if character.isalnum() else 0
            if character in '"“”':
                quoted = 1 - quoted
            elif character in _OPEN:
                depth = min(depth + 1, DEEPEST)
            elif character in _CLOSE:
                depth = max(depth - 1, 0)
        for name, value in zip(FEATURES, (quoted, depth, column, indentation, word), strict=True):
            found[name][place] = value
    return found


def rank(text: str, activations: Mapping[str, Array], most: int) -> dict[str, Value]:
    """Rank units by how well they follow each feature: by their correlation on the first half of the text.

    What is reported as ``correlation`` is measured on the second half, which had no part in the choice: the
    best of many units always looks good on the text it was chosen by.

    Args:
        activations: by quantity (h, c): (T, layers, H). most: units a feature.
    Returns:
        ``correlation`` and ``chosen_by`` (features, most), ``layer``, ``unit``, ``quantity`` (its place in
        the text ``quantities``), all (features, most), nan and -1 where a feature never varies; ``features`` and
        ``words`` as texts.
    """
    names, columns, owners = list(activations), [], []
    for place, name in enumerate(names):
        array = activations[name]
        T, layers, H = array.shape
        columns.append(array.reshape(T, layers * H))
        owners.append(np.stack([np.full(layers * H, place), *(grid.ravel() for grid in np.mgrid[:layers, :H])]))
    values, owner = np.concatenate(columns, axis=1), np.concatenate(owners, axis=1)
    half = len(values) // 2
    count = min(most, values.shape[1])
    shape = (len(FEATURES), count)
    correlation, chosen_by, who = (
        np.full(shape, np.nan),
        np.full(shape, np.nan),
        np.full((3, *shape), -1, np.int32),
    )
    for row, wanted in enumerate(features(text).values()):
        first = correlate(values[:half], wanted[:half])
        if not np.isfinite(first).any():
            continue
        best = np.argsort(-np.abs(np.nan_to_num(first)), kind="stable")[:count]
        chosen_by[row], who[:, row] = first[best], owner[:, best]
        correlation[row] = correlate(values[half:, best], wanted[half:])
    return {
        "correlation": correlation,
        "chosen_by": chosen_by,
        "quantity": who[0],
        "layer": who[1],
        "unit": who[2],
        "quantities": Told(names),
        "features": Told(list(FEATURES)),
        "words": Told([Message(words) for words in FEATURES.values()]),
    }


def correlate(values: Array, wanted: Array) -> Array:
    """Return Pearson's correlation of each column with a series, nan where either never varies.

    Args:
        values: (T, n). wanted: (T,).
    """
    x = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    y = wanted - wanted.mean()
    scale = np.sqrt((x * x).sum(axis=0) * (y @ y))
    result: Array = np.divide(x.T @ y, scale, out=np.full(values.shape[1], np.nan), where=scale > 1e-12)
    return result
