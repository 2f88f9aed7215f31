"""What `--json` of each command prints, as types: `api.schema` makes JSON schemas of them.

A key that is not always there is NotRequired; where a key is a word of Python's, the call form of TypedDict is used.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypeAlias, TypedDict

IS_VALUE = "value"
"""Marks what `expressions.jsonable.as_json` writes."""
VALUE = """A number; a shape, a vector or a matrix as a list; an expression in letters, or a fraction without end, as
text that dlcalc reads; null where it is not known."""
Shown: TypeAlias = Annotated[Any, IS_VALUE]
Expression: TypeAlias = Annotated[str, "an expression in dlcalc's own notation, which it reads again"]
Latex: TypeAlias = Annotated[str, "LaTeX without $"]
Status: TypeAlias = Literal["right", "convention", "follows", "rounded", "wrong", "undecided", "unreadable", "missing"]
Count: TypeAlias = Shown
"""A number, or an expression while letters are left; null where it is not known."""


class Mistake(TypedDict):
    id: Annotated[str, "of a pair of mistakes: one+other"]
    because: Annotated[str, "one sentence for the student"]
    found: NotRequired[Annotated[Literal[True], "it is no typical mistake: it was searched for"]]


class Cell(TypedDict):
    column: str
    status: Status
    correct: bool | None
    marks: int
    expected: Shown
    wrote: str
    line: Annotated[int, "where it stands in what was handed in; 0 where it does not"]
    convention: str | None
    mistakes: list[Mistake]
    reason: str


class LayerCell(Cell):
    layer: str


class Verdict(TypedDict):
    """What is said of a judged answer, whatever was asked."""

    status: Status
    correct: Annotated[bool | None, "null where it cannot be told"]
    expected: Shown
    convention: Annotated[str | None, "another way to count, by which the answer is right"]
    mistakes: list[Mistake]
    more: Annotated[int, "further mistakes that lead to it"]
    reason: Annotated[str, "what the status and the mistakes do not say"]
    stopped: NotRequired[Annotated[Literal[True], "not all mistakes were tried"]]


class Step(TypedDict):
    name: str
    axis: NotRequired[Annotated[str, "where the axes differ, which one it is of"]]
    expression: Annotated[str, "in letters, in dlcalc's own notation"]
    values: Annotated[str, "the same with the values put in"]
    value: Shown


class Asked(TypedDict):
    """How an answer came about."""

    given: Annotated[dict[str, Shown], "what was typed, by letter"]
    defaults: Annotated[dict[str, Shown], "what was taken as usual"]
    missing: Annotated[list[str], "quantities that stayed letters"]
    convention: Annotated[str, "how it was counted"]
    warnings: list[str]
    steps: list[Step]


class Calculation(Asked):
    """All answers of a calculator; each answer is a key of its own."""

    conventions: Annotated[dict[str, Shown], "the count under each other convention"]
    left_out: NotRequired[Annotated[Any, IS_VALUE, "steps that are too long to be told"]]


class OneAnswer(Asked):
    formula: str
    asked: str
    value: Shown


class ExplainedLayer(Asked):
    """A row of a network's table with its working; each answer is a key of its own."""

    formula: str
    conventions: dict[str, Shown]


WITH_ANSWERS = (ExplainedLayer,)
"""Those that have further keys, one for each answer of a formula that is not known before."""


class Backwards(TypedDict):
    formula: NotRequired[str]
    solutions: Annotated[list[dict[str, int]], "letter → value; increasing"]
    count: Annotated[int, "how many there are, the ones not listed too"]
    searched: Annotated[dict[str, list[int]], "letter → the first and the last value that was looked at"]
    wanted: dict[str, str]
    given: dict[str, Shown]


Between = TypedDict("Between", {"from": Expression, "below": Expression})


class LettersStep(TypedDict):
    name: str
    left: Expression
    right: Expression


class InLetters(TypedDict):
    equations: list[Expression]
    find: list[str]
    solutions: Annotated[list[dict[str, str | Between]], "letter → expression, or an interval where a floor was"]
    conditions: list[str]
    steps: list[LettersStep]


class Judged(Verdict):
    formula: str
    asked: str
    answer: str
    cells: NotRequired[Annotated[list[LayerCell], "the numbers of an array of the right size; layer is the row"]]


class Differences(TypedDict):
    values: Shown
    agrees: bool


class ByHand(Asked):
    """An operation by hand; each answer is a key of its own."""

    operation: str
    kernel: Annotated[str, "who computed besides the formula"]
    finite_differences: NotRequired[Annotated[dict[str, Differences], "gradient → what differences give"]]
    finite_differences_left_out: NotRequired[Annotated[list[str], "gradients for which they would have taken long"]]
    left_out: NotRequired[Annotated[Any, IS_VALUE, "steps that are too long to be told"]]


class Counts(TypedDict):
    weights: Count
    biases: Count
    parameters: Count
    macs: Count
    memory: Annotated[Any, IS_VALUE, "bytes"]


class Total(Counts):
    trainable: Count


class Layer(Total):
    name: str
    kind: str
    inputs: list[str]
    output: Annotated[Any, IS_VALUE, "the shape, or the shapes of the blobs; null where it is not known"]
    receptive_field: Shown
    shared_with: NotRequired[Annotated[str, "the layer whose weights it uses"]]
    unknown: NotRequired[Annotated[str, "why some of it is not known"]]


class Network(TypedDict):
    network: str
    title: str
    input: Shown
    layers: list[Layer]
    total: Annotated[Total, "unique weights once"]
    partial: Annotated[bool, "whether something of it is not known, or was told otherwise by a file"]
    convention: str
    conventions: dict[str, Shown]
    frozen: NotRequired[list[str]]


class NetworkTotal(TypedDict):
    network: str
    total: Counts


class Comparison(TypedDict):
    networks: list[NetworkTotal]


class Kind(TypedDict):
    kind: str
    words: str
    settings: list[str]
    bare: Annotated[list[str], "settings whose number may stand alone"]
    aliases: list[str]
    example: str


class LayerList(TypedDict):
    layers: list[Kind]


class NetworkName(TypedDict):
    network: str
    title: str


class NetworkAnswer(TypedDict):
    network: str
    asked: str
    value: Shown
    partial: Annotated[bool, "whether some layer could not be worked out"]


class NetworkList(TypedDict):
    networks: list[NetworkName]


class RanLayer(TypedDict):
    name: str
    kind: str
    output: Shown
    parameters: int
    seconds: float
    largest: float


class RanTotal(TypedDict):
    parameters: int
    seconds: float


class NetworkRun(TypedDict):
    network: str
    weights: Literal["file", "random"]
    layers: list[RanLayer]
    total: RanTotal


class MarkedLayer(TypedDict):
    name: str
    marks: int
    cells: list[Cell]


class MarkedTable(TypedDict):
    network: str
    counted: str
    status: Status
    correct: bool | None
    reason: str
    marks: int
    of: int
    counts: Annotated[dict[str, int], "status → cells"]
    layers: list[MarkedLayer]
    notes: list[str]


Line = TypedDict(
    "Line",
    {"left": Expression, "right": Expression, "latex": Latex, "for": NotRequired[str], "meaning": NotRequired[str]},
)


class Letter(TypedDict):
    meaning: str
    shape: list[str | int]


class Slopes(TypedDict):
    gradient: float
    finite_difference: float


TimePath = TypedDict(
    "TimePath",
    {"from": str | int, "to": str | int, "explicit": bool | int, "expression": Expression, "chain": Expression,
     "latex": Latex},
)  # fmt: skip


class Bptt(TypedDict):
    cell: str
    title: str
    head: str
    loss: str
    wrt: str
    form: str
    layout: str
    steps: int | None
    truncate: int
    letters: dict[str, Letter]
    equations: list[Line]
    lines: list[Line]
    notes: list[str]
    gradient: NotRequired[Expression]
    count: NotRequired[Annotated[Any, IS_VALUE, "paths"]]
    explicit: NotRequired[Annotated[Any, IS_VALUE, "of them explicit"]]
    paths: NotRequired[list[TimePath]]
    values: NotRequired[dict[str, Shown]]
    loss_value: NotRequired[float]
    value: NotRequired[Shown]
    finite_differences: NotRequired[Shown]
    difference: NotRequired[float]
    slopes: NotRequired[Slopes]
    kernels: NotRequired[Shown]
    kernels_difference: NotRequired[float]


class JudgedGradient(Verdict):
    cell: str
    head: str
    loss: str
    wrt: str
    layout: str
    steps: int | None
    answer: str


Delta = TypedDict(
    "Delta",
    {"left": Expression, "right": Expression, "latex": Latex, "for": NotRequired[str], "meaning": NotRequired[str],
     "paths": NotRequired[int]},
)  # fmt: skip
Gradient = TypedDict(
    "Gradient",
    {"wrt": str, "left": Expression, "right": Expression, "latex": Latex, "for": NotRequired[str],
     "meaning": NotRequired[str], "value": NotRequired[Shown], "finite_differences": NotRequired[Shown],
     "difference": NotRequired[float], "slopes": NotRequired[Slopes], "kernels": NotRequired[Shown],
     "kernels_difference": NotRequired[float]},
)  # fmt: skip
UnitPath = TypedDict(
    "UnitPath",
    {"from": Expression, "to": Expression, "through": list[str], "expression": Expression, "chain": Expression,
     "latex": Latex, "value": NotRequired[Shown]},
)  # fmt: skip
Cost = TypedDict("Cost", {"paths": int, "path by path": int, "memoised": int})


class Backprop(TypedDict):
    network: str
    loss: str
    form: str
    layout: str
    wrt: str | None
    letters: dict[str, Letter]
    forward: list[Line]
    deltas: list[Delta]
    gradients: list[Gradient]
    notes: list[str]
    entry: NotRequired[Line]
    paths: NotRequired[list[UnitPath]]
    count: NotRequired[int]
    multiplications: NotRequired[dict[str, Cost]]
    values: NotRequired[dict[str, Shown]]
    value: NotRequired[Shown]


class JudgedBackprop(Verdict):
    network: str
    loss: str
    wrt: str
    layout: str
    answer: str


class Rule(TypedDict):
    name: str
    expression: Expression
    value: Expression
    inner: NotRequired[Expression]


class Part(TypedDict):
    name: str
    value: Expression


class Check(TypedDict):
    point: dict[str, float]
    value: float
    difference: float


class Differentiated(TypedDict):
    expression: Expression
    wrt: str
    value: Expression
    unsimplified: Expression
    parts: NotRequired[list[Part]]
    steps: list[Rule]
    at: dict[str, Shown]
    number: NotRequired[Shown]
    checks: list[Check]


class MatrixDifferentiated(TypedDict):
    expression: Expression
    wrt: str
    value: Expression
    unsimplified: Expression
    letters: dict[str, str]
    shape: str
    steps: list[Rule]
    at: dict[str, Shown]
    number: NotRequired[Shown]
    error: float | None


class JudgedDerivative(Verdict):
    expression: Expression
    wrt: str
    answer: str
    parts: NotRequired[list[Part]]


Setting = TypedDict(
    "Setting",
    {"lambda": Shown, "steps": int, "activation": str, "epsilon": Shown, "hidden": int, "seed": int,
     "forget_bias": float, "clip": float, "truncate": int},
)  # fmt: skip


class Vanished(TypedDict):
    given: Setting
    factor: Shown
    until: Annotated[int | None, "the first step at which the bound is below epsilon"]
    bound: list[float]
    measured: dict[str, list[float]]
    under: dict[str, int | None]
    cured: dict[str, list[float]]


HitKind: TypeAlias = Literal["command", "by hand", "layer", "network", "problem", "example"]


class Hit(TypedDict):
    command: str
    about: str
    kind: HitKind


class Found(TypedDict):
    query: str
    found: list[Hit]


class Cuda(TypedDict):
    available: bool
    reason: NotRequired[str]
    devices: NotRequired[int]


class KernelCache(TypedDict):
    folder: str | None
    used: bool
    reason: str


class Doctor(TypedDict):
    dlcalc: str
    python: str
    platform: str
    cpu_threads: int
    extras: Annotated[dict[str, dict[str, str | None]], "extra → module → version, null where it is missing"]
    cuda: Cuda
    kernel_cache: KernelCache
    profile: str


class Warmed(TypedDict):
    compiled: int
    seconds: float
    folder: str | None
    reason: str


class Kernel(TypedDict):
    kernel: str
    signature: str


class Kernels(TypedDict):
    kernels: list[Kernel]
