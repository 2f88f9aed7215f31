"""Gradients through time against PyTorch: the same networks by its modules, differentiated by autograd."""

from __future__ import annotations

from typing import Any

import pytest
from recurrent_networks import CELLS, network, numbers

from dlcalc.expressions.nodes import Value
from dlcalc.gradients import Network, difference

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.peers


def leaf(value: Value) -> Any:
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def stepped(found: Network, weights: dict[str, Any], x: Any) -> list[Any]:
    """The states of a simple RNN or a gated cell, written out with PyTorch's operations one by one."""
    form = found.form
    h, c = weights["h0"], weights.get("C0")
    states = []
    activation = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu}[form["activation"]]

    def gate(g: str, before: Any) -> Any:
        return weights[f"W_{g}"] @ x_t + weights[f"U_{g}"] @ before + weights[f"b_{g}"]

    def look(g: str, cell: Any) -> Any:
        return weights[f"p_{g}"] * cell if f"p_{g}" in weights else 0

    for x_t in x:
        if found.cell == "rnn":
            h = activation(weights["U"] @ x_t + weights["W"] @ h + weights["b"])
        elif found.cell == "gru":
            z, r = torch.sigmoid(gate("z", h)), torch.sigmoid(gate("r", h))
            if form["reset"] == "before":
                candidate = torch.tanh(gate("h", r * h))
            else:
                inner = weights["U_h"] @ h + weights["d_h"]
                candidate = torch.tanh(weights["W_h"] @ x_t + weights["b_h"] + r * inner)
            keep = z if form["update_gate"] == "keep" else 1 - z
            h = keep * h + (1 - keep) * candidate
        else:
            f, i = torch.sigmoid(gate("f", h) + look("f", c)), torch.sigmoid(gate("i", h) + look("i", c))
            c_new = f * c + i * torch.tanh(gate("c", h))
            o = torch.sigmoid(gate("o", h) + look("o", c_new))
            h, c = o * torch.tanh(c_new), c_new
        states.append(h)
    return states


ONE_LAYER = [name for name in CELLS if name not in ("bidirectional", "stacked", "lstm-two-layers")]


@pytest.mark.parametrize("head", ["softmax", "sigmoid", "linear", "squared"])
@pytest.mark.parametrize("loss", ["every", "last"])
@pytest.mark.parametrize("name", ONE_LAYER)
def test_autograd_gives_the_same(name: str, loss: str, head: str) -> None:
    """Every weight and first state over four steps, and the loss itself, with PyTorch's own losses."""
    ours = numbers(network(name, head, loss), 4)
    weights = {key: leaf(value) for key, value in ours.values.items() if key not in ("x", "y")}
    x, y = (torch.tensor(ours.values[key], dtype=torch.float64) for key in ("x", "y"))
    states = torch.stack(stepped(ours.network, weights, x))
    chosen = slice(None) if loss == "every" else slice(-1, None)
    outputs = states if head == "squared" else states @ weights["V"].T + weights["c"]
    total = {
        "softmax": lambda: F.cross_entropy(outputs[chosen], y[chosen], reduction="sum"),
        "sigmoid": lambda: F.binary_cross_entropy_with_logits(outputs[chosen], y[chosen], reduction="sum"),
        "linear": lambda: F.mse_loss(outputs[chosen], y[chosen], reduction="sum") / 2,
        "squared": lambda: F.mse_loss(outputs[chosen], y[chosen], reduction="sum") / 2,
    }[head]()
    total.backward()
    assert ours.loss == pytest.approx(total.item(), rel=1e-12)
    for wrt, gradient in ours.by_delta().items():
        theirs = weights[wrt].grad.tolist()
        frozen = tuple(tuple(row) if isinstance(row, list) else row for row in theirs)
        assert difference(gradient, frozen) < 1e-12, wrt


@pytest.mark.parametrize("name", ["bidirectional", "stacked", "lstm-two-layers"])
def test_modules_of_several_layers(name: str) -> None:
    """nn.RNN and nn.LSTM with two layers or both directions, at the softmax head."""
    ours = numbers(network(name), 3)
    values = {key: torch.tensor(value, dtype=torch.float64) for key, value in ours.values.items()}
    kind = torch.nn.LSTM if name.startswith("lstm") else torch.nn.RNN
    both = name == "bidirectional"
    module = kind(3, 2, num_layers=1 if both else 2, bidirectional=both).double()
    places = placed(name)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
        for theirs, mine in places.items():
            getattr(module, theirs).copy_(torch.cat([values[each] for each in mine]))
    head = {key: values[key].clone().requires_grad_() for key in ("V", "V_b", "c") if key in values}
    firsts = [key for key in ours.values if key[0] in "hgC" and "0" in key]
    started = {key: values[key].clone().requires_grad_() for key in firsts}
    h0 = torch.stack([started[key] for key in firsts if key[0] != "C"])[:, None, :]
    state = h0
    if kind is torch.nn.LSTM:
        state = (h0, torch.stack([started[key] for key in firsts if key[0] == "C"])[:, None, :])
    output, _ = module(values["x"][:, None, :], state)
    wide = torch.cat([head["V"], head["V_b"]], dim=1) if both else head["V"]
    scores = output[:, 0, :] @ wide.T + head["c"]
    F.cross_entropy(scores, values["y"], reduction="sum").backward()
    gradients = ours.by_delta()
    for theirs, mine in places.items():
        parts = getattr(module, theirs).grad.chunk(len(mine))
        for each, part in zip(mine, parts, strict=True):
            assert difference(gradients[each], frozen(part)) < 1e-12, each
    for key, tensor in {**head, **started}.items():
        assert difference(gradients[key], frozen(tensor.grad)) < 1e-12, key


def placed(name: str) -> dict[str, list[str]]:
    """PyTorch's parameter → our letters, one below the other."""
    if name == "bidirectional":
        return {
            f"{theirs}_l0{end}": [f"{mine}{ours}"]
            for theirs, mine in (("weight_ih", "U"), ("weight_hh", "W"), ("bias_ih", "b"))
            for end, ours in (("", ""), ("_reverse", "_b"))
        }
    if name == "stacked":
        return {
            f"{theirs}_l{layer - 1}": [f"{mine}_{layer}"]
            for theirs, mine in (("weight_ih", "U"), ("weight_hh", "W"), ("bias_ih", "b"))
            for layer in (1, 2)
        }
    return {
        f"{theirs}_l{layer - 1}": [f"{mine}_{gate}{layer}" for gate in "ifco"]
        for theirs, mine in (("weight_ih", "W"), ("weight_hh", "U"), ("bias_ih", "b"))
        for layer in (1, 2)
    }


def frozen(tensor: Any) -> Value:
    listed = tensor.tolist()
    return tuple(tuple(row) if isinstance(row, list) else row for row in listed)
