"""Recurrent layers over (T, N, n) in float32: their arrays in blocks of units, and `sequences` run over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from math import ceil
from typing import Any

import numpy as np

from .. import threads
from ..compile import Array
from .machine import LANES
from .sequences import (
    add_looked_at,
    apart,
    back_to_inputs,
    bias_gradients,
    gru_before_steps,
    gru_before_steps_backward,
    gru_steps,
    gru_steps_backward,
    lstm_steps,
    lstm_steps_backward,
    outer_products,
    pack,
    pack_back,
    rnn_steps,
    rnn_steps_backward,
    unpack,
)

NOTHING = np.empty(0, dtype=np.float32)


@dataclass(frozen=True)
class Form:
    """slots: of a block. x, h: for each gate, in the order of the weights, the slot of its product with the input and
    the state."""

    slots: int
    x: tuple[int, ...]
    h: tuple[int, ...]
    together: int
    """Slots in one panel of weights."""

    @cached_property
    def table(self) -> Array:
        """Both as rows."""
        return np.array([self.x, self.h], dtype=np.int64)


@cache
def ordered(slots: tuple[int, ...]) -> Array:
    """Slots counted from the first that is used."""
    return np.array([slot - min(slots) for slot in slots], dtype=np.int64)


RNN, LSTM = Form(1, (0,), (0,), 1), Form(4, (0, 1, 2, 3), (0, 1, 2, 3), 2)
GRU, GRU_BEFORE = Form(4, (1, 2, 0), (1, 2, 3), 4), Form(3, (1, 2, 0), (1, 2, 0), 3)
"""Whose reset gate stands behind the state's product, and before it."""


class Layer:
    """One call's shapes, and its arrays in blocks."""

    def __init__(self, form: Form, x: Array, w_hh: Array, reverse: bool) -> None:
        self.form, self.reverse = form, int(reverse)
        self.steps, self.samples, self.n = x.shape
        self.m = w_hh.shape[1]
        self.blocks = ceil(self.m / LANES)
        self.padded, self.width = self.blocks * LANES, self.blocks * form.slots * LANES
        self.pitch = apart(self.blocks, form.slots)
        self.rows = self.steps * self.samples
        self.operations = 2.0 * self.rows * len(form.x) * self.m * (self.n + self.m)

    def sizes(self, low: int, high: int) -> Array:
        numbers = self.steps, self.samples, self.n, self.m, self.blocks, self.reverse, low, high
        return np.array(numbers, dtype=np.int64)

    def by_samples(self, run: Callable[[Array], None]) -> None:
        """run(sizes) for shares of the samples."""
        jobs = min(threads.number(self.operations), max(1, self.samples // 8))

        def work(job: int) -> None:
            run(self.sizes(job * self.samples // jobs, (job + 1) * self.samples // jobs))

        threads.each(work, jobs, self.operations)

    def packed(
        self, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, peephole: Array | None = None
    ) -> list[Array]:
        """Panels of both weights, the biases' sum, and the peepholes (blocks, 3, LANES)."""
        block = self.form.slots * LANES
        holes = 0 if peephole is None else 3 * self.padded
        first = self.blocks * self.n * block
        second = first + self.blocks * self.m * block
        third = second + self.blocks * block
        room = np.zeros(third + holes, dtype=np.float32)
        parts = [room[:first], room[first:second], room[second:third], room[third:]]
        vectors = [NOTHING if vector is None else vector.reshape(-1) for vector in (b_ih, b_hh, peephole)]
        given: list[Any] = [w_ih, w_hh, *vectors, self.form.table, self.form.slots, self.form.together, *parts]
        pack(*given)
        return parts

    def back_panels(self, weight: Array, slots: tuple[int, ...]) -> Array:
        """Of a weight whose gates stand in these slots, one behind the other in some order."""
        many, vectors = len(slots), ceil(weight.shape[1] / LANES)
        deep = self.width if many == self.form.slots else many * LANES
        found = np.zeros(self.blocks * many * LANES * vectors * LANES, dtype=np.float32)
        pack_back(weight, ordered(slots), deep, self.blocks, found)
        return found

    def states(self, first: Array) -> Array:
        found = np.zeros((self.steps + 1, self.samples, self.padded), dtype=np.float32)
        found[self.steps if self.reverse else 0, :, : self.m] = first
        return found

    def filled(self, array: Array) -> Array:
        """(…, k) with zeros behind up to whole vectors; the array itself where none are missing."""
        missing = -array.shape[-1] % LANES
        if not missing:
            return array
        found = np.zeros((*array.shape[:-1], array.shape[-1] + missing), dtype=np.float32)
        found[..., : array.shape[-1]] = array
        return found

    def original(self, states: Array) -> Array:
        """The array in blocks that these states are part of."""
        shape = self.steps + 1, self.samples, self.padded
        if states.base is not None and states.base.shape == shape:
            return states.base
        return self.filled(np.ascontiguousarray(states))

    def before(self, states: Array) -> Array:
        """The state that each step began with; `after`: that it ended with."""
        return states[1:] if self.reverse else states[:-1]

    def after(self, states: Array) -> Array:
        return states[:-1] if self.reverse else states[1:]

    def gradients(self, x: Array, h: Array, w_ih: Array, d_sums: Array, reset: Array | None = None) -> dict[str, Array]:
        """What is summed over all steps; reset: what the last gate's weight is multiplied with for the state."""
        form, flat = self.form, d_sums.reshape(-1)
        vectors = ceil(self.n / LANES)
        d_x = np.empty((self.steps, self.samples, vectors * LANES), dtype=np.float32)
        panels, flat_x = self.back_panels(w_ih, form.x), d_x.reshape(-1)
        shape = form.slots, min(form.x), len(form.x), self.blocks, vectors
        jobs = threads.number(self.operations)

        def to_inputs(job: int) -> None:
            span = job * self.rows // jobs, (job + 1) * self.rows // jobs
            back_to_inputs(flat, panels, flat_x, np.array([*shape, *span], dtype=np.int64))

        threads.each(to_inputs, jobs, self.operations)
        gates = len(form.x) * self.m
        total = np.zeros(self.pitch + 2 * gates, dtype=np.float32)
        b_ih, b_hh = total[self.pitch : -gates], total[-gates:]
        bias_gradients(flat, self.rows, form.table, total[: self.pitch], b_ih, b_hh)
        before = self.before(h)
        if reset is None:
            w_hh = self.weight_gradient(flat, form.h, before, self.m)
        else:
            parts = (form.h[:-1], before), (form.h[-1:], reset)
            w_hh = np.concatenate([self.weight_gradient(flat, slots, read, self.m) for slots, read in parts])
        return {
            "x": d_x if vectors * LANES == self.n else d_x[:, :, : self.n].copy(),
            "w_ih": self.weight_gradient(flat, form.x, self.filled(x), self.n),
            "w_hh": w_hh,
            "b_ih": b_ih,
            "b_hh": b_hh,
        }

    def weight_gradient(self, d_sums: Array, slots: tuple[int, ...], read: Array, columns: int) -> Array:
        """Of a weight (gates·m, columns) whose gates stand in these slots; read: what it is multiplied with."""
        blocks, row, order = self.blocks, read.shape[-1], ordered(slots)
        numbers = self.form.slots, min(slots), len(order), blocks, row // LANES
        out = np.zeros(blocks * len(order) * LANES * row, dtype=np.float32)
        flat_read = read.reshape(-1)
        jobs = min(threads.number(self.operations), blocks)

        def work(job: int) -> None:
            span = job * blocks // jobs, (job + 1) * blocks // jobs, self.rows
            outer_products(d_sums, flat_read, out, np.array([*numbers, *span], dtype=np.int64))

        threads.each(work, jobs, self.operations)
        d_weight = np.empty((len(order) * self.m, columns), dtype=np.float32)
        unpack(out, order, row, d_weight)
        return d_weight


def rnn_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, kind: int, reverse: bool
) -> Array:
    """All states (T + 1, N, m)."""
    layer = Layer(RNN, x, w_hh, reverse)
    h, sums = layer.states(h0), np.empty((layer.rows, layer.pitch), dtype=np.float32)
    *packed, _ = layer.packed(w_ih, w_hh, b_ih, b_hh)
    flat: list[Any] = [array.reshape(-1) for array in (x, *packed, h, sums)]
    layer.by_samples(lambda sizes: rnn_steps(*[*flat, kind, sizes]))
    return h[:, :, : layer.m]


def rnn_backward(
    d_y: Array, d_last: Array, x: Array, h: Array, w_ih: Array, w_hh: Array, kind: int, reverse: bool
) -> dict[str, Array]:
    """The gradients by the names of the arguments."""
    layer = Layer(RNN, x, w_hh, reverse)
    states, d_h = layer.original(h), layer.filled(d_last.copy())
    d_sums = np.empty((layer.rows, layer.pitch), dtype=np.float32)
    flat = states.reshape(-1), layer.back_panels(w_hh, layer.form.h), layer.filled(d_y).reshape(-1)
    layer.by_samples(lambda sizes: rnn_steps_backward(*flat, d_h.reshape(-1), d_sums.reshape(-1), kind, sizes))
    return {"h0": d_h[:, : layer.m].copy(), **layer.gradients(x, states, w_ih, d_sums)}


def lstm_forward(
    x: Array, h0: Array, c0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, peephole: Array,
    reverse: bool,
) -> tuple[Array, Array, Any]:  # fmt: skip
    """All states h and c (T + 1, N, m), and the gates in blocks with the cells' tanh."""
    layer = Layer(LSTM, x, w_hh, reverse)
    h, c = layer.states(h0), layer.states(c0)
    squashed = np.empty((layer.rows, layer.padded), dtype=np.float32)
    sums = np.empty((layer.rows, layer.pitch), dtype=np.float32)
    packed = layer.packed(w_ih, w_hh, b_ih, b_hh, peephole)
    flat: list[Any] = [array.reshape(-1) for array in (x, *packed, h, c, squashed, sums)]
    layer.by_samples(lambda sizes: lstm_steps(*[*flat, sizes]))
    return h[:, :, : layer.m], c[:, :, : layer.m], (sums, squashed, packed[3])


def lstm_backward(
    d_y: Array, d_last: tuple[Array, Array], x: Array, saved: tuple[Array, Array, Any], w_ih: Array, w_hh: Array,
    peephole: Array, reverse: bool,
) -> dict[str, Array]:  # fmt: skip
    """The gradients by the names of the arguments."""
    layer = Layer(LSTM, x, w_hh, reverse)
    h, c, (gates, squashed, holes) = layer.original(saved[0]), layer.original(saved[1]), saved[2]
    d_h, d_c = (layer.filled(d.copy()) for d in d_last)
    d_sums = np.empty((layer.rows, layer.pitch), dtype=np.float32)
    read = gates, c, squashed, holes, layer.back_panels(w_hh, layer.form.h), layer.filled(d_y), d_h, d_c, d_sums
    flat: list[Any] = [array.reshape(-1) for array in read]
    layer.by_samples(lambda sizes: lstm_steps_backward(*[*flat, sizes]))
    found = layer.gradients(x, h, w_ih, d_sums)
    looked = np.zeros(3 * layer.padded, dtype=np.float32)
    old, new = (part.reshape(-1) for part in (layer.before(c), layer.after(c)))
    add_looked_at(d_sums.reshape(-1), old, new, looked, layer.rows, layer.blocks)
    by_gate = looked.reshape(layer.blocks, 3, LANES).transpose(1, 0, 2).reshape(3, layer.padded)
    found["peephole"] = by_gate[:, : layer.m].reshape(-1)
    return {"h0": d_h[:, : layer.m].copy(), "c0": d_c[:, : layer.m].copy(), **found}


def gru_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, keep: bool, reverse: bool
) -> tuple[Array, Array]:
    """All states (T + 1, N, m), and the gates in blocks; the reset gate meets W_hh h + b_hh."""
    layer = Layer(GRU, x, w_hh, reverse)
    h, sums = layer.states(h0), np.zeros((layer.rows, layer.pitch), dtype=np.float32)
    *packed, _ = layer.packed(w_ih, w_hh, b_ih, b_hh)
    flat: list[Any] = [array.reshape(-1) for array in (x, *packed, h, sums)]
    layer.by_samples(lambda sizes: gru_steps(*[*flat, *_share_of(keep), sizes]))
    return h[:, :, : layer.m], sums


def gru_backward(
    d_y: Array, d_last: Array, x: Array, saved: tuple[Array, ...], w_ih: Array, w_hh: Array, keep: bool, reverse: bool
) -> dict[str, Array]:
    """The gradients by the names of the arguments."""
    layer = Layer(GRU, x, w_hh, reverse)
    h, gates = layer.original(saved[0]), saved[1]
    d_h, d_sums = layer.filled(d_last.copy()), np.empty((layer.rows, layer.pitch), dtype=np.float32)
    read = gates, h, layer.back_panels(w_hh, layer.form.h), layer.filled(d_y), d_h, d_sums
    flat: list[Any] = [array.reshape(-1) for array in read]
    layer.by_samples(lambda sizes: gru_steps_backward(*[*flat, *_share_of(keep), sizes]))
    return {"h0": d_h[:, : layer.m].copy(), **layer.gradients(x, h, w_ih, d_sums)}


def gru_before_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, keep: bool, reverse: bool
) -> tuple[Array, Any]:
    """As `gru_forward`; the reset gate meets h before W_hh does."""
    layer = Layer(GRU_BEFORE, x, w_hh, reverse)
    h, sums = layer.states(h0), np.empty((layer.rows, layer.pitch), dtype=np.float32)
    reset = np.empty((layer.rows, layer.padded), dtype=np.float32)
    *packed, _ = layer.packed(w_ih, w_hh, b_ih, b_hh)
    flat: list[Any] = [array.reshape(-1) for array in (x, *packed, h, reset, sums)]
    layer.by_samples(lambda sizes: gru_before_steps(*[*flat, *_share_of(keep), sizes]))
    return h[:, :, : layer.m], (sums, reset)


def gru_before_backward(
    d_y: Array, d_last: Array, x: Array, saved: tuple[Array, Any], w_ih: Array, w_hh: Array, keep: bool, reverse: bool
) -> dict[str, Array]:
    """The gradients by the names of the arguments."""
    layer = Layer(GRU_BEFORE, x, w_hh, reverse)
    h, (gates, reset), m = layer.original(saved[0]), saved[1], layer.m
    d_h, d_sums = layer.filled(d_last.copy()), np.empty((layer.rows, layer.pitch), dtype=np.float32)
    back = layer.back_panels(w_hh[2 * m :], (0,)), layer.back_panels(w_hh[: 2 * m], (1, 2))
    read = gates, h, *back, layer.filled(d_y), d_h, np.empty_like(d_h), d_sums
    flat: list[Any] = [array.reshape(-1) for array in read]
    layer.by_samples(lambda sizes: gru_before_steps_backward(*[*flat, *_share_of(keep), sizes]))
    return {"h0": d_h[:, : layer.m].copy(), **layer.gradients(x, h, w_ih, d_sums, reset)}


def _share_of(keep: bool) -> tuple[Any, Any]:
    return (np.float32(0), np.float32(1)) if keep else (np.float32(1), np.float32(-1))
