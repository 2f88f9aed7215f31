"""A gradient that a student wrote in letters, judged by its value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from ..errors import UserError, printable
from ..expressions.nodes import Value
from ..formulas.diagnose import Candidate
from ..formulas.model import Mistake
from ..gradients import Derivation, network
from .gradient_judging import Verdict, has_value, is_gradient, judge, with_bias
from .gradient_target import GradientTarget
from .gradient_text import from_one, products_closed, strange_words
from .marks import MOST_NAMED, AmbiguousError, Mark, Written
from .notation import tidy
from .reading import NOTHING

MOST_CHARACTERS = 6_000
CHOICES: Mapping[str, tuple[str, str]] = {"update_gate": ("keep", "renew"), "reset": ("before", "after")}
"""What is chosen of a GRU, and the words for it: the conventions beside the layout."""


@dataclass(frozen=True)
class GradientTerms:
    """How an answer is read: ⊗ as `outer` or "pointwise", what gradients are `known`, and what the question states of
    `layout`, `update_gate` and `reset`: nothing else is right then."""

    outer: str = "outer"
    known: str = "all"
    stated: frozenset[str] = frozenset()


def judge_gradient(asked: GradientTarget, given: object) -> tuple[Mark, Written]:
    """The mark of a part, and what was written."""
    options = dict(asked.options)
    terms = GradientTerms(options.get("outer", "outer"), options.get("known", "all"), frozenset(options))
    mark = mark_gradient(asked.derivation, terms, given, asked.expected)
    reason = mark.reason if mark.status == "unreadable" else ""
    return mark, Written(mark.wrote, None, reason)


def mark_gradient(derivation: Derivation, terms: GradientTerms, given: object, expected: Value) -> Mark:
    """The mark of a gradient. What is right in another layout, or by another way to mix the states of a GRU, is right
    by a convention, unless the question states its own; what can be read in two ways is undecided."""
    text = given if isinstance(given, str) else "" if given is None else str(given)
    mark = Mark("missing", expected, printable(text.strip()[:200]))
    if NOTHING.fullmatch(tidy(text)):
        return mark
    lines = _lines(text) if len(text) <= MOST_CHARACTERS else text
    if len(text) <= MOST_CHARACTERS and (shifted := from_one(lines)) != lines:
        again = mark_gradient(derivation, terms, shifted, expected)
        if again.status == "right":
            return replace(again, status="convention", convention="steps-from-0", wrote=mark.wrote,
                           reason="the steps are counted from 0 to T − 1; here they are from 1 to T")  # fmt: skip
        return replace(again, wrote=mark.wrote)
    try:
        found = _judged(derivation, lines, terms.outer, terms.known)
    except AmbiguousError as error:
        return replace(mark, status="undecided", reason=printable(str(error)))
    except (UserError, OverflowError, RecursionError) as error:
        return replace(mark, status="unreadable", reason=printable(str(error)))
    if found.correct:
        return _right(mark, found, derivation.layout, terms)
    for name, others in _others(derivation):
        if is_gradient(others, lines, terms.outer, terms.known):
            is_stated = bool(name.keys() & terms.stated)
            said = ", ".join(f"{choice} {word}" for choice, word in name.items())
            reason = f"this is right with {said.replace('_', ' ')}" + (
                ", and another one is stated" if is_stated else ""
            )
            status = "wrong" if is_stated else "convention"
            return replace(mark, status=status, convention="-".join(name.values()), reason=reason)
    if is_gradient(derivation, products_closed(lines), terms.outer, terms.known):
        return replace(mark, status="right")
    if is_gradient(derivation, lines, terms.outer, terms.known, with_bias(derivation.network)):
        return replace(
            mark, status="convention", convention="no-bias", reason="this is right for a network without bias"
        )
    if strange := strange_words(lines, derivation.network):
        return replace(mark, status="unreadable", reason=f"{strange[0][:40]} has no meaning here")
    if not found.mistakes and not _has_value(derivation, lines):
        return replace(mark, status="unreadable", reason=found.detail or "this has no value that could be compared")
    named = tuple(Candidate((Mistake(each.id, "", "", each.because),)) for each in found.mistakes)
    return replace(mark, status="wrong", mistakes=named[:MOST_NAMED], reason=found.detail)


@lru_cache(maxsize=1024)
def _judged(derivation: Derivation, text: str, outer: str, known: str) -> Verdict:
    """The same answer of many students is judged once."""
    return judge(derivation, text, outer, known)


def _has_value(derivation: Derivation, text: str) -> bool:
    try:
        return has_value(derivation, text)
    except (UserError, OverflowError, RecursionError):
        return False


def _right(mark: Mark, found: Verdict, layout: str, terms: GradientTerms) -> Mark:
    notes = "; ".join(found.notes)
    if found.layout == layout:
        return replace(mark, status="right", reason=notes)
    status = "wrong" if "layout" in terms.stated else "convention"
    return replace(mark, status=status, convention=found.layout, reason=notes)


def _others(derivation: Derivation) -> Iterator[tuple[dict[str, str], Derivation]]:
    """The gradient of a GRU whose gate or reset works otherwise, and what is otherwise there."""
    own = derivation.network
    if own.cell != "gru":
        return
    words = {name: own.form[name] for name in CHOICES}
    for changed in (("update_gate",), ("reset",), ("update_gate", "reset")):
        other = {name: next(word for word in CHOICES[name] if word != words[name]) for name in changed}
        yield other, _derivation(derivation, tuple(sorted((words | other).items())))


@lru_cache(maxsize=64)
def _derivation(derivation: Derivation, words: tuple[tuple[str, str], ...]) -> Derivation:
    own = derivation.network
    made = network(own.cell, own.head.name, own.loss, **_settings(derivation), **dict(words))  # type: ignore[arg-type]
    return Derivation(made, derivation.wrt, derivation.form, derivation.steps, derivation.layout)


def _settings(derivation: Derivation) -> dict[str, object]:
    own = derivation.network
    layers = max((signal.layer for signal in own.equations), default=0) or 1
    return {"activation": own.form["activation"], "layers": layers, "truncate": own.truncate}


def _lines(text: str) -> str:
    """Without the signs of maths, code and emphasis around it."""
    return text.strip().strip("$`*").strip().removeprefix("\\[").removesuffix("\\]").removesuffix(".").strip()
