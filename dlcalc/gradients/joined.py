"""The same formulas with the weights joined, W [h_{t−1}, x_t]: one matrix, whose parts meet the state and the input.

A gradient by both parts is the same formula but for what it is multiplied by, so those two are one with [h_{t−1}, x_t].
C. Olah, Understanding LSTM networks, 2015, writes f_t = σ(W_f·[h_{t−1}, x_t] + b_f); others write [x_t, h_{t−1}].
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from ..expressions.nodes import Add, Kind, Mul, Name, Node, Outer, Value, Vector, rewriting
from .lines import Line
from .model import Network

STATE_FIRST, INPUT_FIRST = "hx", "xh"


def in_order(order: str, state: Node, entering: Node) -> Vector:
    """[h, x] or [x, h]."""
    return Vector((state, entering) if order == STATE_FIRST else (entering, state))


class Joining:
    """What is done to the formulas of one network for weights that are joined in one order."""

    def __init__(self, network: Network, order: str) -> None:
        self.network = network
        self.order = order
        self.of_part = {part.name: whole for whole, parts in network.joined.items() for part in parts}

    def parts(self, wrt: str) -> tuple[str, ...]:
        """The parts of a joined matrix, that of the state first; of another weight itself alone."""
        found = self.network.joined.get(wrt)
        return (wrt,) if found is None else (found[0].name, found[1].name)

    def equation(self, node: Node) -> Node:
        """W [h, x] for W_h h + W_x x."""
        return rewriting(self._together)(node)

    def _together(self, node: Node, below: Callable[[Node], Node]) -> Node:
        changed = node.map(below)
        if not isinstance(changed, Add):
            return changed
        met = {term.factors[0].id: term for term in changed.terms if isinstance(term, Mul) and len(term.factors) == 2
               and isinstance(term.factors[0], Name) and term.factors[0].id in self.of_part}  # fmt: skip
        terms: list[Node] = []
        for term in changed.terms:
            whole = self.of_part.get(next((name for name, each in met.items() if each is term), ""), "")
            state, entering = self.parts(whole) if whole else ("", "")
            if state not in met or entering not in met:
                terms.append(term)
            elif whole not in [t.factors[0].id for t in terms if isinstance(t, Mul) and isinstance(t.factors[0], Name)]:
                both = in_order(self.order, met[state].factors[1], met[entering].factors[1])
                terms.append(Mul((Name(whole, Kind.MATRIX), both)))
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def lines(self, of_state: list[Line], of_input: list[Line]) -> list[Line]:
        """The lines of the gradients by both parts as those of the one by the whole."""
        return [
            replace(one, left=self.merged(one.left, other.left), right=self.merged(one.right, other.right))
            for one, other in zip(of_state, of_input, strict=True)
        ]

    def merged(self, one: Node, other: Node) -> Node:
        """Of two formulas that differ in the part and in what is multiplied at the end, ⊗ h and ⊗ x, that of both."""
        if one == other:
            return one
        if isinstance(one, Name):
            return Name(self.of_part[one.id], Kind.MATRIX)
        if isinstance(one, Outer) and isinstance(other, Outer):
            return Outer(one.left, in_order(self.order, one.right, other.right))
        children = iter(other.children())
        return one.map(lambda child: self.merged(child, next(children)))

    def side_by_side(self, of_state: Value, of_input: Value, row: bool) -> Value:
        """The numbers of both parts as one matrix, the parts beside each other; in rows one below the other."""
        first, second = (of_state, of_input) if self.order == STATE_FIRST else (of_input, of_state)
        if not isinstance(first, tuple):
            return (first, second)
        return first + second if row else tuple(a + b for a, b in zip(first, second, strict=True))

    def meaning(self, wrt: str) -> str:
        """Of a joined matrix."""
        said = self.network.joined[wrt][0].meaning.removeprefix("recurrent ")
        return f"joined {_OF_STATE.sub('of state and input', said)}"


_OF_STATE = re.compile("of the state (before|after)")
