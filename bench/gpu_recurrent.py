"""What `bench.gpu` computes with recurrent layers."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from dlcalc.kernels import scalars

from .gpu_shapes import Shape, Shapes, Work


def _layer(gates: int, steps: int, batch: int, n: int, m: int) -> Shapes:
    return {
        "x": (steps, batch, n),
        "h0": (batch, m),
        "w_ih": (gates * m, n),
        "w_hh": (gates * m, m),
        "b_ih": (gates * m,),
        "b_hh": (gates * m,),
    }


def _states(shapes: Shapes) -> Shape:
    return (*shapes["x"][:2], shapes["h0"][1])


def _torch_layer(torch: Any, kind: str, a: Mapping[str, Any], *states: Any) -> Any:
    """All outputs, by the functions that torch.nn.RNN, LSTM and GRU call."""
    weights = [a[name] for name in ("w_ih", "w_hh", "b_ih", "b_hh")]
    state = tuple(value[None] for value in states)
    run = getattr(torch._VF, kind)
    return run(a["x"], state if kind == "lstm" else state[0], weights, True, 1, 0.0, False, False, False)[0]


def _zeros(like: Any, shape: Shape) -> Any:
    """Zeros where `like` is."""
    array = np.zeros(shape, dtype=like.dtype)
    return array if isinstance(like, np.ndarray) else import_module("dlcalc.kernels.cuda.device").uploaded(array)


_NAMES = ("x", "h0", "w_ih", "w_hh", "b_ih", "b_hh")


def _rnn(small: Shapes, large: Shapes) -> Work:
    def forward(kernels: Any, a: Mapping[str, Any]) -> tuple[Any, Any]:
        h = kernels.recurrent.rnn_forward(*(a[name] for name in _NAMES), scalars.TANH, False)
        return _outputs(h), h

    def backward(kernels: Any, a: Mapping[str, Any], h: Any, d: Any) -> tuple[Any, ...]:
        last = _zeros(d, tuple(a["h0"].shape))
        found = kernels.recurrent.rnn_backward(d, last, a["x"], h, a["w_ih"], a["w_hh"], scalars.TANH, False)
        return tuple(getattr(found, name) for name in _NAMES)

    def peer(torch: Any, a: Mapping[str, Any]) -> Any:
        return _torch_layer(torch, "rnn_tanh", a, a["h0"])

    return Work("simple recurrent layer", small, large, _NAMES, _states, forward, backward, peer)


def _lstm(small: Shapes, large: Shapes) -> Work:
    def peephole(a: Mapping[str, Any]) -> Any:
        return _zeros(a["x"], (3 * a["h0"].shape[1],))

    def forward(kernels: Any, a: Mapping[str, Any]) -> tuple[Any, Any]:
        weights = (a[name] for name in _NAMES[2:])
        saved = kernels.recurrent.lstm_forward(a["x"], a["h0"], a["c0"], *weights, peephole(a), False)
        return _outputs(saved[0]), saved

    def backward(kernels: Any, a: Mapping[str, Any], saved: Any, d: Any) -> tuple[Any, ...]:
        last = _zeros(d, tuple(a["h0"].shape))
        found = kernels.recurrent.lstm_backward(
            d, (last, last), a["x"], saved, a["w_ih"], a["w_hh"], peephole(a), False
        )
        return tuple(getattr(found, name) for name in (*_NAMES, "c0"))

    def peer(torch: Any, a: Mapping[str, Any]) -> Any:
        return _torch_layer(torch, "lstm", a, a["h0"], a["c0"])

    shapes = [{**each, "c0": each["h0"]} for each in (small, large)]
    return Work("LSTM", *shapes, (*_NAMES, "c0"), _states, forward, backward, peer)


def _gru(small: Shapes, large: Shapes, after: bool) -> Work:
    def forward(kernels: Any, a: Mapping[str, Any]) -> tuple[Any, Any]:
        saved = kernels.recurrent.gru_forward(*(a[name] for name in _NAMES), after, True, False)
        return _outputs(saved[0]), saved

    def backward(kernels: Any, a: Mapping[str, Any], saved: Any, d: Any) -> tuple[Any, ...]:
        last = _zeros(d, tuple(a["h0"].shape))
        found = kernels.recurrent.gru_backward(d, last, a["x"], saved, a["w_ih"], a["w_hh"], after, True, False)
        return tuple(getattr(found, name) for name in _NAMES)

    def peer(torch: Any, a: Mapping[str, Any]) -> Any:
        return _torch_layer(torch, "gru", a, a["h0"])

    name = f"GRU, reset {'after' if after else 'before'}"
    return Work(name, small, large, _NAMES, _states, forward, backward, peer if after else None)


def _outputs(h: Any) -> Any:
    """All states but the first one."""
    if isinstance(h, np.ndarray):
        return h[1:]
    return h.part(h.shape[1] * h.shape[2], h.shape[0] - 1, *h.shape[1:])


def _convlstm(small: Shapes, large: Shapes) -> Work:
    names = ("x", "h0", "c0", "w_ih", "w_hh", "b_ih", "b_hh", "peephole")

    def forward(kernels: Any, a: Mapping[str, Any]) -> tuple[Any, Any]:
        saved = kernels.convlstm.convlstm_forward(*(a[name] for name in names), False)
        return saved[2], saved

    def backward(kernels: Any, a: Mapping[str, Any], saved: Any, d: Any) -> tuple[Any, ...]:
        last = _zeros(d, tuple(a["h0"].shape))
        arguments = (a["x"], saved, a["w_ih"], a["w_hh"], a["peephole"], False)
        d_y = _zeros(d, (a["x"].shape[0], *a["h0"].shape))
        # The gradient of the last cell comes from outside, so that nothing is zero.
        found = kernels.convlstm.convlstm_backward(d_y, (last, a["c0"]), *arguments)
        return tuple(getattr(found, name) for name in names)

    def result(shapes: Shapes) -> Shape:
        return (*shapes["x"][:2], shapes["w_ih"][0], *shapes["x"][3:])

    return Work("ConvLSTM", small, large, names, result, forward, backward, None)


WORKS = (
    _rnn(_layer(1, 3, 2, 3, 5), _layer(1, 128, 64, 256, 512)),
    _lstm(_layer(4, 3, 2, 3, 5), _layer(4, 128, 64, 256, 512)),
    _gru(_layer(3, 3, 2, 3, 5), _layer(3, 128, 64, 256, 512), True),
    _gru(_layer(3, 3, 2, 3, 5), _layer(3, 128, 64, 256, 512), False),
    _convlstm(
        {"x": (2, 2, 2, 3, 3), "h0": (2, 2, 3, 3), "c0": (2, 2, 3, 3), "w_ih": (8, 2, 3, 3), "w_hh": (8, 2, 3, 3),
         "b_ih": (8,), "b_hh": (8,), "peephole": (6, 3, 3)},
        {"x": (10, 8, 16, 64, 64), "h0": (8, 64, 64, 64), "c0": (8, 64, 64, 64), "w_ih": (256, 16, 3, 3),
         "w_hh": (256, 64, 3, 3), "b_ih": (256,), "b_hh": (256,), "peephole": (192, 64, 64)},
    ),
)  # fmt: skip
