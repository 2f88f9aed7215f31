"""What must hold of every formula: forms equal steps, mistakes matter, sentences are sentences.

Numbers are drawn by seed, the same in every run; --draws asks for another number of draws.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import repeat

import pytest

from dlcalc.answers import formula_judging
from dlcalc.answers.formula_judging import verify
from dlcalc.answers.target import with_ones
from dlcalc.errors import UserError
from dlcalc.expressions.answers import Answer, agrees
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.nodes import Node, Value
from dlcalc.formulas.defaults import with_defaults
from dlcalc.formulas.diagnose import outcome, outcomes
from dlcalc.formulas.draw import draw
from dlcalc.formulas.model import Formula, Mistake
from dlcalc.formulas.program import as_array, program
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run
from dlcalc.formulas.steps import State
from dlcalc.formulas.topics import ids_known

DRAWS = 60
DRAWS_BY_HAND = 20
"""Of whole arrays, where each draw holds many numbers and its working takes long."""
NONE_PAIRED = 2.0
"""No mistake is so common that it would be tried together with another."""
FORMULAS = [pytest.param(formula(id), id=id) for id in sorted(ids_known())]

# By module: the tests of one formula run one after the other and share what was drawn for it.
each_formula = pytest.mark.parametrize("f", FORMULAS, scope="module")


@dataclass(frozen=True)
class Drawn:
    """Numbers for one formula, and what it gives with them."""

    formula: Formula
    seed: int

    @cached_property
    def given(self) -> dict[str, Value]:
        return draw(self.formula, "every", self.seed)

    @cached_property
    def state(self) -> State:
        return program(self.formula).execute(program(self.formula).state(with_defaults(self.formula, self.given)))

    def is_changed_by(self, mistake: Mistake, name: str) -> bool:
        """Whether a mistake gives another value of a step."""
        compiled = program(self.formula)
        if mistake not in compiled.relevant(name):
            return False
        value = outcome(compiled.plan(name, mistake), self.state.copy(), name)
        return value is not None and value != as_array(self.state.values[name])


@lru_cache(maxsize=1)
def drawn(f: Formula, count: int) -> list[Drawn]:
    return [Drawn(f, seed) for seed in range(count)]


def by_hand(f: Formula) -> bool:
    """Whether its numbers are whole arrays."""
    return "_by_hand" in f.id or any(variable.kind.rank >= 2 for variable in f.variables)


def some(draws: list[Drawn], one_in: int) -> list[Drawn]:
    """The first of the draws, rounded up to a whole number."""
    return draws[: -(-len(draws) // one_in)]


@pytest.fixture
def draws(f: Formula, request: pytest.FixtureRequest) -> list[Drawn]:
    return drawn(f, request.config.getoption("--draws") or (DRAWS_BY_HAND if by_hand(f) else DRAWS))


@pytest.fixture
def few(f: Formula, draws: list[Drawn]) -> list[Drawn]:
    """For tests that judge every mistake of every answer: 8 of 60; of a formula by hand 2 of 20."""
    return some(draws, 10 if by_hand(f) else 8)


@each_formula
def test_forms_equal_the_steps(f: Formula, draws: list[Drawn]) -> None:
    """The textbook's line gives what the fine steps give, wherever its condition holds, and each form is used."""
    used = set()
    for one in draws:
        for index, form in enumerate(f.forms):
            per_axis = f.is_per_axis(form.step)
            for lane in one.state.lanes if per_axis else [one.state.values]:
                if form.when and f.evaluator(form.when, per_axis)(lane) is not True:
                    continue
                used.add(index)
                value = f.evaluator(form.expression, per_axis)(lane)
                expected = lane[form.step]
                if isinstance(expected, dict):
                    expected = {k: v for k, v in expected.items() if k >= 1}
                assert value == pytest.approx(expected), (form, one.given)
    assert used == set(range(len(f.forms)))


@each_formula
def test_every_mistake_gives_another_value_often_enough(
    f: Formula, draws: list[Drawn], request: pytest.FixtureRequest
) -> None:
    """On at least a fifth of the draws a mistake changes what can be asked: nearly always the step it is made in.

    Draws are looked at until it has shown on a fifth of them, and twice; with --draws on a fifth of all.
    """
    enough = 2 if request.config.getoption("--draws") is None else -(-len(draws) // 5)
    shown = dict.fromkeys(f.mistakes, 0)
    missing = set(f.mistakes)
    for count, one in enumerate(draws, 1):
        if not missing:
            break  # more draws can only confirm it
        for mistake in missing:
            shown[mistake] += any(map(one.is_changed_by, repeat(mistake), (mistake.step, *f.answers)))
        missing = {mistake for mistake in missing if shown[mistake] < max(enough, count / 5)}
    assert missing == set()


@each_formula
def test_a_mistake_is_diagnosed_by_its_value(f: Formula, few: list[Drawn], request: pytest.FixtureRequest) -> None:
    """What a single mistake gives is recognised as wrong, and the mistake is among the candidates.

    On the first draws on which it shows: two, by hand one, where a mistake that has shown in one answer is not looked
    for in others again. All pairs are worked out for the first value of each answer alone, by hand of the first
    answer, as they come behind whatever single mistake gives it; with --draws for every value.
    """
    whole, hand = request.config.getoption("--draws") is not None, by_hand(f)
    judged: Counter[tuple[str, str]] = Counter()
    paired = set(f.answers[1:] if hand else ())
    for one in few:
        right, known = one.state.values, {id for _, id in judged} if hand and not whole else set()
        for name in f.answers:
            open_ = [each for each in program(f).relevant(name)
                     if each.id not in known and judged[name, each.id] < (1 if hand else 2)]  # fmt: skip
            for mistake in open_:
                id, value = mistake.id, outcomes(program(f), one.given, name).of(mistake)
                if value is None or agrees(as_array(right[name]), Answer("", with_ones(value, right[name]))):
                    continue
                judged[name, id] += 1
                with pytest.MonkeyPatch.context() as patch:
                    if name in paired and not whole:
                        patch.setattr(formula_judging, "PAIRED", NONE_PAIRED)
                    verdict = verify(f, one.given, name, Answer("", value))
                paired.add(name)
                if verdict.convention is None:
                    assert not verdict.correct
                    assert verdict.more or id in [c.id for c in verdict.mistakes], (name, one.given)


@each_formula
def test_the_right_answer_is_right(f: Formula, few: list[Drawn]) -> None:
    for one in some(few, 2) if by_hand(f) else few:
        for name in f.answers:
            verdict = verify(f, one.given, name, Answer("", as_array(one.state.values[name])))
            assert verdict.correct
            assert verdict.convention is None


@each_formula
def test_conventions_are_correct_edits_of_known_steps(f: Formula, few: list[Drawn]) -> None:
    """Each convention runs and names its users; another way to count is right, another layer (a variant) is not."""
    steps = {step.name for step in f.steps}
    for convention in f.conventions:
        assert convention.who
        assert convention.says
        assert set(convention.edits) <= steps
    assert not f.conventions[0].edits
    for other in f.conventions[1:]:
        for given in (one.given for one in some(few, 2)):
            value = as_array(run(f, given, convention=other.name).state.values[f.answers[0]])
            same = value == as_array(run(f, given).state.values[f.answers[0]])
            assert verify(f, given, f.answers[0], Answer("", value)).correct is (same or not other.variant)


def mistakes_are_written_to_be_learnt_from(f: Formula) -> None:
    """Ids are unique and plain, each reason is one sentence without a full stop, each hint a question."""
    ids = [m.id for m in f.mistakes]
    assert len(ids) == len(set(ids))
    steps = {step.name for step in f.steps}
    for mistake in f.mistakes:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", mistake.id)
        assert mistake.step in steps
        assert 0 < mistake.weight <= 1
        assert 20 <= len(mistake.because) <= 220
        assert not mistake.because.endswith(".")
        assert not mistake.hint or mistake.hint.endswith("?")
        op = program(f).edited(mistake.step, mistake.expression)
        known = set(f.declarations[False].kinds)
        assert op.reads - {each.index for each in op.each} <= known | {n.partition(".")[0] for n in known}


def names_are_declared_and_described(f: Formula) -> None:
    names = [item.name for item in (*f.variables, *f.steps)]
    assert len(names) == len(set(names))
    assert set(f.answers) <= set(names)
    assert f.title
    assert all(variable.meaning and variable.long for variable in f.variables)
    assert all(step.meaning for step in f.steps)
    defined = {variable.name for variable in f.variables}
    for op in program(f).ops:
        if op.prefix:
            defined.add(op.name.partition(".")[0])  # a called formula's own steps are checked with it
            continue
        index = {each.index for each in op.each}
        block = {o.name for o in program(f).ops if op.step.each and o.step.each == op.step.each}
        unknown = {r for r in op.reads if r.partition(".")[0] not in defined | index | block}
        assert not unknown, (op.name, unknown)
        defined.add(op.name)


@each_formula
def test_letters_put_in_later_equal_numbers_put_in_at_once(f: Formula, few: list[Drawn]) -> None:
    """Working with letters and then putting numbers in gives what working with the numbers gives."""
    scalars = [v.name for v in f.variables if v.kind.rank == 0 and not v.per_axis and v.default is None]
    for given in (one.given for one in few):
        if any(isinstance(value, tuple) for name, value in given.items() if f.is_per_axis(name)):
            continue
        kept = {name: value for name, value in given.items() if name not in scalars[:2]}
        try:
            late = run(f, kept)
        except UserError:
            continue  # an unrolled step needs to know how often
        full = {**with_defaults(f, given)}
        for name in f.answers:
            value = late.state.values[name]
            if isinstance(value, Node):
                letters = dict(full)
                assert evaluate(value, letters) == pytest.approx(run(f, given).state.values[name])


def an_unknown_quantity_is_refused(f: Formula) -> None:
    with pytest.raises(UserError, match=f"zz is not a quantity of {re.escape(f.called)}; its quantities are"):
        run(f, {"zz": 1})


@each_formula
def test_what_is_written_of_it_is_whole(f: Formula) -> None:
    mistakes_are_written_to_be_learnt_from(f)
    names_are_declared_and_described(f)
    an_unknown_quantity_is_refused(f)
