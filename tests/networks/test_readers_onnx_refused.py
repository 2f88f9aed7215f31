"""ONNX files that are broken or hostile: one line, quickly, and no other file is opened."""

from __future__ import annotations

import builtins
import io
import itertools
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from dlcalc.errors import DlcalcError, ProblemError, UserError
from dlcalc.networks.readers import read_data, read_file
from dlcalc.networks.readers.onnx import OPERATORS, network
from dlcalc.networks.table import tabulate


def test_without_the_package_the_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(
        UserError, match=r'net.onnx: an ONNX file is read by the onnx package: pip install "dlcalc\[onnx\]"'
    ):
        network(b"", "net.onnx")


def needs_onnx() -> Any:
    return pytest.importorskip("onnx")


def node(kind: str, reads: str, makes: str, **attributes: Any) -> Any:
    return needs_onnx().helper.make_node(kind, reads.split(), makes.split(), **attributes)


def tensor(name: str, *dims: int) -> Any:
    return needs_onnx().TensorProto(name=name, dims=dims, data_type=1)


def model(nodes: Iterable[Any], tensors: Iterable[Any] = (), shape: Any = (1, 3, 8, 8)) -> Any:
    helper = needs_onnx().helper
    x = [helper.make_tensor_value_info("x", 1, shape)] if shape is not None else []
    y = helper.make_tensor_value_info("y", 1, None)
    return helper.make_model(helper.make_graph(list(nodes), "g", x, [y], list(tensors)))


def content(*given: Any, **options: Any) -> bytes:
    found: bytes = model(*given, **options).SerializeToString()
    return found


def refused(data: bytes, sentence: str) -> None:
    with pytest.raises(DlcalcError, match=sentence) as caught:
        tabulate(network(data, "net.onnx"))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("net.onnx: ")
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "the file is not an ONNX model: it has no graph with nodes"),
        (b"\x08", "the file is not an ONNX model, or it is cut off"),
        (b"\x08\x07", "the file is not an ONNX model: it has no graph"),
        (b"\xff" * 1000, "the file is not an ONNX model, or it is cut off"),
        (b"GIF89a" * 100, "the file is not an ONNX model"),
        (b"\x3a\x84\x80\x80\x80\x08" * 1000, "the file is not an ONNX model"),
    ],
)
def test_bytes_that_are_no_model(data: bytes, sentence: str) -> None:
    needs_onnx()
    refused(data, sentence)


def test_a_file_cut_anywhere() -> None:
    """In half, and at each of its bytes: a line, or the whole graph where only what stands behind it is gone."""
    whole = content([node("Conv", "x w", "c"), node("Relu", "c", "y")], [tensor("w", 4, 3, 3, 3)])
    refused(whole[: len(whole) // 2], "the file is not an ONNX model, or it is cut off")
    found = network(whole, "net.onnx")
    cut = [length for length in range(len(whole)) if refusal(whole[:length])]
    assert all("the file is not an ONNX model" in refusal(whole[:length]) for length in cut)
    assert cut[-1] > len(whole) // 2
    assert all(network(whole[:length], "net.onnx") == found for length in set(range(len(whole))) - set(cut))


def test_a_cycle_is_a_name_that_nothing_before_computes() -> None:
    """The standard wants the nodes in order."""
    cycle = [node("Add", "x b", "a"), node("Relu", "a", "b"), node("Relu", "b", "y")]
    refused(content(cycle), r"node 1 \(Add\): it reads b, which nothing before it computes")
    refused(content([node("Relu", "y", "y")]), r"node 1 \(Relu\): it reads y, which nothing before it computes")


def test_a_cycle_behind_a_recurrent_layer() -> None:
    """What looks ahead for the last step comes to an end."""
    weights = [tensor("w", 1, 16, 3), tensor("r", 1, 16, 4)]
    nodes = [node("LSTM", "x w r", "s"), node("Squeeze", "s", "t", axes=[1]), node("Squeeze", "t", "s", axes=[1])]
    refused(content(nodes, weights, shape=(6, 1, 3)), r"node 3 \(Squeeze\): s is computed twice; names are used once")


def test_names() -> None:
    refused(
        content([node("Relu", "nobody", "y")]), r"node 1 \(Relu\): it reads nobody, which nothing before it computes"
    )
    twice = [node("Relu", "x", "y"), node("Relu", "x", "y", name="b")]
    refused(content(twice), r"node 2 \(Relu b\): y is computed twice; names are used once")
    refused(content([node("Relu", "a\nb\x1b[31m", "y")]), r"it reads a, which nothing|it reads 'a")
    data = content([node("Relu", "x", "y", name="QQQQ")])
    refused(
        data.replace(b"QQQQ", b"\xff\xfe\xff\xfe"), "the file is damaged: a name in it is not UTF-8 text|no ONNX model"
    )


def test_inputs() -> None:
    relu = [node("Relu", "x", "y")]
    refused(content([node("Relu", "w", "y")], [tensor("w", 3)], shape=None), "the graph has no input")
    refused(content(relu, shape=(1,) * 9), "input x: an input has at most 8 axes with its batch, not 9")
    refused(content(relu, shape=(1, -3, 8, 8)), "input x: a size is a whole number from 1 to 1000000000, not -3")
    refused(content(relu, shape=(1, 2**62)), "input x: a size is a whole number from 1 to 1000000000, not 4611")


def test_too_much() -> None:
    refused(content([node("Relu", "x", "y")] * 100_001), "a graph has at most 100000 nodes, not 100001")
    refused(content([node("Relu", "x", "y")], [tensor("w", *[2] * 17)]), "a tensor has at most 16 axes")
    # multiplied out, so many sizes are a number of six million bits
    constant = node("Constant", "", "c", value=tensor("", *[2**62] * 100_000))
    refused(content([constant, node("Reshape", "x c", "y")]), "a tensor has at most 16 axes")


@pytest.mark.parametrize("dims", [(-4, 3, 3, 3), (0, 3, 3, 3), (4, 3, -3, 3), (4, 3, 0, 0), (4, 3, 99, 99)])
def test_weights_of_impossible_sizes(dims: tuple[int, ...]) -> None:
    """The layer is not known, with the rule that it breaks; the file is shown."""
    [row] = tabulate(network(content([node("Conv", "x w", "y")], [tensor("w", *dims)]), "net.onnx")).rows
    assert row.unknown.startswith("conv-1: ")
    assert row.count("parameters") == max(0, math.prod(dims))


VALUES: list[Any] = [
    0,
    -1,
    2**62,
    1.5,
    float("nan"),
    "SAME_UPPER",
    "x",
    [0],
    [-1, -1],
    [2**62, 1],
    [1, 1, 1, 1],
    [1.5, 2.5],
]
KEYS = (
    "kernel_shape", "strides", "pads", "dilations", "group", "auto_pad", "output_padding", "output_shape", "axis",
    "axes", "keepdims", "ceil_mode", "perm", "shape", "split", "transA", "transB", "layout", "ratio", "min", "max",
)  # fmt: skip


WITH_ATTRIBUTES = (
    "Conv", "ConvTranspose", "MaxPool", "GlobalMaxPool", "ReduceMax", "Pad", "Gemm", "Concat", "Split", "LSTM",
    "LayerNormalization", "Dropout", "Clip", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Gather",
)  # fmt: skip


def refusal(data: bytes) -> str:
    try:
        tabulate(network(data, "net.onnx"))
    except (UserError, ProblemError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize("third", [0, pytest.param(1, marks=pytest.mark.long), pytest.param(2, marks=pytest.mark.long)])
def test_wrong_types_in_every_attribute(third: int) -> None:
    """Whatever stands there, there is a table or one line that names the node.

    Each value stands in each attribute of each operator; with weights of each rank in turn. In a third of all that,
    each value stands in each attribute, and each attribute in each operator.
    """
    weights = {rank: [tensor("w", *[2] * rank), tensor("v", 2)] for rank in (2, 3, 4)}
    for (i, operator), (j, key), (k, value) in itertools.product(*map(enumerate, (WITH_ATTRIBUTES, KEYS, VALUES))):
        if (i + j + k) % 3 != third:
            continue
        rank = 2 + (i + j + k // 3) % 3
        made = content([node(operator, "x w v", "y", **{key: value})], weights[rank], shape=(2,) * rank)
        line = refusal(made)
        assert not line or (line.startswith("net.onnx: ") and "\n" not in line)


def test_nodes_with_any_number_of_inputs_and_outputs() -> None:
    weights = [tensor("w", 2, 2, 2, 2), tensor("v", 2)]
    for operator in sorted(OPERATORS):
        for reads in ("", "x", "w", "x x", "w x", "x w", "v x", "x x x x x x x x x", "x w w w w w w w w"):
            for makes in ("", "y", "y z"):
                line = refusal(content([node(operator, reads, makes), node("Relu", "x", "q")], weights))
                assert not line or (line.startswith("net.onnx: ") and "\n" not in line)


def test_data_in_other_files_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tensor may say that its numbers stand in a file beside: its dimensions are enough."""
    onnx = needs_onnx()
    outside = tensor("w", 4, 3, 3, 3)
    target = onnx.TensorProto(name="t", dims=[2], data_type=7)
    for each in (outside, target):
        each.data_location = onnx.TensorProto.EXTERNAL
        each.external_data.add(key="location", value="../../etc/passwd")
    file = tmp_path / "net.onnx"
    file.write_bytes(content([node("Conv", "x w", "c"), node("Reshape", "c t", "y")], [outside, target]))
    opened: list[object] = []
    ordinary = io.open

    def watched(name: Any, *rest: Any, **options: Any) -> Any:
        opened.append(name)
        return ordinary(name, *rest, **options)

    monkeypatch.setattr(builtins, "open", watched)
    found = tabulate(read_file(file))
    assert [str(name) for name in opened] == [str(file)]
    assert [row.count("parameters") for row in found.rows] == [108, 0]
    assert found.rows[-1].unknown == "Reshape is not a kind of layer that is known"


def test_files_that_are_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "folder.onnx"
    folder.mkdir()
    with pytest.raises(ProblemError, match="the file cannot be read: Is a directory"):
        read_file(folder)
    with pytest.raises(ProblemError, match="the file cannot be read: No such file"):
        read_file(tmp_path / "none.onnx")


def test_content_without_a_name() -> None:
    data = content([node("Flatten", "x", "y")])
    assert read_data(data).layers[0].kind == "flatten"
