"""Convolution without unfolding, in float32: one image at a time lies in padded planes, and each tap of a filter reads
them moved by some places.

With a stride, lines and columns that lie s apart are planes of their own, so that what one tap reads for neighbouring
outputs lies side by side. Lines of the output lie at the pitch of the planes while they are computed: what stands
between two lines is thrown away, and is 0 on the way back. The table of a layer has, behind the sizes of `windows`,
what `planned_windows` says.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...compile import Array, kernel
from ..dot import ROOM, ROWS, SHIFTS, dots
from ..machine import LANES
from ..taps import total
from ..turn import turn_lines
from . import images
from .row import PRODUCT, STEP, product

PLANE, PITCH, SPAN, LINE, TAPS, PLACES = 21, 22, 23, 24, 25, 26
"""Places in the table: numbers and pitch of a plane; numbers of an output at that pitch, and those that it takes with
zeros behind it; where the offsets of all taps of a filter begin, in the order of its weights, as many as `dot` takes at
a time; and where those of an output's vectors do."""

if LANES:
    INTO: Any = np.int64(-1)  # a constant of Python's would be a type of its own, and `lay` compiled for it again
    image_product, taps_product = images.image_product, images.taps_product
    typed = [each.replace("T", "float32") for each in STEP]

    @kernel("int64[::1]", "int64", "float32[::1]", "int64", "int64", "int64", inner=True)
    def lay(t: Array, table: int, a: Array, x: int, planes: int, way: int) -> None:
        """An image into its planes; `way` 0: back out of them, 1: added to what is there."""
        channels, h, wide = t[table + 15], t[table + 17], t[table + 18]
        s1, s2, front, beside = t[table + 4], t[table + 5], t[table + 10], t[table + 11]
        plane, pitch = t[table + PLANE], t[table + PITCH]
        for phase in range(s2):  # divisions are slow: no channel makes one
            first = (phase - beside) % s2
            count, moved = (wide - first + s2 - 1) // s2, phase * plane + (first + beside) // s2
            for line in range(h):
                row = line + front
                inside = planes + row % s1 * s2 * plane + row // s1 * pitch + moved
                for channel in range(channels):
                    start, at = x + (channel * h + line) * wide + first, inside + channel * s1 * s2 * plane
                    image, target = a[start : start + (count - 1) * s2 + 1], a[at : at + count]
                    if way < 0:
                        for j in range(count):
                            target[j] = image[j * s2]
                    elif way > 0:
                        for j in range(count):
                            image[j * s2] += target[j]
                    else:
                        for j in range(count):
                            image[j * s2] = target[j]

    @kernel(*typed, inner=True)
    def conv_planes(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """As `windows.conv`."""
        x, y, w, b, table, work = s[1], s[2], s[5], s[6], s[7], s[8]
        channels, size, k = t[table + 15], t[table + 15] * t[table + 17] * t[table + 18], t[table + 19]
        out_h, out_w, pitch, span = t[table + 13], t[table + 14], t[table + PITCH], t[table + SPAN]
        taps, all = channels * t[table + 1] * t[table + 2], channels * t[table + 4] * t[table + 5] * t[table + PLANE]
        made, zero = work + all + LANES, a.dtype.type(0)
        a[work:made] = 0
        for image in range(n):
            lay(t, table, a, x + image * size, work, INTO)
            image_product(k, span, taps, p, w, 1, k, a, work, t, t[table + TAPS], a, made, span, False)
            for channel in range(k):
                bias = p[b + channel] if b >= 0 else zero
                for line in range(out_h):
                    left = made + channel * span + line * pitch
                    right = y + ((image * k + channel) * out_h + line) * out_w
                    source, target = a[left : left + out_w], a[right : right + out_w]
                    for j in range(out_w):
                        target[j] = source[j] + bias

    @kernel("int64", "int64", "float32[::1]", "int64", "int64", "int64", "int64", "int64[::1]", "int64", "int64",
            "float32[::1]", "int64", inner=True)  # fmt: skip
    def dots_product(
        taps: int, k: int, a: Array, lines: int, width: int, planes: int, room: int, t: Array, shifts: int, places: int,
        g: Array, w: int,
    ) -> None:  # fmt: skip
        """The gradient of the weights of few filters: lanes are places of the output, whose products are added up."""
        for first in range(0, taps, SHIFTS):
            for channel in range(0, k, ROWS):
                a[room : room + ROOM] = 0
                rows = min(ROWS, k - channel)
                dots(a.ctypes.data + (lines + channel * width) * 4, width, a.ctypes.data + planes * 4,
                     t.ctypes.data + (shifts + first) * 8, t.ctypes.data + places * 8, width // LANES, rows,
                     a.ctypes.data + room * 4)  # fmt: skip
                for row in range(rows):
                    for tap in range(min(SHIFTS, taps - first)):
                        g[w + (first + tap) * k + channel + row] += a[room + row * SHIFTS + tap]

    @kernel(*typed, inner=True)
    def conv_planes_backward(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """As `windows.conv_backward`."""
        x, dx, dy, w, b, table, work, transposed = s[1], s[3], s[4], s[5], s[6], s[7], s[8], s[9]
        channels, size, k = t[table + 15], t[table + 15] * t[table + 17] * t[table + 18], t[table + 19]
        out_h, out_w, pitch, span, width = (
            t[table + 13],
            t[table + 14],
            t[table + PITCH],
            t[table + SPAN],
            t[table + LINE],
        )
        phases, window = t[table + 4] * t[table + 5] * t[table + PLANE], t[table + 1] * t[table + 2]
        width, offsets = t[table + LINE], t[table + TAPS]
        few, wide = 2 * k <= LANES, (k + LANES - 1) // LANES * LANES
        lines = work + channels * phases + LANES
        back = lines + k * width + LANES
        a[work:back] = 0
        if not few:
            a[transposed : transposed + span * wide] = 0
        for image in range(n):
            d = dy + image * k * out_h * out_w
            for channel in range(k):
                for line in range(out_h):
                    left, right = d + (channel * out_h + line) * out_w, lines + channel * width + line * pitch
                    source, target = a[left : left + out_w], a[right : right + out_w]
                    for j in range(out_w):
                        target[j] = source[j]
                if 0 <= b < len(g):
                    total(
                        a.ctypes.data + (lines + channel * width) * 4, width // LANES, g.ctypes.data + (b + channel) * 4
                    )
            if w < len(g):
                lay(t, table, a, x + image * size, work, INTO)
                if few:
                    dots_product(channels * window, k, a, lines, width, work, back + channels * phases + LANES, t,
                                 offsets, t[table + PLACES], g, w)  # fmt: skip
                else:
                    for line in range(out_h):
                        for first in range(0, k, LANES):
                            turn_lines(a.ctypes.data + (transposed + line * pitch * wide + first) * 4, wide,
                                       a.ctypes.data + (d + (first * out_h + line) * out_w) * 4, out_h * out_w,
                                       min(LANES, k - first), out_w)  # fmt: skip
                    taps_product(channels * window, k, span, a, work, t, offsets, a, transposed, wide, g, w, k)
            if dx >= 0:
                a[back : back + channels * phases] = 0
                for tap in range(window):
                    product(c[PRODUCT], channels, span, k, p, w + tap * k, window * k, 1, a, lines, width,
                            a, back + t[offsets + tap], phases, True)  # fmt: skip
                lay(t, table, a, dx + image * size, back, s[10])
