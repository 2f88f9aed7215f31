"""Keras's layers one by one: the shape and the parameters that its documentation gives, and what has no counterpart."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rows import each_row

from dlcalc.networks.readers import read_data
from dlcalc.networks.table import Row, Table, tabulate


def table(kind: str, shape: list[int | None], config: dict[str, Any], batch: str = "batch_shape") -> Table:
    """A Sequential model with an input and this layer."""
    layers = [
        {"class_name": "InputLayer", "config": {"name": "in", batch: [None, *shape]}},
        {"class_name": kind, "config": {"name": "it", **config}},
    ]
    model = {"class_name": "Sequential", "config": {"name": "seq", "layers": layers}}
    return tabulate(read_data(json.dumps(model).encode(), "model.json"), "keras")


def row(kind: str, shape: list[int | None], config: dict[str, Any]) -> Row:
    return table(kind, shape, config).rows[-1]


Known = tuple[str, list[int | None], dict[str, Any], tuple[int, ...], int]

KNOWN: list[Known] = [
    # (kind, input, configuration, output, parameters)
    ("Conv1D", [10, 3], {"filters": 4, "kernel_size": [3]}, (8, 4), 40),
    ("Conv1D", [10, 3], {"filters": 4, "kernel_size": [3], "padding": "causal", "dilation_rate": [2]}, (10, 4), 40),
    ("Conv2D", [9, 7, 3], {"filters": 4, "kernel_size": [3, 2], "strides": [2, 1]}, (4, 6, 4), 76),
    ("Conv2D", [9, 9, 3], {"filters": 4, "kernel_size": 3, "padding": "same", "strides": 2}, (5, 5, 4), 112),
    ("Conv2D", [9, 9, 3], {"filters": 4, "kernel_size": 3, "dilation_rate": [2, 2], "use_bias": False}, (5, 5, 4), 108),
    ("Conv2D", [9, 9, 4], {"filters": 8, "kernel_size": 1, "groups": 2}, (9, 9, 8), 24),
    ("Conv3D", [5, 5, 5, 2], {"filters": 3, "kernel_size": [3, 3, 3]}, (3, 3, 3, 3), 165),
    ("Conv1DTranspose", [10, 3], {"filters": 4, "kernel_size": [3], "strides": [2]}, (21, 4), 40),
    ("Conv2DTranspose", [4, 4, 3], {"filters": 4, "kernel_size": [3, 3], "strides": [2, 2]}, (9, 9, 4), 112),
    ("Conv2DTranspose", [4, 4, 3], {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, (8, 8, 4), 112),
    ("Conv2DTranspose", [4, 4, 3], {"filters": 4, "kernel_size": 4, "strides": 2, "padding": "same"}, (8, 8, 4), 196),
    ("Conv2DTranspose", [4, 4, 3], {"filters": 4, "kernel_size": 2, "strides": 3}, (12, 12, 4), 52),
    ("Conv2DTranspose", [4, 4, 3], {"filters": 4, "kernel_size": 2, "strides": 3, "padding": "same"}, (12, 12, 4), 52),
    (
        "Conv2DTranspose",
        [4, 4, 3],
        {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": [0, 0], "use_bias": False},
        (7, 7, 4),
        108,
    ),
    ("Conv1DTranspose", [4, 1], {"filters": 1, "kernel_size": 3, "strides": 2, "output_padding": 1}, (10, 1), 4),
    ("Conv3DTranspose", [2, 2, 2, 1], {"filters": 2, "kernel_size": 2, "strides": 2}, (4, 4, 4, 2), 18),
    ("DepthwiseConv1D", [10, 3], {"kernel_size": [3], "depth_multiplier": 2}, (8, 6), 24),
    ("DepthwiseConv2D", [9, 9, 3], {"kernel_size": [3, 3], "padding": "same"}, (9, 9, 3), 30),
    ("DepthwiseConv2D", [9, 9, 3], {"kernel_size": 3, "depth_multiplier": 2, "use_bias": False}, (7, 7, 6), 54),
    ("MaxPooling1D", [10, 3], {"pool_size": [2], "strides": [2]}, (5, 3), 0),
    ("MaxPooling2D", [9, 9, 3], {"pool_size": [3, 3], "strides": [2, 2], "padding": "same"}, (5, 5, 3), 0),
    ("MaxPooling2D", [9, 9, 3], {"pool_size": [3, 2]}, (3, 4, 3), 0),
    ("MaxPooling3D", [4, 4, 4, 3], {}, (2, 2, 2, 3), 0),
    ("AveragePooling1D", [10, 3], {"pool_size": 3, "strides": 1}, (8, 3), 0),
    ("AveragePooling2D", [9, 9, 3], {"pool_size": 2}, (4, 4, 3), 0),
    ("AveragePooling3D", [4, 4, 4, 3], {"pool_size": 4}, (1, 1, 1, 3), 0),
    ("GlobalAveragePooling1D", [10, 3], {}, (3,), 0),
    ("GlobalAveragePooling2D", [9, 9, 3], {"keepdims": True}, (1, 1, 3), 0),
    ("GlobalAveragePooling3D", [4, 4, 4, 3], {}, (3,), 0),
    ("GlobalMaxPooling1D", [10, 3], {"keepdims": True}, (1, 3), 0),
    ("GlobalMaxPooling2D", [9, 9, 3], {"keepdims": False}, (3,), 0),
    ("GlobalMaxPooling3D", [4, 4, 4, 3], {}, (3,), 0),
    ("ZeroPadding1D", [10, 3], {"padding": 2}, (14, 3), 0),
    ("ZeroPadding1D", [10, 3], {"padding": [1, 3]}, (14, 3), 0),
    ("ZeroPadding2D", [9, 9, 3], {"padding": [1, 2]}, (11, 13, 3), 0),
    ("ZeroPadding2D", [9, 9, 3], {"padding": [[0, 1], [2, 3]]}, (10, 14, 3), 0),
    ("ZeroPadding3D", [4, 4, 4, 3], {"padding": [[1, 1], [1, 1], [1, 1]]}, (6, 6, 6, 3), 0),
    ("Dense", [7], {"units": 5}, (5,), 40),
    ("Dense", [6, 7], {"units": 5, "use_bias": False}, (6, 5), 35),
    ("Dense", [4, 4, 7], {"units": 5}, (4, 4, 5), 40),
    ("TimeDistributed", [6, 7], {"layer": {"class_name": "Dense", "config": {"units": 5}}}, (6, 5), 40),
    ("Flatten", [4, 4, 7], {}, (112,), 0),
    ("Reshape", [12], {"target_shape": [2, -1]}, (2, 6), 0),
    ("Reshape", [4, 4, 2], {"target_shape": [32]}, (32,), 0),
    ("Embedding", [20], {"input_dim": 100, "output_dim": 8}, (20, 8), 800),
    ("SimpleRNN", [6, 3], {"units": 4}, (4,), 32),
    ("SimpleRNN", [6, 3], {"units": 4, "return_sequences": True, "use_bias": False}, (6, 4), 28),
    ("LSTM", [6, 3], {"units": 4}, (4,), 128),
    ("GRU", [6, 3], {"units": 4, "reset_after": True}, (4,), 108),
    ("GRU", [6, 3], {"units": 4, "reset_after": False}, (4,), 96),
    ("GRU", [6, 3], {"units": 4}, (4,), 96),
    ("Bidirectional", [6, 3], {"layer": {"class_name": "SimpleRNN", "config": {"units": 4}}}, (8,), 64),
    (
        "Bidirectional",
        [6, 3],
        {"merge_mode": "concat", "layer": {"class_name": "GRU", "config": {"units": 4, "return_sequences": True}}},
        (6, 8),
        192,
    ),
    ("ConvLSTM2D", [5, 8, 8, 3], {"filters": 4, "kernel_size": 3, "padding": "same"}, (8, 8, 4), 1024),
    (
        "ConvLSTM2D",
        [5, 8, 8, 3],
        {"filters": 4, "kernel_size": [3, 3], "padding": "same", "return_sequences": True},
        (5, 8, 8, 4),
        1024,
    ),
    ("BatchNormalization", [9, 9, 3], {"axis": [3], "scale": True, "center": True}, (9, 9, 3), 12),
    ("BatchNormalization", [9, 9, 3], {"axis": -1, "scale": False}, (9, 9, 3), 9),
    ("LayerNormalization", [6, 7], {"axis": [2]}, (6, 7), 14),
    ("LayerNormalization", [6, 7], {"axis": -1, "center": False}, (6, 7), 7),
]  # fmt: skip


@each_row(("kind", "shape", "config", "output", "parameters"), KNOWN)
def test_what_a_layer_makes(
    kind: str, shape: list[int | None], config: dict[str, Any], output: tuple[int, ...], parameters: int
) -> None:
    found = row(kind, shape, config)
    assert (found.unknown, found.output, found.count("parameters")) == ("", output, parameters)


def test_a_separable_convolution_is_two_layers() -> None:
    """9·3·2 + 6·4 + 4, as in Xception's: one bias, behind both parts."""
    config = {"filters": 4, "kernel_size": [3, 3], "depth_multiplier": 2, "activation": "relu", "padding": "same"}
    found = table("SeparableConv2D", [9, 9, 3], config)
    assert [(row.layer.name, row.output, row.count("parameters")) for row in found.rows] == [
        ("it-depthwise", (9, 9, 6), 54),
        ("it", (9, 9, 4), 28),
    ]
    assert [row.layer.remarks for row in found.rows] == [(), ("relu",)]
    found = table("SeparableConv1D", [9, 3], {"filters": 4, "kernel_size": [3], "use_bias": False})
    assert [(row.output, row.count("parameters")) for row in found.rows] == [((7, 3), 9), ((7, 4), 12)]


@each_row(
    ("kind", "config", "remark"),
    [
        ("Activation", {"activation": "tanh"}, "tanh"),
        ("Activation", {"activation": "silu"}, "swish"),
        ("Activation", {"activation": {"class_name": "LeakyReLU", "config": {}}}, "leaky"),
        ("Activation", {"activation": {"class_name": "function", "config": "gelu"}}, "gelu"),
        ("Activation", {"activation": "two words"}, "activation"),
        ("Activation", {"activation": 7}, "activation"),
        ("ReLU", {}, "relu"),
        ("ReLU", {"max_value": 6.0}, "relu6"),
        ("ReLU", {"negative_slope": 0.1}, "leaky"),
        ("LeakyReLU", {}, "leaky"),
        ("ELU", {}, "elu"),
        ("Softmax", {}, "softmax"),
        ("Rescaling", {"scale": 0.1}, "rescaling"),
        ("Masking", {}, "masking"),
        ("GaussianNoise", {}, "gaussiannoise"),
    ],
)
def test_activations_are_remarks(kind: str, config: dict[str, Any], remark: str) -> None:
    """Of the layer before; behind the input, which is none, they are a row."""
    found = row(kind, [4, 4, 3], config)
    assert (found.layer.kind, found.layer.remarks, found.output) == ("activation", (remark,), (4, 4, 3))


@pytest.mark.parametrize(
    "kind", ["Dropout", "AlphaDropout", "GaussianDropout", *(f"SpatialDropout{axes}D" for axes in (1, 2, 3))]
)
def test_dropout_behind_a_layer_is_its_remark(kind: str) -> None:
    layers = [
        {"class_name": "Dense", "config": {"name": "d", "units": 4, "batch_input_shape": [None, 3]}},
        {"class_name": kind, "config": {"name": "a", "rate": 0.25}},
        {"class_name": kind, "config": {"name": "b", "rate": 7}},
    ]
    [layer] = read_data(json.dumps({"class_name": "Sequential", "config": layers}).encode()).layers
    assert layer.remarks == ("dropout0.25", "dropout")
    assert row(kind, [3], {"rate": 0.5}).layer.kind == "dropout"


@pytest.mark.parametrize(
    "kind",
    [
        *(f"Random{what}" for what in ("Flip", "Rotation", "Zoom", "Translation", "Contrast", "Brightness")),
        "Identity", "ActivityRegularization",
    ],
)  # fmt: skip
def test_layers_that_do_nothing_here(kind: str) -> None:
    layers = [
        {"class_name": kind, "config": {"name": "nothing", "batch_input_shape": [None, 3]}},
        {"class_name": "Dense", "config": {"name": "d", "units": 4}},
    ]
    [layer] = read_data(json.dumps({"class_name": "Sequential", "config": layers}).encode()).layers
    assert (layer.name, layer.inputs) == ("d", ("input",))


def test_measured_means_are_counted_and_not_trained() -> None:
    """Means, variances and how many were measured; none where the file gives them."""
    (found,) = table("Normalization", [5, 3], {}).rows
    assert (found.count("parameters"), found.trainable, found.output) == (7, 0, (5, 3))
    given = table("Normalization", [3], {"mean": [0.0], "variance": [1.0]}).rows[-1]
    assert (given.count("parameters"), given.layer.remarks) == (0, ("normalization",))


def test_padding_before_a_convolution_is_its_padding() -> None:
    """Unequal padding stays a layer."""

    def padded(padding: object) -> list[tuple[str, tuple[object, ...]]]:
        layers = [
            {
                "class_name": "ZeroPadding2D",
                "config": {"name": "p", "padding": padding, "batch_input_shape": [None, 8, 8, 3]},
            },
            {"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": 3, "strides": 2}},
        ]
        model = {"class_name": "Sequential", "config": {"layers": layers}}
        return [(row.layer.name, row.output) for row in tabulate(read_data(json.dumps(model).encode())).rows]

    assert padded([1, 1]) == [("c", (4, 4, 2))]
    assert padded([[0, 1], [0, 1]]) == [("p", (9, 9, 3)), ("c", (4, 4, 2))]


def attention(shape: list[int | None], **config: Any) -> Row:
    return _attention(shape, **config).rows[-1]


def _attention(shape: list[int | None], kind: str = "MultiHeadAttention", **config: Any) -> Table:
    """Self-attention as Keras 3 writes it."""
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, *shape], "keras_history": ["in", 0, 0]}}
    layers = [
        {"class_name": "InputLayer", "name": "in", "config": {"batch_shape": [None, *shape]}, "inbound_nodes": []},
        {
            "class_name": kind,
            "name": "mha",
            "config": config,
            "inbound_nodes": [{"args": [tensor, tensor], "kwargs": {"value": tensor}}],
        },
    ]
    config = {"layers": layers, "input_layers": [["in", 0, 0]], "output_layers": [["mha", 0, 0]]}
    return tabulate(read_data(json.dumps({"class_name": "Functional", "config": config}).encode()))


def test_attention() -> None:
    """4·(64·64 + 64) = 16,640: projections of query, key, value and output."""
    found = attention([10, 64], num_heads=8, key_dim=8)
    assert (found.output, found.count("parameters")) == ((10, 64), 16640)
    assert found.layer.inputs == ("input",)


def test_attention_on_a_map() -> None:
    """Along all 30 places as one sequence, or along the last axis at each of 5: 4·(8·8 + 8) parameters either way."""
    projections = 30 * 4 * 64
    for axes, products in ((None, 2 * 30 * 30 * 8), ([2], 5 * 2 * 6 * 6 * 8)):
        table = _attention([5, 6, 8], num_heads=2, key_dim=4, attention_axes=axes)
        assert (table.total["parameters"], table.total["macs"]) == (288, projections + products)
        assert table.rows[-1].output == (5, 6, 8)


def test_a_head_of_keys_for_several_of_queries() -> None:
    """Queries 8 → 4·4, keys and values 8 → 2·4, and back: (8·16 + 16) + 2·(8·8 + 8) + (16·8 + 8)."""
    config = {"head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 2}
    table = _attention([6, 8], "GroupedQueryAttention", **config)
    assert (table.total["parameters"], table.total["macs"]) == (424, 6 * (128 + 2 * 64 + 128) + 2 * 6 * 6 * 16)


@pytest.mark.parametrize(
    ("config", "parameters", "macs"),
    [
        # 64·8·d for each of query and key, 64·8·v for the values, 8·v·m behind them, and a bias for each column
        ({"num_heads": 8, "key_dim": 64}, 3 * (64 * 512 + 512) + 512 * 64 + 64, 10 * 4 * 64 * 512 + 2 * 8 * 100 * 64),
        ({"num_heads": 8, "key_dim": 8, "value_dim": 4}, 2 * 65 * 64 + 65 * 32 + 33 * 64,
         10 * (2 * 64 * 64 + 2 * 64 * 32) + 800 * 12),
        ({"num_heads": 8, "key_dim": 8, "output_shape": [5]}, 3 * 65 * 64 + 65 * 5, 10 * (3 * 4096 + 320) + 800 * 16),
        ({"num_heads": 8, "key_dim": 8, "use_bias": False}, 4 * 64 * 64, 10 * 4 * 4096 + 800 * 16),
    ],
)  # fmt: skip
def test_attention_of_another_size(config: dict[str, Any], parameters: int, macs: int) -> None:
    found = attention([10, 64], **config)
    assert (found.count("parameters"), found.count("macs")) == (parameters, macs)


@pytest.mark.parametrize(
    ("kind", "shape", "config", "said"),
    [
        ("Bidirectional", [6, 3], {"layer": {"class_name": "RNN", "config": {}}}, "Bidirectional RNN"),
        (
            "Bidirectional",
            [6, 3],
            {"merge_mode": "other", "layer": {"class_name": "LSTM", "config": {"units": 3}}},
            "Bidirectional LSTM whose directions are not merged",
        ),
        ("TimeDistributed", [6, 3], {"layer": {"config": {}}}, "TimeDistributed of a layer without a class"),
        ("Convolution2D", [4, 4, 3], {"nb_filter": 3}, "Convolution2D"),
        ("conv", [4, 4, 3], {}, "other conv"),
        ("x" * 300, [3], {}, "x" * 60),
        ("a\nb", [3], {}, r"'a\nb'"),
    ],
)
def test_what_is_not_known_is_said(kind: str, shape: list[int | None], config: dict[str, Any], said: str) -> None:
    found = table(kind, shape, config)
    assert found.partial
    assert found.rows[-1].layer.kind == said
    assert found.rows[-1].unknown == f"{said} is not a kind of layer that is known"
    assert found.rows[-1].layer.place.startswith("model.json: layer it (")


def test_a_layer_of_two_inputs_that_reads_one_here() -> None:
    reads = [[["in", 0, 0, {}], ["in", 0, 0, {}]]]
    layers = [
        {"class_name": "InputLayer", "name": "in", "config": {"batch_shape": [None, 3]}},
        {"class_name": "Dense", "name": "a", "config": {"units": 4}, "inbound_nodes": reads},
    ]
    model = {"class_name": "Functional", "config": {"layers": layers, "output_layers": [["a", 0, 0]]}}
    found = tabulate(read_data(json.dumps(model).encode()))
    assert found.rows[-1].unknown == "Dense of 2 inputs is not a kind of layer that is known"
    assert found.partial


def test_sums_of_one_layer_add_a_constant() -> None:
    assert row("Add", [4], {}).layer.remarks == ("add-constant",)
    assert row("Multiply", [4], {}).layer.remarks == ("multiply-constant",)


def test_channels_first() -> None:
    """(3, 8, 6) there is 8×6×3 here; the normalised axis is the first."""
    conv = {"filters": 4, "kernel_size": 3, "data_format": "channels_first"}
    assert row("Conv2D", [3, 8, 6], conv).output == (6, 4, 4)
    norm = {"axis": -1, "data_format": "channels_first"}
    assert row("LayerNormalization", [3, 8, 6], norm).count("parameters") == 12
    assert row("LayerNormalization", [3, 8, 6], {**norm, "axis": 1}).count("parameters") == 6


@pytest.mark.parametrize("batch", ["batch_shape", "batch_input_shape"])
def test_open_sizes_are_letters(batch: str) -> None:
    found = table("Conv2D", [None, None, 3], {"filters": 4, "kernel_size": 3, "padding": "same"}, batch)
    assert [str(size.id) for size in found.network.input[:2]] == ["H", "W"]  # type: ignore[union-attr]
    assert found.rows[-1].output[-1] == 4
    assert found.total["parameters"] == 112


def test_the_state_a_layer_starts_from_is_noted() -> None:
    """And the second output of a recurrent layer, its state, is what it gives after the last step."""

    def call(*reads: tuple[str, int]) -> list[Any]:
        return [[[name, 0, output, {}] for name, output in reads]]

    layers = [
        {"class_name": "InputLayer", "name": "in", "config": {"batch_shape": [None, 6, 3]}},
        {
            "class_name": "LSTM",
            "name": "a",
            "config": {"units": 4, "return_state": True},
            "inbound_nodes": call(("in", 0)),
        },
        {
            "class_name": "LSTM",
            "name": "b",
            "config": {"units": 4},
            "inbound_nodes": call(("in", 0), ("a", 1), ("a", 2)),
        },
        {"class_name": "Dense", "name": "c", "config": {"units": 2}, "inbound_nodes": call(("a", 1))},
    ]
    config = {"layers": layers, "input_layers": [["in", 0, 0]], "output_layers": [["b", 0, 0], ["c", 0, 0]]}
    found = tabulate(read_data(json.dumps({"class_name": "Functional", "config": config}).encode()))
    assert found.network.notes == ("b also reads the state it starts from, which another layer gives",)
    assert (found.row("b").layer.inputs, found.row("b").count("parameters")) == (("input",), 128)
    assert (found.row("c").layer.inputs, found.row("c").count("parameters")) == (("a",), 10)
    assert not found.partial


RECURRENT = {"class_name": "LSTM", "config": {"units": 3}}
SETTINGS: list[tuple[str, list[int | None], dict[str, Any], tuple[int, ...], int, int]] = [
    # (class, input, configuration, output, parameters, MACs)
    ("Dense", [5, 6, 7, 4], {"units": 3}, (5, 6, 7, 3), 15, 210 * 12),
    ("Dense", [2, 5, 6, 7, 4], {"units": 3}, (2, 5, 6, 7, 3), 15, 420 * 12),
    ("EinsumDense", [6, 8], {"equation": "abc,cd->abd", "output_shape": [None, 5], "bias_axes": "d"}, (6, 5), 45, 240),
    ("EinsumDense", [6, 8], {"equation": "...x,xy->...y", "output_shape": [5], "bias_axes": "y"}, (6, 5), 45, 240),
    ("UpSampling2D", [4, 4, 3], {"size": [2, 3]}, (8, 12, 3), 0, 0),
    ("UpSampling1D", [4, 3], {"size": 2}, (8, 3), 0, 0),
    ("Cropping2D", [8, 8, 3], {"cropping": [[1, 2], [0, 3]]}, (5, 5, 3), 0, 0),
    ("Cropping1D", [8, 3], {"cropping": [1, 2]}, (5, 3), 0, 0),
    ("Resizing", [8, 8, 3], {"height": 12, "width": 10}, (12, 10, 3), 0, 0),
    ("CenterCrop", [8, 8, 3], {"height": 5, "width": 4}, (5, 4, 3), 0, 0),
    ("RandomCrop", [8, 8, 3], {"height": 9, "width": 4}, (9, 4, 3), 0, 0),
    ("Permute", [6, 3], {"dims": [2, 1]}, (3, 6), 0, 0),
    ("RepeatVector", [3], {"n": 4}, (4, 3), 0, 0),
    ("Embedding", [4, 5], {"input_dim": 9, "output_dim": 2}, (4, 5, 2), 18, 0),
    ("BatchNormalization", [4, 6, 3], {"axis": 1}, (4, 6, 3), 16, 0),
    ("BatchNormalization", [4, 4, 3], {"center": False}, (4, 4, 3), 9, 0),
    ("BatchNormalization", [4, 4, 3], {"center": False, "scale": False}, (4, 4, 3), 6, 0),
    ("LayerNormalization", [4, 6, 3], {"axis": [2, 3]}, (4, 6, 3), 36, 0),
    ("LayerNormalization", [6, 3], {"axis": [1]}, (6, 3), 12, 0),
    ("LayerNormalization", [6, 3], {"scale": False}, (6, 3), 3, 0),
    ("LayerNormalization", [6, 3], {"scale": False, "center": False}, (6, 3), 0, 0),
    ("RMSNormalization", [6, 3], {}, (6, 3), 3, 0),
    ("GroupNormalization", [4, 4, 6], {"groups": 3}, (4, 4, 6), 12, 0),
    ("GroupNormalization", [4, 4, 6], {"groups": -1, "scale": False}, (4, 4, 6), 6, 0),
    ("LayerScale", [4, 5, 3], {"init_values": 1e-6, "projection_dim": 3}, (4, 5, 3), 3, 0),
    ("PReLU", [4, 5, 3], {"shared_axes": [1, 2]}, (4, 5, 3), 3, 0),
    ("PReLU", [4, 5, 3], {}, (4, 5, 3), 60, 0),
    ("MaxPooling1D", [3, 8], {"pool_size": 2, "data_format": "channels_first"}, (4, 3), 0, 0),
    ("LocallyConnected2D", [5, 5, 2], {"filters": 3, "kernel_size": 3}, (3, 3, 3), 9 * 3 * 18 + 27, 27 * 18),
    ("Conv2DTranspose", [4, 4, 3], {"filters": 2, "kernel_size": 2, "padding": "same"}, (4, 4, 2), 26, 16 * 24),
    ("Bidirectional", [6, 2], {"merge_mode": "sum", "layer": RECURRENT}, (3,), 144, 2 * 6 * 60),
    ("Bidirectional", [6, 2], {"layer": RECURRENT, "backward_layer": {"class_name": "GRU", "config": {"units": 4}}},
     (7,), 72 + 84, 6 * (60 + 72)),
    ("RNN", [6, 2], {"cell": {"class_name": "GRUCell", "config": {"units": 4}}}, (4,), 84, 6 * 72),
    ("TimeDistributed", [6, 8, 8, 3], {"layer": {"class_name": "Conv2D", "config": {"filters": 2, "kernel_size": 3}}},
     (6, 6, 6, 2), 56, 6 * 36 * 54),
    ("TimeDistributed", [6, 8, 8, 3], {"layer": {"class_name": "Flatten", "config": {}}}, (6, 192), 0, 0),
    ("TimeDistributed", [5, 6, 2], {"layer": RECURRENT}, (5, 3), 72, 5 * 6 * 60),
    ("Mean", [4, 5, 3], {"axis": [1, 2], "keepdims": False}, (3,), 0, 0),
    ("Sum", [5, 3], {"axis": -1, "keepdims": True}, (5, 1), 0, 0),
    ("Reshape", [4, 6, 3], {"newshape": [-1, 24, 3]}, (24, 3), 0, 0),
    ("Transpose", [4, 6, 3], {"axes": [0, 3, 1, 2]}, (3, 4, 6), 0, 0),
    ("ExpandDims", [4, 6], {"axis": 1}, (1, 4, 6), 0, 0),
    ("Squeeze", [1, 6], {"axis": 1}, (6,), 0, 0),
    ("Swapaxes", [4, 6, 3], {"axis1": 1, "axis2": -1}, (3, 6, 4), 0, 0),
    ("Moveaxis", [4, 6, 3], {"source": 1, "destination": 3}, (6, 3, 4), 0, 0),
    ("Repeat", [4, 6], {"repeats": 3, "axis": 1}, (12, 6), 0, 0),
    ("Tile", [4, 6], {"repeats": [1, 2, 3]}, (8, 18), 0, 0),
    ("Pad", [4, 6], {"pad_width": [[0, 0], [1, 2], [0, 0]]}, (7, 6), 0, 0),
    ("Flip", [4, 6], {"axis": 1}, (4, 6), 0, 0),
    ("Argmax", [4, 6], {"axis": -1, "keepdims": False}, (4,), 0, 0),
    ("OneHot", [4], {"num_classes": 5, "axis": -1}, (4, 5), 0, 0),
    ("SpectralNormalization", [4], {"layer": {"class_name": "Dense", "config": {"units": 3}}}, (3,), 15 + 3, 12),
    ("Dense", [4], {"units": 8, "lora_rank": 2}, (8,), 40 + 2 * 4 + 2 * 8, 4 * 8 + 4 * 2 + 2 * 8),
    ("Conv2D", [6, 6, 2], {"filters": 8, "kernel_size": 3, "lora_rank": 2}, (4, 4, 8), 152 + 18 * 2 + 2 * 8,
     16 * (18 * 8 + 18 * 2 + 2 * 8)),
    ("Embedding", [5], {"input_dim": 9, "output_dim": 6, "lora_rank": 2}, (5, 6), 54 + 9 * 2 + 2 * 6, 5 * 2 * 6),
    ("Bidirectional", [6, 2], {"layer": {"class_name": "RNN", "config": {"cell": {
        "class_name": "LSTMCell", "config": {"units": 3}}}}}, (6,), 2 * 72, 2 * 6 * 60),
    ("EinsumDense", [5, 8], {"equation": "abc,cd->abd", "output_shape": [5, 6], "bias_axes": "d", "lora_rank": 2},
     (5, 6), 54 + 2 * 8 + 2 * 6, 5 * (8 * 6 + 8 * 2 + 2 * 6)),
    ("CategoryEncoding", [1], {"num_tokens": 5, "output_mode": "one_hot"}, (5,), 0, 0),
    ("CategoryEncoding", [4], {"num_tokens": 5, "output_mode": "multi_hot"}, (5,), 0, 0),
    ("CategoryEncoding", [4], {"num_tokens": 5, "output_mode": "one_hot"}, (4, 5), 0, 0),
    ("MaxPool", [8, 8, 3], {"pool_size": 2, "strides": None, "padding": "valid"}, (4, 4, 3), 0, 0),
    ("Resize", [8, 8, 3], {"size": [5, 6], "interpolation": "bilinear"}, (5, 6, 3), 0, 0),
    ("ConvLSTM2D", [3, 8, 8, 2], {"filters": 3, "kernel_size": 3}, (6, 6, 3), 4 * 3 * (45 + 1), 3 * 36 * 12 * 45),
    ("ConvLSTM2D", [3, 8, 8, 2], {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same",
                                  "return_sequences": True, "use_bias": False}, (3, 4, 4, 3), 540, 3 * 16 * 540),
    ("ConvLSTM2D", [3, 2, 8, 7], {"filters": 3, "kernel_size": 3, "padding": "same", "data_format": "channels_first",
                                  "return_sequences": True}, (3, 8, 7, 3), 552, 3 * 56 * 540),
    ("ConvLSTM1D", [3, 8, 2], {"filters": 3, "kernel_size": 3, "padding": "same"}, (8, 3), 4 * 3 * 16, 24 * 12 * 15),
    ("ConvLSTM3D", [3, 4, 5, 6, 2], {"filters": 3, "kernel_size": 3, "padding": "same"}, (4, 5, 6, 3), 1632,
     3 * 120 * 12 * 135),
]  # fmt: skip


@each_row(
    ("kind", "shape", "config", "output", "parameters", "macs"),
    [pytest.param(*each, id=each[0]) for each in SETTINGS],
)
def test_settings_are_honoured(
    kind: str, shape: list[int | None], config: dict[str, Any], output: tuple[int, ...], parameters: int, macs: int
) -> None:
    found = table(kind, shape, config)
    assert not found.partial
    assert found.rows[-1].output == output
    assert (found.total["parameters"], found.total["macs"]) == (parameters, macs)
