"""What an answer may be instead of the right one: wrong by a typical mistake, or right under another convention."""

from __future__ import annotations

from dataclasses import dataclass

from ..expressions.nodes import Value


@dataclass(frozen=True)
class Wrong:
    """What a typical mistake leads to."""

    id: str
    because: str
    value: Value
    weight: float = 0.5
    hint: str = ""


@dataclass(frozen=True)
class Other:
    """What is right under another convention."""

    name: str
    who: str
    value: Value
