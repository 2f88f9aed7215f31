"""What was learnt, on disk: a safetensors file with the parameters under PyTorch's names, the optimiser's moments, and
in its words the network's text, the settings and the history. A run that is taken up again ends bit-identical.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from ..errors import ProblemError, UserError, printable, shown
from ..files import safetensors, untrusted, writing
from ..files.safetensors import Tensor
from ..networks.network import Network
from ..networks.readers import toml
from ..networks.writers import write
from .data import Dataset
from .files import npz
from .loop import Epoch, Settings, Trainer, trainer
from .optimiser import Optimiser, Schedule, optimiser, schedule
from .plan import Plan

FORMAT = "1"
"""The version of what stands in the words of a checkpoint."""
LARGEST = 2**32
MOST_STEPS = 10**12
DTYPES = {"F32": "float32", "F64": "float64", "F16": "float16", "I64": "int64"}
NAMES = {numpy: name for name, numpy in DTYPES.items()}


Made = TypeVar("Made")


@dataclass(frozen=True)
class Checkpoint:
    """A file as it was read."""

    network: Network
    data: str
    settings: Settings
    history: list[Epoch]
    clock: int
    arrays: Mapping[str, Any]


def tensor(array: Any) -> Tensor:
    """An array as a file has it."""
    whole = np.ascontiguousarray(array)
    return Tensor(NAMES[whole.dtype.name], whole.shape, whole.tobytes())


def check(path: str | Path) -> None:
    """UserError, before anything is trained, where no checkpoint can be written."""
    if Path(path).suffix.lower() in (".npz", ".onnx"):
        raise UserError(f"a checkpoint is a .safetensors file, not {printable(str(path)[-40:])}: --export writes those")
    writing.check(path)


def save(path: str | Path, run: Trainer) -> None:
    """Writes a run, whole or not at all. UserError when it cannot be written, or the ending is another format's."""
    check(path)
    plan, model = run.model.plan, run.model
    arrays = {parameter.name: parameter.shown(model.parameters) for parameter in plan.parameters}
    arrays |= {"optimiser.m": run.m, "optimiser.v": run.v}
    settings = asdict(run.settings) | {"frozen": sorted(run.settings.frozen)}
    words = {
        "dlcalc": FORMAT, "network": write(run.network, "toml"), "title": run.network.title, "data": run.data.name,
        "settings": json.dumps(settings), "history": json.dumps([asdict(epoch) for epoch in run.history]),
        "step": str(model.clock), "best": json.dumps(run.best if run.best[1] else None),
    }  # fmt: skip
    writing.write(path, safetensors.pack({name: tensor(array) for name, array in arrays.items()}, words))


def read(path: str | Path) -> Checkpoint:
    """A checkpoint. ProblemError: no such file, not one of ours, or of a newer format."""
    arrays, words = read_arrays(path)
    name = printable(str(path))
    if "dlcalc" not in words:
        raise ProblemError(name, "", "these are arrays without a network: --load puts them into one")
    if words["dlcalc"] != FORMAT:
        raise ProblemError(name, "", f"its format is {printable(words['dlcalc'])}, and this dlcalc reads {FORMAT}")
    try:
        network = toml.network(words["network"].encode(), name)
        settings = _settings(json.loads(words["settings"]))
        history = [_of_type(Epoch, epoch) for epoch in _fitting(json.loads(words["history"]), list[_TABLE])]
        for epoch in history:
            if epoch.validation is not None:
                _fitting(epoch.validation["loss"], float)
        clock = _fitting(json.loads(words["step"]), int)
        if not 0 <= clock <= MOST_STEPS:
            raise ValueError(f"{shown(clock)} steps")
        found = Checkpoint(network, words["data"], settings, history, clock, arrays)
    except ProblemError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError, UserError) as error:
        raise ProblemError(name, "", f"the checkpoint is damaged or incomplete: {printable(str(error)[:80])}") from None
    return found


def _settings(given: Any) -> Settings:
    """Through the doors by which settings come in, so that what no run can have is none. ValueError, UserError."""
    given = _fitting(given, _TABLE)
    rule, rates = _of_type(Optimiser, given["optimiser"]), _of_type(Schedule, given["schedule"])
    values = dict(rule.values)
    values.pop("factor", None)
    usual = {name: values.pop(name) for name in ("weight_decay", "l1", "clip_norm", "clip_value")}
    made = optimiser(f"{rule.name}:{rule.form}", values.pop("eta"), **usual, **values)
    schedule(rates.text)
    found = _of_type(Settings, given | {"optimiser": made, "schedule": rates})
    if found.dtype not in NAMES:
        raise ValueError(f"dtype is {shown(found.dtype)}")
    return found


def _of_type(kind: type[Made], given: Any) -> Made:
    """A dataclass whose fields have the types that it says. ValueError, TypeError."""
    hints = get_type_hints(kind)
    return kind(**{name: _fitting(value, hints.get(name, Any)) for name, value in _fitting(given, _TABLE).items()})


_TABLE = dict[str, Any]


def _fitting(value: Any, hint: Any) -> Any:
    """What JSON has for a value of a type, as that type. ValueError."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind is UnionType:
        for each in inner:
            with suppress(ValueError):
                return _fitting(value, each)
    if kind in (list, tuple, frozenset) and isinstance(value, list):
        return kind(_fitting(each, inner[0]) for each in value)
    if kind is dict and isinstance(value, dict):
        return {key: _fitting(each, inner[1]) for key, each in value.items()}
    if kind is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    if hint is Any or (kind is not float and type(value) is kind):
        return value
    raise ValueError(f"{shown(value)} stands where it cannot")


def read_arrays(path: str | Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The arrays of a safetensors file or an .npz, and the words of the first. ProblemError."""
    name = str(path)
    data = untrusted.read_bytes(name, LARGEST, "a file of parameters")
    if data[:2] == b"PK":
        return npz(name), {}
    found, words = safetensors.unpack(data, name)
    unknown = next((tensor.dtype for tensor in found.values() if tensor.dtype not in DTYPES), None)
    if unknown:
        raise ProblemError(printable(name), "", f"numbers of the kind {unknown} are not read, {', '.join(DTYPES)} are")
    arrays = {
        key: np.frombuffer(tensor.data, dtype=DTYPES[tensor.dtype]).reshape(tensor.shape)
        for key, tensor in found.items()
    }
    return arrays, words


def resumed(found: Checkpoint, data: Dataset, epochs: int | None = None) -> Trainer:
    """The run of a checkpoint, as it was when it was saved; `epochs`: to so many in all."""
    settings = found.settings if epochs is None else replace(found.settings, epochs=epochs)
    run = trainer(found.network, data, settings)
    put(run.model.plan, run.model.parameters, found.arrays)
    for name, vector in (("optimiser.m", run.m), ("optimiser.v", run.v)):
        if name not in found.arrays or found.arrays[name].shape != vector.shape:
            raise UserError(f"the checkpoint holds no {name} of {len(vector)} numbers")
        vector[:] = found.arrays[name]
    run.model.clock = found.clock
    if any((epoch.validation is not None) != bool(run.aside) for epoch in found.history):
        raise UserError("the checkpoint's history and its settings differ in whether there is validation")
    run.history = list(found.history)
    watched = [
        (e.validation["loss"], e.epoch) for e in found.history if e.validation and e.validation["loss"] is not None
    ]
    run.best = min(watched, default=run.best)
    return run


def put(plan: Plan, vector: Any, arrays: Mapping[str, Any], strict: bool = True) -> list[str]:
    """Fills the vector with the arrays of these names, in PyTorch's shapes; names of PyTorch's own modules are matched
    in their order. Returns the names of what was filled.

    UserError: a shape that does not fit; with `strict` an array that is missing.
    """
    named = matched(plan, arrays)
    filled = []
    for parameter in plan.parameters:
        array = named.get(parameter.name)
        if array is None:
            if strict and not parameter.name.endswith("num_batches_tracked"):
                raise UserError(f"there is no array for {parameter.name} {parameter.shape}")
            continue
        if np.shape(array) != parameter.shape:
            if not strict:
                continue
            raise UserError(f"{parameter.name} is {parameter.shape}, and the file has {np.shape(array)}")
        if np.asarray(array).dtype.kind not in "fiub" or not np.isfinite(array).all():
            raise UserError(f"{parameter.name} of the file has what is no finite number")
        vector[parameter.at : parameter.at + parameter.size] = parameter.stored(array)
        filled.append(parameter.name)
    return filled


def matched(plan: Plan, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays by our names. Where none has one of ours, those of a state_dict are taken module by module."""
    ours = {parameter.name for parameter in plan.parameters}
    if ours & arrays.keys():
        return {name: array for name, array in arrays.items() if name in ours}
    modules: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        module, _, leaf = name.rpartition(".")
        if leaf != "num_batches_tracked":
            modules.setdefault(module, {})[leaf] = array
    layers = list(dict.fromkeys(parameter.layer for parameter in plan.parameters))
    if len(layers) != len(modules):
        raise UserError(f"the file has {len(modules)} modules with parameters, and the network {len(layers)} layers")
    found: dict[str, Any] = {}
    for layer, leaves in zip(layers, modules.values(), strict=True):
        mine = {p.name.rpartition(".")[2]: p for p in plan.parameters if p.layer == layer}
        found |= {mine[leaf].name: array for leaf, array in _one_bias(mine, leaves).items() if leaf in mine}
    return found


def _one_bias(mine: Mapping[str, Any], leaves: Mapping[str, Any]) -> dict[str, Any]:
    """PyTorch's recurrent layers have two bias vectors that are only added: where we have one, it is their sum."""
    found = dict(leaves)
    for leaf in [name for name in leaves if name.startswith("bias_hh") and name not in mine]:
        other = leaf.replace("bias_hh", "bias_ih")
        extra = found.pop(leaf)
        gates = mine[other].gates if other in mine else 1
        if gates == 3 and np.any(extra[2 * len(extra) // 3 :]):
            raise UserError(f"{leaf} of a GRU is not 0 for its candidate: the layer must have both bias vectors")
        found[other] = found[other] + extra
    return found


def state_dict(plan: Plan, vector: Any) -> dict[str, Any]:
    """The parameters under PyTorch's names, module by module; a recurrent layer's second bias vector is 0 where it has
    one. A program made of `nn.Sequential` numbers its modules otherwise: `load_state_dict` takes the values in
    order."""
    found = {}
    for parameter in plan.parameters:
        found[parameter.name] = parameter.shown(vector)
        leaf = parameter.name.rpartition(".")[2]
        twin = parameter.name.replace("bias_ih", "bias_hh")
        if leaf.startswith("bias_ih") and twin not in {other.name for other in plan.parameters}:
            found[twin] = np.zeros_like(found[parameter.name])
    return found
