"""Convolution with the images of a batch in the lanes, float32: for small images, whose rows fill no vectors.

A *position* of an image holds `wide` numbers side by side, one of each image; `wide` is a multiple of LANES, and the
images that a batch lacks of it are zeros. So (N, C, H, W) stands as (C, H, W, wide), the input of a convolution with
its padding around it. Every lane works, whatever the width, the stride or the dilation, and no gradient is computed of
padding.

A form says what a convolution is, in a table of whole numbers: window, stride, dilation, padding in front and size of
the output, of three axes each; channels, size of the input, filters, groups; then height and width of the padded input,
and where the offset of each tap stands, in positions.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..compile import Array, kernel
from .calls import caller
from .dot import ROOM, ROWS, SHIFTS
from .machine import LANES
from .taps import WIDE, column, dot, total
from .turn import turn_lines

HIGH, ACROSS, TAPS = 21, 22, 23
"""Places in a form, behind those of `steps.windows`."""
FORM = ("int64[::1]", "int64")
ADD_TAPS = ("int64",) * 19
call_add_taps = caller(*ADD_TAPS)
"""Called by its address, `at_taps`: else each kernel would be compiled with all tiles."""


def padded(size: Sequence[int], window: Sequence[int], stride: Sequence[int], dilation: Sequence[int],
           front: Sequence[int], output: Sequence[int]) -> tuple[int, int]:  # fmt: skip
    """Height and width of the input with all that a window reads; each argument has two numbers."""
    high, across = (
        max(p + n, (o - 1) * s + (f - 1) * d + 1)
        for n, f, s, d, p, o in zip(size, window, stride, dilation, front, output, strict=True)
    )
    return high, across


def offsets(channels: int, window: Sequence[int], dilation: Sequence[int], high: int, across: int) -> list[int]:
    """Of the taps of a filter, in the order of its weights; the last one again for a dot that is not full."""
    found = [
        (channel * high + i * dilation[0]) * across + j * dilation[1]
        for channel in range(channels) for i in range(window[0]) for j in range(window[1])
    ]  # fmt: skip
    return found + found[-1:] * (SHIFTS - 1)


if LANES:
    pairs, singles = column(WIDE), column(1)
    four, two, one = (dot(rows, SHIFTS) for rows in (4, 2, 1))
    four_alone, one_alone = dot(4, 1), dot(1, 1)

    @kernel(*ADD_TAPS, inner=True)
    def add_taps(
        rows: int, a: int, a_row: int, b: int, c: int, c_row: int, bias: int, floor: int, add: int, vectors: int,
        i: int, a_i: int, b_i: int, j: int, a_j: int, b_j: int, k: int, a_k: int, b_k: int,
    ) -> None:  # fmt: skip
        """As `taps.tile`, for any number of rows and vectors; from i on the walk."""
        blocks, walk = vectors // WIDE, (i, a_i, b_i, j, a_j, b_j, k, a_k, b_k)
        done = blocks * WIDE * LANES * 4
        pairs(rows, a, a_row, b, c, c_row, bias, floor, add, blocks, walk)
        if vectors > blocks * WIDE:
            singles(rows, a, a_row, b + done, c + done, c_row, bias, floor, add, vectors - blocks * WIDE, walk)

    @kernel(*FORM, "float32[::1]", "int64", "int64", "int64", "float32[::1]", "int64", "int64", inner=True)
    def lay_abreast(
        t: Array, table: int, images: Array, begin: int, step: int, many: int, planes: Array, at: int, wide: int
    ) -> None:
        """Images, `step` numbers apart, into the positions of padded planes; what stands around them is left."""
        channels, h, w, across = t[table + 15], t[table + 17], t[table + 18], t[table + ACROSS]
        high, front, beside = t[table + HIGH], t[table + 10], t[table + 11]
        for first in range(0, wide, LANES):
            lines = min(LANES, many - first)
            source = images.ctypes.data + (begin + first * step) * 4
            for channel in range(channels):
                for row in range(h):
                    target = at + ((channel * high + row + front) * across + beside) * wide + first
                    if lines > 0:
                        turn_lines(planes.ctypes.data + target * 4, wide, source + (channel * h + row) * w * 4, step,
                                   lines, w)  # fmt: skip
                    else:
                        for x in range(w):
                            planes[target + x * wide : target + x * wide + LANES] = 0

    @kernel("int64", "float32[::1]", "int64", "int64", "int64", "float32[::1]", "int64", "int64", inner=True)
    def turn_in(size: int, images: Array, begin: int, step: int, many: int, planes: Array, at: int, wide: int) -> None:
        """Images of `size` numbers, `step` numbers apart, side by side."""
        for first in range(0, wide, LANES):
            lines = min(LANES, many - first)
            if lines > 0:
                turn_lines(planes.ctypes.data + (at + first) * 4, wide,
                           images.ctypes.data + (begin + first * step) * 4, step, lines, size)  # fmt: skip
            else:
                for place in range(size):
                    planes[at + place * wide + first : at + place * wide + first + LANES] = 0

    @kernel("int64", "float32[::1]", "int64", "int64", "float32[::1]", "int64", "int64", "int64", inner=True)
    def turn_out(size: int, planes: Array, at: int, wide: int, images: Array, begin: int, step: int, many: int) -> None:
        """The images out of their lanes; nothing beside them is written."""
        whole = size // LANES * LANES
        for first in range(0, many, LANES):
            count = min(LANES, many - first)
            target = images.ctypes.data + (begin + first * step) * 4
            source = planes.ctypes.data + (at + first) * 4
            for place in range(0, whole, LANES):
                turn_lines(target + place * 4, step, source + place * wide * 4, wide, LANES, count)
            if whole and whole < size:  # the last vector has numbers of the one before
                place = size - LANES
                turn_lines(target + place * 4, step, source + place * wide * 4, wide, LANES, count)
            elif whole < size:
                for image in range(count):
                    for place in range(size):
                        images[begin + (first + image) * step + place] = planes[at + place * wide + first + image]

    @kernel("int64", *FORM, "int64", "float32[::1]", "int64", "float32[::1]", "int64", "int64", "int64", "float32[::1]",
            "int64", "float32[::1]", "int64", "int64", inner=True)  # fmt: skip
    def results_abreast(
        at_taps: int, t: Array, table: int, wide: int, planes: Array, x: int, p: Array, w: int, of_filter: int,
        of_tap: int, biases: Array, bias: int, results: Array, y: int, floor: int,
    ) -> None:  # fmt: skip
        """(C, padded H, padded W, wide) to (K, H', W', wide), not below 0 where `floor` is 1.

        of_filter, of_tap: how far apart in p the weights of two filters and of two taps are.
        """
        f1, f2, s1, s2, d1, d2 = t[table + 1], t[table + 2], t[table + 4], t[table + 5], t[table + 7], t[table + 8]
        oh, ow, groups, across = t[table + 13], t[table + 14], t[table + 20], t[table + ACROSS] * wide
        channels, filters, plane = t[table + 15] // groups, t[table + 19] // groups, t[table + HIGH] * across
        through = channels, f1 * f2 * of_tap, plane
        walk = (f1, f2 * of_tap, d1 * across, f2, of_tap, d2 * wide)
        inner = (*through, *walk) if channels < f2 else (*walk, *through)
        runs, long = (1, ow) if s2 == 1 else (ow, 1)
        base, target, vectors = planes.ctypes.data, results.ctypes.data, long * wide // LANES
        for group in range(groups):
            first = group * filters
            # weights of a group lie together
            a = p.ctypes.data + (w + group * filters * channels * f1 * f2) * 4
            for line in range(oh):
                source, to = x + group * channels * plane + line * s1 * across, y + (first * oh + line) * ow * wide
                for run in range(runs):
                    call_add_taps(
                        at_taps,
                        (filters, a, of_filter, base + (source + run * s2 * wide) * 4, target + (to + run * wide) * 4,
                         oh * ow * wide, biases.ctypes.data + (bias + first) * 4, floor, 0, vectors, *inner),
                    )  # fmt: skip

    @kernel("int64", *FORM, "int64", "float32[::1]", "int64", "float32[::1]", "int64", "int64", "int64", "float32[::1]",
            "int64", "float32[::1]", "int64", inner=True)  # fmt: skip
    def inputs_abreast(
        at_taps: int, t: Array, table: int, wide: int, results: Array, dy: int, p: Array, w: int, of_filter: int,
        of_tap: int, zeros: Array, zero: int, planes: Array, dx: int,
    ) -> None:  # fmt: skip
        """Adds the gradient of the input, (C, H, W, wide), to what is there; zeros: as many as a group's channels."""
        f1, f2, s1, s2, d1, d2 = t[table + 1], t[table + 2], t[table + 4], t[table + 5], t[table + 7], t[table + 8]
        front, beside, oh, ow = t[table + 10], t[table + 11], t[table + 13], t[table + 14]
        h, width, groups = t[table + 17], t[table + 18], t[table + 20]
        channels, filters, taps = t[table + 15] // groups, t[table + 19] // groups, f1 * f2
        out, plane = oh * ow * wide, h * width * wide
        for group in range(groups):
            a = p.ctypes.data + (w + group * filters * channels * taps) * 4
            for line in range(h):
                lowest, step, count = 0, 1, 0
                for i in range(f1):
                    place = line + front - i * d1
                    if place % s1 == 0 and 0 <= place < oh * s1:
                        if count == 0:
                            lowest = i
                        elif count == 1:
                            step = i - lowest
                        count += 1
                if count == 0:
                    continue
                last = (line + front - lowest * d1) // s1
                walk = (1, 0, 0, count, step * f2 * of_tap, -(step * d1 // s1) * ow * wide, filters, of_filter, out)
                for j in range(f2):
                    moved = j * d2 - beside
                    begin = max(0, -(moved // s2))
                    end = min(ow, (width - 1 - moved) // s2 + 1)
                    if end <= begin:
                        continue
                    runs, long = (1, end - begin) if s2 == 1 else (end - begin, 1)
                    source = dy + group * filters * out + (last * ow + begin) * wide
                    to = dx + group * channels * plane + (line * width + begin * s2 + moved) * wide
                    for run in range(runs):
                        call_add_taps(
                            at_taps,
                            (channels, a + (lowest * f2 + j) * of_tap * 4, taps * of_tap,
                             results.ctypes.data + (source + run * wide) * 4,
                             planes.ctypes.data + (to + run * s2 * wide) * 4, plane, zeros.ctypes.data + zero * 4, 0, 1,
                             long * wide // LANES, *walk),
                        )  # fmt: skip

    @kernel(*FORM, "int64", "float32[::1]", "int64", "float32[::1]", "int64", "float32[::1]", "int64", "int64", "int64",
            "float32[::1]", "int64", inner=True)  # fmt: skip
    def weights_abreast(
        t: Array, table: int, wide: int, planes: Array, x: int, results: Array, dy: int, g: Array, w: int,
        of_filter: int, of_tap: int, room: Array, at: int,
    ) -> None:  # fmt: skip
        """Adds the gradient of the weights; room: for ROOM numbers."""
        f1, f2, s1, s2 = t[table + 1], t[table + 2], t[table + 4], t[table + 5]
        oh, ow, groups, across = t[table + 13], t[table + 14], t[table + 20], t[table + ACROSS] * wide
        channels, filters, plane = t[table + 15] // groups, t[table + 19] // groups, t[table + HIGH] * across
        many, out = channels * f1 * f2, oh * ow * wide
        runs, long = (1, ow) if s2 == 1 else (ow, 1)
        walk, vectors = (oh, ow * wide, s1 * across, runs, wide, s2 * wide), long * wide // LANES
        sums = room.ctypes.data + at * 4
        for group in range(groups):
            b = planes.ctypes.data + (x + group * channels * plane) * 4
            for first in range(0, filters, ROWS):
                rows = min(ROWS, filters - first)
                a = results.ctypes.data + (dy + (group * filters + first) * out) * 4
                to = w + group * filters * many + first * of_filter
                tap = 0
                while tap < many:
                    shifts = t.ctypes.data + (t[table + TAPS] + tap) * 8
                    room[at : at + ROOM] = 0
                    together = SHIFTS if many - tap > SHIFTS // 2 else 1
                    if together > 1:
                        row = 0
                        if rows == ROWS:
                            four(a, out, b, shifts, wide, vectors, sums, walk)
                            row = ROWS
                        elif rows > 1:
                            two(a, out, b, shifts, wide, vectors, sums, walk)
                            row = 2
                        if row < rows:
                            one(a + row * out * 4, out, b, shifts, wide, vectors, sums + row * SHIFTS * 4, walk)
                    elif rows == ROWS:
                        four_alone(a, out, b, shifts, wide, vectors, sums, walk)
                    else:
                        for row in range(rows - 1, -1, -1):  # what lies behind a sum may be written
                            one_alone(a + row * out * 4, out, b, shifts, wide, vectors, sums + row * 4, walk)
                    for row in range(rows):
                        for j in range(min(together, many - tap)):
                            g[to + row * of_filter + (tap + j) * of_tap] += room[at + row * together + j]
                    tap += together

    @kernel("int64", "int64", "float32[::1]", "int64", "float32[::1]", "int64", inner=True)
    def biases_abreast(filters: int, size: int, results: Array, dy: int, g: Array, b: int) -> None:
        """Adds each filter's sum over `size` numbers, a whole number of vectors."""
        for channel in range(filters):
            total(results.ctypes.data + (dy + channel * size) * 4, size // LANES, g.ctypes.data + (b + channel) * 4)
