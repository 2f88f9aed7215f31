"""Problem files written down in tests: a small one that works, and ways to change it."""

from __future__ import annotations

from functools import cache

from dlcalc.quiz import bank
from dlcalc.quiz.problem import Problem
from dlcalc.quiz.reader import problem_of
from dlcalc.quiz.variant import Variant, variant

FRONT = """\
title = 'One layer'
rows = ['A1']

[draw]
n = '20..64'
f = [3, 5, 7]
c = [1, 3]
k = [8, 16]

[let]
span = 'n - f'

[[part]]
id = 'size'
kind = 'shape'
ask = 'conv.output'

[[part]]
id = 'cost'
kind = 'integer'
ask = 'conv.macs'
follows = ['size']
"""
BODY = """\
A layer reads {{n}}×{{n}} pixels with {{c}} channels, with {{k}} filters of {{f}}×{{f}}.

## size
What is the shape of the output?

## cost
How many MACs is that, where the window can move by ${{span}}$?
"""
PATH = "topic/layer.md"


def text(front: str = FRONT, body: str = BODY) -> bytes:
    return f"+++\n{front}+++\n{body}".encode()


def problem(front: str = FRONT, body: str = BODY, path: str = PATH) -> Problem:
    return problem_of(text(front, body), path)


def changed(old: str, new: str, path: str = PATH) -> Problem:
    """The small problem with one text in it replaced."""
    whole = text().decode()
    assert old in whole
    return problem_of(whole.replace(old, new, 1).encode(), path)


@cache
def variants_of_the_bank() -> tuple[Variant, ...]:
    """One of each problem; what it has worked out for one test it has for the next."""
    return tuple(variant(problem, 1) for problem in bank.of_topic("all"))


def one_part(part: str, draw: str = "n = '20..64'\nf = [3, 5]\nc = [3]\nk = [8]", more: str = "") -> Problem:
    """A problem of one part, and what is drawn for it."""
    return problem(f"title = 'T'\n{more}\n[draw]\n{draw}\n\n[[part]]\n{part}\n", "What is it?\n")
