"""Which value of a variable leads to a wanted answer: `inverse:conv.o:s`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from .. import document as doc
from ..errors import UserError
from ..explain.calculation import answer
from ..expressions.answers import Answer
from ..expressions.nodes import Name, Value, to_node
from ..formulas.defaults import with_defaults
from ..formulas.diagnose import outcome
from ..formulas.inverse import find
from ..formulas.model import Formula
from ..formulas.program import program
from ..formulas.run import Working, contains_letters, run
from .target import Other, Wrong, alike


@dataclass(frozen=True)
class InverseTarget:
    """Which value of `unknown` gives this answer: `inverse:conv.o:s`. `given` holds one value that does."""

    formula: Formula
    given: Mapping[str, Value]
    target: str
    unknown: str
    convention: str = ""

    @cached_property
    def working_out(self) -> Working:
        return run(self.formula, self.given, (), {}, self.convention)

    @property
    def expected(self) -> Value:
        return self.given[self.unknown]

    @property
    def letters(self) -> tuple[str, ...]:
        return ()

    @cached_property
    def wanted(self) -> Value:
        """The answer that must come out."""
        return self.working_out[self.target]

    def fits(self, value: Value) -> bool:
        """Whether a value of the unknown leads to the wanted answer. Anything that does is right."""
        try:
            return bool(self._with(value)[self.target] == self.wanted)
        except UserError:
            return False

    def _with(self, value: Value) -> Working:
        return run(self.formula, {**self.given, self.unknown: value}, (), {}, self.convention)

    def leads_to(self, value: Value) -> Iterator[Wrong]:
        """The mistakes with which a value of the unknown seems to lead to the wanted answer."""
        compiled = program(self.formula, self.convention)
        try:
            state = compiled.reach(with_defaults(self.formula, {**self.given, self.unknown: value}), self.target)
        except UserError:
            return
        for mistake in compiled.relevant(self.target):
            made = outcome(compiled.plan(self.target, mistake), state.copy(), self.target)
            if alike(made) == self.wanted:
                yield Wrong(mistake.id, mistake.because, value, mistake.weight, mistake.hint)

    def wrong(self) -> Iterator[Wrong]:
        """Values near the right one to which a mistake leads."""
        return iter(self._wrong)

    @cached_property
    def _wrong(self) -> tuple[Wrong, ...]:
        right = self.expected
        if not isinstance(right, int):
            return ()
        variable = self.formula.variable(self.unknown)
        assert variable is not None
        low, high = max(int(variable.low), 0), min(2 * right + 20, 400)
        seen: dict[str, Wrong] = {}
        for value in range(low, high + 1):
            if value != right and not self.fits(value):
                for wrong in self.leads_to(value):
                    seen.setdefault(wrong.id, wrong)
        return tuple(sorted(seen.values(), key=lambda each: -each.weight))

    def others(self) -> Iterator[Other]:
        return iter(())

    def working(self) -> tuple[doc.Block, ...]:
        """The formula with the unknown as a letter, what was found, and the check."""
        given = {name: value for name, value in self.given.items() if name != self.unknown}
        letter = self.formula.letter(self.unknown)
        asked = run(self.formula, given, (), {}, self.convention)
        shown = asked.shown(self.target)
        blocks: list[doc.Block] = []
        if contains_letters(shown) and not isinstance(shown, tuple):
            line = doc.Equation(Name(self.target), (to_node(shown), to_node(self.wanted)))
            blocks = [doc.Paragraph(("The ", _meaning(self.formula, self.target), " with ", doc.Math(letter),
                                     " unknown:")), doc.Formula((line,))]  # fmt: skip
        try:
            target = {self.target: Answer(str(self.wanted), self.wanted)}
            found = find(self.formula, given, target, (self.unknown,), None, self.convention)
            values = [row[self.unknown] for row in found.found if row.get(self.unknown) is not None]
            low, high = found.searched[self.unknown]
            listed = ", ".join(map(str, values[:6])) + (", …" if len(values) > 6 else "")
            blocks.append(doc.Paragraph((f"Whole numbers from {low} to {high} that fit: ", doc.Strong(listed), ".")))
        except UserError:
            pass
        blocks.append(doc.Paragraph(("Check, with ", doc.Math(letter), f" = {self.expected}:")))
        return (*blocks, *answer(self.working_out, self.target))


def _meaning(formula: Formula, name: str) -> str:
    return getattr(formula.by_name.get(name), "meaning", "") or name
