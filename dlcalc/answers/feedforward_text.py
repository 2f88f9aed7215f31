"""Reading a gradient of a feed-forward network: plain text, Unicode and LaTeX, layers as h_1, h^{(1)} or h^{[1]}."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

from ..errors import UserError
from ..expressions.nodes import Index, Kind, Literal, Name, Node, Partial, Pow, Reduce, Transpose, rewriting, walk
from ..expressions.parser import parse
from ..expressions.reader import Declarations
from ..gradients.answer import Answer, Statement
from ..gradients.feedforward import Feedforward
from ..gradients.feedforward.quantities import Quantity
from ..gradients.model import STEPS
from .gradient_notation import TIMES, is_short, plain, sides, stated_once

SUMS = {"z": "a", "a": "h"}
"""Letters of Nielsen and of Ng: z is what is added up, a what the activation makes of it → ours."""
_ENTRIES = "ijklmnpqcuv"


def read(
    text: str, network: Feedforward, wrt: str, letters: Mapping[str, str] | None = None
) -> tuple[Answer, Node | None]:
    """The answer in a text, and what stands on the left of it. Raises UserError for what cannot be read.

    `letters`: what is written for a stem of ours, {"z": "a"}.
    """
    return _Reader(network, wrt, letters or {}).read(text)


class _Reader:
    def __init__(self, network: Feedforward, wrt: str, letters: Mapping[str, str]) -> None:
        self.network, self.wrt, self.letters = network, wrt, letters
        self.numbers = [int(name[2:]) for name in network.parameters if name.startswith("W_")] or [1]
        self.names = Declarations(self._kinds(), frozenset({*network.declarations.integers, *_ENTRIES}))

    def _kinds(self) -> dict[str, Kind]:
        kinds = dict(network_kinds(self.network))
        layers = [f"{stem}_{number}" for stem in ("dz", "dW", "db", "w", "dZ", "dA") for number in self.numbers]
        for written in (*_ALIASES, *layers):
            kinds.setdefault(written, Kind.VECTOR)
        return kinds

    def read(self, text: str) -> tuple[Answer, Node | None]:
        words = {name for name in self.names.kinds if len(name) == 1} - {"L", "x"}
        written = plain(text, self._activation, words - set(_ENTRIES))
        lefts, right, stated = sides(written, self._is_asked, "delta_2")
        self._declare([parts[0] for parts in stated])
        found = stated_once([self._statement(parts[0], parts[-1]) for parts in stated], [parts[0] for parts in stated])
        left = self._left(lefts[0]) if lefts else None
        return Answer(text, self._parsed(right), found), left

    @property
    def _activation(self) -> str:
        """What f′ means: the activation that all hidden layers have."""
        found = {layer.function for layer in self.network.layers if hasattr(layer, "function")}
        return next(iter(found)) if len(found) == 1 and found != {"softmax"} else "sigmoid"

    def _is_asked(self, text: str) -> bool:
        if is_short(text, [self.wrt]):
            return True
        try:
            node = self._parsed(text)
        except UserError:
            return False
        return isinstance(node, Partial) and _base(node.bottom) == Name(self.wrt)

    def _left(self, text: str) -> Node | None:
        """What the gradient is said to be of. Raises UserError where it is of another array."""
        if "∂" not in text and "partial" not in text:
            return None
        node = self._parsed(text)
        node = node.operand if isinstance(node, Transpose) else node
        if not isinstance(node, Partial):
            return None
        base = _base(node.bottom)
        if isinstance(base, Name) and base.id in {*self.network.parameters, "x"} and base.id != self.wrt:
            raise UserError(f"the question asks for ∂L/∂{self.wrt}, not ∂L/∂{base.id}")
        return node.bottom

    def _declare(self, lefts: list[str]) -> None:
        kinds = dict(self.names.kinds)
        for left in lefts:
            if len(left) > 60:
                raise UserError(f"an intermediate has a short name, not {left[:40]}…")
            node = rewriting(self._renamed)(parse(left, Declarations(kinds, self.names.integers)))
            stem = _base(node)
            if isinstance(stem, Name):
                kinds.setdefault(stem.id, Kind.VECTOR)
        self.names = Declarations(kinds, self.names.integers)

    def _statement(self, left: str, right: str) -> Statement:
        found, body = self._parsed(left), self._parsed(right)
        base = _base(found)
        if not isinstance(base, Name) or isinstance(found, Partial):
            raise UserError(f"an intermediate is a letter, delta_2, not {left[:40]}")
        return Statement(base.id, found if isinstance(found, Index) else None, "", body)

    def _parsed(self, text: str) -> Node:
        return rewriting(self._to_its_end)(rewriting(self._renamed)(parse(text, self.names, TIMES)))

    def _to_its_end(self, part: Node, below: Callable[[Node], Node]) -> Node:
        """Σ_k without an end runs over the entries that k counts: those of a signal where one has this index."""
        part = part.map(below)
        if not isinstance(part, Reduce) or part.high != STEPS:
            return part
        sizes = [
            signal.shape[place]
            for node in walk(part.body)
            if isinstance(node, Index) and isinstance(node.base, Name)
            and (signal := self._signals.get(node.base.id)) is not None and len(signal.shape) == len(node.indices)
            for place, index in enumerate(node.indices)
            if isinstance(index, Name) and index.id == part.index
        ]  # fmt: skip
        return replace(part, high=Literal(sizes[0])) if len(set(sizes)) == 1 else part

    @cached_property
    def _signals(self) -> Mapping[str, Quantity]:
        """Every signal by its name, and by that of the gradient by it."""
        signals = self.network.signals.values()
        return {name: signal for signal in signals for name in (signal.name, signal.delta, f"d{signal.name}")}

    # our own letters for what is written

    def _renamed(self, part: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(part, Name):
            return self._own(part.id, part)
        if isinstance(part, Index) and isinstance(part.base, Name):
            # δ_{2} of a letter that is declared alone
            if len(part.indices) == 1 and isinstance(part.indices[0], Literal) and not self._has(part.base.id):
                return self._own(f"{part.base.id}_{part.indices[0].value}", part.base)
            return Index(self._own(part.base.id, part.base), tuple(map(below, part.indices)))
        if isinstance(part, Pow) and isinstance(part.base, Name) and not self._has(part.base.id):
            number = part.exponent
            layer = str(number.value) if isinstance(number, Literal) else getattr(number, "id", "")
            own = self._name(f"{part.base.id}_{layer}")
            if own is not None:
                return Name(own, self.names.kinds[own])
        return part.map(below)

    def _has(self, name: str) -> bool:
        return name in network_kinds(self.network)

    def _own(self, written: str, name: Name) -> Name:
        found = self._name(written)
        return Name(found, self.names.kinds.get(found, name.kind), name.integer) if found else name

    def _name(self, written: str) -> str | None:
        """The network's name for what is written; None where there is none."""
        stem, _, number = written.partition("_")
        stem = self.letters.get(stem, stem)
        prefix = stem[:1] if stem[:1] == "d" and len(stem) == 2 else ""
        if prefix and stem[1] in "HAZY":
            stem = prefix + stem[1].lower()
        stem = prefix + self.letters.get(stem[1:], stem[1:]) if prefix else stem
        if number in ("L", "out", "o"):
            number = str(self.numbers[-1])
        kinds = network_kinds(self.network)
        joined = f"{stem}_{number}" if number else stem
        if joined in kinds:
            return joined
        if joined in ("h_0", "a_0", "X"):
            return "x"
        for upper, lower in (("H", "h"), ("A", "a"), ("Z", "z"), ("Y", "y"), ("w", "W")):
            if stem == upper:
                return self._name(f"{lower}_{number}" if number else lower)
        last = str(self.numbers[-1])
        if (stem in ("h", "a") and number == last) or joined in ("o", "p", "h_out"):
            return "yhat"
        if joined in ("t", "target"):
            return "y"
        if stem in ("dz", "da") and f"delta_{number}" in kinds:
            return f"delta_{number}"
        if stem == "delta" and number == "h" and len(self.numbers) == 2:
            return f"delta_{self.numbers[0]}"
        return None


_ALIASES = ("X", "Y", "t", "target")


def network_kinds(network: Feedforward) -> Mapping[str, Kind]:
    """The network's names with their kinds, and ∂L/∂ every array: dh_1."""
    kinds = dict(network.declarations.kinds)
    for name, quantity in network.signals.items():
        kinds[f"d{name}"] = quantity.kind
    return kinds


def _base(node: Node) -> Node:
    return node.base if isinstance(node, Index) else node


_LAYER_AT_ONCE = re.compile(r"(?<![A-Za-z\\_{])(d?[WbahzAZ]|δ|delta|\\delta)(\d)(?!\d)")
_LAYER_ABOVE = re.compile(
    r"(?<![A-Za-z_])([WwbahzAZ]|d[WbahzAZ](?=\s*\^\s*\{\s*[\[(])|δ|delta|\\delta)\s*"
    r"\^\s*(?:\{\s*(\d|L)\s*\}|(\d|L)(?![\d\w])|\{\s*[\[(]\s*(\d|L)\s*[\])]\s*\})"
)
_LAYER_AND_LETTER = re.compile(r"(?<![A-Za-z\\])([Wbahz]_\d)(?=[A-Za-z])")
_LAYER_AND_ENTRY = re.compile(
    r"(?<![A-Za-z_])([WwbahzAZ]|δ|\\?delta)\s*\^\s*(?:\{?\s*[\[(]?\s*(\d)\s*[\])]?\s*\}?)\s*_\s*"
    r"(?:\{\s*([a-z])\s*,?\s*([a-z])?\s*\}|([a-z])(?![A-Za-z]))"
)
"""w^1_{jk} and h^{(1)}_j: the layer above, the entry below."""


def _entry(found: re.Match[str]) -> str:
    letter, layer, *below = found.groups()
    return f"{letter}_{layer}[{','.join(filter(None, below))}]"


def layers_apart(text: str) -> str:
    """δ1, δ^1, δ^{[1]} and δ_{1} as δ_1; W_1x as W_1 x."""
    text = _LAYER_AND_ENTRY.sub(_entry, text)
    text = _LAYER_ABOVE.sub(r"\1_\2\3\4", _LAYER_AT_ONCE.sub(r"\1_\2", text))
    text = _LAYER_AND_LETTER.sub(r"\1 ", text)
    return re.sub(r"\\delta(?![a-z])", "δ", re.sub(r"_\{(\d)\}", r"_\1", text))
