"""The same formulas for rows: everything is derived with columns and rewritten here, so that it is derived once.

column: h = tanh(U x + W h₋ + b), U (m, n). row: x U + h₋ W + b, where vectors are rows and every weight matrix is the
transpose. pytorch: x Uᵀ + h₋ Wᵀ + b, where vectors are rows and weights have the shapes of the column layout. number:
one unit, so that there are no transposes and every product is the ordinary one. Transposing turns a product round: with
rows the product over the steps between runs the other way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal as Word
from typing import TypeAlias

from ..errors import UserError
from ..expressions.nodes import (
    Add,
    Call,
    Hadamard,
    Index,
    Kind,
    Literal,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Partial,
    Reduce,
    Transpose,
    Vector,
    walk,
)
from .lines import Line
from .local import product, transposed
from .model import BLOCK, TIME, Network

Layout: TypeAlias = Word["column", "row", "pytorch", "number"]
LAYOUTS = {
    "column": "columns: a matrix comes before its vector, W x",
    "row": "rows: a matrix comes after its vector, x W",
    "pytorch": "rows, with the weights in PyTorch's shapes: x Wᵀ",
    "number": "one unit: every quantity is a number",
}
"""Layout → how it multiplies."""


def in_layout(line: Line, layout: str) -> Line:
    """The line as it is in a layout. Raises UserError for an unknown one."""
    if layout not in LAYOUTS:
        raise UserError(f"layout is one of {', '.join(LAYOUTS)}, not {layout}")
    if layout == "column":
        return line
    if layout == "number":
        return replace(line, right=_number(line.right))
    if line.role == "symbol":
        return line
    rows = _Rows(weights_transposed=layout == "row")
    if line.role == "jacobian" or (line.role == "gradient" and layout == "pytorch" and is_matrix(line.right)):
        return replace(line, right=rows.kept(line.right))
    return replace(line, right=rows.transposed_in_rows(line.right))


def _is_transpose(node: Node) -> bool:
    return isinstance(node.operand if isinstance(node, Neg) else node, Transpose | Literal)


def is_matrix(node: Node) -> bool:
    """Whether a gradient in column layout is a matrix: a sum of outer products."""
    if isinstance(node, Reduce):
        return is_matrix(node.body)
    if isinstance(node, Add):
        return is_matrix(node.terms[0])
    if isinstance(node, Neg):
        return is_matrix(node.operand)
    return isinstance(node, Outer)


class _Rows:
    """From columns to rows. `weights_transposed`: the letters of weight matrices stand for their transposes."""

    def __init__(self, weights_transposed: bool) -> None:
        self.weights_transposed = weights_transposed

    def transposed_in_rows(self, node: Node) -> Node:
        """The transpose of what `node` stands for, in the letters of the rows; of a column vector that is its row."""
        if isinstance(node, Name):
            return Transpose(node) if node.kind is Kind.MATRIX and not self.weights_transposed else node
        if isinstance(node, Index | Literal):
            return node
        if isinstance(node, Transpose):
            return self.kept(node.operand)
        if isinstance(node, Partial):
            return Transpose(node)
        if isinstance(node, Mul):
            return self._product(node)
        if isinstance(node, Outer):
            return product((self.kept(node.right), self.transposed_in_rows(node.left)))
        if isinstance(node, Reduce) and node.operator == "prod":
            return replace(node, body=self.transposed_in_rows(node.body), descending=not node.descending)
        if isinstance(node, Reduce):
            return replace(node, body=self.transposed_in_rows(node.body))
        if isinstance(node, Call) and node.function == "block":
            return self._block(node)
        return node.map(self.transposed_in_rows)

    def _product(self, node: Mul) -> Node:
        numbers = tuple(factor for factor in node.factors if isinstance(factor, Literal))
        others = [
            self.transposed_in_rows(factor) for factor in reversed(node.factors) if not isinstance(factor, Literal)
        ]
        return product((*numbers, *others))

    def _block(self, node: Call) -> Call:
        (parts,) = node.arguments
        assert isinstance(parts, Vector)
        if all(isinstance(row, Vector) for row in parts.items):
            columns = zip(*(row.children() for row in parts.items), strict=True)
            parts_transposed = tuple(
                Vector(tuple(self.transposed_in_rows(cell) for cell in column)) for column in columns
            )
        else:
            parts_transposed = (Vector(tuple(self.transposed_in_rows(part) for part in parts.items)),)
        return Call("block", (Vector(parts_transposed),))

    def kept(self, node: Node) -> Node:
        """What `node` stands for itself, in the letters of the rows: a column vector is a row transposed."""
        if isinstance(node, Add | Neg):
            changed = node.map(self.kept)
            # (ŷ − y)ᵀ, not ŷᵀ − yᵀ
            return Transpose(self.transposed_in_rows(node)) if all(map(_is_transpose, changed.children())) else changed
        if isinstance(node, Literal):
            return node
        if isinstance(node, Transpose):
            return self.transposed_in_rows(node.operand)
        if isinstance(node, Partial) or (isinstance(node, Call) and node.function == "diag"):
            return node if isinstance(node, Partial) else self.transposed_in_rows(node)
        if isinstance(node, Mul):
            return product(tuple(self.kept(factor) for factor in node.factors))
        if isinstance(node, Outer):
            return product((self.kept(node.left), self.transposed_in_rows(node.right)))
        if isinstance(node, Reduce):
            return replace(node, body=self.kept(node.body))
        if isinstance(node, Call) and node.function == "block":
            return node.map(lambda parts: parts.map(self._kept_part))
        return transposed(self.transposed_in_rows(node))

    def _kept_part(self, part: Node) -> Node:
        return part.map(self.kept) if isinstance(part, Vector) else self.kept(part)


def _number(node: Node) -> Node:
    """The expression where every vector and matrix is one number. A block of several states stays a block."""
    if isinstance(node, Transpose):
        inner = _number(node.operand)
        return Transpose(inner) if _has_block(inner) else inner
    if isinstance(node, Call) and node.function in ("diag", "sum"):
        return _number(node.arguments[0])
    if isinstance(node, Outer):
        return product((_number(node.left), _number(node.right)))
    if isinstance(node, Hadamard | Mul):
        return product(tuple(_number(factor) for factor in node.factors))
    if isinstance(node, Reduce):
        return replace(node, body=_number(node.body), descending=node.descending and _has_block(node.body))
    return node.map(_number)


def _has_block(node: Node) -> bool:
    return any(isinstance(part, Index) and part.base == BLOCK.at(TIME).base for part in walk(node))


def declared_shape(network: Network, name: str, layout: str) -> tuple[str, ...]:
    """The shape of a weight in letters: (m, n), in row layout (n, m); () for one unit."""
    weight = network.by_name[name]
    if layout == "number":
        return ()
    sizes = (weight.rows, weight.columns) if weight.columns else (weight.rows,)
    return sizes[::-1] if layout == "row" else sizes
