"""A window sliding over an image, place by place: what each picture of the film shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..errors import UserError
from ..expressions import printing
from ..expressions.nodes import Value
from ..formulas.hand_operations import Operation
from ..formulas.run import Working
from .number_style import NumberStyle
from .written_out import Writer

Rows = tuple[tuple[str, ...], ...]
"""A matrix as it is printed; "" where nothing stands yet."""


@dataclass(frozen=True)
class Frame:
    """One place of the window: which cells it covers (row and column, from 0, of every channel), what comes out."""

    covered: frozenset[tuple[int, int]]
    label: str
    working: str
    value: str
    place: tuple[int, int, int]
    """Filter or channel, row and column of the output, from 0."""
    done: int
    """How many cells of the output are there by now."""


@dataclass(frozen=True)
class Film:
    """The image with its padding and the filters, by channel; then the frames, in reading order."""

    image: tuple[Rows, ...]
    kernels: tuple[tuple[Rows, ...], ...]
    """By filter, then by channel; none for a pooling."""
    output: tuple[Rows, ...]
    frames: tuple[Frame, ...]

    @cached_property
    def size(self) -> int:
        return len(self.frames)

    def so_far(self, frame: Frame) -> tuple[Rows, ...]:
        """The output with what is not yet computed left empty."""
        left = frame.done
        found = []
        for part in self.output:
            rows = []
            for row in part:
                rows.append(tuple(cell if at < left else "" for at, cell in enumerate(row)))
                left -= len(row)
            found.append(tuple(rows))
        return tuple(found)


def film(found: Working, operation: Operation, style: NumberStyle) -> Film:
    """The film of a convolution or a pooling. Raises UserError for an operation without a window."""
    values = found.state.values
    if "output" not in found.formula.by_name or "hop" not in values or "full" in values:
        raise UserError(f"--play slides a window over an image: run conv and run pool have it, without --scale and "
                        f"--as-matrix; not {found.formula.title}")  # fmt: skip
    writer = Writer(found, style.node, operation.inlined)
    padded = found["padded"] if "padded" in values else _bordered(found["x"], values["pad_h"], values["pad"])
    frames = []
    for done, place in enumerate(writer.places("output"), 1):
        node = writer.entry("output", place)
        frames.append(
            Frame(
                _covered(found, place),
                f"output[{', '.join(map(str, place if len(found['output']) > 1 else place[1:]))}]",
                "" if node is None else printing.text(node),
                printing.text(style.node(writer.value("output", place))),
                (place[0] - 1, place[1] - 1, place[2] - 1),
                done,
            )
        )
    kernels = tuple(_printed(each, style) for each in found["kernel"]) if "kernel" in values else ()
    return Film(_printed(padded, style), kernels, _printed(found["output"], style), tuple(frames))


def _bordered(image: Value, above: int, beside: int) -> Value:
    """The image with a border of empty cells, which a pooling does not look at."""
    wide = len(image[0][0]) + 2 * beside
    sides, empty = (None,) * beside, ((None,) * wide,) * above
    return tuple((*empty, *((*sides, *row, *sides) for row in channel), *empty) for channel in image)


def _printed(image: Sequence[Value], style: NumberStyle) -> tuple[Rows, ...]:
    def cell(value: Value) -> str:
        return "·" if value is None else printing.text(style.node(value))

    return tuple(tuple(tuple(map(cell, row)) for row in channel) for channel in image)


def _covered(found: Working, place: tuple[int, ...]) -> frozenset[tuple[int, int]]:
    values = found.state.values
    hop, gap = values["hop"], values.get("gap", 1)
    first = (place[1] - 1) * hop, (place[2] - 1) * hop
    return frozenset(
        (first[0] + u * gap, first[1] + v * gap) for u in range(values["f_h"]) for v in range(values["f_w"])
    )
