"""Activation functions against PyTorch: values, and derivatives by automatic differentiation."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlcalc

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.peers

FUNCTIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "softplus": F.softplus}
# In thousandths, so that our exact number is PyTorch's float. Beyond 20 its softplus is x itself.
INPUT = st.integers(-20_000, 20_000).map(lambda thousandths: Fraction(thousandths, 1000))
CLOSE = {"rel": 1e-12, "abs": 1e-12}


def scalar(x: Fraction) -> torch.Tensor:
    return torch.tensor(float(x), dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@given(x=INPUT)
def test_value_and_derivative(name: str, x: Fraction) -> None:
    """One function of one number, on both sides of 0."""
    at = scalar(x)
    value = FUNCTIONS[name](at)
    value.backward()
    ours = dlcalc.activation(name, x=x)
    assert float(ours.value) == pytest.approx(value.item(), **CLOSE)
    assert float(ours.derivative) == pytest.approx(at.grad.item(), **CLOSE)


@pytest.mark.parametrize("name", ["relu", "leaky-relu"])
def test_derivative_at_the_kink(name: str) -> None:
    """At 0, where there is none, we take the one that PyTorch takes."""
    at = scalar(Fraction(0))
    (torch.relu(at) if name == "relu" else F.leaky_relu(at, 0.2)).backward()
    slope = {} if name == "relu" else {"a": 0.2}
    assert float(dlcalc.activation(name, x=0, **slope).derivative) == at.grad.item()


@given(x=INPUT, slope=st.integers(0, 100))
def test_leaky_relu(x: Fraction, slope: int) -> None:
    """With every slope from 0 to 1."""
    at = scalar(x)
    value = F.leaky_relu(at, slope / 100)
    value.backward()
    ours = dlcalc.activation("leaky-relu", x=x, a=Fraction(slope, 100))
    assert float(ours.value) == pytest.approx(value.item(), **CLOSE)
    assert float(ours.derivative) == pytest.approx(at.grad.item(), **CLOSE)


def test_slope_of_leaky_relu_unless_given() -> None:
    """0.01 in both."""
    theirs = F.leaky_relu(scalar(Fraction(-3))).item()
    assert float(dlcalc.activation("leaky-relu", x=-3).value) == pytest.approx(theirs)


@given(z=st.lists(INPUT, min_size=1, max_size=6))
def test_softmax(z: list[Fraction]) -> None:
    """The probabilities, and their Jacobian row by row."""
    at = torch.tensor([float(x) for x in z], dtype=torch.float64)
    ours = dlcalc.activation("softmax", z=z)
    assert ours.value == pytest.approx(torch.softmax(at, 0).tolist(), **CLOSE)
    jacobian = torch.autograd.functional.jacobian(lambda x: torch.softmax(x, 0), at)
    assert len(ours.derivative) == len(z)
    for row, theirs in zip(ours.derivative, jacobian.tolist(), strict=True):
        assert row == pytest.approx(theirs, **CLOSE)


def test_step() -> None:
    """A threshold unit fires above 0; its derivative is 0, as PyTorch's Heaviside function has none to offer."""
    for x in (-2, 0, 2):
        theirs = torch.heaviside(torch.tensor(float(x)), torch.tensor(0.0)).item()
        assert dlcalc.activation("step", x=x).value == theirs
        assert dlcalc.activation("step", x=x).derivative == 0
