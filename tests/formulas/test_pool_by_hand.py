"""Pooling of numbers by hand: the course's examples, plain loops, and who gets the gradient."""

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
from dlcalc.formulas.differences import differences
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import Working, run


def rows(text: str) -> tuple[Any, ...]:
    return tuple(tuple(map(int, row.split())) for row in text.split("/"))


def lists(value: Any) -> Any:
    return [lists(item) for item in value] if isinstance(value, tuple) else value


def pooled(kind: str, image: str, **more: Any) -> Working:
    return run(formula(f"pool_by_hand_{kind}"), {"x": (rows(image),), **more})


@pytest.mark.parametrize(("s", "expected"), [(2, "8 4/7 5"), (1, "8 8 4/8 8 5/7 6 5")])
def test_the_courses_image(s: int, expected: str) -> None:
    """Row B3: 2×2 windows at stride 2 and at stride 1."""
    found = pooled("max", "1 4 2 1/5 8 3 4/7 6 4 5/1 3 1 2", f=2, s=s)
    assert found["output"] == (rows(expected),)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("max", rows("4")), ("min", rows("1")), ("sum", rows("10")), ("avg", ((Fraction(5, 2),),))],
)
def test_the_four_kinds(kind: str, expected: Any) -> None:
    assert pooled(kind, "1 2/3 4", f=2)["output"] == (expected,)


def test_the_whole_map() -> None:
    """(1 + 2 + 3 + 6)/4 = 3 of the one channel, 0 of the other."""
    found = run(formula("pool_by_hand_global"), {"x": (rows("1 2/3 6"), rows("0 0/0 0"))})
    assert found["output"] == (3, 0)


def test_the_gradient_goes_to_the_first_winner() -> None:
    """The two 8s and the three 7s tie: the first in reading order has all of it."""
    found = pooled("max_backward", "6 4 8 5/5 4 5 8/3 6 7 7/7 9 7 2", f=2, s=2, g=(rows("1 2/3 4"),))
    assert found["output"] == (rows("6 8/9 7"),)
    assert found["dx"] == (rows("1 0 2 0/0 0 0 0/0 0 4 0/0 3 0 0"),)
    assert (found["winner_row"], found["winner_column"]) == ((rows("1 1/4 3"),), (rows("1 3/2 3"),))


def test_an_average_shares_the_gradient() -> None:
    """4 over four cells is 1 each; where two windows overlap both parts are added."""
    assert pooled("avg_backward", "1 2/3 4", f=2, g=(((4,),),))["dx"] == (rows("1 1/1 1"),)
    assert pooled("sum_backward", "1 2 3", f=2, s=1, g=(((4, 1),),))["dx"] == (rows("4 5 1"),)


def test_a_global_average_shares_the_gradient_of_its_channel() -> None:
    """8 over four cells is 2 each, −2 over four is −½; the differences of a linear loss are exact."""
    q = {"x": (rows("1 2/3 6"), rows("0 0/5 0")), "g": (8, -2)}
    back = formula("pool_by_hand_global_backward")
    found = run(back, q)
    assert found["dx"] == (rows("2 2/2 2"), ((Fraction(-1, 2),) * 2,) * 2)
    assert found["output"] == (3, Fraction(5, 4))
    (checked,) = differences(found, {"dx": "x"}).made
    assert checked.values == found["dx"]
    given_wrong = {id: value for id, (_, value) in wrong_values(back, q, "dx").items()}
    assert given_wrong["not-divided"] == (rows("8 8/8 8"), rows("-2 -2/-2 -2"))
    assert given_wrong["shared-by-all-channels"] == (rows("1 1/1 1"), ((Fraction(-1, 4),) * 2,) * 2)
    assert given_wrong["to-the-largest"] == (rows("0 0/0 8"), rows("0 0/-2 0"))
    assert given_wrong["gradients-averaged"] == ((((Fraction(3, 4),) * 2,) * 2),) * 2


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    f = draw(st.integers(1, 3))
    channels, tall, wide = draw(st.integers(1, 2)), draw(st.integers(2, 6)), draw(st.integers(2, 6))
    cells = st.integers(-50, 50)
    numbers = draw(st.lists(cells, min_size=channels * tall * wide, max_size=channels * tall * wide, unique=True)
                   if channels * tall * wide <= 100 else st.nothing())  # fmt: skip
    at = iter(numbers)
    x = tuple(tuple(tuple(next(at) for _ in range(wide)) for _ in range(tall)) for _ in range(channels))
    return {"x": x, "f": f, "s": draw(st.integers(1, 3)), "p": draw(st.integers(0, f // 2))}


@settings(max_examples=40, deadline=None)
@given(problems(), st.sampled_from(["max", "min", "avg", "sum"]))
def test_it_is_what_plain_loops_give(problem: dict[str, Any], kind: str) -> None:
    tall, wide = len(problem["x"][0]), len(problem["x"][0][0])
    assume(problem["f"] <= min(tall, wide))
    expected = naive.pool(lists(problem["x"]), kind, problem["f"], problem["s"], problem["p"])
    assert lists(run(formula(f"pool_by_hand_{kind}"), problem)["output"]) == expected


@settings(max_examples=20, deadline=None)
@given(problems(), st.sampled_from(["max", "min", "avg", "sum"]))
def test_every_gradient_is_its_finite_difference(problem: dict[str, Any], kind: str) -> None:
    """All cells differ, so no maximum has a kink."""
    assume(problem["f"] <= min(len(problem["x"][0]), len(problem["x"][0][0])))
    output = run(formula(f"pool_by_hand_{kind}"), problem)["output"]
    numbers = iter(range(1, 1000))
    g = tuple(tuple(tuple(next(numbers) for _ in row) for row in part) for part in output)
    found = run(formula(f"pool_by_hand_{kind}_backward"), {**problem, "g": g})
    (checked,) = differences(found, {"dx": "x"}).made
    assert checked.values == found["dx"]
    assert checked.agrees


def test_a_tie_is_a_kink_that_the_differences_show() -> None:
    """Raising either of two equal cells raises the maximum, lowering it does not: half of the gradient."""
    found = pooled("max_backward", "5 5", f=2, g=(((1,),),))
    (checked,) = differences(found, {"dx": "x"}).made
    assert checked.values == (((Fraction(1, 2), Fraction(1, 2)),),)
    assert not checked.agrees


@pytest.mark.parametrize(
    ("mistake", "answer"),
    [("average-for-max", ((Fraction(9, 2), Fraction(5, 2)), (Fraction(17, 4), 3))), ("tiled", None)],
)
def test_a_mistake_is_named(mistake: str, answer: Any) -> None:
    image = (rows("1 4 2 1/5 8 3 4/7 6 4 5/1 3 1 2"),)
    given_here = {"x": image, "f": 2, "s": 2 if answer else 1}
    if answer is None:
        answer = run(formula("pool_by_hand_max"), {"x": image, "f": 2, "s": 2})["output"][0]
    verdict = verify(formula("pool_by_hand_max"), given_here, "output", Answer("", (answer,)))
    assert [candidate.id for candidate in verdict.mistakes] == [mistake]


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"f": 3}, "^a window of 3×3 does not fit into 2×2$"),
        ({"f": 2, "p": 2}, "^the padding can be at most half of the window: f = 2, p = 2$"),
    ],
)
def test_what_does_not_fit_is_refused(more: dict[str, Any], rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        pooled("max", "1 2/3 4", **more)


ROUNDED_UP: tuple[tuple[str, str, dict[str, Any], Any], ...] = (
    # what the last window reaches beyond the image is never counted: 5/1
    ("avg", "", {"x": (((1, 2, 3, 4, 5),),), "f": 2, "s": 2, "rounded_up": 1}, (((1.5, 3.5, 5),),)),
    ("avg", "", {"x": (tuple(tuple(range(7 * i, 7 * i + 7)) for i in range(7)),), "f": 2, "s": 3, "rounded_up": 1},
     (((4, 7, 9.5), (25, 28, 30.5), (42.5, 45.5, 48)),)),
    ("avg", "", {"x": (((1, 2), (3, 4)),), "f": 3, "s": 1, "p": 1}, (((Fraction(10, 9),) * 2,) * 2,)),
    ("avg", "exclude-pad", {"x": (((1, 2), (3, 4)),), "f": 3, "s": 1, "p": 1}, (((2.5, 2.5), (2.5, 2.5)),)),
    # a window that would start in the padding behind the image is left out: of 3, 2 windows with p = 1
    ("max", "", {"x": (((1, 2, 3),),), "f": 2, "s": 2, "p": 1, "rounded_up": 1}, (((1, 3),),)),
    # “same”: ⌈5/2⌉ windows, and half of f − 1 before at stride 1
    ("max", "", {"x": (((1, 2, 3, 4, 5),),), "f": 2, "s": 2, "same": 1}, (((2, 4, 5),),)),
    ("avg", "exclude-pad", {"x": (((1, 2, 6),),), "f": 3, "s": 1, "same": 1}, (((1.5, 3, 4),),)),
)  # fmt: skip


def test_sizes_rounded_up_and_cells_that_count() -> None:
    found = [run(formula(f"pool_by_hand_{kind}"), more, convention=way)["output"] for kind, way, more, _ in ROUNDED_UP]
    assert found == [expected for *_, expected in ROUNDED_UP]


def test_the_padding_counted_although_it_does_not() -> None:
    given = {"x": (((1, 2), (3, 4)),), "f": 3, "s": 1, "p": 1}
    wrong = wrong_values(formula("pool_by_hand_avg"), given, "output", "exclude-pad")
    assert wrong["padding-counted"][1] == (((Fraction(10, 9),) * 2,) * 2,)
