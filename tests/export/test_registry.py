"""Formats are found by name, and a new one needs no list to be edited."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dlcalc.document import Document, Paragraph, Question
from dlcalc.errors import InternalError, UserError
from dlcalc.export import html, latex, markdown, registry


@pytest.fixture(autouse=True)
def own_registrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is gone after it."""
    monkeypatch.setattr(registry, "_registered", {})


def test_each_module_is_the_format_it_is_named_after() -> None:
    """The files of the folder are the formats."""
    assert set(registry.formats()) >= {"html", "latex", "markdown"}
    assert "registry" not in registry.formats()
    document = Document("A title", ())
    for name, module in (("markdown", markdown), ("latex", latex), ("html", html)):
        assert registry.writer(name)(document) == module.write(document)


def test_a_registered_format_is_found_and_listed() -> None:
    """A format from outside stands beside the others."""
    registry.register("shout", lambda document: document.title.upper())
    assert "shout" in registry.formats()
    assert registry.writer("shout")(Document("pool", (Paragraph("x"),))) == "POOL"


def test_the_names_of_formats_and_of_their_files() -> None:
    """A hyphen in a format is an underscore in its module; helpers are no formats; each says how its files end."""
    suffixes = {"answers-csv": ".csv", "answers-toml": ".toml", "html": ".html", "json": ".json", "latex": ".tex"}
    suffixes |= {"markdown": ".md", "pdf": ".pdf", "typst": ".typ"}
    assert set(registry.formats()) >= set(suffixes)
    assert not any(name.startswith("_") or "_" in name for name in registry.formats())
    assert {name: registry.suffix(name) for name in suffixes} == suffixes


def test_a_new_format_writes_an_exam_with_no_change_elsewhere(exam: Document) -> None:
    """A flash-card writer from outside: it reads the same document as the others, and its files have its suffix."""

    def cards(document: Document) -> bytes:
        questions = [block for block in document.blocks if isinstance(block, Question)]
        return "".join(f"{q.number}{part.label};" for q in questions for part in q.parts).encode()

    registry.register("cards", cards, ".deck")
    assert "cards" in registry.formats()
    assert registry.writer("cards")(exam) == b"1a;1b;1c;1d;1e;1f;1g;2;"
    assert registry.suffix("cards") == ".deck"
    registry.register("plain", lambda document: document.title)
    assert registry.suffix("plain") == ".plain"


def test_what_is_pasted_is_text() -> None:
    """Bytes are written into a file; asked for as text they are a mistake of ours."""
    registry.register("raw", lambda document: b"x")
    with pytest.raises(InternalError, match=r"^a document to paste is text, raw is not"):
        registry.text("raw", Document("", ()))


def test_a_registered_format_comes_before_a_module() -> None:
    """Who registers "markdown" replaces ours."""
    registry.register("markdown", lambda document: "mine")
    assert registry.writer("markdown")(Document("", ())) == "mine"


@pytest.mark.parametrize("name", ["registry", "_sheet", "answers_csv", "", "html:write", "../html", "os", "HTML"])
def test_an_unknown_name_is_told_the_known_ones(name: str) -> None:
    """Only a listed name is ever imported."""
    with pytest.raises(UserError, match=r"a format is one of ([\w-]+, )*html, json, latex, markdown(, [\w-]+)*, not "):
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
