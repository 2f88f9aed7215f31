"""`dlcalc net layers`, and what a table says of weights that are shared and of layers that are not known."""

import json
from pathlib import Path

from dlcalc.networks.kinds import KINDS

from .terminal import Terminal


def test_every_kind_that_a_line_can_say_is_listed(terminal: Terminal) -> None:
    found = terminal(["net", "layers", "--json"]).json["layers"]
    assert {each["kind"] for each in found} == set(KINDS) - {"input", "learned", "einsum"}
    conv = next(each for each in found if each["kind"] == "conv")
    assert (conv["example"], conv["bare"]) == ("conv 64 f3 s2 p1", ["k"])
    shown = terminal(["net", "layers"], columns=200).words
    assert "maxpool f3 s2" in shown
    assert "avgpool 2 average pooling" in shown


def test_a_line_of_text_without_semicolons(terminal: Terminal) -> None:
    """An arrow or a comma tells it from a name."""
    for line in ("28x28x1 -> conv 8 f3 -> dense 10", "28x28x1, conv 8 f3, dense 10"):
        assert terminal(["net", line, "--json"]).json["total"]["parameters"] == 80 + 54090
    assert terminal(["net", "784-10", "--json"]).json["total"]["macs"] == 7840


def test_shared_weights_are_named_in_the_table_and_in_json(terminal: Terminal, tmp_path: Path) -> None:
    layers = [
        {"class_name": "InputLayer", "name": "in", "config": {"batch_shape": [None, 4]}},
        {"class_name": "Dense", "name": "a", "config": {"units": 4},
         "inbound_nodes": [[["in", 0, 0, {}]], [["a", 0, 0, {}]]]},
    ]  # fmt: skip
    config = {"layers": layers, "input_layers": [["in", 0, 0]], "output_layers": [["a", 1, 0]]}
    file = tmp_path / "net.json"
    file.write_text(json.dumps({"class_name": "Functional", "config": config}))
    found = terminal(["net", str(file), "--json"]).json
    assert [each.get("shared_with") for each in found["layers"]] == [None, "a"]
    assert (found["total"]["parameters"], found["total"]["macs"], found["total"]["trainable"]) == (20, 32, 20)
    assert "a-2 (shared with a)" in terminal(["net", str(file)], columns=120).words
    code = terminal(["net", str(file), "--code", "pytorch"]).out
    assert (code.count("nn.Linear"), code.count("self.a(x)")) == (1, 2)


def test_the_help_has_the_grammar_and_what_is_counted(terminal: Terminal) -> None:
    words = terminal(["net", "--help"], columns=100).words
    for part in ("net layers", "residual(", "MACs are the products of convolutions"):
        assert part in words
