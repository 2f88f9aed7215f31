"""Quantities of several layers and directions, with | between them: what is given for each, under its own name.

`--w-x "0.5 | 0.3"`: layer 1 and layer 2, or the way forwards and the way back; of two bidirectional layers all four, in
PyTorch's order. What has no | serves all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import UserError
from ..formulas.hand_operations import Operation

_MOST = 2


def features_of(operation: Operation, rest: dict[str, object]) -> set[str]:
    """What the number of layers brings; takes it out. Raises UserError for more layers than are worked out."""
    count = next((rest.pop(name) for name in ("L", "layers", "num_layers") if name in rest), None) \
        if operation.further else None  # fmt: skip
    if count is None or str(count).strip() == "1":
        return set()
    if str(count).strip() != str(_MOST):
        raise UserError(f"run {operation.name} stacks 1 or {_MOST} layers, not {str(count)[:20]}: the states that come "
                        "out are the --x of a further one")  # fmt: skip
    return {"layers"}


def by_layer(
    operation: Operation, features: set[str], given: Mapping[str, object], ranks: Mapping[str, int]
) -> dict[str, dict[str, object]]:
    """Suffix of the names in each layer and direction → what is given for it; the first has all else too.

    `ranks` has the indices of each quantity of a single layer. Raises UserError for another number of parts.
    """
    suffixes = operation.suffixes(features)
    if len(suffixes) == 1:
        return {"": dict(given)}
    found: dict[str, dict[str, object]] = {suffix: {} for suffix in suffixes}
    for key, value in given.items():
        parts = _parts(value, ranks[key]) if key in ranks else [value]
        if len(parts) == 1 and key not in ranks:
            found[suffixes[0]][key] = value
            continue
        if len(parts) not in (1, len(suffixes)):
            raise UserError(f"{key.replace('_', '-')} has {len(parts)} parts with | between them, and here it has 1 or "
                            f"{len(suffixes)}: {_order(suffixes)}")  # fmt: skip
        for suffix, part in zip(suffixes, parts * (len(suffixes) if len(parts) == 1 else 1), strict=True):
            found[suffix][key] = part
    return found


_WORDS = {
    ("", "_2"): "layer 1, layer 2",
    ("", "_back"): "forwards, back",
    ("", "_back", "_2", "_2_back"): "layer 1 forwards and back, layer 2 forwards and back",
}


def _order(suffixes: tuple[str, ...]) -> str:
    return _WORDS[suffixes]


def _parts(value: object, rank: int) -> list[object]:
    """What stands between | in a text, or the items of lists that are nested once more than one layer's."""
    if isinstance(value, str):
        return [part for part in re.split(r"\|+", value) if part.strip()] if "|" in value else [value]
    return list(value) if isinstance(value, list | tuple) and _depth(value) > rank else [value]


def _depth(value: object) -> int:
    return 1 + _depth(value[0]) if isinstance(value, list | tuple) and value else 0
