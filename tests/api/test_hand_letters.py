"""Numbers by hand without numbers: letters stand for inputs and weights, and what comes out is an expression."""

from __future__ import annotations

import random
from typing import Any

import pytest

from dlcalc.api.hand_run import MOST_WRITTEN, by_hand, check
from dlcalc.errors import UserError
from dlcalc.expressions.evaluate import evaluate_at
from dlcalc.expressions.nodes import Value
from dlcalc.expressions.printing import plain
from dlcalc.formulas.run import letters_in


def lines(value: Value) -> Any:
    return [lines(item) for item in value] if isinstance(value, tuple) else plain(value)


@pytest.mark.parametrize(
    ("name", "given", "answer", "expected"),
    [
        ("conv", {"x": "x1 x2 x3 x4", "w": "w1 w2"}, "output",
         [[["w_1*x_1 + w_2*x_2", "w_1*x_2 + w_2*x_3", "w_1*x_3 + w_2*x_4"]]]),
        ("conv", {"x": "a b; c d", "w": "1 0; 0 -1", "b": "k", "p": 0}, "output", [[["a - d + k"]]]),
        ("conv-transpose", {"x": "a b", "w": "u v", "s": 1}, "output", [[["a*u", "b*u + a*v", "b*v"]]]),
        ("pool", {"x": "a b; c d", "f": 2, "kind": "max"}, "output", [[["max(a, b, c, d)"]]]),
        ("pool", {"x": "a b; c d", "f": 2, "kind": "avg"}, "output", [[["(a + b + c + d)/4"]]]),
        ("momentum", {"w": "w", "g": "g1 g2", "eta": "eta", "gamma": "gamma"}, "w_new",
         ["w - eta*g_1", "w - eta*g_1 - gamma*eta*g_1 - eta*g_2"]),
        ("momentum", {"w": "w", "g": "g", "eta": "eta", "gamma": "gamma", "v0": "v"}, "v", ["gamma*v + eta*g"]),
        ("rnn", {"x": "x1 x2", "w_x": "u", "w_h": "w", "b": "b"}, "h",
         ["tanh(u*x_1 + b)", "tanh(u*x_2 + w*tanh(u*x_1 + b) + b)"]),
        ("dense", {"x": "x1 x2", "w": "a b; c d", "b": "e f"}, "yhat", ["a*x_1 + b*x_2 + e", "c*x_1 + d*x_2 + f"]),
        ("softmax", {"z": "a b"}, "y", ["exp(a)/(exp(a) + exp(b))", "exp(b)/(exp(a) + exp(b))"]),
    ],
)  # fmt: skip
def test_what_comes_out_in_letters(name: str, given: dict[str, Any], answer: str, expected: Any) -> None:
    found = by_hand(name, **given)
    assert lines(found.working[answer]) == expected
    assert found.to_dict()[answer] == expected


@pytest.mark.parametrize(
    ("name", "given", "numbers"),
    [
        ("conv", {"x": "a b c; d e f; g h i", "w": "p q; r s", "b": "k", "backward": True}, {}),
        ("rnn", {"x": "a b; c d", "w_x": "p q; r s", "w_h": "e f; g h", "backward": True}, {}),
        ("lstm", {"x": "a b"} | {f"{w}_{g}": f"{w}{g}" for w in "wu" for g in "1234"}, {"1": "f", "2": "i", "3": "o",
                                                                                       "4": "c"}),
        ("attention", {"q": "a b", "k": "c d; e f", "v": "g; h"}, {}),
        ("adam", {"w": "w", "g": "a b"}, {}),
        ("mlp", {"x": "a b", "w_1": "p q; r s", "w_2": "e f", "target": "t", "eta": 0.5}, {}),
        ("softmax", {"z": "a b c", "target": 0}, {}),
    ],
)  # fmt: skip
def test_letters_and_numbers_agree(name: str, given: dict[str, Any], numbers: dict[str, str]) -> None:
    """What comes out in letters, with numbers substituted, is what comes out of the numbers."""
    given = {key[:2] + numbers[key[2:]] if key[2:] in numbers else key: value for key, value in given.items()}
    found = by_hand(name, **given)
    draw = random.Random(1)
    point = {letter: draw.randint(1, 9) / 8 for letter in letters_in(tuple(found.working.given.values()))}
    assert point

    def numeric(text: Any) -> Any:
        if not isinstance(text, str):
            return text
        return "; ".join(" ".join(_number(word, point) for word in row.split()) for row in text.split(";"))

    plainly = by_hand(name, **{key: numeric(value) for key, value in given.items()})
    for answer in found.working.formula.answers:
        value = evaluate_at(found.working[answer], point)
        assert flat(value) == pytest.approx(flat(plainly.working[answer]), rel=1e-12)


def _number(word: str, point: dict[str, float]) -> str:
    name = f"{word[0]}_{word[1:]}" if word[1:] else word
    return str(point.get(name, word))


def flat(value: Value) -> list[float]:
    return [each for item in value for each in flat(item)] if isinstance(value, tuple) else [float(value)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("x1*w1 + x2*w2, w1x2 + w2x3, w1x3 + x4w2", "right"),
        ("[x1w1+x2w2  x2w1+x3w2  x3w1+x4w2]", "right"),
        ("x2*w1 + x1*w2, x3w1 + x2w2, x4w1 + x3w2", "wrong"),
        ("x1*w1 + x2*w2, w1x2 + w2x3", "wrong"),
    ],
)
def test_an_answer_in_letters_is_judged(answer: str, status: str) -> None:
    found = check("conv", "output", answer, x="x1 x2 x3 x4", w="w1 w2")
    assert found.mark.status == status


def test_e_is_a_letter_among_letters_and_a_number_among_numbers() -> None:
    letters = {"x": "a b c; d e f; g h i", "w": "1 0; 0 -1"}
    assert lines(by_hand("conv", **letters).working["output"]) == [[["a - e", "b - f"], ["d - h", "e - i"]]]
    assert check("conv", "output", "a-e b-f; d-h e-i", **letters).mark.status == "right"
    assert by_hand("conv", x="e 1 2", w="1 2").working["output"][0][0][1] == 5
    assert by_hand("conv", x="e 1 2", w="1 2").working["output"][0][0][0] == pytest.approx(4.718281828)


@pytest.mark.parametrize(
    ("name", "given", "rule"),
    [
        ("pool", {"x": "a b; c d", "f": "f"}, r"^f is a whole number, not f: only weights, inputs"),
        ("conv", {"x": "x1 x2", "w": "1 2", "kernel": "cpu"}, r"^kernels compute with numbers, and x₁ has none: leave"),
        ("conv", {"x": "1 causal", "w": "1 2"}, r"^x: 'causal' is not a number: causal is not a number or a letter"),
        ("rnn", {"x": "1 2; " * 9 + "3 4", "w_x": "a b; c d", "w_h": "p q; r s"},
         rf"^run rnn in letters writes expressions of at most {MOST_WRITTEN:,} signs, and [\d,]+ are needed here: "),
    ],
)  # fmt: skip
def test_letters_where_they_do_not_go(name: str, given: dict[str, Any], rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        by_hand(name, **given)
