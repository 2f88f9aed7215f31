"""Standard streams that are closed, or that nobody reads: an answer or one line, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Closes the descriptors before Python starts, as `<&-` does.
CLOSED = """\
import os, sys
for each in sys.argv[1].split(","):
    os.close(int(each))
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def ran(closed: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", CLOSED, closed, "-m", "dlcalc", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("closed", ["0", "0,1", "0,2", "0,1,2"])
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["conv", "--n", "7", "--f", "3"], 0),
        (["conv", "--n", "7", "--f", "9"], 2),
        (["run", "conv", "--x", "-", "--w", "1 2; 3 4"], 2),
        (["net", "lenet5", "--check", "-"], 2),
        (["quiz", "take", "--topic", "convolution", "--count", "1", "--seed", "1"], 0),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else str(each),
)
def test_closed_streams(closed: str, arguments: list[str], status: int) -> None:
    """What is read from a closed input is nothing; what is written to a closed output is lost."""
    done = ran(closed, *arguments)
    assert done.returncode == status
    assert b"Traceback" not in done.stderr
    if status == 2 and "2" not in closed:
        assert done.stderr.startswith(b"dlcalc: ")
        assert done.stderr.count(b"\n") == 1


def test_a_file_never_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    """With no standard output the picture's descriptor is not 1, so nothing that is printed ends up in it."""
    name = tmp_path / "lenet.svg"
    done = ran("0,1,2", "net", "lenet5", "--svg", str(name))
    assert done.returncode == 0
    picture = name.read_text(encoding="utf-8")
    assert picture.startswith("<?xml")
    assert picture.endswith("</svg>\n")


def test_errors_that_nobody_reads() -> None:
    """The line of an error into a broken pipe: the status alone tells."""
    arguments = [sys.executable, "-m", "dlcalc", "conv", "--n", "7", "--f", "9"]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stderr.close()
        assert program.stdout.read() == b""
        assert program.wait(60) == 2
