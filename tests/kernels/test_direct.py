"""Convolution by register tiles against its definition, and that threads and forks change nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from hypothesis import example, given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from dlcalc import ops  # noqa: E402
from dlcalc.errors import UserError  # noqa: E402
from dlcalc.kernels import threads  # noqa: E402
from dlcalc.kernels.cpu import conv, direct, machine  # noqa: E402
from dlcalc.kernels.gradcheck import relative_error  # noqa: E402

tiled = pytest.mark.skipif(not machine.LANES, reason="this processor has no vectors, or nothing is compiled")


GUARD = 4 * max(1, machine.LANES)


@st.composite
def convolutions(draw: st.DrawFn) -> dict[str, Any]:
    """Of one to three axes, every setting in every combination, sizes around a vector's, padding beyond the filter."""
    axes, groups = draw(st.integers(1, 3)), draw(st.sampled_from([1, 1, 2, 3]))
    channels, filters = draw(st.sampled_from([1, 2, 3, 17])), draw(st.sampled_from([1, 2, 3, 5, 9]))
    window = [draw(st.integers(1, 4)) for _ in range(axes)]
    stride = tuple(draw(st.integers(1, 4)) for _ in range(axes))
    dilation = tuple(draw(st.integers(1, 3)) for _ in range(axes))
    padding = tuple(draw(st.integers(0, 8 if axes < 3 else 4)) for _ in range(2 * axes))
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


BESIDE_THE_FILTER: list[dict[str, Any]] = [
    # rows of the output longer than those of the padded input that a filter reads
    {"x": (1, 2, 7), "weight": (2, 2, 1), "settings": {"padding": (1, 1)}},
    {"x": (2, 2, 4, 5), "weight": (3, 2, 3, 2), "settings": {"padding": (2, 3, 2, 3), "stride": (2, 2)}},
    {"x": (5, 1, 3, 4, 5), "weight": (2, 1, 1, 1, 1), "settings": {"padding": (6, 6, 6, 6, 6, 6), "stride": (1, 2, 3)}},
]


def by_definition(x: Any, weight: Any, bias: Any, d_out: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """The convolution and its gradients, for d_out(result): a loop over groups and over taps in float64."""
    axes = x.ndim - 2
    places = (0, *range(2, x.ndim))
    stride, dilation = (settings.get(name, (1,) * axes) for name in ("stride", "dilation"))
    padding = np.reshape(settings.get("padding", (0,) * 2 * axes), (axes, 2))
    groups = settings.get("groups", 1)
    x, weight = x.astype(np.float64), weight.astype(np.float64)
    whole = np.pad(x, [(0, 0), (0, 0), *map(tuple, padding)])
    spans = [d * (f - 1) for f, d in zip(weight.shape[2:], dilation, strict=True)]
    output = [(n - m - 1) // s + 1 for n, m, s in zip(whole.shape[2:], spans, stride, strict=True)]
    channels, filters = x.shape[1] // groups, len(weight) // groups
    pieces = []
    for group, *tap in np.ndindex(groups, *weight.shape[2:]):
        read = [
            slice(i * d, i * d + (o - 1) * s + 1, s) for i, d, s, o in zip(tap, dilation, stride, output, strict=True)
        ]
        own = slice(group * channels, (group + 1) * channels)
        pieces.append((slice(group * filters, (group + 1) * filters), tuple(tap), (slice(None), own, *read)))
    result = np.zeros((len(x), len(weight), *output)) + bias.astype(np.float64).reshape(-1, *(1,) * axes)
    for rows, tap, place in pieces:
        result[:, rows] += np.einsum("nc...,kc->nk...", whole[place], weight[(rows, slice(None), *tap)])
    d_result = d_out(result).astype(np.float64)
    d_whole, d_weight = np.zeros_like(whole), np.zeros_like(weight)
    for rows, tap, place in pieces:
        d_weight[(rows, slice(None), *tap)] += np.tensordot(d_result[:, rows], whole[place], (places, places))
        d_whole[place] += np.einsum("nk...,kc->nc...", d_result[:, rows], weight[(rows, slice(None), *tap)])
    inside = [slice(front, front + n) for (front, _), n in zip(padding, x.shape[2:], strict=True)]
    d_bias = d_result.sum(axis=places)
    return {"result": result, "x": d_whole[:, :, *inside], "weight": d_weight, "bias": d_bias}


@contextmanager
def fenced() -> Iterator[None]:
    """Memory of threads between NaN that nothing may write, and NaN inside where any numbers may be."""
    kept: dict[Any, Any] = {}

    def zeros(key: Any, size: int) -> Any:
        found = (threading.get_ident(), key, size)
        if found not in kept:
            kept[found] = np.full(size + 2 * GUARD, np.nan, dtype=np.float32)
            kept[found][GUARD : GUARD + size] = np.nan if key == "results" else 0
        return kept[found][GUARD : GUARD + size]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "zeros", zeros)
        patch.setattr(threads, "WORTH", 1)
        yield
    for (_, key, size), memory in kept.items():
        assert np.isnan(memory[:GUARD]).all(), f"written before {key}"
        assert np.isnan(memory[GUARD + size :]).all(), f"written behind {key}"


@tiled
@given(convolutions())
@example(BESIDE_THE_FILTER[0])
@example(BESIDE_THE_FILTER[1])
@example(BESIDE_THE_FILTER[2])
def test_all_shapes_are_as_by_definition(given: dict[str, Any]) -> None:
    """Also where the input is read against its order in memory, and where there is much more padding than filter.

    Twice: the second time in memory that the first has written.
    """
    op = [ops.conv1d, ops.conv2d, ops.conv3d][len(given["x"]) - 3]
    random = np.random.default_rng(1)
    x, weight = (random.standard_normal(given[name]).astype(np.float32) for name in ("x", "weight"))
    bias = random.standard_normal(len(weight)).astype(np.float32)
    if given.get("turned"):
        x = np.ascontiguousarray(x[..., ::-1])[..., ::-1]

    def d_out(result: Any) -> Any:
        return np.random.default_rng(2).standard_normal(result.shape).astype(np.float32)

    exact = by_definition(x, weight, bias, d_out, given["settings"])
    added = by_definition(*map(np.abs, (x, weight, bias)), lambda result: np.abs(d_out(result)), given["settings"])
    with fenced(), threads.using(given.get("threads", 1)):
        for _ in range(2):
            result, saved = ops.forward(op, x, weight, bias, **given["settings"])
            found = {"result": result, **ops.backward(saved, d_out(result))}
            for name, wanted in exact.items():
                assert found[name].shape == wanted.shape
                # of the magnitude of all that was added up: what cancels leaves its rounding behind
                assert (np.abs(found[name] - wanted) <= 1e-6 * added[name]).all(), name


@tiled
@given(convolutions(), st.lists(st.integers(0, 3), min_size=2, max_size=2))
def test_transposed_ones_are_as_in_float64(given: dict[str, Any], extra: list[int]) -> None:
    """There by folding; also where places are left that no window reaches."""
    window = (1, *given["weight"][2:])[-2:]
    settings = {name: (1, *given["settings"][name])[-2:] for name in ("stride", "dilation")}
    steps = list(zip(window, settings["stride"], settings["dilation"], extra, strict=True))
    settings["output_padding"] = tuple(min(more, max(s, d) - 1) for _, s, d, more in steps)
    sizes = (3, *given["x"][2:])[-2:]
    # something is left
    most = [(n - 1) * s + d * (f - 1) for n, (f, s, d, _) in zip(sizes, steps, strict=True)]
    padding = tuple(
        min(p, m // 2) for p, m in zip(given["settings"]["padding"][:2] * 2, np.repeat(most, 2), strict=False)
    )
    settings |= {"padding": padding if len(padding) == 4 else padding * 2, "groups": given["settings"]["groups"]}
    random = np.random.default_rng(1)
    arrays = {
        "x": random.standard_normal((given["x"][0], given["weight"][0], *sizes)).astype(np.float32),
        "weight": random.standard_normal((*given["weight"][:2], *window)).astype(np.float32),
    }

    def both(dtype: Any, change: Any = np.asarray) -> dict[str, Any]:
        given = {name: change(array).astype(dtype) for name, array in arrays.items()}
        result, saved = ops.forward(ops.conv_transpose2d, **given, **settings)
        d_result = change(np.random.default_rng(2).standard_normal(result.shape).astype(np.float32))
        return {"result": result, **ops.backward(saved, d_result.astype(dtype))}

    with fenced():
        found = both(np.float32)
    added = both(np.float64, np.abs)
    for name, exact in both(np.float64).items():
        assert (np.abs(found[name] - exact) <= 1e-6 * added[name]).all(), name


@st.composite
def plans(draw: st.DrawFn) -> direct.Plan:
    given = draw(convolutions())
    axes, settings = len(given["x"]) - 2, given["settings"]

    def three(values: Any, missing: int) -> Any:
        return (*(missing,) * (3 - axes), *values)

    padding = np.reshape(settings["padding"], (axes, 2))
    window, stride, dilation = given["weight"][2:], settings["stride"], settings["dilation"]
    lines = zip(given["x"][2:], padding.sum(axis=1).tolist(), window, stride, dilation, strict=True)
    # with output_padding, a transposed convolution has fewer windows than fit
    output = [max(1, (n + p - d * (f - 1) - 1) // s + 1 - draw(st.integers(0, 1))) for n, p, f, s, d in lines]
    shape = direct.Shape(
        given["weight"][1], given["weight"][0] // settings["groups"], 1, three(given["x"][2:], 1), three(window, 1),
        three(stride, 1), three(dilation, 1), three(padding[:, 0].tolist(), 0), three(output, 1),
    )  # fmt: skip
    return direct.planned(shape, given["x"][0])


def spread(plan: direct.Plan, channels: int, side: Any) -> tuple[Any, Any]:
    """Where each number of some samples (samples, channels, D, H, W) lies behind the first plane's begin, and each's
    place in the plane of its phase."""
    size, phases, front, pitch = side
    index = np.indices((plan.samples, channels, *size))
    padded = index[2:] + front.reshape(3, 1, 1, 1, 1, 1)
    phase = np.zeros_like(index[0])
    place = index[0] * plan.numbers[2]
    for axis in range(3):
        phase = phase * phases[axis] + padded[axis] % phases[axis]
        place += padded[axis] // phases[axis] * pitch[axis]
    return (phase * channels + index[1]) * plan.plane + place, place


def laid(plan: direct.Plan, channels: int, side: Any, begin: int, room: int) -> Any:
    """The number, counted from 1, that lies at each address of the planes; 0 in the gaps. No two share an address."""
    at = (begin + spread(plan, channels, side)[0]).reshape(-1)
    assert at.min() >= begin
    assert at.max() < room
    found = np.zeros(room, dtype=np.int64)
    found[at] = np.arange(1, at.size + 1)
    assert np.count_nonzero(found) == at.size, "two numbers have one address"
    return found


def read(shape: Any, sample: Any, channel: Any, places: list[Any]) -> Any:
    """What `laid` says of the numbers at these places of an array of this shape; 0 for those outside it."""
    outside = np.zeros(np.broadcast(sample, *places).shape, dtype=bool)
    for place, size in zip(places, shape[2:], strict=True):
        outside |= (place < 0) | (place >= size)
    inside = [np.clip(place, 0, size - 1) for place, size in zip(places, shape[2:], strict=True)]
    return np.where(outside, 0, np.ravel_multi_index((sample, channel, *inside), shape) + 1)


def vectors(plan: direct.Plan, places: Any) -> Any:
    """All the numbers (vectors, LANES) that a tile's vectors hold, those of an incomplete tile left out."""
    each = places[: -direct.WIDE]
    assert each.size % plan.samples == 0
    assert (places[-direct.WIDE :] == each[-1]).all()
    return each[:, None] + np.arange(machine.LANES)


@tiled
@given(plans())
def test_every_address_lies_inside_and_every_gap_is_zero(plan: direct.Plan) -> None:
    """The tables alone, address by address: each tap of each place of the output reads the number that it means, and
    a gap, which holds zeros, where it means padding; so do both gradients; and nothing outside the memory is touched.
    """
    shape, zeros = plan.shape, int(plan.numbers[4])
    stride, dilation, front = (np.array(each) for each in (shape.stride, shape.dilation, shape.front))
    inputs, outputs = ((plan.samples, c, *n) for c, n in ((shape.channels, shape.size), (shape.filters, shape.output)))
    x = laid(plan, shape.channels, plan.x_side, zeros, plan.x_planes)
    d_out = laid(plan, shape.filters, plan.out_side, zeros, plan.out_planes)
    results = np.array([shape.channels, shape.filters]) * plan.plane + plan.behind

    # forwards
    where = vectors(plan, plan.places)
    assert where.min() >= 0
    assert where.max() + plan.offsets.max() < plan.x_planes
    assert where.max() + (shape.filters - 1) * plan.plane < results[1]
    _, place = spread(plan, 1, plan.out_side)
    sample, _, *out = np.indices((plan.samples, 1, *shape.output))
    whole = np.isin(place, where)
    assert whole.all(), "a place of the output is in no vector"
    taps = list(np.ndindex(*shape.window))
    for t, offset in enumerate(plan.offsets):
        tap = taps[t % shape.taps]
        meant = [o * s + a * d - p for o, s, a, d, p in zip(out, stride, tap, dilation, front, strict=True)]
        assert np.array_equal(x[offset + place], read(inputs, sample, t // shape.taps, meant))

    # the gradient of the weights: a plane's vectors hold each number of that plane once, and none of another plane
    gradients = laid(plan, shape.filters, plan.out_side, 0, plan.out_planes).reshape(-1)
    for k in range(shape.filters):
        held = gradients[k * plan.plane + where]
        own = np.ravel_multi_index((sample, k, *out), outputs) + 1
        assert np.array_equal(np.sort(held[held > 0]), np.sort(own.reshape(-1)))
        # those of the first samples come first: the last piece of a batch has fewer
        for n, some in enumerate(held.reshape(plan.samples, -1)):
            assert np.isin(some[some > 0], own[n]).all()

    # the gradient of the input, phase by phase
    where = vectors(plan, plan.back_places)
    assert where.min() + plan.back_offsets[:-1].min(initial=zeros) >= 0
    assert where.max() + plan.back_offsets[:-1].max(initial=zeros) < plan.out_planes
    assert where.max() + (shape.channels - 1) * plan.plane < results[0]
    _, place = spread(plan, 1, plan.x_side)
    assert np.isin(place, where).all(), "a place of the input is in no vector"
    assert len(np.unique(where)) == where.size, "what is added twice counts twice"
    sample, _, *at = np.indices((plan.samples, 1, *shape.size))
    phases = np.zeros_like(sample)
    for axis in range(3):
        phases = phases * stride[axis] + (at[axis] + front[axis]) % stride[axis]
    table = 0
    for phase, own in enumerate(plan.taps_of_phases):
        mine, many = phases == phase, len(own)
        for t in range(many * shape.filters):
            tap = taps[own[t % many]]
            meant = [(i[mine] + p - a * d) // s for i, p, a, d, s in zip(at, front, tap, dilation, stride, strict=True)]
            assert np.array_equal(
                d_out[plan.back_offsets[table + t] + place[mine]], read(outputs, sample[mine], t // many, meant)
            )
        table += many * shape.filters


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


UNBOUNDED = [
    {"x": (2, 2, 6, 5), "weight": (3, 2, 3, 2)},
    {"x": (2, 2, 6, 5), "weight": (3, 2, 3, 3), "settings": {"padding": (1, 1, 1, 1)}},
    {"x": (1, 2, 9), "weight": (2, 2, 3), "settings": {"stride": (2,), "padding": (1, 0), "dilation": (2,)}},
    {"x": (2, 4, 7, 8), "weight": (4, 2, 2, 3), "settings": {"stride": (3, 2), "groups": 2}},
    {"x": (1, 1, 3, 4, 5), "weight": (1, 1, 2, 2, 2), "settings": {"padding": (0, 0, 1, 1, 0, 0)}},
    {"x": (1, 18, 4, 4), "weight": (3, 18, 2, 2), "settings": {"padding": (1, 1, 1, 1)}},
]  # fmt: skip


def kinds(array: Any) -> Any:
    """Of each number: finite, NaN, or which infinity."""
    return np.where(np.isnan(array), 2, np.where(np.isinf(array), np.sign(array), 0))


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_numbers_that_are_not_finite_meet_what_the_definition_says() -> None:
    """Forwards and backwards: not the zeros between rows. 0 · ∞ is NaN where both are factors of one product."""
    random, bad = np.random.default_rng(0), []
    for case in UNBOUNDED:
        for where in ("x", "weight", "d_out"):
            for value in (np.inf, -np.inf, np.nan):
                x, weight = (random.standard_normal(case[name]).astype(np.float32) for name in ("x", "weight"))
                bias, settings = np.zeros(len(weight), np.float32), case.get("settings", {})
                op = {3: ops.conv1d, 4: ops.conv2d, 5: ops.conv3d}[x.ndim]
                d_out = random.standard_normal(op(x, weight, bias, **settings).shape).astype(np.float32)
                unbounded = {"x": x, "weight": weight, "d_out": d_out}[where].reshape(-1)
                unbounded[random.integers(unbounded.size)] = value
                result, saved = ops.forward(op, x, weight, bias, **settings)
                ours = {"result": result, **ops.backward(saved, d_out)}
                exact = by_definition(x, weight, bias, lambda _, d_out=d_out: d_out, settings)
                bad += [
                    (case, where, value, name)
                    for name, array in exact.items()
                    if not np.array_equal(kinds(ours[name]), kinds(array))
                ]
    assert not bad


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
