"""What Σ, Π and dots between terms mean whichever way they are written: from one end to the other, and as one sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..expressions.nodes import (
    Add,
    Call,
    Kind,
    Literal,
    Mul,
    Name,
    Neg,
    Node,
    Reduce,
    names_in,
    replaced,
    rewriting,
    to_node,
    walk,
)
from ..gradients.answer import Answer
from ..gradients.model import STEPS, shifted
from .gradient_notation import DOTS
from .steps import simplified


def normal(answer: Answer) -> Answer:
    """With what a turned range and an ellipsis mean: Π_{m=j}^{k+1} begins with m = j; a_1 + a_2 + … + a_T is a Σ."""
    return _without_zeros(_ranges_in_order(answer.changed(rewriting(_filled_in))))


def _without_zeros(answer: Answer) -> Answer:
    """Without δ_{T+1} = 0, which nobody has to say."""
    kept = tuple(s for s in answer.statements if not (s.right == Literal(0) and s.index == shifted(STEPS, 1)))
    return answer if len(kept) == len(answer.statements) else replace(answer, statements=kept)


def _ranges_in_order(answer: Answer) -> Answer:
    """Every Σ and Π from its smaller end to its larger one."""

    def ordered(node: Node, above: dict[str, set[str]]) -> Node:
        if not isinstance(node, Reduce):
            return node.map(lambda child: ordered(child, above))
        low, high = node.low, node.high
        turned = _is_above(low, high, above)
        if turned:
            low, high = high, low
        # what begins with T does not lie below it
        known = {**above, node.index: set(), _LAST + node.index: {STEPS.id} & set(names_in(low))}
        if isinstance(high, Literal):
            known[_MOST + node.index] = {str(high.value)}
        if low != high:
            known[node.index] |= _bounds(low, "max") - {node.index}
            for name in _bounds(high, "min"):
                known[name] = known.get(name, set()) | {node.index}
        body = ordered(node.body, known)
        descending = node.descending or (turned and node.operator == "prod")
        if not turned and body is node.body:
            return node
        return replace(node, low=low, high=high, body=body, descending=descending)

    return answer.changed(lambda node: ordered(node, {}))


def _bounds(end: Node, best: str) -> set[str]:
    """Letters that an end surely lies beyond: those below a low one, t, t + 1 and max(1, t); for "min" above a high."""
    if isinstance(end, Name):
        return {end.id}
    if isinstance(end, Call) and end.function == best:
        return set().union(*(_bounds(each, best) for each in end.arguments))
    if isinstance(end, Add):
        back = any(isinstance(term, Neg) for term in end.terms)
        return set(names_in(end)) if back is (best == "min") else set()
    return set()


_LAST, _MOST = "from T: ", "at most: "


def _is_above(one: Node, other: Node, above: dict[str, set[str]]) -> bool:
    """Whether the first end is the larger one, by what the sums around say of their letters: k ≤ j ≤ T."""
    ones, others = names_in(one), names_in(other)
    if len(ones) != 1 or isinstance(one, Literal):
        return False
    if isinstance(other, Literal) or not others:
        # k + 1 … 2 is an empty product where k is at most 2, and turned round else
        if not isinstance(other, Literal) or other.value not in (0, 1, 2):
            return False
        return not any(float(most) <= other.value for most in above.get(_MOST + ones[0], ()))
    (letter,) = ones
    if len(others) != 1 or letter == others[0]:
        return False
    if letter == STEPS.id:
        return not above.get(_LAST + others[0])
    return _reaches(letter, others[0], above) and not _reaches(others[0], letter, above)


def _reaches(letter: str, other: str, above: dict[str, set[str]]) -> bool:
    seen: set[str] = set()
    open_ = [letter]
    while open_:
        below = above.get(open_.pop(), set()) - seen
        if other in below:
            return True
        seen |= below
        open_.extend(below)
    return False


def _filled_in(node: Node, below: Callable[[Node], Node]) -> Node:
    """A sum or a product with dots between its terms as Σ or Π; as it is where the terms say no rule."""
    changed = node.map(below)
    if isinstance(changed, Add | Mul):
        parts = changed.terms if isinstance(changed, Add) else changed.factors
        places = [i for i, part in enumerate(parts) if part == Name(DOTS)]
        if len(places) == 1 and 0 < places[0] < len(parts) - 1:
            return _series(changed, parts, places[0])
    return changed


_RUNNING = Name("dotsindex", integer=True)


def _series(node: Node, parts: tuple[Node, ...], place: int) -> Node:
    last = parts[place + 1]
    behind = parts[place + 2 :]
    for first in range(place):
        general = _general(parts[first], last)
        if general is None:
            continue
        low, high, body = general
        inside = [replaced(body, {_RUNNING: to_node(_plus(low, i))}) for i in range(place - first)]
        down = [replaced(body, {_RUNNING: to_node(_plus(low, -i))}) for i in range(place - first)]
        written = [rewriting(lambda n, b: simplified(n.map(b)))(part) for part in parts[first:place]]
        operator = "sum" if isinstance(node, Add) else "prod"
        ways = ((inside, False), (down, True))
        for expected, descending in ways:
            if [rewriting(lambda n, b: simplified(n.map(b)))(part) for part in expected] == written:
                ends = (high, low) if descending else (low, high)
                if place - first == 1 and operator == "prod":
                    descending = _is_above(low, high, {}) or not isinstance(low, Literal)
                    ends = (high, low) if descending else (low, high)
                whole = Reduce(operator, _RUNNING.id, *ends, body, descending)
                rest = (*parts[:first], whole, *behind)
                if len(rest) == 1:
                    return whole
                return Add(rest) if operator == "sum" else Mul(rest)
    return node


def _plus(node: Node, by: int) -> Node:
    return simplified(Add((node, Literal(by)))) if by else node


def _general(one: Node, other: Node) -> tuple[Node, Node, Node] | None:
    """(low, high, body): one term is the body at low, the other at high. The first step that differs is the letter."""
    low: list[Node] = []
    high: list[Node] = []

    def merged(a: Node, b: Node) -> Node | None:
        if a == b:
            return a
        if _is_time(a) and _is_time(b):
            if not low:
                low.append(a)
                high.append(b)
                return _RUNNING
            by = _difference(a, low[0])
            return None if by is None or by != _difference(b, high[0]) else _plus(_RUNNING, by)
        if a.__class__ is not b.__class__:
            return None
        ones, others = tuple(a.children()), tuple(b.children())
        if len(ones) != len(others) or not ones:
            return None
        inner = [merged(x, y) for x, y in zip(ones, others, strict=True)]
        if any(part is None for part in inner):
            return None
        parts = iter(inner)
        made = a.map(lambda _: next(parts))  # type: ignore[arg-type,return-value]
        return made

    body = merged(one, other)
    return (low[0], high[0], body) if body is not None and low else None


def _is_time(node: Node) -> bool:
    if isinstance(node, Literal):
        return isinstance(node.value, int)
    names = names_in(node)
    return (
        isinstance(node, Name | Add)
        and len(names) == 1
        and all(isinstance(part, Name | Add | Literal | Neg) for part in walk(node))
        and all(part.kind is Kind.SCALAR for part in walk(node) if isinstance(part, Name))
    )


def _difference(one: Node, other: Node) -> int | None:
    for by in range(-3, 4):
        if simplified(Add((other, Literal(by)))) == simplified(one) or (
            isinstance(one, Literal) and isinstance(other, Literal) and one.value - other.value == by
        ):
            return by
    return None
