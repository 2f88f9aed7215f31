"""Work on several threads: how many, who does what, and the memory that each keeps for its next piece of work.

Kernels let other threads of Python run. What one number of the result is computed from never depends on how the work
was shared out, so any number of threads gives the same bits.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

import numpy as np

from ..errors import UserError
from .compile import Array

MOST = 256
WORTH = 3_000_000
"""Operations that a thread is worth waking for: 30 µs at the least, twice what waking one takes."""
KEPT = 1 << 26
"""Bytes that a thread keeps between calls."""

_asked: ContextVar[int | None] = ContextVar("threads", default=None)
_mine = threading.local()


@contextmanager
def using(number: int | None) -> Iterator[None]:
    """Inside it so many threads are used; None: as many as outside, `available` at first.

    UserError: no whole number from 1 on.
    """
    if number is None:
        yield
        return
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MOST:
        raise UserError(f"threads must be a whole number from 1 to {MOST}, or None: {number!r}")
    token = _asked.set(number)
    try:
        yield
    finally:
        _asked.reset(token)


def available() -> int:
    """DLCALC_THREADS, else the cores that this process may run on.

    UserError: DLCALC_THREADS is not a whole number from 1 on.
    """
    named = os.environ.get("DLCALC_THREADS", "")
    if not named:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not named.isdecimal() or not 1 <= int(named) <= MOST:
        raise UserError(f"DLCALC_THREADS must be a whole number from 1 to {MOST}: {named!r}")
    return int(named)


def number(operations: float) -> int:
    """Threads for work of so many operations."""
    if operations < 2 * WORTH:
        return 1
    asked = _asked.get()
    return max(1, min(available() if asked is None else asked, int(operations // WORTH)))


def each(work: Callable[[int], None], count: int, operations: float) -> None:
    """work(0), …, work(count − 1), on several threads if that many operations are worth it."""
    workers = min(number(operations), count)
    if workers <= 1:
        for piece in range(count):
            work(piece)
        return
    jobs = [_Job(work, range(worker, count, workers)) for worker in range(1, workers)]
    try:
        _several(work, range(0, count, workers))  # who waits works too
    finally:
        for job in jobs:
            job.done.acquire()
    for job in jobs:
        if job.error is not None:
            raise job.error


def _several(work: Callable[[int], None], pieces: range) -> None:
    for piece in pieces:
        work(piece)


class _Job:
    """Some pieces of work, begun at once by a thread that waits for one; `done` can be taken when it is over."""

    def __init__(self, work: Callable[[int], None], pieces: range) -> None:
        self.work, self.pieces, self.done = work, pieces, threading.Lock()
        self.error: BaseException | None = None
        self.done.acquire()
        waiting = _waiting(os.getpid())
        try:
            thread = waiting.pop()
        except IndexError:
            thread = _Thread(waiting)
        thread.job = self
        thread.go.release()

    def run(self) -> None:
        try:
            _several(self.work, self.pieces)
        except BaseException as error:
            self.error = error


class _Thread:
    """Runs one job after the other. Two locks wake it and its caller in half the time that a pool of futures takes."""

    def __init__(self, waiting: deque[_Thread]) -> None:
        self.waiting, self.go = waiting, threading.Lock()
        self.job: _Job | None = None
        self.go.acquire()
        threading.Thread(target=self._run, name="dlcalc", daemon=True).start()

    def _run(self) -> None:
        while True:
            self.go.acquire()
            job, self.job = self.job, None
            if job is not None:
                job.run()
                self.waiting.append(self)
                job.done.release()
                del job  # nothing of the work is kept while this thread waits


@cache
def _waiting(process: int) -> deque[_Thread]:
    """The threads without a job, of each process its own: none of them lives on in a child that was forked."""
    return deque()


def zeros(key: Hashable, size: int) -> Array:
    """This thread's float32 for this key: zeros the first time, afterwards what was left in it."""
    kept: OrderedDict[Hashable, Array] = _mine.__dict__.setdefault("kept", OrderedDict())
    found = kept.pop(key, None)
    if found is not None and found.size >= size:
        kept[key] = found
        return found
    found = np.zeros(size, dtype=np.float32)
    if found.nbytes <= KEPT:
        kept[key] = found
        total = sum(array.nbytes for array in kept.values())
        while total > KEPT:
            total -= kept.popitem(last=False)[1].nbytes
    return found
