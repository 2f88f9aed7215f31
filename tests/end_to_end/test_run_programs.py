"""`dlcalc run … --sympy` and `--wolfram`: programs that have what was worked out, in numbers and in letters."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
from terminal import Terminal

from dlcalc.formulas.hand_operations import OPERATIONS

sympy = pytest.importorskip("sympy")

IN_LETTERS = [
    'run conv --x "x1 x2 x3 x4" --w "w1 w2"',
    'run rnn --x "x1 x2" --U u --W w',
    'run softmax --z "a b"',
    'run momentum --w w --g "g1 g2" --eta eta --gamma gamma',
    'run pool --x "a b; c d" --f 2 --kind avg',
]


def ran(program: str) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(program, variables)
    return variables


def _flat(value: Any) -> list[float | str]:
    """The numbers of an array in one row; a word, which is a symbol in sympy, is itself."""
    if isinstance(value, sympy.Tuple | list):
        return [each for item in value for each in _flat(item)]
    return [str(value)] if isinstance(value, sympy.Symbol | str) else [float(value)]


def _alike(one: list[float | str], other: list[float | str]) -> bool:
    return len(one) == len(other) and all(
        a == b if isinstance(a, str) else a == pytest.approx(b, rel=1e-5) for a, b in zip(one, other, strict=True)
    )


def test_the_program_of_every_operation_has_its_values(terminal: Terminal) -> None:
    """Each example's first answer, run in sympy, is the JSON's."""
    odd = []
    for operation in OPERATIONS.values():
        command = operation.example.removeprefix("dlcalc ")
        program, data = terminal(f"{command} --sympy"), terminal(f"{command} --json").json
        if program.err or terminal(f"{command} --wolfram").err:
            odd.append((command, program.err))
            continue
        made = ran(program.out)
        name = next((each for each in data if each in made), None)
        if name is None or not _alike(_flat(made[name]), _flat(data[name])):
            odd.append((command, name, program.out[-300:]))
    assert not odd


@pytest.mark.parametrize("command", IN_LETTERS)
def test_letters_stay_letters(terminal: Terminal, command: str) -> None:
    made = ran(terminal(f"{command} --sympy").out)
    found = [value for value in made.values() if isinstance(value, sympy.Tuple)]
    assert found
    assert any(value.free_symbols for value in found)


def test_one_answer_has_a_program_of_its_own(terminal: Terminal) -> None:
    program = terminal('run conv --x "x1 x2 x3" --w "w1 w2" --ask output --wolfram').out
    assert program == "output = {{{w1*x1 + w2*x2, w1*x2 + w2*x3}}}\n"
