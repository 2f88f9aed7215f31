"""Right answers counted a second time, by listing: windows one by one, arrays by their shapes, steps in loops.

Nothing here is computed by the formulas: what a problem asks is counted anew from the numbers that it gives, so that a
wrong formula shows. Where there is no such way the count is None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from ..expressions.nodes import Value
from . import listing
from .listing import Counts, Given, Shape
from .loops import LOOPS
from .loops_in_time import CONVENTIONS_IN_TIME, LOOPS_IN_TIME

Number: TypeAlias = int | float | Fraction

BLOCKS: Mapping[str, tuple[str, ...]] = {
    "rnn": ("state",),
    "gru": ("update", "reset", "candidate"),
    "lstm": ("forget", "input", "output", "candidate"),
    "lstm_peephole": ("forget", "input", "output", "candidate"),
    "lstm_peephole_full": ("forget", "input", "output", "candidate"),
}
TWO_BIASES = {("rnn", "pytorch"), ("lstm", "pytorch"), ("gru", "pytorch"), ("gru", "keras")}
"""Where a library keeps a bias vector for the input and one for the state."""


def recount(formula: str, name: str, given: Given, convention: str = "") -> Value | None:
    """An answer of a formula, counted by listing; None where there is no way to.

    `convention` is the name of one, "" for the textbook's.
    """
    known = COUNTERS.get(formula)
    if known is None or convention not in ("", "textbook", "no-bias", *_CONVENTIONS.get(formula, ())):
        return None
    count = known(given, convention).get(name)
    try:
        found: Value | None = None if count is None else count()
    except KeyError:
        return None
    return found


_CONVENTIONS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("rnn", "lstm", "gru"), ("pytorch", "keras", "row-layout")),
    "rnn_output": ("row-layout",),
    "updates": ("drop-last",),
    **dict.fromkeys(("dense_by_hand", "dense_backward_by_hand"), ("relu", "sigmoid", "tanh")),
    **dict.fromkeys(
        ("mlp_by_hand", "mlp_backward_by_hand"),
        tuple(
            filter(
                None,
                (
                    f"{inner}{outer}".strip("-")
                    for inner in ("", "tanh-hidden", "relu-hidden", "linear-hidden")
                    for outer in ("", "-linear-output")
                ),
            )
        ),
    ),
    **CONVENTIONS_IN_TIME,
}
"""Formula → the conventions in which it is counted, beside the textbook's and the one without biases."""


# layers of units


def _dense(g: Given, convention: str) -> Counts:
    def arrays() -> list[Shape]:
        return [(g["n"],) for _ in range(g["m"])]

    def biases() -> list[Shape]:
        return [] if convention == "no-bias" else [(g["m"],)]

    return listing.layer(arrays, biases, lambda: (g["m"],), lambda: listing.numbers(arrays()))


def _mlp(g: Given, convention: str) -> Counts:
    def pairs() -> list[Shape]:
        return list(zip(g["u"], g["u"][1:], strict=False))

    def biases() -> list[Shape]:
        return [] if convention == "no-bias" else [(m,) for _, m in pairs()]

    def units() -> int:
        return sum(g["u"][1:])

    return listing.layer(pairs, biases, lambda: (g["u"][-1],), lambda: listing.numbers(pairs()), units) | {
        "units": units
    }


def _on_image(g: Given, convention: str) -> Counts:
    def pixels() -> Shape:
        return (*listing.axes(g["n"]), g["c"])

    def arrays() -> list[Shape]:
        return [pixels() for _ in range(g["m"])]

    def biases() -> list[Shape]:
        return [] if convention == "no-bias" else [(g["m"],)]

    found = listing.layer(arrays, biases, lambda: (g["m"],), lambda: listing.numbers(arrays()))
    return found | {"inputs": lambda: math.prod(pixels()), "weights_per_neuron": lambda: math.prod(pixels())}


def _signal(g: Given, convention: str) -> Counts:
    """A convolution along one axis."""

    def arrays() -> list[Shape]:
        return [(g["f"], g["c"]) for _ in range(g["k"])]

    def biases() -> list[Shape]:
        return [] if convention == "no-bias" else [(g["k"],)]

    return {
        "weights": lambda: listing.numbers(arrays()),
        "biases": lambda: listing.numbers(biases()),
        "parameters": lambda: listing.numbers([*arrays(), *biases()]),
    }


def _dense_as_conv(g: Given, convention: str) -> Counts:
    return listing.conv({**g, "f": g["n"]}, convention) if "n" in g else {}


def _squeeze(g: Given, convention: str) -> Counts:
    def width() -> int:
        return len(range(0, g["c"], g["r"]))

    def arrays() -> list[Shape]:
        return [(g["c"], width()), (width(), g["c"])]

    def biases() -> list[Shape]:
        return [] if convention == "no-bias" else [(width(),), (g["c"],)]

    found = listing.layer(arrays, biases, lambda: (g["c"],), lambda: listing.numbers(arrays()))
    del found["output"]
    return found | {"width": width}


def _batchnorm(g: Given, convention: str) -> Counts:
    def each() -> list[Shape]:
        return [(g["c"],)]

    found = listing.layer(each, each, lambda: (*listing.axes(g["n"]), g["c"]), lambda: 0)
    return found | {"values": lambda: listing.numbers([(g["c"],) for _ in ("scale", "shift", "mean", "variance")])}


def _embedding(g: Given, convention: str) -> Counts:
    return listing.layer(lambda: [(g["n"],) for _ in range(g["v"])], list, lambda: (g["T"], g["n"]), lambda: 0)


def _flatten(g: Given, convention: str) -> Counts:
    return {"units": lambda: math.prod(g["x"]), "output": lambda: (math.prod(g["x"]),)}


# recurrent layers


def _cell(kind: str) -> Callable[[Given, str], Counts]:
    def count(g: Given, convention: str) -> Counts:
        vectors = 0 if convention == "no-bias" else 2 if (kind, convention) in TWO_BIASES else 1

        def read() -> list[int]:
            return [g["n"], *(g.get("D", 1) * g["m"] for _ in range(g.get("L", 1) - 1))]

        def cells() -> list[int]:
            return [n for n in read() for _ in range(g.get("D", 1))]

        def arrays() -> list[Shape]:
            m = g["m"]
            return [shape for n in cells() for _ in BLOCKS[kind] for shape in ((m, n), (m, m))] + peepholes()

        def peepholes() -> list[Shape]:
            m = g["m"]
            shape = {"lstm_peephole": (m,), "lstm_peephole_full": (m, m)}.get(kind)
            return [shape for _ in cells() for _ in ("forget", "input", "output")] if shape else []

        def biases() -> list[Shape]:
            return [(g["m"],) for _ in cells() for _ in BLOCKS[kind] for _ in range(vectors)]

        def products() -> int:
            return sum(listing.numbers(arrays()) for _ in range(g["T"]))

        found = listing.layer(arrays, biases, lambda: (g["T"], g.get("D", 1) * g["m"]), products)
        more: Counts = {
            "peepholes": lambda: listing.numbers(peepholes()),
            "recurrent_weights": lambda: math.prod((g["m"], g["m"])),
            "input_weights": lambda: math.prod((g["m"], g["n"])),
        }
        if convention in ("", "textbook"):
            more |= {"input_matrix": lambda: (g["m"], g["n"]), "recurrent_matrix": lambda: (g["m"], g["m"])}
        if convention == "row-layout":
            more |= {"input_matrix": lambda: (g["n"], g["m"]), "recurrent_matrix": lambda: (g["m"], g["m"])}
        return found | more

    return count


def _rnn_output(g: Given, convention: str) -> Counts:
    cell = _cell("rnn")(g, convention)
    readout = _dense({"n": g.get("D", 1) * g["m"], "m": g["q"]}, convention) if {"m", "q"} <= g.keys() else {}
    inner = {f"cell.{name}": count for name, count in cell.items()}
    inner |= {f"readout.{name}": count for name, count in readout.items()}
    if not readout:
        return inner
    sums = listing.together(cell, readout, ("weights", "biases", "parameters"))

    def every() -> int:
        return sum(map(int, (cell["macs"](), *(readout["macs"]() for _ in range(g["T"])))))

    return inner | sums | {"output": lambda: (g["T"], g["q"]), "macs": every, "flops": lambda: 2 * every()}


# receptive fields


def _seen(layers: Sequence[Shape], unit: int) -> list[int]:
    """The pixels that a unit behind layers (f, s, d) sees."""
    pixels = {unit}
    for f, s, d in reversed(layers):
        pixels = {place * s + tap for place in pixels for tap in listing.taps(f, d)}
    return sorted(pixels)


def _rf(g: Given, convention: str) -> Counts:
    def layers() -> list[Shape]:
        ones = (1,) * len(g["f"])
        return list(zip(g["f"], g.get("s", ones), g.get("d", ones), strict=False))

    return {
        "receptive_field": lambda: len(range(_seen(layers(), 0)[0], _seen(layers(), 0)[-1] + 1)),
        "jump": lambda: _seen(layers(), 1)[0] - _seen(layers(), 0)[0],
    }


def _rf_layer(g: Given, convention: str) -> Counts:
    def places(unit: int) -> list[int]:
        return [(unit * g.get("s", 1) + tap) * g["j"] for tap in listing.taps(g["f"], g.get("d", 1))]

    return {
        "receptive_field": lambda: max(place + pixel for place in places(0) for pixel in range(g["r"])) + 1,
        "jump": lambda: places(1)[0] - places(0)[0],
    }


# training


def _updates(g: Given, convention: str) -> Counts:
    def batches() -> list[range]:
        every = [range(first, min(first + g["B"], g["N"])) for first in range(0, g["N"], g["B"])]
        return [batch for batch in every if len(batch) == g["B"] or convention != "drop-last"]

    return {
        "per_epoch": lambda: len(batches()),
        "last_batch": lambda: len(batches()[-1]),
        "updates": lambda: sum(len(batches()) for _ in range(g.get("epochs", 1))),
    }


def _powers(factor: Number) -> Iterator[Number]:
    value: Number = Fraction(1)
    while True:
        yield value
        value *= factor


def _bound(g: Given, convention: str) -> Counts:
    def factor() -> Number:
        found: Number = g.get("gamma", 1) * g["lambda"]
        return found

    def after() -> Number:
        return next(v for i, v in enumerate(_powers(factor())) if i == g["t"] - g["k"])

    return {"factor": factor, "bound": after}


def _vanishing(g: Given, convention: str) -> Counts:
    def under() -> int:
        return next(i for i, v in enumerate(_powers(g.get("gamma", 1) * g["lambda"])) if v < g["epsilon"])

    return {"steps": under}


def _dropout(g: Given, convention: str) -> Counts:
    return {
        "keep": lambda: g["p"],
        "drop": lambda: sum((Fraction(1), -g["p"])),
        "test_scale": lambda: g["p"],
        "expected": lambda: sum(g["p"] for _ in range(g["n"])),
    }


def _networks(g: Given, convention: str) -> Counts:
    return {"networks": lambda: math.prod(2 for _ in range(g["n"]))}


def _he(g: Given, convention: str) -> Counts:
    return {"deviation": lambda: (2 / sum(1 for _ in range(g["n"]))) ** 0.5}


def _he_conv(g: Given, convention: str) -> Counts:
    return {"deviation": lambda: (2 / listing.numbers([(g["c"], *listing.axes(g["f"]))])) ** 0.5}


def _glorot(g: Given, convention: str) -> Counts:
    return {"limit": lambda: (6 / len([*range(g["n"]), *range(g["m"])])) ** 0.5}


def _clip_norm(g: Given, convention: str) -> Counts:
    def norm() -> float:
        return math.hypot(*map(float, g["g"]))

    def scale() -> float:
        return min(1.0, float(g["theta"]) / norm())

    return {"norm": norm, "clipped": lambda: tuple(float(each) * scale() for each in g["g"])}


def _clip_value(g: Given, convention: str) -> Counts:
    return {"clipped": lambda: tuple(sorted((-g["theta"], each, g["theta"]))[1] for each in g["g"])}


COUNTERS: Mapping[str, Callable[[Given, str], Counts]] = {
    "conv": listing.conv, "conv_same": listing.same, "conv_transposed": listing.transposed,
    "depthwise_separable": listing.separable,
    "bottleneck": listing.bottleneck, "pool": listing.pool,
    "pool_ceil": listing.pool_ceil, "subsampling": listing.subsampling,
    "conv1d": _signal, "dense": _dense,
    "mlp": _mlp, "dense_on_image": _on_image, "dense_as_conv": _dense_as_conv, "squeeze_excitation": _squeeze,
    "batchnorm": _batchnorm, "embedding": _embedding, "flatten": _flatten,
    **{kind: _cell(kind) for kind in BLOCKS}, "rnn_output": _rnn_output, "rf": _rf, "rf_layer": _rf_layer,
    "updates": _updates, "gradient_bound": _bound, "vanishing_steps": _vanishing, "dropout": _dropout,
    "dropout_networks": _networks, "init_he_normal": _he, "init_he_normal_conv": _he_conv,
    "init_glorot_uniform": _glorot, "clip_norm": _clip_norm, "clip_value": _clip_value, **LOOPS, **LOOPS_IN_TIME,
}  # fmt: skip
"""Formula → its answers counted from what is given, under a convention."""
