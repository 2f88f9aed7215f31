"""Choices as students mark them: `B`, `(b)`, `A and C`, `[x] C`, `c, because …`, or the words of a choice."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .. import document as doc
from ..errors import printable
from ..expressions.answers import read_number
from ..expressions.nodes import Value
from ..formulas.diagnose import Candidate
from ..formulas.model import Mistake
from .marks import Mark
from .notation import tidy

_SAID = re.compile(
    r"^(?:(?:i\s+(?:think|choose|say|take)|it\s+is|it['’]s)\s+)?(?:(?:the|my|both)\s+)?(?:(?:right\s+|correct\s+)?(?:answers?|options?|choices?)\s*(?:is|are|:)?\s+)?",
    re.IGNORECASE,
)
"""Answer: B, the answer is B, both A and C."""
_CONFIRMED = re.compile(r"\s+(?:is|are)\s+(?:right|correct|true)$", re.IGNORECASE)
_BECAUSE = re.compile(r"[,;.:–—-]?\s+(?:because|since)\s.*$", re.IGNORECASE | re.DOTALL)
_BOX = re.compile(r"(\[\s?[xX✓✔]?\s?\]|[☑☐✓✔])")
"""[x], [ ], ☑, ☐: a box before each choice, ticked or not."""
_WITH_WORDS = re.compile(r"\(?([A-Za-z])(?:\s*[).:–—-]\s*|\s+)(\S.*)")
_SEPARATED = re.compile(r"\s*(?:,|;|/|\+|&|\band\b|\s)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Choice:
    """A choice as it is shown. `value` is what it stands for where it is computed, `id` its mistake."""

    words: doc.Words
    right: bool
    because: doc.Words
    value: Value = None
    id: str = ""

    @property
    def text(self) -> str:
        """Its words as plain text, expressions as they are typed."""
        return doc.plain(self.words)


def judge_choice(shown: tuple[Choice, ...], given: object) -> Mark:
    """Marks which of the shown choices were taken. Never raises."""
    expected = " and ".join(letter(i) for i, choice in enumerate(shown) if choice.right)
    text = " ".join(map(str, given)) if isinstance(given, list) else str("" if given is None else given).strip()
    wrote = printable(text[:200]) if text else ""
    if re.fullmatch(r"[?_.…–—-]*", text):
        return Mark("missing", expected, wrote)
    taken = chosen(text, shown)
    if taken is None:
        known = f"{letter(0)} to {letter(len(shown) - 1)}"
        return Mark("unreadable", expected, wrote, reason=f"a choice is a letter, {known}")
    right = {i for i, choice in enumerate(shown) if choice.right}
    if taken == right:
        return Mark("right", expected, wrote, taken=frozenset(taken))
    reason = "" if taken - right else "a right choice is missing"
    if len(right) == 1 and len(taken) > 1:
        reason = "only one choice is needed"
    return Mark("wrong", expected, wrote, _reasons(shown, taken), reason=reason, taken=frozenset(taken))


def letter(index: int) -> str:
    """A, B, C, ..."""
    return chr(ord("A") + index)


def chosen(text: str, shown: tuple[Choice, ...]) -> set[int] | None:
    """The places of the choices that were taken; None for what is neither letters nor the words of one."""
    boxes = _BOX.split(text)
    if len(boxes) > 2 and not boxes[0].strip(" -*\n"):
        ticked = [_named(after.strip(" -*,;\n"), shown) for box, after in zip(boxes[1::2], boxes[2::2], strict=True)
                  if box.strip("[] ☐")]  # fmt: skip
        places = [each for each in ticked if each is not None]
        return set().union(*places) if places and len(places) == len(ticked) else None
    found = _named(text, shown)
    return _named(_BECAUSE.sub("", text), shown) if found is None else found


def _named(text: str, shown: tuple[Choice, ...]) -> set[int] | None:
    """The places of the choices whose letters or words stand there."""
    whole = _folded(text)
    same = {index for index, choice in enumerate(shown) if _folded(choice.text) == whole}
    if len(same) == 1 and " " in whole:
        return same  # also words that begin with "It is" or with a letter of their own
    text = _CONFIRMED.sub("", _SAID.sub("", tidy(text).rstrip(" !.")))
    words = [word.strip("().:[] ") for word in _SEPARATED.split(text) if word.strip("().:[] ")]
    letters = [word for word in words if len(word) == 1 and word.isascii() and word.isalpha()]
    if letters and len(letters) == len(words):
        places = {ord(word.upper()) - ord("A") for word in letters}
        return places if all(place < len(shown) for place in places) else None
    if len(words) == 1 and words[0].isalpha() and words[0].isupper() and 1 < len(words[0]) <= len(shown):
        places = {ord(word) - ord("A") for word in words[0]}
        if all(place < len(shown) for place in places):
            return places
    written_out = _WITH_WORDS.fullmatch(text)
    if written_out:
        place = ord(written_out[1].upper()) - ord("A")
        said = re.sub(r"^(?:the|an?)\s", "", _folded(written_out[2]))
        agrees = place < len(shown) and _folded(shown[place].text) in (said, _folded(written_out[2]))
        return {place} if agrees else None
    number = read_number(text)
    for index, choice in enumerate(shown):
        if _folded(text) == _folded(choice.text) or (number is not None and choice.value == number):
            return {index}
    return None


def _folded(text: str) -> str:
    return " ".join(tidy(text).split()).casefold().rstrip(".!")


def _reasons(shown: tuple[Choice, ...], taken: set[int]) -> tuple[Candidate, ...]:
    """Why the wrong choices that were taken are wrong."""
    wrong = [shown[index] for index in sorted(taken) if not shown[index].right]
    return tuple(Candidate((Mistake(choice.id, "", "", doc.plain(choice.because)),)) for choice in wrong)
