"""What `import dlcalc` offers: every calculator by name, its example, its dictionary and its pictures in Jupyter."""

from __future__ import annotations

import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rows import each_row

import dlcalc
from dlcalc import api
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.nodes import Name
from dlcalc.expressions.parser import parse
from dlcalc.formulas.catalogue import ENTRIES, Entry
from dlcalc.formulas.hand_operations import OPERATIONS
from dlcalc.formulas.registry import formula
from dlcalc.formulas.topics import ids_known

EVERY = each_row("entry", [pytest.param(entry, id=name) for name, entry in ENTRIES.items()])


def example(entry: Entry) -> tuple[list[str], dict[str, str]]:
    """The example of the command line as Python's positional and named arguments."""
    program, command, *words = shlex.split(entry.example)
    assert (program, command) == ("dlcalc", entry.name.replace("_", "-"))
    choice = [words.pop(0)] if not words[0].startswith("--") else []
    return choice, {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}


def calculated(entry: Entry) -> api.Calculation:
    choice, given = example(entry)
    found = getattr(dlcalc, entry.name)(*choice, **given)
    assert isinstance(found, api.Calculation)
    return found


def test_every_entry_is_offered() -> None:
    """The catalogue, `dlcalc.api.__all__` and `dlcalc.__all__` agree, and each name leads to its own calculator."""
    assert set(ENTRIES) == {name for name in api.__all__ if isinstance(getattr(api, name), api.Calculator)}
    assert dlcalc.__all__ == api.__all__
    assert len(api.__all__) == len(set(api.__all__))
    for name in ENTRIES:
        assert getattr(dlcalc, name) is getattr(api, name)
        assert getattr(api, name).entry is ENTRIES[name]
    assert set(api.__all__) <= set(dir(dlcalc))


def test_formulas_of_the_catalogue() -> None:
    """Each leads to one calculator only, and there is such a formula."""
    reached = [id for entry in ENTRIES.values() for id in entry.formulas()]
    assert len(reached) == len(set(reached))
    assert set(reached) <= ids_known()


NO_CODE = re.compile(r'""".*?"""|#.*?$', re.DOTALL | re.MULTILINE)
"""Docstrings and remarks, where a name between quotes asks for nothing."""


def test_every_formula_is_asked_for_somewhere() -> None:
    """By a calculator, an operation by hand, a kind of layer or another formula: none lies there unused.

    Of one, two and three axes it is the name without the number that stands in the code.
    """
    package = Path(api.__file__).parents[1]
    asked = {step.called for id in ids_known() for step in formula(id).steps}
    asked |= {id for entry in ENTRIES.values() for id in entry.formulas()}
    asked |= {id for operation in OPERATIONS.values() for id in operation.formula_ids()}
    others = {id: {id, re.sub("[13]d", "", id)} for id in ids_known()}
    others = {id: names for id, names in others.items() if not names & asked}
    texts = (path.read_text(encoding="utf-8") for path in package.rglob("*.py") if "topics" not in path.parts)
    named = {name for text in texts for name in re.findall(r'"(\w+)"', NO_CODE.sub("", text))}
    assert sorted(id for id, names in others.items() if not names & named) == []


@EVERY
def test_help_is_one_line_without_a_full_stop(entry: Entry) -> None:
    """The help stands in a table of commands; the docstring adds the example."""
    calculator = getattr(dlcalc, entry.name)
    assert "\n" not in entry.help
    assert not entry.help.endswith(".")
    assert calculator.__doc__.startswith(f"{entry.help}.\n\nExample: dlcalc.")
    assert calculator.__doc__.endswith(f"On the command line: {entry.example}\n")
    assert calculator.__name__ == entry.name
    assert repr(calculator) == f"<dlcalc.{entry.name}: {entry.help}>"


@EVERY
def test_names_of_a_calculator_are_apart(entry: Entry) -> None:
    """No switch, flag or choice has the name of a quantity, nor of an argument of the call."""
    own = {*entry.switches, *entry.flags, *([entry.choice] if entry.choice else [])}
    reserved = {"self", "convention", "profile", "find", "ranges", "ask", "answer", "show"}
    quantities = {name for id in entry.formulas() for v in formula(id).variables for name in (v.name, v.long)}
    assert not own & reserved
    assert not own & quantities
    assert not quantities & reserved


@EVERY
def test_example_reads_quantities_as_python_would(entry: Entry) -> None:
    """Text from the command line, long names and Python's own numbers give one and the same result."""
    choice, given = example(entry)
    wanted = calculated(entry).to_dict()
    found = calculated(entry).working.formula
    long = {v.name: v.long.replace("-", "_") for v in found.variables}
    calculator = getattr(dlcalc, entry.name)
    assert calculator(*choice, **{long.get(name, name): text for name, text in given.items()}).to_dict() == wanted
    values = dict(calculated(entry).working.given)
    options = {name: text for name, text in given.items() if name not in values}
    assert calculator(*choice, **values, **options).to_dict() == wanted


@EVERY
def test_dictionary(entry: Entry) -> None:
    """Plain JSON: the main answer, all the others, what was given, what was not, conventions and steps."""
    found = calculated(entry)
    formula, as_dict = found.working.formula, found.to_dict()
    assert json.loads(json.dumps(as_dict, allow_nan=False)) == as_dict
    assert as_dict["formula"] == formula.id
    assert set(formula.answers) <= set(as_dict)
    if formula.shape:
        assert isinstance(as_dict["output"], list)
    else:
        assert as_dict["value"] == as_dict[formula.answers[0]]
    names = {v.name for v in formula.variables}
    assert {*as_dict["given"], *as_dict["defaults"], *as_dict["missing"]} == names
    assert len(as_dict["given"]) + len(as_dict["defaults"]) + len(as_dict["missing"]) == len(names)
    assert as_dict["convention"] in as_dict["conventions"]
    assert set(as_dict["conventions"]) == {convention.name for convention in formula.conventions}
    counted = "parameters" if "parameters" in formula.answers else formula.answers[0]
    if counted != formula.shape:
        assert as_dict["conventions"][as_dict["convention"]] == as_dict[counted]
    assert as_dict["warnings"] == list(found.working.warnings)
    for step in as_dict["steps"]:
        assert (
            {"name", "expression", "values", "value"} <= set(step) <= {"axis", "name", "expression", "values", "value"}
        )
    assert [step["name"] for step in as_dict["steps"]] == [line.name for line in found.steps]


LAYERS = ("conv", "conv1d", "conv3d", "pool", "separable", "bottleneck", "dense", "mlp", "embedding", "batchnorm",
          "layernorm", "rnn", "lstm", "gru", "convlstm", "attention", "transformer", "seq2seq")  # fmt: skip


@each_row("name", LAYERS)
def test_dictionary_of_a_layer(name: str) -> None:
    """A layer has all the keys that scripts rely on, and its parameters are its weights and its biases."""
    as_dict = calculated(ENTRIES[name]).to_dict()
    keys = ("output", "weights", "biases", "parameters", "macs", "flops", "memory", "given", "defaults", "convention",
            "conventions", "steps")  # fmt: skip
    assert [key for key in keys if key not in as_dict] == []
    if isinstance(as_dict["weights"], int):
        assert as_dict["parameters"] == as_dict["weights"] + as_dict["biases"]


def test_layers_are_what_has_a_shape() -> None:
    """The list above is complete but for the grid detector, whose output is no layer's."""
    shaped = [name for name, entry in ENTRIES.items() if calculated(entry).working.formula.shape]
    assert sorted(shaped) == sorted([*LAYERS, "grid"])


@EVERY
def test_expressions_in_the_dictionary_are_read_back(entry: Entry) -> None:
    """A string among the answers is an expression of our language: with numbers put in, the number of the whole."""
    found = calculated(entry)
    formula = found.working.formula
    numbers = {name: number for number, name in enumerate(found.to_dict()["missing"], 6)}
    whole = getattr(dlcalc, entry.name)(*example(entry)[0], **{**example(entry)[1], **numbers}).to_dict()

    def evaluate_at(value: Any) -> Any:
        if isinstance(value, list):
            return [evaluate_at(item) for item in value]
        return evaluate(parse(value, formula.declarations[True]), numbers) if isinstance(value, str) else value

    for name in formula.answers:
        assert evaluate_at(found.to_dict()[name]) == evaluate_at(whole[name]), name


class _Balanced(HTMLParser):
    """Counts what is opened and never closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in ("br", "hr", "img", "meta", "link", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@EVERY
def test_jupyter(entry: Entry) -> None:
    """HTML with tables and MathML in balanced tags, LaTeX and Markdown, each with the title and the main answer."""
    found = calculated(entry)
    title = found.working.formula.title
    page, marked, latex = found.to_html(), found.to_markdown(), found.to_latex()
    html = _Balanced()
    html.feed(page)
    assert html.open == []
    assert {"table", "math"} <= html.seen
    assert marked.startswith(f"# {title}\n")
    assert latex.startswith(rf"\section*{{{title.split()[0].split('×')[0]}")
    assert (found._repr_html_(), found._repr_markdown_()) == (page, marked)
    drawn = found._repr_latex_()
    assert drawn.startswith("$$\n\\begin{aligned}")  # which MathJax draws, and no sections, tables and lists
    assert not set(re.findall(r"\\begin{(\w+)}", drawn)) - {"aligned", "cases", "bmatrix"}
    main = found.to_dict()[formula_headline(found)]
    if isinstance(main, int):
        for text in (page, latex, marked):
            assert str(main) in text


def formula_headline(found: api.Calculation) -> str:
    answers = found.working.formula.answers
    return "o" if "o" in answers else next(name for name in answers if name != found.working.formula.shape)


@EVERY
def test_attributes(entry: Entry) -> None:
    """Every variable, step and answer is an attribute; all of them are offered to whoever presses the tab key."""
    found = calculated(entry)
    formula = found.working.formula
    for item in formula.items:
        assert getattr(found, item.name) == found.working.shown(item.name)
        assert item.name in dir(found)
    assert repr(found).startswith(f"<{formula.title}: {formula.answers[0]}=")
    assert found.value == found.working.shown(formula.answers[0])


def test_a_letter_that_is_left_is_a_name() -> None:
    """What was not given stands in the result as the letter itself."""
    assert dlcalc.conv(n=227, f=11, s=4).output == (55, 55, Name("k", integer=True))


def test_unknown_names_are_no_attributes() -> None:
    """Neither of the package, nor of a result, whose sentence says what there is."""
    with pytest.raises(AttributeError, match="module 'dlcalc' has no attribute 'convolution'"):
        dlcalc.convolution  # noqa: B018 - reading it is the test
    with pytest.raises(AttributeError, match="conv has no stride; its answers are output, o, weights, biases"):
        dlcalc.conv(n=5, f=3).stride  # noqa: B018
    assert not hasattr(dlcalc.conv(n=5, f=3), "_ipython_display_")


def test_version() -> None:
    """As installed."""
    from importlib.metadata import version

    assert dlcalc.__version__ == version("dlcalc")
