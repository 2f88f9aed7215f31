"""A network with its trained arrays as an ONNX model: batch first, channels before rows and columns, steps second.

Arrays have PyTorch's shapes and the names `layer.weight`, `layer.bias`, `layer.weight_ih_l0`, ..., as a checkpoint has
them. Operators are those of the standard's opset 17; a GRU resets after its product, as PyTorch's does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from math import prod
from typing import Any, ClassVar

from ...errors import UserError
from ..network import INPUT, Network
from ..sizes import Sizes
from ..table import Row

OPSET = 17
IR_VERSION = 8
EPS = {"batchnorm": 1e-5, "layernorm": 1e-5}
"""PyTorch's, which training has too."""
ORDER = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2), "rnn": (0,)}
"""The blocks of PyTorch's gates in ONNX's order: i o f c of i f g o, z r h of r z n."""
_OPERATORS = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}
_SIMPLE = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "softplus": "Softplus", "hardswish": "HardSwish"}


def model(network: Network, arrays: Mapping[str, Any]) -> bytes:
    """The bytes of an .onnx file. UserError: the onnx package is missing, or a layer that is not written."""
    try:
        onnx = import_module("onnx")
    except ImportError:
        raise UserError('an ONNX file is written by the onnx package: pip install "dlcalc[onnx]"') from None
    return _Graph(onnx, network, arrays).model()


class _Graph(Sizes):
    convention: ClassVar[str] = "textbook"
    lacking: ClassVar[str] = "is not written as ONNX"

    def __init__(self, onnx: Any, network: Network, arrays: Mapping[str, Any]) -> None:
        super().__init__(network)
        self.onnx, self.arrays = onnx, arrays
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.values: dict[str, tuple[str, str]] = {}
        """Layer → the name of its value there and its form: maps, signals, steps or vector."""
        self.layer = ""

    def model(self) -> bytes:
        helper, numpy_helper, kinds = self.onnx.helper, self.onnx.numpy_helper, self.onnx.TensorProto
        shape = tuple(self.number(self.rows[0], size) for size in self.network.input)
        words = self.rows[0].layer.kind == "embedding"
        form = "steps" if self.network.sequence or words else {1: "vector", 2: "signals"}.get(len(shape), "maps")
        given = shape if form in ("steps", "vector") else (shape[-1], *shape[:-1])
        self.values[INPUT] = INPUT, form
        for row in self.rows:
            self._write(row)
        read = {name for row in self.rows for name in row.layer.inputs}
        ends = [row for row in self.rows if row.layer.name not in read]
        outputs = []
        for row in ends:
            name, form = self.values[row.layer.name]
            sizes = tuple(self.number(row, size) for size in row.output)
            made = sizes if form in ("steps", "vector") else (sizes[-1], *sizes[:-1])
            self.nodes.append(helper.make_node("Identity", [name], [f"{row.layer.name}.output"]))
            outputs.append(helper.make_tensor_value_info(f"{row.layer.name}.output", kinds.FLOAT, ["N", *made]))
        entry = helper.make_tensor_value_info(INPUT, kinds.INT64 if words else kinds.FLOAT, ["N", *given])
        held = [numpy_helper.from_array(array, name) for name, array in self.constants.items()]
        graph = helper.make_graph(self.nodes, self.network.id[:80] or "network", [entry], outputs, held)
        made_model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="dlcalc")
        made_model.ir_version = IR_VERSION
        self.onnx.checker.check_model(made_model)
        return bytes(made_model.SerializeToString())

    # nodes and what they read

    def op(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node; the name of what it makes."""
        return self.several(operator, inputs, 1, **attributes)[0]

    def several(self, operator: str, inputs: Sequence[str], count: int, **attributes: Any) -> list[str]:
        """A node that makes so many values."""
        names = [f"{self.layer}.{len(self.nodes)}{'' if not place else f'.{place}'}" for place in range(count)]
        self.nodes.append(self.onnx.helper.make_node(operator, list(inputs), names, **attributes))
        return names

    def whole(self, *numbers: int) -> str:
        """A constant of whole numbers."""
        import numpy as np

        name = f"whole {' '.join(map(str, numbers))}"
        self.constants[name] = np.array(numbers, np.int64)
        return name

    def floats(self, name: str, array: Any) -> str:
        """A constant of float32."""
        import numpy as np

        self.constants[name] = np.ascontiguousarray(array, np.float32)
        return name

    def weight(self, row: Row, leaf: str, shape: Sequence[int] | None = None) -> str:
        """An array of the layer, or of the one whose weights it uses, perhaps reshaped; "" for one it has not."""
        own = leaf == "bias" and row.layer.own_bias
        name = f"{row.layer.name if own or not row.layer.shares else row.layer.shares}.{leaf}"
        if name not in self.arrays:
            return ""
        array = self.arrays[name]
        return self.floats(f"{row.layer.name}.{leaf}", array if shape is None else array.reshape(shape))

    def read(self, row: Row, index: int = 0) -> tuple[str, str]:
        return self.values[row.layer.inputs[index]]

    def as_steps(self, value: tuple[str, str]) -> str:
        name, form = value
        return self.op("Transpose", name, perm=[0, 2, 1]) if form == "signals" else name

    def as_channels(self, value: tuple[str, str]) -> tuple[str, str]:
        name, form = value
        return (self.op("Transpose", name, perm=[0, 2, 1]), "signals") if form == "steps" else value

    def reshaped(self, name: str, *sizes: int) -> str:
        """0: as it was."""
        return self.op("Reshape", name, self.whole(*sizes))

    # layers

    def _write(self, row: Row) -> None:
        layer = row.layer
        self.layer = layer.name
        if layer.kind == "input":
            raise self.refused(row, "only networks with one input can be written")
        make: Callable[[Row], tuple[str, str]] | None = getattr(self, f"_{layer.kind.replace('-', '_')}", None)
        if make is None or layer.over:
            raise self.refused(row, "there is no operator for it here")
        name, form = make(row)
        for word in self.words(row):
            if not word.startswith("dropout"):
                name = self._activated(row, name, form, word)
        self.values[layer.name] = name, form

    def _activated(self, row: Row, x: str, form: str, word: str) -> str:
        if word in _SIMPLE:
            return self.op(_SIMPLE[word], x)
        match word:
            case "linear" | "identity":
                return x
            case "leaky":
                return self.op("LeakyRelu", x, alpha=0.01)
            case "elu":
                return self.op("Elu", x)
            case "hardsigmoid":
                return self.op("HardSigmoid", x, alpha=1 / 6, beta=0.5)
            case "relu6":
                return self.op("Clip", x, self.floats("zero", 0), self.floats("six", 6))
            case "swish":
                return self.op("Mul", x, self.op("Sigmoid", x))
            case "gelu":
                part = self.op("Erf", self.op("Mul", x, self.floats("root of a half", 0.5**0.5)))
                share = self.op("Mul", self.op("Add", part, self.floats("one", 1)), self.floats("half", 0.5))
                return self.op("Mul", x, share)
            case "softmax" | "logsoftmax" | "log_softmax" if form in ("steps", "vector"):
                return self.op("Softmax" if word == "softmax" else "LogSoftmax", x, axis=-1)
        raise self.refused(row, f"there is no operator for {word[:30]}")

    def _dense(self, row: Row) -> tuple[str, str]:
        m, n = self.one(row, "m"), self.one(row, "n")
        name, form = self.read(row)
        steps = len(self.before(row)) == 2
        x = self.as_steps((name, form)) if steps else self._flat((name, form), n)
        weight = self.floats(f"{row.layer.name}.weight", self.arrays[self._shared(row, "weight")].reshape(m, n).T)
        made = self.op("MatMul", x, weight)
        bias = self.weight(row, "bias")
        return (self.op("Add", made, bias) if bias else made), "steps" if steps else "vector"

    def _shared(self, row: Row, leaf: str) -> str:
        return f"{row.layer.shares or row.layer.name}.{leaf}"

    def _flat(self, value: tuple[str, str], size: int) -> str:
        name, form = value
        return name if form == "vector" else self.reshaped(name, 0, size)

    def _flatten(self, row: Row) -> tuple[str, str]:
        return self._flat(self.read(row), prod(self.number(row, size) for size in row.output)), "vector"

    def _reshape(self, row: Row) -> tuple[str, str]:
        sizes = [self.number(row, size) for size in row.output]
        x = self._flat(self.read(row), prod(sizes))
        if len(sizes) == 2:
            return self.reshaped(x, 0, *sizes), "steps"
        return (self.reshaped(x, 0, sizes[-1], *sizes[:-1]), "maps") if len(sizes) > 2 else (x, "vector")

    def _dropout(self, row: Row) -> tuple[str, str]:
        return self.read(row)

    def _activation(self, row: Row) -> tuple[str, str]:
        return self.read(row)

    def _padding(self, row: Row) -> list[int]:
        if self.flag(row, "same"):
            return [*self.along(row, "pad_begin"), *self.along(row, "pad_end")]
        return [*self.along(row, "p")] * 2

    def _window(self, row: Row, dilated: bool = True) -> dict[str, Any]:
        found = {"kernel_shape": [*self.along(row, "f")], "strides": [*self.along(row, "s")]}
        return found | ({"dilations": [*self.along(row, "d")]} if dilated else {})

    def _conv(self, row: Row) -> tuple[str, str]:
        x, form = self.as_channels(self.read(row))
        given = [x, self.weight(row, "weight"), self.weight(row, "bias")]
        made = self.op("Conv", *(name for name in given if name), group=self.one(row, "groups"),
                       pads=self._padding(row), **self._window(row))  # fmt: skip
        return made, form

    def _depthwise(self, row: Row) -> tuple[str, str]:
        return self._conv(row)

    def _conv_transpose(self, row: Row) -> tuple[str, str]:
        x, form = self.as_channels(self.read(row))
        given = [x, self.weight(row, "weight"), self.weight(row, "bias")]
        made = self.op("ConvTranspose", *(name for name in given if name), group=self.one(row, "groups"),
                       pads=self._padding(row), output_padding=[*self.along(row, "output_padding")],
                       **self._window(row))  # fmt: skip
        return made, form

    def _maxpool(self, row: Row) -> tuple[str, str]:
        x, form = self.as_channels(self.read(row))
        return self.op("MaxPool", x, pads=self._padding(row), ceil_mode=int(self.flag(row, "ceil")),
                       **self._window(row)), form  # fmt: skip

    def _avgpool(self, row: Row) -> tuple[str, str]:
        x, form = self.as_channels(self.read(row))
        return self.op("AveragePool", x, pads=self._padding(row), ceil_mode=int(self.flag(row, "ceil")),
                       count_include_pad=int(not self.flag(row, "same")), **self._window(row, False)), form  # fmt: skip

    def _global(self, row: Row, operator: str) -> tuple[str, str]:
        x, _ = self.as_channels(self.read(row))
        return self.reshaped(self.op(operator, x), 0, -1), "vector"

    def _global_avgpool(self, row: Row) -> tuple[str, str]:
        return self._global(row, "GlobalAveragePool")

    def _global_maxpool(self, row: Row) -> tuple[str, str]:
        return self._global(row, "GlobalMaxPool")

    def _subsampling(self, row: Row) -> tuple[str, str]:
        x, form = self.as_channels(self.read(row))
        c = self.one(row, "c")
        mean = self.op("AveragePool", x, **self._window(row, False))
        scaled = self.op("Mul", mean, self.weight(row, "weight", (1, c, 1, 1)))
        bias = self.weight(row, "bias", (1, c, 1, 1))
        return (self.op("Add", scaled, bias) if bias else scaled), form

    def _batchnorm(self, row: Row) -> tuple[str, str]:
        import numpy as np

        given = self.read(row)
        x, form = self.as_channels(given)
        mean = self.weight(row, "running_mean")
        size = len(self.constants[mean])
        scale = self.weight(row, "weight") or self.floats(f"{row.layer.name}.weight", np.ones(size))
        shift = self.weight(row, "bias") or self.floats(f"{row.layer.name}.bias", np.zeros(size))
        made = self.op("BatchNormalization", x, scale, shift, mean, self.weight(row, "running_var"),
                       epsilon=EPS["batchnorm"])  # fmt: skip
        return (self.as_steps((made, form)), "steps") if given[1] == "steps" else (made, form)

    def _layernorm(self, row: Row) -> tuple[str, str]:
        given = self.read(row)
        x, form = self.as_steps(given), "steps" if given[1] == "signals" else given[1]
        if form == "maps":
            raise self.refused(row, "only the last axis of vectors and sequences is normalised")
        names = [x, self.weight(row, "weight"), self.weight(row, "bias")]
        return self.op("LayerNormalization", *(name for name in names if name), axis=-1,
                       epsilon=EPS["layernorm"]), form  # fmt: skip

    def _embedding(self, row: Row) -> tuple[str, str]:
        return self.op("Gather", self.weight(row, "weight"), self.read(row)[0]), "steps"

    # recurrent layers

    def _rnn(self, row: Row) -> tuple[str, str]:
        return self._recurrent(row)

    def _lstm(self, row: Row) -> tuple[str, str]:
        return self._recurrent(row)

    def _gru(self, row: Row) -> tuple[str, str]:
        return self._recurrent(row)

    def _recurrent(self, row: Row) -> tuple[str, str]:
        """Layers of cells above each other; ONNX has the steps first."""
        kind, m, both, layers = row.layer.kind, self.one(row, "m"), self.one(row, "D"), self.one(row, "L")
        inside = self.inside(row) or "tanh"
        more: dict[str, Any] = {"linear_before_reset": 1} if kind == "gru" else {}
        if kind == "rnn" and inside in ("tanh", "relu", "sigmoid"):
            more["activations"] = [inside.capitalize()] * both
        elif inside != "tanh":
            raise self.refused(row, f"there is no operator for a cell with {inside[:30]}")
        x = self.op("Transpose", self.as_steps(self.read(row)), perm=[1, 0, 2])
        direction = "bidirectional" if both == 2 else "forward"
        for layer in range(layers):
            given = [x, *self._cell(row, layer, both)]
            made, last = self.several(_OPERATORS[kind], given, 2, hidden_size=m, direction=direction, **more)
            if layer < layers - 1:  # (T, D, N, m) to (T, N, D·m)
                x = self.reshaped(self.op("Transpose", made, perm=[0, 2, 1, 3]), 0, 0, both * m)
        if self.flag(row, "sequence"):
            return self.reshaped(self.op("Transpose", made, perm=[2, 0, 1, 3]), 0, 0, both * m), "steps"
        return self.reshaped(self.op("Transpose", last, perm=[1, 0, 2]), 0, both * m), "vector"

    def _cell(self, row: Row, layer: int, both: int) -> list[str]:
        """W, R and B, (D, gates·m, n), (D, gates·m, m) and (D, 2·gates·m), with the gates in ONNX's order."""
        import numpy as np

        found: dict[str, list[Any]] = {"weight_ih": [], "weight_hh": [], "bias": []}
        for end in (f"_l{layer}", f"_l{layer}_reverse")[:both]:
            arrays: dict[str, Any] = {leaf: self.arrays.get(self._shared(row, f"{leaf}{end}"))
                      for leaf in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}  # fmt: skip
            order = ORDER[row.layer.kind]

            def reordered(array: Any, order: tuple[int, ...] = order) -> Any:
                blocks = np.split(array, len(order))
                return np.concatenate([blocks[gate] for gate in order])

            for leaf in ("weight_ih", "weight_hh"):
                found[leaf].append(reordered(arrays[leaf]))
            zero = np.zeros(len(arrays["weight_hh"]))
            biases = [arrays[leaf] if arrays[leaf] is not None else zero for leaf in ("bias_ih", "bias_hh")]
            found["bias"].append(np.concatenate([reordered(bias) for bias in biases]))
        name = f"{row.layer.name}.{{}}_l{layer}"
        return [self.floats(name.format(leaf), np.stack(arrays)) for leaf, arrays in found.items()]

    # joins

    def _joined(self, row: Row, operator: str) -> tuple[str, str]:
        values = [self.read(row, index) for index in range(len(row.layer.inputs))]
        steps = any(form == "steps" for _, form in values)
        names = [self.as_steps(value) if steps else value[0] for value in values]
        made = names[0]
        for other in names[1:]:
            made = self.op(operator, made, other)
        return made, "steps" if steps else values[0][1]

    def _add(self, row: Row) -> tuple[str, str]:
        return self._joined(row, "Add")

    def _subtract(self, row: Row) -> tuple[str, str]:
        return self._joined(row, "Sub")

    def _average(self, row: Row) -> tuple[str, str]:
        made, form = self._joined(row, "Add")
        return self.op("Mul", made, self.floats(f"{row.layer.name}.share", 1 / len(row.layer.inputs))), form

    def _multiply(self, row: Row) -> tuple[str, str]:
        if len({self.shapes[name] for name in row.layer.inputs}) > 1:
            raise self.refused(row, "only equal shapes are multiplied")
        return self._joined(row, "Mul")

    def _concat(self, row: Row) -> tuple[str, str]:
        if row.layer.settings.get("axis", len(row.output)) != len(row.output):
            raise self.refused(row, "only channels are joined")
        values = [self.read(row, index) for index in range(len(row.layer.inputs))]
        steps = any(form == "steps" for _, form in values)
        names = [self.as_steps(value) if steps else value[0] for value in values]
        form = "steps" if steps else values[0][1]
        return self.op("Concat", *names, axis=-1 if form in ("steps", "vector") else 1), form
