"""`dlcalc net`: the tables of networks as a user asks for them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from rows import each_row
from terminal import Terminal

from dlcalc.networks import zoo

SMALL = "36x36x3; conv 10 f5; pool 2; conv 20 f3; pool 2; dense 100; dense 10"


def test_alexnet_row_by_row(terminal: Terminal) -> None:
    """Every row of the one-tower AlexNet and its total, 62,378,344."""
    found = terminal("net alexnet --json").json
    rows = {layer["name"]: (layer["output"], layer["parameters"]) for layer in found["layers"]}
    assert rows == {
        "conv-1": ([55, 55, 96], 34944),
        "maxpool-1": ([27, 27, 96], 0),
        "conv-2": ([27, 27, 256], 614656),
        "maxpool-2": ([13, 13, 256], 0),
        "conv-3": ([13, 13, 384], 885120),
        "conv-4": ([13, 13, 384], 1327488),
        "conv-5": ([13, 13, 256], 884992),
        "maxpool-3": ([6, 6, 256], 0),
        "fc-1": ([4096], 37752832),
        "fc-2": ([4096], 16781312),
        "fc-3": ([1000], 4097000),
    }
    assert found["total"]["parameters"] == 62378344
    assert found["partial"] is False


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("vgg16", 138357544),
        ("resnet50", 25557032),
        ("densenet121", 7978856),
        ("mobilenet-v2", 3504872),
        ("inception-v3", 23834568),
        ("inception-v3-aux", 27161264),
        ("googlenet", 6998552),
        ("googlenet-aux", 13378280),
        ("googlenet-bn", 6624904),
        ("xception", 22855952),
    ],
)
def test_published_totals(terminal: Terminal, name: str, parameters: int) -> None:
    assert terminal(f"net {name} --json").json["total"]["parameters"] == parameters


def test_multiply_accumulates_as_published(terminal: Terminal) -> None:
    assert round(terminal("net vgg16 --json").json["total"]["macs"] / 1e9, 2) == 15.47
    assert round(terminal("net resnet50 --json").json["total"]["macs"] / 1e9, 2) == 4.09


def test_a_recurrent_network_in_both_countings(terminal: Terminal) -> None:
    """20,096 and 1,290 with one bias vector; PyTorch's two make 128 more, named beside."""
    found = terminal(["net", "28x28 seq; rnn 128; dense 10", "--json"]).json
    assert [layer["parameters"] for layer in found["layers"]] == [20096, 1290]
    assert found["conventions"]["pytorch"] == 20096 + 128 + 1290
    assert "PyTorch 21,514" in terminal(["net", "28x28 seq; rnn 128; dense 10"]).words


def test_a_network_of_ones_own(terminal: Terminal) -> None:
    shown = terminal(["net", SMALL]).out
    for number in ("760", "1,820", "98,100", "1,010", "101,690"):
        assert number in shown


def test_letters_all_the_way_down(terminal: Terminal) -> None:
    shown = terminal(["net", "n x n x c; conv k f3 p1; conv k f3 p1; pool 2"]).words
    assert "(9c + 1)k + (9k + 1)k" in shown
    assert "⌊n/2⌋×⌊n/2⌋×k" in shown


def test_layers_behind_which_no_field_is_known_are_told_once_for_each_reason(terminal: Terminal) -> None:
    shown = terminal(["net", "unet"]).words
    assert "no one number is the field from crop-1 (and 3 more): its units are arranged in a new order" in shown
    assert "no one number is the field from convt-1: its units see by turns more and fewer pixels" in shown
    assert shown.count("no one number is the field") == 2


def test_the_working_of_one_layer(terminal: Terminal) -> None:
    shown = terminal("net alexnet --explain conv-2").words
    assert "o = n + 2p − f + 1 = 27 + 2 × 2 − 5 + 1 = 27" in shown


def test_the_working_of_one_layer_counts_as_is_asked(terminal: Terminal) -> None:
    """PyTorch's recurrent layer has a second bias vector of 128."""
    command = ["net", "28x28 seq; rnn 128; dense 10", "--explain", "rnn-1", "--json"]
    assert terminal(command).json["parameters"] == 20096
    assert terminal([*command, "--convention", "pytorch"]).json["parameters"] == 20096 + 128


def test_two_networks_are_counted_as_is_asked(terminal: Terminal) -> None:
    command = ["net", "28x28 seq; rnn 128; dense 10", "--compare", "28x28 seq; rnn 64; dense 10", "--json"]
    totals = [[each["total"]["parameters"] for each in terminal([*command, *more]).json["networks"]]
              for more in ([], ["--convention", "pytorch"])]  # fmt: skip
    assert totals == [[21386, 6602], [21386 + 128, 6602 + 64]]


def test_another_input(terminal: Terminal) -> None:
    found = terminal("net vgg16 --input 256x256x3 --json").json
    assert found["layers"][0]["output"] == [256, 256, 64]


def test_two_networks_side_by_side(terminal: Terminal) -> None:
    shown = terminal("net alexnet --compare vgg16").words
    assert "62,378,344 138,357,544" in shown


def test_frozen_layers_are_not_trained(terminal: Terminal) -> None:
    """AlexNet as a fixed extractor: with conv* frozen the three dense layers are left."""
    found = terminal(["net", "alexnet", "--freeze", "conv*", "--json"]).json
    assert sum(layer["trainable"] for layer in found["layers"]) == 37752832 + 16781312 + 4097000
    assert found["frozen"] == [f"conv-{i}" for i in range(1, 6)]
    assert terminal(["net", "alexnet", "--freeze", "CONV-1,fc*", "--json"]).json["frozen"] == [
        "conv-1", "fc-1", "fc-2", "fc-3",
    ]  # fmt: skip


def test_what_is_still_trained_is_said(terminal: Terminal) -> None:
    """VGG-16's three dense layers have 102,764,544 + 16,781,312 + 4,097,000 parameters; the rest is frozen."""
    assert "still trained: 123,642,856; frozen: 13 layers" in terminal("net vgg16 --freeze conv*").words
    assert "frozen: 1 layer" in terminal("net vgg16 --freeze fc-3").words


def test_an_oblong_field_has_a_number_for_each_axis(terminal: Terminal) -> None:
    """3 by 5 pixels, and one number where both are alike; none for a vector."""
    layers = terminal(["net", "30x20x1; conv 2 f3x5; dense 4", "--json"]).json["layers"]
    assert [layer["receptive_field"] for layer in layers] == [[3, 5], None]
    assert terminal(["net", "30x20x1; conv 2 f3", "--json"]).json["layers"][0]["receptive_field"] == 3


def test_comma_separated_values(terminal: Terminal) -> None:
    rows = list(csv.DictReader(io.StringIO(terminal("net alexnet --csv").out)))
    assert rows[0]["name"] == "conv-1"
    assert rows[0]["output"] == "55x55x96"
    assert sum(int(row["parameters"]) for row in rows) == 62378344


def test_repeated_blocks_are_shown_once_unless_all_are_asked_for(terminal: Terminal) -> None:
    """ResNet-152 has 36 blocks in its third stage, 35 of them alike."""
    folded, whole = terminal("net resnet152").out, terminal("net resnet152 --all").out
    assert "×35" in folded
    assert len(folded.splitlines()) * 4 < len(whole.splitlines())
    assert max(len(line) for line in folded.splitlines()) <= 80


def test_the_list_names_every_network(terminal: Terminal) -> None:
    listed = terminal("net list").out
    assert all(name in listed for name in zoo.names())


@pytest.mark.parametrize("format", ["--latex", "--markdown", "--html"])
def test_tables_to_paste(terminal: Terminal, format: str) -> None:
    ran = terminal(["net", SMALL, format])
    assert (ran.status, ran.err) == (0, "")
    assert "98,100" in ran.out


@each_row(
    ("arguments", "sentence"),
    [
        (["28x28x1; embedding 100 8; conv 3"], "reads a sequence of T indices, not 28×28×1"),
        (["32x32x3; a: conv 8 f3; a: conv 8 f3"], "two layers are called a"),
        (["8x8x3; conv 8 f9"], "the filter does not fit"),
        (["nonsense"], "nonsense"),
        ([], "net needs a network"),
        (["alexnet", "--explain", "conv-9"], "has no layer conv-9"),
        (["alexnet", "--freeze", "zz*"], "no layer of alexnet is called that"),
        (["alexnet", "--convention", "zz"], "convention is one of textbook, pytorch, keras"),
        (["n x n x 3; conv 8 f3", "--run"], "cannot be run while letters are left"),
        (["8x8x4; avgpool f2 s1 d2", "--run"], "cannot be run: average pooling has no dilation"),
        (["alexnet", "--input", "0x0x3"], "a size is a whole number ≥ 1"),
        (["alexnet", "--csv", "--compare", "vgg16"], "--csv writes one network"),
        (["missing.toml"], "missing.toml"),
    ],
)
def test_a_bad_question_is_one_line(terminal: Terminal, arguments: list[str], sentence: str) -> None:
    ran = terminal(["net", *arguments])
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert sentence in ran.err


def test_from_python() -> None:
    import dlcalc

    found = dlcalc.net("alexnet")
    assert found.parameters == 62378344
    assert "conv-1" in found._repr_html_()


FILLED = """Layer,Tensor size,Weights,Biases,Parameters
Conv-1,{first},34848,96,34944
MaxPool-1,26x26x96,0,0,0
Conv-2,26 × 26 × 256,"614,400",256,614656
MaxPool-2,12x12x256,0,0,0
Conv-3,12x12x384,884736,384,885120
Conv-4,12x12x384,1327104,384,1327488
Conv-5,12x12x256,884736,256,884992
MaxPool-3,5x5x256,0,0,0
FC-1,4096,26214400,4096,26218496
FC-2,4096,16777216,4096,16781312
FC-3,1000,4096000,1000,4097000
"""


def test_one_wrong_cell_and_what_follows_from_it(terminal: Terminal, tmp_path: Path) -> None:
    """54 for 55 in the first layer: that cell is wrong and named, and all later ones follow from it."""
    table = tmp_path / "table.csv"
    table.write_text(FILLED.format(first="54x54x96"), encoding="utf-8")
    ran = terminal(f"net alexnet --check {table} --json")
    assert ran.status == 1
    cells = [(layer["name"], cell) for layer in ran.json["layers"] for cell in layer["cells"]]
    wrong = [(name, cell["column"], cell["mistakes"][0]["id"]) for name, cell in cells if cell["status"] == "wrong"]
    assert wrong == [("conv-1", "output", "no-plus-one")]
    assert ran.json["counts"]["follows"] == 9
    shown = terminal(f"net alexnet --check {table}").words
    assert "follows from your earlier cells" in shown
    assert "55" not in shown.replace("55×", "")


def test_the_exercise_filled_in_is_all_right(terminal: Terminal, tmp_path: Path) -> None:
    """The blank table has the headings and layers; with the truth of --csv put in, every cell is right."""
    blank = list(csv.reader(io.StringIO(terminal("net alexnet --blank --columns output,parameters").out)))
    found = terminal("net alexnet --json").json
    truth = {layer["name"]: layer for layer in found["layers"]}
    where = {name: blank[0].index(name) for name in ("Tensor size", "Parameters")}
    for row in blank[2:]:
        layer = truth.get(row[0])
        if layer:
            row[where["Tensor size"]] = "x".join(map(str, layer["output"]))
            row[where["Parameters"]] = f"{layer['parameters']:,}"
        elif row[0].lower() == "total":
            row[where["Parameters"]] = str(found["total"]["parameters"])
    table = tmp_path / "table.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(blank)
    ran = terminal(f"net alexnet --check {table} --columns output,parameters")
    assert (ran.status, ran.err) == (0, "")
    assert "every cell is right" in ran.out


def test_a_table_that_is_not_there(terminal: Terminal) -> None:
    ran = terminal("net alexnet --check nowhere.csv")
    assert (ran.status, ran.err.count("\n")) == (2, 1)
    assert "nowhere.csv cannot be read" in ran.err


def test_a_table_from_standard_input(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--check -` marks what is pasted: status 0 when every cell is right, 1 when one is wrong."""
    for size, status in (("3x3x8", 0), ("4x4x8", 1)):
        pasted = io.TextIOWrapper(io.BytesIO(f"Layer,Tensor size\nconv-1,{size}\n".encode()), encoding="utf-8")
        monkeypatch.setattr("sys.stdin", pasted)
        ran = terminal(["net", "5x5x3; conv 8 f3", "--check", "-", "--columns", "output", "--json"])
        assert (ran.status, ran.err) == (status, "")
        assert [cell["status"] for cell in ran.json["layers"][0]["cells"]] == ["wrong" if status else "right"]


@pytest.mark.parametrize(
    ("kind", "headings"),
    [
        ("activation", "Layer,Activation shape,Activation size,# parameters"),
        ("tensor", "Layer,Tensor size,Weights,Biases,Parameters"),
    ],
)
def test_headings_of_either_kind(terminal: Terminal, kind: str, headings: str) -> None:
    assert terminal(f"net alexnet --blank --headings {kind}").out.splitlines()[0] == headings


def test_headings_of_no_kind(terminal: Terminal) -> None:
    ran = terminal("net alexnet --blank --headings zz")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "dlcalc: headings are one of activation, tensor, not zz\n"


def test_the_list_as_json(terminal: Terminal) -> None:
    listed = terminal("net list --json").json["networks"]
    assert listed == [{"network": name, "title": zoo.title(name)} for name in zoo.names()]
    assert "| `vgg16` | VGG-16 |" in terminal("net list --markdown").out


def test_a_long_table_looks_as_one_that_is_drawn_row_by_row(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that fit their columns and rows that are broken in two."""
    layers = "; ".join(f"conv {8 + k} f{1 + 2 * (k % 2)} p{k % 2}" for k in range(120))
    line = f"64x64x3; {layers}; a_name_that_is_much_longer_than_its_column_can_be: dense 10; dense 2"
    found = terminal(["net", line, "--all"]).out
    monkeypatch.setattr("dlcalc.cli.view._LONG", 10**6)
    assert terminal(["net", line, "--all"]).out == found
    assert found.count("\n") > 122


def test_another_number_of_classes_at_every_view(terminal: Terminal) -> None:
    assert terminal("net vgg16 --classes 10 --json").json["total"]["parameters"] == 138_357_544 - 990 * 4097
    assert "84 → 26" in terminal("net lenet5 --classes 26 --explain fc-2").words
    assert "26)" in terminal("net lenet5 --classes 26 --code pytorch").out
    both = terminal("net alexnet --compare vgg16 --classes 10").words
    assert "134,301,514" in both
    assert terminal("net lenet5 --classes 26 --run").err == (
        "dlcalc: --run runs the network with the parameters of its file; leave --classes out\n"
    )
    assert terminal("net lenet5 --classes some").err == "dlcalc: --classes is a whole number, not 'some'\n"


def test_one_answer_alone(terminal: Terminal) -> None:
    """Ten filters of 3×3 and a dense layer of two on what they make: 100 + 15,682; a size; a count in letters."""
    line = '"28x28x1; conv 10 f3 same; dense 2"'
    assert "parameters = 100 + 15682 = 15782" in terminal(f"net {line} --ask parameters").out
    assert terminal(f"net {line} --ask Parameters --json").json["value"] == 15_782
    assert "The output is 388 × 388 × 2" in terminal("net unet --ask output").out
    assert terminal("net unet --ask parameters --json").json["value"] == 31_030_658
    assert terminal("net alexnet --ask layers --json").json["value"] == 11
    assert terminal('net "n; dense m" --ask parameters --json').json["value"] == "(n + 1)*m"
    macs, flops = (terminal(f"net alexnet --ask {name} --json").json["value"] for name in ("macs", "flops"))
    assert flops == 2 * macs
    assert (
        "foo is not asked of a network; what can be asked is parameters, weights"
        in terminal("net lenet5 --ask foo").err
    )
    assert "--ask is one answer; leave --compare, --csv and --svg out" in terminal("net lenet5 --ask macs --csv").err
