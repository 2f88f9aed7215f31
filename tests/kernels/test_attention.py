"""Attention whose batch is shared out among threads."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc.kernels import threads  # noqa: E402
from dlcalc.kernels.cpu import attention  # noqa: E402

RANDOM = np.random.default_rng(0)


def test_any_number_of_threads_gives_the_same_bits_as_the_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of batches that are larger and smaller than the number of threads, and of none; with a mask and without."""
    monkeypatch.setattr(threads, "WORTH", 1)
    for dtype, batch, masked in (("f4", 5, True), ("f4", 5, False), ("f4", 2, True), ("f4", 0, True), ("f8", 5, True)):

        def numbers(*shape: int, dtype: str = dtype) -> Any:
            return RANDOM.standard_normal(shape).astype(dtype)

        q, k, v = numbers(batch, 7, 9), numbers(batch, 6, 9), numbers(batch, 6, 4)
        mask = numbers(batch, 7, 6) if masked else None
        d_out = numbers(batch, 7, 4)
        found = {}
        for many in (1, 2, 3, 5):
            with threads.using(many):
                out, shares = attention.attention_forward(q, k, v, mask)
                found[many] = [out, shares, *attention.attention_backward(d_out, q, k, v, shares)]
        for many in (2, 3, 5):
            assert [one.tobytes() for one in found[many]] == [one.tobytes() for one in found[1]], (dtype, batch, many)
        out, shares, d_q, d_k, d_v, d_scores = found[1]
        scores = q @ k.transpose(0, 2, 1) / 3 + (0 if mask is None else mask)
        exact = np.exp(scores - scores.max(axis=2, keepdims=True))
        exact /= exact.sum(axis=2, keepdims=True)
        d_shares = d_out @ v.transpose(0, 2, 1)
        slopes = exact * (d_shares - (d_shares * exact).sum(axis=2, keepdims=True))
        for given, right in (
            (out, exact @ v), (shares, exact), (d_v, exact.transpose(0, 2, 1) @ d_out), (d_scores, slopes),
            (d_q, slopes @ k / 3), (d_k, slopes.transpose(0, 2, 1) @ q / 3),
        ):  # fmt: skip
            assert given.shape == right.shape
            np.testing.assert_allclose(given, right, rtol=1e-4, atol=1e-5)


def test_a_large_batch_is_shared_out_once_each_way(monkeypatch: pytest.MonkeyPatch) -> None:
    shared: list[int] = []
    each = threads.each
    monkeypatch.setattr(threads, "WORTH", 1)
    monkeypatch.setattr(threads, "each", lambda work, count, much: (shared.append(count), each(work, count, much)))
    q = RANDOM.standard_normal((4, 20, 8)).astype("f4")
    with threads.using(3):
        _, shares = attention.attention_forward(q, q, q, None)
        attention.attention_backward(q, q, q, q, shares)
    assert shared == [3, 3]
