"""Files of others as data: what the readers refuse, in one line each."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from dlcalc.errors import ProblemError
from dlcalc.files.untrusted import bounded, decoded, number, parse_toml, read_bytes


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a = " + b"9" * 5000, "^x.toml: a whole number has too many digits$"),
        (b"a = [[[[", "^x.toml: the file is not TOML: "),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "^x.toml: the file is nested too deeply$"),
        (b"a.b.c.d.e.f.g.h.i.j.k.l.m.n = 1", "^x.toml: line 1: a line has at most 12 dots, not 13$"),
    ],
)
def test_a_bad_file_is_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(ProblemError, match=sentence):
        parse_toml(content, "x.toml")


def test_a_good_file_is_its_tables() -> None:
    assert parse_toml(b"[a]\nb = 1.5\n", "x.toml") == {"a": {"b": 1.5}}


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    """Editors of Windows put one before UTF-8; other encodings are refused with the place."""
    assert parse_toml(b"\xef\xbb\xbfa = 1", "x.toml") == {"a": 1}
    assert decoded(b"\xef\xbb\xbf1,2", "a.csv") == "1,2"
    with pytest.raises(ProblemError, match=r"^a\.csv: the file is not UTF-8 text: byte 2$"):
        decoded(b"1,\xff", "a.csv")


def test_dots_are_counted_where_they_are_dots_of_a_key() -> None:
    """A sentence has as many as it likes, a line of decimals 200; a key 12, and in an inline table 200 as well."""
    assert parse_toml(b"a = '" + b"." * 5000 + b"'", "x.toml") == {"a": "." * 5000}
    assert parse_toml(b'"a.b = c.............." = 1', "x.toml") == {"a.b = c..............": 1}
    assert len(parse_toml(b"a = [" + b"0.5, " * 200 + b"]", "x.toml")["a"]) == 200
    with pytest.raises(ProblemError, match=r"^x\.toml: line 2: a line has at most 200 dots, not 201$"):
        parse_toml(b"\na = [" + b"0.5, " * 201 + b"]", "x.toml")
    with pytest.raises(ProblemError, match=r"^x\.toml: line 1: a line has at most 200 dots, not 4999$"):
        parse_toml(b"a = {" + b".".join([b"a"] * 5000) + b" = 1}", "x.toml")


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_bytes(str(path), 5, "a note") == b"12345"
    with pytest.raises(ProblemError, match=r"a: a note has at most 0 KiB$"):
        read_bytes(str(path), 4, "a note")
    with pytest.raises(ProblemError, match=r"^a: a note has at most 2 MiB$"):
        bounded(b"0" * (2**21 + 1), "a", 2**21, "a note")


def test_a_small_file_takes_little_memory_however_large_it_may_be(tmp_path: Path) -> None:
    """A whole block of the largest size would be asked for first, and refused where memory is limited."""
    path = tmp_path / "a"
    path.write_bytes(bytes(range(256)) * 1_000)
    tracemalloc.start()
    try:
        assert read_bytes(str(path), 2**32, "a note") == bytes(range(256)) * 1_000
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_what_has_no_end_is_read_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlcalc.files.untrusted.MOST_STREAMED", 2**20)
    with pytest.raises(ProblemError, match=r"^/dev/zero: a note has at most 1 MiB$"):
        read_bytes("/dev/zero", 2**32, "a note")


def test_a_number_is_written_in_plain_digits() -> None:
    """What Python reads beyond that is not a number: 1_0 would be ten."""
    assert [number(text) for text in ("1e-3", " -5 ", ".5")] == [0.001, -5, 0.5]
    for text in ("1_0", "１", "٣", "x", ""):
        with pytest.raises(ValueError):  # noqa: PT011 - no text of its own
            number(text)
