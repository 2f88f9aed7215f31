"""One variant's answers judged part by part: right, following from what the student wrote before, right by another
convention, or wrong, with the mistakes that lead there.

Following through is the same question asked again with the student's earlier values in place of the right ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from typing import Any

from ..errors import InternalError, UserError
from ..expressions.answers import Answer, agrees
from ..expressions.evaluate import evaluate
from ..expressions.nodes import Value
from ..formulas.diagnose import Candidate, Verdict, verify
from ..formulas.model import Mistake
from ..formulas.program import program
from ..formulas.run import run
from ..networks.exercise import to_csv
from ..quiz.gradients import GradientAsked
from ..quiz.problem import ARRAYS, Part
from ..quiz.targets import Asked, CellAsked, ChoiceAsked, FormulaAsked, InverseAsked, SlipAsked, TableAsked
from ..quiz.variant import Variant, ask_part
from ..untrusted import printable
from .answer_text import Written, is_rounded_too_far, is_within, read, too_far
from .array_judging import Followed, judge_array
from .array_marks import indexed, is_sound_array
from .choices import judge_choice
from .gradient_judging import judge_gradient
from .part_mark import PartMark, together
from .policy import Policy
from .table_marks import mark_table
from .table_point import CHANNELS_FIRST, Finding, Point, rotated

STATUSES = ("right", "follows", "convention", "wrong", "undecided", "unreadable", "missing")
MOST_CARRIED = 4
"""Earlier wrong answers whose combinations are carried on."""
MOST_NAMED = 5

Given = Mapping[str, object]
"""Part id → what was written; of a table its text, or cell by cell `conv-1.output` → text."""


def judge(variant: Variant, given: Given, policy: Policy, spell: Mapping[str, str] | None = None) -> list[PartMark]:
    """The marks of every part of a variant. What is written is a status, never an error."""
    return _Judge(variant, given, policy, spell or {}).marks()


class _Judge:
    def __init__(self, variant: Variant, given: Given, policy: Policy, spell: Mapping[str, str]) -> None:
        self.variant = variant
        self.problem = variant.problem
        self.given = given
        self.policy = policy
        self.spell = spell
        self.written: dict[str, Written] = {}
        self.turned: dict[str, Answer] = {}
        """Shapes that may have been written with their channels first, read so."""
        self.found: dict[str, PartMark] = {}

    def marks(self) -> list[PartMark]:
        for part in self.problem.parts:
            try:
                self.found[part.id] = self._mark(part)
            except Exception as error:  # our own bug costs one part, and not the marks of a class
                said = str(InternalError(f"{type(error).__name__}: {printable(str(error))}"))
                self.found[part.id] = PartMark(
                    part, "undecided", Fraction(0), self.variant.asked[part.id].expected, reason=said
                )
        return [self.found[part.id] for part in self.problem.parts]

    def _mark(self, part: Part) -> PartMark:
        asked = self.variant.asked[part.id]
        given = self.given.get(part.id)
        if part.kind == "choice":
            taken = judge_choice(self.variant, part, given, self.policy)
            return PartMark(
                part, taken.status, taken.share, taken.expected, taken.wrote, taken.mistakes, reason=taken.reason
            )
        if isinstance(asked, TableAsked):
            return self._table(part, asked, given)
        if isinstance(asked, GradientAsked):
            found, self.written[part.id] = judge_gradient(part, asked, given, self.policy)
            return found
        if part.kind in ARRAYS and isinstance(asked, FormulaAsked):
            found, self.written[part.id] = judge_array(part, asked, given, self.policy, self._followed(part))
            return found
        written = self.written[part.id] = read(given, part, asked, self.spell)
        mark = PartMark(part, "missing", Fraction(0), asked.expected, written.text)
        if written.reason:
            return replace(mark, status="unreadable", reason=written.reason)
        if written.answer is None:
            return mark
        try:
            return self._judged(mark, asked, written.answer)
        except (UserError, OverflowError) as error:
            return replace(mark, status="undecided", reason=printable(str(error)))

    def _judged(self, mark: PartMark, asked: Asked, answer: Answer) -> PartMark:
        part = mark.part
        found = self._verdict(asked, part, answer)
        turned = _turned(asked, answer) if found.status == "wrong" and not _is_single(found) else None
        if turned is not None:
            again = self._verdict(asked, part, turned)
            if again.status != "wrong" or _is_single(again):
                self.written[part.id] = replace(self.written[part.id], answer=turned)
                answer, turned = turned, None
                found = Finding("convention", CHANNELS_FIRST) if again.status == "right" else again
        if found.status == "wrong":
            readings = [answer] if turned is None else [answer, turned]
            for (names, values), reading in product(self._carried(part), readings):
                follows = self._following(part, asked, reading, names, values)
                if follows is not None:
                    self.written[part.id] = replace(self.written[part.id], answer=reading)
                    if all(self.found[name].status == "right" for name in names):
                        return replace(mark, status="right", share=self.policy.share("right"))
                    share = self.policy.share("follows")
                    return replace(mark, status="follows", share=share, carried=names)
            if is_rounded_too_far(asked.expected, answer):
                return replace(mark, status="undecided", reason=too_far(part))
            if turned is not None:
                self.turned[part.id] = turned
            for reading in readings:
                found = self._better(part, asked, reading, found)
        return replace(
            mark, status=found.status, share=self.policy.share(found.status), mistakes=found.mistakes[:MOST_NAMED],
            more=max(0, len(found.mistakes) - MOST_NAMED), convention=found.convention, reason=found.reason,
        )  # fmt: skip

    # the truth

    def _verdict(self, asked: Asked, part: Part, answer: Answer) -> Finding:
        if not isinstance(asked.expected, tuple) and is_within(part, asked.expected, answer.value):
            return Finding("right")
        match asked:
            case FormulaAsked():
                return _finding(asked, verify(asked.formula, asked.given, asked.name, answer, asked.convention))
            case InverseAsked():
                return _inverse(asked, answer)
            case CellAsked():
                return self._cell(part, asked, answer)
            case SlipAsked():
                return self._cell(part, asked.cell, answer)
        return Finding("undecided", reason="this kind of question cannot be judged")

    def _cell(self, part: Part, asked: CellAsked, answer: Answer) -> Finding:
        """A cell of a network's table, on what was written of the same network in the parts that it follows."""
        layer = "total" if asked.is_total else asked.row.layer.name
        wrote = dict(self._cells_before(part, asked))
        wrote[layer, asked.column] = answer
        return Point(asked.table, wrote).judge(layer, asked.column)

    def _cells_before(self, part: Part, asked: CellAsked) -> Iterator[tuple[tuple[str, str], Answer]]:
        for name in part.follows:
            before = self.variant.asked[name]
            if isinstance(before, TableAsked) and before.table is asked.table:
                for found in self.found[name].cells:
                    if found.answer is not None:
                        yield (found.layer, found.column), found.answer
            elif isinstance(before, CellAsked) and before.table is asked.table and not before.is_total:
                answer = self.written[name].answer
                if answer is not None:
                    yield (before.row.layer.name, before.column), answer

    def _table(self, part: Part, asked: TableAsked, given: object) -> PartMark:
        mark = PartMark(part, "missing", Fraction(0), asked.expected)
        text = _as_text(asked, given)
        if not text.strip():
            return mark
        try:
            marks = mark_table(asked.table, text, asked.columns)
        except UserError as error:
            return replace(mark, status="unreadable", reason=printable(str(error)), wrote=printable(text[:60]))
        cells = marks.cells
        if all(found.status == "missing" for found in cells):
            return mark
        share = sum((self.policy.share(found.status) for found in cells), Fraction(0)) / len(cells)
        named = tuple(dict.fromkeys(each for found in cells for each in found.mistakes[:1]))
        return replace(
            mark, status=together([found.status for found in cells]), share=share, cells=cells,
            wrote=f"{sum(found.status != 'missing' for found in cells)} of {len(cells)} cells",
            mistakes=named[:MOST_NAMED], more=max(0, len(named) - MOST_NAMED),
        )  # fmt: skip

    # following through

    def _carried(self, part: Part) -> Iterator[tuple[tuple[str, ...], dict[str, Value]]]:
        """The earlier answers that may be carried on: all wrong ones together, then fewer of them.

        A wrong shape that may be turned is carried on as it was written, then turned.
        """
        wrong = [
            name for name in part.follows
            if self._value(name) not in (None, self.variant.asked[name].expected)
        ][:MOST_CARRIED]  # fmt: skip
        for count in range(len(wrong), 0, -1):
            for names in combinations(wrong, count):
                written = {name: self._value(name) for name in names}
                turned = {name: self.turned[name].value for name in names if name in self.turned}
                for values in (written, *([written | turned] if turned else [])):
                    if self._is_allowed(part, values):
                        yield names, values

    def _value(self, name: str) -> Value | None:
        written = self.written.get(name)
        answer = written.answer if written is not None else None
        if answer is None:
            return None
        is_one = not isinstance(self.variant.asked[name].expected, tuple)
        return _alike(answer.value) if is_one else answer.value  # a side, 27, that was written as 27×27

    def _values(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """All names, earlier parts' right answers included, with the student's in their place."""
        right = {
            part.id: self.variant.asked[part.id].expected for part in self.problem.parts
            if not isinstance(self.variant.asked[part.id], ChoiceAsked | TableAsked)
        }  # fmt: skip
        return {**self.variant.values, **right, **values}

    def _is_allowed(self, part: Part, values: Mapping[str, Value]) -> bool:
        """Whether the guard holds. Without one, what is carried on is positive and has the form of the right answer."""
        if part.guard is not None:
            try:
                return evaluate(part.guard.node, self._values(values)) is True
            except (UserError, OverflowError, TypeError):  # a shape where the guard speaks of a number
                return False
        kinds = {other.id: other.kind for other in self.problem.parts}
        sound = {name: is_sound_array if kinds[name] in ARRAYS else _is_sound for name in values}
        return all(sound[name](value, self.variant.asked[name].expected) for name, value in values.items())

    def _following(
        self, part: Part, asked: Asked, answer: Answer, names: Sequence[str], values: Mapping[str, Value]
    ) -> Finding | None:
        """Right on the student's own values; None where it is not, or where nothing can be worked out with them."""
        try:
            again = ask_part(self.problem, part, self._values(values))
            if isinstance(again, FormulaAsked):
                pins = self._pins(again, values)
                if again.given == self.variant.asked[part.id].given and not pins:  # type: ignore[union-attr]
                    return None
                again = replace(again, known=pins)
                value = run(again.formula, again.given, (), pins, again.convention)[again.name]
                # a per-axis answer may be written once
                return Finding("follows") if _agrees(again, value, answer) else None
            if isinstance(again, InverseAsked) and again.given != self.variant.asked[part.id].given:  # type: ignore[union-attr]
                return Finding("follows") if _inverse(again, answer).status == "right" else None
        except (UserError, OverflowError):
            return None
        return None

    def _followed(self, part: Part) -> Iterator[Followed]:
        """A part asked again on the student's earlier answers, as far as that changes what is asked."""
        for names, values in self._carried(part):
            try:
                again = ask_part(self.problem, part, self._values(values))
                if not isinstance(again, FormulaAsked):
                    continue
                again = replace(again, known=self._pins(again, values))
                if again.known or again.given != self.variant.asked[part.id].given:  # type: ignore[union-attr]
                    assert again.expected is not None
                    yield () if all(self.found[name].status == "right" for name in names) else names, again
            except (UserError, OverflowError):
                continue

    def _pins(self, asked: FormulaAsked, values: Mapping[str, Value]) -> dict[str, Value]:
        """Steps of the same formula on the same values that were answered in earlier parts."""
        pins: dict[str, Value] = {}
        own = self.variant.asked
        for name, value in values.items():
            pins.update(pinned(asked, own[name], value))
        return pins

    def _better(self, part: Part, asked: Asked, answer: Answer, found: Finding) -> Finding:
        """A mistake made after carrying an earlier answer on, where no single mistake explains the answer by itself."""
        if _is_single(found):
            return found
        for _, values in self._carried(part):
            try:
                again = ask_part(self.problem, part, self._values(values))
                if not isinstance(again, FormulaAsked):
                    continue
                pins = self._pins(again, values)
                if pins:
                    mistakes = tuple(_on_pins(again, pins, answer))
                else:
                    verdict = verify(again.formula, again.given, again.name, answer, again.convention)
                    mistakes = tuple(each for each in verdict.mistakes if len(each.mistakes) == 1)
            except (UserError, OverflowError):
                continue
            if mistakes:
                return replace(found, mistakes=mistakes)
        return found


def _finding(asked: FormulaAsked, verdict: Verdict) -> Finding:
    """A convention that the part itself names binds: what another one gives is wrong, and told so."""
    other = verdict.convention
    if other is not None and asked.convention:
        own = asked.working_out.convention
        because = f"this is the count of {other.who} ({other.says}), and asked is that of {own.who} ({own.says})"
        return Finding("wrong", mistakes=(Candidate((Mistake(f"convention-{other.name}", "", "", because),)),))
    if other is not None:
        return Finding("convention", other.name)
    if verdict.correct:
        return Finding("right")
    return Finding("wrong", mistakes=verdict.mistakes)


def _inverse(asked: InverseAsked, answer: Answer) -> Finding:
    """Any value that leads to the wanted answer is right."""
    if agrees(asked.expected, answer) or asked.fits(answer.value):
        return Finding("right")
    found = tuple(
        Candidate((Mistake(wrong.id, "", "", wrong.because, wrong.weight, wrong.hint),))
        for wrong in asked.leads_to(answer.value)
    )
    return Finding("wrong", mistakes=tuple(sorted(found, key=lambda each: -each.weight)))


def _is_single(found: Finding) -> bool:
    """Whether one mistake alone explains an answer."""
    return bool(found.mistakes) and len(found.mistakes[0].mistakes) == 1


def _turned(asked: Asked, answer: Answer) -> Answer | None:
    """A map that was written with its channels first, as PyTorch prints it, in our order; None for any other answer."""
    right, wrote = asked.expected, answer.value
    if not isinstance(asked, FormulaAsked) or asked.name != asked.formula.shape:
        return None
    if not isinstance(right, tuple) or not isinstance(wrote, tuple) or len(wrote) != len(right) or len(right) < 3:
        return None
    looks_so = wrote[0] == right[-1] and wrote[-1] != right[-1] and rotated(right) != right
    return replace(answer, value=rotated(wrote)) if looks_so else None


def _agrees(asked: FormulaAsked, value: Value, answer: Answer) -> bool:
    if asked.formula.is_per_axis(asked.name):
        value, wrote = _alike(value), _alike(answer.value)
        return agrees(value, replace(answer, value=wrote))
    return agrees(value, answer)


def _alike(value: Value) -> Value:
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def _is_sound(value: Value, right: Value) -> bool:
    """Whether a student's value can be carried on: numbers, as many as there should be, and none that makes it easy."""
    parts = value if isinstance(value, tuple) else (value,)
    rights = right if isinstance(right, tuple) else (right,)
    if len(parts) != len(rights) and len(parts) != 1:
        return False
    return all(isinstance(part, int | float | Fraction) and part > 0 for part in parts) and not (
        all(part == 1 for part in parts) and any(each != 1 for each in rights)
    )


def pinned(asked: FormulaAsked, before: Asked, value: Value) -> dict[str, Value]:
    """The steps of the same formula on the same values that an earlier answer stands for; none of another question.

    A shape 55×55×96 is also the size 55 of each axis.
    """
    if not isinstance(before, FormulaAsked) or before.formula is not asked.formula or before.name == asked.name:
        return {}
    if dict(before.given) != dict(asked.given):
        return {}
    found = before.formula
    if before.rank is not None:
        return {before.name: indexed(value, before.working_out.state.values[before.name])}
    if before.name != found.shape:
        per_axis = found.is_per_axis(before.name) and not isinstance(value, tuple)
        return {before.name: (value,) * found.axes if per_axis else value}
    shape = value if isinstance(value, tuple) else (value,)
    pins: dict[str, Value] = {found.shape: shape}
    if found.is_per_axis("o") and found.variable("o") is None and len(shape) == found.axes + 1:
        pins["o"] = shape[:-1]
    return pins


def _on_pins(asked: FormulaAsked, pins: Mapping[str, Value], answer: Answer) -> Iterator[Candidate]:
    """The single mistakes that give an answer when they are made on the student's own earlier values."""
    for mistake in sorted(program(asked.formula, asked.convention).relevant(asked.name), key=lambda m: -m.weight):
        if mistake.step in pins:
            continue
        try:
            value = run(asked.formula, asked.given, (mistake,), pins, asked.convention)[asked.name]
        except (UserError, OverflowError):
            continue
        if _agrees(asked, value, answer):
            yield Candidate((mistake,))


def _as_text(asked: TableAsked, given: object) -> str:
    """A table as it was handed in, or put together from its cells."""
    if not isinstance(given, Mapping):
        return given if isinstance(given, str) else ""
    header = ["layer", *asked.columns]
    layers = [*(row.layer.name for row in asked.table.rows), "total"]
    rows = [[layer, *(str(given.get(f"{layer}.{column}", "")) for column in asked.columns)] for layer in layers]
    return to_csv([header, *rows]) if any(str(value).strip() for value in given.values()) else ""
