"""Numbers by hand: an operation of `hand_operations.OPERATIONS` worked out on arrays, window by window or step by step.

`by_hand("conv", x="1 2; 3 4", w=[[1, 0], [0, -1]])`: arrays as text, nested lists, numpy arrays, or the name of a file.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..answers.formula_target import FormulaTarget
from ..document import Block, Document, Heading
from ..errors import UserError
from ..explain.hand_working import Computed, answer_steps, givens
from ..explain.hand_working import document as hand_document
from ..explain.number_style import NumberStyle
from ..expressions.jsonable import as_json
from ..expressions.limits import LIMIT_WORKING, WorkError, within_budget
from ..expressions.nodes import Name, Node, Value, written_size
from ..expressions.printing import Spell, text
from ..formulas.differences import NO_CHECKS, Checks, Differences, differences
from ..formulas.hand_operations import Operation
from ..formulas.model import Formula, Step
from ..formulas.registry import formula
from ..formulas.run import Working, contains_letters, letters_in, run
from ..formulas.topics.options_by_hand import STABLE
from ..profiles import COURSE, Profile
from .array_files import shape_of
from .array_option import is_file, read_raw
from .hand_given import Asked, read
from .results import Calculation, Judged, OneAnswer, askable, written

if TYPE_CHECKING:
    from ..explain.frames import Film as Film
    from ..explain.frames import Frame as Frame
    from ..explain.frames import Rows as Rows

MOST_WRITTEN = 5_000
"""Nodes of one expression in letters."""
KERNELS = ("none", "cpu", "cuda")
"""Who computes: the formula itself, or the kernels, with the formula's working beside them."""


class ByHand(Calculation):
    """An operation worked out. Every variable, step and answer is an attribute."""

    def __init__(
        self, operation: Operation, working: Working, fractions: bool, loss: Working | None, kernel: str,
        spell: Spell = None, course: Profile = COURSE,
    ) -> None:  # fmt: skip
        super().__init__(working, spell, course)
        self.operation = operation
        self.fractions = fractions
        self.loss_working = loss
        self.kernel = kernel

    @cached_property
    def checks(self) -> Checks:
        """The gradients by finite differences, none forwards; and those for which they would have taken long."""
        if contains_letters(tuple(self.working.given.values())):
            return NO_CHECKS
        return differences(self.working, self.operation.gradients_of(self.working.formula))

    @property
    def checked(self) -> tuple[Differences, ...]:
        """The gradients by finite differences, one entry per gradient."""
        return self.checks.made

    @cached_property
    def computed(self) -> dict[str, Any]:
        """What the kernels computed: answer → nested lists of floats; empty where none was asked."""
        if self.kernel == "none":
            return {}
        from ..quiz.by_kernels import compute

        return compute(self.operation.name, self.working, self.kernel)

    def film(self) -> Film:
        """The window sliding over the image, place by place. Raises UserError for an operation without a window."""
        from ..explain.frames import film

        return film(self.working, self.operation, NumberStyle(self.fractions))

    def only(self, ask: str) -> OneAnswer:
        """One answer, one step, or one cell, `output[1, 2]`, alone with its working.

        Raises UserError for what cannot be asked.
        """
        asked, name = _with_cell(self.operation, self.working.formula, self.working, ask)
        if asked is self.working.formula:
            return OneAnswer(self, name)
        found = run(asked, self.working.given, convention=self.working.convention.name)
        whole = ByHand(self.operation, found, self.fractions, self.loss_working, "none", self.spell, self.course)
        return OneAnswer(whole, name)

    def program(self, language: str, answer: str = "") -> str:
        """A program in "sympy" or "wolfram" that has every answer, or the one that is named, as it is worked out."""
        names = (answer,) if answer else self.working.formula.answers
        return written(language, {name: self.working.shown(name) for name in names}, self.facts, {})

    def answer_blocks(self, name: str) -> tuple[Block, ...]:
        style = NumberStyle(self.fractions)
        given = givens(self.working, self.operation, style)
        steps = answer_steps(self.working, self.operation, name, style)
        return (*given, Heading(1, "Step by step"), *steps)

    def _document(self) -> Document:
        computed = Computed(self.kernel, self.computed) if self.computed else None
        style = NumberStyle(self.fractions)
        return hand_document(self.working, self.operation, style, self.checks, computed, self.loss_working, self.spell)

    def to_dict(self) -> dict[str, Any]:
        found = super().to_dict()
        found.pop("conventions")
        found.update(self._forward())
        for name, values in self.computed.items():
            found[name] = values
            found["value"] = values if name == self.working.formula.answers[0] else found["value"]
        checked = {each.answer: {"values": as_json(each.values), "agrees": each.agrees} for each in self.checked}
        written = _as_fractions if self.fractions else _same
        result = {"operation": self.operation.name, "kernel": self.kernel, **found}
        if checked:
            result["finite_differences"] = checked
        if self.checks.too_long:
            result["finite_differences_left_out"] = list(self.checks.too_long)
        return {key: written(value, self.working, key) for key, value in result.items()}

    def _neighbours(self) -> dict[str, Any]:
        """None: a whole array under each of the other conventions is no answer to what was asked."""
        return {}

    def _forward(self) -> dict[str, Any]:
        """Of a backward pass what came out forwards: the output of a convolution, the states of an RNN."""
        own = self.working.formula
        name = formula(self.operation.formula_ids()[0]).answers[0]
        is_stated = name in own.answers or not isinstance(own.by_name.get(name), Step)
        return {} if is_stated else {name: as_json(self.working.shown(name))}


def _same(value: Any, working: Working, key: str) -> Any:
    return value


def _as_fractions(value: Any, working: Working, key: str) -> Any:
    """An answer with its fractions as text: "1/3", "7/2"."""
    name = working.formula.answers[0] if key == "value" else key
    return _texts(working[name]) if name in working.formula.answers else value


def _texts(value: Value) -> Any:
    if isinstance(value, tuple):
        return [_texts(item) for item in value]
    return str(value) if isinstance(value, Fraction) else value


def by_hand(
    operation: str,
    *,
    convention: str | None = None,
    profile: str | Profile | None = None,
    fractions: bool = False,
    kernel: str = "none",
    **given: object,
) -> ByHand:
    """Works an operation out on numbers. Raises UserError for what is missing, unreadable, or of the wrong shape."""
    if kernel not in KERNELS:
        raise UserError(f"kernel is one of {', '.join(KERNELS)}, not {kernel[:40]!r}")
    asked, found = _worked(operation, given, convention, profile)
    if kernel != "none" and (letter := next(letters_in(tuple(found.given.values())), None)):
        raise UserError(f"kernels compute with numbers, and {text(Name(letter))} has none: leave --kernel out")
    return ByHand(asked.operation, found, fractions, asked.loss, kernel, asked.spell, asked.course)


def check(
    operation: str,
    ask: str,
    answer: object,
    *,
    convention: str | None = None,
    profile: str | Profile | None = None,
    show: bool = False,
    **given: object,
) -> Judged:
    """Judges one answer, a number or a whole matrix: `ask` is an answer, a step, or one cell, `output[1, 2]`.

    An answer that cannot be read has the status "unreadable". Raises UserError when the question cannot be read.
    """
    asked, found = _worked(operation, given, convention, profile)
    judged, name = _with_cell(asked.operation, asked.formula, found, ask)
    answer = answer if judged is not asked.formula else _standing(answer, found[name])
    target = FormulaTarget(judged, asked.values, name, asked.convention, stated=asked.stated, options=asked.options)
    return Judged.of(target, "number", answer, _from_file(answer), show, asked.spell, asked.course)


def _worked(
    operation: str, given: dict[str, object], convention: str | None, profile: str | Profile | None
) -> tuple[Asked, Working]:
    """What is asked, worked out. Raises UserError where that would take long."""

    def work() -> tuple[Asked, Working]:
        asked = read(operation, given, convention, profile)
        try:
            return asked, run(asked.formula, asked.values, convention=asked.convention)
        except WorkError:
            raise
        except UserError:  # a number too large for the formula as it is written
            names = [each.name for each in asked.formula.conventions]
            if STABLE not in names or asked.convention != names[0]:
                raise
            asked = replace(asked, convention=STABLE)
            return asked, run(asked.formula, asked.values, convention=STABLE)

    try:
        asked, found = within_budget(work, LIMIT_WORKING)
        _check_length(operation, found)
        return asked, found
    except WorkError:
        raise UserError(
            f"working by hand is limited to {LIMIT_WORKING:,} operations, and these numbers need more: give fewer, or "
            "call dlcalc.ops from Python"
        ) from None


def _check_length(operation: str, found: Working) -> None:
    """Raises UserError where an expression in letters would fill pages: each of a series holds those before it."""
    if contains_letters(tuple(found.given.values())):
        longest = max(map(_longest, found.state.values.values()))
        if longest > MOST_WRITTEN:
            raise UserError(f"run {operation} in letters writes expressions of at most {MOST_WRITTEN:,} signs, and "
                            f"{longest:,} are needed here: give fewer steps, or numbers")  # fmt: skip


def _longest(value: Value) -> int:
    if isinstance(value, Node):
        return written_size(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return max(map(_longest, inner), default=0)


# what is asked

_CELL = re.compile(r"\s*(\w+)\s*\[([\d\s,]{1,40})\]\s*")


def _with_cell(operation: Operation, asked: Formula, found: Working, ask: str) -> tuple[Formula, str]:
    """The formula and the step that is asked; for one cell of an array the formula has it as a step of its own."""
    cell = _CELL.fullmatch(ask)
    name = askable(found.program, cell[1] if cell else ask, operation.silent)
    if cell is None:
        return asked, name
    shape = shape_of(found[name])
    place = [int(number) for number in cell[2].split(",") if number.strip()]
    place = [1] * (len(shape) - len(place)) + place if all(n == 1 for n in shape[: len(shape) - len(place)]) else place
    if len(place) != len(shape) or any(not 1 <= at <= size for at, size in zip(place, shape, strict=True)):
        raise UserError(f"{ask[:40]}: {name} has the shape {'×'.join(map(str, shape)) or '1'}")
    step = Step("cell", f"{name}[{', '.join(map(str, place))}]", f"one cell of {name}")
    return replace(asked, steps=(*asked.steps, step), answers=(*asked.answers, "cell")), "cell"


def _standing(answer: object, expected: Value) -> object:
    """An answer in one row where one number stands in every row: a series of a layer of one unit."""
    shape = shape_of(expected)
    if len(shape) != 2 or shape[1] != 1 or shape[0] == 1:
        return answer
    if (
        isinstance(answer, str)
        and len(numbers := _ROW.findall(answer)) == shape[0]
        and not _ROW.sub("", answer).strip(" ,()[]")
    ):
        return "; ".join(numbers)
    if isinstance(answer, list | tuple) and len(answer) == shape[0] and not any(map(_is_row, answer)):
        return [[number] for number in answer]
    return answer


def _is_row(item: object) -> bool:
    return isinstance(item, list | tuple)


_ROW = re.compile(r"[-−+]?\d+(?:\.\d+)?(?:/\d+)?(?:e[-+]?\d+)?")


def _from_file(answer: object) -> object:
    """What was written, as text or as lists; a file that is named is read."""
    if isinstance(answer, str) and not is_file(answer):
        return answer
    return answer if isinstance(answer, int | float | Fraction) else read_raw("answer", answer)
