"""The first gradient of a run beside finite differences, and beside derived formulas where those have the network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .. import gradients
from ..document import Document
from ..errors import UserError
from ..explain import training as explained
from ..expressions.arrays import tuples
from ..expressions.nodes import Value
from ..gradients.feedforward import network as feedforward
from ..gradients.feedforward.numbers import Numbers
from ..networks.network import Network
from .results import Result

if TYPE_CHECKING:
    from ..training.checking import First
    from ..training.loop import Trainer
    from . import training_shapes

HEADS = {"cross-entropy": "softmax", "binary-cross-entropy": "sigmoid", "squared-error": "linear"}
"""Loss of training → the activation that stands before it in the formulas."""
_LOSSES = {"cross-entropy": "cross-entropy", "binary-cross-entropy": "log", "squared-error": "sum"}
_GATES = {"rnn": ("",), "lstm": tuple("ifco"), "gru": tuple("rzh")}
"""The gates of a cell by the formulas' letters, one below the other as PyTorch has them."""


class Checked(Result):
    """The first gradient of a run in float64 beside finite differences and derived formulas, layer by layer."""

    MOST = 20
    """Entries of each array that are moved."""
    LARGEST = 1e-6

    def __init__(self, run: Trainer) -> None:
        from ..training.checking import differences, first_example, relative

        self.title = run.network.title
        self.errors = differences(run, self.MOST)
        self.formulas: dict[str, float] = {}
        self.why = ""
        """Why the formulas do not have the network, "" where they do."""
        try:
            first = first_example(run)
            derived = by_formulas(run.network, run.settings.loss, first)
            self.formulas = {
                name: relative(first.gradients[name], wanted)
                for name, wanted in derived.items() if name in first.gradients
            }  # fmt: skip
        except UserError as error:
            self.why = str(error)

    @property
    def passed(self) -> bool:
        """All agree."""
        return all(error <= self.LARGEST for errors in (self.errors, self.formulas) for error in errors.values())

    def to_dict(self) -> training_shapes.Checked:
        return {"passed": self.passed, "largest": self.LARGEST, "errors": self.errors, "formulas": self.formulas,
                "no_formulas": self.why}  # fmt: skip

    def _document(self) -> Document:
        return explained.checked(
            self.errors, self.formulas, self.why, self.LARGEST, f"{self.title}: the first gradient"
        )


def by_formulas(network: Network, loss: str, first: First) -> dict[str, Value]:
    """The gradients of one example by the derived formulas, by training's names. UserError: they do not have it."""
    if network.sequence:
        return _through_time(network, loss, first)
    *front, last = network.layers
    words = HEADS[loss]
    if words != "linear" and last.remarks[-1:] != (words,):
        last = replace(last, remarks=(*last.remarks, words))
    known = feedforward.feedforward(replace(network, layers=(*front, last)), _LOSSES[loss])
    if len(known.parameters) != len(first.parameters):
        raise UserError("the formulas have other arrays of parameters")
    names = dict(zip(known.parameters, first.parameters, strict=True))
    given = {letter: tuples(first.parameters[name].tolist()) for letter, name in names.items()}
    given |= {"x": tuples(first.x.reshape(known.x.shape).tolist()), "y": tuples(first.wanted[0].tolist())}
    found = Numbers(known, given).gradients
    share = 1 / len(first.wanted[0]) if loss == "squared-error" else 1.0
    return {name: _scaled(found[letter], share) for letter, name in names.items()}


def _through_time(network: Network, loss: str, first: First) -> dict[str, Value]:
    """Of a recurrent layer, or layers of it above each other, and a dense layer behind."""
    if len(network.layers) != 2 or network.layers[1].kind != "dense" or network.layers[0].kind not in _GATES:
        raise UserError("of sequences the formulas are those of a recurrent layer with a dense one behind it")
    cell, dense = network.layers
    inside = cell.remarks[0] if cell.remarks else "tanh"
    if len(cell.remarks) > 1 or cell.settings.get("D", 1) != 1 or (cell.kind != "rnn" and inside != "tanh"):
        raise UserError("of sequences the formulas are those of cells as they are, in one direction")
    if any(word != HEADS[loss] for word in dense.remarks):
        raise UserError(f"of sequences the formulas are those of an output with {HEADS[loss]} before the {loss}")
    layers = cell.settings.get("L", 1)
    steps = len(first.wanted)
    known = gradients.network(
        cell.kind, HEADS[loss], "every" if steps > 1 else "last", activation=inside, reset="after",
        layers=layers if isinstance(layers, int) else 1,
    )  # fmt: skip
    places = {weight.name: _place(weight, cell.name, dense.name, cell.kind) for weight in known.weights}
    given: dict[str, Value] = {}
    for letter, (name, gate, gates) in places.items():
        if (array := first.parameters.get(name)) is not None:
            given[letter] = tuples(array.reshape(gates, -1, *array.shape[1:])[gate].tolist())
    x = first.x.reshape(first.x.shape[0], -1)
    wanted = first.wanted if steps > 1 else [first.wanted[0]] * len(x)
    given |= {"x": tuples(x.tolist()), known.head.target: tuples([row.tolist() for row in wanted])}
    found = gradients.Numbers(known, given).by_delta()
    share = (2 if loss == "squared-error" else 1) / first.counted
    joined: dict[str, list[Value]] = {}
    for letter, (name, _, _) in sorted(places.items(), key=lambda item: item[1][1]):
        joined.setdefault(name, []).extend(_scaled(found[letter], share))
    return {name: tuple(rows) for name, rows in joined.items() if name in first.parameters}


def _place(weight: gradients.Weight, cell: str, dense: str, kind: str) -> tuple[str, int, int]:
    """The array of training that has a weight of the formulas, which of its blocks it is, and of how many."""
    if not weight.role:
        return f"{dense}.{'weight' if weight.columns else 'bias'}", 0, 1
    leaf = {"w_ih": "weight_ih", "w_hh": "weight_hh", "b_ih": "bias_ih", "b_hh": "bias_hh"}[weight.role]
    gates = _GATES[kind]
    return f"{cell}.{leaf}_l{max(0, weight.layer - 1)}", gates.index(weight.gate), len(gates)


def _scaled(value: Value, factor: float) -> Value:
    return tuple(_scaled(part, factor) for part in value) if isinstance(value, tuple) else float(value) * factor
