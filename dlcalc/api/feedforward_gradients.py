"""Backpropagation as formulas: `backprop`, for a small feed-forward network or convolution."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from .. import document as doc
from .. import gradients
from ..answers.feedforward_marks import Question, mark_backprop
from ..answers.gradient_numbers import GradientNumbers, as_rows
from ..answers.verdicts import as_data, verdict
from ..document import Document
from ..errors import UserError
from ..expressions import printing
from ..expressions.jsonable import as_json
from ..expressions.nodes import Value
from ..gradients import MOST_PATHS as MOST_PATHS
from ..gradients import feedforward
from ..gradients.edits import Found
from ..gradients.feedforward import LOSSES as LOSSES
from ..gradients.feedforward import Feedforward, Path, Rule
from ..gradients.feedforward.backpropagation import FORMS as FORMS
from ..gradients.feedforward.backpropagation import Asked, Backpropagation, asked_array, indices
from ..gradients.feedforward.instances import Instance
from ..gradients.feedforward.mistakes import mistakes
from ..networks.network import Network
from ..profiles import COURSE, Profile, active
from .array_option import lifted, one_hot, read_raw
from .expression import as_sympy
from .judged_gradient import JudgedNumbers, is_in_numbers
from .networks import read_network
from .results import JudgedAnswer, Result, line_as_data, written

MOST_LISTED = 2_000
KERNELS = ("none", "cpu", "cuda")
_WEIGHT = re.compile(r"[WwBb]_?\d{1,4}", re.ASCII)
_NAMED = re.compile(r"\b([WwBb]_?\d{1,4})\s*=", re.ASCII)


def backprop(
    network: str | Network,
    wrt: str | None = None,
    form: str = "delta",
    *,
    loss: str | None = None,
    layout: str | None = None,
    x: object = None,
    target: object = None,
    weights: str | Mapping[str, object] | None = None,
    seed: int | None = None,
    most: int = MOST_PATHS,
    kernel: str = "none",
    profile: str | Profile | None = None,
    answer: str | None = None,
    show: bool = False,
) -> Backprop | JudgedBackprop | JudgedNumbers:
    """The gradients of a feed-forward network, as formulas or with numbers.

    network: a line of text, a name of the zoo, a file. wrt: W1, b1, x or one number of them, W1[1,2]; None is all.
    form: "delta", "paths" or "numeric". loss: "squared", "sum", "cross-entropy" or "log"; None is what fits the output.
    layout: "column", "row" or "pytorch", of dense layers; None is the profile's.
    x, target, weights: numbers, in column layout and channels × height × width; weights by name, or as one text,
    "W1 = 0.1 0.2; 0.3 0.4  b1 = 0 0". Biases that are not given are 0, all else is drawn from the seed.
    kernel: "cpu" or "cuda" asks `dlcalc.ops` too.
    answer: a formula for ∂L/∂wrt to judge instead, with form "numeric" or numbers an array, a map row by row; `show`
    with the right one beside it. Raises UserError.

    Example: dlcalc.backprop("2; dense 2 sigmoid; dense 1 sigmoid", wrt="W1")
    """
    if form not in FORMS:
        raise UserError(f"form is one of {', '.join(FORMS)}, not {form[:40]}")
    if not 1 <= most <= MOST_LISTED:
        raise UserError(f"1 to {MOST_LISTED:,} paths are listed, not {most}")
    if kernel not in KERNELS:
        raise UserError(f"kernel is one of {', '.join(KERNELS)}, not {kernel[:40]}")
    course = profile if isinstance(profile, Profile) else active(profile, os.environ)
    found = feedforward.feedforward(read_network(network), loss)
    asked = _asked(found, wrt, form)
    chosen = chosen_layout(found, layout, asked is not None and asked[1] is not None, course)
    given = given_values(found, x, target, weights)
    is_numeric = bool(form == "numeric" or given or seed is not None) and answer is not None and is_in_numbers(answer)
    if answer is not None and (asked is None or not is_numeric):
        if given or seed is not None or kernel != "none":
            raise UserError("an answer in letters is checked with numbers of the program: leave the values out")
        if asked is None:
            raise UserError("an answer is a formula for one gradient: name it, --wrt W1")
        question = Question(found, *asked, chosen, layout is not None or course is not COURSE, course.outer)
        return JudgedBackprop(question, answer, show, course)
    made = Backprop(found, form, chosen, asked, given, seed, most, kernel)
    made.course = course
    if answer is not None and asked is not None:
        return _judged_numbers(made, *asked, answer, show, layout is not None or course is not COURSE)
    return made


def _judged_numbers(
    made: Backprop, wrt: str, place: tuple[int, ...] | None, answer: str, show: bool, stated: bool
) -> JudgedNumbers:
    def mistaken() -> Iterator[tuple[Found, Value]]:
        instance = Instance(made.network, wrt, place, made.layout, 0, values=made.numbers.given)
        for mistake, evaluate in mistakes(made.network, wrt, place):
            if (value := evaluate(instance)) is not None:
                yield mistake, value

    value = made.numbers.gradients[wrt] if place is None else made.entry_value
    said = {"network": made.network.title, "loss": made.network.loss, "wrt": f"{wrt}{indices(place) if place else ''}",
            "layout": made.layout}  # fmt: skip
    left = made.gradients[wrt].left if made.entry_rule is None else made.entry_rule.left
    turns = wrt != "x" and len(made.network.parameters[wrt].shape) == 2
    asked = GradientNumbers(as_rows(value), made.layout, mistaken, turns)
    return JudgedNumbers(asked, answer, made.course, said, left, made.network.title, show, stated)


class JudgedBackprop(JudgedAnswer):
    """A student's gradient, judged: its `status`, and the `mistakes` behind a wrong one."""

    def __init__(self, question: Question, answer: str, show: bool, course: Profile) -> None:
        self.question, self.answer, self.show, self.course = question, answer, show, course
        self.mark = mark_backprop(question, answer, self._right.right)

    @property
    def _right(self) -> Rule:
        asked = self.question
        if asked.place is not None:
            return feedforward.Units(asked.network).entry(asked.wrt, asked.place)
        return feedforward.rule_in_layout(feedforward.Backward(asked.network).gradients[asked.wrt], asked.layout)

    @property
    def expected(self) -> str:
        """The gradient in the layout asked for, as text that is read back."""
        return printing.plain(self._right.right)

    def __repr__(self) -> str:
        named = ", ".join(found["id"] for found in self.mistakes) or "no typical mistake"
        said = f": {named}" if self.correct is False else ""
        return f"<{printing.text(self._right.left)} is {self.status}{said}>"

    def _document(self) -> Document:
        rule = self._right
        needed = feedforward.Backward(self.question.network).needed(self.question.wrt)
        lines = (*(feedforward.rule_in_layout(each, self.question.layout) for each in needed), rule)
        right = doc.Formula(tuple(doc.Equation(each.left, (each.right,), each.ranges) for each in lines))
        about = (doc.Paragraph((doc.Math(rule.left), f": {self.question.network.title}")),)
        return verdict("A gradient judged", self.mark, right if self.show else None, about=about)

    def to_dict(self) -> dict[str, Any]:
        asked = self.question
        return {
            "network": asked.network.title,
            "loss": asked.network.loss,
            "wrt": f"{asked.wrt}{indices(asked.place) if asked.place else ''}",
            "layout": asked.layout,
            "answer": self.answer,
            **as_data(self.mark),
            "expected": self.expected,
        }


class Backprop(Backpropagation, Result):
    """Gradients of a feed-forward network. `backward` holds the trees, `numbers` what they come to, if asked for."""

    def __repr__(self) -> str:
        return f"<backpropagation through a {self.network.title}: {self.form}>"

    def _document(self) -> Document:
        from ..explain.backprop import document

        return document(self, self.spell)

    def sympy(self) -> Any:
        """What is differentiated by → its gradient as sympy's expression, in which δ is left as a letter.

        A vector or matrix is a symbol whose products have an order, a map a function of its places.
        """
        return {name: as_sympy(rule.right, {}) for name, rule in self.gradients.items()}

    def program(self, language: str) -> str:
        """A program in "sympy" or "wolfram" that has each gradient, that by W_1 as dW_1."""
        return written(language, {f"d{name}": rule.right for name, rule in self.gradients.items()}, {}, {})

    def to_dict(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "network": self.network.title,
            "loss": self.network.loss,
            "form": self.form,
            "layout": self.layout,
            "wrt": None if self.asked is None else f"{self.asked[0]}{indices(self.asked[1]) if self.asked[1] else ''}",
            "letters": {name: {"meaning": why, "shape": list(shape)} for name, (why, shape) in self.letters.items()},
            "forward": [_line(rule) for rule in self.forward],
            "deltas": [_line(memo.rule) | {"paths": memo.paths} for memo in self.memos]
            or list(map(_line, self.deltas)),
            "gradients": [self._gradient(name, rule) for name, rule in self.gradients.items()],
            "notes": list(self.notes),
        }
        if self.entry_rule is not None:
            data["entry"] = _line(self.entry_rule)
        if self.form == "paths":
            data |= {"paths": list(map(self._path, self.paths)), "count": self.count}
            data["multiplications"] = {
                name: {"paths": cost.paths, "path by path": cost.apart, "memoised": cost.memoised}
                for name, cost in self.costs.items()
            }
        if self.has_numbers:
            named = {**self.numbers.given, **dict(self.numbers.named()), "L": self.numbers.loss}
            data["values"] = {name: as_json(value) for name, value in named.items()}
            if self.entry is not None:
                data["value"] = as_json(self.entry_value)
        return data

    def _gradient(self, name: str, rule: Rule) -> dict[str, Any]:
        data = {"wrt": name, **_line(rule)}
        if self.has_numbers:
            value, beside = self.numbers.gradients[name], self.beside(name)
            data |= {"value": as_json(value), "finite_differences": as_json(beside)}
            if beside is not None:
                data["difference"] = gradients.difference(value, beside)
            else:
                ours, theirs = self.numbers.along(name)
                data["slopes"] = {"gradient": ours, "finite_difference": theirs}
            if self.by_kernels:
                data |= {"kernels": as_json(self.by_kernels[name]), "kernels_difference": self.kernel_difference(name)}
        return data

    def _path(self, path: Path) -> dict[str, Any]:
        data = {
            "from": printing.plain(path.visited[0]),
            "to": printing.plain(path.visited[-1]),
            "through": list(map(printing.plain, path.visited[1:-1])),
            "expression": printing.plain(path.expression),
            "chain": printing.plain(path.chain),
            "latex": printing.latex(path.expression),
        }
        return data | ({"value": as_json(self.numbers.evaluate(path.expression))} if self.has_numbers else {})


def _line(rule: Rule) -> dict[str, Any]:
    return line_as_data(rule.left, rule.right, **{"for": rule.ranges, "meaning": rule.meaning})


# what people type: a layout, W1[1,2], weights by name


def chosen_layout(network: Feedforward, layout: str | None, unitwise: bool, course: Profile) -> str:
    """The layout asked for, or the profile's; where entries are named it is column. Raises UserError."""
    known = [name for name in gradients.LAYOUTS if name != "number"]
    if layout is not None and layout not in known:
        raise UserError(f"layout is one of {', '.join(known)}, not {layout[:40]}")
    if network.has_maps or unitwise:
        if layout not in (None, "column"):
            what = (
                "maps are written entry by entry" if network.has_maps else "one number is asked for as W[unit, input]"
            )
            raise UserError(f"{what}, so the layout is column, not {layout}")
        return "column"
    return layout or course.layout


def _asked(network: Feedforward, wrt: str | None, form: str) -> Asked | None:
    """The array and, of one number, its place; None: all arrays. Paths lead to one number. Raises UserError."""
    if wrt is None and form != "paths":
        return None
    if wrt is None:
        first = next(iter(network.parameters.values()), network.x)
        return first.name, (1,) * len(first.shape)
    name, place = asked_array(network, wrt)
    known = network.parameters.get(name, network.x)
    if place is not None or form != "paths":
        return name, place
    if known.size > 1:
        ends = indices((1,) * len(known.shape))
        raise UserError(f"paths lead to one number, such as {wrt.strip()}{ends}, not to all")
    return name, (1,) * len(known.shape)


def given_values(
    network: Feedforward, x: object, target: object, weights: str | Mapping[str, object] | None
) -> dict[str, Value]:
    """The numbers that are given, by the letters of the network. Raises UserError for letters it has not."""
    raw = by_name(weights) if isinstance(weights, str) else dict(weights or {})
    found: dict[str, Value] = {}
    for typed, value in raw.items():
        name = f"{'W' if typed[:1] in 'Ww' else 'b'}_{typed[1:].strip('_')}" if _WEIGHT.fullmatch(typed) else ""
        if name not in network.parameters:
            known = ", ".join(each.replace("_", "") for each in network.parameters)
            raise UserError(f"this network has no weights {typed[:40]}; it has {known}")
        shape = network.parameters[name].shape
        array = lifted(typed, read_raw(typed, value), len(shape))
        found[name] = array * shape[0] if len(shape) == len(array) == 1 else array  # one bias for every unit
    for name, value, shape in (("x", x, network.x.shape), ("y", target, network.y.shape)):
        if value is not None:
            called = "target" if name == "y" else name
            array = read_raw(called, value)
            if name == "y" and network.loss == "cross-entropy":
                array = one_hot(array, prod(shape))
            found[name] = lifted(called, array, len(shape))
    return found


def by_name(text: str) -> dict[str, str]:
    """`W1 = 0.1 0.2; 0.3 0.4, b1 = 0 0`: each name with what stands behind it."""
    parts = _NAMED.split(text)
    if parts[0].strip(" ,;\n") or len(parts) < 3:
        raise UserError(f'weights are given by name, "W1 = 0.1 0.2; 0.3 0.4  b1 = 0 0", not {text.strip()[:40]}')
    names = parts[1::2]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UserError(f"the weights {twice} are given twice")
    return {name: value.strip(" ,;\n") for name, value in zip(names, parts[2::2], strict=True)}
