"""Everything that is no convolution, pooling or recurrent layer, on the simulator against the CPU's."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from kernels.cuda.comparing import DTYPES, assert_same, numbers
from kernels.cuda.simulator import Machine

from dlcalc.kernels import compile as compiling
from dlcalc.kernels import cpu, cuda, scalars

both_dtypes = pytest.mark.parametrize("dtype", DTYPES)


def same(module: str, name: str, *arguments: Any) -> Any:
    """The CPU's result, after the other one turned out the same."""
    expected = getattr(getattr(cpu, module), name)(*arguments)
    assert_same(getattr(getattr(cuda, module), name)(*arguments), expected)
    return expected


@both_dtypes
@pytest.mark.parametrize("kind", range(6))
def test_activations(machine: Machine, dtype: str, kind: int) -> None:
    """Of numbers large and small, with more numbers than threads; at 0 too."""
    x = np.array([-100, -5, -1, -0.1, 0, 0.1, 1, 5, 100, 2, 3], dtype=dtype)
    out = same("activations", "activation_forward", kind, x, 0.25)
    same("activations", "activation_backward", kind, np.linspace(-1, 2, 11, dtype=dtype), x, out, 0.25)


def test_every_activation_has_been_tried() -> None:
    """The kinds are numbered without a gap."""
    kinds = (scalars.SIGMOID, scalars.TANH, scalars.RELU, scalars.LEAKY_RELU, scalars.SOFTPLUS, scalars.GELU)
    assert sorted(kinds) == list(range(6))


@both_dtypes
@pytest.mark.parametrize("shape", [(3, 5), (2, 19), (1, 1), (0, 4)])
def test_softmax_and_its_logarithm(machine: Machine, dtype: str, shape: tuple[int, int]) -> None:
    """Rows shorter and longer than a block has threads."""
    x, d_out = numbers(dtype, shape, shape)
    for name in ("softmax", "log_softmax"):
        out = same("softmax", f"{name}_forward", x)
        same("softmax", f"{name}_backward", d_out, out)
        # e^1000 is not a number of either dtype.
        same("softmax", f"{name}_forward", x * 1000)


@both_dtypes
def test_losses(machine: Machine, dtype: str) -> None:
    """Each with its gradients, the log loss at 0 and 1 too."""
    x, target, d_out = numbers(dtype, (11,), (11,), (11,))
    same("losses", "mse_loss_forward", x, target)
    same("losses", "mse_loss_backward", d_out, x, target)
    chances, targets = (np.clip(np.abs(part), 0, 1) for part in (x, target))
    chances[:2] = 0, 1
    same("losses", "binary_cross_entropy_forward", chances, targets)
    inside = np.clip(chances, 0.05, 0.95)
    same("losses", "binary_cross_entropy_backward", d_out, inside, targets)
    same("losses", "binary_cross_entropy_backward", np.ones_like(d_out), chances, targets)
    (logits,) = numbers(dtype, (11, 3))
    classes = np.arange(11, dtype=np.int64) % 3
    _, logs = same("losses", "cross_entropy_forward", logits, classes)
    same("losses", "cross_entropy_backward", d_out, logs, classes)


@both_dtypes
@pytest.mark.parametrize("dtype_of_indices", ["int64", "int32"])
def test_embedding(machine: Machine, dtype: str, dtype_of_indices: str) -> None:
    """A word looked up several times, and words not at all."""
    weight, d_out = numbers(dtype, (6, 3), (7, 3))
    indices = np.array([4, 0, 4, 2, 4, 0, 5], dtype=dtype_of_indices)
    same("embedding", "embedding_forward", indices, weight)
    same("embedding", "embedding_backward", d_out, indices.astype(np.int64), 6)


@both_dtypes
@pytest.mark.parametrize("shape", [(3, 2, 5), (1, 4, 1), (0, 2, 3)])
def test_batch_and_layer_norm(machine: Machine, dtype: str, shape: tuple[int, int, int]) -> None:
    """More numbers than threads to a channel, and one or none."""
    x, d_out = numbers(dtype, shape, shape)
    normal, _, _, scale = same("norm", "batch_norm_forward", x, 1e-3)
    same("norm", "batch_norm_backward", d_out, normal, scale)
    rows, d_rows = (part.reshape(shape[0], shape[1] * shape[2]) for part in (x, d_out))
    normal, scale = same("norm", "layer_norm_forward", rows, 1e-3)
    same("norm", "layer_norm_backward", d_rows, normal, scale)


@both_dtypes
@pytest.mark.parametrize("size", [1, 4, 5])
def test_local_response_norm(machine: Machine, dtype: str, size: int) -> None:
    """An even number of neighbours stands lopsided, and the gradient the other way round."""
    x, d_out = numbers(dtype, (2, 6, 3), (2, 6, 3))
    _, bases = same("norm", "local_response_norm_forward", x, size, 0.5, 0.75, 2.0)
    same("norm", "local_response_norm_backward", d_out, x, bases, size, 0.5, 0.75)


@both_dtypes
@pytest.mark.parametrize("masked", [False, True])
def test_attention(machine: Machine, dtype: str, masked: bool) -> None:
    """Two batches, queries and keys of different number."""
    q, k, v, mask, d_out = numbers(dtype, (2, 3, 4), (2, 5, 4), (2, 5, 6), (2, 3, 5), (2, 3, 6))
    mask[0, 1, 2] = -np.inf
    _, shares = same("attention", "attention_forward", q, k, v, mask if masked else None)
    same("attention", "attention_backward", d_out, q, k, v, shares)


@both_dtypes
@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 1.0])
def test_dropout(machine: Machine, dtype: str, p: float) -> None:
    """The same places are off as on the CPU."""
    (x, d_out) = numbers(dtype, (3, 50), (3, 50))
    if p < 1:
        _, factors = same("dropout", "dropout_forward", x, p, 12345678901)
        assert 0 < np.count_nonzero(factors) <= factors.size
        same("dropout", "dropout_backward", d_out, factors)
    else:
        out, factors = cuda.dropout.dropout_forward(x, p, 1)
        assert not out.any()
        assert not factors.any()


def test_a_chance_between_two_steps_of_the_draw(machine: Machine) -> None:
    """float32 cannot hold every p; the same places are off nevertheless."""
    x = np.ones(200, dtype=np.float32)
    drawn = sorted(float(scalars.uniform(7, place)) for place in range(200))
    for p in (drawn[100], np.nextafter(drawn[100], 0), np.nextafter(drawn[100], 1)):
        same("dropout", "dropout_forward", x, float(p), 7)


TILES = {
    "abreast",
    "conv_abreast",
    "backwards",
    "sums",
    "cells",
    "sequences",
    "gates",
    "direct",
    "vectors",
    "machine",
    "emit",
    "tile",
    "dot",
    "rows",
    "maps",
    "functions",
    "blocks",
    "calls",
    "columns",
    "products",
    "turn",
    "windows",
    "steps",
}
"""Files of the CPU alone: its register tiles, and what the public kernels make of them."""


OPTIONS = {"with_x", "threads"}
"""What only the CPU's kernels can be told: to leave out the gradient of the input, and how many threads."""


def test_the_same_files_and_functions_as_for_the_cpu() -> None:
    """Whatever can be called for the CPU can be called for CUDA, under the same name with the same parameters."""
    for module in (name for name in dir(cpu) if inspect.ismodule(getattr(cpu, name)) and name not in TILES):
        theirs = getattr(cpu, module)
        for name in vars(theirs):
            expected = getattr(theirs, name)
            own = inspect.isfunction(expected) and expected.__module__ == theirs.__name__
            # as plain Python, a kernel is a function too
            own = own and f"{theirs.__name__}.{name}" not in compiling.KERNELS
            if own and name.endswith(("_forward", "_backward")):
                function = getattr(getattr(cuda, module), name)
                wanted = [each for each in inspect.signature(expected).parameters if each not in OPTIONS]
                assert list(inspect.signature(function).parameters) == wanted, name
