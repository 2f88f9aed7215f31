"""Answers as people write them, and when a value is what was answered."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rows import each_row

from dlcalc.errors import ExpressionError, UserError
from dlcalc.expressions import answers
from dlcalc.expressions.answers import (
    SHOWN,
    SIGNIFICANT,
    Answer,
    agrees,
    digits_asked,
    fit,
    read_answer,
    read_number,
    read_scalar,
    split_shape,
    unwrapped,
)
from dlcalc.expressions.nodes import Name, Value
from dlcalc.expressions.parser import parse
from dlcalc.expressions.tokens import MAX_LENGTH


@each_row(
    ("text", "expected"),
    [
        ("55", 55),
        (" 55 ", 55),
        ("+55", 55),
        ("-5", -5),
        ("−5", -5),
        ("007", 7),
        ("55.", 55),
        ("55.0", 55),
        ("0.0505", Fraction(505, 10_000)),
        (".5", Fraction(1, 2)),
        ("1e-3", Fraction(1, 1000)),
        ("1E3", 1000),
        ("2.5e+2", 250),
        ("34,944", 34_944),
        ("-34,944", -34_944),
        ("62,378,344", 62_378_344),
        ("34 944", 34_944),
        ("34'944", 34_944),
        ("34’944", 34_944),
        ("34_944", 34_944),
        ("34\u00a0944", 34_944),
        ("34\u2009944", 34_944),
        ("34\u202f944", 34_944),
        ("1,234.5", Fraction(2469, 2)),
        ("1 234.25", Fraction(4937, 4)),
    ],
)
def test_plain_numbers(text: str, expected: int | Fraction) -> None:
    """Signs, decimals, powers of ten, and thousands in groups of three; a whole number is an int."""
    found = read_number(text)
    assert found == expected
    assert type(found) is type(expected)


@each_row(
    "text",
    [
        "",
        ".",
        "-",
        "n",
        "5,5",
        "34,94",
        "34,9444",
        "3494,4",
        "1,234,56",
        "1234,567",
        ",123",
        "34,,944",
        "34 94",
        "1,234 567",
        "1.234.567",
        "1e",
        "1e1000",
        "2/3",
        "5 %",
        "0x10",
        "1e3.5",
        "--5",
        "٣",
        "５５",
        "9" * 51,
        "inf",
        "nan",
        "Infinity",
        "1__000",
    ],
)
def test_what_is_no_plain_number(text: str) -> None:
    """Malformed groups, other scripts' digits, words and sums are not taken for numbers."""
    assert read_number(text) is None


@each_row(
    "text",
    [
        "55x55x96",
        "55 x 55 x 96",
        "55X55X96",
        "55×55×96",
        "55 × 55 × 96",
        "55*55*96",
        "55✕55✕96",
        "[55,55,96]",
        "[55, 55, 96]",
        "(55,55,96)",
        "(55; 55; 96)",
        "{55, 55, 96}",
        "[55x55x96]",
        "[55 × 55 × 96]",
        "55, 55, 96",
        "55,55,96",
        "55;55;96",
        "55 55 96",
        "[55 55 96]",
        " 55.0 x 55 x 96 ",
        "(54+1) x (55) x 3(32)",
        "[54 + 1, 110/2, 3(32)]",
    ],
)
def test_shapes(text: str) -> None:
    """×, x, commas, semicolons and spaces separate the parts, brackets around all of them say nothing."""
    assert read_answer(text, shape=True).value == (55, 55, 96)


@each_row(
    ("text", "parts"),
    [
        ("112,112,128", (112, 112, 128)),
        ("(112, 112, 128)", (112, 112, 128)),
        ("34,944", (34_944,)),
        ("[34,944]", (34, 944)),
        ("34 944", (34, 944)),
        ("4096", (4096,)),
        ("[4096]", (4096,)),
        ("1,000x2", (1000, 2)),
        ("n x n x k", ("n", "n", "k")),
        ("(n+1)x(n+1)", ("n + 1", "n + 1")),
        ("(n - f)/s + 1, k", ("(n - f)/s + 1", "k")),
        ("min(n, 3), 5", ("min(n, 3)", 5)),
        ("floor(n/2)×floor(n/2)", ("floor(n/2)", "floor(n/2)")),
    ],
)
def test_shapes_of_more_kinds(text: str, parts: tuple[int | str, ...]) -> None:
    """Three groups of three digits are three parts; brackets belong to a part unless they enclose all."""
    expected = tuple(parse(part) if isinstance(part, str) else part for part in parts)
    assert read_answer(text, shape=True).value == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2/3", Fraction(2, 3)),
        ("−2/3", Fraction(-2, 3)),
        ("3·4", 12),
        ("2^10", 1024),
        ("(3*11^2 + 1)*96", 34_944),
        ("ln(10)", math.log(10)),
        ("√2", math.sqrt(2)),
        ("[1, 2; 3, 4]", ((1, 2), (3, 4))),
    ],
)
def test_sums_are_worked_out(text: str, expected: Value) -> None:
    """An answer may be an expression, which counts as exact."""
    answer = read_answer(text)
    assert answer == Answer(text, expected)


def test_letters_stay() -> None:
    """An answer in letters is folded and kept."""
    assert read_answer("4(nm + m² + m)").value == parse("4(n m + m^2 + m)")
    assert read_answer("stride + 1", ["stride"]).value == parse("stride + 1", ["stride"])


@each_row(
    ("text", "unit", "significant"),
    [
        ("0.0505", Fraction(1, 10_000), 3),
        ("0.050", Fraction(1, 1000), 2),
        ("0.05", Fraction(1, 100), 1),
        ("2.303", Fraction(1, 1000), 4),
        ("−1.069", Fraction(1, 1000), 4),
        ("1e-3", Fraction(1, 1000), 1),
        ("2.30e-3", Fraction(1, 10**5), 3),
        ("5.00", Fraction(1, 100), 3),
        ("5.", Fraction(1), 1),
        ("1.5e3", Fraction(100), 2),
        ("55", Fraction(0), 0),
        ("2/3", Fraction(0), 0),
    ],
)
def test_how_exactly_a_decimal_is_written(text: str, unit: Fraction, significant: int) -> None:
    """One unit in the last place, and the significant digits; only decimals have them."""
    answer = read_answer(text)
    assert (answer.unit, answer.significant) == (unit, significant)


@each_row(
    ("value", "text", "right"),
    [
        (34_944, "34,944", True),
        (34_944, "34943", False),
        (Fraction(2, 3), "2/3", True),
        (Fraction(2, 3), "4/6", True),
        (Fraction(2, 3), "0.667", True),
        (Fraction(2, 3), "0.66667", True),
        (Fraction(2, 3), "0.666", False),
        (Fraction(2, 3), "0.67", False),
        (Fraction(217, 4), "54.25", True),
        (Fraction(217, 4), "54.3", True),
        (Fraction(217, 4), "54.2", True),
        (Fraction(217, 4), "54.4", False),
        (Fraction(217, 4), "54", False),
        (Fraction(1, 4), "0.25", True),
        (math.sqrt(2 / 784), "0.0505", True),
        (math.sqrt(2 / 784), "0.050508", True),
        (math.sqrt(2 / 784), "5.05e-2", True),
        (math.sqrt(2 / 784), "0.051", False),
        (math.sqrt(2 / 784), "0.0504", False),
        (math.sqrt(2 / 784), "√(2/784)", True),
        (math.log(10), "ln(10)", True),
        (math.log(10), "2.303", True),
        (-1.0690449676, "−1.069", True),
        (55, "55.0", True),
        (55, "55.2", False),
        (10_000, "9999.9", False),
        (3, "√9.0000000000001", True),
        (True, "1", True),
        (Fraction(1, 12), "0.1", False),
    ],
)
def test_when_a_number_is_right(value: Value, text: str, right: bool) -> None:
    """Exactly, or rounded to three significant digits at least; a whole value is never rounded."""
    assert agrees(value, read_answer(text)) is right
    assert SIGNIFICANT == 3


@pytest.mark.parametrize(
    ("value", "text", "right"),
    [
        ((55, 55, 96), "55x55x96", True),
        ((55, 55, 96), "55x55x95", False),
        ((55, 55, 96), "55x55", False),
        ((55,), "55", True),
        ((Name("n"), 3), "n x 3", True),
        ((Name("n"), 3), "m x 3", False),
        (55, "55x55", False),
    ],
)
def test_when_a_shape_is_right(value: Value, text: str, right: bool) -> None:
    """Part by part, and as many of them."""
    assert agrees(value, read_answer(text, shape=True)) is right


def test_an_array_is_compared_entry_by_entry() -> None:
    """A matrix agrees when all its entries do, as exactly as they were written."""
    answer = Answer("", ((Fraction(-1069, 1000), 0), (1, 2)), Fraction(1, 1000), 4)
    assert agrees(((-1.06904, 0), (1, 2)), answer)
    assert not agrees(((-1.06904, 0), (1, 3)), answer)
    assert not agrees((-1.06904, 0), answer)


def test_a_long_decimal_is_the_number_that_a_machine_has() -> None:
    """12 digits of 10/9 may be off in the last one, as a machine's are; 11 are rounded by whoever wrote them."""
    assert agrees(Fraction(10, 9), read_answer("1.11111111112"))
    assert not agrees(Fraction(10, 9), read_answer("1.1111111112"))


@pytest.mark.parametrize(
    ("value", "text", "right"),
    [
        (2, "√2·√2", True),
        (2, "√4.001", False),
        (2, "√2·√2 + 10^(-7)", False),
        (math.sqrt(2), "2/√2", True),
        (math.sqrt(2), "√2.00001", False),
        (Fraction(1, 3), "ln(e)/3", True),
        (Fraction(1, 3), "√(1/9 + 10^(-6))", False),
    ],
)
def test_what_is_worked_out_in_floats_is_right_but_for_their_rounding(value: Value, text: str, right: bool) -> None:
    """√2·√2 is 2.0000000000000004; nobody rounded on purpose, so 10⁻⁹ of it is all that may be missing."""
    assert agrees(value, read_answer(text)) is right


def test_letters_agree_with_themselves_only() -> None:
    """Expressions are compared at points elsewhere; here only the same tree agrees."""
    assert agrees(parse("n + 1"), read_answer("n + 1"))
    assert not agrees(parse("n + 1"), read_answer("n + 2"))
    assert not agrees(3, read_answer("n"))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "an answer is expected, but there is nothing"),
        ("   ", "an answer is expected, but there is nothing"),
        ("5,5", ", is not expected here"),
        ("34,94", ", is not expected here"),
        ("5 5", "two numbers are side by side: 5 5"),
        ("５５", "５ (fullwidth digit five) has no meaning here"),
        ("n = 3", "a number or an expression is expected, not a comparison"),
        ("3 < 4 and 4 < 5", "a number or an expression is expected, not a comparison"),
        ("1e9999", "a number has at most 50 digits"),
        ("__import__('os')", "' has no meaning here"),
        ("1" * (MAX_LENGTH + 1), f"an answer has at most {MAX_LENGTH} characters, not {MAX_LENGTH + 1}"),
    ],
)
def test_what_is_no_answer(text: str, rule: str) -> None:
    """The sentence says what is wrong with it."""
    with pytest.raises(ExpressionError, match=f"^{re.escape(rule)}$"):
        read_answer(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("55x", "an expression is expected, but there is nothing"),
        ("[]", "an expression is expected, but there is nothing"),
        ("55xx96", "an expression is expected, but there is nothing"),
        ("55, 55,", "an expression is expected, but there is nothing"),
        ("55 x (96", "( is not closed: ) is expected"),
        ("1x" * MAX_LENGTH, f"an answer has at most {MAX_LENGTH} characters, not {2 * MAX_LENGTH}"),
    ],
)
def test_what_is_no_shape(text: str, rule: str) -> None:
    """A part that is missing is not passed over."""
    with pytest.raises(ExpressionError, match=f"^{re.escape(rule)}$"):
        read_answer(text, shape=True)


def test_an_answer_that_cannot_be_worked_out() -> None:
    """It is an expression, but has no value."""
    with pytest.raises(UserError, match=r"^division by zero: 1/0$"):
        read_answer("1/0")
    with pytest.raises(UserError, match=r"^division by zero: 1/0$"):
        read_scalar("1/(2 - 2)", ())


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("[1, 2]", "1, 2"),
        (" ( 1, 2 ) ", "1, 2"),
        ("{1}", "1"),
        ("(a)(b)", "(a)(b)"),
        ("(a)x(b)", "(a)x(b)"),
        ("((a)x(b))", "(a)x(b)"),
        ("(a", "(a"),
        ("a)", "a)"),
        ("()", ""),
        ("n", "n"),
        ("", ""),
    ],
)
def test_brackets_that_enclose_all(text: str, inner: str) -> None:
    """One pair is taken off, if it closes only at the end."""
    assert unwrapped(text) == inner


def test_an_x_inside_brackets_separates_nothing() -> None:
    """Only what stands outside all brackets is a separator."""
    assert split_shape("(axb)×⌊n×m⌋x3") == ["(axb)", "⌊n×m⌋", "3"]


@given(st.integers(-(10**15), 10**15))
def test_grouped_numbers_are_read_back(number: int) -> None:
    """Whatever Python groups by commas, spaces or underscores is that number again."""
    for separator in (",", "_", " ", "'", "\u202f"):
        assert read_number(f"{number:,}".replace(",", separator)) == number


@given(st.fractions(-100, 100, max_denominator=997), st.integers(1, 6))
def test_rounding_is_right_and_off_by_one_is_not(value: Fraction, places: int) -> None:
    """A value rounded to enough digits agrees; one unit further it does not."""
    answer = read_answer(f"{float(value):.{places}f}")
    assume(value.denominator > 1 and SIGNIFICANT <= answer.significant <= SHOWN)
    assume(abs(value * 10**places % 1 - Fraction(1, 2)) > 1e-6)
    assert agrees(value, answer)
    wrong = read_answer(f"{float(value) + 1.01 / 10**places:.{places}f}")
    assert not agrees(value, wrong)


@each_row(
    ("value", "text", "expected"),
    [
        (Fraction(2, 3), "0.6666666", "right"),  # what a machine shows
        (Fraction(2, 3), "0.6666", "cut"),
        (Fraction(2, 3), "0.66671", "wrong"),
        (Fraction(2, 3), "0.67", "rounded"),
        (Fraction(2, 3), "0.7", "rounded"),
        (Fraction(2, 3), "0.68", "wrong"),
        (Fraction(2, 3), "1", "wrong"),
        (0.9000000018, "0.9", "right"),  # as many digits as are shown
        (Fraction(12500, 64), "195", "right"),
        (Fraction(25, 12), "2", "rounded"),
        (9472, "9473", "wrong"),
        (9472, "9472.0", "right"),
        (0.0001, "0.00", "rounded"),
    ],
)
def test_how_a_number_agrees(value: Value, text: str, expected: str) -> None:
    assert fit(value, read_answer(text)) == expected


def test_each_number_has_its_own_precision() -> None:
    """One digit of the first does not loosen the second."""
    parts = [read_answer(text) for text in ("0.7", "0.1591")]
    assert fit((0.716298, 0.129055), Answer.of("", parts)) == "wrong"
    assert fit((0.716298, 0.1591), Answer.of("", parts)) == "rounded"
    assert fit((0.7, 0.15912), Answer.of("", parts)) == "right"


def test_a_course_may_ask_fewer_or_more_digits() -> None:
    """0.46 for tanh 0.5 = 0.46211… is right to two digits; 0.462 is too coarse where five are asked, 0.46212 is not."""
    value = 0.46211715726
    assert not agrees(value, read_answer("0.46"))
    assert agrees(value, replace(read_answer("0.46"), asked=2))
    assert agrees(value, read_answer("0.462"))
    assert not agrees(value, replace(read_answer("0.462"), asked=5))
    assert agrees(value, replace(read_answer("0.46212"), asked=5))


@pytest.mark.parametrize(
    ("count", "words"), [(1, "one significant digit"), (3, "three significant digits"), (15, "15 significant digits")]
)
def test_digits_in_words(count: int, words: str) -> None:
    assert digits_asked(count) == words


@given(
    st.fractions(min_value=-1000, max_value=1000, max_denominator=999).filter(lambda value: value.denominator > 1),
    st.integers(-3, 3),
    st.integers(0, 5),
    st.booleans(),
)
def test_what_is_far_away_is_wrong_by_the_exact_rule_too(
    value: Fraction, steps: int, decimals: int, leading: bool
) -> None:
    """The quick look with floats never says more than the exact one: only what no rounding explains is far."""
    unit = Fraction(1, 10**decimals)
    wrote = Fraction(round(value / unit) + steps) * unit
    answer = Answer("", wrote if wrote.denominator > 1 else wrote.numerator, unit if leading else Fraction(0), 3)
    quick = fit(value, answer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "_is_far", lambda *_: False)
        assert fit(value, answer) == quick
