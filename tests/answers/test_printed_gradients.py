"""What is printed is accepted when it is handed back: in every form, layout and format, and in other notations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from dlcalc import gradients
from dlcalc.answers.gradient_marks import GradientTerms, mark_gradient
from dlcalc.answers.steps import simplified
from dlcalc.errors import UserError
from dlcalc.expressions import printing
from dlcalc.expressions.nodes import (
    Add,
    Call,
    Index,
    Literal,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Reduce,
    Transpose,
    Vector,
    names_in,
    replaced,
    rewriting,
    walk,
)
from dlcalc.gradients import Derivation
from dlcalc.gradients.model import Signal

WEIGHTS = {"rnn": "U W b V c h0", "lstm": "W_f U_c b_o V", "gru": "U_h b_z", "peephole": "p_i", "stacked": "W_1 U_2",
           "bidirectional": "W_b U g0"}  # fmt: skip
FORMATS = {"plain": printing.plain, "text": printing.text, "latex": printing.latex}
FEW_PATHS = 12
network = cache(gradients.network)


def status(asked: Derivation, text: str) -> str:
    return mark_gradient(asked, GradientTerms(), text, None).status


def derivation(cell: str, wrt: str, form: str, layout: str) -> Derivation:
    head = "linear" if layout == "number" else "softmax"
    return Derivation(network(cell, head), wrt, form, 2 if form == "paths" else None, layout)


def written(found: Derivation, shown: Callable[[Node], str], change: Callable[[Node], Node] = lambda node: node) -> str:
    """The lines of a recursion, or the sum of the paths."""
    if found.form == "paths":
        return " + ".join(f"({shown(path.expression)})" for path in found.paths)
    return "; ".join(f"{shown(change(line.left))} = {shown(change(line.right))}" for line in found.lines)


ASKED = [(cell, wrt, layout) for cell, names in WEIGHTS.items() for wrt in names.split() for layout in gradients.LAYOUTS
         if layout == "column" or cell in ("rnn", "gru") or wrt in ("W_f", "b_o")]  # fmt: skip
ASKED += [("gru", "W_z", "column"), ("gru", "U_r", "column"), ("peephole", "U_o", "column")]


@pytest.mark.parametrize(("cell", "wrt", "layout"), ASKED)
def test_in_every_form_and_format(cell: str, wrt: str, layout: str) -> None:
    """The general formula in ∂ notation and written out, the recursion with its lines, the sum of the paths."""
    for form in ("general", "delta", "paths"):
        try:
            found = derivation(cell, wrt, form, layout)
            lines = found.lines
        except UserError:
            assert (wrt, form) == ("h0", "general")
            continue
        asked = replace(found, form="general" if form != "paths" else "delta")
        for name, shown in FORMATS.items() if layout == "column" else [("plain", printing.plain)]:
            if form == "general":
                texts = [shown(lines[0].right), shown(lines[-1].right)]
            elif form == "delta" or len(found.paths) <= FEW_PATHS:
                texts = [written(found, shown)]
            for text in texts:
                assert status(asked, text) == "right", (form, name, text)


# in the notation of others

SOME = [(cell, wrt) for cell in ("rnn", "lstm", "gru") for wrt in WEIGHTS[cell].split()]


def from_zero(node: Node) -> Node:
    """With steps 0 … T − 1: a step that is T or a number is one less."""

    def earlier(end: Node) -> Node:
        return simplified(Add((end, Neg(Literal(1))))) if set(names_in(end)) <= {"T"} else end

    def change(part: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(part, Index):
            return Index(part.base, tuple(map(earlier, part.indices)))
        if isinstance(part, Reduce):
            return replace(part, low=earlier(part.low), high=earlier(part.high), body=below(part.body))
        return part.map(below)

    return rewriting(change)(node)


def step_above(text: str) -> str:
    return re.sub(r"([A-Za-z]\w*)\[([^\[\],]*)\]", r"\1^{(\2)}", text)


def texts(cell: str, wrt: str, shown: Callable[[Node], str], change: Callable[[Node], Node]) -> Iterator[str]:
    general = derivation(cell, wrt, "general", "column").lines
    yield from (shown(change(line.right)) for line in (general[0], general[-1]))
    yield written(derivation(cell, wrt, "delta", "column"), shown, change)


@pytest.mark.parametrize(("cell", "wrt"), SOME)
def test_with_steps_from_zero(cell: str, wrt: str) -> None:
    asked = derivation(cell, wrt, "general", "column")
    for shown in (printing.plain, printing.latex):
        for text in texts(cell, wrt, shown, from_zero):
            assert status(asked, text) in ("right", "convention"), text


@pytest.mark.parametrize(("cell", "wrt"), SOME)
def test_with_the_step_above(cell: str, wrt: str) -> None:
    asked = derivation(cell, wrt, "general", "column")
    for text in texts(cell, wrt, printing.plain, lambda node: node):
        assert step_above(text) != text
        assert status(asked, step_above(text)) == "right", step_above(text)


@pytest.mark.parametrize(
    ("cell", "wrt"), [("rnn", "W"), ("rnn", "U"), ("lstm", "W_f"), ("lstm", "U_c"), ("gru", "U_z")]
)
def test_with_joined_weights(cell: str, wrt: str) -> None:
    """Σ_t δ_t ⊗ h_{t−1} with [h_{t−1}, x_t] for h_{t−1} is the gradient by all weights of the sum, side by side."""

    def join(part: Node, below: Callable[[Node], Node]) -> Node:
        if not isinstance(part, Outer):
            return part.map(below)
        step = Name("t", integer=True) if "t" in names_in(part.right) else Name("k", integer=True)
        both = Vector((Signal("h").at(Add((step, Neg(Literal(1))))), Signal("x").at(step)))
        return Mul((part.left, Transpose(both)))

    asked = derivation(cell, wrt, "general", "column")
    for text in texts(cell, wrt, printing.plain, rewriting(join)):
        if "∂⁺" not in text:
            found = mark_gradient(asked, GradientTerms(), text, None)
            assert (found.status, found.convention) == ("convention", "joined"), text


@pytest.mark.parametrize("wrt", ["U", "W", "b", "V", "c"])
def test_without_biases(wrt: str) -> None:
    """ŷ_t as softmax(V h_t), where it is softmax(V h_t + c)."""

    def plainly(node: Node) -> Node:
        indices = [part for part in _indices(node) if part.base == Name("yhat")]
        made = {part: Call("softmax", (Mul((Name("V"), Index(Name("h"), part.indices))),)) for part in indices}
        return replaced(node, made)  # type: ignore[arg-type]

    asked = derivation("rnn", wrt, "general", "column")
    found = [each for each in texts("rnn", wrt, printing.plain, plainly) if "∂" not in each]
    found.append(written(derivation("rnn", wrt, "delta", "column"), printing.plain, plainly))
    for text in found:
        assert "softmax" in text
        assert status(asked, text) == "convention", text


def _indices(node: Node) -> Iterator[Index]:
    return (part for part in walk(node) if isinstance(part, Index))
