r"""LaTeX: its text, its balance, and which commands can ever come out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcalc.document import (
    Code,
    CodeText,
    Document,
    Emphasis,
    Equation,
    Figure,
    Formula,
    Heading,
    Items,
    Math,
    Note,
    Paragraph,
    Steps,
    Strong,
    Table,
)
from dlcalc.export.latex import write
from dlcalc.expressions.nodes import Add, Name

LESSON = r"""\section*{Convolution}

A window of $f$ moves by \textbf{the \emph{stride}} $s$.

\subsection*{Output size}

\begin{align*}
o &= \left\lfloor \frac{n - f}{s} \right\rfloor + 1 = \left\lfloor \frac{227 - 11}{4} \right\rfloor + 1 = 55
\end{align*}

\begin{enumerate}
\item the span
\begin{align*}
a &= n - f = 216
\end{align*}
\item the steps
\begin{align*}
q &= 54 &&\quad \text{whole}
\end{align*}
\end{enumerate}

\begin{center}
What is learnt\par\smallskip
\begin{tabular}{@{}lrc@{}}
\toprule
 & count & share \\
\midrule
weights & $34848$ & 99.7 \% \\
\textbf{all} & $34944$ & 100 \% \\
\bottomrule
\end{tabular}
\end{center}

\subsubsection*{Kernel}

\begin{align*}
& \begin{bmatrix} 1 & 0 \\ 0 & -1 \end{bmatrix}
\end{align*}

\begin{quote}
\textbf{Warning.} One row is never read: try \texttt{-{}-p 1}.
\end{quote}

\begin{itemize}
\item first
\item second
\end{itemize}

\begin{flushleft}
\ttfamily
dlcalc\ conv\ -{}-n\ 227\\
\mbox{}\\
\ \ -{}-f\ 11
\end{flushleft}

\begin{center}
\fbox{\parbox{0.8\linewidth}{\centering a window}}
\end{center}
"""


def test_a_lesson(lesson: Document) -> None:
    """Every kind of block, as it is pasted."""
    assert write(lesson) == LESSON


def test_a_whole_article_contains_the_fragment(lesson: Document) -> None:
    """Standalone adds what stands before and after; the packages that the fragment needs are loaded."""
    whole = write(lesson, standalone=True)
    before, after = whole.split(LESSON)
    assert before.startswith("\\documentclass")
    assert before.endswith("\\begin{document}\n")
    assert "\\usepackage{amsmath}" in before
    assert "\\usepackage{booktabs}" in before
    assert after == "\\end{document}\n"
    check(whole)


def check(text: str) -> list[str]:
    """The commands of `text`, in order, after a look that braces, environments and dollars are closed."""
    commands, depth, dollars, environments = [], 0, 0, []
    for token in re.finditer(r"\\([A-Za-z]+|.|\n)|[{}$%#~^_&]", text):
        if token[0] == "{":
            depth += 1
        elif token[0] == "}":
            depth -= 1
            assert depth >= 0
        elif token[0] == "$":
            dollars += 1
        elif token[0].startswith("\\"):
            commands.append(token[1])
            if token[1] in ("begin", "end"):
                name = re.compile(r"\{(\w+\*?)\}").match(text, token.end())
                assert name
                environments.append(name[1]) if token[1] == "begin" else None
                assert token[1] == "begin" or environments.pop() == name[1]
    assert depth == 0
    assert dollars % 2 == 0
    assert environments == []
    return commands


TEXT_COMMANDS = {
    *"{}$&#_%", "textbackslash", "textasciicircum", "textasciitilde", "textless", "textgreater", "textbar",
    "char", "textasciigrave", "textsuperscript", "textsubscript", ",",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        ("50 % of #1 & $2 in a_b", r"50 \% of \#1 \& \$2 in a\_b"),
        ("x^2 ~ y", r"x\textasciicircum{}2 \textasciitilde{} y"),
        ("[red]*", "{[}red{]}{*}"),
        ("^^5cinput", r"\textasciicircum{}\textasciicircum{}5cinput"),
        ("$(rm -rf)$", r"\$(rm -rf)\$"),
        ("--- '' ,,", "-{}-{}- '{}' ,{},"),
        (
            'a < b | "c" `d`',
            r"a \textless{} b \textbar{} {\char34}c{\char34} \textasciigrave{}d\textasciigrave{}",
        ),
        ("⌊n − f⌋ × σ, x² and hₜ", None),
        ("55\u202f000\u00a0MB", r"55\,000~MB"),
    ],
)
def test_text_is_printed_as_it_is(text: str, expected: str | None) -> None:
    """Every sign that TeX takes for itself is escaped; symbols that its fonts lack are set as maths."""
    written = write(Document("", (Paragraph(text),))).removesuffix("\n")
    assert written == (
        expected
        or (
            r"\ensuremath{\lfloor}n \ensuremath{-} f\ensuremath{\rfloor} \ensuremath{\times} \ensuremath{\sigma}, "
            r"x\textsuperscript{2} and h\textsubscript{t}"
        )
    )


@given(st.text(max_size=40))
def test_no_text_holds_a_command_of_its_own(text: str) -> None:
    """Any text, in any place, is balanced and holds no command but those that print a sign."""
    words = (text, Strong(text), Emphasis(text), CodeText(text))
    empty = (Strong(""), Emphasis(""), CodeText(""))
    for make in (
        Paragraph,
        lambda words: Heading(1, words),
        lambda words: Table((words, "b"), ((words, words),), caption=words),
        lambda words: Items((words,)),
        lambda words: Note("hint", words),
        lambda words: Formula((Equation("o", (1,), words),)),
        lambda words: Steps(((words, Equation("o", (1,))),)),
    ):
        written = write(Document("", (make(words),)))
        commands = check(re.sub(r"\\ensuremath\{[^{}]*\}", "", written))
        own = check(write(Document("", (make(empty),))))
        assert set(commands) - set(own) <= TEXT_COMMANDS | {"text"}


def test_code_cannot_leave_its_place() -> None:
    """What would end a verbatim environment is text, and every line of the code is a line."""
    text = write(Document("", (Code("\\end{verbatim}\n[x] % y\n* z"),)))
    assert check(text) == [
        "begin", "ttfamily", "textbackslash", "{", "}", "\\", " ", "%", " ", "\\", " ", "end",
    ]  # fmt: skip
    assert r"{[}x{]}\ \%\ y\\" in text


def test_no_row_of_a_table_begins_with_an_argument() -> None:
    r"""After \\ a bracket would be a length and a star a variant: both are in braces."""
    text = write(Document("", (Table(("a",), (("[2cm]",), ("*",))),)))
    rows = text.split("\\midrule\n")[1].splitlines()
    assert rows[:2] == [r"{[}2cm{]} \\", r"{*} \\"]


def test_a_figure_is_its_description() -> None:
    """LaTeX reads no SVG; its source does not come out."""
    text = write(Document("", (Figure("<svg/>", "a window & its stride"),)))
    assert r"a window \& its stride" in text
    assert "svg" not in text


def test_equations_are_aligned_at_their_first_sign() -> None:
    r"""A row per equation, & before the sign, no \\ after the last."""
    long = Add(tuple(Name(f"n_{i}") for i in range(20)))
    text = write(Document("", (Formula((Equation("o", (long, 78)), Equation("y", (0.5,), rounded=True))),)))
    sum_ = " + ".join(f"n_{{{i}}}" for i in range(20))
    assert text == f"\\begin{{align*}}\no &= {sum_} \\\\\n&= 78 \\\\\ny &\\approx 0.5\n\\end{{align*}}\n"


def test_maths_follows_the_letters_of_the_course() -> None:
    """The document's spelling reaches maths in text, tables and equations."""
    blocks = (Paragraph(Math(Name("f"))), Table((Math(Name("f")),), ()), Formula((Equation("f", (3,)),)))
    text = write(Document("", blocks, {"f": "k"}))
    assert "$k$" in text
    assert "k &= 3" in text
    assert "f" not in re.sub(r"\\[a-z]+|\{[a-z*@{}]+\}", "", text)
