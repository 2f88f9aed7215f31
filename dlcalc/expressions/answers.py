"""Answers as people write them: 55x55x96, [55, 55, 96], 34,944, 34 944, 2/3, 0.0505, 4(nm + m²)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..errors import ExpressionError
from .evaluate import evaluate
from .exact import NEAR, exponent_of, is_near
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


def digits_asked(count: int) -> str:
    """`three significant digits`."""
    words = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    word = words[count - 1] if count <= len(words) else str(count)
    return f"{word} significant digit{'' if count == 1 else 's'}"


def split_shape(text: str) -> list[str]:
    """The parts of 20x30 or 55×55×96; × and x separate at the top level only, x between letters does too."""
    return split_at(text, "xX×✕*")


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
    number = Fraction(stripped)
    return number.numerator if number.denominator == 1 else number


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
        return Answer(text, read_scalar(stripped, names))
    unit, significant = _precision(stripped) if re.search(r"[.eE]", stripped) else (Fraction(0), 0)
    return Answer(text, number, unit, significant)


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
    """A number, or an expression in letters. Raises ExpressionError, for a comparison too."""
    number = read_number(text)
    if number is not None:
        return number
    node = parse(text, names)
    if isinstance(node, Compare | Logic):
        raise ExpressionError("a number or an expression is expected, not a comparison", text)
    return evaluate(node)


def _precision(text: str) -> tuple[Fraction, int]:
    """(one unit in the last place, significant digits) of a decimal as written."""
    mantissa, _, exponent = text.lower().lstrip("+-−").partition("e")
    decimals = len(mantissa.partition(".")[2])
    digits = mantissa.replace(".", "").lstrip("0")
    return Fraction(10) ** (int(exponent or 0) - decimals), len(digits)


def agrees(value: Value, answer: Answer) -> bool:
    """Whether a computed value is what was answered: exactly, or rounded as far as the answer was written.

    Only a value that is not whole may be rounded. Letters never agree here; compare them at points.
    """
    return _agrees(value, answer.value, answer)


def _agrees(value: Value, wrote: Value, answer: Answer) -> bool:
    if isinstance(value, tuple) or isinstance(wrote, tuple):
        if not (isinstance(value, tuple) and isinstance(wrote, tuple)) or len(value) != len(wrote):
            return False
        return all(_agrees(v, w, answer) for v, w in zip(value, wrote, strict=True))
    if value is wrote:
        return True
    if isinstance(value, Node) or isinstance(wrote, Node):
        return bool(value == wrote)
    if value == wrote:
        return True
    if isinstance(value, int):
        return isinstance(wrote, float) and abs(Fraction(wrote) - value) <= NEAR * max(1, abs(value))
    is_float = isinstance(value, float) or isinstance(wrote, float)
    if (is_float or answer.significant >= EXACT) and is_near(value, wrote):
        return True
    return bool(answer.unit) and abs(Fraction(value) - wrote) <= _half_unit(value, answer)


def _half_unit(value: Value, answer: Answer) -> Fraction:
    """How far rounding may have moved a value: half a unit of the last digit written, but not above the last one asked.

    Who writes 0.14 for 0.1403 where three are asked has rounded to three digits, 0.140.
    """
    if answer.significant >= answer.asked or not value:
        return answer.unit / 2
    return min(answer.unit, Fraction(10) ** (exponent_of(value) - answer.asked + 1)) / 2
