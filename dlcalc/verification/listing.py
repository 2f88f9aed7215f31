"""Windows one by one, arrays by their shapes: what the second counts of right answers are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

Given: TypeAlias = Mapping[str, Any]
Shape: TypeAlias = tuple[int, ...]
Counts: TypeAlias = dict[str, Callable[[], Any]]
"""Name of an answer → what counts it. It raises KeyError where a number is missing."""


def axes(value: Any) -> tuple[int, ...]:
    """One number for each of two axes."""
    return value if isinstance(value, tuple) else (value, value)


def taps(f: int, d: int) -> list[int]:
    """The places that a window reads, from its first."""
    return [d * tap for tap in range(f)]


def starts(n: int, f: int, s: int, p: int, d: int) -> list[int]:
    """Where a window stands: every s-th place, while all of it lies on the padded input."""
    last = taps(f, d)[-1]
    return [place for place in range(-p, n + p, s) if place + last < n + p]


def numbers(shapes: Sequence[Shape]) -> int:
    """How many numbers arrays of these shapes hold."""
    return sum(math.prod(shape) for shape in shapes)


def layer(
    arrays: Callable[[], Sequence[Shape]],
    biases: Callable[[], Sequence[Shape]],
    output: Callable[[], Shape],
    uses: Callable[[], int],
    kept: Callable[[], int] | None = None,
) -> Counts:
    """What can be asked of any layer. `uses`: MACs of one input; `kept`: the numbers of its output."""
    held = kept or (lambda: math.prod(output()))

    def both() -> list[Shape]:
        return [*arrays(), *biases()]

    return {
        "output": output,
        "weights": lambda: numbers(arrays()),
        "biases": lambda: numbers(biases()),
        "parameters": lambda: numbers(both()),
        "macs": uses,
        "flops": lambda: 2 * uses(),
        "activation_memory": lambda: 4 * held(),
        "parameter_memory": lambda: 4 * numbers(both()),
        "memory": lambda: 4 * (held() + numbers(both())),
    }


def _windows(g: Given) -> tuple[list[int], ...]:
    settings = [axes(g["n"]), axes(g["f"]), axes(g.get("s", 1)), axes(g.get("p", 0)), axes(g.get("d", 1))]
    return tuple(starts(*each) for each in zip(*settings, strict=True))


def conv(g: Given, convention: str, window: Callable[[], tuple[list[int], ...]] | None = None) -> Counts:
    where = window or (lambda: _windows(g))
    groups = g.get("groups", 1)

    def arrays() -> list[Shape]:
        return [(g["c"] // groups, *axes(g["f"])) for _ in range(g["k"])]

    def biases() -> list[Shape]:
        return [] if convention == "no-bias" else [(1,) for _ in range(g["k"])]

    def places() -> int:
        return math.prod(map(len, where()))

    found = layer(
        arrays, biases, lambda: (*map(len, where()), g["k"]), lambda: places() * numbers(arrays()),
    )  # fmt: skip
    return found | _moved(g, where)


def _moved(g: Given, where: Callable[[], tuple[list[int], ...]]) -> Counts:
    """What is asked of a window that moves: its size, how often it stands, what is left over."""

    def reach() -> list[int]:
        return [taps(f, d)[-1] + 1 for f, d in zip(axes(g["f"]), axes(g.get("d", 1)), strict=True)]

    def ends() -> list[int]:
        return [found[-1] + size for found, size in zip(where(), reach(), strict=True)]

    pads = axes(g.get("p", 0))
    return {
        "f_eff": lambda: tuple(reach()),
        "receptive_field": lambda: tuple(reach()),
        "o": lambda: tuple(map(len, where())),
        "remainder": lambda: tuple(
            len(range(end, n + p)) for end, n, p in zip(ends(), axes(g["n"]), pads, strict=True)
        ),
        "lost": lambda: tuple(len(range(max(0, end), n)) for end, n in zip(ends(), axes(g["n"]), strict=True)),
    }


def same(g: Given, convention: str) -> Counts:
    """A window for every s-th pixel; what they reach beyond the input is padding, the odd one at the end."""

    def settings() -> list[tuple[int, ...]]:
        return list(zip(axes(g["n"]), axes(g["f"]), axes(g.get("s", 1)), axes(g.get("d", 1)), strict=True))

    def where() -> tuple[list[int], ...]:
        return tuple(list(range(0, n, s)) for n, _, s, _ in settings())

    def padding() -> tuple[int, ...]:
        return tuple(
            max(0, found[-1] + taps(f, d)[-1] + 1 - n) for found, (n, f, _, d) in zip(where(), settings(), strict=True)
        )

    more: Counts = {
        "pad": padding,
        "pad_begin": lambda: tuple(len(range(1, pad, 2)) for pad in padding()),
        "pad_end": lambda: tuple(len(range(0, pad, 2)) for pad in padding()),
    }
    without = {name: count for name, count in conv(g, convention, where).items() if name not in ("remainder", "lost")}
    return without | more


def transposed(g: Given, convention: str) -> Counts:
    """Every input pixel lays its window down, s apart; the padding is cut off at both ends."""

    def settings() -> list[tuple[int, ...]]:
        return list(

        zip(axes(g["n"]), axes(g["f"]), axes(g.get("s", 1)), axes(g.get("p", 0)), axes(g.get("d", 1)),
            axes(g.get("output_padding", 0)), strict=True)
    )  # fmt: skip

    def sizes() -> tuple[int, ...]:
        return tuple(
            max(place * s + tap for place in range(n) for tap in taps(f, d)) + 1 - 2 * p + more
            for n, f, s, p, d, more in settings()
        )

    found = conv(g, convention, lambda: tuple([] for _ in "hw"))

    def filters() -> int:
        return int(found["weights"]())

    def arrays() -> list[Shape]:
        return [(filters(),)]

    def biases() -> list[Shape]:
        return [(found["biases"](),)]

    def scattered() -> int:
        return math.prod(axes(g["n"])) * filters()

    return layer(arrays, biases, lambda: (*sizes(), g["k"]), scattered) | {"o": sizes}


def together(first: Counts, second: Counts, names: Sequence[str]) -> Counts:
    """What two layers after one another have in sum."""
    return {name: (lambda name=name: first[name]() + second[name]()) for name in names}  # type: ignore[misc]


_SUMS = ("weights", "biases", "parameters", "macs", "flops", "activation_memory", "parameter_memory", "memory")


def separable(g: Given, convention: str) -> Counts:
    def depth() -> Given:
        return {**g, "k": g["c"], "groups": g["c"]}

    first = conv(depth() if "c" in g else g, convention)

    def size() -> Shape:
        return tuple(map(len, _windows(g)))

    second = conv({**g, "f": 1}, convention, lambda: tuple(list(range(each)) for each in size()))
    whole = conv(g, convention)
    return whole | together(first, second, _SUMS) | {
        "mac_ratio": lambda: Fraction(first["macs"]() + second["macs"](), whole["macs"]()),
        "parameter_ratio": lambda: Fraction(first["parameters"]() + second["parameters"](), whole["parameters"]()),
    }  # fmt: skip


def bottleneck(g: Given, convention: str) -> Counts:
    def narrow() -> tuple[list[int], ...]:
        return tuple(list(range(each)) for each in axes(g["n"]))

    if "b" not in g:
        return {}
    first = conv({**g, "k": g["b"], "f": 1}, convention, narrow)
    second = conv({**g, "c": g["b"]}, convention)
    return conv(g, convention) | together(first, second, _SUMS)


def pool(g: Given, convention: str) -> Counts:
    full = {"s": g["f"], **g} if "f" in g else g

    def nothing() -> list[Shape]:
        return []

    def where() -> tuple[list[int], ...]:
        return _windows(full)

    return layer(nothing, nothing, lambda: (*map(len, where()), g["c"]), lambda: 0) | _moved(full, where)


def pool_ceil(g: Given, convention: str) -> Counts:
    """The window also stands where only its first part is on the input, or on the padding before it."""

    def sizes() -> tuple[int, ...]:
        found = []
        for n, f, s, p, d in zip(axes(g["n"]), axes(g["f"]), axes(g.get("s", g["f"])), axes(g.get("p", 0)),
                                 axes(g.get("d", 1)), strict=True):  # fmt: skip
            whole = starts(n, f, s, p, d)
            reach = (whole[-1] + taps(f, d)[-1]) if whole else -p - 1
            further = (whole[-1] + s) if whole else -p
            found.append(len(whole) + (reach < n + p - 1 and further < n))
        return tuple(found)

    def nothing() -> list[Shape]:
        return []

    return layer(nothing, nothing, lambda: (*sizes(), g["c"]), lambda: 0) | {"o": sizes}


def subsampling(g: Given, convention: str) -> Counts:
    pooled = pool(g, convention)

    def arrays() -> list[Shape]:
        return [(1,) for _ in range(g["c"])]

    def outputs() -> int:
        return math.prod(pooled["output"]())

    found = layer(arrays, arrays, lambda: pooled["output"](), outputs)
    return found | {"connections": lambda: outputs() * (len([*range(math.prod(axes(g["f"])))]) + 1)}
