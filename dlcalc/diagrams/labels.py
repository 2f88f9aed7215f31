"""What is written at a layer of a diagram: its name, output, parameters and window."""

from __future__ import annotations

from ..errors import printable
from ..expressions.nodes import Add, Name, Value
from ..expressions.printing import Spell, text
from ..networks.table import Row

_LONGEST = 32
"""Characters of a line; the whole of it is in the title that shows under the pointer."""


def lines(row: Row, spell: Spell = None) -> tuple[str, ...]:
    """Name, output shape, parameters if there are any, and the window of a convolution or pooling."""
    parameters = row.count("parameters")
    output = "output unknown" if row.unknown else shape(row.output, spell)
    written = [name(row.layer.name), output, "" if parameters == 0 else number(parameters, spell), window(row, spell)]
    return tuple(short(line) for line in written if line)


def title(row: Row, spell: Spell = None) -> str:
    """All of it in one line, uncut, with the kind, the settings and what follows the layer."""
    settings = [f"{_setting(key, spell)} = {_value(value, spell)}" for key, value in row.layer.settings.items()]
    output = row.unknown or shape(row.output, spell)
    count = f"{number(row.count('parameters'), spell)} parameters"
    return "; ".join([name(row.layer.name), ", ".join([row.layer.kind, *settings, *row.layer.remarks]), output, count])


def name(written: str) -> str:
    """A layer's name, which a file of somebody else's may have given."""
    return printable(written)


def short(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def number(value: Value, spell: Spell = None) -> str:
    """34,944, or an expression."""
    return f"{value:,}" if isinstance(value, int) else text(value, spell)


def shape(sizes: tuple[Value, ...], spell: Spell = None) -> str:
    """55×55×96; a sum as a size stands in parentheses. A vector is its length."""
    parts = [text(size, spell) for size in sizes]
    if len(parts) == 1:
        return parts[0]
    return "×".join(f"({part})" if isinstance(size, Add) else part for size, part in zip(sizes, parts, strict=True))


def window(row: Row, spell: Spell = None) -> str:
    """`3×3, s = 2`: filter or window, and the stride unless it is 1; "" for a layer that has none."""
    f = row.layer.settings.get("f")
    if f is None or row.working is None:
        return ""
    stride = row.working["s"] if "s" in row.working.formula.by_name else 1
    axes = max(len(row.output) - 1, 1)
    filter = shape(f if isinstance(f, tuple) else (f,) * axes, spell)
    return filter if stride == 1 else f"{filter}, {_setting('s', spell)} = {_value(stride, spell)}"


def _setting(key: str, spell: Spell) -> str:
    return text(Name(key), spell)


def _value(value: Value, spell: Spell) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return shape(value, spell) if isinstance(value, tuple) else text(value, spell)
