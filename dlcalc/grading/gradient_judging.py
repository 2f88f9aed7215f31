"""A gradient that a student wrote in letters, judged by its value."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from ..errors import UserError
from ..formulas.diagnose import Candidate
from ..formulas.model import Mistake
from ..gradients import AmbiguousError
from ..quiz.gradients import GradientAsked
from ..quiz.problem import Part
from ..untrusted import printable
from .answer_text import NOTHING, Written
from .notation import tidy
from .part_mark import PartMark
from .policy import Policy

MOST_CHARACTERS = 6_000
MOST_NAMED = 5


def judge_gradient(part: Part, asked: GradientAsked, given: object, policy: Policy) -> tuple[PartMark, Written]:
    """The mark, and what was written. Another layout is a convention; what can be read in two ways is undecided."""
    text = given if isinstance(given, str) else "" if given is None else str(given)
    shown = printable(text.strip()[:200])
    mark = PartMark(part, "missing", Fraction(0), asked.expected, shown)
    clean = tidy(text)
    if NOTHING.fullmatch(clean):
        return mark, Written(shown)
    try:
        found = asked.judged(_lines(text) if len(text) <= MOST_CHARACTERS else text)
    except AmbiguousError as error:
        return replace(mark, status="undecided", reason=printable(str(error))), Written(shown)
    except (UserError, OverflowError, RecursionError) as error:
        return replace(mark, status="unreadable", reason=printable(str(error))), Written(shown, None, str(error))
    notes = "; ".join(found.notes)
    if found.correct:
        status = "right" if found.layout == asked.derivation.layout else "convention"
        convention = "" if status == "right" else found.layout
        share = policy.share(status)
        return replace(mark, status=status, share=share, convention=convention, reason=notes), Written(shown)
    named = tuple(Candidate((Mistake(each.id, "", "", each.because),)) for each in found.mistakes)
    return replace(mark, status="wrong", mistakes=named[:MOST_NAMED], reason=found.detail), Written(shown)


def _lines(text: str) -> str:
    """Without the signs of maths, code and emphasis around it."""
    return text.strip().strip("$`*").strip().removeprefix("\\[").removesuffix("\\]").removesuffix(".").strip()
