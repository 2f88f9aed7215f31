"""Examples of files, by a path: .npz, MNIST's IDX, CIFAR-10's binary batches, CSV, a text, a folder of images.

A file that is not what it should be is refused in one line; nothing in one is executed.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ProblemError, UserError, printable
from ..files import untrusted
from .generated import characters

LARGEST = 2**31
MOST = 1e150
MOST_NAMED = 1000
CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".webp")
IDX_TYPES: dict[int, Any] = {0x08: np.dtype("u1"), 0x09: np.dtype("i1"), 0x0B: np.dtype(">i2"), 0x0C: np.dtype(">i4"),
             0x0D: np.dtype(">f4"), 0x0E: np.dtype(">f8")}  # fmt: skip


def read(name: str, generators: Sequence[str], side: int) -> dict[str, Any]:
    """The fields of a `Dataset`. UserError: no such data. ProblemError: a file that is not what it should be."""
    path = Path(name)
    try:
        if name and path.is_dir():
            return _folder(path, side)
        there = path.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise UserError(f"data is one of {', '.join(generators)}, or a path; {printable(name[:80])} is neither")
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return _npz(path)
    if suffix == ".csv":
        return _csv(path)
    if suffix == ".txt":
        return _text(path)
    if suffix == ".bin":
        return _cifar([path], [])
    raise UserError(f"data in files are .npz, .csv, .txt, .bin or a folder, not {printable(path.name[:80])}")


def _refused(path: Path, why: str) -> ProblemError:
    return ProblemError(printable(str(path)), "", why)


def _npz(path: Path) -> dict[str, Any]:
    """x_train, y_train, x_test, y_test as Keras' files have them, or x and y."""
    arrays = npz(path)
    for names in (("x_train", "y_train", "x_test", "y_test"), ("x", "y")):
        if all(name in arrays for name in names):
            x, y, *test = (arrays[name] for name in names)
            if alone := next((name for name in names if not arrays[name].ndim), ""):
                raise _refused(path, f"each is an array with an entry for each example: {alone} is one number")
            if test:
                return _joined(path, x, y, *test)
            return _fields(path, x, y)
    raise _refused(path, f"it has x_train, y_train, x_test, y_test or x, y, not {', '.join(list(arrays)[:6])}")


def npz(path: str | Path) -> dict[str, Any]:
    """The arrays of an .npz by their names. ProblemError: it is none, or holds more than is read of any file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            size = sum(each.file_size for each in file.zip.infolist())
            arrays = {name: np.asarray(file[name]) for name in file.files} if size <= LARGEST else {}
    except Exception:
        raise _refused(Path(path), "it is not an .npz of plain arrays") from None
    if size > LARGEST:
        raise _refused(Path(path), f"its arrays have {size:,} bytes, at most {LARGEST:,} are read")
    return arrays


def _joined(path: Path, x: Any, y: Any, x_test: Any, y_test: Any) -> dict[str, Any]:
    if x.shape[1:] != x_test.shape[1:] or y.shape[1:] != y_test.shape[1:]:
        raise _refused(path, f"training and test examples must have the same shape: {x.shape} and {x_test.shape}")
    fields = _fields(path, np.concatenate([x, x_test]), np.concatenate([y, y_test]))
    return fields | {"test": np.arange(len(x), len(x) + len(x_test))}


def checked(x: Any, y: Any, least: int = 0) -> tuple[Any, tuple[str, ...]]:
    """What the arrays of any door have: classes (N,) or (N, positions) from `least` on, or real targets (N, numbers),
    and the names of the classes, where they are few. ValueError: examples and targets that cannot be.
    """
    if x.ndim < 2 or not y.ndim or len(x) != len(y) or not x.size or not y.size:
        raise ValueError(f"each example needs a target: x is {x.shape}, y is {y.shape}")
    if any(each.dtype.kind not in "fiub" or not np.isfinite(each).all() for each in (x, y)):
        raise ValueError(f"x and y must be finite numbers: {x.dtype} and {y.dtype}")
    y = y.reshape(len(y), -1)
    if y.dtype.kind == "f":
        return y.astype(np.float64), ()
    if not least <= y.min() <= y.max() < LARGEST or y.max() < 0:
        raise ValueError(f"classes count from 0: the smallest is {y.min()}, the largest {y.max()}")
    names = tuple(map(str, range(int(y.max()) + 1))) if y.max() < MOST_NAMED else ()
    return (y[:, 0] if y.shape[1] == 1 else y).astype(np.int64), names


def _fields(path: Path, x: Any, y: Any) -> dict[str, Any]:
    """Bytes become numbers from 0 to 1, and images without an axis of channels get one."""
    try:
        y, classes = checked(x, y)
    except ValueError as error:
        raise _refused(path, str(error)) from None
    images = x.dtype == np.uint8
    x = x / 255 if images else x
    x = x[..., None] if images and x.ndim == 3 else x
    return {"x": x, "y": y, "classes": classes}


def _folder(path: Path, side: int) -> dict[str, Any]:
    names = {file.name for file in path.iterdir()}
    idx = [name for name in names if "idx" in name and ("images" in name or "labels" in name)]
    if idx:
        return _mnist(path, idx)
    if batches := sorted(name for name in names if name.startswith("data_batch") and name.endswith(".bin")):
        return _cifar([path / name for name in batches], [path / "test_batch.bin"] * ("test_batch.bin" in names))
    return _images(path, side)


def _mnist(path: Path, names: list[str]) -> dict[str, Any]:
    """train-images-idx3-ubyte, train-labels-idx1-ubyte and the same of t10k, or test; packed or not."""

    def of(part: str, what: str) -> Any:
        found = [name for name in names if name.startswith(part) and what in name]
        if not found:
            raise _refused(path, f"there is no file of {part}-{what}")
        return _idx(path / min(found, key=len))

    x, y = of("train", "images"), of("train", "labels")
    test = next((part for part in ("t10k", "test") if any(name.startswith(part) for name in names)), "")
    return _joined(path, x, y, of(test, "images"), of(test, "labels")) if test else _fields(path, x, y)


def _idx(path: Path) -> Any:
    """An array in the format of MNIST: two zero bytes, the type, the number of axes, the sizes, the numbers."""
    data = untrusted.read_bytes(str(path), LARGEST, "an IDX file")
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as file:
                data = untrusted.bounded(file.read(LARGEST + 1), str(path), LARGEST, "an IDX file")
        except (OSError, EOFError, zlib.error):
            raise _refused(path, "it is compressed and damaged") from None
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in IDX_TYPES or len(data) < 4 + 4 * data[3]:
        raise _refused(path, "it is not an IDX file: it begins with two zero bytes, a type and the number of axes")
    dtype, axes = IDX_TYPES[data[2]], data[3]
    sizes = [int.from_bytes(data[4 + 4 * axis : 8 + 4 * axis]) for axis in range(axes)]
    rest = len(data) - 4 - 4 * axes
    if rest != prod(sizes) * dtype.itemsize:
        raise _refused(path, f"its header promises {prod(sizes) * dtype.itemsize:,} bytes, and {rest:,} follow")
    return np.frombuffer(data, dtype, offset=4 + 4 * axes).reshape(sizes)


def _cifar(paths: list[Path], tests: list[Path]) -> dict[str, Any]:
    """Records of a byte for the class and 3·32·32 bytes, red, green and blue plane by plane."""
    parts = []
    for path in (*paths, *tests):
        data = untrusted.read_bytes(str(path), LARGEST, "a batch of CIFAR-10")
        if not data or len(data) % 3073:
            raise _refused(path, f"records of CIFAR-10 have 3,073 bytes, and the file has {len(data):,}")
        records = np.frombuffer(data, np.uint8).reshape(-1, 3073)
        if records[:, 0].max() > 9:
            raise _refused(path, f"classes of CIFAR-10 go from 0 to 9: there is {records[:, 0].max()}")
        parts.append((records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1) / np.float32(255), records[:, 0]))
    x, y = (np.concatenate([part[index] for part in parts]) for index in (0, 1))
    found = {"x": x, "y": y.astype(np.int64), "classes": CIFAR}
    count = len(parts[-1][1]) if tests else 0
    return found | ({"test": np.arange(len(y) - count, len(y))} if tests else {})


def _csv(path: Path) -> dict[str, Any]:
    """Numbers, the last column what is to be found: words, or whole numbers of few kinds, are classes."""
    text = untrusted.decoded_leniently(untrusted.read_bytes(str(path), LARGEST, "a CSV"), str(path))
    rows = list(untrusted.csv_rows(text, most_rows=1_000_000, most_cells=50_000_000))
    if rows and not _number(rows[0][1][0]):
        rows = rows[1:]
    if len(rows) < 2:
        raise _refused(path, "a CSV of examples has one line for each example, at least two")
    width = len(rows[0][1])
    values = np.empty((len(rows), width - 1))
    for place, (line, cells) in enumerate(rows):
        if len(cells) != width:
            raise _refused(path, f"line {line} has {len(cells)} cells, the first has {width}")
        try:
            values[place] = [untrusted.number(cell) for cell in cells[:-1]]
        except ValueError:
            bad = next(cell for cell in cells[:-1] if not _number(cell))
            raise _refused(path, f"line {line}: {printable(bad[:40])} is not a number") from None
    last = [cells[-1].strip() for _, cells in rows]
    kinds = sorted(set(last))
    real = all(map(_number, kinds)) and not (len(kinds) <= 20 and all(untrusted.number(k).is_integer() for k in kinds))
    y = np.array([[untrusted.number(cell)] for cell in last]) if real else np.zeros((1, 1))
    if not np.isfinite(values).all() or not np.isfinite(y).all():
        raise _refused(path, "all its numbers must be finite")
    if (most := max(np.abs(values).max(initial=0), np.abs(y).max())) > MOST:
        raise _refused(path, f"its numbers are at most {MOST:g}, so that their squares can be added: {most:g}")
    spread = values.std(axis=0)
    x = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
    if real:
        return {"x": x, "y": y}
    place_of = {kind: place for place, kind in enumerate(kinds)}
    return {"x": x, "y": np.array([place_of[cell] for cell in last]), "classes": tuple(kinds)}


def _number(text: str) -> bool:
    try:
        untrusted.number(text)
    except ValueError:
        return False
    return True


def _text(path: Path) -> dict[str, Any]:
    text = untrusted.decoded_leniently(untrusted.read_bytes(str(path), LARGEST, "a text"), str(path)).lower()
    return characters(text, min(20_000, max(200, len(text))), 40, 0)


def _images(path: Path, side: int) -> dict[str, Any]:
    """A folder for each class; `train` and `test` (or `validation`) in it where they are apart."""
    try:
        from PIL import Image
    except ImportError:
        raise UserError('images are read by pillow: pip install "dlcalc[data]"') from None
    train = path / "train"
    tests = next((path / name for name in ("test", "validation", "val") if (path / name).is_dir()), None)
    root = train if train.is_dir() else path
    classes = sorted(folder.name for folder in root.iterdir() if folder.is_dir() and not folder.name.startswith("."))
    if len(classes) < 2:
        raise _refused(path, "a folder of images has one folder for each class, at least two")
    found: list[Any] = []
    labels: list[int] = []
    count = 0
    for part in (root, *([tests] if tests else [])):
        count = len(found)
        for label, name in enumerate(classes):
            for file in sorted((part / name).glob("*")):
                if file.suffix.lower() in IMAGES:
                    try:
                        with Image.open(file) as image:
                            shown = image.convert("RGB").resize((side, side))
                            found.append(np.asarray(shown, np.float32) / np.float32(255))
                    except Exception:
                        raise _refused(file, "the image cannot be read") from None
                    labels.append(label)
    if not found:
        raise _refused(path, f"it contains no images: {', '.join(IMAGES)}")
    fields: dict[str, Any] = {"x": np.stack(found), "y": np.array(labels), "classes": tuple(classes)}
    return fields | ({"test": np.arange(count, len(found))} if tests else {})
