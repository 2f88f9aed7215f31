"""Another quantity of the same question was given, right in itself; a mistake beside another convention; and others."""

from __future__ import annotations

import math
from fractions import Fraction

from rows import each_row

from dlcalc.answers.array_judging import judge_answer
from dlcalc.answers.formula_judging import verify
from dlcalc.answers.formula_target import FormulaTarget
from dlcalc.answers.terms import Terms
from dlcalc.expressions.answers import Answer, read_answer
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.registry import formula

CONV = {"n": 37, "f": 4, "s": 3, "p": 2, "c": 5, "k": 12}
"""13·13·12 outputs, 4·4·5·12 = 960 weights, 12 biases, 972 parameters, 162,240 MACs."""
MLP = {"u": (784, 30, 20, 10)}
"""23,520 + 600 + 200 = 24,320 weights and 60 biases."""


@each_row(
    ("id", "given", "ask", "wrote", "said"),
    [
        ("mlp", MLP, "weights", "24380", "you gave the parameters; the question asks for the weights"),
        ("mlp", MLP, "biases", "24320", "you gave the weights; the question asks for the biases"),
        ("conv", CONV, "parameters", "12",
         "it could be this: you gave the biases; the question asks for the parameters"),
        ("mlp", MLP, "parameters", "60", "you gave the biases; the question asks for the parameters"),
        ("conv", CONV, "parameters", "162240",
         "you gave the MACs (multiply-accumulates); the question asks for the parameters"),
        ("conv", CONV, "parameter_memory", "2028",
         "you gave the number of outputs; the question asks for the parameters in memory"),
        ("depthwise_separable", {"n": 37, "f": 3, "p": 1, "c": 5, "k": 12}, "parameters", "16428",
         "you gave the number of outputs; the question asks for the parameters"),
        ("embedding", {"v": 5000, "n": 64, "T": 10}, "biases", "320000",
         "you gave the parameters; the question asks for the biases"),
        ("conv", {}, "weights", "f*f*c*k + k",
         "a bias is a parameter but not a weight: it is not multiplied by an input"),
        ("conv", {}, "biases", "f*f*c*k + k", "you gave the parameters; the question asks for the biases"),
        ("mlp", MLP, "weights", "24381", ""),
        ("mlp", MLP, "weights", "0", ""),
    ],
)  # fmt: skip
def test_another_answer_of_the_formula(id: str, given: dict[str, Value], ask: str, wrote: str, said: str) -> None:
    asked = formula(id)
    answer = (
        read_answer(wrote, [each.name for each in asked.variables])
        if not wrote.isdigit()
        else Answer(wrote, int(wrote), Fraction(1), 99)
    )
    found = verify(asked, given, ask, answer)
    assert not found.correct
    assert [each.because for each in found.mistakes if len(each.mistakes) == 1][:1] == ([said] if said else [])


CELL = {"x": (1, Fraction(1, 2)), "W_z": Fraction(3, 10), "W_r": Fraction(1, 2), "W_g": Fraction(4, 5),
        "U_z": Fraction(1, 10), "U_r": Fraction(-1, 5), "U_g": Fraction(1, 4), "h0": Fraction(2, 5)}  # fmt: skip


def states(first: float) -> str:
    """h = (1 − z)h + zg, as in Chung et al., from another state before the first step than 0.4."""
    h, found = first, []
    for x in (1, 0.5):
        z, r = (1 / (1 + math.exp(-w * x - u * h)) for w, u in ((0.3, 0.1), (0.5, -0.2)))
        h = (1 - z) * h + z * math.tanh(0.8 * x + 0.25 * r * h)
        found.append(f"{h:.5f}")
    return " ".join(found)


def test_a_mistake_where_the_rest_follows_another_convention() -> None:
    textbook = FormulaTarget(formula("gru_by_hand_scalar"), CELL, "h")
    (found,) = judge_answer(Terms("number"), textbook, states(0)).mistakes
    assert found.id == "first-state-forgotten"
    assert "; the rest is worked out as in " in found.because
    assert judge_answer(Terms("number"), textbook, states(0.7)).mistakes == ()


@each_row(
    ("id", "given", "ask", "wrote", "named"),
    [
        ("depthwise_separable", {"n": 37, "f": 3, "p": 1, "c": 5, "k": 12}, "output", (37, 37, 60), "depth-is-product"),
        ("conv", CONV, "output", (13, 13, 4), "depth-is-filter-size"),
        ("pool", {"n": 37, "f": 3, "s": 2, "c": 5}, "output", (18, 35, 5), "stride-on-one-axis"),
        ("conv", CONV, "parameters", 4 * 4 * 5 + 1, "one-filter-only"),
        ("seq2seq", {"n": 30, "m": 64, "q": 50, "S": 10, "T": 12}, "parameters", 4 * 64 * 95, "encoder-alone"),
        ("attention", {"d": 96, "h": 8, "T": 20}, "parameters", 4 * (96 * 12 + 12), "one-head-only"),
        ("attention", {"d": 96, "h": 8, "T": 20}, "parameters", 20 * 4 * (96 * 96 + 96), "parameters-per-token"),
        ("rf", {"f": (5, 3, 7), "s": (2, 2, 1)}, "receptive_field", 105, "sizes-multiplied"),
        ("rnn", {"n": 30, "m": 64, "T": 17}, "parameters", 17 * 30 * 64 + 64 * 64 + 64, "sequence-flattened"),
        ("lstm", {"n": 30, "m": 64, "T": 17}, "parameters", 4 * (17 * 64 + 64 * 64 + 64), "steps-for-inputs"),
        ("gru", {"n": 30, "m": 64, "T": 17}, "output", (64, 64), "units-for-steps"),
        ("mlp", MLP, "parameter_memory", 8 * 24380, "eight-bytes-each"),
    ],
)  # fmt: skip
def test_what_learners_do(id: str, given: dict[str, Value], ask: str, wrote: Value, named: str) -> None:
    found = verify(formula(id), given, ask, Answer(str(wrote), wrote, Fraction(1), 99))
    assert found.mistakes[0].id == named


def test_another_array() -> None:
    """The weighted sums 1·1 + 2·0 and 1·0 + 2·1 for what the activation makes of them."""
    layer = {"x": (1, 2), "W1": ((1, 0), (0, 1)), "W2": ((1, 1), (0, 1))}
    asked = FormulaTarget(formula("mlp_by_hand"), layer, "z2")
    (named,) = judge_answer(Terms("number"), asked, "1 2").mistakes
    assert (
        named.because
        == "you gave the weighted sums of the hidden layer; the question asks for the weighted sums of the output layer"
    )
