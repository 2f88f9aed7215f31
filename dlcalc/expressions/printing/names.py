"""How a name is built from stem, accent and subscript, and which of them Unicode has glyphs for."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from ..functions import GREEK
from ..nodes import Add, Index, Literal, Name, Neg, Node
from ..tokens import _ACCENTS, _SUBSCRIPTS, _SUPERSCRIPTS

Spell: TypeAlias = Callable[[str], str] | Mapping[str, str] | None
"""Renames whole names (`f` → `k`); None, or a name that a mapping lacks, leaves them."""

LETTERS: dict[str, str] = {}
"""Name of a Greek letter → the letter."""
for _letter, _spelled in GREEK.items():
    LETTERS.setdefault(_spelled, _letter)

COMBINING = {accent: mark for mark, accent in _ACCENTS.items()}
SUBSCRIPTS = {plain: glyph for glyph, plain in _SUBSCRIPTS.items()}
SUPERSCRIPTS = {plain: glyph for glyph, plain in _SUPERSCRIPTS.items()}


@dataclass(frozen=True, slots=True)
class NameParts:
    """A name taken apart: `yhat_t` is stem y, accent hat, subscript t.

    A `word` has a stem of several letters (`padded`, `fan_in`, `conv1.o`), which is set upright.
    """

    stem: str
    accent: str = ""
    subscript: str = ""
    word: bool = False

    @property
    def letter(self) -> str:
        """The stem as it stands on paper, without its accent: θ for theta."""
        return self.stem if self.word else LETTERS.get(self.stem, self.stem)

    @property
    def spaced(self) -> str:
        """A word with spaces for its underscores: `fan_in` is two words."""
        return self.stem.replace("_", " ")


@lru_cache(maxsize=4096)
def name_parts(identifier: str) -> NameParts:
    """The parts of an identifier; a word has a subscript only where it is a number or a single letter."""
    stem, _, subscript = identifier.partition("_")
    accent = next((accent for accent in COMBINING if len(stem) == len(accent) + 1 and stem.endswith(accent)), "")
    if (len(stem) == 1 or accent or stem in LETTERS) and not set("_.") & set(subscript):
        return NameParts(stem.removesuffix(accent), accent, subscript)
    words, _, last = identifier.rpartition("_")
    if words and (last.isdigit() or len(last) == 1):
        return NameParts(words, "", last, word=True)
    return NameParts(identifier, word=True)


def unicode_name(parts: NameParts) -> str:
    """`hₜ`, `θ₁`, `ŷ`; an underscore where Unicode lacks a subscript (`W_f`)."""
    stem = unicodedata.normalize("NFC", parts.letter + COMBINING[parts.accent]) if parts.accent else parts.letter
    if not parts.subscript:
        return stem
    glyphs = "".join(SUBSCRIPTS.get(character, "") for character in parts.subscript)
    if len(glyphs) == len(parts.subscript) and "_" not in stem:
        return stem + glyphs
    return f"{stem}_{parts.subscript}"


def speller(spell: Spell) -> Callable[[str], str]:
    """The function that renames names."""
    if spell is None:
        return lambda name: name
    if isinstance(spell, Mapping):
        table = spell
        return lambda name: table.get(name, name)
    return spell


def without_dots(spell: Spell) -> Callable[[str], str]:
    """A spelling under which `cell.weights`, a step of a formula inside another, is written as cell_weights is."""
    written = speller(spell)
    return lambda name: written(name).replace(".", "_")


def in_words(spell: Spell) -> Callable[[str], str]:
    """A spelling with spaces for the underscores and dots of words, as all formats but plain text have them."""
    written = speller(spell)

    def spelt(name: str) -> str:
        parts = name_parts(written(name))
        if not parts.word or any(len(word) == 1 for word in parts.stem.split("_")):
            return written(name)  # f_eff is a letter with its index
        return f"{parts.spaced.replace('.', ' ')}{f'_{parts.subscript}' if parts.subscript else ''}"

    return spelt


def script(node: Node, glyphs: Mapping[str, str], spell: Callable[[str], str]) -> str | None:
    """A sum of whole numbers and single letters in small glyphs (`ₜ₋₁`, `⁻¹`); None where there are none."""
    plain = _compact(node, spell)
    if plain is None or not all(character in glyphs for character in plain):
        return None
    return "".join(glyphs[character] for character in plain)


def index_glyphs(node: Index, spell: Callable[[str], str]) -> str | None:
    """The small glyphs of an index under a plain letter or word (`hₜ₋₁`); None where it has to stand in brackets."""
    if len(node.indices) != 1 or not isinstance(node.base, Name) or name_parts(spell(node.base.id)).subscript:
        return None
    return script(node.indices[0], SUBSCRIPTS, spell)


def _compact(node: Node, spell: Callable[[str], str]) -> str | None:
    if isinstance(node, Literal):
        return str(node.value) if type(node.value) is int else None
    if isinstance(node, Name):
        identifier = spell(node.id)
        return identifier if len(identifier) == 1 else None
    if isinstance(node, Neg) and isinstance(node.operand, Name | Literal):
        operand = _compact(node.operand, spell)
        return None if operand is None or operand.startswith("-") else f"-{operand}"
    if isinstance(node, Add):
        parts = [None if isinstance(term, Add) else _compact(term, spell) for term in node.terms]
        if None in parts or any(isinstance(t, Literal) and t.value < 0 for t in node.terms):
            return None
        return "".join(f"+{part}" if i and not str(part).startswith("-") else str(part) for i, part in enumerate(parts))
    return None
