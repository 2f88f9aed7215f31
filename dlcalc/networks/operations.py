"""What every kind of layer computes of arrays with the table's axes behind a batch, and of its parameters.

(N, H, W, C) for maps, (N, L, C) for signals, (N, T, n) for sequences, (N, n) for vectors. Where the file has the
weights, they are the layers'; else they are drawn as by He and others (arXiv:1502.01852), biases are zero, running
means 0 and variances 1. A map of a line of text is laid out as a vector with its channels first, as in PyTorch; of a
file as the file has it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .. import ops
from ..errors import UserError
from ..expressions.nodes import Value
from .elementwise import REMARKS, along_channels, interpolated
from .kinds import KINDS
from .network import INPUT, Network
from .sizes import Sizes, channels_of_maps
from .table import Row

if TYPE_CHECKING:
    from ..ops.recording import Array


class Operations(Sizes):
    """The kinds of layers as operations: `_conv` computes what a convolution gives of what it reads."""

    running_row: Row
    """The layer that is run."""
    convention: ClassVar[str] = "textbook"
    lacking: ClassVar[str] = "cannot be run"

    def __init__(self, network: Network, seed: int) -> None:
        self.exact = network.has_weights
        super().__init__(network, network.convention if self.exact else "")
        self.random = np.random.default_rng(seed)
        self.allocated = 0
        self.running = ""
        self.borrowed = False
        """The parameters of the layer that is run are another one's."""
        self.drawn: dict[str, list[Array]] = {}
        """The weights of each layer, which others may use too."""
        self.reused: list[Array] = []
        self.stored: list[Any] | None = None
        """What the file has of the layer that is run, in the order in which it is asked for."""
        self.read: list[Array] = []
        """What the layer reads; axes before those that it reads are in the batch."""
        self.signals = {INPUT} if len(network.input) == 2 and not network.sequence else set()
        """Outputs of rank 2 whose channels PyTorch has first."""

    def before(self, row: Row, index: int = 0) -> tuple[Value, ...]:
        return super().before(row, index)[row.layer.over :]

    def made(self, row: Row) -> list[int]:
        """The sizes that come out, without the axes that stand before those that it reads."""
        return [self.number(row, size) for size in row.output[row.layer.over :]]

    # parameters

    def weights(self, *shape: int, inputs: int = 0) -> Array:
        """The file's, or those of the layer whose weights are used, or drawn with the variance 2/inputs."""
        if self.stored is not None:
            return self.taken(shape, counts=not self.running_row.layer.shares)
        if self.reused:
            used = self.reused.pop(0)
            return used if used.shape == shape else np.ascontiguousarray(used.T).reshape(shape)
        self.allocated += prod(shape)
        drawn = self.random.standard_normal(shape, dtype=np.float32)
        drawn *= np.float32((2 / max(1, inputs or prod(shape[1:]))) ** 0.5)
        self.drawn[self.running].append(drawn)
        return drawn

    def zeros(self, wanted: bool, *shape: int) -> Array | None:
        if self.stored is not None:
            return self.taken(shape, counts=not self.borrowed) if wanted else None
        self.allocated += prod(shape) if wanted and not self.borrowed else 0
        return np.zeros(shape, np.float32) if wanted else None

    def ones(self, count: int) -> Array:
        if self.stored is not None:
            return self.taken((count,), counts=not self.borrowed)
        self.allocated += 0 if self.borrowed else count
        return np.ones(count, np.float32)

    def taken(self, shape: tuple[int, ...], counts: bool = True) -> Array:
        """The next array that the file has for the layer. UserError where it is of another shape."""
        found = self.stored.pop(0) if self.stored else None
        if found is None or found.shape != shape:
            has = "there is none" if found is None else f"it is {found.shape}"
            raise self.refused(self.running_row, f"an array of {shape} is read from its weights in the file, and {has}")
        self.allocated += found.size if counts else 0
        return np.ascontiguousarray(found, np.float32)

    # layers

    def number_of(self, row: Row, name: str, usual: float) -> float:
        """What no count depends on, such as the eps of a normalisation."""
        return float(row.layer.details.get(name, usual))

    def first(self, index: int = 0) -> Array:
        """What is read, with the channels first."""
        return np.ascontiguousarray(np.moveaxis(self.read[index], -1, 1))

    def padding(self, row: Row) -> list[tuple[int, int]]:
        """(before, after) along each axis."""
        if self.flag(row, "same"):
            return list(zip(self.along(row, "pad_begin"), self.along(row, "pad_end"), strict=True))
        return [(p, p) for p in self.along(row, "p")]

    def _conv(self, row: Row) -> Array:
        k, c, f, groups = self.one(row, "k"), self.one(row, "c"), self.along(row, "f"), self.one(row, "groups")
        weight = self.weights(k, c // groups, *f)
        return self._convolved(row, weight, self.zeros(self.flag(row, "bias", True), k), groups)

    def _convolved(self, row: Row, weight: Array, bias: Array | None, groups: int = 1) -> Array:
        x = _padded(self.first(), self.padding(row))
        conv = {1: ops.conv1d, 2: ops.conv2d, 3: ops.conv3d}[self.axes(row)]
        return _last(conv(x, weight, bias, self.given(row, "s"), 0, self.given(row, "d"), groups))

    def _depthwise(self, row: Row) -> Array:
        return self._conv(row)

    def _conv_table(self, row: Row) -> Array:
        """Each map reads some of those before; which, its number of pairs does not say."""
        k, c, f, pairs = self.one(row, "k"), self.one(row, "c"), self.along(row, "f"), self.one(row, "pairs")
        weight = np.zeros((k * c, *f), np.float32)
        places = [map * c + channel for map, read in enumerate(channels_of_maps(k, c, pairs)) for channel in read]
        weight[places] = self.weights(pairs, *f, inputs=pairs * prod(f) // k)
        return self._convolved(row, weight.reshape(k, c, *f), self.zeros(True, k))

    def _local_conv(self, row: Row) -> Array:
        """A window by weights of its own at every position."""
        given, x = row.layer.settings, self.first()
        f, s, p = (_sizes(given.get(name, usual)) * (1 if isinstance(given.get(name), tuple) else self.axes(row))
                   for name, usual in (("f", 1), ("s", 1), ("p", 0)))  # fmt: skip
        if given.get("d", 1) != 1:
            raise self.refused(row, "its windows have no dilation")
        x = _padded(x, [(side, side) for side in p])
        *places, k = self.made(row)
        axes = tuple(range(2, 2 + len(f)))
        windows = np.lib.stride_tricks.sliding_window_view(x, f, axes)
        windows = windows[(slice(None), slice(None), *(slice(None, None, step) for step in s))]
        rows: Array = np.moveaxis(windows, 1, len(f) + 1).reshape(len(x), prod(places), -1)
        weight = self.weights(*places, prod(f) * x.shape[1], k, inputs=rows.shape[2])
        bias = self.zeros(self.flag(row, "bias", True), *places, k)
        found: Array = np.matmul(rows[:, :, None], weight.reshape(-1, *weight.shape[-2:]))[:, :, 0].reshape(
            -1, *places, k
        )
        return found if bias is None else found + bias

    def _conv_transpose(self, row: Row) -> Array:
        k, c, f, groups = self.one(row, "k"), self.one(row, "c"), self.along(row, "f"), self.one(row, "groups")
        weight = self.weights(c, k // groups, *f, inputs=c * prod(f) // groups)
        bias = self.zeros(self.flag(row, "bias", True), k)
        s, p, after, d = (self.along(row, name) for name in ("s", "p", "output_padding", "d"))
        if self.axes(row) == 2:
            return _last(ops.conv_transpose2d(self.first(), weight, bias, s, p, after, groups, d))
        reach = [distance * (size - 1) - cut for distance, size, cut in zip(d, f, p, strict=True)]
        if min(reach) < 0:
            raise self.refused(row, "its padding is wider than its window")
        x = self.first()
        apart = np.zeros((*x.shape[:2], *((n - 1) * step + 1 for n, step in zip(x.shape[2:], s, strict=True))), x.dtype)
        apart[(slice(None), slice(None), *(slice(None, None, step) for step in s))] = x
        turned = weight.reshape(groups, c // groups, k // groups, *f).swapaxes(1, 2).reshape(k, c // groups, *f)
        turned = np.ascontiguousarray(np.flip(turned, tuple(range(2, 2 + len(f)))))
        wide = _padded(apart, [(size, size + more) for size, more in zip(reach, after, strict=True)])
        conv = ops.conv1d if len(f) == 1 else ops.conv3d
        return _last(conv(wide, turned, bias, 1, 0, d if len(f) > 1 else d[0], groups))

    def _maxpool(self, row: Row) -> Array:
        x = _padded(self._flat(row), self._pairs(row), -np.inf)
        if self.axes(row) == 3:
            return _last(self._windows(row, x).max(axis=(-3, -2, -1)))
        f, s, d = (self._along(row, name) for name in "fsd")
        return self._unflat(row, ops.max_pool2d(x, f, s, 0, d, self.flag(row, "ceil")))

    def _avgpool(self, row: Row) -> Array:
        if set(self.along(row, "d")) != {1}:
            raise self.refused(row, "average pooling has no dilation")
        pairs = self._pairs(row)
        x, inside = (_padded(each, pairs) for each in (self._flat(row), np.ones_like(self._flat(row))))
        alone = self.flag(row, "same") or not row.layer.details.get("count_include_pad", True)
        if self.axes(row) == 3:
            means, shares = (self._windows(row, each).mean(axis=(-3, -2, -1)) for each in (x, inside))
            return _last(means / shares if alone else means)
        args = self._along(row, "f"), self._along(row, "s"), 0, self.flag(row, "ceil")
        found = ops.sum_pool2d(x, *args) / ops.sum_pool2d(inside, *args) if alone else ops.avg_pool2d(x, *args)
        return self._unflat(row, found)

    def _windows(self, row: Row, x: Array) -> Array:
        """The windows of volumes: (N, C, D, H, W, f, f, f)."""
        if self.flag(row, "ceil") or set(self.along(row, "d")) != {1}:
            raise self.refused(row, "volumes are pooled without dilation, by windows that are whole")
        every = np.lib.stride_tricks.sliding_window_view(x, self.along(row, "f"), (2, 3, 4))
        return every[(slice(None), slice(None), *(slice(None, None, step) for step in self.along(row, "s")))]

    def _subsampling(self, row: Row) -> Array:
        c = self.one(row, "c")
        mean = ops.avg_pool2d(self.first(), self.given(row, "f"), self.given(row, "s"))
        return _last(ops.conv2d(mean, self.weights(c, 1, 1, 1), self.zeros(True, c), groups=c))

    def _global_avgpool(self, row: Row) -> Array:
        return np.asarray(self.read[0].mean(axis=tuple(range(1, self.axes(row) + 1))))

    def _global_maxpool(self, row: Row) -> Array:
        return np.asarray(self.read[0].max(axis=tuple(range(1, self.axes(row) + 1))))

    def _adaptive_avgpool(self, row: Row) -> Array:
        return self._in_bins(row, np.mean)

    def _adaptive_maxpool(self, row: Row) -> Array:
        return self._in_bins(row, np.max)

    def _in_bins(self, row: Row, of: Callable[..., Any]) -> Array:
        """Along an axis, window i of o goes from ⌊i n/o⌋ to before ⌈(i + 1) n/o⌉."""
        x = self.read[0]
        for axis, o in enumerate(self.made(row)[:-1], 1):
            n = x.shape[axis]
            parts = [of(x.take(range(i * n // o, -(-(i + 1) * n // o)), axis), axis=axis) for i in range(o)]
            x = np.stack(parts, axis=axis)
        return x

    def _pad(self, row: Row) -> Array:
        pairs = zip(self.along(row, "pad_begin"), self.along(row, "pad_end"), strict=True)
        return np.pad(self.read[0], [(0, 0), *pairs, (0, 0)])

    def _along(self, row: Row, name: str) -> tuple[int, ...]:
        """A quantity along two axes: a signal is a map of one row."""
        sizes = self.along(row, name)
        return (1, *sizes) if len(sizes) == 1 else sizes

    def _flat(self, row: Row) -> Array:
        x = self.first()
        return x[:, :, None] if x.ndim == 3 else x

    def _pairs(self, row: Row) -> list[tuple[int, int]]:
        pairs = self.padding(row)
        return [(0, 0), *pairs] if len(pairs) == 1 else pairs

    def _unflat(self, row: Row, found: Array) -> Array:
        return _last(found[:, :, 0] if self.axes(row) == 1 else found)

    def _vector(self, row: Row) -> Array:
        """The numbers in one row: in the file's order, or as in PyTorch, the channels of a map first."""
        x = self.read[0]
        if row.layer.layout is not None:
            cut, order = row.layer.layout
            apart: Array = x.reshape(len(x), *(self.number(row, size) for size in cut))
            return np.ascontiguousarray(apart.transpose(0, *(axis + 1 for axis in order))).reshape(len(x), -1)
        first = x.ndim > 3 or row.layer.inputs[0] in self.signals
        return np.ascontiguousarray(np.moveaxis(x, -1, 1) if first else x).reshape(len(x), -1)

    def _dense(self, row: Row) -> Array:
        x = self.read[0] if len(self.before(row)) < 3 else self._vector(row)
        n, m = self.one(row, "n"), self.one(row, "m")
        weight, bias = self.weights(m, n), self.zeros(self.flag(row, "bias", True), m)
        return ops.linear(np.ascontiguousarray(x), weight, bias)

    def _rbf(self, row: Row) -> Array:
        """The squared distance to each of the centres, fixed numbers 1 and −1 (LeCun and others, 1998)."""
        centres = self.random.choice(np.array([-1, 1], np.float32), (self.one(row, "m"), self.one(row, "n")))
        return np.asarray(((self.read[0][:, None] - centres) ** 2).sum(axis=-1))

    def _flatten(self, row: Row) -> Array:
        return self._vector(row)

    def _reshape(self, row: Row) -> Array:
        """In the order of the file; of a line of text in that of the table, but a vector becomes a map as a program has
        maps, channels first."""
        sizes, x = self.made(row), self.read[0]
        if row.layer.layout is not None:
            return self._vector(row).reshape(-1, *sizes)
        if x.ndim == 2 and len(sizes) > 2:
            return _last(x.reshape(-1, sizes[-1], *sizes[:-1]))
        return np.ascontiguousarray(x).reshape(-1, *sizes)

    def _dropout(self, row: Row) -> Array:
        return self.read[0]

    def _activation(self, row: Row) -> Array:
        return self.read[0]

    def _lrn(self, row: Row) -> Array:
        return REMARKS["lrn"](self.read[0], *row.layer.details.get("lrn", ()))

    def _batchnorm(self, row: Row) -> Array:
        c = self.one(row, "c")
        scale = self.ones(c) if self.flag(row, "scale", True) else None
        shift = self.zeros(self.flag(row, "shift", True), c)
        mean, var = np.zeros(c, np.float32), np.ones(c, np.float32)
        if self.stored is not None:
            counted = self.counting == "keras" and not self.borrowed
            mean, var = (self.taken((c,), counts=counted) for _ in range(2))
        elif self.counting == "keras":
            self.allocated += 0 if self.borrowed else 2 * c
        eps = self.number_of(row, "eps", 1e-5)
        return along_channels(lambda x: ops.batch_norm(x, mean, var, scale, shift, eps=eps), self.read[0])

    def _normalised(self, row: Row) -> tuple[Array, tuple[int, ...]]:
        """(what is read with the axes that are normalised in one, its own shape)."""
        x = self.read[0]
        return np.ascontiguousarray(x).reshape(*x.shape[: x.ndim - self.setting(row, "axes", 1)], -1), x.shape

    def _layernorm(self, row: Row) -> Array:
        x, shape = self._normalised(row)
        scale, shift = self.ones(x.shape[-1]), self.zeros(self.flag(row, "bias", True), x.shape[-1])
        return ops.layer_norm(x, scale, shift, self.number_of(row, "eps", 1e-5)).reshape(shape)

    def _rmsnorm(self, row: Row) -> Array:
        x, shape = self._normalised(row)
        eps = np.float32(self.number_of(row, "eps", 1e-6))
        return np.asarray(x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps) * self.ones(x.shape[-1])).reshape(
            shape
        )

    def _groupnorm(self, row: Row) -> Array:
        x, c = self.read[0], self.made(row)[-1]
        groups = self.number(row, row.layer.settings.get("groups", 1))
        apart = x.reshape(len(x), -1, groups, c // groups)
        mean, var = apart.mean(axis=(1, 3), keepdims=True), apart.var(axis=(1, 3), keepdims=True)
        scale, shift = self.ones(c), self.zeros(self.flag(row, "bias", True), c)
        found = ((apart - mean) / np.sqrt(var + np.float32(self.number_of(row, "eps", 1e-5)))).reshape(x.shape)
        return np.asarray(found * scale + (0 if shift is None else shift))

    # learned values

    def _learned_values(self, row: Row, fill: Callable[[int], Array]) -> Array:
        """In a shape that is broadcast to what is read: the file's, or one, one for each channel, or one for each."""
        n = self.number(row, row.layer.settings.get("n", row.output[-1]))
        sizes = tuple(self.made(row))
        wanted = row.layer.details.get("shape") or (
            (n,) if n in (1, sizes[-1]) else sizes if n == prod(sizes) else None
        )
        if wanted is None or prod(wanted) != n:
            raise self.refused(row, "there is one value, one for each channel, or one for each number")
        return fill(n).reshape(wanted)

    def _prelu(self, row: Row) -> Array:
        x = self.read[0]
        slopes = self._learned_values(row, self.ones) * np.float32(1 if self.exact else 0.25)
        return np.where(x > 0, x, x * slopes).astype(x.dtype)

    def _scale(self, row: Row) -> Array:
        if row.layer.details.get("measured"):
            c = self.made(row)[-1]
            mean, variance, _ = (self.taken((size,)) for size in (c, c, 1))
            return REMARKS["normalization"](self.read[0], mean, variance)
        return _with(row, self.read[0], self._learned_values(row, self.ones), np.multiply)

    def _shift(self, row: Row) -> Array:
        return _with(row, self.read[0], self._learned_values(row, lambda n: self.weights(n, inputs=n)), np.add)

    def _learned(self, row: Row) -> Array:
        if self.reused:
            return self.weights(*self.made(row))[None]
        return self.weights(*self.made(row), inputs=prod(self.made(row)))[None]

    # sizes and axes

    def _upsample(self, row: Row) -> Array:
        x = self.read[0]
        if row.layer.details:
            return self._resize(row)
        for axis, times in enumerate(self.along(row, "s"), 1):
            x = np.repeat(x, times, axis=axis)
        return x

    def _resize(self, row: Row) -> Array:
        try:
            return interpolated(self.read[0], tuple(self.made(row)[:-1]), row.layer.details)
        except UserError as error:
            raise self.refused(row, str(error)) from None

    def _crop(self, row: Row) -> Array:
        x = self.read[0]
        ends = zip(self.along(row, "crop_begin"), self.along(row, "crop_end"), x.shape[1:], strict=False)
        return x[(slice(None), *(slice(a, long - b) for a, b, long in ends))]

    def _repeat(self, row: Row) -> Array:
        return np.repeat(self.read[0][:, None], self.made(row)[0], axis=1)

    def _expand(self, row: Row) -> Array:
        sizes, x = self.made(row), self.read[0]
        return np.broadcast_to(x.reshape(len(x), *(1,) * (len(sizes) + 1 - x.ndim), *x.shape[1:]), (len(x), *sizes))

    def _permute(self, row: Row) -> Array:
        order = row.layer.settings.get("order", ())
        return self.read[0].transpose(0, *(self.number(row, axis) for axis in _sizes(order)))

    def _slice(self, row: Row) -> Array:
        x, axis = self.read[0], self.setting(row, "axis", 1)
        start, size = self.setting(row, "start", 0) % x.shape[axis], self.setting(row, "size", 1)
        found = x.take(row.layer.details.get("places") or range(start, start + size), axis)
        return found.squeeze(axis) if self.flag(row, "drop") else found

    def _reduce(self, row: Row) -> Array:
        axes = tuple(self.number(row, axis) for axis in _sizes(row.layer.settings.get("axes", 1)))
        compute = _REDUCE.get(str(row.layer.details.get("by", "mean")))
        if compute is None:
            raise self.refused(row, "only sums, means, products, variances and the largest are taken along axes")
        found = np.asarray(compute(self.read[0], axis=axes, keepdims=self.flag(row, "keep")))
        return found.astype(np.float32).reshape(-1, *self.made(row))

    def _input(self, row: Row) -> Array:
        return self.random.standard_normal((1, *self.made(row)), dtype=np.float32)

    # several inputs

    def joined(self) -> list[Array]:
        """What is read, each with as many axes as the one with the most."""
        rank = max(x.ndim for x in self.read)
        return [x.reshape(len(x), *(1,) * (rank - x.ndim), *x.shape[1:]) for x in self.read]

    def _add(self, row: Row) -> Array:
        times = row.layer.details.get("times") or [1] * len(self.read)
        return reduce(np.add, [x * np.float32(factor) for x, factor in zip(self.joined(), times, strict=True)])

    def _multiply(self, row: Row) -> Array:
        return reduce(np.multiply, self.joined())

    def _subtract(self, row: Row) -> Array:
        return reduce(np.subtract, self.joined())

    def _divide(self, row: Row) -> Array:
        return reduce(np.divide, self.joined())

    def _average(self, row: Row) -> Array:
        return np.asarray(reduce(np.add, self.joined()) / np.float32(len(self.read)))

    def _maximum(self, row: Row) -> Array:
        return reduce(np.maximum, self.joined())

    def _minimum(self, row: Row) -> Array:
        return reduce(np.minimum, self.joined())

    def _matmul(self, row: Row) -> Array:
        left, right = (self.read * 2)[:2]
        right = right.swapaxes(-1, -2) if self.flag(row, "transposed") else right
        rank = max(left.ndim, right.ndim)
        left, right = (x.reshape(len(x), *(1,) * (rank - x.ndim), *x.shape[1:]) for x in (left, right))
        return np.asarray(left @ right)

    def _einsum(self, row: Row) -> Array:
        """By the file's equation, of the axes behind the batch, which is Z."""
        equation = row.layer.details.get("equation")
        if not isinstance(equation, str):
            raise self.refused(row, "its sizes do not say which products are summed")
        terms, _, made = equation.partition("->")
        parts = terms.split(",")
        sizes = {letter: size for term, x in zip(parts, self.read, strict=False)
                 for letter, size in zip(term, x.shape[1:], strict=True)}  # fmt: skip
        sizes |= dict(zip(made, self.made(row), strict=True))
        operands = [*self.read]
        terms = ",".join(f"Z{term}" for term in parts[: len(self.read)])
        if len(parts) > len(self.read):
            operands.append(self.weights(*(sizes[letter] for letter in parts[-1])))
            terms += f",{parts[-1]}"
        found = np.einsum(f"{terms}->Z{made}", *operands, optimize=True)
        biased = row.layer.settings.get("b", 0) != 0
        bias = self.zeros(
            biased, *(row.layer.details.get("bias_shape") or (self.number(row, row.layer.settings.get("b", 0)),))
        )
        return np.asarray(found if bias is None else found + bias)

    def _concat(self, row: Row) -> Array:
        return np.concatenate(self.read, axis=self.setting(row, "axis", self.read[0].ndim - 1))

    def _split(self, row: Row) -> Array:
        part = self.number(row, row.layer.settings.get("part", 1))
        return np.split(self.read[0], self.one(row, "parts"), axis=-1)[part - 1]

    def _shuffle(self, row: Row) -> Array:
        x, groups = self.read[0], self.one(row, "groups")
        return x.reshape(*x.shape[:-1], groups, -1).swapaxes(-1, -2).reshape(x.shape)

    def _pixel_shuffle(self, row: Row) -> Array:
        x, r = self.read[0], self.one(row, "r")
        h, w, c = x.shape[1:]
        blocks = x.reshape(-1, h, w, c // r**2, r, r).transpose(0, 1, 4, 2, 5, 3)
        return np.ascontiguousarray(blocks).reshape(-1, h * r, w * r, c // r**2)

    # sequences

    def _embedding(self, row: Row) -> Array:
        v, n = self.one(row, "v"), self.one(row, "n")
        return ops.embedding(self.read[0].astype(np.int64), self.weights(v, n, inputs=2))

    def _attention(self, row: Row) -> Array:
        query, key, value = (self.read * 3)[:3] if len(self.read) == 1 else (*self.read, self.read[-1])[:3]
        assert row.working is not None
        heads, m = self.one(row, "h"), self.made(row)[-1]
        size = self.setting(row, "d_k", self.number(row, self.before(row)[-1]) // heads)
        wide = self.setting(row, "d_v", size)
        biased = row.working.shown("biases") != 0
        widths, made = [x.shape[-1] for x in (query, key, value)], (heads * size, heads * size, heads * wide, m)
        w_q, w_k, w_v, w_o = (self.weights(*each) for each in zip(made, (*widths, heads * wide), strict=True))
        b_q, b_k, b_v, b_o = (self.zeros(biased, each) for each in made)
        q, k, v = (
            np.ascontiguousarray(
                ops.linear(np.ascontiguousarray(x), w, b).reshape(*x.shape[:2], heads, -1).swapaxes(1, 2)
            )
            for x, w, b in ((query, w_q, b_q), (key, w_k, b_k), (value, w_v, b_v))
        )
        mixed = ops.attention(q, k, v).swapaxes(1, 2).reshape(*query.shape[:2], -1)
        return ops.linear(np.ascontiguousarray(mixed), w_o, b_o)

    def _rnn(self, row: Row) -> Array:
        inside = self.inside(row) or "tanh"
        if inside not in ("tanh", "relu", "sigmoid"):
            raise self.refused(row, f"there is no recurrent cell with {inside[:30]}")
        return self.recurrent(row, partial(ops.rnn, nonlinearity=inside))

    def _lstm(self, row: Row) -> Array:
        return self.recurrent(row, ops.lstm)

    def _gru(self, row: Row) -> Array:
        return self.recurrent(
            row,
            partial(
                ops.gru, reset_after=bool(row.layer.details.get("reset_after", self.flag(row, "reset_after", True)))
            ),
        )

    def recurrent(self, row: Row, op: Callable[..., tuple[Array, Any]]) -> Array:
        gates = KINDS[row.layer.kind].gates
        if gates > 1 and self.inside(row) not in ("", "tanh"):
            raise self.refused(row, f"there is no gated cell with {self.inside(row)[:30]}")
        assert row.working is not None
        m, n, biased = self.one(row, "m"), self.one(row, "n"), self.flag(row, "bias", True)
        x = np.ascontiguousarray(self.read[0].transpose(1, 0, 2))
        two = row.working.shown("biases") == 2 * gates * m * self.one(row, "L") * self.one(row, "D")
        last = x
        for layer in range(self.one(row, "L")):
            ends, found = [], []
            for reverse in (False, True)[: self.one(row, "D")]:
                given = (self.weights(gates * m, n if not layer else m * self.one(row, "D")),
                         self.weights(gates * m, m, inputs=2 * m), self.zeros(biased, gates * m),
                         self.zeros(biased and two, gates * m))  # fmt: skip
                y, state = op(x, None, *given, reverse=reverse != row.layer.details.get("backwards", False))
                found.append(y)
                ends.append(state[0] if gates == 4 else state)
            x, last = np.ascontiguousarray(np.concatenate(found, axis=2)), np.concatenate(ends, axis=1)
        return np.ascontiguousarray(x.transpose(1, 0, 2)) if self.flag(row, "sequence") else last

    def _convlstm(self, row: Row) -> Array:
        if row.working is None or row.working.formula.id != "convlstm":
            raise self.refused(row, "only maps that keep their size are convolved over time, with biases")
        if self.words(row) != row.layer.remarks and self.inside(row) != "tanh":
            raise self.refused(row, f"there is no gated cell with {self.inside(row)[:30]}")
        k, c, f = self.one(row, "k"), self.one(row, "c"), self.along(row, "f")
        f = f[:2] if len(f) > 1 else f * 2
        x = np.ascontiguousarray(np.moveaxis(self.read[0], (1, -1), (0, 2)))
        weight, recurrent = self.weights(4 * k, c, *f), self.weights(4 * k, k, *f)
        y, (h, _) = ops.convlstm(x, None, weight, recurrent, self.zeros(True, 4 * k))
        return np.moveaxis(y, (0, 2), (1, -1)) if self.flag(row, "sequence") else _last(h)


def _with(row: Row, x: Array, values: Array, usual: Callable[[Any, Any], Any]) -> Array:
    """Learned values and what is read; `by` says another operation, or that the values stand before it."""
    compute = {"sub": np.subtract, "div": np.divide}.get(str(row.layer.details.get("by", "")), usual)
    return np.asarray(compute(values, x) if row.layer.details.get("before") else compute(x, values))


def _sizes(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _last(x: Array) -> Array:
    """With the channels last."""
    return np.moveaxis(x, 1, -1)


def _padded(x: Array, pairs: list[tuple[int, int]], fill: float = 0.0) -> Array:
    if not any(map(any, pairs)):
        return x
    return np.pad(x, [(0, 0), (0, 0), *pairs], constant_values=fill)


_REDUCE: dict[str, Callable[..., Any]] = {
    "mean": np.mean, "sum": np.sum, "max": np.max, "min": np.min, "prod": np.prod, "var": np.var, "std": np.std,
}  # fmt: skip
"""Along axes: the word → what is computed."""
