"""The recurrent networks that gradients are tested on, with n = 3 inputs, m = 2 units and k = 4 outputs."""

from __future__ import annotations

from typing import Any

from dlcalc import gradients
from dlcalc.gradients import Network, Numbers

CELLS: dict[str, dict[str, Any]] = {
    "rnn": {"cell": "rnn"},
    "rnn-sigmoid": {"cell": "rnn", "activation": "sigmoid"},
    "rnn-relu": {"cell": "rnn", "activation": "relu"},
    "lstm": {"cell": "lstm"},
    "peephole": {"cell": "peephole"},
    "gru": {"cell": "gru"},
    "gru-after": {"cell": "gru", "reset": "after"},
    "gru-renew": {"cell": "gru", "update_gate": "renew"},
    "gru-renew-after": {"cell": "gru", "update_gate": "renew", "reset": "after"},
    "bidirectional": {"cell": "bidirectional"},
    "stacked": {"cell": "stacked"},
    "lstm-two-layers": {"cell": "lstm", "layers": 2},
}
"""Name → what `gradients.network` is asked for."""


def network(name: str, head: str = "softmax", loss: str = "every", **more: Any) -> Network:
    return gradients.network(**{**CELLS[name], **more}, head=head, loss=loss)


def numbers(found: Network, steps: int, layout: str = "column", seed: int = 1) -> Numbers:
    return Numbers(found, gradients.random_values(found, steps, seed=seed, layout=layout), layout)
