"""What was learnt, for other programs: the parameters alone, or the network with them as ONNX."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from ..errors import UserError, printable
from ..files import safetensors, writing
from ..networks.writers import onnx
from .checkpoint import state_dict, tensor
from .loop import Trainer

ENDINGS = (".npz", ".safetensors", ".onnx")


def content(path: str | Path, run: Trainer) -> bytes:
    """The parameters by the ending of a path: .npz and .safetensors under PyTorch's names in its shapes, as
    `load_state_dict` takes them; .onnx is the network that gives the same outputs, of float32.

    UserError: another ending, a layer that is not written as ONNX.
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise UserError(f"an export ends in {', '.join(ENDINGS)}, not {printable(str(path)[-40:])}")
    arrays = state_dict(run.model.plan, run.model.parameters)
    if ending == ".onnx":
        return onnx.model(run.network, arrays)
    if ending == ".safetensors":
        return safetensors.pack({name: tensor(array) for name, array in arrays.items()}, {})
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def export(path: str | Path, run: Trainer) -> None:
    """Writes `content`, whole or not at all. UserError as there, and for a file that cannot be written."""
    writing.write(path, content(path, run))
