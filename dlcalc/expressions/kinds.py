"""The kind of an expression, from the declared kinds of its names."""

from __future__ import annotations

from .nodes import (
    Add,
    Call,
    Compare,
    Div,
    Hadamard,
    Index,
    Kind,
    Logic,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Partial,
    Pow,
    Reduce,
    Transpose,
    Vector,
    fact,
)

_TO_SCALAR = frozenset({"sum", "prod", "len", "norm", "tr", "det", "argmax", "argmin"})


@fact("_kind")
def kind_of(node: Node) -> Kind:
    """SCALAR only when the expression surely is one number; a product of vectors counts as what it may be at most."""
    if isinstance(node, Name):
        return node.kind
    if isinstance(node, Compare | Logic):
        return Kind.TRUTH
    if isinstance(node, Add | Hadamard | Mul | Neg | Div | Pow | Reduce):
        parts = (node.body,) if isinstance(node, Reduce) else tuple(node.children())
        return _highest(parts)
    if isinstance(node, Index):
        return Kind.of_rank(max(0, kind_of(node.base).rank - len(node.indices)))
    if isinstance(node, Vector):
        return Kind.of_rank(min(4, 1 + max((kind_of(item).rank for item in node.items), default=0)))
    if isinstance(node, Transpose):
        return Kind.MATRIX if kind_of(node.operand) is not Kind.SCALAR else Kind.SCALAR
    if isinstance(node, Outer):
        return Kind.MATRIX if kind_of(node.left) is not Kind.SCALAR else kind_of(node.right)
    if isinstance(node, Partial):
        return Kind.SCALAR if kind_of(node.top) is kind_of(node.bottom) is Kind.SCALAR else Kind.MATRIX
    if isinstance(node, Call):
        return _kind_of_call(node)
    return Kind.SCALAR


@fact("_matrix")
def is_matrix(node: Node) -> bool:
    """Whether the expression is a matrix even where it has one row: no transposed vector, and no number."""
    if isinstance(node, Transpose):
        return is_matrix(node.operand)
    if isinstance(node, Mul):
        parts = [factor for factor in node.factors if kind_of(factor) is not Kind.SCALAR]
        return bool(parts) and all(map(is_matrix, parts))
    if isinstance(node, Add | Hadamard | Neg | Div | Reduce):
        return any(map(is_matrix, node.children()))
    return kind_of(node) is Kind.MATRIX


def _highest(nodes: tuple[Node, ...]) -> Kind:
    return max((kind_of(node) for node in nodes), key=lambda kind: kind.rank, default=Kind.SCALAR)


def _kind_of_call(node: Call) -> Kind:
    if node.function in _TO_SCALAR or (node.function in ("min", "max") and len(node.arguments) == 1):
        return Kind.SCALAR
    if node.function == "shape":
        return Kind.VECTOR
    if node.function in ("diag", "block"):
        return Kind.MATRIX if kind_of(node.arguments[0]) is not Kind.SCALAR else Kind.SCALAR
    if node.function == "if":
        return _highest(node.arguments[1:])
    return _highest(node.arguments)
