"""ONNX files: operators in our words, by their weights' dimensions alone. The weights here have no data at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from rows import each_row

from dlcalc.networks.network import Network
from dlcalc.networks.readers import read_data, read_file
from dlcalc.networks.readers.onnx import OPERATORS, network
from dlcalc.networks.table import Table, tabulate

onnx = pytest.importorskip("onnx")

FLOAT, INT64 = 1, 7
Shape = Sequence[int | str | None]


def node(kind: str, reads: str, makes: str, name: str = "", domain: str = "", **attributes: Any) -> Any:
    """A node; `-` stands for an input that is left out."""
    names = [name if name != "-" else "" for name in reads.split()]
    return onnx.helper.make_node(kind, names, makes.split(), name=name, domain=domain, **attributes)


def weights(**dims: Sequence[int]) -> list[Any]:
    """Tensors without data."""
    return [onnx.TensorProto(name=name, dims=list(each), data_type=FLOAT) for name, each in dims.items()]


def numbers(name: str, entries: Sequence[float], dims: Sequence[int] | None = None, type: int = INT64) -> Any:
    return onnx.helper.make_tensor(name, type, [len(entries)] if dims is None else dims, entries)


def content(
    nodes: Iterable[Any], tensors: Iterable[Any] = (), shape: Shape = ("N", 3, 8, 8), type: int = FLOAT, name: str = "g"
) -> bytes:
    nodes = list(nodes)
    x = onnx.helper.make_tensor_value_info("x", type, shape)
    y = onnx.helper.make_tensor_value_info(nodes[-1].output[0], FLOAT, None)
    graph = onnx.helper.make_graph(nodes, name, [x], [y], list(tensors))
    found: bytes = onnx.helper.make_model(graph).SerializeToString()
    return found


def read(*given: Any, **options: Any) -> Network:
    return network(content(*given, **options), "net.onnx")


def table(*given: Any, **options: Any) -> Table:
    return tabulate(read(*given, **options))


def rows(found: Table) -> list[tuple[str, Any, Any]]:
    return [(row.layer.kind, row.output, row.count("parameters")) for row in found.rows]


def single(kind: str, shape: Shape, tensors: Sequence[Any] = (), reads: str = "", **attributes: Any) -> Table:
    reads = reads or " ".join(["x", *(each.name for each in tensors)])
    return table([node(kind, reads, "y", **attributes)], tensors, shape=shape)


# Whole networks


def alexnet() -> tuple[list[Any], list[Any]]:
    """The one-tower AlexNet of torchvision, as PyTorch exports it."""
    nodes, tensors, last = [], [], "x"
    plan = [(64, 3, 11, 4, 2), (192, 64, 5, 1, 2), (384, 192, 3, 1, 1), (256, 384, 3, 1, 1), (256, 256, 3, 1, 1)]
    for at, (k, c, f, s, p) in enumerate(plan):
        tensors += weights(**{f"w{at}": (k, c, f, f), f"b{at}": (k,)})
        window = {"kernel_shape": [f, f], "strides": [s, s], "pads": [p] * 4, "dilations": [1, 1], "group": 1}
        nodes += [node("Conv", f"{last} w{at} b{at}", f"c{at}", **window), node("Relu", f"c{at}", f"r{at}")]
        last = f"r{at}"
        if at in (0, 1, 4):
            nodes.append(node("MaxPool", last, f"p{at}", kernel_shape=[3, 3], strides=[2, 2], pads=[0] * 4))
            last = f"p{at}"
    nodes.append(node("Flatten", last, "flat", axis=1))
    last = "flat"
    for at, (m, n) in enumerate([(4096, 9216), (4096, 4096), (1000, 4096)]):
        tensors += weights(**{f"fw{at}": (m, n), f"fb{at}": (m,)})
        nodes.append(node("Gemm", f"{last} fw{at} fb{at}", f"f{at}", transB=1))
        last = f"f{at}"
    return nodes, tensors


def test_alexnet() -> None:
    """61,100,840, as in torchvision's table of weights; each row has what its tensors hold."""
    nodes, tensors = alexnet()
    found = table(nodes, tensors, shape=("batch", 3, 224, 224), name="torch_jit")
    assert found.total["parameters"] == 61100840
    assert [row.output for row in found.rows][:3] == [(55, 55, 64), (27, 27, 64), (27, 27, 192)]
    assert found.network.title == "torch_jit"
    assert found.row("conv-1").layer.remarks == ("relu",)
    assert found.row("conv-1").layer.place == "net.onnx: node 1 (Conv)"
    assert not found.partial


def basic_block(at: int, k: int) -> tuple[list[Any], list[Any]]:
    """A residual block that reads s{at} and makes s{at + 1}."""
    last, nodes = f"s{at}", []
    tensors = weights(**{f"w{at}{half}": (k, k, 3, 3) for half in "ab"})
    tensors += weights(**{f"{part}{at}{half}": (k,) for half in "ab" for part in ("g", "h")})
    for half in "ab":
        made = f"{half}{at}"
        nodes.append(node("Conv", f"{last} w{at}{half}", f"c{made}", kernel_shape=[3, 3], pads=[1] * 4))
        nodes.append(node("BatchNormalization", f"c{made} g{at}{half} h{at}{half} v v", f"n{made}"))
        last = f"n{made}"
        if half == "a":
            nodes.append(node("Relu", last, f"r{made}"))
            last = f"r{made}"
    nodes += [node("Add", f"{last} s{at}", f"t{at}"), node("Relu", f"t{at}", f"s{at + 1}")]
    return nodes, tensors


def test_residual_blocks() -> None:
    """150 of them: 2·(9·16² + 2·16) parameters each; the sums are read twice and keep their ReLU."""
    nodes, tensors = [node("Identity", "x", "s0")], weights(v=(16,))
    for at in range(150):
        more, held = basic_block(at, 16)
        nodes, tensors = nodes + more, tensors + held
    found = table(nodes, tensors, shape=(1, 16, 8, 8))
    assert found.total["parameters"] == 150 * 2 * (9 * 16 * 16 + 2 * 16)
    assert len(found.rows) == 5 * 150
    assert found.row("add-1").layer.inputs == ("bn-2", "input")
    assert found.row("add-2").layer.inputs == ("bn-4", "add-1")
    assert found.row("add-150").output == (8, 8, 16)
    assert not found.partial


def test_a_file_by_its_name_and_by_its_content(tmp_path: Path) -> None:
    file = tmp_path / "small.onnx"
    file.write_bytes(content([node("Relu", "x", "y")]))
    assert read_file(file) == read_file(str(file))
    assert read_file(file).id == "small"
    assert read_data(file.read_bytes()).layers[0].kind == "activation"


# Operators one by one

IMAGE = ("N", 3, 9, 9)
EVEN = ("N", 3, 8, 8)
W33 = weights(w=(4, 3, 3, 3))
UP = weights(w=(3, 4, 2, 2), b=(4,))
WB = [*W33, *weights(b=(4,))]

KNOWN: list[tuple[str, str, Shape, list[Any], dict[str, Any], str, tuple[Any, ...], int]] = [
    # (what, operator, input, tensors, attributes, kind, output, parameters)
    ("plain", "Conv", IMAGE, WB, {}, "conv", (7, 7, 4), 112),
    ("no bias, stride", "Conv", IMAGE, W33, {"strides": [2, 2], "pads": [1] * 4}, "conv", (5, 5, 4), 108),
    ("dilated", "Conv", IMAGE, WB, {"dilations": [2, 2]}, "conv", (5, 5, 4), 112),
    ("same", "Conv", IMAGE, WB, {"auto_pad": "SAME_UPPER", "strides": [2, 2]}, "conv", (5, 5, 4), 112),
    ("valid", "Conv", IMAGE, WB, {"auto_pad": "VALID"}, "conv", (7, 7, 4), 112),
    ("1-D", "Conv", ("N", 3, 10), weights(w=(4, 3, 3), b=(4,)), {}, "conv", (8, 4), 40),
    ("3-D", "Conv", (1, 2, 5, 5, 5), weights(w=(3, 2, 3, 3, 3), b=(3,)), {}, "conv", (3, 3, 3, 3), 165),
    ("grouped", "Conv", (1, 4, 9, 9), weights(w=(8, 2, 1, 1), b=(8,)), {"group": 2}, "conv", (9, 9, 8), 24),
    ("depthwise", "Conv", IMAGE, weights(w=(3, 1, 3, 3)), {"group": 3}, "depthwise", (7, 7, 3), 27),
    ("multiplied", "Conv", IMAGE, weights(w=(6, 1, 3, 3), b=(6,)), {"group": 3}, "depthwise", (7, 7, 6), 60),
    ("up", "ConvTranspose", IMAGE, UP, {"strides": [2, 2]}, "conv-transpose", (18, 18, 4), 52),
    (
        "up with padding", "ConvTranspose", IMAGE, weights(w=(3, 4, 3, 3)),
        {"strides": [2, 2], "pads": [1] * 4, "output_padding": [1, 1]}, "conv-transpose", (18, 18, 4), 108,
    ),
    ("floor", "MaxPool", (1, 3, 8, 8), [], {"kernel_shape": [3, 3], "strides": [2, 2]}, "maxpool", (3, 3, 3), 0),
    ("ceil", "MaxPool", EVEN, [], {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}, "maxpool", (4, 4, 3), 0),
    ("steps of 1", "AveragePool", (1, 3, 8, 8), [], {"kernel_shape": [3, 3]}, "avgpool", (6, 6, 3), 0),
    (
        "same and ceil", "AveragePool", (1, 3, 8, 8), [],
        {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_LOWER", "ceil_mode": 1}, "avgpool", (4, 4, 3), 0,
    ),
    ("map", "GlobalAveragePool", IMAGE, [], {}, "adaptive-avgpool", (1, 1, 3), 0),
    ("map", "GlobalMaxPool", IMAGE, [], {}, "adaptive-maxpool", (1, 1, 3), 0),
    ("map", "ReduceMean", IMAGE, [], {"axes": [2, 3]}, "adaptive-avgpool", (1, 1, 3), 0),
    ("vector", "ReduceMean", IMAGE, [], {"axes": [-1, -2], "keepdims": 0}, "global-avgpool", (3,), 0),
    ("newer", "ReduceMax", IMAGE, [numbers("a", [2, 3])], {"keepdims": 0}, "global-maxpool", (3,), 0),
    ("over time", "ReduceMean", (1, 6, 3), [], {"axes": [1], "keepdims": 0}, "global-avgpool", (3,), 0),
    ("even", "Pad", IMAGE, [numbers("p", [0, 0, 1, 1, 0, 0, 1, 1])], {}, "pad", (11, 11, 3), 0),
    ("uneven", "Pad", IMAGE, [], {"pads": [0, 0, 0, 1, 0, 0, 2, 3]}, "pad", (11, 13, 3), 0),
    ("uneven", "Conv", IMAGE, WB, {"pads": [0, 0, 1, 1]}, "conv", (8, 8, 4), 112),
    ("(n, m)", "Gemm", (1, 5), weights(w=(5, 7), b=(7,)), {}, "dense", (7,), 42),
    ("(m, n)", "Gemm", (1, 5), weights(w=(7, 5)), {"transB": 1}, "dense", (7,), 35),
    ("vector", "MatMul", (1, 5), weights(w=(5, 7)), {}, "dense", (7,), 35),
    ("sequence", "MatMul", (1, 6, 5), weights(w=(5, 7)), {}, "dense", (6, 7), 35),
    ("map", "BatchNormalization", IMAGE, weights(s=(3,), b=(3,), m=(3,), v=(3,)), {}, "batchnorm", (9, 9, 3), 6),
    ("affine", "LayerNormalization", (1, 6, 5), weights(s=(5,), b=(5,)), {"axis": -1}, "layernorm", (6, 5), 10),
    ("scale", "LayerNormalization", (1, 6, 5), weights(s=(5,)), {"axis": 2}, "layernorm", (6, 5), 5),
    ("map", "Flatten", IMAGE, [], {}, "flatten", (243,), 0),
    ("vector", "Reshape", IMAGE, [numbers("t", [-1, 243])], {}, "flatten", (243,), 0),
    ("older", "Reshape", IMAGE, [], {"shape": [0, -1]}, "flatten", (243,), 0),
    ("map", "Reshape", (1, 243), [numbers("t", [-1, 3, 9, 9])], {}, "reshape", (9, 9, 3), 0),
    ("pixel", "Squeeze", (1, 3, 1, 1), [numbers("a", [2, 3])], {}, "flatten", (3,), 0),
    ("pixel", "Unsqueeze", (1, 3), [numbers("a", [2, 3])], {}, "reshape", (1, 1, 3), 0),
    ("words", "Einsum", (1, 6, 5), weights(w=(5, 7)), {"equation": "bij,jk->bik"}, "einsum", (6, 7), 35),
    ("last", "RMSNormalization", (1, 6, 5), weights(s=(5,)), {}, "rmsnorm", (6, 5), 5),
    ("each map", "InstanceNormalization", IMAGE, weights(s=(3,), b=(3,)), {}, "groupnorm", (9, 9, 3), 6),
    ("3 groups", "GroupNormalization", IMAGE, weights(s=(3,), b=(3,)), {"num_groups": 3}, "groupnorm", (9, 9, 3), 6),
    ("slopes", "PRelu", IMAGE, weights(s=(3, 1, 1)), {}, "prelu", (9, 9, 3), 3),
    ("twice", "Upsample", IMAGE, [numbers("s", [1.0, 1.0, 2.0, 2.0], type=FLOAT)], {}, "upsample", (18, 18, 3), 0),
    ("half", "Upsample", EVEN, [numbers("s", [1.0, 1.0, 0.5, 0.5], type=FLOAT)], {}, "resize", (4, 4, 3), 0),
    ("rows", "DepthToSpace", (1, 8, 3, 3), [], {"blocksize": 2, "mode": "CRD"}, "pixel-shuffle", (6, 6, 2), 0),
    ("one map", "DepthToSpace", (1, 4, 3, 3), [], {"blocksize": 2}, "pixel-shuffle", (6, 6, 1), 0),
    ("out", "DepthToSpace", (1, 8, 3, 3), [], {"blocksize": 2}, "reshape", (6, 6, 2), 0),
    ("in", "SpaceToDepth", (1, 2, 6, 6), [], {"blocksize": 2}, "reshape", (3, 3, 8), 0),
    ("p-norm", "LpPool", EVEN, [], {"kernel_shape": [2, 2], "strides": [2, 2]}, "avgpool", (4, 4, 3), 0),
    ("place", "Gather", (1, 6, 5), [numbers("i", [2], [])], {"axis": 1}, "slice", (5,), 0),
    ("places", "Slice", (1, 6, 5), [], {"starts": [1], "ends": [2**62], "axes": [1]}, "slice", (5, 5), 0),
    ("a vector", "Expand", (1, 1, 5), [numbers("n", [1, 6, 5])], {}, "expand", (6, 5), 0),
    ("a vector", "Tile", (1, 1, 5), [numbers("n", [1, 6, 1])], {}, "expand", (6, 5), 0),
    ("learned", "Mul", IMAGE, weights(w=(3, 1, 1)), {}, "scale", (9, 9, 3), 3),
    ("positions", "Add", (1, 6, 5), weights(w=(6, 5)), {}, "shift", (6, 5), 30),
    *(
        ("of features", name, (1, 6, 5), [], {"axes": [2], "keepdims": 0}, "reduce", (6,), 0)
        for name in ("ReduceSum", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum",
                     "ReduceLogSumExp", "ReduceSumSquare")
    ),
    *(
        ("of features", name, (1, 6, 5), [], {"axis": 2, "keepdims": 0}, "reduce", (6,), 0)
        for name in ("ArgMax", "ArgMin")
    ),
    ("dropout", "Dropout", IMAGE, [numbers("r", [0.5], [], FLOAT)], {}, "dropout", (9, 9, 3), 0),
    ("lrn", "LRN", IMAGE, [], {"size": 5}, "lrn", (9, 9, 3), 0),
]  # fmt: skip


@each_row(
    ("operator", "shape", "tensors", "attributes", "kind", "output", "parameters"),
    [pytest.param(*each[1:], id=f"{each[1]} {each[0]}") for each in KNOWN],
)
def test_what_an_operator_makes(
    operator: str, shape: Shape, tensors: list[Any], attributes: dict[str, Any], kind: str, output: Any, parameters: int
) -> None:
    reads = " ".join(["x", *(each.name for each in tensors)])
    found = table([node(operator, reads, "y", **attributes)], tensors, shape=shape)
    assert rows(found)[-1] == (kind, output, parameters)
    assert len(found.rows) == (2 if operator == "Conv" and attributes.get("pads") == [0, 0, 1, 1] else 1)


SIMPLE = {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softmax": "softmax", "LogSoftmax": "logsoftmax",
    "Elu": "elu", "Selu": "selu", "Celu": "celu", "Gelu": "gelu", "Softplus": "softplus", "Softsign": "softsign",
    "Erf": "erf",
    "HardSigmoid": "hardsigmoid", "HardSwish": "hardswish", "Mish": "mish", "ThresholdedRelu": "thresholdedrelu",
    "Exp": "exp", "Log": "log", "Sqrt": "sqrt", "Abs": "abs", "Neg": "neg", "LeakyRelu": "leaky",
    "Swish": "swish", "Reciprocal": "reciprocal", "Floor": "floor", "Ceil": "ceil", "Round": "round", "Sign": "sign",
    "Sin": "sin", "Cos": "cos", "Not": "not", "IsNaN": "isnan", "Hardmax": "hardmax", "CumSum": "cumsum",
    "LpNormalization": "lpnormalization", "MeanVarianceNormalization": "meanvariancenormalization", "Trilu": "trilu",
}  # fmt: skip


@each_row("operator", SIMPLE)
def test_activations_are_remarks(operator: str) -> None:
    [layer] = single(operator, IMAGE).network.layers
    assert (layer.kind, layer.remarks) == ("activation", (SIMPLE[operator],))
    nodes = [node("Conv", "x w b", "c"), node(operator, "c", "y")]
    [layer] = read(nodes, WB, shape=IMAGE).layers
    assert (layer.kind, layer.remarks) == ("conv", (SIMPLE[operator],))


def test_a_number_for_all_entries_is_a_remark() -> None:
    """From either side."""
    operators = ("Add", "Sub", "Mul", "Div", "Pow")
    for operator, word in zip(operators, ("add", "sub", "multiply", "div", "pow"), strict=True):
        [layer] = single(operator, IMAGE, [numbers("c", [2.0], [], FLOAT)]).network.layers
        assert layer.remarks == (f"{word}-constant",)
    assert single("Add", IMAGE, [numbers("c", [2.0])], "c x").network.layers[0].remarks == ("add-constant",)


def test_clipping() -> None:
    """ReLU6 of older and newer files."""
    six = [numbers("low", [0.0], [], FLOAT), numbers("high", [6.0], [], FLOAT)]
    assert single("Clip", IMAGE, six).network.layers[0].remarks == ("relu6",)
    assert single("Clip", IMAGE, min=0.0, max=6.0).network.layers[0].remarks == ("relu6",)
    assert single("Clip", IMAGE, min=0.0, max=5.0).network.layers[0].remarks == ("clip",)
    assert single("Dropout", IMAGE, ratio=0.25).network.layers[0].kind == "dropout"
    nodes = [node("Conv", "x w b", "c"), node("Dropout", "c", "d", ratio=0.25), node("Dropout", "d", "y", ratio=3.0)]
    assert read(nodes, WB, shape=IMAGE).layers[0].remarks == ("dropout0.25", "dropout")


@pytest.mark.parametrize(
    "operator",
    ["Where", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "And", "Or", "Xor", "Mod"],
)
def test_a_mask_that_is_no_larger_is_a_remark(operator: str) -> None:
    reads = "m x m" if operator == "Where" else "x m"
    mask = [numbers("m", [0] * (1 if operator == "Mod" else 9))]
    found = single(operator, IMAGE, mask, reads)
    assert [(row.layer.kind, row.output) for row in found.rows] == [("activation", (9, 9, 3))]


@pytest.mark.parametrize(
    ("operator", "kind"),
    [("Sub", "subtract"), ("Div", "divide"), ("Mean", "average"), ("Max", "maximum"), ("Min", "minimum")],
)
def test_two_inputs_element_by_element(operator: str, kind: str) -> None:
    nodes = [node("Conv", "x w", "a"), node("Conv", "x v", "b"), node(operator, "a b", "y")]
    found = table(nodes, [*W33, *weights(v=(4, 3, 3, 3))], shape=IMAGE)
    assert (found.rows[-1].layer.kind, found.rows[-1].output) == (kind, (7, 7, 4))


def test_resizing_to_a_size() -> None:
    """By the sizes that the fourth input has, and by none."""
    found = single("Resize", IMAGE, [numbers("n", [1, 3, 20, 18])], "x - - n")
    assert rows(found) == [("resize", (20, 18, 3), 0)]
    assert single("Resize", IMAGE).partial


@pytest.mark.parametrize("operator", ["Identity", "Cast", "CastLike", "QuantizeLinear", "DequantizeLinear"])
def test_what_changes_no_shape_is_no_layer(operator: str) -> None:
    """Neither behind a layer nor behind weights."""
    attributes = {"to": 1} if operator == "Cast" else {}
    nodes = [node(operator, "x s", "z", **attributes), node(operator, "w", "v", **attributes), node("Conv", "z v", "y")]
    assert rows(table(nodes, [*W33, *weights(s=())], shape=IMAGE)) == [("conv", (7, 7, 4), 108)]


def test_every_operator_is_tried_somewhere() -> None:
    here = Path(__file__).parent
    text = "".join(each.read_text(encoding="utf-8") for each in sorted(here.glob("test_readers_onnx*.py")))
    assert [operator for operator in OPERATORS if f'"{operator}"' not in text] == []
