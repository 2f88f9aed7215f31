"""What a shell is given when Tab is pressed: commands, options, and what may stand behind them."""

from __future__ import annotations

import pytest
from terminal import Terminal

from dlcalc.cli import completion
from dlcalc.networks import zoo


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("con", ["conv", "conv1d", "conv3d", "convlstm"]),
        ("conv --out", ["--output-padding", "--output"]),
        ("conv --convention k", ["keras"]),
        ("conv --ask para", ["parameters", "parameter-memory"]),
        ("rnn --ask recurrent", ["recurrent-matrix"]),
        ("activation s", ["sigmoid", "softplus", "step", "softmax"]),
        ("lstm --peephole ", ["diagonal", "full"]),
        ("net lenet", ["lenet5", "lenet5-1998", "lenet5-1998-dense", "lenet5-course"]),
        ("net l", ["list", "layers", "lenet5", "lenet5-1998", "lenet5-1998-dense", "lenet5-course"]),
        ("backprop squeezenet", ["squeezenet1.0", "squeezenet1.1"]),
        ("problems show output-s", ["output-size"]),
        ("problems check output-s", ["output-size"]),
        ("quiz make --topic con", ["concepts", "convolution"]),
        ("quiz take --topic ga", ["gated"]),
        ("run conv", ["conv", "conv-transpose", "conv-lstm"]),
    ],
)
def test_a_word_is_completed(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, typed: str, words: list[str]) -> None:
    monkeypatch.setenv("_DLCALC_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"dlcalc {typed}")
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split(" "))))
    assert terminal("").out.split() == words


def test_training_has_its_data_and_its_rules(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numpy")
    assert completion.data("s") == ["spirals", "sine"]
    assert completion.optimizer("ad") == ["adagrad", "adadelta", "adam", "adamw"]
    assert completion.optimizer("adam:k") == ["adam:keras"]


def test_a_line_of_text_goes_on_with_a_kind_of_layer() -> None:
    assert completion.network("28x28x1; conv 8 f3;embed") == ["28x28x1; conv 8 f3; embedding"]
    assert set(completion.network("")) == set(zoo.names())


def test_a_list_goes_on_behind_its_comma() -> None:
    assert completion.several_of(["f", "p", "padded"])("f,p") == ["f,p", "f,padded"]
