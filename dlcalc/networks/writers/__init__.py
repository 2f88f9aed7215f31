"""A network written out: as one line of text, as TOML, as Keras code and as PyTorch code."""

from __future__ import annotations

from importlib import import_module

from ...errors import UserError
from ..network import Network

FORMATS = ("text", "toml", "keras", "pytorch")
"""What `write` writes, each in the file of its name."""


def write(network: Network, format: str) -> str:
    """The network as "text" or "toml", which our readers read back, or as the code of a "keras" or "pytorch" model.

    UserError for another format, and where the network has something that the format cannot say.
    """
    if format not in FORMATS:
        raise UserError(f"a network is written as one of {', '.join(FORMATS)}, not {format}")
    written: str = import_module(f".{format}", __package__).written(network)
    return written
