"""A network in one line of text: what is read, and what is refused with its place."""

import pytest

from dlcalc.errors import UserError
from dlcalc.networks.text import read, read_input


def test_layers_are_named_and_numbered_by_kind() -> None:
    network = read("32x32x3; conv 8 f3; pool 2; conv 16 f3 relu; fc 10 softmax; dense 5")
    assert [layer.name for layer in network.layers] == ["conv-1", "maxpool-1", "conv-2", "fc-1", "fc-2"]
    assert [layer.inputs for layer in network.layers][:2] == [("input",), ("conv-1",)]
    assert network.layers[2].remarks == ("relu",)


@pytest.mark.parametrize(
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
    ],
)
def test_settings(part: str, kind: str, settings: dict[str, object]) -> None:
    (layer,) = read(f"32x32x3; {part}").layers
    assert (layer.kind, dict(layer.settings)) == (kind, settings)


def test_a_recurrent_layer_before_another_keeps_its_sequence() -> None:
    first, second, _ = read("28x28 seq; rnn 128; lstm 64; dense 10").layers
    assert first.settings["sequence"] is True
    assert "sequence" not in second.settings


@pytest.mark.parametrize(
    ("text", "shape", "sequence"),
    [
        ("227x227x3", (227, 227, 3), False),
        ("28 × 28 × 1", (28, 28, 1), False),
        ("28x28 seq", (28, 28), True),
        ("784", (784,), False),
    ],
)
def test_inputs(text: str, shape: tuple[int, ...], sequence: bool) -> None:
    assert read_input(text) == (shape, sequence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("32x32x3", "a network is an input and layers"),
        ("0x32x3; conv 8 f3", "a size is a whole number ≥ 1, not 0"),
        ("32x32x3; conv 8 f3 zz", r"layer 1 \(conv 8 f3 zz\): zz is not a number or a letter"),
        ("32x32x3; dense 10 f3", r"f is not a setting of dense; its settings are m"),
        ("32x32x3; pool", "a pooling layer needs its window, such as pool 2"),
        ("32x32x3; a: conv 8 f3; a: conv 8 f3", "two layers are called a"),
        ("32x32x3; conv 2.5 f3", "a whole number is expected, not 2.5"),
        ("32x32x3; stem:", "a kind of layer is expected"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read(text)


def test_a_text_of_more_than_a_million_characters_is_refused() -> None:
    with pytest.raises(UserError, match="at most 1000000 characters, not 1000008"):
        read("32x32x3;" + "conv 8 f3;" * 100_000)


def test_a_text_of_more_than_twenty_thousand_layers_is_refused() -> None:
    with pytest.raises(UserError, match="at most 20000 layers, not 20001"):
        read("32x32x3;" + "conv 8 f1;" * 20_001)
