"""A gradient through time, worked out as it was asked for: formulas, and numbers with what stands beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from ..errors import UserError
from ..expressions.nodes import Kind, Value
from .derivation import Derivation
from .kernels import kernel_gradients
from .numeric import Numbers, difference, dot, random_values

DEFAULT_STEPS = 3
"""Time steps with numbers where none are named."""
MOST_UNITS = 64
LONG = 200_000
"""Entries of the weight × steps × numbers in the network: beyond it one finite difference stands for all entries."""


class ThroughTime:
    """A gradient through time. `derivation` holds the trees, `numbers` what they come to (form "numeric")."""

    def __init__(
        self,
        derivation: Derivation,
        given: Mapping[str, Value],
        seed: int,
        sizes: Mapping[str, int],
        kernels: bool,
    ) -> None:
        self.derivation = derivation
        self.given = given
        self.seed = seed
        self.sizes = sizes
        self.kernels = kernels
        if derivation.form == "numeric":
            _ = self.numbers

    @cached_property
    def numbers(self) -> Numbers:
        """The network with the given values, the others drawn from the seed."""
        found = self.derivation
        network, layout, steps = found.network, found.layout, found.steps or DEFAULT_STEPS
        known = {*network.by_name, *network.firsts.values(), "x", network.head.target}
        for name in self.given:
            if name not in known:
                raise UserError(f"a {network.title} has no {name}; values are of {', '.join(sorted(known))}")
        sizes = self.used_sizes
        for name, size in sizes.items():
            if not 1 <= size <= MOST_UNITS:
                raise UserError(f"{name} is from 1 to {MOST_UNITS} here, not {size}")
        drawn = random_values(network, steps, **sizes, seed=self.seed, layout=layout)
        if self.given:
            # what a bias or a first state is when it is not given, everybody expects
            drawn = {
                name: value
                for name, value in drawn.items()
                if name not in network.firsts.values()
                and (name not in network.by_name or network.by_name[name].kind is Kind.MATRIX)
            }
        return Numbers(network, {**drawn, **self.given}, layout)

    @property
    def used_sizes(self) -> dict[str, int]:
        """n, m and k, as the given arrays have them."""
        found = dict(self.sizes)
        for name, value in self.given.items():
            weight = self.derivation.network.by_name.get(name)
            if weight is not None and isinstance(value, tuple):
                found[weight.rows] = len(value)
                if weight.columns and isinstance(value[0], tuple):
                    found[weight.columns] = len(value[0])
            elif name == "x" and isinstance(value[0], tuple):
                found["n"] = len(value[0])
        return found

    @cached_property
    def gradient(self) -> Value:
        """∂L/∂wrt by the recursion, in the layout asked for."""
        return self._of_parts(self.numbers.by_delta().__getitem__)

    def _of_parts(self, of: Callable[[str], Value], layout: str = "") -> Value:
        """What `of` has for the asked weight; for a joined one what it has for both parts, side by side."""
        found = self.derivation
        values = tuple(of(part) for part in found.parts)
        if len(values) == 1:
            return values[0]
        return found.joining.side_by_side(values[0], values[1], (layout or found.layout) == "row")

    @cached_property
    def beside(self) -> Value:
        """The same by central finite differences of the loss, entry by entry; None where `slopes` has to do.

        None too for a truncated gradient, which is not that of the loss.
        """
        if self.derivation.network.truncate or self._is_long:
            return None
        return self._of_parts(self.numbers.by_differences)

    @property
    def _is_long(self) -> bool:
        """Whether a forward pass for every entry would take long."""
        numbers, network = self.numbers, self.derivation.network
        every = sum(_count(numbers.values[name]) for name in network.by_name)
        asked = sum(_count(numbers.values[part]) for part in self.derivation.parts)
        return asked * numbers.steps * every > LONG

    @cached_property
    def slopes(self) -> tuple[float, float] | None:
        """Of a large network, or over many steps: the slope of the loss as the weight grows in proportion, by the
        gradient and by one difference; None where `beside` says more."""
        found = self.derivation
        if found.network.truncate or not self._is_long:
            return None
        column = self.numbers if found.layout in ("column", "number") else Numbers(found.network, self.numbers.values)
        way = {part: self.numbers.values[part] for part in found.parts}
        gradients = column.by_delta()
        return sum(dot(gradients[part], values) for part, values in way.items()), column.along(way)

    @cached_property
    def by_kernels(self) -> Value:
        """The same by `dlcalc.ops`, in column layout; None unless asked for."""
        if not self.kernels or self.derivation.layout == "number":
            return None
        return self._of_parts(kernel_gradients(self.derivation.network, self.numbers.values).__getitem__, "column")

    @cached_property
    def kernel_difference(self) -> float | None:
        if self.by_kernels is None:
            return None
        column = self._of_parts(Numbers(self.derivation.network, self.numbers.values).by_delta().__getitem__, "column")
        return difference(self.by_kernels, column)


def _count(value: Value) -> int:
    return sum(map(_count, value)) if isinstance(value, tuple) else 1
