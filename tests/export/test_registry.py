"""Formats are found by name, and a new one needs no list to be edited."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dlcalc.document import Document, Paragraph
from dlcalc.errors import UserError
from dlcalc.export import html, latex, markdown, registry


@pytest.fixture(autouse=True)
def own_registrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is gone after it."""
    monkeypatch.setattr(registry, "_registered", {})


def test_each_module_is_the_format_it_is_named_after() -> None:
    """The files of the folder are the formats."""
    assert set(registry.formats()) >= {"html", "latex", "markdown"}
    assert "registry" not in registry.formats()
    assert registry.writer("markdown") is markdown.write
    assert registry.writer("latex") is latex.write
    assert registry.writer("html") is html.write


def test_a_registered_format_is_found_and_listed() -> None:
    """A format from outside stands beside the others."""
    registry.register("shout", lambda document: document.title.upper())
    assert "shout" in registry.formats()
    assert registry.writer("shout")(Document("pool", (Paragraph("x"),))) == "POOL"


def test_a_registered_format_comes_before_a_module() -> None:
    """Who registers "markdown" replaces ours."""
    registry.register("markdown", lambda document: "mine")
    assert registry.writer("markdown")(Document("", ())) == "mine"


@pytest.mark.parametrize("name", ["pdf", "registry", "", "html:write", "../html", "os", "HTML"])
def test_an_unknown_name_is_told_the_known_ones(name: str) -> None:
    """Only a listed name is ever imported."""
    with pytest.raises(UserError, match=r"a format is one of (\w+, )*html, latex, markdown(, \w+)*, not "):
        registry.writer(name)


def test_a_writer_is_imported_when_it_is_asked_for() -> None:
    """Listing the formats imports none of them; asking for LaTeX does not import HTML."""
    program = (
        "import sys; from dlcalc.export import registry; registry.formats()\n"
        "assert 'dlcalc.export.latex' not in sys.modules\n"
        "registry.writer('latex')\n"
        "assert 'dlcalc.export.latex' in sys.modules and 'dlcalc.export.html' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
