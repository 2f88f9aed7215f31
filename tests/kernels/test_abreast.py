"""Convolutions with the images of a batch in the lanes, against the definition."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy")
numba = pytest.importorskip("numba")

from dlcalc.kernels import threads  # noqa: E402
from dlcalc.kernels.cpu import machine  # noqa: E402

LANES = machine.LANES
if not LANES:
    pytest.skip("this processor has no vectors, or nothing is compiled", allow_module_level=True)

from dlcalc.kernels.cpu import conv_abreast, taps  # noqa: E402
from tests.kernels.test_direct import by_definition, fenced  # noqa: E402

RANDOM = np.random.default_rng(0)


def numbers(*shape: int) -> Any:
    return RANDOM.standard_normal(shape).astype(np.float32)


def convolutions(many: int) -> list[dict[str, Any]]:
    """Of every batch, size, stride, dilation, padding and number of groups together."""
    found: list[dict[str, Any]] = []
    whole = lambda low, high: int(RANDOM.integers(low, high))  # noqa: E731
    while len(found) < many:
        groups, size, window = whole(1, 4), (whole(1, 13), whole(1, 13)), (whole(1, 5), whole(1, 6))
        stride, dilation = (whole(1, 4), whole(1, 4)), (whole(1, 3), whole(1, 3))
        padding = tuple(whole(0, 5) for _ in range(4))
        room = [n + p + q - d * (f - 1) for n, p, q, d, f in
                zip(size, padding[::2], padding[1::2], dilation, window, strict=True)]  # fmt: skip
        if min(room) > 0:
            settings = {"stride": stride, "dilation": dilation, "padding": padding, "groups": groups}
            found.append({"x": (whole(1, 3 * LANES), groups * whole(1, 9), *size), "filters": groups * whole(1, 12),
                          "window": window, "settings": settings})  # fmt: skip
    return found


def test_all_shapes_are_as_by_definition_with_any_threads() -> None:
    """Nothing is written beside what is given; with and without x the same, and on three threads the same bits."""
    for given in convolutions(25):
        settings, groups = given["settings"], given["settings"]["groups"]
        x, bias = numbers(*given["x"]), numbers(given["filters"])
        weight = numbers(given["filters"], x.shape[1] // groups, *given["window"])
        d_out = numbers(1 << 16)
        exact = by_definition(x, weight, bias, lambda r: np.resize(d_out, r.shape), settings)  # noqa: B023
        most = by_definition(
            *map(np.abs, (x, weight, bias)), lambda r: np.abs(np.resize(d_out, r.shape)), settings  # noqa: B023
        )  # fmt: skip
        form = conv_abreast.formed(x.shape[1:], weight.shape, settings["stride"], settings["padding"][::2],
                                   settings["dilation"], exact["result"].shape[2:], groups)  # fmt: skip
        before: list[Any] = []
        for many in (1, 3):
            with fenced(), threads.using(many):
                result = conv_abreast.forward(x, weight, bias, form)
                d_result = np.resize(d_out, exact["result"].shape)
                back = conv_abreast.gradients(x, d_result, weight, form, True)
                alone = conv_abreast.gradients(x, d_result, weight, form, False)
            assert alone[0].size == 0
            assert all(np.array_equal(one, other) for one, other in zip(back[1:], alone[1:], strict=True))
            for name, found in zip(("result", "x", "weight", "bias"), (result, *back), strict=True):
                near = np.abs(found.reshape(exact[name].shape) - exact[name]) <= 1e-6 * most[name]
                assert near.all(), (name, given)
            if before:
                assert all(np.array_equal(one, other) for one, other in zip((result, *back), before, strict=True))
            before = [result, *back]


def test_images_lie_side_by_side_where_lines_fill_no_vectors() -> None:
    """A batch that fills the lanes, of small planes; not one image, nor large planes, nor a filter for each channel."""

    def better(batch: int, channels: int, size: int, filters: int, window: int, groups: int = 1) -> bool:
        return conv_abreast.better((batch, channels, size, size), (filters, channels // groups, window, window), (1, 1),
                                   (0, 0), (1, 1), (size - window + 1,) * 2, groups)  # fmt: skip

    assert better(2 * LANES, 6, 10, 16, 5)
    assert not better(1, 6, 10, 16, 5)
    assert not better(2 * LANES, 64, 112, 128, 3)
    assert not better(2 * LANES, 16, 14, 16, 3, groups=16)


def test_a_tile_is_a_sum_over_taps() -> None:
    """Written and added, from the bias on, and not below 0 where it is asked for."""
    tile = taps.tile(2, 2)

    @numba.njit
    def run(a: Any, b: Any, c: Any, bias: Any, floor: int, add: int, walk: Any) -> None:
        tile(a.ctypes.data, a.shape[1], b.ctypes.data, c.ctypes.data, c.shape[1], bias.ctypes.data, floor, add, 2, walk)

    a, b, bias, walk = numbers(2, 40), numbers(4096), numbers(2), (2, 9, 500, 3, 3, 100, 3, 1, 17)
    i, j, k = np.indices((2, 3, 3)).reshape(3, -1)
    width = 4 * LANES
    read = b[(i * 500 + j * 100 + k * 17)[:, None] + np.arange(width)].astype(np.float64)
    for floor in (0, 1):
        for add in (0, 1):
            c = numbers(2, width + 3)
            wanted = a[:, i * 9 + j * 3 + k] @ read + bias[:, None] + add * c[:, :width]
            beside = c[:, width:].copy()
            run(a, b, c, bias, floor, add, walk)
            np.testing.assert_allclose(c[:, :width], np.maximum(wanted, 0) if floor else wanted, atol=1e-5)
            assert np.array_equal(c[:, width:], beside)


def test_a_dot_is_a_sum_over_places() -> None:
    dot = taps.dot(2, 3)

    @numba.njit
    def run(a: Any, b: Any, shifts: Any, out: Any, walk: Any) -> None:
        dot(a.ctypes.data, a.shape[1], b.ctypes.data, shifts.ctypes.data, 5, 2, out.ctypes.data, walk)

    a, b, out, shifts = numbers(2, 600), numbers(2000), numbers(2 * LANES), np.array([7, 0, 30])
    i, j, v = np.indices((3, 2, 2 * LANES)).reshape(3, -1)
    read = b[(i * 200 + j * 50 + v) + shifts[:, None] * 5].astype(np.float64)
    wanted = out[:6] + (a[:, i * 100 + j * 32 + v] @ read.T).reshape(-1)
    run(a, b, shifts, out, (3, 100, 200, 2, 32, 50))
    np.testing.assert_allclose(out[:6], wanted, atol=1e-4)
