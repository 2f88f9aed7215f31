"""The same formulas in every one-line format, and what all formats keep: order, signs, nesting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import pytest
from rows import each_row

from dlcalc.errors import InternalError
from dlcalc.expressions.nodes import Add, Call, Kind, Literal, Mul, Name, Neg, Node, Value
from dlcalc.expressions.parser import Declarations, parse, parse_range
from dlcalc.expressions.printing import latex, mathml, plain, stacked, text, typst

NAMES = Declarations(
    {
        **dict.fromkeys(("padded", "fan_in", "conv1.o", "w_ih", "yhat", "xbar"), Kind.SCALAR),
        **dict.fromkeys(("x", "y", "h", "b", "W_f"), Kind.VECTOR),
        **dict.fromkeys(("U", "V", "W"), Kind.MATRIX),
    },
    formulas=frozenset({"conv"}),
)

# what is parsed, then its one-line, LaTeX and Typst form
FORMULAS = [
    # sizes and counts
    (
        "floor((n + 2*p - f)/s) + 1",
        "⌊(n + 2p − f)/s⌋ + 1",
        r"\left\lfloor \frac{n + 2 p - f}{s} \right\rfloor + 1",
        "floor(frac(n + 2 p - f, s)) + 1",
    ),
    ("ceil(n/s)", "⌈n/s⌉", r"\left\lceil \frac{n}{s} \right\rceil", "ceil(frac(n, s))"),
    ("4*m*(n + m + 1)", "4m(n + m + 1)", r"4 m \left( n + m + 1 \right)", "4 m (n + m + 1)"),
    ("(f^2*c + 1)*k", "(f²c + 1)k", r"\left( f^{2} c + 1 \right) k", "(f^(2) c + 1) k"),
    ("11^2*3*96", "11² × 3 × 96", r"11^{2} \times 3 \times 96", "11^(2) times 3 times 96"),
    ("(227 + 2*0 - 11)/4", "(227 + 2 × 0 − 11)/4", r"\frac{227 + 2 \times 0 - 11}{4}", "frac(227 + 2 times 0 - 11, 4)"),
    # names
    ("theta_1", "θ₁", r"\theta_{1}", "theta_(1)"),
    ("epsilon + phi", "ε + φ", r"\varepsilon + \varphi", "epsilon + phi"),
    ("yhat - xbar", "ŷ − x̄", r"\hat{y} - \bar{x}", "hat(y) - macron(x)"),
    ("Ctilde_t", "C̃ₜ", r"\tilde{C}_{t}", "tilde(C)_(t)"),
    ("w_ih", "wᵢₕ", r"w_{\mathrm{ih}}", 'w_("ih")'),
    ("n_12", "n₁₂", "n_{12}", "n_(12)"),
    ("a_o", "aₒ", "a_{o}", "a_(o)"),
    ("W_f", "W_f", "W_{f}", "W_(f)"),
    ("padded*n", "padded·n", r"\mathrm{padded} \cdot n", '"padded" ⋅ n'),
    ("fan_in + conv1.o", "fan_in + conv1.o", r"\text{fan in} + \mathrm{conv1.o}", '"fan in" + "conv1.o"'),
    # powers, roots, quotients
    ("x^(-1)", "x⁻¹", "x^{-1}", "x^(-1)"),
    ("(gamma*lambda)^(t - k)", "(γλ)ᵗ⁻ᵏ", r"\left( \gamma \lambda \right)^{t-k}", "(gamma lambda)^(t-k)"),
    ("2^(n/2)", "2^(n/2)", r"2^{\frac{n}{2}}", "2^(frac(n, 2))"),
    ("a^b", "a^b", "a^{b}", "a^(b)"),
    ("sqrt(n)", "√n", r"\sqrt{n}", "sqrt(n)"),
    ("sqrt(n + 1)", "√(n + 1)", r"\sqrt{n + 1}", "sqrt(n + 1)"),
    ("1/(2*n)", "1/(2n)", r"\frac{1}{2 n}", "frac(1, 2 n)"),
    ("(1/2)*n", "(1/2)·n", r"\frac{1}{2} n", "frac(1, 2) n"),
    # functions
    (
        "sigmoid(n)*(1 - sigmoid(n))",
        "σ(n)(1 − σ(n))",
        r"\sigma\left( n \right) \left( 1 - \sigma\left( n \right) \right)",
        "sigma(n) (1 - sigma(n))",
    ),
    (
        "2*tanh(n) - relu(n)",
        "2·tanh(n) − relu(n)",
        r"2 \tanh\left( n \right) - \operatorname{relu}\left( n \right)",
        '2 tanh(n) - op("relu")(n)',
    ),
    ("exp(n)", "exp(n)", r"\exp\left( n \right)", "exp(n)"),
    ("log2(n)", "log2(n)", r"\operatorname{log2}\left( n \right)", "log_(2)(n)"),
    ("max(0, n)", "max(0, n)", r"\max\left( 0, n \right)", "max(0, n)"),
    (
        "abs(n)*norm(x)^2",
        "|n|·‖x‖²",
        r"\left| n \right| \cdot \left\| x \right\|^{2}",
        "abs(n) ⋅ norm(x)^(2)",
    ),
    (
        "if(n > 0, n, 0.01*n)",
        "(n if n > 0, otherwise 0.01n)",
        r"\begin{cases} n & n > 0 \\ 0.01 n & \text{otherwise} \end{cases}",
        'cases(n & "if" n > 0, 0.01 n & "otherwise")',
    ),
    (
        "conv(n=n, f=11)",
        "conv(n=n, f=11)",
        r"\operatorname{conv}\left( n = n, f = 11 \right)",
        'op("conv")(n = n, f = 11)',
    ),
    # vectors and matrices
    ("(1, n)", "(1, n)", r"\left( 1, n \right)", "(1, n)"),
    ("(n,)", "(n,)", r"\left( n, \right)", "(n,)"),
    (
        "((1, 2), (3, 4))",
        "((1, 2), (3, 4))",
        r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}",
        'mat(delim: "[", 1, 2; 3, 4)',
    ),
    (
        "(((1, 2), (3, 4)), ((5, 6), (7, 8)))",
        "(((1, 2), (3, 4)), ((5, 6), (7, 8)))",
        r"\left( \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}, \begin{bmatrix} 5 & 6 \\ 7 & 8 \end{bmatrix} \right)",
        '(mat(delim: "[", 1, 2; 3, 4), mat(delim: "[", 5, 6; 7, 8))',
    ),
    (
        "tanh(U*x[t] + W*h[t-1] + b)",
        "tanh(Uxₜ + Whₜ₋₁ + b)",
        r"\tanh\left( U x_{t} + W h_{t-1} + b \right)",
        "tanh(U x_(t) + W h_(t-1) + b)",
    ),
    ("h[2*t]", "h[2t]", "h_{2 t}", "h_(2 t)"),
    ("x[i, j]", "x[i, j]", "x_{i, j}", "x_(i, j)"),
    ("x[i][j]", "x[i][j]", r"x\left[ i \right]\left[ j \right]", "x [i] [j]"),
    ("W_f[t]", "W_f[t]", r"\left( W_{f} \right)_{t}", "(W_(f))_(t)"),
    ("Wᵀ*(yhat - y)", "Wᵀ(ŷ − y)", r"W^{\top} \left( \hat{y} - y \right)", "W^(top) (hat(y) - y)"),
    ("h ⊙ (1 - h)", "h ⊙ (1 − h)", r"h \odot \left( 1 - h \right)", "h ⊙ (1 - h)"),
    ("x ⊗ h + y", "x ⊗ h + y", r"x \otimes h + y", "x ⊗ h + y"),
    # sums, products, truth
    (
        "-sum(j=1..T, y[j]*log(p))",
        "−Σ_{j=1..T} yⱼ·log(p)",
        r"-\sum_{j=1}^{T} y_{j} \log\left( p \right)",
        "-sum_(j=1)^(T) y_(j) log(p)",
    ),
    (
        "prod(m=k+1..j, a + b)",
        "Π_{m=k+1..j} (a + b)",
        r"\prod_{m=k+1}^{j} \left( a + b \right)",
        "product_(m=k+1)^(j) (a + b)",
    ),
    (
        "prod_desc(m=k+1..j, W)*x",
        "prod_desc(m=k+1..j, W)x",
        r"\left( \overset{\leftarrow}{\prod}_{m=k+1}^{j} W \right) x",
        "(limits(accent(product, arrow.l))_(m=k+1)^(j) W) x",
    ),
    (
        "not (a <= b and c != d) or a >= 1",
        "not (a ≤ b and c ≠ d) or a ≥ 1",
        r"\text{not } \left( a \le b \text{ and } c \ne d \right) \text{ or } a \ge 1",
        '"not" (a <= b "and" c != d) "or" a >= 1',
    ),
]


@pytest.mark.parametrize(("source", "line", "tex", "typ"), FORMULAS, ids=[row[0] for row in FORMULAS])
def test_a_formula_in_each_format(source: str, line: str, tex: str, typ: str) -> None:
    """The plain form is the source itself, and all that is read back is the same tree."""
    tree = parse(source, NAMES)
    assert (plain(tree), text(tree), latex(tree), typst(tree)) == (source, line, tex, typ)
    assert parse(line, NAMES) == parse(tex, NAMES) == tree


def test_a_range_in_each_format() -> None:
    tree = parse_range("t in 1..T")
    assert (plain(tree), text(tree)) == ("t in 1..T", "t in 1..T")
    assert (latex(tree), typst(tree)) == (r"t = 1 \ldots T", "t = 1, ..., T")
    assert parse_range(latex(tree)) == tree


@each_row(
    ("value", "line", "tex"),
    [
        (55, "55", "55"),
        (-3, "−3", "-3"),
        (10**40, "1" + "0" * 40, "1" + "0" * 40),
        (Literal(Fraction(1, 2)), "0.5", "0.5"),
        (Literal(Fraction(1, 10**12)), "0.000000000001", "0.000000000001"),
        (Literal(Fraction(1, 10**13)), "1/10000000000000", r"\frac{1}{10000000000000}"),
        (Literal(Fraction(-5, 4)), "−1.25", "-1.25"),
        (Literal(Fraction(2, 3)), "2/3", r"\frac{2}{3}"),
        (Literal(Fraction(-2, 3)), "−2/3", r"-\frac{2}{3}"),
        (Literal(Fraction(6, 2)), "3", "3"),
        (Fraction(2, 3), "2/3", r"\frac{2}{3}"),
        (0.25, "0.25", "0.25"),
        (-2.0, "−2.0", "-2.0"),
        (1.5e-7, "1.5e-7", r"1.5 \times 10^{-7}"),
        (-1.5e30, "−1.5e30", r"-1.5 \times 10^{30}"),
        (float("-inf"), "−∞", r"-\infty"),
        (float("nan"), "NaN", r"\mathrm{NaN}"),
        (True, "true", r"\mathrm{true}"),
        ((1, -2), "(1, −2)", r"\left( 1, -2 \right)"),
        (((1, 0), (0, 1)), "((1, 0), (0, 1))", r"\begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix}"),
        (((1,), (2,)), "((1,), (2,))", r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}"),
    ],
)
def test_a_value_prints_like_a_tree(value: Value, line: str, tex: str) -> None:
    """Numbers stay exact: a decimal of at most twelve places, else a quotient."""
    assert (text(value), latex(value)) == (line, tex)


@each_row(
    ("source", "line"),
    [
        ("-a + b", "−a + b"),
        ("b - a", "b − a"),
        ("(a + b) + c", "(a + b) + c"),
        ("a - (b - c)", "a − (b − c)"),
        ("a - (-b)", "a − (−b)"),
        ("-(a*b) + c", "−ab + c"),
        ("-(a*2)", "−(a·2)"),
        ("-a*2", "(−a)·2"),
        ("a*(-b)", "a·(−b)"),
        ("(a*b)*c", "(ab)c"),
        ("a*(b*c)", "a(bc)"),
        ("a/b/c", "(a/b)/c"),
        ("a/(b/c)", "a/(b/c)"),
        ("a*b/c", "ab/c"),
        ("a*2/c", "(a·2)/c"),
        ("-(a/b)", "−(a/b)"),
        ("c - a/b", "c − a/b"),
        ("(a^2)^3", "(a²)³"),
        ("a^(b^c)", "a^(b^c)"),
        ("a^(1 - (n + k))", "a^(1 − (n + k))"),
        ("(-a)^2", "(−a)²"),
        ("-a^2", "−a²"),
        ("sqrt(a)^2", "(√a)²"),
        ("2/a^2", "2/a²"),
        ("(a ⊙ b) ⊙ c", "(a ⊙ b) ⊙ c"),
        ("(a ⊙ b)*c", "(a ⊙ b)c"),
        ("sum(j=1..T, a)*b", "(Σ_{j=1..T} a)b"),
        ("b*sum(j=1..T, a)", "b·Σ_{j=1..T} a"),
        ("sum(j=1..T, a) + b", "Σ_{j=1..T} a + b"),
        ("sum(j=1..T, a)/b", "(Σ_{j=1..T} a)/b"),
        ("b*sum(j=1..T, a)/c", "(b·Σ_{j=1..T} a)/c"),
        ("(a < b) = (c < d)", "(a < b) = (c < d)"),
        ("(a or b) and c", "(a or b) and c"),
        ("1 + if(a, b, c)", "1 + (b if a, otherwise c)"),
    ],
)
def test_parentheses_stand_where_the_tree_needs_them(source: str, line: str) -> None:
    """Order and nesting are kept, and nothing that prints alike stands for two trees."""
    tree = parse(source)
    assert text(tree) == line
    assert parse(line) == tree


def product(*factors: Node | str | int) -> Mul:
    """A flat product of names and numbers."""
    nodes = [Name(f) if isinstance(f, str) else Literal(f) if isinstance(f, int) else f for f in factors]
    return Mul(tuple(nodes))


@each_row(
    ("tree", "line"),
    [
        (product("f", "c", "k"), "fck"),
        (product("n", 2), "n·2"),
        (product(4, 55), "4 × 55"),
        (product("n", 2, 3, "m"), "n × 2 × 3m"),
        (product(2, Literal(-3)), "2·(−3)"),
        (product(Neg(Literal(3)), "n"), "(−3)·n"),
        # letters that would spell a word of the language
        (product("p", "i"), "p·i"),
        (product("c", "m", "a", "x"), "cma·x"),
        (product("i", "n"), "i·n"),
        (product("x", "h", "a", "t"), "xha·t"),
        (product("p", Name("i_1")), "p·i₁"),
        # and one that the tree itself uses
        (product("p", "a", "d", "pad"), "pa·d·pad"),
        # 2e3 is a number
        (product(2, "e"), "2·e"),
        (product("n", "e"), "ne"),
        # σ( is a function
        (product("sigma", Add((Name("n"), Literal(1)))), "σ·(n + 1)"),
        (product("sigma", "n"), "σn"),
        (product("n", Call("sigmoid", (Name("x"),))), "nσ(x)"),
        (product("sigma", Call("sigmoid", (Name("x"),))), "σ·sigmoid(x)"),
        (product("m", Add((Name("n"), Literal(1)))), "m(n + 1)"),
        # what would run into its neighbour
        (product("U", "W_f", "n"), "U·W_f·n"),
        (product(2, "W_f"), "2W_f"),
        (product("a", "xbar", "b"), "a·x̄b"),
        (product("U", parse("Wᵀ"), "x"), "U·Wᵀx"),
        (product("a", Call("abs", (Name("x"),)), "b"), "a·|x|·b"),
        (product(Call("sqrt", (Name("n"),)), "m"), "√n·m"),
        (product(2, Call("sqrt", (Name("n"),))), "2√n"),
        (product(Call("floor", (Name("n"),)), "m"), "⌊n⌋m"),
        (product(Literal(1.5e-7), "n"), "1.5e-7·n"),
    ],
)
def test_factors_stand_side_by_side_only_where_that_is_read_back(tree: Mul, line: str) -> None:
    assert text(tree) == line
    assert plain(tree).count("*") == len(tree.factors) - 1


@pytest.mark.parametrize("write", [text, plain, latex, typst, mathml])
def test_names_are_spelled_as_the_course_does(write: Callable[..., str]) -> None:
    """A mapping or a function renames names, also a bound index and an argument of a formula."""
    tree = parse("f^2 + sum(f=1..T, n*f) + conv(f=f)", NAMES)
    renamed = parse("k^2 + sum(k=1..T, n*k) + conv(k=k)", NAMES)
    assert write(tree, {"f": "k"}) == write(tree, lambda name: "k" if name == "f" else name) == write(renamed)


def test_a_renamed_name_may_become_a_word() -> None:
    """Whether factors touch is decided by the letters shown."""
    assert text(parse("f*c"), {"c": "channels"}) == "f·channels"
    assert text(parse("p*c"), {"c": "i"}) == "p·i"


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("conv_1", ("conv₁", "conv_1", r"\mathrm{conv}_{1}", '"conv"_(1)')),
        ("fan_in_k", ("fan_in_k", "fan_in_k", r"\text{fan in}_{k}", '"fan in"_(k)')),
        ("activation_memory", ("activation_memory",) * 2 + (r"\text{activation memory}", '"activation memory"')),
        ("gamma_bn", ("γ_bn", "gamma_bn", r"\gamma_{\mathrm{bn}}", 'gamma_("bn")')),
        ("hat", ("hat", "hat", r"\mathrm{hat}", '"hat"')),
    ],
)
def test_words_are_upright_and_keep_their_subscripts(name: str, forms: tuple[str, ...]) -> None:
    """Several letters are one word, unless they name a Greek letter; its subscript is a number or a letter."""
    assert (text(Name(name)), plain(Name(name)), latex(Name(name)), typst(Name(name))) == forms


def test_what_a_profile_spells_is_quoted_in_typst() -> None:
    assert typst(Name("a"), {"a": 'say "x"'}) == r'"say \"x\""'


def test_infinity_in_each_format() -> None:
    value = float("inf")
    assert (text(value), plain(value), latex(value), typst(value)) == ("∞", "inf", r"\infty", "infinity")


def test_t_as_an_exponent_of_a_vector_is_no_transpose() -> None:
    tree = parse("x^(T)", NAMES)
    assert (text(tree), latex(tree)) == ("x^(T)", r"x^{\left( T \right)}")
    assert text(parse("gamma^T")) == "γ^T"


@dataclass(frozen=True)
class Unknown(Node):
    """A node that no printer has a rule for."""


@pytest.mark.parametrize("write", [text, plain, latex, typst, mathml, stacked])
def test_an_unknown_node_is_our_own_bug(write: Callable[[Node], object]) -> None:
    with pytest.raises(InternalError, match="no rule for printing a Unknown"):
        write(Unknown())
