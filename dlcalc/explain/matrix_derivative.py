"""A derivative in matrix notation as a document: what each place of the letter adds, the sum, and its check."""

from __future__ import annotations

from .. import document as doc
from ..expressions.nodes import Call, Kind, Name, Value, walk
from ..expressions.parser import parse
from ..gradients.matrix_calculus import MatrixDerivative

KINDS = {Kind.SCALAR: "number", Kind.VECTOR: "vector", Kind.MATRIX: "matrix"}
_MANY = {Kind.SCALAR: "numbers", Kind.VECTOR: "vectors", Kind.MATRIX: "matrices"}


def document(found: MatrixDerivative, number: Value = None) -> doc.Document:
    """How the letters were read, the terms, the derivative, what it comes to where there is a `number`, the check."""
    blocks: list[doc.Block] = [
        doc.Formula((doc.Equation(None, (found.expression,)),)),
        doc.Paragraph(_readings(found)),
    ]
    if len(found.places) > 1:
        rows = tuple((str(at), doc.Math(each.node(found.is_whole))) for at, each in enumerate(found.places, 1))
        blocks.append(doc.Heading(2, f"Each place of {found.by} by itself, the others held fixed"))
        blocks.append(doc.Table((f"place of {found.by}", "what it adds"), rows, row_headers=False))
    chain = (found.value,) if found.value == found.shown else (found.value, found.shown)
    blocks += [
        doc.Heading(2, "Derivative"),
        doc.Formula((doc.Equation(None, chain),)),
        doc.Paragraph(shape_of(found)),
    ]
    blocks += [doc.Paragraph(told) for told in _entries(found)]
    if number is not None:
        blocks.append(doc.Formula((doc.Equation(None, (found.shown,)), doc.Equation(None, (number,)))))
    blocks.append(doc.Note("note", _checked(found)))
    return doc.Document(f"Derivative by {found.by}", tuple(blocks))


def _checked(found: MatrixDerivative) -> str:
    if found.error is None:
        return "no numbers were found at which it could be checked"
    count = len(found.attempts)
    return (f"checked with central differences in every entry at {count} point{'s' if count > 1 else ''}: "
            f"the largest relative difference is {found.error:.0e}")  # fmt: skip


def shape_of(found: MatrixDerivative) -> str:
    """What kind of array the derivative is."""
    if found.is_jacobian and found.by.kind is Kind.SCALAR:
        return "It is a vector: one entry for each of the expression's."
    if found.is_jacobian:
        return f"It is the Jacobian: row i and column j have the derivative of entry i by {found.by}_j."
    if found.by.kind is Kind.SCALAR:
        return "It is a number."
    more = "; as a row, it is its transpose" if found.by.kind is Kind.VECTOR else ""
    return f"It has the shape of {found.by}{more}."


def _readings(found: MatrixDerivative) -> str:
    parts = []
    for kind in (Kind.MATRIX, Kind.VECTOR, Kind.SCALAR):
        names = [str(name) for name in found.letters if name.kind is kind]
        if names:
            listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
            parts.append(f"{listed} {'are ' + _MANY[kind] if names[1:] else 'is a ' + KINDS[kind]}")
    square = [str(n) for n in found.letters if n.kind is Kind.MATRIX and len(set(found.sizes(n))) == 1]
    more = f" ({', '.join(square)} square)" if square else ""
    return f"Read so: {', '.join(parts)}{more}. --scalars, --vectors and --matrices say otherwise."


def _entries(found: MatrixDerivative) -> list[doc.Words]:
    """The entries of a softmax's Jacobian, where all is one."""
    whole = found.expression
    if isinstance(whole, Call) and whole.function == "softmax" and whole.arguments[0] == found.by:
        return [
            (
                "Entry by entry, with ",
                doc.Math(Name("s")),
                " = ",
                doc.Math(whole),
                ": on the diagonal ",
                doc.Math(parse("s_i(1 - s_i)")),
                "; elsewhere, in row i and column j, ",
                doc.Math(parse("-s_i*s_j")),
                ". Each row and each column adds up to 0.",
            )
        ]
    return []


def is_open(value: Value) -> bool:
    """Whether letters are left in a number."""
    items = value if isinstance(value, tuple) else (value,)
    return any(is_open(item) if isinstance(item, tuple) else _has_name(item) for item in items)


def _has_name(value: Value) -> bool:
    return hasattr(value, "children") and any(isinstance(part, Name) for part in walk(value))
