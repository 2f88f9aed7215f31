"""Gradients as formulas: `bptt`, backpropagation through time, in letters and with numbers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from .. import document as doc
from .. import gradients
from ..errors import UserError
from ..explain import rounded
from ..expressions import printing
from ..expressions.arrays import shape_of
from ..expressions.evaluate import substitute
from ..expressions.jsonable import as_json
from ..expressions.nodes import Kind, Name, Node, Value, to_node
from ..gradients import Derivation, Numbers
from ..gradients.lines import loss_at, written_out
from ..gradients.model import TIME
from ..profiles import COURSE, Profile, active, showing, shown_by
from .array_text import lifted, read_raw
from .gradient_lines import as_data, come_to, equation, in_numbers, put_in, short
from .judged_gradient import JudgedGradient
from .results import Result

DEFAULT_STEPS = 3
"""Time steps with numbers where none are named."""
SEQUENCES = ("x", "y", "d")
"""What has a value for each step: inputs, targets, gradients of the loss by the states."""
SHOWN_STEPS = 4
"""A computation in numbers is worked through for at most so many steps."""
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
    most: int = gradients.MOST_PATHS,
    values: Mapping[str, object] | None = None,
    seed: int = 0,
    sizes: Mapping[str, int] | None = None,
    kernels: bool = False,
    profile: str | Profile | None = None,
    answer: str | None = None,
    show: bool = False,
) -> Bptt | JudgedGradient:
    """∂L/∂wrt of a recurrent network, as a formula or with numbers.

    cell, head, loss, activation, update_gate, reset, layers, truncate: as `gradients.network` takes them.
    wrt: a weight, the recurrent one if none is named. form: "general", "delta", "paths" or "numeric".
    steps: None leaves T a letter. layout: "column", "row", "pytorch" or "number" (one unit).
    values: numbers by letter, arrays in column layout; what is not given is drawn from the seed, in these `sizes`.
    kernels: ask `dlcalc.ops` too. answer: a formula to judge instead, `show` with the right one beside it.
    What is not said comes from the profile. Raises UserError.
    """
    course = profile if isinstance(profile, Profile) else active(profile, os.environ)
    raw = {name: read_raw(name, value) for name, value in (values or {}).items()}
    numbers = any(name not in SEQUENCES for name in raw) and all(map(_is_single, raw, raw.values()))
    chosen = layout or ("number" if numbers else course.layout)
    network = gradients.network(
        cell,
        head or ("linear" if chosen == "number" else "softmax"),
        loss,
        activation=activation,
        update_gate=update_gate or course.gru_update_gate,
        reset=reset or course.gru_reset,
        layers=layers,
        truncate=truncate,
    )
    if answer is not None:
        if raw:
            raise UserError("an answer in letters is judged on numbers of its own: leave the values out")
        return JudgedGradient(Derivation(network, wrt or _recurrent(network), "general", steps, chosen), answer,
                              show, course)  # fmt: skip
    given = {name: lifted(name, value, _rank(network, name, chosen)) for name, value in raw.items()}
    if given and steps is None:
        steps = next((len(given[name]) for name in SEQUENCES if name in given), None)
    if form == "numeric" or given:
        form, steps = "numeric", steps or DEFAULT_STEPS
    found = Derivation(network, wrt or _recurrent(network), form, steps, chosen, most)
    return Bptt(found, given, seed, {**SIZES, **(sizes or {})}, kernels, course)


def _recurrent(network: gradients.Network) -> str:
    """The first weight of the state before."""
    return next(weight.name for weight in network.weights if weight.role == "w_hh")


def _is_single(name: str, value: Value) -> bool:
    """Whether this is one number; of a sequence, whether it has one number for each step."""
    shape = shape_of(value)
    return shape.count(1) >= len(shape) - (name in SEQUENCES)


def _rank(network: gradients.Network, name: str, layout: str) -> int:
    """How many indices the values of a letter have: a sequence has one more than what it consists of."""
    weight = network.by_name.get(name)
    rank = 0 if layout == "number" else 2 if weight is not None and weight.columns else 1
    return rank + (name in SEQUENCES)


class Bptt(Result):
    """A gradient through time. `derivation` holds the trees, `numbers` what they come to (form "numeric")."""

    def __init__(
        self,
        derivation: Derivation,
        given: Mapping[str, Value],
        seed: int,
        sizes: Mapping[str, int],
        kernels: bool,
        course: Profile = COURSE,
    ) -> None:
        self.course = course
        self.derivation = derivation
        self.given = given
        self.seed = seed
        self.sizes = sizes
        self.kernels = kernels
        if derivation.form == "numeric":
            _ = self.numbers

    def __repr__(self) -> str:
        found = self.derivation
        return f"<{printing.text(found.gradient_of)} of a {found.network.title}: {found.form}>"

    # with numbers

    @cached_property
    def numbers(self) -> Numbers:
        """The network with the given values, the others drawn from the seed."""
        found = self.derivation
        network, layout, steps = found.network, found.layout, found.steps or DEFAULT_STEPS
        known = {*network.by_name, *network.firsts.values(), "x", network.head.target}
        for name in self.given:
            if name not in known:
                raise UserError(f"a {network.title} has no {name}; values are of {', '.join(sorted(known))}")
        sizes = {**self.sizes, **self._given_sizes()}
        for name, size in sizes.items():
            if not 1 <= size <= MOST_UNITS:
                raise UserError(f"{name} is from 1 to {MOST_UNITS} here, not {size}")
        drawn = gradients.random_values(network, steps, **sizes, seed=self.seed, layout=layout)
        if self.given:
            # what a bias or a first state is when it is not given, everybody expects
            drawn = {
                name: value
                for name, value in drawn.items()
                if name not in network.firsts.values()
                and (name not in network.by_name or network.by_name[name].kind is Kind.MATRIX)
            }
        return Numbers(network, {**drawn, **self.given}, layout)

    def _given_sizes(self) -> dict[str, int]:
        """n, m and k as the given arrays have them."""
        found = {}
        for name, value in self.given.items():
            weight = self.derivation.network.by_name.get(name)
            if weight is not None and isinstance(value, tuple):
                found[weight.rows] = len(value)
                if weight.columns and isinstance(value[0], tuple):
                    found[weight.columns] = len(value[0])
            elif name == "x" and isinstance(value[0], tuple):
                found["n"] = len(value[0])
        return found

    @cached_property
    def gradient(self) -> Value:
        """∂L/∂wrt by the recursion, in the layout asked for."""
        return self.numbers.by_delta()[self.derivation.wrt]

    @cached_property
    def beside(self) -> Value:
        """The same by central finite differences of the loss, entry by entry; None where `slopes` has to do.

        None too for a truncated gradient, which is not that of the loss.
        """
        if self.derivation.network.truncate or self._is_long:
            return None
        return self.numbers.by_differences(self.derivation.wrt)

    @property
    def _is_long(self) -> bool:
        """Whether a forward pass for every entry would take long."""
        numbers, network = self.numbers, self.derivation.network
        every = sum(_count(numbers.values[name]) for name in network.by_name)
        return _count(numbers.values[self.derivation.wrt]) * numbers.steps * every > LONG

    @cached_property
    def slopes(self) -> tuple[float, float] | None:
        """Of a large network, or over many steps: the slope of the loss as the weight grows in proportion, by the
        gradient and by one difference; None where `beside` says more."""
        found = self.derivation
        if found.network.truncate or not self._is_long:
            return None
        column = self.numbers if found.layout in ("column", "number") else Numbers(found.network, self.numbers.values)
        way = {found.wrt: self.numbers.values[found.wrt]}
        return gradients.dot(column.by_delta()[found.wrt], way[found.wrt]), column.along(way)

    @cached_property
    def by_kernels(self) -> Value:
        """The same by `dlcalc.ops`, in column layout; None unless asked for."""
        if not self.kernels or self.derivation.layout == "number":
            return None
        return gradients.kernel_gradients(self.derivation.network, self.numbers.values)[self.derivation.wrt]

    @cached_property
    def _kernel_difference(self) -> float | None:
        if self.by_kernels is None:
            return None
        column = Numbers(self.derivation.network, self.numbers.values).by_delta()[self.derivation.wrt]
        return gradients.difference(self.by_kernels, column)

    # as data

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
            "equations": [as_data(line) for line in found.equations],
            "lines": [as_data(line) for line in found.lines],
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
            data |= {"kernels": as_json(self.by_kernels), "kernels_difference": self._kernel_difference}
        return data

    # as a document

    def _document(self) -> doc.Document:
        found = self.derivation
        title = found.network.title[0].upper() + found.network.title[1:]
        blocks: list[doc.Block] = [
            doc.Paragraph((doc.Math(found.gradient_of), f": {gradients.FORMS[found.form]}")),
            doc.Formula(tuple(equation(line) for line in found.equations)),
            self._letters(),
        ]
        if found.form == "paths":
            blocks += self._paths()
        elif found.form == "numeric":
            blocks += self._numeric()
        else:
            blocks += [doc.Heading(2, FORM_TITLES[found.form]), doc.Formula(tuple(map(equation, found.lines)))]
        blocks += [doc.Note("note", doc.sentence(note)) for note in found.notes]
        return doc.Document(f"{title}: backpropagation through time", tuple(blocks), self.spell)

    def _letters(self) -> doc.Table:
        rows = tuple(
            (doc.Math(self._letter(name)), meaning, "×".join(shape) or "a number")
            for name, meaning, shape in self.derivation.meanings
        )
        return doc.Table(("", "meaning", "shape"), rows)

    def _letter(self, name: str) -> Node:
        """A weight's letter; a first state as the formulas have it, h₀."""
        network = self.derivation.network
        signal = next((signal for signal, first in network.firsts.items() if first == name), None)
        if signal is None:
            return Name(name)
        return self.derivation.first_place(signal)

    def _paths(self) -> list[doc.Block]:
        found = self.derivation
        one, explicit = found.count == 1, found.count_explicit
        counted = f"{found.count:,} path{'' if one else 's'}, {explicit:,} explicit"
        blocks: list[doc.Block] = [doc.Heading(2, counted)]
        terms = []
        for path in found.paths:
            kind = "explicit" if path.explicit else "implicit"
            terms.append(doc.Equation(path.chain, (path.expression,), kind))
        blocks.append(doc.Formula(tuple(terms)))
        if len(found.paths) < found.count:
            left = found.count - len(found.paths)
            blocks.append(doc.Paragraph(f"… and {left:,} more: the gradient is the sum of all {found.count:,}"))
        return blocks

    def _numeric(self) -> list[doc.Block]:
        found = self.derivation
        with showing(shown_by().for_givens):
            values = tuple(doc.Equation(self._letter(k), (rounded(v),)) for k, v in self.numbers.values.items())
        blocks: list[doc.Block] = [doc.Heading(2, "Values"), doc.Formula(values)]
        if found.layout == "number" and (found.steps or 0) <= SHOWN_STEPS:
            blocks += self._worked_through()
        blocks.append(doc.Heading(2, "The gradient"))
        *others, gradient = found.lines
        ends: tuple[Node, ...] = (gradient.right,)
        if found.layout == "number" and (found.steps or 0) <= SHOWN_STEPS:
            terms = written_out(gradient.right)
            numbers = substitute(terms, short(self.numbers.environment))
            ends = tuple(dict.fromkeys((gradient.right, terms, numbers, to_node(come_to(self.gradient)))))
        last = doc.Equation(gradient.left, ends, rounded=len(ends) > 1)
        blocks.append(doc.Formula((*map(equation, others), last)))
        rows: list[tuple[doc.Words, ...]] = [("the formula", doc.Math(rounded(self.gradient)), "")]
        if self.beside is not None:
            apart = gradients.difference(self.gradient, self.beside)
            rows.append(("finite differences", doc.Math(rounded(self.beside)), f"{apart:.1e} apart"))
        if self.slopes is not None:
            ours, theirs = self.slopes
            rows.append(("its slope along the weight", doc.Math(rounded(ours)), ""))
            rows.append(("… by a finite difference", doc.Math(rounded(theirs)), f"{abs(ours - theirs):.1e} apart"))
        if self.by_kernels is not None:
            rows.append(
                ("the kernels, in columns", doc.Math(rounded(self.by_kernels)), f"{self._kernel_difference:.1e} apart")
            )
        blocks.append(doc.Table(("by", "value", ""), tuple(rows)))
        return blocks

    def _worked_through(self) -> list[doc.Block]:
        """Every step in numbers: the letters, the numbers put in, and what they come to."""
        numbers, found = self.numbers, self.derivation
        numbers.by_delta()
        shown = short(numbers.environment)
        forwards, backwards = [], []
        for time in range(1, numbers.steps + 1):
            for line in found.equations:
                if line.left != loss_at(TIME) or found.network.loss == "every" or time == numbers.steps:
                    forwards.append(in_numbers(line, time, numbers, shown))
        for _, _, line in gradients.Delta(found.network).unrolled(numbers.steps):
            right = gradients.in_layout(line, found.layout)
            backwards.append(put_in(right.left, right.right, numbers.value(line), shown))
        return [
            doc.Heading(2, "Forwards"), doc.Formula(tuple(forwards)),
            doc.Heading(2, "Backwards"), doc.Formula(tuple(backwards)),
        ]  # fmt: skip


FORM_TITLES = {"general": "The general form", "delta": "The recursion"}
MOST_UNITS = 64
LONG = 200_000
"""Entries of the weight × steps × numbers in the network: beyond it one finite difference stands for all entries."""


def _count(value: Value) -> int:
    return sum(map(_count, value)) if isinstance(value, tuple) else 1
