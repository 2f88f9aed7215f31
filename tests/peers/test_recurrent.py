"""Recurrent layers against PyTorch: counts, shapes of the matrices, and the bound on a gradient through time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlcalc

torch = pytest.importorskip("torch")
nn = torch.nn
pytestmark = pytest.mark.peers

LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
SIZE = st.integers(1, 60)


def layer(kind: str, n: int, m: int, L: int = 1, D: int = 1, bias: bool = True, device: str = "meta") -> Any:
    return LAYERS[kind](n, m, num_layers=L, bidirectional=D == 2, bias=bias, device=device)


@given(kind=st.sampled_from(sorted(LAYERS)), n=SIZE, m=SIZE, L=st.integers(1, 4), D=st.integers(1, 2))
def test_parameters(kind: str, n: int, m: int, L: int, D: int) -> None:
    """Stacked and in both directions: PyTorch's two bias vectors, the textbooks' one, and none at all."""
    sizes = {name: tensor.numel() for name, tensor in layer(kind, n, m, L, D).named_parameters()}
    calculator = getattr(dlcalc, kind)
    pytorch = calculator(n=n, m=m, L=L, D=D, convention="pytorch")
    assert pytorch.parameters == sum(sizes.values())
    assert pytorch.weights == sum(size for name, size in sizes.items() if name.startswith("weight"))
    assert pytorch.biases == sum(size for name, size in sizes.items() if name.startswith("bias"))
    textbook = calculator(n=n, m=m, L=L, bidirectional=D == 2)
    assert textbook.parameters == sum(size for name, size in sizes.items() if not name.startswith("bias_hh"))
    without = sum(tensor.numel() for tensor in layer(kind, n, m, L, D, bias=False).parameters())
    assert calculator(n=n, m=m, L=L, D=D, convention="no-bias").parameters == without


@given(kind=st.sampled_from(sorted(LAYERS)), n=SIZE, m=SIZE)
def test_matrices(kind: str, n: int, m: int) -> None:
    """PyTorch stacks the gates' matrices, units first."""
    module = layer(kind, n, m)
    ours = getattr(dlcalc, kind)(n=n, m=m, convention="pytorch")
    assert ours.input_matrix == module.weight_ih_l0.shape
    assert ours.recurrent_matrix == module.weight_hh_l0.shape


@pytest.mark.parametrize("kind", sorted(LAYERS))
@pytest.mark.parametrize("D", [1, 2])
def test_outputs(kind: str, D: int) -> None:
    """T rows, the directions side by side, whatever the number of layers."""
    out, _ = layer(kind, 3, 5, L=2, D=D, device="cpu")(torch.zeros(7, 3))
    ours = getattr(dlcalc, kind)(n=3, m=5, T=7, L=2, D=D)
    assert ours.output == out.shape
    assert ours.activation_memory == out.numel() * out.element_size()


@given(n=SIZE, m=SIZE, q=SIZE, L=st.integers(1, 3), D=st.integers(1, 2))
def test_output_layer(n: int, m: int, q: int, L: int, D: int) -> None:
    """The output layer reads the state of all directions."""
    readout = nn.Linear(D * m, q, device="meta")
    both = [*layer("rnn", n, m, L, D).parameters(), *readout.parameters()]
    ours = dlcalc.rnn(n=n, m=m, q=q, L=L, D=D, convention="pytorch")
    assert ours.parameters == sum(tensor.numel() for tensor in both)
    assert ours.output_matrix == readout.weight.shape


def test_keras_gru_is_counted_as_pytorch() -> None:
    """With reset_after a GRU has two bias vectors per gate in both: 3m(n + m + 2)."""
    assert dlcalc.gru(n=256, m=1024, convention="keras").parameters == 3_938_304
    assert sum(tensor.numel() for tensor in layer("gru", 256, 1024).parameters()) == 3_938_304


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("scale", [0.3, 2.5])
def test_bound_on_a_gradient_through_time(activation: str, scale: float) -> None:
    """No product of Jacobians is longer than (γλ)^(t−k), λ the largest singular value of W; tanh at rest reaches it."""
    torch.manual_seed(1)
    m, t, k = 4, 6, 2
    W = torch.linalg.qr(torch.randn(m, m, dtype=torch.float64))[0] * scale
    act = getattr(torch, activation)

    def later(state: Any) -> Any:
        for _ in range(t - k):
            state = act(W @ state)
        return state

    for size in (0.0, 1.0):
        jacobian = torch.autograd.functional.jacobian(later, size * torch.randn(m, dtype=torch.float64))
        length = float(torch.linalg.matrix_norm(jacobian, 2))
        ours = dlcalc.bound(**{"lambda": scale}, t=t, k=k, gamma="1" if activation == "tanh" else "1/4")
        assert length <= float(ours.bound) * (1 + 1e-9)
        if activation == "tanh" and size == 0:
            assert length == pytest.approx(float(ours.bound))
