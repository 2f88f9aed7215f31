"""The PyTorch programs that we print, run: the shapes and parameters of the table, for the zoo and lines of text."""

from __future__ import annotations

from typing import Any

import pytest

import dlcalc
from dlcalc.networks import text, zoo
from dlcalc.networks.network import Network

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.peers,
    pytest.mark.filterwarnings("ignore:Failed to initialize NumPy"),
    pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel lengths"),  # said for good programs too
]

LINES = [
    "100x4; conv 8 f5 s2 relu; pool 2; bn; flatten; dense 10",
    "8x8x8x2; conv 4 f3 p1; maxpool 2; avgpool f2; gap; dense 3",
    "16x16x3; conv 8 f3 d2; conv 8 f3x5 s2x1 p1x2 g4; depthwise 2 f3 same; pool f3 s2 ceil",
    "16x16x3; conv 8 f4 same; conv 8 f3 s2 same; maxpool f3 s2 same; avgpool f3 s2 same; avgpool f3 same s1",
    "8x8x3; convt 6 f4 s2 p1; convt 6 f3 s2 p1 op1 g2; convt 4 f3 d2 nobias",
    "20x6; convt 6 f4 s2 p1; gmp; dense 2",
    "28x28 seq; rnn 32 L2; dense 10",
    "28x28 seq; lstm 32 L2 bi seq; dense 10",
    "28x28 seq; gru 32 nobias seq; rnn 8 bi L3",
    "50; embedding 1000 16; lstm 8 seq; attention 2; ln; dense 5; flatten; dense 2 nobias",
    "50; embedding 1000 16; conv 8 f3 same; lstm 4 seq; conv 3 f2; ln nobias; gap; dense 1 sigmoid",
    "16x16x3; conv 8 f3 lrn relu; bn; ln; dropout 0.3; act relu; adaptive 3x2; flatten; dense 10 softmax",
    "16x16x4; split parts2 part2; shuffle g2; subsampling f3 s2; global-maxpool",
    "8x8x3; avgpool f2 s2 p2; maxpool f2 s2 p2; conv 4 f2 s1 same",
    "10x10x3; maxpool f3 s2 p1 ceil; avgpool f2 s4 p1 ceil",
]


def program(source: str) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "printed"}
    exec(compile(dlcalc.code(source, "pytorch"), source, "exec"), space)
    return space


def built(source: str) -> Any:
    """The one module that the program defines; on the meta device only its shapes exist."""
    (module,) = (each for each in program(source).values() if getattr(each, "__module__", "") == "printed")
    with torch.device("meta"):
        return module().eval()


def channels_first(network: Network, shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[-1], *shape[:-1]) if len(shape) > 1 and not network.sequence else shape


def outputs(module: Any, network: Network) -> list[tuple[int, ...]]:
    words = network.layers[0].kind == "embedding"
    x = torch.zeros(
        2, *channels_first(network, network.input), device="meta", dtype=torch.long if words else torch.float32
    )
    found = module(x)
    return [tuple(each.shape) for each in (found if isinstance(found, tuple) else (found,))]


def ends(table: Any) -> list[tuple[int, ...]]:
    """What no layer reads."""
    read = {name for row in table.rows for name in row.layer.inputs}
    return [row.output for row in table.rows if row.layer.name not in read]


@pytest.mark.parametrize("source", [*(id for id in zoo.names() if not id.startswith("lenet5-1998")), *LINES])
def test_the_printed_program_has_the_shapes_and_parameters_of_the_table(source: str) -> None:
    network = text.read(source) if ";" in source else zoo.network(source)
    table = dlcalc.net(network, convention="pytorch")
    module = built(source)
    assert sum(p.numel() for p in module.parameters()) == table.parameters
    for found, shape in zip(outputs(module, network), ends(table), strict=True):
        assert found[0] == 2
        assert found[1:] in (shape, (shape[-1], *shape[:-1]))
