"""A variant: a problem with its numbers. It is a function of (problem, version, seed) alone, on every machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from ..answers.cell_target import CellTarget
from ..answers.choice_target import ChoiceTarget
from ..answers.choices import Choice
from ..answers.feedforward_target import backprop_asked
from ..answers.formula_target import FormulaTarget
from ..answers.gradient_target import gradient_asked
from ..answers.inverse_target import InverseTarget
from ..answers.slip_target import SlipTarget, WrongCell
from ..answers.table_target import TableTarget
from ..answers.target import Target, Wrong
from ..answers.terms import ARRAYS
from ..errors import ProblemError, UserError, printable
from ..expressions import printing
from ..expressions.evaluate import compile_node
from ..expressions.limits import within_budget
from ..expressions.nodes import Node, Value, names_in
from ..formulas.arrays import fitted, lowered, numbers, sizes
from ..formulas.draw import Sampler
from ..formulas.registry import formula
from ..formulas.run import contains_letters
from ..networks.table import Row, Table
from . import seeds
from .drawing import drawn
from .network_views import show
from .problem import Ask, Part, Problem
from .render import Renderer, value_words

TRIES = 400
"""Draws that may break a requirement before the problem is said to be unsolvable."""
USUAL_CHOICES = 4


@dataclass(frozen=True)
class Variant:
    """The values of one variant, what its parts ask, and the choices in their order."""

    problem: Problem
    seed: str
    values: Mapping[str, Any]
    asked: Mapping[str, Target]
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)

    @cached_property
    def renderer(self) -> Renderer:
        """Puts this variant's values into the problem's text."""
        values = self.values
        return Renderer(values, lambda name, form: show(values[name], form))

    @property
    def note(self) -> str:
        """The question note: one line of what was drawn and what is right. Two variants are the same if theirs are."""
        drawn = [f"{name} = {_noted(self.values[name])}" for name in self.problem.draws]
        right = [f"{part.id}: {_noted(self.right(part))}" for part in self.problem.parts]
        return f"{self.problem.id} v{self.problem.version} | {', '.join(drawn)} | {', '.join(right)}"

    def right(self, part: Part) -> Value:
        """The right answer; of choices the words of the right ones."""
        if part.id in self.choices:
            return tuple(choice.text for choice in self.choices[part.id] if choice.right)
        return self.asked[part.id].expected


def _noted(value: Value | Table | WrongCell | str) -> str:
    match value:
        case Table():
            return "; ".join(f"{row.layer.kind} {_settings(row)}" for row in value.rows)
        case WrongCell():
            return f"{value.layer} {value.column} {_noted(value.wrong)} ({value.mistake})"
        case str():
            return value
        case tuple():
            return f"({', '.join(map(_noted, value))})"
    return printing.plain(value)


def _settings(row: Row) -> str:
    return " ".join(f"{name}{_noted(value)}" for name, value in row.layer.settings.items())


def variant(problem: Problem, seed: object) -> Variant:
    """The variant of a seed: the first draw that fits, so that every value stays as likely as its draw makes it.

    Raises ProblemError where no draw meets the requirements of the file, UserError for a seed that is no text.
    """
    trouble, text = "", seeds.text(seed)
    for attempt in range(TRIES):
        try:
            return _attempt(problem, text, attempt)
        except _Unfit as unfit:
            trouble = str(unfit)
    rule = f"none of {TRIES} draws fits; the last: {trouble}"
    raise ProblemError(printable(problem.path), "draw", rule)


class _Unfit(Exception):
    """This draw is not used."""


def _attempt(problem: Problem, seed: str, attempt: int) -> Variant:
    key = (problem.id, problem.version, seed)
    values: dict[str, Any] = {}
    try:
        _meet(problem, "", values)
        for name, draw in problem.draws.items():
            values[name] = drawn(draw, values, (*key, "draw", name, attempt))
            _meet(problem, name, values)
        for name, let in problem.lets.items():
            values[name] = _value(problem, let.value, values) if isinstance(let.value, Node) else answer(
                problem, let.value, values)  # fmt: skip
            _meet(problem, name, values)
        known = dict(values)
        asked: dict[str, Target] = {}
        for part in problem.parts:
            asked[part.id] = _shared(problem, part, known, asked)
            _check(part, asked[part.id])
            if part.kind not in ("choice", "table"):
                known[part.id] = asked[part.id].expected
    except (UserError, OverflowError, ZeroDivisionError) as error:
        raise _Unfit(str(error)) from None
    found = Variant(problem, seed, values, asked)
    choices = {
        part.id: choices_of(found, part, Sampler(*key, part.id, "choices")) for part in problem.parts
        if part.kind == "choice"
    }  # fmt: skip
    return replace(found, choices=choices)


def _meet(problem: Problem, last: str, values: Mapping[str, Any]) -> None:
    """Refuses a draw as soon as a requirement fails, so that no network is drawn for a size that does not fit."""
    for require in problem.requires_after.get(last, ()):
        if _value(problem, require.node, values) is not True:
            raise _Unfit(f"{require.text} does not hold")


def _value(problem: Problem, node: Node, values: Mapping[str, Any]) -> Value:
    """The value of one of the problem's own expressions. Raises UserError."""
    evaluator = problem.evaluators.get(id(node))
    if evaluator is None:
        evaluator = problem.evaluators[id(node)] = compile_node(node)
    return within_budget(lambda: evaluator(dict(values)))


def _shared(problem: Problem, part: Part, values: Mapping[str, Any], before: Mapping[str, Target]) -> Target:
    """What a part asks; its working is that of an earlier part, or of an earlier variant, where both are the same."""
    known: Target | None = problem.constants.get(part.id)
    if known is not None:
        return known
    found = ask_part(problem, part, values)
    if isinstance(found, FormulaTarget):
        twin = next((other for other in before.values() if found.shares(other)), None)
        found = replace(found, twin=twin) if isinstance(twin, FormulaTarget) else found
        if part.ask is not None and not any(True for node in part.ask.given.values() for _ in names_in(node)):
            problem.constants[part.id] = found
    return found


def ask_part(problem: Problem, part: Part, values: Mapping[str, Any]) -> Target:
    """What a part asks where the names, earlier parts' answers among them, have these values. Raises UserError."""
    if part.ask is None:
        return ChoiceTarget()
    if part.kind == "table":
        return TableTarget(values[part.ask.of], part.columns or ("output", "parameters"), part.headings)
    found = target_of(problem, part.ask, values)
    return replace(found, rank=ARRAYS[part.kind]) if isinstance(found, FormulaTarget) and part.kind in ARRAYS else found


def target_of(problem: Problem, ask: Ask, values: Mapping[str, Any]) -> Target:
    """An ask with its values. Raises UserError."""
    if ask.form == "network":
        layer, _, column = ask.name.rpartition(".")
        return CellTarget(values[ask.of], layer, column)
    if ask.form == "slip":
        return SlipTarget(values[ask.of], ask.name)
    if ask.form == "gradient" and isinstance(values.get(ask.of), Table):
        return backprop_asked(values[ask.of].network, ask.given, values, ask.name)
    if ask.form == "gradient":
        return gradient_asked(ask.of, ask.given, values)
    found = problem.formulas.get(ask.of) or formula(ask.of)
    given = fitted(found, {name: _value(problem, node, values) for name, node in ask.given.items()})
    if ask.form == "inverse":
        return InverseTarget(found, given, ask.name, ask.unknown, ask.convention)
    return FormulaTarget(found, given, ask.name, ask.convention)


def answer(problem: Problem, ask: Ask, values: Mapping[str, Any]) -> Value:
    """The value of a `let` that asks. Raises UserError."""
    found = target_of(problem, ask, values).expected
    return lowered(found, 2) if isinstance(found, tuple) and isinstance(found[0], tuple) else found


def _check(part: Part, asked: Target) -> None:
    """Refuses a draw whose answer is not what the kind of part says, or lies on the edge of rounding."""
    value = asked.expected
    match part.kind:
        case "integer" if not isinstance(value, int):
            raise _Unfit(f"part {part.id}: {_noted(value)} is not a whole number")
        case "shape" if not isinstance(value, tuple | int):
            raise _Unfit(f"part {part.id}: {_noted(value)} is not a shape")
        case "number" if contains_letters(value) or isinstance(value, tuple):
            raise _Unfit(f"part {part.id}: {_noted(value)} is not a number")
        case "vector" | "matrix" if contains_letters(value) or not _is_array(value, ARRAYS[part.kind]):
            raise _Unfit(f"part {part.id}: {_noted(value)} is not a {part.kind} of numbers")
        case "vector" | "matrix" if any(isinstance(each, float) and on_edge(each) for each in numbers(value)):
            raise _Unfit(f"part {part.id}: a number of {_noted(value)} lies on the edge of rounding")
        case "number" if isinstance(value, float) and on_edge(value):
            raise _Unfit(f"part {part.id}: {value} lies on the edge of rounding")
        case "expression" if not contains_letters(value):
            raise _Unfit(f"part {part.id}: {_noted(value)} has no letters")


def _is_array(value: Value, rank: int) -> bool:
    """Whether this is an array of so many indices, and its rows are equally long."""
    try:
        return len(sizes(value)) == rank
    except UserError:
        return False


def on_edge(value: float, digits: Iterable[int] = range(3, 7)) -> bool:
    """Whether a number lies within 1e-9 of where its rounding to some digits turns over."""
    if value == 0:
        return False
    exact = Fraction(value)
    for count in digits:
        exponent = count - 1 - int(f"{value:e}".partition("e")[2])
        scaled = abs(exact * Fraction(10) ** exponent)
        if abs(scaled % 1 - Fraction(1, 2)) < Fraction(1, 10**9):
            return True
    return False


# choices


def choices_of(found: Variant, part: Part, sampler: Sampler) -> tuple[Choice, ...]:
    """The choices in the order in which they stand, all different. Raises _Unfit where too few are left."""
    shown = _written(found, part, sampler) if part.options else _computed(found, part, sampler)
    if len({choice.text for choice in shown}) < len(shown):
        raise _Unfit(f"part {part.id}: two choices are the same")
    asked = found.asked[part.id]
    return (
        shown if part.fixed or (isinstance(asked, SlipTarget) and asked.name == "layer") else _shuffled(shown, sampler)
    )


def _written(found: Variant, part: Part, sampler: Sampler) -> tuple[Choice, ...]:
    fill = found.renderer.words
    shown = [Choice(fill(o.words), o.right, fill(o.because), id=o.id) for o in part.options]
    if not part.pick or part.pick == len(shown):
        return tuple(shown)
    right = [choice for choice in shown if choice.right]
    wrong = _shuffled([choice for choice in shown if not choice.right], sampler)[: part.pick - len(right)]
    return tuple(choice for choice in shown if choice.right or choice in wrong)


def _computed(found: Variant, part: Part, sampler: Sampler) -> tuple[Choice, ...]:
    """The right answer, and what the commonest mistakes make of it."""
    asked = found.asked[part.id]
    if isinstance(asked, SlipTarget) and asked.name == "layer":
        return tuple(
            Choice(row.layer.name, row.layer.name == asked.expected, _reason(asked, row.layer.name), row.layer.name)
            for row in asked.slip.table.rows
        )
    wanted = part.pick or USUAL_CHOICES
    wrongs = [wrong for wrong in distinct(asked) if _seems_right(wrong.value, asked.expected)]
    if len(wrongs) < wanted - 1:
        raise _Unfit(f"part {part.id}: only {len(wrongs) + 1} of {wanted} choices differ")
    shown = [Choice(value_words(asked.expected), True, "", asked.expected)]
    for wrong in _on_both_sides(wrongs, asked.expected, wanted - 1, sampler):
        shown.append(Choice(value_words(wrong.value), False, wrong.because, wrong.value, wrong.id))
    return tuple(shown)


def _on_both_sides(wrongs: list[Wrong], right: Value, count: int, sampler: Sampler) -> list[Wrong]:
    """The commonest, but so many of them below the right number that its rank tells nothing, as far as they allow."""
    if not isinstance(right, int | Fraction | float):
        return wrongs[:count]
    below = [wrong for wrong in wrongs if wrong.value < right]
    above = [wrong for wrong in wrongs if wrong.value > right]
    fewest, most = max(0, count - len(above)), min(count, len(below))
    taken = sampler.integer(fewest, most)
    return below[:taken] + above[: count - taken]


def _reason(asked: SlipTarget, layer: str) -> str:
    if layer == asked.slip.layer:
        return asked.slip.because
    return next(wrong.because for wrong in asked.wrong() if wrong.id == layer)


def _seems_right(value: Value, right: Value) -> bool:
    """Whether a wrong value cannot be told from a right one by its looks: of the same form, whole where that is."""
    if isinstance(right, tuple):
        return isinstance(value, tuple) and len(value) == len(right) and all(map(_seems_right, value, right))
    if isinstance(right, int):
        return isinstance(value, int) and value > 0
    return isinstance(value, Node) == isinstance(right, Node)


def distinct(asked: Target) -> Iterable[Wrong]:
    """What mistakes lead to, the common ones first, each value once, and none that is right somehow."""
    seen: list[Value] = [asked.expected, *(other.value for other in asked.others())]
    for wrong in asked.wrong():
        if isinstance(asked, InverseTarget) and asked.fits(wrong.value):
            continue
        if not any(wrong.value == value for value in seen):
            seen.append(wrong.value)
            yield wrong


def _shuffled(items: Iterable[Choice], sampler: Sampler) -> tuple[Choice, ...]:
    """Fisher and Yates."""
    found = list(items)
    for last in range(len(found) - 1, 0, -1):
        other = sampler.integer(0, last)
        found[last], found[other] = found[other], found[last]
    return tuple(found)
