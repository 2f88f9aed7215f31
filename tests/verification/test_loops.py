"""The second count of arrays: hand-checked numbers, agreement with the formulas on drawn ones, and errors it sees."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from rows import each_row

from dlcalc.answers.formula_target import FormulaTarget
from dlcalc.formulas.arrays import numbers
from dlcalc.formulas.draw import draw
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run
from dlcalc.quiz import by_kernels
from dlcalc.verification import second_count
from dlcalc.verification.counting import recount
from dlcalc.verification.loops import LOOPS, derivative, sigmoid, tanh
from dlcalc.verification.loops_in_time import CONVENTIONS_IN_TIME, LOOPS_IN_TIME
from dlcalc.verification.second_count import differs

IMAGE = ((2, 3, 7, 4, 6, 2), (6, 6, 9, 8, 7, 4), (3, 4, 8, 3, 8, 9), (7, 8, 3, 6, 6, 3), (4, 2, 1, 8, 3, 4),
         (3, 2, 4, 1, 9, 8))  # fmt: skip
FILTER = ((3, 4, 5), (1, 0, 2), (-1, 9, 7))
CONV = {"x": (IMAGE,), "w": ((FILTER,),), "b": (0,)}

CASES: list[tuple[str, str, dict[str, Any], str, Any]] = [
    # the first row of a course's 6×6 image under its 3×3 filter, as correlation and as convolution
    ("conv_by_hand", "output[0][0]", CONV, "", (166, 168, 165, 194)),
    ("conv_by_hand_flipped", "output[0][0]", CONV, "", (110, 161, 180, 174)),
    # 0 1/2 3 laid down by itself
    ("conv_transpose_by_hand", "output[0]", {"x": (((0, 1), (2, 3)),), "w": ((((0, 1), (2, 3)),),), "b": (0,)}, "",
     ((0, 0, 1), (0, 4, 6), (4, 12, 9))),
    ("pool_by_hand_max", "output[0]", {"x": (((1, 4, 2, 1), (5, 8, 3, 4), (7, 6, 4, 5), (1, 3, 1, 2)),), "f": 2}, "",
     ((8, 4), (7, 5))),
    ("conv_as_matrix", "zeros", {"x": (((1, 2, 3),) * 3,), "w": ((((1, 2), (3, 4)),),)}, "", 20),
    # tanh 0.5, tanh(0.5 + 0.3·0.462…), …
    ("rnn_by_hand_scalar", "h", {"x": (1, 1, 1), "U": 0.5, "W": 0.3}, "",
     (0.462117157260, 0.563969523783, 0.584447377953)),
    ("batchnorm_by_hand_scalar", "variance", {"x": (1, 2, 3, 6)}, "", 3.5),
    ("sgd_by_hand_scalar", "w_new", {"w": 1, "g": (2, -4), "eta": 0.5}, "", (0, 2)),
    ("momentum_by_hand_scalar", "v", {"w": 1, "g": (2, 2), "eta": 0.5, "gamma": 0.5}, "", (1, 1.5)),
    ("adam_by_hand_scalar", "w_new", {"w": 1, "g": (4,), "eta": 0.1, "epsilon": 0}, "", (0.9,)),
    ("perceptron_rule_by_hand", "w_new", {"x": (1, 0, 2), "w": (1, 1, 1), "y": 0, "eta": 0.5}, "", (0.5, 1, 0)),
    ("softmax_cross_entropy_by_hand", "loss", {"z": (0, 0), "y": (1, 0)}, "", math.log(2)),
    ("minmax_by_hand", "y", {"x": (2, 4, 10), "low": 0, "high": 1}, "", (0, 0.25, 1)),
]  # fmt: skip


@each_row(("id", "name", "given", "convention", "expected"), CASES)
def test_looped_by_hand(id: str, name: str, given: dict[str, Any], convention: str, expected: Any) -> None:
    head, *indices = name.replace("]", "").split("[")
    found = recount(id, head, given, convention)
    for index in indices:
        found = found[int(index)]  # type: ignore[index]
    assert numbers(found) == pytest.approx(numbers(expected), abs=1e-11)


LOOPED = [
    (id, convention)
    for id in (*LOOPS, *LOOPS_IN_TIME)
    for convention in ("", *(name for name in CONVENTIONS_IN_TIME.get(id, ()) if name != "last"))
]


@each_row(("id", "convention"), LOOPED)
def test_loops_and_formulas_agree(id: str, convention: str) -> None:
    """Two statements of one truth on drawn numbers: every answer that is looped is what the formula gives."""
    asked = formula(id)
    counter = {**LOOPS, **LOOPS_IN_TIME}[id]
    compared = 0
    for seed in range(4):
        given = draw(asked, "loops", seed)
        if id == "softmax_cross_entropy_by_hand":  # one class is the true one
            given["y"] = tuple(int(place == 0) for place, _ in enumerate(given["z"]))
        working = run(asked, given, convention=convention)
        complete = {variable.name: working[variable.name] for variable in asked.variables}
        for name in counter(complete, convention):
            if name in asked.by_name:
                looped = recount(id, name, complete, convention)
                assert looped is not None, name
                assert numbers(looped) == pytest.approx(numbers(working[name]), rel=1e-9, abs=1e-11), (name, given)
                compared += 1
    assert compared >= 4


def test_a_derivative_is_exact_to_the_last_digits() -> None:
    found = derivative(lambda x: tanh(x[0]) * sigmoid(x[1]) + x[0] * x[0], (0.3, -0.7))
    s = 1 / (1 + math.exp(0.7))
    assert found == pytest.approx((s * (1 - math.tanh(0.3) ** 2) + 0.6, math.tanh(0.3) * s * (1 - s)), rel=1e-15)
    assert derivative(lambda x: 7, (1, 2)) == (0.0, 0.0)


def test_a_wrong_array_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A convolution whose filter is turned by mistake: the loops say so, and so do the kernels by themselves."""
    right = formula("conv_by_hand")
    steps = tuple(replace(s, expression="w[k, c, f_h + 1 - u, f_w + 1 - v]") if s.name == "kernel" else s
                  for s in right.steps)  # fmt: skip
    broken = replace(right, steps=steps)
    given = {"x": (((1, 2), (3, 4)),), "w": ((((1, 2),),),), "b": (0,)}
    assert differs(FormulaTarget(right, given, "output", rank=2)) == ""
    said = "((4,), (10,)) is said to be right, and counted one by one it is "
    assert differs(FormulaTarget(broken, given, "output", rank=2)) == f"{said}((5,), (11,))"
    if by_kernels.are_installed():
        monkeypatch.setattr(second_count, "recount", lambda *args: None)
        assert differs(FormulaTarget(broken, given, "output", rank=2)) == f"{said}((5.0,), (11.0,))"


def test_without_the_kernels_the_loops_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_kernels, "are_installed", lambda: False)
    given = {"x": (((1, 2), (3, 4)),), "w": ((((1, 2),),),), "b": (0,)}
    assert by_kernels.counted("conv", run(formula("conv_by_hand"), given), "output") is None
    assert differs(FormulaTarget(formula("conv_by_hand"), given, "output", rank=2)) == ""
    assert differs(FormulaTarget(formula("layernorm_by_hand"), {"x": (1, 2, 6)}, "y", rank=1)) is None
