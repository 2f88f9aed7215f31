"""Every status on examples worked out by hand: right, follows, convention, wrong, undecided, unreadable, missing."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest
from handing_in import marked, posed, said, says, written
from rows import each_row

from dlcalc.grading.policy import Policy
from dlcalc.quiz.reader import problem_of
from dlcalc.quiz.variant import Variant, variant


@pytest.fixture(scope="module")
def layer() -> Variant:
    """32×32×3 through 8 filters of 5×5: 28×28×8; 5·5·3·8 + 8 = 608; 28²·600 = 470,400."""
    return posed("output-size", n=32, f=5, s=1, p=0, c=3, k=8)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"size": "28x28x8", "weights": "608", "cost": "470,400"}, ("right", "right", "right")),
        ({"size": "27x27x8", "weights": "600", "cost": "470400"},
         ("wrong:no-plus-one", "wrong:biases-forgotten", "right")),
        ({"size": "27x27x8", "weights": "208", "cost": "437,400"},  # 27²·600
         ("wrong:no-plus-one", "wrong:channels-forgotten", "follows")),
        ({"size": "32x32x8", "weights": "609", "cost": "614400"}, ("wrong", "wrong", "follows")),  # 32²·600
        ({"size": "28x28x3", "cost": "470400"}, ("wrong:depth-is-channels", "missing", "right")),
        ({"size": "28x28", "weights": "none", "cost": "2*470400"},
         ("wrong:depth-forgotten", "missing", "wrong:flops-for-macs")),
        ({"size": "28x30", "cost": "470400"}, ("undecided", "missing", "right")),
        ({"size": "28x28x8)", "weights": "6o8", "cost": "???"}, ("unreadable", "unreadable", "missing")),
        ({"size": "27x27x8", "cost": "600"}, ("wrong:no-plus-one", "missing", "wrong:macs-one-position")),
        ({"size": "27x27x8", "cost": "874800"},  # 2·27²·600: a mistake made on a wrong size
         ("wrong:no-plus-one", "missing", "wrong:flops-for-macs")),
        ({"size": "30", "cost": "470400"}, ("undecided", "missing", "right")),
    ],
)  # fmt: skip
def test_a_layer(layer: Variant, answers: Mapping[str, str], expected: tuple[str, ...]) -> None:
    found = {name: said(mark) for name, mark in marked(layer, **answers).items()}
    got = tuple(found[name] for name in ("size", "weights", "cost"))
    assert tuple(g if ":" in e else g.partition(":")[0] for g, e in zip(got, expected, strict=True)) == expected


def test_what_an_answer_follows_from_is_told(layer: Variant) -> None:
    found = marked(layer, size="27x27x8", cost="437400")["cost"]
    assert (found.status, found.carried, found.share, found.mistakes) == ("follows", ("size",), 1, ())


@pytest.mark.parametrize(
    ("size", "cost", "said_of_size", "said_of_cost"),
    [("8x28x28", "470400", "convention:channels-first", "right"), ("[1, 8, 28, 28]", "470400",
        "convention:channels-first", "right"),
     ("8x27x27", "437400", "wrong:no-plus-one", "follows"), ("8x28x3", "470400", "wrong", "right"),
     ("3x28x28", "470400", "wrong", "right")],
)  # fmt: skip
def test_channels_may_stand_first(layer: Variant, size: str, cost: str, said_of_size: str, said_of_cost: str) -> None:
    """As PyTorch prints a map; what was meant is also what is carried on."""
    found = says(layer, size=size, cost=cost)
    assert (found["size"] if ":" in said_of_size else found["size"].partition(":")[0]) == said_of_size
    assert found["cost"] == said_of_cost


def test_a_cube_has_no_channels_first() -> None:
    """16×16×16 is the same from both ends, and a depth that was taken from the input is named as that."""
    cube = posed("output-size", n=20, f=5, s=1, p=0, c=3, k=16)
    assert says(cube, size="16x16x16") == {"size": "right"}
    assert says(cube, size="16x16x3") == {"size": "wrong:depth-is-channels"}


CELLS = """+++
title = 'Two recurrent layers'
topic = 'gated'
level = 'easy'

[draw]
n = [16]
m = [24]

[[part]]
id = 'lstm'
kind = 'integer'
ask = 'lstm.parameters'

[[part]]
id = 'named'
kind = 'integer'
ask = 'lstm.parameters'
convention = 'pytorch'
+++
Text.

## lstm
How many?

## named
How many in PyTorch?
"""


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Variant:
    """One bias vector per gate: 4(16·24 + 24² + 24) = 3,936; PyTorch's two: 4,032."""
    return written(tmp_path_factory.mktemp("problems") / "cells.md", CELLS)


def test_conventions(cells: Variant) -> None:
    """What is right under another convention is that, but where the question names the convention it is wrong."""
    assert says(cells, lstm="3936", named="4032") == {"lstm": "right", "named": "right"}
    assert says(cells, lstm="4032", named="3936") == {
        "lstm": "convention:pytorch",
        "named": "wrong:textbook",
    }


def test_any_value_that_does_what_is_asked_is_right() -> None:
    """⌊(100 − 5)/s⌋ + 1 = 20 has one whole solution, s = 5."""
    stride = posed("which-stride", n=100, f=5, s=5, p=0, c=3, k=16)
    assert says(stride, stride="5") == {"stride": "right"}
    assert says(stride, stride="4")["stride"].startswith("wrong")
    assert says(stride, stride="[5, 5]")["stride"] == "unreadable"
    assert says(stride, stride="4", cost=str(24 * 24 * 5 * 5 * 3 * 16)) == {
        "stride": "wrong:stride-and-size-exchanged",
        "cost": "follows",
    }


STRIDES = """+++
title = 'A stride'
topic = 'convolution'
level = 'easy'

[draw]
n = [20]
f = [5]
s = [8]

[[part]]
id = 'stride'
kind = 'integer'
ask = 'inverse:conv.o:s'
with = {n = 'n', f = 'f', s = 's'}
+++
A layer makes a map of 2×2 of an image of {{n}}×{{n}} with filters of {{f}}×{{f}}.

## stride
Name a stride with which it does.
"""


@each_row("stride", range(1, 20))
def test_every_value_that_fits_is_right(tmp_path: Path, stride: int) -> None:
    """⌊15/s⌋ + 1 = 2 for s from 8 to 15, and for no other."""
    found = marked(written(tmp_path / "stride.md", STRIDES), stride=str(stride))["stride"]
    assert found.status == ("right" if 8 <= stride <= 15 else "wrong")
    weights = [mistake.weight for mistake in found.mistakes]
    assert weights == sorted(weights, reverse=True)


NETWORK = """+++
title = 'A table and its totals'
topic = 'networks'
level = 'easy'

[draw]
net = {text = '28x28x1; conv 6 f5; pool 2; dense 10'}

[[part]]
id = 'table'
kind = 'table'
ask = 'net'
columns = ['output', 'parameters']

[[part]]
id = 'total'
kind = 'integer'
ask = 'net.total.parameters'
follows = ['table']
+++
{{net}}

## table
Fill in the table.

## total
How many parameters?
"""
TABLE = """layer,output,parameters
conv-1,{},{}
maxpool-1,{},{}
fc-1,{},{}
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Variant:
    """24×24×6, 156; 12×12×6, 0; 10, 864·10 + 10 = 8,650; together 8,806."""
    return written(tmp_path_factory.mktemp("problems") / "network.md", NETWORK)


@pytest.mark.parametrize(
    ("cells", "total", "statuses", "said_of_total"),
    [
        (("24x24x6", "156", "12x12x6", "0", "10", "8650"), "8806", "right " * 6, "right"),
        (("28x28x6", "156", "14x14x6", "0", "10", "11770"), "11926", "wrong right follows right right follows",
            "follows"),
        (("24x24x6", "150", "12x12x6", "-", "10", "8650"), "8800", "right wrong right right right right", "follows"),
        (("6x24x24", "156", "6x12x12", "0", "10", "8650"), "8806", "convention right convention right right right",
            "right"),
        (("24x24x6", "", "12x12x6", "zero", "10", "8640"), "8806", "right missing right undecided right wrong",
            "right"),
    ],
)  # fmt: skip
def test_tables_cell_by_cell_and_their_totals(
    network: Variant, cells: tuple[str, ...], total: str, statuses: str, said_of_total: str
) -> None:
    names = [f"{layer}.{column}" for layer in ("conv-1", "maxpool-1", "fc-1") for column in ("output", "parameters")]
    for given in (dict(zip(names, cells, strict=True)), TABLE.format(*(f'"{cell}"' for cell in cells))):
        found = marked(network, table=given, total=total)
        got = [cell.status for cell in found["table"].cells]
        expected = statuses.split()
        assert [g if g != "unreadable" else "undecided" for g in got[:6]] == expected
        earned = sum(status in ("right", "follows", "convention") for status in expected)
        assert found["table"].share == Fraction(earned, len(got))
        assert found["total"].status == said_of_total


@pytest.mark.parametrize(
    ("cells", "status"),
    [("24x24x6 156 12x12x6 0 10 8650", "right"), ("28x28x6 156 14x14x6 0 10 11770", "wrong"),
     ("24x24x6 156 12x12x6 0 10 .", "wrong"), ("6x24x24 156 6x12x12 0 10 8650", "convention"),
     ("24x24x6 156 12x12x6 zero 10 8650", "unreadable"), (". . . . . .", "missing"),
     ("24x24x6 156 12x12x6 zero 10 8640", "wrong")],
)  # fmt: skip
def test_a_table_is_called_by_its_worst_cell(network: Variant, cells: str, status: str) -> None:
    wrote = [f'"{cell.strip(".")}"' for cell in cells.split(" ")]
    assert marked(network, table=TABLE.format(*wrote))["table"].status == status


@pytest.mark.parametrize("given", ["", None, {}, {"conv-1.output": ""}, " \n "])
def test_an_empty_table_is_missing(network: Variant, given: object) -> None:
    assert marked(network, table=given)["table"].status == "missing"


@pytest.mark.parametrize("given", ["no table", {"nowhere.output": "5"}, 5, [1, 2]])
def test_what_is_no_table_earns_nothing(network: Variant, given: object) -> None:
    found = marked(network, table=given)["table"]
    assert (found.status in ("missing", "unreadable", "wrong"), found.share) == (True, 0)


def test_the_policy_says_what_is_earned(layer: Variant, cells: Variant) -> None:
    policy = Policy(follows=Fraction(1, 2), convention=Fraction(1, 4))
    assert marked(layer, policy, size="27x27x8", cost="437400")["cost"].share == Fraction(1, 2)
    assert marked(cells, policy, lstm="4032")["lstm"].share == Fraction(1, 4)
    assert marked(cells, policy, lstm="3936")["lstm"].share == 1


def test_our_own_bug_costs_one_part(layer: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise TypeError("no")

    monkeypatch.setattr("dlcalc.answers.formula_judge.verify", broken)
    found = marked(layer, size="1x1x1", weights="")
    assert found["size"].status == "undecided"
    assert found["size"].reason == "TypeError: no (this is a bug in dlcalc, not in your input)"
    assert found["weights"].status == "missing"


def test_named_are_at_most_five_and_singles_before_pairs(layer: Variant) -> None:
    found = marked(layer, size="28x28x3", weights="0")
    for mark in found.values():
        assert len(mark.mistakes) <= 5
        sizes = [len(each.mistakes) for each in mark.mistakes]
        assert sizes == sorted(sizes)


SIZES = """+++
title = 'Sizes'
topic = 'convolution'
level = 'easy'

[draw]
q0 = [1]

[[part]]
id = 'a'
kind = 'integer'
ask = 'conv.o'
with = {n = '20', f = '3', s = '2'}

[[part]]
id = 'b'
kind = 'integer'
ask = 'conv.o'
with = {n = '20', f = '3', d = '2', s = '2', p = '1'}
+++
A case with {{q0}}.

## a
What is its size?

## b
And here?
"""


def test_a_mistake_made_above_comes_before_a_new_one() -> None:
    """10 is rounded up in (a); in (b), where it comes of a forgotten dilation too, that is the likelier reason."""
    posed = variant(problem_of(SIZES.encode(), "sizes.md"), 1)
    firsts = {a: marked(posed, a=a, b="10")["b"].mistakes[0].id for a in ("9", "10")}
    assert firsts == {"9": "dilation-ignored", "10": "rounded-up"}
    assert len(marked(posed, a="10", b="10")["b"].mistakes) == len(marked(posed, a="9", b="10")["b"].mistakes)
