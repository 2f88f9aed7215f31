"""Data that a seed makes: nothing is downloaded. Each has the size and the form in which the literature has it.

Adding problem: S. Hochreiter and J. Schmidhuber, Long short-term memory, 1997, experiment 4. Copy memory: M. Arjovsky,
A. Shah and Y. Bengio, arXiv:1511.06464. MNIST-1D: S. Greydanus and D. Kobak, arXiv:2011.14439. Two spirals: K. Lang and
M. Witbrock, 1988.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError

TEXT = (
    "the network learns from examples and the loss falls. the gradient flows back through every layer. a gate "
    "keeps what matters and forgets the rest. the weights change a little in every step. the rate is small and "
    "the steps are many. a filter slides over the image and finds an edge. the state of the cell is carried "
    "through time. the batch is small and the mean is close to zero. a deep network needs many layers and good "
    "first weights. "
)


@dataclass(frozen=True)
class Generator:
    """`make(seed, **settings)` gives the fields of a `Dataset`; `settings` are the usual ones."""

    words: str
    make: Callable[..., dict[str, Any]]
    settings: Mapping[str, float]
    numbers: Callable[[Mapping[str, float]], float] = lambda of: 64
    """In one example."""
    least: Mapping[str, int] = field(default_factory=dict)
    """Of whole numbers, where it is not 1."""


def _xor(seed: int, n: int, noise: float) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    bits = random.integers(0, 2, (n, 2))
    return {"x": bits + random.normal(0, noise, (n, 2)), "y": bits[:, 0] ^ bits[:, 1], "classes": ("0", "1")}


def _spirals(seed: int, n: int, turns: float, noise: float) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    y = np.arange(n) % 2
    along = np.sqrt(random.uniform(0.02, 1, n))
    angle = along * turns * 2 * math.pi + y * math.pi
    x = np.stack([along * np.cos(angle), along * np.sin(angle)], axis=1) * 2
    return {"x": x + random.normal(0, noise, (n, 2)), "y": y, "classes": ("first", "second")}


def _bars(seed: int, n: int, side: int, noise: float) -> dict[str, Any]:
    """Horizontal and vertical bars, and the four corners."""
    random = np.random.default_rng(seed)
    x, y = np.zeros((n, side, side, 1)), np.arange(n) % 6
    for image, kind in zip(x[..., 0], y, strict=True):
        i, j = random.integers(1, side - 2, 2)
        size = max(2, side // 3)
        if kind == 0:
            image[i] = 1
        elif kind == 1:
            image[:, j] = 1
        else:
            down, right = (kind - 2) // 2, (kind - 2) % 2
            rows = slice(i, min(side, i + size)) if down else slice(max(0, i - size + 1), i + 1)
            columns = slice(j, min(side, j + size)) if right else slice(max(0, j - size + 1), j + 1)
            image[rows, j] = image[i, columns] = 1
    names = ("horizontal", "vertical", "corner ┘", "corner └", "corner ┐", "corner ┌")
    return {"x": x + random.normal(0, noise, x.shape), "y": y, "classes": names}


def _digits(seed: int) -> dict[str, Any]:
    """Read from scikit-learn's file: to import what reads it there takes longer than a small network needs to learn."""
    found = find_spec("sklearn")
    folders = found.submodule_search_locations if found is not None else None
    if not folders:
        raise UserError('digits come with scikit-learn: pip install "dlcalc[data]"')
    with gzip.open(Path(folders[0], "datasets", "data", "digits.csv.gz"), "rt", encoding="ascii") as file:
        rows = np.array([line.split(",") for line in file], dtype=np.float64)
    images, digits = rows[:, :64].reshape(-1, 8, 8, 1), rows[:, 64].astype(np.int64)
    return {"x": images / 16, "y": digits, "classes": tuple("0123456789")}


def _mnist1d(seed: int, n: int, shuffled: int, data: int) -> dict[str, Any]:
    """4,000 to train on and 1,000 to test with; `shuffled` 1: the same permutation of all. `data` is their seed, the
    paper's 42 as a rule, whatever the run's: its table is of one set of data.
    """
    if find_spec("mnist1d") is None:
        raise UserError('MNIST-1D is made by the package mnist1d: pip install "dlcalc[data]"')
    from mnist1d.data import get_dataset_args, make_dataset

    settings = get_dataset_args()
    settings.num_samples, settings.seed, settings.train_split = n, data, 0.8
    settings.shuffle_seq = bool(shuffled)
    made = make_dataset(settings)
    x = np.concatenate([made["x"], made["x_test"]])
    y = np.concatenate([made["y"], made["y_test"]]).astype(np.int64)
    return {"x": x[..., None], "y": y, "classes": tuple("0123456789"), "test": np.arange(len(made["x"]), len(x))}


def _adding(seed: int, n: int, T: int) -> dict[str, Any]:
    """Two of T numbers are marked: their sum is to be found."""
    random = np.random.default_rng(seed)
    x = np.zeros((n, T, 2))
    x[:, :, 0] = random.uniform(0, 1, (n, T))
    first, second = random.integers(0, T // 2, n), random.integers(T // 2, T, n)
    x[np.arange(n), first, 1] = x[np.arange(n), second, 1] = 1
    return {"x": x, "y": (x[:, :, 0] * x[:, :, 1]).sum(axis=1, keepdims=True), "sequence": True}


def _copy(seed: int, n: int, T: int, length: int, symbols: int) -> dict[str, Any]:
    """`length` symbols, T blanks, a mark, then the symbols again: what is scored are those at the end."""
    random = np.random.default_rng(seed)
    symbol = random.integers(0, symbols, (n, length))
    steps = T + 2 * length
    x, y = np.full((n, steps), symbols), np.full((n, steps), -1)
    x[:, :length], x[:, -length - 1] = symbol, symbols + 1
    y[:, -length:] = symbol
    return {"x": np.eye(symbols + 2)[x], "y": y, "classes": tuple(map(str, range(symbols))), "sequence": True}


def _ball(seed: int, n: int, side: int, steps: int) -> dict[str, Any]:
    """A ball that bounces between four walls: where is it after the last image? In pixels."""
    random = np.random.default_rng(seed)
    place, speed = random.uniform(1, side - 2, (n, 2)), random.uniform(-1.5, 1.5, (n, 2))
    x = np.zeros((n, steps, side, side))
    rows, columns = np.mgrid[0:side, 0:side]
    for step in range(steps + 1):
        if step < steps:
            away = (rows - place[:, 0, None, None]) ** 2 + (columns - place[:, 1, None, None]) ** 2
            x[:, step] = np.exp(-away)
            place = place + speed
            beyond = (place < 0) | (place > side - 1)
            speed = np.where(beyond, -speed, speed)
            place = np.where(place < 0, -place, np.where(place > side - 1, 2 * (side - 1) - place, place))
    return {"x": x.reshape(n, steps, side * side), "y": place, "sequence": True, "unit": "pixels"}


def _sine(seed: int, n: int, T: int, noise: float) -> dict[str, Any]:
    """A noisy sine of a frequency and phase of its own: its next value without the noise."""
    random = np.random.default_rng(seed)
    frequency, phase = random.uniform(0.1, 0.6, (n, 1)), random.uniform(0, 2 * math.pi, (n, 1))
    clean = np.sin(frequency * np.arange(T + 1) + phase)
    x = clean[:, :T] + random.normal(0, noise, (n, T))
    return {"x": x[..., None], "y": clean[:, T:], "sequence": True}


def _reversed(seed: int, n: int, T: int) -> dict[str, Any]:
    """The digits of a number, to be told in reverse when all have been read."""
    random = np.random.default_rng(seed)
    digits = random.integers(0, 10, (n, T))
    x, y = np.zeros((n, 2 * T, 11)), np.full((n, 2 * T), -1)
    x[:, :T, :10], x[:, T:, 10] = np.eye(10)[digits], 1
    y[:, T:] = digits[:, ::-1]
    return {"x": x, "y": y, "classes": tuple("0123456789"), "sequence": True}


def characters(text: str, n: int, T: int, seed: int) -> dict[str, Any]:
    """Windows of T characters of a text: after each, which comes next?"""
    letters = sorted(set(text))
    code = {letter: place for place, letter in enumerate(letters)}
    whole = np.array([code[letter] for letter in text])
    if len(whole) <= T + 1:
        raise UserError(f"a text has more characters than a window of {T}: {len(whole)}")
    starts = np.random.default_rng(seed).integers(0, len(whole) - T, n)
    windows = whole[starts[:, None] + np.arange(T + 1)]
    return {"x": windows[:, :T], "y": windows[:, 1:], "classes": tuple(letters), "words": tuple(letters)}


def _text(seed: int, n: int, T: int) -> dict[str, Any]:
    return characters(TEXT, n, T, seed)


GENERATORS = {
    "digits": Generator("scikit-learn's 1,797 digits of 8×8 (extra data)", _digits, {}),
    "mnist1d": Generator(
        "signals of 40 numbers, ten classes (extra data)",
        _mnist1d,
        {"n": 5000, "shuffled": 0, "data": 42},
        lambda of: 40,
        {"n": 10, "shuffled": 0, "data": 0},
    ),
    "xor": Generator("two bits with noise: are they different?", _xor, {"n": 400, "noise": 0.1}, lambda of: 2),
    "spirals": Generator("two spirals, to tell apart", _spirals, {"n": 600, "turns": 1.5, "noise": 0.05}, lambda of: 2),
    "bars": Generator(
        "images of bars and corners",
        _bars,
        {"n": 1200, "side": 12, "noise": 0.2},
        lambda of: of["side"] ** 2,
        {"side": 4},
    ),
    "adding": Generator(
        "the sum of two marked numbers of T", _adding, {"n": 5000, "T": 100}, lambda of: 2 * of["T"], {"T": 2}
    ),
    "copy": Generator(
        "symbols to be told again after T blanks",
        _copy,
        {"n": 5000, "T": 20, "length": 5, "symbols": 8},
        lambda of: (of["T"] + 2 * of["length"]) * (of["symbols"] + 2),
        {"T": 0},
    ),
    "ball": Generator(
        "a bouncing ball: where next?",
        _ball,
        {"n": 3000, "side": 16, "steps": 5},
        lambda of: of["steps"] * of["side"] ** 2,
        {"side": 3},
    ),
    "sine": Generator("the next value of a noisy sine", _sine, {"n": 2000, "T": 20, "noise": 0.1}, lambda of: of["T"]),
    "reversed": Generator("digits of a number, in reverse", _reversed, {"n": 4000, "T": 5}, lambda of: 22 * of["T"]),
    "text": Generator("the next character of a small text", _text, {"n": 2000, "T": 20}, lambda of: of["T"]),
}
"""Name → generator."""
