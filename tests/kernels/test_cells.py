"""Recurrent layers by register tiles against float64, and that threads change nothing."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from hypothesis import example, given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from dlcalc import ops  # noqa: E402
from dlcalc.kernels import threads  # noqa: E402
from dlcalc.kernels.cpu import machine  # noqa: E402

LANES = machine.LANES
if not LANES:
    pytest.skip("this processor has no vectors, or nothing is compiled", allow_module_level=True)

FORMS = [
    ("rnn", 1, {"nonlinearity": "tanh"}), ("rnn", 1, {"nonlinearity": "relu"}), ("rnn", 1, {"nonlinearity": "sigmoid"}),
    ("lstm", 4, {}), ("gru", 3, {"update_gate": "keep"}), ("gru", 3, {"update_gate": "renew"}),
    ("gru", 3, {"reset_after": False, "update_gate": "keep"}),
    ("gru", 3, {"reset_after": False, "update_gate": "renew"}),
]  # fmt: skip
WIDTHS = st.one_of(st.integers(1, 2 * LANES + 1), st.sampled_from([4 * LANES, 5 * LANES + 1]))


CANCELLED = 1e-6
"""Of terms of the order of 1, of which a sum over steps and examples may leave little."""


def close(array: Any, exact: Any) -> bool:
    """Float32 against float64, by the largest entry."""
    return bool(np.abs(array - exact).max(initial=0) <= 2e-5 * np.abs(exact).max(initial=0) + CANCELLED)


def found(
    form: tuple[str, int, dict[str, Any]], sizes: tuple[int, int, int, int], reverse: bool, dtype: Any
) -> dict[str, Any]:
    """Outputs, last states and all gradients, of everything that can be given."""
    kind, gates, settings = form
    steps, batch, n, m = sizes
    random = np.random.default_rng(1)

    def numbers(*shape: int) -> Any:
        return (random.standard_normal(shape) / shape[-1] ** 0.5).astype(np.float32).astype(dtype)

    arrays = {"x": numbers(steps, batch, n), "w_ih": numbers(gates * m, n), "w_hh": numbers(gates * m, m),
              "b_ih": numbers(gates * m), "b_hh": numbers(gates * m)}  # fmt: skip
    states = numbers(batch, m), numbers(batch, m)
    settings = {"state": states, "peephole": numbers(3 * m)} if kind == "lstm" else {"h0": states[0], **settings}
    result, saved = ops.forward(getattr(ops, kind), **arrays, **settings, reverse=reverse)
    random = np.random.default_rng(2)
    d_last = (numbers(batch, m), numbers(batch, m)) if kind == "lstm" else numbers(batch, m)
    gradients = ops.backward(saved, (numbers(steps, batch, m), d_last))
    last = result[1] if kind == "lstm" else (result[1],)
    return {"y": result[0], **{f"last {place}": state for place, state in enumerate(last)}, **gradients}


@given(st.sampled_from(FORMS), st.integers(1, 30), st.sampled_from([0, 1, 2, 3, 7, 13]), WIDTHS, WIDTHS, st.booleans())
@example(FORMS[2], 12, 1, 41, 1, True)
def test_all_shapes_are_as_in_float64(form: Any, steps: int, batch: int, n: int, m: int, reverse: bool) -> None:
    """There by numpy's products, one for all inputs; here in blocks of units, filled up where they are not whole."""
    sizes = steps, batch, n, m
    ours, exact = (found(form, sizes, reverse, dtype) for dtype in (np.float32, np.float64))
    assert set(ours) == set(exact)
    for name, array in ours.items():
        assert array.shape == exact[name].shape
        assert close(array, exact[name]), name


@pytest.mark.parametrize("form", FORMS[3:5], ids=str)
def test_rows_of_whole_pages_are_as_in_float64(form: Any) -> None:
    """They are kept further apart."""
    ours, exact = (found(form, (2, 3, 5, 256), False, dtype) for dtype in (np.float32, np.float64))
    for name, array in ours.items():
        assert close(array, exact[name]), name


@pytest.mark.parametrize("form", FORMS[2:7:2], ids=str)
def test_any_number_of_threads_gives_the_same_bits(form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WORTH", 1)
    alone: dict[str, Any] = {}
    for number in (1, 2, 3):
        with threads.using(number):
            together = found(form, (5, 29, 3, 2 * LANES + 3), False, np.float32)
        alone = alone or together
        for name, array in together.items():
            assert array.tobytes() == alone[name].tobytes(), (number, name)


def kinds(array: Any) -> Any:
    """Of each number: finite, NaN, or which infinity."""
    return np.where(np.isnan(array), 2, np.where(np.isinf(array), np.sign(array), 0))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numbers_that_are_not_finite_do_not_meet_what_fills_up_a_block() -> None:
    """0 · ∞ is NaN: units that are not there must not give it to those that are."""
    bad = []
    for (kind, gates, settings), (steps, batch, n, m) in product(FORMS, [(3, 2, 5, 7), (2, 3, 17, 16)]):
        for place, (where, value) in enumerate(product(("x", "w_ih", "w_hh", "d_y"), (np.inf, np.nan))):
            random = np.random.default_rng(place)
            shapes = {"x": (steps, batch, n), "w_ih": (gates * m, n), "w_hh": (gates * m, m), "d_y": (steps, batch, m)}
            arrays = {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
            arrays[where].reshape(-1)[random.integers(arrays[where].size)] = value
            found = []
            for dtype in (np.float32, np.float64):
                d_y, x, *weights = (arrays[name].astype(dtype) for name in ("d_y", "x", "w_ih", "w_hh"))
                (y, _), saved = ops.forward(getattr(ops, kind), x, None, *weights, **settings)
                found.append({"y": y, **ops.backward(saved, (d_y, None))})
            bad += [
                (kind, settings, m, where, value, name)
                for name, array in found[1].items()
                if not np.array_equal(kinds(found[0][name]), kinds(array))
            ]
    assert not bad
