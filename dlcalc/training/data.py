"""Examples to learn from: those that a seed makes, and those of files, by a name or a path.

`name:key=value,...` sets what a generator can be told: `adding:T=100,n=2000`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import UserError, printable, shown
from ..files import untrusted
from ..networks.network import Network
from .generated import GENERATORS, Generator
from .model import Examples

MOST_NUMBERS = 100_000_000
"""Of what a seed makes; more are refused before anything is made."""


@dataclass(frozen=True)
class Dataset:
    """Inputs (N, …) with the channels last, or (N, T, n), or (N, n); classes as whole numbers, or real targets.

    `test` are the indices of examples that are never trained on; None: they are drawn by the run's seed, `share` of
    them, as many of each class as there are of all.
    """

    name: str
    x: Any
    y: Any
    classes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """The vocabulary, where inputs are indices of words."""
    test: Any = None
    share: float = 0.2
    sequence: bool = False
    """Rows of an input are time steps."""
    unit: str = ""
    """Of a real target: pixels."""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def labelled(self) -> bool:
        """Targets are classes."""
        return bool(np.issubdtype(self.y.dtype, np.integer))

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.x.shape[1:])


def dataset(name: str, seed: int = 0, side: int = 64) -> Dataset:
    """The data of a generator's name, or of a path; images of a folder are made `side` pixels high and wide.

    UserError: neither. ProblemError: a file that cannot be read.
    """
    word, _, settings = name.partition(":")
    if word in GENERATORS:
        made = GENERATORS[word]
        return Dataset(name=name, **made.make(seed, **_settings(word, settings, made)))
    from .files import read

    return Dataset(name=name, **read(name, tuple(GENERATORS), side))


def of_arrays(x: Any, y: Any) -> Dataset:
    """Data of arrays: classes as whole numbers, −1 where a position does not count, or real targets.

    UserError where the two do not fit, or are no numbers.
    """
    from .files import checked

    try:
        inputs = np.asarray(x)
        targets, classes = checked(inputs, np.asarray(y), least=-1)
    except (ValueError, TypeError) as error:
        raise UserError(printable(str(error)[:120])) from None
    return Dataset("arrays", inputs, targets, classes)


def _settings(word: str, text: str, made: Generator) -> dict[str, float]:
    """What stands behind a generator's name. UserError."""
    usual = made.settings
    found = dict(usual)
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        if key not in usual:
            raise UserError(f"{word} has {', '.join(usual) or 'no settings'}, not {shown(key)}")
        try:
            number = untrusted.number(value)
        except ValueError:
            number = math.nan
        whole = isinstance(usual[key], int)
        least = made.least.get(key, 1) if whole else 0
        if not least <= number <= 10**7 or (whole and number != int(number)):
            kind = "whole number" if whole else "number"
            raise UserError(f"{key} of {word} is a {kind} from {least} to 10,000,000, not {shown(value)}")
        found[key] = type(usual[key])(number)
    if (asked := found.get("n", 1) * made.numbers(found)) > MOST_NUMBERS:
        raise UserError(
            f"data has at most {MOST_NUMBERS:,} numbers, and {word} with {shown(text)} would have {asked:,}"
        )
    return found


@dataclass(frozen=True)
class Split:
    """Examples to train on and to test with, as a network's plan reads them."""

    train: Examples
    test: Examples
    indices: Any
    """Of the test's, in the data."""


def side_of(network: Network) -> int:
    """How large images of a folder have to be for it."""
    first = network.input[0]
    return first if len(network.input) == 3 and isinstance(first, int) else 64


def split(data: Dataset, network: Network, seed: int, dtype: str = "float32") -> Split:
    """Training and test examples, arranged for the network. UserError where the shapes do not fit."""
    x = arranged(data, network)
    test = data.test if data.test is not None else stratified(data, seed)
    chosen = np.zeros(len(x), bool)
    chosen[test] = True
    rest = np.flatnonzero(~chosen)
    test = np.flatnonzero(chosen)
    if not len(rest) or not len(test):
        raise UserError(f"there must be examples to train on and to test with: {len(rest)} and {len(test)}")
    for numbers in (x, data.y):
        most = max(float(numbers.max(initial=0)), -float(numbers.min(initial=0)))
        if dtype == "float32" and most > float(np.finfo(np.float32).max):
            raise UserError(f"float32 has no number above 3.4e+38, and {data.name} has {most:.3g}: --dtype float64")
    return Split(Examples(x[rest], data.y[rest], dtype), Examples(x[test], data.y[test], dtype), test)


def stratified(data: Dataset, seed: int) -> Any:
    """The indices of a share of the examples, drawn by the seed, of each class as many as there are of all."""
    random = np.random.default_rng([seed, 2])
    if not data.labelled or (data.y.ndim > 1 and data.y.shape[1] > 1):
        return random.permutation(len(data.x))[: max(1, round(len(data.x) * data.share))]
    flat = data.y.reshape(-1)
    ends = np.flatnonzero(np.diff(np.sort(flat))) + 1
    found = []
    for of_class in np.split(np.argsort(flat, kind="stable"), ends):
        found.append(random.permutation(of_class)[: round(len(of_class) * data.share)])
    return np.concatenate(found)


def arranged(data: Dataset, network: Network) -> Any:
    """The inputs (N, numbers) in the order in which the network's plan reads them. UserError where they do not fit."""
    wanted = tuple(int(size) for size in network.input if isinstance(size, int))
    x = data.x
    first = network.layers[0].kind == "embedding"
    if data.words:
        if not first:
            raise UserError(f"{data.name} has words as its examples, so the network must begin with an embedding: "
                            f"\"{x.shape[1]}; embedding {len(data.words)} 32; ...\"")  # fmt: skip
        known = network.layers[0].settings.get("v")
        if isinstance(known, int) and known < len(data.words):
            raise UserError(f"the embedding knows {known:,} words, and {data.name} has {len(data.words):,}")
    if data.words and wanted == (x.shape[1],):
        return x
    if len(wanted) == len(x.shape[1:]) and wanted == x.shape[1:]:
        return x if network.sequence or len(wanted) == 1 else np.moveaxis(x, -1, 1)
    outer = x.shape[1:-1]
    if (wanted[-1:] == (1,) and len(wanted) >= x.ndim and wanted[: len(outer)] == outer
            and math.prod(wanted) == math.prod(x.shape[1:])):  # fmt: skip
        # of one channel the rows can only be one after the other
        x = x.reshape(len(x), *wanted)
        return x if network.sequence else np.moveaxis(x, -1, 1)
    if len(wanted) == x.ndim == 3 and not network.sequence and x.shape[1] <= wanted[0] and x.shape[2] <= wanted[1]:
        x = x[..., None]
    if len(wanted) == 3 and x.ndim == 4 and wanted[2] in (1, x.shape[3]):
        return np.moveaxis(_resized(x, wanted, data.name), -1, 1)
    if len(wanted) == 1 and wanted[0] == math.prod(x.shape[1:]):
        return x.reshape(len(x), -1)
    if network.sequence and len(wanted) == 2 and x.ndim == 4 and x.shape[3] == 1:
        return _resized(x, (*wanted, 1), data.name)[..., 0]
    if len(wanted) == 2 and math.prod(wanted) == math.prod(x.shape[1:]):
        return x.reshape(len(x), -1)
    if len(wanted) == 1 and x.ndim == 4 and x.shape[3] == 1 and math.isqrt(wanted[0]) ** 2 == wanted[0]:
        side = math.isqrt(wanted[0])
        return _resized(x, (side, side, 1), data.name).reshape(len(x), -1)
    have = "×".join(map(str, x.shape[1:]))
    raise UserError(f"{network.id} reads {'×'.join(map(str, network.input))}, and an example of {data.name} is {have}; "
                    f"--input changes what the network reads")  # fmt: skip


def _resized(x: Any, wanted: tuple[int, ...], name: str) -> Any:
    """Images that are too small: each pixel so many times as fits, then a black frame. UserError for larger ones."""
    if wanted[2] == 1 and x.shape[3] > 1:
        x = x.mean(axis=3, keepdims=True)
    h, w = x.shape[1:3]
    if h > wanted[0] or w > wanted[1]:
        raise UserError(
            f"images are not made smaller: those of {name} are {h}×{w}, the network reads {wanted[0]}×{wanted[1]}"
        )
    times = min(wanted[0] // h, wanted[1] // w)
    large = x.repeat(times, axis=1).repeat(times, axis=2)
    above, beside = wanted[0] - large.shape[1], wanted[1] - large.shape[2]
    frame = ((0, 0), (above // 2, above - above // 2), (beside // 2, beside - beside // 2), (0, 0))
    return np.pad(large, frame)
