"""Backpropagation as formulas: `backprop`, for a small feed-forward network or convolution."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from .. import gradients
from ..document import Document
from ..errors import UserError
from ..expressions import printing
from ..expressions.jsonable import as_json
from ..expressions.nodes import Value
from ..gradients import MOST_PATHS, feedforward
from ..gradients.feedforward import (
    Backward,
    Cost,
    Feedforward,
    Memo,
    Numbers,
    Path,
    Place,
    Rule,
    Units,
    laid_out,
)
from ..networks.network import Network
from ..profiles import COURSE, Profile, active
from .backprop_given import FORMS, Asked, asked_array, chosen_layout, given_values, indices
from .networks import read_network
from .results import Result

MOST_LISTED = 2_000
KERNELS = ("none", "cpu", "cuda")


def backprop(
    network: str | Network,
    wrt: str | None = None,
    form: str = "delta",
    *,
    loss: str | None = None,
    layout: str | None = None,
    x: object = None,
    target: object = None,
    weights: str | Mapping[str, object] | None = None,
    seed: int | None = None,
    most: int = MOST_PATHS,
    kernel: str = "none",
    profile: str | Profile | None = None,
) -> Backprop:
    """The gradients of a feed-forward network, as formulas or with numbers.

    network: a line of text, a name of the zoo, a file. wrt: W1, b1, x or one number of them, W1[1,2]; None is all.
    form: "delta", "paths" or "numeric". loss: "squared", "cross-entropy" or "log"; None is what fits the output.
    layout: "column", "row" or "pytorch", of dense layers; None is the profile's.
    x, target, weights: numbers, in column layout and channels × height × width; weights by name, or as one text,
    "W1 = 0.1 0.2; 0.3 0.4  b1 = 0 0". Biases that are not given are 0, all else is drawn from the seed.
    kernel: "cpu" or "cuda" asks `dlcalc.ops` too. Raises UserError.
    """
    if form not in FORMS:
        raise UserError(f"form is one of {', '.join(FORMS)}, not {form[:40]}")
    if not 1 <= most <= MOST_LISTED:
        raise UserError(f"1 to {MOST_LISTED:,} paths are listed, not {most}")
    if kernel not in KERNELS:
        raise UserError(f"kernel is one of {', '.join(KERNELS)}, not {kernel[:40]}")
    course = profile if isinstance(profile, Profile) else active(profile, os.environ)
    found = feedforward.feedforward(read_network(network), loss)
    asked = asked_array(found, wrt, form)
    chosen = chosen_layout(found, layout, asked is not None and asked[1] is not None, course)
    given = given_values(found, x, target, weights)
    return Backprop(found, form, chosen, asked, given, seed, most, kernel, course)


class Backprop(Result):
    """Gradients of a feed-forward network. `backward` holds the trees, `numbers` what they come to, if asked for."""

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
        course: Profile = COURSE,
    ) -> None:
        self.course = course
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

    def __repr__(self) -> str:
        return f"<backpropagation through a {self.network.title}: {self.form}>"

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
        return tuple(laid_out(rule, self.layout) for rule in self.backward.forward)

    @cached_property
    def deltas(self) -> tuple[Rule, ...]:
        """δ of every layer that the asked gradient needs, from the loss back; of paths unit by unit."""
        rules = self.backward.deltas if self.asked is None else self.backward.needed(self.asked[0])
        return tuple(laid_out(rule, self.layout) for rule in rules)

    @cached_property
    def gradients(self) -> dict[str, Rule]:
        """Array → its gradient; of the asked one alone."""
        names = self.backward.gradients if self.asked is None else (self.asked[0],)
        return {name: laid_out(self.backward.gradients[name], self.layout) for name in names}

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
            found.append("an entry outside a map, or at an index that is no whole number, is 0")
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
        drawn = feedforward.drawn(self.network, self.seed or 0)
        if self.given:
            drawn = {name: value for name, value in drawn.items() if not name.startswith("b_")}
        return Numbers(self.network, {**drawn, **self.given}, self.layout)

    @cached_property
    def by_kernels(self) -> dict[str, Value]:
        """Gradients by `dlcalc.ops`, in column layout; none unless asked for."""
        if self.kernel == "none":
            return {}
        return feedforward.kernel_gradients(self.network, self.numbers.given, self.kernel)

    def beside(self, name: str) -> Value:
        """∂L/∂ an array by central finite differences; None where they would take long."""
        return None if self.numbers.is_long(name) else self.numbers.by_differences(name)

    def kernel_difference(self, name: str) -> float:
        """How far the kernels' gradient is from ours."""
        column = self.numbers if self.layout == "column" else Numbers(self.network, self.numbers.given)
        return gradients.difference(self.by_kernels[name], column.gradients[name])

    # as data

    def to_dict(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "network": self.network.title,
            "loss": self.network.loss,
            "form": self.form,
            "layout": self.layout,
            "wrt": None if self.asked is None else f"{self.asked[0]}{indices(self.asked[1]) if self.asked[1] else ''}",
            "letters": {name: {"meaning": why, "shape": list(shape)} for name, (why, shape) in self.letters.items()},
            "forward": [_line(rule) for rule in self.forward],
            "deltas": [_line(memo.rule) | {"paths": memo.paths} for memo in self.memos]
            or list(map(_line, self.deltas)),
            "gradients": [self._gradient(name, rule) for name, rule in self.gradients.items()],
            "notes": list(self.notes),
        }
        if self.entry_rule is not None:
            data["entry"] = _line(self.entry_rule)
        if self.form == "paths":
            data |= {"paths": list(map(self._path, self.paths)), "count": self.count}
            data["multiplications"] = {
                name: {"paths": cost.paths, "path by path": cost.apart, "memoised": cost.memoised}
                for name, cost in self.costs.items()
            }
        if self.has_numbers:
            named = {**self.numbers.given, **dict(self.numbers.named()), "L": self.numbers.loss}
            data["values"] = {name: as_json(value) for name, value in named.items()}
            if self.entry is not None:
                data["value"] = as_json(self.entry_value)
        return data

    @property
    def entry_value(self) -> Value:
        """The gradient by the asked number."""
        assert self.entry is not None
        name, place = self.entry
        value = self.numbers.gradients[name]
        for at in place:
            value = value[at - 1]
        return value

    def _gradient(self, name: str, rule: Rule) -> dict[str, Any]:
        data = {"wrt": name, **_line(rule)}
        if self.has_numbers:
            value, beside = self.numbers.gradients[name], self.beside(name)
            data |= {"value": as_json(value), "finite_differences": as_json(beside)}
            if beside is not None:
                data["difference"] = gradients.difference(value, beside)
            else:
                ours, theirs = self.numbers.along(name)
                data["slopes"] = {"gradient": ours, "finite_difference": theirs}
            if self.by_kernels:
                data |= {"kernels": as_json(self.by_kernels[name]), "kernels_difference": self.kernel_difference(name)}
        return data

    def _path(self, path: Path) -> dict[str, Any]:
        data = {
            "from": printing.plain(path.visited[0]),
            "to": printing.plain(path.visited[-1]),
            "through": list(map(printing.plain, path.visited[1:-1])),
            "expression": printing.plain(path.expression),
            "chain": printing.plain(path.chain),
            "latex": printing.latex(path.expression),
        }
        return data | ({"value": as_json(self.numbers.evaluate(path.expression))} if self.has_numbers else {})

    def _document(self) -> Document:
        from .backprop_shown import shown

        return shown(self)


def _line(rule: Rule) -> dict[str, Any]:
    data = {
        "left": printing.plain(rule.left),
        "right": printing.plain(rule.right),
        "latex": f"{printing.latex(rule.left)} = {printing.latex(rule.right)}",
    }
    return data | {key: text for key, text in (("for", rule.ranges), ("meaning", rule.meaning)) if text}
