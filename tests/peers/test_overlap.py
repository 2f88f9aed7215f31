"""IoU and Dice of two boxes against their plain definition: the pixels that lie in both, and in either."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlcalc

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers

IMAGE = 16
CORNERS = st.lists(st.integers(0, IMAGE - 2), min_size=2, max_size=2, unique=True).map(sorted)
BOX = st.tuples(CORNERS, CORNERS).map(lambda sides: (sides[0][0], sides[1][0], sides[0][1], sides[1][1]))

Box = tuple[int, int, int, int]


def pixels(box: Box, beyond: int = 0) -> Any:
    """The image with the box painted on it."""
    x1, y1, x2, y2 = box
    image = torch.zeros(IMAGE, IMAGE, dtype=torch.bool)
    image[y1 : y2 + beyond, x1 : x2 + beyond] = True
    return image


@pytest.mark.parametrize("convention", ["textbook", "inclusive"])
@given(a=BOX, b=BOX)
def test_overlap(convention: str, a: Box, b: Box) -> None:
    """Corners between the pixels, or both corner pixels included: every pixel counted."""
    beyond = int(convention == "inclusive")
    one, other = pixels(a, beyond), pixels(b, beyond)
    both, either = int((one & other).sum()), int((one | other).sum())
    ours = dlcalc.iou(a=a, b=b, convention=convention)
    assert (ours.intersection, ours.union) == (both, either)
    assert ours.iou == Fraction(both, either)
    assert ours.dice == Fraction(2 * both, int(one.sum()) + int(other.sum()))


@given(a=BOX, b=BOX)
def test_shares_of_the_image(a: Box, b: Box) -> None:
    """Boxes as shares of the image overlap as they do in pixels."""
    shares = [[Fraction(corner, IMAGE) for corner in box] for box in (a, b)]
    assert dlcalc.iou(a=shares[0], b=shares[1]).iou == dlcalc.iou(a=a, b=b).iou
