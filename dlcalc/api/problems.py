"""Problem files begun, linted and checked: `lint(["mine.md"])`, `check(seeds=200)` for the whole bank."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from .. import document as doc
from .. import files
from ..errors import UserError
from ..quiz import bank
from ..quiz import lint as linting
from ..untrusted import printable
from ..verification import bank_check
from .results import Result

Side: TypeAlias = Literal["left", "center", "right"]
MOST_SEEDS = 10_000


def new(name: str, out: str = "") -> str:
    """Writes a problem file to begin with, and gives its path. Raises UserError; a file that is there stays."""
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name) or len(name) > 60:
        raise UserError(f"the id of a problem is small letters, digits and hyphens, not {printable(name)}")
    path = out or f"{name}{bank.SUFFIX}"
    if os.path.exists(path):
        raise UserError(f"{printable(path)} exists; a problem is never overwritten")
    files.write(path, linting.starter(name))
    return path


class Linted(Result):
    """What lint found: `findings`, and how many `files` were read."""

    def __init__(self, findings: Sequence[linting.Finding], files: int) -> None:
        self.findings = tuple(findings)
        self.files = files

    @property
    def errors(self) -> int:
        return sum(finding.error for finding in self.findings)

    @property
    def status(self) -> int:
        """2 where a file cannot be used, else 0, with warnings too."""
        return 2 if self.errors else 0

    def _document(self) -> doc.Document:
        read = f"{self.files} file{'s' if self.files != 1 else ''}"
        if not self.findings:
            return doc.Document("Lint", (doc.Note("right", f"{read}, nothing to remark"),))
        rows = tuple((f.path, f.key, "error" if f.error else "warning", f.text) for f in self.findings)
        warnings = len(self.findings) - self.errors
        summary = doc.Paragraph(f"{read}, {self.errors} with errors; {warnings} warning{'s' if warnings != 1 else ''}")
        return doc.Document("Lint", (doc.Table(("file", "key", "", "what"), rows), summary))

    def to_dict(self) -> dict[str, Any]:
        return {"files": self.files, "errors": self.errors, "findings": [f.to_dict() for f in self.findings]}


def lint(paths: Iterable[str] = ()) -> Linted:
    """Reads problem files, by default the whole bank, and draws variants of each. Raises UserError for no file."""
    wanted = _paths(paths)
    return Linted(tuple(linting.lint(wanted)), len(wanted))


class BankCheck(Result):
    """What the stress check found: `problems`, one of each."""

    def __init__(self, problems: Sequence[bank_check.Checked], seeds: int) -> None:
        self.problems = tuple(problems)
        self.seeds = seeds

    @property
    def correct(self) -> bool:
        """No problem has a fault."""
        return not any(found.faults for found in self.problems)

    def _document(self) -> doc.Document:
        uncounted = any(found.uncounted for found in self.problems)
        more = ("not counted twice",) if uncounted else ()
        header = ("problem", "differ", "ms", "told apart", *more, "tests", "faults")
        rows: list[tuple[doc.Words, ...]] = []
        for found in self.problems:
            faults = str(len(found.faults) + found.more)
            rows.append(
                (
                    found.problem,
                    f"{found.distinct}/{found.seeds}",
                    f"{found.seconds * 1000:.2f}",
                    f"{found.told_apart:.0%}",
                    *((", ".join(found.uncounted),) if uncounted else ()),
                    str(found.trials),
                    doc.Strong(faults) if found.faults else faults,
                )
            )
        extra: tuple[Side, ...] = ("left",) if uncounted else ()
        sides: tuple[Side, ...] = ("left", "right", "right", "right", *extra, "right", "right")
        blocks: list[doc.Block] = [doc.Table(header, tuple(rows), sides)]
        for found in self.problems:
            for fault in found.faults:
                blocks.append(doc.Note("warning", f"{found.problem}: {fault}"))
            if found.more:
                blocks.append(doc.Note("warning", f"{found.problem}: and {found.more} more"))
            blocks += [doc.Note("note", f"{found.problem}, {pattern.said}") for pattern in found.patterns]
        blocks.append(doc.Paragraph(self._summary()))
        title = f"{len(self.problems)} problem{'s' if len(self.problems) != 1 else ''}, {self.seeds} seeds each"
        return doc.Document(title, tuple(blocks))

    def _summary(self) -> str:
        wrong = sum(bool(found.faults) for found in self.problems)
        seconds = sum(found.seconds for found in self.problems)
        rate = len(self.problems) / seconds if seconds else 0
        said = f"{wrong} problem{'s' if wrong != 1 else ''} with faults" if wrong else "no faults"
        return f"{said}; {rate:,.0f} variants per second"

    def to_dict(self) -> dict[str, Any]:
        return {
            "seeds": self.seeds,
            "correct": self.correct,
            "problems": [found.to_dict() for found in self.problems],
        }


def check(paths: Iterable[str] = (), seeds: int = 200, step: Callable[[int], None] = lambda total: None) -> BankCheck:
    """Puts problems under stress, by default the whole bank, with the seeds 1 to `seeds`.

    `step` is called after each problem with how many there are. Raises UserError, and ProblemError for a file that
    cannot be read.
    """
    if not 1 <= seeds <= MOST_SEEDS:
        raise UserError(f"a check takes 1 to {MOST_SEEDS:,} seeds, not {seeds:,}")
    problems = [bank.load(path) for path in _paths(paths)]
    found = []
    for problem in problems:
        found.append(bank_check.check(problem, seeds))
        step(len(problems))
    return BankCheck(found, seeds)


def _paths(paths: Iterable[str]) -> list[str]:
    """Files as they are; ids of the bank as their files; of a folder its problem files; without any, the bank's."""
    wanted = list(paths) or [str(bank.folder())]
    found: list[str] = []
    for path in wanted:
        if os.path.isdir(path):
            found += map(str, bank.files(Path(path)))
        elif path.endswith(bank.SUFFIX) or os.path.exists(path):
            found.append(path)
        else:
            found.append(bank.find(path).path)
    if not found:
        raise UserError(f"there is no problem file in {printable(', '.join(wanted))}")
    return found
