"""Making every kernel of the CPU ready at once, those of training too, by as many processes as there are cores."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from queue import SimpleQueue
from subprocess import DEVNULL, PIPE, Popen

from . import cache, cpu, threads
from .compile import KERNELS

for _module in (*cpu.MODULES, "steps.machine"):  # all kernels register themselves, those of training too
    import_module(f".{_module}", cpu.__name__)

WORTH = 8
"""Kernels to compile that a process is worth starting for: it imports numba for as long as it compiles four."""

Specialisation = tuple[str, str]
"""Module and name of a kernel, and a signature that it is compiled for."""


@dataclass(frozen=True)
class Compiled:
    """A kernel is ready for one dtype: the `done`-th of `of` specialisations."""

    kernel: str
    signature: str
    done: int
    of: int


def specialisations() -> list[Specialisation]:
    """Every kernel, once for each signature."""
    return [(name, signature) for name, kernel in KERNELS.items() for signature in kernel.signatures()]


def compile_all() -> Iterator[Compiled]:
    """Compile, or load, every kernel, for both dtypes; an event for each when it is ready in this process.

    What is not kept yet is compiled by other processes where that is sooner done, and loaded here.
    """
    wanted = specialisations()
    for done, (name, signature) in enumerate(_in_turn(wanted), 1):
        KERNELS[name].make_ready(signature)
        yield Compiled(name, signature, done, len(wanted))


def _in_turn(wanted: list[Specialisation]) -> Iterator[Specialisation]:
    """All of them, those that others compile when they have."""
    missing = [(name, signature) for name, signature in wanted if not KERNELS[name].is_kept(signature)]
    workers = min(threads.available(), len(missing) // WORTH)
    if workers < 2 or cache.place().folder is None:
        yield from wanted
        return
    yield from (each for each in wanted if each not in missing)
    yield from _by_others(missing, workers)


def _by_others(missing: list[Specialisation], workers: int) -> Iterator[Specialisation]:
    """In the order in which they are done, or given up: what a process that ended has not done is still to do."""
    idle: SimpleQueue[Popen[str]] = SimpleQueue()

    def ask(each: Specialisation) -> Specialisation:
        other = idle.get()
        try:
            assert other.stdin is not None
            assert other.stdout is not None
            with suppress(OSError):
                other.stdin.write("\t".join(each) + "\n")
                other.stdin.flush()
                other.stdout.readline()
        finally:
            idle.put(other)
        return each

    others: list[Popen[str]] = []
    pool = ThreadPoolExecutor(workers)
    try:
        for _ in range(workers):
            others.append(_started())
            idle.put(others[-1])
        for asked in as_completed([pool.submit(ask, each) for each in missing]):
            yield asked.result()
    except OSError:  # no process can be started here
        yield from missing
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for other in others:
            other.kill()
        pool.shutdown()
        for other in others:
            with suppress(OSError), other:  # what it never read cannot be written
                pass


def _started() -> Popen[str]:
    """A process that answers, and finds dlcalc where this one did."""
    code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import answer; answer()"
    return Popen([sys.executable, "-c", code], stdin=PIPE, stdout=PIPE, stderr=DEVNULL, encoding="utf-8")


def answer() -> None:
    """Compiles what a line of standard input names, and says when it is done; an interrupt is for who asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        name, signature = line.rstrip("\n").split("\t")
        KERNELS[name].make_ready(signature)
        os.write(1, b"\n")
