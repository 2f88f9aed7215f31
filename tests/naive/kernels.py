"""Operations on arrays by their definitions: plain loops over every number, in the order of the textbook.

Arrays are read number by number and results are lists of lists turned into float64 arrays; no matrix product anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import product
from typing import Any

import numpy as np

Array = Any


def indices(shape: Iterable[int]) -> Iterable[tuple[int, ...]]:
    """Every place of an array of this shape, row by row."""
    return product(*(range(size) for size in shape))


def conv(x, weight, bias=None, stride=1, padding=(), dilation=1, groups=1) -> Array:
    """Cross-correlation over any number of axes. padding: (before, after) for each axis."""
    axes = x.ndim - 2
    s, d = ((value,) * axes if isinstance(value, int) else value for value in (stride, dilation))
    p = padding or ((0, 0),) * axes
    spans = [n + sum(pair) - gap * (f - 1) for n, pair, gap, f in zip(x.shape[2:], p, d, weight.shape[2:], strict=True)]
    size = [len(range(0, span, step)) for span, step in zip(spans, s, strict=True)]
    out = np.zeros((x.shape[0], weight.shape[0], *size))
    per_group, filters = weight.shape[1], weight.shape[0] // groups
    for image, k, *place in indices(out.shape):
        total = 0.0 if bias is None else float(bias[k])
        for c, *tap in indices((per_group, *weight.shape[2:])):
            read = [o * step + a * gap - pair[0] for o, step, a, gap, pair in zip(place, s, tap, d, p, strict=True)]
            if all(0 <= i < n for i, n in zip(read, x.shape[2:], strict=True)):
                total += float(x[(image, k // filters * per_group + c, *read)]) * float(weight[(k, c, *tap)])
        out[(image, k, *place)] = total
    return out


def conv_transpose(x, weight, bias, stride, padding, output_padding, dilation, groups) -> Array:
    """Each input lays its filter down, weighed by itself; the padding is cut off afterwards."""
    filters, per_group = weight.shape[1], x.shape[1] // groups
    lengths = zip(x.shape[2:], weight.shape[2:], stride, dilation, padding, output_padding, strict=True)
    size = [(n - 1) * s + d * (f - 1) + 1 + more - sum(pair) for n, f, s, d, pair, more in lengths]
    out = np.zeros((x.shape[0], filters * groups, *size))
    for image, c, *place in indices(x.shape):
        for k, *tap in indices(weight.shape[1:]):
            lies = [
                i * s + a * d - pair[0] for i, s, a, d, pair in zip(place, stride, tap, dilation, padding, strict=True)
            ]
            if all(0 <= o < n for o, n in zip(lies, size, strict=True)):
                out[(image, c // per_group * filters + k, *lies)] += float(x[(image, c, *place)]) * weight[(c, k, *tap)]
    if bias is not None:
        for image, k, *place in indices(out.shape):
            out[(image, k, *place)] += bias[k]
    return out


def windows(n: int, f: int, s: int, p: tuple[int, int], d: int = 1, ceil_mode: bool = False) -> list[list[int]]:
    """What each window of an axis covers: pixels of the padded input, and in ceil mode places beyond it.

    In ceil mode the last window is one that starts on the input or its front padding but reaches beyond the end.
    """
    found = []
    start = -p[0]
    while start + d * (f - 1) < n + p[1] or (ceil_mode and start < n and start - s + d * (f - 1) < n + p[1] - 1):
        found.append([start + d * a for a in range(f)])
        start += s
    return found


def pool(kind: str, x, f, s, p=((0, 0), (0, 0)), d=(1, 1), ceil_mode=False, count_include_pad=True) -> Array:
    """max, min, sum or avg of each window of (N, C, H, W)."""
    rows, columns = (windows(*axis, ceil_mode) for axis in zip(x.shape[2:], f, s, p, d, strict=True))
    out = np.zeros((*x.shape[:2], len(rows), len(columns)))
    for image, c, o0, o1 in indices(out.shape):
        places = list(product(rows[o0], columns[o1]))
        inside = [float(x[image, c, i, j]) for i, j in places if 0 <= i < x.shape[2] and 0 <= j < x.shape[3]]
        padded = [ij for ij in places if all(at < n + pair[1] for at, n, pair in zip(ij, x.shape[2:], p, strict=True))]
        counted = len(padded) if count_include_pad else len(inside)
        match kind:
            case "max" | "min":
                out[image, c, o0, o1] = max(inside) if kind == "max" else min(inside)
            case "sum":
                out[image, c, o0, o1] = sum(inside)
            case "avg":
                out[image, c, o0, o1] = sum(inside) / counted if counted else 0
    return out


def adaptive_average(x, size) -> Array:
    """Window i of o covers every pixel that the i-th of o equal parts of the axis touches."""
    out = np.zeros((*x.shape[:2], *size))
    touched = [
        [[pixel for pixel in range(n) if pixel * o < (i + 1) * n and (pixel + 1) * o > i * n] for i in range(o)]
        for n, o in zip(x.shape[2:], size, strict=True)
    ]
    for image, c, o0, o1 in indices(out.shape):
        inside = [float(x[image, c, i, j]) for i in touched[0][o0] for j in touched[1][o1]]
        out[image, c, o0, o1] = sum(inside) / len(inside)
    return out


def linear(x, weight, bias=None) -> Array:
    out = np.zeros((*x.shape[:-1], weight.shape[0]))
    for *place, unit in indices(out.shape):
        total = sum(float(x[(*place, i)]) * float(weight[unit, i]) for i in range(weight.shape[1]))
        out[(*place, unit)] = total + (0 if bias is None else bias[unit])
    return out


def embedding(indices_: Array, weight) -> Array:
    out = np.zeros((*indices_.shape, weight.shape[1]))
    for *place, column in indices(out.shape):
        out[(*place, column)] = weight[int(indices_[tuple(place)]), column]
    return out


def batch_norm(x, mean=None, var=None, weight=None, bias=None, training=False, eps=1e-5) -> Array:
    out = np.zeros(x.shape)
    for c in range(x.shape[1]):
        places = [(image, c, *rest) for image, *rest in indices((x.shape[0], *x.shape[2:]))]
        numbers = [float(x[place]) for place in places]
        middle = sum(numbers) / len(numbers) if training else float(mean[c])
        spread = sum((number - middle) ** 2 for number in numbers) / len(numbers) if training else float(var[c])
        for place, number in zip(places, numbers, strict=True):
            normal = (number - middle) / math.sqrt(spread + eps)
            out[place] = normal * (1 if weight is None else weight[c]) + (0 if bias is None else bias[c])
    return out


def layer_norm(x, weight=None, bias=None, eps=1e-5) -> Array:
    over = x.ndim - 1 if weight is None else x.ndim - weight.ndim
    out = np.zeros(x.shape)
    for outer in indices(x.shape[:over]):
        numbers = {inner: float(x[outer + inner]) for inner in indices(x.shape[over:])}
        middle = sum(numbers.values()) / len(numbers)
        spread = sum((number - middle) ** 2 for number in numbers.values()) / len(numbers)
        for inner, number in numbers.items():
            normal = (number - middle) / math.sqrt(spread + eps)
            out[outer + inner] = normal * (1 if weight is None else weight[inner])
            out[outer + inner] += 0 if bias is None else bias[inner]
    return out


def local_response_norm(x, size, alpha, beta, k) -> Array:
    """The neighbours of channel c start size // 2 before it."""
    out = np.zeros(x.shape)
    for image, c, *place in indices(x.shape):
        near = [other for other in range(c - size // 2, c - size // 2 + size) if 0 <= other < x.shape[1]]
        squares = sum(float(x[(image, other, *place)]) ** 2 for other in near)
        out[(image, c, *place)] = x[(image, c, *place)] / (k + alpha / size * squares) ** beta
    return out


ACTIVATIONS = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
    "relu": lambda x: max(0.0, x),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "gelu": lambda x: x * math.erfc(-x / math.sqrt(2)) / 2,
}


def activation(name: str, x) -> Array:
    return np.array([ACTIVATIONS[name](float(value)) for value in x.ravel()]).reshape(x.shape)


def leaky_relu(x, slope) -> Array:
    return np.array([float(value) if value > 0 else slope * float(value) for value in x.ravel()]).reshape(x.shape)


def softmax(x, axis=-1) -> Array:
    out = np.zeros(x.shape)
    for place in indices(x.shape):
        line = x[(*place[:axis], slice(None), *(place[axis:][1:]))]
        out[place] = math.exp(x[place]) / sum(math.exp(value) for value in line)
    return out


def log_softmax(x, axis=-1) -> Array:
    return np.array([math.log(value) for value in softmax(x, axis).ravel()]).reshape(x.shape)


def reduced(losses: list[float], shape: tuple[int, ...], reduction: str) -> Array:
    if reduction == "none":
        return np.array(losses).reshape(shape)
    return np.array(sum(losses) / (len(losses) if reduction == "mean" else 1))


def mse_loss(x, target, reduction="mean") -> Array:
    pairs = zip(x.ravel(), target.ravel(), strict=True)
    return reduced([(float(y) - float(t)) ** 2 for y, t in pairs], x.shape, reduction)


def binary_cross_entropy(x, target, reduction="mean") -> Array:
    pairs = zip(x.ravel(), target.ravel(), strict=True)
    return reduced([-t * math.log(p) - (1 - t) * math.log(1 - p) for p, t in pairs], x.shape, reduction)


def cross_entropy(logits, targets, reduction="mean") -> Array:
    shares = softmax(logits, 1)
    losses = [-math.log(shares[(n, int(targets[(n, *rest)]), *rest)]) for n, *rest in indices(targets.shape)]
    return reduced(losses, targets.shape, reduction)


def attention(q, k, v, mask=None) -> Array:
    """q, k, v with the same axes in front of the last two."""
    out = np.zeros((*q.shape[:-1], v.shape[-1]))
    shape = (*q.shape[:-1], k.shape[-2])
    spread = None if mask is None else np.broadcast_to(mask, shape)
    for *batch, t in indices(q.shape[:-1]):
        scores = []
        for u in range(k.shape[-2]):
            dot = sum(float(q[(*batch, t, i)]) * float(k[(*batch, u, i)]) for i in range(q.shape[-1]))
            scores.append(dot / math.sqrt(q.shape[-1]))
            if spread is not None and spread.dtype == bool and not spread[(*batch, t, u)]:
                scores[-1] = -math.inf
            elif spread is not None and spread.dtype != bool:
                scores[-1] += spread[(*batch, t, u)]
        powers = [math.exp(score) for score in scores]
        for j in range(v.shape[-1]):
            mixed = sum(power * float(v[(*batch, u, j)]) for u, power in enumerate(powers))
            out[(*batch, t, j)] = mixed / sum(powers)
    return out


def multi_head_attention(q, k, v, w_q, w_k, w_v, w_o, heads, b_q=None, b_k=None, b_v=None, b_o=None, mask=None):
    """Each head sees its own e/heads of the projected numbers; (T, N, e)."""
    projected = [linear(*given) for given in ((q, w_q, b_q), (k, w_k, b_k), (v, w_v, b_v))]
    steps, batch, width = q.shape
    size = width // heads
    spread = None if mask is None else np.broadcast_to(mask, (batch, heads, steps, k.shape[0]))
    joined = np.zeros(q.shape)
    for n, head in indices((batch, heads)):
        part = slice(head * size, (head + 1) * size)
        own = None if spread is None else spread[n, head]
        joined[:, n, part] = attention(*(array[:, n, part] for array in projected), own)
    return linear(joined, w_o, b_o)
