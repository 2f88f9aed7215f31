"""How many wrong answers, made by plain functions that know nothing of the catalogue, are named for what they are."""

from __future__ import annotations

from judgement import named_of
from naive.further_slips import further_slips
from naive.slips import slips

TIMES = 2
"""Draws of each kind: some 140 answers."""


def test_what_is_in_the_list_is_named() -> None:
    count, found, first, missed = named_of(slips(TIMES))
    assert count > 100
    assert found / count >= 0.95, missed
    assert first / count >= 0.93, missed


def test_what_else_learners_do_is_named() -> None:
    count, found, first, missed = named_of(further_slips(TIMES))
    assert count > 300
    assert found / count >= 0.98, missed
    assert first / count >= 0.93, missed
