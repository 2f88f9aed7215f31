"""Variants: the same on every machine, independent streams, sensible choices."""

from __future__ import annotations

import pytest
from problem_files import FRONT, changed, one_part, problem

from dlcalc.errors import ProblemError
from dlcalc.quiz.asked import FormulaAsked
from dlcalc.quiz.variant import on_edge, variant

NETWORK = "net = {kind = 'cnn', convs = [2], dense = [1]}\nbad = {slip = 'net', column = 'parameters'}\n[let]"


def test_a_seed_gives_the_same_numbers_on_every_machine() -> None:
    """The notes of today, written down: 46·46·8·9 = 152,352 and 25·25·16·49 = 490,000."""
    made = [variant(problem(), seed).note for seed in (1, 2, "a1b2")]
    assert made == [
        "layer v1 | n = 48, f = 3, c = 1, k = 8 | size: (46, 46, 8), cost: 152352",
        "layer v1 | n = 31, f = 7, c = 1, k = 16 | size: (25, 25, 16), cost: 490000",
        "layer v1 | n = 36, f = 5, c = 1, k = 16 | size: (32, 32, 16), cost: 409600",
    ]


def test_a_drawn_network_is_the_same_on_every_machine() -> None:
    assert variant(changed("[let]", NETWORK), 1).note == (
        "layer v1 | n = 43, f = 5, c = 3, k = 8, net = conv k8 f5 s2 p1; conv k16 f3 p1; avgpool f2; dense m10, "
        "bad = fc-1 parameters 93104 (bias-per-input) | size: (39, 39, 8), cost: 912600"
    )


def test_choices_stand_in_the_same_order_on_every_machine() -> None:
    """3·3·... with f = 5, c = 3, k = 8: 600 weights and 8 biases; each wrong one is a mistake's value."""
    made = variant(one_part("kind = 'choice'\nask = 'conv.parameters'"), 1)
    assert [(choice.words, choice.right, choice.id) for choice in made.choices["a"]] == [
        ("208", False, "channels-forgotten"),
        ("608", True, ""),
        ("600", False, "biases-forgotten"),
        ("83", False, "filters-forgotten"),
    ]


@pytest.mark.parametrize("seed", range(1, 40))
def test_a_further_drawn_name_changes_no_other(seed: int) -> None:
    """Each name has a stream of its own. (The first attempt's: a new name that a requirement reads may refuse it.)"""
    more = changed("c = [1, 3]", "z = '1..9'\nc = [1, 3]")
    before, after = variant(problem(), seed).values, variant(more, seed).values
    assert {name: after[name] for name in before} == before


def test_the_seed_decides_not_its_type() -> None:
    assert variant(problem(), 7).note == variant(problem(), "7").note


def test_version_and_id_change_the_numbers() -> None:
    notes = {variant(made, 1).note.partition("|")[2] for made in (
        problem(), problem(f"version = 2\n{FRONT}"), problem(path="topic/other.md"))}  # fmt: skip
    assert len(notes) == 3


def test_equal_variants_have_equal_notes() -> None:
    """Two numbers make two variants: their notes coincide exactly when what is drawn does."""
    made = [variant(changed("'20..64'", "[20, 30]"), seed) for seed in range(60)]
    by_note = {}
    for each in made:
        drawn = tuple(each.values[name] for name in ("n", "f", "c", "k"))
        assert by_note.setdefault(each.note, drawn) == drawn
    assert len(by_note) == len(set(by_note.values())) <= 2 * 3 * 2 * 2


def test_requirements_hold() -> None:
    made = problem(f"require = ['mod(n - f, 4) = 0', 'c < 3']\n{FRONT}")
    for seed in range(40):
        values = variant(made, seed).values
        assert (values["n"] - values["f"]) % 4 == 0
        assert values["c"] == 1


def test_earlier_working_is_shared_and_right() -> None:
    """Two parts of one formula on the same numbers are worked out once; another convention is not the same."""
    made = one_part("id = 'x'\nkind = 'integer'\nask = 'conv.macs'")
    two = problem(FRONT.replace("follows = ['size']", "convention = 'no-bias'"))
    asked = variant(problem(), 3).asked
    size, cost = asked["size"], asked["cost"]
    assert isinstance(size, FormulaAsked)
    assert isinstance(cost, FormulaAsked)
    assert cost.working_out is size.working_out
    other = variant(two, 3).asked
    assert other["cost"].working_out is not other["size"].working_out  # type: ignore[union-attr]
    assert variant(made, 3).asked["x"].expected == (variant(made, 3).values["n"] - variant(made, 3).values["f"] + 1) ** 2 * (
        8 * 3 * variant(made, 3).values["f"] ** 2
    )


def test_wrong_choices_are_different_and_wrong() -> None:
    made = one_part("kind = 'choice'\nask = 'conv.macs'")
    for seed in range(30):
        shown = variant(made, seed).choices["a"]
        assert len({choice.value for choice in shown}) == 4
        assert [choice.value for choice in shown if choice.right] == [variant(made, seed).asked["a"].expected]
        assert all(choice.because for choice in shown if not choice.right)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("kind = 'integer'\nask = 'conv.output'", r"part a: \(.*\) is no whole number"),
        ("kind = 'number'\nask = 'conv.output'", r"part a: \(.*\) is no number"),
        ("kind = 'expression'\nask = 'conv.weights'", "part a: .* has no letters"),
        ("kind = 'shape'\nask = 'conv.output'\nwith = {n = 'n', f = 'f', c = 'c'}", "the last: "),
        ("kind = 'choice'\nask = 'conv.f_eff'\npick = 12", r"only \d+ of 12 choices differ"),
        ("kind = 'integer'\nask = 'conv.o'\nwith = {n = 'f', f = 'n'}", "the last: .*"),
    ],
)
def test_answers_of_another_kind(part: str, said: str) -> None:
    try:
        made = variant(one_part(part), 1)
    except ProblemError as error:
        assert error.key == "draw"
        import re

        assert re.search(f"none of 400 draws fits; .*{said.removeprefix('the last: ')}", str(error))
    else:  # a shape in letters is a shape
        assert "kind = 'shape'" in part
        assert made.asked["a"].expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0, False), (1.2345, True), (1.2346, False), (12.35, True), (2.5, False), (1 / 3, False)]
)
def test_edges_of_rounding(value: float, expected: bool) -> None:
    """1.2345 rounds to 1.234 or 1.235 by a hair, 12.35 to 12.3 or 12.4; 2.5 has no more than two digits anyway."""
    assert on_edge(value) is expected
