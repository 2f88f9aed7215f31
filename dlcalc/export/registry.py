"""Which formats there are: every module of this folder, and what was registered. A new format is one new file."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from typing import TypeAlias, cast

from ..document import Document
from ..errors import UserError
from . import __path__ as _FOLDER

Writer: TypeAlias = Callable[[Document], str]

_registered: dict[str, Writer] = {}


def register(name: str, write: Writer) -> None:
    """Offer `write` as the format `name`, before a module of that name."""
    _registered[name] = write


def formats() -> tuple[str, ...]:
    """The names that `writer` knows, sorted."""
    modules = {module.name for module in pkgutil.iter_modules(_FOLDER)} - {"registry"}
    return tuple(sorted(modules | _registered.keys()))


def writer(name: str) -> Writer:
    """The writer of a format; its module is imported now, not before. UserError if there is none."""
    known = formats()
    if name not in known:
        raise UserError(f"a format is one of {', '.join(known)}, not {name!r}")
    if name not in _registered:
        register(name, cast(Writer, pkgutil.resolve_name(f"{__package__}.{name}:write")))
    return _registered[name]
