"""Backpropagation through dense layers as formulas: worked numbers, differences, layouts, and what is printed."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import pytest
from asking import ask
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.expressions import printing
from dlcalc.expressions.arrays import flat, shape_of, transpose
from dlcalc.expressions.parser import parse
from dlcalc.gradients import difference
from dlcalc.gradients.feedforward import Backward, Feedforward, Numbers, drawn, feedforward, rule_in_layout
from dlcalc.networks.text import read

MAZUR = {
    "x": (F("0.05"), F("0.10")),
    "y": (F("0.01"), F("0.99")),
    "W_1": ((F("0.15"), F("0.20")), (F("0.25"), F("0.30"))),
    "b_1": (F("0.35"), F("0.35")),
    "W_2": ((F("0.40"), F("0.45")), (F("0.50"), F("0.55"))),
    "b_2": (F("0.60"), F("0.60")),
}
"""M. Mazur, A step by step backpropagation example, 2015."""


def network(text: str, loss: str | None = None) -> Feedforward:
    return feedforward(read(text), loss)


def text(line: Any) -> str:
    return f"{printing.text(line.left)} = {printing.text(line.right)}"


def test_the_worked_numbers_of_a_2_2_2_net() -> None:
    """Mazur's loss, outputs, and the gradients that he rounds to nine digits; δ of the outputs too."""
    found = Numbers(network("2; dense 2 sigmoid; dense 2 sigmoid"), MAZUR)
    assert found.loss == pytest.approx(0.298371109, abs=1e-9)
    assert found.environment["h_1"] == pytest.approx((0.593269992, 0.596884378), abs=1e-9)
    assert found.environment["yhat"] == pytest.approx((0.75136507, 0.772928465), abs=1e-9)
    assert found.deltas["delta_2"][0] == pytest.approx(0.138498562, abs=1e-9)
    assert found.gradients["W_2"][0][0] == pytest.approx(0.082167041, abs=1e-9)
    assert found.gradients["W_1"][0][0] == pytest.approx(0.000438568, abs=1e-9)


def test_the_same_by_the_formula_of_the_net() -> None:
    """All gradients as the formula of a net with one hidden layer has them."""
    found = Numbers(network("2; dense 2 sigmoid; dense 2 sigmoid"), MAZUR)
    asked = ask("mlp_backward_by_hand", **{name.replace("_", ""): value for name, value in MAZUR.items()})
    for name in ("W_1", "b_1", "W_2", "b_2"):
        assert difference(found.gradients[name], asked[f"d{name.replace('_', '')}"]) < 1e-15


def test_the_formulas_in_columns_and_rows() -> None:
    """As textbooks have them, in the order of an implementation."""
    backward = Backward(network("3; dense 4 tanh; dense 2 sigmoid"))
    column = [*backward.forward, *backward.deltas, *backward.gradients.values()]
    assert list(map(text, column)) == [
        "a₁ = W₁x + b₁", "h₁ = tanh(a₁)", "a₂ = W₂h₁ + b₂", "ŷ = σ(a₂)", "L = (1/2)·sum((ŷ − y)²)",
        "δ₂ = (ŷ − y) ⊙ ŷ ⊙ (1 − ŷ)", "δ₁ = W₂ᵀδ₂ ⊙ (1 − h₁²)",
        "∂L/∂W₁ = δ₁xᵀ", "∂L/∂b₁ = δ₁", "∂L/∂W₂ = δ₂h₁ᵀ", "∂L/∂b₂ = δ₂", "∂L/∂x = W₁ᵀδ₁",
    ]  # fmt: skip
    rows = [text(rule_in_layout(rule, "row")) for rule in column]
    assert rows[0] == "a₁ = xW₁ + b₁"
    assert rows[6:8] == ["δ₁ = δ₂W₂ᵀ ⊙ (1 − h₁²)", "∂L/∂W₁ = xᵀδ₁"]
    pytorch = [text(rule_in_layout(rule, "pytorch")) for rule in column]
    assert pytorch[0] == "a₁ = x·W₁ᵀ + b₁"
    assert pytorch[6:8] == ["δ₁ = δ₂W₂ ⊙ (1 − h₁²)", "∂L/∂W₁ = δ₁ᵀx"]


@pytest.mark.parametrize("loss", ["cross-entropy", "log"])
def test_slopes_that_cancel(loss: str) -> None:
    """A softmax behind cross-entropy, a sigmoid behind the log loss: δ = ŷ − y."""
    found = network(f"3; dense 2 {'softmax' if loss == 'cross-entropy' else 'sigmoid'}", loss)
    assert [text(rule) for rule in Backward(found).deltas] == ["δ₁ = ŷ − y"]


def test_a_layer_without_an_activation() -> None:
    """Its sums are what the next layer reads."""
    backward = Backward(network("2; dense 3; dense 2"))
    assert [text(rule) for rule in backward.forward][:2] == ["a₁ = W₁x + b₁", "ŷ = W₂a₁ + b₂"]
    assert [text(rule) for rule in backward.deltas] == ["δ₂ = ŷ − y", "δ₁ = W₂ᵀδ₂"]


def test_what_one_gradient_needs() -> None:
    """The last layer's asks for its own δ alone, the first layer's for all."""
    backward = Backward(network("2; dense 3 tanh; dense 3 tanh; dense 1"))
    assert [rule.target.id for rule in backward.needed("W_3")] == ["delta_3"]
    assert [rule.target.id for rule in backward.needed("b_2")] == ["delta_3", "delta_2"]
    assert [rule.target.id for rule in backward.needed("x")] == ["delta_3", "delta_2", "delta_1"]


ACTIVATIONS = ["", "sigmoid", "tanh", "relu"]
ENDS = [("sigmoid", "squared"), ("", "squared"), ("sigmoid", "log"), ("softmax", None), ("softmax", "squared")]


@st.composite
def stacks(draw: st.DrawFn) -> tuple[Feedforward, int]:
    """A stack of one to three dense layers of one to four units, and a seed."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    middle = [f"dense {size} {draw(st.sampled_from(ACTIVATIONS))}" for size in sizes[1:-1]]
    end, loss = draw(st.sampled_from(ENDS))
    bias = draw(st.sampled_from(["", "nobias"]))
    line = "; ".join([str(sizes[0]), *middle, f"dense {sizes[-1]} {bias} {end}"])
    return network(line, loss), draw(st.integers(0, 1000))


def is_at_a_kink(found: Numbers) -> bool:
    """Whether a sum lies so near to 0 that a difference would reach across the kink of a ReLU."""
    sums = (value for name, value in found.environment.items() if name.startswith("a_"))
    return any(abs(number) < 1e-4 for number in flat(sums))


@settings(max_examples=40, deadline=None)
@given(stacks())
def test_random_stacks(stack: tuple[Feedforward, int]) -> None:
    """Against central differences; the layouts agree; what is printed is read back to the same tree."""
    found, seed = stack
    values = drawn(found, seed)
    column, row, pytorch = (Numbers(found, values, layout) for layout in ("column", "row", "pytorch"))
    assume(not is_at_a_kink(column))
    for name, gradient in column.gradients.items():
        assert difference(gradient, column.by_differences(name)) < 1e-7, name
        assert difference(row.gradients[name], row.by_differences(name)) < 1e-7, name
        vector = len(shape_of(gradient)) == 1
        turned = (gradient,) if vector else transpose(gradient)
        assert difference(row.gradients[name], turned) < 1e-12
        assert difference(pytorch.gradients[name], turned if vector else gradient) < 1e-12
    backward = Backward(found)
    for rule in (*backward.forward, *backward.deltas, *backward.gradients.values()):
        for layout in ("column", "row", "pytorch"):
            line = rule_in_layout(rule, layout)
            for side in (line.left, line.right):
                for write in (printing.latex, printing.plain, printing.text):
                    assert parse(write(side), found.declarations) == side


def test_one_difference_along_the_gradient() -> None:
    """What a large array is checked by: ‖∂L/∂W‖² is the slope of the loss along ∂L/∂W."""
    found = Numbers(network("2; dense 2 sigmoid; dense 2 sigmoid"), MAZUR, "row")
    (a, b), (c, d) = found.gradients["W_2"]
    ours, theirs = found.along("W_2")
    assert ours == pytest.approx(a * a + b * b + c * c + d * d)
    assert ours == pytest.approx(theirs, rel=1e-7)
    assert not found.is_long("W_2")
    large = network("20x20x1; conv 2 f3")
    # 400 numbers of x, each moved twice through 2·18·18·9 products
    assert Numbers(large, drawn(large, 1)).is_long("x")


def test_a_difference_begins_where_its_array_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes before is worked out once for all its numbers."""
    found = Numbers(network("2; dense 3 tanh; dense 2"), drawn(network("2; dense 3 tanh; dense 2"), 3))
    ran, run = [], Numbers._run
    monkeypatch.setattr(Numbers, "_run", lambda self, each: (ran.append(each.name), run(self, each))[1])
    found.by_differences("b_2")
    assert {name: ran.count(name) for name in ran} == {"a_1": 1, "h_1": 1, "yhat": 1 + 2 * 2, "L": 1 + 2 * 2}


def test_drawn_numbers_are_the_same_on_every_machine() -> None:
    """Two decimals; targets that the output can have."""
    found = network("2; dense 3 softmax")
    values = drawn(found, 7)
    assert values == drawn(found, 7)
    assert values != drawn(found, 8)
    assert sorted(values["y"]) == [0, 0, 1]
    assert values["x"] == (F(-27, 100), F(-91, 100))
    assert set(drawn(network("2; dense 3 sigmoid", "log"), 7)["y"]) <= {0, 1}


REFUSED = [
    ("n; dense 2", None, "fc-1 has no backpropagation here while letters are left: n is not a number"),
    ("2; dense m", None, "while letters are left: m is not a number"),
    ("4x4; dense 2", None, r"the input is a vector \(3\) or a map, height × width × channels \(4x4x1\), not 4×4"),
    ("4x3 seq; rnn 2", None, "backprop is of feed-forward networks: for rows that are time steps there is bptt"),
    ("2; dense 2 gelu", None, "activations are linear, sigmoid, tanh, relu, softmax, not gelu"),
    ("2; dense 2 relu dropout0.5", None, "activations are linear, .* not dropout0.5"),
    ("2; dense 2 relu tanh", None, "a layer has one activation, not relu and tanh"),
    ("2; dense 2 softmax; dense 2", None, "a softmax can only be at the output"),
    ("4x4x1; conv 2 f2 softmax", None, "a softmax is of a vector here"),
    ("2; dense 2; batchnorm", None, r"bn-1 \(batchnorm\) has no backpropagation here: layers are dense, conv, pool, "),
    ("2; flatten", None, "backprop needs a layer that computes something, such as dense 2"),
    ("4x4x1; conv 2 f2 d2", None, "dilation and groups are 1"),
    ("4x4x1; pool 2 p1", None, "pooling is without padding, dilation and rounding up"),
    ("2" + "; dense 2" * 25, None, "backprop takes at most 24 layers, not 25"),
    ("2; dense 2", "huber", "loss is one of squared, sum, cross-entropy, log, not huber"),
    ("2; dense 2", "log", "the log loss comes after a sigmoid output, not a linear one"),
    ("2; dense 2 sigmoid", "cross-entropy", "the cross-entropy loss comes after a softmax output, not a sigmoid one"),
    ("4x4x1; conv 1 f2 sigmoid", "log", "the log loss comes after a sigmoid output, not maps"),
]


@each_row(("line", "loss", "rule"), REFUSED)
def test_networks_that_are_refused(line: str, loss: str | None, rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        network(line, loss)


def test_branches_are_refused() -> None:
    """Layers that read another one than the layer before."""
    from dlcalc.networks.builder import Builder

    builder = Builder("net", "Net", (2,))
    first = builder.add("dense", m=2)
    builder.add("dense", m=2)
    builder.add("add", builder.last, first)
    with pytest.raises(UserError, match="the layers must follow one another, without branches"):
        feedforward(builder.build())


VALUES = [
    ({"W_3": 1}, "this network has no W_3; values are of x, y, W_1, b_1, W_2, b_2"),
    ({"W_1": ((1, 2),)}, "W1 is 2×2 here, not 1×2"),
    ({"x": (0, 10**10)}, "x has numbers between −1,000,000,000 and 1,000,000,000, not one of 10000000000"),
    ({"x": (0, -(10**99))}, "x has numbers between −1,000,000,000 and 1,000,000,000, not one of 10000000000000000000…"),
    ({"x": (1, 2, 3)}, "x is a vector of 2 here, not a vector of 3"),
    ({"y": (1,)}, "target is a vector of 2 here, not a vector of 1"),
]


@pytest.mark.parametrize(("more", "rule"), VALUES)
def test_numbers_that_do_not_fit(more: dict[str, Any], rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        Numbers(network("2; dense 2 sigmoid; dense 2 sigmoid"), {**MAZUR, **more})


def test_numbers_that_are_missing_or_impossible() -> None:
    with pytest.raises(UserError, match="W1 is needed: weights of layer 1"):
        Numbers(network("2; dense 2"), {"x": (1, 2), "y": (1, 2)})
    weights = {"x": (1, 2), "W_1": ((1, 0), (0, 1))}
    with pytest.raises(UserError, match=r"targets of a softmax are probabilities, which sum to 1, not to 1.5"):
        Numbers(network("2; dense 2 softmax"), {**weights, "y": (1, F(1, 2))})
    with pytest.raises(UserError, match="targets of the log loss lie between 0 and 1"):
        Numbers(network("2; dense 2 sigmoid", "log"), {**weights, "y": (2, 0)})
    deep = network("1" + "; dense 1 nobias" * 10)
    with pytest.raises(UserError, match=r"the loss of these numbers is beyond 1e\+60: take smaller ones"):
        Numbers(deep, {"x": (10**9,), "y": (0,)} | dict.fromkeys(deep.parameters, ((10**9,),)))
    with pytest.raises(UserError, match=r"numbers are put into networks of at most 2,000 .* not 10,300"):
        Numbers(network("100; dense 100"), {})
