"""Thousands and millions of what is counted: 33.8k MACs."""

from __future__ import annotations

import pytest
from handing_in import posed, says

LAYER = {"n": 37, "f": 5, "s": 3, "p": 2, "c": 1, "k": 8}


@pytest.mark.parametrize(
    "words", ["33.8k MACs", "33.8kMACs", "33.8 K MAC", "33.8 thousand MACs", "0.0338 MMACs", "0.0338 million MACs."]
)
def test_what_is_counted_may_stand_behind_a_scale(words: str) -> None:
    assert says(posed("output-size", **LAYER), cost=words) == {"cost": "right"}


@pytest.mark.parametrize("words", ["33.8k apples", "33.8 Maps of k"])
def test_other_words_are_not_understood(words: str) -> None:
    assert says(posed("output-size", **LAYER), cost=words) == {"cost": "unreadable"}
