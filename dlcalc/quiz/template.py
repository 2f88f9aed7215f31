"""The text of a problem: Markdown with maths and `{{values}}`, read once, and filled in for every variant.

Maths between dollars is our own expression language, LaTeX included, and so is what stands between double braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from .. import document as doc
from ..errors import ExpressionError, UserError
from ..expressions.functions import CONSTANTS
from ..expressions.nodes import Kind, Node, names_in
from ..expressions.parser import parse
from ..expressions.reader import Declarations

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LONGEST = 20_000
"""Characters of a problem's text."""

_MARK = re.compile("\ue000(\\d+)\ue001")
_PIECES = re.compile(
    r"(?P<code>(?P<fence>`{3,}|~{3,}).*?(?:(?P=fence)|\Z)|(?P<ticks>`+)(?:(?!`).)*?(?P=ticks))"
    r"|\{\{(?P<slot>[^{}]*)\}\}"
    r"|(?<!\\)\$\$(?P<display>.+?)\$\$"
    r"|(?<![\\$])\$(?P<maths>(?:\\.|[^$\\])+?)\$",
    re.DOTALL,
)
_SLOT = re.compile(r"\{\{([^{}]*)\}\}")


@dataclass(frozen=True)
class Placeholder:
    """`{{n + 1}}`: an expression whose value is put in; of a network also `{{net.table}}`, what is shown of it."""

    text: str
    node: Node | None
    of: str = ""
    show: str = ""


@dataclass(frozen=True)
class Maths:
    """An expression in letters, with the slots in it as names of their own."""

    node: Node
    slots: Mapping[str, Placeholder]
    display: bool = False


@dataclass(frozen=True)
class Styled:
    """Strong or emphasised words."""

    strong: bool
    inside: TemplateLine


Piece: TypeAlias = str | doc.CodeText | Placeholder | Maths | Styled
TemplateLine: TypeAlias = tuple[Piece, ...]


@dataclass(frozen=True)
class Lines:
    """A block of text: a paragraph, a heading, the items of a list, or code."""

    kind: str
    lines: tuple[TemplateLine, ...]
    code: str = ""


@dataclass(frozen=True)
class Cells:
    """A table."""

    header: tuple[TemplateLine, ...]
    rows: tuple[tuple[TemplateLine, ...], ...]
    alignments: tuple[Any, ...]


Template: TypeAlias = tuple[Lines | Cells, ...]

Shown: TypeAlias = Callable[[str, str], tuple[doc.Block, ...]]
"""What is shown of a network by name: (name, form) to blocks."""


class Reader:
    """Reads the text of one problem, in its names. `shown` are the names that stand for networks."""

    def __init__(self, names: Declarations, shown: Mapping[str, Sequence[str]], texts: frozenset[str]) -> None:
        self.names = names
        self.shown = shown
        self.texts = texts

    def blocks(self, text: str) -> Template:
        """A text of several paragraphs. Raises UserError naming what cannot be read."""
        if len(text) > LONGEST:
            raise UserError(f"a problem's text has at most {LONGEST:,} characters, not {len(text):,}")
        pieces, marked = self._marked(text)
        return tuple(_blocks(_markdown().parse(marked), pieces))

    def line(self, text: str) -> TemplateLine:
        """One line of text, such as a choice. Raises UserError."""
        found = self.blocks(text)
        if not found:
            return ()
        if len(found) > 1 or not isinstance(found[0], Lines) or found[0].kind != "paragraph":
            raise UserError(f'one line of text is expected, not "{_short(text)}"')
        return found[0].lines[0]

    def bare(self, text: str) -> TemplateLine:
        """Text that is no Markdown, with slots in it. Raises UserError."""
        parts = _SLOT.split(text)
        return tuple(part if i % 2 == 0 else self._placeholder(part) for i, part in enumerate(parts) if part or i % 2)

    def _marked(self, text: str) -> tuple[list[Piece], str]:
        """The text with maths and slots taken out and a mark in their place, so that Markdown does not touch them."""
        pieces: list[Piece] = []

        def put(found: re.Match[str]) -> str:
            if found["code"] is not None:
                return _SLOT.sub(lambda slot: mark(self._placeholder(slot[1])), found["code"])
            if found["slot"] is not None:
                return mark(self._placeholder(found["slot"]))
            display = found["display"] is not None
            return mark(self._maths(found["display"] if display else found["maths"], display))

        def mark(piece: Piece) -> str:
            pieces.append(piece)
            return f"\ue000{len(pieces) - 1}\ue001"

        return pieces, _PIECES.sub(put, re.sub("[\ue000\ue001]", "", text))

    def _placeholder(self, text: str) -> Placeholder:
        text = text.strip()
        name, _, show = text.partition(".")
        if name in self.shown:
            forms = self.shown[name]
            wanted = show or forms[0]
            if wanted not in forms:
                raise UserError(f"what can be shown of {name} is {', '.join(forms)}, not {show}")
            return Placeholder(text, None, name, wanted)
        if text in self.texts:
            return Placeholder(text, None, text)
        return Placeholder(text, self._parsed(text))

    def _parsed(self, text: str) -> Node:
        try:
            node = parse(text, self.names)
        except ExpressionError as error:
            raise UserError(f"{{{{{_short(text)}}}}}: {error.rule}") from None
        self._check(node, text)
        return node

    def _check(self, node: Node, text: str) -> None:
        for name in names_in(node):
            if name not in self.names and name not in CONSTANTS:
                known = ", ".join(self.names.kinds) or "none"
                raise UserError(f"{{{{{_short(text)}}}}}: {name} is not drawn and not derived; the names are {known}")

    def _maths(self, text: str, display: bool) -> Maths:
        slots: dict[str, Placeholder] = {}

        def put(found: re.Match[str]) -> str:
            name = f"slot{len(slots)}"
            slots[name] = self._placeholder(found[1])
            if slots[name].node is None:
                raise UserError(f"{slots[name].text} is not a number, so it cannot be used in maths")
            return f" {name} "

        written = _SLOT.sub(put, text)
        names = Declarations({**self.names.kinds, **dict.fromkeys(slots, Kind.SCALAR)}, self.names.integers)
        try:
            return Maths(parse(written, names), slots, display)
        except ExpressionError as error:
            raise UserError(f"${_short(text)}$: {error.rule}") from None


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:57]}…"


_parser: MarkdownIt | None = None


def _markdown() -> MarkdownIt:
    """CommonMark with tables; HTML in it is text."""
    global _parser
    if _parser is None:
        from markdown_it import MarkdownIt

        _parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image", "autolink"])
    return _parser


def _blocks(tokens: Sequence[Token], pieces: Sequence[Piece]) -> Iterator[Lines | Cells]:
    index = 0
    while index < len(tokens):
        token = tokens[index]
        end = _closing(tokens, index)
        match token.type:
            case "paragraph_open":
                yield Lines("paragraph", (_line(tokens[index + 1].children, pieces),))
            case "heading_open":
                yield Lines("heading", (_line(tokens[index + 1].children, pieces),))
            case "bullet_list_open" | "ordered_list_open":
                items = [t for t in tokens[index:end] if t.type == "inline"]
                yield Lines("items", tuple(_line(item.children, pieces) for item in items))
            case "fence" | "code_block":
                lines = tuple(_split(line, pieces) for line in token.content.rstrip("\n").split("\n"))
                yield Lines("code", lines, token.info.strip())
            case "table_open":
                yield _table(tokens[index:end], pieces)
            case "blockquote_open":
                yield from _blocks(tokens[index + 1 : end], pieces)
            case "hr":
                pass
            case other:
                raise UserError(f"a problem's text has paragraphs, lists, tables and code, not {other}")
        index = end + 1


def _closing(tokens: Sequence[Token], start: int) -> int:
    depth = 0
    for index in range(start, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index
    return len(tokens) - 1


def _table(tokens: Sequence[Token], pieces: Sequence[Piece]) -> Cells:
    rows: list[list[TemplateLine]] = []
    alignments: list[str] = []
    for index, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append(_line(tokens[index + 1].children, pieces))
            if len(rows) == 1:
                side = str(token.attrs.get("style", "")).removeprefix("text-align:")
                alignments.append(side if side in ("center", "right") else "left")
    return Cells(tuple(rows[0]), tuple(map(tuple, rows[1:])), tuple(alignments))


def _line(tokens: Sequence[Token] | None, pieces: Sequence[Piece]) -> TemplateLine:
    """The inline tokens of one line; strong and emphasised words as one piece each."""
    stack: list[list[Piece]] = [[]]
    for token in tokens or ():
        match token.type:
            case "strong_open" | "em_open":
                stack.append([])
            case "strong_close" | "em_close":
                inside = tuple(stack.pop())
                stack[-1].append(Styled(token.type == "strong_close", inside))
            case "code_inline":
                stack[-1] += _code(token.content, pieces)
            case "softbreak" | "hardbreak":
                stack[-1].append(" ")
            case _:
                stack[-1] += _split(token.content, pieces)
    return tuple(stack[0])


def _code(text: str, pieces: Sequence[Piece]) -> list[Piece]:
    """Code in a line; a value in it stands on its own."""
    found: list[Piece] = []
    for index, part in enumerate(_MARK.split(text)):
        if index % 2:
            found.append(pieces[int(part)])
        elif part:
            found.append(doc.CodeText(part))
    return found


def _split(text: str, pieces: Sequence[Piece]) -> TemplateLine:
    parts = _MARK.split(text)
    return tuple(pieces[int(part)] if i % 2 else part for i, part in enumerate(parts) if part or i % 2)


def names_of(line: TemplateLine) -> set[str]:
    """The names whose values a line shows."""
    found: set[str] = set()
    for piece in line:
        if isinstance(piece, Placeholder):
            found |= set(names_in(piece.node)) if piece.node is not None else {piece.of}
        elif isinstance(piece, Styled):
            found |= names_of(piece.inside)
        elif isinstance(piece, Maths):
            found |= {name for slot in piece.slots.values() if slot.node for name in names_in(slot.node)}
    return found
