"""Backpropagation through a small feed-forward network or convolution as formulas.

    network = feedforward(networks.text.read("2; dense 2 sigmoid; dense 1 sigmoid"))
    Backward(network).deltas, Backward(network).gradients["W_1"]
    Units(network).paths("W_1", (1, 2), 100)
    Numbers(network, values).gradients

All formulas are trees of `expressions`, which are printed and run alike; `rule_in_layout` turns them into rows.
"""

from .backward import Backward
from .kernels import kernel_gradients
from .network import ACTIVATIONS, LOSSES, Feedforward, feedforward
from .numbers import Numbers, completed, drawn
from .quantities import Place, Quantity, Rule, derivative, rule_in_layout
from .units import MOST_UNITS, Cost, Memo, Path, Units

__all__ = [
    "ACTIVATIONS", "LOSSES", "MOST_UNITS", "Backward", "Cost", "Feedforward", "Memo", "Numbers", "Path", "Place",
    "Quantity", "Rule", "Units", "completed", "derivative", "drawn", "feedforward", "kernel_gradients",
    "rule_in_layout",
]  # fmt: skip
