"""A mistake that was made above comes before a new one: in the rows of a network's table and of an array by hand."""

from __future__ import annotations

import math

from rows import each_row
from tables import changed, mistakes

from dlcalc.answers.array_judging import judge_answer
from dlcalc.answers.formula_target import FormulaTarget
from dlcalc.answers.table_marks import mark_table
from dlcalc.answers.terms import Terms
from dlcalc.expressions.exact import exact
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.registry import formula
from dlcalc.networks.exercise import filled
from dlcalc.networks.table import tabulate
from dlcalc.networks.text import read

NETWORK = "32x32x3; conv 16 f5; pool 2; conv 32 f3; pool 2; dense 100; dense 10"


@each_row(
    ("cells", "layer", "column", "status", "first"),
    [
        # 3·3·16·32 weights are 12·12·32 outputs too: what was made in the first row decides
        ({"conv_1__parameters": "1200", "conv_2__parameters": "4608"},
         "conv-2", "parameters", "wrong", "biases-forgotten"),
        ({"conv_1__parameters": "12544", "conv_2__parameters": "4608"},
         "conv-2", "parameters", "wrong", "outputs-for-parameters"),
        # 16 − 3 from the student's own 16, before 12 + 1 or whatever else gives 13 from the right 14
        ({"conv_1__output": "32x32x16", "maxpool_1__output": "16x16x16", "conv_2__output": "13x13x32"},
         "conv-2", "output", "wrong", "no-plus-one"),
        ({"conv_1__output": "29x29x16", "maxpool_1__output": "14x14x16"}, "maxpool-1", "output", "right", None),
        # own weights without the biases, before two mistakes at once
        ({"conv_2__weights": "4640", "conv_2__biases": "16", "conv_2__parameters": "4656"},
         "conv-2", "parameters", "follows", None),
        ({"conv_1__receptive_field": "4", "maxpool_1__receptive_field": "5", "conv_2__receptive_field": "7"},
         "conv-2", "receptive_field", "wrong", "strides-ignored"),
    ],
)  # fmt: skip
def test_in_a_table(cells: dict[str, str], layer: str, column: str, status: str, first: str | None) -> None:
    worked = tabulate(read(NETWORK))
    columns = ("output", "weights", "biases", "parameters", "receptive_field")
    marks = mark_table(worked, changed(filled(worked, columns), **cells))
    assert marks.of(layer, column).status == status
    assert (mistakes(marks, layer, column) or [None])[0] == first


X = [[1, 0], [0, 1], [1, 1]]
U, W, B = [[0.5, -0.2], [0.1, 0.3]], [[0.2, 0.1], [0, 0.4]], [0.1, -0.1]


def states(inputs: list[list[float]], without: frozenset[int]) -> list[list[float]]:
    """The states of a recurrent layer, rounded at each step; `without`: the steps in which the bias is forgotten."""
    (h, k), found = (0.0, 0.0), []
    for t, (x, y) in enumerate(inputs):
        bias = 0.0 if t in without else 0.1
        h, k = (
            round(math.tanh(0.5 * x - 0.2 * y + 0.2 * h + 0.1 * k + bias), 4),
            round(math.tanh(0.1 * x + 0.3 * y + 0.4 * k - bias), 4),
        )
        found.append([h, k])
    return found


def velocities(factors: list[float]) -> list[float]:
    """v = 0.9v + factor·g at each step."""
    v, found = 0.0, []
    for factor, g in zip(factors, [0.23, 0.41, -0.17], strict=True):
        v = 0.9 * v + factor * g
        found.append(round(v, 5))
    return found


LAYER = {"x": X, "U": U, "W": W, "b": B}
MOMENTUM = {"w": 0.5, "g": [0.23, 0.41, -0.17], "eta": 0.1, "gamma": 0.9, "v0": 0}
NONE, FIRST, SECOND = frozenset[int](), frozenset({0}), frozenset({1})


@each_row(
    ("id", "ask", "given", "wrote", "cells", "named"),
    [
        ("rnn_by_hand", "h", LAYER, states(X, FIRST), "ww ff ff", "bias-forgotten"),
        ("rnn_by_hand", "h", LAYER, states(X, SECOND), "rr ww ff", "bias-forgotten"),
        ("momentum_by_hand_scalar", "v", MOMENTUM, velocities([1, 0.1, 0.1]), "wff", "rate-forgotten"),
        ("momentum_by_hand_scalar", "v", MOMENTUM, velocities([0.1, 1, 0.1]), "rwf", "rate-forgotten"),
        ("momentum_by_hand_scalar", "v", MOMENTUM, [0.0191, 0.03, 0.0123], "www", None),
        # the second of two layers goes on with its own states, the first one is right
        ("rnn_stacked_by_hand", "h", LAYER | {"U_2": U, "W_2": W, "b_2": B},
         states(states(X, NONE), FIRST), "ww ff ff", None),
    ],
)  # fmt: skip
def test_in_the_rows_of_an_array(
    id: str, ask: str, given: dict[str, object], wrote: object, cells: str, named: str | None
) -> None:
    asked = FormulaTarget(formula(id), {name: numbers(value) for name, value in given.items()}, ask)
    mark = judge_answer(Terms("number"), asked, str(wrote))
    assert "".join(cell.status[0] for cell in mark.cells) == cells.replace(" ", "")
    assert (mark.mistakes[0].id if mark.mistakes else None) == named


def numbers(value: object) -> Value:
    if isinstance(value, list):
        return tuple(map(numbers, value))
    return exact(value) if isinstance(value, float) else value
