"""What is said of a judged answer, as a document and as data: the same at every door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import document as doc
from ..expressions.jsonable import as_json
from ..expressions.printing import Spell
from ..formulas.diagnose import Candidate
from .marks import CORRECT, Mark, cells_as_data
from .wrong_numbers import wrong_numbers


def as_data(mark: Mark) -> dict[str, Any]:
    """A judged answer for JSON; `convention` is another one than the one that was asked, by which it is right."""
    return {
        "status": mark.status,
        "correct": CORRECT.get(mark.status),
        "expected": as_json(mark.expected),
        "convention": mark.convention or None,
        "mistakes": mistakes_as_data(mark.mistakes),
        "more": mark.more,
        "reason": mark.reason,
        **cells_as_data(mark.cells),
        **({"stopped": True} if mark.stopped else {}),
    }


def mistakes_as_data(mistakes: tuple[Candidate, ...]) -> list[dict[str, Any]]:
    """Mistakes for JSON."""
    return [{"id": each.id, "because": each.because, **({"found": True} if each.found else {})} for each in mistakes]


STOPPED = "not all mistakes were tried: it would take too long with so many numbers"


def verdict(
    title: str,
    mark: Mark,
    right: doc.Formula | None = None,
    by: str = "",
    spell: Spell = None,
    about: Sequence[doc.Block] = (),
) -> doc.Document:
    """What an answer is worth, told to a student: the mistake and a hint; `right` where the right value is shown.

    `by` says whose convention it is right by, and which the question uses; `about`, what was asked, stands before all.
    """
    blocks: list[doc.Block] = [*about, *_said(mark, by)]
    return doc.Document(title, (*blocks, right) if right and mark.status != "right" else tuple(blocks), spell)


def _said(mark: Mark, by: str) -> list[doc.Block]:
    reason = doc.sentence(mark.further_reason) if mark.further_reason else ""
    if mark.status == "right":
        return [doc.Note("right", "this is right"), *_paragraph(reason)]
    if mark.status == "follows":
        return [doc.Note("right", "this follows from your own earlier answers"), *_paragraph(reason)]
    if mark.status == "convention":
        words = f"this is right by the convention of {by}" if by else (f"this is right by {mark.convention}")
        return [doc.Note("right", words), *_paragraph(reason)]
    if mark.status == "rounded":
        return [doc.Note("warning", mark.reason or "this is right, but rounded too much")]
    if mark.status in ("undecided", "unreadable"):
        told = "this cannot be decided" if mark.status == "undecided" else "this cannot be read"
        return [doc.Note("warning", f"{told}: {mark.reason}")]
    if mark.status == "missing":
        return [doc.Note("warning", "there is no answer")]
    return _wrong(mark, reason)


def _paragraph(text: str) -> list[doc.Block]:
    return [doc.Paragraph(text)] if text else []


def _wrong(mark: Mark, reason: str) -> list[doc.Block]:
    if not mark.mistakes:
        gives = "that was tried gives this" if mark.stopped else "gives this"
        said = "this is wrong" if mark.convention else f"this is wrong; no typical mistake {gives}"
        return [
            doc.Note("mistake", said),
            *_paragraph(reason),
            *_paragraph(wrong_numbers(mark.cells)),
            *_stopped(mark),
        ]
    several = len(mark.mistakes) + mark.more > 1
    told = "this is wrong. One of these gives this answer:" if several else "this is wrong."
    if mark.mistakes[0].found:
        changes = "these changes do" if several else "this change does"
        told = f"this is wrong. No typical mistake gives this answer, but {changes}:"
    blocks: list[doc.Block] = [doc.Note("mistake", told)]
    reasons = tuple(candidate.because for candidate in mark.mistakes)
    blocks.append(doc.Items(reasons) if several else doc.Paragraph(reasons[0]))
    if mark.more:
        blocks.append(doc.Paragraph(f"and {mark.more} more"))
    if mark.mistakes[0].hint:
        blocks.append(doc.Note("hint", mark.mistakes[0].hint))
    return [*blocks, *_paragraph(reason), *_paragraph(wrong_numbers(mark.cells)), *_stopped(mark)]


def _stopped(mark: Mark) -> list[doc.Block]:
    return [doc.Note("note", STOPPED)] if mark.stopped else []
