"""Options as numbers: they are read here, since typer leaves them as text."""

from __future__ import annotations

import re
from math import inf, isfinite, nan

from ..errors import UserError

MOST_DIGITS = 18
_WHOLE = re.compile(rf"[+-]?\d{{1,{MOST_DIGITS}}}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def number(option: str, text: str) -> int:
    """A whole number of at most 18 digits. Raises UserError naming the option."""
    if _WHOLE.fullmatch(text.strip()) is None:
        raise UserError(f"{option} is a whole number, not {text[:40]!r}")
    return int(text)


def decimal(option: str, text: str, is_what: str = "a number", low: float = -inf, high: float = inf) -> float:
    """A finite number from `low` to `high`. Raises UserError with the option and what it is."""
    found = float(text) if _NUMBER.fullmatch(text.strip()) else nan
    if not isfinite(found) or not low <= found <= high:
        raise UserError(f"{option} is {is_what}, not {text[:40]!r}")
    return found
