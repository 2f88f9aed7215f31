"""dlcalc in a notebook: `%load_ext dlcalc` brings `%%dlcalc` cells, `%dlcalc` lines, and `problem` and `check`.

A cell has a command in each line, as on the command line without its first word: `conv --n 227 --f 11 --s 4`.
"""

from __future__ import annotations

import html
import shlex
import subprocess
import sys
from functools import partial
from typing import Any, NamedTuple

from ..answers.marks import EARNING, listed
from ..answers.terms import ARRAYS
from ..answers.wrong_numbers import wrong_numbers
from ..document import Block, Document, Note
from ..errors import UserError
from ..formulas.catalogue import ENTRIES
from ..formulas.registry import formula
from ..grading.part_mark import PartMark
from ..quiz.problem import Part
from ..quiz.variant import Variant
from . import names
from .calculator import Calculator
from .practice import Practice, hints, remark, remarks_on_cells
from .quiz import Paper, paper
from .results import Judged, Judgement

_FORMATS = {"--json", "--latex", "--markdown", "--html", "--sympy", "--wolfram", "--help"}
_practices: dict[tuple[str, str], Practice] = {}
_tries: dict[tuple[str, str, str], int] = {}


def problem(id: str, seed: object = 1) -> Paper:
    """A problem of the bank, or of a file, with the numbers of a seed; in a notebook it shows itself.

    Example: `problem("rnn-parameters", seed=7)`. Raises UserError and ProblemError.
    """
    return paper([id], seed)


def check(
    id: str, answer: object, part: str = "", *, seed: object = 1, reason: bool = False, **given: Any
) -> CheckedProblem | CheckedAnswer:
    """Judges an answer: true when it is right, else with a hint first; `reason=True` says what is wrong.

    `id` is a problem of the bank, with the numbers of the `seed`, of which `part` names one of several parts, and each
    try has another hint: `check("rnn-parameters", 880, "cell")`. Or it is a calculator with what is asked of it, whose
    quantities are given: `check("conv-parameters", 160, f=3, c=6, k=16)`; what is not given stays a letter, as in
    `check("conv-parameters", "(f^2 c + 1)k")`. Raises UserError and ProblemError.

    Example: dlcalc.check("conv-parameters", 880, f=3, c=6, k=16)
    """
    if (asked := _of_calculator(id)) is not None:
        if part:
            raise UserError(f"{id} has no parts; its quantities are given by name, such as n=32")
        calculator, name = asked
        return CheckedAnswer(calculator.check(name, answer, **given), reason)
    if given:
        raise UserError(f"{id} is a problem, whose numbers come from its seed: {next(iter(given))} is not given")
    found = _practices.setdefault((id, str(seed)), Practice(problem(id, seed)))
    (made,) = found.variants
    parts = {each.id: each for each in made.problem.parts}
    if part not in parts and (part or len(parts) > 1):
        raise UserError(f"{id} has the parts {', '.join(parts)}: check({id!r}, answer, {next(iter(parts))!r})")
    chosen = parts[part or next(iter(parts))]
    mark = found.judged(made, chosen, answer if isinstance(answer, str) else _typed(answer))
    key = (id, str(seed), chosen.id)
    _tries[key] = _tries.get(key, -1) + (mark.status == "wrong")
    return CheckedProblem(made, chosen, mark, reason, max(0, _tries[key]))


def _of_calculator(id: str) -> tuple[Calculator, str] | None:
    """conv-parameters as the calculator and what is asked of it; None for a problem."""
    if id in names.problems():
        return None
    words = id.replace("_", "-").split("-")
    for place in range(1, len(words)):
        name, asked = "_".join(words[:place]), "_".join(words[place:])
        if name in ENTRIES and any(asked in formula(each).by_name for each in ENTRIES[name].formulas()):
            return Calculator(name), asked
    return None


def _typed(answer: object) -> object:
    return answer if isinstance(answer, int | float | list | tuple) else str(answer)


class CheckedAnswer(Judgement):
    """A judged answer to a calculator: true when it is right. `hint` is what helps, `reason` what is wrong."""

    def __init__(self, judged: Judged, reasons: bool) -> None:
        self.judged, self.reasons = judged, reasons

    @property
    def status(self) -> str:
        return self.judged.status

    @property
    def reason(self) -> str:
        mark = self.judged.mark
        return (mark.mistakes[0].because if mark.mistakes else mark.reason) or wrong_numbers(mark.cells)

    @property
    def cells(self) -> list[dict[str, Any]]:
        return self.judged.cells

    @property
    def hint(self) -> str:
        """A question that leads on."""
        mistakes = self.judged.mark.mistakes
        return (mistakes[0].hint if mistakes else "") or "What is each step of it, one after the other?"

    def __repr__(self) -> str:
        return f"<{self.judged.formula.id}, {self.judged.name}: {self.status}>"

    def _document(self) -> Document:
        if self.status not in ("wrong", "rounded") or self.reasons:
            return self.judged.document()
        where = wrong_numbers(self.judged.mark.cells)
        blocks = (Note("mistake", f"Not right. {where}".strip()), Note("hint", self.hint))
        return Document(f"{self.judged.formula.title}: {self.judged.name} = {self.judged.answer}", blocks)

    def to_dict(self) -> dict[str, Any]:
        judged = self.judged
        return {"formula": judged.formula.id, "asked": judged.name, "status": self.status, "correct": self.correct}


class CheckedProblem(Judgement):
    """A judged answer to a problem: true when it is right. `hint` is what helps, `reason` what is wrong."""

    def __init__(self, made: Variant, part: Part, mark: PartMark, reasons: bool, tries: int) -> None:
        self.made, self.part, self.mark, self.reasons, self.tries = made, part, mark, reasons, tries

    @property
    def status(self) -> str:
        return self.mark.status

    @property
    def reason(self) -> str:
        where = wrong_numbers(self.mark.cells) if self.part.kind in ARRAYS else ""
        return (self.mark.mistakes[0].because if self.mark.mistakes else self.mark.reason) or where

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The cells of a table, or the numbers of an array: `layer` ("row 2"), `column`, `status`, `expected`, ..."""
        return listed(self.mark.cells)

    @property
    def hint(self) -> Any:
        """The hint of this try in words; "" where there is none."""
        found = hints(self.made, self.part)
        return found[min(self.tries, len(found) - 1)] if found else ""

    def __repr__(self) -> str:
        return f"<{self.made.problem.id}, {self.part.id}: {self.status}>"

    def _document(self) -> Document:
        blocks: list[Block] = []
        if self.status in EARNING or self.status not in ("wrong", "rounded") or self.reasons:
            blocks.append(remark(self.mark))
            blocks += remarks_on_cells(self.mark) if self.part.kind == "table" else ()
        else:
            where = wrong_numbers(self.mark.cells) if self.part.kind in ARRAYS else ""
            blocks.append(Note("mistake", f"Not right. {where}".strip()))
            blocks += [Note("hint", self.hint)] if self.hint else []
        return Document(self.made.problem.title, tuple(blocks))

    def to_dict(self) -> dict[str, Any]:
        return {"problem": self.made.problem.id, "part": self.part.id, "status": self.status, "correct": self.correct}


class Output(NamedTuple):
    """What one command of a cell printed."""

    line: str
    text: str
    is_html: bool


class Cell:
    """What the commands of a `%%dlcalc` cell printed: a page in a notebook, text in a terminal."""

    def __init__(self, outputs: list[Output]) -> None:
        self.outputs = outputs

    def _repr_html_(self) -> str:
        return "\n".join(each.text if each.is_html else f"<pre>{html.escape(each.text)}</pre>" for each in self.outputs)

    def __repr__(self) -> str:
        """What was printed as text; of a page, which command it is of."""
        return "\n".join(f"<page of dlcalc {each.line}>" if each.is_html else each.text for each in self.outputs)


def run_cell(line: str, cell: str, pages: bool = True) -> Cell:
    """Runs each line of a cell as a command; lines that begin with # are remarks. `pages`: as HTML where it can be."""
    lines = [each.strip() for each in f"{line}\n{cell}".splitlines()]
    return Cell([_run(each, pages) for each in lines if each and not each.startswith("#")])


def _run(line: str, pages: bool) -> Output:
    try:
        words = shlex.split(line)
    except ValueError as error:
        return Output(line, f"dlcalc: {line}: {error}", False)
    words = words[1:] if words[:1] == ["dlcalc"] else words
    if pages and not _FORMATS & set(words):
        made = _process([*words, "--html"])
        if made.returncode in (0, 1):
            return Output(line.removeprefix("dlcalc "), made.stdout, True)
    made = _process(words)
    return Output(line, made.stdout + made.stderr, pages and "--html" in words and made.returncode in (0, 1))


def _process(words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dlcalc", *words], capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext dlcalc` calls: the magic `%%dlcalc`, and `problem` and `check` as names of the notebook."""
    pages = type(shell).__name__ != "TerminalInteractiveShell"
    shell.register_magic_function(partial(run_cell, pages=pages), "cell", "dlcalc")
    shell.register_magic_function(lambda line: run_cell(line, "", pages), "line", "dlcalc")
    shell.push({"check": check, "problem": problem})
