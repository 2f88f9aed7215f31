"""Transposed convolution by hand: the course's examples, plain loops, and the way back of a convolution."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from naive import by_hand as naive

from dlcalc.errors import UserError
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run

F = formula("conv_transpose_by_hand")


def lists(value: Any) -> Any:
    return [lists(item) for item in value] if isinstance(value, tuple) else value


def test_the_courses_examples() -> None:
    """Row A17: 2×2 with itself at stride 1, and one row at stride 2."""
    two = ((0, 1), (2, 3))
    assert run(F, {"x": (two,), "w": ((two,),), "b": (0,)})["output"] == (((0, 0, 1), (0, 4, 6), (4, 12, 9)),)
    found = run(F, {"x": (((5, 4, 3, 2, 1),),), "w": ((((1, 2, 3, 4),),),), "b": (0,), "s": 2})
    assert found["output"] == (((5, 10, 19, 28, 15, 22, 11, 16, 7, 10, 3, 4),),)


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    def array(*sizes: int) -> Any:
        return tuple(array(*sizes[1:]) for _ in range(sizes[0])) if sizes else draw(st.integers(-9, 9))

    channels, filters, f = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    return {"x": array(channels, draw(st.integers(1, 3)), draw(st.integers(1, 3))), "w": array(filters, channels, f, f),
            "b": array(filters), "s": draw(st.integers(1, 3)), "p": draw(st.integers(0, 1))}  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(problems())
def test_it_is_what_plain_loops_give(problem: dict[str, Any]) -> None:
    arrays = [lists(problem[name]) for name in "xwb"]
    expected = naive.transposed(*arrays, problem["s"], problem["p"])
    assume(expected[0] and expected[0][0])
    assert lists(run(F, problem)["output"]) == expected


def test_it_is_the_way_back_through_a_convolution() -> None:
    """∂L/∂x of a convolution is the transposed convolution of ∂L/∂o, at the same stride and padding."""
    w, g = ((((1, 2), (3, -1)),),), (((1, -2), (0, 5)),)
    x = (tuple((0,) * 4 for _ in range(4)),)
    back = run(formula("conv_by_hand_backward"), {"x": x, "w": w, "b": (0,), "s": 2, "g": g})
    assert run(F, {"x": g, "w": w, "b": (0,), "s": 2})["output"] == back["dx"]


def test_nothing_left_is_refused() -> None:
    with pytest.raises(UserError, match=r"^nothing is left of 1×1 when 1 is cropped on each side$"):
        run(F, {"x": (((1,),),), "w": ((((1,),),),), "b": (0,), "p": 1, "s": 1})
