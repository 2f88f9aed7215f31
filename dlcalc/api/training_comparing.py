"""Runs of training side by side: what another optimiser or another cell makes of the same data and first weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..diagrams.chart import Chart
from ..document import Document
from ..errors import UserError
from ..explain import training as explained
from ..networks.network import Network
from .results import Result
from .training import Training, drawn


class Trainings(Result):
    """Runs that differ in one thing, by its name; of cells also how far their gradients reach back."""

    settled = False

    def __init__(
        self, runs: Mapping[str, Training], title: str, reach: Mapping[str, Mapping[str, list[float]]]
    ) -> None:
        self.runs = dict(runs)
        self.title = title
        self.reach = dict(reach)
        """Cell → "before" and "after" training → of each step the length of the gradient by its input."""

    def to_dict(self) -> dict[str, Any]:
        found = {name: run.to_dict() for name, run in self.runs.items()}
        return {"runs": {name: run | ({"gradients": self.reach[name]} if name in self.reach else {})
                         for name, run in found.items()}}  # fmt: skip

    def chart(self) -> Chart:
        """The loss of every epoch of each run."""
        curves = {name: [epoch["loss"] for epoch in run.history] for name, run in self.runs.items()}
        return Chart(self.title, "epoch", "loss", curves, logarithmic=True, first=1)

    def draw(self, path: str, kind: str) -> None:
        """The losses into a file, as `svg` or `png`. UserError."""
        drawn(self.chart(), path, kind)

    def through_time(self, when: str) -> Chart:
        """The length of the gradient by the input of each step, "before" or "after" training, of each cell."""
        curves = {name: each[when] for name, each in self.reach.items()}
        title = f"gradient by the input of a step, {when} training"
        return Chart(title, "step", "length", curves, logarithmic=True, first=1)

    def _document(self) -> Document:
        return explained.compared({name: run.to_dict() for name, run in self.runs.items()}, self.title, self.reach)


def through_time(run: Training) -> list[float]:
    """Of each step of a sequence the mean length of the gradient of the loss by its input. UserError."""
    from ..training.through_time import input_gradients

    return input_gradients(run.trainer)


def with_cell(network: Network, cell: str) -> Network:
    """The network with another kind of cell in its recurrent layers. UserError: it has none, or no such cell."""
    cells = ("rnn", "lstm", "gru")
    if cell not in cells:
        raise UserError(f"a cell is one of {', '.join(cells)}, not {cell[:40]}")
    if not any(layer.kind in cells for layer in network.layers):
        raise UserError(f"{network.id} has no recurrent layer whose cell could be another")
    layers = (replace(layer, kind=cell) if layer.kind in cells else layer for layer in network.layers)
    return replace(network, layers=tuple(layers))
