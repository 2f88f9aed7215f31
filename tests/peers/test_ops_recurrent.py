"""Recurrent layers on arrays against PyTorch's: results and the gradients of every argument."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from ops.against_torch import DTYPES, SEEDS, agree, numbers  # noqa: E402

from dlcalc import ops  # noqa: E402

F = torch.nn.functional
pytestmark = pytest.mark.peers


def a_layer(data: st.DataObject, gates: int) -> tuple[int, dict[str, Any]]:
    """A seed and arrays; of length 1, of batch 1 and of one unit among them."""
    steps, n, m = (data.draw(st.integers(1, 4)) for _ in range(3))
    batch = data.draw(st.integers(1, 3))
    shapes = {"x": (steps, batch, n), "w_ih": (gates * m, n), "w_hh": (gates * m, m)}
    optional = {"h0": (batch, m), "c0": (batch, m), "b_ih": (gates * m,), "b_hh": (gates * m,)}
    names = [name for name in optional if name != "c0" or gates == 4]
    shapes |= {name: optional[name] for name in names if data.draw(st.booleans())}
    seed = data.draw(SEEDS)
    return seed, numbers(seed, data.draw(DTYPES), shapes)


def in_order(x: Any, reverse: bool) -> Any:
    return x.flip(0) if reverse else x


def scanned(kind: str, reverse: bool, tensors: dict[str, Any]) -> Any:
    """PyTorch's own layer, one direction: time is turned round before and after it."""
    x, w_hh = tensors["x"], tensors["w_hh"]
    batch, m = x.shape[1], w_hh.shape[1]
    zero = x.new_zeros(1, batch, m)
    state = tensors["h0"][None] if "h0" in tensors else zero
    if kind == "lstm":
        state = (state, tensors["c0"][None] if "c0" in tensors else zero)
    # The layer has both biases or none.
    bias = [tensors.get(name, x.new_zeros(len(w_hh))) for name in ("b_ih", "b_hh")]
    weights = [tensors["w_ih"], w_hh, *bias]
    layer = getattr(torch, kind)
    hidden = list(state) if kind == "lstm" else state
    y, *last = layer(in_order(x, reverse), hidden, weights, True, 1, 0.0, False, False, False)
    y = in_order(y, reverse)
    return (y, (last[0][0], last[1][0])) if kind == "lstm" else (y, last[0][0])


def with_state(arrays: dict[str, Any]) -> dict[str, Any]:
    return arrays | {"state": (arrays.pop("h0", None), arrays.pop("c0", None))}


def with_h0(arrays: dict[str, Any]) -> dict[str, Any]:
    return {"h0": None, **arrays}


@settings(max_examples=40)
@given(st.data())
def test_rnn(data: st.DataObject) -> None:
    kind, reverse = data.draw(st.sampled_from(["tanh", "relu"])), data.draw(st.booleans())
    seed, arrays = a_layer(data, 1)
    agree(
        ops.rnn, arrays, lambda **t: scanned(f"rnn_{kind}", reverse, t), seed, with_h0, 1,
        nonlinearity=kind, reverse=reverse,
    )  # fmt: skip


@settings(max_examples=40)
@given(st.data())
def test_lstm(data: st.DataObject) -> None:
    seed, arrays = a_layer(data, 4)
    reverse = data.draw(st.booleans())
    agree(ops.lstm, arrays, lambda **t: scanned("lstm", reverse, t), seed, with_state, 1, reverse=reverse)


@settings(max_examples=40)
@given(st.data())
def test_gru(data: st.DataObject) -> None:
    """In the form that PyTorch has, the reset gate after the product and the update gate keeping."""
    seed, arrays = a_layer(data, 3)
    reverse = data.draw(st.booleans())
    agree(ops.gru, arrays, lambda **t: scanned("gru", reverse, t), seed, with_h0, 1, reverse=reverse)


@settings(max_examples=30)
@given(st.data())
def test_the_other_grus(data: st.DataObject) -> None:
    """Reset before the product, or the update gate renewing: PyTorch's arithmetic, written out."""
    seed, arrays = a_layer(data, 3)
    after, keep, reverse = (data.draw(st.booleans()) for _ in range(3))

    def theirs(x, w_ih, w_hh, h0=None, b_ih=None, b_hh=None):
        h = x.new_zeros(x.shape[1], w_hh.shape[1]) if h0 is None else h0
        b_ih, b_hh = (x.new_zeros(len(w_ih)) if bias is None else bias for bias in (b_ih, b_hh))
        w_r, w_z, w_n = w_hh.chunk(3)
        b_r, b_z, b_n = b_hh.chunk(3)
        ys = []
        for step in in_order(x, reverse):
            i_r, i_z, i_n = F.linear(step, w_ih, b_ih).chunk(3, dim=1)
            r, z = torch.sigmoid(i_r + F.linear(h, w_r, b_r)), torch.sigmoid(i_z + F.linear(h, w_z, b_z))
            n = torch.tanh(i_n + (r * F.linear(h, w_n, b_n) if after else F.linear(r * h, w_n, b_n)))
            h = z * h + (1 - z) * n if keep else z * n + (1 - z) * h
            ys.append(h)
        return in_order(torch.stack(ys), reverse), h

    settings = {"reset_after": after, "update_gate": "keep" if keep else "renew", "reverse": reverse}
    agree(ops.gru, arrays, theirs, seed, with_h0, 1, **settings)


def equations(reverse, x, w_ih, w_hh, h0, c0, b_ih, b_hh, peephole):
    """An LSTM with peepholes on images, which PyTorch lacks: its convolutions and gates in equation 3 of Shi et al."""
    h, cell, ys = h0, c0, []
    p_i, p_f, p_o = peephole.chunk(3)
    for step in in_order(x, reverse):
        sums = F.conv2d(step, w_ih, b_ih, padding=w_ih.shape[2] // 2)
        sums = sums + F.conv2d(h, w_hh, b_hh, padding=w_hh.shape[2] // 2)
        a_i, a_f, a_g, a_o = sums.chunk(4, dim=1)
        forget = torch.sigmoid(a_f + p_f * cell)
        cell = forget * cell + torch.sigmoid(a_i + p_i * cell) * torch.tanh(a_g)
        h = torch.sigmoid(a_o + p_o * cell) * torch.tanh(cell)
        ys.append(h)
    return in_order(torch.stack(ys), reverse), (h, cell)


@settings(max_examples=25)
@given(st.data())
def test_convlstm(data: st.DataObject) -> None:
    """Filters of one and of three taps, on images down to a pixel."""
    steps, c, k, batch, height, width = (data.draw(st.integers(1, 3)) for _ in range(6))
    f_in, f_state = data.draw(st.sampled_from([1, 3])), data.draw(st.sampled_from([1, 3]))
    reverse = data.draw(st.booleans())
    shapes = {
        "x": (steps, batch, c, height, width), "w_ih": (4 * k, c, f_in, f_in), "w_hh": (4 * k, k, f_state, f_state),
        "h0": (batch, k, height, width), "c0": (batch, k, height, width), "b_ih": (4 * k,), "b_hh": (4 * k,),
        "peephole": (3 * k, height, width),
    }  # fmt: skip
    seed = data.draw(SEEDS)
    arrays = numbers(seed, data.draw(DTYPES), shapes)
    agree(ops.convlstm, arrays, lambda **t: equations(reverse, **t), seed, with_state, 1, reverse=reverse)


@settings(max_examples=25)
@given(st.data())
def test_peepholes(data: st.DataObject) -> None:
    """An LSTM is a ConvLSTM on images of one pixel."""
    steps, n, m, batch = (data.draw(st.integers(1, 3)) for _ in range(4))
    reverse = data.draw(st.booleans())
    shapes = {
        "x": (steps, batch, n), "w_ih": (4 * m, n), "w_hh": (4 * m, m), "h0": (batch, m), "c0": (batch, m),
        "b_ih": (4 * m,), "b_hh": (4 * m,), "peephole": (3 * m,),
    }  # fmt: skip
    seed = data.draw(SEEDS)
    arrays = numbers(seed, data.draw(DTYPES), shapes)

    def theirs(**tensors):
        pixels = {name: t if name.startswith("b_") else t[..., None, None] for name, t in tensors.items()}
        y, (h, c) = equations(reverse, **pixels)
        return y[..., 0, 0], (h[..., 0, 0], c[..., 0, 0])

    agree(ops.lstm, arrays, theirs, seed, with_state, 1, reverse=reverse)
