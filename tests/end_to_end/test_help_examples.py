"""The help of a calculator: an example of each use that does what it says, and every way to count with its source."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from rows import each_row
from terminal import Terminal

from dlcalc.api import uses
from dlcalc.api.signatures import words_of
from dlcalc.cli import problems, quiz
from dlcalc.cli.commands import listed
from dlcalc.formulas.catalogue import ENTRIES, Entry
from dlcalc.formulas.hand_operations import OPERATIONS
from dlcalc.formulas.registry import formula

entries = pytest.mark.parametrize("entry", [pytest.param(entry, id=name) for name, entry in ENTRIES.items()])

NOT_BACKWARDS = {"rf", "mlp", "autoencoder", "activation", "clip", "perplexity", "log_probability", "iou"}
"""Their examples give lists, or their answers are no whole numbers."""


@entries
def test_backwards_finds_what_was_given_forwards(terminal: Terminal, entry: Entry) -> None:
    asked = uses.backwards(entry.name)
    assert (not asked) == (entry.name in NOT_BACKWARDS)
    if asked:
        found = terminal(f"{asked.removeprefix('dlcalc ')} --json")
        _, options = words_of(asked)
        _, given = words_of(entry.example)
        assert (found.status, found.err) == (0, "")
        (solution,) = found.json["solutions"]
        assert list(map(str, solution.values())) == [given[str(options["find"])]]


@entries
def test_the_wrong_answer_is_explained(terminal: Terminal, entry: Entry) -> None:
    judged = terminal(f"{uses.checking(entry.name).removeprefix('dlcalc ')} --json")
    assert (judged.status, judged.err) == (1, "")
    assert judged.json["status"] == "wrong"
    assert judged.json["mistakes"]


@entries
def test_the_help_says_all_three_and_every_convention(terminal: Terminal, entry: Entry) -> None:
    name = entry.name.replace("_", "-")
    ran = terminal(f"{name} --help", columns=120)
    assert ran.status == 0
    words = ran.words
    assert f"Example: dlcalc {name}" in words
    for example in (entry.example, uses.backwards(entry.name), uses.checking(entry.name)):
        assert " ".join(example.split()) in words
    _says_every_convention(words, entry.formulas)


@each_row("name", OPERATIONS)
def test_the_checked_answer_of_an_operation_is_right(terminal: Terminal, name: str) -> None:
    judged = terminal(f"{uses.checking_by_hand(name).removeprefix('dlcalc ')} --json")
    assert (judged.status, judged.err, judged.json["status"]) == (0, "", "right")


def test_every_other_help_has_an_example_of_each_use(terminal: Terminal) -> None:
    """Of working out; of judging an answer where the command has --answer or --check; in whole paragraphs."""
    groups = {"quiz": quiz.commands, "problems": problems.commands}
    others = [name for name in listed() if name.replace("-", "_") not in ENTRIES and name != "run"]
    names = [word for name in others for word in ([f"{name} {each}" for each in groups.get(name, ())] or [name])]
    assert len(names) > 18
    lost = []
    for name in names:
        ran = terminal(f"{name} --help", columns=120)
        above, _, below = ran.out.partition("╭─")
        uses_of = ["--answer ", "--check"]
        wanted = [f"Example: dlcalc {name}", *(use for use in uses_of if f" {use.strip()} " in below)]
        lost += [(name, use) for use in wanted if use not in " ".join(above.split())]
        lines = [line.strip() for line in above.splitlines()]
        lost += [
            (name, line) for line, after in pairwise(lines) if line and after and len(f"{line} {after.split()[0]}") < 90
        ]
    assert lost == []


@each_row("name", OPERATIONS)
def test_the_help_of_an_operation_says_what_can_be_asked(terminal: Terminal, name: str) -> None:
    operation = OPERATIONS[name]
    words = terminal(f"run {name} --help", columns=120).words
    assert " ".join(operation.example.split()) in words
    assert f"Checking: {uses.checking_by_hand(name)}" in words
    for id in operation.formula_ids():
        assert all(f" {answer}" in words for answer in formula(id).answers)
    _says_every_convention(words, lambda: list(operation.formula_ids()))


def _says_every_convention(words: str, formula_ids: Callable[[], list[str]]) -> None:
    for id in formula_ids():
        for convention in formula(id).conventions:
            assert f"--convention {convention.name}: " in words
            assert " ".join(convention.who.split()) in words
