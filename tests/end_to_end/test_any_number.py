"""Numbers of any size, sign, notation and shape, wherever a command takes one: an answer, or one line and status 2."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.cli import main
from dlcalc.cli.calculators import _flags
from dlcalc.formulas.catalogue import ENTRIES, Entry
from dlcalc.formulas.hand_operations import OPERATIONS
from dlcalc.formulas.model import Formula
from dlcalc.formulas.registry import formula

ROOT = Path(__file__).parents[2]

WHOLE = st.integers() | st.integers(-(10**60), 10**60)
DECIMALS = st.builds("{}e{}".format, st.integers(-99, 99), st.integers(-999, 999)) | st.floats().map(repr)
FRACTIONS = st.builds("{}/{}".format, WHOLE, st.integers(-9, 9))
WORDS = st.sampled_from(
    ["inf", "-inf", "nan", "∞", "½", "", " ", "-", "−0", "0x10", "1_000", "1,000", "true", "same", "\udcff", "7\udc80",
     "a-b-c", "n" * 2001, "a" * 2500 + "1", "n!", "3=3", "n=3", "[]", "()", "1..3", "[1,[2,3]]"]
)  # fmt: skip
EXPRESSIONS = st.sampled_from(
    ["n+1", "(n+m)^500", "n^n", "x^-1", "1/0", "1/(n-n)", "2^0.5", "10^300", "10^400", "10^1000", "-10^1000", "10^-400",
     "1/10^300", "1/10^1000", "exp(700)", "exp(-800)", "exp(n)", "exp(10^9)", "sqrt(-1)", "sqrt(10^601)", "log(0)",
     "log(1/10^400)", "1e308*10", "0.1^400", "sum(i=1..20000, i^i)"]
)  # fmt: skip
NUMBERS = WHOLE.map(str) | DECIMALS | FRACTIONS | EXPRESSIONS | st.sampled_from(["0", "1", "2", "3", "7", "1/2", "0.3"])
LISTS = st.lists(NUMBERS, min_size=1, max_size=5).map(" ".join)
SHAPES = st.lists(st.integers(0, 300).map(str) | NUMBERS, min_size=2, max_size=5).map("x".join)
MATRICES = st.lists(LISTS, min_size=1, max_size=3).map("; ".join)
VALUES = NUMBERS | NUMBERS | WORDS | LISTS | SHAPES | MATRICES

ANY = settings(max_examples=3, suppress_health_check=list(HealthCheck))
"""A few for each command and formula, of which there are hundreds; a long run takes more of them."""


def status_of(arguments: list[str]) -> int:
    """Runs a command in this process: the status, after it was seen that a refusal is one line."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="replace") for _ in range(2))
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        status = main(arguments)
    errors.flush()
    said = errors.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert status in (0, 1, 2), said
    if status == 2:
        assert said.startswith("dlcalc: "), said
        assert len(said.splitlines()) == 1, said
        assert "bug in dlcalc" not in said
    return status


def chosen(entry: Entry, id: str) -> list[str]:
    """What makes a command take this one of its formulas."""
    for choice, each in entry.choices.items():
        if each == id:
            return [choice] if entry.positional else [f"--{entry.choice}", choice]
    switches = {(name,): each for name, each in entry.switches.items()} | dict(entry.together)
    names = next((names for names, each in switches.items() if each == id), ())
    return [f"--{name.replace('_', '-')}" for name in sorted(names)]


CALCULATORS = [
    pytest.param(name.replace("_", "-"), chosen(entry, id), formula(id), id=f"{name}-{id}")
    for name, entry in ENTRIES.items()
    for id in entry.formulas()
]


@pytest.mark.parametrize(("command", "choice", "found"), CALCULATORS)
@ANY
@given(data=st.data())
def test_every_option_of_every_calculator(command: str, choice: list[str], found: Formula, data: st.DataObject) -> None:
    """Forwards, backwards and judged, with some options given and others left as letters."""
    names = [variable.name for variable in found.variables]
    arguments = [command, *choice]
    for name in data.draw(st.lists(st.sampled_from(names), unique=True, max_size=4)):
        arguments += [_flags(name)[0], data.draw(VALUES)]
    answer = data.draw(st.sampled_from([*dict.fromkeys((*found.answers, *(step.name for step in found.steps)))]))
    way = data.draw(st.sampled_from(["forwards", "judged", "judged", "backwards"]))
    if way == "judged":
        arguments += ["--ask", answer, "--answer", data.draw(VALUES)]
    elif way == "backwards":
        arguments += [_flags(answer)[0], data.draw(NUMBERS)]
    status_of([*arguments, "--json"])


@pytest.mark.parametrize("name", OPERATIONS)
@ANY
@given(data=st.data())
def test_every_operation_by_hand(name: str, data: st.DataObject) -> None:
    """The example of the operation, with some of its numbers or what is answered replaced."""
    arguments = shlex.split(OPERATIONS[name].example)[1:]
    places = [place for place, part in enumerate(arguments) if place > 2 and arguments[place - 1].startswith("--")]
    for place in data.draw(st.lists(st.sampled_from(places), unique=True, min_size=1, max_size=2)):
        arguments[place] = data.draw(VALUES)
    if data.draw(st.booleans()) and "--ask" not in arguments:
        arguments += ["--ask", "value", "--answer", data.draw(VALUES)]
    status_of([*arguments, "--json"])


OTHERS: dict[str, Callable[[str], list[str]]] = {
    "vanish --seed": lambda value: ["vanish", "--steps", "2", "--hidden", "2", "--seed", value],
    "vanish --lambda": lambda value: ["vanish", "--steps", "2", "--hidden", "2", "--lambda", value],
    "vanish --epsilon": lambda value: ["vanish", "--steps", "2", "--hidden", "2", "--epsilon", value],
    "vanish --steps": lambda value: ["vanish", "--hidden", "2", "--cell", "rnn", "--steps", f"9{value}"],
    "vanish --hidden": lambda value: ["vanish", "--steps", "2", "--cell", "rnn", "--hidden", f"9{value}"],
    "vanish --forget-bias": lambda value: ["vanish", "--steps", "2", "--hidden", "2", "--forget-bias", value],
    "vanish --clip": lambda value: ["vanish", "--steps", "2", "--hidden", "2", "--clip", value],
    "vanish --truncate": lambda value: ["vanish", "--steps", "2", "--hidden", "2", "--truncate", value],
    "bptt --steps": lambda value: ["bptt", "--steps", value],
    "bptt --layers": lambda value: ["bptt", "--layers", value],
    "bptt --truncate": lambda value: ["bptt", "--steps", "3", "--truncate", value],
    "bptt --max-paths": lambda value: ["bptt", "--steps", "3", "--form", "paths", "--max-paths", value],
    "bptt --m": lambda value: ["bptt", "--steps", "2", "--seed", "1", "--m", value],
    "bptt --seed": lambda value: ["bptt", "--steps", "2", "--form", "numeric", "--seed", value],
    "bptt --value": lambda value: ["bptt", "--steps", "2", "--value", f"W={value}"],
    "bptt --value of x": lambda value: ["bptt", "--steps", "2", "--value", f"x={value}"],
    "bptt --answer": lambda value: ["bptt", "--wrt", "V", "--answer", value],
    "backprop --x": lambda value: ["backprop", "2; dense 2 sigmoid; dense 1", "--seed", "1", "--x", value],
    "backprop --target": lambda value: ["backprop", "2; dense 2 sigmoid; dense 1", "--seed", "1", "--target", value],
    "backprop --weights": lambda value: ["backprop", "2; dense 1", "--seed", "1", "--weights", f"W1 = {value}"],
    "backprop --seed": lambda value: ["backprop", "2; dense 1 sigmoid", "--seed", value],
    "backprop of a size": lambda value: ["backprop", f"{value}; dense 1 sigmoid"],
    "diff": lambda value: ["diff", f"x^2 + {value}", "--wrt", "x"],
    "diff of a power": lambda value: ["diff", f"x^({value})", "--wrt", "x"],
    "diff --at": lambda value: ["diff", "exp(x) + x^3", "--at", f"x={value}"],
    "diff --answer": lambda value: ["diff", "x^3", "--answer", value],
    "solve": lambda value: ["solve", f"2n^2 = {value}"],
    "solve --range": lambda value: ["solve", "2n = 10", "--range", f"n=1..{value}"],
    "net of a size": lambda value: ["net", f"{value}x8x3; conv 2 f3; dense 2"],
    "net of a filter": lambda value: ["net", f"8x8x3; conv {value} f3; dense {value}"],
    "net --run": lambda value: ["net", f"{value}x8x3; conv 2 f3; dense 2", "--run"],
    "net --input": lambda value: ["net", "lenet5", "--input", value],
    "quiz make --count": lambda value: ["quiz", "make", "--topic", "convolution", "--count", f"999{value}"],
    "quiz make --seed": lambda value: ["quiz", "make", "--topic", "convolution", "--count", "1", "--seed", value],
    "quiz make --date": lambda value: ["quiz", "make", "--count", "1", "--date", value],
    "problems show --seed": lambda value: ["problems", "show", "output-size", "--seed", value],
    "problems check --seeds": lambda value: ["problems", "check", "output-size", "--seeds", f"99999{value}"],
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
@settings(ANY, max_examples=5)
@given(value=VALUES)
@example("-1")
@example("1e400")
@example("(n+m)^500")
@example("10^1000")
@example("\udcff")
def test_every_other_number(name: str, value: str) -> None:
    status_of([*OTHERS[name](value)])


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["lstm", "--ask", "parameters", "--answer", "1e400"], 1),
        (["quiz", "make", "--seed", "\udcff"], 2),
        (["clip", "--theta", "1e-400", "--ask", "clipped", "--answer", "10^50"], 2),
    ],
    ids=lambda each: " ".join(each).encode("ascii", "replace").decode() if isinstance(each, list) else str(each),
)
def test_as_whole_processes(arguments: list[str], status: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dlcalc", *map(os.fsencode, arguments)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert done.stderr.count(b"\n") == (status == 2)


@each_row(
    "arguments, status",
    [
        (["lstm", "--ask", "parameters", "--answer", "(n+m)^500"], 1),
        (["vanish", "--seed", "-1"], 2),
        (["conv", "--o", "1x2x3x4"], 2),
    ],
)
def test_a_status(arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == status
    assert capsys.readouterr().err.count("\n") == (status == 2)


def test_letters_are_shown_as_they_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Widths in letters are no list: the message shows what was read, not the classes of our tree."""
    assert main(["mlp", "--u", "a-b-c"]) == 2
    assert capsys.readouterr().err == (
        "dlcalc: a network needs at least two widths, inputs and outputs, not only a − b − c\n"
    )


LONG = "n" * 2500


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        (f'[letters]\nn = "{LONG}"\n', ["conv", "--n", "7", "--profile"]),
        (f"{LONG} = 1\n", ["conv", "--n", "7", "--profile"]),
        (f'[conventions]\nconv = "{LONG}"\n', ["conv", "--n", "7", "--profile"]),
        (f'input = "8x8x3"\n[[layer]]\ntype = "conv"\nname = "{LONG}"\nk = 2\nf = 3\n', ["net"]),
        (f'input = "8x8x3"\n[[layer]]\ntype = "{LONG}"\n', ["net"]),
        (f'{LONG} = "8x8x3"\n', ["net"]),
    ],
)
def test_long_names_in_files(
    text: str, arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer, or a line that a terminal shows whole."""
    path = tmp_path / "given.toml"
    path.write_text(text)
    status = main([*arguments, str(path)])
    said = capsys.readouterr().err
    assert status in (0, 2)
    assert len(said) <= 500
    assert len(said.splitlines()) == status // 2
