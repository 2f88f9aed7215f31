"""A network as a Keras model in the functional style: a line for each layer, with the shape that comes out.

Keras 3 puts the channels last, as we do. It has no padding but "same" and none, so any other padding is a layer of its
own there, and so is the cropping of a transposed convolution.
"""

from __future__ import annotations

import re
from collections.abc import Callable

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


class _Keras(Program):
    convention = "keras"
    reserved = frozenset({"x", "inputs", "keras", "layers", "model"})

    def __init__(self, network: Network, blank: bool) -> None:
        super().__init__(network, blank)
        self.variables[INPUT] = "inputs"
        self.strings: dict[str, str] = {}
        self.string_counts: dict[str, int] = {}
        self.activation = ""
        """Of the layer that is being written, where it is an argument of it."""
        self.steps: list[str] = []

    def written(self) -> str:
        for row in self.rows:
            self.add(row)
        ends = [self.variables[name] for name in self.outputs]
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
                *self.steps,
                "",
                f'model = keras.Model(inputs, {output}, name="{name}")',
                "",
                'if __name__ == "__main__":',
                "    model.summary()",
                "",
            ]
        )

    # Lines

    def add(self, row: Row) -> None:
        """The lines of one layer."""
        layer = row.layer
        write: Callable[[Row, str], str] | None = getattr(self, f"_{layer.kind.replace('-', '_')}", None)
        if write is None:
            raise self.refused(row, "Keras has no such layer")
        known = [word for word in layer.remarks if word in _ACTIVATIONS or word.startswith("dropout")]
        left = [word for word in layer.remarks if word not in known]
        inside = layer.kind in _WITH_ACTIVATION and bool(known) and known[0] in _ACTIVATIONS
        self.activation = _ACTIVATIONS[known.pop(0)] if inside else ""
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
        return self.call(f"layers.{name}", *arguments, **usual)

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
        x = self.before_it(row, f"layers.Flatten()({x})") if len(self.before(row)) > 2 else x
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
        return f"{self.layer(row, 'BatchNormalization', scale=(self.flag(row, 'scale', True), True))}({x})"

    def _layernorm(self, row: Row, x: str) -> str:
        return f"{self.layer(row, 'LayerNormalization', center=(self.flag(row, 'bias', True), True))}({x})"

    # Several inputs

    def _add(self, row: Row, x: str) -> str:
        return f"{self.layer(row, 'Add')}([{', '.join(self.read(row))}])"

    def _multiply(self, row: Row, x: str) -> str:
        factors = []
        for index, value in enumerate(self.read(row)):
            sizes = self.before(row, index)
            spread = len(sizes) == 1 < len(row.output)
            shape: tuple[Value, ...] = (*(1,) * (len(row.output) - 1), self.number(row, sizes[-1])) if spread else ()
            factors.append(f"{self.call('layers.Reshape', shape)}({value})" if spread else value)
        return f"{self.layer(row, 'Multiply')}([{', '.join(factors)}])"

    def _concat(self, row: Row, x: str) -> str:
        return f"{self.layer(row, 'Concatenate')}([{', '.join(self.read(row))}])"

    def _split(self, row: Row, x: str) -> str:
        part = self.number(row, row.layer.settings.get("part", 1))
        return f"{self.call('keras.ops.split', Raw(x), self.given(row, 'parts'), axis=(Raw('-1'), None))}[{part - 1}]"

    def _shuffle(self, row: Row, x: str) -> str:
        height, width, depth = (self.number(row, size) for size in row.output)
        groups = self.one(row, "groups")
        apart = self.call("layers.Reshape", (height, width, groups, depth // groups))
        mixed = f"layers.Permute((1, 2, 4, 3))({self.before_it(row, f'{apart}({x})')})"
        return f"{self.layer(row, 'Reshape', (height, width, depth))}({self.before_it(row, mixed)})"

    def _attention(self, row: Row, x: str) -> str:
        heads = self.one(row, "h")
        size = self.number(row, self.before(row)[-1]) // heads
        query, *others = self.read(row)
        key, value = (others[0], others[-1]) if others else (query, query)
        asked = [query, value] if key == value else [query, value, key]
        return f"{self.layer(row, 'MultiHeadAttention', heads, size)}({', '.join(asked)})"

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
        usual |= {"use_bias": (self.flag(row, "bias", True), True)}
        below = self.one(row, "L") - 1
        for _ in range(below):
            made = self.call(f"layers.{cell}", self.given(row, "m"), return_sequences=(True, False), **usual)
            x = self.before_it(row, f"{self.bidirectional(row, made)}({x})")
        usual = {"return_sequences": (self.flag(row, "sequence"), False), **usual}
        if self.given(row, "D") == 1:
            return f"{self.layer(row, cell, self.given(row, 'm'), **usual)}({x})"
        made = self.call(f"layers.{cell}", self.given(row, "m"), **usual)
        return f"{self.layer(row, 'Bidirectional', Raw(made))}({x})"

    def bidirectional(self, row: Row, made: str) -> str:
        return f"layers.Bidirectional({made})" if self.given(row, "D") == 2 else made

    def _convlstm(self, row: Row, x: str) -> str:
        made = self.layer(
            row,
            "ConvLSTM2D",
            self.given(row, "k"),
            self.given(row, "f"),
            padding=("same", "valid"),
            return_sequences=(self.flag(row, "sequence"), False),
        )
        return f"{made}({x})"
