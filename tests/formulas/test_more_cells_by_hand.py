"""ConvLSTM, skip-gram, batch statistics of several features, and gradients of deep recurrent layers, by hand."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from rows import each_row

from dlcalc.api.hand_run import by_hand, check
from dlcalc.errors import UserError
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run

Rows = list[list[float]]


def drawn(draw: random.Random, *shape: int) -> Any:
    if not shape:
        return round(draw.uniform(-1, 1), 3)
    return [drawn(draw, *shape[1:]) for _ in range(shape[0])]


# ConvLSTM


def same_size(image: Rows, kernel: Rows) -> Rows:
    """Every window's sum of products, with zeros around the image."""
    height, width, rows, columns = len(image), len(image[0]), len(kernel), len(kernel[0])
    found = []
    for m in range(height):
        found.append([0.0] * width)
        for n in range(width):
            for u in range(rows):
                for v in range(columns):
                    i, j = m + u - (rows - 1) // 2, n + v - (columns - 1) // 2
                    if 0 <= i < height and 0 <= j < width:
                        found[m][n] += kernel[u][v] * image[i][j]
    return found


def convlstm(given: dict[str, Any]) -> list[Rows]:
    """Place by place, as the equations say."""
    maps = given["x"]
    h = c = [[0.0] * len(maps[0][0]) for _ in maps[0]]
    states = []
    for x in maps:
        sums = {g: (same_size(x, given[f"W_{g}"]), same_size(h, given[f"U_{g}"])) for g in "fioc"}

        def gate(g: str, m: int, n: int, cell: float = 0.0, sums: Any = sums) -> float:
            peephole = given[f"p_{g}"][m][n] * cell if f"p_{g}" in given else 0.0
            return 1 / (1 + math.exp(-(sums[g][0][m][n] + sums[g][1][m][n] + given.get(f"b_{g}", 0) + peephole)))

        new_c, new_h = [], []
        for m in range(len(x)):
            new_c.append([0.0] * len(x[0]))
            new_h.append([0.0] * len(x[0]))
            for n in range(len(x[0])):
                candidate = math.tanh(sums["c"][0][m][n] + sums["c"][1][m][n] + given.get("b_c", 0))
                new_c[m][n] = gate("f", m, n, c[m][n]) * c[m][n] + gate("i", m, n, c[m][n]) * candidate
                new_h[m][n] = gate("o", m, n, new_c[m][n]) * math.tanh(new_c[m][n])
        h, c = new_h, new_c
        states.append(h)
    return states


@each_row("rows, columns, size, peepholes", [(2, 3, (3, 3), False), (1, 4, (1, 3), False), (2, 2, (3, 2), True)])
def test_convlstm(rows: int, columns: int, size: tuple[int, int], peepholes: bool) -> None:
    draw = random.Random(rows)
    given = {"x": drawn(draw, 3, rows, columns), "b_f": 0.5, "b_c": -0.25}
    given |= {f"{letter}_{g}": drawn(draw, *size) for letter in "WU" for g in "fioc"}
    if peepholes:
        given |= {f"p_{g}": drawn(draw, rows, columns) for g in "fio"}
    found = by_hand("conv-lstm", **given)
    for ours, theirs in zip(found.h, convlstm(given), strict=True):
        for row, wanted in zip(ours, theirs, strict=True):
            assert row == pytest.approx(wanted, abs=1e-12)


def test_filters_of_a_convlstm_have_one_size() -> None:
    given: dict[str, Any] = {f"{letter}_{g}": "0 1 0" for letter in "WU" for g in "fioc"}
    with pytest.raises(UserError, match="all filters have the same size"):
        by_hand("conv-lstm", x="1 2 | 0 1", **{**given, "U_c": "1"})
    with pytest.raises(UserError, match="a peephole has one weight for each place of the map"):
        by_hand("conv-lstm", x="1 2 | 0 1", p_f="1", p_i="1 1", p_o="1 1", **given)


# skip-gram


@each_row("words, window", [(n, c) for n in (2, 3, 5) for c in (1, 2, 6)])
def test_every_pair_within_the_window(words: int, window: int) -> None:
    x = tuple(range(10, 10 + words))
    found = run(formula("skip_gram_by_hand"), {"x": x, "c": window})
    pairs = [(x[t], x[s]) for t in range(words) for s in range(words) if 0 < abs(s - t) <= window]
    assert found["y"] == tuple(pairs)
    assert found["pairs"] == len(pairs)


def test_pairs_of_words() -> None:
    found = by_hand("skip-gram", x="The quick brown fox.", window=1)
    assert [[str(word) for word in pair] for pair in found.y][:3] == [
        ["the", "quick"], ["quick", "the"], ["quick", "brown"],
    ]  # fmt: skip
    after_only = check("skip-gram", "pairs", 3, x="a b c d", window=1)
    assert {each["id"] for each in after_only.mistakes} == {"words-after-only", "words-before-only"}
    turned = check("skip-gram", "y", "2 1; 1 2; 3 2; 2 3", x="1 2 3", window=1)
    assert [each["id"] for each in turned.mistakes] == ["context-first"]
    with pytest.raises(UserError, match="a pair needs two words"):
        by_hand("skip-gram", x="7", window=1)


def test_negative_sampling() -> None:
    """v = (0, 0): every probability is ½, so the loss is 3 ln 2; large scores do not overflow."""
    found = by_hand("skip-gram", v="0 0", u="3 4", negatives="1 2; 5 6")
    assert found.loss == pytest.approx(3 * math.log(2))
    assert found.dv == pytest.approx(((1 + 5 - 3) / 2, (2 + 6 - 4) / 2))
    given = {"v": "0.1 0.2", "u": "0.3 0.4", "negatives": "0.5 -0.1; -0.2 0.3"}
    assert all(each["agrees"] for each in by_hand("skip-gram", **given).to_dict()["finite_differences"].values())
    assert by_hand("skip-gram", v="100 0", u="-100 0", negatives="1 0").loss == pytest.approx(10100)
    with pytest.raises(UserError, match="the vectors of centre and context have the same length"):
        by_hand("skip-gram", v="1 2", u="1", negatives="1 2")
    with pytest.raises(UserError, match="the vectors of the samples have the length of v"):
        by_hand("skip-gram", v="1 2", u="1 2", negatives="1")


# batch normalisation


@each_row("convention", ["textbook", "unbiased", "pytorch"])
def test_each_feature_has_its_own_running_statistics(convention: str) -> None:
    batch, before = ((1, 2), (3, 6), (8, 7)), {"old_mean": (0, 1), "old_variance": (1, 2)}
    both = by_hand("batchnorm", x=batch, momentum="1/10", convention=convention, **before)
    for place in (0, 1):
        column = [row[place] for row in batch]
        one = by_hand("batchnorm", x=column, momentum="1/10", convention=convention,
                      **{name: values[place] for name, values in before.items()})  # fmt: skip
        assert (both.running_mean[place], both.running_variance[place]) == (one.running_mean, one.running_variance)


def test_each_feature_has_its_own_statistics_at_test_time() -> None:
    found = by_hand("batchnorm", x="1 2; 3 6", running_mean="1 2", running_var="4 1", gamma="2 1")
    assert found.y == ((0, 0), (2, 4))
    batch_mean = check("batchnorm", "xhat", "-1/2 -2; 1/2 2", x="1 2; 3 6", running_mean="1 2", running_var="4 1")
    assert [each["id"] for each in batch_mean.mistakes] == ["batch-mean-at-test"]


# recurrent layers


@each_row("loss, factor", [("no-half", 2), ("last-no-half", 2)])
def test_a_loss_without_the_half_has_twice_the_gradient(loss: str, factor: int) -> None:
    for more in ({}, {"V": 2, "c": 0.5}):
        given: dict[str, Any] = {"x": "1 2", "w_x": 0.5, "w_h": 0.3, "target": "1 0.5", "backward": True, **more}
        half = by_hand("rnn", **given, loss="last" if loss.startswith("last") else "sum")
        whole = by_hand("rnn", **given, loss=loss)
        assert whole.loss == pytest.approx(factor * half.loss)
        assert whole.dW == pytest.approx(factor * half.dW)
        assert all(each["agrees"] for each in whole.to_dict()["finite_differences"].values())
    forgotten = check("rnn", "e[2]", half_error(), x="1 2", w_x=0.5, w_h=0.3, target="1 0.5", backward=True, loss=loss)
    assert "two-forgotten" in [each["id"] for each in forgotten.mistakes]


def half_error() -> Value:
    return math.tanh(0.5 * 2 + 0.3 * math.tanh(0.5)) - 0.5


GATES = {"rnn": ("",), "lstm": "fioc", "gru": "zrg"}


@each_row("cell, more", [(cell, more) for cell in GATES for more in (
    {"layers": 2}, {"bidirectional": True}, {"layers": 2, "bidirectional": True})])  # fmt: skip
def test_gradients_of_several_layers_and_directions(cell: str, more: dict[str, Any]) -> None:
    """By the chain rule from layer to layer; finite differences of the loss agree with each of them."""
    draw, (n, m, units) = random.Random(1), (2, 1, 2)
    ways, deep = 2 if "bidirectional" in more else 1, "layers" in more
    sizes = [(m, n)] * ways + ([(units, ways * m)] * ways if deep else [])
    given: dict[str, Any] = {"x": drawn(draw, 2, n), "d_h": drawn(draw, 2, ways * (units if deep else m))}
    for gate in GATES[cell]:
        entering, state, bias = ("w_x", "w_h", "b") if cell == "rnn" else (f"w_{gate}", f"u_{gate}", f"b_{gate}")
        given |= {entering: [drawn(draw, a, b) for a, b in sizes], state: [drawn(draw, a, a) for a, _ in sizes],
                  bias: [drawn(draw, a) for a, _ in sizes]}  # fmt: skip
    found = by_hand(cell, **given, **more, backward=True)
    differences = found.to_dict()["finite_differences"]
    assert differences
    assert all(each["agrees"] for each in differences.values())
    assert found.h == by_hand(cell, **{k: v for k, v in given.items() if k != "d_h"}, **more).h


def test_mistakes_with_the_gradient_of_two_directions() -> None:
    given: dict[str, Any] = {"x": "1 2", "w_x": "0.5|0.4", "w_h": "0.3|0.2", "bidirectional": True, "backward": True}
    found = by_hand("rnn", **given)
    forwards = by_hand("rnn", x="1 2", w_x=0.5, w_h=0.3, backward=True)
    alone = check("rnn", "dx", [[value] for value in forwards.dx], **given)
    assert [each["id"] for each in alone.mistakes] == ["backward-direction-forgotten"]
    assert check("rnn", "dx", found.dx, **given).correct


# convolution in groups, optimisers


def test_a_convolution_in_groups_has_0_for_the_other_channels() -> None:
    """Depthwise: channel by channel; in two groups of two channels each filter reads its own two."""
    channels = "1 2; 3 4 | 5 6; 7 8"
    depthwise = by_hand("conv", x=channels, w="1 1; 1 1 | 2 2; 2 2", groups=2)
    assert depthwise.output == (((10,),), ((52,),))
    assert by_hand("conv", x=channels, w="1 1; 1 1 || 2 2; 2 2", groups=2, b="1 0").output == (((11,),), ((52,),))
    four = [[[1]], [[2]], [[3]], [[4]]]
    filters = [[[[1]], [[10]]], [[[100]], [[1000]]]]
    assert by_hand("conv", x=four, w=filters, groups=2).output == (((21,),), ((4300,),))
    assert by_hand("conv", x=channels, w="1 | 1", groups=1).output == (((6, 8), (10, 12)),)


@each_row(
    "given, said",
    [
        ({"groups": 3}, "--groups divides the channels of the image, 2, not 3"),
        ({"groups": "x"}, "--groups divides the channels of the image, 2, not x"),
        ({"groups": 2, "w": "1"}, "in 2 groups of 2 channels a filter has 1, and there are as many filters in each"),
        ({"groups": 2, "backward": True}, "--groups is worked out forwards only: leave --backward out"),
    ],
)
def test_groups_that_do_not_fit(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        by_hand("conv", **{"x": "1 2; 3 4 | 5 6; 7 8", "w": "1 | 2", **given})


def test_weight_decay_is_beside_the_step() -> None:
    """w ← (1 − ηλ)w − the step: 0.99·1 − 0.05 = 0.94, 0.99·0.94 − 0.05; the same step of Adam."""
    found = by_hand("sgd", w=1, g="0.5 0.5", eta="0.1", weight_decay="0.1")
    assert [float(each) for each in found.w_new] == pytest.approx([0.94, 0.8806])
    plain = by_hand("adam", w=1, g="0.1 -0.3", eta="0.01").change
    decayed = by_hand("adam", w=1, g="0.1 -0.3", eta="0.01", weight_decay="0.5")
    assert decayed.change == pytest.approx(plain)
    assert decayed.w_new[0] == pytest.approx(0.995 - plain[0])
    forgotten = check("sgd", "w_new", "0.95", w=1, g="0.5", eta="0.1", weight_decay="0.1")
    assert [each["id"] for each in forgotten.mistakes] == ["weight-decay-forgotten"]
    after = {"w": decayed.w_new[0], "m0": decayed.m[0], "v0": decayed.v[0], "t0": 1}
    continued = by_hand("adam", g="-0.3", eta="0.01", weight_decay="0.5", **after)
    assert continued.w_new[0] == pytest.approx(decayed.w_new[1])


def test_a_previous_update_is_the_start_velocity() -> None:
    given: dict[str, Any] = {"w": 1, "g": "0.5", "eta": "0.1", "form": "keras"}
    assert float(by_hand("momentum", previous_update="0.02", **given).w_new[0]) == pytest.approx(0.968)
    assert by_hand("momentum", velocity="0.02", **given).w_new == by_hand("momentum", v0="0.02", **given).w_new


def test_one_target_is_that_of_the_last_step() -> None:
    """Where only the last step has a loss the others need no target; else there is one for each."""
    given: dict[str, Any] = {"x": "1 2 3", "w_x": 0.5, "w_h": 0.5, "backward": True}
    for more in ({}, {"V": 2}):
        alone, all_of_them = (by_hand("rnn", y=y, loss="last", **given, **more) for y in ("2", "0 0 2"))
        assert (alone.loss, alone.dW) == (all_of_them.loss, all_of_them.dW)
    two: dict[str, Any] = {"x": "1 2; 3 4", "w_x": "1 0; 0 1", "w_h": 0.1, "V": "1 2; 3 4", "softmax": True}
    assert by_hand("rnn", y="1 0", loss="last", backward=True, **two).loss == pytest.approx(
        by_hand("rnn", y="0 0; 1 0", loss="last", backward=True, **two).loss
    )
    with pytest.raises(UserError, match="give one target per time step"):
        by_hand("rnn", y="1 2", **given)


def test_one_step_of_logistic_regression() -> None:
    """w ← w − η(ŷ − y)x: the gradient is the one that is told without a learning rate."""
    given: dict[str, Any] = {"x": "1 2", "w": "0.5 -0.25", "b": "0.25", "target": 1}
    plain, step = by_hand("logistic", **given), by_hand("logistic", eta="0.1", **given)
    assert step.w_new == pytest.approx((0.5 - 0.1 * plain.dw[0], -0.25 - 0.1 * plain.dw[1]))
    assert step.b_new == pytest.approx(0.25 - 0.1 * plain.db)
    kept = check("logistic", "b_new", "0.25", eta="0.1", **given)
    assert kept.mistakes[0]["id"] == "bias-unchanged"


def test_padding_in_words_and_other_letters_of_what_was_before() -> None:
    same = by_hand("conv", x="1 2; 3 4", w="1 0; 0 1", p="same")
    assert same.output == by_hand("conv", x="1 2; 3 4", w="1 0; 0 1", same=True).output
    assert by_hand("conv", x="1 2; 3 4", w="1 0; 0 1", p="valid").output == (((5,),),)
    for letter in ("v0", "s0", "r0"):
        given: dict[str, Any] = {"w": 1, "g": "0.5", letter: "0.1"}
        assert by_hand("rmsprop", **given).w_new == by_hand("rmsprop", w=1, g="0.5", G0="0.1").w_new
