"""A gradient that a student wrote in letters, judged by its value."""

from __future__ import annotations

from dataclasses import replace

from ..errors import UserError
from ..formulas.diagnose import Candidate
from ..formulas.model import Mistake
from ..untrusted import printable
from .gradient_judging import AmbiguousError
from .gradient_target import GradientTarget
from .marks import MOST_NAMED, Mark, Written
from .notation import tidy
from .reading import NOTHING

MOST_CHARACTERS = 6_000


def judge_gradient(asked: GradientTarget, given: object) -> tuple[Mark, Written]:
    """The mark, and what was written. Another layout is a convention; what can be read in two ways is undecided."""
    text = given if isinstance(given, str) else "" if given is None else str(given)
    shown = printable(text.strip()[:200])
    mark = Mark("missing", asked.expected, shown)
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
        return replace(mark, status=status, convention=convention, reason=notes), Written(shown)
    named = tuple(Candidate((Mistake(each.id, "", "", each.because),)) for each in found.mistakes)
    return replace(mark, status="wrong", mistakes=named[:MOST_NAMED], reason=found.detail), Written(shown)


def _lines(text: str) -> str:
    """Without the signs of maths, code and emphasis around it."""
    return text.strip().strip("$`*").strip().removeprefix("\\[").removesuffix("\\]").removesuffix(".").strip()
