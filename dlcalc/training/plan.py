"""The static plan of a network: its steps in order, every number's place in one arena, all parameters in one vector.

It is worked out once for a network, a batch size and a dtype. A buffer lives from the step that writes it to the last
that reads it, backward steps included; buffers whose lives do not meet share their place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from math import prod
from typing import Any

import numpy as np

from ..kernels.cpu.steps.machine import OPERATIONS, PIECES, WIDTH
from ..kernels.cpu.steps.maps import ACTIVATIONS

ALIGNED = 16
"""A buffer begins at a multiple of so many numbers."""

CODES = {name: code for code, name in enumerate(OPERATIONS)}

READ_BACK = {
    "dense": ("x",), "conv": ("x",), "conv-planes": ("x",), "conv-transpose": ("x",),
    "multiply": ("x", "other"), "scale": ("x",),
    "embedding": ("x",), "softmax": ("x",), "activation": ("x", "y"), "row-norm": ("y",), "neighbour-norm": ("x",),
    "max-pool": ("places",), "max-halves": ("x",), "max-abreast": ("x",), "conv-abreast": ("x", "y"),
    "conv-channels": ("x", "y"), "batch-norm": (),
    "attention": ("x", "y", "key", "value"), "rnn": ("x",), "lstm": ("x",),
    "gru": ("x",), "lstm-cell": ("x", "old", "new"),
}  # fmt: skip
"""Which of x, y, ... the backward step of an operation reads again."""
ABREAST = ("conv-abreast", "abreast", "apart", "max-abreast")
"""Operations on images side by side."""
SAVED = ("places", "normal", "kept", "sums", "h", "cells")
"""Columns of what a forward step leaves for its own backward step."""
SCRATCH = ("columns", "transposed", "work", "carry")
"""Columns of what holds nothing between steps."""


@dataclass(eq=False)
class Buffer:
    """Numbers of the arena: so many for each example, and so many whatever the batch. `whole`: of the whole numbers."""

    name: str
    each: int = 0
    fixed: int = 0
    whole: bool = False
    forever: bool = False
    """It lives between batches: the state that a recurrent layer carries on."""
    lives: list[tuple[int, int]] = field(default_factory=list)
    """(first, last) steps, forward ones counted first."""
    at: int = -1

    def size(self, batch: int) -> int:
        return -(-(self.each * batch + self.fixed) // ALIGNED) * ALIGNED


@dataclass(eq=False)
class Parameter:
    """An array of parameters. `shape` is PyTorch's; in the vector it stands as the steps read it."""

    name: str
    layer: str
    shape: tuple[int, ...]
    role: str
    """weight, recurrent, bias, scale, shift, slope, table, mean or variance."""
    groups: int = 0
    """Of so many groups the rows of a weight become columns; 0: it stands as it is."""
    trained: bool = True
    fans: tuple[int, int] = (1, 1)
    gates: int = 1
    at: int = -1

    @property
    def size(self) -> int:
        return prod(self.shape)

    def stored(self, array: Any) -> Any:
        """An array of PyTorch's shape as it stands in the vector, flat."""
        given = np.asarray(array).reshape(self.shape)
        if not self.groups:
            return given.reshape(-1)
        return given.reshape(self.groups, self.shape[0] // self.groups, -1).transpose(0, 2, 1).reshape(-1)

    def shown(self, vector: Any) -> Any:
        """Its part of a vector, in PyTorch's shape."""
        part = vector[self.at : self.at + self.size]
        if not self.groups:
            return part.reshape(self.shape)
        columns = part.reshape(self.groups, -1, self.shape[0] // self.groups).transpose(0, 2, 1)
        return np.ascontiguousarray(columns).reshape(self.shape)


@dataclass(eq=False)
class Step:
    """One operation on buffers, by the names of its columns in `machine.OPERATIONS`."""

    operation: str
    layer: str
    columns: dict[str, Any]

    def buffers(self) -> Iterator[tuple[str, Buffer]]:
        """Those that it reads and writes, by their columns."""
        for name, value in self.columns.items():
            if isinstance(value, Buffer):
                yield name, value

    def named(self, *columns: str) -> list[str]:
        """The names of the buffers in these columns."""
        return [buffer.name for name, buffer in self.buffers() if name in columns]

    def row(self) -> list[int]:
        """The numbers that `machine` reads."""
        found = [CODES[self.operation]]
        for name in OPERATIONS[self.operation]:
            value = self.columns.get(name, -1 if name in _ABSENT else 0)
            found.append(value.at if isinstance(value, Buffer | Parameter) else -1 if value is None else int(value))
        return found + [0] * (PIECES - len(found)) + [int(self.by_pieces)]

    @property
    def by_pieces(self) -> bool:
        """Whether it may be done for some examples before the step before it is done for all."""
        return self.operation in ABREAST or bool(self.columns.get("lanes"))


_ABSENT = frozenset({"x", "y", "dx", "dy", "w", "b", "w_ih", "w_hh", "b_hh", "state", "scale", "shift", "other",
                     "d_other", "cell_state"})  # fmt: skip


@dataclass
class Plan:
    """A network laid out for batches of at most `batch` examples."""

    batch: int
    dtype: str
    steps: list[Step]
    parameters: list[Parameter]
    inputs: list[tuple[Buffer, int, int, int]]
    """Where inputs go: the buffer, where in an example they begin, steps, numbers in a step."""
    tables: list[int]
    output: Buffer
    shape: tuple[int, ...]
    """Of the output of one example, channels first."""
    rows_out: int
    """Positions of an example at which there is an output: the steps of a sequence."""
    width_out: int
    loss: str
    target: Buffer | None = None

    def __post_init__(self) -> None:
        self._place_parameters()
        self._mark_additions()

    @cached_property
    def sizes(self) -> tuple[int, int]:
        """Numbers in the arena, and whole numbers beside it."""
        self._live()
        return self._allocate(False), self._allocate(True)

    @property
    def needs(self) -> list[str]:
        """The operations as `machine.helpers` has them."""
        squashes = [ACTIVATIONS.index(name) for name in ("sigmoid", "tanh", "relu")]
        return [f"{step.operation}-squash" if step.columns.get("kind") in squashes and step.operation == "activation"
                else step.operation for step in self.steps]  # fmt: skip

    @property
    def losses(self) -> int:
        """How many of the last steps are losses: one for each output."""
        return sum(step.operation == self.loss for step in self.steps)

    @property
    def trained(self) -> int:
        """The number of values that are trained."""
        return sum(parameter.size for parameter in self.parameters if parameter.trained)

    @property
    def kept(self) -> int:
        """Of all values, trained, frozen and running statistics."""
        return sum(parameter.size for parameter in self.parameters)

    @cached_property
    def apart(self) -> Any:
        """Ranges (begin, end) of the trained parameters but for the weights of dense layers."""
        dense = {id(step.columns["w"]) for step in self.steps if step.operation == "dense"}
        found = [[each.at, each.at + each.size] for each in self.parameters if each.trained and id(each) not in dense]
        return np.array(found, dtype=np.int64).reshape(len(found), 2)

    @cached_property
    def rows(self) -> Any:
        """The table that `machine` runs."""
        assert min(self.sizes) >= 0
        return np.array([step.row() for step in self.steps], dtype=np.int64).reshape(len(self.steps), WIDTH)

    @cached_property
    def input_table(self) -> Any:
        """Where `machine` puts the inputs of a batch."""
        assert min(self.sizes) >= 0
        found = [[buffer.whole, buffer.at, *rest] for buffer, *rest in self.inputs]
        return np.array(found, dtype=np.int64).reshape(len(found), 5)

    @cached_property
    def buffers(self) -> list[Buffer]:
        """All buffers, in the order in which steps first use them."""
        found = {id(buffer): buffer for buffer, *_ in self.inputs}
        for step in self.steps:
            found |= {id(buffer): buffer for _, buffer in step.buffers()}
        return list(found.values())

    @property
    def unshared(self) -> int:
        """Numbers of the arena if no two buffers shared a place."""
        return sum(buffer.size(self.batch) for buffer in self.buffers if not buffer.whole)

    def _place_parameters(self) -> None:
        at = 0
        for trained in (True, False):
            for parameter in self.parameters:
                if parameter.trained == trained:
                    parameter.at = at
                    at += parameter.size

    def _mark_additions(self) -> None:
        """Whoever comes first on the way back writes a gradient; the others add to it."""
        written: set[int] = set()
        for step in reversed(self.steps):
            for name, flag in (("dx", "add"), ("d_other", "add_other")):
                d = step.columns.get(name)
                if isinstance(d, Buffer) and d is not step.columns.get("dy"):
                    step.columns[flag] = id(d) in written
                    written.add(id(d))
            if step.operation == "dense":
                step.columns["w_add"] = id(step.columns["w"]) in written
                written.add(id(step.columns["w"]))

    def _live(self) -> None:
        """Notes when each buffer holds something: forward steps count from 0, backward steps go on after them."""
        last = 2 * len(self.steps) - 1
        held: dict[int, tuple[Buffer, list[int]]] = {}
        spans = self._spans()
        for buffer, *_ in self.inputs:
            held[id(buffer)] = buffer, [0]
        for (begin, end), step in zip(spans, self.steps, strict=True):
            there, back = [begin, end], [last - end, last - begin]
            again = READ_BACK.get(step.operation, ())
            for name, buffer in step.buffers():
                uses = held.setdefault(id(buffer), (buffer, []))[1]
                if buffer.forever:
                    uses += [0, last]
                elif name in SCRATCH:
                    buffer.lives += [(begin, end), (last - end, last - begin)]
                elif name in ("dx", "dy", "d_other", "d_key", "d_value", "d_cell"):
                    uses += there if step.operation == self.loss else back
                else:
                    uses += [0, *there] if buffer is self.target else there
                    if name in again or name in SAVED:
                        uses += back
        for buffer, uses in held.values():
            if uses:
                buffer.lives.append((min(uses), max(uses)))
        self.output.lives.append((len(self.steps) - 1, len(self.steps)))

    def _spans(self) -> list[tuple[int, int]]:
        """Of each step the first and the last of those that take some examples at a time together with it."""
        found: list[tuple[int, int]] = []
        for together, steps in groupby(self.steps, lambda step: step.by_pieces):
            begin, count = len(found), len(list(steps))
            found += [(begin, begin + count - 1) if together else (at, at) for at in range(begin, begin + count)]
        return found

    def _allocate(self, whole: bool) -> int:
        """Gives each buffer the lowest place that is free while it lives; the largest first. Returns the size of
        all.
        """
        placed: list[Buffer] = []
        chosen = [buffer for buffer in self.buffers if buffer.whole == whole]
        end = 0
        for buffer in sorted(chosen, key=lambda each: -each.size(self.batch)):
            size, at = buffer.size(self.batch), 0
            for other in placed:  # they are sorted by place
                if other.at < at + size and at < other.at + other.size(self.batch) and _overlap(buffer, other):
                    at = other.at + other.size(self.batch)
            buffer.at = at
            end = max(end, at + size)
            placed.append(buffer)
            placed.sort(key=lambda each: each.at)
        return end


def _overlap(one: Buffer, other: Buffer) -> bool:
    return any(a <= d and c <= b for a, b in one.lives for c, d in other.lives)
