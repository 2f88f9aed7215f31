"""Checks and times for `bench.gpu`."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from statistics import median
from typing import Any

import numpy as np

from dlcalc.kernels import cpu, cuda
from dlcalc.kernels.cuda import device
from dlcalc.kernels.gradcheck import relative_error

from .gpu_shapes import Work
from .rows import Row

LARGEST_ERROR = {"float32": 1e-5, "float64": 1e-12}
"""Of an array's largest entry."""


def measured(work: Work, dtype: str, torch: Any, rounds: int) -> list[Row]:
    """The rows of the forward and the backward pass: checked at the small size, timed and checked at the large one."""
    limit = LARGEST_ERROR[dtype]
    errors = [(name, found, limit) for name, found in errors_of(work, dtype, torch, large=False)]
    times: tuple[tuple[float, float | None], ...] = ((float("nan"), None),) * 2
    if rounds:
        # Longer sums are rounded more often.
        errors += [
            (f"{name} at full size", found, 10 * limit) for name, found in errors_of(work, dtype, torch, large=True)
        ]
        times = _times(work, dtype, torch, rounds)
    rows = []
    for place, (direction, (ours, peer)) in enumerate(zip(("forward", "backward"), times, strict=True)):
        met = all(found[place] <= most for _, found, most in errors)
        told = ", ".join(f"{found[place]:.0e} from {name}" for name, found, _ in errors)
        name = f"{work.name} {direction}, {dtype}"
        rows.append(Row(name, ours, peer, "PyTorch" if torch else "", f"≤ {limit:g}", met, note=told))
    return rows


def errors_of(work: Work, dtype: str, torch: Any, large: bool) -> Iterator[tuple[str, tuple[float, float]]]:
    """From whom the largest relative errors of the forward and the backward pass are, and these.

    At the large size PyTorch's are taken on the GPU, and the CPU's where there is no PyTorch.
    """
    arrays, d_result = drawn(work, dtype, large)
    ours = both_passes(work, cuda, arrays, d_result)
    compared = torch and work.peer
    if not (large and compared):
        yield "the CPU's", _largest(ours, both_passes(work, cpu, arrays, d_result))
    if compared:
        where = "cuda" if large and torch.cuda.is_available() else "cpu"
        yield "PyTorch's", _largest(ours, _peer_passes(work, torch, arrays, d_result, where))


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
    return [tensor.detach().cpu().numpy() for tensor in (result,)], [tensor.cpu().numpy() for tensor in gradients]


def _tensors(work: Work, torch: Any, arrays: dict[str, Any], where: str) -> dict[str, Any]:
    tensors = {name: torch.as_tensor(array, device=where) for name, array in arrays.items()}
    for name in work.gradients:
        tensors[name].requires_grad_(True)
    return tensors


def _times(work: Work, dtype: str, torch: Any, rounds: int) -> tuple[tuple[float, float | None], ...]:
    """Ours and the peer's, forward and backward, on arrays that are on the GPU before and after."""
    arrays, d_result = drawn(work, dtype, large=True)
    there = {name: array if name in work.whole else device.uploaded(array) for name, array in arrays.items()}
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


def with_torch() -> Any:
    """PyTorch with its products in full precision, or None."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return None
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return torch


def machine(torch: Any) -> str:
    """The GPU and the versions that decide its speed."""
    gpu = device.cuda.get_current_device()
    name = gpu.name.decode() if isinstance(gpu.name, bytes) else gpu.name
    peer = f"PyTorch {torch.__version__}" if torch else "no PyTorch"
    return f"{name}, numba-cuda {version('numba-cuda')}, {peer}"
