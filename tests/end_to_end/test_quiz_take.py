"""A practice set taken in the terminal: through a pipe, and at a terminal that a student would sit at."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from terminal import Ran, Terminal

from dlcalc.api.quiz import practice

Take = Callable[..., Ran]
SET = ("convolution", 2, 3)
OPTIONS = ["quiz", "take", "--topic", SET[0], "--count", str(SET[1]), "--seed", str(SET[2])]


@pytest.fixture
def take(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Take:
    """`take("55", "?", ...)`: lines typed into a practice set."""

    def run(*lines: str, topic: str = SET[0], count: int = SET[1], seed: int = SET[2]) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return terminal(["quiz", "take", "--topic", topic, "--count", str(count), "--seed", str(seed)])

    return run


def right(topic: str = SET[0], count: int = SET[1], seed: int = SET[2]) -> list[str]:
    """The right answers, as they are typed."""
    found = []
    for variant in practice(topic, count, seed).variants:
        for part in variant.problem.parts:
            if part.kind == "choice":
                found.append(
                    "".join("ABCDEFGH"[i] for i, choice in enumerate(variant.choices[part.id]) if choice.right)
                )
            else:
                value = variant.asked[part.id].expected
                found.append("x".join(map(str, value)) if isinstance(value, tuple) else str(value))
    return found


def test_all_right(take: Take) -> None:
    answers = right()
    ran = take(*answers)
    assert ran.status == 0
    assert ran.out.count("✓ Right.") == len(answers)
    assert f"{len(answers)} of {len(answers)} parts right" in ran.out
    assert re.search(r"convolution +(\d+) of \1 points", ran.out)
    assert "✗" not in ran.out


def test_a_wrong_answer_is_told_and_may_be_given_again_but_the_first_counts(take: Take) -> None:
    answers = right()
    ran = take("1234567", *answers)
    assert ran.status == 1
    assert "2 more tries." in ran.words
    assert f"{len(answers) - 1} of {len(answers)} parts right" in ran.out


def test_what_cannot_be_read_is_no_try(take: Take) -> None:
    answers = right()
    ran = take(*["5 5 5 5 )"] * 7, *answers)
    assert ran.status == 0
    assert ran.words.count("try again.") == 7


def test_a_matrix_is_typed_row_by_row(take: Take) -> None:
    """One wrong number is found, the others count; a matrix of another size is told."""
    seed = next(s for s in range(50) if practice("pooling", 1, s).variants[0].problem.id == "pooling-by-hand")
    (variant,) = practice("pooling", 1, seed).variants
    (a, b), (c, d) = variant.asked["max"].expected
    ran = take("1 2 3", f"{a} {b}; {c} {d + 1}", f"{a} {b}; {c} {d}", "q", topic="pooling", count=1, seed=seed)
    assert "A matrix of 2×2 is expected (2 rows, 2 columns), not 1×3." in ran.words
    assert "3 of 4 numbers are right. Wrong: row 2, column 2." in ran.words
    assert "✓ Right." in ran.out


def test_after_three_tries_the_solution_stands_there(take: Take) -> None:
    ran = take("1234567", "1234568", "1234569")
    assert "One more try." in ran.words
    assert "· The right answer is" in ran.out
    assert "0 of 1 part right" in ran.out


def test_hints_the_solution_and_leaving_out(take: Take) -> None:
    ran = take("?", "?", "?", "?", "=", "", "help", "q")
    assert "? There is no further hint." in ran.out
    assert ran.out.count("· The right answer is") == 2
    assert ran.out.count("Type an answer. Or: ? for a hint") == 2
    assert (ran.status, "0 of 2 parts right" in ran.out) == (1, True)


def test_nothing_typed_is_nothing_to_sum_up(take: Take) -> None:
    ran = take()
    assert (ran.status, "parts right" in ran.out, ran.err) == (0, False, "")


def test_choices(take: Take) -> None:
    choices = practice("concepts", 1, 4).variants[0].choices["choice"]
    wrong = next("ABCDEFGH"[i] for i, choice in enumerate(choices) if not choice.right)
    ran = take(wrong, "Z", "", topic="concepts", count=1, seed=4)
    assert "2 more tries." in ran.words
    assert "A choice is a letter, A to" in ran.words
    assert f"The right answer is {right('concepts', 1, 4)[0]}: " in ran.words
    assert "0 of 1 part right" in ran.out


def test_a_table_is_asked_cell_by_cell_with_its_totals(take: Take) -> None:
    """AlexNet's rows begin with a table; who stops in the middle keeps what was typed."""
    seed = next(s for s in range(50) if practice("networks", 1, s).variants[0].problem.id == "alexnet-rows")
    variant = practice("networks", 1, seed).variants[0]
    table = variant.asked["table"].table
    size = "x".join(map(str, table.rows[0].output))
    ran = take(size, "?", "7", topic="networks", count=1, seed=seed)
    assert "conv-1, output>" in ran.out
    assert "? There is no further hint." in ran.out or "? " in ran.out
    assert re.search(r"2? ?1 of \d+ cells are right\.", ran.words)
    assert "conv-1, parameters: wrong." in ran.words
    assert (ran.status, "0 of 1 part right" in ran.out) == (1, True)
    assert not re.search(r"networks +0 of", ran.out)
    assert "total, parameters>" in take(*[""] * 40, topic="networks", count=1, seed=seed).out


def test_who_stops_before_the_first_cell_of_a_table_has_answered_nothing(take: Take) -> None:
    seed = next(s for s in range(50) if practice("networks", 1, s).variants[0].problem.id == "alexnet-rows")
    for typed in (["q"], [], ["?", "q"]):
        ran = take(*typed, topic="networks", count=1, seed=seed)
        assert (ran.status, "parts right" in ran.out, ran.err) == (0, False, "")


@pytest.mark.parametrize("hostile", ["[bold]x[/bold]", "\x1b[31mred", "__import__('os')", "9^9^9^9", "\ud800"])
def test_nothing_typed_reaches_the_terminal_as_a_command(take: Take, hostile: str) -> None:
    ran = take(hostile)
    assert "\x1b" not in ran.out
    assert "Traceback" not in ran.err
    assert ran.status in (0, 1)


def test_at_80_columns_without_escape_codes(take: Take) -> None:
    ran = take("1", "?", "=", *["="] * 12)
    assert "\x1b" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def sit(environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    """The program at a terminal of its own."""
    ours, theirs = pty.openpty()
    colourless = ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "CI")
    usual = {name: value for name, value in os.environ.items() if name not in colourless}
    process = subprocess.Popen(
        [sys.executable, "-m", "dlcalc", *OPTIONS], stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
        env={**usual, "COLUMNS": "80", "TERM": "xterm", **environment}, start_new_session=True,
        # Who runs the tests in the background has Ctrl-C switched off, and a child inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    os.close(theirs)
    return process, ours


def until(terminal: int, words: str) -> str:
    """What the program writes until `words` have come."""
    seen = b""
    while words.encode() not in seen:
        if not select.select([terminal], [], [], 30)[0]:
            break
        try:
            seen += os.read(terminal, 4096)
        except OSError:  # the program has ended
            break
    return seen.decode("utf-8", "replace")


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}])
def test_ctrl_c_keeps_what_was_done(environment: dict[str, str]) -> None:
    process, terminal = sit(environment)
    try:
        seen = until(terminal, "answer> ")
        os.write(terminal, f"{right()[0]}\n".encode())
        seen += until(terminal, "answer> ")
        process.send_signal(signal.SIGINT)
        seen += until(terminal, "points")
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    assert "1 of 1 part right" in seen
    assert "Traceback" not in seen
    colours = re.findall(r"\x1b\[(?:\d+;)*(?:3\d|9\d)(?:;\d+)*m", seen)
    assert bool(colours) != bool(environment)
