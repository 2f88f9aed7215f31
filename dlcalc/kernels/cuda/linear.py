"""The dense layer: matrix products in tiles."""

from __future__ import annotations

from .device import DeviceArray, on_device
from .products import multiply
from .reductions import column_sums


@on_device
def linear_forward(x: DeviceArray, weight: DeviceArray, bias: DeviceArray | None) -> DeviceArray:
    """(R, n) and (m, n) to (R, m): x Wᵀ + b."""
    return multiply(x, weight, (False, True), added=bias)


@on_device
def linear_backward(
    d_out: DeviceArray, x: DeviceArray, weight: DeviceArray
) -> tuple[DeviceArray, DeviceArray, DeviceArray]:
    """The gradients of x, weight and bias."""
    return multiply(d_out, weight), multiply(d_out, x, (True, False)), column_sums(d_out)
