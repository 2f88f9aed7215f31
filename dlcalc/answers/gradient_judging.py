"""Whether what somebody wrote is the gradient, by its value on random numbers; and what went wrong if it is not.

Right in another layout is right. A wrong answer is named if an edit of the derivation gives the same numbers; else the
first place is shown where shapes disagree, or numbers on which both differ.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from ..errors import UserError
from ..expressions import printing
from ..expressions.arrays import shape_of
from ..expressions.functions import CONSTANTS
from ..expressions.limits import LimitError, WorkError
from ..expressions.nodes import (
    Index,
    Kind,
    Name,
    Node,
    Partial,
    Transpose,
    Value,
    walk,
)
from ..gradients.answer import Answer, is_step, regrouped, summed
from ..gradients.candidates import MOST_NAMED, Candidates, pair
from ..gradients.derivation import Derivation
from ..gradients.disagreement import disagreement
from ..gradients.edits import Edit, Found
from ..gradients.instances import SETTINGS, SQUARE, Instance, instance_of
from ..gradients.layouts import LAYOUTS
from ..gradients.mistakes import MISSING_SUM
from ..gradients.model import TIME, Network, Signal
from .gradient_text import read
from .marks import AmbiguousError

DENOMINATOR_LAYOUT = "in denominator layout: ∂L/∂h is a column, so the factors are transposed and in the opposite order"
TRANSPOSED_WEIGHTS = "with vectors as columns beside the weights of the row layout: Wᵀh"
LOCAL_SIGNS = "path by path: each ∂ is that of one equation, with what it takes over other signals held fixed"
"""Ways in which an answer is right that is not written as its layout has it."""
MOST_PARTS = 400
"""A longer answer is judged, but no mistake is looked for in it."""
MOST_SITES = 10
MOST_STEPS = 6
"""An answer for a given number of steps is judged for so many at most."""


@dataclass(frozen=True)
class Verdict:
    """`layout`: the one in which the answer was read. `detail`: where shapes disagree, or a counterexample."""

    correct: bool
    layout: str
    mistakes: tuple[Found, ...] = ()
    detail: str = ""
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Right:
    """The layout in which an answer is right, and what is said about it."""

    layout: str
    notes: tuple[str, ...] = ()


KNOWN = {
    "all": "δ_t, and the gradients by states and gates",
    "states": "the gradients by states, dh_t and dC_t",
    "none": "no gradients",
}
"""Word → which gradients an answer may take as known."""


def judge(derivation: Derivation, text: str, outer: str = "outer", known: str = "all") -> Verdict:
    """Judges an answer for ∂L/∂wrt of a derivation; its layout is the one that is tried first.

    `outer`: how ⊗ is read, "outer" or "pointwise". `known`: a key of KNOWN; others have to be stated. Raises UserError
    for what cannot be read, for unknown letters, and where one way of reading ⊗ is wrong and another one right.
    """
    return _Judge(derivation).verdict(_read(derivation, text, known), outer)


def is_right(derivation: Derivation, text: str, outer: str = "outer", known: str = "all") -> bool:
    """Whether `judge` calls it correct, without looking for the mistakes that would explain it. Raises UserError."""
    return _Judge(derivation).settled(_read(derivation, text, known), outer)[1] is not None


def check_steps(derivation: Derivation) -> None:
    """Raises UserError where an answer would be for too many steps."""
    if derivation.steps is not None and derivation.steps > MOST_STEPS:
        raise UserError(f"an answer is judged for at most {MOST_STEPS} time steps, not {derivation.steps}")


def _read(derivation: Derivation, text: str, known: str) -> Answer:
    check_steps(derivation)
    answer = read(text, derivation.network, derivation.wrt)
    _check_known(derivation.network, answer, known)
    return answer


def has_value(derivation: Derivation, answer: Answer, outer: str = "outer") -> bool:
    """Whether an answer comes to something on random numbers, in some layout."""
    judge = _Judge(derivation)
    return judge.has_value(judge.first_reading(answer, outer))


def right_in(derivation: Derivation, answer: Answer, outer: str = "outer", known: str = "all") -> Right | None:
    """In which layout, and how, an answer is ∂L/∂wrt; None for one that is not, or cannot be judged.

    Raises AmbiguousError where only another way of reading ⊗ is right, WorkError where it is too much work.
    """
    try:
        _check_known(derivation.network, answer, known)
        judge = _Judge(derivation)
        found, where = judge.settled(answer, outer)
    except (AmbiguousError, WorkError):
        raise
    except (UserError, OverflowError, RecursionError):
        return None
    return None if where is None else Right(where[0], tuple(judge.remarks(found, *where)))


def wrong(derivation: Derivation, answer: Answer, outer: str = "outer") -> Verdict:
    """What is said of an answer that is not right in any reading. Raises UserError where it cannot be judged."""
    judge = _Judge(derivation)
    return judge.wrong(judge.first_reading(answer, outer))


def check(derivation: Derivation, answer: Answer, known: str = "all") -> None:
    """Raises UserError for what makes an answer unreadable: unknown letters, missing layers, what is not given."""
    _check_known(derivation.network, answer, known)
    _Judge(derivation).check(answer)


def _check_known(network: Network, answer: Answer, known: str) -> None:
    """Raises UserError where an answer takes a gradient as known that is not."""
    if known == "all":
        return
    names = set(network.adjoint_names.values())
    if known == "states":
        names -= {network.adjoint_names[signal] for signal in network.firsts}
    stated = {statement.name for statement in answer.statements}
    for part in answer.parts():
        letter = part.base if isinstance(part, Index) else part
        if isinstance(part, Partial) or (isinstance(letter, Name) and letter.id in names - stated):
            raise UserError(f"{printing.text(part)} is not given here: write out what it is, or state it before")


class _Judge:
    def __init__(self, derivation: Derivation) -> None:
        self.derivation = derivation
        self.network, self.wrt = derivation.network, derivation.wrt
        first = derivation.layout
        others = () if first == "number" else ("column", "row", "pytorch")
        self.layouts = tuple(dict.fromkeys((first, *others)))

    # the numbers

    def instance(self, layout: str, place: int, square: bool = False, way: str = "") -> Instance:
        steps, n, m, k = (SQUARE if square else SETTINGS)[place]
        setting = (self.derivation.steps or steps, n, m, k)
        return instance_of(
            self.network,
            self.wrt,
            layout,
            setting,
            place + 1,
            way == DENOMINATOR_LAYOUT,
            way == TRANSPOSED_WEIGHTS,
            way == LOCAL_SIGNS,
        )

    def is_right(self, answer: Answer, layout: str, way: str = "") -> bool:
        """At all three sets of numbers; an answer without a value is not."""
        return all(self._agrees(self.instance(layout, place, way=way), answer) for place in range(len(SETTINGS)))

    def _agrees(self, instance: Instance, answer: Answer) -> bool:
        value = self._value(instance, answer)
        return value is not None and instance.agrees(value, answer)

    def right_in(self, answer: Answer) -> tuple[str, str] | None:
        """The first layout in which it is right, and in which way it is written there."""
        for layout in self.layouts:
            if self.is_right(answer, layout):
                return layout, ""
        is_number = self.layouts[0] == "number"
        if answer.has_partials and not is_number and self.is_right(answer, "column", DENOMINATOR_LAYOUT):
            return self.layouts[0], DENOMINATOR_LAYOUT
        if answer.has_partials and self.is_right(answer, self.layouts[0], LOCAL_SIGNS):
            return self.layouts[0], LOCAL_SIGNS
        if is_number:
            return None
        return ("row", TRANSPOSED_WEIGHTS) if self.is_right(answer, "column", TRANSPOSED_WEIGHTS) else None

    # the verdict

    def verdict(self, written: Answer, outer: str) -> Verdict:
        answer, found = self.settled(written, outer)
        return (
            self.wrong(answer) if found is None else Verdict(True, found[0], notes=tuple(self.remarks(answer, *found)))
        )

    def settled(self, written: Answer, outer: str) -> tuple[Answer, tuple[str, str] | None]:
        """The answer in one reading, and the layout and the way in which that is right."""
        self.check(written)
        readings = self._grouped(written).readings(outer)
        answer = next(readings)
        found = self.right_in(answer)
        if found is not None:
            return answer, found
        for other in readings:
            if self.right_in(other) is not None:
                ways = "the outer product abᵀ", "the product entry by entry"
                is_pointwise = outer == "pointwise"
                raise AmbiguousError(
                    f"⊗ can be read in two ways: as {ways[is_pointwise]} this is wrong, as {ways[not is_pointwise]} "
                    "right; write a b^T or a ⊙ b"
                )
        return answer, None

    def first_reading(self, written: Answer, outer: str) -> Answer:
        """With ⊗ as the profile says."""
        return next(self._grouped(written).readings(outer))

    def has_value(self, written: Answer) -> bool:
        """Whether it comes to something in some layout, sizes equal or not; letters without a Σ get theirs."""
        letters = written.unbound(self._known)
        answer = self._grouped(summed(written, letters) if letters else written)
        ways = ("", DENOMINATOR_LAYOUT) if answer.has_partials else ("",)
        return any(
            self._value(self.instance(layout, 0, square, way), answer) is not None
            for layout in self.layouts
            for square in (False, True)
            for way in ways
        )

    def check(self, written: Answer) -> None:
        self._check_letters(written)
        self._check_layers(written)
        self._check_steps(written)

    def _grouped(self, answer: Answer) -> Answer:
        """The answer, or where it has no value as it stands and has one if grouped otherwise, that."""
        other = answer.changed(regrouped)
        if other == answer or answer.unbound(self._known):
            return answer
        instances = [self.instance(self.layouts[0], 0)]
        if answer.has_partials:
            instances.append(self.instance("column", 0, way=DENOMINATOR_LAYOUT))
        choices = ((instance, each) for instance in instances for each in (answer, other))
        return next((each for instance, each in choices if self._value(instance, each) is not None), answer)

    def remarks(self, answer: Answer, layout: str, way: str) -> Iterator[str]:
        if way:
            yield f"right {way}"
        if layout != self.layouts[0]:
            yield f"right in {layout} layout ({LAYOUTS[layout]}); the question uses {self.layouts[0]} layout"
        if not answer.has_partials and not way:
            instance = self.instance(layout, 0)
            shape = shape_of(instance.value(answer))
            if not instance.is_matrix and len(shape) == 2 and shape != shape_of(instance.expected):
                yield "right, written as a row" if shape[0] == 1 else "right, written as a column"

    @property
    def _known(self) -> Container[str]:
        return {*self.instance(self.layouts[0], 0).environment, *CONSTANTS, "L", "s"}

    def _check_letters(self, answer: Answer) -> None:
        known = self._known
        strange = [name for name in answer.unbound(known) if not is_step(answer, name)]
        if strange:
            letters = ", ".join(name for name in self.network.declarations.kinds if name in known and name != "e")
            raise UserError(f"{strange[0][:40]} has no meaning here; the letters are {letters}")

    def _check_layers(self, answer: Answer) -> None:
        layered = {Name(name) for signal in self.network.equations if signal.layer
                   for name in (signal.name, self.network.adjoint_names[signal])}  # fmt: skip
        sequences = {name for name, kind in self.network.declarations.kinds.items() if kind is Kind.MATRIX}
        sequences -= {*self.network.by_name, *(each.name for each in answer.statements)}
        for part in answer.parts():
            match part:
                case Index(Name(name) as base, (_, _)) if name in sequences and not layered:
                    shown = printing.text(base)
                    raise UserError(f"{printing.text(part)} has two indices, but {shown} has one here, its step")
            if isinstance(part, Index) and part.base in layered and len(part.indices) == 1:
                shown = printing.text(part.base)
                raise UserError(f"{shown} has layers here: write {shown}[1, t] for that of layer 1 in step t")

    def _check_steps(self, answer: Answer) -> None:
        """Raises UserError for a letter alone, and for a sequence without its step: neither is a gradient."""
        sequences = {signal.name for signal in (*self.network.equations, Signal("x"))}
        sequences |= {*self.network.adjoint_names.values(), self.network.head.target}
        sequences -= {statement.name for statement in answer.statements}
        if isinstance(answer.node, Name) and not any(answer.node.id == each.name for each in answer.statements):
            raise UserError(f"{printing.text(answer.node)} alone is not an answer: write out what ∂L/∂{self.wrt} is")
        based = {id(part.base) for part in answer.parts() if isinstance(part, Index)}
        for part in answer.parts():
            if isinstance(part, Name) and part.id in sequences and id(part) not in based:
                shown = printing.text(part)
                raise UserError(f"{shown} needs its step: write {printing.text(Signal(part.id).at(TIME))}")

    def wrong(self, answer: Answer) -> Verdict:
        letters = answer.unbound(self._known)
        lead: tuple[Found, ...] = ()
        if letters:
            if len(letters) > 3:
                raise UserError(f"{', '.join(letters[:4])} are steps without a Σ: each needs its Σ")
            lead, whole = (MISSING_SUM,), summed(answer, letters)
            if self.right_in(whole) is not None:
                return Verdict(False, self.layouts[0], lead)
            # with the Σ the rest can be judged
            answer = whole
        if sum(1 for _ in answer.parts()) > MOST_PARTS:
            return Verdict(False, self.layouts[0], lead, self._where(answer, self.layouts[0]))
        for layout, square, way in self._places(answer):
            named = self.named(answer, layout, square, way)
            if named:
                every = tuple(pair((*lead, found)) for found in named[:MOST_NAMED])
                return Verdict(False, layout, every, self._where(answer, layout, True))
        repaired = None if answer.entries else self._repaired(answer)
        if repaired is not None:
            return Verdict(False, self.layouts[0], (pair((*lead, repaired)),), self._where(answer, self.layouts[0]))
        return Verdict(False, self.layouts[0], lead, self._where(answer, self.layouts[0]))

    def _where(self, answer: Answer, layout: str, only_shapes: bool = False) -> str:
        """Told of the first set of numbers on which they differ: an answer may be right for three steps alone."""
        way = DENOMINATOR_LAYOUT if self._is_in_denominator_layout(answer) else ""
        instances = [self.instance(layout, place, way=way) for place in range(len(SETTINGS))]
        differing = (instance for instance in instances if not self._agrees(instance, answer))
        return disagreement(next(differing, instances[0]), answer, only_shapes)

    def _is_in_denominator_layout(self, answer: Answer) -> bool:
        """Whether it has a value only with ∂L/∂h as a column."""
        if not answer.has_partials or any(self._value(self.instance(each, 0), answer) for each in self.layouts):
            return False
        return self._value(self.instance("column", 0, way=DENOMINATOR_LAYOUT), answer) is not None

    # naming

    def _places(self, answer: Answer) -> list[tuple[str, bool, str]]:
        """(layout, whether sizes are equal, way): where mistakes are looked for, at most two places.

        The first layout in which the answer has the gradient's shape, or else a value; then one with equal sizes.
        """
        shaped, valued, square = [], [], []
        ways = [(layout, "") for layout in self.layouts]
        if answer.has_partials:
            ways.insert(1, ("column", DENOMINATOR_LAYOUT))
        for layout, way in ways:
            value = self._value(self.instance(layout, 0, way=way), answer)
            if value is None:
                if self._value(self.instance(layout, 0, True, way), answer) is not None:
                    square.append((layout, True, way))
                continue
            valued.append((layout, False, way))
            wrote, wanted = self.instance(layout, 0, way=way).both(value, answer)
            if shape_of(wrote) == shape_of(wanted):
                shaped.append((layout, False, way))
        return shaped[:1] or [*valued[:1], *square[:1]]

    def _value(self, instance: Instance, answer: Answer) -> Value:
        try:
            return instance.value(answer)
        except LimitError:
            raise
        except UserError:
            return None

    def named(self, answer: Answer, layout: str, square: bool, way: str = "") -> list[Found]:
        """The mistakes that lead to these very numbers."""
        places = range(len(SQUARE if square else SETTINGS))
        instances = [self.instance(layout, place, square, way) for place in places]
        wrote = self._value(instances[0], answer)
        return [] if wrote is None else Candidates(instances, answer).named(wrote)

    def _repaired(self, answer: Answer) -> Found | None:
        """A transpose that is missing in what was written, of one letter in all its places."""
        # the sign of a derivative is turned as a whole, if at all
        signed = {part for sign in answer.parts() if isinstance(sign, Partial) for part in walk(sign)}
        letters = {part for part in answer.parts() if isinstance(part, Index) or _is_matrix(part, self.network.by_name)}
        sites = letters - signed
        for site in sorted(sites, key=printing.text)[:MOST_SITES]:
            for layout in self.layouts:
                edit = Edit(MISSING_SUM, {site: Transpose(site)})
                if self.is_right(answer.changed(edit.of), layout):
                    shown_ = printing.text(site)
                    return Found("transpose-missing", f"{shown_} must be transposed, {shown_}ᵀ, for the sizes to fit")
        return None


def _is_matrix(node: Node, weights: Container[str]) -> bool:
    return isinstance(node, Name) and node.kind.rank == 2 and node.id in weights
