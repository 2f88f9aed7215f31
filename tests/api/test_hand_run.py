"""Operations by hand from Python: what is read, which formula is meant, and what is asked of it."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import pytest
from rows import each_row

from dlcalc.api.hand_run import by_hand, check
from dlcalc.errors import UserError
from dlcalc.formulas.hand_operations import OPERATIONS, SIZES
from dlcalc.formulas.registry import formula
from dlcalc.formulas.topics import ids_known

IMAGE = "3 0 1 2; 1 5 8 9; 2 7 2 5; 0 1 3 1"
SQUARE = "1 2 3; 4 5 6; 7 8 9"


def mistakes(judged: Any) -> list[str]:
    return [each["id"] for each in judged.mistakes]


@each_row("name", OPERATIONS)
def test_an_operation_names_formulas_and_steps_that_exist(name: str) -> None:
    """Every formula, quantity, answer and step that an operation names is one."""
    operation = OPERATIONS[name]
    assert set(operation.formula_ids()) <= ids_known()
    formulas = [formula(id) for id in operation.formula_ids()]
    steps = {step.name for each in formulas for step in each.steps}
    variables = {variable.name for each in formulas for variable in each.variables}
    told = {*operation.cells, *operation.inlined, *operation.silent, *operation.repeats, *operation.pairs}
    assert told <= {*steps, *SIZES}
    assert set(operation.gradients) <= {answer for each in formulas for answer in each.answers}
    assert {*operation.gradients.values(), *operation.implies, *operation.aliases.values()} <= variables
    assert {*operation.zeros, *operation.zeros.values()} <= variables
    options = {name for each in formulas for c in each.conventions for name in (c.name, *getattr(c, "options", ()))}
    assert {value for values in operation.choices.values() for value in values} <= options


def test_every_formula_by_hand_is_reached() -> None:
    """What the registry has by hand, a command works out; the loss of a map is part of --backward."""
    reached = {id for operation in OPERATIONS.values() for id in operation.formula_ids()}
    assert {id for id in ids_known() if "by_hand" in id or id == "conv_as_matrix"} - reached == {"map_loss_by_hand"}


# which formula


EYE = "1 0; 0 1"
LSTM_2 = {"x": "1 2", **{f"{letter}_{gate}": EYE for letter in "wu" for gate in "fioc"}}
GRU_2 = {"x": "1 2", **{f"{letter}_{gate}": EYE for letter in "wu" for gate in "zrg"}}


@each_row(
    ("name", "given", "id"),
    [
        ("conv", {"x": SQUARE, "w": "1"}, "conv_by_hand"),
        ("conv", {"x": SQUARE, "w": "1", "flip": True, "scale": "0..1"}, "conv_by_hand_flipped_scaled"),
        ("conv", {"x": SQUARE, "w": "1", "as_matrix": True}, "conv_as_matrix"),
        ("pool", {"x": SQUARE, "f": 2, "kind": "avg", "backward": True}, "pool_by_hand_avg_backward"),
        ("pool", {"x": SQUARE, "kind": "global"}, "pool_by_hand_global"),
        ("pool", {"x": SQUARE, "kind": "global", "backward": True}, "pool_by_hand_global_backward"),
        ("conv-transpose", {"x": SQUARE, "w": "1 2", "backward": True}, "conv_transpose_by_hand_backward"),
        ("conv", {"x": SQUARE, "w": "1", "as_matrix": True, "flip": True}, "conv_as_matrix_flipped"),
        ("batchnorm", {"x": "1 2 4", "backward": True}, "batchnorm_backward_by_hand_scalar"),
        ("batchnorm", {"x": "1 2; 4 3", "backward": True}, "batchnorm_backward_by_hand"),
        (
            "lstm",
            LSTM_2 | {"p_f": "1 1", "p_i": "0 0", "p_o": "1 2", "backward": True},
            "lstm_peephole_backward_by_hand",
        ),
        ("rnn", {"x": "1 1", "w_x": 1, "w_h": 1}, "rnn_by_hand_scalar"),
        ("rnn", {"x": "1; 1", "w_ih": 1, "w_hh": 1}, "rnn_by_hand_scalar"),
        ("rnn", {"x": "1 1; 2 2", "w_x": "1 0; 0 1", "w_h": "1 0; 0 1"}, "rnn_by_hand"),
        ("rnn", {"x": "1 1", "w_x": 1, "w_h": 1, "w_y": 1}, "rnn_output_by_hand_scalar"),
        ("rnn", {"x": "1 1", "w_x": 1, "w_h": 1, "target": "1 1", "backward": True}, "rnn_bptt_target_by_hand_scalar"),
        ("minmax", {"x": "1 2 3"}, "minmax_by_hand"),
        ("minmax", {"x": "1 2; 3 4"}, "minmax_image_by_hand"),
        ("sgd", {"w": 1, "g": "1 2"}, "sgd_by_hand_scalar"),
        ("sgd", {"w": "1 2", "g": "1 2; 3 4"}, "sgd_by_hand"),
        ("batchnorm", {"x": "1 2", "running_mean": 0, "running_var": 1}, "batchnorm_test_by_hand"),
        ("perceptron", {"x": "1", "w": "1", "target": 1}, "perceptron_rule_by_hand"),
        ("clip", {"g": "3 4", "theta": 1, "value": True}, "clip_value"),
        ("attention", {"x": "1 0", "w_q": "1 0; 0 1", "w_k": "1 0; 0 1", "w_v": "1 0; 0 1"}, "self_attention_by_hand"),
    ],
)
def test_what_is_given_chooses_the_formula(name: str, given: dict[str, Any], id: str) -> None:
    assert by_hand(name, **given).working.formula.id == id


def test_choices_and_profiles_choose_the_convention() -> None:
    """A choice by its name; what is not chosen is as in the profile."""
    weights = {f"{kind}_{gate}": value for value, kind in ((0.5, "w"), (0.25, "u")) for gate in "zrg"}
    given = {"x": "1 2", **weights}
    assert by_hand("gru", **given).working.convention.name == "textbook"
    assert by_hand("gru", **given, update_gate="renew").working.convention.name == "renew"
    assert by_hand("gru", **given, update_gate="renew", reset="after").working.convention.name == "renew-after"
    assert "after" in by_hand("gru", **given, profile="pytorch").working.convention.options  # type: ignore[attr-defined]
    matrix = {"x": "1 2; 0 1", "w_x": "1 2; 3 4", "w_h": "1 2; 3 4"}
    assert by_hand("rnn", **matrix, profile="d2l").working.convention.name == "row"
    assert by_hand("rnn", **matrix, layout="column", profile="d2l").working.convention.name == "tanh"[:0] + "textbook"
    assert by_hand("batchnorm", x="1 2", profile="keras").epsilon == Fraction(1, 1000)
    assert by_hand("clip", g="3 4", theta=10, form="always").clipped == (6, 8)


# numbers


def test_arrays_of_every_form_give_the_same() -> None:
    lists = [[3, 0, 1, 2], [1, 5, 8, 9], [2, 7, 2, 5], [0, 1, 3, 1]]
    expected = (((-1, 1, 2), (0, 5, 11), (2, 3, 3)),)
    for x in (IMAGE, lists, tuple(map(tuple, lists)), IMAGE.replace("; ", "\n")):
        assert by_hand("conv", x=x, w="1 0; 0 -1", s=2, p=1, b=2).output == expected


def test_an_lstm_of_one_unit_by_its_equations() -> None:
    """Two steps, with the gates written out here once more."""
    given = {"x": "1 2", "w_f": 0.5, "u_f": 0.1, "w_i": 0.4, "u_i": 0.2, "w_o": 0.3, "u_o": 0.1, "w_c": 0.6, "u_c": 0.2}
    h = c = 0.0
    for x in (1, 2):

        def gate(w: float, u: float, x: int = x, h: float = h) -> float:
            return 1 / (1 + math.exp(-(w * x + u * h)))

        f, i, o = gate(0.5, 0.1), gate(0.4, 0.2), gate(0.3, 0.1)
        c = f * c + i * math.tanh(0.6 * x + 0.2 * h)
        h = o * math.tanh(c)
    found = by_hand("lstm", **given)
    assert found.h[-1] == pytest.approx(h, abs=1e-15)
    assert found.C[-1] == pytest.approx(c, abs=1e-15)


def test_bptt_of_the_course_agrees_with_its_differences() -> None:
    """½Σ(y − h)² with the last target 1: the six terms of ∂L/∂W sum to the derivative that moving W gives."""
    given = {"x": "1 1 1", "w_x": 0.5, "w_h": 0.3, "b": 0, "backward": True, "target": "0 0 1"}

    def loss(w: float) -> float:
        h, total = 0.0, 0.0
        for y in (0, 0, 1):
            h = math.tanh(0.5 + w * h)
            total += (h - y) ** 2 / 2
        return total

    found = by_hand("rnn", **given)
    assert found.dW == pytest.approx((loss(0.3 + 1e-6) - loss(0.3 - 1e-6)) / 2e-6, abs=1e-9)
    assert found.loss == pytest.approx(loss(0.3), abs=1e-15)
    assert all(each.agrees for each in found.checked)
    assert {each.answer for each in found.checked} >= {"dW", "dU", "db"}
    last = by_hand("rnn", **given, loss="last")
    assert last.loss == pytest.approx((math.tanh(0.5 + 0.3 * math.tanh(0.5 + 0.3 * math.tanh(0.5))) - 1) ** 2 / 2)


def test_without_a_target_every_gradient_of_the_output_is_one() -> None:
    found = by_hand("conv", x=SQUARE, w="1 2; 3 4", backward=True)
    assert found.g == (((1, 1), (1, 1)),)
    assert found.db == (4,)
    assert found.dw == ((((12, 16), (24, 28)),),)


def test_a_target_gives_the_gradient() -> None:
    """output 37 47/67 77 − target 37 46/67 75 = 0 1/0 2; as a mean of squares half of that."""
    given = {"x": SQUARE, "w": "1 2; 3 4", "backward": True, "target": "37 46; 67 75"}
    assert by_hand("conv", **given).g == (((0, 1), (0, 2)),)
    assert by_hand("conv", **given, loss="mean").g == (((0, Fraction(1, 2)), (0, 1)),)


def test_a_target_of_global_pooling_is_a_vector() -> None:
    """Averages 3 and ½ less targets 1 and 2, as half the sum of squares and as their mean."""
    given = {"x": "1 2; 3 6 | 0 0; 1 1", "kind": "global", "backward": True, "target": "1 2"}
    assert by_hand("pool", **given).g == (2, Fraction(-3, 2))
    assert by_hand("pool", **given, loss="sum").g == (4, -3)
    found = by_hand("pool", **given, loss="mean")
    assert found.dx == (((Fraction(1, 2),) * 2,) * 2, ((Fraction(-3, 8),) * 2,) * 2)
    assert all(each.agrees for each in found.checked)


def test_json_says_who_computed_and_what_the_differences_are() -> None:
    found = by_hand("conv", x="1 2", w="1/3", backward=True).to_dict()
    assert (found["operation"], found["kernel"], found["formula"]) == ("conv", "none", "conv_by_hand_backward")
    assert found["value"] == [[["1/3", "1/3"]]]
    assert found["finite_differences"]["dw"] == {"values": [[[[3]]]], "agrees": True}
    exact = by_hand("conv", x="1 2", w="1/2", fractions=True).to_dict()
    assert exact["value"] == exact["output"] == [[["1/2", 1]]]
    assert by_hand("conv", x="1 2", w="1/2").to_dict()["value"] == [[[0.5, 1]]]


# answers


@pytest.mark.parametrize(
    ("given", "ask", "answer", "expected"),
    [
        ({}, "output", "-1 1 2; 0 5 11; 2 3 3", []),
        ({}, "value", "-1 1 2; 0 5 11; 2 3 3", []),
        ({}, "output[2, 3]", "11", []),
        ({}, "o_h", "3", []),
        ({}, "output", "5 5 1; 1 2 -6; 2 1 1", ["flipped"]),
        ({}, "output", "-3 -1 0; -2 3 9; 0 1 1", ["bias-forgotten"]),
        ({"flip": True}, "output", "-1 1 2; 0 5 11; 2 3 3", ["not-flipped"]),
        ({}, "output[2, 3]", "9", ["bias-forgotten"]),
        ({}, "output", "0 -6; -3 3", ["padding-forgotten"]),
    ],
)
def test_answers_are_verified_and_mistakes_named(given: Any, ask: str, answer: str, expected: list[str]) -> None:
    question = {"x": IMAGE, "w": "1 0; 0 -1", "s": 2, "p": 1, "b": 2, **given}
    if expected == ["padding-forgotten"]:
        answer = "; ".join(" ".join(map(str, row)) for row in by_hand("conv", **{**question, "p": 0}).output[0])
    if expected == ["flipped"]:
        answer = "; ".join(" ".join(map(str, row)) for row in by_hand("conv", **question, flip=True).output[0])
    judged = check("conv", ask, answer, **question)
    assert judged.correct is (not expected)
    assert mistakes(judged)[:1] == expected


def test_rounded_answers_count_as_far_as_they_are_written() -> None:
    """0.462 and 0.4621 are tanh(½), 0.463 is not; a row of states is judged as one."""
    given = {"x": "1 1 1", "w_x": 0.5, "w_h": 0.3}
    assert check("rnn", "h[1]", "0.4621", **given).correct
    assert check("rnn", "h", "0.462 0.564 0.584", **given).correct
    assert not check("rnn", "h", "0.463 0.564 0.584", **given).correct


@pytest.mark.parametrize(
    ("ask", "rule"),
    [
        ("colour", "^colour is not an answer of Convolution by hand; its answers are output, "),
        ("output[9, 9]", r"^output\[9, 9\]: output has the shape 1×3×3$"),
        ("output[1]", r"^output\[1\]: output has the shape 1×3×3$"),
    ],
)
def test_what_cannot_be_asked(ask: str, rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        check("conv", ask, "1", x=IMAGE, w="1 0; 0 -1", s=2, p=1)


def test_an_answer_is_asked_for_as_its_option_is_spelt() -> None:
    """--w is typed in small letters, and so is --ask dw; what no letter case makes an answer is refused."""
    layer = by_hand("dense", x="1 2", w="1 2; 3 4", d="1 1", backward=True)
    assert layer.only("dw").name == "dW"
    for nothing in ("dv", ".", ".5", "1..9", "b.c", "dw."):
        with pytest.raises(UserError, match=rf"^{re.escape(nothing)} is not an answer of Dense layer"):
            layer.only(nothing)
        with pytest.raises(UserError, match=rf"^{re.escape(nothing)} is not an answer of Dense layer"):
            check("dense", nothing, "1", x="1 2", w="1 2; 3 4", d="1 1", backward=True)


# what is refused


@each_row(
    ("name", "given", "rule"),
    [
        ("sort", {}, "^run works out one of conv, conv-transpose, .*, not 'sort'$"),
        ("conv", {"x": "1"}, r"^run conv needs --w \(the filters, each with one part per channel\); for example: "),
        ("conv", {}, r"^run conv needs --x \(the image: channels of rows\) and --w "),
        ("conv", {"x": "1", "w": "1", "z": 1}, "^z is not a quantity of run conv; its quantities are x, w, b"),
        ("conv", {"x": "1", "image": "1", "w": "1"}, "^x is given twice$"),
        ("conv", {"x": "1", "w": "1", "detector": "blur"}, "^--detector is a filter, so --w is not given beside it$"),
        ("conv", {"x": "1", "w": "1", "scale": "5"}, r"^--scale is a range such as 0\.\.255, not '5'$"),
        ("conv", {"x": "1", "w": "1", "scale": "5..5"}, r"^--scale goes from the lower to the higher end, not 5\.\.5$"),
        (
            "conv",
            {"x": "1", "w": "1", "scale": "0..1", "backward": True},
            "--backward and --scale of run conv cannot be",
        ),
        ("conv", {"x": "1", "w": "1", "target": "1"}, "^--target and --loss of run conv are for --backward"),
        ("conv", {"x": "1", "w": "1", "backward": True, "loss": "sum"}, "^--loss compares the output with a --target"),
        ("conv", {"x": "1", "w": "1", "backward": True, "target": "1", "loss": "x"}, "^--loss is one of squared, sum"),
        (
            "conv",
            {"x": "1", "w": "1", "backward": True, "target": "1 2"},
            "the target must have the shape of the output, 1×1×1, ",
        ),
        (
            "conv",
            {"x": "1", "w": "1", "backward": True, "g": "1 2"},
            "^the gradient must have the shape of the output, 1×1×1, not",
        ),
        ("conv", {"x": "1", "w": "1", "backward": True, "g": "1", "target": "1"}, "^--g is the gradient of the output"),
        ("conv", {"x": "1", "w": "1", "kernel": "tpu"}, "^kernel is one of none, cpu, cuda, not 'tpu'$"),
        ("conv", {"x": "1", "w": "1", "as_matrix": True, "b": "1"}, "^b is not a quantity of conv_as_matrix; its "),
        ("pool", {"x": "1", "f": 1, "kind": "median"}, "^kind is one of max, avg, sum, min, global, not 'median'$"),
        (
            "pool",
            {"x": "1", "kind": "global", "backward": True, "target": "1 2"},
            "^the target must have the shape of the output, 1, not 2$",
        ),
        (
            "pool",
            {"x": SQUARE, "kind": "global", "backward": True, "g": "1 2"},
            "^the gradient must have the shape of the output, 1, not 2$",
        ),
        (
            "conv-transpose",
            {"x": "1 2; 3 4", "w": "1 2; 3 4", "backward": True, "g": "1 2"},
            "^the gradient must have the shape of the output, 1×3×3, not 1×1×2$",
        ),
        (
            "batchnorm",
            {"x": "1 2; 3 4", "gamma": "1 2 3"},
            "^the sizes of run batchnorm fit together: x is B×n, gamma is n; not 2×2, 3$",
        ),
        (
            "batchnorm",
            {"x": "1 2; 3 4", "d": "1 2", "backward": True},
            "^the sizes of run batchnorm fit together: x is B×n, d_y is B×n; not 2×2, 1×2$",
        ),
        (
            "batchnorm",
            {"x": "1 2 3", "d": "1 2", "backward": True},
            "^the sizes of run batchnorm fit together: x is B, d_y is B; not 3, 2$",
        ),
        (
            "lstm",
            LSTM_2 | {"u_i": "1 2 3"},
            "^the sizes of run lstm fit together: x is T×n, w_f is m×n, u_i is m×m; not 1×2, 2×2, 1×3$",
        ),
        ("gru", GRU_2 | {"h_0": "1 2 3"}, "^the sizes of run gru fit together: .*, h_0 is m; not 1×2, 2×2, 2×2, 3$"),
        (
            "rnn",
            {"x": "1 2 3", "w_x": "1 2; 3 4", "w_h": "1 2; 3 4", "layout": "row"},
            "^the sizes of run rnn fit together: x is T×n, w_x is n×m, w_h is m×m; not 1×3, 2×2, 2×2$",
        ),
        (
            "dense",
            {"x": "1 2", "w": "1 2; 3 4", "b": "1 2 3"},
            "^the sizes of run dense fit together: x is n, w is m×n, b is m; not 2, 2×2, 3$",
        ),
        ("rnn", {"x": "1", "w_x": 1, "w_h": 1, "kind": "x"}, "^run rnn has no kind, not 'x'$"),
        ("rnn", {"x": "1", "w_x": 1, "w_h": 1, "activation": "cos"}, "^activation is one of tanh, sigmoid, relu, not"),
        ("rnn", {"x": "1", "w_x": 1, "w_h": 1, "softmax": True}, "^run rnn --softmax also needs --output"),
        ("rnn", {"x": "1", "w_x": 1, "w_h": 1, "target": "1"}, "^run rnn --target also needs --backward$"),
        ("rnn", {"x": "1", "w_x": 1, "w_h": 1, "loss": "last"}, "has no last; it has"),
        ("rnn", {"x": "1", "w_x": 1, "w_h": 1, "convention": "odd"}, "^convention is one of .*, not odd$"),
        ("rnn", {"x": "1", "w_x": 1, "w_h": 1, "convention": "relu", "activation": "tanh"}, "sets all choices"),
        ("clip", {"g": "1", "theta": 1, "value": True, "form": "always"}, "has no always; it has textbook$"),
        ("sgd", {"w": 1, "g": "1", "kernel": "cpu"}, "^run sgd has no kernel: --kernel none, or one of conv, "),
    ],
)
def test_what_does_not_go_together_is_one_line(name: str, given: dict[str, Any], rule: str) -> None:
    with pytest.raises(UserError, match=rule) as error:
        by_hand(name, **given).to_dict()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("sides", [{"pad_begin": "1 2", "pad_end": "0 3"}, {"pad_end": 2}])
def test_the_kernels_pad_each_side_too(sides: dict[str, Any]) -> None:
    pytest.importorskip("numba")
    found = by_hand("conv", x="1 2 3; 4 5 6", w="1 -2; 3 4", kernel="cpu", **sides)
    assert found.computed["output"] == [[[float(n) for n in row] for row in part] for part in found.output]


def test_the_kernels_pad_a_signal_before_its_first_input() -> None:
    pytest.importorskip("numba")
    found = by_hand("conv", x="1 2 3 4", w="1 10 100", causal=True, kernel="cpu")
    assert found.computed["output"] == [[[100.0, 210.0, 321.0, 432.0]]]


def test_an_option_that_an_operation_lacks() -> None:
    with pytest.raises(UserError, match=r"^run sgd has no --backward$"):
        OPERATIONS["sgd"].candidates({"backward"})


def test_backwards_tells_what_came_out_forwards() -> None:
    """The maxima of the four windows beside the gradient that goes to their winners."""
    found = by_hand("pool", x="6 4 8 5; 5 4 5 8; 3 6 7 7; 7 9 7 2", f=2, s=2, backward=True).to_dict()
    assert found["output"] == [[[6, 8], [9, 7]]]
    assert found["dx"] == [[[1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]]]


def test_a_padding_of_several_numbers() -> None:
    """Above, below, left and right; of rows and of columns; before and after a signal: each as two sides by hand."""
    image = {"x": "1 2; 3 4", "w": "1 0; 0 1"}
    on_sides = by_hand("conv", **image, pad_begin="1 2", pad_end="0 3").output
    forms = ("1,0,2,3", "1 0 2 3", "1x0x2x3", "((1, 0), (2, 3))", (1, 0, 2, 3), [[1, 0], [2, 3]])
    assert [by_hand("conv", **image, p=form).output for form in forms] == [on_sides] * len(forms)
    assert by_hand("conv", **image, pad_begin="1x2", pad_end="0x3").output == on_sides
    assert by_hand("conv", **image, p="1x0").output == by_hand("conv", **image, pad_begin="1 0", pad_end="1 0").output
    assert by_hand("conv", x="1 2 3 4", w="1 10", d=2, p="2,0").output == (((10, 20, 31, 42),),)
    with pytest.raises(UserError, match=r"^the padding is given once: by --p, or by --pad-begin and --pad-end$"):
        by_hand("conv", **image, p="1,0,2,3", pad_begin=1)
