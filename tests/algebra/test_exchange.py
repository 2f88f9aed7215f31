"""Expressions handed to sympy and back, as objects and as programs that run."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
from rows import each_row

import dlcalc
from dlcalc.algebra.code import sympy_program, wolfram_program
from dlcalc.algebra.letters import NoCounterpart
from dlcalc.algebra.standard import DEFINITIONS, definition
from dlcalc.api.expression import Expression
from dlcalc.api.results import Calculation
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.functions import FUNCTIONS
from dlcalc.expressions.nodes import Kind
from dlcalc.expressions.parser import parse
from dlcalc.formulas.catalogue import ENTRIES
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run

sympy = pytest.importorskip("sympy")

GIVEN: dict[str, dict[str, tuple[int, ...]]] = {
    "rf": {"f": (3, 3), "s": (1, 2)},
    "anchors_maps": {"n": (4, 3)},
    **{id: {"u": (4, 3, 2)} for id in ("mlp", "mlp_batchnorm", "autoencoder", "transfer")},
}
"""What a formula needs before it can be worked out at all: how many layers there are."""


def ran(program: str) -> dict[str, Any]:
    """The variables of a program that was run."""
    variables: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(program, variables)
    return variables


def test_every_formula_of_the_catalogue_goes_to_sympy_and_back() -> None:
    """And its program, run, has the same expressions."""
    answers = 0
    for id in dict.fromkeys(id for entry in ENTRIES.values() for id in entry.formulas()):
        found = Calculation(run(formula(id), GIVEN.get(id, {})))
        variables = ran(found.program("sympy"))
        assert found.program("wolfram").count("\n") >= len(found.working.formula.answers)
        for name in found.working.formula.answers:
            made = found.sympy(name)
            assert dlcalc.from_sympy(made).sympy() == made, (id, name)
            coded = variables.get(name, variables.get(f"{name}_"))
            # 2*(n - f) is -2*f + 2*n to sympy, or not, by the order in which it is made
            assert coded == made or sympy.expand(coded - made) == 0, (id, name)
            answers += 1
    assert answers > 500


def test_letters_keep_what_is_known_of_them() -> None:
    k = dlcalc.conv(f=3).parameters.sympy().free_symbols
    assert all(symbol.is_integer and symbol.is_positive for symbol in k)
    (x,) = dlcalc.activation("tanh").value.sympy().free_symbols
    assert x.is_real
    assert not x.is_integer


@each_row("name", DEFINITIONS)
def test_a_definition_is_its_function(name: str) -> None:
    for x in (-7, -3, -1.5, -0.25, 0, 0.25, 1, 2.75, 3, 6.5):
        value = FUNCTIONS[name].value
        assert value is not None
        if name.startswith("log1") or name == "log2":
            x = abs(x) or 1
        assert evaluate(definition(name), {"x": x}) == pytest.approx(value(x), abs=1e-12)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("floor((n + 2p - f)/s) + 1", {"n": 227, "p": 2, "f": 11, "s": 4}),
        ("sum(j=1..n, j^2*x)", {"n": 5, "x": 3}),
        ("prod(j=1..n, j + x)", {"n": 4, "x": 2}),
        ("if(x >= 2 and x < 5, x^2, mod(x, 3))", {"x": 7}),
        ("max(x, 2y, 3) - min(x, abs(y))", {"x": -4, "y": -9}),
        ("sigmoid(x) + relu(x) + ceil(x/2)", {"x": 3}),
        ("1/3 + x^(1/2) + pi*e", {"x": 9}),
        ("2^(0-3)*x/4", {"x": 5}),
    ],
)
def test_object_and_program_have_our_value(text: str, point: dict[str, int]) -> None:
    node = parse(text)
    expected = evaluate(node, point)
    made = dlcalc.to_sympy(text)
    substituted = {symbol: point[symbol.name] for symbol in made.free_symbols}
    assert float(made.subs(substituted).doit()) == pytest.approx(float(expected))
    coded = ran(sympy_program({"result": node}, {}, {}))["result"]
    assert float(coded.subs(substituted).doit()) == pytest.approx(float(expected))
    back = evaluate(dlcalc.from_sympy(made).node, point)
    assert float(back) == pytest.approx(float(expected))


def test_letters_that_sympy_or_python_have_taken() -> None:
    """N, E, I, S, O, Q, beta, gamma, zeta and lambda are letters like others; two never become one."""
    text = "N + E*I - S*O/Q + beta^gamma + zeta*lambda + lambda_1 + sp"
    node = parse(text, ["sp"])
    point = {name: place + 2 for place, name in enumerate(dlcalc.to_sympy(Expression(node)).free_symbols)}
    coded = ran(sympy_program({"lambda": node, "sp": node}, {}, {}))
    assert {symbol.name for symbol in coded["lambda__"].free_symbols} == {
        "N", "E", "I", "S", "O", "Q", "beta", "gamma", "zeta", "lambda", "lambda_1", "sp",
    }  # fmt: skip
    value = evaluate(node, {symbol.name: number for symbol, number in point.items()})
    assert coded["lambda__"] == coded["sp__"]
    assert float(coded["lambda__"].subs(point)) == pytest.approx(float(value))
    assert "capN + capE*capI - capS*capO/capQ" in wolfram_program({"r": node}, {}, {})


def test_wolframs_language() -> None:
    program = wolfram_program({"h_t": parse("if(x > 0, floor(x/2), tanh(x)^2) + sum(j=1..n, j)")}, {}, {"x": 3})
    assert program == "ht = If[(x > 0), Floor[x/2], Tanh[x]^2] + Sum[j, {j, 1, n}]\n{ht} /. {x -> 3}\n"


def test_a_vector_is_written_by_its_entries() -> None:
    """‖g‖ is √(Σ gᵢ²), and Σ ln p the sum over the entries of p."""
    i, g, p = sympy.Symbol("i", integer=True), sympy.IndexedBase("g"), sympy.IndexedBase("p")
    many = sympy.Symbol("len(g)", integer=True, positive=True)
    assert dlcalc.clip().sympy("norm") == sympy.sqrt(sympy.Sum(g[i] ** 2, (i, 1, many)))
    assert Calculation(run(formula("log_probability"), {})).sympy().function == sympy.log(p[i])


def test_a_whole_array_keeps_the_order_of_its_products() -> None:
    made = dlcalc.clip().sympy()
    assert str(made.args[-1]) == "g"
    assert not made.args[-1].is_commutative


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda x: sympy.gamma(x), "gamma has no counterpart here"),
        (lambda x: sympy.Function("mystery")(x), "mystery is not a function of dlcalc"),
        (lambda x: x + sympy.Symbol("x"), "two symbols of x \\+ x have one name"),
        (lambda x: sympy.I * x, "has no counterpart here"),
        (lambda x: sympy.Integral(x, x), "has no counterpart here"),
        (lambda x: "x + 1", "an expression of sympy is expected, not str"),
    ],
)
def test_what_dlcalc_does_not_have_is_refused(made: Any, why: str) -> None:
    with pytest.raises(dlcalc.UserError, match=why):
        dlcalc.from_sympy(made(sympy.Symbol("x", real=True)))


def test_what_sympy_does_not_take_is_refused() -> None:
    with pytest.raises(dlcalc.UserError, match="the exponent 10001 is too large to work with"):
        dlcalc.to_sympy("x^(10001)")
    with pytest.raises(dlcalc.UserError, match="the value is a number or an expression, not dict"):
        dlcalc.to_sympy({})


def test_a_program_is_for_formulas_and_counts() -> None:
    with pytest.raises(dlcalc.UserError, match="--sympy is for formulas and counts: of a calculator"):
        dlcalc.vanish().program("sympy")
    with pytest.raises(dlcalc.UserError, match="this result is not a single expression"):
        dlcalc.vanish().sympy()


@each_row("layout", ["column", "row", "pytorch", "number"])
def test_a_gradient_through_time_is_written_with_the_order_of_its_products(layout: str) -> None:
    """What is a vector at each step is a function whose products have an order: object and program are one."""
    for cell in ("rnn", "lstm", "gru"):
        for more in ({"form": "delta"}, {"form": "paths", "steps": 2}):
            found = dlcalc.bptt(cell, layout=layout, **more)
            assert ran(found.program("sympy"))["gradient"] == found.sympy()
            assert found.formula.sympy() == dlcalc.from_sympy(found.sympy()).sympy()
            assert "capT" in found.program("wolfram") or "steps" in more
    with pytest.raises(dlcalc.UserError, match="has no counterpart there: --form delta"):
        dlcalc.bptt("rnn", layout=layout).sympy()


def test_joined_weights_as_a_program() -> None:
    assert str(dlcalc.bptt("lstm", "W_f", "delta", w_joined="h,x").sympy()) == (
        "Sum(outer(delta_f(t), (h(t - 1), x(t))), (t, 1, T))"
    )
    with pytest.raises(dlcalc.UserError, match="a product with a vector written out, has no counterpart in sympy"):
        dlcalc.bptt("rnn", form="delta", layout="number", w_joined="h,x").sympy()
    with pytest.raises(dlcalc.UserError, match="a product with a vector written out, has no counterpart in sympy"):
        dlcalc.bptt("rnn", form="delta", layout="number", w_joined="h,x").program("sympy")


def test_a_letter_is_a_sequence_of_vectors_or_of_numbers() -> None:
    both = parse("x[1]*x[1, 2]", {"x": Kind.MATRIX})
    with pytest.raises(NoCounterpart, match="x has vectors and numbers at its places: there is no program for both"):
        sympy_program({"both": both}, {}, {})
