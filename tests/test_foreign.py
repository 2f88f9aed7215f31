"""Files of others as data: what the readers refuse, in one line each."""

from __future__ import annotations

import pytest

from dlcalc.errors import ProblemError
from dlcalc.foreign import parse_toml


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
