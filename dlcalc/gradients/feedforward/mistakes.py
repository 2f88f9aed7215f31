"""The mistakes that are made with backpropagation through layers, as edits of the formula.

What an edited formula comes to is computed, never written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise

from ...errors import UserError
from ...expressions import printing
from ...expressions.arrays import each, flat, shape_of, transpose
from ...expressions.evaluate import compile_node
from ...expressions.nodes import (
    Add,
    Call,
    Hadamard,
    Literal,
    Mul,
    Name,
    Neg,
    Node,
    Pow,
    Transpose,
    Value,
    replaced,
    walk,
)
from ..edits import ONE, TWO, Found
from ..layouts import in_layout
from ..lines import Line
from ..local import pointwise, product
from .backward import Backward
from .instances import Instance
from .network import Feedforward

Evaluate = Callable[[Instance], Value | None]
Edit = tuple[str, str, Node]
"""Id, what is said, what stands there by mistake."""
_WHOLE: tuple[tuple[Found, Callable[[float], float]], ...] = (
    (
        Found("sign-turned", "the sign is wrong: the error is ŷ − y, output minus target"),
        lambda v: -v,
    ),
    (Found("twice", "there is no factor 2: the derivative of the loss has none"), lambda v: 2 * v),
    (Found("half", "there is no factor ½"), lambda v: v / 2),
)
_TRANSPOSED = Found("transposed", "that is the transpose: a gradient has the same shape as its weight")


@lru_cache(maxsize=64)
def mistakes(network: Feedforward, wrt: str, place: tuple[int, ...] | None) -> tuple[tuple[Found, Evaluate], ...]:
    """Each mistake with its value on the numbers of an instance, None where it has none there.

    Of networks with maps only what is done to the whole gradient: their formulas are written entry by entry.
    """
    found: list[tuple[Found, Evaluate]] = []
    for whole, change in _WHOLE:
        found.append((whole, _changed(lambda instance: instance.expected, change)))
    if place is None:
        found.append((_TRANSPOSED, _transposed))
    if network.has_maps:
        return tuple(found)
    for tree in _formulas(network, wrt):
        for mistake, node in _edits(tree, network):
            evaluate = _of_formula(node, place)
            found.append((mistake, evaluate))
            for whole, change in _WHOLE:
                both = Found(f"{mistake.id}+{whole.id}", f"{mistake.because}; and {whole.because}")
                found.append((both, _changed(evaluate, change)))
    return tuple(found)


def _changed(evaluate: Evaluate, change: Callable[[float], float]) -> Evaluate:
    def value(instance: Instance) -> Value | None:
        found = evaluate(instance)
        return None if found is None else each(change, found)

    return value


def _transposed(instance: Instance) -> Value | None:
    return transpose(instance.expected) if len(shape_of(instance.expected)) == 2 else None


def _of_formula(node: Node, place: tuple[int, ...] | None) -> Evaluate:
    def value(instance: Instance) -> Value | None:
        try:
            line = in_layout(Line(node, node, "vector" if instance.wrt == "x" else "gradient"), instance.layout)
            found = compile_node(line.right)(dict(instance.environment))
            for index in place or ():
                found = found[index - 1]
        except (UserError, TypeError, IndexError):
            return None
        return None if any(isinstance(item, Node) for item in flat((found,))) else found

    return value


def _formulas(network: Feedforward, wrt: str) -> list[Node]:
    """The gradient by δ, and with all δ written out."""
    backward = Backward(network)
    short = backward.gradients[wrt].right
    stated = {rule.left: rule.right for rule in backward.deltas}
    whole = short
    for _ in stated:
        whole = replaced(whole, stated)
    return list(dict.fromkeys((short, whole)))


def _edits(tree: Node, network: Feedforward) -> Iterator[tuple[Found, Node]]:
    seen = {tree}
    for node in walk(tree):
        for id, because, instead in _of(node, network):
            changed = replaced(tree, {node: instead})
            if changed not in seen:
                seen.add(changed)
                yield Found(id, because), changed


def _of(node: Node, network: Feedforward) -> Iterator[Edit]:
    """What may stand for a node by mistake."""
    if isinstance(node, Hadamard):
        yield from _sigmoid_slopes(node)
        yield from _other_slopes(node)
    elif isinstance(node, Mul):
        for place, factor in enumerate(node.factors):
            if isinstance(factor, Transpose) and isinstance(factor.operand, Name):
                rest = (node.factors[:place], node.factors[place + 1 :])
                yield from _of_transposed(factor, factor.operand, rest, network)
    elif isinstance(node, Name):
        yield from _other_gradients(node, network)
    match node:
        case Add((Name("yhat") as output, Neg(Name("y") as target))):
            yield "target-missing", "the error is ŷ − y: the target is missing", output
            yield "error-plus", "the error is ŷ − y, a difference", Add((output, target))
            if network.is_merged:
                said = "ŷ − y is already the derivative by the input of the output’s activation: its slope is in it"
                yield "slope-of-the-output-layer", said, pointwise((node, output, Add((ONE, Neg(output)))))


def _of_transposed(
    factor: Transpose, letter: Name, rest: tuple[tuple[Node, ...], tuple[Node, ...]], network: Feedforward
) -> Iterator[Edit]:
    """Wᵀ left out, without its ᵀ, or of another layer; another input than that of the layer."""
    before, after = rest
    shown = printing.text(factor)
    if letter.id in network.parameters:
        id = f"{letter.id.lower().replace('_', '-')}-missing"
        yield id, f"{shown} is missing: on the way back the gradient is multiplied by it", product((*before, *after))
        said = f"on the way back the gradient is multiplied by the transpose: {shown}, not {printing.text(letter)}"
        yield "not-transposed", said, product((*before, letter, *after))
        others = [each for each in network.parameters.values() if len(each.shape) == 2 and each.name != letter.id]
        for other in others:
            there = Transpose(other.node)
            said = f"you wrote {printing.text(there)}; it should be {shown}: the weights that the gradient passes"
            yield "other-matrix", said, product((*before, there, *after))
    elif letter.id in network.signals:
        for signal in network.signals.values():
            if signal.name != letter.id:
                said = f"this weight is multiplied by {printing.text(letter)}, not by {printing.text(signal.node)}"
                yield "other-input", said, product((*before, Transpose(signal.node), *after))


def _other_gradients(node: Name, network: Feedforward) -> Iterator[Edit]:
    """The δ of another layer."""
    deltas = [each.gradient.node for each in network.signals.values() if each.delta in network.declarations]
    if node in deltas:
        for other in deltas:
            if other != node:
                said = f"you wrote {printing.text(other)}; it should be {printing.text(node)}"
                yield "other-gradient", said, other


def _sigmoid_slopes(node: Hadamard) -> Iterator[Edit]:
    for one, other in pairwise(node.factors):
        if other != Add((ONE, Neg(one))):
            continue
        rest = tuple(factor for factor in node.factors if factor not in (one, other))
        shown = printing.text(pointwise((one, other)))
        if rest:
            yield "slope-missing", f"the slope of the activation, {shown}, is missing", pointwise(rest)
        for left in (one, other):
            yield "half-of-the-slope", "the slope of a sigmoid has two factors, σ and 1 − σ", pointwise((*rest, left))
        square = pointwise((*rest, Add((ONE, Neg(Pow(one, TWO))))))
        yield "tanh-slope", "the slope of a sigmoid is σ(1 − σ); 1 − σ² looks like the slope of tanh", square
        again = Call("sigmoid", (one,))
        said = f"the slope uses the value of the activation: {shown}, without a second σ"
        yield "activation-twice", said, pointwise((*rest, again, Add((ONE, Neg(again)))))


def _other_slopes(node: Hadamard) -> Iterator[Edit]:
    """Of tanh and of relu."""
    for place, factor in enumerate(node.factors):
        rest = (*node.factors[:place], *node.factors[place + 1 :])
        shown = printing.text(factor)
        left_out = f"the slope of the activation, {shown}, is missing"
        match factor:
            case Call("step", _) if rest:
                yield "slope-missing", left_out, pointwise(rest)
            case Add((Literal(1), Neg(Pow(value, Literal(2))))):
                if rest:
                    yield "slope-missing", left_out, pointwise(rest)
                linear, half = Add((ONE, Neg(value))), Add((ONE, Neg(Pow(Call("tanh", (value,)), TWO))))
                yield "slope-not-squared", f"the slope of tanh is {shown}, not 1 − h", pointwise((*rest, linear))
                said = f"the slope of tanh is {shown}; h(1 − h) is the slope of a sigmoid"
                yield "sigmoid-slope", said, pointwise((*rest, value, linear))
                said = f"the slope uses the value of the activation: {shown}, without a second tanh"
                yield "activation-twice", said, pointwise((*rest, half))
