"""A network run forwards on real parameters, held against its table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..document import Document
from ..errors import UserError
from ..explain import network_run
from ..expressions.jsonable import as_json
from ..networks.network import Network
from .networks import read_network
from .results import Result

if TYPE_CHECKING:
    from ..networks.forward import ForwardPass
    from . import shapes


class NetworkRun(Result):
    """What each layer gave: its shape, the numbers in its parameters, how long it took."""

    def __init__(self, network: Network, layers: tuple[ForwardPass, ...]) -> None:
        self.network = network
        self.layers = layers

    @property
    def parameters(self) -> int:
        return sum(ran.parameters for ran in self.layers)

    @property
    def seconds(self) -> float:
        return sum(ran.seconds for ran in self.layers)

    def _document(self) -> Document:
        return network_run.document(self.network.title, self.layers, self.parameters, self.seconds,
                                    self.network.has_weights)  # fmt: skip

    def to_dict(self) -> shapes.NetworkRun:
        return {
            "network": self.network.id,
            "weights": "file" if self.network.has_weights else "random",
            "layers": [
                {
                    "name": ran.row.layer.name,
                    "kind": ran.row.layer.kind,
                    "output": as_json(ran.output),
                    "parameters": ran.parameters,
                    "seconds": round(ran.seconds, 6),
                    "largest": ran.largest,
                }
                for ran in self.layers
            ],
            "total": {"parameters": self.parameters, "seconds": round(self.seconds, 6)},
        }


def run_network(
    source: str, input: str | None = None, seed: int = 0, on_start: Callable[[int], None] = lambda layers: None
) -> NetworkRun:
    """Allocates the network's parameters and runs one random input through it; `on_start` is called after each
    layer, with how many there are.

    UserError: no such network, letters left, a layer without an operation, numpy or numba missing. InternalError
    where a layer gives another shape, or has other parameters, than its table says.

    Example: dlcalc.run_network("8x8x1; conv 2 f3; dense 3").parameters
    """
    network = read_network(source, input)
    try:
        from ..networks.forward import check, run_forward
    except ImportError as error:
        raise UserError(f'a network is run by {error.name}: pip install "dlcalc[numeric]"') from None
    found = []
    for ran in run_forward(network, seed):
        check(ran)
        found.append(ran)
        on_start(len(network.layers))
    return NetworkRun(network, tuple(found))
