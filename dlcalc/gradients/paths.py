"""Each path from a loss to a weight: through which signals, marked explicit or implicit, with its term.

A path that stays within one time step is explicit (∂⁺: the weight acted in the very step of the loss); one that runs
through states of other steps is implicit. The number of paths is counted step by step, not by listing them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ..errors import UserError
from ..expressions.nodes import Literal, Name, Node, Partial
from .delta import unknown_weight, weight_gradient
from .lines import loss_at
from .local import Edge, Factor, Locals, Use, as_matrices, local_derivatives, moved, product, signed
from .model import Network, Signal

MOST_VISITED = 10_000


@dataclass(frozen=True, slots=True)
class Path:
    """From the loss of step `start` to the use of a weight in step `end`, by the `visited` signals with their steps."""

    start: int
    end: int
    visited: tuple[tuple[Signal, int], ...]
    expression: Node
    """Its term of ∂L/∂weight, in column layout."""

    chain: Node
    """The same in ∂ notation: ∂L_3/∂h_3 · ∂h_3/∂h_2 · ∂⁺h_2/∂W; where a signal stands in two terms of a sum, and so two
    paths run through the same signals, with that term: ∂(z_3 ⊙ h_2)/∂z_3."""

    @property
    def explicit(self) -> bool:
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class _Path:
    """From one loss with its error; `stays` within the step of the loss."""

    start: int
    error: Node
    stays: bool


class Paths:
    """The paths of one network over T steps to one weight. Raises UserError for an unknown weight."""

    def __init__(self, network: Network, wrt: str, steps: int) -> None:
        if steps < 1:
            raise UserError(f"a sequence has at least one time step, not {steps}")
        self.network = network
        self.wrt = wrt
        self.steps = steps
        self.locals: Locals = local_derivatives(network)
        self.read: dict[Signal, tuple[Edge, ...]] = {}
        for signal in network.equations:
            edges = self.locals.read_by(signal)
            self.read[signal] = tuple(edge for edge in edges if edge.signal in network.equations)
        self.first = next((signal for signal, name in network.firsts.items() if name == wrt), None)
        self.uses = self.locals.of(wrt)
        if self.first is None and not self.uses:
            raise unknown_weight(network, wrt)

    @property
    def losses(self) -> range:
        return range(self.steps, self.steps + 1) if self.network.loss == "last" else range(1, self.steps + 1)

    # counting

    def count(self) -> int:
        """How many paths there are; the work grows with the steps, not with the paths."""
        return sum(count for _, _, count in self._counts())

    def count_explicit(self) -> int:
        """How many of them stay within the step of their loss."""
        return sum(count for start, end, count in self._counts() if start == end)

    def _counts(self) -> Iterator[tuple[int, int, int]]:
        """(step of the loss, step of the use, paths between). One sweep serves all losses that are not truncated."""
        reach = self.network.truncate
        if reach:
            for start in self.losses:
                yield from ((start, end, number) for end, number in self._ends({start}, start).items())
            return
        within = {start: self._ends({start}, start, 1).get(start, 0) for start in self.losses[:1]}
        explicit = next(iter(within.values()), 0)
        yield from ((start, start, explicit) for start in self.losses)
        everything = sum(self._ends(set(self.losses), None).values())
        yield 0, -1, everything - explicit * len(self.losses)

    def _ends(self, starts: set[int], one: int | None, reach: int = 0) -> dict[int, int]:
        """Step of the use → paths from the losses of `starts`; from `one` loss only so far as its gradient is taken."""
        counts: dict[tuple[Signal, int], int] = {(self.network.head.at, start): 1 for start in starts}
        ends: dict[int, int] = {}
        for signal, time in self._order():
            number = counts.get((signal, time), 0)
            if not number:
                continue
            for use in self.uses:
                if use.reader == signal:
                    ends[time] = ends.get(time, 0) + number
            for edge in self.read[signal]:
                to = time + edge.by
                if 1 <= to <= self.steps and (one is None or self._reaches(one, to, reach)):
                    counts[edge.signal, to] = counts.get((edge.signal, to), 0) + number
                elif self.first == edge.signal and to in (0, self.steps + 1):
                    ends[to] = ends.get(to, 0) + number
        return ends

    def _order(self) -> Iterator[tuple[Signal, int]]:
        """All signals at all steps, each after all that read it."""
        for group in reversed(self.network.groups):
            times = range(self.steps, 0, -1) if group.direction > 0 else range(1, self.steps + 1)
            for time in times:
                yield from ((signal, time) for signal in reversed(group.signals))

    def _reaches(self, start: int, time: int, reach: int = 0) -> bool:
        reach = reach or self.network.truncate
        return not reach or abs(start - time) < reach

    # listing

    def listed(self, most: int) -> tuple[Path, ...]:
        """The first `most` paths, by the step of their loss, the explicit ones of each first.

        Raises UserError where they visit more than MOST_VISITED signals in all, before the next one is made.
        """
        found: list[Path] = []
        visited = 0
        for path in islice(self.all(), most):
            visited += len(path.visited)
            if visited > MOST_VISITED:
                rule = f"listed paths visit at most {MOST_VISITED:,} signals in all"
                raise UserError(f"{rule}, and the first {len(found) + 1:,} visit {visited:,}: list fewer")
            found.append(path)
        return tuple(found)

    def all(self) -> Iterator[Path]:
        """Every path, one after another."""
        for start in self.losses:
            error = moved(self.network.head.error, Literal(start))
            whole = _Path(start, error, stays=False)
            at = self.network.head.at
            yield from self._from(_Path(start, error, stays=True), at, start, ((at, start),), (), 1, ())
            yield from (path for path in self._from(whole, at, start, ((at, start),), (), 1, ()) if not path.explicit)

    def _from(
        self,
        way: _Path,
        signal: Signal,
        time: int,
        visited: tuple[tuple[Signal, int], ...],
        terms: tuple[Node | None, ...],
        sign: int,
        factors: tuple[Factor, ...],
    ) -> Iterator[Path]:
        """`terms`: for each signal but the last that is visited the term by which the next one is reached, if told."""
        here, start, error = Literal(time), way.start, way.error
        for use in self.uses:
            if use.reader == signal:
                every = (*factors, *(factor.at(here) for factor in use.factors))
                chain = self._chain(start, visited, terms)
                yield Path(start, time, visited, self._term(use, time, sign, every, error), chain)
        for edge in sorted(self.read[signal], key=lambda edge: abs(edge.by)):
            to = time + edge.by
            if way.stays and edge.by:
                continue
            along = (*factors, *(factor.at(here) for factor in edge.factors))
            by = (*terms, None if edge.term is None else moved(edge.term, here))
            if 1 <= to <= self.steps:
                if self._reaches(start, to):
                    further = (*visited, (edge.signal, to))
                    yield from self._from(way, edge.signal, to, further, by, sign * edge.sign, along)
            elif self.first == edge.signal and to in (0, self.steps + 1):
                term = product((*as_matrices(along, back=True), error))
                whole = (*visited, (edge.signal, to))
                yield Path(start, to, whole, signed(sign * edge.sign, term), self._chain(start, whole, by))

    def _term(self, use: Use, time: int, sign: int, factors: tuple[Factor, ...], error: Node) -> Node:
        gradient = product((*as_matrices(factors, back=True), error))
        return weight_gradient(use, signed(sign, gradient), Literal(time))

    def _chain(self, start: int, visited: tuple[tuple[Signal, int], ...], terms: tuple[Node | None, ...]) -> Node:
        equations = self.network.equations
        shown = [place for place, (signal, _) in enumerate(visited) if not equations[signal].hidden]
        row = [loss_at(Literal(start)), *(visited[place][0].at(Literal(visited[place][1])) for place in shown)]
        tops = [row[0], *(terms[place] or row[at] for at, place in enumerate(shown[:-1], 1))]
        links: list[Node] = [Partial(top, below) for top, below in zip(tops, row[1:], strict=False)]
        if self.first is None:
            weight = Name(self.wrt, self.network.by_name[self.wrt].kind)
            links.append(Partial(row[-1], weight, direct=len(row) > 1))
        return product(tuple(links))
