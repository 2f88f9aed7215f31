"""`bench.gpu` as far as it goes without a GPU: its refusal, its checks on the simulator, its table."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from kernels.cuda.comparing import DTYPES
from kernels.cuda.simulator import Machine

from dlcalc.kernels import cuda
from dlcalc.kernels.cuda import device

ROOT = Path(__file__).parents[3]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program, from the project's folder."""
    monkeypatch.syspath_prepend(str(ROOT))
    from bench import gpu

    return gpu


@pytest.fixture
def measuring(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Its checks and times."""
    monkeypatch.syspath_prepend(str(ROOT))
    from bench import gpu_measuring

    return gpu_measuring


def works() -> Any:
    """Everything that it computes."""
    sys.path.insert(0, str(ROOT))
    try:
        from bench import gpu_work
    finally:
        sys.path.remove(str(ROOT))
    return gpu_work.WORKS


def test_without_a_gpu_it_says_so(
    gpu: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, and exit status 2."""
    monkeypatch.setattr(gpu, "missing_for_cuda", lambda: "no GPU with a working NVIDIA driver was found")
    assert gpu.main([]) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err == "bench.gpu needs a GPU: no GPU with a working NVIDIA driver was found\n"


@pytest.mark.long
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("work", works(), ids=lambda work: work.name)
def test_every_kernel_that_is_timed_is_right(measuring: ModuleType, machine: Machine, work: Any, dtype: str) -> None:
    """On the simulator; the sizes that are timed have the shapes that the kernels expect."""
    rows = measuring.measured(work, dtype, None, 0)
    assert [row.name for row in rows] == [f"{work.name} {way}, {dtype}" for way in ("forward", "backward")]
    assert [row.met for row in rows] == [True, True], [row.note for row in rows]
    assert work.small.keys() == work.large.keys()
    assert {name: len(shape) for name, shape in work.small.items()} == {
        name: len(shape) for name, shape in work.large.items()
    }


@pytest.mark.peers
@pytest.mark.parametrize("work", works(), ids=lambda work: work.name)
def test_pytorch_agrees(measuring: ModuleType, machine: Machine, work: Any) -> None:
    """The peer of each computes the same thing."""
    torch = pytest.importorskip("torch")
    errors = dict(measuring.errors_of(work, "float64", torch, large=False))
    assert list(errors) == ["the CPU's", "PyTorch's"][: 1 if work.peer is None else 2]
    assert max(max(found) for found in errors.values()) <= measuring.LARGEST_ERROR["float64"]


def test_a_wrong_number_is_seen(measuring: ModuleType, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of a kernel that is off is not met."""
    right = cuda.linear.linear_forward
    monkeypatch.setattr(cuda.linear, "linear_forward", lambda *given: right(*given) * np.float32(1.0001))
    (work,) = (work for work in works() if work.name == "dense layer")
    assert [row.met for row in measuring.measured(work, "float32", None, 0)] == [False, True]


def test_every_kernel_is_checked(measuring: ModuleType, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it computes launches every kernel that there is."""
    ran = set()
    launch = machine.launch
    monkeypatch.setattr(machine, "launch", lambda kernel, *rest: (ran.add(id(kernel)), launch(kernel, *rest)))
    for work in works():
        arrays, d_result = measuring.drawn(work, "float64", large=False)
        measuring.both_passes(work, cuda, arrays, d_result)
    assert [name for name, kernel in device.KERNELS.items() if id(kernel) not in ran] == []


def test_a_time_is_taken_after_the_first_run(measuring: ModuleType) -> None:
    """The first run compiles; every run is waited for."""
    done: list[str] = []
    found = measuring.seconds(lambda: done.append("run"), lambda: done.append("wait"), 2)
    assert done == ["run", "wait"] * 3
    assert len(found) == 2
    assert min(found) >= 0


def test_the_table(
    gpu: ModuleType, machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two rows for each dtype, met or not; status 1 when one is not."""
    from bench import gpu_measuring, gpu_work

    monkeypatch.setattr(gpu, "missing_for_cuda", lambda: "")
    monkeypatch.setattr(gpu_measuring, "machine", lambda torch: "a simulator")
    monkeypatch.setattr(gpu_measuring, "with_torch", lambda: None)
    monkeypatch.setattr(gpu_work, "WORKS", [work for work in gpu_work.WORKS if work.name == "relu"])
    assert gpu.main(["--no-times"]) == 0
    written = capsys.readouterr()
    heading, _, *lines = written.out.splitlines()
    assert heading.endswith(": a simulator")
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        f"relu {way}, {dtype}" for dtype in DTYPES for way in ("forward", "backward")
    ]
    assert written.err.splitlines() == ["relu, float32: right", "relu, float64: right"]
    monkeypatch.setattr(cuda.activations, "activation_forward", lambda kind, x, parameter: -x)
    assert gpu.main(["--no-times"]) == 1
    assert "WRONG" in capsys.readouterr().err
