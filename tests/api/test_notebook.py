"""dlcalc in a notebook: the magic, and problems that are checked with a hint first."""

from __future__ import annotations

from typing import Any

import pytest

import dlcalc
from dlcalc.api import notebook


@pytest.fixture(autouse=True)
def _no_tries() -> None:
    notebook._tries.clear()


class Shell:
    """What IPython offers to an extension."""

    def __init__(self) -> None:
        self.magics: dict[tuple[str, str], Any] = {}
        self.names: dict[str, Any] = {}

    def register_magic_function(self, function: Any, magic_kind: str, magic_name: str) -> None:
        self.magics[magic_kind, magic_name] = function

    def push(self, variables: dict[str, Any]) -> None:
        self.names.update(variables)


def test_a_problem_is_checked() -> None:
    """Right is true; wrong has the first hint, then the next; the mistake is told when it is asked for."""
    made = dlcalc.problem("rnn-parameters")
    (variant,) = made.variants
    part = variant.problem.parts[0]
    expected = variant.asked[part.id].expected
    assert dlcalc.check("rnn-parameters", expected, part.id)
    first = dlcalc.check("rnn-parameters", -1, part.id)
    assert not first
    assert repr(first) == f"<rnn-parameters, {part.id}: wrong>"
    assert first.to_dict() == {"problem": "rnn-parameters", "part": part.id, "status": "wrong", "correct": False}
    assert first.hint
    assert "Not right" in first.to_markdown()
    assert str(expected) not in first.to_markdown()
    second = dlcalc.check("rnn-parameters", -1, part.id)
    assert second.hint != first.hint or len(notebook.hints(variant, part)) == 1
    wrong = next(iter(variant.asked[part.id].wrong())).value
    told = dlcalc.check("rnn-parameters", wrong, part.id, reason=True)
    assert told.reason
    assert told.reason[:20].lower() in told.to_markdown().lower()
    assert not dlcalc.check("rnn-parameters", "so many", part.id)


def test_a_calculators_question_is_checked() -> None:
    """The hint first, and no right value; the reason when it is asked for; in letters too."""
    assert dlcalc.check("conv-parameters", 880, f=3, c=6, k=16)
    assert dlcalc.check("conv-parameters", "(f^2 c + 1)k")
    assert dlcalc.check("squeeze-excitation-parameters", 8464, c=256, r=16)
    wrong = dlcalc.check("conv-parameters", 160, f=3, c=6, k=16)
    assert (bool(wrong), wrong.status, repr(wrong)) == (False, "wrong", "<conv, parameters: wrong>")
    assert wrong.hint.endswith("?")
    assert wrong.hint in wrong.to_markdown()
    assert wrong.reason not in wrong.to_markdown()
    assert wrong.to_dict() == {"formula": "conv", "asked": "parameters", "status": "wrong", "correct": False}
    told = dlcalc.check("conv-parameters", 160, f=3, c=6, k=16, reason=True).to_markdown()
    assert wrong.reason[1:] in told
    assert "880" not in told
    unknown = dlcalc.check("conv-parameters", 7, f=3, c=6, k=16)
    assert "What is each step" in unknown.to_markdown()


def test_what_is_given_to_a_check() -> None:
    with pytest.raises(dlcalc.UserError, match="conv-parameters has no parts; its quantities are given by name"):
        dlcalc.check("conv-parameters", 1, "size")
    with pytest.raises(dlcalc.UserError, match="rnn-parameters is a problem, whose numbers come from its seed: n is"):
        dlcalc.check("rnn-parameters", 1, "cell", n=3)
    with pytest.raises(dlcalc.UserError, match="the bank has no problem conv-colour"):
        dlcalc.check("conv-colour", 1)


def test_which_part_is_asked() -> None:
    with pytest.raises(dlcalc.UserError, match="rnn-parameters has the parts "):
        dlcalc.check("rnn-parameters", 1, "nothing")


def test_a_cell_runs_its_commands() -> None:
    shell = Shell()
    dlcalc.load_ipython_extension(shell)
    assert shell.names == {"check": dlcalc.check, "problem": dlcalc.problem}
    cell = shell.magics["cell", "dlcalc"]("", "# sizes\nconv --n 227 --f 11 --s 4\ndlcalc conv --n 5 --f 9\nconv 'x")
    page = cell._repr_html_()
    assert "<math" in page
    assert "<pre>dlcalc: the filter does not fit" in page
    assert "No closing quotation" in repr(cell)
    assert "<page of dlcalc conv --n 227 --f 11 --s 4>\n" in repr(cell)
    assert "<math" in shell.magics["line", "dlcalc"]("conv --n 5 --f 3")._repr_html_()


def test_in_a_terminal_a_cell_is_text() -> None:
    class TerminalInteractiveShell(Shell):
        pass

    shell = TerminalInteractiveShell()
    dlcalc.load_ipython_extension(shell)
    assert "o = n − f + 1 = 5 − 3 + 1 = 3" in repr(shell.magics["line", "dlcalc"]("conv --n 5 --f 3"))


def test_ipython_loads_it() -> None:
    shells = pytest.importorskip("IPython.core.interactiveshell")
    shell = shells.InteractiveShell()
    shell.run_line_magic("load_ext", "dlcalc")
    made = shell.run_cell_magic("dlcalc", "", "conv --n 5 --f 3 --json")
    assert '"o": 3' in repr(made)
    assert shell.user_ns["check"] is dlcalc.check


def test_a_derivative_is_drawn_as_a_formula() -> None:
    assert dlcalc.diff("w^2", wrt="w")._repr_latex_() == "$$2 w$$"
    assert dlcalc.diff("tr(A B)", wrt="A")._repr_latex_() == r"$$B^{\top}$$"
    assert dlcalc.net("8; dense 2")._repr_latex_() is None  # a table is no formula
