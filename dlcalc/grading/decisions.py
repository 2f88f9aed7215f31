"""What people decided about single answers: data beside the manifest, which no marking writes over.

It comes from the list of what has to be looked at: whoever fills in `marks` there has decided, and the next marking
keeps it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from ..errors import ProblemError, UserError, printable
from ..files.untrusted import csv_rows, decoded_leniently, read_bytes, seen
from ..networks.exercise import to_csv

HEADINGS = ("student", "part", "marks", "because", "wrote")
_NEEDED = ("student", "part", "marks")
_MOST_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Decision:
    """The marks of a part. `wrote`: the words that they are for; None where they are for any."""

    marks: Fraction
    because: str = ""
    wrote: str | None = None


Decisions: TypeAlias = Mapping[tuple[str, str], Decision]
"""`key` of the student and the part → what was decided; with part "" that somebody has looked at what belongs to no
part."""


def normal(text: str) -> str:
    """Words as a spreadsheet gives them back: on one line, without what nobody sees, or a ' before a sign."""
    cells = " ".join(seen(text).split()).removeprefix("'").split(";")
    return ";".join(re.sub(r"^'(?=\s*[=+\-@＝＋－＠])", "", cell) for cell in cells)[:2_000]


def key(student: str, part: str) -> tuple[str, str]:
    """By what a decision is known: the id as a spreadsheet gives it back, and the part."""
    return normal(student).casefold(), part


def read(path: str) -> dict[tuple[str, str], Decision]:
    """The decisions in a file; none where there is no file. Raises ProblemError with the line."""
    if not os.path.lexists(path):
        return {}
    text = decoded_leniently(read_bytes(path, _MOST_BYTES, "a list of decisions"), path)
    try:
        rows = list(csv_rows(text))
    except UserError as error:
        raise ProblemError(printable(path), "", str(error)) from None
    if not rows:
        return {}
    headings = [cell.strip().casefold() for cell in rows[0][1]]
    if missing := [name for name in _NEEDED if name not in headings]:
        raise ProblemError(printable(path), "line 1", f"a list of decisions has a column {missing[0]}")
    return dict(_rows(path, headings, rows[1:]))


def _rows(
    path: str, headings: list[str], rows: Iterable[tuple[int, list[str]]]
) -> Iterator[tuple[tuple[str, str], Decision]]:
    known: set[tuple[str, str]] = set()
    for line, row in rows:
        cells = dict(zip(headings, (cell.strip().removeprefix("'") for cell in row), strict=False))
        typed = cells.get("marks", "")
        if not typed:
            continue  # nobody has decided yet
        try:
            marks = Fraction(0) if not cells.get("part") else Fraction(typed.replace(",", "."))
        except (ValueError, ZeroDivisionError):
            rule = f"marks are a number, such as 1.5, not {printable(typed)}"
            raise ProblemError(printable(path), f"line {line}", rule) from None
        if marks < 0 or len(typed) > 20:
            raise ProblemError(printable(path), f"line {line}", f"marks are not negative: {printable(typed)}")
        of = key(cells.get("student", ""), cells.get("part", ""))
        if of in known:
            raise ProblemError(printable(path), f"line {line}", f"{printable(', '.join(of))} is decided twice")
        known.add(of)
        wrote = normal(cells["wrote"]) if "wrote" in cells else None
        yield of, Decision(marks, cells.get("because", ""), wrote)


def merged(known: Decisions, new: Decisions, path: str) -> dict[tuple[str, str], Decision]:
    """Both. Raises ProblemError, naming the file of the new ones, where they differ: nobody's decision is lost."""
    for of, decision in new.items():
        if of in known and known[of].marks != decision.marks and known[of].wrote == decision.wrote:
            rule = (f"{printable(', '.join(of))} has {float(decision.marks):g} marks here, and "
                    f"{float(known[of].marks):g} among what was decided before; change one of them")  # fmt: skip
            raise ProblemError(printable(path), "", rule)
    return {**known, **new}


def to_text(decisions: Decisions) -> str:
    """The decisions as a file that a spreadsheet opens and `read` reads."""
    rows = [HEADINGS]
    for (student, part), each in sorted(decisions.items()):
        rows.append((student, part, _number(each.marks), each.because, each.wrote or ""))
    return "\ufeff" + to_csv(rows)


def _number(marks: Fraction) -> str:
    return str(marks.numerator) if marks.denominator == 1 else f"{float(marks):g}"
