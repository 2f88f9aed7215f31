"""An answer as a student writes it: `o = 55`, `34,944 parameters`, `$55 \\times 55$`, `≈ 0.05`. Read, never run."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from fractions import Fraction
from math import prod

from ..errors import ExpressionError, UserError, printable
from ..expressions.answers import Answer, Fit, agrees, digits_asked, precision, read_answer
from ..expressions.evaluate import evaluate_at
from ..expressions.exact import exponent_of
from ..expressions.functions import CONSTANTS
from ..expressions.limits import within_budget
from ..expressions.nodes import Value
from ..expressions.reader import Declarations
from ..formulas.defaults import with_defaults
from ..formulas.model import Formula
from ..formulas.run import contains_letters, letters_in, same_at_points
from . import notation
from .formula_target import FormulaTarget
from .formula_text import read_asked
from .marks import AmbiguousError, Finding, Written
from .notation import NUMBER, tidy
from .numbers import about, before_memory, bytes_in, factors, in_memory, plain, readings, times, with_zeros
from .target import Target
from .terms import Terms, is_number

MOST_CHARACTERS = 2_000
_WORK = 20_000
"""Units of work that reading one answer may take."""

NOTHING = re.compile(r"|[?_.…–—-]+|n/?a|none|null|nan|no idea|no answer|skip(?:ped)?|(?:i )?don['’]?t know|idk|tbd",
                      re.IGNORECASE)  # fmt: skip
_AND_AGAIN = re.compile(rf"({NUMBER})\s+\((.+)\)")
_SQUARED = re.compile(r"(\d+)\s*(?:²|\^\s*\{?2\}?|[xX×]\s*\1)")
_RANGE = re.compile(r"(\d+(?:\.\d+)?)\s*[-–—]\s*(\d+(?:\.\d+)?)")
_DECIMALS = re.compile(r"\d*\.\d+")
_DATE = re.compile(r"(?:19|20)\d\d([-/.])\d\d?\1\d\d?(?:[T ]\d\d?:\d\d.*)?|\d\d?([-/.])\d\d?\2(?:19|20)\d\d(?: .*)?")
"""What a spreadsheet makes of 1/2 or 3-4, which nobody has meant as an answer."""


def read(text: object, terms: Terms, target: Target, spell: Mapping[str, str] | None = None) -> Written:
    """A number, a shape or an expression. Never raises: what cannot be read says why."""
    wrote = text if isinstance(text, str) else _plain(text, terms.significant)
    if len(wrote) > MOST_CHARACTERS:
        shown = printable(wrote[:200])
        return Written(shown, None, f"an answer has at most {MOST_CHARACTERS:,} characters, not {len(wrote):,}")
    clean = tidy(wrote)
    shown = printable(clean[:200]) if clean else ""
    if NOTHING.fullmatch(clean):
        return Written(shown)
    if _DATE.fullmatch(clean):
        return Written(
            shown,
            None,
            f"{shown} is a date: spreadsheets make dates of answers such as 1/2, so the original is not known",
            True,
        )
    reader: _Reader | None = None
    try:
        reader = _Reader(terms, target, spell or {}, clean)
        answer = within_budget(reader.answer, _WORK)
        return Written(shown, answer.asking(terms.significant))
    except AmbiguousError as error:
        return Written(shown, None, printable(str(error)), True)
    except (UserError, OverflowError, RecursionError) as error:
        words = reader.unknown_words() if reader else ""
        return Written(shown, None, printable(words or str(error)))


def check_letters(value: Value, letters: Collection[str]) -> None:
    """Raises UserError for a letter that the question does not leave open."""
    strange = sorted(set(letters_in(value)) - CONSTANTS.keys() - set(letters))
    if strange and letters:
        raise UserError(f"{strange[0]} is not a letter of this question; its letters are {', '.join(sorted(letters))}")
    if strange:
        raise UserError(f"a number is asked for, and {strange[0]} is a letter")


def _plain(value: object, digits: int) -> str:
    """A value of Python, TOML or JSON as it would be written."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(_plain(item, digits) for item in value)}]"
    return "" if value is None else with_zeros(value, digits) if isinstance(value, float) else str(value)


class _Reader:
    """Reads one answer to one question."""

    def __init__(self, terms: Terms, target: Target, spell: Mapping[str, str], text: str) -> None:
        self.terms = with_unit(terms, target)
        self.expected = target.expected
        self.text = text
        self.letters = frozenset(target.letters)
        self.shape = terms.kind == "shape" or isinstance(target.expected, tuple)
        self.per_axis = self.is_side = False
        self.asked = ""
        self.steps: frozenset[str] = frozenset()
        self.values: Mapping[str, Value] = {}
        names = Declarations.of(self.letters)
        self.read: Callable[[str], Answer] = lambda text: read_answer(text, names, shape=self.shape)
        if isinstance(target, FormulaTarget) and target.name in target.formula.by_name:
            found, name, letters = target.formula, target.name, _capitals(target.formula, spell)
            self.asked = name
            self.values = {k: v for k, v in with_defaults(found, target.given).items() if not contains_letters(v)}
            self.shape = self.shape and (terms.kind == "shape" or found.shape == name)
            self.per_axis = not self.shape and found.is_per_axis(name)
            self.is_side = target.is_side
            self.steps = frozenset(step.name for step in found.steps)
            self.read = lambda text: read_asked(found, name, text, letters)

    def answer(self) -> Answer:
        """11·11·3·96 = 34848 is its last side, if all agree; o = 55 is 55. Raises UserError."""
        if self.shape:
            return self.said(notation.labelled(self.text))
        text = notation.as_sum(self.text) if self.asked == "parameters" else self.text
        return [self.said(statement) for statement in notation.statements(text)][-1]

    def said(self, text: str) -> Answer:
        """The last side of one statement. Raises UserError where the sides differ."""
        sides = notation.sides(text, self.letters)
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
            except AmbiguousError:
                raise
            except UserError:
                if not notation.is_name(side):
                    raise
                continue
            if self.shape and _is_product(before.value, last.value):
                last = before  # 55×55×96 = 290400
            else:
                _same(before.mapped(self._with_values), last.mapped(self._with_values), self.text)
        return about(last, text)

    def one(self, text: str) -> Answer:
        """One side. Of several ways to read it, such as 13 %, the one that is right, else the usual one."""
        if self.shape:
            return self._known(self._without_batch(self.read(notation.shape(text))))
        again = _AND_AGAIN.fullmatch(text)
        if again and (found := self._twice(again[1], again[2])) is not None:
            return found
        if self.per_axis and re.fullmatch(r"\d+\s*[,; ]\s*\d+", text) and not plain(text, self.terms):
            return self.read(re.sub(r"\s*[,; ]\s*", "x", text))
        squared = _SQUARED.fullmatch(text) if self.is_side else None
        if squared and agrees(self.expected, self.read(squared[1])):
            return self.read(squared[1])  # 28² is a map of 28×28
        clean = notation.scalar(text, self.letters)
        ways = readings(text if self._is_number(text) else clean, self.terms) if self._takes_units(text) else []
        if not ways:
            return self._expression_of(text, clean)
        right = (each for each in ways if agrees(self.expected, each.asking(self.terms.significant)))
        found = next(right, None)
        if found is None and not bytes_in(self.terms.unit) and in_memory(text):
            raise AmbiguousError(f"give the number in the requested unit, without the unit itself: {printable(text)}")
        return found or ways[0]

    def _expression_of(self, text: str, clean: str) -> Answer:
        """What a text says that is `clean` for us; with points for decimal commas where it says no number as it is."""
        pointed = notation.with_points(text)
        if pointed == text:
            return self._expression(clean)
        try:
            found = self._expression(clean)
        except AmbiguousError:
            raise
        except UserError:
            return self.one(pointed)
        is_pair = isinstance(found.value, tuple) and not self.per_axis  # (1 + 0,5), which is no number
        return self.one(pointed) if is_pair else found

    def unknown_words(self) -> str:
        """What is said of words in the answer that mean nothing; "" where there are none."""
        return notation.without_meaning(self.text, self.letters, {*self.steps, *self.values, self.asked})

    def _with_values(self, value: Value) -> Value:
        """With the values of the letters that have one: (n − f)/s + 1 = n − f + 1 where s is 1."""
        return evaluate_at(value, self.values) if self.values and contains_letters(value) else value

    def _is_number(self, text: str) -> bool:
        """Whether it is a number as it stands, with its separators."""
        scientific = notation.is_scientific(text) or "10^" in text or "**" in text
        return bool(re.match(r"[+−-]?[\d.,]", text)) and not scientific

    def _takes_units(self, text: str) -> bool:
        """Whether letters behind a number may be a unit: 9.5k, where k is no letter of the question."""
        behind = re.fullmatch(r".*?\d\s*([A-Za-z]+)\.?", text)
        return behind is None or behind[1] not in self.letters

    def _expression(self, text: str) -> Answer:
        if self.terms.form == "decimal":
            raise UserError("the answer must be a number in digits, not an expression")
        front, unit = before_memory(text)
        if unit and bytes_in(self.terms.unit):
            return self._in_memory(with_decimals(front, self._known(self.read(front)), self.terms), unit)
        text = front if unit.lower().startswith("byte") else text
        found = with_decimals(text, self._known(self.read(text)), self.terms)
        ends = _RANGE.fullmatch(text)
        if ends and float(ends[1]) < float(ends[2]) and not agrees(self.expected, found.asking(self.terms.significant)):
            raise AmbiguousError(f"{printable(text)} may be a difference or a range between two numbers")
        return found

    def _in_memory(self, found: Answer, unit: str) -> Answer:
        """What to compute and has a unit of memory, in the one that is asked. Raises UserError for letters in MB."""
        ways = factors(unit, self.terms.unit)
        if set(ways) == {1}:
            return found
        if not is_number(found.value):
            raise UserError(f"the expression in letters must be in {self.terms.unit}, not in {unit}")
        right = (each for each in (times(found, way) for way in ways) if agrees(self.expected, each))
        return next(right, times(found, ways[0]))

    def _known(self, answer: Answer) -> Answer:
        """The answer, if it has only letters that the question leaves open. Raises UserError."""
        strange = sorted(set(letters_in(answer.value)) - CONSTANTS.keys() - self.letters)
        if not strange:
            return answer
        name = strange[0]
        if name == self.asked:
            raise UserError(f"{name} is what the question asks for: write its value, not its name")
        if name in self.steps:
            raise UserError(f"{name} is a step on the way, not an answer: write its value, not its name")
        check_letters(answer.value, self.letters)
        return answer

    def _without_batch(self, answer: Answer) -> Answer:
        """1×55×55×96 is a batch of one map."""
        wrote, right = answer.value, self.expected
        is_batch = isinstance(wrote, tuple) and isinstance(right, tuple) and len(wrote) == len(right) + 1 > 3
        return replace(answer, value=wrote[1:], parts=answer.parts[1:]) if is_batch and wrote[0] == 1 else answer

    def _twice(self, number: str, again: str) -> Answer | None:
        """0.67 (2/3): the same value once more, in brackets; None where it is another one, and so a factor."""
        try:
            rough, fine = self.one(number), self.one(notation.without_label(again))
            _same(rough, fine if fine.unit else replace(fine, unit=rough.unit), again)
        except UserError:
            return None
        if not is_number(fine.value):
            return None
        return fine if not fine.unit or fine.significant > rough.significant else rough


def with_unit(terms: Terms, target: Target) -> Terms:
    """The terms with the unit that the question asks in, if its formula says one."""
    if terms.unit or not isinstance(target, FormulaTarget):
        return terms
    return replace(terms, unit=getattr(target.formula.by_name.get(target.name), "unit", ""))


def with_decimals(text: str, answer: Answer, terms: Terms) -> Answer:
    """An expression about as exact as the decimals that it is worked out from: -ln(0.175290) has five digits.

    One digit less than they have, as long as those that are asked remain: what is worked out may be less exact.
    """
    digits = min((precision(each)[1] for each in _DECIMALS.findall(text)), default=0)
    digits -= digits > terms.significant
    value = answer.value
    if answer.unit or digits < terms.significant or not is_number(value) or not value:
        return answer
    return replace(answer, unit=Fraction(10) ** (exponent_of(value) - digits + 1), significant=digits)


def _capitals(formula: Formula, spell: Mapping[str, str]) -> dict[str, str]:
    """The course's letters, and N for n where N is nothing else."""
    names = {variable.name for variable in formula.variables} | set(spell.values())
    large = {name: name.upper() for name in names if len(name) == 1 and name.upper() not in names}
    return {**large, **spell}


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
        if is_array:
            continue
        if letters:
            if not same_at_points(a, b):
                raise AmbiguousError(f"there are two different values: {printable(text)}")
            continue
        away, near = abs(float(a) - float(b)), max(float(left.unit), float(right.unit), 1e-3 * abs(float(b)))
        if isinstance(a, int) and isinstance(b, int) and a != b and not (left.scaled or right.scaled):
            raise AmbiguousError(f"there are two different values: {printable(text)}")
        is_rounded = isinstance(b, int) and not isinstance(a, int) and away < 1  # 12500/64 = 195
        if away > near and not is_rounded:
            raise AmbiguousError(f"there are two different values: {printable(text)}")


def _flat(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)


def is_close(value: Value, answer: Answer, terms: Terms) -> bool:
    """Whether a number that was worked out from rounded ones is what was written, to the digits that are asked."""
    if not is_number(value) or not is_number(answer.value) or isinstance(value, int) or not value:
        return False
    asked = Fraction(10) ** (exponent_of(value) - terms.significant + 1)
    return answer.significant >= terms.significant and abs(Fraction(value) - Fraction(answer.value)) <= asked / 2


def too_coarse(terms: Terms) -> str:
    """What is said of a number that is right, but rounded too much."""
    asked = digits_asked(terms.significant)
    are = "is" if terms.significant == 1 else "are"
    return f"it is right, but rounded too much: at least {asked} {are} needed"


def cut_off(terms: Terms) -> str:
    """What is said of a number whose digits are cut off, and not rounded."""
    asked = digits_asked(terms.significant)
    return f"it is close to the right number, but its digits are cut off, not rounded; at least {asked} are needed"


def nearly(near: Fit, terms: Terms) -> Finding | None:
    """What is said of a number that is right with fewer digits, or whose last digits are cut off; None of any other."""
    if terms.tolerance:
        return None
    if near == "rounded":
        return Finding("rounded", reason=too_coarse(terms))
    return Finding("undecided", reason=cut_off(terms)) if near == "cut" else None
