"""One derivation: what is asked, its lines or paths in the layout asked for, and the words that belong to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from ..errors import UserError
from ..expressions import printing
from ..expressions.nodes import Literal, Name, Node, Partial, Reduce, walk
from ..expressions.reader import Declarations
from .cells import LOSSES
from .delta import Delta, unknown_weight
from .general import General
from .joined import STATE_FIRST, Joining
from .layouts import LAYOUTS, declared_shape, in_layout
from .lines import LOSS, Line, Role, loss_at
from .model import STEPS, TIME, Equation, Network, Signal, indices_in, shifted
from .paths import Path, Paths

FORMS = {
    "general": "the sum over losses and steps, with the product over the steps between",
    "delta": "the recursion of an implementation",
    "paths": "each path from a loss to the weight, term by term",
    "numeric": "with numbers: formulas, finite differences and kernels side by side",
}
"""Form → what it is."""
MOST_PATHS = 200
"""So many paths are listed unless more are asked for."""
MOST_STEPS = 10_000
MOST_STEPS_OF_PATHS = 100


@dataclass(frozen=True, eq=False)
class Derivation:
    """∂L/∂wrt of a network, in one form and layout. `steps` None: T stays a letter.

    `lines` are the equations of the form, the gradient last; `paths` the listed paths of `count` (form "paths" only).
    Every expression is a tree of `expressions`, and `declarations` what its printed text is read back with.
    """

    network: Network
    wrt: str
    form: str
    steps: int | None = None
    layout: str = "column"
    most: int = MOST_PATHS
    joined: str = ""
    """What joined weights meet: "hx", [h_{t−1}, x_t], or "xh"; "" where no weights are joined."""

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise UserError(f"form is one of {', '.join(FORMS)}, not {self.form}")
        if self.layout not in LAYOUTS:
            raise UserError(f"layout is one of {', '.join(LAYOUTS)}, not {self.layout}")
        if self.steps is not None and not 1 <= self.steps <= MOST_STEPS:
            raise UserError(f"a sequence has 1 to {MOST_STEPS} time steps, not {self.steps}")
        if self.most < 1:
            raise UserError(f"at least 1 path is listed, not {self.most}")
        firsts = self.network.firsts.values()
        if self.wrt not in (*self.network.by_name, *self.network.joined) and self.wrt not in firsts:
            raise unknown_weight(self.network, self.wrt)
        if self.network.truncate and self.wrt in firsts:
            raise UserError(f"a truncated gradient does not reach back to {self.wrt} as a rule: leave truncation out")
        if self.layout == "number" and self.network.head.name == "softmax":
            raise UserError("a softmax of one number is always 1: take the head sigmoid, linear or squared")
        if self.form == "paths" and self.steps is None:
            raise UserError("paths are listed for a number of time steps: say how many")
        if self.form == "paths" and self.steps is not None and self.steps > MOST_STEPS_OF_PATHS:
            raise UserError(f"paths are listed for at most {MOST_STEPS_OF_PATHS} time steps, not {self.steps}")

    @property
    def declarations(self) -> Declarations:
        return self.network.declarations

    # the parts

    @cached_property
    def joining(self) -> Joining:
        return Joining(self.network, self.joined)

    @property
    def parts(self) -> tuple[str, ...]:
        """The weights that the asked one consists of: two where it is joined."""
        return self.joining.parts(self.wrt)

    @cached_property
    def equations(self) -> tuple[Line, ...]:
        """The network itself: what is computed at every step, sums that go into an activation put in."""
        hidden: dict[Node, Node] = {
            signal.at(TIME): e.right for signal, e in self.network.equations.items() if e.hidden
        }
        shown = [e for e in self.network.equations.values() if not e.hidden]
        lines = [self._equation(each, hidden) for each in shown]
        lines.append(Line(loss_at(TIME), self.network.head.loss, "vector", "", "loss of one step"))
        return tuple(in_layout(line, self.layout) for line in lines)

    def _equation(self, equation: Equation, hidden: dict[Node, Node]) -> Line:
        right = equation.right.map(lambda part: hidden.get(part, part))
        right = hidden.get(right, right)
        if self.form != "numeric" or self.layout != "number":
            right = self.joining.equation(right)
        return Line(equation.signal.at(TIME), right, "vector", "", equation.meaning)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The equations of the form, the gradient last; none for paths, and for numbers those of delta."""
        if self.form == "paths":
            return ()
        found = [self._lines_by(part) for part in self.parts]
        return tuple(in_layout(line, self.layout) for line in (found[0] if len(found) == 1 else self._merged(*found)))

    def _merged(self, of_state: list[Line], of_input: list[Line]) -> list[Line]:
        return self.joining.lines(of_state, of_input)

    def _lines_by(self, wrt: str) -> list[Line]:
        if self.form == "general":
            return General(self.network, wrt).lines(self.steps)
        delta = Delta(self.network)
        return [*self._needed(delta, wrt), delta.gradient(wrt, self.steps)]

    @property
    def has_general(self) -> bool:
        """Whether there is a general form: of a state before the first step there is none where states are a block."""
        try:
            General(self.network, self.parts[0])
        except UserError:
            return False
        return True

    @cached_property
    def gradient_of(self) -> Partial:
        """∂L/∂wrt as a sign."""
        for signal, name in self.network.firsts.items():
            if name == self.wrt:
                return Partial(LOSS, self.first_place(signal))
        return Partial(LOSS, Name(self.wrt, self.network.declarations.kinds[self.wrt]))

    def first_place(self, signal: Signal) -> Node:
        """A state before the first step, h_0; after the last one where it runs backwards, g_{T+1}."""
        last = STEPS if self.steps is None else Literal(self.steps)
        return signal.at(Literal(0) if self.network.group_of[signal].direction > 0 else shifted(last, 1))

    def _needed(self, delta: Delta, wrt: str) -> Iterator[Line]:
        """The lines of the recursion that the gradient asks for, directly or through others."""
        lines = delta.lines(self.steps)
        wanted = _signals(delta.gradient(wrt, self.steps).right)
        while True:
            more = {s for line in lines if _signals(line.left) & wanted for s in _signals(line.right)} | wanted
            if more == wanted:
                break
            wanted = more
        yield from (line for line in lines if _signals(line.left) & wanted)

    @cached_property
    def _paths(self) -> Paths:
        return self._paths_to(self.parts[0])

    def _paths_to(self, wrt: str) -> Paths:
        assert self.steps is not None
        return Paths(self.network, wrt, self.steps)

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """The first `most` paths, their terms in this layout."""
        if self.form != "paths":
            return ()
        return tuple(
            replace(path, expression=in_layout(Line(LOSS, path.expression, self._role), self.layout).right)
            for path in self._listed()
        )

    def _listed(self) -> Iterator[Path]:
        found = [self._paths_to(part).listed(self.most) for part in self.parts]
        if len(found) == 1:
            yield from found[0]
        for one, other in zip(*found, strict=True) if len(found) > 1 else ():
            merged = self.joining.merged
            yield replace(one, expression=merged(one.expression, other.expression),
                          chain=merged(one.chain, other.chain))  # fmt: skip

    @property
    def _role(self) -> Role:
        return "vector" if self.wrt in self.network.firsts.values() else "gradient"

    @cached_property
    def count(self) -> int:
        """How many paths there are, listed or not."""
        return self._paths.count() if self.form == "paths" else 0

    @cached_property
    def count_explicit(self) -> int:
        return self._paths.count_explicit() if self.form == "paths" else 0

    # words

    @cached_property
    def meanings(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """(letter, meaning, shape in letters) of every weight and first state."""
        weights = [
            (w.name, w.meaning, declared_shape(self.network, w.name, self.layout))
            for w in self.network.weights
            if not w.joined
        ]
        weights = [*((name, self.joining.meaning(name), self._joined_shape) for name in self.network.joined), *weights]
        firsts = [(name, self._of_first(signal), self._row("m")) for signal, name in self.network.firsts.items()]
        return (*weights, *firsts)

    def _of_first(self, signal: Signal) -> str:
        what, comma, which = self.network.equations[signal].meaning.partition(",")
        end = "before the first step" if self.network.group_of[signal].direction > 0 else "after the last step"
        return f"{what} {end}{comma}{which}"

    @property
    def _joined_shape(self) -> tuple[str, ...]:
        wide = "(m + n)" if self.joined == STATE_FIRST else "(n + m)"
        if self.layout == "number":
            return ("2",)
        return (wide, "m") if self.layout == "row" else ("m", wide)

    def _row(self, size: str) -> tuple[str, ...]:
        return () if self.layout == "number" else (size,)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What has to be said beside the formulas: the layout, the order of a product, where losses are read."""
        found = [LAYOUTS[self.layout], LOSSES[self.network.loss]]
        if self.wrt in self.network.joined:
            state, entering = self.parts
            said = f"the part of {self.wrt} that meets the state is {state}, the one that meets the input {entering}"
            found.append(said)
        reach = self.network.truncate
        if reach:
            found.append(f"truncated: each loss is taken back through {reach} steps, its own among them")
        if self.form == "general" and self._first_factors:
            order = "; taken back, written out, with ".join(self._first_factors)
            found.append(f"the order of a product matters: in ∂ notation it begins with {order}; an empty product is 1")
            found.append("∂⁺ is the explicit part: the states before are held fixed")
        return tuple(found)

    @cached_property
    def _first_factors(self) -> tuple[str, ...]:
        """Which factor the products begin with, in ∂ notation and written out: m = j."""
        if self.form != "general":
            return ()
        found = []
        for line in (self.lines[0], self.lines[-1]):
            for part in walk(line.right):
                if isinstance(part, Reduce) and part.operator == "prod":
                    first = part.high if part.descending else part.low
                    found.append(f"{part.index} = {printing.text(first)}")
        return tuple(found)


def _signals(node: Node) -> set[Signal]:
    return {Signal.of(index) for index in indices_in(node)}
