"""The operations of `dlcalc run` by name: which formula works each out by hand, and which gives its gradients.

To add one: write its formula (array steps, the main answer first) in a topic file, name it in `registry.TOPICS`, and put
an `Operation` here. Every variable of the formulas becomes an option, read by its kind (a vector, a matrix, a map); what
is unrolled with `each` becomes a table, a row per step. Nothing else is needed for the working, --ask and --json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .catalogue import Entry


@dataclass(frozen=True)
class Operation(Entry):
    """An entry of `dlcalc run`. A formula of `backward` repeats the forward steps and ends in gradients."""

    backward: Mapping[str, str] = field(default_factory=dict)
    """Formula → the formula that --backward works out in its place, from the same quantities and its own."""
    gradients: Mapping[str, str] = field(default_factory=dict)
    """Answer of a backward formula → the variable whose gradient it is: finite differences stand beside it."""
    loss: str = "loss"
    """The scalar step of a backward formula whose finite differences those are."""


_OPERATIONS: tuple[Operation, ...] = ()

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _OPERATIONS}
