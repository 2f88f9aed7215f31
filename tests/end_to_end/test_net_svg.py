"""`dlcalc net NETWORK --svg FILE`."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from terminal import Terminal


def test_a_picture_in_a_file_and_on_standard_output(terminal: Terminal, tmp_path: Path) -> None:
    """The file is the picture alone, replaced when it was there, with nothing left beside it."""
    file = tmp_path / "alexnet.svg"
    file.write_text("old")
    assert terminal(["net", "alexnet", "--svg", str(file)]) == (0, "", "")
    drawn = file.read_text(encoding="utf-8")
    assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"
    assert ">conv-5<" in drawn
    assert [path.name for path in tmp_path.iterdir()] == ["alexnet.svg"]
    assert terminal(["net", "alexnet", "--svg", "-"]) == (0, drawn, "")


def test_a_picture_is_written_whole_or_not_at_all(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the last step fails, the old picture is still there, and nothing beside it."""

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "alexnet.svg"
    file.write_text("old")
    monkeypatch.setattr(Path, "replace", full)
    ran = terminal(["net", "alexnet", "--svg", str(file)])
    assert (ran.status, ran.out) == (2, "")
    assert "cannot be written: No space left on device" in ran.err
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("alexnet.svg", "old")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--svg", "nowhere/a.svg"], "nowhere/a.svg cannot be written: there is no folder"),
        (["--svg", "."], ". cannot be written: it is not a file"),
        (["--svg", "x" * 300], "cannot be written: File name too long"),
        (["--svg", "/"], "cannot be written: it is not a file"),
        (["--svg", "a\0.svg"], "no file has such a name"),
        (["--svg", "a.svg", "--compare", "vgg16"], "--svg draws one network"),
        (["--svg", "a.svg", "--json"], "--svg draws one network"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = terminal(["net", "alexnet", *arguments])
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert sentence in ran.err
    assert list(tmp_path.iterdir()) == []
