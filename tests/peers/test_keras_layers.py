"""Shapes and counts of layers against Keras 3: what every convention that is credited to Keras says of them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from asking import ask
from peers.keras_torch import built, close, count, keras, np, output, torch

pytestmark = pytest.mark.peers
layers = keras.layers
DIMENSIONS = {"1d": ("1D", 1), "": ("2D", 2), "3d": ("3D", 3)}


def kind(name: str, dimension: str) -> Any:
    """Conv and 3d is Conv3D."""
    return getattr(layers, f"{name}{DIMENSIONS[dimension][0]}")


def sized(size: int, dimension: str) -> tuple[int, ...]:
    return (size,) * DIMENSIONS[dimension][1]


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize(("n", "f", "s", "d"), [(12, 3, 1, 1), (13, 5, 2, 1), (14, 3, 1, 2), (11, 4, 3, 1)])
def test_convolution(dimension: str, n: int, f: int, s: int, d: int) -> None:
    """Without padding, and with Keras's own: “same” ends at ⌈n/s⌉."""
    for padding, id in (("valid", f"conv{dimension}"), ("same", f"conv{dimension}_same")):
        layer = built(
            kind("Conv", dimension)(6, f, strides=s, dilation_rate=d, padding=padding), *sized(n, dimension), 4
        )
        ours = ask(id, "textbook", n=n, f=f, s=s, d=d, c=4, k=6)
        assert ours["output"] == output(layer, *sized(n, dimension), 4)
        assert (ours["parameters"], 0) == count(layer)
        assert (ours["weights"], ours["biases"]) == tuple(math.prod(w.shape) for w in layer.weights)
        bare = built(kind("Conv", dimension)(6, f, use_bias=False), *sized(n, dimension), 4)
        assert ask(id, "no-bias", n=n, f=f, c=4, k=6)["parameters"] == count(bare)[0]


@pytest.mark.parametrize(("n", "f", "s"), [(5, 2, 1), (6, 3, 2), (7, 2, 3), (4, 4, 1)])
def test_where_the_odd_pixel_of_same_padding_goes(n: int, f: int, s: int) -> None:
    """Ones summed by a filter of ones: what is missing at each end is padding."""
    layer = built(layers.Conv1D(1, f, strides=s, padding="same", use_bias=False, dtype="float64"), n, 1)
    layer.set_weights([np.ones((f, 1, 1))])
    ours = ask("conv1d_same", "textbook", n=n, f=f, s=s, c=1, k=1)
    begin, end = int(ours["pad_begin"]), int(ours["pad_end"])
    padded = [0] * begin + [1] * n + [0] * end
    wanted = [sum(padded[place : place + f]) for place in range(0, len(padded) - f + 1, s)]
    assert layer(np.ones((1, n, 1))).detach().numpy()[0, :, 0].tolist() == wanted
    pooled = ask("pool1d_same", "textbook", n=n, f=f, s=s, c=1)
    assert (pooled["pad_begin"], pooled["pad_end"]) == (begin, end)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_convolution_with_each_side_padded_by_itself(dimension: str) -> None:
    """A layer of zeros first: ((above, below), (left, right))."""
    axes = DIMENSIONS[dimension][1]
    begin, end = (1, 0, 2)[:axes], (0, 3, 1)[:axes]
    pads = tuple(zip(begin, end, strict=True))
    zeros = kind("ZeroPadding", dimension)(pads[0] if axes == 1 else pads)
    wide = output(built(zeros, *sized(8, dimension), 3), *sized(8, dimension), 3)
    layer = built(kind("Conv", dimension)(4, 3, strides=2), *wide)
    ours = ask(f"conv{dimension}_asymmetric", "textbook", n=8, f=3, s=2, pad_begin=begin, pad_end=end, c=3, k=4)
    assert ours["output"] == output(layer, *wide)
    assert (ours["parameters"], 0) == count(layer)


@pytest.mark.parametrize(("n", "f", "s", "d"), [(12, 3, 1, 1), (13, 2, 1, 4), (11, 3, 2, 1)])
def test_causal_convolution(n: int, f: int, s: int, d: int) -> None:
    """Ones summed by a filter of ones: what is missing is the padding, all of it before the input."""
    made = layers.Conv1D(1, f, strides=s, dilation_rate=d, padding="causal", use_bias=False, dtype="float64")
    layer = built(made, n, 1)
    layer.set_weights([np.ones((f, 1, 1))])
    ours = ask("conv1d_causal", "textbook", n=n, f=f, s=s, d=d, c=1, k=1)
    padded = [0] * int(ours["pad_begin"]) + [1] * n + [0] * int(ours["pad_end"])
    wanted = [sum(padded[place : place + d * f : d]) for place in range(0, n, s)]
    assert layer(np.ones((1, n, 1))).detach().numpy()[0, :, 0].tolist() == wanted
    assert ours["o"] == len(wanted)


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize(("n", "f", "s"), [(64, 4, 2), (4, 3, 1), (5, 2, 3), (3, 5, 2)])
def test_transposed_convolution_with_same_padding(dimension: str, n: int, f: int, s: int) -> None:
    made = getattr(layers, f"Conv{DIMENSIONS[dimension][0]}Transpose")(2, f, strides=s, padding="same")
    n = n if dimension != "3d" else min(n, 5)
    layer = built(made, *sized(n, dimension), 1)
    ours = ask(f"conv{dimension}_transposed_same", "textbook", n=n, f=f, s=s, c=1, k=2)
    assert ours["output"] == output(layer, *sized(n, dimension), 1)
    assert (ours["parameters"], 0) == count(layer)


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize(("n", "f", "s"), [(4, 3, 1), (4, 3, 2), (5, 2, 3), (3, 2, 2)])
def test_transposed_convolution(dimension: str, n: int, f: int, s: int) -> None:
    layer = built(getattr(layers, f"Conv{DIMENSIONS[dimension][0]}Transpose")(5, f, strides=s), *sized(n, dimension), 3)
    ours = ask(f"conv{dimension}_transposed", "keras", n=n, f=f, s=s, c=3, k=5)
    assert ours["output"] == output(layer, *sized(n, dimension), 3)
    assert ours["parameters"] == count(layer)[0]


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize(("n", "f", "s"), [(8, 2, None), (9, 2, None), (11, 3, 2), (7, 3, 1)])
def test_pooling(dimension: str, n: int, f: int, s: int | None) -> None:
    """A last window that does not fit is left out, unless the padding is “same”."""
    for name in ("MaxPooling", "AveragePooling"):
        for padding, id in (("valid", f"pool{dimension}"), ("same", f"pool{dimension}_same")):
            layer = kind(name, dimension)(f, strides=s, padding=padding)
            ours = ask(id, "textbook", n=n, f=f, c=3, **({} if s is None else {"s": s}))
            assert ours["output"] == output(layer, *sized(n, dimension), 3)
            assert ours["parameters"] == 0 == sum(count(layer))


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_what_has_no_parameters(dimension: str) -> None:
    """Global and adaptive pooling, zero padding, joining, flattening, reshaping, an activation alone."""
    shape = (*sized(8, dimension), 6)
    cells = [
        (kind("GlobalAveragePooling", dimension)(), ask(f"global{dimension}_pool", n=8, c=6)),
        (kind("AdaptiveAveragePooling", dimension)(3), ask(f"adaptive{dimension}_pool", n=8, o=3, c=6)),
        (kind("ZeroPadding", dimension)(2), ask(f"zero{dimension}_pad", n=8, pad_begin=2, c=6)),
        (layers.Flatten(), ask("flatten", x=shape)),
        (layers.Activation("relu"), ask("same_shape", x=shape)),
        (layers.Reshape((-1, 2)), ask("reshape", y=(math.prod(shape) // 2, 2))),
    ]
    for layer, ours in cells:
        assert count(built(layer, *shape)) == (0, 0)
        assert math.prod(ours["output"]) == math.prod(output(layer, *shape))
        assert ours["output"] == output(layer, *shape) or len(ours["output"]) == 1
    joined = layers.Concatenate()
    wanted = tuple(joined.compute_output_shape([(None, *shape), (None, *shape[:-1], 4)])[1:])
    assert ask(f"concat{dimension}", n=8, c=(6, 4))["output"] == wanted
    assert not joined.weights


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize(("n", "s", "begin", "end"), [(4, 2, 1, 0), (5, 3, 1, 2), (3, 1, 0, 0)])
def test_upsampling_and_cropping(dimension: str, n: int, s: int, begin: int, end: int) -> None:
    shape, axes = (*sized(n, dimension), 6), DIMENSIONS[dimension][1]
    repeated = built(kind("UpSampling", dimension)(s), *shape)
    cut = built(kind("Cropping", dimension)((begin, end) if axes == 1 else ((begin, end),) * axes), *shape)
    assert count(repeated) == count(cut) == (0, 0)
    assert ask(f"upsample{dimension}", "textbook", n=n, s=s, c=6)["output"] == output(repeated, *shape)
    ours = ask(f"crop{dimension}", "textbook", n=n, crop_begin=begin, crop_end=end, c=6)
    assert ours["output"] == output(cut, *shape)


def test_shuffling_and_splitting_channels() -> None:
    """Reshape, permute, reshape; and a split: Keras has no weights in any of them."""
    x = np.arange(2 * 2 * 6, dtype="float64").reshape(1, 2, 2, 6)
    shuffled = layers.Reshape((2, 2, 6))(layers.Permute((1, 2, 4, 3))(layers.Reshape((2, 2, 2, 3))(x)))
    assert ask("channel_shuffle", n=2, c=6, groups=2)["output"] == tuple(shuffled.shape[1:])
    assert shuffled[0, 0, 0].tolist() == [0, 3, 1, 4, 2, 5]
    assert ask("channel_split", n=2, c=6, parts=2)["output"] == tuple(keras.ops.split(x, 2, axis=-1)[0].shape[1:])
    x = np.arange(2 * 3 * 8, dtype="float64").reshape(1, 2, 3, 8)
    pixels = layers.Reshape((4, 6, 2))(layers.Permute((1, 4, 2, 5, 3))(layers.Reshape((2, 3, 2, 2, 2))(x)))
    assert ask("pixel_shuffle", n=(2, 3), c=8, r=2)["output"] == tuple(pixels.shape[1:])
    assert pixels[0, :2, :2, 0].tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize(("n", "m"), [(7, 3), (1, 1), (120, 84)])
def test_dense(n: int, m: int) -> None:
    layer = built(layers.Dense(m), n)
    assert ask("dense", "textbook", n=n, m=m)["parameters"] == count(layer)[0]
    assert ask("dense", "no-bias", n=n, m=m)["parameters"] == count(built(layers.Dense(m, use_bias=False), n))[0]
    image = built(layers.Dense(m), n * n * 3)
    assert ask("dense_on_image", "textbook", n=n, c=3, m=m)["parameters"] == count(image)[0]
    whole = built(layers.Conv2D(m, n), n, n, 3)
    ours = ask("dense_as_conv", "textbook", n=n, c=3, k=m)
    assert (ours["parameters"], ours["output"]) == (count(whole)[0], output(whole, n, n, 3))


@pytest.mark.parametrize("widths", [(4, 5, 3), (784, 32, 16, 10)])
def test_networks_of_dense_layers(widths: tuple[int, ...]) -> None:
    net = keras.Sequential([keras.Input((widths[0],)), *map(layers.Dense, widths[1:])])
    assert ask("mlp", "textbook", u=widths)["parameters"] == net.count_params()
    normed: list[Any] = [keras.Input((widths[0],))]
    for place, width in enumerate(widths[1:], 2):
        normed += [layers.Dense(width), *([layers.BatchNormalization()] if place < len(widths) else [])]
    ours = ask("mlp_batchnorm", "keras", u=widths)
    trainable, other = count(keras.Sequential(normed))
    assert (ours["trainable"], ours["non_trainable"], ours["parameters"]) == (trainable, other, trainable + other)
    for layer in net.layers[:-1]:
        layer.trainable = False
    ours = ask("transfer", "textbook", u=widths)
    assert (ours["trainable"], ours["frozen_parameters"]) == count(net)


@pytest.mark.parametrize(("n", "f", "c", "k"), [(9, 3, 4, 8), (6, 2, 1, 5)])
def test_cheaper_convolutions(n: int, f: int, c: int, k: int) -> None:
    """SeparableConv2D has no biases between its two; a bottleneck and squeeze-and-excitation are made of layers."""
    layer = built(layers.SeparableConv2D(k, f), n, n, c)
    ours = ask("depthwise_separable", "keras", n=n, f=f, c=c, k=k)
    assert (ours["parameters"], ours["output"]) == (count(layer)[0], output(layer, n, n, c))
    narrow = keras.Sequential([keras.Input((n, n, c)), layers.Conv2D(2, 1), layers.Conv2D(k, f)])
    ours = ask("bottleneck", "textbook", n=n, f=f, c=c, k=k, b=2)
    assert (ours["parameters"], ours["output"]) == (narrow.count_params(), tuple(narrow.output_shape[1:]))
    squeezed = keras.Sequential([keras.Input((k * 4,)), layers.Dense(k), layers.Dense(k * 4)])
    assert ask("squeeze_excitation", "textbook", c=k * 4, r=4)["parameters"] == squeezed.count_params()


@pytest.mark.parametrize("c", [1, 6])
def test_normalisation(c: int) -> None:
    layer = built(layers.BatchNormalization(), 5, 5, c)
    ours = ask("batchnorm", "keras", n=5, c=c)
    assert (ours["trainable"], ours["non_trainable"], ours["parameters"]) == (*count(layer), sum(count(layer)))
    bare = built(layers.BatchNormalization(scale=False), 5, 5, c)
    assert ask("batchnorm", "keras-no-scale", n=5, c=c)["parameters"] == sum(count(bare))
    assert ask("batchnorm", "no-scale", n=5, c=c)["parameters"] == count(bare)[0]
    assert ask("layernorm", "textbook", n=c)["parameters"] == count(built(layers.LayerNormalization(), 7, c))[0]


@pytest.mark.parametrize("c", [1, 6])
def test_normalisation_without_a_shift(c: int) -> None:
    """center=False, and without a scale too: the running values are always parameters."""
    for scale, name in ((True, "keras-no-shift"), (False, "keras-no-affine")):
        layer = built(layers.BatchNormalization(center=False, scale=scale), 5, 5, c)
        ours = ask("batchnorm", name, n=5, c=c)
        assert (ours["trainable"], ours["non_trainable"], ours["parameters"]) == (*count(layer), sum(count(layer)))
        assert (ours["weights"], ours["biases"]) == (c * scale, 0)


@pytest.mark.parametrize(("groups", "c"), [(1, 1), (2, 6), (6, 6)])
def test_group_normalisation(groups: int, c: int) -> None:
    layer = built(layers.GroupNormalization(groups), 5, 5, c)
    ours = ask("groupnorm", "textbook", n=c)
    assert (ours["parameters"], 0) == count(layer)
    assert (ours["weights"], ours["biases"]) == (math.prod(layer.gamma.shape), math.prod(layer.beta.shape))


def test_inception_normalises_without_a_scale() -> None:
    """The block of Keras's own Inception-v3."""
    from keras.src.applications.inception_v3 import conv2d_bn

    given = keras.Input((9, 9, 3))
    made = conv2d_bn(given, 4, 3, 3)
    norms = [layer for layer in keras.Model(given, made).layers if isinstance(layer, layers.BatchNormalization)]
    assert [(norm.scale, norm.center) for norm in norms] == [(False, True)]


@pytest.mark.parametrize(("v", "n", "T"), [(10, 4, 3), (1000, 16, 1)])
def test_embedding(v: int, n: int, T: int) -> None:
    layer = built(layers.Embedding(v, n), T)
    ours = ask("embedding", "with-batch", v=v, n=n, T=T)
    assert (ours["parameters"], ours["output"]) == (count(layer)[0], (1, *output(layer, T)))


@pytest.mark.parametrize(("h", "size", "T"), [(2, 3, 4), (1, 5, 2)])
def test_attention(h: int, size: int, T: int) -> None:
    layer = layers.MultiHeadAttention(h, size)
    layer.build((None, T, h * size), (None, T, h * size))
    ours = ask("attention", "keras", d=h * size, h=h, T=T)
    weights = sum(math.prod(w.shape) for w in layer.weights if w.name == "kernel")
    assert (ours["parameters"], ours["weights"]) == (count(layer)[0], weights)


@pytest.mark.parametrize(
    ("T", "d", "S", "n_k", "n_v", "h", "d_k", "d_v", "m"), [(3, 8, 5, 6, 7, 2, 4, 3, 9), (1, 2, 4, 3, 3, 1, 5, 5, 2)]
)
def test_attention_with_sizes_of_its_own(
    T: int, d: int, S: int, n_k: int, n_v: int, h: int, d_k: int, d_v: int, m: int
) -> None:
    """key_dim and value_dim are the sizes of one head, output_shape the features that come out."""
    layer = layers.MultiHeadAttention(h, d_k, value_dim=d_v, output_shape=m)
    query, value, key = np.zeros((1, T, d)), np.zeros((1, S, n_v)), np.zeros((1, S, n_k))
    out, scores = layer(query, value, key, return_attention_scores=True)
    ours = ask("cross_attention", "textbook", T=T, d=d, S=S, n_k=n_k, n_v=n_v, h=h, d_k=d_k, d_v=d_v, m=m)
    weights = sum(math.prod(w.shape) for w in layer.weights if w.name == "kernel")
    assert (ours["parameters"], ours["weights"]) == (count(layer)[0], weights)
    assert (ours["output"], ours["scores"]) == (tuple(out.shape[1:]), math.prod(scores.shape))


@pytest.mark.parametrize(("T", "S", "n", "m"), [(3, 4, 5, 2), (1, 6, 2, 7)])
def test_product_of_tensors(T: int, S: int, n: int, m: int) -> None:
    """EinsumDense with a bias for each feature, and Dot, which has no weights."""
    from torch.utils.flop_counter import FlopCounterMode

    dense = built(layers.EinsumDense("btn,nm->btm", output_shape=(T, m), bias_axes="m"), T, n)
    ours = ask("contraction", "textbook", y=(T, m), s=n, w=n * m, b=m)
    assert (ours["weights"], ours["biases"]) == tuple(math.prod(w.shape) for w in dense.weights)
    assert (ours["parameters"], ours["output"]) == (count(dense)[0], output(dense, T, n))
    with FlopCounterMode(display=False) as counter:
        dense(np.zeros((1, T, n)))
    assert ours["flops"] == counter.get_total_flops()
    scores = layers.Dot(axes=2)
    ours = ask("contraction", "textbook", y=(T, S), s=n)
    with FlopCounterMode(display=False) as counter:
        out = scores([np.zeros((1, T, n)), np.zeros((1, S, n))])
    assert (ours["output"], ours["flops"]) == (tuple(out.shape[1:]), counter.get_total_flops())
    assert ours["parameters"] == sum(count(scores))


@pytest.mark.parametrize(("n", "c"), [(4, 3), (1, 8)])
def test_learned_values(n: int, c: int) -> None:
    """A slope of PReLU for every number, or one for each channel."""
    for shared, learned in ((None, n * n * c), ([1, 2], c)):
        layer = built(layers.PReLU(shared_axes=shared), n, n, c)
        ours = ask("learned_values", "textbook", y=(n, n, c), w=learned)
        assert (ours["parameters"], ours["output"]) == (count(layer)[0], output(layer, n, n, c))


RECURRENT = {"rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}


@pytest.mark.parametrize("id", RECURRENT)
@pytest.mark.parametrize(("n", "m", "T"), [(3, 4, 5), (10, 1, 2)])
def test_recurrent_layers(id: str, n: int, m: int, T: int) -> None:
    """Counts, the shapes of kernel and recurrent kernel, both directions, and what comes out."""
    layer = built(RECURRENT[id](m), T, n)
    ours = ask(id, "keras", n=n, m=m, T=T)
    assert ours["parameters"] == count(layer)[0]
    kernel, recurrent, bias = (tuple(w.shape) for w in layer.weights)
    assert (ours["input_matrix"], ours["recurrent_matrix"]) == (kernel, recurrent)
    assert ours["biases"] == math.prod(bias)
    assert ask(id, "many-to-one", n=n, m=m, T=T)["output"] == output(layer, T, n)
    assert ours["output"] == output(RECURRENT[id](m, return_sequences=True), T, n)
    both = built(layers.Bidirectional(RECURRENT[id](m)), T, n)
    assert ask(id, "keras", n=n, m=m, T=T, D=2)["parameters"] == count(both)[0]
    for peephole in ("lstm_peephole", "lstm_peephole_full"):
        assert ask(peephole, "many-to-one", n=n, m=m, T=T)["output"] == output(layers.LSTM(m), T, n)


@pytest.mark.parametrize(("n", "m", "q"), [(3, 4, 2), (5, 1, 7)])
def test_recurrent_networks(n: int, m: int, q: int) -> None:
    net = keras.Sequential([keras.Input((4, n)), layers.SimpleRNN(m, return_sequences=True), layers.Dense(q)])
    ours = ask("rnn_output", "keras", n=n, m=m, q=q, T=4)
    assert (ours["parameters"], ours["output"]) == (net.count_params(), tuple(net.output_shape[1:]))
    assert ours["output_matrix"] == tuple(net.layers[-1].kernel.shape)
    encoder, decoder = built(layers.LSTM(m), 4, n), built(layers.LSTM(m), 4, n)
    head = built(layers.Dense(q), m)
    wanted = sum(count(layer)[0] for layer in (encoder, decoder, head))
    assert ask("seq2seq", "keras", n=n, m=m, q=q, S=4, T=4)["parameters"] == wanted


def test_convolutional_lstm() -> None:
    layer = built(layers.ConvLSTM2D(5, 3, padding="same"), 4, 8, 8, 2)
    ours = ask("convlstm", "keras", n=8, f=3, c=2, k=5, T=4)
    assert ours["parameters"] == count(layer)[0]


def test_dropout_divides_what_it_keeps() -> None:
    """rate drops; what is kept is divided by 1 − rate in training, and nothing is done in use."""
    ours = ask("dropout", "drop", n=2000, p=0.25)
    layer = layers.Dropout(0.25, seed=1, dtype="float64")
    trained = layer(np.ones((1, 2000)), training=True).detach().numpy()
    assert set(trained.ravel().tolist()) == {0.0, float(ours["training_scale"])}
    assert int((trained > 0).sum()) == pytest.approx(float(ours["expected"]), abs=120)
    assert set(layer(np.ones((1, 50)), training=False).detach().numpy().ravel().tolist()) == {float(ours["test_scale"])}


@pytest.mark.parametrize(
    ("function", "id", "slope"), [("relu", "activation_relu", {}), ("leaky_relu", "activation_leaky_relu", {"a": 0.3})]
)
def test_slopes_at_zero(function: str, id: str, slope: dict[str, float]) -> None:
    x = torch.tensor([-2.0, 0.0, 3.0], dtype=torch.float64, requires_grad=True)
    getattr(keras.ops, function)(x, **({"negative_slope": 0.3} if slope else {})).sum().backward()
    ours = tuple(ask(id, "textbook", x=value, **slope)["derivative"] for value in (-2, 0, 3))
    close(ours, x.grad)


def test_the_slope_of_a_leaky_layer_unless_given() -> None:
    assert layers.LeakyReLU().negative_slope == 0.3


@pytest.mark.parametrize(("N", "B"), [(10, 3), (12, 4), (2, 5)])
def test_batches(N: int, B: int) -> None:
    """model.fit takes a last, smaller batch too."""
    from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

    ours = ask("updates", "textbook", N=N, B=B)
    assert ours["per_epoch"] == ArrayDataAdapter(np.zeros((N, 1)), batch_size=B).num_batches


def test_clipping_by_norm() -> None:
    """A gradient longer than the threshold is shortened, a shorter one left."""
    for g, theta in (((3, 4), 1), ((0.3, 0.4), 1)):
        weight = keras.Variable(np.zeros(2), dtype="float64")
        optimiser = keras.optimizers.SGD(1.0, clipnorm=theta)
        optimiser.apply([torch.tensor([float(x) for x in g], dtype=torch.float64)], [weight])
        close(tuple(-x for x in ask("clip_norm", "textbook", g=g, theta=theta)["clipped"]), weight.value)


@pytest.mark.parametrize(("f", "s", "d"), [(2, 1, 1), (3, 2, 1), (4, 2, 1), (2, 3, 1), (5, 3, 1), (3, 1, 2)])
def test_a_transposed_convolution_by_hand_with_same_padding(f: int, s: int, d: int) -> None:
    made = layers.Conv2DTranspose(1, f, strides=s, dilation_rate=d, padding="same", use_bias=False, dtype="float64")
    made.build((1, 2, 3, 1))
    kernel = np.arange(f * f, dtype=float).reshape(f, f, 1, 1) - 2
    made.set_weights([kernel])
    x = np.array([[1.0, 2, 4], [8, 16, 32]])
    theirs = np.asarray(made(x[None, ..., None]).detach())[0, ..., 0]
    ours = ask("conv_transpose_by_hand_same", x=(whole(x),), w=((whole(kernel[..., 0, 0]),),), b=(0,), s=s, d=d)
    assert ours["output"] == (whole(theirs),)


def whole(rows: Any) -> Any:
    return tuple(tuple(map(int, row)) for row in rows)
