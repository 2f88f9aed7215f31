"""Every operation in every form it has, small enough for loops in plain Python, with its definition beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from naive import kernels as naive
from naive import kernels_recurrent as recurrent

from dlcalc import ops

Array = Any
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """An operation, the shapes of its arrays of numbers, whatever else it takes, and the definition."""

    op: str
    shapes: Mapping[str, Shape]
    definition: Callable[..., Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    between: tuple[float, float] | None = None

    def __str__(self) -> str:
        told = [f"{name}={value}" for name, value in self.settings.items() if not isinstance(value, np.ndarray)]
        return " ".join(
            [self.op, *(f"{name}{'x'.join(map(str, shape))}" for name, shape in self.shapes.items()), *told]
        )

    def arrays(self, dtype: str = "float64") -> dict[str, Array]:
        """The same numbers each time: normally distributed, or in the range that the operation asks for."""
        random = np.random.default_rng(len(str(self)))
        draw = random.standard_normal if self.between is None else (lambda shape: random.uniform(*self.between, shape))
        return {name: draw(shape).astype(dtype) for name, shape in self.shapes.items()}

    def forward(self, arrays: Mapping[str, Array], device: str = "cpu") -> tuple[Any, ops.Saved]:
        return ops.forward(getattr(ops, self.op), **self.arguments(arrays), device=device)

    def arguments(self, arrays: Mapping[str, Array]) -> dict[str, Any]:
        """By the names of the operation: h0 and c0 are one argument of an LSTM."""
        given = {**arrays, **self.settings}
        if "lstm" in self.op:
            given["state"] = given.pop("h0", None), given.pop("c0", None)
        elif self.op in ("rnn", "gru"):
            given.setdefault("h0", None)
        return given


def d_result_of(result: Any, seed: int = 1) -> Any:
    """A random gradient in the structure and dtype of a result."""
    if isinstance(result, tuple):
        return tuple(d_result_of(part, seed + place) for place, part in enumerate(result))
    return np.random.default_rng(seed).standard_normal(np.shape(result)).astype(result.dtype)


def _conv(*cases: tuple[str, Shape, Shape, dict[str, Any]]) -> Iterator[Case]:
    for op, x, weight, settings in cases:
        axes = len(x) - 2
        pairs = settings.pop("pairs", None)
        written = settings.get("padding", 0)
        if pairs is None:
            pairs = ((written, written),) * axes

        def definition(*, bias: Any = None, pairs: Any = pairs, **given: Any) -> Array:
            return naive.conv(**{**given, "padding": pairs, "bias": bias})

        shapes = {"x": x, "weight": weight} | ({} if settings.pop("unbiased", False) else {"bias": weight[:1]})
        yield Case(op, shapes, definition, settings)


def _transpose(x: Shape, weight: Shape, **settings: Any) -> Case:
    groups = settings.get("groups", 1)

    def definition(*, x: Array, weight: Array, bias: Array = None, **given: Any) -> Array:
        def axis(name: str, least: int) -> tuple[int, ...]:
            value = given.get(name, least)
            return value if isinstance(value, tuple) else (value, value)

        cut = axis("padding", 0)
        pairs = (cut[:2], cut[2:]) if len(cut) == 4 else tuple((each, each) for each in cut)
        return naive.conv_transpose(
            x, weight, bias, axis("stride", 1), pairs, axis("output_padding", 0), axis("dilation", 1), groups
        )

    return Case("conv_transpose2d", {"x": x, "weight": weight, "bias": (weight[1] * groups,)}, definition, settings)


def _pool(op: str, x: Shape, kernel_size: Any, **settings: Any) -> Case:
    def both(value: Any) -> tuple[int, int]:
        return value if isinstance(value, tuple) else (value, value)

    def definition(*, x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0, **rest: Any) -> Array:
        f = both(kernel_size)
        s = f if stride is None else both(stride)
        around = both(padding)
        pairs = (around[:2], around[2:]) if len(around) == 4 else tuple((each, each) for each in around)
        rest = {{"dilation": "d"}.get(name, name): value for name, value in rest.items()}
        if "d" in rest:
            rest["d"] = both(rest["d"])
        return naive.pool(op.removesuffix("_pool2d"), x, f, s, pairs, **rest)

    return Case(op, {"x": x}, definition, {"kernel_size": kernel_size, **settings})


def _recurrent(op: str, gates: int, steps: int, n: int, batch: int, m: int, names: str, **settings: Any) -> Case:
    """names: which of h0, c0, b_ih, b_hh and peephole are given."""
    shapes = {"x": (steps, batch, n), "w_ih": (gates * m, n), "w_hh": (gates * m, m)}
    rest = {"h0": (batch, m), "c0": (batch, m), "b_ih": (gates * m,), "b_hh": (gates * m,), "peephole": (3 * m,)}
    return Case(op, shapes | {name: rest[name] for name in names.split()}, getattr(recurrent, op), settings)


def _convlstm(steps: int, x: Shape, maps: int, f: int, names: str, **settings: Any) -> Case:
    batch, c, *image = x
    shapes = {"x": (steps, *x), "w_ih": (4 * maps, c, f, f), "w_hh": (4 * maps, maps, f, f)}
    state = (batch, maps, *image)
    rest = {"h0": state, "c0": state, "b_ih": (4 * maps,), "b_hh": (4 * maps,), "peephole": (3 * maps, *image)}
    return Case("convlstm", shapes | {name: rest[name] for name in names.split()}, recurrent.convlstm, settings)


CONVOLUTIONS = [
    *_conv(
        ("conv1d", (2, 3, 9), (4, 3, 3), {"stride": 2, "padding": 1}),
        ("conv1d", (1, 2, 1), (2, 1, 1), {"groups": 2}),
        ("conv1d", (2, 1, 5), (1, 1, 3), {"padding": (2, 0), "pairs": ((2, 0),)}),
        ("conv1d", (1, 2, 7), (2, 2, 1), {"padding": 1}),
        ("conv2d", (2, 3, 5, 6), (4, 3, 3, 2), {}),
        (
            "conv2d",
            (1, 4, 7, 5),
            (6, 2, 3, 3),
            {"stride": 2, "padding": 1, "dilation": 2, "groups": 2, "unbiased": True},
        ),
        ("conv2d", (2, 2, 5, 4), (2, 2, 1, 1), {}),
        ("conv2d", (2, 2, 5, 4), (3, 2, 1, 1), {"stride": (2, 3)}),
        ("conv2d", (1, 1, 4, 4), (1, 1, 3, 2), {"padding": (0, 2, 1, 3), "pairs": ((0, 2), (1, 3))}),
        ("conv2d", (1, 1, 5, 6), (2, 1, 2, 4), {"padding": "same", "stride": 2, "pairs": ((0, 1), (1, 1))}),
        ("conv2d", (1, 1, 3, 3), (1, 1, 1, 1), {"padding": 3, "stride": 2}),
        ("conv2d", (2, 2, 4, 5), (3, 2, 3, 2), {"padding": (2, 3, 2, 3), "pairs": ((2, 3), (2, 3)), "stride": 2}),
        ("conv3d", (2, 2, 3, 4, 3), (2, 2, 2, 2, 3), {"stride": (1, 2, 1), "padding": 1}),
        ("conv3d", (1, 2, 3, 3, 2), (2, 1, 2, 1, 2), {"groups": 2}),
    ),
    _transpose((2, 3, 3, 4), (3, 2, 3, 2)),
    _transpose((1, 4, 3, 2), (4, 1, 3, 3), stride=2, padding=1, output_padding=1, groups=2),
    _transpose((1, 2, 2, 3), (2, 2, 2, 2), stride=(3, 1), padding=(0, 1, 2, 0), dilation=2),
    _transpose((1, 1, 3, 2), (1, 1, 1, 1), padding=(0, 1, 0, 0), output_padding=(0, 1), dilation=(1, 2)),
    _transpose((1, 2, 3, 2), (2, 1, 1, 1), padding=(0, 0, 1, 0), output_padding=(0, 1), dilation=(1, 2)),
]
POOLS = [
    _pool("max_pool2d", (2, 2, 5, 6), 2),
    _pool("max_pool2d", (1, 2, 6, 7), (3, 2), stride=2, padding=1, dilation=(1, 2), ceil_mode=True),
    _pool("max_pool2d", (1, 1, 5, 5), 3, stride=1),
    _pool("min_pool2d", (1, 2, 5, 4), 3, stride=2, padding=(1, 0)),
    _pool("avg_pool2d", (2, 1, 5, 5), 3, stride=2, padding=1),
    _pool("avg_pool2d", (2, 1, 5, 5), 3, stride=2, padding=1, count_include_pad=False),
    _pool("avg_pool2d", (1, 1, 4, 6), (2, 3), stride=(3, 4), padding=(2, 0, 0, 0), ceil_mode=True),
    _pool("sum_pool2d", (1, 2, 4, 5), 2, stride=1, padding=1),
    Case("global_avg_pool2d", {"x": (2, 3, 3, 4)}, lambda x: naive.adaptive_average(x, (1, 1))),
    Case("global_max_pool2d", {"x": (2, 3, 3, 4)}, lambda x: naive.pool("max", x, x.shape[2:], (1, 1))),
    Case("adaptive_avg_pool2d", {"x": (1, 2, 7, 5)}, naive.adaptive_average, {"size": (3, 2)}),
    Case("adaptive_avg_pool2d", {"x": (1, 1, 2, 3)}, naive.adaptive_average, {"size": (3, 3)}),
]
DENSE = [
    Case("linear", {"x": (2, 3, 4), "weight": (5, 4), "bias": (5,)}, naive.linear),
    Case("linear", {"x": (4,), "weight": (2, 4)}, naive.linear),
    Case(
        "embedding", {"weight": (5, 3)}, lambda indices, weight: naive.embedding(indices, weight),
        {"indices": np.array([[0, 4, 4], [2, 0, 4]])},
    ),
    Case("dropout", {"x": (3, 5)}, lambda x, training: x, {"training": False}),
]  # fmt: skip
NORMS = [
    Case("batch_norm", {"x": (3, 2, 2, 3), "weight": (2,), "bias": (2,)}, naive.batch_norm, {"training": True}),
    Case("batch_norm", {"x": (4, 3)}, naive.batch_norm, {"training": True, "eps": 0.1}),
    Case(
        "batch_norm", {"x": (2, 3, 4), "mean": (3,), "var": (3,), "weight": (3,), "bias": (3,)}, naive.batch_norm,
        between=(0.5, 2),
    ),
    Case("batch_norm", {"x": (1, 2), "mean": (2,), "var": (2,)}, naive.batch_norm, between=(0.5, 2)),
    Case("layer_norm", {"x": (2, 3, 4), "weight": (3, 4), "bias": (3, 4)}, naive.layer_norm),
    Case("layer_norm", {"x": (3, 5)}, naive.layer_norm, {"eps": 0.01}),
    Case(
        "local_response_norm", {"x": (2, 5, 2, 2)}, naive.local_response_norm,
        {"size": 3, "alpha": 0.5, "beta": 0.75, "k": 1.0},
    ),
    Case(
        "local_response_norm", {"x": (1, 6, 3)}, naive.local_response_norm,
        {"size": 4, "alpha": 1, "beta": 0.5, "k": 2},
    ),
]  # fmt: skip
ELEMENTWISE = [
    *(
        Case(name, {"x": (2, 3, 4)}, lambda x, name=name: naive.activation(name, x))
        for name in ("sigmoid", "tanh", "relu", "softplus", "gelu")
    ),
    Case("leaky_relu", {"x": (3, 4)}, naive.leaky_relu, {"slope": 0.2}),
    *(
        Case(op, {"x": (2, 3, 4)}, getattr(naive, op), {"axis": axis})
        for op in ("softmax", "log_softmax")
        for axis in (-1, 1)
    ),
]
CLASSES = np.array([[2, 0, 1, 1], [0, 0, 2, 1]])
LOSSES = [
    *(
        Case("mse_loss", {"x": (2, 3), "target": (2, 3)}, naive.mse_loss, {"reduction": how})
        for how in ("mean", "sum", "none")
    ),
    *(
        Case("binary_cross_entropy", {"x": (2, 3), "target": (2, 3)}, naive.binary_cross_entropy, {"reduction": how},
             between=(0.1, 0.9))
        for how in ("mean", "none")
    ),
    *(
        Case("cross_entropy", {"logits": (2, 3, 4)}, naive.cross_entropy, {"targets": CLASSES, "reduction": how})
        for how in ("mean", "sum", "none")
    ),
    Case("cross_entropy", {"logits": (4, 3)}, naive.cross_entropy, {"targets": CLASSES[0]}),
]  # fmt: skip
CAUSAL = np.tril(np.ones((3, 3), dtype=bool))
ATTENTION = [
    Case("attention", {"q": (2, 3, 4), "k": (2, 5, 4), "v": (2, 5, 2)}, naive.attention),
    Case("attention", {"q": (2, 2, 3, 4), "k": (2, 2, 3, 4), "v": (2, 2, 3, 4)}, naive.attention, {"mask": CAUSAL}),
    Case("attention", {"q": (2, 2, 3), "k": (2, 4, 3), "v": (2, 4, 1), "mask": (2, 4)}, naive.attention),
    Case("attention", {"q": (2, 3), "k": (1, 3), "v": (1, 2)}, naive.attention),
    Case(
        "multi_head_attention",
        {"q": (3, 2, 4), "k": (5, 2, 4), "v": (5, 2, 4), **dict.fromkeys(("w_q", "w_k", "w_v", "w_o"), (4, 4)),
         **dict.fromkeys(("b_q", "b_v", "b_o"), (4,)), "mask": (2, 1, 3, 5)},
        naive.multi_head_attention, {"heads": 2},
    ),
    Case(
        "multi_head_attention", dict.fromkeys("qkv", (3, 1, 4)) | {f"w_{name}": (4, 4) for name in "qkvo"},
        naive.multi_head_attention, {"heads": 4, "mask": CAUSAL},
    ),
]  # fmt: skip
ALL, SOME = "h0 c0 b_ih b_hh peephole", "h0 b_ih b_hh"
RECURRENT = [
    _recurrent("rnn", 1, 3, 2, 2, 3, SOME),
    _recurrent("rnn", 1, 3, 3, 2, 2, SOME, nonlinearity="relu", reverse=True),
    _recurrent("rnn", 1, 2, 1, 1, 2, "b_hh", nonlinearity="sigmoid"),
    _recurrent("lstm", 4, 3, 2, 2, 3, ALL),
    _recurrent("lstm", 4, 3, 2, 2, 2, ALL, reverse=True),
    _recurrent("lstm", 4, 1, 3, 1, 2, "b_ih"),
    _recurrent("lstm", 4, 2, 2, 2, 2, "c0"),
    *(
        _recurrent("gru", 3, 3, 2, 2, 3, SOME, reset_after=after, update_gate=gate, reverse=reverse)
        for after, gate, reverse in ((True, "keep", False), (True, "renew", True), (False, "keep", True),
                                     (False, "renew", False))
    ),
    _recurrent("gru", 3, 1, 1, 1, 1, ""),
    _convlstm(2, (2, 2, 3, 2), 2, 3, ALL),
    _convlstm(3, (1, 1, 3, 3), 1, 2, "h0 c0 b_hh peephole", reverse=True),
    _convlstm(1, (1, 2, 2, 2), 1, 1, ""),
]  # fmt: skip

CASES = [*CONVOLUTIONS, *POOLS, *DENSE, *NORMS, *ELEMENTWISE, *LOSSES, *ATTENTION, *RECURRENT]
