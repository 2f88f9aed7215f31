"""The weights in a `.keras` file, held against the table: what belongs to a layer, and what to none."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from dlcalc.networks.readers import read_data
from dlcalc.networks.table import Table, tabulate

h5py = pytest.importorskip("h5py")
np = pytest.importorskip("numpy")

DENSE = {"layers/dense/vars/0": (8, 3), "layers/dense/vars/1": (3,)}


def read(layers: Sequence[tuple[str, dict[str, Any]]], arrays: Mapping[str, Any] | bytes) -> Table:
    return tabulate(read_data(written(layers, arrays), "net.keras"), "keras")


def written(layers: Sequence[tuple[str, dict[str, Any]]], arrays: Mapping[str, Any] | bytes) -> bytes:
    """A Sequential model of these classes; arrays by their place, with their shape or their numbers."""
    configs = [{"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 8]}}]
    configs += [
        {"class_name": kind, "config": {"name": f"l{at}", **config}, "build_config": {"input_shape": [None, shape]}}
        for at, (kind, config) in enumerate(layers)
        for shape in [config.get("reads", 8)]
    ]
    model = {"class_name": "Sequential", "config": {"name": "net", "layers": configs}}
    kept = io.BytesIO(arrays if isinstance(arrays, bytes) else b"")
    if not isinstance(arrays, bytes):
        with h5py.File(kept, "w") as file:
            for seed, (name, shape) in enumerate(arrays.items()):
                numbers = np.random.default_rng(seed).normal(size=shape) if isinstance(shape, tuple) else shape
                file.create_dataset(name, data=numbers)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("config.json", json.dumps(model))
        made.writestr("model.weights.h5", kept.getvalue())
    return stream.getvalue()


def test_a_table_with_all_weights_of_its_file_is_whole() -> None:
    """Optimisers' states, metrics and the seeds of dropout are no weights."""
    more = {"optimizer/vars/0": (8, 3), "layers/dropout/seed_generator/vars/0": (2,), "metrics/mean/vars/0": (1,)}
    found = read([("Dense", {"units": 3}), ("Dropout", {"rate": 0.5, "reads": 3})], {**DENSE, **more})
    assert (found.total["parameters"], found.network.unplaced, found.partial) == (27, 0, False)


@pytest.mark.parametrize(
    ("arrays", "unplaced"),
    [
        ({**DENSE, "layers/gate/vars/0": (5, 2)}, 10),
        ({**DENSE, "layers/gate/vars/0": (7,)}, 7),
    ],
)
def test_a_difference_is_said_with_its_size(arrays: dict[str, Any], unplaced: int) -> None:
    found = read([("Dense", {"units": 3})], arrays)
    assert (found.network.unplaced, found.partial) == (unplaced, True)


def test_the_parameters_of_an_unknown_layer_are_those_that_the_file_keeps_for_it() -> None:
    """The second Gate is gate_1; what follows is right, as the file says what comes out."""
    arrays = {**DENSE, "layers/gate/vars/0": (4,), "layers/gate_1/vars/0": (8, 2), "layers/gate_1/inner/vars/0": (5,)}
    found = read([("Gate", {}), ("Gate", {}), ("Dense", {"units": 3})], arrays)
    assert [row.count("parameters") for row in found.rows] == [4, 21, 27]
    assert (found.total["parameters"], found.network.unplaced, found.partial) == (52, 0, True)


def test_one_weight_that_stands_in_the_file_twice_counts_once() -> None:
    """A wrapper keeps the kernel of the layer in it, too; two biases of zeros are two."""
    kernel = np.arange(24.0).reshape(8, 3)
    here = {"layers/dense/vars/0": kernel, "layers/dense/vars/1": np.zeros(3), "layers/dense/kernel": kernel}
    second = {"layers/dense_1/vars/0": (3, 3), "layers/dense_1/vars/1": np.zeros(3)}
    found = read([("Dense", {"units": 3}), ("Dense", {"units": 3, "reads": 3})], {**here, **second})
    assert (found.network.unplaced, found.total["parameters"]) == (0, 39)


def test_matrices_that_are_merged_into_the_kernel_are_not_missed() -> None:
    """LoRA's two are in the model, 8·2 + 2·3, and not in the file."""
    found = read([("Dense", {"units": 3, "lora_rank": 2})], DENSE)
    assert (found.total["parameters"], found.network.unplaced, found.partial) == (27 + 22, 0, False)


def test_weights_that_cannot_be_read_are_said() -> None:
    found = read([("Dense", {"units": 3})], b"\x89HDF")
    assert found.network.notes == (
        "the weights in the file are damaged or too large, and are not compared with the table",
    )
    assert not found.partial


def test_without_h5py_the_weights_are_not_compared_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    data = written([("Dense", {"units": 3})], {**DENSE, "layers/gate/vars/0": (5, 2)})
    monkeypatch.setitem(sys.modules, "h5py", None)
    found = tabulate(read_data(data, "net.keras"), "keras")
    assert not found.partial
    (note,) = found.network.notes
    assert note.endswith('h5py reads them, pip install "dlcalc[keras]"')


def test_each_layer_is_held_against_its_own_weights() -> None:
    """Two differences are told of each layer; what follows is right, and the total is the file's."""
    second = {"layers/dense_1/vars/0": (3, 2), "layers/dense_1/vars/1": (2,)}
    arrays = {**DENSE, "layers/dense/vars/1": (6,), **second, "layers/dense_2/vars/0": (2, 1)}
    layers = [("Dense", {"units": 3}), ("Dense", {"units": 2, "reads": 3}), ("Dense", {"units": 1, "reads": 2})]
    found = read(layers, arrays)
    assert [row.unknown for row in found.rows] == [
        "the file holds 30 weights for it, but it needs 27", "",
        "the file holds 2 weights for it, but it needs 3",
    ]  # fmt: skip
    assert [row.output for row in found.rows] == [(3,), (2,), (1,)]
    assert (found.total["parameters"], found.network.unplaced, found.partial) == (40, 0, True)


def test_equal_weights_of_two_layers_are_both_counted() -> None:
    """Two layers that start from one seed."""
    kernel = np.random.default_rng(0).normal(size=(8, 8))
    arrays = {f"layers/{name}/vars/{at}": (kernel, np.zeros(8))[at] for name in ("dense", "dense_1") for at in (0, 1)}
    found = read([("Dense", {"units": 8}), ("Dense", {"units": 8})], arrays)
    assert (found.total["parameters"], found.network.unplaced, found.partial) == (144, 0, False)
