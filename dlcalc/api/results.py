"""What a calculation hands back: the working as an object, as a dictionary for JSON, and as a document in Jupyter."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .. import explain
from ..document import Block, Document, showing
from ..document import Formula as Display
from ..errors import UserError
from ..export import registry
from ..expressions import printing
from ..expressions.jsonable import as_json
from ..expressions.nodes import Add, Name, Node, Value
from ..expressions.printing import Spell, without_dots
from ..formulas.model import Formula
from ..formulas.present import AXIS_WORDS
from ..formulas.reading import read_value, with_letters_substituted
from ..formulas.run import Line, Working, contains_letters, run
from ..profiles import COURSE, Profile
from .expression import Facts, as_sympy, from_algebra, unwrapped, wrapped

if TYPE_CHECKING:
    from ..answers.formula_target import FormulaTarget
    from ..answers.marks import Mark
    from ..expressions.inverse import Solutions
    from ..formulas.program import Program
    from . import shapes


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
    settled = True
    """Whether it says the same whenever it is asked."""

    def document(self) -> Document:
        """The result as a document, which every format renders."""
        return self._kept_document if self.settled else self._whole_document()

    @cached_property
    def _kept_document(self) -> Document:
        # Jupyter asks for three formats of each result: what stands beside it, finite differences, is worked out once.
        return self._whole_document()

    def _whole_document(self) -> Document:
        with showing(self.course):
            made = self._document()
        said = explain.course(self.course) if self.says_course else ()
        return replace(made, blocks=(*made.blocks, *said), spell=without_dots(made.spell), course=self.course)

    def _document(self) -> Document:
        """The document, without the profile."""
        raise NotImplementedError

    def to_dict(self) -> Mapping[str, Any]:
        """The result with plain numbers, lists and strings only; `schema` says which keys there are."""
        raise NotImplementedError

    def sympy(self) -> Any:
        """The result as sympy's. Raises UserError where it is no expression, and where sympy is missing."""
        raise UserError("this result is not a single expression")

    def program(self, language: str) -> str:
        """A program in "sympy" or "wolfram" that has the result. Raises UserError where it is no expression."""
        raise UserError(
            f"--{language} is for formulas and counts: of a calculator, run, diff, solve, bptt, backprop or net"
        )

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

    def _repr_latex_(self) -> str | None:
        """Its first formula, as MathJax draws it; a page is more than that, and is HTML's. None where there is none."""
        document = self.document()
        first = next((block for block in document.blocks if isinstance(block, Display)), None)
        if first is None:
            return None
        alone = registry.text("markdown", replace(document, blocks=(first,)))
        return alone[alone.index("$$") :].strip()

    def __repr__(self) -> str:
        return f"<{self.document().title}>"

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


def facts_of(found: Formula) -> dict[str, dict[str, bool]]:
    """What is known of a formula's quantities, in sympy's words."""
    facts = {}
    for variable in found.variables:
        sign = {"positive": True} if variable.low > 0 else {"nonnegative": True} if variable.low == 0 else {}
        facts[variable.name] = ({"integer": True} if variable.integer else {} if sign else {"real": True}) | sign
    return facts


def written(language: str, results: Mapping[str, Value], facts: Facts, given: Mapping[str, Value]) -> str:
    """The program in one of the languages of `export.registry.PROGRAMS`."""
    from ..algebra import code

    write = {"sympy": code.sympy_program, "wolfram": code.wolfram_program}[language]
    return from_algebra(write, results, facts, given)


def solutions_named(solutions: Iterable[Mapping[str, Value]]) -> dict[str, Value]:
    """The unknowns of all solutions, each under a name of its own: s_found of one solution, s_1 and s_2 of two."""
    found = list(solutions)
    return {
        f"{name}_{number}" if len(found) > 1 else f"{name}_found": value
        for number, each in enumerate(found, 1)
        for name, value in each.items()
    }


def spelling(found: Formula, course: Profile) -> dict[str, str]:
    """How the course writes this formula's names."""
    names = {step.name: "" for step in found.steps} | {v.name: v.long for v in found.variables}
    return course.letters_for(found.id, names)


class Calculation(Result):
    """A formula worked out. Every variable, step and answer is an attribute: `.output`, `.parameters`, `.padded`.

    Example: dlcalc.conv(n=227, f=11, s=4).output
    """

    def __init__(self, working: Working, spell: Spell = None, course: Profile = COURSE) -> None:
        self.working = working
        self.spell = spell
        self.course = course

    def __getattr__(self, name: str) -> Value:
        if name.startswith("_") or "working" not in self.__dict__:
            raise AttributeError(name)
        try:
            return wrapped(self.working.shown(name), self.facts)
        except KeyError:
            known = ", ".join(self.working.formula.answers)
            raise AttributeError(f"{self.working.formula.called} has no {name}; its answers are {known}") from None

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
        return wrapped(self.working.shown(self.working.formula.answers[0]), self.facts)

    @cached_property
    def facts(self) -> Facts:
        """What is known of each letter: which stand for whole numbers, which for positive ones."""
        return facts_of(self.working.formula)

    def subs(self, **values: object) -> Calculation:
        """The same calculation with values for letters that were open: `conv(f=3).subs(c=6, k=16)`.

        Raises UserError for a quantity that the formula does not have.
        """
        found = self.working.formula
        read: dict[str, Value] = {}
        for name, given in values.items():
            variable = found.variable(name)
            if variable is None:
                open_ = ", ".join(each.name for each in self.working.missing)
                raise UserError(f"{name} is not a quantity of {found.called}; its letters are {open_}")
            read[name] = read_value(found, variable, unwrapped(given))
        worked = run(
            found, with_letters_substituted({**self.working.given, **read}), convention=self.working.convention.name
        )
        return Calculation(worked, self.spell, self.course)

    def latex(self) -> str:
        """The main answer as LaTeX without $; a shape with \\times between its sizes."""
        name = self.working.formula.answers[0]
        value = self.working.shown(name)
        if name != self.working.formula.shape or not isinstance(value, tuple):
            return printing.latex(value)
        sizes = ((printing.latex(size), len(value) > 1 and isinstance(size, Add)) for size in value)
        return r" \times ".join(rf"\left( {text} \right)" if is_sum else text for text, is_sum in sizes)

    def __float__(self) -> float:
        """The main answer. Raises UserError while it has letters."""
        return float(self.value)

    def sympy(self, answer: str = "") -> Any:
        """The main answer, or the one that is named, as sympy's: an expression, a number, a tuple for a shape.

        Raises UserError for a name that is no answer, and for what sympy has no counterpart of.
        """
        return as_sympy(self.working.shown(self._answer(answer)), self.facts)

    def _answer(self, name: str) -> str:
        found = self.working.formula
        if name and name not in found.by_name:
            raise UserError(f"{found.called} has no {name}; its answers are {', '.join(found.answers)}")
        return name or found.answers[0]

    def program(self, language: str, answer: str = "") -> str:
        """A program in "sympy" or "wolfram" that has every answer, or the one that is named, as an expression, and puts
        the given numbers in.
        """
        found = self.working.formula
        as_letters = {
            name: value
            for name, value in self.working.given.items()
            if not contains_letters(value) and not isinstance(value, tuple)
        }
        open_ = {name: found.letter(name) for name in as_letters}
        worked = run(found, {**self.working.given, **open_}, convention=self.working.convention.name)
        results = {name: worked.shown(name) for name in ((answer,) if answer else found.answers)}
        return written(language, results, self.facts, as_letters)

    def only(self, ask: str) -> OneAnswer:
        """One answer, or one step, alone with its working: `"value"` is the main answer.

        Raises UserError for what cannot be asked.
        """
        return OneAnswer(self, askable(self.working.program, ask))

    def answer_blocks(self, name: str) -> tuple[Block, ...]:
        """What is given, and how one answer comes about."""
        return (explain.givens(self.working, name), *explain.answer(self.working, name))

    def _document(self) -> Document:
        return explain.working(self.working, self.spell)

    def to_dict(self) -> dict[str, Any]:
        working = self.working
        formula = working.formula
        answers = {name: as_json(working.shown(name)) for name in formula.answers}
        main = {} if formula.shape else {"value": as_json(working.shown(formula.answers[0]))}
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


def askable(compiled: Program, ask: str, silent: Collection[str] = ()) -> str:
    """The answer or step that a question names, `receptive-field` or `receptive_field`; `value` is the main one.

    Small letters are enough where only one is meant, `dw` for dW. Raises UserError for any other word, with the names
    that there are but for the `silent` ones.
    """
    formula = compiled.formula
    name = formula.answers[0] if ask == "value" else ask.replace("-", "_")  # as its option is spelt
    if name not in {step.name for step in formula.steps} | compiled.place.keys():
        alike = {step.name for step in formula.steps if step.name.lower() == name.lower()}
        if len(alike) == 1:
            return alike.pop()
        names = dict.fromkeys((*formula.answers, *(step.name for step in formula.steps if step.name not in silent)))
        raise UserError(f"{ask[:40]} is not an answer of {formula.called}; its answers are {', '.join(names)}")
    return name


class OneAnswer(Result):
    """One answer of a calculation: its `name`, its `value`, and in its document the working of it alone."""

    def __init__(self, calculation: Calculation, name: str) -> None:
        self.calculation = calculation
        self.name = name
        self.spell = calculation.spell
        self.course = calculation.course

    @property
    def value(self) -> Value:
        return wrapped(self.calculation.working.shown(self.name), self.calculation.facts)

    def __repr__(self) -> str:
        working = self.calculation.working
        return f"<{working.formula.title}: {self.name} = {printing.text(working.shown(self.name))}>"

    def program(self, language: str, answer: str = "") -> str:
        return self.calculation.program(language, answer or self.name)

    def _document(self) -> Document:
        working = self.calculation.working
        step = working.formula.by_name.get(self.name)
        meaning = step.meaning if step is not None and step.meaning else self.name
        title = f"{working.formula.title}: {meaning}"
        return Document(title, self.calculation.answer_blocks(self.name), self.spell)

    def to_dict(self) -> shapes.OneAnswer:
        whole, value = self.calculation.to_dict(), self.calculation.working.shown(self.name)
        needed = self.calculation.working.program.needed(self.name)
        steps = [step for step in whole["steps"] if step["name"].partition("[")[0] in needed]
        return {
            "formula": whole["formula"],
            "asked": self.name,
            "value": as_json(value),
            "given": whole["given"],
            "defaults": whole["defaults"],
            "missing": whole["missing"],
            "convention": whole["convention"],
            "warnings": whole["warnings"],
            "steps": steps,
        }


class Backwards(Result):
    """The answer to an inverse question: `solutions` (dicts, increasing), `count`, and the ranges `searched`.

    Example: dlcalc.conv(n=227, f=11, o=55).solutions
    """

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

    def sympy(self) -> Any:
        """A list with a dictionary for each solution that is listed: symbol → number."""
        facts = facts_of(self.formula) if self.formula else {}
        return [
            {as_sympy(Name(name), facts): as_sympy(value, facts) for name, value in each.items()}
            for each in self.solutions
        ]

    def program(self, language: str) -> str:
        """A program in "sympy" or "wolfram" that has each unknown of the solutions that are listed, s_found or s_1."""
        return written(language, solutions_named(self.solutions), {}, {})

    def __repr__(self) -> str:
        from ..explain.questions import counted_solutions

        return f"<{counted_solutions(self.found)}: {list(self.solutions[:5])}>"

    def _document(self) -> Document:
        from ..explain.questions import solutions

        title = self.formula.title if self.formula else "Solve"
        return solutions(title, self.wanted, self.found, self.spell)

    def to_dict(self) -> shapes.Backwards:
        found: shapes.Backwards = {
            "solutions": list(self.solutions),
            "count": self.count,
            "searched": {name: list(ends) for name, ends in self.searched.items()},
            "wanted": dict(self.wanted),
            "given": {name: as_json(value) for name, value in self.given.items()},
        }
        return {"formula": self.formula.id, **found} if self.formula else found


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

    def __bool__(self) -> bool:
        """Whether the answer is right."""
        return self.correct is True


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

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Of an array of the right size each number: its `layer` ("row 2"), `column`, `status`, `expected`, ..."""
        from ..answers.marks import listed

        return listed(self.mark.cells)


class Judged(JudgedAnswer):
    """A judged answer: its `status`, `correct` (None where it cannot be told), `expected`, the `convention` by which it
    is right, the `mistakes` that give it, and the `reason` where those do not say it.

    Example: dlcalc.conv.check("parameters", 160, f=3, c=6, k=16).mistakes
    """

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

    @classmethod
    def of(
        cls, asked: FormulaTarget, kind: str, answer: object, wrote: object, show: bool,
        spell: Mapping[str, str] | None, course: Profile,
    ) -> Judged:  # fmt: skip
        """What was written, `wrote`, judged with the digits and the decimal sign of the profile; `answer` is shown."""
        from ..answers.array_judging import judge_answer
        from ..answers.terms import Terms

        terms = Terms(kind, course.significant_digits, decimal=course.decimal)
        return cls(
            asked.formula, asked.name, str(answer), judge_answer(terms, asked, wrote, spell), show, spell, course
        )

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
            other, own = self.formula.convention(self.mark.convention), self.formula.conventions[0]
            by = f"{other.who} ({other.says}); this question uses another: {own.says}"
        elif self.mark.convention:
            by = f"{self.mark.reason or self.mark.convention}; this question uses another"
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
