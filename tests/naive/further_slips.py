"""More wrong answers of learners, made at random by plain arithmetic: counts, sizes, scales and single updates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import ceil, exp, log, log10, prod, sqrt, tanh
from random import Random
from typing import Any

from .slips import Slip
from .slips import _sigmoid as sigmoid
from .slips import _slip as slip
from .slips import _softmax as softmax


def shapes(numbers: Random) -> Iterator[Slip]:
    """An output whose sizes are right, and which stands there in another form."""
    n, f, s, p = numbers.randint(20, 70), numbers.choice([3, 5, 7]), numbers.choice([2, 3]), numbers.randint(1, 3)
    c, k = numbers.choice([3, 6, 12]), numbers.choice([8, 16, 20, 40])
    o = (n + 2 * p - f) // s + 1
    given = {"n": n, "f": f, "s": s, "p": p, "c": c, "k": k}
    yield slip("conv", "output", given, (o, o), "depth-forgotten")
    yield slip("conv", "output", given, o * o * k, "flattened")
    yield slip("conv", "output", given, (n, n, k), "input-size-kept")
    yield slip("conv", "output", given, (o, o, c + k), "depths-added")
    yield slip("conv", "output", given, (o, o, 1), "depth-one")
    wide = {"n": (n, n + 9), "f": f, "c": c, "k": k}
    yield slip("conv", "output", wide, (n - f + 1, n + 9 - f + 1), "depth-forgotten")
    pooled = {"n": n, "f": f, "s": s, "c": c}
    q = (n - f) // s + 1
    yield slip("pool", "output", pooled, (q, q), "depth-forgotten")
    yield slip("pool", "output", pooled, q * q * c, "flattened")
    same = {"n": n, "f": f, "s": s, "c": c, "k": k}
    yield slip("conv_same", "output", same, (ceil(n / s), ceil(n / s)), "depth-forgotten")
    yield slip("conv_transposed", "output", same, ((n - 1) * s + f,) * 2, "depth-forgotten")
    yield slip("flatten", "output", {"x": (o, o, k)}, o * o, "depth-forgotten")


def sizes(numbers: Random) -> Iterator[Slip]:
    n, f, s, p = numbers.randint(40, 120), numbers.choice([3, 5, 7]), numbers.choice([2, 3]), numbers.randint(1, 3)
    c, k, d = numbers.choice([3, 6]), numbers.choice([8, 16, 20]), 2
    given = {"n": n, "f": f, "s": s, "p": p, "c": c, "k": k}
    yield slip("conv", "o", given, (n - 2 * p - f) // s + 1, "padding-subtracted")
    yield slip("conv", "o", given, (n + 4 * p - f) // s + 1, "padding-of-four-sides")
    yield slip("conv", "o", given, (n + 2 * p - f) // s + 2, "two-added")
    yield slip("conv", "o", given, (n + 2 * p - f) * s + 1, "multiplied-by-stride")
    for ask in ("conv", "pool"):
        own = given if ask == "conv" else {"n": n, "f": f, "s": s, "c": c}
        yield slip(ask, "o", own, n / s, "size-over-stride", "size-over-stride-fraction")
        yield slip(ask, "o", own, n / f, "size-over-window", "size-over-window-fraction")
    yield slip(
        "conv", "o", given, (n - f) / s + 1, "padding-forgotten", "fraction-kept", "padding-forgotten+fraction-kept"
    )
    yield slip("conv", "o", given, (n + 2 * p - f) / s, "fraction-kept+no-plus-one")
    wide = {"n": n, "f": f, "d": d, "c": c, "k": k}
    yield slip("conv", "o", wide, n - (f + d - 1) + 1, "dilation-added")
    yield slip("conv", "o", wide, n - ((d + 1) * (f - 1) + 1) + 1, "dilation-counts-gaps")
    up = {"n": n, "f": f, "s": s, "c": c, "k": k}
    yield slip("conv_transposed", "o", up, (n - 1) * s, "filter-forgotten")
    yield slip("conv_transposed", "o", up, n * s + f, "no-minus-one")
    yield slip("conv_transposed", "o", up, (n - 1) * s - f, "filter-subtracted")
    yield slip("conv_same", "o", up, n * s, "multiplied-by-stride")
    yield slip("conv", "receptive_field", wide, f, "dilation-ignored")


def counts(numbers: Random) -> Iterator[Slip]:
    """Weights, biases and products of a convolution or a pooling."""
    n, f, c, k = numbers.randint(20, 60), numbers.choice([3, 5]), numbers.randint(10, 32), numbers.randint(33, 90)
    given, o = {"n": n, "f": f, "c": c, "k": k}, n - f + 1
    w = f * f * c * k
    yield slip("conv", "parameters", given, w + c, "bias-per-input-channel")
    yield slip("conv", "parameters", given, n * n * c * o * o * k + o * o * k, "counted-as-dense")
    yield slip("conv", "parameters", given, f * f * k + k, "channels-forgotten")
    yield slip("conv", "parameters", given, f * f * c + 1, "filters-forgotten+one-bias")
    yield slip("conv", "macs", given, o * o * (w + k), "biases-in-macs", "bias-among-weights")
    yield slip("conv", "macs", given, o * w, "one-axis-of-positions")
    yield slip("conv", "macs", given, o * o * f * f * k, "channels-forgotten")
    yield slip("conv", "macs", given, o * o * f * f * c, "filters-forgotten")
    yield slip("conv", "macs", given, o * o * k, "outputs-for-macs")
    yield slip("conv", "activation_memory", given, 4 * (n * n * c + o * o * k), "input-in-memory")
    yield slip("conv", "activation_memory", given, 4 * o * o, "maps-forgotten")
    yield slip("conv", "activation_memory", given, 32 * o * o * k, "bits-for-bytes")
    yield slip("conv", "activation_memory", given, 8 * o * o * k, "eight-bytes")
    yield slip("conv", "parameter_memory", given, 4 * w, "biases-forgotten")
    yield slip("conv", "memory", given, 4 * (w + k), "activations-forgotten")
    yield slip("conv", "memory", given, 4 * o * o * k, "parameters-forgotten")
    groups = {"n": n, "f": f, "c": 4 * c, "k": 4 * k, "groups": 4}
    yield slip("conv", "weights", groups, f * f * c * k, "groups-divided-twice")
    yield slip("depthwise_separable", "parameters", given, w + k, "ordinary-convolution")
    yield slip("depthwise_separable", "weights", given, w, "ordinary-convolution")
    pool = {"n": n, "f": f, "c": c}
    yield slip("pool", "parameters", pool, f * f * c + c, "weights-and-biases-given")
    yield slip("pool", "parameters", pool, f * f * c * c + c, "counted-as-convolution")
    yield slip("pool", "parameters", pool, f * f * c * c, "counted-as-convolution", "counted-as-convolution-weights")
    yield slip("pool", "parameters", pool, f * f, "window-given")
    yield slip("pool", "parameters", pool, f * f + 1, "window-given-with-bias")
    yield slip("pool", "parameters", pool, 2 * c, "scale-and-shift-given")
    yield slip("pool", "parameters", pool, (n // f) ** 2 * c, "outputs-for-parameters")
    yield slip("pool", "macs", pool, (n // f) ** 2 * c * (f * f - 1), "comparisons-for-macs")
    yield slip("batchnorm", "parameters", {"n": n, "c": c}, c, "shift-forgotten")
    yield slip("batchnorm", "parameters", {"n": n, "c": c}, n * n * c * 2, "per-pixel")
    yield slip("batchnorm", "parameters", {"n": n, "c": c}, 2, "one-for-all")
    yield slip("batchnorm", "non_trainable", {"n": n, "c": c}, c, "running-variance-forgotten")


def layers(numbers: Random) -> Iterator[Slip]:
    n, m = numbers.randint(100, 900), numbers.randint(10, 90)
    given = {"n": n, "m": m}
    yield slip("dense", "parameters", given, (n + 1) * (m + 1), "bias-on-both-sides")
    yield slip("dense", "parameters", given, (m + 1) * n, "bias-per-input")
    yield slip("dense", "parameters", given, n + m, "sizes-added+biases-forgotten")
    yield slip("dense", "parameters", given, m, "biases-alone", "weights-forgotten")
    u = (n, m, m + 7, 10)
    sums = [a * b + b for a, b in pairwise(u)]
    yield slip("mlp", "parameters", {"u": u}, sum(sums[1:]), "first-layer-forgotten")
    yield slip("mlp", "parameters", {"u": u}, sum(sums[:-1]), "output-layer-forgotten")
    yield slip("mlp", "parameters", {"u": u}, sum(a * b for a, b in pairwise(u)) + 3, "one-bias")
    yield slip("mlp", "parameters", {"u": u}, sum(a * b for a, b in pairwise(u)) + sum(u), "inputs-have-biases")
    yield slip("mlp", "units", {"u": u}, sum(u), "inputs-are-units")
    yield slip("mlp", "units", {"u": u}, m + m + 7, "hidden-units-alone")
    yield slip("embedding", "parameters", {"v": n, "n": m, "T": 12}, 12 * m, "row-per-position")
    yield slip("embedding", "parameters", {"v": n, "n": m, "T": 12}, n * n, "square-of-words")
    yield slip("embedding", "output", {"v": n, "n": m, "T": 12}, (12, n), "one-hot-output")
    yield slip("embedding", "output", {"v": n, "n": m, "T": 12}, (n, m), "table-for-output")
    d, h, steps = 64, 8, numbers.randint(10, 40)
    heads = {"d": d, "h": h, "T": steps}
    yield slip("attention", "parameters", heads, 3 * d * d + 3 * d, "output-projection-forgotten")
    yield slip("attention", "parameters", heads, 3 * d * d, "output-projection-forgotten+biases-forgotten")
    yield slip("attention", "parameters", heads, h * (4 * d * d + 4 * d), "heads-multiply+bias-per-head-feature")
    yield slip("attention", "head_size", heads, d * h, "multiplied-by-heads")
    yield slip("attention", "scores", heads, steps * steps, "scores-of-one-head")
    yield slip("attention", "scores", heads, h * steps * d, "features-for-tokens")
    yield slip("attention", "output", heads, (steps, steps), "scores-for-output")
    yield slip("attention", "output", heads, (steps, d // h), "one-head-put-out")
    yield slip("layernorm", "parameters", {"n": n}, n, "shift-forgotten")


def recurrent(numbers: Random) -> Iterator[Slip]:
    n, m, steps = numbers.randint(20, 60), numbers.randint(61, 130), numbers.randint(5, 19)
    for formula, blocks in (("lstm", 4), ("gru", 3), ("rnn", 1)):
        given = {"n": n, "m": m, "T": steps}
        own = blocks * (n * m + m * m + m)
        yield slip(formula, "parameters", given, blocks * (n * m + n * n + n), "sizes-exchanged")
        yield slip(formula, "parameters", given, blocks * ((n + m) ** 2 + m), "joined-matrix-squared")
        yield slip(formula, "parameters", given, blocks * (n + m + m), "sizes-added")
        yield slip(formula, "parameters", given, blocks * (n * m + m * m + n), "bias-per-input")
        yield slip(formula, "parameters", given, blocks * (n * m + m * m + 1), "one-bias")
        yield slip(formula, "weights", given, own, "bias-among-weights")
        yield slip(formula, "parameters", given, steps * own, "weights-per-step")
        yield slip(formula, "output", given, (steps,), "one-unit-put-out", "units-forgotten")
        yield slip(formula, "macs", given, steps * own, "biases-in-macs", "bias-among-weights")
        deep = {**given, "L": 2}
        yield slip(formula, "parameters", deep, 2 * own, "deeper-layer-reads-n")
        yield slip(formula, "parameters", deep, own, "one-layer")
        both = {**given, "D": 2}
        yield slip(formula, "parameters", both, own, "one-direction")
        yield slip(formula, "output", both, (steps, m), "output-not-concatenated")
        yield slip(formula, "output", both, (2 * steps, m), "directions-as-steps")
    q = 10
    read = {"n": n, "m": m, "q": q, "T": steps}
    own = n * m + m * m + m
    yield slip("rnn_output", "parameters", read, own + m * q, "readout.biases-forgotten")
    yield slip("rnn_output", "parameters", read, own + q, "output-weights-forgotten")
    yield slip("rnn_output", "parameters", read, own + (m * q + q) * steps, "output-layer-per-step")
    yield slip("rnn_output", "output", read, (q, steps), "axes-swapped")


def scales(numbers: Random) -> Iterator[Slip]:
    """Initialisation, activations, dropout, clipping, perplexity."""
    n, m = numbers.randint(100, 900), numbers.randint(10, 90)
    given = {"n": n, "m": m}
    yield slip("init_he_normal", "deviation", given, 2 / n, "variance-for-deviation")
    yield slip("init_he_normal", "deviation", given, sqrt(1 / n), "two-forgotten")
    yield slip("init_he_normal", "deviation", given, sqrt(6 / n), "limit-for-deviation")
    yield slip("init_glorot_uniform", "limit", given, sqrt(2 / (n + m)), "deviation-for-limit")
    yield slip("init_glorot_uniform", "limit", given, sqrt(6 / (n * m)), "fans-multiplied")
    yield slip("init_glorot_normal", "deviation", given, sqrt(2 / (n * m)), "fans-multiplied")
    x = numbers.choice([-1, 1]) * numbers.randint(3, 25) / 10
    y = sigmoid(x)
    yield slip("activation_sigmoid", "value", {"x": x}, 1 / (1 - exp(-x)), "minus-in-denominator")
    yield slip("activation_sigmoid", "value", {"x": x}, exp(-x) / (1 + exp(-x)), "sign-in-exponent")
    yield slip("activation_sigmoid", "value", {"x": x}, 1 / exp(-x), "one-forgotten")
    yield slip("activation_sigmoid", "derivative", {"x": x}, y * (1 + y), "plus-for-minus")
    yield slip("activation_sigmoid", "derivative", {"x": x}, 1 - y, "factor-forgotten")
    yield slip("activation_sigmoid", "derivative", {"x": x}, y, "value-for-derivative")
    yield slip("activation_sigmoid", "derivative", {"x": x}, 1 - y * y, "tanh-slope")
    t = tanh(x)
    yield slip("activation_tanh", "derivative", {"x": x}, 1 + t * t, "plus-for-minus")
    yield slip("activation_tanh", "derivative", {"x": x}, t, "value-for-derivative")
    yield slip("activation_tanh", "derivative", {"x": x}, (1 - t) ** 2, "squared-outside")
    yield slip("activation_tanh", "value", {"x": x}, sigmoid(x), "sigmoid-for-tanh")
    yield slip("activation_tanh", "value", {"x": x}, (exp(-x) - exp(x)) / (exp(x) + exp(-x)), "sign-turned")
    p = (0.5, 0.25, numbers.choice([0.1, 0.2, 0.4]))
    yield slip("perplexity", "perplexity", {"p": p}, 1 / prod(p), "root-forgotten", "sum-for-mean")
    yield slip(
        "perplexity", "perplexity", {"p": p}, -sum(map(log, p)) / 3, "loss-for-perplexity", "score.loss-for-perplexity"
    )
    yield slip(
        "perplexity",
        "perplexity",
        {"p": p},
        exp(-sum(map(log10, p)) / 3),
        "common-logarithm",
        "sequence.common-logarithm",
    )
    v = (numbers.randint(2, 9), numbers.randint(2, 9), numbers.randint(-9, -2))
    norm = sqrt(sum(each * each for each in v))
    yield slip("clip_norm", "clipped", {"g": v, "theta": 2}, tuple(each / norm for each in v), "threshold-forgotten")
    yield slip("clip_norm", "clipped", {"g": v, "theta": 2}, tuple(each / 2 for each in v), "divided-by-threshold")
    yield slip("clip_norm", "clipped", {"g": v, "theta": 2}, tuple(each * 2 for each in v), "norm-forgotten")
    many, size = numbers.randint(1001, 5000), 32
    steps = {"N": many, "B": size, "epochs": 7}
    yield slip("updates", "updates", steps, many * 7, "one-per-example")
    yield slip("updates", "updates", steps, ceil(many / size) * 7 * size, "examples-for-updates")
    box = {"a": (0, 0, 10, 10), "b": (5, 4, 15, numbers.randint(15, 20))}
    yield slip("iou", "iou", box, 30 / 100, "first-box-for-union", "smaller-box-for-union")
    yield slip("iou", "iou", box, 30, "intersection-for-iou", "intersection-alone")


def updates(numbers: Random) -> Iterator[Slip]:
    """Optimisers, one or two steps."""
    g = [numbers.randint(1, 20) / 10 for _ in range(2)]
    w = numbers.randint(-9, 9) / 10

    def path(steps: Any) -> tuple[float, ...]:
        found, at = [], w
        for change in steps:
            at -= change
            found.append(at)
        return tuple(found)

    given = {"w": w, "g": tuple(g), "eta": 0.1}
    yield slip("sgd_by_hand_scalar", "w_new", given, path([-0.1 * each for each in g]), "update-sign-turned")
    yield slip("sgd_by_hand_scalar", "w_new", given, tuple(-0.1 * each for each in g), "weight-forgotten")
    every = tuple(w - 0.1 * each for each in g)
    yield slip("sgd_by_hand_scalar", "w_new", given, every, "first-weight-every-time")
    v = [0.1 * g[0], 0.9 * 0.1 * g[0] + 0.1 * g[1]]
    move = {**given, "gamma": 0.9}
    yield slip("momentum_by_hand_scalar", "w_new", move, path([0.1 * each for each in g]), "momentum-forgotten")
    yield slip("momentum_by_hand_scalar", "w_new", move, path([-each for each in v]), "update-sign-turned")
    turned = (0.9 * g[0], 0.1 * 0.9 * g[0] + 0.9 * g[1])
    yield slip("momentum_by_hand_scalar", "v", move, turned, "rate-and-momentum-exchanged")
    yield slip("momentum_by_hand_scalar", "v", move, (0.1 * g[0], 0.1 * g[0] + 0.1 * g[1]), "decay-forgotten")
    G = [g[0] ** 2, g[0] ** 2 + g[1] ** 2]
    small = {**given, "epsilon": 0.01}
    yield slip(
        "adagrad_by_hand_scalar",
        "w_new",
        small,
        path([0.1 * b / (a + 0.01) for a, b in zip(G, g, strict=True)]),
        "root-forgotten",
    )
    yield slip(
        "adagrad_by_hand_scalar",
        "w_new",
        small,
        path([0.1 * b * sqrt(a + 0.01) for a, b in zip(G, g, strict=True)]),
        "multiplied-by-root",
    )
    yield slip(
        "adagrad_by_hand_scalar", "w_new", small, path([0.1 * b / sqrt(b * b + 0.01) for b in g]), "sum-forgotten"
    )
    yield slip(
        "adagrad_by_hand_scalar",
        "w_new",
        small,
        path([0.1 * b / sqrt(a) for a, b in zip(G, g, strict=True)]),
        "epsilon-forgotten",
    )
    r = [0.1 * g[0] ** 2, 0.9 * 0.1 * g[0] ** 2 + 0.1 * g[1] ** 2]
    mean = {**small, "rho": 0.9}
    yield slip(
        "rmsprop_by_hand_scalar",
        "w_new",
        mean,
        path([0.1 * b / sqrt(a) for a, b in zip(r, g, strict=True)]),
        "epsilon-forgotten",
    )
    yield slip("rmsprop_by_hand_scalar", "w_new", mean, path([0.1 / sqrt(a + 0.01) for a in r]), "gradient-forgotten")
    yield slip(
        "rmsprop_by_hand_scalar",
        "w_new",
        mean,
        path([0.1 * b / sqrt(a + 0.01) for a, b in zip(G, g, strict=True)]),
        "summed-as-in-adagrad",
    )
    adam = {**given, "beta_1": 0.9, "beta_2": 0.99, "epsilon": 0.01}

    def moved(first: int = 1, *, mean: bool = True, square: bool = True, eps: float = 0.01, root: bool = True) -> Any:
        m = s = 0.0
        changes = []
        for t, each in enumerate(g, first):
            m, s = 0.9 * m + 0.1 * each, 0.99 * s + 0.01 * each**2
            a, b = m / (1 - 0.9**t) if mean else m, s / (1 - 0.99**t) if square else s
            changes.append(0.1 * a / (sqrt(b + eps) if root else b + eps))
        return path(changes)

    yield slip("adam_by_hand_scalar", "w_new", adam, moved(mean=False, square=False), "no-bias-correction")
    yield slip("adam_by_hand_scalar", "w_new", adam, moved(2), "step-counted-one-late")
    yield slip("adam_by_hand_scalar", "w_new", adam, moved(eps=0), "epsilon-forgotten")
    yield slip("adam_by_hand_scalar", "w_new", adam, moved(root=False), "root-forgotten")
    fresh = [w - 0.1 * g[0] / sqrt(g[0] ** 2 + 0.01)]
    fresh.append(fresh[0] - 0.1 * (g[1] / sqrt(g[1] ** 2 + 0.01)))
    yield slip("adam_by_hand_scalar", "w_new", adam, tuple(fresh), "moments-forgotten")


def losses(numbers: Random) -> Iterator[Slip]:
    yhat = tuple(numbers.randint(1, 40) / 10 for _ in range(3))
    y = tuple(numbers.randint(1, 40) / 10 for _ in range(3))
    pairs = list(zip(yhat, y, strict=True))
    given = {"yhat": yhat, "y": y}
    yield slip("loss_squared_by_hand", "loss", given, sum(abs(a - b) for a, b in pairs), "absolute-for-squared")
    yield slip("loss_squared_by_hand", "loss", given, sqrt(sum((a - b) ** 2 for a, b in pairs)), "root-taken")
    yield slip("loss_squared_by_hand", "loss", given, sqrt(sum((a - b) ** 2 for a, b in pairs) / 3), "root-of-the-mean")
    yield slip("loss_squared_by_hand", "loss", given, sum(a * a - b * b for a, b in pairs) / 2, "squares-subtracted")
    yield slip("loss_squared_by_hand", "gradient", given, tuple(b - a for a, b in pairs), "error-sign-turned")
    z = [numbers.randint(-30, 30) / 10 for _ in range(4)]
    true = numbers.randrange(4)
    one = tuple(int(i == true) for i in range(4))
    p = softmax(z)
    sharp = {"z": tuple(z), "y": one}
    name = "softmax_cross_entropy_by_hand"
    yield slip(name, "loss", sharp, log(p[true]), "minus-forgotten")
    yield slip(name, "loss", sharp, -log10(p[true]), "common-logarithm")
    yield slip(name, "loss", sharp, 1 - p[true], "probability-for-logarithm")
    yield slip(name, "loss", sharp, -p[true] * log(p[true]), "weighted-by-probability")
    yield slip(name, "loss", sharp, -sum(q * log(q) for q in p), "entropy-of-prediction")
    yield slip(name, "loss", sharp, sum((a - b) ** 2 for a, b in zip(p, one, strict=True)), "squared-error")
    yield slip(name, "loss", sharp, -log(p[true]) / 4, "mean-over-classes")
    yield slip(name, "gradient", sharp, tuple(b - a for a, b in zip(p, one, strict=True)), "error-sign-turned")
    yield slip(name, "gradient", sharp, tuple(-b / a for a, b in zip(p, one, strict=True)), "gradient-of-probability")
    yield slip("softmax_by_hand", "y", {"z": tuple(z)}, tuple(map(sigmoid, z)), "sigmoid-for-softmax")
    yield slip(
        "softmax_by_hand", "y", {"z": tuple(z)}, tuple(exp(each) / max(map(exp, z)) for each in z), "divided-by-largest"
    )
    yield slip(
        "softmax_by_hand",
        "y",
        {"z": tuple(z)},
        tuple(exp(-each) / sum(exp(-q) for q in z) for each in z),
        "sign-in-exponent",
    )
    yield slip("softmax_by_hand", "y", {"z": tuple(z)}, tuple(log(each) for each in p), "logarithm-taken")
    yield slip("softmax_by_hand", "y", {"z": tuple(z)}, tuple(2**each / sum(2**q for q in z) for each in z), "base-two")
    q = numbers.randint(1, 9) / 10
    binary = {"p": (q,), "y": (1,)}
    yield slip("loss_log_by_hand", "loss", binary, 1 - q, "probability-for-logarithm")
    yield slip("loss_log_by_hand", "loss", binary, -log(1 - q), "classes-swapped")


def statistics(numbers: Random) -> Iterator[Slip]:
    x = tuple(numbers.randint(1, 90) / 10 for _ in range(4))
    mean = sum(x) / 4
    variance = sum((each - mean) ** 2 for each in x) / 4
    root = sqrt(variance + 0.01)
    given = {"x": x, "gamma": 1.5, "beta": 0.5, "epsilon": 0.01}
    hat = [(each - mean) / root for each in x]
    name = "batchnorm_by_hand_scalar"
    yield slip(name, "y", given, tuple(0.5 * each + 1.5 for each in hat), "scale-and-shift-exchanged")
    yield slip(name, "y", given, tuple(1.5 * (each + 0.5) for each in hat), "shift-scaled")
    yield slip(name, "y", given, tuple(hat), "scale-and-shift-forgotten", "scale-forgotten")
    yield slip(name, "y", given, tuple(1.5 * each - 0.5 for each in hat), "shift-subtracted")
    yield slip(name, "xhat", given, tuple(each - mean for each in x), "not-divided-by-deviation")
    yield slip(name, "xhat", given, tuple((each - mean) / sqrt(variance) for each in x), "epsilon-forgotten")
    yield slip(name, "xhat", given, tuple((mean - each) / root for each in x), "difference-turned")
    yield slip(name, "variance", given, sqrt(variance), "deviation-for-variance")
    yield slip(name, "variance", given, sum(each**2 for each in x) / 4, "mean-not-subtracted-in-variance")
    yield slip(name, "mean", given, sum(x), "sum-for-mean")
    yield slip("zscore_by_hand", "y", {"x": x}, tuple((each - mean) / variance for each in x), "divided-by-variance")
    yield slip(
        "zscore_by_hand", "y", {"x": x}, tuple((each - min(x)) / (max(x) - min(x)) for each in x), "minmax-for-zscore"
    )
    scaled = {"x": x, "low": 0, "high": 1}
    yield slip("minmax_by_hand", "y", scaled, tuple(each / max(x) for each in x), "divided-by-largest")


MORE_KINDS = (shapes, sizes, counts, layers, recurrent, scales, updates, losses, statistics)


def further_slips(times: int) -> Iterator[Slip]:
    """All kinds, each on so many draws, the same in every run."""
    for kind in MORE_KINDS:
        for seed in range(times):
            yield from kind(Random(f"{kind.__name__} {seed}"))
