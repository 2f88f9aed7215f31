"""The receptive field against PyTorch: the pixels from which a unit of the last layer has a gradient."""

from __future__ import annotations

from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlcalc

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.peers

LAYER = st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), st.booleans())
"""Filter size, stride, dilation, padding, and whether it is an average pooling, which uses neither of these two."""


def forward(x: Any, layers: list[tuple[int, int, int, int, bool]]) -> Any:
    for f, s, d, p, pools in layers:
        if pools:
            x = F.avg_pool1d(x, f, stride=s)
        else:
            x = F.conv1d(x, torch.ones(1, 1, f, dtype=torch.float64), stride=s, dilation=d, padding=p)
    return x


def seen(layers: list[tuple[int, int, int, int, bool]], n: int, unit: int) -> tuple[int, int]:
    """The first and the last pixel that a unit of the last layer reads."""
    x = torch.zeros(1, 1, n, dtype=torch.float64, requires_grad=True)
    forward(x, layers)[0, 0, unit].backward()
    read = torch.nonzero(x.grad[0, 0])
    return int(read.min()), int(read.max())


@settings(max_examples=50)
@given(st.lists(LAYER, min_size=1, max_size=3))
def test_stack(drawn: list[tuple[int, int, int, int, bool]]) -> None:
    """How far a unit sees, how far its neighbour's view is moved, and where the first one's begins."""
    layers = [(f, s, 1, 0, True) if pools else (f, s, d, p, False) for f, s, d, p, pools in drawn]
    f, s, d, p, pool = (list(column) for column in zip(*layers, strict=True))
    ours = dlcalc.rf(f=f, s=s, d=d, p=p, pool=[int(pools) for pools in pool])
    jump = prod(s)
    padded = sum(p[i] * prod(s[:i]) for i in range(len(layers)))
    unit = -(-padded // jump)  # the first whose view the padding does not cut off
    n = ours.receptive_field + (unit + 2) * jump
    first, last = seen(layers, n, unit)
    assert last - first + 1 == ours.receptive_field
    assert seen(layers, n, unit + 1)[0] - first == ours.jump == jump
    assert (first + last) / 2 == ours.start + unit * jump


def test_examples() -> None:
    """Convolution 5, pool 2, convolution 5 sees 14 pixels; with the first dilated by 2 it is 18."""
    for dilation, field in ((1, 14), (2, 18)):
        layers = [(5, 1, dilation, 0, False), (2, 2, 1, 0, True), (5, 1, 1, 0, False)]
        first, last = seen(layers, 40, 3)
        assert dlcalc.rf(f="5 2 5", s="1 2 1", d=(dilation, 1, 1)).receptive_field == last - first + 1 == field
