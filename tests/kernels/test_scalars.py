"""The mathematics of single numbers in plain Python: exactness at the ends, and that float32 stays float32."""

from __future__ import annotations

import math

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc.kernels import scalars  # noqa: E402

KINDS = {name: getattr(scalars, name) for name in ("SIGMOID", "TANH", "RELU", "LEAKY_RELU", "SOFTPLUS", "GELU")}


@pytest.mark.parametrize("x", [-750.0, -40.0, -1.0, 0.0, 1.0, 40.0, 750.0])
def test_sigmoid_never_overflows(x: float) -> None:
    """σ(x) + σ(−x) = 1, and far out it is e^x to the last digit, not 0."""
    found = scalars.sigmoid(np.float64(x))
    assert found + scalars.sigmoid(np.float64(-x)) == pytest.approx(1, abs=1e-15)
    if x < -30:
        assert found == pytest.approx(math.exp(x), rel=1e-12, abs=0)


def test_softplus_and_gelu_keep_their_digits_far_out() -> None:
    """softplus(−40) = e^−40, and GELU(−9) = −9 Φ(−9), where 1 + erf would have lost every digit."""
    zero, root = np.float64(0), np.float64(scalars.ROOT_HALF)
    assert scalars.activate(scalars.SOFTPLUS, np.float64(-40), zero, zero) == pytest.approx(
        math.exp(-40), rel=1e-14, abs=0
    )
    assert scalars.activate(scalars.SOFTPLUS, np.float64(800), zero, zero) == 800
    # Φ(−9) from a table: 1.1285884059538406e−19.
    assert scalars.activate(scalars.GELU, np.float64(-9), root, zero) == pytest.approx(
        -9 * 1.1285884059538406e-19, rel=1e-12, abs=0
    )


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
@pytest.mark.parametrize("x", [-2.5, 0.0, 1.5])
def test_float32_stays_float32(kind: int, x: float) -> None:
    """A constant in float64 would make every GPU kernel compute in double precision."""
    value, a, b = np.float32(x), np.float32(0.5), np.float32(0.25)
    assert type(scalars.activate(kind, value, a, b)) is np.float32
    assert type(scalars.slope(kind, value, value, a, b)) is np.float32


def test_cells_in_float32_stay_float32() -> None:
    one = np.float32(1)
    cell = scalars.lstm_cell(*[one] * 8)
    found = [*cell, *scalars.lstm_cell_backward(*[one] * 11)]
    for keep in (0, 1):
        found += [*scalars.gru_state(one, one, one, keep), *scalars.gru_state_backward(one, one, one, one, keep)]
    assert {type(number) for number in found} == {np.float32}


def mixed(number: int) -> int:
    """C. Wellons' lowbias32 as he writes it: x ^= x >> 16; x *= 0x7feb352d; x ^= x >> 15; x *= 0x846ca68b; ..."""
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        number = (number ^ number >> shift) * factor % 2**32
    return number


@pytest.mark.parametrize(("seed", "index"), [(0, 0), (0, 1), (5, 7), (2**32 + 5, 7), (5, 2**32 + 7), (2**62, 2**40)])
def test_the_same_seed_is_the_same_number_in_every_version(seed: int, index: int) -> None:
    """Through the index, high half first, then the two halves of the seed, low half first; the upper 24 bits count."""
    state = index >> 32
    for part in (index % 2**32, seed % 2**32, seed >> 32):
        state = mixed(state ^ part)
    assert scalars.uniform(seed, index) == (state >> 8) / 2**24


def test_uniform_numbers() -> None:
    """Below 1, even over tenths (χ² of 9 degrees below 27.9 but for once in a thousand), in steps of 2^−24."""
    drawn = [float(scalars.uniform(5, index)) for index in range(5000)]
    assert 0 <= min(drawn) < 0.01
    assert 0.99 < max(drawn) < 1
    counts = [sum(tenth <= 10 * number < tenth + 1 for number in drawn) for tenth in range(10)]
    assert sum((count - 500) ** 2 / 500 for count in counts) < 27.9
    assert all(number * 2**24 == int(number * 2**24) for number in drawn)
    assert scalars.uniform(5, 1 << 32) != scalars.uniform(5, 0)
