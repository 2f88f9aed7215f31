"""A network as a PyTorch module: its layers in `__init__`, one line each, and in `forward` a line with the shape.

PyTorch puts the batch and the channels first, (N, C, H, W), and sequences here batch first, (N, T, n); a signal with
one axis is (N, C, L) before a convolution and (N, L, C) before a dense or recurrent layer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar, Literal

from ...expressions import printing
from ...expressions.nodes import Value
from ..kinds import KINDS
from ..network import INPUT, Network
from ..table import Row
from .code import FILL_IN, Program, Raw, class_name, drop_rate, quoted, rate_of, shape_words

Order = Literal["first", "last"]
"""Where the channels stand."""

_ACTIVATIONS = {
    **{
        name: f"F.{function}({{}})"
        for name, function in {
            "relu": "relu", "relu6": "relu6", "leaky": "leaky_relu", "elu": "elu", "selu": "selu", "celu": "celu",
            "gelu": "gelu", "swish": "silu", "mish": "mish", "softplus": "softplus", "softsign": "softsign",
            "hardswish": "hardswish", "hard_swish": "hardswish", "hard_silu": "hardswish", "hardsigmoid": "hardsigmoid",
            "hard_sigmoid": "hardsigmoid",
        }.items()
    },
    "sigmoid": "torch.sigmoid({})", "tanh": "torch.tanh({})", "softmax": "F.softmax({}, dim={dim})",
    "logsoftmax": "F.log_softmax({}, dim={dim})", "log_softmax": "F.log_softmax({}, dim={dim})",
    "lrn": "F.local_response_norm({}, 5)",
}  # fmt: skip
"""Remark → the call around a value."""

_MODULE = frozenset({
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile", "cpu",
    "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer", "get_extra_state",
    "get_parameter", "get_submodule", "half", "ipu", "load_state_dict", "modules", "mtia", "named_buffers",
    "named_children", "named_modules", "named_parameters", "parameters", "register_backward_hook",
    "register_buffer", "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook",
    "register_module", "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook",
    "requires_grad_", "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train",
    "training", "type", "xpu", "zero_grad",
})  # fmt: skip
"""What every torch.nn.Module has already."""
_LOWEST = 'float("-inf")'
"""What max pooling pads with, so that the padding is never the largest."""


def written(network: Network, blank: bool = False) -> str:
    """The program, as an exercise if `blank`. UserError names the layer that PyTorch has no counterpart for, or where a
    letter is left."""
    return _PyTorch(network, blank).written()


class _PyTorch(Program):
    convention = "pytorch"
    reserved = _MODULE | {"x", "h", "torch", "nn", "self", "f"}

    _same_shape: ClassVar[frozenset[str]] = frozenset({"dropout", "activation", "lrn"})

    def __init__(self, network: Network, blank: bool) -> None:
        super().__init__(network, blank)
        self.orders: dict[str, Order] = {INPUT: "last" if network.sequence else "first"}
        self.kinds = {row.layer.name: row.layer.kind for row in self.rows}
        self.modules: list[str] = []
        self.steps: list[str] = []

    def written(self) -> str:
        for row in self.rows:
            self.add(row)
        ends = ", ".join(self.variables[name] for name in self.outputs)
        name = class_name(self.network.id)
        body = [
            f"class {name}(nn.Module):",
            "    def __init__(self):",
            "        super().__init__()",
            *(f"        {line}" for line in self.modules),
            "",
            f"    def forward(self, {', '.join(self.arguments)}):",
            *(f"        {line}" for line in self.steps),
            f"        return {ends}",
            *self.main(name),
        ]
        text = "\n".join(body)
        imports = ["import torch"] if re.search(r"\btorch\.", text) else []
        imports += ["from torch import nn"]
        imports += ["from torch.nn import functional as F"] if re.search(r"\bF\.", text) else []
        return "\n".join([*self.heading(), "", *imports, "", "", *([FILL_IN] if self.blank else []), text]) + "\n"

    def heading(self) -> list[str]:
        title = quoted(self.network.title) or "Network"
        sizes = ", ".join(["N", *map(printing.text, _first(self.network.input, self.orders[INPUT]))])
        words = f"{shape_words(self.network.input)}, in PyTorch a batch ({quoted(sizes)})"
        if self.rows[0].layer.kind == "embedding":
            words = f"{words} of word numbers"
        return [f'"""{title}.', "", f"Input: {words}.", '"""']

    def main(self, name: str) -> list[str]:
        """What the program prints when it is run: the shape for one input, and the parameters."""
        sizes = _first(self.network.input, self.orders[INPUT])
        if not all(isinstance(size, int) for size in sizes) or len(self.outputs) > 1 or len(self.arguments) > 1:
            return []
        words = ", dtype=torch.long" if self.rows[0].layer.kind == "embedding" else ""
        given = f"torch.zeros({', '.join(map(str, (1, *sizes)))}{words})"
        return [
            "",
            "",
            'if __name__ == "__main__":',
            f"    model = {name}().eval()",
            f"    print(tuple(model({given}).shape))",
            "    print(sum(p.numel() for p in model.parameters()))",
        ]

    # Lines

    def add(self, row: Row) -> None:
        """The lines of one layer."""
        layer = row.layer
        self.orders[layer.name] = self.order_of(row)
        write: Callable[[Row], str] | None = getattr(self, f"_{layer.kind.replace('-', '_')}", None)
        if layer.kind in self._same_shape:
            write = self._unchanged
        if layer.kind == "input":
            return  # an argument of `forward`
        if layer.over and layer.kind != "dense":
            raise self.refused(row, "PyTorch has no layer that works at every position of several axes")
        if write is None:
            raise self.refused(row, "PyTorch has no such layer")
        before = len(self.steps)
        expression = write(row)
        left = [word for word in self.words(row) if word not in _ACTIVATIONS and not word.startswith("dropout")]
        words = [word for word in self.words(row) if word not in left]
        target = self.variables[layer.name]
        if words and words[0] in _ACTIVATIONS and words[0] != "lrn":
            expression = self.activated(words.pop(0), expression, row)
        comment = f"  # {self.comment(row, left)}"
        if expression != target or before == len(self.steps):
            self.steps.append(f"{target} = {expression}{comment}")
        else:
            self.steps[-1] += comment
        for word in words:
            self.steps.append(f"{target} = {self.activated(word, target, row)}")

    def activated(self, word: str, value: str, row: Row) -> str:
        if word.startswith("dropout"):
            return self.call("F.dropout", Raw(value), drop_rate(word), training=(Raw("self.training"), None))
        last = self.orders[row.layer.name] == "last" or len(row.output) == 1
        return _ACTIVATIONS[word].format(value, dim=-1 if last else 1)

    def module(self, row: Row, code: str, *arguments: str) -> str:
        """Adds a module under the layer's name; the call of it, or of the one whose weights the layer uses."""
        owner = row.layer.shares
        if owner and (self.kinds[owner] != row.layer.kind or row.layer.own_bias):
            raise self.refused(row, f"it uses the weights of {owner}, which is another layer in PyTorch")
        name = self.name(owner or row.layer.name)
        if not owner:
            self.modules.append(f"self.{name} = {code}")
        return f"self.{name}({', '.join(arguments or [self.value(row)])})"

    def order_of(self, row: Row) -> Order:
        """The order of what a layer gives: one axis and channels may stand in either."""
        if len(row.output) != 2:
            return "first"
        order = KINDS[row.layer.kind].order
        kept = order == "kept" and row.layer.inputs
        return self.orders[row.layer.inputs[0]] if kept else "last" if order == "last" else "first"

    def value(self, row: Row, index: int = 0, order: Order = "first") -> str:
        """What the layer reads, with the channels where it wants them."""
        name = row.layer.inputs[index]
        variable, rank = self.variables[name], len(self.shapes[name])
        if rank < 2 or self.orders[name] == order:
            return variable
        if rank == 2:
            return f"{variable}.transpose(1, 2)"
        return f"{variable}.permute(0, {', '.join(map(str, range(2, rank + 1)))}, 1)"

    # Convolutions and pooling

    def padded(self, row: Row, fill: str = "") -> tuple[str, int | tuple[int, ...]]:
        """(what is read, the padding): unequal padding is a line of its own."""
        same = self.flag(row, "same")
        if not same:
            return self.value(row), self.given(row, "p")
        begin, end = self.along(row, "pad_begin"), self.along(row, "pad_end")
        if begin == end and not fill:
            return self.value(row), self.given(row, "pad_begin")
        if not any((*begin, *end)):
            return self.value(row), 0
        target = self.variables[row.layer.name]
        self.steps.append(f"{target} = {self.pad(self.value(row), begin, end, fill)}")
        return target, 0

    def pad(self, value: str, begin: tuple[int, ...], end: tuple[int, ...], fill: str = "") -> str:
        """F.pad, which begins with the last axis: left, right, top, bottom."""
        sides = tuple(size for pair in zip(reversed(begin), reversed(end), strict=True) for size in pair)
        return self.call("F.pad", Raw(value), sides, value=(Raw(fill), Raw("")))

    def _depthwise(self, row: Row) -> str:
        return self._conv(row)

    def _conv(self, row: Row) -> str:
        step_one = set(self.along(row, "s")) == {1}
        same = self.flag(row, "same") and step_one
        value, padding = (self.value(row), 0) if same else self.padded(row)
        code = self.call(
            f"nn.Conv{self.axes(row)}d",
            self.given(row, "c"),
            self.given(row, "k"),
            self.given(row, "f"),
            stride=(self.given(row, "s"), 1),
            padding=("same" if same else padding, 0),
            dilation=(self.given(row, "d"), 1),
            groups=(self.given(row, "groups"), 1),
            bias=(self.flag(row, "bias", True), True),
        )
        return self.module(row, code, value)

    def _conv_transpose(self, row: Row) -> str:
        code = self.call(
            f"nn.ConvTranspose{self.axes(row)}d",
            self.given(row, "c"),
            self.given(row, "k"),
            self.given(row, "f"),
            stride=(self.given(row, "s"), 1),
            padding=(self.given(row, "p"), 0),
            output_padding=(self.given(row, "output_padding"), 0),
            groups=(self.given(row, "groups"), 1),
            bias=(self.flag(row, "bias", True), True),
            dilation=(self.given(row, "d"), 1),
        )
        return self.module(row, code)

    def _maxpool(self, row: Row) -> str:
        return self.pool(row, "MaxPool", _LOWEST, dilation=(self.given(row, "d"), 1))

    def _avgpool(self, row: Row) -> str:
        if set(self.along(row, "d")) != {1}:
            raise self.refused(row, "PyTorch's average pooling has no dilation")
        alike = self.flag(row, "same") and self.given(row, "pad_begin") == self.given(row, "pad_end")
        return self.pool(row, "AvgPool", count_include_pad=(not (alike and any(self.along(row, "pad_end"))), True))

    def pool(self, row: Row, kind: str, fill: str = "", **usual: tuple[object, object]) -> str:
        f = self.given(row, "f")
        value, padding = (self.padded_before(row, fill), 0) if self.wide(row) else self.padded(row, fill)
        code = self.call(
            f"nn.{kind}{self.axes(row)}d",
            f,
            stride=(self.given(row, "s"), f),
            padding=(padding, 0),
            ceil_mode=(self.flag(row, "ceil"), False),
            **usual,
        )
        return self.module(row, code, value)

    def wide(self, row: Row) -> bool:
        """Padding of more than half of a window, which PyTorch's pooling refuses."""
        pairs = zip(self.along(row, "p"), self.along(row, "f"), strict=True) if not self.flag(row, "same") else ()
        return any(2 * p > f for p, f in pairs)

    def padded_before(self, row: Row, fill: str) -> str:
        """A line that pads."""
        if self.flag(row, "ceil"):
            raise self.refused(row, "PyTorch's pooling has at most half of the window as padding in ceil mode")
        target, p = self.variables[row.layer.name], self.along(row, "p")
        self.steps.append(f"{target} = {self.pad(self.value(row), p, p, fill)}")
        return target

    def _subsampling(self, row: Row) -> str:
        f, c = self.given(row, "f"), self.given(row, "c")
        mean = self.call("nn.AvgPool2d", f, stride=(self.given(row, "s"), f))
        scale = self.call("nn.Conv2d", c, c, 1, groups=(c, 1))
        return self.module(row, self.call("nn.Sequential", Raw(mean), Raw(scale)))

    def _global_avgpool(self, row: Row) -> str:
        return f"{self.value(row)}.mean(dim={self.spatial(row)})"

    def _global_maxpool(self, row: Row) -> str:
        return f"{self.value(row)}.amax(dim={self.spatial(row)})"

    def spatial(self, row: Row) -> str:
        axes = tuple(range(2, self.axes(row) + 2))
        return str(axes[0] if len(axes) == 1 else axes)

    def _adaptive_avgpool(self, row: Row) -> str:
        return self.module(row, self.call(f"nn.AdaptiveAvgPool{self.axes(row)}d", self.given(row, "o")))

    def _adaptive_maxpool(self, row: Row) -> str:
        return self.module(row, self.call(f"nn.AdaptiveMaxPool{self.axes(row)}d", self.given(row, "o")))

    def _pad(self, row: Row) -> str:
        return self.pad(self.value(row), self.along(row, "pad_begin"), self.along(row, "pad_end"))

    def _upsample(self, row: Row) -> str:
        return self.module(row, self.call("nn.Upsample", scale_factor=(self.given(row, "s"), None)))

    def _resize(self, row: Row) -> str:
        return self.call("F.interpolate", Raw(self.value(row)), size=(self.given(row, "o"), None))

    def _crop(self, row: Row) -> str:
        begin, end = self.along(row, "crop_begin"), self.along(row, "crop_end")
        return self.pad(self.value(row), tuple(-size for size in begin), tuple(-size for size in end))

    def _groupnorm(self, row: Row) -> str:
        c = self.number(row, row.output[-1])
        return self.module(row, self.call("nn.GroupNorm", self.number(row, row.layer.settings.get("groups", 1)), c))

    def _prelu(self, row: Row) -> str:
        count = self.number(row, row.count("parameters"))
        if row.layer.shares or count not in (1, row.output[-1]):
            raise self.refused(row, "PyTorch has one slope, or one for each channel")
        turned = self.orders[row.layer.name] == "last" and len(row.output) > 1
        if turned and count == 1:
            return self.module(row, self.call("nn.PReLU", count), self.value(row, order="last"))
        found = self.module(row, self.call("nn.PReLU", count))
        return f"{found}.transpose(1, 2)" if turned else found

    # Dense layers and shapes

    def _dense(self, row: Row) -> str:
        if row.layer.over:
            raise self.refused(row, "PyTorch has the channels at another place in a tensor with so many axes")
        sequence = len(self.before(row)) == 2
        value = self.value(row, order="last" if sequence else "first")
        value = f"torch.flatten({value}, 1)" if len(self.before(row)) > 2 else value
        n, m, bias = self.given(row, "n"), self.given(row, "m"), self.flag(row, "bias", True)
        return self.module(row, self.call("nn.Linear", n, m, bias=(bias, True)), value)

    def _flatten(self, row: Row) -> str:
        return f"torch.flatten({self.value(row, order=self.orders[row.layer.inputs[0]])}, 1)"

    def _reshape(self, row: Row) -> str:
        order, before, rank = self.orders[row.layer.name], self.before(row), len(row.output)
        if len(before) < 2 or (len(before) == rank > 2 and before[-1] == row.output[-1]):
            sizes = [self.number(row, size) for size in _first(row.output, order)]
            return self.call(f"{self.value(row)}.reshape", Raw("-1"), *sizes)
        sizes = [self.number(row, size) for size in row.output]  # channels take part, in the table's order
        found = self.call(f"{self.value(row, order='last')}.reshape", Raw("-1"), *sizes)
        axes = ", ".join(map(str, range(1, rank)))
        return f"{found}.permute(0, {rank}, {axes})" if order == "first" and rank > 1 else found

    def _unchanged(self, row: Row) -> str:
        value = self.value(row, order=self.orders[row.layer.inputs[0]])
        if row.layer.kind == "dropout":
            return self.module(row, self.call("nn.Dropout", rate_of(row.layer)), value)
        return self.activated("lrn", value, row) if row.layer.kind == "lrn" else value

    def _batchnorm(self, row: Row) -> str:
        value = self.module(row, self.call(f"nn.BatchNorm{max(1, self.axes(row))}d", self.given(row, "c")))
        if not self.flag(row, "shift", True):
            raise self.refused(row, "PyTorch's batch normalisation has a shift")
        if not self.flag(row, "scale", True):
            self.modules.append(f"self.{self.name(row.layer.name)}.weight = None  # no scale")
        return value

    def _layernorm(self, row: Row) -> str:
        if row.layer.settings.get("axes", 1) != 1:
            raise self.refused(row, "PyTorch has the normalised axes at another place")
        code = self.call("nn.LayerNorm", self.given(row, "n"), bias=(self.flag(row, "bias", True), True))
        value, rank = self.module(row, code, self.value(row, order="last")), len(row.output)
        return f"{value}.permute(0, {rank}, {', '.join(map(str, range(1, rank)))})" if rank > 2 else value

    def _rmsnorm(self, row: Row) -> str:
        if row.layer.settings.get("axes", 1) != 1:
            raise self.refused(row, "PyTorch has the normalised axes at another place")
        value, rank = self.module(row, self.call("nn.RMSNorm", self.given(row, "n")), self.value(row, order="last")), 0
        rank = len(row.output)
        return f"{value}.permute(0, {rank}, {', '.join(map(str, range(1, rank)))})" if rank > 2 else value

    def _slice(self, row: Row) -> str:
        """Steps of a sequence."""
        if len(self.before(row)) != 2 or row.layer.settings.get("axis", 1) != 1:
            raise self.refused(row, "only the steps of a sequence are taken")
        start, size = self.setting(row, "start", 0), self.setting(row, "size", 1)
        value = self.value(row, order="last")
        if self.flag(row, "drop"):
            return f"{value}[:, {start}]"
        return f"{value}[:, {start}:{start + size or ''}]"

    def _repeat(self, row: Row) -> str:
        if len(row.output) != 2:
            raise self.refused(row, "only a vector is repeated")
        return f"{self.value(row)}.unsqueeze(1).repeat(1, {self.number(row, row.output[0])}, 1)"

    # Several inputs

    def joined(self, row: Row) -> list[str]:
        """The inputs of an operation on equal shapes, element by element."""
        if len({len(self.before(row, index)) for index in range(len(row.layer.inputs))}) > 1:
            raise self.refused(row, "PyTorch has the channels first, so shapes of other lengths do not fit")
        return [self.value(row, index, self.orders[row.layer.name]) for index in range(len(row.layer.inputs))]

    def _subtract(self, row: Row) -> str:
        return " - ".join(self.joined(row))

    def _divide(self, row: Row) -> str:
        return " / ".join(self.joined(row))

    def _average(self, row: Row) -> str:
        return f"({' + '.join(self.joined(row))}) / {len(row.layer.inputs)}"

    def _maximum(self, row: Row) -> str:
        return self.nested("torch.maximum", self.joined(row))

    def _minimum(self, row: Row) -> str:
        return self.nested("torch.minimum", self.joined(row))

    def nested(self, function: str, values: list[str]) -> str:
        found = values[0]
        for value in values[1:]:
            found = f"{function}({found}, {value})"
        return found

    def _matmul(self, row: Row) -> str:
        if any(len(self.before(row, index)) != 2 for index in range(len(row.layer.inputs))):
            raise self.refused(row, "only sequences are multiplied")
        left, right = ([self.value(row, index, "last") for index in range(len(row.layer.inputs))] * 2)[:2]
        return f"{left} @ {right}{'.transpose(1, 2)' if self.flag(row, 'transposed') else ''}"

    def _add(self, row: Row) -> str:
        order = self.orders[row.layer.name]
        return " + ".join(self.value(row, index, order) for index in range(len(row.layer.inputs)))

    def _multiply(self, row: Row) -> str:
        order, factors = self.orders[row.layer.name], []
        for index in range(len(row.layer.inputs)):
            value, missing = self.value(row, index, order), len(row.output) - len(self.before(row, index))
            spread = "[:, None]" if order == "last" else f"[:, :{', None' * missing}]"
            factors.append(f"{value}{spread}" if missing else value)
        return " * ".join(factors)

    def _concat(self, row: Row) -> str:
        if row.layer.settings.get("axis", len(row.output)) != len(row.output):
            raise self.refused(row, "only channels are joined")
        order = self.orders[row.layer.name]
        values = ", ".join(self.value(row, index, order) for index in range(len(row.layer.inputs)))
        return f"torch.cat(({values}), dim={1 if order == 'first' else -1})"

    def _split(self, row: Row) -> str:
        part = row.layer.settings.get("part", 1)
        pieces = self.call("torch.chunk", Raw(self.value(row)), self.given(row, "parts"), dim=(Raw("1"), None))
        return f"{pieces}[{self.number(row, part) - 1}]"

    def _shuffle(self, row: Row) -> str:
        return self.module(row, self.call("nn.ChannelShuffle", self.given(row, "groups")))

    def _pixel_shuffle(self, row: Row) -> str:
        return self.module(row, self.call("nn.PixelShuffle", self.given(row, "r")))

    def _attention(self, row: Row) -> str:
        values = [self.value(row, index, "last") for index in range(len(row.layer.inputs))]
        if row.working is not None and row.working.formula.id == "cross_attention":
            return self.cross_attention(row, values)
        code = self.call(
            "nn.MultiheadAttention",
            self.given(row, "d"),
            self.given(row, "h"),
            bias=(self.flag(row, "bias", True), True),
            batch_first=(True, False),
        )
        return f"{self.module(row, code, *(values * 3)[:3] if len(values) == 1 else (*values, values[-1])[:3])}[0]"

    def cross_attention(self, row: Row, values: list[str]) -> str:
        d, h = self.one(row, "d"), self.one(row, "h")
        if self.one(row, "d_k") * h != d or self.one(row, "d_v") * h != d or self.one(row, "m") != d:
            raise self.refused(row, "PyTorch's heads share the size of the model")
        code = self.call("nn.MultiheadAttention", d, h, bias=(self.flag(row, "bias", True), True),
                         kdim=(self.one(row, "n_k"), d), vdim=(self.one(row, "n_v"), d),
                         batch_first=(True, False))  # fmt: skip
        return f"{self.module(row, code, *(*values, values[-1])[:3])}[0]"

    # Sequences

    def _embedding(self, row: Row) -> str:
        return self.module(row, self.call("nn.Embedding", self.given(row, "v"), self.given(row, "n")))

    def _rnn(self, row: Row) -> str:
        return self.recurrent(row, "RNN", "h")

    def _lstm(self, row: Row) -> str:
        return self.recurrent(row, "LSTM", "(h, _)")

    def _gru(self, row: Row) -> str:
        if not self.flag(row, "reset_after", True):
            raise self.refused(row, "PyTorch's GRU has two bias vectors, this one (reset_after = false) has one")
        return self.recurrent(row, "GRU", "h")

    def recurrent(self, row: Row, cell: str, state: str) -> str:
        inside = self.inside(row) or "tanh"
        if inside != "tanh" and (cell != "RNN" or inside != "relu"):
            raise self.refused(row, f"PyTorch's nn.{cell} has no activation {inside[:30]}")
        kind = {"nonlinearity": (inside, "tanh")} if cell == "RNN" else {}
        code = self.call(
            f"nn.{cell}",
            self.given(row, "n"),
            self.given(row, "m"),
            **kind,
            num_layers=(self.given(row, "L"), 1),
            bias=(self.flag(row, "bias", True), True),
            batch_first=(True, False),
            bidirectional=(self.given(row, "D") == 2, False),
        )
        run = self.module(row, code, self.value(row, order="last"))
        target = self.variables[row.layer.name]
        if self.flag(row, "sequence"):
            self.steps.append(f"{target}, _ = {run}")
            return target
        if self.given(row, "D") == 1:
            self.steps.append(f"{target}, _ = {run}")
            return f"{target}[:, -1]"
        self.steps.append(f"_, {state} = {run}")
        return "torch.cat((h[-2], h[-1]), dim=1)"


def _first(sizes: tuple[Value, ...], order: Order) -> tuple[Value, ...]:
    """A shape with its channels where PyTorch has them."""
    return (sizes[-1], *sizes[:-1]) if len(sizes) > 1 and order == "first" else sizes
