"""Variants as documents: the sheet that is handed out, and the key with answers, reasons and working.

A sheet is made without its key, not by hiding it: what is not in the document cannot leak from any format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from math import isfinite
from string import ascii_lowercase
from typing import Any

from .. import document as doc
from ..answers.array_patterns import WORDS, rearranged
from ..answers.cell_target import CellTarget
from ..answers.choices import Choice
from ..answers.conventions import by_another
from ..answers.formula_target import FormulaTarget
from ..answers.numbers import bytes_in
from ..answers.reading import with_unit
from ..answers.table_target import TableTarget
from ..answers.target import Other, Target
from ..answers.terms import ARRAYS
from ..document import COURSE, Profile, rounded, showing
from ..errors import ProblemError, UserError, printable
from ..expressions.nodes import Value
from ..expressions.printing import Spell
from ..formulas.arrays import mapped, sizes
from ..formulas.run import contains_letters
from ..networks.exercise import LAYER, TOTAL, cell, heading
from ..networks.table import COUNTS
from .problem import Part
from .render import value_words
from .variant import Variant, distinct

MOST_RESPONSES = 8
"""Wrong answers that a key has something to say to, the commonest."""


@dataclass(frozen=True)
class Shares:
    """What share of a part's points an answer earns that is not plainly right."""

    follows: Fraction = Fraction(1)
    convention: Fraction = Fraction(1)


def label(index: int) -> str:
    """a, b, ..., z."""
    return ascii_lowercase[index]


def entry_id(number: int, variant: Variant, part: Part) -> str:
    """Where an answer is written: `2.b`, or `2` where a question has one part."""
    parts = variant.problem.parts
    return str(number) if len(parts) == 1 else f"{number}.{label(parts.index(part))}"


def question(
    variant: Variant,
    number: int = 1,
    key: bool = False,
    points: Fraction | None = None,
    shares: Shares = Shares(),
) -> doc.Question:
    """A variant as a question of a document. `points` for the whole question scale those of its parts.

    Raises ProblemError where a value in the text cannot be worked out.
    """
    try:
        return _question(variant, number, key, points, shares)
    except UserError as error:
        rule = f"with the numbers of seed {variant.seed}: {error}"
        raise ProblemError(printable(variant.problem.path), "text", rule) from None


def _question(variant: Variant, number: int, key: bool, points: Fraction | None, shares: Shares) -> doc.Question:
    problem = variant.problem
    whole = problem.points if points is None else points
    scale = whole / problem.points if problem.points else Fraction(0)
    single = len(problem.parts) == 1
    parts = tuple(
        _part(variant, part, number, "" if single else label(i), part.points * scale, key, shares)
        for i, part in enumerate(problem.parts)
    )
    return doc.Question(
        number,
        problem.title,
        whole,
        variant.renderer.blocks(problem.words),
        parts,
        problem.id,
        problem.topic,
        variant.note if key else "",
    )


def sheet(
    title: str,
    variants: Sequence[Variant],
    key: bool = False,
    facts: Iterable[tuple[str, str]] = (),
    date: str = "",
    points: Mapping[int, Fraction] | None = None,
    before: tuple[doc.Block, ...] = (),
    shares: Shares = Shares(),
    spell: Spell = None,
    course: Profile = COURSE,
) -> doc.Document:
    """A document of several questions, numbered from 1; with `key` answers, reasons and working are in it.

    `spell`: the letters of `course`, which also says how its numbers are shown.
    """
    scaled = points or {}
    with showing(course):
        questions = tuple(question(v, i, key, scaled.get(i), shares) for i, v in enumerate(variants, 1))
    return doc.Document(title, (*before, *questions), spell, facts=tuple(facts), date=date, course=course)


def _part(
    variant: Variant, part: Part, number: int, letter: str, points: Fraction, key: bool, shares: Shares
) -> doc.Part:
    asked = variant.asked[part.id]
    blocks = variant.renderer.blocks(part.words)
    id = entry_id(number, variant, part)
    hints = _hints(variant, part) if key else ()
    if isinstance(asked, TableTarget):
        grid = _grid(asked, id, key)
        return doc.Part(letter, points, (*blocks, grid), None, hints)
    return doc.Part(letter, points, blocks, _entry(variant, part, asked, id, key, shares), hints)


def _hints(variant: Variant, part: Part) -> tuple[doc.Words, ...]:
    """The author's hints, then those of the mistakes that are commonest here."""
    own = [variant.renderer.words(line) for line in part.hints]
    from_mistakes = dict.fromkeys(wrong.hint for wrong in variant.asked[part.id].wrong() if wrong.hint)
    hints: tuple[doc.Words, ...] = (*own, *from_mistakes)
    return hints[:3]


def _entry(variant: Variant, part: Part, asked: Target, id: str, key: bool, shares: Shares) -> doc.Entry:
    if part.kind == "choice":
        shown = variant.choices[part.id]
        choices = tuple(_choice(choice, key) for choice in shown)
        right = " and ".join(chr(ord("A") + i) for i, choice in enumerate(shown) if choice.right)
        found = doc.Key(right, (), asked.working()) if key else None
        return doc.Entry(id, "choice", choices, sum(choice.right for choice in shown) > 1, found)
    kind: doc.EntryKind = "integer" if part.kind == "table" else part.kind
    size = sizes(asked.expected) if part.kind in ARRAYS and part.grid else ()
    found = _key(part, asked, shares) if key else None
    if not isinstance(asked, FormulaTarget):
        return doc.Entry(id, kind, key=found, size=size)
    unit = bytes_in(with_unit(part.terms, asked).unit)
    return doc.Entry(id, kind, key=found, size=size, bytes=unit, asked=asked.name, is_side=asked.is_side)


def _choice(shown: Choice, key: bool) -> doc.Choice:
    return doc.Choice(shown.words, shown.right, shown.because) if key else doc.Choice(shown.words)


def _key(part: Part, asked: Target, shares: Shares) -> doc.Key:
    right = asked.expected
    responses = [doc.Response(_decimal(part, right), Fraction(1), "Right.", tolerances_of(part, right))]
    for other, share, said in _other_conventions(asked, shares):
        near = tolerances_of(part, other.value)
        responses.append(doc.Response(_decimal(part, other.value), share, said, near, other.name))
    known = [response.value for response in responses]
    for wrong in distinct(asked):
        if len(responses) > MOST_RESPONSES:
            break
        if _same_form(wrong.value, right) and _decimal(part, wrong.value) not in known:
            said = doc.sentence(wrong.because)
            responses.append(
                doc.Response(_decimal(part, wrong.value), Fraction(0), said, tolerances_of(part, wrong.value), wrong.id)
            )
    seen = [response.value for response in responses]
    if part.kind not in ARRAYS or contains_letters(right):
        return doc.Key(as_asked(part, right), tuple(responses), asked.working())
    others = tuple(_rearranged(part, right, seen))
    patterns = tuple((id, doc.sentence(because)) for id, (because, _) in WORDS.items())
    return doc.Key(as_asked(part, right), tuple(responses), asked.working(), others, patterns)


def _rearranged(part: Part, right: Value, known: Sequence[Value]) -> Iterator[doc.Response]:
    """The right array rearranged as a whole, where that is another one than those that are known."""
    is_vector = part.kind == "vector"
    seen = list(known)
    for id, rows in rearranged((right,) if is_vector else right, is_vector, 0):
        value = rows[0] if is_vector else rows
        shown = _decimal(part, value)
        if shown not in seen:
            seen.append(shown)
            yield doc.Response(shown, Fraction(0), doc.sentence(WORDS[id][0]), tolerances_of(part, value), id)


def _other_conventions(asked: Target, shares: Shares) -> Iterator[tuple[Other, Fraction, str]]:
    """What other conventions give, what that earns and what is said of it: nothing where another one is stated."""
    known = asked.by_conventions() if isinstance(asked, FormulaTarget) else asked.others()
    for other in known:
        if isinstance(asked, FormulaTarget) and asked.excludes(asked.formula.convention(other.name)):
            yield other, Fraction(0), doc.sentence(by_another(asked, other.name))
        else:
            yield other, shares.convention, f"Right under another convention: {other.name}, as in {other.who}."


def as_asked(part: Part, value: Value) -> Value:
    """A right number with the digits to which it is asked, 31.5; with more where it would not be marked right."""
    if part.kind != "number" or not isinstance(value, Fraction | float) or not isfinite(value):
        return _decimal(part, value)
    near = part.terms.near(value)
    for digits in range(part.significant, 17):
        short = float(f"{float(value):.{digits}g}")
        if abs(Fraction(short) - Fraction(value)) <= near:
            return int(short) if short.is_integer() and abs(short) < 1e15 else short
    return _decimal(part, value)


def _same_form(value: Value, right: Value) -> bool:
    """Whether somebody would write a wrong value: as many numbers, and letters only where the right one has some."""
    if isinstance(right, tuple):
        return isinstance(value, tuple) and sizes(value) == sizes(right)
    return not isinstance(value, tuple) and contains_letters(value) <= contains_letters(right)


def _decimal(part: Part, value: Value) -> Value:
    """A number as it is asked: a fraction that is no short decimal as a rounded one; of an array each."""
    if part.kind in ARRAYS:
        return mapped(lambda each: rounded(float(each)) if _is_long(each) else each, value)
    return rounded(float(value)) if part.kind == "number" and _is_long(value) else value


def _is_long(value: Value) -> bool:
    """Whether a fraction is no short decimal."""
    return isinstance(value, Fraction) and value.denominator > 1 and isinstance(value_words(value), doc.Math)


def tolerances_of(part: Part, value: Value) -> Fraction | tuple[Any, ...]:
    """How far an answer may be from a value; of an array that of each number, in its shape."""
    if part.kind in ARRAYS:
        return mapped(part.terms.near, value)  # type: ignore[no-any-return]
    return part.terms.near(value)


def _grid(asked: TableTarget, id: str, key: bool) -> doc.Grid:
    """The layers, with an entry in each cell that is asked; totals where they are counts."""
    header: tuple[doc.Words, ...] = (LAYER, *(heading(column, asked.headings) for column in asked.columns))
    rows: list[tuple[doc.Words | doc.Entry, ...]] = []
    for row in asked.table.rows:
        name = row.layer.name
        asks = ((column, cell(row, column)) for column in asked.columns)
        rows.append((name, *("" if v is None else _cell(asked, name, c, v, id, key) for c, v in asks)))
    totals = [c in COUNTS for c in asked.columns]
    if any(totals):
        whole = asked.table.total
        cells = (_cell(asked, "total", c, whole[c], id, key) if c in COUNTS else "" for c in asked.columns)
        rows.append((TOTAL, *cells))
    return doc.Grid(header, tuple(rows))


def _cell(asked: TableTarget, layer: str, column: str, value: Value, id: str, key: bool) -> doc.Entry:
    kind: doc.EntryKind = "shape" if isinstance(value, tuple) else "integer"
    name = f"{id}.{layer}.{column}"
    if not key:
        return doc.Entry(name, kind)
    of = CellTarget(asked.table, layer, column)
    responses = [doc.Response(value, Fraction(1), "Right.")]
    wrongs = (wrong for wrong in distinct(of) if _same_form(wrong.value, value))
    responses += [
        doc.Response(wrong.value, Fraction(0), doc.sentence(wrong.because), id=wrong.id)
        for wrong in islice(wrongs, MOST_RESPONSES)
    ]
    return doc.Entry(name, kind, key=doc.Key(value, tuple(responses), of.line()))
