"""Overlap of boxes, anchors and grids of object detectors."""

from fractions import Fraction

import pytest
from asking import ask, judge, named, wrong
from hypothesis import assume, given
from hypothesis import strategies as st
from naive import detection as naive

from dlcalc.errors import UserError
from dlcalc.expressions.parser import parse


@st.composite
def boxes(draw: st.DrawFn) -> naive.Box:
    left, top = draw(st.integers(-5, 8)), draw(st.integers(-5, 8))
    return left, top, left + draw(st.integers(1, 8)), top + draw(st.integers(1, 8))


def test_overlap_of_two_boxes() -> None:
    """Two 4×4 boxes that share a 2×2 corner: 4/28 and 8/32."""
    pair = ask("iou", a=(0, 0, 4, 4), b=(2, 2, 6, 6))
    assert (pair["intersection"], pair["union"]) == (4, 28)
    assert (pair["iou"], pair["dice"]) == (Fraction(1, 7), Fraction(1, 4))


@given(a=boxes(), b=boxes())
def test_overlap_is_the_share_of_squares(a: naive.Box, b: naive.Box) -> None:
    pair = ask("iou", a=a, b=b)
    assert pair["iou"] == naive.iou(a, b)
    assert pair["dice"] == naive.dice(a, b)
    assert pair["dice"] == Fraction(2 * pair["iou"]) / (1 + pair["iou"])
    assert ask("iou", "inclusive", a=a, b=b)["iou"] == naive.iou(a, b, inclusive=True)


@given(a=boxes(), b=boxes())
def test_what_the_mistakes_of_the_overlap_give(a: naive.Box, b: naive.Box) -> None:
    first, second = naive.squares(a), naive.squares(b)
    both, areas = len(first & second), len(first) + len(second)
    given = wrong("iou", "iou", a=a, b=b)
    assert given["overlap-counted-twice"] == Fraction(both, areas)
    assert given["smaller-box-for-union"] == Fraction(both, min(len(first), len(second)))
    assert given["dice-for-iou"] == naive.dice(a, b)
    around = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
    assert given["enclosing-box"] == Fraction(both, len(naive.squares(around)))
    scores = wrong("iou", "dice", a=a, b=b)
    assert scores["two-forgotten"] == Fraction(both, areas)
    assert scores["iou-for-dice"] == naive.iou(a, b)
    assume(not both)
    across = (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))
    assert wrong("iou", "intersection", a=a, b=b)["overlap-not-cut-at-zero"] == across


def test_boxes_apart_do_not_overlap() -> None:
    """Apart in both directions, two negative sides multiply to a positive overlap that is none."""
    apart = {"a": (0, 0, 2, 2), "b": (5, 6, 8, 9)}
    assert ask("iou", **apart)["iou"] == 0
    assert wrong("iou", "intersection", **apart)["overlap-not-cut-at-zero"] == 12
    assert named(judge("iou", "intersection", "12", **apart)) == ["overlap-not-cut-at-zero"]


def test_a_forgotten_union_is_named() -> None:
    verdict = judge("iou", "iou", "1/8", a=(0, 0, 4, 4), b=(2, 2, 6, 6))
    assert not verdict.correct
    assert named(verdict)[0] == "overlap-counted-twice"


@pytest.mark.parametrize(
    ("a", "message"),
    [
        ((4, 0, 0, 4), "a box has x1 < x2 and y1 < y2: the first box is"),
        ((0, 0, 4, 0), "a box has x1 < x2 and y1 < y2: the first box is"),
        ((0, 0, 4, 4, 1), r"a box is four numbers \(x1, y1, x2, y2\): the first box is"),
    ],
)
def test_a_first_box_has_two_corners(a: tuple[int, ...], message: str) -> None:
    with pytest.raises(UserError, match=f"^{message}"):
        ask("iou", a=a, b=(0, 0, 4, 4))


def test_a_second_box_has_two_corners() -> None:
    with pytest.raises(UserError, match=r"^a box has x1 < x2 and y1 < y2: the second box is"):
        ask("iou", a=(0, 0, 4, 4), b=(1, 3, 2, 3))
    with pytest.raises(UserError, match=r"^a box is four numbers .*: the second box is"):
        ask("iou", a=(0, 0, 4, 4), b=(0, 0, 4, 4, 1))


def test_anchors_of_faster_rcnn() -> None:
    """A map of 60×40 with three scales and three ratios: the paper's "roughly 20,000"."""
    layer = ask("anchors", n=(60, 40), scales=3, ratios=3)
    assert (layer["per_position"], layer["anchors"]) == (9, 21_600)
    assert (layer["scores"], layer["coordinates"]) == (43_200, 86_400)
    assert ask("anchors", "d2l", n=(60, 40), scales=3, ratios=3)["per_position"] == 5
    assert ask("anchors", n=(60, 40)).shown("anchors") == parse("2400*scales*ratios", ("scales", "ratios"))


def test_what_the_mistakes_of_anchors_give() -> None:
    given = wrong("anchors", "anchors", n=(60, 40), scales=3, ratios=4)
    assert given["scales-and-ratios-added"] == 2400 * 7
    assert given["ratios-forgotten"] == 2400 * 3
    assert given["one-position"] == 12
    assert given["one-per-position"] == 2400
    assert given["one-side"] == 60 * 12
    assert wrong("anchors", "scores", n=2, scales=3, ratios=4)["one-score"] == 48
    assert wrong("anchors", "coordinates", n=2, scales=3, ratios=4)["corner-only"] == 96


@given(n=st.tuples(st.integers(1, 6), st.integers(1, 6)), scales=st.integers(1, 4), ratios=st.integers(1, 4))
def test_anchors_are_every_scale_and_ratio_everywhere(n: tuple[int, int], scales: int, ratios: int) -> None:
    assert ask("anchors", n=n, scales=scales, ratios=ratios)["anchors"] == len(naive.anchors(n, scales, ratios))


@pytest.mark.parametrize(
    ("n", "k", "anchors"),
    [
        ((38, 19, 10, 5, 3, 1), (4, 6, 6, 6, 4, 4), 8_732),
        ((64, 32, 16, 8, 4, 2, 1), (4, 6, 6, 6, 6, 4, 4), 24_564),
    ],
)
def test_default_boxes_of_ssd(n: tuple[int, ...], k: tuple[int, ...], anchors: int) -> None:
    """SSD300 and SSD512 (Liu et al., 2016)."""
    assert ask("anchors_maps", n=n, k=k)["anchors"] == anchors


def test_what_the_mistakes_of_default_boxes_give() -> None:
    given = wrong("anchors_maps", "anchors", n=(5, 3), k=(6, 4))
    assert given == {"one-side": 30 + 12, "one-per-position": 25 + 9, "first-map-only": 150}


def test_every_map_has_its_boxes() -> None:
    with pytest.raises(UserError, match=r"^every feature map needs a number of boxes: one for each of"):
        ask("anchors_maps", n=(38, 19), k=(4, 6, 6))


def test_grid_of_yolo() -> None:
    """7×7 cells with two boxes and 20 classes: 7×7×30 and 98 boxes (Redmon et al., 2016); version 2: 13×13×125."""
    grid = ask("grid", S=7, B=2, C=20)
    assert (grid["output"], grid["values"], grid["boxes"]) == ((7, 7, 30), 1470, 98)
    assert ask("grid", "classes-per-box", S=13, B=5, C=20)["output"] == (13, 13, 125)
    assert ask("grid", S=7).shown("output") == (7, 7, parse("5B + C"))


@given(S=st.tuples(st.integers(1, 5), st.integers(1, 5)), B=st.integers(1, 4), C=st.integers(1, 6))
def test_a_grid_puts_out_five_numbers_per_box_and_the_classes(S: tuple[int, int], B: int, C: int) -> None:
    assert ask("grid", S=S, B=B, C=C)["values"] == len(naive.grid_values(S, B, C))


def test_what_the_mistakes_of_a_grid_give() -> None:
    given = wrong("grid", "values", S=7, B=2, C=20)
    assert given["confidence-forgotten"] == 49 * 28
    assert given["one-box"] == 49 * 25
    assert given["classes-forgotten"] == 49 * 10
    assert given["one-class-number"] == 49 * 11
    assert given["one-side"] == 7 * 30
    assert wrong("grid", "boxes", S=7, B=2, C=20)["one-box-per-cell"] == 49
