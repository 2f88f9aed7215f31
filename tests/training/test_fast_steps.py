"""What is computed in float32 by register tiles and vectors is what plain loops compute in float64."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dlcalc.networks import text

pytest.importorskip("numba")

from dlcalc.kernels.cpu.machine import LANES
from dlcalc.training import planned_windows
from dlcalc.training.model import Examples, Model
from dlcalc.training.planned_windows import Windows
from dlcalc.training.planner import plan

NETWORKS = (
    "9x8x2; a: conv 3 f3 p1 tanh; b: conv 3 f3 p1; add a; c: pool 2; add c c; conv 17 f2 same; dense 3",
    "9x8x1; conv 20 f3x5 relu; conv 9 f3 d2 p2; dense 3",
    "9x8x2; conv 3 f3x4 s2x3 p1 tanh; conv 4 f3 s2 d2 p3; dense 3",
    "11x9x1; conv 12 f5 s2 p2 tanh; conv 18 f3 s3 same; dense 3",
    "13 x 3; conv 4 f3 s2 tanh; conv 3 f2 s3; dense 3",
    "12 x 3; conv 5 f3 p1 tanh; conv 4 f5; dense 3",
    "4x3 seq; lstm 18 seq; gru 17; dense 3",
)
ABREAST = (
    "10x11x2; conv 6 f3 p1 relu; pool 2; conv 17 f2; tanh; pool 2; dense 3",
    "9x9x2; a: conv 8 f3 p1 tanh; b: conv 8 f3 p1; add a; relu; conv 5 f2 gelu; dense 3",
    "20 x 3; conv 6 f3 s2 relu; relu; conv 8 f3 s2; dense 3",
    "9x9x4; a: conv 8 f3 g2 p1 relu; b: conv 6 f3 relu; c: pool 2 from a; d: conv 6 f2 p2; add b d; dense 3",
)
ALONE = "4; dense 19 tanh; a: dense 19 tanh; b: dense 19 relu; dense 3"
PLAIN = """
import json
from test_fast_steps import NETWORKS, gradient
print(json.dumps([gradient(line, "float64")[0].tolist() for line in NETWORKS]))
"""


def gradient(line: str, dtype: str, many: int = 3, batch: int = 3, first: int = 0) -> tuple[Any, list[str]]:
    """The gradient of random examples by a plan for batches of so many, and the operations of the plan; `first`: the
    class of the first example."""
    random = np.random.default_rng(1)
    made = plan(text.read(line), "cross-entropy", batch, dtype)
    model = Model(made)
    model.parameters[:] = random.normal(0, 0.4, len(model.parameters))
    x = random.normal(size=(many, sum(count * width for _, _, count, width in made.inputs)))
    model.arena[:] = np.nan if many < batch else 0  # what a batch lacks counts for nothing
    examples = Examples(x, (np.arange(many) + first) % 3, dtype)
    return model.gradient(examples)[1].copy(), [step.operation for step in made.steps]


@pytest.fixture(scope="module")
def plain() -> list[list[float]]:
    """Of each network the gradient as plain Python works it out in float64."""
    here = os.path.dirname(__file__)
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": here}
    ran = subprocess.run([sys.executable, "-c", PLAIN], env=environment, capture_output=True, text=True, timeout=120,
                         check=True)  # fmt: skip
    found: list[list[float]] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("place", range(len(NETWORKS)))
def test_a_gradient_in_float32_is_that_in_float64(
    place: int, plain: list[list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One image after the other; side by side they are held against this below."""
    monkeypatch.setattr(planned_windows, "better", lambda *shapes: False)
    found, steps = gradient(NETWORKS[place], "float32")
    wanted = np.array(plain[place])
    assert np.abs(wanted).max() > 0.01
    assert np.abs(found - wanted).max() <= 3e-6 * np.abs(wanted).max()
    if LANES and "conv" in NETWORKS[place]:
        assert "conv-planes" in steps


@pytest.mark.skipif(not LANES, reason="this processor has no vectors, or nothing is compiled")
def test_images_side_by_side_give_the_gradient_of_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a batch that fills the lanes, and of fewer than it is laid out for."""
    for line in ABREAST:
        for many, batch in ((2 * LANES, 2 * LANES), (LANES + 3, 2 * LANES - 1)):
            found, steps = gradient(line, "float32", many, batch)
            assert {"conv-abreast", "apart"} <= set(steps), steps
            with monkeypatch.context() as patch:
                patch.setattr(planned_windows, "better", lambda *shapes: False)
                wanted, others = gradient(line, "float32", many, batch)
            assert "conv-abreast" not in others
            assert np.abs(wanted).max() > 0.01
            assert np.abs(found - wanted).max() <= 3e-6 * np.abs(wanted).max(), (line, many)


@pytest.mark.skipif(not LANES, reason="this processor has no vectors, or nothing is compiled")
def test_channels_side_by_side_give_the_gradient_of_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a batch of one image."""
    for line in [*NETWORKS[:-1], *ABREAST]:
        found, steps = gradient(line, "float32", 1, 1, first=2)
        assert {"conv-channels", "apart"} <= set(steps), steps
        with monkeypatch.context() as patch:
            patch.setattr(Windows, "_channels", lambda *settings: None)
            wanted, others = gradient(line, "float32", 1, 1, first=2)
        assert "conv-channels" not in others
        assert np.abs(wanted).max() > 0.01
        assert np.abs(found - wanted).max() <= 3e-6 * np.abs(wanted).max(), line


@pytest.mark.parametrize("shared", ["", "b"])
def test_a_batch_is_the_mean_of_its_examples(shared: str) -> None:
    """One example at a time goes another way back through a dense layer, whose weights another layer may use too; the
    mean of the gradients is the batch's.
    """
    random, network = np.random.default_rng(2), text.read(ALONE)
    layers = (replace(layer, shares="a") if layer.name == shared else layer for layer in network.layers)
    model = Model(plan(replace(network, layers=tuple(layers)), "cross-entropy", 3))
    model.parameters[:] = random.normal(0, 0.3, len(model.parameters))
    examples = Examples(random.normal(size=(3, 4)), np.array([0, 2, 1]))
    whole = model.gradient(examples)[1].copy()
    alone = [model.gradient(examples, [place])[1].copy() for place in range(3)]
    assert np.abs(whole).max() > 0.01
    assert np.abs(np.mean(alone, axis=0) - whole).max() <= 1e-6
