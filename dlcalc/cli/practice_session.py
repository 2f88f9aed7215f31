"""A practice set taken in the terminal: question by question, judged at once, hints on demand, working afterwards."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from .. import document as doc
from ..api.practice import COUNTING, EARNING, PartAsked, PartMark, Practice, remark, remarks_on_cells
from ..api.quiz import Paper
from ..document import showing
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
            for question, parts in taker.practice.questions():
                taker.question(question, parts)
    except (_Stop, KeyboardInterrupt, EOFError):
        taker.console.print()
    return taker.summary()


class _Taker:
    def __init__(self, practice: Practice, console: Console) -> None:
        self.practice = practice
        self.console = console

    def question(self, question: doc.Question, parts: list[PartAsked]) -> None:
        self.console.print()
        count = len(self.practice.variants)
        self.console.print(Text(f" {question.number} of {count} · {question.title}", "bold cyan"))
        show_blocks(question.blocks, self.console)
        for asked in parts:
            self.console.print()
            self.console.print(Text(f" {asked.heading}", "bold"))
            show_blocks(asked.shown.blocks, self.console)
            for choice in asked.choices:
                show_blocks((choice,), self.console)
            if asked.how:
                self.say("note", f"Type {asked.how}")
            self.part(asked)

    def part(self, asked: PartAsked) -> None:
        """Asks one part, tells what the answer is worth, and counts it."""
        mark = self.table(asked) if asked.cells else self.single(asked)
        self.practice.count(asked.made, asked.part, mark)

    def single(self, asked: PartAsked) -> PartMark:
        """Asks until the answer is right, nothing is typed, or the tries are used up. The first answer counts."""
        first: PartMark | None = None
        helpful = list(asked.hints)
        left = TRIES
        while left:
            typed = self.ask("answer")
            if typed == "?":
                self.say("hint", helpful.pop(0) if helpful else "There is no further hint.")
                continue
            if typed in ("", "="):
                break
            mark = self.practice.judged(asked.made, asked.part, typed)
            left -= mark.status in COUNTING
            first = first or (mark if mark.status in COUNTING else None)
            show_blocks((remark(mark, left),), self.console)
            if mark.status in EARNING:
                show_blocks(asked.working[:1], self.console)
                return first or mark
        show_blocks(asked.solution, self.console)
        return first or self.practice.judged(asked.made, asked.part, "")

    def table(self, asked: PartAsked) -> PartMark:
        """A table is asked cell by cell. Who stops in the middle of it gets the marks of what was typed."""
        self.say("note", _TABLE_HELP)
        typed: dict[str, str] = {}
        stopped: BaseException | None = None
        try:
            self.cells(asked, typed, list(asked.hints))
        except (_Stop, KeyboardInterrupt, EOFError) as stop:
            if not typed:
                raise
            stopped = stop
            self.console.print()
        mark = self.practice.judged(asked.made, asked.part, typed)
        for note in remarks_on_cells(mark):
            show_blocks((note,), self.console)
        if stopped is not None:
            self.practice.count(asked.made, asked.part, mark)
            raise stopped
        if mark.status != "right":
            show_blocks(asked.working, self.console)
        return mark

    def cells(self, asked: PartAsked, found: dict[str, str], helpful: list[doc.Words]) -> None:
        """Asks every cell, the totals last."""
        for layer, column in asked.cells:
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
        for topic, earned in done.earned:
            line = Text(f"{topic.replace('-', ' ') or 'problems':20} {earned}")
            self.console.print(Padding(line, (0, 1)))
        return WELL if done.right == done.asked else NOT_RIGHT
