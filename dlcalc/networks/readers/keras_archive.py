"""What a `.keras` file says of its layers: config.json in a zip archive, the one member that is opened."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import IO

from ...errors import ProblemError, printable

MEMBER = "config.json"
MOST = 8 * 1024 * 1024
"""Bytes of the member, unpacked. NASNet-Large, a large one, has about one million."""

_DIRECTORY = 1024 * 1024
"""Bytes of the archive's list of members, which the standard library reads as a whole."""
_END = struct.Struct("<4s4H2LH")
"""The end record of an archive: signature, ..., size of the directory, ..."""
_LONGEST_COMMENT = 65535


def config(path: str, data: bytes | None = None) -> bytes:
    """The content of config.json in the archive at `path`, or in `data`. ProblemError if it is not there, too large,
    or packed in a way that Keras does not."""
    try:
        with open(path, "rb") if data is None else io.BytesIO(data) as file:
            return _config(file, path)
    except OSError as error:
        why = error.strerror or "it is cut off"
        raise ProblemError(printable(path), "", f"the file cannot be read: {why}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, NotImplementedError, RuntimeError):
        rule = "a .keras file is a zip archive; this one is none, or it is damaged"
        raise ProblemError(printable(path), "", rule) from None


def _config(file: IO[bytes], path: str) -> bytes:
    _check_directory(file, path)
    with zipfile.ZipFile(file) as archive:
        if MEMBER not in archive.namelist():
            raise ProblemError(printable(path), "", f"the archive has no {MEMBER}, so it is not a Keras model")
        info = archive.getinfo(MEMBER)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
            raise ProblemError(printable(path), MEMBER, "it is stored or deflated in a Keras model, and not encrypted")
        with archive.open(info) as member:
            # What the archive says of the size need not be true.
            content = member.read(MOST + 1)
    if len(content) > MOST:
        raise ProblemError(printable(path), MEMBER, f"a Keras model has at most {MOST // 2**20} MiB of layers")
    return content


def _check_directory(file: IO[bytes], path: str) -> None:
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END.size - _LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise zipfile.BadZipFile
    zip64 = tail[max(0, at - 20) : at].startswith(b"PK\x06\x07")  # sizes stand elsewhere: for archives beyond 4 GiB
    if zip64 or _END.unpack_from(tail, at)[5] > _DIRECTORY:
        raise ProblemError(printable(path), "", f"the archive's list of members has at most {_DIRECTORY // 2**20} MiB")
