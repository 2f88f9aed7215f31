"""Moodle XML for a question bank: numerical, multiple choice, short answer and cloze, with what is said to each answer.

Moodle takes the first answer that fits, in the order of the file, so bands of numbers never touch; it knows no shapes,
so each of their numbers is a field; and it compares letters sign by sign, so an expression is chosen among several
wherever the key has two wrong ones, and is a short answer in our own spellings where it has not. Maths is LaTeX.
"""

from __future__ import annotations

import math
import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from hashlib import sha256
from html import escape
from typing import Any, Literal, TypeAlias

from .. import document as doc
from ..document import shown_by
from ..expressions import printing
from ..expressions.exact import Number
from ..expressions.nodes import Node
from . import _keyed as keyed
from . import _moodle_text as said
from . import _sheet as sheet

SUFFIX = ".xml"

_FRACTIONS = (
    "100", "90", "83.33333", "80", "75", "70", "66.66667", "60", "50", "40", "33.33333", "30", "25", "20", "16.66667",
    "14.28571", "12.5", "11.11111", "10", "5", "0",
)  # fmt: skip
"""The only shares, in percent, that Moodle imports; a minus may stand before each."""

_OTHER_NUMBER = "This is not right, and no typical mistake gives it: compare with the working."
_OTHER_WORDS = "Moodle compares character by character: a right answer in another spelling must be marked by hand."


@dataclass(frozen=True, slots=True)
class _Answer:
    """`text` is HTML of a choice, else what is typed; `fraction` in percent; `said` is HTML."""

    text: str
    fraction: str
    said: str
    tolerance: str = ""


_Kind: TypeAlias = Literal["numerical", "multichoice", "multiresponse", "shortanswer"]


@dataclass(frozen=True, slots=True)
class _Field:
    """One thing that Moodle marks."""

    kind: _Kind
    answers: tuple[_Answer, ...]
    letters: bool = False
    """Whether capital and small letters differ."""


def write(document: doc.Document) -> str:
    """The questions of a document with its key, in the category `$course$/top/dlcalc/<topic>`.

    A question of one number, one choice or one expression is a question of that type, any other one a cloze. UserError
    if there is no question or no key.
    """
    keyed.check_key(document, "Moodle XML")
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<quiz>']
    category = None
    names: dict[str, int] = {}
    for question in sheet.questions(document):
        if category != (category := _category(question.topic)):
            parts.append(_category_element(category, document.title))
        parts.append(_question(question, document.spell, names))
    return "\n".join([*parts, "</quiz>\n"])


# Questions


def _question(question: doc.Question, spell: printing.Spell, names: dict[str, int]) -> str:
    fields = [[_fields(entry, spell) for _, entry in sheet.entries(part)] for part in question.parts]
    every = [field for of_part in fields for of_entry in of_part for field in of_entry]
    if len(every) == 1 and question.parts[0].entry is not None:
        text = said.blocks((*question.blocks, *question.parts[0].blocks), spell)
        kind, body = _standalone(every[0])
    else:
        text = _cloze_text(question, fields, spell)
        # Moodle refuses a cloze without a field.
        kind, body = "cloze" if every else "description", ""
    name = f"{question.number}. {question.title}".translate({ord("<"): "‹", ord(">"): "›"})
    hints = (hint for part in question.parts for hint in part.hints)
    lines = [
        f'<question type="{kind}">',
        f"<name>{_text(name[:255])}</name>",
        _with_files("questiontext", text),
        _with_files("generalfeedback", _working(question, spell)),
        f"<defaultgrade>{_decimal(question.points)}</defaultgrade>",
        "<penalty>0.3333333</penalty>",
        "<hidden>0</hidden>",
        f"<idnumber>{_id_number(question, text, names)}</idnumber>",
        body,
        *(f'<hint format="html">{_text(said.words(hint, spell))}</hint>' for hint in hints),
        _tags(question),
        "</question>",
    ]
    return "\n".join(line for line in lines if line)


def _standalone(field: _Field) -> tuple[str, str]:
    """The type of a question that is this field alone, and what stands in it beside the text."""
    if field.kind == "numerical":
        settings = ["<unitgradingtype>0</unitgradingtype>", "<unitpenalty>0.1</unitpenalty>"]
        settings += ["<showunits>3</showunits>", "<unitsleft>0</unitsleft>"]
    elif field.kind == "shortanswer":
        settings = [f"<usecase>{int(field.letters)}</usecase>"]
    else:
        settings = [f"<single>{str(field.kind == 'multichoice').lower()}</single>"]
        settings += ["<shuffleanswers>true</shuffleanswers>", "<answernumbering>abc</answernumbering>"]
        settings += [
            f'<{outcome}feedback format="html"><text></text></{outcome}feedback>'
            for outcome in ("correct", "partiallycorrect", "incorrect")
        ]
    form = ' format="html"' if field.kind.startswith("multi") else ""
    answers = (
        f'<answer fraction="{answer.fraction}"{form}>{_text(answer.text)}'
        f'<feedback format="html">{_text(answer.said)}</feedback>'
        + (f"<tolerance>{answer.tolerance}</tolerance>" if field.kind == "numerical" else "")
        + "</answer>"
        for answer in field.answers
    )
    kind = "multichoice" if field.kind == "multiresponse" else field.kind
    return kind, "\n".join([*answers, *settings])


def _cloze_text(question: doc.Question, fields: list[list[list[_Field]]], spell: printing.Spell) -> str:
    scale = _scale(question, fields)
    pieces = [_bare(said.blocks(question.blocks, spell))]
    for part, of_part in zip(question.parts, fields, strict=True):
        weights = (int(scale * part.points / (len(of_part) * len(of_entry))) for of_entry in of_part)
        shown = [[_cloze(field, weight) for field in of] for of, weight in zip(of_part, weights, strict=True)]
        asked = (entry for _, entry in sheet.entries(part))
        written = [_together(entry, of) for entry, of in zip(asked, shown, strict=True)]
        blocks = [piece for piece in sheet.part(part) if not isinstance(piece, doc.Entry)]
        text = _bare(said.blocks(blocks, spell))
        pieces.append(keyed.filled(text, written) if part.entry is None else f"{text}\n{_block(written[0])}")
    return "\n".join(piece for piece in pieces if piece)


def _block(field: str) -> str:
    return field if field.startswith("<table>") else f"<p>{field}</p>"


def _together(entry: doc.Entry, fields: list[str]) -> str:
    """The fields of one answer: of a matrix in its rows and columns, of a shape one beside the other."""
    if entry.kind == "matrix" and entry.key is not None:
        width = len(_flat(entry.key.value[0]))  # type: ignore[index]
        rows = ("".join(f"<td>{field}</td>" for field in fields[i : i + width]) for i in range(0, len(fields), width))
        return f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"
    return " ".join(fields) if entry.kind == "vector" else " × ".join(fields)


def _scale(question: doc.Question, fields: list[list[list[_Field]]]) -> int:
    """What points are multiplied by so that the weight of each field is a whole number, as Moodle has them."""
    pairs = zip(question.parts, fields, strict=True)
    shares = (part.points / (len(of_part) * len(of)) for part, of_part in pairs for of in of_part if of)
    return math.lcm(*(share.denominator for share in shares))


_CLOZE = {
    "numerical": "NUMERICAL",
    "multichoice": "MULTICHOICE_VS",
    "multiresponse": "MULTIRESPONSE_S",
    "shortanswer": "SHORTANSWER",
}


def _cloze(field: _Field, weight: int) -> str:
    kind = "SHORTANSWER_C" if field.letters else _CLOZE[field.kind]
    shown = []
    for answer in field.answers:
        text = answer.text if field.kind.startswith("multi") else escape(answer.text, quote=False)
        tolerance = f":{answer.tolerance}" if answer.tolerance and answer.text != "*" else ""
        because = f"#{_inside(answer.said)}" if answer.said else ""
        sign = "=" if answer.fraction == "100" else f"%{answer.fraction}%"
        shown.append(f"{sign}{_inside(text) or '&nbsp;'}{tolerance}{because}")
    return f"{{{weight}:{kind}:{'~'.join(shown)}}}"


def _inside(text: str) -> str:
    r"""HTML within a field: `}` and `#` are escaped, `~` cannot be, and a `\` before a sign that ends would undo it."""
    one_line = re.sub(r"\s+", " ", text).strip().replace("~", "&#126;")
    one_line = re.sub(r"\\$", "&#92;", re.sub(r"\{(?=\s*\d*\s*:)", "&#123;", one_line))
    return re.sub("([}#])", r"\\\1", one_line)


def _bare(text: str) -> str:
    """HTML outside the fields, where what a field begins with is text."""
    return re.sub(r"\{(?=\s*\d*\s*:)", "&#123;", text)


# Fields


def _fields(entry: doc.Entry, spell: printing.Spell) -> list[_Field]:
    if entry.kind == "choice":
        return [_choices(entry, spell)]
    if entry.key is None:
        return []
    found = keyed.responses(entry.key)
    if entry.kind == "shape" and isinstance(entry.key.value, tuple):
        alike = [each for each in found if isinstance(each.value, tuple) and len(each.value) == len(entry.key.value)]
        axes = range(len(entry.key.value))
        return [_axis([replace(each, value=each.value[axis]) for each in alike], spell) for axis in axes]
    if entry.kind in sheet.ARRAYS:
        alike = [each for each in found if len(_flat(each.value)) == len(_flat(entry.key.value))]
        return [_axis([_at(each, place) for each in alike], spell) for place, _ in enumerate(_flat(entry.key.value))]
    if entry.kind in ("integer", "number", "shape"):
        return [_axis(found, spell)]
    if entry.kind == "expression":
        return [_expression(found, spell)]
    words = " ".join(sheet.plain(entry.key.value, spell).split())
    return [_Field("shortanswer", (_Answer(_literal(words), "100", ""), _Answer("*", "0", _OTHER_WORDS)))]


def _flat(value: Any) -> tuple[Any, ...]:
    """The numbers of an array, row by row."""
    return tuple(each for item in value for each in _flat(item)) if isinstance(value, tuple) else (value,)


def _at(response: doc.Response, place: int) -> doc.Response:
    """What a response to an array says to one of its numbers."""
    near = response.tolerance
    return replace(response, value=_flat(response.value)[place],
                   tolerance=_flat(near)[place] if isinstance(near, tuple) else near)  # fmt: skip


def _axis(found: Sequence[doc.Response], spell: printing.Spell) -> _Field:
    """A number, or in a shape with letters an expression."""
    if isinstance(found[0].value, Node):
        return _expression(found, spell)
    return _Field("numerical", _numbers(found, spell))


def _numbers(found: Sequence[doc.Response], spell: printing.Spell) -> tuple[_Answer, ...]:
    """An answer per band, those that touch an earlier one left out, and what is said to all other numbers."""
    bands: list[tuple[Fraction, Fraction]] = []
    answers = []
    for response in found:
        value = response.value
        if not isinstance(value, int | Fraction | float) or not math.isfinite(value):
            continue
        centre = Fraction(value)
        reach = max(*_flat(response.tolerance), _rounding(centre))
        if all(abs(centre - other) > reach + reach_of_other for other, reach_of_other in bands):
            bands.append((centre, reach))
            because = said.words(response.feedback, spell)
            answers.append(_Answer(_decimal(centre), _fraction(response.share), because, _decimal(reach)))
    return (*answers, _Answer("*", "0", _OTHER_NUMBER, "0"))


def _rounding(number: Fraction) -> Fraction:
    """Half of one unit in the last place of a number that is rounded as far as it may be; 0 if it need not be."""
    if number.denominator == 1:
        return Fraction(0)
    last = (Decimal(number.numerator) / Decimal(number.denominator)).adjusted() - shown_by().significant_digits + 1
    unit = Fraction(10) ** last
    return Fraction(0) if (number / unit).denominator == 1 else unit / 2


def _choices(entry: doc.Entry, spell: printing.Spell) -> _Field:
    right = sum(bool(choice.right) for choice in entry.choices)
    wrong = len(entry.choices) - right
    earns, costs = Fraction(1), Fraction(0)
    if entry.several:
        # Who ticks everything gets nothing.
        earns, costs = Fraction(1, max(1, right)), Fraction(-1, max(1, wrong))
    answers = tuple(
        _Answer(
            said.words(choice.words, spell) or "&nbsp;",
            _fraction(earns if choice.right else costs),
            said.words(choice.because, spell),
        )
        for choice in entry.choices
    )
    return _Field("multiresponse" if entry.several else "multichoice", answers)


def _expression(found: Sequence[doc.Response], spell: printing.Spell) -> _Field:
    if sum(response.share == 0 for response in found) >= 2:
        options: dict[str, _Answer] = {}
        for response in found:
            text = said.words(doc.Math(response.value), spell)
            options.setdefault(text, _Answer(text, _fraction(response.share), said.words(response.feedback, spell)))
        # Moodle shuffles unless a quiz tells it not to; even then the right one must not be the first.
        order = sorted(options, key=lambda text: sha256(text.encode()).digest())
        return _Field("multichoice", tuple(options[text] for text in order))
    answers: dict[str, _Answer] = {}
    for response in found:
        because, fraction = said.words(response.feedback, spell), _fraction(response.share)
        spaced = [form(response.value, spell) for form in (printing.text, printing.plain)]
        for text in (*spaced, *(text.replace(" ", "") for text in spaced)):
            answers.setdefault(text, _Answer(_literal(text), fraction, because))
    return _Field("shortanswer", (*answers.values(), _Answer("*", "0", _OTHER_WORDS)), letters=True)


def _literal(text: str) -> str:
    """A short answer in which a star is a star."""
    return text.replace("*", r"\*")


def _fraction(share: Fraction) -> str:
    """The share as the nearest percentage that Moodle knows."""
    nearest = min(_FRACTIONS, key=lambda percent: abs(Fraction(percent) - abs(share) * 100))
    return f"-{nearest}" if share < 0 and nearest != "0" else nearest


def _decimal(number: Number) -> str:
    """-0.0505: never with an exponent or a plus sign, 15 digits where the decimals do not end."""
    exact = Fraction(number)
    if exact.denominator == 1:
        return str(exact.numerator)
    return format(Context(prec=15).divide(Decimal(exact.numerator), Decimal(exact.denominator)), "f").rstrip("0")


def _working(question: doc.Question, spell: printing.Spell) -> str:
    blocks: list[doc.Block] = []
    for part in question.parts:
        label = (doc.Strong(f"({part.label})"), doc.Text(" ")) if part.label else ()
        if part.entry is not None:
            blocks.append(doc.Paragraph((*label, "Answer: ", *doc.inlines(keyed.answer(part.entry)))))
        elif label:
            blocks.append(doc.Paragraph(label))
        for _, entry in sheet.entries(part):
            blocks += entry.key.working if entry.key else ()
    return said.blocks(blocks, spell)


# XML


def _text(text: str) -> str:
    """A text that Moodle takes as it stands; entities would lose the spaces between tags."""
    legal = keyed.unmarked(doc.printable(text))
    return f"<text><![CDATA[{legal.replace(']]>', ']]]]><![CDATA[>')}]]></text>" if legal else "<text></text>"


def _with_files(tag: str, text: str) -> str:
    """HTML whose figures are files beside it, as Moodle stores them."""
    files: dict[str, str] = {}

    def stored(found: re.Match[str]) -> str:
        name = f"figure-{sha256(b64decode(found[1])).hexdigest()[:12]}.svg"
        files[name] = f'<file name="{name}" path="/" encoding="base64">{found[1]}</file>'
        return f'src="@@PLUGINFILE@@/{name}"'

    linked = re.sub('src="data:image/svg[+]xml;base64,([A-Za-z0-9+/=]*)"', stored, text)
    return f'<{tag} format="html">{_text(linked)}{"".join(files.values())}</{tag}>'


def _category(topic: str) -> str:
    # A slash parts a category from what is above it; two are one that is meant.
    return "/".join(["$course$", "top", "dlcalc", *([topic.replace("/", "//")] if topic else [])])


def _category_element(category: str, title: str) -> str:
    info = f'<info format="html">{_text(said.words(title, None))}</info>'
    return f'<question type="category">\n<category>{_text(category)}</category>\n{info}\n</question>'


def _id_number(question: doc.Question, text: str, names: dict[str, int]) -> str:
    """The problem and its variant; a number after it where the same one stands in the document again."""
    variant = sha256((question.note or text).encode()).hexdigest()[:12]
    name = f"{re.sub('[^A-Za-z0-9._-]', '-', question.problem or 'question')[:60]}-{variant}"
    names[name] = names.get(name, 0) + 1
    return name if names[name] == 1 else f"{name}-{names[name]}"


def _tags(question: doc.Question) -> str:
    tags = [tag[:50] for tag in ("dlcalc", question.topic, question.problem) if tag]
    return f"<tags>{''.join(f'<tag>{_text(tag)}</tag>' for tag in dict.fromkeys(tags))}</tags>"
