"""Every command's example at the widths of terminals: nothing is cut off, and no inside of the program is shown."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from dlcalc.formulas.catalogue import ENTRIES
from dlcalc.formulas.hand_operations import OPERATIONS

EXAMPLES = [each.example.removeprefix("dlcalc ") for each in (*ENTRIES.values(), *OPERATIONS.values())]
MORE = [
    "lstm --n 32 --m 100 --L 2 --bidirectional",
    "lstm",
    "conv",
    "net vgg16",
    "net googlenet",
    "bptt --cell lstm --wrt W_f --form delta",
    'backprop "4; dense 3 relu; dense 2 softmax"',
    "rnn --n 784 --m 200 --q 2 --T 28",
    "seq2seq --n 64 --m 256 --q 5000",
]
INSIDES = re.compile(
    r"(?:Add|Mul|Pow|Neg|Div|Call|Index|Name|Literal|Fraction)\(|terms=|min\(len|\blen\(|\(\d+,\)|\b0x\b|cells·L·gates"
    r"|\w\[layers\]|=shape\(|<dlcalc"
)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_nothing_is_cut_off_and_no_inside_is_shown(terminal, columns: int) -> None:
    odd = []
    for command in (*EXAMPLES, *MORE):
        ran = terminal(command, columns=columns)
        assert ran.status == 0, command
        wide = [line for line in ran.out.splitlines() if cell_len(line) > columns]
        shown = [line for line in ran.out.splitlines() if INSIDES.search(line)]
        opened, closed = ran.out.count("("), ran.out.count(")")
        if wide or shown or opened != closed:
            odd.append((command, wide[:1], shown[:1], opened - closed))
    assert odd == []


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_number_is_broken_in_two(terminal, columns: int) -> None:
    """Each number of the table, grouped by thousands, stands whole somewhere on a line."""
    for command in ("net vgg16", "net alexnet", "gan --z 100 --x 784"):
        found = terminal(f"{command} --json").json
        layers = found.get("layers", [found])
        numbers = {
            layer[name] for layer in layers for name in ("parameters", "macs") if isinstance(layer.get(name), int)
        }
        shown = terminal(command, columns=columns).out
        assert [number for number in numbers if f"{number:,}" not in shown and str(number) not in shown] == []


def test_a_table_that_is_too_wide_says_so_and_keeps_every_cell(terminal) -> None:
    narrow, wide = terminal("net vgg16", columns=60).out, terminal("net vgg16", columns=120).out
    assert "(the table is too wide: a row below the other)" in narrow
    assert "too wide" not in wide
    for cell in ("224×224×64", "138,357,544", "15,470,264,320", "maxpool-5"):
        assert cell in narrow
        assert cell in wide
