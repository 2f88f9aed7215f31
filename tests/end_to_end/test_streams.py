"""Standard streams that are closed, or that nobody reads: an answer or one line, never a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from rows import each_row
from terminal import Terminal

from dlcalc.cli import main

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


def started(closed: str, *arguments: str) -> tuple[int, bytes]:
    """Exit status and errors of a copy of this process that has put its streams into the state in which Python starts
    without these: what the program itself does, for a tenth of the time of a process of its own."""
    with tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            errors.seek(0)
            return status, errors.read()
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(errors.fileno() if stream == 2 else nothing, stream)
            names = ("stdin", "stdout", "stderr")
            for stream, (name, mode) in enumerate(zip(names, "rww", strict=True)):
                if str(stream) in closed:
                    os.close(stream)
                    setattr(sys, name, None)
                else:
                    setattr(sys, name, open(stream, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
            sys.argv = ["dlcalc", *arguments]
            status = main()
            for name in names[1:]:
                if getattr(sys, name) is not None:
                    getattr(sys, name).flush()
            os._exit(status)
        finally:
            os._exit(99)


COMMANDS = (
    (["quiz", "take", "--topic", "convolution", "--count", "1", "--seed", "1"], 0),
    (["conv", "--n", "7", "--f", "3"], 0),
    (["conv", "--n", "7", "--f", "9"], 2),
    (["run", "conv", "--x", "-", "--w", "1 2; 3 4"], 2),
    (["net", "lenet5", "--check", "-"], 2),
)
CLOSED_STREAMS = ("0", "0,1", "0,2", "0,1,2")


def check_closed(closed: str, wanted: int, status: int, errors: bytes) -> None:
    assert status == wanted
    assert b"Traceback" not in errors
    if status == 2 and "2" not in closed:
        assert errors.startswith(b"dlcalc: ")
        assert errors.count(b"\n") == 1


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What the commands load is loaded, once for all copies of this process."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert [main(arguments) for arguments, _ in COMMANDS] == [status for _, status in COMMANDS]
    capsys.readouterr()


@pytest.mark.usefixtures("loaded")
@each_row("closed, command", [(closed, command) for closed in CLOSED_STREAMS for command in COMMANDS])
def test_closed_streams(closed: str, command: tuple[list[str], int]) -> None:
    """What is read from a closed input is nothing; what is written to a closed output is lost."""
    arguments, wanted = command
    check_closed(closed, wanted, *started(closed, *arguments))


@pytest.mark.parametrize(("closed", "command"), [*zip(CLOSED_STREAMS, COMMANDS[1:], strict=True)], ids=str)
def test_a_process_that_starts_with_closed_streams(closed: str, command: tuple[list[str], int]) -> None:
    arguments, wanted = command
    done = ran(closed, *arguments)
    check_closed(closed, wanted, done.returncode, done.stderr)


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


def test_html_that_is_sent_into_a_file_is_a_page(terminal: Terminal, tmp_path: Path) -> None:
    """A browser opens it, whatever its own encoding is; what is pasted is a part of a page."""
    command = ["net", "8x8x3; conv 4 f3; pool 2", "--html"]
    with (tmp_path / "net.html").open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        assert main(command) == 0
    page = (tmp_path / "net.html").read_text(encoding="utf-8")
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">')
    assert "<title>Network of 2 layers</title>" in page
    assert '<th scope="row" class="whole">maxpool-1</th><td class="whole">3×3×4</td>' in page
    assert terminal(command).out.startswith('<section class="dlcalc"')
