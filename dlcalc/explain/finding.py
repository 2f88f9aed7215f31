"""What a search has found, as a document."""

from __future__ import annotations

from collections.abc import Sequence

from .. import document as doc


def found_document(query: str, found: Sequence[tuple[str, str, str]]) -> doc.Document:
    """Lines to type, each with what it is about and its kind."""
    rows = tuple((doc.CodeText(command), about, kind) for command, about, kind in found)
    return doc.Document(f"Found for “{query}”", (doc.Table(("type this", "about", "kind"), rows),), None)
