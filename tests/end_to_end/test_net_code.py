"""`dlcalc net --code` and `--blank-code`: a network as a program, a line of text or TOML."""

from __future__ import annotations

from pathlib import Path

from rows import each_row
from terminal import Terminal

import dlcalc

LINE = "16x16x3; conv 8 f3 s2 p1 relu; pool 2; dense 10"
PYTORCH = '''"""Network of 3 layers.

Input: 16×16×3, in PyTorch a batch (N, 3, 16, 16).
"""

import torch
from torch import nn
from torch.nn import functional as F


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_1 = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.maxpool_1 = nn.MaxPool2d(2)
        self.fc_1 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(self.conv_1(x))  # 8×8×8
        x = self.maxpool_1(x)  # 4×4×8
        x = self.fc_1(torch.flatten(x, 1))  # 10
        return x


if __name__ == "__main__":
    model = Network().eval()
    print(tuple(model(torch.zeros(1, 3, 16, 16)).shape))
    print(sum(p.numel() for p in model.parameters()))
'''
KERAS_EXERCISE = '''"""Network of 3 layers."""

import keras
from keras import layers

# Fill in the blanks: each ____ is a number; after each line is its output shape.
inputs = keras.Input((16, 16, 3))  # 16×16×3
x = layers.ZeroPadding2D(____)(inputs)
x = layers.Conv2D(____, ____, strides=____, activation="relu", name="conv-1")(x)  # 8×8×8
x = layers.MaxPooling2D(____, name="maxpool-1")(x)  # 4×4×8
x = layers.Flatten()(x)
x = layers.Dense(____, name="fc-1")(x)  # 10

model = keras.Model(inputs, x, name="network")

if __name__ == "__main__":
    model.summary()
'''


def test_pytorch(terminal: Terminal) -> None:
    ran = terminal(["net", LINE, "--code", "pytorch"], columns=40)
    assert (ran.status, ran.out, ran.err) == (0, PYTORCH, "")


def test_keras_with_blanks(terminal: Terminal) -> None:
    ran = terminal(["net", LINE, "--code", "keras", "--blank-code"], columns=40)
    assert (ran.status, ran.out, ran.err) == (0, KERAS_EXERCISE, "")


def test_blanks_are_in_pytorch_unless_something_else_is_asked_for(terminal: Terminal) -> None:
    ran = terminal(["net", LINE, "--blank-code"])
    assert "nn.Conv2d(____, ____, ____, stride=____, padding=____)" in ran.out
    assert "nn.Linear(____, ____)" in ran.out


def test_text(terminal: Terminal) -> None:
    assert terminal(["net", LINE, "--code", "text"]).out == "16x16x3; conv 8 f3 s2 p1 relu; maxpool 2; dense 10\n"


def test_toml_that_is_read_again(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "resnet.toml"
    file.write_text(terminal("net resnet50 --code toml").out, encoding="utf-8")
    assert terminal(f"net {file} --json").json["total"]["parameters"] == 25557032


def test_another_input(terminal: Terminal) -> None:
    shown = terminal("net vgg16 --code pytorch --input 256x256x3").out
    assert "self.fc_1 = nn.Linear(32768, 4096)" in shown


def test_from_python() -> None:
    assert dlcalc.code(LINE) == PYTORCH
    assert dlcalc.code(LINE, "keras", blank=True) == KERAS_EXERCISE
    assert dlcalc.code(LINE, "text", input="32x32x3").startswith("32x32x3; conv 8")


@each_row(
    ("options", "sentence"),
    [
        ("--code zz", "a network is written as one of text, toml, keras, pytorch, not zz"),
        ("--code toml --blank-code", "blanks are left in code, keras or pytorch, not in toml"),
        *(
            (f"{option} {other}", f"{option.split()[0]} prints the network and no table; leave {other.split()[0]} out")
            for option in ("--blank-code", "--code keras")
            for other in (
                "--blank", "--check table.csv", "--csv", "--json", "--latex", "--svg a.svg", "--compare vgg16",
                "--explain conv-1", "--freeze conv*", "--all", "--columns output", "--convention keras", "--show",
                "--profile keras",
            )
        ),
    ],
)  # fmt: skip
def test_options_that_do_not_go_together(terminal: Terminal, options: str, sentence: str) -> None:
    ran = terminal(f"net alexnet {options}")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"dlcalc: {sentence}\n"
