"""What lint and the stress check found in problem files, as documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

from .. import document as doc

Side: TypeAlias = Literal["left", "center", "right"]


class Finding(Protocol):
    """One line of lint: an error, with which the file cannot be used, or a warning."""

    @property
    def path(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def error(self) -> bool: ...


class Pattern(Protocol):
    """Where the right one of several choices is found too often, in words."""

    @property
    def said(self) -> str: ...


class Checked(Protocol):
    """One problem under stress: `faults` and how many `more`, `seconds` per variant, `told_apart` as a share of 1."""

    @property
    def problem(self) -> str: ...
    @property
    def seeds(self) -> int: ...
    @property
    def distinct(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def told_apart(self) -> float: ...
    @property
    def uncounted(self) -> Sequence[str]: ...
    @property
    def trials(self) -> int: ...
    @property
    def faults(self) -> Sequence[str]: ...
    @property
    def more(self) -> int: ...
    @property
    def patterns(self) -> Sequence[Pattern]: ...


def linted(findings: Sequence[Finding], files: int) -> doc.Document:
    """A row for each finding in so many files, and how many there are."""
    read = _counted(files, "file")
    if not findings:
        return doc.Document("Lint", (doc.Note("right", f"{read}, nothing to remark"),))
    rows = tuple((f.path, f.key, "error" if f.error else "warning", f.text) for f in findings)
    errors = sum(finding.error for finding in findings)
    summary = doc.Paragraph(f"{read}, {errors} with errors; {_counted(len(findings) - errors, 'warning')}")
    return doc.Document("Lint", (doc.Table(("file", "key", "", "what"), rows), summary))


def checked(problems: Sequence[Checked], seeds: int) -> doc.Document:
    """A row for each problem, put under stress with so many seeds, then the faults and the patterns in words."""
    uncounted = any(found.uncounted for found in problems)
    more = ("not counted twice",) if uncounted else ()
    header = ("problem", "differ", "ms", "told apart", *more, "tests", "faults")
    rows = tuple(_row(found, uncounted) for found in problems)
    extra: tuple[Side, ...] = ("left",) if uncounted else ()
    sides: tuple[Side, ...] = ("left", "right", "right", "right", *extra, "right", "right")
    blocks: list[doc.Block] = [doc.Table(header, rows, sides)]
    for found in problems:
        blocks += [doc.Note("warning", f"{found.problem}: {fault}") for fault in found.faults]
        if found.more:
            blocks.append(doc.Note("warning", f"{found.problem}: and {found.more} more"))
        blocks += [doc.Note("note", f"{found.problem}, {pattern.said}") for pattern in found.patterns]
    blocks.append(doc.Paragraph(_summary(problems)))
    return doc.Document(f"{_counted(len(problems), 'problem')}, {seeds} seeds each", tuple(blocks))


def _row(found: Checked, uncounted: bool) -> tuple[doc.Words, ...]:
    faults = str(len(found.faults) + found.more)
    return (
        found.problem,
        f"{found.distinct}/{found.seeds}",
        f"{found.seconds * 1000:.2f}",
        f"{found.told_apart:.0%}",
        *((", ".join(found.uncounted),) if uncounted else ()),
        str(found.trials),
        doc.Strong(faults) if found.faults else faults,
    )


def _summary(problems: Sequence[Checked]) -> str:
    wrong = sum(bool(found.faults) for found in problems)
    seconds = sum(found.seconds for found in problems)
    rate = len(problems) / seconds if seconds else 0
    said = f"{_counted(wrong, 'problem')} with faults" if wrong else "no faults"
    return f"{said}; {rate:,.0f} variants per second"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"
