"""What each mistake comes to, on the numbers on which an answer has a value."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import TypeAlias

from ..errors import UserError
from ..expressions import printing
from ..expressions.arrays import add, each, flat, shape_of, transpose
from ..expressions.evaluate import compile_node
from ..expressions.limits import within_budget
from ..expressions.nodes import Index, Name, Node, Value, rewriting, walk
from .answer import Answer
from .delta import LAST, MIDDLE, Delta, delta_of
from .derivation import Derivation
from .edits import Edit, Found
from .general import General
from .instances import SETTINGS, WORK, Instance, instance_of, is_line, same
from .layouts import declared_shape, in_layout
from .lines import Line, Role, with_steps
from .local import moved
from .mistakes import (
    COMMON,
    FEWER,
    GRADIENT_MISTAKES,
    LEFT_OUT,
    OF_ONE_PATH,
    ONLY_IF_SQUARE,
    RULES,
    SAME_AS,
    TRANSPOSED,
    EditedDelta,
    GradientMistake,
)
from .model import Network, Signal, indices_in
from .paths import Paths

MOST_NAMED = 5
Evaluate: TypeAlias = Callable[[Instance], Value | None]
"""The value of a mistaken gradient on some numbers; None where it has none."""


def pair(found: Iterable[Found]) -> Found:
    """Several mistakes as one entry."""
    parts = tuple(found)
    return Found("+".join(part.id for part in parts), "; and ".join(part.because for part in parts))


class Candidates:
    """What each mistake comes to, on numbers on which the answer has a value."""

    def __init__(self, instances: Sequence[Instance], answer: Answer) -> None:
        self.instances, self.answer = instances, answer
        self.network, self.wrt, self.layout = instances[0].network, instances[0].wrt, instances[0].layout

    def named(self, wrote: Value) -> list[Found]:
        """The mistakes that lead to these numbers; two of them together only where none does alone."""
        where = self.network, self.wrt, self.layout
        found = self._among(wrote, _table(*where, self.answer.has_partials))
        if not found and self._states_its_end:
            found = self._among(wrote, _at_one_end(*where))
        if not found and len({instance.steps for instance in self.instances}) == 1:
            found = self._among(wrote, _with_one_path(*where, self.instances[0].steps))
        return found or self._among(wrote, _pairs(*where))

    @property
    def _states_its_end(self) -> bool:
        """Whether it states δ_T for itself, and δ_t."""
        stated = self.answer.statements
        return any(one.letter and any(o.name == one.name and not o.letter for o in stated) for one in stated)

    def _among(self, wrote: Value, table: Iterable[tuple[Found | None, Evaluate]]) -> list[Found]:
        found: dict[str, Found] = {}
        instance = self.instances[0]
        for mistake, evaluate in table:
            value = evaluate(instance)
            if value is None:
                continue
            for further, changed in self._gradient_mistakes(instance, value):
                if not self._same(instance, wrote, changed):
                    continue
                whole = _joined(mistake, further)
                if whole.id not in found and self._confirmed(mistake, evaluate, whole):
                    found[whole.id] = whole
            if len(found) > MOST_NAMED:
                break
        fewest = min((one.id.count("+") for one in found.values()), default=0)
        return [one for one in found.values() if one.id.count("+") == fewest and not _is_covered(one.id, found)]

    def _same(self, instance: Instance, wrote: Value, value: Value) -> bool:
        if self.answer.has_partials and instance.is_matrix and is_line(wrote):
            return same(flat((wrote,)), flat((value,)))
        return same(instance.shaped(wrote), instance.shaped(value))

    def _confirmed(self, mistake: Found | None, evaluate: Evaluate, whole: Found) -> bool:
        """Whether the other sets of numbers say the same."""
        for instance in self.instances[1:]:
            try:
                wrote = instance.value(self.answer)
            except UserError:
                return False
            value = evaluate(instance)
            if value is None:
                return False
            if not any(
                self._same(instance, wrote, changed) and _joined(mistake, further).id == whole.id
                for further, changed in self._gradient_mistakes(instance, value)
            ):
                return False
        return True

    def _gradient_mistakes(self, instance: Instance, value: Value) -> Iterator[tuple[Found | None, Value]]:
        """The value as it is, with another sign or factor, and transposed."""
        yield None, value
        for whole in GRADIENT_MISTAKES:
            yield whole, _changed(value, whole, instance.steps)
        if len(shape_of(value)) == 2 and instance.is_matrix:
            yield self._transposed, transpose(value)

    @cached_property
    def _transposed(self) -> Found:
        shape = "×".join(declared_shape(self.network, self.wrt, self.layout))
        return Found(TRANSPOSED.id, TRANSPOSED.because.format(self.wrt, shape))


def _joined(*mistakes: Found | None) -> Found:
    """Those that there are as one entry; none is no mistake but with equal sizes."""
    made = [each for each in mistakes if each is not None]
    return pair(made) if made else ONLY_IF_SQUARE


def _is_covered(id: str, found: Container[str]) -> bool:
    """Whether another mistake that was found says the same, and better."""
    better = "+".join(SAME_AS.get(part, part) for part in id.split("+"))
    return better != id and better in found


def _changed(value: Value, whole: GradientMistake, steps: int) -> Value:
    return each(lambda number: whole.change(number, steps), value)


# the formulas


class Known:
    """An evaluation that remembers what it came to: the same numbers serve many answers."""

    def __init__(self, evaluate: Evaluate) -> None:
        self.evaluate = evaluate
        self.values: dict[Instance, Value | None] = {}

    def __call__(self, instance: Instance) -> Value | None:
        if instance not in self.values:
            if len(self.values) > 16:
                self.values.clear()
            self.values[instance] = self.evaluate(instance)
        return self.values[instance]


@lru_cache(maxsize=64)
def _table(network: Network, wrt: str, layout: str, partials: bool) -> tuple[tuple[Found | None, Evaluate], ...]:
    """The right gradient, and that of every edit: of the formulas, in ∂ notation if asked, and of the recursion."""
    role: Role = "gradient" if wrt in network.by_name else "vector"
    found: list[tuple[Found | None, Evaluate]] = [(None, lambda instance: instance.expected)]
    for tree in _formulas(network, wrt):
        found += [(edit.mistake, _of_formula(edit.of(tree), layout, role)) for edit in _edits(tree, network)]
    if partials:
        with suppress(UserError):
            tree = General(network, wrt).symbolic().right
            found += [(edit.mistake, _of_formula(edit.of(tree), layout, "symbol")) for edit in _edits(tree, network)]
    if not network.truncate:
        delta = delta_of(network)
        needed = _needed(delta, wrt)
        for signal in needed:
            within = _needed(delta, wrt, signal)
            for edit in _edits(delta.right(signal, MIDDLE), network):
                edited = EditedDelta(delta, signal, edit)
                found.append((edit.mistake, _of_recursion(edited, wrt, layout)))
                if len(within) < len(needed):
                    # the other gradients as they are: dC_t without its future, from the dh_t that is given
                    found.append((edit.mistake, _of_recursion(edited, wrt, layout, within)))
    return tuple((mistake, Known(evaluate)) for mistake, evaluate in found)


@lru_cache(maxsize=64)
def _at_one_end(network: Network, wrt: str, layout: str) -> tuple[tuple[Found | None, Evaluate], ...]:
    """That of every edit of the recursion at the last step alone, and at all before it."""
    if network.truncate:
        return ()
    delta = delta_of(network)
    return tuple(
        (edit.mistake, Known(_of_recursion(EditedDelta(delta, signal, edit, at_end), wrt, layout)))
        for at_end, place in ((False, MIDDLE), (True, LAST))
        for signal in _needed(delta, wrt)
        for edit in _edits(delta.right(signal, place), network)
    )


@lru_cache(maxsize=64)
def _with_one_path(network: Network, wrt: str, layout: str, steps: int) -> tuple[tuple[Found | None, Evaluate], ...]:
    """That of a sum of all paths in which one is missing, has another sign, or has an edit."""
    role: Role = "gradient" if wrt in network.by_name else "vector"
    paths = Paths(network, wrt, steps)
    found: list[tuple[Found | None, Evaluate]] = []
    for path in paths.all() if paths.count() <= MOST_EDITED else ():
        chain = printing.text(path.chain)
        here = Known(_of_formula(path.expression, layout, role))
        found.append((Found("path-missing", f"the path {chain} is missing"), _exchanged(here, None)))
        found.append((Found("path-subtracted", f"the path {chain} must be added"), _exchanged(here, None, 2)))
        for edit in _edits(path.expression, network, OF_ONE_PATH):
            there = Known(_of_formula(edit.of(path.expression), layout, role))
            mistake = Found(edit.mistake.id, f"in the path {chain}: {edit.mistake.because}")
            found.append((mistake, _exchanged(here, there)))
    return tuple(found)


MOST_EDITED = 12
"""Of so many paths each is edited; of more only what all have in common is looked for."""


def _exchanged(here: Evaluate, there: Evaluate | None, times: int = 1) -> Evaluate:
    """The gradient with one value, so many times, taken out of the sum and another put in its place."""

    def evaluate(instance: Instance) -> Value | None:
        out, put = here(instance), None if there is None else there(instance)
        if out is None or (there is not None and put is None):
            return None
        less = each(lambda number: -times * number, out)
        try:
            whole = add(instance.expected, less)
            return whole if put is None else add(whole, put)
        except UserError:
            return None

    return evaluate


@lru_cache(maxsize=64)
def _pairs(network: Network, wrt: str, layout: str) -> tuple[tuple[Found | None, Evaluate], ...]:
    """Two of the common mistakes with the general formula, or with the recursion where there is no such formula."""
    role: Role = "gradient" if wrt in network.by_name else "vector"
    found: dict[Node, tuple[Found | None, Evaluate]] = {}
    tree = _formulas(network, wrt)[-1]
    for first in _edits(tree, network, COMMON):
        once = first.of(tree)
        for second in _edits(once, network, COMMON):
            twice = second.of(once)
            if twice not in (tree, once) and first.mistake.id != second.mistake.id:
                mistake = pair((first.mistake, second.mistake))
                found.setdefault(twice, (mistake, Known(_of_formula(twice, layout, role))))
                if first.mistake.id not in FEWER or not second.mistake.id.endswith("-missing"):
                    continue
                for third in _edits(twice, network, LEFT_OUT):
                    thrice = third.of(twice)
                    if third.mistake.id != second.mistake.id:
                        every = pair((first.mistake, second.mistake, third.mistake))
                        found.setdefault(thrice, (every, Known(_of_formula(thrice, layout, role))))
    return tuple(found.values())


def _edits(tree: Node, network: Network, ids: Container[str] | None = None) -> Iterator[Edit]:
    nodes = tuple(walk(tree))
    for rule in RULES:
        if ids is None or rule.id in ids:
            yield from rule.edits(nodes, network)


def _formulas(network: Network, wrt: str) -> list[Node]:
    """The gradient by the recursion's names, the same with them put in, and the general formula."""
    found: list[Node] = []
    if not (network.truncate and network.loss == "every"):
        delta = delta_of(network)
        line = delta.gradient(wrt)
        found += [line.right, _unfolded(line.right, delta)]
    with suppress(UserError):
        found.append(General(network, wrt).written_out().right)
    return list(dict.fromkeys(found))


def _of_formula(node: Node, layout: str, role: Role) -> Evaluate:
    """Compiled each time: of hundreds of edits nearly all are worked out on one set of numbers, and kept for long."""

    def evaluate(instance: Instance) -> Value | None:
        try:
            run = compile_node(in_layout(Line(node, node, role), layout).right)
            return _numbers(within_budget(lambda: run(dict(instance.with_partials)), WORK))
        except UserError:
            return None

    return evaluate


def _of_recursion(delta: EditedDelta, wrt: str, layout: str, within: Sequence[Signal] | None = None) -> Evaluate:
    """`within`: those that are worked out, all if it is None; the others have their true values."""
    network = delta.network
    wanted = {network.adjoint_names[signal] for signal in (network.equations if within is None else within)}

    def evaluate(instance: Instance) -> Value | None:
        env = {**instance.environment}
        try:
            for signal, t, place in delta.order(instance.steps):
                name = network.adjoint(signal)
                if name.name not in wanted:
                    continue
                if name.layer:
                    return None
                env["t"] = t
                run = delta.evaluator(signal, place, layout)
                value = within_budget(lambda run=run: run(env), WORK)  # type: ignore[misc]
                env[name.name] = {**env[name.name], t: value}
            env.pop("t", None)
            return _numbers(within_budget(lambda: delta.whole.sum_evaluator(wrt, layout)(env), WORK))
        except UserError:
            return None

    return evaluate


def _numbers(value: Value) -> Value | None:
    return None if any(isinstance(item, Node) for item in flat((value,))) else value


def _needed(delta: Delta, wrt: str, last: Signal | None = None) -> list[Signal]:
    """The named signals that the gradient asks for, directly or through others; not through the `last`."""
    named = {delta.network.adjoint_names[signal]: signal for _, signals in delta.schedule() for signal in signals}
    wanted: dict[Signal, None] = {}
    open_ = [delta.gradient(wrt).right]
    while open_:
        node = open_.pop()
        for index in indices_in(node):
            signal = named.get(index.base.id) if isinstance(index.base, Name) else None
            if signal is not None and signal not in wanted:
                wanted[signal] = None
                if signal == last:
                    continue
                open_.append(delta.right(signal, MIDDLE))
    return list(wanted)


def _unfolded(node: Node, delta: Delta) -> Node:
    """The formula with the recursion's expressions for its δ, once."""
    named = {delta.network.adjoint_names[signal]: signal for _, signals in delta.schedule() for signal in signals}

    def unfold(part: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(part, Index) and isinstance(part.base, Name) and part.base.id in named and len(part.indices) == 1:
            right, last = (delta.right(named[part.base.id], place) for place in (MIDDLE, LAST))
            # where only the last step has a loss, its equation is another one
            is_same = delta.network.loss == "every" or right == last
            return moved(right, part.indices[-1]) if is_same else part
        return part.map(below)

    return rewriting(unfold)(node)


def unfolded(derivation: Derivation) -> Node:
    """The gradient from those by the states: each δ written out once."""
    role: Role = "gradient" if derivation.wrt in derivation.network.by_name else "vector"
    delta = delta_of(derivation.network)
    line = delta.gradient(derivation.wrt)
    whole = with_steps(Line(line.left, _unfolded(line.right, delta), role), derivation.steps)
    return in_layout(whole, derivation.layout).right


def mistaken_gradients(derivation: Derivation, right: Node) -> Iterator[tuple[Found, Node]]:
    """What single mistakes make of a right formula: of those that have a value each value once, the commonest first."""
    network, wrt, layout = derivation.network, derivation.wrt, derivation.layout
    steps = derivation.steps or SETTINGS[0][0]
    instance = instance_of(network, wrt, layout, (steps, *SETTINGS[0][1:]), 1)
    role: Role = "gradient" if wrt in network.by_name else "vector"
    seen = [instance.expected]
    for tree in _formulas(network, wrt):
        if in_layout(with_steps(Line(tree, tree, role), derivation.steps), layout).right != right:
            continue
        for edit in sorted(_edits(tree, network), key=lambda edit: not _is_common(edit)):
            changed = edit.of(tree)
            value = _of_formula(changed, layout, role)(instance)
            is_told = edit.mistake.id not in SAME_AS
            if is_told and value is not None and not any(same(value, one) for one in seen):
                seen.append(value)
                line = in_layout(with_steps(Line(changed, changed, role), derivation.steps), layout)
                yield edit.mistake, line.right


def mistaken_numbers(instance: Instance) -> Iterator[tuple[Found, Value]]:
    """What single mistakes make of the gradient on one set of numbers, done to the formula or to the whole."""
    for mistake, evaluate in _table(instance.network, instance.wrt, instance.layout, False):
        if mistake is not None and mistake.id not in SAME_AS:
            value = evaluate(instance)
            if value is not None:
                yield mistake, value
    for whole in GRADIENT_MISTAKES:
        yield Found(whole.id, whole.because), _changed(instance.expected, whole, instance.steps)


def _is_common(edit: Edit) -> bool:
    return edit.mistake.id in COMMON or edit.mistake.id.endswith("-missing")
