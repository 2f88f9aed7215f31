"""A question asked again with the student's own earlier values in place of the right ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, product
from typing import TypeAlias, TypeVar

from ..errors import UserError
from ..expressions.nodes import Value
from .array_marks import indexed, is_sound_array
from .formula_target import FormulaTarget
from .inverse_target import InverseTarget
from .target import Target

MOST_CARRIED = 4
"""Earlier wrong answers whose combinations are carried on."""

Values: TypeAlias = Mapping[str, Value]
Written = TypeVar("Written")


@dataclass(frozen=True)
class Again:
    """What is asked on earlier answers that are carried on; no `names` where all of those are right in themselves."""

    names: tuple[str, ...]
    asked: FormulaTarget | InverseTarget

    @property
    def status(self) -> str:
        """What is said of an answer that is right then."""
        return "follows" if self.names else "right"


def first_right(
    followed: Iterable[Again], readings: Sequence[Written], is_right: Callable[[Again, Written], bool]
) -> tuple[Again, Written] | None:
    """The first question asked again for which a reading of the answer is right, and that reading."""
    return next((found for found in product(followed, readings) if is_right(*found)), None)


@dataclass(frozen=True)
class Earlier:
    """An earlier answer: what was asked, the value that was written, and that of a shape with its channels first.

    `is_right`: it earned its points although its value is another one than the right one.
    """

    asked: Target
    value: Value
    reordered: Value | None = None
    is_right: bool = False
    is_array: bool = False


def followed(
    asked: Target,
    earlier: Mapping[str, Earlier],
    ask: Callable[[Values], Target],
    guard: Callable[[Values], bool] | None,
) -> Iterator[Again]:
    """A question asked again on earlier answers, all wrong ones together and then fewer, where that changes it.

    `ask` gives the question for such values, `guard` says whether they may be carried on; without one they have to be
    positive and of the form of the right ones.
    """
    for names, values in _carried(earlier):
        if not (guard(values) if guard else _is_sound(earlier, values)):
            continue
        try:
            again = ask(values)
            if isinstance(again, FormulaTarget):
                again = replace(again, known=_pins(again, earlier, values))
                changed = again.known or not isinstance(asked, FormulaTarget) or again.given != asked.given
            elif isinstance(again, InverseTarget):
                changed = not isinstance(asked, InverseTarget) or again.given != asked.given
            else:
                continue
            if changed:
                assert again.expected is not None
                yield Again(() if all(earlier[name].is_right for name in names) else names, again)
        except (UserError, OverflowError):
            continue


def _carried(earlier: Mapping[str, Earlier]) -> Iterator[tuple[tuple[str, ...], dict[str, Value]]]:
    """A wrong shape that may be turned is carried on as it was written, then turned."""
    wrong = [name for name, each in earlier.items() if each.value != each.asked.expected][:MOST_CARRIED]
    for count in range(len(wrong), 0, -1):
        for names in combinations(wrong, count):
            written = {name: earlier[name].value for name in names}
            reordered = {name: earlier[name].reordered for name in names if earlier[name].reordered is not None}
            yield names, written
            if reordered:
                yield names, written | reordered


def _is_sound(earlier: Mapping[str, Earlier], values: Values) -> bool:
    return all(
        (is_sound_array if earlier[name].is_array else is_sound)(value, earlier[name].asked.expected)
        for name, value in values.items()
    )


def is_sound(value: Value, right: Value) -> bool:
    """Whether a student's value can be carried on: numbers, as many as there should be, and none that makes it easy."""
    parts = value if isinstance(value, tuple) else (value,)
    rights = right if isinstance(right, tuple) else (right,)
    if len(parts) != len(rights) and len(parts) != 1:
        return False
    return all(isinstance(part, int | float | Fraction) and part > 0 for part in parts) and not (
        all(part == 1 for part in parts) and any(each != 1 for each in rights)
    )


def _pins(asked: FormulaTarget, earlier: Mapping[str, Earlier], values: Values) -> dict[str, Value]:
    """Steps of the same formula on the same values that were answered before."""
    pins: dict[str, Value] = {}
    for name, value in values.items():
        pins.update(pinned(asked, earlier[name].asked, value))
    return pins


def pinned(asked: FormulaTarget, before: Target, value: Value) -> dict[str, Value]:
    """The steps of the same formula on the same values that an earlier answer stands for; none of another question.

    A shape 55×55×96 is also the size 55 of each axis.
    """
    if not isinstance(before, FormulaTarget) or before.formula is not asked.formula or before.name == asked.name:
        return {}
    if dict(before.given) != dict(asked.given):
        return {}
    found = before.formula
    if before.rank is not None:
        return {before.name: indexed(value, before.working_out.state.values[before.name])}
    if before.name != found.shape:
        per_axis = found.is_per_axis(before.name) and not isinstance(value, tuple)
        return {before.name: (value,) * found.axes if per_axis else value}
    shape = value if isinstance(value, tuple) else (value,)
    pins: dict[str, Value] = {found.shape: shape}
    if found.is_per_axis("o") and found.variable("o") is None and len(shape) == found.axes + 1:
        pins["o"] = shape[:-1]
    return pins
