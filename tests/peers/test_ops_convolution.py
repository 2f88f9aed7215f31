"""Convolutions and pools on arrays against PyTorch's: results and gradients, on random shapes and settings."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from ops.against_torch import BATCHES, DTYPES, SEEDS, agree, numbers  # noqa: E402

from dlcalc import ops  # noqa: E402

F = torch.nn.functional
pytestmark = pytest.mark.peers

CONVOLUTION = {1: (ops.conv1d, F.conv1d), 2: (ops.conv2d, F.conv2d), 3: (ops.conv3d, F.conv3d)}


def per_axis(axes: int, low: int, high: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(low, high)] * axes)


@settings(max_examples=120)
@given(st.data())
def test_convolution(data: st.DataObject) -> None:
    """One, two and three axes, each with its own stride, padding and dilation, in groups, with a bias or without."""
    axes = data.draw(st.sampled_from([1, 2, 2, 3]))
    groups, per_group, filters = (data.draw(st.integers(1, 3)) for _ in range(3))
    n, f = data.draw(per_axis(axes, 1, 8)), data.draw(per_axis(axes, 1, 3))
    s, p, d = data.draw(per_axis(axes, 1, 3)), data.draw(per_axis(axes, 0, 3)), data.draw(per_axis(axes, 1, 2))
    assume(all(d * (f - 1) < n + 2 * p for n, f, p, d in zip(n, f, p, d, strict=True)))
    shapes = {"x": (data.draw(BATCHES), groups * per_group, *n), "weight": (filters * groups, per_group, *f)}
    if data.draw(st.booleans()):
        shapes["bias"] = (filters * groups,)
    seed, (ours, theirs) = data.draw(SEEDS), CONVOLUTION[axes]
    # Of one axis, two numbers are before and after.
    padding = p if axes == 1 else tuple(side for each in p for side in (each, each))
    given = {"stride": s, "dilation": d, "groups": groups}
    agree(
        ours, numbers(seed, data.draw(DTYPES), shapes), lambda **t: theirs(*t.values(), **given, padding=p), seed,
        **given, padding=padding,
    )  # fmt: skip


@given(st.data())
def test_asymmetric_padding(data: st.DataObject) -> None:
    """Four numbers pad as F.pad does, whose order starts with the last axis."""
    top, bottom, left, right = p = data.draw(per_axis(4, 0, 3))
    arrays = numbers(data.draw(SEEDS), data.draw(DTYPES), {"x": (2, 2, 4, 5), "weight": (3, 2, 3, 2)})
    agree(
        ops.conv2d, arrays, lambda x, weight: F.conv2d(F.pad(x, (left, right, top, bottom)), weight, stride=2),
        padding=p, stride=2,
    )  # fmt: skip


@settings(max_examples=50)
@given(st.data())
def test_same_padding(data: st.DataObject) -> None:
    """At stride 1, where PyTorch has it."""
    n, f, d = (data.draw(per_axis(2, *ends)) for ends in ((1, 7), (1, 4), (1, 2)))
    arrays = numbers(data.draw(SEEDS), data.draw(DTYPES), {"x": (1, 2, *n), "weight": (2, 2, *f)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that an even filter needs a padded copy
        agree(
            ops.conv2d, arrays, lambda **t: F.conv2d(*t.values(), padding="same", dilation=d), padding="same",
            dilation=d,
        )  # fmt: skip


@settings(max_examples=100)
@given(st.data())
def test_transposed_convolution(data: st.DataObject) -> None:
    groups, per_group, filters = (data.draw(st.integers(1, 2)) for _ in range(3))
    n, f = data.draw(per_axis(2, 1, 5)), data.draw(per_axis(2, 1, 3))
    s, p, d, extra = (data.draw(per_axis(2, *ends)) for ends in ((1, 3), (0, 2), (1, 2), (0, 2)))
    axes = list(zip(n, f, s, p, d, extra, strict=True))
    assume(all(more < max(s, d) and (n - 1) * s - 2 * p + d * (f - 1) + more >= 0 for n, f, s, p, d, more in axes))
    shapes = {"x": (data.draw(BATCHES), groups * per_group, *n), "weight": (groups * per_group, filters, *f)}
    if data.draw(st.booleans()):
        shapes["bias"] = (filters * groups,)
    given = {"stride": s, "padding": p, "output_padding": extra, "groups": groups, "dilation": d}
    seed = data.draw(SEEDS)
    arrays = numbers(seed, data.draw(DTYPES), shapes)
    agree(ops.conv_transpose2d, arrays, lambda **t: F.conv_transpose2d(*t.values(), **given), seed, **given)


def a_pool(data: st.DataObject, most_padding: bool = True) -> tuple[dict[str, Any], dict[str, Any]]:
    """An image, and settings that both accept."""
    n, f, s = (data.draw(per_axis(2, *ends)) for ends in ((1, 8), (1, 4), (1, 4)))
    p = tuple(data.draw(st.integers(0, each // 2)) for each in f)
    assume(all(f <= n + 2 * p for n, f, p in zip(n, f, p, strict=True)))
    shape = (data.draw(BATCHES), data.draw(st.integers(1, 2)), *n)
    # Few different numbers make equals, of which the first wins in both.
    values = np.random.default_rng(data.draw(SEEDS)).integers(0, data.draw(st.sampled_from([3, 99])), shape)
    given = {"kernel_size": f, "stride": data.draw(st.sampled_from([s, None])), "padding": p}
    return {"x": values.astype(data.draw(DTYPES))}, given | {"ceil_mode": data.draw(st.booleans())}


@settings(max_examples=100)
@given(st.data())
def test_max_and_min_pool(data: st.DataObject) -> None:
    """Dilated, in ceil mode, with equals; the smallest is the largest of the negated."""
    arrays, given = a_pool(data)
    given["dilation"] = d = data.draw(per_axis(2, 1, 2))
    sides = zip(arrays["x"].shape[2:], given["kernel_size"], given["padding"], d, strict=True)
    assume(all(d * (f - 1) < n + 2 * p for n, f, p, d in sides))
    # Backwards from a window of padding alone PyTorch writes outside its array.
    assume(np.isfinite(ops.max_pool2d(**arrays, **given)).all())
    agree(ops.max_pool2d, arrays, lambda x: F.max_pool2d(x, **given), **given)
    agree(ops.min_pool2d, arrays, lambda x: -F.max_pool2d(-x, **given), **given)


@settings(max_examples=100)
@given(st.data())
def test_average_and_sum_pool(data: st.DataObject) -> None:
    """Padding counted or not; a sum is an average whose divisor is 1."""
    arrays, given = a_pool(data)
    counted = {"count_include_pad": data.draw(st.booleans())}
    agree(ops.avg_pool2d, arrays, lambda x: F.avg_pool2d(x, **given, **counted), **given, **counted)
    agree(ops.sum_pool2d, arrays, lambda x: F.avg_pool2d(x, **given, divisor_override=1), **given)


@settings(max_examples=50)
@given(st.data())
def test_global_and_adaptive_pools(data: st.DataObject) -> None:
    shape = (data.draw(BATCHES), data.draw(st.integers(1, 3)), *data.draw(per_axis(2, 1, 7)))
    size = data.draw(per_axis(2, 1, 8))
    arrays = numbers(data.draw(SEEDS), data.draw(DTYPES), {"x": shape})
    agree(ops.adaptive_avg_pool2d, arrays, lambda x: F.adaptive_avg_pool2d(x, size), size=size)
    agree(ops.global_avg_pool2d, arrays, lambda x: x.mean(dim=(2, 3), keepdim=True))
    agree(ops.global_max_pool2d, arrays, lambda x: F.max_pool2d(x, x.shape[2:]))
