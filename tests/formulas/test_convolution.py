"""Convolution in one, two and three dimensions, "same" padding, the transposed form, and what their mistakes give."""

from math import ceil, floor, prod
from typing import Any

import pytest
from asking import ask, judge, named, wrong
from hypothesis import assume, given
from hypothesis import strategies as st
from naive import convolution as naive

import dlcalc
from dlcalc.errors import UserError
from dlcalc.expressions.answers import Answer
from dlcalc.expressions.parser import parse
from dlcalc.formulas.inverse import find
from dlcalc.formulas.registry import formula

AXES = {"conv1d": 1, "conv": 2, "conv3d": 3}
SIZE, FILTER, STRIDE, PADDING, DILATION = (st.integers(*ends) for ends in ((1, 24), (1, 6), (1, 4), (0, 3), (1, 3)))


def pair(of: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(of, of)


@pytest.mark.parametrize(
    ("given", "output"),
    [
        ({"n": 227, "f": 11, "s": 4, "k": 96}, (55, 55, 96)),  # AlexNet (Krizhevsky et al., 2012)
        ({"n": 32, "f": 5, "k": 6}, (28, 28, 6)),  # LeNet-5 (LeCun et al., 1998)
        ({"n": 8, "f": 3, "k": 1}, (6, 6, 1)),
        ({"n": 8, "f": 3, "p": 1, "k": 1}, (8, 8, 1)),
        ({"n": 5, "c": 3, "k": 2, "f": 3, "s": 2, "p": 1}, (3, 3, 2)),
        ({"n": (20, 30), "f": (3, 5), "s": (2, 1), "p": (1, 0), "d": (1, 2), "k": 4}, (10, 22, 4)),
    ],
)
def test_output_of_known_convolutions(given: dict[str, object], output: tuple[int, ...]) -> None:
    assert ask("conv", **given)["output"] == output


@pytest.mark.parametrize(
    ("f", "c", "k", "weights", "parameters"),
    [
        (3, 3, 5, 135, 140),
        (11, 3, 96, 34_848, 34_944),
        (5, 96, 256, 614_400, 614_656),
        (3, 256, 256, 589_824, 590_080),
    ],
)
def test_parameters_of_known_convolutions(f: int, c: int, k: int, weights: int, parameters: int) -> None:
    """One bias per filter; the second and third are AlexNet's."""
    layer = ask("conv", f=f, c=c, k=k)
    assert (layer["weights"], layer["biases"], layer["parameters"]) == (weights, k, parameters)
    assert ask("conv", "no-bias", f=f, c=c, k=k)["parameters"] == weights


def test_cost_of_the_first_layer_of_alexnet() -> None:
    layer = ask("conv", n=227, f=11, s=4, c=3, k=96)
    assert (layer["macs"], layer["flops"]) == (105_415_200, 210_830_400)
    assert layer["activation_memory"] == 4 * 55 * 55 * 96
    assert layer["memory"] == 4 * (55 * 55 * 96 + 34_944)


@pytest.mark.parametrize("id", AXES)
@given(data=st.data())
def test_every_axis_counts_its_windows(id: str, data: st.DataObject) -> None:
    """Axes that differ, with each its own size, filter, stride, padding and dilation."""
    axes = [data.draw(st.tuples(SIZE, FILTER, STRIDE, PADDING, DILATION)) for _ in range(AXES[id])]
    assume(all(n + 2 * p > d * (f - 1) for n, f, s, p, d in axes))
    n, f, s, p, d = zip(*axes, strict=True)
    layer = ask(id, n=n, f=f, s=s, p=p, d=d, c=2, k=3)
    sizes = tuple(len(naive.starts(*axis)) for axis in axes)
    assert layer["output"] == (*sizes, 3)
    assert layer["weights"] == len(naive.weights(f, 2, 3))
    assert layer["macs"] == len(naive.weights(f, 2, 3)) * prod(sizes)
    assert layer["memory"] == naive.memory(sizes, f, 2, 3)
    if all(s <= d * (f - 1) + 1 for n, f, s, p, d in axes):
        lost = tuple(naive.unread_at_the_end(*axis) for axis in axes)
        assert layer.state.values["lost"] == lost


@given(n=pair(st.integers(4, 7)), f=pair(st.integers(1, 4)), groups=st.sampled_from([1, 2, 3, 6]))
def test_groups_divide_the_weights(n: tuple[int, int], f: tuple[int, int], groups: int) -> None:
    layer = ask("conv", n=n, f=f, c=6, k=12, groups=groups)
    assert layer["weights"] == len(naive.weights(f, 6, 12, groups))
    assert layer["macs"] == naive.macs(tuple(layer["output"][:2]), f, 6, 12, groups)
    assert layer["parameters"] == layer["weights"] + 12


def test_letters_are_left_over() -> None:
    layer = ask("conv", n=227, f=11, s=4)
    assert layer.shown("output") == (55, 55, parse("k"))
    assert layer.shown("parameters") == parse("(121c + 1)k")
    assert layer.shown("macs") == parse("366025*c*k")
    assert judge("conv", "parameters", "k(f^2 c + 1)").correct
    assert "channels-forgotten" in named(judge("conv", "parameters", "k f^2 + k"))


def test_alexnet_with_224_leaves_a_row_unread() -> None:
    layer = ask("conv", n=224, f=11, s=4)
    assert layer["o"] == 54
    assert layer.warnings == (
        "the stride does not fit: (224 − 11)/4 is not whole: the last 1 row and column never read",
    )


@pytest.mark.parametrize(
    ("id", "lost"), [("conv1d", "2 positions"), ("conv", "2 rows and columns"), ("conv3d", "2 slices")]
)
def test_what_is_lost_is_named_by_the_number_of_axes(id: str, lost: str) -> None:
    assert ask(id, n=12, f=4, s=3).warnings[0].endswith(f"the last {lost} never read")


def test_resnet_loses_only_padding() -> None:
    """224 with f 7, s 2, p 3: of the padded 230, the pixel that is left over is padding."""
    assert ask("conv", n=224, f=7, s=2, p=3).warnings == (
        "the stride does not fit: (230 − 7)/2 is not whole, but only padding is left over: every pixel of the input is "
        "read",
    )


def test_a_stride_larger_than_the_filter_skips_pixels() -> None:
    assert ask("conv", n=7, f=(3, 1), s=3).warnings == (
        "height: the stride does not fit: (7 − 3)/3 is not whole: the last 1 row and column never read",
        "width: the stride 3 is larger than the filter 1: the pixels between two positions are never read",
    )


@pytest.mark.parametrize("id", AXES)
def test_a_filter_larger_than_the_input_is_refused(id: str) -> None:
    with pytest.raises(UserError, match=r"^the filter does not fit: f = 9 is larger than the padded input 7$"):
        ask(id, n=7, f=9)
    with pytest.raises(UserError, match=r"^the filter does not fit: f = 9 is larger than the padded input 8$"):
        ask(id, n=6, f=5, d=2, p=1)


def test_the_axis_that_does_not_fit_is_named() -> None:
    with pytest.raises(UserError, match=r"^width: the filter does not fit: f = 9 is larger than the padded input 7$"):
        ask("conv", n=(20, 7), f=9)


@pytest.mark.parametrize("id", ["conv", "conv_same", "conv_transposed"])
def test_groups_divide_channels_and_filters(id: str) -> None:
    with pytest.raises(UserError, match=r"^groups must divide both c and k: 3 does not divide 6 and 16$"):
        ask(id, n=8, f=3, c=6, k=16, groups=3)


@given(n=SIZE, f=FILTER, s=STRIDE, p=PADDING, d=DILATION)
def test_what_the_mistakes_of_the_size_give(n: int, f: int, s: int, p: int, d: int) -> None:
    span = d * (f - 1) + 1
    assume(n + 2 * p >= span)
    made = wrong("conv", "o", n=n, f=f, s=s, p=p, d=d)
    given = {mistake: value[0] for mistake, value in made.items()}
    assert given["no-plus-one"] == (n + 2 * p - span) // s
    assert given["padding-once"] == (n + p - span) // s + 1
    assert given["padding-forgotten"] == (n - span) // s + 1
    assert given["stride-ignored"] == n + 2 * p - span + 1
    assert given["rounded-up"] == ceil((n + 2 * p - span) / s) + 1
    assert given["plus-one-inside"] == floor((n + 2 * p - span + 1) / s)
    assert given["size-after-division"] == (n + 2 * p) // s - span + 1
    assert given["size-added"] == (n + 2 * p + span) // s + 1
    assert given["dilation-ignored"] == (n + 2 * p - f) // s + 1
    assert given["dilation-times-size"] == (n + 2 * p - d * f) // s + 1


def test_what_the_mistakes_of_the_counts_give() -> None:
    """Six channels of 28×28, 16 filters of 3×3: 864 weights, 16 biases, output 26×26."""
    given = wrong("conv", "parameters", n=28, f=3, c=6, k=16)
    assert given == {
        **given,
        "biases-forgotten": 864,
        "channels-forgotten": 9 * 16 + 16,
        "one-bias": 865,
        "bias-per-channel": (9 + 1) * 6 * 16,
        "filters-forgotten": 54 + 16,
        "filter-not-squared": 3 * 6 * 16 + 16,
        "input-for-filter": 28 * 28 * 6 * 16 + 16,
        "weights-per-position": 26 * 26 * 864 + 16,
        "bias-per-position": 864 + 26 * 26 * 16,
    }
    assert wrong("conv", "weights", f=3, c=6, k=16, n=28, groups=2)["groups-ignored"] == 864


def test_what_the_mistakes_of_the_cost_give() -> None:
    values = {"n": 28, "f": 3, "c": 6, "k": 16}
    given = wrong("conv", "macs", **values)
    assert given["macs-per-input"] == 28 * 28 * 864
    assert given["macs-one-position"] == 864
    assert given["flops-for-macs"] == ask("conv", **values)["flops"] == 2 * 26 * 26 * 864
    assert wrong("conv", "flops", **values)["macs-for-flops"] == 26 * 26 * 864
    assert wrong("conv", "memory", **values)["activations-not-bytes"] == 26 * 26 * 16 + 4 * 880
    assert wrong("conv", "parameter_memory", **values)["parameters-not-bytes"] == 880


def test_a_wrong_shape_is_named() -> None:
    given = wrong("conv", "output", n=(20, 30), f=3, c=2, k=5)
    assert given["depth-is-channels"] == (18, 28, 2)
    assert given["axes-swapped"] == (28, 18, 5)
    assert named(judge("conv", "output", "(28, 18, 5)", n=(20, 30), f=3, c=2, k=5)) == ["axes-swapped"]


def test_forgotten_channels_are_named_first() -> None:
    verdict = judge("conv", "parameters", "160", n=28, f=3, c=6, k=16)
    assert not verdict.correct
    assert verdict.mistakes[0].id == "channels-forgotten"
    assert verdict.mistakes[0].because.endswith("the channels are left out")


def test_without_biases_the_count_with_them_is_wrong() -> None:
    """3·3·3·5 = 135 weights and no bias: 135 + 5 counts what the question has left out, which no convention excuses."""
    verdict = judge("conv", "parameters", "140", "no-bias", n=8, f=3, c=3, k=5)
    assert (verdict.correct, verdict.convention, verdict.expected) == (False, None, 135)
    assert judge("conv", "parameters", "140", n=8, f=3, c=3, k=5).correct
    assert not judge("conv", "parameters", "135", n=8, f=3, c=3, k=5).correct


def test_one_axis_has_no_mistakes_of_two() -> None:
    """With one axis nothing can be swapped, f needs no square, and the stride is that of all axes."""
    one = {mistake.id for mistake in formula("conv1d").mistakes}
    assert {mistake.id for mistake in formula("conv").mistakes} - one == {
        "axes-swapped", "filter-not-squared", "one-axis-of-positions", "stride-on-one-axis", "stride-on-the-other-axis"
    }  # fmt: skip


# "same" padding


@pytest.mark.parametrize(
    ("n", "f", "s", "o", "begin", "end"),
    [(6, 3, 2, 3, 0, 1), (224, 7, 2, 112, 2, 3), (28, 5, 1, 28, 2, 2), (28, 4, 1, 28, 1, 2), (7, 1, 3, 3, 0, 0)],
)
def test_same_padding_of_known_layers(n: int, f: int, s: int, o: int, begin: int, end: int) -> None:
    """TensorFlow's SAME: the padding depends on the input size, and the odd pixel goes to the end."""
    layer = ask("conv_same", n=n, f=f, s=s)
    assert (layer["o"], layer["pad_begin"], layer["pad_end"]) == (o, begin, end)
    assert ask("conv_same", "same-lower", n=n, f=f, s=s)["pad_begin"] == end


@given(n=pair(SIZE), f=pair(FILTER), s=pair(STRIDE), d=pair(DILATION))
def test_same_padding_reaches_as_far_as_the_last_window(
    n: tuple[int, int], f: tuple[int, int], s: tuple[int, int], d: tuple[int, int]
) -> None:
    layer = ask("conv_same", n=n, f=f, s=s, d=d, c=2, k=3)
    expected = [naive.same_padding(*axis) for axis in zip(n, f, s, d, strict=True)]
    values = layer.state.values
    assert list(zip(values["o"], values["pad_begin"], values["pad_end"], strict=True)) == expected
    assert layer["output"] == (expected[0][0], expected[1][0], 3)
    assert layer["macs"] == naive.macs((expected[0][0], expected[1][0]), f, 2, 3)


@given(n=SIZE, f=FILTER, s=STRIDE, d=DILATION)
def test_same_size_is_that_of_a_convolution_with_that_padding(n: int, f: int, s: int, d: int) -> None:
    """Padded by hand, the ordinary formula gives the same size."""
    layer = ask("conv_same", n=n, f=f, s=s, d=d)
    assert ask("conv", n=n + layer["pad"], f=f, s=s, d=d)["o"] == layer["o"]


def test_same_letters() -> None:
    layer = ask("conv_same", s=2, f=3)
    assert layer.shown("o") == parse("⌈n/2⌉", {"n": formula("conv").declarations[0].kinds["c"]})
    assert layer.shown("parameters") == parse("(9c + 1)k")
    assert ask("conv_same").shown("pad") == parse("f - 1")


def test_pytorch_refuses_same_padding_with_a_stride() -> None:
    assert ask("conv_same", n=8, f=3).warnings == ()
    assert ask("conv_same", n=8, f=3, s=2).warnings == (
        "PyTorch refuses “same” padding with a stride of 2; this is TensorFlow's and Keras's",
    )


@given(n=SIZE, f=FILTER, s=STRIDE)
def test_what_the_mistakes_of_same_padding_give(n: int, f: int, s: int) -> None:
    given = {mistake: value[0] for mistake, value in wrong("conv_same", "o", n=n, f=f, s=s).items()}
    assert given["rounded-down"] == n // s
    assert given["stride-ignored"] == n
    assert given["padding-forgotten"] == (n - f) // s + 1
    assert given["padding-of-each-side-in-output"] == (n + 2 * (f - 1) - f) // s + 1
    assert given["half-filter-padded"] == floor((n + 2 * (f / 2) - f) / s) + 1
    padding = {mistake: value[0] for mistake, value in wrong("conv_same", "pad", n=n, f=f, s=s).items()}
    assert padding["padding-of-stride-one"] == f - 1
    assert padding["padding-of-each-side"] == 2 * (f - 1)
    at_end = wrong("conv_same", "pad_end", n=n, f=f, s=s)["odd-pixel-forgotten"][0]
    assert at_end == naive.same_padding(n, f, s)[1]


# the transposed form


@pytest.mark.parametrize(
    ("given", "o"),
    [
        ({"n": 2, "f": 2}, 3),
        ({"n": 5, "f": 4, "s": 2}, 12),
        ({"n": 4, "f": 4, "s": 2, "p": 1}, 8),  # DCGAN's doubling layer (Radford et al., 2015)
        ({"n": 14, "f": 7, "s": 16}, 215),
        ({"n": 3, "f": 3, "s": 2, "p": 1, "output_padding": 1}, 6),
        ({"n": 8, "f": 2, "s": 3, "output_padding": 2}, 25),
    ],
)
def test_transposed_sizes(given: dict[str, int], o: int) -> None:
    assert ask("conv_transposed", **given)["o"] == o
    assert ask("conv1d_transposed", **given)["o"] == o
    assert ask("conv3d_transposed", **given)["output"][:3] == (o, o, o)


@pytest.mark.parametrize(
    ("given", "o"),
    [
        ({"n": 14, "f": 7, "s": 16}, 224),
        ({"n": 14, "f": 16, "s": 7}, 107),
        ({"n": 8, "f": 2, "s": 3, "output_padding": 2}, 25),
        ({"n": 8, "f": 1, "s": 3, "output_padding": 1}, 23),
    ],
)
def test_keras_keeps_the_gap_after_the_last_filter(given: dict[str, int], o: int) -> None:
    """(n − 1)s + max(f, s), unless an output padding is given."""
    assert ask("conv_transposed", "keras", **given)["o"] == o


def test_keras_size_is_recognised() -> None:
    verdict = judge("conv_transposed", "o", "224", n=14, f=7, s=16)
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "keras"


@given(data=st.data(), n=pair(SIZE), f=pair(FILTER), s=pair(STRIDE), p=pair(PADDING), d=pair(DILATION))
def test_transposed_lays_the_filter_down(
    data: st.DataObject,
    n: tuple[int, int],
    f: tuple[int, int],
    s: tuple[int, int],
    p: tuple[int, int],
    d: tuple[int, int],
) -> None:
    extra = tuple(data.draw(st.integers(0, max(*ends) - 1)) for ends in zip(s, d, strict=True))
    painted = [naive.painted(*axis) for axis in zip(n, f, s, d, strict=True)]
    sizes = tuple(full - 2 * cut + more for full, cut, more in zip(painted, p, extra, strict=True))
    assume(min(sizes) >= 1)
    layer = ask("conv_transposed", n=n, f=f, s=s, p=p, d=d, output_padding=extra, c=2, k=3)
    assert layer["output"] == (*sizes, 3)
    assert layer["macs"] == naive.macs(n, f, 2, 3)
    assert layer["memory"] == naive.memory(sizes, f, 2, 3)
    plain = ask("conv_transposed", "keras", n=n, f=f, s=s, d=d)
    assert plain.state.values["o"] == tuple(naive.painted_with_gaps(*axis) for axis in zip(n, f, s, d, strict=True))


@given(n=SIZE, f=FILTER, s=STRIDE, p=PADDING, d=DILATION)
def test_transposed_undoes_the_size_of_a_convolution(n: int, f: int, s: int, p: int, d: int) -> None:
    """With what the stride had left over as output padding."""
    assume(n + 2 * p >= d * (f - 1) + 1)
    there = ask("conv", n=n, f=f, s=s, p=p, d=d)
    back = ask("conv_transposed", n=there["o"], f=f, s=s, p=p, d=d, output_padding=there["remainder"])
    assert back["o"] == n


@given(n=SIZE, f=FILTER, s=STRIDE, p=PADDING)
def test_what_the_mistakes_of_the_transposed_size_give(n: int, f: int, s: int, p: int) -> None:
    assume((n - 1) * s - 2 * p + f >= 1)
    given = {m: value[0] for m, value in wrong("conv_transposed", "o", n=n, f=f, s=s, p=p).items()}
    assert given["forward-formula"] == (n + 2 * p - f) // s + 1
    assert given["no-minus-one"] == n * s - 2 * p + f
    assert given["padding-once"] == (n - 1) * s - p + f
    assert given["padding-forgotten"] == (n - 1) * s + f
    assert given["padding-added"] == (n - 1) * s + 2 * p + f
    assert given["size-times-stride"] == n * s - 2 * p
    assert given["stride-ignored"] == n - 1 - 2 * p + f


def test_what_forgetting_output_padding_and_dilation_gives() -> None:
    """Three inputs, f 3, s 2, p 1, d 2, output padding 1: 2·2 + 5 − 2 + 1 = 8."""
    values = {"n": 3, "f": 3, "s": 2, "p": 1, "d": 2, "output_padding": 1}
    assert ask("conv_transposed", **values)["o"] == 8
    given = {m: value[0] for m, value in wrong("conv_transposed", "o", **values).items()}
    assert (given["output-padding-forgotten"], given["output-padding-twice"]) == (7, 9)
    assert (given["dilation-ignored"], given["dilation-times-size"]) == (6, 9)
    cost = wrong("conv_transposed", "macs", **values, c=2, k=5)
    assert cost["macs-per-output"] == 8 * 8 * 90
    assert cost["flops-for-macs"] == 2 * 3 * 3 * 90


def test_transposed_letters() -> None:
    assert ask("conv_transposed", s=2, f=4, p=1).shown("o") == parse("2(n - 1) + 2")
    assert judge("conv_transposed", "o", "2n", f=4, s=2, p=1).correct


def test_output_padding_is_smaller_than_stride_or_dilation() -> None:
    with pytest.raises(
        UserError, match=r"^the output padding must be smaller than the stride or the dilation: 2 is not below 2 or 1$"
    ):
        ask("conv_transposed", n=3, f=3, s=2, output_padding=2)


def test_cropping_leaves_something() -> None:
    with pytest.raises(UserError, match=r"^the padding crops away the whole output: 2·3 of 5 pixels$"):
        ask("conv_transposed", n=3, f=3, p=3)


def test_an_uneven_transposed_convolution_warns() -> None:
    assert ask("conv_transposed", n=4, f=4, s=2).warnings == ()
    assert ask("conv_transposed", n=4, f=3, s=2).warnings == (
        "the stride 2 does not divide the filter 3: some outputs sum more products than their neighbours (a "
        "checkerboard)",
    )
    assert ask("conv_transposed", n=4, f=2, s=3).warnings == (
        "the stride 3 is larger than the filter 2: some outputs lie between the filters and hold only the bias",
    )


# backwards


@pytest.mark.parametrize(
    ("id", "given", "o", "found"),
    [
        ("conv", {"n": 227, "f": 11}, 55, [{"s": 4}]),
        ("conv_same", {"n": 32}, 16, [{"s": 2}]),
        ("conv_same", {"s": 2}, 16, [{"n": 31}, {"n": 32}]),
        ("conv_transposed", {"n": 1, "s": 1, "p": 0}, 4, [{"f": 4}]),
        ("conv_transposed", {"n": 14, "f": 16}, 224, [{"s": 16}]),
    ],
)
def test_the_unknown_is_found(id: str, given: dict[str, int], o: int, found: list[dict[str, int]]) -> None:
    assert list(find(formula(id), given, {"o": Answer("", o)}).found) == found


@pytest.mark.parametrize(
    ("given", "o"),
    [
        ({"n": 8, "f": 3, "pad_begin": (1, 2), "pad_end": (0, 3)}, (7, 11)),
        ({"n": 224, "f": 3, "s": 2, "pad_end": 1}, (112, 112)),  # the first layer of MobileNet in Keras
        ({"n": 5, "f": 4, "pad_begin": 1, "pad_end": 2}, (5, 5)),  # an even filter that keeps the size
    ],
)
def test_sizes_with_each_side_padded_by_itself(given: dict[str, Any], o: tuple[int, int]) -> None:
    assert ask("conv_asymmetric", **given).state.values["o"] == o


@given(n=SIZE, f=FILTER, s=STRIDE, begin=PADDING, end=PADDING, d=DILATION)
def test_padding_of_each_side_is_added_to_the_input(n: int, f: int, s: int, begin: int, end: int, d: int) -> None:
    """The same as an input that has the zeros already; with equal sides the ordinary convolution."""
    assume(n + begin + end >= d * (f - 1) + 1)
    layer = ask("conv_asymmetric", n=n, f=f, s=s, pad_begin=begin, pad_end=end, d=d, c=2, k=3)
    wide = ask("conv", n=n + begin + end, f=f, s=s, d=d, c=2, k=3)
    assert all(layer[name] == wide[name] for name in ("o", "parameters", "macs", "memory"))
    last = naive.starts(n + begin + end, f, s, 0, d)[-1] + naive.taps(f, d)[-1] - begin
    assert layer["lost"] == len([pixel for pixel in range(n) if pixel > last])
    if n + 2 * begin >= d * (f - 1) + 1:
        even = ask("conv_asymmetric", n=n, f=f, s=s, pad_begin=begin, pad_end=begin, d=d)
        assert even["o"] == ask("conv", n=n, f=f, s=s, p=begin, d=d)["o"]


def test_what_is_wrong_with_sides_padded_by_themselves() -> None:
    """10 with 1 before and 3 after, filter 3: 12. One side alone gives 9 or 11, one of them twice 10 or 14."""
    values = {"n": 10, "f": 3, "pad_begin": 1, "pad_end": 3}
    assert ask("conv_asymmetric", **values)["o"] == 12
    given = {mistake: value[0] for mistake, value in wrong("conv_asymmetric", "o", **values).items()}
    wanted = {"one-side": 9, "end-only": 11, "first-padding-twice": 10, "second-padding-twice": 14}
    assert {mistake: given[mistake] for mistake in wanted} == wanted


@given(n=SIZE, f=FILTER, s=STRIDE, d=DILATION)
def test_a_causal_filter_reaches_back_and_never_forward(n: int, f: int, s: int, d: int) -> None:
    """Each window ends on an input, the first on the first one; the padding is what they reach before it."""
    layer = ask("conv1d_causal", n=n, f=f, s=s, d=d, c=2, k=3)
    ends = list(range(0, n, s))
    assert layer["o"] == len(ends)
    assert (layer["pad_begin"], layer["pad_end"]) == (-(ends[0] - naive.taps(f, d)[-1]), 0)
    assert ask("conv1d", n=n + layer["pad_begin"], f=f, s=s, d=d, c=2, k=3)["o"] == layer["o"]
    assert layer["macs"] == naive.macs((len(ends),), (f,), 2, 3)


def test_causal_letters() -> None:
    """f 2, d 8: the length stays L, with 8 zeros before and none after."""
    layer = dlcalc.conv1d(n="L", f=2, d=8, causal=True)
    assert (str(layer.o), layer.pad_begin, layer.pad_end) == ("L", 8, 0)
    assert judge("conv1d_causal", "pad_begin", "d(f - 1)").correct
    verdict = judge("conv1d_causal", "pad_begin", "4", f=2, d=8)
    assert "padding-on-both-sides" in {mistake.id for mistake in verdict.mistakes}


@given(n=SIZE, f=FILTER, s=STRIDE, d=DILATION)
def test_transposed_same_multiplies_the_size(n: int, f: int, s: int, d: int) -> None:
    layer = ask("conv_transposed_same", n=n, f=f, s=s, d=d, c=2, k=3)
    assert layer["o"] == n * s
    cut = layer["crop_begin"] + layer["crop_end"]
    assert naive.painted_with_gaps(n, f, s, d) - cut == n * s
    assert 0 <= layer["crop_end"] - layer["crop_begin"] <= 1
    assert layer["macs"] == naive.macs((n, n), (f, f), 2, 3)
