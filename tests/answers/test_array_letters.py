"""Letters within arrays: cell by cell against the question's, and not read where it is in numbers."""

from __future__ import annotations

import pytest

import dlcalc
from dlcalc.api.hand_run import check as check_by_hand

MAP = {"x": "1 2 3; 4 5 6; 7 8 9", "w": "1 2; 0 1"}


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("x1*w1 + 2x2 14; 22 26", "unreadable", ""),
        ("x1*w1+2x2+x5 14; 22 26", "unreadable", "row 1, column 1: a number is asked for, and w_1 is a letter"),
        ("10 14; 2a 26", "unreadable", "row 2, column 1: a number is asked for, and a is a letter"),
        ("10 14; 22 h", "unreadable", "row 2, column 2: a number is asked for, and h is a letter"),
        ("1*1+2*2+5 1*2+2*3+6; 1x4+2x5+8 26", "right", ""),
    ],
)
def test_a_question_in_numbers(text: str, status: str, reason: str) -> None:
    found = check_by_hand("conv", "value", text, **MAP).mark
    assert found.status == status
    assert reason in found.reason


@pytest.mark.parametrize(
    ("text", "status", "cells"),
    [
        ("e^a/(e^a+e^b) e^b/(e^a+e^b)", "right", ["right", "right"]),
        ("1/(1+e^(b-a)), 1/(1+exp(a-b))", "right", ["right", "right"]),
        ("e^a/(e^a+e^b); e^a/(e^a+e^b)", "wrong", ["right", "wrong"]),
        ("e^a/(e^a+e^b), e^q/(e^a+e^b)", "unreadable", ["right", "unreadable"]),
    ],
)
def test_a_vector_in_letters(text: str, status: str, cells: list[str]) -> None:
    found = dlcalc.activation.check("value", text, "softmax", z="a b").mark
    assert (found.status, [cell.status for cell in found.cells]) == (status, cells)


def test_a_matrix_in_letters() -> None:
    share = "e^a/(e^a+e^b)", "e^b/(e^a+e^b)"
    text = "; ".join(
        ", ".join(cell.replace("p", f"({share[0]})").replace("q", f"({share[1]})") for cell in row)
        for row in (("p*(1-p)", "-p*q"), ("-p*q", "q*(1-q)"))
    )
    assert dlcalc.activation.check("derivative", text, "softmax", z="a b").status == "right"
    assert dlcalc.activation.check("derivative", text.replace("-(", "("), "softmax", z="a b").status == "wrong"


def test_the_weights_of_each_layer() -> None:
    found = dlcalc.mlp.check("layer_weights", "(n+1)m (m+1)k", u="n m k")
    assert found.status == "wrong"
    assert dlcalc.mlp.check("layer_weights", "nm mk", u="n m k").status == "right"


def test_small_numbers_are_drawn_too() -> None:
    """A vector that is shorter than the threshold stays as it is: only small numbers tell that."""
    right, half = "a min(1, 1/sqrt(a^2+b^2)), b min(1, 1/sqrt(a^2+b^2))", "a/sqrt(a^2+b^2), b/sqrt(a^2+b^2)"
    assert dlcalc.clip.check("clipped", right, g="a b", theta=1).status == "right"
    found = dlcalc.clip.check("clipped", half, g="a b", theta=1)
    assert (found.status, found.convention) == ("convention", "always")
