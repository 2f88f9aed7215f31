"""Slips that nobody wrote down: a wrong answer is looked for among small edits of the formula itself.

A term left out, two letters exchanged, + for ×, one too many, a square for a product; one of them, or two. What fits is
offered as "perhaps" and never as known: only where a number taken at random would hardly fit as well, and at most
`MOST_OFFERED` of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial
from itertools import count, islice, pairwise
from math import inf, prod

from ..errors import UserError
from ..expressions import printing
from ..expressions.kinds import kind_of
from ..expressions.limits import left, within_budget
from ..expressions.nodes import (
    Add,
    Call,
    Compare,
    Div,
    FormulaCall,
    Hadamard,
    Kind,
    Literal,
    Logic,
    Mul,
    Name,
    Neg,
    Node,
    Pow,
    Reduce,
    Value,
    walk,
)
from .diagnose import outcome
from .model import Mistake
from .program import Program, as_array
from .steps import State, Unit

MOST_OFFERED = 2
MOST_BY_CHANCE = 0.1
"""Of the numbers about as large as the answer, the part that some edit gives: above it a fit says nothing."""
MOST_ROUNDED = 0.01
"""By how much of itself a whole number may differ from what an edit gives: more than that is no rounding."""
MOST_UNSURE = 40
"""Edits by chance that are kept, for what many answers have in common."""
MOST_SINGLE = 600
MOST_DOUBLE = 800
"""Edits, and pairs of edits, that are tried for one answer."""
MOST_WORK = 40_000
"""Units of work (`expressions.limits`) that one search may take."""
MOST_WORK_ON_ARRAYS = 16_000
"""The same for an array, whose exact fractions take longer for each unit."""
MOST_WORK_ON_SERIES = 30_000
"""The same for what is worked out entry by entry, most of it in floats."""
MOST_OF_STEP = 120
"""Edits of one step."""
POWERS_OF_TEN = (1, 2, 3, 6)
"""By how many digits a decimal point may be misplaced: one, per cent, thousand and million of a unit."""

_ONE = Literal(1)
_ROUNDED = {"floor": ("ceil", "rounded up, not down"), "ceil": ("floor", "rounded down, not up")}


@dataclass(frozen=True)
class _Edit:
    """One edit of a step: where, how unlikely, what stands there instead, in words what was done, what is run again."""

    step: str
    place: int
    unlikely: int
    text: str
    node: Node
    done: str
    plan: list[Unit]
    last: int
    """The place of the last step that is run together with this one."""

    @property
    def said(self) -> str:
        """What was done with what then stands there, written only of the few edits that fit."""
        return f"{self.done}: {self.step} = {printing.text(self.node)}"


@dataclass(frozen=True)
class Found:
    """Edits that give an answer, each as a mistake."""

    mistakes: tuple[Mistake, ...]
    by_chance: bool = False
    """Whether a number taken at random would fit some edit as easily: then it is nothing to say to anybody."""


_SMALLEST = 5e-324
"""The smallest float above 0: a smaller unit is as good as this one."""


class Fits:
    """An answer that is looked for: whether a value is it, and among how many it could stand."""

    def __init__(self, agrees: Callable[[Value], bool], wrote: Value, unit: Fraction | float) -> None:
        self.agrees = agrees
        self.wrote = wrote
        self.numbers = tuple(_numbers(wrote))
        self.unit = next(_numbers(unit)) or _SMALLEST

    def is_given(self, value: Value) -> bool:
        """Whether an edit that gives this value gives the answer: 3 is hardly what 2.73 was rounded to."""
        if not self.agrees(value):
            return False
        broken = isinstance(value, Fraction | float) and isinstance(self.wrote, int)
        return not broken or abs(value - self.wrote) <= MOST_ROUNDED * abs(self.wrote)

    def by_chance(self, values: Iterable[Value]) -> float:
        """The part of the numbers about as large as the answer that are among these values."""
        return self.part(sum(map(self.is_near, set(values))))

    def part(self, near: int) -> float:
        """The same of so many different values that are near."""
        return near / self._room if self._room else 1.0

    @cached_property
    def _room(self) -> float:
        """How many numbers are about as large as the answer; 0 for 0 and 1, which come out of everything."""
        if all(abs(part) <= 1 and part == int(part) for part in self.numbers):
            return 0.0
        return prod(max(1.0, 1.5 * abs(part) / self.unit) for part in set(self.numbers))

    def is_near(self, value: Value) -> bool:
        """Whether a value is about as large as the answer."""
        parts = tuple(_numbers(value))
        return len(parts) == len(self.numbers) and all(
            (0.5 <= part / own <= 2) if own else not part for part, own in zip(parts, self.numbers, strict=True)
        )


def _numbers(value: Value) -> Iterator[float]:
    """The numbers of a value, as floats; what is too large, or no number, is infinite."""
    if isinstance(value, tuple):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int | float | Fraction):
        try:
            yield float(value)
        except OverflowError:
            yield inf
    else:
        yield inf


def searched(compiled: Program, states: list[State], name: str, fits: list[Fits]) -> tuple[Found, ...]:
    """The edits that lead to an answer at all points: at most `MOST_OFFERED`, or `MOST_UNSURE` by chance.

    `states` are the formula worked out at each point as by `Program.reach`, `fits` the answer there.
    """
    limits = {tuple: MOST_WORK_ON_ARRAYS, dict: MOST_WORK_ON_SERIES}
    limit = limits.get(states[0].values[name].__class__, MOST_WORK)
    return within_budget(lambda: tuple(_searched(compiled, states, name, fits)), limit)


def _searched(compiled: Program, states: list[State], name: str, fits: list[Fits]) -> Iterator[Found]:
    right = as_array(states[0].values[name])
    single: list[tuple[_Edit, State, Value]] = []
    values: list[Value] = []
    found: list[tuple[_Edit, ...]] = []
    for edit in _edits_of(compiled, name):
        if left() < 0:
            break
        state = states[0].copy()
        value = _outcome(edit, state, name)
        if value is None or value == right:
            continue
        if _is_like(value, right):  # a second edit of ten times an array would be ten arrays
            single.append((edit, state, value))
        values.append(value)
        if fits[0].is_given(value) and _leads(states[1:], fits[1:], name, edit):
            found.append((edit,))
    if not found and fits[0].by_chance(values) < MOST_BY_CHANCE:
        single.sort(key=lambda each: each[0].place)
        for a, b, value in islice(_pairs(single, name), MOST_DOUBLE):
            values.append(value)
            if fits[0].is_given(value) and _leads(states[1:], fits[1:], name, a, b):
                found.append((a, b))
    sure = len(states) > 1 or not found or fits[0].by_chance(values) < MOST_BY_CHANCE
    for edits in found[: MOST_OFFERED if sure else MOST_UNSURE]:
        yield Found(tuple(map(_mistake, edits)), not sure)


def _is_like(value: Value, right: Value) -> bool:
    """Whether a value has the form of the right one: a number, or as many of the same form."""
    if not isinstance(right, tuple):
        return not isinstance(value, tuple)
    return isinstance(value, tuple) and len(value) == len(right) and all(map(_is_like, value, right))


def _pairs(single: list[tuple[_Edit, State, Value]], name: str) -> Iterator[tuple[_Edit, _Edit, Value]]:
    """Two edits of two steps, the later made on what the earlier has left."""
    for index, (a, state, first) in enumerate(single):
        for b, _, second in single[index + 1 :]:
            if left() < 0:
                return
            if b.place > a.last:
                value = _outcome(b, state.copy(), name)
                if value is not None and value not in (first, second):
                    yield a, b, value


def _leads(states: list[State], fits: list[Fits], name: str, *edits: _Edit) -> bool:
    for state, fit in zip(states, fits, strict=True):
        changed, value = state.copy(), None
        for edit in edits:
            value = _outcome(edit, changed, name)
        if value is None or not fit.agrees(value):
            return False
    return True


def _outcome(edit: _Edit, state: State, name: str) -> Value | None:
    try:
        return outcome(edit.plan, state, name)
    except (TypeError, IndexError):
        return None  # an edit without a meaning: a number added to a shape, a row of a number


def _mistake(edit: _Edit) -> Mistake:
    return Mistake(f"found-in-{edit.step.replace('_', '-').replace('.', '-').lower()}", edit.step, edit.text, edit.said)


def _edits_of(compiled: Program, name: str) -> list[_Edit]:
    """The edits of the steps on the way to what is asked, made once: the likely ones first, from what is asked back."""
    made: dict[str, list[_Edit]] = compiled.searched
    if name not in made:
        made[name] = sorted(islice(_made(compiled, name), MOST_SINGLE), key=lambda edit: edit.unlikely)
    return made[name]


def _made(compiled: Program, name: str) -> Iterator[_Edit]:
    known = {mistake.expression for mistake in compiled.relevant(name)}
    for place, op in reversed(list(enumerate(compiled.ops))):
        if op.name not in compiled.needed(name) or op.prefix or op.step.called or isinstance(op.node, FormulaCall):
            continue
        kinds = op.formula.declarations[op.per_axis].kinds
        letters = tuple(op.formula.letter(item.name) for item in op.formula.variables)
        own = tuple(part for part in walk(op.node) if isinstance(part, Name) and part.id in kinds)
        letters = tuple(dict.fromkeys((*own, *(replace(letter, kind=kinds[letter.id]) for letter in letters))))
        seen = {printing.plain(op.node)} | known
        last = compiled.last_beside(place)
        scaled = _scaled(op.node) if op.name == name else ()
        small = islice(edits(op.node, letters), MOST_OF_STEP)
        for unlikely, (said, node) in (*scaled, *small):
            text = printing.plain(node)
            if text in seen or kind_of(node) is not kind_of(op.node):
                continue
            seen.add(text)
            try:
                plan = compiled.plan_of(name, ((op.name, text),))
            except UserError:
                continue
            yield _Edit(op.name, place, unlikely, text, node, said, plan, last)


Edited = tuple[str, Node]


def _scaled(node: Node) -> Iterator[tuple[int, Edited]]:
    """A result with its decimal point in another place: 16 for 1600, 743 MB for 743 kB."""
    if kind_of(node) is Kind.SCALAR:
        for digits in POWERS_OF_TEN:
            power = Literal(10**digits)
            yield 0, (f"the result is {power.value} times too large", Mul((power, node)))
            yield 0, (f"the result is {power.value} times too small", Div(node, power))


def edits(node: Node, letters: tuple[Name, ...]) -> Iterator[tuple[int, Edited]]:
    """The small edits of an expression, each with what was done in words, and before them how unlikely: 0 to 2."""
    own = tuple(letter for letter in letters if any(letter == part for part in walk(node)))
    others = tuple(letter for letter in letters if letter not in own)
    yield from ((0, edit) for edit in _below(node, _here))
    yield from ((1, edit) for edit in _exchanged(node))
    yield from ((1, edit) for edit in _below(node, partial(_replaced, letters=own)))
    yield from ((2, edit) for edit in _below(node, partial(_replaced, letters=others)))


def _exchanged(node: Node) -> Iterator[Edited]:
    names = list(dict.fromkeys(part for part in walk(node) if isinstance(part, Name)))
    for index, a in enumerate(names):
        for b in names[index + 1 :]:
            if a.kind is b.kind:
                yield f"{a.id} and {b.id} are exchanged", _renamed(node, {a.id: b.id, b.id: a.id})


def _renamed(node: Node, names: dict[str, str]) -> Node:
    if isinstance(node, Name):
        return replace(node, id=names.get(node.id, node.id))
    return node.map(lambda part: _renamed(part, names))


def _below(node: Node, made: Callable[[Node], Iterator[Edited]]) -> Iterator[Edited]:
    """The edits that are made of the node itself, then of each part of it."""
    yield from made(node)
    if isinstance(node, Compare | Logic):
        return
    for index, child in enumerate(node.children()):
        if isinstance(node, Pow) and index == 1 and isinstance(child, Literal):
            continue  # edited with the power
        for said, new in _below(child, made):
            yield said, _with_child(node, index, new)


def _with_child(node: Node, index: int, new: Node) -> Node:
    places = count()
    return node.map(lambda part: new if next(places) == index else part)


def _replaced(node: Node, letters: tuple[Name, ...]) -> Iterator[Edited]:
    if isinstance(node, Name):
        for letter in letters:
            if letter.id != node.id and letter.kind is node.kind:
                yield f"{letter.id} was used instead of {node.id}", letter


def _here(node: Node) -> Iterator[Edited]:
    match node:
        case Add(terms):
            yield from _of_terms(terms)
        case Mul(factors) | Hadamard(factors):
            yield from _of_factors(node, factors)
        case Div(top, bottom):
            yield f"multiplied by {_said(bottom)}, not divided", Mul((top, bottom))
            yield f"the division by {_said(bottom)} is left out", top
            yield f"{_said(top)} and {_said(bottom)} are exchanged", Div(bottom, top)
        case Pow(base, Literal(2)):
            yield f"{_said(base)} is not squared", base
            yield f"{_said(base)} is doubled, not squared", Mul((Literal(2), base))
        case Call(function, (inner,)) if function in _ROUNDED:
            other, said = _ROUNDED[function]
            yield said, Call(other, (inner,))
            yield "not rounded", inner
        case Call("shape", (first, *others)) if others:
            yield f"{_said(others[-1])} comes before {_said(first)}", Call("shape", (*others, first))
            for part in others:
                if part != first:
                    yield f"{_said(first)} was used instead of {_said(part)}", _swapped_in(node, part, first)
                    yield f"{_said(part)} was used instead of {_said(first)}", _swapped_in(node, first, part)
        case Call(function, (inner,)) if kind_of(inner) is kind_of(node):
            yield f"{_said(inner)} was used instead of {_said(node)}", inner
        case Neg(operand):
            yield f"the minus before {_said(operand)} is left out", operand
        case Name(id) if node.kind is Kind.SCALAR:
            yield f"{id} + 1 was used instead of {id}", Add((node, _ONE))
            yield f"{id} − 1 was used instead of {id}", Add((node, Neg(_ONE)))
            yield f"{id}² was used instead of {id}", Pow(node, Literal(2))
        case Literal(value) if isinstance(value, int) and value > 0:
            yield f"{value + 1} was used instead of {value}", Literal(value + 1)
            if value > 1:
                yield f"{value - 1} was used instead of {value}", Literal(value - 1)
        case Reduce():
            yield "the sum ends one term too early", replace(node, high=Add((node.high, Neg(_ONE))))
            yield "the sum starts one term too late", replace(node, low=Add((node.low, _ONE)))


def _swapped_in(node: Node, old: Node, new: Node) -> Node:
    return node.map(lambda part: new if part == old else part)


def _of_terms(terms: tuple[Node, ...]) -> Iterator[Edited]:
    for index, term in enumerate(terms):
        others = terms[:index] + terms[index + 1 :]
        plain = term.operand if isinstance(term, Neg) else term
        yield f"{_said(plain)} is left out", _sum(others)
        if isinstance(term, Neg):
            yield f"{_said(plain)} is added, not subtracted", _sum((*terms[:index], plain, *terms[index + 1 :]))
        else:
            yield f"{_said(plain)} is subtracted, not added", _sum((*others, Neg(term)))
    for index, (a, b) in enumerate(pairwise(terms)):
        if not isinstance(a, Neg) and not isinstance(b, Neg):
            rest = (*terms[:index], Mul((a, b)), *terms[index + 2 :])
            yield f"{_said(a)} and {_said(b)} are multiplied, not added", _sum(rest)


def _of_factors(node: Mul | Hadamard, factors: tuple[Node, ...]) -> Iterator[Edited]:
    made = type(node)

    def product(parts: tuple[Node, ...]) -> Node:
        return made(parts) if len(parts) > 1 else parts[0]

    for index, factor in enumerate(factors):
        others = factors[:index] + factors[index + 1 :]
        yield f"the factor {_said(factor)} is left out", product(others)
        yield f"the factor {_said(factor)} is counted twice", product((*factors, factor))
        for other in others:
            if not isinstance(factor, Literal) and not isinstance(other, Literal):
                rest = tuple(each for each in others if each is not other)
                said = f"{_said(factor)}² was used instead of {_said(factor)}·{_said(other)}"
                yield said, product((*rest, Pow(factor, Literal(2))))
    for index, a in enumerate(factors):
        for b in factors[index + 1 :]:
            rest = tuple(each for each in factors if each is not a and each is not b)
            if kind_of(a) is not kind_of(b) and Kind.SCALAR not in (kind_of(a), kind_of(b)):
                continue
            yield f"{_said(a)} and {_said(b)} are added, not multiplied", product((*rest, Add((a, b))))
    for index in range(1, len(factors)):
        first, last = product(factors[:index]), product(factors[index:])
        if len(factors) > 2 and kind_of(first) is kind_of(last):
            yield f"{_said(first)} and {_said(last)} are added, not multiplied", Add((first, last))


def _sum(terms: tuple[Node, ...]) -> Node:
    return Add(terms) if len(terms) > 1 else terms[0]


def _said(node: Node) -> str:
    return printing.text(node)
