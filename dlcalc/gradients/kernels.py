"""The same gradients from the kernels, by `dlcalc.ops`: stated a second time, with PyTorch's conventions.

Needs numpy and numba, which are loaded when `kernel_gradients` is called.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import UserError
from ..expressions.nodes import Value
from .model import Group, Network, Weight
from .numeric import Values

_GATES = {"rnn": ("",), "bidirectional": ("",), "lstm": "ifco", "peephole": "ifco", "gru": "rzh"}
"""Cell → its gates in the order in which the kernels have them one below the other."""

Lists = Any
"""Nested lists of floats."""


def kernel_gradients(network: Network, values: Values) -> dict[str, Value]:
    """Every gradient by the kernels, in column layout, for values in column layout (`Numbers(…).values`).

    Raises UserError when numpy or numba is missing, and for a truncated network, of which the kernels know nothing.
    """
    if network.truncate:
        raise UserError("the kernels take a gradient back through all steps: leave truncation out")
    return _Kernels(network, values).gradients()


@dataclass(frozen=True)
class _Layer:
    """One layer, in one direction, as the kernels are asked for it."""

    group: Group
    op: str
    arrays: dict[str, Lists]
    settings: dict[str, Any]


class _Kernels:
    def __init__(self, network: Network, values: Values) -> None:
        self.network = network
        self.values = values

    def gradients(self) -> dict[str, Value]:
        *groups, _ = self.network.groups
        x = [[_floats(vector)] for vector in self.values["x"]]
        beside = self.network.cell == "bidirectional"
        layers, outputs = [], []
        for group in groups:
            layers.append(self.layer(group, x))
            outputs.append(_computed(layers[-1].op, layers[-1].arrays, layers[-1].settings)[0])
            x = x if beside else outputs[-1]
        found, d_states = self.head(outputs if beside else outputs[-1:])
        for layer in reversed(layers):
            d_y = d_states.pop()
            _, back = _computed(layer.op, layer.arrays, layer.settings, d_y)
            self.collect(layer.group, back, found)
            if not beside:
                d_states.append(back["x"])
        return found

    # one layer

    def weights(self, group: Group, role: str) -> list[Weight]:
        """The weights of a role in a group, in the order of the kernels' gates."""
        mine = [weight for weight in self.network.weights if weight.role == role and self.belongs(weight, group)]
        order = "ifo" if role == "peephole" else _GATES[self.network.cell]
        return sorted(mine, key=lambda weight: order.index(weight.gate))

    def belongs(self, weight: Weight, group: Group) -> bool:
        if self.network.cell == "bidirectional":
            return weight.name.endswith("_b") == (group.direction < 0)
        return weight.layer == group.signals[0].layer

    def joined(self, group: Group, role: str) -> Lists:
        return [row for weight in self.weights(group, role) for row in _floats(self.values[weight.name])]

    def first(self, group: Group, state: str) -> Lists:
        (name,) = (n for signal, n in self.network.firsts.items() if signal in group.signals and signal.name == state)
        return [_floats(self.values[name])]

    def layer(self, group: Group, x: Lists) -> _Layer:
        cell, form = self.network.cell, self.network.form
        arrays = {"x": x, "w_ih": self.joined(group, "w_ih"), "w_hh": self.joined(group, "w_hh")}
        arrays["b_ih"] = self.joined(group, "b_ih")
        if cell in ("lstm", "peephole"):
            arrays["state"] = (self.first(group, "h"), self.first(group, "C"))
            if cell == "peephole":
                arrays["peephole"] = self.joined(group, "peephole")
            return _Layer(group, "lstm", arrays, {})
        if cell == "gru":
            arrays["h0"] = self.first(group, "h")
            settings = {"reset_after": form["reset"] == "after", "update_gate": form["update_gate"]}
            if settings["reset_after"]:
                candidate = self.joined(group, "b_hh")
                arrays["b_hh"] = [0.0] * (2 * len(candidate)) + candidate
            return _Layer(group, "gru", arrays, settings)
        backwards = group.direction < 0
        arrays["h0"] = self.first(group, "g" if backwards else "h")
        return _Layer(group, "rnn", arrays, {"nonlinearity": form["activation"], "reverse": backwards})

    def collect(self, group: Group, back: dict[str, Lists], found: dict[str, Value]) -> None:
        """The kernels' gradients, gate by gate under the letters of the course."""
        for role in ("w_ih", "w_hh", "b_ih", "peephole"):
            mine = self.weights(group, role)
            for place, weight in enumerate(mine):
                found[weight.name] = _tuples(_part(back[role], place, len(mine)))
        for weight in self.weights(group, "b_hh"):
            found[weight.name] = _tuples(_part(back["b_hh"], 2, 3))
        for signal, name in self.network.firsts.items():
            if signal in group.signals:
                found[name] = _tuples(back["c0" if signal.name == "C" else "h0"][0])

    # the head

    def head(self, outputs: list[Lists]) -> tuple[dict[str, Value], list[Lists]]:
        """The gradients of the output layer, and those by each state that it reads."""
        head = self.network.head
        targets = [_floats(vector) for vector in self.values[head.target]]
        states = [[step[0] for step in output] for output in outputs]
        if not head.weights:
            errors = targets if head.name == "given" else _minus(states[0], targets)
            return {}, [[[row] for row in self.counted(errors)]]
        names = ("V", "V_b")[: len(states)]
        wide = [_side_by_side(map(_floats, rows)) for rows in zip(*(self.values[n] for n in names), strict=True)]
        arrays = {
            "x": [_side_by_side(rows) for rows in zip(*states, strict=True)],
            "weight": wide,
            "bias": _floats(self.values["c"]),
        }
        scores, _ = _computed("linear", arrays, {})
        read = {"softmax": "softmax", "sigmoid": "sigmoid"}.get(head.name)
        outputs = _computed(read, {"x": scores}, {})[0] if read else scores
        _, back = _computed("linear", arrays, {}, self.counted(_minus(outputs, targets)))
        m = len(states[0][0])
        found = {"c": _tuples(back["bias"])}
        d_states = []
        for place, name in enumerate(names):
            columns = slice(place * m, (place + 1) * m)
            found[name] = _tuples([row[columns] for row in back["weight"]])
            d_states.append([[row[columns]] for row in back["x"]])
        return found, d_states

    def counted(self, errors: Lists) -> Lists:
        """The errors of the steps that have a loss, zeros at the others."""
        if self.network.loss == "every":
            return errors
        return [*([0.0] * len(row) for row in errors[:-1]), errors[-1]]


def _computed(
    op: str, arrays: dict[str, Lists], settings: dict[str, Any], d: Lists = None
) -> tuple[Lists, dict[str, Lists]]:
    from ..ops.plain import computed  # numpy and numba, only where kernels are asked for

    return computed(op, arrays, settings, d)


def _side_by_side(rows: Iterable[Lists]) -> Lists:
    return [number for row in rows for number in row]


def _part(rows: Lists, place: int, of: int) -> Lists:
    size = len(rows) // of
    return rows[place * size : (place + 1) * size]


def _minus(a: Lists, b: Lists) -> Lists:
    return [[x - y for x, y in zip(left, right, strict=True)] for left, right in zip(a, b, strict=True)]


def _floats(value: Value) -> Lists:
    return list(map(_floats, value)) if isinstance(value, tuple) else float(value)


def _tuples(value: Lists) -> Value:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
