"""What `--json` prints of training, as types."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from .shapes import Shown


class Epoch(TypedDict):
    epoch: int
    loss: float
    accuracy: NotRequired[Annotated[float, "where targets are classes"]]
    norm: Annotated[float, "the mean length of the gradient"]
    rate: Annotated[float, "the learning rate"]
    seconds: float
    validation: NotRequired[dict[str, float | None]]


class Training(TypedDict):
    network: str
    data: str
    parameters: int
    seed: int
    epochs: list[Epoch]
    test: dict[str, Any]
    seconds: float
    checkpoint: str | None


class Compared(Training):
    gradients: NotRequired[
        Annotated[
            dict[str, list[float]],
            "of cells, before and after training: of each step the mean length of the gradient by its input",
        ]
    ]


class Trainings(TypedDict):
    runs: dict[str, Compared]


class Trial(TypedDict):
    settings: dict[str, Any]
    validation_loss: float | None


class Searched(TypedDict):
    network: str
    data: str
    trials: list[Trial]


class Changed(TypedDict):
    before: Shown
    gradient: Shown
    after: Shown


class Explained(TypedDict):
    network: str
    step: int
    loss: float
    parameters: dict[str, Changed]


class PlanStep(TypedDict):
    step: str
    layer: str
    reads: list[str]
    writes: list[str]


class Buffer(TypedDict):
    name: str
    numbers: int
    at: int
    steps: list[list[int]]


class Planned(TypedDict):
    batch: Annotated[int, "examples of a part"]
    parts: Annotated[int, "of a batch, each with an arena"]
    dtype: str
    parameters: int
    arena: int
    unshared: int
    steps: list[PlanStep]
    buffers: list[Buffer]


class Checked(TypedDict):
    passed: bool
    largest: Annotated[float, "the largest difference that passes"]
    errors: Annotated[dict[str, float], "beside finite differences"]
    formulas: Annotated[dict[str, float], "beside the derived formulas"]
    no_formulas: Annotated[str, "why they do not have the network"]


Prediction = TypedDict(
    "Prediction",
    {"example": int, "prediction": Any, "probability": NotRequired[float], "class": NotRequired[Any],
     "target": NotRequired[Any]},
)  # fmt: skip


class Predictions(TypedDict):
    network: str
    data: str
    test: dict[str, Any]
    predictions: list[Prediction]
