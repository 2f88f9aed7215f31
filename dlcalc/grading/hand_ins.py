"""Hand-ins, as files of TOML, JSON or CSV, of one student or of a class, and folders and archives of them.

A hand-in is hostile until proven otherwise: it is bounded, parsed as data, and whatever is wrong with one becomes a
`Refused` in its place, so that the others are marked.
"""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import DlcalcError, UserError
from ..foreign import bounded, decoded, parse_toml, printable, read_bytes

MOST_BYTES = 2 * 2**20
MOST_CLASS_BYTES = 64 * 2**20
MOST_ANSWERS = 5_000
MOST_FILES = 20_000
MOST_ROWS = 50_000
SUFFIXES = (".toml", ".json", ".csv")

_WHO = ("student", "id", "student_id", "student id", "username", "email")
_ANSWER_HEADINGS = ("answer", "answers", "your answer", "value")
_PART_HEADINGS = ("part", "question", "entry", "item")


@dataclass(frozen=True)
class HandIn:
    """What one student handed in: answers by the id of their entry, `1.a` or `2.b.conv-1.output`."""

    source: str
    student: str = ""
    code: str = ""
    answers: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """A hand-in that cannot be read, and why."""

    source: str
    reason: str


def read_all(paths: Iterable[str]) -> Iterator[HandIn | Refused]:
    """All hand-ins in files, folders and .zip archives, in the order given. Raises UserError for a missing path."""
    for path in paths:
        if os.path.isdir(path):
            yield from _folder(path)
        elif not os.path.exists(path):
            raise UserError(f"there is no file {printable(path)}")
        elif path.lower().endswith(".zip"):
            yield from _archive(path)
        else:
            yield from _file(path)


def _folder(path: str) -> Iterator[HandIn | Refused]:
    """The files of a folder that can be hand-ins, sorted; others, such as feedback, are passed over."""
    count = 0
    for root, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                count += 1
                if count > MOST_FILES:
                    raise UserError(f"a folder of hand-ins has at most {MOST_FILES:,} files")
                yield from _file(os.path.join(root, name))


def _file(path: str) -> Iterator[HandIn | Refused]:
    try:
        most = MOST_CLASS_BYTES if path.lower().endswith(".csv") else MOST_BYTES
        data = read_bytes(path, most, "a hand-in")
    except DlcalcError as error:
        yield Refused(printable(path), printable(str(error)))
        return
    yield from read(data, path)


def _archive(path: str) -> Iterator[HandIn | Refused]:
    """The files of an archive, read in memory and never unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if info.filename.lower().endswith(SUFFIXES)]
            if len(members) > MOST_FILES:
                raise UserError(f"an archive of hand-ins has at most {MOST_FILES:,} files")
            for info in sorted(members, key=lambda info: info.filename):
                yield from _member(archive, info, f"{printable(path)}/{printable(info.filename)}")
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, NotImplementedError) as error:
        yield Refused(printable(path), f"the archive cannot be read: {printable(str(error))}")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, source: str) -> Iterator[HandIn | Refused]:
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or ":" in name:
        yield Refused(source, "a name in an archive stays inside it")
        return
    if info.flag_bits & 1:
        yield Refused(source, "the file is encrypted")
        return
    with archive.open(info) as file:
        data = file.read(MOST_BYTES + 1)
    yield from read(data, source)


def read(data: bytes, source: str) -> Iterator[HandIn | Refused]:
    """The hand-ins in a file's content, by the ending of its name. Never raises: what cannot be read is Refused."""
    try:
        suffix = os.path.splitext(source)[1].lower()
        if suffix == ".csv":
            yield from _csv(decoded(bounded(data, source, MOST_CLASS_BYTES, "a hand-in"), source), source)
            return
        bounded(data, source, MOST_BYTES, "a hand-in")
        if suffix == ".json":
            yield from _json(decoded(data, source), source)
        elif suffix == ".toml":
            yield _of_table(parse_toml(data, source), source)
        else:
            raise UserError(f"a hand-in is a file of {', '.join(SUFFIXES)}")
    except (DlcalcError, RecursionError, ValueError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        yield Refused(printable(source), printable(reason.removeprefix(f"{printable(source)}: ")))


def _json(text: str, source: str) -> Iterator[HandIn | Refused]:
    try:
        content = json.loads(text)
    except ValueError:
        raise UserError("the file is not JSON") from None
    tables = content.get("students", [content]) if isinstance(content, dict) else content
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UserError('an object is expected: {"student": ..., "code": ..., "answers": {"1.a": ...}}')
    for number, table in enumerate(tables, 1):
        try:
            yield _of_table(table, source if len(tables) == 1 else f"{source} ({number})")
        except UserError as error:
            yield Refused(f"{printable(source)} ({number})", printable(str(error)))


def _of_table(table: Mapping[str, Any], source: str) -> HandIn:
    """One student's hand-in, `answers` with an entry per line."""
    answers = table.get("answers", {})
    if not isinstance(answers, dict):
        raise UserError('the answers are a table: [answers], with lines such as "1.a" = "55x55x96"')
    return HandIn(source, _word(table.get("student")), _word(table.get("code")), _flat(answers))


def _word(value: object) -> str:
    return str(value).strip()[:200] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _flat(table: Mapping[str, Any], before: str = "", depth: int = 0) -> dict[str, object]:
    """Nested tables as dotted ids: TOML reads 1.a = 5 as a table in a table."""
    found: dict[str, object] = {}
    if depth > 6:
        raise UserError("the answers are nested too deeply")
    for key, value in table.items():
        name = f"{before}{key}".strip()
        if isinstance(value, dict):
            found.update(_flat(value, f"{name}.", depth + 1))
        else:
            found[name] = value
        if len(found) > MOST_ANSWERS:
            raise UserError(f"a hand-in has at most {MOST_ANSWERS:,} answers")
    return found


def _csv(text: str, source: str) -> Iterator[HandIn | Refused]:
    """One student's answers row by row (part, answer), or a class with a row per student and a column per part."""
    first = text.split("\n", 1)[0]
    try:
        csv.field_size_limit(200_000)
        rows = list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count)))
    except csv.Error as error:
        raise UserError(f"the file is no CSV: {error}") from None
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise UserError("there is nothing in the file")
    if len(rows) > MOST_ROWS:
        raise UserError(f"a CSV has at most {MOST_ROWS:,} rows")
    headings = [_cell(cell).casefold() for cell in rows[0]]
    if headings[0] in _PART_HEADINGS and len(headings) > 1 and headings[1] in _ANSWER_HEADINGS:
        yield _one(rows[1:], source)
    elif headings[0] in ("student", "code") and len(rows) > 1 and _cell(rows[1][0]).casefold() in ("student", "code"):
        yield _one(rows, source)
    elif any(heading in (*_WHO, "code") for heading in headings):
        yield from _many(rows[0], rows[1:], source)
    else:
        raise UserError("a CSV has the columns part,answer, or student,code and a column for each part")


def _cell(text: str) -> str:
    """A cell without the ' that keeps a spreadsheet from running it."""
    stripped = text.strip()
    return stripped[1:].strip() if stripped[:1] == "'" and stripped[1:2] in ("=", "+", "-", "@") else stripped


def _one(rows: Iterable[list[str]], source: str) -> HandIn:
    values = {_cell(row[0]): _cell(row[1]) if len(row) > 1 else "" for row in rows}
    who = {name: values.pop(name, "") for name in ("student", "code")}
    if len(values) > MOST_ANSWERS:
        raise UserError(f"a hand-in has at most {MOST_ANSWERS:,} answers")
    return HandIn(source, who["student"][:200], who["code"][:200], values)


def _many(head: list[str], rows: list[list[str]], source: str) -> Iterator[HandIn]:
    headings = [_cell(cell) for cell in head]
    folded = [heading.casefold() for heading in headings]
    who = next((folded.index(name) for name in _WHO if name in folded), None)
    code = folded.index("code") if "code" in folded else None
    for number, row in enumerate(rows, 2):
        cells = [_cell(cell) for cell in row] + [""] * (len(headings) - len(row))
        answers = {h: cells[i] for i, h in enumerate(headings) if i not in (who, code) and cells[i]}
        yield HandIn(
            f"{source}, line {number}", cells[who][:200] if who is not None else "",
            cells[code][:200] if code is not None else "", answers,
        )  # fmt: skip
