"""Keras models: configurations of both of Keras's ways of writing a graph, and what the tables make of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dlcalc.networks.network import Network
from dlcalc.networks.readers import read_data
from dlcalc.networks.table import Table, tabulate

Config = dict[str, Any]


def layer(kind: str, name: str = "", reads: list[Any] | None = None, **config: Any) -> Config:
    """A layer as Keras 2 writes it; `reads` are the layers of one call."""
    name = name or kind.lower()
    made: Config = {"class_name": kind, "config": {"name": name, **config}, "name": name}
    if reads is not None:
        made["inbound_nodes"] = [[[each, 0, 0, {}] for each in reads]]
    return made


def entry(*shape: int | None, name: str = "in") -> Config:
    return layer("InputLayer", name, batch_shape=[None, *shape])


def sequential(*layers: Config) -> Config:
    return {"class_name": "Sequential", "config": {"name": "seq", "layers": list(layers)}}


def functional(*layers: Config, inputs: Any = (("in", 0, 0),), outputs: Any = None, name: str = "model") -> Config:
    outputs = [[layers[-1]["name"], 0, 0]] if outputs is None else outputs
    config = {"name": name, "layers": list(layers), "input_layers": list(inputs), "output_layers": outputs}
    return {"class_name": "Functional", "name": name, "config": config}


def read(model: Any) -> Network:
    return read_data(json.dumps(model).encode(), "model.json")


def table(*layers: Config) -> Table:
    return tabulate(read(sequential(*layers)), "keras")


def rows(found: Table) -> list[tuple[str, Any, Any]]:
    return [(row.layer.name, row.output, row.count("parameters")) for row in found.rows]


# Published summaries


def test_the_simple_convolutional_network_of_keras() -> None:
    """The summary on keras.io/examples/vision/mnist_convnet: 320, 18,496 and 16,010; 34,826 in all."""
    found = table(
        entry(28, 28, 1),
        layer("Conv2D", "conv2d", filters=32, kernel_size=[3, 3], activation="relu", padding="valid"),
        layer("MaxPooling2D", "max_pooling2d", pool_size=[2, 2], strides=[2, 2], padding="valid"),
        layer("Conv2D", "conv2d_1", filters=64, kernel_size=[3, 3], activation="relu"),
        layer("MaxPooling2D", "max_pooling2d_1", pool_size=[2, 2]),
        layer("Flatten", "flatten"),
        layer("Dropout", "dropout", rate=0.5),
        layer("Dense", "dense", units=10, activation="softmax"),
    )
    assert rows(found) == [
        ("conv2d", (26, 26, 32), 320),
        ("max_pooling2d", (13, 13, 32), 0),
        ("conv2d_1", (11, 11, 64), 18496),
        ("max_pooling2d_1", (5, 5, 64), 0),
        ("flatten", (1600,), 0),
        ("dense", (10,), 16010),
    ]
    assert found.total["parameters"] == 34826
    assert found.row("conv2d").layer.remarks == ("relu",)
    assert found.row("flatten").layer.remarks == ("dropout0.5",)
    assert not found.partial


def test_the_recurrent_network_of_keras() -> None:
    """The summary in Keras's guide to RNNs: 64,000, 247,296, 49,280 and 1,290; 361,866 in all."""
    found = table(
        entry(None),
        layer("Embedding", "embedding", input_dim=1000, output_dim=64),
        layer("GRU", "gru", units=256, return_sequences=True, reset_after=True),
        layer("SimpleRNN", "rnn", units=128),
        layer("Dense", "dense", units=10),
    )
    assert [count for _, _, count in rows(found)] == [64000, 247296, 49280, 1290]
    assert found.total["parameters"] == 361866


def bidirectional(name: str, units: int, kind: str = "LSTM", **config: Any) -> Config:
    return layer("Bidirectional", name, layer={"class_name": kind, "config": {"units": units, **config}})


def test_the_bidirectional_network_of_keras() -> None:
    """The summary on keras.io/examples/nlp/bidirectional_lstm_imdb: 2,757,761 in all."""
    found = table(
        entry(200),
        layer("Embedding", "embedding", input_dim=20000, output_dim=128),
        bidirectional("bidirectional", 64, return_sequences=True),
        bidirectional("bidirectional_1", 64),
        layer("Dense", "dense", units=1, activation="sigmoid"),
    )
    assert rows(found) == [
        ("embedding", (200, 128), 2560000),
        ("bidirectional", (200, 128), 98816),
        ("bidirectional_1", (128,), 98816),
        ("dense", (1,), 129),
    ]
    assert found.total["parameters"] == 2757761


def mobilenet() -> list[Config]:
    """MobileNet v1 as keras.applications builds it, with its padding layers."""
    layers = [entry(224, 224, 3)]

    def normed(name: str) -> list[Config]:
        return [layer("BatchNormalization", f"{name}_bn", axis=[3]), layer("ReLU", f"{name}_relu", max_value=6.0)]

    layers += [layer("Conv2D", "conv1", filters=32, kernel_size=[3, 3], strides=[2, 2], padding="same", use_bias=False)]
    layers += normed("conv1")
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for block, (filters, stride) in enumerate(plan, 1):
        if stride == 2:
            layers.append(layer("ZeroPadding2D", f"pad_{block}", padding=[[0, 1], [0, 1]]))
        padding = "same" if stride == 1 else "valid"
        window = {"kernel_size": [3, 3], "strides": [stride, stride], "padding": padding, "use_bias": False}
        layers += [layer("DepthwiseConv2D", f"dw_{block}", depth_multiplier=1, **window), *normed(f"dw_{block}")]
        point = {"kernel_size": [1, 1], "padding": "same", "use_bias": False}
        layers += [layer("Conv2D", f"pw_{block}", filters=filters, **point), *normed(f"pw_{block}")]
    layers += [
        layer("GlobalAveragePooling2D", "pool", keepdims=True),
        layer("Dropout", "dropout", rate=1e-3),
        layer("Conv2D", "preds", filters=1000, kernel_size=[1, 1], padding="same"),
        layer("Reshape", "reshape_2", target_shape=[1000]),
        layer("Activation", "act_softmax", activation="softmax"),
    ]
    return layers


def test_mobilenet() -> None:
    """keras.applications.MobileNet().summary(): 4,253,864, of which 4,231,976 are trained."""
    found = table(*mobilenet())
    assert found.total["parameters"] == 4253864
    assert sum(row.trainable for row in found.rows) == 4231976
    assert found.row("pw_13").output == (7, 7, 1024)
    assert found.row("pool").output == (1, 1, 1024)
    assert found.rows[-1].output == (1000,)
    assert found.row("conv1_bn").layer.remarks == ("relu6",)


def resnet(blocks: tuple[int, ...]) -> Config:
    """A ResNet with bottlenecks as keras.applications builds it: biases kept, stride in the first convolution."""
    layers = [entry(224, 224, 3)]

    def put(kind: str, name: str, *reads: str, **config: Any) -> str:
        layers.append(layer(kind, name, list(reads), **config))
        return name

    def conv(name: str, before: str, filters: int, f: int, stride: int = 1, padding: str = "valid") -> str:
        window = {"kernel_size": [f, f], "strides": [stride, stride], "padding": padding}
        conv = put("Conv2D", f"{name}_conv", before, filters=filters, **window)
        return put("BatchNormalization", f"{name}_bn", conv, axis=[3])

    last = put("ZeroPadding2D", "conv1_pad", "in", padding=[[3, 3], [3, 3]])
    last = put("Activation", "conv1_relu", conv("conv1", last, 64, 7, 2), activation="relu")
    last = put("ZeroPadding2D", "pool1_pad", last, padding=[[1, 1], [1, 1]])
    last = put("MaxPooling2D", "pool1_pool", last, pool_size=[3, 3], strides=[2, 2])
    for stage, count in enumerate(blocks):
        filters = 64 * 2**stage
        for block in range(count):
            name, stride = f"conv{stage + 2}_block{block + 1}", 2 if stage and not block else 1
            shortcut = conv(f"{name}_0", last, 4 * filters, 1, stride) if not block else last
            x = put("Activation", f"{name}_1_relu", conv(f"{name}_1", last, filters, 1, stride), activation="relu")
            x = put("Activation", f"{name}_2_relu", conv(f"{name}_2", x, filters, 3, 1, "same"), activation="relu")
            total = put("Add", f"{name}_add", shortcut, conv(f"{name}_3", x, 4 * filters, 1))
            last = put("Activation", f"{name}_out", total, activation="relu")
    put("Dense", "predictions", put("GlobalAveragePooling2D", "avg_pool", last), units=1000, activation="softmax")
    return functional(*layers)


@pytest.mark.parametrize(
    ("blocks", "total", "trained"),
    [((3, 4, 6, 3), 25636712, 25583592), ((3, 8, 36, 3), 60419944, 60268520)],
)
def test_resnet(blocks: tuple[int, ...], total: int, trained: int) -> None:
    """keras.applications.ResNet50 and ResNet152: the totals of their summaries."""
    found = tabulate(read(resnet(blocks)), "keras")
    assert found.total["parameters"] == total
    assert sum(row.trainable for row in found.rows) == trained
    assert found.row("pool1_pool").output == (56, 56, 64)
    assert found.row("conv5_block3_add").output == (7, 7, 2048)
    assert not found.partial


# Graphs


def tensor(name: str, *shape: int | None, call: int = 0, output: int = 0) -> Config:
    """A reference as Keras 3 writes it."""
    config = {"shape": [None, *shape], "dtype": "float32", "keras_history": [name, call, output]}
    return {"class_name": "__keras_tensor__", "config": config}


def node(*args: Any, **kwargs: Any) -> Config:
    return {"args": list(args), "kwargs": kwargs}


def three(kind: str, name: str, *nodes: Config, **config: Any) -> Config:
    """A layer as Keras 3 writes it."""
    return {**layer(kind, name, **config), "inbound_nodes": list(nodes)}


def test_a_residual_block_of_keras_3() -> None:
    """Also with more channels than the number 1 that is read beside a tensor."""
    found = tabulate(
        read(
            functional(
                entry(8, 8, 4),
                three("Conv2D", "a", node(tensor("in", 8, 8, 4)), filters=4, kernel_size=[3, 3], padding="same"),
                three("Conv2D", "b", node(tensor("a", 8, 8, 4)), filters=4, kernel_size=[3, 3], padding="same"),
                three("Add", "sum", node([tensor("b", 8, 8, 4), tensor("a", 8, 8, 4)])),
                three("Multiply", "product", node([tensor("sum", 8, 8, 4), tensor("in", 8, 8, 4)])),
                three("Concatenate", "both", node([tensor("product", 8, 8, 4), tensor("a", 8, 8, 4)]), axis=-1),
                inputs=["in", 0, 0],
                outputs=["both", 0, 0],
            )
        )
    )
    assert rows(found) == [
        ("a", (8, 8, 4), 148),
        ("b", (8, 8, 4), 148),
        ("sum", (8, 8, 4), 0),
        ("product", (8, 8, 4), 0),
        ("both", (8, 8, 8), 0),
    ]
    assert [row.layer.inputs for row in found.rows] == [
        ("input",),
        ("a",),
        ("b", "a"),
        ("sum", "input"),
        ("product", "a"),
    ]


def test_an_activation_that_others_do_not_see_is_a_row() -> None:
    """The convolution is read twice, before and behind the activation."""
    found = read(
        functional(
            entry(8, 8, 4),
            layer("Conv2D", "a", ["in"], filters=4, kernel_size=1),
            layer("LeakyReLU", "act", ["a"]),
            layer("Add", "sum", ["a", "act"]),
        )
    )
    assert [(each.name, each.kind, each.remarks) for each in found.layers] == [
        ("a", "conv", ()),
        ("act", "activation", ("leaky",)),
        ("sum", "add", ()),
    ]


def test_layers_out_of_order() -> None:
    model = functional(layer("Dense", "b", ["a"], units=2), layer("Dense", "a", ["in"], units=3), entry(4), outputs=[])
    assert [each.name for each in read(model).layers] == ["a", "b"]


def test_a_model_in_a_model_is_read_in_its_place() -> None:
    inner = sequential(layer("Conv2D", "conv", filters=2, kernel_size=3), layer("Flatten", "flat"))
    found = tabulate(
        read(
            functional(
                entry(5, 5, 1), {**inner, **layer_of(inner, "base", "in")}, layer("Dense", "top", ["base"], units=3)
            )
        )
    )
    assert rows(found) == [("base/conv", (3, 3, 2), 20), ("base/flat", (18,), 0), ("top", (3,), 57)]


def layer_of(model: Config, name: str, *reads: str, call: int = 0) -> Config:
    """What makes a model a layer of another one."""
    return {"name": name, "inbound_nodes": [[[each, call, 0, {}] for each in reads]]}


def test_a_functional_model_in_a_model() -> None:
    """Of two outputs; its own input layer is what it reads outside."""
    inner = functional(
        entry(6, name="inner_in"),
        layer("Dense", "one", ["inner_in"], units=4),
        layer("Dense", "two", ["inner_in"], units=5),
        inputs=[["inner_in", 0, 0]],
        outputs=[["one", 0, 0], ["two", 0, 0]],
        name="twin",
    )
    inner["inbound_nodes"] = [[["start", 0, 0, {}]]]
    both = layer("Concatenate", "both")
    both["inbound_nodes"] = [[["twin", 0, 0, {}], ["twin", 0, 1, {}]]]
    found = tabulate(read(functional(entry(6), layer("Dense", "start", ["in"], units=6), inner, both)))
    assert rows(found) == [("start", (6,), 42), ("twin/one", (4,), 28), ("twin/two", (5,), 35), ("both", (9,), 0)]


def test_calls_of_a_model_counted_from_one() -> None:
    """As Keras 2 does: the model's own graph was its first call."""
    base = {**sequential(entry(4, name="x"), layer("Dense", "d", units=2)), **layer_of({}, "base", "in")}
    top = layer("Dense", "top", units=3)
    top["inbound_nodes"] = [[["base", 1, 0, {}]]]
    assert rows(tabulate(read(functional(entry(4), base, top)))) == [("base/d", (2,), 10), ("top", (3,), 9)]
    alone = functional(entry(4), base, outputs=[["base", 1, 0]])
    assert rows(tabulate(read(alone))) == [("base/d", (2,), 10)]


def test_a_sequential_model_in_a_sequential_one() -> None:
    inner = {**sequential(entry(4, 4, 3, name="x"), layer("Conv2D", filters=2, kernel_size=1)), "name": "inner"}
    assert rows(table(inner, layer("Flatten"))) == [("inner/conv2d", (4, 4, 2), 8), ("flatten", (32,), 0)]


# What stays unknown


def test_a_shared_layer_is_counted_once_and_named() -> None:
    """Its second call has no weights of its own; its products are counted at each call."""
    shared = layer("Dense", "twin", units=2)
    shared["inbound_nodes"] = [[["a", 0, 0, {}]], [["b", 0, 0, {}]]]
    both = layer("Concatenate", "both")
    both["inbound_nodes"] = [[["twin", 0, 0, {}], ["twin", 1, 0, {}]]]
    model = functional(
        entry(3), layer("Dense", "a", ["in"], units=4), layer("Dense", "b", ["in"], units=4), shared, both
    )
    found = tabulate(read(model))
    assert not found.partial
    assert rows(found)[:3] == [("a", (4,), 16), ("b", (4,), 16), ("twin", (2,), 10)]
    twin = found.row("twin-2")
    assert (twin.layer.shares, twin.output, twin.count("parameters"), twin.count("macs")) == ("twin", (2,), 0, 8)
    assert (found.total["parameters"], found.total["macs"]) == (42, 12 + 12 + 8 + 8)


def test_a_shared_layer_without_weights_is_no_trouble() -> None:
    pooling = layer("MaxPooling2D", "pool")
    pooling["inbound_nodes"] = [[["in", 0, 0, {}]], [["pool", 0, 0, {}]]]
    found = tabulate(read(functional(entry(8, 8, 1), pooling, outputs=[["pool", 1, 0]])))
    assert rows(found) == [("pool", (4, 4, 1), 0), ("pool-2", (2, 2, 1), 0)]


def test_a_shared_model_is_named() -> None:
    base = {**sequential(entry(4, name="x"), layer("Dense", "d", units=2)), "name": "base"}
    base["inbound_nodes"] = [[["in", 0, 0, {}]], [["in", 0, 0, {}]]]
    both = layer("Add", "both")
    both["inbound_nodes"] = [[["base", 1, 0, {}], ["base", 2, 0, {}]]]
    found = tabulate(read(functional(entry(4), base, both)))
    assert [(row.layer.name, row.layer.shares, row.count("parameters")) for row in found.rows] == [
        ("base/d", "", 10), ("base/d-2", "base/d", 0), ("both", "", 0),
    ]  # fmt: skip
    assert not found.partial


def test_a_second_input_is_named() -> None:
    model = functional(
        entry(4, name="one"),
        entry(5, name="two"),
        layer("Dense", "a", ["one"], units=2),
        layer("Concatenate", "both", ["a", "two"]),
        inputs=[["one", 0, 0], ["two", 0, 0]],
    )
    found = tabulate(read(model))
    assert found.network.input == (4,)
    assert (found.row("two").layer.kind, found.row("two").output) == ("input", (5,))
    assert found.row("both").output == (7,)
    assert (found.total["parameters"], found.partial) == (10, False)


def test_a_layer_of_ones_own_is_named_with_its_place() -> None:
    found = table(entry(4), layer("Dense", "a", units=2), layer("my>Own", "mine"), layer("Dense", "b", units=3))
    assert found.partial
    assert found.row("mine").unknown == "my>Own is not a kind of layer that is known"
    assert found.row("mine").layer.place == "model.json: layer mine (my>Own)"
    assert (found.row("a").count("parameters"), found.row("b").unknown) == (10, "it reads an unknown layer")


def test_a_program_is_a_kind_that_is_not_known(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file's bytecode is data: it is neither decoded nor run."""
    monkeypatch.chdir(tmp_path)
    program = {"class_name": "__lambda__", "config": {"code": "open('canary', 'w')", "defaults": None}}
    found = table(
        entry(4),
        layer("Dense", "a", units=2, activation=program),
        layer("Lambda", "run", function=program, function_type="lambda"),
        layer("TimeDistributed", "each", layer={"class_name": "Lambda", "config": {"function": program}}),
        layer("Bidirectional", "both", layer={"class_name": "Lambda", "config": {"function": program}}),
    )
    assert found.row("run").unknown == "Lambda is not a kind of layer that is known"
    assert found.row("each").layer.kind == "TimeDistributed Lambda"
    assert found.row("both").layer.kind == "Bidirectional Lambda"
    assert found.row("a").layer.remarks == ("activation",)
    assert found.partial
    assert not list(tmp_path.iterdir())


def test_an_unknown_layer_leaves_the_rest_known() -> None:
    """The file says what comes out of it, where the next layer was built for it."""
    second = layer("Dense", "b", units=3)
    second["build_config"] = {"input_shape": [None, 7]}
    found = table(entry(4), layer("Dense", "a", units=2), layer("my>Own", "mine"), second)
    assert [(row.output, row.count("parameters"), bool(row.unknown)) for row in found.rows] == [
        ((2,), 10, False), ((7,), 0, True), ((3,), 24, False),
    ]  # fmt: skip
    assert found.partial
    assert not found.row("mine").knows("parameters")


def test_what_the_file_says_is_believed() -> None:
    second = layer("Dense", "b", units=3)
    second["build_config"] = {"input_shape": [None, 7]}
    found = table(entry(4), layer("Dense", "a", units=2), second)
    assert found.row("a").unknown == "the file says that the output is 7, but it is 2"
    assert found.row("b").count("parameters") == 24


def test_one_layer_that_stands_twice_in_the_file() -> None:
    """Keras gives its own names once: the same name and configuration in a model inside a model is the same layer."""
    inner = sequential(entry(4, name="x"), layer("Dense", "dense", units=4))
    outer = layer("Dense", "dense", ["in"], units=4)
    model = functional(entry(4), outer, {**inner, "name": "inner", "inbound_nodes": [[["dense", 0, 0, {}]]]})
    found = tabulate(read(model))
    assert [(row.layer.name, row.layer.shares) for row in found.rows] == [("dense", ""), ("inner/dense", "dense")]
    assert (found.total["parameters"], found.total["macs"]) == (20, 32)


def test_what_is_not_trained() -> None:
    """Of a layer that is frozen nothing, and of one with LoRA all but its matrix: 4 biases, 3·2 and 2·4."""
    found = table(
        entry(2),
        layer("Dense", "a", units=3, trainable=False),
        layer("BatchNormalization", "n", trainable=False),
        layer("Dense", "b", units=4, lora_rank=2),
    )
    assert [row.trainable for row in found.rows] == [0, 0, 4, 6, 8, 0]
    assert found.total["parameters"] == 9 + 12 + 16 + 6 + 8


# Classes of keras.applications


def test_the_scaled_residual_of_inception_resnet_is_an_addition_without_parameters() -> None:
    branch = layer("Conv2D", "a", ["in"], filters=3, kernel_size=1)
    found = tabulate(
        read(functional(entry(8, 8, 3), branch, layer("CustomScaleLayer", "both", ["in", "a"], scale=0.2)))
    )
    assert not found.partial
    assert rows(found) == [("a", (8, 8, 3), 12), ("both", (8, 8, 3), 0)]
    assert found.row("both").layer.kind == "add"


@pytest.mark.parametrize(("kind", "config"), [("CustomScaleLayer", {"scale": 0.2}), ("LayerScale", {"dim": 3})])
def test_a_class_of_that_name_that_is_configured_otherwise_is_not_known(kind: str, config: dict[str, Any]) -> None:
    found = tabulate(read(functional(entry(8, 8, 3), layer(kind, "it", ["in"], **config))))
    assert found.partial
    assert found.rows[-1].unknown


def test_a_model_without_layers_has_an_empty_table() -> None:
    found = table(entry(8))
    assert (found.rows, found.partial, found.total["parameters"]) == ((), False, 0)
