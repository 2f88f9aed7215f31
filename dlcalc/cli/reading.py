"""Options as numbers: they are read here, since typer leaves them as text."""

from __future__ import annotations

from ..errors import UserError


def number(option: str, text: str) -> int:
    """A whole number. Raises UserError naming the option."""
    try:
        return int(text)
    except ValueError:
        raise UserError(f"{option} is a whole number, not {text[:40]!r}") from None


def decimal(option: str, text: str) -> float:
    """A number. Raises UserError naming the option."""
    try:
        return float(text)
    except ValueError:
        raise UserError(f"{option} is a number, not {text[:40]!r}") from None
