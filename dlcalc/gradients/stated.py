"""Intermediates that an answer states, worked out: δ_t = …, δ_T = … for one step, ∂h_m/∂h_{m−1} = …, δ[j, k] = …."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product as every

from ..errors import UserError
from ..expressions import printing
from ..expressions.arrays import each, flat
from ..expressions.assembled import PARTIALS
from ..expressions.evaluate import Environment, Evaluator, compile_node
from ..expressions.limits import LimitError
from ..expressions.nodes import Index, Node, Partial, Value, names_in, to_node, walk
from .answer import Statement


class OpenError(LimitError):
    """The answer speaks of a derivative that is not worked out: it is neither right nor wrong."""


def unknown(left: Node) -> str:
    """What is said of a part that has no number. Raises OpenError where that is the sign of a derivative."""
    sign = next((part for part in walk(left) if isinstance(part, Partial)), None)
    if sign is not None:
        raise OpenError(f"{printing.text(sign)} has no value here: write out what it is")
    names = ", ".join(names_in(left)) or printing.text(left)
    return f"{names} has no value in this network"


@dataclass(frozen=True)
class _Open:
    """One value that is not worked out yet: `keep` puts it where it is looked up."""

    values: dict[str, int]
    run: Evaluator
    keep: Callable[[Environment, Value], None]
    may_stay: bool
    """Whether it may have no value: not every ∂h_j/∂h_k and δ[j, k] is asked for."""
    place: Partial | None = None
    """The sign that it is the value of."""


_draw = random.Random(0)


def work_out(statements: tuple[Statement, ...], env: Environment, steps: int, zero: Callable[[str], Value]) -> None:
    """Puts stated values into an environment, whichever order they ask for.

    `zero`: what a sequence is after the last step. Raises UserError where one has no value.
    """
    true = dict(env.get(PARTIALS) or {})
    open_ = list(_open(statements, env, steps, zero))
    error: UserError | None = None
    while open_:
        left = []
        for one in open_:
            try:
                value = one.run({**env, **one.values})
                if any(isinstance(item, Node) for item in flat((value,))):
                    raise UserError(unknown(next(i for i in flat((value,)) if isinstance(i, Node))))
            except UserError as problem:
                if isinstance(problem, LimitError) and not isinstance(problem, OpenError):
                    raise
                error = problem
                left.append(one)
                continue
            one.keep(env, value)
        if len(left) == len(open_):
            # ∂h_j/∂h_k = Π ∂h_m/∂h_{m−1} says nothing of one step: that is what it is
            known = [one for one in left if one.place in true]
            for one in known:
                assert one.place is not None
                env[PARTIALS][one.place] = true[one.place]
            left = [one for one in left if one not in known]
            if all(one.may_stay for one in left) and not known:
                return
            if known:
                open_ = left
                continue
            assert error is not None
            raise error
        open_ = left


def _open(
    statements: tuple[Statement, ...], env: Environment, steps: int, zero: Callable[[str], Value]
) -> Iterator[_Open]:
    """Each value that is stated, once: what is said of one step counts before what is said of all."""
    if any(isinstance(stated.index, Partial) for stated in statements):
        env[PARTIALS] = dict(env.get(PARTIALS) or {})
    for name in {s.name for s in statements if s.name and (s.letter or s.index is not None)}:
        if any(s.name == name and isinstance(s.index, Index) for s in statements):
            env[name] = {j: {} for j in range(steps + 2)}
            continue
        before = env.get(name)
        # before the first step stands what the network has there, and else what no formula comes to
        start = before[0] if isinstance(before, dict) and 0 in before else each(lambda _: _draw.random(), zero(name))
        env[name] = {0: start, steps + 1: zero(name)}
    found: dict[object, _Open] = {}
    for statement in sorted(statements, key=lambda s: -len(s.letters)):
        found |= dict(_of_one(statement, env, steps, zero))
    yield from found.values()


def _of_one(
    statement: Statement, env: Environment, steps: int, zero: Callable[[str], Value]
) -> Iterator[tuple[object, _Open]]:
    run, name, index = compile_node(statement.right), statement.name, statement.index
    if not statement.letters:
        if index is None:
            yield name, _Open({}, run, lambda env, value: env.update({name: value}), False)
            return
        if not isinstance(index, Partial | Index):
            at = compile_node(index)(env)
            if not isinstance(at, int):
                raise UserError("an intermediate is stated for step t, for T or for a number")
            yield (name, at), _Open({}, _zero_as_array(run, zero(name)), _at_step(name, at), False)
            return
    for numbers in every(range(1, steps + 1), repeat=len(statement.letters)):
        values = dict(zip(statement.letters, numbers, strict=True))
        if statement.letter:
            (at,) = numbers
            yield (name, at), _Open(values, _zero_as_array(run, zero(name)), _at_step(name, at), False)
        elif isinstance(index, Partial):
            place = _placed(index, {**env, **values})
            env[PARTIALS].pop(place, None)
            yield place, _Open(values, run, _under_sign(place), True, place)
        else:
            assert isinstance(index, Index)
            one, other = (compile_node(part)({**env, **values}) for part in index.indices)
            if isinstance(one, int) and isinstance(other, int):
                yield (name, one, other), _Open(values, run, _at_two(name, one, other), True)


def _zero_as_array(run: Evaluator, zero: Value) -> Evaluator:
    """δ_{T+1} = 0 is a vector of zeros."""

    def value(env: Environment) -> Value:
        found = run(env)
        return zero if isinstance(zero, tuple) and found.__class__ is int and found == 0 else found

    return value


def _at_step(name: str, at: int) -> Callable[[Environment, Value], None]:
    return lambda env, value: env[name].update({at: value})


def _at_two(name: str, one: int, other: int) -> Callable[[Environment, Value], None]:
    return lambda env, value: env[name].setdefault(one, {}).update({other: value})


def _under_sign(place: Partial) -> Callable[[Environment, Value], None]:
    return lambda env, value: env[PARTIALS].update({place: value})


def _placed(sign: Partial, env: Environment) -> Partial:
    """∂h_m/∂h_{m−1} with the numbers of its steps."""
    sides = []
    for side in (sign.top, sign.bottom):
        if isinstance(side, Index):
            side = Index(side.base, tuple(to_node(compile_node(part)(env)) for part in side.indices))
        sides.append(side)
    return Partial(sides[0], sides[1], sign.direct)
