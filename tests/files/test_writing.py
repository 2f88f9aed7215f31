"""Files written whole or not at all, and what is said where that cannot be."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from dlcalc.errors import UserError
from dlcalc.files import writing


def test_text_and_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    """Text as UTF-8 with its line ends, over what was there before; nothing else is left in the folder."""
    target = tmp_path / "a.txt"
    writing.write(target, "3 × 4\r\n")
    assert target.read_bytes() == b"3 \xc3\x97 4\r\n"
    writing.write(str(target), b"\xff")
    assert target.read_bytes() == b"\xff"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_who_reads_meanwhile_sees_the_old_file(tmp_path: Path) -> None:
    """The file that was opened before keeps its content: another one has taken its name."""
    target = tmp_path / "a.txt"
    target.write_bytes(b"before")
    with target.open("rb") as reader:
        writing.write(target, b"x")
        assert reader.read() == b"before"
    assert target.read_bytes() == b"x"


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(b"before")

    def refused(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(UserError, match=r"a\.txt cannot be written: No space left on device$"):
        writing.write(target, b"after")
    assert target.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it points to is written."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "real.txt").write_bytes(b"before")
    (tmp_path / "link.txt").symlink_to(tmp_path / "kept" / "real.txt")
    writing.write(tmp_path / "link.txt", b"after")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "kept" / "real.txt").read_bytes() == b"after"


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    """No folder, a folder of that name, a name that no file has: one sentence each."""
    here = re.escape(str(tmp_path))
    with pytest.raises(UserError, match=f"^{here}/no/a.txt cannot be written: there is no folder {here}/no$"):
        writing.write(tmp_path / "no" / "a.txt", "")
    with pytest.raises(UserError, match=f"^{here} cannot be written: it is not a file$"):
        writing.write(tmp_path, "")
    with pytest.raises(UserError, match=r"a\\x00b' cannot be written: no file has such a name$"):
        writing.write(f"{tmp_path}/a\0b", "")


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    made = writing.folder(tmp_path / "a" / "b")
    assert made.is_dir()
    assert writing.folder(str(made)) == made
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match=r"^the folder .*file cannot be made: File exists$"):
        writing.folder(tmp_path / "file")
    with pytest.raises(UserError, match=r"^the folder .*a\\x00b' cannot be made: "):
        writing.folder(f"{tmp_path}/a\0b")
