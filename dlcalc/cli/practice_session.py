"""A practice set taken in the terminal: question by question, judged at once, hints on demand, working afterwards."""

from __future__ import annotations

import sys
from collections import defaultdict
from fractions import Fraction

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from .. import document as doc
from ..answers.targets import TableTarget
from ..answers.terms import ARRAYS
from ..api.quiz import Paper
from ..export._sheet import how
from ..grading.feedback import SAID, number, right_words
from ..grading.part_judging import judge
from ..grading.part_mark import PartMark
from ..grading.policy import Policy
from ..networks.exercise import cell
from ..networks.table import COUNTS
from ..profiles import showing
from ..quiz.problem import Part
from ..quiz.sheet import question
from ..quiz.variant import Variant
from .view import show_blocks

_HELP = "Type an answer. Or: ? for a hint, = for the solution, Enter to leave a part out, q to stop."
_TABLE_HELP = "Cell by cell: Enter leaves a cell out, ? gives a hint, = ends the table."
_EARNING = ("right", "follows", "convention")
_COUNTING = (*_EARNING, "wrong")
"""What counts as a try; what could not be read is typed again."""
TRIES = 3
MOST_PLACES = 6


class _Stop(Exception):
    """The student has had enough."""


def take(paper: Paper, console: Console | None = None) -> int:
    """Asks all problems of a paper. Ctrl-C, the end of the input, or q end it; what was done is summed up all the same.

    Status 0 when everything that was answered is right, else 1.
    """
    taker = _Taker(console or Console(highlight=False))
    taker.say("note", _HELP)
    try:
        with showing(paper.course):
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
            if shown.entry is not None and part.kind in ARRAYS:
                self.say("note", f"Type {how(shown.entry)}")
            self.part(variant, part, answers)

    def part(self, variant: Variant, part: Part, answers: dict[str, object]) -> None:
        """Asks one part, tells what the answer is worth, and counts it."""
        is_table = isinstance(variant.asked[part.id], TableTarget)
        mark = self.table(variant, part, answers) if is_table else self.single(variant, part, answers)
        self.done[variant.problem.topic].append((mark.share * part.points, part.points))
        self.asked += 1
        self.right += mark.status in _EARNING

    def single(self, variant: Variant, part: Part, answers: dict[str, object]) -> PartMark:
        """Asks until the answer is right, nothing is typed, or the tries are used up. The first answer counts."""
        first: PartMark | None = None
        hints = list(self.hints(variant, part))
        left = TRIES
        while left:
            typed = self.ask("answer")
            if typed == "?":
                self.say("hint", hints.pop(0) if hints else "There is no further hint.")
                continue
            if typed in ("", "="):
                break
            answers[part.id] = typed
            mark = self.judged(variant, part, answers)
            left -= mark.status in _COUNTING
            first = first or (mark if mark.status in _COUNTING else None)
            self.show_mark(mark, left)
            if mark.status in _EARNING:
                show_blocks(variant.asked[part.id].working()[:1], self.console)
                return first or mark
        self.solution(variant, part)
        return first or self.judged(variant, part, {**answers, part.id: ""})

    def solution(self, variant: Variant, part: Part) -> None:
        """The right answer, with its working, or of a choice with its reason."""
        for index, choice in enumerate(variant.choices.get(part.id, ())):
            if choice.right:
                because = (" ", *doc.inlines(choice.because)) if choice.because else ()
                self.say("note", (f"Right is {chr(ord('A') + index)}: ", *doc.inlines(choice.words), *because))
        if part.id not in variant.choices:
            self.say("note", ("Right is ", *right_words(variant.asked[part.id].expected, part.kind), "."))
        show_blocks(variant.asked[part.id].working(), self.console)

    def table(self, variant: Variant, part: Part, answers: dict[str, object]) -> PartMark:
        """A table is asked cell by cell. Who stops in the middle of it gets the marks of what was typed."""
        asked = variant.asked[part.id]
        assert isinstance(asked, TableTarget)
        self.say("note", _TABLE_HELP)
        cells: dict[str, str] = {}
        stopped: BaseException | None = None
        try:
            self.cells(asked, cells, list(self.hints(variant, part)))
        except (_Stop, KeyboardInterrupt, EOFError) as stop:
            if not cells:
                raise
            stopped = stop
            self.console.print()
        answers[part.id] = cells
        mark = self.judged(variant, part, answers)
        for each in mark.cells:
            if each.status not in ("right", "missing"):
                why = each.mistakes[0].because if each.mistakes else each.reason
                self.say("mistake" if each.status == "wrong" else "note",
                         f"{each.layer}, {each.column.replace('_', ' ')}: {SAID[each.status]}. "
                         f"{doc.sentence(why) if why else ''}".strip())  # fmt: skip
        right = sum(each.mark for each in mark.cells)
        self.say("right" if mark.status == "right" else "note", f"{right} of {len(mark.cells)} cells are right.")
        if stopped is not None:
            self.done[variant.problem.topic].append((mark.share * part.points, part.points))
            self.asked += 1
            self.right += mark.status in _EARNING
            raise stopped
        if mark.status != "right":
            show_blocks(asked.working(), self.console)
        return mark

    def cells(self, asked: TableTarget, cells: dict[str, str], hints: list[doc.Words]) -> None:
        """Asks every cell, the totals last."""
        layers = [(row.layer.name, row) for row in asked.table.rows]
        wanted = [
            (name, column) for name, row in layers for column in asked.columns if cell(row, column) is not None
        ] + [("total", column) for column in asked.columns if column in COUNTS]  # fmt: skip
        for layer, column in wanted:
            typed = self.ask(f"{layer}, {column.replace('_', ' ')}")
            while typed == "?":
                self.say("hint", hints.pop(0) if hints else "There is no further hint.")
                typed = self.ask(f"{layer}, {column.replace('_', ' ')}")
            if typed == "=":
                return
            if typed:
                cells[f"{layer}.{column}"] = typed

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
        if not sys.stdin.isatty():
            self.console.print(Text(doc.printable(typed[:200])))  # nobody has seen it being typed
        if typed.lower() in ("q", "quit", "exit"):
            raise _Stop
        if typed.lower() == "help":
            self.say("note", _HELP)
            return self.ask(what)
        return typed

    def show_mark(self, mark: PartMark, left: int) -> None:
        """What an answer is worth, and why; `left` tries are left."""
        again = {0: "", 1: " One more try."}.get(left, f" {left} more tries.")
        match mark.status:
            case "right":
                self.say("right", "Right.")
            case "follows":
                self.say("right", "Right: it follows from your own earlier answer.")
            case "convention":
                self.say("right", f"Right by another convention: {mark.convention}.")
            case "wrong" if mark.cells and any(cell.status in _EARNING for cell in mark.cells):
                self.say("mistake", _of_an_array(mark) + again)
            case "wrong" if mark.mistakes:
                reasons = " Or: ".join(doc.sentence(each.because) for each in mark.mistakes[:2])
                size = f"{doc.sentence(mark.reason)} " if mark.reason else ""
                self.say("mistake", size + reasons + again)
            case "wrong":
                why = mark.reason or "not right, and no typical mistake leads to it"
                self.say("mistake", doc.sentence(why) + again)
            case _:
                why = mark.reason or "a number, a shape or a letter is expected"
                self.say("warning", doc.sentence(f"{why}; try again"))

    def say(self, kind: str, words: doc.Words) -> None:
        show_blocks((doc.Note(kind, words),), self.console)  # type: ignore[arg-type]

    def summary(self) -> int:
        if not self.asked:
            return 0
        self.console.print()
        parts = "part" if self.asked == 1 else "parts"
        self.console.print(Text(f" {self.right} of {self.asked} {parts} right", "bold"))
        for topic, points in sorted(self.done.items()):
            got, of = sum(p for p, _ in points), sum(q for _, q in points)
            earned = f"{number(Fraction(got))} of {number(Fraction(of))} points"
            line = Text(f"{topic.replace('-', ' ') or 'problems':20} {earned}")
            self.console.print(Padding(line, (0, 1)))
        return 0 if self.right == self.asked else 1


def _of_an_array(mark: PartMark) -> str:
    """How many numbers of a vector or a matrix are right, which are not, and why where that is known."""
    wrong = [cell for cell in mark.cells if cell.status not in _EARNING]
    places = [", ".join(filter(None, (cell.layer, cell.column))) for cell in wrong[:MOST_PLACES]]
    more = "; …" if len(wrong) > MOST_PLACES else ""
    why = "".join(f" {doc.sentence(each.because)}" for each in mark.mistakes[:1])
    return f"{len(mark.cells) - len(wrong)} of {len(mark.cells)} numbers are right, not {'; '.join(places)}{more}.{why}"
