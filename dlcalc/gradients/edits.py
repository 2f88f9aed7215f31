"""What an edit of a derivation is: something that stands there by mistake, found by a rule.

A rule looks at the nodes of a formula and says what may stand there instead. Nothing is known here of the mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..expressions import printing
from ..expressions.nodes import Add, Hadamard, Literal, Mul, Name, Neg, Node, Outer, Reduce, rewriting, walk
from .local import pointwise, product
from .model import Network

GONE = Name("∅")
"""Stands for a factor or a term that is left out."""
ONE, TWO = Literal(1), Literal(2)


@dataclass(frozen=True)
class Found:
    """A mistake by its id, and what is said about it."""

    id: str
    because: str


@dataclass(frozen=True)
class Edit:
    """What stands where by mistake, in every place where the first stands."""

    mistake: Found
    changes: Mapping[Node, Node]

    def of(self, node: Node) -> Node:
        """The edited expression; without what it does not touch it is the same."""
        return rewriting(self._of)(node)

    def _of(self, node: Node, below: Callable[[Node], Node]) -> Node:
        if node in self.changes:
            return self.changes[node]
        changed = node.map(below)
        if isinstance(changed, Mul | Hadamard):
            factors = tuple(factor for factor in changed.factors if factor != GONE)
            if len(factors) < len(changed.factors):
                return (product if isinstance(changed, Mul) else pointwise)(factors) if factors else ONE
        if isinstance(changed, Add):
            terms = tuple(term for term in changed.terms if term not in (GONE, Neg(GONE)))
            if len(terms) < len(changed.terms):
                return GONE if not terms else terms[0] if len(terms) == 1 else Add(terms)
        if isinstance(changed, Reduce) and changed.body == GONE:
            return GONE
        return changed


Pattern = Callable[[Node, Network], Iterator[tuple[Node, Node]]]


@dataclass(frozen=True)
class Rule:
    """A mistake: what it looks for, with what stands there instead. `{0}` is the first of both, `{1}` the second.

    `together`: all places at once too, where there are several; else each alone.
    """

    id: str
    because: str
    pattern: Pattern
    together: bool = True

    def edits(self, nodes: Iterable[Node], network: Network) -> Iterator[Edit]:
        """The edits of a formula that consists of these nodes."""
        found = dict.fromkeys(pair for node in nodes for pair in self.pattern(node, network))
        changes: dict[Node, Node] = {}
        for target, instead in found:
            changes.setdefault(target, instead)
        if len(changes) > 1 and self.together:
            yield Edit(self._found(*next(iter(changes.items()))), changes)
        for target, instead in found:
            yield Edit(self._found(target, instead), {target: instead})

    def _found(self, target: Node, instead: Node) -> Found:
        letter = next((part.id for part in walk(target) if isinstance(part, Name)), "")
        there = instead.right if isinstance(target, Outer) and isinstance(instead, Outer) else instead
        shown = "" if instead == GONE else printing.text(there)
        left_out = printing.text(_left_out(target, instead))
        return Found(self.id.format(letter.lower().replace("_", "-")), self.because.format(left_out, shown))


def _left_out(target: Node, instead: Node) -> Node:
    """Of a product entry by entry that lost factors those factors, else the whole."""
    kept = instead.factors if isinstance(instead, Hadamard) else (instead,)
    if isinstance(target, Hadamard) and set(kept) < set(target.factors):
        return pointwise(tuple(factor for factor in target.factors if factor not in kept))
    if isinstance(target, Outer) and isinstance(instead, Outer) and target.left == instead.left:
        return target.right
    return target
