"""Convolution of numbers by hand: the course's examples, plain loops, gradients, and the sparse matrix."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import by_hand as naive

from dlcalc.answers.formula_judging import verify
from dlcalc.errors import UserError
from dlcalc.expressions.answers import Answer
from dlcalc.formulas.differences import differences
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import Working, run
from dlcalc.formulas.topics.detectors import DETECTORS, detector


def rows(text: str) -> tuple[Any, ...]:
    return tuple(tuple(map(int, row.split())) for row in text.split("/"))


def worked(id: str, x: Any, w: Any, b: Any = (0,), **more: Any) -> Working:
    return run(formula(id), {"x": (x,), "w": ((w,),), "b": b, **more})


def lists(value: Any) -> Any:
    return [lists(item) for item in value] if isinstance(value, tuple) else value


IMAGE = rows("2 3 7 4 6 2/6 6 9 8 7 4/3 4 8 3 8 9/7 8 3 6 6 3/4 2 1 8 3 4/3 2 4 1 9 8")
KERNEL = rows("3 4 5/1 0 2/-1 9 7")


@pytest.mark.parametrize(
    ("id", "first"), [("conv_by_hand", (166, 168, 165, 194)), ("conv_by_hand_flipped", (110, 161, 180, 174))]
)
def test_the_courses_image_under_its_filter(id: str, first: tuple[int, ...]) -> None:
    """Row A9: the first row of the 6×6 image, as correlation and as true convolution."""
    assert worked(id, IMAGE, KERNEL)["output"][0][0] == first


def test_stride_padding_and_bias_on_an_example_worked_on_paper() -> None:
    """s 2, p 1, b 2: with w = (1 0/0 −1) an output is upper left − lower right + 2."""
    found = worked("conv_by_hand", rows("3 0 1 2/1 5 8 9/2 7 2 5/0 1 3 1"), rows("1 0/0 -1"), (2,), s=2, p=1)
    assert found["output"] == (rows("-1 1 2/0 5 11/2 3 3"),)


@pytest.mark.parametrize(
    ("kernel", "expected"), [("1 0 -1/1 0 -1/1 0 -1", (0, 30, 30, 0)), ("-1 0 1/-1 0 1/-1 0 1", (0, -30, -30, 0))]
)
def test_a_vertical_edge_and_its_mirror_image(kernel: str, expected: tuple[int, ...]) -> None:
    """Row A11: bright on the left gives 30, and −30 where the filter is mirrored."""
    found = worked("conv_by_hand", (tuple([10] * 3 + [0] * 3),) * 6, rows(kernel))
    assert found["output"] == ((expected,) * 4,)


def test_sobel_finds_the_horizontal_edge_and_is_scaled() -> None:
    """Row A11: rows 0, −1020, −1020, 0, then 255, 0, 0, 255; the negated kernel 0, 255, 255, 0."""
    image = ((0,) * 6,) * 3 + ((255,) * 6,) * 3
    scaled = worked("conv_by_hand_scaled", image, detector("sobel-horizontal"), low=0, high=255)
    assert scaled["conv.output"] == (((0,) * 4, (-1020,) * 4, (-1020,) * 4, (0,) * 4),)
    assert scaled["scaled"] == (((255,) * 4, (0,) * 4, (0,) * 4, (255,) * 4),)
    negated = tuple(tuple(-each for each in row) for row in detector("sobel-y"))
    turned = worked("conv_by_hand_scaled", image, negated, low=0, high=255)
    assert turned["scaled"] == (((0,) * 4, (255,) * 4, (255,) * 4, (0,) * 4),)


def test_the_diagonal_of_a_binary_image() -> None:
    """Row A11: the diagonal detector on the 6×6 binary image."""
    image = rows("1 0 0 0 0 1/0 1 0 0 1 0/0 0 1 1 0 0/1 0 0 0 1 0/0 1 0 0 1 0/0 0 1 0 1 0")
    found = worked("conv_by_hand", image, DETECTORS["diagonal"])
    assert found["output"] == (rows("3 -1 -3 -1/-3 1 0 -3/-3 -3 0 1/3 -2 -2 -1"),)


def test_a_constant_image_scales_to_the_lower_end() -> None:
    """Nothing is divided by a span of 0."""
    found = worked("conv_by_hand_scaled", rows("1 1/1 1"), rows("1"), low=3, high=255)
    assert found["scaled"] == (((3, 3), (3, 3)),)


def test_detectors_have_the_signs_of_the_course() -> None:
    """Those for edges sum to 0, blur and sharpen to 1; vertical and horizontal are each other's transpose."""
    sums = {name: sum(map(sum, kernel)) for name, kernel in DETECTORS.items()}
    assert sums["blur"] == sums["sharpen"] == 1
    assert sums["edges"] == sums["vertical"] == sums["horizontal"] == sums["sobel-x"] == sums["sobel-y"] == 0
    assert DETECTORS["horizontal"] == tuple(zip(*DETECTORS["vertical"], strict=True))
    assert DETECTORS["horizontal-line"] == tuple(zip(*DETECTORS["vertical-line"], strict=True))
    with pytest.raises(UserError, match=r"^detector is one of vertical, .*, box-blur, not 'none'$"):
        detector("none")


# against plain loops


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    numbers = st.one_of(st.integers(-9, 9), st.fractions(-3, 3, max_denominator=7))
    channels, filters = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    f_h, f_w = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    tall, wide = draw(st.integers(f_h, 5)), draw(st.integers(f_w, 5))

    def array(*sizes: int) -> Any:
        return tuple(array(*sizes[1:]) for _ in range(sizes[0])) if sizes else draw(numbers)

    return {
        "x": array(channels, tall, wide), "w": array(filters, channels, f_h, f_w), "b": array(filters),
        "s": draw(st.integers(1, 3)), "p": draw(st.integers(0, 2)),
    }  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(problems(), st.booleans(), st.booleans())
def test_it_is_what_plain_loops_give(problem: dict[str, Any], flip: bool, repeat: bool) -> None:
    """All channels, filters, strides and paddings; the true convolution is that of the turned filter."""
    found = run(formula("conv_by_hand_flipped" if flip else "conv_by_hand"), {**problem, "edge": int(repeat)})
    w = lists(problem["w"])
    expected = naive.conv(lists(problem["x"]), naive.turned(w) if flip else w, lists(problem["b"]), problem["s"],
                          problem["p"], repeat=repeat)  # fmt: skip
    assert lists(found["output"]) == expected


@settings(max_examples=15, deadline=None)
@given(problems(), st.booleans())
def test_every_gradient_is_its_finite_difference(problem: dict[str, Any], flip: bool) -> None:
    """The loss is linear in image, filters and biases one by one, so the differences are exact."""
    output = run(formula("conv_by_hand_flipped" if flip else "conv_by_hand"), problem)["output"]
    numbers = iter(range(1, 1000))
    g = tuple(tuple(tuple(next(numbers) % 7 - 3 for _ in row) for row in part) for part in output)
    found = run(formula("conv_by_hand_flipped_backward" if flip else "conv_by_hand_backward"), {**problem, "g": g})
    checks = differences(found, {"db": "b", "dx": "x", "dw": "w"})
    checked = {each.answer: each.values for each in checks.made}
    assert checked == {name: found[name] for name in ("dx", "dw", "db") if name not in checks.too_long}
    assert "db" in checked


@settings(max_examples=20, deadline=None)
@given(problems())
def test_the_sparse_matrix_gives_the_same_numbers(problem: dict[str, Any]) -> None:
    """Row A12: matrix times flattened image plus bias is the flattened output."""
    given_here = {name: value for name, value in problem.items() if name != "b"}
    found = run(formula("conv_as_matrix"), given_here)
    flat = [cell for channel in problem["x"] for row in channel for cell in row]
    products = [sum(a * b for a, b in zip(line, flat, strict=True)) for line in found["matrix"]]
    output = run(formula("conv_by_hand"), {**problem, "b": (0,) * len(problem["w"])})["output"]
    assert products == [cell for part in output for row in part for cell in row]


def test_the_sparse_matrix_of_the_course() -> None:
    """Row A12: 3×3 under 2×2 is 4×9 with 16 weights, 20 zeros, 4 distinct."""
    found = run(formula("conv_as_matrix"), {"x": (rows("1 2 3/4 5 6/7 8 9"),), "w": ((rows("1 2/3 4"),),)})
    assert (found["weights"], found["zeros"], found["distinct"]) == (16, 20, 4)
    assert found["matrix"][0] == (1, 2, 0, 3, 4, 0, 0, 0, 0)


@settings(max_examples=15, deadline=None)
@given(problems())
def test_the_sparse_matrix_of_the_true_convolution(problem: dict[str, Any]) -> None:
    """Its rows times the flattened image are the plain loops over the turned filters."""
    given_here = {name: value for name, value in problem.items() if name != "b"}
    found = run(formula("conv_as_matrix_flipped"), given_here)
    flat = [cell for channel in problem["x"] for row in channel for cell in row]
    products = [sum(a * b for a, b in zip(line, flat, strict=True)) for line in found["matrix"]]
    none = [0] * len(problem["w"])
    loops = naive.conv(lists(problem["x"]), naive.turned(lists(problem["w"])), none, problem["s"], problem["p"])
    assert products == [cell for part in loops for row in part for cell in row]


@pytest.mark.parametrize(
    ("id", "other", "mistake"),
    [
        ("conv_as_matrix", "conv_as_matrix_flipped", "flipped"),
        ("conv_as_matrix_flipped", "conv_as_matrix", "not-flipped"),
    ],
)
def test_the_matrix_of_the_other_convolution_is_named(id: str, other: str, mistake: str) -> None:
    """The first row of the true one is 4 3 0 2 1 …, of the other 1 2 0 3 4 …."""
    q = {"x": (rows("1 2 3/4 5 6/7 8 9"),), "w": ((rows("1 2/3 4"),),)}
    assert run(formula("conv_as_matrix_flipped"), q)["matrix"][0] == (4, 3, 0, 2, 1, 0, 0, 0, 0)
    verdict = verify(formula(id), q, "matrix", Answer("", run(formula(other), q)["matrix"]))
    assert [each.id for each in verdict.mistakes] == [mistake]


def test_relu_comes_after_the_bias_and_gates_the_gradient() -> None:
    """1·x − 2 is negative at x = 1, so nothing flows back there."""
    found = worked("conv_by_hand_backward", rows("1 5"), rows("1"), (-2,), relu=1, g=(((1, 1),),))
    assert found["output"] == (((0, 3),),)
    assert found["dx"] == (((0, 1),),)
    assert found["db"] == (1,)


# mistakes


def named(id: str, answer: Any, **given_here: Any) -> list[str]:
    verdict = verify(formula(id), given_here, "output", Answer("", answer))
    assert not verdict.correct
    return [candidate.id for candidate in verdict.mistakes]


GIVEN = {"x": (rows("3 0 1 2/1 5 8 9/2 7 2 5/0 1 3 1"), rows("1 2 0 1/0 1 4 1/2 2 5 7/1 0 1 3")),
         "w": ((rows("1 2/3 -1"), rows("0 1/2 2")),), "b": (2,), "s": 2, "p": 1}  # fmt: skip


@pytest.mark.parametrize(
    ("mistake", "changed"),
    [
        ("flipped", {"w": tuple(tuple(tuple(r[::-1] for r in p[::-1]) for p in f) for f in GIVEN["w"])}),
        ("bias-per-channel", {"b": (4,)}),
        ("padding-forgotten", {"p": 0}),
        ("stride-ignored", {"s": 1}),
        ("bias-forgotten", {"b": (0,)}),
        ("filter-transposed", {"w": tuple(tuple(tuple(zip(*p, strict=True)) for p in f) for f in GIVEN["w"])}),
    ],
)
def test_a_mistake_is_another_question_answered(mistake: str, changed: dict[str, Any]) -> None:
    """Each mistake gives what plain loops give for the question that was answered instead, and is named first."""
    other = {**GIVEN, **changed}
    answer = naive.conv(lists(other["x"]), lists(other["w"]), lists(other["b"]), other["s"], other["p"])
    value = tuple(tuple(tuple(row) for row in part) for part in answer)
    assert named("conv_by_hand", value, **GIVEN)[0] == mistake


def test_the_true_convolution_left_unturned_is_named() -> None:
    value = run(formula("conv_by_hand"), GIVEN)["output"]
    assert named("conv_by_hand_flipped", value, **GIVEN)[0] == "not-flipped"


def test_windows_that_begin_one_cell_late_are_named() -> None:
    """The image pushed up by one row is that of windows that begin one row too low."""
    x = rows("1 2 3/4 5 7/7 8 1/2 0 4")
    given_here = {"x": (x,), "w": ((rows("1 2/0 1"),),), "b": (0,)}
    value = run(formula("conv_by_hand"), {**given_here, "x": ((*x[1:], (0, 0, 0)),)})["output"]
    assert named("conv_by_hand", value, **given_here) == ["one-row-slipped"]


# what does not fit


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"w": ((rows("1 2/3 4"),),)}, "a filter needs as many channels as the image"),
        ({"b": (1, 2)}, "give one bias per filter"),
        ({"w": ((rows("1 1 1 1 1 1 1"), rows("1 1 1 1 1 1 1")),)}, "a filter of 1×7 does not fit into 6×6"),
    ],
)
def test_what_does_not_fit_is_refused(changed: dict[str, Any], rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        run(formula("conv_by_hand"), {**GIVEN, **changed})


def test_a_matrix_that_nobody_reads_is_refused() -> None:
    image = ((0,) * 12,) * 12
    with pytest.raises(UserError, match=r"^the matrix has at most 10,000 numbers, not 121×144$"):
        run(formula("conv_as_matrix"), {"x": (image,), "w": ((rows("1 1/1 1"),),)})


def test_the_squared_loss_of_a_map() -> None:
    """½(1² + 2²) = 2.5 with gradient ŷ − y; the mean of the squares is 2.5 too, with gradient (2/2)(ŷ − y)."""
    given_here = {"yhat": (rows("2 5"),), "y": (rows("1 3"),)}
    found = run(formula("map_loss_by_hand"), given_here)
    assert (found["loss"], found["gradient"]) == (Fraction(5, 2), (rows("1 2"),))
    mean = run(formula("map_loss_by_hand"), given_here, convention="mean")
    assert (mean["loss"], mean["gradient"]) == (Fraction(5, 2), (rows("1 2"),))


def test_convolving_with_an_impulse_shows_the_filter_turned() -> None:
    """Correlation with a single 1 turns the filter, true convolution copies it."""
    impulse = rows("0 0 0/0 1 0/0 0 0")
    kernel = rows("1 2 3/4 5 6/7 8 9")
    copied = worked("conv_by_hand_flipped", impulse, kernel, p=1)["output"][0]
    turned = worked("conv_by_hand", impulse, kernel, p=1)["output"][0]
    assert copied == kernel
    assert all(turned[i][j] == kernel[2 - i][2 - j] for i, j in product(range(3), range(3)))


SIDES: dict[str, Any] = {"x": (((1, 2), (3, 4)),), "w": ((((1, 0), (0, 1)),),), "b": (0,)}


def test_each_side_has_its_own_padding() -> None:
    """One row above, none below, two columns to the left and three to the right: 2×2 becomes 3×7, and 2×6 windows.

    An output of 1 · the upper left + 1 · the lower right number of its window, by hand.
    """
    found = run(formula("conv_by_hand_asymmetric"), {**SIDES, "pad_begin": (1, 2), "pad_end": (0, 3)})
    assert found["output"] == (((0, 1, 2, 0, 0, 0), (0, 3, 5, 2, 0, 0)),)
    even = run(formula("conv_by_hand_asymmetric"), {**SIDES, "pad_begin": (1,), "pad_end": (1,)})
    assert even["output"] == run(formula("conv_by_hand"), {**SIDES, "p": 1})["output"]


def test_a_causal_window_ends_on_its_own_input() -> None:
    """1·x(t − 2) + 10·x(t), with zeros before the first input."""
    signal = {"x": (((1, 2, 3, 4),),), "w": ((((1, 10),),),), "b": (0,), "d": 2}
    assert run(formula("conv_by_hand_causal"), signal)["output"] == (((10, 20, 31, 42),),)


@pytest.mark.parametrize(
    ("id", "given", "expected", "mistake"),
    [
        ("conv_by_hand_asymmetric", {**SIDES, "pad_begin": (1, 0), "pad_end": (0, 0)}, (((2,), (5,)),), ""),
        ("conv_by_hand_asymmetric", {**SIDES, "pad_begin": (1, 0), "pad_end": (0, 0)}, (((5,),),), "padding-forgotten"),
        ("conv_by_hand_asymmetric", {**SIDES, "pad_begin": (1, 0), "pad_end": (0, 0)}, (((5,), (3,)),),
         "sides-exchanged"),
        ("conv_by_hand_asymmetric", {**SIDES, "pad_begin": (1, 0), "pad_end": (0, 0)}, (((3, 5),),),
         "rows-and-columns-exchanged"),
    ],
)  # fmt: skip
def test_mistakes_with_the_sides(id: str, given: dict[str, Any], expected: Any, mistake: str) -> None:
    found = run(formula(id), given)
    if not mistake:
        assert found["output"] == expected
        return
    made = next(each for each in formula(id).mistakes if each.id == mistake)
    assert run(formula(id), given, [made])["output"] == expected


def test_a_causal_convolution_is_of_a_signal() -> None:
    with pytest.raises(UserError, match=r"^a causal convolution needs a signal: one row, and filters of one row$"):
        run(formula("conv_by_hand_causal"), SIDES)


def test_padding_on_a_side_is_one_number_or_two() -> None:
    with pytest.raises(UserError, match=r"^the padding of one side is one number, or two: rows and columns$"):
        run(formula("conv_by_hand_asymmetric"), {**SIDES, "pad_begin": (1, 2, 3)})
