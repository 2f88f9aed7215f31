"""Convolution by register tiles against its definition, and that threads and forks change nothing."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from dlcalc import ops  # noqa: E402
from dlcalc.errors import UserError  # noqa: E402
from dlcalc.kernels import threads  # noqa: E402
from dlcalc.kernels.cpu import conv, direct, machine  # noqa: E402
from dlcalc.kernels.gradcheck import relative_error  # noqa: E402

tiled = pytest.mark.skipif(not machine.LANES, reason="this processor has no vectors, or nothing is compiled")


@pytest.fixture(autouse=True)
def _by_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCALC_CONVOLUTION", "tiles")


@st.composite
def convolutions(draw: st.DrawFn) -> dict[str, Any]:
    """Of one to three axes, every setting in every combination, and sizes around a vector's."""
    axes, groups = draw(st.integers(1, 3)), draw(st.sampled_from([1, 1, 2, 3]))
    channels, filters = draw(st.integers(1, 3)), draw(st.sampled_from([1, 2, 3, 5, 9]))
    window = [draw(st.integers(1, 4)) for _ in range(axes)]
    stride = tuple(draw(st.integers(1, 3)) for _ in range(axes))
    dilation = tuple(draw(st.integers(1, 2)) for _ in range(axes))
    padding = tuple(draw(st.integers(0, 3)) for _ in range(2 * axes))
    sizes = [
        max(d * (f - 1) + 1 - padding[2 * axis] - padding[2 * axis + 1], draw(st.integers(1, 20 if axis else 7)))
        for axis, (f, d) in enumerate(zip(window, dilation, strict=True))
    ]
    return {
        "x": (draw(st.sampled_from([0, 1, 1, 2, 5])), channels * groups, *sizes),
        "weight": (filters * groups, channels, *window),
        "settings": {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups},
        "turned": draw(st.booleans()),
        "threads": draw(st.integers(1, 3)),
    }


@tiled
@given(convolutions())
def test_all_shapes_are_as_in_float64(given: dict[str, Any]) -> None:
    """There unfolded and multiplied by numpy, here not; also where the input is read against its order in memory."""
    op = [ops.conv1d, ops.conv2d, ops.conv3d][len(given["x"]) - 3]
    random = np.random.default_rng(1)
    arrays = {name: random.standard_normal(given[name]).astype(np.float32) for name in ("x", "weight")}
    arrays["bias"] = random.standard_normal(given["weight"][0]).astype(np.float32)
    if given["turned"]:
        arrays["x"] = np.ascontiguousarray(arrays["x"][..., ::-1])[..., ::-1]
    found = {}
    for dtype in (np.float32, np.float64):
        with threads.using(given["threads"]):
            result, saved = ops.forward(op, **{k: a.astype(dtype) for k, a in arrays.items()}, **given["settings"])
            d_result = np.random.default_rng(2).standard_normal(result.shape).astype(np.float32).astype(dtype)
            found[dtype] = {"result": result, **ops.backward(saved, d_result)}
    for name, exact in found[np.float64].items():
        ours = found[np.float32][name]
        assert ours.shape == exact.shape
        assert relative_error(ours.astype(np.float64), exact) <= 1e-5, name


@tiled
@pytest.mark.parametrize("channels", [machine.LANES, 4 * machine.LANES, 5 * machine.LANES + 3])
@pytest.mark.parametrize("groups", [1, 2])
def test_short_sums_put_channels_into_the_lanes(channels: int, groups: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of few places; the gradient is the one of sums over places, and the bits are those of one thread."""
    random = np.random.default_rng(0)
    x = random.standard_normal((2, channels * groups, 6, 7)).astype(np.float32)
    weight = random.standard_normal((10 * groups, channels, 3, 2)).astype(np.float32)
    settings: dict[str, Any] = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": groups}
    result, saved = ops.forward(ops.conv2d, x, weight, weight[:, 0, 0, 0], **settings)
    d_result = random.standard_normal(result.shape).astype(np.float32)
    calls = []
    short = direct._short_sums
    monkeypatch.setattr(direct, "_short_sums", lambda *given: calls.append(1) or short(*given))
    found = ops.backward(saved, d_result)
    assert calls
    monkeypatch.setattr(threads, "WORTH", 1)
    with threads.using(3):
        assert ops.backward(saved, d_result)["weight"].tobytes() == found["weight"].tobytes()
    monkeypatch.setattr(direct, "SHORT", 0)
    for name, other in ops.backward(saved, d_result).items():
        assert relative_error(found[name], other) <= 1e-6, name
    assert len(calls) == 2


def several(threads_used: int, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A convolution forwards and backwards, its transposed one too, on so many threads, however little it is."""
    monkeypatch.setattr(threads, "WORTH", 1)
    random = np.random.default_rng(0)

    def numbers(*shape: int) -> Any:
        return random.standard_normal(shape).astype(np.float32)

    found = []
    with threads.using(threads_used):
        for batch in (1, 9):
            x, weight = numbers(batch, 3, 20, 21), numbers(20, 3, 3, 3)
            result, saved = ops.forward(ops.conv2d, x, weight, numbers(20), stride=2, padding=1)
            found += [result, *ops.backward(saved, numbers(*result.shape)).values()]
            found.append(ops.conv_transpose2d(result, weight, stride=2))
    return found


def test_any_number_of_threads_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    one = several(1, monkeypatch)
    for number in (2, 3, 7):
        for alone, together in zip(one, several(number, monkeypatch), strict=True):
            assert alone.tobytes() == together.tobytes(), number


def test_threads_of_python_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its own memory for what it computes at a time."""
    wanted = [array.tobytes() for array in several(1, monkeypatch)]
    found: dict[int, list[bytes]] = {}

    def run(which: int) -> None:
        for _ in range(3):
            found[which] = [array.tobytes() for array in several(1 + which % 2, monkeypatch)]

    running = [threading.Thread(target=run, args=(which,)) for which in range(4)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert found == dict.fromkeys(range(4), wanted)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_computes_on_threads_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [array.tobytes() for array in several(2, monkeypatch)]
    child = os.fork()
    if not child:
        same = [array.tobytes() for array in several(2, monkeypatch)] == wanted
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_threads_are_the_cores_or_as_many_as_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DLCALC_THREADS", raising=False)
    assert threads.available() >= 1
    monkeypatch.setenv("DLCALC_THREADS", "3")
    assert threads.available() == threads.number(1e12) == 3
    assert threads.number(10) == 1, "too little to wake anyone for"
    with threads.using(2):
        assert threads.number(1e12) == 2
    for wrong in ("0", "many", "-1", "257"):
        monkeypatch.setenv("DLCALC_THREADS", wrong)
        with pytest.raises(UserError, match=rf"^DLCALC_THREADS must be a whole number from 1 to 256: '{wrong}'$"):
            threads.available()


def test_an_error_on_a_thread_is_the_callers() -> None:
    def fail(piece: int) -> None:
        if piece == 1:
            raise ValueError("the second piece")

    with threads.using(2), pytest.raises(ValueError, match="the second piece"):
        threads.each(fail, 2, 1e12)


@tiled
def test_what_a_thread_keeps_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes first, and what is too large is not kept."""
    monkeypatch.setattr(threads, "KEPT", 100)
    monkeypatch.setattr(threads, "_mine", threading.local())
    first = threads.zeros("a", 10)
    first[:] = 1
    assert threads.zeros("a", 10) is first
    second = threads.zeros("b", 16)
    assert threads.zeros("b", 16) is second
    assert not threads.zeros("a", 10).any(), "it had to go"
    large = threads.zeros("c", 100)
    assert threads.zeros("c", 100) is not large


@tiled
def test_an_infinite_number_stays_where_its_windows_are() -> None:
    """Also beside the gaps between rows, whose zeros would make NaN of it."""
    x, weight = np.zeros((1, 1, 5, 5), np.float32), np.ones((1, 1, 3, 3), np.float32)
    x[0, 0, 0, 0] = np.inf
    out = ops.conv2d(x, weight)
    assert np.isinf(out[0, 0, 0, 0])
    assert np.isfinite(out).sum() == out.size - 1


@tiled
def test_tables_do_not_depend_on_the_threads() -> None:
    """Pieces of samples are those of the shapes."""
    shape = direct.Shape(1, 1, 1, (1, 28, 28), (1, 5, 5), (1, 1, 1), (1, 1, 1), (0, 2, 2), (1, 28, 28))
    with threads.using(1):
        one = direct.planned(shape, 64).samples
    direct.planned.cache_clear()
    with threads.using(8):
        assert direct.planned(shape, 64).samples == one


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradient_of_the_input_can_be_left_out(dtype: Any) -> None:
    """As in a network's first layer: the others are the same, and an array of no numbers stands in its place."""
    x, weight = np.ones((2, 2, 5, 5), dtype), np.arange(24, dtype=dtype).reshape(3, 2, 2, 2)
    d_out = np.arange(96, dtype=dtype).reshape(2, 3, 4, 4)
    settings = (1, 1), [(0, 0), (0, 0)], (1, 1), 1
    _, d_weight, d_bias = conv.conv2d_backward(d_out, x, weight, *settings)
    nothing, same_weight, same_bias = conv.conv2d_backward(d_out, x, weight, *settings, with_x=False)
    assert nothing.size == 0
    assert np.array_equal(d_weight, same_weight)
    assert np.array_equal(d_bias, same_bias)
    assert np.array_equal(d_bias, d_out.sum(axis=(0, 2, 3)))


@tiled
def test_sums_of_more_products_than_are_added_at_a_time() -> None:
    """Both ways, more than DEEP of them: what comes later is added to what is there."""
    random = np.random.default_rng(0)
    arrays = {"x": random.standard_normal((2, 100, 4, 5)), "weight": random.standard_normal((70, 100, 3, 3))}
    assert min(100, 70) * 9 > direct.DEEP
    found = {}
    for dtype in (np.float32, np.float64):
        result, saved = ops.forward(ops.conv2d, **{k: a.astype(np.float32).astype(dtype) for k, a in arrays.items()})
        d_result = np.random.default_rng(1).standard_normal(result.shape).astype(np.float32).astype(dtype)
        found[dtype] = {"result": result, **ops.backward(saved, d_result)}
    for name, exact in found[np.float64].items():
        assert relative_error(found[np.float32][name].astype(np.float64), exact) <= 1e-5, name
