"""Arrays from files: .npy, PNG, JSON and CSV, read with the standard library as nested tuples of exact numbers.

Every file is bounded before it is read, and nothing in one is executed: an .npy file of objects, which would have to be
unpickled, is refused from its header. A picture is read in grey, 0 (black) to 255.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from fractions import Fraction
from math import isfinite, prod
from typing import Any

from ..errors import UserError, shown
from ..expressions.exact import exact
from ..expressions.nodes import Value
from ..files.untrusted import decoded, read_bytes

MOST_NUMBERS = 10_000
"""Of an array that is worked out by hand: a picture of 100×100."""
_MOST_BYTES = 2**20


def number(value: Any) -> Value:
    """A finite number, exactly as it is written. Raises UserError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        raise UserError(f"an array holds numbers, not {shown(value)}")
    if isinstance(value, float):
        if not isfinite(value):
            raise UserError(f"an array holds finite numbers, not {value}")
        return exact(Fraction(repr(value)))
    return exact(value)


def allow(count: int) -> None:
    """Raises UserError when an array of so many numbers is too large, or empty."""
    if count > MOST_NUMBERS:
        raise UserError(f"an array for work by hand has at most {MOST_NUMBERS:,} numbers, not {count:,}")
    if count < 1:
        raise UserError("an array has at least one number")


def read(path: str) -> Value:
    """The array in a file, by the ending of its name. Raises UserError, or ProblemError for a file that is none."""
    for ending, reader in READERS.items():
        if path.lower().endswith(ending):
            try:
                return reader(read_bytes(path, _MOST_BYTES, "an array to work out by hand"), path)
            except UserError as error:
                raise UserError(f"{path[-80:]}: {error}") from None
    raise UserError(f"an array file ends in {', '.join(READERS)}, not {path[-40:]!r}")


# .npy: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

_HEADER = re.compile(
    r"\{\s*'descr':\s*'([<>|=])([a-zA-Z])(\d{1,2})',\s*'fortran_order':\s*(True|False),"
    r"\s*'shape':\s*\(([\d,\s]{0,80})\),?\s*\}\s*"
)
_LETTERS = {
    "b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q",
    "f2": "e", "f4": "f", "f8": "d",
}  # fmt: skip


def npy(data: bytes, path: str) -> Value:
    """An array as numpy.save writes it: whole numbers, floats or truth values (as 0 and 1)."""
    if data[:6] != b"\x93NUMPY" or len(data) < 10:
        raise UserError("this is not a .npy file")
    wide = data[6] > 1
    start = 12 if wide else 10
    length = int.from_bytes(data[8:start], "little")
    if length > len(data) - start:
        raise UserError(f"the header claims {length:,} bytes, but the file has {len(data):,}")
    header = data[start : start + length].decode("latin-1")
    found = _HEADER.fullmatch(header)
    if found is None or f"{found[2]}{found[3]}" not in _LETTERS:
        objects = "'|O'" in header or "'O'" in header
        raise UserError(
            "an array holds numbers; this one holds " + ("pickled objects" if objects else "something else")
        )
    order, letter = found[1], _LETTERS[f"{found[2]}{found[3]}"]
    shape = tuple(int(size) for size in found[5].split(",") if size.strip())
    count = prod(shape)
    allow(count)
    body = data[start + length :]
    if len(body) != count * int(found[3]):
        raise UserError(f"the header claims {count:,} numbers of {found[3]} bytes, but {len(body):,} bytes follow")
    values = struct.unpack(f"{'>' if order == '>' else '<'}{count}{letter}", body)
    numbers = [number(_shortest(value, letter) if letter in "ef" else +value) for value in values]
    return _nested(numbers, shape, found[4] == "True")


def _shortest(value: float, letter: str) -> float:
    """The decimal with the fewest digits that is this number in its own precision: 0.1, not 0.10000000149."""
    if not isfinite(value):
        return value
    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        # rounded up from near the largest number of its precision it may be too large for that
        with suppress(OverflowError):
            if struct.pack(letter, short) == struct.pack(letter, value):
                return short
    return value


def _nested(numbers: list[Value], shape: tuple[int, ...], by_columns: bool) -> Value:
    if not shape:
        return numbers[0]
    if by_columns:
        reversed_axes = _nested(numbers, shape[::-1], False)
        return _axes_reversed(reversed_axes, len(shape))
    step = len(numbers) // shape[0]
    return tuple(_nested(numbers[i * step : (i + 1) * step], shape[1:], False) for i in range(shape[0]))


def _axes_reversed(array: Value, rank: int) -> Value:
    """The array with its axes in the other order."""
    if rank == 1:
        return array
    inner = [_axes_reversed(item, rank - 1) for item in array]
    return _gathered(inner, rank - 1)


def _gathered(parts: list[Value], depth: int) -> Value:
    """Arrays of the same shape as one, their own index the last."""
    if depth == 0:
        return tuple(parts)
    return tuple(_gathered([part[i] for part in parts], depth - 1) for i in range(len(parts[0])))


# PNG: https://www.w3.org/TR/png-3/

_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
"""Colour type → numbers per pixel."""


def png(data: bytes, path: str) -> Value:
    """A picture of 8 bits per colour in grey; of colours the luma of ITU-R BT.601, rounded. Transparency is ignored."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise UserError("this is not a PNG image")
    chunks = dict.fromkeys((b"IHDR", b"IDAT"), b"")
    place = 8
    while place + 8 <= len(data):
        length, name = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        if name in chunks:
            chunks[name] += data[place + 8 : place + 8 + length]
        place += length + 12
    if len(chunks[b"IHDR"]) != 13:
        raise UserError("the picture has no header")
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if depth != 8 or colour not in _CHANNELS or interlaced:
        raise UserError("a picture has 8 bits per colour, grey or RGB, without a palette or interlacing; convert it "
                        "with an image program, or with Pillow: Image.open(file).convert('L')")  # fmt: skip
    allow(width * height)
    return _pixels(_inflated(chunks[b"IDAT"], (width * _CHANNELS[colour] + 1) * height), width, _CHANNELS[colour])


def _inflated(packed: bytes, size: int) -> bytes:
    try:
        raw = zlib.decompressobj().decompress(packed, size + 1)
    except zlib.error:
        raise UserError("the picture is damaged") from None
    if len(raw) != size:
        raise UserError("the picture is damaged")
    return raw


def _pixels(raw: bytes, width: int, channels: int) -> Value:
    """The rows in grey, after each row's filter is undone."""
    size = width * channels
    before = bytearray(size)
    rows = []
    for start in range(0, len(raw), size + 1):
        row = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + size]), before, channels)
        rows.append(tuple(_grey(row[i : i + channels]) for i in range(0, size, channels)))
        before = row
    return tuple(rows)


def _unfiltered(kind: int, row: bytearray, above: bytearray, step: int) -> bytearray:
    if kind > 4:
        raise UserError("the picture is damaged")
    for i in range(len(row)):
        left = row[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        guess = (0, left, above[i], (left + above[i]) // 2, _paeth(left, above[i], corner))[kind]
        row[i] = (row[i] + guess) & 255
    return row


def _paeth(left: int, above: int, corner: int) -> int:
    """Whichever of the three is nearest to left + above − corner, in this order."""
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def _grey(pixel: bytearray) -> int:
    if len(pixel) < 3:
        return pixel[0]
    return (299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2] + 500) // 1000


# text


def json_array(data: bytes, path: str) -> Value:
    """Nested lists of numbers."""
    return json_text(decoded(data, path))


def json_text(text: str) -> Value:
    """Nested lists of numbers, each exactly as it is written. Raises UserError."""
    import json

    try:
        found = json.loads(text, parse_float=_decimal, parse_constant=_refused)
    except RecursionError:
        raise UserError("the lists are nested too deeply") from None
    except ValueError as error:
        raise UserError(f"this is not JSON: {str(error)[:80]}") from None
    return _tuples(found)


def _decimal(text: str) -> Fraction:
    if len(text) > 50 or not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", text):
        raise UserError(f"a decimal number is written in at most 50 characters, not {len(text)}")
    return Fraction(text)


def _refused(text: str) -> None:
    raise UserError(f"an array holds finite numbers, not {text}")


def _tuples(value: Any, depth: int = 0) -> Value:
    if not isinstance(value, list):
        return number(value)
    if depth > 4:
        raise UserError("an array has at most four indices: filter, channel, row, column")
    allow(len(value))
    return tuple(_tuples(item, depth + 1) for item in value)


def csv_array(data: bytes, path: str) -> Value:
    """Rows of numbers; a line without any separates two channels."""
    text = decoded(data, path)
    separator = next((sign for sign in ";\t," if sign in text), " ")
    channels: list[list[Value]] = [[]]
    for line in text.splitlines():
        cells = line.split(separator) if separator != " " else line.split()
        if any(cell.strip() for cell in cells):
            channels[-1].append(tuple(written(cell) for cell in cells))
        elif channels[-1]:
            channels.append([])
    filled = tuple(tuple(rows) for rows in channels if rows)
    allow(sum(len(row) for rows in filled for row in rows))
    return filled[0] if len(filled) == 1 else filled


def written(cell: str, letters: bool = False) -> Value:
    """One number as people write it: 3, −0.5, 2/3, 1e-3; with `letters` an expression too, w₁ or 2a, and e is a letter.

    Raises UserError.
    """
    from ..expressions.answers import read_scalar
    from ..expressions.nodes import Kind, Node
    from ..expressions.reader import Declarations

    text = cell.strip().strip('"')
    if not text:
        raise UserError("a cell is empty: every cell of an array holds a number")
    try:
        value = read_scalar(text, Declarations({"e": Kind.SCALAR} if letters else {}, runs=False))
    except UserError as error:
        raise UserError(f"{text[:40]!r} is not a number: {error}") from None
    if isinstance(value, tuple | bool) or (isinstance(value, Node) and not letters):
        raise UserError(f"{text[:40]!r} is not a number")
    return value


READERS: dict[str, Callable[[bytes, str], Value]] = {
    ".npy": npy,
    ".png": png,
    ".json": json_array,
    ".csv": csv_array,
    ".txt": csv_array,
}
"""Ending → reader of the file's content."""


def shape_of(array: Value) -> tuple[int, ...]:
    """The sizes from the outside in. Raises UserError for a ragged array."""
    if not isinstance(array, tuple):
        return ()
    if not array:
        raise UserError("an array has at least one number")
    shapes = [shape_of(item) for item in array]
    for place, shape in enumerate(shapes[1:], 2):
        if shape != shapes[0]:
            raise UserError(f"the rows of an array are equally long: the first has {_sizes(shapes[0])}, "
                            f"number {place} has {_sizes(shape)}")  # fmt: skip
    return (len(array), *shapes[0])


def _sizes(shape: Iterable[int]) -> str:
    return "×".join(map(str, shape)) or "no entries of its own"
