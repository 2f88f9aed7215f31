"""Runs of the program that are killed before one of their steps."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlcalc.cli import main
from dlcalc.files import writing


def killed_before(step: int, arguments: list[str]) -> int:
    """The exit status of a run, or -9 of one that is killed before its n-th write, exchange, renaming or removal."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
        left = [step]
        named: Any = writing
        for where, name in ((named, "write"), (named, "_exchange"), (Path, "rename"), (named.shutil, "rmtree")):
            setattr(where, name, _counted(getattr(where, name), left))
        os._exit(main(arguments))
    finally:
        os._exit(99)


def _counted(usual: Callable[..., Any], left: list[int]) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return usual(*args, **named)

    return call
