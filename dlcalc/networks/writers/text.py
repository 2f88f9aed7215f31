"""A stack as one line of text: `227x227x3; conv 96 f11 s4 relu; maxpool f3 s2; dense 1000`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import zip_longest

from ...errors import UserError
from ...expressions import printing
from ...expressions.nodes import Name, Value
from ..builder import Builder
from ..kinds import KINDS
from ..network import INPUT, Layer, Network
from ..text import read

_SHORT = {"output_padding": "op"}
_FLAGS = {"same": "same", "ceil": "ceil", "sequence": "seq"}
USUAL = {"same": False, "ceil": False, "sequence": False, "bias": True, "scale": True, "reset_after": True}
"""Settings that need not be said."""


def written(network: Network) -> str:
    """The line, which is read back to equal layers. UserError if the network is no stack, or has a setting or a name
    that a line cannot say."""
    line = "; ".join([_sizes(network.input, network.sequence), *_layers(network)])
    try:
        again = read(line)
    except UserError as error:
        raise UserError(f"{network.id} cannot be written in one line of text ({error}); write it as toml") from None
    for ours, back in zip_longest(network.layers, again.layers):
        if ours is None or back is None or plain(ours) != plain(back):
            raise UserError(f"{(ours or back).name} cannot be written in one line of text; write the network as toml")
    if (network.input, network.sequence) != (again.input, again.sequence):
        raise UserError(f"the input of {network.id} cannot be written in one line of text; write the network as toml")
    return line


def plain(layer: Layer) -> Layer:
    """The layer without the place it came from and without settings that say what is usual."""
    settings = {name: value for name, value in layer.settings.items() if USUAL.get(name) is not value}
    return replace(layer, settings=settings, place="")


def _sizes(sizes: tuple[Value, ...], sequence: bool) -> str:
    return "x".join(map(_size, sizes)) + (" seq" if sequence else "")


def _size(value: Value) -> str:
    return printing.text(value).replace(" ", "")


def _layers(network: Network) -> list[str]:
    names = Builder(network.id, network.title, network.input)
    before = INPUT
    parts = []
    for layer in network.layers:
        if layer.inputs != (before,):
            rule = "in a line of text each layer reads the one before it; write the network as toml"
            raise UserError(f"{rule}: {layer.name} reads {', '.join(layer.inputs) or 'no layer'}")
        before = layer.name
        usual = names.next_name(KINDS[layer.kind].label if layer.kind in KINDS else layer.kind)
        parts.append(f"{'' if layer.name == usual else f'{layer.name}: '}{_layer(layer)}")
    return parts


def _layer(layer: Layer) -> str:
    settings = dict(plain(layer).settings)
    words = [layer.kind]
    bare = KINDS[layer.kind].bare if layer.kind in KINDS else ()
    bare = () if bare == ("f",) and set(settings) != {"f"} else bare  # beside a stride the window has its letter
    words += [_bare(settings.pop(name)) for name in bare if name in settings]
    for name, value in settings.items():
        if name in _FLAGS and value is True:
            words.append(_FLAGS[name])
        elif name == "bias" and value is False:
            words.append("nobias")
        elif name == "D" and value == 2:
            words.append("bi")
        else:
            words.append(f"{_SHORT.get(name, name)}{_value(value)}")
    return " ".join([*words, *layer.remarks])


def _bare(value: Value) -> str:
    return value.id if isinstance(value, Name) else _size(value) if isinstance(value, Fraction) else _value(value)


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        return "x".join(map(_size, value))
    written = _size(value)
    return written if written.isdigit() else f"({written})"
