"""Backpropagation through a feed-forward network as a document: forwards, back, gradients, differences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from .. import document as doc
from .. import gradients
from ..document import rounded, showing, shown_by
from ..expressions.arrays import shape_of
from ..expressions.nodes import DECIMALS, Index, Literal, Name, Node, Partial, Value
from ..expressions.printing import Spell
from ..gradients.feedforward import Place, Rule, derivative
from ..gradients.feedforward.backpropagation import FORMS, Backpropagation


def document(found: Backpropagation, spell: Spell = None) -> doc.Document:
    """The formulas, and the numbers where there are any."""
    blocks: list[doc.Block] = [
        doc.Paragraph(f"{found.network.loss} loss: {FORMS[found.form]}"),
        doc.Heading(2, "Forwards"),
        doc.Formula(tuple(_equations(found, found.forward))),
        _letters(found),
    ]
    if found.has_numbers:
        blocks += _values(found)
    if found.form == "paths":
        blocks += _paths(found)
    else:
        blocks += [doc.Heading(2, "Backwards"), doc.Formula(tuple(_equations(found, found.deltas)))]
    blocks += _gradients(found)
    blocks += [doc.Note("note", doc.sentence(note)) for note in found.notes]
    return doc.Document(f"{found.network.title}: backpropagation", tuple(blocks), spell)


def _letters(found: Backpropagation) -> doc.Table:
    rows = tuple(
        (doc.Math(Name(name)), meaning, "×".join(map(str, shape))) for name, (meaning, shape) in found.letters.items()
    )
    return doc.Table(("", "meaning", "shape"), rows)


def _equations(found: Backpropagation, rules: Iterable[Rule]) -> Iterator[doc.Equation]:
    """The rules, with what they come to where there are numbers."""
    known = {}
    if found.has_numbers:
        known = {**dict(found.numbers.named()), "L": found.numbers.loss}
    for rule in rules:
        value = (
            found.numbers.gradients[rule.target.id] if known and rule.role == "gradient" else known.get(rule.target.id)
        )
        note = "; ".join(filter(None, (rule.ranges, rule.note, rule.meaning)))
        if value is None:
            yield doc.Equation(rule.left, (rule.right,), note)
        elif rule.indices or _is_expanded(value):
            yield doc.Equation(rule.left, (rule.right,), note)
            yield from _parts(rule.target, (), value, isinstance(rule.left, Partial))
        else:
            yield doc.Equation(rule.left, (rule.right, short(value)), note, rounded=short(value) != value)


def _is_expanded(value: Value) -> bool:
    """Whether an array is shown matrix by matrix, or is a vector of one number."""
    return len(shape_of(value)) > 2 or shape_of(value) == (1,)


def _parts(of: Name, place: Place, value: Value, gradient: bool) -> Iterator[doc.Equation]:
    """An array, a map channel by channel: x₁ = its first channel."""
    if _is_expanded(value):
        for number, part in enumerate(value, 1):
            yield from _parts(of, (*place, number), part, gradient)
        return
    node: Node = Index(of, tuple(map(Literal, place))) if place else of
    yield doc.Equation(derivative(node) if gradient else node, (short(value),))


def short(value: Value) -> Value:
    """A value for showing: fractions as decimals, with the digits that the profile shows."""
    if isinstance(value, tuple):
        return tuple(map(short, value))
    if isinstance(value, Fraction) and 10**DECIMALS % value.denominator:
        value = float(value)
    return rounded(value)


def _values(found: Backpropagation) -> list[doc.Block]:
    given = found.numbers.environment
    with showing(shown_by().for_givens):
        lines = [line for name in found.letters for line in _parts(Name(name), (), given[name], False)]
    return [doc.Heading(2, "Given"), doc.Formula(tuple(lines))]


def _paths(found: Backpropagation) -> list[doc.Block]:
    one = "path" if found.count == 1 else "paths"
    blocks: list[doc.Block] = [doc.Heading(2, f"{found.count:,} {one}")]
    blocks.append(doc.Formula(tuple(_term(found, path.chain, path.expression) for path in found.paths)))
    if len(found.paths) < found.count:
        left = found.count - len(found.paths)
        blocks.append(doc.Paragraph(f"… and {left:,} more: the gradient is the sum of all {found.count:,}"))
    kept = tuple(
        _term(found, memo.rule.left, memo.rule.right, f"kept for {memo.paths} {'path' if memo.paths == 1 else 'paths'}")
        for memo in found.memos[: found.most]
    )
    blocks += [doc.Heading(2, "Memoised"), doc.Formula(kept)]
    if len(kept) < len(found.memos):
        blocks.append(doc.Paragraph(f"… and {len(found.memos) - len(kept):,} more"))
    rows = tuple(
        (title, f"{cost.paths:,}", f"{cost.apart:,}", f"{cost.memoised:,}")
        for title, cost in zip(("this number", "all weights and biases"), found.costs.values(), strict=True)
    )
    header = ("gradient by", "paths", "multiplications, path by path", "memoised")
    return [*blocks, doc.Table(header, rows, ("left", "right", "right", "right"))]


def _term(found: Backpropagation, left: Node, right: Node, note: str = "") -> doc.Equation:
    if not found.has_numbers:
        return doc.Equation(left, (right,), note)
    return doc.Equation(left, (right, short(found.numbers.evaluate(right))), note, rounded=True)


def _gradients(found: Backpropagation) -> list[doc.Block]:
    blocks: list[doc.Block] = [doc.Heading(2, "The gradient" if found.asked else "The gradients")]
    short_of_it = found.form == "paths" and found.entry_rule is not None
    lines = [] if short_of_it else list(_equations(found, found.gradients.values()))
    if found.entry_rule is not None:
        lines.append(_term(found, found.entry_rule.left, found.entry_rule.right))
    blocks.append(doc.Formula(tuple(lines)))
    if found.has_numbers:
        blocks.append(_beside(found))
    return blocks


def _beside(found: Backpropagation) -> doc.Table:
    """How far the gradients are from finite differences, and from the kernels."""
    rows = []
    for name, rule in found.gradients.items():
        beside, value = found.beside(name), found.numbers.gradients[name]
        if beside is None:
            ours, theirs = found.numbers.along(name)
            apart = f"{abs(ours - theirs):.1e} along the gradient"
        else:
            apart = f"{gradients.difference(value, beside):.1e}"
        kernel = (f"{found.kernel_difference(name):.1e}",) if found.by_kernels else ()
        rows.append((doc.Math(derivative(rule.target)), apart, *kernel))
    header = ("apart from", "finite differences", *(("the kernels",) if found.by_kernels else ()))
    return doc.Table(header, tuple(rows))
