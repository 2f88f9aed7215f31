"""Convolutions and pooling as rows of a plan."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from ..kernels.cpu import abreast
from ..kernels.cpu.conv_abreast import better
from ..kernels.cpu.dot import ROOM, SHIFTS
from ..kernels.cpu.machine import LANES
from ..kernels.cpu.steps.channels import ROWS
from ..networks.table import Row
from .plan import ALIGNED, Buffer, Parameter
from .planning import Data, Planning


def _halves(table: list[int], h: int, w: int, out_h: int, out_w: int) -> bool:
    """Whether windows are of 2×2 side by side."""
    return table == [2, 2, 2, 2, 1, 1, 0, 0] and 2 * out_h <= h and 2 * out_w <= w


class Windows(Planning):
    """Layers that slide a window."""

    def _geometry(self, window: Any, stride: Any, dilation: Any, front: Any, output: Any) -> list[int]:
        def three(values: tuple[int, ...], usual: int) -> list[int]:
            return [*(usual,) * (3 - len(values)), *values]

        return [*three(window, 1), *three(stride, 1), *three(dilation, 1), *three(front, 0), *three(output, 1)]

    def _out(self, row: Row) -> tuple[int, ...]:
        """The spatial sizes of what comes out."""
        return tuple(self.number(row, size) for size in row.output[:-1])

    def padding(self, row: Row) -> list[tuple[int, int]]:
        """(before, after) along each axis."""
        if self.flag(row, "same"):
            return list(zip(self.along(row, "pad_begin"), self.along(row, "pad_end"), strict=True))
        return [(p, p) for p in self.along(row, "p")]

    def _conv(self, row: Row) -> Data:
        x = self.as_channels(self.lying(row))
        k, c, f, groups = self.one(row, "k"), self.one(row, "c"), self.along(row, "f"), self.one(row, "groups")
        inner = prod(f) * c // groups
        weight = self.parameter(row, "weight", (k, c // groups, *f), "weight", groups=groups,
                                fans=(inner, prod(f) * k // groups))  # fmt: skip
        settings = (x, weight, self.bias(row, k, weight), self._out(row), self.along(row, "s"), self.along(row, "d"),
                    self.padding(row))  # fmt: skip
        return self._abreast(*settings) or self.convolved(self.apart(x), *settings[1:])

    def _abreast(self, x: Data, weight: Parameter, bias: Parameter | None, out: tuple[int, ...], s: tuple[int, ...],
                 d: tuple[int, ...], padding: list[tuple[int, int]]) -> Data | None:  # fmt: skip
        """As `convolved`, with the images of a batch side by side, where that takes less time; else None."""
        (k, inner, *f), c = weight.shape, x.shape[0]
        if not LANES or self.dtype != "float32" or len(out) > 2:
            return None
        if self.batch == 1:
            return self._channels(x, weight, bias, out, s, d, padding) if weight.groups == 1 else None
        front = self._two(tuple(before for before, _ in padding), 0)
        size, window, stride, dilation, output = (self._two(each) for each in (x.shape[1:], f, s, d, out))
        if not better((self.batch, c, *size), (k, inner, *window), stride, front, dilation, output, weight.groups):
            return None
        high, across = abreast.padded(size, window, stride, dilation, front, output)
        table = self._geometry(window, stride, dilation, front, output)
        table += [c, 1, *size, k, weight.groups, high, across]
        table.append(self.table(abreast.offsets(inner, window, dilation, high, across)))
        # the input of a network is turned while its padding is laid around it
        apart = not x.abreast and x.d is None and x.shared and not x.kept
        if not apart:
            x = self.abreast(x)
        planes = c * high * across * LANES if apart or (high, across) != size else 0
        return self.through("conv-abreast", x, x.form, (k, *out), abreast=True, w=weight, b=bias,
                            table=self.table(table), apart=apart,
                            columns=Buffer("planes", fixed=planes + c + k + ROOM))  # fmt: skip

    def _channels(self, x: Data, weight: Parameter, bias: Parameter | None, out: tuple[int, ...], s: tuple[int, ...],
                  d: tuple[int, ...], padding: list[tuple[int, int]]) -> Data:  # fmt: skip
        """As `convolved`, of one image; what `kernels.cpu.steps.channels` reads of it."""
        (k, c, *f), front = weight.shape, self._two(tuple(before for before, _ in padding), 0)
        if not x.abreast and x.d is not None:
            x = self.abreast(x)
        size, window, stride, dilation, output = (self._two(each) for each in (x.shape[1:], f, s, d, out))
        high, across = abreast.padded(size, window, stride, dilation, front, output)
        wide = LANES if x.abreast else 1
        planes, plane, length = -(-c // wide), high * across * wide, prod(output)
        places = range(length)
        begins = [(i // output[1] * stride[0] * across + i % output[1] * stride[1]) * wide for i in places]
        taps = [
            channel // wide * plane + channel % wide + (i * dilation[0] * across + j * dilation[1]) * wide
            for channel in range(c) for i in range(window[0]) for j in range(window[1])
        ]  # fmt: skip
        rows = [begins, [i * LANES for i in places], taps, [tap * k for tap in range(len(taps))]]
        tables = [self.table(each + each[-1:] * (-len(each) % ROWS)) for each in rows]
        depths = self.table([filter // LANES * length * LANES + filter % LANES for filter in range(k)])
        laid, turned = (high, across) != size, planes * LANES * (weight.size // c) if x.d else 0
        table = [planes, size[0], size[1] * wide, high, across * wide, front[0], front[1] * wide, length, c, k,
                 prod(window), *tables, depths]  # fmt: skip
        return self.through("conv-channels", x, x.form, (k, *out), abreast=True, w=weight, b=bias,
                            table=self.table(table), kept=Buffer("padded", fixed=planes * plane) if laid else None,
                            columns=Buffer("planes", fixed=planes * plane if laid and x.d else 0),
                            transposed=Buffer("turned", fixed=turned))  # fmt: skip

    def floored(self, x: Data) -> Data | None:
        """x after a ReLU, where the convolution that made it can end with one; else None."""
        step = self.steps[-1]
        if (
            step.operation not in ("conv-abreast", "conv-channels")
            or step.columns["y"] is not x.buffer
            or x.shared
            or x.kept
        ):
            return None
        step.columns["floor"] = 1
        return replace(x, kept=True)

    def convolved(self, x: Data, weight: Parameter, bias: Parameter | None, out: tuple[int, ...], s: tuple[int, ...],
                  d: tuple[int, ...], padding: list[tuple[int, int]]) -> Data:  # fmt: skip
        """Channels x under filters (K, C / groups, …); `out`: the spatial sizes of what comes out."""
        (k, _, *f), groups, c = weight.shape, weight.groups, x.shape[0]
        front = tuple(before for before, _ in padding)
        table = self._geometry(f, s, d, front, out)
        table += [c, *(1,) * (4 - len(x.shape)), *x.shape[1:], k, groups]
        if LANES and self.dtype == "float32" and groups == 1 and len(out) < 3:
            return self._planes(x, weight, bias, out, s, d, front, table)
        return self.through("conv", x, x.form, (k, *out), w=weight, b=bias, table=self.table(table),
                            columns=Buffer("unfolded", fixed=prod(f) * c * prod(out)),
                            transposed=Buffer("transposed", fixed=k // groups * prod(out)))  # fmt: skip

    def _planes(self, x: Data, weight: Parameter, bias: Parameter | None, out: tuple[int, ...], stride: tuple[int, ...],
                dilation: tuple[int, ...], padding: tuple[int, ...], table: list[int]) -> Data:  # fmt: skip
        """A convolution that reads its input where it lies; what `kernels.cpu.steps.planes` reads of it."""
        k, c = weight.shape[:2]
        (f1, f2), (d1, d2), (h, w) = self._two(weight.shape[2:]), self._two(dilation), self._two(x.shape[1:])
        (oh, ow), (front, beside), (s1, s2) = self._two(out), self._two(padding, 0), self._two(stride)
        height = -(-max(front + h, (oh - 1) * s1 + (f1 - 1) * d1 + 1) // s1)
        pitch = -(-max(beside + w, (ow - 1) * s2 + (f2 - 1) * d2 + 1) // s2)
        plane, span = height * pitch, (oh - 1) * pitch + ow
        width = -(-span // ALIGNED) * ALIGNED
        taps = [
            ((channel * s1 + a * d1 % s1) * s2 + b * d2 % s2) * plane + a * d1 // s1 * pitch + b * d2 // s2
            for channel in range(c) for a in range(f1) for b in range(f2)
        ]  # fmt: skip
        planes = c * s1 * s2 * plane
        taps += taps[-1:] * (-len(taps) % SHIFTS)
        at = [plane, pitch, span, width, self.table(taps), self.table(list(range(0, width, LANES)))]
        work = planes + max(k * span, k * width + planes + ROOM) + 4 * LANES
        return self.through("conv-planes", x, x.form, (k, *out), w=weight, b=bias, table=self.table(table + at),
                            columns=Buffer("planes", fixed=work),
                            transposed=Buffer("transposed", fixed=span * -(-k // LANES) * LANES))  # fmt: skip

    def _depthwise(self, row: Row) -> Data:
        return self._conv(row)

    def _conv_transpose(self, row: Row) -> Data:
        x = self.as_channels(self.read(row))
        k, c, f, groups = self.one(row, "k"), self.one(row, "c"), self.along(row, "f"), self.one(row, "groups")
        out, s, d = self._out(row), self.along(row, "s"), self.along(row, "d")
        weight = self.parameter(row, "weight", (c, k // groups, *f), "weight", groups=groups,
                                fans=(prod(f) * c // groups, prod(f) * k // groups))  # fmt: skip
        bias = self.bias(row, k, weight)
        table = self._geometry(f, s, d, self.along(row, "p"), x.shape[1:])
        table += [k, *(1,) * (3 - len(out)), *out, c, groups]
        length = prod(x.shape[1:])
        return self.through("conv-transpose", x, x.form, (k, *out), w=weight, b=bias, table=self.table(table),
                            columns=Buffer("unfolded", fixed=prod(f) * k * length),
                            transposed=Buffer("transposed", fixed=c // groups * length))  # fmt: skip

    def _flat(self, row: Row) -> tuple[Data, tuple[int, int]]:
        """What is pooled, and its two sizes: a signal is a map of one row."""
        x = self.as_channels(self.read(row))
        if len(x.shape) not in (2, 3):
            raise self.refused(row, "only signals and maps are pooled")
        return x, self._two(x.shape[1:])

    def _two(self, sizes: Any, usual: int = 1) -> tuple[int, int]:
        return (usual, usual, *sizes)[-2:]

    def _maxpool(self, row: Row) -> Data:
        x, front = self.lying(row), self._two([before for before, _ in self.padding(row)], 0)
        windows = [self._two(self.along(row, name)) for name in "fsd"]
        table, out = [*windows[0], *windows[1], *windows[2], *front], self._out(row)
        if x.abreast and len(x.shape) < 4 and _halves(table, *self._two(x.shape[1:]), *self._two(out)):
            return self._max_abreast(x, out)
        x, (h, w) = self._flat(row)
        return self._max(x, h, w, table, out)

    def _max_abreast(self, x: Data, out: tuple[int, ...]) -> Data:
        maker = next((step for step in self.steps if step.columns.get("y") is x.buffer), None)
        alone = maker is not None and not x.shared and maker.columns.get("floor", 0) > 0
        if maker is not None and alone:
            maker.columns["masked"] = 1
        (h, w), (oh, ow) = self._two(x.shape[1:]), self._two(out)
        return self.through("max-abreast", x, x.form, (x.shape[0], *out), abreast=True, planes=x.lane // (h * w),
                            h=h, w=w, out_h=oh, out_w=ow, floor=alone)  # fmt: skip

    def _max(self, x: Data, h: int, w: int, table: list[int], out: tuple[int, ...]) -> Data:
        oh, ow = self._two(out)
        shape = (x.shape[0], *out)
        if _halves(table, h, w, oh, ow):
            return self.through("max-halves", x, x.form, shape, planes=x.shape[0], h=h, w=w, out_h=oh, out_w=ow)
        places = Buffer(f"{self.layer} places", x.shape[0] * oh * ow, whole=True)
        return self.through("max-pool", x, x.form if out else "vector", shape, places=places, table=self.table(table),
                            planes=x.shape[0], h=h, w=w, out_h=oh, out_w=ow)  # fmt: skip

    def _global_maxpool(self, row: Row) -> Data:
        x, (h, w) = self._flat(row)
        return self._max(x, h, w, [h, w, 1, 1, 1, 1, 0, 0], ())

    def _averaged(self, x: Data, h: int, w: int, rows: list[tuple[int, int]], columns: list[tuple[int, int]],
                 areas: list[int], out: tuple[int, ...]) -> Data:  # fmt: skip
        table = [end for pair in (*rows, *columns) for end in pair] + areas
        return self.through("average-pool", x, x.form if out else "vector", (x.shape[0], *out),
                            table=self.table(table), planes=x.shape[0], h=h, w=w, out_h=len(rows),
                            out_w=len(columns))  # fmt: skip

    def _avgpool(self, row: Row) -> Data:
        x, (h, w) = self._flat(row)
        if set(self.along(row, "d")) != {1}:
            raise self.refused(row, "average pooling has no dilation")
        pairs = [(0, 0), *self.padding(row)][-2:]
        lines, counts = [], []
        for n, f, s, (before, after), o in zip((h, w), self._two(self.along(row, "f")), self._two(self.along(row, "s")),
                                               pairs, self._two(self._out(row)), strict=True):  # fmt: skip
            starts = [i * s - before for i in range(o)]
            lines.append([(max(0, start), min(n, start + f)) for start in starts])
            whole = [min(start + f, n + after) - start for start in starts]
            counts.append([b - a for a, b in lines[-1]] if self.flag(row, "same") else whole)
        areas = [max(1, a * b) for a in counts[0] for b in counts[1]]
        return self._averaged(x, h, w, lines[0], lines[1], areas, self._out(row))

    def _global_avgpool(self, row: Row) -> Data:
        x, (h, w) = self._flat(row)
        return self._averaged(x, h, w, [(0, h)], [(0, w)], [h * w], ())

    def _adaptive_avgpool(self, row: Row) -> Data:
        x, sizes = self._flat(row)
        out = self._out(row)
        lines = [[(i * n // o, -(-(i + 1) * n // o)) for i in range(o)]
                 for n, o in zip(sizes, self._two(out), strict=True)]  # fmt: skip
        areas = [(b - a) * (d - c) for a, b in lines[0] for c, d in lines[1]]
        return self._averaged(x, *sizes, lines[0], lines[1], areas, out)

    def _subsampling(self, row: Row) -> Data:
        x, (h, w) = self._flat(row)
        out, (f, _), (s, _) = self._out(row), self._two(self.along(row, "f")), self._two(self.along(row, "s"))
        lines = [[(i * s, i * s + f) for i in range(o)] for o in self._two(out)]
        mean = self._averaged(x, h, w, lines[0], lines[1], [f * f] * prod(out), out)
        c = x.shape[0]
        scale = self.parameter(row, "weight", (c, 1, 1, 1), "weight", fans=(1, 1))
        return self.through("scale", mean, mean.form, mean.shape, scale=scale, shift=self.bias(row, c, scale),
                            size=mean.size,
                            channels=c, inner=mean.size // c)  # fmt: skip
