"""Answers as people write them: 55x55x96, [55, 55, 96], 34,944, 34 944, 2/3, 0.0505, 4(nm + m²)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..errors import ExpressionError
from .evaluate import evaluate
from .nodes import Kind, Node, Value
from .parser import parse
from .reader import Declarations

_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d{1,3}(?:[ \u00a0\u2009\u202f'’_]\d{3})+(?:\.\d+)?")
_DECIMAL = re.compile(r"[+-]?(?:\d*\.\d+|\d+\.?)(?:[eE][+-]?\d{1,3})?")


@dataclass(frozen=True)
class Answer:
    """What somebody wrote: the value (numbers, shape, array or an expression in letters), and how exactly.

    `unit` is one in the last decimal place of a decimal number, 0 for whole numbers and expressions.
    """

    text: str
    value: Value
    unit: Fraction = Fraction(0)
    significant: int = 0


def split_shape(text: str) -> list[str]:
    """The parts of 20x30, 55×55×96 or 5,5,3; × and x separate at the top level only, x between letters does too."""
    parts: list[str] = []
    depth, start = 0, 0
    for index, character in enumerate(text):
        if character in "([{⌊⌈":
            depth += 1
        elif character in ")]}⌋⌉":
            depth -= 1
        elif depth == 0 and character in "xX×✕*":
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
    if shape:
        return Answer(text, tuple(_part(part, names) for part in _shape_parts(stripped)))
    number = read_number(stripped)
    if number is None:
        return Answer(text, _part(stripped, names))
    unit, significant = _precision(stripped) if re.search(r"[.eE]", stripped) else (Fraction(0), 0)
    return Answer(text, number, unit, significant)


def _shape_parts(text: str) -> list[str]:
    inner = text[1:-1] if len(text) > 1 and text[0] + text[-1] in ("[]", "()", "{}") else text
    parts = split_shape(inner)
    if len(parts) == 1 and _GROUPED.fullmatch(inner) is None or (len(parts) == 1 and inner is not text):
        parts = [part.strip() for part in re.split(r"[,;]", inner)]
    if len(parts) == 1:
        words = inner.split()
        parts = words if len(words) > 1 and all(read_number(word) is not None for word in words) else parts
    return parts


def _part(text: str, names: Declarations | Mapping[str, Kind] | Iterable[str]) -> Value:
    number = read_number(text)
    return number if number is not None else evaluate(parse(text, names))


def _precision(text: str) -> tuple[Fraction, int]:
    """(one unit in the last place, significant digits) of a decimal as written."""
    mantissa, _, exponent = text.lower().lstrip("+-−").partition("e")
    decimals = len(mantissa.partition(".")[2])
    digits = mantissa.replace(".", "").lstrip("0")
    return Fraction(10) ** (int(exponent or 0) - decimals), len(digits)


SIGNIFICANT = 3
"""A rounded decimal needs this many significant digits to count."""


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
        return isinstance(wrote, float) and abs(value - wrote) <= 1e-9 * max(1, abs(value))
    if answer.unit and answer.significant >= SIGNIFICANT:
        return bool(abs(Fraction(value) - wrote) <= answer.unit / 2)
    if isinstance(value, float) or isinstance(wrote, float):
        return bool(abs(float(value) - float(wrote)) <= 1e-9 * max(abs(float(value)), abs(float(wrote))))
    return False
