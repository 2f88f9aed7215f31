"""Keras 3 on its PyTorch backend, and short ways to ask its layers.

The backend works some products out in float32 whatever their dtype, so values agree to five digits.
"""

from __future__ import annotations

import math
import os
from typing import Any

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")
keras = pytest.importorskip("keras")


def built(layer: Any, *shape: int) -> Any:
    """The layer with its weights, for inputs of this shape; the batch comes before it."""
    layer.build((None, *shape))
    return layer


def count(layer: Any) -> tuple[int, int]:
    """Trainable and other parameters."""
    sizes = [sum(math.prod(w.shape) for w in weights)
             for weights in (layer.trainable_weights, layer.non_trainable_weights)]  # fmt: skip
    return sizes[0], sizes[1]


def output(layer: Any, *shape: int) -> tuple[int, ...]:
    """The shape of what comes out, without the batch."""
    return tuple(int(size) for size in layer.compute_output_shape((None, *shape))[1:])


def numbers(value: Any) -> Any:
    return [numbers(item) for item in value] if isinstance(value, tuple) else float(value)


def array(value: Any) -> Any:
    return np.array(numbers(value), dtype="float64")


def tensor(value: Any) -> Any:
    return torch.tensor(numbers(value), dtype=torch.float64, requires_grad=True)


def close(found: Any, expected: Any) -> None:
    wanted = expected.detach().cpu().numpy() if hasattr(expected, "detach") else np.asarray(expected)
    np.testing.assert_allclose(array(found), wanted, rtol=1e-5, atol=1e-6)
