"""A small lesson that uses every kind of block and every kind of inline."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from dlcalc.document import (
    Choice,
    Code,
    CodeText,
    Document,
    Emphasis,
    Entry,
    Equation,
    Figure,
    Formula,
    Grid,
    Heading,
    Items,
    Key,
    Math,
    Note,
    Paragraph,
    Part,
    Question,
    Response,
    Steps,
    Strong,
    Table,
    Words,
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


def size_key(keyed: bool) -> Key | None:
    """⌊(227 − 11)/4⌋ + 1 = 55, worked out; 56 would be another convention, 54 is a mistake."""
    working = Steps((("the output size", Equation("o", (size(Literal(227), Literal(11), Literal(4)), 55))),))
    wrong = Response(54, Fraction(0), "the 1 for the first window is missing", id="no-one")
    half = Response(56, Fraction(1, 2), "windows that stick out are counted", id="ceil")
    return Key(55, (Response(55, Fraction(1), ""), half, wrong), (working,)) if keyed else None


def made_exam(keyed: bool) -> Document:
    """A first question of every kind of entry, and a second with a table; the key only where it is asked for."""

    def key(value: object, *mistakes: Response) -> Key | None:
        return Key(value, (Response(value, Fraction(1), ""), *mistakes)) if keyed else None

    def choice(words: str, right: bool, because: str) -> Choice:
        return Choice(words, right, because) if keyed else Choice(words)

    n, f, s = Name("n"), Name("f"), Name("s")
    choices = (
        choice("It has no biases", False, "each filter has one"),
        choice("It shares its weights", True, "one filter serves all places"),
    )
    several = (
        choice("dropout", True, "no weights"),
        choice("pooling", True, "no weights either"),
        choice("dense", False, "it is all weights"),
    )
    blank = Entry(
        "2.conv-1.parameters", "integer", key=key(34944, Response(34848, Fraction(0), "no biases", id="bias"))
    )
    pool = Entry("2.pool-1.output", "shape", key=key((27, 27, 96)))
    grid = Grid(("layer", "output", "parameters"), (("conv-1", "55 × 55 × 96", blank), ("pool-1", pool, "0")))

    def part(label: str, points: Fraction | int, asked: Words, entry: Entry) -> Part:
        return Part(label, Fraction(points), (Paragraph(asked),), entry)

    parts = (
        part("a", 2, ("How wide is the output for ", Math(s), " = 4?"), Entry("1.a", "integer", key=size_key(keyed))),
        part("b", 1, "What is its shape?", Entry("1.b", "shape", key=key((55, 55, 96)))),
        part("c", Fraction(1, 2), "Its size in general?", Entry("1.c", "expression", key=key(size(n, f, s)))),
        part("d", 1, "The mean?", Entry("1.d", "number", key=key(0.125))),
        part("e", 1, "Why so few weights?", Entry("1.e", "choice", choices, key=key("B"))),
        part("f", 1, "Which learn nothing?", Entry("1.f", "choice", several, True, key("A, B"))),
        part("g", 1, "In a sentence: why?", Entry("1.g", "text", key=key("weights are shared"))),
    )
    given = Paragraph("A filter of width 11 moves over 227 pixels.")
    note = "11 over 227" if keyed else ""
    table = Part("", Fraction(4), (Paragraph("Fill in the table."), grid))
    questions = (
        Question(1, "A convolution", Fraction(15, 2), (given,), parts, "conv-size", "convolution", note),
        Question(2, "A table", Fraction(4), (), (table,), "alexnet-table", "networks"),
    )
    facts = (("Code", "7F3K"), ("Name", ""))
    return Document(
        "Deep learning, first exam", (Paragraph("Show your work."), *questions), facts=facts, date="2026-03-01"
    )


@pytest.fixture
def exam() -> Document:
    """The exam as it is handed out."""
    return made_exam(False)


@pytest.fixture
def exam_key() -> Document:
    """The same exam with its key."""
    return made_exam(True)


def made_of(text: str) -> Document:
    """An exam with its key that says the text wherever words can stand, in words of every kind."""
    words: Words = (text, " ", Strong(text), " ", Emphasis(text), " ", CodeText(text))
    wrong = Response(6, Fraction(0), words, id="m")
    half = Response(7, Fraction(1, 2), words, id="c")
    working = (Paragraph(words), Steps(((words, Equation("o", (1,), words)),)), Code(text), Note("hint", words))
    entry = Entry("1.a", "number", key=Key(5, (half, wrong), working))
    cell = Entry("1.b.x", "text", key=Key(words, (wrong,)))
    choices = (Choice(words, True, words), Choice(words, False, words))
    said = Paragraph(words)
    parts = (
        Part("a", Fraction(1), (said, Items((words,))), entry),
        Part("b", Fraction(1), (Grid((words, words), ((words, cell),)),)),
        Part("c", Fraction(1), (said,), Entry("1.c", "choice", choices, key=Key(words))),
    )
    question = Question(1, text, Fraction(3), (said, Table((words, "b"), ((words, "c"),), caption=words)), parts)
    return Document(text, (said, question), facts=(("Code", text), ("Name", "")))


@pytest.fixture
def exam_saying() -> Callable[[str], Document]:
    return made_of
