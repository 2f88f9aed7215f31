"""Runs CUDA kernels as plain Python, one greenlet for each thread, and watches every access to memory.

What it refuses, where a GPU would quietly give some number or other: an index outside an array, a number read that
nobody wrote, two threads at one number with no barrier between them (one of them writing), threads of a block that wait
at different barriers or end while others wait, a float64 put into a float32 array. Threads and blocks run in an order
drawn from a seed, so that nothing can rely on one.

A block runs from start to end before the next one does; kernels that wait for other blocks need something else.
"""

from __future__ import annotations

import copy
import random
import sys
from typing import Any

import numba
import numpy as np
import pytest

from dlcalc.kernels.cuda.device import Kernel

# Whatever imports this module is skipped where it is not installed.
greenlet = pytest.importorskip(
    "greenlet", reason="the simulator runs threads as greenlets: pip install greenlet"
).greenlet

SEVERAL = -1


class MemoryFault(AssertionError):
    """An access to memory that a GPU would not complain about."""


class BarrierFault(AssertionError):
    """Threads of a block that do not meet at one barrier."""


Stamp = tuple[int, int, int]
"""Block, thread, and how many barriers it has passed."""


Site = tuple[str, int]
"""A barrier in the source: its function and line."""


class Memory:
    """A flat or rectangular array that knows, for each number, who wrote it and who read it."""

    def __init__(self, data: Any, known: bool, place: str) -> None:
        self.shape: tuple[int, ...] = data.shape
        self.data, self.place = data.reshape(-1), place
        self.dtype, self.size = data.dtype, data.size
        self.known = bytearray([known]) * data.size
        self.start = 0
        self.machine: Machine | None = None
        self.writes: dict[int, Stamp] = {}
        self.reads: dict[int, Stamp] = {}

    def __len__(self) -> int:
        return self.shape[0]

    def part(self, start: int, count: int) -> Memory:
        """Some of the same numbers; who did what to them is known to both."""
        found = copy.copy(self)
        found.start, found.size, found.shape = self.start + start, count, (count,)
        return found

    def launched(self, machine: Machine) -> None:
        """Forgets who did what: all of an earlier launch was before all of this one."""
        self.machine = machine
        self.writes.clear()
        self.reads.clear()

    def _offset(self, index: Any) -> int:
        if type(index) is tuple:
            if len(self.shape) == len(index) == 2:
                (row, column), (rows, columns) = index, self.shape
                if 0 <= row < rows and 0 <= column < columns:
                    return int(self.start + row * columns + column)
        elif len(self.shape) == 1 and 0 <= index < self.shape[0]:
            return int(self.start + index)
        raise MemoryFault(f"{self.place} {self.shape} has no place {index}")

    def __getitem__(self, index: Any) -> Any:
        # Nine of ten accesses are reads, nearly all of a tile: what holds for most numbers there is asked first.
        at = self._offset(index)
        machine = self.machine
        assert machine is not None
        me, writer = machine.stamp, self.writes.get(at)
        if writer is None:
            if not self.known[at]:
                raise MemoryFault(f"{self.place}[{index}] is read, and nobody wrote it")
        elif (writer[2] == me[2] or writer[0] != me[0]) and _conflict(writer, me):
            raise MemoryFault(f"{self.place}[{index}]: {_told(me)} reads what {_told(writer)} wrote, with no barrier")
        reader = self.reads.get(at)
        if reader is not machine.several and reader is not me:
            self.reads[at] = me if reader is None else _joined(reader, me, machine.several)
        return self.data[at]

    def __setitem__(self, index: Any, value: Any) -> None:
        at = self._offset(index)
        assert self.machine is not None
        me = self.machine.stamp
        for other, did in ((self.writes.get(at), "wrote"), (self.reads.get(at), "read")):
            if other is not None and other is not me and _conflict(other, me):
                raise MemoryFault(
                    f"{self.place}[{index}]: {_told(me)} writes where {_told(other)} {did}, with no barrier"
                )
        if isinstance(value, np.float64) and self.dtype == np.float32:
            raise MemoryFault(f"{self.place}[{index}] is float32 and gets a float64")
        self.writes[at] = me
        self.known[at] = 1
        self.data[at] = value


def _conflict(earlier: Stamp, me: Stamp) -> bool:
    """Whether no barrier stands between two different threads."""
    return earlier[:2] != me[:2] and (earlier[0] != me[0] or earlier[2] == me[2])


def _joined(reader: Stamp, me: Stamp, several: Stamp) -> Stamp:
    """The stamp of all who read: `several` threads of one block and stretch, or of several blocks."""
    if reader[0] != me[0]:
        return (SEVERAL, SEVERAL, SEVERAL)
    return me if reader[2] != me[2] or reader[1] == me[1] else several


def _told(stamp: Stamp) -> str:
    block, thread, _ = stamp
    return "several threads" if thread == SEVERAL else f"thread {thread} of block {block}"


class Index:
    """Of the three numbers of a position or a size the only one that the kernels use."""

    def __init__(self, x: int) -> None:
        self.x = x


class Thread(greenlet):
    """A thread, how far it is, and the lines of the barrier where it waits and of the calls that led there."""

    number: int
    stamp: Stamp
    waits_at: tuple[tuple[str, int], ...] | None
    arrays: int


class Shared:
    """Arrays of a block: the nth that one thread asks for is the nth of all."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.arrays: list[Memory] = []

    def array(self, shape: Any, dtype: Any) -> Memory:
        thread = self.machine.thread
        number, thread.arrays = thread.arrays, thread.arrays + 1
        if number == len(self.arrays):
            made = Memory(np.empty(shape, dtype), known=False, place=f"shared array {number}")
            made.launched(self.machine)
            self.arrays.append(made)
        return self.arrays[number]


class Local:
    """Arrays of a thread; a number that is not written is NaN."""

    @staticmethod
    def array(shape: Any, dtype: Any) -> Any:
        return np.full(shape, np.nan, dtype)


class Machine:
    """What a kernel sees as `cuda`, and the runtime that launches kernels."""

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)
        self.local = Local()
        self.barriers: set[Site] = set()
        """Every barrier that was met; `ignored`, one of them, lets everybody pass."""
        self.ignored: Site | None = None

    # What kernels use.
    @property
    def threadIdx(self) -> Index:
        return Index(self.thread.number)

    def syncthreads(self) -> None:
        lines, frame = [], sys._getframe(1)
        site = frame.f_code.co_name, frame.f_lineno
        self.barriers.add(site)
        if site == self.ignored:
            return
        while frame is not None:
            lines.append((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        self.thread.waits_at = tuple(lines)
        self.scheduler.switch()

    # What launches them.
    def empty(self, count: int, dtype: Any) -> Memory:
        return Memory(np.empty(count, dtype), known=False, place="an array")

    def upload(self, array: Any) -> Memory:
        return Memory(array.copy(), known=True, place="an array")

    def part(self, array: Memory, start: int, count: int) -> Memory:
        return array.part(start, count)

    def download(self, array: Memory) -> Any:
        places = slice(array.start, array.start + array.size)
        if missing := array.known[places].count(0):
            raise MemoryFault(f"{missing} of {array.size} numbers of a result were never written")
        return array.data[places].copy()

    def launch(self, kernel: Kernel, blocks: int, arguments: tuple[Any, ...]) -> None:
        self.blockDim, self.gridDim = Index(kernel.threads()), Index(blocks)
        if kernel.arguments and _types(arguments) not in kernel.signatures().values():
            raise TypeError(f"{kernel.function.__name__} is compiled for other arguments than {_types(arguments)}")
        for memory in _memories(arguments):
            memory.launched(self)
        order = list(range(blocks))
        self.random.shuffle(order)
        with np.errstate(all="ignore"):
            for block in order:
                self._run_block(kernel, block, arguments)

    def _run_block(self, kernel: Kernel, block: int, arguments: tuple[Any, ...]) -> None:
        self.scheduler, self.blockIdx, self.shared = greenlet.getcurrent(), Index(block), Shared(self)
        waiting = []
        for number in range(kernel.threads()):
            thread = Thread(kernel.function)
            thread.number, thread.stamp, thread.arrays = number, (block, number, 0), 0
            waiting.append(thread)
        self.random.shuffle(waiting)
        first, stretch = True, 0
        while waiting:
            self.several = (block, SEVERAL, stretch)
            for thread in waiting:
                self.thread, self.stamp, thread.waits_at = thread, thread.stamp, None
                thread.switch(*(arguments if first else ()))
            first = False
            ended = [thread for thread in waiting if thread.dead]
            if ended and len(ended) < len(waiting):
                raise BarrierFault(f"{len(ended)} threads of block {block} ended while others wait at a barrier")
            places = {thread.waits_at for thread in waiting}
            if len(places) > 1:
                raise BarrierFault(f"the threads of block {block} wait at {len(places)} different barriers")
            waiting = [thread for thread in waiting if not thread.dead]
            stretch += 1
            for thread in waiting:
                thread.stamp = (block, thread.number, stretch)
            self.random.shuffle(waiting)


def _types(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """The types for which numba would compile a kernel that is launched with these arguments."""
    found = []
    for argument in arguments:
        if isinstance(argument, Memory):
            found.append(numba.types.Array(numba.from_dtype(argument.dtype), 1, "C"))
        elif type(argument) is tuple:
            found.append(numba.types.Tuple(_types(argument)))
        else:
            found.append(numba.typeof(argument))
    return tuple(found)


def _memories(arguments: Any) -> list[Memory]:
    found = []
    for argument in arguments:
        if isinstance(argument, Memory):
            found.append(argument)
        elif isinstance(argument, tuple):
            found += _memories(argument)
    return found
