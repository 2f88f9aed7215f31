"""What property tests draw is the same for everyone, whatever other modules a process has loaded."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def drawn() -> list[tuple[int, str]]:
    found = []

    @settings(derandomize=True, max_examples=300)
    @given(st.integers(), st.text())
    def noted(number: int, text: str) -> None:
        found.append((number, text))

    noted()
    return found


def test_the_same_is_drawn_whatever_has_been_loaded(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypothesis draws among the constants of the loaded modules that no package holds, of this one too."""
    if request.config.getoption("--examples") is not None or request.config.getoption("--hypothesis-seed") is not None:
        pytest.skip("this run draws at random")
    before = drawn()
    constants = "".join(f"NUMBER_{n} = {7_391_000 + n}\nTEXT_{n} = 'word-{n}'\n" for n in range(200))
    (tmp_path / "loaded_in_between.py").write_text(constants, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("loaded_in_between")
    try:
        assert drawn() == before
    finally:
        del sys.modules["loaded_in_between"]
