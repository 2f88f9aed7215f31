"""Transposed convolution by hand: the course's examples, plain loops, and the way back of a convolution."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from naive import by_hand as naive

from dlcalc.answers.formula_judging import verify
from dlcalc.errors import UserError
from dlcalc.expressions.answers import Answer
from dlcalc.formulas.diagnose import wrong_values
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run

F = formula("conv_transpose_by_hand")
BACK = formula("conv_transpose_by_hand_backward")
TWO = ((0, 1), (2, 3))


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


# backwards


def test_backwards_on_an_example_worked_on_paper() -> None:
    """0 1/2 3 laid down by itself at stride 2 makes 4×4: under a gradient that counts 1 to 16 lie four 2×2 windows.

    ∂L/∂x of the first is 0·1 + 1·2 + 2·5 + 3·6 = 30; ∂L/∂w of the first weight 0·1 + 1·3 + 2·9 + 3·11 = 54.
    """
    g = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16))
    found = run(BACK, {"x": (TWO,), "w": ((TWO,),), "b": (5,), "s": 2, "g": (g,)})
    assert found["dx"] == (((30, 42), (78, 90)),)
    assert found["dw"] == ((((54, 60), (78, 84)),),)
    assert found["db"] == (136,)


def moved(array: Any, path: tuple[int, ...]) -> Any:
    """The array with one number raised by 1."""
    if not path:
        return array + 1
    return [moved(item, path[1:]) if at == path[0] else item for at, item in enumerate(array)]


def slopes(loss: Any, array: Any, path: tuple[int, ...] = ()) -> Any:
    """What a loss that is linear in an array gains when each of its numbers grows by 1."""
    at = array
    for place in path:
        at = at[place]
    if isinstance(at, list):
        return [slopes(loss, array, (*path, place)) for place in range(len(at))]
    return loss(moved(array, path)) - loss(array)


@settings(max_examples=25, deadline=None)
@given(problems())
def test_every_gradient_is_what_the_plain_loops_gain(problem: dict[str, Any]) -> None:
    """All strides and crops, signals among them: the loss is linear in x, w and b one by one."""
    x, w, b = (lists(problem[name]) for name in "xwb")
    s, p = problem["s"], problem["p"]
    output = naive.transposed(x, w, b, s, p)
    assume(output[0] and output[0][0])
    numbers = iter(range(1, 10_000))
    g = [[[next(numbers) % 7 - 3 for _ in row] for row in part] for part in output]

    def loss(x: Any, w: Any, b: Any) -> int:
        out = naive.transposed(x, w, b, s, p)
        return sum(d * o for dp, op in zip(g, out, strict=True) for dr, row in zip(dp, op, strict=True)
                   for d, o in zip(dr, row, strict=True))  # fmt: skip

    found = run(BACK, {**problem, "g": tuple(tuple(map(tuple, part)) for part in g)})
    assert found["loss"] == loss(x, w, b)
    assert lists(found["dx"]) == slopes(lambda at: loss(at, w, b), x)
    assert lists(found["dw"]) == slopes(lambda at: loss(x, at, b), w)
    assert lists(found["db"]) == slopes(lambda at: loss(x, w, at), b)


def test_backwards_it_is_a_convolution_of_the_gradient() -> None:
    """∂L/∂x is the convolution of ∂L/∂o at the same stride, padding and dilation, the filter as it is written."""
    w, x, g = (((1, 2), (3, -1)),), (((1, 4), (2, 0)),), (((1, -2, 3), (0, 5, 1), (2, 2, -4)),)
    sizes = {"s": 2, "p": 1, "d": 2}
    back = run(BACK, {"x": x, "w": (w,), "b": (0,), "g": g, **sizes})
    assert back["dx"] == run(formula("conv_by_hand"), {"x": g, "w": (w,), "b": (0,), **sizes})["output"]


def test_what_the_mistakes_of_the_way_back_give() -> None:
    """x = 1 2, w = 1 3 at stride 2 makes 1 3 2 6; under the gradient 1 0 2 4 the windows are 1 0 and 2 4."""
    q = {"x": (((1, 2),),), "w": ((((1, 3),),),), "b": (0,), "s": 2, "g": (((1, 0, 2, 4),),)}
    assert (run(BACK, q)["dx"], run(BACK, q)["dw"], run(BACK, q)["db"]) == ((((1, 14),),), ((((5, 8),),),), (7,))
    for name, mistake, value in (
        ("dx", "turned-backwards", (((3, 10),),)),
        ("dx", "stride-ignored-backwards", (((1, 6),),)),
        ("dw", "first-input-only", ((((1, 0),),),)),
        ("dw", "weights-turned", ((((8, 5),),),)),
    ):
        verdict = verify(BACK, q, name, Answer("", value))
        assert [each.id for each in verdict.mistakes][:1] == [mistake]
    assert wrong_values(BACK, q, "db")["bias-averaged"][1] == (Fraction(7, 4),)
    cropped = {**q, "p": 1, "g": (((5, 7),),)}
    assert run(BACK, cropped)["dx"] == (((15, 7),),)
    assert wrong_values(BACK, cropped, "dx")["crop-forgotten-backwards"][1] == (((5 + 3 * 7, 0),),)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # 1, 10 at a stride of 3: nothing to crop, and a zero behind each pair
        ({"x": (((1, 2, 3),),), "w": ((((1, 10),),),), "s": 3}, ((1, 10, 0, 2, 20, 0, 3, 30, 0),)),
        # at stride 1 both sides together lose f − 1, an odd one at the end
        ({"x": (((1, 2, 3),),), "w": ((((1, 10),),),)}, ((1, 12, 23),)),
        ({"x": (((1, 2, 3),),), "w": ((((1, 10, 100),),),)}, ((12, 123, 230),)),
        ({"x": (((1, 2), (3, 4)),), "w": ((((1, 2, 3), (4, 5, 6), (7, 8, 9)),),), "s": 2},
         ((1, 2, 5, 4), (4, 5, 14, 10), (10, 14, 36, 24), (12, 15, 34, 20))),
    ],
)  # fmt: skip
def test_same_makes_n_times_s(given: dict[str, Any], expected: Any) -> None:
    assert run(formula("conv_transpose_by_hand_same"), {**given, "b": (0,)})["output"] == (expected,)


def test_same_backward_is_the_way_back_of_the_same_sum() -> None:
    """∂L/∂x of the sum of all outputs: of each input the weights whose cell was not cropped."""
    given = {"x": (((1, 2, 3),),), "w": ((((1, 10),),),), "b": (0,), "g": (((1, 1, 1),),)}
    found = run(formula("conv_transpose_by_hand_same_backward"), given)
    assert (found["dx"], found["dw"]) == ((((11, 11, 1),),), ((((6, 3),),),))
