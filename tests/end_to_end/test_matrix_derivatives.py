"""Derivatives in matrix notation: the forms of a course, their readings, what is refused, and answers judged."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from terminal import Terminal

import dlcalc
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.nodes import Kind
from dlcalc.expressions.parser import parse
from dlcalc.expressions.printing import text
from dlcalc.gradients.matrix_calculus import Term, matrix_derivative

FORMS = [
    ("a^T x", "x", "a"),
    ("x^T a", "x", "a"),
    ("a^T x + x^T a", "x", "2a"),
    ("x^T x", "x", "2x"),
    ("x^T A x", "x", "(A + Aᵀ)x"),
    ("x^T A x", "A", "x·xᵀ"),
    ("a^T X b", "X", "a·bᵀ"),
    ("norm(W x - y)^2", "W", "2(Wx − y)xᵀ"),
    ("norm(W x - y)^2", "x", "2Wᵀ(Wx − y)"),
    ("norm(W x - y)^2", "y", "−2(Wx − y)"),
    ("1/2 ||Wx - y||_2^2", "W", "(Wx − y)xᵀ"),
    ("½‖Wx − y‖²", "x", "Wᵀ(Wx − y)"),
    ("(y - X w)^T (y - X w)", "w", "−2Xᵀ(y − Xw)"),
    ("norm(X w - y)^2 + lambda w^T w", "w", "2Xᵀ(Xw − y) + 2λw"),
    ("norm(W)^2", "W", "2W"),
    ("norm(x)", "x", "x/‖x‖"),
    ("norm(x)^4", "x", "4·‖x‖²·x"),
    ("norm(x - y)^3", "x", "3·‖x − y‖·(x − y)"),
    ("theta^T x", "theta", "x"),
    ("θᵀx", "θ", "x"),
    ("e^T x", "x", "e"),
    ("-y^T ln(softmax(z))", "z", "−(diag(softmax(z)) − softmax(z)·softmax(z)ᵀ)(y ⊙ (1/softmax(z)))"),
    ("norm(x)^(-1)", "x", "−(x/‖x‖³)"),
    ("norm(W_2 sigmoid(W_1 x + b_1) - y)^2", "b_1", "2(W₂ᵀ(W₂σ(W₁x + b₁) − y) ⊙ σ(W₁x + b₁) ⊙ (1 − σ(W₁x + b₁)))"),
    ("tr(AX)", "X", "Aᵀ"),
    ("tr(A X^T)", "X", "A"),
    ("trace(X^T X)", "X", "2X"),
    ("tr(X^T A X)", "X", "(A + Aᵀ)X"),
    ("tr(X)", "X", "I"),
    ("softmax(z)", "z", "diag(softmax(z)) − softmax(z)·softmax(z)ᵀ"),
    ("x/norm(x)", "x", "I/‖x‖ − (x·xᵀ)/(‖x‖²·‖x‖)"),
    ("(a^T x) b", "x", "b·aᵀ"),
    ("sigmoid(w^T x + b)", "w", "σ(wᵀx + b)(1 − σ(wᵀx + b))x"),
    ("sigmoid(w^T x + b)", "b", "σ(wᵀx + b)(1 − σ(wᵀx + b))"),
    ("-ln(sigmoid(w^T x))", "w", "−(1 − σ(wᵀx))x"),
    ("norm(relu(W x + b) - y)^2", "b", "2((relu(Wx + b) − y) ⊙ step(Wx + b))"),
    ("norm(exp(W x))^2", "x", "2Wᵀ(exp(Wx) ⊙ exp(Wx))"),
    ("norm(x ⊙ a)^2", "x", "2((x ⊙ a) ⊙ a)"),
    ("(x^T A x)/(x^T x)", "x", "−(2(xᵀAx)x/(xᵀx)²) + (A + Aᵀ)x/(xᵀx)"),
    ("ln(det(X))", "X", "(X⁻¹)ᵀ"),
    (r"\log\det X", "X", "(X⁻¹)ᵀ"),
    ("log|X|", "X", "(X⁻¹)ᵀ"),
    ("ln det(X^T X)", "X", "X((XᵀX)⁻¹ + ((XᵀX)⁻¹)ᵀ)"),
    ("|X|", "X", "det(X)(X⁻¹)ᵀ"),
    ("tr(A X^{-1})", "X", "−(X⁻¹)ᵀAᵀ(X⁻¹)ᵀ"),
    ("tr(X^{-T} A)", "X", "−(X⁻¹)ᵀA(X⁻¹)ᵀ"),
    ("tr(inv(X))", "X", "−(X⁻¹)ᵀ(X⁻¹)ᵀ"),
    ("(x - mu)^T Σ⁻¹ (x - mu)", "mu", "−(Sigma⁻¹ + (Sigma⁻¹)ᵀ)(x − μ)"),
    ("‖X‖_F", "X", "X/‖X‖"),
    ("||x||_1", "x", "sign(x)"),
    ("‖Wx − y‖_1", "x", "Wᵀ(sign(Wx − y))"),
    ("x'Ax", "x", "(A + Aᵀ)x"),
    ("(y - X b)'(y - X b)", "b", "−2Xᵀ(y − Xb)"),
    ("x^T A x", "x,x", "A + Aᵀ"),
    ("norm(W x - y)^2", "x,x", "2WᵀW"),
    ("‖y − Xw‖² + λ‖w‖²", "w,w", "2XᵀX + 2λI"),
    ("x^T A y", "x,y", "A"),
    ("-ln(sigmoid(w^T x))", "w,w", "σ(wᵀx)(1 − σ(wᵀx))x·xᵀ"),
    ("y^T softmax(W x)", "x", "Wᵀ(diag(softmax(Wx)) − softmax(Wx)·softmax(Wx)ᵀ)y"),
]


def test_the_forms_of_a_course() -> None:
    """As they are printed; each agrees with central differences in every entry at two points with other sizes."""
    odd = []
    for expression, wrt, wanted in FORMS:
        found = dlcalc.diff(expression, wrt=wrt)
        assert isinstance(found, dlcalc.api.matrix_differentiating.MatrixDifferentiated)
        if str(found.value) != wanted or found.error is None or found.error > 1e-7:
            odd.append((expression, str(found.value), found.error))
    assert not odd


def test_the_check_would_notice_a_wrong_term() -> None:
    found = dlcalc.diff("x^T A x", wrt="x").found
    assert replace(found, places=found.places[:1]).error > 1e-2
    assert replace(found, places=(Term(Fraction(1), (), (found.by,)),)).error > 1e-2
    assert text(replace(found, places=()).shown) == "0"


def test_numbers_are_those_of_numpy() -> None:
    w, x, y = [[1, 2], [3, -4], [5, 6]], [2, -1], [1, 0, 3]
    at = ["W=1 2; 3 -4; 5 6", "x=2 -1", "y=1 0 3"]
    residual = np.array(w) @ x - y
    by_w = dlcalc.diff("norm(W x - y)^2", wrt="W", at=at).number
    by_x = dlcalc.diff("norm(W x - y)^2", wrt="x", at=at).number
    assert np.array_equal(by_w, 2 * np.outer(residual, x))
    assert np.array_equal(by_x, 2 * np.array(w).T @ residual)
    s = np.exp(x) / np.exp(x).sum()
    assert np.allclose(np.array(dlcalc.diff("softmax(z)", at={"z": "2 -1"}).number, float), np.diag(s) - np.outer(s, s))
    assert dlcalc.diff("x^T A x", wrt="x", at=["x=1 2"]).number is None


@pytest.mark.parametrize(
    ("expression", "wrt", "said", "why"),
    [
        ("x^T x + b", "x", {"vectors": "b"}, "xᵀx and b cannot be added: they have other sizes"),
        ("x^T x + A", "x", {}, "xᵀx and A cannot be added: they have other sizes"),
        ("tr(x)", "x", {}, "tr takes a square matrix, not x"),
        ("norm(max(x, y))", "x", {}, r"there is no derivative rule for max\(x, y\) with vectors and matrices here"),
        ("x^2 + norm(x)", "x", {}, "only numbers have powers and divide here, not x"),
        ("norm(A x y)", "x", {}, "Axy is no product: the columns of Ax are not the rows of y"),
        ("norm((A x)(x^T x)(A x))", "x", {}, "has two products that are no numbers"),
        ("norm(x)^n", "x", {"scalars": "n"}, "there is no derivative rule for ‖x‖ⁿ by x here"),
        (
            "norm(gelu(W x))",
            "x",
            {},
            "there is no derivative rule for gelu of a vector here: sigmoid, tanh, relu, exp, ln, abs have",
        ),
        ("norm(x)/0", "x", {}, "a denominator is 0"),
        ("softmax(tr(X))", "X", {}, r"softmax takes a vector, not the number tr\(X\)"),
        ("X^T X", "X", {}, "XᵀX is no number: by X its derivative would have more than two indices"),
        ("W x", "W", {"matrices": "W"}, "Wx is no number: by W its derivative"),
        ("x^T x", "x,x,x", {}, "with vectors and matrices --wrt takes one letter, or two for a second derivative"),
        ("a^T x", "x,x", {}, "the second derivative is 0: x does not occur in the first one, a"),
        ("x^T x", "x,q", {}, "--wrt says by which letter to differentiate; the letters are x"),
        ("tr(X^T X)", "X,X", {}, "a second derivative is that of a number, by vectors or numbers, not by the matrix X"),
        ("ln(-norm(x))", "x,x", {}, "could not be checked, so it is not derived again"),
        ("det(x)", "x", {}, "det takes a square matrix, not x"),
        ("x^T y", "", {}, "--wrt says by which letter to differentiate; the letters are x, y"),
        ("x^T y", "q", {}, "--wrt says by which letter to differentiate; the letters are x, y"),
        ("x^T x", "x", {"vectors": "x+y"}, "letters are named with commas between them, c,d, not x\\+y"),
        ("x^T x", "x", {"vectors": "x", "scalars": "x"}, "x is said to be a number and a vector"),
        ("x^T x", "x", {"at": ["q=1"]}, 'values are written --at "x=1 2" --at "A=1 2; 3 4", one letter each: x'),
        ("x y", "x", {"scalars": "y"}, "--scalars is for an expression with vectors or matrices"),
    ],
)
def test_what_has_no_derivative_is_told(expression: str, wrt: str, said: dict[str, str], why: str) -> None:
    with pytest.raises(dlcalc.UserError, match=why):
        dlcalc.diff(expression, wrt=wrt, **said)


@pytest.mark.parametrize(
    ("expression", "wrt", "answer", "status", "told"),
    [
        ("x^T A x", "x", "dx = A x + A^T x", "right", ""),
        ("x^T A x", "x", "x^T (A^T + A)", "convention", "it is the transpose of what is asked"),
        ("x^T A x", "x", "2 A x", "wrong", "only where the square matrix is symmetric"),
        ("x^T A B x", "x", "A B x", "wrong", "this is what place 1 of x adds"),
        ("norm(W x - y)^2", "W", "(Wx - y)x^T", "wrong", "the factor 2 is missing"),
        ("1/2 norm(W x - y)^2", "W", "2(Wx - y)x^T", "wrong", "a factor 2 too many"),
        ("1/2 norm(y - W x)^2", "x", "W^T(y - W x)", "wrong", "the sign is the opposite"),
        ("tr(AX)", "X", "A^T", "right", ""),
        ("tr(X)", "X", "I", "right", ""),
        ("ln(det(X))", "X", "X^{-T}", "right", ""),
        ("ln(det(X))", "X", "(X^T)^{-1}", "right", ""),
        ("ln(det(X))", "X", "X^{-1}", "convention", "it is the transpose of what is asked"),
        ("det(X)", "X", "|X| X^{-⊤}", "right", ""),
        ("x'Ax", "x", "(A + A')x", "right", ""),
        ("x^T A x", "x,x", "2A", "wrong", "only where the square matrix is symmetric"),
        ("x^T x", "x", "3x + 1", "wrong", ""),
        ("x^T x", "x", "2q", "unreadable", "q does not occur in the expression"),
        ("x^T x", "x", "2x +", "unreadable", "ends too early"),
        ("x^T x", "x", "x x", "unreadable", "a matrix product needs matching sizes"),
        (
            "ln(-norm(x))",
            "x",
            "x",
            "undecided",
            "no numbers were found at which x and the derivative both have a value",
        ),
    ],
)
def test_an_answer_is_judged(expression: str, wrt: str, answer: str, status: str, told: str) -> None:
    mark = dlcalc.diff(expression, wrt=wrt, answer=answer).mark
    said = " ".join([mark.reason, *(each.because for each in mark.mistakes)])
    assert (mark.status, told in said) == (status, True), said


def test_the_screen_says_how_letters_were_read_and_that_it_was_checked(terminal: Terminal) -> None:
    out = " ".join(terminal('diff "x^T A x" --wrt x --at "x=1 2" --at "A=1 2; 3 4"').out.split())
    for words in ("A is a matrix, x is a vector (A square)", "Ax + Aᵀx = (A + Aᵀ)x", "(12, 21)", "at 2 points"):
        assert words in out
    assert "sᵢ(1 − sᵢ)" in terminal('diff "softmax(z)" --wrt z').out
    assert "could be checked" in terminal('diff "ln(-norm(x))" --wrt x').out
    data = json.loads(terminal('diff "w^T x + b" --wrt b --json').out)
    assert (data["value"], data["letters"]["b"], data["shape"]) == ("1", "number", "It is a number.")
    assert "It is a vector" in terminal('diff "c x" --wrt c --scalars c --vectors x').out
    assert "x·xᵀ" not in terminal('diff "x^T A x" --wrt A --answer x --show').err


def test_what_is_not_in_the_expression_has_no_derivative() -> None:
    found = dlcalc.diff("tr(A B)", wrt="A").found
    assert str(matrix_derivative(found.expression, found.by).shown) == str(found.shown)
    assert "commutative=False" in dlcalc.diff("tr(A B)", wrt="A").program("sympy")
    assert dlcalc.diff("tr(A B)", wrt="A").latex() == r"B^{\top}"
    assert str(dlcalc.diff("a^T x", wrt="x").sympy()) == "a"
    assert "(A + Aᵀ)x" in repr(dlcalc.diff("x^T A x", wrt="x"))
    assert [str(each) for each in dlcalc.diff("x^T A x", wrt="x").places] == ["Ax", "Aᵀx"]


def test_determinant_and_inverse() -> None:
    """Exact where the numbers are; a row exchange turns the sign."""
    kinds = {"A": Kind.MATRIX}
    assert evaluate(parse("det(A)", kinds), {"A": ((0, 2), (3, 4))}) == -6
    assert evaluate(parse("A^(-1)", kinds), {"A": ((1, 2), (3, 5))}) == ((-5, 2), (3, -1))
    assert evaluate(parse("A A^(-1)", kinds), {"A": ((0, 2, 1), (3, 4, 5), (1, 1, 7))}) == (
        (1, 0, 0), (0, 1, 0), (0, 0, 1),
    )  # fmt: skip
    assert evaluate(parse("det(A)", kinds), {"A": 3}) == 3
    for text_, value, told in (
        ("det(A)", ((1, 2, 3), (4, 5, 6)), "det takes a square matrix, not one of 2×3"),
        ("A^(-1)", ((1, 2), (2, 4)), "a matrix with the determinant 0 has no inverse"),
        ("det(A)", ((parse("x"), 1), (1, 2)), "det takes a square matrix of numbers, not of letters"),
    ):
        with pytest.raises(dlcalc.UserError, match=told):
            evaluate(parse(text_, kinds), {"A": value})
    assert "MatrixPower" in dlcalc.diff("ln(det(X))", wrt="X").program("wolfram")


def test_a_trace_is_the_sum_of_a_diagonal() -> None:
    node = parse("trace(A)", {"A": Kind.MATRIX})
    assert evaluate(node, {"A": ((1, 7), (9, 5))}) == 6
    assert evaluate(node, {"A": 3}) == 3
    with pytest.raises(dlcalc.UserError, match="tr takes a square matrix, not 1×2"):
        evaluate(node, {"A": ((1, 2),)})
