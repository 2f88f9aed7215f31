"""The plan of a network: its layers become rows, and the loss stands behind them.

Values are as `kernels.cpu.steps` has them. A layer that cannot be trained is refused by name, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..errors import UserError
from ..kernels.cpu.machine import LANES
from ..kernels.cpu.steps.maps import ACTIVATIONS, FROM_INPUT
from ..networks.network import Network
from ..networks.table import Row
from .plan import Buffer, Parameter, Plan
from .planned_frames import Frames
from .planning import MILLIARD, Data

LOSSES = ("cross-entropy", "binary-cross-entropy", "squared-error")


def plan(network: Network, loss: str, batch: int, dtype: str = "float32", frozen: frozenset[str] = frozenset(),
         carried: bool = False, by_input: bool = False, factors: Sequence[float] = ()) -> Plan:  # fmt: skip
    """The plan of a network under a loss of LOSSES; layers of `frozen` are not trained; `carried`: the last state of a
    recurrent layer is the first of its next batch; `by_input`: the gradient by the input is worked out too.

    Several outputs have the same targets, and their losses are added, each times its number in `factors`, which are 1
    if there are none; the last output is what the network says.

    UserError: letters left, a layer that cannot be trained, outputs of different shapes, a loss that does not fit.
    """
    return Planner(network, frozen, carried, by_input).plan(loss, batch, dtype, factors)


class Planner(Frames):
    """Goes through the layers in order."""

    def plan(self, loss: str, batch: int, dtype: str, factors: Sequence[float] = ()) -> Plan:
        """UserError as the function `plan`."""
        unread = [row.layer.name for row in self.rows if not self.readers[row.layer.name]]
        if factors and len(factors) != len(unread):
            raise UserError(f"every output needs a factor for its loss: {self.network.id} has {', '.join(unread)}")
        self.dtype, self.batch = dtype, batch
        self._inputs()
        for row in self.rows:
            last = row.layer.name in unread
            words = self._words(row, loss if last else "")
            value = self._layer(row) if row.layer.kind != "input" else self.values[row.layer.name]
            for word in words:
                value = self._remark(row, value, word)
            self.values[row.layer.name] = replace(value, shared=value.shared or self.readers[row.layer.name] > 1)
            if last and loss == "cross-entropy" and row.layer.kind == "rbf":  # the nearest code has the largest output
                self.values[row.layer.name] = self.combined([self.values[row.layer.name]], [-1.0])
        outs = [self.apart(self.values[name]) for name in unread]
        out = outs[-1]
        target = self._losses(outs, loss, factors or [1.0] * len(unread))
        return Plan(batch, dtype, self.steps, self.parameters, self.inputs, self.tables, out.buffer, out.shape,
                    out.rows, out.width, loss, target)  # fmt: skip

    def _words(self, row: Row, loss: str) -> list[str]:
        """What stands behind the layer; at the end without what the loss does itself."""
        words = list(self.words(row))
        ends = {"cross-entropy": ("softmax", "log_softmax", "logsoftmax"), "binary-cross-entropy": ("sigmoid",)}
        if words and words[-1] in ends.get(loss, ()):
            words.pop()
        return words

    def _losses(self, outs: list[Data], loss: str, factors: Sequence[float]) -> Buffer:
        """A step for each output, the last one's at the end."""
        if loss not in LOSSES:
            raise UserError(f"loss is one of {', '.join(LOSSES)}, not {loss}")
        if loss == "cross-entropy":
            outs = [replace(out, form="vector", shape=(out.size,)) if out.form in ("maps", "signals") else out
                    for out in outs]  # fmt: skip
        if all(out.d is None for out in outs):
            raise UserError(f"nothing of {self.network.id} is trained: all layers are frozen, or none has parameters")
        if len({(out.rows, out.width) for out in outs}) > 1:
            shapes = ", ".join("×".join(map(str, out.shape)) for out in outs)
            raise UserError(f"outputs that are trained with the same targets have one shape: those of "
                            f"{self.network.id} are {shapes}")  # fmt: skip
        classes = loss != "squared-error"
        count = outs[-1].rows if loss == "cross-entropy" else outs[-1].size
        target = Buffer("classes" if classes else "target", count, whole=classes)
        for out, factor in zip(outs, factors, strict=True):
            self.step(loss, x=out.buffer, dy=out.d or Buffer("unused", out.size), rows=out.rows, width=out.width,
                      factor=round(factor * MILLIARD), counts=out is outs[-1],
                      **{"classes" if classes else "target": target})  # fmt: skip
        return target

    def _layer(self, row: Row) -> Data:
        make: Callable[[Row], Data] | None = getattr(self, f"_{row.layer.kind.replace('-', '_')}", None)
        if make is None or row.layer.over:
            raise self.refused(row, "there is no step for it" if make is None else "it works along further axes")
        if (
            any(self.lying(row, index).whole for index in range(len(row.layer.inputs)))
            and row.layer.kind != "embedding"
        ):
            raise self.refused(row, "it reads indices of words, which only an embedding does")
        self.layer = row.layer.name
        self.owned[row.layer.name] = []
        self.reused = list(self.owned[row.layer.shares]) if row.layer.shares else []
        return make(row)

    def _dense(self, row: Row) -> Data:
        x = self.as_steps(self.read(row)) if len(self.before(row)) == 2 else self.as_vector(self.read(row))
        n, m = self.one(row, "n"), self.one(row, "m")
        weight = self.parameter(row, "weight", (m, n), "weight", groups=1, fans=(n, m))
        bias = self.bias(row, m, weight)
        shape = (x.rows, m) if x.form == "steps" else (m,)
        return self.through("dense", x, x.form, shape, w=weight, b=bias, rows=x.rows, inputs=n, outputs=m,
                            transposed=Buffer("transposed", fixed=n * m))  # fmt: skip

    def _rbf(self, row: Row) -> Data:
        """Σ (x − c)² for each fixed code c of numbers 1 and −1: Σ x² − 2 Σ c x + n, a dense layer of x² and x whose
        weights are not trained."""
        x = self.as_vector(self.read(row))
        n, m = self.one(row, "n"), self.one(row, "m")
        twin = self.copied(x)
        square = self.made("square", "vector", (n,), x.d is not None)
        self.link("multiply", x, square, other=twin.buffer, d_other=twin.d, size=n, inner=1)
        both = self.joined([square, x])
        weight = self.parameter(row, "codes", (m, 2 * n), "codes", trained=False, groups=1, fans=(n, m))
        sizes = self.parameter(row, "sizes", (m,), "sizes", trained=False, fans=(n, m))
        return self.through("dense", both, "vector", (m,), w=weight, b=sizes, rows=1, inputs=2 * n, outputs=m,
                            transposed=Buffer("transposed", fixed=2 * n * m))  # fmt: skip

    def _flatten(self, row: Row) -> Data:
        return self.as_vector(self.read(row))

    def _reshape(self, row: Row) -> Data:
        x = self.as_vector(self.read(row))
        sizes = tuple(self.number(row, size) for size in row.output)
        if len(sizes) == 2:  # rows of a vector as time steps
            return self.through("permute", replace(x, form="maps"), "steps", sizes, first=1, second=sizes[0],
                                width=sizes[1], into_time=True)  # fmt: skip
        shape = (sizes[-1], *sizes[:-1])
        return replace(x, form="maps" if len(sizes) > 1 else "vector", shape=shape)

    def _dropout(self, row: Row) -> Data:
        return self._dropped(row, self.read(row), float(row.layer.settings.get("p", 0.5)))

    def _dropped(self, row: Row, x: Data, p: float) -> Data:
        if not 0 <= p < 1:
            raise self.refused(row, f"the chance of dropout is from 0 to below 1, not {p:g}")
        x = self.own(x)
        x = replace(x, kept=False)
        self.step("dropout", x=x.buffer, y=x.buffer, dx=x.d, dy=x.d, layer=len(self.steps), size=x.size,
                  chance=round(p * MILLIARD))  # fmt: skip
        return x

    def _activation(self, row: Row) -> Data:
        return self.lying(row)

    def _lrn(self, row: Row) -> Data:
        return self._neighbours(row, self.read(row))

    def _neighbours(self, row: Row, x: Data) -> Data:
        x = self.own(self.as_channels(x), value=False)
        y = self.made("lrn", x.form, x.shape, False, kept=True)
        c, length = x.shape[0], x.size // x.shape[0]
        y = replace(y, d=x.d)
        return self.link("neighbour-norm", x, y, channels=c, length=length, kept=Buffer("brackets", x.size),
                         work=Buffer("work", x.size))  # fmt: skip

    def _batchnorm(self, row: Row) -> Data:
        given = self.read(row)
        x = self.own(self.as_channels(given), value=False)
        c = x.shape[0]
        scaled, shifted = self.flag(row, "scale", True), self.flag(row, "shift", True)
        scale = self.parameter(row, "weight", (c,), "scale") if scaled else None
        shift = self.parameter(row, "bias", (c,), "shift") if shifted else None
        mean = self.parameter(row, "running_mean", (c,), "mean", trained=False)
        variance = self.parameter(row, "running_var", (c,), "variance", trained=False)
        y = replace(self.made("normal", x.form, x.shape, False), d=x.d)
        self.link("batch-norm", x, y, channels=c, length=x.size // c, normal=Buffer("normal", x.size),
                  kept=Buffer("statistics", fixed=3 * c), mean=mean, variance=variance)  # fmt: skip
        out = self._affine(y, scale, shift, c, x.size // c)
        return self.as_steps(out) if given.form == "steps" else out

    def _affine(self, x: Data, scale: Parameter | None, shift: Parameter | None, c: int, inner: int) -> Data:
        if scale is None and shift is None:
            return x
        return self.through("scale", x, x.form, x.shape, scale=scale, shift=shift, size=x.size, channels=c,
                            inner=inner)  # fmt: skip

    def _rows_normed(self, row: Row, x: Data, rows: int, centred: bool) -> Data:
        x = self.own(x, value=False)
        y = replace(self.made("normal", x.form, x.shape, False, kept=True), d=x.d)
        return self.link("row-norm", x, y, rows=rows, width=x.size // rows, centred=centred,
                         kept=Buffer("statistics", 3 * rows))  # fmt: skip

    def _layernorm(self, row: Row, centred: bool = True) -> Data:
        x = self.as_steps(self.read(row))
        if row.layer.settings.get("axes", 1) != 1 or x.form == "maps":
            raise self.refused(row, "only the last axis of vectors and sequences is normalised")
        y = self._rows_normed(row, x, x.rows, centred)
        scale = self.parameter(row, "weight", (x.width,), "scale")
        wanted = centred and self.flag(row, "bias", True)
        shift = self.parameter(row, "bias", (x.width,), "shift") if wanted else None
        return self._affine(y, scale, shift, x.width, 1)

    def _rmsnorm(self, row: Row) -> Data:
        return self._layernorm(row, centred=False)

    def _groupnorm(self, row: Row) -> Data:
        x = self.as_channels(self.read(row))
        c, groups = x.shape[0], self.number(row, row.layer.settings.get("groups", 1))
        y = self._rows_normed(row, x, groups, True)
        scale = self.parameter(row, "weight", (c,), "scale")
        shift = self.parameter(row, "bias", (c,), "shift") if self.flag(row, "bias", True) else None
        return self._affine(y, scale, shift, c, x.size // c)

    def _scale(self, row: Row) -> Data:
        return self._learned_for_each(row, "scale")

    def _shift(self, row: Row) -> Data:
        return self._learned_for_each(row, "shift")

    def _learned_for_each(self, row: Row, role: str) -> Data:
        x = self.read(row)
        n = self.number(row, row.layer.settings.get("n", row.output[-1]))
        channels = x.shape[-1] if x.form in ("steps", "vector") else x.shape[0]
        if n != channels:
            raise self.refused(row, "there is one learned value for each channel")
        learned = self.parameter(row, "weight", (n,), role)
        inner = 1 if x.form in ("steps", "vector") else x.size // n
        return self._affine(x, learned if role == "scale" else None, learned if role == "shift" else None, n, inner)

    # what stands behind a layer

    def _remark(self, row: Row, x: Data, word: str) -> Data:
        if x.abreast and word == "relu" and (made := self.floored(x)):
            return made
        if word not in ACTIVATIONS or x.shared or x.kept:
            x = self.apart(x)
        if word.startswith("dropout"):
            chance = word.removeprefix("dropout").strip(" ()") or "0.5"
            return self._dropped(row, x, float(chance))
        if word in ("softmax", "log_softmax", "logsoftmax"):
            if word != "softmax" or x.form not in ("steps", "vector"):
                raise self.refused(row, "softmax is taken of vectors and of the steps of a sequence")
            x = self.own(x)
            self.link("softmax", x, x, rows=x.rows, width=x.width)
            return replace(x, kept=True)
        if word == "lrn":
            return self._neighbours(row, x)
        if word not in ACTIVATIONS:
            raise self.refused(row, f"there is no activation {word[:30]}")
        x = self.own(x)
        if word not in FROM_INPUT:
            self.link("activation", x, x, kind=ACTIVATIONS.index(word), size=x.lane, lanes=LANES if x.abreast else 0)
            return replace(x, kept=True)
        y = replace(self.made(word, x.form, x.shape, False, kept=True, abreast=bool(x.abreast)), d=x.d)
        return self.link("activation", x, y, kind=ACTIVATIONS.index(word), size=x.lane,
                         lanes=LANES if x.abreast else 0)  # fmt: skip
