"""The simulator itself: what is right runs, what a GPU would get wrong in silence is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from kernels.cuda.comparing import numbers
from kernels.cuda.simulator import BarrierFault, Machine, MemoryFault
from rows import each_row

from dlcalc.kernels.cuda import attention, conv, device, linear, norm, pool, recurrent
from dlcalc.kernels.cuda.device import Kernel

THREADS = 4

cuda: Any = None
"""The simulator, while a kernel of this file runs."""


@pytest.fixture(params=[0, 1, 2], ids=lambda seed: f"order {seed}")
def simulated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A simulator in the place of this file's `cuda`, in several orders of threads."""
    machine = Machine(request.param)
    monkeypatch.setitem(globals(), "cuda", machine)
    return machine


def launch(machine: Machine, function: Callable[..., None], blocks: int, *arrays: Any) -> list[np.ndarray]:
    """Runs a function over blocks of four threads; the arrays afterwards. None: four numbers that nobody wrote yet."""
    given = [machine.empty(THREADS, np.float32) if array is None else machine.upload(array) for array in arrays]
    machine.launch(Kernel(function, (), lambda: THREADS, (0, 0)), blocks, tuple(given))
    return [machine.download(array) for array in given]


def neighbour(x: Any, out: Any) -> None:
    shared = cuda.shared.array(THREADS, x.dtype)
    shared[cuda.threadIdx.x] = x[cuda.threadIdx.x]
    cuda.syncthreads()
    out[cuda.threadIdx.x] = shared[(cuda.threadIdx.x + 1) % THREADS]


def neighbour_without_barrier(x: Any, out: Any) -> None:
    shared = cuda.shared.array(THREADS, x.dtype)
    shared[cuda.threadIdx.x] = x[cuda.threadIdx.x]
    out[cuda.threadIdx.x] = shared[(cuda.threadIdx.x + 1) % THREADS]


def overwritten_too_early(x: Any, out: Any) -> None:
    shared = cuda.shared.array(THREADS, x.dtype)
    shared[cuda.threadIdx.x] = x[cuda.threadIdx.x]
    cuda.syncthreads()
    out[cuda.threadIdx.x] = shared[(cuda.threadIdx.x + 1) % THREADS]
    shared[cuda.threadIdx.x] = x[cuda.threadIdx.x]


def all_into_one(x: Any, out: Any) -> None:
    x[0] = x[cuda.threadIdx.x]


def two_blocks_at_one(x: Any, out: Any) -> None:
    out[cuda.threadIdx.x] = x[0]


def beyond_the_end(x: Any, out: Any) -> None:
    out[cuda.threadIdx.x] = x[cuda.threadIdx.x + 1]


def before_the_start(x: Any, out: Any) -> None:
    out[cuda.threadIdx.x] = x[cuda.threadIdx.x - 1]


def nobody_wrote_it(x: Any, out: Any) -> None:
    shared = cuda.shared.array((2, 2), x.dtype)
    out[cuda.threadIdx.x] = shared[1, 1]


def some_are_left_out(x: Any, out: Any) -> None:
    if cuda.threadIdx.x:
        out[cuda.threadIdx.x] = x[0]


def some_end(x: Any, out: Any) -> None:
    if cuda.threadIdx.x < 2:
        cuda.syncthreads()


def two_barriers(x: Any, out: Any) -> None:
    if cuda.threadIdx.x < 2:
        cuda.syncthreads()
    else:
        cuda.syncthreads()


def double_precision(x: Any, out: Any) -> None:
    out[cuda.threadIdx.x] = x[0] * np.float64(2)


def test_threads_meet_at_a_barrier(simulated: Machine) -> None:
    """Each reads what another wrote before the barrier."""
    x = np.arange(4, dtype=np.float32)
    assert launch(simulated, neighbour, 1, x, None)[1].tolist() == [1, 2, 3, 0]


@each_row(
    ("function", "blocks", "fault", "said"),
    [
        (neighbour_without_barrier, 1, MemoryFault, "with no barrier|nobody wrote it"),
        (overwritten_too_early, 1, MemoryFault, "with no barrier"),
        (all_into_one, 1, MemoryFault, "with no barrier"),
        (two_blocks_at_one, 2, MemoryFault, "writes where thread . of block . wrote"),
        (beyond_the_end, 1, MemoryFault, r"has no place 4"),
        (before_the_start, 1, MemoryFault, r"has no place -1"),
        (nobody_wrote_it, 1, MemoryFault, "is read, and nobody wrote it"),
        (some_are_left_out, 1, MemoryFault, "1 of 4 numbers of a result were never written"),
        (some_end, 1, BarrierFault, "2 threads of block 0 ended while others wait"),
        (two_barriers, 1, BarrierFault, "wait at 2 different barriers"),
        (double_precision, 1, MemoryFault, "is float32 and gets a float64"),
    ],
)
def test_what_a_gpu_would_not_tell(
    simulated: Machine, function: Callable[..., None], blocks: int, fault: type[AssertionError], said: str
) -> None:
    """In whatever order threads and blocks run."""
    with pytest.raises(fault, match=said):
        launch(simulated, function, blocks, np.ones(4, dtype=np.float32), None)


def test_a_kernel_gets_what_it_is_compiled_for(simulated: Machine) -> None:
    """A Python float is a float64, which a kernel for float32 arrays is not compiled for."""
    ones = simulated.upload(np.ones(4, dtype=np.float32))
    typed = Kernel(lambda x, number: None, ("T[]", "T"), lambda: THREADS, (0, 0))
    simulated.launch(typed, 1, (ones, np.float32(1)))
    for number in (1.0, 1, np.float64(1), True):
        with pytest.raises(TypeError, match="is compiled for other arguments than"):
            simulated.launch(typed, 1, (ones, number))


def test_a_part_of_an_array_is_the_same_memory(simulated: Machine) -> None:
    """What is written to a part is written; a place beyond the part is none."""
    whole = simulated.empty(6, np.float32)
    part = whole.part(2, 4)
    launched = Kernel(two_blocks_at_one, (), lambda: THREADS, (0, 0))
    simulated.launch(launched, 1, (simulated.upload(np.ones(1, dtype=np.float32)), part))
    assert simulated.download(part).tolist() == [1, 1, 1, 1]
    with pytest.raises(MemoryFault, match="2 of 6 numbers"):
        simulated.download(whole)
    with pytest.raises(MemoryFault, match="has no place 4"):
        simulated.launch(Kernel(beyond_the_end, (), lambda: THREADS, (0, 0)), 1, (part, simulated.empty(6, np.float32)))


def matrix_products() -> None:
    q, k = numbers("float32", (1, 3, 9), (1, 5, 9))
    attention.attention_forward(q, k, k, None)


def a_convolution() -> None:
    x, weight = numbers("float32", (2, 2, 4, 4), (2, 2, 2, 2))
    out = conv.conv2d_forward(x, weight, weight[0, 0, 0], (1, 1), [(0, 0), (0, 0)], (1, 1), 1)
    conv.conv2d_backward(out, x, weight, (1, 1), [(0, 0), (0, 0)], (1, 1), 1)


def sums_of_channels() -> None:
    (x,) = numbers("float32", (2, 2, 9))
    normal, _, _, scale = norm.batch_norm_forward(x, 1e-5)
    norm.batch_norm_backward(x, normal, scale)


def winners_of_windows() -> None:
    pool.max_pool2d_backward(np.ones((1, 1, 20, 20), np.float32), np.zeros((1, 1, 20, 20), np.int64), (1, 1, 2, 2))


def sums_of_columns() -> None:
    x, weight, cells = numbers("float32", (3, 3), (3, 3), (3, 2, 3))
    linear.linear_backward(x, x, weight)
    (d_sums,) = numbers("float32", (2, 2, 12))
    recurrent.peephole_gradient(device.uploaded(d_sums), device.uploaded(cells), False)


RUNS = (matrix_products, a_convolution, sums_of_channels, winners_of_windows, sums_of_columns)


def test_no_barrier_of_a_kernel_can_be_left_out(machine: Machine) -> None:
    """Without any one of them some kernel is refused: each is needed, and the simulator sees that."""
    for run in RUNS:
        run()
    sites = sorted(machine.barriers)
    assert len({function for function, _ in sites}) >= 5
    for machine.ignored in sites:
        refused = 0
        for run in RUNS:
            try:
                run()
            except MemoryFault:
                refused += 1
        assert refused, f"nobody misses the barrier of {machine.ignored}"


def test_no_thread_runs_when_there_is_nothing_to_do(machine: Machine) -> None:
    """A launch over no block is none."""
    ran = []
    Kernel(lambda: ran.append(1), (), lambda: 1, (0, 0)).launch(0)
    assert ran == []
    Kernel(lambda: ran.append(1), (), lambda: 1, (0, 0)).launch(2)
    assert ran == [1, 1]
    assert device.RUNTIME is machine
