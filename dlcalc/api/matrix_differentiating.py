"""The derivative of an expression with vectors and matrices, in matrix notation, or an answer judged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ..answers.marks import Mark
from ..document import Document, Formula
from ..document import Equation as Line
from ..errors import UserError
from ..explain import matrix_derivative as explained
from ..expressions import printing
from ..expressions.functions import CONSTANTS, GREEK
from ..expressions.jsonable import as_json
from ..expressions.nodes import Call, Kind, Mul, Name, Node, Transpose, Value, names_in, rewriting, to_node
from ..expressions.parser import parse
from ..formulas.diagnose import Candidate
from ..formulas.model import Mistake
from ..gradients.matrix_calculus import MatrixDerivative, NumberAddedError, flat, matrix_derivative
from .array_option import read_array
from .expression import Expression
from .judged_derivative import JudgedDerivative, asked_letter, no_letter
from .results import Result, written

_KINDS = {"scalar": Kind.SCALAR, "vector": Kind.VECTOR, "matrix": Kind.MATRIX}
_ARRAYS = re.compile(
    r"\^\s*\{?\s*[-−]?\s*(?:T\b|⊤|\\top\b|\\intercal\b)|[ᵀ⊤‖]|\|\||\\\||\.T\b|(?<=[\w)\]])'"
    r"|\b(?:norm|tr|trace|softmax|inv|(?:log|ln)?\s*\\?det)\s*\(|\\?det\b\s*\|?[A-Z]|[A-Z]⁻¹"
    r"|(?-i:\|\s*[A-Z]\s*\|)|(?-i:\b[A-Z]\s*\^\s*\{?\s*\(?\s*[-−]\s*1)",
    re.IGNORECASE,
)
_SPELT = (
    (r"(?<![^\W\d_])([^\W\d_](?:_\w+)?)\s*\^\s*\{?\s*[-−]\s*(?:T\b|⊤|\\top\b)\s*\}?", r"(\1^(-1))^T "),
    (r"\\Sigma\b|Σ(?!\s*[_{(])", " Sigma "),
    (r"\binv\s*\(([^()]*)\)", r"(\1)^(-1) "),
    (r"⁻¹|\^\s*\{?\s*\(?\s*[-−]\s*1(?![\d./])\s*\)?\s*\}?", "^(-1) "),
    (r"\\?\b(?:log|ln)\s*\\?det\b", "ln det"),
    (r"\\?\b(?:log|ln)\s*(\|[^|]*\|)", r" ln(\1)"),
    (r"\\?\bdet\s*\(?\s*([A-Z](?:_\w+)?)\s*\)?(?![\w^(])", r" det(\1) "),
    (r"\bln\s+(det\([^()]*\))", r" ln(\1) "),
    (r"\^\s*\{?\s*(?:⊤|\\top\b|\\intercal\b|T\b)\s*\}?|[⊤ᵀ]|\.T\b|(?<=[\w)\]])'", "^T "),
    (r"\|\||\\\|", "‖"),
    (r"‖([^‖]*)‖_\{?1\}?", r" sum(abs(\1))"),
    (r"‖_\{?[2F]\}?", "‖"),
    (r"‖([^‖]*)‖", r" norm(\1)"),
    (r"@", " "),
    (r"(?<![\w)^.])(\d+)/(\d+)(?=\s*[A-Za-z(])", r"(\1/\2) "),
    (r"½", "(1/2) "),
)
"""What is pasted → what is read: xᵀ, x⊤, x', X.T @ X, ||x||_2, 1/2 ‖x‖²."""


_TRANSPOSED = re.compile(
    r"(?<![A-Za-z0-9_])([^\W\d_](?:_\w+)?|(?:theta|beta|lambda|alpha|omega|phi|mu|delta|gamma))\s*\^T "
)
"""A letter of which the transposed one stands there, so that it is no number: θᵀx."""


def has_arrays(text: str) -> bool:
    """Whether an expression surely has vectors: a transposed letter, a length, a trace, a softmax."""
    return _ARRAYS.search(text) is not None


class MatrixDifferentiated(Result):
    """A derivative in matrix notation: `value` as it is shown, `places` what every place of the letter adds."""

    def __init__(self, found: MatrixDerivative, at: Mapping[str, Value]) -> None:
        self.found = found
        self.given = at

    @property
    def value(self) -> Expression:
        return Expression(self.found.shown)

    @property
    def places(self) -> tuple[Expression, ...]:
        return tuple(Expression(each.node(self.found.is_whole)) for each in self.found.places)

    @property
    def number(self) -> Value:
        """The derivative where every letter in it has a value, else None."""
        if not self.given:
            return None
        found = self.found.at(self.given)
        return None if explained.is_open(found) else found

    @property
    def error(self) -> float | None:
        """The largest relative difference from central differences."""
        return self.found.error

    def sympy(self) -> Any:
        """The derivative as sympy's expression, in letters whose products have an order."""
        return self.value.sympy()

    def latex(self) -> str:
        """The derivative as LaTeX without $."""
        return self.value.latex()

    def program(self, language: str) -> str:
        """A program in "sympy" or "wolfram" that has the derivative."""
        return written(language, {"derivative": self.found.shown}, {}, {})

    def __repr__(self) -> str:
        return f"<d/d{self.found.by} {printing.text(self.found.expression)} = {printing.text(self.found.shown)}>"

    def _repr_latex_(self) -> str:
        """The derivative, as MathJax draws it."""
        return f"$${self.latex()}$$"

    def _document(self) -> Document:
        return explained.document(self.found, self.number)

    def to_dict(self) -> dict[str, Any]:
        found, number = self.found, self.number
        return {
            "expression": printing.plain(found.expression),
            "wrt": found.by.id,
            "value": printing.plain(found.shown),
            "unsimplified": printing.plain(found.value),
            "letters": {name.id: explained.KINDS[name.kind] for name in found.letters},
            "shape": explained.shape_of(found),
            "steps": [
                {
                    "name": f"place {at} of {found.by}",
                    "expression": found.by.id,
                    "value": printing.plain(each.node(found.is_whole)),
                }
                for at, each in enumerate(found.places, 1)
            ],
            "at": {name: as_json(value) for name, value in self.given.items()},
            **({} if number is None else {"number": as_json(number)}),
            "error": found.error,
        }


def matrix_diff(
    expression: str,
    wrt: str,
    at: Mapping[str, str] | Iterable[str],
    answer: str,
    show: bool,
    said: Mapping[str, str],
) -> MatrixDifferentiated | JudgedDerivative:
    """The derivative, or the judgement of an `answer`; `said`: "scalar", "vector", "matrix" → letters, "c,d".

    Raises UserError for what cannot be read, sizes that do not fit, and what has no rule.
    """
    first, *second = [each.strip() for each in wrt.split(",")]
    if len(second) > 1 or (second and not (first and second[0])):
        raise UserError("with vectors and matrices --wrt takes one letter, or two for a second derivative: x,x")
    found, kinds = _derived(expression, first, _said(said))
    if second:
        found = _second(found, second[0], kinds)
    if answer:
        right = Formula((Line(None, (found.shown,)),)) if show else None
        return JudgedDerivative(found, answer, _judged(found, answer, kinds), right)
    return MatrixDifferentiated(found, _values(at, found))


def _said(said: Mapping[str, str]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for word, letters in said.items():
        for name in re.findall(r"[^\s,;]+", letters):
            node = parse(name, [name] if name.isidentifier() and name not in GREEK else [])
            if not isinstance(node, Name):
                raise UserError(f"letters are named with commas between them, c,d, not {letters[:40]}")
            if node.id in kinds:
                raise UserError(
                    f"{node.id} is said to be a {explained.KINDS[kinds[node.id]]} and a {explained.KINDS[_KINDS[word]]}"
                )
            kinds[node.id] = _KINDS[word]
    return kinds


def _derived(expression: str, wrt: str, said: Mapping[str, Kind]) -> tuple[MatrixDerivative, dict[str, Kind]]:
    text = _spelt(expression)
    transposed = {letter for each in _TRANSPOSED.findall(text) if (letter := GREEK.get(each, each))}
    kinds = {name: Kind.MATRIX if name[0].isupper() else Kind.VECTOR for name in transposed} | dict(said)
    if re.search(r"\bSigma\b", text):
        kinds.setdefault("Sigma", Kind.MATRIX)
    wrt = GREEK.get(wrt, wrt)
    for name in [*names_in(parse(text, kinds)), *([wrt] if wrt.isidentifier() else [])]:
        if name not in CONSTANTS or name == wrt:
            kinds.setdefault(name, _kind(name))
    first = dict(kinds)
    while True:  # every turn one vector becomes a number, or a Greek letter beside it a vector
        node = _with_determinants(parse(text, kinds))
        letters = [name for name in names_in(node) if name in kinds]
        by = asked_letter(wrt, letters)
        if by not in letters:
            raise no_letter(letters)
        try:
            return matrix_derivative(node, Name(by, kinds[by])), kinds
        except NumberAddedError as error:
            if error.number not in said and first.get(error.number) is kinds.get(error.number) is Kind.SCALAR:
                kinds[error.number] = Kind.VECTOR
            elif error.letter in said:
                raise
            else:
                kinds[error.letter] = Kind.SCALAR


def _second(found: MatrixDerivative, wrt: str, kinds: Mapping[str, Kind]) -> MatrixDerivative:
    """The derivative of the first one. Raises UserError where that is no vector."""
    by = asked_letter(GREEK.get(wrt, wrt), [name.id for name in found.letters])
    if by not in kinds:
        raise no_letter([name.id for name in found.letters])
    if found.is_jacobian or found.by.kind is Kind.MATRIX:
        raise UserError(f"a second derivative is that of a number, by vectors or numbers, not by the matrix {found.by}")
    if found.error is None or found.error > _FAR:
        raise UserError(f"{printing.text(found.shown)} could not be checked, so it is not derived again")
    if by not in names_in(found.shown):
        raise UserError(
            f"the second derivative is 0: {by} does not occur in the first one, {printing.text(found.shown)}"
        )
    return matrix_derivative(found.shown, Name(by, kinds[by]))


_FAR = 1e-5


def _with_determinants(node: Node) -> Node:
    """|X| of a matrix as its determinant."""

    def rule(part: Node, below: Callable[[Node], Node]) -> Node:
        changed = part.map(below)
        match changed:
            case Call("abs", (inner,)) if _is_matrix(inner):
                return Call("det", (inner,))
        return changed

    return rewriting(rule)(node)


def _is_matrix(node: Node) -> bool:
    """A letter for a matrix, or a product of nothing but such letters."""
    parts = node.factors if isinstance(node, Mul) else (node,)
    letters = [part.operand if isinstance(part, Transpose) else part for part in parts]
    return all(isinstance(each, Name) and each.kind is Kind.MATRIX for each in letters)


def _spelt(text: str) -> str:
    for pattern, by in _SPELT:
        text = re.sub(pattern, by, text)
    return text


def _kind(name: str) -> Kind:
    if name.split("_")[0] in GREEK.values():
        return Kind.MATRIX if name[0].isupper() else Kind.SCALAR
    return Kind.MATRIX if name[0].isupper() else Kind.VECTOR


def _values(at: Mapping[str, str] | Iterable[str], found: MatrixDerivative) -> dict[str, Value]:
    pairs = at.items() if isinstance(at, Mapping) else [tuple(map(str.strip, item.partition("=")[::2])) for item in at]
    kinds = {name.id: name.kind for name in found.letters}
    values: dict[str, Value] = {}
    for name, text in pairs:
        if name not in kinds:
            raise UserError(f'values are written --at "x=1 2" --at "A=1 2; 3 4", one letter each: {", ".join(kinds)}')
        values[name] = read_array(name, text, kinds[name].rank)
    return values


_NAME_BEFORE = re.compile(r"\A[^=<>]*=(?!=)")


def _judged(found: MatrixDerivative, answer: str, kinds: Mapping[str, Kind]) -> Mark:
    mark = Mark("wrong", found.shown, answer)
    try:
        wrote = _with_determinants(parse(_spelt(_NAME_BEFORE.sub("", answer)), {"I": Kind.MATRIX, **kinds}))
        unknown = [name for name in names_in(wrote) if name not in kinds and name not in (*CONSTANTS, "I")]
        if unknown:
            return replace(mark, status="unreadable", reason=f"{', '.join(unknown)} does not occur in the expression")
        marks = {_compared(found, wrote, found.point(attempt)) for attempt in found.attempts}
        if marks == {"wrong"}:
            mark = replace(mark, mistakes=tuple(_mistakes(found, wrote))[:1])
    except (UserError, OverflowError) as error:
        return replace(mark, status="unreadable", reason=str(error))
    if not marks:
        reason = f"no numbers were found at which {answer.strip()[:60]} and the derivative both have a value"
        return replace(mark, status="undecided", reason=reason)
    if marks == {"right"}:
        return replace(mark, status="right")
    if marks <= {"right", "transposed"}:
        told = explained.shape_of(found).rstrip(".")
        return replace(mark, status="convention", convention="another layout",
                       reason=f"it is the transpose of what is asked. {told}")  # fmt: skip
    return mark


def _mistakes(found: MatrixDerivative, wrote: Node) -> Iterator[Candidate]:
    """What leads to a wrong answer: each is tried at a point, its transpose too."""
    attempt = found.attempts[0]
    point = found.point(attempt)
    if _compared(found, wrote, found.point(attempt, symmetric=True)) != "wrong":
        yield _mistake("symmetric-assumed", "this is right only where the square matrix is symmetric: in general the "
                       "places do not add the same")  # fmt: skip
    for place, term in enumerate(found.places, 1):
        if len(found.places) > 1 and _alike(_rows(found.at(point, term.node(found.is_whole))), found, wrote, point):
            yield _mistake("one-place-only", f"this is what place {place} of {found.by} adds; it stands at "
                           f"{len(found.places)} places, and each adds a term")  # fmt: skip
    for by, told in ((2, "the factor 2 is missing: a square has it"), (Fraction(1, 2), "there is a factor 2 too many"),
                     (-1, "the sign is the opposite one")):  # fmt: skip
        if _alike(_rows(found.at(point, Mul((to_node(by), wrote)))), found, None, point):
            yield _mistake("sign-turned" if by == -1 else "factor-of-two", told)


def _mistake(id: str, because: str) -> Candidate:
    return Candidate((Mistake(id, "", "", because),))


def _alike(rows: list[list[Value]], found: MatrixDerivative, wrote: Node | None, point: Mapping[str, Value]) -> bool:
    theirs = _rows(found.at(point, wrote))
    return _near(rows, theirs) or _near([list(row) for row in zip(*rows, strict=True)], theirs)


def _compared(found: MatrixDerivative, wrote: Node, point: Mapping[str, Value]) -> str:
    ours, theirs = _rows(found.at(point)), _rows(found.at(point, wrote))
    if _near(ours, theirs):
        return "right"
    return "transposed" if _near([list(row) for row in zip(*ours, strict=True)], theirs) else "wrong"


def _rows(value: Value) -> list[list[Value]]:
    """As a matrix: a vector is a column."""
    return [flat(row) for row in value] if isinstance(value, tuple) else [[value]]


def _near(ours: list[list[Value]], theirs: list[list[Value]]) -> bool:
    if [len(row) for row in ours] != [len(row) for row in theirs]:
        return False
    pairs = zip((each for row in ours for each in row), (each for row in theirs for each in row), strict=True)
    return all(abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b)) for a, b in pairs)
