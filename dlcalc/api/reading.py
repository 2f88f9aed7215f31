"""Values as users give them: 227, "20x30", (20, 30), "2/3", "784 512 10", "2k"; from the command line and from Python."""

from __future__ import annotations

import re
from fractions import Fraction

from ..errors import ExpressionError, UserError
from ..expressions.answers import Answer, read_answer, read_number, split_shape
from ..expressions.evaluate import evaluate
from ..expressions.nodes import Node, Value
from ..expressions.parser import parse, parse_range
from ..expressions.reader import Declarations
from ..formulas.model import Formula, Variable


def read_value(formula: Formula, variable: Variable, given: object) -> Value:
    """One quantity. Raises UserError naming the quantity and what was typed."""
    if isinstance(given, str):
        try:
            return _text(formula, variable, given)
        except ExpressionError as error:
            raise named(error, variable.name, given) from None
        except UserError as error:
            raise UserError(f"{variable.name} = {_quoted(given)}: {error}") from None
    if isinstance(given, bool) or not isinstance(given, int | float | Fraction | tuple | list | Node):
        raise UserError(f"{variable.name} is a number or an expression, not {type(given).__name__}")
    return _plain(given)


def named(error: ExpressionError, name: str, text: str) -> ExpressionError:
    """The same error, told for the quantity in which it was found."""
    return ExpressionError(f"{name} = {_quoted(text)}: {error.rule}", error.text, error.position)


def _quoted(text: str) -> str:
    flat = text.replace("\n", " ")
    return f'"{flat}"' if len(flat) <= 40 else f'"{flat[:36]}…"'


def _plain(given: object) -> Value:
    if isinstance(given, tuple | list):
        return tuple(_plain(item) for item in given)
    if isinstance(given, float):
        number = Fraction(str(given)) if given == given and abs(given) != float("inf") else None
        if number is None:
            raise UserError(f"a number is finite, not {given}")
        return number.numerator if number.denominator == 1 else number
    return given


def _text(formula: Formula, variable: Variable, text: str) -> Value:
    names = Declarations({v.name: v.kind for v in formula.variables if v.kind.rank == 0}, _whole(formula), runs=False)
    if variable.per_axis:
        parts = split_shape(text.strip().strip("[]()"))
        if len(parts) == 1 and "," in text:
            parts = text.strip().strip("[]()").split(",")
        values = tuple(_scalar(part, names) for part in parts)
        return values[0] if len(values) == 1 else values
    rank = variable.kind.rank
    if rank == 0:
        return _scalar(text, names)
    if rank == 1:
        return _vector(text, names)
    rows = [row for row in re.split(r"[;\n]", text) if row.strip()]
    return tuple(_vector(row, names) for row in rows)


def _whole(formula: Formula) -> frozenset[str]:
    return frozenset(v.name for v in formula.variables if v.integer)


def _scalar(text: str, names: Declarations) -> Value:
    number = read_number(text)
    return number if number is not None else evaluate(parse(text, names))


_SEPARATED = re.compile(r"\s*[,\s]\s*")


def _vector(text: str, names: Declarations) -> Value:
    """784 512 10 or 784, 512, 10 or 784-512-10 or [784, 512, 10]."""
    inner = text.strip().strip("[]()").strip()
    if re.fullmatch(r"\d+(?:-\d+)+", inner):
        inner = inner.replace("-", " ")
    items = [item for item in _SEPARATED.split(inner) if item]
    if not items:
        raise UserError("a list of numbers is expected, but there is nothing")
    return tuple(_scalar(item, names) for item in items)


def read_asked(formula: Formula, name: str, answer: object) -> Answer:
    """An answer to the question for `name`, as text or as a value. Raises UserError."""
    if not isinstance(answer, str):
        return Answer(str(answer), _plain(answer))
    shape = formula.shape == name or (formula.is_per_axis(name) and len(split_shape(answer)) > 1)
    kind = formula.by_name[name].kind if name in formula.by_name else None
    try:
        if kind is not None and kind.rank > 0 and not shape:
            return Answer(answer, _vector(answer, Declarations.of(formula.declarations[True])))
        return read_answer(answer, formula.declarations[True], shape=shape)
    except ExpressionError as error:
        raise named(error, name, answer) from None
    except UserError as error:
        raise UserError(f"{name} = {_quoted(answer)}: {error}") from None


def read_range(text: str) -> tuple[str, tuple[int, int]]:
    """`n=1..1000`. Raises UserError."""
    try:
        word = text.partition("=")[0].strip()
        found = parse_range(text, [word] if word.isidentifier() else [])
        low, high = evaluate(found.low), evaluate(found.high)
    except UserError as error:
        raise UserError(f"range {_quoted(text)}: {error}") from None
    if not isinstance(low, int) or not isinstance(high, int):
        raise UserError(f"range {_quoted(text)}: a range is written n=1..1000")
    return found.index, (low, high)
