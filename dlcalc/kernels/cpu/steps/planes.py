"""Convolution of stride 1 without unfolding, in float32: one image at a time lies in padded planes, and each tap of a
filter reads it moved by some places.

Lines of the output lie at the pitch of the planes while they are computed: what stands between two lines is thrown
away, and is 0 on the way back. The table of a layer has, behind the sizes of `windows`, what `planned_windows` says.
"""

from __future__ import annotations

from ...compile import Array, kernel
from ..machine import LANES
from . import images
from .row import STEP, view

HEIGHT, PITCH, SPAN, TAPS, BACK = 21, 22, 23, 24, 25
"""Places in the table: lines and pitch of a plane, numbers of the output at that pitch; where the offsets of all taps
of a filter begin, and where those of the way back."""
GRADIENT, GRADIENT_PITCH, CORNER = 26, 27, 28
"""Numbers of a plane of the output's gradient with a frame of zeros, its pitch, and where the gradient begins in it."""

if LANES:
    image_product, taps_product = images.image_product, images.taps_product
    typed = [each.replace("T", "float32") for each in STEP]

    @kernel("int64", "int64", "int64", "float32[::1]", "int64", "int64", "int64", "float32[::1]", "int64", "int64",
            "int64", inner=True)  # fmt: skip
    def lay(
        channels: int, lines: int, width: int, x: Array, x_at: int, x_plane: int, x_pitch: int, y: Array, y_at: int,
        y_plane: int, y_pitch: int,
    ) -> None:  # fmt: skip
        """Copies lines of planes to another pitch."""
        for channel in range(channels):
            for line in range(lines):
                left = x_at + channel * x_plane + line * x_pitch
                right = y_at + channel * y_plane + line * y_pitch
                source, target = x[left : left + width], y[right : right + width]
                for j in range(width):
                    target[j] = source[j]

    @kernel(*typed, inner=True)
    def conv_planes(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """As `windows.conv`."""
        x, y, w, b, table, work = s[1], s[2], s[5], s[6], s[7], s[8]
        channels, h, wide, k = t[table + 15], t[table + 17], t[table + 18], t[table + 19]
        front, beside, out_h, out_w = t[table + 10], t[table + 11], t[table + 13], t[table + 14]
        pitch, span, taps = t[table + PITCH], t[table + SPAN], channels * t[table + 1] * t[table + 2]
        plane = t[table + HEIGHT] * pitch
        made = work + channels * plane + LANES
        a[work : work + channels * plane + LANES] = 0
        for image in range(n):
            lay(channels, h, wide, a, x + image * channels * h * wide, h * wide, wide, a,
                work + front * pitch + beside, plane, pitch)  # fmt: skip
            image_product(k, span, taps, p, w, 1, k, a, work, t, t[table + TAPS], a, made, span, False)
            out = y + image * k * out_h * out_w
            lay(k, out_h, out_w, a, made, span, pitch, a, out, out_h * out_w, out_w)
            if b >= 0:
                for channel in range(k):
                    line = a[out + channel * out_h * out_w : out + (channel + 1) * out_h * out_w]
                    bias = p[b + channel]
                    for at in range(out_h * out_w):
                        line[at] += bias

    @kernel(*typed, inner=True)
    def conv_planes_backward(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """As `windows.conv_backward`."""
        x, dx, dy, w, b, table, work, transposed = s[1], s[3], s[4], s[5], s[6], s[7], s[8], s[9]
        channels, h, wide, k = t[table + 15], t[table + 17], t[table + 18], t[table + 19]
        f1, f2, out_h, out_w = t[table + 1], t[table + 2], t[table + 13], t[table + 14]
        front, beside, pitch, span = t[table + 10], t[table + 11], t[table + PITCH], t[table + SPAN]
        plane, frame, frame_pitch = t[table + HEIGHT] * pitch, t[table + GRADIENT], t[table + GRADIENT_PITCH]
        taps = channels * f1 * f2
        framed = work + channels * plane + LANES
        made = framed + k * frame + LANES
        a[work:made] = 0
        a[transposed : transposed + span * k] = 0
        for image in range(n):
            d = dy + image * k * out_h * out_w
            if w < len(g):
                lay(channels, h, wide, a, x + image * channels * h * wide, h * wide, wide, a,
                    work + front * pitch + beside, plane, pitch)  # fmt: skip
                for line in range(out_h):
                    rows = view(a, transposed + line * pitch * k, (out_w, k))
                    for channel in range(k):
                        left = d + (channel * out_h + line) * out_w
                        source = a[left : left + out_w]
                        for column in range(out_w):
                            rows[column, channel] = source[column]
                taps_product(taps, k, span, a, work, t, t[table + TAPS], a, transposed, k, g, w, k)
            if 0 <= b < len(g):
                for channel in range(k):
                    g[b + channel] += a[d + channel * out_h * out_w : d + (channel + 1) * out_h * out_w].sum()
            if dx >= 0:
                lay(k, out_h, out_w, a, d, out_h * out_w, out_w, a, framed + t[table + CORNER], frame,
                    frame_pitch)  # fmt: skip
                read = framed + front * frame_pitch + beside
                image_product(channels, (h - 1) * frame_pitch + wide, f1 * f2 * k, p, w, f1 * f2 * k, 1, a, read, t,
                              t[table + BACK], a, made, frame, False)  # fmt: skip
                out = dx + image * channels * h * wide
                for channel in range(channels):
                    for line in range(h):
                        left = made + channel * frame + line * frame_pitch
                        right = out + (channel * h + line) * wide
                        source, target = a[left : left + wide], a[right : right + wide]
                        if s[10] > 0:
                            for j in range(wide):
                                target[j] += source[j]
                        else:
                            for j in range(wide):
                                target[j] = source[j]
