"""Recurrent networks with an output layer by hand, and the shapes of what has no parameters, against PyTorch."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from asking import ask

torch = pytest.importorskip("torch")
nn = torch.nn
pytestmark = pytest.mark.peers


def drawn(seed: int, *sizes: int) -> Any:
    random = Random(seed)

    def made(sizes: tuple[int, ...]) -> Any:
        return tuple(made(sizes[1:]) for _ in range(sizes[0])) if sizes else Fraction(random.randint(-150, 150), 100)

    return made(sizes)


def tensor(value: Any) -> Any:
    def numbers(value: Any) -> Any:
        return [numbers(item) for item in value] if isinstance(value, tuple) else float(value)

    return torch.tensor(numbers(value), dtype=torch.float64, requires_grad=True)


def close(found: Any, expected: Any) -> None:
    torch.testing.assert_close(tensor(found).detach(), expected.detach(), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("head", ["output", "softmax", "target"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("last", [False, True])
def test_recurrent_networks_and_their_way_back(head: str, activation: str, last: bool) -> None:
    """nn.RNN under nn.Linear, every gradient of the loss by autograd."""
    x, h0 = drawn(1, 3, 2), drawn(2, 3)
    q = {"U": drawn(4, 3, 2), "W": drawn(5, 3, 3), "b": drawn(6, 3)}
    top = {} if head == "target" else {"V": drawn(8, 2, 3), "c": drawn(9, 2)}
    layer = nn.RNN(2, 3, nonlinearity=activation).double()
    linear = nn.Linear(3, 2).double()
    with torch.no_grad():
        for name, letter in (("weight_ih_l0", "U"), ("weight_hh_l0", "W"), ("bias_ih_l0", "b")):
            getattr(layer, name).copy_(tensor(q[letter]))
        layer.bias_hh_l0.zero_()
        if top:
            linear.weight.copy_(tensor(top["V"]))
            linear.bias.copy_(tensor(top["c"]))
    given, start = tensor(x), tensor(h0)
    h = layer(given[:, None], start[None, None])[0][:, 0]
    out = linear(h) if top else h
    if head == "softmax":
        y: Any = ((1, 0), (0, 1), (1, 0))
        losses = nn.functional.cross_entropy(out, tensor(y).detach(), reduction="none")
        out = out.softmax(-1)
    else:
        y = drawn(11, 3, out.shape[1])
        losses = ((out - tensor(y).detach()) ** 2).sum(-1) / 2
    loss = losses[-1] if last else losses.sum()
    loss.backward()
    name = "" if activation == "tanh" else "relu"
    if top:
        close(ask(f"rnn_{head}_by_hand", name, x=x, h0=h0, **q, **top)["yhat"], out)
    convention = "-".join(part for part in (name, "last" if last else "") if part)
    found = ask(f"rnn_bptt_{head}_by_hand", convention, x=x, h0=h0, y=y, **q, **top)
    close(found["loss"], loss)
    wanted = {"dU": layer.weight_ih_l0, "dW": layer.weight_hh_l0, "db": layer.bias_ih_l0, "dx": given, "dh0": start}
    wanted |= {"dV": linear.weight, "dc": linear.bias} if top else {}
    for letter, at in wanted.items():
        close(found[letter], at.grad)


MODULES = {
    "1d": (nn.Conv1d, nn.AdaptiveAvgPool1d, nn.ConstantPad1d),
    "": (nn.Conv2d, nn.AdaptiveAvgPool2d, nn.ConstantPad2d),
    "3d": (nn.Conv3d, nn.AdaptiveAvgPool3d, nn.ConstantPad3d),
}


@pytest.mark.parametrize(("dimension", "axes"), [("1d", 1), ("", 2), ("3d", 3)])
def test_what_has_no_parameters(dimension: str, axes: int) -> None:
    """Adaptive and global pooling, padding, joining; the channels stand first in PyTorch, last here."""
    x = torch.zeros(1, 6, *(8,) * axes)
    _, adaptive, padding = MODULES[dimension]
    for module, ours in (
        (adaptive(3), ask(f"adaptive{dimension}_pool", n=8, o=3, c=6)),
        (adaptive(1), ask(f"global{dimension}_pool", n=8, c=6)),
        (padding(2, 0.0), ask(f"zero{dimension}_pad", n=8, pad_begin=2, c=6)),
    ):
        assert not list(module.parameters())
        sizes = tuple(module(x).shape[2:])
        assert ours["output"] == (*sizes, 6) or (set(sizes) == {1} and ours["output"] == (6,))
    joined = torch.cat([x, x[:, :4]], 1).shape
    assert ask(f"concat{dimension}", n=8, c=(6, 4))["output"] == (*joined[2:], joined[1])


@pytest.mark.parametrize(("dimension", "axes"), [("1d", 1), ("", 2), ("3d", 3)])
@pytest.mark.parametrize(("n", "s", "begin", "end"), [(4, 2, 1, 0), (5, 3, 1, 2), (3, 1, 0, 0)])
def test_upsampling_and_cropping(dimension: str, axes: int, n: int, s: int, begin: int, end: int) -> None:
    """A negative padding cuts off; its pairs begin with the last axis."""
    x = torch.zeros(1, 6, *(n,) * axes)
    module = nn.Upsample(scale_factor=s, mode="nearest")
    assert not list(module.parameters())
    assert ask(f"upsample{dimension}", "textbook", n=n, s=s, c=6)["output"] == (*module(x).shape[2:], 6)
    cut = nn.functional.pad(x, (-begin, -end) * axes)
    ours = ask(f"crop{dimension}", "textbook", n=n, crop_begin=begin, crop_end=end, c=6)
    assert ours["output"] == (*cut.shape[2:], 6)


@pytest.mark.parametrize(("dimension", "layer", "axes"), [("1d", nn.MaxPool1d, 1), ("3d", nn.MaxPool3d, 3)])
@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize(("n", "f", "s", "p"), [(8, 2, 2, 0), (9, 2, 2, 0), (7, 3, 2, 1), (6, 3, 3, 1), (5, 2, 3, 1)])
def test_pooling_of_other_dimensions(
    dimension: str, layer: Any, axes: int, ceil: bool, n: int, f: int, s: int, p: int
) -> None:
    shape = layer(f, s, p, ceil_mode=ceil)(torch.zeros(1, 2, *(n,) * axes)).shape
    found = ask(f"pool{dimension}{'_ceil' if ceil else ''}", "textbook", n=n, f=f, s=s, p=p, c=2)
    assert found["output"] == (*shape[2:], 2)
    assert found["parameters"] == 0


def test_shapes_that_only_change() -> None:
    """Flatten, reshape, shuffle and split the channels, an activation alone."""
    x = torch.arange(24.0).reshape(1, 6, 2, 2)
    modules = (nn.Flatten(), nn.Unflatten(1, (3, 2)), nn.ChannelShuffle(2), nn.ReLU())
    assert not any(list(module.parameters()) for module in modules)
    assert math.prod(ask("flatten", x=(2, 2, 6))["output"]) == modules[0](x).shape[1]
    assert ask("reshape", y=(3, 2, 2, 2))["output"] == tuple(modules[1](x).shape[1:])
    assert modules[2](x)[0, :, 0, 0].tolist() == [0, 12, 4, 16, 8, 20]
    assert ask("channel_shuffle", n=2, c=6, groups=2)["output"] == (2, 2, 6)
    assert ask("channel_split", n=2, c=6, parts=2)["output"] == (2, 2, x.chunk(2, 1)[0].shape[1])
    assert ask("same_shape", x=(2, 2, 6))["output"] == (2, 2, modules[3](x).shape[1])
    image = nn.Linear(2 * 2 * 6, 5)
    wanted = sum(p.numel() for p in image.parameters())
    assert ask("dense_on_image", "textbook", n=2, c=6, m=5)["parameters"] == wanted
    assert ask("dense_on_image", "no-bias", n=2, c=6, m=5)["parameters"] == image.weight.numel()


@pytest.mark.parametrize("r", [1, 2, 3])
def test_pixel_shuffle(r: int) -> None:
    """Sizes, and where each number goes."""
    x = torch.arange(2.0 * r * r * 6).reshape(1, 2 * r * r, 2, 3)
    wanted = nn.PixelShuffle(r)(x)
    assert ask("pixel_shuffle", n=(2, 3), r=r, c=2 * r * r)["output"] == (*wanted.shape[2:], 2)
    block = x[0, : r * r, 0, 0].reshape(r, r)
    assert torch.equal(wanted[0, 0, :r, :r], block)


def test_average_pooling_counts_its_padding() -> None:
    x = ((1, 2), (3, 6))
    wanted = nn.functional.avg_pool2d(tensor(x)[None, None], 2, 1, padding=1)[0]
    close(ask("pool_by_hand_avg", "textbook", x=(x,), f=2, s=1, p=1)["output"], wanted)


def test_embeddings_have_a_row_for_each_word() -> None:
    """For one sequence the number of sequences comes first."""
    out = nn.Embedding(10, 4)(torch.zeros(1, 3, dtype=torch.int64))
    assert ask("embedding", "with-batch", v=10, n=4, T=3)["output"] == tuple(out.shape)
