"""Convolutions of which each reads some of the channels, and convolutional LSTMs, at each of whose time steps there are
two convolutions, their sum, and the cell: as rows of a plan."""

from __future__ import annotations

from math import prod

from ..networks.sizes import channels_of_maps
from ..networks.table import Row
from .plan import Buffer
from .planned_joins import Joins
from .planned_sequences import Sequences
from .planning import Data


class Frames(Joins, Sequences):
    """Layers that are made of several convolutions."""

    def _conv_table(self, row: Row) -> Data:
        """Each map reads some of those before, under filters of its own."""
        x = self.as_channels(self.read(row))
        k, c, f, pairs = self.one(row, "k"), self.one(row, "c"), self.along(row, "f"), self.one(row, "pairs")
        length, made = x.size // c, []
        for place, channels in enumerate(channels_of_maps(k, c, pairs)):
            some = self.made("some", x.form, (len(channels), *x.shape[1:]), x.d is not None)
            for at, channel in enumerate(channels):
                self.part(x, some, 1, length, 0, 0, read=channel * length, write=at * length)
            inner = prod(f) * len(channels)
            weight = self.parameter(row, f"weight_{place}", (1, len(channels), *f), "weight", groups=1,
                                    fans=(inner, prod(f) * pairs // c))  # fmt: skip
            made.append(self.convolved(some, weight, None, self._out(row), self.along(row, "s"), self.along(row, "d"),
                                       self.padding(row)))  # fmt: skip
        y = self.joined(made)
        bias = self.parameter(row, "bias", (k,), "bias", fans=(prod(f) * pairs // k, k))
        return self.through("scale", y, y.form, y.shape, scale=None, shift=bias, size=y.size, channels=k,
                            inner=y.size // k)  # fmt: skip

    def _convlstm(self, row: Row) -> Data:
        """Of maps over time, (C, T, H, W)."""
        if row.working is None or row.working.formula.id != "convlstm":
            raise self.refused(row, "only maps that keep their size are convolved over time, with biases")
        if self.inside(row) not in ("", "tanh"):
            raise self.refused(row, f"there is no gated cell with {self.inside(row)[:30]}")
        if self.carried:
            raise self.refused(row, "its state is not carried from batch to batch")
        x, k, f = self.read(row), self.one(row, "k"), self.along(row, "f")
        f = f[:2] if len(f) > 1 else f * 2
        c, steps, *sizes = x.shape
        length, window = sizes[0] * sizes[1], f[0] * f[1]
        w_ih = self.parameter(row, "weight_ih", (4 * k, c, *f), "weight", groups=1, gates=4,
                              fans=(window * c, window * k))  # fmt: skip
        w_hh = self.parameter(row, "weight_hh", (4 * k, k, *f), "recurrent", groups=1, gates=4,
                              fans=(window * k, window * k))  # fmt: skip
        bias = self.parameter(row, "bias", (4 * k,), "bias", gates=4, fans=(window * c, window * k))
        padding, ones, out = [((size - 1) // 2, size // 2) for size in f], (1, 1), (sizes[0], sizes[1])
        old = Buffer(f"{self.layer} first cell", k * length, forever=True)  # 0 from the start: nobody writes there
        d_cell = Buffer(f"d {self.layer} cell", k * length)
        states: list[Data] = []
        for step in range(steps):
            frame = self.made(f"frame {step + 1}", "maps", (c, *out), x.d is not None)
            self.part(x, frame, c, length, steps * length, length, read=step * length)
            sums = self.convolved(frame, w_ih, bias, out, ones, ones, padding)
            if states:
                sums = self.combined(
                    [sums, self.convolved(states[-1], w_hh, None, out, ones, ones, padding)], [1.0, 1.0]
                )
            new = Buffer(f"{self.layer} cell {step + 1}", k * length)
            h = self.made(f"state {step + 1}", "maps", (k, *out), sums.d is not None)
            self.link("lstm-cell", sums, h, old=old, new=new, d_cell=d_cell, units=k * length, last=step == steps - 1)
            old = new
            states.append(h)
        if not self.flag(row, "sequence"):
            return states[-1]
        y = self.made("states", "maps", (k, steps, *out), states[-1].d is not None)
        for step, h in enumerate(states):
            self.part(h, y, k, length, length, steps * length, write=step * length)
        return y
