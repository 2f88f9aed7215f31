"""The programs of examples/ run as they are, on their stand-ins, and learn them."""

from __future__ import annotations

import re
import runpy
import sys

import pytest
from checkout import ROOT

pytest.importorskip("numba")

PROGRAMS = {"mnist_mlp": 468_874, "mnist_rnn": 21_386, "imdb_lstm": 2_017, "cats_dogs": 19_889}
"""Program → the values that it trains, as `dlcalc net` counts them."""


@pytest.mark.long
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_learns_its_stand_in(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [name])
    runpy.run_path(str(ROOT / "examples" / f"{name}.py"))
    *_, last = capsys.readouterr().out.splitlines()
    found = re.fullmatch(r"([\d,]+) trained values, test accuracy ([\d.]+)", last)
    assert found
    assert int(found[1].replace(",", "")) == PROGRAMS[name]
    assert float(found[2]) >= 0.9


def test_all_programs_are_run() -> None:
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == set(PROGRAMS)
