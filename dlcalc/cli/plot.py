"""A chart in the terminal: every curve has a letter of its own, so that it is read without colour too."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from ..api.vanishing import Chart

HEIGHT = 16
_MARKS = "·abcdefgh"
_STYLES = ("dim", "bold blue", "bold yellow", "bold green", "bold magenta", "bold cyan", "bold red")
_LEAST = 1e-16


def show(chart: Chart, console: Console) -> None:
    """The chart as wide as the terminal, at most 100 columns, with its legend."""
    for line in _lines(chart, min(console.width, 100)):
        console.print(line, no_wrap=True, overflow="crop", highlight=False)


def _lines(chart: Chart, width: int) -> Iterator[Text]:
    values = [value for curve in chart.curves.values() for value in curve if _is_shown(value, chart)]
    if not values:
        return
    heights = [_height(value, chart) for value in values]
    low, high = min(heights), max(heights)
    if chart.logarithmic:
        low, high = math.floor(low), math.ceil(high)
    span = (high - low) or 1
    labels = _labels(low, high, chart)
    edge = max(map(len, labels.values())) + 1
    columns = max(20, width - edge - 3)
    grid = [[(" ", "")] * columns for _ in range(HEIGHT)]
    if chart.level is not None and low <= _height(chart.level[0], chart) <= high:
        row = round((high - _height(chart.level[0], chart)) / span * (HEIGHT - 1))
        grid[row] = [("╌", "dim")] * columns
    longest = max(len(curve) for curve in chart.curves.values())
    for index, curve in enumerate(chart.curves.values()):
        mark = (_MARKS[index % len(_MARKS)], _STYLES[index % len(_STYLES)])
        for column in range(columns):
            place = round(column / max(1, columns - 1) * (longest - 1))
            if place < len(curve) and _is_shown(curve[place], chart):
                row = round((high - _height(curve[place], chart)) / span * (HEIGHT - 1))
                grid[row][column] = mark
    yield Text(f" {chart.y}", "dim")
    for row, cells in enumerate(grid):
        line = Text(f" {labels.get(row, ''):>{edge - 1}} {'┤' if row in labels else '│'}", "dim")
        for letter, style in cells:
            line.append(letter, style)
        yield line
    yield Text(" " * (edge + 1) + "└" + "─" * columns, "dim")
    first, last = str(chart.first), str(chart.first + longest - 1)
    yield Text(f" {'':{edge}} {first}{chart.x:^{columns - len(first) - len(last)}}{last}", "dim")
    legend = Text(" ")
    for index, name in enumerate(chart.curves):
        legend.append(f"  {_MARKS[index % len(_MARKS)]}", _STYLES[index % len(_STYLES)])
        legend.append(f" {name}")
    if chart.level is not None:
        legend.append("  ╌", "dim").append(f" {chart.level[1]}")
    yield legend


def _is_shown(value: float, chart: Chart) -> bool:
    return math.isfinite(value) and (value >= _LEAST or not chart.logarithmic)


def _height(value: float, chart: Chart) -> float:
    return math.log10(value) if chart.logarithmic else value


def _labels(low: float, high: float, chart: Chart) -> dict[int, str]:
    """Row → what stands beside it: powers of ten, at most one in two rows, or round steps of a linear axis."""
    if not chart.logarithmic:
        return {row: f"{high - (high - low) * row / (HEIGHT - 1):.3g}" for row in range(0, HEIGHT, 3)}
    each = max(1, math.ceil((high - low) / (HEIGHT // 2)))
    powers = range(int(high), int(low) - 1, -each)
    return {round((high - power) / ((high - low) or 1) * (HEIGHT - 1)): f"1e{power}" for power in powers}
