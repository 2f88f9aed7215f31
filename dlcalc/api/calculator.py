"""A calculator: called with what is known it works the formula out; with an answer among it, it works backwards."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import UserError
from ..expressions.answers import Answer
from ..expressions.nodes import Call, Index, Name, Node, Value, to_node, walk
from ..formulas.catalogue import ENTRIES, Entry
from ..formulas.model import Formula
from ..formulas.program import program
from ..formulas.reading import plain_value, read_ranges, read_value, with_letters_substituted
from ..formulas.registry import formula
from ..formulas.run import Working, run
from ..profiles import Profile, active
from .expression import unwrapped
from .results import Backwards, Calculation, Judged, askable, facts_of, spelling

if TYPE_CHECKING:
    from .letters import InLetters

Made = TypeVar("Made")


class OfInstance(Generic[Made]):
    """An attribute that instances work out when it is asked for, and the class has as it is."""

    def __init__(self, make: Callable[[Any], Made], of_class: Any) -> None:
        self.make, self.of_class = make, of_class

    def __get__(self, instance: Any, owner: type) -> Any:
        return self.of_class if instance is None else self.make(instance)


def _signatures() -> Any:
    from . import signatures

    return signatures


class Calculator:
    """One of `catalogue.ENTRIES`, as a function: `conv(n=227, f=11, s=4)`.

    Quantities are given by their letter or their long name (`n=` or `input_size=`), as numbers, tuples, or text.

    Example: dlcalc.conv(n=227, f=11, s=4)
    """

    def __init__(self, name: str) -> None:
        self.entry: Entry = ENTRIES[name]
        self.__name__ = name

    __signature__ = OfInstance[Any](lambda self: _signatures().calculator_signature(self.entry), None)
    __doc__ = OfInstance[str](lambda self: _signatures().calculator_text(self.entry), __doc__)

    def __repr__(self) -> str:
        return f"<dlcalc.{self.entry.name}: {self.entry.help}>"

    def __call__(
        self,
        *choice: str,
        convention: str | None = None,
        profile: str | Profile | None = None,
        find: str | Sequence[str] = (),
        ranges: Mapping[str, tuple[int, int]] | Iterable[str] = (),
        **given: object,
    ) -> Calculation | Backwards | InLetters:
        """Works the formula out, or backwards when an answer (`o=55`) is given or `find` names unknowns.

        Raises UserError for a quantity that is unknown, unreadable, given twice, or outside its domain.
        """
        found, rest = self._formula(choice, given)
        course = _profile(profile)
        used = _convention(found, convention, course)
        values, answers = _read(found, rest)
        wanted = [name.strip() for name in find.split(",")] if isinstance(find, str) else list(find)
        boxes = read_ranges(ranges)
        if answers or wanted:
            return _backwards(found, values, answers, wanted, boxes, used, course)
        if boxes:
            raise UserError(f"a range needs an answer to search for: give one of {', '.join(found.answers)}")
        return Calculation(self._worked(found, values, used), spelling(found, course), course)

    def check(
        self,
        ask: str,
        answer: object,
        *choice: str,
        convention: str | None = None,
        profile: str | Profile | None = None,
        show: bool = False,
        **given: object,
    ) -> Judged:
        """Judges one answer: `conv.check("parameters", 160, f=3, c=6, k=16)` names the mistake.

        An answer that cannot be read has the status "unreadable". Raises UserError when the question cannot be read.
        """
        found, rest = self._formula(choice, given)
        course = _profile(profile)
        used = _convention(found, convention, course)
        values, answers = _read(found, rest)
        if answers:
            raise UserError(f"{next(iter(answers))} is an answer, so it cannot be given together with ask")
        self._worked(found, values, used)
        name = askable(program(found, used), ask)
        from ..answers.formula_target import FormulaTarget

        stated = convention is not None or course.states(found.id, [each.name for each in found.conventions])
        answer = unwrapped(answer)
        if not isinstance(answer, str):
            plain_value(name, answer)
        target = FormulaTarget(found, values, name, used, stated=stated)
        expected = target.expected
        kind = "shape" if name == found.shape else "integer" if _is_count(expected) else "number"
        return Judged.of(target, kind, answer, answer, show, spelling(found, course), course)

    def _worked(self, found: Formula, values: Mapping[str, Value], convention: str) -> Working:
        """The formula worked out. Raises UserError that says which lists are needed, where their entries are read."""
        lists = {v.name: v for v in found.variables if v.kind.rank and v.default is None and v.name not in values}
        if lists:
            nodes = (part for op in program(found, convention).ops for part in walk(op.node))
            read = {of.id for of in map(_list_read, nodes) if isinstance(of, Name)}
            needed = [v for name, v in lists.items() if name in read]
            if needed:
                named = " and ".join(f"--{v.name.replace('_', '-')} ({v.meaning})" for v in needed)
                raise UserError(f"{self.entry.name.replace('_', '-')} needs {named}; for example: {self.entry.example}")
        return run(found, values, convention=convention)

    def formula(self, *choice: str, **given: object) -> Formula:
        """The formula that these switches choose."""
        return self._formula(choice, given)[0]

    def _formula(
        self, choice: tuple[str, ...], given: Mapping[str, object]
    ) -> tuple[Formula, list[tuple[str, object]]]:
        """The formula that is meant, and what was given for it as pairs of a name and a value."""
        entry = self.entry
        given = self._with_padding(given)
        chosen = {switch: given.get(switch) for switch in entry.switches} | self._choice(choice, given)
        rest = [(name, value) for name, value in given.items() if name not in (*chosen, *entry.flags)]
        for flag, quantities in entry.flags.items():
            if given.get(flag):
                rest += quantities.items()
        rest = _with_channels(formula(entry.formula_id({})), rest) if entry.formula else rest
        if "pad_begin" in entry.given and any(name in ("p", "padding") for name, _ in rest):
            from . import paddings

            rest = list(paddings.on_each_side(dict(rest), formula(entry.formula).axes).items())
        for name, id in entry.given.items():
            letters = _letters(formula(id))
            chosen[name] = next((value for key, value in rest if letters.get(key, key) == name), None)
        return formula(entry.formula_id(chosen)), rest

    def _with_padding(self, given: Mapping[str, object]) -> Mapping[str, object]:
        """A padding in words, p="same", as frameworks have it: the switch of that name; "valid" is none."""
        for name in ("p", "padding"):
            word = str(given.get(name, "")).lower()
            if word in self.entry.switches or (word == "valid" and "same" in self.entry.switches):
                meant = {name: 0} if word == "valid" else {word: True}
                return {**{key: value for key, value in given.items() if key != name}, **meant}
        return given

    def _choice(self, choice: tuple[str, ...], given: Mapping[str, object]) -> dict[str, object]:
        """The choice, be it given first or by its name."""
        entry = self.entry
        if choice and not entry.choice:
            first = formula(entry.formula).variables[0].name
            raise UserError(
                f"{entry.name} takes its quantities by name: {first}={choice[0]!r}, not {choice[0]!r} alone"
            )
        named = [given[entry.choice]] if given.get(entry.choice) is not None else []
        wanted = [*choice, *named]
        if len(wanted) > 1:
            raise UserError(f"{entry.name} takes one {entry.choice}, not {len(wanted)} ({', '.join(map(str, wanted))})")
        return {entry.choice: str(wanted[0]).replace("_", "-") if wanted else None} if entry.choice else {}


def _with_channels(found: Formula, given: list[tuple[str, object]]) -> list[tuple[str, object]]:
    """What is given; where a size has one number more than there are axes, 224x224x3, the last is that of the channels.

    Raises UserError where the channels are given besides.
    """
    sizes, channels = found.variable("n"), found.variable("c")
    if not (sizes and channels and sizes.per_axis):
        return given
    names = {sizes.name, sizes.long.replace("-", "_")}
    for place, (name, value) in enumerate(given):
        parts = _sides(value) if name in names else []
        if len(parts) != found.axes + 1:
            continue
        named = [each for other, each in given if other in (channels.name, channels.long) and each is not None]
        if named and str(named[0]) != str(parts[-1]):
            raise UserError(f"{value} has {parts[-1]} channels, and c is {named[0]}")
        size = " x ".join(map(str, parts[:-1])) if found.axes > 1 else parts[0]
        rest = [*given[:place], (name, size), *given[place + 1 :]]
        return rest if named else [*rest, (channels.name, parts[-1])]
    return given


def _sides(value: object) -> list[object]:
    """The numbers or letters of a size: 224x224x3, 32 × 32 × c, (28, 28, 1)."""
    if isinstance(value, str):
        parts = [part.strip() for part in re.split(r"[x×]|,", value.strip("() "))]
        return list(parts) if len(parts) > 1 and all(re.fullmatch(r"\d+|[A-Za-z]\w*", part) for part in parts) else []
    return list(value) if isinstance(value, tuple | list) else []


def _list_read(node: Node) -> Node | None:
    """The list that is read here entry by entry, or whose length is; None where none is."""
    if isinstance(node, Call):
        return node.arguments[0] if node.function == "len" else None
    return node.base if isinstance(node, Index) else None


def _letters(found: Formula) -> dict[str, str]:
    """The long names of a formula's quantities, as Python writes them, and their letters."""
    return {variable.long.replace("-", "_"): variable.name for variable in found.variables}


def _read(found: Formula, given: Iterable[tuple[str, object]]) -> tuple[dict[str, Value], dict[str, Answer]]:
    """Splits what was given into quantities and answers, and reads both."""
    letters = _letters(found)
    values: dict[str, Value] = {}
    answers: dict[str, Answer] = {}
    for key, value in given:
        if value is None:
            continue
        name = letters.get(key, key)
        variable = found.variable(name)
        if name in values:
            raise UserError(f"{name} is given twice")
        if variable is not None:
            values[name] = read_value(found, variable, unwrapped(value))
        elif name in found.by_name:
            from ..answers.formula_text import read_asked

            answers[name] = read_asked(found, name, unwrapped(value))
        else:
            known = ", ".join(v.name for v in found.variables)
            raise UserError(f"{key} is not a quantity of {found.id}; its quantities are {known}")
    return with_letters_substituted(values), answers


def _is_count(value: Value) -> bool:
    """Whether this is counted: a whole number, along every axis."""
    return all(map(_is_count, value)) if isinstance(value, tuple) else isinstance(value, int)


def _profile(profile: str | Profile | None) -> Profile:
    return profile if isinstance(profile, Profile) else active(profile, os.environ)


def _convention(found: Formula, wanted: str | None, course: Profile) -> str:
    names = [convention.name for convention in found.conventions]
    if wanted is None:
        return course.convention_for(found.id, names)
    if wanted not in names:
        raise UserError(f"convention is one of {', '.join(names)} for {found.id}, not {wanted}")
    return wanted


def _in_letters(
    found: Formula, values: Mapping[str, Value], answers: Mapping[str, Answer], unknowns: Sequence[str], convention: str
) -> list[tuple[Node, Node]]:
    """The equations, where letters stay open beside the unknowns; none where whole numbers can be looked for."""
    if len(unknowns) > 2 or any(found.variable(name) is None or name in values for name in unknowns):
        return []
    if not any(isinstance(each.value, Node) for each in answers.values()):
        return []
    letters = {name: found.letter(name) for name in unknowns}
    worked = run(found, {**values, **letters}, convention=convention)
    equations = []
    for name, answer in answers.items():
        shown = worked.shown(name)
        if isinstance(shown, tuple) or isinstance(answer.value, tuple):
            raise UserError(f"an equation in letters is between single numbers, and {name} has several")
        equations.append((to_node(shown), to_node(answer.value)))
    return equations


def _backwards(
    found: Formula,
    values: Mapping[str, Value],
    answers: Mapping[str, Answer],
    unknowns: Sequence[str],
    ranges: Mapping[str, tuple[int, int]],
    convention: str,
    course: Profile,
) -> Backwards | InLetters:
    values = {name: value for name, value in values.items() if name not in unknowns or value != Name(name)}
    if not answers:
        raise UserError(f"to find {', '.join(unknowns)}, give an answer: {', '.join(found.answers)}")
    letters = _letters(found)
    names, boxes = [letters.get(name, name) for name in unknowns], {letters.get(k, k): v for k, v in ranges.items()}
    if names and (equations := _in_letters(found, values, answers, names, convention)):
        from .letters import InLetters

        # a layer's answers are counts and sizes, which no letter for one is below 0
        counts = [each.value.id for each in answers.values() if isinstance(each.value, Name)] if found.shape else []
        facts = {name: {"integer": True, "nonnegative": True} for name in counts} | facts_of(found)
        return InLetters(f"{found.title}: {', '.join(names)} in letters", equations, names, facts,
                         all(v.integer for name in names if (v := found.variable(name))),
                         spelling(found, course), course)  # fmt: skip
    from ..formulas.inverse import find

    solutions = find(found, values, answers, names, boxes, convention)
    idle = [name for name in boxes if name not in solutions.searched]
    if idle:
        raise UserError(
            f"{idle[0]} has a range but is not looked for; what is looked for is {', '.join(solutions.searched)}"
        )
    return Backwards(
        found,
        values,
        {name: answer.text for name, answer in answers.items()},
        solutions,
        spelling(found, course),
        course,
    )
