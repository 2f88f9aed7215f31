"""A problem as its author wrote it: what is drawn, what follows, what is asked. Nothing is drawn or computed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import chain
from typing import Any, Literal, TypeAlias

from ..answers.terms import Terms
from ..expressions.answers import SIGNIFICANT
from ..expressions.evaluate import Evaluator
from ..expressions.nodes import Node, names_in
from ..expressions.reader import Declarations
from ..formulas.model import Formula
from .template import Template, TemplateLine

PartKind: TypeAlias = Literal["integer", "number", "shape", "vector", "matrix", "expression", "choice", "table"]

PART_KINDS: Mapping[str, str] = {
    "integer": "a whole number",
    "number": "a number, with tolerance",
    "shape": "the shape of a layer's output",
    "vector": "a row of numbers",
    "matrix": "rows of numbers; of a sequence a row for each time step",
    "expression": "an expression in letters",
    "choice": "one of several choices, or several of them",
    "table": "a network's table with empty cells",
}
"""What a part may be, and what is answered."""

LEVELS = ("easy", "medium", "hard")


@dataclass(frozen=True)
class Span:
    """Whole multiples of `step` from `low` on: `4..16`, `0.1..0.9 step 0.1`. The ends may name what is drawn before."""

    low: Node
    high: Node
    step: Fraction = Fraction(1)


@dataclass(frozen=True)
class Pick:
    """One of a list of numbers, or of texts."""

    items: tuple[int | Fraction | str, ...]


@dataclass(frozen=True)
class Array:
    """A vector, a matrix or a map of channels, by its `shape`: each number one of `items`.

    `different`: no number comes twice.
    """

    shape: tuple[int, ...]
    items: Sequence[int | Fraction]
    different: bool = False


@dataclass(frozen=True)
class DrawnNetwork:
    """A network put together from choices: `kind` names the generator, `options` what it may choose from."""

    kind: str
    options: Mapping[str, tuple[object, ...]]


@dataclass(frozen=True)
class ZooNetwork:
    """One of the published networks."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class TextNetwork:
    """A network in one line of text, with drawn numbers in it: `{{n}}x{{n}}x3; conv {{k}} f3`."""

    line: TemplateLine


@dataclass(frozen=True)
class Slip:
    """A wrong cell in a column of a drawn network's table: some layer, some typical mistake of that layer."""

    network: str
    column: str


Draw: TypeAlias = Span | Pick | Array | DrawnNetwork | ZooNetwork | TextNetwork | Slip


@dataclass(frozen=True)
class Ask:
    """What is asked: `conv.parameters` of a formula, `inverse:conv.o:s`, `net.conv-1.output` of a drawn network, or
    `gradient:rnn.W`.

    `given` maps the formula's quantities to expressions in the problem's names; a gradient's options to their words.
    """

    text: str
    form: Literal["formula", "inverse", "network", "slip", "gradient"]
    of: str
    """The formula's id, the drawn name, or the cell of a gradient."""
    name: str = ""
    """The step or answer; the cell of a network, `conv-1.output`; of a slip `layer` or `value`."""
    unknown: str = ""
    given: Mapping[str, Node] = field(default_factory=dict)
    convention: str = ""


@dataclass(frozen=True)
class Let:
    """A derived value: an expression in earlier names, or an answer of a formula."""

    value: Node | Ask


@dataclass(frozen=True)
class Require:
    """What the drawn values must fulfil."""

    text: str
    node: Node


@dataclass(frozen=True)
class Option:
    """A choice, with the reason why it is right or wrong. Reports name who took it by its `id`."""

    id: str
    words: TemplateLine
    right: bool
    because: TemplateLine


@dataclass(frozen=True)
class Part:
    """One thing that is asked. `follows`: the earlier parts whose answer may be carried on, while `guard` holds."""

    id: str
    kind: PartKind
    ask: Ask | None
    points: Fraction
    words: Template
    follows: tuple[str, ...] = ()
    guard: Require | None = None
    tolerance: Fraction = Fraction(0)
    relative: bool = False
    """Whether the tolerance is a share of the right value."""
    options: tuple[Option, ...] = ()
    pick: int = 0
    """How many choices are shown; 0 for all that are written, or four that are computed."""
    fixed: bool = False
    """Whether the choices stay in the order in which they are written."""
    columns: tuple[str, ...] = ()
    headings: str = "tensor"
    grid: bool = True
    """Whether the sheet shows an empty grid of the answer's size for an array to be written into."""
    hints: tuple[TemplateLine, ...] = ()
    significant: int = SIGNIFICANT
    """Digits to which a number is asked that is not exact and has no tolerance of its own."""
    form: str = "any"
    """Whether a number may be written as a sum or a fraction, or in digits alone: "decimal"."""
    decimal: str = ""
    """The decimal sign, where the problem says which."""

    @cached_property
    def terms(self) -> Terms:
        """How an answer to it has to be written."""
        return Terms(self.kind, self.significant, self.tolerance, self.relative, self.form, self.decimal)

    @property
    def several(self) -> bool:
        """Whether more than one choice is right."""
        return sum(option.right for option in self.options) > 1


@dataclass(frozen=True)
class Trial:
    """A test of the author's: what a student writes in the variant of a seed, and how it must be marked."""

    seed: str
    answers: Mapping[str, str]
    expect: Mapping[str, str]
    """Part → status, or `wrong:mistake-id`."""


@dataclass(frozen=True)
class Problem:
    """A problem file, read and checked. `path` is for messages.

    `digest` tells whether the file has changed since, `draws_digest` whether what it draws and asks has.
    """

    path: str
    id: str
    title: str
    topic: str
    level: str
    version: int
    draws: Mapping[str, Draw]
    lets: Mapping[str, Let]
    requires: tuple[Require, ...]
    parts: tuple[Part, ...]
    words: Template
    formulas: Mapping[str, Formula]
    """The problem's own formula, `this`, and formulas to which it adds mistakes."""
    names: Declarations
    trials: tuple[Trial, ...] = ()
    rows: tuple[str, ...] = ()
    """The rows of the syllabus that it asks."""
    source: str = ""
    digest: str = ""
    draws_digest: str = ""

    @property
    def points(self) -> Fraction:
        return sum((part.points for part in self.parts), Fraction(0))

    def asking(self, digits: int, decimal: str = "") -> Problem:
        """The problem with rounded numbers asked to so many significant digits, and with a decimal sign.

        The sign that a part states itself comes before it.
        """
        parts = (replace(part, significant=digits, decimal=part.decimal or decimal) for part in self.parts)
        return replace(self, parts=tuple(parts))

    @cached_property
    def requires_after(self) -> dict[str, list[Require]]:
        """The requirements, each under the last of its names to get a value; under "" what names none."""
        order = list(chain(self.draws, self.lets))
        after: dict[str, list[Require]] = {}
        for require in self.requires:
            named = set(names_in(require.node))
            after.setdefault(next((name for name in reversed(order) if name in named), ""), []).append(require)
        return after

    @cached_property
    def constants(self) -> dict[str, Any]:
        """What `variant` has worked out once for all seeds: the parts that nothing drawn changes."""
        return {}

    @cached_property
    def evaluators(self) -> dict[int, Evaluator]:
        """The compiled expressions of this problem by the identity of their trees, which it keeps."""
        return {}
