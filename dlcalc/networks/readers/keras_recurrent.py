"""Keras's recurrent layers in our words: the cells, both directions of one, and cells one on top of the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ...errors import shown
from ...expressions.nodes import Value
from .draft import per_axis, unusual
from .keras_node import Node, Reader, Unknown, numbered, padded, snake
from .views import BATCH, View


def _cell(given: Node, kind: str) -> dict[str, Value]:
    settings: dict[str, Value] = {"m": given.whole("units")} | given.bias()
    if kind == "gru":  # Keras did not know the setting at first, and then every GRU was without it
        settings |= unusual(reset_after=(given.flag("reset_after", False), True))
    return settings


def _own_activation(given: Node) -> tuple[str, ...]:
    """Of a cell, where it is not the usual tanh."""
    words = given.activation() if given.get("activation") is not None else ()
    return () if words == ("tanh",) else words


def recurrent(kind: str) -> Reader:
    def read(given: Node) -> list[View]:
        layer = _steps(given, kind, given.flag("return_sequences", False))
        return _outputs(given, layer, kind)

    return read


def _steps(given: Node, kind: str, sequence: bool, **how: Any) -> str:
    settings = _cell(given, kind) | unusual(sequence=(sequence, False))
    before, group = how.pop("before", None) or given.ordered(), how.pop("group", "cell")
    backwards = how.pop("backwards", False)
    return given.add(
        kind, before, remarks=_own_activation(given), arrays=_arrays(given, kind, group),
        details={"backwards": True} if given.flag("go_backwards", False) or backwards else {},
        unlike=_unlike(given, kind, sequence and not backwards), **settings, **how,
    )  # fmt: skip


_ORDER = {"rnn": (0,), "lstm": (0, 1, 2, 3), "gru": (1, 0, 2)}
"""Where Keras has the gates that are i, f, g, o and r, z, n here."""


def _arrays(given: Node, kind: str, group: str) -> Callable[[], Sequence[Any]] | None:
    """From the input, from the state, and the biases, with the units first."""

    def arrange(kernel: Any, recurrent: Any, *rest: Any) -> list[Any]:
        biases = [row for bias in rest for row in (bias if bias.ndim == 2 else [bias])]
        order, m = _ORDER[kind], kernel.shape[-1] // len(_ORDER[kind])
        places = [gate * m + unit for gate in order for unit in range(m)]
        return [kernel.T[places], recurrent.T[places], *(bias[places] for bias in biases)]

    return given.kept(arrange, group)


def _unlike(given: Node, kind: str, sequence: bool) -> str:
    """Why the values of a cell are not followed, "" where they are."""
    if kind != "rnn" and given.values.get("recurrent_activation", "sigmoid") != "sigmoid":
        return "its gates have another activation"
    if kind == "lstm" and max(given.place.used, default=0) > 1:
        return "the state of its cell is read"
    return "its steps come out in reverse order" if sequence and given.flag("go_backwards", False) else ""


def _outputs(given: Node, layer: str, kind: str) -> list[View]:
    """What comes out, and the state after the last step where it is read."""
    whole, states = given.out(layer), max(given.place.used, default=0)
    if not states:
        return [whole]
    state = whole
    if given.flag("return_sequences", False):
        end = given.add("slice", layer, final=False, over=0, name="state", axis=given.over + 1, start=-1, drop=True)
        state = given.out(end)
    return [whole, *[state] * (2 if kind == "lstm" else 1)]


_CELLS = {"SimpleRNN": "rnn", "LSTM": "lstm", "GRU": "gru"}


def bidirectional(given: Node) -> list[View]:
    name, forward = _cell_in(given.inner("layer"))
    if name not in _CELLS:
        raise Unknown(f"Bidirectional {name}")
    other, backward = name, forward
    if given.get("backward_layer") is not None:
        other, backward = _cell_in(given.inner("backward_layer"))
    if other not in _CELLS:
        raise Unknown(f"Bidirectional {other}")
    mode = given.values.get("merge_mode", "concat")  # null keeps the two apart
    sequence = forward.flag("return_sequences", False)
    kinds, states = (_CELLS[name], _CELLS[other]), max(given.place.used, default=0) > 0
    alike = kinds[0] == kinds[1] and _cell(forward, kinds[0]) == _cell(backward, kinds[1])
    if alike and mode == "concat" and not states:
        settings = _cell(forward, kinds[0]) | {"D": 2} | unusual(sequence=(sequence, False))
        given.values.setdefault("trainable", forward.get("trainable"))
        ways = [_arrays(given, kinds[0], f"{way}_layer/cell") for way in ("forward", "backward")]
        arrays = None if ways[0] is None else lambda: [each for way in ways if way is not None for each in way()]
        layer = given.add(
            kinds[0], given.ordered(), remarks=_own_activation(forward), arrays=arrays,
            unlike=_unlike(forward, kinds[0], False), **settings,
        )  # fmt: skip
        return [given.out(layer)]
    ends = []
    for where, node, kind in (("forward", forward, kinds[0]), ("backward", backward, kinds[1])):
        node._made = given._made
        node.place = replace(node.place, group=f"{given.place.group}/{where}_layer")
        ends.append(_steps(node, kind, sequence, final=False, name=where, backwards=where == "backward"))
        given._made = node._made
    apart = [given.out(end) for end in ends]
    if mode is None and (not states or max(given.place.used) < 2):
        return apart
    merge = {"concat": "concat", "sum": "add", "ave": "average", "mul": "multiply"}.get(str(mode))
    if merge is None or (states and sequence):
        raise Unknown(f"Bidirectional {name} whose directions are not merged")
    both = given.out(given.add(merge, *ends))
    each = [[given.out(end)] * (2 if kind == "lstm" else 1) for end, kind in zip(ends, kinds, strict=True)]
    return [both, *each[0], *each[1]]


def _cell_in(inner: tuple[str, Node]) -> tuple[str, Node]:
    """(class, node) of a recurrent layer; of an RNN that of its cell, which keeps its steps where the RNN does."""
    name, node = inner
    if name != "RNN" or not isinstance(node.get("cell"), dict):
        return name, node
    cell, values = node.inner("cell")
    values.values = {**values.values, "return_sequences": node.flag("return_sequences", False)}
    return cell.removesuffix("Cell"), values


def rnn(given: Node) -> list[View]:
    """Of a cell, or of cells one on top of the other."""
    name, cell = given.inner("cell")
    cells = [(name, cell)]
    if name == "StackedRNNCells":
        items = cell.get("cells")
        if not isinstance(items, list) or not items:
            raise cell.refused("cells", f"this is a list of cells, not {shown(items)}")
        cell.values = {str(index): item for index, item in enumerate(items)}
        cells = [cell.inner(str(index)) for index in range(len(items))]
    kinds = [_CELLS.get(each.removesuffix("Cell")) for each, _ in cells]
    if any(kind is None for kind in kinds) or max(given.place.used, default=0):
        raise Unknown(f"RNN of {name}")
    layer = given.ordered()
    places = numbered([f"cells/{snake(each)}" for each, _ in cells]) if name == "StackedRNNCells" else [""]
    for index, (kind, (_, node)) in enumerate(zip(kinds, cells, strict=True)):
        last = index == len(cells) - 1
        node._made = index
        sequence = not last or given.flag("return_sequences", False)
        node.place = replace(node.place, group=f"{given.place.group}/cell")
        layer = _steps(node, kind or "", sequence, before=layer, final=last, name=f"{index + 1}", group=places[index])
    return [given.out(layer)]


def convlstm(given: Node) -> View:
    """Its convolution of the input may change the size; that of the state keeps it."""
    if max(given.place.used, default=0):
        raise Unknown("ConvLSTM with its state")
    same = padded(given, "valid", "same") == "same"
    settings: dict[str, Value] = {"k": given.whole("filters"), "f": per_axis(given.sizes("kernel_size"))} | unusual(
        s=(per_axis(given.sizes("strides", 1)), 1), d=(per_axis(given.sizes("dilation_rate", 1)), 1),
        same=(same, True), sequence=(given.flag("return_sequences", False), False),
    ) | given.bias()  # fmt: skip

    def arranged(*kernels: Any) -> list[Any]:
        turned = [each.transpose(3, 2, 0, 1) for each in kernels[:2]]
        return [*turned, *kernels[2:]]

    even = any(size % 2 == 0 for size in given.sizes("kernel_size"))
    unlike = "the extra pixel of padding is at the end" if even else ""
    unlike = unlike or ("it goes backward" if given.flag("go_backwards", False) else _unlike(given, "convlstm", False))
    first, rank = given.channels_first, len(given.x.axes)
    layer = given.add(
        "convlstm", given.arranged([1, *range(3, rank), 2]) if first else given.ordered(),
        arrays=given.kept(arranged, "cell"), unlike=unlike, remarks=_own_activation(given), **settings,
    )  # fmt: skip
    long = len(given.draft.shape(layer) or ())
    if not first:
        return given.out(layer)
    lead = 1 if "sequence" in settings else 0
    return given.out(layer, (BATCH, *range(lead), long - 1, *range(lead, long - 1)))
