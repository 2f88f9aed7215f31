"""The sentences of the formulas: short, in today's English, of the question's own letters.

Readers learn in a second language. What a machine can see is held here; whether a sentence is true and kind, a person
has to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from plain import OLD, RHETORICAL, UNKIND

from dlcalc import document as doc
from dlcalc.formulas.model import Formula, Mistake
from dlcalc.formulas.registry import formula
from dlcalc.formulas.topics import ids_known
from dlcalc.gradients.diff_mistakes import DIFF_MISTAKES
from dlcalc.gradients.mistakes import GRADIENT_MISTAKES, RULES

LONGEST = 25
"""Words of a reason, and of a hint."""
SIZES = "BDGHKNPSTcdfmnopqrsvw"
LETTER = re.compile(rf"(?<![\w′’'\-{{]){{1}}([{SIZES}])(?![\w’'\-])".replace("{1}", ""))


def reasons(f: Formula) -> Iterator[Mistake]:
    yield from f.mistakes
    for convention in f.conventions:
        yield from convention.own


def faults_of(reason: str, hint: str) -> Iterator[str]:
    """What is wrong with a reason and its hint."""
    for text in (reason, hint):
        if len(text.split()) > LONGEST:
            yield f"more than {LONGEST} words"
        if found := OLD.search(text) or UNKIND.search(text):
            yield f"“{found[0]}”"
        if re.search(r"\s\s|\s[.,;:]|;;|[.]\s*$", text):
            yield "spaces or full stops"
    if hint and not (hint[0].isupper() and hint.endswith("?")):
        yield "a hint is a question"
    if RHETORICAL.match(hint):
        yield "a question whose answer is plain"
    if not doc.sentence(reason).endswith((".", "?")):
        yield "no full stop when it is shown"


def letters_of(f: Formula) -> set[str]:
    """The names of a formula and their parts: `h` of `h_t`; A is the area, or the set, of a."""
    names = set(f.declarations[0].kinds)
    parts = {part for name in names for part in re.split(r"[_.]", name)}
    return names | parts | {part.upper() for part in parts}


def test_reasons_and_hints_are_plain() -> None:
    faults = {}
    for f in map(formula, sorted(ids_known())):
        known = letters_of(f)
        for mistake in reasons(f):
            found = [*faults_of(mistake.because, mistake.hint)]
            strange = {*LETTER.findall(mistake.because), *LETTER.findall(mistake.hint)} - known
            found += [f"{letter} is no letter of {f.id}" for letter in sorted(strange)]
            if found:
                faults[mistake.because, mistake.hint] = found
    assert faults == {}


def test_what_is_said_of_gradients_is_plain() -> None:
    said = [rule.because for rule in (*RULES, *GRADIENT_MISTAKES, *DIFF_MISTAKES)]
    assert len(said) > 60
    assert {text: found for text in said if (found := [*faults_of(text, "")])} == {}


def test_messages_name_what_the_formula_has() -> None:
    """{x} of a condition is a name of its formula; a note or a convention holds no braces."""
    faults = []
    for f in map(formula, sorted(ids_known())):
        for condition in (*f.conditions, *f.warnings):
            named = {name.partition(":")[0] for name in re.findall(r"\{([^{}]*)\}", condition.message)}
            faults += [(f.id, condition.message, name) for name in named - set(f.declarations[0].kinds)]
            faults += [(f.id, condition.message, found[0]) for found in [OLD.search(condition.message)] if found]
        for text in (*f.notes, *(each.says for each in f.conventions)):
            faults += [(f.id, text, found[0]) for found in [OLD.search(text) or UNKIND.search(text)] if found]
    assert faults == []


@pytest.mark.parametrize(
    ("reason", "hint", "fault"),
    [
        ("1 − z stands there, not z", "", "“stands”"),
        ("obviously the bias is missing", "", "“obviously”"),
        ("the bias is missing", "Does a frame around a picture give it another colour?", "a question whose answer"),
        ("the bias is missing", "Look again.", "a hint is a question"),
        ("the bias is missing.", "", "full stops"),
        ("the bias " * 13, "", "more than 25 words"),
    ],
)
def test_a_bad_sentence_is_seen(reason: str, hint: str, fault: str) -> None:
    assert any(fault in found for found in faults_of(reason.strip(), hint))
