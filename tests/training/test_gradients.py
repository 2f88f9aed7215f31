"""Gradients of whole networks equal finite differences, and what is counted is what is trained."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dlcalc.networks import zoo
from dlcalc.networks.table import tabulate

pytest.importorskip("numba")

from rows import each_row

from dlcalc import train
from dlcalc.training.checking import differences
from dlcalc.training.model import Model
from dlcalc.training.planner import Planner


@pytest.mark.long
def test_gradients_of_fifty_random_networks_equal_finite_differences() -> None:
    """Of fifty random networks in float64, along three random directions each, and no example changes another's
    outputs; of every array of the networks that the formulas have. Run as plain Python: nothing is compiled for it.
    """
    program = Path(__file__).with_name("random_networks.py")
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    ran = subprocess.run([sys.executable, str(program)], env=environment, capture_output=True, text=True, timeout=120,
                         check=True)  # fmt: skip
    made = json.loads(ran.stdout)
    found = made["networks"]
    assert len(found) == 50
    assert [each for each in found if not each["error"] <= 1e-6] == []
    assert [each for each in found if not each["mixed"] <= 1e-12] == []
    assert [each for each in found if each["told"][0] != each["told"][1]] == []
    assert min(each["norm"] for each in found) > 1e-3
    assert sum(each["shared"] for each in found) > 40
    lines = " ".join(each["network"] for each in found)
    kinds = (
        "conv",
        "pool",
        "bn;",
        "rnn",
        "lstm",
        "gru",
        "bi ",
        "add",
        "concat",
        "shared",
        "reshape",
        "attention",
        "convlstm",
        "conv-table",
        "rbf",
        "outputs",
    )
    assert [kind for kind in kinds if kind not in lines] == []
    assert {line: errors for line, errors in made["formulas"].items() if not max(errors.values()) <= 1e-12} == {}
    assert len(made["formulas"]) == 11
    assert max(made["reach"].values()) <= 1e-6  # by the inputs of the steps of recurrent layers
    assert [line for line, (wanted, said) in made["refusals"].items() if wanted not in said] == []


def test_a_gradient_at_a_kink_is_a_slope_of_one_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without biases black pixels leave ReLUs at 0: no error; a gradient that is wrong is one, there and elsewhere."""
    x = np.zeros((10, 4, 4, 1))
    x[::2, 1] = 1
    run = train("4x4x1; conv 2 f3 relu; conv 2 f1 relu; pool 2; dense 2", (x, np.arange(10) % 2)).trainer
    errors = differences(run, 20)
    assert max(errors.values()) < 1e-8
    usual = Model.gradient

    def wrong(self: Model, *given: object) -> tuple[float, object]:
        loss, gradient = usual(self, *given)
        return loss, gradient * 1.001 + 1e-4

    monkeypatch.setattr(Model, "gradient", wrong)
    assert min(differences(run, 20).values()) > 1e-4


@each_row("name", zoo.names())
def test_what_a_table_counts_is_what_is_trained(name: str) -> None:
    """The trained values of the plan are the trainable parameters of the table."""
    network = zoo.network(name)
    made = Planner(network).plan("squared-error", 1, "float32")
    assert made.trained == sum(int(str(row.trainable)) for row in tabulate(network).rows)
