"""Initialisers against PyTorch: fans, gains, and the numbers that are really drawn."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlcalc

torch = pytest.importorskip("torch")
init = torch.nn.init
pytestmark = pytest.mark.peers

SIZE = st.integers(1, 300)
FILTER = st.tuples(st.integers(1, 5), st.integers(1, 5))

DRAW = {
    "he-normal": lambda w: init.kaiming_normal_(w, nonlinearity="relu"),
    "he-uniform": lambda w: init.kaiming_uniform_(w, nonlinearity="relu"),
    "glorot-normal": init.xavier_normal_,
    "glorot-uniform": init.xavier_uniform_,
}


def expected(rule: str, fan_in: int, fan_out: int) -> float:
    """σ or the limit, from PyTorch's gain."""
    gain = init.calculate_gain("relu" if rule.startswith("he") else "linear")
    deviation = gain / math.sqrt(fan_in if rule.startswith("he") else (fan_in + fan_out) / 2)
    return deviation * math.sqrt(3) if rule.endswith("uniform") else deviation


def drawn_with(ours: Any) -> float:
    return float(getattr(ours, ours.working.formula.answers[0]))


@pytest.mark.parametrize("rule", sorted(DRAW))
@given(n=SIZE, m=SIZE)
def test_dense(rule: str, n: int, m: int) -> None:
    """σ or the limit for m units on n inputs."""
    fans = init._calculate_fan_in_and_fan_out(torch.empty(m, n, device="meta"))
    ours = dlcalc.init(rule, n=n, m=m)
    assert (ours.fan_in, ours.fan_out) == fans
    assert drawn_with(ours) == pytest.approx(expected(rule, *fans), rel=1e-12)


@pytest.mark.parametrize("rule", sorted(DRAW))
@given(f=FILTER, c=st.integers(1, 20), k=st.integers(1, 20))
def test_convolution(rule: str, f: tuple[int, int], c: int, k: int) -> None:
    """The fans of k filters on c channels count the window's positions too."""
    fans = init._calculate_fan_in_and_fan_out(torch.empty(k, c, *f, device="meta"))
    ours = dlcalc.init(f"{rule}-conv", f=f, c=c, k=k)
    assert (ours.fan_in, ours.fan_out) == fans
    assert drawn_with(ours) == pytest.approx(expected(rule, *fans), rel=1e-12)


@pytest.mark.parametrize("shape", [(400, 300), (64, 32, 5, 5)])
@pytest.mark.parametrize("rule", sorted(DRAW))
def test_what_is_drawn(rule: str, shape: tuple[int, ...]) -> None:
    """Fifty thousand weights and more: their deviation is ours, and a uniform one reaches our limit and no further."""
    torch.manual_seed(0)
    weight = DRAW[rule](torch.empty(shape))
    k, c, *f = shape
    ours = dlcalc.init(f"{rule}-conv", f=tuple(f), c=c, k=k) if f else dlcalc.init(rule, n=c, m=k)
    assert weight.std().item() == pytest.approx(math.sqrt(ours.variance), rel=0.02)
    assert abs(weight.mean().item()) < 0.02 * math.sqrt(ours.variance)
    if rule.endswith("uniform"):
        assert 0.99 * ours.limit < weight.abs().max().item() <= ours.limit * (1 + 1e-6)


@pytest.mark.parametrize("shape", [(200, 300), (40, 30, 3, 3)])
def test_the_layers_own_initialiser(shape: tuple[int, ...]) -> None:
    """PyTorch's dense layers and convolutions start uniform on ±1/√fan_in."""
    torch.manual_seed(0)
    k, c, *f = shape
    layer = torch.nn.Conv2d(c, k, tuple(f)) if f else torch.nn.Linear(c, k)
    limit = dlcalc.init("uniform-conv", f=tuple(f), c=c, k=k).limit if f else dlcalc.init("uniform", n=c, m=k).limit
    assert 0.99 * limit < layer.weight.abs().max().item() <= limit * (1 + 1e-6)
    assert layer.bias.abs().max().item() <= limit * (1 + 1e-6)
