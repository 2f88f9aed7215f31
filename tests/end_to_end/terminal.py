"""The program as a user runs it: in this process, with what it wrote."""

from __future__ import annotations

import json
import shlex
from typing import Any, NamedTuple

import pytest

from dlcalc.cli import main


class Ran(NamedTuple):
    """One run: exit status, standard output, standard error."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """The output with its line breaks undone, so that a sentence can be looked for."""
        return " ".join(self.out.split())


class Terminal:
    """`terminal("conv --n 227")` runs `dlcalc conv --n 227`."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capsys = capsys
        self.monkeypatch = monkeypatch

    def __call__(self, command: str | list[str], columns: int = 80) -> Ran:
        self.monkeypatch.setenv("COLUMNS", str(columns))
        arguments = shlex.split(command) if isinstance(command, str) else command
        status = main(arguments)
        written = self.capsys.readouterr()
        return Ran(status, written.out, written.err)
