"""Normalisation by batch, by layer and by neighbouring channels."""

from __future__ import annotations

from math import prod

import numpy as np

from ..errors import UserError
from ..kernels.compile import Array
from . import checks
from .recording import Gradients, Pullback, operation, total


@operation
def batch_norm(
    x: Array,
    mean: Array | None = None,
    var: Array | None = None,
    weight: Array | None = None,
    bias: Array | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    device: str = "cpu",
) -> tuple[Array, Pullback]:
    """(x − mean)/√(var + eps) · weight + bias in each channel, the second axis of (N, C, …).

    Training: with the batch's own mean and variance, and `mean` and `var`, the running ones, if given, are moved by
    `momentum` towards the batch's, in place, the variance by the unbiased one. Else: with `mean` and `var`.
    """
    shape, running = x.shape if isinstance(x, np.ndarray) else (), (mean, var)
    x, mean, var, weight, bias = checks.arrays(x=x, mean=mean, var=var, weight=weight, bias=bias)
    if len(shape) < 2 or 0 in shape[1:]:
        raise UserError(f"x has the axes (N, C, …), and only N may be 0: {shape}")
    for name, value in (("mean", mean), ("var", var), ("weight", weight), ("bias", bias)):
        checks.shaped(name, value, (shape[1],), "(C)", x=x)
    eps, momentum = checks.finite("eps", eps, 0), checks.finite("momentum", momentum, 0)
    kernels = checks.kernels(device).norm
    planes = x.reshape(shape[0], shape[1], prod(shape[2:]))
    gain = np.ones(shape[1], dtype=x.dtype) if weight is None else weight
    shift = np.zeros(shape[1], dtype=x.dtype) if bias is None else bias
    if training:
        count = planes.shape[0] * planes.shape[2]
        if count < 2:
            raise UserError(f"training needs at least two numbers of each channel, for a variance: x is {shape}")
        if any(kept is not None and not kept.flags.writeable for kept in running):
            raise UserError(f"mean and var are changed in place, so they must be writable arrays: x is {shape}")
        out, normal, batch_mean, batch_var, scale = kernels.scaled_norm_forward(planes, eps, gain, shift)
        for kept, batch in zip(running, (batch_mean, batch_var * (count / (count - 1))), strict=True):
            if kept is not None:
                kept += momentum * (batch - kept)
    else:
        if mean is None or var is None:
            raise UserError(f"without training, mean and var must be given: x is {shape}")
        if var.min() + eps <= 0:
            raise UserError(f"var + eps must be above 0: {var.min():g} + {eps:g}")
        scale = 1 / np.sqrt(var + x.dtype.type(eps))
        normal = (planes - mean[:, None]) * scale[:, None]
        out = normal * gain[:, None] + shift[:, None]

    def pullback(d_out: Array) -> Gradients:
        d_planes = d_out.reshape(planes.shape)
        if training:
            d_x, d_weight, d_bias = kernels.scaled_norm_backward(d_planes, normal, scale, gain)
            found: Gradients = {"x": d_x.reshape(shape)}
        else:
            d_normal = d_planes * gain[:, None]
            d_x = d_normal * scale[:, None]
            found = {"x": d_x.reshape(shape), "mean": -d_x.sum(axis=(0, 2))}
            found["var"] = -(d_normal * normal).sum(axis=(0, 2)) * scale**2 / 2
            d_weight, d_bias = (d_planes * normal).sum(axis=(0, 2)), d_planes.sum(axis=(0, 2))
        found["weight"] = None if weight is None else d_weight
        found["bias"] = None if bias is None else d_bias
        return found

    return out.reshape(shape), pullback


@operation
def layer_norm(
    x: Array, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5, device: str = "cpu"
) -> tuple[Array, Pullback]:
    """x brought to mean 0 and variance 1 over its last axes, those of weight and bias; without them over the last."""
    x, weight, bias = checks.arrays(x=x, weight=weight, bias=bias)
    over = next((given.ndim for given in (weight, bias) if given is not None), 1)
    if not 1 <= over <= x.ndim:
        raise UserError(f"weight and bias have the last axes of x: weight has {over} axes, x is {x.shape}")
    inner = x.shape[x.ndim - over :]
    if 0 in inner:
        raise UserError(f"the axes that are normalised must not be empty: x is {x.shape}")
    checks.shaped("weight", weight, inner, "of the last axes of x", x=x)
    checks.shaped("bias", bias, inner, "of the last axes of x", x=x)
    eps = checks.finite("eps", eps, 0)
    kernels = checks.kernels(device).norm
    rows = x.reshape(prod(x.shape[: x.ndim - over]), prod(inner))
    normal, scale = kernels.layer_norm_forward(rows, eps)
    out = normal.reshape(x.shape)
    result = (out.copy() if weight is None else out * weight) + (x.dtype.type(0) if bias is None else bias)

    def pullback(d_out: Array) -> Gradients:
        d_normal = np.ascontiguousarray(d_out if weight is None else d_out * weight)
        return {
            "x": kernels.layer_norm_backward(d_normal.reshape(rows.shape), normal, scale).reshape(x.shape),
            "weight": None if weight is None else total(d_out * out, weight),
            "bias": None if bias is None else total(d_out, bias),
        }

    return result, pullback


@operation
def local_response_norm(
    x: Array, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0, device: str = "cpu"
) -> tuple[Array, Pullback]:
    """x/(k + α/size · Σ x²)^β, the sum over `size` channels around each, an even size with one more in front.

    Krizhevsky, Sutskever, Hinton (2012), section 3.3, with α by the size, as in PyTorch; there it is α alone.
    """
    (x,) = checks.arrays(x=x)
    if x.ndim < 2 or 0 in x.shape[1:]:
        raise UserError(f"x has the axes (N, C, …), and only N may be 0: {x.shape}")
    size = checks.whole("size", size, 1)
    alpha, beta = checks.finite("alpha", alpha, 0), checks.finite("beta", beta, 0)
    k = checks.finite("k", k, 0)
    kernels = checks.kernels(device).norm
    planes = x.reshape(x.shape[0], x.shape[1], prod(x.shape[2:]))
    out, bases = kernels.local_response_norm_forward(planes, size, alpha, beta, k)

    def pullback(d_out: Array) -> Gradients:
        d_planes = d_out.reshape(planes.shape)
        d_x = kernels.local_response_norm_backward(d_planes, planes, bases, size, alpha, beta)
        return {"x": d_x.reshape(x.shape)}

    return out.reshape(x.shape), pullback
