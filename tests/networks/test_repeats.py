"""Repeated blocks: only what comes again on what it made before is shown once."""

from __future__ import annotations

import pytest

from dlcalc.networks import zoo
from dlcalc.networks.network import Layer, Network, ordered
from dlcalc.networks.repeats import grouped
from dlcalc.networks.table import tabulate
from dlcalc.networks.text import read


def repeats(network: Network) -> list[tuple[str, int, int]]:
    """Of each repetition its first layer, how many layers its block has, and how often it comes."""
    groups = grouped(tabulate(network).rows)
    rows = [row.layer.name for group in groups for row in group.rows * group.times]
    assert len(rows) == len(network.layers)
    return [(group.rows[0].layer.name, len(group.rows), group.times) for group in groups if group.times > 1]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("vgg16", [("conv-6", 1, 2), ("conv-9", 1, 2), ("conv-11", 1, 3)]),
        ("vgg16-bn", [("conv-6", 2, 2), ("conv-9", 2, 2), ("conv-11", 2, 3)]),
        ("resnet152", [("conv-6", 7, 2), ("conv-16", 7, 7), ("conv-41", 7, 35), ("conv-150", 7, 2)]),
        ("mobilenet-v1", [("dwconv-7", 4, 5)]),
        ("mobilenet-v2", [("conv-9", 7, 2), ("conv-15", 7, 3), ("conv-23", 7, 2), ("conv-29", 7, 2)]),
        ("shufflenet-v2", [("split-1", 10, 3), ("split-7", 10, 7), ("split-21", 10, 3)]),
        ("xception", [("activation-3", 11, 8)]),
        ("googlenet", []),
        ("densenet121", []),
    ],
)
def test_the_blocks_of_published_networks(name: str, found: list[tuple[str, int, int]]) -> None:
    """Each stage of ResNet-152 begins with a block of its own before 2, 7, 35 and 2 equal ones; GoogLeNet has none."""
    assert repeats(zoo.network(name)) == found


def graph(*layers: Layer) -> Network:
    return Network("g", "Graph", (8, 8, 4), ordered(layers))


def conv(name: str, reads: str) -> Layer:
    return Layer(name, "conv", {"k": 4, "f": 3, "p": 1}, (reads,))


def test_equal_branches_side_by_side_are_no_repetition() -> None:
    layers = [conv("a", "input"), conv("b", "input"), conv("c", "input"), Layer("join", "concat", {}, ("a", "b", "c"))]
    assert repeats(graph(*layers)) == []


def test_equal_branches_of_two_layers_are_no_repetition() -> None:
    """Within the first branch the second layer repeats the first; the second branch repeats nothing."""
    layers = [
        conv("a", "input"),
        conv("b", "a"),
        conv("c", "input"),
        conv("d", "c"),
        Layer("sum", "add", {}, ("b", "d")),
    ]
    assert repeats(graph(*layers)) == [("a", 1, 2)]


def test_a_block_that_is_read_later_ends_the_repetition() -> None:
    """A skip from the second of four: the first two are one repetition, the last two another."""
    layers = [conv("a", "input"), conv("b", "a"), conv("c", "b"), conv("d", "c"), Layer("sum", "add", {}, ("b", "d"))]
    assert repeats(graph(*layers)) == [("a", 1, 2), ("c", 1, 2)]


def test_a_block_that_reads_far_back_is_no_repetition() -> None:
    layers = [conv("a", "input")]
    for index in range(3):
        layers += [conv(f"b{index}", layers[-1].name), Layer(f"s{index}", "add", {}, (f"b{index}", "a"))]
    assert repeats(graph(*layers)) == []


def test_the_last_block_is_kept_too() -> None:
    """The field of the first and of the last of ten."""
    (group,) = grouped(tabulate(read("32x32x8; " + "; ".join(["conv 8 f3 p1"] * 10))).rows)
    assert (group.times, group.rows[0].field[0].size, group.last[0].field[0].size) == (10, 3, 21)
