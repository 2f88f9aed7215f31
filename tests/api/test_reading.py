"""Values as users give them, in Python and as text."""

from __future__ import annotations

from fractions import Fraction

import pytest
from rows import each_row

import dlcalc
from dlcalc.errors import ExpressionError, UserError
from dlcalc.expressions.nodes import Name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20x30", (20, 30)),
        ("20 × 30", (20, 30)),
        ("(20, 30)", (20, 30)),
        ("[20,30]", (20, 30)),
        ("20,30", (20, 30)),
        ("20", 20),
        (" 20 ", 20),
        ("2e1", 20),
        ("40/2", 20),
        ("2(3 + 7)", 20),
    ],
)  # fmt: skip
def test_sizes(text: str, value: object) -> None:
    """Pairs in every spelling, and numbers that are written as a sum."""
    assert dlcalc.conv(n=text, f=3).n == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("784-512-10", (784, 512, 10)), ("784 512 10", (784, 512, 10)), ("[784, 512, 10]", (784, 512, 10)),
     ("784,512,10", (784, 512, 10)), ("2^3 10", (8, 10))],
)  # fmt: skip
def test_vectors(text: str, value: object) -> None:
    """Widths as people write them."""
    assert dlcalc.mlp(u=text).u == value


@pytest.mark.parametrize("text", ["1 2 3", "1, 2, 3", "[1, 2, 3]", "1,2,3"])
def test_vectors_of_decimals(text: str) -> None:
    """Exact, whatever separates them."""
    assert dlcalc.clip(g=text.replace("2", "-2.5"), theta=9).clipped == (1, Fraction(-5, 2), 3)


def test_thousands() -> None:
    """1,024 is a number where only a number can stand; as a size it might be two, so it is refused."""
    assert dlcalc.dense(n="9,216", m="4 096").parameters == 9217 * 4096
    with pytest.raises(UserError, match=r'^n = "1,024": one number, or several\? write 1024 or 1x024$'):
        dlcalc.conv(n="1,024", f=3)
    assert dlcalc.conv(n="1 024", f=3).n == 1024


def test_letters_in_quantities() -> None:
    """A size may be an expression in other letters: 2k in, 2k − 2 out."""
    assert dlcalc.conv(n="2k", f=3).to_dict()["o"] == "2*k - 2"
    assert dlcalc.conv(n=Name("k"), f=3).to_dict()["o"] == "k - 2"


def test_numbers_of_python() -> None:
    """A float is the decimal fraction that it is written as; a whole one is an int, and so is a whole fraction."""
    assert dlcalc.dropout(n=10, p=0.1).keep == Fraction(1, 10)
    for whole in (5, 5.0, Fraction(5), "5", "5.0"):
        found = dlcalc.conv(n=whole, f=3).n
        assert (found, type(found)) == (5, int)


@each_row(
    ("n", "sentence"),
    [
        (True, "n is a number or an expression, not bool"),
        ((True, 3), "n is a number or an expression, not bool"),
        (("20", "30"), "n is a number or an expression, not str"),
        ({}, "n is a number or an expression, not dict"),
        (object(), "n is a number or an expression, not object"),
        (1j, "n is a number or an expression, not complex"),
        ((), "n has no entries"),
        ([[]], "n has no entries"),
        (float("nan"), "n is finite, not nan"),
        ((float("inf"), 3), "n is finite, not inf"),
        (5.5, "n is a whole number ≥ 1, not 11/2"),
        (0, "n is a whole number ≥ 1, not 0"),
        ((1, 2, 3, 4), "n takes one number or 2, one per axis, not 4"),
        ("1/0", 'n = "1/0": division by zero'),
        ("10^10^10", r'n = "10\^10\^10": '),
    ],
)
def test_sizes_that_are_refused(n: object, sentence: str) -> None:
    """By a sentence with the quantity's name."""
    with pytest.raises(UserError, match=f"^{sentence}"):
        dlcalc.conv(n=n, f=3)


@pytest.mark.parametrize(
    ("n", "sentence"),
    [
        ("", 'n = "": an expression is expected, but there is nothing'),
        ("20x", 'n = "20x": an expression is expected, but there is nothing'),
        ("2 +", r'n = "2 \+": '),
        ("first\nsecond", 'n = "first second": '),
        ("__import__('os').system('true')", "n = \"__import__.'os'..system.'true'.\": "),
        ("n" * 60, f'n = "{"n" * 36}…": '),
    ],
)
def test_texts_that_cannot_be_read(n: str, sentence: str) -> None:
    """One line with the quantity and what was typed, cut where it is long."""
    with pytest.raises(ExpressionError, match=f"^{sentence}") as caught:
        dlcalc.conv(n=n, f=3)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "  ", "[]", ","])
def test_empty_lists(text: str) -> None:
    """A vector has numbers."""
    with pytest.raises(UserError, match=r'^u = ".*": a list of numbers is expected, but there is nothing$'):
        dlcalc.mlp(u=text)


@pytest.mark.parametrize("answer", ["0.0505", 0.0505, "0.05051", 0.05051, 0.050507627227610534])
def test_rounded_answers(answer: object) -> None:
    """A decimal counts as far as it is written, in Python as in a text."""
    assert dlcalc.init.check("deviation", answer, "he-normal", n=784, m=512).correct
    assert not dlcalc.init.check("deviation", 0.0506, "he-normal", n=784, m=512).correct


def test_rounded_answers_asked_backwards() -> None:
    """σ = 0.0505 is 783, 784 or 785 inputs; more digits leave 784 alone."""
    for answer in ("0.0505", 0.0505):
        assert [found["n"] for found in dlcalc.init("he-normal", deviation=answer).solutions] == [783, 784, 785]
    assert dlcalc.init("he-normal", deviation=0.050508).solutions == ({"n": 784},)


@pytest.mark.parametrize(
    "answer",
    ["0.0900 0.245 0.665", ".0900 .2447 .6652", (0.09, 0.245, 0.665), [0.09, 0.245, 0.665]],
)
def test_rounded_vectors(answer: object) -> None:
    """Each number to three digits at least; a float of Python's has no zeros at its end."""
    assert dlcalc.activation.check("value", answer, "softmax", z=(1, 2, 3)).correct


@pytest.mark.parametrize("answer", ["0.09, 0.245, 0.665", "[0.090, 0.245, 0.665]", "0.1 0.2 0.7"])
def test_vectors_that_are_rounded_too_far(answer: object) -> None:
    judged = dlcalc.activation.check("value", answer, "softmax", z=(1, 2, 3))
    assert (judged.status, judged.correct) == ("rounded", None)
    assert judged.reason == "it is right, but rounded too much: at least three significant digits are needed"


def test_wrong_vectors() -> None:
    """One number that is off is enough, and so is another length."""
    assert not dlcalc.activation.check("value", "0.091 0.245 0.665", "softmax", z=(1, 2, 3)).correct
    short = dlcalc.activation.check("value", "0.335 0.665", "softmax", z=(1, 2, 3))
    assert (short.status, short.reason) == ("wrong", "3 numbers are expected, not 2")


@pytest.mark.parametrize(
    "answer", ["0.197 -0.197; -0.197 0.197", "0.197 -0.197\n-0.197 0.197", [[0.197, -0.197], [-0.197, 0.197]]]
)
def test_matrices(answer: object) -> None:
    """Rows are separated by a semicolon or stand on lines of their own."""
    assert dlcalc.activation.check("derivative", answer, "softmax", z=(1, 2)).correct


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (True, "o is a number or an expression, not bool"),
        (object(), "o is a number or an expression, not object"),
        ({}, "o is a number or an expression, not dict"),
        ([], "o has no entries"),
        (float("inf"), "o is finite, not inf"),
    ],
)
def test_answers_that_are_refused(answer: object, sentence: str) -> None:
    """Whether they are checked or asked backwards."""
    with pytest.raises(UserError, match=f"^{sentence}"):
        dlcalc.conv.check("o", answer, n=28, f=3)
    with pytest.raises(UserError, match=f"^{sentence}"):
        dlcalc.conv(n=28, f=3, o=answer)


def test_none_is_no_answer_to_check() -> None:
    """There must be something to judge."""
    with pytest.raises(UserError, match=r"^o is a number or an expression, not NoneType$"):
        dlcalc.conv.check("o", None, n=28, f=3)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("s", 'range "s": '),
        ("", 'range "": '),
        ("s=1..x", 'range "s=1..x": a range is written n=1..1000'),
        ("s=1/2..3", 'range "s=1/2..3": a range is written n=1..1000'),
        ("=1..3", 'range "=1..3": '),
    ],
)
def test_ranges_that_are_refused(text: str, sentence: str) -> None:
    """With the range as it was typed."""
    with pytest.raises(UserError, match=f"^{sentence}"):
        dlcalc.conv(n=28, f=3, o=26, ranges=text)


def test_a_list_has_a_limit() -> None:
    """200 numbers are a deep network; more would only take time."""
    assert dlcalc.mlp(u="7 " * 200).layers == 199
    with pytest.raises(UserError, match="a list has at most 200 numbers, not 201"):
        dlcalc.mlp(u="7 " * 201)


def test_brackets_enclose_all_or_belong_to_a_part() -> None:
    """One pair around all is left out; any other must match, and a comma inside one separates nothing."""
    assert dlcalc.conv(n="[(2 + 1)x(3 + 1)]", f=1).o == dlcalc.conv(n="(2+1)x(3+1)", f=1).o == (3, 4)
    assert dlcalc.conv(n="sum(i=1..3, i)", f=1).o == 6
    with pytest.raises(UserError, match=r"\[ is not closed: \] is expected"):
        dlcalc.conv(n="[20, 30")


def test_a_comparison_is_no_value() -> None:
    """3 = 3 is true, and Python's True equals 1: neither a size nor the answer 1."""
    with pytest.raises(ExpressionError, match=r"n = .f = 3.: a number or an expression is expected, not a comparison"):
        dlcalc.conv(n="f = 3")
    assert dlcalc.conv.check("o", "3=3", n=3, f=3).correct is False
