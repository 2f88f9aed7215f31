"""LeNet-5's own layers: a convolution with a connection table, and output units with fixed codes."""

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given
from hypothesis import strategies as st
from naive import lenet as naive

from dlcalc.errors import UserError
from dlcalc.expressions.answers import Answer
from dlcalc.formulas.inverse import find
from dlcalc.formulas.registry import formula

C3 = {"n": 14, "f": 5, "c": 6, "k": 16, "pairs": 60}
"""LeNet-5's third layer."""


def test_the_third_layer_of_lenet_5() -> None:
    """LeCun and others, 1998, section II.B: 1,516 trainable parameters, 151,600 connections."""
    layer = ask("conv_table", **C3)
    assert layer["output"] == (10, 10, 16)
    assert [layer[name] for name in ("weights", "biases", "parameters", "connections")] == [1500, 16, 1516, 151600]
    assert layer["macs"] == 150000


@given(
    f=st.integers(1, 4),
    o=st.integers(1, 5),
    table=st.lists(st.sets(st.integers(0, 4), min_size=1), min_size=1, max_size=6),
)
def test_counts_are_those_of_the_listed_connections(f: int, o: int, table: list[set[int]]) -> None:
    rows = [sorted(inputs) for inputs in table]
    layer = ask("conv_table", n=o + f - 1, f=f, c=5, k=len(rows), pairs=sum(map(len, rows)))
    assert layer["weights"] == len(naive.weights(f, rows))
    assert layer["parameters"] == len(naive.weights(f, rows)) + len(rows)
    assert layer["connections"] == naive.connections(o, f, rows)


def test_a_full_table_is_an_ordinary_convolution() -> None:
    table, ordinary = ask("conv_table", **{**C3, "pairs": 96}), ask("conv", n=14, f=5, c=6, k=16)
    assert {name: table[name] for name in ordinary.answers} == ordinary.answers


def test_without_biases() -> None:
    assert ask("conv_table", convention="no-bias", **C3)["parameters"] == 1500


def test_the_pairs_are_found_from_the_parameters() -> None:
    given = {name: value for name, value in C3.items() if name != "pairs"}
    assert list(find(formula("conv_table"), given, {"parameters": Answer("", 1516)}).found) == [{"pairs": 60}]


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [("2416", "table-ignored"), ("416", "one-input-each"), ("316", "filter-not-squared"), ("1500", "biases-forgotten")],
)
def test_typical_wrong_counts_of_parameters(answer: str, mistake: str) -> None:
    """2,416 is the count of the modern form, whose maps read all six inputs."""
    verdict = judge("conv_table", "parameters", answer, **C3)
    assert not verdict.correct
    assert mistake in named(verdict)


def test_typical_wrong_counts_of_connections() -> None:
    found = wrong("conv_table", "connections", **C3)
    assert found["biases-not-connected"] == 150000
    assert found["parameters-for-connections"] == 1516
    assert found["table-ignored"] == 241600


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pairs": 97}, "an input and a map make 6·16 pairs: the table cannot connect 97"),
        ({"pairs": 15}, "each of the 16 maps reads at least one input: 15 pairs are too few"),
        ({"n": 4}, "the filter does not fit: f = 5 is larger than the padded input 4"),
    ],
)
def test_a_table_that_cannot_be(given: dict[str, int], message: str) -> None:
    with pytest.raises(UserError, match=message):
        ask("conv_table", **{**C3, **given})


def test_the_output_of_lenet_5_learns_nothing() -> None:
    """84 inputs, 10 codes of 7×12 pixels: 840 values that are kept but not learnt."""
    layer = ask("rbf", n=84, m=10)
    assert layer["output"] == (10,)
    assert [layer[name] for name in ("weights", "biases", "parameters")] == [0, 0, 0]
    assert layer["non_trainable"] == layer["values"] == layer["connections"] == layer["macs"] == 840
    assert layer["memory"] == 4 * 10 + 4 * 840


@given(n=st.integers(1, 12), m=st.integers(1, 12))
def test_the_codes_are_counted(n: int, m: int) -> None:
    assert ask("rbf", n=n, m=m)["non_trainable"] == len(naive.codes(n, m))


def test_learnt_codes_are_a_mistake() -> None:
    verdict = judge("rbf", "parameters", "840", n=84, m=10)
    assert not verdict.correct
    assert "codes-learnt" in named(verdict)
