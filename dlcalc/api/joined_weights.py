"""Weights that are given joined, W·[h, x], taken apart: what meets the state before, and what meets the input.

C. Olah, Understanding LSTM networks, 2015, writes f_t = σ(W_f·[h_{t−1}, x_t] + b_f); others write [x_t, h_{t−1}].
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import UserError
from ..expressions.nodes import Value
from .array_option import lifted

ORDERS = ("h,x", "x,h")


def order_of(said: str) -> str:
    """What joined weights meet, hx or xh, from h,x or [x, h]. Raises UserError for anything else."""
    letters = re.sub(r"[^a-z]", "", said.lower())
    if letters not in ("hx", "xh"):
        raise UserError(f"--w-joined says what the weights meet, {' or '.join(ORDERS)}, not {said[:40]!r}")
    return letters


def apart(joined: Mapping[str, str], arrays: dict[str, Value], order: str, row: bool) -> None:
    """Puts both parts in the place of every joined matrix: m×(m + n) as columns, (m + n)×m in row layout.

    joined: recurrent weights → those of the input, either of which may be the joined ones; order: as `order_of` has it.
    Raises UserError for a part that is given by itself, and for a matrix of another shape.
    """
    for state, entering in joined.items():
        if state in arrays and entering in arrays:
            raise UserError(
                f"{entering} and {state} are given joined or separately: with --w-joined give only one of them"
            )
        if state not in arrays and entering not in arrays:
            continue
        matrix = lifted(state, arrays.pop(state if state in arrays else entering), 2)
        units = len(matrix[0]) if row else len(matrix)
        wide = len(matrix) if row else len(matrix[0])
        if wide <= units:
            shape = "(m + n)×m" if row else "m×(m + n)"
            raise UserError(
                f"joined weights are {shape}, with m units and n inputs, not {len(matrix)}×{len(matrix[0])}"
            )
        columns = matrix if row else tuple(zip(*matrix, strict=True))
        first = units if order == "hx" else wide - units
        left, right = (part if row else tuple(zip(*part, strict=True)) for part in (columns[:first], columns[first:]))
        arrays[state], arrays[entering] = (left, right) if order == "hx" else (right, left)
