"""Losses with their reductions."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from ..errors import UserError
from ..kernels.compile import Array, contiguous
from . import checks
from .recording import Gradients, Pullback, operation

REDUCTIONS = ("mean", "sum", "none")
Loss: TypeAlias = Array | np.floating[Any]
"""The losses in their shape, or one number of their dtype."""


@operation
def mse_loss(x: Array, target: Array, reduction: str = "mean", device: str = "cpu") -> tuple[Loss, Pullback]:
    """(x − target)², their mean or sum; the arrays have one shape."""
    if reduction == "none" or reduction not in REDUCTIONS:
        return _elementwise("mse_loss", x, target, reduction, device)
    x, target = checks.arrays(x=x, target=target)
    checks.shaped("target", target, x.shape, "of x", x=x)
    kernels = checks.kernels(device).losses
    total = kernels.mse_loss_sum(x, target)[()]
    if reduction == "mean":
        total = total / x.dtype.type(x.size) if x.size else x.dtype.type(np.nan)

    def pullback(d_out: Array) -> Gradients:
        d_x, d_target = kernels.mse_loss_sum_backward(_share(d_out, x.size, reduction), x, target)
        return {"x": d_x, "target": d_target}

    return total, pullback


@operation
def binary_cross_entropy(
    x: Array, target: Array, reduction: str = "mean", device: str = "cpu"
) -> tuple[Loss, Pullback]:
    """−(t ln x + (1 − t) ln(1 − x)) of probabilities x and targets t, their mean or sum; ln counts as −100 at least.

    UserError: a probability outside 0..1.
    """
    (checked,) = checks.arrays(x=x)
    if checked.size and not (checked.min() >= 0 and checked.max() <= 1):
        raise UserError(f"x must be probabilities from 0 to 1: {checked.min():g} to {checked.max():g}")
    return _elementwise("binary_cross_entropy", checked, target, reduction, device)


@operation
def cross_entropy(logits: Array, targets: Array, reduction: str = "mean", device: str = "cpu") -> tuple[Loss, Pullback]:
    """−ln softmax(logits)[target]: logits (N, classes) or (N, classes, …), targets whole numbers (N) or (N, …)."""
    (logits,) = checks.arrays(logits=logits)
    checks.one_of("reduction", reduction, REDUCTIONS)
    if logits.ndim < 2 or logits.shape[1] == 0:
        raise UserError(f"logits have the axes (N, classes, …) and at least one class: {logits.shape}")
    wanted = (logits.shape[0], *logits.shape[2:])
    places = checks.indices("targets", targets, logits.shape[1], f"a class of logits {logits.shape}")
    checks.shaped("targets", places, wanted, "of the logits without the classes", logits=logits)
    kernels = checks.kernels(device).losses
    moved = np.moveaxis(logits, 1, -1)
    rows = contiguous(moved).reshape(places.size, logits.shape[1])
    each, logs = kernels.cross_entropy_forward(rows, places.reshape(-1))

    def pullback(d_out: Array) -> Gradients:
        d_each = _unreduced(d_out, each.shape, reduction)
        d_rows = kernels.cross_entropy_backward(d_each, logs, places.reshape(-1))
        return {"logits": contiguous(np.moveaxis(d_rows.reshape(moved.shape), -1, 1))}

    return _reduced(each, wanted, reduction), pullback


def _elementwise(name: str, x: Array, target: Array, reduction: str, device: str) -> tuple[Loss, Pullback]:
    x, target = checks.arrays(x=x, target=target)
    checks.one_of("reduction", reduction, REDUCTIONS)
    checks.shaped("target", target, x.shape, "of x", x=x)
    kernels = checks.kernels(device).losses
    each = getattr(kernels, f"{name}_forward")(x.reshape(-1), target.reshape(-1))

    def pullback(d_out: Array) -> Gradients:
        d_each = _unreduced(d_out, each.shape, reduction)
        d_x, d_target = getattr(kernels, f"{name}_backward")(d_each, x.reshape(-1), target.reshape(-1))
        return {"x": d_x.reshape(x.shape), "target": d_target.reshape(x.shape)}

    return _reduced(each, x.shape, reduction), pullback


def _reduced(each: Array, shape: tuple[int, ...], reduction: str) -> Loss:
    """The losses in their shape, or one number of their dtype; the mean of none is NaN."""
    if reduction == "none":
        return each.reshape(shape)
    total: Loss = each.sum()
    if reduction == "mean":
        total = total / each.dtype.type(each.size) if each.size else each.dtype.type(np.nan)
    return total


def _unreduced(d_out: Loss, shape: tuple[int, ...], reduction: str) -> Array:
    """The gradient of each loss, flat."""
    if reduction == "none":
        return contiguous(np.reshape(d_out, shape))
    return np.full(shape, _share(d_out, shape[0], reduction), dtype=np.asarray(d_out).dtype)


def _share(d_out: Loss, number: int, reduction: str) -> Array:
    """The gradient of each of so many losses, of no axes."""
    share: Array = np.asarray(d_out).reshape(()) / (max(1, number) if reduction == "mean" else 1)
    return share
