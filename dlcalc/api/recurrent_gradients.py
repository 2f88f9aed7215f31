"""Gradients as formulas: `bptt`, backpropagation through time, in letters and with numbers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from .. import gradients
from ..answers.gradient_letters import letters_of
from ..answers.gradient_marks import other_gates
from ..answers.gradient_numbers import GradientNumbers, as_rows
from ..answers.target import Other
from ..document import Document
from ..errors import UserError
from ..expressions import printing
from ..expressions.arrays import shape_of
from ..expressions.jsonable import as_json
from ..expressions.nodes import Add, Partial, Reduce, Value, walk
from ..gradients import MOST_PATHS as MOST_PATHS
from ..gradients import Derivation, Line
from ..gradients.candidates import mistaken_numbers
from ..gradients.edits import Found
from ..gradients.instances import GivenInstance
from ..gradients.through_time import DEFAULT_STEPS, ThroughTime
from ..profiles import COURSE, Profile, active
from .array_option import lifted, read_raw
from .expression import Expression
from .joined_weights import apart, order_of
from .judged_gradient import JudgedGradient, JudgedNumbers, is_in_numbers
from .results import Result, line_as_data, written

SEQUENCES = ("x", "y", "d")
"""What has a value for each step: inputs, targets, gradients of the loss by the states."""
CHOICES: Mapping[str, Iterable[str]] = {
    "cell": gradients.CELLS,
    "head": gradients.HEADS,
    "loss": gradients.LOSSES,
    "activation": gradients.ACTIVATIONS,
    "form": gradients.FORMS,
    "layout": gradients.LAYOUTS,
}
"""What may be chosen, and the words for it."""
SIZES = {"n": 3, "m": 2, "k": 4}
"""Inputs, units and outputs of random numbers, all different, so that no transpose goes unnoticed."""


def bptt(
    cell: str = "rnn",
    wrt: str | None = None,
    form: str = "general",
    steps: int | None = None,
    *,
    head: str | None = None,
    loss: str = "every",
    layout: str | None = None,
    activation: str = "tanh",
    update_gate: str | None = None,
    reset: str | None = None,
    layers: int = 1,
    truncate: int = 0,
    most: int = MOST_PATHS,
    values: Mapping[str, object] | None = None,
    seed: int = 0,
    sizes: Mapping[str, int] | None = None,
    kernels: bool = False,
    profile: str | Profile | None = None,
    answer: str | None = None,
    show: bool = False,
    letters: str | Mapping[str, str] | None = None,
    w_joined: str | None = None,
) -> Bptt | JudgedGradient | JudgedNumbers:
    """∂L/∂wrt of a recurrent network, as a formula or with numbers.

    cell, head, loss, activation, update_gate, reset, layers, truncate: as `gradients.network` takes them.
    wrt: a weight, the recurrent one if none is named. form: "general", "delta", "paths" or "numeric".
    steps: None leaves T a letter. layout: "column", "row", "pytorch" or "number" (one unit).
    values: numbers by letter, arrays in column layout; what is not given is drawn from the seed, in these `sizes`.
    kernels: ask `dlcalc.ops` too. answer: a formula to judge instead, with form "numeric" or values an array; `show`
    with the right one beside it.
    letters: how ours are written, "W=W_rec, U=W_in" or by name: in what is shown, and in the answer.
    w_joined: "h,x" or "x,h": one matrix W (of a gate W_f) meets [h_{t−1}, x_t], and is asked for and given as such.
    What is not said comes from the profile. Raises UserError.

    Example: dlcalc.bptt("lstm", "W_f", form="delta")
    """
    course = profile if isinstance(profile, Profile) else active(profile, os.environ)
    order = "" if w_joined is None else order_of(w_joined)
    raw = {name: read_raw(name, value) for name, value in (values or {}).items()}
    if order:
        raw = _taken_apart(gradients.network(cell, layers=layers, joined=True), raw, order)
    numbers = any(name not in SEQUENCES for name in raw) and all(map(_is_single, raw, raw.values()))
    chosen = layout or ("number" if numbers else course.layout)
    make = partial(
        gradients.network,
        cell,
        head or ("linear" if chosen == "number" else "softmax"),
        loss,
        activation=activation,
        update_gate=update_gate or course.gru_update_gate,
        reset=reset or course.gru_reset,
        layers=layers,
        truncate=truncate,
    )
    network = make(joined=bool(order))
    written = letters_of(network, course.formula_letters, letters)
    is_numeric = (form == "numeric" or bool(raw)) and answer is not None and is_in_numbers(answer)
    if answer is not None and not is_numeric:
        if raw:
            raise UserError("an answer in letters is checked with numbers of the program: leave the values out")
        choices = {"layout": layout, "update_gate": update_gate, "reset": reset}
        stated = frozenset(choices if course is not COURSE else (name for name, word in choices.items() if word))
        asked = partial(Derivation, network, wrt or _recurrent(network), steps=steps, layout=chosen, joined=order)
        derivation = asked("general")
        if not derivation.has_general:
            derivation = asked("delta")
        return JudgedGradient(derivation, answer, show, course, stated, written, make() if order else None)
    given = {name: lifted(name, value, _rank(network, name, chosen)) for name, value in raw.items()}
    if given and steps is None:
        steps = next((len(given[name]) for name in SEQUENCES if name in given), None)
    if form == "numeric" or given:
        form, steps = "numeric", steps or DEFAULT_STEPS
    found = Derivation(network, wrt or _recurrent(network), form, steps, chosen, most, order)
    made = Bptt(found, given, seed, {**SIZES, **(sizes or {})}, kernels)
    made.course = course
    made.spell = written or None
    if answer is not None:
        is_open = not (update_gate or reset) and course is COURSE
        gates = partial(_of_other_gates, made, partial(make, joined=bool(order)), given, seed, order)
        return JudgedNumbers(
            GradientNumbers(as_rows(made.gradient), chosen, partial(_mistaken, made), turns=True,
                            gates=gates if is_open else tuple), answer, course,
            {"cell": cell, "head": network.head.name, "loss": network.loss, "wrt": found.wrt, "layout": chosen,
             "steps": steps},
            found.gradient_of, network.title, show, layout is not None or course is not COURSE)  # fmt: skip
    return made


def _mistaken(made: Bptt) -> Iterator[tuple[Found, Value]]:
    """What mistakes make of the gradient on the numbers of the question; of joined weights nothing is known."""
    found, values = made.derivation, made.numbers.values
    if len(found.parts) > 1:
        return
    n, m, k = (made.used_sizes[letter] for letter in "nmk")
    setting = (made.numbers.steps, n, m, k)
    yield from mistaken_numbers(GivenInstance(found.network, found.parts[0], found.layout, setting, 0, values=values))


def _of_other_gates(
    made: Bptt, make: Callable[..., gradients.Network], given: Mapping[str, Value], seed: int, order: str
) -> Iterator[Other]:
    """The gradient on the same numbers of a GRU whose update gate or reset works otherwise."""
    own = made.derivation
    for other, words in other_gates(own.network):
        found = Derivation(make(**words), own.wrt, own.form, own.steps, own.layout, joined=order)
        value = Bptt(found, given, seed, made.used_sizes, False).gradient
        said = ", ".join(f"{name.replace('_', ' ')} {word}" for name, word in other.items())
        yield Other("-".join(other.values()), f"with {said}; the question has another one", as_rows(value))


def _recurrent(network: gradients.Network) -> str:
    """The first weight of the state before, or the matrix that it is joined in."""
    return next(weight.joined or weight.name for weight in network.weights if weight.role == "w_hh")


def _taken_apart(network: gradients.Network, raw: Mapping[str, Value], order: str) -> dict[str, Value]:
    """The values with both parts of every joined matrix, which is m×(m + n), in its place."""
    parts = {whole: (state.name, entering.name) for whole, (state, entering) in network.joined.items()}
    found = {parts[name][0] if name in parts else name: value for name, value in raw.items()}
    apart({parts[name][0]: parts[name][1] for name in raw if name in parts}, found, order, row=False)
    return found


def _is_single(name: str, value: Value) -> bool:
    """Whether this is one number; of a sequence, whether it has one number for each step."""
    shape = shape_of(value)
    return shape.count(1) >= len(shape) - (name in SEQUENCES)


def _rank(network: gradients.Network, name: str, layout: str) -> int:
    """How many indices the values of a letter have: a sequence has one more than what it consists of."""
    weight = network.by_name.get(name)
    rank = 0 if layout == "number" else 2 if weight is not None and weight.columns else 1
    return rank + (name in SEQUENCES)


class Bptt(ThroughTime, Result):
    """A gradient through time. `derivation` holds the trees, `numbers` what they come to (form "numeric")."""

    @property
    def formula(self) -> Expression:
        """The gradient as one expression: of paths, the sum of those that are listed."""
        found = self.derivation
        terms = tuple(path.expression for path in found.paths) if found.form == "paths" else (found.lines[-1].right,)
        return Expression(terms[0] if len(terms) == 1 else Add(terms))

    def sympy(self) -> Any:
        """The gradient as sympy's expression; what is a vector at each step is a function whose products have an order.

        Raises UserError where ∂ or a product that descends is left, which the form "delta" has not.
        """
        return self._written_out().sympy()

    def program(self, language: str) -> str:
        """A program in "sympy" or "wolfram" that has the gradient."""
        return written(language, {"gradient": self._written_out().node}, {}, {})

    def _written_out(self) -> Expression:
        for part in walk(self.formula.node):
            if isinstance(part, Partial) or (isinstance(part, Reduce) and part.operator == "prod"):
                raise UserError(f"{printing.text(part)} has no counterpart there: --form delta, or --form paths with "
                                "--steps, has a gradient without")  # fmt: skip
        return self.formula

    def __repr__(self) -> str:
        found = self.derivation
        return f"<{printing.text(found.gradient_of)} of a {found.network.title}: {found.form}>"

    def _document(self) -> Document:
        from ..explain.bptt import document

        return document(self, self.spell)

    def to_dict(self) -> dict[str, Any]:
        found = self.derivation
        network = found.network
        data: dict[str, Any] = {
            "cell": network.cell,
            "title": network.title,
            "head": network.head.name,
            "loss": network.loss,
            "wrt": found.wrt,
            "form": found.form,
            "layout": found.layout,
            "steps": found.steps,
            "truncate": network.truncate,
            "letters": {name: {"meaning": meaning, "shape": list(shape)} for name, meaning, shape in found.meanings},
            "equations": [_line(line) for line in found.equations],
            "lines": [_line(line) for line in found.lines],
            "notes": list(found.notes),
        }
        if found.lines:
            data["gradient"] = printing.plain(found.lines[-1].right)
        if found.form == "paths":
            data["count"] = found.count
            data["explicit"] = found.count_explicit
            data["paths"] = [
                {
                    "from": path.start,
                    "to": path.end,
                    "explicit": path.explicit,
                    "expression": printing.plain(path.expression),
                    "chain": printing.plain(path.chain),
                    "latex": printing.latex(path.expression),
                }
                for path in found.paths
            ]
        if found.form == "numeric":
            data |= self._numbers_dict()
        return data

    def _numbers_dict(self) -> dict[str, Any]:
        data = {
            "values": {name: as_json(value) for name, value in self.numbers.values.items()},
            "loss_value": self.numbers.loss,
            "value": as_json(self.gradient),
            "finite_differences": as_json(self.beside),
        }
        if self.beside is not None:
            data["difference"] = gradients.difference(self.gradient, self.beside)
        if self.slopes is not None:
            data["slopes"] = {"gradient": self.slopes[0], "finite_difference": self.slopes[1]}
        if self.by_kernels is not None:
            data |= {"kernels": as_json(self.by_kernels), "kernels_difference": self.kernel_difference}
        return data


def _line(line: Line) -> dict[str, Any]:
    return line_as_data(line.left, line.right, **{"for": line.note, "meaning": line.meaning})
