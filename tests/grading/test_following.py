"""Errors carried forward: what follows from a wrong earlier answer, what may be carried on, and what may not."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from handing_in import marked, posed, says, written
from rows import each_row

from dlcalc.grading.policy import Policy
from dlcalc.quiz.variant import Variant


@pytest.fixture(scope="module")
def chain() -> Variant:
    """29×29×1 → 25×25×8 → 12×12×8 → 1,152 → 1,152·10 + 10 = 11,530."""
    return posed("conv-pool-dense", n=29, c=1, k=8, f=5, s=1, p=0, q=2, m=10)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (("25x25x8", "12x12x8", "1152", "11530"), ("right", "right", "right", "right")),
        (("29x29x8", "14x14x8", "1568", "15690"), ("wrong", "follows", "follows", "follows")),
        (("29x29x8", "14x14x8", "196", "1970"), ("wrong", "follows", "wrong", "follows")),
        (("25x25x8", "13x13x8", "1352", "13530"), ("right", "wrong", "follows", "follows")),
        (("", "13x13x8", "1352", "13530"), ("missing", "wrong", "follows", "follows")),
        (("29x29x8", "12x12x8", "1152", "11530"), ("wrong", "right", "right", "right")),
        (("29x29x8", "14x14x8", "1568", "15680"), ("wrong", "follows", "follows", "wrong")),
    ],
)
def test_errors_are_carried_forward_over_several_parts(
    chain: Variant, answers: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    names = ("conv", "pool", "flat", "dense")
    marks = marked(chain, **dict(zip(names, answers, strict=True)))
    assert tuple(marks[name].status for name in names) == expected


@pytest.mark.parametrize(
    ("conv", "pool", "flat", "expected"),
    [("8x27x9", "4x13x9", "468", "wrong follows follows"), ("8x27x9", "13x4x8", "416", "wrong follows follows"),
     ("8x27x9", "8x13x4", "416", "wrong follows follows"), ("8x27x9", "4x8x13", "416", "wrong wrong follows")],
)  # fmt: skip
def test_a_wrong_shape_that_may_be_turned_is_carried_on_both_ways(
    chain: Variant, conv: str, pool: str, flat: str, expected: str
) -> None:
    """8×27×9 begins with the 8 channels of 25×25×8: it is a map of 8×27, or one of 27×9 with its channels first."""
    marks = marked(chain, conv=conv, pool=pool, flat=flat)
    assert " ".join(marks[name].status for name in ("conv", "pool", "flat")) == expected


def test_a_shape_of_another_length_is_not_carried_on(chain: Variant) -> None:
    """12·12 = 144 is short of its 8 maps, whatever was written before."""
    assert says(chain, conv="25x25x8", pool="12x12", flat="144") == {
        "conv": "right", "pool": "wrong:depth-forgotten", "flat": "wrong:depth-forgotten"
    }  # fmt: skip


def test_a_mistake_on_a_value_that_was_carried_on_is_named(chain: Variant) -> None:
    """1,568·10 without the 10 biases."""
    assert says(chain, conv="29x29x8", pool="14x14x8", flat="1568", dense="15680")["dense"] == "wrong:biases-forgotten"


@pytest.mark.parametrize("first", ["1x1x8", "0x0x8", "-4x-4x8", "0.5x0.5x8", "1x1x1"])
def test_a_trivial_value_does_not_make_the_next_part_easy(chain: Variant, first: str) -> None:
    """The window must fit into the map that is carried on."""
    for second in ("0x0x8", "1x1x8", "1x1x1", first):
        assert says(chain, conv=first, pool=second)["pool"].startswith(("wrong", "undecided"))


TRIVIAL = """+++
title = 'Two dense layers'
topic = 'dense'
level = 'easy'

[draw]
a = [400]
b = [120]

[[part]]
id = 'first'
kind = 'integer'
ask = 'dense.parameters'
with = {n = 'a', m = 'b'}

[[part]]
id = 'both'
kind = 'integer'
ask = 'dense.parameters'
with = {n = 'first', m = 'b'}
follows = ['first']

[[part]]
id = 'ratio'
kind = 'number'
ask = 'this.ratio'

[[part]]
id = 'percent'
kind = 'number'
ask = 'this.percent'
follows = ['ratio']
tolerance = '0.01%'

[[step]]
name = 'ratio'
expression = 'a/b/7'
meaning = 'the ratio'

[[step]]
name = 'percent'
expression = '100*ratio'
meaning = 'the ratio in per cent'
+++
Text.

## first
How many?

## both
How many then?

## ratio
The ratio?

## percent
In per cent?
"""


@pytest.fixture(scope="module")
def dense(tmp_path_factory: pytest.TempPathFactory) -> Variant:
    """400·120 + 120 = 48,120; 48,120·120 + 120 = 5,774,520; 400/840 = 10/21 = 0.47619..."""
    return written(tmp_path_factory.mktemp("problems") / "dense.md", TRIVIAL)


@pytest.mark.parametrize(
    ("first", "both", "status"),
    [("48000", "5760120", "follows"), ("1", "240", "wrong"), ("0", "120", "wrong"), ("-5", "-480", "wrong"),
     ("1x1", "240", "wrong"), ("1e3000", "1", "wrong"), ("9^999", "1", "wrong"), ("0.5", "180", "wrong"),
     ("48120", "5774520", "right")],
)  # fmt: skip
def test_without_a_guard_only_sound_values_are_carried_on(dense: Variant, first: str, both: str, status: str) -> None:
    assert says(dense, first=first, both=both)["both"].partition(":")[0] == status


def test_a_value_that_was_rounded_may_be_used_as_it_was_written(dense: Variant) -> None:
    """10/21 is 0.476; 100·0.476 is 47.6, which is not within 0.01 % of 47.619, but right for who rounded before."""
    assert says(dense, ratio="0.476", percent="47.6") == {"ratio": "right", "percent": "right"}
    assert says(dense, ratio="0.47619", percent="47.6") == {"ratio": "right", "percent": "wrong"}
    assert says(dense, ratio="0.4", percent="40") == {"ratio": "wrong", "percent": "follows"}
    for first, then in (("-0.4", "-40"), ("0", "0"), ("1", "100")):
        assert {status.partition(":")[0] for status in says(dense, ratio=first, percent=then).values()} == {"wrong"}
    half = Policy(follows=Fraction(1, 2))
    assert marked(dense, half, ratio="0.476", percent="47.6")["percent"].share == 1
    assert marked(dense, half, ratio="0.4", percent="40")["percent"].share == Fraction(1, 2)


SUM = """+++
title = 'Two layers together'
topic = 'dense'
level = 'easy'

[draw]
a = [20]
b = [10]

[[part]]
id = 'up'
kind = 'integer'
ask = 'dense.parameters'
with = {n = 'a', m = 'b'}

[[part]]
id = 'down'
kind = 'integer'
ask = 'dense.parameters'
with = {n = 'b', m = 'a'}

[[part]]
id = 'both'
kind = 'integer'
ask = 'dense.parameters'
with = {n = 'up + down', m = 'b'}
follows = ['up', 'down']
guard = 'up < 1000'
+++
Text.

## up
How many?

## down
How many?

## both
How many does a layer of {{b}} units have that reads all these parameters?
"""


@each_row(
    ("up", "down", "both", "status"),
    [("210", "220", "430", "right"), ("200", "200", "400", "follows"), ("200", "200", "420", "follows"),
     ("200", "200", "410", "follows"), ("200", "200", "401", "wrong"), ("200", "220", "420", "follows"),
     ("2000", "220", "2220", "wrong"), ("2000", "200", "2200", "wrong"), ("2000", "200", "410", "follows"),
     ("-5", "200", "195", "follows"), ("", "200", "410", "follows"), ("", "200", "430", "right")],
)  # fmt: skip
def test_of_several_wrong_answers_some_may_be_carried_on(
    tmp_path: Path, up: str, down: str, both: str, status: str
) -> None:
    """20·10 + 10 = 210, 10·20 + 20 = 220, 10·(210 + 220) + 10; all biases forgotten: 200 and 200. The guard: up < 1000.

    `both` is what was added: up and down, one of them right, or neither.
    """
    found = marked(written(tmp_path / "sum.md", SUM), up=up, down=down, both=str(10 * int(both) + 10))["both"]
    assert found.status == status
    if status == "follows":
        carried = {"400": ("up", "down"), "410": ("down",), "420": ("up",), "195": ("up", "down")}
        assert found.carried == carried[both]


def test_letters_are_not_carried_on(dense: Variant) -> None:
    assert says(dense, first="a + zz", both="5") == {"first": "unreadable", "both": "wrong"}


SIDES = """+++
title = 'Two layers, one side each'
topic = 'convolution'
level = 'easy'

[draw]
a = [32]
b = [10]
net = {text = '28x28x1; conv 6 f5; dense 10'}

[[part]]
id = 'first'
kind = 'integer'
ask = 'conv.o'
with = {n = 'a', f = '5'}

[[part]]
id = 'second'
kind = 'integer'
ask = 'conv.o'
with = {n = 'first', f = '3'}
follows = ['first']

[[part]]
id = 'flat'
kind = 'shape'
ask = 'net.fc-1.output'

[[part]]
id = 'elsewhere'
kind = 'integer'
ask = 'conv.macs'
with = {n = 'b', f = '3', c = '1', k = '1'}
follows = ['first']
+++
{{net}}

## first
One side of the map?

## second
And of the next?

## flat
The shape of the last layer?

## elsewhere
What does a filter of 3×3 cost on a map of {{b}}×{{b}}?
"""


@pytest.mark.parametrize(
    ("first", "second", "statuses"),
    [("28", "26", "right right"), ("28x28", "26x26", "right right"), ("27", "25", "wrong follows"),
     ("27", "25x25", "wrong follows"), ("27x27", "25", "wrong follows"), ("27x27", "25x24", "wrong wrong")],
)  # fmt: skip
def test_a_side_may_be_written_once_or_twice(tmp_path: Path, first: str, second: str, statuses: str) -> None:
    """32 − 5 + 1 = 28 and 28 − 3 + 1 = 26; from 27 follows 25."""
    found = marked(written(tmp_path / "sides.md", SIDES), first=first, second=second)
    assert f"{found['first'].status} {found['second'].status}" == statuses


def test_a_size_is_not_carried_on_to_another_layer(tmp_path: Path) -> None:
    """8²·9 = 576 on a map of 10×10; 27²·9 = 6,561 would be that of the first layer's own map."""
    variant = written(tmp_path / "sides.md", SIDES)
    assert marked(variant, first="27", elsewhere="576")["elsewhere"].status == "right"
    assert marked(variant, first="27", elsewhere="6561")["elsewhere"].status == "wrong"


@pytest.mark.parametrize(
    ("flat", "status"),
    [("10", "right"), ("[10]", "right"), ("1x1x10", "right"), ("6", "wrong"), ("10x10", "undecided")],
)
def test_a_flat_shape(tmp_path: Path, flat: str, status: str) -> None:
    assert marked(written(tmp_path / "sides.md", SIDES), flat=flat)["flat"].status == status


CELLS = """+++
title = 'Three cells'
topic = 'networks'
level = 'easy'

[draw]
net = {text = '28x28x1; conv 6 f5; pool 2; dense 10'}

[[part]]
id = 'conv'
kind = 'shape'
ask = 'net.conv-1.output'

[[part]]
id = 'pool'
kind = 'shape'
ask = 'net.maxpool-1.output'
follows = ['conv']

[[part]]
id = 'dense'
kind = 'integer'
ask = 'net.fc-1.parameters'
follows = ['conv', 'pool']
+++
{{net}}

## conv
The shape?

## pool
The shape?

## dense
How many parameters?
"""


@pytest.mark.parametrize(
    ("conv", "pool", "dense", "statuses"),
    [("24x24x6", "12x12x6", "8650", "right right right"), ("28x28x6", "14x14x6", "11770", "wrong follows follows"),
     ("28x28x6", "12x12x6", "8650", "wrong right right"), ("24x24x6", "13x13x6", "10150", "right wrong follows"),
     ("28x28x6", "14x14x6", "11760", "wrong follows wrong"), ("", "14x14x6", "11770", "missing wrong follows")],
)  # fmt: skip
def test_cells_of_a_network_that_are_asked_one_by_one(
    tmp_path: Path, conv: str, pool: str, dense: str, statuses: str
) -> None:
    """24×24×6, 12×12×6, 864·10 + 10; from 14×14×6 follow 11,770, from 13×13×6 10,150."""
    found = marked(written(tmp_path / "cells.md", CELLS), conv=conv, pool=pool, dense=dense)
    assert " ".join(found[name].status for name in ("conv", "pool", "dense")) == statuses
