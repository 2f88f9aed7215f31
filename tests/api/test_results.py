"""What calculations hand back: as objects, as dictionaries for JSON, as documents."""

from __future__ import annotations

import copy
import json
from fractions import Fraction

import pytest

import dlcalc
from dlcalc.expressions.jsonable import as_json
from dlcalc.expressions.nodes import Div, Literal, Mul, Name


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (3, 3),
        (0.5, 0.5),
        (True, True),
        (Fraction(1, 4), 0.25),
        (Fraction(1, 3), "1/3"),
        (Fraction(-7, 20), -0.35),
        (Fraction(1, 10**15), "1/1000000000000000"),
        ((1, (2, Fraction(1, 2))), [1, [2, 0.5]]),
        ({1: 5, 2: Fraction(1, 3)}, {"1": 5, "2": "1/3"}),
        (Mul((Literal(121), Name("c"))), "121*c"),
        (Div(Name("n"), Name("s")), "n/s"),
    ],
)
def test_values_for_json(value: object, plain: object) -> None:
    """Numbers that a decimal holds exactly are numbers; other fractions and letters are expressions in a string."""
    assert as_json(value) == plain
    assert json.loads(json.dumps(as_json(value))) == plain


def test_backwards_as_a_dictionary() -> None:
    """Solutions as a list of objects, and the ranges in which they were looked for."""
    found = dlcalc.conv(n=32, s=2, o=16, find="p", f=3)
    assert found.to_dict() == {
        "formula": "conv",
        "solutions": [{"p": 1}],
        "count": 1,
        "searched": {"p": [0, 32]},
        "wanted": {"o": "16"},
        "given": {"n": 32, "s": 2, "f": 3},
    }
    assert repr(found) == "<1 solution; searched: p = 0..32: [{'p': 1}]>"


@pytest.mark.parametrize(
    "found",
    [
        dlcalc.conv(n=32, s=2, o=16),
        dlcalc.conv(n=32, s=2, f=3, o=16, find="p"),
        dlcalc.conv(n=32, f=3, o=99),
        dlcalc.solve("2n^2 + 3n = 230"),
        dlcalc.conv.check("parameters", 160, n=28, f=3, c=6, k=16, show=True),
        dlcalc.lstm.check("parameters", 53_600, n=32, m=100),
        dlcalc.conv.check("o", 26, n=28, f=3),
    ],
    ids=repr,
)  # fmt: skip
def test_every_result_shows_itself(found: dlcalc.Result) -> None:
    """In Jupyter as in the formats; the dictionary is plain JSON."""
    assert found._repr_html_() == found.to_html()
    drawn = found._repr_latex_()
    assert (drawn is None) == ("$$" not in found.to_markdown())
    assert drawn is None or (drawn.startswith("$$\n\\begin{aligned}") and drawn.endswith("\\end{aligned}\n$$"))
    assert found._repr_markdown_() == found.to_markdown()
    assert found.to_markdown().startswith(f"# {found.document().title[:8]}")
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False)) == found.to_dict()


def test_a_profile_spells_every_result() -> None:
    """Questions asked backwards and verdicts use the course's letters too."""
    backwards = dlcalc.conv(n=227, f=11, o=55, profile="cs231n")
    assert "S &= 4" in backwards.to_markdown()
    judged = dlcalc.conv.check("pad", 1, n=5, f=3, p=1, profile="cs231n", show=True)
    assert judged.spell["p"] == "P"


def test_judged_as_a_dictionary() -> None:
    """Correct or not, what was expected, by which convention, and the mistakes with their reasons."""
    judged = dlcalc.conv.check("parameters", "160", n=28, f=3, c=6, k=16).to_dict()
    because = judged["mistakes"][0]["because"]
    assert judged == {
        "formula": "conv",
        "asked": "parameters",
        "answer": "160",
        "status": "wrong",
        "correct": False,
        "expected": 880,
        "convention": None,
        "mistakes": [{"id": "channels-forgotten", "because": because}],
        "more": 0,
        "reason": "",
    }


def test_expected_is_one_number_where_the_axes_agree() -> None:
    """26, not (26, 26); but both where they differ."""
    assert dlcalc.conv.check("o", 26, n=28, f=3).expected == 26
    assert dlcalc.conv.check("o", "26x36", n=(28, 38), f=3).expected == (26, 36)
    assert dlcalc.conv.check("output", "26x26x4", n=28, f=3, k=4).to_dict()["expected"] == [26, 26, 4]


@pytest.mark.parametrize(
    ("judged", "text"),
    [
        (dlcalc.conv.check("o", 26, n=28, f=3), "<o = 26 is right>"),
        (dlcalc.conv.check("o", 26, n=28, f=3, p=1), "<o = 26 is wrong: padding-forgotten, padding-once+no-plus-one>"),
        (dlcalc.conv.check("o", 1000, n=28, f=3), "<o = 1000 is wrong: no typical mistake>"),
    ],
    ids=["right", "mistake", "unknown"],
)
def test_judged_in_one_line(judged: dlcalc.Judged, text: str) -> None:
    """For the prompt of Python."""
    assert repr(judged) == text


def test_no_more_than_five_mistakes() -> None:
    """Seven mistakes and pairs of them lead from 6 pixels to 2: five are named, the others are counted."""
    judged = dlcalc.conv.check("o", 2, n=6, f=2, s=2, p=1).to_dict()
    assert len(judged["mistakes"]) == 5
    assert judged["more"] == 2


def test_a_result_can_be_copied() -> None:
    """Looking an attribute up by name does not get in the way."""
    found = dlcalc.conv(n=5, f=3)
    assert copy.copy(found).to_dict() == copy.deepcopy(found).to_dict() == found.to_dict()
