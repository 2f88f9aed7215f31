"""The blank answer sheet as TOML, for `dlcalc grade`: one line for every answer, under what is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .. import document as doc
from ..expressions.printing import Spell
from . import _sheet as sheet

SUFFIX = ".toml"

_HOW = """\
# Write each answer between its quotation marks:
#   a number       1234   1,234   0.25   2/3
#   a shape        32x32x3
#   a vector       1 2 3          [1, 2, 3] without quotation marks
#   a matrix       1 2; 3 4       [[1, 2], [3, 4]] without quotation marks; or a row in each line between ''' and '''
#   an expression  4(n m + m^2 + m)
#   a choice       B       several of them: A, C
# What is left empty is not answered. In a table each empty cell has a line of its own."""


def write(document: doc.Document) -> str:
    """The sheet to fill in: `student`, `code`, and under `[answers]` an empty text for the id of every answer."""
    return "\n".join(
        [
            _comment(document.title),
            "#",
            _HOW,
            "",
            'student = ""',
            f"code = {_string(sheet.fact(document, 'code'))}",
            "",
            "[answers]",
            *(line for question in sheet.questions(document) for line in _question(question, document.spell)),
            "",
        ]
    )


def _question(question: doc.Question, spell: Spell) -> Iterator[str]:
    yield ""
    yield _comment(sheet.heading(question))
    for part in question.parts:
        label = f"({part.label}) " if part.label else ""
        yield _comment(label + sheet.asked(question, part, spell))
        for name, entry in sheet.entries(part):
            if name:
                yield _comment(f"    {sheet.plain(name, spell)}")
            for index, choice in enumerate(entry.choices):
                yield _comment(f"    {sheet.letter(index)}: {sheet.plain(choice.words, spell)}")
            if how := sheet.how(entry):
                yield _comment(f"    {how}")
            yield f'{_string(entry.id)} = ""'


def _comment(text: str) -> str:
    """The beginning of the text as a comment, which ends with its line."""
    line = " ".join(doc.printable(text).splitlines())
    return f"# {line if len(line) <= 110 else f'{line[:109]}…'}".rstrip()


def _string(text: str) -> str:
    """A text as TOML writes it: as JSON does, once what TOML forbids is gone."""
    return json.dumps(doc.printable(text), ensure_ascii=False)
