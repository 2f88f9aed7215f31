"""LSTM and GRU by hand: gates and states against plain loops, gradients against differences of the plain loss."""

from fractions import Fraction
from math import tanh
from typing import Any

import pytest
from asking import ask, named, wrong
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import cells as naive

from dlcalc.answers.formula_judging import verify
from dlcalc.expressions.answers import Answer
from dlcalc.formulas.registry import formula

HUNDREDTHS = st.integers(-150, 150).map(lambda number: Fraction(number, 100))
HALF = Fraction(1, 2)


def vectors(*sizes: int) -> st.SearchStrategy[Any]:
    """Nested tuples of these sizes."""
    entries: st.SearchStrategy[Any] = HUNDREDTHS
    for size in reversed(sizes):
        entries = st.tuples(*[entries] * size)
    return entries


@st.composite
def cell(draw: st.DrawFn, gates: str, *more: str) -> dict[str, Any]:
    """One input, two units, two steps; `more` names further vectors, such as states before the first step."""
    found = {"x": draw(vectors(2, 1)), **{name: draw(vectors(2)) for name in more}}
    for gate in gates:
        found |= {f"W_{gate}": draw(vectors(2, 1)), f"U_{gate}": draw(vectors(2, 2)), f"b_{gate}": draw(vectors(2))}
    return found


def plainly(q: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    return {name: naive.floats(value) for name, value in q.items()} | changed


def by_gate(q: dict[str, Any], letter: str, gates: str) -> dict[str, Any]:
    return {gate: q[f"{letter}_{gate}"] for gate in gates}


def lstm(q: dict[str, Any], changed: dict[str, Any] | None = None, **how: Any) -> tuple[Any, Any]:
    p = plainly(q, changed or {})
    weights = (by_gate(p, letter, "fioc") for letter in "WUb")
    peephole = {gate: p[f"p_{gate}"] for gate in "fio"} if "p_f" in p else None
    return naive.lstm(p["x"], *weights, p["h0"], p["C0"], peephole, **how)


def gru(q: dict[str, Any], changed: dict[str, Any] | None = None, **how: Any) -> Any:
    p = plainly(q, changed or {})
    return naive.gru(p["x"], *(by_gate(p, letter, "zrg") for letter in "WUb"), p["d"], p["h0"], **how)


def close(found: Any, expected: Any, **by: float) -> None:
    """Nested values agree."""
    if isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            close(one, other, **by)
    else:
        assert float(found) == pytest.approx(expected, **by)


LSTM = cell("fioc", "h0", "C0")
PEEPHOLE = cell("fioc", "h0", "C0", "p_f", "p_i", "p_o")
GRU = cell("zrg", "h0", "d")

ZERO_LSTM = {f"{letter}_{gate}": 0 for letter in "WUb" for gate in "fioc"}
ZERO_GRU = {f"{letter}_{gate}": 0 for letter in "WUb" for gate in "zrg"}


# forwards


def test_an_lstm_without_weights_halves_its_cell() -> None:
    """All sums are 0, so all gates are ½ and the candidate 0: C = 1, ½, ¼ and h = ½ tanh C."""
    found = ask("lstm_by_hand_scalar", x=(5, -3), C0=1, **ZERO_LSTM)
    assert found["f"] == found["i"] == found["o"] == (HALF, HALF)
    assert found["C"] == (HALF, Fraction(1, 4))
    assert found["h"] == pytest.approx((tanh(0.5) / 2, tanh(0.25) / 2))


def test_a_gru_without_weights_halves_its_state() -> None:
    """The update gate is ½ and the candidate 0: 1, ½, ¼, whichever part z keeps."""
    for convention in ("textbook", "renew", "after", "pytorch"):
        assert ask("gru_by_hand_scalar", convention, x=(5, -3), h0=1, **ZERO_GRU)["h"] == (HALF, Fraction(1, 4))


@settings(max_examples=25)
@given(q=LSTM)
def test_lstm_against_plain_loops(q: dict[str, Any]) -> None:
    found = ask("lstm_by_hand", **q)
    h, c = lstm(q)
    close(found["h"], h)
    close(found["C"], c)


@settings(max_examples=25)
@given(q=PEEPHOLE)
def test_peepholes_against_plain_loops(q: dict[str, Any]) -> None:
    """The output gate sees the new cell state, the others the old one."""
    found = ask("lstm_peephole_by_hand", **q)
    h, c = lstm(q)
    close(found["h"], h)
    close(found["C"], c)


@settings(max_examples=25)
@given(q=GRU)
def test_gru_against_plain_loops(q: dict[str, Any]) -> None:
    """All four ways: z keeps or renews, reset before or after the product."""
    for convention, keeps, after in (
        ("textbook", True, False),
        ("renew", False, False),
        ("after", True, True),
        ("renew-after", False, True),
        ("pytorch", True, True),
    ):
        close(ask("gru_by_hand", convention, **q)["h"], gru(q, keeps=keeps, after=after))


@settings(max_examples=10)
@given(q=LSTM, other=GRU)
def test_row_layout(q: dict[str, Any], other: dict[str, Any]) -> None:
    """The same numbers as a row: x W with W of one row and two columns."""
    turned = {n: tuple(zip(*v, strict=True)) if n.startswith("W") else v for n, v in q.items()}
    close(ask("lstm_by_hand", "row", **turned)["h"], lstm(turned, by=naive.columns_by)[0])
    turned = {n: tuple(zip(*v, strict=True)) if n.startswith("W") else v for n, v in other.items()}
    close(ask("gru_by_hand", "row", **turned)["h"], gru(turned, by=naive.columns_by))
    close(ask("gru_by_hand", "keras", **turned)["h"], gru(turned, after=True, by=naive.columns_by))


def test_reset_before_or_after_is_the_same_for_one_unit() -> None:
    q = {**ZERO_GRU, "U_g": 2, "b_r": 1, "x": (1,), "W_g": 1, "h0": 1}
    assert ask("gru_by_hand_scalar", **q)["h"] == ask("gru_by_hand_scalar", "after", **q)["h"]


# backwards


def against_differences(found: Any, q: dict[str, Any], loss: Any, gradients: dict[str, str]) -> None:
    assert float(found["loss"]) == pytest.approx(loss({}))
    for answer, name in gradients.items():
        slopes = naive.slopes(lambda value, name=name: loss({name: value}), naive.floats(q[name]))
        close(found[answer], slopes, rel=1e-6, abs=1e-8)


def weighed(states: Any, d: Any) -> float:
    return sum(float(a) * b for wanted, h in zip(d, states, strict=True) for a, b in zip(wanted, h, strict=True))


def gradients_of(gates: str, *more: str) -> dict[str, str]:
    return {f"d{name}": name for name in (*(f"{letter}_{gate}" for letter in "WUb" for gate in gates), *more)}


@settings(max_examples=6)
@given(q=LSTM, d=vectors(2, 2))
def test_lstm_backwards_against_differences(q: dict[str, Any], d: Any) -> None:
    for convention, by in (("textbook", naive.rows_by), ("row", naive.columns_by)):
        if convention == "row":
            q = {n: tuple(zip(*v, strict=True)) if n.startswith("W") else v for n, v in q.items()}

        def loss(changed: dict[str, Any], q: dict[str, Any] = q, by: Any = by) -> float:
            return weighed(lstm(q, changed, by=by)[0], d)

        found = ask("lstm_backward_by_hand", convention, d=d, **q)
        against_differences(found, q, loss, gradients_of("fioc", "x", "h0", "C0"))


@settings(max_examples=6)
@given(q=PEEPHOLE, d=vectors(2, 2))
def test_peephole_lstm_backwards_against_differences(q: dict[str, Any], d: Any) -> None:
    """The peepholes too, in both layouts."""
    for convention, by in (("textbook", naive.rows_by), ("row", naive.columns_by)):
        if convention == "row":
            q = {n: tuple(zip(*v, strict=True)) if n.startswith("W") else v for n, v in q.items()}

        def loss(changed: dict[str, Any], q: dict[str, Any] = q, by: Any = by) -> float:
            return weighed(lstm(q, changed, by=by)[0], d)

        found = ask("lstm_peephole_backward_by_hand", convention, d=d, **q)
        against_differences(found, q, loss, gradients_of("fioc", "x", "h0", "C0", "p_f", "p_i", "p_o"))


@settings(max_examples=5)
@given(q=LSTM, d=vectors(2, 2))
def test_peepholes_of_nought_change_nothing(q: dict[str, Any], d: Any) -> None:
    shut = dict.fromkeys(("p_f", "p_i", "p_o"), (0, 0))
    plain, found = ask("lstm_backward_by_hand", d=d, **q), ask("lstm_peephole_backward_by_hand", d=d, **q, **shut)
    for name in ("dW_f", "dU_o", "db_c", "dx", "dh0", "dC0"):
        close(found[name], naive.floats(plain[name]))


@settings(max_examples=4)
@given(q=GRU, d=vectors(2, 2))
def test_gru_backwards_against_differences(q: dict[str, Any], d: Any) -> None:
    """All four ways to mix and to reset."""
    for convention, how in (
        ("textbook", {}),
        ("renew", {"keeps": False}),
        ("after", {"after": True}),
        ("renew-after", {"keeps": False, "after": True}),
    ):

        def loss(changed: dict[str, Any], how: Any = how) -> float:
            return weighed(gru(q, changed, **how), d)

        found = ask("gru_backward_by_hand", convention, d_h=d, **q)
        against_differences(found, q, loss, gradients_of("zrg", "x", "h0", "d"))


def test_gru_backwards_in_row_layout() -> None:
    q = {f"{letter}_{gate}": ((Fraction(n, 4), HALF),) if letter == "W" else ((HALF, -n), (Fraction(1, n), 0))
         for letter in "WU" for n, gate in enumerate("zrg", 1)}  # fmt: skip
    q |= {"x": ((1,), (2,)), "h0": (1, -HALF), "d": (0, HALF), "b_z": (0, 0), "b_r": (0, 0), "b_g": (1, 0)}

    def loss(changed: dict[str, Any]) -> float:
        return weighed(gru(q, changed, by=naive.columns_by), ((1, 1), (1, 1)))

    found = ask("gru_backward_by_hand", "row", **q)
    against_differences(found, q, loss, gradients_of("zrg", "x", "h0", "d"))


def test_the_direct_part_is_the_forget_gate() -> None:
    """Without weights, C0 = 1 and one step: dC = ½(1 − tanh² ½), and f = ½ of it reaches C0: 0.1966119332."""
    found = ask("lstm_backward_by_hand_scalar", x=(1,), C0=1, **ZERO_LSTM)
    assert found["dC"] == pytest.approx(((1 - tanh(0.5) ** 2) / 2,))
    assert found["dC0"] == pytest.approx(0.1966119332, abs=1e-10)
    assert found["dh0"] == 0


# mistakes


def test_what_the_mistakes_of_an_lstm_give() -> None:
    """Without weights but b_c = 1, C0 = 1, h0 = 2, one step: C = ½ + ½ tanh 1."""
    q = {**ZERO_LSTM, "b_c": 1, "b_f": 1, "x": (3,), "C0": 1, "h0": 2}
    f, g = naive.logistic(1), tanh(1)
    assert ask("lstm_by_hand_scalar", **q)["C"] == pytest.approx((f + g / 2,))
    given = wrong("lstm_by_hand_scalar", "C", **q)
    assert given["forget-and-input-swapped"] == pytest.approx((0.5 + f * g,))
    assert given["coupled-gates"] == pytest.approx((f + (1 - f) * g,))
    assert given["old-cell-lost"] == pytest.approx((g / 2,))
    assert given["not-gated-in"] == pytest.approx((f + g,))
    assert given["state-for-cell"] == pytest.approx((2 * f + g / 2,))
    assert given["sigmoid-in-candidate"] == pytest.approx((f + naive.logistic(1) / 2,))
    given = wrong("lstm_by_hand_scalar", "h", **q)
    assert given["no-tanh"] == pytest.approx(((f + g / 2) / 2,))
    assert given["tanh-of-candidate"] == pytest.approx((tanh(g) / 2,))
    assert given["output-gate-forgotten"] == pytest.approx((tanh(f + g / 2),))


def test_what_the_mistakes_of_a_gru_give() -> None:
    """b_z = 1, b_g = 1, h0 = 2, U_g = 1: z = σ(1), r = ½, candidate tanh(1 + ½·2)."""
    q = {**ZERO_GRU, "b_z": 1, "b_g": 1, "U_g": 1, "x": (3,), "h0": 2}
    z, g = naive.logistic(1), tanh(2)
    assert ask("gru_by_hand_scalar", **q)["h"] == pytest.approx((2 * z + (1 - z) * g,))
    given = wrong("gru_by_hand_scalar", "h", **q)
    assert given["update-and-reset-swapped"] == pytest.approx((1 + g / 2,))
    assert given["reset-forgotten"] == pytest.approx((2 * z + (1 - z) * tanh(3),))
    assert given["candidate-kept-whole"] == pytest.approx((2 * z + g,))
    assert given["old-state-lost"] == pytest.approx(((1 - z) * g,))
    assert given["sigmoid-in-candidate"] == pytest.approx((2 * z + (1 - z) * naive.logistic(2),))
    assert given["recurrence-forgotten"] == pytest.approx((2 * z + (1 - z) * tanh(1),))


def test_the_other_mixing_is_a_convention_and_no_mistake() -> None:
    q = {**ZERO_GRU, "b_z": 1, "b_g": 1, "x": (3,), "h0": 2}
    z, g = naive.logistic(1), tanh(1)
    verdict = verify(formula("gru_by_hand_scalar"), q, "h", Answer("", (2 * (1 - z) + z * g,)))
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "renew"


def test_a_peephole_at_the_old_cell_is_named() -> None:
    """Weights of 0 but for the peephole of the output gate: it sees C_t = ½, not C0 = 1."""
    q = {**ZERO_LSTM, "p_f": 0, "p_i": 0, "p_o": 1, "x": (1,), "C0": 1}
    assert ask("lstm_peephole_by_hand_scalar", **q)["o"] == pytest.approx((naive.logistic(0.5),))
    verdict = verify(formula("lstm_peephole_by_hand_scalar"), q, "o", Answer("", (naive.logistic(1),)))
    assert named(verdict)[0] == "output-peephole-at-old-cell"


def test_what_the_mistakes_of_the_way_back_give() -> None:
    """Without weights, C0 = 1, two steps: C = ½, ¼; all gates ½."""
    q = {**ZERO_LSTM, "x": (1, 1), "C0": 1}
    first, second = ((1 - tanh(c) ** 2) / 2 for c in (0.5, 0.25))
    assert ask("lstm_backward_by_hand_scalar", **q)["dC0"] == pytest.approx((first + second / 2) / 2)
    given = wrong("lstm_backward_by_hand_scalar", "dC0", **q)
    assert given["cell-path-lost"] == pytest.approx(first / 2)
    assert given["tanh-slope-forgotten"] == pytest.approx((HALF + HALF / 2) / 2)
    given = wrong("lstm_backward_by_hand_scalar", "db_f", **q)
    assert given["gate-slope-forgotten"] == pytest.approx(4 * ask("lstm_backward_by_hand_scalar", **q)["db_f"])
    q = {**ZERO_GRU, "x": (1, 1), "h0": 1}
    assert ask("gru_backward_by_hand_scalar", **q)["dh0"] == HALF + Fraction(1, 4)
    given = wrong("gru_backward_by_hand_scalar", "dh0", **q)
    assert given["gates-path-lost"] == HALF
    assert given["kept-part-lost"] == 0


def test_what_the_mistakes_of_peepholes_give() -> None:
    """No weights but peepholes of 1, C0 = 1, one step: f = i = σ(1), C = f, o = σ(C), δ_o = tanh C · o(1 − o)."""
    q = {**ZERO_LSTM, "x": (1,), "C0": 1, "p_f": 1, "p_i": 1, "p_o": 1}
    f = naive.logistic(1)
    o, slope = naive.logistic(f), 1 - tanh(f) ** 2
    delta_o = tanh(f) * o * (1 - o)
    d_cell = o * slope + delta_o
    found = ask("lstm_peephole_backward_by_hand_scalar", **q)
    assert found["dC"] == pytest.approx((d_cell,))
    assert found["dp_o"] == pytest.approx(delta_o * f)
    assert found["dp_f"] == pytest.approx(d_cell * f * (1 - f))
    assert found["dC0"] == pytest.approx(d_cell * f + d_cell * f * (1 - f))
    given = wrong("lstm_peephole_backward_by_hand_scalar", "dC0", **q)
    assert given["peepholes-lost-on-the-way"] == pytest.approx(d_cell * f)
    assert given["output-peephole-lost"] == pytest.approx(o * slope * (f + f * (1 - f)))
    assert given["tanh-slope-forgotten"] == pytest.approx((o + delta_o) * (f + f * (1 - f)))
    given = wrong("lstm_peephole_backward_by_hand_scalar", "dp_o", **q)
    assert given["old-cell-for-new"] == pytest.approx(delta_o)
    given = wrong("lstm_peephole_backward_by_hand_scalar", "dp_f", **q)
    assert given["new-cell-for-old-peephole"] == pytest.approx(d_cell * f * (1 - f) * f)


def test_gradients_are_ones_unless_given() -> None:
    """∂L/∂h = 1 at every step and unit; one unit over one input keeps its shape."""
    zero = {f"{letter}_{gate}": ((0,),) for letter in "WU" for gate in "zrg"}
    found = ask("gru_backward_by_hand", "after", x=((1,),), h0=(1,), **zero)
    assert (found["h"], found["d_h"], found["dh0"], found["dx"]) == (((HALF,),), ((1,),), (HALF,), ((0,),))
    assert found["dW_g"] == ((HALF,),)
    zero = {f"{letter}_{gate}": ((0,),) for letter in "WU" for gate in "fioc"}
    found = ask("lstm_backward_by_hand", x=((1,), (2,)), C0=(1,), **zero)
    assert (found["C"], found["d"]) == (((HALF,), (Fraction(1, 4),)), ((1,), (1,)))
    assert found["loss"] == pytest.approx((tanh(0.5) + tanh(0.25)) / 2)
