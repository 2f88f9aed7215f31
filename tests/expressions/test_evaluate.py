"""Evaluation of numbers: exact until a transcendental function makes a float."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import each_row

from dlcalc.errors import InternalError, UserError
from dlcalc.expressions.evaluate import compile_node, evaluate, substitute
from dlcalc.expressions.exact import is_near
from dlcalc.expressions.nodes import FormulaCall, Index, Kind, Literal, Name, Node, Range, Reduce, Value, Vector
from dlcalc.expressions.parser import parse


def value(text: str, **values: Value) -> Value:
    """The value of a text."""
    return evaluate(parse(text, tuple(values)), values)


def is_exactly(found: Value, expected: Value) -> bool:
    """Equal and of the same type: 3 is not 3.0."""
    return type(found) is type(expected) and found == expected


@each_row(
    ("text", "expected"),
    [
        ("2 + 3*4 - 5", 9),
        ("7/2", Fraction(7, 2)),
        ("6/2", 3),
        ("1/3 + 1/6", Fraction(1, 2)),
        ("1/3 + 2/3", 1),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("(227 - 11)/4 + 1", 55),
        ("(224 - 11)/4 + 1", Fraction(217, 4)),
        ("floor(7/2)", 3),
        ("floor(-7/2)", -4),
        ("ceil(7/2)", 4),
        ("ceil(-7/2)", -3),
        ("7//2", 3),
        ("-7//2", -4),
        ("mod(7, 3)", 1),
        ("mod(-7, 3)", 2),
        ("mod(7, -3)", -2),
        ("mod(7/2, 1)", Fraction(1, 2)),
        ("7 % 3", 1),
        ("2^10", 1024),
        ("2^-2", Fraction(1, 4)),
        ("(2/3)^3", Fraction(8, 27)),
        ("(2/3)^-3", Fraction(27, 8)),
        ("(-2)^3", -8),
        ("-2^2", -4),
        ("2^3^2", 512),
        ("0^0", 1),
        ("tanh(1)^0", 1),
        ("0^5", 0),
        ("1^(10^30)", 1),
        ("(-1)^(10^30 + 1)", -1),
        ("sqrt(49)", 7),
        ("sqrt(9/4)", Fraction(3, 2)),
        ("4^(1/2)", 2),
        ("4^(-1/2)", Fraction(1, 2)),
        ("√(10^100)", 10**50),
        ("abs(-7/2)", Fraction(7, 2)),
        ("|3 - 5|", 2),
        ("max(2, 7/2, -1)", Fraction(7, 2)),
        ("min(2, 7/2, -1)", -1),
        ("if(3 > 2, 5, 1/0)", 5),
        ("if(3 < 2, 1/0, 5)", 5),
        ("relu(-3) + relu(3/2)", Fraction(3, 2)),
        ("step(0) + step(-1) + step(2)", 1),
        ("exp(0) + tanh(0) + ln(1)", 1),
        ("sigmoid(0)", Fraction(1, 2)),
        ("2^4096 - 2^4096", 0),
        ("Σ_{j=1}^{100} j", 5050),
        ("Π_{j=1}^{5} j", 120),
        ("Σ_{j=1}^{0} j", 0),
        ("Π_{j=5}^{4} j", 1),
        ("Σ_{j=1}^{3} Σ_{k=1}^{j} j k", 25),
        ("Σ_{j=1}^{4} 1/2^j", Fraction(15, 16)),
        ("prod_desc(j=1..4, j)", 24),
        ("Σ_{j=-2}^{2} j^2", 10),
    ],
)
def test_exact_arithmetic(text: str, expected: Value) -> None:
    """Whole numbers and fractions stay what they are, and a whole fraction is a whole number."""
    assert is_exactly(value(text), expected)


@each_row(
    ("text", "expected"),
    [
        ("3 < 4", True),
        ("4 <= 4", True),
        ("3 > 4", False),
        ("4 >= 5", False),
        ("1/2 = 0.5", True),
        ("1/2 != 0.5", False),
        ("(1, 2) = (1, 2)", True),
        ("(1, 2) != (1, 2, 3)", True),
        ("3 < 4 and 4 < 3", False),
        ("3 < 4 or 1/0 = 1", True),
        ("4 < 3 and 1/0 = 1", False),
        ("not 3 < 4", False),
        ("not (3 < 4 and 4 < 3)", True),
    ],
)
def test_truth(text: str, expected: bool) -> None:
    """Comparisons are exact, and what is decided already is not looked at any further."""
    assert value(text) is expected


@each_row(
    ("text", "function", "argument"),
    [
        ("sqrt(2)", math.sqrt, 2),
        ("2^(1/2)", math.sqrt, 2),
        ("exp(1)", math.exp, 1),
        ("ln(10)", math.log, 10),
        ("log(10)", math.log, 10),
        ("log2(10)", math.log2, 10),
        ("log10(2)", math.log10, 2),
        ("tanh(1/2)", math.tanh, 0.5),
        ("e", math.exp, 1),
        ("2^0.3", lambda x: math.pow(2, x), 0.3),
        ("sigmoid(2)", lambda x: 1 / (1 + math.exp(-x)), 2),
        ("sigmoid(-2)", lambda x: 1 / (1 + math.exp(-x)), -2),
        ("softplus(2)", lambda x: math.log(1 + math.exp(x)), 2),
        ("softplus(-2)", lambda x: math.log(1 + math.exp(x)), -2),
        ("sigmoid(-40)", math.exp, -40),
        ("softplus(-40)", math.exp, -40),
        ("sqrt(10^401)", lambda x: x * 1e200, math.sqrt(10)),
        ("sqrt(1/10^401)", lambda x: x * 1e-201, math.sqrt(10)),
        ("ln(10^400)", lambda x: 400 * x, math.log(10)),
        ("ln(1/10^400)", lambda x: -400 * x, math.log(10)),
        ("log10(3/10^1000)", lambda x: math.log10(x) - 1000, 3),
    ],
)
def test_transcendental_functions(text: str, function: Callable[[float], float], argument: float) -> None:
    """A float comes out, as close to the true value as a float can be, however large what goes in."""
    found = value(text)
    assert type(found) is float
    assert found == pytest.approx(function(argument), rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exp(-10^400)", 0.0),
        ("tanh(10^400)", 1.0),
        ("tanh(-10^400)", -1.0),
        ("sigmoid(10^400)", 1.0),
        ("sigmoid(-10^400)", 0.0),
        ("softplus(-10^400)", 0.0),
    ],
)
def test_functions_reach_their_limits(text: str, expected: float) -> None:
    """Far out a bounded function has its limit, not an overflow."""
    assert value(text) == expected


def test_constants_are_numbers_unless_they_have_a_value() -> None:
    """π and e are numbers by themselves, and letters where they are given."""
    assert value("2π") == 2 * math.pi
    assert value("ln(e)") == 1
    assert value("2e", e=3) == 6


@each_row(
    ("text", "rule"),
    [
        ("1/0", "division by zero: 1/0"),
        ("1/(2 - 2)", "division by zero: 1/0"),
        ("n/(2 - 2)", "division by zero: …/0"),
        ("(1/2)/0", "division by zero: 1/2/0"),
        ("1//0", "division by zero: 1/0"),
        ("0^-1", "division by zero: 0^-1"),
        ("mod(3, 0)", "mod by zero: mod(3, 0)"),
        ("sqrt(-2)", "sqrt takes a number that is not negative, not -2"),
        ("(-2)^(1/2)", "a negative number cannot have a power that is not whole: (-2)^1/2"),
        ("(-2)^0.3", "a negative number cannot have a power that is not whole: (-2)^3/10"),
        ("ln(0)", "ln takes a positive number, not 0"),
        ("log2(-1)", "log2 takes a positive number, not -1"),
        ("ln(-10^60)", "ln takes a positive number, not -10000000000… (62 characters)"),
        ("if(3, 1, 2)", "if takes a comparison, not 3"),
        ("not 1/2", "not takes a comparison, not 1/2"),
        ("3 and 4 < 5", "and takes a comparison, not 3"),
        ("(1, 2) < 3", "< compares two numbers, not arrays"),
        ("Σ_{j=1/2}^{3} j", "j runs between whole numbers, not from 1/2 to 3"),
        ("Σ_{j=1}^{(1, 2)} j", "j runs between whole numbers, not from 1 to …"),
        ("Σ_{j=1}^{20001} j", "j may take 20000 values at most, not 20001"),
        ("2^5000", "a number of more than 1234 digits is too large: 2^5000"),
        ("(1/3)^9999", "a number of more than 1234 digits is too large: 1/3^9999"),
        ("exp(1000)", "exp(1000) is too large for a decimal number"),
        ("softplus(10^400)", "the result is too large for a decimal number"),
        ("1.5^1e9", "a number of more than 1234 digits is too large: 3/2^1000000000"),
        ("exp(1)^1000", "the result is too large for a decimal number: 2.718281828459045^1000"),
        ("10^400*exp(1)", "the result is too large for a decimal number"),
        ("10^400 + exp(1)", "the result is too large for a decimal number"),
        ("10^400/exp(1)", "the result is too large for a decimal number"),
        ("mod(10^400, exp(1))", "the result is too large for a decimal number"),
        ("exp(700)*exp(700)", "the result is too large for a decimal number"),
    ],
)
def test_what_has_no_value(text: str, rule: str) -> None:
    """Where arithmetic has no answer, or too long a one, a sentence says why."""
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        value(text)


@pytest.mark.parametrize(
    ("node", "rule"),
    [
        (Range("t", Literal(1), Literal(3)), "a range (t in ...) says how to unroll or search; it has no value"),
        (FormulaCall("conv", (), ()), "conv(...) must be a whole step of a formula"),
    ],
)
def test_what_is_no_expression_has_no_value(node: Range | FormulaCall, rule: str) -> None:
    """Ranges and calls of formulas are for steps, not for sums."""
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        evaluate(node)


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6).filter(bool), st.integers(0, 5))
def test_operators_are_those_of_fractions(a: int, b: int, k: int) -> None:
    """+ − · / and powers agree with Python's exact arithmetic, floor and mod with its division."""
    x, y = Fraction(a, 7), Fraction(b, 12)
    values = {"x": x, "y": y, "k": k, "a": a, "b": b}
    expected = {
        "x + y": x + y,
        "x - y": x - y,
        "x*y": x * y,
        "x/y": x / y,
        "x^k": x**k,
        "y^-k": y**-k,
        "floor(x/y)": x // y,
        "ceil(x/y)": -(-x // y),
        "mod(x, y)": x % y,
        "a//b": a // b,
        "a % b": a % b,
        "a/b": Fraction(a, b),
        "max(x, y) - min(x, y)": abs(x - y),
    }
    for text, number in expected.items():
        found = value(text, **values)
        assert found == number
        assert type(found) is (int if number == int(number) else Fraction)


@given(st.lists(st.fractions(-100, 100, max_denominator=50), min_size=9, max_size=30))
def test_many_terms_and_factors(numbers: list[Fraction]) -> None:
    """Sums and products of many numbers are those of a few, added one by one."""
    values = {f"x_{place}": number for place, number in enumerate(numbers)}
    assert value(" + ".join(values), **values) == sum(numbers)
    assert value(" - ".join(values), **values) == numbers[0] - sum(numbers[1:])
    assert value("*".join(values), **values) == math.prod(numbers)


@given(st.integers(-5, 30), st.integers(-5, 30))
def test_sums_and_products_over_a_range(low: int, high: int) -> None:
    """Σ and Π are loops; an empty range gives 0 and 1."""
    indices = range(low, high + 1)
    assert value("sum(j=low..high, j^2 - j/2)", low=low, high=high) == sum(j**2 - Fraction(j, 2) for j in indices)
    assert value("prod(j=low..high, j + 6)", low=low, high=high) == math.prod(j + 6 for j in indices)


def test_an_index_hides_the_letter_of_the_same_name() -> None:
    """Inside Σ the index counts, in its ends and behind it the value from outside."""
    assert value("Σ_{j=1}^{j} j + j", j=3) == 6 + 3


def test_a_node_of_nobodys_has_no_value() -> None:
    """A kind of node without a rule is a bug of ours, and says so."""
    with pytest.raises(InternalError, match=r"^there is no rule for evaluating a Node \(this is a bug in dlcalc"):
        evaluate(Node())


def test_a_branch_may_be_too_large() -> None:
    """A branch that has no value is left as it is, but not one that is out of reach."""
    assert value("if(n < 3, 1/0, 2)") == parse("if(n < 3, 1/0, 2)")
    with pytest.raises(UserError, match=r"^a number of more than 1234 digits is too large: 9\^9999$"):
        value("if(n < 3, 9^9999, 2)")


def test_a_compiled_expression_is_called_again_and_again() -> None:
    """Nothing of one call is left over for the next."""
    evaluator = compile_node(parse("Σ_{j=1}^{n} (j + k)", ["n", "k"]))
    assert [evaluator({"n": n, "k": 1}) for n in (1, 2, 3, 1)] == [2, 5, 9, 2]


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("(n + 2p - f)/s", {"n": 227, "p": 0, "f": 11, "s": 4}, "(227 + 2*0 - 11)/4"),
        ("n^2", {"n": -3}, "(-3)^2"),
        ("n/2", {"n": Fraction(2, 3)}, "(2/3)/2"),
        ("n + k", {"k": Name("m")}, "n + m"),
        ("Σ_{j=1}^{j} j n", {"j": 3, "n": 2}, "Σ_{j=1}^{3} (j*2)"),
        ("v[2] + n", {"v": (5, 6), "n": 1}, "6 + 1"),
        ("v[n]", {"v": (5, 6)}, "(5, 6)[n]"),
        ("v[t - 1]", {"v": {0: 1, 1: 4}, "t": 2}, "4"),
        ("M[1] + n", {"M": {1: {1: 4}}, "n": 2}, "M[1] + 2"),
        ("v[7] + n", {"v": {1: 4}, "n": 2}, "v[7] + 2"),
    ],
)
def test_values_are_put_in_but_nothing_is_computed(text: str, values: dict[str, Value], expected: str) -> None:
    """The tree as a book prints it before it works it out; an index that is known is the entry itself."""
    found = substitute(parse(text, {"v": Kind.VECTOR, "n": Kind.SCALAR}), values)
    if expected == "(5, 6)[n]":
        assert found == Index(Vector((Literal(5), Literal(6))), (Name("n"),))
    else:
        assert found == parse(expected)


def test_a_sum_with_an_open_end_keeps_its_index() -> None:
    """Values are put into the body of a Σ that cannot be run yet, but not for its own index."""
    found = value("Σ_{j=1}^{T} j k", j=5, k=2)
    assert found == parse("Σ_{j=1}^{T} (j*2)")
    assert isinstance(found, Reduce)
    assert evaluate(found, {"T": 4}) == 20


def test_what_is_put_in_is_not_looked_at_again() -> None:
    """An end that is a letter after all stays that letter."""
    found = evaluate(parse("Σ_{j=1}^{T} k j"), {"T": Name("S"), "S": 3, "k": Name("T")})
    assert found == parse("Σ_{j=1}^{S} T j")


def test_nothing_finite_is_near_what_is_infinite() -> None:
    assert not is_near(math.inf, 1.0)
    assert not is_near(math.inf, -math.inf)
    assert is_near(math.inf, math.inf)
    assert is_near(1.0, 1.0 + 1e-12)
