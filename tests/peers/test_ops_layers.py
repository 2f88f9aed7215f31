"""Dense layers, norms, activations, losses and attention on arrays against PyTorch's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from ops.against_torch import BATCHES, DTYPES, SEEDS, agree, numbers  # noqa: E402

from dlcalc import ops  # noqa: E402

F = torch.nn.functional
pytestmark = pytest.mark.peers

few = settings(max_examples=40)
SIZES = st.integers(1, 5)


@few
@given(st.data())
def test_linear(data: st.DataObject) -> None:
    n, m = data.draw(SIZES), data.draw(SIZES)
    outer = data.draw(st.sampled_from([(), (0,), (1,), (3,), (2, 3)]))
    shapes = {"x": (*outer, n), "weight": (m, n)} | ({"bias": (m,)} if data.draw(st.booleans()) else {})
    arrays = numbers(data.draw(SEEDS), data.draw(DTYPES), shapes)
    agree(ops.linear, arrays, lambda **t: F.linear(*t.values()))


@few
@given(st.data())
def test_embedding(data: st.DataObject) -> None:
    words, m = data.draw(SIZES), data.draw(SIZES)
    seed = data.draw(SEEDS)
    indices = np.random.default_rng(seed).integers(0, words, data.draw(st.sampled_from([(), (0,), (4,), (2, 3)])))
    indices = np.asarray(indices, dtype=data.draw(st.sampled_from(["int32", "int64"])))
    arrays = numbers(seed, data.draw(DTYPES), {"weight": (words, m)})
    agree(ops.embedding, arrays, lambda weight: F.embedding(torch.tensor(indices), weight), indices=indices)


@few
@given(st.data())
def test_batch_norm_in_training(data: st.DataObject) -> None:
    """The running averages move as PyTorch's do, in place."""
    c, inner = data.draw(SIZES), data.draw(st.sampled_from([(), (3,), (2, 3)]))
    seed, dtype, momentum = data.draw(SEEDS), data.draw(DTYPES), data.draw(st.sampled_from([0.1, 0.5, 1.0]))
    arrays = numbers(seed, dtype, {"x": (data.draw(st.integers(2, 4)), c, *inner), "weight": (c,), "bias": (c,)})
    mean, var = np.zeros(c, dtype=dtype), np.ones(c, dtype=dtype)
    running = torch.zeros(c, dtype=torch.tensor(mean).dtype), torch.ones(c, dtype=torch.tensor(mean).dtype)
    eps = 0.01

    def theirs(x, weight, bias):
        return F.batch_norm(x, *running, weight, bias, True, momentum, eps)

    settings = {"mean": mean, "var": var, "training": True, "momentum": momentum, "eps": eps}
    result, _ = ops.forward(ops.batch_norm, **arrays, **settings)
    wanted = theirs(**{name: torch.tensor(array) for name, array in arrays.items()})
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    assert np.allclose(result, wanted.numpy(), rtol=0, atol=tolerance * max(1, np.abs(result).max()))
    for ours, their in zip((mean, var), running, strict=True):
        assert ours.dtype == dtype
        assert np.allclose(ours, their.numpy(), rtol=tolerance, atol=tolerance)
    settings |= {"mean": None, "var": None}
    if dtype == np.float64:
        agree(ops.batch_norm, arrays, theirs, seed, largest=1, **settings)


@few
@given(st.data())
def test_batch_norm_in_use(data: st.DataObject) -> None:
    c, inner = data.draw(SIZES), data.draw(st.sampled_from([(), (3,), (2, 3)]))
    seed = data.draw(SEEDS)
    shapes = {"x": (data.draw(BATCHES), c, *inner), "mean": (c,), "var": (c,), "weight": (c,), "bias": (c,)}
    arrays = numbers(seed, np.float64, shapes)
    arrays["var"] = np.abs(arrays["var"]) + 0.1

    def theirs(x, mean, var, weight, bias):
        return F.batch_norm(x, mean.detach(), var.detach(), weight, bias, False, 0.1, 1e-3)

    # PyTorch hands out no gradients of the running averages; the differences of test_every_op have them.
    fixed = {name: arrays.pop(name) for name in ("mean", "var")}
    result, saved = ops.forward(ops.batch_norm, **arrays, **fixed, eps=1e-3)
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}
    wanted = theirs(**tensors, **{name: torch.tensor(array) for name, array in fixed.items()})
    assert np.allclose(result, wanted.detach().numpy(), rtol=1e-12, atol=1e-12)
    d_result = numbers(seed + 1, np.float64, {"d": result.shape})["d"]
    wanted.backward(torch.tensor(d_result))
    gradients = ops.backward(saved, d_result)
    for name, tensor in tensors.items():
        assert np.allclose(gradients[name], tensor.grad.numpy(), rtol=1e-11, atol=1e-11), name


@few
@given(st.data())
def test_layer_norm(data: st.DataObject) -> None:
    inner = data.draw(st.sampled_from([(4,), (5,), (2, 3)]))
    outer = data.draw(st.sampled_from([(1,), (3,), (0,), (2, 2)]))
    arrays = numbers(data.draw(SEEDS), np.float64, {"x": outer + inner, "weight": inner, "bias": inner})
    agree(ops.layer_norm, arrays, lambda x, **t: F.layer_norm(x, inner, *t.values(), 1e-3), largest=1, eps=1e-3)


@few
@given(st.data())
def test_local_response_norm(data: st.DataObject) -> None:
    """An even size, too: one channel more in front, as in PyTorch."""
    shape = data.draw(st.sampled_from([(2, 5, 3), (1, 7, 2, 2), (3, 1, 2), (1, 4, 1)]))
    given = {"size": data.draw(st.integers(1, 6)), "alpha": 0.5, "beta": data.draw(st.sampled_from([0.75, 0.5]))}
    given["k"] = data.draw(st.sampled_from([1.0, 2.0]))
    arrays = numbers(data.draw(SEEDS), data.draw(DTYPES), {"x": shape})
    agree(ops.local_response_norm, arrays, lambda x: F.local_response_norm(x, **given), **given)


ACTIVATIONS = {
    ops.sigmoid: torch.sigmoid,
    ops.tanh: torch.tanh,
    ops.relu: torch.relu,
    ops.leaky_relu: F.leaky_relu,
    ops.gelu: F.gelu,
    # Beyond its threshold of 20 PyTorch's is x itself.
    ops.softplus: lambda x: F.softplus(x, threshold=1000),
}


@pytest.mark.parametrize("op", list(ACTIVATIONS), ids=lambda op: op.__name__)
@few
@given(st.data())
def test_activations(op, data: st.DataObject) -> None:
    """Large numbers, zeros of both signs and empty arrays too."""
    shape = data.draw(st.sampled_from([(), (0,), (5,), (2, 3, 4)]))
    arrays = numbers(data.draw(SEEDS), data.draw(DTYPES), {"x": shape})
    arrays["x"] = np.asarray(arrays["x"] * arrays["x"].dtype.type(data.draw(st.sampled_from([0, -0.0, 1, 30]))))
    agree(op, arrays, lambda x: ACTIVATIONS[op](x), largest=1)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@few
@given(st.data())
def test_softmax(name: str, data: st.DataObject) -> None:
    """Numbers whose powers would overflow, too."""
    shape = data.draw(st.sampled_from([(1,), (5,), (3, 1), (2, 3, 4), (0, 3)]))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1).filter(lambda axis: shape[axis] > 0))
    arrays = numbers(data.draw(SEEDS), np.float64, {"x": shape})
    arrays["x"] += data.draw(st.sampled_from([0, 1000]))
    agree(getattr(ops, name), arrays, lambda x: getattr(F, name)(x, dim=axis), largest=1, axis=axis)


REDUCTIONS = st.sampled_from(["mean", "sum", "none"])


@few
@given(st.data())
def test_elementwise_losses(data: st.DataObject) -> None:
    """The mean of nothing is NaN in both and has no gradient to compare: it is left out here."""
    shape, how = data.draw(st.sampled_from([(1,), (5,), (2, 3)])), data.draw(REDUCTIONS)
    arrays = numbers(data.draw(SEEDS), data.draw(DTYPES), {"x": shape, "target": shape})
    agree(ops.mse_loss, arrays, lambda x, target: F.mse_loss(x, target, reduction=how), reduction=how)
    shares = {name: 1 / (1 + np.exp(-array)) for name, array in arrays.items()}
    target = shares.pop("target")

    # PyTorch has no gradient of the target at some sizes; ours is held by differences.
    def theirs(x):
        return F.binary_cross_entropy(x, torch.tensor(target), reduction=how)

    result, saved = ops.forward(ops.binary_cross_entropy, **shares, target=target, reduction=how)
    x = torch.tensor(shares["x"], requires_grad=True)
    wanted = theirs(x)
    tolerance = 1e-5 if result.dtype == np.float32 else 1e-12
    assert np.allclose(result, wanted.detach().numpy(), rtol=tolerance, atol=tolerance)
    wanted.sum().backward()
    found = ops.backward(saved, np.ones_like(result))["x"]
    assert np.allclose(found, x.grad.numpy(), rtol=tolerance, atol=tolerance * np.abs(found).max())


@pytest.mark.parametrize("p", [0.0, 1.0])
@pytest.mark.parametrize("t", [0.0, 0.25, 1.0])
def test_log_loss_of_certainty(p: float, t: float) -> None:
    """A logarithm of 0 counts as −100, and the gradient is finite: a difference by 1e-12, near enough to PyTorch's."""
    x = torch.tensor([p], dtype=torch.float64, requires_grad=True)
    wanted = F.binary_cross_entropy(x, torch.tensor([t], dtype=torch.float64))
    wanted.backward()
    result, saved = ops.forward(ops.binary_cross_entropy, np.array([p]), np.array([t]))
    assert result == wanted.item()
    assert ops.backward(saved, 1.0)["x"] == pytest.approx(x.grad.item(), rel=1e-8)


@few
@given(st.data())
def test_cross_entropy(data: st.DataObject) -> None:
    classes, how = data.draw(SIZES), data.draw(REDUCTIONS)
    batch = data.draw(st.integers(1, 4))
    inner = data.draw(st.sampled_from([(), (3,), (2, 2)]))
    seed = data.draw(SEEDS)
    targets = np.random.default_rng(seed).integers(0, classes, (batch, *inner))
    arrays = numbers(seed, np.float64, {"logits": (batch, classes, *inner)})
    agree(
        ops.cross_entropy, arrays, lambda logits: F.cross_entropy(logits, torch.tensor(targets), reduction=how), seed,
        targets=targets, reduction=how,
    )  # fmt: skip


@few
@given(st.data())
def test_attention(data: st.DataObject) -> None:
    """With no mask, a mask of numbers, or a causal one."""
    batch = data.draw(st.sampled_from([(), (2,), (2, 3), (0,)]))
    t_q, t_k, d, d_v = (data.draw(SIZES) for _ in range(4))
    shapes = {"q": (*batch, t_q, d), "k": (*batch, t_k, d), "v": (*batch, t_k, d_v)}
    kind = data.draw(st.sampled_from(["none", "numbers", "causal"]))
    if kind == "numbers":
        shapes["mask"] = (t_q, t_k)
    seed = data.draw(SEEDS)
    arrays = numbers(seed, np.float64, shapes)
    fixed = {"mask": np.tril(np.ones((t_q, t_k), dtype=bool))} if kind == "causal" else {}

    def theirs(q, k, v, mask=None):
        mask = torch.tensor(fixed["mask"]) if fixed else mask
        return F.scaled_dot_product_attention(q, k, v, mask)

    agree(ops.attention, arrays, theirs, seed, largest=1, **fixed)


@few
@given(st.data())
def test_multi_head_attention(data: st.DataObject) -> None:
    heads, size = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    batch, t_q, t_k = (data.draw(st.integers(1, 3)) for _ in range(3))
    e, causal = heads * size, data.draw(st.booleans())
    shapes = {"q": (t_q, batch, e), "k": (t_k, batch, e), "v": (t_k, batch, e)}
    shapes |= {f"w_{name}": (e, e) for name in "qkvo"} | {f"b_{name}": (e,) for name in "qvo"}
    seed = data.draw(SEEDS)
    arrays = numbers(seed, np.float64, shapes)
    mask = np.tril(np.ones((t_q, t_k), dtype=bool)) if causal else None

    def theirs(q, k, v, w_q, w_k, w_v, w_o, b_q, b_v, b_o):
        in_bias = torch.cat([b_q, torch.zeros_like(b_q), b_v])
        return F.multi_head_attention_forward(
            q, k, v, e, heads, torch.cat([w_q, w_k, w_v]), in_bias, None, None, False, 0.0, w_o, b_o, training=False,
            need_weights=False, attn_mask=None if mask is None else torch.tensor(~mask),
        )[0]  # fmt: skip

    agree(ops.multi_head_attention, arrays, theirs, seed, largest=1, heads=heads, mask=mask)
