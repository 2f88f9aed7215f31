"""Dense layers and multilayer perceptrons, with and without batch normalisation."""

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given
from hypothesis import strategies as st
from naive import dense as naive

from dlcalc.errors import UserError
from dlcalc.expressions.parser import parse

SIZE = st.integers(1, 30)
WIDTHS = st.lists(SIZE, min_size=2, max_size=5).map(tuple)


def test_first_dense_layer_of_alexnet() -> None:
    """9216 → 4096: 37,748,736 weights and 4,096 biases (Krizhevsky et al., 2012)."""
    layer = ask("dense", n=9216, m=4096)
    assert layer["output"] == (4096,)
    assert (layer["weights"], layer["biases"], layer["parameters"]) == (37_748_736, 4_096, 37_752_832)
    assert (layer["macs"], layer["flops"]) == (37_748_736, 75_497_472)


def test_mlp_of_mnist() -> None:
    """784–512–128–10 has 468,874 parameters, the sum of its three layers (401,920 + 65,664 + 1,290)."""
    network = ask("mlp", u=(784, 512, 128, 10))
    assert network["parameters"] == 468_874
    layers = [ask("dense", n=n, m=m)["parameters"] for n, m in ((784, 512), (512, 128), (128, 10))]
    assert layers == [401_920, 65_664, 1_290]
    assert network["output"] == (10,)
    assert network["units"] == 650


def test_mlp_of_mnist_with_batch_normalisation() -> None:
    """All four values counted, as Keras does, there are 471,434; the two learnt ones make 470,154."""
    counts = {name: ask("mlp_batchnorm", name, u=(784, 512, 128, 10)) for name in ("textbook", "pytorch", "keras")}
    assert counts["keras"]["parameters"] == counts["textbook"]["values"] == 471_434
    assert counts["textbook"]["parameters"] == counts["pytorch"]["parameters"] == 470_154
    assert [counts[name]["trainable"] for name in counts] == [470_154] * 3
    assert [counts[name]["non_trainable"] for name in counts] == [1_280] * 3


def test_without_the_hidden_biases_that_the_shift_makes_redundant() -> None:
    """The output layer, which is not normalised, keeps its 10 biases: 640 fewer."""
    assert ask("mlp_batchnorm", "no-hidden-bias", u=(784, 512, 128, 10))["parameters"] == 470_154 - 640


@given(n=SIZE, m=SIZE)
def test_dense_counts_every_line(n: int, m: int) -> None:
    layer = ask("dense", n=n, m=m)
    assert layer["weights"] == layer["macs"] == len(naive.lines(n, m))
    assert layer["parameters"] == len(naive.lines(n, m)) + m
    assert layer["memory"] == 4 * (len(naive.lines(n, m)) + m) + 4 * m
    assert ask("dense", "no-bias", n=n, m=m)["parameters"] == len(naive.lines(n, m))


@given(u=WIDTHS)
def test_mlp_counts_every_line(u: tuple[int, ...]) -> None:
    network = ask("mlp", u=u)
    assert network["weights"] == network["macs"] == naive.weights(u)
    assert network["biases"] == naive.biases(u)
    assert network["parameters"] == naive.weights(u) + naive.biases(u)
    assert network["memory"] == 4 * (naive.weights(u) + naive.biases(u)) + 4 * naive.biases(u)


@given(u=st.lists(SIZE, min_size=3, max_size=5).map(tuple))
def test_batch_normalisation_adds_four_values_per_hidden_unit(u: tuple[int, ...]) -> None:
    assert ask("mlp_batchnorm", u=u)["values"] == naive.weights(u) + naive.biases(u) + 4 * naive.hidden(u)


@given(n=SIZE, m=SIZE)
def test_what_the_mistakes_of_a_dense_layer_give(n: int, m: int) -> None:
    given = wrong("dense", "parameters", n=n, m=m)
    assert given["biases-forgotten"] == n * m
    assert given["bias-per-input"] == n * m + n
    assert given["one-bias"] == n * m + 1
    assert given["units-forgotten"] == n + m
    assert given["sizes-added"] == n + m + m
    assert given["bias-per-weight"] == n * m * 2


def test_what_the_mistakes_of_an_mlp_give() -> None:
    """784–512–10 by hand: 401,408 + 5,120 weights, 512 + 10 biases."""
    given = wrong("mlp", "parameters", u=(784, 512, 10))
    assert given["biases-forgotten"] == 406_528
    assert given["bias-per-input"] == 406_528 + 784 + 512
    assert given["inputs-have-biases"] == 406_528 + 784 + 512 + 10
    assert given["one-bias"] == 406_528 + 2
    assert given["output-layer-forgotten"] == 401_408 + 512
    assert given["widths-added"] == (784 + 512) + (512 + 10) + 522


def test_a_normalised_output_layer_is_named() -> None:
    verdict = judge("mlp_batchnorm", "parameters", str(470_154 + 20), u=(784, 512, 128, 10))
    assert not verdict.correct
    assert named(verdict)[0] == "output-normalised"


def test_an_answer_without_biases_is_a_mistake_not_a_convention() -> None:
    """A layer without biases is another layer: it can be chosen, but it is no way to count this one."""
    assert named(judge("dense", "parameters", "37,748,736", n=9216, m=4096)) == ["biases-forgotten"]
    assert ask("dense", "no-bias", n=9216, m=4096)["parameters"] == 37_748_736


def test_letters_are_left_over() -> None:
    """9216 inputs and m units: 9217m parameters; an answer in letters is read as one."""
    assert ask("dense", n=9216).shown("parameters") == parse("9217m")
    assert judge("dense", "parameters", "m(n + 1)").correct
    assert "bias-per-input" in named(judge("dense", "parameters", "nm + n"))
    assert ask("mlp", u=(784, parse("m"), 10))["parameters"] == parse("795m + 10")


def test_a_network_has_at_least_two_widths() -> None:
    with pytest.raises(UserError, match="a network needs at least two widths, inputs and outputs, not only 784"):
        ask("mlp", u=(784,))


def test_a_normalised_network_has_a_hidden_layer() -> None:
    with pytest.raises(UserError, match="a network with hidden layers needs at least three widths, not only 784×10"):
        ask("mlp_batchnorm", u=(784, 10))


def test_widths_are_whole_numbers() -> None:
    with pytest.raises(UserError, match="u is a whole number ≥ 1, not 0"):
        ask("mlp", u=(784, 0, 10))
