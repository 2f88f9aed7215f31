"""What runs step by step counted a second time in plain loops: recurrent layers, optimisers, statistics of a batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from .listing import Counts, Given
from .loops import Array, Number, derivative, exactly, relu, row_products, sigmoid, tanh

# recurrent layers


def _rows(value: Array) -> Array:
    """A weight as a matrix; one number is a matrix of one."""
    return value if isinstance(value, tuple) else ((value,),)


def _row(value: Array, count: int) -> Array:
    """A bias or a state as a vector; one number stands for all units."""
    return value if isinstance(value, tuple) else (value,) * count


def _steps(x: Array) -> Array:
    return tuple(step if isinstance(step, tuple) else (step,) for step in x)


def _unwrapped(series: Array, like: Array) -> Array:
    """One number per time step where the layer has one unit that is given by numbers."""
    return series if isinstance(like, tuple) else tuple(step[0] for step in series)


def _plus(*vectors: Array) -> Array:
    return tuple(sum(each) for each in zip(*vectors, strict=True))


def _activation(convention: str) -> Callable[[Number], Number]:
    return sigmoid if convention.startswith("sigmoid") else relu if convention.startswith("relu") else tanh


def _rnn_run(g: Given, convention: str) -> tuple[Array, Array]:
    """(sums, states) of every time step."""
    u, w = _rows(g["U"]), _rows(g["W"])
    b, h = _row(g.get("b", 0), len(w)), _row(g.get("h0", 0), len(w))
    sums, states = [], []
    for x in _steps(g["x"]):
        sums.append(_plus(row_products(u, x), row_products(w, h), b))
        h = tuple(map(_activation(convention), sums[-1]))
        states.append(h)
    return tuple(sums), tuple(states)


def _rnn(g: Given, convention: str) -> Counts:
    def output() -> Array:
        return _unwrapped(_outputs(g, _rnn_run(g, convention)[1]), g["V"])

    return {
        "a": lambda: _unwrapped(_rnn_run(g, convention)[0], g["W"]),
        "h": lambda: _unwrapped(_rnn_run(g, convention)[1], g["W"]),
        "yhat": output,
    }


def _bptt(g: Given, convention: str) -> Counts:
    """The loss of the whole run, and its derivatives by moving one number at a time."""
    targets = _steps(g["d" if "d" in g else "y"])

    def loss(name: str, value: Array) -> Number:
        given = {**g, name: value if isinstance(g[name], tuple) else value[0]}
        outputs = _outputs(given, _rnn_run(given, convention)[1])
        pairs = list(zip(outputs, targets, strict=True))[-1 if convention.endswith("last") else 0 :]
        if "d" in g:  # the gradient by each state is given: the loss grows with the states in proportion to it
            return sum((h * d for one, two in pairs for h, d in zip(one, two, strict=True)), 0)
        return sum(((h - y) * (h - y) for one, two in pairs for h, y in zip(one, two, strict=True)), 0) / 2

    def slope(name: str) -> Callable[[], Number]:
        """Of a number that number alone, of an array an array."""
        own = g[name]
        if isinstance(own, tuple):
            return lambda: derivative(lambda value: loss(name, value), own)
        return lambda: derivative(lambda value: loss(name, value), (own,))[0]

    def errors() -> Array:
        outputs = _outputs(g, _rnn_run(g, convention)[1])
        found = tuple(_plus(one, tuple(-y for y in two)) for one, two in zip(outputs, targets, strict=True))
        return _unwrapped(found, g["V"])

    return {
        "h": lambda: _unwrapped(_rnn_run(g, convention)[1], g["W"]),
        "dW": slope("W"), "dU": slope("U"), "dx": slope("x"),
    } | ({"dV": slope("V"), "error": errors} if "V" in g else {})  # fmt: skip


def _outputs(g: Given, states: Array) -> Array:
    """What an output layer makes of each state; the states where there is none."""
    if "V" not in g:
        return states
    v = _rows(g["V"])
    c = _row(g.get("c", 0), len(v))
    return tuple(_plus(row_products(v, h), c) for h in states)


def _gates(g: Given, letter: str, x: Array, h: Array) -> Array:
    u = _rows(g[f"U_{letter}"])
    return _plus(row_products(_rows(g[f"W_{letter}"]), x), row_products(u, h), _row(g.get(f"b_{letter}", 0), len(u)))


def _lstm(g: Given, convention: str) -> Counts:
    def run() -> dict[str, list[Array]]:
        units = len(_rows(g["U_f"]))
        h, cell = _row(g.get("h0", 0), units), _row(g.get("C0", 0), units)
        found: dict[str, list[Array]] = {name: [] for name in "fiogCh"}
        for x in _steps(g["x"]):
            f, i, o = (tuple(map(sigmoid, _gates(g, letter, x, h))) for letter in "fio")
            new = tuple(map(tanh, _gates(g, "c", x, h)))
            cell = tuple(f[n] * cell[n] + i[n] * new[n] for n in range(units))
            h = tuple(o[n] * tanh(cell[n]) for n in range(units))
            for name, value in zip("fiogCh", (f, i, o, new, cell, h), strict=True):
                found[name].append(value)
        return found

    return {name: lambda name=name: _unwrapped(tuple(run()[name]), g["U_f"]) for name in "fiogCh"}  # type: ignore[misc]


def _gru(g: Given, convention: str) -> Counts:
    """Reset before the product; the update gate keeps, or renews."""

    def run() -> dict[str, list[Array]]:
        units = len(_rows(g["U_z"]))
        h = _row(g.get("h0", 0), units)
        found: dict[str, list[Array]] = {name: [] for name in "zrgh"}
        for x in _steps(g["x"]):
            z, r = (tuple(map(sigmoid, _gates(g, letter, x, h))) for letter in "zr")
            sums = _gates(g, "g", x, tuple(r[n] * h[n] for n in range(units)))
            new = tuple(map(tanh, _plus(sums, _row(g.get("d", 0), units))))
            keep = tuple(1 - each for each in z) if convention == "renew" else z
            h = tuple(keep[n] * h[n] + (1 - keep[n]) * new[n] for n in range(units))
            for name, value in zip("zrgh", (z, r, new, h), strict=True):
                found[name].append(value)
        return found

    return {name: lambda name=name: _unwrapped(tuple(run()[name]), g["U_z"]) for name in "zrgh"}  # type: ignore[misc]


# optimisers, one weight


def _sgd(g: Given, convention: str) -> Counts:
    def weights() -> Array:
        w, found = g["w"], []
        for slope in g["g"]:
            w = w - g.get("eta", 0.1) * slope
            found.append(w)
        return tuple(found)

    return {"w_new": weights}


def _momentum(g: Given, convention: str) -> Counts:
    def run() -> list[tuple[Number, Number]]:
        w, v, found = g["w"], g.get("v0", 0), []
        for slope in g["g"]:
            v = v * g["gamma"] + slope * g["eta"]
            w = w - v
            found.append((v, w))
        return found

    return {"v": lambda: tuple(v for v, _ in run()), "w_new": lambda: tuple(w for _, w in run())}


def _scaled_steps(squares: Callable[[Number, Number, Given], Number]) -> Callable[[Given, str], Counts]:
    """Adagrad and RMSProp: a step is divided by the root of squares that are summed or averaged."""

    def count(g: Given, convention: str) -> Counts:
        def run() -> list[tuple[Number, Number]]:
            w, total, found = g["w"], g.get("G0", 0), []
            for slope in g["g"]:
                total = squares(total, slope * slope, g)
                w = w - float(g["eta"]) * float(slope) / math.sqrt(total + g["epsilon"])
                found.append((total, w))
            return found

        return {"G": lambda: tuple(total for total, _ in run()), "w_new": lambda: tuple(w for _, w in run())}

    return count


def _adam(g: Given, convention: str) -> Counts:
    from fractions import Fraction

    one, two = g.get("beta_1", Fraction(9, 10)), g.get("beta_2", Fraction(999, 1000))

    def run() -> list[tuple[Number, ...]]:
        w, mean, square, found = g["w"], g.get("m0", 0), g.get("v0", 0), []
        left_one = left_two = 1
        for slope in g["g"]:
            mean = mean * one + slope * (1 - one)
            square = square * two + slope * slope * (1 - two)
            left_one, left_two = left_one * one, left_two * two
            corrected = mean / (1 - left_one)
            change = float(g["eta"]) * float(corrected) / math.sqrt(square / (1 - left_two) + g["epsilon"])
            w = w - change
            found.append((mean, corrected, change, w))
        return found

    return {name: lambda place=place: tuple(each[place] for each in run())  # type: ignore[misc]
            for place, name in enumerate(("m", "mhat", "change", "w_new"))}  # fmt: skip


# statistics


def _moments(x: Array) -> tuple[Number, Number]:
    mean = exactly(sum(x), len(x))
    return mean, exactly(sum((value - mean) * (value - mean) for value in x), len(x))


def _batchnorm(g: Given, convention: str) -> Counts:
    def normalised() -> Array:
        mean, variance = _moments(g["x"])
        return tuple(float(value - mean) / math.sqrt(variance + g.get("epsilon", 0)) for value in g["x"])

    return {
        "mean": lambda: _moments(g["x"])[0],
        "variance": lambda: _moments(g["x"])[1],
        "xhat": normalised,
        "y": lambda: tuple(float(g.get("gamma", 1)) * each + float(g.get("beta", 0)) for each in normalised()),
    }


def _batchnorm_test(g: Given, convention: str) -> Counts:
    def output() -> Array:
        root = math.sqrt(g["running_variance"] + g.get("epsilon", 0))
        scaled = (float(g.get("gamma", 1)) * float(value - g["running_mean"]) / root for value in g["x"])
        return tuple(each + float(g.get("beta", 0)) for each in scaled)

    return {"y": output}


def _batchnorm_running(g: Given, convention: str) -> Counts:
    mean, variance = _moments(g["x"])
    share = float(g["momentum"])
    return {
        "running_mean": lambda: share * float(g.get("old_mean", 0)) + (1 - share) * float(mean),
        "running_variance": lambda: share * float(g.get("old_variance", 1)) + (1 - share) * float(variance),
    }


def _zscore(g: Given, convention: str) -> Counts:
    def scores() -> Array:
        mean, variance = _moments(g["x"])
        return tuple(float(value - mean) / math.sqrt(variance) for value in g["x"])

    return {"deviation": lambda: math.sqrt(_moments(g["x"])[1]), "y": scores}


def _both(id: str, count: Callable[[Given, str], Counts]) -> dict[str, Callable[[Given, str], Counts]]:
    """The formula of several units, and that of one."""
    return {id: count, f"{id}_scalar": count}


LOOPS_IN_TIME: Mapping[str, Callable[[Given, str], Counts]] = {
    **_both("rnn_by_hand", _rnn), **_both("rnn_output_by_hand", _rnn), **_both("rnn_bptt_target_by_hand", _bptt),
    **_both("rnn_bptt_by_hand", _bptt), **_both("rnn_bptt_output_by_hand", _bptt),
    **_both("lstm_by_hand", _lstm), **_both("gru_by_hand", _gru),
    "sgd_by_hand_scalar": _sgd, "momentum_by_hand_scalar": _momentum, "adam_by_hand_scalar": _adam,
    "adagrad_by_hand_scalar": _scaled_steps(lambda total, new, g: total + new),
    "rmsprop_by_hand_scalar": _scaled_steps(lambda total, new, g: g["rho"] * total + (1 - g["rho"]) * new),
    "batchnorm_by_hand_scalar": _batchnorm, "batchnorm_test_by_hand": _batchnorm_test,
    "batchnorm_running_by_hand": _batchnorm_running, "zscore_by_hand": _zscore,
}  # fmt: skip
"""Formula by hand → its answers by plain loops."""

CONVENTIONS_IN_TIME: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("rnn_by_hand", "rnn_by_hand_scalar", "rnn_output_by_hand", "rnn_output_by_hand_scalar"),
                    ("sigmoid", "relu")),
    **dict.fromkeys(("rnn_bptt_target_by_hand", "rnn_bptt_target_by_hand_scalar"), ("sigmoid", "relu", "last")),
    **dict.fromkeys(("gru_by_hand", "gru_by_hand_scalar"), ("renew",)),
}  # fmt: skip
"""Formula → the conventions in which it is looped, beside the textbook's."""
