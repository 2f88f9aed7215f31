"""Weights joined in one matrix: [h_{t−1}, x_t] is what they meet together, and each of them meets its part."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from ..expressions.nodes import Add, Index, Literal, Mul, Name, Node, Vector, rewriting, walk
from ..gradients.answer import Answer
from ..gradients.local import product
from ..gradients.model import Network

SPOKEN = {"w_hh": "the state", "w_ih": "the input", "b_ih": "the bias"}


def apart(answer: Answer, network: Network) -> Answer:
    """With W h + U x for W [h, x]."""
    return answer.changed(rewriting(lambda node, below: _summed_apart(node, below, network)))


def roles_joined(answer: Answer) -> tuple[str, ...]:
    """Of the weights that meet a joined vector, in its order; none where there is no such vector."""
    vectors = (part for part in answer.parts() if isinstance(part, Vector))
    return next((tuple(kinds) for vector in vectors if (kinds := _kinds(vector)) is not None), ())


def for_each(answer: Answer, network: Network, wrt: str) -> dict[str, Answer] | None:
    """Weight → the answer with its part of the joined vector; None where the asked weight has none."""
    roles, weight = roles_joined(answer), network.by_name.get(wrt)
    if weight is None or weight.role not in roles:
        return None
    place = (weight.gate, weight.layer)
    names = {w.role: w.name for w in network.weights if w.role in roles and (w.gate, w.layer) == place}
    return {name: _part(answer, role) for role, name in names.items()}


def _part(answer: Answer, role: str) -> Answer:
    return answer.changed(rewriting(lambda node, below: _only(node, below, role)))


def _kinds(vector: Vector) -> dict[str, Node] | None:
    """What each part of a joined vector is met by; None for any other vector."""
    found: dict[str, Node] = {}
    for item in vector.items:
        bases = {part.base.id for part in walk(item) if isinstance(part, Index) and isinstance(part.base, Name)}
        role = "b_ih" if item == Literal(1) else "w_ih" if "x" in bases else "w_hh" if bases else ""
        if not role or role in found:
            return None
        found[role] = item
    return found if len(found) > 1 else None


def _only(node: Node, below: Callable[[Node], Node], role: str) -> Node:
    kinds = _kinds(node) if isinstance(node, Vector) else None
    return kinds.get(role, node) if kinds is not None else node.map(below)


def _summed_apart(node: Node, below: Callable[[Node], Node], network: Network) -> Node:
    """W [h, x] as W h + U x."""
    changed = node.map(below)
    if not isinstance(changed, Mul):
        return changed
    factors = list(changed.factors)
    for place, (one, other) in enumerate(pairwise(factors)):
        weight = network.by_name.get(one.id) if isinstance(one, Name) else None
        kinds = _kinds(other) if isinstance(other, Vector) else None
        if weight is None or kinds is None:
            continue
        terms = []
        for role, item in kinds.items():
            name = next((w for w in network.weights if (w.role, w.gate, w.layer) == (role, weight.gate, weight.layer)),
                        None)  # fmt: skip
            if name is None:
                return changed
            letter = Name(name.name, name.kind)
            terms.append(letter if role == "b_ih" else Mul((letter, item)))
        return product((*factors[:place], Add(tuple(terms)), *factors[place + 2 :]))
    return changed
