"""Each generator of register code against the lines of numpy that stand above it."""

from __future__ import annotations

import math
from typing import Any

import pytest

np = pytest.importorskip("numpy")
numba = pytest.importorskip("numba")

from dlcalc.kernels.cpu import machine  # noqa: E402

LANES = machine.LANES
if not LANES:
    pytest.skip("this processor has no vectors, or nothing is compiled", allow_module_level=True)

from dlcalc.kernels.cpu import dot, functions, maps, rows, tile, turn  # noqa: E402

RANDOM = np.random.default_rng(0)


def numbers(*shape: int) -> Any:
    return RANDOM.standard_normal(shape).astype(np.float32)


def near(found: Any, wanted: Any) -> bool:
    """Within what float32 loses in sums of some hundred numbers."""
    return bool(np.max(np.abs(found - wanted)) <= 1e-5 * np.max(np.abs(wanted)))


@pytest.mark.parametrize("vectors", [1, 2, 3, 4])
def test_the_sums_of_a_tile_fit_into_the_registers(vectors: int) -> None:
    """With a row of B and a number of A beside them; and tiles of these heights make up any number of rows."""
    tallest, *rest = machine.heights(vectors)
    assert tallest * vectors + vectors + 1 <= {16: 32, 8: 16, 4: 32}[LANES]
    assert [tallest, *rest] == sorted({tallest, *rest}, reverse=True)
    assert rest[-1:] == [1] or tallest == 1


def test_a_column_of_tiles_is_a_product() -> None:
    """For any number of rows, in both orders of A, written and added, B's rows and C's columns anywhere."""
    product = tile.column(3)

    @numba.njit
    def run(a: Any, row: int, step: int, b: Any, steps: Any, many: int, k: int, c: Any, places: Any, add: int) -> None:
        product(
            a.ctypes.data, row, step, b.ctypes.data, steps.ctypes.data, many, k, c.ctypes.data, c.shape[1],
            places.ctypes.data, add,
        )  # fmt: skip

    b, steps, places = numbers(4096), RANDOM.permutation(300) * 7, np.array([5, 5 + 3 * LANES, 5 + LANES])
    c_places = np.concatenate([np.arange(LANES) + place for place in places])
    for many in [*range(1, 20), 37]:
        k = int(RANDOM.integers(1, 300))
        taken = b[steps[:k, None] + c_places].astype(np.float64)
        for a, strides in ((numbers(many, k), (k, 1)), (numbers(k, many).T, (1, many))):
            for add in (0, 1):
                c = numbers(many, 5 + 4 * LANES)
                wanted = a.astype(np.float64) @ taken + add * c[:, c_places]
                beside = np.delete(c, c_places, axis=1)
                run(np.asarray(a.base if a.base is not None else a), *strides, b, steps, many, k, c, places, add)
                assert near(c[:, c_places], wanted), (many, k, strides, add)
                assert np.array_equal(np.delete(c, c_places, axis=1), beside), "beside the tile nothing is written"
    c = numbers(2, 5 + 4 * LANES)
    run(numbers(2, 1), 1, 1, b, steps, 2, 0, c, places, 0)
    assert not c[:, c_places].any(), "no products make 0"


def test_a_dot_tile_sums_over_places() -> None:
    """For one to four rows, added to what is there."""

    @numba.njit
    def run(a: Any, b: Any, shifts: Any, places: Any, many: int, out: Any) -> None:
        dot.dots(
            a.ctypes.data, a.shape[1], b.ctypes.data, shifts.ctypes.data, places.ctypes.data, places.size, many,
            out.ctypes.data,
        )  # fmt: skip

    shifts = RANDOM.permutation(50)[: dot.SHIFTS]
    for many in range(1, dot.ROWS + 1):
        places = RANDOM.permutation(20)[:11] * LANES
        a, b, out = numbers(many, 20 * LANES), numbers(20 * LANES + 50), numbers(dot.ROOM)
        where = (places[:, None] + np.arange(LANES)).reshape(-1)
        sums = a[:, where].astype(np.float64) @ b[shifts[:, None] + where].astype(np.float64).T
        wanted = out[: many * dot.SHIFTS] + sums.reshape(-1)
        run(a, b, shifts, places, many, out)
        assert near(out[: many * dot.SHIFTS], wanted), many


@pytest.mark.parametrize("length", [1, 2, LANES - 1, LANES, LANES + 1, 3 * LANES])
def test_rows_are_copied_and_nothing_beside_them(length: int) -> None:
    @numba.njit
    def run(target: Any, source: Any, many: int, length: int, total: Any, plus: float) -> None:
        rows.copy_rows(
            target.ctypes.data, target.shape[1], source.ctypes.data, source.shape[1], many, length, total.ctypes.data,
            np.float32(plus),
        )  # fmt: skip

    for many in (0, 1, 3):
        source, target, total = numbers(3, length), numbers(3, length + 2), np.ones(LANES, np.float32)
        wanted = target.copy()
        wanted[:many, :length] = source[:many] + np.float32(0.5)
        run(target, source, many, length, total, 0.5)
        assert np.array_equal(target, wanted)
        assert total.sum() == pytest.approx(LANES + source[:many].sum(dtype=np.float64), abs=1e-4)


def test_lines_are_turned_into_columns() -> None:
    """Any number of lines; what they lack of a vector is 0, and nothing is written beside the target's rows."""

    @numba.njit
    def run(target: Any, source: Any, lines: int, length: int) -> None:
        turn.turn_lines(
            target.ctypes.data, target.shape[1], source.ctypes.data, source.shape[1], lines, length
        )  # fmt: skip

    for lines in (1, 2, LANES - 1, LANES):
        for length in (0, 1, LANES - 1, LANES, 2 * LANES + 3):
            source, target = numbers(LANES, length + 2), numbers(length + 1, LANES + 3)
            wanted = target.copy()
            wanted[:length, :LANES] = 0
            wanted[:length, :lines] = source[:lines, :length].T
            run(target, source, lines, length)
            assert np.array_equal(target, wanted), (lines, length)


def test_a_map_goes_along_lines_and_down_rows() -> None:
    """a·x + y with a number; the last vector is cut; a step of 0 adds up in one place."""
    axpy = maps.mapped("axpy", (1, 1), (1,), lambda e, number, v: [e.fma(number[0], v[0], v[1])], numbers=1)

    @numba.njit
    def run(x: Any, y: Any, out: Any, count: int, last: int, steps: Any, to: int, a: float) -> None:
        axpy(
            count, last, (x.ctypes.data, y.ctypes.data), (steps[0], steps[1]), (out.ctypes.data,), (to,),
            (np.float32(a),),
        )  # fmt: skip

    for length in (0, 1, LANES - 1, LANES, 3 * LANES + 2):
        x, y, out = numbers(4 * LANES), numbers(4 * LANES), numbers(4 * LANES)
        wanted = out.copy()
        wanted[:length] = 2 * x[:length] + y[:length]
        count = -(-length // LANES)
        run(x, y, out, count, length - (count - 1) * LANES if count else LANES, (LANES, LANES), LANES, 2.0)
        assert np.allclose(out, wanted, rtol=1e-6, atol=1e-6)
    x, total = numbers(5, 2 * LANES), np.zeros(LANES, np.float32)
    run(x, total, total, 5, LANES, (2 * LANES, 0), 0, 1.0)
    assert near(total, x[:, :LANES].sum(axis=0))


def function(name: str) -> Any:
    formula = getattr(functions, name)
    made = maps.mapped(name, (1,), (1,), lambda e, _, v: [formula(e, v[0])])

    @numba.njit
    def run(x: Any, y: Any) -> None:
        made(x.size // LANES, LANES, (x.ctypes.data,), (LANES,), (y.ctypes.data,), (LANES,), ())

    def computed(x: Any) -> Any:
        whole = np.concatenate([x, np.zeros(-len(x) % LANES, np.float32)])
        y = np.empty_like(whole)
        run(whole, y)
        return y[: len(x)]

    return computed


def phi(x: Any) -> Any:
    return np.array([0.5 * math.erfc(-number / math.sqrt(2)) for number in x])


EXACT = {"tanh": np.tanh, "exp": np.exp, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}
MOST, BELOW = 3, 8
"""Units in the last place; of a sigmoid below −1."""


@pytest.mark.parametrize("name", list(EXACT))
def test_functions_are_within_a_few_units_in_the_last_place(name: str) -> None:
    """At 10⁶ numbers of every size, and at the ends."""
    computed = function(name)
    size = np.geomspace(1e-38, 120, 350_000)
    x = np.concatenate([size, -size, np.linspace(-104, 89, 300_000)]).astype(np.float32)
    with np.errstate(over="ignore"):
        exact = EXACT[name](x.astype(np.float64))
    found = computed(x)
    lost = x < -88 if name == "sigmoid" else np.zeros(len(x), bool)
    assert np.max(found[lost], initial=0) < 1e-38
    with np.errstate(over="ignore"):
        whole = ~lost & np.isfinite(exact.astype(np.float32))
    units = np.abs(found[whole] - exact[whole]) / np.spacing(np.abs(exact[whole]).astype(np.float32))
    most = np.where((x[whole] < -1) & (name == "sigmoid"), BELOW, MOST)
    assert np.max(units / most) <= 1, x[whole][np.argmax(units / most)]
    assert np.isinf(found[~whole & ~lost]).all()


def test_softplus_and_gelu() -> None:
    """Of the smallest results too there are digits, where 1 + erf, or ln(1 + e^x), would have lost all."""
    x = np.concatenate([np.linspace(-12, 12, 20_001), [-80, -40, 40, 80]]).astype(np.float32)
    wide = x.astype(np.float64)
    upper, bell = phi(wide), np.exp(-wide * wide / 2) / math.sqrt(2 * math.pi)
    for name, exact in (("gelu", wide * upper), ("softplus", np.log1p(np.exp(-np.abs(wide))) + np.maximum(wide, 0))):
        found, kept = function(name)(x), np.abs(exact) > 1e-36
        assert np.max(np.abs(found[kept] / exact[kept] - 1)) <= (1e-5 if name == "gelu" else 7e-7), name
    near = np.abs(wide) <= 4
    assert np.max(np.abs(function("gelu")(x) - wide * upper)[near]) <= 4e-7
    slope = function("gelu_slope")(x)
    assert np.max(np.abs(slope - upper - wide * bell)) <= 2e-7
    assert slope[10_000] == 0.5
    power = np.exp(-np.abs(wide))
    assert np.max(np.abs(function("share")(-np.abs(x)) / power - 1)) <= 4e-7
    assert function("share")(np.array([-np.inf, -110], np.float32)).tolist() == [0, 0]
    assert np.max(np.abs(function("sigmoid_slope")(x) * (1 + power) ** 2 / power - 1)) <= 1e-6


def test_functions_at_the_ends() -> None:
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 3e38, -3e38], np.float32)
    ends = {"tanh": [np.nan, 1, -1, 0, 0, 1, -1], "sigmoid": [np.nan, 1, 0, 0.5, 0.5, 1, 0],
            "exp": [np.nan, np.inf, 0, 1, 1, np.inf, 0]}  # fmt: skip
    for name, wanted in ends.items():
        found = function(name)(x)
        assert np.array_equal(found, np.array(wanted, np.float32), equal_nan=True), name
    assert np.signbit(function("tanh")(x)[4])
