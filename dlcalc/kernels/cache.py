"""Where compiled kernels are kept between processes, and which files there are believed.

What is kept is machine code, pickled: to read it is to run it. So a file is read only if it and its folder are this
user's and no other's to write, and only if its seal fits: a hash of its bytes, keyed by all that the kernel is made of.
A file that is empty, cut, changed or made of something else counts as none: the kernel is compiled and its file
replaced. Where nothing can be kept, each process compiles what it uses.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

FLAGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
"""What numba is told about every kernel; none is called from C."""

SOURCES = Path(__file__).parent
SEAL = 32
"""Bytes, at the beginning of each file."""
LARGEST = 2**26
"""Bytes: no kernel comes near it, and nothing larger is taken into memory."""
ABOUT_A_KERNEL = 2**16
"""Bytes that are written to see whether anything can be."""

_VERSIONED = {"numba", "numpy", "llvmlite"} | sys.stdlib_module_names
"""Packages whose code is told by their version."""


@dataclass(frozen=True)
class Place:
    """The folder of compiled kernels; `trouble` is why it is not used, "" where it is."""

    path: Path
    trouble: str = ""

    @property
    def folder(self) -> Path | None:
        return None if self.trouble else self.path


def place() -> Place:
    """Where compiled kernels are kept; made, open to nobody else, if it is not there."""
    path = _root() / "dlcalc" / f"kernels-{fingerprint()}"
    if plain():
        return Place(path, "NUMBA_DISABLE_JIT is set: kernels run as plain Python")
    try:
        for folder in (*reversed(path.parents), path):
            # many a path begins with folders that may be entered but not made
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
        trouble = _not_ours_alone(path.parent) or _not_ours_alone(path)
    except OSError as error:
        return Place(path, f"{path} cannot be made: {error.strerror}")
    if not trouble and not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        trouble = f"{path} cannot be written"
    return Place(path, trouble)


def tried() -> Place:
    """The place after a trial: a full disk is noticed only when something is written."""
    found = place()
    if found.folder is not None:
        try:
            with _written(found.path, bytes(ABOUT_A_KERNEL)):
                pass
        except OSError as error:
            return Place(found.path, f"{found.path} cannot be written: {error.strerror}")
    return found


def read(name: str, key: bytes) -> bytes | None:
    """What was kept under this name for this key, of at most 64 bytes; None for whatever is not exactly that."""
    folder = place().folder
    if folder is None:
        return None
    try:
        # a link is not followed, and a pipe is not waited for
        flags = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
        opened = os.open(folder / name, os.O_RDONLY | sum(getattr(os, flag, 0) for flag in flags))
        with open(opened, "rb") as file:
            found = os.fstat(opened)
            if not stat.S_ISREG(found.st_mode) or _strange(found) or found.st_size > LARGEST:
                return None
            content = file.read()
    except OSError:
        return None
    payload = content[SEAL:]
    return payload if content[:SEAL] == _seal(payload, key) else None


def write(name: str, key: bytes, payload: bytes) -> None:
    """Keeps it, whole or not at all; where that is impossible, a full disk for one, nothing is kept."""
    folder = place().folder
    if folder is not None:
        with suppress(OSError), _written(folder, _seal(payload, key) + payload) as temporary:
            os.replace(temporary, folder / name)


@contextmanager
def _written(folder: Path, content: bytes) -> Iterator[str]:
    """A new file that holds this and that nobody else can open; afterwards it is gone, unless it was renamed."""
    opened, path = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    try:
        with open(opened, "wb") as file:
            file.write(content)
        yield path
    finally:
        with suppress(OSError):
            os.unlink(path)


def _seal(payload: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(payload, key=key, digest_size=SEAL).digest()


def _strange(found: os.stat_result) -> str:
    """Who else could have written it; "" for nobody. Windows keeps others out of a user's folders by itself."""
    if not hasattr(os, "geteuid"):
        return ""
    if found.st_uid != os.geteuid():
        return "belongs to another user"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "can be written by others: chmod go-w takes that from them"
    return ""


def _not_ours_alone(path: Path) -> str:
    link = os.lstat(path)
    if stat.S_ISLNK(link.st_mode) and hasattr(os, "geteuid") and link.st_uid != os.geteuid():
        return f"{path} is a link made by another user"
    strange = _strange(os.stat(path))
    return strange and f"{path} {strange}"


def plain() -> bool:
    """Whether kernels run as plain Python."""
    try:
        return bool(int(os.environ.get("NUMBA_DISABLE_JIT") or 0))
    except ValueError:
        return False


def _root() -> Path:
    """The user's cache folder: NUMBA_CACHE_DIR, else XDG_CACHE_HOME, if absolute as its rules want, or the system's."""
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(named).absolute()
    if (named := os.environ.get("XDG_CACHE_HOME")) and os.path.isabs(named):
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


@cache
def fingerprint() -> str:
    """Names the folder: several installations of dlcalc do not take turns at replacing each other's files."""
    return _fingerprint(SOURCES)


def _fingerprint(sources: Path) -> str:
    """A hash of the CPU kernels' sources, of the flags, and of the versions of whatever makes code of them."""
    digest = hashlib.blake2b(digest_size=8)
    digest.update(repr((_versions(), sorted(FLAGS.items()))).encode())
    for path in sorted([*sources.glob("*.py"), *sources.glob("cpu/**/*.py")]):
        digest.update(path.relative_to(sources).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _versions() -> tuple[str, ...]:
    """Read beside the packages, not imported from them: who asks for the folder alone need not load them."""
    packages = (_version(name) for name in ("dlcalc", "numba", "llvmlite", "numpy"))
    return (*packages, platform.python_implementation(), platform.python_version())


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""  # copied here without its papers


def made_of(function: Callable[..., Any]) -> bytes:
    """A hash of a function's code, of the code of whatever it calls, and of the constants that they read.

    Of what is loaded, in which file it may stand: a file can have been edited since. numba looks at the function alone.
    """
    ingredients = _Ingredients()
    ingredients.add(function)
    return ingredients.digest.digest()


class _Ingredients:
    def __init__(self) -> None:
        self.digest = hashlib.blake2b(digest_size=32)
        self.seen: set[object] = set()

    def add(self, thing: Any, names: frozenset[str] = frozenset()) -> None:
        """`names`: those that the code around it uses, for what it may take from a module."""
        thing = getattr(thing, "py_func", thing)  # the function of which numba made one of its own
        thing = getattr(thing, "_defn", thing)  # and the one that writes code for numba
        if isinstance(thing, FunctionType | ModuleType | CodeType):
            visit = id(thing), names if isinstance(thing, ModuleType) else None
            if visit in self.seen:
                return
            self.seen.add(visit)
        match thing:
            case FunctionType():
                self._add_function(thing)
            case type():
                self._say(thing.__module__, thing.__qualname__)
                if not _versioned(thing.__module__):
                    self._add_all(part for _, part in sorted(vars(thing).items()) if isinstance(part, FunctionType))
            case ModuleType():
                if not _versioned(thing.__name__):
                    self._add_named(vars(thing), names)
            case CodeType():
                self._say("code", thing.co_code.hex(), thing.co_names, thing.co_varnames, thing.co_freevars)
                self._add_all(thing.co_consts)
            case tuple() | list():
                self._say(type(thing).__name__, len(thing))
                self._add_all(thing)
            case set() | frozenset():
                self._say(*sorted(map(repr, thing)))
            case None | bool() | int() | float() | complex() | str() | bytes():
                self._say(type(thing).__name__, thing)
            case _ if hasattr(thing, "dtype") and hasattr(thing, "tobytes"):  # numpy's numbers and arrays
                self._say(thing.dtype.str, thing.shape, thing.tobytes())
            case _:  # a function without code of Python, such as those of numpy, has a name
                self._say(type(thing).__qualname__, getattr(thing, "__module__", ""), getattr(thing, "__name__", ""))

    def _say(self, *words: Any) -> None:
        self.digest.update(repr(words).encode(errors="surrogatepass"))

    def _add_all(self, things: Iterable[Any]) -> None:
        for thing in things:
            self.add(thing)

    def _add_named(self, known: dict[str, Any], names: frozenset[str]) -> None:
        for name in sorted(names & known.keys()):
            self._say(name)
            self.add(known[name], names)

    def _add_function(self, function: FunctionType) -> None:
        self._say(function.__module__, function.__qualname__)
        if _versioned(function.__module__):
            return
        self.add(function.__code__)
        self._add_all(function.__defaults__ or ())
        names = frozenset(_names(function.__code__))
        for cell in function.__closure__ or ():
            self.add(cell.cell_contents, names)
        self._add_named(function.__globals__, names)


def _names(code: CodeType) -> Iterable[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _versioned(module: str) -> bool:
    return module.partition(".")[0] in _VERSIONED
