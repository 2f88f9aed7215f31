"""Every command and every line of Python that README.md shows, run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import Terminal

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
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs(
    terminal: Terminal, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends well, or with 1 where the README says that the answer is wrong."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    if "exam/manifest.json" in command:
        terminal(next(earlier for earlier in COMMANDS if earlier.endswith("--out exam")))
    ran = terminal(command)
    assert ran.status == (1 if command in WRONG_ANSWERS else 0)
    assert ran.err == ""
    assert ran.out or any(tmp_path.iterdir())


def test_the_readme_shows_its_commands() -> None:
    assert len(COMMANDS) >= 25
    assert set(COMMANDS) >= WRONG_ANSWERS


def test_the_python_of_the_readme_runs() -> None:
    (snippet,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    ran = subprocess.run([sys.executable, "-c", snippet], capture_output=True, text=True, timeout=60, check=True)
    shape, solutions, mistakes = ran.stdout.splitlines()
    assert shape == "(55, 55, 96) 34944"
    assert solutions == "({'s': 4},)"
    assert "channels-forgotten" in mistakes


def test_the_pictures_of_the_readme_exist() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).stat().st_size > 1000 for picture in pictures)
