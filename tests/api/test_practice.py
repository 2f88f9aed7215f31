"""A practice set answered in a notebook: every answer is judged at once, and what follows from it too."""

from __future__ import annotations

import pytest

from dlcalc.api.practice import Practice, cells, hints, remark, solution
from dlcalc.api.quiz import paper
from dlcalc.document import plain
from dlcalc.errors import UserError


def test_answers_are_judged_and_counted() -> None:
    run = Practice(paper(["output-size"], seed=7))
    made = run.variants[0]
    right = {name: target.expected for name, target in made.asked.items()}
    side, _, depth = right["size"]
    first = run.answer(1, "size", f"{side - 1}x{side - 1}x{depth}")
    assert (first.status, first.mistakes[0].id) == ("wrong", "no-plus-one")
    assert plain(remark(first, 1).words).endswith("One more try.")
    assert run.answer(1, "weights", str(right["weights"])).status == "right"
    cost = right["cost"] * (side - 1) ** 2 // side**2
    assert run.answer(1, "cost", str(cost)).status == "follows"
    assert (run.right, run.asked) == (2, 3)
    assert run.points == {"convolution": (4, 6)}


def test_what_a_part_offers() -> None:
    made = Practice(paper(["cnn-table"])).variants[0]
    table = made.problem.parts[0]
    asked = cells(made.asked[table.id])  # type: ignore[arg-type]
    assert ("total", "parameters") in asked
    assert hints(made, made.problem.parts[1]) == hints(made, made.problem.parts[1])
    assert list(solution(made, made.problem.parts[1]))


@pytest.mark.parametrize(
    ("number", "part", "rule"),
    [(2, "size", "there are questions 1 to 1, not 2"), (1, "x", "question 1 has the parts size, weights, cost, not x")],
)
def test_a_part_that_is_not_there(number: int, part: str, rule: str) -> None:
    with pytest.raises(UserError, match=f"^{rule}$"):
        Practice(paper(["output-size"])).answer(number, part, "1")
