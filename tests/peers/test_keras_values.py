"""Numbers by hand against Keras 3: cells, losses, normalisation, optimisers; gradients by PyTorch's autograd."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import pytest
from asking import ask
from peers.keras_torch import array, close, keras, np, tensor, torch

from dlcalc.api.hand_given import read
from dlcalc.formulas.run import run

pytestmark = pytest.mark.peers
layers = keras.layers


def drawn(seed: int, *sizes: int) -> Any:
    """Nested tuples of hundredths in −1.5..1.5."""
    random = Random(seed)

    def made(sizes: tuple[int, ...]) -> Any:
        return tuple(made(sizes[1:]) for _ in range(sizes[0])) if sizes else Fraction(random.randint(-150, 150), 100)

    return made(sizes)


def turned(matrix: Any) -> Any:
    return tuple(zip(*matrix, strict=True))


def filled(layer: Any, x: Any, *weights: Any) -> Any:
    layer.build((None, *np.shape(array(x))))
    layer.set_weights([np.asarray(w, dtype="float64") for w in weights])
    return layer


def side_by_side(q: dict[str, Any], letter: str, gates: str) -> Any:
    """Row layout: the gates' matrices, or vectors, next to each other."""
    return np.concatenate([array(q[f"{letter}_{gate}"]) for gate in gates], axis=-1)


CELL = {"x": drawn(1, 3, 2), "h0": drawn(2, 3), "C0": drawn(3, 3)}


def gates(names: str) -> dict[str, Any]:
    """Weights in row layout: W_g (2, 3), U_g (3, 3), b_g (3)."""
    return {
        f"{letter}_{gate}": drawn(10 * place + size, *sizes)
        for place, gate in enumerate(names, 1)
        for size, (letter, sizes) in enumerate({"W": (2, 3), "U": (3, 3), "b": (3,)}.items())
    }


def in_columns(q: dict[str, Any]) -> dict[str, Any]:
    return {name: turned(value) if name[0] in "WU" else value for name, value in q.items()}


def states(layer: Any, *start: str) -> Any:
    """All states of a layer that returns sequences, its input and its start, ready for a gradient."""
    x, begin = tensor(CELL["x"]), [tensor(CELL[name]) for name in start]
    return layer(x[None], initial_state=[each[None] for each in begin])[0], x, begin


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_simple_rnn_and_its_way_back(activation: str) -> None:
    """h = g(xU + hW + b): kernel, recurrent kernel, bias; and with the matrices turned, in columns."""
    q = {"U": drawn(4, 2, 3), "W": drawn(5, 3, 3), "b": drawn(6, 3)}
    layer = layers.SimpleRNN(3, activation=activation, return_sequences=True, dtype="float64")
    filled(layer, CELL["x"], *map(array, q.values()))
    h, x, (h0,) = states(layer, "h0")
    d = drawn(7, 3, 3)
    (h * tensor(d).detach()).sum().backward()
    given = {"x": CELL["x"], "h0": CELL["h0"]}
    row = {"tanh": "row", "relu": "relu-row", "sigmoid": "sigmoid-row"}[activation]
    close(ask("rnn_by_hand", row, **q, **given)["h"], h)
    found = ask("rnn_bptt_by_hand", row, d=d, **q, **given)
    for name, wanted in zip(("dU", "dW", "db", "dx", "dh0"), (*(w.value.grad for w in layer.weights), x.grad, h0.grad),
                            strict=True):  # fmt: skip
        close(found[name], wanted)
    if activation == "tanh":
        q = {"U": turned(q["U"]), "W": turned(q["W"]), "b": q["b"]}
        close(ask("rnn_by_hand", "textbook", **q, **given)["h"], h)


@pytest.mark.parametrize("head", ["output", "softmax", "target"])
@pytest.mark.parametrize(("activation", "row"), [("tanh", "row"), ("relu", "relu-row"), ("sigmoid", "sigmoid-row")])
@pytest.mark.parametrize("last", ["", "-last"])
def test_recurrent_networks_and_their_way_back(head: str, activation: str, row: str, last: str) -> None:
    """A SimpleRNN under a Dense, in row layout, and the gradient of its loss."""
    q = {"U": drawn(4, 2, 3), "W": drawn(5, 3, 3), "b": drawn(6, 3)}
    top = {} if head == "target" else {"V": drawn(8, 3, 2), "c": drawn(9, 2)}
    rnn = layers.SimpleRNN(3, activation=activation, return_sequences=True, dtype="float64")
    filled(rnn, CELL["x"], *map(array, q.values()))
    h, x, (h0,) = states(rnn, "h0")
    out, dense = h, None
    if top:
        dense = layers.Dense(2, activation="softmax" if head == "softmax" else None, dtype="float64")
        dense.build((None, 3))
        dense.set_weights([array(top["V"]), array(top["c"])])
        out = dense(h)
    y = drawn(11, 3, *out.shape[1:]) if head != "softmax" else ((1, 0), (0, 1), (1, 0))
    if head == "softmax":
        losses = -(tensor(y).detach() * torch.log(out)).sum(-1)
    else:
        losses = ((out - tensor(y).detach()) ** 2).sum(-1) / 2
    (losses[-1] if last else losses.sum()).backward()
    given = {"x": CELL["x"], "h0": CELL["h0"]}
    if head != "target":
        forward = ask(f"rnn_{head}_by_hand", row, **q, **top, **given)
        close(forward["yhat"], out)
    found = ask(f"rnn_bptt_{head}_by_hand", row + last, y=y, **q, **top, **given)
    close(found["loss"], losses[-1] if last else losses.sum())
    wanted = [*(w.value.grad for w in rnn.weights), x.grad, h0.grad]
    for name, gradient in zip(("dU", "dW", "db", "dx", "dh0"), wanted, strict=True):
        close(found[name], gradient)
    if dense is not None:
        close(found["dV"], dense.kernel.value.grad)
        close(found["dc"], dense.bias.value.grad)


def test_lstm_and_its_way_back() -> None:
    """Kernel, recurrent kernel and bias hold i, f, c, o side by side."""
    q, order = gates("fioc"), "ifco"
    layer = layers.LSTM(3, return_sequences=True, dtype="float64")
    filled(layer, CELL["x"], *(side_by_side(q, letter, order) for letter in "WUb"))
    h, x, start = states(layer, "h0", "C0")
    d = drawn(7, 3, 3)
    (h * tensor(d).detach()).sum().backward()
    close(ask("lstm_by_hand", "row", **q, **CELL)["h"], h)
    found = ask("lstm_backward_by_hand", "row", d=d, **q, **CELL)
    for place, gate in enumerate(order):
        columns = slice(3 * place, 3 * place + 3)
        for letter, weights in zip("WUb", layer.weights, strict=True):
            close(found[f"d{letter}_{gate}"], weights.value.grad[..., columns])
    for name, wanted in zip(("dx", "dh0", "dC0"), (x, *start), strict=True):
        close(found[name], wanted.grad)


@pytest.mark.parametrize("after", [False, True])
def test_gru_and_its_way_back(after: bool) -> None:
    """z, r, h side by side; z keeps; the reset gate acts before the product, or after it, with a bias of its own."""
    q, order = gates("zrg"), "zrg"
    layer = layers.GRU(3, reset_after=after, return_sequences=True, dtype="float64")
    inner = drawn(40, 3)
    bias = side_by_side(q, "b", order)
    if after:
        bias = np.stack([bias, np.concatenate([np.zeros(6), array(inner)])])
    filled(layer, CELL["x"], side_by_side(q, "W", order), side_by_side(q, "U", order), bias)
    h, x, (h0,) = states(layer, "h0")
    d = drawn(7, 3, 3)
    (h * tensor(d).detach()).sum().backward()
    given = {"x": CELL["x"], "h0": CELL["h0"], **({"d": inner} if after else {})}
    close(ask("gru_by_hand", "after-row" if after else "row", **q, **given)["h"], h)
    close(ask("gru_by_hand", "after" if after else "textbook", **in_columns(q), **given)["h"], h)
    if after:
        close(ask("gru_by_hand", "keras", **q, **given)["h"], h)
    found = ask("gru_backward_by_hand", "after-row" if after else "row", d_h=d, **q, **given)
    for place, gate in enumerate(order):
        columns = slice(3 * place, 3 * place + 3)
        close(found[f"dW_{gate}"], layer.weights[0].value.grad[:, columns])
        close(found[f"dU_{gate}"], layer.weights[1].value.grad[:, columns])
        biases = layer.weights[2].value.grad
        close(found[f"db_{gate}"], biases[0, columns] if after else biases[columns])
    if after:
        close(found["dd"], layer.weights[2].value.grad[1, 6:])
    close(found["dx"], x.grad)
    close(found["dh0"], h0.grad)


@pytest.mark.parametrize("activation", ["", "relu", "sigmoid", "tanh"])
def test_dense_and_its_way_back(activation: str) -> None:
    """xW + b, with W (inputs, outputs)."""
    x, W, b, d = drawn(1, 4), drawn(2, 4, 3), drawn(3, 3), drawn(4, 3)
    layer = layers.Dense(3, activation=activation or None, dtype="float64")
    filled(layer, x, array(W), array(b))
    given = tensor(x)
    out = layer(given[None])[0]
    (out * tensor(d).detach()).sum().backward()
    row = f"{activation}-row".lstrip("-")
    close(ask("dense_by_hand", row, x=x, W=W, b=b)["yhat"], out)
    rows = drawn(5, 2, 4)
    close(ask("dense_rows_by_hand", row, x=rows, W=W, b=b)["yhat"], layer(array(rows)))
    found = ask("dense_backward_by_hand", row, x=x, W=W, b=b, d=d)
    for name, wanted in (("dW", layer.kernel.value), ("db", layer.bias.value), ("dx", given)):
        close(found[name], wanted.grad)


def test_dense_with_softmax() -> None:
    x, W, b = drawn(1, 4), drawn(2, 4, 3), drawn(3, 3)
    layer = filled(layers.Dense(3, activation="softmax", dtype="float64"), x, array(W), array(b))
    close(ask("dense_by_hand", "softmax-row", x=x, W=W, b=b)["yhat"], layer(array(x)[None])[0])


def test_embedding_counts_words_from_zero() -> None:
    words, E, d = (2, 0, 2), drawn(1, 4, 3), drawn(2, 3, 3)
    layer = layers.Embedding(4, 3, dtype="float64")
    layer.build((None, 3))
    layer.set_weights([array(E)])
    out = layer(np.array([words]))[0]
    (out * tensor(d).detach()).sum().backward()
    close(ask("embedding_by_hand", "textbook", x=words, E=E)["y"], out)
    close(ask("embedding_backward_by_hand", "textbook", x=words, E=E, d=d)["dE"], layer.embeddings.value.grad)


def test_losses_are_means() -> None:
    yhat, y = drawn(1, 4), drawn(2, 4)
    given = tensor(yhat)
    loss = keras.ops.mean(keras.losses.mean_squared_error(tensor(y).detach(), given))
    loss.backward()
    found = ask("loss_squared_by_hand", "mean", yhat=yhat, y=y)
    close(found["loss"], loss)
    close(found["gradient"], given.grad)
    maps = drawn(3, 1, 2, 3), drawn(4, 1, 2, 3)
    image = tensor(maps[0])
    loss = keras.losses.MeanSquaredError(dtype="float64")(tensor(maps[1]).detach(), image)
    loss.backward()
    found = ask("map_loss_by_hand", "mean", yhat=maps[0], y=maps[1])
    close(found["loss"], loss)
    close(found["gradient"], image.grad)
    p, labels = (0.9, 0.2, 0.4), (1, 0, 1)
    loss = keras.losses.binary_crossentropy(tensor(labels).detach(), tensor(p))
    assert float(ask("loss_log_by_hand", "mean", p=p, y=labels)["loss"]) == pytest.approx(
        float(loss.detach()), rel=1e-6
    )


def test_losses_are_in_nats() -> None:
    """Equal chances for k classes cost ln k; a sequence's loss is the mean of −ln p, its perplexity e to that."""
    even = keras.losses.sparse_categorical_crossentropy(np.array([3]), np.full((1, 7), 1 / 7))
    assert float(ask("untrained_loss", "textbook", k=7)["loss"]) == pytest.approx(float(even[0]), rel=1e-6)
    p = (0.5, 0.25, 0.8)
    chances = np.array([[each, 1 - each] for each in p])
    loss = float(keras.ops.mean(keras.losses.sparse_categorical_crossentropy(np.zeros(3), chances)))
    assert float(ask("perplexity", "textbook", p=p)["loss"]) == pytest.approx(loss, rel=1e-6)
    assert float(ask("log_probability", "textbook", p=p)["log_probability"]) == pytest.approx(-3 * loss, rel=1e-6)
    perplexity = ask("perplexity_of_loss", "textbook", loss=loss)["perplexity"]
    assert float(perplexity) == pytest.approx(float(np.exp(loss)), rel=1e-9)


def test_batch_normalisation_in_training_divides_by_the_batch() -> None:
    """In training by the batch's own variance, over B, and by √(variance + ε)."""
    x, gamma, beta = drawn(1, 4, 3), drawn(2, 3), drawn(3, 3)
    layer = layers.BatchNormalization(epsilon=1e-3, dtype="float64")
    layer.build((None, 3))
    layer.set_weights([array(gamma), array(beta), np.zeros(3), np.ones(3)])
    out = layer(array(x), training=True)
    small = Fraction(1, 1000)
    close(ask("batchnorm_by_hand", "textbook", x=x, gamma=gamma, beta=beta, epsilon=small)["y"], out)
    column = tuple(row[0] for row in x)
    found = ask("batchnorm_by_hand_scalar", "textbook", x=column, gamma=gamma[0], beta=beta[0], epsilon=small)
    close(found["y"], out[:, 0])


def test_running_statistics_of_batch_normalisation() -> None:
    """The momentum keeps the old value, and the batch's variance is divided by B."""
    x = drawn(1, 4, 1)
    layer = layers.BatchNormalization(momentum=0.8, dtype="float64")
    layer.build((None, 1))
    layer.set_weights([np.ones(1), np.zeros(1), np.full(1, 0.5), np.full(1, 2.0)])
    layer(array(x), training=True)
    column = tuple(row[0] for row in x)
    given = {"x": column, "momentum": Fraction(4, 5), "old_mean": Fraction(1, 2), "old_variance": 2}
    found = ask("batchnorm_running_by_hand", "textbook", **given)
    close((found["running_mean"],), layer.moving_mean.value.detach())
    close((found["running_variance"],), layer.moving_variance.value.detach())
    given |= {"x": x, "old_mean": (Fraction(1, 2),), "old_variance": (2,)}
    found = ask("batchnorm_running_features_by_hand", "textbook", **given)
    close(found["running_variance"], layer.moving_variance.value.detach())


def test_the_values_that_the_profile_says() -> None:
    """keras.toml: ε of Adam and of batch normalisation, and which convention its optimisers are."""
    from dlcalc.profiles import load

    profile = load("keras")
    assert profile.epsilon == keras.optimizers.Adam().epsilon
    assert profile.batchnorm_epsilon == layers.BatchNormalization().epsilon == layers.LayerNormalization().epsilon
    assert keras.optimizers.Adagrad().initial_accumulator_value == 0.1


@pytest.mark.parametrize("shape", [(300, 400), (3, 5, 32, 64)])
@pytest.mark.parametrize("rule", ["glorot_normal", "glorot_uniform", "he_normal", "he_uniform"])
def test_initialisers(rule: str, shape: tuple[int, ...]) -> None:
    """A hundred thousand weights: their deviation is ours; a uniform one reaches our limit, Keras cuts a normal one off
    at 2 standard deviations of what it is cut from: 2/0.8796 of what is drawn, whose σ is ours all the same."""
    weight = np.asarray(getattr(keras.initializers, rule)(seed=1)(shape))
    *f, n, m = shape
    size = {"f": tuple(f), "c": n, "k": m} if f else {"n": n, "m": m}
    ours = ask(f"init_{rule}{'_conv' if f else ''}", "textbook", **size)
    deviation = float(ours["variance"]) ** 0.5
    assert weight.std() == pytest.approx(deviation, rel=0.01)
    assert abs(weight.mean()) < 0.02 * deviation
    end = float(ours["limit"]) if rule.endswith("uniform") else 2 / 0.87962566 * float(ours["deviation"])
    assert 0.995 * end < abs(weight).max() <= end * (1 + 1e-6)


OPTIMISERS = {
    "sgd": (lambda: keras.optimizers.SGD(0.1), {"eta": "0.1"}),
    "momentum": (lambda: keras.optimizers.SGD(0.1, momentum=0.9), {"eta": "0.1", "gamma": "0.9"}),
    "adagrad": (lambda: keras.optimizers.Adagrad(0.1, epsilon=1e-3), {"eta": "0.1", "epsilon": "0.001"}),
    "rmsprop": (lambda: keras.optimizers.RMSprop(0.1, rho=0.9, epsilon=1e-3),
                {"eta": "0.1", "rho": "0.9", "epsilon": "0.001"}),
    "adadelta": (lambda: keras.optimizers.Adadelta(1.0, rho=0.9, epsilon=1e-6), {"rho": "0.9", "epsilon": "1e-6"}),
    "adam": (lambda: keras.optimizers.Adam(0.001, epsilon=1e-3), {"eta": "0.001", "epsilon": "0.001"}),
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIMISERS)
def test_optimisers_of_the_profile_step_by_step(name: str) -> None:
    """What `run NAME --profile keras` says, for two weights and three gradients."""
    make, more = OPTIMISERS[name]
    g = drawn(2, 3, 2)
    rows = "; ".join(" ".join(str(float(x)) for x in row) for row in g)
    asked = read(name, {"w": "-0.5 0.25", "g": rows, **more}, None, "keras")
    ours = run(asked.formula, asked.values, convention=asked.convention)["w_new"]
    weight, optimiser = keras.Variable(np.array([-0.5, 0.25]), dtype="float64"), make()
    for gradient, mine in zip(g, ours, strict=True):
        optimiser.apply([tensor(gradient).detach()], [weight])
        # Keras keeps its learning rate as a float32
        assert array(mine) == pytest.approx(weight.value.detach().numpy(), rel=1e-6, abs=1e-8)


def test_momentum_with_a_schedule_as_keras_has_it() -> None:
    """The rate stands in the velocity: one that falls shortens the new gradient's part alone."""
    g, rates = drawn(2, 3, 2), (Fraction(1, 10), Fraction(1, 100), Fraction(1, 5))
    weight, optimiser = keras.Variable(np.array([-0.5, 0.25]), dtype="float64"), keras.optimizers.SGD(0.1, momentum=0.9)
    ours = ask("momentum_scheduled_by_hand", "keras", w=(Fraction(-1, 2), Fraction(1, 4)), g=g, eta=rates)["w_new"]
    for gradient, rate, mine in zip(g, rates, ours, strict=True):
        optimiser.learning_rate = float(rate)
        optimiser.apply([tensor(gradient).detach()], [weight])
        assert array(mine) == pytest.approx(weight.value.detach().numpy(), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(("name", "way"), [("adagrad", "keras"), ("rmsprop", "textbook"), ("adam", "keras")])
def test_optimisers_with_a_rate_for_each_update_and_going_on(name: str, way: str) -> None:
    """A schedule sets the rate before every step; Adam goes on after the first from its moments there."""
    make, more = OPTIMISERS[name]
    given = {"epsilon": Fraction(more["epsilon"])} | ({"rho": Fraction(more["rho"])} if "rho" in more else {})
    g, rates, w = drawn(2, 3, 2), (Fraction(1, 10), Fraction(1, 100), Fraction(1, 5)), (Fraction(-1, 2), Fraction(1, 4))
    weight, optimiser = keras.Variable(np.array([-0.5, 0.25]), dtype="float64"), make()
    ours = ask(f"{name}_scheduled_by_hand", way, w=w, g=g, eta=rates, **given)
    for gradient, rate, mine in zip(g, rates, ours["w_new"], strict=True):
        optimiser.learning_rate = float(rate)
        optimiser.apply([tensor(gradient).detach()], [weight])
        assert array(mine) == pytest.approx(weight.value.detach().numpy(), rel=1e-6, abs=1e-8)
    if name == "adam":
        later = {"w": ours["w_new"][0], "g": g[1:], "m0": ours["m"][0], "v0": ours["v"][0], "t0": 1, **given}
        end = ask("adam_continued_scheduled_by_hand", way, eta=rates[1:], **later)["w_new"][-1]
        assert array(end) == pytest.approx(weight.value.detach().numpy(), rel=1e-6, abs=1e-8)
        same = ask("adam_continued_scheduled_by_hand", way, eta=rates[:1] * 2, **later)["w_new"]
        assert ask("adam_continued_by_hand", way, eta=rates[0], **later)["w_new"] == same


def test_nesterov_as_keras_has_it() -> None:
    """The gradient k·w + c is taken at the weight itself."""
    w, k, c = (-0.5, 0.25), (2, 0.5), (0.25, -1)
    weight = keras.Variable(np.array(w), dtype="float64")
    optimiser = keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True)
    for mine in ask("nesterov_by_hand", "keras", w=w, k=k, c=c, T=3)["w_new"]:
        optimiser.apply([(tensor(k) * torch.tensor(weight.value.detach().numpy()) + tensor(c)).detach()], [weight])
        assert array(mine) == pytest.approx(weight.value.detach().numpy(), rel=1e-6, abs=1e-8)
    weight = keras.Variable(np.array(w), dtype="float64")
    optimiser, rates = keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True), (Fraction(1, 10), Fraction(1, 100))
    ours = ask("nesterov_scheduled_by_hand", "keras", w=w, k=k, c=c, T=2, eta=rates)["w_new"]
    for rate, mine in zip(rates, ours, strict=True):
        optimiser.learning_rate = float(rate)
        optimiser.apply([(tensor(k) * torch.tensor(weight.value.detach().numpy()) + tensor(c)).detach()], [weight])
        assert array(mine) == pytest.approx(weight.value.detach().numpy(), rel=1e-6, abs=1e-8)
