"""How PyTorch and Keras write a layer: `nn.Conv2d(3, 64, 3)`, `Bidirectional(LSTM(64))`, `Conv2D(64, 3, strides=2)`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import UserError
from ..expressions.nodes import Value
from .kinds import KINDS
from .layer_words import words_of

_TORCH: Mapping[str, tuple[str, ...]] = {
    "conv": ("in c", "k", "f", "s", "p", "d", "groups"),
    "conv-transpose": ("in c", "k", "f", "s", "p", "output_padding", "groups"),
    "dense": ("in n", "m", "bias"), "rnn": ("in n", "m", "L"), "lstm": ("in n", "m", "L"), "gru": ("in n", "m", "L"),
    "batchnorm": ("in c",), "layernorm": ("in n",), "rmsnorm": ("in n",), "groupnorm": ("groups", "in n"),
    "attention": ("in d", "h"), "maxpool": ("f", "s", "p"), "avgpool": ("f", "s", "p"),
}  # fmt: skip
"""What the arguments are that PyTorch's modules have without their names."""
_KERAS: Mapping[str, tuple[str, ...]] = {
    "conv": ("k", "f", "s", "padding"), "conv-transpose": ("k", "f", "s", "padding"),
    "depthwise": ("f", "s", "padding"), "maxpool": ("f", "s", "padding"), "avgpool": ("f", "s", "padding"),
    "attention": ("h", "d_k"), "dense": ("m", "activation"), "activation": ("activation",),
}  # fmt: skip
"""The same of Keras's layers, where they are not the bare settings of a line."""

_CALL = re.compile(r"((?:\w+\.)*)(\w+)\s*\((.*)\)\s*(.*)", re.DOTALL)
_USUAL: Mapping[str, tuple[str, Value]] = {
    "maxpool": ("f", 2), "avgpool": ("f", 2), "upsample": ("s", 2), "pad": ("pad_begin", 1),
}  # fmt: skip
"""A setting of Keras's layers where nothing is said."""
ASSIGNED = re.compile(r"([A-Za-z_]+)=(.+)")
_VALUE = re.compile(r"[\d(\[\-'\"].*|[A-Za-z]|.*[*+/].*|\w+\s*-.*", re.DOTALL)
"""What may be the value of an argument, and no word such as f3 or same."""
_WRAPPED = re.compile(r"(?:\w+\.)*(Bidirectional|TimeDistributed)\s*\((.*)\)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Call:
    """A layer as a call: the module before its name, its name, what stands in the parentheses and behind them."""

    module: str
    name: str
    inside: str
    behind: str
    place: str

    @classmethod
    def of(cls, text: str, place: str = "") -> Call | None:
        """Of `nn.Conv2d(3, 64, 3) relu`; None for what is no call. `place` is where it stands."""
        found = _CALL.fullmatch(text)
        return cls(found[1], found[2], found[3], found[4], place) if found else None

    def arguments(self, kind: str, separable: bool) -> Iterator[tuple[str, str]]:
        """(setting, value) of each argument, first of those without a name; "" for a word, such as f3 or bias=False.

        "in c", "in n" and "in d" are what the layer reads. Raises UserError for one too many.
        """
        found = [part.strip() for part in _split(self.inside)]
        found = [re.sub(r"^([A-Za-z_]+)\s+(\d\S*)$", r"\1=\2", part) for part in found]  # stride 2
        found = [word for part in found for word in (words_of(part) if re.search(r"\w\s+\w", part) else [part])]
        bare = [part for part in found if part and not ASSIGNED.fullmatch(part)]
        if kind == "prelu" and not bare:
            if not self._is_torch(kind, bare):
                raise UserError(f"{self.place}: nn.PReLU() has one slope, prelu one for each channel: which is meant?")
            yield "n", "1"
        if self.name == "view" and bare[:1] == ["-1"] and bare.count("-1") == 1 and len(bare) > 1:
            bare = [*bare[2:], bare[1]] if len(bare) == 4 else bare[1:]  # the batch, and a map with its channels first
        if kind in ("reshape", "permute", "resize") and len(bare) > 1:
            bare = [f"({','.join(bare)})"]
        if not kind or kind in ("flatten", "lrn"):
            bare = []
        names = self._names(kind, separable, bare)
        for index, value in enumerate(bare):
            if not _VALUE.fullmatch(value):
                yield "", value
            elif index < len(names):
                yield names[index], value
            else:
                raise UserError(f"{self.place}: {value} is one argument too many for {self.name}")
        yield from (("", part) for part in found if ASSIGNED.fullmatch(part))

    def usual(self, kind: str) -> tuple[str, Value] | None:
        """(setting, value) that Keras's layer has where nothing is said."""
        return _USUAL.get(kind) if self.name[:1].isupper() and not self._is_torch(kind, []) else None

    def _names(self, kind: str, separable: bool, bare: Sequence[str]) -> tuple[str, ...]:
        if separable:
            return _KERAS["conv"]
        return (_TORCH if self._is_torch(kind, bare) else _KERAS).get(kind, KINDS[kind].bare if kind in KINDS else ())

    def _is_torch(self, kind: str, bare: Sequence[str]) -> bool:
        if "nn." in self.module or (re.search(r"[123]d$", self.name) and self.name[:1].isupper()):
            return True
        many = {"dense": 2, "conv": 3, "conv-transpose": 3}.get(kind, 99)
        return not self.module and self.name.islower() and len(bare) >= many


def margins(value: str, axes: int) -> tuple[Value, Value] | None:
    """(before, after) of ((1, 0), (2, 3)), before and after each axis, and of (1, 0) of one axis; None for others."""
    pairs = re.findall(r"\(\s*(\d+)\s*,\s*(\d+)\s*,?\s*\)", value)
    nested = re.fullmatch(r"[(\[]\s*([(\[].*[)\]])\s*,?\s*[)\]]", value.strip(), re.DOTALL) is not None
    flat = re.findall(r"\d+", value)
    if not nested and axes and len(flat) == 2 * axes > 2 and value.strip()[0] in "([":
        pairs = list(zip(flat[::2], flat[1::2], strict=True))[::-1]  # as PyTorch has them, the last axis first
        nested = True
    if not pairs or not (nested or (axes == 1 and len(pairs) == 1)):
        return None
    begin, end = (tuple(int(pair[side]) for pair in pairs) for side in (0, 1))
    return (begin[0], end[0]) if len(pairs) == 1 else (begin, end)


def unwrapped(text: str) -> tuple[str, list[str]]:
    """(the layer, the wrappers around it) of `Bidirectional(LSTM(64))`."""
    around: list[str] = []
    while wrapped := _WRAPPED.fullmatch(text.strip()):
        inside, *more = _split(wrapped[2])
        around.append(wrapped[1].lower())
        around += [part.strip() for part in more if part.strip()]
        text = inside
    return text, around


def _split(text: str) -> list[str]:
    """The arguments of a call, at the commas that stand in no parentheses."""
    found, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            found.append(text[start:at])
            start = at + 1
    return [*found, text[start:]]
