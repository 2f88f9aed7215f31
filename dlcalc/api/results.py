"""What a calculation hands back: the working as an object, as a dictionary for JSON, and as a document in Jupyter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .. import explain
from ..document import Document, showing
from ..export import registry
from ..expressions import printing
from ..expressions.jsonable import as_json
from ..expressions.nodes import Node, Value
from ..expressions.printing import Spell
from ..formulas.model import Formula
from ..formulas.present import AXIS_WORDS
from ..formulas.run import Line, Working
from ..profiles import COURSE, Profile

if TYPE_CHECKING:
    from ..answers.marks import Mark
    from ..expressions.inverse import Solutions


MOST_NODES = 100_000
"""Nodes of all their entries together with the values put in; where whole arrays are, few entries have so many."""
MOST_ENTRIES, FEWEST_ENTRIES = 1_500, 64
"""Entries of unrolled steps that JSON tells with their numbers put in: shared by the steps, but so many of each."""


class Result:
    """Something worked out. In Jupyter it shows itself; `to_dict` is what `--json` prints."""

    spell: Spell = None
    course: Profile = COURSE
    """The profile that it was worked out by, and by which its numbers are shown."""
    says_course = True
    """Whether a profile that is not the course's own is named under it."""

    def document(self) -> Document:
        """The result as a document, which every format renders."""
        with showing(self.course):
            made = self._document()
        said = explain.course(self.course) if self.says_course else ()
        return replace(made, blocks=(*made.blocks, *said), course=self.course)

    def _document(self) -> Document:
        """The document, without the profile."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """The result with plain numbers, lists and strings only."""
        raise NotImplementedError

    def json_pieces(self, escaped: bool = False) -> Iterator[str]:
        """`to_dict` as the text of JSON, with or without letters beyond ASCII."""
        yield as_text(self.to_dict(), escaped)

    def to_markdown(self) -> str:
        return registry.text("markdown", self.document())

    def to_latex(self) -> str:
        return registry.text("latex", self.document())

    def to_html(self) -> str:
        return registry.text("html", self.document())

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def _repr_latex_(self) -> str:
        return self.to_latex()

    def _repr_html_(self) -> str:
        return self.to_html()


def as_text(data: Mapping[str, Any], escaped: bool = False) -> str:
    """An object as the text of JSON, as `--json` prints it."""
    import json

    return json.dumps(data, ensure_ascii=escaped, indent=2)


def line_as_data(left: Node, right: Node, **words: str) -> dict[str, Any]:
    """One line of formulas for JSON, with those of the words that say something."""
    data = {
        "left": printing.plain(left),
        "right": printing.plain(right),
        "latex": f"{printing.latex(left)} = {printing.latex(right)}",
    }
    return data | {key: text for key, text in words.items() if text}


def spelling(found: Formula, course: Profile) -> dict[str, str]:
    """How the course writes this formula's names."""
    names = {step.name: "" for step in found.steps} | {v.name: v.long for v in found.variables}
    return course.letters_for(found.id, names)


class Calculation(Result):
    """A formula worked out. Every variable, step and answer is an attribute: `.output`, `.parameters`, `.padded`."""

    def __init__(self, working: Working, spell: Spell = None, course: Profile = COURSE) -> None:
        self.working = working
        self.spell = spell
        self.course = course

    def __getattr__(self, name: str) -> Value:
        if name.startswith("_") or "working" not in self.__dict__:
            raise AttributeError(name)
        try:
            return self.working.shown(name)
        except KeyError:
            known = ", ".join(self.working.formula.answers)
            raise AttributeError(f"{self.working.formula.id} has no {name}; its answers are {known}") from None

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.working.formula.by_name})

    def __repr__(self) -> str:
        answers = ", ".join(
            f"{name}={printing.text(self.working.shown(name))}" for name in self.working.formula.answers
        )
        return f"<{self.working.formula.title}: {answers}>"

    @property
    def steps(self) -> tuple[Line, ...]:
        """The evaluated steps: name, expression in letters, with values put in, value."""
        return self.working.steps

    @cached_property
    def value(self) -> Value:
        """The main answer."""
        return self.working.shown(self.working.formula.answers[0])

    def _document(self) -> Document:
        return explain.working(self.working, self.spell)

    def to_dict(self) -> dict[str, Any]:
        working = self.working
        formula = working.formula
        answers = {name: as_json(working.shown(name)) for name in formula.answers}
        main = {} if formula.shape else {"value": as_json(self.value)}
        unrolled = sum(1 for step in formula.steps if step.each)
        steps, left_out = working.first_steps(
            max(FEWEST_ENTRIES, MOST_ENTRIES // max(1, unrolled)), MOST_NODES // max(1, unrolled)
        )
        return {
            "formula": formula.id,
            **main,
            **answers,
            "given": {name: as_json(working[name]) for name in working.given},
            "defaults": {name: as_json(value) for name, value in working.defaults.items()},
            "missing": [variable.name for variable in working.missing],
            "convention": working.convention.name,
            "conventions": self._neighbours(),
            "warnings": list(working.warnings),
            "steps": [self._line(line) for line in steps],
            **({"left_out": left_out} if left_out else {}),
        }

    def _neighbours(self) -> dict[str, Any]:
        name = explain.counted(self.working.formula)
        return {other.name: as_json(same.shown(name)) for other, same in explain.neighbours(self.working)}

    def _line(self, line: Line) -> dict[str, Any]:
        axis = {"axis": AXIS_WORDS[self.working.formula.axes][line.axis - 1]} if line.axis else {}
        return {
            "name": line.name,
            **axis,
            "expression": printing.plain(line.expression),
            "values": printing.plain(line.values),
            "value": as_json(line.value),
        }


class Backwards(Result):
    """The answer to an inverse question: `solutions` (dicts, increasing), `count`, and the ranges `searched`."""

    def __init__(
        self,
        formula: Formula | None,
        given: Mapping[str, Value],
        wanted: Mapping[str, str],
        found: Solutions,
        spell: Spell = None,
        course: Profile = COURSE,
    ) -> None:
        self.formula = formula
        self.given = given
        self.wanted = wanted
        self.found = found
        self.spell = spell
        self.course = course

    @property
    def solutions(self) -> tuple[dict[str, int], ...]:
        return self.found.found

    @property
    def count(self) -> int:
        return self.found.count

    @property
    def searched(self) -> dict[str, tuple[int, int]]:
        return self.found.searched

    def __repr__(self) -> str:
        from ..explain.questions import counted_solutions

        return f"<{counted_solutions(self.found)}: {list(self.solutions[:5])}>"

    def _document(self) -> Document:
        from ..explain.questions import solutions

        title = self.formula.title if self.formula else "Solve"
        return solutions(title, self.wanted, self.found, self.spell)

    def to_dict(self) -> dict[str, Any]:
        return {
            **({"formula": self.formula.id} if self.formula else {}),
            "solutions": list(self.solutions),
            "count": self.count,
            "searched": {name: list(ends) for name, ends in self.searched.items()},
            "wanted": dict(self.wanted),
            "given": {name: as_json(value) for name, value in self.given.items()},
        }


class Judgement(Result):
    """What was judged, whatever it is: its `status`, and the `reason` where that says more."""

    @property
    def status(self) -> str:
        raise NotImplementedError

    @property
    def reason(self) -> str:
        raise NotImplementedError

    @property
    def correct(self) -> bool | None:
        """None where it cannot be told."""
        from ..answers.marks import CORRECT

        return CORRECT.get(self.status)


class JudgedAnswer(Judgement):
    """An answer with its mark: the `convention` by which it is right where that is another one, and the `mistakes`
    that lead to it.
    """

    mark: Mark

    @property
    def status(self) -> str:
        return self.mark.status

    @property
    def reason(self) -> str:
        return self.mark.reason

    @property
    def convention(self) -> str | None:
        return self.mark.convention or None

    @property
    def mistakes(self) -> list[dict[str, Any]]:
        from ..answers.verdicts import mistakes_as_data

        return mistakes_as_data(self.mark.mistakes)


class Judged(JudgedAnswer):
    """A judged answer: its `status`, `correct` (None where it cannot be told), `expected`, the `convention` by which it
    is right, the `mistakes` that give it, and the `reason` where those do not say it."""

    def __init__(
        self, formula: Formula, name: str, answer: str, mark: Mark, show: bool = False, spell: Spell = None,
        course: Profile = COURSE,
    ) -> None:  # fmt: skip
        self.course = course
        self.formula = formula
        self.name = name
        self.answer = answer
        self.mark = mark
        self.show = show
        self.spell = spell

    @property
    def expected(self) -> Value:
        return self.mark.expected

    def __repr__(self) -> str:
        named = (
            f": {', '.join(m['id'] for m in self.mistakes) or 'no typical mistake'}" if self.correct is False else ""
        )
        return f"<{self.name} = {self.answer} is {self.status}{named}>"

    def _document(self) -> Document:
        from ..answers.verdicts import verdict

        by = ""
        if self.mark.convention and self.mark.convention in {each.name for each in self.formula.conventions}:
            other = self.formula.convention(self.mark.convention)
            by = f"{other.who} count: {other.says}"
        elif self.mark.convention:
            by = self.mark.reason or self.mark.convention
        right = explain.right_value(self.name, self.expected) if self.show else None
        return verdict(f"{self.formula.title}: {self.name} = {self.answer}", self.mark, right, by, self.spell)

    def to_dict(self) -> dict[str, Any]:
        from ..answers.verdicts import as_data

        return {
            "formula": self.formula.id,
            "asked": self.name,
            "answer": self.answer,
            **as_data(self.mark),
            "expected": as_json(self.expected),
        }
