"""How many numbers each layer of a `.keras` file keeps: the shapes in its HDF5 member, which h5py reads."""

from __future__ import annotations

import io
import math
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from importlib import import_module
from typing import IO, Any

MEMBER = "model.weights.h5"
MOST = 2**31
"""Bytes of the member that are unpacked; of a larger one the weights are not read."""
_MOST_ARRAYS = 200_000
_MOST_COMPARED = 2**26
"""Numbers of an array that is held against another of its shape."""
_NO_LAYERS = frozenset({"optimizer", "metrics", "loss", "loss_tracker"})


def weights(path: str, data: bytes | None = None) -> Mapping[str, int] | str:
    """The numbers in each array of weights, by its place in the file, `layers/dense/vars/0`; or why they are not known.

    An array that stands in the file twice, as that of a wrapper and of the layer in it, counts once; the seeds of
    dropout and what training keeps are no weights of the model.
    """
    try:
        h5py: Any = import_module("h5py")
    except ImportError:
        return 'the weights in the file are not compared with the table: h5py reads them, pip install "dlcalc[keras]"'
    try:
        with open(path, "rb") if data is None else io.BytesIO(data) as file, zipfile.ZipFile(file) as archive:
            if MEMBER not in archive.namelist():
                return "there are no weights in the file that the table could be compared with"
            with archive.open(MEMBER) as member, tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(_Bounded(member), copy)
                copy.seek(0)
                with h5py.File(copy, "r") as root:
                    return _arrays(h5py, root)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, RuntimeError, NotImplementedError):
        return "the weights in the file are damaged or too large, and are not compared with the table"


class _Bounded:
    """A stream that ends with an error where it is too long."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.left = stream, MOST

    def read(self, size: int = -1) -> bytes:
        found = self.stream.read(size)
        self.left -= len(found)
        if self.left < 0:
            raise ValueError
        return found


def _arrays(h5py: Any, root: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    alike: dict[tuple[int, ...], list[Any]] = {}

    def visit(name: str, item: Any) -> None:
        parts = name.replace("\\", "/").split("/")
        seeds = any(part.startswith("seed_generator") for part in parts)
        if not isinstance(item, h5py.Dataset) or parts[0] in _NO_LAYERS or seeds:
            return
        if len(found) >= _MOST_ARRAYS:
            raise ValueError
        before = alike.setdefault(tuple(item.shape), [])
        if not any(_same(item, other) for other in before):
            found["/".join(parts)] = math.prod(item.shape)
            before.append(item)

    root.visititems(visit)
    return found


def _same(item: Any, other: Any) -> bool:
    """Whether two arrays of one shape are one weight. Such as are all zeros or ones are alike, and tell nothing."""
    if item.size > _MOST_COMPARED or any(each.external or each.is_virtual for each in (item, other)):
        return False
    a, b = item[()], other[()]
    return bool(item.size > 1 and (a == b).all() and (a != a.flat[0]).any())
