"""Expressions of formulas edited as trees."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dlcalc.errors import InternalError
from dlcalc.expressions.nodes import Call, Kind, Mul, Node, Outer, names_in
from dlcalc.expressions.parser import parse
from dlcalc.formulas.edited_text import rewritten, substituted
from dlcalc.formulas.registry import formula
from dlcalc.formulas.topics import TOPICS
from dlcalc.formulas.topics.options_by_hand import Chosen, in_every_base, in_numbers

BACK = {"t - 1": "T - s", "t": "T + 1 - s"}
NAMES = {
    **dict.fromkeys(("h", "k", "x", "eta", "W", "U"), Kind.MATRIX),
    **dict.fromkeys(("t", "s", "T", "beta", "theta", "eta_t", "p", "ln_p", "a", "b", "n", "slope"), Kind.SCALAR),
}


def read(text: str) -> Node:
    return parse(text, NAMES)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("beta*eta + theta*eta_t", {"eta": "eta[t]"}, "beta*eta[t] + theta*eta_t"),
        ("tanh(x[t])^2 * T", {"t": "s"}, "tanh(x[s])^2 * T"),
        ("h[t-1, k[t]] - x[t, t - 1]", BACK, "h[T - s, k[T + 1 - s]] - x[T + 1 - s, T - s]"),
        ("x[ t ] + x[(t)]", BACK, "x[T + 1 - s] + x[T + 1 - s]"),
        ("x[t] + sum(t=1..t, x[t])", {"t": "s"}, "x[s] + sum(t=1..s, x[t])"),
        ("sum(j=t..T, prod(t=1..j, x[t]*h[j]) k[t])", {"t": "s"}, "sum(j=s..T, prod(t=1..j, x[t]*h[j]) k[s])"),
        ("sum(t=1..T, x[t - 1] b)", {"t - 1": "n", "b": "a"}, "sum(t=1..T, x[t - 1] a)"),
        ("a/b", {"b": "a + n"}, "a/(a + n)"),
        ("a^2", {"a": "-b"}, "(-b)^2"),
        ("a*b - n", {"n": "a - b"}, "a*b - (a - b)"),
        ("W^T x[t]", {"t": "s"}, "W^T x[s]"),
    ],
)
def test_a_part_gives_way_to_another(text: str, values: dict[str, str], expected: str) -> None:
    assert read(substituted(text, values)) == read(expected)


def test_what_is_put_in_is_not_caught_by_a_sum() -> None:
    with pytest.raises(InternalError, match=r"^s of what is put in would be the index of Σ"):
        substituted("sum(s=1..T, x[s, t])", {"t": "s"})
    # where nothing is put in, nothing is caught
    assert read(substituted("sum(s=1..T, x[s]) + t", {"t": "s"})) == read("sum(s=1..T, x[s]) + s")


def test_what_an_edit_leaves_alone_keeps_its_text() -> None:
    text = "sum( t=1..T,  W x[t] )"
    assert substituted(text, {"t": "s", "n": "a"}) == text
    assert rewritten(text, lambda part, below: part.map(below)) == text


def test_a_rule_sees_every_node() -> None:
    def turned(part: Node, below: Callable[[Node], Node]) -> Node:
        return Outer(below(part.right), below(part.left)) if isinstance(part, Outer) else part.map(below)

    assert read(rewritten("sum(s=1..T, x[s] ⊗ h[s]) + (a ⊗ b) ⊗ x", turned)) == read(
        "sum(s=1..T, h[s] ⊗ x[s]) + x ⊗ (b ⊗ a)"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("W^T x[t] ⊙ h[t]", "W*x[t]*h[t]"),
        ("diag( slope[t] ) U^T", "slope[t]*U"),
        ("x[t]⊗h[t-1] + 0*h0", "x[t]*h[t-1]"),
        ("W^{T} a + 0 x[t] + b", "W*a + b"),
        ("0*x[t]", "0*x[t]"),
        ("a ⊙ (b + 0*h0)", "a*b"),
    ],
)
def test_in_numbers(text: str, expected: str) -> None:
    """However the arrays are spaced and bracketed."""
    names = {**NAMES, "slope": Kind.VECTOR, "h0": Kind.SCALAR}
    found = parse(in_numbers(text), names)
    assert _flat(found) == _flat(parse(expected, names))


def _flat(node: Node) -> Node:
    """A product of products as one: what is asked is which factors there are."""
    node = node.map(_flat)
    if not isinstance(node, Mul):
        return node
    return Mul(tuple(part for each in node.factors for part in (each.factors if isinstance(each, Mul) else (each,))))


def test_another_logarithm_takes_the_place_of_ln_alone() -> None:
    ways = in_every_base((Chosen("sum", "all", "sum"),), {"loss": "-ln (p) + ln_p"}, {})
    losses = {way.name: read(way.edits["loss"]) for way in ways if way.edits}
    assert losses == {"bits": read("-log2(p) + ln_p"), "hartleys": read("-log10(p) + ln_p")}


def test_the_text_of_an_edited_step_reads_as_the_step() -> None:
    """Every step of every formula, a name changed and changed back.

    But for a step with the name of the function that it calls: ‖g‖ is not written norm(g) where norm is a number.
    """
    edited = 0
    for id in (id for ids in TOPICS.values() for id in ids):
        found = formula(id)
        for step in found.steps:
            tree = found.parse(step.expression, step.per_axis)
            if isinstance(tree, Call) and tree.function in found.by_name:
                continue
            for name in names_in(tree)[:1]:
                there = substituted(step.expression, {name: "another"})
                back = substituted(there, {"another": name})
                assert found.parse(back, step.per_axis) == tree, (id, step.name)
                edited += there != step.expression
    assert edited > 1_000
