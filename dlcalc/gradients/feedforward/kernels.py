"""The same gradients from the kernels, by `dlcalc.ops`: stated a second time, with PyTorch's conventions.

Needs numpy and numba, which are loaded when `kernel_gradients` is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ...errors import InternalError
from ...expressions.arrays import tuples
from ...expressions.nodes import Value
from .layers import Activation, AveragePool, Convolution, Dense, Flatten, GlobalAverage, Layer, MaxPool, Windowed
from .network import Feedforward

if TYPE_CHECKING:
    from ...ops.recording import Array, Pullback


def kernel_gradients(network: Feedforward, values: Mapping[str, Value], device: str = "cpu") -> dict[str, Value]:
    """∂L/∂ every weight, bias and x by the kernels, in column layout, for values in column layout.

    Raises UserError when numpy or numba is missing, or the device.
    """
    from ... import ops  # first, for it says in one line what is missing

    arrays = {name: _array(value) for name, value in values.items()}
    signal, passes = arrays["x"][None], []
    for layer in network.layers:
        signal, back = _passed(ops, layer, signal, arrays, device)
        passes.append((layer, back))
    target = arrays["y"][None]
    errors: dict[str, Callable[[], Array]] = {
        "squared": lambda: signal - target,
        "sum": lambda: 2 * (signal - target),
        "cross-entropy": lambda: -target / signal,
        "log": lambda: (signal - target) / (signal * (1 - signal)),
    }
    gradient = errors[network.loss]()
    found: dict[str, Value] = {}
    for layer, back in reversed(passes):
        by = back(gradient)
        gradient = by["x"]
        for name, role in zip((each.name for each in layer.parameters), ("weight", "bias"), strict=False):
            found[name] = tuples(by[role].tolist())
    found["x"] = tuples(gradient[0].tolist())
    return {name: found[name] for name in (*network.parameters, "x")}


def _array(value: Value) -> Array:
    import numpy as np

    return np.array(_floats(value), np.float64)


def _floats(value: Value) -> float | list[Any]:
    return [_floats(part) for part in value] if isinstance(value, tuple) else float(value)


def _passed(
    ops: ModuleType, layer: Layer, x: Array, arrays: Mapping[str, Array], device: str
) -> tuple[Array, Pullback]:
    """What a layer makes of x, a batch of one, and how a gradient goes back."""

    def recorded(op: Callable[..., Array], *args: Any) -> tuple[Array, Pullback]:
        result, saved = ops.forward(op, *args, device=device)
        return result, lambda gradient: ops.backward(saved, gradient)

    weights = [arrays[each.name] for each in layer.parameters]
    if isinstance(layer, Dense):
        return recorded(ops.linear, x, *weights)
    if isinstance(layer, Activation):
        op = getattr(ops, layer.function)
        return recorded(op, x)
    if isinstance(layer, Convolution):
        return _padded(layer, x, lambda padded: recorded(ops.conv2d, padded, *_with_bias(weights), layer.s))
    if isinstance(layer, MaxPool):
        return recorded(ops.max_pool2d, x, layer.f, layer.s)
    if isinstance(layer, AveragePool):
        return recorded(ops.avg_pool2d, x, layer.f, layer.s)
    if isinstance(layer, GlobalAverage):
        made, back = recorded(ops.global_avg_pool2d, x)
        return made.reshape(made.shape[:2]), lambda gradient: back(gradient.reshape(made.shape))
    if isinstance(layer, Flatten):
        shape = x.shape
        return x.reshape(1, -1), lambda gradient: {"x": gradient.reshape(shape)}
    raise InternalError(f"the kernels are not asked for a {type(layer).__name__}")


def _with_bias(weights: list[Array]) -> tuple[Array, Array | None]:
    return (weights[0], weights[1] if len(weights) > 1 else None)


def _padded(layer: Windowed, x: Array, run: Callable[[Array], tuple[Array, Pullback]]) -> tuple[Array, Pullback]:
    """Zeros before the edge as the layer has them, and as many behind as its last window needs."""
    import numpy as np

    sizes = x.shape[2:]
    ends = [
        max(0, (out - 1) * s + f - p - size)
        for out, s, f, p, size in zip(layer.makes.shape[1:], layer.s, layer.f, layer.p, sizes, strict=True)
    ]
    made, back = run(np.pad(x, [(0, 0), (0, 0), *zip(layer.p, ends, strict=True)]))

    def inside(gradient: Array) -> dict[str, Array]:
        by = dict(back(gradient))
        (top, left), (height, width) = layer.p, sizes
        by["x"] = np.ascontiguousarray(by["x"][:, :, top : top + height, left : left + width])
        return by

    return made, inside
