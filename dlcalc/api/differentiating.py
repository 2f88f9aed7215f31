"""The derivative of a scalar expression: the rules by name, shortened and checked, or an answer judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import document as doc
from ..errors import UserError
from ..expressions import printing
from ..expressions.answers import read_scalar
from ..expressions.evaluate import evaluate
from ..expressions.functions import CONSTANTS
from ..expressions.jsonable import as_json
from ..expressions.nodes import Node, Value, names_in, to_node
from ..expressions.parser import parse
from ..gradients.diff_mistakes import Slip, slipped
from ..gradients.points import POINTS, at_points, near
from ..gradients.scalar import INNER, Derivative, differentiate
from .results import Result

MOST_NAMED = 5


class Differentiated(Result):
    """A derivative with its rules. `value` is what is printed, `simplified` the shortest form that was found."""

    def __init__(self, found: Derivative, at: Mapping[str, Value]) -> None:
        self.found = found
        self.at = at

    @property
    def value(self) -> Node:
        return self.found.value

    @property
    def simplified(self) -> Node:
        return self.found.simplified

    @property
    def number(self) -> Value:
        """The derivative with the values of `at` put in; what has none stays a letter."""
        return evaluate(self.found.simplified, self.at) if self.at else None

    @property
    def error(self) -> float | None:
        """The largest relative difference from a central difference; None without a point at which it can be taken."""
        return max((check.error for check in self.found.checks), default=None)

    def __repr__(self) -> str:
        return f"<d/d{self.found.by} {printing.text(self.found.expression)} = {printing.text(self.simplified)}>"

    def _document(self) -> doc.Document:
        found = self.found
        steps: list[tuple[doc.Words, doc.Equation]] = []
        for step in found.steps:
            words: doc.Words = step.rule
            if step.inner is not None and step.outer is not None:
                words = (f"{step.rule}, with {INNER} = ", doc.Math(step.inner), " and outer derivative ",
                         doc.Math(step.outer))  # fmt: skip
            steps.append((words, doc.Equation(None, (step.expression, step.value))))
        blocks: list[doc.Block] = [doc.Formula((doc.Equation(None, (found.expression,)),))]
        if steps:
            rows = tuple((words, doc.Math(each.rights[0]), doc.Math(each.rights[1])) for words, each in steps)
            blocks += [doc.Heading(2, "Rule by rule, the innermost first"),
                       doc.Table(("rule", "of", "derivative"), rows, row_headers=False)]  # fmt: skip
        blocks += [doc.Heading(2, "Derivative"), doc.Formula((doc.Equation(None, self._chain()),))]
        if self.at:
            number = self.number
            blocks.append(doc.Formula((doc.Equation(None, (found.simplified, _rounded(number)), rounded=True),)))
        blocks.append(doc.Note("note", self._checked()))
        return doc.Document(f"Derivative by {found.by}", tuple(blocks))

    def _chain(self) -> tuple[Value, ...]:
        return (self.value,) if self.simplified == self.value else (self.value, self.simplified)

    def _checked(self) -> str:
        if self.error is None:
            return "no numbers were found at which it could be checked"
        count = len(self.found.checks)
        return (f"checked with central differences at {count} point{'s' if count > 1 else ''}: "
                f"the largest relative difference is {self.error:.0e}")  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        found = self.found
        return {
            "expression": printing.plain(found.expression),
            "wrt": found.by,
            "value": printing.plain(found.simplified),
            "unsimplified": printing.plain(found.value),
            "steps": [
                {
                    "name": step.rule,
                    "expression": printing.plain(step.expression),
                    "value": printing.plain(step.value),
                    **({} if step.inner is None else {"inner": printing.plain(step.inner)}),
                }
                for step in found.steps
            ],
            "at": {name: as_json(value) for name, value in self.at.items()},
            **({"number": as_json(self.number)} if self.at else {}),
            "checks": [
                {"point": dict(check.point), "value": check.value, "difference": check.difference}
                for check in found.checks
            ],
        }


class JudgedDerivative(Result):
    """A student's derivative: `correct`, and the `mistakes` that lead to it."""

    def __init__(self, found: Derivative, answer: str, correct: bool, slips: tuple[Slip, ...], show: bool) -> None:
        self.found = found
        self.answer = answer
        self.correct = correct
        self.slips = slips
        self.show = show

    @property
    def mistakes(self) -> list[dict[str, str]]:
        return [{"id": slip.id, "because": slip.because} for slip in self.slips[:MOST_NAMED]]

    def _document(self) -> doc.Document:
        title = f"Derivative by {self.found.by} of {printing.text(self.found.expression)}"
        blocks: list[doc.Block] = []
        if self.correct:
            blocks.append(doc.Note("right", "this is right"))
        elif not self.slips:
            blocks.append(doc.Note("mistake", "this is wrong; no typical mistake gives this"))
        elif len(self.slips) == 1:
            blocks += [doc.Note("mistake", "this is wrong."), doc.Paragraph(doc.sentence(self.slips[0].because))]
        else:
            blocks.append(doc.Note("mistake", "this is wrong. One of these gives it:"))
            blocks.append(doc.Items(tuple(slip.because for slip in self.slips[:MOST_NAMED])))
        if self.show:
            blocks.append(doc.Formula((doc.Equation(None, (self.found.simplified,)),)))
        return doc.Document(title, tuple(blocks))

    def to_dict(self) -> dict[str, Any]:
        return {
            "expression": printing.plain(self.found.expression),
            "wrt": self.found.by,
            "answer": self.answer,
            "correct": self.correct,
            "expected": printing.plain(self.found.simplified),
            "mistakes": self.mistakes,
            "more": max(0, len(self.slips) - MOST_NAMED),
        }


def diff(
    expression: str, wrt: str = "", at: Mapping[str, str] | Iterable[str] = (), answer: str = "", show: bool = False
) -> Differentiated | JudgedDerivative:
    """The derivative of a scalar expression by the letter `wrt`, or the judgement of an `answer`.

    `wrt` may be left out where there is one letter. `at`: values to put in, {"w": "0.5"} or ["w=0.5"].
    Raises UserError for what cannot be read or has no derivative rule.
    """
    if wrt and not wrt.isidentifier():
        raise UserError(f'a derivative is taken by one letter, such as w, not "{wrt[:40]}"')
    node = parse(expression, [wrt] if wrt else [])
    letters = [name for name in names_in(node) if name not in CONSTANTS or name == wrt]
    by = wrt or (letters[0] if len(letters) == 1 else "")
    if not by:
        known = ", ".join(letters) if letters else "none"
        raise UserError(f"--wrt says by which letter to derive; the letters are {known}")
    found = differentiate(node, by)
    values = _values(at, {*letters, by})
    if not answer:
        return Differentiated(found, values)
    wrote = to_node(read_scalar(answer, [by]))
    if strange := [name for name in names_in(wrote) if name not in letters and name not in CONSTANTS]:
        raise UserError(
            f"{strange[0]} does not occur in {expression.strip()[:60]}; its letters are {', '.join(letters)}"
        )
    correct = _alike(wrote, found.value, by)
    slips = () if correct else tuple(slip for slip, made in slipped(node, by) if _alike(wrote, made, by))
    return JudgedDerivative(found, answer, correct, slips, show)


def _values(at: Mapping[str, str] | Iterable[str], letters: set[str]) -> dict[str, Value]:
    pairs = at.items() if isinstance(at, Mapping) else [_pair(text) for item in at for text in item.split()]
    values = {}
    for name, text in pairs:
        if name not in letters:
            raise UserError(f"{name} does not occur; the letters are {', '.join(sorted(letters))}")
        values[name] = read_scalar(str(text), ())
    return values


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise UserError(f'values are written w=0.5, not "{text[:40]}"')
    return name.strip(), value.strip()


def _alike(one: Node, other: Node, by: str) -> bool:
    points = at_points((one, other), by, count=POINTS)
    return len(points) == POINTS and all(near(evaluate(one, point), evaluate(other, point)) for point in points)


def _rounded(value: Value) -> Value:
    return float(f"{value:.6g}") if isinstance(value, float) else value
