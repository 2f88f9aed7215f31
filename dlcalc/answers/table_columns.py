"""What the headings and the first column of a student's table mean: which quantity, which layer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import UserError, printable
from ..networks.kinds import ALIASES, KINDS
from ..networks.network import Network
from .table_alignment import LEFT_OUT, aligned, family_of_row, key
from .table_text import Grid, Line, decoded, read_grid

LAYER = "layer"
TOTAL = "total"
INPUT = "input"

_HEADINGS = {
    LAYER: "layer layers name layername operation",
    "output": "output shape outputshape outputsize activationshape tensorsize tensorshape outputtensor outputvolume "
    "volume dimensions featuremap featuremaps",
    "size": "size activationsize activations numberofactivations units neurons",
    "weights": "weight weights",
    "biases": "bias biases",
    "parameters": "parameter parameters param params totalparameters trainableparameters parametres parametros",
    "macs": "mac macs madds multadds multiplyadds multiplyadd multiplyaccumulates multiplyaccumulate",
    "memory": "memory memorybytes bytes",
    "receptive_field": "receptivefield rf field effectivereceptivefield",
}
_MEANING = {word: column for column, words in _HEADINGS.items() for word in words.split()}
_COUNT_OF = re.compile("^(?:(?:number|num|no|nb|count)(?:of)?|of)(?=.)")

_TOTALS = frozenset({"total", "totals", "sum", "summe", "overall", "totalparameters", "totalparams"})
_INPUTS = frozenset({"input", "inputs", "inputlayer", "inputimage", "image"})
_MOST_NOTES = 20


def meaning(heading: str) -> str:
    """The column that a heading stands for, `layer`, or "" for one that is not known."""
    for text in (heading, re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", heading)):
        word = key(text)
        found = _MEANING.get(word) or _MEANING.get(_COUNT_OF.sub("", word))
        if found:
            return found
    return ""


@dataclass(frozen=True)
class Written:
    """The text of one cell and its line; `trouble` says why the row does not tell which column it belongs to."""

    text: str
    line: int
    trouble: str = ""


@dataclass(frozen=True)
class Sheet:
    """A student's table: the quantities it has, and each cell by (layer, column), the totals under `total`."""

    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], Written]
    input: Mapping[str, Written]
    lines: Mapping[str, int]
    notes: tuple[str, ...]


def read_sheet(text: str | bytes, network: Network) -> Sheet:
    """Reads a table for a network. What is not recognised is noted, and the rest is read.

    Raises UserError when the text is too large, has no headings, or no column names the layers.
    """
    grid = _with_layer_heading(read_grid(decoded(text), _score))
    return _Reader(grid, network).sheet()


def _score(cells: Sequence[str]) -> int:
    """How many quantities are headings here, and whether the layers are."""
    found = {meaning(cell) for cell in cells[:100]} - {""}
    return len(found) if found - {LAYER} else 0


def _with_layer_heading(grid: Grid) -> Grid:
    """Over the layers' names there is often no heading, and pasting loses an empty cell at the start of a row."""
    header = grid.header.cells
    lengths = Counter(len(_without_empty_end(line.cells)) for line in grid.rows)
    usual = lengths.most_common(1)[0][0] if lengths else 0
    if usual == len(header) + 1 and meaning(header[0]) not in ("", LAYER):
        return Grid(grid.format, Line(grid.header.number, ("", *header)), grid.rows)
    return grid


def _without_empty_end(cells: tuple[str, ...]) -> tuple[str, ...]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


class _Reader:
    def __init__(self, grid: Grid, network: Network) -> None:
        self.grid = grid
        self.network = network
        self.names = LayerNames(layer.name for layer in network.layers)
        self.notes: list[str] = []
        self.places: dict[str, int] = {}
        self._headings()

    def _headings(self) -> None:
        for place, heading in enumerate(self.grid.header.cells):
            column = meaning(heading)
            if column and column not in self.places:
                self.places[column] = place
            elif column:
                self.notes.append(
                    f"column {place + 1} ({printable(heading)}) is left out: it is a second one for {column}"
                )
            elif place and heading.strip():
                self.notes.append(f"column {place + 1} ({printable(heading)}) is not one that can be marked")
        self.layer = self.places.pop(LAYER, 0)
        if self.layer in self.places.values():
            raise UserError("a table to mark has a column for the layers, before their quantities: head it Layer")

    def sheet(self) -> Sheet:
        cells: dict[tuple[str, str], Written] = {}
        given: dict[str, Written] = {}
        lines: dict[str, int] = {}
        rows = [line for line in _joined(self.grid.rows, self.layer) if not _is_summary(line)]
        names = [line.cells[self.layer] if self.layer < len(line.cells) else "" for line in rows]
        for line, name, layer in zip(rows, names, aligned(names, self.network.layers, self.names.find), strict=True):
            row = {column: self._cell(line, place) for column, place in self.places.items()}
            if not layer:
                self._unknown(name, line)
            if layer == INPUT:
                given = row
            elif layer in lines:
                self.notes.append(f"line {line.number} is left out: {layer} is already on line {lines[layer]}")
            elif layer:
                lines[layer] = line.number
                cells.update(((layer, column), written) for column, written in row.items())
        more = len(self.notes) - _MOST_NOTES
        notes = (*self.notes[:_MOST_NOTES], *([f"and {more} more"] if more > 0 else []))
        return Sheet(tuple(self.places), cells, given, lines, notes)

    def _unknown(self, name: str, line: Line) -> None:
        if name.strip() and family_of_row(name) not in LEFT_OUT:
            self.notes.append(f"line {line.number}: {printable(name.strip())} is not a layer of this network")
        elif not name.strip() and any(cell.strip() for cell in line.cells):
            self.notes.append(f"line {line.number}: the row names no layer")

    def _cell(self, line: Line, place: int) -> Written:
        text = line.cells[place].strip() if place < len(line.cells) else ""
        have, want = len(_without_empty_end(line.cells)), len(self.grid.header.cells)
        counts = f"the row has {have} cells under {want} headings"
        if have > want and self.grid.format in ("commas", "spaces"):
            return Written(text, line.number, f"{counts}; put a number or shape with commas in quotes")
        if self.grid.format == "spaces" and 1 < have < want:
            return Written(text, line.number, f"{counts}, and it is not clear which one is empty; write - in it")
        return Written(text, line.number)


_SUMMARY = re.compile(
    r"\s*(?:(?:non-)?trainable|optimizer|total)\s+(?:params|parameters|mult-adds)\b.*:|\s*(?:input|params|forward/backward|"
    r"estimated)\b.*\bsize\b.*:|\s*model:", re.IGNORECASE
)  # fmt: skip


def _is_summary(line: Line) -> bool:
    """Whether a line is one of those that a library writes below its table."""
    written = [cell for cell in line.cells if cell.strip()]
    return bool(written) and (len(written) == 1 or ":" in written[0]) and bool(_SUMMARY.match(written[0]))


def _joined(rows: Sequence[Line], place: int) -> Iterator[Line]:
    """The rows, one whose name goes on below as a row of its own, `(MaxPooling2D)`, joined to the one before."""
    last: Line | None = None
    for line in rows:
        goes_on = last is not None and place < len(line.cells) and line.cells[place].strip().startswith("(")
        if goes_on and last is not None and not any(cell for i, cell in enumerate(line.cells) if i != place):
            cells = list(last.cells)
            cells[place] = f"{cells[place]} {line.cells[place]}"
            last = Line(last.number, tuple(cells))
            continue
        if last is not None:
            yield last
        last = line
    if last is not None:
        yield last


class LayerNames:
    """The names of a network's layers, found however they are spelt: Conv 1, CONV-1 and conv1 are one."""

    def __init__(self, names: Collection[str] | Iterator[str]) -> None:
        self.exact: dict[str, str] = {}
        self.keys: dict[str, set[str]] = {}
        for name in names:
            self.exact.setdefault(_spaced(name), name)
            self.keys.setdefault(key(name), set()).add(name)

    def find(self, text: str) -> str:
        """The layer meant, `input`, `total`, or "" for a name that is unknown or may be either of two."""
        for spelling in (text, re.sub(r"\([^()]*\)", "", text)):
            exact = self.exact.get(_spaced(spelling))
            if exact:
                return exact
            word = key(spelling)
            found = self.keys.get(word) or self.keys.get(self._usual(word), set())
            if found:
                return next(iter(found)) if len(found) == 1 else ""
            if word in _TOTALS:
                return TOTAL
            if word in _INPUTS:
                return INPUT
        return ""

    def _usual(self, word: str) -> str:
        """A name with the kind called as layers of it are: dense1 is fc1, pool2 is maxpool2."""
        stem = word.rstrip("0123456789")
        number = word[len(stem) :]
        if stem in ("pool", "pooling"):
            labels = {name for name in (known.rstrip("0123456789") for known in self.keys) if name.endswith("pool")}
            return f"{labels.pop()}{number}" if len(labels) == 1 else ""
        kind = KINDS.get(ALIASES.get(stem, stem))
        return f"{key(kind.label)}{number}" if kind else ""


def _spaced(name: str) -> str:
    """A name with one hyphen for each gap: conv 1_1 and conv-1-1 are one, conv-11 is another."""
    return re.sub(r"[\s_\-–./]+", "-", name[:200].strip(" '*`\"\t")).casefold()
