"""Recurrent layers by register tiles, in float32: each step a product for each block of units, the gates in its tail.

A block is LANES units, and its sums stand side by side: *slots*, one for each gate, of LANES numbers. The last block is
filled up with units whose weights are 0. A GRU has four slots, since the two sides of its candidate are not added
before the reset gate has met one of them: W n, r, z, W_hh h; the input gives the first three, the state the last three.

    sums[b, slot, lane] = Σ_k x[k] · panel[b, k, slot, lane],    weights[gate · m + b · LANES + lane, k] in the panel

Backwards the gradients of some steps' sums are computed, and then all that is summed over the steps (`sums`), before
they leave the cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from .. import scalars
from ..compile import Array, kernel
from .columns import tiles
from .gates import (
    gates_before,
    gru_map,
    lstm_map,
    rnn_relu,
    rnn_sigmoid,
    rnn_tanh,
    state_before,
)
from .machine import LANES
from .sums import (
    CODES,
    DEEP,
    PACK,
    STEPS,
    apart,
    wide,
)

HOISTED = 24
"""Rows of the input that are multiplied at a time: of several steps, where the batch is smaller."""


@register_jitable
def ahead(sizes: Array, s: int) -> Any:
    """How many rows of the input are multiplied at step s, 0 if those of an earlier one were, and the first of them."""
    steps, samples, reverse, low, high = sizes[0], sizes[1], sizes[5], sizes[6], sizes[7]
    together = max(1, HOISTED // max(1, samples)) if high - low == samples else 1
    if s % together:
        return 0, 0
    count = min(together, steps - s)
    first = steps - s - count if reverse else s
    return (count - 1) * samples + high - low, first * samples + low


@register_jitable
def read_by_three(
    x: Array, panels: int, sums: Array, table: Array, places: Array, sizes: Array, s: int, width: int, block: int
) -> None:
    """The products with the input that are due at step s, of three slots."""
    rows, first = ahead(sizes, s)
    n = sizes[2]
    if rows:
        for b in range(sizes[4]):
            tiles(
                sizes[CODES:], 3, x.ctypes.data + first * n * 4, n, 1, panels + b * n * block * 4, table, rows, n,
                sums.ctypes.data + (first * width + b * block) * 4, width, places, 0,
            )  # fmt: skip


@register_jitable
def lay(weight: Array, slots: Array, many: int, together: int, panels: Array) -> None:
    """(gates·m, k) to panels (blocks, many / together, k, together, LANES), each gate in its slot."""
    m, depth = weight.shape[0] // slots.size, weight.shape[1]
    row = together * LANES
    for begin in range(0, depth, 64):
        for gate in range(slots.size):
            slot = slots[gate]
            for unit in range(m):
                panel = unit // LANES * (many // together) + slot // together
                at = panel * depth * row + slot % together * LANES + unit % LANES
                for k in range(begin, min(begin + 64, depth)):
                    panels[at + k * row] = weight[gate * m + unit, k]


@register_jitable
def lay_pairs(weight: Array, blocks: int, panels: Array) -> None:
    """(m, k) to panels for `wide`: of two blocks side by side, (k, 2, LANES), and of the last one where it is odd."""
    m, depth = weight.shape
    paired = blocks // 2 * 2 * LANES
    for unit in range(m):
        row = 2 * LANES if unit < paired else LANES
        at = unit // row * row * depth + unit % row
        for k in range(depth):
            panels[at + k * row] = weight[unit, k]


@register_jitable
def lay_vector(vector: Array, slots: Array, many: int, blocks: Array) -> None:
    """Adds (gates·m,) to (blocks, many, LANES), each gate in its slot."""
    m = vector.size // slots.size
    for gate in range(slots.size):
        for unit in range(m):
            at = (unit // LANES * many + slots[gate]) * LANES + unit % LANES
            blocks[at] += vector[gate * m + unit]


@register_jitable
def places_in_room(n: int, m: int, blocks: int, slots: int) -> Any:
    """Where in the room of a pass forwards begin: W_hh's panels (W_ih's are first), the biases, the peepholes."""
    block = slots * LANES
    return blocks * n * block, blocks * (n + m) * block, blocks * (n + m + 1) * block


@register_jitable
def pack(
    w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, slots: Array, many: int, together: int, room: Array
) -> None:
    """Both weights and the biases' sum into blocks of `many` slots, `together` in a panel; a bias may be empty.

    Blocks of one slot have panels for two of them.
    """
    m, n = w_hh.shape[1], w_ih.shape[1]
    blocks = (m + LANES - 1) // LANES
    state, bias, behind = places_in_room(n, m, blocks, many)
    room[:behind] = 0
    if many == 1:
        lay_pairs(w_ih, blocks, room[:state])
        lay_pairs(w_hh, blocks, room[state:bias])
    else:
        lay(w_ih, slots[0], many, together, room[:state])
        lay(w_hh, slots[1], many, together, room[state:bias])
    lay_vector(b_ih, slots[0], many, room[bias:behind])
    lay_vector(b_hh, slots[1], many, room[bias:behind])


@register_jitable
def lay_peepholes(peephole: Array, blocks: int, room: Array, at: int) -> None:
    """Into (blocks, 3, LANES)."""
    room[at : at + 3 * blocks * LANES] = 0
    lay_vector(peephole, np.arange(3), 3, room[at:])


@kernel(
    "float32[:, :, ::1]", *["float32[:, ::1]"] * 2, *["float32[::1]"] * 2, "float32[:, :, ::1]",
    *["float32[::1]"] * 2, "int64[:, ::1]", "int64", "int64[::1]",
)  # fmt: skip
def rnn_steps(
    x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, h: Array, sums: Array, room: Array, slots: Array,
    kind: int, sizes: Array,
) -> None:  # fmt: skip
    """All steps of the samples from low to before high.

    sizes: T, N, n, m, blocks, reverse, low, high, and which parts: PACK the weights, STEPS. b_ih, b_hh may be empty.
    h: (T + 1, N, whole blocks). room: `places_in_room`.
    """
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many, codes = sizes[6], sizes[7] - sizes[6], sizes[CODES:]
    padded = blocks * LANES
    state, biases, _ = places_in_room(n, m, blocks, 1)
    if sizes[8] & PACK:
        pack(w_ih, w_hh, b_ih, b_hh, slots, 1, 1, room)
    if not sizes[8] & STEPS:
        return
    panels, bias = room.ctypes.data, room.ctypes.data + biases * 4
    deep = min(DEEP, max(n, m))
    twos, ones, places = np.arange(deep) * 2 * LANES, np.arange(deep) * LANES, np.arange(2) * LANES
    for s in range(steps):
        t = steps - 1 - s if reverse else s
        rows, first = ahead(sizes, s)
        if rows:
            wide(
                codes, x.ctypes.data + first * n * 4, n, rows, n, panels, twos, ones, places, blocks,
                sums.ctypes.data + first * padded * 4, padded, 0,
            )  # fmt: skip
        old, new = (t + reverse) * samples + low, (t + 1 - reverse) * samples + low
        for b in range(blocks):
            at = sums.ctypes.data + ((t * samples + low) * padded + b * LANES) * 4
            if b % 2 == 0:
                wide(
                    codes, h.ctypes.data + old * padded * 4, padded, many, m, panels + (state + b * m * LANES) * 4,
                    twos, ones, places, min(2, blocks - b), at, padded, 1,
                )  # fmt: skip
            ins, outs = (at, bias + b * LANES * 4), (h.ctypes.data + (new * padded + b * LANES) * 4,)
            if kind == scalars.TANH:
                rnn_tanh(many, LANES, ins, (padded, 0), outs, (padded,), ())
            elif kind == scalars.RELU:
                rnn_relu(many, LANES, ins, (padded, 0), outs, (padded,), ())
            else:
                rnn_sigmoid(many, LANES, ins, (padded, 0), outs, (padded,), ())


@kernel(
    "float32[:, :, ::1]", *["float32[:, ::1]"] * 2, *["float32[::1]"] * 3, *["float32[:, :, ::1]"] * 2,
    *["float32[::1]"] * 3, "int64[:, ::1]", "int64[::1]",
)  # fmt: skip
def lstm_steps(
    x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, peephole: Array, h: Array, c: Array,
    squashed: Array, sums: Array, room: Array, slots: Array, sizes: Array,
) -> None:  # fmt: skip
    """As `rnn_steps`; the sums become the gates, `squashed` the tanh of the cells."""
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many, codes = sizes[6], sizes[7] - sizes[6], sizes[CODES:]
    padded, block = blocks * LANES, 4 * LANES
    width, pair = apart(blocks, 4), 2 * LANES
    state, biases, looking = places_in_room(n, m, blocks, 4)
    if sizes[8] & PACK:
        pack(w_ih, w_hh, b_ih, b_hh, slots, 4, 2, room)
        lay_peepholes(peephole, blocks, room, looking)
    if not sizes[8] & STEPS:
        return
    panels, bias, holes = room.ctypes.data, room.ctypes.data + biases * 4, room.ctypes.data + looking * 4
    table, places = np.arange(max(n, m)) * pair, np.arange(2) * LANES
    for s in range(steps):
        t = steps - 1 - s if reverse else s
        rows, first = ahead(sizes, s)
        old, new = (t + reverse) * samples + low, (t + 1 - reverse) * samples + low
        here = t * samples + low
        # the input's part of one step block by block, so that a block's sums stay near until they are gates
        apiece = rows == many
        for b in range(0 if apiece or not rows else blocks):
            for half in range(2):
                wide(
                    codes, x.ctypes.data + first * n * 4, n, rows, n, panels + (2 * b + half) * n * pair * 4,
                    table, table, places, 2, sums.ctypes.data + (first * width + b * block + half * pair) * 4,
                    width, 0,
                )  # fmt: skip
        for b in range(blocks):
            at = sums.ctypes.data + (here * width + b * block) * 4
            for half in range(2):
                if apiece:
                    wide(
                        codes, x.ctypes.data + here * n * 4, n, many, n, panels + (2 * b + half) * n * pair * 4,
                        table, table, places, 2, at + half * pair * 4, width, 0,
                    )  # fmt: skip
                wide(
                    codes, h.ctypes.data + old * padded * 4, padded, many, m,
                    panels + (state + (2 * b + half) * m * pair) * 4, table, table, places, 2, at + half * pair * 4,
                    width, 1,
                )  # fmt: skip
            unit = b * LANES * 4
            lstm_map(
                many, LANES,
                (at, bias + b * block * 4, c.ctypes.data + old * padded * 4 + unit,
                 holes + 3 * unit),
                (width, 0, padded, 0),
                (at, c.ctypes.data + new * padded * 4 + unit, squashed.ctypes.data + here * padded * 4 + unit,
                 h.ctypes.data + new * padded * 4 + unit),
                (width, padded, padded, padded), (),
            )  # fmt: skip


@kernel(
    "float32[:, :, ::1]", *["float32[:, ::1]"] * 2, *["float32[::1]"] * 2, "float32[:, :, ::1]",
    *["float32[::1]"] * 2, "int64[:, ::1]", "float32", "float32", "int64[::1]",
)  # fmt: skip
def gru_steps(
    x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, h: Array, sums: Array, room: Array, slots: Array,
    plus: float, times: float, sizes: Array,
) -> None:  # fmt: skip
    """As `rnn_steps`; the sums become n, r, z and W_hh h + b. The old state's share is plus + times · z."""
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many, codes = sizes[6], sizes[7] - sizes[6], sizes[CODES:]
    padded, block = blocks * LANES, 4 * LANES
    width = apart(blocks, 4)
    state, biases, _ = places_in_room(n, m, blocks, 4)
    if sizes[8] & PACK:
        pack(w_ih, w_hh, b_ih, b_hh, slots, 4, 4, room)
    if not sizes[8] & STEPS:
        return
    panels, bias = room.ctypes.data, room.ctypes.data + biases * 4
    table, places = np.arange(max(n, m)) * block, np.arange(4) * LANES
    for s in range(steps):
        t = steps - 1 - s if reverse else s
        read_by_three(x, panels, sums, table, places, sizes, s, width, block)
        old, new = (t + reverse) * samples + low, (t + 1 - reverse) * samples + low
        here = t * samples + low
        for b in range(blocks):
            at = sums.ctypes.data + (here * width + b * block) * 4
            for row in range(many):
                first = (here + row) * width + b * block + 3 * LANES
                sums[first : first + LANES] = 0
            tiles(
                codes, 3, h.ctypes.data + old * padded * 4, padded, 1, panels + (state + b * m * block) * 4, table,
                many, m, at, width, places[1:], 1,
            )  # fmt: skip
            gru_map(
                many, LANES,
                (at, bias + b * block * 4, h.ctypes.data + (old * padded + b * LANES) * 4),
                (width, 0, padded), (at, h.ctypes.data + (new * padded + b * LANES) * 4), (width, padded),
                (plus, times),
            )  # fmt: skip


@kernel(
    "float32[:, :, ::1]", *["float32[:, ::1]"] * 2, *["float32[::1]"] * 2, "float32[:, :, ::1]",
    *["float32[::1]"] * 3, "int64[:, ::1]", "float32", "float32", "int64[::1]",
)  # fmt: skip
def gru_before_steps(
    x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, h: Array, reset: Array, sums: Array, room: Array,
    slots: Array, plus: float, times: float, sizes: Array,
) -> None:  # fmt: skip
    """As `gru_steps`; the sums become n, r, z, and `reset` r ⊙ h, which W_hn is multiplied with."""
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many, codes = sizes[6], sizes[7] - sizes[6], sizes[CODES:]
    padded, block = blocks * LANES, 3 * LANES
    width = apart(blocks, 3)
    own, biases, _ = places_in_room(n, m, blocks, 3)
    if sizes[8] & PACK:
        pack(w_ih, w_hh, b_ih, b_hh, slots, 3, 3, room)
    if not sizes[8] & STEPS:
        return
    panels, bias = room.ctypes.data, room.ctypes.data + biases * 4
    table, places = np.arange(max(n, m)) * block, np.arange(3) * LANES
    for s in range(steps):
        t = steps - 1 - s if reverse else s
        read_by_three(x, panels, sums, table, places, sizes, s, width, block)
        old, new = (t + reverse) * samples + low, (t + 1 - reverse) * samples + low
        here = t * samples + low
        for b in range(blocks):
            at, state = sums.ctypes.data + (here * width + b * block) * 4, (old * padded + b * LANES) * 4
            tiles(
                codes, 2, h.ctypes.data + old * padded * 4, padded, 1, panels + (own + b * m * block) * 4, table,
                many, m, at, width, places[1:], 1,
            )  # fmt: skip
            gates_before(
                many, LANES, (at, bias + b * block * 4, h.ctypes.data + state), (width, 0, padded),
                (at, reset.ctypes.data + (here * padded + b * LANES) * 4), (width, padded), (),
            )  # fmt: skip
        for b in range(blocks):
            at, state = sums.ctypes.data + (here * width + b * block) * 4, (old * padded + b * LANES) * 4
            tiles(
                codes, 1, reset.ctypes.data + here * padded * 4, padded, 1, panels + (own + b * m * block) * 4,
                table, many, m, at, width, places, 1,
            )  # fmt: skip
            state_before(
                many, LANES, (at, h.ctypes.data + state), (width, padded),
                (at, h.ctypes.data + (new * padded + b * LANES) * 4), (width, padded), (plus, times),
            )  # fmt: skip
