"""What is left in letters, as a Python value."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from rows import each_row

import dlcalc
from dlcalc.formulas.catalogue import ENTRIES

PARAMETERS = dlcalc.conv(f=3).parameters


def test_it_prints_as_on_paper() -> None:
    assert str(PARAMETERS) == repr(PARAMETERS) == "(9c + 1)k"
    assert repr(dlcalc.conv(f=3).output) == "(n − 2, n − 2, k)"
    assert PARAMETERS._repr_latex_() == r"$\left( 9 c + 1 \right) k$"
    assert PARAMETERS.letters == ("c", "k")


def test_values_are_put_in() -> None:
    assert PARAMETERS.subs(c=6, k=16) == 880
    assert str(PARAMETERS.subs(c="2m")) == "(18m + 1)k"
    assert float(PARAMETERS.subs(c=6, k=16)) == 880.0
    assert dlcalc.conv(f=3).subs(c=6, k=16).parameters == 880
    assert dlcalc.conv(n="n", f=3).subs(n=227).o == 225
    with pytest.raises(dlcalc.UserError, match="n does not occur; the letters are c, k"):
        PARAMETERS.subs(n=3)
    with pytest.raises(dlcalc.UserError, match="q is not a quantity of conv; its letters are n, c, k"):
        dlcalc.conv(f=3).subs(q=3)
    with pytest.raises(dlcalc.UserError, match=r"\(9c \+ 1\)k is not a number: c, k have no value"):
        float(PARAMETERS)
    with pytest.raises(dlcalc.UserError, match="9c \\+ 1 is not a number: c has no value"):
        float(PARAMETERS.subs(k=1))


def test_equal_is_of_equal_value() -> None:
    """However it is written; ⌊ ⌋ is told from ⌈ ⌉, and whole letters are whole."""
    assert PARAMETERS == "k + 9ck"
    assert PARAMETERS != "k + 9c"
    assert PARAMETERS != 880
    assert dlcalc.pool().o != "ceil((n - f)/f) + 1"
    assert dlcalc.pool().o == "floor(n/f)"
    assert dlcalc.lstm().parameters == 4 * (dlcalc.rnn().parameters)
    assert dlcalc.activation("sigmoid").value == "(1 + tanh(x/2))/2"
    with pytest.raises(TypeError, match="unhashable"):
        hash(PARAMETERS)


def test_it_calculates() -> None:
    assert str(2 * PARAMETERS - PARAMETERS) == "(9c + 1)k"
    assert str((1 - PARAMETERS / Fraction(1, 2)).subs(c=0)) == "1 − 2k"
    assert (PARAMETERS**2).subs(c=1, k=2) == 400
    assert (3 / PARAMETERS + 1).subs(c=0, k=3) == 2
    assert (-PARAMETERS + 1).subs(c=0, k=3) == -2
    assert dlcalc.conv(n=dlcalc.conv(n=227, f="q").o, f=1).o == "228 - q"


def test_sympy_takes_it_as_its_own() -> None:
    sympy = pytest.importorskip("sympy")
    c, k = sympy.symbols("c k", integer=True, positive=True)
    assert PARAMETERS.sympy() == k * (9 * c + 1)
    assert PARAMETERS + k == k * (9 * c + 1) + k
    assert sympy.solve(sympy.Eq(PARAMETERS.subs(k=16).sympy(), 880), c) == [6]
    assert dlcalc.conv(n=227, f=11, s=4).parameters.sympy() == k * (121 * c + 1)
    assert dlcalc.conv(n=227, f=11, s=4).sympy("o") == sympy.Integer(55)
    assert dlcalc.conv(n=227, f=11, s=4).sympy() == sympy.Tuple(55, 55, k)
    assert dlcalc.diff("x^2*w", "x").sympy() == 2 * sympy.Symbol("w", real=True) * sympy.Symbol("x", real=True)
    assert k * (9 * c + 1) == PARAMETERS
    assert dlcalc.net("lenet5").sympy()["parameters"] == 61706
    gradient = dlcalc.backprop("2-2-1").sympy()
    delta, x, w = (sympy.Symbol(name, commutative=False) for name in ("delta_1", "x", "W_1"))
    assert (gradient["W_1"], gradient["x"]) == (delta * sympy.transpose(x), sympy.transpose(w) * delta)
    for program, name, value in (
        (dlcalc.net("lenet5").program("sympy"), "parameters", 61706),
        (dlcalc.backprop("2-2-1").program("sympy"), "dW_1", delta * sympy.transpose(x)),
    ):
        space: dict[str, object] = {}
        exec(program.partition("print(")[0], space)
        assert space[name] == value
    with pytest.raises(dlcalc.UserError, match="conv has no size; its answers are output, o"):
        dlcalc.conv().sympy("size")


def test_a_derivative_is_an_expression() -> None:
    found = dlcalc.diff("x^2*w", "x")
    assert found.value == "2xw"
    assert found.latex() == r"2 x w"
    assert found.subs(x=3, w=2) == 12
    assert float(dlcalc.diff("x^2*w", "x", at={"x": "3", "w": "2"})) == 12.0


def test_a_second_derivative() -> None:
    """Letter after letter; the mixed ones agree."""
    assert dlcalc.diff("x^3*w", "x,x").value == "6xw"
    assert dlcalc.diff("sigmoid(w*x)", "w,x").value == dlcalc.diff("sigmoid(w*x)", "x, w").value
    assert dlcalc.diff("x^4", "x,x,x").value == "24x"
    assert dlcalc.diff("x^3", "x,x", answer="6x")
    for wrt in ("x,x,x,x", "x,"):
        with pytest.raises(dlcalc.UserError, match="--wrt takes one letter, or up to 3 for a higher derivative"):
            dlcalc.diff("x^3", wrt)


def test_a_check_is_true_when_the_answer_is_right() -> None:
    assert dlcalc.conv.check("o", 26, n=28, f=3)
    assert not dlcalc.conv.check("o", 27, n=28, f=3)
    assert not dlcalc.conv.check("o", "what", n=28, f=3)
    assert dlcalc.conv.check("parameters", PARAMETERS, f=3)


@each_row("name", sorted(ENTRIES))
def test_what_is_left_in_letters_is_text_in_json(name: str) -> None:
    """Of every calculator, with nothing given but the choice; lists whose entries are read are asked for."""
    entry = ENTRIES[name]
    for choice in sorted(entry.choices) if entry.positional else [""]:
        try:
            found = getattr(dlcalc, name)(*([choice] if choice else []))
        except dlcalc.UserError as error:
            if "needs --" not in str(error):
                raise
            continue
        assert json.loads(json.dumps(found.to_dict())) == found.to_dict()
