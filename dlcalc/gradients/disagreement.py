"""Where a wrong gradient goes wrong: the first place whose shapes do not fit, or numbers on which it differs."""

from __future__ import annotations

import re

from ..errors import UserError
from ..expressions import printing
from ..expressions.arrays import flat, shape_of, shown
from ..expressions.evaluate import Environment, compile_node
from ..expressions.limits import LimitError, within_budget
from ..expressions.nodes import Index, Literal, Mul, Name, Node, Reduce, Value
from .answer import Answer
from .instances import Instance


def disagreement(instance: Instance, answer: Answer, only_shapes: bool = False) -> str:
    """In words, where an answer and the gradient differ; only where their shapes do, if that is all that is asked."""
    try:
        value = instance.value(answer)
    except LimitError:
        raise
    except UserError as error:
        place = _first_problem(instance, answer)
        return f"at {printing.text(place[0])}: {_in_letters(place[1], instance)}" if place else str(error)
    wrote, wanted = instance.both(value, answer)
    if shape_of(wanted) != shape_of(wrote):
        if instance.is_matrix:
            wrote, wanted = value, instance.expected
        return _in_letters(
            f"this is {shown(shape_of(wrote))}, ∂L/∂{instance.wrt} is {shown(shape_of(wanted))}", instance
        )
    return "" if only_shapes else counterexample(instance, wrote, wanted)


def _first_problem(instance: Instance, answer: Answer) -> tuple[Node, str] | None:
    """The innermost, leftmost part without a value, and why."""
    env = dict(instance.with_partials if answer.has_partials else instance.environment)
    try:
        if answer.statements:
            instance.state(answer.statements, env)
    except LimitError:
        raise
    except UserError as error:
        return answer.statements[0].right, str(error)
    return within_budget(lambda: _problem(instance.read(answer.node), env), instance.work)


def _problem(node: Node, env: Environment) -> tuple[Node, str] | None:
    if isinstance(node, Reduce):
        try:
            low, high = (compile_node(end)(env) for end in (node.low, node.high))
        except UserError as error:
            return node, str(error)
        if not isinstance(low, int) or not isinstance(high, int):
            return None
        for step in (range(high, low - 1, -1) if node.descending else range(low, high + 1))[:8]:
            found = _problem(node.body, {**env, node.index: step})
            if found is not None:
                return found
    elif not isinstance(node, Index | Name | Literal):
        for child in node.children():
            found = _problem(child, env)
            if found is not None:
                return found
    try:
        compile_node(node)(env)
    except LimitError:
        raise
    except UserError as error:
        return _narrowed(node, env), str(error)
    return None


def _narrowed(node: Node, env: Environment) -> Node:
    """Of a long product the two factors that do not fit."""
    if isinstance(node, Mul):
        for end in range(2, len(node.factors) + 1):
            try:
                compile_node(Mul(node.factors[:end]))(env)
            except UserError:
                return Mul(node.factors[:end]) if end > 2 else Mul(node.factors[:2])
    return node


_SIZES = re.compile(r"\b\d+(?:×\d+)*\b")


def _in_letters(text: str, instance: Instance) -> str:
    """Sizes by their letters: 2×3 is m×n. What speaks of steps stays as it is."""
    if "step" in text or (" single " in text and "×" not in text and instance.layout == "number"):
        return text
    _, n, m, k = instance.setting
    letters = {str(n): "n", str(m): "m", str(k): "k"}
    put = _SIZES.sub(lambda found: "×".join(letters.get(part, part) for part in found.group().split("×")), text)
    return text if put == text else f"{put} (n inputs, m units, k outputs)"


def counterexample(instance: Instance, value: Value, gradient: Value) -> str:
    """Numbers on which they differ most."""
    wrote, wanted = flat((value,)), flat((gradient,))
    place = max(range(len(wanted)), key=lambda i: abs(float(wanted[i]) - float(wrote[i])))
    steps, n, m, k = instance.setting
    shape = shape_of(gradient)
    entry = ", ".join(map(str, (place // shape[1] + 1, place % shape[1] + 1) if len(shape) == 2 else (place + 1,)))
    sizes = "" if instance.layout == "number" else f", n = {n}, m = {m}, k = {k}"
    at = f"entry ({entry}) is" if shape else "it is"
    return (
        f"with T = {steps}{sizes} and the numbers of seed {instance.seed} {at} {float(wrote[place]):.4g}, "
        f"of ∂L/∂{instance.wrt} {float(wanted[place]):.4g}"
    )
