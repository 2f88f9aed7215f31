"""`dlcalc net FILE`: the user's own networks, and files that are broken or hostile: one line, exit 2."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from terminal import Terminal

TOML = """
input = "8x8x3"

[[layer]]
stack = "conv 4 f3 p1; conv 4 f3 p1"

[[layer]]
kind = "add"
inputs = ["conv-2", "conv-1"]
"""

LAYER = '[[layer]]\nname = "a"\nkind = "conv"\nk = 2\nf = 3\n'
NET = f'input = "8x8x3"\n{LAYER}'


def keras(*layers: dict[str, Any], shape: object = (None, 8, 8, 3)) -> bytes:
    """A Sequential model."""
    entry = {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": shape}}
    return json.dumps({"class_name": "Sequential", "config": {"layers": [entry, *layers]}}).encode()


def layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, **config}}


MODEL = keras(
    layer("Conv2D", "stem", filters=4, kernel_size=[3, 3]), layer("Flatten", "flat"), layer("Dense", "top", units=5)
)


def archive(content: bytes, member: str = "config.json") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(member, content)
    return stream.getvalue()


def onnx_model(reads: str = "x") -> bytes:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    nodes = [helper.make_node("Conv", [reads, "w"], ["c"]), helper.make_node("Flatten", ["c"], ["y"])]
    values = [helper.make_tensor_value_info(name, 1, shape) for name, shape in (("x", (1, 3, 8, 8)), ("y", None))]
    weights = onnx.TensorProto(name="w", dims=[4, 3, 3, 3], data_type=1)
    found: bytes = helper.make_model(
        helper.make_graph(nodes, "g", values[:1], values[1:], [weights])
    ).SerializeToString()
    return found


def rows(terminal: Terminal, file: Path) -> list[tuple[str, Any, Any]]:
    ran = terminal(["net", str(file), "--json"])
    assert (ran.status, ran.err) == (0, "")
    return [(each["name"], each["output"], each["parameters"]) for each in ran.json["layers"]]


def test_toml(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "block.toml"
    file.write_text(TOML)
    assert rows(terminal, file) == [("conv-1", [8, 8, 4], 112), ("conv-2", [8, 8, 4], 148), ("add-1", [8, 8, 4], 0)]


@pytest.mark.parametrize(("name", "pack"), [("config.json", bytes), ("net.keras", archive), ("NET.JSON", bytes)])
def test_keras(terminal: Terminal, tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    file = tmp_path / name
    file.write_bytes(pack(MODEL))
    assert rows(terminal, file) == [("stem", [6, 6, 4], 112), ("flat", [144], 0), ("top", [5], 725)]


def test_onnx(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(onnx_model())
    assert rows(terminal, file) == [("conv-1", [6, 6, 4], 108), ("flatten-1", [144], 0)]


def test_a_line_of_text(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "net.txt"
    file.write_text("8x8x3\nconv 4 f3\ndense 5\n")
    assert rows(terminal, file) == [("conv-1", [6, 6, 4], 112), ("fc-1", [5], 725)]


def test_what_is_not_known_is_named_and_the_totals_are_partial(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    file.write_bytes(keras(layer("Conv2D", "stem", filters=4, kernel_size=3), layer("Lambda", "mine", function="x")))
    found = terminal(["net", str(file), "--json"]).json
    assert found["partial"] is True
    assert found["total"]["parameters"] == 112
    assert found["layers"][1]["unknown"] == "Lambda is not a kind of layer that is known"
    assert [found["layers"][1][name] for name in ("output", "parameters", "macs", "trainable")] == [None] * 4
    shown = terminal(["net", str(file)], columns=120).words
    assert "Lambda" in shown
    assert "partial" in shown or "not a kind of layer that is known" in shown


REFUSED: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    "a cycle": ("n.toml", (NET + 'inputs = ["b"]\n[[layer]]\nname = "b"\nkind = "bn"\ninputs = ["a"]').encode()
                .replace(b'"bn"', b'"batchnorm"'), "the layers form a cycle"),
    "two of one name": ("n.toml", (NET + LAYER).encode(), "two layers are called a"),
    "a missing input": ("n.toml", (NET + 'inputs = ["nobody"]').encode(), "a reads nobody, but no layer has that name"),
    "empty TOML": ("n.toml", b"", "input: this is a shape in quotes"),
    "no TOML": ("n.toml", b"\x00\x01", "the file is not TOML"),
    "another encoding": ("n.toml", "title = 'é'".encode("latin-1"), "the file is not UTF-8 text: byte 9"),
    "deep TOML": ("n.toml", b"a = " + b"[" * 500_000, "nested too deeply"),
    "many digits": ("n.toml", NET.encode() + b"s = " + b"9" * 100_000, "a whole number has too many digits"),
    "a negative size": ("n.toml", NET.encode() + b"s = -1", "n.toml: layer 1: a: "),
    "not a number": ("n.toml", NET.encode() + b"s = nan", "layer 1: s: this is a number"),
    "many layers": ("n.toml", b'input = "8x8x3"\n' + b"[[layer]]\n" * 100_000, "at most 20000 layers, not 100000"),
    "empty JSON": ("n.json", b"", "the file is not JSON"),
    "deep JSON": ("n.json", b'{"a":' * 100_000, "nested too deeply"),
    "NaN": ("n.json", b'{"config": NaN}', "NaN is not a number"),
    "two layers of Keras": ("n.json", keras(layer("Flatten", "a"), layer("Flatten", "a")), "two layers are called a"),
    "a negative input": ("n.json", keras(layer("Flatten", "a"), shape=[None, -1]), "≥ 1, not -1"),
    "a bomb": ("n.keras", lambda: archive(b" " * 20_000_000), "a Keras model has at most 8 MiB of layers"),
    "no configuration": ("n.keras", lambda: archive(MODEL, "../config.json"), "the archive has no config.json"),
    "no archive": ("n.keras", MODEL, "a .keras file is a zip archive"),
    "half an archive": ("n.keras", archive(MODEL)[:200], "a .keras file is a zip archive"),
    "half an ONNX file": ("n.onnx", lambda: onnx_model()[:60], "the file is not an ONNX model, or it is cut off"),
    "a cycle in ONNX": ("n.onnx", lambda: onnx_model("c"), "it reads c, which nothing before it computes"),
    "an empty ONNX file": ("n.onnx", lambda: onnx_model()[:0], "the file is not an ONNX model"),
    "a pickle": ("n.pt", b"\x80\x04cos\nsystem\n", "a PyTorch file is a pickle, which may run anything"),
    "HDF5": ("n.h5", b"\x89HDF", "save the model as .keras"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "data", "sentence"), REFUSED.values(), ids=REFUSED)
def test_refused_in_one_line(
    terminal: Terminal, tmp_path: Path, name: str, data: bytes | Callable[[], bytes], sentence: str
) -> None:
    file = tmp_path / name
    file.write_bytes(data if isinstance(data, bytes) else data())
    refused(terminal, file, sentence)


def refused(terminal: Terminal, file: Path, sentence: str) -> None:
    for form in ([], ["--json"]):
        ran = terminal(["net", str(file), *form])
        assert (ran.status, ran.out) == (2, "")
        assert ran.err.count("\n") == 1
        assert sentence in ran.err
        assert file.name in ran.err


def test_two_hundred_megabytes(terminal: Terminal, tmp_path: Path) -> None:
    """They are zeros that take no space on most discs; all but the first are left alone."""
    file = tmp_path / "large.toml"
    with file.open("wb") as stream:
        stream.truncate(200_000_000)
    refused(terminal, file, "a network in a .toml file has at most 1 MiB")


@pytest.mark.parametrize("ending", [".toml", ".json", ".keras", ".onnx", ".txt"])
def test_files_that_are_not_there(terminal: Terminal, tmp_path: Path, ending: str) -> None:
    folder = tmp_path / f"folder{ending}"
    folder.mkdir()
    refused(terminal, folder, "the file cannot be read: Is a directory")
    refused(terminal, tmp_path / f"none{ending}", "the file cannot be read: No such file or directory")
