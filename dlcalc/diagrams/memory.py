"""Who lies where in a memory, and when: each buffer a rectangle over its steps. Drawn by matplotlib (extra `plot`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from .chart import COLOURS, with_matplotlib

KINDS = ("values", "gradients", "work of one step")
"""What a buffer holds; the colour tells it."""
_SHADES = (COLOURS[6], COLOURS[5], "#DDDDDD")
_MOST_STEPS = 44
"""So many steps have their names on the axis."""
_LETTERS_PER_INCH = 16
"""Of 7 points."""


@dataclass(frozen=True)
class Life:
    """A buffer in bytes from `at` on, from one step to another, both included. `kind`: a place in KINDS."""

    name: str
    at: int
    size: int
    first: int
    last: int
    kind: int


@dataclass(frozen=True)
class Memory:
    """Steps by their names, those on the way back from `turn` on, and the lives of all buffers in `size` bytes."""

    title: str
    steps: Sequence[str]
    turn: int
    size: int
    lives: Sequence[Life]


def picture(memory: Memory, kind: str) -> bytes:
    """The memory as `svg` or `png`: the same bytes each time. UserError without matplotlib."""
    return with_matplotlib(lambda: _drawn(memory, kind))


def _drawn(memory: Memory, kind: str) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch, Rectangle

    many = len(memory.steps)
    named = many <= _MOST_STEPS
    width, height = min(18.0, max(7.2, 2.2 + 0.34 * many)), 6.0
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.add_subplot()
    factor, unit = (1e6, "MB") if memory.size >= 1e6 else (1e3, "kB")
    for life in memory.lives:
        steps = life.last - life.first + 1
        axes.add_patch(Rectangle((life.first - 0.5, life.at / factor), steps, life.size / factor,
                                 facecolor=_SHADES[life.kind], edgecolor="white", lw=0.6))  # fmt: skip
        letters = int(steps * (width - 1) / many * _LETTERS_PER_INCH)
        if life.size >= memory.size / 42 and letters >= 4:
            text = life.name if len(life.name) <= letters else life.name[: letters - 1] + "…"
            axes.text(life.first - 0.42, (life.at + life.size / 2) / factor, text, va="center", fontsize=7)
    axes.axvline(memory.turn - 0.5, color="#333333", lw=1, ls="--")
    for place, text, side in ((memory.turn - 0.6, "forwards", "right"), (memory.turn - 0.4, "backwards", "left")):
        axes.text(place, 1.01, text, ha=side, va="bottom", transform=axes.get_xaxis_transform(), color="#333333")
    axes.set(xlim=(-0.5, many - 0.5), ylim=(0, memory.size / factor), ylabel=f"place in the arena, {unit}",
             xlabel="" if named else "step")  # fmt: skip
    axes.set_title(memory.title, pad=22)
    if named:
        axes.set_xticks(range(many), memory.steps, rotation=90, fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    shades = [Patch(facecolor=shade, label=name) for shade, name in zip(_SHADES, KINDS, strict=True)]
    below = -0.28 if named else -0.02
    axes.legend(handles=shades, frameon=False, loc="upper center", bbox_to_anchor=(0.5, below), ncols=3)
    out = BytesIO()
    figure.savefig(out, format=kind, dpi=160, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return out.getvalue()
