"""An expression in functions that every computer algebra system has: σ(x) as 1/(1 + e⁻ˣ), a vector by its entries.

What is of a vector as a whole is written in its entries: sum(p) as Σ p[i] for i = 1 to len(p).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from ..expressions.kinds import kind_of
from ..expressions.nodes import (
    Add,
    Call,
    Compare,
    Div,
    Index,
    Kind,
    Literal,
    Logic,
    Mul,
    Name,
    Neg,
    Node,
    Pow,
    Reduce,
    Vector,
    names_in,
    replaced,
    rewriting,
)  # fmt: skip
from ..expressions.parser import parse

NAMES: dict[str, tuple[str, str]] = {
    "floor": ("floor", "Floor"), "ceil": ("ceiling", "Ceiling"), "abs": ("Abs", "Abs"), "sign": ("sign", "Sign"),
    "exp": ("exp", "Exp"), "ln": ("log", "Log"), "log": ("log", "Log"), "sqrt": ("sqrt", "Sqrt"),
    "sin": ("sin", "Sin"), "cos": ("cos", "Cos"), "tan": ("tan", "Tan"),
    "arcsin": ("asin", "ArcSin"), "arccos": ("acos", "ArcCos"), "arctan": ("atan", "ArcTan"),
    "sinh": ("sinh", "Sinh"), "cosh": ("cosh", "Cosh"), "tanh": ("tanh", "Tanh"),
    "sech": ("sech", "Sech"), "csch": ("csch", "Csch"), "coth": ("coth", "Coth"),
    "arsinh": ("asinh", "ArcSinh"), "arcosh": ("acosh", "ArcCosh"), "artanh": ("atanh", "ArcTanh"),
    "erf": ("erf", "Erf"), "mod": ("Mod", "Mod"), "min": ("Min", "Min"), "max": ("Max", "Max"),
}  # fmt: skip
"""Function → its name in sympy and in Wolfram's language."""

DEFINITIONS = {
    "log2": "ln(x)/ln(2)",
    "log10": "ln(x)/ln(10)",
    "step": "if(x > 0, 1, 0)",
    "sigmoid": "1/(1 + exp(-x))",
    "relu": "max(x, 0)",
    "softplus": "ln(1 + exp(x))",
    "logsigmoid": "-ln(1 + exp(-x))",
    "leakyrelu": "if(x > 0, x, 0.01*x)",
    "relu6": "min(max(x, 0), 6)",
    "elu": "if(x > 0, x, exp(x) - 1)",
    "selu": "1.0507009873554805*if(x > 0, x, 1.6732632423543772*(exp(x) - 1))",
    "silu": "x/(1 + exp(-x))",
    "gelu": "x*(1 + erf(x/sqrt(2)))/2",
    "mish": "x*tanh(ln(1 + exp(x)))",
    "softsign": "x/(1 + abs(x))",
    "hardsigmoid": "min(max(x + 3, 0), 6)/6",
    "hardtanh": "min(max(x, -1), 1)",
    "hardswish": "x*min(max(x + 3, 0), 6)/6",
    "tanhshrink": "x - tanh(x)",
}
"""Functions that those systems lack, in x, by functions that they have."""

_REDUCED = {"sum": "sum", "prod": "prod", "norm": "sum"}
LENGTH = "len({})"
"""The letter that stands for the number of entries of a vector without any."""


@cache
def definition(function: str) -> Node:
    return parse(DEFINITIONS[function], ["x"])


def standard(node: Node) -> Node:
    """An equal expression; what has no such form stays as it is."""

    def rule(part: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(part, Call) and len(part.arguments) == 1:
            argument = part.arguments[0]
            if kind_of(argument) is Kind.SCALAR and part.function in DEFINITIONS:
                return replaced(definition(part.function), {Name("x"): below(argument)})
            if kind_of(argument) is Kind.VECTOR and not isinstance(argument, Vector):
                return _of_entries(part.function, argument, below) or part.map(below)
        return part.map(below)

    return rewriting(rule)(node)


def _of_entries(function: str, argument: Node, below: Callable[[Node], Node]) -> Node | None:
    """sum, prod, norm and len of a vector in letters."""
    vectors = _vectors(argument)
    if not vectors:
        return None
    length = Name(LENGTH.format(vectors[0].id), integer=True)
    if function == "len":
        return length
    if function not in _REDUCED:
        return None
    free = {*names_in(argument), *(vector.id for vector in vectors)}
    index = next(letter for letter in ("i", "j", "k", "i_1", "i_2", "i_3") if letter not in free)
    entry = _entry(argument, Name(index, integer=True))
    if entry is None:
        return None
    total = Reduce(_REDUCED[function], index, Literal(1), length,
                   Pow(below(entry), Literal(2)) if function == "norm" else below(entry))  # fmt: skip
    return Call("sqrt", (total,)) if function == "norm" else total


def _vectors(node: Node) -> list[Name]:
    if isinstance(node, Name):
        return [node] if node.kind is Kind.VECTOR else []
    if isinstance(node, Index):
        return []
    return list(dict.fromkeys(name for child in node.children() for name in _vectors(child)))


def _entry(node: Node, index: Name) -> Node | None:
    """The entry of a vector at an index, where it is worked out entry by entry; else None."""
    if kind_of(node) is Kind.SCALAR:
        return node
    if isinstance(node, Name) and node.kind is Kind.VECTOR:
        return Index(node, (index,))
    if isinstance(node, Mul) and sum(kind_of(factor) is not Kind.SCALAR for factor in node.factors) > 1:
        return None
    one_by_one = isinstance(node, Call) and (node.function in NAMES or node.function in DEFINITIONS)
    if one_by_one or isinstance(node, Add | Neg | Mul | Div | Pow | Compare | Logic):
        made = {child: _entry(child, index) for child in node.children()}
        if None not in made.values():
            return node.map(lambda child: made[child] or child)
    return None
