"""Backpropagation through a feed-forward network: δ of every layer from that of the layer behind it, each named once.

D. E. Rumelhart, G. E. Hinton and R. J. Williams, Learning representations by back-propagating errors, Nature 323, 1986.
A δ is ∂L/∂ the sums of a layer; another array whose gradient is used more than once, or entry by entry, has one too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ...expressions.nodes import Node, names_in
from ..lines import LOSS
from .layers import Gradient, Layer
from .network import Feedforward
from .quantities import Quantity, Rule, derivative


@dataclass(frozen=True, eq=False)
class Backward:
    """The formulas of one network, in column layout: `forward`, then `deltas` from the loss back, and `gradients`."""

    network: Feedforward

    @cached_property
    def forward(self) -> tuple[Rule, ...]:
        """What is computed, the loss last."""
        rules = [rule for layer in self.network.layers for rule in layer.forward()]
        return (*rules, Rule(LOSS, self.network.loss_node, "vector"))

    @property
    def deltas(self) -> tuple[Rule, ...]:
        return self._found[0]

    @property
    def gradients(self) -> dict[str, Rule]:
        """Weights, biases and x → ∂L/∂ each."""
        return self._found[1]

    @cached_property
    def _found(self) -> tuple[tuple[Rule, ...], dict[str, Rule]]:
        deltas: list[Rule] = []
        gradients: dict[str, Rule] = {}
        layers = list(self.network.layers)
        incoming = Gradient(self.network.error)
        if self.network.is_merged:
            layers.pop()
        for place in reversed(range(len(layers))):
            layer = layers[place]
            gradient = self._named(layer, incoming, deltas)
            for quantity, found in layer.gradients(gradient):
                gradients[quantity.name] = _gradient(quantity, found)
            incoming = layer.back(gradient)
        gradients["x"] = _gradient(self.network.x, incoming)
        order = [*self.network.parameters, "x"]
        return tuple(deltas), {name: gradients[name] for name in order}

    def _named(self, layer: Layer, incoming: Gradient, deltas: list[Rule]) -> Node:
        """∂L/∂ what the layer makes: under its name where it has one, which is defined here; else as it is."""
        made = layer.makes
        if not (layer.entrywise or layer.parameters or incoming.indices):
            return incoming.right
        delta = made.gradient
        left: Node = delta.at(*incoming.indices) if incoming.indices else delta.node
        deltas.append(Rule(left, incoming.right, "vector", incoming.note, delta.meaning, incoming.each))
        return delta.node

    # for one weight

    def needed(self, wrt: str) -> tuple[Rule, ...]:
        """The δ that a gradient asks for, directly or through others."""
        wanted = _names(self.gradients[wrt].right)
        found = []
        for rule in reversed(self.deltas):
            if rule.target.id in wanted:
                wanted |= _names(rule.right)
                found.append(rule)
        return tuple(reversed(found))


def _gradient(quantity: Quantity, incoming: Gradient) -> Rule:
    left: Node = quantity.at(*incoming.indices) if incoming.indices else quantity.node
    return Rule(derivative(left), incoming.right, "gradient", incoming.note, "", incoming.each)


def _names(node: Node) -> set[str]:
    return set(names_in(node))
