"""Workings and networks as documents: what every view and every format shows of them; the rest by their modules."""

from .calculation import (
    counted,
    course,
    equation,
    neighbours,
    right_value,
    working,
)
from .visible_steps import shown_lines

__all__ = [
    "counted",
    "course",
    "equation",
    "neighbours",
    "right_value",
    "shown_lines",
    "working",
]
