"""Writing files, and folders of them, whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import UserError, printable

PRIVATE, PRIVATE_FOLDER = 0o600, 0o700
"""Modes of what its owner alone may read, where the file system knows such modes."""


def write(path: str | Path, content: str | bytes, private: bool = False) -> None:
    """Puts `content` into a file, so that no reader ever sees half of it. UserError when it cannot be written.

    `private`: its owner alone may read it. What UTF-8 does not have, a byte of another encoding in a name, becomes a
    question mark, as on a terminal.
    """
    name = printable(str(path))
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    target = check(path)
    try:
        unfinished = target.parent / f".{target.name[:80]}.{os.getpid()}"
        try:
            if private:
                unfinished.touch(PRIVATE)
            unfinished.write_bytes(data)
            unfinished.replace(target)
        finally:
            with suppress(OSError):
                unfinished.unlink()
    except OSError as error:
        raise UserError(f"{name} cannot be written: {error.strerror}") from None


def check(path: str | Path) -> Path:
    """The file that `write` puts there. UserError, before there is anything to write, where there can be none."""
    name = printable(str(path))
    try:
        target = Path(os.path.realpath(path))
        if not target.parent.is_dir():
            raise UserError(f"{name} cannot be written: there is no folder {printable(str(target.parent))}")
        if target.exists() and not target.is_file():
            raise UserError(f"{name} cannot be written: it is not a file")
    except OSError as error:
        raise UserError(f"{name} cannot be written: {error.strerror}") from None
    except ValueError:
        raise UserError(f"{name} cannot be written: no file has such a name") from None
    return target


def folder(path: str | Path, private: bool = False) -> Path:
    """The folder, made where it is not there yet. UserError when that cannot be.

    `private`: its owner alone may look into it.
    """
    try:
        found = Path(path)
        found.mkdir(parents=True, exist_ok=True)
        if private:
            found.chmod(PRIVATE_FOLDER)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no folder has such a name"
        raise UserError(f"the folder {printable(str(path))} cannot be made: {reason}") from None
    return found


@dataclass
class Renewal:
    """A folder that is to take the place of the `old` one; what is `left_out` of the old, by its path, goes."""

    new: Path
    old: Path
    left_out: set[str] = field(default_factory=set)


@contextmanager
def renewed(path: str | Path, private: bool = False) -> Iterator[Renewal]:
    """A new folder beside the one at `path`: leaving the block, it takes that one's place.

    What the old folder holds and the new does not is taken along. Whoever looks, and whatever happens, finds the old
    or the new and never a mixture: the two are exchanged by one call where the system has it (Linux, macOS), else by
    two. Only a folder in which the program itself runs stays, and its files are replaced one by one. UserError when
    something cannot be written; then, and where the block raises, the old folder is what it was.
    """
    try:
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_dir():
            raise UserError(f"the folder {printable(str(path))} cannot be made: it is a file")
        _clear(target)
        new = target.parent / f".{target.name[:80]}.{os.getpid()}.new"
        new.mkdir(PRIVATE_FOLDER if private else 0o777)
    except (OSError, ValueError) as error:
        raise UserError(_refused(path, error)) from None
    try:
        renewal = Renewal(new, target)
        yield renewal
        _take_place(renewal, private)
    except OSError as error:
        raise UserError(_refused(path, error)) from None
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _refused(path: str | Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or "no folder has such a name"
    return f"the folder {printable(str(path))} cannot be written: {reason}"


def _clear(target: Path) -> None:
    """Removes what a run that was killed left beside the folder; where it was killed between two renames, ends it."""
    for left in target.parent.glob(f".{_literal(target.name[:80])}.*.new"):
        process = re.fullmatch(r".*\.(\d+)\.new", left.name)
        if process and not _lives(int(process[1])):
            shutil.rmtree(left, ignore_errors=True)
    for left in target.parent.glob(f".{_literal(target.name[:80])}.*.old"):
        if target.exists():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.rename(target)


def _literal(name: str) -> str:
    return re.sub(r"([\[?*])", r"[\1]", name)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _take_place(renewal: Renewal, private: bool) -> None:
    new, target = renewal.new, renewal.old
    if not target.exists():
        new.rename(target)
        return
    _check_kinds(new, target)
    here = Path(os.path.realpath(os.getcwd()))
    if here == target or target in here.parents:
        for root, _, names in os.walk(new):
            inside = target / Path(root).relative_to(new)
            inside.mkdir(exist_ok=True)
            for name in names:
                (Path(root) / name).replace(inside / name)
        for name in renewal.left_out:
            with suppress(FileNotFoundError):
                (target / name).unlink()
        return
    _take_along(target, new, renewal.left_out)
    if not private:
        shutil.copymode(target, new)
    if not _exchange(new, target):
        aside = new.with_suffix(".old")
        target.rename(aside)
        new.rename(target)
        shutil.rmtree(aside, ignore_errors=True)


def _check_kinds(new: Path, old: Path) -> None:
    """Raises UserError where a folder is to take the place of a file, or a file that of a folder and all in it."""
    for path in new.iterdir():
        there = old / path.name
        if there.is_symlink() or not there.exists():
            continue
        if path.is_dir() != there.is_dir():
            found, wanted = ("folder", "file") if there.is_dir() else ("file", "folder")
            rule = f"is a {found}, but a {wanted} is needed there; move it away"
            raise UserError(f"{printable(str(there))} {rule}")
        if path.is_dir():
            _check_kinds(path, there)


def _take_along(old: Path, new: Path, left_out: set[str], inside: str = "") -> None:
    """What `new` does not have, as links to the same files where that is possible."""
    for entry in os.scandir(old):
        there = new / entry.name
        if entry.is_dir(follow_symlinks=False):
            if not there.exists():
                there.mkdir()
                shutil.copymode(entry.path, there)
            if there.is_dir():
                _take_along(Path(entry.path), there, left_out, f"{inside}{entry.name}/")
        elif not os.path.lexists(there) and f"{inside}{entry.name}" not in left_out:
            try:
                os.link(entry.path, there, follow_symlinks=False)
            except OSError:
                shutil.copy2(entry.path, there, follow_symlinks=False)


def _exchange(one: Path, other: Path) -> bool:
    """Exchanges two folders by one call of the system; False where it has none."""
    import ctypes

    try:
        library = ctypes.CDLL(None, use_errno=True)
        names = os.fsencode(one), os.fsencode(other)
        if sys.platform == "linux":
            return bool(library.renameat2(-100, names[0], -100, names[1], 2) == 0)
        if sys.platform == "darwin":
            return bool(library.renamex_np(*names, 2) == 0)
    except (AttributeError, OSError, TypeError):
        pass
    return False
