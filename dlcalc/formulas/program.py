"""A formula compiled: run whole, or only downstream of an edit.

This is the machine under `run` and `diagnose`. It checks nothing of the user's; `run` does that first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from ..errors import InternalError
from ..expressions.arrays import unrolled
from ..expressions.nodes import Value, names_in
from .model import Convention, Formula, Mistake
from .registry import formula as find_formula
from .steps import Op, State, Unit, Unrolled, blocks, edited, opened

Edit = tuple[str, str]
"""A step, and the expression that it has instead."""


class Program:
    """The steps of a formula under one convention, called formulas opened (`steps`)."""

    def __init__(self, formula: Formula, convention: str = "") -> None:
        self.formula = formula
        self.convention = formula.convention(convention) if convention else formula.conventions[0]
        self.ops = list(opened(formula, self.convention.name))
        self.place = {op.name: index for index, op in enumerate(self.ops)}
        self.axes = self._axes()
        self._blocks = {place: block for block in blocks(self.ops) for place in block}
        self._differs: dict[tuple[str, str], bool] = {}
        self._replaced: dict[Edit, dict[int, Op]] = {}
        self._needed: dict[str, frozenset[str]] = {}
        self._relevant: dict[str, tuple[Mistake, ...]] = {}
        self._reach: dict[str, tuple[int, ...]] = {}
        self._read: dict[str, frozenset[str]] = {}
        self._places: dict[tuple[str, ...], tuple[int, ...]] = {}
        self._plans: dict[tuple[str, ...], list[Unit]] = {}
        self._lines: dict[tuple[int, ...], list[Unit]] = {}
        self.searched: dict[str, Any] = {}
        """What `searching` has made of the steps, by what is asked."""

    def _axes(self) -> int:
        found = {op.formula.axes for op in self.ops} - {0}
        if len(found) > 1:
            shown = " and ".join(map(str, sorted(found)))
            raise InternalError(f"{self.formula.id}: formulas of {shown} axes do not call each other")
        return found.pop() if found else 0

    # what depends on what

    def steps(self) -> list[Op]:
        """The formula's own steps, as they are shown."""
        return [op for op in self.ops if not op.prefix]

    def reads(self, name: str) -> frozenset[str]:
        """The names that a step reads; none for a variable."""
        return self._op(name).reads if name in self.place else frozenset()

    def needed(self, target: str) -> frozenset[str]:
        """The steps that the target is computed from, itself included; of `conv1.o` also `conv1`, which calls."""
        if target not in self._needed:
            names = self._behind([target])
            callers = {name[:dot] for name in names for dot, letter in enumerate(name) if letter == "."}
            self._needed[target] = frozenset(names | (callers & self.place.keys()))
        return self._needed[target]

    def _behind(self, targets: Iterable[str], whole: bool = False) -> set[str]:
        """The steps that the targets are computed from; with `whole` also what is unrolled with one of them."""
        wanted = set(targets)
        for block in sorted(set(self._blocks.values()), key=lambda block: block.start, reverse=True):
            ops = [self.ops[place] for place in block]
            if whole and any(op.name in wanted for op in ops):
                wanted.update(op.name for op in ops)
            for _ in block:  # a step may read, one index before, what is unrolled after it
                wanted.update(*(op.reads for op in ops if op.name in wanted))
        return wanted & self.place.keys()

    def places_of(self, targets: Iterable[str]) -> tuple[int, ...]:
        """The places of all that several targets are computed from."""
        return tuple(sorted(self.place[name] for name in self._behind(targets, whole=True)))

    def places_after(self, target: str, others: tuple[str, ...]) -> tuple[int, ...]:
        """The places of what other targets need besides what `reach` has run for the first one, found once."""
        key = (target, *others)
        if key not in self._places:
            reached = set(self._reached(target))
            self._places[key] = tuple(place for place in self.places_of(others) if place not in reached)
        return self._places[key]

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The formula's own mistakes and, under dotted names, those of the formulas that its steps call.

        Of each those that are mistakes under the convention.
        """
        return _mistakes(self.formula, (self.convention,))

    def relevant(self, target: str) -> tuple[Mistake, ...]:
        """The mistakes on the way to `target`, in the order of what they change first."""
        if target not in self._relevant:
            needed = self.needed(target)
            found = [mistake for mistake in self.mistakes if mistake.edits.keys() & needed]
            self._relevant[target] = tuple(sorted(found, key=lambda mistake: min(self._changed(mistake))))
        return self._relevant[target]

    def differs(self, other: Program, target: str) -> bool:
        """Whether `target` is computed otherwise than under another convention of the same formula."""
        key = (other.convention.name, target)
        if key not in self._differs:
            needed = self.needed(target) | other.needed(target)
            self._differs[key] = any(self._op(name).node != other._op(name).node for name in needed)
        return self._differs[key]

    def _op(self, name: str) -> Op:
        return self.ops[self.place[name]]

    # edits

    def edited(self, step: str, expression: str) -> Op:
        """The step with another expression, compiled once."""
        return self._replacing((step, expression))[self.place[step]]

    def _replacing(self, edit: Edit) -> dict[int, Op]:
        """The steps that an edit replaces, by place: of a step that calls a formula also the arguments that change."""
        if edit not in self._replaced:
            step, expression = edit
            new = edited(self._op(step), expression)
            self._replaced[edit] = found = {self.place[step]: new}
            for argument in new.arguments:
                place = self.place[argument.name]
                if argument.node != self.ops[place].node:
                    found[place] = argument
        return self._replaced[edit]

    def _changed(self, mistake: Mistake) -> dict[int, Op]:
        """The steps that a mistake replaces, by place."""
        return {place: op for edit in mistake.edits.items() for place, op in self._replacing(edit).items()}

    def together(self, a: Mistake, b: Mistake) -> bool:
        """Whether two mistakes are in steps that are unrolled together, so that neither can be made after the other."""
        if a.more or b.more:
            return True
        return self._blocks[self.place[a.step]] is self._blocks[self.place[b.step]]

    def last_beside(self, place: int) -> int:
        """The place of the last step that is unrolled together with the one at a place; that place alone."""
        return self._blocks[place][-1]

    def plan(self, target: str, *mistakes: Mistake) -> list[Unit]:
        """What is run again, on a state of `reach`, when mistakes are made and only `target` is asked."""
        key = (target, *[mistake.id for mistake in mistakes])
        if key not in self._plans:
            self._plans[key] = self.plan_of(target, [edit for mistake in mistakes for edit in mistake.edits.items()])
        return self._plans[key]

    def plan_of(self, target: str, edits: Iterable[Edit]) -> list[Unit]:
        """What is run again with any edits of steps, made anew at each call."""
        replaced = {place: op for edit in edits for place, op in self._replacing(edit).items()}
        needed = {self.ops[place].name for place in self._reached(target)}
        places = {place for place in replaced if self.ops[place].name in needed}
        changed = {self.ops[place].name for place in places}
        for place in range(min(places, default=len(self.ops)), len(self.ops)):
            op = self.ops[place]
            if op.name in needed and (place in places or op.reads & changed):
                block = self._blocks[place]
                places.update(block)
                changed.update(self.ops[each].name for each in block)
        return self._units(sorted(places), replaced)

    def _units(self, places: Iterable[int], replaced: Mapping[int, Op]) -> list[Unit]:
        """The steps at these places as they are run: what is unrolled together as one."""
        units: list[Unit] = []
        for block in dict.fromkeys(self._blocks[place] for place in places):
            ops = [replaced.get(place, self.ops[place]) for place in block]
            units.append(Unrolled(ops) if ops[0].step.each else ops[0])
        return units

    # running

    def state(self, given: Mapping[str, Value]) -> State:
        """The starting values. Per-axis names hold a tuple, one number per axis."""
        formula = self.formula
        values = dict(given)
        if not self.axes:
            return State(values, [], 0)
        per_axis = [name for name in given if formula.is_per_axis(name)]
        for name in per_axis:
            if not isinstance(values[name], tuple):
                values[name] = (values[name],) * self.axes
        alike = all(len(set(values[name])) == 1 for name in per_axis)
        lanes = []
        for axis in range(1 if alike else self.axes):
            lane = dict(values)
            lane.update({name: values[name][axis] for name in per_axis})
            lanes.append(lane)
        return State(values, lanes, self.axes)

    def reach(self, given: Mapping[str, Value], target: str) -> State:
        """Runs what `target` is computed from, and what a mistake on the way may read, on complete values."""
        return self.execute(self.state(given), self._reached(target))

    def _reached(self, target: str) -> tuple[int, ...]:
        if target not in self._reach:
            edits = [op for mistake in self.relevant(target) for op in self._changed(mistake).values()]
            self._reach[target] = self.places_of([target, *(name for op in edits for name in op.reads)])
        return self._reach[target]

    def read_for(self, target: str) -> frozenset[str]:
        """The names that `target` is computed from, or by a mistake on the way: steps and variables.

        What the default of one of them is made of is among them.
        """
        if target not in self._read:
            ops = [self.ops[place] for place in self._reached(target)]
            ops += [op for mistake in self.relevant(target) for op in self._changed(mistake).values()]
            found = {name for op in ops for name in op.reads}
            for variable in reversed(self.formula.variables):
                if variable.name in found and variable.default is not None:
                    found.update(names_in(self.formula.parse(variable.default, per_axis=True)))
            self._read[target] = frozenset(found)
        return self._read[target]

    def reach_all(self, given: Mapping[str, Value], targets: Iterable[str]) -> State:
        """Runs what several targets are computed from."""
        return self.execute(self.state(given), self.places_of(targets))

    def execute(
        self,
        state: State,
        places: tuple[int, ...] | None = None,
        edits: Mapping[str, str] | None = None,
        pinned: Mapping[str, Value] | None = None,
    ) -> State:
        """Runs the steps at `places` (all, by default) on `state`, in place.

        `edits` maps steps to other expressions, `pinned` steps to fixed values; names of a called formula's steps
        are dotted. Raises UserError where the arithmetic has no answer.
        """
        where = tuple(range(len(self.ops))) if places is None else places
        if edits:
            replaced = {place: op for edit in edits.items() for place, op in self._replacing(edit).items()}
            units = self._units(where, replaced)
        else:
            if where not in self._lines:
                self._lines[where] = self._units(where, {})
            units = self._lines[where]
        for unit in units:
            unit.run(state, pinned or {})
        return state


def _mistakes(formula: Formula, conventions: tuple[Convention, ...]) -> tuple[Mistake, ...]:
    """`conventions`: that of the formula and of those that call it, which may make a sentence untrue."""
    own, *others = conventions
    words = [word for other in others for word in other.untrue]
    found = [
        mistake
        for mistake in formula.mistakes
        if formula.holds(mistake, own) and not any(word in mistake.because for word in words)
    ]
    found += [replace(m, expression=m.expression or formula.expression(m.step)) for m in own.own]
    for step in formula.steps:
        if step.called and not formula.alone:
            called = find_formula(step.called)
            used = next((known for known in called.conventions if known.name == own.name), called.conventions[0])
            inner = _mistakes(called, (used, *conventions))
            found += [_called(mistake, step.name) for mistake in inner]
    return tuple(found)


def _called(mistake: Mistake, step: str) -> Mistake:
    """A mistake of a called formula, by its dotted names."""
    more = tuple((f"{step}.{name}", expression) for name, expression in mistake.more)
    return replace(mistake, id=f"{step}.{mistake.id}", step=f"{step}.{mistake.step}", more=more)


as_array = unrolled
"""A value as it is handed out: an unrolled step's as a tuple, without the one before the first."""


def program(formula: Formula, convention: str = "") -> Program:
    """The compiled formula, made once per convention and kept with it."""
    programs: dict[str, Program] = formula.programs
    if convention not in programs:
        programs[convention] = Program(formula, convention)
    return programs[convention]
