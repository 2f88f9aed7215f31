"""What works at each position of a sequence or a map: its row is that of one position, times the positions."""

from __future__ import annotations

import json
from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcalc.networks.network import Network
from dlcalc.networks.readers import read_data
from dlcalc.networks.table import Row, tabulate
from dlcalc.networks.text import read

FEW = settings(max_examples=30)
"""For each of the many layers; a long run takes more of them."""
LEADS = st.lists(st.integers(1, 7), min_size=1, max_size=4)
WIDE = st.sampled_from([2, 4, 6])

LINES = [
    "dense 5", "dense 5 nobias", "dense 5 relu", "ln", "rms", "ln nobias", "activation", "dropout 0.5", "scale",
    "shift", "prelu", "bn", "groupnorm 2", "conv 5 f1", "conv 5 f1 nobias", "depthwise 2 f1",
]  # fmt: skip

KERAS: dict[str, dict[str, Any]] = {
    "Dense": {"units": 5}, "LayerNormalization": {"axis": -1}, "RMSNormalization": {"axis": -1},
    "BatchNormalization": {"axis": -1}, "GroupNormalization": {"groups": 2, "axis": -1},
    "Activation": {"activation": "relu"},
    "Dropout": {"rate": 0.5}, "Softmax": {"axis": -1}, "EinsumDense": {"equation": "...x,xy->...y", "output_shape": 5,
                                                                       "bias_axes": "y"},
}  # fmt: skip
INSIDE: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "Dense": ((6,), {"units": 5}),
    "Conv1D": ((6, 3), {"filters": 4, "kernel_size": 3}),
    "Conv2D": ((6, 5, 3), {"filters": 4, "kernel_size": 3, "padding": "same"}),
    "SeparableConv2D": ((6, 5, 3), {"filters": 4, "kernel_size": 3}),
    "MaxPooling2D": ((6, 4, 3), {"pool_size": 2}),
    "LSTM": ((6, 3), {"units": 4, "return_sequences": True}),
    "GRU": ((6, 3), {"units": 4}),
    "Flatten": ((6, 3), {}),
}


def same_at_each(whole: list[Row], one: list[Row], positions: tuple[int, ...], lead: int) -> None:
    """Products times the positions, parameters once; `lead` axes of what comes out are positions."""
    for name, times in (("macs", prod(positions)), ("parameters", 1)):
        assert sum(row.count(name) for row in whole) == times * sum(row.count(name) for row in one), name
    assert whole[-1].output == (*positions[:lead], *one[-1].output[lead:])


@pytest.mark.parametrize("line", LINES)
@FEW
@given(steps=st.integers(1, 40), wide=WIDE)
def test_a_line_of_text(line: str, steps: int, wide: int) -> None:
    whole, one = (list(tabulate(read(f"{long}x{wide} seq; {line}")).rows) for long in (steps, 1))
    same_at_each(whole, one, (steps,), 1)


@pytest.mark.parametrize("line", [line for line in LINES if not line.startswith("dense")])
@FEW
@given(high=st.integers(1, 9), wide=st.integers(1, 9), c=WIDE)
def test_a_line_of_text_on_a_map(line: str, high: int, wide: int, c: int) -> None:
    """A dense layer on a map reads it flattened in a line of text."""
    whole, one = (list(tabulate(read(f"{h}x{w}x{c}; {line}")).rows) for h, w in ((high, wide), (1, 1)))
    same_at_each(whole, one, (high, wide), 2)


def keras(kind: str, shape: tuple[int, ...], config: dict[str, Any]) -> Network:
    layers = [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, *shape]}},
        {"class_name": kind, "config": {"name": "it", **config}},
    ]
    model = {"class_name": "Sequential", "config": {"name": "seq", "layers": layers}}
    return read_data(json.dumps(model).encode(), "model.json")


@pytest.mark.parametrize("kind", KERAS)
@FEW
@given(lead=LEADS, wide=WIDE)
def test_a_layer_of_keras(kind: str, lead: list[int], wide: int) -> None:
    ones = [1] * len(lead)
    whole, one = (list(tabulate(keras(kind, (*at, wide), KERAS[kind]), "keras").rows) for at in (lead, ones))
    same_at_each(whole, one, tuple(lead), len(lead))


@pytest.mark.parametrize("kind", INSIDE)
@FEW
@given(steps=st.integers(1, 9))
def test_a_layer_of_keras_at_each_step(kind: str, steps: int) -> None:
    """TimeDistributed, against the layer by itself."""
    shape, config = INSIDE[kind]
    inner = {"class_name": kind, "config": {"name": "inner", **config}}
    whole = tabulate(keras("TimeDistributed", (steps, *shape), {"layer": inner}), "keras")
    alone = tabulate(keras(kind, shape, config), "keras")
    assert whole.total["macs"] == steps * alone.total["macs"]
    assert whole.total["parameters"] == alone.total["parameters"]
    assert whole.rows[-1].output == (steps, *alone.rows[-1].output)


@pytest.mark.parametrize("kind", ["MatMul", "MatMul Add", "LayerNormalization", "Mul", "Add", "Relu", "Softmax"])
@FEW
@given(lead=LEADS, wide=WIDE)
def test_an_operator_of_onnx(kind: str, lead: list[int], wide: int) -> None:
    onnx = pytest.importorskip("onnx")
    from dlcalc.networks.readers.onnx import network

    def table(at: list[int]) -> list[Row]:
        sizes = {"MatMul": {"w": (wide, 5)}, "MatMul Add": {"w": (wide, 5), "b": (5,)}, "Relu": {}, "Softmax": {},
                 "LayerNormalization": {"w": (wide,), "b": (wide,)}}.get(kind, {"w": (wide,)})  # fmt: skip
        tensors = [onnx.TensorProto(name=name, dims=dims, data_type=1) for name, dims in sizes.items()]
        if kind == "MatMul Add":
            nodes = [
                onnx.helper.make_node("MatMul", ["x", "w"], ["a"]),
                onnx.helper.make_node("Add", ["a", "b"], ["y"]),
            ]
        else:
            nodes = [onnx.helper.make_node(kind, ["x", *sizes], ["y"])]
        x = onnx.helper.make_tensor_value_info("x", 1, ("N", *at, wide))
        y = onnx.helper.make_tensor_value_info("y", 1, None)
        graph = onnx.helper.make_graph(nodes, "g", [x], [y], tensors)
        return list(tabulate(network(onnx.helper.make_model(graph).SerializeToString(), "net.onnx")).rows)

    whole, one = table(lead), table([1] * len(lead))
    for name, times in (("macs", prod(lead)), ("parameters", 1)):
        assert sum(row.count(name) for row in whole) == times * sum(row.count(name) for row in one), name
    assert prod(whole[-1].output) == prod(lead) * (5 if kind.startswith("MatMul") else wide)
    assert not any(row.unknown for row in whole)
