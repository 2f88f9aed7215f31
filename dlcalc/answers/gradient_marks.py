"""A gradient that a student wrote in letters, judged by its value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from ..errors import UserError, printable
from ..expressions.limits import WorkError
from ..expressions.nodes import Value
from ..formulas.diagnose import Candidate
from ..formulas.model import Mistake
from ..gradients import Derivation, Network, network
from ..gradients.answer import Answer
from ..gradients.edits import Found
from ..gradients.mistakes import PART_ALONE
from .gradient_judging import Right, check, check_steps, has_value, right_in, wrong
from .gradient_readings import JOINED, Reading, readings
from .gradient_target import GradientTarget
from .gradient_text import read, strange_words
from .marks import MOST_NAMED, AmbiguousError, Mark, Written
from .notation import tidy
from .reading import NOTHING

CHOICES: Mapping[str, tuple[str, str]] = {"update_gate": ("keep", "renew"), "reset": ("before", "after")}
"""What is chosen of a GRU, and the words for it: the conventions beside the layout."""


@dataclass(frozen=True)
class GradientTerms:
    """How an answer is read: ⊗ as `outer` or "pointwise", what gradients are `known`, and what the question states of
    `layout`, `update_gate` and `reset`: nothing else is right then."""

    outer: str = "outer"
    known: str = "all"
    stated: frozenset[str] = frozenset()
    joined: tuple[str, ...] = ()
    """Of the weights that the asked one joins, in their order; none where it joins none."""


def judge_gradient(asked: GradientTarget, given: object) -> tuple[Mark, Written]:
    """The mark of a part, and what was written."""
    options = dict(asked.options)
    terms = GradientTerms(options.get("outer", "outer"), options.get("known", "all"), frozenset(options))
    mark = mark_gradient(asked.derivation, terms, given, asked.expected)
    reason = mark.reason if mark.status == "unreadable" else ""
    return mark, Written(mark.wrote, None, reason)


def mark_gradient(
    derivation: Derivation,
    terms: GradientTerms,
    given: object,
    expected: Value,
    letters: Mapping[str, str] | None = None,
    other_part: Derivation | None = None,
) -> Mark:
    """The mark of a gradient. What is right in another layout, or by another way to mix the states of a GRU, is right
    by a convention, unless the question states its own; what can be read in two ways is undecided.

    `letters`: what is written for a letter here → that letter. `other_part`: the gradient by the second weight that is
    joined in the asked one, where `derivation` is that by the first.
    """
    text = given if isinstance(given, str) else "" if given is None else str(given)
    mark = Mark("missing", expected, printable(text.strip()[:200]))
    if NOTHING.fullmatch(tidy(text)):
        return mark
    try:
        asked = (terms, without_signs(text), tuple(sorted((letters or {}).items())))
        found = _found(derivation, *asked)
        if other_part is not None and found.status == "wrong" and _found(other_part, *asked).mistakes == (PART_ALONE,):
            found = _found(other_part, *asked)
    except AmbiguousError as error:
        return replace(mark, status="undecided", reason=printable(str(error)))
    except (UserError, OverflowError, RecursionError) as error:
        return replace(mark, status="unreadable", reason=printable(str(error)))
    named = tuple(Candidate((Mistake(each.id, "", "", each.because),)) for each in found.mistakes)
    return replace(
        mark,
        status=found.status,
        convention=found.convention,
        mistakes=named[:MOST_NAMED],
        reason=found.reason,
    )


@dataclass(frozen=True)
class _Worth:
    """What an answer is worth, before it is a mark."""

    status: str
    convention: str = ""
    reason: str = ""
    mistakes: tuple[Found, ...] = ()


@lru_cache(maxsize=1024)
def _found(derivation: Derivation, terms: GradientTerms, text: str, letters: tuple[tuple[str, str], ...]) -> _Worth:
    """The same answer of many students is judged once. Raises UserError for what cannot be read."""
    return _Marking(derivation, terms, text, dict(letters)).found()


class _Marking:
    """One answer while its readings are tried."""

    def __init__(self, derivation: Derivation, terms: GradientTerms, text: str, letters: Mapping[str, str]) -> None:
        self.derivation = derivation
        self.network, self.wrt = derivation.network, derivation.wrt
        self.terms = terms
        self.text, self.letters = text, letters
        self.likely: list[Reading] = []
        """In which it may be judged where it is right in none."""
        self.doubt = ""

    def found(self) -> _Worth:
        check_steps(self.derivation)
        problem: UserError | None = None
        for text, letters, said, doubtful in self._texts():
            try:
                answer = read(text, self.network, self.wrt, letters)
            except UserError as error:
                problem = problem or error
                continue
            found = self._right(answer, said, doubtful)
            if found is not None:
                return found
        if problem is not None and not self.likely:
            raise problem
        if self.doubt:
            return _Worth("undecided", reason=self.doubt)
        return self._wrong()

    def _texts(self) -> Iterator[tuple[str, Mapping[str, str], str, bool]]:
        """The text as it stands, then with what is else meant by some letters; what is said, and whether in doubt."""
        yield self.text, self.letters, "", False
        if (closed := _STEP_BEFORE.sub(r"_{\1-1}", self.text)) != self.text:
            yield closed, self.letters, "h_t-1 is read as h_{t-1}", False
        if self.network.cell == "rnn" and not self.letters:
            for one in LETTER_SETS:
                if one.fits(self.text):
                    yield self.text, one.letters, one.said, one.doubtful

    def _right(self, answer: Answer, said: str, doubtful: bool) -> _Worth | None:
        """Right in one of its readings, or by another convention."""
        for reading in readings(answer, self.network, self.wrt):
            try:
                right = self._is_right(self.derivation, reading)
            except WorkError:
                if not self.likely:
                    raise
                return None
            if right is not None:
                if reading.doubtful or doubtful:
                    self.doubt = self.doubt or (reading.said[-1] if reading.doubtful else said)
                    continue
                return self._as_right(reading, right, said)
            if reading.is_likely and not reading.doubtful and not doubtful:
                self.likely.append(reading)
            for name, others in _others(self.derivation):
                if not reading.doubtful and not doubtful and self._is_right(others, reading) is not None:
                    return self._as_other(name)
        return None

    def _is_right(self, derivation: Derivation, reading: Reading) -> Right | None:
        right = right_in(derivation, reading.answer, self.terms.outer, self.terms.known)
        if right is None:
            return None
        for wrt, part in reading.parts:
            found = right_in(_for_weight(derivation, wrt), part, self.terms.outer, self.terms.known)
            if found is None or found.layout != right.layout:
                return None
        return right

    def _as_right(self, reading: Reading, right: Right, said: str) -> _Worth:
        notes = "; ".join((*filter(None, (said,)), *reading.said, *right.notes))
        if right.layout != self.derivation.layout:
            status = "wrong" if "layout" in self.terms.stated else "convention"
            return _Worth(status, right.layout, notes)
        if self.terms.joined and not reading.roles:
            return _Worth("wrong", mistakes=(PART_ALONE,))
        if self.terms.joined and reading.roles == self.terms.joined:
            kept = reading.convention.removesuffix(JOINED).rstrip("-")
            return _Worth("convention" if kept else "right", kept, "; ".join((*reading.said[:-1], *right.notes)))
        if self.terms.joined and set(reading.roles) == set(self.terms.joined):
            return _Worth("convention", "other-order", "; ".join((*reading.said[:-1], OTHER_ORDER, *right.notes)))
        return _Worth("convention" if reading.convention else "right", reading.convention, notes)

    def _as_other(self, name: Mapping[str, str]) -> _Worth:
        is_stated = bool(name.keys() & self.terms.stated)
        said = ", ".join(f"{choice} {word}" for choice, word in name.items())
        reason = f"this is right with {said.replace('_', ' ')}" + (", and another one is stated" if is_stated else "")
        return _Worth("wrong" if is_stated else "convention", "-".join(name.values()), reason)

    def _wrong(self) -> _Worth:
        """What is said of it in the reading that is most likely: of those with a value the one with most changes."""
        if strange := strange_words(self.text, self.network):
            raise UserError(f"{strange[0][:40]} has no meaning here")
        first: UserError | None = None
        found: _Worth | None = None
        # as many changes as fit come first; as it stands it is judged last
        for reading in sorted(self.likely, key=lambda each: -len(each.said))[:MOST_LIKELY]:
            for wrt, answer in ((self.wrt, reading.answer), *reading.parts):
                derivation = self.derivation if wrt == self.wrt else _for_weight(self.derivation, wrt)
                try:
                    check(derivation, answer, self.terms.known)
                    if reading.parts and right_in(derivation, answer, self.terms.outer, self.terms.known):
                        continue
                    verdict = wrong(derivation, answer, self.terms.outer)
                    worth = _Worth("wrong", reason=verdict.detail, mistakes=verdict.mistakes)
                    if verdict.mistakes:
                        return worth
                    if found is None and has_value(derivation, answer, self.terms.outer):
                        found = worth
                    first = first or UserError(verdict.detail or "this has no value to compare")
                except UserError as error:
                    first = first or error
        if found is not None:
            return found
        raise first or UserError("this has no value to compare")


OTHER_ORDER = "this is right for weights that meet the state and the input in the other order"
MOST_LIKELY = 4
"""In so many readings an answer that is right in none is judged at most."""


@lru_cache(maxsize=64)
def _for_weight(derivation: Derivation, wrt: str) -> Derivation:
    return Derivation(derivation.network, wrt, derivation.form, derivation.steps, derivation.layout)


_STEP_BEFORE = re.compile(r"_([a-zT])[-−]1(?!\d)")


@dataclass(frozen=True)
class LetterSet:
    """Letters of other textbooks → ours: what an answer in them has, what it has not, and what is said of it."""

    letters: Mapping[str, str]
    needs: tuple[str, ...]
    lacks: str
    said: str
    doubtful: bool = False

    def fits(self, text: str) -> bool:
        return all(re.search(each, text) for each in self.needs) and not (self.lacks and re.search(self.lacks, text))


_AT_STEP = r"\}?\s*[_^(\[<⟨]"
_OTHER_WEIGHTS = r"W_?\{?(?:\\text\{|\\mathrm\{)?(?:x|e|in|xh|hx|ih|h|hh|rec)(?![a-z])|b_\{?1"
_A, _H = (rf"(?<![a-z\\])a{_AT_STEP}", rf"(?<![a-z])h{_AT_STEP}")
LETTER_SETS = (
    LetterSet({"x": "h", "u": "x"}, (rf"(?<![a-z])u{_AT_STEP}", rf"(?<![a-z])x{_AT_STEP}"), "",
              "x is read as the state and u as the input"),
    LetterSet({"U": "V"}, (r"U", _OTHER_WEIGHTS), "", "U is read as the weights of the output layer"),
    LetterSet({"a": "h"}, (_A, r"\\langle|⟨|\^\{?<|W_\{?(?:aa|ax|ya)"), _H, "a is read as the state"),
    LetterSet({"a": "h"}, (_A,), _H, "this is right if a is the state; here a is the input of the activation", True),
)  # fmt: skip


def _others(derivation: Derivation) -> Iterator[tuple[dict[str, str], Derivation]]:
    """The gradient of a GRU whose gate or reset works otherwise, and what is otherwise there."""
    for other, words in other_gates(derivation.network):
        yield other, _derivation(derivation, tuple(sorted(words.items())))


def other_gates(own: Network) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """(what is otherwise, all choices with it) of a GRU, the fewest changes first; nothing of another cell."""
    if own.cell != "gru":
        return
    words = {name: own.form[name] for name in CHOICES}
    for changed in (("update_gate",), ("reset",), ("update_gate", "reset")):
        other = {name: next(word for word in CHOICES[name] if word != words[name]) for name in changed}
        yield other, words | other


@lru_cache(maxsize=64)
def _derivation(derivation: Derivation, words: tuple[tuple[str, str], ...]) -> Derivation:
    own = derivation.network
    made = network(own.cell, own.head.name, own.loss, **_settings(derivation), **dict(words))  # type: ignore[arg-type]
    return Derivation(made, derivation.wrt, derivation.form, derivation.steps, derivation.layout)


def _settings(derivation: Derivation) -> dict[str, object]:
    own = derivation.network
    layers = max((signal.layer for signal in own.equations), default=0) or 1
    return {"activation": own.form["activation"], "layers": layers, "truncate": own.truncate}


def without_signs(text: str) -> str:
    """A text without the signs of maths, code and emphasis around it."""
    return text.strip().strip("$`*").strip().removeprefix("\\[").removesuffix("\\]").removesuffix(".").strip()
