"""10,000 diagnoses in one process: a wrong number for a random formula, and which mistakes lead to it.

And the search for a slip behind one that no known mistake gives, the longest of many.
"""

from __future__ import annotations

import gc
import time
from statistics import median
from typing import NamedTuple

from dlcalc.answers.formula_judging import search, verify
from dlcalc.errors import UserError
from dlcalc.expressions.answers import Answer
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.diagnose import wrong_values
from dlcalc.formulas.draw import Sampler, draw
from dlcalc.formulas.model import Formula
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run
from dlcalc.formulas.topics import TOPICS

from .rows import ADDITIONS, Row, additions

HOW_MANY = 10_000
IN_TURN = 1_000
"""So many, then the peer once more."""
MOST = 3.5
"""Seconds."""
SEARCHED, MOST_SEARCH = 500, 0.05
"""So many searches, and how many seconds one may take once its formula is compiled."""


class Case(NamedTuple):
    """A question with its numbers, and a wrong answer to it."""

    formula: Formula
    given: dict[str, Value]
    name: str
    answer: Answer


def cases(count: int) -> list[Case]:
    """Random questions, the same in every run; every other answer is what a typical mistake gives, the rest random.

    Asked are the calculators' formulas: a number. What to compute by hand are arrays, hundreds of numbers each.
    """
    ids = sorted(id for topic, known in TOPICS.items() if not topic.endswith("by_hand") for id in known)
    sampler = Sampler("bench", "diagnoses")
    found = []
    for number in range(count):
        asked = formula(ids[sampler.integer(0, len(ids) - 1)])
        given = draw(asked, "bench", number)
        name = asked.answers[sampler.integer(0, len(asked.answers) - 1)]
        typical = [value for _, value in wrong_values(asked, given, name).values()] if number % 2 else []
        if typical:
            wrong = typical[sampler.integer(0, len(typical) - 1)]
        else:
            wrong = _random(run(asked, given).state.values[name], sampler)
        found.append(Case(asked, given, name, Answer(str(wrong), wrong)))
    return found


def _random(like: Value, sampler: Sampler) -> Value:
    """A random whole number, or as many of them as the right answer has."""
    if isinstance(like, dict):
        return tuple(sampler.integer(1, 10**6) for index in like if index >= 1)
    if isinstance(like, tuple):
        return tuple(_random(item, sampler) for item in like)
    return sampler.integer(1, 10**6)


def rows(runs: int) -> list[Row]:
    """The median process time of `runs` passes over the same questions."""
    asked = cases(HOW_MANY)
    # Ten thousand questions lie in no process of dlcalc: no search for garbage among them falls into what is measured.
    gc.collect()
    gc.freeze()
    seconds, peer = [], []
    for _ in range(runs):
        seconds.append(0.0)
        for first in range(0, HOW_MANY, IN_TURN):
            peer.append(additions())
            start = time.process_time()
            for case in asked[first : first + IN_TURN]:
                verify(*case)
            seconds[-1] += time.process_time() - start
    taken = median(seconds)
    note = f"{taken / HOW_MANY * 1e6:.0f} µs each; the first pass, which compiles the formulas, {seconds[0]:.2f} s"
    target = f"≤ {MOST:g} s"
    longest = max(map(_search, asked[:SEARCHED:2]))
    return [
        Row(f"{HOW_MANY:,} diagnoses", taken, median(peer), ADDITIONS, target, taken <= MOST, "s", note),
        Row("the longest search for a slip", longest, median(peer), ADDITIONS, f"≤ {MOST_SEARCH:g} s",
            longest <= MOST_SEARCH, "s", f"of {SEARCHED // 2}, each formula compiled"),
    ]  # fmt: skip


def _search(case: Case) -> float:
    """The process time of a search, the second time."""
    taken = 0.0
    for _ in range(2):
        start = time.process_time()
        try:
            search(*case)
        except UserError:
            return 0.0
        taken = time.process_time() - start
    return taken
