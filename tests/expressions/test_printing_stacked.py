"""The two-dimensional form, drawn here as it stands on the screen."""

from __future__ import annotations

from inspect import cleandoc

import pytest
from rows import each_row

from dlcalc.expressions.nodes import Kind, Value
from dlcalc.expressions.parser import Declarations, parse, parse_range
from dlcalc.expressions.printing import Block, joined, stacked, stacked_block, text

NAMES = Declarations(
    {**dict.fromkeys("xhy", Kind.VECTOR), "W": Kind.MATRIX, "W_f": Kind.VECTOR, "yhat": Kind.SCALAR},
    formulas=frozenset({"conv"}),
)

PICTURES = {
    "floor((n + 2p - f)/s) + 1": """
        ⎢n + 2p − f⎥
        ⎢──────────⎥ + 1
        ⎣    s     ⎦
    """,
    "ceil(n/s)": """
        ⎡n⎤
        ⎢─⎥
        ⎢s⎥
    """,
    "abs(a/b) norm(y/n)": """
        │a│   ║y║
        │─│ · ║─║
        │b│   ║n║
    """,
    "(1/2) n": """
        1
        ─ n
        2
    """,
    "2*(n/3)": """
            n
        2 · ─
            3
    """,
    "c - a/b": """
            a
        c − ─
            b
    """,
    "-(a/b)": """
          a
        − ─
          b
    """,
    "(a/b)/(c/d)": """
         a
         ─
         b
        ───
         c
         ─
         d
    """,
    "(a/b + c)^2": """
        ⎛a    ⎞²
        ⎜─ + c⎟
        ⎝b    ⎠
    """,
    "(a + b)^(n/2)": """
               n
               ─
               2
        (a + b)
    """,
    "sqrt((n + 1)/2)": """
         ┌──────
         │ n + 1
         │ ─────
        ╲│   2
    """,
    "sum(j=1..T, y[j]*log(p))": """
         T
         Σ  yⱼ·log(p)
        j=1
    """,
    "prod_desc(m=k+1..j, W) x": """
        ⎛  j    ⎞
        ⎜  ←    ⎟
        ⎜  Π   W⎟ x
        ⎝m=k+1  ⎠
    """,
    "sum(j=1..n/2, a/b)": """
         n
         ─
         2  a
         Σ  ─
        j=1 b
    """,
    "((1, -20), (3, n))": """
        ⎡1  −20⎤
        ⎣3   n ⎦
    """,
    "(((1, 2), (3, 4)), ((5, 6), (7, 8)))": """
        ⎛⎡1  2⎤, ⎡5  6⎤⎞
        ⎝⎣3  4⎦  ⎣7  8⎦⎠
    """,
    "((1/2, n), (3, 12))": """
        ⎡1    ⎤
        ⎢─  n ⎥
        ⎢2    ⎥
        ⎣3  12⎦
    """,
    "(1/2,)": """
        ⎛1 ⎞
        ⎜─,⎟
        ⎝2 ⎠
    """,
    "((1, 2), (3, 4))ᵀ": """
        ⎡1  2⎤ᵀ
        ⎣3  4⎦
    """,
    "x[n/2]": """
         ⎡n⎤
        x⎢─⎥
         ⎣2⎦
    """,
    "if(x > 0, x/2, 0.01x)": """
        ⎧ x
        ⎪ ─      if x > 0
        ⎪ 2
        ⎨
        ⎩ 0.01x  otherwise
    """,
    "max(0, a/b)": """
           ⎛   a⎞
        max⎜0, ─⎟
           ⎝   b⎠
    """,
    "conv(n=n/2, f=11)": """
            ⎛    n      ⎞
        conv⎜n = ─, f=11⎟
            ⎝    2      ⎠
    """,
}


@each_row("source", PICTURES)
def test_a_formula_is_drawn(source: str) -> None:
    assert "\n".join(stacked(parse(source, NAMES))) == cleandoc(PICTURES[source])


@each_row(
    "source",
    [
        *("4m(n + m + 1)", "11^2*3*96", "tanh(x[t] + h[t-1])", "Wᵀ(yhat - y)", "sqrt(n + 1)", "sqrt(n)", "floor(n)"),
        *("a ⊙ b", "not a < b", "W_f[i, j]", "conv(f=11)", "(1, 2)", "sigma*sigmoid(a)", "1.5e-7", "padded", "x[i][j]"),
    ],
)
def test_what_needs_one_line_prints_like_text(source: str) -> None:
    tree = parse(source, NAMES)
    assert stacked(tree) == [text(tree)]


@pytest.mark.parametrize(
    ("value", "lines"),
    [(float("inf"), ["∞"]), (True, ["true"]), (((1,), (2,)), ["⎡1⎤", "⎣2⎦"]), (((1, 2),), ["[1  2]"])],
)
def test_values_are_drawn(value: Value, lines: list[str]) -> None:
    assert stacked(value) == lines


def test_blocks_are_joined_at_their_baselines() -> None:
    formula = stacked_block(parse("(n + m)/s"))
    assert formula.baseline == 1
    assert joined(["o = ", formula, Block(["below", "below"], 0)]).lines == [
        "    n + m     ",
        "o = ─────below",
        "      s  below",
    ]
    assert joined([(["one", "two"], 1), "!"]) == Block(["one ", "two!"], 1)


def test_a_range_is_drawn() -> None:
    assert stacked(parse_range("t in 1..T")) == ["t in 1..T"]
    assert stacked(parse_range("t in 1..n/2")) == ["          n", "t in 1 .. ─", "          2"]


def test_accents_take_no_column() -> None:
    """x̄ is two characters but one column, so the bar of a fraction and what follows stay in place."""
    assert stacked(parse("x̄/n + C̃ₜ/(n + 1) + 1")) == [
        "x̄    C̃ₜ",
        "─ + ───── + 1",
        "n   n + 1",
    ]
