"""MathML is well-formed XML with the right elements."""

from __future__ import annotations

from xml.etree import ElementTree

from rows import each_row

from dlcalc.expressions.nodes import Kind, Name, Range, Value
from dlcalc.expressions.parser import Declarations, parse, parse_range
from dlcalc.expressions.printing import mathml

NAMES = Declarations({**dict.fromkeys("xhy", Kind.VECTOR), "W": Kind.MATRIX, "W_f": Kind.VECTOR, "fan_in": Kind.SCALAR})
NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


def outline(element: ElementTree.Element) -> str:
    """An element without attributes and invisible signs: `mfrac(n s)`."""
    tag = element.tag.removeprefix(NAMESPACE)
    inner = [part for part in map(outline, element) if part not in ("\u2061", "\u2062")]
    if tag in ("mi", "mn", "mo", "mtext"):
        return element.text or ""
    return " ".join(inner) if tag in ("math", "mrow") else f"{tag}({' '.join(inner)})"


def shape(value: Value) -> str:
    return outline(ElementTree.fromstring(mathml(value)))


@each_row(
    ("source", "expected"),
    [
        ("floor((n + 2p - f)/s) + 1", "⌊ mfrac(n + 2 p − f s) ⌋ + 1"),
        ("f^2*c*k", "msup(f 2) c k"),
        ("11^2*3", "msup(11 2) × 3"),
        ("fan_in*n", "fan in · n"),
        ("z_1 + w_ih + theta_n", "msub(z 1) + msub(w ih) + msub(θ n)"),
        ("yhat_t - xbar", "msub(mover(y ^) t) − mover(x ¯)"),
        ("h[t-1] + W_f[i, j]", "msub(h t − 1) + msub(( msub(W f) ) i , j)"),
        ("x[i][j]", "x [ i ] [ j ]"),
        ("Wᵀ(y - 1)", "msup(W ⊤) ( y − 1 )"),
        ("sqrt(n + 1)", "msqrt(n + 1)"),
        ("abs(n) + norm(x) + ceil(n)", "| n | + ‖ x ‖ + ⌈ n ⌉"),
        ("sigmoid(n) + log2(n) + max(0, n)", "σ ( n ) + msub(log 2) ( n ) + max ( 0 , n )"),
        ("-sum(j=1..T, y[j])", "− munderover(∑ j = 1 T) msub(y j)"),
        ("prod(j=1..T, n)", "munderover(∏ j = 1 T) n"),
        ("prod_desc(m=k+1..j, W)", "munderover(mover(∏ ←) m = k + 1 j) W"),
        ("((1, 2), (3, n))", "[ mtable(mtr(mtd(1) mtd(2)) mtr(mtd(3) mtd(n))) ]"),
        ("(1, n)", "( 1 , n )"),
        ("(1,)", "( 1 , )"),
        ("if(n > 0, n, 0)", "{ mtable(mtr(mtd(n) mtd(if\u00a0 n > 0)) mtr(mtd(0) mtd(otherwise)))"),
        ("a ⊙ b + c ⊗ d", "a ⊙ b + c ⊗ d"),
        ("not a < b and c >= d", "not\u00a0 a < b \u00a0and\u00a0 c ≥ d"),
    ],
)
def test_the_elements_of_a_formula(source: str, expected: str) -> None:
    assert shape(parse(source, NAMES)) == expected


def test_a_range_and_values() -> None:
    assert shape(parse_range("t in 1..T")) == "t = 1 , … , T"
    assert shape(Range("t", Name("a"), Name("b"))) == "t = a , … , b"
    assert (shape(float("inf")), shape(1.5e-7), shape(True)) == ("∞", "1.5 × msup(10 − 7)", "true")


def test_the_whole_element() -> None:
    """Children of a fraction are single elements, products are invisible times, functions are applied."""
    assert mathml(parse("2n/s")) == (
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mfrac>'
        "<mrow><mn>2</mn><mo>\u2062</mo><mi>n</mi></mrow><mi>s</mi></mfrac></math>"
    )
    assert "<mo>\u2061</mo>" in mathml(parse("tanh(n)"))
    assert 'display="block"' in mathml(1, display=True)


def test_everything_is_escaped() -> None:
    """A comparison, and a name that a course profile spells with markup."""
    assert "<mo>&lt;</mo>" in mathml(parse("a < b"))
    assert shape_of_renamed("a", "<b>&") == "<b>&"


def shape_of_renamed(name: str, spelled: str) -> str:
    return outline(ElementTree.fromstring(mathml(Name(name), {name: spelled})))
