"""What is written as LaTeX, compiled by the real program; skipped where it is not installed."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from problem_files import variants_of_the_bank
from terminal import Terminal

from dlcalc import document as doc
from dlcalc.export.registry import writer
from dlcalc.quiz.sheet import sheet

PDFLATEX = shutil.which("pdflatex")
pytestmark = pytest.mark.skipif(
    PDFLATEX is None, reason="pdflatex is not installed, so no LaTeX is compiled (.ci/run --full installs it)"
)


def compiled(text: str, folder: Path) -> None:
    """An article has to compile without an error and with every letter in its fonts."""
    (folder / "a.tex").write_text(text, encoding="utf-8")
    command = [str(PDFLATEX), "-draftmode", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "a.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300)
    log = (folder / "a.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[log.find("\n! ") :][:600]
    assert "Missing character" not in log, log[log.find("Missing character") :][:200]


def article(document: doc.Document) -> str:
    text = writer("latex", as_file=True)(document)
    assert isinstance(text, str)
    return text


@pytest.mark.long
@pytest.mark.parametrize("key", [False, True], ids=["sheet", "key"])
def test_the_whole_bank_compiles(key: bool, tmp_path: Path) -> None:
    """With every problem; the numbers of its variants say nothing of the commands that set them."""
    compiled(article(sheet("All problems", variants_of_the_bank(), key)), tmp_path)


COMMANDS = """\
conv --n 227 --f 11 --s 4
conv --n 5..9 --f 3
lstm --n 16 --m 24
net "28x28x1; conv 6 f5 p2; pool 2; dense 10"
diff "sigmoid(w*x + b)^2" --by w
diff "softmax(W·x + b)" --by W
bptt --steps 3
vanish --steps 10
run conv --x "[1 2 3; 4 5 6; 7 8 9]" --w "[1 0; 0 1]"
run rnn
backprop "2-2-1"
solve "x^2 - 3x + 2 = 0"
"""


def test_what_is_pasted_compiles(terminal: Terminal, tmp_path: Path) -> None:
    """Between \\begin{document} and its end, with the packages that it says it needs."""
    pasted = []
    for line in COMMANDS.splitlines():
        ran = terminal(f"{line} --latex")
        if ran.status == 0:
            pasted.append(ran.out)
    assert len(pasted) >= 8
    packages = "\\usepackage[utf8]{inputenc}\\usepackage[T1]{fontenc}\\usepackage{textcomp,lmodern,amsmath,booktabs}"
    compiled("\n".join([rf"\documentclass{{article}}{packages}", r"\setcounter{MaxMatrixCols}{64}",
                        r"\begin{document}", *pasted, r"\end{document}", ""]), tmp_path)  # fmt: skip


MARKS = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0323\u0327\u0328\u0331\u20d7\u0338"


def strange_words() -> Iterator[str]:
    """Letters of every kind, forty at a time: all of Latin, Greek and Cyrillic, all signs up to 0x3100, some of other
    scripts; letters with marks on them; what LaTeX would take for a command, an argument, a ligature or its end."""
    planes = chain(range(0x20, 0x600), range(0x600, 0x1D00, 7), range(0x1D00, 0x3100), range(0xFB00, 0xFB10),
                   range(0x1D400, 0x1D800, 7), (0x1F600, 0x65E5, 0xAC00))  # fmt: skip
    letters = [chr(code) for code in (0, 7, 9, 10, 13, 27, *planes) if unicodedata.category(chr(code)) != "Cs"]
    letters += [letter + mark for letter in "aAeExyzβ∘1 (" for mark in MARKS]
    for first in range(0, len(letters), 40):
        yield "".join(letters[first : first + 40])
    yield from (r"\input{/etc/passwd} \write18{ls} \def\x{} \end{document}", "$x_1^2$ & # % ~ { } [*] `'' --- ?` !`",
                "[5mm]", "*", "\\\\", "%", "x" * 500, "", " ", "\u202eabc")  # fmt: skip


@pytest.mark.long
def test_any_letter_in_any_place_compiles(tmp_path: Path) -> None:
    """As a title, a heading, words, code, a note, an item, a cell, a fact."""
    parts = []
    for words in strange_words():
        blocks = (doc.Heading(1, words), doc.Paragraph((words, doc.Strong((words,)), doc.CodeText(words))),
                  doc.Note("note", words), doc.Items((words,)), doc.Code(words, "text"),
                  doc.Table((words, "a"), ((words, ""),)))  # fmt: skip
        parts.append(article(doc.Document(words, blocks, facts=(("Name", words), (words, "")))))
    preamble = parts[0].partition("\\begin{document}\n")[0]
    bodies = [part.partition("\\begin{document}\n")[2].removesuffix("\\end{document}\n") for part in parts]
    together = "\n\\clearpage\n".join(bodies)
    compiled(f"{preamble}\\begin{{document}}\n{together}\\end{{document}}\n", tmp_path)
