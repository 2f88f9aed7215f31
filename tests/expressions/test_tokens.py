"""Text to tokens: what is read, what is passed over, and where reading stops."""

from __future__ import annotations

import re

import pytest
from rows import each_row

from dlcalc.errors import ExpressionError
from dlcalc.expressions.tokens import MAX_DIGITS, MAX_LENGTH, MAX_TOKENS, Token, tokenize


def tokens(text: str) -> list[str]:
    """The values of the tokens, without the end."""
    return [token.value for token in tokenize(text)[:-1]]


@each_row(
    ("text", "expected"),
    [
        ("227", ["227"]),
        ("0.5", ["0.5"]),
        (".5", [".5"]),
        ("1e3", ["1e3"]),
        ("1E3", ["1E3"]),
        ("2.5e-3", ["2.5e-3"]),
        ("1e+3", ["1e+3"]),
        ("2e", ["2", "e"]),
        ("2e-x", ["2", "e", "-", "x"]),
        ("3x", ["3", "x"]),
        ("1..T", ["1", "..", "T"]),
        ("1...5", ["1", "..", ".5"]),
        ("3.*x", ["3", "⊙", "x"]),
    ],
)
def test_a_number_ends_where_it_stops_being_one(text: str, expected: list[str]) -> None:
    """Digits, one point and one exponent make a number, and nothing else does."""
    assert tokens(text) == expected


@each_row(
    ("text", "name"),
    [
        ("n", "n"),
        ("yhat", "yhat"),
        ("x1", "x1"),
        ("h_t", "h_t"),
        ("w_ih_2", "w_ih_2"),
        ("conv1.o", "conv1.o"),
        ("layer.cell.weights", "layer.cell.weights"),
        ("x₁₂", "x_12"),
        ("hₜ", "h_t"),
        ("θ", "theta"),
        ("θ_1", "theta_1"),
        ("θ₁", "theta_1"),
        ("µ", "mu"),
        ("Δ", "Delta"),
        ("ŷ", "yhat"),
        ("ŷ_j", "yhat_j"),
        ("ŷⱼ", "yhat_j"),
        ("x̄", "xbar"),
        ("C̃_t", "Ctilde_t"),
        (r"\theta", "theta"),
        (r"\varepsilon", "epsilon"),
        (r"\hat{y}", "yhat"),
        (r"\hat y", "yhat"),
        (r"\bar { x }", "xbar"),
        (r"\widehat{y}", "yhat"),
        (r"\overline{x}", "xbar"),
        (r"\mathrm{relu}", "relu"),
        (r"\operatorname{softmax}", "softmax"),
        (r"\text{fan in}", "fan_in"),
        (r"\tanh", "tanh"),
    ],
)
def test_a_name_is_one_token(text: str, name: str) -> None:
    """Subscripts, accents and Greek letters are spelled out into one name, however they are written."""
    assert tokenize(text)[:-1] == [Token("name", name, 0)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hₜ₋₁", ["h", "_", "{", "t", "-", "1", "}"]),
        ("x²", ["x", "^", "{", "2", "}"]),
        ("x⁻¹", ["x", "^", "{", "-", "1", "}"]),
        ("xⁿ⁺¹", ["x", "^", "{", "n", "+", "1", "}"]),
        ("hₜ²", ["h_t", "^", "{", "2", "}"]),
        ("a\u0177", ["a", "yhat"]),
        ("ay\u0302", ["a", "yhat"]),
        ("abx̄_t", ["ab", "xbar_t"]),
        ("γλ", ["gamma", "lambda"]),
        (r"\frac{\hat y}{2}", ["frac", "{", "yhat", "}", "{", "2", "}"]),
    ],
)
def test_scripts_and_accents_stop_at_their_letter(text: str, expected: list[str]) -> None:
    """A compound script is a group of its own, and an accent belongs to one letter only."""
    assert tokens(text) == expected


@each_row(
    ("text", "operator"),
    [
        *[(minus, "-") for minus in ("-", "−", "–")],
        *[(dot, "*") for dot in ("*", "×", "·", "⋅", "∗", r"\cdot", r"\times", r"\ast")],
        *[(slash, "/") for slash in ("/", "÷", "∕", "⁄", r"\div")],
        *[(power, "^") for power in ("^", "**")],
        *[(equals, "=") for equals in ("=", "==")],
        *[(differs, "≠") for differs in ("≠", "!=", "<>", r"\ne", r"\neq")],
        *[(less, "≤") for less in ("≤", "<=", r"\le", r"\leq")],
        *[(more, "≥") for more in ("≥", ">=", r"\ge", r"\geq")],
        *[(inner, "⊙") for inner in ("⊙", "∘", ".*", r"\odot", r"\circ")],
        *[(outer, "⊗") for outer in ("⊗", r"\otimes")],
        *[(total, "Σ") for total in ("Σ", "∑", r"\sum")],
        *[(product, "Π") for product in ("Π", "∏", r"\prod")],
        *[(back, "Π←") for back in (r"\overset{\leftarrow}{\prod}", r"\overleftarrow{\prod}")],
        *[(root, "√") for root in ("√", r"\sqrt")],
        *[(transpose, "⊤") for transpose in ("⊤", r"\top", r"\intercal")],
        *[(norm, "‖") for norm in ("‖", r"\|", r"\lVert", r"\rVert", r"\Vert")],
        *[(bar, "|") for bar in ("|", r"\vert", r"\lvert")],
        *[(to, "..") for to in ("..", r"\ldots", r"\dots")],
        ("//", "//"),
        ("%", "%"),
        ("⌊", "⌊"),
        (r"\lfloor", "⌊"),
        (r"\rceil", "⌉"),
        (r"\\", ";"),
        (r"\begin{bmatrix}", "begin bmatrix"),
        (r"\end{cases}", "end cases"),
    ],
)
def test_an_operator_has_many_spellings(text: str, operator: str) -> None:
    """ASCII, Unicode and LaTeX signs mean the same."""
    assert tokenize(text)[:-1] == [Token("op", operator, 0)]


@pytest.mark.parametrize(
    "text",
    [" n ", "$n$", "n\n", "\tn", "~n", r"\,n\;", r"\left n", r"\quad n", "\u2062n\u200b", "\ufeffn", r"\text{}n"],
)
def test_spacing_means_nothing(text: str) -> None:
    """White space of every kind, dollars and LaTeX's spacing are passed over."""
    assert tokens(text) == ["n"]


def test_a_token_knows_where_it_began() -> None:
    """Positions count characters of the text, also behind scripts and commands."""
    places = [(token.value, token.position) for token in tokenize(r"\frac{x²}{h_t} + 3")]
    expected = [("frac", 0), ("{", 5), ("x", 6), ("^", 7), ("{", 7), ("2", 7), ("}", 7), ("}", 8), ("{", 9)]
    assert places == [*expected, ("h_t", 10), ("}", 13), ("+", 15), ("3", 17), ("", 18)]


@each_row(
    ("marked", "rule"),
    [
        ("1 + ‸!x", "! has no meaning here"),
        ("n‸'", "' has no meaning here"),
        ('‸"n"', '" has no meaning here'),
        ("n ‸@ 2", "@ has no meaning here"),
        ("3‸.", ". has no meaning here"),
        ("‸１２", "１ (fullwidth digit one) has no meaning here"),
        ("‸٣", "٣ (arabic-indic digit three) has no meaning here"),
        ("‸½", "½ (vulgar fraction one half) has no meaning here"),
        ("n + ‸а", "а (cyrillic small letter a) has no meaning here"),
        ("2 ‸∞", "∞ (infinity) has no meaning here"),
        ("x1‸\u0302", "\u0302 (combining circumflex accent) has no meaning here"),
        ("n‸\x00", r"'\x00' (a control character) has no meaning here"),
        ("‸\x1b[2J", r"'\x1b' (a control character) has no meaning here"),
        ("n + ‸\\", "\\ begins a LaTeX command, but none follows"),
        (r"‸\input{x}", r"\input is not a LaTeX command that is read here"),
        (r"1 + ‸\hatx", r"\hatx is not a LaTeX command that is read here"),
        (r"‸\mathrm{1a}", "'1a' is not a name"),
        (r"‸\text{n; m}", "'n;' is not a name"),
    ],
)
def test_what_has_no_meaning_is_pointed_at(marked: str, rule: str) -> None:
    """The error names the character, or the command, and its position."""
    with pytest.raises(ExpressionError, match=f"^{re.escape(rule)}$") as caught:
        tokenize(marked.replace("‸", ""))
    assert caught.value.position == marked.index("‸")


LONG = "1" * (MAX_DIGITS + 1)


@pytest.mark.parametrize(
    "marked", [f"n + ‸{LONG}", f"‸0.{LONG}", "2·‸1e51", "‸1e-51", "‸1e99999", f"x^2 + x‸{'²' * 51}"]
)
def test_a_number_has_a_largest_length(marked: str) -> None:
    """Too many digits, or too large an exponent, is refused before a number is made of it."""
    with pytest.raises(ExpressionError, match=f"^a number has at most {MAX_DIGITS} digits$") as caught:
        tokenize(marked.replace("‸", ""))
    assert caught.value.position == marked.index("‸")
    assert caught.value.text == marked.replace("‸", "")


def test_the_longest_numbers_are_read() -> None:
    """The limits themselves are allowed."""
    assert tokens("9" * MAX_DIGITS) == ["9" * MAX_DIGITS]
    assert tokens("1e50 1e-50") == ["1e50", "1e-50"]


def test_a_text_has_a_largest_length() -> None:
    """One character more than MAX_LENGTH is refused, unread."""
    assert tokens("a" * MAX_LENGTH) == ["a" * MAX_LENGTH]
    with pytest.raises(ExpressionError, match=f"^an expression has at most {MAX_LENGTH} characters, not 10000$"):
        tokenize("(" * 10_000)


def test_a_text_has_a_largest_number_of_symbols() -> None:
    """MAX_TOKENS symbols are read, one more is not."""
    assert len(tokens("+" * MAX_TOKENS)) == MAX_TOKENS
    with pytest.raises(ExpressionError, match=f"^an expression has at most {MAX_TOKENS} symbols$") as caught:
        tokenize("+" * (MAX_TOKENS + 1))
    assert caught.value.position == MAX_TOKENS
