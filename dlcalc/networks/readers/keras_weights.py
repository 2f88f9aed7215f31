"""The arrays that the layers of a `.keras` file keep in its HDF5 member, which h5py reads."""

from __future__ import annotations

import io
import math
import shutil
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cached_property
from importlib import import_module
from typing import IO, Any

MEMBER = "model.weights.h5"
MOST = 2**31
"""Bytes of the member that are unpacked; of a larger one the weights are not read."""
_MOST_ARRAYS = 200_000
_MOST_COMPARED = 2**26
"""Numbers of an array that is held against another of its shape."""
_NO_LAYERS = frozenset({"optimizer", "metrics", "loss", "loss_tracker"})


class Kept(dict[str, int]):
    """The numbers in each array of weights, by its place in the file, `layers/dense/vars/0`."""

    def __init__(self, sizes: Mapping[str, int], opened: Callable[[], Any]) -> None:
        super().__init__(sizes)
        self.opened = opened

    @cached_property
    def root(self) -> Any:
        """The file itself, which is open as long as somebody has this."""
        closing, root = self.opened()
        weakref.finalize(self, closing)
        return root

    def arrays(self, group: str) -> list[Any]:
        """The arrays of a layer, in its order; [] for a layer without any."""
        found = self.root.get(f"{group}/vars")
        return [] if found is None else [found[name][()] for name in sorted(found, key=lambda name: (len(name), name))]


def weights(path: str, data: bytes | None = None) -> Kept | str:
    """The weights in a file, or why they are not known.

    An array that stands in the file twice, as that of a wrapper and of the layer in it, counts once; the seeds of
    dropout and what training keeps are no weights of the model.
    """
    try:
        h5py: Any = import_module("h5py")
    except ImportError:
        return 'the weights in the file are not compared with the table: h5py reads them, pip install "dlcalc[keras]"'
    try:
        closing, root = _opened(h5py, path, data)
        try:
            return Kept(_arrays(h5py, root), lambda: _opened(h5py, path, data))
        finally:
            closing()
    except LookupError:
        return "the file has no weights to compare with the table"
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, NotImplementedError):
        return "the weights in the file are damaged or too large, and are not compared with the table"


def _opened(h5py: Any, path: str, data: bytes | None) -> tuple[Callable[[], None], Any]:
    """(what closes it, the root of the member). LookupError where there is no such member."""
    with ExitStack() as stack:
        file = io.BytesIO(data) if data is not None else stack.enter_context(open(path, "rb"))
        archive = stack.enter_context(zipfile.ZipFile(file))
        if MEMBER not in archive.namelist():
            raise LookupError
        with ExitStack() as kept:
            copy = kept.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(_Bounded(stack.enter_context(archive.open(MEMBER))), copy)
            copy.seek(0)
            try:
                root = kept.enter_context(h5py.File(copy, "r"))
            except KeyError as error:
                raise ValueError from error
            return kept.pop_all().close, root


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
    alike: dict[tuple[int, ...], list[tuple[str, Any]]] = {}

    def visit(name: str, item: Any) -> None:
        parts = name.replace("\\", "/").split("/")
        seeds = any(part.startswith("seed_generator") for part in parts)
        if not isinstance(item, h5py.Dataset) or parts[0] in _NO_LAYERS or seeds:
            return
        if len(found) >= _MOST_ARRAYS:
            raise ValueError
        before = alike.setdefault(tuple(item.shape), [])
        own = "/".join(parts[: parts.index("vars")] if "vars" in parts else parts[:-1])
        if not any(_within(own, group) and _same(item, other) for group, other in before):
            found["/".join(parts)] = math.prod(item.shape)
            before.append((own, item))

    try:
        root.visititems(visit)
    except KeyError as error:
        raise ValueError from error
    return found


def _within(a: str, b: str) -> bool:
    """Whether one of two layers is the other, or stands in it."""
    return f"{a}/".startswith(f"{b}/") or f"{b}/".startswith(f"{a}/")


def _same(item: Any, other: Any) -> bool:
    """Whether two arrays of one shape are one weight. Such as are all zeros or ones are alike, and tell nothing."""
    if item.size > _MOST_COMPARED or any(each.external or each.is_virtual for each in (item, other)):
        return False
    a, b = item[()], other[()]
    return bool(item.size > 1 and (a == b).all() and (a != a.flat[0]).any())
