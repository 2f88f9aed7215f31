"""What a recurrent unit computes from its sums, forwards and backwards, as maps over vectors of units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .emit import Emit, Value
from .functions import sigmoid, tanh
from .maps import mapped


def _rnn(activation: Callable[[Emit, Value], Value]) -> Any:
    return lambda e, _, v: [activation(e, e.add(v[0], v[1]))]


def _relu(e: Emit, x: Value) -> Value:
    zero = e.constant(0)
    # a sum that is NaN stays NaN
    return e.builder.select(e.builder.fcmp_ordered("<=", x, zero), zero, x)


def _rnn_back(slope: Callable[[Emit, Value], Value]) -> Any:
    return lambda e, _, v: [e.multiply(e.add(v[1], v[2]), slope(e, v[0]))]


def _sigmoid_slope(e: Emit, y: Value) -> Value:
    return e.multiply(y, e.one_minus(y))


def _tanh_slope(e: Emit, y: Value) -> Value:
    return e.fma(e.negative(y), y, e.constant(1))


def _relu_slope(e: Emit, y: Value) -> Value:
    return e.if_above(y, e.constant(0), e.constant(1), e.constant(0))


def lstm(e: Emit, _: Any, v: Sequence[Value]) -> list[Value]:
    """sums and biases of i, f, g, o; c; peepholes of i, f, o. Gives i, f, g, o; the new c; its tanh; h."""
    a = [e.add(v[k], v[4 + k]) for k in range(4)]
    old, p_i, p_f, p_o = v[8:]
    i, f, g = sigmoid(e, e.fma(p_i, old, a[0])), sigmoid(e, e.fma(p_f, old, a[1])), tanh(e, a[2])
    new = e.fma(f, old, e.multiply(i, g))
    o, squashed = sigmoid(e, e.fma(p_o, new, a[3])), tanh(e, new)
    return [i, f, g, o, new, squashed, e.multiply(o, squashed)]


def lstm_gradients(e: Emit, _: Any, v: Sequence[Value]) -> list[Value]:
    """i, f, g, o; the old c; the new one's tanh; gradients of y, h, c; peepholes. Gives those of the sums and of c."""
    i, f, g, o, old, squashed, d_y, d_h, d_c, p_i, p_f, p_o = v
    d = e.add(d_y, d_h)
    d_o = e.multiply(e.multiply(d, squashed), _sigmoid_slope(e, o))
    d_cell = e.fma(e.multiply(d, o), _tanh_slope(e, squashed), e.fma(d_o, p_o, d_c))
    d_i = e.multiply(e.multiply(d_cell, g), _sigmoid_slope(e, i))
    d_f = e.multiply(e.multiply(d_cell, old), _sigmoid_slope(e, f))
    d_g = e.multiply(e.multiply(d_cell, i), _tanh_slope(e, g))
    return [d_i, d_f, d_g, d_o, e.fma(d_cell, f, e.fma(d_i, p_i, e.multiply(d_f, p_f)))]


def _lstm_apart(e: Emit, _: Any, v: Sequence[Value]) -> list[Value]:
    """As `lstm`, the sums in two parts; the tanh is not kept."""
    i, f, g, o, new, _, h = lstm(e, None, v)
    return [i, f, g, o, new, h]


def _lstm_apart_back(e: Emit, _: Any, v: Sequence[Value]) -> list[Value]:
    """As `lstm_gradients`, from the new cell instead of its tanh, and one gradient of h."""
    return lstm_gradients(e, None, [*v[:5], tanh(e, v[5]), v[6], e.constant(0), *v[7:]])


def _share(e: Emit, numbers: Sequence[Value], z: Value) -> Value:
    """Of the old state: z or 1 − z, as 0 + 1·z or 1 − 1·z."""
    return e.fma(numbers[1], z, numbers[0])


def gru(e: Emit, numbers: Sequence[Value], v: Sequence[Value]) -> list[Value]:
    """sums and biases of W n, r, z, W_hh h; h. Gives n, r, z, W_hh h + b; the new h."""
    a = [e.add(v[k], v[4 + k]) for k in range(4)]
    old = v[8]
    r, z = sigmoid(e, a[1]), sigmoid(e, a[2])
    n = tanh(e, e.fma(r, a[3], a[0]))
    share = _share(e, numbers, z)
    return [n, r, z, a[3], e.fma(share, old, e.multiply(e.one_minus(share), n))]


def gru_gradients(e: Emit, numbers: Sequence[Value], v: Sequence[Value]) -> list[Value]:
    """n, r, z, W_hh h + b; the old h; gradients of y and h. Gives those of the sums; what the old h has at once."""
    n, r, z, reset, old, d_y, d_h = v
    d = e.add(d_y, d_h)
    share = _share(e, numbers, z)
    d_n = e.multiply(e.multiply(d, e.one_minus(share)), _tanh_slope(e, n))
    d_z = e.multiply(e.multiply(e.multiply(numbers[1], d), e.subtract(old, n)), _sigmoid_slope(e, z))
    d_r = e.multiply(e.multiply(d_n, reset), _sigmoid_slope(e, r))
    return [d_n, d_r, d_z, e.multiply(d_n, r), e.multiply(d, share)]


def _gates_before(e: Emit, _: Any, v: Sequence[Value]) -> list[Value]:
    """sums of n, r, z, their biases; h. Gives n's sum so far, r, z; what W_hn will meet."""
    r, z = sigmoid(e, e.add(v[1], v[4])), sigmoid(e, e.add(v[2], v[5]))
    return [e.add(v[0], v[3]), r, z, e.multiply(r, v[6])]


def _state_before(e: Emit, numbers: Sequence[Value], v: Sequence[Value]) -> list[Value]:
    """n's sum, r, z; h. Gives n; the new h."""
    n, share = tanh(e, v[0]), _share(e, numbers, v[2])
    return [n, e.fma(share, v[3], e.multiply(e.one_minus(share), n))]


def _state_before_back(e: Emit, numbers: Sequence[Value], v: Sequence[Value]) -> list[Value]:
    """n, r, z; the old h; gradients of y and h. Gives those of n's and z's sums, r's still missing; the old h's."""
    d_n, _, d_z, _, kept = gru_gradients(e, numbers, [*v[:3], v[1], *v[3:]])
    return [d_n, e.constant(0), d_z, kept]


def _gates_before_back(e: Emit, _: Any, v: Sequence[Value]) -> list[Value]:
    """n, r, z; h; the gradients of r ⊙ h and of h. Gives that of r's sum; that of h with what came through r ⊙ h."""
    _, r, _, h, d_reset, d_h = v
    return [e.multiply(e.multiply(d_reset, h), _sigmoid_slope(e, r)), e.fma(d_reset, r, d_h)]


rnn_tanh, rnn_relu, rnn_sigmoid = (
    mapped(f"rnn_{name}", (1, 1), (1,), _rnn(formula))
    for name, formula in (("tanh", tanh), ("relu", _relu), ("sigmoid", sigmoid))
)
rnn_tanh_back, rnn_relu_back, rnn_sigmoid_back = (
    mapped(f"rnn_{name}_back", (1, 1, 1), (1,), _rnn_back(formula))
    for name, formula in (("tanh", _tanh_slope), ("relu", _relu_slope), ("sigmoid", _sigmoid_slope))
)
lstm_map = mapped("lstm", (4, 4, 1, 3), (4, 1, 1, 1), lstm)
lstm_back = mapped("lstm_back", (4, 1, 1, 1, 1, 1, 3), (4, 1), lstm_gradients)
apart_map = mapped("lstm_apart", (1,) * 12, (1,) * 6, _lstm_apart)
apart_back = mapped("lstm_apart_back", (1,) * 11, (1,) * 5, _lstm_apart_back)
gru_map = mapped("gru", (4, 4, 1), (4, 1), gru, numbers=2)
gru_back = mapped("gru_back", (4, 1, 1, 1), (4, 1), gru_gradients, numbers=2)
gates_before = mapped("gates_before", (3, 3, 1), (3, 1), _gates_before)
state_before = mapped("state_before", (3, 1), (1, 1), _state_before, numbers=2)
state_before_back = mapped("state_before_back", (3, 1, 1, 1), (3, 1), _state_before_back, numbers=2)
gates_before_back = mapped("gates_before_back", (3, 1, 1, 1), (1, 1), _gates_before_back)
add_one = mapped("add_one", (1, 1), (1,), lambda e, _, v: [e.add(v[0], v[1])], sums=1)
add_four = mapped("add_four", (4, 4), (4,), lambda e, _, v: [e.add(v[k], v[4 + k]) for k in range(4)], sums=1)
add_peepholes = mapped(
    "add_peepholes", (4, 1, 1, 3), (3,),
    lambda e, _, v: [e.fma(v[0], v[4], v[6]), e.fma(v[1], v[4], v[7]), e.fma(v[3], v[5], v[8])], sums=1)  # fmt: skip
