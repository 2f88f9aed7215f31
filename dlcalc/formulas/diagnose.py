"""What a typical mistake makes of a question: the formula run with the edit, on the state that is worked out once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from ..errors import UserError
from ..expressions.arrays import flat
from ..expressions.limits import LIMIT_WORKING, WorkError, left, spend, within_budget
from ..expressions.nodes import Node, Value
from .defaults import with_defaults
from .model import Formula, Mistake
from .program import Program, as_array, program
from .steps import State, Unit

PERHAPS_BOTH = "it could be two mistakes at once"
COULD_BE = "it could be this"
PERHAPS = "perhaps"


@dataclass(frozen=True)
class Candidate:
    """One way to the answer: a mistake, or two made together."""

    mistakes: tuple[Mistake, ...]
    found: bool = False
    """Whether it was searched for among edits of the formula, and is no known mistake."""
    by_chance: bool = False
    """Whether a number taken at random might as well be what this mistake gives: a small whole one."""
    formula: str = ""
    """The id of the formula that an edit was found in."""

    @property
    def id(self) -> str:
        return "+".join(mistake.id for mistake in self.mistakes)

    @property
    def because(self) -> str:
        """Of two together only what may be so: among so many pairs some give a number by chance."""
        said = "; and ".join(mistake.because for mistake in self.mistakes)
        if self.found:
            return f"{PERHAPS}: {said}"
        if len(self.mistakes) > 1:
            return f"{PERHAPS_BOTH}: {said}"
        return f"{COULD_BE}: {said}" if self.by_chance else said

    @property
    def hint(self) -> str:
        return " ".join(mistake.hint for mistake in self.mistakes if mistake.hint)

    @property
    def weight(self) -> float:
        product = 1.0
        for mistake in self.mistakes:
            product *= mistake.weight
        return product


def wrong_values(
    formula: Formula, given: Mapping[str, Value], name: str, convention: str = ""
) -> dict[str, tuple[Mistake, Value]]:
    """What each typical mistake makes of one question: id → (mistake, value); those without a value are left out."""
    compiled = program(formula, convention)
    made = outcomes(compiled, given, name)
    found: dict[str, tuple[Mistake, Value]] = {}
    for mistake in compiled.relevant(name):
        value = made.of(mistake)
        if value is not None:
            found[mistake.id] = (mistake, value)
    return found


def given_instead(formula: Formula, other: str, name: str) -> Mistake:
    """The mistake of giving another answer of the formula than the one that is asked; `VOLUME`: how many outputs."""
    gave = "the number of outputs" if other == VOLUME else _called(formula.by_name[other].meaning)
    because = f"you gave {gave}; the question asks for {_called(formula.by_name[name].meaning)}"
    return Mistake(
        f"gave-{other.replace('_', '-').lower()}", "", "", because, GIVEN_INSTEAD, "Which quantity is asked?"
    )


GIVEN_INSTEAD = 0.3
"""How common it is to give another quantity than the one that is asked."""
VOLUME = "volume"
"""How many numbers a shape has, as if it were an answer of the formula."""


def _called(meaning: str) -> str:
    """What a quantity is called in a sentence: the short name at the beginning of what it means, with its article."""
    short = re.split(r"[:;,]", meaning)[0].strip()
    return f"the {short}" if re.match(r"[A-Za-z]{2}", short) and not _WITHOUT_ARTICLE.match(short) else short


_WITHOUT_ARTICLE = re.compile(r"(?:what|where|how|an?|one|the|their|its|all)\b")


def outcome(plan: list[Unit], state: State, name: str) -> Value | None:
    """What comes out for `name` when a plan is run on a state; None when nothing can be computed with it."""
    try:
        for unit in plan:
            unit.run(state, {})
    except (UserError, OverflowError):
        return None
    return as_array(state.values[name])


K = TypeVar("K")
T = TypeVar("T")


class Outcomes:
    """The formula worked out at one set of numbers for one question, and what mistakes make of it, each tried once.

    Work that is not done again is spent again: whatever was tried before, a search ends at the same mistake.
    """

    def __init__(self, compiled: Program, given: Mapping[str, Value], name: str) -> None:
        self.compiled, self.name = compiled, name
        before = left()
        self._state = compiled.reach(with_defaults(compiled.formula, given), name)
        self.work = before - left()
        self.expected = as_array(self._state.values[name])
        self._single: dict[str, tuple[Value | None, int]] = {}
        self._pairs: dict[tuple[str, str], tuple[Value | None, int]] = {}
        self._last: tuple[str, State] | None = None
        """The mistake that was made last, and all values after it: pairs are tried one after another with the same."""

    @property
    def state(self) -> State:
        """All values without a mistake, which the caller may change."""
        return self._state.copy()

    @cached_property
    def others(self) -> dict[str, Value]:
        """The formula's other answers, those that can be worked out."""
        names = tuple(name for name in self.compiled.formula.answers if name != self.name)
        found: dict[str, Value] = {}
        try:
            return self._worked_out(names)
        except (UserError, OverflowError):
            for name in names:
                with suppress(UserError, OverflowError):
                    found.update(self._worked_out((name,)))
        return found

    def _worked_out(self, names: tuple[str, ...]) -> dict[str, Value]:
        places = self.compiled.places_after(self.name, names)
        values = within_budget(lambda: self.compiled.execute(self.state, places), LIMIT_WORKING).values
        return {name: as_array(values[name]) for name in names}

    def of(self, mistake: Mistake) -> Value | None:
        """What one mistake gives; None when nothing can be computed with it, or the budget is used up."""
        return within_budget(lambda: _tried(self._single, mistake.id, lambda: self._made(mistake)), LIMIT_WORKING)

    def of_pair(self, a: Mistake, b: Mistake) -> Value | None:
        """What two mistakes of different steps give, the first made before the second."""
        return within_budget(lambda: _tried(self._pairs, (a.id, b.id), lambda: self._together(a, b)), LIMIT_WORKING)

    def _made(self, mistake: Mistake) -> Value | None:
        state = self.state
        self._last = mistake.id, state
        return outcome(self.compiled.plan(self.name, mistake), state, self.name)

    def _after(self, mistake: Mistake) -> State:
        """All values after a mistake that was made before: to make it again counts as no work."""
        if self._last is None or self._last[0] != mistake.id:
            before = left()
            self._made(mistake)
            if left() >= 0:
                spend(left() - before)
        assert self._last is not None
        return self._last[1]

    def _together(self, a: Mistake, b: Mistake) -> Value | None:
        compiled, name = self.compiled, self.name
        if a.id not in self._single or compiled.together(a, b):
            return outcome(compiled.plan(name, a, b), self.state, name)
        state = self._after(a).copy()
        return None if left() < 0 else outcome(compiled.plan(name, b), state, name)


def outcomes(compiled: Program, given: Mapping[str, Value], name: str) -> Outcomes:
    """The outcomes of one question; those of the last few questions with numbers alone are kept.

    Raises UserError where the right answer cannot be computed.
    """
    has_letters = any(isinstance(each, Node) for each in flat(tuple(given.values())))

    def kept() -> Outcomes:
        key = (compiled, name, repr(given))  # 2, 2.0 and 2/1 are equal, and are not worked with alike
        found = None if has_letters else _kept.pop(key, None)
        if found is not None:
            spend(found.work)
            _kept[key] = found
            return found
        found = Outcomes(compiled, given, name)
        if not has_letters and found.work <= MOST_KEPT:
            _kept[key] = found
            while len(_kept) > RECENT or sum(each.work for each in _kept.values()) > MOST_KEPT:
                del _kept[next(iter(_kept))]
        return found

    return within_budget(kept, LIMIT_WORKING)


RECENT = 64
"""Questions whose outcomes are kept: an exam's for the next hand-in, and all points of an answer in letters."""
MOST_KEPT = 400_000
"""Units of work that all of them took together: what takes more has large arrays."""
_kept: dict[tuple[Program, str, str], Outcomes] = {}


def _tried(kept: dict[K, tuple[T, int]], key: K, compute: Callable[[], T]) -> T | None:
    """What is computed the first time within the budget; later the same, for the same work."""
    if key in kept:
        value, work = kept[key]
        try:
            spend(work)
        except WorkError:
            return None
        return value
    before = left()
    value = compute()
    if left() >= 0:
        kept[key] = value, before - left()
    return value
