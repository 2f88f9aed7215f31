"""Work that is done for many students alike, shared among the processors, with its results in order."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from typing import BinaryIO, TypeVar

T = TypeVar("T")
LEAST = 32
"""Pieces of work for which a process of its own is worth its start."""


def in_order(work: Callable[[int], T], count: int, workers: int | None = None) -> Generator[T, None, None]:
    """work(0), work(1), …, work(count - 1). Close it where it is left early.

    On Linux, with several processors and no other thread, each of the `workers` is a copy of this process and does
    every n-th piece; what it returns is a value of JSON. A piece that a worker does not give, whatever the reason, is
    done here, so an exception is that of `work` itself.
    """
    if workers is None:
        workers = min(_processors(), count // LEAST)
    started: list[tuple[int, BinaryIO]] = []
    try:
        for number in range(workers if workers > 1 else 0):
            started.append(_started(work, range(number, count, workers), [pipe for _, pipe in started]))
        for place in range(count):
            yield _given(started[place % workers][1], work, place) if started else work(place)
    finally:
        for process, pipe in started:
            pipe.close()
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def _processors() -> int:
    """How many of them can be used; 1 where a process cannot be copied safely."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0))


def _started(work: Callable[[int], object], places: range, others: list[BinaryIO]) -> tuple[int, BinaryIO]:
    """A new worker, and what it writes. It ends when nobody reads that any more."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, os.fdopen(reading, "rb")
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.close(reading)
        for other in others:
            other.close()
        with os.fdopen(writing, "wb") as pipe:
            for place in places:
                pipe.write(json.dumps(work(place)).encode() + b"\n")
                pipe.flush()
    finally:
        os._exit(0)


def _given(pipe: BinaryIO, work: Callable[[int], T], place: int) -> T:
    try:
        found: T = json.loads(pipe.readline())
    except ValueError:  # a worker that has ended
        return work(place)
    return found
