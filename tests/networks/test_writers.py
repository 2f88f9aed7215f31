"""A network written out: text and TOML are read back, programs say what the table says, blanks give nothing away."""

from __future__ import annotations

import ast
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.networks import text, zoo
from dlcalc.networks.network import Layer, Network
from dlcalc.networks.readers import toml
from dlcalc.networks.writers import FORMATS, PROGRAMS, write
from dlcalc.networks.writers.text import plain

WITHOUT_CODE = {"lenet5-1998", "lenet5-1998-dense"}
"""Their connection table is in no library."""


def layers(network: Network) -> list[Layer]:
    return [plain(layer) for layer in network.layers]


def is_a_stack(network: Network) -> bool:
    before = ["input", *(layer.name for layer in network.layers)]
    return all(layer.inputs == (name,) for name, layer in zip(before, network.layers, strict=False))


def stack(*layers: Layer) -> Network:
    return Network("mine", "Mine", (8, 8, 3), layers)


@each_row("id", zoo.names())
def test_toml_is_read_back(id: str) -> None:
    network = zoo.network(id)
    again = toml.network(write(network, "toml").encode(), "network.toml")
    assert layers(again) == layers(network)
    assert (again.input, again.sequence, again.title) == (network.input, network.sequence, network.title)
    assert (again.source, again.notes) == (network.source, network.notes)


@each_row("id", [id for id in zoo.names() if is_a_stack(zoo.network(id))])
def test_text_is_read_back(id: str) -> None:
    network = zoo.network(id)
    again = text.read(write(network, "text"))
    assert layers(again) == layers(network)
    assert (again.input, again.sequence) == (network.input, network.sequence)


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("8x8x3; dropout 1/3; fc 2", "8x8x3; dropout 1/3; dense 2"),
        ("8x8x3; dropout 0.25", "8x8x3; dropout 0.25"),
        ("n x n x c; conv 2k f3; fc 3", "nxnxc; conv (2k) f3; dense 3"),
        ("8x8x3; stem: conv2d 8 f=3x5 s(n) nobias", "8x8x3; stem: conv 8 f3x5 s(n) nobias"),
        ("T x n seq; lstm 5 L2 bi seq; gru 3", "Txn seq; lstm 5 L2 bi seq; gru 3"),
        ("8x8x3; pool f2; convt 4 f3 s2 op1", "8x8x3; maxpool 2; conv-transpose 4 f3 s2 op1"),
        ("8x8x3; pool f3 s2 ceil relu", "8x8x3; maxpool f3 s2 ceil relu"),
    ],
)
def test_the_line_as_it_is_written(line: str, written: str) -> None:
    """Aliases become the kind's own name, what is usual is not said."""
    assert write(text.read(line), "text") == written
    assert layers(text.read(written)) == layers(text.read(line))


SIZE = st.integers(1, 9)
PART = st.one_of(
    st.builds("conv {} f{} s{} p{}x{}".format, SIZE, SIZE, SIZE, SIZE, SIZE),
    st.builds("depthwise {} f{} same nobias".format, SIZE, SIZE),
    st.builds("{}pool f{} s{} ceil".format, st.sampled_from(["max", "avg"]), SIZE, SIZE),
    st.builds("{} {} {}".format, st.sampled_from(["rnn", "lstm", "gru"]), SIZE, st.sampled_from(["", "bi", "L3 seq"])),
    st.builds("dense {} {}".format, SIZE, st.sampled_from(["", "relu", "tanh dropout0.3"])),
    st.builds("dropout {}".format, st.fractions(0, 1)),
    st.sampled_from(["flatten", "bn", "ln nobias", "gap", "embedding 50 3", "attention 2"]),
)


@settings(max_examples=60)
@given(st.lists(PART, min_size=1, max_size=8))
def test_any_stack_is_read_back(parts: list[str]) -> None:
    """Whether or not its layers fit together."""
    network = text.read("; ".join(["16x16x4", *parts]))
    assert layers(text.read(write(network, "text"))) == layers(network)
    again = toml.network(write(network, "toml").encode(), "network.toml")
    assert layers(again) == layers(network)


@pytest.mark.parametrize("title", ['a "quoted" title', "back\\slash", "“curly” × 2", "'; import os"])
def test_a_title_does_no_harm(title: str) -> None:
    """TOML gives it back; in a program it stays inside the first string."""
    network = Network("mine", title, (8, 8, 3), text.read("8x8x3; conv 2 f3").layers)
    assert toml.network(write(network, "toml").encode(), "mine.toml").title == title
    for form in PROGRAMS:
        first, *others = ast.parse(write(network, form)).body
        assert isinstance(first, ast.Expr)
        assert not any("os" in ast.unparse(other).split() for other in others)


CONV = {"k": 3, "f": 3}


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (zoo.network("resnet18"), r"in a line of text each layer reads the one before it; write the network as toml: "),
        (stack(Layer("a", "conv", CONV, ())), "a reads no layer"),
        (stack(Layer("a;b", "conv", CONV, ("input",))), "mine cannot be written in one line of text"),
        (
            stack(Layer("a", "conv", CONV, ("input",)), Layer("#b", "conv", CONV, ("a",))),
            "^#b cannot be written in one line",
        ),
        (
            stack(Layer("p", "pad", {"wide": 1}, ("input",))),
            r"^mine cannot be written in one line of text \(.*\); write it as toml$",
        ),
        (
            Network("mine", "", (-8,), (Layer("fc-1", "dense", {"m": 1}, ("input",)),)),
            r"mine cannot be written .*≥ 1, not -8",
        ),
    ],
)
def test_what_a_line_cannot_say(network: Network, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        write(network, "text")


@each_row(
    ("form", "line", "sentence"),
    [
        ("zz", "8x8x3; conv 2", "^a network is written as one of text, toml, keras, pytorch, not zz$"),
        ("keras", "8x8x3; rbf 3", r"rbf-1 \(rbf\) reads a vector"),
        ("keras", "8x8x3; conv k f3", "^conv-1 has no code while letters are left: k is not a number$"),
        ("pytorch", "8x8xc; conv 2 f3", "^conv-1 has no code while letters are left: c is not a number$"),
        ("keras", "8x8x3; lrn", "has no code: Keras has no local response normalisation"),
        ("keras", "9x9x3; conv 2 f3 s2 d2", "Keras has no convolution with both a stride and a dilation"),
        ("keras", "8x8x8x3; depthwise 2 f3", "Keras has no depthwise convolution of volumes"),
        ("keras", "8x8x4; convt 4 f3 g2", "Keras has no transposed convolution with groups"),
        ("keras", "9x9x3; pool f3 d2", "Keras has no pooling with dilation"),
        ("keras", "9; rbf m3", r"rbf-1 \(rbf\) has no code: Keras has no such layer"),
        ("pytorch", "9; rbf m3", r"rbf-1 \(rbf\) has no code: PyTorch has no such layer"),
        ("pytorch", "9x9x3; avgpool f3 d2", "PyTorch's average pooling has no dilation"),
        (
            "pytorch",
            "9x9x3; pool f2 s4 p2 ceil",
            "PyTorch's pooling has at most half of the window as padding in ceil",
        ),
    ],
)
def test_what_a_program_cannot_say(form: str, line: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        write(text.read(line), form)


def test_a_recurrent_layer_with_one_bias_is_no_pytorch_layer() -> None:
    layer = Layer("gru", "gru", {"m": 3, "reset_after": False}, ("input",))
    network = Network("mine", "Mine", (8, 3), (layer,), sequence=True)
    with pytest.raises(
        UserError, match=r"PyTorch's GRU has two bias vectors, this one \(reset_after = false\) has one"
    ):
        write(network, "pytorch")
    assert "layers.GRU(3, reset_after=False, name=" in write(network, "keras")


def test_a_network_without_layers_is_refused() -> None:
    for form in FORMATS:
        with pytest.raises(UserError, match=r"^mine has no layers to write$"):
            write(stack(), form)


@pytest.mark.parametrize("form", ["text", "toml"])
def test_only_code_has_blanks(form: str) -> None:
    with pytest.raises(UserError, match=f"^blanks are left in code, keras or pytorch, not in {form}$"):
        write(zoo.network("alexnet"), form, blank=True)


@pytest.mark.parametrize("id", [id for id in zoo.names() if id not in WITHOUT_CODE])
@pytest.mark.parametrize("form", PROGRAMS)
def test_a_program_and_its_exercise_are_python(form: str, id: str) -> None:
    """The blanks, and nothing else, are what the exercise leaves out."""
    code, exercise = write(zoo.network(id), form), write(zoo.network(id), form, blank=True)
    ast.parse(code)
    tree = ast.parse(exercise)
    shown = [line for line in exercise.splitlines() if not line.startswith("# Fill in the blanks")]
    assert len(shown) == len(exercise.splitlines()) - 1
    for line, blanked in zip(code.splitlines(), shown, strict=True):
        assert re.fullmatch(re.escape(blanked).replace("____", r"-?[\d.e-]+"), line)
    assert sum(isinstance(node, ast.Name) and node.id == "____" for node in ast.walk(tree)) > 0


@pytest.mark.parametrize("form", PROGRAMS)
@pytest.mark.parametrize("id", ["alexnet", "resnet18", "imdb-lstm", "mobilenet-v2"])
def test_no_constructor_of_the_exercise_keeps_a_number(form: str, id: str) -> None:
    calls = [
        node for node in ast.walk(ast.parse(write(zoo.network(id), form, blank=True))) if isinstance(node, ast.Call)
    ]
    made = [call for call in calls if ast.unparse(call.func).startswith(("nn.", "layers."))]
    assert made
    for call in made:
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        assert not any(
            isinstance(node, ast.Constant) and type(node.value) in (int, float)
            for argument in arguments
            for node in ast.walk(argument)
        )


KERAS = [
    ("9x9x3; conv 8 f3 p1 relu", ['layers.Conv2D(8, 3, padding="same", activation="relu", name="conv-1")']),
    ("9x9x4; conv 8 f3 s2 p1 g2 nobias", [
        "layers.ZeroPadding2D(1)", "layers.Conv2D(8, 3, strides=2, groups=2, use_bias=False,"]),
    ("9x9x4; depthwise 2 f3 d2", ["layers.DepthwiseConv2D(3, dilation_rate=2, depth_multiplier=2, name="]),
    ("9x9x4; convt 6 f4 s2 p1", ['layers.Conv2DTranspose(6, 4, strides=2, padding="same", name=']),
    ("9x9x4; convt 6 f3 s2 p1", ["layers.Conv2DTranspose(6, 3, strides=2, ", "layers.Cropping2D(1)"]),
    ("20x4; conv 8 f5; pool 2", ["layers.Conv1D(8, 5, ", "layers.MaxPooling1D(2, "]),
    ("6x6x6x2; conv 8 f3; avgpool f2", ["layers.Conv3D(8, 3, ", "layers.AveragePooling3D(2, "]),
    ("8x8x3; pool f3 s2 ceil", ["layers.ZeroPadding2D(((0, 1), (0, 1)))", "layers.MaxPooling2D(3, strides=2, "]),
    ("8x8x3; gap; dense 10 softmax", ["layers.GlobalAveragePooling2D(", 'layers.Dense(10, activation="softmax", ']),
    ("8x8x3; adaptive 1", ["layers.GlobalAveragePooling2D(keepdims=True, "]),
    ("8x8x3; adaptive 4x2", ["layers.AveragePooling2D((2, 4), "]),
    ("8x8x3; adaptive 3", ["layers.AdaptiveAveragePooling2D(3, "]),
    ("8x8x4; subsampling 2", ["layers.AveragePooling2D(2)", "layers.DepthwiseConv2D(1, "]),
    ("8x8x4; shuffle g2", [
        "layers.Reshape((8, 8, 2, 2))", "layers.Permute((1, 2, 4, 3))", "layers.Reshape((8, 8, 4), "]),
    ("8x8x4; split parts2 part2", ["keras.ops.split(inputs, 2, axis=-1)[1]"]),
    ("9 ; embedding 50 6; attention 2; ln; dropout 0.3", [
        'keras.Input((9,), dtype="int32")', "layers.Embedding(50, 6, ", "layers.MultiHeadAttention(2, 3, ",
        "layers.LayerNormalization(", "layers.Dropout(0.3, "]),
    ("9x6 seq; gru 4 nobias", ["layers.GRU(4, use_bias=False, name="]),
    ("9x6 seq; lstm 4 L2 bi seq", [
        "layers.Bidirectional(layers.LSTM(4, return_sequences=True))",
        'layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="lstm-1")']),
    ("5x8x8x3; convlstm 4 f3", ['layers.ConvLSTM2D(4, 3, padding="same", name=']),
    ("8x8x3; bn; act relu dropout; flatten; dense 3 dropout0.2", [
        "layers.BatchNormalization(", 'layers.Activation("relu"', "layers.Dropout(0.5)", "layers.Flatten(",
        "layers.Dropout(0.2)"]),
]  # fmt: skip


@each_row(("line", "calls"), KERAS)
def test_keras_constructors_in_order(line: str, calls: list[str]) -> None:
    code = write(text.read(line), "keras")
    ast.parse(code)
    places = [code.find(call) for call in calls]
    assert -1 not in places, code
    assert places == sorted(places)


@pytest.mark.parametrize("id", ["f", "none", "True", "9lives", "class", "é"])
def test_an_id_that_is_no_name_of_a_class(id: str) -> None:
    """The class is called otherwise, and F stays PyTorch's functions."""
    network = Network(id, "Mine", (8, 8, 3), text.read("8x8x3; conv 2 f3 relu").layers)
    tree = ast.parse(write(network, "pytorch"))
    (name,) = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    assert name.startswith("Network") or name == "Class"


def test_names_that_would_collide() -> None:
    """Each layer has a variable of its own, whatever its name."""
    names = ["conv-1", "conv_1", "CONV 1", "forward", "x", "lambda", "1", "?"]
    given = [
        Layer(name, "conv", {"k": 3, "f": 1}, (before,)) for before, name in zip(["input", *names], names, strict=False)
    ]
    code = write(stack(*given), "pytorch")
    made = re.findall(r"self\.(\w+) = nn", code)
    assert made == ["conv_1", "conv_1_2", "conv_1_3", "forward_", "x_", "lambda_", "layer_1", "layer"]
    ast.parse(code)
