"""Whole networks: `net("alexnet")`, `net("32x32x3; conv 8 f3; dense 10")`, `net("model.toml")`."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..document import Document
from ..errors import UserError
from ..explain.network import COLUMNS, NARROW, comparison, layer_kinds, network, network_answer, networks_by_name
from ..expressions.jsonable import as_json
from ..expressions.nodes import Value
from ..networks import exercise, text, zoo
from ..networks.kinds import in_a_line
from ..networks.network import Network
from ..networks.table import COUNTS, Row, Table, added, tabulate
from ..profiles import COURSE, Profile, active
from .expression import as_sympy, unwrapped, wrapped
from .results import Calculation, Judgement, Result, spelling, written

if TYPE_CHECKING:
    from ..answers.table_marks import TableMarks
    from . import shapes

COUNTINGS = {"textbook": "textbooks", "pytorch": "PyTorch", "keras": "Keras"}
"""The conventions of counting, and who uses each."""


ANSWERS = ("parameters", "weights", "biases", "macs", "flops", "memory", "output", "layers")
"""What can be asked of a network alone."""


@dataclass(frozen=True)
class NetworkLayer:
    """One layer of a network: its output as a tuple, its counts as numbers, None where they are not known."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    output: tuple[Any, ...] | None
    weights: Any
    biases: Any
    parameters: Any
    macs: Any
    memory: Any
    """In bytes."""


class NetworkTable(Result):
    """A network worked out: `rows`, `total`, and `to_dict` with a row per layer."""

    def __init__(
        self, table: Table, frozen: frozenset[str] = frozenset(), every: bool = False, course: Profile = COURSE
    ) -> None:
        self.course = course
        self.table = table
        self.frozen = frozen
        self.every = every
        self.columns: tuple[str, ...] = COLUMNS

    def narrow(self) -> None:
        """Leaves the columns out for which a terminal of usual width has no room."""
        self.columns = NARROW

    def svg(self) -> str:
        """A picture of the network, to scale."""
        from ..diagrams import network_svg

        return network_svg(self.table, self.spell, self.every, self.course)

    def draw(self, path: str) -> None:
        """Draws the network into a file, whole or not at all. Raises UserError where that cannot be."""
        from ..files.writing import write

        write(path, self.svg())

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.table.rows

    @property
    def layers(self) -> tuple[NetworkLayer, ...]:
        """Each layer with its output and counts: `net("lenet5").layers[0].parameters`."""
        return tuple(
            NetworkLayer(
                row.layer.name, row.layer.kind, row.layer.inputs,
                None if row.unknown and not row.output else wrapped(row.output, {}),
                **{name: wrapped(row.count(name), {}) if row.knows(name) else None for name in COUNTS},
            )
            for row in self.rows
        )  # fmt: skip

    @property
    def total(self) -> dict[str, Value]:
        """The sums of weights, biases, parameters, macs and memory over all layers."""
        return self.table.total

    @property
    def parameters(self) -> Any:
        return wrapped(self.total["parameters"], {})

    def __repr__(self) -> str:
        return f"<{self.table.network.title}: {len(self.rows)} layers, {self.parameters} parameters>"

    def only(self, ask: str) -> NetworkAnswer:
        """One answer alone, the sum over the layers written out. Raises UserError for what cannot be asked."""
        name = ask.lower().replace("-", "_")
        if name not in ANSWERS:
            raise UserError(f"{ask} is not asked of a network; what can be asked is {', '.join(ANSWERS)}")
        return NetworkAnswer(self, name)

    def explained(self, layer: str) -> Calculation:
        """The working of one layer. Raises UserError for one that is unknown or could not be worked out."""
        row = self.table.row(layer)
        if row.working is None:
            raise UserError(f"{row.layer.name}: {row.unknown}")
        return Calculation(row.working, spelling(row.working.formula, self.course), self.course)

    def countings(self) -> dict[str, Value]:
        """The parameters under each convention of counting."""
        shown, found = self.table.convention or "textbook", self.table.network
        return {
            name: (self.table if name == shown else tabulate(found, name)).total["parameters"] for name in COUNTINGS
        }

    def _document(self) -> Document:
        others = {COUNTINGS[name]: value for name, value in self.countings().items()}
        return network(self.table, self.columns, self.every, others, self.frozen, self.spell)

    def sympy(self) -> Any:
        """The counts of the whole network, name → sympy's number. Raises UserError where sympy is missing."""
        return {name: as_sympy(self.total[name], {}) for name in COUNTS}

    def program(self, language: str) -> str:
        """A program in "sympy" or "wolfram" that has the counts of the whole network."""
        return written(language, {name: self.total[name] for name in COUNTS}, {}, {})

    def to_dict(self) -> dict[str, Any]:
        found = self.table.network
        return {
            "network": found.id,
            "title": found.title,
            "input": as_json(found.input),
            "layers": [self._layer(row) for row in self.rows],
            "total": {
                **{name: as_json(self.total[name]) for name in COUNTS},
                "trainable": as_json(added(self._trainable(row) for row in self.rows)),
            },
            "partial": self.table.partial,
            "convention": self.table.convention or "textbook",
            "conventions": {name: as_json(value) for name, value in self.countings().items()},
            **({"frozen": sorted(self.frozen)} if self.frozen else {}),
        }

    def _layer(self, row: Row) -> dict[str, Any]:
        sizes = [as_json(field.size) for field in row.field]
        field: Any = None
        if sizes:
            field = sizes[0] if len({str(size) for size in sizes}) == 1 else sizes
        known = row.knows("parameters")
        return {
            "name": row.layer.name,
            "kind": row.layer.kind,
            "inputs": list(row.layer.inputs),
            "output": as_json(row.output) if not row.unknown or row.output else None,
            **{name: as_json(row.count(name)) if row.knows(name) else None for name in COUNTS},
            "trainable": as_json(self._trainable(row)) if known else None,
            "receptive_field": field,
            **({"shared_with": row.layer.shares} if row.layer.shares else {}),
            **({"unknown": row.unknown} if row.unknown else {}),
        }

    def _trainable(self, row: Row) -> Value:
        return 0 if row.layer.name in self.frozen else row.trainable


class NetworkAnswer(Result):
    """One answer of a network: `value`, and `to_dict`."""

    def __init__(self, of: NetworkTable, name: str) -> None:
        self.of, self.name, self.course = of, name, of.course

    @property
    def value(self) -> Any:
        """A number, a shape, or an expression in letters."""
        table = self.of.table
        if self.name == "layers":
            return len(table.rows)
        return wrapped(table.rows[-1].output if self.name == "output" else table.summed(self.name), {})

    def _document(self) -> Document:
        return network_answer(self.of.table, self.name, self.spell)

    def to_dict(self) -> shapes.NetworkAnswer:
        return {"network": self.of.table.network.id, "asked": self.name, "value": as_json(unwrapped(self.value)),
                "partial": self.of.table.partial}  # fmt: skip


class MarkedTable(Judgement):
    """A student's table, marked cell by cell: `status`, `marks`, and `to_dict` with every cell."""

    def __init__(self, marks: TableMarks, show: bool = False) -> None:
        self.marks = marks
        self.show = show

    @property
    def status(self) -> str:
        """Right where all cells are, else the worst that is said of one."""
        return self.marks.status

    @property
    def reason(self) -> str:
        return self.marks.reason

    def _document(self) -> Document:
        from ..grading.report import table_marks

        return table_marks(self.marks, self.show, self.spell)

    def to_dict(self) -> dict[str, Any]:
        return self.marks.to_dict()


class Comparison(Result):
    """The totals of several networks, side by side."""

    def __init__(self, tables: Iterable[Table], course: Profile = COURSE) -> None:
        self.course = course
        self.tables = tuple(tables)

    def _document(self) -> Document:
        return comparison(self.tables, self.spell)

    def to_dict(self) -> dict[str, Any]:
        return {
            "networks": [
                {"network": t.network.id, "total": {name: as_json(t.total[name]) for name in COUNTS}}
                for t in self.tables
            ]
        }


class LayerList(Result):
    """The kinds of layers that a line of text has: `to_dict` has the name, the settings and an example of each."""

    def _document(self) -> Document:
        return layer_kinds(in_a_line(), self.spell)

    def to_dict(self) -> shapes.LayerList:
        return {
            "layers": [
                {
                    "kind": kind.name,
                    "words": kind.words,
                    "settings": list(kind.settings),
                    "bare": list(kind.bare),
                    "aliases": list(kind.aliases),
                    "example": kind.example or kind.name,
                }
                for kind in in_a_line()
            ]
        }


class NetworkList(Result):
    """The networks of the zoo: `to_dict` has the name and the title of each."""

    def _document(self) -> Document:
        return networks_by_name({name: zoo.title(name) for name in zoo.names()}, self.spell)

    def to_dict(self) -> shapes.NetworkList:
        return {"networks": [{"network": name, "title": zoo.title(name)} for name in zoo.names()]}


def check_table(
    source: str | Network, filled: str | bytes, *, columns: Iterable[str] = (), show: bool = False, **options: Any
) -> MarkedTable:
    """Marks a filled-in table (CSV, Markdown, LaTeX or pasted text) of a network; `options` are those of `net`.

    Raises UserError when there is no table in the text.
    """
    from ..answers.table_marks import mark_table

    shown = net(source, **options)
    stated = options.get("convention") is not None or shown.course is not COURSE
    return MarkedTable(mark_table(shown.table, filled, tuple(columns), stated, shown.course.decimal), show)


def blank_table(source: str | Network, *, columns: Iterable[str] = (), headings: str = "tensor", **options: Any) -> str:
    """The table as an exercise: comma-separated values with the asked columns empty. `options` are those of `net`."""
    return exercise.to_csv(exercise.blank(net(source, **options).table, tuple(columns), headings))


def code(source: str | Network, form: str = "pytorch", blank: bool = False, *, input: str | None = None) -> str:
    """The network as a program, `form` "pytorch" or "keras", or as "text" or "toml" that `net` reads again.

    `blank` leaves the numbers of the layers out of a program, as an exercise; `input` replaces the input's shape.
    Raises UserError naming what the form cannot say.

    Example: dlcalc.code("28x28x1; conv 8 f3; dense 10", "keras")
    """
    from ..networks import writers

    return writers.write(read_network(source, input), form, blank)


def load(source: str) -> Network:
    """The network of a name of the zoo, a file, or a line of text. Raises UserError."""
    if text.is_text(source):
        return text.read(source)
    ending = os.path.splitext(source)[1].lower()
    if ending and not ending[1:].isdigit():  # squeezenet-1.1
        from ..networks.readers import KNOWN, read_file

        if ending in KNOWN:
            return read_file(source)
    return zoo.network(source)


def net(
    source: str | Network,
    *,
    input: str | None = None,
    convention: str | None = None,
    profile: str | Profile | None = None,
    freeze: str | Iterable[str] = (),
    every: bool = False,
    classes: int | None = None,
) -> NetworkTable:
    """Works a whole network out, layer by layer.

    `input` replaces the input's shape (`224x224x3`), `classes` the number of units of the last layer, `freeze` names
    layers that are not trained (`conv*`). Raises UserError naming the layer that does not fit.

    Example: dlcalc.net("28x28x1; conv 8 f3; pool 2; dense 10").layers
    """
    found = read_network(source, input, classes)
    course = profile if isinstance(profile, Profile) else active(profile, os.environ)
    table = tabulate(found, _counting(convention, course))
    frozen = _frozen(found, (freeze,) if isinstance(freeze, str) else tuple(freeze))
    return NetworkTable(table, frozen, every, course)


def read_network(source: str | Network, input: str | None = None, classes: int | None = None) -> Network:
    """The network of a name, a file or a text, with another input's shape or number of classes. Raises UserError."""
    found = source if isinstance(source, Network) else load(source)
    if classes is not None:
        from ..networks.classes import with_classes

        found = with_classes(found, classes)
    if input is None:
        return found
    shape, sequence = text.read_input(input)
    if shape == found.input:
        return replace(found, sequence=sequence or found.sequence)
    # what the file says of shapes is true of its own input alone
    layers = tuple(replace(layer, stated=None) if layer.stated else layer for layer in found.layers)
    return replace(found, input=shape, sequence=sequence, layers=layers)


def compare(
    sources: Iterable[str | Network], convention: str | None = None, profile: str | Profile | None = None
) -> Comparison:
    """Several networks side by side.

    Example: dlcalc.compare(["lenet5", "alexnet"])
    """
    course = profile if isinstance(profile, Profile) else active(profile, os.environ)
    return Comparison((net(source, convention=convention, profile=course).table for source in sources), course)


def _counting(convention: str | None, course: Profile) -> str:
    wanted = course.counts if convention is None else convention
    if wanted not in COUNTINGS:
        raise UserError(f"convention is one of {', '.join(COUNTINGS)} for a network, not {wanted}")
    return "" if wanted == "textbook" else wanted


def _frozen(found: Network, patterns: tuple[str, ...]) -> frozenset[str]:
    """The layers whose names match. Raises UserError for a pattern that matches none."""
    names = [layer.name for layer in found.layers]
    matched: set[str] = set()
    for pattern in (part.strip() for given in patterns for part in given.split(",")):
        hits = [name for name in names if fnmatch.fnmatchcase(name.lower(), pattern.lower())]
        if not hits:
            raise UserError(
                f"freeze {pattern}: no layer of {found.id} is called that; the first are {', '.join(names[:8])}"
            )
        matched.update(hits)
    return frozenset(matched)


def titles() -> dict[str, str]:
    """The published networks, each with its title."""
    return {name: zoo.title(name) for name in zoo.names()}
