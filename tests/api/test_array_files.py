"""Arrays from files: what is read, exactly, and what is refused in one line without anything being executed."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.api import array_files
from dlcalc.errors import DlcalcError, UserError


def npy(header: str, body: bytes, version: int = 1) -> bytes:
    """A .npy file as its format describes it."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2 if version == 1 else 4, "little") + text + body


def described(descr: str, shape: str, order: str = "False") -> str:
    return f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({shape}), }}"


def png(rows: list[bytes], width: int, colour: int = 0, filters: bytes = b"", depth: int = 8) -> bytes:
    """A PNG picture; `filters` gives the filter of each row, whose bytes are then already filtered."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    kinds = filters or bytes(len(rows))
    packed = zlib.compress(b"".join(bytes([kind]) + row for kind, row in zip(kinds, rows, strict=True)))
    header = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


NINE = Fraction("104.424225")
"""Of the decimals that round to one float32, one of those with the fewest digits has nine."""
SEEDS = {
    "npy": npy(described("<f8", "2, 2"), struct.pack("<4d", 1, 2, 3, 4)),
    "png": png([b"abc", b"def"], 3),
    "json": b"[[1, 2.5], [3, -4e2]]",
    "csv": b"1,2\n3,4.5\n",
}


def read(folder: Path, name: str, data: bytes) -> Any:
    path = folder / name
    path.write_bytes(data)
    return array_files.read(str(path))


@pytest.mark.parametrize(
    ("descr", "format", "numbers", "expected"),
    [
        ("<f8", "<4d", (0.5, -1.0, 0.1, 3.0), (Fraction(1, 2), -1, Fraction(1, 10), 3)),
        (">f8", ">4d", (0.5, -1.0, 0.1, 3.0), (Fraction(1, 2), -1, Fraction(1, 10), 3)),
        ("<f4", "<4f", (0.5, -1.0, 0.1, 3.0), (Fraction(1, 2), -1, Fraction(1, 10), 3)),
        ("|u1", "4B", (0, 1, 254, 255), (0, 1, 254, 255)),
        ("<i8", "<4q", (-1, 0, 1, 2**40), (-1, 0, 1, 2**40)),
        ("|b1", "4?", (True, False, True, True), (1, 0, 1, 1)),
    ],
)
def test_npy_numbers_are_read_exactly(
    tmp_path: Path, descr: str, format: str, numbers: tuple[Any, ...], expected: tuple[Any, ...]
) -> None:
    """0.1 is a tenth in either precision, truth values are 0 and 1."""
    array = read(tmp_path, "a.npy", npy(described(descr, "2, 2"), struct.pack(format, *numbers)))
    assert array == (expected[:2], expected[2:])
    assert all(type(cell) in (int, Fraction) for row in array for cell in row)


def test_npy_in_the_order_of_columns_and_of_version_2(tmp_path: Path) -> None:
    body = struct.pack("<6d", 1, 4, 2, 5, 3, 6)
    assert read(tmp_path, "a.npy", npy(described("<f8", "2, 3", "True"), body, 2)) == ((1, 2, 3), (4, 5, 6))


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"hello", "this is not a .npy file"),
        (npy(described("|O", "2,"), b"\x80\x04K\x01."), "an array holds numbers; this one holds pickled objects"),
        (npy(described("<U4", "2,"), b"x" * 32), "an array holds numbers; this one holds something else"),
        (npy("__import__('os').system('true')", b""), "an array holds numbers; this one holds something else"),
        (npy(described("<f8", "100000, 100000"), b""), "at most 10,000 numbers, not 10,000,000,000"),
        (npy(described("<f8", "9" * 60), b""), "at most 10,000 numbers, not 999"),
        (npy(described("<f8", "0,"), b""), "an array has at least one number"),
        (npy(described("<f8", "4,"), b"12345678"), "the header claims 4 numbers of 8 bytes, but 8 bytes follow"),
        (npy(described("<f8", "1,"), struct.pack("<d", float("nan"))), "an array holds finite numbers, not nan"),
        (npy(described("<f4", "1,"), struct.pack("<f", float("inf"))), "an array holds finite numbers, not inf"),
        (b"\x93NUMPY\x02\x00" + (10 * 2**28).to_bytes(4, "little") + b"{}", "the header claims 2,684,354,560 bytes"),
    ],
)
def test_a_bad_npy_is_one_line(tmp_path: Path, data: bytes, rule: str) -> None:
    with pytest.raises(UserError, match=rule) as error:
        read(tmp_path, "a.npy", data)
    assert "\n" not in str(error.value)
    assert "a.npy" in str(error.value)


def test_a_grey_picture_with_every_filter(tmp_path: Path) -> None:
    """Filters 0 to 4 of the standard, undone by its own definitions: each row ends as 10 20 30."""
    rows = [bytes([10, 20, 30]), bytes([10, 10, 10]), bytes([0, 0, 0]), bytes([5, 5, 5]), bytes([0, 0, 0])]
    assert read(tmp_path, "a.png", png(rows, 3, filters=bytes([0, 1, 2, 3, 4]))) == ((10, 20, 30),) * 5


def test_a_filter_looks_at_the_pixel_before_not_at_the_colour_before(tmp_path: Path) -> None:
    """Two pixels, 11 21 31 and 40 50 60, three times: from the pixel before, by Paeth from above, by the average."""
    rows = [bytes([11, 21, 31, 29, 29, 29]), bytes(6), bytes([6, 11, 16, 15, 15, 15])]
    # 0.299·11 + 0.587·21 + 0.114·31 = 19.15, and 48.15
    assert read(tmp_path, "a.png", png(rows, 2, colour=2, filters=bytes([1, 4, 3]))) == ((19, 48),) * 3


def test_of_neighbours_equally_near_paeth_takes_the_corner_last(tmp_path: Path) -> None:
    """6 + 12 − 10 = 8 is as near to 6 as to 10: 6, be it on the left or above."""
    left = png([bytes([10, 12]), bytes([252, 0])], 2, filters=bytes([0, 4]))
    assert read(tmp_path, "a.png", left) == ((10, 12), (6, 6))
    above = png([bytes([10, 6]), bytes([2, 0])], 2, filters=bytes([0, 4]))
    assert read(tmp_path, "b.png", above) == ((10, 6), (12, 6))


def test_transparency_is_ignored(tmp_path: Path) -> None:
    assert read(tmp_path, "a.png", png([bytes([10, 0, 200, 255])], 2, colour=4)) == ((10, 200),)
    assert read(tmp_path, "b.png", png([bytes([255, 0, 0, 9, 0, 0, 255, 0])], 2, colour=6)) == ((76, 29),)


def test_the_largest_array(tmp_path: Path) -> None:
    """10,000 numbers, whichever file they stand in; the ending counts in capitals too."""
    row = ",".join(["1"] * 100)
    assert array_files.shape_of(read(tmp_path, "A.CSV", "\n".join([row] * 100).encode())) == (100, 100)
    assert array_files.shape_of(read(tmp_path, "a.json", f"[{','.join(['1'] * 10_000)}]".encode())) == (10_000,)
    assert array_files.shape_of(read(tmp_path, "a.npy", npy(described("|u1", "100, 100"), bytes(10_000)))) == (100, 100)
    assert array_files.shape_of(read(tmp_path, "a.png", png([bytes(100)] * 100, 100))) == (100, 100)
    for name, data in (
        ("a.csv", "\n".join([row] * 100 + ["1"]).encode()),
        ("a.json", f"[{','.join(['1'] * 10_001)}]".encode()),
        ("a.npy", npy(described("|u1", "10001,"), bytes(10_001))),
        ("a.png", png([bytes(73)] * 137, 73)),
    ):
        with pytest.raises(UserError, match=r"has at most 10,000 numbers, not 10,001$"):
            read(tmp_path, name, data)


@pytest.mark.parametrize(
    ("descr", "format", "value", "expected"),
    [
        ("<f4", "<f", NINE, NINE),
        ("<f2", "<e", 0.1, Fraction(1, 10)),
        ("<f2", "<e", 65504, 65500),
        ("<f4", "<f", 3.4028234663852886e38, 34028235 * 10**31),
    ],
)
def test_a_float_is_the_shortest_decimal_that_gives_it(
    tmp_path: Path, descr: str, format: str, value: Any, expected: Any
) -> None:
    """A float32 may need nine digits, as this one does: with eight it is its neighbour.

    The largest half is 65504, and 65500 is read as it; with fewer digits there would be none so large.
    """
    array = read(tmp_path, "a.npy", npy(described(descr, "1,"), struct.pack(format, float(value))))
    assert array == (expected,)


def test_a_coloured_picture_is_read_in_grey(tmp_path: Path) -> None:
    """Red, green, blue and white by the luma 0.299, 0.587, 0.114."""
    row = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])
    assert read(tmp_path, "a.png", png([row], 4, colour=2)) == ((76, 150, 29, 255),)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"GIF89a", "this is not a PNG image"),
        (b"\x89PNG\r\n\x1a\n", "the picture has no header"),
        (png([b"ab"], 1, depth=16), "a picture has 8 bits per colour"),
        (png([b"a"], 1, colour=3), "a picture has 8 bits per colour"),
        (png([b"ab"], 1), "the picture is damaged"),
        (png([b"a"], 1, filters=bytes([9])), "the picture is damaged"),
        (png([b"a"], 1).replace(b"IDAT", b"IDXX"), "the picture is damaged"),
        (png([bytes(1000)] * 1000, 1000), "at most 10,000 numbers, not 1,000,000"),
        (png([b"a"], 1)[:41] + b"\xff\xff\xff" + png([b"a"], 1)[44:], "the picture is damaged"),
    ],
)
def test_a_bad_picture_is_one_line(tmp_path: Path, data: bytes, rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        read(tmp_path, "a.png", data)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", "1,2\n3,4.5\n", ((1, 2), (3, Fraction(9, 2)))),
        ("a.csv", "1;2,5\n", None),
        ("a.csv", "1;2\n3;4\n", ((1, 2), (3, 4))),
        ("a.txt", "1 2\n3 4\n\n5 6\n7 8\n", (((1, 2), (3, 4)), ((5, 6), (7, 8)))),
        ("a.csv", '"1","2"\n', ((1, 2),)),
        ("a.json", "[[1, 2], [3, 0.1]]", ((1, 2), (3, Fraction(1, 10)))),
        ("a.json", "7", 7),
    ],
)
def test_text_files(tmp_path: Path, name: str, text: str, expected: Any) -> None:
    if expected is None:
        with pytest.raises(UserError, match=r"'2,5' is not a number|is not a number"):
            read(tmp_path, name, text.encode())
    else:
        assert read(tmp_path, name, text.encode()) == expected


@each_row(
    ("name", "text", "rule"),
    [
        ("a.csv", "1,x\n", "'x' is not a number"),
        ("a.csv", "1,,2\n", "a cell is empty: every cell of an array holds a number"),
        ("a.csv", "1,1=1\n", "'1=1' is not a number"),
        ("a.csv", "", "an array has at least one number"),
        ("a.csv", "1," * 10_001, "a cell is empty|at most 10,000 numbers"),
        ("a.json", "[[1, NaN]]", "an array holds finite numbers, not NaN"),
        ("a.json", '[["a"]]', "an array holds numbers, not 'a'"),
        ("a.json", "[[true]]", "an array holds numbers, not true"),
        ("a.json", "[[1", "this is not JSON"),
        ("a.json", "[[[[[[1]]]]]]", "an array has at most four indices: filter, channel, row, column"),
        ("a.json", "[" * 100_000, "the lists are nested too deeply"),
        ("a.json", f"[0.{'1' * 60}]", "a decimal number is written in at most 50 characters, not 62"),
    ],
)
def test_a_bad_text_file_is_one_line(tmp_path: Path, name: str, text: str, rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        read(tmp_path, name, text.encode())


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^an array file ends in \.npy, \.png, \.json, \.csv, \.txt, not 'a\.pkl'$"):
        array_files.read("a.pkl")
    with pytest.raises(DlcalcError, match="the file cannot be read: No such file or directory"):
        array_files.read(str(tmp_path / "none.csv"))
    with pytest.raises(DlcalcError, match="an array to work out by hand has at most 1 MiB"):
        read(tmp_path, "a.csv", b"1," * 2**20)


def test_numbers_of_python() -> None:
    assert array_files.number(0.1) == Fraction(1, 10)
    for value, rule in ((True, "not true"), ("1", "not '1'"), (float("inf"), "not inf")):
        with pytest.raises(UserError, match=rule):
            array_files.number(value)


def test_shapes() -> None:
    assert array_files.shape_of((((1, 2), (3, 4)),)) == (1, 2, 2)
    with pytest.raises(UserError, match=r"^the rows of an array are equally long: the first has 2, number 2 has 1$"):
        array_files.shape_of(((1, 2), (3,)))
    with pytest.raises(UserError, match=r"the first has 1, number 2 has no entries of its own$"):
        array_files.shape_of(((1,), 3))
    with pytest.raises(UserError, match=r"^an array has at least one number$"):
        array_files.shape_of(((),))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(array_files.READERS)), st.sampled_from(sorted(SEEDS)), st.data())
def test_any_bytes_are_an_array_or_one_line(ending: str, seed: str, data: st.DataObject) -> None:
    """Files of every kind, with some bytes changed, cut or added: an array, or an error of ours."""
    content = bytearray(SEEDS[seed])
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        content = content or bytearray(b"\0")
    said = ""
    try:
        array_files.READERS[ending](bytes(content), f"a{ending}")
    except DlcalcError as error:
        said = str(error)
    assert len(said) < 400
