"""The public operations with device="cuda", on the simulator: the same results and gradients as on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kernels.cuda.comparing import assert_same
from kernels.cuda.simulator import Machine
from ops.cases import CASES, Case, d_result_of
from rows import each_row

from dlcalc import kernels, ops
from dlcalc.errors import UserError
from dlcalc.kernels.cuda import device


@pytest.fixture
def usable(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator counts as a GPU."""
    monkeypatch.setattr(kernels, "missing_for_cuda", lambda: "")


@each_row("case", CASES, ids=str)
def test_every_operation(usable: None, case: Case) -> None:
    """In every form that the CPU's are tested in, forwards and backwards."""
    arrays = case.arrays()
    expected, on_cpu = case.forward(arrays)
    found, on_cuda = case.forward(arrays, "cuda")
    _same(found, expected)
    d_result = d_result_of(expected)
    gradients, others = ops.backward(on_cuda, d_result), ops.backward(on_cpu, d_result)
    assert gradients.keys() == others.keys()
    for name, gradient in gradients.items():
        _same(gradient, others[name])


def test_dropout_switches_the_same_places_off(usable: None) -> None:
    """The one operation that draws."""
    x = np.ones((4, 9), dtype=np.float32)
    found = [ops.dropout(x, 0.4, seed=3, training=True, device=where) for where in ("cpu", "cuda")]
    _same(*found)
    assert 0 < np.count_nonzero(found[0]) < found[0].size


def test_auto_is_cuda_where_it_can_be_used(usable: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the CPU elsewhere, where "cuda" says what is missing."""
    assert kernels.backend("auto").__name__.endswith(".cuda")
    monkeypatch.setattr(kernels, "missing_for_cuda", lambda: device.DRIVER)
    assert kernels.backend("auto").__name__.endswith(".cpu")
    with pytest.raises(UserError, match='device="cuda" cannot be used here: no GPU with a working NVIDIA driver'):
        ops.relu(np.ones(2), device="cuda")


def _same(found: Any, expected: Any) -> None:
    if isinstance(expected, tuple):
        assert_same(found, expected)
    else:
        assert_same(np.asarray(found), np.asarray(expected))
