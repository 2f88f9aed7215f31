"""Matrix products by register tiles against numpy's in float64."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc import ops  # noqa: E402
from dlcalc.kernels import threads  # noqa: E402
from dlcalc.kernels.compile import kernel  # noqa: E402
from dlcalc.kernels.cpu import blocks, machine, products  # noqa: E402

if not machine.LANES:
    pytest.skip("this processor has no vectors, or nothing is compiled", allow_module_level=True)

RANDOM = np.random.default_rng(0)
WIDE, DEEP, TALL = products.WIDE, products.DEEP, products.TALL
SHAPES = [
    # of a batch; rows, depth, columns: few rows, ends of vectors and pieces, nothing at all
    (1, 1, 1, 1), (2, 1, 5, 3), (1, 2, 2 * WIDE + 3, 9), (3, 3, 7, WIDE + 1), (1, 4, DEEP + 1, 5), (2, 5, 3, 2),
    (5, 9, DEEP, WIDE), (1, 13, 2 * DEEP + 3, 2 * WIDE + 7), (1, TALL + 2, 3, 2), (2, 0, 3, 2), (0, 4, 3, 2),
    (1, 6, 0, 3), (1, 1, 0, 3), (1, 2, 3, 0), (1, 40, 2, WIDE - 1),
]  # fmt: skip


def numbers(*shape: int) -> Any:
    return RANDOM.standard_normal(shape).astype(np.float32)


def test_products_of_every_shape_and_order() -> None:
    """Each factor as it stands and transposed, with a bias and without; the same bits for 1, 2 and 3 threads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "WORTH", 1)
        for count, rows, depth, columns in SHAPES:
            for turns in range(4):
                a = products.transposed(numbers(count, depth, rows)) if turns & 1 else numbers(count, rows, depth)
                b = products.transposed(numbers(count, columns, depth)) if turns & 2 else numbers(count, depth, columns)
                for bias in (None, numbers(columns)):
                    wanted = np.matmul(a.astype(np.float64), b.astype(np.float64)) + (0 if bias is None else bias)
                    most = np.matmul(np.abs(a), np.abs(b)) + (0 if bias is None else np.abs(bias))
                    found = []
                    for many in (1, 2, 3):
                        with threads.using(many):
                            found.append(products.multiply(a, b, bias))
                    where = (count, rows, depth, columns, turns, bias is None)
                    assert found[0].dtype == np.float32, where
                    assert found[0].shape == wanted.shape, where
                    assert (np.abs(found[0] - wanted) <= 1e-6 * most).all(), where
                    assert all(np.array_equal(found[0], other) for other in found[1:]), where


def test_what_is_no_number_stays_in_its_row_and_column() -> None:
    """What fills up a vector or a piece meets nothing that counts."""
    for rows in (1, 3, 20):
        x, weight = numbers(rows, 5), numbers(7, 5)
        x[0, 1], weight[2, 3] = np.inf, np.nan
        found = ops.linear(x, weight)
        assert np.isnan(found[:, 2]).all()
        assert np.isfinite(np.delete(found, 2, axis=1)[1:]).all()


if machine.LANES:
    tiled_product = blocks.tiled_product

    @kernel("int64", "int64", "int64", "float32[::1]", "float32[::1]", "float32[::1]", "boolean")
    def product_at_two(rows: int, columns: int, depth: int, a: Any, b: Any, c: Any, add: bool) -> None:
        """Into C from its second number on."""
        tiled_product(rows, columns, depth, a, 0, depth, 1, b, 0, columns, c, 2, columns, add)


def test_nothing_is_written_before_or_behind_a_product() -> None:
    """Lines of C lie one behind the other, shorter and longer than a vector."""
    for depth in (1, 2):
        for rows in (0, 1, 2, 5, 9):
            for columns in (1, 3, WIDE - 1, WIDE, WIDE + 1, 2 * WIDE + 3):
                a, b, before = numbers(rows, depth), numbers(depth, columns), numbers(rows * columns + 2 + 3 * WIDE)
                for add in (False, True):
                    c = before.copy()
                    product_at_two(rows, columns, depth, a.ravel(), b.ravel(), c, add)
                    end = 2 + rows * columns
                    wanted = a @ b + (before[2:end].reshape(rows, columns) if add else 0)
                    where = (rows, columns, depth, add)
                    assert np.abs(c[2:end].reshape(rows, columns) - wanted).max(initial=0) <= 1e-6, where
                    assert (c[:2] == before[:2]).all(), where
                    assert (c[end:] == before[end:]).all(), where
