"""A network in one line of text: what is read, and what is refused with its place."""

from fractions import Fraction

import pytest
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.networks.kinds import KINDS, Kind
from dlcalc.networks.table import tabulate
from dlcalc.networks.text import read, read_input


def test_layers_are_named_and_numbered_by_kind() -> None:
    network = read("32x32x3; conv 8 f3; pool 2; conv 16 f3 relu; fc 10 softmax; dense 5")
    assert [layer.name for layer in network.layers] == ["conv-1", "maxpool-1", "conv-2", "fc-1", "fc-2"]
    assert [layer.inputs for layer in network.layers][:2] == [("input",), ("conv-1",)]
    assert network.layers[2].remarks == ("relu",)


@each_row(
    ("part", "kind", "settings"),
    [
        ("conv 96 f11 s4", "conv", {"k": 96, "f": 11, "s": 4}),
        ("conv 8 f3x5 s2x1 p1 d2 groups2", "conv", {"k": 8, "f": (3, 5), "s": (2, 1), "p": 1, "d": 2, "groups": 2}),
        ("conv 8 f3 same", "conv", {"k": 8, "f": 3, "same": True}),
        ("pool 2", "maxpool", {"f": 2}),
        ("pool f3 s2 ceil", "maxpool", {"f": 3, "s": 2, "ceil": True}),
        ("avg 2", "avgpool", {"f": 2}),
        ("gap", "global-avgpool", {}),
        ("dw f3 p1", "depthwise", {"f": 3, "p": 1}),
        ("dense 4096 relu dropout0.5", "dense", {"m": 4096}),
        ("embedding 5000 32", "embedding", {"v": 5000, "n": 32}),
        ("conv 3x3 64", "conv", {"f": (3, 3), "k": 64}),
        ("3x3 conv 64", "conv", {"f": (3, 3), "k": 64}),
        ("conv1x1 16", "conv", {"f": (1, 1), "k": 16}),
        ("conv2d 32 3", "conv", {"k": 32, "f": 3}),
        ("conv 16 f 3 stride=2 padding 1", "conv", {"k": 16, "f": 3, "s": 2, "p": 1}),
        ("conv 16, F3, strides 2", "conv", {"k": 16, "f": 3, "s": 2}),
        ("conv 16 kernel_size=3 padding same", "conv", {"k": 16, "f": 3, "same": True}),
        ("conv 8 f3 valid nobias", "conv", {"k": 8, "f": 3, "bias": False}),
        ("Conv2D(32, (3, 5), strides=2, padding='same')", "conv", {"k": 32, "f": (3, 5), "s": 2, "same": True}),
        ("nn.Conv2d(3, 16, kernel_size=3, padding=1)", "conv", {"k": 16, "f": 3, "p": 1}),
        ("layers.MaxPooling2D((2, 2))", "maxpool", {"f": (2, 2)}),
        ("nn.MaxPool2d(3, 2)", "maxpool", {"f": 3, "s": 2}),
        ("2x2 maxpool", "maxpool", {"f": (2, 2)}),
        ("global average pooling", "global-avgpool", {}),
        ("GlobalAveragePooling2D()", "global-avgpool", {}),
        ("transposed conv 8 f2 s2", "conv-transpose", {"k": 8, "f": 2, "s": 2}),
        ("ConvTranspose2d(3, 8, 2, stride=2)", "conv-transpose", {"k": 8, "f": 2, "s": 2}),
        ("Conv2DTranspose(8, 2, strides=2)", "conv-transpose", {"k": 8, "f": 2, "s": 2}),
        ("linear 10", "dense", {"m": 10}),
        ("local 8 f3", "local-conv", {"k": 8, "f": 3}),
        ("fully connected 10", "dense", {"m": 10}),
        ("dense 1,000", "dense", {"m": 1000}),
        ("upsample 2", "upsample", {"s": 2}),
        ("groupnorm 3", "groupnorm", {"groups": 3}),
        ("dropout(0.25)", "dropout", {"p": Fraction(1, 4)}),
        ("reshape 16x192", "reshape", {"y": (16, 192)}),
        ("conv 8 filters of size 3 with stride 2 and no padding", "conv", {"k": 8, "f": 3, "s": 2}),
        ("conv 8 filters 3x3 kernel", "conv", {"k": 8, "f": (3, 3)}),
        ("conv(8 f3)", "conv", {"k": 8, "f": 3}),
        ("conv3-64", "conv", {"k": 64, "f": 3}),
        ("fc-10", "dense", {"m": 10}),
        ("conv 8 f3 stride:2", "conv", {"k": 8, "f": 3, "s": 2}),
        ("conv: 8 f3", "conv", {"k": 8, "f": 3}),
        ("pointwise conv 8", "conv", {"k": 8, "f": 1}),
        ("dense 10 units without bias", "dense", {"m": 10, "bias": False}),
        ("nn.BatchNorm2d(3, affine=False)", "batchnorm", {"scale": False, "shift": False}),
        ("nn.PReLU()", "prelu", {"n": 1}),
        ("MaxPooling2D()", "maxpool", {"f": 2}),
        ("ZeroPadding2D(((1, 0), (2, 3)))", "pad", {"pad_begin": (1, 2), "pad_end": (0, 3)}),
        ("nn.ZeroPad2d((1, 2, 3, 4))", "pad", {"pad_begin": (3, 1), "pad_end": (4, 2)}),
        ("Cropping2D(2)", "crop", {"crop_begin": 2}),
        ("deconv 8 f4 s2 same", "conv-transpose", {"k": 8, "f": 4, "s": 2, "p": 1}),
        (
            "Conv2DTranspose(8, 3, strides=2, padding='same')",
            "conv-transpose",
            {"k": 8, "f": 3, "s": 2, "p": 1, "output_padding": 1},
        ),
        ("GlobalAveragePooling2D(keepdims=True)", "adaptive-avgpool", {"o": 1}),
        ("dropout 25%", "dropout", {"p": Fraction(1, 4)}),
    ],
)
def test_settings(part: str, kind: str, settings: dict[str, object]) -> None:
    (layer,) = read(f"32x32x3; {part}").layers
    assert (layer.kind, dict(layer.settings)) == (kind, settings)


@pytest.mark.parametrize(
    ("part", "settings"),
    [
        ("Bidirectional(LSTM(4))", {"m": 4, "D": 2}),
        ("layers.Bidirectional(layers.LSTM(4, return_sequences=True))", {"m": 4, "sequence": True, "D": 2}),
        ("bidirectional lstm 4", {"m": 4, "D": 2}),
        ("nn.LSTM(28, 4, num_layers=2, bidirectional=True)", {"m": 4, "L": 2, "D": 2}),
        ("lstm 4 hidden 2 layers", {"m": 4, "L": 2}),
        ("lstm 4 return_sequences", {"m": 4, "sequence": True}),
    ],
)
def test_settings_of_a_cell(part: str, settings: dict[str, object]) -> None:
    (layer,) = read(f"28x28 seq; {part}").layers
    assert (layer.kind, dict(layer.settings)) == ("lstm", settings)


@pytest.mark.parametrize(
    ("layers", "sequences"),
    [
        ("lstm 8; dropout 0.3; lstm 4", [True, False]),
        ("2x(lstm 8; ln); dense 3", [True, False]),
        ("2x lstm 8; 2x lstm 4", [True, True, True, False]),
        ("lstm 8; attention 2; gap", [True]),
        ("lstm 8; residual(lstm 8; lstm 8); gap", [True, True, True]),
        ("lstm 8; TimeDistributed(Dense(2))", [True]),
        ("lstm 8; dense 3", [False]),
    ],
)
def test_a_cell_keeps_its_steps_for_what_reads_steps(layers: str, sequences: list[bool]) -> None:
    found = [layer for layer in read(f"28x8 seq; {layers}").layers if layer.kind == "lstm"]
    assert [layer.settings.get("sequence", False) for layer in found] == sequences


def test_a_layer_at_every_position_of_one_more_axis() -> None:
    """Ten frames: 26·26·8·9 products each, 80 parameters once."""
    table = tabulate(read("10x28x28x1; TimeDistributed(Conv2D(8, 3)); TimeDistributed(Flatten()); lstm 4"))
    conv, flat, _ = table.rows
    assert (conv.count("parameters"), conv.count("macs")) == (80, 10 * 26 * 26 * 8 * 9)
    assert (conv.output, flat.output) == ((10, 26, 26, 8), (10, 26 * 26 * 8))


@each_row(("f", "s", "d"), [(f, s, d) for f in range(1, 7) for s in range(1, 5) for d in (1, 2)])
def test_a_transposed_convolution_with_same_gives_n_times_s(f: int, s: int, d: int) -> None:
    dilated = f" d{d}" if d > 1 else ""
    rows = tabulate(read(f"7x5x2; deconv 3 f{f} s{s}{dilated} same")).rows
    assert rows[-1].output == (7 * s, 5 * s, 3)
    assert rows[0].count("parameters") == f * f * 2 * 3 + 3


def test_what_stands_behind_a_layer_keeps_its_order() -> None:
    conv, bn = read("8x8x3; conv 4 f3 bn relu").layers
    assert (conv.remarks, bn.remarks) == ((), ("relu",))
    conv, bn = read("8x8x3; conv 4 f3 relu bn").layers
    assert (conv.remarks, bn.remarks) == (("relu",), ())


def test_a_recurrent_layer_before_another_keeps_its_sequence() -> None:
    first, second, _ = read("28x28 seq; rnn 128; lstm 64; dense 10").layers
    assert first.settings["sequence"] is True
    assert "sequence" not in second.settings


@each_row(
    ("text", "kinds"),
    [
        ("32x32x3 -> conv 8 f3 -> pool 2 -> dense 10", ["conv", "maxpool", "dense"]),
        ("32x32x3, conv 8 f3, p1, pool 2, dense 10", ["conv", "maxpool", "dense"]),
        ("784-512-10", ["dense", "dense"]),
        ("784 → 512 → 10", ["dense", "dense"]),
        ("784, 512, 10", ["dense", "dense"]),
        ("32x32x3 | conv 8 f3 | pool 2", ["conv", "maxpool"]),
        ("32x32x3 --> conv 8 f3 > pool 2", ["conv", "maxpool"]),
        ("32x32x3; conv 8 f3, relu, pool 2; dense 10", ["conv", "maxpool", "dense"]),
        ("32x32x3, conv 8 f3, stride 2, padding 1, pool 2", ["conv", "maxpool"]),
        ("32x32x3; [conv 8 f3; pool 2] x 2", ["conv", "maxpool"] * 2),
        ("32x32x3; 2(conv 8 f3; pool 2)", ["conv", "maxpool"] * 2),
        ("32x32x3; repeat 2 (conv 8 f3)", ["conv", "conv"]),
        ("32x32x3; (conv 8 f3; pool 2)", ["conv", "maxpool"]),
        ("32x32x3; deconv 8 f3 d2 s1 same; leakyrelu 0.1", ["conv-transpose"]),
        ("32x32x3; 2x conv 8 f3", ["conv", "conv"]),
        ("32x32x3; conv 8 f3 x2", ["conv", "conv"]),
        ("32x32x3; 2x(conv 8 f3; pool 2)", ["conv", "maxpool"] * 2),
        ("32x32x3; (conv 8 f3; pool 2)*2", ["conv", "maxpool"] * 2),
        ("32x32x3; conv 8 f3 relu bn", ["conv", "batchnorm"]),
        ("32x32x3; sepconv 8 f3", ["depthwise", "conv"]),
        ("32x3; conv1d 8 f3 causal", ["pad", "conv"]),
        ("28x28 seq; bilstm 4", ["lstm"]),
        ("32x32x3; relu; conv 8 f3", ["activation", "conv"]),
        ("28x28 seq; rnn 4; relu", ["rnn", "activation"]),
    ],
)
def test_parts(text: str, kinds: list[str]) -> None:
    assert [layer.kind for layer in read(text).layers] == kinds


def test_an_activation_by_itself_belongs_to_the_layer_before_it() -> None:
    conv, dense = read("8x8x1; conv 2 f3; relu; Dense(10, activation='softmax')").layers
    assert (conv.remarks, dense.remarks) == (("relu",), ("softmax",))
    assert read("8x8x1; conv 2 f3 leaky_relu").layers[0].remarks == ("leaky",)


def test_layers_that_are_named_are_read() -> None:
    """By two names, by one beside the last, over a skip, and around a group."""
    both = read("8x8x4; a: conv 4 f3 p1; b: conv 4 f3 p1; add a b").layers[-1]
    one = read("8x8x4; A: conv 4 f3 p1; conv 4 f3 p1; concat a").layers[-1]
    skip = read("8x8x4; conv 4 f3 p1; skip; conv 4 f3 p1; conv 4 f3 p1; add").layers[-1]
    group = read("8x8x4; conv 4 f3 p1; residual(conv 4 f3 p1; relu; conv 4 f3 p1)").layers[-1]
    assert (both.inputs, one.inputs) == (("a", "b"), ("conv-1", "A"))
    for named in ("a = conv 4 f3 p1", "conv 4 f3 p1 as a", "conv 4 f3 p1 name=a"):
        first, second, joined = read(f"8x8x4; {named}; b: conv 4 f3 p1 from a; add a b").layers
        assert (first.name, second.inputs, joined.inputs) == ("a", ("a",), ("a", "b"))
    assert skip.inputs == group.inputs == ("conv-3", "conv-1")


@each_row("kind", [kind for kind in KINDS.values() if kind.example], ids=lambda kind: kind.name)
def test_the_example_of_a_kind_is_read(kind: Kind) -> None:
    last = read(f"8x8x4; a: conv 4 f3 p1; b: conv 4 f3 p1; {kind.example}").layers[-1]
    assert last.kind == kind.name


@pytest.mark.parametrize(
    ("text", "shape", "sequence"),
    [
        ("227x227x3", (227, 227, 3), False),
        ("28 × 28 × 1", (28, 28, 1), False),
        ("28x28 seq", (28, 28), True),
        ("784", (784,), False),
        ("(28, 28, 1)", (28, 28, 1), False),
        ("Input(28, 28, 1)", (28, 28, 1), False),
        ("Input(shape=(28, 28, 1))", (28, 28, 1), False),
        ("sequence 20x64", (20, 64), True),
        ("50 words", (50,), False),
    ],
)
def test_inputs(text: str, shape: tuple[int, ...], sequence: bool) -> None:
    assert read_input(text) == (shape, sequence)


@each_row(
    ("text", "sentence"),
    [
        ("32x32x3", "a network is an input and layers"),
        ("0x32x3; conv 8 f3", "a size is a whole number ≥ 1, not 0"),
        ("32x32x3; conv 8 f3 zz", r"layer 1 \(conv 8 f3 zz\): zz is not a number or a letter"),
        ("32x32x3; dense 10 f3", r"f is not a setting of dense; its settings are m"),
        ("32x32x3; conv 8 f3 f5", "f is said twice: f=3 and f=5|f is said twice: f3 and f5"),
        ("32x32x3; conv 16 k8 f3", "k is said twice: 16 and k8; the window is f3"),
        ("32x32x3; conv 8 f3 p1 same", "same and p1 are two paddings; one of them is meant"),
        ("32x32x3; conv 8 f3 same valid", "valid and same are two paddings"),
        ("32x32x3; conv 8 f3 valid p1", "p is said twice: valid and p1"),
        ("784; dense 10 20", "20 is not a setting of dense: m is 10; there is no place for 20"),
        ("32x32x3; convv 16 f3", r"convv is not a kind of layer; did you mean conv\? \(dlcalc net layers lists them\)"),
        ("32x32x3; flaten", r"flaten is not a kind of layer; did you mean flatten\?"),
        ("32x32x3; conv 16 f3 strid2", r"strid2 is not .*; did you mean stride\?"),
        ("784; dense 10 softmax nobais", r"nobais is not a number or a letter"),
        ("784; linear(700, 512)", "it says that it reads 700 numbers, and 784 arrive"),
        ("32x32x3; nn.Conv2d(4, 8, 3)", "it says that it reads 4 channels, and 3 arrive"),
        ("28x28; conv 8 f3", r"28x28 is a signal of 28 steps with 28 numbers each: is the channel missing\?"),
        ("30x28; Conv2D(8, 3)", r"it reads height × width × channels, not 30×28: is the channel missing\?"),
        ("20; embedding 10k 30", r"10k may be 10,000 or 10·k: write 10000 or \(10k\)"),
        ("32x32x3; conv 8 f3; add", "add joins layers: name them, add a b, or write skip before"),
        ("32x32x3; Conv2D(8, 3, 1, 'same', 5)", "5 is one argument too many for Conv2D"),
        ("32x32x3; 0x(conv 8 f3)", "a part is repeated 1 to 20000 times, not 0"),
        ("32x32x3; " + "2x(" * 21 + "conv 1 f1" + ")" * 21, "parentheses can be nested at most 20 deep"),
        ("32x32x3; 20000x(conv 1 f1; conv 1 f1)", "a network has at most 20000 layers"),
        ("32x32x3; pool", "a pooling layer needs its window, such as pool 2"),
        ("32x32x3; a: conv 8 f3; a: conv 8 f3", "two layers are called a"),
        ("32x32x3; conv 2.5 f3", "a whole number is expected, not 2.5"),
        ("32x32x3; stem:", "a kind of layer is expected"),
        ("32x32x3; conv 8 3x3 5x5", "f is said twice: 3x3 and 5x5"),
        ("32x32x3; conv 8 f3 3", "3 is not a setting of conv: k is 8, f is f3; there is no place for 3"),
        ("32x32x3; conv2 16 3", "conv2 and 16 are two numbers of one layer; write conv 8 f3"),
        ("3x32x32; conv 8 f3", "3x32x32 is height × width × channels, the channels last: is 32x32x3 meant"),
        ("32x32x3; skip; conv 3 f3 p1", "skip needs an add or a concat after it"),
        ("32x32x3; residual()", r"there is no layer in residual\(\)"),
        ("32x32x3; 3x(conv 8 f3; relu", "a parenthesis is not closed: 32x32x3; 3x"),
        ("32x32x3; conv 8 f3); relu", "a parenthesis is closed that was not opened"),
        ("32x32x3; conv 8 f[3; relu", "a parenthesis is not opened or not closed"),
        ("32x32x3; a: conv 8 f3; add a c", "no layer before it is called c; the last ones are a"),
        ("32x32x3; conv 8 f3 from a", "no layer before it is called a; there is none"),
        ("32x32x3; a: conv 8 f3 as b", "it has two names: a and b"),
        ("32x32x3; dropout 1.5", "a rate of dropout is from 0 to 1, not 1.5"),
        ("32x32x3; conv 8 f3 causal", "it reads steps × channels, not 34×34×3"),
        ("32x3; conv 8 causal", "a causal convolution runs along one axis and has a number f"),
        ("32x32x3; deconv 8 s2 same", "same needs numbers f, s and d"),
        ("28x28 seq; Bidirectional(LSTM(4), merge_mode='sum')", "merge_mode='sum' is not read of a layer around lstm"),
        ("28x28x3; PReLU()", "one slope, prelu one for each channel: which is meant"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read(text)


@pytest.mark.parametrize(("word", "sentence"), [("f-3", "f is a whole number ≥ 1, not -3"), ("f3 p-1", "≥ 0, not -1")])
def test_a_minus_before_a_number_is_no_difference(word: str, sentence: str) -> None:
    """f-3 is f = −3, not what is left of f."""
    with pytest.raises(UserError, match=sentence):
        tabulate(read(f"32x32x3; conv 8 {word}"))


def test_a_text_of_more_than_a_million_characters_is_refused() -> None:
    with pytest.raises(UserError, match="at most 1000000 characters, not 1000008"):
        read("32x32x3;" + "conv 8 f3;" * 100_000)


def test_a_text_of_more_than_twenty_thousand_layers_is_refused() -> None:
    with pytest.raises(UserError, match="at most 20000 layers, not 20001"):
        read("32x32x3;" + "conv 8 f1;" * 20_001)


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        ("28x28x1; 7x7 conv, 64, /2; dense 10", "28x28x1; conv 64 f7 s2; dense 10"),
        ("28x28x1; conv 64 7x7/2; dense 10", "28x28x1; conv 64 f7 s2; dense 10"),
        ("28x28x1; conv(8, 3x3, stride 2); dense(10)", "28x28x1; conv 8 f3 s2; dense 10"),
        ("32x32x3; dilated conv 8 f3 rate 2; dense 1", "32x32x3; conv 8 f3 d2; dense 1"),
        ("32x32x3; atrous conv 8 f3 dilation_rate=2; dense 1", "32x32x3; conv 8 f3 d2; dense 1"),
        ("16x16x3; upconv 8 f2 s2", "16x16x3; conv-transpose 8 f2 s2"),
        ("10x5 seq; 2-layer bilstm 7; dense 1", "10x5 seq; lstm 7 L2 bi; dense 1"),
        ("49; reshape 7 7 1; conv 8 f3", "49; reshape 7x7x1; conv 8 f3"),
        ("49; view(-1, 1, 7, 7); conv 8 f3", "49; reshape 7x7x1; conv 8 f3"),
        ("9x9x3; conv 4 f3; view(-1, 196); dense 2", "9x9x3; conv 4 f3; reshape 196; dense 2"),
        ("64x64x3; Resizing(32, 30); conv 4 f3", "64x64x3; resize 32x30; conv 4 f3"),
    ],
)
def test_another_way_of_writing_is_the_same_network(written: str, usual: str) -> None:
    found, wanted = (tabulate(read(line)) for line in (written, usual))
    assert [row.output for row in found.rows] == [row.output for row in wanted.rows]
    assert found.total == wanted.total


def test_only_a_vector_is_repeated() -> None:
    with pytest.raises(UserError, match=r"repeat-1 \(repeat\) repeats a vector, not 20×16$"):
        tabulate(read("20x16 seq; repeat 3"))
