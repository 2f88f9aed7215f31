"""An operation by hand computed once more by the kernels: its quantities in the layout of `dlcalc.ops`, and back.

Formulas and kernels state the same truth independently; here they are asked the same question.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

from ..errors import UserError
from ..expressions.nodes import Value
from ..formulas.run import Working

Numbers = dict[str, Any]
"""Answer → nested lists of floats."""


_COMPUTED_ALONE = ("rnn_by_hand", "lstm_by_hand", "gru_by_hand")


def compute(operation: str, found: Working, device: str) -> Numbers:
    """The main answer, or the gradients of a backward formula, by the kernels. UserError where there are none."""
    if any(step.called in _COMPUTED_ALONE for step in found.formula.steps):
        raise UserError("the kernels run one layer, in one direction: leave --kernel out")
    computer = _COMPUTERS.get(operation)
    if computer is None:
        raise UserError(f"run {operation} has no kernel: --kernel none, or one of {', '.join(_COMPUTERS)}")
    return computer(found, device)


def _op(name: str, arrays: dict[str, Any], settings: dict[str, Any], d_result: Any = None) -> tuple[Any, Numbers]:
    from ..ops.plain import computed  # numpy and numba, only where kernels are asked for

    return computed(name, arrays, settings, d_result)


def floats(value: Value) -> Any:
    """Nested lists of floats."""
    return list(map(floats, value)) if isinstance(value, tuple) else float(value)


def _flipped(filters: list[Any]) -> list[Any]:
    return [[[row[::-1] for row in part[::-1]] for part in each] for each in filters]


def _padding(found: Working) -> tuple[Any, ...]:
    """Above, below, left, right; or rows and columns on each side."""
    if "end" in found.formula.by_name:
        return found["pad_h"], found["end_h"], found["pad"], found["end"]
    return found["pad_h"], found["pad"]


def _conv(found: Working, device: str) -> Numbers:
    if found.formula.answers[0] not in ("output", "dx") or found.state.values.get("edge") == 1:
        raise UserError("the kernels convolve with zeros around: without --scale, --as-matrix and --repeat-edge")
    if found["relu"] == 1:
        raise UserError("the kernels convolve without a ReLU after it: leave --relu out")
    flipped = "flipped" in found.formula.id
    w = floats(found["w"])
    arrays = {"x": [floats(found["x"])], "weight": _flipped(w) if flipped else w, "bias": floats(found["b"])}
    settings = {
        "stride": found["s"],
        "padding": _padding(found),
        "dilation": found["d"],
        "device": device,
    }
    if "g" not in found.state.values:
        return {"output": _op("conv2d", arrays, settings)[0][0]}
    _, gradients = _op("conv2d", arrays, settings, [floats(found["g"])])
    dw = gradients["weight"]
    return {"dx": gradients["x"][0], "dw": _flipped(dw) if flipped else dw, "db": gradients["bias"]}


def _conv_transpose(found: Working, device: str) -> Numbers:
    if "_same" in found.formula.id:
        raise UserError("the kernels crop both sides alike: leave --same or --kernel out")
    by_channel = [list(parts) for parts in zip(*floats(found["w"]), strict=True)]
    arrays = {"x": [floats(found["x"])], "weight": by_channel, "bias": floats(found["b"])}
    settings = {
        "stride": found["s"],
        "padding": (found["pad_h"], found["pad"]),
        "dilation": found["d"],
        "device": device,
    }
    if "g" not in found.state.values:
        return {"output": _op("conv_transpose2d", arrays, settings)[0][0]}
    output, gradients = _op("conv_transpose2d", arrays, settings, [floats(found["g"])])
    by_filter = [list(parts) for parts in zip(*gradients["weight"], strict=True)]
    return {"dx": gradients["x"][0], "dw": by_filter, "db": gradients["bias"], "output": output[0]}


def _pool(found: Working, device: str) -> Numbers:
    kind = found.formula.id.removeprefix("pool_by_hand_").removesuffix("_backward")
    arrays = {"x": [floats(found["x"])]}
    if kind == "global":
        return _global_pool(found, arrays, device)
    settings = {"kernel_size": (found["f_h"], found["f_w"]), "stride": found["s"],
                "padding": (found["pad_h"], found["pad"]), "device": device}  # fmt: skip
    if found["same"] == 1:
        raise UserError("the kernels pool with the same padding on both sides: leave --same or --kernel out")
    if kind != "sum":
        settings["ceil_mode"] = found["rounded_up"] == 1
    elif found["rounded_up"] == 1:
        raise UserError("the kernels add up windows of a size that is rounded down: leave --ceil or --kernel out")
    if kind == "avg":
        settings["count_include_pad"] = not _has(found, "exclude-pad")
    if "g" not in found.state.values:
        return {"output": _op(f"{kind}_pool2d", arrays, settings)[0][0]}
    return {"dx": _op(f"{kind}_pool2d", arrays, settings, [floats(found["g"])])[1]["x"][0]}


def _global_pool(found: Working, arrays: dict[str, Any], device: str) -> Numbers:
    backward = "g" in found.state.values
    upstream = [[[[number]] for number in floats(found["g"])]] if backward else None
    output, gradients = _op("global_avg_pool2d", arrays, {"device": device}, upstream)
    return {"dx": gradients["x"][0]} if backward else {"output": [plane[0][0] for plane in output[0]]}


def _has(found: Working, option: str) -> bool:
    return option in getattr(found.convention, "options", (found.convention.name,))


def _matrix(value: Value, transposed: bool = False) -> list[list[float]]:
    """A weight as a matrix; a single number is one of 1×1."""
    rows = floats(value) if isinstance(value, tuple) else [[float(value)]]
    return [list(column) for column in zip(*rows, strict=True)] if transposed else rows


def _vector(value: Value, like: list[Any]) -> list[float]:
    """A bias or state with as many entries as there are units; one number stands for all."""
    return floats(value) if isinstance(value, tuple) else [float(value)] * len(like)


def _sequence(value: Value) -> list[Any]:
    return [[floats(step) if isinstance(step, tuple) else [float(step)]] for step in value]


def _back(series: list[Any], scalar: bool) -> list[Any]:
    """(T, 1, m) as one row, or one number, per time step."""
    return [step[0][0] if scalar else step[0] for step in series]


def _rnn(found: Working, device: str) -> Numbers:
    row = _has(found, "row")
    scalar = not isinstance(found["W"], tuple)
    w_hh = _matrix(found["W"], row)
    arrays = {"x": _sequence(found["x"]), "h0": [_vector(found["h0"], w_hh)], "w_ih": _matrix(found["U"], row),
              "w_hh": w_hh, "b_ih": _vector(found["b"], w_hh)}  # fmt: skip
    kind = next((name for name in ("sigmoid", "relu") if _has(found, name)), "tanh")
    settings = {"nonlinearity": kind, "device": device}
    if "e" not in found.formula.by_name:
        return {"h": _back(_op("rnn", arrays, settings)[0], scalar)}
    _, gradients = _op("rnn", arrays, settings, _sequence(found["e"]))
    dw, du = (
        list(map(list, zip(*gradients[name], strict=True))) if row else gradients[name] for name in ("w_hh", "w_ih")
    )
    db = gradients["b_ih"]
    return {"dW": dw[0][0], "dU": du[0][0], "db": db[0]} if scalar else {"dW": dw, "dU": du, "db": db}


def _gates(found: Working, letters: str, row: bool) -> tuple[list[Any], list[Any], list[float]]:
    """Input weights, recurrent weights and biases of the gates, one below the other."""
    w_ih = [line for g in letters for line in _matrix(found[f"W_{g}"], row)]
    w_hh = [line for g in letters for line in _matrix(found[f"U_{g}"], row)]
    units = _matrix(found[f"U_{letters[0]}"])
    return w_ih, w_hh, [number for g in letters for number in _vector(found[f"b_{g}"], units)]


def _by_gate(found: Working, letters: str, gradients: Numbers) -> Numbers:
    """The gradients of weights and biases, which lie one below the other, gate by gate."""
    scalar = not isinstance(found[f"U_{letters[0]}"], tuple)
    row = _has(found, "row") or found.convention.name == "keras"
    units = len(gradients["b_ih"]) // len(letters)
    split: Numbers = {}
    for at, g in enumerate(letters):
        for name, of in (("W", "w_ih"), ("U", "w_hh")):
            part = gradients[of][at * units : (at + 1) * units]
            part = [list(column) for column in zip(*part, strict=True)] if row else part
            split[f"d{name}_{g}"] = part[0][0] if scalar else part
        biases = gradients["b_ih"][at * units : (at + 1) * units]
        split[f"db_{g}"] = biases[0] if scalar else biases
    return split


def _lstm(found: Working, device: str) -> Numbers:
    w_ih, w_hh, bias = _gates(found, "ifco", _has(found, "row"))
    units = _matrix(found["U_f"])
    arrays = {
        "x": _sequence(found["x"]), "w_ih": w_ih, "w_hh": w_hh, "b_ih": bias,
        "state": ([_vector(found["h0"], units)], [_vector(found["C0"], units)]),
        "peephole": [number for g in "ifo" for number in _vector(found[f"p_{g}"], units)]
        if "p_f" in found.state.values else None,
    }  # fmt: skip
    if "loss" not in found.formula.by_name:
        return {"h": _back(_op("lstm", arrays, {"device": device})[0], not isinstance(found["U_f"], tuple))}
    h, gradients = _op("lstm", arrays, {"device": device}, _sequence(found["d"]))
    scalar = not isinstance(found["U_f"], tuple)
    return {"h": _back(h, scalar), **_by_gate(found, "ifco", gradients), **_by_peephole(gradients, scalar)}


def _by_peephole(gradients: Numbers, scalar: bool) -> Numbers:
    """The gradients of the peepholes, which lie one behind the other; none where there are none."""
    found = gradients.get("peephole", [])
    units = len(found) // 3
    parts = {f"dp_{g}": found[at * units : (at + 1) * units] for at, g in enumerate("ifo") if units}
    return {name: part[0] if scalar else part for name, part in parts.items()}


def _gru(found: Working, device: str) -> Numbers:
    row = _has(found, "row") or found.convention.name == "keras"
    w_ih, w_hh, bias = _gates(found, "rzg", row)
    units = _matrix(found["U_z"])
    b_hh = [0.0] * (2 * len(units)) + _vector(found["d"], units)
    arrays = {"x": _sequence(found["x"]), "h0": [_vector(found["h0"], units)], "w_ih": w_ih, "w_hh": w_hh, "b_ih": bias,
              "b_hh": b_hh}  # fmt: skip
    after = _has(found, "after") or found.convention.name in ("pytorch", "keras")
    settings = {"reset_after": after, "update_gate": "renew" if _has(found, "renew") else "keep", "device": device}
    if "loss" not in found.formula.by_name:
        return {"h": _back(_op("gru", arrays, settings)[0], not isinstance(found["U_z"], tuple))}
    h, gradients = _op("gru", arrays, settings, _sequence(found["d_h"]))
    return {"h": _back(h, not isinstance(found["U_z"], tuple)), **_by_gate(found, "rzg", gradients)}


def _dense(found: Working, device: str) -> Numbers:
    if _has(found, "step"):
        raise UserError("the step has no kernel; --kernel none")
    row = _has(found, "row")
    weight = _matrix(found["W"], row)
    layer = {"x": [floats(found["x"])], "weight": weight, "bias": _vector(found["b"], weight)}
    place = {"device": device}
    kind = next((name for name in ("relu", "sigmoid", "tanh", "softmax") if _has(found, name)), "")
    z, _ = _op("linear", layer, place)
    if "delta" not in found.formula.by_name:
        return {"yhat": (_op(kind, {"x": z}, place)[0] if kind else z)[0]}
    d = [_vector(found["d"], weight)]
    yhat, behind = _op(kind, {"x": z}, place, d) if kind else (z, {"x": d})
    _, gradients = _op("linear", layer, place, behind["x"])
    dw = gradients["weight"]
    transposed = [list(column) for column in zip(*dw, strict=True)]
    return {"dW": transposed if row else dw, "db": gradients["bias"], "dx": gradients["x"][0], "yhat": yhat[0]}


def _batchnorm(found: Working, device: str) -> Numbers:
    """One feature is a column; its numbers come back as a row."""
    scalar = not isinstance(found["gamma"], tuple)
    columns, one = (_column, _single) if scalar else (floats, floats)
    arrays = {"x": columns(found["x"]), "weight": one(found["gamma"]), "bias": one(found["beta"])}
    settings = {"training": True, "eps": float(found["epsilon"]), "device": device}
    if "running_mean" in found.state.values:
        settings["training"] = False
        arrays |= {"mean": one(found["running_mean"]), "var": one(found["running_variance"])}
    backward = "d" in found.state.values
    y, gradients = _op("batch_norm", arrays, settings, columns(found["d"]) if backward else None)
    back = {"dx": gradients["x"], "dgamma": gradients["weight"], "dbeta": gradients["bias"]} if backward else {}
    return {name: _flat(value) if scalar else value for name, value in {**back, "y": y}.items()}


def _column(value: Value) -> list[Any]:
    return [[float(number)] for number in value]


def _single(value: Value) -> list[float]:
    return [float(value)]


def _flat(value: list[Any]) -> Any:
    """A column as a row, and what has one entry as a number."""
    return [row[0] for row in value] if isinstance(value[0], list) else value[0]


def _layernorm(found: Working, device: str) -> Numbers:
    arrays = {"x": [floats(found["x"])], "weight": floats(found["gamma"]), "bias": floats(found["beta"])}
    return {"y": _op("layer_norm", arrays, {"eps": float(found["epsilon"]), "device": device})[0][0]}


def _softmax(found: Working, device: str) -> Numbers:
    scores = {"x": [floats(found["scaled"] if "scaled" in found.formula.by_name else found["z"])]}
    name = "yhat" if "yhat" in found.formula.by_name else "y"
    return {name: _op("softmax", scores, {"device": device})[0][0]}


def _attention(found: Working, device: str) -> Numbers:
    if found.convention.name != "textbook":
        raise UserError("the kernels attend to every token, scores divided by √d; --kernel none")
    arrays = {name: floats(found[name]) for name in "qkv"}
    if "d_y" not in found.formula.by_name:
        return {"y": _op("attention", arrays, {"device": device})[0]}
    y, gradients = _op("attention", arrays, {"device": device}, floats(found["d_y"]))
    return {"y": y, **{f"d{name}": gradients[name] for name in "qkv"}}


_COMPUTERS: dict[str, Callable[[Working, str], Numbers]] = {
    "conv": _conv,
    "conv-transpose": _conv_transpose,
    "pool": _pool,
    "rnn": _rnn,
    "lstm": _lstm,
    "gru": _gru,
    "dense": _dense,
    "batchnorm": _batchnorm,
    "layernorm": _layernorm,
    "softmax": _softmax,
    "attention": _attention,
}
"""Operation → what the kernels say of it."""


@cache
def are_installed() -> bool:
    """Whether numpy and numba are there, without importing them."""
    return all(find_spec(name) is not None for name in ("numpy", "numba"))


def counted(operation: str, found: Working, name: str) -> Value | None:
    """An answer by the CPU kernels, in floats; None where they are not installed, or have no such answer."""
    if operation not in _COMPUTERS or not are_installed():
        return None
    try:
        values = compute(operation, found, "cpu").get(name)
    except UserError:
        return None
    return None if values is None else _tuples(values)


def _tuples(values: Any) -> Value:
    return tuple(map(_tuples, values)) if isinstance(values, list) else values
