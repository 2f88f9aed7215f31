"""Charts: as pictures, and in the terminal."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from typing import Any

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


def test_epochs_are_counted_from_one() -> None:
    """Where a curve begins is said, in the terminal and in the picture, whose axis has whole numbers; one is a dot."""
    figures = pytest.importorskip("matplotlib.figure")
    chart = Chart("t", "epoch", "y", {"line": [3.0, 2.0, 1.0]}, first=1)
    assert drawn(chart)[-2].split() == ["1", "epoch", "3"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(figures.Figure, "savefig", lambda figure, *_, **__: axes.append(figure.axes[0]))
        axes: list[Any] = []
        picture(chart, "svg")
        picture(Chart("t", "epoch", "y", {"one": [3.0]}, first=1), "svg")
    assert [list(each.lines[0].get_xdata()) for each in axes] == [[1, 2, 3], [1]]
    assert [each.lines[0].get_marker() for each in axes] == ["", "o"]
    assert all(float(tick).is_integer() for tick in axes[0].get_xticks())


def test_a_narrow_terminal_is_not_overrun() -> None:
    assert max(map(len, drawn(FALLING, 40))) <= 40


def test_the_picture_is_a_drawing_with_its_words() -> None:
    pytest.importorskip("matplotlib")
    root = ET.fromstring(picture(FALLING, "svg"))
    assert root.tag.endswith("svg")
    assert picture(FALLING, "png").startswith(b"\x89PNG")


def lines_drawn(chart: Chart) -> list[ET.Element]:
    pytest.importorskip("matplotlib")
    return list(ET.fromstring(picture(chart, "svg")).iter("{http://www.w3.org/2000/svg}path"))


def test_a_bound_is_dashed_and_a_measured_curve_is_not() -> None:
    """The colours of the first two curves: grey is a bound here, blue is measured."""
    styles = [path.get("style", "") for path in lines_drawn(Chart("t", "d", "y", {"a": [1.0, 2.0], "b": [2.0, 1.0]},
                                                                 dashed=("a",)))]  # fmt: skip
    assert all("stroke-dasharray" in style for style in styles if "stroke: #555555" in style)
    assert not any("stroke-dasharray" in style for style in styles if "stroke: #0072b2" in style)
    assert sum("stroke: #555555" in style for style in styles) == 2  # in the legend too
    assert sum("stroke: #0072b2" in style for style in styles) == 2


def test_the_level_lies_where_its_value_is() -> None:
    """Half way between a curve's ends at 0 and 10 is 5."""
    found = lines_drawn(Chart("t", "d", "y", {"line": [0.0, 10.0]}, level=(5.0, "half")))
    heights = {
        colour: [float(y) for _, y in re.findall(r"[ML] ([\d.]+) ([\d.]+)", path.get("d", ""))]
        for colour in ("#555555", "#999999")
        for path in reversed(found)
        if f"stroke: {colour}" in path.get("style", "")
    }
    low, high = heights["#555555"]
    assert heights["#999999"] == [pytest.approx((low + high) / 2, abs=0.01)] * 2


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(UserError, match=r"^a chart is drawn by matplotlib: pip install 'dlcalc\[plot\]'$"):
        picture(FALLING, "svg")
