"""An answer as a student writes it: `o = 55`, `34,944 parameters`, `$55 \\times 55$`, `≈ 0.05`. Read, never run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import TypeGuard

from ..errors import ExpressionError, UserError
from ..expressions.answers import Answer, digits_asked, read_answer, read_number
from ..expressions.functions import CONSTANTS
from ..expressions.limits import within_budget
from ..expressions.nodes import Value
from ..formulas.model import Formula
from ..formulas.run import letters_in
from ..untrusted import printable
from . import notation
from .formula_text import read_asked
from .marks import Written
from .notation import NUMBER, tidy
from .targets import AnyTarget, FormulaTarget
from .terms import ARRAYS, Terms

MOST_CHARACTERS = 2_000
_WORK = 20_000
"""Units of work that reading one answer may take."""
_CLOSE = Fraction(1, 20)
"""How near, as a share of it, an answer is to the right one that may have been rounded too far."""

NOTHING = re.compile(r"|[?_.…–—-]+|n/?a|none|null|nan|no idea|no answer|skip(?:ped)?|(?:i )?don['’]?t know|idk|tbd",
                      re.IGNORECASE)  # fmt: skip
_DECIMAL_COMMA = re.compile(r"[+−-]?\d*,\d+(?:[eE][+-]?\d{1,3})?")
_DOTTED = re.compile(r"[+−-]?[1-9]\d{0,2}(?:\.\d{3})+")
_PERCENT = re.compile(rf"({NUMBER})\s*(?:%|per ?cent)")
_PREFIXED = re.compile(
    rf"({NUMBER})\s*(?:([kKMGT])i?(?:[Bb]|[Bb]ytes?|FLOPs?|MACs?|params?|parameters)?|thousand|million)"
)
_BYTES = re.compile(rf"({NUMBER})\s*[kKMGT]i?B")
_AND_AGAIN = re.compile(rf"({NUMBER})\s+\((.+)\)")
_FACTORS = (10**3, 10**6, 10**9, 2**10, 2**20, 2**30)


def read(text: object, terms: Terms, asked: AnyTarget, spell: Mapping[str, str] | None = None) -> Written:
    """One answer to a part that is no choice and no table. Never raises: what cannot be read says why."""
    wrote = text if isinstance(text, str) else _plain(text)
    if len(wrote) > MOST_CHARACTERS:
        shown = printable(wrote[:200])
        return Written(shown, None, f"an answer has at most {MOST_CHARACTERS:,} characters, not {len(wrote):,}")
    clean = tidy(wrote)
    shown = printable(clean[:200]) if clean else ""
    if NOTHING.fullmatch(clean):
        return Written(shown)
    try:
        answer = within_budget(_Reader(terms, asked, spell or {}, clean).answer, _WORK)
        return Written(shown, with_tolerance(answer, terms))
    except (UserError, OverflowError, RecursionError) as error:
        return Written(shown, None, printable(str(error)))


def _plain(value: object) -> str:
    """A value of TOML or JSON as it would be written."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_plain, value))}]"
    return "" if value is None else str(value)


class _Reader:
    """Reads one answer to one part."""

    def __init__(self, terms: Terms, asked: AnyTarget, spell: Mapping[str, str], text: str) -> None:
        self.terms = terms
        self.expected = asked.expected
        self.text = text
        self.shape = terms.kind == "shape" or isinstance(asked.expected, tuple)
        self.per_axis = False
        self.names: frozenset[str] = frozenset()
        self.read: Callable[[str], Answer] = lambda text: read_answer(text, shape=self.shape)
        if isinstance(asked, FormulaTarget) and asked.name in asked.formula.by_name:
            # in letters too: 4(nm + m² + m) is a number once they have values
            found, name, letters = asked.formula, asked.name, _capitals(asked.formula, spell)
            self.per_axis = not self.shape and found.is_per_axis(name)
            self.names = frozenset(variable.name for variable in found.variables)
            self.read = lambda text: read_asked(found, name, text, letters)

    def answer(self) -> Answer:
        """11·11·3·96 = 34848 is its last side, if all agree; o = 55 is 55. Raises UserError."""
        if self.shape:
            return self.said(notation.labelled(self.text))
        return [self.said(statement) for statement in notation.statements(self.text)][-1]

    def said(self, text: str) -> Answer:
        """The last side of one statement. Raises UserError where the sides differ."""
        sides = notation.sides(text, self.names)
        if not sides:
            raise ExpressionError("an answer is expected, but there is nothing", self.text)
        last = self.one(sides[-1])
        if isinstance(last.value, tuple) and not (self.shape or self.per_axis):
            raise UserError(f"one number is expected, not {len(last.value)}")
        if _depth(last.value) > max(1, _depth(self.expected)):
            raise UserError("numbers are expected, not lists of them")
        for side in sides[:-1]:
            try:
                before = self.one(side)
            except UserError:
                if re.search(r"\d", re.sub(r"\^?\{?\[\d+\]\}?|[A-Za-z]_?\{?\d+\}?", "", side)):
                    raise
                continue  # what it is called: o, n_out, (h, w, c)
            if self.shape and _is_product(before.value, last.value):
                last = before  # 55×55×96 = 290400
            else:
                _same(before, last, self.text)
        return last

    def one(self, text: str) -> Answer:
        """One side. Of several ways to read it, such as 12,345, the one that is right, else the usual one."""
        if self.shape:
            return self._without_batch(self.read(notation.shape(text)))
        again = _AND_AGAIN.fullmatch(text)
        if again and (found := self._twice(again[1], again[2])) is not None:
            return found
        if self.per_axis and re.fullmatch(r"\d+\s*[,; ]\s*\d+", text) and read_number(text) is None:
            return self.read(re.sub(r"\s*[,; ]\s*", "x", text))
        found = None
        for reading in self._readings(text):
            answer = self.read(reading)
            found = found or answer
            if is_within(self.terms, self.expected, answer.value):
                return answer
        assert found is not None
        self._check_unit(text, found)
        return found

    def _without_batch(self, answer: Answer) -> Answer:
        """1×55×55×96 is a batch of one map."""
        wrote, right = answer.value, self.expected
        is_batch = isinstance(wrote, tuple) and isinstance(right, tuple) and len(wrote) == len(right) + 1 > 3
        return replace(answer, value=wrote[1:]) if is_batch and wrote[0] == 1 else answer

    def _readings(self, text: str) -> Iterator[str]:
        """The ways in which a number may be meant, the usual one first."""
        if isinstance(self.expected, int) and self.terms.kind == "integer" and _DOTTED.fullmatch(text):
            yield text.replace(".", "")
        percent, prefixed = _PERCENT.fullmatch(text), _PREFIXED.fullmatch(text)
        if percent:
            yield f"{percent[1]}e-2" if "e" not in percent[1].lower() else f"{percent[1]}/100"
            yield percent[1]
        elif _BYTES.fullmatch(text):
            yield prefixed[1] if prefixed else text
        elif _DECIMAL_COMMA.fullmatch(text):
            if read_number(text) is not None and not text.lstrip("+−-").startswith(("0", ",")):
                yield text
            yield text.replace(",", ".")
        else:
            yield notation.scalar(text, self.names)
            if _DOTTED.fullmatch(text):
                yield text.replace(".", "")

    def _check_unit(self, text: str, found: Answer) -> None:
        """Raises UserError where a number is followed by what may be a unit other than the one that is asked."""
        prefixed = _PREFIXED.fullmatch(text)
        if prefixed is None or not _is_number(self.expected) or self.expected == found.value:
            return
        if not _BYTES.fullmatch(text) and (prefixed[2] not in self.names or "." in prefixed[1]):
            raise UserError(f"write the number out: {printable(text)}")
        number = read_number(prefixed[1])
        for factor in _FACTORS:
            for other in (Fraction(number or 0) * factor, Fraction(number or 0) / factor):
                if number and abs(other - Fraction(self.expected)) <= abs(Fraction(self.expected)) / 100:
                    raise UserError(
                        f"give the number in the unit that is asked, without writing the unit: {printable(text)}"
                    )

    def _twice(self, number: str, again: str) -> Answer | None:
        """0.67 (2/3): the same value once more, in brackets; None where it is another one, and so a factor."""
        try:
            rough, fine = self.one(number), self.one(notation.without_label(again))
            _same(rough, fine if fine.unit else replace(fine, unit=rough.unit), again)
        except UserError:
            return None
        if not _is_number(fine.value):
            return None
        return fine if not fine.unit or fine.significant > rough.significant else rough


def _capitals(formula: Formula, spell: Mapping[str, str]) -> dict[str, str]:
    """The course's letters, and N for n where N is nothing else."""
    names = {variable.name for variable in formula.variables} | set(spell.values())
    large = {name: name.upper() for name in names if len(name) == 1 and name.upper() not in names}
    return {**large, **spell}


def _is_number(value: Value) -> TypeGuard[int | float | Fraction]:
    return isinstance(value, int | float | Fraction)


def _depth(value: Value) -> int:
    return 1 + max(map(_depth, value), default=0) if isinstance(value, tuple) else 0


def _is_product(shape: Value, number: Value) -> bool:
    """Whether a shape was followed by how many entries it has."""
    many = isinstance(shape, tuple) and len(shape) > 1 and all(isinstance(size, int) for size in shape)
    return many and isinstance(number, tuple) and number == (prod(shape),)


def _same(left: Answer, right: Answer, text: str) -> None:
    """Raises UserError where two sides are numbers that differ by more than rounding."""
    pairs = zip(_flat(left.value), _flat(right.value), strict=False)
    for a, b in pairs:
        letters = (set(letters_in(a)) | set(letters_in(b))) - CONSTANTS.keys()
        is_array = isinstance(a, tuple) or isinstance(b, tuple)
        if letters or is_array:
            continue
        away, near = abs(float(a) - float(b)), max(float(left.unit), float(right.unit), 1e-3 * abs(float(b)))
        is_rounded = isinstance(b, int) and not isinstance(a, int) and away < 1  # 12500/64 = 195
        if away > near and not is_rounded:
            raise UserError(f"two different values stand there: {printable(text)}")


def _flat(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)


def is_within(terms: Terms, expected: Value, value: Value) -> bool:
    """Whether a number is the right one, as nearly as the part asks."""
    if not _is_number(expected) or not _is_number(value):
        return bool(expected == value)
    return abs(Fraction(expected) - Fraction(value)) <= terms.near(expected)


def too_far(terms: Terms) -> str:
    """What is said of a number that is `is_rounded_too_far`."""
    asked = digits_asked(terms.significant)
    are = "is" if terms.significant == 1 else "are"
    return f"it is near the right number, but rounded too far or cut off: at least {asked} {are} asked"


def is_rounded_too_far(expected: Value, answer: Answer) -> bool:
    """Whether a decimal is the right number with too few digits, or with digits cut off: 0.67 or 0.666 for 2/3."""
    if not _is_number(expected) or not _is_number(answer.value) or isinstance(expected, int) or not answer.unit:
        return False
    right, wrote = Fraction(expected), Fraction(answer.value)
    away = abs(right - wrote)
    is_cut = abs(wrote) < abs(right) and away < answer.unit
    return (away <= answer.unit / 2 or is_cut) and away <= _CLOSE * abs(right)


def with_tolerance(answer: Answer, terms: Terms) -> Answer:
    """The answer as exact as the part asks, whatever it is held against: its tolerance counts as rounding."""
    value, answer = answer.value, replace(answer, asked=terms.significant)
    if not _is_number(value) or not (
        terms.tolerance or (terms.kind in ("number", *ARRAYS) and answer.significant >= terms.significant)
    ):
        return answer
    near = 2 * terms.near(Fraction(value))
    return replace(answer, unit=near if terms.tolerance else max(answer.unit, near), significant=99)
