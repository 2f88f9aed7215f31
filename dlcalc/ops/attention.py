"""Attention, with one head and with many."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..errors import UserError
from ..kernels.compile import Array, contiguous
from . import checks
from .recording import Gradients, Pullback, operation, total


@operation
def attention(q: Array, k: Array, v: Array, mask: Array | None = None, device: str = "cpu") -> tuple[Array, Pullback]:
    """softmax(QKᵀ/√d) V: q (…, T_q, d), k (…, T_k, d), v (…, T_k, d_v) to (…, T_q, d_v).

    mask, in a shape that can be broadcast to (…, T_q, T_k): True where a query may look, or numbers that are added.
    """
    q, k, v = checks.arrays(q=q, k=k, v=v)
    wrong = min(q.ndim, k.ndim, v.ndim) < 2 or not q.shape[:-2] == k.shape[:-2] == v.shape[:-2]
    if wrong or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        rule = "q is (…, T_q, d), k (…, T_k, d) and v (…, T_k, d_v)"
        raise UserError(f"{rule}: q is {q.shape}, k is {k.shape}, v is {v.shape}")
    if 0 in (k.shape[-2], q.shape[-1]):
        raise UserError(
            f"there must be at least one key, and each key needs at least one number: q is {q.shape}, k is {k.shape}"
        )
    batch = prod(q.shape[:-2])
    added = _added(mask, (*q.shape[:-1], k.shape[-2]), q.dtype)
    flat = [array.reshape(batch, *array.shape[-2:]) for array in (q, k, v)]
    kernels = checks.kernels(device).attention
    scores = None if added is None else added.reshape(batch, q.shape[-2], k.shape[-2])
    out, shares = kernels.attention_forward(*flat, scores)

    def pullback(d_out: Array) -> Gradients:
        *found, d_scores = kernels.attention_backward(d_out.reshape(out.shape), *flat, shares)
        gradients: Gradients = {
            name: d.reshape(array.shape) for name, d, array in zip("qkv", found, (q, k, v), strict=True)
        }
        if mask is not None and mask.dtype != np.bool_:
            gradients["mask"] = total(d_scores.reshape(*q.shape[:-1], k.shape[-2]), mask)
        return gradients

    return out.reshape(*q.shape[:-1], v.shape[-1]), pullback


@operation
def multi_head_attention(
    q: Array,
    k: Array,
    v: Array,
    w_q: Array,
    w_k: Array,
    w_v: Array,
    w_o: Array,
    heads: int,
    b_q: Array | None = None,
    b_k: Array | None = None,
    b_v: Array | None = None,
    b_o: Array | None = None,
    mask: Array | None = None,
    device: str = "cpu",
) -> tuple[Array, Pullback]:
    """Attention in `heads` parts of the projected sequences: q (T_q, N, e), k and v (T_k, N, e) to (T_q, N, e).

    w_q, w_k, w_v and w_o are (e, e), each head a block of e/heads rows; w_q, w_k and w_v one below the other are
    PyTorch's in_proj_weight. mask: as in `attention`, (T_q, T_k) or broadcast to (N, heads, T_q, T_k).
    """
    given = {"q": q, "k": k, "v": v, "w_q": w_q, "w_k": w_k, "w_v": w_v, "w_o": w_o}
    biases = {"b_q": b_q, "b_k": b_k, "b_v": b_v, "b_o": b_o}
    q, k, v, *weights = checks.arrays(**given, **biases)
    for name, array in (("q", q), ("k", k), ("v", v)):
        checks.ranked(name, array, f"T_{'q' if name == 'q' else 'k'}, N, e")
    width, number = q.shape[2], checks.whole("heads", heads, 1)
    if k.shape != v.shape or k.shape[1:] != q.shape[1:]:
        rule = "q is (T_q, N, e), k and v are (T_k, N, e)"
        raise UserError(f"{rule}: q is {q.shape}, k is {k.shape}, v is {v.shape}")
    if width % number:
        raise UserError(f"heads must divide the width: {number} of {width}, q is {q.shape}")
    for name, array in zip([*list(given)[3:], *biases], weights, strict=True):
        checks.shaped(name, array, (width,) if name.startswith("b") else (width, width), "of the width", q=q)
    kernels, linear = checks.kernels(device), _Projections(device, dict(zip("qkvo", weights[:4], strict=True)), biases)
    inputs = {"q": q, "k": k, "v": v}
    split = {name: _split(linear.forward(name, array), number) for name, array in inputs.items()}
    times = (q.shape[1], number, q.shape[0], k.shape[0])
    added = _added(mask, times, q.dtype)
    scores = None if added is None else added.reshape(-1 if q.shape[1] else 0, q.shape[0], k.shape[0])
    mixed, shares = kernels.attention.attention_forward(*split.values(), scores)
    joined = _join(mixed, number)
    out = linear.forward("o", joined)

    def pullback(d_out: Array) -> Gradients:
        found: Gradients = {}
        d_joined = linear.backward("o", d_out, joined, found)
        d_split = kernels.attention.attention_backward(_split(d_joined, number), *split.values(), shares)
        for name, d in zip("qkv", d_split, strict=False):
            found[name] = linear.backward(name, _join(d, number), inputs[name], found)
        if mask is not None and mask.dtype != np.bool_:
            found["mask"] = total(d_split[3].reshape(times), mask)
        return found

    return out, pullback


class _Projections:
    """The four dense layers of multi-head attention, on (T, N, e)."""

    def __init__(self, device: str, weights: dict[str, Array], biases: dict[str, Array | None]) -> None:
        self.kernels = checks.kernels(device).linear
        self.weights = weights
        self.biases = {name[2:]: None if bias is None else contiguous(bias) for name, bias in biases.items()}

    def forward(self, name: str, x: Array) -> Array:
        rows = x.reshape(x.shape[0] * x.shape[1], x.shape[2])
        found: Array = self.kernels.linear_forward(rows, self.weights[name], self.biases[name]).reshape(x.shape)
        return found

    def backward(self, name: str, d_out: Array, x: Array, found: Gradients) -> Array:
        """The gradient of x; those of the weight and the bias are put into `found`."""
        rows = (x.shape[0] * x.shape[1], x.shape[2])
        d_x, d_weight, d_bias = self.kernels.linear_backward(d_out.reshape(rows), x.reshape(rows), self.weights[name])
        found[f"w_{name}"] = d_weight
        found[f"b_{name}"] = None if self.biases[name] is None else d_bias
        gradient: Array = d_x.reshape(x.shape)
        return gradient


def _split(x: Array, heads: int) -> Array:
    """(T, N, e) as (N·heads, T, e/heads)."""
    steps, batch, width = x.shape
    parts = x.reshape(steps, batch * heads, width // heads)
    return contiguous(parts.transpose(1, 0, 2))


def _join(x: Array, heads: int) -> Array:
    """(N·heads, T, e/heads) as (T, N, e)."""
    rows, steps, size = x.shape
    return contiguous(x.transpose(1, 0, 2)).reshape(steps, rows // heads, heads * size)


def _added(mask: Array | None, shape: tuple[int, ...], dtype: Any) -> Array | None:
    """What a mask adds to the scores, in their shape: 0 or −∞ for truth values."""
    if mask is None:
        return None
    if not isinstance(mask, np.ndarray) or mask.dtype not in (np.bool_, dtype):
        kind = f"an array of {mask.dtype}" if isinstance(mask, np.ndarray) else f"a {type(mask).__name__}"
        raise UserError(f"mask must be a numpy array of bool or of {dtype}, as the other arrays: it is {kind}")
    numbers = mask if mask.dtype != np.bool_ else np.where(mask, dtype.type(0), dtype.type(-np.inf))
    try:
        return contiguous(np.broadcast_to(numbers, shape))
    except ValueError:
        raise UserError(f"mask must be broadcast to the scores {shape}: mask is {mask.shape}") from None
