"""LSTM, peepholes, GRU and ConvLSTM: counts, conventions and mistakes. What all cells share is in test_recurrent."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import gated as naive
from rows import each_row

from dlcalc.answers.formula_judging import verify
from dlcalc.expressions.answers import Answer, read_answer
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.diagnose import wrong_values
from dlcalc.formulas.inverse import find
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run


def answer(id: str, name: str, convention: str = "", **values: Value) -> Value:
    return run(formula(id), values, convention=convention)[name]


def judged(id: str, wrote: str, **values: Value) -> tuple[bool, str, tuple[str, ...]]:
    """(right?, the other convention, the mistakes named) for a number of parameters that somebody wrote."""
    asked = formula(id)
    verdict = verify(asked, values, "parameters", read_answer(wrote, asked.declarations[False]))
    convention = verdict.convention.name if verdict.convention else ""
    return verdict.correct, convention, tuple(candidate.id for candidate in verdict.mistakes)


@pytest.mark.parametrize(
    ("id", "n", "m", "convention", "parameters"),
    [
        ("lstm", 32, 100, "textbook", 53_200),
        ("lstm", 32, 100, "keras", 53_200),
        ("lstm", 32, 100, "pytorch", 53_600),
        ("lstm", 32, 100, "no-bias", 52_800),
        ("gru", 256, 1024, "textbook", 3_935_232),
        ("gru", 256, 1024, "keras", 3_938_304),
        ("gru", 256, 1024, "pytorch", 3_938_304),
        ("gru", 32, 32, "textbook", 6_240),
        ("gru", 32, 32, "keras", 6_336),
    ],
)
def test_known_counts(id: str, n: int, m: int, convention: str, parameters: int) -> None:
    """The numbers that textbooks, PyTorch and `model.summary()` of Keras print."""
    assert answer(id, "parameters", convention, n=n, m=m) == parameters


def test_two_layers_in_pytorch() -> None:
    """torch.nn.LSTM(300, 512, num_layers=2)."""
    assert answer("lstm", "parameters", "pytorch", n=300, m=512, L=2) == 3_768_320
    assert answer("lstm", "parameters", n=300, m=512, L=2) == 3_764_224


def test_textbook_lines_in_letters() -> None:
    lstm, gru = formula("lstm"), formula("gru")
    assert run(lstm, {}).shown("parameters") == lstm.parse("4m(n + m + 1)")
    assert run(lstm, {}, convention="pytorch").shown("parameters") == lstm.parse("4m(n + m + 2)")
    assert run(gru, {}).shown("parameters") == gru.parse("3m(n + m + 1)")
    assert run(gru, {}).shown("macs") == gru.parse("3T*m(n + m)")


@pytest.mark.parametrize(
    ("id", "wrote", "convention"),
    [
        ("lstm", "4(nm + m^2 + m)", ""),
        ("lstm", "4m(n + m + 2)", "pytorch"),
        ("gru", "3m(n + m + 2)", "pytorch"),
        ("lstm_peephole", "4m(n + m + 1) + 3m", ""),
        ("lstm_peephole", "4m(n + m + 1) + 3m^2", "full-matrix"),
        ("lstm_peephole_full", "4m(n + m + 1) + 3m^2", ""),
        ("lstm_peephole_full", "4m(n + m + 1) + 3m", "diagonal"),
        ("convlstm", "4f^2*(c + k)*k + 4k", ""),
        ("convlstm", "4f^2*(c + k)*k + 4k + 3n^2*k", "peepholes"),
        ("convlstm", "4f^2*(c + k)*k + 4k + 3k", "peepholes-per-channel"),
    ],
)
def test_right_answers_in_letters(id: str, wrote: str, convention: str) -> None:
    """Right is right however it is written, and under another convention it is said to be that."""
    assert judged(id, wrote) == (True, convention, ())


@each_row(
    ("id", "wrote", "mistake"),
    [
        ("lstm", "3m(n + m + 1)", "three-gates"),
        ("lstm", "m(n + m + 1)", "one-gate"),
        ("lstm", "4(nm + m^2) + m", "one-bias-vector"),
        ("gru", "4m(n + m + 1)", "four-gates"),
        ("gru", "2m(n + m + 1)", "two-gates"),
        ("gru", "3(nm + m^2) + m", "one-bias-vector"),
        ("lstm_peephole", "4m(n + m + 1)", "peepholes-forgotten"),
        ("lstm_peephole", "4m(n + m + 1) + 2m", "peepholes-of-two-gates"),
        ("lstm_peephole", "4m(n + m + 1) + 4m", "peepholes-of-candidate"),
        ("lstm_peephole_full", "4m(n + m + 1) + 3", "one-peephole-per-gate"),
        ("convlstm", "4f^2*c*k + 4k", "recurrent-weights-forgotten"),
        ("convlstm", "8f^2*c*k + 4k", "state-channels-c"),
        ("convlstm", "4f*(c + k)*k + 4k", "filter-not-squared"),
        ("convlstm", "4n^2*(c + k)*k + 4k", "dense-products"),
        ("convlstm", "3f^2*(c + k)*k + 3k", "three-gates"),
        ("convlstm", "4f^2*(c + k)*k + k", "one-bias-vector"),
    ],
)
def test_mistakes_are_named(id: str, wrote: str, mistake: str) -> None:
    correct, _, mistakes = judged(id, wrote)
    assert not correct
    assert mistakes[0] == mistake


def test_peepholes_are_counted_in_every_cell() -> None:
    """Two layers, two directions: four cells with 3m each, and as many multiplications a step."""
    values = {"n": 3, "m": 4, "T": 5, "L": 2, "D": 2}
    assert answer("lstm_peephole", "weights", **values) - answer("lstm", "weights", **values) == 4 * 3 * 4
    assert answer("lstm_peephole", "macs", **values) - answer("lstm", "macs", **values) == 5 * 4 * 3 * 4
    assert answer("lstm_peephole_full", "weights", **values) - answer("lstm", "weights", **values) == 4 * 3 * 4**2


def test_hidden_size_is_found_from_the_total() -> None:
    assert find(formula("lstm"), {"n": 32}, {"parameters": Answer("53200", 53_200)}).found == ({"m": 100},)
    found = find(formula("gru"), {"n": 256}, {"parameters": Answer("3938304", 3_938_304)}, convention="keras")
    assert found.found == ({"m": 1024},)


def test_convlstm_counts() -> None:
    """40 filters 3×3 on one channel: 59,200, as Keras prints for its next-frame example; peepholes as in the paper."""
    values = {"n": (40, 30), "f": 3, "c": 1, "k": 40, "T": 10}
    assert answer("convlstm", "parameters", **values) == 59_200
    assert answer("convlstm", "parameters", "peepholes", **values) == 59_200 + 3 * 40 * 30 * 40
    assert answer("convlstm", "parameters", "peepholes-per-channel", **values) == 59_200 + 3 * 40
    assert answer("convlstm", "output", **values) == (10, 40, 30, 40)


@given(
    f=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    n=st.tuples(st.integers(5, 8), st.integers(5, 8)),
    c=st.integers(1, 5),
    k=st.integers(1, 5),
    steps=st.integers(1, 4),
)
@settings(max_examples=40)
def test_convlstm_is_its_filters(f: tuple[int, int], n: tuple[int, int], c: int, k: int, steps: int) -> None:
    values = {"n": n, "f": f, "c": c, "k": k, "T": steps}
    assert answer("convlstm", "parameters", **values) == naive.convlstm_parameters(f, c, k)
    assert answer("convlstm", "macs", **values) == naive.convlstm_macs(n, f, c, k, steps)


def test_peepholes_of_a_convlstm_multiply_at_every_position() -> None:
    values = {"n": (6, 7), "f": 3, "c": 2, "k": 4, "T": 5}
    for convention in ("peepholes", "peepholes-per-channel"):
        more = answer("convlstm", "macs", convention, **values) - answer("convlstm", "macs", **values)
        assert more == 5 * 3 * 6 * 7 * 4


def test_convlstm_cost_mistakes() -> None:
    """One step's, or one position's, multiplications instead of all."""
    values = {"n": (6, 7), "f": 3, "c": 2, "k": 4, "T": 5}
    made = wrong_values(formula("convlstm"), values, "macs")
    right = naive.convlstm_macs((6, 7), (3, 3), 2, 4, 5)
    assert made["macs-one-step"][1] * 5 == right
    assert made["macs-one-position"][1] * 6 * 7 == right
