"""Writing files whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from .errors import UserError
from .untrusted import printable


def write(path: str | Path, content: str | bytes) -> None:
    """Puts `content` into a file, so that no reader ever sees half of it. UserError when it cannot be written.

    What UTF-8 does not have, a byte of another encoding in a name, becomes a question mark, as on a terminal.
    """
    name = printable(str(path))
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    try:
        target = Path(os.path.realpath(path))
        if not target.parent.is_dir():
            raise UserError(f"{name} cannot be written: there is no folder {printable(str(target.parent))}")
        if target.exists() and not target.is_file():
            raise UserError(f"{name} cannot be written: it is no file")
        unfinished = target.parent / f".{target.name[:80]}.{os.getpid()}"
        try:
            unfinished.write_bytes(data)
            unfinished.replace(target)
        finally:
            with suppress(OSError):
                unfinished.unlink()
    except OSError as error:
        raise UserError(f"{name} cannot be written: {error.strerror}") from None
    except ValueError:
        raise UserError(f"{name} cannot be written: no file has such a name") from None


def folder(path: str | Path) -> Path:
    """The folder, made where it is not there yet. UserError when that cannot be."""
    try:
        found = Path(path)
        found.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no folder has such a name"
        raise UserError(f"the folder {printable(str(path))} cannot be made: {reason}") from None
    return found
