"""What layers become rows of: values between them, parameters, tables; the base of the planner's parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar

from ..kernels.cpu.machine import LANES
from ..networks.network import INPUT, Network
from ..networks.sizes import Sizes
from ..networks.table import Row
from .plan import Buffer, Parameter, Step

MILLIARD = 10**9
"""Factors and chances stand in a table of whole numbers: in parts of so many."""
IMAGES, CHANNELS = "images", "channels"
"""What may lie side by side."""


@dataclass(frozen=True)
class Data:
    """A value between layers: where it is, and how. `form`: maps (C, …), steps (T, n), signals (C, L), vector (n,)."""

    buffer: Buffer
    form: str
    shape: tuple[int, ...]
    d: Buffer | None = None
    """Its gradient; None where nothing before it is trained."""
    shared: bool = False
    """Others read it too: nobody may work in its place."""
    kept: bool = False
    """It is read again on the way back by the step that wrote it."""
    whole: bool = False
    abreast: str = ""
    """What lies side by side, as `kernels.cpu.steps.abreast` has it: the images of a batch, of one image its
    channels."""

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def lane(self) -> int:
        """Numbers in a lane, where channels or images lie side by side."""
        return -(-self.shape[0] // LANES) * prod(self.shape[1:]) if self.abreast == CHANNELS else self.size

    @property
    def rows(self) -> int:
        """Positions of an example: steps of a sequence."""
        return self.shape[0] if self.form == "steps" else 1

    @property
    def width(self) -> int:
        return self.shape[-1] if self.form in ("steps", "vector") else self.size


class Planning(Sizes):
    """A network whose layers become rows, one after another."""

    convention: ClassVar[str] = "textbook"
    lacking: ClassVar[str] = "cannot be trained"

    def __init__(
        self, network: Network, frozen: frozenset[str] = frozenset(), carried: bool = False, by_input: bool = False
    ) -> None:
        super().__init__(network)
        self.frozen, self.carried, self.by_input = frozen, carried, by_input
        self.steps: list[Step] = []
        self.parameters: list[Parameter] = []
        self.owned: dict[str, list[Parameter]] = {}
        self.reused: list[Parameter] = []
        self.tables: list[int] = []
        self.layer = ""
        self.dtype, self.batch = "float32", 1
        self.transposed: dict[Buffer, Data] = {}
        self.inputs: list[tuple[Buffer, int, int, int]] = []
        self.values: dict[str, Data] = {}
        self.readers = dict.fromkeys(self.shapes, 0)
        for row in self.rows:
            for name in row.layer.inputs:
                self.readers[name] += 1

    # values

    def _inputs(self) -> None:
        start = 0
        given = [(INPUT, self.network.input, self.network.sequence)]
        given += [(row.layer.name, row.output, False) for row in self.rows if row.layer.kind == "input"]
        for name, shape, sequence in given:
            if not self.readers.get(name, 0) and name == INPUT:
                continue
            first = next(row for row in self.rows if name in row.layer.inputs)
            sizes = tuple(self.number(first, size) for size in shape)
            whole = first.layer.kind == "embedding"
            form = ("steps" if sequence or whole else "signals" if len(sizes) == 2 else "maps") if (
                len(sizes) > 1 or whole) else "vector"  # fmt: skip
            if form in ("signals", "maps"):
                sizes = (sizes[-1], *sizes[:-1])
            buffer = Buffer(name, prod(sizes), whole=whole)
            d = Buffer(f"d {name}", prod(sizes), forever=True) if self.by_input and not whole else None
            data = Data(buffer, form, sizes, d, shared=True, whole=whole)
            steps = sizes[0] if form == "steps" else 1
            self.inputs.append((buffer, start, steps, prod(sizes) // steps))
            self.values[name] = data
            start += prod(sizes)

    def lying(self, row: Row, index: int = 0) -> Data:
        """What the layer reads, as it lies."""
        return self.values[row.layer.inputs[index]]

    def read(self, row: Row, index: int = 0) -> Data:
        """What the layer reads, one example behind the other."""
        return self.apart(self.lying(row, index))

    def made(
        self, name: str, form: str, shape: tuple[int, ...], d: bool, kept: bool = False, abreast: bool = False
    ) -> Data:
        """A new value, with a gradient if anything before it is trained."""
        label = f"{self.layer} {name}".strip()
        what = "" if not abreast else CHANNELS if self.batch == 1 else IMAGES
        data = Data(Buffer(label, prod(shape)), form, shape, kept=kept, abreast=what)
        lacking = data.size * (-self.batch % LANES) if what == IMAGES else data.lane * LANES - data.size if what else 0
        data.buffer.fixed = lacking
        return replace(data, d=Buffer(f"d {label}", data.size, lacking) if d else None)

    def abreast(self, x: Data) -> Data:
        """x with its images side by side."""
        return x if x.abreast else self._transposed("abreast", x)

    def apart(self, x: Data) -> Data:
        """x with one example behind the other; turned once for all that read it."""
        return self._transposed("apart", x) if x.abreast else x

    def _transposed(self, operation: str, x: Data) -> Data:
        if x.buffer not in self.transposed:
            y = self.made(operation, x.form, x.shape, x.d is not None, abreast=not x.abreast)
            channels = x.shape[0] if self.batch == 1 else 0
            y = self.link(operation, x, replace(y, shared=x.shared), size=prod(x.shape[1:]) if channels else x.size,
                          channels=channels, work=Buffer("transposed", fixed=LANES * x.size))  # fmt: skip
            self.transposed[x.buffer] = y
        return self.transposed[x.buffer]

    def step(self, operation: str, **columns: Any) -> None:
        """Adds a row."""
        self.steps.append(Step(operation, self.layer, columns))

    def link(self, operation: str, x: Data, y: Data, **columns: Any) -> Data:
        """Adds a row that makes y of x."""
        self.step(operation, x=x.buffer, y=y.buffer, dx=x.d, dy=y.d, **columns)
        return y

    def through(
        self, operation: str, x: Data, form: str, shape: tuple[int, ...], abreast: bool = False, **columns: Any
    ) -> Data:
        """A row that makes a new value of x alone."""
        trained = any(isinstance(p, Parameter) and p.trained for p in columns.values())
        y = self.made(operation, form, shape, x.d is not None or trained, abreast=abreast)
        return self.link(operation, x, y, **columns)

    def copied(self, x: Data) -> Data:
        """x in a place of its own."""
        return self.through("move", x, x.form, x.shape, outer=x.rows, lines=1, width=x.size // x.rows,
                            x_outer=x.size // x.rows, y_outer=x.size // x.rows, factor=MILLIARD)  # fmt: skip

    def own(self, x: Data, value: bool = True) -> Data:
        """x, or a copy where others need its gradient, or with `value` its value, as it is."""
        return self.copied(x) if x.shared or (value and x.kept) else x

    def as_steps(self, x: Data) -> Data:
        """(T, n): signals are transposed."""
        if x.form != "signals":
            return x
        c, length = x.shape
        return self.through("permute", x, "steps", (length, c), first=c, second=length, width=1, into_time=True)

    def as_channels(self, x: Data) -> Data:
        """(C, L): sequences are transposed."""
        if x.form != "steps":
            return x
        length, c = x.shape
        return self.through("permute", x, "signals", (c, length), first=length, second=c, width=1, from_time=True)

    def as_vector(self, x: Data) -> Data:
        """All numbers of an example in a row; of a sequence step by step."""
        if x.form == "steps":
            t, n = x.shape
            x = self.through("permute", x, "maps", (t, n), first=t, second=1, width=n, from_time=True)
        return replace(x, form="vector", shape=(x.size,))

    # parameters

    def parameter(self, row: Row, name: str, shape: tuple[int, ...], role: str, trained: bool = True,
                  **more: Any) -> Parameter:  # fmt: skip
        """A new array of parameters, or that of the layer whose weights are used."""
        own_bias = role == "bias" and row.layer.own_bias
        if self.reused and not own_bias:
            found = self.reused.pop(0)
            if found.shape != shape:
                raise self.refused(row, f"the weights that it shares are {found.shape}, not {shape}")
            return found
        layer = row.layer
        frozen = layer.name in self.frozen or layer.frozen == "all" or (layer.frozen == "weights" and role != "bias")
        made = Parameter(f"{layer.name}.{name}", layer.name, shape, role, trained=trained and not frozen, **more)
        self.parameters.append(made)
        self.owned[layer.name].append(made)
        return made

    def bias(self, row: Row, size: int, weight: Parameter) -> Parameter | None:
        """Those of a layer with this weight, if it has any."""
        return self.parameter(row, "bias", (size,), "bias", fans=weight.fans) if self.flag(row, "bias", True) else None

    def table(self, numbers: list[int]) -> int:
        """Where a new table begins."""
        self.tables += numbers
        return len(self.tables) - len(numbers)
