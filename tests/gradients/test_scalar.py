"""Derivatives rule by rule: the rules that are named, what comes out, and sympy's opinion apart from ours."""

from __future__ import annotations

import pytest
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.expressions import evaluate as evaluate_module
from dlcalc.expressions import printing
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.nodes import Name, Node, names_in
from dlcalc.expressions.parser import parse
from dlcalc.gradients import points
from dlcalc.gradients.points import at_points, near
from dlcalc.gradients.scalar import Checked, differentiate

RULES = {
    "sigmoid(w x + b)": ["constant factor", "sum rule", "chain rule: sigmoid"],
    "w^3": ["power rule"],
    "(w x - y)^2": ["constant factor", "sum rule", "power rule and chain rule"],
    "w tanh(w)": ["derivative of tanh", "product rule"],
    "tanh(w)/(1 + w^2)": ["derivative of tanh", "power rule", "sum rule", "quotient rule"],
    "a^w": ["exponential rule"],
    "w/n": ["constant factor"],
    "max(0, w)": ["derivative of max"],
}


@pytest.mark.parametrize("text", RULES)
def test_every_rule_is_named_where_it_is_used(text: str) -> None:
    """The innermost first, and none for d w/d w = 1."""
    assert [step.rule for step in differentiate(parse(text), "w").steps] == RULES[text]


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("sigmoid(w x + b)", "sigmoid(w x + b)(1 - sigmoid(w x + b))x"),
        ("(y - w x)^2/2", "-(y - w x)x"),
        ("ln(1 + exp(-w))", "-1/(exp(w) + 1)"),
        ("w/(1 + w)", "1/(w + 1)^2"),
        ("w^2 sin(w)", "w(w cos(w) + 2sin(w))"),
        ("3", "0"),
    ],
)
def test_derivatives_by_hand(text: str, short: str) -> None:
    """Worked on paper; the shortened form is no longer than the paper's, and of the same value."""
    pytest.importorskip("sympy")
    found = differentiate(parse(text), "w").simplified
    wanted = parse(short)
    assert len(printing.plain(found)) <= len(printing.plain(wanted)) + 1
    for point in at_points((found, wanted), "w", "x", "y", "b"):
        assert near(evaluate(found, point), evaluate(wanted, point))


def test_the_chain_rule_shows_what_stands_inside() -> None:
    step = differentiate(parse("sigmoid(w x + b)"), "w").steps[-1]
    assert step.inner == parse("w x + b")
    assert step.outer == parse("sigmoid(u)(1 - sigmoid(u))")


def test_a_rule_that_is_used_twice_on_the_same_part_is_told_once() -> None:
    assert len(differentiate(parse("tanh(2w) + tanh(2w)^2"), "w").steps) == 4


@each_row("text", [*RULES, "softplus(w x)", "sqrt(1 + w^2)", "if(w > 0, w, exp(w) - 1)", "log2(w)/w"])
def test_central_differences_agree(text: str) -> None:
    checks = differentiate(parse(text), "w").checks
    assert len(checks) == 3
    assert max(check.error for check in checks) < 1e-6


def test_the_check_would_see_a_wrong_derivative() -> None:
    assert Checked({"w": 1.0}, value=2.0, difference=2.001).error > 1e-4
    assert Checked({"w": 1.0}, value=1e-9, difference=2e-9).error < 1e-6


def test_points_are_where_the_expression_has_a_value() -> None:
    """ln(w − 1) needs w > 1; nowhere is a point for ln(−w²)."""
    assert [point["w"] > 1 for point in at_points((parse("ln(w - 1)"),), "w")] == [True] * 3
    assert at_points((parse("ln(-w^2)"),), "w") == []
    assert differentiate(parse("ln(-w^2)"), "w").checks == ()


def test_what_has_no_rule_is_refused() -> None:
    with pytest.raises(UserError, match=r"^there is no derivative rule for floor here$"):
        differentiate(parse("floor(w)"), "w")


def sympy_value(node: Node, by: str, point: dict[str, float]) -> float:
    """sympy's own derivative at a point; the tree is rebuilt with its constructors here, apart from the program's."""
    import sympy

    def build(part: Node) -> object:
        name = type(part).__name__
        inner = [build(child) for child in part.children()]
        if name == "Literal":
            return sympy.Rational(str(part.value))  # type: ignore[attr-defined]
        if name == "Name":
            return sympy.Symbol(part.id)  # type: ignore[attr-defined]
        if name == "Call":
            functions = {"sigmoid": lambda u: 1 / (1 + sympy.exp(-u)), "tanh": sympy.tanh, "exp": sympy.exp,
                         "ln": sympy.log, "sqrt": sympy.sqrt, "sin": sympy.sin, "cos": sympy.cos}  # fmt: skip
            return functions[part.function](*inner)  # type: ignore[attr-defined]
        return {
            "Add": lambda *terms: sympy.Add(*terms), "Mul": lambda *terms: sympy.Mul(*terms),
            "Neg": lambda u: -u, "Div": lambda a, b: a / b, "Pow": lambda a, b: a**b,
        }[name](*inner)  # fmt: skip

    derived = sympy.diff(build(node), sympy.Symbol(by))
    return float(derived.subs({sympy.Symbol(name): value for name, value in point.items()}))


@pytest.mark.parametrize(
    "text",
    [
        "sigmoid(w x + b)",
        "tanh(w h)^2/(1 + w^2)",
        "w^2 sin(w) cos(3w)",
        "exp(-w^2/2)/sqrt(2 + w^4)",
        "ln(1 + exp(w x))w",
    ],
)
def test_sympy_derives_the_same(text: str) -> None:
    pytest.importorskip("sympy")
    node = parse(text)
    found = differentiate(node, "w")
    for point in found.points:
        assert evaluate(found.value, point) == pytest.approx(sympy_value(node, "w", point), rel=1e-9)
        assert evaluate(found.simplified, point) == pytest.approx(sympy_value(node, "w", point), rel=1e-9)


def tower(level: str, levels: int = 40) -> str:
    """A level around a level, the innermost around x."""
    text = "x"
    for _ in range(levels):
        text = level.replace("@", text)
    return text


TOWERS = {
    "sigmoid(@)": 40,
    "tanh(@)": 20,
    "tanh(@)^2": 20,
    "sin(@)": 20,
    "exp(@)/100": 20,
    "sqrt(1 + @)": 20,
    "ln(2 + @)": 20,
    "(@ + 1)^2/9": 20,
    "x^(@)": 20,
    "(@)^x": 20,
    "x/(1 + @)": 20,
    "(1 - @)/(1 + x^2)": 20,
    "sigmoid(@)/x": 20,
    "tanh(x)(1 + @)": 20,
    "max(tanh(@), x/2)": 20,
    "sigmoid(w*@ + b)": 20,
    "-(@*sin(x) + 1)": 20,
    "tanh(sum(j=1..3, j*x) + @)": 20,
}


@pytest.mark.parametrize("level", TOWERS)
def test_a_long_derivative_has_names_for_its_parts(level: str) -> None:
    """It is read back, name by name, from each way of printing that is read, and has the value of the one in full."""
    found = differentiate(parse(tower(level, TOWERS[level])), "x")
    short = found.shortened
    assert short is not None
    assert found.shown is short.value
    assert short.written < 80 * TOWERS[level]
    assert found.points
    for write in (printing.plain, printing.text, printing.latex):
        for point in found.points:
            known: dict[str, float] = dict(point)
            for name, node in short.definitions:
                # in the names before it alone
                assert set(names_in(node)) <= {*known, "e"}
                known[name.id] = evaluate(parse(write(node)), known)
            assert near(evaluate(parse(write(short.value)), known), evaluate(found.value, point))


def test_the_steps_of_a_long_derivative_are_told_in_its_names() -> None:
    short = differentiate(parse(tower("sigmoid(2*@ + b)", 12)), "x").shortened
    assert short is not None
    told = [(step.rule, printing.plain(step.expression), printing.plain(step.value)) for step in short.steps]
    assert told[:5] == [
        ("constant factor", "2*x", "2"),
        ("sum rule", "2*x + b", "2"),
        ("chain rule: sigmoid", "sigmoid(a_1)", "2*a_2*(1 - a_2)"),
        ("constant factor", "2*a_2", "2*d_2"),
        ("sum rule", "2*a_2 + b", "2*d_2"),
    ]
    assert [(name.id, printing.plain(node)) for name, node in short.definitions[:4]] == [
        ("a_1", "2*x + b"), ("a_2", "sigmoid(a_1)"), ("d_2", "2*a_2*(1 - a_2)"), ("a_3", "2*a_2 + b"),
    ]  # fmt: skip
    assert short.part(parse("sigmoid(a_1)")) == short.parts[1]


def test_the_names_of_parts_are_none_of_the_letters() -> None:
    text = tower("sigmoid(a*@ + d_1 + z_2)", 12)
    short = differentiate(parse(text), "x").shortened
    assert short is not None
    assert [name.id for name, _ in short.definitions[:3]] == ["v_1", "v_2", "g_2"]
    taken = differentiate(parse(tower("sigmoid(a + z + v + q + p + r + c + m + k + @)", 12)), "x").shortened
    assert taken is not None
    assert taken.parts[0].name == Name("aa_1")


def test_a_derivative_that_is_short_has_no_names() -> None:
    for text in ("sigmoid(sigmoid(sigmoid(w x + b)))", "x^3 + " * 10 + "x"):
        found = differentiate(parse(text), "x")
        assert found.shortened is None
        assert found.steps_shown is found.steps
        assert found.shown is found.simplified


def test_names_that_do_not_make_it_shorter_are_not_made() -> None:
    """A long sum has no parts that stand several times."""
    found = differentiate(parse(" + ".join(f"{k}x^{k}" for k in range(2, 90))), "x")
    assert found.shortened is None


def test_expressions_are_compared_where_all_have_values_and_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []

    def compile_node(node: Node) -> object:
        compiled.append(node)
        return evaluate_module.compile_node(node)

    monkeypatch.setattr(points, "compile_node", compile_node)
    one, other, whole = parse("ln(w)^2"), parse("ln(w)*ln(w)"), parse("sqrt(w)")
    assert points.alike(one, other, whole, "w") is True
    assert compiled == [one, other, whole]
    assert points.alike(one, parse("ln(w)"), whole, "w") is False
    # equal at the points that are looked at, but there are none; and a difference at none says nothing
    assert points.alike(one, other, parse("ln(-1 - w^2)"), "w") is None
    assert points.alike(parse("ln(-1 - w^2)"), parse("w"), whole, "w") is None
