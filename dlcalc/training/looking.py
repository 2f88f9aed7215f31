"""What a trained network has inside: filters, what layers make of an example, states over time, regions of a plane."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..kernels.cpu.machine import LANES
from ..kernels.cpu.steps import machine
from .loop import Trainer
from .model import Model
from .plan import Plan, Step
from .planner import plan
from .predicting import answers

MOST = 16
"""Filters or maps of a layer."""
CELLS = ("rnn", "lstm", "gru")
GRID = 80


def filters(run: Trainer) -> dict[str, Any]:
    """The filters (k, h, w) of the first convolution of maps, those of its first channel; {} without one."""
    for parameter in run.model.plan.parameters:
        if parameter.role == "weight" and len(parameter.shape) == 4 and min(parameter.shape[2:]) > 1:
            return {parameter.layer: parameter.shown(run.model.parameters)[:MOST, 0]}
    return {}


def feature_maps(run: Trainer) -> dict[str, Any]:
    """Of each convolution of maps the maps (k, h, w) that it makes of the first example of the test, activation
    included; under "input" the example itself. {} without one.
    """
    shapes = {row: shape for row, shape in _map_shapes(run).items() if any(
        p.layer == row and len(p.shape) == 4 for p in run.model.plan.parameters)}  # fmt: skip
    if not shapes:
        return {}
    example = run.examples.test.x[:1]
    found = {"input": example.reshape(_first(run.network.input))[:MOST]}
    for layer, shape in shapes.items():
        step, numbers = _after(run, layer, ())
        if step.operation == "conv-channels" or step.columns.get("lanes"):  # the channels lie side by side
            length = prod(shape[1:])
            blocks = numbers[: -(-shape[0] // LANES) * LANES * length].reshape(-1, length, LANES)
            numbers = blocks.transpose(0, 2, 1).reshape(-1)
        found[layer] = numbers[: prod(shape)].reshape(shape)[:MOST]
    return found


def states(run: Trainer) -> dict[str, Any]:
    """Of each recurrent layer its states (units, steps) while it reads the first example of the test."""
    found = {}
    made = run.model.plan
    for layer in dict.fromkeys(step.layer for step in made.steps if step.operation in CELLS):
        step = next(step for step in made.steps if step.layer == layer and step.operation in CELLS)
        steps, units = step.columns["steps"], step.columns["m"]
        kept = _after(run, layer, CELLS)[1][: (steps + 1) * units].reshape(steps + 1, units)
        found[layer] = kept[1:].T
    return found


def plane(run: Trainer) -> tuple[tuple[float, float, float, float], Any] | None:
    """Of a network that tells points of a plane apart: (left, right, bottom, top) and the classes (rows, columns) that
    it says there, the lowest row first; None for others.
    """
    x = run.examples.train.x
    if not run.data.labelled or x.shape[1] != 2 or run.model.plan.rows_out != 1 or run.network.sequence:
        return None
    (left, bottom), (right, top) = x.min(axis=0) - 0.1, x.max(axis=0) + 0.1
    columns, rows = np.linspace(left, right, GRID), np.linspace(bottom, top, GRID)
    points = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    said = answers(run, points).argmax(axis=1).reshape(GRID, GRID)
    return (float(left), float(right), float(bottom), float(top)), said


def _first(shape: Any) -> tuple[int, ...]:
    """Channels first."""
    return (int(shape[-1]), *(int(size) for size in shape[:-1]))


def _map_shapes(run: Trainer) -> dict[str, tuple[int, ...]]:
    """Layer → (channels, h, w) of those that make maps."""
    from ..networks.table import tabulate

    return {row.layer.name: _first(row.output) for row in tabulate(run.network).rows if len(row.output) == 3}


def _after(run: Trainer, layer: str, operations: tuple[str, ...]) -> tuple[Step, Any]:
    """The last step of a layer, of these operations if some are named, and what it has written for the first test
    example.
    """
    made: Plan = plan(run.network, run.settings.loss, 1, run.settings.dtype, run.settings.frozen)
    model = Model(made)
    model.parameters[:] = run.model.parameters
    chosen: list[tuple[int, Step]] = [
        (place, step) for place, step in enumerate(made.steps)
        if step.layer == layer and (not operations or step.operation in operations) and step.columns.get("y")
    ]  # fmt: skip
    place, step = chosen[0] if operations else chosen[-1]
    x = np.ascontiguousarray(run.examples.test.x[:1])
    machine.gather(made.input_table, np.arange(1), x, model.arena, model.whole)
    sums = np.zeros(len(machine.SUMS))
    machine.forward(model.forwards[: place + 1], made.rows, 1, *model.arrays, sums)
    at = step.columns["y"].at
    return step, model.arena[at : at + step.columns["y"].size(1)].copy()
