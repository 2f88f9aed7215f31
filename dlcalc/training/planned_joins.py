"""Layers that read several others, and those that only move numbers, as rows of a plan."""

from __future__ import annotations

from ..networks.table import Row
from .planned_windows import Windows
from .planning import MILLIARD, Data


class Joins(Windows):
    """Sums, products, concatenation; parts, frames and repetition."""

    def part(self, x: Data, y: Data, lines: int, width: int, x_line: int, y_line: int, read: int = 0, write: int = 0,
             factor: float = 1.0, add: bool = False, rows: int = 1) -> None:  # fmt: skip
        """Lines of each of `rows` parts of an example of x, from number `read` on, go to y, from `write` on."""
        x_outer, y_outer = x.size // rows, y.size // rows
        covered = lines * width == x_outer
        self.link("move", x, y, outer=rows, lines=lines, width=width, x_outer=x_outer, x_line=x_line, y_outer=y_outer,
                  y_line=y_line, factor=round(factor * MILLIARD), y_add=add, cleared=0 if covered else x.size,
                  read=read, write=write)  # fmt: skip

    def several(self, row: Row) -> list[Data]:
        """What is read, all in one form."""
        values = [self.read(row, index) for index in range(len(row.layer.inputs))]
        steps = any(value.form == "steps" for value in values)
        return [self.as_steps(value) if steps else value for value in values]

    def _added(self, row: Row, factors: list[float]) -> Data:
        values = self.several(row)
        if len({value.shape for value in values}) > 1:
            raise self.refused(row, "only equal shapes are combined")
        return self.combined(values, factors)

    def combined(self, values: list[Data], factors: list[float]) -> Data:
        """The sum of values of one shape, each times its factor."""
        y = self.made("sum", values[0].form, values[0].shape, any(value.d for value in values))
        for index, (x, factor) in enumerate(zip(values, factors, strict=True)):
            self.part(x, y, 1, x.width, x.width, x.width, factor=factor, add=index > 0, rows=x.rows)
        return y

    def _add(self, row: Row) -> Data:
        return self._added(row, [1.0] * len(row.layer.inputs))

    def _subtract(self, row: Row) -> Data:
        return self._added(row, [1.0] + [-1.0] * (len(row.layer.inputs) - 1))

    def _average(self, row: Row) -> Data:
        return self._added(row, [1.0 / len(row.layer.inputs)] * len(row.layer.inputs))

    def _multiply(self, row: Row) -> Data:
        found, *others = sorted(self.several(row), key=lambda value: -value.size)
        for other in others:
            inner = found.size // other.size
            fits = other.size * inner == found.size and (inner == 1 or other.shape[0] == found.shape[0] == other.size)
            if not fits or (inner > 1 and found.form == "steps"):
                raise self.refused(row, "only equal shapes, and maps by a number for each channel, are multiplied")
            y = self.made("product", found.form, found.shape, bool(found.d or other.d))
            found = self.link("multiply", found, y, other=other.buffer, d_other=other.d, size=found.size, inner=inner)
        return found

    def _concat(self, row: Row) -> Data:
        if row.layer.settings.get("axis", len(row.output)) != len(row.output):
            raise self.refused(row, "only channels are joined")
        return self.joined(self.several(row))

    def joined(self, values: list[Data]) -> Data:
        """Channels behind one another."""
        first = values[0]
        last = first.form in ("steps", "vector")
        channels = sum(value.shape[-1 if last else 0] for value in values)
        shape = (*first.shape[:-1], channels) if last else (channels, *first.shape[1:])
        y = self.made("joined", first.form, shape, any(value.d for value in values))
        at = 0
        for x in values:
            self.part(x, y, 1, x.size // x.rows, 0, 0, write=at, rows=x.rows)
            at += x.size // x.rows
        return y

    def _split(self, row: Row) -> Data:
        x = self.as_channels(self.read(row))
        parts, part = self.one(row, "parts"), self.number(row, row.layer.settings.get("part", 1))
        y = self.made("part", x.form, (x.shape[0] // parts, *x.shape[1:]), x.d is not None)
        self.part(x, y, 1, y.size, 0, 0, read=(part - 1) * y.size)
        return y

    def _shuffle(self, row: Row) -> Data:
        x, groups = self.as_channels(self.read(row)), self.one(row, "groups")
        c = x.shape[0]
        return self.through("permute", x, x.form, x.shape, first=groups, second=c // groups, width=x.size // c)

    def _pixel_shuffle(self, row: Row) -> Data:
        """Channels k of r rows i and r columns j, (k, i, j, h, w), become (k, h, i, w, j): the foremost axes change
        places, three times."""
        x, r = self.as_channels(self.read(row)), self.one(row, "r")
        c, h, w = x.shape
        k = c // r**2
        for first, second in ((k, r * r), (r, r * k * h), (r, k * h * r * w)):
            x = self.through("permute", x, x.form, (k, h * r, w * r), first=first, second=second,
                             width=x.size // (first * second))  # fmt: skip
        return x

    def _pad(self, row: Row) -> Data:
        x = self.as_channels(self.read(row))
        pairs = list(zip(self.along(row, "pad_begin"), self.along(row, "pad_end"), strict=True))
        return self._framed(row, x, pairs, 1)

    def _crop(self, row: Row) -> Data:
        x = self.as_channels(self.read(row))
        pairs = zip(self.along(row, "crop_begin"), self.along(row, "crop_end"), strict=True)
        return self._framed(row, x, list(pairs), -1)

    def _framed(self, row: Row, x: Data, pairs: list[tuple[int, int]], sign: int) -> Data:
        """Zeros around the channels of x, or less of them."""
        if len(x.shape) not in (2, 3):
            raise self.refused(row, "only signals and maps are framed")
        sizes = [n + sign * (before + after) for n, (before, after) in zip(x.shape[1:], pairs, strict=True)]
        (top, _), (left, _) = [(0, 0), *pairs][-2:]
        (_, w), (oh, ow) = (1, *x.shape[1:])[-2:], self._two(tuple(sizes))
        y = self.made("framed", x.form, (x.shape[0], *sizes), x.d is not None)
        h = x.size // x.shape[0] // w
        corner = top * (ow if sign > 0 else w) + left
        if sign > 0:
            y.buffer.forever = True  # what lies around is 0 from the start, and nobody writes there
            self.part(x, y, h, w, w, ow, write=corner, rows=x.shape[0])
        else:
            self.part(x, y, oh, ow, w, ow, read=corner, rows=x.shape[0])
        return y

    def _upsample(self, row: Row) -> Data:
        x, (h, w) = self._flat(row)
        x = self.own(x, value=False)
        out, times = self._out(row), self._two(self.along(row, "s"))
        lines = [(i * s, i * s + s) for size, s in zip((h, w), times, strict=True) for i in range(size)]
        table = self.table([end for pair in lines for end in pair])
        oh, ow = self._two(out)
        return self.through("upsample", x, x.form, (x.shape[0], *out), table=table, planes=x.shape[0], h=h, w=w,
                            out_h=oh, out_w=ow)  # fmt: skip
