"""Curves over a whole-numbered axis, as SVG or PNG. Drawn by matplotlib (extra `plot`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeVar

from ..errors import UserError

Drawn = TypeVar("Drawn")


@dataclass(frozen=True)
class Chart:
    """Curves by their name, each a value for x = `first`, one more, …; `logarithmic` is the vertical axis.

    `dashed`: names of the curves that are bounds. `level`: a horizontal line, with its label.
    """

    title: str
    x: str
    y: str
    curves: Mapping[str, Sequence[float]]
    logarithmic: bool = False
    dashed: tuple[str, ...] = ()
    level: tuple[float, str] | None = None
    first: int = 0


# Distinct for the colour-blind: P. Wong, Points of view: Color blindness, Nature Methods 8, 441 (2011).
COLOURS = ("#555555", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_LEAST = 1e-16
"""On a logarithmic axis what is smaller is noise of the rounding."""


def picture(chart: Chart, kind: str) -> bytes:
    """The chart as `svg` or `png`: the same bytes each time. UserError without matplotlib."""
    return with_matplotlib(lambda: _drawn(chart, kind))


def with_matplotlib(draw: Callable[[], Drawn]) -> Drawn:
    """What is drawn under the settings of all our pictures. UserError without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        raise UserError("a chart is drawn by matplotlib: pip install 'dlcalc[plot]'") from None
    with matplotlib.rc_context({"svg.hashsalt": "dlcalc", "font.size": 10, "svg.fonttype": "path"}):
        return draw()


def _drawn(chart: Chart, kind: str) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.add_subplot()
    for colour, (name, values) in zip(COLOURS, chart.curves.items(), strict=False):
        shown = [value if value >= _LEAST or not chart.logarithmic else float("nan") for value in values]
        places = range(chart.first, chart.first + len(shown))
        axes.plot(places, shown, label=name, color=colour, lw=1.8, ls="--" if name in chart.dashed else "-",
                  marker="o" if len(shown) == 1 else "")  # fmt: skip
    if chart.level is not None:
        axes.axhline(chart.level[0], color="#999999", lw=0.8)
        axes.annotate(chart.level[1], (0.995, chart.level[0]), xycoords=("axes fraction", "data"), ha="right",
                      va="bottom", color="#666666")  # fmt: skip
    if chart.logarithmic:
        axes.set_yscale("log")
    axes.set(title=chart.title, xlabel=chart.x, ylabel=chart.y)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.margins(x=0.01)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    out = BytesIO()
    figure.savefig(out, format=kind, dpi=160, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return out.getvalue()
