"""How a calculator is used: one example forwards, one backwards, one wrong answer that is judged; how it may count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any

from ..errors import UserError
from ..expressions import printing
from ..expressions.nodes import Value
from ..formulas.catalogue import ENTRIES, Entry
from ..formulas.diagnose import wrong_values
from ..formulas.hand_operations import OPERATIONS
from ..formulas.registry import formula
from .calculator import Calculator
from .hand_run import by_hand, check
from .results import Backwards, Calculation
from .signatures import words_of


@cache
def backwards(name: str) -> str:
    """A calculator's example asked backwards: an answer given, a quantity looked for that only one value has.

    Empty where no quantity of the example is found like that.
    """
    entry = ENTRIES[name]
    before, options = words_of(entry.example)
    worked = _worked(entry)
    for looked_for in reversed([name for name, value in options.items() if value and value.lstrip("-").isdecimal()]):
        left = {name: value for name, value in options.items() if name != looked_for}
        for answer, value in _whole_answers(worked):
            try:
                found = Calculator(name)(*before[2:], find=looked_for, **_named(left), **{answer: value})
            except UserError:
                continue
            if isinstance(found, Backwards) and [str(each.get(_letter(worked, looked_for))) for each in
                                                 found.solutions] == [options[looked_for]]:  # fmt: skip
                return _written(before, {**left, answer.replace("_", "-"): str(value), "find": looked_for})
    return ""


@cache
def checking(name: str) -> str:
    """A calculator's example with a wrong answer that a typical mistake gives; empty where none gives one number."""
    entry = ENTRIES[name]
    before, options = words_of(entry.example)
    worked = _worked(entry)
    working = worked.working
    answers = dict.fromkeys((*(answer for answer, _ in _whole_answers(worked)), *working.formula.answers))
    for answer in answers:
        for _, found in wrong_values(working.formula, working.given, answer, working.convention.name).values():
            value = found[0] if isinstance(found, tuple) and len(set(found)) == 1 else found
            text = printing.text(value) if isinstance(value, int | Fraction) else ""
            if not 0 < len(text) <= MOST_DIGITS:
                continue
            mark = Calculator(name).check(answer, text, *before[2:], **_named(options)).mark
            if mark.status == "wrong" and mark.mistakes:
                return _written(before, {**options, "ask": answer.replace("_", "-"), "answer": text})
    return ""


@cache
def checking_by_hand(name: str) -> str:
    """The example of an operation by hand with the first of its answers that can be typed, which is right."""
    before, options = words_of(OPERATIONS[name].example)
    worked = by_hand(name, **_named(options))
    for answer in worked.working.formula.answers:
        value = worked.working.shown(answer)
        while isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], tuple):
            (value,) = value  # the only channel, the only filter
        text = _typed(value)
        if 0 < len(text) <= MOST_TYPED and check(name, answer, text, **_named(options)).status == "right":
            return _written(before, {**options, "ask": answer, "answer": text})
    return ""


def _typed(value: Value) -> str:
    """A number, a vector or a matrix as it is typed; empty for what has letters or more axes."""
    if isinstance(value, tuple):
        parts = [_typed(part) for part in value]
        between = "; " if any(isinstance(part, tuple) for part in value) else " "
        return between.join(parts) if all(parts) and not any(";" in part for part in parts) else ""
    return f"{float(value):.6g}" if isinstance(value, int | float | Fraction) else ""


MOST_TYPED = 40
"""Characters of an answer in an example."""
MOST_DIGITS = 12
"""Of a wrong answer in an example."""


def conventions(formula_ids: Iterable[str]) -> list[tuple[str, str, str]]:
    """Name, who counts like that, and what they say, of every convention that the formulas have."""
    every = (each for id in formula_ids for each in formula(id).conventions)
    return list(dict.fromkeys((each.name, each.who, each.says) for each in every))


def _worked(entry: Entry) -> Calculation:
    before, options = words_of(entry.example)
    found = Calculator(entry.name)(*before[2:], **_named(options))
    assert isinstance(found, Calculation)
    return found


def _named(options: dict[str, str | None]) -> dict[str, Any]:
    return {name.replace("-", "_"): True if value is None else value for name, value in options.items()}


def _whole_answers(worked: Calculation) -> Iterator[tuple[str, Value]]:
    for name in worked.working.formula.answers:
        value = worked.working.shown(name)
        if isinstance(value, int):
            yield name, value


def _letter(worked: Calculation, option: str) -> str:
    name = option.replace("-", "_")
    return next((v.name for v in worked.working.formula.variables if name in (v.name, v.long.replace("-", "_"))), name)


def _written(before: list[str], options: dict[str, str | None]) -> str:
    words = [*before]
    for name, value in options.items():
        words += [f"--{name}"] if value is None else [f"--{name}", f'"{value}"' if " " in value else value]
    return " ".join(words)
