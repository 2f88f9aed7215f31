"""The mark of a gradient of a feed-forward network that a student wrote in letters, judged by its value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from ..errors import UserError, printable
from ..expressions import printing
from ..expressions.arrays import flat, shape_of, shown
from ..expressions.nodes import (
    Add,
    Call,
    Index,
    Name,
    Node,
    Partial,
    Reduce,
    Transpose,
    Value,
    names_in,
    replaced,
    rewriting,
)
from ..formulas.diagnose import Candidate
from ..formulas.model import Mistake
from ..gradients.answer import Answer, regrouped
from ..gradients.edits import Found
from ..gradients.feedforward import Feedforward
from ..gradients.feedforward.instances import Instance, instance_of
from ..gradients.feedforward.mistakes import mistakes
from ..gradients.layouts import LAYOUTS
from .feedforward_text import SUMS, layers_apart, network_kinds, read
from .gradient_judging import DENOMINATOR_LAYOUT, TRANSPOSED_WEIGHTS
from .gradient_marks import without_signs
from .gradient_readings import ENTRY_BY_ENTRY, stars
from .marks import MOST_NAMED, Mark
from .notation import tidy, unknown_words
from .reading import NOTHING

SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Question:
    """∂L/∂wrt of a network, or its entry at a place. `stated`: whether the question says which layout binds."""

    network: Feedforward
    wrt: str
    place: tuple[int, ...] | None = None
    layout: str = "column"
    stated: bool = False
    outer: str = "outer"


def mark_backprop(asked: Question, given: object, expected: Value) -> Mark:
    """The mark of a gradient, as `mark_gradient` marks one through time."""
    text = given if isinstance(given, str) else "" if given is None else str(given)
    mark = Mark("missing", expected, printable(text.strip()[:200]))
    if NOTHING.fullmatch(tidy(text)):
        return mark
    try:
        status, convention, reason, named = _judged(asked, without_signs(text))
    except (UserError, OverflowError, RecursionError) as error:
        return replace(mark, status="unreadable", reason=printable(str(error)))
    candidates = tuple(Candidate((Mistake(each.id, "", "", each.because),)) for each in named)
    return replace(mark, status=status, convention=convention, mistakes=candidates[:MOST_NAMED], reason=reason)


_Worth = tuple[str, str, str, tuple[Found, ...]]
"""Status, convention, reason, mistakes."""


@lru_cache(maxsize=1024)
def _judged(asked: Question, text: str) -> _Worth:
    first: UserError | None = None
    likely: tuple[Answer, tuple[Name, ...]] | None = None
    for letters, said, doubt in _letter_sets(text):
        try:
            answer, left = read(layers_apart(text), asked.network, asked.wrt, letters)
            entries = _letters(asked, answer, left)
            _check_names(asked.network, answer, entries, text)
        except UserError as error:
            first = first or error
            continue
        found = _right(asked, answer, entries, said)
        if found is not None:
            return ("undecided", "", doubt, ()) if doubt else found
        likely = likely or (answer, entries)
    if likely is None:
        assert first is not None
        raise first
    return _wrong(asked, *likely)


def _letter_sets(text: str) -> Iterator[tuple[dict[str, str], str, str]]:
    """(what is written → our stem, what is said, why it is in doubt), the likeliest first."""
    has_sums, has_states = "z" in text or "Z" in text, re.search(r"(?<![A-Za-z\\])[hH](?![a-z])", text)
    said = "z is read as the input of the activation, a as its output"
    if has_sums and not has_states:
        yield SUMS, said, ""
    yield {}, "", ""
    if has_sums and has_states:
        yield SUMS, said, ""
    if not has_sums and not has_states and re.search(r"(?<![A-Za-z\\])[aA]\s*[_^\d]", text):
        doubt = "this is right if a is the output of the activation; here a is its input"
        yield SUMS, "a is read as the output of the activation", "" if _NG.search(text) else doubt


_NG = re.compile(r"\^\s*\{?\s*[\[(⟨\dL]")
"""Layers above a letter, as Nielsen and Ng write them."""


def _readings(asked: Question, answer: Answer) -> Iterator[tuple[Answer, str, str]]:
    """(the answer, the convention by which it is right, what is said)."""
    for one in answer.readings(asked.outer):
        seen: list[Answer] = []
        grouped = one.changed(regrouped)
        for each, said in (
            (one, ""), (grouped, ""), *((stars(each, wide), ENTRY_BY_ENTRY) for each in (one, grouped)
                                        for wide in (True, False))
        ):  # fmt: skip
            if each not in seen:
                seen.append(each)
                yield each, "", said
        for each in seen:
            if (biased := each.changed(rewriting(_with_bias(asked.network)))) != each:
                yield biased, "no-bias", "this is right for a network without bias"
        return


def _with_bias(network: Feedforward) -> Callable[[Node, Callable[[Node], Node]], Node]:
    """Adds the bias to the sum in an activation that has weights, and no bias."""

    def change(node: Node, below: Callable[[Node], Node]) -> Node:
        changed = node.map(below)
        if not isinstance(changed, Call) or len(changed.arguments) != 1 or changed.function in ("diag", "block", "sum"):
            return changed
        names = names_in(changed.arguments[0])
        weight = next((name for name in names if name.startswith("W_") and name in network.parameters), None)
        bias = f"b_{weight[2:]}" if weight else ""
        if bias not in network.parameters or bias in names:
            return changed
        return Call(changed.function, (Add((changed.arguments[0], network.parameters[bias].node)),))

    return change


# right


def _layouts(asked: Question) -> tuple[str, ...]:
    if asked.network.has_maps or asked.place is not None:
        return ("column",)
    return tuple(dict.fromkeys((asked.layout, "column", "row", "pytorch")))


def _ways(asked: Question, answer: Answer) -> Iterator[tuple[str, str]]:
    for layout in _layouts(asked):
        yield layout, ""
    if answer.has_partials:
        yield "column", DENOMINATOR_LAYOUT
    if len(_layouts(asked)) > 1:
        yield "column", TRANSPOSED_WEIGHTS


def _right(asked: Question, answer: Answer, entries: tuple[Name, ...], said: str) -> _Worth | None:
    for reading, convention, words in _readings(asked, answer):
        for layout, way in _ways(asked, reading):
            if not all(_agrees(_instance(asked, layout, seed, way), reading, entries) for seed in SEEDS):
                continue
            true_layout = "row" if way == TRANSPOSED_WEIGHTS else asked.layout if way else layout
            notes = [each for each in (said, words, f"right {way}" if way else "") if each]
            if true_layout != asked.layout:
                notes.append(
                    f"right in {true_layout} layout ({LAYOUTS[true_layout]}); the question uses {asked.layout} layout"
                )
                return ("wrong" if asked.stated else "convention"), true_layout, "; ".join(notes), ()
            return ("convention" if convention else "right"), convention, "; ".join(notes), ()
    return None


def _instance(asked: Question, layout: str, seed: int, way: str = "") -> Instance:
    turned, weights = way == DENOMINATOR_LAYOUT, way == TRANSPOSED_WEIGHTS
    return instance_of(asked.network, asked.wrt, asked.place, layout, seed, turned, weights)


def _value(instance: Instance, answer: Answer, entries: tuple[Name, ...]) -> Value | None:
    try:
        return instance.value(answer, entries)
    except (UserError, OverflowError, TypeError, KeyError):
        return None


def _agrees(instance: Instance, answer: Answer, entries: tuple[Name, ...]) -> bool:
    value = _value(instance, answer, entries)
    return value is not None and instance.agrees(value, answer)


# entry by entry


def _letters(asked: Question, answer: Answer, left: Node | None) -> tuple[Name, ...]:
    """The letters of the entry that the answer is written for: those on its left, else those that are not bound.

    An axis with one entry has a letter that stands nowhere.
    """
    shape = asked.network.x.shape if asked.wrt == "x" else asked.network.parameters[asked.wrt].shape
    if asked.place is not None:
        return ()
    if isinstance(left, Index) and len(left.indices) == len(shape):
        letters = [index if isinstance(index, Name) else _ONLY for index in left.indices]
        if all(letter != _ONLY or size == 1 for letter, size in zip(letters, shape, strict=True)):
            return tuple(letters)
    free = _free(asked.network, answer)
    for usual in _USUAL.get(len(shape), ()):
        wanted = {name for name, size in zip(usual, shape, strict=True) if size > 1}
        if free and wanted <= set(free) <= set(usual):
            return tuple(Name(name, integer=True) for name in usual)
    return ()


_ONLY = Name("only", integer=True)
_USUAL: Mapping[int, tuple[str, ...]] = {1: ("k", "i", "j"), 2: ("ij", "jk", "kj"), 3: ("cij",), 4: ("kcuv", "kcij")}
"""Rank → the letters of an entry, in order."""


def _free(network: Feedforward, answer: Answer) -> tuple[str, ...]:
    known = {*network_kinds(network), "L", *(s.name for s in answer.statements)} - set("kcijuv")
    known |= {part.index for part in answer.parts() if isinstance(part, Reduce)}
    return tuple(name for name in names_in(answer.node) if name not in known and len(name) == 1)


def _check_names(network: Feedforward, answer: Answer, entries: tuple[Name, ...], text: str) -> None:
    known = {*network_kinds(network), "L", "e"} - set("kcijuv")
    known |= {each.id for each in entries} | {statement.name for statement in answer.statements}
    bound = {name for s in answer.statements if isinstance(s.index, Index) for name in names_in(s.index)}
    for name in answer.unbound(known | bound):
        letters = ", ".join(each for each in network.declarations.kinds if len(each) > 1 or each in "xyL")
        words = unknown_words(text, network.declarations.kinds) if len(name) == 1 else ""
        shown = f"“{words[:60]}”" if words else name[:40]
        raise UserError(f"{shown} has no meaning here; the letters are {letters}")
    if isinstance(answer.node, Name) and answer.node.id in network.parameters:
        raise UserError(f"{printing.text(answer.node)} alone is not an answer: write out what the gradient is")


# wrong


def _wrong(asked: Question, answer: Answer, entries: tuple[Name, ...]) -> _Worth:
    problem: UserError | None = None
    choices = list(_readings(asked, answer))
    ordered = [one for one, convention, _ in choices if convention] + [
        one for one, convention, _ in choices if not convention
    ]
    for reading in ordered:
        for layout, way in _ways(asked, reading):
            is_asked = layout == asked.layout and not way
            instances = [_instance(asked, layout, seed, way) for seed in SEEDS]
            wrote = _value(instances[0], reading, entries)
            if wrote is not None and (is_asked or reading.has_partials):
                named = _named(asked, instances, reading, entries) or _of_other_place(asked, reading)
                return "wrong", "", "" if named else _disagreement(asked, instances[0], reading, wrote), named
        try:
            _instance(asked, asked.layout, SEEDS[0]).value(reading, entries)
        except UserError as error:
            problem = problem or error
    if (repaired := _repaired(asked, ordered, entries)) is not None:
        return "wrong", "", "", (repaired,)
    if (turned := _fitting(asked, ordered, entries)) is not None:
        return "wrong", "", str(problem or ""), turned
    raise problem or UserError("this has no value to compare")


def _repaired(asked: Question, readings: list[Answer], entries: tuple[Name, ...]) -> Found | None:
    """A transpose that is missing in what was written, of one letter in all its places."""
    for reading in readings:
        names = {part for part in reading.parts() if isinstance(part, Name) and part.kind.rank in (1, 2)}
        for name in sorted(names, key=lambda each: each.id):
            turned = reading.changed(partial(replaced, values={name: Transpose(name)}))
            if all(_agrees(_instance(asked, asked.layout, seed), turned, entries) for seed in SEEDS):
                return _transpose_missing(name)
    return None


def _fitting(asked: Question, readings: list[Answer], entries: tuple[Name, ...]) -> tuple[Found, ...] | None:
    """A weight that must be transposed for the sizes to fit, and what is wrong besides; None where none helps."""
    instances = [_instance(asked, asked.layout, seed) for seed in SEEDS]
    for reading in readings:
        names = {part for part in reading.parts() if isinstance(part, Name) and part.id in asked.network.parameters}
        for name in sorted((each for each in names if each.kind.rank == 2), key=lambda each: each.id):
            turned = reading.changed(partial(replaced, values={name: Transpose(name)}))
            if _value(instances[0], turned, entries) is not None:
                return (_transpose_missing(name), *_named(asked, instances, turned, entries))
    return None


def _transpose_missing(name: Name) -> Found:
    shown_ = printing.text(name)
    return Found("transpose-missing", f"{shown_} must be transposed, {shown_}ᵀ, for the sizes to fit")


def _of_other_place(asked: Question, answer: Answer) -> tuple[Found, ...]:
    """W[j, i] for W[i, j]: the entry of the unit and the input that the indices exchanged stand for."""
    place = asked.place
    if place is None or len(place) != 2 or asked.wrt == "x" or place[0] == place[1]:
        return ()
    sizes = asked.network.parameters[asked.wrt].shape
    if place[1] > sizes[0] or place[0] > sizes[1]:
        return ()
    other = replace(asked, place=(place[1], place[0]))
    if not all(_agrees(_instance(other, "column", seed), answer, ()) for seed in SEEDS):
        return ()
    weight = printing.text(Name(asked.wrt))
    return (Found("indices-exchanged", f"this is the gradient by {weight}[{place[1]}, {place[0]}]: the first index of "
                  f"{weight} is that of the unit, the second that of its input"),)  # fmt: skip


def _named(asked: Question, instances: list[Instance], answer: Answer, entries: tuple[Name, ...]) -> tuple[Found, ...]:
    """The mistakes that lead to these very numbers."""
    values = [_value(instance, answer, entries) for instance in instances]
    found: dict[str, Found] = {}
    for mistake, evaluate in mistakes(asked.network, asked.wrt, asked.place):
        if mistake.id not in found and all(
            value is not None and (other := evaluate(instance)) is not None and instance.alike(value, other, answer)
            for instance, value in zip(instances, values, strict=True)
        ):
            found[mistake.id] = mistake
    fewest = min((each.id.count("+") for each in found.values()), default=0)
    return tuple(each for each in found.values() if each.id.count("+") == fewest)


def _disagreement(asked: Question, instance: Instance, answer: Answer, wrote: Value) -> str:
    one, other = instance.both(wrote, answer)
    name = printing.text(Partial(Name("L"), Name(asked.wrt)))
    if shape_of(one) != shape_of(other):
        return f"this is {shown(shape_of(one))}, {name} is {shown(shape_of(other))}"
    numbers = list(zip(flat((one,)), flat((other,)), strict=True))
    at, wanted = max(numbers, key=lambda pair: abs(float(pair[0]) - float(pair[1])))
    return f"with the numbers of seed {instance.seed} an entry is {float(at):.4g}, of {name} {float(wanted):.4g}"
