"""Pooling, in floor and in ceil mode, and LeNet-5's trainable sub-sampling."""

from fractions import Fraction

import pytest
from asking import ask, judge, named, wrong
from hypothesis import assume, given
from hypothesis import strategies as st
from naive import pooling as naive

from dlcalc.errors import UserError
from dlcalc.expressions.answers import Answer
from dlcalc.expressions.parser import parse
from dlcalc.formulas.inverse import find
from dlcalc.formulas.registry import formula

AXIS = st.tuples(st.integers(1, 24), st.integers(1, 6), st.integers(1, 7), st.integers(0, 3), st.integers(1, 3))


@pytest.mark.parametrize(
    ("n", "f", "s", "o"),
    [(55, 3, 2, 27), (27, 3, 2, 13), (13, 3, 2, 6), (4, 2, 2, 2), (25, 2, 2, 12), (150, 2, 2, 75), (75, 2, 2, 37)],
)
def test_sizes_of_known_pooling_layers(n: int, f: int, s: int, o: int) -> None:
    """The first three are AlexNet's, the last two VGG's on an image of 150."""
    assert ask("pool", n=n, f=f, s=s, c=96)["output"] == (o, o, 96)


def test_the_window_moves_by_its_own_size() -> None:
    assert ask("pool", n=4, f=2, c=3)["output"] == (2, 2, 3)
    assert ask("pool", n=(20, 30), f=(3, 5), c=7)["output"] == (6, 6, 7)
    assert ask("pool", n=(20, 30), f=(3, 5)).defaults["s"] == (3, 5)


def test_pooling_learns_nothing() -> None:
    layer = ask("pool", n=55, f=3, s=2, c=96)
    assert [layer[name] for name in ("weights", "biases", "parameters", "macs", "flops", "parameter_memory")] == [0] * 6
    assert layer["memory"] == layer["activation_memory"] == 4 * 27 * 27 * 96
    assert layer["comparisons"] == 27 * 27 * 96 * 8


def test_two_by_two_throws_three_quarters_away() -> None:
    assert ask("pool", n=28, f=2)["discarded"] == Fraction(3, 4)
    assert wrong("pool", "discarded", n=28, f=2) == {
        **wrong("pool", "discarded", n=28, f=2),
        "kept-for-discarded": Fraction(1, 4),
        "one-axis-discarded": Fraction(1, 2),
    }


@given(height=AXIS, width=AXIS)
def test_pooling_counts_its_windows(height: tuple[int, ...], width: tuple[int, ...]) -> None:
    assume(all(n + 2 * p > d * (f - 1) for n, f, s, p, d in (height, width)))
    n, f, s, p, d = zip(height, width, strict=True)
    sizes = (len(naive.starts(*height)), len(naive.starts(*width)))
    assert ask("pool", n=n, f=f, s=s, p=p, d=d, c=3)["output"] == (*sizes, 3)


@given(height=AXIS, width=AXIS)
def test_ceil_mode_counts_the_windows_that_start_inside(height: tuple[int, ...], width: tuple[int, ...]) -> None:
    """With PyTorch's padding of at most half the window."""
    assume(all(2 * p <= f and n + 2 * p > d * (f - 1) for n, f, s, p, d in (height, width)))
    n, f, s, p, d = zip(height, width, strict=True)
    sizes = (len(naive.counted_starts(*height)), len(naive.counted_starts(*width)))
    assert ask("pool_ceil", n=n, f=f, s=s, p=p, d=d, c=3)["output"] == (*sizes, 3)


@pytest.mark.parametrize(
    ("given", "o", "every"),
    [
        ({"n": 32, "f": 1, "s": 2}, 16, 17),  # pytorch/pytorch#57178
        ({"n": 9, "f": 4, "s": 4, "p": 2}, 3, 4),
        ({"n": 2, "f": 3, "s": 3, "p": 1}, 1, 2),  # ONNX's test "ceil_last_window_starts_on_pad"
        ({"n": 21, "f": 2, "s": 2}, 11, 11),  # VGG-16 in Caffe on an image of 336
        ({"n": 112, "f": 3, "s": 2}, 56, 56),  # GoogLeNet's first pooling
        ({"n": 2, "f": 3}, 1, 1),
    ],
)
def test_ceil_mode_of_known_layers(given: dict[str, int], o: int, every: int) -> None:
    assert ask("pool_ceil", **given)["o"] == o
    assert ask("pool_ceil", "every-window", **given)["o"] == every


def test_an_answer_that_counts_every_window_is_recognised() -> None:
    verdict = judge("pool_ceil", "o", "17", n=32, f=1, s=2)
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "every-window"


def test_ceil_mode_is_the_floor_where_the_stride_fits() -> None:
    assert ask("pool_ceil", n=55, f=3, s=2)["o"] == ask("pool", n=55, f=3, s=2)["o"] == 27
    assert ask("pool_ceil", n=56, f=3, s=2)["o"] == ask("pool", n=56, f=3, s=2)["o"] + 1 == 28


def test_warnings_of_pooling() -> None:
    assert ask("pool", n=55, f=3, s=2).warnings == ()
    assert ask("pool", n=25, f=2).warnings == (
        "the stride does not fit: (25 − 2)/2 is not whole: the last 1 row and column never read",
    )
    assert ask("pool", n=8, f=2, p=2).warnings == ("PyTorch refuses a padding of more than half the window: 2·2 > 2",)
    assert ask("pool_ceil", n=25, f=2).warnings == (
        "the last window reaches 1 beyond the padded input: it reads only the values that exist",
    )


def test_pooling_letters() -> None:
    assert ask("pool", f=3, s=2).shown("output")[2] == parse("c")
    assert ask("pool", n=55, f=3, s=2).shown("memory") == parse("2916c")
    assert judge("pool", "o", "⌊(n - 3)/2⌋ + 1", f=3, s=2).correct
    assert "no-plus-one" in named(judge("pool", "o", "⌊(n - 3)/2⌋", f=3, s=2))


@pytest.mark.parametrize("id", ["pool", "pool_ceil"])
def test_a_window_larger_than_the_input_is_refused(id: str) -> None:
    with pytest.raises(UserError, match=r"^the window does not fit: f = 9 is larger than the padded input 5$"):
        ask(id, n=5, f=9, s=1)


def test_what_the_mistakes_of_pooling_give() -> None:
    given = wrong("pool", "o", n=28, f=3)
    assert given["stride-one"] == (26, 26)
    assert given["rounded-up"] == (10, 10)
    assert given["no-plus-one"] == (8, 8)
    assert "stride-ignored" not in given
    shapes = wrong("pool", "output", n=(28, 16), f=2, c=6)
    assert (shapes["depth-divided"], shapes["depth-one"]) == ((14, 8, 3), (14, 8, 1))
    assert shapes["axes-swapped"] == (8, 14, 6)
    counts = wrong("pool", "parameters", n=28, f=2, c=6)
    assert (counts["weights-given"], counts["biases-given"]) == (24, 6)
    assert wrong("pool", "macs", n=28, f=2, c=6)["macs-given"] == 14 * 14 * 6 * 4
    compared = wrong("pool", "comparisons", n=28, f=2, c=6)
    assert compared["channels-forgotten"] == 14 * 14 * 3
    assert compared["values-for-comparisons"] == 14 * 14 * 6 * 4
    assert wrong("pool", "memory", n=28, f=2, c=6)["activations-not-bytes"] == 14 * 14 * 6


def test_what_the_mistakes_of_ceil_mode_give() -> None:
    """56 with f 3, s 2: 26½ steps."""
    given = wrong("pool_ceil", "o", n=56, f=3, s=2)
    assert given["rounded-down"] == given["no-plus-one"] == (27, 27)
    assert given["stride-one"] == (54, 54)
    assert {"rounded-up", "stride-ignored"}.isdisjoint(given)


@pytest.mark.parametrize(
    ("n", "c", "output", "parameters", "connections"),
    [(28, 6, (14, 14, 6), 12, 5_880), (10, 16, (5, 5, 16), 32, 2_000)],
)
def test_subsampling_of_lenet(n: int, c: int, output: tuple[int, ...], parameters: int, connections: int) -> None:
    """Layers S2 and S4 as LeCun et al. (1998) count them."""
    layer = ask("subsampling", n=n, f=2, c=c)
    assert (layer["output"], layer["parameters"], layer["connections"]) == (output, parameters, connections)
    assert (layer["weights"], layer["biases"]) == (c, c)
    assert layer["memory"] == 4 * (parameters + output[0] * output[1] * c)


def test_what_the_mistakes_of_subsampling_give() -> None:
    given = wrong("subsampling", "parameters", n=28, f=2, c=6)
    assert given["coefficients-forgotten"] == given["biases-forgotten"] == 6
    assert given["coefficient-per-window-entry"] == 24 + 6
    assert given["one-coefficient"] == given["one-bias"] == 7
    assert wrong("subsampling", "connections", n=28, f=2, c=6)["bias-not-connected"] == 14 * 14 * 6 * 4
    assert ask("subsampling").shown("parameters") == parse("2c")


def test_a_subsampling_window_fits() -> None:
    with pytest.raises(UserError, match=r"^the window does not fit: f = 9 is larger than the input 5$"):
        ask("subsampling", n=5, f=9)


def test_the_window_is_found() -> None:
    assert list(find(formula("pool"), {"n": 55}, {"o": Answer("", 27)}).found) == [{"f": 2}]
    assert list(find(formula("pool"), {"n": 55, "s": 2}, {"o": Answer("", 27)}).found) == [{"f": 2}, {"f": 3}]
