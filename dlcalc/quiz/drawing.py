"""What a problem draws: how it is written, and how a value is drawn from a stream that is the same on every machine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from ..answers.slip_target import WrongCell
from ..errors import DlcalcError, UserError, printable, shown
from ..expressions.answers import read_number
from ..expressions.evaluate import evaluate
from ..expressions.exact import exact
from ..expressions.nodes import Kind, Node, Value, names_in
from ..expressions.parser import parse
from ..expressions.reader import Declarations
from ..formulas.draw import Sampler
from ..networks import text as network_text
from ..networks import zoo
from ..networks.exercise import cell
from ..networks.mistakes import mistaken
from ..networks.network import Network
from ..networks.table import COUNTS, Row, Table, tabulate
from .generators import GENERATORS, HOW_MANY, MOST_LAYERS, OPTIONS
from .problem import Array, Draw, DrawnNetwork, Pick, Slip, Span, TextNetwork, ZooNetwork
from .render import Renderer
from .template import Reader
from .toml_fields import TomlFields

FORMS: Mapping[str, tuple[str, ...]] = {
    "network": ("layers", "table", "text", "pytorch", "keras"),
    "slip": ("table",),
}
"""How a drawn network and a table with a slip can be shown, the usual form first."""

MOST_ITEMS = 200
MOST_ROWS, MOST_CHANNELS = 12, 4
"""Rows and columns of a drawn array, and channels."""
MOST_DIFFERENT = 1000
LARGEST = 10**9


@dataclass(frozen=True)
class Named:
    """What is known of a name before anything is drawn: its kind (None: no number), and how it can be shown."""

    kind: Kind | None
    whole: bool = True
    shown: str = ""
    ends: tuple[float, float] = (1, 10**9)
    column: str = ""


_SPAN = re.compile(r"\s*(.+?)\s*\.\.\s*(.+?)\s*(?:step\s+(\S+)\s*)?")


def read_draw(keys: TomlFields, name: str, declared: Declarations, names: Mapping[str, Named]) -> tuple[Draw, Named]:
    """The draw under a key. Raises ProblemError."""
    value = keys.take(name)
    match value:
        case str() if ".." in value:
            return _span(keys, name, value, declared)
        case int() | str() if not isinstance(value, bool):
            return _pick(keys, name, [value])
        case list():
            return _pick(keys, name, value)
        case dict():
            return _table(keys.inner(name), name, declared, names)
    raise keys.wrong(name, f"a range '4..16', a list [3, 5, 7] or a table is expected, not {shown(value)}")


def _span(keys: TomlFields, name: str, text: str, declared: Declarations) -> tuple[Span, Named]:
    found = _SPAN.fullmatch(text)
    step = read_number(found[3]) if found and found[3] else 1
    if found is None or step is None or step <= 0:
        raise keys.wrong(name, f"a range is written '4..16' or '0.1..0.9 step 0.1', not {printable(text)}")
    ends = []
    for part in found[1], found[2]:
        try:
            node = parse(part, declared)
        except DlcalcError as error:
            raise keys.with_key(name, error) from None
        if strange := [letter for letter in names_in(node) if letter not in declared]:
            raise keys.wrong(name, f"{strange[0]} is not drawn before {name}")
        ends.append(node)
    low, high = ends
    try:
        first, last = map(_number, ends)
    except DlcalcError as error:
        raise keys.with_key(name, error) from None
    if first is not None and last is not None and first > last:
        raise keys.wrong(name, f"a range runs upwards, not from {printable(found[1])} to {printable(found[2])}")
    for end in first, last:
        if end is not None and abs(end) > LARGEST:
            raise keys.wrong(name, f"a drawn number is at most {LARGEST:,}")
    if first is not None and last is not None and (last - first) / step > LARGEST:
        raise keys.wrong(name, f"a range has at most {LARGEST:,} steps")
    whole = step == int(step) and (first is None or first.denominator == 1)
    span = (1.0 if first is None else float(first), 1e9 if last is None else float(last))
    return Span(low, high, Fraction(step)), Named(Kind.SCALAR, whole, ends=span)


def _number(node: Node) -> Fraction | None:
    """The value of an end without names."""
    if next(iter(names_in(node)), None) is not None:
        return None
    value = evaluate(node)
    return Fraction(value) if isinstance(value, int | Fraction) else None


def _pick(keys: TomlFields, name: str, items: Sequence[object]) -> tuple[Pick, Named]:
    if not 1 <= len(items) <= MOST_ITEMS:
        raise keys.wrong(name, f"a list has 1 to {MOST_ITEMS} entries, not {len(items)}")
    numbers = [_as_number(item) for item in items]
    if all(number is not None for number in numbers):
        found = [number for number in numbers if number is not None]
        if any(abs(number) > LARGEST for number in found):
            raise keys.wrong(name, f"a drawn number is at most {LARGEST:,}")
        whole = all(number.denominator == 1 for number in found)
        values = tuple(int(number) if number.denominator == 1 else number for number in found)
        return Pick(values), Named(Kind.SCALAR, whole, ends=(float(min(found)), float(max(found))))
    if not all(isinstance(item, str) and 0 < len(item) <= 200 for item in items):
        raise keys.wrong(name, "the entries of a list are numbers, or texts in quotes, not both")
    return Pick(tuple(str(item) for item in items)), Named(None)


def _as_number(item: object) -> Fraction | None:
    if isinstance(item, int | float) and not isinstance(item, bool):
        return Fraction(str(item)) if abs(item) < 10**12 else None
    if not isinstance(item, str) or not re.fullmatch(r"-?\d+(?:\.\d+)?(?:/\d+)?", item.strip()):
        return None
    numerator, _, denominator = item.partition("/")
    return Fraction(numerator.strip()) / Fraction(denominator or "1") if Fraction(denominator or "1") else None


def _table(keys: TomlFields, name: str, declared: Declarations, names: Mapping[str, Named]) -> tuple[Draw, Named]:
    if "kind" in keys:
        kind = keys.one_of("kind", GENERATORS)
        options = {key: _options(keys, key, kind) for key in keys if key != "kind"}
        return DrawnNetwork(kind, options), Named(None, shown="network")
    if "zoo" in keys:
        wanted = keys.texts("zoo")
        if strange := [each for each in wanted if each not in zoo.names()]:
            raise keys.wrong("zoo", f"{printable(strange[0])} is not a network of `dlcalc net list`")
        keys.done()
        return ZooNetwork(wanted), Named(None, shown="network")
    if "text" in keys:
        texts = frozenset(each for each, named in names.items() if named.kind is None and not named.shown)
        try:
            line = Reader(declared, {}, texts).bare(keys.text("text"))
        except UserError as error:
            raise keys.wrong("text", str(error)) from None
        keys.done()
        return TextNetwork(line), Named(None, shown="network")
    if "slip" in keys:
        of = keys.text("slip")
        if of not in names or names[of].shown != "network":
            raise keys.wrong("slip", f"a slip is made in a network that is drawn before; {printable(of)} is none")
        column = keys.one_of("column", (*COUNTS, "output"), "parameters")
        keys.done()
        return Slip(of, column), Named(None, shown="slip", column=column)
    if "columns" in keys or "length" in keys:
        return _read_array(keys)
    rule = "a drawn table has kind, zoo or text (a network), slip (a wrong cell), or length (numbers)"
    raise keys.wrong("", rule)


def _read_array(keys: TomlFields) -> tuple[Array, Named]:
    """A vector (`length`), a matrix (`rows` and `columns`), or a map (`channels` too)."""
    rows = keys.whole("rows", 1, MOST_ROWS, 0)
    channels = keys.whole("channels", 1, MOST_CHANNELS, 0)
    columns = keys.whole("columns", 1, MOST_ROWS, keys.whole("length", 1, MOST_ROWS, 3))
    if channels and not rows:
        raise keys.wrong("channels", "a map has channels, rows and columns; the rows are missing")
    shape = tuple(size for size in (channels, rows, columns) if size)
    items, ends = _items(keys)
    different = keys.flag("different")
    if different and not prod(shape) <= len(items) <= MOST_DIFFERENT:
        rule = f"{prod(shape)} to {MOST_DIFFERENT:,} numbers are needed for {prod(shape)} different ones"
        raise keys.wrong("different", f"{rule}, not {len(items):,}")
    keys.done()
    whole = all(isinstance(end, int) for end in ends)
    span = (float(min(items)), float(max(items))) if isinstance(items, list) else (float(items[0]), float(items[-1]))
    return Array(shape, items, different), Named(Kind.of_rank(len(shape)), whole, ends=span)


def _items(keys: TomlFields) -> tuple[Sequence[int | Fraction], tuple[object, ...]]:
    """What each number of an array is one of, under `from`: a list, or a range, perhaps with a step."""
    if isinstance(keys.table.get("from"), list):
        listed = _pick(keys, "from", keys.take("from"))[0].items
        items = [item for item in listed if not isinstance(item, str)]
        if len(items) < len(listed):
            raise keys.wrong("from", "the entries of a list are numbers")
        return list(dict.fromkeys(items)) if "different" in keys else items, tuple(items)
    text = keys.text("from", "0..9")
    found = _SPAN.fullmatch(text)
    low, high, step = (read_number(part) for part in (found[1], found[2], found[3] or "1")) if found else (None,) * 3
    if low is None or high is None or step is None or low > high or step <= 0:
        raise keys.wrong("from", "numbers are expected, such as '-3..3', '-0.5..0.5 step 0.1' or [0, 1]")
    if not -LARGEST <= low <= high <= LARGEST or (high - low) / step > LARGEST:
        raise keys.wrong("from", f"a drawn number is at most {LARGEST:,}")
    return Multiples(low, high, step), (low, step)


class Multiples(Sequence[int | Fraction]):
    """low, low + step, ... up to high, without holding them all."""

    def __init__(self, low: int | Fraction, high: int | Fraction, step: int | Fraction) -> None:
        self.low, self.step = low, step
        self.length = int((high - low) / step) + 1

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: Any) -> Any:
        place = index + self.length if index < 0 else index
        if not 0 <= place < self.length:
            raise IndexError(index)
        return exact(self.low + self.step * place)


def _options(keys: TomlFields, key: str, kind: str) -> tuple[object, ...]:
    """What a generator may choose from: a list, or one value."""
    known = OPTIONS[kind]
    if key not in known:
        raise keys.wrong(key, f"the options of a drawn {kind} are {', '.join(known)}")
    value = keys.take(key)
    items = value if isinstance(value, list) else [value]
    usual = type(known[key][0])
    if not items or not all(type(item) is usual for item in items):
        what = {"int": "whole numbers", "str": "texts", "bool": "true or false"}[usual.__name__]
        raise keys.wrong(key, f"{what} are expected, not {shown(value)}")
    if len(items) > MOST_ITEMS:
        raise keys.wrong(key, f"a list has 1 to {MOST_ITEMS} entries, not {len(items)}")
    most = MOST_LAYERS if key in HOW_MANY else LARGEST
    if strange := [item for item in items if usual is int and not 0 <= item <= most]:
        raise keys.wrong(key, f"whole numbers from 0 to {most:,} are expected, not {shown(strange[0])}")
    return tuple(items)


# Drawing


def drawn(draw: Draw, values: Mapping[str, Any], key: Sequence[object]) -> Any:
    """The value of a draw from the stream `key`, after `values`. Raises UserError where nothing fits this time."""
    sampler = Sampler(*key)
    match draw:
        case Span(low, high, step):
            return _from_span(evaluate(low, values), evaluate(high, values), step, sampler)
        case Pick(items):
            return items[sampler.integer(0, len(items) - 1)]
        case Array():
            return _array(draw, sampler)
        case DrawnNetwork(kind, options):
            return _tabulated(network_text.read(GENERATORS[kind](options, sampler), "network"))
        case ZooNetwork(names):
            return _tabulated(zoo.network(names[sampler.integer(0, len(names) - 1)]))
        case TextNetwork(line):
            return _tabulated(network_text.read(Renderer(values, _nothing).text(line), "network"))
        case Slip(network, column):
            return _slip(values[network], column, sampler)


def _array(draw: Array, sampler: Sampler) -> Value:
    """The numbers row by row, a channel after the other; where all differ, each is one of those that are left."""
    left = list(draw.items) if draw.different else draw.items

    def of(shape: tuple[int, ...]) -> Value:
        if shape:
            return tuple(of(shape[1:]) for _ in range(shape[0]))
        place = sampler.integer(0, len(left) - 1)
        return left.pop(place) if draw.different and isinstance(left, list) else left[place]

    return of(draw.shape)


def _nothing(name: str, form: str) -> tuple[Any, ...]:
    return ()


def _from_span(low: Value, high: Value, step: Fraction, sampler: Sampler) -> Value:
    if not isinstance(low, int | Fraction) or not isinstance(high, int | Fraction):
        raise UserError("the ends of a range are exact numbers")
    first, last = Fraction(low), Fraction(high)
    if max(abs(first), abs(last)) > LARGEST or last - first > LARGEST * step:
        raise UserError(f"a range has at most {LARGEST:,} steps, and a drawn number is at most {LARGEST:,}")
    count = int((last - first) / step)
    if count < 0:
        raise UserError("the range is empty")
    return exact(first + step * sampler.integer(0, count))


def _tabulated(network: Network) -> Table:
    table = tabulate(network)
    for row in table.rows:
        if row.unknown:
            raise UserError(f"{row.layer.name}: {row.unknown}")
    return table


def _slip(table: Table, column: str, sampler: Sampler) -> WrongCell:
    """A wrong cell: one of the layers where a mistake shows, then one of its mistakes, the common ones more often."""
    found: list[tuple[Row, list[Any]]] = []
    for row in table.rows:
        right = cell(row, column)
        wrong = [(mistake, value) for mistake, value in mistaken(row, column).values() if _is_slip(value, right)]
        if wrong:
            found.append((row, wrong))
    if not found:
        raise UserError(f"no typical mistake changes {column} anywhere in the network")
    row, wrong = found[sampler.integer(0, len(found) - 1)]
    weights = [max(1, round(10 * mistake.weight)) for mistake, _ in wrong]
    place = sampler.integer(1, sum(weights))
    for (mistake, value), weight in zip(wrong, weights, strict=True):
        place -= weight
        if place <= 0:
            return WrongCell(table, row.layer.name, column, value, mistake.because, mistake.id)
    raise AssertionError("the weights add up")


def _is_slip(value: Value, right: Value) -> bool:
    """Whether a wrong value looks like a right one: whole, positive, and of the same form."""
    parts = value if isinstance(value, tuple) else (value,)
    rights = right if isinstance(right, tuple) else (right,)
    return value != right and len(parts) == len(rights) and all(isinstance(p, int) and p > 0 for p in parts)
