"""A practice set taken in the terminal: question by question, judged at once, hints on demand, working afterwards."""

from __future__ import annotations

import sys
from collections import defaultdict
from fractions import Fraction

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from .. import document as doc
from ..api.quiz import Paper
from ..grading.feedback import number, right_words
from ..grading.judging import PartMark, judge
from ..grading.policy import Policy
from ..quiz.asked import TableAsked
from ..quiz.problem import Part
from ..quiz.sheet import question
from ..quiz.variant import Variant
from .view import show_blocks

_HELP = "an answer, or: ? a hint, = the working, Enter to go on, q to stop"
TRIES = 3


class _Stop(Exception):
    """The student has had enough."""


def take(paper: Paper, console: Console | None = None) -> int:
    """Asks all problems of a paper. Ctrl-C, the end of the input, or q end it; what was done is summed up all the same.

    Status 0 when everything that was answered is right, else 1.
    """
    taker = _Taker(console or Console(highlight=False))
    try:
        for index, variant in enumerate(paper.variants, 1):
            taker.question(variant, index, len(paper.variants))
    except (_Stop, KeyboardInterrupt, EOFError):
        taker.console.print()
    return taker.summary()


class _Taker:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.done: dict[str, list[tuple[Fraction, Fraction]]] = defaultdict(list)
        self.right = self.asked = 0

    def question(self, variant: Variant, index: int, count: int) -> None:
        asked = question(variant, index)
        self.console.print()
        self.console.print(Text(f" {index} of {count} · {asked.title}", "bold cyan"))
        show_blocks(asked.blocks, self.console)
        answers: dict[str, object] = {}
        for part, shown in zip(variant.problem.parts, asked.parts, strict=True):
            self.console.print()
            label = f"({shown.label}) " if shown.label else ""
            self.console.print(Text(f" {label}{number(part.points)} point{'s' if part.points != 1 else ''}", "bold"))
            show_blocks(shown.blocks, self.console)
            if shown.entry is not None and shown.entry.choices:
                for place, choice in enumerate(shown.entry.choices):
                    words = (f"{chr(ord('A') + place)}  ", *doc.inlines(choice.words))
                    show_blocks((doc.Paragraph(words),), self.console)
            mark = self.part(variant, part, answers)
            self.done[variant.problem.topic].append((mark.share * part.points, part.points))
            self.asked += 1
            self.right += mark.status in ("right", "follows", "convention")

    def part(self, variant: Variant, part: Part, answers: dict[str, object]) -> PartMark:
        """Asks until the answer is right, nothing is typed, or the tries are used up. The first answer counts."""
        if isinstance(variant.asked[part.id], TableAsked):
            return self.table(variant, part, answers)
        first: PartMark | None = None
        hints = list(self.hints(variant, part))
        for _ in range(TRIES + len(hints) + 1):
            typed = self.ask("answer")
            if typed == "?":
                self.say("hint", hints.pop(0) if hints else "there is no further hint")
                continue
            if typed in ("", "="):
                break
            answers[part.id] = typed
            mark = self.judged(variant, part, answers)
            first = first or mark
            self.tell(mark)
            if mark.status in ("right", "follows", "convention"):
                return first
        mark = first or self.judged(variant, part, {**answers, part.id: ""})
        self.say("note", ("Right is ", *right_words(mark.expected), "."))
        show_blocks(variant.asked[part.id].working(), self.console)
        return mark

    def table(self, variant: Variant, part: Part, answers: dict[str, object]) -> PartMark:
        """A table is asked cell by cell."""
        asked = variant.asked[part.id]
        assert isinstance(asked, TableAsked)
        cells: dict[str, str] = {}
        for row in asked.table.rows:
            for column in asked.columns:
                typed = self.ask(f"{row.layer.name}, {column.replace('_', ' ')}")
                if typed not in ("", "?", "="):
                    cells[f"{row.layer.name}.{column}"] = typed
        answers[part.id] = cells
        mark = self.judged(variant, part, answers)
        for cell in mark.cells:
            if cell.status not in ("right", "missing"):
                why = cell.mistakes[0].because if cell.mistakes else cell.reason
                self.say("mistake" if cell.status == "wrong" else "note",
                         f"{cell.layer}, {cell.column}: {cell.status}. {doc.sentence(why) if why else ''}")  # fmt: skip
        right = sum(cell.mark for cell in mark.cells)
        self.say("right" if mark.status == "right" else "note", f"{right} of {len(mark.cells)} cells are right")
        return mark

    def judged(self, variant: Variant, part: Part, answers: dict[str, object]) -> PartMark:
        return next(mark for mark in judge(variant, answers, Policy()) if mark.part is part)

    def hints(self, variant: Variant, part: Part) -> tuple[doc.Words, ...]:
        index = variant.problem.parts.index(part)
        return question(variant, key=True).parts[index].hints

    def ask(self, what: str) -> str:
        self.console.print(Text(f" {what}> ", "bold"), end="")
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        typed = line.strip()
        if typed.lower() in ("q", "quit", "exit"):
            raise _Stop
        if typed.lower() == "help":
            self.say("note", _HELP)
            return self.ask(what)
        return typed

    def tell(self, mark: PartMark) -> None:
        match mark.status:
            case "right":
                self.say("right", "right")
            case "follows":
                self.say("right", "right: it follows from your earlier answer")
            case "convention":
                self.say("right", f"right by another convention: {mark.convention}")
            case "wrong" if mark.mistakes:
                reasons = [doc.sentence(each.because) for each in mark.mistakes[:2]]
                self.say("mistake", " Or: ".join(reasons))
            case "wrong":
                self.say("mistake", "wrong, and none of the typical mistakes leads to this")
            case _:
                self.say("warning", f"{mark.status}: {mark.reason or 'write a number, a shape or a letter'}")

    def say(self, kind: str, words: doc.Words) -> None:
        show_blocks((doc.Note(kind, words),), self.console)  # type: ignore[arg-type]

    def summary(self) -> int:
        if not self.asked:
            return 0
        self.console.print()
        self.console.print(Text(f" {self.right} of {self.asked} parts right", "bold"))
        for topic, points in sorted(self.done.items()):
            got, of = sum(p for p, _ in points), sum(q for _, q in points)
            line = Text(f"{topic.replace('-', ' ') or 'problems':20} {number(Fraction(got))} of {number(Fraction(of))}")
            self.console.print(Padding(line, (0, 1)))
        return 0 if self.right == self.asked else 1
