"""What `bench.gpu` computes: every kernel, its sizes, and the same in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlcalc.kernels import scalars

from . import gpu_recurrent
from .gpu_shapes import Shape, Shapes, Work


def _conv(name: str, small: Shapes, large: Shapes, stride: int, pad: int) -> Work:
    def groups(a: Mapping[str, Any]) -> int:
        return int(a["x"].shape[1] // a["weight"].shape[1])

    def settings(a: Mapping[str, Any]) -> tuple[Any, ...]:
        return (stride, stride), [(pad, pad)] * 2, (1, 1), groups(a)

    def result(shapes: Shapes) -> Shape:
        (images, _, *sizes), (filters, _, *window) = shapes["x"], shapes["weight"]
        return images, filters, *((n + 2 * pad - f) // stride + 1 for n, f in zip(sizes, window, strict=True))

    return Work(
        name,
        small,
        large,
        ("x", "weight", "bias"),
        result,
        lambda kernels, a: (kernels.conv.conv2d_forward(a["x"], a["weight"], a["bias"], *settings(a)), None),
        lambda kernels, a, saved, d: kernels.conv.conv2d_backward(d, a["x"], a["weight"], *settings(a)),
        lambda torch, a: torch.nn.functional.conv2d(
            a["x"], a["weight"], a["bias"], stride=stride, padding=pad, groups=groups(a)
        ),
    )


def _transpose(small: Shapes, large: Shapes) -> Work:
    def settings(a: Mapping[str, Any]) -> tuple[Any, ...]:
        return (2, 2), [(1, 1)] * 2, (1, 1), 1

    def result(shapes: Shapes) -> Shape:
        (images, _, *sizes), (_, filters, *window) = shapes["x"], shapes["weight"]
        return images, filters, *((n - 1) * 2 - 2 + f for n, f in zip(sizes, window, strict=True))

    def size(a: Mapping[str, Any]) -> Shape:
        return result({name: tuple(array.shape) for name, array in a.items()})[2:]

    return Work(
        "transposed convolution",
        small,
        large,
        ("x", "weight", "bias"),
        result,
        lambda kernels, a: (
            kernels.conv.conv_transpose2d_forward(a["x"], a["weight"], a["bias"], *settings(a), size(a)),
            None,
        ),
        lambda kernels, a, saved, d: kernels.conv.conv_transpose2d_backward(d, a["x"], a["weight"], *settings(a)),
        lambda torch, a: torch.nn.functional.conv_transpose2d(a["x"], a["weight"], a["bias"], stride=2, padding=1),
    )


def _pool(small: Shapes, large: Shapes) -> Work:
    def settings(a: Mapping[str, Any]) -> tuple[Any, ...]:
        return (3, 3), (2, 2), [(1, 1)] * 2, (1, 1), result({"x": tuple(a["x"].shape)})[2:]

    def result(shapes: Shapes) -> Shape:
        images, channels, *sizes = shapes["x"]
        return images, channels, *((n + 2 - 3) // 2 + 1 for n in sizes)

    return Work(
        "max pooling 3×3, stride 2",
        small,
        large,
        ("x",),
        result,
        lambda kernels, a: kernels.pool.max_pool2d_forward(a["x"], *settings(a)),
        lambda kernels, a, winners, d: (kernels.pool.max_pool2d_backward(d, winners, tuple(a["x"].shape)),),
        lambda torch, a: torch.nn.functional.max_pool2d(a["x"], 3, stride=2, padding=1),
    )


def _sums(small: Shapes, large: Shapes) -> Work:
    def lines(a: Mapping[str, Any]) -> list[Any]:
        return [np.array([(2 * i, 2 * i + 2) for i in range(n // 2)], dtype=np.int64) for n in a["x"].shape[2:]]

    def result(shapes: Shapes) -> Shape:
        images, channels, *sizes = shapes["x"]
        return images, channels, *(n // 2 for n in sizes)

    return Work(
        "sum pooling 2×2",
        small,
        large,
        ("x",),
        result,
        lambda kernels, a: (kernels.pool.sum_pool2d_forward(a["x"], *lines(a)), None),
        lambda kernels, a, saved, d: (kernels.pool.sum_pool2d_backward(d, *lines(a), tuple(a["x"].shape)),),
        lambda torch, a: torch.nn.functional.avg_pool2d(a["x"], 2) * 4,
    )


def _rows(name: str, small: Shapes, large: Shapes, forward: Any, backward: Any, peer: Any, **rest: Any) -> Work:
    """A kernel whose result has the shape of x."""
    gradients = tuple(each for each in small if each not in rest.get("whole", {}))
    return Work(name, small, large, gradients, lambda shapes: shapes["x"], forward, backward, peer, **rest)


def _activation(name: str, kind: int) -> Work:
    return _rows(
        name,
        {"x": (3, 7)},
        {"x": (4096, 4096)},
        lambda kernels, a: (kernels.activations.activation_forward(kind, a["x"], 0.0),) * 2,
        lambda kernels, a, out, d: (kernels.activations.activation_backward(kind, d, a["x"], out, 0.0),),
        lambda torch, a: getattr(torch.nn.functional, name)(a["x"]),
    )


def _softmax(name: str) -> Work:
    def forward(kernels: Any, a: Mapping[str, Any]) -> tuple[Any, Any]:
        out = getattr(kernels.softmax, f"{name}_forward")(a["x"])
        return out, out

    return _rows(
        name,
        {"x": (3, 9)},
        {"x": (8192, 1000)},
        forward,
        lambda kernels, a, out, d: (getattr(kernels.softmax, f"{name}_backward")(d, out),),
        lambda torch, a: getattr(torch.nn.functional, name)(a["x"], dim=1),
    )


def _attention(small: Shapes, large: Shapes) -> Work:
    return Work(
        "attention",
        small,
        large,
        ("q", "k", "v"),
        lambda shapes: (*shapes["q"][:2], shapes["v"][2]),
        lambda kernels, a: kernels.attention.attention_forward(a["q"], a["k"], a["v"], None),
        lambda kernels, a, shares, d: kernels.attention.attention_backward(d, a["q"], a["k"], a["v"], shares)[:3],
        lambda torch, a: torch.nn.functional.scaled_dot_product_attention(a["q"], a["k"], a["v"]),
    )


def _dropout_forward(kernels: Any, a: Mapping[str, Any]) -> tuple[Any, Any]:
    return kernels.dropout.dropout_forward(a["x"], 0.5, 7)  # type: ignore[no-any-return]


def _image(n: int, c: int, side: int, k: int, f: int, groups: int = 1) -> Shapes:
    return {"x": (n, c, side, side), "weight": (k, c // groups, f, f), "bias": (k,)}


WORKS = (
    _conv("convolution 3×3", _image(2, 2, 5, 3, 3), _image(32, 64, 56, 64, 3), 1, 1),
    _conv("convolution 7×7, stride 2", _image(1, 2, 9, 2, 3), _image(32, 3, 224, 64, 7), 2, 3),
    _conv("convolution 1×1", _image(2, 3, 3, 4, 1), _image(32, 256, 28, 512, 1), 1, 0),
    _conv("depthwise convolution", _image(1, 2, 5, 2, 3, 2), _image(32, 128, 56, 128, 3, 128), 1, 1),
    _transpose(
        {"x": (1, 2, 3, 3), "weight": (2, 3, 4, 4), "bias": (3,)},
        {"x": (32, 128, 28, 28), "weight": (128, 64, 4, 4), "bias": (64,)},
    ),
    _pool({"x": (2, 2, 5, 6)}, {"x": (32, 64, 112, 112)}),
    _sums({"x": (2, 2, 4, 6)}, {"x": (32, 64, 112, 112)}),
    Work(
        "dense layer",
        {"x": (5, 6), "weight": (4, 6), "bias": (4,)},
        {"x": (1024, 4096), "weight": (4096, 4096), "bias": (4096,)},
        ("x", "weight", "bias"),
        lambda shapes: (shapes["x"][0], shapes["weight"][0]),
        lambda kernels, a: (kernels.linear.linear_forward(a["x"], a["weight"], a["bias"]), None),
        lambda kernels, a, saved, d: kernels.linear.linear_backward(d, a["x"], a["weight"]),
        lambda torch, a: torch.nn.functional.linear(a["x"], a["weight"], a["bias"]),
    ),
    *gpu_recurrent.WORKS,
    Work(
        "embedding",
        {"weight": (6, 3), "indices": (7,)},
        {"weight": (50000, 512), "indices": (16384,)},
        ("weight",),
        lambda shapes: (shapes["indices"][0], shapes["weight"][1]),
        lambda kernels, a: (kernels.embedding.embedding_forward(a["indices"], a["weight"]), None),
        lambda kernels, a, saved, d: (kernels.embedding.embedding_backward(d, a["indices"], a["weight"].shape[0]),),
        lambda torch, a: torch.nn.functional.embedding(a["indices"], a["weight"]),
        whole={"indices": 6},
    ),
    _rows(
        "batch norm",
        {"x": (3, 2, 5)},
        {"x": (32, 256, 784)},
        lambda kernels, a: (lambda found: (found[0], found))(kernels.norm.batch_norm_forward(a["x"], 1e-5)),
        lambda kernels, a, saved, d: (kernels.norm.batch_norm_backward(d, saved[0], saved[3]),),
        lambda torch, a: torch.nn.functional.batch_norm(a["x"], None, None, training=True),
    ),
    _rows(
        "layer norm",
        {"x": (3, 9)},
        {"x": (8192, 1024)},
        lambda kernels, a: (lambda found: (found[0], found))(kernels.norm.layer_norm_forward(a["x"], 1e-5)),
        lambda kernels, a, saved, d: (kernels.norm.layer_norm_backward(d, *saved),),
        lambda torch, a: torch.nn.functional.layer_norm(a["x"], tuple(a["x"].shape[1:])),
    ),
    _rows(
        "local response norm",
        {"x": (2, 6, 3)},
        {"x": (32, 96, 3025)},
        lambda kernels, a: kernels.norm.local_response_norm_forward(a["x"], 5, 1e-2, 0.75, 2.0),
        lambda kernels, a, bases, d: (kernels.norm.local_response_norm_backward(d, a["x"], bases, 5, 1e-2, 0.75),),
        lambda torch, a: torch.nn.functional.local_response_norm(a["x"], 5, alpha=1e-2, beta=0.75, k=2.0),
    ),
    _activation("sigmoid", scalars.SIGMOID),
    _activation("tanh", scalars.TANH),
    _activation("relu", scalars.RELU),
    _activation("softplus", scalars.SOFTPLUS),
    _activation("gelu", scalars.GELU),
    _softmax("softmax"),
    _softmax("log_softmax"),
    _rows(
        "squared error",
        {"x": (9,), "target": (9,)},
        {"x": (1 << 24,), "target": (1 << 24,)},
        lambda kernels, a: (kernels.losses.mse_loss_forward(a["x"], a["target"]), None),
        lambda kernels, a, saved, d: kernels.losses.mse_loss_backward(d, a["x"], a["target"]),
        lambda torch, a: torch.nn.functional.mse_loss(a["x"], a["target"], reduction="none"),
    ),
    _rows(
        "log loss",
        {"x": (9,), "target": (9,)},
        {"x": (1 << 24,), "target": (1 << 24,)},
        lambda kernels, a: (kernels.losses.binary_cross_entropy_forward(a["x"], a["target"]), None),
        lambda kernels, a, saved, d: kernels.losses.binary_cross_entropy_backward(d, a["x"], a["target"]),
        lambda torch, a: torch.nn.functional.binary_cross_entropy(a["x"], a["target"], reduction="none"),
        chances=True,
    ),
    Work(
        "cross-entropy",
        {"x": (5, 4), "targets": (5,)},
        {"x": (8192, 1000), "targets": (8192,)},
        ("x",),
        lambda shapes: shapes["targets"],
        lambda kernels, a: kernels.losses.cross_entropy_forward(a["x"], a["targets"]),
        lambda kernels, a, logs, d: (kernels.losses.cross_entropy_backward(d, logs, a["targets"]),),
        lambda torch, a: torch.nn.functional.cross_entropy(a["x"], a["targets"], reduction="none"),
        whole={"targets": 4},
    ),
    _attention(
        {"q": (2, 3, 4), "k": (2, 5, 4), "v": (2, 5, 3)},
        {"q": (256, 512, 64), "k": (256, 512, 64), "v": (256, 512, 64)},
    ),
    _rows(
        "dropout",
        {"x": (3, 9)},
        {"x": (4096, 4096)},
        _dropout_forward,
        lambda kernels, a, factors, d: (kernels.dropout.dropout_backward(d, factors),),
        None,
    ),
)
