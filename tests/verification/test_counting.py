"""The second count: numbers from the literature and by hand, and that it sees a formula that is wrong."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from problem_files import changed, one_part, problem
from rows import each_row

from dlcalc.answers.formula_target import FormulaTarget
from dlcalc.formulas.registry import formula
from dlcalc.networks import text, zoo
from dlcalc.quiz.variant import target_of, variant
from dlcalc.verification.counting import COUNTERS, recount
from dlcalc.verification.loops import LOOPS
from dlcalc.verification.loops_in_time import LOOPS_IN_TIME
from dlcalc.verification.second_count import differs, network, same

CASES: list[tuple[str, str, dict[str, Any], str, Any]] = [
    # the first layer of AlexNet: 227 with 96 filters of 11 at stride 4 gives 55×55×96 and 34,944 parameters
    ("conv", "output", {"n": 227, "f": 11, "s": 4, "c": 3, "k": 96}, "", (55, 55, 96)),
    ("conv", "parameters", {"n": 227, "f": 11, "s": 4, "c": 3, "k": 96}, "", 34944),
    ("conv", "parameters", {"f": 11, "c": 3, "k": 96}, "no-bias", 34848),
    ("conv", "lost", {"n": 10, "f": 3, "s": 4}, "", (3, 3)),
    ("conv", "f_eff", {"f": 3, "d": 2}, "", (5, 5)),
    ("conv_same", "pad_end", {"n": 224, "f": 7, "s": 2}, "", (3, 3)),
    ("conv_same", "pad_begin", {"n": 224, "f": 7, "s": 2}, "", (2, 2)),
    ("conv_transposed", "o", {"n": 7, "f": 4, "s": 2, "p": 1, "c": 1, "k": 1}, "", (14, 14)),
    ("depthwise_separable", "weights", {"n": 14, "f": 3, "c": 512, "k": 512, "p": 1}, "", 266752),
    ("bottleneck", "weights", {"n": 28, "f": 5, "p": 2, "c": 192, "k": 32, "b": 16}, "", 15872),
    ("pool", "o", {"n": 55, "f": 3, "s": 2, "c": 96}, "", (27, 27)),
    ("pool_ceil", "o", {"n": 112, "f": 3, "s": 2, "c": 64}, "", (56, 56)),
    ("pool_ceil", "o", {"n": 111, "f": 3, "s": 2, "c": 64}, "", (55, 55)),
    # LeNet-5: S2 has 12 parameters and 5,880 connections
    ("subsampling", "connections", {"n": 28, "f": 2, "c": 6}, "", 5880),
    ("dense", "parameters", {"n": 9216, "m": 4096}, "", 37752832),
    ("mlp", "parameters", {"u": (784, 30, 10)}, "", 23860),
    ("batchnorm", "values", {"n": 8, "c": 64}, "", 256),
    ("embedding", "parameters", {"v": 10000, "n": 300, "T": 5}, "", 3000000),
    ("lstm", "parameters", {"n": 100, "m": 50, "T": 1}, "", 30200),
    ("lstm", "parameters", {"n": 100, "m": 50, "T": 1}, "pytorch", 30400),
    ("gru", "parameters", {"n": 100, "m": 50, "T": 1}, "keras", 22800),
    ("lstm_peephole", "peepholes", {"n": 4, "m": 5}, "", 15),
    ("rnn_output", "parameters", {"n": 10, "m": 20, "q": 3, "T": 7}, "", 683),
    ("rf", "receptive_field", {"f": (3, 3, 3)}, "", 7),
    ("rf", "jump", {"f": (7, 3), "s": (2, 2)}, "", 4),
    ("rf_layer", "receptive_field", {"r": 11, "j": 4, "f": 3, "s": 2}, "", 19),
    ("updates", "updates", {"N": 1000, "B": 64, "epochs": 3}, "", 48),
    ("updates", "per_epoch", {"N": 1000, "B": 64}, "drop-last", 15),
    ("gradient_bound", "bound", {"gamma": Fraction(1, 4), "lambda": 2, "t": 5, "k": 2}, "", Fraction(1, 8)),
    ("vanishing_steps", "steps", {"gamma": Fraction(1, 2), "lambda": 1, "epsilon": Fraction(1, 1000)}, "", 10),
    ("dropout_networks", "networks", {"n": 10}, "", 1024),
    ("clip_value", "clipped", {"g": (-5, 1, 7), "theta": 3}, "", (-3, 1, 3)),
]


@each_row(("id", "name", "given", "convention", "expected"), CASES)
def test_counted_by_listing(id: str, name: str, given: dict[str, Any], convention: str, expected: Any) -> None:
    assert recount(id, name, given, convention) == expected


def test_every_counter_counts_something_that_is_asked() -> None:
    """Each formula has its main answer counted, or another one that can be asked of it."""
    for id, counter in COUNTERS.items():
        if id in LOOPS or id in LOOPS_IN_TIME:  # these read arrays: test_loops.py
            continue
        found = formula(id)
        given = dict.fromkeys((variable.name for variable in found.variables), 2)
        names = set(counter(given | {"u": (2, 2), "x": (2, 2), "f": (2, 2) if id == "rf" else 2, "g": (1, 2)}, ""))
        assert names & {*found.answers, *(step.name for step in found.steps)}, id


def test_no_second_count() -> None:
    """Neither for an unknown formula, nor for another convention, nor where a number is missing."""
    assert recount("attention", "parameters", {"n": 1}) is None
    assert recount("conv_transposed", "o", {"n": 7, "f": 2, "s": 3}, "keras") is None
    assert recount("conv", "output", {"f": 3, "c": 1, "k": 1}) is None
    assert recount("conv", "nothing", {"f": 3}) is None


def test_a_wrong_formula_is_seen() -> None:
    """A convolution that forgets + 1, and one whose biases are forgotten: the count does not agree."""
    right = formula("conv")
    steps = tuple(replace(step, expression="q") if step.name == "o" else step for step in right.steps)
    broken = replace(right, steps=steps)
    given = {"n": 10, "f": 3, "c": 1, "k": 2}
    assert differs(FormulaTarget(right, given, "output")) == ""
    said = differs(FormulaTarget(broken, given, "output"))
    assert said == "(7, 7, 2) is said to be right, and counted one by one it is (8, 8, 2)"
    assert differs(FormulaTarget(broken, given, "parameters")) == ""


def test_answers_in_letters_are_counted_at_points() -> None:
    asked = variant(one_part("kind = 'expression'\nask = 'lstm.parameters'\nwith = {}"), 1).asked["a"]
    assert differs(asked) == ""
    assert isinstance(asked, FormulaTarget)
    steps = [replace(s, expression="3") if s.name == "gates" else s for s in asked.formula.steps]
    said = differs(FormulaTarget(replace(asked.formula, steps=tuple(steps), forms=()), {}, "parameters"))
    assert said is not None
    assert "counted one by one it is" in said


def test_own_steps_are_counted_through_what_they_call() -> None:
    own = "[[step]]\nname = 'layer'\nexpression = 'conv(n=n, f=f, c=c, k=k)'\n" \
          "[[step]]\nname = 'twice'\nexpression = '2*layer.macs'\n[[part]]"  # fmt: skip
    made = variant(changed("[[part]]", own), 1)
    asked = target_of(made.problem, made.problem.parts[1].ask, made.values)  # type: ignore[arg-type]
    assert differs(asked) == ""
    twice = FormulaTarget(made.problem.formulas["this"], dict(made.values), "twice")
    given = {name: made.values[name] for name in "nfck"}
    assert differs(replace(twice, given=given)) == ""


def test_own_steps_have_no_second_count_where_what_they_call_has_none() -> None:
    own = "[[step]]\nname = 'layer'\nexpression = 'layernorm(n=n)'\n[[step]]\nname = 'b'\n" \
          "expression = '2*layer.parameters'\n[[part]]"  # fmt: skip
    formula = changed("[[part]]", own).formulas["this"]
    assert "layernorm" not in COUNTERS
    assert differs(FormulaTarget(formula, {"n": 24, "f": 3, "c": 1, "k": 8}, "b")) is None


def test_networks_are_counted_layer_by_layer() -> None:
    lenet = text.read("28x28x1; conv 6 f5 p2; maxpool 2; conv 16 f5; maxpool 2; dense 120; dense 84; dense 10", "x")
    counted = network(lenet)
    assert counted is not None
    assert counted["total", "parameters"] == 61706
    assert counted["conv-2", "output"] == (10, 10, 16)
    assert network(zoo.network("resnet18")) is None


def test_a_slip_is_found_again() -> None:
    more = "net = {kind = 'cnn', convs = [2], dense = [1]}\nbad = {slip = 'net', column = 'parameters'}\n[let]"
    made = variant(changed("[let]", more), 1)
    slip = target_of(made.problem, replace(made.problem.parts[0].ask, form="slip", of="bad", name="layer"), made.values)  # type: ignore[type-var]
    assert differs(slip) == ""
    other = "conv-1" if slip.slip.layer != "conv-1" else "conv-2"  # type: ignore[union-attr]
    wrong = replace(slip, slip=replace(slip.slip, layer=other, wrong=slip.slip.table.row(other).count("parameters")))  # type: ignore[union-attr, type-var]
    assert differs(wrong) == f"the wrong row is said to be {other}, and counted it is []"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ((3, 3), 3, True),
        (3, (3, 4), False),
        ((1, 2), (1, 2, 3), False),
        (0.1 + 0.2, Fraction(3, 10), True),
        (2, 3, False),
    ],
)
def test_same_numbers(left: Any, right: Any, expected: bool) -> None:
    assert same(left, right) is expected


def test_the_small_problem_is_counted() -> None:
    made = variant(problem(), 5)
    assert [differs(made.asked[part.id]) for part in made.problem.parts] == ["", ""]
