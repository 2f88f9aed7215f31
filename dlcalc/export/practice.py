"""A practice page: one HTML file that marks itself, names the mistake and shows the working, without any network.

Numbers, shapes and choices are judged as everywhere else; an expression by its values at fixed points, which our own
evaluator works out here. The page holds the answers, so it is made from practice variants only.
"""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, TypeAlias

from .. import document as doc
from ..document import shown_by
from ..errors import UserError
from ..expressions import printing
from ..expressions.answers import digits_asked
from ..expressions.evaluate import evaluate
from ..expressions.nodes import Hadamard, Index, Name, Node, Outer, Partial, Transpose, Value, names_in, to_node, walk
from . import _keyed as keyed
from . import _sheet as sheet
from . import html

SUFFIX = ".html"
SCRIPTS = ("practice.js", "practice_numbers.js", "practice_arrays.js")
"""The parts of the page's one script, in their order."""

_Point: TypeAlias = dict[str, int]

POINTS = 8
"""An expression is right if it has the right value at so many points."""

MOST_CHOICES = 5
"""Formulas that are chosen among, where a formula cannot be compared."""

_HELP = {
    "integer": "A whole number.",
    "number": "A number: 0.125 or 1/8; a rounded one with at least {digits}.",
    "shape": "For example 28 x 28 x 3.",
    "vector": "Numbers with spaces between them: 1 -2 0.5.",
    "matrix": "Rows of numbers, one per line or separated by semicolons: 1 2; 3 4.",
    "text": "In words. You compare it yourself; it earns no points here.",
}


def write(document: doc.Document) -> str:
    """The page. UserError if there is no question or no key."""
    keyed.check_key(document, "A practice page")
    page = _Page(document.spell)
    body = "\n".join(page.block(block) for block in document.blocks)
    script, style = "".join(map(_file, SCRIPTS)), html.STYLE + _file("practice.css")
    # What is allowed to run is this one script, known by its hash.
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "form-action 'none'; base-uri 'none'"
    )
    title = html.render_words(document.title, document.spell) or "Practice"
    return f"""<!DOCTYPE html>
<html lang="{_text(document.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header class="bar"><progress id="progress" max="{float(page.points) or 1}" value="0" aria-label="Points"></progress>
<span id="points"></span></header>
<main class="dlcalc">
<h1 id="title" tabindex="-1">{title}</h1>
{_facts(document)}<noscript><p>A script marks the answers here, and scripts are switched off.</p></noscript>
{body}
{page.result()}
</main>
<script type="application/json" id="practice-data">{_json(page.data())}</script>
<script>{script}</script>
</body>
</html>
"""


def _text(text: str) -> str:
    return escape(doc.printable(text))


def _file(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _json(data: object) -> str:
    """Data inside a `script`, which a `<` could end."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _facts(document: doc.Document) -> str:
    known = [f"{_text(name)}: {_text(value)}" for name, value in document.facts if value]
    return f"<p>{' · '.join(known)}</p>\n" if known else ""


@dataclass
class _Page:
    """The page as it grows: what is asked is numbered as it comes."""

    spell: printing.Spell
    parts: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    patterns: dict[str, str] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)
    points: Fraction = Fraction(0)

    def data(self) -> dict[str, Any]:
        """What the script is given."""
        return {"parts": self.parts, "entries": self.entries, "patterns": self.patterns}

    def block(self, block: doc.Block) -> str:
        return self.question(block) if isinstance(block, doc.Question) else html.render_block(block, self.spell)

    def question(self, question: doc.Question) -> str:
        head = f"<span>{_text(sheet.heading(question))}</span>"
        worth = f'<span class="worth">{_text(sheet.points(question.points))}</span>'
        blocks = [self.block(block) for block in question.blocks]
        parts = [self.part(question, part) for part in question.parts]
        label = f"question-{question.number}"
        opening = f'<section class="question" aria-labelledby="{label}">\n<h2 id="{label}">{head} {worth}</h2>'
        return "\n".join([opening, *blocks, *parts, "</section>"])

    def part(self, question: doc.Question, part: doc.Part) -> str:
        first = len(self.entries)
        found = [(name, _comparable(entry)) for name, entry in sheet.entries(part)]
        fields = [self.entry(first + i, name, entry) for i, (name, entry) in enumerate(found)]
        by_eye = all(entry.kind == "text" for _, entry in found)
        worth = Fraction(0) if by_eye else part.points
        self.points += worth
        if found:
            topic = self.topics.setdefault(question.topic or "other", len(self.topics))
            indices = list(range(first, first + len(found)))
            self.parts.append({"topic": topic, "points": float(worth), "entries": indices})
        asked, cells = [], 0
        for piece in sheet.part(part):
            if isinstance(piece, doc.Grid):
                table = html.render_block(keyed.marked_table(piece, cells), self.spell)
                asked.append(keyed.filled(table, fields))
                cells += sum(isinstance(cell, doc.Entry) for row in piece.rows for cell in row)
            else:
                asked.append(fields[0] if isinstance(piece, doc.Entry) else html.render_block(piece, self.spell))
        if not found:
            return "\n".join(asked)
        texts = [text for i, (_, entry) in enumerate(found) for text in self.said(first + i, entry)]
        return "\n".join(
            ['<form class="part" novalidate autocomplete="off">', *asked, *self.foot(part), *texts, "</form>"]
        )

    def foot(self, part: doc.Part) -> Iterator[str]:
        """What stands under the answer: the buttons, what is said, hints and the working."""
        hints = [
            f'<div class="note hint" hidden><strong>Hint.</strong> {self.words(hint)}</div>' for hint in part.hints
        ]
        hint = '<button type="button" data-does="hint">Hint</button>' if hints else ""
        working = '<button type="button" data-does="working" aria-expanded="false">Show working</button>'
        yield f'<div class="buttons"><button type="submit">Check</button>{hint}{working}</div>'
        yield '<div class="said" role="status"></div>'
        yield f'<div class="hints" aria-live="polite">{"".join(hints)}</div>'
        yield '<div class="working" hidden>'
        for name, entry in sheet.entries(part):
            label = (doc.Strong(name), ": ") if name else (doc.Strong("Answer:"), " ")
            yield html.render_block(doc.Paragraph((*label, *doc.inlines(keyed.answer(entry)))), self.spell)
        for _, entry in sheet.entries(part):
            yield from (html.render_block(block, self.spell) for block in (entry.key.working if entry.key else ()))
        yield "</div>"

    def words(self, words: doc.Words) -> str:
        return html.render_words(words, self.spell)

    def entry(self, index: int, name: doc.Words, entry: doc.Entry) -> str:
        """The place for an answer; its data go to the page's."""
        data = self.marking(entry)
        self.entries.append(data)
        if entry.kind == "choice":
            kind, legend = ("checkbox", "Choose all that are right") if entry.several else ("radio", "Choose one")
            boxes = "\n".join(
                f'<label class="choice"><input type="{kind}" name="entry-{index}" value="{number}">'
                f"<span>{self.words(choice.words)}</span></label>"
                for number, choice in enumerate(entry.choices)
            )
            label = f' aria-label="{_text(sheet.plain(name, self.spell))}"' if name else ""
            return f'<fieldset data-entry="{index}"{label}><legend>{legend}</legend>\n{boxes}\n</fieldset>'
        keys = 'autocapitalize="off" autocorrect="off" spellcheck="false"'
        if name:
            return f'<input data-entry="{index}" aria-label="{_text(sheet.plain(name, self.spell))}" {keys}>'
        letters = ", ".join(data.get("names", ()))
        help = f"An expression in {letters}; write 2n^2 or 2*n*n." if letters else _help(entry.kind)
        described = f'id="entry-{index}" data-entry="{index}" aria-describedby="help-{index}"'
        lines = entry.kind == "text", entry.kind == "matrix"
        place = f"<textarea {described}{' ' + keys if lines[1] else ''}></textarea>"
        if not any(lines):
            place = f"<input {described} {keys}>"
        label = f'<label for="entry-{index}">Answer</label>'
        return f'<div class="answer">{label}{place}<p class="help" id="help-{index}">{_text(help)}</p></div>'

    def marking(self, entry: doc.Entry) -> dict[str, Any]:
        """What the script needs to judge an answer."""
        if entry.kind == "choice":
            return {"kind": "choice", "several": entry.several, "right": [bool(c.right) for c in entry.choices]}
        if entry.kind == "text" or entry.key is None:
            return {"kind": "text"}
        found, digits = _responses(entry.key), shown_by().significant_digits
        if entry.kind in sheet.ARRAYS:
            self.patterns.update(entry.key.patterns)
            return {"kind": entry.kind, "digits": digits, "responses": [_array(each, entry.kind) for each in found]}
        points, names = _points([each.value for each in found], entry.id, self.spell)
        marked = [
            {"values": _values(each.value, points), "tolerance": _floats(each.tolerance), "share": float(each.share)}
            for each in found
        ]
        if not marked[0]["values"]:
            raise UserError(
                f"A practice page compares numbers and expressions, and the answer of {entry.id} is neither"
            )
        data: dict[str, Any] = {
            "kind": entry.kind,
            "digits": digits,
            "responses": marked,
            "asked": entry.asked,
            "side": entry.is_side,
        }
        data |= {"names": names} if names else {}
        return data | ({"bytes": list(map(float, entry.bytes))} if entry.bytes else {})

    def said(self, index: int, entry: doc.Entry) -> Iterator[str]:
        """What is said to each answer, for the script to take."""
        if entry.kind == "choice":
            texts = [choice.because for choice in entry.choices]
        elif entry.kind == "text" or entry.key is None:
            texts = [keyed.answer(entry)]
        else:
            texts = [response.feedback for response in _responses(entry.key)]
        for number, text in enumerate(texts):
            if text:
                yield f'<template data-of="{index}" data-response="{number}">{self.words(text)}</template>'

    def result(self) -> str:
        rows = (
            f'<tr data-topic="{number}"><th scope="row">{_text(topic)}</th>{"<td></td>" * 3}</tr>'
            for topic, number in self.topics.items()
        )
        heads = "".join(f'<th scope="col">{head}</th>' for head in ("Topic", "Points", "Right", "Right at once"))
        return "\n".join(
            [
                '<section class="result" aria-labelledby="result-title">\n<h2 id="result-title">Your result</h2>',
                '<p id="result" aria-live="polite"></p>',
                f'<div class="wide"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>',
                *rows,
                "</tbody>\n</table></div>",
                '<div class="buttons"><button type="button" id="again">Start again</button></div>\n</section>',
            ]
        )


_OF_ARRAYS = (Index, Transpose, Outer, Hadamard, Partial)


def _comparable(entry: doc.Entry) -> doc.Entry:
    """The entry itself; a formula of vectors and matrices, which the page cannot work out, is chosen among several."""
    if entry.kind != "expression" or entry.key is None or not isinstance(entry.key.value, Node):
        return entry
    if not any(isinstance(part, _OF_ARRAYS) for part in walk(entry.key.value)):
        return entry
    right, *others = keyed.responses(entry.key)
    found = [right, *(each for each in others if each.share == 0)][:MOST_CHOICES]
    choices = [doc.Choice((doc.Math(each.value),), each is right, each.feedback) for each in found]
    # in an order that does not tell which is right, and is the same for every page
    choices.sort(key=lambda choice: sha256(doc.plain(choice.words).encode()).digest())
    return replace(entry, kind="choice", choices=tuple(choices))


def _help(kind: str) -> str:
    """What may be written; "" where nothing need be said."""
    asked = digits_asked(shown_by().significant_digits).replace("significant ", "")
    return _HELP.get(kind, "").replace("{digits}", asked)


def _responses(key: doc.Key) -> tuple[doc.Response, ...]:
    """The answers that something is said to, an array that is the right one rearranged too."""
    return (*keyed.responses(key), *key.rearranged)


def _array(response: doc.Response, kind: str) -> dict[str, Any]:
    """A response to an array: its rows of numbers, and how far each may be away."""
    near = response.tolerance if isinstance(response.tolerance, tuple) else _same(response.value, response.tolerance)
    rows, tolerance = _floats(response.value), _floats(near)
    if kind == "vector":
        rows, tolerance = [rows], [tolerance]
    return {"rows": rows, "tolerance": tolerance, "share": float(response.share)}


def _same(value: Value, number: Fraction) -> object:
    return tuple(_same(item, number) for item in value) if isinstance(value, tuple) else number


def _floats(value: Value) -> object:
    """Numbers that a browser knows, in the lists in which they stand."""
    if isinstance(value, tuple):
        return list(map(_floats, value))
    return value if isinstance(value, int) else float(value)


def _points(values: list[Value], seed: str, spell: printing.Spell) -> tuple[list[_Point], dict[str, list[int]]]:
    """Points at which the first value is a number; and each of the names, in every spelling, with its values there.

    One point and no names where nothing is in letters.
    """
    ids = dict.fromkeys(name for value in values for item in _items(value) for name in names_in(to_node(item)))
    if not ids:
        return [{}], {}
    points: list[_Point] = []
    for attempt in range(50 * POINTS):
        point = {name: 2 + _hash(f"{seed} {attempt} {name}") % 30 for name in ids}
        if len(points) < POINTS and None not in (_number(item, point) for item in _items(values[0])):
            points.append(point)
    names: dict[str, list[int]] = {}
    for name in ids:
        for spelled in (printing.text(Name(name), spell), printing.plain(Name(name), spell)):
            names.setdefault(spelled, [point[name] for point in points])
    return points, names


def _hash(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8])


def _items(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)


def _values(value: Value, points: list[_Point]) -> list[object]:
    """A number for each axis, or, where there are letters, its values at the points; empty if there are none."""
    found = [[_number(item, point) for point in points] for item in _items(value)]
    if not points or any(None in at for at in found):
        return []
    return [at if points[0] else at[0] for at in found]


def _number(value: Value, point: _Point) -> int | float | None:
    """The value at a point, None where it is not a number of a size that a browser knows."""
    try:
        number = evaluate(to_node(value), point)
        shown = int(number) if isinstance(number, int) else float(number)
    except (UserError, OverflowError, TypeError, ValueError):
        return None
    return shown if math.isfinite(shown) and abs(shown) < 1e300 else None
