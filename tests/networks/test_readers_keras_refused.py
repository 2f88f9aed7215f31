"""Keras files that are broken, hostile or of another sort: one line that names the place and the rule."""

from __future__ import annotations

import io
import itertools
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from rows import each_row

from dlcalc.errors import DlcalcError, ProblemError, UserError
from dlcalc.networks.network import Network
from dlcalc.networks.readers import read_data, read_file
from dlcalc.networks.readers.keras import network
from dlcalc.networks.table import tabulate


def layer(kind: str, name: str, *reads: str, **config: Any) -> dict[str, Any]:
    inbound = [[[each, 0, 0, {}] for each in reads]] if reads else []
    return {"class_name": kind, "name": name, "config": config, "inbound_nodes": inbound}


IN = layer("InputLayer", "in", batch_shape=[None, 8, 8, 3])


def functional(*layers: Any) -> dict[str, Any]:
    outputs = [[layers[-1]["name"], 0, 0]] if layers and isinstance(layers[-1], dict) else []
    return {"class_name": "Functional", "config": {"layers": list(layers), "output_layers": outputs}}


def read(model: object) -> Network:
    return network(json.dumps(model).encode(), "net.json")


def sequential(*layers: Any) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"layers": list(layers)}}


def one(kind: str, shape: tuple[int, ...] = (8, 8, 3), **config: Any) -> dict[str, Any]:
    return sequential(layer("InputLayer", "in", batch_shape=[None, *shape]), layer(kind, "it", **config))


def nested(depth: int) -> dict[str, Any]:
    """A model in a model in a model ..."""
    model = {"name": "m", **sequential(layer("Dense", "d", units=1))}
    for _ in range(depth):
        model = {"name": "m", **sequential(model)}
    return sequential(IN, model)


def shaped(shape: object) -> dict[str, Any]:
    return sequential(layer("InputLayer", "in", batch_shape=shape), layer("Flatten", "f"))


CONV: dict[str, Any] = {"filters": 2, "kernel_size": 3}

REFUSED: dict[str, tuple[Any, str]] = {
    # the model
    "a list": ([], "net.json: a Keras model is an object with a class_name and a config"),
    "a number": (7, "a Keras model is an object"),
    "nothing": (None, "a Keras model is an object"),
    "no configuration": ({"class_name": "Sequential"}, "a Keras model is an object"),
    "a program of a model": ({"class_name": "MyModel", "config": {}}, "class_name: a model is Sequential .*'MyModel'"),
    "a class that is a list": ({"class_name": [], "config": {}}, "class_name: a model is Sequential or .*: a list"),
    "no shape": (sequential(layer("Dense", "d", units=3)), "the input's shape is not in the file; build the model"),
    "no layers": (sequential(), "the input's shape is not in the file"),
    "a shape of a word": (shaped("8x8"), "input: the input has a batch and 1 to 8 axes, not '8x8'"),
    "a shape of no axis": (shaped([None]), "input: the input has a batch and 1 to 8 axes, not a list"),
    "a shape of many axes": (shaped([None] * 10), "input: the input has a batch and 1 to 8 axes"),
    "a size of nothing": (shaped([None, 0]), "input: a size is a whole number ≥ 1, not 0"),
    "a negative size": (shaped([None, -3]), "input: a size is a whole number ≥ 1, not -3"),
    "a size of a word": (shaped([None, "3"]), "input: a size is a whole number ≥ 1, not '3'"),
    "half a size": (shaped([None, 1.5]), "input: a size is a whole number ≥ 1, not 1.5"),
    "true for a size": (shaped([None, True]), "input: a size is a whole number ≥ 1, not true"),
    "a huge size": (shaped([None, 10**30]), "a size is a whole number ≥ 1, not a whole number of many digits"),
    "layers of numbers": ({"class_name": "Functional", "config": {"layers": [1], "build_input_shape": [None, 3]}},
                          "layers: a model has a list of layers"),
    "layers of a table": ({"class_name": "Sequential", "config": {"layers": {}, "build_input_shape": [None, 3]}},
                          "layers: a model has a list of layers"),
    "a layer without a name": (sequential(IN, {"class_name": "Dense", "config": {}}), "a layer has a name .*nothing"),
    "a name of two lines": (sequential(IN, layer("Dense", "a\nb")), "a layer has a name of one line, not 'a.nb'"),
    "an endless name": (sequential(IN, layer("Dense", "a" * 121)), "layers: a layer has a name of one line"),
    "no class": (sequential(IN, {"name": "a", "config": {}}), "layer a: a layer has a class_name and a config"),
    "no settings": (sequential(IN, {"name": "a", "class_name": "Dense"}), "layer a: a layer has a class_name and a"),
    # the graph
    "two of one name": (functional(IN, layer("Flatten", "a", "in"), layer("Flatten", "a", "in")),
                        "net.json: two layers are called a; names are used once"),
    "two of one name in a row": (sequential(IN, layer("Flatten", "a"), layer("Flatten", "a")), "two layers are called"),
    "a missing input": (functional(IN, layer("Flatten", "a", "nobody")), "a reads nobody, but no layer has that name"),
    "a cycle": (functional(IN, layer("Flatten", "a", "b"), layer("Flatten", "b", "a")), "the layers form a cycle"),
    "itself": (functional(IN, layer("Flatten", "a", "a")), "the layers form a cycle: a reads a"),
    "nothing to read": (functional(IN, layer("Flatten", "a")), "layer a: it reads no layer"),
    "calls that are no list": (functional(IN, {**layer("Flatten", "a"), "inbound_nodes": "in"}),
                               "a: inbound_nodes: this is a list, not 'in'"),
    "a deep model": (nested(12), "m/: models can be nested at most 8 deep"),
    "a model of nothing": (sequential(IN, {"name": "m", **sequential()}), "m: a model in another one has outputs"),
    # settings
    "no filters": (one("Conv2D", kernel_size=3), "layer it: filters: this is a whole number from 0 to .*, not nothing"),
    "negative filters": (one("Conv2D", **{**CONV, "filters": -1}), "layer it: filters: this is a whole number .*-1"),
    "filters of a word": (one("Conv2D", **{**CONV, "filters": "8"}), "layer it: filters: this is a whole number .*'8'"),
    "true filters": (one("Conv2D", **{**CONV, "filters": True}), "layer it: filters: .*, not true"),
    "huge filters": (one("Conv2D", **{**CONV, "filters": 10**40}), "layer it: filters: .* of many digits"),
    "infinite filters": (one("Conv2D", **{**CONV, "filters": float("1e999")}), "Infinity is not a number"),
    "no kernel": (one("Conv2D", filters=3), "kernel_size: this is a whole number, or one for each axis, not nothing"),
    "an empty kernel": (one("Conv2D", **{**CONV, "kernel_size": []}), "kernel_size: this is a whole number, or one"),
    "a kernel of words": (one("Conv2D", **{**CONV, "kernel_size": ["3"]}), "kernel_size: .*, not a list"),
    "a kernel of tables": (one("Conv2D", **{**CONV, "kernel_size": {}}), "kernel_size: .*, not a table"),
    "negative strides": (one("Conv2D", **CONV, strides=[-1, 1]), "strides: this is a whole number, or one"),
    "another padding": (one("Conv2D", **CONV, padding="full"), "padding: this is one of valid, same, not 'full'"),
    "causal in two axes": (one("Conv2D", **CONV, padding="causal"), "padding: this is one of valid, same, not"),
    "a padding of a number": (one("Conv2D", **CONV, padding=1), "padding: this is a word, not 1"),
    "an endless padding": (one("Conv2D", **CONV, padding="s" * 99), "padding: this is a word"),
    "a bias of a number": (one("Conv2D", **CONV, use_bias=1), "use_bias: this is true or false, not 1"),
    "axes of different numbers": (one("Conv2DTranspose", filters=2, kernel_size=[3, 3], strides=[2, 2, 2]),
                                  "kernel_size: this is a whole number, or one for each of 3 axes, not 2"),
    "a padding of nothing": (one("ZeroPadding2D"), "padding: this is a whole number, or one or two .*, not nothing"),
    "a padding of words": (one("ZeroPadding2D", padding=["a", "b"]), "padding: this is a whole number, or one or two"),
    "a padding of many axes": (one("ZeroPadding2D", padding=[1] * 9), "padding: this is a whole number, or one or two"),
    "a negative padding": (one("ZeroPadding2D", padding=[-1, 1]), "padding: this is a whole number, or one or two"),
    "no padding": (one("ZeroPadding2D", padding=[]), "padding: this is a whole number, or one or two"),
    "no target": (one("Reshape"), "target_shape: this is a list of 1 to 8 sizes, not nothing"),
    "a target below −1": (one("Reshape", target_shape=[-2, 1]), "target_shape: this is a list of 1 to 8 sizes"),
    "a target of words": (one("Reshape", target_shape=["a"]), "target_shape: this is a list of 1 to 8 sizes"),
    "a wrapper around nothing": (one("Bidirectional", (4, 3)), "layer: this is a layer with a class_name and a config"),
    "a wrapper around a word": (one("TimeDistributed", (4, 3), layer="Dense"), "this is a layer .*, not 'Dense'"),
    "a wrapper around a wrong layer": (
        one("Bidirectional", (4, 3), layer={"class_name": "LSTM", "config": {"units": None}}),
        "net.json: layer it: layer: units: this is a whole number",
    ),
}  # fmt: skip


@each_row("model, sentence", [pytest.param(*row, id=name) for name, row in REFUSED.items()])
def test_refused_in_one_line(model: Any, sentence: str) -> None:
    with pytest.raises(DlcalcError, match=sentence) as caught:
        read(model)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


VALUES: list[object] = [
    None,
    True,
    -1,
    0,
    1.5,
    10**25,
    "",
    "x" * 1000,
    [],
    [[]],
    [None],
    ["x"],
    {},
    {"config": {}},
    [-1, -1],
]
KEYS = [
    "filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "use_bias", "activation",
    "units", "return_sequences", "axis", "center", "scale", "depth_multiplier", "output_padding", "pool_size",
    "keepdims", "data_format", "layer", "merge_mode", "num_heads", "key_dim", "value_dim", "output_shape",
    "target_shape", "input_dim", "output_dim", "rate", "negative_slope", "alpha", "max_value", "reset_after",
    "batch_shape",
]  # fmt: skip
KINDS = {
    "Conv1D": (8, 3), "Conv2D": (8, 8, 3), "Conv2DTranspose": (8, 8, 3), "DepthwiseConv2D": (8, 8, 3),
    "SeparableConv2D": (8, 8, 3), "MaxPooling2D": (8, 8, 3), "GlobalAveragePooling2D": (8, 8, 3), "Dense": (8,),
    "ZeroPadding2D": (8, 8, 3), "Reshape": (8,), "Embedding": (8,), "LSTM": (8, 3), "GRU": (8, 3),
    "ConvLSTM2D": (4, 8, 8, 3), "Bidirectional": (8, 3), "TimeDistributed": (8, 3), "MultiHeadAttention": (8, 4),
    "BatchNormalization": (8, 8, 3), "LayerNormalization": (8, 3), "Concatenate": (8,), "Dropout": (8,), "ReLU": (8,),
    "Activation": (8,), "Sequential": (8,), "InputLayer": (8,),
}  # fmt: skip
LENIENT = ("Activation", "Concatenate", "Dropout", "ReLU", "InputLayer")
"""What is not understood there changes no number."""
GOOD: dict[str, Any] = {
    "filters": 2, "kernel_size": 3, "units": 2, "num_heads": 2, "key_dim": 2, "input_dim": 9, "output_dim": 2,
    "target_shape": [2, 4], "padding": "same", "layer": {"class_name": "LSTM", "config": {"units": 3}},
}  # fmt: skip


def refusal(model: object) -> str:
    """What is said against a model, "" if it has a table."""
    try:
        tabulate(read(model))
    except (UserError, ProblemError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize("third", [0, pytest.param(1, marks=pytest.mark.long), pytest.param(2, marks=pytest.mark.long)])
@pytest.mark.parametrize("kind", KINDS)
def test_wrong_types_in_every_key(kind: str, third: int) -> None:
    """Whatever stands there, there is a table or one line that says what is wrong.

    In a third of all that, each value stands in each key, and in some keys of each kind.
    """
    given = {key: good for key, good in GOOD.items() if (kind, key) != ("ZeroPadding2D", "padding")}
    some = [
        (key, value)
        for (i, key), (j, value) in itertools.product(enumerate(KEYS), enumerate(VALUES))
        if (i + j + list(KINDS).index(kind)) % 3 == third
    ]
    said = [refusal(one(kind, KINDS[kind], **given | {key: value})) for key, value in some]
    assert all(line.startswith("net.json: ") and "\n" not in line for line in said if line)
    assert any(said) or kind in LENIENT


@each_row("kind, rank", itertools.product([*KINDS, "Add", "Flatten", "Lambda"], (1, 2, 3, 4)))
def test_inputs_of_every_rank(kind: str, rank: int) -> None:
    said = refusal(one(kind, (4,) * rank, **GOOD))
    assert not said or (said.startswith("net.json: ") and "\n" not in said)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file is not JSON"),
        (b"{", "the file is not JSON"),
        (b'{"a": 1} x', "the file is not JSON: Extra data"),
        (b'{"a": NaN}', "the file is not JSON: NaN is not a number"),
        (b'{"a": -Infinity}', "the file is not JSON: -Infinity is not a number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "the file is not JSON: Exceeds the limit"),
        (b"\xff\xfe{}", "the file is not UTF-8 text: byte 0"),
        (b"[" * 100_000, "the file is nested too deeply"),
        (b'{"a":' * 100_000, "the file is nested too deeply"),
    ],
)
def test_bytes_that_are_no_json(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(content)
    with pytest.raises(ProblemError, match=sentence) as caught:
        read_file(file)
    assert str(caught.value).startswith(str(file))


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    with file.open("wb") as stream:
        stream.truncate(200_000_000)
    with pytest.raises(ProblemError, match=r"large.json: a network in a .json file has at most 8 MiB"):
        read_file(file)


def test_nesting_of_any_depth_is_one_line() -> None:
    """Deep enough to be read, perhaps too deep to be shown."""
    model = json.dumps(one("Bidirectional", (4, 3), layer="HERE"))
    for depth in range(100, 1100, 20):
        deep = "[" * depth + "]" * depth
        with pytest.raises(ProblemError, match=r"nested too deeply|units: this is a whole number"):
            network(model.replace('"HERE"', f'{{"class_name": "LSTM", "config": {{"units": {deep}}}}}').encode(), "n")


def test_too_many_layers() -> None:
    many = [layer("Flatten", f"f{number}") for number in range(20_001)]
    with pytest.raises(ProblemError, match=r"net.json: a model has at most 20000 layers and calls of them"):
        read(sequential(IN, *many))
    calls = {**layer("Flatten", "f"), "inbound_nodes": [[["in", 0, 0, {}]]] * 20_000}
    with pytest.raises(ProblemError, match=r"a model has at most 20000 layers and calls of them"):
        read(functional(IN, calls))


# Archives


def archive(content: bytes = b"", member: str = "config.json", packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as made:
        made.writestr("metadata.json", "{}")
        made.writestr(member, content)
        made.writestr("model.weights.h5", b"\x89HDF")
    return stream.getvalue()


MODEL = json.dumps(one("Dense", (8,), units=3)).encode()


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive(tmp_path: Path, packing: int) -> None:
    """By path and as bytes: 8·3 + 3."""
    file = tmp_path / "net.keras"
    file.write_bytes(archive(MODEL, packing=packing))
    for found in (read_file(file), read_file(str(file)), read_data(file.read_bytes())):
        assert tabulate(found).total["parameters"] == 27
    assert read_file(file).id == "net"


def test_names_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    """Nothing is unpacked to a disc; only config.json is opened."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    file = folder / "net.keras"
    file.write_bytes(archive(MODEL, "../../config.json"))
    with pytest.raises(ProblemError, match=r"the archive has no config.json, so it is not a Keras model"):
        read_file(file)
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == ["net.keras"]


def test_a_bomb_is_not_unpacked_to_its_end() -> None:
    with pytest.raises(ProblemError, match=r"config.json: a Keras model has at most 8 MiB of layers"):
        read_data(archive(b"[" * 9_000_000))


def altered(data: bytes, at: int, format: str, value: int) -> bytes:
    """The archive with a number changed in the list's entry for config.json."""
    entry = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    return data[: entry + at] + struct.pack(format, value) + data[entry + at + struct.calcsize(format) :]


@each_row(
    ("data", "sentence"),
    [
        (
            altered(archive(MODEL), 8, "<H", 1),
            "config.json: it is stored or deflated in a Keras model, and not encrypted",
        ),
        (altered(archive(MODEL), 10, "<H", 14), "config.json: it is stored or deflated"),
        (archive(MODEL, packing=zipfile.ZIP_BZIP2), "config.json: it is stored or deflated"),
        (altered(archive(MODEL), 16, "<L", 7), "a .keras file is a zip archive; this one is none, or it is damaged"),
        (altered(archive(MODEL), 42, "<L", 10**6), "this one is none, or it is damaged|the file cannot be read"),
        (archive(MODEL)[:-40], "this one is none, or it is damaged"),
        (archive(MODEL)[: len(archive(MODEL)) // 2], "this one is none, or it is damaged"),
        (b"PK", "this one is none, or it is damaged"),
        (archive(MODEL, "Config.json"), r"the archive has no config.json"),
        (archive(b"{"), "the file is not JSON"),
        (archive(b"[" * 100_000), "the file is nested too deeply"),
        (archive(b"\xff"), "the file is not UTF-8 text"),
        (archive(b""), "the file is not JSON"),
    ],
)
def test_archives_that_are_refused(tmp_path: Path, data: bytes, sentence: str) -> None:
    file = tmp_path / "net.keras"
    file.write_bytes(data)
    with pytest.raises(ProblemError, match=sentence) as caught:
        read_file(file)
    assert "\n" not in str(caught.value)
    with pytest.raises(ProblemError, match=sentence):
        read_data(data)


def test_a_list_of_members_too_long_to_read() -> None:
    """The standard library would read it whole, and make an object of each member."""
    data = archive(MODEL)
    end = data.rindex(b"PK\x05\x06")
    for long in (
        data[: end + 12] + struct.pack("<L", 2**21) + data[end + 16 :],
        data[:end] + b"PK\x06\x07" + b"\0" * 16 + data[end:],
    ):
        with pytest.raises(ProblemError, match="the archive's list of members has at most 1 MiB"):
            read_data(long)


def test_archives_that_are_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "folder.keras"
    folder.mkdir()
    empty = tmp_path / "empty.keras"
    empty.touch()
    with pytest.raises(ProblemError, match="the file cannot be read: Is a directory"):
        read_file(folder)
    with pytest.raises(ProblemError, match="the file cannot be read: No such file"):
        read_file(tmp_path / "none.keras")
    with pytest.raises(ProblemError, match="this one is none, or it is damaged"):
        read_file(empty)
    with pytest.raises(ProblemError, match="this one is none, or it is damaged"):
        read_file("a\0b.keras")
