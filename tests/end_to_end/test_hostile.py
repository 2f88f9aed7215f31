"""Hostile and silly inputs: each is an answer, or one line that says what is wrong, and nothing of it is executed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from end_to_end import hostile
from end_to_end.hostile_process import WATCHDOG, Outcome, limit_memory
from rows import each_row

ROOT = Path(__file__).parents[2]
MOST_MEMORY = 200 << 20
"""Bytes beyond what the process has when it is ready."""

# Control characters except the line break, lone surrogates, and the marks that turn the direction of a text.
TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# As whole processes: what could differ in one. A NUL cannot be passed to a process.
WHOLE = [
    "an unknown command with markup",
    "a tower of powers",
    "100,000 digits",
    "code that runs a command",
    "a byte that is no UTF-8",
    "a gigabyte as a profile",
]

SAYS = {
    "a filter larger than the input": "the filter does not fit: f = 9 is larger than the padded input 7",
    "a float too large": 'n = "1e9999": a number has at most 50 digits',
    "a stride of zero": "s is a whole number ≥ 1, not 0",
    "a negative filter": "f is a whole number ≥ 1, not -3",
    "an option without its value": "Option '--n' requires an argument.",
    "a list of 20,000 numbers": "a list has at most 200 numbers, not 20,000",
    "a comparison for an answer": "a number or an expression is expected, not a comparison",
    "an answer of another shape": "one number is expected, not 2",
    "a gradient divided by zero": "at W/0: division by zero",
    "axes in brackets that do not close": "[ is not closed: ] is expected",
    "two formats at once": "one format at a time: --json or --latex",
    "a Cyrillic a": "а (cyrillic small letter a) has no meaning here",
    "an answer without a question": "--answer VALUE needs --ask NAME: the answer, and the question",
}


class Ran:
    """What all cases did in one process, and the memory that they took."""

    def __init__(self, folder: Path) -> None:
        hostile.prepare(folder)
        self.before = sorted(folder.iterdir())
        done = subprocess.run(
            [sys.executable, "-m", "tests.end_to_end.hostile_process", str(folder)],
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        self.after = sorted(folder.iterdir())
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        names = list(hostile.commands(folder))
        assert done.returncode == 0, f"{names[len(lines)]}: {done.stderr[-2000:]}"
        self.memory: int = lines.pop()["memory"]
        self.outcomes = {line.pop("name"): Outcome(**line) for line in lines}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Ran(tmp_path_factory.mktemp("hostile"))


def check(name: str, outcome: Outcome) -> None:
    """One line and status 2 for what is refused, else an answer; nothing that a terminal would obey."""
    if name in hostile.ANSWERED:
        assert outcome.status in (0, 1)
        assert outcome.errors == ""
        json.loads(outcome.output)
    else:
        assert outcome.status == 2
        assert outcome.errors.startswith("dlcalc: ")
        assert outcome.errors.endswith("\n")
        assert len(outcome.errors.splitlines()) == 1
        assert 20 < len(outcome.errors) < 500
    if name in hostile.REFUSED:
        assert outcome.output == ""
    elif name in hostile.NOT_UNDERSTOOD:
        judged = json.loads(outcome.output)
        assert (judged["status"], judged["correct"], judged["mistakes"]) == ("unreadable", None, [])
        assert outcome.errors == f"dlcalc: {judged['reason']}\n"
    text = (outcome.output + outcome.errors).replace("\n", "")
    assert [letter for letter in text if unicodedata.category(letter) in ("Cc", "Cs") or letter in TURNS] == []


@each_row("name", [*hostile.REFUSED, *hostile.ANSWERED, *hostile.NOT_UNDERSTOOD])
def test_it_is_an_answer_or_one_line(ran: Ran, name: str) -> None:
    """No input leads to a traceback, to several lines, or to what a terminal takes for a command."""
    check(name, ran.outcomes[name])


def test_nothing_is_executed_or_written(ran: Ran) -> None:
    """Many inputs would create the canary, were they ever run; the folder holds what it held before."""
    assert sum(hostile.CANARY in part for arguments in hostile.REFUSED.values() for part in arguments) >= 12
    assert ran.after == ran.before


def test_memory_stays_small(ran: Ran) -> None:
    """All inputs together take less than 200 MB beyond the program itself (0 where the system does not tell)."""
    assert 0 <= ran.memory < MOST_MEMORY


@each_row("name", SAYS)
def test_the_line_names_what_is_wrong(ran: Ran, name: str) -> None:
    assert SAYS[name] in ran.outcomes[name].errors


@pytest.mark.parametrize("name", WHOLE)
def test_as_a_whole_process(name: str, tmp_path: Path) -> None:
    """The same from outside: a program of its own, with little memory and a watchdog."""
    hostile.prepare(tmp_path)
    before = sorted(tmp_path.iterdir())
    done = subprocess.run(
        [sys.executable, "-m", "dlcalc", *hostile.commands(tmp_path)[name]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=WATCHDOG,
        preexec_fn=limit_memory if os.name == "posix" else None,
        check=False,
    )
    check(name, Outcome(done.returncode, done.stdout.decode(), done.stderr.decode(), 0.0))
    assert sorted(tmp_path.iterdir()) == before


STRIDE = ["conv", "--n", "224", "--f", "11", "--s", "4"]
"""A layer whose warning has a minus sign, which neither ASCII nor Windows' Latin letters have."""
LACKING = [("ascii", ""), ("ascii", "--json"), ("ascii", "--markdown"), ("cp1252", "")]
"""Encodings of those, and forms of the output."""


@pytest.mark.parametrize(("encoding", "form"), LACKING)
def test_what_is_redirected_is_utf8(encoding: str, form: str) -> None:
    """A file or another program gets every character, whatever the locale says of the terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "dlcalc", *STRIDE, *filter(None, [form])],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=WATCHDOG,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    warned = json.loads(text)["warnings"][0] if form == "--json" else " ".join(text.split())
    assert "(224 − 11)/4 is not whole" in warned


@pytest.mark.parametrize(("encoding", "form"), LACKING)
def test_a_terminal_without_our_characters(encoding: str, form: str) -> None:
    """What the terminal's encoding lacks is replaced, and escaped in JSON; it is no error."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "dlcalc", *STRIDE, *filter(None, [form])],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding, "TERM": "dumb", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
    ) as program:
        os.close(theirs)
        written = b""
        with contextlib.suppress(OSError):  # Linux tells the end of a terminal by an error
            while block := os.read(ours, 4096):
                written += block
        os.close(ours)
        assert program.stderr is not None
        assert (program.wait(WATCHDOG), program.stderr.read()) == (0, b"")
    text = written.decode(encoding)
    if form == "--json":
        assert "(224 − 11)/4 is not whole" in json.loads(text)["warnings"][0]
    else:
        assert "(224 ? 11)/4 is not whole" in " ".join(text.split())


@pytest.mark.parametrize("form", ["", "--json"])
def test_a_reader_that_goes_away(form: str) -> None:
    """`dlcalc conv | head -0` ends well and says nothing."""
    arguments = [sys.executable, "-m", "dlcalc", "conv", "--n", "7", *filter(None, [form])]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait(WATCHDOG) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk() -> None:
    """What cannot be written is one line and status 2."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "dlcalc", "conv", "--n", "7"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=WATCHDOG,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"dlcalc: the output cannot be written: ")
    assert done.stderr.count(b"\n") == 1
