"""The values that batch and layer normalisation keep."""

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given
from hypothesis import strategies as st
from naive import normalisation as naive

from dlcalc.errors import UserError
from dlcalc.expressions.parser import parse

SIZE = st.integers(1, 8)


@given(size=st.tuples(SIZE, SIZE), c=SIZE)
def test_batchnorm_keeps_four_values_per_channel(size: tuple[int, int], c: int) -> None:
    kept = {kind: len(values) for kind, values in naive.batchnorm(*size, c).items()}
    layer = ask("batchnorm", n=size, c=c)
    assert layer["output"] == (*size, c)
    assert layer["trainable"] == layer["parameters"] == kept["scale"] + kept["shift"]
    assert layer["non_trainable"] == kept["mean"] + kept["variance"]
    assert layer["values"] == sum(kept.values())
    assert layer["memory"] == 4 * (sum(kept.values()) + size[0] * size[1] * c)


def test_batchnorm_in_frameworks() -> None:
    """64 channels: PyTorch counts 128 parameters and 128 buffers, Keras 256 with 128 non-trainable."""
    for convention, parameters in (("textbook", 128), ("pytorch", 128), ("keras", 256)):
        layer = ask("batchnorm", convention, c=64)
        assert (layer["parameters"], layer["trainable"], layer["non_trainable"]) == (parameters, 128, 128)


def test_size_of_the_map_does_not_matter() -> None:
    """Without the input's size the counts are numbers all the same; only shape and memory keep the letter."""
    layer = ask("batchnorm", c=64)
    assert layer["values"] == 256
    assert layer["output"] == (parse("n"), parse("n"), 64)
    assert layer["activation_memory"] == parse("256n^2")


@given(n=SIZE)
def test_layernorm_keeps_two_values_per_feature(n: int) -> None:
    kept = {kind: len(values) for kind, values in naive.layernorm(n).items()}
    layer = ask("layernorm", n=n)
    assert layer["parameters"] == kept["scale"] + kept["shift"]
    assert ask("layernorm", "no-bias", n=n)["parameters"] == kept["scale"]
    assert layer["output"] == (n,)
    assert layer["memory"] == 4 * 2 * n + 4 * n


@given(n=SIZE, c=SIZE)
def test_what_the_mistakes_of_batchnorm_give(n: int, c: int) -> None:
    given = wrong("batchnorm", "values", n=n, c=c)
    assert given["running-values-forgotten"] == 2 * c
    assert given["per-pixel"] == 4 * n * n * c
    assert given["shift-forgotten"] == 3 * c
    assert given["one-for-all"] == 4
    assert given["running-variance-forgotten"] == 3 * c
    assert wrong("batchnorm", "trainable", n=n, c=c)["running-values-trained"] == 4 * c


@given(n=SIZE)
def test_what_the_mistakes_of_layernorm_give(n: int) -> None:
    given = wrong("layernorm", "parameters", n=n)
    assert given == {"running-values-counted": 4 * n, "shift-forgotten": n, "one-pair": 2}


def test_two_values_for_four_is_named() -> None:
    """A 32-channel layer keeps 128 values; 64 leaves the running ones out."""
    verdict = judge("batchnorm", "values", "64", n=28, c=32)
    assert not verdict.correct
    assert named(verdict)[0] == "running-values-forgotten"


def test_keras_count_is_recognised() -> None:
    verdict = judge("batchnorm", "parameters", "4c")
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "keras"


def test_channels_are_at_least_1() -> None:
    with pytest.raises(UserError, match="c is a whole number ≥ 1, not 0"):
        ask("batchnorm", c=0)
