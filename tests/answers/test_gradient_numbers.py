"""A gradient in numbers, marked number by number: the array, the other layout, mistakes on these numbers, places."""

from __future__ import annotations

from typing import Any

import pytest
from rows import each_row

from dlcalc.answers.wrong_numbers import wrong_numbers
from dlcalc.api.feedforward_gradients import backprop
from dlcalc.api.recurrent_gradients import bptt
from dlcalc.errors import UserError
from dlcalc.expressions.arrays import each, flat, shape_of, transpose
from dlcalc.expressions.nodes import Value

TIME = {"x": "1; -1; 2", "W": "0.5 0.1; -0.2 0.3", "U": "0.4; 0.6", "y": "1; 0; 1", "V": "1 -1"}
NETWORK = "2; dense 2 sigmoid; dense 1 sigmoid"
LAYERS = {"x": "0.05 0.10", "target": "1", "weights": "W1 = 0.15 0.2; 0.25 0.3  W2 = 0.4 0.45"}


def written(value: Value) -> str:
    rows = value if len(shape_of(value)) == 2 else (value if isinstance(value, tuple) else (value,),)
    return "; ".join(" ".join(f"{float(number):.5g}" for number in row) for row in rows)


def through_time(answer: str, **more: Any) -> Any:
    return bptt("rnn", "W", head="linear", values=TIME, answer=answer, **more)


def right() -> Value:
    """By finite differences of the loss."""
    return bptt("rnn", "W", head="linear", values=TIME).beside  # type: ignore[union-attr]


def changed(value: Value, place: int, by: float) -> Value:
    numbers = list(flat((value,)))
    numbers[place] += by
    return tuple(tuple(numbers[2 * row : 2 * row + 2]) for row in range(2))


ANSWERS = [
    (lambda found: found, "right", "", ""),
    (lambda found: transpose(found), "convention", "", "right in row layout"),
    (lambda found: each(lambda number: -number, found), "wrong", "sign-turned", ""),
    (lambda found: each(lambda number: number / 3, found), "wrong", "mean-over-time", ""),
    (lambda found: found[::-1], "wrong", "rows-reversed", ""),
    (lambda found: changed(found, 1, 1.0), "wrong", "", "3 of 4 numbers are right. Wrong: row 1, column 2."),
    (lambda found: found[0], "wrong", "border-missing", "a matrix of 2×2 is expected"),
]


@each_row(("change", "status", "mistake", "said"), ANSWERS, ids=lambda value: getattr(value, "__name__", value))
def test_of_a_recurrent_network(change: Any, status: str, mistake: str, said: str) -> None:
    found = through_time(written(change(right())))
    named = [each.mistakes[0].id for each in found.mark.mistakes]
    assert (found.status, named[:1]) == (status, [mistake] if mistake else [])
    assert said in f"{found.mark.reason} {wrong_numbers(found.mark.cells)}"
    assert found.to_dict()["expected"] == [list(row) for row in found.expected]
    assert found.to_markdown()


def test_each_mistake_on_the_numbers_of_the_question() -> None:
    """What is worked out here by hand: Σ_t δ_t ⊗ h_t, and Σ_t δ_t ⊗ h_{t−1} without the last step."""
    made: Any = bptt("rnn", "W", head="linear", values=TIME)
    made.numbers.by_delta()
    states, errors = made.numbers.environment["h"], made.numbers.environment["delta"]
    for name, shift, steps in (("state-of-the-same-step", 0, (1, 2, 3)), ("last-step-missing", -1, (1, 2))):
        terms = [[[d * h for h in states[t + shift]] for d in errors[t]] for t in steps]
        answer = tuple(tuple(sum(term[i][j] for term in terms) for j in range(2)) for i in range(2))
        assert name in [each.mistakes[0].id for each in through_time(written(answer)).mark.mistakes]


def test_of_a_feed_forward_network() -> None:
    """One number, a bias, weights, and filters row by row; the mistakes are those of the letters."""
    for wrt, change, status, mistake in (
        ("W1", 1, "right", ""), ("b1", 1, "right", ""), ("W1[1,2]", 1, "right", ""), ("W1", -1, "wrong", "sign-turned"),
        ("b1", 7, "wrong", ""), ("W1[1,2]", -1, "wrong", "sign-turned"),
    ):  # fmt: skip
        made: Any = backprop(NETWORK, wrt, **LAYERS)
        value = made.entry_value if made.entry else made.beside(f"{wrt[0]}_1")
        answer = written(each(lambda number, by=change: by * number, value))  # type: ignore[misc]
        found: Any = backprop(NETWORK, wrt, answer=answer, show=True, **LAYERS)
        assert (found.status, [m["id"] for m in found.mistakes[:1]]) == (status, [mistake] if mistake else []), wrt
        assert found.to_dict()["wrt"].startswith(wrt[0])
        assert found.to_latex()
    filters: Any = backprop("3x3x1; conv 2 f2 relu; dense 1 sigmoid", "W1", "numeric")
    rows = [row for kernel in filters.numbers.gradients["W_1"] for channel in kernel for row in channel]
    answer = written(tuple(rows))
    assert backprop("3x3x1; conv 2 f2 relu; dense 1 sigmoid", "W1", "numeric", answer=answer).status == "right"  # type: ignore[union-attr]


def test_a_layout_that_is_stated_binds() -> None:
    turned = written(transpose(right()))
    found = through_time(turned, layout="column")
    assert (found.status, found.convention) == ("wrong", "row")
    assert "the question uses column layout" in found.reason


def test_a_formula_is_no_array() -> None:
    """With numbers beside it a formula is refused, without them it is judged in letters."""
    with pytest.raises(UserError, match="leave the values out"):
        through_time("Σ_t δ_t h_{t-1}^T")
    assert bptt("rnn", "W", "numeric", answer="Σ_t δ_t h_{t-1}^T").mark.status == "right"  # type: ignore[union-attr]
    assert through_time("1 2; 3").status == "unreadable"


def test_a_gru_with_the_other_update_gate_is_a_convention() -> None:
    """The same numbers with z and 1 − z exchanged; where the question states its gate it is another question."""

    def asked(answer: str | None = None, gate: str | None = None) -> Any:
        return bptt("gru", "U_z", form="numeric", steps=2, update_gate=gate, answer=answer)

    other = written(asked(gate="renew").gradient)
    mark = asked(other).mark
    assert (mark.status, mark.convention) == ("convention", "renew")
    assert asked(other, "keep").mark.status == "wrong"
