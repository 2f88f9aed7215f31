"""Wrong answers of learners, made at random by plain arithmetic: a question, what is written, and which slip it was."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, starmap
from math import exp, log, prod, sqrt, tanh
from random import Random
from typing import Any, NamedTuple

Vector = list[float]
Matrix = list[Vector]


class Slip(NamedTuple):
    """What was asked, of which numbers, and what was written; `names` are the ids that say what went wrong."""

    formula: str
    ask: str
    given: dict[str, Any]
    wrote: Any
    names: frozenset[str]
    convention: str = ""


def _slip(formula: str, ask: str, given: dict[str, Any], wrote: Any, *names: str, convention: str = "") -> Slip:
    return Slip(formula, ask, given, wrote, frozenset(names), convention)


def convolution(numbers: Random) -> Iterator[Slip]:
    n, f, s, p = numbers.randint(20, 70), numbers.choice([3, 5, 7]), numbers.choice([2, 3]), numbers.randint(1, 3)
    c, k = numbers.choice([3, 6, 12]), numbers.choice([8, 16, 20, 40])
    o, far = (n + 2 * p - f) // s + 1, n + 2 * p - f + 1
    given = {"n": n, "f": f, "s": s, "p": p, "c": c, "k": k}
    yield _slip("conv", "output", given, (o, o, c * k), "depth-is-product")
    yield _slip("conv", "output", given, (o, far, k), "stride-on-one-axis")
    yield _slip("conv", "output", given, (far, o, k), "stride-on-the-other-axis")
    yield _slip("conv", "o", given, (n + 2 * p - s) // f + 1, "stride-and-size-exchanged")
    yield _slip("conv", "o", given, n // s, "size-over-stride")
    yield _slip("conv", "o", given, n // f, "size-over-window")
    if (n + 2 * p - f) % s:
        yield _slip("conv", "o", given, (n + 2 * p - f) / s + 1, "fraction-kept")
    yield _slip("conv", "parameters", given, o * o * k, "outputs-for-parameters")
    yield _slip("conv", "parameters", given, f * f * c * k, "biases-forgotten")
    yield _slip("conv", "weights", given, f * f * c * k + k, "bias-among-weights")
    yield _slip("conv", "weights", given, f * f * (c + k), "channels-and-filters-added")
    yield _slip("conv", "parameters", given, f * f * c * k + k, "biases-counted", convention="no-bias")
    wide = {"n": n, "f": f, "p": p, "d": 2, "c": c, "k": k}
    yield _slip("conv", "o", wide, n + 2 * p - f + 1, "dilation-ignored")
    if n % s:
        yield _slip("conv_same", "o", {"n": n, "f": f, "s": s, "c": c, "k": k}, n / s, "fraction-kept")


def separable(numbers: Random) -> Iterator[Slip]:
    n, f, c, k = numbers.randint(20, 60), numbers.choice([3, 5]), numbers.randint(10, 32), numbers.randint(33, 90)
    given, o = {"n": n, "f": f, "c": c, "k": k}, n - f + 1
    yield _slip("depthwise_separable", "parameters", given, f * f * c + c, "depthwise-part-only")
    yield _slip("depthwise_separable", "parameters", given, c * k + k, "pointwise-part-only")
    yield _slip("depthwise_separable", "weights", given, c * k, "depthwise-forgotten")
    yield _slip("depthwise_separable", "weights", given, f * f * c, "pointwise-forgotten")
    yield _slip("depthwise_separable", "macs", given, o * o * c * k, "depthwise-macs-forgotten")


def dense(numbers: Random) -> Iterator[Slip]:
    n, m = numbers.randint(100, 900), numbers.randint(10, 90)
    given = {"n": n, "m": m}
    yield _slip("dense", "weights", given, n * m + m, "bias-among-weights")
    yield _slip("dense", "weights", given, n * n, "inputs-squared")
    yield _slip("dense", "parameters", given, n * m + m, "biases-counted", convention="no-bias")
    u = (n, m, m + 7, 10)
    yield _slip("mlp", "weights", {"u": u}, prod(u), "widths-multiplied")
    yield _slip("mlp", "weights", {"u": u}, n * 10, "hidden-layers-forgotten")
    counted = sum((a + 1) * b for a, b in pairwise(u))
    yield _slip("mlp", "parameters", {"u": u}, counted, "biases-counted", convention="no-bias")


def recurrent(numbers: Random) -> Iterator[Slip]:
    n, m, steps = numbers.randint(20, 60), numbers.randint(61, 130), numbers.randint(5, 19)
    for formula, blocks in (("lstm", 4), ("gru", 3), ("rnn", 1)):
        given = {"n": n, "m": m, "T": steps, "D": 2}
        both = blocks * (n * 2 * m + (2 * m) ** 2 + 2 * m)
        yield _slip(formula, "parameters", given, both, "directions-as-units")
        yield _slip(formula, "parameters", {"n": n, "m": m, "T": steps}, blocks * (n * steps + steps**2 + steps),
                    "steps-for-units")  # fmt: skip
        yield _slip(formula, "output", {"n": n, "m": m, "T": steps}, (m, steps), "axes-swapped")
        yield _slip(formula, "parameters", {"n": n, "m": m, "T": steps}, steps * m, "outputs-for-parameters")
        yield _slip(formula, "parameters", {"n": n, "m": m, "T": steps}, blocks * (n * m + m * m + m),
                    "biases-counted", convention="no-bias")  # fmt: skip


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


def _softmax(z: Vector) -> Vector:
    total = sum(map(exp, z))
    return [exp(each) / total for each in z]


def _at(matrix: Matrix, vector: Vector) -> Vector:
    return [sum(w * x for w, x in zip(row, vector, strict=True)) for row in matrix]


def _vector(numbers: Random, length: int = 2) -> Vector:
    return [numbers.randint(-15, 15) / 10 for _ in range(length)]


def _matrix(numbers: Random) -> Matrix:
    return [_vector(numbers), _vector(numbers)]


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def losses(numbers: Random) -> Iterator[Slip]:
    z = [numbers.randint(-30, 30) / 10 for _ in range(4)]
    true = numbers.randrange(4)
    y = tuple(int(i == true) for i in range(4))
    p = _softmax(z)
    given = {"z": tuple(z), "y": y}
    binary = -log(p[true]) - sum(log(1 - q) for i, q in enumerate(p) if i != true)
    yield _slip("softmax_cross_entropy_by_hand", "loss", given, -sum(map(log, p)), "every-class-summed")
    yield _slip("softmax_cross_entropy_by_hand", "loss", given, binary, "binary-terms")
    yield _slip("softmax_cross_entropy_by_hand", "loss", given, -log(_softmax(p)[true]), "softmax-twice")
    yield _slip("cross_entropy_by_hand", "loss", {"p": tuple(p), "y": y}, -sum(map(log, p)), "every-class-summed")
    yield _slip("cross_entropy_by_hand", "loss", {"p": tuple(p), "y": y}, binary, "binary-terms")
    yield _slip("softmax_by_hand", "y", {"z": tuple(z)}, tuple(_softmax(p)), "softmax-twice")


def adam(numbers: Random) -> Iterator[Slip]:
    g, w = [numbers.randint(1, 20) / 10 for _ in range(3)], numbers.randint(-9, 9) / 10
    eta, one, two, small = 0.1, 0.9, 0.99, 0.01
    given = {"w": w, "g": tuple(g), "eta": eta, "beta_1": one, "beta_2": two, "epsilon": small}

    def written(*, mean: bool = True, square: bool = True, carried: bool = False) -> tuple[float, ...]:
        m = v = 0.0
        weight, found = w, []
        for t, gradient in enumerate(g, 1):
            m, v = one * m + (1 - one) * gradient, two * v + (1 - two) * gradient**2
            mhat, vhat = m / (1 - one**t) if mean else m, v / (1 - two**t) if square else v
            weight -= eta * mhat / sqrt(vhat + small)
            found.append(weight)
            if carried:
                m, v = mhat, vhat
        return tuple(found)

    yield _slip("adam_by_hand_scalar", "w_new", given, written(square=False), "mean-corrected-alone")
    yield _slip("adam_by_hand_scalar", "w_new", given, written(mean=False), "square-corrected-alone")
    yield _slip("adam_by_hand_scalar", "w_new", given, written(carried=True), "corrected-carried-on")


def lstm(numbers: Random) -> Iterator[Slip]:
    weights, states, biases = (
        {g: _matrix(numbers) for g in "fioc"},
        {g: _matrix(numbers) for g in "fioc"},
        {g: _vector(numbers) for g in "fioc"},
    )
    x, h0, c0 = [_vector(numbers) for _ in range(2)], _vector(numbers), _vector(numbers)
    given = {f"W_{g}": weights[g] for g in "fioc"} | {f"U_{g}": states[g] for g in "fioc"}
    given |= {f"b_{g}": biases[g] for g in "fioc"} | {"x": x, "h0": h0, "C0": c0}
    given = {name: _frozen(value) for name, value in given.items()}

    def written(
        order: str = "fio", *, squash: Any = _sigmoid, b: bool = True, u: bool = True, start: bool = True
    ) -> Any:
        h, c = (h0, c0) if start else ([0.0, 0.0], [0.0, 0.0])
        found = []
        for inputs in x:
            sums = {
                g: [
                    one + (two if u else 0) + (three if b else 0)
                    for one, two, three in zip(_at(weights[g], inputs), _at(states[g], h), biases[g], strict=True)
                ]
                for g in "fioc"
            }
            forget, let_in, let_out = ([squash(each) for each in sums[g]] for g in order)
            new = [tanh(each) for each in sums["c"]]
            c = [a * b0 + i * n for a, b0, i, n in zip(forget, c, let_in, new, strict=True)]
            h = [a * tanh(each) for a, each in zip(let_out, c, strict=True)]
            found.append(tuple(h))
        return tuple(found)

    yield _slip("lstm_by_hand", "h", given, written("foi"), "output-and-input-swapped")
    yield _slip("lstm_by_hand", "h", given, written("oif"), "output-and-forget-swapped")
    yield _slip("lstm_by_hand", "h", given, written("ifo"), "forget-and-input-swapped")
    yield _slip("lstm_by_hand", "h", given, written(squash=tanh), "tanh-in-gates")
    yield _slip("lstm_by_hand", "h", given, written(b=False), "biases-forgotten")
    yield _slip("lstm_by_hand", "h", given, written(u=False), "recurrence-forgotten-everywhere")
    yield _slip("lstm_by_hand", "h", given, written(start=False), "first-states-forgotten")


def layers(numbers: Random) -> Iterator[Slip]:
    w, b, x = _matrix(numbers), _vector(numbers), _vector(numbers)
    z = [one + two for one, two in zip(_at(w, x), b, strict=True)]
    given = {"W": _frozen(w), "b": _frozen(b), "x": _frozen(x)}
    hand = [
        ("sigmoid", tuple(map(tanh, z)), "tanh-for-sigmoid"),
        ("tanh", tuple(map(_sigmoid, z)), "sigmoid-for-tanh"),
        ("sigmoid", tuple(z), "activation-forgotten"),
        ("softmax", tuple(_softmax(_softmax(z))), "softmax-twice"),
        ("softmax", tuple(map(_sigmoid, z)), "sigmoid-for-softmax"),
    ]
    if min(z) < 0:
        hand.append(("relu", tuple(z), "activation-forgotten"))
    for convention, wrote, name in hand:
        yield _slip("dense_by_hand", "yhat", given, wrote, name, convention=convention)
    u, h0 = _matrix(numbers), _vector(numbers)
    series = {"x": (_frozen(x),), "U": _frozen(w), "W": _frozen(u), "b": _frozen(b), "h0": _frozen(h0)}
    yield _slip("rnn_by_hand", "h", series, (tuple(map(tanh, z)),), "first-state-forgotten", "recurrence-forgotten")
    sums = list(starmap(float.__add__, zip(map(float, z), _at(u, h0), strict=True)))
    yield _slip("rnn_by_hand", "h", series, (tuple(map(tanh, sums)),), "tanh-for-sigmoid", convention="sigmoid")


def windows(numbers: Random) -> Iterator[Slip]:
    """A convolution of numbers: how the border is filled, and how the window moves."""
    size, f, channels = 5, 2, 2
    image = [[[numbers.randint(-4, 9) for _ in range(size)] for _ in range(size)] for _ in range(channels)]
    kernel = [[[numbers.randint(1, 5) for _ in range(f)] for _ in range(f)] for _ in range(channels)]
    bias = numbers.randint(1, 5)

    def written(
        before: int, after: int, down: int, along: int, fill: Any = 0, used: Any = range(channels), relu: bool = True
    ) -> Any:
        def cell(c: int, i: int, j: int) -> float:
            if 0 <= i < size and 0 <= j < size:
                return image[c][i][j]
            return image[c][min(max(i, 0), size - 1)][min(max(j, 0), size - 1)] if fill == "edge" else fill

        places = [range(-before, size + after - f + 1, step) for step in (down, along)]
        sums = [
            [
                bias + sum(kernel[c][u][v] * cell(c, i + u, j + v) for c in used for u in range(f) for v in range(f))
                for j in places[1]
            ]
            for i in places[0]
        ]
        return (tuple(tuple(max(0, each) if relu else each for each in row) for row in sums),)

    given = {"x": _frozen(image), "w": (_frozen(kernel),), "b": (bias,), "p": 1, "s": 2, "relu": 1}
    for wrote, name in (
        (written(1, 1, 2, 2, 1), "padded-with-ones"),
        (written(1, 1, 2, 2, "edge"), "padded-with-edge"),
        (written(1, 0, 2, 2), "padded-before-only"),
        (written(0, 1, 2, 2), "padded-after-only"),
        (written(1, 1, 2, 1), "stride-down-only"),
        (written(1, 1, 1, 2), "stride-along-only"),
        (written(1, 1, 2, 2, used=[1]), "last-channel-only"),
        (written(1, 1, 2, 2, used=[0]), "first-channel-only"),
        (written(1, 1, 2, 2, relu=False), "relu-forgotten"),
    ):
        if wrote != written(1, 1, 2, 2):
            yield _slip("conv_by_hand", "output", given, wrote, name)


KINDS = (convolution, separable, dense, recurrent, losses, adam, lstm, layers, windows)


def slips(times: int) -> Iterator[Slip]:
    """All kinds of slips, each on so many draws, the same in every run."""
    for kind in KINDS:
        for seed in range(times):
            yield from kind(Random(f"{kind.__name__} {seed}"))
