"""What is said of a judged answer, as a document."""

from __future__ import annotations

from .. import document as doc
from ..explain.calculation import has_floats, rounded
from ..expressions.answers import digits_asked
from ..expressions.nodes import Value, to_node
from ..expressions.printing import Spell
from ..formulas.model import Formula
from ..profiles import COURSE, shown_by
from .formula_judging import Verdict

STOPPED = "not all mistakes were tried: on so many numbers that would take long"


def verdict(
    formula: Formula, name: str, answer: str, judged: Verdict, show: bool = False, spell: Spell = None
) -> doc.Document:
    """What an answer is worth, told to a student: the mistake and a hint; the right value only with `show`."""
    blocks: list[doc.Block] = []
    title = f"{formula.title}: {name} = {answer}"
    if judged.correct and judged.convention is None:
        return doc.Document(title, (doc.Note("right", "this is right"),), spell)
    if judged.correct and judged.convention is not None:
        other = judged.convention
        words = f"this is right as {other.who} count: {other.says}. Here it is counted otherwise"
        blocks.append(doc.Note("right", words))
    elif not judged.mistakes:
        gives = "that was tried gives this" if judged.stopped else "gives this"
        blocks.append(doc.Note("mistake", f"this is wrong; no typical mistake {gives}"))
    else:
        several = len(judged.mistakes) + judged.more > 1
        blocks.append(doc.Note("mistake", "this is wrong. One of these gives it:" if several else "this is wrong."))
        reasons = tuple(candidate.because for candidate in judged.mistakes)
        blocks.append(doc.Items(reasons) if several else doc.Paragraph(reasons[0]))
        if judged.more:
            blocks.append(doc.Paragraph(f"and {judged.more} more"))
        if judged.mistakes[0].hint:
            blocks.append(doc.Note("hint", judged.mistakes[0].hint))
    if judged.stopped:
        blocks.append(doc.Note("note", STOPPED))
    if not judged.correct and shown_by().significant_digits != COURSE.significant_digits:
        asked = digits_asked(shown_by().significant_digits)
        blocks.append(doc.Note("note", f"a rounded answer has at least {asked} here"))
    if show:
        right = _one(formula, name, judged.expected)
        blocks.append(doc.Formula((doc.Equation(name, (to_node(rounded(right)),), rounded=has_floats(right)),)))
    return doc.Document(title, tuple(blocks), spell)


def _one(formula: Formula, name: str, value: Value) -> Value:
    if formula.is_per_axis(name) and isinstance(value, tuple) and len(set(value)) == 1:
        return value[0]
    return value
