"""Convolution by register tiles, without unfolding: float32 of three axes, with strides, dilation and groups.

Some samples at a time are copied into *planes*, one for each channel and *phase*. With stride s an axis has s phases:
phase a holds every s-th number of the padded axis, from the a-th on. In a plane, the samples lie one behind the other
and rows at one pitch, so that a place of the output is one number and a tap of the filter is one offset to it:

    result[m, place] = Σ_t weights[m, t] · planes[offsets[t] + place]

The gradient of the input is the same with the two sides changed: the gradient of the output lies in planes of one
phase, and each phase of the input is a result. Behind every row lie as many zeros as a filter reaches further, so the
numbers before a row, which that gradient reads, are zeros too. A sum over places gives the gradient of the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from math import ceil, prod

import numpy as np

from .. import threads
from ..compile import Array, kernel
from .calls import address, caller
from .columns import codes, tiles, tiles_at
from .dot import ROOM, ROWS, SHIFTS, dots
from .machine import LANES
from .rows import copy_rows
from .wholes import divided, remainder

Sizes = tuple[int, int, int]

WIDE = 2 if LANES == 8 else 3
"""Vectors of a tile."""
BLOCK = 8
"""Results that are not shared out among threads."""
AT_ONCE = 1600
"""About how many places of some samples make one piece of work."""
DEEP = 512
"""Most products of one sum at a time: what a tile reads stays in the nearest cache."""
SUMMED = 128
"""Vectors of places in one piece of a weight's gradient."""
PARTS = 8
"""Pieces of the samples whose weight gradients are added in one order, whatever the number of threads."""
PART_NUMBERS = 1 << 18
"""Where weights are more than this, filters are shared out among threads, and not samples."""

CODES, PACKING, UNPACKING = 5, 10, 11
"""Where addresses stand in `Plan.numbers`."""

ONES, ZEROS = (1, 1, 1), (0, 0, 0)

SHORT = 128
"""Vectors of places whose sums would be over before they had paid for their end: channels are put into the lanes."""

FOUR = np.arange(4, dtype=np.int64) * LANES
"""Where the vectors of a tile of four begin."""


@dataclass(frozen=True)
class Shape:
    """Of a convolution from the side that has `size` to the one that has `output`; all but the batch."""

    channels: int
    """Of one group, on the side of the input."""
    filters: int
    """Of one group."""
    groups: int
    size: Sizes
    window: Sizes
    stride: Sizes
    dilation: Sizes
    front: Sizes
    """Padding before each axis."""
    output: Sizes

    @property
    def taps(self) -> int:
        return prod(self.window)


@dataclass(frozen=True, eq=False)
class Plan:
    """What is the same for every call with these shapes."""

    shape: Shape
    samples: int
    """In one piece of work."""
    numbers: Array
    """samples, groups, distance of two samples and of two planes, zeros before the first for offsets below 0;
    from CODES on the addresses of columns, then those of `pack` and `unpack`."""
    plane: int
    behind: int
    """Numbers after the last plane that may be read."""
    x_planes: int
    out_planes: int
    """Numbers of each side's planes, with what is before and behind them."""
    x_side: Array
    out_side: Array
    """Rows of three axes: size, phases, front, pitch."""
    places: Array
    offsets: Array
    shifts: Array
    """The offsets in whole blocks of SHIFTS."""
    counts: Array
    steps: Array
    """Of each place of the output, where its window begins in the padded input, channels last; for short sums."""
    taps: Array
    """And of each tap."""
    padded: Sizes
    back_places: Array
    back_offsets: Array
    back_counts: Array
    taps_of_phases: list[Array]
    """The taps of each phase of the input."""


@lru_cache(maxsize=256)
def planned(shape: Shape, batch: int) -> Plan:
    """The tables, for samples in pieces that do not depend on how many threads there are."""
    phases = shape.stride
    most = [(f - 1) * d for f, d in zip(shape.window, shape.dilation, strict=True)]
    lines = zip(shape.size, shape.front, phases, most, shape.output, strict=True)
    # The padding behind a row is that before the next one; but no two rows of either side share a number.
    grid = [max(ceil((n + p) / s), o, o + m // s - p // s) for n, p, s, m, o in lines]
    pitch = (grid[1] * grid[2], grid[2], 1)
    sample = ceil(grid[0] * pitch[0] / LANES) * LANES
    samples = max(1, min(batch, round(AT_ONCE / sample)))
    vectors = samples * sample // LANES
    plane = (vectors + 1 - vectors % 2) * LANES
    reach = [m // s for m, s in zip(most, phases, strict=True)]
    furthest = sum(r * p for r, p in zip(reach, pitch, strict=True))
    zeros = ceil(furthest / LANES) * LANES
    count = prod(phases)

    def at(tap: Sequence[int]) -> tuple[int, int]:
        """The phase that a tap reads, and how far on in the plane."""
        places = [i * d for i, d in zip(tap, shape.dilation, strict=True)]
        phase = (places[0] % phases[0] * phases[1] + places[1] % phases[1]) * phases[2] + places[2] % phases[2]
        return phase, sum(place // s * p for place, s, p in zip(places, phases, pitch, strict=True))

    taps = [at(tap) for tap in product(*map(range, shape.window))]
    offsets = [
        zeros + (phase * shape.channels + channel) * plane + moved
        for channel in range(shape.channels)
        for phase, moved in taps
    ]
    whole = offsets + offsets[-1:] * (-len(offsets) % SHIFTS)
    by_phase = [np.array([i for i, (phase, _) in enumerate(taps) if phase == a], dtype=np.int64) for a in range(count)]
    back = [zeros + k * plane - taps[i][1] for chosen in by_phase for k in range(shape.filters) for i in chosen]
    inside = [(p // s, (n - 1 + p) // s + 1) for n, p, s in zip(shape.size, shape.front, phases, strict=True)]
    behind = zeros + WIDE * LANES
    lines = zip(shape.size, shape.front, shape.stride, most, shape.output, strict=True)
    padded = [max(n + p, (o - 1) * s + m + 1) for n, p, s, m, o in lines]
    room = ceil(shape.channels / LANES) * LANES
    area = np.array([padded[1] * padded[2], padded[2], 1], dtype=np.int64) * room

    def begun(counts: Sizes, each: Sizes) -> Array:
        return np.indices(counts).reshape(3, -1).T @ (area * each)

    def whole_numbers(*values: object) -> Array:
        return np.array(values, dtype=np.int64)

    return Plan(
        shape,
        samples,
        numbers=whole_numbers(samples, shape.groups, sample, plane, zeros, *codes(WIDE), *parts()),
        plane=plane,
        behind=behind,
        x_planes=zeros + count * shape.channels * plane + behind,
        out_planes=zeros + shape.filters * plane + behind,
        x_side=whole_numbers(shape.size, phases, shape.front, pitch),
        out_side=whole_numbers(shape.output, ONES, ZEROS, pitch),
        places=_places([(0, o) for o in shape.output], pitch, sample, samples),
        offsets=whole_numbers(*offsets),
        shifts=whole_numbers(*whole),
        counts=whole_numbers(len(offsets)),
        steps=begun(shape.output, shape.stride),
        taps=begun(shape.window, shape.dilation),
        padded=(padded[0], padded[1], padded[2]),
        back_places=_places(inside, pitch, sample, samples),
        back_offsets=whole_numbers(*back, 0),
        back_counts=whole_numbers(*(len(chosen) * shape.filters for chosen in by_phase)),
        taps_of_phases=by_phase,
    )


@cache
def parts() -> tuple[int, int]:
    """The addresses of `pack` and `unpack`."""
    return address(pack), address(unpack)


def _places(window: Sequence[tuple[int, int]], pitch: Sizes, sample: int, samples: int) -> Array:
    """The first place of every vector, sample by sample; behind the last, it again for a tile that is not full.

    Vectors run on without breaks, or begin anew in each row where that makes fewer. No number is in two of them.
    """
    first = sum(low * p for (low, _), p in zip(window, pitch, strict=True))
    length = sum((high - 1) * p for (_, high), p in zip(window, pitch, strict=True)) + 1 - first
    run = first + np.arange(ceil(length / LANES)) * LANES
    lines = [d * pitch[0] + h * pitch[1] + window[2][0] for d in range(*window[0]) for h in range(*window[1])]
    across = ceil((window[2][1] - window[2][0]) / LANES)
    if across * LANES <= pitch[1] - window[2][0] and across * len(lines) <= len(run):
        run = (np.array(lines)[:, None] + np.arange(across) * LANES).reshape(-1)
    places = (np.arange(samples)[:, None] * sample + run).reshape(-1)
    return np.concatenate([places, places[-1:].repeat(WIDE)]).astype(np.int64)


def forward(x: Array, weight: Array, bias: Array | None, plan: Plan) -> Array:
    """(N, C, D, H, W) and (K, C/groups, …) to (N, K, …)."""
    shape = plan.shape
    out = np.empty((len(x), shape.groups * shape.filters, *shape.output), dtype=np.float32)
    _correlated(plan, "x", x, out, weight, bias, (plan.x_side, plan.out_side), plan.offsets, plan.counts, plan.places)
    return out


def input_gradient(d_out: Array, weight: Array, bias: Array | None, plan: Plan) -> Array:
    """The gradient of x; with a bias for each channel it is a transposed convolution."""
    shape = plan.shape
    d_x = np.empty((len(d_out), shape.groups * shape.channels, *shape.size), dtype=np.float32)
    transposed = by_phases(weight.reshape(shape.groups, shape.filters, shape.channels, shape.taps), plan.taps_of_phases)
    sides = plan.out_side, plan.x_side
    _correlated(
        plan, "d_out", d_out, d_x, transposed, bias, sides, plan.back_offsets, plan.back_counts, plan.back_places
    )  # fmt: skip
    return d_x


def weight_gradients(x: Array, d_out: Array, plan: Plan) -> tuple[Array, Array]:
    """Those of the weights (K, C/groups·taps) and of the biases."""
    shape = plan.shape
    taps, filters = shape.channels * shape.taps, shape.groups * shape.filters
    blocks, shifts = ceil(shape.filters / ROWS), len(plan.shifts) // SHIFTS
    pieces = ceil(len(x) / plan.samples)
    operations = 2.0 * d_out.size * taps
    if shape.channels >= LANES and len(x) * (len(plan.places) - WIDE) <= SHORT * plan.samples:
        return _short_sums(x, d_out, plan, operations)
    # samples in parts, or filters: the shapes alone decide which, and how many parts of samples are added up
    by_samples = pieces >= 2 and filters * taps <= PART_NUMBERS
    parts = min(pieces, PARTS) if by_samples else 1
    jobs = min(threads.number(operations), parts if by_samples else blocks)
    sums = np.zeros((parts, shape.groups, blocks, shifts, ROOM), dtype=np.float32)
    biases = np.zeros((parts, filters), dtype=np.float64)
    flat_x, flat_d = x.reshape(-1), d_out.reshape(-1)

    def work(job: int) -> None:
        span = _span(job, jobs, parts, blocks, by_samples)
        task = np.array([len(x), shape.channels, shape.filters, *span, pieces], dtype=np.int64)
        correlate_gradients(
            flat_x, flat_d, plan.x_side, plan.out_side, plan.numbers, plan.shifts, plan.places, task,
            threads.zeros((plan, "x"), plan.x_planes), threads.zeros((plan, "gradients"), plan.out_planes), sums,
            biases, threads.zeros("total", LANES), threads.zeros("sums", LANES),
        )  # fmt: skip

    threads.each(work, jobs, operations)
    return gathered(sums, shape.filters, taps), biases.sum(axis=0).astype(np.float32)


def by_phases(weight: Array, taps: Sequence[Array]) -> Array:
    """(groups, filters, channels, taps) to, for each phase, (groups, channels, filters, its taps), flat."""
    across = weight.transpose(0, 2, 1, 3)
    if len(taps) == 1:
        return across.reshape(-1)
    return np.concatenate([across[..., chosen].reshape(-1) for chosen in taps])


def gathered(sums: Array, filters: int, taps: int) -> Array:
    """The parts (parts, groups, blocks, shifts, ROOM) added up, as (groups·filters, taps)."""
    _, groups, blocks, shifts, _ = sums.shape
    whole = sums[..., : ROWS * SHIFTS].sum(axis=0).reshape(groups, blocks, shifts, ROWS, SHIFTS)
    rows = whole.transpose(0, 1, 3, 2, 4).reshape(groups, blocks * ROWS, shifts * SHIFTS)
    found: Array = np.ascontiguousarray(rows[:, :filters, :taps]).reshape(groups * filters, taps)
    return found


def _short_sums(x: Array, d_out: Array, plan: Plan, operations: float) -> tuple[Array, Array]:
    """`weight_gradients` with channels in the lanes."""
    shape = plan.shape
    d_weight = np.empty((shape.groups * shape.filters, shape.channels * shape.taps), dtype=np.float32)
    if not len(x):
        d_weight[:] = 0
    room = ceil(shape.channels / LANES) * LANES
    side = np.array([shape.size, plan.padded, shape.front], dtype=np.int64)
    flat_x, flat_d = x.reshape(-1), d_out.reshape(-1)
    blocks = ceil(shape.filters / BLOCK)
    jobs = min(threads.number(operations), blocks)

    def work(job: int) -> None:
        top, bottom = job * blocks // jobs * BLOCK, min((job + 1) * blocks // jobs * BLOCK, shape.filters)
        task = np.array(
            [len(x), shape.channels, shape.filters, shape.groups, top, bottom, *codes(1, 4)], dtype=np.int64
        )
        short_sums(
            flat_x, flat_d, side, plan.steps, plan.taps, FOUR, task,
            threads.zeros((plan, "last"), prod(plan.padded) * room),
            threads.zeros("results", (bottom - top) * shape.taps * room), d_weight,
        )  # fmt: skip

    threads.each(work, jobs, operations)
    return d_weight, d_out.sum(axis=(0, 2, 3, 4), dtype=np.float64).astype(np.float32)


def _correlated(
    plan: Plan,
    name: str,
    source: Array,
    target: Array,
    weights: Array,
    bias: Array | None,
    sides: tuple[Array, Array],
    offsets: Array,
    counts: Array,
    places: Array,
) -> None:
    """`correlate` in pieces of samples, or where there are too few, of results."""
    groups = plan.shape.groups
    channels, results = source.shape[1] // groups, target.shape[1] // groups
    added = np.zeros(target.shape[1], dtype=np.float32) if bias is None else bias
    flat_source, flat_target, flat_weights = source.reshape(-1), target.reshape(-1), weights.reshape(-1)
    size = plan.x_planes if name == "x" else plan.out_planes
    operations = 2.0 * len(target) * plan.shape.groups * plan.shape.filters * plan.shape.channels * plan.shape.taps
    operations *= prod(plan.shape.output)
    workers, pieces, blocks = threads.number(operations), ceil(len(source) / plan.samples), ceil(results / BLOCK)
    by_samples = pieces >= workers
    jobs = min(workers, pieces if by_samples else blocks)

    def work(job: int) -> None:
        first, last, top, bottom = _span(job, jobs, pieces, blocks, by_samples)
        span = first, last, top * BLOCK, min(bottom * BLOCK, results)
        task = np.array([len(source), channels, results, *span], dtype=np.int64)
        correlate(
            flat_source, flat_target, flat_weights, added, *sides, plan.numbers, offsets, counts, places, task,
            threads.zeros((plan, name), size), threads.zeros("results", results * plan.plane + plan.behind),
            threads.zeros("sums", LANES),
        )  # fmt: skip

    threads.each(work, jobs, operations)


def _span(job: int, jobs: int, pieces: int, blocks: int, by_samples: bool) -> tuple[int, int, int, int]:
    """A job's share: of the pieces with all blocks, or of the blocks with all pieces."""
    if by_samples:
        return job * pieces // jobs, (job + 1) * pieces // jobs, 0, blocks
    return 0, pieces, job * blocks // jobs, (job + 1) * blocks // jobs


TO_PACK = (
    "float32[::1]", *["int64"] * 4, "int64[:, ::1]", "int64[::1]", "int64", "int64", "float32[::1]", "int64",
    "float32[::1]",
)  # fmt: skip
TO_UNPACK = (
    "float32[::1]", "int64", "int64", "int64[::1]", "int64", "int64[:, ::1]", "float32[::1]", *["int64"] * 4,
    "float32[::1]", "int64", "float32[::1]",
)  # fmt: skip
packed, unpacked = caller(*TO_PACK), caller(*TO_UNPACK)
"""Called by their addresses: both directions pack."""


@kernel(*TO_PACK, inner=True)
def pack(
    source: Array, begin: int, step: int, channels: int, many: int, side: Array, pitch: Array, sample: int, plane: int,
    work: Array, start: int, sums: Array,
) -> None:  # fmt: skip
    """Copies channels of some samples to their planes, from work[start] on; adds up all that is copied.

    source[begin] is the first number of the first, samples are `step` numbers apart. side: size, phases and front.
    """
    depth, height, width = side[0, 0], side[0, 1], side[0, 2]
    p0, p1, p2 = side[1, 0], side[1, 1], side[1, 2]
    zero = np.float32(0)
    for c in range(channels):
        for n in range(many):
            for d in range(depth):
                e0 = d + side[2, 0]
                lines = begin + n * step + (c * depth + d) * height * width
                if p1 == 1 and p2 == 1:
                    at = start + (remainder(e0, p0) * channels + c) * plane + n * sample + divided(e0, p0) * pitch[0]
                    at += side[2, 1] * pitch[1] + side[2, 2]
                    copy_rows(
                        work.ctypes.data + at * 4, pitch[1], source.ctypes.data + lines * 4, width, height, width,
                        sums.ctypes.data, zero,
                    )  # fmt: skip
                    continue
                for h in range(height):
                    e1 = h + side[2, 1]
                    row = start + n * sample + divided(e0, p0) * pitch[0] + divided(e1, p1) * pitch[1]
                    for a in range(p2):
                        first = remainder(a + p2 - remainder(side[2, 2], p2), p2)
                        at = row + (((remainder(e0, p0) * p1 + remainder(e1, p1)) * p2 + a) * channels + c) * plane
                        at += divided(first + side[2, 2], p2)
                        line = lines + h * width + first
                        for i in range(divided(width - first + p2 - 1, p2)):
                            work[at + i] = source[line + i * p2]


@kernel(*TO_UNPACK, inner=True)
def unpack(
    work: Array, sample: int, plane: int, pitch: Array, phase: int, side: Array, target: Array, begin: int, step: int,
    many: int, channels: int, bias: Array, channel: int, sums: Array,
) -> None:  # fmt: skip
    """Copies one phase of the results to where they belong, each channel's bias added; otherwise as `pack`."""
    depth, height, width = side[0, 0], side[0, 1], side[0, 2]
    p0, p1, p2 = side[1, 0], side[1, 1], side[1, 2]
    a0, a1, a2 = divided(phase, p1 * p2), remainder(divided(phase, p2), p1), remainder(phase, p2)
    for n in range(many):
        for c in range(channels):
            plus = bias[channel + c]
            for d in range(remainder(a0 + p0 - remainder(side[2, 0], p0), p0), depth, p0):
                at = c * plane + n * sample + divided(d + side[2, 0], p0) * pitch[0]
                lines = begin + n * step + (c * depth + d) * height * width
                if p1 == 1 and p2 == 1:
                    at += side[2, 1] * pitch[1] + side[2, 2]
                    copy_rows(
                        target.ctypes.data + lines * 4, width, work.ctypes.data + at * 4, pitch[1], height, width,
                        sums.ctypes.data, plus,
                    )  # fmt: skip
                    continue
                first = remainder(a2 + p2 - remainder(side[2, 2], p2), p2)
                for h in range(remainder(a1 + p1 - remainder(side[2, 1], p1), p1), height, p1):
                    row = at + divided(h + side[2, 1], p1) * pitch[1] + divided(first + side[2, 2], p2)
                    line = lines + h * width + first
                    for i in range(divided(width - first + p2 - 1, p2)):
                        target[line + i * p2] = work[row + i] + plus


@kernel(
    "float32[::1]", "float32[::1]", "float32[::1]", "float32[::1]", "int64[:, ::1]", "int64[:, ::1]", "int64[::1]",
    "int64[::1]", "int64[::1]", "int64[::1]", "int64[::1]", "float32[::1]", "float32[::1]", "float32[::1]",
)  # fmt: skip
def correlate(
    source: Array, target: Array, weights: Array, bias: Array, from_side: Array, to_side: Array, numbers: Array,
    offsets: Array, counts: Array, places: Array, task: Array, planes: Array, results: Array, sums: Array,
) -> None:  # fmt: skip
    """A task: first to before last piece of the samples, and of each group's results top to before bottom.

    source, target: (N, channels, D, H, W), flat. Sides: size, phases, front, pitch. numbers: as `Plan.numbers`. For
    each phase of the target, counts says how many weights each result has and offsets where in the planes they look.
    task: samples, channels and results of a group, first, last, top, bottom. planes: zeros outside what is written
    here; results: any numbers; sums: a vector's room.
    """
    at_once, groups, sample, plane, front = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
    samples, channels, filters, top, bottom = task[0], task[1], task[2], task[5], task[6]
    deep = max(64, min(DEEP, divided(100_000, max(1, bottom - top))))
    each = divided(places.size - WIDE, at_once)
    pitch = from_side[3]
    inside = from_side[0, 0] * from_side[0, 1] * from_side[0, 2]
    outside = to_side[0, 0] * to_side[0, 1] * to_side[0, 2]
    for piece in range(task[3], task[4]):
        start = piece * at_once
        many = min(at_once, samples - start)
        for group in range(groups):
            packed(
                numbers[PACKING],
                (source, (start * groups + group) * channels * inside, groups * channels * inside, channels, many,
                 from_side, pitch, sample, plane, planes, front, sums),
            )  # fmt: skip
            table, rows = 0, 0
            for phase in range(counts.size):
                count = counts[phase]
                own = rows + (group * filters + top) * count
                for begin in range(0, max(1, count), deep):
                    depth = min(deep, count - begin)
                    for place in range(0, many * each, WIDE):
                        tiles_at(
                            numbers[CODES + WIDE],
                            (weights.ctypes.data + (own + begin) * 4, count, 1, planes.ctypes.data,
                             offsets.ctypes.data + (table + begin) * 8, bottom - top, depth, results.ctypes.data,
                             plane, places.ctypes.data + place * 8, min(begin, 1)),
                        )  # fmt: skip
                unpacked(
                    numbers[UNPACKING],
                    (results, sample, plane, pitch, phase, to_side, target,
                     ((start * groups + group) * filters + top) * outside, groups * filters * outside, many,
                     bottom - top, bias, group * filters + top, sums),
                )  # fmt: skip
                table += count
                rows += groups * filters * count


@kernel(
    "float32[::1]", "float32[::1]", "int64[:, ::1]", "int64[:, ::1]", "int64[::1]", "int64[::1]", "int64[::1]",
    "int64[::1]", "float32[::1]", "float32[::1]", "float32[:, :, :, :, ::1]", "float64[:, ::1]", "float32[::1]",
    "float32[::1]",
)  # fmt: skip
def correlate_gradients(
    x: Array, d_out: Array, x_side: Array, d_side: Array, numbers: Array, shifts: Array, places: Array, task: Array,
    planes: Array, others: Array, sums: Array, biases: Array, total: Array, ignored: Array,
) -> None:  # fmt: skip
    """Adds to `sums` what the samples of some parts give for the weights, to `biases` for the biases; as `correlate`.

    task: here first and last are parts, of all the pieces whose number it ends with, and top and bottom blocks of ROWS
    filters. sums: (parts, groups, blocks, shifts by SHIFTS, ROOM). total, ignored: a vector's room.
    """
    at_once, groups, sample, plane, front = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
    samples, channels, filters, top, bottom = task[0], task[1], task[2], task[5], task[6]
    parts, blocks, across = sums.shape[0], sums.shape[2], sums.shape[3]
    each = divided(places.size - WIDE, at_once)
    pitch = x_side[3]
    inside = x_side[0, 0] * x_side[0, 1] * x_side[0, 2]
    outside = d_side[0, 0] * d_side[0, 1] * d_side[0, 2]
    low, high = top * ROWS, min(filters, bottom * ROWS)
    for part in range(task[3], task[4]):
        for piece in range(divided(part * task[7], parts), divided((part + 1) * task[7], parts)):
            start = piece * at_once
            many = min(at_once, samples - start)
            for group in range(groups):
                packed(
                    numbers[PACKING],
                    (x, (start * groups + group) * channels * inside, groups * channels * inside, channels, many,
                     x_side, pitch, sample, plane, planes, front, ignored),
                )  # fmt: skip
                for k in range(low, high):
                    for lane in range(LANES):
                        total[lane] = 0
                    packed(
                        numbers[PACKING],
                        (d_out, ((start * groups + group) * filters + k) * outside, groups * filters * outside, 1, many,
                         d_side, pitch, sample, plane, others, k * plane, total),
                    )  # fmt: skip
                    for lane in range(LANES):
                        biases[part, group * filters + k] += total[lane]
                for begin in range(0, many * each, SUMMED):
                    length = min(SUMMED, many * each - begin)
                    for block in range(top, bottom):
                        height = min(ROWS, filters - block * ROWS)
                        for shift in range(across):
                            at = (((part * groups + group) * blocks + block) * across + shift) * ROOM
                            dots(
                                others.ctypes.data + block * ROWS * plane * 4, plane, planes.ctypes.data,
                                shifts.ctypes.data + shift * SHIFTS * 8, places.ctypes.data + begin * 8, length,
                                height, sums.ctypes.data + at * 4,
                            )  # fmt: skip


@kernel(
    "float32[::1]", "float32[::1]", "int64[:, ::1]", "int64[::1]", "int64[::1]", "int64[::1]", "int64[::1]",
    "float32[::1]", "float32[::1]", "float32[:, ::1]",
)  # fmt: skip
def short_sums(
    x: Array, d_out: Array, side: Array, steps: Array, taps: Array, places: Array, task: Array, padded: Array,
    results: Array, d_weight: Array,
) -> None:  # fmt: skip
    """The gradient of the weights of filters top to before bottom of each group, channels in the lanes.

    side: size, padded size, front. places: FOUR. task: samples, channels, filters of a group, groups, top, bottom,
    codes of columns. padded: room for a sample's padded input, channels last, zeros in the padding; results: for
    (filters, taps, channels).
    """
    samples, channels, filters, groups, top, bottom = task[0], task[1], task[2], task[3], task[4], task[5]
    depth, height, width = side[0, 0], side[0, 1], side[0, 2]
    vectors, many, length = (channels + LANES - 1) // LANES, taps.size, steps.size
    room = vectors * LANES
    row = many * room
    for group in range(groups):
        for sample in range(samples):
            at = (sample * groups + group) * channels * depth * height * width
            for c in range(channels):
                for d in range(depth):
                    for h in range(height):
                        line = ((d + side[2, 0]) * side[1, 1] + h + side[2, 1]) * side[1, 2] + side[2, 2]
                        for w in range(width):
                            padded[(line + w) * room + c] = x[at + w]
                        at += width
            for begin in range(0, length, DEEP):
                deep, add = min(DEEP, length - begin), min(sample + begin, 1)
                a = d_out.ctypes.data + (((sample * groups + group) * filters + top) * length + begin) * 4
                table = steps[begin:]
                for tap in range(many):
                    b, c = padded.ctypes.data + taps[tap] * 4, results.ctypes.data + tap * room * 4
                    for v in range(vectors // 4):
                        at_v = v * 16 * LANES
                        tiles(
                            task[6:], 4, a, length, 1, b + at_v, table, bottom - top, deep, c + at_v, row, places, add
                        )  # fmt: skip
                    for v in range(vectors // 4 * 4, vectors):
                        at_v = v * 4 * LANES
                        tiles(
                            task[6:], 1, a, length, 1, b + at_v, table, bottom - top, deep, c + at_v, row, places, add
                        )  # fmt: skip
        if samples:
            for k in range(bottom - top):
                for first in range(0, channels, 16):
                    for tap in range(many):
                        at = k * row + tap * room
                        for channel in range(first, min(first + 16, channels)):
                            d_weight[group * filters + top + k, channel * many + tap] = results[at + channel]
