"""What a derivation starts from: equations per time step as trees, grouped by the direction in which they run.

A signal is a sequence with an equation of its own: h, C, a gate. Its value at a step is an index, h[t], or h[l, t] in
layer l. All trees are in column layout; `layouts` rewrites them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..errors import InternalError
from ..expressions.nodes import Add, Index, Kind, Literal, Name, Neg, Node, walk
from ..expressions.reader import Declarations

TIME = Name("t", integer=True)
STEPS = Name("T", integer=True)
"""How many time steps there are, while that is a letter."""


def shifted(time: Node, by: int) -> Node:
    """time + by: t − 1, 3, and t again for (t − 1) + 1."""
    if isinstance(time, Literal):
        return Literal(time.value + by)
    if isinstance(time, Add):
        letter, last = time.terms
        by += -last.operand.value if isinstance(last, Neg) else last.value  # type: ignore[attr-defined]
        time = letter
    if by == 0:
        return time
    return Add((time, Literal(by) if by > 0 else Neg(Literal(-by))))


def offset(time: Node) -> int:
    """How far a time lies from t: −1 for t − 1. Raises InternalError for any other time."""
    for by in (0, -1, 1):
        if shifted(TIME, by) == time:
            return by
    raise InternalError(f"an equation uses the steps t − 1, t and t + 1, not {time}")


@dataclass(frozen=True, slots=True)
class Signal:
    """A sequence by its name, and the number of its layer where there are several."""

    name: str
    layer: int = 0

    def at(self, time: Node) -> Index:
        layer = (Literal(self.layer),) if self.layer else ()
        return Index(Name(self.name, Kind.MAP if layer else Kind.MATRIX), (*layer, time))

    @staticmethod
    def of(node: Index) -> Signal:
        if not isinstance(node.base, Name) or len(node.indices) > 2:
            raise InternalError(f"a signal is a name with its step, not {node}")
        if len(node.indices) == 1:
            return Signal(node.base.id)
        (layer, _) = node.indices
        assert isinstance(layer, Literal)
        return Signal(node.base.id, int(layer.value))


BLOCK = Signal("s")
"""The states of several layers, or an LSTM's h and C, as one: (h, C)."""


@dataclass(frozen=True)
class Equation:
    """signal[t] = right, where `right` speaks of t − 1, t and t + 1."""

    signal: Signal
    right: Node
    meaning: str = ""
    hidden: bool = False
    """What goes into an activation, which has no line of its own when the equations are shown."""


@dataclass(frozen=True)
class Group:
    """Equations that run together through time, in the order of one step; `direction` −1 runs from T down to 1."""

    equations: tuple[Equation, ...]
    direction: int = 1

    @cached_property
    def signals(self) -> tuple[Signal, ...]:
        return tuple(equation.signal for equation in self.equations)


@dataclass(frozen=True)
class Weight:
    """What is learned: a matrix, or a vector (`rows` or `columns` is ""). Sizes are the letters n, m, k.

    `role` is the kernels' name for it: `w_ih`, `w_hh`, `b_ih`, `b_hh`, `peephole`; "" in the head.
    """

    name: str
    meaning: str
    rows: str
    columns: str = ""
    role: str = ""
    gate: str = ""
    layer: int = 0
    joined: str = ""
    """The matrix that it is a part of, where the weights of the state and of the input are joined in one."""

    @property
    def kind(self) -> Kind:
        return Kind.MATRIX if self.columns else Kind.VECTOR


@dataclass(frozen=True)
class Head:
    """How a loss is read from a step: the equations after the cell, the loss, and ∂L_t/∂`at` as one expression."""

    name: str
    title: str
    equations: tuple[Equation, ...]
    weights: tuple[Weight, ...]
    loss: Node
    """L_t, in t."""
    at: Signal
    """The signal that the error is a derivative by."""
    error: Node
    target: str
    """What the loss compares with, beside the weights and inputs: y, or d."""


@dataclass(frozen=True, eq=False)
class Network:
    """A recurrent network: groups of equations in forward order (the head's last), weights, first states, loss."""

    cell: str
    title: str
    groups: tuple[Group, ...]
    weights: tuple[Weight, ...]
    firsts: Mapping[Signal, str]
    """State → the name of its value before the first step (after the last one, if it runs backwards)."""
    head: Head
    loss: str = "every"
    """Where losses are read: at "every" step, or the "last"."""
    truncate: int = 0
    """How many steps a gradient is taken back at most; 0: to the first."""
    form: Mapping[str, str] = field(default_factory=dict)
    """What was chosen: activation, update_gate, reset."""

    @cached_property
    def equations(self) -> dict[Signal, Equation]:
        return {equation.signal: equation for group in self.groups for equation in group.equations}

    @cached_property
    def group_of(self) -> dict[Signal, Group]:
        return {signal: group for group in self.groups for signal in group.signals}

    @cached_property
    def by_name(self) -> dict[str, Weight]:
        return {weight.name: weight for weight in self.weights}

    @cached_property
    def joined(self) -> dict[str, tuple[Weight, Weight]]:
        """Matrix that meets state and input together → its parts: that of the state, that of the input."""
        parts: dict[str, list[Weight]] = {}
        for weight in sorted(self.weights, key=lambda weight: weight.role):
            if weight.joined:
                parts.setdefault(weight.joined, []).append(weight)
        return {name: (state, entering) for name, (state, entering) in parts.items()}

    @cached_property
    def declarations(self) -> Declarations:
        """The names of every tree derived from this network, so that what is printed is read back."""
        kinds: dict[str, Kind] = {weight.name: weight.kind for weight in self.weights}
        kinds |= dict.fromkeys(self.joined, Kind.MATRIX)
        for signal in (*self.equations, *self.firsts, Signal("x"), Signal(self.head.target)):
            kinds[signal.name] = Kind.MAP if signal.layer else Kind.MATRIX
        layered = any(signal.layer for signal in self.equations)
        derived = (name for name in self.adjoint_names.values())
        kinds |= dict.fromkeys(derived, Kind.MAP if layered else Kind.MATRIX)
        kinds |= {"L": Kind.VECTOR, "s": Kind.MATRIX, "e": Kind.MATRIX}
        letters = dict.fromkeys(("t", "T", "j", "k", "m"), Kind.SCALAR)
        return Declarations({**letters, **kinds}, frozenset(letters))

    @cached_property
    def adjoint_names(self) -> dict[Signal, str]:
        """How ∂L/∂signal is called: δ for what goes into an activation, else d and the signal's name: dh, dC."""
        found = {}
        for signal in self.equations:
            stem, _, gate = signal.name.partition("_")
            if stem == "a":
                found[signal] = f"delta_{gate}" if gate else "delta"
            else:
                found[signal] = f"d{signal.name}"
        return found

    def adjoint(self, signal: Signal) -> Signal:
        """The sequence of ∂L/∂signal."""
        return Signal(self.adjoint_names[signal], signal.layer)


def indices_in(node: Node) -> tuple[Index, ...]:
    """All values of signals in an expression."""
    return tuple(part for part in walk(node) if isinstance(part, Index))
