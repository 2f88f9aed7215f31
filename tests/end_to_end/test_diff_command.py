"""`dlcalc diff` as a student uses it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from terminal import Terminal

from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.parser import parse


def test_the_rules_the_result_and_the_check_are_shown(terminal: Terminal) -> None:
    out = terminal('diff "sigmoid(w x + b)" --wrt w').out
    assert "chain rule: sigmoid, with u = wx + b" in " ".join(out.split())
    assert "σ(wx + b)(1 − σ(wx + b))x" in out
    assert "checked with central differences at 3 points" in out


def test_json_has_the_steps_and_the_value(terminal: Terminal) -> None:
    found = json.loads(terminal('diff "(y - w x)^2/2" --wrt w --at "w=1 x=2 y=3" --json').out)
    assert [step["name"] for step in found["steps"]] == [
        "constant factor", "sum rule", "power rule and chain rule", "constant factor",
    ]  # fmt: skip
    assert found["number"] == -2  # −(3 − 1·2)·2
    assert len(found["checks"]) == 3


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        ('diff "sigmoid(w x + b)" --wrt w --answer "sigmoid(w x + b)(1 - sigmoid(w x + b))x"', 0, "this is right"),
        ('diff "w tanh(w)" --answer "1 - tanh(w)^2"', 1, "not the product of the derivatives"),
        ('diff "w tanh(w)" --answer "5"', 1, "no typical mistake"),
        ('diff "w tanh(w)" --answer "5" --show', 1, "tanh(w)"),
    ],
)
def test_an_answer_is_judged(terminal: Terminal, command: str, status: int, words: str) -> None:
    found = terminal(command)
    assert found.status == status
    assert words in " ".join(found.out.split())


@pytest.mark.parametrize("command", ['diff "w x"', 'diff "floor(w)"', 'diff "w +"', "diff w --wrt 1"])
def test_a_bad_question_is_one_line(terminal: Terminal, command: str) -> None:
    found = terminal(command)
    assert found.status == 2
    assert len(found.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "key", "wanted"),
    [
        ('diff "-log(p)" --wrt p', "value", "-(1/p)"),
        ("diff -x^3", "value", "-(3*x^2)"),
        ("diff --wrt x -x", "expression", "-x"),
        ('diff "-(a + b)x" --wrt x', "value", "-a - b"),
        ('diff "-x^3" --answer -3x^2', "answer", "-3x^2"),
        ('solve "-x+3=0"', "solutions", [{"x": 3}]),
        ("solve -x=-3", "wanted", {"equation": "-x=-3"}),
    ],
)
def test_an_expression_may_begin_with_a_minus(terminal: Terminal, command: str, key: str, wanted: object) -> None:
    assert json.loads(terminal(f"{command} --json").out)[key] == wanted


@pytest.mark.parametrize(
    ("command", "option"), [("diff x -h", "-h"), ("diff x -wrt x", "-w"), ("solve -range", "-r"), ("conv -q 5", "-q")]
)
def test_a_slip_in_an_option_is_no_expression(terminal: Terminal, command: str, option: str) -> None:
    found = terminal(command)
    assert found.status == 2
    assert found.err.startswith(f"dlcalc: No such option: {option}")


def test_judging_and_json_do_without_sympy_where_it_is_absent() -> None:
    """A derivative is shown as it was found when there is nothing to shorten it with."""
    hide = "import sys; sys.modules['sympy'] = None; import importlib.util as u; f = u.find_spec; "
    hide += "u.find_spec = lambda n, *a: None if n == 'sympy' else f(n, *a); "
    code = hide + "from dlcalc.api.differentiating import diff; print(diff('ln(1 + exp(-w))').to_dict()['value'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, timeout=60)
    assert done.stdout.strip() == "-(exp(-w)/(1 + exp(-w)))"


SIGMOIDS = "sigmoid(" * 40 + "x" + ")" * 40


def test_forty_sigmoids_are_derived_with_names_for_the_parts(terminal: Terminal) -> None:
    """Each level in one row, where all levels written out in each other would be thousands of lines."""
    out = terminal(f'diff "{SIGMOIDS}"').out
    assert len(out.splitlines()) < 120
    words = " ".join(out.split())
    assert "Parts have names: a₁ stands for σ(x), d₁ for its derivative by x." in words
    assert "a₃₉ = σ(a₃₈) d₃₉ = a₃₉(1 − a₃₉)d₃₈" in words
    assert "Derivative a₄₀(1 − a₄₀)d₃₉" in words
    assert r"a_{40} \left( 1 - a_{40} \right) d_{39}" in terminal(f'diff "{SIGMOIDS}" --latex').out
    for option in ("--latex", "--markdown", "--html"):
        assert len(terminal(f'diff "{SIGMOIDS}" {option}').out) < 150_000


def test_the_names_of_parts_are_in_json_in_the_order_of_their_use(terminal: Terminal) -> None:
    found = json.loads(terminal(f'diff "{SIGMOIDS}" --json').out)
    assert found["value"] == found["unsimplified"] == "a_40*(1 - a_40)*d_39"
    assert found["parts"][:3] == [
        {"name": "a_1", "value": "sigmoid(x)"},
        {"name": "d_1", "value": "a_1*(1 - a_1)"},
        {"name": "a_2", "value": "sigmoid(a_1)"},
    ]
    assert found["steps"][1]["value"] == "a_2*(1 - a_2)*d_1"
    at: dict[str, object] = {"x": found["checks"][0]["point"]["x"]}
    for part in found["parts"]:
        at[part["name"]] = evaluate(parse(part["value"]), at)
    assert evaluate(parse(found["value"]), at) == pytest.approx(found["checks"][0]["value"])
    assert "parts" not in json.loads(terminal('diff "sigmoid(w x + b)" --wrt w --json').out)


def test_a_long_derivative_with_values_for_some_letters_is_not_written_out(terminal: Terminal) -> None:
    text = "sigmoid(w*" * 30 + "x" + ")" * 30
    some = terminal(f'diff "{text}" --wrt x --at w=2')
    assert some.status == 0
    assert "give every letter a value" in " ".join(some.out.split())
    assert "number" not in json.loads(terminal(f'diff "{text}" --wrt x --at w=2 --json').out)
    assert "number" in json.loads(terminal(f'diff "{text}" --wrt x --at "w=2 x=1" --json').out)


def test_the_derivative_beside_a_judged_one_has_its_parts(terminal: Terminal) -> None:
    found = terminal(f'diff "{SIGMOIDS}" --answer 1 --show')
    assert found.status == 1
    assert "d₃₉ = a₃₉(1 − a₃₉)d₃₈" in " ".join(found.out.split())
    assert json.loads(terminal(f'diff "{SIGMOIDS}" --answer 1 --json').out)["parts"][0]["name"] == "a_1"


def test_a_number_is_no_operand_of_or(terminal: Terminal) -> None:
    """Where x is not positive this has no value: it is not right for having one elsewhere."""
    for answer in ("1 if x > 0 else 0 or 2*x", "1 if x > 0 else 0 or sin(x)"):
        judged = terminal(["diff", "relu(x)", "--answer", answer, "--json"])
        assert (judged.json["status"], judged.json["reason"]) == ("undecided", "or takes a comparison, not a number")
