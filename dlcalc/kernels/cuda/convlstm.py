"""ConvLSTM over (T, N, C, H, W): an LSTM whose matrix products are convolutions that keep the size of the image.

Shi et al., "Convolutional LSTM Network", NIPS 2015, equation 3. Gates in the order i, f, g, o. A step is two
launches, the convolution and the cells.
"""

from __future__ import annotations

from math import prod
from typing import Any

from .. import scalars
from ..cpu.recurrent import Gradients
from . import device
from .conv import bias_gradient, conv2d_forward, scattered, weight_gradient, windows_of
from .device import DeviceArray, cuda, kernel, on_device
from .recurrent import peephole_gradient, states, times
from .reductions import copied, spread, threads

lstm_cell, lstm_cell_backward = scalars.lstm_cell, scalars.lstm_cell_backward

ONES = (1, 1)


@on_device
def convlstm_forward(
    x: DeviceArray,
    h0: DeviceArray,
    c0: DeviceArray,
    w_ih: DeviceArray,
    w_hh: DeviceArray,
    b_ih: DeviceArray | None,
    b_hh: DeviceArray | None,
    peephole: DeviceArray,
    reverse: bool,
) -> tuple[DeviceArray, DeviceArray, DeviceArray]:
    """All states h and c (T + 1, N, K, H, W) and the gates (T, N, 4K, H, W). `peephole`: (3K, H, W), zeros without."""
    steps, images = x.shape[:2]
    frames = x.reshape(steps * images, *x.shape[2:])
    gates = conv2d_forward(frames, w_ih, b_ih, ONES, _same(w_ih), ONES, 1)
    gates = gates.reshape(steps, images, len(w_ih), *x.shape[3:])
    h, c = states(steps, h0, reverse), states(steps, c0, reverse)
    units = prod(h0.shape[1:])
    for t in times(steps, reverse):
        old, new = (t + reverse) * h0.size, (t + 1 - reverse) * h0.size
        product = conv2d_forward(h.part(old, *h0.shape), w_hh, b_hh, ONES, _same(w_hh), ONES, 1)
        places = old, new, 4 * t * h0.size, units, h0.size
        lstm_units.launch(spread(h0.size), product, gates, c, peephole, h, *places)
    return h, c, gates


@on_device
def convlstm_backward(
    d_y: DeviceArray,
    d_last: tuple[DeviceArray, DeviceArray],
    x: DeviceArray,
    saved: tuple[DeviceArray, DeviceArray, DeviceArray],
    w_ih: DeviceArray,
    w_hh: DeviceArray,
    peephole: DeviceArray,
    reverse: bool,
) -> Gradients[DeviceArray]:
    """Backpropagation through time; `saved`: what the forward pass returned."""
    h, c, gates = saved
    steps, images = x.shape[:2]
    state, size, units = d_last[0].shape, d_last[0].size, prod(d_last[0].shape[1:])
    d_sums, d_h, d_c = device.empty_like(gates), d_last[0], copied(d_last[1])
    windows, taps = windows_of(state, state[2:], w_hh.shape, ONES, _same(w_hh), ONES, 1)
    for t in times(steps, not reverse):
        places = (t + reverse) * size, (t + 1 - reverse) * size, 4 * t * size, t * size, units, size
        lstm_units_backward.launch(spread(size), d_y, d_h, gates, c, peephole, d_c, d_sums, *places)
        here = d_sums.part(4 * t * size, *gates.shape[1:])
        d_h = scattered(here, w_hh, None, windows, taps, state)
    all_sums = d_sums.reshape(steps * images, *d_sums.shape[2:])
    before = h.part(size if reverse else 0, steps * images, *state[1:])
    frames = x.reshape(steps * images, *x.shape[2:])
    inputs, input_taps = windows_of(frames.shape, state[2:], w_ih.shape, ONES, _same(w_ih), ONES, 1)
    cells = c.reshape(steps + 1, images, units)
    d_peephole = peephole_gradient(d_sums.reshape(steps, images, 4 * units), cells, reverse)
    d_bias = bias_gradient(all_sums)
    return Gradients(
        scattered(all_sums, w_ih, None, inputs, input_taps, frames.shape).reshape(*x.shape),
        d_h,
        weight_gradient(all_sums, frames, w_ih.shape, inputs, input_taps),
        weight_gradient(all_sums, before, w_hh.shape, windows, taps),
        d_bias,
        d_bias,
        d_c,
        d_peephole.reshape(*peephole.shape),
    )


def _same(weight: DeviceArray) -> list[tuple[int, int]]:
    return [((f - 1) // 2, f // 2) for f in weight.shape[2:]]


@kernel("T[]", "T[]", "T[]", "T[]", "T[]", "int64", "int64", "int64", "int64", "int64", threads=threads)
def lstm_units(
    product: Any, gates: Any, c: Any, peephole: Any, h: Any, old: int, new: int, step: int, units: int, count: int
) -> None:
    """Turns the sums in `gates` into gates; the new cell and the new state."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        image = at // units
        unit = at - image * units
        sums = image * 4 * units + unit
        place = step + sums
        i, f, g, o, cell, state = lstm_cell(
            gates[place] + product[sums],
            gates[place + units] + product[sums + units],
            gates[place + 2 * units] + product[sums + 2 * units],
            gates[place + 3 * units] + product[sums + 3 * units],
            c[old + at],
            peephole[unit],
            peephole[units + unit],
            peephole[2 * units + unit],
        )
        gates[place], gates[place + units], gates[place + 2 * units], gates[place + 3 * units] = i, f, g, o
        c[new + at], h[new + at] = cell, state


@kernel(*("T[]",) * 7, *("int64",) * 6, threads=threads)
def lstm_units_backward(
    d_y: Any,
    d_h: Any,
    gates: Any,
    c: Any,
    peephole: Any,
    d_c: Any,
    d_sums: Any,
    old: int,
    new: int,
    step: int,
    here: int,
    units: int,
    count: int,
) -> None:
    """The gradients of the sums; turns d_c, the new cell's gradient from later steps, into the old cell's."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        image = at // units
        unit = at - image * units
        place = step + image * 4 * units + unit
        d_i, d_f, d_g, d_o, d_old = lstm_cell_backward(
            gates[place],
            gates[place + units],
            gates[place + 2 * units],
            gates[place + 3 * units],
            c[old + at],
            c[new + at],
            peephole[unit],
            peephole[units + unit],
            peephole[2 * units + unit],
            d_h[at] + d_y[here + at],
            d_c[at],
        )
        d_sums[place], d_sums[place + units] = d_i, d_f
        d_sums[place + 2 * units], d_sums[place + 3 * units] = d_g, d_o
        d_c[at] = d_old
