"""The folders of exams and of marks: what may be written into one, and what somebody has changed there since."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import UserError, printable
from ..files import writing
from . import seeds
from .exam import Exam, Issue

MANIFEST, PRIVATE = "manifest.json", "private"
SECRET, MADE = f"{PRIVATE}/secret.key", f"{PRIVATE}/made.json"
"""The secret, and what was written with which content."""
REPLACE = "; --replace writes over it"


class KeptFolder:
    """Writes files into a folder that takes the place of the old one; refuses to lose what somebody has changed."""

    def __init__(self, renewal: writing.Renewal, name: str, replace: bool) -> None:
        self.new, self.old = renewal.new, renewal.old
        self.left_out = renewal.left_out
        self.name = printable(name)
        self.replace = replace
        self.made: dict[str, str] = {}
        self.before = _object(self.old / MADE)

    def put(self, name: str, content: str | bytes, anew: bool = False) -> None:
        """Writes a file. UserError where somebody has changed the one that is there, unless it is made `anew`."""
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        if not anew:
            self._check_unchanged(name, _digest(data))
        self.made[name] = _digest(data)
        self.write(name, data)

    def _check_unchanged(self, name: str, new: str = "") -> None:
        old = self.old / name
        if self.replace or not os.path.lexists(old):
            return
        there = _digest(old.read_bytes()) if old.is_file() else ""
        if there not in (new, self.before.get(name)):
            rule = "was changed since it was made, or is not of this program"
            raise UserError(f"{self.name}/{printable(name)} {rule}{REPLACE}")

    def done(self, keep: bool) -> None:
        """Notes what was made. What was made before and is not made now stays, if it is to be kept, or goes."""
        gone = set() if keep else self.before.keys() - self.made.keys()
        for name in sorted(gone):
            self._check_unchanged(name)
        self.left_out |= gone
        noted = {name: digest for name, digest in self.before.items() if name not in gone} | self.made
        self.write(MADE, f"{json.dumps(noted, indent=0, sort_keys=True)}\n".encode())

    def write(self, name: str, data: bytes) -> None:
        """Into the new folder; what is private for its owner alone."""
        private = name.startswith(f"{PRIVATE}/") or self.new.stat().st_mode & 0o077 == 0
        place = self.new
        for part in Path(name).parent.parts:
            place = writing.folder(place / part, private)
        writing.write(self.new / name, data, private)


class ExamFolder(KeptFolder):
    """The folder of an exam, with its secret and its manifest."""

    def __init__(self, renewal: writing.Renewal, name: str, replace: bool) -> None:
        super().__init__(renewal, name, replace)
        self.manifest = _object(self.old / MANIFEST)
        if not replace and os.path.lexists(self.old / MANIFEST) and not self.manifest:
            raise UserError(f"{self.name} holds a {MANIFEST} that cannot be read{REPLACE}")

    def secret(self) -> str:
        """The secret that the folder holds, or a new one."""
        old = self.old / SECRET
        if os.path.lexists(old):
            return seeds.read_secret(str(old))
        if self.manifest and not self.replace:
            raise UserError(f"{self.name} holds an exam, but not its secret; name its file with --secret")
        value = seeds.new_secret()
        self.write(SECRET, f"{value}\n".encode())
        return value

    def drawn(self, exam: Exam, secret: str) -> Exam:
        """The exam with the questions that the secret draws.

        It keeps the id under which it was made here, so that a title that was mended since changes nothing.
        """
        known, digest = self.manifest.get("id"), self.manifest.get("digest")
        if not exam.id and isinstance(known, str):
            same = replace(exam, id=known).drawn(secret)
            if same.identity[1:] == (digest,):
                return same
        return exam.drawn(secret)

    def check(self, made: Issue) -> None:
        """Raises UserError where the folder holds what this exam would take away."""
        if not self.manifest or self.replace:
            return
        if self.manifest.get("secret") != made.secret_fingerprint:
            raise UserError(f"{self.name} holds an exam that was made with another secret{REPLACE}")
        known = (self.manifest.get("id"), self.manifest.get("digest"))
        if known != made.exam.identity:
            title = printable(str(self.manifest.get("title")))
            raise UserError(f"{self.name} holds another exam, {title}{REPLACE}")
        gone = sorted(set(_ids(self.manifest)) - {student.id for student in made.students})
        if gone:
            raise UserError(f"{self.name} holds the exam for {len(gone)} more student{'s' if len(gone) != 1 else ''} "
                            f"that the roster does not have, {printable(gone[0])} first{REPLACE}")  # fmt: skip


def exam_in(folder: str | Path) -> tuple[str, str]:
    """The id and the title of the exam that a folder holds; ("", "") where it holds none."""
    manifest = _object(Path(folder) / MANIFEST)
    id, title = manifest.get("id"), manifest.get("title")
    return (id, title) if isinstance(id, str) and isinstance(title, str) else ("", "")


def files_written(folder: str | Path) -> frozenset[str]:
    """The paths, from a folder, of what this program wrote into it, and keeps note of."""
    return frozenset(_object(Path(folder) / MADE))


def _object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty where there is none."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return {}
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _ids(manifest: Mapping[str, Any]) -> Iterator[str]:
    students = manifest.get("students")
    for student in students if isinstance(students, list) else ():
        if isinstance(student, dict) and isinstance(student.get("id"), str):
            yield student["id"]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
