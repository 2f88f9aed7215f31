"""Formulas by their ids; only the topic file of the one that is asked for is loaded."""

from __future__ import annotations

from ..errors import UserError
from .model import Formula
from .positions import EACH, at_every_position
from .topics import ids_known, load


def formula(id: str) -> Formula:
    """The formula of that id; with `_each` behind it, at every position. Raises UserError for an unknown one."""
    if id.endswith(EACH):
        return at_every_position(formula(id.removesuffix(EACH)))
    if id not in ids_known():
        raise UserError(f"{id} is not a formula; known are {', '.join(sorted(ids_known()))}")
    found: Formula = load(id)
    return found
