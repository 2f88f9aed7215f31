"""The blank answer sheet as CSV, for those who fill it in as a spreadsheet."""

from __future__ import annotations

import csv
import io
import re

from .. import document as doc
from . import _sheet as sheet

SUFFIX = ".csv"


def write(document: doc.Document) -> str:
    """Rows of part, answer and question: first who answers, then every answer with the answer's cell empty."""
    spell = document.spell
    rows = [("part", "answer", "question"), ("student", "", ""), ("code", sheet.fact(document, "code"), "")]
    for question in sheet.questions(document):
        for part in question.parts:
            for name, entry in sheet.entries(part):
                choices = "; ".join(
                    f"{sheet.letter(i)}: {sheet.plain(choice.words, spell)}" for i, choice in enumerate(entry.choices)
                )
                said = (sheet.plain(name, spell), sheet.asked(question, part, spell), choices, sheet.how(entry))
                rows.append((entry.id, "", " – ".join(filter(None, said))))
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([safe_cell(cell) for cell in row] for row in rows)
    return file.getvalue()


def safe_cell(text: str) -> str:
    """The text as one line; an apostrophe stands before what a spreadsheet would take for a formula."""
    line = " ".join(doc.printable(text).split())
    return f"'{line}" if re.match("[-=+@＝＋－＠]", line) else line
