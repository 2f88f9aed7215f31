"""What a fresh process has loaded when it has done its work: names of modules, which do not depend on the machine."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONV = ["conv", "--n", "227", "--f", "11", "--s", "4"]

# Prints what the process loaded since it started, however the program in the middle ends.
PROBE = """\
import atexit, sys
before = set(sys.modules)
atexit.register(lambda: print("loaded:", *sorted(set(sys.modules) - before)))
{program}
"""
COMMAND = "from dlcalc.cli import main; sys.argv[0] = 'dlcalc'; sys.exit(main())"


@cache
def loaded(program: str, *arguments: str) -> frozenset[str]:
    """The modules that a fresh Python has loaded beyond its own after `program`, which must end well."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(program=program), *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return frozenset(done.stdout.splitlines()[-1].removeprefix("loaded:").split())


def test_importing_the_package_loads_nothing_else() -> None:
    """`import dlcalc` loads one module, its own: everything else waits until it is asked for."""
    assert loaded("import dlcalc") == {"dlcalc"}


def test_what_the_package_offers_needs_the_standard_library_alone() -> None:
    """Asking for a calculator loads neither the terminal's libraries nor any of those that compute."""
    tops = {module.split(".")[0] for module in loaded("import dlcalc; dlcalc.conv(n=227, f=11, s=4)")}
    assert tops - set(sys.stdlib_module_names) == {"dlcalc"}


def test_submodules_are_reached_without_the_rest() -> None:
    """Taking a submodule from the package does not load what the package offers as a whole."""
    modules = loaded("from dlcalc import errors; errors.UserError")
    assert "dlcalc.errors" in modules
    assert "dlcalc.api" not in modules


@pytest.mark.parametrize(
    "arguments", [CONV, [*CONV, "--json"], ["conv", "--n", "227", "--f", "11", "--o", "55"], ["--help"]], ids=" ".join
)
def test_the_command_line_loads_nothing_that_computes_in_bulk(arguments: list[str]) -> None:
    """A calculator answers, forwards and backwards, without numpy, numba and sympy, nor pydantic, typer's own."""
    modules = loaded(COMMAND, *arguments)
    assert "dlcalc.cli" in modules
    assert modules.isdisjoint({"numpy", "numba", "sympy", "pydantic"})


def test_a_word_that_is_no_command_reads_no_formula() -> None:
    """What is nearest to it is found among names: neither the formulas nor the bank nor the search is loaded."""
    modules = loaded("from dlcalc.cli import main; main(['quizzes'])")
    assert "dlcalc.cli.nearest" in modules
    assert [name for name in modules if name.startswith(("dlcalc.formulas.topics.", "dlcalc.quiz"))] == []
    assert modules.isdisjoint({"dlcalc.api.finding", "numpy", "sympy"})


def test_the_help_loads_no_calculator() -> None:
    """The list of commands is made from their names and help alone."""
    modules = loaded(COMMAND, "--help")
    assert "dlcalc.formulas.catalogue" in modules
    assert modules.isdisjoint({"dlcalc.api", "dlcalc.formulas.model", "dlcalc.expressions.parser"})


CALCULATING = {
    "api", "cli", "document", "errors", "explain", "export", "expressions", "files", "formulas", "profiles",
}  # fmt: skip
"""The rooms that a calculator needs."""
WITHOUT_AN_ANSWER: dict[str, tuple[list[str], set[str], int]] = {
    "calculator": (CONV, CALCULATING, 80),
    "as JSON": ([*CONV, "--json"], CALCULATING, 78),
    "recurrent": (["lstm", "--n", "32", "--m", "100"], CALCULATING, 82),
    "network": (["net", "resnet152"], CALCULATING | {"networks"}, 101),
    "line of text": (["net", "32x32x3; conv 8 f3; dense 10"], CALCULATING | {"networks"}, 99),
}
"""A command; the rooms that it may load; and how many of our modules, six more than it needs today."""


@pytest.mark.parametrize(("arguments", "rooms", "most"), WITHOUT_AN_ANSWER.values(), ids=WITHOUT_AN_ANSWER)
def test_what_has_no_answer_to_judge_loads_no_judge(arguments: list[str], rooms: set[str], most: int) -> None:
    """What reads and judges answers, gradients and tables waits until there is one, and so does all that it needs."""
    ours = [name.split(".") for name in loaded(COMMAND, *arguments) if name.split(".")[0] == "dlcalc"]
    assert {parts[1] for parts in ours if len(parts) > 1} <= rooms
    assert len(ours) <= most


def test_an_answer_loads_the_judge() -> None:
    assert "dlcalc.answers.formula_judging" in loaded(COMMAND, *CONV, "--ask", "o", "--answer", "55")
