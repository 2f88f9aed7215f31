"""Values as users give them, on the command line and from Python: 227, "20x30", (20, 30), "2/3", "784 512 10", "2k"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import isfinite

from ..errors import ExpressionError, UserError
from ..expressions.answers import read_number, read_scalar, split_at, split_shape, unwrapped
from ..expressions.evaluate import evaluate, evaluate_at
from ..expressions.exact import exact
from ..expressions.nodes import Node, Value
from ..expressions.parser import parse_range
from ..expressions.reader import Declarations
from .model import Formula, Variable
from .run import KINDS, letters_in

MOST_NUMBERS = 200
"""Entries of a list that is typed: deeper than any network that is drawn layer by layer."""


def read_value(formula: Formula, variable: Variable, given: object) -> Value:
    """One quantity. Raises UserError naming the quantity and what was typed."""
    if isinstance(given, str):
        try:
            return _text(formula, variable, given)
        except ExpressionError as error:
            raise named(error, variable.name, given) from None
        except UserError as error:
            raise UserError(f"{variable.name} = {quoted(given)}: {error}") from None
    return plain_value(variable.name, given)


def named(error: ExpressionError, name: str, text: str) -> ExpressionError:
    """The same error, told for the quantity in which it was found."""
    return ExpressionError(f"{name} = {quoted(text)}: {error.rule}", error.text, error.position)


def quoted(text: str) -> str:
    """What somebody typed, for a message: on one line, its beginning where it is long."""
    flat = text.replace("\n", " ")
    return f'"{flat}"' if len(flat) <= 40 else f'"{flat[:36]}…"'


def plain_value(name: str, given: object) -> Value:
    """A value of Python's: whole numbers as int, floats as the decimal fractions that they are written as."""
    if isinstance(given, tuple | list):
        if not given:
            raise UserError(f"{name} has no entries")
        return tuple(plain_value(name, item) for item in given)
    if isinstance(given, bool) or not isinstance(given, int | float | Fraction | Node):
        raise UserError(f"{name} is a number or an expression, not {type(given).__name__}")
    if isinstance(given, float):
        if not isfinite(given):
            raise UserError(f"{name} is finite, not {given}")
        return exact(Fraction(str(given)))
    return given if isinstance(given, Node) else exact(given)


def with_letters_substituted(values: Mapping[str, Value]) -> dict[str, Value]:
    """What is given, where a letter that is itself given as a number stands for it: n = f + 1 beside f = 3 is 4."""
    found = dict(values)
    for _ in found:
        known = {name: value for name, value in found.items() if _is_plain(value)}
        open_ = {name: value for name, value in found.items() if not known.keys().isdisjoint(letters_in(value))}
        found |= {name: evaluate_at(value, known) for name, value in open_.items()}
        if not open_:
            break
    return found


def _is_plain(value: Value) -> bool:
    """Whether it is one number along every axis."""
    alone = value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value
    return isinstance(alone, int | float | Fraction)


def _text(formula: Formula, variable: Variable, text: str) -> Value:
    value = _read(formula, variable, text)
    arrays = {v.name: v.kind for v in formula.variables if v.kind.rank and v is not variable}
    for letter in letters_in(value):
        if letter in arrays:
            raise UserError(
                f"{letter} is {KINDS[arrays[letter].rank]} of {formula.called}, and no number; use another letter"
            )
    return value


def _read(formula: Formula, variable: Variable, text: str) -> Value:
    kinds = {v.name: v.kind for v in formula.variables if v.kind.rank == 0}
    whole = {v.name for v in formula.variables if v.integer}
    if variable.integer:  # a letter of the user's own for a size, --n L, is a size too
        whole |= set(re.findall(r"[^\W\d_]\w*", text)) - kinds.keys()
    names = Declarations(kinds, frozenset(whole), runs=False)
    if variable.per_axis:
        parts = split_shape(unwrapped(text))
        if len(parts) == 1 and "," in text:
            if read_number(text) is not None:
                raise UserError(f"one number, or several? write {text.replace(',', '')} or {text.replace(',', 'x')}")
            parts = split_at(unwrapped(text), ",")
        values = tuple(read_scalar(part, names) for part in parts)
        return values[0] if len(values) == 1 else values
    rank = variable.kind.rank
    if rank == 0:
        return read_scalar(text, names)
    rows = tuple(tuple(read_scalar(item, names) for item in row) for row in items_of_rows(text, rank))
    return rows[0] if rank == 1 else rows


_SEPARATED = re.compile(r"\s*[,\s]\s*")


def items_of_rows(text: str, rank: int) -> list[list[str]]:
    """The numbers of a vector, which is one row, or of a matrix, whose rows are separated by ; or a new line."""
    parts = re.split(r"[;\n]", text) if rank > 1 else [text]
    return [_items(part) for part in parts if rank == 1 or part.strip()]


def _items(text: str) -> list[str]:
    """784 512 10 or 784, 512, 10 or 784-512-10 or [784, 512, 10]."""
    inner = unwrapped(text)
    if re.fullmatch(r"\d+(?:-\d+)+", inner):
        inner = inner.replace("-", " ")
    items = [item for item in _SEPARATED.split(inner) if item]
    if not items:
        raise UserError("a list of numbers is expected, but there is nothing")
    if len(items) > MOST_NUMBERS:
        raise UserError(f"a list has at most {MOST_NUMBERS} numbers, not {len(items):,}")
    return items


def read_range(text: str) -> tuple[str, tuple[int, int]]:
    """`n=1..1000`. Raises UserError."""
    try:
        word = text.partition("=")[0].strip()
        found = parse_range(text, [word] if word.isidentifier() else [])
        low, high = evaluate(found.low), evaluate(found.high)
    except UserError as error:
        raise UserError(f"range {quoted(text)}: {error}") from None
    if not isinstance(low, int) or not isinstance(high, int):
        raise UserError(f"range {quoted(text)}: a range is written n=1..1000")
    return found.index, (low, high)


def read_ranges(ranges: Mapping[str, tuple[int, int]] | Iterable[str] | str) -> dict[str, tuple[int, int]]:
    """Ranges as a mapping, as one text or as several. Raises UserError."""
    if isinstance(ranges, Mapping):
        return dict(ranges)
    return dict(read_range(text) for text in ([ranges] if isinstance(ranges, str) else ranges))
