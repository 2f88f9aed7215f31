"""Arrays as people type and paste them: "1 2; 3 4", several channels and filters, tables of Markdown, LaTeX and slides.

`;` or a new line stands between rows, `|` between channels, `||` between filters. [[1, 2], [3, 4]] is JSON, and the
name of a file with a known ending is read from it.
"""

from __future__ import annotations

import re

from ..answers.array_text import Texts, texts
from ..errors import UserError
from ..expressions.nodes import Value
from . import array_files
from .array_files import allow, shape_of, written

LONGEST = 200_000
"""Characters that are looked at."""
_RANKS = ("one number", "a vector", "a matrix", "a map of channels", "a bank of filters")


def read_array(name: str, given: object, rank: int) -> Value:
    """An array with `rank` indices; a smaller one is wrapped: a matrix is a map of one channel.

    Raises UserError naming the option.
    """
    return lifted(name, read_raw(name, given), rank)


def read_raw(name: str, given: object, letters: bool = False) -> Value:
    """An array of whatever shape it is written in; in a text `letters` may stand for numbers.

    Raises UserError naming the option.
    """
    try:
        array = _text(given, letters) if isinstance(given, str) else _plain(given)
        allow(_count(shape_of(array)))
        return array
    except UserError as error:
        raise UserError(f"{name}: {error}") from None


def lifted(name: str, array: Value, rank: int) -> Value:
    """The array with `rank` indices. Raises UserError naming the option."""
    try:
        return _lifted(array, shape_of(array), rank)
    except UserError as error:
        raise UserError(f"{name}: {error}") from None


def one_hot(target: Value, classes: int) -> Value:
    """A target that is one number, where there are several classes: the class, counted from 0 as in PyTorch.

    Any other is as it was. Raises UserError for a number that is no class.
    """
    if classes == 1 or _count(shape_of(target)) != 1:
        return target
    number = only(target)
    if not isinstance(number, int) or not 0 <= number < classes:
        raise UserError(
            f"a target that is one number is the class, a whole number from 0 to {classes - 1}, not {number}"
        )
    return tuple(int(place == number) for place in range(classes))


def one_hot_rows(target: Value, scores: Value) -> Value:
    """Targets of a batch, one row per example; where there is one number per example it is the class, as above."""
    shape = shape_of(lifted("target", target, 2))
    examples, classes = shape_of(scores)
    if shape == (examples, classes) or _count(shape) != examples:
        return target
    numbers = lifted("target", target, 1)
    return tuple(one_hot(number, classes) for number in numbers)


def only(array: Value) -> Value:
    """The number of an array that has one."""
    while isinstance(array, tuple):
        (array,) = array
    return array


def _count(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def _plain(given: object) -> Value:
    """Nested lists or tuples of numbers; an array of numpy's by its own lists."""
    lists = getattr(given, "tolist", None)
    if lists is not None:
        given = lists()
    if isinstance(given, list | tuple):
        return tuple(_plain(item) for item in given)
    return array_files.number(given)


def _lifted(array: Value, shape: tuple[int, ...], rank: int) -> Value:
    while len(shape) > rank and shape[0] == 1:
        array, shape = array[0], shape[1:]
    if rank == 1 and len(shape) == 2 and shape[1] == 1:
        return tuple(row[0] for row in array)
    if len(shape) > rank:
        raise UserError(f"{_RANKS[rank]} is expected, not {_RANKS[min(len(shape), 4)]} of {'×'.join(map(str, shape))}")
    for _ in range(rank - len(shape)):
        array = (array,)
    return array


def _text(text: str, letters: bool) -> Value:
    if len(text) > LONGEST:
        raise UserError(f"an array has at most {LONGEST:,} characters, not {len(text):,}")
    stripped = text.strip()
    if not stripped:
        raise UserError("an array is expected, but there is nothing")
    if is_file(stripped):
        return array_files.read(stripped)
    if stripped.startswith("[["):
        return array_files.json_text(stripped)
    return _numbers(texts(stripped, LONGEST), letters)


def is_file(text: str) -> bool:
    """Whether a text is the name of a file that holds an array."""
    return re.search(r"\.(?:npy|png|json|csv|txt)$", text.strip().lower()) is not None and "\n" not in text.strip()


def _numbers(found: Texts | str, letters: bool) -> Value:
    """The numbers of an array that was split into their texts."""
    return written(found, letters) if isinstance(found, str) else tuple(_numbers(part, letters) for part in found)
