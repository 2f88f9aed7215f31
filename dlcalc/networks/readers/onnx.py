"""ONNX files: a graph of operators as data. Nothing in one is executed, and no other file that it names is opened.

Sizes there stand batch and channels first; here a shape is height × width × channels, so the reader follows which axis
is which, and transposing is a layer only where something reads the axes in an order that no layer has. An activation,
dropout or local response normalisation is a remark of the layer it follows; computations of shapes are no layers. An
operator that has no counterpart here is kept by its name, with the shape that the file, or the standard's rules, give
it, and with its weights. Every weight of the file belongs to a layer, or is told to belong to none.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from typing import Any

from ...errors import ProblemError, UserError, printable, shown
from ..kinds import KINDS
from ..network import INPUT, Network, Shape
from . import onnx_maps as maps
from . import onnx_operators as ops
from . import onnx_shapes as shapes
from .draft import Draft, differ, input_shape
from .onnx_node import Node, Reader
from .onnx_values import (
    UNNAMED,
    Constant,
    Lost,
    Operand,
    constant,
    folded,
    is_whole,
    objects,
    stored,
    transposed_copies,
)
from .views import BATCH, ONE, View

_MOST_NODES = 100_000
_MOST_AXES = 16
_WHOLE = (6, 7)
"""int32 and int64: the input is words."""
_LARGEST = 10**9
_MOST_INPUT_AXES = 8
_MOST_PASSED = 100
_MOST_KEPT = 1024
"""Numbers of a tensor that shape inference may look at."""
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
        raise ProblemError(path, "", "the file is not an ONNX model, or it is cut off") from None
    if not model.graph.node:
        raise ProblemError(path, "", "the file is not an ONNX model: it has no graph with nodes")
    if len(model.graph.node) > _MOST_NODES:
        raise ProblemError(path, "", f"a graph has at most {_MOST_NODES} nodes, not {len(model.graph.node)}")
    if not all(isinstance(name, str) for name in _names(model.graph)):
        raise ProblemError(path, "", "the file is damaged: a name in it is not UTF-8 text")
    if any(len(each.dims) > _MOST_AXES for each in _tensors(model.graph)):
        raise ProblemError(path, "", f"a tensor has at most {_MOST_AXES} axes")
    return Graph(onnx, model, path).network()


def _tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    yield from graph.sparse_initializer
    for node in graph.node:
        for each in node.attribute:
            yield from (each.t, each.sparse_tensor)


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


_REMARKS = (
    "Relu", "Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Elu", "Selu", "Celu", "Gelu", "Softplus", "Softsign",
    "HardSigmoid", "HardSwish", "Mish", "Swish", "ThresholdedRelu", "Erf", "Exp", "Log", "Sqrt", "Abs", "Neg",
    "Reciprocal", "Floor", "Ceil", "Round", "Sign", "Sin", "Cos", "Not", "IsNaN", "Hardmax", "LpNormalization",
    "MeanVarianceNormalization", "CumSum", "Trilu",
)  # fmt: skip
"""Operators on each number, or along an axis, that keep the shape and have no weights."""

OPERATORS: dict[str, Reader] = {
    "Conv": maps.conv, "ConvTranspose": maps.conv_transpose, "Gemm": ops.gemm, "MatMul": ops.matmul, "Pad": ops.pad,
    "Einsum": ops.einsum,
    "MaxPool": maps.pool("maxpool"), "AveragePool": maps.pool("avgpool"), "LpPool": maps.pool("avgpool"),
    "GlobalAveragePool": maps.global_pool("avgpool"), "GlobalMaxPool": maps.global_pool("maxpool"),
    "ReduceMean": ops.reduce("avgpool"), "ReduceMax": ops.reduce("maxpool"),
    **{
        name: ops.reduce()
        for name in (
            "ReduceSum", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp",
            "ReduceSumSquare", "ArgMax", "ArgMin",
        )
    },
    "Add": ops.joined("add"), "Sum": ops.joined("add"), "Mul": ops.joined("multiply"), "Concat": ops.concat,
    "Sub": ops.joined("subtract", "sub"), "Div": ops.joined("divide", "div"), "Mean": ops.joined("average"),
    "Max": ops.joined("maximum"), "Min": ops.joined("minimum"), "Pow": ops.arithmetic("pow"),
    "Mod": ops.arithmetic("mod"), "Split": shapes.split,
    **{
        name: ops.shape_kept(name.lower())
        for name in ("Where", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "And", "Or", "Xor")
    },
    "BatchNormalization": ops.batchnorm, "LayerNormalization": ops.layernorm("layernorm"),
    "RMSNormalization": ops.layernorm("rmsnorm"), "InstanceNormalization": ops.groupnorm,
    "GroupNormalization": ops.groupnorm, "LRN": ops.activation("lrn"), "PRelu": ops.prelu,
    "Dropout": ops.dropout, "Clip": ops.clip, "LeakyRelu": ops.activation("leaky"),
    **{name: ops.activation(name.lower()) for name in _REMARKS},
    **{name: ops.along_axis(name.lower()) for name in ("Softmax", "LogSoftmax")},
    "Resize": maps.upsample, "Upsample": maps.upsample,
    "DepthToSpace": maps.depth_to_space(False), "SpaceToDepth": maps.depth_to_space(True),
    "Flatten": shapes.flatten, "Reshape": shapes.reshape, "Squeeze": shapes.squeeze, "Unsqueeze": shapes.unsqueeze,
    "Transpose": shapes.transpose, "Gather": shapes.gather, "Slice": shapes.slice_, "Expand": shapes.expand,
    "Tile": shapes.tile,
    "Identity": shapes.same, "Cast": shapes.same, "CastLike": shapes.same, "QuantizeLinear": shapes.same,
    "DequantizeLinear": shapes.same,
    "RNN": shapes.recurrent("rnn"), "LSTM": shapes.recurrent("lstm"), "GRU": shapes.recurrent("gru"),
}  # fmt: skip
"""Operator → what reads it."""

_PASSING = frozenset({*_REMARKS, "Dropout", "Clip", "LeakyRelu", "LRN", "Identity", "Cast"})
"""Operators that keep the shape, whatever it is."""
_NO_WEIGHTS = frozenset({"Resize", "Upsample", "Clip", "Pad", "Range", "Where", "QuantizeLinear", "DequantizeLinear"})
"""Operators whose small tensors are settings."""


class Graph:
    """A graph that is being read: the layers found so far, and what each of its values is."""

    def __init__(self, onnx: Any, model: Any, path: str) -> None:
        self.onnx, self.model, self.graph, self.path = onnx, model, model.graph, path
        graph = self.graph
        self.values: dict[str, Operand] = {each.name: stored(each, each.name) for each in graph.initializer}
        self.values |= {
            each.values.name: Constant(tuple(each.dims), None, frozenset({each.values.name}))
            for each in graph.sparse_initializer
        }
        self.sizes = {each.name: max(0, math.prod(each.dims)) for each in graph.initializer if not is_whole(each)}
        self.sizes |= {each.values.name: math.prod(each.dims) for each in graph.sparse_initializer}
        dims = {each.name: tuple(each.dims) for each in graph.initializer}
        for copy, original in transposed_copies(graph.initializer).items():
            whole = self.values[copy]
            assert isinstance(whole, Constant)
            self.values[copy] = Constant(dims[copy], None, frozenset({original}), made=whole.array)
            del self.sizes[copy]
        for node in graph.node:
            found = constant(node) if node.op_type == "Constant" and node.output else None
            if found is not None:
                self.values[node.output[0]] = found
                if found.weights:
                    self.sizes.setdefault(node.output[0], found.size or 0)
        self.placed: dict[str, str] = {}
        """The layer that each weight of the file belongs to, "" where it is no parameter."""
        self.readers: Counter[str] = Counter(name for node in graph.node for name in node.input)
        self.readers.update(each.name for each in graph.output)
        self.read_by: dict[str, list[Any]] = defaultdict(list)
        for node in graph.node:
            for name in node.input:
                self.read_by[name].append(node)
        self.written = self.dimensions(graph)
        self.opset = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 1)
        self.batch = 1
        self.draft = self.started()

    def network(self) -> Network:
        for number, node in enumerate(self.graph.node, 1):
            self.node(number, node)
        for output in self.graph.output:
            self.ended(self.values.get(output.name))
        if self.graph.name and re.search(r"[A-Za-z]", self.graph.name):
            self.draft.title = printable(self.graph.name)
        self.draft.unplaced = sum(self.unplaced())
        return self.draft.finished()

    def ended(self, value: Operand | None) -> None:
        """An output is laid out as the file has it, but that maps may have their channels first."""
        if not isinstance(value, View) or not value.axes:
            return
        long, own = len(value.sizes), self.draft.shape(value.layer) or ()
        if len(own) == 1 and len(value.axes) in (4, 5) and value.axes[0] == BATCH:
            self.draft.arranged(value, [*range(2, len(value.axes)), 1])  # a map
            return
        if value.axes[0] == ONE and self.batch == 1:  # of axes of one place the first is the batch
            value = replace(value, axes=(BATCH, *(ONE if axis == BATCH else axis for axis in value.axes[1:])))
        if value.axes[0] == BATCH and ONE in value.axes:
            self.draft.arranged(value, range(1, len(value.axes)))
            return
        first = value.axes == (BATCH, long - 1, *range(long - 1)) and self.is_map(value.layer, long)
        real = [axis for axis in value.axes if axis >= 0]
        if value.sizes != own or not (first or real == sorted(real)):
            places = [at for at in range(len(value.axes)) if value.axes[at] >= 0]
            self.draft.arranged(value, [at for at in value.places if at in places] if first else places)

    def is_map(self, layer: str, axes: int) -> bool:
        """Whether a layer's output is a map or a signal, of which nobody says where its channels stand."""
        while layer in self.draft.layers and axes == 2:
            found = self.draft.layers[layer]
            order = KINDS[found.kind].order if found.kind in KINDS else "last"
            if order != "kept" or not found.inputs:
                return order == "first"
            layer = found.inputs[0]
        return axes > 2

    def unplaced(self) -> Iterator[int]:
        """The sizes of weights that nodes read, and that belong to no layer."""
        for name, size in self.sizes.items():
            value = self.values.get(name)
            literal = isinstance(value, Constant) and value.literal
            used = any(node.op_type not in _NO_WEIGHTS for node in self.read_by[name])
            if size > 1 and name not in self.placed and used and not literal:
                yield size

    # Inputs

    def started(self) -> Draft:
        inputs = [each for each in self.graph.input if each.name not in self.values]
        if not inputs:
            raise ProblemError(self.path, "", "the graph has no input")
        first, *others = inputs
        sizes, (axes, words) = self.sizes_of(first), self.axes(first)
        batch = sizes[axes.index(BATCH)] if axes else 1
        self.batch = batch if isinstance(batch, int) else 1
        shape, axes = self.entrance(sizes, axes, words)
        draft = Draft(self.path, shape, "pytorch", lenient=True)
        self.values[first.name] = View(INPUT, draft.input, axes)
        if self.readers[first.name] > 1:
            draft.shared.add(INPUT)
        for other in others:
            shape, axes = self.entrance(self.sizes_of(other), *self.axes(other))
            name = draft.another_input(printable(other.name), shape)
            self.values[other.name] = draft.view(name, axes) or Lost(name)
            if self.readers[other.name] > 1:
                draft.shared.add(name)
        return draft

    def entrance(
        self, sizes: Sequence[int | str | None], axes: tuple[int, ...], words: bool
    ) -> tuple[Shape, tuple[int, ...]]:
        """(the shape of an input, its axes as the file has them)."""
        own = [size for axis, size in sorted(zip(axes, sizes, strict=True), key=lambda pair: pair[0]) if axis >= 0]
        if not own:  # the batch alone, or a single number
            own, axes = list(sizes) or [1], (0,)[: len(sizes)]
        return input_shape(own, words=words), axes

    def sizes_of(self, value: Any) -> list[int | str | None]:
        found: list[int | str | None] = []
        for dim in value.type.tensor_type.shape.dim:
            size = dim.dim_value if dim.HasField("dim_value") else dim.dim_param or None
            if isinstance(size, int) and not 1 <= size <= _LARGEST:
                if found:
                    key = f"input {printable(value.name)}"
                    raise ProblemError(self.path, key, f"a size is a whole number from 1 to {_LARGEST}, not {size}")
                size = None  # 0 or −1 is how some programs write any batch
            found.append(size)
        if len(found) > _MOST_INPUT_AXES:
            rule = f"an input has at most {_MOST_INPUT_AXES} axes with its batch, not {shown(len(found))}"
            raise ProblemError(self.path, f"input {printable(value.name)}", rule)
        return found

    def axes(self, value: Any) -> tuple[tuple[int, ...], bool]:
        """(which axis of ours each axis of an input is, whether it is words): from what reads it, as the order of the
        axes is nowhere said. Behind transpositions a convolution reads (N, C, ...), a recurrent layer (L, N, C).
        """
        tensor = value.type.tensor_type
        rank = len(tensor.shape.dim)
        order = list(range(rank))
        name, passed = value.name, 0
        reader = None
        while passed < _MOST_PASSED:
            passed += 1
            reader = next((node for node in self.read_by[name] if node.op_type != "Shape"), None)
            if reader is None or reader.op_type not in ("Transpose", "Cast", "Identity") or not reader.output:
                break
            perm = next((tuple(each.ints) for each in reader.attribute if each.name == "perm"), None)
            if reader.op_type == "Transpose" and perm is not None and sorted(perm) == list(range(rank)):
                order = [order[at] for at in perm]
            name = reader.output[0]
        kind = reader.op_type if reader is not None else ""
        whole = tensor.elem_type in _WHOLE
        batch = order[0] if order else -1
        wanted = order[1:]
        if kind in _CONVOLUTIONAL and rank > 2:
            wanted = [*order[2:], order[1]]
        elif kind in _RECURRENT and rank == 3 and not _batch_first(reader):
            batch, wanted = order[1], [order[0], order[2]]
        elif kind not in _CONVOLUTIONAL:
            batch, wanted = 0, list(range(1, rank))
            sizes = [dim.dim_value for dim in tensor.shape.dim]
            if rank == 3 and sizes[0] > 1 and sizes[1] == 1:
                batch, wanted = 1, [0, 2]  # a batch of one is the second axis of a sequence
            if rank == 4 and not self.last_axis_first(value.name, rank):
                wanted = [2, 3, 1]
        axes = [BATCH if at == batch else wanted.index(at) for at in range(rank)]
        return tuple(axes), whole and rank < 3

    def last_axis_first(self, name: str, rank: int) -> bool:
        """Whether an image's last axis is its channels: something reads it along it."""
        return any(node.op_type in ("MatMul", "LayerNormalization", "Gather", "Reshape") for node in self.read_by[name])

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
        found = self.outputs(Node(self, node, operands, place))
        for name, value in zip(node.output, found, strict=False):
            if name in self.values and name:
                raise UserError(f"{place}: {printable(name)} is computed twice; names are used once")
            if not name:
                continue
            self.values[name] = value = self.compared(name, value)
            if self.readers[name] > 1 and isinstance(value, View | Lost):
                self.draft.shared.add(value.layer)

    def outputs(self, node: Node) -> list[Operand]:
        """What each output of a node is."""
        count = len(node.proto.output)
        layers = [operand for operand in node.operands if isinstance(operand, View | Lost)]
        if not layers:
            given = [operand if isinstance(operand, Constant) else None for operand in node.operands]
            made = folded(node.proto.op_type, given, node.attributes)
            return [self.with_dims(name, made) for name in node.proto.output]
        if node.proto.op_type == "Shape" and isinstance(layers[0], View):
            sizes = layers[0].shape(self.batch)[node.number("start", 0) : node.attributes.get("end")]
            return [Constant((len(sizes),), objects(sizes, (len(sizes),)), literal=True)] * count
        standard = node.proto.domain in ("", "ai.onnx")
        read = OPERATORS.get(node.proto.op_type) if standard else None
        if isinstance(layers[0], Lost) and len(layers) == 1 and node.proto.op_type in _PASSING and read is not None:
            word = "dropout" if node.proto.op_type == "Dropout" else node.proto.op_type.lower()
            words = () if read is shapes.same else (word,)
            return [Lost(self.draft.follow(layers[0].layer, words, place=node.place))] * count
        if any(isinstance(layer, Lost) for layer in layers):
            return self.unknown(node, "it reads an unknown layer" if read or node.proto.op_type == "Shape" else "")
        before = set(self.draft.layers)
        try:
            found = read(node) if read is not None else None
        except (ArithmeticError, LookupError, TypeError, ValueError):
            found = None  # attributes that no operator has
        if found is None:
            for name in [name for name in self.draft.layers if name not in before]:
                del self.draft.layers[name]
            return self.unknown(node)
        return found if isinstance(found, list) else [found] * count

    def with_dims(self, name: str, made: Constant) -> Constant:
        """With the dimensions that the standard's rules give, where we do not follow them."""
        if made.dims is not None or not name or not made.weights:
            return made
        dims = self.inferred.get(name)
        whole = dims is not None and all(isinstance(size, int) for size in dims)
        return replace(made, dims=dims) if whole else made

    def unknown(self, node: Node, why: str = "") -> list[Operand]:
        """A layer that is not known, with its weights, and its outputs as the file says they are."""
        names = [
            name for value in node.operands if isinstance(value, Constant) for name in value.weights
            if name not in self.placed and self.sizes.get(name, 0) > 1 and not value.literal
        ]  # fmt: skip
        held = sum(self.sizes[name] for name in set(names))
        reads = dict.fromkeys(value.layer for value in node.operands if isinstance(value, View | Lost))
        kind, stated = node.proto.op_type, self.stated(node.proto.output[0]) if node.proto.output else None
        shape = None if stated is None else stated[1:] if stated[:1] in ((1,), (self.batch,)) else stated
        layer = self.draft.unknown(kind, *reads, place=node.place, stated=shape, held=held)
        if why:
            self.draft.layers[layer] = replace(self.draft.layers[layer], why=why)
        self.placed |= dict.fromkeys(names, layer)
        found: list[Operand] = []
        for index, name in enumerate(node.proto.output):
            here = layer
            stated = self.stated(name)
            if index and name and self.readers[name]:
                shape = None if stated is None else stated[1:] if stated[:1] in ((1,), (self.batch,)) else stated
                here = self.draft.unknown(f"another output of {layer}", layer, place=node.place, stated=shape, held=0)
            axes = None
            if stated is not None and stated[:1] not in ((1,), (self.batch,)):
                axes = tuple(range(len(stated)))
            found.append(self.draft.view(here, axes) or Lost(here))
        return found

    # What the file says of shapes

    def compared(self, name: str, value: Operand) -> Operand:
        """The value, but as the file says it is where its dimensions differ from what we make of it."""
        stated = self.written.get(name)
        if not isinstance(value, View) or stated is None or value.layer not in self.draft.layers:
            return value
        if not differ(value.shape(self.batch), stated) or stated[:1] not in ((1,), (self.batch,)):
            return value
        layer = self.draft.layers[value.layer]
        worked = "×".join(map(str, value.shape(self.batch)[1:]))
        why = f"the file says that the output is {'×'.join(map(str, stated[1:]))}, but it is {worked}"
        held = sum(self.sizes[each] for each, owner in self.placed.items() if owner == layer.name)
        self.draft.doubt(layer, why, tuple(stated[1:]), held)
        return self.draft.view(layer.name) or Lost(layer.name)

    def stated(self, name: str) -> Shape | None:
        """The dimensions of a value that the file says, or that follow by the standard's rules."""
        if not name:
            return None
        found = self.written.get(name) or self.inferred.get(name)
        return found if found and all(not isinstance(size, str | None) for size in found) else None

    def dimensions(self, graph: Any) -> dict[str, Any]:
        """Those of a graph's values whose sizes are all numbers."""
        found = {}
        for value in (*graph.value_info, *graph.output):
            tensor = value.type.tensor_type
            sizes = [dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim]
            if tensor.HasField("shape") and all(isinstance(size, int) and size > 0 for size in sizes):
                found[value.name] = tuple(sizes)
        return found

    @cached_property
    def inferred(self) -> dict[str, Any]:
        """What follows by the standard's rules of shapes, for a batch of one where the file leaves it open."""
        small = type(self.model)()
        small.CopyFrom(self.skeleton())
        try:
            made = self.onnx.shape_inference.infer_shapes(small, data_prop=True)
        except Exception:  # the checker's own errors, for a graph that breaks a rule
            return {}
        return self.dimensions(made.graph)

    def skeleton(self) -> Any:
        """The model with a batch of one, and without what is in its large tensors."""
        small = type(self.model)()
        small.ir_version = self.model.ir_version
        small.opset_import.extend(self.model.opset_import)
        graph = small.graph
        graph.name = self.graph.name
        graph.node.extend(self.graph.node)
        graph.output.extend(self.graph.output)
        graph.value_info.extend(self.graph.value_info)
        for value in self.graph.input:
            given = graph.input.add()
            given.CopyFrom(value)
            dims = given.type.tensor_type.shape.dim
            if value.name not in self.sizes and dims and not dims[0].HasField("dim_value"):
                dims[0].dim_value = 1
        for tensor in self.graph.initializer:
            if math.prod(tensor.dims) <= _MOST_KEPT:
                graph.initializer.append(tensor)
            else:
                elements = self.onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tuple(tensor.dims))
                graph.input.append(elements)
        return small

    # Weights

    def owner(self, constant: Constant | None) -> str:
        """The layer that has all these weights already, "" for none."""
        if constant is None or not constant.weights:
            return ""
        owners = {self.placed.get(name, "") for name in constant.weights}
        return owners.pop() if len(owners) == 1 else ""

    def place_weights(self, layer: str, *constants: Constant | None) -> int:
        """Notes that the weights are the layer's; how many numbers they have that belonged to none. Of no layer yet it
        only counts."""
        count = 0
        for name in {name for each in constants if each is not None for name in each.weights}:
            if name not in self.placed:
                count += self.sizes.get(name, 0)
                if layer:
                    self.placed[name] = layer
        return count

    def not_learned(self, *constants: Constant | None) -> None:
        """Notes that the tensors are no parameters, such as the state that a recurrent layer starts from."""
        for name in {name for each in constants if each is not None for name in each.weights}:
            self.placed.setdefault(name, "")

    def named(self, constant: Constant) -> bool:
        """Whether it is a parameter of the program that wrote the file, under its name or laid out anew."""
        if self.model.producer_name != "pytorch" or constant.literal:
            return False
        folded = ("onnx::Mul_", "onnx::Add_") if len(constant.dims or ()) > 2 else ()
        return any(name.startswith(folded) or not name.startswith(UNNAMED) for name in constant.weights)

    # What nodes ask of one another

    def readers_of(self, name: str) -> list[Any]:
        return self.read_by[name]

    def times_read(self, name: str) -> int:
        return self.readers[name]

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
        return isinstance(index, Constant) and index.whole() == (-1,) and index.dims == ()
