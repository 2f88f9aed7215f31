"""A network as a Keras model in the functional style: a line for each layer, with the shape that comes out.

Keras 3 puts the channels last, as we do. It has no padding but "same" and none, so any other padding is a layer of its
own there, and so is the cropping of a transposed convolution.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import prod

from ...expressions.nodes import Value
from ..network import INPUT, Network
from ..table import Row
from .code import FILL_IN, Program, Raw, call, drop_rate, quoted, rate_of, shape_words, unused

_ACTIVATIONS = {
    **{
        name: name
        for name in (
            "relu", "relu6", "sigmoid", "tanh", "softmax", "elu", "selu", "gelu", "softplus", "softsign", "celu",
            "mish", "log_softmax", "hard_sigmoid", "hard_silu",
        )
    },
    "leaky": "leaky_relu", "swish": "silu", "logsoftmax": "log_softmax", "hardsigmoid": "hard_sigmoid",
    "hardswish": "hard_silu", "hard_swish": "hard_silu",
}  # fmt: skip
"""Remark → Keras's name."""
_WITH_ACTIVATION = frozenset({"conv", "depthwise", "conv-transpose", "dense", "activation"})
"""Kinds whose layers there take an activation as an argument."""


def written(network: Network, blank: bool = False) -> str:
    """The program, as an exercise if `blank`. UserError names the layer that Keras has no counterpart for, or where a
    letter is left."""
    return _Keras(network, blank).written()


def _merging(layer: str) -> Callable[[_Keras, Row, str], str]:
    """How a layer is written that takes all its inputs at once and has no settings."""
    return lambda writer, row, x: f"{writer.layer(row, layer)}([{', '.join(writer.read(row))}])"


class _Keras(Program):
    convention = "keras"
    reserved = frozenset({"x", "inputs", "keras", "layers", "model"})

    def __init__(self, network: Network, blank: bool) -> None:
        super().__init__(network, blank)
        self.variables[INPUT] = "inputs"
        self.strings: dict[str, str] = {}
        self.string_counts: dict[str, int] = {}
        self.kinds = {row.layer.name: row.layer.kind for row in self.rows}
        self.owners = {row.layer.shares for row in self.rows}
        """Layers whose weights others use too."""
        self.activation = ""
        """Of the layer that is being written, where it is an argument of it."""
        self.steps: list[str] = []

    def written(self) -> str:
        for row in self.rows:
            self.add(row)
        ends = [self.variables[name] for name in self.outputs]
        inputs = "inputs" if len(self.arguments) == 1 else f"[{', '.join(self.arguments)}]"
        output = ends[0] if len(ends) == 1 else f"[{', '.join(ends)}]"
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", self.network.id).strip("_.-") or "network"
        sizes = tuple(size if isinstance(size, int) else None for size in self.network.input)
        words = {"dtype": ("int32", None)} if self.rows[0].layer.kind == "embedding" else {}
        return "\n".join(
            [
                f'"""{quoted(self.network.title) or "Network"}."""',
                "",
                "import keras",
                "from keras import layers",
                "",
                *([FILL_IN] if self.blank else []),
                f"inputs = {call('keras.Input', sizes, **words)}  # {quoted(shape_words(self.network.input))}",
                *self.more_inputs(),
                *self.steps,
                "",
                f'model = keras.Model({inputs}, {output}, name="{name}")',
                "",
                'if __name__ == "__main__":',
                "    model.summary()",
                "",
            ]
        )

    def more_inputs(self) -> list[str]:
        """A line for each input besides the first."""
        found = []
        for name in self.others:
            sizes = tuple(size if isinstance(size, int) else None for size in self.shapes[name])
            comment = quoted(shape_words(self.shapes[name]))
            found.append(f"{self.variables[name]} = {call('keras.Input', sizes)}  # {comment}")
        return found

    # Lines

    def add(self, row: Row) -> None:
        """The lines of one layer."""
        layer = row.layer
        write: Callable[[Row, str], str] | None = getattr(self, f"_{layer.kind.replace('-', '_')}", None)
        if write is None:
            raise self.refused(row, "Keras has no such layer")
        if layer.kind == "input":
            return  # at the top
        if layer.over and layer.kind != "dense":
            raise self.refused(row, "only dense layers are written for every position of several axes")
        known = [word for word in self.words(row) if word in _ACTIVATIONS or word.startswith("dropout")]
        left = [word for word in self.words(row) if word not in known]
        shared = layer.shares or layer.name in self.owners
        inside = layer.kind in _WITH_ACTIVATION and bool(known) and known[0] in _ACTIVATIONS and not shared
        self.activation = _ACTIVATIONS[known.pop(0)] if inside else ""
        if self.inside(row) and self.inside(row) != "tanh":
            if self.inside(row) not in _ACTIVATIONS:
                raise self.refused(row, f"Keras has no activation {self.inside(row)[:30]}")
            self.activation = _ACTIVATIONS[self.inside(row)]
        target = self.variables[layer.name]
        expression = write(row, self.read(row)[0])
        self.steps.append(f"{target} = {expression}  # {self.comment(row, left)}")
        for word in known:
            name = _ACTIVATIONS.get(word)
            after = self.call("layers.Activation", name) if name else self.call("layers.Dropout", drop_rate(word))
            self.steps.append(f"{target} = {after}({target})")

    def before_it(self, row: Row, expression: str) -> str:
        """A line before the layer's own; what the layer then reads."""
        target = self.variables[row.layer.name]
        self.steps.append(f"{target} = {expression}")
        return target

    def layer(self, row: Row, name: str, *arguments: object, **usual: tuple[object, object]) -> str:
        """A layer under the name it has in the table."""
        usual |= {"activation": (self.activation or None, None), "name": (self.string(row.layer.name), None)}
        owner = row.layer.shares
        if owner:
            if self.kinds[owner] != row.layer.kind or row.layer.own_bias:
                raise self.refused(row, f"it uses the weights of {owner}, which is another layer in Keras")
            return f"{self.name(owner)}_layer"
        made = self.call(f"layers.{name}", *arguments, **usual)
        if row.layer.name not in self.owners:
            return made
        self.steps.append(f"{self.name(row.layer.name)}_layer = {made}")
        return f"{self.name(row.layer.name)}_layer"

    def string(self, layer: str) -> str:
        """A layer's name as Keras allows it, each once."""
        if layer not in self.strings:
            word = re.sub(r"[^A-Za-z0-9_.-]+", "_", layer).lstrip("_.-") or "layer"
            self.strings[layer] = unused(word, self.string_counts)
        return self.strings[layer]

    # Convolutions and pooling

    def padded(self, row: Row, x: str, end: tuple[int, ...] = ()) -> tuple[str, str]:
        """(what is read, "same" or "valid"): zeros that neither stands for are a layer of their own."""
        if self.flag(row, "same"):
            return x, "same"
        p = self.along(row, "p")
        after = tuple(a + b for a, b in zip(p, end or (0,) * len(p), strict=True))
        if not any((*p, *after)):
            return x, "valid"
        f, s, d = (self.along(row, name) for name in ("f", "s", "d"))
        whole = [s[i] == 1 and 2 * p[i] == d[i] * (f[i] - 1) and p[i] == after[i] for i in range(len(p))]
        if all(whole):
            return x, "same"
        return self.before_it(row, f"{self.zeros(p, after)}({x})"), "valid"

    def zeros(self, begin: tuple[int, ...], end: tuple[int, ...]) -> str:
        """Before and after along each axis; one number where they are all the same."""
        pairs = tuple(zip(begin, end, strict=True))
        sides: object = begin[0] if len({*begin, *end}) == 1 else pairs[0] if len(pairs) == 1 else pairs
        return self.call(f"layers.ZeroPadding{len(begin)}D", sides)

    def window(self, row: Row) -> dict[str, tuple[object, object]]:
        if set(self.along(row, "s")) != {1} and set(self.along(row, "d")) != {1}:
            raise self.refused(row, "Keras has no convolution with both a stride and a dilation")
        return {"strides": (self.given(row, "s"), 1), "dilation_rate": (self.given(row, "d"), 1)}

    def _conv(self, row: Row, x: str) -> str:
        x, padding = self.padded(row, x)
        made = self.layer(
            row,
            f"Conv{self.axes(row)}D",
            self.given(row, "k"),
            self.given(row, "f"),
            **self.window(row),
            padding=(padding, "valid"),
            groups=(self.given(row, "groups"), 1),
            use_bias=(self.flag(row, "bias", True), True),
        )
        return f"{made}({x})"

    def _depthwise(self, row: Row, x: str) -> str:
        if self.axes(row) > 2:
            raise self.refused(row, "Keras has no depthwise convolution of volumes")
        x, padding = self.padded(row, x)
        made = self.layer(
            row,
            f"DepthwiseConv{self.axes(row)}D",
            self.given(row, "f"),
            **self.window(row),
            padding=(padding, "valid"),
            depth_multiplier=(self.number(row, row.layer.settings.get("multiplier", 1)), 1),
            use_bias=(self.flag(row, "bias", True), True),
        )
        return f"{made}({x})"

    def _conv_transpose(self, row: Row, x: str) -> str:
        if self.given(row, "groups") != 1:
            raise self.refused(row, "Keras has no transposed convolution with groups")
        p, after, s, reach = (self.along(row, name) for name in ("p", "output_padding", "s", "f_eff"))
        axes = range(len(p))
        same = any(p) and all(2 * p[i] - after[i] == reach[i] - s[i] for i in axes)
        usual = all(after[i] == (0 if same else max(0, s[i] - reach[i])) for i in axes)
        made = self.layer(
            row,
            f"Conv{self.axes(row)}DTranspose",
            self.given(row, "k"),
            self.given(row, "f"),
            **self.window(row),
            padding=("same" if same else "valid", "valid"),
            output_padding=(None if same or usual else self.given(row, "output_padding"), None),
            use_bias=(self.flag(row, "bias", True), True),
        )
        if same or not any(p):
            return f"{made}({x})"
        crop = p[0] if len(set(p)) == 1 else p
        return f"{self.call(f'layers.Cropping{len(p)}D', crop)}({self.before_it(row, f'{made}({x})')})"

    def _maxpool(self, row: Row, x: str) -> str:
        return self.pool(row, x, "MaxPooling")

    def _avgpool(self, row: Row, x: str) -> str:
        return self.pool(row, x, "AveragePooling")

    def pool(self, row: Row, x: str, name: str) -> str:
        if set(self.along(row, "d")) != {1}:
            raise self.refused(row, "Keras has no pooling with dilation")
        f = self.given(row, "f")
        x, padding = self.padded(row, x, self.along(row, "overhang") if self.flag(row, "ceil") else ())
        made = self.layer(
            row, f"{name}{self.axes(row)}D", f, strides=(self.given(row, "s"), f), padding=(padding, "valid")
        )
        return f"{made}({x})"

    def _subsampling(self, row: Row, x: str) -> str:
        f = self.given(row, "f")
        mean = self.call("layers.AveragePooling2D", f, strides=(self.given(row, "s"), f))
        return f"{self.layer(row, 'DepthwiseConv2D', 1)}({self.before_it(row, f'{mean}({x})')})"

    def _global_avgpool(self, row: Row, x: str) -> str:
        return f"{self.layer(row, f'GlobalAveragePooling{self.axes(row)}D')}({x})"

    def _global_maxpool(self, row: Row, x: str) -> str:
        return f"{self.layer(row, f'GlobalMaxPooling{self.axes(row)}D')}({x})"

    def _adaptive_avgpool(self, row: Row, x: str) -> str:
        return self.adaptive(row, x, "AveragePooling")

    def _adaptive_maxpool(self, row: Row, x: str) -> str:
        return self.adaptive(row, x, "MaxPooling")

    def adaptive(self, row: Row, x: str, name: str) -> str:
        """One number per channel, or windows that divide the map evenly; else the layer that newer versions have."""
        o, axes = self.along(row, "o"), self.axes(row)
        if set(o) == {1}:
            return f"{self.layer(row, f'Global{name}{axes}D', keepdims=(True, False))}({x})"
        n = self.along(row, "n")
        if any(size % out for size, out in zip(n, o, strict=True)):
            return f"{self.layer(row, f'Adaptive{name}{axes}D', self.given(row, 'o'))}({x})"
        windows = tuple(size // out for size, out in zip(n, o, strict=True))
        return f"{self.layer(row, f'{name}{axes}D', windows[0] if len(set(windows)) == 1 else windows)}({x})"

    def _pad(self, row: Row, x: str) -> str:
        return f"{self.zeros(self.along(row, 'pad_begin'), self.along(row, 'pad_end'))}({x})"

    # Dense layers and shapes

    def _dense(self, row: Row, x: str) -> str:
        x = self.before_it(row, f"layers.Flatten()({x})") if len(self.before(row)) > 2 and not row.layer.over else x
        return f"{self.layer(row, 'Dense', self.given(row, 'm'), use_bias=(self.flag(row, 'bias', True), True))}({x})"

    def _flatten(self, row: Row, x: str) -> str:
        return f"{self.layer(row, 'Flatten')}({x})"

    def _reshape(self, row: Row, x: str) -> str:
        return f"{self.layer(row, 'Reshape', tuple(self.number(row, size) for size in row.output))}({x})"

    def _dropout(self, row: Row, x: str) -> str:
        return f"{self.layer(row, 'Dropout', rate_of(row.layer))}({x})"

    def _activation(self, row: Row, x: str) -> str:
        activation, self.activation = self.activation, ""
        return f"{self.layer(row, *(('Activation', activation) if activation else ('Identity',)))}({x})"

    def _lrn(self, row: Row, x: str) -> str:
        raise self.refused(row, "Keras has no local response normalisation")

    def _batchnorm(self, row: Row, x: str) -> str:
        return f"{self.layer(row, 'BatchNormalization', **self.flags(row))}({x})"

    def flags(self, row: Row) -> dict[str, tuple[object, object]]:
        """Which of its two learned values a batch normalisation has."""
        return {"center": (self.flag(row, "shift", True), True), "scale": (self.flag(row, "scale", True), True)}

    def _layernorm(self, row: Row, x: str) -> str:
        if row.layer.settings.get("axes", 1) != 1:
            raise self.refused(row, "only the last axis is normalised")
        return f"{self.layer(row, 'LayerNormalization', center=(self.flag(row, 'bias', True), True))}({x})"

    def _rmsnorm(self, row: Row, x: str) -> str:
        if row.layer.settings.get("axes", 1) != 1:
            raise self.refused(row, "Keras normalises along the last axis alone")
        return f"{self.layer(row, 'RMSNormalization')}({x})"

    def _groupnorm(self, row: Row, x: str) -> str:
        groups = self.number(row, row.layer.settings.get("groups", 1))
        return f"{self.layer(row, 'GroupNormalization', groups)}({x})"

    def _prelu(self, row: Row, x: str) -> str:
        count, rank = self.number(row, row.count("parameters")), len(row.output)
        axes = tuple(range(1, rank)) if count == row.output[-1] and rank > 1 else None
        whole = [self.number(row, size) for size in row.output]
        if row.layer.shares or (axes is None and count != prod(whole)):
            raise self.refused(row, "Keras has a slope for each number, or one for each channel")
        return f"{self.layer(row, 'PReLU', shared_axes=(axes, None))}({x})"

    def _permute(self, row: Row, x: str) -> str:
        return f"{self.layer(row, 'Permute', tuple(row.layer.settings['order']))}({x})"

    def _repeat(self, row: Row, x: str) -> str:
        if len(row.output) != 2:
            raise self.refused(row, "Keras repeats only a vector")
        return f"{self.layer(row, 'RepeatVector', self.number(row, row.output[0]))}({x})"

    def _slice(self, row: Row, x: str) -> str:
        axis, start, size = (self.setting(row, *each) for each in (("axis", 1), ("start", 0), ("size", 1)))
        at = str(start) if self.flag(row, "drop") else f"{start}:{start + size or ''}"
        return f"{x}[{', '.join([':'] * axis)}, {at}]"

    def _upsample(self, row: Row, x: str) -> str:
        return f"{self.layer(row, f'UpSampling{self.axes(row)}D', self.given(row, 's'))}({x})"

    def _resize(self, row: Row, x: str) -> str:
        if self.axes(row) != 2:
            raise self.refused(row, "Keras resizes only maps")
        return f"{self.layer(row, 'Resizing', *self.along(row, 'o'), interpolation=('nearest', 'bilinear'))}({x})"

    def _crop(self, row: Row, x: str) -> str:
        begin, end = self.along(row, "crop_begin"), self.along(row, "crop_end")
        pairs = tuple(zip(begin, end, strict=True))
        return f"{self.layer(row, f'Cropping{self.axes(row)}D', pairs[0] if len(pairs) == 1 else pairs)}({x})"

    # Several inputs

    _add = _merging("Add")
    _subtract = _merging("Subtract")
    _average = _merging("Average")
    _maximum = _merging("Maximum")
    _minimum = _merging("Minimum")

    def _divide(self, row: Row, x: str) -> str:
        return " / ".join(self.read(row))

    def _matmul(self, row: Row, x: str) -> str:
        left, right = (self.read(row) * 2)[:2]
        rank = len(self.before(row, len(row.layer.inputs) - 1))
        order = (0, *range(1, rank - 1), rank, rank - 1)
        turned = f"keras.ops.transpose({right}, {order})" if self.flag(row, "transposed") else right
        return f"keras.ops.matmul({left}, {turned})"

    def _multiply(self, row: Row, x: str) -> str:
        factors = []
        for index, value in enumerate(self.read(row)):
            sizes = self.before(row, index)
            spread = len(sizes) == 1 < len(row.output)
            shape: tuple[Value, ...] = (*(1,) * (len(row.output) - 1), self.number(row, sizes[-1])) if spread else ()
            factors.append(f"{self.call('layers.Reshape', shape)}({value})" if spread else value)
        return f"{self.layer(row, 'Multiply')}([{', '.join(factors)}])"

    def _concat(self, row: Row, x: str) -> str:
        axis = self.number(row, row.layer.settings.get("axis", len(row.output)))
        made = self.layer(row, "Concatenate", axis=(axis, len(row.output)))
        return f"{made}([{', '.join(self.read(row))}])"

    def _split(self, row: Row, x: str) -> str:
        part = self.number(row, row.layer.settings.get("part", 1))
        return f"{self.call('keras.ops.split', Raw(x), self.given(row, 'parts'), axis=(Raw('-1'), None))}[{part - 1}]"

    def _shuffle(self, row: Row, x: str) -> str:
        height, width, depth = (self.number(row, size) for size in row.output)
        groups = self.one(row, "groups")
        apart = self.call("layers.Reshape", (height, width, groups, depth // groups))
        mixed = f"layers.Permute((1, 2, 4, 3))({self.before_it(row, f'{apart}({x})')})"
        return f"{self.layer(row, 'Reshape', (height, width, depth))}({self.before_it(row, mixed)})"

    def _pixel_shuffle(self, row: Row, x: str) -> str:
        height, width, depth = (self.number(row, size) for size in row.output)
        r = self.one(row, "r")
        apart = self.call("layers.Reshape", (height // r, width // r, depth, r, r))
        mixed = f"layers.Permute((1, 4, 2, 5, 3))({self.before_it(row, f'{apart}({x})')})"
        return f"{self.layer(row, 'Reshape', (height, width, depth))}({self.before_it(row, mixed)})"

    def _attention(self, row: Row, x: str) -> str:
        heads = self.one(row, "h")
        assert row.working is not None
        own = row.working.formula.id == "cross_attention"
        size = self.one(row, "d_k") if own else self.number(row, self.before(row)[-1]) // heads
        usual: dict[str, tuple[object, object]] = {"use_bias": (self.flag(row, "bias", True), True)}
        if own:
            usual["value_dim"] = self.one(row, "d_v"), size
            usual["output_shape"] = self.one(row, "m"), self.one(row, "d")
        query, *others = self.read(row)
        key, value = (others[0], others[-1]) if others else (query, query)
        asked = [query, value] if key == value else [query, value, key]
        return f"{self.layer(row, 'MultiHeadAttention', heads, size, **usual)}({', '.join(asked)})"

    # Sequences

    def _embedding(self, row: Row, x: str) -> str:
        return f"{self.layer(row, 'Embedding', self.given(row, 'v'), self.given(row, 'n'))}({x})"

    def _rnn(self, row: Row, x: str) -> str:
        return self.recurrent(row, x, "SimpleRNN")

    def _lstm(self, row: Row, x: str) -> str:
        return self.recurrent(row, x, "LSTM")

    def _gru(self, row: Row, x: str) -> str:
        return self.recurrent(row, x, "GRU", reset_after=(self.flag(row, "reset_after", True), True))

    def recurrent(self, row: Row, x: str, cell: str, **usual: tuple[object, object]) -> str:
        """Layers on top of one another, each a line; the last one has the name."""
        usual |= {"use_bias": (self.flag(row, "bias", True), True), "activation": (self.activation or None, None)}
        below = self.one(row, "L") - 1
        if below and (row.layer.shares or row.layer.name in self.owners):
            raise self.refused(row, "it is several layers in Keras, whose weights are used twice")
        for _ in range(below):
            made = self.call(f"layers.{cell}", self.given(row, "m"), return_sequences=(True, False), **usual)
            x = self.before_it(row, f"{self.bidirectional(row, made)}({x})")
        usual = {"return_sequences": (self.flag(row, "sequence"), False), **usual}
        if self.given(row, "D") == 1:
            return f"{self.layer(row, cell, self.given(row, 'm'), **usual)}({x})"
        made = self.call(f"layers.{cell}", self.given(row, "m"), **usual)
        self.activation = ""
        return f"{self.layer(row, 'Bidirectional', Raw(made))}({x})"

    def bidirectional(self, row: Row, made: str) -> str:
        return f"layers.Bidirectional({made})" if self.given(row, "D") == 2 else made

    def _convlstm(self, row: Row, x: str) -> str:
        if row.layer.settings.keys() & {"s", "d", "same", "bias"} or len(self.before(row)) != 4:
            raise self.refused(row, "only one that keeps the size of maps is written")
        made = self.layer(
            row,
            "ConvLSTM2D",
            self.given(row, "k"),
            self.given(row, "f"),
            padding=("same", "valid"),
            return_sequences=(self.flag(row, "sequence"), False),
        )
        return f"{made}({x})"
