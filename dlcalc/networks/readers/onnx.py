"""ONNX files: a graph of operators as data. Nothing in one is executed, and no other file that it names is opened.

Sizes there stand batch and channels first; here a shape is height × width × channels, so the reader follows which axis
is which, and transposing is no layer. An activation, dropout or local response normalisation is a remark of the layer
it follows; computations of shapes are no layers either. An operator that has no counterpart here is kept by its name.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from ...errors import ProblemError, UserError
from ...untrusted import printable, shown
from ..network import INPUT, Network
from . import onnx_operators as ops
from . import onnx_shapes as shapes
from .draft import Draft, input_shape
from .onnx_values import Constant, Operand, Output, constant

_MOST_NODES = 100_000
_MOST_AXES = 16
_WHOLE = (6, 7)
"""int32 and int64: the input is words."""
_LARGEST = 10**9
_RECURRENT = frozenset({"LSTM", "GRU", "RNN"})
_CONVOLUTIONAL = frozenset({"Conv", "ConvTranspose", "MaxPool", "AveragePool", "BatchNormalization", "Pad"})


def network(data: bytes, path: str) -> Network:
    """The network of an ONNX file's content. UserError without the onnx package, ProblemError for what is none."""
    path = printable(path)
    try:
        onnx: Any = import_module("onnx")
    except ImportError:
        raise UserError(f'{path}: an ONNX file is read by the onnx package: pip install "dlcalc[onnx]"') from None
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception:  # protobuf's own DecodeError, wherever onnx's version of it lives
        raise ProblemError(path, "", "the file is no ONNX model, or it is cut off") from None
    if not model.graph.node:
        raise ProblemError(path, "", "the file is no ONNX model: it has no graph with nodes")
    if len(model.graph.node) > _MOST_NODES:
        raise ProblemError(path, "", f"a graph has at most {_MOST_NODES} nodes, not {len(model.graph.node)}")
    if not all(isinstance(name, str) for name in _names(model.graph)):
        raise ProblemError(path, "", "the file is damaged: a name in it is not UTF-8 text")
    tensors = [*model.graph.initializer, *model.graph.sparse_initializer]
    if any(len(each.dims) > _MOST_AXES for each in tensors):
        raise ProblemError(path, "", f"a tensor has at most {_MOST_AXES} axes")
    return Graph(model.graph, path).network()


def _names(graph: Any) -> Iterator[object]:
    yield graph.name
    for node in graph.node:
        yield from (node.op_type, node.name, node.domain, *node.input, *node.output)
        yield from (each.name for each in node.attribute)
    for value in (*graph.input, *graph.output):
        yield value.name
        yield from (dim.dim_param for dim in value.type.tensor_type.shape.dim)
    yield from (each.name for each in graph.initializer)


def _batch_first(node: Any) -> bool:
    """Whether a recurrent node reads (N, T, n)."""
    return node is not None and any(each.name == "layout" and each.i == 1 for each in node.attribute)


OPERATORS: dict[str, ops.Reader] = {
    "Conv": ops.conv, "ConvTranspose": ops.conv_transpose, "Gemm": ops.gemm, "MatMul": ops.matmul, "Pad": ops.pad,
    "MaxPool": ops.pool("maxpool"), "AveragePool": ops.pool("avgpool"),
    "GlobalAveragePool": ops.global_pool("avgpool"), "GlobalMaxPool": ops.global_pool("maxpool"),
    "ReduceMean": ops.reduce("avgpool"), "ReduceMax": ops.reduce("maxpool"),
    "Add": ops.joined("add"), "Sum": ops.joined("add"), "Mul": ops.joined("multiply"), "Concat": ops.concat,
    "Sub": ops.arithmetic("sub"), "Div": ops.arithmetic("div"), "Pow": ops.arithmetic("pow"), "Split": ops.split,
    "BatchNormalization": ops.batchnorm, "LayerNormalization": ops.layernorm, "LRN": ops.activation("lrn"),
    "Dropout": ops.dropout, "Clip": ops.clip, "LeakyRelu": ops.activation("leaky"),
    **{
        name: ops.activation(name.lower())
        for name in (
            "Relu", "Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Elu", "Selu", "Celu", "Gelu", "Softplus", "Softsign",
            "HardSigmoid", "HardSwish", "Mish", "ThresholdedRelu", "Erf", "Exp", "Log", "Sqrt", "Abs", "Neg",
        )
    },
    "Flatten": shapes.flatten, "Reshape": shapes.reshape, "Squeeze": shapes.squeeze, "Unsqueeze": shapes.unsqueeze,
    "Transpose": shapes.transpose, "Gather": shapes.gather, "Shape": shapes.shape,
    "Identity": shapes.same, "Cast": shapes.same, "QuantizeLinear": shapes.same, "DequantizeLinear": shapes.same,
    "RNN": shapes.recurrent("rnn"), "LSTM": shapes.recurrent("lstm"), "GRU": shapes.recurrent("gru"),
}  # fmt: skip
"""Operator → what reads it."""


class Graph:
    """A graph that is being read: the layers found so far, and what each of its values is."""

    def __init__(self, graph: Any, path: str) -> None:
        self.path = path
        self.graph = graph
        self.values: dict[str, Operand] = {each.name: Constant(tuple(each.dims), each) for each in graph.initializer}
        self.values |= {each.values.name: Constant(tuple(each.dims)) for each in graph.sparse_initializer}
        for node in graph.node:
            found = constant(node) if node.op_type == "Constant" and node.output else None
            if found is not None:
                self.values[node.output[0]] = found
        self.readers: Counter[str] = Counter(name for node in graph.node for name in node.input)
        self.readers.update(each.name for each in graph.output)
        self.read_by: dict[str, list[Any]] = defaultdict(list)
        for node in graph.node:
            for name in node.input:
                self.read_by[name].append(node)
        self.draft = self.started()

    def network(self) -> Network:
        for number, node in enumerate(self.graph.node, 1):
            self.node(number, node)
        if not self.draft.layers:
            raise ProblemError(self.path, "", "the graph has no layers")
        if self.graph.name and re.search(r"[A-Za-z]", self.graph.name):
            self.draft.title = printable(self.graph.name)
        return self.draft.finished()

    # Inputs

    def started(self) -> Draft:
        inputs = [each for each in self.graph.input if each.name not in self.values]
        if not inputs:
            raise ProblemError(self.path, "", "the graph has no input")
        first, *others = inputs
        axes = self.axes(first)
        sizes = self.sizes(first)
        if len(sizes) > 1:
            order = [axis for axis in range(len(axes)) if axes[axis] not in "NC"]
            order += [axis for axis in range(len(axes)) if axes[axis] == "C"]
            sizes = [sizes[axis] for axis in order]
        draft = Draft(self.path, input_shape(sizes, words="C" not in axes))
        self.values[first.name] = Output(INPUT, axes)
        if self.readers[first.name] > 1:
            draft.shared.add(INPUT)
        for other in others:
            self.values[other.name] = Output(draft.unknown("another input", name=draft.free(printable(other.name))))
        return draft

    def sizes(self, value: Any) -> list[int | str | None]:
        found: list[int | str | None] = []
        for dim in value.type.tensor_type.shape.dim:
            size = dim.dim_value if dim.HasField("dim_value") else dim.dim_param or None
            if isinstance(size, int) and not 1 <= size <= _LARGEST:
                if found:
                    key = f"input {printable(value.name)}"
                    raise ProblemError(self.path, key, f"a size is a whole number from 1 to {_LARGEST}, not {size}")
                size = None  # 0 or −1 is how some programs write any batch
            found.append(size)
        if not 1 <= len(found) <= 5:
            rule = f"an input has a batch and 1 to 4 axes, not {shown(len(found))} in all"
            raise ProblemError(self.path, f"input {printable(value.name)}", rule)
        return found

    def axes(self, value: Any) -> str:
        """The order of the input's axes, which is nowhere said: from what reads it first."""
        tensor = value.type.tensor_type
        rank = len(tensor.shape.dim)
        whole = tensor.elem_type in _WHOLE
        reader = next((node for node in self.read_by[value.name] if node.op_type != "Shape"), None)
        order = None
        if reader is not None and reader.op_type == "Transpose":
            order = next((tuple(each.ints) for each in reader.attribute if each.name == "perm"), None)
            reader = next((node for name in reader.output for node in self.read_by[name]), None)
        kind = reader.op_type if reader is not None else ""
        usual = {1: "C", 2: "NL" if whole else "NC", 4: "NCHW", 5: "NCDHW"}.get(rank, "NLC")
        if rank == 3 and kind in _CONVOLUTIONAL:
            usual = "NCL"
        elif rank == 3 and (kind in _RECURRENT or order == (1, 0, 2)) and not _batch_first(reader):
            usual = "LNC"
        if order is None or sorted(order) != list(range(rank)):
            return usual
        # What stands at place i behind the transposition stood at order[i] before it.
        return "".join(usual[order.index(axis)] for axis in range(rank))

    # Nodes

    def node(self, number: int, node: Any) -> None:
        """Reads one node: gives its outputs their values."""
        if node.op_type == "Constant" and node.output and node.output[0] in self.values:
            return
        operator = printable(node.op_type)
        place = f"{self.path}: node {number} ({operator}{f' {printable(node.name)}' if node.name else ''})"
        operands: list[Operand | None] = []
        for name in node.input:
            if name and name not in self.values:
                raise UserError(f"{place}: it reads {printable(name)}, which nothing before it computes")
            operands.append(self.values[name] if name else None)
        read = ops.Node(self, node, operands, place)
        for name, value in zip(node.output, read.outputs(OPERATORS), strict=False):
            if name in self.values and name:
                raise UserError(f"{place}: {printable(name)} is computed twice; names are used once")
            self.values[name] = value
            if self.readers[name] > 1 and isinstance(value, Output):
                self.draft.shared.add(value.layer)

    def only_last_step(self, name: str) -> bool:
        """Whether all that reads a sequence takes its last step, behind transpositions and squeezes."""
        passed: set[str] = set()
        while name not in passed:
            passed.add(name)
            readers = self.read_by[name]
            if len(readers) != 1 or self.readers[name] != 1:
                return False
            [node] = readers
            if node.op_type == "Gather":
                index = self.values.get(node.input[1]) if len(node.input) > 1 else None
                return self.is_last(index)
            if node.op_type not in ("Squeeze", "Transpose") or not node.output:
                return False
            name = node.output[0]
        return False

    def is_last(self, index: Operand | None) -> bool:
        return isinstance(index, Constant) and index.whole() == (-1,)

    def unused(self, name: str) -> bool:
        return not name or self.readers[name] == 0
