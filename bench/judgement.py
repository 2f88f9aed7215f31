"""How well wrong answers are judged: mistakes named, slips of the pen found, and how seldom something by chance."""

from __future__ import annotations

import sys
from pathlib import Path

from .rows import Row

TIMES, SLIPS, RANDOM = 12, 200, 1_000
"""Draws of each kind of mistake, slips of the pen, and random wrong numbers of each kind."""


def rows(_runs: int, _words: str = "") -> list[Row]:
    """Each share with what it has to be at least, or at most."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    import judgement
    from naive.further_slips import further_slips
    from naive.slips import slips

    found = []
    for name, made in (("listed mistakes", slips(TIMES)), ("further mistakes", further_slips(TIMES))):
        count, named, first, missed = judgement.named_of(made)
        often = ", ".join(f"{id} ({times})" for id, times in missed.most_common(3))
        found.append(_least(f"{name}, named", named / count, 0.98, f"of {count}; not named most often: {often or '–'}"))
        found.append(_least(f"{name}, named first", first / count, 0.93))
    every = [*judgement.CALCULATED, *judgement.BY_HAND]
    tried, offered, said = judgement.of_the_pen(SLIPS, every)
    found.append(_least("slips of the pen, found", said / tried, 0.6, f"of {tried}; something offered: {offered}"))
    for kind, (named, guessed) in judgement.by_chance(RANDOM, every).items():
        found.append(_most(f"random {kind}s, said to be a mistake", named / RANDOM, 0.05))
        found.append(_most(f"random {kind}s, something offered", guessed / RANDOM, 0.1))
    return found


def _least(name: str, share: float, least: float, note: str = "") -> Row:
    return Row(name, share, None, "", f"≥ {least:.0%}", share >= least, "%", note)


def _most(name: str, share: float, most: float) -> Row:
    return Row(name, share, None, "", f"≤ {most:.0%}", share <= most, "%")
