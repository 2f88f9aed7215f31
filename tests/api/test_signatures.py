"""What completion and `?` tell of calculators and operations, held against what they take."""

from __future__ import annotations

import inspect
import re

import pytest
from rows import each_row

import dlcalc
from dlcalc.api.calculator import Calculator
from dlcalc.formulas.catalogue import ENTRIES
from dlcalc.formulas.hand_operations import OPERATIONS


def test_a_calculators_signature() -> None:
    """Its quantities by their letters, with their usual values; then what else it takes."""
    found = inspect.signature(dlcalc.conv).parameters
    assert list(found)[:8] == ["n", "f", "s", "p", "d", "c", "k", "groups"]
    assert (found["s"].default, found["p"].default, found["n"].default) == (1, 0, None)
    assert found["n"].kind is inspect.Parameter.KEYWORD_ONLY
    assert {"transposed", "same", "o", "parameters", "convention", "find", "ranges"} <= set(found)
    assert "lambda" not in inspect.signature(dlcalc.bound).parameters
    assert next(iter(inspect.signature(dlcalc.activation).parameters)) == "name"


def test_a_calculators_text() -> None:
    text = inspect.getdoc(dlcalc.conv)
    assert text is not None
    assert "Example: dlcalc.conv(n=227, f=11, s=4)\n" in text
    assert "    s or stride: stride (default 1)\n" in text
    assert "    parameters = weights + biases  (parameters)\n" in text
    assert "in bytes" in text
    assert "With transposed=True: Transposed convolution." in text
    assert str(inspect.getdoc(Calculator)).startswith("One of `catalogue.ENTRIES`")
    assert inspect.signature(Calculator).parameters.keys() == {"name"}


@each_row("name", ENTRIES)
def test_every_calculators_signature_is_what_it_takes(name: str) -> None:
    """Its example runs, in the names of its signature."""
    calculator = getattr(dlcalc, name)
    found = inspect.signature(calculator).parameters
    example = inspect.getdoc(calculator).split("Example: ")[1].split("\n")[0]
    bound: dict[str, object] = {}

    class Heard:
        def __getattr__(self, called: str) -> object:
            assert called == name
            return lambda *given, **named: (bound.update(named), calculator(*given, **named))[1]

    made = eval(example, {"dlcalc": Heard()})
    assert isinstance(made, dlcalc.Result)
    assert set(bound) <= {*found, "lambda"}


@each_row("name", OPERATIONS)
def test_every_operation_by_hand_says_what_it_takes(name: str) -> None:
    """Its example runs, in the names of its signature."""
    operation = getattr(dlcalc.run, name.replace("-", "_"))
    text = inspect.getdoc(operation)
    assert text is not None
    example = text.split("Example: ")[1].split("\n")[0]
    assert isinstance(eval(example, {"dlcalc": dlcalc}), dlcalc.Result)
    assert "convention" in inspect.signature(operation).parameters


SHOWN_ELSEWHERE = {"DlcalcError", "UserError", "Result", "load_ipython_extension", "resume", "problem"}
"""Errors and what they come from; what a notebook calls itself; what needs a file; a problem has it in backticks."""


def test_every_public_name_has_an_example_that_runs() -> None:
    """The calculators and operations above, and everything else that is offered."""
    pytest.importorskip("numba")
    pytest.importorskip("sympy")
    for name in set(dlcalc.__all__) - SHOWN_ELSEWHERE - set(ENTRIES):
        text = inspect.getdoc(getattr(dlcalc, name)) or ""
        example = re.search(r"^Example: (.+?)\.?$", text, re.MULTILINE)
        assert example, name
        assert name in ("Backwards", "Calculation", "Calculator", "Expression", "Judged") or f".{name}" in example[1]
        assert eval(example[1].partition(" is True")[0].replace("`", ""), {"dlcalc": dlcalc}) is not None


def test_run_lists_its_operations() -> None:
    assert {"conv", "rnn", "softmax"} <= set(dir(dlcalc.run))
    assert dlcalc.run.conv(x="1 2 3 4", w="1 -1").output == dlcalc.run("conv", x="1 2 3 4", w="1 -1").output
    assert dlcalc.run.conv.check("output", "-1 -1 -1", x="1 2 3 4", w="1 -1")
    assert dlcalc.run.check("conv", "output", "-1 -1 -1", x="1 2 3 4", w="1 -1")
    assert not hasattr(dlcalc.run, "conf")
    with pytest.raises(AttributeError, match="run has no operation conf; its operations are conv"):
        dlcalc.run.conf()


def test_the_layers_of_a_network() -> None:
    """One with its output and its counts, in numbers, and in letters where those are left."""
    first, *_, last = dlcalc.net("32x32x3; conv 8 f3; dense 10").layers
    assert (first.name, first.kind, first.output, first.parameters) == ("conv-1", "conv", (30, 30, 8), 224)
    assert (last.output, last.parameters) == ((10,), 72_010)
    assert dlcalc.net("32x32x3; conv k f3").layers[0].parameters == "28k"
