"""Whole screens, compared with files; and whatever arithmetic stands on them is done again.

`pytest --overwrite-golden` writes the files anew: read the difference before you commit it.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from terminal import Terminal

GOLDEN = Path(__file__).parent / "golden"
SCREENS = {
    "conv-letters": ("conv --n 227 --f 11 --s 4", 80),
    "conv-numbers": ("conv --n 227 --f 11 --s 4 --c 3 --k 96", 80),
    "conv-axes": ("conv --n 20x30 --f 3x5 --s 2x1 --p 1x0 --d 1x2 --c 3 --k 8", 120),
    "conv-unfit": ("conv --n 224 --f 11 --s 4", 80),
    "conv-backwards": ("conv --n 32 --f 3 --o 16 --find s,p --range p=0..3", 80),
    "conv-mistake": ("conv --n 28 --f 3 --c 6 --k 16 --ask parameters --answer 160", 80),
    "pool-ceil": ("pool --n 112 --f 3 --s 2 --ceil --c 64", 80),
    "rf": ('rf --f "5 2 5" --s "1 2 1"', 80),
    "lstm": ("lstm --n 32 --m 100", 80),
    "lstm-stacked": ("lstm --n 300 --m 512 --T 20 --L 2 --bidirectional", 120),
    "activation": ("activation tanh --x 0.5", 80),
    "run-conv": ('run conv --x "3 0 1 2; 1 5 8 9; 2 7 2 5; 0 1 3 1" --w "1 0; 0 -1" --s 2 --p 1 --b 2', 80),
    "run-conv-backward": ('run conv --x "1 2 3; 4 5 6; 7 8 9" --w "1 2; 3 4" --backward --target "37 46; 67 75"', 80),
    "run-pool": ('run pool --x "6 4 8 5; 5 4 5 8; 3 6 7 7; 7 9 7 2" --f 2 --s 2 --backward', 80),
    "run-rnn": ('run rnn --x "1 1 1" --w-x 0.5 --w-h 0.3 --b 0 --activation tanh', 80),
    "clip": ('clip --g "3 4" --theta 0.7', 80),
    "net-line": ('net "36x36x3; conv 10 f5; pool 2; conv 20 f3; pool 2; dense 100; dense 10"', 80),
    "net-letters": ('net "n x n x c; conv k f3 p1; conv k f3 p1; pool 2"', 80),
    "net-alexnet": ("net alexnet", 120),
    "net-resnet18": ("net resnet18", 80),
    "net-row": ("net alexnet --explain conv-2", 80),
}


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_as_before(terminal: Terminal, name: str, request: pytest.FixtureRequest) -> None:
    command, columns = SCREENS[name]
    shown = "\n".join(line.rstrip() for line in terminal(command, columns).out.splitlines()) + "\n"
    file = GOLDEN / f"{name}.txt"
    if request.config.getoption("--overwrite-golden"):
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")


_SIGNS = str.maketrans(
    {"×": "*", "−": "-", "²": "**2", "³": "**3", "⌊": "((", "⌋": ")//1)", "⌈": "-((-(", "⌉": "))//1)"}
)
_NUMERIC = re.compile(r"[\d\s+\-−×·/()²³⌊⌋⌈⌉.]*\d[\d\s+\-−×·/()²³⌊⌋⌈⌉.]*")


def value_of(text: str) -> Fraction | None:
    """A printed expression without letters, worked out by Python on fractions; None when it has letters."""
    if not _NUMERIC.fullmatch(text) or text.count("(") != text.count(")") or text[-1] in "+−×·/":
        return None  # letters, or broken off at the end of a line
    spelled = re.sub(r"\d+(?:\.\d+)?", lambda n: f"Fraction('{n.group()}')", text.translate(_SIGNS).replace("·", "*"))
    spelled = re.sub(r"\*\*Fraction\('(\d)'\)", r"**\1", spelled).replace("//Fraction('1')", "//1")
    spelled = re.sub(r"(?<=[\)])(?=Fraction|\()|(?<=\))\s*(?=\()", "*", spelled)
    return Fraction(eval(spelled, {"Fraction": Fraction}))  # digits and signs only, by the pattern above


@pytest.mark.parametrize("name", ["conv-numbers", "conv-unfit", "pool-ceil", "lstm", "lstm-stacked"])
def test_the_steps_on_a_screen_are_true(terminal: Terminal, name: str) -> None:
    """In each step a = b = c, all parts without letters have one value, by an arithmetic that is not ours."""
    command, _ = SCREENS[name]
    out = terminal(command, 200).out
    steps = out.partition("Step by step")[2].partition("Parameters and cost")[0]
    checked = 0
    for line in steps.splitlines():
        chain = line.split(" = ")[1:]
        values = {value for part in chain if (value := value_of(part.strip())) is not None}
        assert len(values) <= 1, line
        checked += len(chain) > 1
    assert checked >= 2


def test_the_parameters_on_a_screen_are_the_sum_of_weights_and_biases(terminal: Terminal) -> None:
    out = terminal("conv --n 227 --f 11 --s 4 --c 3 --k 96").out

    def shown(word: str) -> int:
        (line,) = re.findall(rf"^\s*{word}\b.*?([\d,]+)\s*$", out, re.MULTILINE)
        return int(line.replace(",", ""))

    assert shown("weights") + shown("biases") == shown("parameters")


@pytest.mark.parametrize("name", ["net-line", "net-alexnet"])
def test_a_networks_total_is_the_sum_of_its_rows(terminal: Terminal, name: str) -> None:
    rows = [line.split() for line in terminal(SCREENS[name][0], 120).out.splitlines()]
    counts = [int(cells[2].replace(",", "")) for cells in rows if len(cells) >= 4 and "×" in cells[1] + cells[0]]
    counts += [int(cells[2].replace(",", "")) for cells in rows if cells and cells[0].startswith("fc-")]
    (total,) = [int(cells[1].replace(",", "")) for cells in rows if cells and cells[0] == "total"]
    assert sum(counts) == total
