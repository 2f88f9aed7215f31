"""A network run forwards on real parameters: one random input through `ops`, layer by layer.

Arrays are as `ops` has them: (1, C, H, W) for maps, (1, C, L) for signals, (1, T, n) for sequences, (1, n) for vectors.
Weights are drawn as by He and others (arXiv:1502.01852), biases are zero, running means 0 and variances 1. What comes
out says nothing about images; that the shapes and the numbers of parameters are those of the table, it does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .. import ops
from ..errors import InternalError, UserError
from ..expressions.nodes import Value
from .kinds import KINDS
from .network import INPUT, Network
from .sizes import Sizes
from .table import Row

if TYPE_CHECKING:
    from ..ops.recording import Array

MOST_PARAMETERS = 400_000_000
"""1.6 GB of float32; a larger network is refused before anything is allocated."""
MOST_NUMBERS = 400_000_000
"""Parameters of a layer, what it makes, and what is kept for later layers, at one time; refused like them."""
MOST_MACS = 100_000_000_000
"""Multiplications of one input: seconds on one core, five times the largest network of the zoo."""


@dataclass(frozen=True)
class ForwardPass:
    """One layer that was run: the shape that came out (h, w, c as in the table), the numbers in its parameters."""

    row: Row
    output: tuple[int, ...]
    parameters: int
    seconds: float
    largest: float
    """The largest absolute value of what came out; not finite where something went wrong."""


def run_forward(network: Network, seed: int = 0) -> Iterator[ForwardPass]:
    """Runs layer by layer. Raises UserError where letters are left, or for a layer that `ops` has no counterpart of."""
    return _Forward(network, seed).run()


class _Forward(Sizes):
    convention: ClassVar[str] = "textbook"
    lacking: ClassVar[str] = "cannot be run"

    def __init__(self, network: Network, seed: int) -> None:
        super().__init__(network)
        self.random = np.random.default_rng(seed)
        self.allocated = 0
        self.running = ""
        self.borrowed = False
        """The parameters of the layer that is run are another one's."""
        self.drawn: dict[str, list[Array]] = {}
        """The weights of each layer, which others may use too."""
        self.reused: list[Array] = []
        self.signals = {INPUT} if len(network.input) == 2 and not network.sequence else set()
        """Outputs of rank 2 that are (1, C, L)."""

    def run(self) -> Iterator[ForwardPass]:
        if not self.rows:
            raise UserError(f"{self.network.id} has no layers to run")
        self._refuse_large()
        left = self._uses()
        self.values = {INPUT: self._first()}
        for row in self.rows:
            start = time.perf_counter()
            self.allocated = 0
            self.running = row.layer.name
            self.borrowed = bool(row.layer.shares) and not row.layer.own_bias
            self._note_order(row)
            found = self._remarks(row, self._layer(row))
            self.values[row.layer.name] = found
            yield ForwardPass(
                row, self._shape(row, found), self.allocated, time.perf_counter() - start, _largest(found)
            )
            for name in row.layer.inputs:
                left[name] -= 1
                if not left[name]:
                    del self.values[name]

    def _uses(self) -> dict[str, int]:
        """How many layers read each output."""
        found = dict.fromkeys(self.shapes, 0)
        for row in self.rows:
            for name in row.layer.inputs:
                found[name] += 1
        return found

    def _refuse_large(self) -> None:
        """Raises UserError for what is too much memory or work, known from the table before anything is done."""
        rows = self.rows
        sizes = [self.number(row, row.count("parameters")) for row in rows]
        self._at_most(MOST_PARAMETERS, sum(sizes), "parameters are allocated")
        macs = sum(self.number(row, row.count("macs") or 0) for row in rows)
        self._at_most(MOST_MACS, macs, "multiplications are done")
        left, held = self._uses(), {INPUT: self._size(rows[0], self.network.input)}
        for row, parameters in zip(rows, sizes, strict=True):
            made = self._size(row, row.output)
            numbers = sum(held.values()) + parameters + made + self._beside(row)
            self._at_most(MOST_NUMBERS, numbers, "numbers are held at a time", f" at {row.layer.name}")
            held[row.layer.name] = made
            for name in row.layer.inputs:
                left[name] -= 1
                if not left[name]:
                    del held[name]

    def _at_most(self, most: int, count: int, what: str, where: str = "") -> None:
        if count > most:
            raise UserError(f"at most {most:,} {what}, and {self.network.id} has {count:,}{where}")

    def _size(self, row: Row, shape: Sequence[Value]) -> int:
        return prod(self.number(row, size) for size in shape)

    def _beside(self, row: Row) -> int:
        """Numbers that a layer works with and gives to nobody: attention's scores, a recurrent layer's gates."""
        kind = KINDS[row.layer.kind]
        if kind.name == "attention":
            return self.one(row, "h") * self.number(row, self.before(row)[0]) ** 2
        if not kind.gates or "m" not in kind.settings:
            return 0
        steps = self.number(row, self.before(row)[0])
        return steps * self.one(row, "m") * self.one(row, "D") * (kind.gates + 1)

    def _first(self) -> Array:
        sizes = [self.number(self.rows[0], size) for size in self.network.input]
        if self.rows[0].layer.kind == "embedding":
            return self.random.integers(0, self.one(self.rows[0], "v"), (1, *sizes))
        first = [sizes[-1], *sizes[:-1]] if len(sizes) > 1 and not self.network.sequence else sizes
        return self.random.standard_normal((1, *first), dtype=np.float32)

    def _note_order(self, row: Row) -> None:
        """Whether an output of rank 2 has its channels first, as a signal has."""
        order = KINDS[row.layer.kind].order
        kept = order == "kept" or row.layer.kind == "batchnorm"
        if not row.layer.inputs:
            return
        if len(row.output) == 2 and (row.layer.inputs[0] in self.signals if kept else order == "first"):
            self.signals.add(row.layer.name)

    def _shape(self, row: Row, found: Array) -> tuple[int, ...]:
        sizes = found.shape[1:]
        first = len(sizes) > 2 or row.layer.name in self.signals
        return (*sizes[1:], sizes[0]) if first and len(sizes) > 1 else tuple(sizes)

    # parameters

    def weights(self, *shape: int, inputs: int = 0) -> Array:
        """Drawn with the variance 2/inputs, or those of the layer whose weights are used."""
        if self.reused:
            used = self.reused.pop(0)
            return used if used.shape == shape else np.ascontiguousarray(used.T).reshape(shape)
        self.allocated += prod(shape)
        drawn = self.random.standard_normal(shape, dtype=np.float32)
        drawn *= np.float32((2 / max(1, inputs or prod(shape[1:]))) ** 0.5)
        self.drawn[self.running].append(drawn)
        return drawn

    def zeros(self, wanted: bool, *shape: int) -> Array | None:
        self.allocated += prod(shape) if wanted and not self.borrowed else 0
        return np.zeros(shape, np.float32) if wanted else None

    def ones(self, count: int) -> Array:
        self.allocated += 0 if self.borrowed else count
        return np.ones(count, np.float32)

    # layers

    def _layer(self, row: Row) -> Array:
        run: Callable[[Row], Array] | None = getattr(self, f"_{row.layer.kind.replace('-', '_')}", None)
        if run is None:
            raise self.refused(row, "there is no such operation")
        if row.layer.over:
            raise self.refused(row, "only maps, sequences and vectors are run")
        owner = row.layer.shares
        self.reused = list(self.drawn[owner]) if owner else []
        self.drawn[row.layer.name] = []
        return run(row)

    def value(self, row: Row, index: int = 0) -> Array:
        return self.values[row.layer.inputs[index]]

    def steps(self, row: Row, index: int = 0) -> Array:
        """What is read, as (1, T, n)."""
        name = row.layer.inputs[index]
        value = self.values[name]
        return np.ascontiguousarray(value.transpose(0, 2, 1)) if name in self.signals else value

    def channels(self, row: Row, index: int = 0) -> Array:
        """What is read, with the channels first."""
        name = row.layer.inputs[index]
        value = self.values[name]
        return np.ascontiguousarray(value.transpose(0, 2, 1)) if value.ndim == 3 and name not in self.signals else value

    def padding(self, row: Row) -> list[tuple[int, int]]:
        """(before, after) along each axis."""
        if self.flag(row, "same"):
            return list(zip(self.along(row, "pad_begin"), self.along(row, "pad_end"), strict=True))
        return [(p, p) for p in self.along(row, "p")]

    def _conv(self, row: Row) -> Array:
        k, c, f, groups = self.one(row, "k"), self.one(row, "c"), self.along(row, "f"), self.one(row, "groups")
        weight = self.weights(k, c // groups, *f)
        bias = self.zeros(self.flag(row, "bias", True), k)
        x = _padded(self.channels(row), self.padding(row))
        conv = {1: ops.conv1d, 2: ops.conv2d, 3: ops.conv3d}[self.axes(row)]
        return conv(x, weight, bias, self.given(row, "s"), 0, self.given(row, "d"), groups)

    def _depthwise(self, row: Row) -> Array:
        return self._conv(row)

    def _conv_transpose(self, row: Row) -> Array:
        if self.axes(row) != 2:
            raise self.refused(row, "only maps are convolved transposed")
        k, c, f, groups = self.one(row, "k"), self.one(row, "c"), self.along(row, "f"), self.one(row, "groups")
        weight = self.weights(c, k // groups, *f, inputs=c * prod(f) // groups)
        bias = self.zeros(self.flag(row, "bias", True), k)
        return ops.conv_transpose2d(
            self.channels(row), weight, bias, self.given(row, "s"), self.given(row, "p"),
            self.given(row, "output_padding"), groups, self.given(row, "d"),
        )  # fmt: skip

    def _maxpool(self, row: Row) -> Array:
        x = _padded(self._flat(row), self._flat_pairs(row, self.padding(row), (0, 0)), -np.inf)
        f, s, d = (self._along(row, name) for name in "fsd")
        return self._unflat(row, ops.max_pool2d(x, f, s, 0, d, self._ceil(row)))

    def _avgpool(self, row: Row) -> Array:
        if set(self.along(row, "d")) != {1}:
            raise self.refused(row, "average pooling has no dilation")
        pairs = self._flat_pairs(row, self.padding(row), (0, 0))
        x = _padded(self._flat(row), pairs)
        args = self._along(row, "f"), self._along(row, "s"), 0, self._ceil(row)
        if not self.flag(row, "same"):
            return self._unflat(row, ops.avg_pool2d(x, *args))
        inside = _padded(np.ones_like(self._flat(row)), pairs)
        return self._unflat(row, ops.sum_pool2d(x, *args) / ops.sum_pool2d(inside, *args))

    def _subsampling(self, row: Row) -> Array:
        c = self.one(row, "c")
        mean = ops.avg_pool2d(self.channels(row), self.given(row, "f"), self.given(row, "s"))
        return ops.conv2d(mean, self.weights(c, 1, 1, 1), self.zeros(True, c), groups=c)

    def _global_avgpool(self, row: Row) -> Array:
        return np.asarray(self.channels(row).mean(axis=tuple(range(2, self.axes(row) + 2))))

    def _global_maxpool(self, row: Row) -> Array:
        return np.asarray(self.channels(row).max(axis=tuple(range(2, self.axes(row) + 2))))

    def _adaptive_avgpool(self, row: Row) -> Array:
        if self.axes(row) == 3:
            raise self.refused(row, "only signals and maps are pooled")
        return self._unflat(row, ops.adaptive_avg_pool2d(self._flat(row), self._along(row, "o")))

    def _pad(self, row: Row) -> Array:
        pairs = zip(self.along(row, "pad_begin"), self.along(row, "pad_end"), strict=True)
        return _padded(self.channels(row), list(pairs))

    def _ceil(self, row: Row) -> bool:
        return self.flag(row, "ceil")

    def _along(self, row: Row, name: str) -> tuple[int, ...]:
        """A quantity along two axes: a signal is a map of one row."""
        sizes = self.along(row, name)
        return (1, *sizes) if len(sizes) == 1 else sizes

    def _flat(self, row: Row) -> Array:
        if self.axes(row) == 3:
            raise self.refused(row, "only signals and maps are pooled")
        x = self.channels(row)
        return x[:, :, None] if x.ndim == 3 else x

    def _flat_pairs(self, row: Row, pairs: list[tuple[int, int]], none: tuple[int, int]) -> list[tuple[int, int]]:
        return [none, *pairs] if len(pairs) == 1 else pairs

    def _unflat(self, row: Row, found: Array) -> Array:
        return found[:, :, 0] if self.axes(row) == 1 else found

    def _dense(self, row: Row) -> Array:
        x = self.steps(row) if len(self.before(row)) == 2 else self.value(row).reshape(1, -1)
        n, m = self.one(row, "n"), self.one(row, "m")
        weight, bias = self.weights(m, n), self.zeros(self.flag(row, "bias", True), m)
        return ops.linear(np.ascontiguousarray(x), weight, bias)

    def _flatten(self, row: Row) -> Array:
        return self.value(row).reshape(1, -1)

    def _reshape(self, row: Row) -> Array:
        """In the order of the table, channels last; a vector is laid out as a program has maps, channels first."""
        sizes = [self.number(row, size) for size in row.output]
        x = self.value(row)
        if x.ndim == 2:
            first = [sizes[-1], *sizes[:-1]] if len(sizes) > 2 else sizes
            return x.reshape(1, *first)
        last = x if x.ndim == 3 and row.layer.inputs[0] not in self.signals else np.moveaxis(x, 1, -1)
        found = last.reshape(1, *sizes)
        return np.ascontiguousarray(np.moveaxis(found, -1, 1) if len(sizes) > 2 else found)

    def _dropout(self, row: Row) -> Array:
        return self.value(row)

    def _activation(self, row: Row) -> Array:
        return self.value(row)

    def _lrn(self, row: Row) -> Array:
        return ops.local_response_norm(self.value(row))

    def _batchnorm(self, row: Row) -> Array:
        c = self.one(row, "c")
        x = self.value(row)
        last = x.ndim == 3 and row.layer.inputs[0] not in self.signals
        x = self.channels(row) if last else x
        scale = self.ones(c) if self.flag(row, "scale", True) else None
        shift = self.zeros(self.flag(row, "shift", True), c)
        mean, var = np.zeros(c, np.float32), np.ones(c, np.float32)
        found = ops.batch_norm(x, mean, var, scale, shift)
        return np.ascontiguousarray(found.transpose(0, 2, 1)) if last else found

    def _layernorm(self, row: Row) -> Array:
        n, maps = self.one(row, "n"), len(row.output) > 2
        if row.layer.settings.get("axes", 1) != 1:
            raise self.refused(row, "only the last axis is normalised")
        x = np.moveaxis(self.value(row), 1, -1) if maps else self.steps(row)
        found = ops.layer_norm(np.ascontiguousarray(x), self.ones(n), self.zeros(self.flag(row, "bias", True), n))
        return np.ascontiguousarray(np.moveaxis(found, -1, 1)) if maps else found

    def _rmsnorm(self, row: Row) -> Array:
        n, maps = self.one(row, "n"), len(row.output) > 2
        x = np.moveaxis(self.value(row), 1, -1) if maps else self.steps(row)
        if row.layer.settings.get("axes", 1) != 1:
            raise self.refused(row, "only the last axis is normalised")
        found = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-6)) * self.ones(n)
        return np.ascontiguousarray(np.moveaxis(found, -1, 1)) if maps else np.ascontiguousarray(found)

    def _groupnorm(self, row: Row) -> Array:
        x, c = self.channels(row), self.number(row, row.output[-1])
        groups = self.number(row, row.layer.settings.get("groups", 1))
        apart = x.reshape(1, groups, -1)
        mean, var = apart.mean(axis=2, keepdims=True), apart.var(axis=2, keepdims=True)
        scale, shift = self.ones(c), self.zeros(self.flag(row, "bias", True), c)
        found = ((apart - mean) / np.sqrt(var + np.float32(1e-5))).reshape(x.shape)
        wide = (1, c, *(1,) * (x.ndim - 2))
        return np.ascontiguousarray(found * scale.reshape(wide) + (0 if shift is None else shift.reshape(wide)))

    def _prelu(self, row: Row) -> Array:
        x = self.value(row)
        slopes = self.ones(self.number(row, row.layer.settings.get("n", row.output[-1])))
        if slopes.size not in (1, row.output[-1]):
            raise self.refused(row, "there is one slope, or one for each channel")
        first = x.ndim > 3 or row.layer.name in self.signals
        slopes = slopes.reshape(1, -1, *(1,) * (x.ndim - 2)) if first else slopes
        return np.where(x > 0, x, x * slopes * np.float32(0.25)).astype(x.dtype)

    def _upsample(self, row: Row) -> Array:
        x = self.channels(row)
        for axis, times in enumerate(self.along(row, "s"), 2):
            x = np.repeat(x, times, axis=axis)
        return np.ascontiguousarray(x)

    def _crop(self, row: Row) -> Array:
        x = self.channels(row)
        begin, end = self.along(row, "crop_begin"), self.along(row, "crop_end")
        ends = zip(begin, end, x.shape[2:], strict=True)
        return np.ascontiguousarray(x[(slice(None), slice(None), *(slice(a, long - b) for a, b, long in ends))])

    def _repeat(self, row: Row) -> Array:
        if len(row.output) != 2:
            raise self.refused(row, "only a vector is repeated")
        return np.repeat(self.value(row)[:, None], self.number(row, row.output[0]), axis=1)

    def _slice(self, row: Row) -> Array:
        if len(self.before(row)) != 2 or row.layer.settings.get("axis", 1) != 1:
            raise self.refused(row, "only the steps of a sequence are taken")
        x = self.steps(row)
        start, size = self.setting(row, "start", 0), self.setting(row, "size", 1)
        taken = x[:, start] if self.flag(row, "drop") else x[:, start % x.shape[1] :][:, :size]
        return np.ascontiguousarray(taken)

    def _input(self, row: Row) -> Array:
        sizes = [self.number(row, size) for size in row.output]
        first = [sizes[-1], *sizes[:-1]] if len(sizes) > 2 else sizes
        return self.random.standard_normal((1, *first), dtype=np.float32)

    # several inputs

    def joined(self, row: Row) -> list[Array]:
        """Arrays of one rank, which are combined element by element."""
        values = self.several(row)
        if len({value.ndim for value in values}) > 1:
            raise self.refused(row, "only shapes of one length are combined")
        return values

    def _subtract(self, row: Row) -> Array:
        return reduce(np.subtract, self.joined(row))

    def _divide(self, row: Row) -> Array:
        return reduce(np.divide, self.joined(row))

    def _average(self, row: Row) -> Array:
        values = self.joined(row)
        return reduce(np.add, values) / np.float32(len(values))

    def _maximum(self, row: Row) -> Array:
        return reduce(np.maximum, self.joined(row))

    def _minimum(self, row: Row) -> Array:
        return reduce(np.minimum, self.joined(row))

    def _matmul(self, row: Row) -> Array:
        if any(len(self.before(row, index)) != 2 for index in range(len(row.layer.inputs))):
            raise self.refused(row, "only sequences are multiplied")
        left, right = ([self.steps(row, index) for index in range(len(row.layer.inputs))] * 2)[:2]
        return np.asarray(left @ (right.transpose(0, 2, 1) if self.flag(row, "transposed") else right))

    def several(self, row: Row) -> list[Array]:
        first = row.layer.name in self.signals
        return [self.channels(row, i) if first else self.steps(row, i) for i in range(len(row.layer.inputs))]

    def _add(self, row: Row) -> Array:
        return reduce(np.add, self.joined(row))

    def _multiply(self, row: Row) -> Array:
        values = self.several(row)
        rank = max(value.ndim for value in values)
        found = values[0]
        first = rank > 3 or row.layer.name in self.signals
        for index, value in enumerate(values):
            ones = (1,) * (rank - value.ndim)
            wide = value.reshape((*value.shape, *ones) if first else (1, *ones, *value.shape[1:]))
            found = wide if not index else found * wide
        return np.ascontiguousarray(found)

    def _concat(self, row: Row) -> Array:
        if row.layer.settings.get("axis", len(row.output)) != len(row.output):
            raise self.refused(row, "only channels are joined")
        first = len(row.output) != 2 or row.layer.name in self.signals
        return np.concatenate(self.several(row), axis=1 if first else -1)

    def _split(self, row: Row) -> Array:
        part = self.number(row, row.layer.settings.get("part", 1))
        return np.ascontiguousarray(np.split(self.channels(row), self.one(row, "parts"), axis=1)[part - 1])

    def _shuffle(self, row: Row) -> Array:
        x, groups = self.channels(row), self.one(row, "groups")
        shuffled = x.reshape(1, groups, -1, *x.shape[2:]).swapaxes(1, 2)
        return np.ascontiguousarray(shuffled).reshape(x.shape)

    # sequences

    def _embedding(self, row: Row) -> Array:
        v, n = self.one(row, "v"), self.one(row, "n")
        return ops.embedding(self.value(row), self.weights(v, n, inputs=2))

    def _attention(self, row: Row) -> Array:
        assert row.working is not None
        d = self.one(row, "d")
        values = [self.steps(row, index).swapaxes(0, 1) for index in range(len(row.layer.inputs))]
        if row.layer.settings.keys() & {"d_k", "d_v", "m"} or {value.shape[-1] for value in values} != {d}:
            raise self.refused(row, "only attention whose heads share the model's size is run")
        q, k, v = (values * 3)[:3] if len(values) == 1 else (*values, values[-1])[:3]
        biased = row.count("biases") != 0
        w_q, w_k, w_v, w_o = (self.weights(d, d) for _ in range(4))
        b_q, b_k, b_v, b_o = (self.zeros(biased, d) for _ in range(4))
        heads = self.one(row, "h")
        found = ops.multi_head_attention(q, k, v, w_q, w_k, w_v, w_o, heads, b_q, b_k, b_v, b_o)
        return np.ascontiguousarray(found.swapaxes(0, 1))

    def _rnn(self, row: Row) -> Array:
        inside = self.inside(row) or "tanh"
        if inside not in ("tanh", "relu", "sigmoid"):
            raise self.refused(row, f"there is no recurrent cell with {inside[:30]}")
        return self.recurrent(row, partial(ops.rnn, nonlinearity=inside))

    def _lstm(self, row: Row) -> Array:
        return self.recurrent(row, ops.lstm)

    def _gru(self, row: Row) -> Array:
        return self.recurrent(row, ops.gru)

    def recurrent(self, row: Row, op: Callable[..., tuple[Array, Any]]) -> Array:
        gates = KINDS[row.layer.kind].gates
        if gates > 1 and self.inside(row) not in ("", "tanh"):
            raise self.refused(row, f"there is no gated cell with {self.inside(row)[:30]}")
        m, n, biased = self.one(row, "m"), self.one(row, "n"), self.flag(row, "bias", True)
        x = np.ascontiguousarray(self.steps(row).transpose(1, 0, 2))
        two = gates == 3 and row.count("biases") == 6 * m * self.one(row, "L") * self.one(row, "D")
        last = x
        for layer in range(self.one(row, "L")):
            ends, found = [], []
            for reverse in (False, True)[: self.one(row, "D")]:
                given = (self.weights(gates * m, n if not layer else m * self.one(row, "D")),
                         self.weights(gates * m, m, inputs=2 * m), self.zeros(biased, gates * m),
                         self.zeros(biased and two, gates * m))  # fmt: skip
                y, state = op(x, None, *given, reverse=reverse)
                found.append(y)
                ends.append(state[0] if gates == 4 else state)
            x, last = np.ascontiguousarray(np.concatenate(found, axis=2)), np.concatenate(ends, axis=1)
        return np.ascontiguousarray(x.transpose(1, 0, 2)) if self.flag(row, "sequence") else last

    def _convlstm(self, row: Row) -> Array:
        k, c, f = self.one(row, "k"), self.one(row, "c"), self.along(row, "f")
        f = f[:2] if len(f) > 1 else f * 2
        x = np.ascontiguousarray(np.moveaxis(self.value(row), 1, 2)).swapaxes(0, 1)
        weight, recurrent = self.weights(4 * k, c, *f), self.weights(4 * k, k, *f)
        y, (h, _) = ops.convlstm(np.ascontiguousarray(x), None, weight, recurrent, self.zeros(True, 4 * k))
        return np.ascontiguousarray(y.transpose(1, 2, 0, 3, 4)) if self.flag(row, "sequence") else h

    # what stands behind a layer

    def _remarks(self, row: Row, value: Array) -> Array:
        for word in self.words(row):
            if word in ("softmax", "log_softmax", "logsoftmax"):
                op = ops.softmax if word == "softmax" else ops.log_softmax
                value = op(value, axis=1 if value.ndim > 3 or row.layer.name in self.signals else -1)
            elif word in _ACTIVATIONS:
                value = _ACTIVATIONS[word](value)
            elif not word.startswith("dropout"):
                raise self.refused(row, f"there is no operation {word[:30]}")
        return value


def _padded(x: Array, pairs: list[tuple[int, int]], fill: float = 0.0) -> Array:
    if not any(map(any, pairs)):
        return x
    return np.pad(x, [(0, 0), (0, 0), *pairs], constant_values=fill)


def _largest(found: Array) -> float:
    return float(np.abs(found).max()) if found.size else 0.0


_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": ops.relu,
    "sigmoid": ops.sigmoid,
    "tanh": ops.tanh,
    "gelu": ops.gelu,
    "softplus": ops.softplus,
    "leaky": ops.leaky_relu,
    "lrn": ops.local_response_norm,
    "swish": lambda x: x * ops.sigmoid(x),
    "relu6": lambda x: np.minimum(ops.relu(x), np.float32(6)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))).astype(x.dtype),
    "hardsigmoid": lambda x: np.clip(x / 6 + np.float32(0.5), 0, 1).astype(x.dtype),
    "hardswish": lambda x: (x * np.clip(x / 6 + np.float32(0.5), 0, 1)).astype(x.dtype),
}
"""Remark → the operation."""


def check(ran: ForwardPass) -> None:
    """Raises InternalError where what was run is not what the table says."""
    if ran.output != tuple(ran.row.output) or ran.parameters != ran.row.count("parameters"):
        wanted = f"{ran.row.output} and {ran.row.count('parameters'):,}"
        raise InternalError(f"{ran.row.layer.name} ran to {ran.output} and {ran.parameters:,} parameters, not {wanted}")
