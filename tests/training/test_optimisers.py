"""The optimisers of training do what the formulas of updates by hand say, in every form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dlcalc.errors import UserError
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run

pytest.importorskip("numba")

from dlcalc.kernels.cpu.steps import optimisers as kernels
from dlcalc.training.optimiser import RULES, Optimiser, optimiser, schedule

GRADIENTS = (0.5, -1.25, 2.0, 0.125)
FORMS = [(name, form) for name, rule in RULES.items() for form in rule.forms]


def by_training(made: Optimiser, w: float, slope: float, constant: float) -> list[float]:
    """Four updates of one weight; with a slope the gradient is slope · w + constant where the rule takes it."""
    p, m, v, h, found = np.array([w]), np.zeros(1), np.zeros(1), made.vector(), []
    for step, given in enumerate(GRADIENTS, 1):
        ahead = made.values.get("gamma", 0) * m if (made.name, made.form) == ("nesterov", "textbook") else 0
        g = slope * (p - ahead) + constant if slope else np.array([given])
        kernels.update(*made.codes, p, g, m, v, h, step)
        found.append(float(p[0]))
    return found


def by_formula(made: Optimiser, w: float, slope: float, constant: float) -> list[float]:
    """The same by the formula, in this form."""
    given: dict[str, Any] = {"w": w, "g": GRADIENTS} if not slope else {"w": w, "k": slope, "c": constant, "T": 4}
    quantities = {v.name for v in formula(f"{made.rule.formula}_scalar").variables}
    given |= {name: value for name, value in made.values.items() if name in quantities}
    working = run(formula(f"{made.rule.formula}_scalar"), given, convention=made.form)
    return [float(value) for value in working["w_new"]]  # type: ignore[union-attr, arg-type]


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_an_optimiser_is_its_formula(name: str, form: str) -> None:
    made = optimiser(f"{name}:{form}", 0.3 if name != "adadelta" else 1.0, weight_decay=0.0)
    slope, constant = (1.5, -0.25) if name == "nesterov" else (0.0, 0.0)
    expected = by_formula(made, 1.5, slope, constant)
    assert by_training(made, 1.5, slope, constant) == pytest.approx(expected, rel=1e-12)
    assert len({round(value, 9) for value in expected}) == 4


def test_every_form_of_a_formula_is_trained_with() -> None:
    """But for one that only some notes have."""
    for name, rule in RULES.items():
        known = {convention.name for convention in formula(rule.formula).conventions}
        assert known - set(rule.forms) <= {"sum-to-t-minus-1"}, name
        assert set(rule.forms) <= known, name


def test_weight_decay_joins_the_gradient_and_adamw_keeps_it_apart() -> None:
    """½λw² adds λw to the gradient of Adam; AdamW shrinks the weight by ηλ first; then its first step is η long."""
    p, g, h = np.array([2.0]), np.array([0.0]), optimiser("adam", 0.1, weight_decay=0.5).vector()
    kernels.decay(kernels.ADAM, p, g, h)
    assert g.tolist() == [1.0]
    g[:] = 3
    kernels.decay(kernels.ADAMW, p, g, h)
    assert g.tolist() == [3.0]
    kernels.update(kernels.ADAMW, kernels.OUTSIDE, p, g, np.zeros(1), np.zeros(1), h, 1)
    assert p[0] == pytest.approx(2.0 * (1 - 0.1 * 0.5) - 0.1, abs=1e-8)


def test_clipping_is_its_formula() -> None:
    """By norm with the factor of the formula, then by value."""
    g, h = np.array([3.0, -4.0]), optimiser("sgd", clip_norm=2.5, clip_value=1.75).vector()
    working = run(formula("clip_norm"), {"g": (3, -4), "theta": 2.5})
    h[kernels.HYPER.index("factor")] = float(working["factor"])  # type: ignore[arg-type]
    kernels.prepare(g, h)
    assert g.tolist() == pytest.approx([1.5, -1.75])


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("constant", [1, 1, 1]), ("step:2:0.5", [1, 1, 0.5]), ("exponential:0.5", [1, 0.5, 0.25]),
        ("cosine", [1, 0.75, 0.25]), ("linear", [1, 2 / 3, 1 / 3]), ("warmup:2,constant", [0.0005, 0.5, 1]),
    ],
)  # fmt: skip
def test_a_schedule_changes_the_rate(text: str, rates: list[float]) -> None:
    assert [schedule(text).at(epoch, 3) for epoch in range(3)] == pytest.approx(rates)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimiser("adm"), "optimizer is one of sgd, .* alexnet, not adm"),
        (lambda: optimiser("adam:best"), "the forms of adam are pytorch, outside, textbook, keras, not best"),
        (lambda: optimiser("sgd:keras"), "the forms of sgd are textbook, not keras"),
        (lambda: optimiser("sgd", 0.0), "lr is a number above 0, not 0"),
        (lambda: optimiser("sgd", l1=-1.0), "l1 is a number from 0 on, not -1"),
        (lambda: optimiser("sgd", gamma=0.5), "sgd has eta, no gamma"),
        (lambda: optimiser("adam", beta_1=1.0), "beta_1 of adam is a number from 0 to below 1, not 1.0"),
        (lambda: optimiser("momentum", gamma=3.0), "gamma of momentum is a number from 0 to 1, not 3.0"),
        (lambda: optimiser("adam", epsilon=float("nan")), "epsilon of adam is a number from 0 to .*, not nan"),
        (lambda: schedule("cosine,linear"), "not 'cosine,linear'"),
        (lambda: schedule("step:1.5:0.5"), "not 'step:1.5:0.5'"),
        (lambda: schedule("sometimes"), "a schedule is one of constant, .*; not 'sometimes'"),
        (lambda: schedule("step:0:1"), "not 'step:0:1'"),
    ],
)
def test_what_is_no_optimiser_is_refused(call: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        call()
