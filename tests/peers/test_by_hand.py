"""Operations by hand against PyTorch: cells, optimisers, normalisation, attention, losses; gradients by autograd."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from asking import ask
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
nn = torch.nn
pytestmark = pytest.mark.peers

HUNDREDTHS = st.integers(-150, 150).map(lambda number: Fraction(number, 100))
FEW = settings(max_examples=15, deadline=None)


def vectors(*sizes: int) -> st.SearchStrategy[Any]:
    """Nested tuples of these sizes."""
    entries: st.SearchStrategy[Any] = HUNDREDTHS
    for size in reversed(sizes):
        entries = st.tuples(*[entries] * size)
    return entries


def numbers(value: Any) -> Any:
    return [numbers(item) for item in value] if isinstance(value, tuple) else float(value)


def tensor(value: Any, learnt: bool = False) -> Any:
    return torch.tensor(numbers(value), dtype=torch.float64, requires_grad=learnt)


def close(found: Any, expected: Any) -> None:
    torch.testing.assert_close(tensor(found), expected.detach(), rtol=1e-9, atol=1e-10)


@st.composite
def cell(draw: st.DrawFn, gates: str, *states: str) -> dict[str, Any]:
    """Two inputs, three units, three steps."""
    found = {"x": draw(vectors(3, 2)), **{name: draw(vectors(3)) for name in states}}
    for gate in gates:
        found |= {f"W_{gate}": draw(vectors(3, 2)), f"U_{gate}": draw(vectors(3, 3)), f"b_{gate}": draw(vectors(3))}
    return found


def filled(layer: Any, q: dict[str, Any], gates: str, recurrent_bias: Any = None) -> Any:
    """A PyTorch layer with these gates' weights one below the other."""
    layer = layer.double()
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.cat([tensor(q[f"W_{gate}"]) for gate in gates]))
        layer.weight_hh_l0.copy_(torch.cat([tensor(q[f"U_{gate}"]) for gate in gates]))
        layer.bias_ih_l0.copy_(torch.cat([tensor(q[f"b_{gate}"]) for gate in gates]))
        layer.bias_hh_l0.zero_()
        if recurrent_bias is not None:
            layer.bias_hh_l0[-3:] = tensor(recurrent_bias)
    return layer


def check_gates(found: Any, layer: Any, gates: str) -> None:
    """The gradients by every gate's weights."""
    for place, gate in enumerate(gates):
        rows = slice(3 * place, 3 * place + 3)
        close(found[f"dW_{gate}"], layer.weight_ih_l0.grad[rows])
        close(found[f"dU_{gate}"], layer.weight_hh_l0.grad[rows])
        close(found[f"db_{gate}"], layer.bias_ih_l0.grad[rows])


@FEW
@given(q=cell("a", "h0"), d=vectors(3, 3), activation=st.sampled_from(["tanh", "relu"]))
def test_rnn_and_its_bptt(q: dict[str, Any], d: Any, activation: str) -> None:
    layer = filled(nn.RNN(2, 3, nonlinearity=activation), q, "a")
    x, h0 = tensor(q["x"], True), tensor((q["h0"],), True)
    states, _ = layer(x, h0)
    (states * tensor(d)).sum().backward()
    given = {"x": q["x"], "U": q["W_a"], "W": q["U_a"], "b": q["b_a"], "h0": q["h0"]}
    convention = "" if activation == "tanh" else "relu"
    close(ask("rnn_by_hand", convention, **given)["h"], states)
    found = ask("rnn_bptt_by_hand", convention, d=d, **given)
    close(found["dU"], layer.weight_ih_l0.grad)
    close(found["dW"], layer.weight_hh_l0.grad)
    close(found["db"], layer.bias_ih_l0.grad)
    close(found["dx"], x.grad)
    close(found["dh0"], h0.grad[0])


def test_lstm_of_two_bidirectional_layers_backwards() -> None:
    """All eight matrices and the biases of both layers and directions, by autograd."""
    torch.manual_seed(3)
    layer = nn.LSTM(2, 2, num_layers=2, bidirectional=True).double()
    with torch.no_grad():
        for name, value in layer.named_parameters():
            value.copy_(torch.zeros_like(value) if name.startswith("bias_hh") else torch.rand_like(value) - 0.5)
    x, d = (torch.rand(3, size, dtype=torch.float64) for size in (2, 4))
    x.requires_grad_()
    states, _ = layer(x)
    (states * d).sum().backward()
    given: dict[str, Any] = {"x": as_tuples(x), "d": as_tuples(d)}
    parts = {"": "l0", "_back": "l0_reverse", "_2": "l1", "_2_back": "l1_reverse"}
    letters = {"W": "weight_ih", "U": "weight_hh", "b": "bias_ih"}
    weights = dict(layer.named_parameters())
    for letter, name in letters.items():
        for suffix, end in parts.items():
            given |= {f"{letter}_{gate}{suffix}": as_tuples(part)
                      for gate, part in zip("ifco", weights[f"{name}_{end}"].chunk(4), strict=True)}  # fmt: skip
    found = ask("lstm_bidirectional_stacked_backward_by_hand", **given)
    close(found["y"], states)
    close(found["dx"], x.grad)
    for letter, name in letters.items():
        for suffix, end in parts.items():
            for gate, part in zip("ifco", weights[f"{name}_{end}"].grad.chunk(4), strict=True):
                close(found[f"d{letter}_{gate}{suffix}"], part)


def as_tuples(array: Any) -> Any:
    return tuple(map(as_tuples, array.tolist() if hasattr(array, "tolist") else array)) if has_rows(array) else array


def has_rows(array: Any) -> bool:
    return isinstance(array, list) or getattr(array, "ndim", 0) > 0


@FEW
@given(q=cell("fioc", "h0", "C0"), d=vectors(3, 3))
def test_lstm_and_its_way_back(q: dict[str, Any], d: Any) -> None:
    layer = filled(nn.LSTM(2, 3), q, "ifco")
    x, h0, c0 = tensor(q["x"], True), tensor((q["h0"],), True), tensor((q["C0"],), True)
    states, (_, cell_state) = layer(x, (h0, c0))
    (states * tensor(d)).sum().backward()
    forward = ask("lstm_by_hand", "pytorch", **q)
    close(forward["h"], states)
    close(forward["C"][-1], cell_state[0])
    found = ask("lstm_backward_by_hand", d=d, **q)
    check_gates(found, layer, "ifco")
    close(found["dx"], x.grad)
    close(found["dh0"], h0.grad[0])
    close(found["dC0"], c0.grad[0])


@FEW
@given(q=cell("fioc", "h0", "C0", "p_f", "p_i", "p_o"), d=vectors(3, 3))
def test_peephole_lstm_by_autograd(q: dict[str, Any], d: Any) -> None:
    """PyTorch has no peepholes: the cell is written out, and only its gradient is PyTorch's."""
    p = {name: tensor(value, True) for name, value in q.items()}
    h, c, states = p["h0"], p["C0"], []
    for x in p["x"]:
        into = {g: p[f"W_{g}"] @ x + p[f"U_{g}"] @ h + p[f"b_{g}"] for g in "fioc"}
        f, i = (torch.sigmoid(into[g] + p[f"p_{g}"] * c) for g in "fi")
        c = f * c + i * torch.tanh(into["c"])
        h = torch.sigmoid(into["o"] + p["p_o"] * c) * torch.tanh(c)
        states.append(h)
    (torch.stack(states) * tensor(d)).sum().backward()
    found = ask("lstm_peephole_backward_by_hand", d=d, **q)
    close(found["h"], torch.stack(states))
    for name, at in p.items():
        close(found[f"d{name}"], at.grad)


@FEW
@given(q=cell("zrg", "h0", "d"), d=vectors(3, 3))
def test_gru_reset_after_and_its_way_back(q: dict[str, Any], d: Any) -> None:
    layer = filled(nn.GRU(2, 3), q, "rzg", q["d"])
    x, h0 = tensor(q["x"], True), tensor((q["h0"],), True)
    states, _ = layer(x, h0)
    (states * tensor(d)).sum().backward()
    close(ask("gru_by_hand", "pytorch", **q)["h"], states)
    found = ask("gru_backward_by_hand", "after", d_h=d, **q)
    check_gates(found, layer, "rzg")
    close(found["dd"], layer.bias_hh_l0.grad[-3:])
    close(found["dx"], x.grad)
    close(found["dh0"], h0.grad[0])


@FEW
@given(q=cell("zrg", "h0"), d=vectors(3, 3), keeps=st.booleans())
def test_gru_reset_before_by_autograd(q: dict[str, Any], d: Any, keeps: bool) -> None:
    """PyTorch has no such layer: the cell is written out, and only its gradient is PyTorch's."""
    p = {name: tensor(value, True) for name, value in q.items()}
    h, states = p["h0"], []
    for x in p["x"]:
        z, r = (torch.sigmoid(p[f"W_{g}"] @ x + p[f"U_{g}"] @ h + p[f"b_{g}"]) for g in "zr")
        candidate = torch.tanh(p["W_g"] @ x + p["U_g"] @ (r * h) + p["b_g"])
        h = z * h + (1 - z) * candidate if keeps else (1 - z) * h + z * candidate
        states.append(h)
    (torch.stack(states) * tensor(d)).sum().backward()
    found = ask("gru_backward_by_hand", "" if keeps else "renew", d_h=d, **q)
    close(found["h"], torch.stack(states))
    for name, at in p.items():
        close(found[f"d{name}"], at.grad)


OPTIMISERS = {
    "sgd": (lambda w: torch.optim.SGD(w, lr=0.1), "", {}),
    "momentum": (lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9), "pytorch", {}),
    "adagrad": (lambda w: torch.optim.Adagrad(w, lr=0.1, eps=1e-3), "outside", {"epsilon": Fraction(1, 1000)}),
    "rmsprop": (lambda w: torch.optim.RMSprop(w, lr=0.1, alpha=0.9, eps=1e-3), "outside",
                {"epsilon": Fraction(1, 1000)}),
    "adadelta": (lambda w: torch.optim.Adadelta(w, lr=1, rho=0.9, eps=1e-6), "", {}),
    "adam": (lambda w: torch.optim.Adam(w, lr=0.001, eps=1e-3), "outside", {"epsilon": Fraction(1, 1000)}),
}  # fmt: skip


def scheduled(w: Any, g: Any) -> None:
    """Another learning rate at each step."""
    rates = (Fraction(1, 10), Fraction(1, 100), Fraction(1, 5))
    weight = tensor(w, True)
    optimiser = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    ours = ask("momentum_scheduled_by_hand", "pytorch", w=w, g=g, eta=rates)["w_new"]
    for gradient, rate, mine in zip(g, rates, ours, strict=True):
        optimiser.param_groups[0]["lr"] = float(rate)
        weight.grad = tensor(gradient)
        optimiser.step()
        close(mine, weight)


@pytest.mark.parametrize("name", OPTIMISERS)
@FEW
@given(w=vectors(2), g=vectors(3, 2))
def test_optimisers_step_by_step(name: str, w: Any, g: Any) -> None:
    make, convention, more = OPTIMISERS[name]
    weight = tensor(w, True)
    optimiser = make([weight])
    ours = ask(f"{name}_by_hand", convention, w=w, g=g, **more)["w_new"]
    for gradient, mine in zip(g, ours, strict=True):
        weight.grad = tensor(gradient)
        optimiser.step()
        close(mine, weight)
    if name == "momentum":
        scheduled(w, g)
    if name == "adam":
        assert ask("adam_by_hand", "pytorch", w=w, g=g, **more)["w_new"] == ours


@FEW
@given(w=vectors(2), k=vectors(2), c=vectors(2))
def test_nesterov_as_pytorch_has_it(w: Any, k: Any, c: Any) -> None:
    weight = tensor(w, True)
    optimiser = torch.optim.SGD([weight], lr=0.1, momentum=0.9, nesterov=True)
    for mine in ask("nesterov_by_hand", "pytorch", w=w, k=k, c=c, T=3)["w_new"]:
        weight.grad = tensor(k) * weight.detach() + tensor(c)
        optimiser.step()
        close(mine, weight)
    weight = tensor(w, True)
    optimiser = torch.optim.SGD([weight], lr=0.1, momentum=0.9, nesterov=True)
    for rate, mine in zip(RATES, ask("nesterov_scheduled_by_hand", "pytorch", w=w, k=k, c=c, T=3, eta=RATES)["w_new"],
                          strict=True):  # fmt: skip
        optimiser.param_groups[0]["lr"] = float(rate)
        weight.grad = tensor(k) * weight.detach() + tensor(c)
        optimiser.step()
        close(mine, weight)


RATES = (Fraction(1, 10), Fraction(1, 100), Fraction(1, 5))


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam"])
@FEW
@given(w=vectors(2), g=vectors(3, 2))
def test_optimisers_with_a_rate_for_each_update_and_going_on(name: str, w: Any, g: Any) -> None:
    """A schedule sets the rate before every step; Adam goes on after the first from its moments there."""
    make, convention, more = OPTIMISERS[name]
    weight = tensor(w, True)
    optimiser = make([weight])
    ours = ask(f"{name}_scheduled_by_hand", convention, w=w, g=g, eta=RATES, **more)
    for gradient, rate, mine in zip(g, RATES, ours["w_new"], strict=True):
        optimiser.param_groups[0]["lr"] = float(rate)
        weight.grad = tensor(gradient)
        optimiser.step()
        close(mine, weight)
    if name == "adam":
        for way in ("outside", "pytorch"):
            later = {"w": ours["w_new"][0], "g": g[1:], "m0": ours["m"][0], "v0": ours["v"][0], "t0": 1, **more}
            close(ask("adam_continued_scheduled_by_hand", way, eta=RATES[1:], **later)["w_new"][-1], weight)
            same = ask("adam_continued_scheduled_by_hand", way, eta=(RATES[0], RATES[0]), **later)["w_new"]
            assert ask("adam_continued_by_hand", way, eta=RATES[0], **later)["w_new"] == same
            assert ask("adam_scheduled_by_hand", way, w=w, g=g, eta=RATES, **more)["w_new"] == ours["w_new"]


@FEW
@given(x=vectors(4, 3), gamma=vectors(3), beta=vectors(3), d=vectors(4))
def test_normalisation(x: Any, gamma: Any, beta: Any, d: Any) -> None:
    epsilon = Fraction(1, 100)
    g, b = tensor(gamma, True), tensor(beta, True)
    batch = nn.functional.batch_norm(tensor(x), None, None, g, b, training=True, eps=0.01)
    close(ask("batchnorm_by_hand", x=x, gamma=gamma, beta=beta, epsilon=epsilon)["y"], batch)
    layer = nn.functional.layer_norm(tensor(x[0]), [3], g, b, eps=0.01)
    close(ask("layernorm_by_hand", x=x[0], gamma=gamma, beta=beta, epsilon=epsilon)["y"], layer)
    column = tuple(row[0] for row in x)
    one, g, b = tensor(column, True), tensor(gamma[:1], True), tensor(beta[:1], True)
    scaled = nn.functional.batch_norm(one[:, None], None, None, g, b, training=True, eps=0.01)[:, 0]
    (scaled * tensor(d)).sum().backward()
    found = ask("batchnorm_backward_by_hand_scalar", x=column, gamma=gamma[0], beta=beta[0], epsilon=epsilon, d=d)
    close(found["y"], scaled)
    close(found["dx"], one.grad)
    close(found["dgamma"], g.grad[0])
    close(found["dbeta"], b.grad[0])
    tested = nn.functional.batch_norm(tensor(x)[:, :1], torch.tensor([0.5]).double(), torch.tensor([2.0]).double(),
                                      g, b, eps=0.01)  # fmt: skip
    close(ask("batchnorm_test_by_hand", x=column, running_mean=Fraction(1, 2), running_variance=2, gamma=gamma[0],
              beta=beta[0], epsilon=epsilon)["y"], tested[:, 0])  # fmt: skip


@FEW
@given(x=vectors(4))
def test_running_statistics_of_batch_normalisation(x: Any) -> None:
    """PyTorch's momentum is the share of the new value; the variance that it keeps is divided by B − 1."""
    layer = nn.BatchNorm1d(1, momentum=0.2).double()
    with torch.no_grad():
        layer.running_mean.fill_(0.5)
        layer.running_var.fill_(2.0)
    layer(tensor(x)[:, None])
    for convention, momentum in (("pytorch", Fraction(1, 5)), ("unbiased", Fraction(4, 5))):
        given_ = {"x": x, "momentum": momentum, "old_mean": Fraction(1, 2), "old_variance": 2}
        found = ask("batchnorm_running_by_hand", convention, **given_)
        close((found["running_mean"],), layer.running_mean)
        close((found["running_variance"],), layer.running_var)
        column = {"x": tuple((value,) for value in x), "old_mean": (Fraction(1, 2),), "old_variance": (2,)}
        found = ask("batchnorm_running_features_by_hand", convention, **{**given_, **column})
        close(found["running_mean"], layer.running_mean)
        close(found["running_variance"], layer.running_var)


@FEW
@given(x=vectors(4, 3), gamma=vectors(3), beta=vectors(3), d=vectors(4, 3))
def test_batch_normalisation_of_several_features_backwards(x: Any, gamma: Any, beta: Any, d: Any) -> None:
    learnt = [tensor(each, True) for each in (x, gamma, beta)]
    batch = nn.functional.batch_norm(learnt[0], None, None, *learnt[1:], training=True, eps=0.01)
    (batch * tensor(d)).sum().backward()
    found = ask("batchnorm_backward_by_hand", x=x, gamma=gamma, beta=beta, epsilon=Fraction(1, 100), d=d)
    close(found["y"], batch)
    for name, at in zip(("dx", "dgamma", "dbeta"), learnt, strict=True):
        close(found[name], at.grad)


@FEW
@given(x=vectors(2, 2, 3), w=vectors(3, 2, 2, 2), b=vectors(3), s=st.integers(1, 3), p=st.integers(0, 1),
       d=st.integers(1, 2), more=st.randoms(use_true_random=False))  # fmt: skip
def test_transposed_convolution_and_its_way_back(x: Any, w: Any, b: Any, s: int, p: int, d: int, more: Any) -> None:
    """PyTorch's weights have channels before filters."""
    learnt = [tensor(each, True) for each in (x, w, b)]
    out = nn.functional.conv_transpose2d(learnt[0][None], learnt[1].transpose(0, 1), learnt[2], s, p, dilation=d)[0]
    g = tuple(tuple(tuple(more.randint(-9, 9) for _ in row) for row in part) for part in out.tolist())
    (out * tensor(g)).sum().backward()
    found = ask("conv_transpose_by_hand_backward", x=x, w=w, b=b, s=s, p=p, d=d, g=g)
    close(found["output"], out)
    for name, at in zip(("dx", "dw", "db"), learnt, strict=True):
        close(found[name], at.grad)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@FEW
@given(
    x=vectors(2, 3, 4), w=vectors(2, 2, 2, 3), b=vectors(2), begin=st.tuples(*[st.integers(0, 2)] * 2),
    end=st.tuples(*[st.integers(1, 3)] * 2), s=st.integers(1, 2), d=st.integers(1, 2), more=st.randoms(),
)  # fmt: skip
def test_sides_with_their_own_padding_backwards(
    x: Any, w: Any, b: Any, begin: Any, end: Any, s: int, d: int, more: Any
) -> None:
    """The image is padded before, as one does in PyTorch; “same” is PyTorch's own at stride 1."""
    learnt = [tensor(each, True) for each in (x, w, b)]
    padded = nn.functional.pad(learnt[0], (begin[1], end[1], begin[0], end[0]))
    sides = {"s": s, "d": d, "pad_begin": begin, "pad_end": end}
    for name, out, settings_ in (
        ("asymmetric", nn.functional.conv2d(padded[None], learnt[1], learnt[2], s, dilation=d)[0], sides),
        ("same", nn.functional.conv2d(learnt[0][None], learnt[1], learnt[2], padding="same", dilation=d)[0], {"d": d}),
    ):
        for each in learnt:
            each.grad = None
        g = tuple(tuple(tuple(more.randint(-9, 9) for _ in row) for row in part) for part in out.tolist())
        (out * tensor(g)).sum().backward(retain_graph=True)
        found = ask(f"conv_by_hand_{name}_backward", x=x, w=w, b=b, g=g, **settings_)
        close(found["output"], out)
        for gradient, at in zip(("dx", "dw", "db"), learnt, strict=True):
            close(found[gradient], at.grad)


@FEW
@given(x=vectors(3, 2, 4), g=vectors(3))
def test_global_pooling_backwards(x: Any, g: Any) -> None:
    image = tensor(x, True)
    (nn.functional.adaptive_avg_pool2d(image, 1)[:, 0, 0] * tensor(g)).sum().backward()
    close(ask("pool_by_hand_global_backward", x=x, g=g)["dx"], image.grad)


@FEW
@given(q=vectors(2, 3), k=vectors(4, 3), v=vectors(4, 2), d=vectors(2, 2), x=vectors(3, 2), w=vectors(3, 2, 2))
def test_attention(q: Any, k: Any, v: Any, d: Any, x: Any, w: Any) -> None:
    of = nn.functional.scaled_dot_product_attention
    close(ask("attention_by_hand", q=q, k=k, v=v)["y"], of(tensor(q), tensor(k), tensor(v)))
    learnt = [tensor(each, True) for each in (q, k, v)]
    (of(*learnt) * tensor(d)).sum().backward()
    found = ask("attention_backward_by_hand", q=q, k=k, v=v, d_y=d)
    for name, at in zip(("dq", "dk", "dv"), learnt, strict=True):
        close(found[name], at.grad)
    parts = [tensor(x) @ tensor(each) for each in w]
    given = dict(zip(("x", "W_q", "W_k", "W_v"), (x, *w), strict=True))
    close(ask("self_attention_by_hand", **given)["y"], of(*parts))
    close(ask("self_attention_by_hand", "causal", **given)["y"], of(*parts, is_causal=True))


@FEW
@given(z=vectors(4), true=st.integers(0, 3), d=vectors(4), labels=st.tuples(*[st.integers(0, 1)] * 4))
def test_losses_and_softmax(z: Any, true: int, d: Any, labels: Any) -> None:
    one_hot = tuple(int(place == true) for place in range(4))
    scores = tensor(z, True)
    loss = nn.functional.cross_entropy(scores, torch.tensor(true))
    loss.backward()
    found = ask("softmax_cross_entropy_by_hand", z=z, y=one_hot)
    close(found["loss"], loss)
    close(found["gradient"], scores.grad)
    scores = tensor((z, z[::-1]), True)
    loss = nn.functional.cross_entropy(scores, torch.tensor([true, 0]))
    loss.backward()
    found = ask("softmax_cross_entropy_rows_by_hand", z=(z, z[::-1]), y=(one_hot, (1, 0, 0, 0)))
    close(found["loss"], loss)
    close(found["gradient"], scores.grad)
    scores = tensor(z, True)
    soft = torch.softmax(scores / 2, 0)
    (soft * tensor(d)).sum().backward()
    found = ask("softmax_backward_by_hand", z=z, tau=2, d=d)
    close(found["y"], soft)
    close(found["dz"], scores.grad)
    p = tensor(tuple(abs(each) / 2 + Fraction(1, 10) for each in z), True)
    loss = nn.functional.binary_cross_entropy(p, tensor(labels))
    loss.backward()
    found = ask("loss_log_by_hand", "mean", p=tuple(abs(each) / 2 + Fraction(1, 10) for each in z), y=labels)
    close(found["loss"], loss)
    close(found["gradient"], p.grad)
    out = tensor(z, True)
    loss = nn.functional.mse_loss(out, tensor(d))
    loss.backward()
    found = ask("loss_squared_by_hand", "mean", yhat=z, y=d)
    close(found["loss"], loss)
    close(found["gradient"], out.grad)


@FEW
@given(x=vectors(3), w=vectors(2, 3), b=vectors(2), d=vectors(2), words=st.tuples(*[st.integers(0, 2)] * 3))
def test_layers(x: Any, w: Any, b: Any, d: Any, words: Any) -> None:
    for name in ("relu", "sigmoid", "tanh"):
        at, weight, bias = tensor(x, True), tensor(w, True), tensor(b, True)
        out = getattr(torch, name)(nn.functional.linear(at, weight, bias))
        (out * tensor(d)).sum().backward()
        found = ask("dense_backward_by_hand", name, x=x, W=w, b=b, d=d)
        close(found["yhat"], out)
        close(found["dW"], weight.grad)
        close(found["db"], bias.grad)
        close(found["dx"], at.grad)
        rows = (x, x[::-1])
        several = getattr(torch, name)(nn.functional.linear(tensor(rows), weight, bias))
        close(ask("dense_rows_by_hand", name, x=rows, W=w, b=b)["yhat"], several)
    table = tuple(zip(*w, strict=True))
    weight = tensor(table, True)
    upstream = tuple((each, -each) for each in x)
    (nn.functional.embedding(torch.tensor(words), weight) * tensor(upstream)).sum().backward()
    close(ask("embedding_backward_by_hand", x=words, E=table, d=upstream)["dE"], weight.grad)


@FEW
@given(x=vectors(2), w1=vectors(3, 2), b1=vectors(3), w2=vectors(2, 3), b2=vectors(2), y=vectors(2))
def test_a_net_and_its_update(x: Any, w1: Any, b1: Any, w2: Any, b2: Any, y: Any) -> None:
    q = {"W1": w1, "b1": b1, "W2": w2, "b2": b2}
    p = {name: tensor(value, True) for name, value in q.items()}
    out = torch.sigmoid(p["W2"] @ torch.sigmoid(p["W1"] @ tensor(x) + p["b1"]) + p["b2"])
    (((out - tensor(y)) ** 2).sum() / 2).backward()
    torch.optim.SGD(p.values(), lr=0.5).step()
    found = ask("mlp_backward_by_hand", x=x, y=y, **q)
    for name, at in p.items():
        close(found[f"d{name}"], at.grad)
        close(found[f"{name}_new"], at)


@pytest.mark.parametrize(("kind", "gates", "states"), [("rnn", "", ("h0",)), ("lstm", "ifco", ("h0", "C0")),
                                                       ("gru", "rzg", ("h0",))])  # fmt: skip
@pytest.mark.parametrize(("way", "layers", "bidirectional"), [
    ("stacked", 2, False), ("bidirectional", 1, True), ("bidirectional_stacked", 2, True),
])  # fmt: skip
def test_several_layers_and_both_directions(
    kind: str, gates: str, states: tuple[str, ...], way: str, layers: int, bidirectional: bool
) -> None:
    """Three units of two inputs over four steps; PyTorch's own weights are read out, layer by layer."""
    torch.manual_seed(layers + bidirectional)
    layer = getattr(nn, kind.upper())(2, 3, layers, bidirectional=bidirectional).double()
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if name.startswith("bias_hh"):
                parameter.zero_()
    x = torch.randn(4, 2, dtype=torch.float64)
    begins = [torch.randn(layers * (1 + bidirectional), 3, dtype=torch.float64) for _ in states]
    given: dict[str, Any] = {"x": tupled(x)}
    places = [(level, turn) for level in range(layers) for turn in range(1 + bidirectional)]
    for place, (level, turn) in enumerate(places):
        of, suffix = f"l{level}{'_reverse' * turn}", f"{'_2' * level}{'_back' * turn}"
        given |= {f"{state}{suffix}": tupled(begin[place]) for state, begin in zip(states, begins, strict=True)}
        parts = {"W": f"weight_ih_{of}", "U": f"weight_hh_{of}", "b": f"bias_ih_{of}"}
        if not gates:
            parts = {"U": parts["W"], "W": parts["U"], "b": parts["b"]}
        for letter, name in parts.items():
            for gate, block in zip(gates or ("",), getattr(layer, name).chunk(max(1, len(gates))), strict=True):
                given[f"{letter}{'_' * bool(gate)}{gate}{suffix}"] = tupled(block)
    with torch.no_grad():
        out, ends = layer(x, begins[0] if len(begins) == 1 else tuple(begins))
    found = ask(f"{kind}_{way}_by_hand", "pytorch" if kind == "gru" else "", **given)
    close(found["y" if bidirectional else "h"], out)
    if bidirectional:
        last = ends[0] if kind == "lstm" else ends
        close(found["h_n"], last[-2:].flatten())


def tupled(values: Any) -> Any:
    """Nested tuples of a tensor's numbers."""
    return tuple(map(tupled, values)) if values.dim() else values.item()


@FEW
@given(x=vectors(2, 5, 5), f=st.integers(2, 3), s=st.integers(1, 3), p=st.integers(0, 1), more=st.randoms())
def test_pooling_rounded_up_and_with_or_without_padding(x: Any, f: int, s: int, p: int, more: Any) -> None:
    """Sizes rounded up, and averages that count the padding or do not, forward and backward."""
    for kind, counted in (("max", ""), ("avg", "include-pad"), ("avg", "exclude-pad")):
        for rounded in (False, True):
            image = tensor(x, True)
            settings_ = {"kernel_size": f, "stride": s, "padding": p, "ceil_mode": rounded}
            if kind == "avg":
                out = nn.functional.avg_pool2d(image[None], **settings_, count_include_pad=counted == "include-pad")[0]
            else:
                out = nn.functional.max_pool2d(image[None], **settings_)[0]
            g = tuple(tuple(tuple(more.randint(-9, 9) for _ in row) for row in part) for part in out.tolist())
            (out * tensor(g)).sum().backward()
            convention = "exclude-pad" if counted == "exclude-pad" else "textbook"
            found = ask(f"pool_by_hand_{kind}_backward", convention, x=x, f=f, s=s, p=p, rounded_up=int(rounded), g=g)
            close(found["output"], out)
            if kind == "avg":
                close(found["dx"], image.grad)
