"""An expression as a program for sympy or for Wolfram's language: text only, so that sympy itself is not needed.

Letters are variables of the program under names that collide with nothing: sympy's own functions stand behind `sp.`,
and Wolfram's begin with a capital, so that letters have none there.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import ClassVar

from ..expressions.functions import CONSTANTS
from ..expressions.kinds import kind_of
from ..expressions.nodes import (
    Add,
    Call,
    Compare,
    Div,
    Hadamard,
    Index,
    Kind,
    Literal,
    Logic,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Pow,
    Reduce,
    Transpose,
    Value,
    Vector,
    to_node,
    walk,
)  # fmt: skip
from ..expressions.printing.common import nodes_written
from .letters import Facts, NoCounterpart, assumed, letters_of
from .standard import NAMES, standard

_TAKEN = {"sp", "given", "print", *keyword.kwlist}

_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4
"""How tightly a piece of a program holds together."""


class _Code:
    """What both languages share: infix operators and the order of evaluation."""

    column = 0
    power = "**"
    matrix_power = ""
    """The function for the power of a matrix, where it has one."""
    dot = "*"
    """Between arrays."""

    def __init__(self, names: Mapping[str, str], entries: Mapping[str, str] | None = None) -> None:
        self.names = names
        self.entries = entries or {}
        """Names of arrays of which entries are taken, where these have another variable than the whole."""

    def show(self, node: Node, floor: int = 0) -> str:
        text, level = self.piece(node)
        return text if level >= floor else f"({text})"

    def piece(self, node: Node) -> tuple[str, int]:
        match node:
            case Literal(bool()):
                return str(node.value), _ATOM
            case Literal(value):
                return self.number(value)
            case Name(id):
                return self.names[id], _ATOM
            case Add(terms):
                parts = [self.show(terms[0], _SUM)]
                for term in terms[1:]:
                    sign, inner = ("-", term.operand) if isinstance(term, Neg) else ("+", term)
                    parts.append(f" {sign} {self.show(inner, _PRODUCT)}")
                return "".join(parts), _SUM
            case Neg(operand):
                return f"-{self.show(operand, _PRODUCT)}", _SUM
            case Mul(factors):
                arrays = sum(kind_of(factor) is not Kind.SCALAR for factor in factors)
                sign = self.dot if arrays > 1 else "*"
                return sign.join(self.show(f, _POWER if i else _PRODUCT) for i, f in enumerate(factors)), _PRODUCT
            case Div(Literal(int() as top), Literal(int() as bottom)):
                return self.fraction(top, bottom)
            case Div(top, bottom):
                return f"{self.show(top, _PRODUCT)}/{self.show(bottom, _POWER)}", _PRODUCT
            case Pow(base, exponent) if self.matrix_power and kind_of(base) is Kind.MATRIX:
                return self.call(self.matrix_power, map(self.show, (base, exponent))), _ATOM
            case Pow(base, exponent):
                return f"{self.show(base, _ATOM)}{self.power}{self.show(exponent, _ATOM)}", _POWER
            case Call("if", (condition, then, otherwise)):
                return self.choice(*map(self.show, (condition, then, otherwise))), _ATOM
            case Call("exp", (Literal(1),)):
                return self.constant("e"), _ATOM
            case Call(function, arguments) if function in NAMES and all(kind_of(a) is Kind.SCALAR for a in arguments):
                return self.call(NAMES[function][self.column], map(self.show, arguments)), _ATOM
            case Compare(operator, left, right):
                return self.compared(operator, self.show(left), self.show(right)), _ATOM
            case Logic(operator, operands):
                return self.call(operator.capitalize(), map(self.show, operands)), _ATOM
            case Reduce(operator, _, low, high, body) if not node.descending:
                name = "Sum" if operator == "sum" else "Product"
                return self.total(name, *map(self.show, (body, Name(node.index), low, high))), _ATOM
            case Index(Name(id), indices) if kind_of(node) is not Kind.SCALAR:
                return self.vector(id, list(map(self.show, indices))), _ATOM
            case Index(Name(id), indices):
                return self.item(self.entries.get(id, self.names[id]), map(self.show, indices)), _ATOM
            case Vector(items):
                return self.row(list(map(self.show, items))), _ATOM
            case Call(function, arguments):
                return self.whole(function, map(self.show, arguments), kind_of(node) is Kind.SCALAR), _ATOM
            case Transpose(operand):
                return self.whole("transpose", [self.show(operand)], False), _ATOM
            case Outer(left, right):
                return self.whole("outer", map(self.show, (left, right)), False), _ATOM
            case Hadamard(factors):
                return self.whole("hadamard", map(self.show, factors), False), _ATOM
        raise NoCounterpart(f"there is no program for {node} in this language")

    def number(self, value: int | float | Fraction) -> tuple[str, int]:
        if value < 0:
            return f"-{self.number(-value)[0]}", _SUM
        if isinstance(value, Fraction):
            return self.fraction(value.numerator, value.denominator)
        return self.plain(value), _ATOM

    def plain(self, value: int | float) -> str:
        return repr(value)

    def fraction(self, top: int, bottom: int) -> tuple[str, int]:
        raise NotImplementedError

    def call(self, name: str, arguments: Iterable[str]) -> str:
        raise NotImplementedError

    def whole(self, function: str, arguments: Iterable[str], scalar: bool) -> str:
        """A function of whole arrays; `scalar`: it is one number."""
        raise NotImplementedError

    def constant(self, name: str) -> str:
        raise NotImplementedError

    def choice(self, condition: str, then: str, otherwise: str) -> str:
        raise NotImplementedError

    def compared(self, operator: str, left: str, right: str) -> str:
        raise NotImplementedError

    def total(self, name: str, body: str, index: str, low: str, high: str) -> str:
        raise NotImplementedError

    def item(self, base: str, indices: Iterable[str]) -> str:
        raise NotImplementedError

    def vector(self, name: str, indices: list[str]) -> str:
        """One vector of a sequence."""
        return self.item(self.entries.get(name, self.names[name]), indices)

    def row(self, items: list[str]) -> str:
        raise NotImplementedError


class _Sympy(_Code):
    signs: ClassVar[dict[str, str]] = {"=": "Eq", "≠": "Ne", "<": "Lt", "≤": "Le", ">": "Gt", "≥": "Ge"}

    def piece(self, node: Node) -> tuple[str, int]:
        """Python would divide whole numbers, and raise them to negative powers, in floats."""
        if isinstance(node, Mul) and any(isinstance(factor, Vector) for factor in node.factors):
            raise NoCounterpart(f"{node}, a product with a vector written out, has no counterpart in sympy")
        if isinstance(node, Div | Pow) and not any(isinstance(part, Name) for part in walk(node)):
            first, second = node.children()
            number, _ = super().piece(first)
            sign = "/" if isinstance(node, Div) else "**"
            return f"sp.sympify({number}){sign}{self.show(second, _ATOM)}", _PRODUCT
        return super().piece(node)

    def fraction(self, top: int, bottom: int) -> tuple[str, int]:
        return f"sp.Rational({top}, {bottom})", _ATOM

    def call(self, name: str, arguments: Iterable[str]) -> str:
        return f"sp.{name}({', '.join(arguments)})"

    def whole(self, function: str, arguments: Iterable[str], scalar: bool) -> str:
        arguments = list(arguments)
        if function == "transpose" and not arguments[0].startswith("sp.Tuple("):  # which has none in sympy
            return self.call(function, arguments)
        return f'sp.Function("{function}", commutative={scalar})({", ".join(arguments)})'

    def constant(self, name: str) -> str:
        return {"pi": "sp.pi", "e": "sp.E"}[name]

    def choice(self, condition: str, then: str, otherwise: str) -> str:
        return f"sp.Piecewise(({then}, {condition}), ({otherwise}, True))"

    def compared(self, operator: str, left: str, right: str) -> str:
        return f"sp.{self.signs[operator]}({left}, {right})"

    def total(self, name: str, body: str, index: str, low: str, high: str) -> str:
        return f"sp.{name}({body}, ({index}, {low}, {high}))"

    def item(self, base: str, indices: Iterable[str]) -> str:
        return f"{base}[{', '.join(indices)}]"

    def vector(self, name: str, indices: list[str]) -> str:
        """As a function, because its products have an order."""
        return f"{self.entries.get(name, self.names[name])}({', '.join(indices)})"

    def row(self, items: list[str]) -> str:
        return f"sp.Tuple({', '.join(items)})"


class _Wolfram(_Code):
    column = 1
    matrix_power = "MatrixPower"
    power = "^"
    dot = "."
    signs: ClassVar[dict[str, str]] = {"=": "==", "≠": "!=", "<": "<", "≤": "<=", ">": ">", "≥": ">="}

    def plain(self, value: int | float) -> str:
        return repr(value).replace("e", "*^")

    def fraction(self, top: int, bottom: int) -> tuple[str, int]:
        return f"{top}/{bottom}", _PRODUCT

    def call(self, name: str, arguments: Iterable[str]) -> str:
        return f"{name}[{', '.join(arguments)}]"

    def whole(self, function: str, arguments: Iterable[str], scalar: bool) -> str:
        known = {
            "transpose": "Transpose",
            "det": "Det",
            "tr": "Tr",
            "norm": "Norm",
            "diag": "DiagonalMatrix",
            "outer": "Outer",
            "hadamard": "Times",
        }
        more = ["Times"] if function == "outer" else []
        return self.call(known.get(function, function), [*more, *arguments])

    def constant(self, name: str) -> str:
        return {"pi": "Pi", "e": "E"}[name]

    def choice(self, condition: str, then: str, otherwise: str) -> str:
        return f"If[{condition}, {then}, {otherwise}]"

    def compared(self, operator: str, left: str, right: str) -> str:
        return f"({left} {self.signs[operator]} {right})"

    def total(self, name: str, body: str, index: str, low: str, high: str) -> str:
        return f"{name}[{body}, {{{index}, {low}, {high}}}]"

    def item(self, base: str, indices: Iterable[str]) -> str:
        return f"{base}[[{', '.join(indices)}]]"

    def row(self, items: list[str]) -> str:
        return f"{{{', '.join(items)}}}"


def sympy_program(results: Mapping[str, Value], facts: Facts, given: Mapping[str, Value]) -> str:
    """A Python program that builds each result with sympy, with the values of `given` put in at its end.

    Raises NoCounterpart for what has no counterpart in sympy, LimitError for what is endless written out.
    """
    nodes = _standard(results)
    kinds = letters_of(nodes.values())
    constants = {name for name in kinds if name in CONSTANTS and name not in facts}
    names = _distinct([name for name in kinds if name not in constants], _TAKEN, _in_python, "_")
    whole, indexed = _arrays(nodes.values())
    vectors = {name for name in indexed if name in _sequences(nodes.values())}
    both = _distinct([f"{names[name]}_entries" for name in indexed & whole], {*_TAKEN, *names.values()}, str, "_")
    writer = _Sympy(
        names | {name: {"pi": "sp.pi", "e": "sp.E"}[name] for name in constants},
        {name: both[f"{names[name]}_entries"] if name in whole else names[name] for name in indexed},
    )
    lines = ["import sympy as sp", ""]
    for name, variable in names.items():
        known = "".join(f", {word}={value}" for word, value in assumed(name, facts, nodes.values()).items())
        if kinds[name] is Kind.SCALAR:
            lines.append(f'{variable} = sp.Symbol("{name}"{known})')
        elif name in whole:
            lines.append(f'{variable} = sp.Symbol("{name}", commutative=False)')
        if name in writer.entries:
            made = f'sp.Function("{name}", commutative=False)' if name in vectors else f'sp.IndexedBase("{name}")'
            lines.append(f"{writer.entries[name]} = {made}")
    lines += [""] if names else []
    targets = _distinct(results, {*_TAKEN, *names.values()}, _in_python, "_")
    for name, node in nodes.items():
        text = writer.show(node)
        lines.append(f"{targets[name]} = {text if not isinstance(node, Literal) else f'sp.sympify({text})'}")
    values = {names[name]: value for name, value in given.items() if name in names and not isinstance(value, Node)}
    if values:
        shown = ", ".join(f"{name}: {writer.show(to_node(value))}" for name, value in values.items())
        lines += ["", f"given = {{{shown}}}"]
    for name, target in targets.items():
        lines.append(f'print("{name} =", {target}{".subs(given)" if values else ""})')
    return "\n".join(lines) + "\n"


def wolfram_program(results: Mapping[str, Value], facts: Facts, given: Mapping[str, Value]) -> str:
    """The same in Wolfram's language."""
    nodes = _standard(results)
    kinds = letters_of(nodes.values())
    constants = {name for name in kinds if name in CONSTANTS and name not in facts}
    names = _distinct([name for name in kinds if name not in constants], set(), _in_wolfram, "x")
    writer = _Wolfram(names | {name: {"pi": "Pi", "e": "E"}[name] for name in constants})
    targets = _distinct(results, set(names.values()), _in_wolfram, "x")
    lines = [f"{targets[name]} = {writer.show(node)}" for name, node in nodes.items()]
    values = {names[name]: value for name, value in given.items() if name in names and not isinstance(value, Node)}
    if values:
        shown = ", ".join(f"{name} -> {writer.show(to_node(value))}" for name, value in values.items())
        lines += [f"{{{', '.join(targets.values())}}} /. {{{shown}}}"]
    return "\n".join(lines) + "\n"


def _standard(results: Mapping[str, Value]) -> dict[str, Node]:
    """Each result in functions that the other side has. Raises LimitError where its program would be endless."""
    nodes = {name: standard(to_node(value)) for name, value in results.items()}
    for node in nodes.values():
        nodes_written(node)
    return nodes


def _arrays(nodes: Iterable[Node]) -> tuple[set[str], set[str]]:
    """The arrays that stand as a whole, and those of which entries are taken."""
    whole: set[str] = set()
    indexed: set[str] = set()

    def visit(node: Node) -> None:
        if isinstance(node, Index) and isinstance(node.base, Name):
            indexed.add(node.base.id)
            for index in node.indices:
                visit(index)
        elif isinstance(node, Name):
            whole.update([node.id] if node.kind is not Kind.SCALAR else [])
        else:
            for child in node.children():
                visit(child)

    for node in nodes:
        visit(node)
    return whole, indexed


def _sequences(nodes: Iterable[Node]) -> set[str]:
    """The letters that stand for a vector at each step. Raises NoCounterpart where one stands for numbers too."""
    parts = [part for node in nodes for part in walk(node) if isinstance(part, Index) and isinstance(part.base, Name)]
    vectors = {part.base.id for part in parts if kind_of(part) is not Kind.SCALAR}  # type: ignore[attr-defined]
    for part in parts:
        if kind_of(part) is Kind.SCALAR and part.base.id in vectors:  # type: ignore[attr-defined]
            raise NoCounterpart(f"{part.base} has vectors and numbers at its places: there is no program for both")
    return vectors


def _distinct(names: Iterable[str], taken: set[str], spelt: Callable[[str], str], more: str) -> dict[str, str]:
    """Each name as an identifier of a program, no two alike; what is taken gets `more` behind it."""
    found: dict[str, str] = {}
    for name in names:
        made = spelt(name)
        while made in taken or made in found.values():
            made += more
        found[name] = made
    return found


def _in_python(name: str) -> str:
    """conv1_o for conv1.o."""
    made = re.sub(r"\W+", "_", name).strip("_") or "x"
    return f"x{made}" if made[0].isdigit() else made


def _in_wolfram(name: str) -> str:
    """A letter without a capital, which Wolfram's own names have, and without underscores, which are patterns there."""
    plain = re.sub(r"\W+|_", "", name) or "x"
    return f"cap{plain}" if plain[0].isupper() or plain[0].isdigit() else plain
