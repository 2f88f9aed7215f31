"""An answer as a student writes it: `o = 55`, `34,944 parameters`, `$55 \\times 55$`, `≈ 0.05`. Read, never run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..errors import ExpressionError, UserError
from ..expressions.answers import Answer, read_answer
from ..expressions.functions import CONSTANTS
from ..expressions.limits import within_budget
from ..expressions.nodes import Value
from ..foreign import printable
from ..formulas.reading import read_asked
from ..formulas.run import letters_in
from ..quiz.asked import Asked, FormulaAsked
from ..quiz.problem import Part

MOST_CHARACTERS = 2_000
_WORK = 20_000
"""Units of work that reading one answer may take."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\u202a-\u202e\u2066-\u2069\ufeff]")
_NOTHING = re.compile(r"|[?_.…–—-]+|n/?a|none|null|nan|no idea|i don'?t know", re.IGNORECASE)
_WRAPPED = (re.compile(r"\$+(.*?)\$+", re.DOTALL), re.compile(r"\\[(\[](.*)\\[)\]]", re.DOTALL),
            re.compile(r"(`+)(.*)\1", re.DOTALL))  # fmt: skip
_ABOUT = re.compile(r"^(?:≈|≃|≅|~|about|approx(?:\.|imately)?|ca\.?|circa|roughly|=)\s*", re.IGNORECASE)
_UNITS = re.compile(
    r"(?<=[\d)\]])\s*(?:trainable\s+)?(?:parameters?|params?|weights?|biases|macs?|flops?|operations|pixels?|px|bytes?|"
    r"neurons?|units?|filters?|updates?|steps?|epochs?|connections?|numbers?|values?|elements?)\.?$",
    re.IGNORECASE,
)
_REMARK = re.compile(r"\s*\((?=[^)]*[A-Za-z])[^()\d+*/^=]*\)\s*$")
"""(h × w × c), (biases included): words in brackets at the end."""
_LABEL = re.compile(r"^[A-Za-z][A-Za-z_ ]*:\s*(?=\S)")
_LATEX_TEXT = re.compile(r"\\(?:text|mathrm|textrm)\{([^{}]*)\}")


@dataclass(frozen=True)
class Written:
    """What was read of an answer: the value, or `reason`, why it cannot be read; neither where nothing was written."""

    text: str = ""
    answer: Answer | None = None
    reason: str = ""

    @property
    def is_empty(self) -> bool:
        return self.answer is None and not self.reason


def tidy(text: str) -> str:
    """The answer without invisible marks, without maths delimiters around it, on one line."""
    found = " ".join(_INVISIBLE.sub("", text).split())
    for pattern in _WRAPPED:
        inner = pattern.fullmatch(found)
        if inner:
            found = inner[inner.lastindex or 1].strip()
    return found.strip("\"'“”„").strip()


def read(text: object, part: Part, asked: Asked, spell: Mapping[str, str] | None = None) -> Written:
    """One answer to a part that is no choice and no table. Never raises: what cannot be read says why."""
    wrote = text if isinstance(text, str) else _plain(text)
    shown = printable(tidy(wrote)[:200]) if tidy(wrote) else ""
    if _NOTHING.fullmatch(tidy(wrote)):
        return Written(shown)
    if len(wrote) > MOST_CHARACTERS:
        return Written(shown, None, f"an answer has at most {MOST_CHARACTERS:,} characters, not {len(wrote):,}")
    try:
        answer = within_budget(lambda: _sides(tidy(wrote), _reader(part, asked, spell or {})), _WORK)
    except (UserError, OverflowError, RecursionError) as error:
        return Written(shown, None, printable(str(error)))
    return Written(shown, _with_tolerance(answer, part, asked.expected))


def _plain(value: object) -> str:
    """A value of TOML or JSON as it would be written."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_plain, value))}]"
    return "" if value is None else str(value)


def _reader(part: Part, asked: Asked, spell: Mapping[str, str]) -> Callable[[str], Answer]:
    if isinstance(asked, FormulaAsked) and asked.name in asked.formula.by_name:
        # in letters too: 4(nm + m² + m) is a number once they have values
        found, name = asked.formula, asked.name
        return lambda text: read_asked(found, name, text, spell)
    shape = part.kind == "shape" or isinstance(asked.expected, tuple)
    return lambda text: read_answer(text, shape=shape)


def _sides(text: str, one: Callable[[str], Answer]) -> Answer:
    """11·11·3·96 = 34848 is its last side, if all agree; o = 55 is 55."""
    text = _LATEX_TEXT.sub(r"\1", text)
    text = _LABEL.sub("", _REMARK.sub("", text))
    sides = [_ABOUT.sub("", side).strip() for side in re.split(r"(?<![<>!≤≥])[=≈](?!=)", text)]
    sides = [_UNITS.sub("", side.rstrip(" .;,")).strip() for side in sides if side.strip()]
    if not sides:
        raise ExpressionError("an answer is expected, but there is nothing", text)
    last = one(sides[-1])
    for side in sides[:-1]:
        if re.fullmatch(r"[A-Za-zα-ω#][\w ]*(?:_\{?\w+\}?)?", side):
            continue  # a name: what it is called
        _same(one(side), last, text)
    return last


def _same(left: Answer, right: Answer, text: str) -> None:
    """Raises UserError where two sides are numbers that differ by more than rounding."""
    pairs = zip(_flat(left.value), _flat(right.value), strict=False)
    for a, b in pairs:
        numbers = not set(letters_in(a)) - CONSTANTS.keys() and not set(letters_in(b)) - CONSTANTS.keys()
        if numbers and abs(float(a) - float(b)) > max(float(right.unit), 1e-3 * abs(float(b))):
            raise UserError(f"two different values stand there: {printable(text)}")


def _flat(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)


def _with_tolerance(answer: Answer, part: Part, expected: Value) -> Answer:
    """The answer as exact as the part asks: its tolerance counts as the rounding of what was written."""
    if not part.tolerance or isinstance(expected, tuple):
        return answer
    near = abs(expected) * part.tolerance if part.relative else part.tolerance
    return replace(answer, unit=2 * near, significant=99)
