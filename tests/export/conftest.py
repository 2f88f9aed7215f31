"""A small lesson that uses every kind of block and every kind of inline."""

from __future__ import annotations

import pytest

from dlcalc.document import (
    Code,
    CodeText,
    Document,
    Emphasis,
    Equation,
    Figure,
    Formula,
    Heading,
    Items,
    Math,
    Note,
    Paragraph,
    Steps,
    Strong,
    Table,
)
from dlcalc.expressions.nodes import Add, Call, Div, Literal, Name, Neg, Node


def size(n: Node, f: Node, s: Node) -> Node:
    """⌊(n − f)/s⌋ + 1 in the written order."""
    return Add((Call("floor", (Div(Add((n, Neg(f))), s),)), Literal(1)))


@pytest.fixture
def lesson() -> Document:
    n, f, s = Name("n"), Name("f"), Name("s")
    with_letters = size(n, f, s)
    with_numbers = size(Literal(227), Literal(11), Literal(4))
    return Document(
        "Convolution",
        (
            Paragraph(("A window of ", Math(f), " moves by ", Strong(("the ", Emphasis("stride"))), " ", Math(s), ".")),
            Heading(1, "Output size"),
            Formula((Equation("o", (with_letters, with_numbers, 55)),)),
            Steps((("the span", Equation("a", (Add((n, Neg(f))), 216))), ("the steps", Equation("q", (54,), "whole")))),
            Table(
                ("", "count", "share"),
                (("weights", Math(34848), "99.7 %"), (Strong("all"), Math(34944), "100 %")),
                ("left", "right", "center"),
                "What is learnt",
            ),
            Heading(2, "Kernel"),
            Formula((Equation(None, (((1, 0), (0, -1)),)),)),
            Note("warning", ("One row is never read: try ", CodeText("--p 1"), ".")),
            Items(("first", "second")),
            Code("dlcalc conv --n 227\n\n  --f 11", "sh"),
            Figure('<svg xmlns="http://www.w3.org/2000/svg"/>', "a window"),
        ),
    )
