"""An expression is a graph: whatever is done with it is done once for each distinct node, however long it is as a tree.

Work is counted, never timed: what does not share nodes would not end at all on these towers.
"""

from __future__ import annotations

import copy
import gc
import pickle
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any

import pytest
from rows import each_row

from dlcalc.algebra import simplified
from dlcalc.algebra.code import sympy_program, wolfram_program
from dlcalc.errors import UserError
from dlcalc.expressions import activations, folding, printing
from dlcalc.expressions import evaluate as evaluating
from dlcalc.expressions.derive import derivative
from dlcalc.expressions.evaluate import compile_node, evaluate, substitute
from dlcalc.expressions.kinds import is_matrix, kind_of
from dlcalc.expressions.nodes import (
    Add,
    Call,
    Compare,
    Div,
    Kind,
    Literal,
    Mul,
    Name,
    Neg,
    Node,
    Pow,
    Reduce,
    names_in,
    replaced,
    to_node,
    walk,
    written_size,
)
from dlcalc.expressions.parser import parse
from dlcalc.expressions.printing import common
from dlcalc.formulas.draw import draw
from dlcalc.formulas.model import Formula
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run
from dlcalc.formulas.topics import ids_known
from dlcalc.gradients.points import at_points

LEVELS = 40
"""As a tree such a tower has about 2⁴⁰ nodes."""
PER_NODE = 3
"""Calls of evaluators for each distinct node, at most: one for every place where it stands, one to keep its value."""

X = Name("x")


def towers(leaf: Node = X, height: int = LEVELS) -> dict[str, Node]:
    """Towers in which every level stands twice in the next."""
    two = Literal(2)
    levels: dict[str, Callable[[Node], Node]] = {
        "sigmoid": lambda below: Mul((Call("sigmoid", (below,)), Add((Literal(1), Neg(Call("sigmoid", (below,))))))),
        "sum": lambda below: Add((below, below)),
        "difference": lambda below: Add((Pow(below, two), Neg(below))),
        "signs": lambda below: Add((Literal(1), Neg(below), Neg(below))),
        "product": lambda below: Mul((below, Add((Literal(1), below)))),
        "quotient": lambda below: Div(below, Add((Literal(1), Pow(below, two)))),
        "choice": lambda below: Call("if", (Compare(">", below, Literal(0)), Neg(below), below)),
        "largest": lambda below: Call("max", (Call("tanh", (below,)), Neg(below))),
    }
    found = {}
    for name, level in levels.items():
        tower = leaf
        for _ in range(height):
            tower = level(tower)
        found[name] = tower
    return found


def distinct(node: Node) -> int:
    return len({id(part) for part in walk(node)})


def calls(work: Callable[[], object], *modules: Any) -> int:
    """How often a Python function of these modules, or of all that this process has, was called."""
    files = {module.__file__ for module in modules}
    count = 0

    def watch(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call" and (not files or frame.f_code.co_filename in files)

    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def nodes_of(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, dict | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from nodes_of(item)


@pytest.mark.parametrize("value", [0.3, X], ids=["number", "letter"])
@pytest.mark.parametrize("name", towers())
def test_a_tower_is_worked_out_once_a_node(name: str, value: Any) -> None:
    tower = towers()[name]
    evaluator = compile_node(tower)
    try:
        assert calls(lambda: evaluator({"x": value}), evaluating) <= PER_NODE * distinct(tower)
    except UserError as error:
        assert "too much work" in str(error) or "too large" in str(error)  # noqa: PT017 - some have no small value
    assert calls(lambda: compile_node(tower)) <= 200 * distinct(tower)


@pytest.mark.parametrize("name", towers())
def test_whatever_is_done_with_a_tower_is_done_once_a_node(name: str) -> None:
    tower, same, other = towers()[name], towers()[name], towers(Name("y"))[name]
    most = 200 * distinct(tower)
    # each in a tower that nothing has looked at before
    assert calls(lambda: hash(towers()[name])) <= most
    assert calls(lambda: tower == same) <= most
    assert tower == same
    assert hash(tower) == hash(same)
    assert tower != other
    assert calls(lambda: kind_of(tower)) <= most
    assert calls(lambda: is_matrix(tower)) <= most
    assert calls(lambda: folding.is_integer(tower)) <= most
    assert calls(lambda: names_in(tower)) <= most
    assert names_in(tower) == ("x",)
    assert calls(lambda: substitute(tower, {"x": Name("y")})) <= most
    assert substitute(tower, {"x": Name("y")}) == other
    assert substitute(tower, {"z": 1}) is tower
    assert len(tuple(walk(tower))) == distinct(tower)
    assert distinct(pickle.loads(pickle.dumps(tower))) == distinct(tower)
    assert distinct(copy.deepcopy(tower)) == distinct(tower)


FOLDED: dict[str, Callable[[Node], object]] = {
    "one more": lambda node: node + 1,
    "one less": lambda node: 1 - node,
    "twice": lambda node: node * 2,
    "a third": lambda node: node / 3,
    "squared": lambda node: node * node,
    "cubed": lambda node: node**3,
    "its opposite": lambda node: -node,
    "with itself": lambda node: node + node,
    "over itself": lambda node: node / node,
    "without itself": lambda node: node - node,
    "floor": folding.floor,
    "by a letter": lambda node: folding.total((Mul((X, node)), node, Neg(node))),
}


@pytest.mark.parametrize("fold", FOLDED)
@pytest.mark.parametrize("name", towers())
def test_a_tower_is_folded_once_a_node(name: str, fold: str) -> None:
    """What is opened, a sum or a product, is opened once however often it stands in what is folded."""
    tower = towers()[name]
    assert calls(lambda: FOLDED[fold](tower)) <= 200 * distinct(tower)


def test_what_stands_several_times_counts_several_times() -> None:
    """2⁴⁰ times x, and x to that power, where no level was worked out; with signs ((x − 1) − 1) … 40 deep."""
    doubled: Node = X
    squared: Node = X
    lowered: Node = X
    for _ in range(LEVELS):
        doubled = Add((doubled, doubled))
        squared = Mul((squared, squared))
        lowered = Add((lowered, lowered, Neg(lowered), Neg(Literal(1))))
    assert doubled + 1 == Add((Mul((Literal(2**LEVELS), X)), Literal(1)))
    assert squared * 3 == Mul((Literal(3), Pow(X, Literal(2**LEVELS))))
    assert doubled - doubled == 0
    assert squared / squared == 1
    assert lowered - X == -LEVELS
    shared = Add((X, Name("y")))
    assert folding.total((Add((shared, Neg(shared), shared)), shared)) == Add(
        (Mul((Literal(2), X)), Mul((Literal(2), Name("y"))))
    )
    product = Mul((X, Name("y")))
    assert folding.product((Div(Mul((product, product)), product), X)) == Mul((Pow(X, Literal(2)), Name("y")))


@pytest.mark.parametrize("name", towers())
def test_a_tower_is_derived_once_a_node(name: str) -> None:
    """The derivative of a level may have all factors of the levels below in it: work is counted by what comes out."""
    tower = towers(height=24)[name]
    found = derivative(tower, "x")
    assert distinct(found) <= distinct(tower) ** 2
    assert calls(lambda: derivative(tower, "x")) <= 200 * max(distinct(found), distinct(tower))
    low = towers(height=3)[name]
    point, step = {"x": 0.3}, 1e-6
    slope = (evaluate(low, {"x": 0.3 + step}) - evaluate(low, {"x": 0.3 - step})) / (2 * step)
    assert evaluate(derivative(low, "x"), point) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("name", towers())
def test_a_tower_is_changed_and_compared_once_a_node(name: str) -> None:
    tower = towers()[name]
    most = 200 * distinct(tower)
    y = Name("y")
    assert calls(lambda: replaced(tower, {X: y})) <= most
    assert replaced(tower, {X: y}) == towers(y)[name]
    assert replaced(tower, {y: X}) is tower
    assert calls(lambda: written_size(towers()[name])) <= most
    # equal at points: both are worked out once a node
    assert calls(lambda: at_points((towers()[name], tower), "x", count=1)) <= 60 * most


def _program(write: Callable[..., str], node: Node) -> str:
    return write({"derivative": node}, {}, {})


WRITERS = {each.__name__: each for each in (
    printing.text, printing.plain, printing.stacked, printing.latex, printing.typst, printing.mathml,
)} | {each.__name__: partial(_program, each) for each in (sympy_program, wolfram_program)}  # fmt: skip


@pytest.mark.parametrize("name", towers())
def test_what_would_be_endless_is_not_written(name: str) -> None:
    tower = towers()[name]
    most = 20 * distinct(tower)
    assert calls(lambda: repr(towers()[name])) <= 200 * distinct(tower)
    assert repr(tower) == f"<{type(tower).__name__} of {written_size(tower)} nodes>"

    def refused(write: Callable[[Node], object]) -> None:
        with pytest.raises(UserError, match=r"^an expression of more than 20,000 parts is too long to be written out$"):
            write(tower)

    for write in WRITERS.values():
        refused(write)  # what is loaded the first time is not counted
        assert calls(lambda: refused(write), common) <= most  # noqa: B023


def test_a_long_array_is_written_and_a_short_node_is_shown_as_it_is_made() -> None:
    """Each of its numbers stands in one place, so that it is no longer than what it was made from."""
    assert printing.plain(tuple(range(25_000))).endswith("24999)")
    assert repr(Add((X, Neg(Literal(1))))) == (
        f"Add(terms=(Name(id='x', kind={Kind.SCALAR!r}, integer=False), Neg(operand=Literal(value=1))))"
    )


FORMULAS = [pytest.param(formula(id), id=id) for id in sorted(ids_known())]


@each_row("f", FORMULAS)
def test_every_answer_in_letters_is_worked_out_once_a_node(f: Formula) -> None:
    """Each answer with all single numbers left as letters, worked out again with the numbers and with other letters."""
    given = draw(f, "every", 0)
    scalars = {v.name for v in f.variables if v.kind is Kind.SCALAR and not v.per_axis and v.default is None}
    try:
        found = run(f, {name: value for name, value in given.items() if name not in scalars})
    except UserError:
        return  # an unrolled step needs to know how often
    numbers = {name: value for name, value in given.items() if name in scalars}
    letters = {name: Name(f"{name}_0") for name in scalars}
    for name in f.answers:
        for node in nodes_of(found.state.values[name]):
            evaluator, most = compile_node(node), PER_NODE * distinct(node)
            assert calls(lambda: evaluator(dict(numbers)), evaluating) <= most, name  # noqa: B023
            assert calls(lambda: evaluator(dict(letters)), evaluating) <= most, name  # noqa: B023


def sigmoids() -> Node:
    """σ(σ(… σ(x))), 40 deep, as it is read."""
    return parse("sigmoid(" * LEVELS + "x" + ")" * LEVELS)


def test_the_derivative_of_forty_sigmoids() -> None:
    """Each is derived once; what it is written out as a tree is not made."""
    tower = sigmoids()
    found = derivative(tower, "x")
    assert calls(lambda: derivative(tower, "x")) <= 300 * distinct(found)
    assert distinct(found) <= 7 * LEVELS
    assert written_size(found) > 1_500
    expected, level = 1.0, 0.25
    for _ in range(LEVELS):
        level = evaluate(Call("sigmoid", (to_node(level),)))
        expected *= level * (1 - level)
    assert evaluate(found, {"x": 0.25}) == pytest.approx(expected)


def test_sympy_is_asked_only_for_what_is_short_written_out() -> None:
    """It works on trees, so a graph of a few nodes may be endless work for it."""
    tower = towers()["sum"]
    assert distinct(tower) < 120 < written_size(tower)
    assert simplified(tower) is tower


def test_a_part_of_a_sum_that_does_not_depend_on_the_index_is_worked_out_once() -> None:
    node = parse("sum(j=1..50, j*sigmoid(sigmoid(x) + 2y))")
    few, many = parse("sum(j=1..2, j*sigmoid(sigmoid(x) + 2y))"), compile_node(node)
    values = {"x": 0.5, "y": 3}
    once = calls(lambda: compile_node(few)({**values}), activations)
    assert once == calls(lambda: many({**values}), activations) > 0
    assert many({**values}) == pytest.approx(25 * 51 * evaluate(parse("sigmoid(sigmoid(x) + 2y)"), values))


def test_the_index_of_a_sum_hides_the_same_letter_outside() -> None:
    """One node that stands outside a sum and twice inside it has its own value at every index."""
    part = parse("j^2 + j + 1")
    node = Add((part, Reduce("sum", "j", Literal(1), Literal(3), Mul((part, part)))))
    assert evaluate(node, {"j": 10}) == 111 + 3**2 + 7**2 + 13**2


def test_a_branch_that_is_not_taken_is_not_worked_out() -> None:
    part = Div(Literal(1), X)
    node = Call("if", (Compare("=", X, Literal(0)), Literal(0), Mul((part, part))))
    assert evaluate(node, {"x": 0}) == 0
    assert evaluate(node, {"x": 2}) == 0.25


def test_no_circle_is_left() -> None:
    """A changed graph goes when nobody needs it any more, without a search for garbage."""
    node = parse("sum(j=1..3, (x + j)^2) + x/y")
    gc.collect()
    assert names_in(node) == ("x", "y")
    assert names_in(replaced(node, {X: Name("z")})) == ("z", "y")
    assert names_in(substitute(node, {"y": 2})) == ("x",)
    assert gc.collect() == 0
