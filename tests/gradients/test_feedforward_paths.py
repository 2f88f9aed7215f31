"""Every path from the loss to one number: how many, what they cost, and that their sum is the gradient."""

from __future__ import annotations

from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcalc.errors import UserError
from dlcalc.expressions import printing
from dlcalc.expressions.nodes import Value
from dlcalc.expressions.parser import parse
from dlcalc.gradients.feedforward import Cost, Feedforward, Numbers, Units, drawn, feedforward
from dlcalc.networks.text import read

NETS = [
    "2; dense 2 sigmoid; dense 2 sigmoid",
    "3; dense 2; dense 2 relu; dense 3 softmax",
    "3x3x2; conv 2 f2 tanh; dense 2 sigmoid",
    "4x4x1; conv 1 f2 p1 relu; pool f3 s2; dense 1",
    "4x4x1; avgpool f2 s1; conv 2 f2 s2; gap",
    "3x3x1; pool 2; dense 1",
]


def network(text: str, loss: str | None = None) -> Feedforward:
    return feedforward(read(text), loss)


def at(value: Value, place: tuple[int, ...]) -> Any:
    for index in place:
        value = value[index - 1]
    return value


@pytest.mark.parametrize("line", NETS)
def test_the_gradient_is_the_sum_of_its_paths(line: str) -> None:
    """By paths, by the δ of the units, and by the whole formulas; for the first and last number of every array."""
    found = network(line)
    units, numbers = Units(found), Numbers(found, drawn(found, 2))
    for quantity in (found.x, *found.parameters.values()):
        places = list(quantity.places())
        for place in (places[0], places[-1]):
            paths = units.paths(quantity.name, place, 10_000)
            wanted = pytest.approx(float(at(numbers.gradients[quantity.name], place)), abs=1e-13)
            assert float(sum(numbers.evaluate(path.expression) for path in paths)) == wanted
            assert float(numbers.evaluate(units.entry(quantity.name, place).right)) == wanted
            assert len(paths) == units.cost(quantity.name, place).paths
            for memo in units.memos(quantity.name, place):
                entry = float(numbers.evaluate(memo.rule.left))
                assert float(numbers.evaluate(memo.rule.right)) == pytest.approx(entry, abs=1e-13)
                through = [path for path in paths if _stands_for(memo.rule.left, found) in path.visited]
                assert len(through) == memo.paths


def _stands_for(delta: Any, found: Feedforward) -> Any:
    """The unit whose gradient this δ is."""
    quantity = next(each for each in found.signals.values() if each.delta == delta.base.id)
    return quantity.at(*delta.indices)


@pytest.mark.parametrize("line", NETS)
def test_what_is_printed_is_read_back(line: str) -> None:
    found = network(line)
    units = Units(found)
    name, quantity = next(iter(found.parameters.items()))
    place = (1,) * len(quantity.shape)
    nodes = [node for path in units.paths(name, place, 30) for node in (path.expression, path.chain)]
    nodes += [side for memo in units.memos(name, place) for side in (memo.rule.left, memo.rule.right)]
    for node in nodes:
        for write in (printing.latex, printing.plain, printing.text):
            assert parse(write(node), found.declarations) == node


def test_the_two_paths_of_a_2_2_2_net() -> None:
    """The chain rule as it is written on paper, and each δ once."""
    units = Units(network("2; dense 2 sigmoid; dense 2 sigmoid"))
    first, second = units.paths("W_1", (1, 2), 10)
    assert printing.text(first.chain) == "∂L/∂ŷ₁·∂ŷ₁/∂a₂[1]·∂a₂[1]/∂h₁[1]·∂h₁[1]/∂a₁[1]·∂a₁[1]/∂W₁[1, 2]"
    assert printing.text(first.expression) == "(ŷ₁ − y₁)ŷ₁(1 − ŷ₁)W₂[1, 1]h₁[1](1 − h₁[1])x₂"
    assert printing.text(second.expression) == "(ŷ₂ − y₂)ŷ₂(1 − ŷ₂)W₂[2, 1]h₁[1](1 − h₁[1])x₂"
    kept = units.memos("W_1", (1, 2))
    assert [(printing.text(memo.rule.left), memo.paths) for memo in kept] == [("δ₂[1]", 1), ("δ₂[2]", 1), ("δ₁[1]", 2)]
    assert printing.text(kept[2].rule.right) == "(δ₂[1]W₂[1, 1] + δ₂[2]W₂[2, 1])h₁[1](1 − h₁[1])"
    assert printing.text(units.entry("W_1", (1, 2)).right) == "δ₁[1]x₂"


def test_multiplications_counted_by_hand() -> None:
    """A 2-2-2 net. One weight of layer 1: two products of five factors; once each, ŷ′, W₂, h′ and x make 2 + 2 + 1 + 1.

    All weights and biases path by path: W₂ 4·2, b₂ 2·1, W₁ 4·2·4, b₁ 2·2·3; memoised ŷ′ 2, W₂ 4, h′ 2, h 4, x 4.
    """
    units = Units(network("2; dense 2 sigmoid; dense 2 sigmoid"))
    assert units.cost("W_1", (1, 2)) == Cost(paths=2, apart=8, memoised=6)
    assert units.cost_of_all() == Cost(paths=4 + 2 + 8 + 4, apart=54, memoised=16)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=5))
def test_paths_of_a_stack(sizes: list[int]) -> None:
    """To a weight of a layer as many as the product of the units behind it, each of 2 factors per layer and 1 more."""
    found = network("; ".join([str(sizes[0]), *(f"dense {size} tanh" for size in sizes[1:])]))
    units = Units(found)
    for layer in range(1, len(sizes)):
        cost = units.cost(f"W_{layer}", (1, 1))
        behind = len(sizes) - 1 - layer
        assert cost.paths == prod(sizes[layer + 1 :])
        assert cost.apart == cost.paths * (2 * behind + 2)
        assert cost.memoised <= cost.apart


def test_a_shared_weight_acts_in_every_window() -> None:
    """Nine windows of a 4×4 image; a padded one reads zeros beside the image, through which nothing goes."""
    assert Units(network("4x4x1; conv 1 f2")).cost("W_1", (1, 1, 1, 1)).paths == 9
    assert Units(network("4x4x1; conv 1 f2 p1")).cost("W_1", (1, 1, 1, 1)).paths == 16


def test_a_number_that_nothing_depends_on() -> None:
    """The corner that no window reads has no path."""
    units = Units(network("3x3x1; pool 2; dense 1"))
    assert units.paths("x", (1, 3, 3), 10) == ()
    assert units.cost("x", (1, 3, 3)) == Cost(0, 0, 0)
    assert printing.text(units.entry("x", (1, 3, 3)).right) == "0"


def test_counting_costs_no_listing() -> None:
    """Five layers of eight units: 8⁴ paths to each first weight, of which three are listed."""
    units = Units(network("8" + "; dense 8 tanh" * 5))
    assert units.cost("W_1", (1, 1)).paths == 8**4
    assert len(units.paths("W_1", (1, 1), 3)) == 3


def test_what_has_no_paths_here() -> None:
    with pytest.raises(UserError, match="paths through a softmax are those of the cross-entropy loss"):
        Units(network("2; dense 2 softmax", "squared"))
    with pytest.raises(UserError, match=r"unit by unit, and with numbers, is for at most 2,000 .*, not 10,300"):
        Units(network("100; dense 100"))
