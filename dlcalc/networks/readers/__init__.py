"""Networks in files: TOML, ONNX, Keras and the one line of text. A file is data here; nothing in it is executed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from ...errors import ProblemError, printable
from ...files.untrusted import bounded, decoded, read_bytes
from ..network import Network
from ..text import read
from .draft import file_id

ENDINGS = (".toml", ".onnx", ".json", ".keras", ".txt")
"""Of the files that `read_file` reads."""

_PROGRAMS = {
    ".h5": "an .h5 file keeps its layers in its own format; save the model as .keras",
    ".hdf5": "an .hdf5 file keeps its layers in its own format; save the model as .keras",
    ".pt": "a PyTorch file is a pickle, which may run anything; export the model to .onnx",
    ".pth": "a PyTorch file is a pickle, which may run anything; export the model to .onnx",
    ".pkl": "a pickle may run anything; export the model to .onnx",
    ".pickle": "a pickle may run anything; export the model to .onnx",
    ".pb": "a TensorFlow graph is not read; save the model as .keras or export it to .onnx",
}
KNOWN = frozenset((*ENDINGS, *_PROGRAMS))
"""Of the files that `read_file` reads, or of which it says why it does not."""
_MOST_TEXT = 1024 * 1024
_MOST_JSON = 8 * 1024 * 1024
_MOST_ONNX = 2**31 - 1
"""Protocol buffers, which ONNX files are, end there."""
_MOST = {".toml": _MOST_TEXT, ".txt": _MOST_TEXT, ".json": _MOST_JSON, ".keras": _MOST_ONNX, ".onnx": _MOST_ONNX}


def read_file(path: str | os.PathLike[str]) -> Network:
    """The network in a file, by its ending. UserError, or ProblemError that names the file and the place in it."""
    path = os.fspath(path)
    ending = os.path.splitext(path)[1].lower()
    if ending not in ENDINGS:
        rule = _PROGRAMS.get(ending, f"a network is in a file that ends in one of {', '.join(ENDINGS)}")
        raise ProblemError(printable(path), "", rule)
    if ending == ".keras":
        return _archive(path)
    what = "a network in an ONNX file" if ending == ".onnx" else f"a network in a {ending} file"
    return _content(read_bytes(path, _MOST[ending], what), ending, path)


def read_data(data: bytes, name: str = "standard input") -> Network:
    """The network in the content of a file whose ending is not known: ONNX, Keras, TOML or text, whichever it is."""
    ending = _recognised(data)
    if ending == ".keras":
        return _archive(name, data)
    return _content(bounded(data, name, _MOST[ending], "a network"), ending, name)


def _recognised(data: bytes) -> str:
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"PK"):
        return ".keras"
    if start.startswith(b"{"):
        return ".json"
    if b"\0" in start or start.startswith(b"\x08"):
        return ".onnx"
    return ".toml" if re.search(rb"(?m)^\s*(\[\[layer\]\]|input\s*=)", data[:_MOST_TEXT]) else ".txt"


def _content(data: bytes, ending: str, path: str) -> Network:
    if ending == ".toml":
        from .toml import network as from_toml

        return from_toml(data, path)
    if ending == ".onnx":
        from .onnx import network as from_onnx

        return from_onnx(data, path)
    if ending == ".json":
        return _keras(data, path)
    return read(decoded(data, path), file_id(path))


def _archive(path: str, data: bytes | None = None) -> Network:
    from .keras_archive import config
    from .keras_weights import weights

    return _keras(config(path, data), path, weights(path, data))


def _keras(data: bytes, path: str, weights: Mapping[str, int] | str = "") -> Network:
    from .keras import network as from_keras

    return from_keras(data, path, weights)
