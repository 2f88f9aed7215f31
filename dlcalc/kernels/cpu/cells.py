"""Recurrent layers over (T, N, n) in float32: their arrays in blocks of units, and what runs over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from .. import threads
from ..compile import Array
from .backwards import gru_backward as gru_steps_backward
from .backwards import gru_before_backward as gru_before_steps_backward
from .backwards import lstm_backward as lstm_steps_backward
from .backwards import rnn_backward as rnn_steps_backward
from .columns import codes
from .machine import FLOAT32, LANES
from .sequences import gru_before_steps, gru_steps, lstm_steps, rnn_steps
from .sums import PACK, STEPS, SUMMED, SUMS, frame

NOTHING = np.empty(0, dtype=np.float32)
KEEP, RENEW = (np.float32(0), np.float32(1)), (np.float32(1), np.float32(-1))
"""The old state's share of a GRU's is plus + times · z."""


@dataclass(frozen=True, eq=False)
class Form:
    """slots: of a block. x, h: for each gate, in the order of the weights, the slot of its product with the input and
    the state."""

    slots: int
    x: tuple[int, ...]
    h: tuple[int, ...]
    columns: tuple[int, ...] = (1, 2)
    """How many vectors wide its products are."""

    @cached_property
    def table(self) -> Array:
        """Both as rows."""
        return np.array([self.x, self.h], dtype=np.int64)


RNN, LSTM = Form(1, (0,), (0,)), Form(4, (0, 1, 2, 3), (0, 1, 2, 3))
GRU, GRU_BEFORE = Form(4, (1, 2, 0), (1, 2, 3), (1, 2, 3)), Form(3, (1, 2, 0), (1, 2, 0), (1, 2, 3))
"""Whose reset gate stands behind the state's product, and before it."""


class Layer:
    """What the shapes decide, made once for each: for a small layer it takes as long as the kernel."""

    def __init__(self, form: Form, shape: tuple[int, int, int], m: int, reverse: bool) -> None:
        self.form, self.shape, self.m, self.reverse = form, shape, m, int(reverse)
        self.steps, self.samples, n = shape
        self.blocks = -(-m // LANES)
        self.padded = self.blocks * LANES
        width = self.blocks * form.slots * LANES
        self.pitch = width + LANES if form.slots > 1 and width % 1024 == 0 else width
        self.rows = self.steps * self.samples
        self.operations = 2.0 * self.rows * len(form.x) * m * (n + m)
        self.states_shape = self.steps + 1, self.samples, self.padded
        together = max(1, SUMMED // max(1, self.samples)) * self.samples
        self.ring = min(self.rows, together) * self.pitch
        panels = width * (n + m + 1)
        sums = 2 * self.blocks * len(form.x) * LANES * (self.padded + n + LANES)
        self.room_size = max(panels, sums + self.pitch) + 6 * self.padded
        self.kept_sizes: dict[tuple[int, ...], Array] = {}

    def sizes(self, parts: int, alone: int, back: int, share: int = 0, of: int = 1) -> Array:
        """As the kernels read them, with one of so many shares of the samples, or of the blocks and rows.

        alone: whether there is one thread. back: whether it is a pass backwards, which has parts of its own. Nobody
        writes into it.
        """
        key = parts, alone, back, share, of
        found = self.kept_sizes.get(key)
        if found is None:
            numbers = self.samples, self.blocks, self.rows
            spans = [(share * number // of, (share + 1) * number // of) for number in numbers]
            addresses = *codes(*self.form.columns), *(frame() if back else ())
            shape = *self.shape, self.m, self.blocks, self.reverse
            found = np.array((*shape, *spans[0], parts, *spans[1], *spans[2], alone, *addresses), dtype=np.int64)
            self.kept_sizes[key] = found
        return found

    def run(self, kernel: Callable[..., None], given: tuple[Any, ...], parts: int, jobs: int, back: int = 0) -> None:
        """kernel(*given, sizes) for all parts at once, or with several threads part after part."""
        if jobs == 1:
            kernel(*given, self.sizes(parts, 1, back))
            return
        kernel(*given, self.sizes(PACK, 0, back))
        for part, shares in ((STEPS, min(jobs, max(1, self.samples // 8))), (SUMS, jobs)):
            if parts & part:
                self.shared(kernel, given, part, shares, back)

    def shared(self, kernel: Callable[..., None], given: tuple[Any, ...], part: int, shares: int, back: int) -> None:
        threads.each(
            lambda share: kernel(*given, self.sizes(part, 0, back, share, shares)), shares, self.operations
        )  # fmt: skip

    def room(self) -> Array:
        """For the weights in panels and all that is added up, kept from call to call."""
        return threads.zeros("recurrent", self.room_size)

    def forward(self, kernel: Callable[..., None], *given: Any) -> None:
        self.run(kernel, given, PACK | STEPS, threads.number(self.operations))

    def states(self) -> Array:
        """(T + 1, N, whole blocks)."""
        return np.empty(self.states_shape, FLOAT32)

    def sums(self) -> Array:
        return np.empty(self.rows * self.pitch, FLOAT32)

    def beside(self) -> Array:
        """As large as the states of all steps."""
        return np.empty(self.rows * self.padded, FLOAT32)

    def state(self) -> Array:
        """(N, whole blocks)."""
        return np.empty(self.states_shape[1:], FLOAT32)

    def original(self, states: Array) -> Array:
        """The array in blocks that these states are part of."""
        if self.m == self.padded:
            return states
        if states.base is not None and states.base.shape == self.states_shape:
            return states.base
        found = np.zeros(self.states_shape, FLOAT32)
        found[..., : self.m] = states
        return found

    def kept(self, states: Array) -> Array:
        """Without the last block's filling."""
        return states if self.m == self.padded else states[..., : self.m]

    def back(
        self, kernel: Callable[..., None], read: tuple[Array, ...], w_ih: Array, w_hh: Array, d_h: Array,
        states: tuple[Array, ...], settings: tuple[Any, ...] = (), more: tuple[Array, ...] = (),
    ) -> tuple[Array, ...]:  # fmt: skip
        """Runs a pass backwards; the gradients of x, h0, the weights and the biases.

        states: of the outputs and states the gradients, d_h among them. more: what is written beside them.
        """
        jobs = threads.number(self.operations)
        d_sums = threads.zeros("sums", self.ring) if jobs == 1 else self.sums()
        d_x, d_w_ih = np.empty(self.shape, FLOAT32), np.empty(w_ih.shape, FLOAT32)
        d_w_hh, sums = np.empty(w_hh.shape, FLOAT32), len(w_ih)
        b_ih, b_hh = np.empty(sums, FLOAT32), np.empty(sums, FLOAT32)
        outputs = d_sums, self.room(), d_x, d_w_ih, d_w_hh, b_ih, b_hh, *more, self.form.table, *settings
        self.run(kernel, (*read, w_ih, w_hh, *states, *outputs), PACK | STEPS | SUMS, jobs, 1)
        return d_x, self.kept(d_h), d_w_ih, d_w_hh, b_ih, b_hh


_layer = lru_cache(maxsize=256)(Layer)
"""From form, shape of x, m and reverse."""


def _bias(vector: Array | None) -> Array:
    return NOTHING if vector is None else vector


def rnn_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, kind: int, reverse: bool
) -> Array:
    """All states (T + 1, N, m)."""
    layer = _layer(RNN, x.shape, w_hh.shape[1], reverse)
    h = layer.states()
    layer.forward(
        rnn_steps, x, h0, w_ih, w_hh, _bias(b_ih), _bias(b_hh), h, layer.sums(), layer.room(), RNN.table, kind
    )  # fmt: skip
    return layer.kept(h)


def rnn_backward(
    d_y: Array, d_last: Array, x: Array, h: Array, w_ih: Array, w_hh: Array, kind: int, reverse: bool
) -> tuple[Array, ...]:
    """The gradients of x, h0, the weights and the biases."""
    layer = _layer(RNN, x.shape, w_hh.shape[1], reverse)
    d_h = layer.state()
    return layer.back(rnn_steps_backward, (x, layer.original(h)), w_ih, w_hh, d_h, (d_y, d_last, d_h), (kind,))


def lstm_forward(
    x: Array, h0: Array, c0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, peephole: Array,
    reverse: bool,
) -> tuple[Array, Array, Any]:  # fmt: skip
    """All states h and c (T + 1, N, m), and the gates in blocks with the cells' tanh."""
    layer = _layer(LSTM, x.shape, w_hh.shape[1], reverse)
    h, c, squashed, sums = layer.states(), layer.states(), layer.beside(), layer.sums()
    layer.forward(
        lstm_steps, x, h0, c0, w_ih, w_hh, _bias(b_ih), _bias(b_hh), peephole, h, c, squashed, sums, layer.room(),
        LSTM.table,
    )  # fmt: skip
    return layer.kept(h), layer.kept(c), (sums, squashed)


def lstm_backward(
    d_y: Array, d_last: tuple[Array, Array], x: Array, saved: tuple[Array, Array, Any], w_ih: Array, w_hh: Array,
    peephole: Array, reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """As `rnn_backward`, and of c0 and the peepholes."""
    layer = _layer(LSTM, x.shape, w_hh.shape[1], reverse)
    h, c, (gates, squashed) = layer.original(saved[0]), layer.original(saved[1]), saved[2]
    d_h, d_c, looked = layer.state(), layer.state(), np.empty(3 * layer.m, FLOAT32)
    read, written = (x, gates, h, c, squashed, peephole), (d_y, *d_last, d_h, d_c)
    found = layer.back(lstm_steps_backward, read, w_ih, w_hh, d_h, written, more=(looked,))
    return *found, layer.kept(d_c), looked


def gru_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, keep: bool, reverse: bool
) -> tuple[Array, Array]:
    """All states (T + 1, N, m), and the gates in blocks; the reset gate meets W_hh h + b_hh."""
    layer = _layer(GRU, x.shape, w_hh.shape[1], reverse)
    h, sums = layer.states(), layer.sums()
    layer.forward(
        gru_steps, x, h0, w_ih, w_hh, _bias(b_ih), _bias(b_hh), h, sums, layer.room(), GRU.table, *_share_of(keep)
    )  # fmt: skip
    return layer.kept(h), sums


def gru_backward(
    d_y: Array, d_last: Array, x: Array, saved: tuple[Array, ...], w_ih: Array, w_hh: Array, keep: bool, reverse: bool
) -> tuple[Array, ...]:
    """As `rnn_backward`."""
    layer = _layer(GRU, x.shape, w_hh.shape[1], reverse)
    read, d_h = (x, saved[1], layer.original(saved[0])), layer.state()
    return layer.back(gru_steps_backward, read, w_ih, w_hh, d_h, (d_y, d_last, d_h), _share_of(keep))


def gru_before_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, keep: bool, reverse: bool
) -> tuple[Array, Any]:
    """As `gru_forward`; the reset gate meets h before W_hh does."""
    layer = _layer(GRU_BEFORE, x.shape, w_hh.shape[1], reverse)
    h, sums, reset = layer.states(), layer.sums(), layer.beside()
    layer.forward(
        gru_before_steps, x, h0, w_ih, w_hh, _bias(b_ih), _bias(b_hh), h, reset, sums, layer.room(), GRU_BEFORE.table,
        *_share_of(keep),
    )  # fmt: skip
    return layer.kept(h), (sums, reset)


def gru_before_backward(
    d_y: Array, d_last: Array, x: Array, saved: tuple[Array, Any], w_ih: Array, w_hh: Array, keep: bool, reverse: bool
) -> tuple[Array, ...]:
    """As `rnn_backward`."""
    layer = _layer(GRU_BEFORE, x.shape, w_hh.shape[1], reverse)
    gates, reset = saved[1]
    d_h = layer.state()
    read, written = (x, gates, layer.original(saved[0]), reset), (d_y, d_last, d_h, layer.state())
    return layer.back(gru_before_steps_backward, read, w_ih, w_hh, d_h, written, _share_of(keep))


def _share_of(keep: bool) -> tuple[Any, Any]:
    return KEEP if keep else RENEW
