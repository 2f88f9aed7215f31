"""The one place that hands functions to numba, and where what it makes of them is kept.

numba's own cache does not see a changed callee in another file or a changed flag, and fails where neither the package
nor the home folder can be written. So the folder is ours, named by a hash of everything that decides the machine code;
where it cannot be written, nothing is kept and each process compiles what it uses.

NUMBA_DISABLE_JIT=1 runs every kernel as the plain Python that it is.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Function = TypeVar("Function", bound=Callable[..., Any])

FLAGS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
DTYPES = ("float32", "float64")
SOURCES = Path(__file__).parent

_settings: Any = numba.config
"""numba makes its settings when it is imported: no type checker knows them."""

KERNELS: dict[str, Kernel] = {}
"""Module and name → the kernel, for all modules imported so far."""


class Kernel:
    """A compiled function and the types of its arguments, where T stands for float32 or float64."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[str, ...]) -> None:
        self.arguments = arguments
        self.dispatcher = _compiled(function)

    def signatures(self) -> list[str]:
        """One for each dtype; a kernel without T has one."""
        written = f"void({', '.join(self.arguments)})"
        return list(dict.fromkeys(written.replace("T", dtype) for dtype in DTYPES))

    def compile(self) -> Iterator[str]:
        """Compile, or load, every signature; yields each when it is ready."""
        for signature in self.signatures():
            if not _settings.DISABLE_JIT:
                self.dispatcher.compile(signature)
            yield signature


def kernel(*arguments: str) -> Callable[[Function], Function]:
    """A function that numba compiles when it is first called; it fills arrays that it is given and returns nothing.

    `arguments`: numba's name for the type of each, T for the dtype of the arrays: "T[:, ::1]", "int64".
    """

    def decorate(function: Function) -> Function:
        made = Kernel(function, arguments)
        KERNELS[f"{function.__module__}.{function.__name__}"] = made
        return made.dispatcher  # type: ignore[no-any-return]

    return decorate


@dataclass(frozen=True)
class Compiled:
    """A kernel is ready for one dtype: the `done`-th of `of` specialisations."""

    kernel: str
    signature: str
    done: int
    of: int


def compile_all() -> Iterator[Compiled]:
    """Compile, or load, every kernel that is imported, for both dtypes; an event for each when it is ready."""
    done, of = 0, sum(len(kernel.signatures()) for kernel in KERNELS.values())
    for name, kernel in list(KERNELS.items()):
        for signature in kernel.compile():
            done += 1
            yield Compiled(name, signature, done, of)


def contiguous(array: Array) -> Array:
    """The array itself, or a copy, as kernels read it: no subclass, row by row, aligned, writable."""
    return np.require(array, requirements=("C", "A", "W", "E"))


@cache
def cache_folder() -> Path | None:
    """Where compiled kernels are kept, which exists; None if it can be neither made nor written."""
    folder = _cache_root() / "dlcalc" / f"kernels-{_fingerprint()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None


def _cache_root() -> Path:
    """The user's own cache folder: what numba keeps is code that runs when it is read, so never a shared one."""
    if named := os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME"):
        return Path(named)
    try:
        home = Path.home()
    except RuntimeError:
        return Path(os.devnull)
    match sys.platform:
        case "win32":
            return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        case "darwin":
            return home / "Library" / "Caches"
        case _:
            return home / ".cache"


def _fingerprint(sources: Path = SOURCES) -> str:
    """A hash of the sources, of the flags, and of the versions of whatever makes code of them.

    Of the sources, those that kernels of the CPU are made of: here and in cpu/.
    """
    digest = hashlib.blake2b(digest_size=8)
    versions = numba.__version__, metadata.version("llvmlite"), np.__version__, platform.python_version()
    digest.update(repr((versions, sorted(FLAGS.items()))).encode())
    for path in sorted([*sources.glob("*.py"), *sources.glob("cpu/*.py")]):
        digest.update(path.relative_to(sources).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _compiled(function: Callable[..., Any]) -> Any:
    folder = cache_folder()
    if folder is None:
        return numba.njit(**FLAGS)(function)
    # numba looks at its setting while it decorates, and the setting is the user's again afterwards.
    before, _settings.CACHE_DIR = _settings.CACHE_DIR, str(folder)
    try:
        return numba.njit(cache=True, **FLAGS)(function)
    finally:
        _settings.CACHE_DIR = before
