"""`python -m bench.gpu`: on a GPU, every kernel checked against the CPU's and PyTorch's, and timed against PyTorch's cuDNN.

Prints a Markdown table for bench/results. Exit status 1 when a number is wrong, 2 when there is no GPU.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from statistics import median
from typing import Any

import numpy as np

from dlcalc.kernels import cpu, missing_for_cuda
from dlcalc.kernels.gradcheck import relative_error

from .gpu_work import WORKS, Work
from .rows import Row, table

LARGEST_ERROR = {"float32": 1e-5, "float64": 1e-12}
"""Of an array's largest entry."""

ROUNDS = 21


def main(arguments: list[str] | None = None) -> int:
    """Exit status: see above."""
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each is timed (default {ROUNDS})")
    parser.add_argument("--no-times", action="store_true", help="check only")
    options = parser.parse_args(arguments)
    if missing := missing_for_cuda():
        print(f"bench.gpu needs a GPU: {missing}", file=sys.stderr)
        return 2
    torch = _torch()
    rows = []
    for work in WORKS:
        for dtype in LARGEST_ERROR:
            rows += measured(work, dtype, torch, 0 if options.no_times else max(1, options.rounds))
            print(f"{work.name}, {dtype}: {'right' if all(row.met for row in rows[-2:]) else 'WRONG'}", file=sys.stderr)
    print(f"# {date.today():%-d %B %Y}: {_machine(torch)}\n\n{table(rows)}")
    return int(not all(row.met for row in rows))


def measured(work: Work, dtype: str, torch: Any, rounds: int) -> list[Row]:
    """The rows of the forward and the backward pass: checked at the small size, timed at the large one."""
    errors = list(errors_of(work, dtype, torch))
    times = _times(work, dtype, torch, rounds) if rounds else ((float("nan"), None),) * 2
    rows = []
    for direction, (ours, peer), found in zip(("forward", "backward"), times, zip(*errors, strict=True), strict=True):
        limit = LARGEST_ERROR[dtype]
        told = ", ".join(f"{error:.0e} from {name}" for error, name in zip(found, ("the CPU's", "PyTorch's"), strict=False))
        name = f"{work.name} {direction}, {dtype}"
        rows.append(Row(name, ours, peer, "PyTorch" if torch else "", f"≤ {limit:g}", max(found) <= limit, note=told))
    return rows


def errors_of(work: Work, dtype: str, torch: Any) -> Iterator[tuple[float, float]]:
    """The largest relative error of the forward and of the backward pass: from the CPU, then from PyTorch if it is there."""
    from dlcalc.kernels import cuda

    arrays, d_result = drawn(work, dtype, large=False)
    ours = both_passes(work, cuda, arrays, d_result)
    yield _largest(ours, both_passes(work, cpu, arrays, d_result))
    if torch and work.peer:
        result, gradients = _peer_passes(work, torch, arrays, d_result, "cpu")
        yield _largest(ours, (_numpy(result), _numpy(gradients)))


def both_passes(work: Work, kernels: Any, arrays: dict[str, Any], d_result: Any) -> tuple[list[Any], list[Any]]:
    """The result and the gradients of the arrays that `work.gradients` names, in its order."""
    result, saved = work.forward(kernels, arrays)
    found = work.backward(kernels, arrays, saved, d_result)
    return [result], list(found)


def drawn(work: Work, dtype: str, large: bool) -> tuple[dict[str, Any], Any]:
    """Random arrays, and a gradient of the result: the same in every run."""
    source = np.random.default_rng(0)
    arrays = {}
    for name, shape in work.shapes(large).items():
        if name in work.whole:
            arrays[name] = source.integers(0, work.whole[name], shape)
        elif work.chances:
            arrays[name] = source.uniform(0.05, 0.95, shape).astype(dtype)
        else:
            scale = work.scale(shape)
            arrays[name] = (source.standard_normal(shape) * scale).astype(dtype)
    return arrays, source.standard_normal(work.result(work.shapes(large))).astype(dtype)


def _largest(found: Iterable[Any], expected: Iterable[Any]) -> tuple[float, float]:
    pairs = zip(found, expected, strict=True)
    forward, backward = (
        max(relative_error(one, other) for one, other in zip(mine, theirs, strict=True)) for mine, theirs in pairs
    )
    return forward, backward


def _peer_passes(
    work: Work, torch: Any, arrays: dict[str, Any], d_result: Any, where: str
) -> tuple[list[Any], list[Any]]:
    tensors = _tensors(work, torch, arrays, where)
    result = work.peer(torch, tensors)
    gradients = torch.autograd.grad(
        result, [tensors[name] for name in work.gradients], torch.as_tensor(d_result, device=where)
    )
    return [result], list(gradients)


def _tensors(work: Work, torch: Any, arrays: dict[str, Any], where: str) -> dict[str, Any]:
    tensors = {name: torch.as_tensor(array, device=where) for name, array in arrays.items()}
    for name in work.gradients:
        tensors[name].requires_grad_(True)
    return tensors


def _numpy(tensors: list[Any]) -> list[Any]:
    return [tensor.detach().cpu().numpy() for tensor in tensors]


def _times(work: Work, dtype: str, torch: Any, rounds: int) -> tuple[tuple[float, float | None], ...]:
    """Ours and the peer's, forward and backward, on arrays that are on the GPU before and after."""
    from dlcalc.kernels import cuda
    from dlcalc.kernels.cuda import device

    arrays, d_result = drawn(work, dtype, large=True)
    there = {
        name: array if name in work.whole else device.uploaded(array) for name, array in arrays.items()
    }
    d_there = device.uploaded(d_result)
    _, saved = work.forward(cuda, there)
    ours = [
        median(seconds(run, device.cuda.synchronize, rounds))
        for run in (lambda: work.forward(cuda, there), lambda: work.backward(cuda, there, saved, d_there))
    ]
    if not (torch and work.peer and torch.cuda.is_available()):
        return tuple((mine, None) for mine in ours)
    tensors = _tensors(work, torch, arrays, "cuda")
    wanted, d_tensor = [tensors[name] for name in work.gradients], torch.as_tensor(d_result, device="cuda")
    result = work.peer(torch, tensors)
    peers = [
        median(seconds(run, torch.cuda.synchronize, rounds))
        for run in (
            lambda: work.peer(torch, tensors),
            lambda: torch.autograd.grad(result, wanted, d_tensor, retain_graph=True),
        )
    ]
    return tuple(zip(ours, peers, strict=True))


def seconds(run: Callable[[], Any], synchronise: Callable[[], None], rounds: int) -> list[float]:
    """What each round takes until the GPU has done it, after one that compiles."""
    run()
    synchronise()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        synchronise()
        found.append(time.perf_counter() - start)
    return found


def _torch() -> Any:
    """PyTorch with its products in full precision, or None."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return None
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return torch


def _machine(torch: Any) -> str:
    """The GPU and the versions that decide its speed."""
    import numba_cuda

    from dlcalc.kernels.cuda import device

    gpu = device.cuda.get_current_device()
    name = gpu.name.decode() if isinstance(gpu.name, bytes) else gpu.name
    peer = f"PyTorch {torch.__version__}" if torch else "no PyTorch"
    return f"{name}, numba-cuda {numba_cuda.__version__}, {peer}"


if __name__ == "__main__":
    sys.exit(main())
