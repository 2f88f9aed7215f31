"""Text to tokens: plain, Unicode and the LaTeX that we print, one stream for the parser."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ..errors import ExpressionError
from .functions import FUNCTIONS, GREEK

MAX_LENGTH = 6_000
MAX_TOKENS = 2_000
MAX_DIGITS = 50


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, name, op or end; `position` is where it began in the text."""

    kind: str
    value: str
    position: int


_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?", re.ASCII)
_WORD = re.compile(r"[A-Za-z]+\d*(?:_[A-Za-z0-9]+)*(?:\.[A-Za-z]\w*)*", re.ASCII)
_SUBSCRIPT = re.compile(r"_[A-Za-z0-9]+", re.ASCII)

_OPERATORS = {
    "+": "+", "-": "-", "−": "-", "–": "-", "*": "*", "×": "*", "·": "*", "⋅": "*", "∗": "*", "/": "/", "÷": "/",
    "∕": "/", "⁄": "/", "^": "^", "(": "(", ")": ")", "[": "[", "]": "]", "{": "{", "}": "}", ",": ",", ";": ";",
    "=": "=", "<": "<", ">": ">", "≤": "≤", "≥": "≥", "≠": "≠", "⌊": "⌊", "⌋": "⌋", "⌈": "⌈", "⌉": "⌉", "√": "√",
    "|": "|", "‖": "‖", "⊙": "⊙", "∘": "⊙", "⊗": "⊗", "ᵀ": "ᵀ", "⊤": "⊤", "Σ": "Σ", "∑": "Σ", "Π": "Π", "∏": "Π",
    "%": "%", "_": "_", "&": "&", "∂": "∂",
}  # fmt: skip
_DOUBLED = {
    "**": "^",
    "//": "//",
    "==": "=",
    "!=": "≠",
    "<=": "≤",
    ">=": "≥",
    "<>": "≠",
    "..": "..",
    ".*": "⊙",
    "\\\\": ";",
}
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺⁽⁾ⁿᵐᵗʲᵏⁱ", "0123456789-+()nmtjki", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₋₊₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789-+()aehijklmnoprstuvx", strict=True))
_ACCENTS = {"̂": "hat", "̄": "bar", "̃": "tilde"}

_COMMANDS = {
    "cdot": "*", "times": "*", "ast": "*", "odot": "⊙", "circ": "⊙", "otimes": "⊗", "le": "≤", "leq": "≤", "ge": "≥",
    "geq": "≥", "ne": "≠", "neq": "≠", "lt": "<", "gt": ">", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈",
    "rceil": "⌉", "sqrt": "√", "sum": "Σ", "prod": "Π", "top": "⊤", "intercal": "⊤", "lVert": "‖", "rVert": "‖",
    "lvert": "|", "rvert": "|", "vert": "|", "Vert": "‖", "lbrace": "{", "rbrace": "}", "div": "/", "partial": "∂",
    "frac": "frac", "dfrac": "frac", "tfrac": "frac", "ldots": "..", "dots": "..",
}  # fmt: skip
_IGNORED = frozenset(
    {"left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "quad", "qquad", "displaystyle", "limits"}
)
_SPELLED = re.compile(r"\\(?:operatorname|mathrm|mathbf|mathit|text|textrm|boldsymbol|bm)\s*\{([^{}\\]*)\}")
_ACCENTED = re.compile(r"\\(hat|bar|tilde|widehat|overline)(?:\s*\{\s*([A-Za-z])\s*\}|\s+([A-Za-z]))")
_ENVIRONMENT = re.compile(r"\\(begin|end)\{(bmatrix|pmatrix|matrix|cases)\}")
_BACKWARDS_PRODUCT = re.compile(r"\\overset\{\\leftarrow\}\{\\prod\}|\\overleftarrow\{\\prod\}")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_SPACING = re.compile(r"\\[,;:! ]|~|\$")


def tokenize(text: str, times: int = 1) -> list[Token]:
    """The tokens of `text`, closed by an `end` token. `times`: how much longer than others it may be.

    Raises ExpressionError with the position of a bad character.
    """
    if len(text) > (longest := times * MAX_LENGTH):
        raise ExpressionError(f"an expression has at most {longest} characters, not {len(text)}")
    return _Scanner(text, times * MAX_TOKENS).scan()


class _Scanner:
    def __init__(self, text: str, most: int) -> None:
        self.text, self.most = text, most
        self.position = 0
        self.tokens: list[Token] = []

    def scan(self) -> list[Token]:
        while self.position < len(self.text):
            start = self.position
            self.one()
            if len(self.tokens) > self.most:
                raise ExpressionError(f"an expression has at most {self.most} symbols", self.text, start)
        self.put("end", "", len(self.text))
        return self.tokens

    def put(self, kind: str, value: str, position: int) -> None:
        self.tokens.append(Token(kind, value, position))

    def one(self) -> None:
        text, start = self.text, self.position
        character = text[start]
        if character.isspace() or character in "\u200b\u2061\u2062\ufeff":
            self.position += 1
        elif character.isascii() and (
            character.isdigit() or (character == "." and text[start + 1 : start + 2].isdecimal())
        ):
            self.number(start)
        elif character.isascii() and character.isalpha():
            self.word(start)
        elif text[start : start + 2] in _DOUBLED:
            self.put("op", _DOUBLED[text[start : start + 2]], start)
            self.position += 2
        elif character == "\\" or character in "~$":
            self.command(start)
        elif character in _SUPERSCRIPTS:
            self.script(start, "^", _SUPERSCRIPTS)
        elif character in _SUBSCRIPTS:
            self.script(start, "_", _SUBSCRIPTS)
        elif character in _OPERATORS:
            self.put("op", _OPERATORS[character], start)
            self.position += 1
        elif character in GREEK:
            self.letter(GREEK[character], start, start + 1)
        else:
            self.accented(start)

    def number(self, start: int) -> None:
        found = _NUMBER.match(self.text, start)
        assert found is not None
        digits, _, exponent = found.group().lower().partition("e")
        if len(digits) > MAX_DIGITS or (exponent and (len(exponent) > 4 or abs(int(exponent)) > MAX_DIGITS)):
            raise ExpressionError(f"a number has at most {MAX_DIGITS} digits", self.text, start)
        self.put("number", found.group(), start)
        self.position = found.end()

    def word(self, start: int) -> None:
        found = _WORD.match(self.text, start)
        assert found is not None
        value, end = found.group(), found.end()
        accent = _ACCENTS.get(self.text[end : end + 1])
        if accent and value.isalpha():
            # the accent belongs to the last letter alone: aŷ is a·ŷ
            if value[:-1]:
                self.put("name", value[:-1], start)
            self.letter(value[-1] + accent, end - 1, end + 1)
            return
        self.position = end
        self.put("name", self.with_script(value), start)

    def letter(self, name: str, start: int, end: int) -> None:
        """One letter by its name, `yhat` or `theta`, and the subscript that follows it."""
        tail = _SUBSCRIPT.match(self.text, end)
        if tail:
            name, end = name + tail.group(), tail.end()
        self.position = end
        self.put("name", self.with_script(name), start)

    def with_script(self, value: str) -> str:
        """Takes plain Unicode subscripts (x₁₂, hₜ) into the name; a compound one (hₜ₋₁) is left to `script`."""
        end = self.position
        while end < len(self.text) and self.text[end] in _SUBSCRIPTS:
            end += 1
        inside = "".join(_SUBSCRIPTS[c] for c in self.text[self.position : end])
        if inside.isalnum() and "_" not in value:
            self.position = end
            return f"{value}_{inside}"
        return value

    def script(self, start: int, sign: str, letters: dict[str, str]) -> None:
        end = start
        while end < len(self.text) and self.text[end] in letters:
            end += 1
        inside = "".join(letters[c] for c in self.text[start:end])
        self.put("op", sign, start)
        self.put("op", "{", start)
        try:
            tokens = tokenize(inside)
        except ExpressionError as error:
            raise ExpressionError(error.rule, self.text, start + (error.position or 0)) from None
        for token in tokens[:-1]:
            self.put(token.kind, token.value, start + token.position)
        self.put("op", "}", start)
        self.position = end

    def accented(self, start: int) -> None:
        character = self.text[start]
        parts = unicodedata.normalize("NFD", character)
        if len(parts) == 2 and parts[0].isascii() and parts[1] in _ACCENTS:
            self.letter(parts[0] + _ACCENTS[parts[1]], start, start + 1)
            return
        shown = character if character.isprintable() else repr(character)
        name = unicodedata.name(character, "a control character").lower()
        described = shown if character.isascii() and character.isprintable() else f"{shown} ({name})"
        raise ExpressionError(f"{described} has no meaning here", self.text, start)

    def command(self, start: int) -> None:
        """A LaTeX command; what is not in the list is refused by name."""
        text = self.text
        if spacing := _SPACING.match(text, start):
            self.position = spacing.end()
        elif spelled := _SPELLED.match(text, start):
            self.spelled(start, spelled)
        elif accented := _ACCENTED.match(text, start):
            accent = {"widehat": "hat", "overline": "bar"}.get(accented[1], accented[1])
            self.position = accented.end()
            self.put("name", (accented[2] or accented[3]) + accent, start)
        elif environment := _ENVIRONMENT.match(text, start):
            self.put("op", f"{environment[1]} {environment[2]}", start)
            self.position = environment.end()
        elif backwards := _BACKWARDS_PRODUCT.match(text, start):
            self.put("op", "Π←", start)
            self.position = backwards.end()
        elif text.startswith("\\|", start):
            self.put("op", "‖", start)
            self.position += 2
        elif found := _COMMAND.match(text, start):
            self.position = found.end()
            self.named_command(found[1], start)
        else:
            raise ExpressionError("\\ begins a LaTeX command, but none follows", text, start)

    def spelled(self, start: int, found: re.Match[str]) -> None:
        self.position = found.end()
        words = found[1].split()
        for word in words:
            if not _WORD.fullmatch(word):
                raise ExpressionError(f"{word!r} is not a name", self.text, start)
        if words:
            self.put("name", "_".join(words), start)

    def named_command(self, name: str, start: int) -> None:
        if name in _IGNORED:
            return
        if name in _COMMANDS:
            self.put("op", _COMMANDS[name], start)
        elif name in FUNCTIONS or name in GREEK.values():
            self.put("name", name, start)
        elif name.startswith("var") and name[3:] in GREEK.values():
            self.put("name", name[3:], start)
        else:
            raise ExpressionError(f"\\{name} is not a LaTeX command that is read here", self.text, start)
