"""Problem files begun, linted and checked: `lint(["mine.md"])`, `check(seeds=200)` for the whole bank."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ..document import Document
from ..errors import UserError, printable
from ..explain import problem_files
from ..files import writing
from ..quiz import bank
from ..quiz import lint as linting
from ..verification import bank_check
from .results import Result

MOST_SEEDS = 10_000


def new(name: str, out: str = "") -> str:
    """Writes a problem file to begin with, and gives its path. Raises UserError; a file that is there stays."""
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name) or len(name) > 60:
        raise UserError(f"the id of a problem is small letters, digits and hyphens, not {printable(name)}")
    path = out or f"{name}{bank.SUFFIX}"
    if os.path.exists(path):
        raise UserError(f"{printable(path)} exists; a problem is never overwritten")
    writing.write(path, linting.starter(name))
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

    def _document(self) -> Document:
        return problem_files.linted(self.findings, self.files)

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

    def _document(self) -> Document:
        return problem_files.checked(self.problems, self.seeds)

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
