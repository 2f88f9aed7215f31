"""Operations on arrays counted a second time by plain loops: convolutions, pooling, dense layers, attention, softmax.

Every number of a result is put together by itself, from the definition; the formulas share nothing with this. A
gradient is the derivative of these loops along the imaginary axis (W. Squire and G. Trapp, SIAM Review 40, 1998): one
small imaginary step per number, without any difference that would cancel.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from ..formulas.arrays import mapped, numbers, sizes
from .listing import Counts, Given

Number = Any
"""A whole number, a fraction, a float or a complex one: Python has no type for just these."""
Array = Any
"""Numbers in nested tuples, as deep as the array has axes."""
_SMALL = 2.0**-80


# numbers, complex ones included


def exponential(z: complex) -> complex:
    return cmath.exp(z) if isinstance(z, complex) else math.exp(z)


def tanh(z: complex) -> complex:
    return cmath.tanh(z) if isinstance(z, complex) else math.tanh(z)


def sigmoid(z: complex) -> complex:
    return 1 / (1 + exponential(-z))


def relu(z: complex) -> complex:
    return z if real(z) > 0 else 0 * z


def identity(z: complex) -> complex:
    return z


def real(z: complex) -> float:
    return z.real if isinstance(z, complex) else z


def at(array: Array, place: Sequence[int]) -> Array:
    for index in place:
        array = array[index]
    return array


def build(shape: Sequence[int], entry: Callable[..., Number], before: tuple[int, ...] = ()) -> Array:
    """The array whose number at a place is `entry(*place)`, places from 0."""
    if len(before) == len(shape):
        return entry(*before)
    return tuple(build(shape, entry, (*before, i)) for i in range(shape[len(before)]))


def places(shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return product(*(range(size) for size in shape))


def derivative(of: Callable[[Array], Number], at_array: Array) -> Array:
    """The derivative of a number by each number of an array."""
    shape = sizes(at_array)

    def moved(*place: int) -> Number:
        def shifted(*other: int) -> Number:
            return complex(at(at_array, other), _SMALL if other == place else 0)

        found = of(build(shape, shifted))
        return found.imag / _SMALL if isinstance(found, complex) else 0.0

    return build(shape, moved)


def weighted(g: Array, y: Array) -> Number:
    """Σ g·y: the loss whose gradient by y is g."""
    return sum((a * b for a, b in zip(numbers(g), numbers(y), strict=True)), 0)


# convolutions


def _pads(g: Given) -> tuple[int, int]:
    p = g.get("p", 0)
    is_signal = len(g["x"][0]) == 1 and len(g["w"][0][0]) == 1
    return (0 if is_signal else p), p


def _lacking(g: Given, size: int, f: int) -> int:
    """What the last of ⌈size/s⌉ windows lacks along an axis."""
    s: int = g.get("s", 1)
    last: int = g.get("d", 1) * (f - 1) + 1
    return max(0, len(range(0, size, s)) * s - s + last - size)


def _sides(g: Given) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns of padding before the image, and after it."""
    if g.get("causal"):
        return (0, g.get("d", 1) * (len(g["w"][0][0][0]) - 1)), (0, 0)
    if g.get("same"):
        pairs = zip(sizes(g["x"])[1:], sizes(g["w"])[2:], strict=True)
        lacking = [_lacking(g, size, f) for size, f in pairs]
        return (lacking[0] // 2, lacking[1] // 2), (lacking[0] - lacking[0] // 2, lacking[1] - lacking[1] // 2)
    if "pad_begin" not in g and "pad_end" not in g:
        return _pads(g), _pads(g)
    before, after = ((side[0], side[-1]) for side in (g.get("pad_begin", (0, 0)), g.get("pad_end", (0, 0))))
    return before, after


def convolved(
    g: Given, flip: bool = False, bias: bool = True, x: Array = None, w: Array = None, b: Array = None
) -> Array:
    """Every window of the image, and below it the filter as it is written, or turned."""
    x, w, b = (g.get(name) if given is None else given for name, given in (("x", x), ("w", w), ("b", b)))
    s, d, edge = g.get("s", 1), g.get("d", 1), g.get("edge", 0)
    (down, across), (below, right) = _sides(g)
    c_count, height, width = sizes(x)
    f_h, f_w = sizes(w)[2:]

    def seen(c: int, i: int, j: int) -> Number:
        inside = 0 <= i < height and 0 <= j < width
        return x[c][min(max(i, 0), height - 1)][min(max(j, 0), width - 1)] if inside or edge else 0

    def entry(k: int, i: int, j: int) -> Number:
        total = b[k] if bias else 0
        for c, u, v in places((c_count, f_h, f_w)):
            weight = w[k][c][f_h - 1 - u][f_w - 1 - v] if flip else w[k][c][u][v]
            total += weight * seen(c, i * s + u * d - down, j * s + v * d - across)
        return relu(total) if bias and g.get("relu", 0) else total

    tall = len(range(0, height + down + below - d * (f_h - 1), s))
    wide = len(range(0, width + across + right - d * (f_w - 1), s))
    return build((len(w), tall, wide), entry)


def _conv(flip: bool) -> Callable[[Given, str], Counts]:
    return lambda g, convention: {
        "output": lambda: convolved(g, flip),
        "sums": lambda: convolved(g, flip, bias=False),
    }


def _padded(way: str, count: Callable[[Given, str], Counts]) -> Callable[[Given, str], Counts]:
    """With padding that has a name, causal or same, instead of numbers."""
    return lambda g, convention: count({**g, way: 1}, convention)


def _conv_scaled(flip: bool) -> Callable[[Given, str], Counts]:
    return lambda g, convention: {
        "scaled": lambda: _minmax(convolved(g, flip), g.get("low", 0), g["high"]),
    }


def _conv_backward(flip: bool) -> Callable[[Given, str], Counts]:
    def count(g: Given, convention: str) -> Counts:
        def loss(**moved: Array) -> Number:
            return weighted(g["g"], convolved(g, flip, **moved))

        return {
            "dx": lambda: derivative(lambda x: loss(x=x), g["x"]),
            "dw": lambda: derivative(lambda w: loss(w=w), g["w"]),
            "db": lambda: derivative(lambda b: loss(b=b), g["b"]),
            "output": lambda: convolved(g, flip),
        }

    return count


def _as_matrix(g: Given, convention: str) -> Counts:
    def matrix() -> Array:
        shape = sizes(g["x"])
        columns = []
        for place in places(shape):  # what a single 1 in the image gives is a column
            one = build(shape, lambda *other: int(other == place))  # noqa: B023
            columns.append(numbers(convolved({**g, "x": one}, bias=False)))
        return tuple(zip(*columns, strict=True))

    def used() -> int:
        ones = mapped(lambda value: 1, g["w"])
        shape = sizes(g["x"])
        found = 0
        for place in places(shape):
            one = build(shape, lambda *other: int(other == place))  # noqa: B023
            found += sum(1 for value in numbers(convolved({**g, "x": one, "w": ones}, bias=False)) if value)
        return found

    return {
        "matrix": matrix,
        "weights": used,
        "zeros": lambda: len(numbers(matrix())) - used(),
        "distinct": lambda: len(numbers(g["w"])),
    }


def _transposed(g: Given, convention: str) -> Counts:
    def output() -> Array:
        x, w, s, d = g["x"], g["w"], g.get("s", 1), g.get("d", 1)
        down, across = _pads(g)
        c_count, height, width = sizes(x)
        f_h, f_w = sizes(w)[2:]
        scattered: dict[tuple[int, int, int], Number] = {}
        for k, c, i, j, u, v in places((len(w), c_count, height, width, f_h, f_w)):
            place = (k, i * s + u * d - down, j * s + v * d - across)
            scattered[place] = scattered.get(place, 0) + x[c][i][j] * w[k][c][u][v]
        tall = (height - 1) * s + d * (f_h - 1) + 1 - 2 * down
        wide = (width - 1) * s + d * (f_w - 1) + 1 - 2 * across
        return build((len(w), tall, wide), lambda k, i, j: scattered.get((k, i, j), 0) + g["b"][k])

    return {"output": output}


# pooling


def pooled(g: Given, pick: Callable[[list[Number]], Number], x: Array = None) -> Array:
    x = g["x"] if x is None else x
    f, p = g["f"], g.get("p", 0)
    s = g.get("s", f)
    channels, height, width = sizes(x)
    f_h, down = (1, 0) if height == 1 else (f, p)

    def entry(c: int, i: int, j: int) -> Number:
        rows = range(i * s - down, i * s - down + f_h)
        columns = range(j * s - p, j * s - p + f)
        cells = [x[c][m][n] for m in rows for n in columns if 0 <= m < height and 0 <= n < width]
        return pick(cells + [None] * (f_h * f - len(cells)))

    tall, wide = (len(range(0, n + 2 * pad - size + 1, s)) for n, pad, size in ((height, down, f_h), (width, p, f)))
    return build((channels, tall, wide), entry)


def _largest(cells: list[Number]) -> Number:
    return max((cell for cell in cells if cell is not None), key=real)


def _mean(cells: list[Number]) -> Number:
    """With padding counted as zeros."""
    total = sum((cell for cell in cells if cell is not None), 0)
    return total / len(cells) if isinstance(total, complex | float) else exactly(total, len(cells))


def exactly(total: Number, count: int) -> Number:
    from fractions import Fraction

    return Fraction(total) / count


def _pool(pick: Callable[[list[Number]], Number]) -> Callable[[Given, str], Counts]:
    def count(g: Given, convention: str) -> Counts:
        return {
            "output": lambda: pooled(g, pick),
            "dx": lambda: derivative(lambda x: weighted(g["g"], pooled(g, pick, x)), g["x"]),
        }

    return count


# dense layers


def row_products(matrix: Array, x: Array, b: Array = 0) -> Array:
    """W x + b; one number b stands for all units."""
    return tuple(
        sum((weight * value for weight, value in zip(row, x, strict=True)), 0) + (b[i] if isinstance(b, tuple) else b)
        for i, row in enumerate(matrix)
    )


_ACTIVATIONS: Mapping[str, Callable[[complex], complex]] = {
    "": identity, "textbook": identity, "relu": relu, "sigmoid": sigmoid, "tanh": tanh,
}  # fmt: skip


def _dense(g: Given, convention: str) -> Counts:
    def output_of(x: Array = None, w: Array = None) -> Array:
        z = row_products(g["W"] if w is None else w, g["x"] if x is None else x, g.get("b", 0))
        return tuple(map(_ACTIVATIONS[convention], z))

    def loss(y: Array) -> Number:
        d = g.get("d", 1)
        return weighted(d if isinstance(d, tuple) else (d,) * len(y), y)

    return {
        "z": lambda: row_products(g["W"], g["x"], g.get("b", 0)),
        "yhat": output_of,
        "dW": lambda: derivative(lambda w: loss(output_of(w=w)), g["W"]),
        "dx": lambda: derivative(lambda x: loss(output_of(x=x)), g["x"]),
    }


def _mlp(g: Given, convention: str) -> Counts:
    outer = identity if "linear-output" in convention else sigmoid
    inner = next((_ACTIVATIONS[name] for name in ("tanh", "relu") if f"{name}-hidden" in convention),
                 identity if convention.startswith("linear-hidden") else sigmoid)  # fmt: skip

    def hidden(w: Array = None, b: Array = None) -> Array:
        return tuple(map(inner, row_products(g["W1"] if w is None else w, g["x"], g.get("b1", 0) if b is None else b)))

    def output_of(w1: Array = None, w2: Array = None, b1: Array = None, b2: Array = None) -> Array:
        weights, biases = g["W2"] if w2 is None else w2, g.get("b2", 0) if b2 is None else b2
        return tuple(map(outer, row_products(weights, hidden(w1, b1), biases)))

    def loss(y: Array) -> Number:
        return sum(((a - b) * (a - b) for a, b in zip(y, g["y"], strict=True)), 0) / 2

    def stepped(name: str, gradient: Array) -> Array:
        return mapped(lambda old, slope: float(old) - float(g.get("eta", 0.5)) * slope, g[name], gradient)

    def slopes(name: str) -> Array:
        key = name.replace("W", "w")
        return derivative(lambda w: loss(output_of(**{key: w})), g[name])

    def by_sums(layer: str) -> Array:
        """A sum moves as the bias in it does."""
        biases = g.get(f"b{layer}", 0)
        own = biases if isinstance(biases, tuple) else (biases,) * len(g[f"W{layer}"])
        return derivative(lambda b: loss(output_of(**{f"b{layer}": b})), own)

    return {
        "h": hidden, "yhat": output_of, "dW1": lambda: slopes("W1"), "dW2": lambda: slopes("W2"),
        "delta1": lambda: by_sums("1"), "delta2": lambda: by_sums("2"),
        "W1_new": lambda: stepped("W1", slopes("W1")), "W2_new": lambda: stepped("W2", slopes("W2")),
    }  # fmt: skip


def _perceptron(g: Given, convention: str) -> Counts:
    def total() -> Number:
        return sum((a * b for a, b in zip(g["w"], g["x"], strict=True)), 0) + g.get("b", 0)

    def change() -> Number:
        return g.get("eta", 1) * (g["y"] - (1 if total() > 0 else 0))

    return {
        "z": total,
        "yhat": lambda: 1 if total() > 0 else 0,
        "w_new": lambda: tuple(w + change() * x for w, x in zip(g["w"], g["x"], strict=True)),
        "b_new": lambda: g.get("b", 0) + change(),
    }


# softmax, attention, scaling


def softmax(z: Array) -> Array:
    powers = [exponential(score if isinstance(score, complex) else float(score)) for score in z]
    return tuple(power / sum(powers) for power in powers)


def _softmax_loss(g: Given, convention: str) -> Counts:
    def loss(z: Array) -> Number:
        found = 0
        for share, y in zip(softmax(z), g["y"], strict=True):
            if y:
                found -= y * (cmath.log(share) if isinstance(share, complex) else math.log(share))
        return found

    return {
        "yhat": lambda: softmax(g["z"]),
        "loss": lambda: loss(g["z"]),
        "gradient": lambda: derivative(loss, g["z"]),
    }


def _attention(g: Given, convention: str) -> Counts:
    root = math.sqrt(len(g["k"][0]))

    def scores() -> Array:
        return tuple(tuple(sum((a * b for a, b in zip(q, k, strict=True)), 0) / root for k in g["k"]) for q in g["q"])

    def weights() -> Array:
        return tuple(map(softmax, scores()))

    def output() -> Array:
        return tuple(
            tuple(sum(w * v[n] for w, v in zip(row, g["v"], strict=True)) for n in range(len(g["v"][0])))
            for row in weights()
        )

    return {"scores": scores, "weights": weights, "y": output}


def _minmax(x: Array, low: Number, high: Number) -> Array:
    least, most = min(numbers(x)), max(numbers(x))
    return mapped(lambda value: low + exactly((value - least) * (high - low), (most - least) or 1), x)


def _scaling(g: Given, convention: str) -> Counts:
    return {"y": lambda: _minmax(g["x"], g.get("low", 0), g.get("high", 1))}


def _map_loss(g: Given, convention: str) -> Counts:
    def loss(y: Array) -> Number:
        return sum(((a - b) * (a - b) for a, b in zip(numbers(y), numbers(g["y"]), strict=True)), 0) / 2

    return {"gradient": lambda: derivative(loss, g["yhat"]), "loss": lambda: loss(g["yhat"])}


LOOPS: Mapping[str, Callable[[Given, str], Counts]] = {
    "conv_by_hand_asymmetric": _conv(False), "conv_by_hand_asymmetric_flipped": _conv(True),
    "conv_by_hand_asymmetric_backward": _conv_backward(False),
    **{f"conv_by_hand_{way}{more}": _padded(way, count) for way in ("causal", "same")
       for more, count in (("", _conv(False)), ("_flipped", _conv(True)), ("_backward", _conv_backward(False)))},
    "conv_by_hand": _conv(False), "conv_by_hand_flipped": _conv(True),
    "conv_by_hand_scaled": _conv_scaled(False), "conv_by_hand_flipped_scaled": _conv_scaled(True),
    "conv_by_hand_backward": _conv_backward(False), "conv_by_hand_flipped_backward": _conv_backward(True),
    "conv_as_matrix": _as_matrix, "conv_transpose_by_hand": _transposed, "map_loss_by_hand": _map_loss,
    "pool_by_hand_max": _pool(_largest), "pool_by_hand_max_backward": _pool(_largest),
    "pool_by_hand_avg": _pool(_mean), "pool_by_hand_avg_backward": _pool(_mean),
    "dense_by_hand": _dense, "dense_backward_by_hand": _dense, "mlp_by_hand": _mlp, "mlp_backward_by_hand": _mlp,
    "perceptron_by_hand": _perceptron, "perceptron_rule_by_hand": _perceptron,
    "softmax_cross_entropy_by_hand": _softmax_loss, "attention_by_hand": _attention,
    "minmax_by_hand": _scaling, "minmax_image_by_hand": _scaling,
}  # fmt: skip
"""Formula by hand → its answers by plain loops."""
