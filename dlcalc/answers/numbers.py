"""One number as people write it: 34,944; 0,690; 9.5k; 2.04 million; 743 kB; 27 53/625; 13 %; and how exactly.

Where a comma or a point may separate thousands or decimals, and nothing tells which, there are two readings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import isfinite

from ..errors import printable
from ..expressions.answers import Answer, precision
from ..expressions.exact import exact, number_of
from .marks import AmbiguousError
from .terms import Terms

_BODY = re.compile(r"([+−-]?)\s*((?=[.,]?\d)[\d.,'’_ \u00a0\u2009\u202f]*?\.?)(?:[eE]([+−-]?\d{1,3}))?", re.ASCII)
_GAPS = re.compile(r"\d{1,3}(?:(?P<gap>['’_ \u00a0\u2009\u202f])\d{3})(?:(?P=gap)\d{3})*(?:[.,]\d+)?", re.ASCII)
_COMMAS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+", re.ASCII)
_POINTS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+", re.ASCII)
MOST_DIGITS = 50

SCALES = {
    "k": 10**3, "K": 10**3, "thousand": 10**3, "tsd": 10**3, "M": 10**6, "million": 10**6, "millions": 10**6,
    "mio": 10**6, "mln": 10**6, "mn": 10**6, "G": 10**9, "billion": 10**9, "billions": 10**9, "bn": 10**9,
    "mrd": 10**9, "T": 10**12, "trillion": 10**12,
}  # fmt: skip
"""Words and letters behind a number, each with what it is multiplied by."""
_DECIMAL_PREFIXES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY_PREFIXES = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_TIMES = re.compile(rf"(.*?[\d.])\s*([kKMGT]|(?i:{'|'.join(word for word in SCALES if len(word) > 1)}))\.?", re.DOTALL)
_UNIT = r"((?:[kKMGT]i?|(?i:kilo|mega|giga|tera|kibi|mebi|gibi))?)\s*((?i:bits?|bytes?)|[bB])"
_OF_MEMORY = re.compile(rf"(.*?[\d.])\s*{_UNIT}")
_BEHIND = re.compile(rf"(.*[\d)\]}}²³])\s*({_UNIT})", re.DOTALL)
_MANY_BYTES = re.compile(r"(.*?[\d.])\s*(thousand|million|billion)\s+(bits?|bytes?)")
_WORDS = {"kilo": "k", "mega": "M", "giga": "G", "tera": "T", "kibi": "Ki", "mebi": "Mi", "gibi": "Gi"}
_PERCENT = re.compile(r"(.*?[\d.])\s*(?:%|per ?cent)")
_MIXED = re.compile(r"([+−-]?)\s*(\d{1,12})\s+(\d{1,12})\s*/\s*(\d{1,12})", re.ASCII)
_ABOUT = re.compile(r"[≈~]|\b(?:about|around|approx|approximately|circa|roughly)\b|\bca\.", re.IGNORECASE)


def bytes_in(unit: str) -> tuple[Fraction, ...]:
    """How many bytes a unit of memory has: two values for one as MB, which is 10⁶ or 2²⁰; none of another unit."""
    found = _OF_MEMORY.fullmatch(f"1 {unit.strip()}")
    if found is None:
        return ()
    prefix = _WORDS.get(found[2].lower(), found[2]).lower()
    size = Fraction(1, 8) if found[3].lower().startswith("bit") or (found[3] == "b" and prefix) else Fraction(1)
    if prefix in _BINARY_PREFIXES:
        return (size * _BINARY_PREFIXES[prefix],)
    power = {"k": 1, "m": 2, "g": 3, "t": 4}.get(prefix, 0)
    return (size * 1000**power, size * 1024**power) if power else (size,)


def factors(written: str, asked: str) -> tuple[Fraction, ...]:
    """By what a number in one unit of memory is multiplied for another; two where MB may be 10⁶ or 2²⁰ bytes."""
    own, wanted = bytes_in(written), bytes_in(asked)
    found = dict.fromkeys(a / b for a, b in zip(own, wanted * len(own), strict=False))
    return tuple(found | (dict.fromkeys(a / b for a in own for b in wanted) if len(own) != len(wanted) else {}))


def before_memory(text: str) -> tuple[str, str]:
    """What stands before a unit of memory, and the unit, `4·88²·24` and `bytes`; else the text and ""."""
    found = _BEHIND.fullmatch(text)
    return (found[1], found[2]) if found else (text, "")


def in_memory(text: str) -> bool:
    """Whether a number is followed by a unit of memory: 743 kB, and not 1.2B, which is billions of parameters."""
    found = _OF_MEMORY.fullmatch(text)
    return found is not None and (found[3] != "B" or bool(found[2]))


def plain(text: str, terms: Terms, scaled: bool = False) -> Answer | None:
    """A number with its separators, and how exactly it was written; None for what is not a number.

    `scaled`: a word as thousand follows. Raises AmbiguousError.
    """
    found = _BODY.fullmatch(text.strip())
    if found is None or len(text) > MOST_DIGITS:
        return None
    sign, body, exponent = found[1], found[2].strip(), found[3]
    digits = _digits(body, terms, scaled or exponent is not None)
    if digits is None:
        return None
    written = f"{digits}{'e' + exponent.replace('−', '-') if exponent else ''}"
    value = number_of(written)
    is_decimal = "." in digits or exponent is not None
    unit, significant = precision(written) if is_decimal else (Fraction(0), 0)
    return Answer(text, exact(-value if sign in ("-", "−") else value), unit, significant, scaled=exponent is not None)


def _digits(body: str, terms: Terms, is_measure: bool) -> str | None:
    """The digits with a decimal point or none."""
    if re.fullmatch(r"\d+\.?", body, re.ASCII):
        return body
    if _GAPS.fullmatch(body):
        return re.sub(r"[^\d.]", "", body.replace(",", "."))
    if re.search(r"[^\d.,]", body):
        return None
    last = max(body.rfind(","), body.rfind("."))
    whole, decimals = body[:last], body[last + 1 :]
    other = "," if body[last] == "." else "."
    if other in body:  # the last one is decimal, the other one groups
        grouped = (_COMMAS if other == "," else _POINTS).fullmatch(whole)
        return f"{whole.replace(other, '')}.{decimals}" if grouped else None
    if body.count(body[last]) > 1:
        return re.sub(r"[.,]", "", body) if _COMMAS.fullmatch(body) or _POINTS.fullmatch(body) else None
    may_group = len(decimals) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    if not may_group or terms.decimal == body[last]:
        return f"{whole}.{decimals}"
    if terms.decimal or (body[last] == "," and terms.is_count and not is_measure):
        return whole + decimals
    if body[last] == "." and (is_measure or not terms.is_count):
        return f"{whole}.{decimals}"
    raise AmbiguousError(f"{printable(body)} may be {whole}{decimals}, or {whole}.{decimals}: write which")


def readings(text: str, terms: Terms) -> list[Answer]:
    """The ways to read a number with what stands behind it, the usual one first; none for what is not a number.

    Raises AmbiguousError.
    """
    text = text.strip()
    mixed = _MIXED.fullmatch(text)
    if mixed and int(mixed[3]) < int(mixed[4]):
        value = int(mixed[2]) + Fraction(int(mixed[3]), int(mixed[4]))
        return [Answer(text, -value if mixed[1] else value)]
    number = plain(text, terms)
    if number is not None:
        return [number]
    return list(_with_more(text, terms))


def _with_more(text: str, terms: Terms) -> Iterator[Answer]:
    if (found := _PERCENT.fullmatch(text)) and (number := plain(found[1], terms, scaled=True)):
        if terms.unit not in ("%", "percent"):
            yield times(number, Fraction(1, 100), True)
            if terms.is_count or -1 <= number.value <= 1:
                return
        yield number
        return
    asked = bytes_in(terms.unit)
    if asked and (found := _MANY_BYTES.fullmatch(text)) and (number := plain(found[1], terms, scaled=True)):
        for factor in factors(found[3], terms.unit):
            yield times(number, factor * SCALES[found[2]], True)
        return
    if (found := _OF_MEMORY.fullmatch(text)) and (number := plain(found[1], _of(terms, found[2]), bool(found[2]))):
        if asked:
            for factor in factors(text[len(found[1]) :], terms.unit):
                yield times(number, factor, bool(found[2]))
            return
        if not (terms.is_count and found[3] == "B"):
            yield number
            return
        if found[3] == "B" and not found[2]:
            yield times(number, Fraction(10**9), True)
            return
    if (found := _TIMES.fullmatch(text)) and (number := plain(found[1], terms, scaled=True)):
        yield times(number, Fraction(SCALES.get(found[2]) or SCALES[found[2].lower()]), True)


def _of(terms: Terms, prefix: str) -> Terms:
    """Bytes are counted: 743,424 bytes are thousands, and 743.424 may be either; kB and MB are measured."""
    return terms if prefix or not bytes_in(terms.unit) else replace(terms, kind="integer")


def times(number: Answer, factor: Fraction, scaled: bool = False) -> Answer:
    """A number in another unit: its last digit stands for more, or for less."""
    value = exact(Fraction(number.value) * factor)
    unit, significant = number.unit, number.significant
    if scaled and not unit:
        unit, significant = Fraction(1), len(str(abs(number.value)))
    return Answer(number.text, value, unit * factor, significant, scaled=scaled or number.scaled)


def with_zeros(value: float, digits: int) -> str:
    """A float as it would be written: with so many significant digits at least, since it has no zeros at its end."""
    short = f"{value:.15g}"
    return short if precision(short)[1] >= digits or not isfinite(value) else f"{value:#.{digits}g}"


def about(answer: Answer, text: str) -> Answer:
    """A whole number that its text says to be about right, ≈ 690: its zeros at the end stand for rounding."""
    value = answer.value
    if not _ABOUT.search(text) or answer.unit or not isinstance(value, int) or not value:
        return answer
    digits = str(abs(value))
    zeros = len(digits) - len(digits.rstrip("0"))
    if not zeros:
        return answer
    return Answer(answer.text, value, Fraction(10) ** zeros, len(digits) - zeros, answer.asked, scaled=True)
