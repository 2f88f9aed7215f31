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
from .machine import LANES
from .sequences import gru_before_steps, gru_steps, lstm_steps, rnn_steps
from .sums import PACK, STEPS, SUMMED, SUMS, frame

NOTHING = np.empty(0, dtype=np.float32)


@dataclass(frozen=True)
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


@lru_cache(maxsize=256)
def _sizes(
    form: Form, shape: tuple[int, ...], parts: int, share: int, of: int, ring: int, back_too: bool
) -> Array:  # fmt: skip
    """What `Layer.sizes` gives; nobody writes into it."""
    steps, samples, blocks = shape[0], shape[1], shape[4]
    spans = [(share * number // of, (share + 1) * number // of) for number in (samples, blocks, steps * samples)]
    addresses = *codes(*form.columns), *(frame() if back_too else ())
    return np.array((*shape, *spans[0], parts, *spans[1], *spans[2], ring, *addresses), dtype=np.int64)


class Layer:
    """One call's shapes, and its arrays in blocks."""

    back_too = False
    """Whether it is a pass backwards, which has parts of its own."""

    def __init__(self, form: Form, x: Array, w_hh: Array, reverse: bool) -> None:
        self.form, self.reverse = form, int(reverse)
        self.steps, self.samples, self.n = x.shape
        self.m = w_hh.shape[1]
        self.blocks = -(-self.m // LANES)
        self.padded = self.blocks * LANES
        width = self.blocks * form.slots * LANES
        self.pitch = width + LANES if form.slots > 1 and width % 1024 == 0 else width
        self.rows = self.steps * self.samples
        self.operations = 2.0 * self.rows * len(form.x) * self.m * (self.n + self.m)
        self.jobs = threads.number(self.operations)

    def sizes(self, parts: int, share: int = 0, of: int = 1) -> Array:
        """As the kernels read them, with one of so many shares of the samples, or of the blocks and rows."""
        shape = self.steps, self.samples, self.n, self.m, self.blocks, self.reverse
        return _sizes(self.form, shape, parts, share, of, int(self.jobs == 1), self.back_too)

    def run(self, work: Callable[[Array], None], parts: int) -> None:
        """work(sizes) for all parts at once, or with several threads part after part."""
        if self.jobs == 1:
            work(self.sizes(parts))
            return
        work(self.sizes(PACK))
        for part, jobs in ((STEPS, min(self.jobs, max(1, self.samples // 8))), (SUMS, self.jobs)):
            if parts & part:
                self.shared(work, part, jobs)

    def shared(self, work: Callable[[Array], None], part: int, jobs: int) -> None:
        threads.each(lambda job: work(self.sizes(part, job, jobs)), jobs, self.operations)

    def room(self) -> Array:
        """For the weights in panels and all that is added up, kept from call to call."""
        form = self.form
        panels = self.blocks * form.slots * LANES * (self.n + self.m + 1)
        sums = 2 * self.blocks * len(form.x) * LANES * (self.padded + self.n + LANES)
        return threads.zeros("recurrent", max(panels, sums + self.pitch) + 6 * self.padded)

    def states(self, first: Array) -> Array:
        """(T + 1, N, whole blocks), all but the first still to be written."""
        found = np.empty((self.steps + 1, self.samples, self.padded), dtype=np.float32)
        begin = found[self.steps if self.reverse else 0]
        begin[:, : self.m], begin[:, self.m :] = first, 0
        return found

    def filled(self, array: Array) -> Array:
        """A copy of (…, m) with zeros behind up to whole blocks."""
        if self.m == self.padded:
            return array.copy()
        found = np.zeros((*array.shape[:-1], self.padded), dtype=np.float32)
        found[..., : self.m] = array
        return found

    def original(self, states: Array) -> Array:
        """The array in blocks that these states are part of."""
        shape = self.steps + 1, self.samples, self.padded
        if states.shape == shape:
            return states
        if states.base is not None and states.base.shape == shape:
            return states.base
        return self.filled(states)

    def kept(self, states: Array) -> Array:
        """Without the last block's filling."""
        return states if self.m == self.padded else states[..., : self.m]

    def back(
        self, kernel: Callable[..., None], read: tuple[Array, ...], w_ih: Array, w_hh: Array, *written: Any,
        settings: tuple[Any, ...] = (), more: tuple[Array, ...] = (),
    ) -> dict[str, Array]:  # fmt: skip
        """Runs a pass backwards; the gradients that are summed over the steps. more: what it writes beside them."""
        self.back_too = True
        together = max(1, SUMMED // max(1, self.samples)) * self.samples
        if self.jobs == 1:
            d_sums = threads.zeros("sums", min(self.rows, together) * self.pitch)
        else:
            d_sums = np.empty(self.rows * self.pitch, dtype=np.float32)
        d_x = np.empty((self.steps, self.samples, self.n), dtype=np.float32)
        d_w_ih, d_w_hh = np.empty(w_ih.shape, dtype=np.float32), np.empty(w_hh.shape, dtype=np.float32)
        b_ih, b_hh = np.empty(len(w_ih), dtype=np.float32), np.empty(len(w_ih), dtype=np.float32)
        room, slots = self.room(), self.form.table
        outputs = d_sums, room, d_x, d_w_ih, d_w_hh, b_ih, b_hh, *more, slots, *settings
        self.run(lambda sizes: kernel(*read, w_ih, w_hh, *written, *outputs, sizes), PACK | STEPS | SUMS)
        return {"x": d_x, "w_ih": d_w_ih, "w_hh": d_w_hh, "b_ih": b_ih, "b_hh": b_hh}


def _bias(vector: Array | None) -> Array:
    return NOTHING if vector is None else vector


def rnn_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, kind: int, reverse: bool
) -> Array:
    """All states (T + 1, N, m)."""
    layer = Layer(RNN, x, w_hh, reverse)
    h, sums, room = layer.states(h0), np.empty(layer.rows * layer.pitch, dtype=np.float32), layer.room()
    given: list[Any] = [x, w_ih, w_hh, _bias(b_ih), _bias(b_hh), h, sums, room, RNN.table, kind]
    layer.run(lambda sizes: rnn_steps(*[*given, sizes]), PACK | STEPS)
    return layer.kept(h)


def rnn_backward(
    d_y: Array, d_last: Array, x: Array, h: Array, w_ih: Array, w_hh: Array, kind: int, reverse: bool
) -> dict[str, Array]:
    """The gradients by the names of the arguments."""
    layer = Layer(RNN, x, w_hh, reverse)
    d_h = layer.filled(d_last)
    found = layer.back(rnn_steps_backward, (x, layer.original(h)), w_ih, w_hh, d_y, d_h, settings=(kind,))
    return {"h0": layer.kept(d_h), **found}


def lstm_forward(
    x: Array, h0: Array, c0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, peephole: Array,
    reverse: bool,
) -> tuple[Array, Array, Any]:  # fmt: skip
    """All states h and c (T + 1, N, m), and the gates in blocks with the cells' tanh."""
    layer = Layer(LSTM, x, w_hh, reverse)
    h, c = layer.states(h0), layer.states(c0)
    squashed = np.empty(layer.rows * layer.padded, dtype=np.float32)
    sums = np.empty(layer.rows * layer.pitch, dtype=np.float32)
    given: list[Any] = [
        x, w_ih, w_hh, _bias(b_ih), _bias(b_hh), peephole, h, c, squashed, sums, layer.room(), LSTM.table
    ]  # fmt: skip
    layer.run(lambda sizes: lstm_steps(*[*given, sizes]), PACK | STEPS)
    return layer.kept(h), layer.kept(c), (sums, squashed)


def lstm_backward(
    d_y: Array, d_last: tuple[Array, Array], x: Array, saved: tuple[Array, Array, Any], w_ih: Array, w_hh: Array,
    peephole: Array, reverse: bool,
) -> dict[str, Array]:  # fmt: skip
    """The gradients by the names of the arguments."""
    layer = Layer(LSTM, x, w_hh, reverse)
    h, c, (gates, squashed) = layer.original(saved[0]), layer.original(saved[1]), saved[2]
    d_h, d_c = layer.filled(d_last[0]), layer.filled(d_last[1])
    looked = np.empty(3 * layer.m, dtype=np.float32)
    read = x, gates, h, c, squashed, peephole
    found = layer.back(lstm_steps_backward, read, w_ih, w_hh, d_y, d_h, d_c, more=(looked,))
    return {"h0": layer.kept(d_h), "c0": layer.kept(d_c), **found, "peephole": looked}


def gru_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, keep: bool, reverse: bool
) -> tuple[Array, Array]:
    """All states (T + 1, N, m), and the gates in blocks; the reset gate meets W_hh h + b_hh."""
    layer = Layer(GRU, x, w_hh, reverse)
    h, sums = layer.states(h0), np.empty(layer.rows * layer.pitch, dtype=np.float32)
    given: list[Any] = [x, w_ih, w_hh, _bias(b_ih), _bias(b_hh), h, sums, layer.room(), GRU.table, *_share_of(keep)]
    layer.run(lambda sizes: gru_steps(*[*given, sizes]), PACK | STEPS)
    return layer.kept(h), sums


def gru_backward(
    d_y: Array, d_last: Array, x: Array, saved: tuple[Array, ...], w_ih: Array, w_hh: Array, keep: bool, reverse: bool
) -> dict[str, Array]:
    """The gradients by the names of the arguments."""
    layer = Layer(GRU, x, w_hh, reverse)
    d_h, read = layer.filled(d_last), (x, saved[1], layer.original(saved[0]))
    found = layer.back(gru_steps_backward, read, w_ih, w_hh, d_y, d_h, settings=_share_of(keep))
    return {"h0": layer.kept(d_h), **found}


def gru_before_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, keep: bool, reverse: bool
) -> tuple[Array, Any]:
    """As `gru_forward`; the reset gate meets h before W_hh does."""
    layer = Layer(GRU_BEFORE, x, w_hh, reverse)
    h, sums = layer.states(h0), np.empty(layer.rows * layer.pitch, dtype=np.float32)
    reset = np.empty(layer.rows * layer.padded, dtype=np.float32)
    given: list[Any] = [
        x, w_ih, w_hh, _bias(b_ih), _bias(b_hh), h, reset, sums, layer.room(), GRU_BEFORE.table, *_share_of(keep)
    ]  # fmt: skip
    layer.run(lambda sizes: gru_before_steps(*[*given, sizes]), PACK | STEPS)
    return layer.kept(h), (sums, reset)


def gru_before_backward(
    d_y: Array, d_last: Array, x: Array, saved: tuple[Array, Any], w_ih: Array, w_hh: Array, keep: bool, reverse: bool
) -> dict[str, Array]:
    """The gradients by the names of the arguments."""
    layer = Layer(GRU_BEFORE, x, w_hh, reverse)
    gates, reset = saved[1]
    d_h, read = layer.filled(d_last), (x, gates, layer.original(saved[0]), reset)
    room = np.empty_like(d_h)
    found = layer.back(gru_before_steps_backward, read, w_ih, w_hh, d_y, d_h, room, settings=_share_of(keep))
    return {"h0": layer.kept(d_h), **found}


def _share_of(keep: bool) -> tuple[Any, Any]:
    return (np.float32(0), np.float32(1)) if keep else (np.float32(1), np.float32(-1))
