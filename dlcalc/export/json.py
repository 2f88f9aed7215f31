"""One JSON object for other programs: what is asked, in Markdown, and of a key the answers with their working."""

from __future__ import annotations

import json
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from .. import document as doc
from ..expressions.jsonable import as_json
from ..expressions.nodes import Value
from ..expressions.printing import Spell
from . import _sheet as sheet
from . import markdown


def write(document: doc.Document) -> str:
    """The document's questions as a JSON object; its keys stand in one order, and without a key nothing is of it."""
    spell = document.spell
    others = [block for block in document.blocks if not isinstance(block, doc.Question)]
    found = {
        "title": doc.printable(document.title),
        "facts": {doc.printable(name): doc.printable(value) for name, value in document.facts},
        "date": document.date,
        "language": document.language,
        "text": _markdown(others, spell),
        "questions": [_question(question, spell) for question in sheet.questions(document)],
    }
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def _question(question: doc.Question, spell: Spell) -> dict[str, Any]:
    return {
        "number": question.number,
        "title": doc.printable(question.title),
        "points": _number(question.points),
        "problem": question.problem,
        "topic": question.topic,
        "text": _markdown(question.blocks, spell),
        **({"note": question.note} if question.note else {}),
        "parts": [_part(question, part, spell) for part in question.parts],
    }


def _part(question: doc.Question, part: doc.Part, spell: Spell) -> dict[str, Any]:
    """A part with one answer, or with `entries`, the cells of a table."""
    found = {
        "id": sheet.identity(question, part),
        "label": part.label,
        "points": _number(part.points),
        "text": _markdown(map(sheet.blank, part.blocks), spell),
    }
    if part.entry is not None:
        return found | _asked(part.entry, spell)
    cells = [
        {"id": entry.id, "cell": markdown.words(name, spell)} | _asked(entry, spell)
        for name, entry in sheet.entries(part)
    ]
    return found | {"kind": "table", "entries": cells}


def _asked(entry: doc.Entry, spell: Spell) -> dict[str, Any]:
    choices = [_choice(choice, sheet.letter(i), spell) for i, choice in enumerate(entry.choices)]
    return {
        "kind": entry.kind,
        **({"size": list(entry.size)} if entry.size else {}),
        **({"several": entry.several, "choices": choices} if choices else {}),
        **({} if entry.key is None else _key(entry, entry.key, spell)),
    }


def _choice(choice: doc.Choice, letter: str, spell: Spell) -> dict[str, Any]:
    found: dict[str, Any] = {"letter": letter, "text": markdown.words(choice.words, spell)}
    if choice.right is not None:
        found["right"] = choice.right
    if choice.because:
        found["because"] = markdown.words(choice.because, spell)
    return found


def _key(entry: doc.Entry, key: doc.Key, spell: Spell) -> dict[str, Any]:
    responses = [
        {
            "id": response.id,
            "value": _value(response.value, spell),
            "share": _number(response.share),
            "tolerance": _tolerance(response.tolerance),
            "feedback": markdown.words(response.feedback, spell),
        }
        for response in key.responses
    ]
    right = sheet.answer(entry) if entry.choices else key.value
    return {"answer": _value(right, spell), "responses": responses, "working": _markdown(key.working, spell)}


def _value(value: Value | doc.Words, spell: Spell) -> object:
    return sheet.plain(value, spell) if sheet.is_words(value) else as_json(value)


def _tolerance(tolerance: Fraction | tuple[Any, ...]) -> object:
    return list(map(_tolerance, tolerance)) if isinstance(tolerance, tuple) else _number(tolerance)


def _number(number: Fraction) -> object:
    return number.numerator if number.denominator == 1 else as_json(number)


def _markdown(blocks: Iterable[doc.Block], spell: Spell) -> str:
    return "\n\n".join(markdown.block(block, spell) for block in blocks)
