"""An answer of a formula, as text or as a value: read with the formula's letters and in the course's."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ExpressionError, UserError
from ..expressions.answers import Answer, read_answer, split_shape
from ..expressions.nodes import Name, Node, Value, to_node
from ..formulas.model import Formula
from ..formulas.reading import items_of_rows, named, plain_value, quoted


def read_asked(formula: Formula, name: str, answer: object, spell: Mapping[str, str] | None = None) -> Answer:
    """An answer to the question for `name`, as text or as a value; in the course's letters too, which `spell` gives.

    Raises UserError.
    """
    read = _read_asked(formula, name, answer)
    ours = {theirs: our for our, theirs in (spell or {}).items()}
    return read.mapped(lambda value: _in_our_letters(value, formula, ours)) if ours else read


def _in_our_letters(value: Value, formula: Formula, ours: Mapping[str, str]) -> Value:
    """The value with the course's letters as the formula's own; a letter that the course does not use stays."""
    if isinstance(value, tuple):
        return tuple(_in_our_letters(item, formula, ours) for item in value)
    if isinstance(value, Name):
        return formula.letter(ours[value.id]) if value.id in ours else value
    if isinstance(value, Node):
        return value.map(lambda part: to_node(_in_our_letters(part, formula, ours)))
    return value


def _read_asked(formula: Formula, name: str, answer: object) -> Answer:
    if not isinstance(answer, str):
        return _written(answer, plain_value(name, answer))
    shape = formula.shape == name or (formula.is_per_axis(name) and len(split_shape(answer)) > 1)
    kind = formula.by_name[name].kind if name in formula.by_name else None
    try:
        if kind is not None and kind.rank > 0 and not shape:
            rows = [
                [read_answer(item, formula.declarations[True]) for item in row]
                for row in items_of_rows(answer, kind.rank)
            ]
            return Answer.of(answer, rows[0] if kind.rank == 1 else [Answer.of(answer, row) for row in rows])
        return read_answer(answer, formula.declarations[True], shape=shape)
    except ExpressionError as error:
        raise named(error, name, answer) from None
    except UserError as error:
        raise UserError(f"{name} = {quoted(answer)}: {error}") from None


def _written(answer: object, value: Value) -> Answer:
    """An answer of Python's: a float is as exact as it is written, as it would be in a text."""
    if isinstance(answer, tuple | list) and isinstance(value, tuple):
        parts = [_written(item, part) for item, part in zip(answer, value, strict=True)]
        return Answer.of(str(answer), parts)
    return read_answer(f"{answer:.15g}") if isinstance(answer, float) else Answer(str(answer), value)
