"""Derivatives as signs, ∂h/∂W and ∂⁺h/∂W, and matrices of blocks."""

from __future__ import annotations

import pytest

from dlcalc.errors import ExpressionError, UserError
from dlcalc.expressions.assembled import PARTIALS
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.kinds import kind_of
from dlcalc.expressions.nodes import Index, Kind, Literal, Mul, Name, Partial
from dlcalc.expressions.parser import parse
from dlcalc.expressions.printing import latex, mathml, plain, stacked, text, typst

NAMES = {"h": Kind.MATRIX, "W": Kind.MATRIX, "L": Kind.VECTOR, "A": Kind.MATRIX, "u": Kind.VECTOR, "m": Kind.SCALAR}


@pytest.mark.parametrize(
    ("written", "top", "bottom", "direct"),
    [
        ("∂L/∂W", "L", "W", False),
        ("∂h[m]/∂h[m-1]", "h[m]", "h[m-1]", False),
        ("∂⁺h_2/∂W", "h[2]", "W", True),
        (r"\frac{\partial L}{\partial W}", "L", "W", False),
        (r"\frac{\partial^{+} h_{m}}{\partial W}", "h[m]", "W", True),
        (r"\frac{\partial^+ h_m}{\partial W}", "h[m]", "W", True),
    ],
)
def test_a_derivative_is_read(written: str, top: str, bottom: str, direct: bool) -> None:
    """On the line and as a fraction."""
    assert parse(written, NAMES) == Partial(parse(top, NAMES), parse(bottom, NAMES), direct)


def test_derivatives_stand_side_by_side() -> None:
    """Each is one sign: no product and no quotient reaches into it."""
    first, second = parse("∂L/∂h[2]", NAMES), parse("∂⁺h[2]/∂W", NAMES)
    for write in (text, plain, latex):
        assert parse(write(Mul((first, second))), NAMES) == Mul((first, second))


def test_a_derivative_in_every_format() -> None:
    node = parse("∂⁺h[m]/∂W", NAMES)
    assert text(node) == "∂⁺hₘ/∂W"
    assert latex(node) == r"\frac{\partial^{+} h_{m}}{\partial W}"
    assert typst(node) == "frac(partial^(+) h_(m), partial W)"
    assert stacked(node) == ["∂⁺hₘ", "────", " ∂W"]
    assert "<mfrac><mrow><msup><mi>∂</mi><mo>+</mo></msup>" in mathml(node)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("∂h", "is divided by another ∂"),
        ("∂h/W", "is divided by another ∂"),
        (r"\frac{\partial h}{W}", "∂ is expected"),
        (r"\frac{\partial h} + 1", "is divided by another ∂"),
        ("∂^2 h/∂W", r"^ is not closed: \+ is expected"),
        ("∂", "the expression ends too early"),
    ],
)
def test_half_a_derivative_is_refused(written: str, sentence: str) -> None:
    with pytest.raises(ExpressionError, match=sentence.replace("^", r"\^")):
        parse(written, NAMES)


def test_a_derivative_has_the_value_that_it_is_given() -> None:
    """The step is put in first; without a value it stays a sign, with its number."""
    node = parse("∂h[m]/∂h[m-1]", NAMES)
    place = Partial(Index(Name("h"), (Literal(3),)), Index(Name("h"), (Literal(2),)))
    assert evaluate(node, {"m": 3, PARTIALS: {place: ((1, 2), (3, 4))}}) == ((1, 2), (3, 4))
    assert evaluate(node, {"m": 3}) == place
    product = parse("prod_desc(m=1..2, ∂h[m]/∂h[m-1])", NAMES)
    values = {Partial(Index(Name("h"), (Literal(t),)), Index(Name("h"), (Literal(t - 1),))): value
              for t, value in ((1, ((1, 1), (0, 1))), (2, ((2, 0), (0, 3))))}  # fmt: skip
    assert evaluate(product, {PARTIALS: values}) == ((2, 2), (0, 3))


def test_kinds_of_derivatives() -> None:
    assert kind_of(parse("∂h[2]/∂W", NAMES)) is Kind.MATRIX
    assert kind_of(parse("∂a/∂b", ["a", "b"])) is Kind.SCALAR


def test_blocks_are_put_together() -> None:
    """0 fills its block, among numbers alone as large as the others; vectors stand on top of each other."""
    values = {"A": ((1, 2), (3, 4)), "u": (5, 6)}
    diagonal = ((1, 2, 0, 0), (3, 4, 0, 0), (0, 0, 1, 2), (0, 0, 3, 4))
    assert evaluate(parse("block([A, 0; 0, A])", NAMES), values) == diagonal
    assert evaluate(parse("block((u, 0))", NAMES), values) == (5, 6, 0, 0)
    assert evaluate(parse("block((0, A))", NAMES), values) == ((0, 0), (0, 0), (1, 2), (3, 4))


def test_blocks_that_do_not_fit() -> None:
    values = {"A": ((1, 2), (3, 4)), "h": ((1, 2, 3),)}
    with pytest.raises(UserError, match="blocks side by side have equal heights"):
        evaluate(parse("block([A, h; h, A])", NAMES), values)
    with pytest.raises(UserError, match="blocks that stand one above the other have equal widths"):
        evaluate(parse("block((A, h))", NAMES), values)
    with pytest.raises(UserError, match="block takes its parts in brackets"):
        evaluate(parse("block(A)", NAMES), values)


def test_blocks_are_bounded() -> None:
    """Zeros that fill a block count as what they become."""
    with pytest.raises(UserError, match="at most 10000 numbers"):
        evaluate(parse("block((A, " + ", ".join("0" for _ in range(40)) + "))", NAMES), {"A": ((0,) * 20,) * 20})


def test_blocks_of_letters_stay() -> None:
    """While one of them has no value."""
    found = evaluate(parse("block([A, W; W, A])", NAMES), {"A": ((1,),)})
    assert text(found).startswith("block(")
    assert evaluate(found, {"W": ((2,),)}) == ((1, 2), (2, 1))


def test_a_row_is_raised_entry_by_entry() -> None:
    """A matrix of one row is a vector lying down: its square is not a matrix product, its diag is a square matrix."""
    assert evaluate(parse("h^2", NAMES), {"h": ((1, 2, 3),)}) == ((1, 4, 9),)
    assert evaluate(parse("diag(h)", NAMES), {"h": ((1, 2),)}) == ((1, 0), (0, 2))
