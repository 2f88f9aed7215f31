"""The dense layer, the embedding and dropout."""

from __future__ import annotations

from math import prod

from ..errors import UserError
from ..kernels.compile import Array
from . import checks
from .recording import Gradients, Pullback, operation

MOST_SEED = (1 << 63) - 1


@operation
def linear(x: Array, weight: Array, bias: Array | None = None, device: str = "cpu") -> tuple[Array, Pullback]:
    """x Wᵀ + b over the last axis: (…, n) and (m, n) to (…, m)."""
    x, weight, bias = checks.arrays(x=x, weight=weight, bias=bias)
    checks.ranked("weight", weight, "m, n")
    if x.ndim < 1 or x.shape[-1] != weight.shape[1]:
        raise UserError(f"the last axis of x is as long as a row of weight: x is {x.shape}, weight is {weight.shape}")
    checks.shaped("bias", bias, (weight.shape[0],), "(m)", weight=weight)
    kernels = checks.kernels(device).linear
    rows = x.reshape(prod(x.shape[:-1]), x.shape[-1])
    out = kernels.linear_forward(rows, weight, bias).reshape(*x.shape[:-1], len(weight))

    def pullback(d_out: Array) -> Gradients:
        d_x, d_weight, d_bias = kernels.linear_backward(d_out.reshape(len(rows), len(weight)), rows, weight)
        return {"x": d_x.reshape(x.shape), "weight": d_weight, "bias": None if bias is None else d_bias}

    return out, pullback


@operation
def embedding(indices: Array, weight: Array, device: str = "cpu") -> tuple[Array, Pullback]:
    """The rows of weight (words, m) with these indices (…): (…, m)."""
    (weight,) = checks.arrays(weight=weight)
    checks.ranked("weight", weight, "words, m")
    places = checks.indices("indices", indices, len(weight), f"a row of weight {weight.shape}")
    kernels = checks.kernels(device).embedding
    out = kernels.embedding_forward(places.reshape(-1), weight).reshape(*places.shape, weight.shape[1])

    def pullback(d_out: Array) -> Gradients:
        rows = d_out.reshape(places.size, weight.shape[1])
        return {"weight": kernels.embedding_backward(rows, places.reshape(-1), len(weight))}

    return out, pullback


@operation
def dropout(
    x: Array, p: float = 0.5, seed: int = 0, training: bool = True, device: str = "cpu"
) -> tuple[Array, Pullback]:
    """Each number off with chance p, the others multiplied by 1/(1 − p); x itself when not training.

    The same seed switches the same places off, on every device.
    """
    (x,) = checks.arrays(x=x)
    p, seed = checks.finite("p", p, 0, 1), checks.whole("seed", seed, 0, MOST_SEED)
    if not training:
        return x.copy(), lambda d_out: {"x": d_out.copy()}
    kernels = checks.kernels(device).dropout
    out, factors = kernels.dropout_forward(x, p, seed)
    return out, lambda d_out: {"x": kernels.dropout_backward(d_out, factors)}
