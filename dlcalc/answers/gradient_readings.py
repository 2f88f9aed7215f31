"""Ways of reading one gradient where a blackboard leaves open what our language says: each is tried, and told.

A reading changes the tree of an answer: steps counted from 0, a Π that ends where its index ends, joined weights, no
biases. `readings` puts those together that fit an answer. What comes out right in one of them is right; a doubtful one
is only a reason not to call an answer wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

from ..expressions.kinds import kind_of
from ..expressions.nodes import (
    Add,
    Call,
    Hadamard,
    Index,
    Kind,
    Literal,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Partial,
    Pow,
    Reduce,
    names_in,
    replaced,
    rewriting,
)
from ..gradients.answer import Answer, Statement
from ..gradients.local import pointwise, product
from ..gradients.model import STEPS, Network, Weight, shifted
from .joined_weights import SPOKEN, apart, for_each, roles_joined
from .steps import moved, simplified

MOST_READINGS = 40
Change = Callable[[Answer], Answer]


@dataclass(frozen=True)
class Reading:
    """An answer in one reading. `parts`: the weights joined to the asked one, and the answer for each.

    `convention`: by which it is right if it is; "" where it is simply right. `doubtful`: a sign may mean this.
    """

    answer: Answer
    parts: tuple[tuple[str, Answer], ...] = ()
    said: tuple[str, ...] = ()
    convention: str = ""
    doubtful: bool = False
    is_likely: bool = True
    """Whether the answer is judged in it where it is wrong in all."""
    roles: tuple[str, ...] = ()
    """Of the weights that are joined in it, in their order."""


@dataclass(frozen=True)
class _Reading:
    """A change that fits an answer."""

    change: Change
    said: str
    convention: str = ""
    doubtful: bool = False
    is_likely: bool = True
    group: str = ""
    """Two of one group are never tried together."""


def readings(answer: Answer, network: Network, wrt: str) -> Iterator[Reading]:
    """The answer as it stands, then in other readings, the fewer changes the earlier. At most MOST_READINGS."""
    yield from _joined(Reading(answer), network, wrt)
    ways = list(_readings(answer, network))
    count = 0
    for many in range(1, len(ways) + 1):
        for chosen in combinations(ways, many):
            groups = [way.group for way in chosen if way.group]
            if len(groups) != len(set(groups)) or sum(way.doubtful for way in chosen) > 1:
                continue
            changed = answer
            for way in chosen:
                changed = way.change(changed)
            if changed == answer:
                continue
            conventions = [way.convention for way in chosen if way.convention]
            reading = Reading(
                changed,
                (),
                tuple(way.said for way in chosen),
                "-".join(conventions),
                any(way.doubtful for way in chosen),
                all(way.is_likely and not way.doubtful for way in chosen),
            )
            yield from _joined(reading, network, wrt)
            count += 1
            if count >= MOST_READINGS:
                return


ENTRY_BY_ENTRY = "the product of two columns is read entry by entry, ⊙"
_ENDS_LATER = "the product ends before the factors that follow it"


def _readings(answer: Answer, network: Network) -> Iterator[_Reading]:
    if _begins_at_zero(answer):
        yield _Reading(from_zero, "the steps are counted from 0 to T − 1; here they are from 1 to T", "steps-from-0",
                   group="zero")  # fmt: skip
        if any(isinstance(p, Reduce) and p.low == Literal(0) and p.high == STEPS for p in answer.parts()):
            yield _Reading(partial(from_zero, to_last=True), "this is right if the steps are counted from 0 to T; here "
                       "they are from 1 to T", doubtful=True, group="zero")  # fmt: skip
    for more in range(3):
        if _products_split(answer, more) != answer:
            said = "the product ends with the last factor that contains its index" if not more else _ENDS_LATER
            yield _Reading(partial(_products_split, more=more), said, is_likely=not more, group="product")
    simple = (
        _Reading(stars, ENTRY_BY_ENTRY, group="stars"),
        _Reading(partial(stars, wide=True), ENTRY_BY_ENTRY, group="stars"),
        _Reading(_wide_sums, "the Σ is read over all terms that contain its index"),
        _Reading(lambda each: each.changed(rewriting(with_bias(network))), "this is right for a network without bias",
             "no-bias"),
        _Reading(lambda each: _outputs(each, network), "o is read as the output ŷ"),
        _Reading(_exchanged, "∂⁺ is read as the total derivative, ∂ as the explicit one", is_likely=False),
        _Reading(_explicit, "this is right if ∂hₖ/∂W is meant with the earlier states held fixed, ∂⁺hₖ/∂W; as a total "
             "derivative it already contains the earlier steps", doubtful=True),
        _Reading(_descending, "this is right if the product starts with the largest index; as written it starts with "
             "the smallest", doubtful=True),
    )  # fmt: skip
    yield from (way for way in simple if way.change(answer) != answer)


# steps from 0


def _begins_at_zero(answer: Answer) -> bool:
    for part in answer.parts():
        if isinstance(part, Reduce) and part.low == Literal(0):
            return True
        if isinstance(part, Index) and part.indices[-1] == Neg(Literal(1)):
            return True
    return any(
        isinstance(part, Index) and part.indices[-1] == Literal(0) and part.base != Name("h") and part.base != Name("C")
        for part in answer.parts()
    )


_FROM_1 = re.compile(r"[a-z]\s*=\s*1(?!\d)|1\s*(?:≤|<=|\\le)")


def from_zero(answer: Answer, to_last: bool = False) -> Answer:
    """Steps 0 … T − 1 as our steps 1 … T; with `to_last` 0 … T. A Σ over all steps has no end written."""
    is_written = _FROM_1.search(answer.text) is not None

    def shift(part: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(part, Index):
            *front, last = part.indices
            if isinstance(last, Name) and last.id in answer.letters:
                return part.map(below)
            return Index(part.base, (*front, simplified(Add((last, Literal(1))))))
        if isinstance(part, Reduce) and part.index not in answer.letters:
            low, high = part.low, part.high
            if (low, high) == (Literal(1), STEPS) and part.operator == "sum" and not is_written:
                low, high = Literal(0), shifted(STEPS, -1)
            if to_last and high == STEPS:
                high = shifted(STEPS, -1)
            return replace(part, low=low, high=high, body=below(part.body))
        return part.map(below)

    change = rewriting(shift)

    def stated(statement: Statement) -> Statement:
        right = change(statement.right)
        for letter in statement.letters:
            right = moved(right, Name(letter, integer=True), -1)
        if statement.letter:
            return replace(statement, right=right)
        index = statement.index
        if isinstance(index, Partial | Index):
            index = change(index)
            for letter in statement.letters:
                index = moved(index, Name(letter, integer=True), -1)
        elif index is not None:
            index = simplified(Add((index, Literal(1))))
        return replace(statement, index=index, right=right)

    return replace(answer, node=change(answer.node), statements=tuple(map(stated, answer.statements)))


# where Σ and Π end


def _products_split(answer: Answer, more: int) -> Answer:
    """Each Π ends with the last factor in which its index stands, or `more` factors behind it."""

    def split(node: Node, below: Callable[[Node], Node]) -> Node:
        changed = node.map(below)
        return ended(changed) if isinstance(changed, Reduce) and changed.operator == "prod" else changed

    def ended(changed: Reduce) -> Node:
        body = changed.body
        if isinstance(body, Outer) and changed.index not in names_in(body.right):
            return Outer(ended(replace(changed, body=body.left)), body.right)
        if isinstance(body, Hadamard) and changed.index not in names_in(Hadamard(body.factors[1:])):
            return pointwise((ended(replace(changed, body=body.factors[0])), *body.factors[1:]))
        if not isinstance(body, Mul):
            return changed
        factors = body.factors
        inside = max((i for i, factor in enumerate(factors) if changed.index in names_in(factor)), default=-1)
        end = inside + 1 + more
        if inside < 0 or end >= len(factors):
            return changed
        return product((replace(changed, body=product(factors[:end])), *factors[end:]))

    return answer.changed(rewriting(split))


def _wide_sums(answer: Answer) -> Answer:
    """Σ_t a_t + b_t as Σ_t (a_t + b_t)."""

    def widen(node: Node, below: Callable[[Node], Node]) -> Node:
        changed = node.map(below)
        if not isinstance(changed, Add):
            return changed
        for place, term in enumerate(changed.terms):
            sign, inner = (Neg, term.operand) if isinstance(term, Neg) else (None, term)
            rest = changed.terms[place + 1 :]
            if isinstance(inner, Reduce) and rest and all(inner.index in names_in(each) for each in rest):
                if sign is not None:
                    continue
                body = inner.body.terms if isinstance(inner.body, Add) else (inner.body,)
                whole = replace(inner, body=Add((*body, *rest)))
                return whole if place == 0 else Add((*changed.terms[:place], whole))
        return changed

    return answer.changed(rewriting(widen))


def _descending(answer: Answer) -> Answer:
    """Each Π over steps with its largest index first."""

    def turn(node: Node, below: Callable[[Node], Node]) -> Node:
        changed = node.map(below)
        if not isinstance(changed, Reduce) or changed.operator != "prod" or isinstance(changed.body, Partial):
            return changed
        return replace(changed, descending=True) if kind_of(changed.body) is Kind.MATRIX else changed

    return answer.changed(rewriting(turn))


# products


def stars(answer: Answer, wide: bool = False) -> Answer:
    """a b of two columns as a ⊙ b: a matrix product they have none. `wide`: all that stands before is one factor."""

    def star(node: Node, below: Callable[[Node], Node]) -> Node:
        changed = node.map(below)
        if not isinstance(changed, Mul):
            return changed
        factors: list[Node] = []
        for factor in changed.factors:
            if factors and _is_column(factors[-1]) and _is_column(factor):
                before = product(tuple(factors)) if wide else factors[-1]
                factors = [*([] if wide else factors[:-1]), pointwise((before, factor))]
            else:
                factors.append(factor)
        return product(tuple(factors)) if len(factors) < len(changed.factors) else changed

    return answer.changed(rewriting(star))


def _is_column(node: Node) -> bool:
    """A vector, or a sum or a product that is one: W h is."""
    if isinstance(node, Index | Name):
        return kind_of(node) in (Kind.VECTOR, Kind.MAP)
    if isinstance(node, Add | Hadamard | Neg | Pow):
        return any(map(_is_column, node.children()))
    if isinstance(node, Mul):
        # δ U, a row
        first, *rest = node.factors
        return _is_column(node.factors[-1]) or (_is_column(first) and all(kind_of(f) is Kind.MATRIX for f in rest))
    if isinstance(node, Call):
        return node.function != "diag" and any(map(_is_column, node.arguments))
    return isinstance(node, Reduce) and _is_column(node.body)


# what a network has


def with_bias(network: Network) -> Callable[[Node, Callable[[Node], Node]], Node]:
    """Adds the bias to the sum in an activation that has weights, and no bias."""

    def change(node: Node, below: Callable[[Node], Node]) -> Node:
        changed = node.map(below)
        if not isinstance(changed, Call) or len(changed.arguments) != 1 or changed.function in ("diag", "block"):
            return changed
        names = set(names_in(changed.arguments[0]))
        used = [network.by_name[name] for name in names if name in network.by_name]
        weights = [weight for weight in used if weight.columns]
        if not weights:
            return changed
        bias = next((b for b in network.weights if not b.columns and b.role != "peephole" and _belong(b, weights[0])),
                    None)  # fmt: skip
        if bias is None or any(not weight.columns for weight in used):
            return changed
        return Call(changed.function, (Add((changed.arguments[0], Name(bias.name, bias.kind))),))

    return change


def _belong(bias: Weight, weight: Weight) -> bool:
    is_of_cell = weight.role in ("w_ih", "w_hh")
    return (bias.role == ("b_ih" if is_of_cell else "")) and (bias.gate, bias.layer) == (weight.gate, weight.layer)


def _outputs(answer: Answer, network: Network) -> Answer:
    """o_t as the output itself, where no ŷ stands beside it."""
    names = {part.base.id for part in answer.parts() if isinstance(part, Index) and isinstance(part.base, Name)}
    if "yhat" in names or "a_y" not in names or "yhat" not in network.declarations:
        return answer
    yhat = network.declarations.name("yhat")
    return answer.changed(lambda node: replaced(node, {Name("a_y"): yhat}))


def _exchanged(answer: Answer) -> Answer:
    """∂⁺ as Werbos writes it: the ordered derivative, which has everything in it."""

    def exchange(node: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(node, Partial):
            of_weight = isinstance(node.bottom, Name)
            return Partial(node.top, node.bottom, not node.direct and of_weight)
        return node.map(below)

    if not any(isinstance(part, Partial) and part.direct and isinstance(part.bottom, Index) for part in answer.parts()):
        return answer
    return answer.changed(rewriting(exchange))


def _explicit(answer: Answer) -> Answer:
    """∂h_k/∂W as ∂⁺h_k/∂W."""

    def change(node: Node, below: Callable[[Node], Node]) -> Node:
        if not isinstance(node, Partial):
            return node.map(below)
        is_of_state = isinstance(node.top, Index) and node.top.base != Name("L")
        return Partial(node.top, node.bottom, True) if is_of_state and isinstance(node.bottom, Name) else node

    return answer.changed(rewriting(change))


# joined weights

JOINED = "joined"


def _joined(reading: Reading, network: Network, wrt: str) -> Iterator[Reading]:
    """[h_{t−1}, x_t], for all weights joined, as the vector that each of them meets."""
    if not roles_joined(reading.answer):
        yield reading
        return
    inner = apart(reading.answer, network)
    roles = roles_joined(inner)
    if not roles:
        yield replace(reading, answer=inner)
        return
    answers = for_each(inner, network, wrt)
    if answers is None:
        return
    said = f"this is right for the weights of {' and '.join(SPOKEN[role] for role in roles)} joined in one matrix"
    yield replace(
        reading,
        answer=answers.pop(wrt),
        parts=tuple(answers.items()),
        said=(*reading.said, said),
        convention="-".join(filter(None, (reading.convention, JOINED))),
        roles=roles,
    )
