"""ConvLSTM over (T, N, C, H, W): an LSTM whose matrix products are convolutions that keep the size of the image.

Shi et al., "Convolutional LSTM Network", NIPS 2015, equation 3. Gates in the order i, f, g, o.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..compile import Array
from .backwards import lstm_rows, lstm_rows_backward
from .conv import conv2d_backward, conv2d_forward
from .machine import tiled
from .recurrent import Gradients, lstm_step, lstm_step_backward, peephole_gradient

ONES = (1, 1)


def convlstm_forward(
    x: Array,
    h0: Array,
    c0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    peephole: Array,
    reverse: bool,
) -> tuple[Array, Array, Array]:
    """All states h and c (T + 1, N, K, H, W) and the gates (T, N, 4K, H, W). `peephole`: (3K, H, W), zeros without."""
    steps, images = x.shape[:2]
    frames = x.reshape(steps * images, *x.shape[2:])
    gates = conv2d_forward(frames, w_ih, b_ih, ONES, _same(w_ih), ONES, 1).reshape(
        steps, images, len(w_ih), *x.shape[3:]
    )
    h, c = (np.empty((steps + 1, *h0.shape), dtype=x.dtype) for _ in range(2))
    h[-1 if reverse else 0], c[-1 if reverse else 0] = h0, c0
    step = lstm_rows if tiled(x) else lstm_step
    for t in range(steps - 1, -1, -1) if reverse else range(steps):
        old, new = t + reverse, t + 1 - reverse
        product = conv2d_forward(h[old], w_hh, b_hh, ONES, _same(w_hh), ONES, 1)
        step(_flat(product), _flat(c[old]), peephole.reshape(-1), _flat(gates[t]), _flat(c[new]), _flat(h[new]))
    return h, c, gates


def convlstm_backward(
    d_y: Array,
    d_last: tuple[Array, Array],
    x: Array,
    saved: tuple[Array, Array, Array],
    w_ih: Array,
    w_hh: Array,
    peephole: Array,
    reverse: bool,
) -> Gradients[Array]:
    """Backpropagation through time; `saved`: what the forward pass returned."""
    h, c, gates = saved
    steps, images = x.shape[:2]
    d_sums, d_h, d_c = np.empty_like(gates), d_last[0].copy(), d_last[1].copy()
    d_w_hh, d_b_hh = np.zeros_like(w_hh), np.zeros(len(w_hh), dtype=x.dtype)
    step = lstm_rows_backward if tiled(x) else lstm_step_backward
    for t in range(steps) if reverse else range(steps - 1, -1, -1):
        old, new = t + reverse, t + 1 - reverse
        d_h += d_y[t]
        looked = _flat(c[old]), _flat(c[new])
        step(_flat(gates[t]), *looked, peephole.reshape(-1), _flat(d_h), _flat(d_c), _flat(d_sums[t]))
        d_h, d_w, d_b = conv2d_backward(d_sums[t], h[old], w_hh, ONES, _same(w_hh), ONES, 1)
        d_w_hh += d_w
        d_b_hh += d_b
    all_sums = d_sums.reshape(steps * images, *d_sums.shape[2:])
    frames = x.reshape(steps * images, *x.shape[2:])
    d_x, d_w_ih, d_b_ih = conv2d_backward(all_sums, frames, w_ih, ONES, _same(w_ih), ONES, 1)
    units = peephole.size // 3
    cells = c.reshape(steps + 1, images, units)
    d_peephole = peephole_gradient(d_sums.reshape(steps, images, 4 * units), cells, reverse)
    return Gradients(d_x.reshape(x.shape), d_h, d_w_ih, d_w_hh, d_b_ih, d_b_hh, d_c, d_peephole.reshape(peephole.shape))


def _same(weight: Array) -> list[tuple[int, int]]:
    return [((f - 1) // 2, f // 2) for f in weight.shape[2:]]


def _flat(array: Array) -> Array:
    """(N, …) as (N, k): gates then stand side by side as in an LSTM's."""
    return array.reshape(len(array), prod(array.shape[1:]))
