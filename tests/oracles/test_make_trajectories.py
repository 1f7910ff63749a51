"""The script that makes reference rows makes only those that are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the script's references need torch")

from tests.oracles.make_trajectories import completed


def test_only_missing_rows_are_made_and_what_has_no_case_is_dropped(tmp_path: Path) -> None:
    path, asked = tmp_path / "rows.npz", []

    def maker(name: str) -> np.ndarray:
        asked.append(name)
        return np.full(2, len(asked))

    assert completed(path, {"a": lambda: maker("a"), "b": lambda: maker("b")}) == ["a", "b"]
    assert completed(path, {"b": lambda: maker("b"), "c": lambda: maker("c")}) == ["c"]
    assert asked == ["a", "b", "c"]
    with np.load(path) as rows:
        assert set(rows.files) == {"made_by", "b", "c"}
        np.testing.assert_array_equal(rows["b"], [2, 2])


def test_a_complete_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "rows.npz"
    completed(path, {"a": lambda: np.ones(1)})
    before = path.read_bytes()
    assert completed(path, {"a": lambda: np.zeros(1)}) == []
    assert path.read_bytes() == before
