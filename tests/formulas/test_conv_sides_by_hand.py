"""Convolutions by hand whose sides have padding of their own, against sums that were made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run

SQUARE: dict[str, Any] = {"x": (((1, 2), (3, 4)),), "w": ((((1, 0), (0, 1)),),), "b": (0,)}
SIGNAL: dict[str, Any] = {"x": (((1, 2, 3, 4),),), "w": ((((1, 10),),),), "b": (0,)}
BY_HAND: tuple[tuple[str, dict[str, Any], str, Any], ...] = (
    # 2×2 with one zero row below and one zero column to the right: x + the lower right neighbour
    ("conv_by_hand_same", SQUARE, "output", (((5, 2), (3, 4)),)),
    # stride 2 on 2×2 with a filter of 2: one window, nothing is lacking
    ("conv_by_hand_same", {**SQUARE, "s": 2}, "output", (((5,),),)),
    # five inputs, stride 2, filter 2: ⌈5/2⌉ = 3 windows lack one input, which stands at the end
    ("conv_by_hand_same", {**SIGNAL, "x": (((1, 2, 3, 4, 5),),), "s": 2}, "output", (((21, 43, 5),),)),
    # d(f − 1) = 2 zeros, one on each side: x(t − 1) + 10·x(t + 1)
    ("conv_by_hand_same", {**SIGNAL, "d": 2}, "output", (((20, 31, 42, 3),),)),
    ("conv_by_hand_same_flipped", SQUARE, "output", (((5, 2), (3, 4)),)),
    ("conv_by_hand_causal_flipped", {**SIGNAL, "w": ((((10, 1),),),), "d": 2}, "output", (((10, 20, 31, 42),),)),
    ("conv_by_hand_asymmetric_flipped", {**SQUARE, "w": ((((1, 2), (3, 4)),),), "pad_begin": (1, 0), "pad_end": (0, 0)},
     "output", (((4,), (4 * 1 + 3 * 2 + 2 * 3 + 1 * 4,)),)),
    # ∂L/∂x of the sum of all outputs: the weights by which each input is read
    ("conv_by_hand_causal_backward", {**SIGNAL, "d": 2, "g": (((1, 1, 1, 1),),)}, "dx", (((11, 11, 10, 10),),)),
    ("conv_by_hand_causal_backward", {**SIGNAL, "d": 2, "g": (((1, 1, 1, 1),),)}, "dw", ((((3, 10),),),)),
    ("conv_by_hand_asymmetric_backward", {**SQUARE, "pad_begin": (1, 0), "pad_end": (0, 0), "g": (((1,), (1,)),)}, "dx",
     (((1, 1), (0, 1)),)),
    ("conv_by_hand_same_backward", {**SQUARE, "g": (((1, 1), (1, 1)),)}, "dw", ((((10, 6), (7, 4)),),)),
)  # fmt: skip


def worked(id: str, given: dict[str, Any], answer: str, mistake: str = "") -> Any:
    made = [each for each in formula(id).mistakes if each.id == mistake]
    assert len(made) == bool(mistake)
    return run(formula(id), given, made)[answer]


def test_each_padding_by_hand() -> None:
    assert [worked(*row[:3]) for row in BY_HAND] == [row[3] for row in BY_HAND]


@pytest.mark.parametrize(
    ("id", "given", "mistake", "expected"),
    [
        ("conv_by_hand_same", SQUARE, "odd-zero-before", (((1, 2), (3, 5)),)),
        ("conv_by_hand_same", SQUARE, "padding-forgotten", (((5,),),)),
        ("conv_by_hand_same", {**SIGNAL, "s": 2}, "padding-of-stride-one", (((21, 43),),)),
    ],
)
def test_mistakes_with_same_padding(id: str, given: dict[str, Any], mistake: str, expected: Any) -> None:
    assert worked(id, given, "output", mistake) == expected


def test_the_odd_zero_at_the_wrong_side_backwards() -> None:
    """∂L/∂x counts the windows that read a cell: with the zeros above and to the left the weights change places."""
    given = {**SQUARE, "w": ((((1, 2), (3, 4)),),), "g": (((1, 1), (1, 1)),)}
    assert worked("conv_by_hand_same_backward", given, "dx") == (((1, 3), (4, 10)),)
    assert worked("conv_by_hand_same_backward", given, "dx", "odd-zero-before") == (((10, 6), (7, 4)),)
