"""A network in one line of text: `227x227x3; conv 96 f11 s4; pool f3 s2; conv 256 f5 p2; dense 4096`.

The first part is the input, height × width × channels, or `28x28 seq` for rows that are time steps. Each further part
is a layer: its kind, one number that says how many (filters, units), and settings such as f3, s2, p1, d2 or same.
"""

from __future__ import annotations

import re

from ..errors import ExpressionError, UserError
from ..expressions.answers import read_number, split_shape
from ..expressions.evaluate import evaluate
from ..expressions.nodes import Kind as NodeKind
from ..expressions.nodes import Value
from ..expressions.parser import parse
from ..expressions.reader import Declarations
from .builder import Builder
from .kinds import ALIASES, KINDS
from .network import Network

_FLAGS: dict[str, tuple[str, Value]] = {
    "same": ("same", True), "ceil": ("ceil", True), "seq": ("sequence", True), "sequence": ("sequence", True),
    "bi": ("D", 2), "bidirectional": ("D", 2), "nobias": ("bias", False),
}  # fmt: skip
"""Words that are a setting with its value."""
REMARKS = frozenset({"relu", "sigmoid", "tanh", "softmax", "leaky", "gelu", "elu", "lrn", "dropout", "relu6", "swish"})
"""Settings that have no row of their own: an activation, local response normalisation, dropout."""

_SETTING = re.compile(r"(groups|parts|part|pairs|op|f|s|p|d|k|m|o|L|v|n|h|g)=?(\d+(?:[x×]\d+)*|\([^)]*\))", re.ASCII)
_SHORT = {"g": "groups", "op": "output_padding"}
_RECURRENT = frozenset(kind.name for kind in KINDS.values() if kind.gates)
_LENGTH = 1_000_000
_MOST_LAYERS = 20_000


def read(text: str, id: str = "network") -> Network:
    """The network of a line of text. Raises UserError that names the part which cannot be read."""
    parts = _parts(text)
    if len(parts) < 2:
        raise UserError('a network is an input and layers, such as "32x32x3; conv 8 f3; dense 10"')
    shape, sequence = read_input(parts[0])
    builder = Builder(id, _title(parts), shape, sequence=sequence)
    _add(builder, parts[1:])
    return builder.build()


def add_layers(builder: Builder, text: str, where: str) -> None:
    """Adds `conv 8 f3; pool 2` after the builder's last layer. UserError begins with `where` the text stands."""
    _add(builder, _parts(text), f"{where}: ")


def _parts(text: str) -> list[str]:
    if len(text) > _LENGTH:
        raise UserError(f"a network in text has at most {_LENGTH} characters, not {len(text)}")
    parts = [part.strip() for part in re.split(r"[;\n]", text)]
    found = [part for part in parts if part and not part.startswith("#")]
    if len(found) > _MOST_LAYERS + 1:
        raise UserError(f"a network in text has at most {_MOST_LAYERS} layers, not {len(found) - 1}")
    return found


def _add(builder: Builder, parts: list[str], where: str = "") -> None:
    layers = [_Part(part, index, where) for index, part in enumerate(parts, 1)]
    for index, layer in enumerate(layers):
        following = layers[index + 1].kind if index + 1 < len(layers) else ""
        layer.add_to(builder, following)


def _title(parts: list[str]) -> str:
    return f"Network of {len(parts) - 1} layer{'s' if len(parts) > 2 else ''}"


def read_input(text: str) -> tuple[tuple[Value, ...], bool]:
    """`227x227x3`, `n x n x c`, `28x28 seq`: the shape, and whether its rows are time steps."""
    words = text.removeprefix("input").strip(" :")
    sequence = words.endswith((" seq", " sequence"))
    words = re.sub(r"\s+seq(uence)?$", "", words).strip("()[] ")
    sizes = tuple(read_value(part, f"input {text}") for part in split_shape(words))
    for size in sizes:
        if isinstance(size, int) and size < 1:
            raise UserError(f"input {text}: a size is a whole number ≥ 1, not {size}")
    return sizes, sequence


def read_value(text: str, where: str) -> Value:
    """A whole number or an expression in one-letter names: 96, k, 2c. UserError begins with `where` it stands."""
    try:
        number = read_number(text)
        if number is not None:
            if not isinstance(number, int):
                raise UserError(f"{where}: a whole number is expected, not {text}")
            return number
        names = dict.fromkeys("abcdefghijklmnopqrstuvwxyzHWCNTK", NodeKind.SCALAR)
        return evaluate(parse(text, Declarations(names, frozenset(names), runs=False)))
    except ExpressionError as error:
        raise UserError(f"{where}: {error.rule}") from None


class _Part:
    """One layer as written."""

    def __init__(self, text: str, index: int, where: str) -> None:
        self.text = text
        self.place = f"{where}layer {index} ({text if len(text) <= 40 else text[:37] + '...'})"
        self.name, words = _named(text)
        self.words = re.sub(r"\s*([x×])\s*", r"\1", words).split() if words else []
        if not self.words:
            raise UserError(f"{self.place}: a kind of layer is expected, such as conv or dense")
        first = self.words[0].lower()
        self.kind = ALIASES.get(first, first)
        self.settings: dict[str, Value] = {}
        self.remarks: list[str] = []

    def add_to(self, builder: Builder, following: str) -> None:
        for word in self.words[1:]:
            self.setting(word)
        if self.kind in _RECURRENT and following in _RECURRENT:
            self.settings.setdefault("sequence", True)
        if self.kind in ("maxpool", "avgpool") and "f" not in self.settings:
            raise UserError(f"{self.place}: a pooling layer needs its window, such as pool 2 or pool f3 s2")
        builder.add(self.kind, name=self.name, place=self.place, remarks=tuple(self.remarks), **self.settings)

    def setting(self, word: str) -> None:
        lower = word.lower()
        if lower in _FLAGS and not (lower == "ceil" and "pool" not in self.kind):
            self.put(*_FLAGS[lower])
            return
        remark = re.match(r"[a-z]+", lower)
        if remark and remark.group() in REMARKS:
            self.remarks.append(lower)
            return
        found = _SETTING.fullmatch(word)
        if found:
            self.put(_SHORT.get(found[1], found[1]), _sizes(found[2], self.place))
            return
        self.bare(word)

    def bare(self, word: str) -> None:
        """A number without a letter: how many filters or units; an embedding has two, its vocabulary and its size."""
        rate = read_number(word) if self.kind == "dropout" else None
        value = _sizes(word, self.place) if rate is None else rate
        bare = KINDS[self.kind].bare if self.kind in KINDS else ()
        free = next((name for name in bare if name not in self.settings), None)
        if free is None:
            raise UserError(f"{self.place}: {word} is not a setting of {self.kind}")
        self.put(free, value)

    def put(self, name: str, value: Value) -> None:
        kind = KINDS.get(self.kind)
        if kind is not None and name not in kind.settings:
            known = ", ".join(kind.settings) or "none"
            raise UserError(f"{self.place}: {name} is not a setting of {self.kind}; its settings are {known}")
        self.settings[name] = value


def _named(text: str) -> tuple[str, str]:
    """`stem: conv 64 f7` is a layer that is called stem."""
    name, colon, rest = text.partition(":")
    return (name.strip(), rest.strip()) if colon else ("", text)


def _sizes(text: str, place: str) -> Value:
    parts = tuple(read_value(part, place) for part in split_shape(text.strip("()")))
    return parts[0] if len(parts) == 1 else parts
