"""Counts against PyTorch's layers: weights, biases and buffers, and the operations that its own counter finds."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from asking import ask
from hypothesis import given, settings
from hypothesis import strategies as st

import dlcalc

torch = pytest.importorskip("torch")
nn = torch.nn
pytestmark = pytest.mark.peers

SIZE = st.integers(1, 40)
FILTER = st.tuples(st.integers(1, 4), st.integers(1, 4))
WIDTHS = st.lists(SIZE, min_size=3, max_size=5)


def parameters(*modules: Any) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def biases(*modules: Any) -> int:
    named = (pair for module in modules for pair in module.named_parameters())
    return sum(parameter.numel() for name, parameter in named if "bias" in name)


def dense_stack(widths: list[int], **options: object) -> list[Any]:
    """Linear layers between each width and the next; on the meta device only their shapes exist."""
    return [nn.Linear(a, b, device="meta", **options) for a, b in pairwise(widths)]


def flops(module: Any, *inputs: Any) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        module(*inputs)
    return int(counter.get_total_flops())


@given(f=FILTER, groups=st.integers(1, 3), c=st.integers(1, 8), k=st.integers(1, 8), transposed=st.booleans())
def test_convolution(f: tuple[int, int], groups: int, c: int, k: int, transposed: bool) -> None:
    """Weights, one bias per filter, groups; and the same layer without biases."""
    layer = nn.ConvTranspose2d if transposed else nn.Conv2d
    c, k = c * groups, k * groups
    module = layer(c, k, f, groups=groups, device="meta")
    ours = dlcalc.conv(n=9, f=f, c=c, k=k, groups=groups, transposed=transposed)
    assert (ours.weights, ours.biases) == (module.weight.numel(), module.bias.numel())
    assert ours.parameters == parameters(module)
    without = dlcalc.conv(n=9, f=f, c=c, k=k, groups=groups, transposed=transposed, convention="no-bias")
    assert without.parameters == parameters(layer(c, k, f, groups=groups, bias=False, device="meta"))


@pytest.mark.parametrize(
    ("calculator", "name", "f"), [("conv1d", "Conv1d", 5), ("conv3d", "Conv3d", (1, 3, 2)), ("conv3d", "Conv3d", 3)]
)
@pytest.mark.parametrize("transposed", [False, True])
def test_convolution_of_other_dimensions(calculator: str, name: str, f: Any, transposed: bool) -> None:
    """A filter extends along each of one, two or three axes."""
    module = getattr(nn, name.replace("v", "vTranspose") if transposed else name)(6, 4, f, groups=2, device="meta")
    ours = getattr(dlcalc, calculator)(n=9, f=f, c=6, k=4, groups=2, transposed=transposed)
    assert ours.parameters == parameters(module)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_convolution_with_each_side_padded_by_itself(axes: int) -> None:
    """Zeros put around the input first, before and after along each axis, the last axis named first."""
    begin, end = (1, 0, 2)[:axes], (0, 3, 1)[:axes]
    x = torch.zeros(1, 3, *(8,) * axes, device="meta")
    pads = [size for ends in zip(reversed(begin), reversed(end), strict=True) for size in ends]
    module = getattr(nn, f"Conv{axes}d")(3, 4, 3, stride=2, device="meta")
    found = module(nn.functional.pad(x, pads)).shape
    calculator = getattr(dlcalc, {1: "conv1d", 2: "conv", 3: "conv3d"}[axes])
    ours = calculator(n=8, f=3, s=2, pad_begin="x".join(map(str, begin)), pad_end="x".join(map(str, end)), c=3, k=4)
    assert tuple(ours.output) == (*found[2:], found[1])
    assert ours.parameters == parameters(module)


@given(n=SIZE, m=SIZE)
def test_dense(n: int, m: int) -> None:
    """A weight for every pair, a bias for every unit, one multiply-accumulate per weight."""
    module = nn.Linear(n, m, device="meta")
    ours = dlcalc.dense(n=n, m=m)
    assert (ours.weights, ours.biases) == (module.weight.numel(), module.bias.numel())
    assert ours.flops == flops(module, torch.zeros(1, n, device="meta"))


@given(WIDTHS)
def test_multilayer_perceptron(widths: list[int]) -> None:
    """A linear layer between each width and the next, with and without biases."""
    assert dlcalc.mlp(u=widths).parameters == parameters(*dense_stack(widths))
    assert dlcalc.mlp(u=widths, convention="no-bias").parameters == parameters(*dense_stack(widths, bias=False))


@given(WIDTHS)
def test_multilayer_perceptron_with_batch_norm(widths: list[int]) -> None:
    """Behind every hidden layer: γ and β are parameters, the running means and variances are buffers."""
    norms = [nn.BatchNorm1d(width, device="meta") for width in widths[1:-1]]
    ours = dlcalc.mlp(u=widths, batchnorm=True, convention="pytorch")
    assert ours.parameters == parameters(*dense_stack(widths), *norms)
    running = sum(buffer.numel() for norm in norms for name, buffer in norm.named_buffers() if "running" in name)
    assert ours.values == ours.parameters + running


@given(v=SIZE, n=SIZE, T=SIZE)
def test_embedding(v: int, n: int, T: int) -> None:
    """A row for each word, that of the padding included."""
    module = nn.Embedding(v, n, padding_idx=0)
    ours = dlcalc.embedding(v=v, n=n, T=T)
    assert ours.parameters == parameters(module)
    assert ours.output == module(torch.zeros(T, dtype=torch.int64)).shape


@given(n=st.tuples(SIZE, SIZE), c=SIZE)
def test_batch_norm(n: tuple[int, int], c: int) -> None:
    """Two learnt values per channel, two running ones, whatever the size of the maps."""
    module = nn.BatchNorm2d(c, device="meta")
    ours = dlcalc.batchnorm(n=n, c=c, convention="pytorch")
    assert (ours.parameters, ours.weights, ours.biases) == (parameters(module), c, biases(module))
    assert ours.non_trainable == module.running_mean.numel() + module.running_var.numel()


@given(n=SIZE)
def test_layer_norm(n: int) -> None:
    """γ and β for every feature, and nothing running."""
    module = nn.LayerNorm(n, device="meta")
    assert dlcalc.layernorm(n=n).parameters == parameters(module)
    assert dlcalc.layernorm(n=n, convention="no-bias").parameters == parameters(nn.LayerNorm(n, bias=False))
    assert not list(module.buffers())


@given(n=st.tuples(SIZE, SIZE), c=SIZE)
def test_batch_norm_without_scale_and_shift(n: tuple[int, int], c: int) -> None:
    """Only the running values are left."""
    module = nn.BatchNorm2d(c, affine=False, device="meta")
    ours = ask("batchnorm", "no-affine", n=n, c=c)
    assert (ours["parameters"], ours["weights"], ours["biases"]) == (parameters(module), 0, 0)
    assert ours["non_trainable"] == module.running_mean.numel() + module.running_var.numel()


@given(groups=st.integers(1, 4), size=st.integers(1, 6))
def test_group_norm(groups: int, size: int) -> None:
    """γ and β for every channel, however many groups, and nothing running."""
    module = nn.GroupNorm(groups, groups * size, device="meta")
    ours = ask("groupnorm", "textbook", n=groups * size)
    assert (ours["parameters"], ours["weights"]) == (parameters(module), module.weight.numel())
    assert ours["biases"] == biases(module)
    assert not list(module.buffers())


@given(c=SIZE, T=SIZE)
def test_learned_values(c: int, T: int) -> None:
    """The slopes of a PReLU, and a table of positions: each number is a parameter, and no product is counted."""
    slopes = nn.PReLU(c, device="meta")
    ours = ask("learned_values", "textbook", y=(T, c), w=c)
    assert (ours["parameters"], ours["biases"]) == (parameters(slopes), biases(slopes))
    positions = nn.ParameterList([nn.Parameter(torch.zeros(T, c, device="meta"))])
    ours = ask("learned_values", "textbook", y=(T, c), w=T * c)
    assert (ours["parameters"], ours["output"]) == (parameters(positions), tuple(positions[0].shape))
    assert ours["flops"] == flops(slopes, torch.zeros(T, c, device="meta"))


@given(T=SIZE, S=SIZE, n=SIZE, m=SIZE)
def test_product_of_tensors(T: int, S: int, n: int, m: int) -> None:
    """Scores without weights, and a layer with other weights at every position."""
    queries, keys = torch.zeros(2, T, n, device="meta"), torch.zeros(2, S, n, device="meta")
    ours = ask("contraction", "textbook", y=(2, T, S), s=n)
    assert ours["output"] == tuple(torch.einsum("btn,bsn->bts", queries, keys).shape)
    assert (ours["parameters"], ours["flops"]) == (0, flops(torch.bmm, queries, keys.transpose(1, 2)))
    weight = nn.Parameter(torch.zeros(T, n, m, device="meta"))
    shift = nn.Parameter(torch.zeros(T, m, device="meta"))
    x = torch.zeros(T, 1, n, device="meta")
    ours = ask("contraction", "textbook", y=(T, m), s=n, w=weight.numel(), b=shift.numel())
    assert ours["output"] == tuple((torch.bmm(x, weight)[:, 0] + shift).shape)
    assert (ours["parameters"], ours["flops"]) == (parameters(nn.ParameterList([weight, shift])),
                                                   flops(torch.bmm, x, weight))  # fmt: skip


@settings(max_examples=50)
@given(h=st.integers(1, 4), size=st.integers(1, 6), T=st.integers(1, 6), S=st.integers(1, 6), n_k=SIZE, n_v=SIZE)
def test_attention_to_another_sequence(h: int, size: int, T: int, S: int, n_k: int, n_v: int) -> None:
    """Keys and values of sizes of their own (kdim, vdim): a table of T × S attention weights for each head."""
    d = h * size
    module = nn.MultiheadAttention(d, h, kdim=n_k, vdim=n_v, batch_first=True)
    ours = ask("cross_attention", "textbook", T=T, d=d, S=S, n_k=n_k, n_v=n_v, h=h, d_k=size, d_v=size, m=d)
    assert (ours["parameters"], ours["biases"]) == (parameters(module), biases(module))
    out, scores = module(
        torch.zeros(1, T, d), torch.zeros(1, S, n_k), torch.zeros(1, S, n_v), average_attn_weights=False
    )
    assert ours["output"] == tuple(out.shape[1:])
    assert ours["scores"] == scores.numel()


@settings(max_examples=50)
@given(h=st.integers(1, 6), size=st.integers(1, 6), T=st.integers(1, 6))
def test_attention(h: int, size: int, T: int) -> None:
    """Four projections whatever the heads, and a table of T × T attention weights for each of them."""
    d = h * size
    module = nn.MultiheadAttention(d, h, batch_first=True)
    ours = dlcalc.attention(d=d, h=h, T=T)
    assert (ours.parameters, ours.biases) == (parameters(module), biases(module))
    assert dlcalc.attention(d=d, h=h, convention="no-bias").parameters == parameters(
        nn.MultiheadAttention(d, h, bias=False)
    )
    x = torch.zeros(1, T, d)
    out, scores = module(x, x, x, average_attn_weights=False)
    assert ours.output == out.shape[1:]
    assert ours.scores == scores.numel()
    assert ours.head_size == module.head_dim


def test_heads_that_do_not_divide_the_features() -> None:
    """Both refuse 3 heads for 8 features."""
    with pytest.raises(dlcalc.UserError, match="the number of heads must divide the features: 3 does not divide 8"):
        dlcalc.attention(d=8, h=3)
    with pytest.raises(AssertionError, match="embed_dim must be divisible by num_heads"):
        nn.MultiheadAttention(8, 3)


@settings(max_examples=20)
@given(h=st.integers(1, 4), head=st.integers(1, 6), m=SIZE, layers=st.integers(1, 3))
def test_encoder_block(h: int, head: int, m: int, layers: int) -> None:
    """Attention, two dense layers and two layer normalisations, as often as there are blocks."""
    d = h * head
    blocks = nn.ModuleList(nn.TransformerEncoderLayer(d, h, m, device="meta") for _ in range(layers))
    ours = dlcalc.transformer(d=d, h=h, m=m, L=layers)
    assert ours.parameters == parameters(blocks)
    assert ours.norm_parameters == parameters(blocks[0].norm1) + parameters(blocks[0].norm2)
    assert ours.feed_forward_parameters == parameters(blocks[0].linear1) + parameters(blocks[0].linear2)


@settings(max_examples=50)
@given(
    n=st.tuples(st.integers(4, 9), st.integers(4, 9)),
    f=FILTER,
    s=st.integers(1, 2),
    c=st.integers(1, 6),
    k=st.integers(1, 6),
)
def test_depthwise_separable(n: tuple[int, int], f: tuple[int, int], s: int, c: int, k: int) -> None:
    """One filter per channel, then 1×1: two layers in PyTorch, held against the one ordinary layer."""
    stack = nn.Sequential(nn.Conv2d(c, c, f, stride=s, groups=c, device="meta"), nn.Conv2d(c, k, 1, device="meta"))
    x = torch.zeros(1, c, *n, device="meta")
    ours = dlcalc.separable(n=n, f=f, s=s, c=c, k=k)
    _, depth, *sizes = stack(x).shape
    assert ours.output == (*sizes, depth)
    assert (ours.parameters, ours.biases) == (parameters(stack), biases(stack))
    assert ours.flops == flops(stack, x)
    ordinary = nn.Conv2d(c, k, f, stride=s, device="meta")
    assert ours.ordinary_parameters == parameters(ordinary)
    assert ours.mac_ratio == pytest.approx(flops(stack, x) / flops(ordinary, x), rel=1e-12)


@settings(max_examples=50)
@given(f=st.integers(1, 4), c=SIZE, b=st.integers(1, 8), k=st.integers(1, 8))
def test_bottleneck(f: int, c: int, b: int, k: int) -> None:
    """A 1×1 convolution to fewer channels, then the filters."""
    stack = nn.Sequential(nn.Conv2d(c, b, 1, device="meta"), nn.Conv2d(b, k, f, device="meta"))
    ours = dlcalc.bottleneck(n=7, f=f, c=c, b=b, k=k)
    assert ours.parameters == parameters(stack)
    assert ours.flops == flops(stack, torch.zeros(1, c, 7, 7, device="meta"))


@settings(max_examples=50)
@given(width=st.integers(1, 9), r=st.integers(1, 8), bias=st.booleans())
def test_squeeze_excitation(width: int, r: int, bias: bool) -> None:
    """Down to c/r and back to c, on one number per channel."""
    c = width * r
    stack = nn.Sequential(*dense_stack([c, width, c], bias=bias))
    ours = dlcalc.squeeze_excitation(c=c, r=r, convention="textbook" if bias else "no-bias")
    assert ours.parameters == parameters(stack)
    assert ours.flops == flops(stack, torch.zeros(1, c, device="meta"))


def test_dense_layer_as_a_convolution() -> None:
    """A filter as large as the input, filled with a dense layer's weights, computes that layer's outputs."""
    n, c, k = (3, 4), 5, 6
    layer = nn.Linear(n[0] * n[1] * c, k, dtype=torch.float64)
    filters = layer.weight.reshape(k, c, *n)
    x = torch.rand(1, c, *n, dtype=torch.float64)
    maps = nn.functional.conv2d(x, filters, layer.bias)
    assert torch.allclose(maps.flatten(), layer(x.flatten()))
    ours = dlcalc.dense(n=n, c=c, k=k, as_conv=True)
    assert ours.weights == ours.dense_weights == filters.numel()
    assert ours.output == (*maps.shape[2:], maps.shape[1])


@given(f=FILTER, c=st.integers(1, 6), k=st.integers(1, 6))
def test_convlstm(f: tuple[int, int], c: int, k: int) -> None:
    """All four gates are one convolution of input and state together."""
    gates = nn.Conv2d(c + k, 4 * k, f, device="meta")
    assert dlcalc.convlstm(n=9, f=f, c=c, k=k).parameters == parameters(gates)


@given(n=SIZE, m=SIZE, q=SIZE)
def test_encoder_decoder(n: int, m: int, q: int) -> None:
    """Two LSTMs of one layer, and a dense layer on the decoder's state."""
    lstms = [nn.LSTM(n, m, device="meta") for _ in range(2)]
    readout = nn.Linear(m, q, device="meta")
    assert dlcalc.seq2seq(n=n, m=m, q=q, convention="pytorch").parameters == parameters(*lstms, readout)


@given(z=SIZE, x=SIZE, g=st.lists(SIZE, min_size=1, max_size=2), d=st.lists(SIZE, min_size=1, max_size=2))
def test_generative_adversarial_network(z: int, x: int, g: list[int], d: list[int]) -> None:
    """The generator ends in an example, the discriminator in one number."""
    both = [*dense_stack([z, *g, x]), *dense_stack([x, *d, 1])]
    assert dlcalc.gan(z=z, x=x, g=g, d=d).parameters == parameters(*both)


@given(WIDTHS)
def test_autoencoder(widths: list[int]) -> None:
    """The decoder is the encoder's mirror image."""
    both = [*dense_stack(widths), *dense_stack(widths[::-1])]
    assert dlcalc.autoencoder(u=widths).parameters == parameters(*both)


@given(WIDTHS, st.data())
def test_transfer_learning(widths: list[int], data: st.DataObject) -> None:
    """Frozen layers ask for no gradient; what is left is trained."""
    layers = dense_stack(widths)
    frozen = data.draw(st.integers(0, len(layers) - 1))
    for layer in layers[:frozen]:
        layer.requires_grad_(False)
    trained = sum(p.numel() for layer in layers for p in layer.parameters() if p.requires_grad)
    assert dlcalc.transfer(u=widths, frozen=frozen).trainable == trained


@given(V=SIZE, N=SIZE)
def test_word2vec(V: int, N: int) -> None:
    """One matrix in, which all context words share, one out, no biases."""
    both = nn.Embedding(V, N, device="meta"), nn.Linear(N, V, bias=False, device="meta")
    assert dlcalc.word2vec(V=V, N=N).parameters == parameters(*both)
