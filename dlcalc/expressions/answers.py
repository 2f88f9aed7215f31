"""Answers as people write them: 55x55x96, [55, 55, 96], 34,944, 34 944, 2/3, 0.0505, 4(nm + m²)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from ..errors import ExpressionError
from .evaluate import evaluate
from .exact import NEAR, Number, exponent_of, is_near, number_of
from .functions import CONSTANTS, function_named
from .nodes import Compare, Kind, Logic, Node, Value
from .parser import parse
from .reader import Declarations
from .tokens import MAX_LENGTH

_GROUPED = re.compile(
    r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|[+-]?[1-9]\d{0,2}(?:[ \u00a0\u2009\u202f'’_]\d{3})+(?:\.\d+)?", re.ASCII
)
"""Groups of three; 0,667 is none."""
_DECIMAL = re.compile(r"[+-]?(?:\d*\.\d+|\d+\.?)(?:[eE][+-]?\d{1,3})?", re.ASCII)


SIGNIFICANT = 3
"""A decimal is rounded to this many significant digits at least, or it does not count."""
SHOWN = 6
"""A number that agrees to as many digits as are shown is right, however few are written: 0.9 for 0.900000001."""
EXACT = 12
"""A decimal of as many digits is the exact value, as a machine writes 10/9."""


@dataclass(frozen=True)
class Answer:
    """What somebody wrote: the value (numbers, shape, array or an expression in letters), and how exactly.

    `unit` is one in the last decimal place of a decimal number, 0 for whole numbers and expressions.
    """

    text: str
    value: Value
    unit: Fraction = Fraction(0)
    significant: int = 0
    asked: int = SIGNIFICANT
    """The significant digits that are asked of a rounded one."""
    parts: tuple[Answer, ...] = ()
    """Of several numbers each with its own precision; () where all are as exact as this one."""
    scaled: bool = False
    """A whole number that is written as 9.5k or 2 million, or with ≈: its zeros may stand for rounding."""

    @classmethod
    def of(cls, text: str, parts: Sequence[Answer]) -> Answer:
        """One answer of several, each as exact as it was written."""
        return cls(text, tuple(part.value for part in parts), parts=tuple(parts))

    def asking(self, digits: int) -> Answer:
        """The same where so many significant digits are asked."""
        return replace(self, asked=digits, parts=tuple(part.asking(digits) for part in self.parts))

    def mapped(self, change: Callable[[Value], Value]) -> Answer:
        """With `change` applied to each value, each as exact as before."""
        if self.parts:
            parts = tuple(part.mapped(change) for part in self.parts)
            return replace(self, value=tuple(part.value for part in parts), parts=parts)
        value = self.value
        return replace(self, value=tuple(map(change, value)) if isinstance(value, tuple) else change(value))


def digits_asked(count: int) -> str:
    """`three significant digits`."""
    words = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    word = words[count - 1] if count <= len(words) else str(count)
    return f"{word} significant digit{'' if count == 1 else 's'}"


_HELD = "\ue000"
"""A private sign in the place of an x that is part of a function's name."""


def split_shape(text: str) -> list[str]:
    """The parts of 20x30 or 55×55×96; × and x separate at the top level only, x between letters does too."""
    return [part.replace(_HELD, "x") for part in split_at(_CALLED.sub(_kept_whole, text), "xX×✕*")]


_CALLED = re.compile(r"[A-Za-z_]+(?=\s*\()")


def _kept_whole(found: re.Match[str]) -> str:
    """max(, exp(: their x separates nothing."""
    return found[0].replace("x", _HELD) if function_named(found[0]) else found[0]


def split_at(text: str, separators: str) -> list[str]:
    """The parts of a text between separators that stand outside brackets."""
    parts: list[str] = []
    depth, start = 0, 0
    for index, character in enumerate(text):
        if character in "([{⌊⌈":
            depth += 1
        elif character in ")]}⌋⌉":
            depth -= 1
        elif depth == 0 and character in separators:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part.strip() for part in parts]


def read_number(text: str) -> Fraction | int | None:
    """A plain number, with thousands separators; None when it is not one."""
    stripped = text.strip().replace("−", "-")
    if _GROUPED.fullmatch(stripped):
        stripped = re.sub(r"(?<=\d)[, \u00a0\u2009\u202f'’_](?=\d{3})", "", stripped)
    if not _DECIMAL.fullmatch(stripped) or len(stripped) > 50:
        return None
    return number_of(stripped)


def read_answer(
    text: str, names: Declarations | Mapping[str, Kind] | Iterable[str] = (), shape: bool = False
) -> Answer:
    """Reads an answer; with `shape` ×, x and commas separate the parts. Raises ExpressionError."""
    stripped = text.strip()
    if not stripped:
        raise ExpressionError("an answer is expected, but there is nothing", text)
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an answer has at most {MAX_LENGTH} characters, not {len(text)}")
    if shape:
        return Answer(text, tuple(read_scalar(part, names) for part in _shape_parts(stripped)))
    number = read_number(stripped)
    if number is None:
        return _decimal_fraction(text) or Answer(text, read_scalar(stripped, names))
    unit, significant = precision(stripped) if re.search(r"[.eE]", stripped) else (Fraction(0), 0)
    return Answer(text, number, unit, significant)


_OVER_A_POWER_OF_TEN = re.compile(r"([+-]?)0*(\d{2,30})\s*/\s*1(0{2,30})")


def _decimal_fraction(text: str) -> Answer | None:
    """213/1000 is 0.213, as a decimal of so many digits; None for another text, and for a single digit."""
    found = _OVER_A_POWER_OF_TEN.fullmatch(text.strip().replace("−", "-"))
    if found is None:
        return None
    unit = Fraction(1, 10 ** len(found[3]))
    return Answer(text, unit * int(found[1] + found[2]), unit, len(found[2]))


def unwrapped(text: str) -> str:
    """The text without the one pair of brackets that encloses all of it: [55, 55, 96], but not (n + 1)x(m + 1)."""
    whole = text.strip()
    depth = 0
    for place, character in enumerate(whole):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return whole[1:-1].strip() if place and place == len(whole) - 1 else whole
    return whole


def _shape_parts(text: str) -> list[str]:
    inner = unwrapped(text)
    parts = split_shape(inner)
    if len(parts) > 1:
        return parts
    if inner == text and inner.count(",") == 1 and _GROUPED.fullmatch(inner):
        return [inner]  # one axis of 34,944; three of 112,112,128
    words = inner.split()
    if len(words) > 1 and all(read_number(word) is not None for word in words):
        return words
    return split_at(inner, ",;")


def read_scalar(text: str, names: Declarations | Mapping[str, Kind] | Iterable[str]) -> Value:
    """A number, or an expression in letters; a constant that is declared, e, is a letter.

    Raises ExpressionError, for a comparison too.
    """
    number = read_number(text)
    if number is not None:
        return number
    declared = Declarations.of(names)
    node = parse(text, declared)
    if isinstance(node, Compare | Logic):
        raise ExpressionError("a number or an expression is expected, not a comparison", text)
    return evaluate(node, {name: declared.name(name) for name in CONSTANTS if name in declared})


def precision(text: str) -> tuple[Fraction, int]:
    """(one unit in the last place, significant digits) of a decimal as written."""
    mantissa, _, exponent = text.lower().lstrip("+-−").partition("e")
    decimals = len(mantissa.partition(".")[2])
    digits = mantissa.replace(".", "").lstrip("0")
    return Fraction(10) ** (int(exponent or 0) - decimals), len(digits)


def agrees(value: Value, answer: Answer) -> bool:
    """Whether a computed value is what was answered: exactly, or rounded to at least as many digits as are asked.

    Letters never agree here; compare them at points.
    """
    return fit(value, answer) == "right"


def leads_to(value: Value, answer: Answer) -> bool:
    """Whether a computed value may be what was answered, also where that is rounded to fewer digits than asked."""
    return fit(value, answer) in ("right", "rounded")


Fit: TypeAlias = Literal["right", "rounded", "cut", "wrong"]
_WORST: Mapping[Fit, int] = {"right": 0, "rounded": 1, "cut": 2, "wrong": 3}


def fit(value: Value, answer: Answer) -> Fit:
    """How a computed value and an answer agree; of several numbers the worst that is said of one.

    "right": equal, or within half a unit of the last digit written, with as many digits as are asked. "rounded": so,
    with fewer digits. "cut": digits are cut off. A count has to be equal; only one that is written as 9.5k or 2 million
    may be "rounded".
    """
    return _fit_of(value, answer.value, answer)


def _fit_of(value: Value, wrote: Value, answer: Answer) -> Fit:
    """The same of what was written in one place of the answer, as exactly as the whole."""
    if isinstance(value, tuple) or isinstance(wrote, tuple):
        if not (isinstance(value, tuple) and isinstance(wrote, tuple)) or len(value) != len(wrote):
            return "wrong"
        if answer.parts:
            return worst_fit(fit(each, part) for each, part in zip(value, answer.parts, strict=True))
        differing = ((each, own) for each, own in zip(value, wrote, strict=True) if each != own)
        return worst_fit(_fit_of(each, own, answer) for each, own in differing)
    if value is wrote:
        return "right"
    if isinstance(value, Node) or isinstance(wrote, Node):
        return "right" if bool(value == wrote) else "wrong"
    if value == wrote:
        return "right"
    return _fit(value, wrote, answer)


def worst_fit(fits: Iterable[Fit]) -> Fit:
    """The worst of several; none after a wrong one is looked at."""
    worst: Fit = "right"
    for each in fits:
        if each == "wrong":
            return each
        worst = max(worst, each, key=_WORST.__getitem__)
    return worst


def _fit(value: Number, wrote: Number, answer: Answer) -> Fit:
    if isinstance(value, int):
        if isinstance(wrote, float) and abs(Fraction(wrote) - value) <= NEAR * max(1, abs(value)):
            return "right"
        return "rounded" if answer.scaled and abs(Fraction(wrote) - value) <= answer.unit / 2 else "wrong"
    is_float = isinstance(value, float) or isinstance(wrote, float)
    if (is_float or answer.significant >= EXACT) and is_near(value, wrote):
        return "right"
    unit, significant = answer.unit, answer.significant
    if not unit:
        if not isinstance(wrote, int) or -1 < value < 1:
            return "wrong"
        unit, significant = Fraction(1), len(str(abs(wrote)))
    if _is_far(value, wrote, unit):
        return "wrong"
    right, given = Fraction(value), Fraction(wrote)
    away = abs(right - given)
    if right and significant <= SHOWN and away <= Fraction(10) ** (exponent_of(right) - SHOWN + 1) / 2:
        return "right"
    if away <= unit / 2 * (1 + NEAR):
        return "right" if significant >= answer.asked else "rounded"
    if not right:
        return "wrong"
    if significant > SHOWN and abs(given) < abs(right) and away < unit:
        return "right"  # what a machine shows, its last digit cut off
    return "cut" if abs(given) < abs(right) and away < unit and away <= _CLOSE * abs(right) else "wrong"


def _is_far(value: Number, wrote: Number, unit: Fraction) -> bool:
    """Whether two numbers differ by so much that no rounding explains it: floats tell, before exact ones are made."""
    try:
        right, given, last = float(value), float(wrote), float(unit)
    except OverflowError:
        return False
    return abs(right - given) > 1.01 * last + 1e-3 * abs(right)


_CLOSE = Fraction(1, 20)
"""How near, as a share of it, an answer is to the right one whose digits may have been cut off."""
