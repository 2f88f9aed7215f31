"""Gradients of feed-forward networks against PyTorch: the same layers by its functions, differentiated by autograd."""

from __future__ import annotations

from typing import Any

import pytest

from dlcalc.expressions.nodes import Value
from dlcalc.gradients import difference
from dlcalc.gradients.feedforward import Numbers, drawn, feedforward
from dlcalc.networks.text import read

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.peers


def leaf(value: Value) -> Any:
    return torch.tensor(_floats(value), dtype=torch.float64, requires_grad=True)


def _floats(value: Value) -> Any:
    return [_floats(part) for part in value] if isinstance(value, tuple) else float(value)


def mlp(*activations: Any) -> Any:
    def run(w: dict[str, Any]) -> Any:
        h = w["x"]
        for number, activation in enumerate(activations, 1):
            h = activation(F.linear(h, w[f"W_{number}"], w.get(f"b_{number}")))
        return h

    return run


def same(a: Any) -> Any:
    return a


def softmax(a: Any) -> Any:
    return torch.softmax(a, -1)


def lenet_like(w: dict[str, Any]) -> Any:
    h = torch.relu(F.conv2d(w["x"][None], w["W_1"], w["b_1"], padding=1))
    h = torch.tanh(F.conv2d(F.max_pool2d(h, 2), w["W_2"], w["b_2"], stride=2))
    return softmax(F.linear(h.flatten(), w["W_3"], w["b_3"]))


def strided(w: dict[str, Any]) -> Any:
    h = F.avg_pool2d(torch.relu(F.conv2d(w["x"][None], w["W_1"], w["b_1"], stride=2, padding=1)), 2, 1)
    return softmax(F.linear(F.conv2d(h, w["W_2"], w["b_2"]).mean((2, 3)).flatten(), w["W_3"], w["b_3"]))


def overlapping(w: dict[str, Any]) -> Any:
    padded = F.pad(w["x"][None], (0, 1, 0, 1))
    return F.max_pool2d(F.conv2d(padded, w["W_1"]), 3, 2)[0]


LOSS = {
    "squared": lambda yhat, y: ((yhat - y) ** 2).sum() / 2,
    "cross-entropy": lambda yhat, y: -(y * torch.log(yhat)).sum(),
    "log": lambda yhat, y: F.binary_cross_entropy(yhat, y, reduction="sum"),
}
NETS = [
    ("2; dense 2 sigmoid; dense 1 sigmoid", "squared", mlp(torch.sigmoid, torch.sigmoid)),
    ("3; dense 4 tanh; dense 2 relu; dense 3 softmax", "cross-entropy", mlp(torch.tanh, torch.relu, softmax)),
    ("3; dense 4 relu nobias; dense 2 sigmoid", "log", mlp(torch.relu, torch.sigmoid)),
    ("3; dense 4; dense 2", "squared", mlp(same, same)),
    ("3; dense 4 softmax", "squared", mlp(softmax)),
    ("4x4x1; conv 1 f2", "squared", lambda w: F.conv2d(w["x"][None], w["W_1"], w["b_1"])[0]),
    ("5x5x2; conv 2 f3 p1 relu; pool 2; conv 2 f2 s2 tanh; dense 2 softmax", "cross-entropy", lenet_like),
    ("6x6x2; conv 2 f3 s2 p1 relu; avgpool f2 s1; conv 3 f1; gap; dense 2 softmax", "cross-entropy", strided),
    ("4x5x1; conv 2 f2 same nobias; pool f3 s2", "squared", overlapping),
]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("line", "loss", "run"), NETS)
def test_every_gradient_is_that_of_autograd(line: str, loss: str, run: Any, seed: int) -> None:
    """All weights, biases and the input to 1e-12, and the loss."""
    network = feedforward(read(line), loss)
    found = Numbers(network, drawn(network, seed))
    leaves = {name: leaf(value) for name, value in found.given.items()}
    total = LOSS[loss](run(leaves), leaves["y"].detach())
    total.backward()
    assert float(found.loss) == pytest.approx(total.item(), rel=1e-12)
    for name, gradient in found.gradients.items():
        theirs = leaves[name].grad.tolist()
        assert difference(gradient, _tuples(theirs)) < 1e-12, name


def _tuples(value: Any) -> Value:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
