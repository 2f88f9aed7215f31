"""A derivative of a scalar expression as a document: the rules by name, what they give, and how it was checked."""

from __future__ import annotations

from .. import document as doc
from ..expressions.nodes import Node, Value, written_size
from ..gradients.applied_rules import INNER, Applied
from ..gradients.scalar import MOST_WRITTEN, Derivative
from ..gradients.shortened import Shortened

TOO_LONG = "with only these values the derivative is too long to write out: give every letter a value"


def document(found: Derivative, number: Value = None) -> doc.Document:
    """The rules, the derivative, what it comes to where there is a `number`, and the check."""
    rows: list[tuple[doc.Words, ...]] = []
    for step in found.steps_shown:
        words: doc.Words = step.rule
        if step.inner is not None and step.outer is not None:
            words = (f"{step.rule}, with {INNER} = ", doc.Math(step.inner), " and outer derivative ",
                     doc.Math(step.outer))  # fmt: skip
        rows.append((words, *_named(found, step)))
    blocks: list[doc.Block] = [doc.Formula((doc.Equation(None, (found.expression,)),))]
    if rows:
        blocks.append(doc.Heading(2, "Rule by rule, the innermost first"))
        if found.shortened is not None:
            blocks.append(doc.Paragraph(_meaning(found.shortened, found.by)))
        blocks.append(doc.Table(("rule", "of", "derivative"), tuple(rows), row_headers=False))
    blocks += [doc.Heading(2, "Derivative"), doc.Formula((doc.Equation(None, _chain(found)),))]
    if number is not None:
        blocks.append(_number(found, number))
    blocks.append(doc.Note("note", _checked(found)))
    return doc.Document(f"Derivative by {found.by}", tuple(blocks))


def right_derivative(found: Derivative) -> doc.Formula:
    """The derivative as it is shown beside a verdict, after the parts that have names."""
    parts = tuple(doc.Equation(name, (value,)) for name, value in found.parts.items())
    return doc.Formula((*parts, doc.Equation(None, (found.shown,))))


def is_long(number: Value) -> bool:
    """Whether a derivative with values put in still has too many letters to be written out."""
    return isinstance(number, Node) and written_size(number) > MOST_WRITTEN


def _chain(found: Derivative) -> tuple[Value, ...]:
    if found.shortened is not None:
        return (found.shown,)
    return (found.value,) if found.simplified == found.value else (found.value, found.simplified)


def _number(found: Derivative, number: Value) -> doc.Block:
    if is_long(number):
        return doc.Note("note", TOO_LONG)
    cut = float(f"{number:.6g}") if isinstance(number, float) else number
    return doc.Formula((doc.Equation(None, (found.shown, cut), rounded=True),))


def _checked(found: Derivative) -> str:
    if found.error is None:
        return "no numbers were found at which it could be checked"
    count = len(found.checks)
    return (f"checked with central differences at {count} point{'s' if count > 1 else ''}: "
            f"the largest relative difference is {found.error:.0e}")  # fmt: skip


def _named(found: Derivative, step: Applied) -> tuple[doc.Words, doc.Words]:
    """What a step derived and what came out, each with its name where it has one."""
    part = None if found.shortened is None else found.shortened.part(step.expression)
    of, value = doc.Math(step.expression), doc.Math(step.value)
    if part is None:
        return of, value
    named = value if part.derivative is None else (doc.Math(part.derivative), " = ", value)
    return (doc.Math(part.name), " = ", of), named


def _meaning(short: Shortened, by: str) -> doc.Words:
    """What the names of parts mean, told of the first of them."""
    with_letter = next((part for part in short.parts if part.derivative is not None), short.parts[0])
    words: tuple[str | doc.Inline, ...] = ("Parts have names: ", doc.Math(with_letter.name), " stands for ",
                                           doc.Math(with_letter.expression))  # fmt: skip
    if with_letter.derivative is not None:
        words += (", ", doc.Math(with_letter.derivative), f" for its derivative by {by}")
    return (*words, ".")
