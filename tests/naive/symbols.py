"""Expressions with one or two symbols written wrongly, as text: what slips of the pen make of a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAME = re.compile(r"(?<![\w.])[a-zA-Z]\w*(?![\w.(\[])")
_TURNED = {"+": "*", "*": "+", "-": "+"}


def slips_of_the_pen(text: str) -> Iterator[str]:
    """Each with one change: an operator, a number, a factor or a term left out, a square; or two letters."""
    for at, sign in enumerate(text):
        if (sign in _TURNED and text[at - 1 : at] == " ") or sign == "*":
            yield text[:at] + _TURNED[sign] + text[at + 1 :]
    for found in re.finditer(r"(?<![\w.\[^])\d+(?![\w.\]])", text):
        for other in {int(found[0]) + 1, max(1, int(found[0]) - 1)} - {int(found[0])}:
            yield text[: found.start()] + str(other) + text[found.end() :]
    for found in re.finditer(r"\*[a-z]\w*(?![\w(\[.])|/[a-z]\w*(?![\w(\[.])| [+-] [a-z0-9]\w*(?![\w(\[.*/])|\^2", text):
        yield text[: found.start()] + text[found.end() :]
    names = [found for found in _NAME.finditer(text) if found[0] not in ("if", "and", "or", "not", "in")]
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            if a[0] != b[0]:
                yield text[: a.start()] + b[0] + text[a.end() : b.start()] + a[0] + text[b.end() :]
                yield text[: b.start()] + a[0] + text[b.end() :]
