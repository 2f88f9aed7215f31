"""Workings by hand as documents: what is written out, how numbers are printed, and what is too large to show."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcalc import document as doc
from dlcalc.api.hand_run import by_hand
from dlcalc.explain.frames import film
from dlcalc.explain.hand_working import MOST_CELLS
from dlcalc.explain.number_style import NumberStyle, decimals
from dlcalc.explain.written_out import Writer, is_written
from dlcalc.export import registry
from dlcalc.expressions import printing
from dlcalc.expressions.evaluate import evaluate
from dlcalc.formulas.hand_operations import OPERATIONS

EXACT = NumberStyle(fractions=True)


def writer(name: str, **given_here: Any) -> Writer:
    found = by_hand(name, **given_here)
    return Writer(found.working, EXACT.node, OPERATIONS[name].inlined)


@pytest.mark.parametrize(
    ("name", "given_here", "step", "place", "expected"),
    [
        (
            "conv",
            {"x": "1 2; 3 4", "w": "1 0; 2 -1", "b": 3},
            "output",
            (1, 1, 1),
            "1 × 1 + 0 × 2 + 2 × 3 + (−1)·4 + 3",
        ),
        ("conv", {"x": "1 2", "w": "5"}, "output", (1, 1, 2), "5 × 2"),
        ("conv", {"x": "1 2", "w": "5", "relu": 1, "b": -9}, "output", (1, 1, 1), "max(0, 5 × 1 − 9)"),
        ("pool", {"x": "1 2; 3 4", "f": 2, "kind": "avg"}, "output", (1, 1, 1), "(1 + 2 + 3 + 4)/4"),
        ("pool", {"x": "1 2; 3 4", "f": 2}, "output", (1, 1, 1), "max(1, 2, 3, 4)"),
        ("conv-transpose", {"x": "1 2", "w": "3 4"}, "output", (1, 1, 2), "2 × 3 + 1 × 4"),
        ("sgd", {"w": 1, "g": "1/2", "eta": "1/10"}, "change", (1,), "1/10 × 1/2"),
    ],
)
def test_a_step_is_written_out(name: str, given_here: Any, step: str, place: Any, expected: str) -> None:
    """Window by window: no Σ, no index, no letter is left."""
    node = writer(name, **given_here).entry(step, place)
    assert node is not None
    assert printing.text(node).replace("(1/10)·(1/2)", "1/10 × 1/2") == expected


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=9, max_size=9), st.lists(st.integers(-3, 3), min_size=4, max_size=4),
       st.integers(1, 2), st.integers(0, 1), st.booleans())  # fmt: skip
def test_what_is_written_out_has_the_value(x: list[int], w: list[int], s: int, p: int, backward: bool) -> None:
    """Worked out again, every line gives the value that stands beside it."""
    found = by_hand("conv", x=[x[:3], x[3:6], x[6:]], w=[w[:2], w[2:]], s=s, p=p, b=2, backward=backward)
    told = Writer(found.working, EXACT.node, OPERATIONS["conv"].inlined)
    for step in ("output", "dx", "dw", "db") if backward else ("output",):
        for place in told.places(step):
            node = told.entry(step, place)
            assert node is not None
            assert evaluate(node) == told.value(step, place)


def test_the_value_before_the_first_step_has_no_expression() -> None:
    told = writer("rnn", x="1 1", w_x=1, w_h=1)
    assert told.entry("h", (0,)) is None
    assert told.value("h", (0,)) == 0


def test_numbers_alone_need_no_working() -> None:
    assert not any(map(is_written, (EXACT.node(3), EXACT.node(-3), EXACT.node(Fraction(-1, 3)), EXACT.node((1, 2)))))
    assert is_written(writer("conv", x="1 2", w="5").entry("output", (1, 1, 1)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "rounded", "exact"),
    [
        (3, "3", "3"),
        (Fraction(1, 3), "0.333333", "1/3"),
        (Fraction(-1, 3), "−0.333333", "−(1/3)"),
        (Fraction(1, 2), "0.5", "1/2"),
        (0.1234567, "0.123457", "0.123457"),
        (((1, Fraction(2, 3)),), "((1, 0.666667),)", "((1, 2/3),)"),
        ((5,), "5", "5"),
        (True, "1", "1"),
    ],
)
def test_numbers_are_rounded_for_display_only(value: Any, rounded: str, exact: str) -> None:
    assert printing.text(NumberStyle().node(value)) == rounded
    assert printing.text(EXACT.node(value)) == exact
    assert NumberStyle().is_rounded(value) is (rounded != exact or isinstance(value, float)) or value == Fraction(1, 2)


@pytest.mark.parametrize(
    ("value", "loses"),
    [
        (Fraction(1, 2), False), (Fraction(-1, 8), False), (Fraction(1, 3), True), (Fraction(1234567, 10), True),
        (7, False), (0.5, True), ((1, Fraction(1, 2)), False), ((1, Fraction(1, 3)), True),
        ({0: 1, 1: Fraction(2, 3)}, True),
    ],
)  # fmt: skip
def test_only_what_loses_digits_is_rounded(value: Any, loses: bool) -> None:
    """0.5 is the whole of 1/2; six digits of 1/3 or of 123456.7 are not; a float was rounded when it was computed."""
    assert NumberStyle().is_rounded(value) is loses
    assert NumberStyle(fractions=True).is_rounded(value) is (value == 0.5 and isinstance(value, float))


def test_decimals_have_no_minus_before_zeros() -> None:
    assert [decimals(value, 3) for value in (-0.0001, -0.5, 0)] == ["0.000", "−0.500", "0.000"]


def notes(found: Any) -> list[str]:
    return [doc.plain(block.words) for block in found.document().blocks if isinstance(block, doc.Note)]


def test_a_large_output_is_cut_and_says_so() -> None:
    """Ten by ten windows: the first 64 are told, the array fits; thirty columns do not."""
    found = by_hand("conv", x=[[1] * 10] * 10, w="1")
    assert f"the first {MOST_CELLS} of 100 are shown; --json has all values" in notes(found)
    assert len([step for step in found.to_dict()["steps"] if step["name"].startswith("output[")]) == 100
    wide = registry.text("markdown", by_hand("conv", x=[list(range(40))], w="1").document())
    assert "1×40 numbers; --json has them" in wide


def test_many_time_steps_become_one_table() -> None:
    """Twenty steps: a row for each, not a table for each."""
    tables = [b for b in by_hand("rnn", x=[1] * 20, w_x=1, w_h=1).document().blocks if isinstance(b, doc.Table)]
    assert any(len(table.rows) == 20 and len(table.header) >= 3 for table in tables)


def test_an_array_too_large_for_differences_has_none() -> None:
    """225 cells of the image are not moved one by one; its four weights are."""
    found = by_hand("conv", x=[[1] * 15] * 15, w="1 2; 3 4", backward=True)
    assert [each.answer for each in found.checked] == ["dw", "db"]
    assert all(each.agrees for each in found.checked)


def test_the_kink_is_told_where_the_differences_disagree() -> None:
    assert any(note.startswith("dx: where cells tie") for note in notes(by_hand("pool", x="5 5", f=2, backward=True)))
    assert "the differences agree with every gradient" in notes(by_hand("pool", x="5 6", f=2, backward=True))


def test_the_convention_in_use_is_told() -> None:
    found = by_hand("rnn", x="1 1", w_x=1, w_h=1, activation="relu")
    assert any("the activation is ReLU" in note for note in notes(found))


@pytest.mark.parametrize(
    ("more", "first", "last"),
    [
        ({}, {(0, 0), (0, 1), (1, 0), (1, 1)}, {(2, 3), (2, 4), (3, 3), (3, 4)}),
        ({"d": 2}, {(0, 0), (0, 2), (2, 0), (2, 2)}, {(1, 2), (1, 4), (3, 2), (3, 4)}),
        ({"s": 2}, {(0, 0), (0, 1), (1, 0), (1, 1)}, {(2, 2), (2, 3), (3, 2), (3, 3)}),
    ],
)
def test_the_window_of_a_film_covers_what_it_reads(more: dict[str, int], first: set[Any], last: set[Any]) -> None:
    """On an image of 4 by 5: the cells side by side, with a gap, or after a step of two; row before column."""
    found = by_hand("conv", x=[[1, 2, 3, 4, 5]] * 4, w=[[1, 2], [3, 4]], **more)
    reel = film(found.working, found.operation, NumberStyle())
    assert (reel.frames[0].covered, reel.frames[-1].covered) == (first, last)
    seen = [sum(cell != "" for row in reel.so_far(frame)[0] for cell in row) for frame in reel.frames]
    assert seen == list(range(1, reel.size + 1))


def test_a_letter_among_rounded_numbers_is_shown_in_its_expression() -> None:
    """h₁ = tanh ½ has decimals, h₂ = tanh(h₁w + ½) a letter."""
    told = by_hand("rnn", x="1 1", w_x="0.5", w_h="w", activation="tanh").to_markdown()
    assert "0.462117157260" in told
    assert told.count("w") > 1
    _, _, result = told.partition("## Result")
    assert "\\tanh\\left( 0.462117 w + 0.5 \\right)" in result
