"""Which formats there are: every module of this folder, and what was registered. A new format is one new file.

The module `answers_csv` is the format `answers-csv`; a module whose name begins with an underscore is none.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import partial
from importlib import import_module
from inspect import signature
from typing import NamedTuple, TypeAlias

from ..document import Document, showing
from ..errors import InternalError, UserError
from . import __path__ as _FOLDER

TO_PASTE = {
    "json": "one JSON object",
    "latex": "LaTeX to paste",
    "markdown": "Markdown to paste",
    "html": "HTML to paste (MathML); sent into a file, a whole page",
}
"""The formats that any result is printed in, each by an option of its name."""

PROGRAMS = {
    "sympy": "a Python program that builds it with sympy",
    "wolfram": "the same for Wolfram's language",
}
"""The languages in which what is one expression is printed as a program, each by an option of its name."""

Writer: TypeAlias = Callable[[Document], str | bytes]
"""Text, or the bytes of a format that is none."""


class _Format(NamedTuple):
    write: Writer
    suffix: str
    write_file: Writer
    """The same as a file of its own: a whole page, a whole article."""


_registered: dict[str, _Format] = {}


def register(name: str, write: Writer, suffix: str = "") -> None:
    """Offer `write` as the format `name`, before a module of that name; its files end in `suffix`, else in .name."""
    _registered[name] = _Format(write, suffix or f".{name}", write)


def formats() -> tuple[str, ...]:
    """The names that `writer` knows, sorted."""
    modules = {module.name for module in pkgutil.iter_modules(_FOLDER) if not module.name.startswith("_")}
    names = {module.replace("_", "-") for module in modules - {"registry"}}
    return tuple(sorted(names | _registered.keys()))


def writer(name: str, as_file: bool = False) -> Writer:
    """The writer of a format; its module is imported now, not before. UserError if there is none.

    `as_file`: what it writes is a file of its own, and nothing to paste into another.
    """
    write = _found(name).write_file if as_file else _found(name).write

    def in_its_digits(document: Document) -> str | bytes:
        with showing(document.course):
            return write(document)

    return in_its_digits


def suffix(name: str) -> str:
    """How the name of a file of this format ends: `.pdf`, `.md`. UserError if there is no such format."""
    return _found(name).suffix


def text(name: str, document: Document) -> str:
    """The document in a format that is text. UserError if there is none of that name."""
    written = writer(name)(document)
    if isinstance(written, bytes):
        raise InternalError(f"a document to paste is text, {name} is not")
    return written


def _found(name: str) -> _Format:
    known = formats()
    if name not in known:
        raise UserError(f"a format is one of {', '.join(known)}, not {name!r}")
    if name not in _registered:
        module = import_module(f".{name.replace('-', '_')}", __package__)
        register(name, module.write, getattr(module, "SUFFIX", ""))
        if "standalone" in signature(module.write).parameters:
            _registered[name] = _registered[name]._replace(write_file=partial(module.write, standalone=True))
    return _registered[name]
