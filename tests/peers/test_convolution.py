"""Convolutions against PyTorch: their shapes, which of them exist at all, what they read, and what they cost."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import dlcalc

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.peers

CONVOLUTION = {1: (dlcalc.conv1d, F.conv1d), 2: (dlcalc.conv, F.conv2d), 3: (dlcalc.conv3d, F.conv3d)}
TRANSPOSED = {
    1: (dlcalc.conv1d, F.conv_transpose1d),
    2: (dlcalc.conv, F.conv_transpose2d),
    3: (dlcalc.conv3d, F.conv_transpose3d),
}
AXES = st.sampled_from([1, 2, 3])

Shape = tuple[int, ...] | str


def per_axis(axes: int, low: int, high: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(low, high)] * axes)


def channels_last(tensor: Any) -> tuple[int, ...]:
    """(1, k, height, width) as height × width × k."""
    _, depth, *sizes = tensor.shape
    return (*sizes, depth)


def torch_shape(compute: Callable[[], Any]) -> Shape:
    """The shape, or that there is none; `conv_transpose3d` alone hands out empty tensors where its siblings refuse."""
    try:
        found = compute()
    except RuntimeError:
        return "refused"
    return channels_last(found) if found.numel() else "refused"


def our_shape(calculator: Any, **given: object) -> Shape:
    try:
        return tuple(calculator(**given).output)
    except dlcalc.UserError:
        return "refused"


@given(st.data())
def test_output_shapes(data: st.DataObject) -> None:
    """Every axis by itself, dilated, padded, in groups: the same shape, and refused exactly where PyTorch refuses."""
    axes = data.draw(AXES)
    n, f = data.draw(per_axis(axes, 1, 9)), data.draw(per_axis(axes, 1, 4))
    s, p, d = (data.draw(per_axis(axes, *ends)) for ends in ((1, 3), (0, 3), (1, 3)))
    c, k, groups = (data.draw(st.integers(1, 4)) for _ in range(3))
    ours, theirs = CONVOLUTION[axes]
    x, w = torch.zeros(1, c, *n), torch.zeros(k, max(1, c // groups), *f)
    wanted = torch_shape(lambda: theirs(x, w, stride=s, padding=p, dilation=d, groups=groups))
    assert our_shape(ours, n=n, f=f, s=s, p=p, d=d, c=c, k=k, groups=groups) == wanted


def test_every_small_line() -> None:
    """432 one-dimensional convolutions, of which more than half have an output."""
    sizes = itertools.product(range(1, 9), range(1, 4), range(1, 4), range(3), range(1, 3))
    accepted = 0
    for n, f, s, p, d in sizes:
        x, w = torch.zeros(1, 1, n), torch.zeros(1, 1, f)
        wanted = torch_shape(lambda x=x, w=w, s=s, p=p, d=d: F.conv1d(x, w, stride=s, padding=p, dilation=d))
        assert our_shape(dlcalc.conv1d, n=n, f=f, s=s, p=p, d=d, c=1, k=1) == wanted, (n, f, s, p, d)
        accepted += wanted != "refused"
    assert accepted > 216


@pytest.mark.parametrize(
    ("name", "value"), [("s", 0), ("s", -1), ("p", -1), ("d", 0), ("f", 0), ("n", 0), ("k", 0), ("groups", 0)]
)
def test_meaningless_quantities_are_refused_by_both(name: str, value: int) -> None:
    """No stride, a negative padding, an empty filter: neither of the two has an answer."""
    given = {"n": 6, "f": 3, "s": 1, "p": 0, "d": 1, "c": 2, "k": 4, "groups": 1} | {name: value}
    n, f, c, k = (given[letter] for letter in "nfck")

    def theirs() -> Any:
        x, w = torch.zeros(1, c, n, n), torch.zeros(k, c, f, f)
        return F.conv2d(x, w, stride=given["s"], padding=given["p"], dilation=given["d"], groups=given["groups"])

    assert torch_shape(theirs) == our_shape(dlcalc.conv, **given) == "refused"


@given(st.data())
def test_transposed_shapes(data: st.DataObject) -> None:
    """Output padding included; refused where it reaches stride and dilation, or where nothing is left of the output."""
    axes = data.draw(AXES)
    n, f = data.draw(per_axis(axes, 1, 5)), data.draw(per_axis(axes, 1, 4))
    s, p, d, extra = (data.draw(per_axis(axes, *ends)) for ends in ((1, 3), (0, 2), (1, 3), (0, 2)))
    c, per_group, groups = (data.draw(st.integers(1, 3)) for _ in range(3))
    ours, theirs = TRANSPOSED[axes]
    x, w = torch.zeros(1, c, *n), torch.zeros(c, per_group, *f)
    wanted = torch_shape(lambda: theirs(x, w, stride=s, padding=p, dilation=d, output_padding=extra, groups=groups))
    quantities = {"n": n, "f": f, "s": s, "p": p, "d": d, "c": c, "k": per_group * groups, "groups": groups}
    assert our_shape(ours, **quantities, output_padding=extra, transposed=True) == wanted


@settings(max_examples=50)
@given(n=st.integers(4, 12), f=st.integers(1, 4), s=st.integers(1, 3))
def test_transposed_undoes_the_size(n: int, f: int, s: int) -> None:
    """The pixels left over, as output padding, lead back to the size that the convolution started from."""
    forward = dlcalc.conv(n=n, f=f, s=s, c=1, k=1)
    back = dlcalc.conv(n=forward.o, f=f, s=s, c=1, k=1, transposed=True, output_padding=forward.remainder)
    x, w = torch.zeros(1, 1, n, n), torch.zeros(1, 1, f, f)
    there_and_back = F.conv_transpose2d(F.conv2d(x, w, stride=s), w, stride=s, output_padding=forward.remainder)
    assert back.output == channels_last(there_and_back) == (n, n, 1)


@settings(max_examples=50)
@given(st.data())
def test_same_padding(data: st.DataObject) -> None:
    """At stride 1 our sides, the odd pixel at the end, give PyTorch's numbers and not only its shape."""
    n, f, d = (data.draw(per_axis(2, *ends)) for ends in ((1, 9), (1, 5), (1, 3)))
    same = dlcalc.conv(n=n, f=f, d=d, c=1, k=1, same=True)
    top, left = same.working.state.values["pad_begin"]
    bottom, right = same.working.state.values["pad_end"]
    generator = torch.Generator().manual_seed(0)
    x, w = (torch.rand(1, 1, *size, generator=generator, dtype=torch.float64) for size in (n, f))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that an even filter needs a padded copy
        theirs = F.conv2d(x, w, padding="same", dilation=d)
    assert same.output == channels_last(theirs) == (*n, 1)
    assert torch.allclose(F.conv2d(F.pad(x, (left, right, top, bottom)), w, dilation=d), theirs)


@pytest.mark.parametrize("s", [1, 2, 3])
def test_same_padding_with_a_stride_is_not_pytorch(s: int) -> None:
    """We answer as Keras does, and say that PyTorch refuses, at the very strides at which it does."""
    same = dlcalc.conv(n=9, f=3, s=s, c=1, k=1, same=True)
    refused = torch_shape(lambda: F.conv2d(torch.zeros(1, 1, 9, 9), torch.zeros(1, 1, 3, 3), stride=s, padding="same"))
    assert any("PyTorch refuses" in warning for warning in same.working.warnings) == (refused == "refused")
    assert same.o == -(-9 // s)


@given(n=st.integers(1, 30), f=st.integers(1, 6), s=st.integers(1, 6), p=st.integers(0, 5))
def test_pixels_that_are_never_read(n: int, f: int, s: int, p: int) -> None:
    """`lost` counts the inputs without a gradient, and the warning is there when there are some."""
    assume(s <= f <= n + 2 * p and p < f)
    x = torch.zeros(1, 1, n, requires_grad=True)
    F.conv1d(x, torch.ones(1, 1, f), stride=s, padding=p).sum().backward()
    unread = int((x.grad == 0).sum())
    ours = dlcalc.conv1d(n=n, f=f, s=s, p=p)
    assert ours.lost == unread
    assert any("never read" in warning for warning in ours.working.warnings) == (unread > 0)


@settings(max_examples=25)
@given(st.data())
def test_multiply_accumulates(data: st.DataObject) -> None:
    """PyTorch's own counter finds two operations for each of our multiply-accumulates, transposed or not."""
    from torch.utils.flop_counter import FlopCounterMode

    transposed, groups = data.draw(st.booleans()), data.draw(st.integers(1, 3))
    n, f, s = data.draw(per_axis(2, 4, 8)), data.draw(per_axis(2, 1, 4)), data.draw(per_axis(2, 1, 2))
    c, k = (groups * data.draw(st.integers(1, 3)) for _ in range(2))
    layer = torch.nn.ConvTranspose2d if transposed else torch.nn.Conv2d
    module = layer(c, k, f, stride=s, groups=groups, bias=False, device="meta")
    with FlopCounterMode(display=False) as counter:
        out = module(torch.zeros(1, c, *n, device="meta"))
    ours = dlcalc.conv(n=n, f=f, s=s, c=c, k=k, groups=groups, transposed=transposed)
    assert ours.flops == counter.get_total_flops() == 2 * ours.macs
    assert ours.activation_memory == out.numel() * out.element_size()
