"""Right and wrong answers in the many ways in which students write them: what the marker's own test hands in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from ..answers.table_target import TableTarget
from ..answers.target import Target
from ..answers.terms import ARRAYS
from ..expressions import printing
from ..expressions.nodes import Node, Value
from ..formulas.arrays import mapped, numbers, sizes
from ..formulas.run import contains_letters
from ..quiz.problem import Part


def written(part: Part, value: Value) -> str:
    """A value as a careful student types it: an array row by row, 1 2; 3 4."""
    if part.kind in ARRAYS:
        rows = value if value and isinstance(value[0], tuple) else (value,)
        return "; ".join(" ".join(map(_digit, row)) for row in rows)
    return plain(value)


def _digit(value: Value) -> str:
    """One number of an array, without the spaces that stand between two."""
    return plain(value).replace(" ", "")


def plain(value: Value) -> str:
    """A value as a careful student types it."""
    if isinstance(value, tuple):
        return "x".join(map(plain, value))
    if isinstance(value, float):
        short = f"{value:.6g}"
        return short if "." in short or "e" in short else f"{value:.4f}"  # a rounded number shows that it is one
    return printing.plain(value)


def is_same(a: Value, b: Value) -> bool:
    """Whether two values are the same, a size along every axis written once or twice."""
    one, two = (v[0] if isinstance(v, tuple) and len(set(v)) == 1 else v for v in (a, b))
    return bool(one == two)


def is_written(value: Value, right: Value, kind: str = "") -> bool:
    """Whether somebody would write a wrong value: of the right one's form, whole and positive where that is."""
    if kind in ARRAYS:
        return isinstance(value, tuple) and len(sizes(value)) == ARRAYS[kind] and not contains_letters(value)
    if isinstance(right, tuple):
        return isinstance(value, tuple) and len(value) == len(right) and all(map(is_written, value, right))
    if isinstance(value, tuple):
        return False
    if isinstance(right, int):
        return isinstance(value, int) and value > 0
    return True


def notations(part: Part, asked: Target, right: object) -> Iterator[object]:
    """The right answer in the ways in which students write it."""
    if part.kind == "choice":
        text = str(right)
        yield from (text.lower(), f"({text})", f" {text} ", text.replace(", ", " and "))
        return
    if isinstance(asked, TableTarget):
        return
    value = asked.expected
    if isinstance(value, Node) or contains_letters(value):
        yield from (printing.text(value), printing.latex(value), f"$ {printing.latex(value)} $")
        return
    if part.kind in ARRAYS:
        yield from _arrays(part, value)
        return
    if isinstance(value, tuple):
        parts = [str(number) for number in value]
        for join in ("x", " x ", "×", " × ", ", ", " X "):
            yield join.join(parts)
        yield from (f"[{','.join(parts)}]", f"({', '.join(parts)})", list(value))
        yield " \\times ".join(parts).join("$$")
        return
    if isinstance(value, int):
        yield from (value, f"{value:,}", f"{value:,}".replace(",", " "), f"= {value}", f" {value}. ", f"**{value}**")
        yield f"${value}$"
        return
    if isinstance(value, Fraction):
        yield f"{value.numerator}/{value.denominator}"
    number = float(value)
    yield from (f"{number:.4g}", f"≈ {number:.4g}", f"{number:.6g}", number)


def _arrays(part: Part, value: Value) -> Iterator[object]:
    """A vector or a matrix: typed, as lines, lists, tables, LaTeX; with fractions and with decimals."""
    rows = value if part.kind == "matrix" else (value,)
    cells = [[_digit(each) for each in row] for row in rows]
    for between, below in ((" ", "; "), (", ", "; "), (" ", "\n"), (", ", "\n"), ("\t", "\n"), (" , ", " ; ")):
        yield below.join(between.join(row) for row in cells)
    inner = [f"[{', '.join(row)}]" for row in cells]
    yield f"[{', '.join(inner)}]" if part.kind == "matrix" else inner[0]
    yield f"np.array([{', '.join(inner)}])"
    yield f"y = [{'; '.join(' '.join(row) for row in cells)}]"
    body = r" \\ ".join(" & ".join(row) for row in cells)
    yield rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"
    yield rf"$$\begin{{bmatrix}}{body}\end{{bmatrix}}$$"
    heads = [str(place) for place in range(1, len(cells[0]) + 1)]
    if part.kind == "matrix":
        table = [["", *heads], ["---"] * (len(heads) + 1), *([str(i), *row] for i, row in enumerate(cells, 1))]
        yield "\n".join(f"| {' | '.join(row)} |" for row in table)
        yield [[_number(each) for each in row] for row in rows]
        yield cells
    else:
        yield "\n".join(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *cells))
        yield [_number(each) for each in value]
        yield "; ".join(cells[0])  # a column
    if any(isinstance(each, Fraction | float) for each in numbers(value)):
        short = mapped(lambda each: each if isinstance(each, int) else float(f"{float(each):.4g}"), value)
        yield written(part, short)
        if not re.search(r"[1-9]\d{0,2}\.\d{3}(?!\d)", written(part, short)):  # 1,632 may be 1632
            yield written(part, short).replace(".", ",")


def _number(value: Value) -> object:
    return value if isinstance(value, int) else float(value)
