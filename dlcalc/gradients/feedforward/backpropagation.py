"""What is asked of backpropagation through a feed-forward network, worked out: formulas, paths, and numbers beside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from ...errors import UserError
from ...expressions.nodes import Value
from ..derivation import MOST_PATHS
from ..numeric import difference
from .backward import Backward
from .kernels import kernel_gradients
from .network import Feedforward
from .numbers import Numbers, drawn
from .quantities import Place, Rule, rule_in_layout
from .units import Cost, Memo, Path, Units

FORMS = {
    "delta": "δ of every layer from that of the layer behind it",
    "paths": "the chain rule along every path from the loss to one number",
    "numeric": "with numbers: formulas and finite differences side by side",
}
"""Form → what it is."""
Asked = tuple[str, Place | None]
"""An array and, of one number, its place."""
_WRT = re.compile(r"([WwBbx])_?(\d{0,4})\s*(?:\[([\d\s,]{1,60})\])?", re.ASCII)


class Backpropagation:
    """Gradients of a feed-forward network. `backward` holds the trees, `numbers` what they come to, if asked for.

    form: one of FORMS. asked: the array and the place, None for all. given: numbers by letter, in column layout.
    Raises UserError for what cannot be done.
    """

    def __init__(
        self,
        network: Feedforward,
        form: str,
        layout: str,
        asked: Asked | None,
        given: Mapping[str, Value],
        seed: int | None,
        most: int,
        kernel: str,
    ) -> None:
        self.network = network
        self.form = form
        self.layout = layout
        self.asked = asked
        self.given = given
        self.seed = seed
        self.most = most
        self.kernel = kernel
        self.backward = Backward(network)
        # what cannot be done is said before anything is written
        if self.entry is not None:
            _ = self.units
        if self.has_numbers:
            _ = self.numbers, self.by_kernels

    # formulas

    @property
    def entry(self) -> tuple[str, Place] | None:
        """The one number that is asked for."""
        return (self.asked[0], self.asked[1]) if self.asked and self.asked[1] is not None else None

    @cached_property
    def units(self) -> Units:
        return Units(self.network)

    @cached_property
    def forward(self) -> tuple[Rule, ...]:
        return tuple(rule_in_layout(rule, self.layout) for rule in self.backward.forward)

    @cached_property
    def deltas(self) -> tuple[Rule, ...]:
        """δ of every layer that the asked gradient needs, from the loss back; of paths unit by unit."""
        rules = self.backward.deltas if self.asked is None else self.backward.needed(self.asked[0])
        return tuple(rule_in_layout(rule, self.layout) for rule in rules)

    @cached_property
    def gradients(self) -> dict[str, Rule]:
        """Array → its gradient; of the asked one alone."""
        names = self.backward.gradients if self.asked is None else (self.asked[0],)
        return {name: rule_in_layout(self.backward.gradients[name], self.layout) for name in names}

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        return self.units.paths(*self.entry, self.most) if self.form == "paths" and self.entry else ()

    @cached_property
    def memos(self) -> tuple[Memo, ...]:
        """δ of the units on the way to the asked number."""
        return self.units.memos(*self.entry) if self.form == "paths" and self.entry else ()

    @cached_property
    def entry_rule(self) -> Rule | None:
        """The gradient by the asked number from the δ of the units that it acts on, if these are not too many."""
        rule = self.units.entry(*self.entry) if self.entry else None
        return None if rule is None or len(tuple(rule.right.children())) > MOST_PATHS else rule

    @cached_property
    def costs(self) -> dict[str, Cost]:
        if self.form != "paths" or self.entry is None:
            return {}
        return {"this": self.units.cost(*self.entry), "all": self.units.cost_of_all()}

    @property
    def count(self) -> int:
        """How many paths lead to the asked number."""
        return self.costs["this"].paths

    @property
    def letters(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """Letter → (meaning, shape) of what is given: input, weights, target."""
        network = self.network
        turned = self.layout == "row"
        return {
            each.name: (each.meaning, each.shape[::-1] if turned and len(each.shape) == 2 else each.shape)
            for each in (network.x, *network.parameters.values(), network.y)
        }

    @cached_property
    def notes(self) -> tuple[str, ...]:
        network = self.network
        found = []
        if self.form != "paths":
            found.append("each δ is worked out once and kept: its weights, its bias and the layer before all use it")
        else:
            found.append("the gradient is the sum of the paths; a δ that is kept serves all paths through its unit")
        if network.is_merged:
            act = "softmax" if network.loss == "cross-entropy" else "sigmoid"
            found.append(f"the slopes of the {act} and of the loss cancel: what is left is ŷ − y")
        if network.has_maps:
            found.append("a map is indexed by channel, row and column, filters by filter, channel, row and column")
            found.append("an entry outside a map, or at an index that is not a whole number, is 0")
        elif self.form == "paths":
            found.append("W[i, j] leads from unit j of the layer before to unit i")
        if network.places:
            found.append("r is the place of the largest cell in its window, row by row, the first of equal ones")
        return tuple(found)

    # with numbers

    @property
    def has_numbers(self) -> bool:
        return self.form == "numeric" or bool(self.given) or self.seed is not None or self.kernel != "none"

    @cached_property
    def numbers(self) -> Numbers:
        """The network with the given values, the others drawn from the seed."""
        values = drawn(self.network, self.seed or 0)
        if self.given:
            values = {name: value for name, value in values.items() if not name.startswith("b_")}
        return Numbers(self.network, {**values, **self.given}, self.layout)

    @cached_property
    def by_kernels(self) -> dict[str, Value]:
        """Gradients by `dlcalc.ops`, in column layout; none unless asked for."""
        if self.kernel == "none":
            return {}
        return kernel_gradients(self.network, self.numbers.given, self.kernel)

    def beside(self, name: str) -> Value:
        """∂L/∂ an array by central finite differences; None where they would take long."""
        return None if self.numbers.is_long(name) else self.numbers.by_differences(name)

    def kernel_difference(self, name: str) -> float:
        """How far the kernels' gradient is from ours."""
        column = self.numbers if self.layout == "column" else Numbers(self.network, self.numbers.given)
        return difference(self.by_kernels[name], column.gradients[name])

    @property
    def entry_value(self) -> Value:
        """The gradient by the asked number."""
        assert self.entry is not None
        name, place = self.entry
        value = self.numbers.gradients[name]
        for at in place:
            value = value[at - 1]
        return value


def indices(place: Place) -> str:
    """[1,2]"""
    return f"[{','.join(map(str, place))}]"


def asked_array(network: Feedforward, wrt: str) -> Asked:
    """W1, b2, x or W1[1,2]: the array and, of one number, its place. Raises UserError for what the network has not."""
    known = {**network.parameters, "x": network.x}
    read = _WRT.fullmatch(wrt.strip())
    name = "" if read is None else "x" if read[1] == "x" else f"{read[1].upper() if read[1] in 'Ww' else 'b'}_{read[2]}"
    if read is None or name not in known or (name == "x" and read[2]):
        names = ", ".join(each.replace("_", "") for each in known)
        raise UserError(f"wrt is one of {names}, or a number of them such as W1[1,2], not {wrt[:40]}")
    shape = known[name].shape
    if read[3] is None:
        return name, None
    place = tuple(int(part) for part in read[3].split(",") if part.strip().isdigit())
    if len(place) != len(shape) or not all(1 <= at <= size for at, size in zip(place, shape, strict=True)):
        raise UserError(f"{name.replace('_', '')} has entries from {indices((1,) * len(shape))} to {indices(shape)}, "
                        f"not [{read[3]}]")  # fmt: skip
    return name, place
