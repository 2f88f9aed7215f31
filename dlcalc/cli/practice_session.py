"""A practice set taken in the terminal: question by question, judged at once, hints on demand, working afterwards."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from .. import document as doc
from ..answers.table_target import TableTarget
from ..answers.terms import ARRAYS
from ..api.practice import COUNTING, EARNING, Practice, cells, hints, remark, remarks_on_cells, solution
from ..api.quiz import Paper
from ..document import showing
from ..export._sheet import how
from ..grading.feedback import number
from ..grading.part_mark import PartMark
from ..quiz.problem import Part
from ..quiz.sheet import question
from ..quiz.variant import Variant
from .status import NOT_RIGHT, WELL
from .view import show_blocks

_HELP = "Type an answer. Or: ? for a hint, = for the solution, Enter to leave a part out, q to stop."
_TABLE_HELP = "Cell by cell: Enter leaves a cell out, ? gives a hint, = ends the table."
TRIES = 3
"""Answers to one part that count; what could not be read is typed again."""


class _Stop(Exception):
    """The student has had enough."""


def take(paper: Paper, console: Console | None = None) -> int:
    """Asks all problems of a paper. Ctrl-C, the end of the input, or q end it; what was done is summed up all the same.

    Status 0 when everything that was answered is right, else 1.
    """
    taker = _Taker(Practice(paper), console or Console(highlight=False))
    taker.say("note", _HELP)
    try:
        with showing(paper.course):
            for index, variant in enumerate(paper.variants, 1):
                taker.question(variant, index, len(paper.variants))
    except (_Stop, KeyboardInterrupt, EOFError):
        taker.console.print()
    return taker.summary()


class _Taker:
    def __init__(self, practice: Practice, console: Console) -> None:
        self.practice = practice
        self.console = console

    def question(self, variant: Variant, index: int, count: int) -> None:
        asked = question(variant, index)
        self.console.print()
        self.console.print(Text(f" {index} of {count} · {asked.title}", "bold cyan"))
        show_blocks(asked.blocks, self.console)
        for part, shown in zip(variant.problem.parts, asked.parts, strict=True):
            self.console.print()
            label = f"({shown.label}) " if shown.label else ""
            self.console.print(Text(f" {label}{number(part.points)} point{'s' if part.points != 1 else ''}", "bold"))
            show_blocks(shown.blocks, self.console)
            if shown.entry is not None and shown.entry.choices:
                for place, choice in enumerate(shown.entry.choices):
                    words = (f"{chr(ord('A') + place)}  ", *doc.inlines(choice.words))
                    show_blocks((doc.Paragraph(words),), self.console)
            if shown.entry is not None and part.kind in ARRAYS:
                self.say("note", f"Type {how(shown.entry)}")
            self.part(variant, part)

    def part(self, variant: Variant, part: Part) -> None:
        """Asks one part, tells what the answer is worth, and counts it."""
        is_table = isinstance(variant.asked[part.id], TableTarget)
        mark = self.table(variant, part) if is_table else self.single(variant, part)
        self.practice.count(variant, part, mark)

    def single(self, variant: Variant, part: Part) -> PartMark:
        """Asks until the answer is right, nothing is typed, or the tries are used up. The first answer counts."""
        first: PartMark | None = None
        helpful = list(hints(variant, part))
        left = TRIES
        while left:
            typed = self.ask("answer")
            if typed == "?":
                self.say("hint", helpful.pop(0) if helpful else "There is no further hint.")
                continue
            if typed in ("", "="):
                break
            mark = self.practice.judged(variant, part, typed)
            left -= mark.status in COUNTING
            first = first or (mark if mark.status in COUNTING else None)
            show_blocks((remark(mark, left),), self.console)
            if mark.status in EARNING:
                show_blocks(variant.asked[part.id].working()[:1], self.console)
                return first or mark
        show_blocks(tuple(solution(variant, part)), self.console)
        return first or self.practice.judged(variant, part, "")

    def table(self, variant: Variant, part: Part) -> PartMark:
        """A table is asked cell by cell. Who stops in the middle of it gets the marks of what was typed."""
        target = variant.asked[part.id]
        assert isinstance(target, TableTarget)
        self.say("note", _TABLE_HELP)
        typed: dict[str, str] = {}
        stopped: BaseException | None = None
        try:
            self.cells(target, typed, list(hints(variant, part)))
        except (_Stop, KeyboardInterrupt, EOFError) as stop:
            if not typed:
                raise
            stopped = stop
            self.console.print()
        mark = self.practice.judged(variant, part, typed)
        for note in remarks_on_cells(mark):
            show_blocks((note,), self.console)
        if stopped is not None:
            self.practice.count(variant, part, mark)
            raise stopped
        if mark.status != "right":
            show_blocks(target.working(), self.console)
        return mark

    def cells(self, target: TableTarget, found: dict[str, str], helpful: list[doc.Words]) -> None:
        """Asks every cell, the totals last."""
        for layer, column in cells(target):
            typed = self.ask(f"{layer}, {column.replace('_', ' ')}")
            while typed == "?":
                self.say("hint", helpful.pop(0) if helpful else "There is no further hint.")
                typed = self.ask(f"{layer}, {column.replace('_', ' ')}")
            if typed == "=":
                return
            if typed:
                found[f"{layer}.{column}"] = typed

    def ask(self, what: str) -> str:
        self.console.print(Text(f" {what}> ", "bold"), end="")
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        typed = line.strip()
        if not sys.stdin.isatty():
            self.console.print(Text(doc.printable(typed[:200])))  # nobody has seen it being typed
        if typed.lower() in ("q", "quit", "exit"):
            raise _Stop
        if typed.lower() == "help":
            self.say("note", _HELP)
            return self.ask(what)
        return typed

    def say(self, kind: str, words: doc.Words) -> None:
        show_blocks((doc.Note(kind, words),), self.console)  # type: ignore[arg-type]

    def summary(self) -> int:
        done = self.practice
        if not done.asked:
            return WELL
        self.console.print()
        parts = "part" if done.asked == 1 else "parts"
        self.console.print(Text(f" {done.right} of {done.asked} {parts} right", "bold"))
        for topic, (got, of) in sorted(done.points.items()):
            earned = f"{number(got)} of {number(of)} points"
            line = Text(f"{topic.replace('-', ' ') or 'problems':20} {earned}")
            self.console.print(Padding(line, (0, 1)))
        return WELL if done.right == done.asked else NOT_RIGHT
