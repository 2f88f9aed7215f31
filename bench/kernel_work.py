"""What `bench.kernels` computes: each row's work for us and for PyTorch, how much that is, and the goal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlcalc import ops
from dlcalc.kernels.cpu import conv

Array = Any
Arrays = dict[str, Array]


@dataclass(frozen=True)
class Work:
    """Two functions without arguments that compute the same, each giving arrays by name.

    times: how many times as fast as PyTorch on one thread we mean to be; twice: as our one thread, on two.
    operations: additions and multiplications. moved: how many numbers an array has, and how many passes over such
    arrays there have to be at least that read one and write one, as a copy does, and that read two and write one, as
    an addition does. empty: ours of the smallest shapes. near: ours of a part whose arrays stay in a near cache, and
    parts: how many of these there are.
    """

    name: str
    ours: Callable[[], Arrays]
    theirs: Callable[[], Arrays]
    times: float | None = None
    twice: float | None = None
    operations: int = 0
    moved: tuple[int, int, int] = (0, 0, 0)
    empty: Callable[[], Arrays] | None = None
    near: Callable[[], Arrays] | None = None
    parts: float = 1


Named = tuple[str, Callable[[], Work]]


def works() -> Iterator[Named]:
    """Row → what makes it: the arrays of one row at a time are in memory."""

    def one_step(kind: str) -> Callable[[], Work]:
        return lambda: _recurrent(kind, "", 1, 1, 1, 1)

    for title, steps, batch, n, m, times in LSTMS:
        yield _named(
            f"lstm {title}", lambda row=(title, steps, batch, n, m, times): _recurrent("lstm", *row), one_step("lstm")
        )
    for kind, times in (("lstm", 1.2), ("gru", 2.0), ("rnn", 1.5)):
        yield _named(
            f"{kind} {COURSE[0]}",
            lambda kind=kind, times=times: _recurrent(kind, *COURSE, times, twice=1.5),
            one_step(kind),
        )
    for kind in ("lstm", "gru", "rnn"):
        yield _named(f"{kind} {TINY[0]}", lambda kind=kind: _recurrent(kind, *TINY, 5.0), one_step(kind))
    for row in LINEARS:
        yield _named(f"linear {row[0]}", lambda row=row: _linear(*row), lambda: _linear("", 1, 1, 1))
    for row in ATTENTIONS:
        yield _named(f"attention {row[0]}", lambda row=row: _attention(*row), lambda: _attention("", 1, 1, 1))
    for row in CONVOLUTIONS:
        smallest = ("", 1, 1, 1, 4, 1, 1, 0, row[8])  # with fewer filters it would be another kernel
        yield _named(f"conv2d {row[0]}", lambda row=row: _convolution(*row), lambda s=smallest: _convolution(*s))
    for name, make in MOVERS.items():
        yield _named(name, make)


def _named(name: str, make: Callable[[], Work], smallest: Callable[[], Work] | None = None) -> Named:
    """smallest: makes the same operation of the smallest shapes."""
    return name, lambda: replace(make(), empty=smallest().ours) if smallest else make()


LSTMS = [
    ("T 20 N 16 32 → 32", 20, 16, 32, 32, 2.5),
    ("T 64 N 16 64 → 128", 64, 16, 64, 128, 1.1),
    ("T 50 N 64 256 → 512", 50, 64, 256, 512, 1.0),
]
COURSE = ("T 28 N 128 28 → 128", 28, 128, 28, 128)
TINY = ("T 20 N 1 8 → 8", 20, 1, 8, 8)
LINEARS = [
    # rows of x, inputs, outputs, the goals
    ("128·784 → 512", 128, 784, 512, 1.0, 1.5),
    ("64·400 → 120", 64, 400, 120, 1.0, None),
    ("1·784 → 512", 1, 784, 512, 1.0, None),
]
ATTENTIONS = [
    # heads of all examples, queries and keys, size, the goals
    ("64·T 64 d 64", 64, 64, 64, 1.0, 1.5),
    ("32·T 10 d 16", 32, 10, 16, 1.0, None),
]
CONVOLUTIONS = [
    # N, channels, size, filters, window, stride, padding, whether x has a gradient, the goals
    ("32·1×28 k6 f5, no dx", 32, 1, 28, 6, 5, 1, 2, False, 2.5, 1.5),
    ("32·6×14 k16 f5", 32, 6, 14, 16, 5, 1, 0, True, 1.7, 1.5),
    ("64·3×32 k32 f3", 64, 3, 32, 32, 3, 1, 1, True, 1.3, 1.5),
    ("16·16×32 k32 f3", 16, 16, 32, 32, 3, 1, 1, True, 1.0, 1.5),
    ("64·32×16 k64 f3", 64, 32, 16, 64, 3, 1, 1, True, 0.95, 1.5),
    ("AlexNet conv-1", 1, 3, 227, 96, 11, 4, 0, True, 0.9, None),
    ("AlexNet conv-2", 1, 96, 27, 256, 5, 1, 2, True, 0.75, None),
    ("AlexNet conv-3", 1, 256, 13, 384, 3, 1, 1, True, 0.75, None),
    ("VGG 64×112 k128 f3", 1, 64, 112, 128, 3, 1, 1, True, 1.0, None),
]


NEAR = 1 << 14
"""Numbers of an array that stays in a near cache with some others."""


def numbers(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng((seed, *shape)).standard_normal(shape).astype(np.float32)


def _linear(title: str, rows: int, n: int, m: int, times: float = 1, twice: float | None = None) -> Work:
    arrays = {"x": numbers(rows, n), "weight": numbers(m, n) / np.float32(n**0.5), "bias": numbers(m)}
    differ = ("x", "weight", "bias")
    work = _simple(f"linear {title}", ops.linear, lambda f, **given: f.linear(*given.values()), arrays, differ)
    return replace(work, times=times, twice=twice, operations=6 * rows * n * m)


def _attention(title: str, heads: int, steps: int, size: int, times: float = 1, twice: float | None = None) -> Work:
    arrays = {name: numbers(heads, steps, size, seed=seed) for seed, name in enumerate("qkv")}

    def theirs(f: Any, **given: Array) -> Any:
        return f.scaled_dot_product_attention(*given.values())

    work = _simple(f"attention {title}", ops.attention, theirs, arrays, ("q", "k", "v"))
    return replace(work, times=times, twice=twice, operations=12 * heads * steps**2 * size)


def _convolution(
    title: str,
    batch: int,
    channels: int,
    size: int,
    filters: int,
    window: int,
    stride: int,
    padding: int,
    with_x: bool,
    times: float = 1,
    twice: float | None = None,
) -> Work:
    import torch

    x = numbers(batch, channels, size, size)
    weight = numbers(filters, channels, window, window) / np.float32((channels * window**2) ** 0.5)
    bias = numbers(filters)
    out = (size + 2 * padding - window) // stride + 1
    d_out = numbers(batch, filters, out, out, seed=1)
    tensors = [torch.tensor(array, requires_grad=True) for array in (x, weight, bias)]
    tensors[0].requires_grad_(with_x)
    wanted = [tensor for tensor in tensors if tensor.requires_grad]
    d_tensor = torch.tensor(d_out)
    names = ("x", "weight", "bias")[0 if with_x else 1 :]

    def ours() -> Arrays:
        if with_x:
            found, saved = ops.forward(ops.conv2d, x, weight, bias, stride=stride, padding=padding)
            return {"out": found, **ops.backward(saved, d_out)}
        settings = (stride, stride), [(padding, padding)] * 2, (1, 1), 1
        found = conv.conv2d_forward(x, weight, bias, *settings)
        return {
            "out": found,
            **dict(zip(("x", *names), conv.conv2d_backward(d_out, x, weight, *settings, with_x=False), strict=True)),
        }

    def theirs() -> Arrays:
        found = torch.nn.functional.conv2d(*tensors, stride=stride, padding=padding)
        return {"out": found, **dict(zip(names, torch.autograd.grad(found, wanted, d_tensor), strict=True))}

    products = 2 * batch * filters * channels * window**2 * out**2 * (3 if with_x else 2)
    return Work(f"conv2d {title}", ours, theirs, times, twice, operations=products)


def _recurrent(
    kind: str, title: str, steps: int, batch: int, n: int, m: int, times: float = 1, twice: float | None = None
) -> Work:
    import torch

    net = getattr(torch.nn, kind.upper())(n, m)
    parameters = list(net.parameters())
    names = ("w_ih", "w_hh", "b_ih", "b_hh")
    weights = {name: tensor.detach().numpy() for name, tensor in zip(names, parameters, strict=True)}
    x, d_y = numbers(steps, batch, n), numbers(steps, batch, m, seed=1)
    tensor, d_tensor = torch.tensor(x, requires_grad=True), torch.tensor(d_y)
    op = getattr(ops, kind)

    def ours() -> Arrays:
        (y, _), saved = ops.forward(op, x, None, **weights)
        return {"y": y, **ops.backward(saved, (d_y, None))}

    def theirs() -> Arrays:
        y = net(tensor)[0]
        gradients = torch.autograd.grad(y, [tensor, *parameters], d_tensor)
        return {"y": y, **dict(zip(("x", *names), gradients, strict=True))}

    gates = {"lstm": 4, "gru": 3, "rnn": 1}[kind]
    return Work(f"{kind} {title}", ours, theirs, times, twice, operations=6 * steps * batch * gates * m * (n + m))


def _simple(
    name: str, op: Any, theirs: Any, arrays: Arrays, differ: tuple[str, ...], copies: int = 0, sums: int = 0,
    **settings: Any,
) -> Work:  # fmt: skip
    """copies, sums: what it has to move of arrays as large as the first, as `Work.moved` says it.

    Of those its part and its smallest shapes are some of the rows along the first axis, and one.
    """
    import torch

    tensors = {key: torch.tensor(array) for key, array in arrays.items()}
    wanted = [tensors[key].requires_grad_() for key in differ]
    out = op(**arrays, **settings)
    d_out = numbers(*np.shape(out), seed=1) if np.ndim(out) else np.float32(1)
    d_tensor = torch.tensor(d_out)

    first = next(iter(arrays.values()))
    whole = len(first)

    def ours(rows: int = whole) -> Arrays:
        given = {key: array[:rows] if len(array) == whole else array for key, array in arrays.items()}
        found, saved = ops.forward(op, **given, **settings)
        gradients = ops.backward(saved, d_out[:rows] if np.ndim(d_out) else d_out)
        return {"out": found, **{key: gradients[key] for key in differ}}

    def peers() -> Arrays:
        found = theirs(torch.nn.functional, **tensors)
        return {"out": found, **dict(zip(differ, torch.autograd.grad(found, wanted, d_tensor), strict=True))}

    work = Work(name, ours, peers, times=1.5, moved=(first.size, copies, sums))
    if not copies + sums:
        return work
    rows = max(1, whole * NEAR // first.size)
    return replace(work, empty=lambda: ours(1), near=lambda: ours(rows), parts=whole / rows)


def _activation(name: str) -> Work:
    x = {"x": numbers(1 << 20)}
    return _simple(f"{name} of 2²⁰", getattr(ops, name), lambda f, x: getattr(f, name)(x), x, ("x",), 1, 1)


def _targets(count: int, classes: int) -> Array:
    return np.random.default_rng(3).integers(0, classes, count)


MOVERS: dict[str, Callable[[], Work]] = {
    "max_pool2d 16·16×64 2×2": lambda: _simple(
        "max_pool2d 16·16×64 2×2", ops.max_pool2d, lambda f, x: f.max_pool2d(x, 2), {"x": numbers(16, 16, 64, 64)},
        ("x",), 1, kernel_size=2,
    ),
    "max_pool2d 16·16×64 3×3 s2": lambda: _simple(
        "max_pool2d 16·16×64 3×3 s2", ops.max_pool2d, lambda f, x: f.max_pool2d(x, 3, 2),
        {"x": numbers(16, 16, 64, 64)}, ("x",), 1, kernel_size=3, stride=2,
    ),
    "avg_pool2d 16·16×64 2×2": lambda: _simple(
        "avg_pool2d 16·16×64 2×2", ops.avg_pool2d, lambda f, x: f.avg_pool2d(x, 2), {"x": numbers(16, 16, 64, 64)},
        ("x",), 1, kernel_size=2,
    ),
    **{f"{name} of 2²⁰": (lambda name=name: _activation(name)) for name in ("relu", "tanh", "sigmoid", "gelu")},
    "batch_norm 32·64×16": lambda: _simple(
        "batch_norm 32·64×16", ops.batch_norm,
        lambda f, x, weight, bias: f.batch_norm(x, None, None, weight, bias, training=True),
        {"x": numbers(32, 64, 16, 16), "weight": numbers(64), "bias": numbers(64)}, ("x", "weight", "bias"), 1, 1,
        training=True,
    ),
    "softmax 1024×1000": lambda: _simple(
        "softmax 1024×1000", ops.softmax, lambda f, x: f.softmax(x, dim=1), {"x": numbers(1024, 1000)}, ("x",), 1, 1
    ),
    "cross_entropy 1024×1000": lambda: _simple(
        "cross_entropy 1024×1000", ops.cross_entropy, lambda f, logits, targets: f.cross_entropy(logits, targets),
        {"logits": numbers(1024, 1000), "targets": _targets(1024, 1000)}, ("logits",), 1,
    ),
    "mse_loss 2²⁰": lambda: _simple(
        "mse_loss 2²⁰", ops.mse_loss, lambda f, x, target: f.mse_loss(x, target),
        {"x": numbers(1 << 20), "target": numbers(1 << 20, seed=2)}, ("x",), 1, 1,
    ),
    "mse_loss 2²⁰, both gradients": lambda: _simple(
        "mse_loss 2²⁰, both gradients", ops.mse_loss, lambda f, x, target: f.mse_loss(x, target),
        {"x": numbers(1 << 20), "target": numbers(1 << 20, seed=2)}, ("x", "target"), 0, 2,
    ),
}  # fmt: skip
"""What is bounded by memory. The optimisers come with training."""
