"""The derivative of a scalar expression: the rules by name, shortened and checked, or an answer judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..answers.marks import MOST_NAMED, AmbiguousError, Mark
from ..answers.reading import read
from ..answers.target import Other, Wrong
from ..answers.terms import Terms
from ..document import Block, Document
from ..errors import MeaningError, UserError
from ..explain import derivative
from ..expressions import printing
from ..expressions.answers import read_scalar
from ..expressions.evaluate import evaluate
from ..expressions.functions import CONSTANTS
from ..expressions.jsonable import as_json
from ..expressions.nodes import Name, Node, Value, names_in, to_node
from ..expressions.parser import parse
from ..formulas.diagnose import Candidate
from ..formulas.model import Mistake
from ..gradients.diff_mistakes import mistaken_derivatives
from ..gradients.points import alike
from ..gradients.scalar import Derivative, differentiate
from .expression import Expression, wrapped
from .judged_derivative import JudgedDerivative, asked_letter, written_parts
from .matrix_differentiating import MatrixDifferentiated, has_arrays, matrix_diff
from .results import Result, written

MOST_ORDER = 3


class Differentiated(Result):
    """A derivative with its rules. `value` is what the rules give, `simplified` the shortest form that was found.

    Where these would be long, what is printed has names for parts: `parts` says what each stands for.
    """

    def __init__(self, found: Derivative, at: Mapping[str, Value]) -> None:
        self.found = found
        self.at = at

    @property
    def value(self) -> Expression:
        return Expression(to_node(self.found.value))

    @property
    def simplified(self) -> Expression:
        return Expression(to_node(self.found.simplified))

    @property
    def parts(self) -> dict[str, Expression]:
        """What each name in the printed form stands for, in the names before it; empty where all is written out."""
        return {name: Expression(part) for name, part in self.found.parts.items()}

    def sympy(self) -> Any:
        """The derivative as sympy's expression. Raises UserError for what sympy has no counterpart of."""
        return self.simplified.sympy()

    def latex(self) -> str:
        """The derivative as LaTeX without $."""
        return self.simplified.latex()

    def subs(self, **values: object) -> Any:
        """The derivative with values in the place of letters."""
        return self.simplified.subs(**values)

    def __float__(self) -> float:
        """The derivative at the values of `at`. Raises UserError while letters are left."""
        return float(self.simplified if self.number is None else wrapped(self.number, {}))

    def program(self, language: str) -> str:
        """A program in "sympy" or "wolfram" that has the derivative, with the values of `at` put in."""
        return written(language, {"derivative": self.found.simplified}, {}, self.at)

    @property
    def number(self) -> Value:
        """The derivative with the values of `at` put in; what has none stays a letter."""
        return evaluate(self.found.simplified, self.at) if self.at else None

    @property
    def error(self) -> float | None:
        """The largest relative difference from a central difference; None without a point at which it can be taken."""
        return self.found.error

    def __repr__(self) -> str:
        return f"<d/d{self.found.by} {printing.text(self.found.expression)} = {printing.text(self.found.shown)}>"

    def _repr_latex_(self) -> str:
        """The derivative, as MathJax draws it."""
        return f"$${self.latex()}$$"

    def _document(self) -> Document:
        return derivative.document(self.found, self.number)

    def to_dict(self) -> dict[str, Any]:
        found, number = self.found, self.number
        return {
            "expression": printing.plain(found.expression),
            "wrt": found.by,
            "value": printing.plain(found.shown),
            "unsimplified": printing.plain(found.value if found.shortened is None else found.shown),
            **written_parts(found),
            "steps": [
                {
                    "name": step.rule,
                    "expression": printing.plain(step.expression),
                    "value": printing.plain(step.value),
                    **({} if step.inner is None else {"inner": printing.plain(step.inner)}),
                }
                for step in found.steps_shown
            ],
            "at": {name: as_json(value) for name, value in self.at.items()},
            **({} if number is None or derivative.is_long(number) else {"number": as_json(number)}),
            "checks": [
                {"point": dict(check.point), "value": check.value, "difference": check.difference}
                for check in found.checks
            ],
        }


def diff(
    expression: str,
    wrt: str = "",
    at: Mapping[str, str] | Iterable[str] = (),
    answer: str = "",
    show: bool = False,
    *,
    scalars: str = "",
    vectors: str = "",
    matrices: str = "",
) -> Differentiated | JudgedDerivative | MatrixDifferentiated:
    """The derivative of an expression by the letter `wrt`, or the judgement of an `answer`.

    `wrt` may be left out where there is one letter; "x,x" or "x,y" is a second derivative, of
    which the last step is explained. `at`: values to put in, {"w": "0.5"} or ["w=0.5"].
    With a transposed letter, norm, tr or softmax, or `vectors` or `matrices`, the letters are arrays: a capital is a
    matrix, a lower-case letter a vector, a Greek one a number, but for those that `scalars`, `vectors` and `matrices`
    name ("c,d").
    Raises UserError for what cannot be read or has no derivative rule.

    Example: dlcalc.diff("sigmoid(w x + b)", wrt="w")
    Example: dlcalc.diff("x^T A x", wrt="x")
    """
    if vectors or matrices or has_arrays(expression):
        return matrix_diff(
            expression, wrt, at, answer, show, {"scalar": scalars, "vector": vectors, "matrix": matrices}
        )
    if scalars:
        raise UserError("--scalars is for an expression with vectors or matrices")
    *before, wrt = [letter(each.strip()) if each.strip() else "" for each in wrt.split(",")]
    if len(before) >= MOST_ORDER or (before and "" in (*before, wrt)):
        raise UserError(f"--wrt takes one letter, or up to {MOST_ORDER} for a higher derivative, such as x,x")
    for each in (*before, wrt):
        if each in CONSTANTS:
            raise UserError(f"{each} is the number {CONSTANTS[each]:.3f}…: a derivative is taken by a letter")
    node = parse(expression, [each for each in (*before, wrt) if each])
    for each in before:
        node = to_node(differentiate(node, each).simplified)
    letters = [name for name in names_in(node) if name not in CONSTANTS]
    by = asked_letter(wrt, letters)
    found = differentiate(node, by)
    values = _values(at, {*letters, by})
    if not answer:
        return Differentiated(found, values)
    right = derivative.right_derivative(found) if show else None
    return JudgedDerivative(found, answer, _judged(found, answer, letters), right)


def _judged(found: Derivative, answer: str, letters: Sequence[str]) -> Mark:
    """The mark of an answer: compared at numbers, and with what mistakes make of the derivative."""
    expression, by = found.expression, found.by
    mark = Mark("wrong", found.shown, answer)
    try:
        wrote = _wrote(answer, found, {*letters, by})
        correct = alike(wrote, found.value, expression, by)
    except AmbiguousError as error:
        return replace(mark, status="undecided", reason=str(error))
    except MeaningError as error:
        return replace(mark, status="undecided", reason=f"{error.rule}, not a number")
    except (UserError, OverflowError) as error:
        return replace(mark, status="unreadable", reason=str(error))
    if correct is None:
        reason = f"no numbers were found at which {answer.strip()[:60]} and the derivative both have a value"
        return replace(mark, status="undecided", reason=reason)
    if correct:
        return replace(mark, status="right")
    named = tuple(
        Candidate((Mistake(each.id, "", "", each.because),))
        for each, made in mistaken_derivatives(expression, by)
        if alike(wrote, made, expression, by)
    )
    return replace(mark, mistakes=named[:MOST_NAMED], more=max(0, len(named) - MOST_NAMED))


@dataclass(frozen=True)
class _Asked:
    """A derivative as it is asked; nothing of it is looked at but its letters."""

    expected: Value
    letters: tuple[str, ...]

    def wrong(self) -> Iterator[Wrong]:
        return iter(())

    def others(self) -> Iterator[Other]:
        return iter(())

    def working(self) -> tuple[Block, ...]:
        return ()


_NAME_BEFORE = re.compile(r"\A\s*\$*\s*(?:\(?d|∂|\\frac\{\s*(?:d|\\partial)|f\s*'|y\s*'|D\b)[^=<>≈]*[=≈](?![=>])")
"""dy/dx =, f'(x) ="""


def _wrote(answer: str, found: Derivative, letters: set[str]) -> Node:
    """The answer as at every door, without dx/dw = before it. Raises UserError."""
    _refuse_arrays(answer)
    side = _NAME_BEFORE.sub("", answer)
    written = read(side, Terms("expression"), _Asked(found.shown, tuple(sorted(letters))))
    if written.answer is None:
        raise (AmbiguousError if written.ambiguous else UserError)(written.reason or "there is no answer")
    return to_node(written.answer.value)


def _values(at: Mapping[str, str] | Iterable[str], letters: set[str]) -> dict[str, Value]:
    pairs = at.items() if isinstance(at, Mapping) else [_pair(text) for item in at for text in item.split()]
    values = {}
    for wrote, text in pairs:
        name = wrote if wrote in letters else letter(wrote)
        if name not in letters:
            raise UserError(f"{name} does not occur; the letters are {', '.join(sorted(letters))}")
        values[name] = read_scalar(str(text), ())
    return values


def letter(text: str) -> str:
    """The letter by its name: theta for θ, w_1 for w₁."""
    try:
        node = parse(text)
    except UserError:
        node = None
    if isinstance(node, Name):
        return node.id
    if not text.isidentifier():
        raise UserError(f'a derivative is taken by one letter, such as w, not "{text[:40]}"')
    return text


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise UserError(f'values are written w=0.5, not "{text[:40]}"')
    return name.strip(), value.strip()


_TRANSPOSED = re.compile(r"\^\s*\{?\s*(?:T\b|⊤|\\top\b|\\intercal\b)|[ᵀ⊤]")


def _refuse_arrays(text: str) -> None:
    """Raises UserError for a transpose: ^T would else be a power."""
    if _TRANSPOSED.search(text):
        wrote = text.strip()[:60]
        raise UserError(f"diff takes single numbers, no transposed arrays: {wrote}; write ^(T) for a power")
