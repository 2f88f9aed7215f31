"""Hand-ins, as files of TOML, JSON or CSV, of one student or of a class, and folders and archives of them.

A hand-in is hostile until proven otherwise: it is bounded, parsed as data, and whatever is wrong with one becomes a
`Refused` in its place, so that the others are marked.
"""

from __future__ import annotations

import json
import lzma
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from ..errors import DlcalcError, UserError, printable
from ..files.untrusted import bounded, csv_rows, decoded_leniently, parse_toml, read_bytes
from ..quiz import headings
from ..quiz.exam_folder import PRIVATE, files_written
from . import spreadsheets
from .answer_lines import MOST_UNREAD, Lines, has_code, read_prose, read_settings

MOST_BYTES = 2**18
"""Of one student's hand-in."""
MOST_PACKED_BYTES = 4 * 2**20
"""Of one student's workbook or notebook, which may hold pictures."""
MOST_CLASS_BYTES = 16 * 2**20
MOST_ARCHIVE_BYTES = 64 * 2**20
"""Of all files of an archive together, unpacked."""
MOST_ANSWERS = 5_000
MOST_FILES = 20_000
MOST_ROWS = 50_000
LONGEST_CELL = 200_000
MOST_UNPACKED = 32 * 2**20
"""Of one part of a class's workbook."""
MOST_CELLS = 2_000_000
MOST_DIGITS = 1_000
SUFFIXES = (".toml", ".json", ".csv", ".xlsx", ".txt", ".md", ".ipynb")
_LOOSE = (".txt", ".md")
"""Files that need not be hand-ins at all: without any id of an answer they are passed over in a folder."""
ARCHIVE = ".zip"

_ASKED, _SAID = headings.either(headings.QUESTION), headings.either(headings.ANSWER)
_HEADING = re.compile(
    rf"(?:(?P<word>{_ASKED}|{_SAID})\s*)?(?P<n>\d{{1,3}})(?:\s*[.(_-]?\s*(?P<p>[a-z])(?![a-z])\s*\)?)?"
    r"(?:\.(?P<cell>[\w-]+(?:\.\w+)?))?(?=$|[\s:.)\]–-])",
    re.IGNORECASE,
)
_ANSWER_HEADINGS = (*headings.ANSWER, "your answer", "value")
_FIRST = ("student", "name", "code")
_GRADEBOOK_HEADINGS = {"code", "marks", "of"}
_ENTRY = re.compile(r"(?:q(?:uestion)?)?\s*(\d{1,3})\s*[.(_-]?\s*([a-z])\s*\)?(?:\.(.+))?", re.IGNORECASE)
_PLAIN_ENTRY = re.compile(r"\d{1,3}(?:\.|$)")
_TABLE_KEYS, _ANSWER_TABLES = ("student", "name", "code"), ("answers", "answer")
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError, RuntimeError, ValueError,
            NotImplementedError)  # fmt: skip
"""What the standard library raises for archives that are damaged, encrypted or packed in an unknown way."""


class _TooLargeError(UserError):
    """More was unpacked than there may be."""


@dataclass(frozen=True)
class HandIn:
    """What one student handed in: answers by the id of their entry, `1.a` or `2.b.conv-1.output`."""

    source: str
    student: str = ""
    """The id or the name that stands on it."""
    code: str = ""
    answers: Mapping[str, object] = field(default_factory=dict)
    when: float = 0.0
    """When it was last changed, in seconds; 0 where nobody knows."""
    unread: tuple[str, ...] = ()
    """What stands there, and nobody understands."""
    names: tuple[str, ...] = ()
    """In a table of a class, what else says who it is."""
    listed: bool = False
    """Whether it is a row of a table of a class, in which an id alone says who it is."""


@dataclass(frozen=True)
class Refused:
    """A hand-in that cannot be read, and why."""

    source: str
    reason: str
    student: str = ""
    """The id, where it is known whose it is."""


@dataclass(frozen=True)
class PassedOver:
    """A file in a folder or an archive that is of a kind which is not read, or a text without a code and an answer."""

    source: str


Found: TypeAlias = HandIn | Refused | PassedOver


def read_all(paths: Iterable[str], class_files: Iterable[str] = ()) -> Iterator[Found]:
    """All hand-ins in files, folders and .zip archives, in the order given; a file is one student's.

    `class_files` are tables with a row for each student. Raises UserError for a missing path.
    """
    for path in class_files:
        if not os.path.isfile(path):
            raise UserError(f"there is no file {printable(path)}")
        yield from _file(path, listed=True)
    for path in paths:
        if os.path.isdir(path):
            yield from _folder(path)
        elif not os.path.exists(path):
            raise UserError(f"there is no file {printable(path)}")
        else:
            yield from _path(path)


def _folder(path: str) -> Iterator[Found]:
    """The files of a folder, sorted. Hidden ones, and what marking wrote there, are no hand-ins of anybody."""
    count = 0
    inside = os.path.realpath(path) + os.sep
    written: set[str] = set()
    for root, folders, names in os.walk(path):
        if own := files_written(root):
            written |= {os.path.join(root, name) for name in own}
            folders[:] = [name for name in folders if name != PRIVATE]
        folders.sort()
        for name in folders:
            if os.path.islink(os.path.join(root, name)):
                yield Refused(printable(os.path.join(root, name)), "a link to a folder is not followed")
        for name in sorted(names):
            found = os.path.join(root, name)
            if name.startswith(".") or found in written:
                continue
            if not name.lower().endswith((*SUFFIXES, ARCHIVE)):
                yield PassedOver(printable(found))
                continue
            count += 1
            if count > MOST_FILES:
                raise UserError(f"a folder of hand-ins has at most {MOST_FILES:,} files")
            if os.path.realpath(found).startswith(inside):
                yield from map(_or_passed_over, _path(found))
            else:
                yield Refused(printable(found), "a link that leads out of the folder is not followed")


def _or_passed_over(found: Found) -> Found:
    """A text in a folder may be just a text: it has no code, and names no answer."""
    if isinstance(found, Refused) and found.source.lower().endswith(_LOOSE) and "no answer in it" in found.reason:
        return PassedOver(found.source)
    return found


def _path(path: str) -> Iterator[Found]:
    """One file. Pipes and devices, at which reading might wait for ever, are not opened."""
    if not os.path.isfile(path):
        yield Refused(printable(path), "this is not a file")
    elif path.lower().endswith(ARCHIVE):
        yield from _archive(path)
    else:
        yield from _file(path)


def _file(path: str, listed: bool = False) -> Iterator[HandIn | Refused]:
    try:
        data = read_bytes(path, _most(path, listed), "a hand-in")
        when = os.path.getmtime(path)
    except (DlcalcError, OSError) as error:
        yield Refused(printable(path), printable(str(error).removeprefix(f"{printable(path)}: ")))
        return
    yield from read(data, path, when, listed)


def _most(path: str, listed: bool) -> int:
    """Bytes that a file may have, one student's or a class's."""
    if listed:
        return MOST_CLASS_BYTES
    return MOST_PACKED_BYTES if path.lower().endswith((".xlsx", ".ipynb")) else MOST_BYTES


def _archive(path: str) -> Iterator[Found]:
    """The files of an archive, read in memory and never unpacked."""
    left = MOST_ARCHIVE_BYTES
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(filter(_is_shown, archive.infolist()), key=lambda info: info.filename)
            if len(members) > MOST_FILES:
                raise ValueError(f"an archive of hand-ins has at most {MOST_FILES:,} files")
            for info in members:
                source = f"{printable(path)}/{printable(info.filename)}"
                if not info.filename.lower().endswith((*SUFFIXES, ARCHIVE)):
                    yield PassedOver(source)
                    continue
                most = min(_most(info.filename, False), left)
                try:
                    data = _member(archive, info, most)
                except (UserError, *_DAMAGED) as error:
                    left -= most if isinstance(error, _TooLargeError) else 0  # so much was unpacked for nothing
                    yield Refused(source, printable(str(error) or "the file cannot be read"))
                    continue
                left -= len(data)
                yield from map(_or_passed_over, read(data, source, _time_of(info)))
    except _DAMAGED as error:
        yield Refused(printable(path), f"the archive cannot be read: {printable(str(error))}")


def _time_of(info: zipfile.ZipInfo) -> float:
    """When a file of an archive was last changed; archives know no time zone."""
    try:
        return datetime(*info.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _is_shown(info: zipfile.ZipInfo) -> bool:
    """Not a folder, nor what a Mac puts beside each file."""
    name = info.filename.replace("\\", "/")
    hidden = name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")
    return not info.is_dir() and not (hidden and ".." not in name.split("/"))


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """The content of one file of an archive. Raises UserError, and what the standard library raises."""
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or ":" in name:
        raise UserError("a name in an archive stays inside it")
    if name.lower().endswith(ARCHIVE):
        raise UserError("an archive inside an archive is not opened")
    if info.flag_bits & 1:
        raise UserError("the file is encrypted")
    with archive.open(info) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise _TooLargeError("the file, or all of the archive together, is too large")
    return data


def read(data: bytes, source: str, when: float = 0.0, listed: bool = False) -> Iterator[HandIn | Refused]:
    """The hand-in in a file's content, by the ending of its name; those of a class where it is `listed`.

    Never raises: what cannot be read is Refused, and so is a class where one student's is expected.
    """
    found = [replace(each, when=when, listed=listed) if isinstance(each, HandIn) else each
             for each in _read(data, source, listed)]  # fmt: skip
    if len(found) > 1 and not listed:
        rule = f"these are answers of {len(found)} students; a table of a class is taken by --class-file alone"
        found = [Refused(printable(source), rule)]
    yield from found


def _read(data: bytes, source: str, listed: bool) -> Iterator[HandIn | Refused]:
    try:
        suffix = os.path.splitext(source)[1].lower()
        bounded(data, source, _most(source, listed), "a hand-in")
        if suffix == ".csv":
            yield from _table(_rows(decoded_leniently(data, source)), source)
        elif suffix == ".xlsx":
            cells, unpacked = (MOST_CELLS, MOST_UNPACKED) if listed else (4 * MOST_ANSWERS, MOST_PACKED_BYTES)
            yield from _table(spreadsheets.rows(data, cells, MOST_ANSWERS, unpacked), source)
        elif suffix in _LOOSE:
            yield _of_lines(read_prose(decoded_leniently(data, source)), source)
        elif suffix == ".ipynb":
            yield _of_lines(read_prose(_cells_of_notebook(decoded_leniently(data, source))), source)
        elif suffix == ".json":
            yield from _json(decoded_leniently(data, source), source)
        elif suffix == ".toml":
            yield _toml(decoded_leniently(data, source), source)
        else:
            raise UserError(f"a hand-in is a file of {', '.join(SUFFIXES)}")
    except (DlcalcError, RecursionError, ValueError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        yield Refused(printable(source), printable(reason.removeprefix(f"{printable(source)}: ")))


def _toml(text: str, source: str) -> HandIn:
    """A hand-in in TOML; where it is none, line by line, so that a slip costs one answer and not all."""
    try:
        return _of_table(parse_toml(text.encode("utf-8", "surrogatepass"), source), source)
    except DlcalcError:
        found = read_settings(text) if len(text) < MOST_BYTES and "\0" not in text else Lines()
        if not found.answers and not found.code:
            raise
        return _of_lines(found, source)


def _of_lines(found: Lines, source: str) -> HandIn:
    if not found.answers:
        what = "a code, and no answer that is understood" if found.code or has_code(source) else "no answer in it"
        raise UserError(f'there is {what}: each begins with its id, such as "1.a: 55"')
    if len(found.answers) > MOST_ANSWERS:
        raise UserError(f"a hand-in has at most {MOST_ANSWERS:,} answers")
    unread = tuple(printable(line) for line in found.unread)
    return HandIn(printable(source), found.student, found.code, _by_entry(found.answers), unread=unread)


def _cells_of_notebook(text: str) -> str:
    """What stands in the cells of a notebook, one after the other. Raises UserError."""
    try:
        content = json.loads(text, parse_int=_whole)
        sources = [cell["source"] for cell in content["cells"] if cell.get("cell_type") in ("markdown", "code", "raw")]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError("the file is not a Jupyter notebook") from None
    return "\n\n".join(source if isinstance(source, str) else "".join(map(str, source)) for source in sources)


def _json(text: str, source: str) -> Iterator[HandIn | Refused]:
    try:
        content = json.loads(text, object_pairs_hook=_once, parse_int=_whole)
    except ValueError as error:
        raise UserError(f"the file is not JSON: {printable(str(error))}") from None
    if isinstance(content, dict) and {"problems", "secret"} <= content.keys():
        raise UserError("this is an exam's manifest, not a hand-in")
    tables = content.get("students", [content]) if isinstance(content, dict) else content
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UserError('an object is expected: {"student": ..., "code": ..., "answers": {"1.a": ...}}')
    if len(tables) > MOST_ROWS:
        raise UserError(f"a class has at most {MOST_ROWS:,} hand-ins")
    for number, table in enumerate(tables, 1):
        try:
            yield _of_table(table, source if len(tables) == 1 else f"{source} ({number})")
        except UserError as error:
            yield Refused(f"{printable(source)} ({number})", printable(str(error)))


def _whole(digits: str) -> int | str:
    """A whole number; one that is longer than any answer stays text, which costs its part and not the hand-in."""
    return int(digits) if len(digits) <= MOST_DIGITS else digits


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, if every key stands once. Raises UserError."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        _put(found, name, value)
    return found


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    """Raises UserError for a name that has another value already: nobody knows which one counts."""
    if name in found and found[name] != value:
        raise UserError(f"{printable(name)} is answered twice")
    found[name] = value


def _of_table(table: Mapping[str, Any], source: str) -> HandIn:
    """One student's hand-in, `answers` with an entry per line; entries beside that table are answers too.

    What else is a table or a list is of nobody knows what, and told; a word or a number beside the answers is not.
    """
    answers: dict[str, object] = {}
    who: dict[str, str] = {}
    unread: list[str] = []
    for name, value in table.items():
        if name.casefold() in _ANSWER_TABLES:
            if not isinstance(value, dict):
                raise UserError('the answers are a table: [answers], with lines such as "1.a" = "55x55x96"')
            inside = _by_entry(_flat(value))
        elif name.casefold() in _TABLE_KEYS:
            _put(who, name.casefold(), _word(value))
            continue
        else:
            inside = _by_entry(_flat({name: value}))
            if strange := [each for each in inside if not _PLAIN_ENTRY.match(each)]:
                if isinstance(value, dict | list) and value:
                    unread.append(f"{printable(name)} is not a table of a hand-in: its answers must be in [answers]")
                inside = {each: inside[each] for each in inside if each not in strange}
        for entry, answer in inside.items():
            _put(answers, entry, answer)
    if not answers and not unread and not any(name.casefold() in _ANSWER_TABLES for name in table):
        unread.append("there is no answer in it, and no table [answers]")
    student = who.get("student") or who.get("name", "")
    return HandIn(printable(source), student, who.get("code", ""), answers, unread=tuple(unread[:MOST_UNREAD]))


def _by_entry(answers: Mapping[str, object]) -> dict[str, object]:
    """Answers by the id that stands on the sheet: 1a, 1(a), Q1.A as 1.a. Raises UserError for one that stands twice."""
    found: dict[str, object] = {}
    for name, value in answers.items():
        entry = _ENTRY.fullmatch(name.strip())
        if entry is None:
            _put(found, name, value)
        else:
            _put(found, f"{entry[1]}.{entry[2].lower()}{f'.{entry[3]}' if entry[3] else ''}", value)
    return found


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
            for inner, inside in _flat(value, f"{name}.", depth + 1).items():
                _put(found, inner, inside)
        else:
            _put(found, name, value)
        if len(found) > MOST_ANSWERS:
            raise UserError(f"a hand-in has at most {MOST_ANSWERS:,} answers")
    return found


def _table(rows: list[tuple[int, list[str]]], source: str) -> Iterator[HandIn | Refused]:
    """One student's answers row by row (part, answer), or a class with a row per student and a column per part."""
    if not rows:
        raise UserError("there is nothing in the file")
    head = [headings.known(_cell(cell)) for cell in rows[0][1]]
    if set(head) >= _GRADEBOOK_HEADINGS:
        raise UserError("this is a gradebook, not a hand-in")
    place = next(_columns(head), None)
    below = [headings.known(_cell(row[0])) for _, row in rows[1:2]]
    if place is not None:
        yield _one(rows[1:], source, *place)
    elif _is_row(head[0]) and all(map(_is_row, below)) and not any(map(_is_entry if _is_entry(head[0]) else _entry_of,
                                                                       head[1:])):  # fmt: skip
        yield _one(rows, source, len(head), 0, 1)
    elif any(heading in (*headings.IDS, *headings.NAMES, *headings.FIRST_NAMES, *headings.LAST_NAMES) or
             (headings.CODE.search(heading) and not _entry_of(heading)) for heading in head):  # fmt: skip
        yield from _many(rows[0][1], rows[1:], source)
    else:
        raise UserError("a CSV has the columns part,answer, or student,code and a column for each part")
    if len(rows) == 1:
        raise UserError("there are headings, but no students under them")


def _columns(head: list[str]) -> Iterator[tuple[int, int, int]]:
    """How many columns one student's table has, and which are the part's and the answer's."""
    for place, heading in enumerate(head):
        if heading in headings.QUESTION:
            for answer in range(place + 1, len(head)):
                if head[answer] in _ANSWER_HEADINGS:
                    yield len(head), place, answer


def _is_row(first: str) -> bool:
    """Whether a row of one student's table begins so: with who it is, or an id of the sheet."""
    return first in (*_FIRST, *headings.QUESTION) or _is_entry(first)


def _is_entry(text: str) -> bool:
    return _ENTRY.fullmatch(text) is not None


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """The rows in which something stands, each with its line. Raises UserError."""
    rows = list(csv_rows(text, LONGEST_CELL, MOST_ROWS, MOST_ANSWERS, MOST_CELLS))
    if rows and len(rows) * len(rows[0][1]) > MOST_CELLS:
        raise UserError(f"a CSV has at most {MOST_CELLS:,} cells")
    return rows


def _entry_of(heading: str) -> str:
    """The id of the sheet with which a heading begins: "1.a Output size", "Response 1", "Q1(a)"; "" for none."""
    match = _HEADING.match(heading)
    if match is None:
        return ""
    return (
        match["n"] + (f".{match['p'].lower()}" if match["p"] else "") + (f".{match['cell']}" if match["cell"] else "")
    )


def _cell(text: str) -> str:
    """A cell without the ' that keeps a spreadsheet from running it."""
    stripped = text.strip()
    return stripped[1:].strip() if stripped[:1] == "'" and stripped[1:2] in ("=", "+", "-", "@") else stripped


def _one(rows: Iterable[tuple[int, list[str]]], source: str, columns: int, part: int, answer: int) -> HandIn:
    """One student's answers. Cells behind the last of the `columns` are of an answer that a comma has cut: 1,480."""
    values: dict[str, str] = {}
    who: dict[str, str] = {}
    for _, row in rows:
        name = _cell(row[part]) if part < len(row) else ""
        cells = [*row[answer : answer + 1], *(cell for cell in row[columns:] if cell.strip())]
        wrote = "; ".join(map(_cell, cells))
        if name.casefold() in _FIRST:
            _put(who, name.casefold(), wrote or next(filter(None, map(_cell, row[part + 1 :])), ""))
        elif name.casefold() not in headings.QUESTION:
            _put(values, name, wrote)
    if len(values) > MOST_ANSWERS:
        raise UserError(f"a hand-in has at most {MOST_ANSWERS:,} answers")
    student = who.get("student") or who.get("name", "")
    return HandIn(printable(source), student[:200], who.get("code", "")[:200], _by_entry(values))


def _many(head: list[str], rows: Sequence[tuple[int, list[str]]], source: str) -> Iterator[HandIn | Refused]:
    heads = [_cell(cell) for cell in head]
    folded = [headings.known(heading) for heading in heads]
    who = [folded.index(name) for name in headings.IDS if name in folded]
    named = [folded.index(name) for name in headings.NAMES if name in folded]
    parts = [folded.index(name) for name in (*headings.FIRST_NAMES, *headings.LAST_NAMES) if name in folded]
    found = {i: id for i, heading in enumerate(heads) if i not in {*who, *named, *parts} and (id := _entry_of(heading))}
    asked = _answered(heads, found)
    codes = [i for i, heading in enumerate(folded) if i not in found and headings.CODE.search(heading)]
    code = folded.index("code") if "code" in folded else codes[0] if len(codes) == 1 else None
    if _counts_rows(folded, {*who, *named, *parts, *found, code}, rows):
        who.remove(0)
    if not asked:
        raise UserError("no column is an answer: their headings begin with the ids of the sheet, such as 1.a")
    for number, row in rows:
        here = f"{printable(source)}, line {number}"
        if any(cell.strip() for cell in row[len(heads) :]):
            rule = f"there are {len(row)} cells under {len(heads)} headings; put a cell with a comma in quotes"
            yield Refused(here, rule)
            continue
        cells = [_cell(cell) for cell in row] + [""] * (len(heads) - len(row))
        answers: dict[str, object] = {}
        try:
            for i, id in asked.items():
                if cells[i]:
                    _put(answers, id, cells[i])
            people = [cells[i][:200] for i in (*who, *named) if cells[i]]
            if whole := " ".join(cells[i] for i in parts if cells[i])[:200]:
                people.append(whole)
            yield HandIn(
                here, people[0] if people else "", cells[code][:200] if code is not None else "", _by_entry(answers),
                names=tuple(people[1:]),
            )  # fmt: skip
        except UserError as error:
            yield Refused(here, str(error))


def _answered(heads: list[str], found: Mapping[int, str]) -> dict[int, str]:
    """The columns of answers: not the question's text (Question 1) beside Response 1, nor 1.a [Score] beside 1.a."""
    said = {id for i, id in found.items() if _is_said(heads[i])}
    asked = {i: id for i, id in found.items() if id not in said or _is_said(heads[i])}
    whole = {heads[i].casefold() for i in asked}
    bare = {i: re.sub(r"\s*\[[^\]]*\]$", "", heads[i].casefold()) for i in asked}
    return {i: id for i, id in asked.items() if bare[i] == heads[i].casefold() or bare[i] not in whole}


def _is_said(heading: str) -> bool:
    match = _HEADING.match(heading)
    return match is not None and (match["word"] or "").casefold() in headings.ANSWER


def _counts_rows(folded: list[str], known: Set[int | None], rows: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether the first column, ID, only counts the rows, as Microsoft Forms has it before two columns of times."""
    if folded[0] != "id" or len(folded) < 3 or known & {1, 2}:
        return False
    stated = folded[1:3] == ["start time", "completion time"]
    return stated or all(re.search(r"\d:\d\d", _cell(cell)) for _, row in rows for cell in row[1:3])
