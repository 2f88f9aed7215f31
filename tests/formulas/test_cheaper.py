"""Depthwise separable convolution, bottleneck, squeeze-and-excitation, and dense layers held against convolutions."""

from fractions import Fraction

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given
from hypothesis import strategies as st
from naive import cheaper as naive
from naive import convolution as naive_convolution

from dlcalc.errors import UserError
from dlcalc.expressions.parser import parse

PAIR = st.tuples(st.integers(3, 6), st.integers(3, 6))
FILTER = st.tuples(st.integers(1, 3), st.integers(1, 3))
FEW = st.integers(1, 4)


def test_a_separable_layer_of_mobilenet() -> None:
    """14×14, 512 channels to 512: 8 to 9 times cheaper (Howard et al., 2017)."""
    layer = ask("depthwise_separable", n=14, f=3, p=1, c=512, k=512)
    assert layer["output"] == (14, 14, 512)
    assert layer["weights"] == 9 * 512 + 512 * 512 == 266_752
    assert layer["macs"] == 14 * 14 * 266_752
    assert layer["ordinary_macs"] == ask("conv", n=14, f=3, p=1, c=512, k=512)["macs"] == 462_422_016
    assert layer["mac_ratio"] == Fraction(1, 512) + Fraction(1, 9)
    assert 8 < 1 / layer["mac_ratio"] < 9


def test_biases_between_the_two_parts_are_a_convention() -> None:
    """32 → 64 channels, 3×3: 2,336 weights; 96 biases with two layers, 64 in Keras's SeparableConv2D."""
    counts = [
        ask("depthwise_separable", convention, f=3, c=32, k=64)["parameters"]
        for convention in ("textbook", "keras", "no-bias")
    ]
    assert counts == [2_336 + 96, 2_336 + 64, 2_336]
    assert ask("depthwise_separable", "no-bias", f=3, c=32, k=64)["ordinary_parameters"] == 9 * 32 * 64
    verdict = judge("depthwise_separable", "parameters", "2400", f=3, c=32, k=64, n=8)
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "keras"


@given(n=PAIR, f=FILTER, s=FILTER, c=FEW, k=FEW)
def test_separable_counts_its_weights(
    n: tuple[int, int], f: tuple[int, int], s: tuple[int, int], c: int, k: int
) -> None:
    layer = ask("depthwise_separable", n=n, f=f, s=s, c=c, k=k)
    o = tuple(layer["output"][:2])
    assert o == tuple(len(naive_convolution.starts(*axis)) for axis in zip(n, f, s, strict=True))
    assert layer["weights"] == naive.separable_weights(f, c, k)
    assert layer["macs"] == naive.separable_macs(o, f, c, k)
    assert layer["mac_ratio"] == Fraction(naive.separable_macs(o, f, c, k), naive_convolution.macs(o, f, c, k))
    assert layer["parameter_ratio"] == Fraction(layer["parameters"], ask("conv", f=f, c=c, k=k)["parameters"])
    assert layer["activation_memory"] == 4 * o[0] * o[1] * (c + k)


def test_what_the_mistakes_of_a_separable_convolution_give() -> None:
    """32 → 64 channels, 3×3, 28 → 14: 288 and 2,048 weights."""
    values = {"n": 28, "f": 3, "s": 2, "p": 1, "c": 32, "k": 64}
    given = wrong("depthwise_separable", "weights", **values)
    assert given == {
        "ordinary-convolution": 18_432,
        "ordinary-convolution-weights": 18_432,
        "pointwise-forgotten": 288,
        "depthwise-with-all-channels": 9 * 32 * 32 + 2048,
        "one-depthwise-filter": 9 + 2048,
        "depthwise-filter-per-output": 9 * 64 + 2048,
        "pointwise-with-filter-size": 288 + 9 * 2048,
        "depthwise-forgotten": 2048,
    }
    cost = wrong("depthwise_separable", "macs", **values)
    assert cost["pointwise-macs-forgotten"] == 14 * 14 * 288
    assert cost["pointwise-macs-per-input"] == 14 * 14 * 288 + 28 * 28 * 2048
    assert cost["padding-forgotten"] == 13 * 13 * 2336
    assert wrong("depthwise_separable", "biases", **values)["biases-forgotten"] == 0
    assert wrong("depthwise_separable", "mac_ratio", **values)["shares-multiplied"] == Fraction(1, 9 * 64)
    upside_down = wrong("depthwise_separable", "mac_ratio", **values)["mac-ratio-upside-down"]
    assert upside_down == 1 / (Fraction(1, 64) + Fraction(1, 9))
    memory = wrong("depthwise_separable", "activation_memory", **values)
    assert memory["activations-of-the-last"] == 4 * 14 * 14 * 64


def test_separable_letters() -> None:
    assert ask("depthwise_separable", f=3).shown("weights") == parse("9c + c*k")
    assert ask("depthwise_separable", f=3).shown("mac_ratio") == parse("1/k + 1/9")
    assert judge("depthwise_separable", "mac_ratio", "1/k + 1/f^2").correct


def test_bottleneck_before_a_five_by_five_filter() -> None:
    """28×28×192 to 32 maps: 120,422,400 multiply-accumulates, with a bottleneck of 16 only 12,443,648."""
    layer = ask("bottleneck", n=28, f=5, p=2, c=192, k=32, b=16)
    assert (layer["ordinary_macs"], layer["macs"]) == (120_422_400, 12_443_648)
    assert layer["macs"] == 28 * 28 * 192 * 16 + 28 * 28 * 25 * 16 * 32
    assert layer["weights"] == 192 * 16 + 25 * 16 * 32
    assert layer["biases"] == 48
    assert ask("bottleneck", "no-bias", n=28, f=5, p=2, c=192, k=32, b=16)["parameters"] == layer["weights"]


@given(n=PAIR, f=FILTER, c=FEW, b=FEW, k=FEW)
def test_bottleneck_counts_its_weights(n: tuple[int, int], f: tuple[int, int], c: int, b: int, k: int) -> None:
    layer = ask("bottleneck", n=n, f=f, c=c, b=b, k=k)
    o = tuple(layer["output"][:2])
    assert layer["weights"] == naive.bottleneck_weights(f, c, b, k)
    assert layer["macs"] == naive.bottleneck_macs(n, o, f, c, b, k)
    assert layer["activation_memory"] == 4 * (n[0] * n[1] * b + o[0] * o[1] * k)
    saves = layer["macs"] < layer["ordinary_macs"]
    assert any("the bottleneck saves nothing" in warning for warning in layer.warnings) is not saves


def test_what_the_mistakes_of_a_bottleneck_give() -> None:
    values = {"n": 28, "f": 5, "p": 2, "c": 192, "k": 32, "b": 16}
    given = wrong("bottleneck", "weights", **values)
    assert given == {
        "reduction-forgotten": 12_800,
        "channels-not-reduced": 3_072 + 25 * 192 * 32,
        "reduction-with-filter-size": 25 * 3_072 + 12_800,
        "reduction-to-k": 192 * 32 + 12_800,
    }
    assert wrong("bottleneck", "macs", **values)["reduction-macs-forgotten"] == 10_035_200
    assert wrong("bottleneck", "biases", **values) == {"reduction-biases-forgotten": 32, "biases-forgotten": 0}


def test_squeeze_and_excitation_of_resnet_50() -> None:
    """With r = 16 it adds 2.5 million weights to ResNet-50 (Hu et al., 2018): 3, 4, 6 and 3 blocks."""
    stages = ((3, 256), (4, 512), (6, 1024), (3, 2048))
    added = [blocks * ask("squeeze_excitation", c=c, r=16)["weights"] for blocks, c in stages]
    assert sum(added) == 2_514_944
    block = ask("squeeze_excitation", c=256, r=16)
    assert (block["weights"], block["biases"], block["parameters"]) == (8_192, 272, 8_464)
    assert ask("squeeze_excitation", "no-bias", c=256, r=16)["parameters"] == 8_192


def test_squeeze_and_excitation_letters() -> None:
    assert ask("squeeze_excitation").shown("weights") == parse("2c^2/r")
    assert judge("squeeze_excitation", "parameters", "2c^2/r + c/r + c").correct


def test_what_the_mistakes_of_squeeze_and_excitation_give() -> None:
    given = wrong("squeeze_excitation", "parameters", c=64, r=4)
    assert given["one-layer"] == 64 * 16 + 80
    assert given["biases-forgotten"] == 2 * 64 * 16
    assert given["reduction-ignored"] == 2 * 64 * 64 + 128
    assert given["ratio-for-width"] == 2 * 64 * 4 + 68
    assert given["biases-as-wide"] == 2 * 64 * 16 + 128


def test_the_reduction_divides_the_channels() -> None:
    with pytest.raises(UserError, match=r"^the reduction must divide the channels: 16 does not divide 24$"):
        ask("squeeze_excitation", c=24, r=16)


def test_the_first_dense_layer_of_alexnet_as_a_convolution() -> None:
    """6×6×256 → 4096 units are 4096 filters of 6×6: 37,748,736 weights either way."""
    layer = ask("dense_as_conv", n=6, c=256, k=4096)
    assert layer["output"] == (1, 1, 4096)
    assert layer["weights"] == layer["dense_weights"] == layer["macs"] == 37_748_736
    assert layer["parameters"] == 37_752_832
    assert ask("dense_as_conv", "no-bias", n=6, c=256, k=4096)["parameters"] == 37_748_736
    assert ask("dense_as_conv", n=6, c=256).shown("parameters") == parse("9217k")


@given(n=PAIR, c=FEW, k=FEW)
def test_a_dense_layer_has_the_weights_of_its_convolution(n: tuple[int, int], c: int, k: int) -> None:
    layer = ask("dense_as_conv", n=n, c=c, k=k)
    assert layer["weights"] == layer["dense_weights"] == len(naive.pixels(n, c)) * k
    assert layer["output"] == (1, 1, k)


def test_what_the_mistakes_of_a_dense_layer_as_convolution_give() -> None:
    assert wrong("dense_as_conv", "output", n=(6, 7), c=2, k=5)["size-kept"] == (6, 7, 5)
    given = wrong("dense_as_conv", "weights", n=6, c=2, k=5)
    assert given["one-by-one-filter"] == 10
    assert given["convolution.channels-forgotten"] == 36 * 5
    assert wrong("dense_as_conv", "dense_weights", n=6, c=2, k=5)["channels-not-flattened"] == 36 * 5
    assert wrong("dense_as_conv", "parameters", n=6, c=2, k=5)["biases-forgotten"] == 360


@pytest.mark.parametrize(("n", "weights"), [(200, 120_000), (32, 3_072), (224, 150_528)])
def test_weights_of_one_neuron_on_an_image(n: int, weights: int) -> None:
    """One weight for each number of a colour image."""
    layer = ask("dense_on_image", n=n, c=3)
    assert layer["weights_per_neuron"] == layer["inputs"] == weights
    assert ask("dense_on_image", n=n, c=3, m=10)["parameters"] == 10 * weights + 10


@given(n=PAIR, c=FEW, m=FEW)
def test_every_number_of_the_image_is_an_input(n: tuple[int, int], c: int, m: int) -> None:
    layer = ask("dense_on_image", n=n, c=c, m=m)
    assert layer["weights_per_neuron"] == len(naive.pixels(n, c))
    assert layer["parameters"] == (len(naive.pixels(n, c)) + 1) * m


def test_the_weights_of_one_neuron_are_not_those_of_the_layer() -> None:
    """120,000 is often printed for the whole first hidden layer."""
    verdict = judge("dense_on_image", "weights", "120,000", n=200, c=3, m=100)
    assert not verdict.correct
    assert named(verdict)[0] == "one-neuron"


def test_what_the_mistakes_on_an_image_give() -> None:
    given = wrong("dense_on_image", "weights_per_neuron", n=(20, 30), c=3)
    assert given == {"channels-forgotten": 600, "one-side": 60, "bias-among-weights": 1801}


def test_a_filter_that_does_not_fit_is_refused() -> None:
    for id in ("depthwise_separable", "bottleneck"):
        with pytest.raises(UserError, match=r"^the filter does not fit: f = 9 is larger than the padded input 7$"):
            ask(id, n=7, f=9)
