"""A network run forwards on real parameters: one random input through `ops`, layer by layer.

What comes out of random parameters says nothing about images; that the shapes and the numbers of parameters are those
of the table, it does. Of a file with weights it is what onnxruntime or Keras computes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InternalError, UserError
from ..expressions.nodes import Value
from .elementwise import NO_OPERATION, REMARKS
from .kinds import KINDS
from .network import INPUT, Network
from .operations import Operations
from .table import Row

if TYPE_CHECKING:
    from ..ops.recording import Array

MOST_PARAMETERS = 400_000_000
"""1.6 GB of float32; a larger network is refused before anything is allocated."""
MOST_NUMBERS = 400_000_000
"""Parameters of a layer, what it makes, and what is kept for later layers, at one time; refused like them."""
MOST_MACS = 100_000_000_000
"""Multiplications of one input: seconds on one core, five times the largest network of the zoo."""


@dataclass(frozen=True)
class ForwardPass:
    """One layer that was run: the shape that came out (h, w, c as in the table), the numbers in its parameters."""

    row: Row
    output: tuple[int, ...]
    parameters: int
    seconds: float
    largest: float
    """The largest absolute value of what came out; not finite where something went wrong."""


def run_forward(network: Network, seed: int = 0) -> Iterator[ForwardPass]:
    """Runs layer by layer. Raises UserError where letters are left, for a layer that `ops` has no counterpart of, or
    where what its values depend on is not followed in the file.
    """
    return _Forward(network, seed).run()


class _Forward(Operations):
    def run(self) -> Iterator[ForwardPass]:
        if not self.rows:
            raise UserError(f"{self.network.id} has no layers to run")
        self._refuse_large()
        left = self._uses()
        self.values = {INPUT: self._first()}
        for row in self.rows:
            start = time.perf_counter()
            self.allocated = 0
            self.running = row.layer.name
            self.borrowed = bool(row.layer.shares) and not row.layer.own_bias
            self._note_order(row)
            found = self._remarks(row, self._layer(row))
            self.values[row.layer.name] = found
            yield ForwardPass(row, found.shape[1:], self.allocated, time.perf_counter() - start, _largest(found))
            for name in row.layer.inputs:
                left[name] -= 1
                if not left[name]:
                    del self.values[name]

    def _uses(self) -> dict[str, int]:
        """How many layers read each output."""
        found = dict.fromkeys(self.shapes, 0)
        for row in self.rows:
            for name in row.layer.inputs:
                found[name] += 1
        return found

    def _refuse_large(self) -> None:
        """Raises UserError for what is too much memory or work, known from the table before anything is done."""
        rows = self.rows
        sizes = [self.number(row, row.count("parameters")) for row in rows]
        self._at_most(MOST_PARAMETERS, sum(sizes), "parameters are allocated")
        macs = sum(self.number(row, row.count("macs") or 0) for row in rows)
        self._at_most(MOST_MACS, macs, "multiplications are done")
        left, held = self._uses(), {INPUT: self._size(rows[0], self.network.input)}
        for row, parameters in zip(rows, sizes, strict=True):
            made = self._size(row, row.output)
            numbers = sum(held.values()) + parameters + made + self._beside(row)
            self._at_most(MOST_NUMBERS, numbers, "numbers are held at a time", f" at {row.layer.name}")
            held[row.layer.name] = made
            for name in row.layer.inputs:
                left[name] -= 1
                if not left[name]:
                    del held[name]

    def _at_most(self, most: int, count: int, what: str, where: str = "") -> None:
        if count > most:
            raise UserError(f"at most {most:,} {what}, and {self.network.id} has {count:,}{where}")

    def _size(self, row: Row, shape: Sequence[Value]) -> int:
        return prod(self.number(row, size) for size in shape)

    def _beside(self, row: Row) -> int:
        """Numbers that a layer works with and gives to nobody: attention's scores, a recurrent layer's gates."""
        kind = KINDS[row.layer.kind]
        over = self._size(row, row.output[: row.layer.over])
        if kind.name == "attention":
            keys = self.before(row, min(1, len(row.layer.inputs) - 1))
            return over * self.one(row, "h") * self.number(row, self.before(row)[0]) * self.number(row, keys[0])
        if kind.name == "local-conv":  # every window, laid out
            return self.number(row, row.count("macs")) // max(1, self.number(row, row.output[-1]))
        if not kind.gates or "m" not in kind.settings:
            return 0
        steps = self.number(row, self.before(row)[0])
        return over * steps * self.one(row, "m") * self.one(row, "D") * (kind.gates + 1)

    def _first(self) -> Array:
        sizes = [self.number(self.rows[0], size) for size in self.network.input]
        words = [row for row in self.rows if row.layer.kind == "embedding" and INPUT in self._behind(row)]
        if words:
            return self.random.integers(0, min(self.one(row, "v") for row in words), (1, *sizes))
        return self.random.standard_normal((1, *sizes), dtype=np.float32)

    def _behind(self, row: Row) -> set[str]:
        """What a layer reads, through layers that only lay it out."""
        by_name = {each.layer.name: each.layer for each in self.rows}
        found, names = set[str](), list(row.layer.inputs)
        while names:
            name = names.pop()
            found.add(name)
            if name in by_name and by_name[name].kind in ("reshape", "slice", "permute", "flatten", "expand"):
                names += [each for each in by_name[name].inputs if each not in found]
        return found

    def _note_order(self, row: Row) -> None:
        """Whether an output of rank 2 has its channels first in PyTorch, as a signal has."""
        order = KINDS[row.layer.kind].order
        kept = order == "kept" or row.layer.kind == "batchnorm"
        if not row.layer.inputs:
            return
        if len(row.output) == 2 and (row.layer.inputs[0] in self.signals if kept else order == "first"):
            self.signals.add(row.layer.name)

    def _layer(self, row: Row) -> Array:
        layer, kind = row.layer, KINDS[row.layer.kind]
        run: Callable[[Row], Array] | None = getattr(self, f"_{layer.kind.replace('-', '_')}", None)
        if run is None:
            raise self.refused(row, "there is no such operation")
        if layer.unlike:
            raise self.refused(row, layer.unlike)
        self.running_row = row
        self.stored = None
        if self.exact and kind.weights and (layer.arrays is not None or row.count("parameters") or layer.shares):
            if layer.arrays is None:
                raise self.refused(row, "its weights in the file are not followed")
            self.stored = list(layer.arrays())
        self.reused = list(self.drawn[layer.shares]) if layer.shares else []
        self.drawn[layer.name] = []
        inputs = [self.values[name] for name in layer.inputs]
        lead = inputs[0].shape[: layer.over + 1] if layer.over else ()
        self.read = [x.reshape(-1, *x.shape[layer.over + 1 :]) for x in inputs] if lead else inputs
        try:
            with np.errstate(all="ignore"):
                found: Array = run(row)
        except ValueError as error:
            if not self.exact:
                raise
            raise self.refused(row, "its arrays in the file do not fit what it reads") from error
        if self.stored:
            raise self.refused(row, f"{len(self.stored)} of its arrays in the file are not read")
        return found.reshape(*lead, *found.shape[1:]) if lead else found

    # what stands behind a layer

    def _remarks(self, row: Row, value: Array) -> Array:
        skipped = len(row.layer.remarks) - len(self.words(row))
        for at, word in enumerate(self.words(row), skipped):
            name = word if word in REMARKS else "dropout" if word.startswith("dropout") else ""
            given = row.layer.details.get(at, ())
            given = given() if callable(given) else given
            if given is None:
                raise self.refused(row, f"what is beside {word[:30]} in the file is not followed")
            if not name or (not given and self.exact and word in NO_OPERATION):
                raise self.refused(row, f"there is no operation {word[:30]}")
            with np.errstate(all="ignore"):
                value = REMARKS[name](value, *given)
        return value


def _largest(found: Array) -> float:
    return float(np.abs(found).max()) if found.size else 0.0


def check(ran: ForwardPass) -> None:
    """Raises InternalError where what was run is not what the table says."""
    if ran.output != tuple(ran.row.output) or ran.parameters != ran.row.count("parameters"):
        wanted = f"{ran.row.output} and {ran.row.count('parameters'):,}"
        raise InternalError(f"{ran.row.layer.name} ran to {ran.output} and {ran.parameters:,} parameters, not {wanted}")
