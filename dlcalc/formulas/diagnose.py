"""What a typical mistake makes of a question: the formula run with the edit, on the state that is worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import UserError
from ..expressions.nodes import Value
from .defaults import with_defaults
from .model import Formula, Mistake
from .program import as_array, program
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
    state = compiled.reach(with_defaults(formula, given), name)
    found: dict[str, tuple[Mistake, Value]] = {}
    for mistake in compiled.relevant(name):
        value = outcome(compiled.plan(name, mistake), state.copy(), name)
        if value is not None:
            found[mistake.id] = (mistake, value)
    return found


def outcome(plan: list[Unit], state: State, name: str) -> Value | None:
    """What comes out for `name` when a plan is run on a state; None when nothing can be computed with it."""
    try:
        for unit in plan:
            unit.run(state, {})
    except (UserError, OverflowError):
        return None
    return as_array(state.values[name])
