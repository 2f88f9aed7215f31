"""The functions of the language: values from tables and by hand, spellings, and words that are none."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from fractions import Fraction
from importlib.resources import files

import pytest
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.expressions import printing
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.functions import ALIASES, FUNCTIONS, function_named
from dlcalc.expressions.nodes import Call, Literal
from dlcalc.expressions.parser import parse
from dlcalc.expressions.printing import latex, plain, text

LN_2 = 0.6931471805599453

VALUES = {
    "tan(1)": 1.5574077246549023,
    "arcsin(1/2)": math.pi / 6,
    "arccos(1/2)": math.pi / 3,
    "arctan(1)": math.pi / 4,
    "sinh(1)": 1.1752011936438014,
    "cosh(1)": 1.5430806348152437,
    "sech(1)": 0.6480542736638855,
    "csch(1)": 0.8509181282393216,
    "coth(1)": 1.3130352854993312,
    "arsinh(3/4)": LN_2,  # e^ln 2 = 2: (2 − 1/2)/2 = 3/4
    "arcosh(5/4)": LN_2,
    "artanh(3/5)": LN_2,
    "erf(1)": 0.8427007929497149,  # Abramowitz and Stegun, table 7.1
    "erf(-1/2)": -0.5204998778130465,
    "sign(-5)": -1,
    "sign(0)": 0,
    "logsigmoid(-3)": -3.048587351573742,  # −ln(1 + e³)
    "leakyrelu(-2)": Fraction(-1, 50),
    "relu6(7)": 6,
    "relu6(5/2)": Fraction(5, 2),
    "elu(-1)": -0.6321205588285577,  # 1/e − 1
    "elu(3)": 3,
    "selu(-1)": -1.1113307378125628,
    "selu(1)": 1.0507009873554805,
    "silu(1)": 0.7310585786300049,  # 1·σ(1)
    "silu(-10^400)": 0.0,
    "gelu(1)": 0.8413447460685429,  # Φ(1) of the normal table
    "gelu(-9)": -9 * 1.1285884059538406e-19,
    "mish(1)": ((1 + math.e) ** 2 - 1) / ((1 + math.e) ** 2 + 1),
    "softsign(-3)": Fraction(-3, 4),
    "hardsigmoid(1)": Fraction(2, 3),
    "hardsigmoid(-4)": 0,
    "hardtanh(5/2)": 1,
    "hardswish(1)": Fraction(2, 3),
    "hardswish(-1)": Fraction(-1, 3),
    "hardswish(5)": 5,
    "tanhshrink(1)": 1 - 0.7615941559557649,
    "sech(10^3)": 0.0,
    "csch(-10^3)": 0.0,
    "coth(10^3)": 1.0,
    "elu(-10^400)": -1.0,
}


@each_row("wrote", VALUES)
def test_values_by_hand(wrote: str) -> None:
    found, wanted = evaluate(parse(wrote)), VALUES[wrote]
    if isinstance(wanted, float):
        assert found == pytest.approx(wanted, rel=1e-14, abs=0)
    else:
        assert (found, type(found)) == (wanted, type(wanted))


@each_row("name", [name for name, f in FUNCTIONS.items() if f.value and f.arguments == (1, 1) and f.derivative != "0"])
def test_what_is_exact_at_zero_stays_exact(name: str) -> None:
    """sinh 0 is the number 0 and cosh 0 is 1, no floats; where a function has none at 0, it says so."""
    try:
        found = evaluate(Call(name, (Literal(0),)))
    except UserError:
        assert name in ("ln", "log", "log2", "log10", "csch", "coth", "arcosh")
    else:
        assert not isinstance(found, float) or name in ("softplus", "logsigmoid", "arccos")


@pytest.mark.parametrize(
    ("wrote", "rule"),
    [
        ("arcsin(3/2)", "arcsin takes a number from -1 to 1, not 3/2"),
        ("arccos(-2)", "arccos takes a number from -1 to 1, not -2"),
        ("arcosh(1/2)", "arcosh takes a number of at least 1, not 1/2"),
        ("artanh(1)", "artanh takes a number between -1 and 1, not 1"),
        ("csch(0)", "csch takes a number other than 0"),
        ("coth(0)", "coth takes a number other than 0"),
        ("sinh(1000)", "sinh(1000) is too large for a decimal number"),
    ],
)
def test_outside_its_domain_a_function_says_what_it_takes(wrote: str, rule: str) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        evaluate(parse(wrote))


@each_row(
    ("wrote", "name"),
    [
        ("ReLU", "relu"), ("hard_sigmoid", "hardsigmoid"), ("LeakyReLU", "leakyrelu"), ("Swish", "silu"),
        ("SiLU", "silu"), ("GELU", "gelu"), ("asin", "arcsin"), ("arctanh", "artanh"), ("sgn", "sign"),
        ("Tanh", "tanh"), ("log_sigmoid", "logsigmoid"), ("Mish", "mish"), ("celu", "elu"), ("foo", None),
        ("f", None),
    ],
)  # fmt: skip
def test_other_spellings(wrote: str, name: str | None) -> None:
    assert function_named(wrote) == name


@each_row(
    ("wrote", "same"),
    [
        ("elu(x, a)", "if(x > 0, x, a*(exp(x) - 1))"),
        ("leaky_relu(x, 0.2)", "if(x > 0, x, 0.2*x)"),
        ("sec(x)", "1/cos(x)"),
        ("cot(x)", "cos(x)/sin(x)"),
        ("clip(x, 0, 6)", "min(max(x, 0), 6)"),
        ("pow(x, 3)", "x^3"),
        ("sech²(x)", "sech(x)^2"),
        (r"\arctan\left(x\right)", "arctan(x)"),
        (r"\operatorname{silu}(x)", "silu(x)"),
        ("1 if x > 0 else 0", "if(x > 0, 1, 0)"),
        ("(1 if (x > 0) else 0) + 2", "if(x > 0, 1, 0) + 2"),
        ("a if x > 1 else b if x > 0 else c", "if(x > 1, a, if(x > 0, b, c))"),
        ("2 if(x > 0, 1, 0)", "2*if(x > 0, 1, 0)"),
    ],
)
def test_what_stands_for_other_functions(wrote: str, same: str) -> None:
    assert plain(parse(wrote)) == plain(parse(same))


@pytest.mark.parametrize(
    ("wrote", "rule"),
    [
        ("arctn(x)", "arctn( is not a function that is known here: similar names are arctan, arctanh, arctg; a product "
         "is a·r·c·t·n·("),
        ("nm(n + 1)", "nm( is not a function that is known here: similar names are norm; a product is n·m·("),
        ("zq(x)", "zq( is not a function that is known here: a product is z·q·("),
        ("1 if x > 0", "if needs parentheses: if(...)"),
        ("elu(x, 1, 2)", "elu takes 1 argument, not 3"),
        ("sec(x, 1)", "sec takes 1 argument, not 2"),
        ("pow(x)", "pow takes 2 arguments, not 1"),
    ],
)  # fmt: skip
def test_a_word_that_is_no_function_is_refused(wrote: str, rule: str) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        parse(wrote)


def test_a_run_of_declared_letters_is_a_product() -> None:
    """Of a formula's own letters nm(n + 1) can only be a product."""
    assert plain(parse("nm(n + 1)", ["n", "m"])) == "n*m*(n + 1)"


@each_row("name", [name for name, function in FUNCTIONS.items() if function.value])
def test_every_function_is_printed_so_that_it_is_read_again(name: str) -> None:
    call = Call(name, tuple(parse(letter) for letter in "xy"[: FUNCTIONS[name].arguments[0]]))
    for written in (plain, text, latex):
        assert parse(written(call)) == call
    for written in (printing.typst, printing.mathml):
        assert written(call)


def test_the_practice_page_has_the_same_functions() -> None:
    """Every function of one number, and every other spelling, with the same values, in node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node runs the page's script")
    script = (files("dlcalc.export") / "practice.js").read_text(encoding="utf-8")
    table = script[script.index("const ERF") : script.index("const CLOSED")]
    names = [name for name, f in FUNCTIONS.items() if f.value and f.arguments == (1, 1)]
    run = f"{table}; console.log(JSON.stringify([0.75, 1.25, -0.5, 3.5].map((x) => Object.fromEntries("
    run += "Object.entries(FUNCTIONS).map(([name, f]) => [name, f(x)])))))"
    done = subprocess.run([node, "-e", run], capture_output=True, encoding="utf-8", check=True, timeout=60)
    for x, found in zip((0.75, 1.25, -0.5, 3.5), json.loads(done.stdout), strict=True):
        for name in (*names, *(word for word, meant in ALIASES.items() if meant in names and word.isascii())):
            try:
                wanted = float(evaluate(Call(ALIASES.get(name, name), (Literal(x),))))  # type: ignore[arg-type]
            except UserError:
                assert found[name] is None
            else:
                assert found[name] == pytest.approx(wanted, rel=1e-6, abs=1e-9), (name, x)
