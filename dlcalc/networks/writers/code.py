"""What programs in Keras and PyTorch share: names, numbers, and which variable holds what between the lines.

A layer is one line, with the shape that comes out as its comment. A program has numbers where the table may have
letters. Names and titles come from files of others, so nothing of them reaches the program but letters, digits and
what stands in a comment or a string of one line.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from ...expressions import printing
from ...expressions.nodes import Value
from ..network import INPUT, Layer, Network
from ..sizes import Sizes
from ..table import Row


@dataclass(frozen=True)
class Raw:
    """An expression of the program, as against a string in it."""

    code: str


def call(function: str, *arguments: object, **usual: tuple[object, object]) -> str:
    """`nn.Conv2d(3, 96, 11, stride=4)`: a keyword argument is (value, the usual one) and left out if they are equal."""
    parts = [argument(each) for each in arguments]
    parts += [f"{name}={argument(value)}" for name, (value, default) in usual.items() if value != default]
    return f"{function}({', '.join(parts)})"


def argument(value: object) -> str:
    """A number, a tuple, True or a string as it stands in a program."""
    match value:
        case Raw(code):
            return code
        case str():
            return f'"{value}"'
        case tuple():
            return f"({', '.join(map(argument, value))}{',' if len(value) == 1 else ''})"
        case Fraction():
            return f"{float(value):.6g}"
    return repr(value)


BLANK = "____"
FILL_IN = f"# Fill in the blanks: each {BLANK} is a number; after each line is its output shape."


def blanked(value: object) -> object:
    """The argument with a blank for each number; words, True and False stay."""
    if isinstance(value, tuple):
        return tuple(map(blanked, value))
    number = isinstance(value, int | float | Fraction) and not isinstance(value, bool)
    return Raw(BLANK) if number else value


def unused(word: str, counts: dict[str, int]) -> str:
    """The word, or with a number behind it where it is in use; `counts` keeps what is."""
    name = word
    while name in counts:
        counts[word] += 1
        name = f"{word}_{counts[word]}"
    counts[name] = 1
    return name


def class_name(id: str) -> str:
    """AlexNet's id, alexnet, as a class: Alexnet."""
    name = "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", id))
    return name if name[:1].isalpha() and not keyword.iskeyword(name) and name != "F" else f"Network{name}"


def quoted(text: str) -> str:
    """A text from outside as part of a comment or a string: one line, without what could end it."""
    return "".join(each if each.isprintable() and each not in "\\\"'" else " " for each in text)[:120].strip()


def shape_words(sizes: Iterable[Value]) -> str:
    """55×55×96."""
    return "×".join(f"({word})" if " " in (word := printing.text(size)) else word for size in sizes)


class Program(Sizes):
    """A network on its way to a program; a subclass says how each kind of layer is written."""

    lacking = "has no code"
    reserved: ClassVar[frozenset[str]]
    """Names that a layer cannot have there."""

    def __init__(self, network: Network, blank: bool = False) -> None:
        super().__init__(network)
        self.blank = blank
        self.names: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.variables = self._variables()

    # Names and variables

    def name(self, layer: str) -> str:
        """A name for a variable or an attribute: conv_1 for conv-1, each layer its own."""
        if layer not in self.names:
            word = re.sub(r"\W+", "_", layer, flags=re.ASCII).strip("_").lower() or "layer"
            word = f"layer_{word}" if word[0].isdigit() else word
            word = f"{word}_" if keyword.iskeyword(word) or word in self.reserved else word
            self.names[layer] = unused(word, self.counts)
        return self.names[layer]

    def _variables(self) -> dict[str, str]:
        """x for what only the next line reads, and for the end; any other output has a variable of its own."""
        order = [INPUT, *(row.layer.name for row in self.rows)]
        readers: dict[str, set[str]] = {name: set() for name in order}
        for row in self.rows:
            for name in row.layer.inputs:
                readers[name].add(row.layer.name)
        self.outputs = [name for name in order[1:] if not readers[name]]
        self.others = [row.layer.name for row in self.rows if row.layer.kind == "input"]
        found = {}
        for name, following in zip(order, [*order[1:], ""], strict=True):
            passing = readers[name] == {following} or not following
            passing = passing and name not in self.others
            found[name] = "x" if passing else self.name("inputs" if name == INPUT else name)
        return found

    @property
    def arguments(self) -> list[str]:
        """The variables of all inputs."""
        return [self.variables[name] for name in (INPUT, *self.others)]

    def read(self, row: Row) -> list[str]:
        """The variables that a layer reads."""
        return [self.variables[name] for name in row.layer.inputs]

    # Numbers

    def call(self, function: str, *arguments: object, **usual: tuple[object, object]) -> str:
        """The call that makes a layer, in an exercise with blanks for its numbers."""
        if self.blank:
            arguments = tuple(map(blanked, arguments))
            usual = {name: (blanked(value), None) for name, (value, default) in usual.items() if value != default}
        return call(function, *arguments, **usual)

    # Comments

    def comment(self, row: Row, left: Iterable[str] = ()) -> str:
        """The shape that comes out, and the remarks that the library has no word for."""
        words = [shape_words(row.output), *(f"then {quoted(word)}" for word in left)]
        return ", ".join(words)


def drop_rate(word: str) -> float:
    """Of the remark dropout0.25; one half if it says none."""
    try:
        rate = float(word.removeprefix("dropout"))
    except ValueError:
        return 0.5
    return rate if 0 <= rate < 1 else 0.5


def rate_of(layer: Layer) -> float:
    """The p of a dropout layer, one half if it has none."""
    p = layer.settings.get("p")
    return float(p) if isinstance(p, int | float | Fraction) and 0 <= p < 1 else 0.5
