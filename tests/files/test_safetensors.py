"""Arrays in safetensors: what a header may say of them."""

from __future__ import annotations

import json

import pytest

from dlcalc.errors import ProblemError
from dlcalc.files.safetensors import Tensor, pack, unpack

ENTRY = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}


def file(entry: object) -> bytes:
    text = json.dumps({"a": entry}).encode()
    return len(text).to_bytes(8, "little") + text + bytes(24)


def test_what_is_packed_is_unpacked() -> None:
    found = {"a": Tensor("F32", (2, 3), bytes(24)), "none": Tensor("F64", (0, 5), b"")}
    arrays, words = unpack(pack(found, {"word": "said"}), "a file")
    assert ({name: each._replace(data=bytes(each.data)) for name, each in arrays.items()}, words) == (
        found,
        {"word": "said"},
    )
    assert unpack(file(ENTRY), "a file")[0]["a"].shape == (2, 3)


@pytest.mark.parametrize(
    "said",
    [
        {"dtype": "F8"},
        {"dtype": "F64"},
        {"shape": [6, 2]},
        {"shape": [-2, -3]},
        {"shape": [2.0, 3]},
        {"shape": [True, 6]},
        {"shape": [1] * 40 + [6]},
        {"data_offsets": [0, 2**70]},
        {"data_offsets": [8, 32]},
        {"data_offsets": [0]},
        {"shape": [0, 2**39, 2**39], "data_offsets": [0, 0]},
        {"shape": [0] * 70, "data_offsets": [0, 0]},
    ],
)
def test_an_array_that_cannot_be_is_refused(said: dict[str, object]) -> None:
    """None that numpy has no shape for, though it holds no number."""
    with pytest.raises(ProblemError, match="the array a is not whole, or of no known kind"):
        unpack(file(ENTRY | said), "a file")
