"""What a formula is: variables, steps, forms, conditions, mistakes and conventions, all as text in the one language.

A fact of the field is written once, here as data; `run` and what builds on it read the answer, the working, the
distractors, the diagnosis and the inverse question from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ..errors import InternalError
from ..expressions.evaluate import Evaluator, compile_node
from ..expressions.nodes import Kind, Name, Node, Range, names_in
from ..expressions.parser import parse, parse_range
from ..expressions.reader import Declarations
from .topics import ids_known, load

MOST_PARSED = 2000
"""So many expressions of a formula are kept as trees: all of its own, and what is asked of it."""


@dataclass(frozen=True)
class Variable:
    """A quantity that the user gives. Sizes are whole numbers in `low`..`high` unless `integer` is False."""

    name: str
    """The letter, or word, of the course: `n`, `groups`."""
    long: str
    """The field's term, as the long option: `input-size`."""
    meaning: str
    low: float = 1
    high: float = 10**9
    default: str | None = None
    """An expression of earlier variables; None: without a value the letter stays."""
    per_axis: bool = False
    """One number per spatial axis; a single number stands for all of them."""
    kind: Kind = Kind.SCALAR
    integer: bool = True
    unit: str = ""
    ordinary: tuple[float, float] = (1, 12)
    """What exercises draw from, and where expressions in letters are compared."""
    lengths: tuple[int, int] = (2, 4)
    """How many entries an exercise draws for a vector."""
    sizes: tuple[int, ...] = ()
    """The shape of the matrix, map or filters that an exercise draws."""
    search: str = ""
    """Where an inverse question looks, `1..n`; "" for `low`..4096."""

    @property
    def by_default(self) -> str:
        """What it is where it is not given, in words and in brackets; "" where it stays a letter."""
        return "" if self.default is None else f" (default {_in_words(self.default)})"


def _in_words(default: str) -> str:
    """A default as it is said: 1 for each layer, not 0*f + 1."""
    if of_each := re.fullmatch(r"0\*\w+(?: \+ (\S+))?", default):
        return f"{of_each[1] or 0} for each"
    if length := re.fullmatch(r"len\((\w+)\)(?: - (\d+))?", default):
        return f"{length[2]} less than {length[1]} has numbers" if length[2] else f"as many as {length[1]} has numbers"
    if default.startswith(("(", "[")):
        return " ".join(re.findall(r"[^\s,()\[\]]+", default))
    return default if re.fullmatch(r"[\d.e/-]+", default) else f"as --{default.replace('_', '-')}"


@dataclass(frozen=True)
class Step:
    """One line of the straight-line program: `name = expression`.

    `each` unrolls it (`t in 1..T`, or `i in 1..h, j in 1..w`): neighbours with the same `each` run together, and
    `before` is the value one step before the first. An expression such as `conv(n=n, f=11)` runs another
    formula; its steps become `name.o`, ...
    """

    name: str
    expression: str
    meaning: str = ""
    per_axis: bool = False
    unit: str = ""
    kind: Kind = Kind.SCALAR
    each: str = ""
    before: str = ""

    @cached_property
    def called(self) -> str:
        """The id of the formula that this step runs, or ""."""
        word = self.expression.partition("(")[0].strip()
        return word if "(" in self.expression and word in ids_known() else ""


@dataclass(frozen=True)
class Form:
    """The textbook's line for one step, used where `when` holds; tested equal to the steps. Most special first."""

    step: str
    expression: str
    when: str = ""


@dataclass(frozen=True)
class Condition:
    """`expression` must hold (or, in `warnings`, is worth a word when it does *not*); `message` names {values}.

    {x} is the value of x, {x:row|rows} the word that fits its number.
    """

    expression: str
    message: str
    per_axis: bool = False


@dataclass(frozen=True)
class Mistake:
    """A typical mistake: an edit of one step, and in one sentence why it is none, to learn from."""

    id: str
    step: str
    expression: str
    because: str
    weight: float = 0.5
    """How common, 0 to 1; the more common is named first."""
    hint: str = ""
    also: tuple[str, ...] = ()
    """Conventions, or options of one, that edit the same step, and under which it is a mistake all the same."""
    more: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)
    """Further steps that the same mistake changes, and what stands there instead: two gates exchanged."""

    @cached_property
    def edits(self) -> Mapping[str, str]:
        """Step → what stands there instead."""
        return {self.step: self.expression, **dict(self.more)}

    def rewritten(self, rule: Callable[[str], str]) -> Mistake:
        """The same mistake with each expression changed."""
        return replace(
            self, expression=rule(self.expression), more=tuple((step, rule(text)) for step, text in self.more)
        )


@dataclass(frozen=True)
class Convention:
    """A correct way to count that differs from the formula's own: edits of steps, and who uses it."""

    name: str
    who: str
    says: str
    edits: dict[str, str] = field(default_factory=dict)
    variant: bool = False
    """Another layer rather than another count (one without biases), or another unit: never an answer to the question
    for this one."""
    untrue: tuple[str, ...] = field(default=(), kw_only=True)
    """Words of which a sentence that has them is untrue under it: "bias" in a layer without biases."""
    own: tuple[Mistake, ...] = field(default=(), kw_only=True)
    """Mistakes that can be made under it alone: biases counted in a layer without them. An empty expression is the
    formula's own."""

    @property
    def names(self) -> frozenset[str]:
        """What a mistake may call it."""
        return frozenset({self.name})


@dataclass(frozen=True, eq=False)
class Formula:
    """A fact of the field. `answers` are the steps that can be asked, the main one first."""

    id: str
    title: str
    variables: tuple[Variable, ...]
    steps: tuple[Step, ...]
    answers: tuple[str, ...]
    mistakes: tuple[Mistake, ...] = ()
    forms: tuple[Form, ...] = ()
    conditions: tuple[Condition, ...] = ()
    warnings: tuple[Condition, ...] = ()
    alone: bool = False
    """Whether the mistakes of the formulas that it calls are left out: where they are too many to try."""
    conventions: tuple[Convention, ...] = (Convention("textbook", "textbooks", "as written here"),)
    """The formula's own first."""
    axes: int = 0
    """Spatial axes of the per-axis steps; 0 when there are none."""
    input_shape: str = ""
    """The shape of what goes in, as an expression: `shape(n, c)`."""
    shape: str = ""
    """The step that is the shape of a layer's output; "" for a formula that is no layer."""
    unknowns: tuple[tuple[str, ...], ...] = ()
    """What an inverse question finds: the first group whose first letter is not given."""
    notes: tuple[str, ...] = ()
    """Facts worth printing beside the answer."""
    source: str = ""

    @property
    def called(self) -> str:
        """As a message names it: a calculator by its id, as it is typed; by hand the title, for the id is only ours."""
        return self.title if "_by_hand" in self.id else self.id

    @cached_property
    def programs(self) -> dict[str, Any]:
        """What `program` has compiled, by convention."""
        return {}

    @cached_property
    def ops(self) -> dict[Any, Any]:
        """What `steps` has compiled, by step and prefix: most steps are the same under every convention."""
        return {}

    @cached_property
    def _parsed(self) -> dict[tuple[str, bool], Node]:
        return {}

    @cached_property
    def _evaluators(self) -> dict[tuple[str, bool], Evaluator]:
        return {}

    @cached_property
    def items(self) -> tuple[Variable | Step, ...]:
        """Everything that has a name: variables, then steps."""
        return (*self.variables, *self.steps)

    @cached_property
    def by_name(self) -> dict[str, Variable | Step]:
        return {item.name: item for item in self.items}

    def variable(self, name: str) -> Variable | None:
        found = self.by_name.get(name)
        return found if isinstance(found, Variable) else None

    def is_per_axis(self, name: str) -> bool:
        return self.axes > 0 and self.by_name[name].per_axis if name in self.by_name else False

    def convention(self, name: str) -> Convention:
        for convention in self.conventions:
            if convention.name == name:
                return convention
        raise InternalError(f"{self.id} has no convention {name}")

    def expression(self, name: str) -> str:
        """What a step computes, as the formula itself has it; "" for a variable."""
        found = self.by_name[name]
        return found.expression if isinstance(found, Step) else ""

    def parse(self, text: str, per_axis: bool = False) -> Node:
        """An expression in this formula's names; inside a per-axis step each such name is one number."""
        key = (text, per_axis)
        if key not in self._parsed:
            if len(self._parsed) >= MOST_PARSED:
                self._parsed.clear()
            self._parsed[key] = parse(text, self.declarations[per_axis])
        return self._parsed[key]

    def evaluator(self, text: str, per_axis: bool = False) -> Evaluator:
        """The function of an expression in this formula's names, compiled once."""
        key = (text, per_axis)
        if key not in self._evaluators:
            self._evaluators[key] = compile_node(self.parse(text, per_axis))
        return self._evaluators[key]

    def parse_each(self, text: str) -> tuple[Range, ...]:
        """`t in 1..T`, or several: `i in 1..h, j in 1..w`."""
        return tuple(parse_range(part, self.declarations[False]) for part in text.split(",") if part.strip())

    def holds(self, mistake: Mistake, convention: Convention) -> bool:
        """Whether a mistake is one under a convention too, and its sentence true.

        Its edit is one of the formula's own step: where a convention edits the same step, or one that the edit goes
        around, it is another mistake, or none.
        """
        if convention is self.conventions[0]:
            return True
        if any(words in mistake.because for words in convention.untrue):
            return False
        edits = convention.edits.keys() - (mistake.edits.keys() if convention.names & set(mistake.also) else set())
        return not any(self._meets(edits, step, expression) for step, expression in mistake.edits.items())

    def _meets(self, edits: Set[str], step: str, expression: str) -> bool:
        """Whether a convention edits the step that a mistake edits, or one that the mistake goes around."""
        around = (self._reads(step) - self._names(step, expression)) & edits
        return step in edits or any(self._reads(each) & self._names(step, expression) for each in around)

    def _reads(self, step: str) -> frozenset[str]:
        """The names that a step reads; none for a variable."""
        found = self.by_name.get(step)
        return self._names(step, found.expression) if isinstance(found, Step) else frozenset()

    def _names(self, step: str, expression: str) -> frozenset[str]:
        found = self.by_name.get(step)
        return frozenset(names_in(self.parse(expression, found is not None and found.per_axis))) & self.by_name.keys()

    @cached_property
    def declarations(self) -> tuple[Declarations, Declarations]:
        """What the names are: in a step for all axes, and in a per-axis step."""
        return self._declare(False), self._declare(True)

    def _declare(self, per_axis: bool) -> Declarations:
        kinds: dict[str, Kind] = {}
        for item in self.items:
            kinds[item.name] = _kind(item, per_axis)
        called = dict(self._of_called())
        for step in self.steps:  # a shape that another formula works out
            if kinds[step.name] is Kind.SCALAR:
                answer = f"{step.name}.{load(step.called).answers[0]}" if step.called else step.expression
                kinds[step.name] = called.get(answer, Kind.SCALAR)
        kinds.update(called)
        integers = frozenset(v.name for v in self.variables if v.integer)
        return Declarations(kinds, integers, ids_known())

    def _of_called(self) -> Iterator[tuple[str, Kind]]:
        """The names that called formulas add: `conv1.o`."""
        for step in self.steps:
            if step.called:
                inner: Formula = load(step.called)
                yield from ((f"{step.name}.{name}", kind) for name, kind in inner.declarations[False].kinds.items())

    def letter(self, name: str) -> Name:
        """The variable as the letter that stays when it has no value."""
        variable = self.by_name[name]
        return Name(name, variable.kind, isinstance(variable, Variable) and variable.integer)


def _kind(item: Variable | Step, per_axis: bool) -> Kind:
    """The kind of a quantity; of an unrolled step that of all its values together. A shape is several numbers."""
    kind = Kind.AXES if item.per_axis and not per_axis else item.kind
    if isinstance(item, Step) and kind is Kind.SCALAR and item.expression.startswith("shape("):
        return Kind.VECTOR
    if isinstance(item, Step) and item.each:
        return Kind.of_rank(kind.rank + item.each.count(" in "))
    return kind
