"""Every kind of layer in every table: each cell is filled, or left empty with its reason."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from rows import each_row

from dlcalc.diagrams.solids import COLOURS
from dlcalc.networks import forward
from dlcalc.networks.kinds import ALIASES, KINDS, Kind
from dlcalc.networks.readers import (
    keras,
    keras_attention,
    keras_functions,
    keras_layers,
    keras_products,
    keras_recurrent,
    onnx,
    onnx_maps,
    onnx_node,
    onnx_operators,
    onnx_shapes,
)
from dlcalc.networks.text import read
from dlcalc.networks.writers import keras as keras_code
from dlcalc.networks.writers import pytorch
from dlcalc.training.planner import Planner

NOT_THERE = "the framework has no such layer"
SAYS_IT_OTHERWISE = "the framework says it by other layers"

NO_STEP = "the training plan has no step for it"
NOT_COMPARED = "not both frameworks have a program for it"

FIRST = "PyTorch's channels stand first, so that a tensor of any axes has no one order there"

EXCUSED = {
    **{("PyTorch code", kind): NOT_THERE for kind in ("conv-table", "rbf", "convlstm", "local-conv")},
    **{
        ("PyTorch code", kind): FIRST for kind in ("einsum", "permute", "expand", "reduce", "scale", "shift", "learned")
    },
    **{("Keras code", kind): NOT_THERE for kind in ("conv-table", "rbf", "local-conv")},
    **{
        ("Keras code", kind): "its sizes do not say how it is called"
        for kind in ("einsum", "expand", "reduce", "scale", "shift", "learned")
    },
    **{
        ("training", kind): NO_STEP
        for kind in (
            "local-conv",
            "adaptive-maxpool",
            "resize",
            "prelu",
            "divide",
            "maximum",
            "minimum",
            "matmul",
            "einsum",
            "permute",
            "slice",
            "repeat",
            "expand",
            "reduce",
            "learned",
        )
    },
    ("training", "input"): "an input is the planner's",
    **{
        ("frameworks' values", kind): NOT_COMPARED
        for kind in (
            "conv-table",
            "rbf",
            "local-conv",
            "einsum",
            "permute",
            "expand",
            "reduce",
            "scale",
            "shift",
            "learned",
        )
    },
    (
        "frameworks' values",
        "convlstm",
    ): "PyTorch has no such layer; tests/peers/test_ops_recurrent.py has its equations",
    ("frameworks' values", "input"): "it computes nothing",
    **{("Keras files", kind): NOT_THERE for kind in ("conv-table", "rbf", "lrn", "shift", "learned")},
    **{("Keras files", kind): SAYS_IT_OTHERWISE for kind in ("subsampling", "split", "shuffle", "pixel-shuffle")},
    ("Keras files", "activation"): "an activation is a remark of the layer before it",
    **{("ONNX files", kind): NOT_THERE for kind in ("conv-table", "rbf", "convlstm", "local-conv", "repeat")},
    **{("ONNX files", kind): SAYS_IT_OTHERWISE for kind in ("subsampling", "shuffle", "attention")},
    ("ONNX files", "activation"): "an activation is a remark of the layer before it",
    ("ONNX files", "permute"): "axes in another order are the draft's",
    ("ONNX files", "input"): "an input is the draft's",
}


def has_method(writer: type) -> Callable[[Kind], bool]:
    return lambda kind: hasattr(writer, f"_{kind.name.replace('-', '_')}")


def pytorch_has(kind: Kind) -> bool:
    inside = kind.name in pytorch._PyTorch._same_shape or kind.name == "input"
    return inside or has_method(pytorch._PyTorch)(kind)


SETTINGS = {"get", "flag", "word", "whole", "sizes", "refused", "inner", "number", "ints", "axis"}
"""Methods whose words are names of settings."""


def named_in(*modules: ModuleType) -> Callable[[Kind], bool]:
    """Whether the source has the kind as a word that is no setting: by its name, or put together of `global-` and
    `avgpool`."""
    words: set[str] = set()
    for module in modules:
        words |= set(words_of(ast.parse(inspect.getsource(module))))
    return lambda kind: kind.name in words or {f"{kind.name.partition('-')[0]}-", kind.name.rpartition("-")[2]} <= words


def words_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Constant(value=str(word)):
                yield word
            case ast.Dict(values=values):
                for value in values:
                    yield from words_of(ast.Module([ast.Expr(value)], []))
            case ast.Call(func=ast.Attribute(attr=name)) if name in SETTINGS:
                pass
            case ast.Compare():
                pass
            case _:
                yield from words_of(node)


@cache
def compared() -> set[str]:
    """The kinds of the networks that are run beside PyTorch's and Keras's programs."""
    tree = ast.parse((Path(__file__).parents[1] / "peers" / "test_program_values.py").read_text(encoding="utf-8"))
    lines = next(
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node).startswith("LINES")
    )
    return {layer.kind for line in ast.literal_eval(lines).values() for layer in read(line).layers}


TABLES: dict[str, Callable[[Kind], bool]] = {
    "words": lambda kind: kind.words.strip() != "",
    "colour": lambda kind: kind.family in COLOURS,
    "PyTorch code": pytorch_has,
    "Keras code": lambda kind: kind.name == "input" or has_method(keras_code._Keras)(kind),
    "run": has_method(forward._Forward),
    "frameworks' values": lambda kind: kind.name in compared(),
    "training": has_method(Planner),
    "Keras files": named_in(keras, keras_attention, keras_functions, keras_layers, keras_products, keras_recurrent),
    "ONNX files": named_in(onnx, onnx_maps, onnx_node, onnx_operators, onnx_shapes),
}


@pytest.mark.parametrize("table", TABLES)
def test_every_kind_is_in_the_table_or_excused_with_a_reason(table: str) -> None:
    """A kind that is left out of one table is named here with it; an excuse that is no longer needed goes."""
    filled = {(table, kind.name) for kind in KINDS.values() if TABLES[table](kind)}
    excused = {cell for cell in EXCUSED if cell[0] == table}
    every = {(table, name) for name in KINDS}
    missing, needless = every - filled - excused, excused - (every - filled)
    assert not missing, f"no cell, and no reason: {sorted(missing)}"
    assert not needless, f"excused, and yet there: {sorted(needless)}"


def test_the_name_of_a_kind_and_its_other_names_are_of_one_kind_each() -> None:
    aliases = [alias for kind in KINDS.values() for alias in kind.aliases]
    assert len(aliases) == len(set(aliases)) == len(ALIASES)
    assert set(aliases).isdisjoint(KINDS)


@each_row("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_stands_bare_is_a_setting_and_is_read_so(kind: Kind) -> None:
    assert set(kind.bare) <= set(kind.settings)
    sizes = [Fraction(1, 2)] if kind.name == "dropout" else range(2, 2 + len(kind.bare))
    written = [f"{float(size):g}" for size in sizes]
    names = ["a", "b"] if kind.several and kind.name != "attention" else []
    line = f"32x32x3; a: conv 3 f3 p1; b: conv 3 f3 p1; {' '.join([kind.name, *written, *names])}"
    layer = read(line).layers[-1]
    assert (layer.kind, dict(layer.settings)) == (kind.name, dict(zip(kind.bare, sizes, strict=True)))
