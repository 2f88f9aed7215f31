"""Fifty random small networks, each with the error of its gradient along random directions, and with the difference
between its outputs for a batch and those for each example alone; and what `derived_gradients` finds; as JSON.

Run as a program with NUMBA_DISABLE_JIT=1, where nothing is compiled: `python random_networks.py`.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import derived_gradients
import numpy as np

from dlcalc.networks import text
from dlcalc.training.model import Examples, Model
from dlcalc.training.planner import plan

COUNT = 50
STEP = 1e-6
WORDS = 6
ACTIVATIONS = (
    "relu",
    "tanh",
    "sigmoid",
    "softplus",
    "gelu",
    "swish",
    "elu",
    "leaky",
    "hardsigmoid",
    "hardswish",
    "relu6",
)


def images(draw: random.Random) -> str:
    """A network on maps: convolutions of all kinds, pooling, normalisation, sums, concatenation."""
    act = lambda: draw.choice(ACTIVATIONS)  # noqa: E731
    k = draw.choice((2, 4))
    layers = [f"a: conv {k} f3 p1 {act()}" if draw.random() < 0.7 else f"a: conv {k} f3 same nobias; {act()}"]
    layers.append(draw.choice((
        f"b: conv {k} f3 p1 groups2 {act()}; add a", f"conv {k} f3 p1; bn; {act()}; concat a", "depthwise f3 p1 tanh",
        f"conv {k} f3 d2 p2; groupnorm 2; {act()}", f"residual(conv {k} f3 p1 {act()}; conv {k} f1)",
        "lrn; dropout 0.3", f"conv 8 f3 p1 {act()}; pixel-shuffle 2",
        f"conv-transpose {k} f2 s2 {act()}", "upsample 2; crop 1; pad 1", "bn; relu; multiply a", "subsampling 2; tanh",
    )))  # fmt: skip
    layers.append(draw.choice(("pool 2", "avgpool f3 s2 p1", "pool f3 s2 p1", "gap", "global-maxpool", "adaptive 2")))
    return f"5x6x2; {'; '.join(layers)}; dense 4 {act()}; dense 3 softmax"


def sequences(draw: random.Random) -> str:
    """A network on steps: cells of all kinds, above each other, in both directions."""
    first = draw.choice((f"4; embedding {WORDS} 3", "4x3 seq", "4x3 seq; dense 2 tanh"))
    cell = lambda: draw.choice(("rnn", "lstm", "gru", "bilstm", "rnn"))  # noqa: E731
    inner = draw.choice(("", f"{cell()} 3 seq;", "gru 2 bi seq; ln;", "lstm 2 L=2 seq;", "rnn 2 seq; dropout 0.4;"))
    last = draw.choice((f"{cell()} 3", f"{cell()} 3 seq", "gru 3; ln; relu"))
    return f"{first}; {inner} {last}; dense 3"


OTHERS = (
    "6; dense 4 sigmoid; dense 4 tanh; dense 3", "7 x 2; conv 3 f3 relu; pool 2; dense 3",
    "7 x 2; conv 3 f3 s2 tanh; rnn 3; dense 3", "shared 6; a: dense 6 tanh; b: dense 6; relu; add a; dense 3",
    "6; dense 4; rmsnorm; gelu; dense 3", "6; reshape 3x2; lstm 3; dense 3", "5; dense 3 softmax; dense 3",
    "4x4 seq; attention 2; gru 3; dense 3",
    "4x3 seq; a: dense 4; b: attention 2; c: add a b; attention 2 c a; rnn 3; dense 3",
    "3x4x4x2; convlstm 2 f3 seq; convlstm 2 f2; dense 3",
    "outputs 2x4x3x1; a: convlstm 2 f3; dense 3; average a a; dense 3",
    "5x4x3; conv-table k4 f3 pairs7 p1 tanh; pool 2; dense 5 tanh; rbf 3",
    "outputs 6; a: dense 4 tanh; dense 3 softmax; concat a input; dense 3",
)  # fmt: skip
"""Vectors and signals, shared weights, rows of a vector as steps."""


def error(line: str, seed: int) -> dict[str, Any]:
    """The largest difference between the gradient and central differences, along three directions."""
    numbers = np.random.default_rng(seed)
    loss = ("cross-entropy", "squared-error")[seed % 3 == 2]
    network = text.read(line.removeprefix("shared ").removeprefix("outputs "))
    if line.startswith("shared "):
        both = tuple(replace(layer, shares="a") if layer.name == "b" else layer for layer in network.layers)
        network = replace(network, layers=both)
    made = plan(
        network, loss, 3, "float64", factors=(0.25,) * (line.count("dense 3") - 1) + (1.5,) if "outputs" in line else ()
    )
    model = Model(made)
    model.parameters[:] = numbers.normal(0, 0.5, len(model.parameters))
    for parameter in made.parameters:
        if parameter.role == "variance":
            model.parameters[parameter.at : parameter.at + parameter.size] **= 2
    start = model.parameters.copy()
    size = sum(steps * width for _, _, steps, width in made.inputs)
    x = numbers.integers(0, WORDS, (3, size)) if "embedding" in line else numbers.normal(size=(3, size))
    y = numbers.integers(0, 3, (3, made.rows_out)) if seed % 3 < 2 else numbers.normal(size=(3, made.rows_out * 3))
    if loss == "cross-entropy" and made.rows_out > 1:
        y[0, -1] = -1  # padding
    examples = Examples(x, y, "float64")
    _, gradient = model.gradient(examples)
    gradient = gradient.copy()
    worst = 0.0
    for _ in range(3):
        way = numbers.normal(size=len(gradient))
        ends = []
        for step in (STEP, -STEP):
            model.parameters[:] = start
            model.parameters[: len(way)] += step * way
            ends.append(model.gradient(examples)[0])
        slope = float(gradient @ way)
        worst = max(worst, abs((ends[0] - ends[1]) / (2 * STEP) - slope) / max(1.0, abs(slope)))
    model.parameters[:] = start
    alone = np.concatenate([model.output(examples.x[[place]]) for place in range(len(examples))])
    return {
        "network": line,
        "error": worst,
        "mixed": float(np.abs(model.output(examples.x) - alone).max()),
        "told": told(model, examples),
        "norm": float(np.abs(gradient).max()),
        "shared": made.sizes[0] < made.unshared,
    }


def told(model: Model, examples: Examples) -> list[list[float]]:
    """The share that is right and the number that counts: as they are told, and as the last output has them."""
    _, right, counted = model.evaluate(examples)
    if not len(examples.classes):
        return [[counted], [examples.targets.size]]
    counts = examples.classes >= 0
    said = model.output(examples.x).argmax(axis=2) == examples.classes
    return [[right, counted], [float(said[counts].mean()), int(counts.sum())]]


def main() -> None:
    draw = random.Random(2)
    lines = [*OTHERS, *(draw.choice((images, sequences))(draw) for _ in range(COUNT - len(OTHERS)))]
    found = [error(line, seed) for seed, line in enumerate(lines)]
    derived = {"formulas": derived_gradients.errors(), "refusals": derived_gradients.refusals()}
    print(json.dumps({"networks": found, "reach": derived_gradients.reach(), **derived}))


if __name__ == "__main__":
    main()
