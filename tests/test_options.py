"""What the tests' own options do to property tests, seen from outside: pytest run on a file of two."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROPERTIES = """
import json, pathlib
from hypothesis import given, settings, strategies as st

seen = {"few": [], "usual": []}

@settings(max_examples=20)
@given(st.integers())
def test_few(x):
    seen["few"].append(x)

@given(st.integers())
def test_usual(x):
    seen["usual"].append(x)

def test_tell():
    pathlib.Path("seen.json").write_text(json.dumps(seen))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with these two tests and the settings of this one."""
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_properties.py").write_text(PROPERTIES, encoding="utf-8")
    return tmp_path


def examples(project: Path, *options: str) -> dict[str, list[int]]:
    """What the two tests are given, in a process of its own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", *options]
    done = subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, list[int]] = json.loads((project / "seen.json").read_text(encoding="utf-8"))
    return found


def test_everyone_is_given_the_same_examples(project: Path) -> None:
    """Half of what a test says, or of 100."""
    first = examples(project)
    assert (len(first["few"]), len(first["usual"])) == (10, 50)
    assert examples(project) == first


def test_more_examples_are_drawn_at_random(project: Path) -> None:
    """A test that names a number of its own has more of them too, and another seed draws others."""
    one, two = (examples(project, "--examples=3", f"--hypothesis-seed={seed}") for seed in (1, 2))
    assert {name: len(found) for name, found in one.items()} == {"few": 60, "usual": 300}
    assert one != two
