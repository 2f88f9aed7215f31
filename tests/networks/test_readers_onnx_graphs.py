"""ONNX graphs: joins, computed shapes, sequences and recurrent layers, and what stays unknown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from rows import each_row

from dlcalc.networks.readers.onnx import network
from dlcalc.networks.table import Table, tabulate

onnx = pytest.importorskip("onnx")

FLOAT, INT64 = 1, 7
IMAGE = ("N", 3, 8, 8)


def node(kind: str, reads: str, makes: str, name: str = "", domain: str = "", **attributes: Any) -> Any:
    names = [name if name != "-" else "" for name in reads.split()]
    outputs = [name if name != "-" else "" for name in makes.split()]
    return onnx.helper.make_node(kind, names, outputs, name=name, domain=domain, **attributes)


def weights(**dims: Sequence[int]) -> list[Any]:
    return [onnx.TensorProto(name=name, dims=list(each), data_type=FLOAT) for name, each in dims.items()]


def numbers(name: str, *entries: float, dims: Sequence[int] | None = None, type: int = INT64) -> Any:
    return onnx.helper.make_tensor(name, type, [len(entries)] if dims is None else dims, entries)


def table(
    nodes: Iterable[Any],
    tensors: Iterable[Any] = (),
    shape: Sequence[Any] = IMAGE,
    type: int = FLOAT,
    others: Iterable[Any] = (),
    outputs: Iterable[str] = (),
) -> Table:
    nodes = list(nodes)
    x = onnx.helper.make_tensor_value_info("x", type, shape)
    ends = [onnx.helper.make_tensor_value_info(name, FLOAT, None) for name in outputs or [nodes[-1].output[0]]]
    graph = onnx.helper.make_graph(nodes, "g", [x, *others], ends, list(tensors))
    return tabulate(network(onnx.helper.make_model(graph).SerializeToString(), "net.onnx"))


def rows(found: Table) -> list[tuple[str, Any, Any]]:
    return [(row.layer.name, row.output, row.count("parameters")) for row in found.rows]


def conv(reads: str, makes: str, k: int, c: int) -> tuple[Any, list[Any]]:
    """A 3×3 convolution of the same size with a bias."""
    made = node("Conv", f"{reads} w{makes} b{makes}", makes, pads=[1] * 4)
    return made, weights(**{f"w{makes}": (k, c, 3, 3), f"b{makes}": (k,)})


A, A_WEIGHTS = conv("x", "a", 4, 3)
B, B_WEIGHTS = conv("x", "b", 4, 3)
BOTH = [*A_WEIGHTS, *B_WEIGHTS]


# No layers


def test_a_graph_without_a_layer_has_an_empty_table() -> None:
    found = table([node("Identity", "x", "y")])
    assert (found.rows, found.partial, found.total["parameters"]) == ((), False, 0)


@pytest.mark.parametrize("shape", [(), (3,)])
def test_an_input_may_be_a_number_or_a_batch_of_numbers(shape: tuple[int, ...]) -> None:
    other = onnx.helper.make_tensor_value_info("z", FLOAT, shape)
    found = table([node("Relu", "x", "a"), node("Relu", "z", "b")], shape=shape, others=[other], outputs=["a", "b"])
    assert not found.partial
    assert {row.output for row in found.rows} == {shape or (1,)}


# Joins


@pytest.mark.parametrize(
    ("join", "output"),
    [("Add", (8, 8, 4)), ("Sum", (8, 8, 4)), ("Mul", (8, 8, 4)), ("Concat", (8, 8, 8))],
)
def test_two_paths(join: str, output: tuple[int, ...]) -> None:
    attributes = {"axis": 1} if join == "Concat" else {}
    found = table([A, B, node(join, "a b", "y", **attributes)], BOTH)
    assert [row.output for row in found.rows] == [(8, 8, 4), (8, 8, 4), output]
    assert found.rows[-1].layer.inputs == ("conv-1", "conv-2")
    assert found.total["parameters"] == 2 * 112


def test_an_activation_of_what_is_read_twice_is_a_row() -> None:
    found = table([A, node("Relu", "a", "r"), node("Add", "a r", "y")], BOTH)
    assert [row.layer.kind for row in found.rows] == ["conv", "activation", "add"]
    assert found.row("conv-1").layer.remarks == ()


def test_x_times_its_sigmoid_is_an_activation() -> None:
    """Whichever stands first, and not where one of the two is read elsewhere."""
    sigmoid = node("Sigmoid", "a", "s")
    for reads in ("a s", "s a"):
        [row] = table([A, sigmoid, node("Mul", reads, "y")], BOTH).rows
        assert row.layer.remarks == ("swish",)
    found = table([A, sigmoid, node("Mul", "a s", "m"), node("Add", "m s", "y")], BOTH)
    assert [row.layer.kind for row in found.rows] == ["conv", "activation", "multiply", "add"]


def test_squeeze_and_excitation() -> None:
    """Channels scaled by a vector of one pixel: 3·4 + 4 parameters to make it."""
    tensors = [*A_WEIGHTS, *weights(v=(4, 4, 1, 1), c=(4,))]
    nodes = [A, node("GlobalAveragePool", "a", "p"), node("Conv", "p v c", "g"), node("Sigmoid", "g", "h")]
    found = table([*nodes, node("Mul", "a h", "y")], tensors)
    assert [row.output for row in found.rows] == [(8, 8, 4), (1, 1, 4), (1, 1, 4), (8, 8, 4)]
    assert found.rows[-1].layer.inputs == ("conv-1", "conv-2")


def test_parts_of_the_channels() -> None:
    nodes = [A, node("Split", "a", "p q", axis=1), node("Concat", "q p", "y", axis=1)]
    found = table(nodes, A_WEIGHTS)
    assert [row.output for row in found.rows] == [(8, 8, 4), (8, 8, 2), (8, 8, 2), (8, 8, 4)]
    halves = [numbers("n", 2, 2)]
    assert not table([A, node("Split", "a n", "p q", axis=1), nodes[-1]], [*A_WEIGHTS, *halves]).partial
    uneven = table([A, node("Split", "a n", "p q", axis=1), nodes[-1]], [*A_WEIGHTS, numbers("n", 1, 3)])
    assert [row.output for row in uneven.rows] == [(8, 8, 4), (8, 8, 1), (8, 8, 3), (8, 8, 4)]


def test_a_bias_that_is_added_afterwards() -> None:
    """As PyTorch writes a dense layer on a sequence; a value for each step is no bias."""
    nodes = [node("MatMul", "x w", "m"), node("Add", "b m", "y")]
    assert rows(table(nodes, weights(w=(5, 7), b=(7,)), (1, 6, 5))) == [("fc-1", (6, 7), 42)]
    found = table(nodes, weights(w=(5, 7), b=(1, 6, 7)), (1, 6, 5))
    assert rows(found) == [("fc-1", (6, 7), 35), ("shift-1", (6, 7), 42)]


def test_padding_before_a_convolution_is_its_padding() -> None:
    pad = node("Pad", "x", "p", pads=[0, 0, 1, 1, 0, 0, 1, 1])
    found = table([pad, node("Conv", "p wa ba", "y")], A_WEIGHTS)
    assert [(row.layer.kind, row.layer.settings["p"], row.output) for row in found.rows] == [("conv", 1, (8, 8, 4))]
    none = table([node("Pad", "x", "p", pads=[0] * 8), node("Conv", "p wa ba", "y")], A_WEIGHTS)
    assert [row.output for row in none.rows] == [(6, 6, 4)]


# Shapes that the graph computes


def test_flattening_with_a_computed_shape() -> None:
    """`x.view(x.size(0), -1)` as PyTorch exports it; the sizes are no layers."""
    nodes = [
        A,
        node("Shape", "a", "size"),
        node("Gather", "size zero", "batch", axis=0),
        node("Unsqueeze", "batch at", "first"),
        node("Concat", "first rest", "target", axis=0),
        node("Reshape", "a target", "flat"),
        node("Gemm", "flat fw fb", "y", transB=1),
    ]
    tensors = [
        *A_WEIGHTS,
        *weights(fw=(10, 256), fb=(10,)),
        numbers("zero", 0, dims=[]),
        numbers("at", 0),
        numbers("rest", -1),
    ]
    found = table(nodes, tensors)
    assert rows(found) == [("conv-1", (8, 8, 4), 112), ("flatten-1", (256,), 0), ("fc-1", (10,), 2570)]


@pytest.mark.parametrize("flat", ["Flatten", "Squeeze", "Reshape"])
def test_global_pooling_that_becomes_a_vector(flat: str) -> None:
    tensors = [*A_WEIGHTS, numbers("to", *((2, 3) if flat == "Squeeze" else (0, -1)))]
    nodes = [A, node("GlobalAveragePool", "a", "p"), node(flat, "p" if flat == "Flatten" else "p to", "y")]
    assert rows(table(nodes, tensors)) == [("conv-1", (8, 8, 4), 112), ("gap-1", (4,), 0)]


def test_a_vector_becomes_a_pixel_axis_by_axis() -> None:
    nodes = [node("Unsqueeze", "x two", "u"), node("Unsqueeze", "u three", "y")]
    assert rows(table(nodes, [numbers("two", 2), numbers("three", -1)], (1, 5))) == [("reshape-1", (1, 1, 5), 0)]


def test_constants_as_nodes() -> None:
    """In every form that the standard allows; a float is read from the bytes of the file too."""
    made = onnx.helper.make_node
    tensor = onnx.helper.make_tensor("", FLOAT, [], b"\x00\x00\xc0\x40", raw=True)
    low, high = made("Constant", [], ["low"], value_float=0.0), made("Constant", [], ["high"], value=tensor)
    [row] = table([low, high, A, node("Clip", "a low high", "y")], A_WEIGHTS).rows
    assert row.layer.remarks == ("relu6",)
    target = made("Constant", [], ["to"], value_ints=[0, -1])
    assert rows(table([target, node("Reshape", "x to", "y")])) == [("flatten-1", (192,), 0)]
    index = made("Constant", [], ["at"], value_int=-1)
    assert rows(table([index, *LAST_STEP], LSTM, (1, 6, 3))) == [("lstm-1", (4,), 128)]
    floats = made("Constant", [], ["f"], value_floats=[2.0])
    assert table([floats, node("Mul", "x f", "y")]).rows[0].layer.remarks == ("multiply-constant",)
    other = made("Constant", [], ["s"], value_string="a")
    assert rows(table([other, A], A_WEIGHTS)) == [("conv-1", (8, 8, 4), 112)]


def test_transposed_weights() -> None:
    nodes = [node("Transpose", "w", "t"), node("MatMul", "x t", "y")]
    assert rows(table(nodes, weights(w=(7, 5)), (1, 5))) == [("fc-1", (7,), 35)]


def test_channels_last() -> None:
    """TensorFlow's export transposes the input; the axes are followed, and are no layers."""
    nodes = [
        node("Transpose", "x", "t", perm=[0, 3, 1, 2]),
        node("Conv", "t wa ba", "a"),
        node("Transpose", "a", "u", perm=[0, 2, 3, 1]),
        node("MatMul", "u w", "y"),
    ]
    found = table(nodes, [*A_WEIGHTS, *weights(w=(4, 9))], ("N", 8, 6, 3))
    assert found.network.input == (8, 6, 3)
    assert rows(found) == [("conv-1", (6, 4, 4), 112), ("conv-2", (6, 4, 9), 36)]


def test_open_sizes_are_letters() -> None:
    """The same name the same letter; 0 and −1 are how some programs write any batch."""
    found = table([A], A_WEIGHTS, ("batch", 3, "size", "size"))
    height, width, channels = found.network.input
    assert (height, channels) == (width, 3)
    height, width, _ = table([A], A_WEIGHTS, (0, 3, None, "w")).network.input
    assert height != width


# Sequences

LSTM = weights(w=(1, 16, 3), r=(1, 16, 4), b=(1, 32))
STEPS = [node("Transpose", "x", "t", perm=[1, 0, 2]), node("LSTM", "t w r b", "s h c", hidden_size=4)]
LAST_STEP = [*STEPS, node("Squeeze", "s", "q", axes=[1]), node("Gather", "q at", "y", axis=0)]


@pytest.mark.parametrize(("kind", "gates", "parameters"), [("RNN", 1, 32), ("LSTM", 4, 128), ("GRU", 3, 96)])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("first", [False, True], ids=["time first", "batch first"])
def test_recurrent_layers(kind: str, gates: int, parameters: int, directions: int, first: bool) -> None:
    """All steps, the directions side by side: (6, 8), and in the textbook's counting gates·(4·3 + 4·4 + 4) each."""
    tensors = weights(w=(directions, gates * 4, 3), r=(directions, gates * 4, 4), b=(directions, gates * 8))
    if first:
        nodes = [node(kind, "x w r b", "s", layout=1), node("Reshape", "s to", "y")]
        tensors += [numbers("to", 0, 0, -1)]
    else:
        nodes = [
            node("Transpose", "x", "t", perm=[1, 0, 2]),
            node(kind, "t w r b", "s"),
            node("Transpose", "s", "u", perm=[0, 2, 1, 3]),
            node("Reshape", "u to", "v"),
            node("Transpose", "v", "y", perm=[1, 0, 2]),
        ]
        tensors += [numbers("to", 0, 0, -1)]
    found = table([*nodes, node("MatMul", "y dense", "z")], [*tensors, *weights(dense=(4 * directions, 5))], (1, 6, 3))
    assert [row[1:] for row in rows(found)] == [
        ((6, 4 * directions), directions * parameters),
        ((6, 5), 20 * directions),
    ]
    assert found.network.sequence


def test_the_last_step() -> None:
    """By its place at the end, and by the layer's second output."""
    at = [numbers("at", -1, dims=[])]
    assert rows(table(LAST_STEP, [*LSTM, *at], (1, 6, 3))) == [("lstm-1", (4,), 128)]
    state = [*STEPS, node("Squeeze", "h", "y", axes=[0])]
    assert rows(table(state, LSTM, (1, 6, 3))) == [("lstm-1", (4,), 128)]
    other = table(LAST_STEP, [*LSTM, numbers("at", 2, dims=[])], (1, 6, 3))
    assert rows(other) == [("lstm-1", (6, 4), 128), ("slice-1", (4,), 0)]


def test_steps_and_state_both_read() -> None:
    """The state is the last of the steps."""
    nodes = [*STEPS, node("Squeeze", "s", "q", axes=[1]), node("Relu", "c", "d"), node("Relu", "h", "y")]
    found = table(nodes, LSTM, (1, 6, 3), outputs=["q", "d", "y"])
    assert not found.partial
    assert rows(found)[:2] == [("lstm-1", (6, 4), 128), ("slice-1", (4,), 0)]


def test_words() -> None:
    """A look-up of 8 numbers for each of T words."""
    found = table(
        [node("Gather", "e x", "g"), node("ReduceMean", "g", "y", axes=[1], keepdims=0)],
        weights(e=(100, 8)),
        ("N", "T"),
        INT64,
    )
    assert [row.layer.kind for row in found.rows] == ["embedding", "global-avgpool"]
    assert found.total["parameters"] == 800
    assert len(found.network.input) == 1


def test_a_signal_has_its_channels_first() -> None:
    found = table(
        [node("Conv", "x w", "c"), node("GlobalMaxPool", "c", "p"), node("Flatten", "p", "y")],
        weights(w=(4, 2, 3)),
        ("N", 2, 10),
    )
    assert found.network.input == (10, 2)
    assert rows(found) == [("conv-1", (8, 4), 24), ("gmp-1", (4,), 0)]


# What stays unknown


@each_row(
    ("made", "shape", "tensors"),
    [
        (node("Resize", "x", "y"), IMAGE, []),
        (node("Conv", "x w", "y", domain="com.mine"), IMAGE, weights(w=(4, 3, 3, 3))),
        (node("Conv", "x x", "y"), IMAGE, []),
        (node("Conv", "x w", "y", strides=[1]), IMAGE, weights(w=(4, 3, 3, 3))),
        (node("Conv", "x w", "y", group=0), IMAGE, weights(w=(4, 3, 3, 3))),
        (node("Conv", "x w", "y"), IMAGE, weights(w=(4,))),
        (node("MaxPool", "x", "y"), IMAGE, []),
        (node("MaxPool", "x", "y", kernel_shape=[2, 2], pads=[1]), IMAGE, []),
        (node("GlobalAveragePool", "x", "y"), (1, 3), []),
        (node("Gemm", "x w", "y", transA=1), (1, 5), weights(w=(5, 7))),
        (node("Gemm", "x w", "y"), IMAGE, weights(w=(5, 7))),
        (node("MatMul", "x x", "y"), (1, 5), []),
        (node("Unsqueeze", "x", "y"), (1, 5), []),
        (node("Reshape", "x t", "y"), IMAGE, [numbers("t", 1, 5, -1)]),
        (node("Concat", "x x", "y", axis=0), IMAGE, []),
        (node("TopK", "x t", "y"), (1, 6), [numbers("t", 3)]),
        (node("Transpose", "x", "y", perm=[0, 0, 1, 1]), IMAGE, []),
        (node("Gather", "x x", "y"), IMAGE, []),
        (node("LSTM", "x w r b - - - p", "y", layout=1), (1, 6, 3), [*LSTM, *weights(p=(1, 12))]),
        (node("LSTM", "x w r", "y"), IMAGE, LSTM),
        (node("LSTM", "x x x", "y"), (6, 1, 3), []),
        (node("", "x", "y"), IMAGE, []),
    ],
)  # fmt: skip
def test_what_is_not_known_is_said(made: Any, shape: Sequence[Any], tensors: list[Any]) -> None:
    """By the operator's name and the node's number; the totals are partial, and have its weights."""
    found = table([made, node("Relu", "y", "end")], tensors, shape)
    said = next(row for row in found.rows if row.unknown)
    assert found.partial
    assert said.unknown
    assert (made.op_type or "''").lower() in said.layer.kind.lower()
    assert said.layer.place.startswith("net.onnx: node 1 (")
    read = [each for each in tensors if each.data_type == FLOAT and each.name in made.input]
    assert found.total["parameters"] == sum(math.prod(each.dims) for each in read)
    assert found.total["macs"] == 0


@each_row(
    ("made", "shape", "tensors", "wanted"),
    [
        (node("ConvTranspose", "x w", "y", output_shape=[9, 9]), IMAGE, weights(w=(3, 4, 3, 3)), (9, 9, 4)),
        (node("ConvTranspose", "x w", "y", auto_pad="SAME_UPPER"), IMAGE, weights(w=(3, 4, 3, 3)), (8, 8, 4)),
        (node("ConvTranspose", "x w", "y", pads=[1, 1, 0, 0]), IMAGE, weights(w=(3, 4, 3, 3)), (9, 9, 4)),
        (node("ReduceMean", "x", "y", axes=[1]), IMAGE, [], (8, 8, 1)),
        (node("ReduceMean", "x", "y"), IMAGE, [], (1, 1, 1)),
        (node("Pad", "x", "y", pads=[0, 1, 0, 0, 0, 1, 0, 0]), IMAGE, [], (5, 8, 8)),
        (node("Pad", "x", "y", pads=[0, 0, -1, 0, 0, 0, 0, 0]), IMAGE, [], (7, 8, 3)),
        (node("Add", "x w", "y"), IMAGE, weights(w=(8, 8)), (8, 8, 3)),
        (node("Concat", "x x", "y", axis=2), IMAGE, [], (16, 8, 3)),
        (node("Concat", "x w", "y", axis=1), IMAGE, weights(w=(1, 3, 8, 8)), (8, 8, 6)),
        (node("Split", "x", "y z", axis=2), IMAGE, [], (4, 8, 3)),
        (node("LayerNormalization", "x w", "y"), IMAGE, weights(w=(8,)), (3, 8, 8)),
        (node("Flatten", "x", "y", axis=2), IMAGE, [], (3, 64)),
        (node("Reshape", "x t", "y"), IMAGE, [numbers("t", 1, 2, 3, 4, 8)], (2, 3, 4, 8)),
        (node("Squeeze", "x", "y"), IMAGE, [], (3, 8, 8)),
        (node("MatMul", "x x", "y"), (1, 5, 5), [], (5, 5)),
        (node("Transpose", "x", "y", perm=[0, 2, 1]), (1, 4, 5), [], (5, 4)),
        (node("Unsqueeze", "x a", "y"), (1, 5), [numbers("a", 1)], (1, 5)),
    ],
)  # fmt: skip
def test_shapes_are_followed_and_never_guessed(
    made: Any, shape: Sequence[Any], tensors: list[Any], wanted: tuple[int, ...]
) -> None:
    found = table([made], tensors, shape)
    assert not found.partial
    assert found.rows[-1].output == wanted
    assert found.total["parameters"] == sum(math.prod(each.dims) for each in tensors if each.data_type == FLOAT)


def test_the_rest_of_the_table_is_shown() -> None:
    nodes = [A, node("Resize", "a", "u", name="up"), node("Flatten", "u", "f"), B, node("Flatten", "b", "y")]
    found = table(nodes, BOTH, outputs=["f", "y"])
    assert [(row.layer.kind, bool(row.unknown)) for row in found.rows] == [
        ("conv", False), ("Resize", True), ("Flatten", True), ("conv", False), ("flatten", False),
    ]  # fmt: skip
    assert found.rows[1].layer.place == "net.onnx: node 2 (Resize up)"
    assert found.total["parameters"] == 224


def test_a_batch_norm_along_time() -> None:
    """The second axis is the channels, whatever it was before."""
    found = table(
        [node("MatMul", "x w", "m"), node("BatchNormalization", "m g h v v", "y")],
        weights(w=(5, 7), g=(6,), h=(6,), v=(6,)),
        (1, 6, 5),
    )
    assert [(row.layer.kind, row.output) for row in found.rows] == [
        ("dense", (6, 7)), ("permute", (7, 6)), ("batchnorm", (7, 6)),
    ]  # fmt: skip
    assert found.total["parameters"] == 35 + 12


def test_a_second_input_is_named() -> None:
    other = onnx.helper.make_tensor_value_info("z", FLOAT, [1, 4])
    found = table([node("Flatten", "x", "f"), node("Concat", "f z", "y", axis=1)], others=[other])
    assert (found.row("z").layer.kind, found.row("z").output, found.rows[-1].output) == ("input", (4,), (196,))
    assert not found.partial


def test_weights_among_the_inputs_are_weights() -> None:
    """As older files list them."""
    others = [onnx.helper.make_tensor_value_info("wa", FLOAT, [4, 3, 3, 3])]
    assert rows(table([A], A_WEIGHTS, others=others)) == [("conv-1", (8, 8, 4), 112)]


# What the file holds and says


def test_weights_that_do_not_fit_are_told() -> None:
    """The matrix says 8 inputs where 5 arrive: its own numbers count, and nothing is made up."""
    found = table([node("Gemm", "x w b", "y", transB=1)], weights(w=(3, 8), b=(3,)), (1, 5))
    [row] = found.rows
    assert row.unknown == "the file holds 27 weights for it, but it needs 18"
    assert (row.count("parameters"), found.partial, row.knows("macs")) == (27, True, False)


def test_weights_that_belong_to_no_layer_are_told() -> None:
    """A tensor that only an index picks from is nobody's."""
    nodes = [node("Gather", "w at", "g"), node("Shape", "g", "s"), node("Relu", "x", "y")]
    found = table(nodes, [*weights(w=(3, 8)), numbers("at", 0)], (1, 5))
    assert (found.partial, found.network.unplaced, found.total["parameters"]) == (True, 24, 0)


def test_weights_that_two_layers_use_are_counted_once() -> None:
    """A layer called twice, and a table of words that is a matrix too: their products are counted at each use."""
    twice = table([node("MatMul", "x w", "a"), node("MatMul", "a w", "y")], weights(w=(5, 5)), (1, 6, 5))
    assert [row.count("parameters") for row in twice.rows] == [25, 0]
    assert twice.rows[1].layer.shares == "fc-1"
    assert twice.total["macs"] == 2 * 6 * 25
    nodes = [
        node("Gather", "e x", "g"),
        node("Transpose", "e", "t"),
        node("MatMul", "g t", "m"),
        node("Add", "m b", "y"),
    ]
    tied = table(nodes, weights(e=(9, 4), b=(9,)), (1, 6), INT64)
    assert [(row.output, row.count("parameters")) for row in tied.rows] == [((6, 4), 36), ((6, 9), 9)]
    assert (tied.rows[1].layer.shares, tied.total["macs"]) == ("embedding-1", 6 * 36)


def test_what_the_file_says_is_believed() -> None:
    """A written shape that differs from ours: ours is not shown, and what follows goes on from the file's."""
    nodes = [node("MatMul", "x w", "a"), node("MatMul", "a v", "y")]
    x = onnx.helper.make_tensor_value_info("x", FLOAT, (1, 6, 5))
    says = onnx.helper.make_tensor_value_info("a", FLOAT, (1, 3, 7))
    end = onnx.helper.make_tensor_value_info("y", FLOAT, None)
    graph = onnx.helper.make_graph(nodes, "g", [x], [end], weights(w=(5, 7), v=(7, 2)), value_info=[says])
    found = tabulate(network(onnx.helper.make_model(graph).SerializeToString(), "net.onnx"))
    assert found.rows[0].unknown == "the file says that the output is 3×7, but it is 6×7"
    assert [(row.output, row.count("parameters")) for row in found.rows] == [((3, 7), 35), ((3, 2), 14)]


def test_an_unknown_operator_leaves_the_rest_known() -> None:
    """Its shape follows by the standard's rules, its weights from the file."""
    nodes = [node("Conv", "x w", "c"), node("TopK", "c k", "t i", axis=3), node("Flatten", "t", "f"),
             node("Gemm", "f v", "y", transB=1)]  # fmt: skip
    found = table(nodes, [*weights(w=(4, 3, 3, 3), v=(2, 72)), numbers("k", 3)])
    assert [(row.layer.kind, row.output, bool(row.unknown)) for row in found.rows] == [
        ("conv", (6, 6, 4), False), ("TopK", (4, 6, 3), True), ("flatten", (72,), False), ("dense", (2,), False),
    ]  # fmt: skip


def test_a_state_that_a_recurrent_layer_starts_from_is_no_parameter() -> None:
    nodes = [STEPS[0], node("LSTM", "t w r b - h0 c0", "s h c"), node("Squeeze", "h", "y", axes=[0])]
    found = table(nodes, [*LSTM, *weights(h0=(1, 1, 4), c0=(1, 1, 4))], (1, 6, 3))
    assert (rows(found), found.partial) == ([("lstm-1", (4,), 128)], False)


def random(name: str, *dims: int) -> Any:
    np = pytest.importorskip("numpy")
    return onnx.numpy_helper.from_array(np.random.default_rng(len(name)).normal(size=dims).astype("float32"), name)


def constant_node(name: str, value: float, count: int) -> Any:
    tensor = onnx.helper.make_tensor(name, FLOAT, [count], [value] * count)
    return onnx.helper.make_node("Constant", [], [name], value=tensor)


def test_scales_of_the_program_are_not_learned() -> None:
    """A layer normalisation without weights of its own, and one without a bias: 7 and no more."""
    nodes = [
        constant_node("ones", 1, 7), constant_node("zeros", 0, 7),
        node("LayerNormalization", "x ones zeros", "a", axis=-1),
        node("LayerNormalization", "a scale zeros", "b", axis=-1),
    ]  # fmt: skip
    found = table(nodes, [random("scale", 7)], (1, 5, 7))
    assert (found.total["parameters"], found.partial) == (7, False)
    assert found.rows[-1].layer.settings["bias"] is False


def torch_table(nodes: Sequence[Any], tensors: Sequence[Any], shape: Sequence[Any]) -> Table:
    """As PyTorch's exporter writes it, whose parameters have the program's names."""
    x = onnx.helper.make_tensor_value_info("x", FLOAT, shape)
    y = onnx.helper.make_tensor_value_info(nodes[-1].output[0], FLOAT, None)
    graph = onnx.helper.make_graph(nodes, "main_graph", [x], [y], tensors)
    return tabulate(network(onnx.helper.make_model(graph, producer_name="pytorch").SerializeToString(), "net.onnx"))


def test_a_learned_number_is_a_parameter_and_one_of_the_program_is_none() -> None:
    number = onnx.helper.make_tensor("scale", FLOAT, [], [0.5])
    made = onnx.helper.make_tensor("onnx::Mul_3", FLOAT, [], [0.5])
    later = onnx.helper.make_tensor("val_30", FLOAT, [], [0.5])
    nodes = [node("Mul", "x scale", "a"), node("Mul", "a onnx::Mul_3", "b"), node("Div", "b val_30", "c")]
    assert torch_table(nodes, [number, made, later], (1, 5, 7)).total["parameters"] == 1


def test_a_weight_that_the_exporter_turned_is_the_weight() -> None:
    """The table of an embedding, 11 × 6, whose transpose is the matrix behind it."""
    np = pytest.importorskip("numpy")
    whole = random("0.weight", 11, 6)
    turned = onnx.numpy_helper.to_array(whole).T.copy()
    copy = onnx.numpy_helper.from_array(turned, "onnx::MatMul_9")
    other = onnx.numpy_helper.from_array(np.ascontiguousarray(turned + 1), "onnx::MatMul_9")
    nodes = [node("Gather", "0.weight x", "a"), node("MatMul", "a onnx::MatMul_9", "b")]
    x = onnx.helper.make_tensor_value_info("x", INT64, (1, 5))
    y = onnx.helper.make_tensor_value_info("b", FLOAT, None)
    totals = []
    for second in (copy, other):
        graph = onnx.helper.make_graph(nodes, "g", [x], [y], [whole, second])
        totals.append(tabulate(network(onnx.helper.make_model(graph).SerializeToString(), "net.onnx")).total)
    assert [total["parameters"] for total in totals] == [66, 132]
    assert [total["macs"] for total in totals] == [5 * 66] * 2


def test_a_batch_of_one_may_be_the_second_axis() -> None:
    """Attention of six steps in PyTorch's order, (T, 1, n): the product of all steps with all."""
    nodes = [
        node("Transpose", "x", "a", perm=[1, 0, 2]), node("Transpose", "x", "b", perm=[1, 2, 0]),
        node("MatMul", "a b", "c"),
    ]  # fmt: skip
    found = table(nodes, [], (6, 1, 8))
    assert (found.rows[-1].output, found.total["macs"], found.partial) == ((6, 6), 6 * 6 * 8, False)
