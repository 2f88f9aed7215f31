"""A network written out: as one line of text, as TOML, as Keras code and as PyTorch code."""

from __future__ import annotations

from importlib import import_module

from ...errors import UserError
from ..network import Network

PROGRAMS = ("keras", "pytorch")
"""The formats that are code."""
FORMATS = ("text", "toml", *PROGRAMS)
"""What `write` writes, each in the file of its name."""


def write(network: Network, format: str, blank: bool = False) -> str:
    """The network as "text" or "toml", which our readers read back, or as the code of a "keras" or "pytorch" model.

    `blank` leaves the numbers of the layers out of the code, to be filled in. UserError for another format, for blanks
    in what is no code, and where the network has something that the format cannot say.
    """
    if format not in FORMATS:
        raise UserError(f"a network is written as one of {', '.join(FORMATS)}, not {format}")
    if blank and format not in PROGRAMS:
        raise UserError(f"blanks are left in code, {' or '.join(PROGRAMS)}, not in {format}")
    if not network.layers:
        raise UserError(f"{network.id} has no layers to write")
    module = import_module(f".{format}", __package__)
    written: str = module.written(network, blank) if format in PROGRAMS else module.written(network)
    return written
