"""The activation functions of the language against PyTorch and Keras: values, and derivatives by autograd."""

from __future__ import annotations

import pytest
from peers.keras_torch import keras, np, torch

from dlcalc.expressions.derive import derivative
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.nodes import Call, Name

pytestmark = pytest.mark.peers
F = torch.nn.functional

PYTORCH = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": F.relu, "softplus": lambda x: F.softplus(x, threshold=1000),
    "logsigmoid": F.logsigmoid, "leakyrelu": F.leaky_relu, "relu6": F.relu6, "elu": F.elu, "selu": F.selu,
    "silu": F.silu, "gelu": F.gelu, "mish": F.mish, "softsign": F.softsign, "hardsigmoid": F.hardsigmoid,
    "hardtanh": F.hardtanh, "hardswish": F.hardswish, "tanhshrink": F.tanhshrink, "erf": torch.erf, "sinh": torch.sinh,
    "cosh": torch.cosh, "arctan": torch.atan, "arsinh": torch.asinh, "tan": torch.tan, "sign": torch.sign,
    "sech": lambda x: 1 / torch.cosh(x), "csch": lambda x: 1 / torch.sinh(x), "coth": lambda x: 1 / torch.tanh(x),
    "arcsin": torch.asin, "arccos": torch.acos, "artanh": torch.atanh, "arcosh": torch.acosh,
}  # fmt: skip
KERAS = {
    "sigmoid": "sigmoid", "tanh": "tanh", "relu": "relu", "softplus": "softplus", "logsigmoid": "log_sigmoid",
    "relu6": "relu6", "elu": "elu", "selu": "selu", "silu": "silu", "mish": "mish", "softsign": "softsign",
    "hardsigmoid": "hard_sigmoid", "hardtanh": "hard_tanh", "hardswish": "hard_silu", "tanhshrink": "tanh_shrink",
}  # fmt: skip
POINTS = (-7.25, -2.5, -1.25, -0.75, -0.3, 0.2, 0.6, 0.9, 1.75, 3.5, 7.5)
DOMAINS = {"arcsin": (-1, 1), "arccos": (-1, 1), "artanh": (-1, 1), "arcosh": (1, 10)}


@pytest.mark.parametrize("name", PYTORCH)
def test_values_and_derivatives_of_pytorch(name: str) -> None:
    low, high = DOMAINS.get(name, (-10, 10))
    call = Call(name, (Name("x"),))
    slope = derivative(call, "x")
    for x in (point for point in POINTS if low < point < high):
        at = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        value = PYTORCH[name](at)
        value.backward()
        assert float(evaluate(call, {"x": x})) == pytest.approx(value.item(), rel=1e-9, abs=1e-12), x
        assert float(evaluate(slope, {"x": x})) == pytest.approx(at.grad.item(), rel=1e-7, abs=1e-12), x


@pytest.mark.parametrize("name", KERAS)
def test_values_of_keras(name: str) -> None:
    function = getattr(keras.activations, KERAS[name])
    found = function(torch.tensor(POINTS, dtype=torch.float64))
    ours = [float(evaluate(Call(name, (Name("x"),)), {"x": x})) for x in POINTS]
    np.testing.assert_allclose(ours, found.numpy(), rtol=1e-6, atol=1e-7)
    if name == "silu":
        exact = keras.activations.gelu(torch.tensor(POINTS, dtype=torch.float64), approximate=False)
        np.testing.assert_allclose([float(evaluate(Call("gelu", (Name("x"),)), {"x": x})) for x in POINTS],
                                   exact.numpy(), rtol=1e-6, atol=1e-7)  # fmt: skip
