"""The manifest of an exam: all that marking needs beside the secret. It holds no answer, no seed, and no secret."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import DlcalcError, ProblemError, printable
from ..files.untrusted import decoded, read_bytes
from . import bank, seeds
from .exam import Exam, Issue, Item, Student
from .identity import exam_digest
from .seeds import same_code
from .toml_fields import TomlFields

FORMAT = 2
"""Format 1, of manifests without id, digest and seal, is read too."""
_MOST_BYTES = 32 * 2**20


def to_json(issue: Issue, folder: str, secret: str) -> str:
    """The manifest as text, sealed by a MAC of the secret.

    Problem files outside the bank are named from `folder`, where it will stand.
    """
    exam = issue.exam
    id, digest = exam.identity
    content = {
        "format": FORMAT,
        "id": id,
        "digest": digest,
        "title": exam.title,
        "date": exam.date,
        "instructions": exam.instructions,
        "facts": dict(exam.facts),
        "profile": exam.profile,
        "policy": {name: _plain(value) for name, value in exam.policy.items()},
        "secret": issue.secret_fingerprint,
        "problems": [_problem(item, folder) for item in exam.items],
        "students": [{"id": s.id, "name": s.name, "code": issue.codes[s.id]} for s in issue.students],
    }
    content["mac"] = seeds.mac(secret, sealed(content))
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def sealed(content: Mapping[str, Any]) -> str:
    """What the MAC of a manifest is of: everything but itself, however it is spaced."""
    return json.dumps({name: value for name, value in content.items() if name != "mac"}, sort_keys=True)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool) else str(value)


def _problem(item: Item, folder: str) -> dict[str, Any]:
    problem = item.problem
    found: dict[str, Any] = {
        "id": problem.id,
        "version": problem.version,
        "digest": problem.draws_digest,
        "points": str(item.worth),
    }
    if not os.path.realpath(problem.path).startswith(os.path.realpath(bank.folder()) + os.sep):
        found["file"] = os.path.relpath(os.path.realpath(problem.path), os.path.realpath(folder or "."))
    return found


def read_manifest(path: str) -> Issue:
    """The exam as it was handed out. Raises ProblemError, also where a problem has changed since."""
    try:
        table = json.loads(decoded(read_bytes(path, _MOST_BYTES, "a manifest"), path))
    except (ValueError, RecursionError):
        raise ProblemError(printable(path), "", "the file is not a manifest: it is not JSON") from None
    if not isinstance(table, dict) or "students" not in table or "problems" not in table:
        raise ProblemError(printable(path), "", "the file is not a manifest of an exam")
    keys = TomlFields(path, table)
    format = keys.whole("format", 0, 10**6, 0)
    if format not in (1, FORMAT):
        raise keys.wrong("format", f"this manifest has another format than 1 or {FORMAT}; make it with this dlcalc")
    items = tuple(_item(inner, os.path.dirname(path), format) for inner in keys.tables("problems", "problem"))
    students, codes = [], {}
    for inner in keys.tables("students", "student"):
        student = Student(inner.text("id"), inner.text("name", ""))
        students.append(student)
        codes[student.id] = same_code(inner.text("code"))
    if len(codes) < len(students) or len(set(codes.values())) < len(students):
        raise keys.wrong("students", "an id and a code are used once")
    facts = keys.inner("facts")
    exam = Exam(
        keys.text("title"), items, keys.text("date", ""), keys.text("instructions", ""),
        {name: facts.text(name) for name in facts}, keys.text("profile", ""), keys.inner("policy").table, path,
        known_as=(),
    )  # fmt: skip
    if format == 1:
        return Issue(exam, tuple(students), codes, keys.text("secret"))
    exam = replace(exam, id=keys.text("id"), known_as=(keys.text("id"), keys.text("digest")))
    if exam_digest(item.problem for item in items) != keys.text("digest"):
        rule = "the problems draw or ask something else than when the exam was made; put the old files back"
        raise keys.wrong("digest", rule)
    return Issue(exam, tuple(students), codes, keys.text("secret"), sealed(table), keys.text("mac"))


def _item(keys: TomlFields, near: str, format: int) -> Item:
    name = keys.text("file") if "file" in keys else keys.text("id")
    try:
        problem = bank.find(name, near)
    except ProblemError:
        raise
    except DlcalcError as error:
        raise keys.with_key("id", error) from None
    if keys.text("digest") != (problem.digest if format == 1 else problem.draws_digest):
        rule = f"{problem.id} has changed since the exam was made, so its variants are others; put the old file back"
        raise keys.wrong("digest", rule)
    return Item(problem, keys.fraction("points", problem.points))
