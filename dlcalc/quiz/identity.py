"""What makes an exam this exam: its id, and a digest of what its problems draw and ask, whatever their wording.

Both go into every seed and code: another exam under the same secret has other numbers and other codes, and a slip in a
sentence that is mended later changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from ..networks.table import Table
from .problem import Problem
from .variant import Variant, variant

_WORDS: Mapping[str, frozenset[str]] = {
    "": frozenset({"title", "topic", "level", "rows", "source", "test", "tests"}),
    "part": frozenset({"hints", "points", "headings", "grid"}),
    "choice": frozenset({"text", "because", "id"}),
    "step": frozenset({"meaning", "unit"}),
    "mistake": frozenset({"because", "hint", "id", "weight"}),
}
"""Table of a problem file → its keys that say nothing of what is drawn and what is right."""
_SAMPLES = 2


class Identity(NamedTuple):
    """`id` is the exam's own name, `digest` that of its problems."""

    id: str
    digest: str


def draws_digest(table: Mapping[str, Any]) -> str:
    """Of the front matter of a problem file, all that is no wording."""
    return _digest(_without_words(table, ""))


def _without_words(value: Any, under: str) -> Any:
    if isinstance(value, Mapping):
        left_out = _WORDS.get(under, frozenset())
        return [[name, _without_words(item, _inside(under, name))] for name, item in sorted(value.items())
                if name not in left_out]  # fmt: skip
    if isinstance(value, list):
        return [_without_words(item, under) for item in value]
    return value if isinstance(value, str | int | bool) or value is None else repr(value)


def _inside(under: str, name: str) -> str:
    """Where a table stands: names of values, under `draw` and `let`, are no keys."""
    return name if under in ("", "part") else f"{under}.{name}"


def exam_digest(problems: Iterable[Problem]) -> str:
    """Of what the problems draw and ask, in their order, with the right answers of two variants each.

    So another right answer of a later dlcalc is noticed too. Only exact numbers are looked at: they are the same on
    every machine. Raises ProblemError where a problem cannot be drawn.
    """
    return _digest([[each.id, each.version, each.draws_digest, *_samples(each)] for each in problems])


def _samples(problem: Problem) -> Iterator[Any]:
    for number in range(_SAMPLES):
        made = variant(problem, f"digest/{number}")
        yield [[name, _exact(value)] for name, value in made.values.items()]
        yield [[part.id, _right(made, part.id)] for part in problem.parts]


def _right(made: Variant, part: str) -> Any:
    if part in made.choices:
        return [choice.right for choice in made.choices[part]]
    return _exact(made.asked[part].expected)


def _exact(value: Any) -> Any:
    """Whole numbers and fractions in whatever holds them; of anything else that it is there."""
    if isinstance(value, bool | int | str | Fraction):
        return str(value)
    if isinstance(value, tuple):
        return [_exact(item) for item in value]
    if isinstance(value, Table):
        return [[row.layer.kind, sorted((k, str(v)) for k, v in row.layer.settings.items())] for row in value.rows]
    return type(value).__name__ if isinstance(value, float) else "…"


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()[:16]
