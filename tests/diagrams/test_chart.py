"""Charts: as pictures, and in the terminal."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pytest
from rich.console import Console

from dlcalc.cli.plot import show
from dlcalc.diagrams.chart import Chart, picture
from dlcalc.errors import UserError

FALLING = Chart("t", "d", "norm", {"one": [10.0**-d for d in range(9)], "flat": [1.0] * 9}, True, ("one",), (1e-3, "ε"))


def drawn(chart: Chart, width: int = 60) -> list[str]:
    out = io.StringIO()
    show(chart, Console(file=out, width=width))
    return out.getvalue().splitlines()


def test_a_power_falls_on_a_line_and_every_curve_has_its_letter() -> None:
    """Eight decades over 16 rows: the first curve runs from the top left to the bottom right."""
    rows = [line for line in drawn(FALLING) if "┤" in line or "│" in line]
    assert len(rows) == 16
    assert rows[0].startswith("  1e0 ┤")
    assert "·" in rows[-1][-3:]
    assert rows[0].count("a") > 40
    places = [row.rindex("·") for row in rows if "·" in row]
    assert places == sorted(places)


def test_what_is_not_finite_or_not_positive_is_left_out() -> None:
    assert drawn(Chart("t", "d", "y", {"none": [0.0, float("inf"), float("nan")]}, True)) == []
    assert any("·" in line for line in drawn(Chart("t", "d", "y", {"some": [0.0, 1.0, 10.0]}, True)))


def test_a_linear_axis_has_its_numbers() -> None:
    rows = drawn(Chart("t", "d", "y", {"line": [0.0, 5.0, 10.0]}))
    assert rows[1].split()[0] == "10"


def test_a_narrow_terminal_is_not_overrun() -> None:
    assert max(map(len, drawn(FALLING, 40))) <= 40


def test_the_picture_is_a_drawing_with_its_words() -> None:
    pytest.importorskip("matplotlib")
    root = ET.fromstring(picture(FALLING, "svg"))
    assert root.tag.endswith("svg")
    assert picture(FALLING, "png").startswith(b"\x89PNG")


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(UserError, match=r"^a chart is drawn by matplotlib: pip install 'dlcalc\[plot\]'$"):
        picture(FALLING, "svg")
