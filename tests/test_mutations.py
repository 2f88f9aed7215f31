"""The list of edits that tests must notice fits the code; `python tests/mutate.py` makes them."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
from checkout import ROOT
from mutate import Mutation, mutations
from rows import each_row

LISTED = mutations()
MUTATIONS = [pytest.param(mutation, id=f"{number}-{mutation.file}") for number, mutation in enumerate(LISTED)]


@cache
def text_of(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


@cache
def dump_of(file: str) -> str:
    return ast.dump(ast.parse(text_of(file)))


@each_row("mutation", MUTATIONS)
def test_an_edit_fits_its_file_and_its_tests(mutation: Mutation) -> None:
    """Its old text occurs exactly once, what is made of it is another program, its tests exist, and it says why."""
    text = text_of(mutation.file)
    edited = mutation.edited(text)
    assert edited != text
    if mutation.file.endswith(".py"):
        assert ast.dump(ast.parse(edited)) != dump_of(mutation.file)
    assert mutation.tests
    for test in mutation.tests:
        path, _, name = test.partition("::")
        name = re.sub(r"\[.*", "", name, flags=re.DOTALL).rpartition("::")[2]
        assert not name or re.search(rf"^\s*def {re.escape(name)}\(", text_of(path), re.MULTILINE), test
        assert text_of(path)
    assert 20 <= len(mutation.why) <= 200, "one sentence, that tells what the program would do wrong"
    assert mutation.why.endswith(".")


@each_row("room", sorted({path.parent.name for path in (ROOT / "dlcalc").glob("*/*.py")}))
def test_every_room_has_its_edits(room: str) -> None:
    """At least six in each folder of the package."""
    assert sum(mutation.file.startswith(f"dlcalc/{room}/") for mutation in LISTED) >= 6


def test_no_edit_is_listed_twice() -> None:
    edits = [(mutation.file, mutation.old, mutation.new) for mutation in LISTED]
    assert len(edits) == len(set(edits))


def test_an_edit_that_does_not_fit_is_refused() -> None:
    """Text that occurs twice, or never, is not edited."""
    with pytest.raises(ValueError, match=r"^a[.]py: 'x' occurs 2 times, not once$"):
        Mutation("a.py", "x", "y", (), "").edited("x x")
    with pytest.raises(ValueError, match=r"^a[.]py: 'x' occurs 0 times, not once$"):
        Mutation("a.py", "x", "y", (), "").edited("z")
