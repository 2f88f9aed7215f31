"""A padding of several numbers: 1,0,2,3 is above, below, left and right; of a signal 1,0 is before and after.

That is the order of Keras' ZeroPadding2D and of a sentence; PyTorch's pad counts from the last axis.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import UserError

_NAMES = ("p", "padding")
_PARTED = re.compile(r"\s*[(\[{]*\s*\w+(?:[\s,;x×()\[\]{}]+\w+)+\s*[)\]}]*\s*")

_GROUPED = re.compile(r"\s*\d{1,3},\d{3}\s*")
"""One number, as 1,000 is."""


def parts(given: object) -> list[object]:
    """The numbers or letters of a padding, in a text, a tuple, or pairs of them; one alone is itself."""
    if isinstance(given, list | tuple):
        return [part for item in given for part in parts(item)]
    if isinstance(given, str) and _PARTED.fullmatch(given) and not _GROUPED.fullmatch(given):
        return [word for word in re.findall(r"\d+|[^\W\dx×]\w*", given) if word]
    return [given]


def on_each_side(given: Mapping[str, object], axes: int) -> dict[str, object]:
    """What is given; where `p` has two numbers per axis, pad_begin and pad_end in its place, one per axis each.

    Raises UserError where those are given too.
    """
    named = [name for name in _NAMES if given.get(name) is not None]
    values = parts(given[named[0]]) if len(named) == 1 else []
    if len(values) != 2 * axes:
        return dict(given)
    return _with(given, values[0::2], values[1::2])


def of_an_image(given: Mapping[str, object], signal: bool) -> dict[str, object]:
    """The same for an array; two numbers for an image that is no signal are those of the rows and of the columns.

    Raises UserError where the sides are given too.
    """
    named = [name for name in _NAMES if given.get(name) is not None]
    values = parts(given[named[0]]) if len(named) == 1 else []
    if len(values) == 2 and not signal:
        return _with(given, values, values)
    return on_each_side(given, 1 if signal else 2)


def _with(given: Mapping[str, object], begin: list[object], end: list[object]) -> dict[str, object]:
    rest = {name: value for name, value in given.items() if name not in _NAMES}
    if any(rest.get(name) is not None for name in ("pad_begin", "pad_end", "padding_begin", "padding_end")):
        raise UserError("the padding is given once: by --p, or by --pad-begin and --pad-end")
    return {**rest, "pad_begin": _along(begin), "pad_end": _along(end)}


def _along(values: list[object]) -> object:
    return values[0] if len(values) == 1 else " x ".join(map(str, values))
