"""The document that every format renders: its words, its equations, its tables."""

from __future__ import annotations

import pytest

from dlcalc.document import (
    LINE_WIDTH,
    CodeText,
    Emphasis,
    Equation,
    Math,
    Strong,
    Table,
    Text,
    inlines,
    lines,
    plain,
    printable,
    sentence,
)
from dlcalc.errors import InternalError
from dlcalc.expressions.nodes import Add, Div, Literal, Name, Neg


def test_words_are_a_string_an_inline_or_several() -> None:
    """However the words are given, a writer sees a row of inlines."""
    assert inlines("output size") == (Text("output size"),)
    assert inlines(Strong("55")) == (Strong("55"),)
    assert inlines(("with ", Math(Name("s")))) == (Text("with "), Math(Name("s")))
    assert inlines("") == (Text(""),)


def test_white_space_is_single_but_fixed_spaces_stay() -> None:
    """A line break in a text never becomes a line of the format; the thin space of 34 848 survives."""
    assert inlines("one\n\n  two\tthree\u2028four\u2029five") == (Text("one two three four five"),)
    assert inlines(CodeText("a\nb")) == (CodeText("a b"),)
    assert inlines("34\u202f848 and\u00a05") == (Text("34\u202f848 and\u00a05"),)


def test_inner_words_are_left_for_when_they_are_read() -> None:
    """What stands inside Strong and Emphasis is itself words."""
    (strong,) = inlines(Strong(("a\nb", Emphasis("c"))))
    assert isinstance(strong, Strong)
    assert inlines(strong.words) == (Text("a b"), Emphasis("c"))


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\x9b", "\r", "\u202e", "\u2066", "\u200f", "\ud800"])
def test_what_cannot_be_printed_goes(character: str) -> None:
    """No control character, lone surrogate or change of direction reaches a format."""
    assert printable(f"a{character}b") == "ab"
    assert inlines(Text(f"a{character}b")) == (Text("ab"),)


def test_printable_text_is_kept_whole() -> None:
    """Letters of any script, symbols, newlines and tabs stay."""
    text = "⌊(n − f)/s⌋ + 1\tдва\n三 é 👍"
    assert printable(text) == text


def test_a_short_chain_is_one_line() -> None:
    """o = n + 1 = 228 fits beside its note."""
    letters = Add((Name("n"), Literal(1)))
    (line,) = lines(Equation("o", (letters, 228), "one more"))
    assert line.left == Name("o")
    assert line.terms == (("=", letters), ("=", Literal(228)))
    assert line.note == "one more"


def test_a_long_chain_gets_a_line_per_right_side() -> None:
    """Where the chain is too long every right side has a line; the name stands on the first, the note by the result."""
    long = Add(tuple(Name(f"n_{i}") for i in range(12)))
    first, second, third = lines(Equation("o", (long, long, 78), "of all"))
    assert (first.left, second.left, third.left) == (Name("o"), None, None)
    assert [line.terms for line in (first, second, third)] == [
        (("=", long),),
        (("=", long),),
        (("=", Literal(78)),),
    ]
    assert (first.note, second.note, third.note) == ("", "", "of all")


def test_a_chain_breaks_beyond_the_width_and_not_at_it() -> None:
    """A chain of exactly LINE_WIDTH characters is one line; one more breaks it."""
    word = "n" * (LINE_WIDTH - len("o = ") - len(" = 7"))
    assert len(lines(Equation("o", (Name(word), 7)))) == 1
    assert len(lines(Equation("o", (Name(word + "n"), 7)))) == 2


def test_the_width_is_that_of_the_letters_in_use() -> None:
    """A profile with long names breaks a chain that short letters leave whole."""
    equation = Equation("o", (Div(Add((Name("n"), Neg(Name("f")))), Name("s")), 55))
    assert len(lines(equation)) == 1
    assert (
        len(lines(equation, {"n": "input_size_of_the_whole_layer", "f": "size_of_the_window", "s": "stride_of_it"}))
        == 2
    )


def test_a_rounded_result_is_not_called_equal() -> None:
    """Only the last sign of a rounded chain is ≈."""
    (line,) = lines(Equation("y", (Name("x"), 0.7311), rounded=True))
    assert [sign for sign, _ in line.terms] == ["=", "≈"]
    (line,) = lines(Equation("y", (0.7311,), rounded=True))
    assert [sign for sign, _ in line.terms] == ["≈"]
    (line,) = lines(Equation(None, (Name("x"), 0.7311), rounded=True))
    assert [sign for sign, _ in line.terms] == ["", "≈"]


def test_without_a_left_side_the_chain_begins_with_the_first_right() -> None:
    """A matrix stands alone; what it equals follows with a sign. A left side that is 0 is still one."""
    (line,) = lines(Equation(None, (((1, 2), (3, 4)), 5)))
    assert line.left is None
    assert [sign for sign, _ in line.terms] == ["", "="]
    (line,) = lines(Equation(0, (Name("x"),)))
    assert (line.left, line.terms) == (Literal(0), (("=", Name("x")),))


def test_a_table_is_rectangular() -> None:
    """A row or a list of alignments that does not match the header is our bug."""
    with pytest.raises(InternalError, match=r"a table's rows and alignments are as long as its header: 1 ≠ 2"):
        Table(("layer", "output"), (("conv-1",),))
    with pytest.raises(InternalError, match=r"a table's rows and alignments are as long as its header: 3 ≠ 2"):
        Table(("layer", "output"), (), ("left", "left", "right"))


def test_columns_are_on_the_left_unless_said() -> None:
    """No alignments mean left, once per column."""
    assert Table(("a", "b"), ()).alignments == ("left", "left")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("the biases were forgotten", "The biases were forgotten."),
        (" a bias is missing", "A bias is missing."),
        ("which row comes first?", "Which row comes first?"),
        ("no sum!", "No sum!"),
        ("already whole.", "Already whole."),
        ("m×n weights", "m×n weights."),
        ("a·b is no sum", "a·b is no sum."),
        ("n weights and m biases", "n weights and m biases."),
        ("f_h rows, not f_w", "f_h rows, not f_w."),
        ("biases: one per filter", "Biases: one per filter."),
    ],
)
def test_a_sentence_has_a_capital_unless_it_begins_with_a_letter_of_a_formula(words: str, told: str) -> None:
    """The article a is a word, the a of a·b is not; one full stop, and none after another end of a sentence."""
    assert sentence(words) == told


def test_plain_words_keep_what_stands_inside_marks() -> None:
    """Strong, emphasised and typed words, one inside another, and an expression as it is typed."""
    words = ("with ", Strong(("all ", Emphasis("two"))), " of ", CodeText("--f"), ", ", Math(Div(Name("n"), Name("s"))))
    assert plain(words) == "with all two of --f, n/s"
