"""Every kind of layer in every table: each cell is filled, or left empty with its reason."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable

import pytest

from dlcalc.diagrams.solids import COLOURS
from dlcalc.networks import forward
from dlcalc.networks.kinds import ALIASES, KINDS, Kind
from dlcalc.networks.readers import keras, keras_layers, onnx, onnx_operators, onnx_shapes
from dlcalc.networks.text import read
from dlcalc.networks.writers import keras as keras_code
from dlcalc.networks.writers import pytorch

NOT_THERE = "the framework has no such layer"
SAYS_IT_OTHERWISE = "the framework says it by other layers"

EXCUSED = {
    ("PyTorch code", "conv-table"): NOT_THERE,
    ("PyTorch code", "rbf"): NOT_THERE,
    ("PyTorch code", "convlstm"): NOT_THERE,
    ("Keras code", "conv-table"): NOT_THERE,
    ("Keras code", "rbf"): NOT_THERE,
    ("run", "conv-table"): "ops has no convolution that leaves pairs of maps out",
    ("run", "rbf"): "ops has no radial basis functions",
    ("run", "adaptive-maxpool"): "ops pools adaptively by the mean alone",
    ("Keras files", "conv-table"): NOT_THERE,
    ("Keras files", "rbf"): NOT_THERE,
    ("Keras files", "subsampling"): SAYS_IT_OTHERWISE,
    ("Keras files", "activation"): "an activation is a remark of the layer before it",
    ("Keras files", "dropout"): "dropout is a remark of the layer before it",
    ("Keras files", "lrn"): NOT_THERE,
    ("Keras files", "split"): SAYS_IT_OTHERWISE,
    ("Keras files", "shuffle"): SAYS_IT_OTHERWISE,
    ("ONNX files", "conv-table"): NOT_THERE,
    ("ONNX files", "rbf"): NOT_THERE,
    ("ONNX files", "subsampling"): SAYS_IT_OTHERWISE,
    ("ONNX files", "activation"): "an activation is a remark of the layer before it",
    ("ONNX files", "dropout"): "dropout is a remark of the layer before it",
    ("ONNX files", "shuffle"): SAYS_IT_OTHERWISE,
    ("ONNX files", "convlstm"): NOT_THERE,
    ("ONNX files", "attention"): SAYS_IT_OTHERWISE,
}


def has_method(writer: type) -> Callable[[Kind], bool]:
    return lambda kind: hasattr(writer, f"_{kind.name.replace('-', '_')}")


def pytorch_has(kind: Kind) -> bool:
    return kind.name in pytorch._PyTorch._same_shape or has_method(pytorch._PyTorch)(kind)


def named_in(*modules: object) -> Callable[[Kind], bool]:
    """Whether a call in the source is given the kind: by its name, or put together of `global-` and `avgpool`."""
    words: set[str] = set()
    for module in modules:
        calls = (node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call))  # type: ignore[arg-type]
        for first in (call.args[0] for call in calls if call.args):
            constants = (part for part in ast.walk(first) if isinstance(part, ast.Constant))
            words |= {part.value for part in constants if isinstance(part.value, str)}
    return lambda kind: kind.name in words or {f"{kind.name.partition('-')[0]}-", kind.name.rpartition("-")[2]} <= words


TABLES: dict[str, Callable[[Kind], bool]] = {
    "words": lambda kind: kind.words.strip() != "",
    "colour": lambda kind: kind.family in COLOURS,
    "PyTorch code": pytorch_has,
    "Keras code": has_method(keras_code._Keras),
    "run": has_method(forward._Forward),
    "Keras files": named_in(keras, keras_layers),
    "ONNX files": named_in(onnx, onnx_operators, onnx_shapes),
}


@pytest.mark.parametrize("table", TABLES)
def test_every_kind_is_in_the_table_or_excused_with_a_reason(table: str) -> None:
    """A kind that is left out of one table is named here with it; an excuse that is no longer needed goes."""
    filled = {(table, kind.name) for kind in KINDS.values() if TABLES[table](kind)}
    excused = {cell for cell in EXCUSED if cell[0] == table}
    every = {(table, name) for name in KINDS}
    assert sorted(every - filled - excused) == []
    assert sorted(excused - (every - filled)) == []


def test_the_name_of_a_kind_and_its_other_names_are_of_one_kind_each() -> None:
    aliases = [alias for kind in KINDS.values() for alias in kind.aliases]
    assert len(aliases) == len(set(aliases)) == len(ALIASES)
    assert set(aliases).isdisjoint(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_stands_bare_is_a_setting_and_is_read_so(kind: Kind) -> None:
    assert set(kind.bare) <= set(kind.settings)
    sizes = range(2, 2 + len(kind.bare))
    (layer,) = read(f"32x32x3; {' '.join([kind.name, *map(str, sizes)])}{'' if kind.bare else ' '}").layers[:1]
    assert (layer.kind, dict(layer.settings)) == (kind.name, dict(zip(kind.bare, sizes, strict=True)))
