"""What the operations by hand share: quantities that are numbers or arrays, and choices that become conventions.

An operation such as a time step has choices that are made side by side: the activation, the layout of the matrices. A
formula has one convention at a time, so each way to choose is one convention, named by what differs from the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import product

from ...errors import UserError
from ...expressions.nodes import Add, Call, Hadamard, Index, Kind, Literal, Mul, Name, Node, Outer, Transpose
from ..edited_text import rewritten
from ..model import Convention, Formula, Mistake, Variable

SCALE = 10**9
"""Numbers by hand lie between −SCALE and SCALE."""

STABLE = "stable"
"""The convention by which numbers come out that are too large for a formula as it is written."""


def quantity(
    name: str,
    long: str,
    meaning: str,
    kind: Kind = Kind.SCALAR,
    default: str | None = None,
    ordinary: tuple[float, float] = (-1.5, 1.5),
    length: int = 2,
    low: float = -SCALE,
    high: float = SCALE,
) -> Variable:
    """A number or an array of numbers; exercises draw `length` entries along each axis."""
    return Variable(
        name, long, meaning, low, high, default, kind=kind, integer=False, ordinary=ordinary, lengths=(length, length)
    )


@dataclass(frozen=True)
class Kinds:
    """What is given to a layer of one unit (numbers), or of several (vectors)."""

    scalar: bool

    @property
    def state(self) -> Kind:
        return Kind.SCALAR if self.scalar else Kind.VECTOR

    @property
    def weights(self) -> Kind:
        return Kind.SCALAR if self.scalar else Kind.MATRIX

    @property
    def series(self) -> Kind:
        """One number, or one vector, per step."""
        return Kind.VECTOR if self.scalar else Kind.MATRIX

    def id(self, id: str) -> str:
        """A layer of one unit has an id of its own."""
        return f"{id}_scalar" if self.scalar else id

    def title(self, title: str) -> str:
        return f"{title}, one unit" if self.scalar else title


def for_one_unit(formula: Formula) -> Formula:
    """The formula in numbers: no transposes, and every product the ordinary one."""
    return replace(
        formula,
        steps=tuple(replace(step, expression=in_numbers(step.expression)) for step in formula.steps),
        mistakes=tuple(each.rewritten(in_numbers) for each in formula.mistakes),
        conventions=tuple(
            replace(
                each,
                edits={step: in_numbers(text) for step, text in each.edits.items()},
                own=tuple(mistake.rewritten(in_numbers) for mistake in each.own),
            )
            for each in formula.conventions
        ),
    )


def in_numbers(text: str) -> str:
    """An expression of vectors and matrices as it is written when each of them is one number."""
    return rewritten(text, _number)


_FOR_LENGTHS = tuple(Mul((Literal(0), array)) for array in (Index(Name("x"), (Name("t"),)), Name("h0")))
"""Terms that are there for the length of a vector alone."""


def _number(part: Node, below: Callable[[Node], Node]) -> Node:
    match part:
        case Transpose(operand) | Call("diag", (operand,)):
            return below(operand)
        case Hadamard(factors):
            return Mul(tuple(map(below, factors)))
        case Outer(left, right):
            return Mul((below(left), below(right)))
        case Add((first, *others)) if any(term in _FOR_LENGTHS for term in others):
            kept = (first, *(term for term in others if term not in _FOR_LENGTHS))
            return below(Add(kept) if len(kept) > 1 else first)
        case _:
            return part.map(below)


@dataclass(frozen=True)
class Option:
    """One way to choose: the edits that it makes, as those of a convention."""

    name: str
    who: str
    says: str
    edits: dict[str, str] = field(default_factory=dict)
    variant: bool = False
    untrue: tuple[str, ...] = ()
    own: tuple[Mistake, ...] = ()
    """Mistakes that can be made under it alone."""


@dataclass(frozen=True)
class Chosen(Convention):
    """A convention that stands for one option of each choice."""

    options: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.name, *self.options})


def combined(*choices: tuple[Option, ...], first: str = "textbook") -> tuple[Convention, ...]:
    """Every way to choose one option of each choice: all first ones first. Options of two choices edit other steps."""
    return tuple(_chosen(options, choices, first) for options in product(*choices))


def _chosen(options: tuple[Option, ...], choices: tuple[tuple[Option, ...], ...], first: str) -> Chosen:
    others = [option for option, choice in zip(options, choices, strict=True) if option is not choice[0]]
    edits: dict[str, str] = {}
    for option in options:
        edits.update(option.edits)
    return Chosen(
        "-".join(option.name for option in others) or first,
        "; ".join(dict.fromkeys(option.who for option in others or options)),
        "; ".join(option.says for option in options),
        edits,
        any(option.variant for option in options),
        tuple(option.name for option in options),
        untrue=tuple(words for option in options for words in option.untrue),
        own=tuple(mistake for option in options for mistake in option.own),
    )


def _exchanged(id: str, function: str, because: str) -> Callable[[str, str], Mistake]:
    """A mistake of one option of an activation, for the step that it is in and what goes into it."""
    return lambda step, sums: Mistake(id, step, f"{function}({sums})", because, 0.4,
                                      "Between which two values does the activation lie?")  # fmt: skip


TANH_FOR_SIGMOID = _exchanged("tanh-for-sigmoid", "tanh", "this is tanh, from −1 to 1; the activation here is the "
                              "sigmoid, from 0 to 1")  # fmt: skip
SIGMOID_FOR_TANH = _exchanged("sigmoid-for-tanh", "sigmoid", "this is the sigmoid, from 0 to 1; the activation here is "
                              "tanh, from −1 to 1")  # fmt: skip


_BASES = (
    ("2", "log2", "bits", "information theory, compression"),
    ("10", "log10", "hartleys", "notes with common logarithms"),
)


def in_every_base(
    ways: tuple[Convention, ...], logarithmic: dict[str, str], slopes: dict[str, str]
) -> tuple[Convention, ...]:
    """Every way to count with logarithms to base e, 2 and 10, all to base e first.

    `logarithmic`: steps with ln, as the formula has them; `slopes`: derivatives of the loss, which are divided by the
    logarithm of the base. A loss in another unit is a variant: where nats are asked it is no right answer.
    """
    found = [Chosen(*_parts(way), (*_options(way), "nats"), untrue=way.untrue) for way in ways]
    for base, function, unit, who in _BASES:
        for way in ways:
            edits = logarithmic | way.edits
            edits = {step: _with_logarithm(text, function) for step, text in edits.items()}
            edits |= {step: f"({edits.get(step, text)})/ln({base})" for step, text in slopes.items()}
            name = unit if way is ways[0] else f"{way.name}-{unit}"
            says = f"{way.says}; logarithms to base {base}, so the loss is in {unit}"
            untrue = (*way.untrue, "natural", "ln ")
            found.append(Chosen(name, who, says, edits, True, (*_options(way), unit), untrue=untrue))
    return tuple(found)


def _with_logarithm(text: str, function: str) -> str:
    """The expression with another logarithm for ln."""

    def rule(part: Node, below: Callable[[Node], Node]) -> Node:
        new = part.map(below)
        return replace(new, function=function) if isinstance(new, Call) and new.function == "ln" else new

    return rewritten(text, rule)


def _parts(way: Convention) -> tuple[str, str, str, dict[str, str], bool]:
    return way.name, way.who, way.says, way.edits, way.variant


def _options(way: Convention) -> tuple[str, ...]:
    return way.options if isinstance(way, Chosen) else (way.name,)


def convention_of(formula: Formula, options: Iterable[str]) -> str:
    """The convention with these options, the formula's own where none is named. Raises UserError for an unknown one."""
    wanted = set(options)
    for convention in formula.conventions:
        if isinstance(convention, Chosen) and wanted <= set(convention.options):
            return convention.name
    known = dict.fromkeys(name for each in formula.conventions if isinstance(each, Chosen) for name in each.options)
    strange = sorted(wanted - known.keys())
    if strange:
        raise UserError(f"{formula.title} has no {strange[0]}; it has {', '.join(known) or 'one way only'}")
    raise UserError(f"choose one of {' and '.join(sorted(wanted))}: they exclude each other")


def without(mistakes: Iterable[Mistake], *ids: str) -> tuple[Mistake, ...]:
    """The mistakes but those of these ids."""
    return tuple(mistake for mistake in mistakes if mistake.id not in ids)
