"""A network as TOML, for graphs and for what a line of text cannot say. `readers.toml` reads it back."""

from __future__ import annotations

import json
from fractions import Fraction

from ...expressions import printing
from ...expressions.nodes import Node, Value
from ..network import INPUT, Network
from .text import plain


def written(network: Network) -> str:
    """The file's content: the input, and a table for each layer with the settings that are not the usual ones."""
    sizes = "x".join(_expression(size) for size in network.input)
    lines = [f"title = {_string(network.title)}", f"input = {_string(sizes + (' seq' if network.sequence else ''))}"]
    if network.source:
        lines.append(f"source = {_string(network.source)}")
    if network.notes:
        lines += ["notes = [", *(f"    {_string(note)}," for note in network.notes), "]"]
    before = INPUT
    for layer in network.layers:
        lines += ["", "[[layer]]", f"name = {_string(layer.name)}", f"kind = {_string(layer.kind)}"]
        lines += [f"{_key(name)} = {_value(value)}" for name, value in plain(layer).settings.items()]
        if layer.inputs != (before,):
            lines.append(f"inputs = [{', '.join(map(_string, layer.inputs))}]")
        if layer.remarks:
            lines.append(f"remarks = [{', '.join(map(_string, layer.remarks))}]")
        before = layer.name
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "a").replace("-", "a").isalnum() else _string(name)


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Node):
        return _string(_expression(value))
    if isinstance(value, Fraction):
        return repr(float(value)) if Fraction(repr(float(value))) == value else _string(str(value))
    return str(value)


def _expression(value: Value) -> str:
    """As a size is written, where × separates: products without a sign of their own."""
    return printing.text(value).replace(" ", "")


def _string(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, which wants one more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
