"""Drawing numbers: our own integer sampler over a hash, the same on every machine and in every version of Python."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction

from ..errors import UserError
from ..expressions.arrays import each
from ..expressions.nodes import Kind, Value
from .defaults import with_defaults
from .model import Formula, Variable
from .program import program
from .run import failures


class Sampler:
    """Whole numbers from a stream named by its key; independent streams have different keys."""

    def __init__(self, *key: object) -> None:
        self._key = "\x1f".join(map(str, key)).encode("utf-8", "surrogatepass")
        self._count = 0

    def integer(self, low: int, high: int) -> int:
        """A whole number in low..high, each as likely (rejection, so without bias)."""
        size = high - low + 1
        limit = (1 << 64) - (1 << 64) % size
        while True:
            self._count += 1
            digest = hashlib.blake2b(self._key + self._count.to_bytes(8, "big"), digest_size=8).digest()
            number = int.from_bytes(digest, "big")
            if number < limit:
                return low + number % size

    def chance(self, one_in: int) -> bool:
        return self.integer(1, one_in) == 1


def draw(formula: Formula, *key: object, tries: int = 200) -> dict[str, Value]:
    """Ordinary values for all variables of a formula, such that its conditions hold.

    Axes differ in a third of the draws; defaults are kept in half of them. Raises UserError when `tries` draws fail.
    """
    for attempt in range(tries):
        if attempt % 20 == 0:
            # for twenty tries at a time: chosen anew each time, the defaults that meet the conditions would be favoured
            choice = Sampler(formula.id, *key, "kept", attempt)
            uneven = formula.axes > 1 and choice.chance(3)
            drawn = [v for v in formula.variables if v.default is None or not choice.chance(2)]
        sampler = Sampler(formula.id, *key, attempt)
        given = {v.name: _value(v, sampler, formula.axes if uneven and v.per_axis else 0) for v in drawn}
        if holds(formula, given):
            return given
    raise UserError(f"{formula.id}: no draw of {tries} meets the conditions")


SIGNS = 8
"""So many points have every pattern of signs that two letters can have."""
_PATTERNS = ((1, 1), (-1, -1), (1, -1), (-1, 1))


def sign_at(attempt: int, place: int, sampler: Sampler) -> int:
    """The sign, 1 or −1, of the letter at `place` at a point of comparison.

    All positive, all negative, every other one, then as it falls: at positive points alone relu(x) is x and √(w²) is w.
    """
    turn = attempt % SIGNS
    return _PATTERNS[turn][place % 2] if turn < len(_PATTERNS) else (-1 if sampler.chance(2) else 1)


def point_value(variable: Variable, sampler: Sampler, attempt: int, place: int) -> Value:
    """An ordinary value for a point of comparison; where the domain has both signs, so have the points."""
    value = _value(variable, sampler, 0)
    return value if variable.low >= 0 else each(lambda n: abs(n) * sign_at(attempt, place, sampler), value)


def _value(variable: Variable, sampler: Sampler, axes: int) -> Value:
    if axes:
        return tuple(_number(variable, sampler) for _ in range(axes))
    if variable.sizes:
        return _shaped(variable, sampler, variable.sizes)
    return _array(variable, sampler, variable.kind.rank if variable.kind is not Kind.AXES else 0)


def _shaped(variable: Variable, sampler: Sampler, sizes: tuple[int, ...]) -> Value:
    if not sizes:
        return _number(variable, sampler)
    return tuple(_shaped(variable, sampler, sizes[1:]) for _ in range(sizes[0]))


def _array(variable: Variable, sampler: Sampler, rank: int) -> Value:
    if rank == 0:
        return _number(variable, sampler)
    if rank == 1:
        return tuple(_number(variable, sampler) for _ in range(sampler.integer(*variable.lengths)))
    return tuple(_array(variable, sampler, rank - 1) for _ in range(sampler.integer(*variable.lengths)))


def _number(variable: Variable, sampler: Sampler) -> Value:
    low, high = variable.ordinary
    if variable.integer:
        return sampler.integer(int(low), int(high))
    hundredths = sampler.integer(round(low * 100), round(high * 100))
    number = Fraction(hundredths, 100)
    return number.numerator if number.denominator == 1 else number


def holds(formula: Formula, given: Mapping[str, Value]) -> bool:
    """Whether the conditions hold and every step can be computed."""
    try:
        compiled = program(formula)
        state = compiled.execute(compiled.state(with_defaults(formula, given)))
        return not any(failures(condition, formula, state) for condition in formula.conditions)
    except UserError:
        return False
