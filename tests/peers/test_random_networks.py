"""Random stacks against PyTorch: the shape after every layer, and the parameters of every layer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcalc.errors import UserError
from dlcalc.networks.builder import Builder
from dlcalc.networks.table import Table, tabulate

torch = pytest.importorskip("torch")
nn = torch.nn
pytestmark = pytest.mark.peers

Drawn = tuple[str, dict[str, Any]]
"""A kind of layer with its settings, in dlcalc's names."""

CONV = st.fixed_dictionaries(
    {"k": st.sampled_from([2, 4, 6]), "f": st.integers(1, 4), "s": st.integers(1, 3), "p": st.integers(0, 2),
     "d": st.integers(1, 2), "groups": st.sampled_from([1, 2]), "bias": st.booleans()}
)  # fmt: skip
TRANSPOSED = st.fixed_dictionaries(
    {"k": st.sampled_from([2, 4]), "f": st.integers(2, 4), "s": st.integers(1, 3), "p": st.integers(0, 1),
     "d": st.integers(1, 2)}
)  # fmt: skip
POOL = st.fixed_dictionaries(
    {"f": st.integers(2, 3), "s": st.integers(1, 3), "p": st.integers(0, 1), "ceil": st.booleans()}
)
MAP_LAYER = st.one_of(
    CONV.map(lambda settings: ("conv", settings)),
    TRANSPOSED.map(lambda settings: ("conv-transpose", settings)),
    POOL.map(lambda settings: ("maxpool", settings)),
    POOL.map(lambda settings: ("avgpool", settings)),
    st.just(("batchnorm", {})),
    st.integers(1, 3).map(lambda multiplier: ("depthwise", {"multiplier": multiplier, "f": 3, "p": 1})),
    st.integers(2, 5).map(lambda o: ("adaptive-avgpool", {"o": o})),
)
RECURRENT = st.tuples(
    st.sampled_from(["rnn", "lstm", "gru"]),
    st.fixed_dictionaries({"m": st.integers(1, 9), "L": st.integers(1, 2), "D": st.integers(1, 2)}),
)
DENSE = st.integers(1, 12).map(lambda m: ("dense", {"m": m}))


def window(settings: dict[str, Any], *more: str) -> dict[str, Any]:
    names = {"f": "kernel_size", "s": "stride", "p": "padding", "d": "dilation", "ceil": "ceil_mode"}
    return {names.get(name, name): settings[name] for name in ("f", "s", "p", *more) if name in settings}


def module(kind: str, settings: dict[str, Any], size: tuple[int, ...]) -> Any:
    """PyTorch's layer on an input of that size: (c, h, w), (T, n) or (n,)."""
    wide = size[0]
    match kind:
        case "conv":
            return nn.Conv2d(wide, settings["k"], **window(settings, "d", "groups", "bias"))
        case "conv-transpose":
            return nn.ConvTranspose2d(wide, settings["k"], **window(settings, "d"))
        case "depthwise":
            return nn.Conv2d(wide, wide * settings["multiplier"], groups=wide, **window(settings))
        case "maxpool":
            return nn.MaxPool2d(**window(settings, "ceil"))
        case "avgpool":
            return nn.AvgPool2d(**window(settings, "ceil"))
        case "batchnorm":
            return nn.BatchNorm2d(wide)
        case "adaptive-avgpool":
            return nn.AdaptiveAvgPool2d(settings["o"])
        case "flatten":
            return nn.Flatten()
        case "dense":
            return nn.Linear(size[-1], settings["m"])
    recurrent = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[kind]
    return recurrent(
        size[-1], settings["m"], num_layers=settings["L"], bidirectional=settings["D"] == 2, batch_first=True
    )


def theirs(drawn: list[Drawn], size: tuple[int, ...]) -> list[tuple[tuple[int, ...], int]]:
    """(size of the output, parameters) of each layer; the size without the batch."""
    found = []
    with torch.device("meta"):
        x = torch.empty(2, *size)
        for kind, settings in drawn:
            layer = module(kind, settings, tuple(x.shape[1:]))
            x = layer(x)
            if isinstance(x, tuple):
                x = x[0]
            found.append((tuple(x.shape[1:]), sum(parameter.numel() for parameter in layer.parameters())))
    return found


def ours(drawn: list[Drawn], input: tuple[int, ...], sequence: bool = False) -> Table | None:
    """The table as PyTorch counts; None where a window does not fit."""
    net = Builder("drawn", "Drawn", input, sequence=sequence)
    for kind, given_ in drawn:
        keep = {"sequence": True} if kind in ("rnn", "lstm", "gru") else {}
        net.add(kind, **given_, **keep)
    try:
        return tabulate(net.build(), "pytorch")
    except UserError:
        return None


@settings(max_examples=120, deadline=None)
@given(
    st.lists(MAP_LAYER, min_size=1, max_size=6),
    st.lists(DENSE, max_size=2),
    st.tuples(st.integers(12, 40), st.integers(12, 40), st.sampled_from([2, 4])),
)
def test_maps(front: list[Drawn], back: list[Drawn], size: tuple[int, int, int]) -> None:
    drawn = [*front, *([("flatten", {}), *back] if back else [])]
    table = ours(drawn, size)
    if table is None:
        with pytest.raises(RuntimeError):
            theirs(drawn, (size[2], *size[:2]))
        return
    for row, (shape, parameters) in zip(table.rows, theirs(drawn, (size[2], *size[:2])), strict=True):
        channels_last = (*shape[1:], shape[0]) if len(shape) == 3 else shape
        assert (row.output, row.count("parameters")) == (channels_last, parameters)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(RECURRENT, min_size=1, max_size=3),
    st.lists(DENSE, max_size=2),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_sequences(front: list[Drawn], back: list[Drawn], size: tuple[int, int]) -> None:
    drawn = [*front, *back]
    table = ours(drawn, size, sequence=True)
    assert table is not None
    for row, (shape, parameters) in zip(table.rows, theirs(drawn, size), strict=True):
        assert (row.output, row.count("parameters")) == (shape, parameters)
