"""Ctrl-C while the program starts: status 130 and no word, whatever is being loaded at that moment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Presses Ctrl-C when the module NAME is about to be loaded; CALLBACK swallows it, as Python's own callbacks do.
PROGRAM = """\
import os, signal, sys
# A shell that starts a program in the background has it ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
class Presses:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1000):
                pass
sys.meta_path.insert(0, Presses())
sys.argv = ["dlcalc", *{arguments!r}]
"""
SCRIPT = "from dlcalc.cli import main; sys.exit(main())"
MODULE = "import runpy; runpy.run_module('dlcalc', run_name='__main__')"
CONV = ["conv", "--n", "7", "--f", "3"]


def pressed(name: str, arguments: list[str], way: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(name=name, arguments=arguments) + way],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("way", [SCRIPT, MODULE], ids=["script", "module"])
@pytest.mark.parametrize(
    "name", ["dlcalc.cli.interrupt", "dlcalc.cli.app", "typer", "dlcalc.errors", "dlcalc.formulas.catalogue"]
)
def test_while_the_program_starts(name: str, way: str) -> None:
    """Nothing has begun: it ends at once, and typer's or Python's own words are not heard."""
    done = pressed(name, CONV, way)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("dlcalc.cli.calculators", CONV), ("rich.console", CONV), ("numpy", ["vanish", "--steps", "2"]),
     ("dlcalc.kernels.cpu", ["vanish", "--steps", "2", "--json"])],
)  # fmt: skip
def test_while_a_command_runs(name: str, arguments: list[str]) -> None:
    """No traceback: at most the line break that typer writes after the ^C of the terminal."""
    done = pressed(name, arguments, SCRIPT)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, b"", b"")


def test_where_python_itself_swallows_it() -> None:
    """An interrupt in a callback of the garbage collector cannot be raised there: it ends the program all the same."""
    swallowing = """
import dlcalc.cli.app
class Swallows:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass
def run(arguments):
    Swallows()
    return 0
dlcalc.cli.app.run = run
"""
    done = pressed("nothing", CONV, swallowing + SCRIPT)
    assert (done.returncode, done.stderr) == (130, b"")
