"""Convolution of float32 over two axes by `abreast`: LANES images at a time are turned into lanes, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, prod
from typing import Any

import numpy as np

from .. import threads
from ..compile import Array, kernel
from . import abreast
from .calls import address
from .dot import ROOM
from .machine import LANES

PARTS = 8
"""Pieces of the batch whose weight gradients are added in one order, whatever the number of threads."""
MOST_BYTES = 1 << 21
"""Of the input and the results of LANES images: more would not stay in a near cache."""
MANY, EVEN = 1 << 19, 256
"""Numbers of a batch's input and results that do not stay there either; planes of a multiple of so many positions, of
which few find a place in a cache at once."""
FEWEST = 4
"""Filters of a group for which a tile is tall enough."""
TURNING, COPYING, LINE = 7, 4, 100
"""Products that a tile makes while one number is turned, or copied by `direct`, or while a line of it is begun."""


@dataclass(frozen=True, eq=False)
class Form:
    """What is the same for every call with these shapes; the numbers are as `abreast` has them."""

    numbers: Array
    at_taps: int
    inputs: int
    planes: int
    """Numbers of an image, without and with its padding."""
    outputs: int
    filters: int
    taps: int
    """Of one filter, in all its channels."""

    def pieces(self, batch: int) -> int:
        return ceil(batch / LANES)

    def operations(self, batch: int) -> float:
        return 2.0 * batch * self.outputs * self.taps


@lru_cache(maxsize=256)
def better(
    shape: tuple[int, ...], weight: tuple[int, ...], stride: tuple[int, ...], front: tuple[int, ...],
    dilation: tuple[int, ...], output: tuple[int, ...], groups: int,
) -> bool:  # fmt: skip
    """Whether by what was measured images side by side take less time than `direct` does, whose vectors are parts of
    lines. The shapes are as in `formed`, that of x with its batch.
    """
    if len(shape) != 4 or not min(*shape, *output, weight[0]) or weight[0] // groups < FEWEST:
        return False
    batch, channels, h, w = shape
    size, out = channels * h * w, weight[0] * prod(output)
    if 4 * LANES * (size + out) > MOST_BYTES:
        return False
    full = ceil(batch / LANES) * LANES / batch
    numbers, depth = 1 + size / out, prod(weight[1:])
    far = batch * (size + out) >= MANY or prod(output) % EVEN == 0
    turned = full * (1 + (2 if far else 1) * TURNING * numbers / depth)
    reach = dilation[1] * (weight[3] - 1)
    pitch = max(w + front[1], output[1] + reach - front[1])
    lines, through = output[0] * ceil(output[1] / LANES), ceil(((output[0] - 1) * pitch + output[1]) / LANES)
    copied = min(lines, through) * LANES / prod(output) + (COPYING + LINE / output[1]) * numbers / depth
    if max(stride) > 1:
        copied *= 2  # lines are taken apart number by number
    return turned < copied


@lru_cache(maxsize=256)
def formed(
    size: tuple[int, ...], weight: tuple[int, ...], stride: tuple[int, ...], front: tuple[int, ...],
    dilation: tuple[int, ...], output: tuple[int, ...], groups: int,
) -> Form:  # fmt: skip
    """Of images (C, H, W) and weights (K, C/groups, F, F); the others have two numbers each."""
    (channels, *area), (filters, inner, *window) = size, weight
    high, across = abreast.padded(area, window, stride, dilation, front, output)
    axes = (1, *window), (1, *stride), (1, *dilation), (0, *front), (1, *output), (channels, 1, *area)
    head = [*(int(number) for axis in axes for number in axis), filters, groups, high, across]
    numbers = [*head, len(head) + 1, *abreast.offsets(inner, window, dilation, high, across)]
    return Form(
        np.array(numbers, dtype=np.int64), address(abreast.add_taps), prod(size), channels * high * across,
        filters * prod(output), filters, prod(weight[1:]),
    )  # fmt: skip


def forward(x: Array, weight: Array, bias: Array | None, form: Form) -> Array:
    """(N, C, H, W) to (N, all numbers of a result)."""
    out = np.empty((len(x), form.outputs), dtype=np.float32)
    added = np.zeros(form.filters, dtype=np.float32) if bias is None else bias
    flat_x, flat_out, flat_weight = x.reshape(-1), out.reshape(-1), weight.reshape(-1)
    pieces, operations = form.pieces(len(x)), form.operations(len(x))
    jobs = min(threads.number(operations), pieces)

    def work(job: int) -> None:
        task = np.array([len(x), job * pieces // jobs, (job + 1) * pieces // jobs, form.at_taps], dtype=np.int64)
        convolve(flat_x, flat_out, flat_weight, added, form.numbers, task, *_rooms(form))

    threads.each(work, jobs, operations)
    return out


def gradients(x: Array, d_out: Array, weight: Array, form: Form, with_x: bool) -> tuple[Array, Array, Array]:
    """Those of x, of the weights and of the biases, flat; without x nothing in its place."""
    d_x = np.empty(x.size if with_x else 0, dtype=np.float32)
    pieces, operations = form.pieces(len(x)), form.operations(len(x)) * (2 if with_x else 1)
    parts = min(pieces, PARTS)
    jobs = min(threads.number(operations), parts)
    sums = np.zeros((parts, weight.size + form.filters), dtype=np.float32)
    flat_x, flat_d, flat_weight = x.reshape(-1), d_out.reshape(-1), weight.reshape(-1)

    def work(job: int) -> None:
        task = np.array([len(x), job * parts // jobs, (job + 1) * parts // jobs, form.at_taps, pieces], dtype=np.int64)
        d_planes = threads.zeros("gradients", form.inputs * LANES if with_x else 0)
        convolve_back(flat_x, flat_d, flat_weight, d_x, form.numbers, task, *_rooms(form), d_planes, sums)

    threads.each(work, jobs, operations)
    found = sums.sum(axis=0)
    return d_x, found[: weight.size], found[weight.size :]


def _rooms(form: Form) -> tuple[Array, Array]:
    """For the input of a piece, with zeros around it, and for its results."""
    return threads.zeros((form, "x"), form.planes * LANES), threads.zeros("results", form.outputs * LANES)


if LANES:
    WIDE: Any = np.int64(LANES)

    @kernel(*["float32[::1]"] * 4, "int64[::1]", "int64[::1]", "float32[::1]", "float32[::1]")
    def convolve(
        x: Array, out: Array, weight: Array, bias: Array, t: Array, task: Array, planes: Array, results: Array
    ) -> None:
        """task: samples, first and before last piece, the address of `add_taps`."""
        size, length = t[15] * t[17] * t[18], t[13] * t[14] * t[19]
        taps = t[15] // t[20] * t[1] * t[2]
        for piece in range(task[1], task[2]):
            first = piece * LANES
            many = min(LANES, task[0] - first)
            abreast.lay_abreast(t, 0, x, first * size, size, many, planes, 0, WIDE)
            abreast.results_abreast(task[3], t, 0, WIDE, planes, 0, weight, 0, taps, 1, bias, 0, results, 0, 0)
            abreast.turn_out(length, results, 0, WIDE, out, first * length, length, many)

    @kernel(
        *["float32[::1]"] * 4, "int64[::1]", "int64[::1]", "float32[::1]", "float32[::1]", "float32[::1]",
        "float32[:, ::1]",
    )  # fmt: skip
    def convolve_back(
        x: Array, d_out: Array, weight: Array, d_x: Array, t: Array, task: Array, planes: Array, results: Array,
        d_planes: Array, sums: Array,
    ) -> None:  # fmt: skip
        """task: samples, first and before last part, the address of `add_taps`, pieces in all parts.

        A row of sums: a part's gradients of the weights, then of the biases.
        """
        size, length, filters = t[15] * t[17] * t[18], t[13] * t[14] * t[19], t[19]
        taps = t[15] // t[20] * t[1] * t[2]
        room = np.empty(max(ROOM, t[15]), dtype=np.float32)
        for part in range(task[1], task[2]):
            for piece in range(part * task[4] // len(sums), (part + 1) * task[4] // len(sums)):
                first = piece * LANES
                many = min(LANES, task[0] - first)
                abreast.turn_in(length, d_out, first * length, length, many, results, 0, WIDE)
                abreast.lay_abreast(t, 0, x, first * size, size, many, planes, 0, WIDE)
                abreast.weights_abreast(t, 0, WIDE, planes, 0, results, 0, sums[part], 0, taps, 1, room, 0)
                abreast.biases_abreast(filters, length // filters * LANES, results, 0, sums[part], filters * taps)
                if len(d_x):
                    d_planes[: size * LANES] = 0
                    room[: t[15]] = 0
                    abreast.inputs_abreast(
                        task[3], t, 0, WIDE, results, 0, weight, 0, taps, 1, room, 0, d_planes, 0
                    )  # fmt: skip
                    abreast.turn_out(size, d_planes, 0, WIDE, d_x, first * size, size, many)
