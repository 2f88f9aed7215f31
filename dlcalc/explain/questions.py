"""Inverse questions and verdicts as documents: what every view and every format shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from .. import document as doc
from ..expressions.answers import digits_asked
from ..expressions.nodes import Name, Value, to_node
from ..expressions.printing import Spell
from ..formulas.model import Formula
from ..profiles import COURSE, shown_by
from .calculation import has_floats, listed, rounded

if TYPE_CHECKING:
    from ..answers.formula_judging import Verdict
    from ..expressions.inverse import Solutions


def solutions(
    title: str, wanted: Mapping[str, str], found: Solutions, spell: Spell = None, most: int = 40
) -> doc.Document:
    """The answer to an inverse question: how many solutions, which, and where was looked."""
    asked = listed([text if name == "equation" else f"{name} = {text}" for name, text in wanted.items()])
    heading = f"{title}: which {listed(list(found.searched))} give {asked}?"
    return doc.Document(heading, tuple(_solution_blocks(found, most)), spell)


def _solution_blocks(found: Solutions, most: int) -> list[doc.Block]:
    names = tuple(found.searched)
    blocks: list[doc.Block] = [doc.Paragraph(counted_solutions(found))]
    if found.count == 1:
        only = found.found[0]
        blocks.append(doc.Formula(tuple(doc.Equation(name, (only[name],)) for name in names)))
    elif found.found:
        rows = tuple(tuple(f"{solution[name]:,}" for name in names) for solution in found.found[:most])
        header = tuple(doc.Math(Name(name)) for name in names)
        right: Literal["right"] = "right"
        blocks.append(doc.Table(header, rows, (right,) * len(names), row_headers=False))
        if found.count > most:
            blocks.append(doc.Note("note", f"the first {min(most, len(rows))} of {found.count:,} are shown"))
    return blocks


def counted_solutions(found: Solutions) -> str:
    """`1 solution; searched: s = 1..227`."""
    where = ", ".join(f"{name} = {low}..{high}" for name, (low, high) in found.searched.items())
    how_many = "no solution" if found.count == 0 else "1 solution" if found.count == 1 else f"{found.count:,} solutions"
    return f"{how_many}; searched: {where}"


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
        blocks.append(doc.Note("mistake", "this is wrong; no typical mistake gives this"))
    else:
        several = len(judged.mistakes) + judged.more > 1
        blocks.append(doc.Note("mistake", "this is wrong. One of these gives it:" if several else "this is wrong."))
        reasons = tuple(candidate.because for candidate in judged.mistakes)
        blocks.append(doc.Items(reasons) if several else doc.Paragraph(reasons[0]))
        if judged.more:
            blocks.append(doc.Paragraph(f"and {judged.more} more"))
        if judged.mistakes[0].hint:
            blocks.append(doc.Note("hint", judged.mistakes[0].hint))
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
