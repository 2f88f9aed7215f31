"""A gradient of a feed-forward network that a part asks, in letters: `gradient:net.W1`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .. import document as doc
from ..errors import UserError
from ..expressions.nodes import Name, Node
from ..gradients.feedforward import LOSSES, Backward, Units, feedforward, rule_in_layout
from ..gradients.feedforward.backpropagation import asked_array
from ..gradients.feedforward.quantities import Rule
from ..networks.network import Network
from .feedforward_marks import Question, mark_backprop
from .marks import Mark, Written
from .target import Other, Wrong

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "loss": tuple(LOSSES), "layout": ("column", "row", "pytorch"), "outer": ("outer", "pointwise"),
}  # fmt: skip
"""What `with` says of a feed-forward network, and the words for it."""


@dataclass(frozen=True, eq=False)
class BackpropTarget:
    """∂L/∂wrt of a network as data, W1, b2, x or one number of them, W1[1,2]. Raises UserError where there is none."""

    network: Network
    wrt: str
    options: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        _ = self.question

    @cached_property
    def question(self) -> Question:
        return _question(self.network, self.wrt, self.options)

    @property
    def rule(self) -> Rule:
        """The gradient from the δ of the layer, in the layout that is asked."""
        asked = self.question
        if asked.place is not None:
            return Units(asked.network).entry(asked.wrt, asked.place)
        return rule_in_layout(Backward(asked.network).gradients[asked.wrt], asked.layout)

    @property
    def expected(self) -> Node:
        return self.rule.right

    @property
    def letters(self) -> tuple[str, ...]:
        return tuple(self.question.network.declarations.kinds)

    def wrong(self) -> Iterator[Wrong]:
        """None: what a mistake comes to is found by its numbers, and has no formula of its own."""
        return iter(())

    def others(self) -> Iterator[Other]:
        return iter(())

    def working(self) -> tuple[doc.Block, ...]:
        """δ of every layer that the gradient needs, from the loss back, and the gradient."""
        asked = self.question
        needed = (rule_in_layout(rule, asked.layout) for rule in Backward(asked.network).needed(asked.wrt))
        lines = tuple(doc.Equation(rule.left, (rule.right,), rule.ranges) for rule in (*needed, self.rule))
        return (doc.Formula(lines),)


def _question(network: Network, wrt: str, options: tuple[tuple[str, str], ...]) -> Question:
    chosen = dict(options)
    found = feedforward(network, chosen.get("loss"))
    asked = asked_array(found, wrt)
    layout = chosen.get("layout", "column")
    if layout != "column" and (found.has_maps or asked[1] is not None):
        raise UserError(f"what is written entry by entry has the layout column, not {layout}")
    return Question(found, *asked, layout, "layout" in chosen, chosen.get("outer", "outer"))


def backprop_asked(network: Network, given: Mapping[str, Node], values: Mapping[str, Any], wrt: str) -> BackpropTarget:
    """A gradient with the words of its options, drawn ones put in. Raises UserError."""
    words = {name: str(values.get(node.id, node.id)) for name, node in given.items() if isinstance(node, Name)}
    return BackpropTarget(network, str(values.get(wrt, wrt)), tuple(sorted(words.items())))


def judge_backprop(asked: BackpropTarget, given: object) -> tuple[Mark, Written]:
    """The mark of a part, and what was written."""
    mark = mark_backprop(asked.question, given, asked.expected)
    return mark, Written(mark.wrote, None, mark.reason if mark.status == "unreadable" else "")
