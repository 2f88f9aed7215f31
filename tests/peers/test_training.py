"""What happens in training, against PyTorch: clipping, dropout, losses before any training, batches."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import dlcalc

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.peers

TENTH = st.integers(-100, 100).map(lambda tenths: Fraction(tenths, 10))
GRADIENT = st.lists(TENTH, min_size=1, max_size=6)
THRESHOLD = st.integers(1, 200).map(lambda tenths: Fraction(tenths, 10))


def with_gradient(g: list[Fraction]) -> torch.Tensor:
    weight = torch.zeros(len(g), dtype=torch.float64, requires_grad=True)
    weight.grad = torch.tensor([float(component) for component in g], dtype=torch.float64)
    return weight


@given(g=GRADIENT, theta=THRESHOLD)
def test_clipping_by_norm(g: list[Fraction], theta: Fraction) -> None:
    """The same within 1e-6, which PyTorch adds to the norm before it divides."""
    weight = with_gradient(g)
    norm = torch.nn.utils.clip_grad_norm_([weight], float(theta)).item()
    ours = dlcalc.clip(g=g, theta=theta)
    assert float(ours.norm) == pytest.approx(norm, rel=1e-12)
    assume(norm >= 1)
    assert [float(x) for x in ours.clipped] == pytest.approx(weight.grad.tolist(), rel=1e-6)


@given(g=GRADIENT, theta=THRESHOLD)
def test_clipping_by_value(g: list[Fraction], theta: Fraction) -> None:
    """Each component by itself, exactly."""
    weight = with_gradient(g)
    torch.nn.utils.clip_grad_value_([weight], float(theta))
    assert [float(x) for x in dlcalc.clip(g=g, theta=theta, value=True).clipped] == weight.grad.tolist()


@given(percent=st.integers(0, 99))
def test_dropout(percent: int) -> None:
    """p drops: what is kept is divided by 1 − p in training, and nothing is done at test time."""
    torch.manual_seed(0)
    ours = dlcalc.dropout(n=2_000, p=Fraction(percent, 100), convention="drop")
    x = torch.ones(2_000, dtype=torch.float64)
    kept = F.dropout(x, percent / 100, training=True)
    assert kept[kept != 0].tolist() == pytest.approx([float(ours.training_scale)] * int((kept != 0).sum()))
    assert int((kept != 0).sum()) == pytest.approx(float(ours.expected), abs=120)
    assert F.dropout(x, percent / 100, training=False).tolist() == [float(ours.test_scale)] * 2_000


def test_dropout_keeps_the_expected_output() -> None:
    """Both ways of scaling make training and test time agree on average."""
    for convention, p in (("keep", "0.8"), ("drop", "0.2")):
        ours = dlcalc.dropout(n=100, p=p, convention=convention)
        assert ours.keep * ours.training_scale == ours.test_scale


@given(k=st.integers(2, 300))
def test_loss_of_an_untrained_classifier(k: int) -> None:
    """Equal logits: cross-entropy is ln k, whichever class is right."""
    logits, targets = torch.zeros(3, k, dtype=torch.float64), torch.tensor([0, k // 2, k - 1])
    loss = F.cross_entropy(logits, targets).item()
    ours = dlcalc.untrained_loss(k=k)
    assert ours.loss == pytest.approx(loss, rel=1e-12)
    assert float(ours.perplexity) == pytest.approx(torch.exp(torch.tensor(loss, dtype=torch.float64)).item())


@given(p=st.lists(st.integers(1, 100).map(lambda percent: Fraction(percent, 100)), min_size=1, max_size=8))
def test_scores_of_a_sequence(p: list[Fraction]) -> None:
    """Mean negative log-likelihood, and e to its power."""
    chances = torch.tensor([[float(x), 1 - float(x)] for x in p], dtype=torch.float64)
    loss = F.nll_loss(chances.log(), torch.zeros(len(p), dtype=torch.int64))
    ours = dlcalc.perplexity(p=p)
    assert float(ours.loss) == pytest.approx(loss.item(), rel=1e-9, abs=1e-12)
    assert float(ours.perplexity) == pytest.approx(loss.exp().item(), rel=1e-9)
    assert float(dlcalc.log_probability(p=p).log_probability) == pytest.approx(-len(p) * loss.item(), abs=1e-9)


@given(N=st.integers(1, 500), B=st.integers(1, 60), epochs=st.integers(1, 9))
def test_updates(N: int, B: int, epochs: int) -> None:
    """A data loader has as many batches, its last one as many examples; with drop_last only full ones."""
    assume(B <= N)
    batches = list(torch.utils.data.DataLoader(range(N), batch_size=B))
    ours = dlcalc.updates(N=N, B=B, epochs=epochs)
    assert (ours.per_epoch, ours.updates) == (len(batches), epochs * len(batches))
    assert ours.last_batch == len(batches[-1])
    full = torch.utils.data.DataLoader(range(N), batch_size=B, drop_last=True)
    assert dlcalc.updates(N=N, B=B, convention="drop-last").per_epoch == len(full)
