"""Small images side by side, one for each filter, map or state, and regions of a plane, as SVG. Drawn by matplotlib
(extra `plot`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from typing import Any

from .chart import COLOURS, with_matplotlib

Image = Sequence[Sequence[float]]
"""Rows of numbers."""


@dataclass(frozen=True)
class Panels:
    """Images of numbers; `signed`: around 0, blue below and red above, else from dark to bright."""

    title: str
    images: Sequence[Image]
    names: Sequence[str] = ()
    """Above each."""
    signed: bool = False
    axes: tuple[str, str] = ("", "")
    """What columns and rows are."""


@dataclass(frozen=True)
class Plane:
    """A square of a plane, cut into cells by the class that is said there, with examples in it."""

    title: str
    sides: tuple[float, float, float, float]
    """Left, right, bottom, top."""
    said: Sequence[Sequence[int]]
    """Classes, the lowest row first."""
    examples: Sequence[tuple[float, float, int]]
    classes: Sequence[str]


def drawn(what: Panels | Plane) -> str:
    """The picture as SVG, the same text each time. UserError without matplotlib."""
    return with_matplotlib(lambda: _panels(what) if isinstance(what, Panels) else _plane(what))


def _figure(width: float, height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _text(figure: Any) -> str:
    out = BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue().decode()


def _panels(panels: Panels) -> str:
    count, wide = len(panels.images), len(panels.images[0][0]) > 2 * len(panels.images[0])
    columns = 1 if wide else min(8, count)
    rows = ceil(count / columns)
    figure = _figure(7.2, 2.4 * rows) if wide else _figure(1.2 + max(1.8, 0.8 * columns), 0.6 + rows * (
        0.9 if columns > 2 else 1.8))  # fmt: skip
    low = min(min(line) for image in panels.images for line in image)
    high = max(max(line) for image in panels.images for line in image)
    if panels.signed:
        high = max(-low, high, 1e-12)
        low = -high
    made = None
    for place, image in enumerate(panels.images):
        axes = figure.add_subplot(rows, columns, place + 1)
        sides = (0.5, len(image[0]) + 0.5, len(image) + 0.5, 0.5)
        made = axes.imshow(image, extent=sides, cmap="RdBu_r" if panels.signed else "viridis", vmin=low, vmax=high,
                           interpolation="nearest", aspect="auto" if wide else "equal")  # fmt: skip
        if wide:
            axes.set(xlabel=panels.axes[0], ylabel=panels.axes[1])
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.yaxis.get_major_locator().set_params(integer=True)
        else:
            axes.set(xticks=[], yticks=[])
        if panels.names:
            axes.set_title(panels.names[place], fontsize=8)
    figure.suptitle(panels.title, fontsize=10)
    figure.colorbar(made, ax=figure.axes, shrink=0.8)
    return _text(figure)


def _plane(plane: Plane) -> str:
    from matplotlib.colors import ListedColormap

    colours = [COLOURS[1 + place % (len(COLOURS) - 1)] for place in range(len(plane.classes))]
    figure = _figure(5.4, 4.6)
    axes = figure.add_subplot()
    axes.imshow(plane.said, origin="lower", extent=plane.sides, cmap=ListedColormap(colours), alpha=0.3, vmin=-0.5,
                vmax=len(colours) - 0.5, interpolation="nearest", aspect="auto")  # fmt: skip
    for place, name in enumerate(plane.classes):
        mine = [(x, y) for x, y, kind in plane.examples if kind == place]
        axes.scatter([x for x, _ in mine], [y for _, y in mine], s=12, color=colours[place], label=name, lw=0)
    axes.set(title=plane.title, xlabel="x₁", ylabel="x₂", xlim=plane.sides[:2], ylim=plane.sides[2:])
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return _text(figure)
