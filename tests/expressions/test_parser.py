"""Tokens to trees: expressions as students and teachers write them, and where reading stops."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from rows import each_row

from dlcalc.errors import ExpressionError
from dlcalc.expressions.nodes import (
    Add,
    Call,
    Compare,
    Div,
    FormulaCall,
    Hadamard,
    Index,
    Kind,
    Literal,
    Logic,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Pow,
    Range,
    Reduce,
    Transpose,
    Vector,
    names_in,
    walk,
)
from dlcalc.expressions.parser import parse, parse_range
from dlcalc.expressions.reader import MAX_DEPTH, MAX_LEVELS, Declarations

a, b, c, n, x, T = (Name(letter) for letter in "abcnxT")
one, two, three = (Literal(number) for number in (1, 2, 3))

DECLARED = Declarations(
    {
        **dict.fromkeys(("n", "m", "theta", "fan_in", "yhat", "conv1.o", "padded"), Kind.SCALAR),
        **dict.fromkeys(("h", "y", "v"), Kind.VECTOR),
        **dict.fromkeys(("W", "U"), Kind.MATRIX),
    },
    integers=frozenset({"n"}),
    formulas=frozenset({"conv"}),
)


@each_row(
    ("text", "tree"),
    [
        ("a + b - c", Add((a, b, Neg(c)))),
        ("a - (b - c)", Add((a, Neg(Add((b, Neg(c))))))),
        ("a*b*c", Mul((a, b, c))),
        ("a*(b*c)", Mul((a, Mul((b, c))))),
        ("a/b*c", Mul((Div(a, b), c))),
        ("a/b/c", Div(Div(a, b), c)),
        ("a//b", Call("floor", (Div(a, b),))),
        ("a % b", Call("mod", (a, b))),
        ("a^b^c", Pow(a, Pow(b, c))),
        ("(a^b)^c", Pow(Pow(a, b), c)),
        ("-x^2", Neg(Pow(x, two))),
        ("(-x)^2", Pow(Neg(x), two)),
        ("x^-2", Pow(x, Neg(two))),
        ("x^-n^2", Pow(x, Neg(Pow(n, two)))),
        ("x^+2", Pow(x, two)),
        ("-a*b", Mul((Neg(a), b))),
        ("a*-b", Mul((a, Neg(b)))),
        ("a - -b", Add((a, Neg(Neg(b))))),
        ("+a", a),
        ("-2x", Neg(Mul((two, x)))),
        ("2x^2", Mul((two, Pow(x, two)))),
        ("a ⊙ b ⊙ c", Hadamard((a, b, c))),
        ("a ⊗ b", Outer(a, b)),
        ("a < b", Compare("<", a, b)),
        ("a + 1 != b", Compare("≠", Add((a, one)), b)),
        ("a < b and b < c or not a = c", Logic("or", (
            Logic("and", (Compare("<", a, b), Compare("<", b, c))), Logic("not", (Compare("=", a, c),))))),
        ("not not a = b", Logic("not", (Logic("not", (Compare("=", a, b),)),))),
        ("1e3", Literal(1000)),
        ("0.25", Literal(Fraction(1, 4))),
        ("1e-3", Literal(Fraction(1, 1000))),
        ("2.0", two),
        ("e^x", Call("exp", (x,))),
        ("2e^-x", Mul((two, Call("exp", (Neg(x),))))),
    ],
)  # fmt: skip
def test_precedence(text: str, tree: Node) -> None:
    """The written order is kept, and each operation binds as tightly as it does on paper."""
    assert parse(text) == tree


@each_row(
    ("written", "spelled_out"),
    [
        ("2p", "2*p"),
        ("4nm", "4*n*m"),
        ("4m(n+m+1)", "4*m*(n + m + 1)"),
        ("(n-f)/s", "((n - f))/(s)"),
        ("(n+2p-f)/s + 1", "(n + (2*p) - f)/s + 1"),
        ("2(a)(b)", "2*a*b"),
        ("(a)b", "a*b"),
        ("(a)2", "a*2"),
        ("(f²c + 1)k", "(f^2*c + 1)*k"),
        ("a b", "a*b"),
        ("ab^2", "a*b^2"),
        ("ab_t^2", "a*(b_t)^2"),
        ("2^ab", "2^(a*b)"),
        ("x₁₂", "x_12"),
        ("x1", "x_1"),
        ("ab₁", "a*b_1"),
        ("n√2", "n*sqrt(2)"),
        ("√x^2", "(sqrt(x))^2"),
        ("√(x+1)", "sqrt(x + 1)"),
        ("4tanh(x)", "4*tanh(x)"),
        ("tanh^2(x)", "(tanh(x))^2"),
        ("tanh²(x)", "(tanh(x))^2"),
        (r"\tanh^{2}(x)", "(tanh(x))^2"),
        ("σ(x)", "sigmoid(x)"),
        ("logistic(x)", "sigmoid(x)"),
        ("ceiling(x)", "ceil(x)"),
        ("where(a > b, a, b)", "if(a > b, a, b)"),
        ("max(min(a, b), floor(c))", "max(min(a,b,),⌊c⌋)"),
        ("|x|", "abs(x)"),
        ("|a|b", "abs(a)*b"),
        ("‖v‖", "norm(v)"),
        ("⌊n/2⌋⌈n/2⌉", "floor(n/2)*ceil(n/2)"),
        ("a(b+1)^2", "a*(b + 1)^2"),
        ("ηg", "eta*g"),
        ("γλ", "gamma*lambda"),
        ("2π", "2*pi"),
        ("{a}", "a"),
        ("[a]", "a"),
        ("1/(2n)", "1/(2*n)"),
        ("(1/2)n", "(1/2)*n"),
        ("1/2*n", "(1/2)*n"),
        ("a/n^2", "a/(n^2)"),
        ("a/√b", "a/(sqrt(b))"),
    ],
)
def test_products_as_students_write_them(written: str, spelled_out: str) -> None:
    """Factors side by side are a product, runs of letters too, and scripts belong to the last letter."""
    assert parse(written) == parse(spelled_out)


@each_row(
    ("text", "tree"),
    [
        ("nm", Mul((n, Name("m")))),
        ("fan_in", Name("fan_in")),
        ("padded", Name("padded")),
        ("conv1.o + 1", Add((Name("conv1.o"), one))),
        ("npadded", Mul(tuple(Name(letter) for letter in "npadded"))),
        ("theta", Name("theta")),
        ("θn", Mul((Name("theta"), n))),
        ("yhat", Name("yhat")),
        ("ŷ_j", Name("yhat_j")),
        ("n(n + 1)", Mul((n, Add((n, one))))),
        ("n_t", Name("n_t")),
        ("n_{t-1}", Index(n, (Add((Name("t"), Neg(one))),))),
        ("h_t", Index(Name("h"), (Name("t"),))),
        ("h_2", Index(Name("h"), (two,))),
        ("hₜ₋₁", Index(Name("h"), (Add((Name("t"), Neg(one))),))),
        ("h_{t-1}", Index(Name("h"), (Add((Name("t"), Neg(one))),))),
        ("h[t-1]", Index(Name("h"), (Add((Name("t"), Neg(one))),))),
        ("W[1, 2]", Index(Name("W"), (one, two))),
        ("W_{1,2}", Index(Name("W"), (one, two))),
        ("W[1][2]", Index(Index(Name("W"), (one,)), (two,))),
        ("nW[1]", Mul((n, Index(Name("W"), (one,))))),
        ("nh_{t-1}", Mul((n, Index(Name("h"), (Add((Name("t"), Neg(one))),))))),
        ("n[2]", Mul((n, two))),
        ("g[2]", Index(Name("g"), (two,))),
    ],
)
def test_a_declared_name_is_one_name(text: str, tree: Node) -> None:
    """A run of letters is a name when it is declared, else a product; an index follows what has entries."""
    assert parse(text, DECLARED) == tree


@each_row(
    ("text", "tree"),
    [
        ("W^T", Transpose(Name("W"))),
        ("W^{T}", Transpose(Name("W"))),
        ("W^⊤", Transpose(Name("W"))),
        ("Wᵀ", Transpose(Name("W"))),
        (r"W^{\top}", Transpose(Name("W"))),
        (r"W^\intercal", Transpose(Name("W"))),
        ("h^T h", Mul((Transpose(Name("h")), Name("h")))),
        ("(W h)^T", Transpose(Mul((Name("W"), Name("h"))))),
        ("nW^T", Mul((n, Transpose(Name("W"))))),
        ("W^T^2", Pow(Transpose(Name("W")), two)),
        ("n^T", Pow(n, T)),
        ("x^T", Pow(x, T)),
        ("W[1,2]^T", Pow(Index(Name("W"), (one, two)), T)),
        ("W^(T)", Pow(Name("W"), T)),
        ("W^2", Pow(Name("W"), two)),
    ],
)
def test_a_power_of_T_is_a_transpose_of_an_array(text: str, tree: Node) -> None:
    """`^T` transposes a declared vector or matrix, and raises a number to the power T."""
    assert parse(text, DECLARED) == tree


def test_names_know_their_kind() -> None:
    """A name carries the kind and the wholeness that were declared for it."""
    found = {node.id: node for node in walk(parse("n W z", DECLARED)) if isinstance(node, Name)}
    assert (found["n"].kind, found["n"].integer) == (Kind.SCALAR, True)
    assert (found["W"].kind, found["W"].integer) == (Kind.MATRIX, False)
    assert (found["z"].kind, found["z"].integer) == (Kind.SCALAR, False)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("(1, 2)", Vector((one, two))),
        ("(1,)", Vector((one,))),
        ("[1, 2]", Vector((one, two))),
        ("[1,]", Vector((one,))),
        ("[1, 2;]", Vector((one, two))),
        ("[1, 2; 3, a]", Vector((Vector((one, two)), Vector((three, a))))),
        ("((1, 2), (3, a))", Vector((Vector((one, two)), Vector((three, a))))),
        (r"\begin{bmatrix} 1 & 2 \\ 3 & a \end{bmatrix}", Vector((Vector((one, two)), Vector((three, a))))),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", Vector((one, two))),
        (r"\begin{matrix} 1 & 2 \end{matrix}", Vector((Vector((one, two)),))),
        (
            r"\begin{cases} a & a > b \\ b & \text{otherwise} \end{cases}",
            Call("if", (Compare(">", a, b), a, b)),
        ),
    ],
)
def test_vectors_and_matrices(text: str, tree: Node) -> None:
    """Brackets with commas make vectors, semicolons and LaTeX's rows matrices."""
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "Σ_{j=1}^{T} j^2",
        "Σ_{j=1..T} j^2",
        "∑_{j=1}^T j²",
        "Σ_j j^2",
        "sum(j=1..T, j^2)",
        "sum(j in 1..T, j^2)",
        r"\sum_{j=1}^{T} j^{2}",
        r"\sum\limits_{j = 1}^{T} j^2",
        r"\sum_{j=1 \ldots T} j^2",
    ],
)
def test_a_sum_has_many_spellings(text: str) -> None:
    """Every way to write Σ gives the same tree."""
    j = Name("j")
    assert parse(text) == Reduce("sum", "j", one, T, Pow(j, two))


@pytest.mark.parametrize("text", ["Π_{j=2}^{n} j", "∏_{j=2..n} j", "prod(j=2..n, j)", r"\prod_{j=2}^{n} j"])
def test_a_product_has_many_spellings(text: str) -> None:
    """Every way to write Π gives the same tree."""
    assert parse(text) == Reduce("prod", "j", two, n, Name("j"))


@pytest.mark.parametrize(
    "text", ["prod_desc(j=2..n, j)", r"\overset{\leftarrow}{\prod}_{j=2}^{n} j", r"\overleftarrow{\prod}_{j=2..n} j"]
)
def test_a_product_has_a_direction(text: str) -> None:
    """The product that begins with the largest index is another tree."""
    assert parse(text) == Reduce("prod", "j", two, n, Name("j"), descending=True)


@pytest.mark.parametrize(
    ("text", "spelled_out"),
    [
        ("Σ_{j=1}^{T} a j + b", "(Σ_{j=1}^{T} (a*j)) + b"),
        ("Σ_{j=1}^{T} Σ_{k=1}^{j} k", "Σ_{j=1}^{T} (Σ_{k=1}^{j} k)"),
        ("2Σ_{j=1}^{T} j", "2*(Σ_{j=1}^{T} j)"),
        ("Σ_{j=1}^{2T} j", "Σ_{j=1}^{(2*T)} j"),
        ("Σ_{j=k+1..T-1} j", "sum(j=(k + 1)..(T - 1), j)"),
        ("Σ_{j=1}^{T} -j", "sum(j=1..T, -j)"),
        ("sum(j=1..T, j + 1)", "Σ_{j=1}^{T} (j + 1)"),
    ],
)
def test_a_sum_takes_in_one_product(text: str, spelled_out: str) -> None:
    """The body of Σ ends at the next + or −, unless it stands in parentheses."""
    assert parse(text) == parse(spelled_out)


def test_an_index_is_not_free() -> None:
    """The letter that Σ runs over is bound inside, not in its ends."""
    assert names_in(parse("Σ_{j=a}^{T} j n + j")) == ("a", "T", "n", "j")
    assert names_in(parse("Σ_{j=j}^{3} j")) == ("j",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("t in 1..T", Range("t", one, T)),
        ("n=1..1000", Range("n", one, Literal(1000))),
        ("n = 3", Range("n", three, three)),
        ("n = -3..2n", Range("n", Neg(three), Mul((two, n)))),
        ("i in 1..len(v)", Range("i", one, Call("len", (Name("v"),)))),
    ],
)
def test_ranges(text: str, expected: Range) -> None:
    """How a step is unrolled, or where an unknown is looked for."""
    assert parse_range(text, ["v"]) == expected


def test_a_formula_is_called_with_named_values() -> None:
    """A formula that is declared takes name=value, and only then."""
    expected = FormulaCall("conv", ("n", "f"), (Add((n, one)), Literal(11)))
    assert parse("conv(n=n+1, f=11)", DECLARED) == expected
    assert parse("conv(n=n+1, f=11,)", DECLARED) == expected
    assert parse("conv()", DECLARED) == FormulaCall("conv", (), ())


@each_row(
    ("latex", "spelled_out"),
    [
        (r"\frac{a + b}{c}", "(a + b)/c"),
        (r"\dfrac{1}{2} n", "(1/2)*n"),
        (r"\frac{\hat{y}}{2}", "yhat/2"),
        (r"\left\lfloor \frac{n + 2 p - f}{s} \right\rfloor + 1", "floor((n + 2*p - f)/s) + 1"),
        (r"\left\lceil \frac{n}{s} \right\rceil", "ceil(n/s)"),
        (r"\left| a - b \right|", "abs(a - b)"),
        (r"\left\| v \right\|", "norm(v)"),
        (r"\sqrt{\frac{2}{n}}", "sqrt(2/n)"),
        (r"\operatorname{relu}\left( x \right)", "relu(x)"),
        (r"\max\left( a, 0 \right)", "max(a, 0)"),
        (r"\mathrm{relu}(x)", "relu(x)"),
        (r"\sigma\left( x \right)", "sigmoid(x)"),
        (r"4 \cdot 3", "4*3"),
        (r"1.5 \times 10^{-7}", "1.5*10^(-7)"),
        (r"h_{t - 1}", "h_{t-1}"),
        (r"\hat{y}_t + \theta_1", "yhat_t + theta_1"),
        (r"x_{\mathrm{max}}", "x_max"),
        (r"n \ge 3 \text{ and } m \ne 2", "n >= 3 and m != 2"),
        (r"\text{not } n < 3", "not n < 3"),
        (r"\left( a, b \right)", "(a, b)"),
        (r"\varepsilon + \varphi + \Delta", "epsilon + phi + Delta"),
        (r"n \odot m", "n ⊙ m"),
        (r"n \otimes m", "n ⊗ m"),
        (r"\tfrac12", None),
    ],
)  # fmt: skip
def test_latex(latex: str, spelled_out: str | None) -> None:
    """LaTeX is read as what it shows; a fraction needs its braces."""
    if spelled_out is None:
        with pytest.raises(ExpressionError, match=r"^\{ is expected$"):
            parse(latex)
    else:
        assert parse(latex) == parse(spelled_out)


IN_TWO_WAYS = "a quotient by a product can be read in two ways: write a/(b c) or (a/b) c"
CHAINED = "comparisons are not chained: write a < b and b < c"


@each_row(
    ("marked", "rule"),
    [
        ("1‸/2n", IN_TWO_WAYS),
        ("1‸/-2n", IN_TWO_WAYS),
        ("1‸/nm", IN_TWO_WAYS),
        ("1 + 3‸/2(n+1)", IN_TWO_WAYS),
        ("n‸//2m", IN_TWO_WAYS),
        ("a < b ‸< c", CHAINED),
        ("‸nsqrt(2)", "nsqrt( is not a function: write n·sqrt("),
        ("2 + ‸ntanh(x)", "ntanh( is not a function: write n·tanh("),
        ("‸ntanh^2(x)", "ntanh( is not a function: write n·tanh("),
        ("‸tanh x", "tanh needs parentheses: tanh(...)"),
        (r"-y ‸\log p", "log needs parentheses: log(...)"),
        ("‸prod_desc", "prod_desc needs parentheses: prod_desc(...)"),
        ("‸prod_desc(3)", "prod_desc needs an index: prod_desc(j=1..T, ...)"),
        ("1 + ‸", "the expression ends too early"),
        ("(1 + 2‸", "( is not closed: ) is expected"),
        ("(1 + 2‸]", "( is not closed: ) is expected"),
        ("[1, 2‸", "[ is not closed: ] is expected"),
        ("⌊n/2‸)", "⌊ is not closed: ⌋ is expected"),
        ("x[1‸", "[ is not closed: ] is expected"),
        ("tanh(x‸", "( is not closed: ) is expected"),
        (r"\frac{1‸", "{ is not closed: } is expected"),
        (r"\frac‸12", "{ is expected"),
        ("x^{2‸", "{ is not closed: } is expected"),
        ("x_‸{1, 2", "{ is not closed: } is expected"),
        ("Σ_{j=1..T‸", "{ is not closed: } is expected"),
        ("(‸)", "() is empty"),
        ("[‸]", "[] is empty"),
        ("‸|a, b|", "|| takes one expression"),
        ("1 + ‸)", ") is not expected here"),
        ("a + ‸* b", "* is not expected here"),
        ("a ‸| b", "| is not expected here"),
        ("2 ‸3", "two numbers are side by side: 2 3"),
        ("x ‸2", "2 is not expected here"),
        ("x^‸", "the expression ends too early"),
        ("x_‸", "a subscript is expected after _"),
        ("x_‸+", "a subscript is expected after _"),
        ("‸tanh()", "tanh() needs an argument"),
        ("‸mod(1)", "mod takes 2 arguments, not 1"),
        ("‸mod^2(1)", "mod takes 2 arguments, not 1"),
        ("‸if(1 < 2, 3)", "if takes 3 arguments, not 2"),
        ("‸tanh(1, 2)", "tanh takes 1 argument, not 2"),
        ("‸tanh^2(1, 2)", "tanh takes 1 argument, not 2"),
        ("√‸[3]{x}", "√ is the square root: write x^(1/3) for another, √(x) for brackets"),
        ("‸Σ j", "Σ and Π need an index: Σ_{j=1..T} ..."),
        ("Σ_‸2 j", "Σ and Π need an index: Σ_{j=1..T} ..."),
        ("Σ_{‸2=1..T} j", "an index letter is expected"),
        ("Σ_{j‸} j", "j needs a range: j=1..T"),
        ("Σ_{j=1} ‸j", "j needs an upper end: Σ_{j=1..T}"),
        ("sum(j=1‸, j)", "j needs an upper end: sum(j=1..T, ...)"),
        ("sum(j=1..T‸)", "what to add up is expected after a comma: sum(j=1..T, ...)"),
        ("‸[1, 2; 3]", "the rows of a matrix have equal lengths, not 2, 1"),
        (r"‸\begin{bmatrix} 1 & 2 \\ 3 \end{bmatrix}", "the rows of a matrix have equal lengths, not 2, 1"),
        (r"‸\begin{bmatrix}\end{bmatrix}", "a matrix has at least one entry"),
        (r"‸\begin{bmatrix} 1", r"\begin{bmatrix} is not closed: \end{bmatrix} is expected"),
        (r"‸\begin{cases} 1 & a > b \end{cases}", "cases has two rows: value & condition, value & otherwise"),
        (r"\begin{bmatrix} 1 ‸) \end{bmatrix}", ") is not expected here"),
        ("1 + ‸conv1.p", "conv1.p is not a name that is known here"),
        ("conv(‸3)", "conv(...) takes name=value"),
        ("conv(n=3, ‸f)", "conv(...) takes name=value"),
        ("conv(n=3‸", "( is not closed: ) is expected"),
        ("1 = ‸= 2", "= is not expected here"),
    ],
)  # fmt: skip
def test_what_is_no_expression_is_pointed_at(marked: str, rule: str) -> None:
    """The error says what is wrong, and the caret stands under the place."""
    text = marked.replace("‸", "")
    with pytest.raises(ExpressionError, match=f"^{re.escape(rule)}$") as caught:
        parse(text, DECLARED)
    assert caught.value.position == marked.index("‸")
    assert caught.value.caret() == f"{text}\n{' ' * marked.index('‸')}^"


@pytest.mark.parametrize("text", ["", "   ", "\n", "$$", r"\,"])
def test_nothing_is_no_expression(text: str) -> None:
    """An empty text has no position to point at."""
    with pytest.raises(ExpressionError, match=r"^an expression is expected, but there is nothing$") as caught:
        parse(text)
    assert caught.value.position is None
    assert caught.value.caret() == ""


@pytest.mark.parametrize(
    ("marked", "rule"),
    [
        ("n=1..‸", "the expression ends too early"),
        ("‸1..3", "an index letter is expected"),
        ("n ‸1..3", "n needs a range: n=1..T"),
        ("n=1..3‸, m=2", ", is not expected here"),
    ],
)
def test_what_is_no_range_is_pointed_at(marked: str, rule: str) -> None:
    """A range is one name with its two ends."""
    with pytest.raises(ExpressionError, match=f"^{re.escape(rule)}$") as caught:
        parse_range(marked.replace("‸", ""))
    assert caught.value.position == marked.index("‸")


def test_runs_of_letters_can_be_refused() -> None:
    """Where a value is expected, a word that is not known is no product of its letters."""
    strict = Declarations({"n": Kind.SCALAR}, runs=False)
    assert parse("2n + k", strict) == Add((Mul((two, n)), Name("k")))
    with pytest.raises(ExpressionError, match=r"^stride is not a number or a letter that is known here$") as caught:
        parse("2 + stride", strict)
    assert caught.value.position == 4


@each_row(
    ("opening", "inside", "closing"),
    [
        ("(", "x", ")"),
        ("⌊", "x", "⌋"),
        ("tanh(", "x", ")"),
        ("(1, ", "x", ")"),
        ("x^(", "x", ")"),
        ("x_{1, ", "x", "}"),
        ("x[", "x", "]"),
        (r"\frac{1}{", "x", "}"),
        ("sum(j=1..2, ", "j", ")"),
        ("if(a > b, 1, ", "x", ")"),
        ("√", "x", ""),
        ("x^-", "x", ""),
        ("x^", "x", ""),
        ("ab^", "x", ""),
        ("W^T^", "x", ""),
        ("Σ_j ", "j", ""),
        ("Σ_{j=", "1", "..2} j"),
        ("-", "x", ""),
        ("not ", "a = b", ""),
        (r"\begin{bmatrix} 1 & ", "x", r"\end{bmatrix}"),
    ],
)
def test_nesting_is_bounded(opening: str, inside: str, closing: str) -> None:
    """Whatever can stand inside its own kind is read to MAX_DEPTH, and refused in one line beyond."""
    parse(opening * (MAX_DEPTH // 3) + inside + closing * (MAX_DEPTH // 3), DECLARED)
    with pytest.raises(ExpressionError, match=f"^an expression is nested at most {MAX_DEPTH} deep$"):
        parse(opening * (MAX_DEPTH + 1) + inside + closing * (MAX_DEPTH + 1), DECLARED)


@pytest.mark.parametrize("chain", ["/x", "%x", "//x", "⊗x", "ᵀ", "^T", "[1]", "/x*x"])
def test_a_chain_is_bounded(chain: str) -> None:
    """What makes the tree deep without any nesting is read for MAX_LEVELS levels, and refused in one line beyond."""
    parse("W" + chain * (MAX_LEVELS // 3), DECLARED)
    with pytest.raises(ExpressionError, match=f"^an expression has at most {MAX_LEVELS} levels of operations$"):
        parse("W" + chain * (MAX_LEVELS + 1), DECLARED)


def test_a_transpose_behind_a_long_chain_is_bounded() -> None:
    """The kind of a base is not looked for in a tree that is too deep."""
    with pytest.raises(ExpressionError, match=f"^an expression has at most {MAX_LEVELS} levels of operations$"):
        parse(f"(W{'/x' * 500})^T", DECLARED)


def test_a_long_sum_is_not_deep() -> None:
    """Terms and factors lie side by side, so their number is bounded by the length alone."""
    assert len(list(parse("+".join("x" * 900)).children())) == 900
    assert len(list(parse("x" * 900).children())) == 900
