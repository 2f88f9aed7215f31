"""ONNX files: a graph of operators as data. Nothing in it is executed, and no other file that it names is opened.

Sizes there stand batch and channels first; here a shape is height × width × channels, so the reader follows which axis
is which, and transposing is no layer. An activation, dropout or local response normalisation is a remark of the layer
it follows; computations of shapes are no layers either. An operator that has no counterpart here is kept by its name.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ...errors import ProblemError, UserError
from ...foreign import printable, shown
from ..network import INPUT, Network
from .draft import Draft, input_shape
from .onnx_operators import OPERATORS, Node
from .onnx_values import Constant, Operand, Output, Sizes

_MOST_NODES = 100_000
_WHOLE = (6, 7)
"""int32 and int64: the input is words."""
_LARGEST = 10**9
_RECURRENT = frozenset({"LSTM", "GRU", "RNN"})
_CONVOLUTIONAL = frozenset({"Conv", "ConvTranspose", "MaxPool", "AveragePool", "BatchNormalization", "Pad"})


def network(data: bytes, path: str) -> Network:
    """The network of an ONNX file's content. UserError without the onnx package, ProblemError for a file that is none."""
    path = printable(path)
    if find_spec("onnx") is None:
        raise UserError(f'{path}: reading an ONNX file needs the onnx package: pip install "dlcalc[onnx]"')
    onnx: Any = import_module("onnx")
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception:  # protobuf's own DecodeError, wherever onnx's version of it lives
        raise ProblemError(path, "", "the file is no ONNX model, or it is cut off") from None
    if not model.graph.node:
        raise ProblemError(path, "", "the file is no ONNX model: it has no graph with nodes")
    if len(model.graph.node) > _MOST_NODES:
        raise ProblemError(path, "", f"a graph has at most {_MOST_NODES} nodes, not {len(model.graph.node)}")
    return Graph(model.graph, path).network()


class Graph:
    """A graph that is being read: the layers found so far, and what each of its values is."""

    def __init__(self, graph: Any, path: str) -> None:
        self.path = path
        self.graph = graph
        self.values: dict[str, Operand] = {each.name: Constant(tuple(each.dims), each) for each in graph.initializer}
        self.values |= {each.values.name: Constant(tuple(each.dims)) for each in graph.sparse_initializer}
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
            self.values[other.name] = Output(draft.unknown("another input", name=printable(other.name)))
        return draft

    def sizes(self, value: Any) -> list[int | str | None]:
        found: list[int | str | None] = []
        for dim in value.type.tensor_type.shape.dim:
            size = dim.dim_value if dim.HasField("dim_value") else dim.dim_param or None
            if isinstance(size, int) and not 1 <= size <= _LARGEST:
                if found:
                    raise ProblemError(self.path, f"input {printable(value.name)}", f"a size is a number ≥ 1, not {size}")
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
        reader, order = next(iter(self.read_by[value.name]), None), None
        if reader is not None and reader.op_type == "Transpose":
            order = next((tuple(each.ints) for each in reader.attribute if each.name == "perm"), None)
            reader = next((node for name in reader.output for node in self.read_by[name]), None)
        kind = reader.op_type if reader is not None else ""
        usual = {1: "C", 2: "NL" if whole else "NC", 4: "NCHW", 5: "NCDHW"}.get(rank, "NLC")
        if rank == 3 and kind in _RECURRENT:
            usual = "LNC"
        elif rank == 3 and kind in _CONVOLUTIONAL:
            usual = "NCL"
        if order is None or sorted(order) != list(range(rank)):
            return usual
        # What stands at place i behind the transposition stood at order[i] before it.
        return "".join(usual[order.index(axis)] for axis in range(rank))

    # Nodes

    def node(self, number: int, node: Any) -> None:
        """Reads one node: gives its outputs their values."""
        operator = printable(node.op_type)
        place = f"{self.path}: node {number} ({operator}{f' {printable(node.name)}' if node.name else ''})"
        operands: list[Operand | None] = []
        for name in node.input:
            if name and name not in self.values:
                raise UserError(f"{place}: it reads {printable(name)}, which nothing before it computes")
            operands.append(self.values[name] if name else None)
        read = Node(self, node, operands, place)
        for name, value in zip(node.output, read.outputs(OPERATORS), strict=False):
            if name in self.values and name:
                raise UserError(f"{place}: {printable(name)} is computed twice; names are used once")
            self.values[name] = value
            if self.readers[name] > 1 and isinstance(value, Output):
                self.draft.shared.add(value.layer)

    def constant(self, tensor: Any) -> Constant:
        return Constant(tuple(tensor.dims), tensor)

    def only_last_step(self, name: str) -> bool:
        """Whether all that reads a sequence takes its last step, behind transpositions and squeezes."""
        while True:
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

    def is_last(self, index: Operand | None) -> bool:
        return isinstance(index, Constant) and index.whole() == (-1,)

    def unused(self, name: str) -> bool:
        return not name or self.readers[name] == 0


__all__ = ["Graph", "Sizes", "network"]
