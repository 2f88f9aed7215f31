"""What answers earn is a value of the exam file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from handing_in import marked, written

from dlcalc.errors import ProblemError
from dlcalc.grading.policy import Policy, policy_of, read_policy
from dlcalc.quiz.toml_fields import TomlFields


def read(**values: Any) -> Policy:
    return read_policy(TomlFields("exam.toml", values, "policy"))


def test_by_default_everything_right_earns_all() -> None:
    usual = Policy()
    assert read() == usual
    assert [usual.share(status) for status in ("right", "follows", "convention")] == [1, 1, 1]
    assert [usual.share(status) for status in ("wrong", "undecided", "unreadable", "missing")] == [0, 0, 0, 0]
    assert usual.in_steps(Fraction(7, 3)) == Fraction(7, 3)


def test_values() -> None:
    policy = read(follows=0.5, convention="1/4", choices="partial", round_to=0.5)
    assert policy == Policy(Fraction(1, 2), Fraction(1, 4), "partial", Fraction(1, 2))
    assert (policy.share("right"), policy.share("follows"), policy.share("convention")) == (1, 0.5, 0.25)
    assert [policy.in_steps(Fraction(points)) for points in ("2.4", "2.5", "2.99", "0")] == [2, 2.5, 2.5, 0]
    assert (policy.shares.follows, policy.shares.convention) == (0.5, 0.25)


@pytest.mark.parametrize("policy", [Policy(), Policy(Fraction(1, 3), Fraction(0), "partial", Fraction(1, 4))])
def test_a_manifest_keeps_it(policy: Policy) -> None:
    assert policy_of(policy.to_dict(), "manifest.json") == policy


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"follows": 2}, r"exam.toml: policy: follows: a share of the points must be between 0 and 1, not 2"),
        ({"convention": "3/2"}, r"convention: a share of the points must be between 0 and 1, not 3/2"),
        ({"follows": -1}, r"follows: a number from 0 on is expected, not -1"),
        ({"follows": "all"}, r"follows: a number from 0 on is expected, not 'all'"),
        ({"choices": "some"}, r"choices: this is one of all, partial, not 'some'"),
        ({"folows": 1}, r"folows: there is no such key here; did you mean follows\?"),
    ],
)
def test_what_is_no_policy(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        read(**values)


@pytest.mark.parametrize(
    ("policy", "text", "status"),
    [
        (Policy(), "1,125", "undecided"), (Policy(), "1.125", "right"), (Policy(), "9/8", "right"),
        (Policy(decimal=","), "1,125", "right"), (Policy(decimal=","), "1.125", "wrong"),
        (Policy(decimal="."), "1,125", "wrong"), (Policy(form="decimal"), "9/8", "unreadable"),
        (Policy(form="decimal"), "1.125", "right"),
    ],
)  # fmt: skip
def test_an_exam_says_how_numbers_are_written(policy: Policy, text: str, status: str, tmp_path: Path) -> None:
    front = (
        "title = 'x'\ntopic = 'training'\nlevel = 'easy'\n[draw]\nq = [9]\n[[step]]\nname = 'l'\nexpression = 'q/8'\n"
    )
    path = tmp_path / "loss.md"
    posed = written(path, f"+++\n{front}[[part]]\nid = 'a'\nkind = 'number'\nask = 'this.l'\n+++\n{{{{q}}}}\n")
    assert marked(posed, policy, a=text)["a"].status == status
