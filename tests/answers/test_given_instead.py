"""Another quantity of the same question was given, right in itself: the weights for the parameters."""

from __future__ import annotations

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


def test_another_array() -> None:
    """The weighted sums 1·1 + 2·0 and 1·0 + 2·1 for what the activation makes of them."""
    layer = {"x": (1, 2), "W1": ((1, 0), (0, 1)), "W2": ((1, 1), (0, 1))}
    asked = FormulaTarget(formula("mlp_by_hand"), layer, "z2")
    (named,) = judge_answer(Terms("number"), asked, "1 2").mistakes
    assert (
        named.because
        == "you gave the weighted sums of the hidden layer; the question asks for the weighted sums of the output layer"
    )
