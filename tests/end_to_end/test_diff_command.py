"""`dlcalc diff` as a student uses it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from terminal import Terminal


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


def test_judging_and_json_do_without_sympy_where_it_is_absent() -> None:
    """A derivative is shown as it was found when there is nothing to shorten it with."""
    hide = "import sys; sys.modules['sympy'] = None; import importlib.util as u; f = u.find_spec; "
    hide += "u.find_spec = lambda n, *a: None if n == 'sympy' else f(n, *a); "
    code = hide + "from dlcalc.api.differentiating import diff; print(diff('ln(1 + exp(-w))').to_dict()['value'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, timeout=60)
    assert done.stdout.strip() == "-(exp(-w)/(1 + exp(-w)))"
