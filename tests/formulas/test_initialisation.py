"""Initialisation of dense layers and convolutions."""

import math
from fractions import Fraction

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given
from hypothesis import strategies as st
from naive import initialisation as naive

from dlcalc.errors import UserError
from dlcalc.formulas.topics import TOPICS

SIZE = st.integers(1, 200)
FILTER = st.tuples(st.integers(1, 4), st.integers(1, 4))


def test_he_on_the_mlp_of_mnist() -> None:
    """784–512–128: σ is 0.0505 for the first layer and exactly 1/16 = 0.0625 for the second (He et al., 2015)."""
    assert round(ask("init_he_normal", n=784, m=512)["deviation"], 4) == 0.0505
    assert ask("init_he_normal", n=512, m=128)["deviation"] == Fraction(1, 16)


def test_vgg_layer() -> None:
    """3×3 filters from 512 channels to 512: σ = √(2/4608), the 0.021 of He et al., 2015, section 2.2."""
    layer = ask("init_he_normal_conv", f=3, c=512, k=512)
    assert layer["fan_in"] == 4_608
    assert layer["deviation"] == pytest.approx(0.0208, abs=5e-5)


@given(n=SIZE, m=SIZE)
def test_rules_keep_the_variance(n: int, m: int) -> None:
    """He keeps a layer's variance behind a ReLU; Glorot keeps it forwards or backwards, on average over both fans."""
    he = ask("init_he_normal", n=n, m=m)["variance"]
    assert naive.variance_after(n, he, relu=True) == pytest.approx(1)
    glorot = ask("init_glorot_normal", n=n, m=m)["variance"]
    forwards, backwards = (naive.variance_after(fan, glorot, relu=False) for fan in (n, m))
    assert (forwards + backwards) / 2 == pytest.approx(1)
    assert ask("init_uniform", n=n, m=m)["limit"] == pytest.approx(n**-0.5)


@pytest.mark.parametrize("id", [id for id in TOPICS["initialisation"] if "uniform" in id and not id.endswith("_conv")])
def test_limit_of_a_uniform_distribution_has_the_variance(id: str) -> None:
    layer = ask(id, n=30, m=20)
    assert naive.uniform_variance(float(layer["limit"])) == pytest.approx(float(layer["variance"]), rel=1e-6)


@given(n=SIZE, m=SIZE)
def test_textbook_lines(n: int, m: int) -> None:
    assert ask("init_he_normal", n=n, m=m)["deviation"] == pytest.approx(math.sqrt(2 / n))
    assert ask("init_he_uniform", n=n, m=m)["limit"] == pytest.approx(math.sqrt(6 / n))
    assert ask("init_glorot_normal", n=n, m=m)["deviation"] == pytest.approx(math.sqrt(2 / (n + m)))
    assert ask("init_glorot_uniform", n=n, m=m)["limit"] == pytest.approx(math.sqrt(6 / (n + m)))


@given(f=FILTER, c=st.integers(1, 6), k=st.integers(1, 6))
def test_fans_of_a_convolution(f: tuple[int, int], c: int, k: int) -> None:
    fan_in, fan_out = naive.fans(f, c, k)
    for id in TOPICS["initialisation"]:
        if id.endswith("_conv"):
            layer = ask(id, f=f, c=c, k=k)
            assert (layer["fan_in"], layer["fan_out"]) == (fan_in, fan_out)
            assert layer["variance"] == ask(id.removesuffix("_conv"), n=fan_in, m=fan_out)["variance"]


@given(n=SIZE, m=SIZE)
def test_what_the_mistakes_give(n: int, m: int) -> None:
    given = wrong("init_he_normal", "deviation", n=n, m=m)
    assert given["variance-for-deviation"] == pytest.approx(2 / n)
    assert given["limit-for-deviation"] == pytest.approx(math.sqrt(6 / n))
    assert given["half-variance"] == pytest.approx(1 / n)
    assert given["fan-out-for-fan-in"] == pytest.approx(math.sqrt(2 / m))
    assert given["both-fans"] == pytest.approx(math.sqrt(2 / (n + m)))
    assert given["two-forgotten"] == pytest.approx(math.sqrt(1 / n))
    given = wrong("init_glorot_uniform", "limit", n=n, m=m)
    assert given["deviation-for-limit"] == pytest.approx(math.sqrt(2 / (n + m)))
    assert given["root-forgotten"] == pytest.approx(6 / (n + m))
    assert given["variance-for-limit"] == pytest.approx(2 / (n + m))
    assert given["fan-in-alone"] == pytest.approx(math.sqrt(6 / n))
    assert given["fan-out-alone"] == pytest.approx(math.sqrt(6 / m))
    assert given["averaged-twice"] == pytest.approx(math.sqrt(12 / (n + m)))
    assert given["two-forgotten"] == pytest.approx(math.sqrt(3 / (n + m)))


def test_fan_in_of_a_convolution_as_its_channels_is_named() -> None:
    """3×3 over 64 channels: √(2/64) = 0.177 forgets the nine pixels of the window; right is √(2/576) = 0.0589."""
    verdict = judge("init_he_normal_conv", "deviation", "0.177", f=3, c=64, k=128)
    assert "filter-forgotten" in named(verdict)
    assert judge("init_he_normal_conv", "deviation", "0.0589", f=3, c=64, k=128).correct
    assert wrong("init_he_normal_conv", "fan_in", f=3, c=64, k=128)["channels-forgotten"] == 9
    assert wrong("init_he_normal_conv", "fan_out", f=3, c=64, k=128) == {"filter-forgotten-out": 128}


def test_letters_are_left_over() -> None:
    assert judge("init_he_normal", "variance", "2/n").correct
    assert judge("init_glorot_normal_conv", "variance", "2/(9c + 9k)", f=3).correct
    assert "two-forgotten" in named(judge("init_he_normal", "variance", "1/n"))


def test_sizes_are_at_least_1() -> None:
    with pytest.raises(UserError, match="n is a whole number ≥ 1, not 0"):
        ask("init_he_normal", n=0)
