"""Numbers to compute with, and what counts as the same result."""

from __future__ import annotations

from typing import Any

import numpy as np

DTYPES = ("float32", "float64")
LARGEST_ERROR = {"float32": 1e-5, "float64": 1e-12}
"""Of an array's largest entry."""


def numbers(dtype: str, *shapes: tuple[int, ...], seed: int = 0) -> list[Any]:
    """Normally distributed numbers in these shapes."""
    source = np.random.default_rng(seed)
    return [source.standard_normal(shape).astype(dtype) for shape in shapes]


def assert_same(found: Any, expected: Any) -> None:
    """Arrays, or tuples of them, are the same in shape, dtype and numbers."""
    if isinstance(expected, tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
        return
    if expected is None:
        assert found is None
        return
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    if expected.dtype.kind != "f":
        assert (found == expected).all()
        return
    finite = np.isfinite(expected)
    assert (finite == np.isfinite(found)).all()
    assert np.array_equal(found[~finite], expected[~finite], equal_nan=True)
    if finite.any():
        scale = max(float(np.abs(expected[finite]).max()), 1e-30)
        assert float(np.abs(found[finite] - expected[finite]).max()) <= LARGEST_ERROR[str(expected.dtype)] * scale
