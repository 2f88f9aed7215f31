"""Every command and every line of Python that README.md shows, run."""

from __future__ import annotations

import re
import shutil
import tomllib
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from terminal import Terminal

from dlcalc.quiz import lint

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.removeprefix("$ dlcalc ")
    for block in re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]
WRONG_ANSWERS = {
    "conv --n 28 --f 3 --c 6 --k 16 --ask parameters --answer 160",
    'lstm --ask parameters --answer "4nm + 4m"',
    'bptt --cell rnn --wrt W --answer "Σ_j diag(1 - h_j^2) V^T (yhat_j - y_j) h_{j-1}^T"',
    'diff "w tanh(w)" --answer "1 - tanh(w)^2"',
    'run conv --x "1 2 3; 4 5 6; 7 8 9" --w "1 2; 0 -1" --answer "12 14; 18 20"',
}
NUMERIC = ("net lenet5 --run", "vanish ", "train ")
"""Commands that need the kernels."""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs(
    terminal: Terminal, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends well, or with 1 where the README says that the answer is wrong. One epoch stands for all."""
    if command.startswith(NUMERIC):
        pytest.importorskip("numba")
    if "--data digits" in command:
        pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lint, "SEEDS", 4)  # of each problem of the bank; `.ci/run` takes all
    monkeypatch.setattr(lint, "PRINTED", 1)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    if "exam/manifest.json" in command:
        terminal(next(earlier for earlier in COMMANDS if earlier.endswith("--out exam")))
    ran = terminal(re.sub(r"--epochs \d+", "--epochs 1", command))
    assert ran.status == (1 if command in WRONG_ANSWERS else 0)
    assert ran.err == ""
    assert ran.out or any(tmp_path.iterdir())


def test_the_readme_shows_its_commands() -> None:
    assert len(COMMANDS) >= 25
    assert set(COMMANDS) >= WRONG_ANSWERS


def test_the_python_of_the_readme_runs() -> None:
    shape, solutions, mistakes = python_of_the_readme(0)
    assert shape == "(55, 55, 96) 34944"
    assert solutions == "({'s': 4},)"
    assert "channels-forgotten" in mistakes


def test_the_python_of_letters_runs() -> None:
    pytest.importorskip("sympy")
    assert python_of_the_readme(1) == [
        "(9c + 1)k 880 True",
        "k*(9*c + 1) k²(9c + 1)²",
        "<p = (f − 1)/2>",
    ]


def test_the_python_of_the_kernels_runs() -> None:
    pytest.importorskip("numba")
    assert python_of_the_readme(2) == ["(1, 2, 3, 3) ['weight', 'x']"]


def test_the_python_of_training_runs() -> None:
    pytest.importorskip("numba")
    assert python_of_the_readme(3) == ["20 True (16, 2) (1, 2)"]


def python_of_the_readme(index: int) -> list[str]:
    """What a program that the README shows prints."""
    snippet = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[index]
    with redirect_stdout(StringIO()) as written:
        exec(snippet, {"__name__": "__main__"})
    return written.getvalue().splitlines()


def test_the_pictures_of_the_readme_exist() -> None:
    """Their addresses are whole, so that the package index shows them too, and lead to this project's docs/."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shown = (
        project["urls"]["Repository"].replace("https://github.com/", "https://raw.githubusercontent.com/") + "/main/"
    )
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert [picture for picture in pictures if not picture.startswith(f"{shown}docs/")] == []
    assert all((ROOT / picture.removeprefix(shown)).stat().st_size > 1000 for picture in pictures)
