"""What is asked of `backprop` as people type it: a layout, W1[1,2], and weights by name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .. import gradients
from ..errors import UserError
from ..expressions.nodes import Value
from ..gradients.feedforward import Feedforward, Place
from ..profiles import Profile
from .array_text import lifted, read_raw

FORMS = {
    "delta": "δ of every layer from that of the layer behind it",
    "paths": "the chain rule along every path from the loss to one number",
    "numeric": "with numbers: formulas and finite differences side by side",
}
"""Form → what it is."""
_WRT = re.compile(r"([WwBbx])_?(\d{0,4})\s*(?:\[([\d\s,]{1,60})\])?", re.ASCII)
_WEIGHT = re.compile(r"[WwBb]_?\d{1,4}", re.ASCII)
_NAMED = re.compile(r"\b([WwBb]_?\d{1,4})\s*=", re.ASCII)
Asked = tuple[str, Place | None]
"""An array and, of one number, its place."""


def chosen_layout(network: Feedforward, layout: str | None, unitwise: bool, course: Profile) -> str:
    """The layout asked for, or the profile's; where entries are named it is column. Raises UserError."""
    known = [name for name in gradients.LAYOUTS if name != "number"]
    if layout is not None and layout not in known:
        raise UserError(f"layout is one of {', '.join(known)}, not {layout[:40]}")
    if network.has_maps or unitwise:
        if layout not in (None, "column"):
            what = (
                "maps are written entry by entry" if network.has_maps else "one number is asked for as W[unit, input]"
            )
            raise UserError(f"{what}, so the layout is column, not {layout}")
        return "column"
    return layout or course.layout


def asked_array(network: Feedforward, wrt: str | None, form: str) -> Asked | None:
    """The array and, of one number, its place. None: all arrays. Raises UserError for what the network has not."""
    if wrt is None:
        if form != "paths":
            return None
        first = next(iter(network.parameters.values()), network.x)
        return first.name, (1,) * len(first.shape)
    known = {**network.parameters, "x": network.x}
    read = _WRT.fullmatch(wrt.strip())
    name = "" if read is None else "x" if read[1] == "x" else f"{read[1].upper() if read[1] in 'Ww' else 'b'}_{read[2]}"
    if read is None or name not in known or (name == "x" and read[2]):
        names = ", ".join(each.replace("_", "") for each in known)
        raise UserError(f"wrt is one of {names}, or a number of them such as W1[1,2], not {wrt[:40]}")
    shape = known[name].shape
    if read[3] is None:
        if form == "paths" and known[name].size > 1:
            raise UserError(f"paths lead to one number, such as {wrt.strip()}{indices((1,) * len(shape))}, not to all")
        return name, (1,) * len(shape) if form == "paths" else None
    place = tuple(int(part) for part in read[3].split(",") if part.strip().isdigit())
    if len(place) != len(shape) or not all(1 <= at <= size for at, size in zip(place, shape, strict=True)):
        raise UserError(f"{name.replace('_', '')} has entries from {indices((1,) * len(shape))} to {indices(shape)}, "
                        f"not [{read[3]}]")  # fmt: skip
    return name, place


def indices(place: Place) -> str:
    """[1,2]"""
    return f"[{','.join(map(str, place))}]"


def given_values(
    network: Feedforward, x: object, target: object, weights: str | Mapping[str, object] | None
) -> dict[str, Value]:
    """The numbers that are given, by the letters of the network. Raises UserError for letters it has not."""
    raw = by_name(weights) if isinstance(weights, str) else dict(weights or {})
    found: dict[str, Value] = {}
    for written, value in raw.items():
        name = f"{'W' if written[:1] in 'Ww' else 'b'}_{written[1:].strip('_')}" if _WEIGHT.fullmatch(written) else ""
        if name not in network.parameters:
            known = ", ".join(each.replace("_", "") for each in network.parameters)
            raise UserError(f"this network has no weights {written[:40]}; it has {known}")
        rank = len(network.parameters[name].shape)
        found[name] = lifted(written, read_raw(written, value), rank)
    for name, value, shape in (("x", x, network.x.shape), ("y", target, network.y.shape)):
        if value is not None:
            called = "target" if name == "y" else name
            found[name] = lifted(called, read_raw(called, value), len(shape))
    return found


def by_name(text: str) -> dict[str, str]:
    """`W1 = 0.1 0.2; 0.3 0.4, b1 = 0 0`: each name with what stands behind it."""
    parts = _NAMED.split(text)
    if parts[0].strip(" ,;\n") or len(parts) < 3:
        raise UserError(f'weights are given by name, "W1 = 0.1 0.2; 0.3 0.4  b1 = 0 0", not {text.strip()[:40]}')
    names = parts[1::2]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UserError(f"the weights {twice} are given twice")
    return {name: value.strip(" ,;\n") for name, value in zip(names, parts[2::2], strict=True)}
