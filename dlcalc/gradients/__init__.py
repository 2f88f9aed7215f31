"""Gradients of recurrent networks as expressions: backpropagation through time, term by term.

    network = gradients.network("rnn", head="softmax", loss="every")
    found = gradients.Derivation(network, "W", "paths", steps=4)
    found.count, found.paths[0].expression

A cell is a few equations as data (`network`, `Network`). A `Derivation` holds ∂L/∂ one weight in one form: "general",
"delta", "paths" or "numeric"; its lines are trees of `expressions`, which are printed and run alike. `Numbers` runs
them on numbers: `by_delta`, `by_general`, `by_paths`, and `by_differences` of the loss beside. `kernel_gradients` asks
`dlcalc.ops` for the same; it alone needs numpy and numba.
"""

from .cells import ACTIVATIONS, CELLS, HEADS, LOSSES, network
from .delta import Delta
from .derivation import FORMS, MOST_PATHS, Derivation
from .general import General
from .kernels import kernel_gradients
from .layouts import LAYOUTS, in_layout
from .lines import Line
from .local import local_derivatives, slope
from .model import Equation, Group, Head, Network, Signal, Weight
from .numeric import Numbers, Values, difference, differences, dot, random_values
from .paths import Path, Paths

__all__ = [
    "ACTIVATIONS",
    "CELLS",
    "FORMS",
    "HEADS",
    "LAYOUTS",
    "LOSSES",
    "MOST_PATHS",
    "Delta",
    "Derivation",
    "Equation",
    "General",
    "Group",
    "Head",
    "Line",
    "Network",
    "Numbers",
    "Path",
    "Paths",
    "Signal",
    "Values",
    "Weight",
    "difference",
    "differences",
    "dot",
    "in_layout",
    "kernel_gradients",
    "local_derivatives",
    "network",
    "random_values",
    "slope",
]
