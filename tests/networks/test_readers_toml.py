"""Networks in TOML: what a file says, what the table makes of it, and the sentence for each thing that is wrong."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dlcalc.errors import DlcalcError, ProblemError, UserError
from dlcalc.networks.network import Network
from dlcalc.networks.readers import read_data, read_file
from dlcalc.networks.readers.toml import network
from dlcalc.networks.table import tabulate

RESIDUAL = """
title = "A residual block"
source = "He and others 2015, figure 2"
notes = ["the shortcut is the identity"]
input = "56x56x64"

[[layer]]
name = "a"
kind = "conv"
k = 64
f = 3
p = 1
remarks = ["relu"]

[[layer]]
stack = "conv 64 f3 p1; bn"

[[layer]]
name = "sum"
kind = "add"
inputs = ["bn-1", "a"]
remarks = ["relu"]

[[layer]]
kind = "gap"
"""


def read(text: str | bytes) -> Network:
    return network(text.encode() if isinstance(text, str) else text, "net.toml")


def layered(*lines: str, input: str = "8x8x3") -> Network:
    """A network of one [[layer]] per argument."""
    return read(f'input = "{input}"\n' + "".join(f"[[layer]]\n{line}\n" for line in lines))


def rows(network: Network) -> list[tuple[str, Any, Any]]:
    return [(row.layer.name, row.output, row.count("parameters")) for row in tabulate(network).rows]


def test_a_residual_block() -> None:
    """36,928 = (3·3·64 + 1)·64 for each convolution, 2·64 for the batch norm."""
    found = read(RESIDUAL)
    assert rows(found) == [
        ("a", (56, 56, 64), 36928),
        ("conv-1", (56, 56, 64), 36928),
        ("bn-1", (56, 56, 64), 128),
        ("sum", (56, 56, 64), 0),
        ("gap-1", (64,), 0),
    ]
    assert (found.title, found.source) == ("A residual block", "He and others 2015, figure 2")
    assert found.notes == ("the shortcut is the identity",)
    assert found.layer("sum").inputs == ("bn-1", "a")
    assert found.layer("a").remarks == ("relu",)
    assert tabulate(found).total["parameters"] == 2 * 36928 + 128


def test_layers_may_stand_in_any_order() -> None:
    found = layered(
        'name = "b"\nkind = "dense"\nm = 10\ninputs = ["a"]', 'name = "a"\nkind = "flatten"\ninputs = ["input"]'
    )
    assert rows(found) == [("a", (192,), 0), ("b", (10,), 1930)]


def test_settings_are_numbers_lists_letters_and_words() -> None:
    found = layered(
        'kind = "conv"\nk = "2c"\nf = [3, 5]\ns = "2x1"\nbias = false',
        'kind = "dropout"\np = 0.5',
        'kind = "maxpool"\nf = 2.0\nceil = true',
        input="33 x 20 x c",
    )
    convolution, dropout, pooling = found.layers
    assert convolution.settings["f"] == (3, 5)
    assert convolution.settings["s"] == (2, 1)
    assert convolution.settings["bias"] is False
    assert dropout.settings["p"] == Fraction(1, 2)
    assert pooling.settings["f"] == 2
    outputs = [row.output for row in tabulate(found).rows]
    assert [output[:2] for output in outputs] == [(16, 16), (16, 16), (8, 8)]


def test_a_sequence() -> None:
    """20,096 = 128·(28 + 128 + 1), the textbook's one bias vector."""
    found = layered('kind = "simplernn"\nm = 128', 'kind = "linear"\nm = 10', input="28x28 seq")
    assert [count for _, _, count in rows(found)] == [20096, 1290]


def test_names_leave_those_that_the_file_gives() -> None:
    found = layered(
        'kind = "relu6x"', 'name = "fc-1"\nkind = "dense"\nm = 5', 'kind = "dense"\nm = 6\ninputs = ["fc-1"]'
    )
    assert [layer.name for layer in found.layers] == ["relu6x-1", "fc-1", "fc-2"]


def test_an_unknown_kind_is_kept_and_named() -> None:
    """The rest of the table is shown, and the totals say that they are partial."""
    found = layered(
        'kind = "conv"\nk = 4\nf = 3',
        'name = "up"\nkind = "wobble"\nscale_factor = 2\nmode = "nearest"',
        'kind = "dense"\nm = 10',
        'kind = "dense"\nm = 7\ninputs = ["conv-1"]',
    )
    table = tabulate(found)
    assert table.partial
    assert table.row("up").unknown == "wobble is not a kind of layer that is known"
    assert table.row("up").layer.place == "net.toml: layer 2"
    assert dict(table.row("up").layer.settings) == {"scale_factor": 2}
    assert table.row("fc-1").unknown == "it reads an unknown layer"
    assert table.row("fc-2").count("parameters") == 6 * 6 * 4 * 7 + 7
    assert table.total["parameters"] == 112 + 1015


def test_a_file_by_its_name_and_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "my net.toml"
    file.write_text(RESIDUAL.replace('title = "A residual block"\n', ""), encoding="utf-8-sig")
    by_path, by_name = read_file(file), read_file(str(file))
    assert by_path == by_name
    assert by_path.id == by_path.title == "my-net"


def test_a_line_of_text_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "line.TXT"
    file.write_text("8x8x3; conv 4 f3\ndense 10", encoding="utf-8")
    found = read_file(file)
    assert found.id == "line"
    assert rows(found) == [("conv-1", (6, 6, 4), 112), ("fc-1", (10,), 1450)]
    assert rows(read_data(b"8x8x3; conv 4 f3; dense 10")) == rows(found)


LAYER = '[[layer]]\nkind = "conv"\nk = 2\nf = 3\n'
NET = f'input = "8x8x3"\n{LAYER}'

REFUSED: dict[str, tuple[str, str]] = {
    "a key of the network": (f"colour = 3\n{NET}", "colour: a key of a network is one of title, input, source"),
    "no input": (LAYER, "input: this is a shape in quotes, such as .*, not nothing"),
    "an input that is a number": (f"input = 8\n{LAYER}", "input: this is a shape in quotes, such as .*, not 8"),
    "an endless input": (f'input = "{"8x" * 200}8"\n{LAYER}', "input: this is a shape in quotes"),
    "an input that is no shape": (f'input = "8xx3"\n{LAYER}', "net.toml: input: "),
    "an input of nothing": (f'input = "8x0x3"\n{LAYER}', "input: input 8x0x3: a size is a whole number ≥ 1, not 0"),
    "an input of less": (f'input = "8x-2x3"\n{LAYER}', "a size is a whole number ≥ 1, not -2"),
    "no layers": ('input = "8x8x3"', "layer: a network has layers, each a table that begins with"),
    "layers of another sort": ('input = "8x8x3"\nlayer = ["conv"]', "layer: a network has layers"),
    "a layer that is a table": ('input = "8x8x3"\n[layer]\nkind = "conv"', "layer: a network has layers"),
    "too many layers": ('input = "8x8x3"\n' + "[[layer]]\n" * 20001, "at most 20000 layers, not 20001"),
    "too many in stacks": (
        'input = "8x8x3"\n' + f'[[layer]]\nstack = "{"bn;" * 15000}"\n' * 2,
        "layer 2: stack: a network has at most 20000 layers",
    ),
    "no kind": ('input = "8x8x3"\n[[layer]]\nk = 2', "layer 1: kind: this is one line of at most 200 characters"),
    "a kind of two lines": (f'{NET}[[layer]]\nkind = "a\\nb"', "layer 2: kind: this is one line"),
    "a title that is a date": (f"title = 2020-01-01\n{NET}", "title: this is one line .*, not a date or time"),
    "notes that are a word": (f'notes = "x"\n{NET}', "notes: this is a list of names or lines in quotes, not 'x'"),
    "a key of the layer": (f"{NET}m = 3", "layer 1: m: a key of a layer of kind conv is one of name, .*, k, f, s"),
    "no inputs": (f"{NET}inputs = []", "layer 1: inputs: a layer of kind conv reads at least one layer"),
    "inputs of a word": (f'{NET}inputs = "input"', "layer 1: inputs: this is a list of names"),
    "inputs of numbers": (f"{NET}inputs = [1]", "layer 1: inputs: this is one line of at most 200 characters, not 1"),
    "a missing input": (f'{NET}inputs = ["nobody"]', "conv-1 reads nobody, but no layer has that name"),
    "two of one name": (f'{NET}name = "a"\n{LAYER}name = "a"', "layer 2: two layers are called a; names are used once"),
    "a layer called input": (f'{NET}name = "input"', "two layers are called input"),
    "itself": (f'{NET}name = "a"\ninputs = ["a"]', "the layers form a cycle: a reads a"),
    "a cycle": (
        f'{NET}name = "a"\ninputs = ["b"]\n{LAYER}name = "b"\ninputs = ["a"]',
        "net.toml: layer 2: the layers form a cycle: b reads a, which is computed from it",
    ),
    "a name that is a number": (f"{NET}name = 3", "layer 1: name: this is one line"),
    "a flag that is a number": (f"{NET}bias = 1", "layer 1: bias: this is true or false, not 1"),
    "a size that is a flag": (f"{NET}s = true", "layer 1: s: this is a size, not true"),
    "an empty list": (f"{NET}s = []", "layer 1: s: a list has 1 to 200 sizes, not 0"),
    "a list of flags": (f"{NET}s = [true]", "layer 1: s: this is a number, a list of numbers or a size .*, not true"),
    "a list of lists": (f"{NET}s = [[1]]", "layer 1: s: this is a number, .*, not a list"),
    "a size that is not a number": (f"{NET}s = nan", "layer 1: s: this is a number, .*, not nan"),
    "an infinite size": (f"{NET}s = -inf", "layer 1: s: this is a number, .*, not -inf"),
    "a huge size": (f"{NET}s = {10**13}", "layer 1: s: this is a number, .*, not 10000000000000"),
    "a size of many digits": (f"{NET}s = {'9' * 4000}", "not a whole number of many digits"),
    "a size of too many digits": (f"{NET}s = {'9' * 5000}", "a whole number has too many digits"),
    "a word for a size": (f'{NET}s = "two"', "layer 1: s: the size: "),
    "code for a size": (f"{NET}s = \"__import__('os')\"", "layer 1: s: the size: "),
    "a long word": (f'{NET}s = "{"1+" * 200}1"', "layer 1: s: this is a number"),
    "a key beside a stack": (
        f'{NET}[[layer]]\nstack = "bn"\nname = "x"',
        "layer 2: name: a key beside stack is one of",
    ),
    "a stack that is a list": (
        f'{NET}[[layer]]\nstack = ["bn"]',
        "layer 2: stack: this is layers in quotes, .* a list",
    ),
    "an empty stack": (f'{NET}[[layer]]\nstack = ";"', "layer 2: stack: a stack has at least one layer"),
    "a stack of two inputs": (
        f'{NET}[[layer]]\nstack = "bn"\ninputs = ["input", "conv-1"]',
        "layer 2: inputs: the first layer of a stack reads one layer, not 2",
    ),
    "a stack of too much": (
        f'{NET}[[layer]]\nstack = "{"bn;" * 40000}"',
        "net.toml: layer 2: stack: a network in text has",
    ),
    "a stack that is wrong": (f'{NET}[[layer]]\nstack = "bn; conv 3 q9"', "net.toml: layer 2: layer 2 .*q9"),
    "no TOML": ('input = "8x8x3"\n[[layer = 3\n', r"the file is not TOML: .*\(at line 2"),
    "deep arrays": (f'input = "8x8x3"\na = {"[" * 100_000}', "the file is nested too deeply"),
    "deep tables": (f'input = "8x8x3"\na = {"{a=" * 100_000}', "the file is nested too deeply"),
    "deep keys": (f"{'a.' * 10_000}a = 1", "line 1: a line has at most 12 dots, not 10000"),
    "one key twice": (f"{NET}k = 3", "the file is not TOML: "),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.values(), ids=REFUSED)
def test_refused_in_one_line(text: str, sentence: str) -> None:
    with pytest.raises(DlcalcError, match=sentence) as caught:
        read(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("k = -2\nf = 3", "net.toml: layer 1: conv-1: .*-2"),
        ("k = 2\nf = 0", "net.toml: layer 1: conv-1: .*0"),
        ("k = 2\nf = 9", "net.toml: layer 1: conv-1: "),
        ("k = 2\nf = 3\ns = 0.5", "net.toml: layer 1: conv-1: "),
        ("k = 2\nf = [3, 3, 3]", "net.toml: layer 1: conv-1: "),
        ("f = 3\nk = [1, 2]", "net.toml: layer 1: conv-1: "),
    ],
)
def test_sizes_that_do_not_fit_are_named_with_their_layer(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        tabulate(layered(f'kind = "conv"\n{text}'))


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    """200 MB of nothing, which take no space on most discs."""
    file = tmp_path / "large.toml"
    with file.open("wb") as stream:
        stream.truncate(200_000_000)
    with pytest.raises(ProblemError, match=r"large.toml: a network in a .toml file has at most 1 MiB"):
        read_file(file)
    with pytest.raises(ProblemError, match="a network has at most 1 MiB"):
        read_data(b"input = 1\n" + b"#" * 2**20)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    with pytest.raises(ProblemError, match="the file cannot be read: Is a directory"):
        read_file(folder)
    with pytest.raises(ProblemError, match="the file cannot be read: No such file"):
        read_file(tmp_path / "none.toml")
    with pytest.raises(ProblemError, match="no file has such a name"):
        read_file("a\0b.toml")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "input: this is a shape in quotes"),
        (b"title = '\xff'", "the file is not UTF-8 text: byte 9"),
        (b"a = '\0'", "the file is not TOML"),
    ],
)
def test_bytes_that_are_no_toml(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "bytes.toml"
    file.write_bytes(content)
    with pytest.raises(ProblemError, match=sentence):
        read_file(file)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("net.h5", "save the model as .keras"),
        ("net.hdf5", "save the model as .keras"),
        ("net.pt", "a PyTorch file is a pickle, which may run anything; export the model to .onnx"),
        ("net.PTH", "a PyTorch file is a pickle"),
        ("net.pkl", "a pickle may run anything; export the model to .onnx"),
        ("net.pickle", "a pickle may run anything"),
        ("net.pb", "a TensorFlow graph is not read"),
        ("net.docx", "a network is in a file that ends in one of .toml, .onnx, .json, .keras, .txt"),
        ("net", "a network is in a file that ends in one of"),
    ],
)
def test_other_kinds_of_file_say_what_to_do(name: str, sentence: str) -> None:
    """They are not opened: no such file is here."""
    with pytest.raises(ProblemError, match=sentence):
        read_file(name)
