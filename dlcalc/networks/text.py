"""A network in one line of text: `227x227x3; conv 96 f11 s4; pool f3 s2; conv 256 f5 p2; dense 4096`.

The first part is the input, height × width × channels, or `28x28 seq` for rows that are time steps. Each further part
is a layer (`layer_text` reads it): its kind, one number that says how many, and settings such as f3, stride=2 or same.
An activation may be a part of its own and belongs to the layer before it. Parts are separated by `;`, `->` or, where
there is neither, by commas. A layer may have a name, `a: conv 8 f3`, that later ones read: `add a b`, or `add a` for
the last layer and a. `3x(conv 8 f3 p1; relu)` repeats, `residual(conv 8 f3 p1; conv 8 f3 p1)` adds what goes in to what
comes out, and so do `skip; ...; add`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..errors import UserError
from ..expressions.answers import split_shape
from ..expressions.nodes import Value
from .builder import Builder
from .kinds import KINDS
from .layer_text import Fact, LayerText, is_layer, kind_of, named, read_value
from .layer_words import whole_numbers
from .network import INPUT, Network
from .table import tabulate

_LENGTH = 1_000_000
_MOST_LAYERS = 20_000
_DEEPEST = 20
_ARROW = re.compile(r"\s*(?:[-=]+>|→|⟶|⇒|\||(?<=\s)>(?=\s))\s*")
_GROUP = r"[(\[](.*)[)\]]"
_REPEATED = re.compile(rf"(\d+)\s*[x×*]?\s*{_GROUP}|{_GROUP}\s*[x×*]\s*(\d+)", re.DOTALL)
_TIMES = re.compile(r"(\d+)\s*[x×*]\s+(\D.*)|(.*\S)\s+\(?[x×*]\s*(\d+)\)?", re.DOTALL)
_AGAIN = re.compile(rf"repeat\s*\(?\s*(\d+)\s*[x×*,:]?\s*(?:times\s*)?{_GROUP}\)?", re.DOTALL | re.IGNORECASE)
_RESIDUAL = re.compile(r"(?:residual|skip)\s*\((.*)\)", re.DOTALL | re.IGNORECASE)
_WIDTHS = re.compile(r"\d+(?:\s*[-–]\s*\d+)+")
_ALONE = re.compile(_GROUP, re.DOTALL)


def read(text: str, id: str = "network") -> Network:
    """The network of a line of text. Raises UserError that names the part which cannot be read."""
    parts = _parts(text, whole=True)
    if len(parts) == 1 and _WIDTHS.fullmatch(parts[0]):
        parts = re.findall(r"\d+", parts[0])
    if len(parts) > 1 and all(part.isdigit() for part in parts):
        parts = [parts[0], *(f"dense {width}" for width in parts[1:])]
    if len(parts) < 2:
        raise UserError('a network is an input and layers, such as "32x32x3; conv 8 f3; dense 10"')
    shape, sequence = read_input(parts[0])
    builder = Builder(id, "", shape, sequence=sequence)
    reading = _Reading(builder)
    reading.add(parts[1:])
    if reading.waiting:
        raise UserError("skip needs an add or a concat after it, and there is none")
    builder.title = f"Network of {len(builder.layers)} layer{'s' if len(builder.layers) > 1 else ''}"
    found = builder.build()
    reading.check(found)
    return found


def is_text(source: str) -> bool:
    """Whether it is a network in a line, and no name and no file."""
    begins = re.match(r"\s*(?:input\b|[\d(])", source, re.IGNORECASE) is not None
    return bool(
        re.search(r"[;\n]", source)
        or (begins and (re.search(rf",|{_ARROW.pattern}", source) or _WIDTHS.fullmatch(source)))
    )


def add_layers(builder: Builder, text: str, where: str) -> None:
    """Adds `conv 8 f3; pool 2` after the builder's last layer. UserError begins with `where` the text stands."""
    _Reading(builder, f"{where}: ").add(_parts(text))


def _parts(text: str, whole: bool = False) -> list[str]:
    if len(text) > _LENGTH:
        raise UserError(f"a network in text has at most {_LENGTH} characters, not {len(text)}")
    if (depth := text.count("(") - text.count(")")) or text.count("[") != text.count("]"):
        rule = "not closed" if depth > 0 else "closed that was not opened" if depth else "not opened or not closed"
        raise UserError(f"a network in text: a parenthesis is {rule}: {text.strip()[:60]}")
    found = _split(text, whole)
    if len(found) > _MOST_LAYERS + 1:
        raise UserError(f"a network in text has at most {_MOST_LAYERS} layers, not {len(found) - 1}")
    return found


def _split(text: str, whole: bool = False) -> list[str]:
    """The parts between semicolons, lines, arrows, and commas before a layer, that stand in no parentheses.

    `whole`: it is a network, which begins with its input.
    """
    parts = [part for line in _outside(text, ";\n") for part in _arrows(line)]
    parts = [part.strip() for part in parts]
    parts = [part for part in parts if part and not part.startswith("#")]
    if whole and len(parts) == 1:
        return _apart(parts[0], alone=True)
    return [
        piece
        for index, part in enumerate(parts)
        for piece in (_apart(part) if "," in part and (index or not whole) else [part])
    ]


def _arrows(line: str) -> list[str]:
    return _ARROW.split(line) if _ARROW.search(line) else [line]


def _outside(text: str, separators: str) -> list[str]:
    """The text cut at separators that stand in no parentheses."""
    if "(" not in text and "[" not in text:
        return re.split(f"[{re.escape(separators)}]", text)
    found, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth <= 0 and letter in separators:
            found.append(text[start:at])
            start = at + 1
    return [*found, text[start:]]


def _apart(text: str, alone: bool = False) -> list[str]:
    """A part cut at the commas before a layer, but not before what is only a setting: `conv 8 f3, same, pool 2`.

    `alone`: it is the whole network, and what stands before the first comma is its input.
    """
    pieces = [piece.strip() for piece in _outside(text, ",")]
    if alone and all(piece.isdigit() for piece in pieces):
        return pieces
    found: list[str] = []
    for piece in (piece.strip() for piece in _outside(whole_numbers(text), ",")):
        if not piece:
            continue
        begins = len(found) == 1 if alone else False
        if found and not begins and not _begins_layer(piece, found[-1]):
            found[-1] += f", {piece}"
        else:
            found.append(piece)
    return found


def _begins_layer(piece: str, before: str) -> bool:
    kind, last = kind_of(piece), KINDS.get(kind_of(named(before)[1]))
    if kind == "pad" and last and "p" in last.settings:
        return False  # padding 1
    return is_layer(piece) or bool(_REPEATED.fullmatch(piece) or _RESIDUAL.fullmatch(piece) or ":" in piece)


def read_input(text: str) -> tuple[tuple[Value, ...], bool]:
    """`227x227x3`, `n x n x c`, `28x28 seq`, `Input(28, 28, 1)`: the shape, and whether its rows are time steps."""
    words = re.sub(r"^input(?:layer)?\b", "", text.strip(), flags=re.IGNORECASE).strip(" :=")
    words = re.sub(r"^\((?:shape\s*=\s*)?\(?([^()]*?)\)?\s*,?\s*\)$", r"\1", words).strip()
    steps = r"seq(?:uence)?(?:\s+of)?"
    sequence = bool(re.search(rf"^{steps}\s|\s{steps}$", words, re.IGNORECASE))
    words = re.sub(rf"^{steps}\s+|\s+(?:{steps}|words|tokens|steps)$", "", words, flags=re.IGNORECASE).strip("()[] ,")
    words = re.sub(r"\s*,\s*", "x", words)
    sizes = tuple(read_value(part, f"input {text}") for part in split_shape(words))
    for size in sizes:
        if isinstance(size, int) and size < 1:
            raise UserError(f"input {text}: a size is a whole number ≥ 1, not {size}")
    return sizes, sequence


@dataclass
class _Reading:
    """A network that is being read: the layers so far, those that wait to be joined, and what is to be checked."""

    builder: Builder
    where: str = ""
    waiting: list[str] = field(default_factory=list)
    facts: list[tuple[str, Fact, str]] = field(default_factory=list)
    count: int = 0

    def add(self, parts: list[str], depth: int = 0, after: str = "") -> None:
        """`after` is the kind of the layer behind the last part."""
        if depth > _DEEPEST:
            raise UserError(f"{self.where}parentheses can be nested at most {_DEEPEST} deep")
        kinds = [*(_first_kind(part) for part in parts), after]
        for index in reversed(range(len(parts))):
            kinds[index] = kinds[index] or kinds[index + 1]  # an activation or dropout passes steps on
        for index, part in enumerate(parts):
            self.part(part, kinds[index + 1], depth, kinds[index])
            if len(self.builder.layers) > _MOST_LAYERS:
                raise UserError(f"a network has at most {_MOST_LAYERS} layers")

    def part(self, part: str, following: str, depth: int, own: str) -> None:
        if repeated := _REPEATED.fullmatch(part) or _AGAIN.fullmatch(part):
            first, *others = (each for each in repeated.groups() if each is not None)
            inside, times = (others[0], first) if first.isdigit() else (first, others[0])
            self.repeat(self.inside(inside, part), int(times), depth, own, following)
        elif residual := _RESIDUAL.fullmatch(part):
            start = self.builder.last
            self.add(self.inside(residual[1], part), depth + 1, following)
            self.builder.add("add", self.builder.last, start, place=self.place(part))
        elif group := _ALONE.fullmatch(part):
            self.add(self.inside(group[1], part), depth + 1, following)
        elif part.lower() == "skip":
            self.waiting.append(self.builder.last)
        elif (again := _TIMES.fullmatch(part)) and is_layer(again[2] or again[3]):
            self.repeat([again[2] or again[3]], int(again[1] or again[4]), depth, own, following)
        else:
            self.layer(part, following)

    def inside(self, text: str, part: str) -> list[str]:
        parts = _split(text)
        if not parts:
            raise UserError(f"{self.where}there is no layer in {part}")
        return parts

    def repeat(self, parts: list[str], times: int, depth: int, own: str, following: str) -> None:
        if not 1 <= times <= _MOST_LAYERS:
            raise UserError(f"{self.where}a part is repeated 1 to {_MOST_LAYERS} times, not {times}")
        for count in range(1, times + 1):
            self.add(parts, depth + 1, following if count == times else own)

    def place(self, part: str) -> str:
        self.count += 1
        return f"{self.where}layer {self.count} ({part if len(part) <= 40 else part[:37] + '...'})"

    def layer(self, part: str, following: str) -> None:
        place = self.place(part)
        builder = self.builder
        found = LayerText(part, place, builder.names)
        if found.remark and self.belongs(found):
            builder.remark(*found.remarks)
            return
        self.square(found, place)
        inputs = self.inputs(found, place)
        if found.gates and _reads_steps(following):
            found.settings.setdefault("sequence", True)
        for kind, name, settings, remarks in found.layers():
            over = found.over if not (kind == "dense" and found.over == 1) else 0
            builder.add(kind, *inputs, name=name, place=place, remarks=remarks, over=over, **settings)
            inputs = ()
            self.facts += [(builder.last, fact, place) for fact in found.facts if fact.kind == kind]

    def belongs(self, found: LayerText) -> bool:
        """Whether an activation belongs to the layer before it: not to the input, nor to a cell, which has its own."""
        before = self.builder.layers[-1] if self.builder.layers else None
        kind = KINDS.get(before.kind) if before is not None else None
        return before is not None and before.name == self.builder.last and not (kind and kind.gates) and not found.name

    def square(self, found: LayerText, place: str) -> None:
        """Asks about an input that looks like an image, and is read as a signal or has its channels first."""
        sizes = self.builder.input
        first = self.builder.last == INPUT and len(sizes) == 2 and not self.builder.sequence
        kind = KINDS.get(found.kind)
        if first and kind and kind.window and sizes[0] == sizes[1] and found.axes != 1:
            here = "x".join(map(str, sizes))
            rule = f"{here} is a signal of {sizes[0]} steps with {sizes[1]} numbers each: is the channel missing"
            raise UserError(f"{place}: {rule}? an image is {here}x1; a signal is read by {found.kind.rstrip('d')}1d")
        image = self.builder.last == INPUT and len(sizes) == 3 and kind is not None and kind.window
        if image and sizes[0] in (1, 3) and sizes[1] == sizes[2] and isinstance(sizes[1], int) and sizes[1] > 15:
            rule = "is height × width × channels, the channels last"
            there = f"{sizes[1]}x{sizes[2]}x{sizes[0]}"
            raise UserError(f"{place}: {'x'.join(map(str, sizes))} {rule}: is {there} meant?")

    def inputs(self, found: LayerText, place: str) -> tuple[str, ...]:
        """What a layer reads that joins others: those that it names, the last one beside one name, or what waits."""
        kind = KINDS.get(found.kind)
        if kind is None or not kind.several or found.kind == "attention":
            return tuple(found.reads)
        if len(found.reads) > 1:
            return tuple(found.reads)
        if found.reads:
            return (self.builder.last, found.reads[0])
        if self.waiting:
            return (self.builder.last, self.waiting.pop())
        raise UserError(f"{place}: {found.kind} joins layers: name them, {found.kind} a b, or write skip before")

    def check(self, network: Network) -> None:
        """Whether what a layer says of what it reads is so."""
        if not self.facts:
            return
        table = tabulate(network)
        for name, fact, place in self.facts:
            row = table.row(name)
            read = network.input if row.layer.inputs == (INPUT,) else table.row(row.layer.inputs[0]).output
            if fact.axes:
                if len(read) - 1 != fact.axes + row.layer.over:
                    shape = "×".join(map(str, read))
                    wanted = ("steps", "height × width", "depth × height × width")[fact.axes - 1]
                    raise UserError(f"{place}: it reads {wanted} × channels, not {shape}: is the channel missing?")
                continue
            given = row.working[fact.name] if row.working is not None else None
            if isinstance(given, int) and given != fact.value:
                raise UserError(f"{place}: it says that it reads {fact.value} {fact.words}, and {given} arrive")


def _reads_steps(name: str) -> bool:
    """Whether a kind of layer cannot read a vector."""
    kind = KINDS.get(name)
    return name in ("attention", _OVER, *_GLOBAL) or (kind is not None and (kind.gates > 0 or kind.window))


_GLOBAL = ("global-avgpool", "global-maxpool")
_OVER = "timedistributed"


def _first_kind(part: str) -> str:
    """The kind of the first layer of a part, "" for what keeps the shape that it reads."""
    for inner in (_REPEATED, _AGAIN, _RESIDUAL, _ALONE):
        if found := inner.fullmatch(part):
            inside = next(each for each in found.groups() if each is not None and not each.isdigit())
            return next(filter(None, map(_first_kind, _split(inside))), "")
    if again := _TIMES.fullmatch(part):
        part = again[2] or again[3]
    text = named(part)[1]
    if text[:15].lower() == _OVER:
        return _OVER
    kind = kind_of(text)
    return "" if kind in KINDS and KINDS[kind].trails else kind
