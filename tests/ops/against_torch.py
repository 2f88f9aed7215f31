"""Our operation and PyTorch's on the same numbers, forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from dlcalc import ops

Array = Any

# Arrays of a few numbers: threads would only wait for each other.
torch.set_num_threads(1)

TOLERANCE = {np.float32: 1e-5, np.float64: 1e-12}
"""Of the largest entry of the array."""

DTYPES = st.sampled_from(list(TOLERANCE))
SEEDS = st.integers(0, 1000)
BATCHES = st.sampled_from([0, 1, 1, 2, 3])


def numbers(seed: int, dtype: Any, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """Random arrays of these shapes. In float32 of few bits, so that what cancels cancels in any order of adding."""
    random = np.random.default_rng(seed)
    if dtype == np.float64:
        return {name: np.asarray(random.standard_normal(shape)) for name, shape in shapes.items()}
    return {name: np.asarray(random.integers(-24, 25, shape) / 16, dtype=dtype) for name, shape in shapes.items()}


def leaves(result: Any) -> list[Any]:
    return [leaf for part in result for leaf in leaves(part)] if isinstance(result, tuple) else [result]


def agree(
    op: Callable[..., Any],
    arrays: Mapping[str, Array],
    theirs: Callable[..., Any],
    seed: int = 0,
    arguments: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    largest: float = 0,
    **settings: Any,
) -> None:
    """The results agree, and so do the gradients of all `arrays` for one random gradient of the results.

    theirs: takes the arrays as tensors, by the same names. arguments: what `op` takes, from the arrays by name.
    largest: by what errors are measured where all entries of an array are smaller: 1 for a gradient that comes through
    several layers, where numbers of that size cancel.
    """
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}
    wanted = leaves(theirs(**tensors))
    result, saved = ops.forward(op, **arguments(dict(arrays)), **settings)
    dtype = next(iter(arrays.values())).dtype.type
    found = leaves(result)
    for place, (ours, their) in enumerate(zip(found, wanted, strict=True)):
        close(ours, their.detach().numpy(), dtype, f"result {place}", largest)
    d_parts = list(numbers(seed + 1, dtype, {str(i): np.shape(part) for i, part in enumerate(found)}).values())
    gradients = ops.backward(saved, like(result, iter(d_parts)))
    torch.autograd.backward(wanted, [torch.tensor(d) for d in d_parts])
    assert set(gradients) == set(arrays)
    for name, tensor in tensors.items():
        grad = np.zeros(tensor.shape, dtype=dtype) if tensor.grad is None else tensor.grad.numpy()
        close(gradients[name], grad, dtype, f"gradient of {name}", largest)


def like(result: Any, parts: Any) -> Any:
    """The parts in the structure of the result."""
    return tuple(like(part, parts) for part in result) if isinstance(result, tuple) else next(parts)


def close(ours: Any, theirs: Array, dtype: Any, what: str, largest: float) -> None:
    """One shape, one dtype, and numbers as near as the dtype allows."""
    ours = np.asarray(ours)
    assert (ours.shape, ours.dtype.type) == (theirs.shape, dtype), what
    scale = float(np.max(np.abs(theirs), initial=largest)) or 1.0
    error = float(np.max(np.abs(ours - theirs), initial=0)) / scale
    assert error <= TOLERANCE[dtype], f"{what}: {error}"
