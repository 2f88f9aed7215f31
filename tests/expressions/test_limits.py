"""Hostile and silly input: every text is a value or an error of ours, soon, whatever it holds."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.errors import ExpressionError, UserError
from dlcalc.expressions.answers import agrees, read_answer
from dlcalc.expressions.derive import derivative
from dlcalc.expressions.evaluate import compile_node, evaluate, substitute
from dlcalc.expressions.functions import FUNCTIONS
from dlcalc.expressions.inverse import Constraint, solve
from dlcalc.expressions.limits import (
    LIMIT_BITS,
    LIMIT_CELLS,
    LIMIT_WORK,
    LimitError,
    WorkError,
    bounded,
    over,
    plus,
    spend,
    times,
    within_budget,
)
from dlcalc.expressions.nodes import Kind, Node, Value, names_in, to_node
from dlcalc.expressions.parser import parse, parse_range
from dlcalc.expressions.printing import latex, mathml, plain, stacked, text, typst
from dlcalc.expressions.reader import MAX_DEPTH, MAX_LEVELS

DIGITS = "a number of more than 1234 digits is too large"
WORK = "the sums, products, arrays and large numbers in this are too much work"
VECTOR_OF_90 = f"({', '.join(['9'] * 90)})"
VECTOR_OF_101 = f"({', '.join(['9'] * 101)})"


@each_row(
    ("text", "rule"),
    [
        ("(" * 10_000, "an expression has at most 6000 characters, not 10000"),
        ("-" * 20_000 + "1", "an expression has at most 6000 characters, not 20001"),
        ("+".join("1" * 40_000), "an expression has at most 6000 characters, not 79999"),
        ("(" * 2000, "an expression is nested at most 40 deep"),
        ("-" * 2000 + "1", "an expression has at most 2000 symbols"),
        ("-" * 1900 + "1", "an expression is nested at most 40 deep"),
        ("√" * 1900 + "1", "an expression is nested at most 40 deep"),
        ("1" + "/2" * 900, "an expression has at most 100 levels of operations"),
        ("9" * 51, "a number has at most 50 digits"),
        ("9^9^9^9", f"{DIGITS}: 9^387420489"),
        ("10^10^8", f"{DIGITS}: 10^100000000"),
        ("2^2^2^2^2^2", f"{DIGITS}: 2^65536"),
        ("2^(2^13)", f"{DIGITS}: 2^8192"),
        ("(1/9)^(10^9)", f"{DIGITS}: 1/9^1000000000"),
        ("(10^1000)(10^1000)", DIGITS),
        ("10^1200" + "*10^1200" * 300, DIGITS),
        (" + ".join(f"1/(10^1200 + {k})" for k in range(180)), DIGITS),
        ("((((2^1000)^2)^2)^2)^2", f"{DIGITS}: 131820409343… (1205 characters)^2"),
        ("[9, 1; 1, 9]^64 + [9, 1; 1, 9]^64*[9, 1; 1, 9]^64*(10^1200)", DIGITS),
        ("(([9, 1; 1, 9]^64)^64)^64", DIGITS),
        ("(10^1000, 1) ⊙ (10^1000, 1)", DIGITS),
        ("prod((10^1000, 10^1000))", DIGITS),
        ("((((2a)^99)^99)^99)^99", DIGITS),
        ("Σ_{j=1}^{10^9} j", "j may take 20000 values at most, not 1000000000"),
        ("Σ_{j=1}^{10^1000} j", "j may take 20000 values at most, not 100000000000… (1001 characters)"),
        ("Σ_{j=1}^{20000} Σ_{k=1}^{20000} j k", WORK),
        ("Σ_{i=1}^{99} Σ_{j=1}^{99} Σ_{k=1}^{99} Σ_{l=1}^{99} 1", WORK),
        (" + ".join(["Σ_{j=1}^{20000} j"] * 100), WORK),
        ("Σ_{j=1}^{20000} 1/j", WORK),
        ("Σ_{j=1}^{20000} x^j", WORK),
        ("Π_{j=1}^{20000} (x + j)", WORK),
        ("Π_{j=1}^{20000} j", DIGITS),
        ("Σ_{j=1}^{10000} mod(9^1200 j, 7)", WORK),
        ("Σ_{j=1}^{9000} (x + j)(y + j)/(z + j)", WORK),
        ("Σ_{j=1}^{2000} [1, 2; 3, 4]^64", WORK),
        (f"{VECTOR_OF_101} ⊗ {VECTOR_OF_101}", "an array that is computed has at most 10000 numbers, not 101×101"),
        (f"diag({VECTOR_OF_101})", "an array that is computed has at most 10000 numbers, not 101×101"),
        (f"{VECTOR_OF_101} {VECTOR_OF_101}^⊤", "an array that is computed has at most 10000 numbers, not 101×101"),
        (f"diag({VECTOR_OF_90})^2", "a matrix product takes at most 200000 multiplications, not 729000"),
        (f"diag({VECTOR_OF_90})" + " + 1" * 200, WORK),
        ("10^400 exp(1)", "the result is too large for a decimal number"),
        ("exp(exp(exp(exp(9))))", "exp(8103.083927575384) is too large for a decimal number"),
    ],
)  # fmt: skip
def test_what_is_too_large_is_refused(text: str, rule: str) -> None:
    """Length, symbols, depth, digits, numbers, ranges, arrays and work are bounded, each with its own sentence."""
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        evaluate(parse(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2^4096", 2**4096),
        ("1^(10^40)", 1),
        ("Σ_{j=1}^{20000} j", 200_010_000),
        ("Σ_{i=1}^{100} Σ_{j=1}^{100} (i + j)", 1_010_000),
        ("sum(diag((1, 2, 3))^64)", 1 + 2**64 + 3**64),
        (f"sum({VECTOR_OF_90} ⊗ {VECTOR_OF_90})", 81 * 90**2),
        ("+".join("1" * 900), 900),
        ("+".join(["Σ_{j=1}^{100} j"] * 50), 50 * 5050),
        ("(" * 39 + "7" + ")" * 39, 7),
        ("1" + "/2" * 99, Fraction(1, 2**99)),
    ],
)
def test_what_is_large_but_allowed(text: str, expected: Value) -> None:
    """The limits leave room for everything that a course asks."""
    assert evaluate(parse(text)) == expected


DEEPEST = (
    "(" * (MAX_DEPTH - 1) + "x" + ")" * (MAX_DEPTH - 1),
    "tanh(" * (MAX_DEPTH - 1) + "x" + ")" * (MAX_DEPTH - 1),
    "max(1, " * (MAX_DEPTH - 1) + "x" + ")" * (MAX_DEPTH - 1),
    "1/(2 + " * (MAX_DEPTH - 1) + "x" + ")" * (MAX_DEPTH - 1),
    "(x + 2(" * (MAX_DEPTH // 2 - 1) + "x" + "))" * (MAX_DEPTH // 2 - 1),
    "sum(j=1..1, " * (MAX_DEPTH - 1) + "x" + ")" * (MAX_DEPTH - 1),
    "x^" * (MAX_DEPTH - 1) + "2",
    "x" + "/y" * (MAX_LEVELS - 1),
    "-" * (MAX_DEPTH - 1) + "x",
)


@pytest.mark.parametrize("text_of_it", DEEPEST)
def test_the_deepest_tree_can_be_used(text_of_it: str) -> None:
    """What is read is not too deep for evaluating, folding, deriving, substituting, printing and comparing."""
    node = parse(text_of_it)
    for use in (evaluate, compile_node, plain, text, latex, typst, mathml, stacked, names_in, hash):
        use(node)
    assert "x" not in names_in(substitute(node, {"x": 3}))
    values: dict[str, Value] = {"x": Fraction(1, 3), "y": 1}
    assert attempt(to_node(evaluate(node)), values) == attempt(node, values)
    attempt_derivative(node)


def attempt(node: Node, values: dict[str, Value] | None = None) -> Value:
    """The value, or our error."""
    try:
        return evaluate(node, values)
    except UserError as error:
        return str(error)


def attempt_derivative(node: Node) -> None:
    """The derivative, or our error."""
    try:
        derivative(node, "x")
    except UserError:
        return


def test_a_budget_is_for_all_of_one_evaluation() -> None:
    """What is spent in one part is missing in the others; the next evaluation has a budget of its own."""

    def work(*units: int) -> int:
        for each in units:
            spend(each)
        return sum(units)

    assert within_budget(lambda: work(LIMIT_WORK)) == LIMIT_WORK
    assert within_budget(lambda: within_budget(lambda: work(6), limit=1) + work(4), limit=10) == 10
    with pytest.raises(WorkError, match=f"^{re.escape(WORK)}$"):
        within_budget(lambda: within_budget(lambda: work(6), limit=100) + work(5), limit=10)
    assert work(10**9) == 10**9


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (Fraction(4, 2), 2),
        (Fraction(1, 3), Fraction(1, 3)),
        (2**LIMIT_BITS - 1, 2**LIMIT_BITS - 1),
        ((1,), (1,)),
    ],
)
def test_what_is_within_bounds_is_itself(value: Value, expected: Value) -> None:
    """A whole fraction is a whole number; an array is not looked into."""
    assert bounded(value) == expected
    assert type(bounded(value)) is type(expected)


@pytest.mark.parametrize(
    "value", [2**LIMIT_BITS, -(2**LIMIT_BITS), Fraction(1, 2**LIMIT_BITS), Fraction(2**LIMIT_BITS, 3)]
)
def test_what_has_too_many_digits(value: Value) -> None:
    """Above and below the line of a fraction."""
    with pytest.raises(LimitError, match=f"^{DIGITS}$"):
        bounded(value)


@pytest.mark.parametrize("operation", [plus, times, over])
def test_a_float_does_not_overflow(operation: object) -> None:
    """Mixed with a number that no float can hold, the error is ours."""
    assert callable(operation)
    with pytest.raises(LimitError, match=r"^the result is too large for a decimal number$"):
        operation(10**400, 0.5)
    with pytest.raises(LimitError, match=r"^the result is too large for a decimal number$"):
        bounded(float("inf"))


# Any text at all.

WORDS = (
    *("0", "1", "2", "7", "0.5", "1e3", "9e40", "n", "m", "x", "h", "W", "T", "j", "nm", "theta", "yhat", "pi", "e"),
    *FUNCTIONS,
    *("+", "-", "*", "/", "//", "%", "^", "**", "²", "⁻¹", "ᵀ", "^T", "_", "_t", "ₜ", "ₜ₋₁", "⊙", "⊗", "=", "<", "≥"),
    *("(", ")", "[", "]", "{", "}", "|", "‖", "⌊", "⌋", "⌈", "⌉", "√", ",", ";", "..", " ", "&", "\\\\"),
    *(" and ", " or ", "not ", " in ", "otherwise", "Σ", "Π", "Σ_{j=1}^{3} ", "Π_{j=1..T} ", "prod_desc(j=1..3, "),
    *("sum(j=1..9, ", "conv(n=3)", "conv.o", r"\frac", r"\frac{1}{2}", r"\sqrt", r"\hat{y}", r"\left(", r"\right)"),
    *(r"\begin{bmatrix}", r"\end{bmatrix}", r"\begin{cases}", r"\end{cases}", r"\sum_{j=1}^{3}", r"\text{ and }"),
    *(
        r"\cdot",
        r"\top",
        r"\theta",
        r"\mathrm{relu}",
        "θ",
        "ŷ",
        "∂",
        "$",
        "__import__",
        "'",
        '"',
        "!",
        "\\",
        "\x00",
        "é",
    ),
)
KINDS = {"h": Kind.VECTOR, "W": Kind.MATRIX, "n": Kind.SCALAR, "m": Kind.SCALAR}
VALUES: dict[str, Value] = {
    "h": (1, Fraction(-1, 2)),
    "W": ((1, 2), (3, 0)),
    "n": 3,
    "m": Fraction(5, 2),
    "x": -2,
    "T": 2,
}


def read(text: str) -> Node | ExpressionError:
    """The tree, or the error."""
    try:
        return parse(text, KINDS)
    except ExpressionError as error:
        return error


texts = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=25).map("".join))


@given(texts)
@settings(max_examples=1000)
@example("tanh^2(1,2)")
@example("mod^2(1)")
@example("prod_desc(3)")
@example("2^(1,2)")
@example("((1,2),(3,))ᵀ")
@example("softmax((1,(2,3)))")
@example("x^" + "-" * 1900 + "1")
@example("W" + "^T^W" * 450)
@example("10^400 exp(1)")
@example("ln(1/10^400)")
def test_any_text_is_a_value_or_an_error_of_ours(text: str) -> None:
    """Reading raises nothing but ExpressionError, working it out nothing but UserError, with letters and without."""
    node = read(text)
    if isinstance(node, ExpressionError):
        assert node.position is None or 0 <= node.position <= len(text)
        assert "\n" not in node.rule
        return
    for values in ({}, VALUES):
        attempt(node, values)
    attempt(to_node(substitute(node, VALUES)))
    attempt_derivative(node)


@given(texts)
@settings(max_examples=300)
def test_any_answer_is_read_or_refused(text: str) -> None:
    """As an answer, as a shape and as a range, too."""
    for shape in (False, True):
        try:
            answer = read_answer(text, KINDS, shape)
        except UserError:
            continue
        assert agrees(3, answer) in (True, False)
    try:
        parse_range(text, KINDS)
    except ExpressionError:
        return


@given(st.lists(st.sampled_from(WORDS), max_size=12).map("".join))
@settings(max_examples=300)
def test_any_equation_is_solved_or_refused(text: str) -> None:
    """An inverse question about any expression in n and m ends, with solutions or with an error of ours."""
    try:
        evaluator = compile_node(parse(text, ["n", "m"]))
    except UserError:
        return
    wanted = Constraint(lambda values: evaluator({**VALUES, **values}), 3, 5)
    try:
        found = solve([wanted], {"n": (-3, 4), "m": (1, 9)})
    except UserError:
        return
    assert found.count >= len(found.found)


def test_cells_are_counted_before_they_are_made() -> None:
    """The largest array that is allowed is made."""
    side = int(LIMIT_CELLS**0.5)
    vector = tuple(range(side))
    assert len(evaluate(parse("h ⊗ h", KINDS), {"h": vector})) == side
