"""Pooling against PyTorch: sizes rounded down and up, and the padding that PyTorch refuses."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlcalc

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.peers

Shape = tuple[int, ...] | str


def torch_shape(pool: Any, n: tuple[int, int], c: int, *window: object, **options: object) -> Shape:
    try:
        found = pool(torch.zeros(1, c, *n), *window, **options)
    except RuntimeError:
        return "refused"
    _, depth, *sizes = found.shape
    return (*sizes, depth)


def our_shape(**given: object) -> Shape:
    try:
        return tuple(dlcalc.pool(**given).output)
    except dlcalc.UserError:
        return "refused"


def pairs(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(low, high), st.integers(low, high))


@given(st.data())
def test_max_pooling(data: st.DataObject) -> None:
    """Dilated, padded up to half the window, in both modes, each axis by itself."""
    n, f, s, d = (data.draw(pairs(*ends)) for ends in ((1, 12), (1, 4), (1, 5), (1, 3)))
    p = tuple(data.draw(st.integers(0, size // 2)) for size in f)
    c, ceil = data.draw(st.integers(1, 3)), data.draw(st.booleans())
    wanted = torch_shape(F.max_pool2d, n, c, f, stride=s, padding=p, dilation=d, ceil_mode=ceil)
    assert our_shape(n=n, f=f, s=s, p=p, d=d, c=c, ceil=ceil) == wanted


@pytest.mark.parametrize("ceil", [False, True])
def test_every_small_average_pooling(ceil: bool) -> None:
    """All windows up to 4 with every padding that PyTorch takes; in ceil mode some last windows are dropped."""
    dropped = 0
    for n, f, s in itertools.product(range(1, 9), range(1, 5), range(1, 4)):
        for p in range(f // 2 + 1):
            wanted = torch_shape(F.avg_pool2d, (n, n), 1, f, stride=s, padding=p, ceil_mode=ceil)
            assert our_shape(n=n, f=f, s=s, p=p, c=1, ceil=ceil) == wanted, (n, f, s, p)
            if ceil and wanted != "refused":
                dropped += dlcalc.pool(n=n, f=f, s=s, p=p, ceil=True, convention="every-window").o > wanted[0]
    assert dropped > 0 or not ceil


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize(("n", "f"), [(4, 2), (5, 2), (13, 3), (7, 7), (6, 7)])
def test_stride_is_the_window_unless_given(n: int, f: int, ceil: bool) -> None:
    """The default stride of both is the window's size."""
    wanted = torch_shape(F.max_pool2d, (n, n), 1, f, ceil_mode=ceil)
    assert our_shape(n=n, f=f, c=1, ceil=ceil) == wanted


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize(("f", "p"), [(f, p) for f in range(1, 5) for p in range(4)])
def test_padding_that_pytorch_refuses(f: int, p: int, d: int, ceil: bool) -> None:
    """More than half the window, however far it is dilated: we answer, and say that PyTorch refuses."""
    ours = dlcalc.pool(n=19, f=f, s=1, p=p, d=d, c=1, ceil=ceil)
    refused = torch_shape(F.max_pool2d, (19, 19), 1, f, stride=1, padding=p, dilation=d, ceil_mode=ceil) == "refused"
    assert any("PyTorch refuses" in warning for warning in ours.working.warnings) == refused


def test_nothing_to_learn() -> None:
    """PyTorch's pooling layers have no parameters, and keep the channels."""
    layer = torch.nn.MaxPool2d(3, 2)
    ours = dlcalc.pool(n=55, f=3, s=2, c=96)
    assert ours.parameters == sum(p.numel() for p in layer.parameters()) == 0
    assert ours.output == (27, 27, 96)
    assert layer(torch.zeros(1, 96, 55, 55)).shape == (1, 96, 27, 27)
