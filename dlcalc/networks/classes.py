"""A network for another number of classes: the layers that give its answers get as many units."""

from __future__ import annotations

from dataclasses import replace

from ..errors import UserError
from .network import INPUT, Layer, Network

UNITS = {"dense": "m", "rbf": "m", "conv": "k"}
"""Kind of a layer that gives answers → the setting with their number: a convolution gives a map for each class."""
_WIDENS = frozenset({"concat", "add", "multiply", "split", "flatten", "reshape"})
"""After these the units of one layer are not the classes."""
MOST = 1_000_000


def with_classes(network: Network, classes: int) -> Network:
    """The network with `classes` units in its last layer with weights, and in that of every auxiliary classifier.

    Raises UserError where the output is not that of one dense layer or convolution, and for no number of classes.
    """
    if not 1 <= classes <= MOST:
        raise UserError(f"a network has 1 to {MOST:,} classes, not {classes}")
    layers = {layer.name: layer for layer in network.layers}
    read = {name for layer in network.layers for name in layer.inputs}
    changed = {_answering(network, layers, layer).name for layer in network.layers if layer.name not in read}
    made = [
        replace(layer, settings={**layer.settings, UNITS[layer.kind]: classes}, arrays=None, stated=None)
        if layer.name in changed
        else replace(layer, stated=None)
        if layer.stated
        else layer
        for layer in network.layers
    ]
    return replace(network, layers=tuple(made))


def _answering(network: Network, layers: dict[str, Layer], last: Layer) -> Layer:
    """The layer whose units are what comes out at `last`."""
    layer = last
    while not (layer.kind in UNITS and UNITS[layer.kind] in layer.settings):
        if (
            layer.kind in _WIDENS
            or len(layer.inputs) != 1
            or layer.inputs[0] == INPUT
            or layer.settings.keys() & {"m", "k"}
        ):
            raise UserError(
                f"{network.id} has no last dense layer or convolution with a unit for each class: "
                f"what comes out is that of {layer.name}"
            )
        layer = layers[layer.inputs[0]]
    if layer.shares:
        raise UserError(f"{layer.name} uses the weights of {layer.shares}, so the number of its units is fixed")
    return layer
