"""A batch is cut into parts that threads take: the result does not depend on how many there are."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")

import dlcalc
from dlcalc.errors import UserError
from dlcalc.kernels import cache
from dlcalc.networks import text
from dlcalc.training import loop
from dlcalc.training.optimiser import Schedule, optimiser

RANDOM = np.random.default_rng(0)
RUNS: dict[str, dict[str, Any]] = {
    "36; a: dense 70 relu; dropout 0.3; dense 70 relu; add a; dense 3": {"optimizer": "adam", "clip": 0.5},
    "6x6x1; conv 3 f3 relu; pool 2; dense 3": {"optimizer": "nesterov:textbook", "lr": 0.05},
}


def trained(line: str, threads: int) -> tuple[bytes, list[float]]:
    """The parameters after two batches, of 32 and of 22, and the loss."""
    x, y = RANDOM.normal(size=(54, 36)), RANDOM.integers(0, 3, 54)
    shaped = x.reshape(54, 6, 6, 1) if "conv" in line else x
    run = dlcalc.train(line, (shaped, y), batch=32, epochs=1, threads=threads, **RUNS[line]).finish()
    return run.trainer.model.parameters.tobytes(), [epoch["loss"] for epoch in run.history]


def test_any_number_of_threads_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of parts that are cut, and nearly what the whole batch gives; and the threads are there."""
    global RANDOM
    started, start = [0], threading.Thread.start

    def counted(self: threading.Thread) -> None:
        started[0] += 1
        start(self)

    monkeypatch.setattr(threading.Thread, "start", counted)
    for line in RUNS:
        found = {}
        for parts, threads in ((1, 2), (2, 1), (2, 2), (2, 5)):
            monkeypatch.setattr(loop, "WORTH", 1 if parts > 1 else 10**12)
            RANDOM = np.random.default_rng(0)
            before = started[0]
            found[parts, threads] = trained(line, threads)
            assert (started[0] > before) == (min(parts, threads) > 1 and not cache.plain()), (line, parts, threads)
        assert found[2, 1] == found[2, 2] == found[2, 5], line
        assert found[2, 1][1] == pytest.approx(found[1, 2][1], rel=1e-5)


def test_what_is_of_a_whole_batch_is_not_cut() -> None:
    """Statistics of a batch, states that are carried on, and work that is too little for a second thread."""
    settings = loop.Settings(optimiser("sgd"), Schedule(), batch=100, loss="squared-error")
    large = "300; dense 300; dense 300{}; dense 2"
    assert [loop.plan_in_parts(text.read(line), settings)[1] for line in (
        large.format(""), large.format("; bn"), "300; dense 2")] == [2, 1, 1]  # fmt: skip
    plan, parts = loop.plan_in_parts(text.read(large.format("")), settings)
    assert (plan.batch, parts) == (54, 2)  # nine times the six rows of a tile
    with pytest.raises(UserError, match="threads must be a whole number from 1 to 256, or None: 0"):
        dlcalc.train("2; dense 2", "xor:n=9", threads=0)
