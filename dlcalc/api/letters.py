"""Equations solved for letters: `n − f + 2p + 1 = n` for p is p = (f − 1)/2, for odd f."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..algebra import solving
from ..algebra.exchange import check_installed
from ..document import Block, Document, Equation, Formula, Items, Math, Note, Paragraph, Steps, Words
from ..errors import UserError
from ..expressions import printing
from ..expressions.nodes import Add, Literal, Mul, Name, Neg, Node
from ..expressions.printing import Spell
from ..profiles import COURSE, Profile
from .expression import Expression, Facts, as_sympy, from_algebra
from .results import Result, solutions_named, written

if TYPE_CHECKING:
    from . import shapes

Equations = Sequence[tuple[Node, Node]]


class InLetters(Result):
    """Solutions in letters: `solutions` has a dictionary for each, letter → expression, or the two ends of the range
    that a floor leaves. `conditions` says in words when they hold.
    """

    def __init__(
        self, title: str, equations: Equations, unknowns: Sequence[str], facts: Facts, whole: bool,
        spell: Spell = None, course: Profile = COURSE,
    ) -> None:  # fmt: skip
        self.title, self.equations, self.unknowns = title, tuple(equations), tuple(unknowns)
        self.facts, self.whole, self.spell, self.course = facts, whole, spell, course
        from_algebra(check_installed)
        found: solving.Solved = from_algebra(solving.solved, self.equations, self.unknowns, facts)
        self.found = replace(found, solutions=tuple(each for each in found.solutions if self._may_be(each)))

    def _may_be(self, solution: Mapping[str, Node | solving.Between]) -> bool:
        """Whether no unknown is surely below its least value."""
        return all(
            isinstance(value, solving.Between) or self._is_large_enough(name, value) is not False
            for name, value in solution.items()
        )

    def _least(self, name: str) -> int | None:
        known = self.facts.get(name, {})
        return 1 if known.get("positive") else 0 if known.get("nonnegative") else None

    def _is_large_enough(self, name: str, value: Node) -> bool | None:
        least = self._least(name)
        return True if least is None or not self.whole else solving.is_at_least(value, least, self.facts)

    @property
    def solutions(self) -> list[dict[str, Any]]:
        return [{name: self._value(value) for name, value in each.items()} for each in self.found.solutions]

    def _value(self, value: Node | solving.Between) -> Any:
        if isinstance(value, solving.Between):
            return Expression(value.low, self.facts), Expression(value.high, self.facts)
        return Expression(value, self.facts)

    @property
    def conditions(self) -> list[str]:
        return ["".join(w if isinstance(w, str) else printing.text(w.value) for w in words) for words in self._said()]

    def _said(self) -> list[tuple[str | Math, ...]]:
        """When a solution is one: whole where a whole number is asked, and no less than its least value."""
        found: list[tuple[str | Math, ...]] = []
        for name, value in ((n, v) for each in self.found.solutions for n, v in each.items()):
            if isinstance(value, solving.Between):
                if self.whole:
                    found.append(
                        (
                            Math(Name(name)),
                            " is a whole number in this range; there may be none, or several",
                        )
                    )
                continue
            if self.whole and (parts := solving.divisor(value)):
                found.append(_divides(name, *parts))
            if self._is_large_enough(name, value) is None:
                words = f" is at least {self._least(name)} only for some of the letters"
                found.append((Math(Name(name)), words))
        found += [("this holds where ", Math(each), " is positive") for each in self.found.positive]
        return found

    def __repr__(self) -> str:
        shown = "; ".join(f"{n} = {v}" for each in self.solutions for n, v in each.items())
        return f"<{shown or 'no solution'}>"

    def _document(self) -> Document:
        blocks: list[Block] = []
        steps: list[tuple[Words, Equation]] = [("what is asked", Equation(a, (b,))) for a, b in self.equations]
        steps += [(word, Equation(a, (b,))) for word, a, b in self.found.steps]
        for each in self.found.solutions:
            for name, value in each.items():
                if isinstance(value, solving.Between):
                    steps += [("from", Equation(name, (value.low,))), ("and below", Equation(name, (value.high,)))]
                else:
                    steps.append((f"solved for {name}", Equation(name, (value,))))
        blocks.append(Steps(tuple(steps)))
        exact = [
            each for each in self.found.solutions if not any(isinstance(v, solving.Between) for v in each.values())
        ]
        if exact:
            blocks.append(Formula(tuple(Equation(n, (v,)) for each in exact for n, v in each.items())))
        if not self.found.solutions:
            blocks.append(Paragraph("There is no real solution."))
        said = self._said()
        if len(said) == 1:
            blocks.append(Note("note", said[0]))
        elif said:
            blocks.append(Items(tuple(said)))
        return Document(self.title, tuple(blocks), self.spell)

    def to_dict(self) -> shapes.InLetters:
        def plain(value: Any) -> Any:
            return {"from": plain(value[0]), "below": plain(value[1])} if isinstance(value, tuple) else printing.plain(
                value.node)  # fmt: skip

        return {
            "equations": [f"{printing.plain(a)} = {printing.plain(b)}" for a, b in self.equations],
            "find": list(self.unknowns),
            "solutions": [{name: plain(value) for name, value in each.items()} for each in self.solutions],
            "conditions": self.conditions,
            "steps": [
                {"name": w, "left": printing.plain(a), "right": printing.plain(b)} for w, a, b in self.found.steps
            ],
        }

    def sympy(self) -> Any:
        """A list with a dictionary for each solution: symbol → expression, or (from, below)."""
        return [
            {as_sympy(Name(name), self.facts): as_sympy(tuple(v.node for v in value), self.facts)
             if isinstance(value, tuple) else value.sympy() for name, value in each.items()}
            for each in self.solutions
        ]  # fmt: skip

    def program(self, language: str) -> str:
        solutions = [
            {name: tuple(v.node for v in value) if isinstance(value, tuple) else value.node
             for name, value in each.items()}
            for each in self.solutions
        ]  # fmt: skip
        return written(language, solutions_named(solutions), self.facts, {})


def _divides(name: str, top: Node, bottom: int) -> tuple[str | Math, ...]:
    """That a fraction is whole: by 2 in the words odd and even where one letter decides."""
    terms = top.terms if isinstance(top, Add) else (top,)
    odd = [term.operand if isinstance(term, Neg) else term for term in terms]
    letters = [t for t in odd if not isinstance(t, Literal) and not _is_even(t)]
    number = sum(t.value for t in odd if isinstance(t, Literal))
    if bottom == 2 and len(letters) == 1 and isinstance(letters[0], Name):
        return (Math(Name(name)), " is whole for ", "odd " if number % 2 else "even ", Math(letters[0]))
    return (Math(Name(name)), f" is whole where {bottom} divides ", Math(top))


def _is_even(node: Node) -> bool:
    first = node.factors[0] if isinstance(node, Mul) else node
    return isinstance(first, Literal) and isinstance(first.value, int) and first.value % 2 == 0


def only_letters(unknowns: Sequence[str], most: int = 2) -> None:
    """Raises UserError where more letters are to be found than can be."""
    if len(set(unknowns)) > most:
        raise UserError(f"at most {most} letters can be solved for in letters, not {len(set(unknowns))}")
