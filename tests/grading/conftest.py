"""An exam for three students, made once, whose hand-ins the tests write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from dlcalc.api.grading import Graded, grade
from dlcalc.api.quiz import make_exam
from dlcalc.quiz import seeds
from dlcalc.quiz.exam import Issue
from dlcalc.quiz.manifest import read_manifest
from dlcalc.quiz.variant import Variant

EXAM = """title = 'Nets <b>and</b> [red]layers[/red]'
date = '2026-11-21'

[[problem]]
id = 'output-size'
points = 12

[[problem]]
id = 'shifted-image'

[[problem]]
id = 'cnn-table'
"""
ROSTER = 'id,name\nada,Ada Lovelace\nbob,"=HYPERLINK(""http://x"",""Bob"")"\ncarl,<img src=x onerror=alert(1)>\n'

SECRET = "5ec2e7" * 10 + "0123"
"""The same in every run, so that everybody's variants are too."""


class Sitting:
    """An exam that was handed out: `code` of a student, `grade` for hand-ins in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "exam.toml").write_text(EXAM, encoding="utf-8")
        (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
        (folder / "secret.key").write_text(SECRET, encoding="utf-8")
        self.out, self.secret = folder / "out", str(folder / "secret.key")
        list(make_exam(str(folder / "exam.toml"), str(folder / "roster.csv"), str(self.out), self.secret))
        self.manifest = str(self.out / "manifest.json")
        self.issue: Issue = read_manifest(self.manifest)

    def code(self, student: str) -> str:
        return self.issue.codes[student]

    def variants(self, student: str) -> Sequence[Variant]:
        return self.issue.exam.variants(seeds.read_secret(self.secret), student)

    def right(self, student: str) -> dict[str, str]:
        """The right answers to the first question, as the student would write them."""
        asked = self.variants(student)[0].asked
        size = "x".join(map(str, asked["size"].expected))
        return {"1.a": size, "1.b": f"{asked['weights'].expected:,}", "1.c": str(asked["cost"].expected)}

    def grade(self, *paths: Path, listed: Path | None = None) -> Graded:
        """Of hand-ins, and of a table of a class."""
        return grade(self.manifest, self.secret, map(str, paths), class_files=[str(listed)] if listed else [])


@pytest.fixture(scope="session")
def sitting(tmp_path_factory: pytest.TempPathFactory) -> Sitting:
    return Sitting(tmp_path_factory.mktemp("sitting"))
