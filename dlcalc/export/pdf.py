"""PDF through Typst: the sheet that is printed. Needs the extra `pdf`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .. import document as doc
from ..errors import InternalError, UserError
from . import typst as source

if TYPE_CHECKING:
    import typst


def write(document: doc.Document) -> bytes:
    """The document as PDF: the same bytes for the same document, on every machine with the same release of Typst.

    UserError without Typst.
    """
    compiler = _compiler()
    try:
        return cast(bytes, compiler.compile(input=source.write(document).encode(), format="pdf"))
    except RuntimeError as error:
        raise InternalError(f"Typst cannot set the sheet: {str(error).splitlines()[0]}") from None


@cache
def _compiler() -> typst.Compiler:
    """Made once, for it reads the fonts, its own only. A sheet reads no file, nor could it outside this folder."""
    try:
        import typst
    except ImportError:
        raise UserError("PDF needs Typst: pip install 'dlcalc[pdf]'") from None
    return typst.Compiler(root=Path(__file__).parent, ignore_system_fonts=True)
